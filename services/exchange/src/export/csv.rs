//! CSV after RFC 4180, row by row.

use std::io::Write;

use super::{Value, guard, local, yes_no};

/// What a CSV export can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvOptions {
    /// Begin with the UTF-8 byte-order mark, without which Excel and older WPS take Chinese text for GBK.
    pub bom: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { bom: true }
    }
}

/// Writes a CSV table: comma, CRLF, quotes where needed, every text guarded against formulas.
pub struct CsvWriter<W: Write> {
    inner: csv::Writer<W>,
    rows: u64,
}

impl<W: Write> CsvWriter<W> {
    /// Begins a table with its header.
    ///
    /// # Errors
    /// When the target cannot be written.
    pub fn new(mut target: W, options: CsvOptions, header: &[&str]) -> std::io::Result<Self> {
        if options.bom {
            target.write_all("\u{feff}".as_bytes())?;
        }
        let inner = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(target);
        let mut writer = Self { inner, rows: 0 };
        let header: Vec<Value<'_>> = header.iter().map(|name| Value::from(*name)).collect();
        writer.record(&header)?;
        Ok(writer)
    }

    /// Writes a row. Its length must be the header's.
    ///
    /// # Errors
    /// When the target cannot be written or the row has another length than the header.
    pub fn row(&mut self, cells: &[Value<'_>]) -> std::io::Result<()> {
        self.record(cells)?;
        self.rows += 1;
        Ok(())
    }

    fn record(&mut self, cells: &[Value<'_>]) -> std::io::Result<()> {
        for cell in cells {
            match cell {
                Value::Empty => self.inner.write_field("")?,
                Value::Text(text) => self.inner.write_field(guard(text).as_bytes())?,
                Value::Int(number) => self.inner.write_field(number.to_string())?,
                Value::Number(number) if number.is_finite() => self.inner.write_field(number.to_string())?,
                Value::Number(_) => self.inner.write_field("")?,
                Value::Flag(flag) => self.inner.write_field(yes_no(*flag))?,
                Value::Time(at) => self.inner.write_field(local(*at))?,
            }
        }
        self.inner.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Writes what is buffered and gives the target back.
    ///
    /// # Errors
    /// When the target cannot be written.
    pub fn into_inner(self) -> std::io::Result<W> {
        self.inner.into_inner().map_err(csv::IntoInnerError::into_error)
    }

    /// Writes what is buffered and tells how many rows were written, the header not counted.
    ///
    /// # Errors
    /// When the target cannot be written.
    pub fn finish(mut self) -> std::io::Result<u64> {
        self.inner.flush()?;
        Ok(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(options: CsvOptions, rows: &[&[Value<'_>]]) -> String {
        let mut target = Vec::new();
        let mut writer = CsvWriter::new(&mut target, options, &["编号", "内容"]).unwrap();
        for row in rows {
            writer.row(row).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), rows.len() as u64);
        String::from_utf8(target).unwrap()
    }

    #[test]
    fn quotes_commas_and_line_ends_are_quoted() {
        let text = written(CsvOptions { bom: false }, &[&[Value::Int(-5), "他说“好”,\"行\"\n换行".into()]]);
        assert_eq!(text, "编号,内容\r\n-5,\"他说“好”,\"\"行\"\"\n换行\"\r\n");
    }

    #[test]
    fn a_formula_is_written_as_text_and_a_number_as_a_number() {
        let text = written(
            CsvOptions { bom: true },
            &[&["=cmd|'/c calc'!A1".into(), Value::Number(-0.5)], &[Value::Empty, Value::Number(f64::NAN)]],
        );
        assert_eq!(text, "\u{feff}编号,内容\r\n'=cmd|'/c calc'!A1,-0.5\r\n,\r\n");
    }

    #[test]
    fn a_row_of_another_length_is_an_error() {
        let mut writer = CsvWriter::new(Vec::new(), CsvOptions::default(), &["编号", "内容"]).unwrap();
        assert!(writer.row(&["一".into()]).is_err());
    }
}
