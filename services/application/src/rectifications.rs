//! Commands on rectifications.

use domain::deadline::{DeadlineInput, due};
use domain::ids::{AccountId, UnitCode};
use domain::inspection::InspectionState;
use domain::inspection::event::Photo;
use domain::rectification::{self, RectificationEvent, RectificationState, Source};
use domain::refusal::Refusal;
use domain::time::Instant;
use uuid::Uuid;

use crate::access::inspection as checks;
use crate::access::rectification::{Act, may};
use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::inspections::account;
use crate::store::{Application, Done};
use crate::supervision::{Decision, OpenedStream, Situation};

/// The name of a rectification's stream.
pub fn rectification_stream(id: Uuid) -> String {
    format!("rectification-{id}")
}

impl Application {
    /// Orders a rectification for a source. Who calls it has asked whether the actor may and the source is there;
    /// [`Self::order_rectification`] does so for findings. Without `until` the rulebook's limit counts.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub async fn begin_rectification(
        &self,
        meta: &Meta,
        unit: &UnitCode,
        source: &Source,
        what: &str,
        until: Option<Instant>,
    ) -> Result<Done, Error> {
        let by = account(&meta.actor)?;
        let rules = self.rules()?;
        let by_rule = || due(self.reference().calendar(), &DeadlineInput::new(self.now(), rules.inspection.rectification)).0;
        let until = until.unwrap_or_else(by_rule);
        self.on_supervision(meta, &rectification_stream(source.rectification()), |at: Situation<'_, RectificationState>| {
            let events = rectification::order(at.state, unit, source, by, what, until, at.now)?;
            Ok(Decision::now(at.now, events).by(&rules))
        })
        .await
    }

    /// Orders the rectification of a confirmed finding.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn order_rectification(
        &self,
        meta: &Meta,
        inspection: Uuid,
        number: u32,
        what: &str,
        until: Option<Instant>,
    ) -> Result<Done, Error> {
        let check: InspectionState = self.open_inspection(&meta.actor, inspection).await?.state;
        if !checks::may(&meta.actor, checks::Act::Order, Some(&check)) {
            return Err(Error::Forbidden);
        }
        let finding = check.finding(number).ok_or(Error::NotFound)?;
        if !finding.is_confirmed() {
            return Err(Refusal::Stage("还没有确认").into());
        }
        let unit = finding.unit().ok_or(Error::NotFound)?;
        self.begin_rectification(meta, unit, &Source::Finding { inspection, finding: number }, what, until).await
    }

    async fn on_rectification<F>(&self, meta: &Meta, id: Uuid, act: Act, decide: F) -> Result<Done, Error>
    where
        F: Fn(&RectificationState, AccountId, Instant) -> Result<Vec<RectificationEvent>, Refusal>,
    {
        let by = account(&meta.actor)?;
        self.on_supervision(meta, &rectification_stream(id), |at: Situation<'_, RectificationState>| {
            let state = at.state.filter(|state| may(&meta.actor, Act::View, state)).ok_or(Error::NotFound)?;
            if !may(&meta.actor, act, state) {
                return Err(Error::Forbidden);
            }
            Ok(Decision::after_clock(state, rectification::tick(state, at.now), at.now, |state| decide(state, by, at.now))?)
        })
        .await
    }

    /// The unit names who is responsible and what will be done.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn plan_rectification(&self, meta: &Meta, id: Uuid, responsible: &str, measure: &str) -> Result<Done, Error> {
        self.on_rectification(meta, id, Act::Work, |state, by, _| rectification::plan(state, &state.unit, by, responsible, measure)).await
    }

    /// The unit reports with evidence that is kept already.
    ///
    /// # Errors
    /// As [`Self::plan_rectification`].
    pub async fn report_rectification(&self, meta: &Meta, id: Uuid, words: &str, photos: &[Photo]) -> Result<Done, Error> {
        self.on_rectification(meta, id, Act::Work, |state, by, _| rectification::report(state, &state.unit, by, words, photos)).await
    }

    /// Accepts it.
    ///
    /// # Errors
    /// As [`Self::plan_rectification`].
    pub async fn accept_rectification(&self, meta: &Meta, id: Uuid, words: &str) -> Result<Done, Error> {
        self.on_rectification(meta, id, Act::Accept, |state, by, _| rectification::accept(state, by, words)).await
    }

    /// Gives it back.
    ///
    /// # Errors
    /// As [`Self::plan_rectification`].
    pub async fn return_rectification(&self, meta: &Meta, id: Uuid, reason: &str, until: Instant) -> Result<Done, Error> {
        self.on_rectification(meta, id, Act::Accept, |state, by, now| rectification::give_back(state, by, reason, until, now)).await
    }

    /// Asks for it no more.
    ///
    /// # Errors
    /// As [`Self::plan_rectification`].
    pub async fn withdraw_rectification(&self, meta: &Meta, id: Uuid, reason: &str) -> Result<Done, Error> {
        self.on_rectification(meta, id, Act::Withdraw, |state, by, _| rectification::withdraw(state, by, reason)).await
    }

    /// Opens a rectification.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn open_rectification(&self, actor: &Actor, id: Uuid) -> Result<OpenedStream<RectificationState>, Error> {
        self.open_supervision(&rectification_stream(id), |state| may(actor, Act::View, state)).await
    }

    /// What the clock does about a rectification.
    pub(crate) async fn tick_rectification(&self, meta: &Meta, stream: &str) -> Result<Done, Error> {
        self.on_supervision(meta, stream, |at: Situation<'_, RectificationState>| {
            let state = at.state.ok_or(Error::NotFound)?;
            if !may(&meta.actor, Act::Automate, state) {
                return Err(Error::Forbidden);
            }
            Ok(Decision::dated(rectification::tick(state, at.now)))
        })
        .await
    }
}
