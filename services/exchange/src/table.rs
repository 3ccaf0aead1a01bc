//! One reader for every file that comes from outside: CSV in UTF-8 or GB18030, XLSX, each optionally gzipped.
//!
//! Nobody vouches for these files, so every size is bounded before memory is taken ([`Limits`]), the kind is told by
//! the content and never by the name, and names inside of an archive are never used as paths. Rows stream: a table can
//! be read any number of times (once to check, once to import) without being held in memory.

use std::fmt;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use crate::normalise::{self, Epoch};

mod csv;
mod encoding;
mod xlsx;

pub use encoding::Encoding;

/// How many of the first rows are searched for the header.
const HEAD: u64 = 20;
/// Merged cells that a header can need; each is looked at for every column.
const HEAD_MERGES: usize = 10_000;

/// What a file may cost. Bytes, rows and cells are counted while reading, whatever the file claims of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file as it lies there.
    pub file_bytes: u64,
    /// Bytes after unpacking gzip (streamed, not held).
    pub text_bytes: u64,
    /// Bytes of all the parts of a workbook after unpacking (its strings are held in memory).
    pub book_bytes: u64,
    /// Parts of a workbook.
    pub book_entries: usize,
    /// Rows, blank ones counted.
    pub rows: u64,
    /// Columns.
    pub columns: usize,
    /// Cells, empty ones counted.
    pub cells: u64,
    /// Bytes of a cell in UTF-8.
    pub cell_bytes: usize,
}

impl Limits {
    /// For files that come through the web: 20 MB, and no more memory than a request may take.
    #[must_use]
    pub fn upload() -> Self {
        Self { file_bytes: 20 << 20, text_bytes: 128 << 20, book_bytes: 64 << 20, ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 256 << 20,
            text_bytes: 1 << 30,
            book_bytes: 256 << 20,
            book_entries: 1_000,
            rows: 2_000_000,
            columns: 512,
            cells: 200_000_000,
            cell_bytes: 256 << 10,
        }
    }
}

/// Where in the file the table lies, when the rule for finding it does not suit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Name of the sheet; the first visible sheet that holds something otherwise.
    pub sheet: Option<String>,
    /// Row of the header as a spreadsheet counts, from 1. Otherwise the first of the first 20 rows with two different
    /// filled cells (a title merged across the sheet has one), else the first filled row.
    pub header_row: Option<u64>,
}

/// The file, by path or in memory.
#[derive(Clone)]
pub enum Source {
    /// A file on disk.
    Path(PathBuf),
    /// A file in memory (an upload).
    Bytes(Arc<[u8]>),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Bytes(bytes) => f.debug_tuple("Bytes").field(&bytes.len()).finish(),
        }
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<&[u8]> for Source {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl Source {
    /// The raw bytes from the start, stopping with [`TableError::TooBig`]'s mark past the limit.
    fn raw(&self, limits: &Limits) -> Result<Capped<Box<dyn Read>>, TableError> {
        let reader: Box<dyn Read> = match self {
            Self::Path(path) => {
                let file = File::open(path)?;
                let facts = file.metadata()?;
                if facts.is_dir() {
                    return Err(TableError::Directory);
                }
                if facts.len() > limits.file_bytes {
                    return Err(TableError::TooBig { limit: limits.file_bytes });
                }
                Box::new(file)
            }
            Self::Bytes(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
        };
        Ok(Capped { inner: reader, left: limits.file_bytes, over: Over::File })
    }

    /// The bytes with gzip taken off.
    fn open(&self, gzip: bool, limits: &Limits) -> Result<Box<dyn Read>, TableError> {
        let raw = self.raw(limits)?;
        if !gzip {
            return Ok(Box::new(raw));
        }
        let raw = std::io::BufReader::with_capacity(64 << 10, raw);
        Ok(Box::new(Capped { inner: Box::new(Gunzip(MultiGzDecoder::new(raw))), left: limits.text_bytes, over: Over::Unpacked }))
    }

    /// All the bytes in memory.
    fn load(&self, gzip: bool, limits: &Limits) -> Result<Arc<[u8]>, TableError> {
        if let (Self::Bytes(bytes), false) = (self, gzip) {
            if bytes.len() as u64 > limits.file_bytes {
                return Err(TableError::TooBig { limit: limits.file_bytes });
            }
            return Ok(Arc::clone(bytes));
        }
        // A workbook is packed already: gzip around it may not let it grow past the limit of a file.
        let limits = Limits { text_bytes: limits.file_bytes, ..*limits };
        let mut bytes = Vec::new();
        self.open(gzip, &limits)?.read_to_end(&mut bytes).map_err(|e| TableError::of_io(e, &limits))?;
        Ok(bytes.into())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    File,
    Unpacked,
}

/// Marks an I/O error of our own making, so that it comes back as the typed error it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Over(Over),
    Gzip,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Stop {}

/// A reader that fails past a number of bytes instead of ending there.
struct Capped<R> {
    inner: R,
    left: u64,
    over: Over,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.read(buffer)?;
        match self.left.checked_sub(got as u64) {
            Some(left) => self.left = left,
            None => return Err(std::io::Error::other(Stop::Over(self.over))),
        }
        Ok(got)
    }
}

/// Tells a broken gzip stream from a broken disk.
struct Gunzip<R>(R);

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer).map_err(
            |e| {
                if e.get_ref().is_some_and(|inner| inner.is::<Stop>()) { e } else { std::io::Error::other(Stop::Gzip) }
            },
        )
    }
}

