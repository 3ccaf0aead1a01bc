//! The streams of supervision, folded from the events alone, and whom their events have to tell of a new duty.

use std::collections::{BTreeMap, BTreeSet};

use domain::assessment::{BodyState, YearState};
use domain::campaign::Campaign;
use domain::campaign::ballot::Batch;
use domain::card::CardState;
use domain::draw::DrawState;
use domain::duty::Holder;
use domain::escalation::Escalation;
use domain::events::Stored;
use domain::folded::Folded;
use domain::inspection::InspectionState;
use domain::investigation::Investigation;
use domain::matter::{MatterState, TaskState};
use domain::order::OrderState;
use domain::rectification::RectificationState;
use domain::time::from_micros;
use event_log::Envelope;
use uuid::Uuid;

/// What is to be made of a stream's steps.
pub trait Reader {
    /// One event, and the state before and after it.
    fn step<S: Folded>(&mut self, envelope: &Envelope, event: &S::Event, before: Option<&S>, after: &S);

    /// All of a stream has been read.
    fn end<S: Folded>(&mut self, stream: &str, state: &S);
}

/// Reads each stream from its beginning.
pub fn read(events: &[Envelope], reader: &mut impl Reader) {
    let mut streams: BTreeMap<&str, Vec<&Envelope>> = BTreeMap::new();
    for envelope in events {
        streams.entry(envelope.stream.as_str()).or_default().push(envelope);
    }
    for (name, envelopes) in streams {
        macro_rules! kinds { ($($kind:ty),*) => {
            match name.split_once('-').map_or(name, |(kind, _)| kind) {
                $(kind if kind == <$kind>::KIND => one::<$kind>(name, &envelopes, reader),)*
                _ => {}
            }
        }; }
        kinds!(
            OrderState,
            MatterState,
            TaskState,
            CardState,
            InspectionState,
            RectificationState,
            Investigation,
            YearState,
            BodyState,
            Escalation,
            Campaign,
            Batch,
            DrawState
        );
    }
}

/// The state of one stream after these events.
pub fn state_of<S: Folded>(events: &[Envelope], stream: &str) -> Option<S> {
    let own = events.iter().filter(|envelope| envelope.stream == stream);
    own.fold(None, |state, envelope| S::evolve(state, from_micros(envelope.occurred_at), &decoded::<S>(envelope)))
}

fn decoded<S: Folded>(envelope: &Envelope) -> S::Event {
    S::Event::from_slice(&envelope.kind, envelope.version, &envelope.data).unwrap()
}

fn one<S: Folded>(name: &str, envelopes: &[&Envelope], reader: &mut impl Reader) {
    let mut state: Option<S> = None;
    for envelope in envelopes {
        let event = decoded::<S>(envelope);
        let after = S::evolve(state.clone(), from_micros(envelope.occurred_at), &event).unwrap();
        reader.step(envelope, &event, state.as_ref(), &after);
        state = Some(after);
    }
    reader.end(name, &state.unwrap());
}

/// A duty of which somebody has to be told: the event that gave it, the task, whose it is.
pub type Told = BTreeSet<(Uuid, String, String)>;

/// Every duty of a unit or an account that began with an event.
pub fn told(events: &[Envelope]) -> Told {
    struct Begun(Told);
    impl Reader for Begun {
        fn step<S: Folded>(&mut self, envelope: &Envelope, _: &S::Event, before: Option<&S>, after: &S) {
            let mut old = before.map(S::duties).unwrap_or_default();
            // Its limit may move meanwhile.
            old.iter_mut().for_each(|duty| duty.due = None);
            for mut duty in after.duties() {
                duty.due = None;
                if !old.contains(&duty) && !matches!(duty.holder, Holder::Office(_)) {
                    self.0.insert((envelope.id, duty.task, duty.holder.name()));
                }
            }
        }

        fn end<S: Folded>(&mut self, _: &str, _: &S) {}
    }
    let mut begun = Begun(Told::new());
    read(events, &mut begun);
    begun.0
}
