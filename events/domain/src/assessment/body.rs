//! One body in a year: honours registered, draft sheet, objections, decisions, final sheet.

use serde::{Deserialize, Serialize};

use super::score::{Counts, Line};
use super::year::WORDS;
use crate::account::Role;
use crate::duty::{Duty, Holder};
use crate::events::events;
use crate::folded::Folded;
use crate::ids::UnitCode;
use crate::mark::{Change, MarkKind};
use crate::private::OfficeText;
use crate::ratio::Ratio;
use crate::refusal::{Field, Refusal, check_text};
use crate::rulebook::scheme::{Function, Grade, Item};
use crate::time::Instant;

/// Most objections of a body, and most honours: the stream stays short.
const MOST: usize = 60;

/// An honour was registered (正向激励).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Honoured {
    /// The body.
    pub unit: UnitCode,
    /// Code of the scheme.
    pub code: String,
    /// Number of the document that gives it.
    pub reference: String,
    /// What for.
    pub words: OfficeText,
}

/// An honour was registered by mistake.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HonourWithdrawn {
    /// Which, counted from 1 in the order of registration.
    pub number: u32,
    /// Why.
    pub reason: OfficeText,
}

/// A score sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// The body.
    pub unit: UnitCode,
    /// Its group.
    pub group: String,
    /// Lines in the order of the scheme.
    pub lines: Vec<Line>,
    /// Exact total.
    pub total: Option<Ratio>,
    /// Grade.
    pub grade: Grade,
}

/// The draft sheet was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetDrafted {
    /// The sheet.
    #[serde(flatten)]
    pub sheet: Sheet,
    /// The place in the log up to which was counted.
    pub cut_off: u64,
    /// By when the body may object.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub objections_until: Instant,
}

/// The body objects to a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Objected {
    /// The item.
    pub item: String,
    /// Why.
    pub words: OfficeText,
}

/// An objection was decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// The item.
    pub item: String,
    /// What counts from now on; none = the draft stands.
    pub corrected: Option<Line>,
    /// The total with it.
    pub total: Option<Ratio>,
    /// Why.
    pub reason: OfficeText,
}

/// The time for objections is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectionsClosed {}

/// The sheet is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetFinalised {
    /// The sheet.
    #[serde(flatten)]
    pub sheet: Sheet,
}

events! {
    /// What happened to a body in a year's assessment.
    AssessedEvent {
        /// An honour of the body was registered.
        Honoured(Honoured) => "assessed_honoured" 1,
        /// An honour was taken back: it had been registered by mistake.
        HonourWithdrawn(HonourWithdrawn) => "assessed_honour_withdrawn" 1,
        /// The draft score sheet was made, with the counts behind every line.
        Drafted(SheetDrafted) => "assessed_drafted" 1,
        /// The body objected to a line.
        Objected(Objected) => "assessed_objected" 1,
        /// An objection was decided: the line stands or is corrected.
        Decided(Decided) => "assessed_decided" 1,
        /// The time for objections was over.
        Closed(ObjectionsClosed) => "assessed_objections_closed" 1,
        /// The score sheet is final.
        Finalised(SheetFinalised) => "assessed_finalised" 1,
    }
}

/// A registered honour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Honour {
    /// Code of the scheme.
    pub code: String,
    /// Number of the document.
    pub reference: String,
    /// What for.
    pub words: OfficeText,
    /// When it was registered.
    pub at: Instant,
    /// Taken back.
    pub withdrawn: bool,
}

/// An objection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Objection {
    /// The item.
    pub item: String,
    /// Why.
    pub words: OfficeText,
    /// When.
    pub at: Instant,
    /// The decision: when, corrected or not, why.
    pub decided: Option<(Instant, bool, OfficeText)>,
}

/// A body in a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct BodyState {
    /// The body.
    pub unit: Option<UnitCode>,
    /// Honours in the order of registration.
    pub honours: Vec<Honour>,
    /// The draft.
    pub drafted: Option<SheetDrafted>,
    /// When it was made.
    pub drafted_at: Option<Instant>,
    /// The sheet as it stands: the draft with corrections, later the final one.
    pub sheet: Option<Sheet>,
    /// Objections.
    pub objections: Vec<Objection>,
    /// The time for objections is over.
    pub closed: bool,
    /// Final since.
    pub finalised_at: Option<Instant>,
}

impl BodyState {
    /// Standing honours of a code.
    pub fn honours(&self, code: &str) -> u64 {
        self.honours.iter().filter(|honour| !honour.withdrawn && honour.code == code).count() as u64
    }

    /// Objections that wait for a decision.
    pub fn undecided(&self) -> usize {
        self.objections.iter().filter(|objection| objection.decided.is_none()).count()
    }
}

impl Folded for BodyState {
    type Event = AssessedEvent;
    const KIND: &'static str = "assessed";

