//! Lists of orders.

use domain::ids::CaseId;
use rusqlite::{params_from_iter, types::Value};

use super::{OrderFilter, OrderRow, OrderTab};
use crate::views::streams::query::STREAM;
use crate::{ViewError, Views};

impl Views {
    /// Orders, newest first, before `before` (a row's `key`; none = from the newest).
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn orders(&self, filter: &OrderFilter, before: Option<i64>, limit: usize) -> Result<Vec<OrderRow>, ViewError> {
        let mut sql = format!("SELECT {STREAM} FROM order_row o JOIN stream s USING (key) WHERE o.key < ?");
        let mut values: Vec<Value> = vec![before.unwrap_or(i64::MAX).into()];
        let given = [("o.tab", filter.tab.map(|tab| tab.code().to_owned())), ("o.unit", filter.unit.as_ref().map(ToString::to_string))];
        for (column, value) in given {
            if let Some(value) = value {
                sql.push_str(&format!(" AND {column} = ?"));
                values.push(value.into());
            }
        }
        sql.push_str(" ORDER BY o.key DESC LIMIT ?");
        values.push((limit as i64).into());
        self.order_rows(&sql, values)
    }

    /// The orders that rest on a case, oldest first.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn orders_of(&self, case: CaseId) -> Result<Vec<OrderRow>, ViewError> {
        let sql = format!("SELECT {STREAM} FROM order_row o JOIN stream s USING (key) WHERE o.case_id = ? ORDER BY o.key");
        self.order_rows(&sql, vec![case.0.as_bytes().to_vec().into()])
    }

    /// How many orders stand in a tab.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn count_orders(&self, tab: OrderTab) -> Result<u64, ViewError> {
        let connection = self.views()?;
        let n: i64 =
            connection.prepare_cached("SELECT count(*) FROM order_row WHERE tab = ?1")?.query_row([tab.code()], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    fn order_rows(&self, sql: &str, values: Vec<Value>) -> Result<Vec<OrderRow>, ViewError> {
        self.stream_rows(sql, params_from_iter(values))
    }
}
