//! What is made of an assessment: months, the circular as a page and as a document, all lines as a table.

use std::io::{Read, Seek};

use actix_web::HttpResponse;
use actix_web::http::header;
use application::assessment::Scored;
use domain::assessment::{BodyCounts, score};
use domain::ids::UnitCode;
use domain::ratio::Ratio;
use domain::rulebook::scheme::Item;
use domain::time::{legal_day, next_period, period_of, previous_period};
use exchange::export::circular::{Annex, Block, Circular};
use exchange::export::docx::docx;
use exchange::export::sheet::Format;
use templates::NavItem;
use templates::components::{Cell, Column, Link, Row, SummaryRow, Table};
use templates::oversight::{AssessmentCircular, AssessmentMonth};

use super::assessments::{BODIES, LIST, year_of};
use crate::ctx::Ctx;
use crate::desk::say;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

/// z of a 95 % interval.
const Z: f64 = 1.959_963_985;
const TIERS: [&str; 4] = ["好", "较好", "一般", "需改进"];

/// Wilson's 95 % interval of a rate, in percent.
fn wilson(yes: u64, n: u64) -> (f64, f64) {
    let (p, n) = (yes as f64 / n as f64, n as f64);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let (middle, scale) = (p + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    (100.0 * ((middle - spread) / scale).max(0.0), 100.0 * ((middle + spread) / scale).min(1.0))
}

fn float(ratio: Ratio) -> f64 {
    ratio.fixed(6).parse().unwrap_or_default()
}

/// The tier that the whole interval lies in; none when a border lies inside it (ux.md 4.2).
fn tier((low, high): (f64, f64), borders: &[Ratio]) -> Option<&'static str> {
    let of = |rate: f64| borders.iter().position(|border| rate >= float(*border)).unwrap_or(borders.len());
    (of(low) == of(high)).then(|| TIERS.get(of(low)).copied()).flatten()
}

pub(crate) async fn month(ctx: Ctx) -> Reply {
    let year = year_of(&ctx)?;
    let number: i32 = ctx.part("month").parse().ok().filter(|month| (1..=12).contains(month)).ok_or(Fault::NotFound)?;
    let period = year * 100 + number;
    let scored = ctx.app().assessment_month(&ctx.actor()?, period, ctx.query("at").parse().ok()).await?;
    let scheme = &scored.scheme;
    let has = |code: &str| scored.year.bodies.iter().any(|body| body.group == code);
    let asked = scheme.group(ctx.query("group"));
    let group = asked.or_else(|| scheme.groups.iter().find(|group| has(&group.code))).ok_or(Fault::NotFound)?;
    let href = |period: i32, group: &str| format!("{LIST}/{}/month/{}?group={group}", period / 100, period % 100);
    let today = period_of(legal_day(ctx.app().now()), 0);
    let neighbour =
        |other: i32| (other / 100 == year && other <= today).then(|| Link::new(&href(other, &group.code), &words::month(other)));
    let (table, more) = month_table(&ctx, &scored, &group.code, period, &href(period, &group.code));
    let borders: Vec<String> = scheme.tiers().iter().map(|border| format!("{}%", border.short())).collect();
    let reading = format!(
        "比率后面是 95% 置信区间。区间整个落在一档内才定档（界限 {}），否则写“无法区分”。不足 {} 件的只列件数。月度不含人工评定项目。",
        borders.join("、"),
        scheme.month_samples()
    );
    page(&AssessmentMonth {
        shell: shell::of(&ctx),
        crumbs: vec![Link::new(LIST, "年度考评"), Link::new(&format!("{LIST}/{year}"), &format!("{year} 年度"))],
        title: words::month(period),
        facts: vec![
            SummaryRow::new("考评方案", &format!("{}（{}）", scheme.title, scheme.reference())),
            SummaryRow::new("计分截止", &format!("日志第 {} 条记录", scored.cut_off)),
            SummaryRow::new("怎样读", &reading),
        ],
        groups: scheme.groups.iter().map(|one| NavItem::new(&href(period, &one.code), &one.label, one.code == group.code)).collect(),
        table,
        prev: neighbour(previous_period(period)),
        next: neighbour(next_period(period)),
        more,
        as_of: say::as_of(&ctx)?,
    })
}

