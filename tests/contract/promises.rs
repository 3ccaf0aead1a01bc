//! What every log promises.

use std::collections::{BTreeMap, HashSet};

use event_log::{Append, AppendError, Appended, Cursor, Envelope, EventLog, Expected, LogError, tree};
use uuid::Uuid;

use crate::fixtures::{Backend, Copyable, START, append, event, key, sealed};

async fn whole_log(log: &dyn EventLog, page: usize) -> Vec<Envelope> {
    let mut events = Vec::new();
    let mut cursor = Cursor::default();
    loop {
        let batch = log.read_all(&cursor, page).await.unwrap();
        assert!(batch.events.len() <= page);
        events.extend(batch.events);
        cursor = batch.next;
        if batch.at_head {
            return events;
        }
    }
}

pub async fn an_appended_event_is_read_back_as_it_was_given(backend: &impl Backend) {
    let given = vec![event(1), event(2)];
    let appended = backend.writer().append(append("case-1", Expected::NoStream, given.clone())).await.unwrap();

    assert_eq!(appended, Appended { last_seq: 2, last_revision: 1, repeated: false });
    let wanted: Vec<Envelope> =
        given.into_iter().zip(0..).map(|(event, revision)| event.placed(revision + 1, "case-1".to_owned(), revision, START)).collect();
    assert_eq!(backend.reader().read_stream("case-1").await.unwrap(), wanted);
    assert_eq!(whole_log(&*backend.reader(), 10).await, wanted);
}

pub async fn every_field_at_its_bounds_survives(backend: &impl Backend) {
    let mut full = event(1);
    full.id = Uuid::max();
    full.kind = "类型".repeat(20);
    full.version = u16::MAX;
    full.occurred_at = i64::MIN;
    full.actor = "工".repeat(60);
    full.on_behalf = Some("unit-110000".to_owned());
    full.cause = Some(Uuid::nil());
    full.rulebook = Some("generic@3".to_owned());
    full.data = (0..=255).cycle().take(100_000).collect();
    full.sealed = vec![sealed("petitioner", 0), sealed("office", 255)];
    full.sealed[1].ciphertext = Vec::new();
    let mut bare = event(2);
    bare.id = Uuid::nil();
    bare.version = 0;
    bare.occurred_at = i64::MAX;
    bare.data = Vec::new();
    backend.writer().append(append("case-1", Expected::NoStream, vec![full.clone(), bare.clone()])).await.unwrap();

    let found = backend.reader().read_stream("case-1").await.unwrap();
    assert_eq!(found, vec![full.placed(1, "case-1".to_owned(), 0, START), bare.placed(2, "case-1".to_owned(), 1, START)]);
}

pub async fn a_stream_that_is_not_there_is_empty(backend: &impl Backend) {
    assert_eq!(backend.reader().read_stream("case-none").await.unwrap(), vec![]);
    let batch = backend.reader().read_all(&Cursor::default(), 10).await.unwrap();
    assert_eq!((batch.events, batch.next, batch.at_head), (vec![], Cursor::default(), true));
    let head = backend.reader().head().await.unwrap();
    assert_eq!((head.size, head.root), (0, tree::empty_root()));
}

pub async fn a_wrong_expected_revision_is_a_conflict_that_names_the_actual_one(backend: &impl Backend) {
    let log = backend.writer();
    log.append(append("case-1", Expected::NoStream, vec![event(1), event(2)])).await.unwrap();

    for (stream, expected, actual) in [
        ("case-1", Expected::NoStream, Some(1)),
        ("case-1", Expected::Exact(0), Some(1)),
        ("case-1", Expected::Exact(2), Some(1)),
        ("case-2", Expected::Exact(0), None),
    ] {
        let refused = backend.writer().append(append(stream, expected, vec![event(9)])).await;
        assert_eq!(refused, Err(AppendError::Conflict { actual }), "{stream} {expected:?}");
    }
    assert_eq!(backend.reader().head().await.unwrap().size, 2);
}

