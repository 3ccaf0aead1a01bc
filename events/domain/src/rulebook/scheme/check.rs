//! What a scheme must keep to: the known keys, and the faults of its meaning, each with its line.

use std::collections::{BTreeMap, BTreeSet};

use super::{Function, Item, Part, Scheme, Source};
use crate::account::Role;
use crate::ids::UnitCode;
use crate::mark::MarkKind;
use crate::ratio::Ratio;
use crate::rulebook::document::{Document, Field, Shape, may, must};
use crate::rulebook::parse::{Problem, check_name, is_code};

/// Most items of a scheme: a score sheet is read by people.
const MOST_ITEMS: usize = 60;
/// What may not earn points (practice.md 17, 为基层减负): words of an item's label or definition.
const NO_POINTS: &[&str] = &["批示", "简报", "信息采用", "信息报送", "经验", "刊发", "媒体报道"];
/// What nobody may be judged by at all.
const NO_TRACES: &[&str] = &["留痕", "照片数", "截图", "打卡"];

const FUNCTIONS: &[&str] = &["linear", "inverse", "bands", "count", "manual"];
const PARTS: &[&str] = &["indicators", "review", "bonus", "verification"];

pub(super) const FIELDS: &[Field] = &[
    must("id", Shape::Text),
    must("version", Shape::Text),
    must("title", Shape::Text),
    may("basis", Shape::Texts),
    must("circular", Shape::Table(&[must("organ", Shape::Text), must("mark", Shape::Text), must("to", Shape::Text)])),
    must("rounding", Shape::Table(&[must("places", Shape::Whole(0, 6)), must("at", Shape::OneOf(&["display"]))])),
    must("objection", Shape::Table(&[must("limit", Shape::Limit)])),
    may("caps", Shape::AnyTables(&[must("part", Shape::OneOf(&["bonus", "verification"])), must("cap", Shape::Text)])),
    must("grades", Shape::Table(&[must("excellent", Shape::Text), must("good", Shape::Text), must("pass", Shape::Text)])),
    must("months", Shape::Table(&[must("tiers", Shape::Texts), must("min_samples", Shape::Whole(0, 100_000))])),
    may("cut_off_day", Shape::Whole(0, 28)),
    must(
        "groups",
        Shape::Tables(&[
            must("code", Shape::Text),
            must("label", Shape::Text),
            may("units", Shape::Texts),
            may("levels", Shape::SomeOf(&["city", "county", "township", "village"])),
            may("territorial", Shape::Flag),
            must("reach", Shape::OneOf(&["own", "subtree"])),
            must("excellent_percent", Shape::Whole(0, 100)),
        ]),
    ),
    must(
        "items",
        Shape::Tables(&[
            must("id", Shape::Text),
            must("label", Shape::Text),
            may("definition", Shape::Text),
            must("part", Shape::OneOf(PARTS)),
            may("groups", Shape::Texts),
            must("full", Shape::Text),
            must("source", Shape::Text),
            must("function", Shape::OneOf(FUNCTIONS)),
            may("k", Shape::Text),
            may("target", Shape::Text),
            may("floor", Shape::Text),
            may("per", Shape::Text),
            may("bands", Shape::Tables(&[must("at_least", Shape::Text), must("points", Shape::Text)])),
            may("zero", Shape::OneOf(&["exclude", "full", "group_mean"])),
            may("min_samples", Shape::Whole(0, 100_000)),
        ]),
    ),
    may("examples", Shape::AnyTables(&[must("item", Shape::Text), must("rate", Shape::Text), must("points", Shape::Text)])),
];