fn month_table(ctx: &Ctx, scored: &Scored, group: &str, period: i32, here: &str) -> (Table, Option<Link>) {
    let scheme = &scored.scheme;
    let rates: Vec<&Item> = scheme.items_of(group).filter(|item| item.is_rate()).collect();
    let members: Vec<&BodyCounts> = scored.counts.iter().filter(|body| body.group == group).collect();
    let after = ctx.query("after");
    let start = members.iter().position(|body| body.unit.as_str() == after).map_or(0, |at| at + 1);
    let shown: Vec<&BodyCounts> = members.iter().skip(start).take(BODIES).copied().collect();
    let last = shown.last().filter(|_| start + shown.len() < members.len());
    let more = last.map(|last| Link::new(&format!("{here}&after={}", last.unit), "后面的单位"));
    let total = |unit: &UnitCode| {
        let result = scored.results.iter().find(|result| result.unit == *unit);
        result.and_then(|result| result.total).map_or_else(|| "—".to_owned(), |total| total.fixed(scheme.places()))
    };
    let row = |body: &&BodyCounts| {
        let name = scored.year.body(&body.unit).map_or(body.unit.as_str(), |one| one.name.as_str());
        let href = format!("/desk/scorecard/{}?period={}", body.unit, words::month_code(period));
        let mut cells = vec![Cell::link(&href, name), Cell::text(total(&body.unit))];
        cells.extend(rates.iter().map(|item| rate_cell(scored, item, body)));
        Row::new(cells)
    };
    let figures = std::iter::once(Column::figures("月度得分")).chain(rates.iter().map(|item| Column::figures(&item.label)));
    let table = Table {
        caption: "各单位月度比率".to_owned(),
        caption_hidden: true,
        columns: std::iter::once(Column::text("单位")).chain(figures).collect(),
        rows: shown.iter().map(row).collect(),
        empty: "这一组没有单位。".to_owned(),
        stacked: true,
    };
    (table, more)
}

fn rate_cell(scored: &Scored, item: &Item, body: &BodyCounts) -> Cell {
    let counts = body.items.get(&item.id).copied().unwrap_or_default();
    let (yes, n) = (counts.numerator, counts.denominator);
    if n == 0 {
        return Cell::text("—").note("没有样本");
    }
    if n < scored.scheme.month_samples() {
        return Cell::text(format!("{yes} / {n} 件")).note("样本少，不算比率");
    }
    let Ok(rate) = score::percent(yes, n) else { return Cell::text("—") };
    let (low, high) = wilson(yes, n);
    let tier = tier((low, high), &scored.scheme.tiers()).unwrap_or("无法区分");
    Cell::text(format!("{}%", rate.fixed(1))).note(&format!("{low:.1}–{high:.1}%，{yes}/{n} 件，{tier}"))
}

pub(crate) async fn circular(ctx: Ctx) -> Reply {
    let year = year_of(&ctx)?;
    let scored = ctx.app().assessment(&ctx.actor()?, year).await?;
    let crumbs = vec![Link::new(LIST, "年度考评"), Link::new(&format!("{LIST}/{year}"), &format!("{year} 年度"))];
    page(&circular_page(&ctx, &scored, crumbs, &format!("{LIST}/{year}/circular/docx")))
}

/// The circular for the units, once it is published.
pub(crate) async fn own_circular(ctx: Ctx) -> Reply {
    let year = year_of(&ctx)?;
    let scored = ctx.app().published_assessment(&ctx.actor()?, year).await?;
    let crumbs = vec![Link::new("/desk/assessment", "本单位考评")];
    page(&circular_page(&ctx, &scored, crumbs, &format!("/desk/assessment/{year}/circular/docx")))
}