pub async fn a_conflict_writes_neither_events_nor_keys(backend: &impl Backend) {
    backend.writer().append(append("case-1", Expected::NoStream, vec![event(1)])).await.unwrap();
    let mut clashing = append("case-1", Expected::NoStream, vec![event(2), event(3)]);
    clashing.keys = vec![key("case-1", "petitioner", 1)];
    backend.writer().append(clashing).await.unwrap_err();

    assert_eq!(backend.reader().read_stream("case-1").await.unwrap().len(), 1);
    assert_eq!(backend.reader().keys_of("case-1").await.unwrap(), vec![]);
}

pub async fn a_repeated_append_answers_as_before_and_writes_nothing(backend: &impl Backend) {
    let mut asked = append("case-1", Expected::NoStream, vec![event(1), event(2)]);
    asked.keys = vec![key("case-1", "petitioner", 1)];
    let first = backend.writer().append(asked.clone()).await.unwrap();
    let second = backend.writer().append(asked).await.unwrap();

    assert_eq!(second, Appended { repeated: true, ..first });
    assert_eq!(backend.reader().head().await.unwrap().size, 2);
    assert_eq!(backend.reader().keys_of("case-1").await.unwrap().len(), 1);
}

pub async fn an_older_append_repeated_later_is_still_recognised(backend: &impl Backend) {
    let older = append("case-1", Expected::Exact(0), vec![event(2), event(3)]);
    backend.writer().append(append("case-1", Expected::NoStream, vec![event(1)])).await.unwrap();
    let first = backend.writer().append(older.clone()).await.unwrap();
    backend.writer().append(append("case-2", Expected::NoStream, vec![event(4)])).await.unwrap();
    backend.writer().append(append("case-1", Expected::Exact(2), vec![event(5)])).await.unwrap();

    assert_eq!(backend.writer().append(older).await, Ok(Appended { repeated: true, ..first }));
    assert_eq!(backend.reader().head().await.unwrap().size, 5);
}

pub async fn other_ids_at_the_same_place_are_a_conflict(backend: &impl Backend) {
    backend.writer().append(append("case-1", Expected::NoStream, vec![event(1), event(2)])).await.unwrap();
    let half_known = backend.writer().append(append("case-1", Expected::NoStream, vec![event(1), event(3)])).await;
    assert_eq!(half_known, Err(AppendError::Conflict { actual: Some(1) }));
}

pub async fn a_part_of_an_append_with_more_behind_it_is_a_conflict(backend: &impl Backend) {
    backend.writer().append(append("case-1", Expected::NoStream, vec![event(1)])).await.unwrap();
    let longer = backend.writer().append(append("case-1", Expected::NoStream, vec![event(1), event(2)])).await;
    assert_eq!(longer, Err(AppendError::Conflict { actual: Some(0) }));
}

pub async fn wrong_appends_are_refused_with_a_reason(backend: &impl Backend) {
    let with = |change: fn(&mut Append)| {
        let mut wrong = append("case-1", Expected::NoStream, vec![event(1)]);
        change(&mut wrong);
        wrong
    };
    let wrong = [
        with(|append| append.events.clear()),
        with(|append| append.stream.clear()),
        with(|append| append.stream.push('\n')),
        with(|append| append.stream = "x".repeat(201)),
        with(|append| append.events.push(event(1))),
        with(|append| append.events[0].kind.clear()),
        with(|append| append.events[0].actor.clear()),
        with(|append| append.events[0].on_behalf = Some(String::new())),
        with(|append| append.events[0].rulebook = Some(String::new())),
        with(|append| append.events[0].data = vec![0; 2 << 20]),
        with(|append| append.events[0].sealed = vec![sealed("office", 1), sealed("office", 2)]),
        with(|append| append.keys = vec![key("case-1", "", 1)]),
        with(|append| append.keys = vec![key("case-1", "office", 1), key("case-1", "petitioner", 1)]),
        with(|append| append.expected = Expected::Exact(u64::MAX)),
    ];
    for (index, wrong) in wrong.into_iter().enumerate() {
        let refused = backend.writer().append(wrong).await;
        assert!(matches!(refused, Err(AppendError::Invalid(_))), "{index}: {refused:?}");
    }
    assert_eq!(backend.reader().head().await.unwrap().size, 0);
}

