//! A month's figures, each with its numerator, its denominator and its definition.

use application::Application;
use domain::rulebook::{Indicator, Measure, Rulebook};
use domain::time::{Period, previous_period};
use projections::{Dimension, MeasureFigure, Reference, Scope, Views};
use templates::Shell;
use templates::components::{BarChart, Change, Errors, LineChart, Tile, Tone};
use templates::public::{Figures, PlaceRow, UnitRow, place_table, tabs, unit_table};

use super::{address, months, this_month};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page};
use crate::{shell, words};

/// Months of the trend.
const TREND: usize = 8;
/// What the trend shows.
const RATES: [Measure; 3] = [Measure::Answered, Measure::Solved, Measure::Satisfied];

/// `GET /public?month=2026-08`
///
/// # Errors
/// When the views cannot be read.
pub async fn figures(ctx: Ctx) -> Reply {
    let latest = this_month(ctx.app());
    let mut errors = Errors::none();
    let month = match ctx.query("month") {
        "" => latest,
        code => words::parse_month(code).filter(|month| *month <= latest).unwrap_or_else(|| {
            errors = Errors::one("month", "请从列出的月份中选择");
            latest
        }),
    };
    let figures = match ctx.outside() {
        Some(outside) => crate::citizen::outside::public(ctx.app(), outside, month, latest)?,
        None => view(ctx.app(), month, latest)?,
    };
    let shown = Figures { shell: shell::of(&ctx), errors, ..figures };
    if shown.errors.any() { invalid(&shown) } else { page(&shown) }
}

/// The figures of a month without what surrounds them.
pub(crate) fn view(app: &Application, month: Period, latest: Period) -> Result<Figures, Fault> {
    let (views, reference, now) = (app.projections.views(), app.reference(), app.now());
    let rules = words::rules(&reference, now);
    let all = views.public_figures(Dimension::All, month)?.into_iter().next().unwrap_or_default();
    let before = views.public_figures(Dimension::All, previous_period(month))?.into_iter().next();
    let scores = views.month(&Scope::All, month)?;
    let nothing = all.filed == 0 && scores.iter().all(|figure| figure.total == 0 && figure.yes == 0);
    let mut tiles = Vec::new();
    if !nothing {
        let change = before.map(|before| {
            let (text, tone) = match all.filed.cmp(&before.filed) {
                std::cmp::Ordering::Greater => (format!("比上月多 {} 件", words::count(all.filed - before.filed)), Tone::Info),
                std::cmp::Ordering::Less => (format!("比上月少 {} 件", words::count(before.filed - all.filed)), Tone::Info),
                std::cmp::Ordering::Equal => ("与上月相同".to_owned(), Tone::Neutral),
            };
            Change { text, tone }
        });
        tiles.push(Tile {
            name: "收到".to_owned(),
            value: words::count(all.filed),
            unit: "件".to_owned(),
            detail: format!("其中已答复 {} 件，已办结 {} 件", words::count(all.answered), words::count(all.ended)),
            href: Some(address("/public/cases", &[("month", &words::month_code(month))])),
            change,
            ..Tile::default()
        });
        let indicators = rules.iter().flat_map(|rules| rules.indicators.iter());
        tiles.extend(indicators.filter_map(|indicator| tile(indicator, scores.iter().find(|figure| figure.measure == indicator.measure)?)));
    }
    Ok(Figures {
        shell: Shell::default(),
        period: words::month(month),
        fresh: views.freshness()?.recorded_at.map_or_else(|| words::moment(now), words::moment),
        refreshed: "随办理情况实时更新".to_owned(),
        tabs: tabs("/public"),
        months: months(latest, Some(month)),
        errors: Errors::none(),
        tiles,
        trend: trend(&views, rules.as_deref(), month)?,
        by_class: by_class(&views, &reference, rules.as_deref(), month)?,
        places: place_table(places(&views, &reference, month)?),
        units: unit_table(units(&views, &reference, rules.as_deref(), month)?),
        unit_note: "单位职责不同，件数和难度差别很大，这里按名称排列，不作排名。件数太少的只列件数，不算比率。".to_owned(),
        definitions: definitions(rules.as_deref()),
    })
}

