//! A JSON array of flat objects, one a line, row by row. No spreadsheet runs JSON: texts stand as they are.

use std::io::Write;

use domain::deadline::rfc3339;
use serde_json::Value as Json;

use super::Value;

/// Writes a table as a JSON array.
pub struct JsonWriter<W: Write> {
    target: W,
    keys: Vec<String>,
    rows: u64,
}

impl<W: Write> JsonWriter<W> {
    /// Begins a table; `keys` are the names of its columns.
    ///
    /// # Errors
    /// When the target cannot be written.
    pub fn new(mut target: W, keys: &[&str]) -> std::io::Result<Self> {
        target.write_all(b"[")?;
        Ok(Self { target, keys: keys.iter().map(|key| (*key).to_owned()).collect(), rows: 0 })
    }

    /// Writes a row. Its length must be that of the keys.
    ///
    /// # Errors
    /// When the target cannot be written or the row has another length than the keys.
    pub fn row(&mut self, cells: &[Value<'_>]) -> std::io::Result<()> {
        if cells.len() != self.keys.len() {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "a row of another length than the keys"));
        }
        let object: serde_json::Map<String, Json> = self.keys.iter().cloned().zip(cells.iter().map(json)).collect();
        self.target.write_all(if self.rows == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut self.target, &object)?;
        self.rows += 1;
        Ok(())
    }

    /// Ends the array and tells how many rows were written.
    ///
    /// # Errors
    /// When the target cannot be written.
    pub fn finish(mut self) -> std::io::Result<u64> {
        self.target.write_all(b"\n]\n")?;
        self.target.flush()?;
        Ok(self.rows)
    }
}

fn json(cell: &Value<'_>) -> Json {
    match cell {
        Value::Empty => Json::Null,
        Value::Text(text) => text.as_ref().into(),
        Value::Int(number) => (*number).into(),
        Value::Number(number) => (*number).into(),
        Value::Flag(flag) => (*flag).into(),
        Value::Time(at) => rfc3339(*at).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_an_array_of_objects_even_without_rows() {
        let mut target = Vec::new();
        let mut writer = JsonWriter::new(&mut target, &["a", "b"]).unwrap();
        writer.row(&["=1".into(), Value::Empty]).unwrap();
        writer.row(&[true.into(), Value::Int(2)]).unwrap();
        assert!(writer.row(&[Value::Empty]).is_err());
        assert_eq!(writer.finish().unwrap(), 2);
        let read: Json = serde_json::from_slice(&target).unwrap();
        assert_eq!(read, serde_json::json!([{"a": "=1", "b": null}, {"a": true, "b": 2}]));

        let mut none = Vec::new();
        JsonWriter::new(&mut none, &["a"]).unwrap().finish().unwrap();
        assert_eq!(serde_json::from_slice::<Json>(&none).unwrap(), serde_json::json!([]));
    }
}
