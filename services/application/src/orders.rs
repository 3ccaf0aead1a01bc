//! Supervision orders: issued by the office, fed back by the unit, accepted or sent back.

use domain::account::StaffKind;
use domain::deadline::{Deadline, DeadlineInput, deadline};
use domain::ids::{CardId, CaseId, OrderId, UnitCode};
use domain::limit::Limit;
use domain::order::decide::{self, NewOrder};
use domain::order::{Ground, OrderColour, OrderState};
use domain::refusal::Refusal;
use uuid::Uuid;

use crate::access::Act;
use crate::access::orders::{OrderAct, issues, may};
use crate::actor::{Actor, Meta};
use crate::cards::account;
use crate::error::Error;
use crate::store::{Application, Done};
use crate::supervision::{Decision, OpenedStream};

/// What an order is to rest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroundGiven {
    /// A case.
    Case(CaseId),
    /// A card.
    Card(CardId),
    /// A finding: the stream it stands in.
    Finding(String),
    /// Told in the words of the order.
    Other,
}

/// An order to be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderGiven {
    /// The unit.
    pub unit: UnitCode,
    /// On what.
    pub ground: GroundGiven,
    /// Colour.
    pub colour: OrderColour,
    /// What is to be done and reported.
    pub requirement: String,
    /// Working days to feed back; none = the rulebook's.
    pub days: Option<u16>,
}

/// What somebody does with an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderCommand {
    /// 反馈
    Feedback {
        /// What was done.
        words: String,
    },
    /// 办结销号
    Accept {
        /// What was found.
        words: String,
    },
    /// 退回
    SendBack {
        /// What is missing.
        reason: String,
        /// Working days to feed back again; none = the rulebook's.
        days: Option<u16>,
    },
    /// 催办
    Urge {
        /// What the unit is told.
        words: String,
    },
    /// 撤回
    Withdraw {
        /// Why.
        reason: String,
    },
}

impl OrderCommand {
    fn act(&self) -> OrderAct {
        match self {
            Self::Feedback { .. } => OrderAct::Feedback,
            Self::Accept { .. } | Self::SendBack { .. } | Self::Urge { .. } => OrderAct::Review,
            Self::Withdraw { .. } => OrderAct::Withdraw,
        }
    }
}

/// The order of a form, so that a double submit is the same order.
pub fn order_of_form(form: Uuid) -> OrderId {
    OrderId(Uuid::new_v5(&domain::ids::NAMESPACE, format!("order/{form}").as_bytes()))
}

