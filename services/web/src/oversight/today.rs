//! 今日: the first screen of those who watch over the whole city, most pressing first (practice.md, the ten screens, 1).

use application::session::Session;
use chrono::{Datelike, Duration, NaiveDate, NaiveTime};
use domain::account::Role;
use domain::mark::MarkKind;
use domain::time::{CHINA, Instant, legal_day};
use projections::{Bucket, DayKind, HolderKey};
use templates::components::{Change, Tone};
use templates::desk::HomeTile;
use templates::oversight::{DayFigure, Today, TodayRow};

use super::duty;
use crate::ctx::Ctx;
use crate::desk::say;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

/// Tasks whose number everybody of the office may know, whoever holds them. Nothing of investigations and inspections
/// stands here: a covert one shows in no figure.
const FEEDBACK: [&str; 2] = ["task_feedback", "order_feedback"];
const OBJECTIONS: [&str; 2] = ["card_decide", "assessment_decide"];
const LADDER: [&str; 3] = ["escalation_handle", "escalation_convene", "escalation_track"];

/// An address with its query.
pub(crate) fn address(path: &str, pairs: &[(&str, String)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", serde_urlencoded::to_string(pairs).unwrap_or_default())
}

/// The first instant of a legal day.
pub(crate) fn start_of(day: NaiveDate) -> Instant {
    day.and_time(NaiveTime::MIN).and_local_timezone(CHINA).single().map_or(Instant::MIN_UTC, |at| at.to_utc())
}

/// `GET /oversight`. Queries, whatever the size of the city: seven tasks, the account's duties, the counts of the hotline's
/// list, one count for each urgency above the ordinary, two kinds of marks, three days and the first one, freshness; each
/// reads one stretch of an index.
pub(crate) async fn get(ctx: Ctx) -> Reply {
    let (session, now, reference) = (ctx.staff()?, ctx.app().now(), ctx.app().reference());
    let today = legal_day(now);
    let rows = vec![
        feedback(&ctx, session, now)?,
        red(&ctx, session, now)?,
        urgent(&ctx, session, now)?,
        mine(&ctx, session, now)?,
        objections(&ctx, session, now)?,
        ladder(&ctx, session, now)?,
    ];
    page(&Today {
        shell: shell::of(&ctx),
        today: crate::desk::home::today(&reference, now),
        rows,
        yesterday: words::short_date(today - Duration::days(1)),
        figures: yesterday(&ctx, session, today)?,
        as_of: say::as_of(&ctx)?,
    })
}

/// An address, when this account may open it.
fn open(session: &Session, href: &str) -> String {
    if shell::leads(session, href.split('?').next().unwrap_or_default()) { href.to_owned() } else { String::new() }
}

/// A figure of duties: bad when some are late.
fn tile(name: &str, (all, late): (u64, u64), href: &str) -> HomeTile {
    let mut tile = HomeTile::new(name, all, href, "", if late > 0 { Tone::Bad } else { Tone::Neutral });
    if late > 0 {
        tile.detail = format!("其中 {} 件已过期限", words::count(late));
    }
    tile
}

fn row(title: &str, tiles: Vec<HomeTile>, empty: &str) -> TodayRow {
    TodayRow { title: title.to_owned(), tiles, empty: empty.to_owned() }
}

/// Figures of tasks over all holders; a nought is left out.
fn tasks(ctx: &Ctx, session: &Session, tasks: &[&str], to: impl Fn(&str) -> String, now: Instant) -> Result<Vec<HomeTile>, Fault> {
    let counts = ctx.app().projections.views().task_counts(tasks, now)?;
    let shown = tasks.iter().zip(counts).filter(|(_, (all, _))| *all > 0);
    Ok(shown.map(|(code, counts)| tile(domain::duty::words(code), counts, &open(session, &to(code)))).collect())
}

fn feedback(ctx: &Ctx, session: &Session, now: Instant) -> Result<TodayRow, Fault> {
    let to = |code: &str| if code == "task_feedback" { "/oversight/matters" } else { "/oversight/orders" }.to_owned();
    // Orders may rest on a report of wrongdoing.
    let known = if say::hides_wrongdoing(session) { &FEEDBACK[..1] } else { &FEEDBACK };
    Ok(row("批示督查待反馈", tasks(ctx, session, known, to, now)?, "没有等待反馈的批示、督查任务和督办单。"))
}

fn red(ctx: &Ctx, session: &Session, now: Instant) -> Result<TodayRow, Fault> {
    let views = ctx.app().projections.views();
    let counts = views.counts(&HolderKey::Hotline)?;
    let hidden = if say::hides_wrongdoing(session) { views.wrongdoing_among(&HolderKey::Hotline, Bucket::Breached, None)? } else { 0 };
    let over = counts.iter().find(|(bucket, _)| *bucket == Bucket::Breached).map_or(0, |(_, n)| *n).saturating_sub(hidden);
    let tone = if over > 0 { Tone::Bad } else { Tone::Neutral };
    let mut tiles = vec![HomeTile::new("超期工单", over, &open(session, "/oversight/overdue"), "", tone)];
    let first = start_of(legal_day(now).with_day(1).unwrap_or_default());
    let cards: &[(MarkKind, &str, Tone)] = &[(MarkKind::RedCard, "本月红牌", Tone::Bad), (MarkKind::YellowCard, "本月黄牌", Tone::Warn)];
    // So may cards.
    for (kind, name, tone) in cards.iter().filter(|_| !say::hides_wrongdoing(session)) {
        let n = views.marks_of_kind(*kind, first, now + Duration::microseconds(1))?;
        let mut tile = HomeTile::new(name, n, &open(session, "/oversight/cards"), "", Tone::Neutral);
        if n > 0 {
            tile.tone = *tone;
            tile.detail = "已撤销的不计".to_owned();
        }
        tiles.push(tile);
    }
    Ok(row("红牌与超期", tiles, ""))
}

/// Open cases of each urgency above the ordinary, which is the rulebook's first.
fn urgent(ctx: &Ctx, session: &Session, now: Instant) -> Result<TodayRow, Fault> {
    let views = ctx.app().projections.views();
    let rules = words::rules(&ctx.app().reference(), now);
    let mut tiles = Vec::new();
    for urgency in rules.iter().flat_map(|rules| rules.urgencies.iter().skip(1)) {
        let n = views.urgent_count(&urgency.code, say::hides_wrongdoing(session))?;
        let tone = if n > 0 { Tone::Warn } else { Tone::Neutral };
        tiles.push(HomeTile::new(&urgency.label, n, &open(session, &format!("/oversight/urgent/{}", urgency.code)), "", tone));
    }
    Ok(row("紧急在办", tiles, "考核细则没有区分紧急程度。"))
}

fn mine(ctx: &Ctx, session: &Session, now: Instant) -> Result<TodayRow, Fault> {
    let unseen = duty::unseen(session, &ctx.app().reference());
    let counts = ctx.app().projections.views().duty_counts_of(&duty::holders(session), &unseen, now)?;
    let own = counts.iter().filter(|(code, ..)| !OBJECTIONS.contains(&code.as_str()));
    let tile = |(code, all, late): &(String, u64, u64)| {
        tile(domain::duty::words(code), (*all, *late), &open(session, &address("/desk/duties", &[("task", code.clone())])))
    };
    Ok(row("待我处理", own.map(tile).collect(), "没有等我签发或处理的事项。"))
}

/// For whoever decides them the way leads to the own list, for the others to the nouns.
fn objections(ctx: &Ctx, session: &Session, now: Instant) -> Result<TodayRow, Fault> {
    let decides = session.staff.is(Role::Director);
    let to = |code: &str| match code {
        _ if decides => address("/desk/duties", &[("task", code.to_owned())]),
        "card_decide" => "/oversight/cards".to_owned(),
        _ => "/oversight/assessments".to_owned(),
    };
    let known = if say::hides_wrongdoing(session) { &OBJECTIONS[1..] } else { &OBJECTIONS };
    Ok(row("异议到期", tasks(ctx, session, known, to, now)?, "没有等待裁定的异议。"))
}

/// What is to be done about escalated matters, and the board: how many stand on each level.
fn ladder(ctx: &Ctx, session: &Session, now: Instant) -> Result<TodayRow, Fault> {
    // Among the tasks are reports of wrongdoing: who may not know of those counts by the board alone.
    let hides = say::hides_wrongdoing(session);
    let to = |_: &str| "/oversight/escalations".to_owned();
    let mut tiles = if hides { Vec::new() } else { tasks(ctx, session, &LADDER, to, now)? };
    let counts = ctx.app().projections.views().escalation_counts()?;
    let rules = words::rules(&ctx.app().reference(), now);
    for ladder in rules.iter().flat_map(|rules| &rules.ladders) {
        for level in ladder.levels.iter().rev() {
            let on = counts.iter().filter(|one| one.ladder == ladder.id && one.level == level.level && !(hides && one.wrongdoing));
            let n: u64 = on.map(|one| one.n).sum();
            if n > 0 {
                let path = format!("/oversight/escalations/level/{}?ladder={}", level.level, ladder.id);
                tiles.push(HomeTile::new(&format!("{} {}", ladder.label, level.label), n, &open(session, &path), "", Tone::Neutral));
            }
        }
    }
    Ok(row("四级响应", tiles, "没有提级办理中的事项。"))
}

/// Name, what is counted, and whether more of it is good, bad or neither.
pub(crate) fn said(kind: DayKind) -> (&'static str, &'static str, Option<bool>) {
    match kind {
        DayKind::Filed => ("登记", "当天登记的诉求件", None),
        DayKind::Dispatched => ("派单", "当天派给单位的诉求件，含重新派单", None),
        DayKind::Ended => ("办结", "当天归档和不予受理的诉求件", Some(true)),
        DayKind::Dissatisfied => ("不满意", "当天回访接通且不满意的诉求件", Some(false)),
    }
}

fn yesterday(ctx: &Ctx, session: &Session, today: NaiveDate) -> Result<Vec<DayFigure>, Fault> {
    let views = ctx.app().projections.views();
    let hides = say::hides_wrongdoing(session);
    let day = today - Duration::days(1);
    let first = views.first_day()?;
    let counts = views.day_counts(day, hides)?;
    let mut then = Vec::new();
    // 364 days are 52 weeks: the same weekday.
    for (than, day) in [("上周同日", day - Duration::days(7)), ("去年同日", day - Duration::days(364))] {
        let known = first.is_some_and(|first| first <= day);
        then.push((than, if known { Some(views.day_counts(day, hides)?) } else { None }));
    }
    let figure = |(at, kind): (usize, DayKind)| {
        let (name, definition, good) = said(kind);
        let count = counts.get(at).copied().unwrap_or_default();
        let changes = then.iter().map(|(than, counts)| change(than, count, counts.and_then(|all| all.get(at).copied()), good));
        DayFigure {
            code: kind.code().to_owned(),
            name: name.to_owned(),
            count,
            href: open(session, &address(&format!("/oversight/day/{}", kind.code()), &[("day", day.to_string())])),
            definition: definition.to_owned(),
            changes: changes.collect(),
        }
    };
    Ok(DayKind::ALL.into_iter().enumerate().map(figure).collect())
}

/// An arrow and words.
fn change(than: &str, now: u64, before: Option<u64>, good: Option<bool>) -> Change {
    let Some(before) = before else { return Change { text: format!("{than}没有数据"), tone: Tone::Neutral } };
    let tone = |more: bool| match good {
        None => Tone::Info,
        Some(good) if good == more => Tone::Good,
        Some(_) => Tone::Warn,
    };
    match now.cmp(&before) {
        std::cmp::Ordering::Equal => Change { text: format!("＝ 与{than}持平"), tone: Tone::Info },
        std::cmp::Ordering::Greater => Change { text: format!("↑ 比{than}多 {} 件", words::count(now - before)), tone: tone(true) },
        std::cmp::Ordering::Less => Change { text: format!("↓ 比{than}少 {} 件", words::count(before - now)), tone: tone(false) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_an_arrow_and_words_and_its_colour_depends_on_what_is_counted() {
        let said = |now, before, good| {
            let change = change("上周同日", now, before, good);
            (change.text, change.tone)
        };
        assert_eq!(said(1_300, Some(100), None), ("↑ 比上周同日多 1,200 件".to_owned(), Tone::Info));
        assert_eq!(said(3, Some(9), Some(false)), ("↓ 比上周同日少 6 件".to_owned(), Tone::Good));
        assert_eq!(said(9, Some(3), Some(false)), ("↑ 比上周同日多 6 件".to_owned(), Tone::Warn));
        assert_eq!(said(3, Some(9), Some(true)), ("↓ 比上周同日少 6 件".to_owned(), Tone::Warn));
        assert_eq!(said(3, Some(3), Some(true)), ("＝ 与上周同日持平".to_owned(), Tone::Info));
        assert_eq!(said(3, None, Some(true)), ("上周同日没有数据".to_owned(), Tone::Neutral));
    }
}
