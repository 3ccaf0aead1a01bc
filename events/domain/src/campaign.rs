//! Public evaluation (公众评议): a campaign in which invited people grade bodies, one anonymous ballot for each one-time code.
//!
//! The campaign's stream holds the plan, what is fixed before it opens (domain.md H5), how many codes were given out, the
//! tally and the counts. Ballots lie in the ballot box until closing and then, shuffled, in streams of their own
//! ([`ballot`]), so that every figure can be computed again from the log for ever.

pub mod ballot;
pub mod event;
pub mod mask;
pub mod results;
pub mod state;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use event::CampaignEvent;
pub use state::{Campaign, Stage};

use crate::ids::NAMESPACE;

/// Characters of an opinion on one body.
pub const OPINION_CHARS: usize = 300;
/// Bodies that one campaign asks about at most; the pages of a ballot list all of them.
pub const MOST_BODIES: usize = 60;
/// Codes that one campaign gives out at most.
pub const MOST_INVITED: u64 = 1_000_000;
/// Fewer than this are never shown of any cell (domain.md H10).
pub const SUPPRESS_BELOW: u64 = 5;
/// Points of the five grades (H6), the best first.
pub const POINTS: [u32; 5] = [100, 80, 60, 30, 0];
/// Words of the five grades, the best first.
pub const GRADES: [&str; 5] = ["很满意", "满意", "基本满意", "不满意", "很不满意"];
/// The best grades that count as satisfied (满意率, H2).
pub const SATISFIED: usize = 3;

/// A stratum of raters. The kinds are fixed so that years can be compared; five groups also keep every sum exact in 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// People who used the services of the bodies.
    Users,
    /// Enterprises.
    Firms,
    /// Residents, those who moved here among them (H5: migrants ignored).
    Residents,
    /// Party delegates, members of the people's congress and the consultative conference.
    Delegates,
    /// Units at the grass roots.
    Grassroots,
}

impl Group {
    /// All groups, in the order of forms and exports.
    pub const ALL: [Self; 5] = [Self::Users, Self::Firms, Self::Residents, Self::Delegates, Self::Grassroots];

    /// The name in forms and exports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Firms => "firms",
            Self::Residents => "residents",
            Self::Delegates => "delegates",
            Self::Grassroots => "grassroots",
        }
    }

    /// The group of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.code() == code)
    }

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Users => "服务对象",
            Self::Firms => "企业",
            Self::Residents => "城乡居民",
            Self::Delegates => "两代表一委员",
            Self::Grassroots => "基层单位",
        }
    }
}

/// A campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CampaignId(pub Uuid);

impl CampaignId {
    /// The campaign of a form, so that a double submit is the same campaign.
    pub fn of_form(form: Uuid) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("campaign/{form}").as_bytes()))
    }

    /// The campaign of a stream's name.
    pub fn from_stream(stream: &str) -> Option<Self> {
        stream.strip_prefix("campaign-").and_then(|id| Uuid::try_parse(id).ok()).map(Self)
    }

    /// Its stream.
    pub fn stream(self) -> String {
        format!("campaign-{}", self.0)
    }

    /// The stream of a batch of ballots, from 0.
    pub fn ballots(self, batch: u32) -> String {
        format!("ballots-{}.{batch}", self.0)
    }

    /// The stream of a batch of opinions on the body at this place of the plan, from 0.
    pub fn opinions(self, body: usize, batch: u32) -> String {
        format!("ballots-{}.o{body}.{batch}", self.0)
    }
}
