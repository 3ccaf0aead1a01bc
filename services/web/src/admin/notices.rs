//! Notices by where they stand; a parked one can be tried again.

use domain::duty;
use domain::ids::NoticeId;
use domain::notice::{About, NoticeStage, Recipient};
use projections::{NoticeRow as Row, Reference, ViewError, Views};
use templates::NavItem;
use templates::admin::{NoticeRow, Notices};
use templates::components::{Paging, Tag, Tone};
use uuid::Uuid;

use super::{fields, query};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page, see_other};
use crate::form::Form;
use crate::{shell, words};

const ROWS: usize = 50;
const LIST: &str = "/admin/notices";

const STAGES: [(&str, NoticeStage, &str); 5] = [
    ("parked", NoticeStage::Parked, "已搁置"),
    ("owed", NoticeStage::Waiting, "待发送"),
    ("claimed", NoticeStage::Claimed, "发送中"),
    ("sent", NoticeStage::Sent, "已发送"),
    ("dropped", NoticeStage::Dropped, "不用发送"),
];

pub(crate) async fn list(ctx: Ctx) -> Reply {
    let views = ctx.app().projections.views();
    let (code, stage, name) = STAGES.into_iter().find(|(code, _, _)| *code == ctx.query("state")).unwrap_or(STAGES[0]);
    let mut rows = views.notices(stage, ctx.query("before").parse().ok(), ROWS + 1)?;
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let mut tabs = Vec::new();
    for (other, stage, name) in STAGES {
        tabs.push(NavItem::counted(&query(LIST, &[("state", other)]), name, views.count_notices(stage)?, other == code));
    }
    let reference = ctx.app().reference();
    let numbers = numbers(&views, &rows)?;
    page(&Notices {
        shell: shell::of(&ctx),
        tabs,
        empty: format!("没有“{name}”的通知。"),
        paging: Paging {
            prev: (!ctx.query("before").is_empty()).then(|| query(LIST, &[("state", code)])),
            next: rows.last().filter(|_| more).map(|last| query(LIST, &[("state", code), ("before", &last.key.to_string())])),
            summary: format!("本页 {} 条，新的在前", rows.len()),
        },
        rows: rows.iter().zip(numbers).map(|(row, number)| said(&ctx, &reference, row, number)).collect(),
    })
}

/// Whether nothing of what a notice is about is said here: who runs the machines does not learn which unit is checked or
/// complained of, or who looks into it.
fn is_closed(row: &Row) -> bool {
    matches!(&row.state.owed.about, About::Duty { stream, .. } if duty::is_closed(stream))
}

/// The number of what each of these notices is about, in order.
fn numbers(views: &Views, rows: &[Row]) -> Result<Vec<String>, ViewError> {
    let (mut cases, mut streams) = (Vec::new(), Vec::new());
    for row in rows.iter().filter(|row| !is_closed(row)) {
        match &row.state.owed.about {
            About::Case(id) => cases.push(*id),
            About::Duty { stream, .. } => streams.push(stream.as_str()),
        }
    }
    let (cases, streams) = (views.cases_by_ids(&cases)?, views.stream_numbers(&streams)?);
    let number = |row: &Row| match &row.state.owed.about {
        _ if is_closed(row) => Some("内容不公开".to_owned()),
        About::Case(id) => cases.iter().find(|case| case.id == *id).map(|case| words::number(&case.number)),
        About::Duty { stream, .. } => {
            let found = streams.iter().find(|(name, ..)| name == stream);
            found.map(|(_, year, ordinal)| duty::number(stream, *year, *ordinal))
        }
    };
    Ok(rows.iter().map(|row| number(row).unwrap_or_default()).collect())
}

fn said(ctx: &Ctx, reference: &Reference, row: &Row, number: String) -> NoticeRow {
    let state = &row.state;
    let parked = state.stage == NoticeStage::Parked;
    NoticeRow {
        kind: state.owed.kind.label().to_owned(),
        number,
        to: match &state.owed.to {
            _ if is_closed(row) => "承办人（不公开）".to_owned(),
            Recipient::Petitioner => "诉求人".to_owned(),
            Recipient::Unit(code) => format!("{} 联络员", words::unit(reference, code)),
            Recipient::Account(id) => words::account(reference, *id),
        },
        owed: words::moment(state.owed.not_before),
        state: match state.stage {
            NoticeStage::Waiting => Tag::new("待发送", Tone::Info),
            NoticeStage::Claimed => Tag::new("发送中", Tone::Info),
            NoticeStage::Sent => Tag::new("已发送", Tone::Good),
            NoticeStage::Parked => Tag::new("已搁置", Tone::Bad),
            NoticeStage::Dropped => Tag::new("不用发送", Tone::Neutral),
        },
        attempts: u32::from(state.attempts),
        reason: state.failure.clone().unwrap_or_default(),
        retry: parked.then(|| fields(ctx, &format!("retry-{}", row.id.0.simple()), &format!("{LIST}/{}/retry", row.id.0))),
    }
}

pub(crate) async fn retry(ctx: Ctx, form: Form) -> Reply {
    let id = NoticeId(Uuid::try_parse(ctx.part("id")).map_err(|_| Fault::NotFound)?);
    let done = ctx.app().retry_notice(&ctx.meta(&form)?, id).await?;
    ctx.seen(done.seq).await;
    ctx.flash(done.events > 0, if done.events > 0 { "已放回待发送，稍后自动再试" } else { "这条通知已不在搁置状态，不用重试" });
    see_other(LIST)
}