pub async fn the_time_of_record_never_falls(backend: &impl Backend) {
    for (number, now) in [(1, START), (2, START - 86_400_000_000), (3, START + 5)] {
        backend.set_clock(now);
        backend.writer().append(append(&format!("case-{number}"), Expected::NoStream, vec![event(number)])).await.unwrap();
    }
    let recorded: Vec<i64> = whole_log(&*backend.reader(), 10).await.iter().map(|event| event.recorded_at).collect();
    assert_eq!(recorded, vec![START, START, START + 5]);
    assert_eq!(backend.reader().head().await.unwrap().recorded_at, START + 5);
}

pub async fn the_whole_log_is_read_in_pages_in_order(backend: &impl Backend) {
    for number in 0..10 {
        let events = (0..3).map(|part| event(number * 3 + part)).collect();
        backend.writer().append(append(&format!("case-{number}"), Expected::NoStream, events)).await.unwrap();
    }
    for page in [1, 7, 30, 100] {
        let events = whole_log(&*backend.reader(), page).await;
        assert!(events.iter().map(|event| event.seq).eq(1..=30), "pages of {page}");
        assert!(events.iter().map(|event| event.id).eq((0..30).map(|number| event(number).id)), "pages of {page}");
    }
    // Going on from the head gives nothing, and what comes later comes from there.
    let head = backend.reader().read_all(&Cursor::default(), 100).await.unwrap();
    let nothing = backend.reader().read_all(&head.next, 100).await.unwrap();
    assert_eq!((nothing.events.len(), nothing.at_head, &nothing.next), (0, true, &head.next));
    backend.writer().append(append("case-late", Expected::NoStream, vec![event(99)])).await.unwrap();
    let later = backend.reader().read_all(&head.next, 100).await.unwrap();
    assert_eq!(later.events.iter().map(|event| event.seq).collect::<Vec<_>>(), vec![31]);
}

/// Writers take turns: with two processes the reader's own append is followed by one that it has not heard of.
pub async fn whatever_is_acknowledged_is_read_whoever_appended_it(backend: &impl Backend) {
    backend.writer().append(append("case-0", Expected::NoStream, vec![event(0)])).await.unwrap();
    let (mut cursor, mut seen) = (Cursor::default(), 0);
    for round in 0..20 {
        for number in [round * 2 + 1, round * 2 + 2] {
            backend.writer().append(append(&format!("case-{number}"), Expected::NoStream, vec![event(number)])).await.unwrap();
        }
        loop {
            let batch = backend.reader().read_all(&cursor, 100).await.unwrap();
            seen += batch.events.len() as u64;
            cursor = batch.next;
            if batch.at_head {
                break;
            }
        }
        assert_eq!(seen, round * 2 + 3);
    }
}

pub async fn a_cursor_beyond_the_log_or_of_a_stranger_is_refused(backend: &impl Backend) {
    backend.writer().append(append("case-1", Expected::NoStream, vec![event(1)])).await.unwrap();
    let beyond = Cursor::from_bytes(2u64.to_be_bytes().to_vec());
    assert_eq!(backend.reader().read_all(&beyond, 10).await, Err(LogError::CursorAhead { cursor: 2, size: 1 }));
    let stranger = Cursor::from_bytes(b"position 77".to_vec());
    assert_eq!(backend.reader().read_all(&stranger, 10).await, Err(LogError::InvalidCursor));
}

pub async fn a_cursor_survives_a_checkpoint_file(backend: &impl Backend) {
    backend.writer().append(append("case-1", Expected::NoStream, vec![event(1), event(2)])).await.unwrap();
    let first = backend.reader().read_all(&Cursor::default(), 1).await.unwrap();
    let kept = Cursor::from_bytes(first.next.as_bytes().to_vec());
    let text = serde_json::to_string(&first.next).unwrap();
    assert_eq!(serde_json::from_str::<Cursor>(&text).unwrap(), kept);
    assert_eq!(backend.reader().read_all(&kept, 10).await.unwrap().events[0].id, event(2).id);
}

