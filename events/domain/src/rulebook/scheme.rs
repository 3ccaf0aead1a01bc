//! A year's scheme of assessment (考评方案): parts, groups of bodies, items with their scoring functions (domain.md I1–I7,
//! I18), read from TOML with the line and reason of every fault, and kept whole in the event that opens the year.

mod check;

use serde::Deserialize;

use super::Measure;
use super::document::Document;
use super::parse::{Problem, shape_problem};
use crate::account::Role;
use crate::limit::Limit;
use crate::mark::MarkKind;
use crate::ratio::Ratio;
use crate::unit::{Level, Nature, UnitState};
use check::{FIELDS, check};

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
        bands.sort_by_key(|(at_least, _)| std::cmp::Reverse(*at_least));
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

/// Name and text of each shipped scheme.
pub const SHIPPED: &[(&str, &str)] = &[
    ("generic", include_str!("../../../../ops/schemes/generic.toml")),
    ("lianyungang-example", include_str!("../../../../ops/schemes/lianyungang-example.toml")),
];
