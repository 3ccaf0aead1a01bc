//! A unit's month: every figure is a sum of facts and leads to them.

use application::Staff;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use domain::account::Role;
use domain::ids::UnitCode;
use domain::rulebook::{Measure, Rulebook};
use domain::time::{CHINA, Instant, Period, legal_day, next_period, period_of, previous_period};
use projections::{FactQuery, MeasureFigure, Reference, Scope};
use templates::NavItem;
use templates::components::{Change, Choice, Link, Notice, Paging, Sparkline, Tag, Tone};
use templates::desk::{ChildFigure, ChildRow, FactRow, Facts, Figure, Scorecard, TrendPoint};

use super::{say, timeline};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page, see_other};
use crate::{shell, words};

/// Months of a trend.
const MONTHS: usize = 12;
/// Facts of a page.
const ROWS: usize = 50;

/// A month of a unit under the rulebook of its end.
struct Month {
    unit: UnitCode,
    period: Period,
    /// The month that runs now.
    current: Period,
    rules: std::sync::Arc<Rulebook>,
}

/// Whoever looks after the whole city.
fn sees_all(staff: &Staff) -> bool {
    staff.is_any(&[Role::Dispatcher, Role::Reviewer, Role::Inspector, Role::Director, Role::Leader])
}

impl Month {
    fn read(ctx: &Ctx, reference: &Reference) -> Result<Self, Fault> {
        let staff = &ctx.staff()?.staff;
        let unit = UnitCode::parse(ctx.part("unit")).ok().filter(|code| reference.unit(code).is_some()).ok_or(Fault::NotFound)?;
        let own = staff.unit.as_ref().is_some_and(|own| reference.ancestors(&unit).contains(own));
        if !own && !sees_all(staff) {
            return Err(Fault::NotFound);
        }
        let now = ctx.app().now();
        let today = words::rules(reference, now).ok_or(Fault::App(application::Error::NoRulebook))?;
        let current = period_of(legal_day(now), cut_off(&today));
        let period = match ctx.query("period") {
            "" => current,
            code => words::parse_month(code).filter(|period| *period <= current).ok_or(Fault::NotFound)?,
        };
        let rules = reference.rulebooks.resolve(end(period).min(now), now).unwrap_or(today);
        Ok(Self { unit, period, current, rules })
    }

    fn href(&self, unit: &UnitCode, period: Period) -> String {
        format!("/desk/scorecard/{unit}?period={}", words::month_code(period))
    }

    fn facts_href(&self, unit: &UnitCode, measure: Measure, kind: &str) -> String {
        format!("/desk/scorecard/{unit}/{}?period={}&kind={kind}", measure.code(), words::month_code(self.period))
    }

    fn scope(&self) -> Scope {
        Scope::Subtree(self.unit.clone())
    }

    fn rulebook(&self) -> String {
        format!("{}（{}）", self.rules.reference(), self.rules.title)
    }
}

fn cut_off(rules: &Rulebook) -> u32 {
    rules.indicators.iter().map(|indicator| indicator.cut_off_day).max().unwrap_or(0)
}

/// The last instant of a month.
fn end(period: Period) -> Instant {
    let next = next_period(period);
    let first = NaiveDate::from_ymd_opt(next / 100, (next % 100).unsigned_abs(), 1);
    let start = first.and_then(|day| day.and_time(NaiveTime::MIN).and_local_timezone(CHINA).single());
    start.map_or(Instant::MAX_UTC, |at| at.to_utc() - TimeDelta::microseconds(1))
}

