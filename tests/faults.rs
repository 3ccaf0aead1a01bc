//! Every fault against the real binary, short. The long run, which writes `ops/docs/reliability.md`, is `bench faults`.

use std::sync::{Mutex, PoisonError};

use tests::Outcome;
use tests::faults::{Fault, Found, Ground, Pace};

/// Makes a fault in a folder of its own. What it breaks is told with everything that was done before.
async fn hold(fault: Fault) -> Outcome<Found> {
    let dir = tempfile::tempdir()?;
    let told = Mutex::new(Vec::new());
    let tell = |line: &str| told.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    let ground = Ground { dir: dir.path(), pace: Pace::Short, kills: 10, seed: 20_261_121, tell: &tell };
    let found = fault.make(&ground).await;
    let told = told.into_inner().unwrap_or_else(PoisonError::into_inner).join("\n");
    match found {
        Ok(found) => {
            eprintln!("{told}\n{}: {:?}", fault.name(), found.tally);
            Ok(found)
        }
        Err(error) => Err(format!("{}: {error}\nbefore:\n{told}", fault.name()).into()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_any_moment_keeps_what_it_acknowledged_once_and_whole() {
    let found = hold(Fault::Kill).await.unwrap();
    assert!(found.acknowledged >= 10 && found.again >= 10 && found.limits > 0 && found.notices > 0, "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_any_sync_or_with_a_torn_page_keeps_what_it_acknowledged() {
    assert!(hold(Fault::Sync).await.unwrap().acknowledged > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_the_log_ends_the_process_and_one_of_the_views_does_not() {
    assert!(hold(Fault::Broken).await.unwrap().acknowledged > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_all_can_be_read_and_nothing_is_promised() {
    assert!(hold(Fault::Full).await.unwrap().answered[&503] > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_descriptors_nothing_is_lost_and_all_comes_back() {
    hold(Fault::Descriptors).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_memory_nothing_is_lost() {
    hold(Fault::Memory).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_syncs_are_shared() {
    hold(Fault::Slow).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_end_in_order_or_are_kills_and_a_pause_is_caught_up_once() {
    hold(Fault::Signals).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_makes_no_timer_fire_twice_and_is_told() {
    hold(Fault::Clock).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_files_are_refused_with_the_reason_and_left_as_they_are() {
    hold(Fault::Files).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_view_cannot_take_stops_that_view_and_is_told() {
    hold(Fault::Poison).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_views_are_made_whole_or_not_at_all() {
    hold(Fault::Upgrade).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn works_that_are_cut_short_are_done_once() {
    hold(Fault::Crafts).await.unwrap();
}
