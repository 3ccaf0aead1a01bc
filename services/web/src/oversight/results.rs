//! Results of a public evaluation as tables, drawings and files.

use domain::campaign::ballot::{BallotRow, UNKNOWN, UNSURE};
use domain::campaign::results::{BodyResult, results};
use domain::campaign::{Campaign, GRADES, POINTS};
use exchange::export::Value;
use exchange::export::csv::{CsvOptions, CsvWriter};
use exchange::export::json::JsonWriter;
use exchange::export::xlsx::XlsxWriter;
use projections::Reference;
use templates::components::{BarChart, Cell, Column, Row, Table};
use templates::oversight::Results;

use super::campaigns::{attachment, broken};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply};
use crate::words;

const CSV: &str = "text/csv; charset=utf-8";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// 没有打过交道, in files: a hyphen alone could begin a formula.
const NOT_KNOWN: i64 = 9;

/// `并列 3` when others have the same place.
pub(super) fn rank(all: &[BodyResult], body: &BodyResult) -> String {
    match body.rank {
        None => "样本不足".to_owned(),
        Some(rank) if all.iter().filter(|other| other.rank == Some(rank)).count() > 1 => format!("并列 {rank}"),
        Some(rank) => rank.to_string(),
    }
}

pub(super) fn interval(body: &BodyResult) -> String {
    body.interval.map_or_else(|| "—".to_owned(), |(low, high)| format!("{low:.2}–{high:.2}"))
}

/// Results by body, the best first.
pub(super) fn of(reference: &Reference, state: &Campaign) -> Results {
    let all = results(state);
    let name = |body: &BodyResult| words::unit(reference, &body.body);
    let bars: Vec<(String, f64, String)> =
        all.iter().filter_map(|body| body.score.map(|score| (name(body), score.float(), score.printed()))).collect();
    let values: Vec<(&str, f64, &str, Option<&str>)> =
        bars.iter().map(|(name, value, printed)| (name.as_str(), *value, printed.as_str(), None)).collect();
    let message = bars.first().map(|(name, _, printed)| format!("{name}得分最高，为 {printed} 分。")).unwrap_or_default();
    let row = |body: &BodyResult| {
        let share = |yes, of| if of == 0 { "—".to_owned() } else { format!("{}%", words::percent(yes, of)) };
        let mut cells = vec![Cell::text(name(body)), Cell::text(rank(&all, body))];
        cells.push(Cell::text(body.score.map_or_else(|| "—".to_owned(), |score| score.printed())));
        cells.push(Cell::text(interval(body)));
        match body.score {
            // Of too few ballots nothing is shown.
            None => cells.extend(["—", "—"].map(Cell::text)),
            Some(_) => {
                let effective = body.effective.map(|n| format!("加权后相当于 {n:.0}")).unwrap_or_default();
                cells.push(Cell::text(words::count(body.n)).note(&effective));
                cells.push(Cell::text(share(body.satisfied, body.n)));
            }
        }
        cells.push(Cell::text(share(body.known.0, body.known.1)));
        Row::new(cells)
    };
    Results {
        scores: BarChart::new("scores", "得分", &message, ["单位", "得分"], &values),
        table: Table {
            caption: "评议结果".to_owned(),
            caption_hidden: true,
            columns: vec![
                Column::text("单位"),
                Column::figures("名次"),
                Column::figures("得分"),
                Column::figures("95% 区间"),
                Column::figures("有效票（张）"),
                Column::figures("满意率"),
                Column::figures("知晓率"),
            ],
            rows: all.iter().map(row).collect(),
            empty: "没有评议对象。".to_owned(),
            stacked: true,
        },
        notes: notes(reference, state, &all),
    }
}

fn notes(reference: &Reference, state: &Campaign, all: &[BodyResult]) -> Vec<String> {
    let points: Vec<String> = GRADES.iter().zip(POINTS).map(|(grade, points)| format!("{grade} {points} 分")).collect();
    let mut notes = vec![
        format!("每张有效票按等次计分：{}。“不了解”和没有打过交道的不计入。", points.join("，")),
        "单位得分是各评议主体平均分按权重相加，用分数精确计算，只在显示时四舍五入到两位小数。".to_owned(),
        "95% 区间按各主体样本方差的正态近似计算；满意率是很满意、满意、基本满意的有效票占比。".to_owned(),
        "名次等于一加上区间完全高于本单位的单位个数；区间有重叠的不分先后。".to_owned(),
    ];
    for body in all {
        let dropped: Vec<&str> = body.groups.iter().filter(|group| group.dropped).map(|group| group.group.label()).collect();
        if !dropped.is_empty() {
            let rest = if body.score.is_some() { "其余主体的权重按比例放大" } else { "因此没有得分" };
            notes.push(format!(
                "{}：{}的有效票不足 {} 张，未计入，{rest}。",
                words::unit(reference, &body.body),
                dropped.join("、"),
                state.plan.least
            ));
        }
    }
    notes
}