pub async fn the_watch_notices_every_append(backend: &impl Backend) {
    let mut watch = backend.reader().watch();
    for number in 1..=4 {
        backend.writer().append(append(&format!("case-{number}"), Expected::NoStream, vec![event(number)])).await.unwrap();
        assert!(*watch.wait_for(|seq| *seq >= number).await.unwrap() >= number);
    }
    assert_eq!(*backend.reader().watch().borrow(), 4);
}

pub async fn keys_come_with_the_events_and_go_alone(backend: &impl Backend) {
    let mut first = append("case-1", Expected::NoStream, vec![event(1)]);
    first.keys = vec![key("case-1", "petitioner", 1), key("case-1", "office", 2)];
    backend.writer().append(first).await.unwrap();
    let mut second = append("case-1", Expected::Exact(0), vec![event(2)]);
    second.keys = vec![key("case-1", "petitioner", 3), key("case-2", "petitioner", 1)];
    backend.writer().append(second).await.unwrap();
    let before = backend.reader().head().await.unwrap();

    let all = vec![key("case-1", "petitioner", 1), key("case-1", "office", 2), key("case-1", "petitioner", 3)];
    assert_eq!(backend.reader().keys_of("case-1").await.unwrap(), all);
    let several = backend.reader().keys_of_all(&["case-2", "case-3", "case-1"]).await.unwrap();
    assert_eq!(several, [vec![key("case-2", "petitioner", 1)], all].concat());
    assert_eq!(backend.writer().delete_keys("case-1", &["petitioner".to_owned()]).await, Ok(2));
    assert_eq!(backend.reader().keys_of("case-1").await.unwrap(), vec![key("case-1", "office", 2)]);
    assert_eq!(backend.reader().keys_of("case-2").await.unwrap(), vec![key("case-2", "petitioner", 1)]);
    // Destroying keys changes no fact; destroying them again is no error; an owner without events is none either.
    assert_eq!(backend.writer().delete_keys("case-1", &["petitioner".to_owned()]).await, Ok(0));
    assert_eq!(backend.writer().delete_keys("case-none", &["petitioner".to_owned()]).await, Ok(0));
    assert_eq!(backend.reader().head().await.unwrap(), before);
    // A name used only as an owner is still a stream without events.
    backend.writer().append(append("case-2", Expected::NoStream, vec![event(3)])).await.unwrap();
}

pub async fn keys_of_a_stream_that_is_there_are_put_once_and_can_be_destroyed(backend: &impl Copyable) {
    let mut first = append("case-1", Expected::NoStream, vec![event(1)]);
    first.keys = vec![key("case-1", "petitioner", 1), key("case-1", "office", 2)];
    backend.writer().append(first).await.unwrap();
    backend.writer().append(append("case-1", Expected::Exact(0), vec![event(2)])).await.unwrap();
    let (log, before) = (backend.target(), backend.reader().head().await.unwrap());
    log.settled().await.unwrap();

    let [one, two, three, other] =
        [key("case-1", "petitioner", 1), key("case-1", "office", 2), key("case-1", "petitioner", 3), key("case-none", "petitioner", 4)];
    for _ in 0..2 {
        log.import(Vec::new(), vec![one.clone(), three.clone(), other.clone()]).await.unwrap();
        assert_eq!(log.keys_of("case-1").await.unwrap(), [one.clone(), two.clone(), three.clone()]);
        assert_eq!(log.keys_of("case-none").await.unwrap(), vec![other.clone()]);
    }
    assert_eq!(backend.reader().keys_of("case-1").await.unwrap(), [one, two.clone(), three.clone()]);
    assert_eq!(backend.writer().delete_keys("case-1", &["petitioner".to_owned()]).await, Ok(2));
    assert_eq!(backend.reader().keys_of("case-1").await.unwrap(), vec![two.clone()]);
    // One that goes with the others of its subject is put again.
    log.import(Vec::new(), vec![three.clone()]).await.unwrap();
    assert_eq!(log.keys_of("case-1").await.unwrap(), [two.clone(), three.clone()]);
    assert_eq!(backend.reader().keys_of("case-1").await.unwrap(), [two, three]);
    assert_eq!(backend.reader().head().await.unwrap(), before);
}