/// Why a file cannot be read as a table. Each says what to do next and holds nothing of the content of rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The system cannot read the file.
    #[error("无法读取文件（{0}）。请确认文件存在、路径正确且有读取权限")]
    Io(String),
    /// A directory.
    #[error("这是一个文件夹，不是文件。请指定其中的一个表格文件")]
    Directory,
    /// Nothing in it, or only blank rows.
    #[error("文件中没有任何内容。请确认导出时选中了数据，再重新导出")]
    Empty,
    /// A header and not one row.
    #[error("第{0}行之前没有找到表头。请确认表头所在的行号，并写入映射文件的header_row")]
    NoHeader(u64),
    /// Larger than allowed.
    #[error("文件超过{}，未读取。请按月份分成几个文件后分别导入", size(*.limit))]
    TooBig {
        /// Bytes allowed.
        limit: u64,
    },
    /// Unpacks to more than allowed.
    #[error("文件解压后超过{}，已停止读取。请确认文件来源；如内容无误，请分成几个文件后分别导入", size(*.limit))]
    Inflates {
        /// Bytes allowed.
        limit: u64,
    },
    /// A broken gzip file.
    #[error("压缩文件（gzip）已损坏或不完整。请重新传输或重新压缩")]
    Gzip,
    /// An OLE file: an old workbook, or one with a password.
    #[error("这是旧版.xls表格或加了密码的表格。请用Excel或WPS打开，去掉密码，另存为“.xlsx”后再导入")]
    OldOrLocked,
    /// A web page with the name of a workbook, as many systems export it.
    #[error("这个文件实际是网页，不是表格。请用Excel或WPS打开，另存为“.xlsx”后再导入")]
    Html,
    /// UTF-16.
    #[error("文件编码是UTF-16。请另存为“CSV UTF-8（逗号分隔）”后再导入")]
    Utf16,
    /// NUL bytes: not a text.
    #[error("第{line}行含有空字符，这不是文本表格。请用Excel或WPS打开原表，另存为“.xlsx”或“CSV UTF-8”后再导入")]
    NotText {
        /// Line of the first NUL byte.
        line: u64,
    },
    /// Neither UTF-8 nor GB18030.
    #[error("第{line}行起既不是UTF-8编码，也不是GB18030编码。请另存为“CSV UTF-8（逗号分隔）”后再导入")]
    UnknownEncoding {
        /// Line of the first byte that is neither.
        line: u64,
    },
    /// UTF-8 with broken places: read as GB18030 it would be rubbish.
    #[error("文件是UTF-8编码，但第{line}行有损坏的字符。请重新导出或重新传输文件")]
    DamagedText {
        /// Line of the first broken character.
        line: u64,
    },
    /// An archive that is no workbook.
    #[error("这是压缩包，不是.xlsx表格。请先解压，再逐个导入其中的表格")]
    NotAWorkbook,
    /// A workbook that cannot be read.
    #[error("表格文件已损坏（{0}）。请用Excel或WPS打开并另存一份，或重新传输后再导入")]
    Broken(String),
    /// Too many parts.
    #[error("表格文件内部有{entries}个部件，超过{limit}个，未读取。请只保留要导入的工作表，另存后再导入")]
    TooManyEntries {
        /// Parts in the file.
        entries: usize,
        /// Parts allowed.
        limit: usize,
    },
    /// The sheet that the mapping names is not there.
    #[error("没有名为“{wanted}”的工作表。文件中有：{}", .there.join("、"))]
    NoSheet {
        /// The name looked for.
        wanted: String,
        /// The names in the file.
        there: Vec<String>,
    },
    /// Cells merged over several rows below the header: it is not told which row the value belongs to.
    #[error("第{line}行起有跨行合并的单元格。请取消合并、把每一行都填上内容后再导入")]
    MergedRows {
        /// First row of the merge.
        line: u64,
    },
    /// Too many rows.
    #[error("超过{limit}行，已停止读取。请分成几个文件后分别导入")]
    TooManyRows {
        /// Rows allowed.
        limit: u64,
    },
    /// Too many columns.
    #[error("第{line}行超过{limit}列。请删去多余的列；如是CSV文件，请检查分隔符和引号")]
    TooManyColumns {
        /// The row.
        line: u64,
        /// Columns allowed.
        limit: usize,
    },
    /// Too many cells.
    #[error("单元格总数超过{limit}个，已停止读取。请分成几个文件后分别导入")]
    TooManyCells {
        /// Cells allowed.
        limit: u64,
    },
    /// A cell too long.
    #[error("第{line}行第{column}列的内容超过{}。请检查该处引号是否成对；如内容无误，请缩短后再导入", size(*.limit as u64))]
    CellTooLong {
        /// The row.
        line: u64,
        /// The column, from 1.
        column: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A quote that nothing closes.
    #[error("第{line}行第{column}列的引号没有配对，其后的内容无法分行。请补上引号后再导入")]
    OpenQuote {
        /// The row in which the quote stands.
        line: u64,
        /// The column, from 1.
        column: usize,
    },
}

