//! Ballots and opinions as they stand in the log after closing: shuffled over the whole campaign, without time, without id,
//! opinions apart from grades (domain.md H8–H10).

use serde::{Deserialize, Serialize};

use super::event::{CampaignPlanned, Cell};
use super::{Group, OPINION_CHARS};
use crate::events::events;
use crate::folded::Folded;
use crate::private::{Private, Role};
use crate::refusal::{Field, Refusal};
use crate::time::Instant;

/// Ballots in one batch at most.
pub const BATCH: usize = 500;
/// Opinions in one batch at most: one page of a booklet.
pub const OPINIONS: usize = 50;
/// Did not deal with the body.
pub const UNKNOWN: char = '-';
/// 不了解.
pub const UNSURE: char = '0';

/// Somebody who wrote an opinion; there is no other link to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoterRole;

impl Role for VoterRole {
    const SUBJECT: &'static str = "opinion";
}

/// A ballot: for each body of the plan one character, `1` (best) to `5`, [`UNSURE`] or [`UNKNOWN`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BallotRow {
    /// Group of the rater.
    pub group: Group,
    /// Grades.
    pub grades: String,
}

/// A batch of ballots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BallotsRecorded {
    /// Which batch, from 0.
    pub batch: u32,
    /// The ballots.
    pub rows: Vec<BallotRow>,
}

/// A batch of opinions on one body, in the words of those who wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpinionsRecorded {
    /// Place of the body in the plan.
    pub body: usize,
    /// Which batch, from 0.
    pub batch: u32,
    /// The opinions.
    pub texts: Vec<Private<String, VoterRole>>,
}

events! {
    /// Events of a batch.
    BallotEvent {
        /// A batch of anonymous ballots, shuffled over the whole campaign
        Recorded(BallotsRecorded) => "ballots_recorded" 1,
        /// A batch of opinions on one body, apart from the grades
        Opinions(OpinionsRecorded) => "ballots_opinions" 1,
    }
}

/// What the views know of a batch: its size alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Batch {
    /// Ballots.
    pub ballots: u64,
    /// Opinions.
    pub opinions: u64,
}

impl Folded for Batch {
    type Event = BallotEvent;
    const KIND: &'static str = "ballots";

    fn evolve(before: Option<Self>, _at: Instant, event: &BallotEvent) -> Option<Self> {
        let mut batch = before.unwrap_or_default();
        match event {
            BallotEvent::Recorded(recorded) => batch.ballots += recorded.rows.len() as u64,
            BallotEvent::Opinions(recorded) => batch.opinions += recorded.texts.len() as u64,
        }
        Some(batch)
    }
}

/// What somebody filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answers {
    /// As in [`BallotRow::grades`].
    pub grades: String,
    /// Opinions with the place of their body.
    pub opinions: Vec<(usize, String)>,
}

impl Answers {
    /// Checks the answers against the plan; what fails can be mended on the ballot page.
    ///
    /// # Errors
    /// [`Refusal::Fields`].
    pub fn check(&self, plan: &CampaignPlanned) -> Result<(), Refusal> {
        let mut fields = Vec::new();
        let fits = |c: char| matches!(c, UNKNOWN | UNSURE | '1'..='5');
        if self.grades.chars().count() != plan.bodies.len() || !self.grades.chars().all(fits) {
            fields.push(Field { name: "known", words: "评议单位已有变化，请从第一步重新选择".to_owned() });
        } else if self.grades.chars().all(|c| c == UNKNOWN) {
            fields.push(Field {
                name: "known", words: "请至少选择一个您打过交道或了解的单位；都不了解的，不用提交".to_owned()
            });
        }
        for (body, text) in &self.opinions {
            let known = self.grades.chars().nth(*body).is_some_and(|c| c != UNKNOWN);
            if !plan.opinions || !known || text.trim().is_empty() {
                fields.push(Field { name: "opinion", words: "意见只能写给您选择的单位，请核对后再提交".to_owned() });
            } else if text.chars().count() > OPINION_CHARS {
                fields.push(Field { name: "opinion", words: format!("对一个单位的意见最多 {OPINION_CHARS} 字，请删减") });
            }
        }
        Refusal::unless_empty(fields)
    }
}

/// Counts ballots by body and group, in the order of the plan.
pub fn count<'a>(plan: &CampaignPlanned, rows: impl IntoIterator<Item = &'a BallotRow>) -> Vec<Cell> {
    let groups = plan.groups.len();
    let mut cells: Vec<Cell> = (0..plan.bodies.len())
        .flat_map(|body| plan.groups.iter().map(move |of| Cell { body, group: of.group, grades: [0; 5], unsure: 0, unknown: 0 }))
        .collect();
    for row in rows {
        let Some(place) = plan.groups.iter().position(|of| of.group == row.group) else { continue };
        for (body, grade) in row.grades.chars().enumerate() {
            let Some(cell) = cells.get_mut(body * groups + place) else { continue };
            match grade {
                UNSURE => cell.unsure += 1,
                '1'..='5' => {
                    let index = grade as usize - '1' as usize;
                    if let Some(n) = cell.grades.get_mut(index) {
                        *n += 1;
                    }
                }
                _ => cell.unknown += 1,
            }
        }
    }
    cells
}
