//! Commands on the draw of a check. What is drawn belongs to the check and is seen by whoever sees the check.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use domain::draw::{self, DrawState, Registers, Stratum};
use domain::inspection::{InspectionState, Target, decide};
use domain::mark::MarkKind;
use domain::refusal::Refusal;
use domain::time::{CHINA, Instant, legal_day};
use domain::unit::{Level, Nature};
use uuid::Uuid;

use crate::access::inspection::{Act, may};
use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::inspections::{account, stream};
use crate::store::{Application, Done};
use crate::supervision::{Decision, OpenedStream, Situation};

/// What a higher rate of draws hangs on: marks for which the unit answers (I14).
const AGAINST: [MarkKind; 4] = [MarkKind::Finding, MarkKind::ComplaintTrue, MarkKind::RedCard, MarkKind::RectificationOverdue];

/// The name of a draw's stream.
pub fn draw_stream(id: Uuid) -> String {
    format!("draw-{id}")
}

/// The first instant of the legal year of `now`.
pub fn year_start(now: Instant) -> Instant {
    let first = NaiveDate::from_ymd_opt(legal_day(now).year(), 1, 1).unwrap_or_default();
    first.and_time(NaiveTime::MIN).and_local_timezone(CHINA).single().map_or(now, |at| at.to_utc())
}

impl Application {
    /// The registers as they stand now for the plan of a check: units of the city and the counties that can be assessed,
    /// those with many marks against them by themselves.
    fn registers(&self, state: &InspectionState) -> Result<Registers, Error> {
        let Some(Target::Draw(lots)) = state.plan.known().map(|plan| &plan.target) else {
            return Err(Refusal::Stage("不需要抽取").into());
        };
        let (reference, now) = (self.reference(), self.now());
        // What is counted at this very moment counts.
        let until = now + TimeDelta::microseconds(1);
        let counts =
            self.projections.views().mark_counts(year_start(now), until, u64::MAX).map_err(|error| Error::Internal(error.to_string()))?;
        let against = |code: &domain::ids::UnitCode| -> u64 {
            counts.iter().filter(|(unit, kind, _, _)| unit == code && AGAINST.contains(kind)).map(|(.., n)| n).sum()
        };
        let units = reference.units().filter(|unit| {
            unit.closed.is_none()
                && unit.parent.is_some()
                && !unit.hotline
                && unit.nature != Nature::Coordinate
                && unit.level <= Level::County
        });
        let (focus, general) =
            units.map(|unit| unit.code.clone()).partition(|code| lots.focus > 0 && against(code) >= u64::from(lots.focus_marks.max(1)));
        let mut strata = Vec::new();
        if lots.focus > 0 {
            strata.push(Stratum { label: "重点".to_owned(), take: lots.focus, units: focus });
        }
        strata.push(Stratum { label: "一般".to_owned(), take: lots.general, units: general });
        Ok(Registers { strata, inspectors: state.team.clone(), per_unit: lots.per_unit, recusals: lots.recusals.clone() })
    }

    /// Records the registers and the hash of a seed that nobody has seen.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn commit_draw(&self, meta: &Meta, inspection: Uuid) -> Result<Done, Error> {
        let by = account(&meta.actor)?;
        let check = self.open_inspection(&meta.actor, inspection).await?.state;
        if !may(&meta.actor, Act::Work, Some(&check)) {
            return Err(Error::Forbidden);
        }
        if check.stage != domain::inspection::Stage::Approved {
            return Err(Refusal::Stage(check.stage.label()).into());
        }
        let registers = self.registers(&check)?;
        let mut bytes = [0; 32];
        self.vault.entropy().fill(&mut bytes);
        let seed = domain::veil::sha256_hex(&bytes);
        self.on_opened(meta, &draw_stream(draw::id_of(inspection)), |at: Situation<'_, DrawState>| {
            let events = draw::commit(at.state, inspection, by, registers.clone(), &seed, check.is_secret())?;
            Ok(Decision::now(at.now, events))
        })
        .await
    }

    /// Draws with the word given on the spot, and takes the result over into the check. Done again it goes on where it
    /// stopped, with the same result.
    ///
    /// # Errors
    /// As [`Self::commit_draw`].
    pub async fn reveal_draw(&self, meta: &Meta, inspection: Uuid, word: &str) -> Result<Done, Error> {
        let by = account(&meta.actor)?;
        let check = self.open_inspection(&meta.actor, inspection).await?.state;
        if !may(&meta.actor, Act::Work, Some(&check)) {
            return Err(Error::Forbidden);
        }
        let id = draw::id_of(inspection);
        let at_draw = Meta { command: Uuid::new_v5(&meta.command, b"draw"), based_on: None, ..meta.clone() };
        self.on_opened(&at_draw, &draw_stream(id), |at: Situation<'_, DrawState>| {
            let state = at.state.ok_or(Refusal::Missing)?;
            Ok(Decision::now(at.now, draw::reveal(state, by, word, check.is_secret())?))
        })
        .await?;
        let drawn = self.open_supervision::<DrawState>(&draw_stream(id), |_| true).await?.state;
        let result = drawn.revealed.and_then(|(_, revealed)| revealed.result.known().cloned()).ok_or(Refusal::Missing)?;
        self.on_inspection(meta, inspection, Act::Work, |state, _, _| decide::drawn(state, id, result.clone())).await
    }

    /// Opens a draw for whoever sees its check.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn open_draw(&self, actor: &Actor, id: Uuid) -> Result<OpenedStream<DrawState>, Error> {
        let closed: DrawState = self.stream_state(&draw_stream(id)).await?.ok_or(Error::NotFound)?;
        let check: InspectionState = self.stream_state(&stream(closed.committed.inspection)).await?.ok_or(Error::NotFound)?;
        if !may(actor, Act::View, Some(&check)) {
            return Err(Error::NotFound);
        }
        self.open_supervision(&draw_stream(id), |_| true).await
    }
}