/// Bytes in words.
fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 {
        format!("{} MB", bytes >> 20)
    } else if bytes >= 1 << 10 {
        format!("{} KB", bytes >> 10)
    } else {
        format!("{bytes} 字节")
    }
}

impl From<std::io::Error> for TableError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.kind().to_string())
    }
}

impl TableError {
    fn of_io(error: std::io::Error, limits: &Limits) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Stop>()) {
            Some(Stop::Over(Over::File)) => Self::TooBig { limit: limits.file_bytes },
            Some(Stop::Over(Over::Unpacked)) => Self::Inflates { limit: limits.text_bytes },
            Some(Stop::Gzip) => Self::Gzip,
            None => error.into(),
        }
    }
}

/// What kind of file a table was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// CSV.
    Csv {
        /// The encoding found.
        encoding: Encoding,
        /// The delimiter found: comma, tab or semicolon.
        delimiter: char,
    },
    /// XLSX.
    Xlsx {
        /// The sheet read.
        sheet: String,
    },
}

/// The header: a name for each column. A header of several merged rows gives names with a stroke: `地点/街道`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Last row of the header as a spreadsheet counts, from 1.
    pub line: u64,
    /// The names, cleaned by [`normalise::line`]; empty for a column without a name.
    pub names: Vec<String>,
}

