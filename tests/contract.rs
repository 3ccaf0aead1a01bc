//! The promises of the event log, run against every backend.

#![expect(clippy::unwrap_used, reason = "a test ends in a panic; helpers of tests are not known to clippy as such")]

#[cfg(feature = "eventstore")]
#[path = "contract/cluster.rs"]
mod cluster;
#[path = "contract/fixtures.rs"]
mod fixtures;
#[path = "contract/promises.rs"]
mod promises;

use fixtures::{InMemory, OneFile, TwoProcesses};

/// One test per promise on a backend, so that a failure names both.
macro_rules! on {
    ($backend:ident, $open:expr, $($promise:ident),+) => {
        mod $backend {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() { promises::$promise(&$open).await; })+
        }
    };
}

/// Promises of every backend that outlives its process.
macro_rules! durable {
    ($($promise:ident),+) => {
        on!(sqlite, OneFile::open(), $($promise),+);
        // Two instances on one folder share nothing in memory: they stand for two processes.
        on!(sqlite_written_and_read_by_two_processes, TwoProcesses::open(), $($promise),+);
        #[cfg(feature = "eventstore")]
        on!(eventstore, cluster::OneNode::open().await, $($promise),+);
        #[cfg(feature = "eventstore")]
        on!(eventstore_with_two_nodes, cluster::TwoNodes::open().await, $($promise),+);
    };
}

/// Promises of every backend.
macro_rules! contract {
    ($($promise:ident),+ $(,)?) => {
        on!(memory, InMemory::open(), $($promise),+);
        durable!($($promise),+);
    };
}

/// Promises of backends that can be copied.
mod copying {
    use super::*;

    durable!(keys_of_a_stream_that_is_there_are_put_once_and_can_be_destroyed, all_keys_are_listed_in_pages_also_while_some_are_destroyed);
}

contract!(
    an_appended_event_is_read_back_as_it_was_given,
    every_field_at_its_bounds_survives,
    a_stream_that_is_not_there_is_empty,
    a_wrong_expected_revision_is_a_conflict_that_names_the_actual_one,
    a_conflict_writes_neither_events_nor_keys,
    a_repeated_append_answers_as_before_and_writes_nothing,
    an_older_append_repeated_later_is_still_recognised,
    other_ids_at_the_same_place_are_a_conflict,
    a_part_of_an_append_with_more_behind_it_is_a_conflict,
    wrong_appends_are_refused_with_a_reason,
    the_time_of_record_never_falls,
    the_whole_log_is_read_in_pages_in_order,
    whatever_is_acknowledged_is_read_whoever_appended_it,
    a_cursor_beyond_the_log_or_of_a_stranger_is_refused,
    a_cursor_survives_a_checkpoint_file,
    the_watch_notices_every_append,
    keys_come_with_the_events_and_go_alone,
    a_key_id_is_used_once,
    sixteen_writers_leave_no_gap_and_lose_nothing,
    writers_of_one_stream_conflict_and_none_is_lost,
    every_event_is_proved_to_be_in_the_tree,
    the_root_at_every_size_is_the_root_that_the_log_had_then,
    proofs_beyond_the_log_are_refused,
    a_sound_log_verifies,
);
