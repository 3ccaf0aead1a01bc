//! All kinds of streams of supervision in the working set: one line for each kind.

use domain::event::Event;
use rusqlite::Connection;

use crate::ViewError;
use crate::decode::Decoded;
use crate::views::notices::Missing;
use crate::views::reference::Reference;
use crate::views::streams::write::Kind;

macro_rules! supervision {
    ($($(#[doc = $doc:literal])* $field:ident: $variant:ident => $state:ty;)*) => {
        /// The working set of all kinds.
        #[derive(Default)]
        pub(crate) struct Supervision { $($(#[doc = $doc])* $field: Kind<$state>,)* }

        impl Supervision {
            /// Streams held in memory.
            pub(crate) fn held(&self) -> usize {
                [$(self.$field.held(),)*].iter().sum()
            }

            /// Takes in an event and answers the notices it owes; none when it is not of one of these kinds or stands in a
            /// stream of another kind.
            pub(crate) fn apply(&mut self, connection: &Connection, event: &Decoded) -> Result<Option<Vec<Missing>>, ViewError> {
                match &event.event {
                    $(Event::$variant(of_kind) if of(&event.stream, <$state as domain::folded::Folded>::KIND) => {
                        self.$field.apply(connection, &event.stream, event, of_kind).map(Some)
                    })*
                    _ => Ok(None),
                }
            }

            /// Writes the working set and empties it.
            pub(crate) fn write(&mut self, connection: &Connection, reference: &Reference) -> Result<(), ViewError> {
                $(self.$field.write(connection, reference)?;)*
                Ok(())
            }
        }
    };
}

fn of(stream: &str, kind: &str) -> bool {
    stream.split_once('-').is_some_and(|(before, _)| before == kind)
}

supervision! {
    /// Complaints about the efficiency of units.
    investigation: Investigation => domain::investigation::Investigation;
    /// Escalated matters.
    escalations: Escalation => domain::escalation::Escalation;
    /// Spot checks.
    inspections: Inspection => domain::inspection::InspectionState;
    /// Draws.
    draws: Draw => domain::draw::DrawState;
    /// Rectifications.
    rectifications: Rectification => domain::rectification::RectificationState;
    /// Years of assessment.
    assessments: Assessment => domain::assessment::YearState;
    /// Bodies in a year's assessment.
    assessed: Assessed => domain::assessment::BodyState;
    /// Public evaluations.
    campaigns: Campaign => domain::campaign::Campaign;
    /// Batches of their ballots.
    ballots: Ballots => domain::campaign::ballot::Batch;
    /// 黄牌、红牌.
    cards: Card => domain::card::CardState;
    /// 督办单.
    orders: Order => domain::order::OrderState;
    /// 督查事项.
    matters: Matter => domain::matter::MatterState;
    /// Tasks of 督查事项.
    tasks: Task => domain::matter::TaskState;
}
