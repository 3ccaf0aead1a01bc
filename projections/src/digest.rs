//! One number for everything that the views say, to compare a rebuilt file with a continued one.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use crate::ViewError;
use crate::files::{FileKind, checkpoint};

/// Rows as they mean, not as they lie: internal numbers of holders are replaced by their names, and what a case keeps
/// of its own rows is left out.
const ROWS: &[(FileKind, &str)] = &[
    (FileKind::Views, "SELECT seq, recorded_at FROM meta"),
    (FileKind::Views, "SELECT * FROM unit ORDER BY code"),
    (FileKind::Views, "SELECT * FROM account ORDER BY key"),
    (FileKind::Views, "SELECT * FROM ended_session ORDER BY session"),
    (FileKind::Views, "SELECT * FROM rule_event ORDER BY seq"),
    (FileKind::Views, "SELECT * FROM case_row ORDER BY key"),
    (FileKind::Views, "SELECT key, state FROM case_state ORDER BY key"),
    (
        FileKind::Views,
        "SELECT h.name, w.bucket, w.due_at, w.key, w.filed_at, w.number, w.class, w.unit, w.wrongdoing FROM worklist w \
         JOIN holder h ON h.id = w.holder ORDER BY h.name, w.bucket, w.due_at, w.key",
    ),
    (
        FileKind::Views,
        "SELECT h.name, c.bucket, c.n FROM worklist_count c JOIN holder h ON h.id = c.holder WHERE c.n <> 0 ORDER BY h.name, c.bucket",
    ),
    (FileKind::Views, "SELECT * FROM due ORDER BY next_at, key, clock, round"),
    (FileKind::Views, "SELECT * FROM open_calendar ORDER BY key, version"),
    (FileKind::Views, "SELECT * FROM public_count WHERE n <> 0 ORDER BY period, dimension, value, what"),
    (FileKind::Views, "SELECT * FROM public_case ORDER BY key"),
    (FileKind::Views, "SELECT * FROM notice_missing ORDER BY id"),
    (FileKind::Views, "SELECT * FROM notice ORDER BY key"),
    (FileKind::Views, "SELECT * FROM import_batch ORDER BY key"),
    (FileKind::Views, "SELECT * FROM restricted ORDER BY case_id"),
    (FileKind::Views, "SELECT * FROM erasure ORDER BY seq, case_id"),
    (FileKind::Views, "SELECT * FROM stream ORDER BY key"),
    (FileKind::Views, "SELECT * FROM stream_count ORDER BY kind, year"),
    (FileKind::Views, "SELECT * FROM agenda ORDER BY next_at, key"),
    (FileKind::Views, "SELECT * FROM duty ORDER BY holder, due_at, key, task"),
    (FileKind::Views, "SELECT * FROM mark ORDER BY seq, ord"),
    (FileKind::Views, "SELECT * FROM investigation ORDER BY key"),
    (FileKind::Views, "SELECT * FROM daily_case ORDER BY day, kind, key"),
    (FileKind::Views, "SELECT * FROM daily_count ORDER BY day, kind, wrongdoing"),
    (FileKind::Views, "SELECT * FROM escalation_expected ORDER BY case_id, trigger_name"),
    (FileKind::Views, "SELECT * FROM escalation_met ORDER BY case_id, trigger_name"),
    (FileKind::Views, "SELECT * FROM escalation_like ORDER BY cluster, at, case_id"),
    (FileKind::Views, "SELECT * FROM escalation_group ORDER BY cluster, ladder, key"),
    (FileKind::Views, "SELECT * FROM escalation_open ORDER BY ladder, level, due_at, key"),
    (FileKind::Views, "SELECT * FROM escalation_count WHERE n <> 0 ORDER BY ladder, level, wrongdoing"),
    (FileKind::Views, "SELECT * FROM escalation_case ORDER BY case_id, key"),
    (FileKind::Views, "SELECT * FROM escalation_unit ORDER BY unit, due_at, key"),
    (FileKind::Views, "SELECT * FROM escalation_sync ORDER BY key"),
    (FileKind::Views, "SELECT * FROM rectification ORDER BY key"),
    (FileKind::Views, "SELECT * FROM card ORDER BY key"),
    (FileKind::Views, "SELECT * FROM card_due ORDER BY id"),
    (FileKind::Views, "SELECT * FROM order_row ORDER BY key"),
    (FileKind::Views, "SELECT * FROM matter_row ORDER BY key"),
    (FileKind::Views, "SELECT * FROM task_row ORDER BY key"),
    (FileKind::Views, "SELECT * FROM head ORDER BY day"),
    (FileKind::Scores, "SELECT seq FROM meta"),
    (FileKind::Scores, "SELECT * FROM fact ORDER BY seq, ord"),
    (FileKind::Scores, "SELECT * FROM tally WHERE n <> 0 OR own <> 0 ORDER BY unit, period, measure, yes, asserted"),
];

