//! Escalated matters (四级响应, 办不成事; domain.md G1–G7). Stream `escalation-<uuid5>`: one for each case, or for each group of
//! like cases of several petitioners, and ladder.
//!
//! The clocks of the case run on; a level has a clock of its own, frozen like theirs. Out of time means the next level, at the
//! due instant; the highest level is tracked again and again.

mod decide;
mod event;
mod expected;
mod state;

pub use decide::{Convening, Facts, Member, Rules, Way, Why, convene, join, lower, out_of_step, raise, report, resolve, tick};
pub use event::{
    Answered, Convened, Entry, EscalationEvent, FollowUp, Handed, Joined, LevelClock, Lowered, Noted, Owner, Raise, Reopened, Reported,
    Resolution, Resolved, Resumed, Tracked,
};
pub use expected::{Expected, cluster_trigger, expected};
pub use state::{Escalation, Meeting, Span, Task};

use uuid::Uuid;

use crate::case::CaseState;
use crate::ids::{CaseId, NAMESPACE};

/// What came of trigger instants older than this is not acted on: a restored log or an import must not raise everything.
pub const TOO_OLD: chrono::TimeDelta = chrono::TimeDelta::days(7);

/// Like cases that are one matter at most. More petitioners make it no graver, and its stream stays short; what comes after is
/// handled as every case is, and may be a matter of its own once this one is over.
pub const MOST_TOGETHER: usize = 200;

/// The stream of a case's matter on a ladder.
pub fn stream_of_case(ladder: &str, case: CaseId) -> String {
    format!("escalation-{}", Uuid::new_v5(&NAMESPACE, format!("escalation/{ladder}/{}", case.0).as_bytes()))
}

/// The stream of a group of like cases on a ladder: the `nth` of them, from 0; each is a matter of its own.
pub fn stream_of_cluster(ladder: &str, cluster: &str, nth: u64) -> String {
    let nth = if nth == 0 { String::new() } else { format!("/{nth}") };
    format!("escalation-{}", Uuid::new_v5(&NAMESPACE, format!("escalation/{ladder}/cluster/{cluster}{nth}").as_bytes()))
}

/// What makes cases of several petitioners one matter: class, division and unit. None for cases that never count.
pub fn cluster(case: &CaseState) -> Option<String> {
    let unit =
        case.unit.as_ref().filter(|_| case.external.is_none() && !case.wrongdoing && !case.confidential && !case.division.is_empty())?;
    Some(format!("{}/{}/{unit}", case.class, case.division))
}

/// The class of a group of like cases.
pub fn class_of_cluster(cluster: &str) -> &str {
    cluster.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