fn circular_page(ctx: &Ctx, scored: &Scored, crumbs: Vec<Link>, docx_href: &str) -> AssessmentCircular {
    let circular = Circular::of(scored);
    let column = |(at, label): (usize, &String)| if at == 0 { Column::text(label) } else { Column::figures(label) };
    let table = |(index, annex): (usize, &Annex)| Table {
        caption: format!("附件{}：{}", index + 1, annex.title),
        caption_hidden: false,
        columns: annex.columns.iter().enumerate().map(column).collect(),
        rows: annex.rows.iter().map(|cells| Row::new(cells.iter().map(Cell::text).collect())).collect(),
        empty: String::new(),
        stacked: true,
    };
    let block = |block: &Block| match block {
        Block::Heading(text) => (true, text.clone()),
        Block::Text(text) => (false, text.clone()),
    };
    AssessmentCircular {
        shell: shell::of(ctx),
        crumbs,
        blocks: circular.blocks.iter().map(block).collect(),
        annexes: circular.annexes.iter().enumerate().map(table).collect(),
        signed: circular.organ.clone(),
        organ: circular.organ,
        number: circular.number,
        title: circular.title,
        to: circular.to,
        date: circular.date,
        trace: circular.trace,
        docx_href: docx_href.to_owned(),
    }
}

pub(crate) async fn circular_docx(ctx: Ctx) -> Reply {
    let scored = ctx.app().assessment(&ctx.actor()?, year_of(&ctx)?).await?;
    document(&ctx, &scored)
}

pub(crate) async fn own_circular_docx(ctx: Ctx) -> Reply {
    let scored = ctx.app().published_assessment(&ctx.actor()?, year_of(&ctx)?).await?;
    document(&ctx, &scored)
}

fn document(ctx: &Ctx, scored: &Scored) -> Reply {
    let bytes = docx(&Circular::of(scored)).map_err(|error| Fault::Internal(error.to_string()))?;
    taken(ctx, "circular");
    let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    Ok(file(bytes, kind, &format!("circular-{}.docx", scored.year.year)))
}

/// All lines: `/lines/csv`, `/lines/xlsx`, `/lines/json`.
pub(crate) async fn lines(ctx: Ctx) -> Reply {
    let (format, kind) = match ctx.part("format") {
        "csv" => (Format::Csv, "text/csv; charset=utf-8"),
        "xlsx" => (Format::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "json" => (Format::Json, "application/json; charset=utf-8"),
        _ => return Err(Fault::NotFound),
    };
    let scored = ctx.app().assessment(&ctx.actor()?, year_of(&ctx)?).await?;
    let fault = |error: std::io::Error| Fault::Internal(error.to_string());
    let mut target = tempfile::tempfile().map_err(fault)?;
    let copy = target.try_clone().map_err(fault)?;
    exchange::export::assessment::lines(&scored, format, copy, ctx.app().now()).map_err(|error| Fault::Internal(error.to_string()))?;
    let mut bytes = Vec::new();
    target.rewind().map_err(fault)?;
    target.read_to_end(&mut bytes).map_err(fault)?;
    taken(&ctx, "assessment");
    Ok(file(bytes, kind, &format!("assessment-{}.{}", scored.year.year, ctx.part("format"))))
}

/// Who took a document out is on record.
fn taken(ctx: &Ctx, what: &str) {
    if let Some(session) = ctx.session() {
        ctx.app().audit.act(ctx.app().now(), &session.staff, what, "export");
    }
}

fn file(bytes: Vec<u8>, kind: &str, name: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_is_given_only_when_the_interval_excludes_its_borders() {
        let borders: Vec<Ratio> = ["95", "85", "70"].iter().map(|text| Ratio::decimal(text).unwrap()).collect();
        assert_eq!(tier(wilson(990, 1000), &borders), Some("好"));
        assert_eq!(tier(wilson(86, 100), &borders), None);
        assert_eq!(tier(wilson(900, 1000), &borders), Some("较好"));
        assert_eq!(tier(wilson(10, 1000), &borders), Some("需改进"));
    }

    #[test]
    fn the_interval_is_that_of_wilson() {
        let (low, high) = wilson(81, 263);
        assert!((low - 25.53).abs() < 0.01 && (high - 36.62).abs() < 0.01, "{low} {high}");
        assert!(wilson(0, 10).0.abs() < 1e-9 && (wilson(10, 10).1 - 100.0).abs() < 1e-9);
    }
}
