//! Workbooks, through calamine, cell by cell: a sheet that claims a million columns costs nothing.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use calamine::{DataRef, Reader as _, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use chrono::NaiveTime;
use zip::ZipArchive;
use zip::result::ZipError;

use super::{Layout, Limits, Row, TableError};
use crate::normalise::{self, Epoch};

/// Digits that a spreadsheet keeps of a number.
const KEPT: f64 = 1e15;

type Bytes = Cursor<Arc<[u8]>>;

/// Cells merged into one; rows from 1 and columns from 0, both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merge {
    pub(super) top: u64,
    pub(super) left: usize,
    pub(super) bottom: u64,
    pub(super) right: usize,
}

impl Merge {
    pub(super) fn covers(&self, line: u64, column: usize) -> bool {
        (self.top..=self.bottom).contains(&line) && (self.left..=self.right).contains(&column)
    }
}

/// The last row of a header that begins at `first`: as far down as its merged cells reach, and one row more where
/// columns stand under a common heading.
pub(super) fn header_end(first: u64, merges: &[Merge]) -> u64 {
    let in_first = || merges.iter().filter(|merge| merge.top == first);
    let deepest = in_first().map(|merge| merge.bottom).max().unwrap_or(first);
    let grouped = in_first().any(|merge| merge.right > merge.left);
    if grouped { deepest.max(first + 1) } else { deepest }
}

/// An opened workbook with its sheet chosen.
pub(super) struct Book {
    inner: Xlsx<Bytes>,
    sheet: String,
    merges: Vec<Merge>,
}

impl Book {
    pub(super) fn open(bytes: Arc<[u8]>, layout: &Layout, limits: &Limits) -> Result<Self, TableError> {
        weigh(&bytes, limits)?;
        let mut inner: Xlsx<Bytes> = parse(|| Xlsx::new(Cursor::new(bytes)))?;
        let sheet = choose(&mut inner, layout, limits)?;
        let merges = parse(|| inner.merge_cells_by_sheet_name(&sheet))?;
        let merges = merges
            .iter()
            .map(|area| Merge {
                top: u64::from(area.start.0) + 1,
                left: area.start.1 as usize,
                bottom: u64::from(area.end.0) + 1,
                right: area.end.1 as usize,
            })
            .collect();
        Ok(Self { inner, sheet, merges })
    }

    pub(super) fn sheet(&self) -> &str {
        &self.sheet
    }

    pub(super) fn merges(&self) -> &[Merge] {
        &self.merges
    }

    pub(super) fn epoch(&self) -> Epoch {
        if self.inner.has_1904_epoch() { Epoch::From1904 } else { Epoch::From1900 }
    }

    pub(super) fn rows(&mut self, limits: &Limits) -> Result<SheetRows<'_>, TableError> {
        let epoch = self.epoch();
        let cells = parse(|| self.inner.worksheet_cells_reader(&self.sheet))?;
        Ok(SheetRows { cells, limits: *limits, epoch, kept: None, line: 0, seen: 0, drained: false, ended: false })
    }
}

/// Counts what the archive says of itself, then what really comes out of it, before anything is held in memory.
fn weigh(bytes: &Arc<[u8]>, limits: &Limits) -> Result<(), TableError> {
    let inflates = TableError::Inflates { limit: limits.book_bytes };
    let mut archive = ZipArchive::new(Cursor::new(Arc::clone(bytes))).map_err(broken_zip)?;
    let entries = archive.len();
    if entries > limits.book_entries {
        return Err(TableError::TooManyEntries { entries, limit: limits.book_entries });
    }
    if archive.index_for_name("[Content_Types].xml").is_none() {
        return Err(TableError::NotAWorkbook);
    }
    let mut claimed = 0u64;
    for entry in 0..entries {
        claimed = claimed.saturating_add(archive.by_index_raw(entry).map_err(broken_zip)?.size());
    }
    if claimed > limits.book_bytes {
        return Err(inflates);
    }
    let mut left = limits.book_bytes;
    for entry in 0..entries {
        let part = archive.by_index(entry).map_err(broken_zip)?;
        let got =
            std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_| TableError::Broken("内容解压失败".to_owned()))?;
        left = left.checked_sub(got).ok_or_else(|| inflates.clone())?;
    }
    Ok(())
}

/// Runs a step of the parser. It panics on some files (a row number of eleven digits overflows): a file from outside
/// may not end a server's request like that, so that a panic is one more way of being broken.
fn parse<T>(step: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, TableError> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(done) => done.map_err(broken),
        Err(_) => Err(TableError::Broken("内容不符合格式".to_owned())),
    }
}

fn broken_zip(error: ZipError) -> TableError {
    TableError::Broken(
        match error {
            ZipError::UnsupportedArchive(_) => "压缩方式不受支持或已加密",
            ZipError::FileNotFound => "缺少必要的部件",
            _ => "文件不完整",
        }
        .to_owned(),
    )
}

/// A workbook's fault in words; the library's own texts may quote cells and stay out.
fn broken(error: XlsxError) -> TableError {
    let what = match error {
        XlsxError::Password => return TableError::OldOrLocked,
        XlsxError::Zip(error) => return broken_zip(error),
        XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => "缺少必要的部件",
        XlsxError::XmlEof(_) => "内容不完整",
        XlsxError::ColumnNumberOverflow | XlsxError::RowNumberOverflow => "行号或列号超出范围",
        XlsxError::NotAWorksheet(_) | XlsxError::WorksheetNotFound(_) => "没有可读的工作表",
        _ => "内容不符合格式",
    };
    TableError::Broken(what.to_owned())
}