impl Application {
    /// Issues an order; `meta.command` names it ([`order_of_form`]).
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`] for a case or card that the officer may not see, [`Error::Refused`]; log
    /// errors.
    pub async fn issue_order(&self, meta: &Meta, given: &OrderGiven) -> Result<(OrderId, Done), Error> {
        let staff = meta.actor.staff().ok_or(Error::Forbidden)?;
        if !issues(staff) {
            return Err(Error::Forbidden);
        }
        let (order, by) = (order_of_form(meta.command), account(meta)?);
        let ground = self.ground(&meta.actor, given).await?;
        let reference = self.reference();
        if reference.unit(&given.unit).is_none_or(|unit| unit.closed.is_some()) {
            return Err(Refusal::field("unit", "这个单位不在名册里或已撤销，请重新填写").into());
        }
        let new = NewOrder { unit: given.unit.clone(), ground, colour: given.colour, requirement: given.requirement.clone() };
        let done = self
            .on_supervision::<OrderState, _>(meta, &order.stream(), |situation| {
                let rules = reference.rulebooks.resolve(situation.now, situation.now).ok_or(Error::NoRulebook)?;
                let limit = given.days.map(decide::days).transpose()?.unwrap_or_else(|| rules.order_limit());
                let due = deadline(reference.calendar(), &DeadlineInput::new(situation.now, limit));
                let event = decide::issue(situation.state, &new, limit, &due, by)?;
                Ok(Decision::now(situation.now, vec![event]).by(&rules))
            })
            .await?;
        Ok((order, done))
    }

    /// What the order rests on, looked up in the log; what the officer may not see is not there.
    async fn ground(&self, actor: &Actor, given: &OrderGiven) -> Result<Ground, Error> {
        let (case, card) = match &given.ground {
            GroundGiven::Case(case) => (*case, None),
            GroundGiven::Card(card) => (self.open_card(actor, *card).await?.card.state.case, Some(*card)),
            GroundGiven::Finding(stream) => {
                let id = stream.strip_prefix("inspection-").and_then(|id| Uuid::try_parse(id).ok()).ok_or(Error::NotFound)?;
                let check = self.open_inspection(actor, id).await?.state;
                // Of a finding against another unit nobody else is told.
                if !check.findings.iter().any(|one| one.is_confirmed() && one.unit() == Some(&given.unit)) {
                    return Err(Refusal::field("unit", "这次检查没有认定这个单位的问题，只能向被认定的单位发督办单").into());
                }
                return Ok(Ground::Finding { stream: stream.clone() });
            }
            GroundGiven::Other => return Ok(Ground::Other),
        };
        let state = self.load_case(case).await?.state;
        let reference = self.reference();
        if !state.exists() || !crate::access::may(actor, Act::View, &state, reference.as_ref()) {
            return Err(Error::NotFound);
        }
        // An order names the case: whoever may not know of it gets none about it.
        if (state.wrongdoing || state.confidential) && state.unit.as_ref() != Some(&given.unit) {
            return Err(Refusal::field("unit", "这件诉求涉及举报或要求保密，只能向它的承办单位发督办单").into());
        }
        let number = state.number;
        Ok(match card {
            Some(card) => Ground::Card { card, case, number },
            None => Ground::Case { case, number },
        })
    }

    /// Lets the clock act on an order.
    ///
    /// # Errors
    /// [`Error::NotFound`]; log errors.
    pub(crate) async fn tick_order(&self, meta: &Meta, stream: &str) -> Result<Done, Error> {
        self.on_supervision::<OrderState, _>(meta, stream, |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            Ok(Decision::dated(decide::tick(state, situation.now)))
        })
        .await
    }

    /// Takes a step with an order.
    ///
    /// # Errors
    /// [`Error::NotFound`] for who may not see it, [`Error::Forbidden`], [`Error::Refused`], [`Error::Clash`]; log errors.
    pub async fn on_order(&self, meta: &Meta, order: OrderId, command: &OrderCommand) -> Result<Done, Error> {
        let (by, reference) = (account(meta)?, self.reference());
        if let Some(state) = self.stream_state::<OrderState>(&order.stream()).await? {
            self.may_know(&meta.actor, &state).await?;
        }
        self.on_supervision::<OrderState, _>(meta, &order.stream(), |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            if !may(&meta.actor, OrderAct::View, state) {
                return Err(Error::NotFound);
            }
            if !may(&meta.actor, command.act(), state) {
                return Err(Error::Forbidden);
            }
            let now = situation.now;
            // Whether automation has come round makes no difference to what is on record.
            let clock = || decide::tick(state, now);
            let event = match command {
                OrderCommand::Feedback { words } => return Ok(Decision::dated(decide::feedback(state, words, by, now)?)),
                OrderCommand::Accept { words } => decide::accept(state, words, by)?,
                OrderCommand::Urge { words } => decide::urge(state, words, by)?,
                OrderCommand::Withdraw { reason } => {
                    return Decision::after_clock(state, clock(), now, |state| Ok(vec![decide::withdraw(state, reason, by)?]));
                }
                OrderCommand::SendBack { reason, days } => {
                    let rules = reference.rulebooks.resolve(now, now).ok_or(Error::NoRulebook)?;
                    let limit: Limit = days.map(decide::days).transpose()?.unwrap_or_else(|| rules.order_limit());
                    let due: Deadline = deadline(reference.calendar(), &DeadlineInput::new(now, limit));
                    let event = decide::send_back(state, reason, limit, &due, by)?;
                    return Ok(Decision::now(now, vec![event]).by(&rules));
                }
            };
            Ok(Decision::now(now, vec![event]))
        })
        .await
    }

    /// Opens an order for a reader.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the reader may not see it.
    pub async fn open_order(&self, actor: &Actor, order: OrderId) -> Result<OpenedStream<OrderState>, Error> {
        let opened = self.open_supervision(&order.stream(), |state| may(actor, OrderAct::View, state)).await?;
        self.may_know(actor, &opened.state).await?;
        Ok(opened)
    }

    /// Outsourced staff find no order about a report of wrongdoing.
    async fn may_know(&self, actor: &Actor, order: &OrderState) -> Result<(), Error> {
        if let (Some((case, _)), Some(staff)) = (order.ground.case(), actor.staff())
            && staff.kind != StaffKind::CivilServant
            && self.load_case(case).await?.state.wrongdoing
        {
            return Err(Error::NotFound);
        }
        Ok(())
    }
}
