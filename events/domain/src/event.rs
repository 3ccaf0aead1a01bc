//! Any event of any stream: the one place that knows which kinds belong to which stream.

use crate::account::AccountEvent;
use crate::assessment::{AssessedEvent, AssessmentEvent};
use crate::campaign::CampaignEvent;
use crate::campaign::ballot::BallotEvent;
use crate::card::CardEvent;
use crate::case::CaseEvent;
use crate::draw::DrawEvent;
use crate::escalation::EscalationEvent;
use crate::events::EventError;
use crate::founding::LogEvent;
use crate::ids::{AccountId, CaseId, ImportId, NoticeId, UnitCode};
use crate::import::ImportEvent;
use crate::inspection::InspectionEvent;
use crate::investigation::InvestigationEvent;
use crate::matter::{MatterEvent, TaskEvent};
use crate::notice::NoticeEvent;
use crate::order::OrderEvent;
use crate::person::PersonEvent;
use crate::rectification::RectificationEvent;
use crate::rulebook::RuleEvent;
use crate::unit::UnitEvent;

/// What a stream is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A case.
    Case(CaseId),
    /// A unit.
    Unit(UnitCode),
    /// An account.
    Account(AccountId),
    /// A person's group of cases.
    Person(uuid::Uuid),
    /// Rulebooks, calendars, catalogues.
    Rules,
    /// A notice.
    Notice(NoticeId),
    /// An import batch.
    Import(ImportId),
    /// One of the kinds of supervision ([`SUPERVISION`]); the stream's name says which one.
    Supervision,
    /// The log's own events (genesis).
    Log,
}

/// Kinds of streams of supervision, as their names begin; each has a [`Folded`](crate::folded::Folded) state.
pub const SUPERVISION: &[&str] = &[
    "escalation",
    "card",
    "order",
    "matter",
    "task",
    "inspection",
    "draw",
    "rectification",
    "investigation",
    "assessment",
    "assessed",
    "campaign",
    "ballots",
];

impl Subject {
    /// What the stream of this name is about.
    pub fn of(stream: &str) -> Option<Self> {
        let (kind, rest) = stream.split_once('-')?;
        match kind {
            "case" => CaseId::from_stream(stream).map(Self::Case),
            "unit" => UnitCode::parse(rest).ok().map(Self::Unit),
            "account" => AccountId::from_stream(stream).map(Self::Account),
            "person" => uuid::Uuid::try_parse(rest).ok().map(Self::Person),
            "rulebook" | "calendar" | "catalogue" => Some(Self::Rules),
            "notice" => NoticeId::from_stream(stream).map(Self::Notice),
            "import" => ImportId::from_stream(stream).map(Self::Import),
            "log" => Some(Self::Log),
            _ if SUPERVISION.contains(&kind) => Some(Self::Supervision),
            _ => None,
        }
    }
}

macro_rules! groups {
    ($($(#[doc = $doc:literal])* $group:literal $variant:ident($events:ty) [$($prefix:literal),+];)*) => {
        /// Any event.
        #[expect(clippy::large_enum_variant, reason = "read one after the other; a box would cost an allocation for each event of a rebuild")]
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event { $($(#[doc = $doc])* $variant($events),)* }

        /// Stored names and versions of all events, in the order of the catalogue.
        pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str, u16)> {
            let groups: [(&'static str, &'static [(&'static str, u16)]); [$($group),*].len()] = [$(($group, <$events>::KINDS)),*];
            groups.into_iter().flat_map(|(group, kinds)| kinds.iter().map(move |(kind, version)| (group, *kind, *version)))
        }

        /// What events of this kind mean, for the catalogue.
        pub fn meaning(kind: &str) -> Option<&'static str> {
            let groups: [(&'static [(&'static str, u16)], &'static [&'static str]); [$($group),*].len()] =
                [$((<$events>::KINDS, <$events>::MEANINGS)),*];
            let mut all = groups.into_iter().flat_map(|(kinds, meanings)| kinds.iter().zip(meanings));
            all.find(|((one, _), _)| *one == kind).map(|(_, meaning)| meaning.trim())
        }

        impl Event {
            /// The stored name.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(e) => e.kind(),)* }
            }

            /// The version that is written now.
            pub fn version(&self) -> u16 {
                match self { $(Self::$variant(e) => e.version(),)* }
            }

            /// The full payload, private values marked.
            ///
            /// # Errors
            /// When a payload cannot be shown as JSON.
            pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
                match self { $(Self::$variant(e) => e.to_json(),)* }
            }

            /// Reads a stored event with its private values closed; the fast way, for views and decisions.
            ///
            /// # Errors
            /// [`EventError`].
            pub fn from_slice(kind: &str, version: u16, data: &[u8]) -> Result<Self, EventError> {
                let (prefix, _) = kind.split_once('_').ok_or_else(|| EventError::unknown(kind, version))?;
                match prefix {
                    $($($prefix)|+ => <$events>::from_slice(kind, version, data).map(Self::$variant),)*
                    _ => Err(EventError::unknown(kind, version)),
                }
            }

            /// Reads a stored event that the vault has opened.
            ///
            /// # Errors
            /// [`EventError`].
            pub fn from_json(kind: &str, version: u16, data: serde_json::Value) -> Result<Self, EventError> {
                let (prefix, _) = kind.split_once('_').ok_or_else(|| EventError::unknown(kind, version))?;
                match prefix {
                    $($($prefix)|+ => <$events>::from_json(kind, version, data).map(Self::$variant),)*
                    _ => Err(EventError::unknown(kind, version)),
                }
            }
        }

        $(impl From<$events> for Event { fn from(event: $events) -> Self { Self::$variant(event) } })*
    };
}

// Group of the catalogue, variant, and what stands before the first underscore of its kinds.
groups! {
    /// Of a case.
    "case" Case(CaseEvent) ["case"];
    /// Of a unit.
    "unit" Unit(UnitEvent) ["unit"];
    /// Of an account.
    "account" Account(AccountEvent) ["account"];
    /// Of a person's data.
    "person" Person(PersonEvent) ["person"];
    /// Of the rules.
    "rulebook" Rule(RuleEvent) ["rulebook", "calendar", "catalogue"];
    /// Of a notice.
    "notice" Notice(NoticeEvent) ["notice"];
    /// Of an import.
    "import" Import(ImportEvent) ["import"];
    /// Of an investigation.
    "investigation" Investigation(InvestigationEvent) ["investigation"];
    /// Of an escalated matter.
    "escalation" Escalation(EscalationEvent) ["escalation"];
    /// Of a year's assessment.
    "assessment" Assessment(AssessmentEvent) ["assessment"];
    /// Of a body in a year's assessment.
    "assessment" Assessed(AssessedEvent) ["assessed"];
    /// Of a public evaluation.
    "campaign" Campaign(CampaignEvent) ["campaign"];
    /// Of a batch of ballots.
    "ballots" Ballots(BallotEvent) ["ballots"];
    /// Of a card.
    "card" Card(CardEvent) ["card"];
    /// Of a supervision order.
    "order" Order(OrderEvent) ["order"];
    /// Of a supervised matter.
    "matter" Matter(MatterEvent) ["matter"];
    /// Of a unit's task in a matter.
    "task" Task(TaskEvent) ["task"];
    /// Of the log itself.
    "log" Log(LogEvent) ["log"];
    /// Of a spot check.
    "inspection" Inspection(InspectionEvent) ["inspection"];
    /// Of a draw.
    "draw" Draw(DrawEvent) ["draw"];
    /// Of a rectification.
    "rectification" Rectification(RectificationEvent) ["rectification"];
}
