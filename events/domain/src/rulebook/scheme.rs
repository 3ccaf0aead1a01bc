//! A year's scheme of assessment (考评方案): parts, groups of bodies, items with their scoring functions (domain.md I1–I7,
//! I18), read from TOML with the line and reason of every fault, and kept whole in the event that opens the year.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Measure;
use super::document::{Document, Field, Shape, may, must};
use super::parse::{Problem, check_name, is_code, shape_problem};
use crate::account::Role;
use crate::ids::UnitCode;
use crate::limit::Limit;
use crate::mark::MarkKind;
use crate::ratio::Ratio;
use crate::unit::{Level, Nature, UnitState};

/// Most items of a scheme: a score sheet is read by people.
const MOST_ITEMS: usize = 60;
/// What may not earn points (practice.md 17, 为基层减负): words of an item's label or definition.
const NO_POINTS: &[&str] = &["批示", "简报", "信息采用", "信息报送", "经验", "刊发", "媒体报道"];
/// What nobody may be judged by at all.
const NO_TRACES: &[&str] = &["留痕", "照片数", "截图", "打卡"];

/// One of the four parts (I1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 指标考核
    Indicators,
    /// 工作评议
    Review,
    /// 正向激励: adds points, capped.
    Bonus,
    /// 察访核验: takes points away, capped.
    Verification,
}

impl Part {
    /// All parts in the order of the score sheet.
    pub const ALL: [Self; 4] = [Self::Indicators, Self::Review, Self::Bonus, Self::Verification];

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Indicators => "指标考核",
            Self::Review => "工作评议",
            Self::Bonus => "正向激励",
            Self::Verification => "察访核验",
        }
    }

    /// The name in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Indicators => "indicators",
            Self::Review => "review",
            Self::Bonus => "bonus",
            Self::Verification => "verification",
        }
    }

    /// Its full marks make up the full marks of the scheme.
    pub fn is_base(self) -> bool {
        matches!(self, Self::Indicators | Self::Review)
    }
}

/// Where an item's figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'s> {
    /// Facts of a measure of the scorecard.
    Measure(Measure),
    /// Standing marks of a kind, of one code or of all.
    Mark(MarkKind, Option<&'s str>),
    /// Points given by a role.
    Manual(Role),
}

/// What happens to a body without samples (I6), or with fewer than the least number (I7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zero {
    /// The item is left out and the rest counts for the whole.
    Exclude,
    /// Full marks.
    Full,
    /// The score that the whole group's figures together would get.
    GroupMean,
}

/// The scoring function (I4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// `clamp(full − k·max(0, target − rate), floor, full)`, in percent.
    Linear,
    /// `clamp(full − k·max(0, rate − target), floor, full)`: lower is better.
    Inverse,
    /// Points of the highest band that the rate reaches.
    Bands,
    /// So many points each: added (bonus), taken away (verification), or taken from the full marks (base parts).
    Count,
    /// The points that were given.
    Manual,
}

/// A step of [`Function::Bands`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Band {
    /// From this rate on, in percent.
    pub at_least: String,
    /// Points.
    pub points: String,
}

/// One line of the score sheet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Item {
    /// Stable code.
    pub id: String,
    /// Name on pages.
    pub label: String,
    /// What is counted, in words.
    #[serde(default)]
    pub definition: String,
    /// Its part.
    pub part: Part,
    /// Groups it applies to; none = all.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Full marks (base parts) or the most points of this item.
    full: String,
    /// `measure:<code>`, `mark:<kind>[:<code>]`, `manual:<role>`.
    source: String,
    /// How points follow.
    pub function: Function,
    k: Option<String>,
    target: Option<String>,
    floor: Option<String>,
    per: Option<String>,
    #[serde(default)]
    bands: Vec<Band>,
    /// Without samples.
    pub zero: Option<Zero>,
    /// Fewer samples than this count as none.
    #[serde(default)]
    pub min_samples: u64,
}

fn number(text: Option<&String>) -> Ratio {
    text.and_then(|text| Ratio::decimal(text)).unwrap_or(Ratio::ZERO)
}

impl Item {
    /// Full marks, or the most points.
    pub fn full(&self) -> Ratio {
        number(Some(&self.full))
    }

    /// Points lost for each percentage point.
    pub fn k(&self) -> Ratio {
        number(self.k.as_ref())
    }

    /// Target in percent.
    pub fn target(&self) -> Ratio {
        number(self.target.as_ref())
    }