pub(crate) async fn own(ctx: Ctx) -> Reply {
    let reference = ctx.app().reference();
    let staff = &ctx.staff()?.staff;
    let top =
        || reference.units().find(|unit| unit.parent.is_none() && unit.closed.is_none() && !unit.hotline).map(|unit| unit.code.clone());
    let unit = if sees_all(staff) { top().or_else(|| staff.unit.clone()) } else { staff.unit.clone() };
    let query = if ctx.query("period").is_empty() {
        String::new()
    } else {
        format!("?period={}", words::parse_month(ctx.query("period")).map(words::month_code).unwrap_or_default())
    };
    see_other(&format!("/desk/scorecard/{}{query}", unit.ok_or(Fault::NotFound)?))
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let reference = ctx.app().reference();
    let month = Month::read(&ctx, &reference)?;
    let views = ctx.app().projections.views();
    let first = (0..MONTHS).fold(month.period, |period, _| previous_period(period));
    let trend = views.trend(&month.scope(), &Measure::ALL, first, month.period)?;
    let shown: Vec<Measure> = Measure::ALL.into_iter().filter(|measure| month.rules.indicator(*measure).is_some()).collect();
    let figures: Vec<Figure> = shown.iter().map(|measure| figure(&month, *measure, &trend)).collect();
    let quiet = trend.last().is_none_or(|(_, figures)| figures.iter().all(|figure| figure.total == 0));
    let children =
        views.children(&month.unit, month.period)?.iter().map(|(unit, figures)| child(&month, &reference, unit, figures, &shown)).collect();
    page(&Scorecard {
        shell: shell::of(&ctx),
        crumbs: crumbs(&ctx, &reference, &month, false)?,
        unit: words::unit(&reference, &month.unit),
        period: words::month(month.period),
        period_note: period_note(&month),
        prev: Some(Link::new(&month.href(&month.unit, previous_period(month.period)), &words::month(previous_period(month.period)))),
        next: (month.period < month.current)
            .then(|| Link::new(&month.href(&month.unit, next_period(month.period)), &words::month(next_period(month.period)))),
        periods: periods(&month),
        base_href: format!("/desk/scorecard/{}", month.unit),
        notices: notices(&month, quiet),
        figures,
        months: trend.iter().skip(1).map(|(period, _)| format!("{}月", period % 100)).collect(),
        children,
        rulebook: month.rulebook(),
        as_of: say::as_of(&ctx)?,
    })
}

/// The running month of a unit with all below it: its name in words and its figures. For pages that show them besides.
pub(crate) fn summary(ctx: &Ctx, unit: &UnitCode) -> Result<(String, Vec<Figure>), Fault> {
    let now = ctx.app().now();
    let rules = words::rules(&ctx.app().reference(), now).ok_or(Fault::App(application::Error::NoRulebook))?;
    let current = period_of(legal_day(now), cut_off(&rules));
    let month = Month { unit: unit.clone(), period: current, current, rules };
    let first = (0..MONTHS).fold(current, |period, _| previous_period(period));
    let trend = ctx.app().projections.views().trend(&month.scope(), &Measure::ALL, first, current)?;
    let shown = Measure::ALL.into_iter().filter(|measure| month.rules.indicator(*measure).is_some());
    Ok((words::month(current), shown.map(|measure| figure(&month, measure, &trend)).collect()))
}

/// The units above, as far as the account may see them, and the unit itself on the pages below it.
fn crumbs(ctx: &Ctx, reference: &Reference, month: &Month, itself: bool) -> Result<Vec<Link>, Fault> {
    let staff = &ctx.staff()?.staff;
    let visible = |unit: &UnitCode| sees_all(staff) || staff.unit.as_ref().is_some_and(|own| reference.ancestors(unit).contains(own));
    let mut above = reference.ancestors(&month.unit);
    if !itself {
        above.remove(0);
    }
    let mut crumbs = vec![Link::new("/desk", "工作台")];
    crumbs.extend(
        above
            .iter()
            .rev()
            .filter(|unit| visible(unit))
            .map(|unit| Link::new(&month.href(unit, month.period), &words::unit(reference, unit))),
    );
    Ok(crumbs)
}

fn period_note(month: &Month) -> String {
    let runs = if month.period == month.current { "本月还没有结束，数字每天都会变。" } else { "" };
    match cut_off(&month.rules) {
        0 => format!("按自然月统计。{runs}"),
        day => format!("部分指标每月 {day} 日截止，之后的归下月，见各指标口径。{runs}"),
    }
}

fn periods(month: &Month) -> Vec<Choice> {
    let all = std::iter::successors(Some(month.current), |period| Some(previous_period(*period))).take(24);
    Choice::select(
        all.map(|period| Choice::new(&words::month_code(period), &words::month(period))).collect(),
        &words::month_code(month.period),
    )
}

fn notices(month: &Month, quiet: bool) -> Vec<Notice> {
    if quiet {
        return vec![Notice::new(Tone::Info, "没有数据", &[&format!("本单位在{}没有计入考核的诉求件。", words::month(month.period))])];
    }
    Vec::new()
}

/// A figure as printed: a share in percent; counts alone when there are too few samples.
struct Printed {
    value: String,
    unit: &'static str,
    rate: Option<f64>,
}

