//! What all streams of supervision have in common: a state folded from events, and what follows from the state.
//!
//! Escalations, cards, orders, inspections, investigations, assessments and campaigns are each one stream with one state.
//! The views keep that state, its row in the agenda of automation, its duties and its marks without knowing the subject.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::duty::Duty;
use crate::event::Event;
use crate::events::Stored;
use crate::mark::Change;
use crate::time::Instant;

/// The state of one kind of stream.
pub trait Folded: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its events.
    type Event: Stored + Into<Event> + Clone + Send + Sync;

    /// What stands before the first hyphen of the stream's name.
    const KIND: &'static str;

    /// Folds one event that happened `at`. None before the first event.
    fn evolve(before: Option<Self>, at: Instant, event: &Self::Event) -> Option<Self>;

    /// When automation has to look at it next; none = never.
    fn next_at(&self) -> Option<Instant> {
        None
    }

    /// Who has to do something about it now.
    fn duties(&self) -> Vec<Duty> {
        Vec::new()
    }

    /// What an event counts for or against units. Called with the state before and after it.
    fn marks(_before: Option<&Self>, _at: Instant, _event: &Self::Event, _after: &Self) -> Vec<Change> {
        Vec::new()
    }
}

/// Folds all events of a stream.
pub fn fold<'a, S: Folded>(events: impl IntoIterator<Item = (Instant, &'a S::Event)>) -> Option<S> {
    events.into_iter().fold(None, |state, (at, event)| S::evolve(state, at, event))
}
