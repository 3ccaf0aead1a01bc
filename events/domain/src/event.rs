//! Any event of any stream: the one place that knows which kinds belong to which stream.

use crate::account::AccountEvent;
use crate::case::CaseEvent;
use crate::events::EventError;
use crate::founding::LogEvent;
use crate::ids::{AccountId, CaseId, ImportId, NoticeId, UnitCode};
use crate::import::ImportEvent;
use crate::notice::NoticeEvent;
use crate::person::PersonEvent;
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
    /// The log's own events (genesis).
    Log,
}

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
            _ => None,
        }
    }
}

/// Any event.
#[expect(clippy::large_enum_variant, reason = "read one after the other; a box would cost an allocation for each event of a rebuild")]
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Of a case.
    Case(CaseEvent),
    /// Of a unit.
    Unit(UnitEvent),
    /// Of an account.
    Account(AccountEvent),
    /// Of a person's data.
    Person(PersonEvent),
    /// Of the rules.
    Rule(RuleEvent),
    /// Of a notice.
    Notice(NoticeEvent),
    /// Of an import.
    Import(ImportEvent),
    /// Of the log itself.
    Log(LogEvent),
}

/// Stored names and versions of all events, in the order of the catalogue.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str, u16)> {
    let group =
        |name: &'static str, kinds: &'static [(&'static str, u16)]| kinds.iter().map(move |(kind, version)| (name, *kind, *version));
    group("case", CaseEvent::KINDS)
        .chain(group("unit", UnitEvent::KINDS))
        .chain(group("account", AccountEvent::KINDS))
        .chain(group("person", PersonEvent::KINDS))
        .chain(group("rulebook", RuleEvent::KINDS))
        .chain(group("notice", NoticeEvent::KINDS))
        .chain(group("import", ImportEvent::KINDS))
        .chain(group("log", LogEvent::KINDS))
}

/// What events of this kind mean, for the catalogue.
pub fn meaning(kind: &str) -> Option<&'static str> {
    let find = |kinds: &[(&str, u16)], meanings: &[&'static str]| {
        kinds.iter().zip(meanings).find(|((one, _), _)| *one == kind).map(|(_, meaning)| meaning.trim())
    };
    find(CaseEvent::KINDS, CaseEvent::MEANINGS)
        .or_else(|| find(UnitEvent::KINDS, UnitEvent::MEANINGS))
        .or_else(|| find(AccountEvent::KINDS, AccountEvent::MEANINGS))
        .or_else(|| find(PersonEvent::KINDS, PersonEvent::MEANINGS))
        .or_else(|| find(RuleEvent::KINDS, RuleEvent::MEANINGS))
        .or_else(|| find(NoticeEvent::KINDS, NoticeEvent::MEANINGS))
        .or_else(|| find(ImportEvent::KINDS, ImportEvent::MEANINGS))
        .or_else(|| find(LogEvent::KINDS, LogEvent::MEANINGS))
}

impl Event {
    /// The stored name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Case(e) => e.kind(),
            Self::Unit(e) => e.kind(),
            Self::Account(e) => e.kind(),
            Self::Person(e) => e.kind(),
            Self::Rule(e) => e.kind(),
            Self::Notice(e) => e.kind(),
            Self::Import(e) => e.kind(),
            Self::Log(e) => e.kind(),
        }
    }

    /// The version that is written now.
    pub fn version(&self) -> u16 {
        match self {
            Self::Case(e) => e.version(),
            Self::Unit(e) => e.version(),
            Self::Account(e) => e.version(),
            Self::Person(e) => e.version(),
            Self::Rule(e) => e.version(),
            Self::Notice(e) => e.version(),
            Self::Import(e) => e.version(),
            Self::Log(e) => e.version(),
        }
    }

    /// The full payload, private values marked.
    ///
    /// # Errors
    /// When a payload cannot be shown as JSON.
    pub fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        match self {
            Self::Case(e) => e.to_json(),
            Self::Unit(e) => e.to_json(),
            Self::Account(e) => e.to_json(),
            Self::Person(e) => e.to_json(),
            Self::Rule(e) => e.to_json(),
            Self::Notice(e) => e.to_json(),
            Self::Import(e) => e.to_json(),
            Self::Log(e) => e.to_json(),
        }
    }

    /// Reads a stored event with its private values closed; the fast way, for views and decisions.
    ///
    /// # Errors
    /// [`EventError`].
    pub fn from_slice(kind: &str, version: u16, data: &[u8]) -> Result<Self, EventError> {
        let (group, _) = kind.split_once('_').ok_or_else(|| EventError::unknown(kind, version))?;
        match group {
            "case" => CaseEvent::from_slice(kind, version, data).map(Self::Case),
            "unit" => UnitEvent::from_slice(kind, version, data).map(Self::Unit),
            "account" => AccountEvent::from_slice(kind, version, data).map(Self::Account),
            "person" => PersonEvent::from_slice(kind, version, data).map(Self::Person),
            "rulebook" | "calendar" | "catalogue" => RuleEvent::from_slice(kind, version, data).map(Self::Rule),
            "notice" => NoticeEvent::from_slice(kind, version, data).map(Self::Notice),
            "import" => ImportEvent::from_slice(kind, version, data).map(Self::Import),
            "log" => LogEvent::from_slice(kind, version, data).map(Self::Log),
            _ => Err(EventError::unknown(kind, version)),
        }
    }

    /// Reads a stored event that the vault has opened.
    ///
    /// # Errors
    /// [`EventError`].
    pub fn from_json(kind: &str, version: u16, data: serde_json::Value) -> Result<Self, EventError> {
        let (group, _) = kind.split_once('_').ok_or_else(|| EventError::unknown(kind, version))?;
        match group {
            "case" => CaseEvent::from_json(kind, version, data).map(Self::Case),
            "unit" => UnitEvent::from_json(kind, version, data).map(Self::Unit),
            "account" => AccountEvent::from_json(kind, version, data).map(Self::Account),
            "person" => PersonEvent::from_json(kind, version, data).map(Self::Person),
            "rulebook" | "calendar" | "catalogue" => RuleEvent::from_json(kind, version, data).map(Self::Rule),
            "notice" => NoticeEvent::from_json(kind, version, data).map(Self::Notice),
            "import" => ImportEvent::from_json(kind, version, data).map(Self::Import),
            "log" => LogEvent::from_json(kind, version, data).map(Self::Log),
            _ => Err(EventError::unknown(kind, version)),
        }
    }
}

macro_rules! into_event {
    ($($of:ty => $variant:ident),*) => { $(impl From<$of> for Event { fn from(event: $of) -> Self { Self::$variant(event) } })* };
}
into_event!(CaseEvent => Case, UnitEvent => Unit, AccountEvent => Account, PersonEvent => Person, RuleEvent => Rule, NoticeEvent => Notice, ImportEvent => Import, LogEvent => Log);
