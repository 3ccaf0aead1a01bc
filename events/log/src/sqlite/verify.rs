//! The full examination: every stored fact against its leaf, every leaf against the tree, the tree against the head
//! and the high-water record, and the file itself.
//!
//! It works in steps, each a short read transaction on a connection of its own, so that nothing comes from a cache and
//! nothing holds up the writer.

use std::path::Path;

use rusqlite::Connection;

use super::connect;
use super::record::Record;
use super::rows::{self, HeadRow};
use crate::tree::{Frontier, Hash, TILE, TILE_HEIGHT, Tile, TreeHead};
use crate::{LogError, Position, VerifyReport};

/// Tiles of one step.
const TILES: u64 = 16;
/// No event takes less room, so a damaged size cannot make the examination endless.
const LEAST_EVENT_BYTES: u64 = 60;

pub(crate) async fn verify(path: &Path, record: &Record, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<VerifyReport, LogError> {
    let (path, record) = (path.to_owned(), record.clone());
    let mut examination = blocking(move || Examination::begin(&path, &record)).await?;
    while examination.done < examination.total {
        progress(examination.done, examination.total);
        examination = blocking(move || {
            examination.step();
            Ok(examination)
        })
        .await?;
    }
    progress(examination.total, examination.total);
    blocking(move || Ok(examination.finish())).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, LogError> + Send + 'static) -> Result<T, LogError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| LogError::Unavailable(error.to_string()))?
}

struct Examination {
    connection: Connection,
    report: VerifyReport,
    /// Events to examine, and examined.
    total: u64,
    done: u64,
    /// The head as stored, when it is readable and agrees with the number of events.
    head: Option<HeadRow>,
    record: Option<TreeHead>,
    /// The root at the record's size, as recomputed.
    record_root: Option<Hash>,
    frontier: Frontier,
    recorded_at: Option<i64>,
    /// A leaf is unknown, so roots above it cannot be compared. A fault names the event.
    broken: bool,
}

/// One event as found.
enum Found {
    Sound {
        leaf: Hash,
        recorded_at: i64,
        stream: String,
    },
    /// Both hashes, as far as there are any: only one of them was changed if a single byte was.
    Damaged {
        stored: Option<Hash>,
        computed: Option<Hash>,
        stream: Option<String>,
        what: String,
    },
}

impl Examination {
    fn begin(path: &Path, record: &Record) -> Result<Self, LogError> {
        let mut report = VerifyReport { events: 0, head: None, faults: Vec::new(), fault_count: 0 };
        // Before the log: another process may append, and then raise the record.
        let record = match record.read() {
            Ok(record) => record,
            Err(error) => {
                report.fault(Position::HighWater, error.to_string());
                None
            }
        };
        let connection = connect::reader(path)?;
        let bound = std::fs::metadata(path).map(|file| file.len()).unwrap_or(u64::MAX) / LEAST_EVENT_BYTES;
        let wal = std::fs::metadata(path.with_extension("db-wal")).map(|file| file.len()).unwrap_or_default() / LEAST_EVENT_BYTES;
        let (head, total) = extent(&connection, bound.saturating_add(wal), &mut report)?;
        let mut examination = Self {
            connection,
            report,
            total,
            done: 0,
            head,
            record,
            record_root: None,
            frontier: Frontier::default(),
            recorded_at: None,
            broken: false,
        };
        examination.note_record();
        Ok(examination)
    }

    /// The next tiles.
    fn step(&mut self) {
        let end = self.total.min(self.done.saturating_add(TILES * TILE));
        while self.done < end {
            let last = self.total.min(self.done + TILE);
            self.tile(self.done + 1, last);
            self.done = last;
        }
        self.report.events = self.done;
    }

    /// Events `first..=last`, which are one tile or the rest behind the last tile.
    fn tile(&mut self, first: u64, last: u64) {
        let found = find(&self.connection, first, last);
        let mut faults = false;
        for (event, seq) in found.iter().zip(first..) {
            match event {
                Found::Sound { recorded_at, stream, .. } => {
                    if self.recorded_at.is_some_and(|before| before > *recorded_at) {
                        faults = true;
                        self.report.fault(Position::Event { seq, stream: Some(stream.clone()) }, "记录时间早于前一事件");
                    }
                    self.recorded_at = Some(*recorded_at);
                }
                Found::Damaged { stream, what, .. } => {
                    faults = true;
                    self.recorded_at = None;
                    self.report.fault(Position::Event { seq, stream: stream.clone() }, what.as_str());
                }
            }
        }
        // A damaged event has a wrong content or a wrong leaf: whichever makes the tree agree was the right one.
        let by_leaf = leaves(&found, |stored, computed| stored.or(computed));
        let by_content = leaves(&found, |stored, computed| computed.or(stored));
        let (Some(by_leaf), Some(by_content)) = (by_leaf, by_content) else {
            self.broken = true;
            return;
        };
        let mut candidates = vec![by_leaf];
        if faults {
            candidates.push(by_content);
        }
        let whole = last - first + 1 == TILE;
        let wanted = if whole { stored_tile(&self.connection, 1, (first - 1) >> TILE_HEIGHT) } else { Ok(None) };
        let agreeing = candidates.iter().position(|leaves| {
            if whole {
                matches!(wanted, Ok(Some(hash)) if tile_root(leaves) == hash)
            } else {
                let mut frontier = self.frontier.clone();
                leaves.iter().for_each(|leaf| frontier.push(*leaf, |_| {}));
                self.broken || self.head.as_ref().is_none_or(|head| head.frontier == frontier)
            }
        });
        match agreeing {
            Some(index) => self.push(&candidates.swap_remove(index)),
            None if faults => self.broken = true,
            None => {
                if whole {
                    let what = match &wanted {
                        Ok(Some(_)) => "子树哈希与事件不符".to_owned(),
                        Ok(None) => "子树哈希缺失".to_owned(),
                        Err(error) => format!("子树哈希不可读：{error}"),
                    };
                    self.report.fault(Position::Range { first, last }, what);
                } else {
                    self.report.fault(Position::Head, "前沿与事件不符");
                }
                self.push(&candidates.swap_remove(0));
            }
        }
    }

    /// Adds leaves to the recomputed tree and compares the higher tiles that they complete.
    fn push(&mut self, leaves: &[Hash]) {
        if self.broken {
            return;
        }
        let mut tiles: Vec<Tile> = Vec::new();
        for leaf in leaves {
            self.frontier.push(*leaf, |tile| tiles.push(tile));
            self.note_record();
        }
        for tile in tiles.into_iter().filter(|tile| tile.level > 1) {
            let stored = stored_tile(&self.connection, tile.level, tile.index);
            if !matches!(stored, Ok(Some(hash)) if hash == tile.hash) {
                let height = u32::from(tile.level) * TILE_HEIGHT;
                let position = Position::Range { first: (tile.index << height) + 1, last: (tile.index + 1) << height };
                self.report.fault(position, "上层子树哈希缺失、不可读或与事件不符");
            }
        }
    }

    fn note_record(&mut self) {
        if self.record.is_some_and(|record| record.size == self.frontier.size()) {
            self.record_root = Some(self.frontier.root());
        }
    }

    fn finish(mut self) -> VerifyReport {
        self.finish_head();
        self.finish_record();
        self.streams();
        self.structure();
        self.report
    }

    fn finish_head(&mut self) {
        if self.total.is_multiple_of(TILE)
            && !self.broken
            && let Some(head) = &self.head
            && head.frontier != self.frontier
        {
            self.report.fault(Position::Head, "前沿与事件不符");
        }
        if let (Some(head), Some(recorded_at)) = (&self.head, self.recorded_at)
            && head.recorded_at != recorded_at
        {
            self.report.fault(Position::Head, "记录时间与最后一个事件不符");
        }
        if !self.broken {
            let recorded_at = self.recorded_at.unwrap_or_default();
            self.report.head = Some(TreeHead { size: self.total, root: self.frontier.root(), recorded_at });
        }
    }

    fn finish_record(&mut self) {
        let Some(record) = self.record else { return };
        if record.size > self.total {
            self.report.fault(
                Position::HighWater,
                format!("日志只有 {} 个事件，水位记录为 {} 个：日志被截断或换回旧文件", self.total, record.size),
            );
        } else if self.record_root.is_some_and(|root| root != record.root) {
            self.report.fault(Position::HighWater, "水位记录的根与日志不符");
        }
    }

    /// Revisions of every stream run 0, 1, 2 … along the order of the log; read from the index alone.
    fn streams(&mut self) {
        let mut faults = Vec::new();
        let read = (|| {
            let mut statement = self.connection.prepare(
                "SELECT stream, revision, seq FROM events INDEXED BY events_by_stream WHERE seq <= ?1 ORDER BY stream, revision",
            )?;
            let mut rows = statement.query([i64::try_from(self.total).unwrap_or(i64::MAX)])?;
            let mut before: Option<(i64, i64, i64)> = None;
            while let Some(row) = rows.next()? {
                let (stream, revision, seq): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let follows = match before {
                    Some((same, last, place)) if same == stream => revision == last.saturating_add(1) && seq > place,
                    _ => revision == 0,
                };
                if !follows {
                    faults.push(u64::try_from(seq).unwrap_or_default());
                }
                before = Some((stream, revision, seq));
            }
            Ok::<(), rusqlite::Error>(())
        })();
        for seq in faults {
            self.report.fault(Position::Event { seq, stream: None }, "流内版本号不连续（事件或索引 events_by_stream）");
        }
        if let Err(error) = read {
            self.report.fault(Position::Structure("events_by_stream".to_owned()), format!("索引不可读：{error}"));
        }
    }

    /// What SQLite itself finds: pages, record formats, indexes against tables, dangling references of keys.
    fn structure(&mut self) {
        let checked = lines(&self.connection, "PRAGMA integrity_check(100)", 0);
        let dangling = lines(&self.connection, "PRAGMA foreign_key_check(keys)", 2);
        match checked {
            Ok(found) => {
                for line in found.into_iter().filter(|line| line != "ok") {
                    self.report.fault(Position::Structure(named_in(&line)), line);
                }
            }
            Err(error) => self.report.fault(Position::Structure("log.db".to_owned()), error.to_string()),
        }
        match dangling {
            Ok(found) => {
                for _ in found {
                    self.report.fault(Position::Structure("keys".to_owned()), "密钥的所有者不存在");
                }
            }
            Err(error) => self.report.fault(Position::Structure("keys".to_owned()), error.to_string()),
        }
    }
}

/// How many events there should be. Head, highest `seq` and count normally agree; where they do not, two of three win.
fn extent(connection: &Connection, bound: u64, report: &mut VerifyReport) -> Result<(Option<HeadRow>, u64), LogError> {
    let transaction = connection.unchecked_transaction()?;
    let head = match HeadRow::read(&transaction) {
        Ok(head) => Some(head),
        Err(error) => {
            report.fault(Position::Head, error.to_string());
            None
        }
    };
    let number = |sql: &str| -> Option<u64> {
        let number = transaction.query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).ok()?;
        u64::try_from(number.unwrap_or_default()).ok()
    };
    let highest = number("SELECT max(seq) FROM events");
    let stated = head.as_ref().map(HeadRow::size);
    if stated.is_some() && stated == highest {
        return Ok((head, stated.unwrap_or_default()));
    }
    let counted = number("SELECT count(*) FROM events");
    if let Some(stated) = stated
        && (Some(stated) == counted || counted.is_none() || counted != highest)
        && stated <= bound
    {
        // A place was changed, not the head: the scan names it.
        return Ok((head, stated));
    }
    let total = highest.or(counted).unwrap_or_default().min(bound);
    if let Some(stated) = stated {
        report.fault(Position::Head, format!("日志头记为 {stated} 个事件，实有 {total} 个"));
    }
    Ok((None, total))
}

