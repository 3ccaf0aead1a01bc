//! The units of the city in groups of their level, in the order of their codes: no ranking (ux.md 4.2).

use std::sync::Arc;

use chrono::{Datelike, Duration};
use domain::ids::UnitCode;
use domain::mark::MarkKind;
use domain::rulebook::Measure;
use domain::time::{Instant, legal_day, period_of};
use domain::unit::{Level, UnitState};
use projections::{HolderKey, Reference, Scope};
use templates::components::{Choice, Paging, Tag, Tone};
use templates::oversight::{UnitGroup, UnitLine, Units};

use super::duty;
use super::overdue::load;
use super::picture::year_of;
use super::today::address;
use crate::ctx::Ctx;
use crate::desk::say;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

/// Rows of a page.
const ROWS: usize = 40;
/// Characters of the search.
const WORDS: usize = 40;

fn level_code(level: Level) -> &'static str {
    match level {
        Level::City => "city",
        Level::County => "county",
        Level::Township => "township",
        Level::Village => "village",
    }
}

/// `GET /oversight/units?q=&level=&after=`. The register stands in memory; queries: for each unit of the page (40 at most)
/// three look-ups of its lists, its month and its marks of the year; freshness.
pub(crate) async fn get(ctx: Ctx) -> Reply {
    let reference = ctx.app().reference();
    let q: String = ctx.query("q").trim().chars().take(WORDS).collect();
    let level = match ctx.query("level") {
        "" => None,
        code => Some(Level::ALL.into_iter().find(|level| level_code(*level) == code).ok_or(Fault::NotFound)?),
    };
    let after = match ctx.query("after") {
        "" => None,
        code => {
            let unit = UnitCode::parse(code).ok().and_then(|code| reference.unit(&code)).ok_or(Fault::NotFound)?;
            Some((unit.level, unit.code.clone()))
        }
    };
    let wanted = |unit: &&Arc<UnitState>| {
        unit.closed.is_none()
            && level.is_none_or(|level| unit.level == level)
            && (q.is_empty() || unit.name().contains(&q) || unit.code.as_str().starts_with(&q))
            && after.as_ref().is_none_or(|after| (unit.level, unit.code.clone()) > *after)
    };
    let mut found: Vec<&Arc<UnitState>> = reference.units().filter(wanted).collect();
    found.sort_by_key(|unit| (unit.level, unit.code.clone()));
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let to = |after: Option<&UnitCode>| {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        pairs.extend((!q.is_empty()).then(|| ("q", q.clone())));
        pairs.extend(level.map(|level| ("level", level_code(level).to_owned())));
        pairs.extend(after.map(|code| ("after", code.to_string())));
        address("/oversight/units", &pairs)
    };
    let levels = Level::ALL.into_iter().map(|level| Choice::new(level_code(level), level.label())).collect();
    let paging = Paging {
        prev: after.is_some().then(|| to(None)),
        next: found.last().filter(|_| more).map(|unit| to(Some(&unit.code))),
        summary: if found.is_empty() { String::new() } else { format!("本页 {} 个单位", found.len()) },
    };
    page(&Units {
        shell: shell::of(&ctx),
        filtered: !q.is_empty() || level.is_some(),
        levels: Choice::select(levels, level.map(level_code).unwrap_or_default()),
        note: "按层级分组、按代码排列，不排名次；件数含下级单位。按时答复率的 95% 置信区间整体高于或低于目标时才作判断。".to_owned(),
        groups: groups(&ctx, &reference, &found)?,
        paging,
        q: q.clone(),
        as_of: say::as_of(&ctx)?,
    })
}

