//! One number for everything that the views say, to compare a rebuilt file with a continued one.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use crate::ViewError;
use crate::files::FileKind;

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

/// SHA-256 over all rows of `views.db` and `scores.db`, hexadecimal.
///
/// # Errors
/// When a file cannot be read.
pub fn digest(dir: &Path) -> Result<String, ViewError> {
    let views = FileKind::Views.open(dir)?;
    let scores = FileKind::Scores.open(dir)?;
    let mut hash = Sha256::new();
    for (kind, sql) in ROWS {
        hash.update(sql);
        rows(if *kind == FileKind::Views { &views } else { &scores }, sql, &mut hash)?;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
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
