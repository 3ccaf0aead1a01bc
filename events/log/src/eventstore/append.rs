//! Appending on the cluster: at an explicit revision, under the caller's ids, answered when this node has it too.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventstore::StreamState;

use super::link::Problem;
use super::shared::{Arrived, Shared};
use super::wire::{self, Attempt};
use crate::copy::missing;
use crate::sqlite::import::{Anchor, Imported};
use crate::sqlite::replica::Standing;
use crate::{Append, AppendError, Appended, EventLog, Expected, LogError, WrappedKey};

/// How long an append tries before it says that the cluster is away.
const PATIENCE: Duration = Duration::from_secs(6);
/// How long an acknowledged event may take to come back before the subscription is begun anew.
const FOLLOWS: Duration = Duration::from_millis(1500);
/// Between two tries, at first.
const PAUSE: Duration = Duration::from_millis(50);

/// Appends, or says why not. Bounded in time.
pub(super) async fn append(shared: Arc<Shared>, append: Append) -> Result<Appended, AppendError> {
    if let Some(error) = shared.refusal() {
        return Err(AppendError::Unavailable(error.to_string()));
    }
    let until = Instant::now() + PATIENCE;
    let attempt = shared.attempt();
    let first = append.expected.first_revision().unwrap_or_default();
    let last = first + append.events.len() as u64 - 1;
    let name = shared.names.event(&append.stream);
    let mut arrival = shared.wait_for(name.clone(), last);
    let mut pause = PAUSE;
    let mut tried = false;
    loop {
        match shared.copy.standing(&append).await.map_err(unavailable)? {
            Standing::Free => {}
            // This call's own try, of which the answer was lost, may be what stands there. Whose it is is told a moment after
            // it stands there.
            Standing::Repeated(done) => {
                let patience = if tried { FOLLOWS } else { Duration::ZERO };
                let own = matches!(tokio::time::timeout(patience, &mut arrival).await, Ok(Ok((_, whose))) if whose == attempt);
                return Ok(Appended { repeated: !own, ..done });
            }
            Standing::Taken(actual) => return Err(AppendError::Conflict { actual }),
            Standing::KeyUsed => return Err(AppendError::Invalid("该密钥编号已被使用".to_owned())),
            Standing::Behind => match catch_up(&shared, &append, &name, until).await? {
                Some(conflict) => return Err(conflict),
                None => continue,
            },
        }
        tried = true;
        let written = tokio::select! {
            biased;
            arrived = &mut arrival => {
                if let Ok((last_seq, whose)) = arrived
                    && whose == attempt
                {
                    return Ok(Appended { last_seq, last_revision: last, repeated: false });
                }
                // Somebody's event stands there: it is here, and decides.
                arrival = shared.wait_for(name.clone(), last);
                tried = false;
                continue;
            }
            written = write(&shared, &append, &name, attempt) => written,
        };
        match written {
            Ok(()) => return follow(&shared, &append, arrival, attempt, until).await,
            // Another has appended; what stands there decides, as soon as it is here.
            Err(Problem::Conflict) => {
                if let Some(conflict) = catch_up(&shared, &append, &name, until).await? {
                    return Err(conflict);
                }
            }
            Err(Problem::Refused(why)) => return Err(AppendError::Unavailable(why)),
            Err(Problem::Crowded) => return Err(AppendError::Overloaded),
            Err(Problem::Lost(why)) => {
                if Instant::now() + pause >= until {
                    tracing::warn!(why, "append not done");
                    return Err(AppendError::Unavailable("日志集群暂时连接不上，系统会自行恢复，请稍后再试".to_owned()));
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
    }
}

fn unavailable(error: LogError) -> AppendError {
    match error {
        LogError::Overloaded => AppendError::Overloaded,
        other => AppendError::Unavailable(other.to_string()),
    }
}

/// Keys first: an event without its keys could never be read, keys without their event never count.
async fn write(shared: &Shared, append: &Append, name: &str, attempt: Attempt) -> Result<(), Problem> {
    let first = append.expected.first_revision().unwrap_or_default();
    if let Some(event) = append.events.first() {
        let anchor = Anchor { stream: append.stream.clone(), revision: first, event: event.id };
        write_keys(shared, &append.keys, &anchor).await?;
    }
    let recorded_at = (shared.now)();
    let events = append.events.iter().map(|event| wire::event_data(event, recorded_at, attempt));
    let events = events.collect::<Result<Vec<_>, _>>().map_err(Problem::Refused)?;
    let expected = match append.expected {
        Expected::NoStream => StreamState::NoStream,
        Expected::Exact(last) => StreamState::StreamRevision(last),
    };
    shared.link.append(name, expected, events).await
}

/// One after the other, so that their order is the order in which they were given.
async fn write_keys(shared: &Shared, keys: &[WrappedKey], anchor: &Anchor) -> Result<(), Problem> {
    for key in keys {
        let data = wire::key_data(key, anchor).map_err(Problem::Refused)?;
        shared.link.append(&shared.names.keys(&key.owner, &key.subject), StreamState::Any, vec![data]).await?;
    }
    Ok(())
}

/// Waits until the event acknowledged has come back.
async fn follow(
    shared: &Shared,
    append: &Append,
    mut arrival: tokio::sync::oneshot::Receiver<Arrived>,
    attempt: Attempt,
    until: Instant,
) -> Result<Appended, AppendError> {
    loop {
        if let Ok(Ok((last_seq, whose))) = tokio::time::timeout(FOLLOWS, &mut arrival).await {
            let last_revision = append.expected.first_revision().unwrap_or_default() + append.events.len() as u64 - 1;
            // With another mark it is of an earlier call: the server knew the ids again.
            return Ok(Appended { last_seq, last_revision, repeated: whose != attempt });
        }
        // Another process may have brought it into this node's copy.
        if let Standing::Repeated(done) = shared.copy.standing(append).await.map_err(unavailable)? {
            return Ok(Appended { repeated: false, ..done });
        }
        if Instant::now() >= until {
            let why = "已写入日志集群，但本节点尚未跟上；请稍后重试，不会重复记录";
            return Err(AppendError::Unavailable(why.to_owned()));
        }
        shared.poke.notify_one();
    }
}

/// Waits until this node has the stream as far as the cluster has it. `Some`: it ends before the place that is expected.
async fn catch_up(shared: &Shared, append: &Append, name: &str, until: Instant) -> Result<Option<AppendError>, AppendError> {
    let mut watch = shared.copy.watch();
    let mut pause = PAUSE;
    let there = loop {
        match shared.link.last(name).await {
            Ok(event) => break event.map(|event| event.revision),
            Err(Problem::Crowded) => return Err(AppendError::Overloaded),
            Err(Problem::Refused(why)) => return Err(AppendError::Unavailable(why)),
            Err(Problem::Conflict | Problem::Lost(_)) if Instant::now() + pause < until => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
            Err(_) => return Err(AppendError::Unavailable("日志集群暂时连接不上，系统会自行恢复，请稍后再试".to_owned())),
        }
    };
    let expected = append.expected.first_revision().unwrap_or_default();
    if there.map_or(0, |last| last + 1) < expected {
        return Ok(Some(AppendError::Conflict { actual: there }));
    }
    let mut poked = false;
    loop {
        if shared.copy.last_revision(&append.stream).await.map_err(unavailable)? >= there {
            return Ok(None);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(AppendError::Unavailable("本节点尚未跟上日志集群，请稍后再试".to_owned()));
        }
        if tokio::time::timeout(left.min(FOLLOWS), watch.changed()).await.is_err() && !poked {
            poked = true;
            shared.poke.notify_one();
        }
    }
}

/// Destroys the keys of a subject: marks the end of what was, and cuts it off. This node has done so when this returns; the
/// others do when the mark reaches them.
pub(super) async fn destroy(shared: Arc<Shared>, owner: String, subject: String) -> Result<(), LogError> {
    let until = Instant::now() + PATIENCE;
    let name = shared.names.keys(&owner, &subject);
    let mut pause = PAUSE;
    loop {
        match try_destroy(&shared, &name, &owner, &subject, until).await {
            Ok(()) => break,
            Err(Problem::Refused(why)) => return Err(LogError::Unavailable(why)),
            Err(problem) if Instant::now() + pause >= until => {
                tracing::warn!(?problem, "keys not destroyed");
                return Err(LogError::Unavailable("日志集群暂时连接不上，密钥尚未销毁完，请再试一次".to_owned()));
            }
            Err(_) => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
    }
    shared.empty_wal().await
}

async fn try_destroy(shared: &Shared, name: &str, owner: &str, subject: &str, until: Instant) -> Result<(), Problem> {
    let Some(last) = shared.link.last(name).await? else { return Ok(()) };
    if wire::is_destroyed(&last) {
        shared.link.cut_before(name, last.revision).await?;
        // Destroyed earlier, perhaps by another node: until that has come here, too.
        let lost = |error: LogError| Problem::Lost(error.to_string());
        while shared.copy.keys_of(owner).await.map_err(lost)?.iter().any(|key| key.subject == subject) {
            if Instant::now() >= until {
                return Err(Problem::Lost("本节点尚未跟上".to_owned()));
            }
            tokio::time::sleep(PAUSE).await;
        }
        return Ok(());
    }
    let mark = last.revision + 1;
    let mut arrival = shared.wait_for(name.to_owned(), mark);
    shared.link.append(name, StreamState::StreamRevision(last.revision), vec![wire::destroyed_data()]).await?;
    shared.link.cut_before(name, mark).await?;
    // Keys on their way to this node come before the mark.
    while tokio::time::timeout(FOLLOWS, &mut arrival).await.is_err() {
        if Instant::now() >= until {
            return Err(Problem::Lost("本节点尚未跟上".to_owned()));
        }
        shared.poke.notify_one();
    }
    Ok(())
}

/// Takes over events as they stand in another log, with their times. Keys count from the first event of their owner where that
/// is among them, otherwise at once.
pub(super) async fn import(shared: Arc<Shared>, events: Vec<Imported>, keys: Vec<WrappedKey>) -> Result<(), LogError> {
    let away = |problem: Problem| match problem {
        Problem::Conflict => {
            LogError::Damaged { seq: 0, what: "目标集群的流与来源日志不同，可能有人正在写入".to_owned() }
        }
        Problem::Refused(why) | Problem::Lost(why) => LogError::Unavailable(why),
        Problem::Crowded => LogError::Overloaded,
    };
    let mut last = None;
    let mut rest = events.as_slice();
    while let Some(first) = rest.first() {
        if first.revision == 0 {
            let own: Vec<WrappedKey> = keys.iter().filter(|key| key.owner == first.stream).cloned().collect();
            let anchor = Anchor { stream: first.stream.clone(), revision: 0, event: first.event.id };
            write_keys(&shared, &own, &anchor).await.map_err(away)?;
        }
        // Neighbours in one stream go together, in the bounds of one append.
        let mut weight = 0;
        let fits = |(event, revision): &(&Imported, u64)| {
            weight += event.event.weight();
            event.stream == first.stream && event.revision == *revision && (weight <= (4 << 20) || *revision == first.revision)
        };
        let count = rest.iter().zip(first.revision..).take_while(fits).count().min(512);
        let (group, behind) = rest.split_at(count);
        rest = behind;
        let data = group.iter().map(|imported| wire::event_data(&imported.event, imported.recorded_at, shared.attempt()));
        let data = data.collect::<Result<Vec<_>, _>>().map_err(LogError::Unavailable)?;
        let expected = match first.revision.checked_sub(1) {
            None => StreamState::NoStream,
            Some(before) => StreamState::StreamRevision(before),
        };
        let name = shared.names.event(&first.stream);
        shared.link.append(&name, expected, data).await.map_err(away)?;
        last = group.last().map(|event| (event.stream.clone(), event.revision));
    }
    // Told when all of it has come back, so that the next step and the head at the end see it.
    let behind = || LogError::Unavailable("本节点尚未跟上日志集群，请再运行一次".to_owned());
    if let Some((stream, revision)) = last {
        let until = Instant::now() + PATIENCE * 5;
        let mut watch = shared.copy.watch();
        while shared.copy.last_revision(&stream).await? < Some(revision) {
            if Instant::now() >= until {
                return Err(behind());
            }
            let _ = tokio::time::timeout(FOLLOWS, watch.changed()).await;
        }
    }
    // What did not come with the beginning of its owner: keys of streams that were there already.
    let mut left = missing(&shared.copy, keys).await?;
    for key in &left {
        let data = wire::settled_key_data(key).map_err(LogError::Unavailable)?;
        shared.link.append(&shared.names.keys(&key.owner, &key.subject), StreamState::Any, vec![data]).await.map_err(away)?;
    }
    let until = Instant::now() + PATIENCE * 5;
    loop {
        left = missing(&shared.copy, left).await?;
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() >= until {
            return Err(behind());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
