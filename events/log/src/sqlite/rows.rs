//! From rows to envelopes and back to hashes. Nothing that disagrees with its leaf leaves this module.

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row};
use uuid::Uuid;

use crate::envelope::unpack_sealed;
use crate::tree::{Frontier, Hash, Nodes, TreeHead};
use crate::{Envelope, LogError};

/// The columns that [`decode`] reads; names come by row id.
const COLUMNS: &str = "SELECT e.seq, s.name, e.revision, e.id, t.name, e.version, e.occurred_at, e.recorded_at, a.name,
    e.on_behalf, b.name, e.cause, e.rulebook, r.name, e.data, e.sealed, e.leaf, e.stream
    FROM events e
    LEFT JOIN streams s ON s.id = e.stream LEFT JOIN types t ON t.id = e.type LEFT JOIN actors a ON a.id = e.actor
    LEFT JOIN actors b ON b.id = e.on_behalf LEFT JOIN rulebooks r ON r.id = e.rulebook";

/// A row as decoded, with its stored leaf.
pub(crate) struct Decoded {
    pub(crate) event: Envelope,
    pub(crate) leaf: Hash,
    pub(crate) computed: Hash,
}

/// Why a row is no event.
pub(crate) struct Undecoded {
    pub(crate) what: &'static str,
    pub(crate) stream: Option<String>,
    /// The stored leaf, when at least that is readable.
    pub(crate) leaf: Option<Hash>,
}

/// Events with `seq` in a closed range, in order.
pub(crate) fn select_range(connection: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
    connection.prepare_cached(&format!("{COLUMNS} WHERE e.seq BETWEEN ?1 AND ?2 ORDER BY e.seq"))
}

/// Events of a stream (by interned id), in order.
pub(crate) fn select_stream(connection: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
    connection.prepare_cached(&format!("{COLUMNS} WHERE e.stream = ?1 ORDER BY e.revision"))
}

/// The interned id of a stream.
pub(crate) fn stream_id(connection: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    connection.prepare_cached("SELECT id FROM streams WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()
}

pub(crate) fn seq_of(row: &Row<'_>) -> rusqlite::Result<i64> {
    row.get(0)
}

/// Decodes a row and recomputes its leaf; `buffer` is working space.
pub(crate) fn decode(row: &Row<'_>, buffer: &mut Vec<u8>) -> rusqlite::Result<Result<Decoded, Undecoded>> {
    let leaf = blob(row.get_ref(16)?).and_then(|leaf| Hash::try_from(leaf).ok());
    let stream = text(row.get_ref(1)?);
    Ok(match fields(row, stream)? {
        Ok(event) => match leaf {
            Some(leaf) => Ok(Decoded { computed: event.leaf_with(buffer), event, leaf }),
            None => Err(Undecoded { what: "叶哈希不可读", stream: Some(event.stream), leaf: None }),
        },
        Err(what) => Err(Undecoded { what, stream: stream.map(str::to_owned), leaf }),
    })
}

/// [`decode`] for readers: an event that is not whole is an error.
pub(crate) fn sound(row: &Row<'_>, buffer: &mut Vec<u8>) -> Result<Envelope, LogError> {
    let seq = u64::try_from(seq_of(row)?).unwrap_or_default();
    match decode(row, buffer)? {
        Ok(decoded) if decoded.leaf == decoded.computed => Ok(decoded.event),
        Ok(_) => Err(LogError::Damaged { seq, what: "内容与叶哈希不符".to_owned() }),
        Err(undecoded) => Err(LogError::Damaged { seq, what: undecoded.what.to_owned() }),
    }
}

fn fields(row: &Row<'_>, stream: Option<&str>) -> rusqlite::Result<Result<Envelope, &'static str>> {
    macro_rules! need {
        ($value:expr, $what:literal) => {
            match $value {
                Some(value) => value,
                None => return Ok(Err($what)),
            }
        };
    }
    // A reference that is set must find its name.
    let named = |reference: usize, name: usize| -> rusqlite::Result<Option<Option<String>>> {
        Ok(match row.get_ref(reference)? {
            ValueRef::Null => Some(None),
            ValueRef::Integer(_) => text(row.get_ref(name)?).map(|name| Some(name.to_owned())),
            _ => None,
        })
    };
    let cause = match row.get_ref(11)? {
        ValueRef::Null => None,
        value => Some(need!(uuid(value), "起因编号不可读")),
    };
    let sealed = match row.get_ref(15)? {
        ValueRef::Null => Vec::new(),
        value => need!(blob(value).and_then(unpack_sealed).filter(|sealed| !sealed.is_empty()), "密封内容不可读"),
    };
    Ok(Ok(Envelope {
        seq: need!(unsigned(row.get_ref(0)?), "序号不可读"),
        stream: need!(stream, "流名称缺失或不可读").to_owned(),
        revision: need!(unsigned(row.get_ref(2)?), "版本号不可读"),
        id: need!(uuid(row.get_ref(3)?), "事件编号不可读"),
        kind: need!(text(row.get_ref(4)?), "事件类型缺失或不可读").to_owned(),
        version: need!(unsigned(row.get_ref(5)?).and_then(|version| u16::try_from(version).ok()), "类型版本不可读"),
        occurred_at: need!(integer(row.get_ref(6)?), "发生时间不可读"),
        recorded_at: need!(integer(row.get_ref(7)?), "记录时间不可读"),
        actor: need!(text(row.get_ref(8)?), "操作人缺失或不可读").to_owned(),
        on_behalf: need!(named(9, 10)?, "被代表人缺失或不可读"),
        cause,
        rulebook: need!(named(12, 13)?, "规则名称缺失或不可读"),
        data: need!(blob(row.get_ref(14)?), "内容不可读").to_vec(),
        sealed,
    }))
}

fn text<'a>(value: ValueRef<'a>) -> Option<&'a str> {
    match value {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn blob<'a>(value: ValueRef<'a>) -> Option<&'a [u8]> {
    match value {
        ValueRef::Blob(bytes) => Some(bytes),
        _ => None,
    }
}

