//! Cards: the grounds that a case gives and that are not on record yet, cards whose ground is gone, and lists of cards.

mod query;
pub(crate) mod write;

use domain::card::{CardStage, CardState, Colour};
use domain::ids::{CardId, CaseId, UnitCode};
use domain::time::Instant;

use crate::views::streams::StreamRow;

/// Something about a card that automation has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardDue {
    /// The card, which may not exist yet.
    pub card: CardId,
    /// Its case.
    pub case: CaseId,
    /// Since when: the instant of the rule.
    pub at: Instant,
    /// The ground of the card is gone.
    pub gone: bool,
}

/// Which cards a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardTab {
    /// 待签发
    Waiting,
    /// 已签发, in force
    Issued,
    /// 异议待裁
    Objected,
    /// Everything else: not issued, revoked, withdrawn.
    Ended,
}

impl CardTab {
    /// All.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Issued, Self::Objected, Self::Ended];

    /// Where a stage is listed.
    pub fn of(stage: CardStage) -> Self {
        match stage {
            CardStage::Triggered => Self::Waiting,
            CardStage::Issued | CardStage::Upheld => Self::Issued,
            CardStage::Objected => Self::Objected,
            CardStage::Revoked | CardStage::Dismissed | CardStage::Withdrawn => Self::Ended,
        }
    }

    /// The name in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Issued => "issued",
            Self::Objected => "objected",
            Self::Ended => "ended",
        }
    }

    /// The tab of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.code() == code)
    }
}

/// What a list of cards asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CardFilter {
    /// The tab; none = all.
    pub tab: Option<CardTab>,
    /// The unit; none = all.
    pub unit: Option<UnitCode>,
    /// The colour; none = both.
    pub colour: Option<Colour>,
}

/// A card as the views know it.
pub type CardRow = StreamRow<CardState>;
