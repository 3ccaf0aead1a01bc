//! Following the cluster: everything of ours in `$all`, in its order, into this node's copy.
//!
//! A thread of its own with a runtime and a client of its own: the client's subscription may take the thread for itself (see
//! `guard`), and no web worker's end takes the subscription along.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use eventstore::{Position, StreamPosition, SubscribeToAllOptions, Subscription, SubscriptionEvent, SubscriptionFilter};
use tokio::sync::mpsc;

use super::guard::Guard;
use super::link::{Link, Problem, problem};
use super::shared::{Shared, State};
use super::verify::{lacks, survey};
use super::wire::{Attempt, Seen};
use crate::sqlite::import::Item;
use crate::{LogError, Mark};

/// Events on the way from the subscription to the copy.
const QUEUE: usize = 512;
/// Between two tries to follow.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a try may take until the server has confirmed it.
const CONFIRMED: Duration = Duration::from_secs(8);
/// The high-water record is raised this often at most: each is a sync.
const RECORD_EVERY: Duration = Duration::from_millis(250);

/// Why a round of following ended.
enum End {
    Stopped,
    Lost(String),
    Refused(LogError),
}

/// Follows until it is stopped or the cluster is refused.
pub(super) fn run(shared: &Arc<Shared>) {
    let mut said = false;
    while !shared.stopped() {
        let turns = Arc::new(AtomicU32::new(0));
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::error!(%error, "log is not followed");
                std::thread::sleep(PAUSE);
                continue;
            }
        };
        let end = tracing::subscriber::with_default(Guard::new(turns.clone()), || runtime.block_on(round(shared, turns)));
        runtime.shutdown_background();
        match end {
            End::Stopped => break,
            End::Refused(error) => {
                tracing::error!(%error, "cluster refused");
                shared.set(State::Refused(error));
                break;
            }
            End::Lost(why) => {
                // Once for each loss, not once for each try.
                if shared.linked() || !said {
                    tracing::warn!(why, "log is not followed; trying again");
                    said = true;
                }
                shared.set(State::Away);
                shared.rest(PAUSE);
            }
        }
    }
}

/// From the place where the copy stands, until something ends it.
async fn round(shared: &Arc<Shared>, turns: Arc<AtomicU32>) -> End {
    tokio::select! {
        biased;
        () = shared.stopping() => {
            if shared.linked() {
                shared.raise_record().await;
            }
            End::Stopped
        }
        end = follow(shared, turns) => match end {
            Ok(()) => End::Lost("订阅已结束".to_owned()),
            Err(end) => end,
        },
    }
}

impl From<Problem> for End {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Lost(why) | Problem::Refused(why) => Self::Lost(why),
            Problem::Conflict | Problem::Crowded => Self::Lost("集群的回答不合约定".to_owned()),
        }
    }
}

impl From<LogError> for End {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Unavailable(why) => Self::Lost(why),
            LogError::Overloaded => Self::Lost("本节点的日志副本繁忙".to_owned()),
            other => Self::Refused(other),
        }
    }
}

async fn follow(shared: &Arc<Shared>, turns: Arc<AtomicU32>) -> Result<(), End> {
    // On this runtime: a link of its own for the one question, too.
    let link = Link::new(shared.link.address.clone());
    known(shared, &link).await?;
    let client = Link::fresh(&shared.link.address)?;
    let [events, keys] = shared.names.prefixes();
    let filter = SubscriptionFilter::on_stream_name().add_prefix(events).add_prefix(keys);
    let options = SubscribeToAllOptions::default().position(place(&shared.copy.followed().await?)).filter(filter);
    let options = match &shared.link.address.credentials {
        Some(credentials) => options.authenticated(credentials.clone()),
        None => options,
    };
    let subscription = client.subscribe_to_all(&options).await;
    let (sender, mut received) = mpsc::channel(QUEUE);
    let pump = tokio::spawn(pump(subscription, sender, turns));
    let mut taker = Taker {
        shared,
        items: Vec::new(),
        whose: Vec::new(),
        destroyed: Vec::new(),
        place: None,
        unrecorded: false,
        recorded: Instant::now(),
    };
    let mut batch = Vec::with_capacity(QUEUE);
    let mut confirmed = false;
    loop {
        let count = tokio::select! {
            count = received.recv_many(&mut batch, QUEUE) => count,
            () = tokio::time::sleep(RECORD_EVERY), if taker.unrecorded => {
                taker.record().await;
                continue;
            }
            () = shared.poke.notified() => return Err(End::Lost("订阅没有跟上已确认的写入".to_owned())),
            () = tokio::time::sleep(CONFIRMED), if !confirmed => return Err(End::Lost("集群没有确认订阅".to_owned())),
        };
        if count == 0 {
            // The pump is gone: with an error of the client, or unwound by the guard.
            return match pump.await {
                Ok(why) => Err(why.into()),
                Err(_) => Err(End::Lost("集群结束了订阅".to_owned())),
            };
        }
        confirmed = true;
        for event in batch.drain(..) {
            taker.take(event).await?;
        }
        taker.write().await?;
    }
}