    /// The least points.
    pub fn floor(&self) -> Ratio {
        number(self.floor.as_ref())
    }

    /// Points of one thing counted.
    pub fn per(&self) -> Ratio {
        number(self.per.as_ref())
    }

    /// Steps from the highest down: rate in percent and points.
    pub fn bands(&self) -> Vec<(Ratio, Ratio)> {
        let mut bands: Vec<_> = self.bands.iter().map(|band| (number(Some(&band.at_least)), number(Some(&band.points)))).collect();
        bands.sort_by(|a, b| b.0.cmp(&a.0));
        bands
    }

    /// Where its figure comes from; none for a text that [`Scheme::parse`] refuses.
    pub fn source(&self) -> Option<Source<'_>> {
        let (kind, rest) = self.source.split_once(':')?;
        match kind {
            "measure" => Measure::of_code(rest).map(Source::Measure),
            "mark" => {
                let (kind, code) = rest.split_once(':').map_or((rest, None), |(kind, code)| (kind, Some(code)));
                Some(Source::Mark(MarkKind::of_code(kind)?, code))
            }
            "manual" => Role::of_code(rest).map(Source::Manual),
            _ => None,
        }
    }

    /// Its score is a function of a rate.
    pub fn is_rate(&self) -> bool {
        matches!(self.function, Function::Linear | Function::Inverse | Function::Bands)
    }

    /// It applies to bodies of this group.
    pub fn applies(&self, group: &str) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|one| one == group)
    }
}

/// Whose facts count for a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The body's own.
    Own,
    /// Those of all units below it too.
    Subtree,
}

/// A group of bodies that are compared with each other and with nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// Stable code.
    pub code: String,
    /// Name on pages.
    pub label: String,
    /// Named bodies.
    #[serde(default)]
    pub units: Vec<String>,
    /// Or all bodies of these levels …
    #[serde(default)]
    pub levels: Vec<Level>,
    /// … that answer for a division (true) or do not (false).
    pub territorial: Option<bool>,
    /// Whose facts count.
    pub reach: Reach,
    /// At most so many percent of the group are graded 优秀.
    pub excellent_percent: u64,
}

/// From how many percent of the full marks on which grade is given (I18).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Grades {
    excellent: String,
    good: String,
    pass: String,
}

/// A grade (I18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// 优秀
    Excellent,
    /// 良好
    Good,
    /// 合格
    Pass,
    /// 不合格
    Fail,
    /// 不参加评定: nothing could be counted.
    None,
}

impl Grade {
    /// All grades from the top.
    pub const ALL: [Self; 5] = [Self::Excellent, Self::Good, Self::Pass, Self::Fail, Self::None];

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Excellent => "优秀",
            Self::Good => "良好",
            Self::Pass => "合格",
            Self::Fail => "不合格",
            Self::None => "不参加评定",
        }
    }

    /// The name in exports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Excellent => "excellent",
            Self::Good => "good",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::None => "none",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Rounding {
    places: u32,
    at: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Objection {
    limit: Limit,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Cap {
    part: Part,
    cap: String,
}

/// How the circular is headed (GB/T 9704-2012).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Heading {
    /// 发文机关标志, without 文件.
    pub organ: String,
    /// 机关代字, for example 清效.
    pub mark: String,
    /// 主送机关.
    pub to: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Months {
    tiers: Vec<String>,
    min_samples: u64,
}

/// A worked example: points published or agreed, which must come out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Example {
    /// Item.
    pub item: String,
    /// Rate in percent.
    pub rate: String,
    /// Points as displayed.
    pub points: String,
}

/// The scheme of a year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Scheme {
    /// Name.
    pub id: String,
    /// Version.
    pub version: String,
    /// Title.
    pub title: String,
    /// On what it is based.
    #[serde(default)]
    pub basis: Vec<String>,
    /// Heading of the circular.
    pub circular: Heading,
    rounding: Rounding,
    objection: Objection,
    #[serde(default)]
    caps: Vec<Cap>,
    grades: Grades,
    months: Months,
    /// Day on which a month of marks ends; 0 = its last day. Facts carry the month that the rulebook gave them.
    #[serde(default)]
    pub cut_off_day: u32,
    /// Groups.
    pub groups: Vec<Group>,
    /// Items in the order of the score sheet.
    pub items: Vec<Item>,
    /// Worked examples.
    #[serde(default)]
    pub examples: Vec<Example>,
}

const FUNCTIONS: &[&str] = &["linear", "inverse", "bands", "count", "manual"];
const PARTS: &[&str] = &["indicators", "review", "bonus", "verification"];

