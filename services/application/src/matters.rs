//! Supervised matters: set with all their units, fed back task by task, closed as a whole.

use domain::ids::{MatterId, UnitCode};
use domain::matter::decide::{self, NewMatter};
use domain::matter::{MatterEvent, MatterSet, MatterState, TaskState};
use domain::refusal::Refusal;
use domain::time::Instant;
use uuid::Uuid;

use crate::access::matters::{MatterAct, answers, may, sees_task};
use crate::actor::{Actor, Meta};
use crate::cards::account;
use crate::error::Error;
use crate::store::{Application, Done};
use crate::supervision::{Decision, OpenedStream};

/// The job that gives every unit its task.
const JOB: &str = "matters";

/// What somebody does with a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskCommand {
    /// 反馈进展
    Feedback {
        /// 0–100.
        percent: u8,
        /// What was done.
        words: String,
    },
    /// 同意
    Accept {
        /// What was found.
        words: String,
    },
    /// 退回
    SendBack {
        /// What is missing.
        reason: String,
    },
    /// 延期
    Extend {
        /// Why.
        reason: String,
        /// The new due instant.
        due: Instant,
    },
}

/// A task opened for a reader, with what its matter asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedTask {
    /// The task.
    pub task: OpenedStream<TaskState>,
    /// The matter, without the words of its source.
    pub matter: MatterSet,
}

/// The matter of a form, so that a double submit is the same matter.
pub fn matter_of_form(form: Uuid) -> MatterId {
    MatterId(Uuid::new_v5(&domain::ids::NAMESPACE, format!("matter/{form}").as_bytes()))
}

