//! What is done to the files, and what must come of it.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Ground, Start, UNLIMITED, refusal};
use crate::Outcome;
use crate::server::binary;

/// What must come of it.
pub(super) enum Wanted {
    /// It serves, as if nothing were.
    Serves,
    /// It refuses, and its reason has these parts.
    Refused(&'static [&'static str]),
}

/// Damages `dir`; `older` is the same city before, `other` another one.
type Damage = fn(dir: &Path, older: &Path, other: &Path) -> Outcome<()>;

/// One case.
pub(super) struct Case {
    pub(super) what: &'static str,
    pub(super) damage: Damage,
    pub(super) wanted: Wanted,
    /// What `verify` says; none when it finds the log sound.
    pub(super) verify: Option<&'static str>,
}

const SHORTER: &[&str] = &["水位记录", "从备份恢复"];

fn refused(what: &'static str, parts: &'static [&'static str], verify: Option<&'static str>, damage: Damage) -> Case {
    Case { what, damage, wanted: Wanted::Refused(parts), verify }
}

fn serves(what: &'static str, damage: Damage) -> Case {
    Case { what, damage, wanted: Wanted::Serves, verify: None }
}

/// All cases.
pub(super) fn all() -> Vec<Case> {
    vec![
        refused("log.db-wal with a changed byte", SHORTER, Some("log.head"), |dir, _, _| flip(&dir.join("log.db-wal"))),
        refused("log.db-wal cut in half", SHORTER, Some("log.head"), |dir, _, _| halve(&dir.join("log.db-wal"))),
        refused("log.db-wal emptied", SHORTER, Some("log.head"), |dir, _, _| cut(&dir.join("log.db-wal"), 0)),
        refused("log.db-wal missing", SHORTER, Some("log.head"), |dir, _, _| Ok(fs::remove_file(dir.join("log.db-wal"))?)),
        refused("log.db-wal of another city", &["被改动"], Some(""), |dir, _, other| crash_of(other, &dir.join("log.db-wal"))),
        refused("log.db rolled back to an older copy", SHORTER, Some("log.head"), |dir, older, _| {
            fs::remove_file(dir.join("log.db-wal"))?;
            Ok(fs::copy(older.join("log.db"), dir.join("log.db")).map(|_| ())?)
        }),
        refused("log.db cut in half", &["log.db"], Some(""), |dir, _, _| {
            fs::remove_file(dir.join("log.db-wal"))?;
            halve(&dir.join("log.db"))
        }),
        refused("log.db emptied", SHORTER, Some(""), |dir, _, _| {
            fs::remove_file(dir.join("log.db-wal"))?;
            cut(&dir.join("log.db"), 0)
        }),
        refused("log.db missing", SHORTER, Some(""), |dir, _, _| {
            fs::remove_file(dir.join("log.db-wal"))?;
            Ok(fs::remove_file(dir.join("log.db"))?)
        }),
        refused("log.db is a text", &["不是本系统的事件日志"], Some(""), |dir, _, _| {
            fs::remove_file(dir.join("log.db-wal"))?;
            Ok(fs::write(dir.join("log.db"), "not a database, but as long as the header of one. ".repeat(100))?)
        }),
        refused("log.db of a newer schema", &["版本", "相应版本的程序"], None, |dir, _, _| {
            sql(&dir.join("log.db"), "PRAGMA user_version = 2")
        }),
        refused("a log without its trigger", &["结构"], None, |dir, _, _| sql(&dir.join("log.db"), "DROP TRIGGER events_keep_update")),
        refused("log.head is not readable", &["log.head", "从备份取回"], Some("log.head"), |dir, _, _| {
            Ok(fs::write(dir.join("log.head"), "{\"size\":")?)
        }),
        refused("master.key missing", &["主密钥", "托管"], None, |dir, _, _| Ok(fs::remove_file(dir.join("master.key"))?)),
        refused("master.key open to others", &["chmod 600"], None, |dir, _, _| {
            Ok(fs::set_permissions(dir.join("master.key"), Permissions::from_mode(0o644))?)
        }),
        refused("an event of a newer version", &["第 9 版", "更新版本的程序"], None, |dir, _, _| plant(dir)),
        serves("log.db-shm of another time", |dir, _, _| Ok(fs::write(dir.join("log.db-shm"), [0xa5; 32 * 1024])?)),
        serves("log.db-shm missing", |dir, _, _| Ok(fs::remove_file(dir.join("log.db-shm"))?)),
        serves("log.head missing", |dir, _, _| Ok(fs::remove_file(dir.join("log.head"))?)),
        serves("views.db missing", |dir, _, _| Ok(fs::remove_file(dir.join("views.db"))?)),
        serves("scores.db emptied", |dir, _, _| cut(&dir.join("scores.db"), 0)),
        serves("views.db is noise", |dir, _, _| Ok(fs::write(dir.join("views.db"), [0xa5; 64 * 1024])?)),
        serves("the first page of views.db damaged", |dir, _, _| {
            let file = File::options().write(true).open(dir.join("views.db"))?;
            Ok(file.write_all_at(&[0xff; 3_900], 100)?)
        }),
        serves("views.db of an older day", |dir, older, _| {
            for end in ["-wal", "-shm"] {
                fs::remove_file(dir.join(format!("views.db{end}")))?;
            }
            Ok(fs::copy(older.join("views.db"), dir.join("views.db")).map(|_| ())?)
        }),
        serves("views.db-wal with a changed byte", |dir, _, _| flip(&dir.join("views.db-wal"))),
        serves("search.db cut in half", |dir, _, _| {
            for end in ["-wal", "-shm"] {
                fs::remove_file(dir.join(format!("search.db{end}")))?;
            }
            cut(&dir.join("search.db"), 0)
        }),
    ]
}

/// Changes a byte in the middle.
fn flip(path: &Path) -> Outcome<()> {
    let file = File::options().read(true).write(true).open(path)?;
    let (mut byte, place) = ([0], file.metadata()?.len() / 2);
    file.read_exact_at(&mut byte, place)?;
    Ok(file.write_all_at(&[byte[0] ^ 0x10], place)?)
}

fn halve(path: &Path) -> Outcome<()> {
    cut(path, fs::metadata(path)?.len() / 2 / 4096 * 4096 + 100)
}

fn cut(path: &Path, length: u64) -> Outcome<()> {
    Ok(File::options().write(true).open(path)?.set_len(length)?)
}

fn sql(path: &Path, statement: &str) -> Outcome<()> {
    let connection = Connection::open(path)?;
    connection.execute_batch(statement)?;
    // What was changed stands in the file, as if somebody had closed it in order.
    Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}

/// The write-ahead log of another log, as a crash leaves it.
fn crash_of(other: &Path, target: &Path) -> Outcome<()> {
    let connection = Connection::open(other.join("log.db"))?;
    connection
        .execute_batch("PRAGMA wal_autocheckpoint = 0; CREATE TABLE IF NOT EXISTS more (x); INSERT INTO more VALUES (zeroblob(100000));")?;
    fs::copy(other.join("log.db-wal"), target)?;
    Ok(())
}

/// An event as a newer program would write it.
fn plant(dir: &Path) -> Outcome<()> {
    let dir = dir.to_owned();
    // A runtime of its own, since damages are plain functions.
    let done = std::thread::spawn(move || -> Outcome<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        runtime.block_on(super::super::poison::plant(&dir, "case_filed", 9))
    });
    done.join().map_err(|_| "the planting thread panicked")?
}

