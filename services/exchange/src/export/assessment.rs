//! All lines of a year's assessment: counts, exact fractions, what is displayed. From it alone every score can be
//! calculated again (`ops/scripts/recompute_assessment.py`).

use std::fs::File;

use application::assessment::Scored;
use domain::assessment::Basis;
use domain::time::Instant;

use super::Value;
use super::sheet::{Column, Format, Sheet, SheetError};

const LINES: [Column; 25] = [
    ("year", "年度"),
    ("scheme", "方案"),
    ("hash", "方案摘要"),
    ("cut_off", "计分截止（日志位置）"),
    ("stage", "阶段"),
    ("group", "分组代码"),
    ("group_name", "分组"),
    ("unit", "单位代码"),
    ("unit_name", "单位"),
    ("units", "计入的单位代码"),
    ("part", "部分代码"),
    ("part_name", "部分"),
    ("item", "项目代码"),
    ("item_name", "项目"),
    ("numerator", "计入件数"),
    ("denominator", "总件数"),
    ("excluded", "撤回的记录"),
    ("points", "评定分（精确值）"),
    ("basis", "计分依据"),
    ("group_numerator", "本组计入件数"),
    ("group_denominator", "本组总件数"),
    ("score_exact", "得分（精确值）"),
    ("score", "得分"),
    ("total_exact", "总分（精确值）"),
    ("grade", "等次"),
];

/// Writes one row for each body and item and tells how many.
///
/// # Errors
/// [`SheetError`].
pub fn lines(scored: &Scored, format: Format, target: File, made: Instant) -> Result<u64, SheetError> {
    let mut sheet = Sheet::new(target, format, "得分明细", &LINES, made)?;
    let scheme = &scored.scheme;
    let places = scheme.places();
    for result in &scored.results {
        let Some(body) = scored.year.body(&result.unit) else { continue };
        let units: Vec<&str> = body.counts.iter().map(|unit| unit.as_str()).collect();
        let group = scheme.group(&result.group).map_or("", |group| group.label.as_str());
        for line in &result.lines {
            let Some(item) = scheme.item(&line.item) else { continue };
            let (basis, of_group) = match line.basis {
                Basis::Counted => ("counted", None),
                Basis::Full => ("full", None),
                Basis::Group { numerator, denominator } => ("group", Some((numerator, denominator))),
                Basis::Left => ("left", None),
                Basis::Missing => ("missing", None),
            };
            sheet.row(&[
                Value::Int(scored.year.year.into()),
                scheme.reference().into(),
                scored.year.hash.as_str().into(),
                scored.cut_off.into(),
                scored.year.stage.label().into(),
                result.group.as_str().into(),
                group.into(),
                result.unit.as_str().into(),
                body.name.as_str().into(),
                units.join(" ").into(),
                item.part.code().into(),
                item.part.label().into(),
                item.id.as_str().into(),
                item.label.as_str().into(),
                line.counts.numerator.into(),
                line.counts.denominator.into(),
                line.counts.excluded.into(),
                line.counts.value.map_or(Value::Empty, |value| value.to_string().into()),
                basis.into(),
                of_group.map_or(Value::Empty, |(numerator, _)| numerator.into()),
                of_group.map_or(Value::Empty, |(_, denominator)| denominator.into()),
                // A fraction below zero stands behind a formula guard in tables; JSON holds it as it is.
                line.score.map_or(Value::Empty, |score| score.to_string().into()),
                line.score.map_or(Value::Empty, |score| score.fixed(places).into()),
                result.total.map_or(Value::Empty, |total| total.to_string().into()),
                result.grade.label().into(),
            ])?;
        }
    }
    sheet.finish()
}
