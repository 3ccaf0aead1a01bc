//! One table to a file in whichever format was asked for.

use std::fs::File;
use std::io::BufWriter;

use domain::time::Instant;

use super::Value;
use super::csv::{CsvOptions, CsvWriter};
use super::json::JsonWriter;
use super::xlsx::{XlsxExportError, XlsxWriter};

/// A format of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, UTF-8 with a byte-order mark.
    Csv,
    /// A workbook.
    Xlsx,
    /// An array of objects.
    Json,
}

/// A column: its key in JSON and its name in tables.
pub type Column = (&'static str, &'static str);

/// Why a table was not written.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file.
    #[error("无法写出文件：{0}。请检查目录权限和磁盘空间后重试")]
    File(#[from] std::io::Error),
    /// The workbook.
    #[error(transparent)]
    Xlsx(#[from] XlsxExportError),
}

/// A table that is being written.
pub enum Sheet {
    /// As CSV.
    Csv(Box<CsvWriter<BufWriter<File>>>),
    /// As XLSX; the file is written at the end.
    Xlsx(Box<XlsxWriter>, File),
    /// As JSON.
    Json(Box<JsonWriter<BufWriter<File>>>),
}

impl Sheet {
    /// Begins a table. `name` is that of the sheet, `made` the time that the workbook carries.
    ///
    /// # Errors
    /// [`SheetError`].
    pub fn new(target: File, format: Format, name: &str, columns: &[Column], made: Instant) -> Result<Self, SheetError> {
        let labels: Vec<&str> = columns.iter().map(|column| column.1).collect();
        let keys: Vec<&str> = columns.iter().map(|column| column.0).collect();
        Ok(match format {
            Format::Csv => Self::Csv(Box::new(CsvWriter::new(BufWriter::new(target), CsvOptions::default(), &labels)?)),
            Format::Xlsx => Self::Xlsx(Box::new(XlsxWriter::new(name, &labels, made, None)?), target),
            Format::Json => Self::Json(Box::new(JsonWriter::new(BufWriter::new(target), &keys)?)),
        })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// [`SheetError`].
    pub fn row(&mut self, cells: &[Value<'_>]) -> Result<(), SheetError> {
        match self {
            Self::Csv(writer) => writer.row(cells)?,
            Self::Xlsx(writer, _) => writer.row(cells)?,
            Self::Json(writer) => writer.row(cells)?,
        }
        Ok(())
    }

    /// Ends the table and tells how many rows it has.
    ///
    /// # Errors
    /// [`SheetError`].
    pub fn finish(self) -> Result<u64, SheetError> {
        Ok(match self {
            Self::Csv(writer) => writer.finish()?,
            Self::Xlsx(writer, target) => writer.finish(BufWriter::new(target))?.rows,
            Self::Json(writer) => writer.finish()?,
        })
    }
}