/// All faults of the meaning.
pub(super) fn check(scheme: &Scheme, document: &Document<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_name(&scheme.id, &scheme.version, document, &mut problems);
    check_grades(scheme, document, &mut problems);
    let mut codes = BTreeSet::new();
    for (index, group) in scheme.groups.iter().enumerate() {
        let path = format!("groups[{}]", index + 1);
        if !is_code(&group.code) || !codes.insert(group.code.as_str()) {
            problems.push(document.problem(format!("{path}.code"), "分组代码只能用 1 到 32 个小写字母、数字或下划线，并且不能重复"));
        }
        if group.units.is_empty() && group.levels.is_empty() {
            problems.push(document.problem(&path, "分组里没有单位：请用 units 列出单位代码，或用 levels 写明层级"));
        }
        for (at, code) in group.units.iter().enumerate().filter(|(_, code)| UnitCode::parse(code).is_err()) {
            problems.push(document.problem(format!("{path}.units[{}]", at + 1), format!("「{code}」不是单位代码")));
        }
    }
    if scheme.items.len() > MOST_ITEMS {
        problems.push(document.problem("items", format!("项目最多 {MOST_ITEMS} 项，现在有 {} 项，请合并", scheme.items.len())));
    }
    let mut ids = BTreeMap::new();
    for (index, item) in scheme.items.iter().enumerate() {
        let path = format!("items[{}]", index + 1);
        if !is_code(&item.id) || ids.insert(item.id.as_str(), index).is_some() {
            problems.push(document.problem(format!("{path}.id"), "项目编号只能用 1 到 32 个小写字母、数字或下划线，并且不能重复"));
        }
        for code in item.groups.iter().filter(|code| scheme.group(code).is_none()) {
            problems.push(document.problem(format!("{path}.groups"), format!("没有分组「{code}」，请核对")));
        }
        check_item(scheme, item, &path, document, &mut problems);
    }
    for group in scheme.groups.iter().filter(|group| scheme.full(&group.code) <= Ratio::ZERO) {
        problems.push(document.problem("items", format!("分组「{}」没有一项指标考核或工作评议，算不出得分", group.label)));
    }
    if problems.is_empty() {
        check_examples(scheme, document, &mut problems);
    }
    problems
}

fn check_grades(scheme: &Scheme, document: &Document<'_>, problems: &mut Vec<Problem>) {
    let descend = |texts: &[&String]| {
        let read: Option<Vec<Ratio>> = texts.iter().map(|text| Ratio::decimal(text)).collect();
        read.is_some_and(|read| {
            read.windows(2).all(|pair| pair[0] > pair[1]) && read.iter().all(|one| *one > Ratio::ZERO && *one <= Ratio::HUNDRED)
        })
    };
    if !descend(&[&scheme.grades.excellent, &scheme.grades.good, &scheme.grades.pass]) {
        problems.push(
            document.problem("grades", "等次界限应为带引号的百分数，由高到低，例如 excellent = \"90\"、good = \"80\"、pass = \"60\""),
        );
    }
    if scheme.months.tiers.len() != 3 || !descend(&scheme.months.tiers.iter().collect::<Vec<_>>()) {
        problems.push(document.problem("months.tiers", "档次界限要写三个百分数，由高到低，例如 [\"95\", \"85\", \"70\"]"));
    }
    for (index, cap) in scheme.caps.iter().enumerate() {
        let path = format!("caps[{}]", index + 1);
        if scheme.caps.iter().take(index).any(|other| other.part == cap.part) {
            problems.push(document.problem(format!("{path}.part"), "这一部分的上限写了两次"));
        }
        if Ratio::decimal(&cap.cap).is_none_or(|cap| cap <= Ratio::ZERO) {
            problems.push(document.problem(format!("{path}.cap"), "上限应为大于 0 的带引号的数字，例如 \"5\""));
        }
    }
}