    fn evolve(before: Option<Self>, at: Instant, event: &AssessedEvent) -> Option<Self> {
        let mut body = before.unwrap_or_default();
        match event {
            AssessedEvent::Honoured(e) => {
                body.unit = Some(e.unit.clone());
                body.honours.push(Honour {
                    code: e.code.clone(),
                    reference: e.reference.clone(),
                    words: e.words.clone(),
                    at,
                    withdrawn: false,
                });
            }
            AssessedEvent::HonourWithdrawn(e) => {
                let index = usize::try_from(e.number).unwrap_or_default();
                if let Some(honour) = index.checked_sub(1).and_then(|index| body.honours.get_mut(index)) {
                    honour.withdrawn = true;
                }
            }
            AssessedEvent::Drafted(e) => {
                body.unit = Some(e.sheet.unit.clone());
                body.sheet = Some(e.sheet.clone());
                body.drafted = Some(e.clone());
                body.drafted_at = Some(at);
            }
            AssessedEvent::Objected(e) => {
                body.objections.push(Objection { item: e.item.clone(), words: e.words.clone(), at, decided: None });
            }
            AssessedEvent::Decided(e) => {
                let open = body.objections.iter_mut().rev().find(|objection| objection.item == e.item && objection.decided.is_none());
                if let Some(objection) = open {
                    objection.decided = Some((at, e.corrected.is_some(), e.reason.clone()));
                }
                if let (Some(sheet), Some(corrected)) = (body.sheet.as_mut(), &e.corrected) {
                    sheet.lines.iter_mut().filter(|line| line.item == e.item).for_each(|line| *line = corrected.clone());
                    sheet.total = e.total;
                }
            }
            AssessedEvent::Closed(_) => body.closed = true,
            AssessedEvent::Finalised(e) => {
                body.sheet = Some(e.sheet.clone());
                body.closed = true;
                body.finalised_at = Some(at);
            }
        }
        Some(body)
    }

    fn next_at(&self) -> Option<Instant> {
        self.drafted.as_ref().filter(|_| !self.closed).map(|drafted| drafted.objections_until)
    }

    fn duties(&self) -> Vec<Duty> {
        let (Some(drafted), Some(since), Some(unit)) = (&self.drafted, self.drafted_at, &self.unit) else { return Vec::new() };
        let mut duties = Vec::new();
        if !self.closed {
            duties.push(Duty::new(Holder::Unit(unit.clone()), "assessment_object", since, Some(drafted.objections_until)));
        }
        if let Some(first) = self.objections.iter().find(|objection| objection.decided.is_none()) {
            duties.push(Duty::new(Holder::Office(Role::Director), "assessment_decide", first.at, None));
        }
        duties
    }