/// A row below the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Number of the row as a spreadsheet counts, from 1: a line end inside of quotes does not count.
    pub line: u64,
    /// The texts of the cells. Of a CSV file as many as the row has; of a workbook as many as the header has, or more.
    pub cells: Vec<String>,
    /// Columns (from 0) that hold a number of more digits than a spreadsheet keeps: the last digits are lost.
    pub inexact: Vec<usize>,
}

impl Row {
    fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| normalise::words(cell).is_empty())
    }
}

enum Kind {
    Csv { source: Source, gzip: bool, encoding: Encoding, delimiter: u8 },
    Xlsx(Box<xlsx::Book>),
}

/// An opened table: its header is known, its rows can be read any number of times.
pub struct Table {
    kind: Kind,
    header: Header,
    limits: Limits,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("format", &self.format()).field("header", &self.header).finish_non_exhaustive()
    }
}

impl Table {
    /// Opens a file and finds its header by the rule of [`Layout::header_row`].
    ///
    /// # Errors
    /// [`TableError`], nothing of the file having been kept.
    pub fn open(source: impl Into<Source>, limits: &Limits) -> Result<Self, TableError> {
        Self::open_as(source, &Layout::default(), limits)
    }

    /// Opens a file whose sheet or header row is known.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn open_as(source: impl Into<Source>, layout: &Layout, limits: &Limits) -> Result<Self, TableError> {
        let source = source.into();
        let mut kind = Self::recognise(source, layout, limits)?;
        let header = find_header(&mut kind, layout, limits)?;
        Ok(Self { kind, header, limits: *limits })
    }

    fn recognise(source: Source, layout: &Layout, limits: &Limits) -> Result<Kind, TableError> {
        let start = first_bytes(source.open(false, limits)?, limits)?;
        let gzip = start.starts_with(&[0x1f, 0x8b]);
        let start = if gzip { first_bytes(source.open(true, limits)?, limits)? } else { start };
        match start.as_slice() {
            [] => return Err(TableError::Empty),
            [b'P', b'K', 3 | 5, 4 | 6, ..] => {
                let bytes = source.load(gzip, limits)?;
                return Ok(Kind::Xlsx(Box::new(xlsx::Book::open(bytes, layout, limits)?)));
            }
            [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(TableError::OldOrLocked),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(TableError::Utf16),
            _ => {}
        }
        let text = String::from_utf8_lossy(&start).trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']).to_ascii_lowercase();
        if ["<html", "<!doctype html", "<table", "<head", "<meta"].iter().any(|tag| text.starts_with(tag)) {
            return Err(TableError::Html);
        }
        let encoding = encoding::detect(source.open(gzip, limits)?, limits)?;
        let delimiter = csv::delimiter(source.open(gzip, limits)?, encoding, limits)?;
        Ok(Kind::Csv { source, gzip, encoding, delimiter })
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What the file turned out to be.
    #[must_use]
    pub fn format(&self) -> Format {
        match &self.kind {
            Kind::Csv { encoding, delimiter, .. } => Format::Csv { encoding: *encoding, delimiter: char::from(*delimiter) },
            Kind::Xlsx(book) => Format::Xlsx { sheet: book.sheet().to_owned() },
        }
    }

    /// Where bare day numbers count from.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        match &self.kind {
            Kind::Csv { .. } => Epoch::From1900,
            Kind::Xlsx(book) => book.epoch(),
        }
    }

    /// The rows below the header from the first one on, blank rows left out.
    ///
    /// # Errors
    /// [`TableError`] when the file cannot be opened again.
    pub fn rows(&mut self) -> Result<Rows<'_>, TableError> {
        let width = self.header.names.len();
        Ok(Rows { inner: raw_rows(&mut self.kind, &self.limits)?, below: self.header.line, width, ended: false })
    }
}

fn first_bytes(reader: Box<dyn Read>, limits: &Limits) -> Result<Vec<u8>, TableError> {
    let mut start = Vec::new();
    reader.take(512).read_to_end(&mut start).map_err(|e| TableError::of_io(e, limits))?;
    Ok(start)
}