fn printed(rules: &Rulebook, figure: &MeasureFigure) -> Printed {
    let least = rules.indicator(figure.measure).map_or(0, |indicator| u64::from(indicator.min_samples));
    if figure.measure.is_count() {
        return Printed { value: words::count(figure.yes), unit: "件", rate: None };
    }
    if figure.total > 0 && figure.total < least {
        return Printed { value: format!("{} / {}", words::count(figure.yes), words::count(figure.total)), unit: "件", rate: None };
    }
    let rate = (figure.total > 0).then(|| 100.0 * figure.yes as f64 / figure.total as f64);
    Printed { value: words::percent(figure.yes, figure.total), unit: if figure.total > 0 { "%" } else { "" }, rate }
}

/// What those are called that count.
fn counted_as(measure: Measure) -> &'static str {
    match measure {
        Measure::Signed | Measure::Contacted | Measure::Answered => "按时",
        Measure::Solved => "已解决",
        Measure::Satisfied => "满意",
        Measure::Rated => "好评",
        Measure::Received | Measure::Overdue | Measure::Rehandled => "计入",
    }
}

/// What those are called that do not count.
fn not_counted(measure: Measure) -> &'static str {
    match measure {
        Measure::Signed | Measure::Contacted | Measure::Answered => "未按时",
        Measure::Solved => "未解决",
        Measure::Satisfied => "不满意",
        Measure::Rated => "非好评",
        Measure::Received | Measure::Overdue | Measure::Rehandled => "未计入",
    }
}

fn of(figures: &[MeasureFigure], measure: Measure) -> MeasureFigure {
    figures.iter().find(|figure| figure.measure == measure).copied().unwrap_or(MeasureFigure { measure, yes: 0, total: 0, asserted: 0 })
}

type Trend = [(Period, Vec<MeasureFigure>)];

fn figure(month: &Month, measure: Measure, trend: &Trend) -> Figure {
    let at = |period: Period| trend.iter().find(|(one, _)| *one == period).map(|(_, figures)| of(figures, measure));
    let this = at(month.period).unwrap_or_else(|| of(&[], measure));
    let print = printed(&month.rules, &this);
    let indicator = month.rules.indicator(measure);
    let label = indicator.map(|one| one.label.clone()).unwrap_or_default();
    let target = indicator.and_then(|one| one.target_percent);
    let tone = match (target, print.rate) {
        (Some(target), Some(rate)) if rate + 1e-9 >= f64::from(target) => Tone::Good,
        (Some(_), Some(_)) => Tone::Bad,
        _ if measure == Measure::Overdue && this.yes > 0 => Tone::Bad,
        _ => Tone::Neutral,
    };
    // Nothing to divide by: no numbers are shown beside the dash.
    let rate = !measure.is_count() && this.total > 0;
    let missing = this.total.saturating_sub(this.yes);
    let year = &trend[1..];
    Figure {
        code: measure.code().to_owned(),
        label: label.clone(),
        value: print.value.clone(),
        unit: print.unit.to_owned(),
        numerator: if rate { words::count(this.yes) } else { String::new() },
        denominator: if rate { words::count(this.total) } else { String::new() },
        yes_href: month.facts_href(&month.unit, measure, "yes"),
        no_href: rate.then(|| month.facts_href(&month.unit, measure, "no")),
        no_count: if rate { words::count(missing) } else { String::new() },
        no_label: not_counted(measure).to_owned(),
        definition: indicator.map(|one| one.definition.clone()).unwrap_or_default(),
        hint: hint(&month.rules, &this),
        target: target.map(|target| format!("目标 {target}%")).unwrap_or_default(),
        tone,
        asserted: if this.asserted > 0 {
            format!("其中 {} 件为来源系统断言", words::count(this.asserted))
        } else {
            String::new()
        },
        last_month: at(previous_period(month.period)).and_then(|before| change(&month.rules, "上月", &this, &before)),
        last_year: at(month.period - 100).and_then(|before| change(&month.rules, "去年同月", &this, &before)),
        spark: spark(&month.rules, &label, measure, year),
        trend: year.iter().map(|(period, figures)| point(&month.rules, *period, &of(figures, measure))).collect(),
    }
}

fn hint(rules: &Rulebook, figure: &MeasureFigure) -> String {
    let least = rules.indicator(figure.measure).map_or(0, |indicator| indicator.min_samples);
    if figure.measure.is_count() || figure.total == 0 || figure.total >= u64::from(least) {
        String::new()
    } else {
        format!("样本不足 {least} 件，只列件数，不算比率。")
    }
}