fn tile(indicator: &Indicator, figure: &MeasureFigure) -> Option<Tile> {
    // What everybody sees first is "received" of the city; units' receipts would count a case twice.
    if indicator.measure == Measure::Received {
        return None;
    }
    let mut tile = Tile { name: indicator.label.clone(), note: indicator.definition.clone(), ..Tile::default() };
    if indicator.measure.is_count() {
        tile.value = words::count(figure.yes);
        tile.unit = "件".to_owned();
        return Some(tile);
    }
    (tile.value, tile.unit, tile.detail) = rate(indicator, figure);
    if figure.asserted > 0 {
        tile.detail = format!("{}，其中 {} 件由来源系统认定", tile.detail, words::count(figure.asserted));
    }
    if let (Some(target), true) = (indicator.target_percent, figure.total >= u64::from(indicator.min_samples.max(1))) {
        let met = figure.yes * 100 >= figure.total * u64::from(target);
        tile.tone = if met { Tone::Good } else { Tone::Warn };
        tile.detail = format!("{}，目标 {target}%", tile.detail);
    }
    Some(tile)
}

/// Value, unit and detail of a rate; counts alone when there are too few samples.
fn rate(indicator: &Indicator, figure: &MeasureFigure) -> (String, String, String) {
    let (yes, total) = (words::count(figure.yes), words::count(figure.total));
    if figure.total == 0 {
        ("—".to_owned(), String::new(), "本月没有样本".to_owned())
    } else if figure.total < u64::from(indicator.min_samples) {
        (format!("{yes} / {total}"), "件".to_owned(), format!("不足 {} 件，不算比率", indicator.min_samples))
    } else {
        (words::percent(figure.yes, figure.total), "%".to_owned(), format!("{yes} / {total} 件"))
    }
}

fn label(rules: Option<&Rulebook>, measure: Measure) -> String {
    rules.and_then(|rules| rules.indicator(measure)).map_or_else(|| measure.code().to_owned(), |indicator| indicator.label.clone())
}

fn trend(views: &Views, rules: Option<&Rulebook>, month: Period) -> Result<LineChart, Fault> {
    let from = std::iter::successors(Some(month), |period| Some(previous_period(*period))).nth(TREND - 1).unwrap_or(month);
    let months = views.trend(&Scope::All, &RATES, from, month)?;
    let labels: Vec<String> = months.iter().map(|(period, _)| format!("{}月", period % 100)).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let share = |figures: &[MeasureFigure], measure| {
        let figure = figures.iter().find(|figure| figure.measure == measure).filter(|figure| figure.total > 0)?;
        Some((1_000.0 * figure.yes as f64 / figure.total as f64).round() / 10.0)
    };
    let names: Vec<String> = RATES.iter().map(|measure| label(rules, *measure)).collect();
    let series: Vec<(&str, Vec<Option<f64>>)> = RATES
        .iter()
        .zip(&names)
        .map(|(measure, name)| (name.as_str(), months.iter().map(|(_, figures)| share(figures, *measure)).collect()))
        .collect();
    let lowest = series.iter().flat_map(|(_, values)| values.iter().flatten()).copied().fold(100.0, f64::min);
    let low = ((lowest - 5.0) / 10.0).floor().max(0.0) * 10.0;
    let latest: Vec<String> =
        series.iter().filter_map(|(name, values)| Some(format!("{name} {}%", values.last().copied().flatten()?))).collect();
    let description = if latest.is_empty() {
        "这个月还没有可以计算的样本。".to_owned()
    } else {
        format!("{}：{}。", words::month(month), latest.join("，"))
    };
    Ok(LineChart::new("trend", "各月比率", &description, &labels, &series, low, 100.0, "%"))
}