impl Application {
    /// Sets a matter and gives every unit its task; `meta.command` names it ([`matter_of_form`]).
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Refused`]; log errors.
    pub async fn set_matter(&self, meta: &Meta, new: &NewMatter) -> Result<(MatterId, Done), Error> {
        if !may(&meta.actor, MatterAct::Manage) {
            return Err(Error::Forbidden);
        }
        let (matter, by, reference) = (matter_of_form(meta.command), account(meta)?, self.reference());
        let open = |unit: &UnitCode| reference.unit(unit).is_some_and(|unit| unit.closed.is_none());
        if !open(&new.lead) {
            return Err(Refusal::field("lead", "这个单位不在名册里或已撤销，请重新填写").into());
        }
        if !new.assisting.iter().all(open) {
            return Err(Refusal::field("assisting", "有单位不在名册里或已撤销，请重新填写").into());
        }
        let done = self
            .on_supervision::<MatterState, _>(meta, &matter.stream(), |situation| {
                let event = decide::set(situation.state, new, by, situation.now)?;
                Ok(Decision::now(situation.now, vec![event]))
            })
            .await?;
        // What a crash leaves undone here, the clock does.
        let assigned = self.drive_matter(matter).await?;
        Ok((matter, Done { seq: assigned.seq.max(done.seq), ..done }))
    }

    /// Gives every unit of a matter its task and says so; once, whoever comes first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; log errors.
    pub(crate) async fn drive_matter(&self, matter: MatterId) -> Result<Done, Error> {
        let stream = matter.stream();
        let state: MatterState = self.stream_state(&stream).await?.ok_or(Error::NotFound)?;
        for (unit, part) in state.units() {
            let task = matter.task(unit);
            let meta = self.job(JOB, Uuid::new_v5(&matter.0, task.as_bytes()));
            self.on_supervision::<TaskState, _>(&meta, &task, |situation| {
                let events = decide::assign(situation.state, matter, unit, part, state.due);
                Ok(Decision::dated(events.into_iter().map(|event| (state.set_at, event)).collect()))
            })
            .await?;
        }
        let meta = self.job(JOB, Uuid::new_v5(&matter.0, b"assigned"));
        self.on_supervision::<MatterState, _>(&meta, &stream, |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            Ok(Decision::dated(decide::assigned(state).into_iter().map(|event| (state.set_at, event)).collect()))
        })
        .await
    }

    /// Lets the clock act on a task.
    ///
    /// # Errors
    /// [`Error::NotFound`]; log errors.
    pub(crate) async fn tick_task(&self, meta: &Meta, stream: &str) -> Result<Done, Error> {
        self.on_supervision::<TaskState, _>(meta, stream, |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            Ok(Decision::dated(decide::tick(state, situation.now)))
        })
        .await
    }

    /// Lets the clock act on a matter.
    ///
    /// # Errors
    /// [`Error::NotFound`]; log errors.
    pub(crate) async fn tick_matter(&self, stream: &str) -> Result<Done, Error> {
        self.drive_matter(MatterId::from_stream(stream).ok_or(Error::NotFound)?).await
    }

    /// Takes a step with the task of a unit.
    ///
    /// # Errors
    /// [`Error::NotFound`] for who may not see it, [`Error::Forbidden`], [`Error::Refused`], [`Error::Clash`]; log errors.
    pub async fn on_task(&self, meta: &Meta, matter: MatterId, unit: &UnitCode, command: &TaskCommand) -> Result<Done, Error> {
        let by = account(meta)?;
        if !sees_task(&meta.actor, unit) {
            return Err(Error::NotFound);
        }
        let allowed = match command {
            TaskCommand::Feedback { .. } => meta.actor.staff().is_some_and(|staff| answers(staff, unit)),
            _ => may(&meta.actor, MatterAct::Manage),
        };
        self.on_supervision::<TaskState, _>(meta, &matter.task(unit), |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            if !allowed {
                return Err(Error::Forbidden);
            }
            let now = situation.now;
            let event = match command {
                TaskCommand::Feedback { percent, words } => return Ok(Decision::dated(decide::feedback(state, *percent, words, by, now)?)),
                TaskCommand::Extend { reason, due } => return Ok(Decision::dated(decide::extend(state, reason, *due, by, now)?)),
                TaskCommand::Accept { words } => decide::accept(state, words, by)?,
                TaskCommand::SendBack { reason } => decide::send_back(state, reason, by)?,
            };
            Ok(Decision::now(now, vec![event]))
        })
        .await
    }

    /// Closes a matter with what is left of its tasks. The tasks end first, so that a repeat after a crash finds the rest.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Refused`]; log errors.
    pub async fn close_matter(&self, meta: &Meta, matter: MatterId, words: &str) -> Result<Done, Error> {
        if !may(&meta.actor, MatterAct::View) {
            return Err(Error::NotFound);
        }
        let (by, stream) = (account(meta)?, matter.stream());
        let state: MatterState = self.stream_state(&stream).await?.ok_or(Error::NotFound)?;
        if !may(&meta.actor, MatterAct::Manage) {
            return Err(Error::Forbidden);
        }
        if state.closed_at.is_none() {
            decide::close(&state, words, by)?;
            for (unit, _) in state.units() {
                let meta = Meta { command: Uuid::new_v5(&meta.command, unit.as_str().as_bytes()), based_on: None, ..meta.clone() };
                self.on_supervision::<TaskState, _>(&meta, &matter.task(unit), |situation| {
                    Ok(Decision::dated(situation.state.map(|task| decide::end(task, situation.now)).unwrap_or_default()))
                })
                .await?;
            }
        }
        self.on_supervision::<MatterState, _>(meta, &stream, |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            Ok(Decision::now(situation.now, vec![decide::close(state, words, by)?]))
        })
        .await
    }

    /// Opens a matter for a reader; the words of its source only for those who may see them.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the reader may not see it.
    pub async fn open_matter(&self, actor: &Actor, matter: MatterId) -> Result<OpenedStream<MatterState>, Error> {
        let mut opened: OpenedStream<MatterState> = self.open_supervision(&matter.stream(), |_| may(actor, MatterAct::View)).await?;
        if !may(actor, MatterAct::ViewWording) {
            for entry in &mut opened.entries {
                if let MatterEvent::Set(set) = &mut entry.event {
                    set.wording = None;
                }
            }
        }
        Ok(opened)
    }

    /// Opens the task of a unit for a reader.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the reader may not see it.
    pub async fn open_task(&self, actor: &Actor, matter: MatterId, unit: &UnitCode) -> Result<OpenedTask, Error> {
        let task = self.open_supervision::<TaskState>(&matter.task(unit), |task| sees_task(actor, &task.unit)).await?;
        let opened: OpenedStream<MatterState> = self.open_supervision(&matter.stream(), |_| true).await?;
        let set = opened.entries.into_iter().find_map(|entry| match entry.event {
            MatterEvent::Set(set) => Some(set),
            _ => None,
        });
        Ok(OpenedTask { task, matter: MatterSet { wording: None, ..set.ok_or(Error::NotFound)? } })
    }
}
