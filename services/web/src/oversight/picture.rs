//! 单位画像: everything that counts for and against a unit, each with the way to where it stands (the ten screens, 10).
//!
//! All of it comes from marks and duties of the unit: of an investigation before its conclusion and of a covert
//! inspection no mark exists. What is left of a complaint is for the unit itself and for those who stand clear of it.

use application::session::Session;
use chrono::{Datelike, NaiveDate};
use domain::duty::Holder;
use domain::ids::UnitCode;
use domain::mark::MarkKind;
use domain::time::{Instant, legal_day};
use domain::unit::{Nature, UnitState};
use projections::{At, HolderKey, NamedMark, Reference};
use templates::NavItem;
use templates::components::{Link, Tag, Tone};
use templates::desk::{Figure, HomeTile};
use templates::oversight::{HistoryLine, MarkLine, Picture, PictureFigure};

use super::today::{address, start_of};
use super::{duty, overdue};
use crate::ctx::Ctx;
use crate::desk::{say, scorecard};
use crate::door::OVERSIGHT;
use crate::error::{Fault, Reply, page, see_other};
use crate::{shell, words};

/// Duties listed.
const DUTIES: usize = 30;
/// Marks of a year listed, the latest; the sums above the list are of all. A unit has some dozens, the busiest of a city with
/// a million cases has more than a thousand, and each row costs the reading of its stream and of its case.
const MARKS: usize = 30;
/// Marks of a year that are counted one by one for outsourced staff.
const ALL: usize = 10_000;
/// Years of the history.
const YEARS: i32 = 3;

/// From the first instant of a legal year to the first of the next.
pub(crate) fn year_of(year: i32) -> (Instant, Instant) {
    let first = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).map_or(Instant::MAX_UTC, start_of);
    (first(year), first(year + 1))
}

/// `GET /desk/unit`: the account's own unit.
pub(crate) async fn own(ctx: Ctx) -> Reply {
    let unit = ctx.staff()?.staff.unit.clone().ok_or(Fault::NotFound)?;
    show(&ctx, &unit, "/desk/unit")
}

/// `GET /oversight/units/{code}`: the office sees every unit, a unit is led to its own page, another one's is not there.
pub(crate) async fn get(ctx: Ctx) -> Reply {
    let (session, reference) = (ctx.staff()?, ctx.app().reference());
    let unit = UnitCode::parse(ctx.part("code")).ok().filter(|code| reference.unit(code).is_some()).ok_or(Fault::NotFound)?;
    if session.staff.is_any(OVERSIGHT) {
        show(&ctx, &unit, &format!("/oversight/units/{unit}"))
    } else if session.staff.unit.as_ref() == Some(&unit) {
        see_other("/desk/unit")
    } else {
        Err(Fault::NotFound)
    }
}

/// Queries: three look-ups of the unit's lists, a year of monthly sums, a page and the counts of its duties, its marks of
/// three years and of the chosen one with their streams, the cases those are about, freshness.
fn show(ctx: &Ctx, unit: &UnitCode, path: &str) -> Reply {
    let (session, reference, now) = (ctx.staff()?, ctx.app().reference(), ctx.app().now());
    let views = ctx.app().projections.views();
    let state = reference.unit(unit).ok_or(Fault::NotFound)?;
    let this = legal_day(now).year();
    let year = match ctx.query("year") {
        "" => this,
        text => text.parse::<i32>().ok().filter(|year| (this - YEARS + 1..=this).contains(year)).ok_or(Fault::NotFound)?,
    };
    let (from, to) = year_of(year);
    let (period, figures) = scorecard::summary(ctx, unit)?;
    let holder = [Holder::Unit(unit.clone())];
    let unseen = duty::unseen(session, &reference);
    let counted = views.duty_counts_of(&holder, &unseen, now)?;
    let duties = views.duties_of(&holder, &unseen, None, &At::First, DUTIES)?;
    let known =
        Known { complaints: unseen.own.as_ref() == Some(unit) || !unseen.investigations_of.contains(unit), wrongdoing: !unseen.wrongdoing };
    let marks = known.marks(ctx, views.named_marks(unit, from, to, MARKS + 1)?)?;
    let mut sums = Vec::new();
    for back in 0..YEARS {
        let (from, to) = year_of(this - back);
        sums.push(known.sums(ctx, unit, from, to)?);
    }
    let ways = [
        ("/oversight/assessments", "年度考评"),
        ("/desk/assessment", "本单位考评"),
        ("/desk/opinions", "评议意见"),
        ("/desk/papers", "本单位的文书（办结的也在内）"),
    ];
    let mut more = results(ctx, unit)?;
    more.extend(ways.into_iter().filter(|(path, _)| shell::leads(session, path)).map(|(path, text)| Link::new(path, text)));
    let card = format!("/desk/scorecard/{unit}");
    let linked = shell::leads(session, &card);
    let years = (0..YEARS).map(|back| this - back);
    page(&Picture {
        shell: shell::of(ctx),
        crumbs: if path == "/desk/unit" {
            vec![Link::new("/desk", "工作台")]
        } else {
            vec![Link::new("/oversight", "今日"), Link::new("/oversight/units", "单位画像")]
        },
        unit: state.name().to_owned(),
        facts: facts(&reference, state),
        cases: cases(ctx, session, unit, now)?,
        period,
        scorecard: linked.then_some(card),
        figures: figures.into_iter().map(|one| figure(one, linked)).collect(),
        duties: duties.rows.iter().map(|one| duty::line(session, one, now)).collect(),
        duty_count: counted.iter().map(|(_, n, _)| n).sum(),
        years: years
            .clone()
            .map(|one| NavItem::new(&address(path, &[("year", one.to_string())]), &format!("{one}年"), one == year))
            .collect(),
        year: format!("{year}年"),
        history_years: years.map(|one| format!("{one}年")).collect(),
        history: history(&sums),
        marks_note: if marks.len() > MARKS { format!("只列最近的 {MARKS} 条，合计以上表为准。") } else { String::new() },
        marks: lines(ctx, session, &reference, marks.get(..MARKS).unwrap_or(&marks))?,
        more,
        as_of: say::as_of(ctx)?,
    })
}

