use super::*;
use crate::backups::Fault;

fn label(kind: Kind) -> Label {
    Label { format: FORMAT, kind, program: "xiaoneng 0".to_owned(), installation: "ab".to_owned(), made_at: Instant::default() }
}

/// A file of two parts, one of them large enough to fill several blocks.
fn made(path: &std::path::Path, kind: Kind) -> List {
    let mut writer = Writer::create(path, label(kind)).unwrap();
    writer.add("events", "00000001", b"one").unwrap();
    writer.add("events", "00000002", &vec![7; 100_000]).unwrap();
    writer.add("attachments", &format!("inspection-{}/{}", "1".repeat(36), "a".repeat(64)), b"photo").unwrap();
    let (file, list) = writer.finish(3, "root".to_owned(), None).unwrap();
    file.publish().unwrap();
    list
}

/// Names and contents.
type Members = Vec<(String, Vec<u8>)>;

fn take(path: &std::path::Path, kind: Kind) -> Result<(List, Members), Fault> {
    let mut members = Vec::new();
    let list = read(path, kind, &mut |mut member| {
        members.push((format!("{}/{}", member.part, member.name), member.bytes()?));
        Ok(())
    })?;
    Ok((list, members))
}

#[test]
fn what_was_written_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let list = made(&path, Kind::Log);
    let (read, members) = take(&path, Kind::Log).unwrap();
    assert_eq!(read, list);
    assert_eq!(members.len(), 3);
    assert_eq!((members[0].0.as_str(), members[0].1.as_slice()), ("events/00000001", b"one".as_slice()));
    assert_eq!(members[1].1, vec![7; 100_000]);
    assert_eq!((list.parts["events"].members, list.parts["events"].bytes), (2, 100_003));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    // members that nobody looks into are compared all the same
    assert_eq!(super::read(&path, Kind::Log, &mut |_| Ok(())).unwrap(), list);
}

#[test]
fn every_cut_and_every_changed_byte_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (good, bad) = (dir.path().join("good"), dir.path().join("bad"));
    made(&good, Kind::Keys);
    let bytes = std::fs::read(&good).unwrap();
    let whole = take(&good, Kind::Keys).unwrap();
    let mut harmless = 0;
    let refused = |bytes: &[u8], what: &str| {
        std::fs::write(&bad, bytes).unwrap();
        let fault = take(&bad, Kind::Keys).unwrap_err();
        // A byte of the label may be what changed.
        let named = matches!(fault, Fault::Damaged { .. } | Fault::NotABackup(_) | Fault::Newer { .. } | Fault::WrongKind { .. });
        assert!(named, "{what}: {fault:?}");
    };
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        // Some bits of zstd say nothing: what decodes to the same is the same.
        std::fs::write(&bad, &changed).unwrap();
        if let Ok(found) = take(&bad, Kind::Keys) {
            assert_eq!(found, whole, "changed at {at}");
            harmless += 1;
        } else {
            refused(&changed, &format!("changed at {at}"));
        }
        refused(&bytes[..at], &format!("cut at {at}"));
    }
    assert!(harmless * 20 < bytes.len(), "{harmless} of {}", bytes.len());
    refused(&[bytes.clone(), b"more".to_vec()].concat(), "longer");
}

#[test]
fn the_other_kind_a_newer_one_and_a_stranger_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    made(&path, Kind::Keys);
    assert_eq!(take(&path, Kind::Log), Err(Fault::WrongKind { path: path.clone(), found: Kind::Keys, wanted: Kind::Log }));
    let newer = Label { format: FORMAT + 1, ..label(Kind::Log) };
    Writer::create(&path, newer).unwrap().finish(0, String::new(), None).unwrap().0.publish().unwrap();
    assert_eq!(take(&path, Kind::Log), Err(Fault::Newer { path: path.clone(), found: FORMAT + 1 }));
    std::fs::write(&path, zstd::encode_all(b"not a tar".as_slice(), 1).unwrap()).unwrap();
    assert_eq!(take(&path, Kind::Log), Err(Fault::NotABackup(path.clone())));
    std::fs::write(&path, "case_number,title\n").unwrap();
    assert_eq!(take(&path, Kind::Log), Err(Fault::NotABackup(path.clone())));
    let missing = dir.path().join("none");
    assert_eq!(take(&missing, Kind::Log), Err(Fault::Io { path: missing, kind: std::io::ErrorKind::NotFound }));
}

#[test]
fn a_file_that_is_not_ended_has_no_name_and_two_do_not_write_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    std::fs::write(&path, "yesterday").unwrap();
    let mut writer = Writer::create(&path, label(Kind::Log)).unwrap();
    writer.add("events", "1", b"one").unwrap();
    assert!(matches!(Writer::create(&path, label(Kind::Log)), Err(Fault::Busy(_))));
    drop(writer);
    assert_eq!(std::fs::read(&path).unwrap(), b"yesterday");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    // what a killed process left is written over
    std::fs::write(dir.path().join("a.part"), vec![1; 1 << 20]).unwrap();
    let list = made(&path, Kind::Log);
    assert_eq!(take(&path, Kind::Log).unwrap().0, list);
}
