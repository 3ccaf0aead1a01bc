//! RFC 4180, read in constant memory with every size bounded.
//!
//! The `csv` crate reads well-formed files just as well; it is not used here because a file from outside needs three
//! things that it does not tell: the row in which a quote was opened that nothing closes (it swallows the rest of the
//! file), a bound on a cell *while* it grows, and row numbers as a spreadsheet counts them, blank rows included. A test
//! holds this reader against that crate.

use std::io::Read;

use super::encoding::{Encoding, Text};
use super::{Limits, Row, TableError};

/// Tells the delimiter: of comma, tab and semicolon the one that the first filled row has most of outside of quotes.
pub(super) fn delimiter(reader: Box<dyn Read>, encoding: Encoding, limits: &Limits) -> Result<u8, TableError> {
    let mut text = Text::new(reader, encoding);
    let mut part = String::new();
    let mut seen = [(b',', 0u32), (b'\t', 0), (b';', 0)];
    let mut quoted = false;
    'text: while text.next(&mut part, limits)? {
        for byte in part.bytes() {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' | b'\r' if !quoted && seen.iter().any(|(_, count)| *count > 0) => break 'text,
                _ if quoted => {}
                _ => {
                    for (delimiter, count) in &mut seen {
                        *count += u32::from(*delimiter == byte);
                    }
                }
            }
        }
    }
    // The first wins a draw.
    Ok(seen.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first character of a cell.
    Start,
    /// In a cell without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote that ends the cell or is the first of two.
    Quote,
}

/// Reads rows, blank ones included, so that numbers stay those of a spreadsheet.
pub(super) struct Reader {
    text: Text,
    part: String,
    from: usize,
    delimiter: u8,
    limits: Limits,
    line: u64,
    cells: u64,
    after_cr: bool,
    ended: bool,
}

impl Reader {
    pub(super) fn new(reader: Box<dyn Read>, encoding: Encoding, delimiter: u8, limits: &Limits) -> Self {
        Self {
            text: Text::new(reader, encoding),
            part: String::new(),
            from: 0,
            delimiter,
            limits: *limits,
            line: 0,
            cells: 0,
            after_cr: false,
            ended: false,
        }
    }

    fn byte(&mut self) -> Result<Option<u8>, TableError> {
        while self.from == self.part.len() {
            self.from = 0;
            if !self.text.next(&mut self.part, &self.limits)? {
                return Ok(None);
            }
        }
        let byte = self.part.as_bytes().get(self.from).copied();
        self.from += 1;
        Ok(byte)
    }

    fn end_cell(&mut self, row: &mut Row, cell: &mut Vec<u8>) -> Result<(), TableError> {
        if row.cells.len() >= self.limits.columns {
            return Err(TableError::TooManyColumns { line: row.line, limit: self.limits.columns });
        }
        self.cells += 1;
        if self.cells > self.limits.cells {
            return Err(TableError::TooManyCells { limit: self.limits.cells });
        }
        // Cut at ASCII characters of a valid text, so that this never replaces anything.
        row.cells.push(String::from_utf8_lossy(cell).into_owned());
        cell.clear();
        Ok(())
    }

    fn row(&mut self) -> Result<Option<Row>, TableError> {
        let mut row = Row { line: self.line + 1, cells: Vec::new(), inexact: Vec::new() };
        let mut cell = Vec::new();
        let mut at = At::Start;
        loop {
            let Some(byte) = self.byte()? else {
                self.ended = true;
                if at == At::Quoted {
                    return Err(TableError::OpenQuote { line: row.line, column: row.cells.len() + 1 });
                }
                if at == At::Start && row.cells.is_empty() {
                    return Ok(None);
                }
                break;
            };
            if std::mem::take(&mut self.after_cr) && byte == b'\n' {
                continue;
            }
            at = match (at, byte) {
                (At::Quoted, b'"') => At::Quote,
                (At::Quoted, _) => {
                    cell.push(byte);
                    At::Quoted
                }
                (At::Quote, b'"') => {
                    cell.push(b'"');
                    At::Quoted
                }
                (At::Start, b'"') => At::Quoted,
                (_, b'\r') => {
                    self.after_cr = true;
                    break;
                }
                (_, b'\n') => break,
                (_, byte) if byte == self.delimiter => {
                    self.end_cell(&mut row, &mut cell)?;
                    At::Start
                }
                (_, byte) => {
                    cell.push(byte);
                    At::Plain
                }
            };
            if cell.len() > self.limits.cell_bytes {
                return Err(TableError::CellTooLong { line: row.line, column: row.cells.len() + 1, limit: self.limits.cell_bytes });
            }
        }
        self.end_cell(&mut row, &mut cell)?;
        self.line += 1;
        if self.line > self.limits.rows {
            return Err(TableError::TooManyRows { limit: self.limits.rows });
        }
        Ok(Some(row))
    }
}

impl Iterator for Reader {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.row();
        if row.is_err() {
            self.ended = true;
        }
        row.transpose()
    }
}
