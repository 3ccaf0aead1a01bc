//! Commands on spot checks.

use domain::deadline::{Deadline, DeadlineInput, deadline};
use domain::ids::{AccountId, UnitCode};
use domain::inspection::decide::{self, Seen};
use domain::inspection::event::Photo;
use domain::inspection::{InspectionEvent, InspectionState, Mode, Plan};
use domain::rectification::Source;
use domain::refusal::Refusal;
use domain::rulebook::Rulebook;
use domain::time::Instant;
use std::sync::Arc;
use uuid::Uuid;

use crate::access::inspection::{Act, may, unit_of};
use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};
use crate::supervision::{Decision, OpenedStream, Situation};

/// The name of a check's stream.
pub fn stream(id: Uuid) -> String {
    format!("inspection-{id}")
}

/// The check of a form, so that a double submit is the same check.
pub fn of_form(form: Uuid) -> Uuid {
    Uuid::new_v5(&domain::ids::NAMESPACE, format!("inspection/{form}").as_bytes())
}

/// A new plan as it is handed in.
#[derive(Debug, Clone)]
pub struct NewPlan {
    /// Open or covert.
    pub mode: Mode,
    /// Who checks.
    pub team: Vec<AccountId>,
    /// What it is about.
    pub theme: String,
    /// The plan; its nonce is made here.
    pub plan: Plan,
}

/// What is recorded at a unit.
#[derive(Debug, Clone)]
pub struct NewFinding {
    /// Where.
    pub unit: UnitCode,
    /// Code of the finding.
    pub code: String,
    /// When it was seen.
    pub at: Instant,
    /// The place.
    pub place: String,
    /// What was seen.
    pub words: String,
    /// Photos, kept already.
    pub photos: Vec<Photo>,
}

/// The account of an actor.
pub(crate) fn account(actor: &Actor) -> Result<AccountId, Error> {
    actor.staff().map(|staff| staff.account).ok_or(Error::Forbidden)
}

impl Application {
    /// The rulebook in force.
    pub(crate) fn rules(&self) -> Result<Arc<Rulebook>, Error> {
        let now = self.now();
        self.reference().rulebooks.resolve(now, now).ok_or(Error::NoRulebook)
    }

    fn reply_by(&self, rules: &Rulebook) -> Deadline {
        deadline(self.reference().calendar(), &DeadlineInput::new(self.now(), rules.inspection.reply))
    }