/// Grade and tier of the years that are final, each with the way to the unit's sheet.
fn results(ctx: &Ctx, unit: &UnitCode) -> Result<Vec<Link>, Fault> {
    let mut all = Vec::new();
    for (year, body) in ctx.app().own_assessments(&ctx.actor()?, unit)? {
        let Some(sheet) = body.sheet.as_ref().filter(|_| body.finalised_at.is_some()) else { continue };
        let path = duty::href(ctx.staff()?, &domain::assessment::body_stream(year, unit), "");
        if !path.is_empty() {
            all.push(Link::new(&path, &format!("{year} 年度考评：{}", sheet.grade.label())));
        }
    }
    Ok(all)
}

/// Marks that an account may know of.
struct Known {
    /// Complaints about this unit that were found true.
    complaints: bool,
    /// What is about reports of wrongdoing.
    wrongdoing: bool,
}

impl Known {
    fn marks(&self, ctx: &Ctx, mut marks: Vec<NamedMark>) -> Result<Vec<NamedMark>, Fault> {
        marks.retain(|one| self.complaints || one.mark.kind != MarkKind::ComplaintTrue);
        if !self.wrongdoing {
            let ids: Vec<_> = marks.iter().filter_map(|one| one.case).collect();
            let cases = if ids.is_empty() { Vec::new() } else { ctx.app().projections.views().cases_by_ids(&ids)? };
            let open = |id| cases.iter().any(|row| row.id == id && !row.wrongdoing);
            marks.retain(|one| one.case.is_none_or(open));
        }
        Ok(marks)
    }

    /// How many of each kind stand and were taken back; who may not know of all counts from the list.
    fn sums(&self, ctx: &Ctx, unit: &UnitCode, from: Instant, to: Instant) -> Result<Vec<(MarkKind, u64, u64)>, Fault> {
        let views = ctx.app().projections.views();
        if self.wrongdoing {
            let sums = views.mark_sums(unit, from, to)?;
            return Ok(sums.into_iter().filter(|(kind, ..)| self.complaints || *kind != MarkKind::ComplaintTrue).collect());
        }
        let mut sums: Vec<(MarkKind, u64, u64)> = Vec::new();
        for one in self.marks(ctx, views.named_marks(unit, from, to, ALL)?)? {
            let (standing, revoked) = if one.mark.revoked.is_some() { (0, 1) } else { (1, 0) };
            match sums.iter_mut().find(|(kind, ..)| *kind == one.mark.kind) {
                Some(sum) => (sum.1, sum.2) = (sum.1 + standing, sum.2 + revoked),
                None => sums.push((one.mark.kind, standing, revoked)),
            }
        }
        Ok(sums)
    }
}

fn facts(reference: &Reference, unit: &UnitState) -> String {
    let nature = match unit.nature {
        Nature::Accountable => "可考核、可问责",
        Nature::Assessable => "可考核，问责由其他机关负责",
        Nature::Coordinate => "垂直管理单位或企业，只协调不考核",
    };
    let mut parts = vec![format!("代码 {}", unit.code), unit.level.label().to_owned(), nature.to_owned()];
    parts.extend(unit.parent.as_ref().map(|code| format!("上级单位{}", words::unit(reference, code))));
    if let Some((since, successor)) = &unit.closed {
        let successor = successor.as_ref().map(|code| format!("，由{}承接", words::unit(reference, code))).unwrap_or_default();
        parts.push(format!("{}起撤销{successor}", words::date(*since)));
    }
    parts.join("，")
}

