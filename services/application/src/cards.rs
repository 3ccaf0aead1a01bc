//! Cards: automation keeps what the case calls for, officers and units take the steps.

use domain::calendar::Calendar;
use domain::card::trigger::{Trigger, triggers};
use domain::card::{CardEvent, CardState, decide};
use domain::case::{CaseEvent, CaseState};
use domain::deadline::{DeadlineInput, deadline};
use domain::ids::{AccountId, CardId, CaseId};
use domain::refusal::Refusal;
use domain::time::{from_micros, micros};
use event_log::Envelope;
use uuid::Uuid;

use crate::access::cards::{CardAct, may};
use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};
use crate::supervision::{Decision, OpenedStream, StreamEntry};

/// The job that records grounds and takes back what lost its ground.
const JOB: &str = "cards";

/// What somebody does with a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardCommand {
    /// 签发
    Issue {
        /// What the unit is told.
        words: String,
    },
    /// 不予签发
    Dismiss {
        /// Why.
        reason: String,
    },
    /// 提出异议
    Object {
        /// Why.
        words: String,
    },
    /// 异议不成立
    Uphold {
        /// Why.
        reason: String,
    },
    /// 撤销
    Revoke {
        /// Why.
        reason: String,
    },
}

impl CardCommand {
    fn act(&self) -> CardAct {
        match self {
            Self::Issue { .. } => CardAct::Issue,
            Self::Dismiss { .. } => CardAct::Dismiss,
            Self::Object { .. } => CardAct::Object,
            Self::Uphold { .. } => CardAct::Uphold,
            Self::Revoke { .. } => CardAct::Revoke,
        }
    }
}

/// A card opened for a reader, with its case as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedCard {
    /// The card.
    pub card: OpenedStream<CardState>,
    /// Its case.
    pub case: CaseState,
    /// The events of the case that show the ground, private values closed.
    pub evidence: Vec<StreamEntry<CaseEvent>>,
}

impl Application {
    /// Does what the case calls for about one card: records its ground at the instant of the rule, or takes it back when
    /// the ground is gone. Both are found by folding case and card again; done once, whoever asks.
    ///
    /// # Errors
    /// [`Error::NotFound`] without such a case; log errors.
    pub async fn keep_card(&self, card: CardId, case: CaseId) -> Result<Done, Error> {
        let loaded = self.load_case(case).await?;
        if !loaded.state.exists() {
            return Err(Error::NotFound);
        }
        let ground = self.grounds(&loaded.state).into_iter().find(|ground| ground.card(case) == card);
        let evidence = match &ground {
            Some(ground) => shown_by(&loaded.envelopes, ground)?,
            None => Vec::new(),
        };
        // The second belt: the same state of the case leads to the same act in every process.
        let act = ground.as_ref().map_or_else(|| "withdraw".to_owned(), |ground| micros(ground.at).to_string());
        let command = Uuid::new_v5(&card.0, format!("{act}/{}", loaded.revision.unwrap_or_default()).as_bytes());
        let cause = evidence.last().copied().or_else(|| loaded.envelopes.last().map(|envelope| envelope.id));
        let meta = Meta { cause, ..self.job(JOB, command) };
        self.on_supervision::<CardState, _>(&meta, &card.stream(), |situation| {
            let (events, rulebook) = match (&ground, situation.state) {
                (Some(ground), state) => {
                    let events = decide::trigger(state, situation.now, case, &loaded.state.number, ground, evidence.clone());
                    (events, Some(ground.rulebook.clone()))
                }
                (None, Some(state)) => {
                    let mut events = decide::withdraw(state, situation.now);
                    if !events.is_empty() {
                        events.splice(0..0, decide::tick(state, situation.now));
                    }
                    (events, None)
                }
                (None, None) => (Vec::new(), None),
            };
            Ok(Decision { events, rulebook })
        })
        .await
    }

    fn grounds(&self, case: &CaseState) -> Vec<Trigger> {
        let reference = self.reference();
        let rules = |name: &str| reference.rulebooks.by_reference(name).map(|rules| rules.cards.clone());
        let calendar = |version: &str| -> &Calendar { reference.calendars.by_version(version).unwrap_or_else(|| reference.calendar()) };
        triggers(case, rules, calendar)
    }