const FIELDS: &[Field] = &[
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

impl Scheme {
    /// Reads and checks a text that somebody hands in; its worked examples must come out.
    ///
    /// # Errors
    /// All the [`Problem`]s in the order of their lines.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let document = Document::read(text).map_err(|problem| vec![problem])?;
        let mut problems = document.check(FIELDS);
        if problems.is_empty() {
            let scheme = Self::of_opened(text).map_err(|problem| vec![problem])?;
            problems = check(&scheme, &document);
            if problems.is_empty() {
                return Ok(scheme);
            }
        }
        problems.sort();
        Err(problems)
    }

    /// Reads the text of an event back: only its shape is checked.
    ///
    /// # Errors
    /// The [`Problem`] of the first place that has another shape.
    pub fn of_opened(text: &str) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|error| shape_problem(text, "考评方案", &error))
    }

    /// `id@version`.
    pub fn reference(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// Places shown; nothing is rounded before the display.
    pub fn places(&self) -> u32 {
        self.rounding.places
    }

    /// How long a body may object to its draft.
    pub fn objection_limit(&self) -> Limit {
        self.objection.limit
    }

    /// The most that a part adds or takes away; none for the base parts.
    pub fn cap(&self, part: Part) -> Option<Ratio> {
        self.caps.iter().find(|cap| cap.part == part).map(|cap| number(Some(&cap.cap)))
    }

    /// An item.
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// A group.
    pub fn group(&self, code: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.code == code)
    }

    /// Items of a group in the order of the score sheet.
    pub fn items_of<'s>(&'s self, group: &'s str) -> impl Iterator<Item = &'s Item> {
        self.items.iter().filter(move |item| item.applies(group))
    }

    /// Full marks of a group.
    pub fn full(&self, group: &str) -> Ratio {
        let base = self.items_of(group).filter(|item| item.part.is_base());
        base.fold(Ratio::ZERO, |sum, item| sum.plus(item.full()).unwrap_or(sum))
    }

    /// From how many percent on grades are given: 优秀, 良好, 合格.
    pub fn borders(&self) -> [Ratio; 3] {
        [&self.grades.excellent, &self.grades.good, &self.grades.pass].map(|text| number(Some(text)))
    }

    /// Borders of the tiers of a month's rates in percent, from the top: 好, 较好, 一般, 需改进 (ux.md 4.2).
    pub fn tiers(&self) -> Vec<Ratio> {
        self.months.tiers.iter().map(|text| number(Some(text))).collect()
    }

    /// Fewer samples than this are shown as counts in months.
    pub fn month_samples(&self) -> u64 {
        self.months.min_samples
    }

    /// The group of a unit: the first that names it, else the first whose level fits. By level belong only bodies that
    /// stand directly below the city or below a higher level, not their own parts; bodies that the city can only coordinate
    /// with (practice.md 16), the city itself and the hotline office belong to none.
    pub fn group_of(&self, unit: &UnitState, parent: Option<&UnitState>) -> Option<&Group> {
        let named = |group: &&Group| group.units.iter().any(|code| code == unit.code.as_str());
        let fits = |group: &&Group| {
            group.levels.contains(&unit.level) && group.territorial.is_none_or(|territorial| territorial == unit.division.is_some())
        };
        let heads = parent.is_some_and(|parent| parent.parent.is_none() || parent.level != unit.level);
        let common = unit.closed.is_none() && heads && !unit.hotline && unit.nature != Nature::Coordinate;
        self.groups.iter().find(named).filter(|_| unit.closed.is_none()).or_else(|| self.groups.iter().find(fits).filter(|_| common))
    }
}

fn check(scheme: &Scheme, document: &Document<'_>) -> Vec<Problem> {
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
        if !Ratio::decimal(&cap.cap).is_some_and(|cap| cap > Ratio::ZERO) {
            problems.push(document.problem(format!("{path}.cap"), "上限应为大于 0 的带引号的数字，例如 \"5\""));
        }
    }
    let _ = &scheme.rounding.at;
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
        if text.is_some_and(|text| !Ratio::decimal(text).is_some_and(|number| number >= Ratio::ZERO)) {
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

/// Name and text of each shipped scheme.
pub const SHIPPED: &[(&str, &str)] = &[
    ("generic", include_str!("../../../../ops/schemes/generic.toml")),
    ("lianyungang-example", include_str!("../../../../ops/schemes/lianyungang-example.toml")),
];