/// One of the files of a campaign.
pub(super) fn export(ctx: &Ctx, state: &Campaign, rows: &[BallotRow], format: &str) -> Reply {
    let mut header = vec!["row", "group"];
    header.extend(state.plan.bodies.iter().map(|code| code.as_str()));
    let lines = rows.iter().zip(1_i64..).map(|(row, number)| {
        let grade = |c: char| Value::Int(if c == UNKNOWN { NOT_KNOWN } else { i64::from(c.to_digit(10).unwrap_or(0)) });
        let mut cells = vec![Value::Int(number), Value::from(row.group.code())];
        cells.extend(row.grades.chars().map(grade));
        cells
    });
    match format {
        "csv" => {
            let mut writer = CsvWriter::new(Vec::new(), CsvOptions::default(), &header).map_err(broken)?;
            for line in lines {
                writer.row(&line).map_err(broken)?;
            }
            Ok(attachment(CSV, "ballots.csv", writer.into_inner().map_err(broken)?))
        }
        "xlsx" => {
            let mut writer = XlsxWriter::new("选票", &header, ctx.app().now(), None).map_err(broken)?;
            for line in lines {
                writer.row(&line).map_err(broken)?;
            }
            let mut file = std::io::Cursor::new(Vec::new());
            writer.finish(&mut file).map_err(broken)?;
            Ok(attachment(XLSX, "ballots.xlsx", file.into_inner()))
        }
        "json" => {
            let mut file = Vec::new();
            let mut writer = JsonWriter::new(&mut file, &header).map_err(broken)?;
            for line in lines {
                writer.row(&line).map_err(broken)?;
            }
            writer.finish().map_err(broken)?;
            Ok(attachment("application/json", "ballots.json", file))
        }
        "codebook" => codebook(&ctx.app().reference(), state),
        "results" => exact(state),
        _ => Err(Fault::NotFound),
    }
}

/// What the columns and values of the ballots mean, and what a score is made of.
fn codebook(reference: &Reference, state: &Campaign) -> Reply {
    let mut writer = CsvWriter::new(Vec::new(), CsvOptions::default(), &["kind", "code", "label", "value"]).map_err(broken)?;
    let mut line = |kind: &str, code: &str, label: &str, value: Option<u64>| {
        writer.row(&[Value::from(kind), Value::from(code), Value::from(label), value.map_or(Value::Empty, Value::from)]).map_err(broken)
    };
    for of in &state.plan.groups {
        line("group", of.group.code(), of.group.label(), Some(u64::from(of.weight)))?;
    }
    for code in &state.plan.bodies {
        line("body", code.as_str(), &words::unit(reference, code), None)?;
    }
    for ((label, points), code) in GRADES.iter().zip(POINTS).zip(1..) {
        line("grade", &code.to_string(), label, Some(u64::from(points)))?;
    }
    line("grade", &UNSURE.to_string(), "不了解（不计入）", None)?;
    line("grade", &NOT_KNOWN.to_string(), "没有打过交道（不计入）", None)?;
    line("least", "", "有效样本下限", Some(state.plan.least))?;
    Ok(attachment(CSV, "codebook.csv", writer.into_inner().map_err(broken)?))
}

/// Scores as exact fractions, to be computed again from the ballots.
fn exact(state: &Campaign) -> Reply {
    let header = ["body", "score", "numerator", "denominator", "n", "satisfied", "known", "ballots", "rank"];
    let mut writer = CsvWriter::new(Vec::new(), CsvOptions::default(), &header).map_err(broken)?;
    for body in results(state) {
        let text = |value: Option<String>| value.map_or(Value::Empty, Value::from);
        writer
            .row(&[
                Value::from(body.body.as_str()),
                text(body.score.map(|score| score.printed())),
                text(body.score.map(|score| score.over.to_string())),
                text(body.score.map(|score| score.under.to_string())),
                Value::from(body.n),
                Value::from(body.satisfied),
                Value::from(body.known.0),
                Value::from(body.known.1),
                body.rank.map_or(Value::Empty, |rank| Value::from(rank as u64)),
            ])
            .map_err(broken)?;
    }
    Ok(attachment(CSV, "results.csv", writer.into_inner().map_err(broken)?))
}