fn groups(ctx: &Ctx, reference: &Reference, found: &[&Arc<UnitState>]) -> Result<Vec<UnitGroup>, Fault> {
    let (session, now, views) = (ctx.staff()?, ctx.app().now(), ctx.app().projections.views());
    let codes: Vec<UnitCode> = found.iter().map(|unit| unit.code.clone()).collect();
    let (from, _) = year_of(legal_day(now).year());
    let mut marks = views.mark_counts_of(&codes, from, now + Duration::microseconds(1))?;
    // Outsourced staff learn of no card about a report of wrongdoing, not even from a number; of a complaint learn those
    // who stand clear of it.
    let unseen = duty::unseen(session, reference);
    marks.retain(|(unit, kind, _)| !unseen.wrongdoing && (*kind != MarkKind::ComplaintTrue || !unseen.investigations_of.contains(unit)));
    let mut groups: Vec<UnitGroup> = Vec::new();
    for unit in found {
        let load = load(ctx, session, &HolderKey::Unit(unit.code.clone()), now)?;
        let (rate, tier) = rate(ctx, reference, &unit.code, now)?;
        let own = marks.iter().filter(|(code, ..)| *code == unit.code).map(|(_, kind, n)| format!("{} {n}", kind.label()));
        let line = UnitLine {
            name: unit.name().to_owned(),
            code: unit.code.to_string(),
            href: format!("/oversight/units/{}", unit.code),
            above: unit.parent.as_ref().map(|code| words::unit(reference, code)).unwrap_or_default(),
            open: load.open,
            over: load.over,
            marks: own.collect::<Vec<_>>().join("、"),
            rate,
            tier,
        };
        match groups.last_mut().filter(|group| group.name == unit.level.label()) {
            Some(group) => group.rows.push(line),
            None => groups.push(UnitGroup { name: unit.level.label().to_owned(), rows: vec![line] }),
        }
    }
    Ok(groups)
}

/// The share answered in time this month, and where it stands against the rulebook's target.
fn rate(ctx: &Ctx, reference: &Reference, unit: &UnitCode, now: Instant) -> Result<(String, Tag), Fault> {
    let rules = words::rules(reference, now);
    let Some(indicator) = rules.as_ref().and_then(|rules| rules.indicator(Measure::Answered)) else {
        return Ok((String::new(), Tag::new("不考核", Tone::Neutral)));
    };
    let period = period_of(legal_day(now), indicator.cut_off_day);
    let month = ctx.app().projections.views().month(&Scope::Subtree(unit.clone()), period)?;
    let (yes, total) = month.iter().find(|figure| figure.measure == Measure::Answered).map_or((0, 0), |figure| (figure.yes, figure.total));
    let least = u64::from(indicator.min_samples);
    let said = match total {
        0 => String::new(),
        _ if total < least => format!("{} / {} 件", words::count(yes), words::count(total)),
        _ => format!("{}%（{} / {}）", words::percent(yes, total), words::count(yes), words::count(total)),
    };
    Ok((said, tier(yes, total, least, indicator.target_percent.map(f64::from))))
}

/// Above or below the target (percent) only when the 95 % interval (Wilson) lies wholly on one side of it.
fn tier(yes: u64, total: u64, least: u64, target: Option<f64>) -> Tag {
    if total == 0 {
        return Tag::new("没有数据", Tone::Neutral);
    }
    if total < least {
        return Tag::new("样本不足", Tone::Neutral);
    }
    let Some(target) = target else { return Tag::new("没有目标", Tone::Neutral) };
    let (low, high) = wilson(yes as f64, total as f64);
    if 100.0 * low >= target {
        Tag::new("达到目标", Tone::Good)
    } else if 100.0 * high < target {
        Tag::new("低于目标", Tone::Warn)
    } else {
        Tag::new("暂难区分", Tone::Info)
    }
}

fn wilson(yes: f64, n: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let share = yes / n;
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let all = 1.0 + Z * Z / n;
    ((middle - half) / all, (middle + half) / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_is_given_only_when_the_interval_excludes_the_border() {
        let said = |yes, total| tier(yes, total, 30, Some(95.0)).text;
        assert_eq!(said(0, 0), "没有数据");
        assert_eq!(said(29, 29), "样本不足");
        assert_eq!(said(48, 50), "暂难区分");
        assert_eq!(said(990, 1_000), "达到目标");
        assert_eq!(said(900, 1_000), "低于目标");
        assert_eq!(tier(1, 100, 30, None).text, "没有目标");
        // 50 of 100, by hand: 0.4038 to 0.5962.
        let (low, high) = wilson(50.0, 100.0);
        assert!((low - 0.4038).abs() < 0.00005 && (high - 0.5962).abs() < 0.00005, "{low} {high}");
    }
}
