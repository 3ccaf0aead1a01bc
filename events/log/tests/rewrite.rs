//! A log written from the events of another one.
#![cfg(test)]

use std::sync::Arc;

use event_log::{
    Append, Cursor, Envelope, EventLog, Expected, LogError, MemoryLog, NewEvent, Options, Rewriter, SealedBlob, SqliteLog, WrappedKey,
};
use uuid::Uuid;

fn event(n: u128, sealed: bool) -> NewEvent {
    let blob = SealedBlob { subject: "petitioner".to_owned(), suite: 1, key: [7; 16], nonce: [8; 24], ciphertext: vec![9; 40] };
    NewEvent {
        id: Uuid::from_u128(n),
        kind: format!("kind_{}", n % 3),
        version: 1,
        occurred_at: 5,
        actor: "citizen".to_owned(),
        on_behalf: n.is_multiple_of(2).then(|| "unit-1".to_owned()),
        cause: n.is_multiple_of(4).then(|| Uuid::from_u128(n + 1)),
        rulebook: n.is_multiple_of(5).then(|| "generic@1".to_owned()),
        data: format!("{{\"n\":{n}}}").into_bytes(),
        sealed: if sealed { vec![blob] } else { Vec::new() },
    }
}

fn key(owner: &str, id: u8) -> WrappedKey {
    WrappedKey { id: [id; 16], owner: owner.to_owned(), subject: "petitioner".to_owned(), epoch: 1, wrapped: vec![id; 48] }
}

/// 700 events of 100 streams: more than two tiles.
async fn filled(dir: &std::path::Path) -> SqliteLog {
    let time = Arc::new(std::sync::atomic::AtomicI64::new(1));
    let now = Arc::new(move || time.fetch_add(3, std::sync::atomic::Ordering::Relaxed));
    let log = SqliteLog::open(dir, Options::default(), now).unwrap();
    for n in 0..700u128 {
        let stream = format!("case-{}", n % 100);
        let expected = if n < 100 { Expected::NoStream } else { Expected::Exact(u64::try_from(n / 100).unwrap() - 1) };
        let keys = if n < 90 { vec![key(&stream, 1)] } else { Vec::new() };
        log.append(Append { stream, expected, events: vec![event(n, n < 100)], keys }).await.unwrap();
    }
    log
}

async fn all(log: &SqliteLog) -> Vec<Envelope> {
    let (mut events, mut cursor) = (Vec::new(), Cursor::default());
    loop {
        let batch = log.read_all(&cursor, 64).await.unwrap();
        events.extend(batch.events);
        cursor = batch.next;
        if batch.at_head {
            return events;
        }
    }
}

fn open(dir: &std::path::Path) -> SqliteLog {
    SqliteLog::open(dir, Options::default(), Arc::new(|| 9)).unwrap()
}

#[tokio::test]
async fn a_log_written_from_canonical_bytes_is_the_same_log() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = filled(from.path()).await;
    let events = all(&log).await;
    let mut writer = Rewriter::create(to.path()).unwrap();
    for some in events.chunks(37) {
        let read = some.iter().map(|event| Envelope::from_canonical(event.seq, &event.canonical()).unwrap()).collect();
        writer.append(read).unwrap();
    }
    // keys page by page; one of a stream that is not here is left out
    let (mut keys, mut place) = (Vec::new(), 0);
    loop {
        let page = log.keys_after(place, 40).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        place = *last;
        keys.extend(page.into_iter().map(|(_, key)| key));
    }
    assert_eq!(keys.len(), 90);
    keys.push(key("case-unknown", 2));
    assert_eq!(writer.keys(&keys).unwrap(), 90);
    let mut closed = Vec::new();
    writer.without_keys(&mut |stream| closed.push(stream.to_owned())).unwrap();
    closed.sort();
    assert_eq!(closed, (90..100).map(|n| format!("case-{n}")).collect::<Vec<_>>());
    assert_eq!(writer.finish().unwrap(), log.head().await.unwrap());
    let copy = open(to.path());
    assert_eq!(all(&copy).await, events);
    assert_eq!(copy.keys_of("case-3").await.unwrap(), [key("case-3", 1)]);
    let report = copy.verify(&|_, _| {}).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    // and it goes on as a log
    let next = Append { stream: "case-3".to_owned(), expected: Expected::Exact(6), events: vec![event(900, false)], keys: Vec::new() };
    assert_eq!(copy.append(next).await.unwrap().last_seq, 701);
}

#[tokio::test]
async fn events_out_of_order_and_a_folder_with_a_log_are_refused() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = filled(from.path()).await;
    assert!(matches!(Rewriter::create(from.path()), Err(LogError::Unavailable(_))));
    let events = all(&log).await;
    let mut writer = Rewriter::create(to.path()).unwrap();
    writer.append(events[..2].to_vec()).unwrap();
    assert!(matches!(writer.append(vec![events[3].clone()]), Err(LogError::Damaged { seq: 4, .. })));
    let earlier = Envelope { recorded_at: 0, ..events[2].clone() };
    assert!(matches!(writer.append(vec![earlier]), Err(LogError::Damaged { seq: 3, .. })));
}

#[tokio::test]
async fn the_log_in_memory_lists_its_keys_in_the_same_way() {
    let log = MemoryLog::new(Arc::new(|| 1));
    for n in 0..5u8 {
        let stream = format!("case-{n}");
        let keys = vec![key(&stream, n)];
        log.append(Append { stream, expected: Expected::NoStream, events: vec![event(n.into(), true)], keys }).await.unwrap();
    }
    let page = log.keys_after(0, 3).await.unwrap();
    assert_eq!(page.iter().map(|(_, key)| key.id[0]).collect::<Vec<_>>(), [0, 1, 2]);
    let rest = log.keys_after(page[2].0, 3).await.unwrap();
    assert_eq!(rest.iter().map(|(_, key)| key.id[0]).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(log.keys_after(rest[1].0, 3).await.unwrap(), []);
}

#[test]
fn bytes_that_are_not_canonical_are_no_event() {
    let good = event(4, true).placed(9, "case-1".to_owned(), 2, 77);
    let bytes = good.canonical();
    assert_eq!(Envelope::from_canonical(9, &bytes), Some(good));
    for end in 0..bytes.len() {
        assert_eq!(Envelope::from_canonical(9, &bytes[..end]), None, "cut at {end}");
    }
    let longer = [bytes.clone(), vec![0]].concat();
    assert_eq!(Envelope::from_canonical(9, &longer), None);
    let other_form = [vec![2], bytes[1..].to_vec()].concat();
    assert_eq!(Envelope::from_canonical(9, &other_form), None);
}
