//! Commands of the year's assessment. Draft and final are acts on the year and on each of its bodies; whatever crashes
//! between them, the same command goes on where it stopped, with the same result.

mod gather;
mod read;

pub use read::{BodySheet, Scored};

use chrono::Datelike;
use domain::assessment::body::{self, Correction, Decided, HonourWithdrawn, Honoured, Objected, Sheet, SheetDrafted, SheetFinalised};
use domain::assessment::year::{self, Body, Drafted, Finalised, Marked, Opened, Published};
use domain::assessment::{
    AssessedEvent, AssessmentEvent, Basis, BodyCounts, BodyResult, BodyState, Stage, YearState, body_stream, score, year_stream,
};
use domain::deadline::{DeadlineInput, deadline};
use domain::ids::{NAMESPACE, UnitCode};
use domain::private::Private;
use domain::refusal::Refusal;
use domain::rulebook::parse::Problem;
use domain::rulebook::scheme::{Reach, Scheme, Source};
use domain::time::{Instant, legal_day};
use futures_util::{StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::access::assessment::{Act, may};
use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};
use crate::supervision::{Decision, Situation};

/// Bodies written at a time: the log commits what has queued together.
const AT_ONCE: usize = 32;

fn permit(actor: &Actor, act: Act<'_>, body: Option<&BodyState>) -> Result<(), Error> {
    if may(actor, act, body) { Ok(()) } else { Err(Error::Forbidden) }
}

pub(crate) fn scheme_of(year: &YearState) -> Result<Scheme, Error> {
    year.scheme().ok_or_else(|| Error::Internal("the scheme of the year cannot be read".to_owned()))
}

pub(crate) fn calculation(error: domain::assessment::ScoreError) -> Error {
    Error::Internal(error.to_string())
}

impl Application {
    /// Opens a year with a scheme; its bodies and the units that count for each are frozen.
    ///
    /// # Errors
    /// [`Error::Rules`] with lines and reasons, [`Error::Forbidden`], [`Error::Refused`].
    pub async fn open_assessment(&self, meta: &Meta, year: i32, text: &str) -> Result<Done, Error> {
        permit(&meta.actor, Act::Direct, None)?;
        let scheme = Scheme::parse(text).map_err(Error::Rules)?;
        let reference = self.reference();
        let unknown: Vec<Problem> = scheme
            .groups
            .iter()
            .enumerate()
            .flat_map(|(index, group)| group.units.iter().map(move |code| (index, code)))
            .filter(|(_, code)| !UnitCode::parse(code).is_ok_and(|code| reference.unit(&code).is_some_and(|unit| unit.closed.is_none())))
            .map(|(index, code)| {
                Problem::at(None, format!("groups[{}].units", index + 1), format!("单位「{code}」不在名册中或已撤销，请核对"))
            })
            .collect();
        if !unknown.is_empty() {
            return Err(Error::Rules(unknown));
        }
        let bodies = reference
            .units()
            .filter_map(|unit| {
                let parent = unit.parent.as_ref().and_then(|code| reference.unit(code));
                let group = scheme.group_of(unit, parent.map(AsRef::as_ref))?;
                let counts = match group.reach {
                    Reach::Own => vec![unit.code.clone()],
                    Reach::Subtree => reference.subtree(&unit.code),
                };
                Some(Body { unit: unit.code.clone(), group: group.code.clone(), name: unit.name().to_owned(), counts })
            })
            .collect();
        let hash = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let opened = Opened { year, scheme: text.to_owned(), hash, bodies };
        self.on_year(meta, year, |situation| Ok(year::open(situation.state, opened.clone(), situation.now)?)).await
    }

