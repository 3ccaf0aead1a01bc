//! A card (黄牌、红牌): the system records that the rulebook's ground has come, an officer issues it, the unit may object
//! (domain.md E1–E7, practice.md 12). The machine issues none. Stream `card-<uuid5>`.
//!
//! [`mod@trigger`] which cards a case calls for · [`mod@decide`] the steps of one card.

pub mod decide;
pub mod trigger;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::Role;
use crate::case::ClockKind;
use crate::duty::{Duty, Holder};
use crate::events::events;
use crate::folded::Folded;
use crate::ids::{AccountId, CardId, CaseId, NAMESPACE, UnitCode};
use crate::mark::{Change, MarkKind};
use crate::private::OfficeText;
use crate::time::Instant;

/// Yellow or red.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// 黄牌
    Yellow,
    /// 红牌
    Red,
}

impl Colour {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Yellow, Self::Red];

    /// The name in views and addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Yellow => "黄牌",
            Self::Red => "红牌",
        }
    }

    /// The colour of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.code() == code)
    }

    fn mark(self) -> MarkKind {
        match self {
            Self::Yellow => MarkKind::YellowCard,
            Self::Red => MarkKind::RedCard,
        }
    }
}

/// Which rule of the rulebook's `[cards]` called for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// `yellow_on_breach`: the handling limit was broken.
    YellowOnBreach,
    /// `red_after`: still not answered that long after the due instant.
    RedAfter,
    /// `red_on_rehandling`: handled again for the n-th time.
    RedOnRehandling,
}

impl Rule {
    /// The name in ids and in the codes of marks.
    pub fn code(self) -> &'static str {
        match self {
            Self::YellowOnBreach => "yellow_on_breach",
            Self::RedAfter => "red_after",
            Self::RedOnRehandling => "red_on_rehandling",
        }
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::YellowOnBreach => "办理超期",
            Self::RedAfter => "超期后仍未答复",
            Self::RedOnRehandling => "多次二次办理",
        }
    }

    /// The colour it calls for.
    pub fn colour(self) -> Colour {
        match self {
            Self::YellowOnBreach => Colour::Yellow,
            Self::RedAfter | Self::RedOnRehandling => Colour::Red,
        }
    }
}

impl CardId {
    /// The one card of a ground, whoever finds it first.
    pub fn of_ground(case: CaseId, clock: ClockKind, round: u8, rule: Rule) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("card/{}/{}/{round}/{}", case.0, clock.code(), rule.code()).as_bytes()))
    }
}

/// Where a card stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardStage {
    /// 待签发
    Triggered,
    /// 已签发
    Issued,
    /// 异议待裁
    Objected,
    /// 异议不成立
    Upheld,
    /// 已撤销
    Revoked,
    /// 不予签发
    Dismissed,
    /// 自动撤回
    Withdrawn,
}

impl CardStage {
    /// The name in views.
    pub fn code(self) -> &'static str {
        match self {
            Self::Triggered => "triggered",
            Self::Issued => "issued",
            Self::Objected => "objected",
            Self::Upheld => "upheld",
            Self::Revoked => "revoked",
            Self::Dismissed => "dismissed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Triggered => "待签发",
            Self::Issued => "已签发",
            Self::Objected => "异议待裁",
            Self::Upheld => "已签发（异议不成立）",
            Self::Revoked => "已撤销",
            Self::Dismissed => "不予签发",
            Self::Withdrawn => "依据消失，已撤回",
        }
    }

    /// Waits for an officer or counts against the unit.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Triggered | Self::Issued | Self::Objected | Self::Upheld)
    }

    /// Issued, and not taken back.
    pub fn counts(self) -> bool {
        matches!(self, Self::Issued | Self::Objected | Self::Upheld)
    }
}

/// The ground for a card has come. Happened at the instant that the rule names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Triggered {
    /// Colour.
    pub colour: Colour,
    /// Rule.
    pub rule: Rule,
    /// The case.
    pub case: CaseId,
    /// Its public number.
    pub number: String,
    /// Who held it when it went late.
    pub unit: UnitCode,
    /// Which limit.
    pub clock: ClockKind,
    /// 1 for the first handling.
    pub round: u8,
    /// The due instant of that limit.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub due: Instant,
    /// The events of the case that show it.
    pub evidence: Vec<Uuid>,
}

/// An officer issued the card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Issued {
    /// What the unit is told.
    pub words: OfficeText,
    /// The unit may object before this instant.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub object_until: Instant,
    /// Version of the calendar by which that was reckoned.
    pub calendar: String,
    /// Who issued it.
    pub by: AccountId,
}

/// An officer found that no card is to be issued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dismissed {
    /// Why.
    pub reason: OfficeText,
    /// Who.
    pub by: AccountId,
}

/// The unit's head objected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Objected {
    /// On what grounds.
    pub words: OfficeText,
    /// Who.
    pub by: AccountId,
}

/// The objection was found without ground.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Upheld {
    /// Why.
    pub reason: OfficeText,
    /// Who.
    pub by: AccountId,
}

/// The card no longer counts; it stays on record (E7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revoked {
    /// Why.
    pub reason: OfficeText,
    /// Who.
    pub by: AccountId,
}

/// The time to object has run out without an objection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lapsed {}

