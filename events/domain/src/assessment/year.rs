//! The whole of a year: scheme and bodies frozen at the opening, points given by hand, draft, final, publication.

use chrono::Datelike;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::score::{BodyCounts, Counts};
use crate::duty::Duty;
use crate::events::events;
use crate::folded::Folded;
use crate::ids::UnitCode;
use crate::private::OfficeText;
use crate::ratio::Ratio;
use crate::refusal::{Field, Refusal, check_text};
use crate::rulebook::scheme::{Part, Scheme, Source};
use crate::time::{Instant, legal_day};

/// Most characters of a reason.
pub const WORDS: usize = 500;

/// A body of the assessment, as it stood at the opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The body.
    pub unit: UnitCode,
    /// Group of the scheme.
    pub group: String,
    /// Name at that time.
    pub name: String,
    /// Units whose facts and marks count for it, itself first.
    pub counts: Vec<UnitCode>,
}

/// The year was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The year.
    pub year: i32,
    /// Text of the scheme, whole.
    pub scheme: String,
    /// SHA-256 of the text, hexadecimal.
    pub hash: String,
    /// Bodies in the order of codes.
    pub bodies: Vec<Body>,
}

/// Points of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Points {
    /// The body.
    pub unit: UnitCode,
    /// Points as a decimal number.
    pub points: String,
}

/// Points were given by hand for one item; the latest for a body counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Marked {
    /// Item of the scheme.
    pub item: String,
    /// Points by body.
    pub points: Vec<Points>,
    /// On what grounds.
    pub reason: OfficeText,
}

/// The draft was made of everything that stood in the log up to a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafted {
    /// The place in the log: facts and marks up to it count, none after.
    pub cut_off: u64,
    /// By when bodies may object.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub objections_until: Instant,
}

/// The scores are final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finalised {
    /// How many objections were decided with another result.
    pub changed: u64,
    /// How many were decided without.
    pub kept: u64,
}

/// The circular was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// 发文字号, for example 清效办〔2026〕3号.
    pub number: String,
}

events! {
    /// What happened to a year's assessment.
    AssessmentEvent {
        /// The year's assessment was opened with a scheme and its bodies, both kept whole.
        Opened(Opened) => "assessment_opened" 1,
        /// Points were given by hand for an item.
        Marked(Marked) => "assessment_marked" 1,
        /// The draft was made of everything up to a place in the log.
        Drafted(Drafted) => "assessment_drafted" 1,
        /// All scores are final.
        Finalised(Finalised) => "assessment_finalised" 1,
        /// The circular was issued.
        Published(Published) => "assessment_published" 1,
    }
}

/// Where a year's assessment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 采集评定
    Opened,
    /// 征求意见
    Drafted,
    /// 已定稿
    Finalised,
    /// 已通报
    Published,
}

impl Stage {
    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Opened => "采集评定",
            Self::Drafted => "征求意见",
            Self::Finalised => "已定稿",
            Self::Published => "已通报",
        }
    }
}

/// A year's assessment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct YearState {
    /// The year.
    pub year: i32,
    /// Text of the scheme.
    pub scheme: String,
    /// SHA-256 of the text.
    pub hash: String,
    /// Bodies.
    pub bodies: Vec<Body>,
    /// Where it stands.
    pub stage: Stage,
    /// When it was opened.
    pub opened_at: Instant,
    /// Points given by hand: item → body → points.
    pub points: BTreeMap<String, BTreeMap<String, Ratio>>,
    /// The draft.
    pub drafted: Option<(Instant, Drafted)>,
    /// When it became final, with the outcome of objections.
    pub finalised: Option<(Instant, Finalised)>,
    /// The circular.
    pub published: Option<(Instant, Published)>,
}

impl YearState {
    /// The scheme; none for a text of another program's shape.
    pub fn scheme(&self) -> Option<Scheme> {
        Scheme::of_opened(&self.scheme).ok()
    }

    /// A body.
    pub fn body(&self, unit: &UnitCode) -> Option<&Body> {
        self.bodies.iter().find(|body| body.unit == *unit)
    }

    /// Puts the points given by hand beside what was counted.
    pub fn with_points(&self, mut counted: Vec<BodyCounts>) -> Vec<BodyCounts> {
        for body in &mut counted {
            for (item, by_unit) in &self.points {
                if let Some(value) = by_unit.get(body.unit.as_str()) {
                    body.items.insert(item.clone(), Counts { value: Some(*value), ..Counts::default() });
                }
            }
        }
        counted
    }
}

impl Folded for YearState {
    type Event = AssessmentEvent;
    const KIND: &'static str = "assessment";

    fn evolve(before: Option<Self>, at: Instant, event: &AssessmentEvent) -> Option<Self> {
        if let AssessmentEvent::Opened(e) = event {
            return Some(Self {
                year: e.year,
                scheme: e.scheme.clone(),
                hash: e.hash.clone(),
                bodies: e.bodies.clone(),
                stage: Stage::Opened,
                opened_at: at,
                points: BTreeMap::new(),
                drafted: None,
                finalised: None,
                published: None,
            });
        }
        let mut year = before?;
        match event {
            AssessmentEvent::Opened(_) => {}
            AssessmentEvent::Marked(e) => {
                let item = year.points.entry(e.item.clone()).or_default();
                for points in &e.points {
                    if let Some(value) = Ratio::decimal(&points.points) {
                        item.insert(points.unit.to_string(), value);
                    }
                }
            }
            AssessmentEvent::Drafted(e) => {
                year.drafted = Some((at, e.clone()));
                year.stage = Stage::Drafted;
            }
            AssessmentEvent::Finalised(e) => {
                year.finalised = Some((at, e.clone()));
                year.stage = Stage::Finalised;
            }
            AssessmentEvent::Published(e) => {
                year.published = Some((at, e.clone()));
                year.stage = Stage::Published;
            }
        }
        Some(year)
    }