fn integer(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

fn unsigned(value: ValueRef<'_>) -> Option<u64> {
    integer(value).and_then(|number| u64::try_from(number).ok())
}

fn uuid(value: ValueRef<'_>) -> Option<Uuid> {
    blob(value).and_then(|bytes| Uuid::from_slice(bytes).ok())
}

/// The row `head`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeadRow {
    pub(crate) frontier: Frontier,
    pub(crate) recorded_at: i64,
}

impl HeadRow {
    pub(crate) fn read(connection: &Connection) -> Result<Self, LogError> {
        let head = Self::stored(connection)?;
        head.ok_or_else(|| LogError::Unavailable("日志头已损坏，请运行完整性校验并从备份恢复".to_owned()))
    }

    /// None: what stands there is no head.
    pub(crate) fn stored(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        let row = connection
            .prepare_cached("SELECT size, recorded_at, frontier FROM head WHERE one = 1")?
            .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?)))
            .optional()?;
        Ok(row.and_then(|(size, recorded_at, frontier)| {
            let frontier = Frontier::from_parts(u64::try_from(size).ok()?, &frontier)?;
            Some(Self { frontier, recorded_at })
        }))
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) fn head(&self) -> TreeHead {
        TreeHead { size: self.size(), root: self.frontier.root(), recorded_at: self.recorded_at }
    }
}

/// Only the size, for the watch.
pub(crate) fn read_size(connection: &Connection) -> Result<u64, LogError> {
    let size: i64 = connection.prepare_cached("SELECT size FROM head WHERE one = 1")?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(size).unwrap_or_default())
}

/// The stored hashes, within one read transaction.
pub(crate) struct StoredNodes<'a>(pub(crate) &'a Connection);

impl Nodes for StoredNodes<'_> {
    type Error = LogError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, LogError> {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        let hash: Option<Vec<u8>> = if level == 0 {
            self.0
                .prepare_cached("SELECT leaf FROM events WHERE seq = ?1")?
                .query_row([index.saturating_add(1)], |row| row.get(0))
                .optional()?
        } else {
            self.0
                .prepare_cached("SELECT hash FROM tree WHERE level = ?1 AND place = ?2")?
                .query_row([i64::from(level), index], |row| row.get(0))
                .optional()?
        };
        hash.and_then(|hash| Hash::try_from(hash.as_slice()).ok())
            .ok_or_else(|| LogError::Damaged { seq: index.unsigned_abs().saturating_add(1), what: "哈希树缺少节点".to_owned() })
    }
}