    fn marks(before: Option<&Self>, _at: Instant, event: &AssessedEvent, after: &Self) -> Vec<Change> {
        match event {
            AssessedEvent::Honoured(e) => vec![Change::add(&e.unit, MarkKind::Honour, &e.code)],
            // All of the body are revoked together, so those that still stand are added again.
            AssessedEvent::HonourWithdrawn(_) if before.is_some_and(|before| before.honours != after.honours) => {
                let standing = after.honours.iter().filter(|honour| !honour.withdrawn);
                let adds = after
                    .unit
                    .iter()
                    .flat_map(|unit| standing.clone().map(move |honour| Change::add(unit, MarkKind::Honour, &honour.code)));
                std::iter::once(Change::Revoke(MarkKind::Honour)).chain(adds).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Registers an honour; the application has made sure that the year is open and that the scheme knows the code.
///
/// # Errors
/// [`Refusal`].
pub fn honour(state: Option<&BodyState>, honoured: Honoured) -> Result<Vec<AssessedEvent>, Refusal> {
    if state.is_some_and(|body| body.drafted.is_some()) {
        return Err(Refusal::Stage("征求意见"));
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "reference", "文件文号", &honoured.reference, 60);
    check_text(&mut fields, "words", "事由", honoured.words.known().map_or("", String::as_str), WORDS);
    if state.is_some_and(|body| body.honours.len() >= MOST) {
        fields.push(Field { name: "reference", words: format!("一个单位一年最多登记 {MOST} 项") });
    }
    let reference = honoured.reference.trim();
    if state.is_some_and(|body| body.honours.iter().any(|one| !one.withdrawn && one.code == honoured.code && one.reference == reference)) {
        fields.push(Field { name: "reference", words: "这个文号已经登记过，不用重复登记".to_owned() });
    }
    Refusal::unless_empty(fields)?;
    Ok(vec![Honoured { reference: reference.to_owned(), ..honoured }.into()])
}

/// Takes an honour back.
///
/// # Errors
/// [`Refusal`].
pub fn withdraw_honour(state: &BodyState, withdrawn: HonourWithdrawn) -> Result<Vec<AssessedEvent>, Refusal> {
    if state.drafted.is_some() {
        return Err(Refusal::Stage("征求意见"));
    }
    let index = usize::try_from(withdrawn.number).unwrap_or_default().checked_sub(1);
    let honour = index.and_then(|index| state.honours.get(index)).ok_or(Refusal::Missing)?;
    if honour.withdrawn {
        return Ok(Vec::new());
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "reason", "撤销原因", withdrawn.reason.known().map_or("", String::as_str), WORDS);
    Refusal::unless_empty(fields)?;
    Ok(vec![withdrawn.into()])
}

/// Makes the draft sheet; the same again gives nothing.
pub fn draft(state: Option<&BodyState>, drafted: SheetDrafted) -> Vec<AssessedEvent> {
    if state.is_some_and(|body| body.drafted.is_some()) { Vec::new() } else { vec![drafted.into()] }
}

/// Objects to a line.
///
/// # Errors
/// [`Refusal`]: too late, no such line, decided or waiting already.
pub fn object(state: &BodyState, objected: Objected, now: Instant) -> Result<Vec<AssessedEvent>, Refusal> {
    let drafted = state.drafted.as_ref().ok_or(Refusal::Missing)?;
    if state.finalised_at.is_some() {
        return Err(Refusal::Stage("已定稿"));
    }
    if state.closed || now >= drafted.objections_until {
        return Err(Refusal::Late("提出异议"));
    }
    let mut fields = Vec::new();
    if !drafted.sheet.lines.iter().any(|line| line.item == objected.item) {
        fields.push(Field { name: "item", words: "请选择有异议的项目".to_owned() });
    }
    if state.objections.iter().any(|objection| objection.item == objected.item) {
        fields.push(Field { name: "item", words: "这一项已经提出过异议，请等候裁定".to_owned() });
    }
    check_text(&mut fields, "words", "理由", objected.words.known().map_or("", String::as_str), WORDS);
    Refusal::unless_empty(fields)?;
    Ok(vec![objected.into()])
}

/// What the counts of a line are corrected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correction {
    /// The draft stands.
    Keep,
    /// Other counts.
    Counts {
        /// Numerator, or the number of a bare count.
        numerator: u64,
        /// Denominator; 0 for bare counts.
        denominator: u64,
    },
    /// Other points of a manual item, as a decimal number.
    Points(String),
}

/// The counts after a correction.
///
/// # Errors
/// [`Refusal`].
pub fn corrected(item: &Item, drafted: Counts, correction: &Correction) -> Result<Option<Counts>, Refusal> {
    match correction {
        Correction::Keep => Ok(None),
        Correction::Counts { numerator, denominator } => {
            if item.function == Function::Manual {
                return Err(Refusal::field("points", "这一项由人工评定，请填写更正后的分数"));
            }
            if item.is_rate() && numerator > denominator {
                return Err(Refusal::field("numerator", "计入的件数不能多于总件数"));
            }
            let denominator = if item.is_rate() { *denominator } else { 0 };
            Ok(Some(Counts { numerator: *numerator, denominator, ..drafted }))
        }
        Correction::Points(text) => match Ratio::decimal(text.trim()) {
            Some(value) if item.function == Function::Manual && value >= Ratio::ZERO && value <= item.full() => {
                Ok(Some(Counts { value: Some(value), ..drafted }))
            }
            _ => Err(Refusal::field("points", format!("分数应为 0 到 {} 之间的数字，例如 9.5", item.full().short()))),
        },
    }
}

/// Decides an objection.
///
/// # Errors
/// [`Refusal`].
pub fn decide(state: &BodyState, decided: Decided) -> Result<Vec<AssessedEvent>, Refusal> {
    if state.finalised_at.is_some() {
        return Err(Refusal::Stage("已定稿"));
    }
    if !state.objections.iter().any(|objection| objection.item == decided.item && objection.decided.is_none()) {
        return Err(Refusal::Stage("异议已裁定"));
    }
    let mut fields = Vec::new();
    check_text(&mut fields, "reason", "裁定理由", decided.reason.known().map_or("", String::as_str), WORDS);
    Refusal::unless_empty(fields)?;
    Ok(vec![decided.into()])
}

/// What the clock does: ends the time for objections at its instant, once.
pub fn tick(state: &BodyState, now: Instant) -> Vec<(Instant, AssessedEvent)> {
    state.next_at().filter(|due| *due <= now).map(|due| (due, ObjectionsClosed {}.into())).into_iter().collect()
}

/// Makes the sheet final; the same again gives nothing.
pub fn finalise(state: &BodyState, finalised: SheetFinalised) -> Vec<AssessedEvent> {
    if state.finalised_at.is_some() { Vec::new() } else { vec![finalised.into()] }
}
