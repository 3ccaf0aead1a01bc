//! Published heads of the log: the list, the note of a day, the latest one for machines, and the script that checks receipts.

use actix_web::HttpResponse;
use chrono::{Datelike, NaiveDate};
use domain::time::{Period, next_period, period_of};
use projections::HeadRow;
use templates::components::Errors;
use templates::public::{HeadLine, Heads, head_table, key_table, tabs};
use vault::VerifierKey;

use super::{months, this_month};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page};
use crate::{shell, words};

const TEXT: &str = "text/plain; charset=utf-8";
/// Checks a receipt with nothing but Python's standard library.
const SCRIPT: &str = include_str!("../../../../../ops/scripts/verify_receipt.py");

/// `GET /heads?month=2026-11`
///
/// # Errors
/// When views or log cannot be read.
pub async fn heads(ctx: Ctx) -> Reply {
    let latest = this_month(ctx.app());
    let mut errors = Errors::none();
    let views = ctx.app().projections.views();
    // On the first days of a month the latest head is of the month before.
    let newest = views.latest_head()?.map_or(latest, |head| period_of(head.day, 0));
    let month = match ctx.query("month") {
        "" => newest,
        code => words::parse_month(code).filter(|month| *month <= latest).unwrap_or_else(|| {
            errors = Errors::one("month", "请从列出的月份中选择");
            newest
        }),
    };
    let (from, to) = days(month).ok_or(Fault::NotFound)?;
    let key = ctx.app().signing_key().await?;
    let moments = |key: projections::HeadKey| (key.key, words::day(key.from), words::day(key.until));
    let shown = Heads {
        shell: shell::of(&ctx),
        tabs: tabs("/heads"),
        origin: key.as_ref().map(|key| key.name().to_owned()).unwrap_or_default(),
        key: key.as_ref().map(ToString::to_string).unwrap_or_default(),
        key_hex: key.as_ref().map(|key| event_log::tree::hex(&key.public())).unwrap_or_default(),
        keys: key_table(views.head_keys()?.into_iter().map(moments).collect()),
        months: months(latest, Some(month)),
        errors,
        heads: head_table(views.heads(from, to)?.into_iter().map(line).collect()),
    };
    if shown.errors.any() { invalid(&shown) } else { page(&shown) }
}

/// First and last day of a month.
fn days(month: Period) -> Option<(NaiveDate, NaiveDate)> {
    let first = |month: Period| NaiveDate::from_ymd_opt(month / 100, u32::try_from(month % 100).ok()?, 1);
    Some((first(month)?, first(next_period(month))?.pred_opt()?))
}

fn line(head: HeadRow) -> HeadLine {
    let id = head.key.parse::<VerifierKey>().map(|key| format!("{:08x}", key.id())).unwrap_or_default();
    HeadLine {
        href: format!("/heads/{}", head.day),
        day: words::day(head.day),
        size: words::count(head.size),
        published: words::moment(head.published_at),
        key: id,
    }
}

/// `GET /heads/{day}`: the signed note, as it is to be kept.
///
/// # Errors
/// [`Fault::NotFound`].
pub async fn head(ctx: Ctx) -> Reply {
    let day: NaiveDate = ctx.part("day").parse().map_err(|_| Fault::NotFound)?;
    let head = ctx.app().projections.views().head(day)?.filter(|_| (1..=9_999).contains(&day.year())).ok_or(Fault::NotFound)?;
    Ok(HttpResponse::Ok().content_type(TEXT).body(head.note))
}

/// `GET /heads/latest`: the latest head and all keys, for machines.
///
/// # Errors
/// [`Fault::NotFound`] while there is none.
pub async fn latest(ctx: Ctx) -> Reply {
    let views = ctx.app().projections.views();
    let head = views.latest_head()?.ok_or(Fault::NotFound)?;
    let said = vault::Note::parse(&head.note).ok().and_then(|note| application::heads::Head::parse(note.text()));
    let said = said.ok_or_else(|| Fault::Internal("a published head cannot be read".to_owned()))?;
    let keys: Vec<_> =
        views.head_keys()?.into_iter().map(|key| serde_json::json!({ "key": key.key, "from": key.from, "until": key.until })).collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({
        "origin": said.origin,
        "day": head.day,
        "size": said.size,
        "root": event_log::tree::hex(&said.root),
        "recorded_at": said.recorded_at,
        "published_at": head.published_at,
        "key": head.key,
        "note": head.note,
        "keys": keys,
    })))
}

/// `GET /heads/verify_receipt.py`
///
/// # Errors
/// Never.
pub async fn script(_: Ctx) -> Reply {
    let file = "attachment; filename=\"verify_receipt.py\"";
    Ok(HttpResponse::Ok().content_type(TEXT).insert_header(("Content-Disposition", file)).body(SCRIPT))
}