/// Against an earlier month; nothing when one of the two has no figure of its kind.
fn change(rules: &Rulebook, than: &str, this: &MeasureFigure, before: &MeasureFigure) -> Option<Change> {
    if this.measure.is_count() {
        if before.total == 0 && this.total == 0 {
            return None;
        }
        let (text, fewer) = match this.yes.cmp(&before.yes) {
            std::cmp::Ordering::Equal => (format!("与{than}相同"), None),
            std::cmp::Ordering::Greater => (format!("比{than}多 {} 件", words::count(this.yes - before.yes)), Some(false)),
            std::cmp::Ordering::Less => (format!("比{than}少 {} 件", words::count(before.yes - this.yes)), Some(true)),
        };
        let tone = match (this.measure, fewer) {
            (Measure::Received, _) | (_, None) => Tone::Info,
            (_, Some(true)) => Tone::Good,
            (_, Some(false)) => Tone::Warn,
        };
        return Some(Change { text, tone });
    }
    let points = printed(rules, this).rate? - printed(rules, before).rate?;
    let (text, tone) = if points.abs() < 0.05 {
        (format!("与{than}持平"), Tone::Info)
    } else if points > 0.0 {
        (format!("比{than}高 {points:.1} 个百分点"), Tone::Good)
    } else {
        (format!("比{than}低 {:.1} 个百分点", -points), Tone::Warn)
    };
    Some(Change { text, tone })
}

fn spark(rules: &Rulebook, label: &str, measure: Measure, year: &Trend) -> Option<Sparkline> {
    let value = |figure: MeasureFigure| if measure.is_count() { Some(figure.yes as f64) } else { printed(rules, &figure).rate };
    let values: Vec<f64> = year.iter().filter_map(|(_, figures)| value(of(figures, measure))).collect();
    (values.len() >= 2).then(|| Sparkline::new(label, "近 12 个月的走势，数值见数据表", &values))
}

fn point(rules: &Rulebook, period: Period, figure: &MeasureFigure) -> TrendPoint {
    let print = printed(rules, figure);
    let detail = if figure.measure.is_count() || figure.total == 0 {
        String::new()
    } else {
        format!("{} / {}", words::count(figure.yes), words::count(figure.total))
    };
    TrendPoint { month: words::month(period), value: format!("{}{}", print.value, print.unit), detail }
}

fn child(month: &Month, reference: &Reference, unit: &UnitCode, figures: &[MeasureFigure], shown: &[Measure]) -> ChildRow {
    let one = |measure: &Measure| {
        let figure = of(figures, *measure);
        let print = printed(&month.rules, &figure);
        let detail = if measure.is_count() || print.rate.is_none() {
            String::new()
        } else {
            format!("{} / {}", words::count(figure.yes), words::count(figure.total))
        };
        ChildFigure {
            value: format!("{}{}", print.value, if print.unit == "%" { "%" } else { "" }),
            detail,
            href: month.facts_href(unit, *measure, "yes"),
        }
    };
    ChildRow { unit: words::unit(reference, unit), href: month.href(unit, month.period), figures: shown.iter().map(one).collect() }
}

pub(crate) async fn facts(ctx: Ctx) -> Reply {
    let reference = ctx.app().reference();
    let month = Month::read(&ctx, &reference)?;
    let measure = Measure::of_code(ctx.part("measure")).ok_or(Fault::NotFound)?;
    let yes = match ctx.query("kind") {
        "" | "yes" => true,
        "no" if !measure.is_count() => false,
        _ => return Err(Fault::NotFound),
    };
    let views = ctx.app().projections.views();
    let query = FactQuery {
        scope: month.scope(),
        measure,
        period: month.period,
        yes: Some(yes),
        as_of: None,
        after: after(&ctx)?,
        limit: ROWS + 1,
    };
    let mut found = views.facts(&query)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let figure = of(&views.month(&month.scope(), month.period)?, measure);
    let kind = if yes { "yes" } else { "no" };
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| format!("{}&after={}-{}", month.facts_href(&month.unit, measure, kind), last.seq, last.ord));
    let indicator = month.rules.indicator(measure);
    let label = indicator.map_or(timeline::measure(measure), |one| one.label.as_str());
    let (counted, missing) = (words::count(figure.yes), words::count(figure.total.saturating_sub(figure.yes)));
    let mut tabs =
        vec![NavItem::new(&month.facts_href(&month.unit, measure, "yes"), &format!("{} {counted} 件", counted_as(measure)), yes)];
    if !measure.is_count() {
        tabs.push(NavItem::new(&month.facts_href(&month.unit, measure, "no"), &format!("{} {missing} 件", not_counted(measure)), !yes));
    }
    page(&Facts {
        shell: shell::of(&ctx),
        crumbs: crumbs(&ctx, &reference, &month, true)?,
        title: if yes {
            format!("{label}：{}的 {counted} 件", counted_as(measure))
        } else {
            format!("{label}：{}的 {missing} 件", not_counted(measure))
        },
        of: format!("{} {}", words::unit(&reference, &month.unit), words::month(month.period)),
        definition: indicator.map(|one| one.definition.clone()).unwrap_or_default(),
        tabs,
        paging: Paging { prev: None, next, summary: if found.is_empty() { String::new() } else { format!("本页 {} 件", found.len()) } },
        rows: rows(&ctx, &reference, measure, &found)?,
        empty: "这一类没有诉求件。".to_owned(),
        rulebook: month.rulebook(),
        as_of: say::as_of(&ctx)?,
    })
}