    /// Lets the clock act on a card.
    ///
    /// # Errors
    /// [`Error::NotFound`]; log errors.
    pub(crate) async fn tick_card(&self, meta: &Meta, stream: &str) -> Result<Done, Error> {
        self.on_supervision::<CardState, _>(meta, stream, |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            Ok(Decision::dated(decide::tick(state, situation.now)))
        })
        .await
    }

    /// Takes a step with a card.
    ///
    /// # Errors
    /// [`Error::NotFound`] for who may not see it, [`Error::Forbidden`], [`Error::Refused`], [`Error::Clash`]; log errors.
    pub async fn on_card(&self, meta: &Meta, card: CardId, command: &CardCommand) -> Result<Done, Error> {
        let stream = card.stream();
        let known: CardState = self.stream_state(&stream).await?.ok_or(Error::NotFound)?;
        let case = self.load_case(known.case).await?.state;
        let by = account(meta)?;
        let reference = self.reference();
        self.on_supervision::<CardState, _>(meta, &stream, |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            if !may(&meta.actor, CardAct::View, state, &case, reference.as_ref()) {
                return Err(Error::NotFound);
            }
            if !may(&meta.actor, command.act(), state, &case, reference.as_ref()) {
                return Err(Error::Forbidden);
            }
            let now = situation.now;
            let rules = reference.rulebooks.resolve(now, now).ok_or(Error::NoRulebook)?;
            let step = |state: &CardState| -> Result<Vec<CardEvent>, Refusal> {
                let event = match command {
                    CardCommand::Issue { words } => {
                        let input = DeadlineInput::new(now, rules.cards.objection_limit());
                        let until = deadline(reference.calendar(), &input);
                        decide::issue(state, words, by, until.due, &until.calendar)?
                    }
                    CardCommand::Dismiss { reason } => decide::dismiss(state, reason, by)?,
                    CardCommand::Object { words } => decide::object(state, words, by, now)?,
                    CardCommand::Uphold { reason } => decide::uphold(state, reason, by)?,
                    CardCommand::Revoke { reason } => decide::revoke(state, reason, by)?,
                };
                Ok(vec![event])
            };
            Ok(Decision::after_clock(state, decide::tick(state, now), now, step)?.by(&rules))
        })
        .await
    }

    /// Opens a card for a reader.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the reader may not see it.
    pub async fn open_card(&self, actor: &Actor, card: CardId) -> Result<OpenedCard, Error> {
        let stream = card.stream();
        let known: CardState = self.stream_state(&stream).await?.ok_or(Error::NotFound)?;
        let loaded = self.load_case(known.case).await?;
        let (case, reference) = (loaded.state, self.reference());
        let card = self.open_supervision(&stream, |state| may(actor, CardAct::View, state, &case, reference.as_ref())).await?;
        let mut evidence = Vec::new();
        for envelope in loaded.envelopes.iter().filter(|envelope| card.state.evidence.contains(&envelope.id)) {
            evidence.push(StreamEntry {
                seq: envelope.seq,
                revision: envelope.revision,
                id: envelope.id,
                occurred_at: from_micros(envelope.occurred_at),
                recorded_at: from_micros(envelope.recorded_at),
                actor: envelope.actor.clone(),
                event: CaseEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)?,
            });
        }
        Ok(OpenedCard { card, case, evidence })
    }
}

/// The account that acts; steps of supervision are taken by people.
pub(crate) fn account(meta: &Meta) -> Result<AccountId, Error> {
    meta.actor.staff().map(|staff| staff.account).ok_or(Error::Forbidden)
}

/// The events of the case that show the ground.
fn shown_by(envelopes: &[Envelope], ground: &Trigger) -> Result<Vec<Uuid>, Error> {
    let mut found = Vec::new();
    for envelope in envelopes {
        if ground.shown_by(&CaseEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)?) {
            found.push(envelope.id);
        }
    }
    Ok(found)
}