pub async fn all_keys_are_listed_in_pages_also_while_some_are_destroyed(backend: &impl Copyable) {
    let names: Vec<String> = (0..10).map(|number| format!("case-{number}")).collect();
    let mut wanted = Vec::new();
    for (number, name) in (0..).zip(&names) {
        let mut first = append(name, Expected::NoStream, vec![event(number)]);
        first.keys = vec![key(name, "petitioner", 1), key(name, "office", 2)];
        wanted.extend(first.keys.clone());
        backend.target().append(first).await.unwrap();
    }
    let log = backend.target();
    for page in [1, 7, 100] {
        let (mut place, mut found) = (0, Vec::new());
        loop {
            let some = log.list_keys(place, page).await.unwrap();
            assert!(some.len() <= page);
            let Some((last, _)) = some.last() else { break };
            place = *last;
            found.extend(some.into_iter().map(|(_, key)| key));
        }
        assert_eq!(found, wanted, "pages of {page}");
    }
    let (mut place, mut found) = (0, 0);
    while let Some((last, key)) = log.list_keys(place, 1).await.unwrap().pop() {
        (place, found) = (last, found + 1);
        log.delete_keys(&key.owner, &[key.subject]).await.unwrap();
    }
    assert_eq!(found, 20);
    assert_eq!(log.list_keys(0, 1).await, Ok(vec![]));
}

pub async fn a_key_id_is_used_once(backend: &impl Backend) {
    let mut first = append("case-1", Expected::NoStream, vec![event(1)]);
    first.keys = vec![key("case-1", "petitioner", 1)];
    backend.writer().append(first).await.unwrap();
    let mut second = append("case-1", Expected::Exact(0), vec![event(2)]);
    second.keys = vec![key("case-1", "office", 1)];
    assert!(matches!(backend.writer().append(second).await, Err(AppendError::Invalid(_))));
    assert_eq!(backend.reader().head().await.unwrap().size, 1);
}

pub async fn sixteen_writers_leave_no_gap_and_lose_nothing(backend: &impl Backend) {
    const WRITERS: u64 = 16;
    const EACH: u64 = 20;
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let log = backend.writer();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for turn in 0..EACH {
                    let number = writer * 1000 + turn * 2;
                    let expected = if turn == 0 { Expected::NoStream } else { Expected::Exact(turn * 2 - 1) };
                    let appended =
                        log.append(append(&format!("case-{writer}"), expected, vec![event(number), event(number + 1)])).await.unwrap();
                    assert_eq!(appended.last_revision, turn * 2 + 1);
                    acknowledged.push((appended.last_seq, event(number + 1).id));
                }
                acknowledged
            })
        })
        .collect();
    let mut acknowledged = BTreeMap::new();
    for task in tasks {
        for (seq, id) in task.await.unwrap() {
            assert_eq!(acknowledged.insert(seq, id), None, "seq {seq} was given twice");
        }
    }

    let events = whole_log(&*backend.reader(), 100).await;
    assert!(events.iter().map(|event| event.seq).eq(1..=WRITERS * EACH * 2));
    assert_eq!(events.iter().map(|event| event.id).collect::<HashSet<_>>().len() as u64, WRITERS * EACH * 2);
    for (seq, id) in acknowledged {
        assert_eq!(events[usize::try_from(seq).unwrap() - 1].id, id);
    }
    // The two events of one append stand side by side.
    assert!(events.chunks(2).all(|pair| pair[0].stream == pair[1].stream && pair[0].revision + 1 == pair[1].revision));
    assert!(backend.reader().verify(&|_, _| {}).await.unwrap().is_sound());
}