/// The case no longer gives the ground: its breach was withdrawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {}

events! {
    /// What happened to a card.
    CardEvent {
        /// The rulebook's ground for a card has come; no card yet (触发), at the instant of the rule. Again after a withdrawal when it comes again.
        Triggered(Triggered) => "card_triggered" 1,
        /// An officer issued the card; the unit may object until an instant (签发).
        Issued(Issued) => "card_issued" 1,
        /// An officer found that no card is to be issued (不予签发).
        Dismissed(Dismissed) => "card_dismissed" 1,
        /// The unit's head objected (异议).
        Objected(Objected) => "card_objected" 1,
        /// Another officer found the objection without ground (维持).
        Upheld(Upheld) => "card_upheld" 1,
        /// Another officer took the card back; it stays on record and no longer counts (撤销).
        Revoked(Revoked) => "card_revoked" 1,
        /// The time to object ran out without an objection, at that instant.
        Lapsed(Lapsed) => "card_lapsed" 1,
        /// The ground is gone, because the breach of the case was withdrawn.
        Withdrawn(Withdrawn) => "card_withdrawn" 1,
    }
}

/// What is known of a card; holds no words of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardState {
    /// Colour.
    pub colour: Colour,
    /// Rule.
    pub rule: Rule,
    /// The case.
    pub case: CaseId,
    /// Its public number.
    pub number: String,
    /// The unit.
    pub unit: UnitCode,
    /// Which limit.
    pub clock: ClockKind,
    /// Round of handling.
    pub round: u8,
    /// The due instant of that limit.
    pub due: Instant,
    /// The events of the case that show it.
    pub evidence: Vec<Uuid>,
    /// Where it stands.
    pub stage: CardStage,
    /// When the ground came.
    pub triggered_at: Instant,
    /// When issued.
    pub issued_at: Option<Instant>,
    /// Who issued it.
    pub issuer: Option<AccountId>,
    /// The unit may object before.
    pub object_until: Option<Instant>,
    /// The time to object is over, without an objection.
    pub lapsed: bool,
    /// When the unit objected.
    pub objected_at: Option<Instant>,
    /// When it came to its last stage.
    pub ended_at: Option<Instant>,
}

impl CardState {
    /// The card's id.
    pub fn id(&self) -> CardId {
        CardId::of_ground(self.case, self.clock, self.round, self.rule)
    }
}

impl Folded for CardState {
    type Event = CardEvent;
    const KIND: &'static str = "card";

    fn evolve(before: Option<Self>, at: Instant, event: &CardEvent) -> Option<Self> {
        if let CardEvent::Triggered(e) = event {
            return Some(Self {
                colour: e.colour,
                rule: e.rule,
                case: e.case,
                number: e.number.clone(),
                unit: e.unit.clone(),
                clock: e.clock,
                round: e.round,
                due: e.due,
                evidence: e.evidence.clone(),
                stage: CardStage::Triggered,
                triggered_at: at,
                issued_at: None,
                issuer: None,
                object_until: None,
                lapsed: false,
                objected_at: None,
                ended_at: None,
            });
        }
        let mut state = before?;
        let mut end = |stage| {
            state.stage = stage;
            state.ended_at = Some(at);
        };
        match event {
            CardEvent::Triggered(_) => {}
            CardEvent::Issued(e) => {
                state.stage = CardStage::Issued;
                state.issued_at = Some(at);
                state.issuer = Some(e.by);
                state.object_until = Some(e.object_until);
            }
            CardEvent::Objected(_) => {
                state.stage = CardStage::Objected;
                state.objected_at = Some(at);
            }
            CardEvent::Lapsed(_) => state.lapsed = true,
            CardEvent::Dismissed(_) => end(CardStage::Dismissed),
            CardEvent::Upheld(_) => end(CardStage::Upheld),
            CardEvent::Revoked(_) => end(CardStage::Revoked),
            CardEvent::Withdrawn(_) => end(CardStage::Withdrawn),
        }
        Some(state)
    }

    fn next_at(&self) -> Option<Instant> {
        self.object_until.filter(|_| self.stage == CardStage::Issued && !self.lapsed)
    }

    fn duties(&self) -> Vec<Duty> {
        match self.stage {
            CardStage::Triggered => vec![Duty::new(Holder::Office(Role::Director), "card_issue", self.triggered_at, None)],
            CardStage::Issued if !self.lapsed => {
                let since = self.issued_at.unwrap_or(self.triggered_at);
                vec![Duty::new(Holder::Unit(self.unit.clone()), "card_object", since, self.object_until)]
            }
            CardStage::Objected => {
                let since = self.objected_at.unwrap_or(self.triggered_at);
                vec![Duty::new(Holder::Office(Role::Director), "card_decide", since, None)]
            }
            _ => Vec::new(),
        }
    }

    fn marks(before: Option<&Self>, _at: Instant, event: &CardEvent, after: &Self) -> Vec<Change> {
        let counted = before.is_some_and(|before| before.stage.counts());
        match event {
            CardEvent::Issued(_) => vec![Change::add(&after.unit, after.colour.mark(), after.rule.code())],
            CardEvent::Revoked(_) | CardEvent::Withdrawn(_) if counted => vec![Change::Revoke(after.colour.mark())],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