    fn duties(&self) -> Vec<Duty> {
        Vec::new()
    }
}

/// Opens a year with a scheme that was checked.
///
/// # Errors
/// [`Refusal`]: opened already, another year than this one or the last, no body.
pub fn open(state: Option<&YearState>, opened: Opened, now: Instant) -> Result<Vec<AssessmentEvent>, Refusal> {
    if state.is_some() {
        return Err(Refusal::Exists);
    }
    let this = legal_day(now).year();
    if opened.year != this && opened.year != this - 1 {
        return Err(Refusal::field("year", format!("只能建立 {} 或 {this} 年度的考评", this - 1)));
    }
    if opened.bodies.is_empty() {
        return Err(Refusal::field("text", "方案的分组里没有一个在册单位，请核对 groups 的单位代码和层级"));
    }
    Ok(vec![opened.into()])
}

/// Gives points by hand for one item.
///
/// # Errors
/// [`Refusal`].
pub fn mark(state: &YearState, marked: Marked) -> Result<Vec<AssessmentEvent>, Refusal> {
    at(state, Stage::Opened)?;
    let scheme = state.scheme().ok_or_else(|| Refusal::NoRule("考评方案".to_owned()))?;
    let mut fields = Vec::new();
    let item = scheme.item(&marked.item).filter(|item| matches!(item.source(), Some(Source::Manual(_))));
    check_text(&mut fields, "reason", "评定依据", marked.reason.known().map_or("", String::as_str), WORDS);
    if item.is_none() {
        fields.push(Field { name: "item", words: "请选择要评定的项目".to_owned() });
    }
    if marked.points.is_empty() {
        fields.push(Field { name: "points", words: "请至少填写一个单位的分数，每行一个，例如 0101,9.5".to_owned() });
    }
    if let Some(item) = item {
        for points in &marked.points {
            let words = match (state.body(&points.unit), Ratio::decimal(&points.points)) {
                (None, _) => format!("{} 不是这次考评的单位", points.unit),
                (Some(body), _) if !item.applies(&body.group) => format!("{} 所在的分组没有这一项", points.unit),
                (_, Some(value)) if value >= Ratio::ZERO && value <= item.full() => continue,
                _ => format!("{} 的分数应为 0 到 {} 之间的数字，例如 9.5", points.unit, item.full().short()),
            };
            fields.push(Field { name: "points", words });
            if fields.len() >= 5 {
                break;
            }
        }
    }
    Refusal::unless_empty(fields)?;
    Ok(vec![marked.into()])
}

/// Makes the draft.
///
/// # Errors
/// [`Refusal::Stage`]; [`Refusal::Exists`] when it stands already.
pub fn draft(state: &YearState, drafted: Drafted) -> Result<Vec<AssessmentEvent>, Refusal> {
    if state.stage == Stage::Drafted {
        return Ok(Vec::new());
    }
    at(state, Stage::Opened)?;
    Ok(vec![drafted.into()])
}

/// Makes the scores final: the time for objections is over and each is decided.
///
/// # Errors
/// [`Refusal`].
pub fn finalise(state: &YearState, undecided: usize, finalised: Finalised, now: Instant) -> Result<Vec<AssessmentEvent>, Refusal> {
    if state.stage == Stage::Finalised {
        return Ok(Vec::new());
    }
    at(state, Stage::Drafted)?;
    if undecided > 0 {
        return Err(Refusal::field("", format!("还有 {undecided} 项异议没有裁定，请先逐项裁定")));
    }
    match &state.drafted {
        Some((_, drafted)) if now >= drafted.objections_until => Ok(vec![finalised.into()]),
        _ => Err(Refusal::field("", "提出异议的期限还没有到，到期以后才能定稿")),
    }
}

/// Issues the circular.
///
/// # Errors
/// [`Refusal`].
pub fn publish(state: &YearState, published: Published) -> Result<Vec<AssessmentEvent>, Refusal> {
    at(state, Stage::Finalised)?;
    let mut fields = Vec::new();
    check_text(&mut fields, "number", "发文字号", &published.number, 40);
    Refusal::unless_empty(fields)?;
    Ok(vec![published.into()])
}

fn at(state: &YearState, stage: Stage) -> Result<(), Refusal> {
    if state.stage == stage { Ok(()) } else { Err(Refusal::Stage(state.stage.label())) }
}

/// Items of the bonus part that a register of honours serves: code of the honour and label.
pub fn honours(scheme: &Scheme) -> Vec<(String, String)> {
    let bonus = scheme.items.iter().filter(|item| item.part == Part::Bonus);
    bonus
        .filter_map(|item| match item.source() {
            Some(Source::Mark(crate::mark::MarkKind::Honour, Some(code))) => Some((code.to_owned(), item.label.clone())),
            _ => None,
        })
        .collect()
}