/// Rows of the whole file, header and blank rows included.
enum RawRows<'a> {
    Csv(Box<csv::Reader>),
    Xlsx(Box<xlsx::SheetRows<'a>>),
}

fn raw_rows<'a>(kind: &'a mut Kind, limits: &Limits) -> Result<RawRows<'a>, TableError> {
    Ok(match kind {
        Kind::Csv { source, gzip, encoding, delimiter } => {
            RawRows::Csv(Box::new(csv::Reader::new(source.open(*gzip, limits)?, *encoding, *delimiter, limits)))
        }
        Kind::Xlsx(book) => RawRows::Xlsx(Box::new(book.rows(limits)?)),
    })
}

impl Iterator for RawRows<'_> {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Csv(rows) => rows.next(),
            Self::Xlsx(rows) => rows.next(),
        }
    }
}

/// The rows of a [`Table`]. Ends after the first error.
pub struct Rows<'a> {
    inner: RawRows<'a>,
    below: u64,
    width: usize,
    ended: bool,
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.inner.next() {
                Some(Ok(row)) if row.line <= self.below || row.is_blank() => {}
                Some(Ok(mut row)) => {
                    if matches!(self.inner, RawRows::Xlsx(_)) && row.cells.len() < self.width {
                        row.cells.resize(self.width, String::new());
                    }
                    return Some(Ok(row));
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Some(Err(error));
                }
                None => self.ended = true,
            }
        }
        None
    }
}

fn find_header(kind: &mut Kind, layout: &Layout, limits: &Limits) -> Result<Header, TableError> {
    let last = layout.header_row.unwrap_or(0).max(HEAD);
    let mut head = Vec::new();
    let mut any = false;
    for row in raw_rows(kind, limits)? {
        let row = row?;
        if row.line > last {
            any = true;
            break;
        }
        head.push(row);
    }
    if !any && head.iter().all(Row::is_blank) {
        return Err(TableError::Empty);
    }
    let different = |row: &Row| {
        let mut filled = row.cells.iter().map(|cell| normalise::line(cell)).filter(|cell| !cell.is_empty());
        filled.next().is_some_and(|first| filled.any(|cell| cell != first))
    };
    let found = match layout.header_row {
        Some(line) => head.iter().find(|row| row.line == line && !row.is_blank()),
        None => head.iter().find(|row| different(row)).or_else(|| head.iter().find(|row| !row.is_blank())),
    };
    let first = found.ok_or(TableError::NoHeader(layout.header_row.unwrap_or(HEAD)))?.line;
    let merges: &[xlsx::Merge] = match kind {
        Kind::Csv { .. } => &[],
        Kind::Xlsx(book) => book.merges(),
    };
    let line = xlsx::header_end(first, merges).min(last);
    if let Some(merge) = merges.iter().find(|merge| merge.top > line && merge.bottom > merge.top) {
        return Err(TableError::MergedRows { line: merge.top });
    }
    let merges: Vec<&xlsx::Merge> = merges.iter().filter(|merge| merge.top <= line).collect();
    if merges.len() > HEAD_MERGES {
        return Err(TableError::Broken("表头的合并单元格过多".to_owned()));
    }
    let rows: Vec<&Row> = head.iter().filter(|row| (first..=line).contains(&row.line)).collect();
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let cell = |line: u64, column: usize| {
        // A merged cell's text stands in its top left corner.
        let (line, column) = merges.iter().find(|merge| merge.covers(line, column)).map_or((line, column), |merge| (merge.top, merge.left));
        rows.iter()
            .find(|row| row.line == line)
            .and_then(|row| row.cells.get(column))
            .map_or_else(String::new, |text| normalise::line(text))
    };
    let mut names: Vec<String> = (0..width)
        .map(|column| {
            let mut parts: Vec<String> = (first..=line).map(|line| cell(line, column)).filter(|part| !part.is_empty()).collect();
            parts.dedup();
            parts.join("/")
        })
        .collect();
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    Ok(Header { line, names })
}

#[cfg(test)]
mod tests;