fn after(ctx: &Ctx) -> Result<Option<(u64, u32)>, Fault> {
    match ctx.query("after") {
        "" => Ok(None),
        text => {
            let (seq, ord) = text.split_once('-').ok_or(Fault::NotFound)?;
            Ok(Some((seq.parse().map_err(|_| Fault::NotFound)?, ord.parse().map_err(|_| Fault::NotFound)?)))
        }
    }
}

/// The cases behind the facts. One that this account may not open is counted and not named.
fn rows(ctx: &Ctx, reference: &Reference, measure: Measure, found: &[projections::FactRow]) -> Result<Vec<FactRow>, Fault> {
    let staff = &ctx.staff()?.staff;
    let ids: Vec<_> = found.iter().map(|fact| fact.case).collect();
    let cases = ctx.app().projections.views().cases_by_ids(&ids)?;
    let row = |fact: &projections::FactRow| {
        let case = cases.iter().find(|case| case.id == fact.case).filter(|case| say::sees(staff, case, reference));
        let href = case.map(|case| format!("/desk/case/{}", case.number)).unwrap_or_default();
        let value = if fact.yes {
            Tag::new(timeline::measure(measure), if measure == Measure::Overdue { Tone::Bad } else { Tone::Good })
        } else {
            Tag::new(not_counted(measure), Tone::Warn)
        };
        FactRow {
            number: case.map_or_else(|| "（不予显示）".to_owned(), |case| words::number(&case.number)),
            title: case.map(|case| case.title.clone()).unwrap_or_default(),
            unit: fact.unit.as_ref().map(|unit| words::unit(reference, unit)).unwrap_or_default(),
            at: words::moment(fact.occurred_at),
            value,
            seq: fact.seq.to_string(),
            event_href: if href.is_empty() { String::new() } else { format!("{href}#e{}", fact.seq) },
            href,
            asserted: fact.asserted,
        }
    };
    Ok(found.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;

    use super::*;

    fn rules() -> Rulebook {
        Rulebook::parse(domain::rulebook::shipped::SHIPPED[0].1).unwrap()
    }

    #[test]
    fn too_few_samples_give_counts_and_no_rate() {
        let mut rules = rules();
        rules.indicators.iter_mut().for_each(|indicator| indicator.min_samples = 30);
        let figure = |yes, total| MeasureFigure { measure: Measure::Satisfied, yes, total, asserted: 0 };
        let few = printed(&rules, &figure(18, 22));
        assert_eq!((few.value.as_str(), few.unit, few.rate), ("18 / 22", "件", None));
        let enough = printed(&rules, &figure(27, 30));
        assert_eq!((enough.value.as_str(), enough.unit), ("90.0", "%"));
        assert_eq!(printed(&rules, &figure(0, 0)).value, "—");
    }

    #[test]
    fn fewer_breaches_are_good_and_a_change_is_said_in_points() {
        let rules = rules();
        let overdue = |yes| MeasureFigure { measure: Measure::Overdue, yes, total: yes, asserted: 0 };
        let better = change(&rules, "上月", &overdue(2), &overdue(7)).unwrap();
        assert_eq!((better.text.as_str(), better.tone), ("比上月少 5 件", Tone::Good));
        let rate = |yes| MeasureFigure { measure: Measure::Answered, yes, total: 1_000, asserted: 0 };
        assert_eq!(change(&rules, "上月", &rate(964), &rate(952)).unwrap().text, "比上月高 1.2 个百分点");
    }

    #[test]
    fn a_month_ends_with_its_last_day() {
        assert_eq!(legal_day(end(202_612)), NaiveDate::from_ymd_opt(2026, 12, 31).unwrap());
        assert_eq!(legal_day(end(202_602)).day(), 28);
    }
}