fn check_item(scheme: &Scheme, item: &Item, path: &str, document: &Document<'_>, problems: &mut Vec<Problem>) {
    let mut fault = |field: &str, reason: String| problems.push(document.problem(format!("{path}.{field}"), reason));
    let words = format!("{}{}", item.label, item.definition);
    if let Some(word) = NO_POINTS.iter().find(|word| item.part != Part::Verification && words.contains(**word)) {
        fault("label", format!("「{word}」不得作为加分依据（整治形式主义为基层减负若干规定），请删去这一项"));
    }
    if let Some(word) = NO_TRACES.iter().find(|word| words.contains(**word)) {
        fault("label", format!("不得以“{word}”评判工作（整治形式主义为基层减负若干规定），请删去这一项"));
    }
    let numbers = [
        ("full", Some(&item.full)),
        ("k", item.k.as_ref()),
        ("target", item.target.as_ref()),
        ("floor", item.floor.as_ref()),
        ("per", item.per.as_ref()),
    ];
    for (name, text) in numbers {
        if text.is_some_and(|text| Ratio::decimal(text).is_none_or(|number| number < Ratio::ZERO)) {
            fault(name, "应为带引号的不小于 0 的数字，例如 \"12.5\"".to_owned());
        }
    }
    if item.full() <= Ratio::ZERO {
        fault("full", "满分（或最多分）应大于 0".to_owned());
    }
    if item.floor() > item.full() {
        fault("floor", "保底分不能高于满分".to_owned());
    }
    if item.bands.iter().any(|band| {
        let bounds = Ratio::decimal(&band.at_least).zip(Ratio::decimal(&band.points));
        bounds.is_none_or(|(rate, points)| rate < Ratio::ZERO || points < Ratio::ZERO || points > item.full())
    }) {
        fault("bands", "每一档的 at_least 和 points 都应为带引号的不小于 0 的数字，points 不超过满分".to_owned());
    }
    let needs: &[(&str, bool)] = &[
        ("k", matches!(item.function, Function::Linear | Function::Inverse) && item.k() <= Ratio::ZERO),
        (
            "target",
            matches!(item.function, Function::Linear | Function::Inverse) && (item.target.is_none() || item.target() > Ratio::HUNDRED),
        ),
        ("bands", item.function == Function::Bands && item.bands.is_empty()),
        ("per", item.function == Function::Count && item.per() <= Ratio::ZERO),
        ("zero", item.is_rate() && item.zero.is_none()),
    ];
    for (name, _) in needs.iter().filter(|(_, missing)| *missing) {
        let reason = match *name {
            "k" => "请写明每低（高）1 个百分点扣多少分，应大于 0",
            "target" => "请写明目标值（百分数，不超过 100）",
            "bands" => "请用 [[items.bands]] 写明各档",
            "per" => "请写明每件（次）多少分，应大于 0",
            _ => "请写明没有样本时怎么办：exclude（不计该项）、full（满分）或 group_mean（按本组合计）",
        };
        fault(name, reason.to_owned());
    }
    if !item.part.is_base() && (item.is_rate() || scheme.cap(item.part).is_none()) {
        fault("part", format!("{}只能按件（次）或按评定加减分，并且要在 [[caps]] 写明上限", item.part.label()));
    }
    let fits = match item.source() {
        None => {
            fault("source", "来源应写成 measure:指标、mark:记分事实[:代码] 或 manual:角色，例如 \"measure:answered\"".to_owned());
            return;
        }
        Some(Source::Measure(measure)) if measure.is_count() => item.function == Function::Count,
        Some(Source::Measure(_)) => item.is_rate(),
        Some(Source::Mark(kind, code)) => {
            if kind == MarkKind::Honour && code.is_none() {
                fault("source", "正向激励要写明事项代码，例如 \"mark:honour:national\"，登记时按它选择".to_owned());
            }
            item.function == Function::Count
        }
        Some(Source::Manual(role)) => {
            if !matches!(role, Role::Director | Role::Leader | Role::Supervisor | Role::Inspector) {
                fault("source", "评定角色只能是 director、leader、supervisor、inspector".to_owned());
            }
            item.function == Function::Manual
        }
    };
    if !fits {
        fault("function", "计分方法与来源不符：比率指标用 linear、inverse 或 bands，件数和记分事实用 count，人工评定用 manual".to_owned());
    }
}

fn check_examples(scheme: &Scheme, document: &Document<'_>, problems: &mut Vec<Problem>) {
    for (index, example) in scheme.examples.iter().enumerate() {
        let path = format!("examples[{}]", index + 1);
        let Some(item) = scheme.item(&example.item).filter(|item| item.is_rate()) else {
            problems.push(document.problem(format!("{path}.item"), format!("没有按比率计分的项目「{}」", example.item)));
            continue;
        };
        let Some(rate) = Ratio::decimal(&example.rate) else {
            problems.push(document.problem(format!("{path}.rate"), "比率应为带引号的百分数，例如 \"89.82\""));
            continue;
        };
        let got = crate::assessment::points(item, rate).map(|points| points.fixed(scheme.places()));
        if got.as_deref() != Ok(example.points.as_str()) {
            let got = got.unwrap_or_else(|error| error.to_string());
            problems.push(document.problem(&path, format!("示例不成立：应为 {}，实际 {got}", example.points)));
        }
    }
}
