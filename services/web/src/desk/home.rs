//! The day's work of an account.

use chrono::{Duration, NaiveTime};
use domain::account::Role;
use domain::calendar::DayKind;
use domain::time::{CHINA, Instant, legal_day};
use projections::{At, Bucket, CaseRow, HolderKey, Sort, WorklistFilter, WorklistQuery};
use templates::components::{Notice, Tone};
use templates::desk::{Home, HomeTile};

use super::say;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page, see_other};
use crate::oversight::duty;
use crate::{shell, words};

/// Rows of the list of what to do first.
const FIRST: usize = 12;
/// Days ahead that have to be covered by a notice of holidays.
const AHEAD: i64 = 45;

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let session = ctx.staff()?;
    let lists = shell::buckets(session);
    // Those who work on no case begin elsewhere; overviews of cases stand there too.
    let home = shell::home(session);
    if home != "/desk" && !lists.iter().any(|(bucket, _)| matches!(bucket, Bucket::Stage(_))) {
        return see_other(home);
    }
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let first: Vec<CaseRow> = first(&ctx, &lists, now)?;
    page(&Home {
        shell: shell::of(&ctx),
        today: today(&reference, now),
        notices: notices(&reference, now),
        tiles: tiles(&ctx, &lists, now)?,
        first: first.iter().map(|row| say::row(&reference, row, now)).collect(),
        first_href: "/desk/worklist/open?sort=due".to_owned(),
        may_file: session.staff.is_any(&[Role::Operator, Role::Dispatcher]),
        as_of: say::as_of(&ctx)?,
    })
}

pub(crate) fn today(reference: &projections::Reference, now: Instant) -> String {
    let day = legal_day(now);
    let kind = match reference.calendar().day(day).kind {
        DayKind::Workday => "工作日",
        DayKind::MakeUpWorkday => "调休上班",
        DayKind::Weekend => "周末",
        DayKind::Holiday => "法定节假日",
        DayKind::LocalClosure => "本市放假",
    };
    format!("{} {kind}", words::date_with_weekday(day))
}

fn notices(reference: &projections::Reference, now: Instant) -> Vec<Notice> {
    let ahead = legal_day(now) + Duration::days(AHEAD);
    if !reference.calendar().day(ahead).provisional {
        return Vec::new();
    }
    let line = format!(
        "{}起的放假安排还没有导入，涉及的时限先按推算日历计算并标“临时”，导入后自动重算。",
        words::month(domain::time::period_of(ahead, 0))
    );
    vec![Notice::new(Tone::Info, "放假安排尚未公布", &[&line])]
}

/// Worklists with something late or due today first in colour.
fn tiles(ctx: &Ctx, lists: &[(Bucket, HolderKey)], now: Instant) -> Result<Vec<HomeTile>, Fault> {
    let views = ctx.app().projections.views();
    let hides = say::hides_wrongdoing(ctx.staff()?);
    let counts = shell::bucket_counts(ctx, lists);
    let tonight =
        (legal_day(now) + Duration::days(1)).and_time(NaiveTime::MIN).and_local_timezone(CHINA).single().map_or(now, |at| at.to_utc());
    let mut tiles = Vec::new();
    for ((bucket, holder), count) in lists.iter().zip(counts) {
        if *bucket == Bucket::Ended {
            continue;
        }
        let mut tile = HomeTile::new(shell::bucket_name(*bucket), count, &format!("/desk/worklist/{}", bucket.code()), "", Tone::Neutral);
        if *bucket == Bucket::Breached && count > 0 {
            tile.tone = Tone::Bad;
        } else if matches!(bucket, Bucket::Stage(_)) && count > 0 {
            let due = |at: Instant| -> Result<u64, Fault> {
                let hidden = if hides { views.wrongdoing_among(holder, *bucket, Some(at))? } else { 0 };
                Ok(views.due_before(holder, *bucket, at)?.saturating_sub(hidden))
            };
            let (over, today) = (due(now)?, due(tonight)?);
            (tile.detail, tile.tone) = match (over, today.saturating_sub(over)) {
                (0, 0) => (String::new(), Tone::Neutral),
                (0, today) => (format!("其中 {today} 件今天到期"), Tone::Warn),
                (over, 0) => (format!("其中 {over} 件已过期限"), Tone::Bad),
                (over, today) => (format!("其中 {over} 件已过期限，{today} 件今天到期"), Tone::Bad),
            };
        }
        tiles.push(tile);
    }
    tiles.extend(duties(ctx)?);
    Ok(tiles)
}

/// What is to be done about supervision, for accounts that may have such duties.
fn duties(ctx: &Ctx) -> Result<Option<HomeTile>, Fault> {
    let session = ctx.staff()?;
    if !shell::leads(session, "/desk/duties") {
        return Ok(None);
    }
    let (all, late) = duty::sum(ctx, session)?;
    let mut tile = HomeTile::new("督办与整改", all, "/desk/duties", "", if late > 0 { Tone::Bad } else { Tone::Neutral });
    if late > 0 {
        tile.detail = format!("其中 {late} 件已过期限");
    }
    Ok(Some(tile))
}

/// Overdue first, then what falls due soon, out of the lists that the account works on.
fn first(ctx: &Ctx, lists: &[(Bucket, HolderKey)], now: Instant) -> Result<Vec<CaseRow>, Fault> {
    let session = ctx.staff()?;
    let reference = ctx.app().reference();
    let own = lists.iter().any(|(bucket, _)| matches!(bucket, Bucket::Stage(_)));
    let mut rows: Vec<CaseRow> = Vec::new();
    for (bucket, holder) in
        lists.iter().filter(|(bucket, _)| if own { matches!(bucket, Bucket::Stage(_)) } else { *bucket == Bucket::Open })
    {
        let filter = WorklistFilter { hide_wrongdoing: say::hides_wrongdoing(session), ..WorklistFilter::default() };
        let query = WorklistQuery { holder: holder.clone(), bucket: *bucket, sort: Sort::Due, filter, at: At::First, limit: FIRST };
        rows.extend(ctx.app().projections.views().worklist(&query)?.rows);
    }
    rows.retain(|row| row.due_at.is_some_and(|due| due <= now + say::NEAR) && say::sees(&session.staff, row, &reference));
    rows.sort_by_key(|row| row.due_at);
    rows.dedup_by_key(|row| row.id);
    rows.truncate(FIRST);
    Ok(rows)
}
