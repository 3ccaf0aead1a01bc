//! The list of refused rows, for the people who can correct them at the source.

use std::io::Write;

use crate::export::Value;
use crate::export::csv::{CsvOptions, CsvWriter};
use crate::row::Refusal;

/// Writes refusals as CSV (UTF-8 with a byte-order mark, for Excel and WPS): 行号, 列, 原因, 原内容（已遮盖）.
pub struct RefusalReport<W: Write>(CsvWriter<W>);

impl<W: Write> RefusalReport<W> {
    /// Begins the report.
    ///
    /// # Errors
    /// When the target cannot be written.
    pub fn new(target: W) -> std::io::Result<Self> {
        CsvWriter::new(target, CsvOptions { bom: true }, &["行号", "列", "原因", "原内容（已遮盖）"]).map(Self)
    }

    /// Adds a refusal.
    ///
    /// # Errors
    /// When the target cannot be written.
    pub fn add(&mut self, refusal: &Refusal) -> std::io::Result<()> {
        let column = if refusal.column.is_empty() { "（整行）" } else { &refusal.column };
        let line = i64::try_from(refusal.line).unwrap_or(i64::MAX);
        self.0.row(&[Value::Int(line), column.into(), refusal.reason.as_str().into(), refusal.value.as_str().into()])
    }

    /// Writes what is buffered and tells how many refusals were written.
    ///
    /// # Errors
    /// When the target cannot be written.
    pub fn finish(self) -> std::io::Result<u64> {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_line_that_no_spreadsheet_runs() {
        let mut target = Vec::new();
        let mut report = RefusalReport::new(&mut target).unwrap();
        let refusal =
            Refusal { line: 7, column: "编号".to_owned(), reason: "编号与第3行重复".to_owned(), value: "=1**".to_owned() };
        report.add(&refusal).unwrap();
        report.add(&Refusal { column: String::new(), value: String::new(), ..refusal }).unwrap();
        assert_eq!(report.finish().unwrap(), 2);
        let text = String::from_utf8(target).unwrap();
        assert_eq!(text, "\u{feff}行号,列,原因,原内容（已遮盖）\r\n7,编号,编号与第3行重复,'=1**\r\n7,（整行）,编号与第3行重复,\r\n");
    }
}