/// How long two files may take to stand at the same event, and between two looks.
const LOOKS: u32 = 100;
const LOOK: Duration = Duration::from_millis(20);

/// SHA-256 over all rows of `views.db` and `scores.db`, hexadecimal.
///
/// # Errors
/// When a file cannot be read.
pub fn digest(dir: &Path) -> Result<String, ViewError> {
    of(&FileKind::Views.open(dir)?, &FileKind::Scores.open(dir)?)
}

fn of(views: &Connection, scores: &Connection) -> Result<String, ViewError> {
    let mut hash = Sha256::new();
    for (kind, sql) in ROWS {
        hash.update(sql);
        rows(if *kind == FileKind::Views { views } else { scores }, sql, &mut hash)?;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The views as they stand after one event, held still while they are looked at. What is written meanwhile waits in
/// their write-ahead logs, so do not keep it long.
pub struct Still {
    views: Connection,
    scores: Connection,
    seq: u64,
}

impl Still {
    /// Holds the views of a directory still; none when there are none of this program's schema, or the two files do not
    /// come to stand at the same event.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn take(dir: &Path) -> Result<Option<Self>, ViewError> {
        if FileKind::Views.standing(dir)?.is_none() || FileKind::Scores.standing(dir)?.is_none() {
            return Ok(None);
        }
        let (views, scores) = (FileKind::Views.open(dir)?, FileKind::Scores.open(dir)?);
        for connection in [&views, &scores] {
            // Sorting what is large needs room, and memory is the server's.
            connection.execute_batch("PRAGMA temp_store = FILE")?;
        }
        for _ in 0..LOOKS {
            // A transaction sees the file as of its first read.
            let at =
                |connection: &Connection| connection.execute_batch("BEGIN").map_err(ViewError::from).and_then(|()| checkpoint(connection));
            let (of_views, of_scores) = (at(&views)?.seq, at(&scores)?.seq);
            if of_views == of_scores {
                return Ok(Some(Self { views, scores, seq: of_views }));
            }
            for connection in [&views, &scores] {
                connection.execute_batch("COMMIT")?;
            }
            std::thread::sleep(LOOK);
        }
        Ok(None)
    }

    /// The event after which they stand.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// As [`digest`].
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn digest(&self) -> Result<String, ViewError> {
        of(&self.views, &self.scores)
    }
}

/// What the rows mean: digests can be compared only where this is the same.
pub fn schema() -> String {
    let mut hash = Sha256::new();
    for kind in [FileKind::Views, FileKind::Scores] {
        hash.update(kind.fingerprint());
    }
    for (_, sql) in ROWS {
        hash.update(sql);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn rows(connection: &Connection, sql: &str, hash: &mut Sha256) -> Result<(), ViewError> {
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            let bytes: (u8, std::borrow::Cow<'_, [u8]>) = match row.get_ref(column)? {
                ValueRef::Null => (0, (&[][..]).into()),
                ValueRef::Integer(n) => (1, n.to_be_bytes().to_vec().into()),
                ValueRef::Real(x) => (2, x.to_be_bytes().to_vec().into()),
                ValueRef::Text(text) => (3, text.into()),
                ValueRef::Blob(blob) => (4, blob.into()),
            };
            hash.update([bytes.0]);
            hash.update((bytes.1.len() as u64).to_be_bytes());
            hash.update(&bytes.1);
        }
    }
    Ok(())
}