    /// Plans a check; the same form again is the same check.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`].
    pub async fn plan_inspection(&self, meta: &Meta, id: Uuid, new: &NewPlan) -> Result<Done, Error> {
        let by = account(&meta.actor)?;
        let mut bytes = [0; 16];
        self.vault.entropy().fill(&mut bytes);
        let nonce = Uuid::from_bytes(bytes).simple().to_string();
        let plan = Plan { nonce, ..new.plan.clone() };
        let rules = self.rules()?;
        self.on_opened(meta, &stream(id), |at: Situation<'_, InspectionState>| {
            if !may(&meta.actor, Act::Plan, at.state) {
                return Err(Error::Forbidden);
            }
            let events = decide::plan(at.state, new.mode, &new.team, by, &new.theme, &plan, at.now)?;
            Ok(Decision::now(at.now, events).by(&rules))
        })
        .await
    }

    /// One act on a check: what may not be seen is not there.
    pub(crate) async fn on_inspection<F>(&self, meta: &Meta, id: Uuid, act: Act, decide: F) -> Result<Done, Error>
    where
        F: Fn(&InspectionState, AccountId, Instant) -> Result<Vec<InspectionEvent>, Refusal>,
    {
        let by = account(&meta.actor)?;
        let rules = self.rules()?;
        self.on_opened(meta, &stream(id), |at: Situation<'_, InspectionState>| {
            let state = at.state.filter(|state| may(&meta.actor, Act::View, Some(*state))).ok_or(Error::NotFound)?;
            if !may(&meta.actor, act, Some(state)) {
                return Err(Error::Forbidden);
            }
            Ok(Decision::after_clock(state, decide::tick(state, at.now), at.now, |state| decide(state, by, at.now))?.by(&rules))
        })
        .await
    }

    /// Approves a plan.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Forbidden`], [`Error::NotFound`].
    pub async fn approve_inspection(&self, meta: &Meta, id: Uuid) -> Result<Done, Error> {
        self.on_inspection(meta, id, Act::Approve, |state, by, _| decide::approve(state, by)).await
    }

    /// Does not approve a plan.
    ///
    /// # Errors
    /// As [`Self::approve_inspection`].
    pub async fn refuse_inspection(&self, meta: &Meta, id: Uuid, reason: &str) -> Result<Done, Error> {
        self.on_inspection(meta, id, Act::Approve, |state, by, _| decide::refuse(state, by, reason)).await
    }

    /// Records a visit and what was found in order.
    ///
    /// # Errors
    /// As [`Self::approve_inspection`].
    pub async fn visit_unit(&self, meta: &Meta, id: Uuid, unit: &UnitCode, fine: &[String]) -> Result<Done, Error> {
        self.on_inspection(meta, id, Act::Work, |state, by, _| decide::visit(state, unit, fine, by)).await
    }

    /// Records a finding as the first of two signers.
    ///
    /// # Errors
    /// As [`Self::approve_inspection`].
    pub async fn record_finding(&self, meta: &Meta, id: Uuid, new: &NewFinding) -> Result<Done, Error> {
        let rules = self.rules()?;
        let (label, points) = rules.finding(&new.code).map_or_else(Default::default, |rule| (rule.label.clone(), rule.points.clone()));
        self.on_inspection(meta, id, Act::Work, |state, by, now| {
            let seen = Seen {
                unit: &new.unit,
                code: &new.code,
                label: &label,
                points: &points,
                at: new.at,
                place: &new.place,
                words: &new.words,
                photos: &new.photos,
            };
            decide::find(state, &seen, by, now)
        })
        .await
    }

    /// Signs a finding as the second.
    ///
    /// # Errors
    /// As [`Self::approve_inspection`].
    pub async fn sign_finding(&self, meta: &Meta, id: Uuid, number: u32) -> Result<Done, Error> {
        let reply = self.reply_by(self.rules()?.as_ref());
        self.on_inspection(meta, id, Act::Work, |state, by, _| decide::sign(state, number, by, reply.clone())).await
    }

    /// Ends the check on the spot.
    ///
    /// # Errors
    /// As [`Self::approve_inspection`].
    pub async fn end_inspection(&self, meta: &Meta, id: Uuid) -> Result<Done, Error> {
        let reply = self.reply_by(self.rules()?.as_ref());
        self.on_inspection(meta, id, Act::Work, |state, by, _| decide::done(state, by, reply.clone())).await
    }

    /// Confirms a finding.
    ///
    /// # Errors
    /// As [`Self::approve_inspection`].
    pub async fn confirm_finding(&self, meta: &Meta, id: Uuid, number: u32, reason: &str) -> Result<Done, Error> {
        self.on_inspection(meta, id, Act::Decide, |state, by, _| decide::confirm(state, number, by, reason)).await
    }

    /// Drops a finding, and withdraws the rectification that was ordered on it: without the finding it has no ground.
    ///
    /// # Errors
    /// As [`Self::approve_inspection`].
    pub async fn drop_finding(&self, meta: &Meta, id: Uuid, number: u32, reason: &str) -> Result<Done, Error> {
        let dropped = self.on_inspection(meta, id, Act::Decide, |state, by, _| decide::drop_finding(state, number, by, reason)).await?;
        let rectification = Source::Finding { inspection: id, finding: number }.rectification();
        let command = Uuid::new_v5(&meta.command, rectification.as_bytes());
        let meta = Meta { command, based_on: None, ..meta.clone() };
        // Ended in between, it stays open and is withdrawn by hand, from the finding's page.
        match self.withdraw_rectification(&meta, rectification, reason).await {
            Ok(withdrawn) => Ok(Done { seq: withdrawn.seq.max(dropped.seq), ..dropped }),
            Err(Error::NotFound | Error::Refused(Refusal::Stage(_))) => Ok(dropped),
            Err(error) => Err(error),
        }
    }

    /// The unit replies to a finding.
    ///
    /// # Errors
    /// [`Error::Refused`]; [`Error::NotFound`] for another unit.
    pub async fn reply_to_finding(&self, meta: &Meta, id: Uuid, number: u32, agrees: bool, words: &str) -> Result<Done, Error> {
        let by = account(&meta.actor)?;
        let unit = unit_of(&meta.actor).ok_or(Error::NotFound)?;
        self.on_opened(meta, &stream(id), |at: Situation<'_, InspectionState>| {
            let state = at.state.ok_or(Error::NotFound)?;
            let reply = |state: &InspectionState| decide::reply(state, number, unit, by, agrees, words, at.now);
            Ok(Decision::after_clock(state, decide::tick(state, at.now), at.now, reply)?)
        })
        .await
    }

    /// Opens a check for somebody of oversight.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn open_inspection(&self, actor: &Actor, id: Uuid) -> Result<OpenedStream<InspectionState>, Error> {
        self.open_supervision(&stream(id), |state| may(actor, Act::View, Some(state))).await
    }

    /// Opens a check for a unit: only the findings against it that it has been told of are left in it.
    ///
    /// # Errors
    /// [`Error::NotFound`] also when there is none.
    pub async fn open_findings(&self, actor: &Actor, id: Uuid) -> Result<OpenedStream<InspectionState>, Error> {
        let unit = unit_of(actor).ok_or(Error::NotFound)?;
        let own = |state: &InspectionState| state.findings.iter().any(|one| one.is_told() && one.unit() == Some(unit));
        let mut opened = self.open_supervision::<InspectionState>(&stream(id), own).await?;
        opened.state.findings.retain(|one| one.is_told() && one.unit() == Some(unit));
        opened.entries.clear();
        Ok(opened)
    }

    /// What the clock does about a check.
    pub(crate) async fn tick_inspection(&self, meta: &Meta, stream: &str) -> Result<Done, Error> {
        self.on_opened(meta, stream, |at: Situation<'_, InspectionState>| {
            let state = at.state.ok_or(Error::NotFound)?;
            if !may(&meta.actor, Act::Automate, at.state) {
                return Err(Error::Forbidden);
            }
            Ok(Decision::dated(decide::tick(state, at.now)))
        })
        .await
    }
}