/// Each figure leads to a list with exactly that many cases: the office's of that unit, or the unit's own.
fn cases(ctx: &Ctx, session: &Session, unit: &UnitCode, now: Instant) -> Result<Vec<HomeTile>, Fault> {
    let load = overdue::load(ctx, session, &HolderKey::Unit(unit.clone()), now)?;
    let office = shell::leads(session, "/oversight/overdue");
    let list = |which: &str| {
        let mut pairs = vec![("unit", unit.to_string())];
        pairs.extend((!which.is_empty()).then(|| ("list", which.to_owned())));
        address("/oversight/overdue", &pairs)
    };
    let own = |path: &str| {
        let own = session.staff.unit.as_ref() == Some(unit) && shell::leads(session, path);
        if own { path.to_owned() } else { String::new() }
    };
    let (over, near) = if office { (list(""), list("near")) } else { (own("/desk/worklist/breached"), String::new()) };
    let open = if office { list("open") } else { own("/desk/worklist/open") };
    let tone = |n: u64, tone: Tone| if n > 0 { tone } else { Tone::Neutral };
    Ok(vec![
        HomeTile::new("在办（含下级）", load.open, &open, "", Tone::Neutral),
        HomeTile::new("已超期", load.over, &over, "", tone(load.over, Tone::Bad)),
        HomeTile::new("24 小时内到期", load.near, &near, "", tone(load.near, Tone::Warn)),
    ])
}

fn figure(one: Figure, linked: bool) -> PictureFigure {
    PictureFigure {
        // With too few samples the counts stand in the place of the share already.
        detail: if one.denominator.is_empty() || !one.hint.is_empty() {
            one.hint
        } else {
            format!("{} / {} 件", one.numerator, one.denominator)
        },
        href: if linked { one.yes_href } else { String::new() },
        against: one.no_href.filter(|_| linked).map(|href| Link::new(&href, &format!("{} {} 件", one.no_label, one.no_count))),
        code: one.code,
        label: one.label,
        value: one.value,
        unit: one.unit,
        change: one.last_month,
        tone: one.tone,
        spark: one.spark,
    }
}

/// What stands and what was revoked besides, of every kind that occurs in these years, this year first.
fn history(years: &[Vec<(MarkKind, u64, u64)>]) -> Vec<HistoryLine> {
    let cell = |kind: MarkKind, sums: &[(MarkKind, u64, u64)]| {
        let found = sums.iter().find(|(one, ..)| *one == kind).map_or((0, 0), |(_, standing, revoked)| (*standing, *revoked));
        match found {
            (standing, 0) => words::count(standing),
            (standing, revoked) => format!("{}（另撤销 {}）", words::count(standing), words::count(revoked)),
        }
    };
    let kinds = MarkKind::ALL.into_iter().filter(|kind| years.iter().flatten().any(|(one, ..)| one == kind));
    kinds.map(|kind| HistoryLine { kind: kind.label().to_owned(), cells: years.iter().map(|sums| cell(kind, sums)).collect() }).collect()
}

fn tone(kind: MarkKind) -> Tone {
    match kind {
        MarkKind::RedCard
        | MarkKind::OrderOverdue
        | MarkKind::TaskOverdue
        | MarkKind::RectificationOverdue
        | MarkKind::ComplaintTrue
        | MarkKind::Accountability => Tone::Bad,
        MarkKind::Warning | MarkKind::YellowCard | MarkKind::Escalated | MarkKind::Finding => Tone::Warn,
        MarkKind::Order | MarkKind::Visit => Tone::Info,
        MarkKind::Honour => Tone::Good,
    }
}

fn lines(ctx: &Ctx, session: &Session, reference: &Reference, marks: &[NamedMark]) -> Result<Vec<MarkLine>, Fault> {
    let ids: Vec<_> = marks.iter().filter_map(|one| one.case).collect();
    let cases = if ids.is_empty() { Vec::new() } else { ctx.app().projections.views().cases_by_ids(&ids)? };
    let case = |one: &NamedMark| {
        let row = cases.iter().find(|row| Some(row.id) == one.case).filter(|row| say::sees(&session.staff, row, reference))?;
        Some(Link::new(&format!("/desk/case/{}", row.number), &words::number(&row.number)))
    };
    let line = |one: &NamedMark| MarkLine {
        day: words::day_of(one.mark.at),
        kind: Tag::new(one.mark.kind.label(), tone(one.mark.kind)),
        number: domain::duty::number(&one.mark.stream, one.year, one.ordinal),
        href: duty::href(session, &one.mark.stream, ""),
        case: case(one),
        revoked: one.mark.revoked.map(|seq| format!("已撤销，理由见该件（日志位置 {seq}）")).unwrap_or_default(),
    };
    Ok(marks.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_counts_what_stands_and_says_what_was_revoked() {
        let years = [vec![(MarkKind::YellowCard, 1_200, 1)], vec![(MarkKind::Order, 1, 0)], vec![(MarkKind::YellowCard, 1, 0)]];
        let lines: Vec<(String, Vec<String>)> = history(&years).into_iter().map(|line| (line.kind, line.cells)).collect();
        let of = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        assert_eq!(lines, [("黄牌".to_owned(), of(["1,200（另撤销 1）", "0", "1"])), ("督办单".to_owned(), of(["0", "1", "0"]))]);
    }

    #[test]
    fn a_year_is_the_legal_one() {
        let (from, to) = year_of(2026);
        assert_eq!((words::iso(from), words::iso(to)), ("2026-01-01T00:00:00+08:00".to_owned(), "2027-01-01T00:00:00+08:00".to_owned()));
    }
}
