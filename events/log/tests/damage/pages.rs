//! Where in an SQLite file the bytes of a row lie: just enough of the file format.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

/// One row.
pub struct Cell {
    /// Row id; in `tree`, the place of the tile; in an index, 0.
    pub rowid: i64,
    /// Offsets in the file of every byte that carries a fact.
    pub facts: Vec<u64>,
}

const PAGE: usize = 4096;

/// All rows of a table or index of a checkpointed file.
pub fn cells(path: &Path, name: &str) -> Vec<Cell> {
    let connection = Connection::open(path).unwrap();
    let mut statement =
        connection.prepare("SELECT pageno, pagetype FROM dbstat WHERE name = ?1 AND pagetype != 'overflow' ORDER BY path").unwrap();
    let pages: Vec<usize> = statement
        .query_map([name], |row| Ok((usize::try_from(row.get::<_, i64>(0)?).unwrap(), row.get::<_, String>(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .filter(|(_, kind)| kind == "leaf")
        .map(|(page, _)| page)
        .collect();
    let file = fs::read(path).unwrap();
    assert!(file.len().is_multiple_of(PAGE) && !pages.is_empty(), "{name}");
    pages.into_iter().flat_map(|page| page_cells(&file, page, name)).collect()
}

fn page_cells(file: &[u8], page: usize, name: &str) -> Vec<Cell> {
    let start = (page - 1) * PAGE;
    let kind = file[start];
    let count = usize::from(u16::from_be_bytes([file[start + 3], file[start + 4]]));
    (0..count)
        .map(|index| {
            let pointer = start + 8 + index * 2;
            let cell = start + usize::from(u16::from_be_bytes([file[pointer], file[pointer + 1]]));
            match kind {
                0x0d => table_cell(file, cell),
                0x0a => index_cell(file, cell, name),
                other => panic!("page type {other}"),
            }
        })
        .collect()
}

fn table_cell(file: &[u8], cell: usize) -> Cell {
    let (length, at) = varint(file, cell);
    let (rowid, payload) = varint(file, at);
    let length = usize::try_from(length).unwrap();
    // The length of the payload is no fact: a row that claims spare bytes behind its last column says the same.
    let mut facts: Vec<usize> = (at..payload).collect();
    let mut bytes = payload_bytes(file, payload, length);
    // The first column stands in the row id; what the record holds in its place is never read.
    let (_, header) = varint(file, payload);
    bytes.retain(|place| *place != header);
    facts.extend(bytes);
    Cell { rowid, facts: facts.into_iter().map(|place| place as u64).collect() }
}

/// Keys without row ids; none of them is long enough to leave its page.
fn index_cell(file: &[u8], cell: usize, name: &str) -> Cell {
    let (length, payload) = varint(file, cell);
    let end = payload + usize::try_from(length).unwrap();
    let rowid = if name == "tree" {
        // Header length, three types, then the columns: level (stored as the constant 1) and place (0 and 1 likewise).
        let (_, first) = varint(file, payload);
        assert_eq!(file[first], 9);
        i64::from(file[first + 1] == 9)
    } else {
        0
    };
    Cell { rowid, facts: (payload..end).map(|place| place as u64).collect() }
}

/// The places of a payload, overflow pages included.
fn payload_bytes(file: &[u8], payload: usize, length: usize) -> Vec<usize> {
    let most = PAGE - 35;
    if length <= most {
        return (payload..payload + length).collect();
    }
    let least = (PAGE - 12) * 32 / 255 - 23;
    let wanted = least + (length - least) % (PAGE - 4);
    let local = if wanted <= most { wanted } else { least };
    let mut places: Vec<usize> = (payload..payload + local).collect();
    let mut next = pointer(file, payload + local);
    while places.len() < length {
        let start = (next - 1) * PAGE;
        let take = (length - places.len()).min(PAGE - 4);
        places.extend(start + 4..start + 4 + take);
        next = pointer(file, start);
    }
    places
}

fn pointer(file: &[u8], at: usize) -> usize {
    u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize
}

/// The number at `at` and the place behind it.
fn varint(file: &[u8], at: usize) -> (i64, usize) {
    let mut value = 0i64;
    for index in 0..8 {
        let byte = file[at + index];
        value = (value << 7) | i64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return (value, at + index + 1);
        }
    }
    ((value << 8) | i64::from(file[at + 8]), at + 9)
}
