//! XLSX with constant memory: rows go to a temporary file as they come.

use std::io::{Seek, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Value, guard, local, yes_no};

/// Rows of a sheet, the header counted; a longer table goes on in a second sheet.
const SHEET_ROWS: u32 = 1_048_576;
/// Characters of a cell that Excel takes, less the note that tells of the cut.
const CELL_CHARS: usize = 32_700;
const CUT: &str = "……（内容过长，此处截断，完整内容请在系统中查看）";
/// Whole numbers above this lose digits in a spreadsheet, which has only floating-point numbers.
const EXACT: i64 = 1 << 53;

/// Why a workbook cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum XlsxExportError {
    /// A row has more or fewer cells than the header.
    #[error("第{row}行有{cells}列，与表头的{header}列不一致，导出已停止")]
    Length {
        /// Row, the first one below the header is 1.
        row: u64,
        /// Cells of the row.
        cells: usize,
        /// Cells of the header.
        header: usize,
    },
    /// The writer or the disk failed.
    #[error("无法写出表格：{0}。请检查磁盘空间后重试")]
    Write(#[from] XlsxError),
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Rows, headers not counted.
    pub rows: u64,
    /// Cells that were longer than a spreadsheet takes and end in a note.
    pub shortened: u64,
    /// Sheets.
    pub sheets: usize,
}

/// Writes a table as a workbook; every text is a text cell, guarded as in CSV because people save workbooks as CSV.
pub struct XlsxWriter {
    book: Workbook,
    name: String,
    header: Vec<String>,
    bold: Format,
    next: u32,
    done: Written,
}

impl XlsxWriter {
    /// Begins a workbook. `made` is the generation time that the document carries; `scratch` is the directory of the
    /// temporary file, the system's when none is given.
    ///
    /// # Errors
    /// When the sheet's name does not suit Excel (31 characters, none of `[]:*?/\`) or no temporary file can be made.
    pub fn new(name: &str, header: &[&str], made: DateTime<Utc>, scratch: Option<&Path>) -> Result<Self, XlsxExportError> {
        let mut book = Workbook::new();
        if let Some(scratch) = scratch {
            book.set_tempdir(scratch)?;
        }
        // The document shows the local time, as everything in this product does.
        let local = made + chrono::TimeDelta::hours(8);
        book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_timestamp(local.timestamp())?));
        let mut writer = Self {
            book,
            name: name.to_owned(),
            header: header.iter().map(|cell| (*cell).to_owned()).collect(),
            bold: Format::new().set_bold(),
            next: 0,
            done: Written { rows: 0, shortened: 0, sheets: 0 },
        };
        writer.begin_sheet()?;
        Ok(writer)
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxExportError> {
        self.done.sheets += 1;
        let name = if self.done.sheets == 1 { self.name.clone() } else { format!("{}（{}）", self.name, self.done.sheets) };
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, cell) in (0u16..).zip(&self.header) {
            sheet.write_string_with_format(0, column, guard(cell), &self.bold)?;
        }
        self.next = 1;
        Ok(())
    }

    /// Writes a row. Its length must be the header's.
    ///
    /// # Errors
    /// [`XlsxExportError`].
    pub fn row(&mut self, cells: &[Value<'_>]) -> Result<(), XlsxExportError> {
        if cells.len() != self.header.len() {
            return Err(XlsxExportError::Length { row: self.done.rows + 1, cells: cells.len(), header: self.header.len() });
        }
        if self.next >= SHEET_ROWS {
            self.begin_sheet()?;
        }
        let row = self.next;
        let last = self.done.sheets - 1;
        let sheet = self.book.worksheet_from_index(last)?;
        for (column, cell) in (0u16..).zip(cells) {
            if write_cell(sheet, row, column, cell)? {
                self.done.shortened += 1;
            }
        }
        self.next += 1;
        self.done.rows += 1;
        Ok(())
    }

    /// Packs the workbook into `target`.
    ///
    /// # Errors
    /// [`XlsxExportError::Write`].
    pub fn finish<W: Write + Seek + Send>(mut self, target: W) -> Result<Written, XlsxExportError> {
        self.book.save_to_writer(target)?;
        Ok(self.done)
    }
}