/// Every event of a closed range. Where the scan fails or a place stays empty, each place is tried alone, so that the
/// damage is narrowed down to it.
fn find(connection: &Connection, first: u64, last: u64) -> Vec<Found> {
    let mut places: Vec<Option<Found>> = (first..=last).map(|_| None).collect();
    let _ = scan(connection, first, last, &mut |seq, found| {
        if let Some(place) = seq.checked_sub(first).and_then(|index| places.get_mut(usize::try_from(index).unwrap_or(usize::MAX))) {
            *place = Some(found);
        }
    });
    places
        .into_iter()
        .zip(first..)
        .map(|(place, seq)| {
            place.unwrap_or_else(|| {
                let mut alone = None;
                let result = scan(connection, seq, seq, &mut |_, found| alone = Some(found));
                alone.unwrap_or_else(|| {
                    let what = match result {
                        Ok(()) => "事件缺失".to_owned(),
                        Err(error) => format!("事件不可读：{error}"),
                    };
                    Found::Damaged { stored: None, computed: None, stream: None, what }
                })
            })
        })
        .collect()
}

fn scan(connection: &Connection, first: u64, last: u64, each: &mut dyn FnMut(u64, Found)) -> rusqlite::Result<()> {
    let mut statement = rows::select_range(connection)?;
    let bounds = [first, last].map(|bound| i64::try_from(bound).unwrap_or(i64::MAX));
    let mut found = statement.query(bounds)?;
    let mut buffer = Vec::new();
    while let Some(row) = found.next()? {
        let seq = u64::try_from(rows::seq_of(row)?).unwrap_or_default();
        let event = match rows::decode(row, &mut buffer)? {
            Ok(decoded) if decoded.leaf == decoded.computed => {
                Found::Sound { leaf: decoded.leaf, recorded_at: decoded.event.recorded_at, stream: decoded.event.stream }
            }
            Ok(decoded) => Found::Damaged {
                stored: Some(decoded.leaf),
                computed: Some(decoded.computed),
                stream: Some(decoded.event.stream),
                what: "内容与叶哈希不符".to_owned(),
            },
            Err(undecoded) => {
                Found::Damaged { stored: undecoded.leaf, computed: None, stream: undecoded.stream, what: undecoded.what.to_owned() }
            }
        };
        each(seq, event);
    }
    Ok(())
}

