//! The events of a campaign.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Group;
use crate::events::events;
use crate::ids::UnitCode;
use crate::private::{OfficeRole, Private};

/// The words of a plan, shown to everybody once it is fixed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanWords {
    /// Title.
    pub title: String,
    /// The sampling frame: from which lists and how people are chosen (H5).
    pub frame: String,
    /// 表号 (H12).
    pub number: String,
    /// 制定机关.
    pub maker: String,
    /// 批准文号.
    pub approval: String,
    /// 有效期.
    pub valid: String,
}

/// A group in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPlan {
    /// Which.
    pub group: Group,
    /// Its weight; weights of a plan add up to 100.
    pub weight: u32,
    /// How many are to be invited.
    pub size: u64,
}

/// What is asked, of whom, about whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignPlanned {
    /// Its words.
    pub words: Private<PlanWords, OfficeRole>,
    /// The bodies, in the order of the questionnaire.
    pub bodies: Vec<UnitCode>,
    /// The groups.
    pub groups: Vec<GroupPlan>,
    /// A group counts for a body from so many graded ballots on (n_min, H7); at least [`super::SUPPRESS_BELOW`].
    pub least: u64,
    /// First day of voting.
    pub from: NaiveDate,
    /// Last day of voting.
    pub until: NaiveDate,
    /// Opinions in words are asked for.
    pub opinions: bool,
}

/// Frame, group sizes and weights are fixed and public from now on (H5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignLocked {
    /// Bodies.
    pub bodies: u64,
    /// People to be invited.
    pub size: u64,
}

/// A batch of one-time codes was made. The codes themselves are nowhere in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignInvited {
    /// The batch.
    pub batch: Uuid,
    /// For whom.
    pub group: Group,
    /// How many.
    pub count: u64,
    /// SHA-256 over the sorted hashes of its codes: codes cannot be added in secret.
    pub root: String,
}

/// Voting began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignOpened {}

/// What came of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupTally {
    /// Which.
    pub group: Group,
    /// Codes given out.
    pub invited: u64,
    /// Codes used.
    pub used: u64,
    /// Ballots in the box; the same as `used`, or the campaign is not closed.
    pub ballots: u64,
}

/// Opinions on one body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpinionTally {
    /// Place of the body in the plan, from 0.
    pub body: usize,
    /// Batches written.
    pub batches: u32,
    /// Opinions.
    pub count: u64,
}

/// Voting ended, the ballots are in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignClosed {
    /// By group.
    pub tally: Vec<GroupTally>,
    /// Batches of ballots written.
    pub batches: u32,
    /// SHA-256 over all ballots in the order of the batches, one line `group TAB grades` each.
    pub root: String,
    /// Opinions by body; bodies without any are left out.
    pub opinions: Vec<OpinionTally>,
}

/// How one group graded one body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Place of the body in the plan, from 0.
    pub body: usize,
    /// Which group.
    pub group: Group,
    /// Ballots with each grade, the best first.
    pub grades: [u64; 5],
    /// Said to know the body and then 不了解.
    pub unsure: u64,
    /// Did not deal with the body.
    pub unknown: u64,
}

/// The ballots are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignCounted {
    /// Every group by every body.
    pub cells: Vec<Cell>,
}

/// The report is open to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignPublished {}

events! {
    /// Events of a campaign.
    CampaignEvent {
        /// A public evaluation is planned: bodies, groups, weights, questionnaire
        Planned(CampaignPlanned) => "campaign_planned" 1,
        /// Frame, group sizes and weights are fixed and public
        Locked(CampaignLocked) => "campaign_locked" 1,
        /// A batch of one-time codes was made for a group
        Invited(CampaignInvited) => "campaign_invited" 1,
        /// Voting began
        Opened(CampaignOpened) => "campaign_opened" 1,
        /// Voting ended; tally, and where the ballots stand
        Closed(CampaignClosed) => "campaign_closed" 1,
        /// The ballots are counted by body and group
        Counted(CampaignCounted) => "campaign_counted" 1,
        /// The report is public
        Published(CampaignPublished) => "campaign_published" 1,
    }
}