pub async fn writers_of_one_stream_conflict_and_none_is_lost(backend: &impl Backend) {
    backend.writer().append(append("case-1", Expected::NoStream, vec![event(0)])).await.unwrap();
    let tasks: Vec<_> = (1..=8u64)
        .map(|writer| {
            let log = backend.writer();
            tokio::spawn(async move {
                for turn in 0..5 {
                    let mut expected = 0;
                    loop {
                        match log.append(append("case-1", Expected::Exact(expected), vec![event(writer * 100 + turn)])).await {
                            Ok(appended) => break assert!(!appended.repeated),
                            Err(AppendError::Conflict { actual: Some(actual) }) => expected = actual,
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let events = backend.reader().read_stream("case-1").await.unwrap();
    assert!(events.iter().map(|event| event.revision).eq(0..=40));
    assert_eq!(events.iter().map(|event| event.id).collect::<HashSet<_>>().len(), 41);
}

pub async fn every_event_is_proved_to_be_in_the_tree(backend: &impl Backend) {
    // More than one tile, so that stored subtrees are used.
    for part in 0..6u64 {
        let events = (0..100).map(|number| event(part * 100 + number)).collect();
        backend.writer().append(append(&format!("case-{part}"), Expected::NoStream, events)).await.unwrap();
    }
    let log = backend.reader();
    let head = log.head().await.unwrap();
    let events = whole_log(&*log, 1000).await;
    assert_eq!(head.size, 600);
    for event in events.iter().step_by(37).chain(events.last()) {
        let path = log.inclusion(event.seq, head.size).await.unwrap();
        assert!(tree::proves_inclusion(&event.leaf(), event.seq - 1, head.size, &path, &head.root), "seq {}", event.seq);
        let mut other = event.clone();
        other.occurred_at += 1;
        assert!(!tree::proves_inclusion(&other.leaf(), event.seq - 1, head.size, &path, &head.root));
    }
}

pub async fn the_root_at_every_size_is_the_root_that_the_log_had_then(backend: &impl Backend) {
    let mut roots = vec![(0, tree::empty_root())];
    for part in 0..12u64 {
        let events = (0..45).map(|number| event(part * 45 + number)).collect();
        backend.writer().append(append(&format!("case-{part}"), Expected::NoStream, events)).await.unwrap();
        let head = backend.writer().head().await.unwrap();
        roots.push((head.size, head.root));
    }
    let log = backend.reader();
    for (size, root) in roots {
        assert_eq!(log.root_at(size).await, Ok(root), "{size}");
    }
    assert_eq!(log.root_at(541).await, Err(LogError::OutOfRange { size: 540 }));
}

pub async fn proofs_beyond_the_log_are_refused(backend: &impl Backend) {
    backend.writer().append(append("case-1", Expected::NoStream, vec![event(1), event(2)])).await.unwrap();
    for (seq, size) in [(0, 1), (1, 3), (3, 3), (2, 1)] {
        assert_eq!(backend.reader().inclusion(seq, size).await, Err(LogError::OutOfRange { size: 2 }), "{seq} of {size}");
    }
    assert_eq!(backend.reader().inclusion(1, 1).await, Ok(vec![]));
}

pub async fn a_sound_log_verifies(backend: &impl Backend) {
    for part in 0..6u64 {
        let events = (0..100).map(|number| event(part * 100 + number)).collect();
        backend.writer().append(append(&format!("case-{part}"), Expected::NoStream, events)).await.unwrap();
    }
    let told = std::sync::Mutex::new(Vec::new());
    let report = backend.reader().verify(&|done, total| told.lock().unwrap().push((done, total))).await.unwrap();
    assert_eq!((report.faults, report.fault_count, report.events), (vec![], 0, 600));
    assert_eq!(report.head, Some(backend.reader().head().await.unwrap()));
    assert_eq!(told.lock().unwrap().last(), Some(&(600, 600)));
}
