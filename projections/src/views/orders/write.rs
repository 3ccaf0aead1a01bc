//! Writes the rows of orders.

use domain::order::OrderState;
use rusqlite::{Connection, params};

use super::OrderTab;
use crate::ViewError;
use crate::views::reference::Reference;
use crate::views::streams::write::Rows;

impl Rows for OrderState {
    fn rows(&self, connection: &Connection, key: i64, _stream: &str, _reference: &Reference) -> Result<(), ViewError> {
        let case = self.ground.case().map(|(case, _)| case.0);
        connection
            .prepare_cached("INSERT OR REPLACE INTO order_row (key, unit, case_id, tab) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![key, self.unit.as_str(), case, OrderTab::of(self).code()])?;
        Ok(())
    }
}
