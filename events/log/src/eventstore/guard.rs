//! The way out of a subscription that the server has ended.
//!
//! When the server ends a subscription without an error, the client asks the ended stream again and again within one poll: no
//! timeout fires, no cancelling comes through, and each turn writes a warning. That warning is the only thing that leaves the
//! loop: on the thread that follows the log, it comes here, and after some turns this unwinds the task. The runtime catches it,
//! and the log is followed anew from where it stood.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Warnings one after the other, with nothing received in between, after which the stream counts as ended.
const TURNS: u32 = 64;

/// Hears what the client says on the thread that follows the log; nobody else does.
pub(super) struct Guard {
    /// Warnings since something was received; set to 0 by whoever receives.
    turns: Arc<AtomicU32>,
}

/// The panic of the way out; it carries nothing and is printed nowhere.
struct Ended;

impl Guard {
    pub(super) fn new(turns: Arc<AtomicU32>) -> Self {
        Self { turns }
    }
}

impl Subscriber for Guard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN && metadata.target().starts_with("kurrentdb::commands")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        if self.turns.fetch_add(1, Ordering::Relaxed) >= TURNS {
            std::panic::resume_unwind(Box::new(Ended));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