/// One hash for each event; `None` when an event has none.
fn leaves(found: &[Found], choose: impl Fn(Option<Hash>, Option<Hash>) -> Option<Hash>) -> Option<Vec<Hash>> {
    found
        .iter()
        .map(|event| match event {
            Found::Sound { leaf, .. } => Some(*leaf),
            Found::Damaged { stored, computed, .. } => choose(*stored, *computed),
        })
        .collect()
}

fn tile_root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(*leaf, |_| {}));
    frontier.root()
}

fn stored_tile(connection: &Connection, level: u8, place: u64) -> rusqlite::Result<Option<Hash>> {
    let mut statement = connection.prepare_cached("SELECT hash FROM tree WHERE level = ?1 AND place = ?2")?;
    let mut found = statement.query([i64::from(level), i64::try_from(place).unwrap_or(i64::MAX)])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let hash: Vec<u8> = row.get(0)?;
    Ok(Hash::try_from(hash.as_slice()).ok())
}

fn lines(connection: &Connection, sql: &str, column: usize) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map([], |row| row.get(column))?;
    found.collect()
}

/// The index that a line of `integrity_check` names, or the file.
fn named_in(line: &str) -> String {
    let mut words = line.split_whitespace().skip_while(|word| *word != "index");
    words.nth(1).unwrap_or("log.db").to_owned()
}
