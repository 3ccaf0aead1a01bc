//! A limit, day by day.

use application::cases::OpenedCase;
use chrono::{Datelike, NaiveDate, TimeDelta, Timelike};
use domain::calendar::DayKind;
use domain::case::{CaseEvent, Clock, ClockKind};
use domain::deadline::{Counting, ExplainedDay, explain};
use domain::time::{CHINA, Instant, legal_day};
use projections::Reference;
use templates::components::{Link, SummaryRow, Tag, Tone};
use templates::desk::{ExplainedDay as DayRow, LimitExplained};

use super::{case, say, timeline};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let kind = ClockKind::of_code(ctx.part("kind")).ok_or(Fault::NotFound)?;
    let round: u8 = ctx.part("round").parse().map_err(|_| Fault::NotFound)?;
    let row = case::find(&ctx)?;
    let opened = ctx.app().open_case(&ctx.actor()?, row.id).await?;
    let clock = opened.state.clock(kind, round).ok_or(Fault::NotFound)?;
    let reference = ctx.app().reference();
    let withdrawn =
        opened.entries.iter().any(|entry| matches!(&entry.event, CaseEvent::BreachWithdrawn(e) if (e.clock, e.round) == (kind, round)));
    let last = legal_day(clock.due - TimeDelta::microseconds(1));
    page(&LimitExplained {
        shell: shell::of(&ctx),
        crumbs: vec![Link::new("/desk", "工作台"), Link::new(&format!("/desk/case/{}", row.number), &words::number(&row.number))],
        title: timeline::limit_name(kind, round),
        sentence: words::promise(&reference, clock),
        due: say::due(clock, withdrawn, ctx.app().now()),
        facts: facts(&reference, clock),
        days: explain(words::calendar(&reference, clock), &clock.input()).iter().map(|one| day(one, last)).collect(),
        recomputed: recomputed(&opened, kind, round),
    })
}

fn facts(reference: &Reference, clock: &Clock) -> Vec<SummaryRow> {
    let calendar = if reference.calendars.by_version(&clock.calendar).is_some() {
        clock.calendar.clone()
    } else {
        format!(
            "{}\n当时的日历版本不在系统中，逐日计算按现行日历 {} 列出；到期时间以记录为准。",
            clock.calendar,
            reference.calendar().version()
        )
    };
    let rulebook = match reference.rulebooks.by_reference(&clock.rulebook) {
        Some(rules) => format!("{}（{}）", clock.rulebook, rules.title),
        None => clock.rulebook.clone(),
    };
    vec![
        SummaryRow::new("起算", &words::moment(clock.from).text),
        SummaryRow::new("时限", &clock.limit.words()),
        SummaryRow::new("约束谁", &words::holder(reference, &clock.holder)),
        SummaryRow::new("到期", &words::due(clock.due).text),
        SummaryRow::new("完成", &clock.ended.map(|at| words::moment(at).text).unwrap_or_else(|| "还没有完成".to_owned())),
        SummaryRow::new("考核细则", &rulebook),
        SummaryRow::new("工作日历", &calendar),
    ]
}

fn recomputed(opened: &OpenedCase, kind: ClockKind, round: u8) -> Vec<String> {
    let each = opened.entries.iter().rev().filter_map(|entry| match &entry.event {
        CaseEvent::DeadlineRecomputed(e) if (e.clock, e.round) == (kind, round) => {
            let (at, old, due) = (words::moment(entry.occurred_at).text, words::due(e.old).text, words::due(e.due).text);
            Some(format!("{at} 按日历 {} 重算：原 {old}，现 {due}", e.calendar))
        }
        _ => None,
    });
    each.collect()
}

fn day(one: &ExplainedDay, last: NaiveDate) -> DayRow {
    let (kind, tone) = match one.kind {
        DayKind::Workday => ("工作日", Tone::Info),
        DayKind::MakeUpWorkday => ("调休上班", Tone::Warn),
        DayKind::Weekend => ("周末", Tone::Neutral),
        DayKind::Holiday => ("法定节假日", Tone::Neutral),
        DayKind::LocalClosure => ("本市放假", Tone::Neutral),
    };
    let weekday = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"][one.date.weekday().num_days_from_monday() as usize];
    DayRow {
        iso: one.date.to_string(),
        date: format!("{}月{}日", one.date.month(), one.date.day()),
        weekday: weekday.to_owned(),
        kind: Tag::new(kind, tone),
        name: one.name.as_deref().unwrap_or_default().to_owned(),
        counting: counting(&one.counting, one.date),
        counted: matches!(&one.counting, Counting::Day(_)) || matches!(&one.counting, Counting::Spans(spans) if !spans.is_empty()),
        due: one.date == last,
        provisional: one.provisional,
    }
}

fn counting(counting: &Counting, date: NaiveDate) -> String {
    match counting {
        Counting::Start => "起算日，不计".to_owned(),
        Counting::Day(n) => format!("第 {n} 天"),
        Counting::Rest => "不计".to_owned(),
        Counting::Excluded(ground) => format!("不计（{ground}）"),
        Counting::Rolled => "期满日遇休息日，顺延".to_owned(),
        Counting::RolledTo => "顺延到这一天届满".to_owned(),
        Counting::Spans(spans) if spans.is_empty() => "当天没有剩余的办公时间，不计".to_owned(),
        Counting::Spans(spans) => {
            let each = spans
                .iter()
                .map(|span| format!("{}–{} 计 {}", hour(span.from, date), hour(span.to, date), words::duration(span.to - span.from)));
            each.collect::<Vec<_>>().join("；")
        }
    }
}

/// The time of day; the end of the day is 24:00.
fn hour(at: Instant, date: NaiveDate) -> String {
    let local = at.with_timezone(&CHINA);
    if local.date_naive() > date { "24:00".to_owned() } else { format!("{:02}:{:02}", local.hour(), local.minute()) }
}