/// True when the text had to be cut.
fn write_cell(sheet: &mut Worksheet, row: u32, column: u16, cell: &Value<'_>) -> Result<bool, XlsxError> {
    match cell {
        Value::Empty => {}
        #[expect(clippy::cast_precision_loss, reason = "the guard keeps it below 2^53, where every whole number is exact")]
        Value::Int(number) if number.abs() <= EXACT => drop(sheet.write_number(row, column, *number as f64)?),
        Value::Int(number) => drop(sheet.write_string(row, column, number.to_string())?),
        Value::Number(number) if number.is_finite() => drop(sheet.write_number(row, column, *number)?),
        Value::Number(_) => {}
        Value::Flag(flag) => drop(sheet.write_string(row, column, yes_no(*flag))?),
        Value::Time(at) => drop(sheet.write_string(row, column, local(*at))?),
        Value::Text(text) if text.is_empty() => {}
        Value::Text(text) => {
            let text = guard(text);
            // Excel counts UTF-16 units, a safe upper bound of characters.
            if text.encode_utf16().count() > CELL_CHARS {
                let mut units = 0;
                let mut cut: String = text
                    .chars()
                    .take_while(|c| {
                        units += c.len_utf16();
                        units <= CELL_CHARS
                    })
                    .collect();
                cut.push_str(CUT);
                sheet.write_string(row, column, cut)?;
                return Ok(true);
            }
            sheet.write_string(row, column, text)?;
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::table::{Limits, Table};

    fn begin() -> XlsxWriter {
        let made = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        XlsxWriter::new("工单", &["编号", "内容", "数"], made, None).unwrap()
    }

    fn written(rows: &[[Value<'_>; 3]]) -> (Vec<u8>, Written) {
        let mut writer = begin();
        for row in rows {
            writer.row(row).unwrap();
        }
        let mut target = Cursor::new(Vec::new());
        let done = writer.finish(&mut target).unwrap();
        (target.into_inner(), done)
    }

    #[test]
    fn what_is_written_is_read_back_and_a_formula_is_a_text() {
        let (bytes, done) = written(&[
            ["440310201807041724".into(), "=HYPERLINK(\"http://x\")".into(), Value::Number(0.5)],
            ["2".into(), Value::Empty, Value::Int(-7)],
            ["3".into(), "大".into(), Value::Int(i64::MAX)],
        ]);
        assert_eq!(done, Written { rows: 3, shortened: 0, sheets: 1 });
        let mut table = Table::open(bytes, &Limits::default()).unwrap();
        assert_eq!(table.header().names, ["编号", "内容", "数"]);
        let rows: Vec<Vec<String>> = table.rows().unwrap().map(|row| row.unwrap().cells).collect();
        assert_eq!(rows[0], ["440310201807041724", "'=HYPERLINK(\"http://x\")", "0.5"]);
        assert_eq!(rows[1], ["2", "", "-7"]);
        assert_eq!(rows[2], ["3", "大", "9223372036854775807"]);
    }

    #[test]
    fn no_cell_of_the_sheet_is_a_formula() {
        let (bytes, _) = written(&[["=1+1".into(), "＝1".into(), "@x".into()]]);
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut sheet = String::new();
        std::io::Read::read_to_string(&mut archive.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut sheet).unwrap();
        assert!(sheet.contains("'=1+1") && !sheet.contains("<f>"), "{sheet}");
    }

    #[test]
    fn a_text_that_no_cell_takes_is_cut_and_counted() {
        let (bytes, done) = written(&[["1".into(), "😀".repeat(20_000).into(), Value::Empty]]);
        assert_eq!(done.shortened, 1);
        let mut table = Table::open(bytes, &Limits::default()).unwrap();
        let row = table.rows().unwrap().next().unwrap().unwrap();
        assert!(row.cells[1].ends_with(CUT) && row.cells[1].starts_with('😀'));
    }

    #[test]
    fn the_same_table_gives_the_same_bytes() {
        let rows = [["1".into(), "甲".into(), Value::Int(1)]];
        assert_eq!(written(&rows).0, written(&rows).0);
    }

    #[test]
    fn a_row_of_another_length_is_an_error() {
        assert!(matches!(begin().row(&["1".into()]), Err(XlsxExportError::Length { row: 1, cells: 1, header: 3 })));
    }
}