    async fn on_year<F>(&self, meta: &Meta, year: i32, decide: F) -> Result<Done, Error>
    where
        F: Fn(&Situation<'_, YearState>) -> Result<Vec<AssessmentEvent>, Error>,
    {
        self.on_supervision::<YearState, _>(meta, &year_stream(year), |situation| Ok(Decision::now(situation.now, decide(&situation)?)))
            .await
    }

    pub(crate) async fn year_state(&self, year: i32) -> Result<YearState, Error> {
        self.stream_state::<YearState>(&year_stream(year)).await?.ok_or(Error::NotFound)
    }

    /// Gives points by hand for one item; the scheme names the role that may.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn mark_assessment(&self, meta: &Meta, year: i32, marked: Marked) -> Result<Done, Error> {
        permit(&meta.actor, Act::See, None).map_err(|_| Error::NotFound)?;
        self.on_year(meta, year, |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            let scheme = scheme_of(state)?;
            if let Some(Source::Manual(role)) = scheme.item(&marked.item).and_then(|item| item.source()) {
                permit(&meta.actor, Act::Mark(role), None)?;
            }
            Ok(year::mark(state, marked.clone())?)
        })
        .await
    }

    /// Registers an honour of a body (正向激励).
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn honour(&self, meta: &Meta, year: i32, honoured: Honoured) -> Result<Done, Error> {
        permit(&meta.actor, Act::Direct, None)?;
        let state = self.open_for_honours(year).await?;
        if state.body(&honoured.unit).is_none() {
            return Err(Error::NotFound);
        }
        if !year::honours(&scheme_of(&state)?).iter().any(|(code, _)| *code == honoured.code) {
            return Err(Refusal::field("code", "请选择加分事项").into());
        }
        self.on_supervision::<BodyState, _>(meta, &body_stream(year, &honoured.unit), |situation| {
            Ok(Decision::now(situation.now, body::honour(situation.state, honoured.clone())?))
        })
        .await
    }

    /// Takes back an honour that was registered by mistake.
    ///
    /// # Errors
    /// As [`Self::honour`].
    pub async fn withdraw_honour(&self, meta: &Meta, year: i32, unit: &UnitCode, withdrawn: HonourWithdrawn) -> Result<Done, Error> {
        permit(&meta.actor, Act::Direct, None)?;
        self.open_for_honours(year).await?;
        self.on_supervision::<BodyState, _>(meta, &body_stream(year, unit), |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            Ok(Decision::now(situation.now, body::withdraw_honour(state, withdrawn.clone())?))
        })
        .await
    }

    async fn open_for_honours(&self, year: i32) -> Result<YearState, Error> {
        let state = self.year_state(year).await?;
        if state.stage == Stage::Opened { Ok(state) } else { Err(Refusal::Stage(state.stage.label()).into()) }
    }

    /// Makes the draft of everything that stands in the log now, and a sheet for each body. Called again after a crash it
    /// goes on with the same place in the log.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn draft_assessment(&self, meta: &Meta, year: i32) -> Result<Done, Error> {
        permit(&meta.actor, Act::Direct, None)?;
        let scheme = scheme_of(&self.year_state(year).await?)?;
        let head = self.log.head().await?.size;
        if !self.seen(head).await {
            return Err(Error::Busy);
        }
        let reference = self.reference();
        let until = deadline(reference.calendar(), &DeadlineInput::new(self.now(), scheme.objection_limit())).due;
        let done = self
            .on_year(meta, year, |situation| {
                let state = situation.state.ok_or(Error::NotFound)?;
                Ok(year::draft(state, Drafted { cut_off: head, objections_until: until })?)
            })
            .await?;
        let state = self.year_state(year).await?;
        let (_, drafted) = state.drafted.clone().ok_or(Error::NotFound)?;
        // A draft that another process began may be ahead of what this one has seen.
        if !self.seen(drafted.cut_off).await {
            return Err(Error::Busy);
        }
        let counts = self.gather(&state, &scheme, year * 100 + 1, year * 100 + 12, drafted.cut_off)?;
        let results = score::score(&scheme, &counts).map_err(calculation)?;
        let last = self
            .each_body(&meta.actor, year, "draft", results, |state, result, now| {
                let drafted = SheetDrafted { sheet: sheet(result), cut_off: drafted.cut_off, objections_until: drafted.objections_until };
                Ok(Decision::now(now, body::draft(state, drafted)))
            })
            .await?;
        Ok(Done { seq: done.seq.max(last), ..done })
    }

    /// One act for each body, many at a time; the act's id follows from year, body and step.
    async fn each_body<F>(&self, actor: &Actor, year: i32, step: &str, results: Vec<BodyResult>, decide: F) -> Result<u64, Error>
    where
        F: Fn(Option<&BodyState>, &BodyResult, Instant) -> Result<Decision<AssessedEvent>, Error>,
    {
        let decide = &decide;
        let acts = results.into_iter().map(|result| async move {
            let stream = body_stream(year, &result.unit);
            let meta = Meta::new(actor.clone(), Uuid::new_v5(&NAMESPACE, format!("{stream}/{step}").as_bytes()));
            self.on_supervision::<BodyState, _>(&meta, &stream, |situation| decide(situation.state, &result, situation.now)).await
        });
        let done: Vec<Done> = futures_util::stream::iter(acts).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(done.iter().map(|done| done.seq).max().unwrap_or_default())
    }

    /// A body objects to a line of its draft.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::NotFound`] for whoever may not see the sheet.
    pub async fn object_to_assessment(&self, meta: &Meta, year: i32, unit: &UnitCode, item: &str, words: &str) -> Result<Done, Error> {
        let objected = Objected { item: item.to_owned(), words: Private::new(words.trim().to_owned()) };
        self.on_supervision::<BodyState, _>(meta, &body_stream(year, unit), |situation| {
            if !may(&meta.actor, Act::SeeSheet(unit), situation.state) {
                return Err(Error::NotFound);
            }
            permit(&meta.actor, Act::Object(unit), situation.state)?;
            let state = situation.state.ok_or(Error::NotFound)?;
            Ok(Decision::now(situation.now, body::object(state, objected.clone(), situation.now)?))
        })
        .await
    }

    /// Decides an objection: the line stands, or its counts or points are corrected and the total follows.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn decide_assessment(
        &self,
        meta: &Meta,
        year: i32,
        unit: &UnitCode,
        item: &str,
        correction: &Correction,
        reason: &str,
    ) -> Result<Done, Error> {
        permit(&meta.actor, Act::Direct, None)?;
        let scheme = scheme_of(&self.year_state(year).await?)?;
        let item = scheme.item(item).ok_or(Error::NotFound)?;
        self.on_supervision::<BodyState, _>(meta, &body_stream(year, unit), |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            let sheet = state.sheet.as_ref().ok_or(Error::NotFound)?;
            let drafted = sheet.lines.iter().find(|line| line.item == item.id).ok_or(Error::NotFound)?;
            let group = match drafted.basis {
                Basis::Group { numerator, denominator } => (numerator, denominator),
                _ => (0, 0),
            };
            let fault = |error: domain::ratio::Overflow| Error::Internal(error.to_string());
            let corrected = match body::corrected(item, drafted.counts, correction)? {
                Some(counts) => Some(score::line(item, counts, group).map_err(fault)?),
                None => None,
            };
            let mut lines = sheet.lines.clone();
            if let Some(corrected) = &corrected {
                lines.iter_mut().filter(|line| line.item == item.id).for_each(|line| *line = corrected.clone());
            }
            let total = score::total(&scheme, &sheet.group, &lines).map_err(fault)?;
            let reason = Private::new(reason.trim().to_owned());
            let decided = Decided { item: item.id.clone(), corrected, total, reason };
            Ok(Decision::now(situation.now, body::decide(state, decided)?))
        })
        .await
    }

    /// Makes all scores final: they follow from the counts of the draft with the corrections. Called again after a crash
    /// it goes on.
    ///
    /// # Errors
    /// [`Error::Refused`] while objections wait or may still come; [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn finalise_assessment(&self, meta: &Meta, year: i32) -> Result<Done, Error> {
        permit(&meta.actor, Act::Direct, None)?;
        let state = self.year_state(year).await?;
        let scheme = scheme_of(&state)?;
        let bodies = self.body_states(&state).await?;
        if bodies.iter().any(|body| body.sheet.is_none()) && state.drafted.is_some() {
            return Err(Refusal::field("", "还有单位的得分没有写完，请先点“继续生成初评”").into());
        }
        let undecided = bodies.iter().map(BodyState::undecided).sum();
        let decided = |changed: bool| {
            let all = bodies.iter().flat_map(|body| &body.objections);
            all.filter(|objection| objection.decided.as_ref().is_some_and(|(_, other, _)| *other == changed)).count() as u64
        };
        let finalised = Finalised { changed: decided(true), kept: decided(false) };
        let done = self
            .on_year(meta, year, |situation| {
                let state = situation.state.ok_or(Error::NotFound)?;
                Ok(year::finalise(state, undecided, finalised.clone(), situation.now)?)
            })
            .await?;
        let counts: Vec<BodyCounts> = bodies.iter().filter_map(|body| body.sheet.as_ref()).map(counts_of).collect();
        let results = score::score(&scheme, &counts).map_err(calculation)?;
        let last = self
            .each_body(&meta.actor, year, "final", results, |state, result, now| {
                let state = state.ok_or(Error::NotFound)?;
                let sheet = sheet(result);
                Decision::after_clock(state, body::tick(state, now), now, |state| Ok(body::finalise(state, SheetFinalised { sheet })))
            })
            .await?;
        Ok(Done { seq: done.seq.max(last), ..done })
    }

    /// The bodies as their streams stand, in the order of the year.
    pub(crate) async fn body_states(&self, year: &YearState) -> Result<Vec<BodyState>, Error> {
        let reads = year.bodies.iter().map(|body| async move {
            Ok::<_, Error>(self.stream_state::<BodyState>(&body_stream(year.year, &body.unit)).await?.unwrap_or_default())
        });
        futures_util::stream::iter(reads).buffered(AT_ONCE).try_collect().await
    }

    /// Issues the circular under its number.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn publish_assessment(&self, meta: &Meta, year: i32, number: &str) -> Result<Done, Error> {
        permit(&meta.actor, Act::Direct, None)?;
        let published = Published { number: number.trim().to_owned() };
        self.on_year(meta, year, |situation| Ok(year::publish(situation.state.ok_or(Error::NotFound)?, published.clone())?)).await
    }

    pub(crate) async fn tick_assessed(&self, meta: &Meta, stream: &str) -> Result<Done, Error> {
        self.on_supervision::<BodyState, _>(meta, stream, |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            Ok(Decision::dated(body::tick(state, situation.now)))
        })
        .await
    }

    /// The year that is to be assessed now.
    pub fn assessment_year(&self) -> i32 {
        legal_day(self.now()).year()
    }
}

fn sheet(result: &BodyResult) -> Sheet {
    Sheet { unit: result.unit.clone(), group: result.group.clone(), lines: result.lines.clone(), total: result.total, grade: result.grade }
}

fn counts_of(sheet: &Sheet) -> BodyCounts {
    let items = sheet.lines.iter().map(|line| (line.item.clone(), line.counts)).collect();
    BodyCounts { unit: sheet.unit.clone(), group: sheet.group.clone(), items }
}