/// Carries events from the subscription to the copy; ends with the reason.
async fn pump(mut subscription: Subscription, to: mpsc::Sender<SubscriptionEvent>, turns: Arc<AtomicU32>) -> Problem {
    loop {
        match subscription.next_subscription_event().await {
            Ok(event) => {
                turns.store(0, Ordering::Relaxed);
                if to.send(event).await.is_err() {
                    return Problem::Lost("订阅已放弃".to_owned());
                }
            }
            Err(error) => return problem(&error),
        }
    }
}

/// Whether the cluster holds the last event of this node's copy. If it does not, it was rolled back or is another one.
async fn known(shared: &Shared, link: &Link) -> Result<(), End> {
    let Some(last) = shared.copy.last().await? else { return Ok(()) };
    let there = link.at(&shared.names.event(&last.stream), last.revision).await?;
    let same = match &there {
        None => false,
        Some(event) => match shared.names.read(event) {
            Ok(Seen::Event(imported, _)) => {
                let crate::sqlite::import::Imported { stream, revision, recorded_at, event } = imported;
                event.placed(last.seq, stream, revision, last.recorded_at.max(recorded_at)) == last
            }
            _ => false,
        },
    };
    if same {
        return Ok(());
    }
    let have = survey(&Link::fresh(&shared.link.address)?, &shared.link.address, &shared.names).await?;
    let expected = Mark::from(&shared.head().await?);
    if have.size < expected.size && !lacks(shared, link, have.size + 1).await? {
        return Err(End::Lost("集群没有答完".to_owned()));
    }
    Err(End::Refused(LogError::RolledBack { have, expected }))
}

/// Collects what belongs into one transaction.
struct Taker<'a> {
    shared: &'a Arc<Shared>,
    items: Vec<Item>,
    /// For each event among the items: its place on the cluster and who wrote it.
    whose: Vec<(String, u64, Attempt)>,
    /// Ends of keys among the items: their places on the cluster.
    destroyed: Vec<(String, u64)>,
    place: Option<Position>,
    /// The high-water record is behind, and when it was raised.
    unrecorded: bool,
    recorded: Instant,
}

impl Taker<'_> {
    async fn take(&mut self, event: SubscriptionEvent) -> Result<(), End> {
        match event {
            SubscriptionEvent::EventAppeared(resolved) => {
                let Some(event) = resolved.event else { return Ok(()) };
                let seen = self.shared.names.read(&event).map_err(|what| LogError::Unavailable(format!("集群上的事件：{what}")))?;
                match seen {
                    Seen::Event(imported, attempt) => {
                        self.whose.push((event.stream_id().to_owned(), event.revision, attempt));
                        self.items.push(Item::Event(imported));
                    }
                    Seen::Key(key, Some(anchor)) => self.items.push(Item::Waiting { key, anchor, place: bytes(event.position) }),
                    Seen::Key(key, None) => self.items.push(Item::Settled { key, place: bytes(event.position) }),
                    Seen::KeysDestroyed { owner, subject } => {
                        self.items.push(Item::Destroyed { owner, subject, place: bytes(event.position) });
                        self.destroyed.push((event.stream_id().to_owned(), event.revision));
                    }
                    Seen::Other => {}
                }
                self.place = Some(event.position);
            }
            SubscriptionEvent::Checkpoint(position) => self.place = Some(position),
            SubscriptionEvent::CaughtUp(_) => {
                self.write().await?;
                self.shared.check_record().await?;
                self.shared.set(State::Linked);
            }
            SubscriptionEvent::FellBehind(_)
            | SubscriptionEvent::Confirmed(_)
            | SubscriptionEvent::FirstStreamPosition(_)
            | SubscriptionEvent::LastStreamPosition(_)
            | SubscriptionEvent::LastAllPosition(_) => {}
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<(), End> {
        let Some(position) = self.place.take() else { return Ok(()) };
        let seqs = self.shared.copy.import_items(std::mem::take(&mut self.items), Some(bytes(position))).await?;
        for ((stream, revision, attempt), seq) in self.whose.drain(..).zip(seqs) {
            self.shared.resolve(&stream, revision, seq, attempt);
        }
        if !self.destroyed.is_empty() {
            // The rows are gone; now the old frames of the write-ahead log.
            self.shared.empty_wal().await?;
            for (stream, revision) in self.destroyed.drain(..) {
                self.shared.resolve(&stream, revision, 0, (0, 0));
            }
        }
        self.unrecorded = self.shared.linked();
        if self.unrecorded && self.recorded.elapsed() >= RECORD_EVERY {
            self.record().await;
        }
        Ok(())
    }

    async fn record(&mut self) {
        self.shared.raise_record().await;
        self.unrecorded = false;
        self.recorded = Instant::now();
    }
}

fn bytes(position: Position) -> Vec<u8> {
    [position.commit.to_be_bytes(), position.prepare.to_be_bytes()].concat()
}

/// The inverse of [`bytes`]; anything else is the beginning.
fn place(bytes: &[u8]) -> StreamPosition<Position> {
    let number = |range: std::ops::Range<usize>| bytes.get(range).and_then(|part| part.try_into().ok()).map(u64::from_be_bytes);
    match (number(0..8), number(8..16)) {
        (Some(commit), Some(prepare)) => StreamPosition::Position(Position { commit, prepare }),
        _ => StreamPosition::Start,
    }
}
