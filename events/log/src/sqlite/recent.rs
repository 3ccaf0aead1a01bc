//! What this process committed last, so that whoever follows the log need not read back what was just written.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Envelope;

/// Bytes of content that are kept: more than any follower in step is behind, little beside what a server holds.
const BYTES: usize = 4 << 20;

/// The last events that this process appended, without a gap; others may have appended behind them.
#[derive(Default)]
pub(crate) struct Recent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    events: VecDeque<Arc<Envelope>>,
    bytes: usize,
}

impl Recent {
    /// Keeps what was committed, in the order of the log.
    pub(crate) fn keep(&self, committed: impl Iterator<Item = Envelope>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for event in committed {
            if kept.events.back().is_some_and(|last| last.seq + 1 != event.seq) {
                // Another process has appended in between.
                *kept = Kept::default();
            }
            kept.bytes += event.weight();
            kept.events.push_back(Arc::new(event));
        }
        while kept.bytes > BYTES
            && let Some(oldest) = kept.events.pop_front()
        {
            kept.bytes -= oldest.weight();
        }
    }

    /// The next events behind `after`, at most `limit`; `None` when the file must be asked, because the next one is not here
    /// or there is none.
    pub(crate) fn after(&self, after: u64, limit: usize) -> Option<Vec<Envelope>> {
        let some: Vec<Arc<Envelope>> = {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let (first, last) = (kept.events.front()?.seq, kept.events.back()?.seq);
            if after + 1 < first || after >= last {
                return None;
            }
            let from = usize::try_from(after + 1 - first).ok()?;
            kept.events.iter().skip(from).take(limit).cloned().collect()
        };
        // Copied after the lock: the writer never waits for a reader's copy.
        Some(some.iter().map(|event| Envelope::clone(event)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NewEvent;

    fn event(seq: u64, bytes: usize) -> Envelope {
        let new = NewEvent {
            id: uuid::Uuid::from_u64_pair(0, seq),
            kind: "case_filed".to_owned(),
            version: 1,
            occurred_at: 0,
            actor: "citizen".to_owned(),
            on_behalf: None,
            cause: None,
            rulebook: None,
            data: vec![b' '; bytes],
            sealed: Vec::new(),
        };
        new.placed(seq, format!("case-{seq}"), 0, 0)
    }

    fn given(seqs: impl IntoIterator<Item = u64>) -> Recent {
        let recent = Recent::default();
        recent.keep(seqs.into_iter().map(|seq| event(seq, 10)));
        recent
    }

    fn seqs(answer: Option<Vec<Envelope>>) -> Option<Vec<u64>> {
        answer.map(|events| events.iter().map(|event| event.seq).collect())
    }

    #[test]
    fn given_the_last_events_when_a_follower_in_step_asks_then_it_is_answered_from_memory() {
        let recent = given(11..=14);
        assert_eq!(seqs(recent.after(10, 100)), Some(vec![11, 12, 13, 14]));
        assert_eq!(seqs(recent.after(12, 1)), Some(vec![13]));
    }

    #[test]
    fn given_a_follower_that_is_far_behind_or_at_the_head_then_the_file_is_asked() {
        let recent = given(11..=14);
        assert_eq!(recent.after(9, 100), None, "event 10 is not here");
        assert_eq!(recent.after(14, 100), None, "there is none");
        assert_eq!(recent.after(15, 100), None, "a cursor ahead of the log is the file's to judge");
        assert_eq!(Recent::default().after(0, 100), None);
    }

    #[test]
    fn given_an_append_of_another_process_then_nothing_is_answered_across_it() {
        let recent = given(11..=14);
        recent.keep(std::iter::once(event(16, 10)));
        assert_eq!(recent.after(12, 100), None, "event 15 is not here");
        assert_eq!(recent.after(14, 100), None);
        assert_eq!(seqs(recent.after(15, 100)), Some(vec![16]));
    }

    #[test]
    fn given_more_than_is_to_be_kept_then_the_oldest_go() {
        let recent = Recent::default();
        recent.keep((1..=5).map(|seq| event(seq, BYTES / 4)));
        assert_eq!(recent.after(1, 100), None);
        assert_eq!(seqs(recent.after(2, 100)), Some(vec![3, 4, 5]));
    }
}