fn by_class(views: &Views, reference: &Reference, rules: Option<&Rulebook>, month: Period) -> Result<BarChart, Fault> {
    let mut rows = views.public_figures(Dimension::Class, month)?;
    rows.sort_by_key(|figure| std::cmp::Reverse(figure.filed));
    let open = |code: &str| rules.and_then(|rules| rules.class(code)).is_some_and(|class| !class.wrongdoing);
    let month_code = words::month_code(month);
    let words: Vec<(String, u64, String, Option<String>)> = rows
        .iter()
        .map(|figure| {
            let href = open(&figure.value).then(|| address("/public/cases", &[("class", &figure.value), ("month", &month_code)]));
            (words::class(reference, &figure.value), figure.filed, words::count(figure.filed), href)
        })
        .collect();
    let values: Vec<(&str, f64, &str, Option<&str>)> =
        words.iter().map(|(name, n, printed, href)| (name.as_str(), *n as f64, printed.as_str(), href.as_deref())).collect();
    let description = match (words.first(), words.last()) {
        (Some(most), Some(least)) if words.len() > 1 => format!("{}最多，{} 件；{}最少，{} 件。", most.0, most.2, least.0, least.2),
        (Some(only), _) => format!("只有{}，{} 件。", only.0, only.2),
        _ => "这个月没有收到诉求。".to_owned(),
    };
    Ok(BarChart::new("by-class", "各类别收到的诉求", &description, ["类别", "件数"], &values))
}

fn places(views: &Views, reference: &Reference, month: Period) -> Result<Vec<PlaceRow>, Fault> {
    let month_code = words::month_code(month);
    let row = |figure: projections::PublicFigure| PlaceRow {
        name: if figure.value.is_empty() { "未注明地点".to_owned() } else { words::place(reference, &figure.value) },
        href: address("/public/cases", &[("place", &figure.value), ("month", &month_code)]),
        received: words::count(figure.filed),
        answered: words::count(figure.answered),
        in_time: if figure.answered == 0 { "—".to_owned() } else { format!("{}%", words::percent(figure.in_time, figure.answered)) },
    };
    Ok(views.public_figures(Dimension::County, month)?.into_iter().map(row).collect())
}

/// The units directly below the city, each with all below it.
fn units(views: &Views, reference: &Reference, rules: Option<&Rulebook>, month: Period) -> Result<Vec<UnitRow>, Fault> {
    let roots: Vec<_> = reference.units().filter(|unit| unit.parent.is_none()).map(|unit| unit.code.clone()).collect();
    let mut rows = Vec::new();
    for root in roots {
        for (code, figures) in views.children(&root, month)? {
            let find = |measure| figures.iter().find(|figure| figure.measure == measure).copied();
            let figure = |measure| find(measure).unwrap_or(MeasureFigure { measure, yes: 0, total: 0, asserted: 0 });
            if figures.iter().all(|figure| figure.yes == 0 && figure.total == 0) {
                continue;
            }
            let printed = |measure| match rules.and_then(|rules| rules.indicator(measure)) {
                Some(indicator) => rate(indicator, &figure(measure)),
                None => ("—".to_owned(), String::new(), String::new()),
            };
            let joined = |measure| {
                let (value, unit, _) = printed(measure);
                if unit == "%" { format!("{value}%") } else { value }
            };
            rows.push(UnitRow {
                name: words::unit(reference, &code),
                href: address("/public/cases", &[("unit", code.as_str())]),
                due: words::count(figure(Measure::Answered).total),
                in_time: joined(Measure::Answered),
                in_time_note: printed(Measure::Answered).2,
                solved: joined(Measure::Solved),
                satisfied: joined(Measure::Satisfied),
                overdue: words::count(figure(Measure::Overdue).yes),
            });
        }
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rows)
}

fn definitions(rules: Option<&Rulebook>) -> Vec<(String, String)> {
    let own = [
        ("收到", "当月收到的全部诉求，含电话、网上和转来的，按收到时间计。举报和要求保密的只计入件数，不在公开工单里列出。"),
        ("已答复", "当月收到的诉求中，到现在为止已经给出答复的件数。"),
        ("按区县的按时答复率", "已答复的诉求中，受理、办理和总时限都没有超过的比例。"),
    ];
    let mut all: Vec<(String, String)> = own.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    all.extend(
        rules
            .iter()
            .flat_map(|rules| rules.indicators.iter())
            .filter(|one| one.measure != Measure::Received)
            .map(|one| (one.label.clone(), one.definition.clone())),
    );
    all
}