fn choose(book: &mut Xlsx<Bytes>, layout: &Layout, limits: &Limits) -> Result<String, TableError> {
    let sheets: Vec<(String, bool)> =
        book.sheets_metadata().iter().map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible)).collect();
    if let Some(wanted) = &layout.sheet {
        let found = sheets.iter().find(|(name, _)| normalise::line(name) == normalise::line(wanted));
        return found
            .map(|(name, _)| name.clone())
            .ok_or_else(|| TableError::NoSheet { wanted: wanted.clone(), there: sheets.iter().map(|(name, _)| name.clone()).collect() });
    }
    for (name, _) in sheets.iter().filter(|(_, visible)| *visible) {
        let cells = parse(|| match book.worksheet_cells_reader(name) {
            Ok(cells) => Ok(Some(cells)),
            // A sheet that only holds a chart.
            Err(XlsxError::NotAWorksheet(_) | XlsxError::WorksheetNotFound(_)) => Ok(None),
            Err(error) => Err(error),
        })?;
        let Some(cells) = cells else { continue };
        let mut rows =
            SheetRows { cells, limits: *limits, epoch: Epoch::From1900, kept: None, line: 0, seen: 0, drained: false, ended: false };
        match rows.find(|row| row.as_ref().map_or(true, |row| !row.is_blank())) {
            Some(Ok(_)) => return Ok(name.clone()),
            Some(Err(error)) => return Err(error),
            None => {}
        }
    }
    Err(TableError::Empty)
}

/// The rows of a sheet that have cells.
pub(super) struct SheetRows<'a> {
    cells: XlsxCellReader<'a, Bytes>,
    limits: Limits,
    epoch: Epoch,
    /// The first cell of the row after the one last given.
    kept: Option<(u64, usize, Option<Text>)>,
    line: u64,
    seen: u64,
    /// The reader has told the end of the sheet; asked again it would report a cut file.
    drained: bool,
    ended: bool,
}

/// A cell's text and whether its last digits are lost.
struct Text {
    text: String,
    inexact: bool,
}

impl SheetRows<'_> {
    fn cell(&mut self) -> Result<Option<(u64, usize, Option<Text>)>, TableError> {
        if let Some(kept) = self.kept.take() {
            return Ok(Some(kept));
        }
        if self.drained {
            return Ok(None);
        }
        let Some(cell) = parse(|| self.cells.next_cell())? else {
            self.drained = true;
            return Ok(None);
        };
        self.seen += 1;
        if self.seen > self.limits.cells {
            return Err(TableError::TooManyCells { limit: self.limits.cells });
        }
        let (row, column) = cell.get_position();
        let (line, column) = (u64::from(row) + 1, column as usize);
        let length = match cell.get_value() {
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.len(),
            DataRef::SharedString(text) => text.len(),
            _ => 0,
        };
        if length > self.limits.cell_bytes {
            return Err(TableError::CellTooLong { line, column: column + 1, limit: self.limits.cell_bytes });
        }
        Ok(Some((line, column, text(cell.get_value(), self.epoch))))
    }

    fn row(&mut self) -> Result<Option<Row>, TableError> {
        let mut row: Option<Row> = None;
        while let Some((line, column, value)) = self.cell()? {
            if line > self.limits.rows {
                return Err(TableError::TooManyRows { limit: self.limits.rows });
            }
            let row = match &mut row {
                Some(row) if row.line == line => row,
                Some(_) => {
                    self.kept = Some((line, column, value));
                    break;
                }
                none if line > self.line => {
                    self.line = line;
                    none.insert(Row { line, cells: Vec::new(), inexact: Vec::new() })
                }
                _ => return Err(TableError::Broken("行的顺序错乱".to_owned())),
            };
            // Formatting alone, often out to the last column of the sheet, is no content.
            let Some(value) = value else { continue };
            if column >= self.limits.columns {
                return Err(TableError::TooManyColumns { line, limit: self.limits.columns });
            }
            if row.cells.len() <= column {
                row.cells.resize(column + 1, String::new());
            }
            if value.inexact {
                row.inexact.push(column);
            }
            if let Some(cell) = row.cells.get_mut(column) {
                *cell = value.text;
            }
        }
        Ok(row)
    }
}

impl Iterator for SheetRows<'_> {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.row();
        self.ended = !matches!(row, Ok(Some(_)));
        row.transpose()
    }
}

/// A cell as text: whole numbers without a point, never in scientific form; dates in ISO form, without a time of day
/// when it is midnight (a workbook does not tell a day from its first second).
fn text(value: &DataRef<'_>, epoch: Epoch) -> Option<Text> {
    let exact = |text: String| (!text.is_empty()).then_some(Text { text, inexact: false });
    match value {
        DataRef::Empty => None,
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => exact(text.clone()),
        DataRef::SharedString(text) => exact((*text).to_owned()),
        DataRef::Int(number) => Some(Text { text: number.to_string(), inexact: number.unsigned_abs() >= 1_000_000_000_000_000 }),
        DataRef::Float(number) => Some(Text { text: number.to_string(), inexact: number.abs() >= KEPT }),
        DataRef::Bool(yes) => exact(if *yes { "TRUE" } else { "FALSE" }.to_owned()),
        DataRef::Error(error) => exact(error.to_string()),
        DataRef::DateTime(time) if time.is_datetime() => match normalise::serial(time.as_f64(), epoch) {
            Some(at) if at.time() == NaiveTime::MIN => exact(at.format("%Y-%m-%d").to_string()),
            Some(at) => exact(at.format("%Y-%m-%d %H:%M:%S").to_string()),
            None => exact(time.as_f64().to_string()),
        },
        DataRef::DateTime(time) => exact(time.as_f64().to_string()),
    }
}