/// A place in which the program may not work.
pub(super) struct Place {
    parts: &'static [&'static str],
    prepare: fn(&Path) -> Outcome<Prepared>,
    shell: String,
}

/// What became of a place.
enum Prepared {
    /// It is as it is.
    AsItIs,
    /// Mounted as long as this lives.
    Mounted(#[expect(dead_code, reason = "mounted as long as it lives")] Mounted),
    /// It cannot be made on this machine.
    Impossible,
}

/// Taken away again when it is dropped.
pub(super) struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        // It lies in a temporary folder.
        let _ = std::process::Command::new("umount").args(["-l", &self.0.to_string_lossy()]).status();
    }
}

/// Places in which it refuses: another user's directory, a read-only file system. Only root can make them.
pub(super) fn places(ground: &Ground<'_>) -> Outcome<Vec<(&'static str, Place)>> {
    let root = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self")?) == 0;
    if !root {
        return Ok(Vec::new());
    }
    // Another user must be able to start the program.
    let program = ground.dir.join("xiaoneng");
    let own = binary()?;
    fs::hard_link(&own, &program).or_else(|_| fs::copy(&own, &program).map(|_| ()))?;
    for folder in ground.dir.ancestors().take(2) {
        fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    }
    let other = format!("exec setpriv --reuid=65534 --regid=65534 --clear-groups {} \"$@\"", program.display());
    Ok(vec![
        ("a directory of another user", Place { parts: &["属主"], prepare: |_| Ok(Prepared::AsItIs), shell: other }),
        (
            "a read-only file system",
            Place {
                parts: &["只读"],
                prepare: |dir| {
                    let words = |words: &[&str]| std::process::Command::new("mount").args(words).arg(dir).status();
                    if !words(&["--bind", &dir.to_string_lossy()])?.success() {
                        return Ok(Prepared::Impossible);
                    }
                    let mounted = Mounted(dir.to_owned());
                    Ok(if words(&["-o", "remount,ro,bind"])?.success() { Prepared::Mounted(mounted) } else { Prepared::Impossible })
                },
                shell: String::new(),
            },
        ),
    ])
}

impl Place {
    /// Starts there; what it says, none when there is no such place on this machine.
    pub(super) async fn refused(&self, dir: &Path) -> Outcome<Option<String>> {
        fs::set_permissions(dir, Permissions::from_mode(0o700))?;
        let prepared = (self.prepare)(dir)?;
        if matches!(prepared, Prepared::Impossible) {
            return Ok(None);
        }
        let start = Start { shell: self.shell.clone(), ..Start::with(UNLIMITED) };
        let refusal = refusal(dir, &start).await?.ok_or("it serves")?;
        refusal.says(self.parts)?;
        drop(prepared);
        Ok(Some(refusal.said))
    }
}
