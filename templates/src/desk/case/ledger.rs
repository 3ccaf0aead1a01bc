//! 球在谁手里: whose time was used, as a table and as a drawing.

use crate::components::Moment;

/// 球在谁手里: the stretches add up to the total.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Stretches in order.
    pub rows: Vec<LedgerRow>,
    /// Sum, in words.
    pub total: String,
}

/// A stretch of time in one pair of hands.
#[derive(Debug, Clone, Default)]
pub struct LedgerRow {
    /// Who.
    pub holder: String,
    /// The hotline rather than a unit.
    pub hotline: bool,
    /// Since.
    pub from: Moment,
    /// Until; none = still.
    pub to: Option<Moment>,
    /// Length in minutes, for the drawing.
    pub minutes: u64,
    /// Length in words.
    pub duration: String,
}

/// A stretch on the drawing, which is 1000 wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerBar {
    /// Start.
    pub x: u64,
    /// Length.
    pub width: u64,
    /// Class of the style sheet.
    pub class: &'static str,
    /// Words.
    pub text: String,
}

impl Ledger {
    /// Share of a stretch in percent, as printed.
    #[must_use]
    pub fn share(&self, row: &LedgerRow) -> String {
        let sum: u64 = self.rows.iter().map(|row| row.minutes).sum();
        format!("{}%", (row.minutes * 100 + sum / 2).checked_div(sum).unwrap_or(0))
    }

    /// The drawing: stretches side by side, hotline and unit told apart by pattern, the running one marked.
    #[must_use]
    pub fn bars(&self) -> Vec<LedgerBar> {
        let sum: u64 = self.rows.iter().map(|row| row.minutes).sum::<u64>().max(1);
        let mut before = 0;
        let mut bars = Vec::new();
        for row in &self.rows {
            let start = before * 1000 / sum;
            before += row.minutes;
            let end = before * 1000 / sum;
            bars.push(LedgerBar {
                x: start,
                width: (end - start).max(2),
                class: if row.hotline { "hand-hotline" } else { "hand-unit" },
                text: format!("{}：{}", row.holder, row.duration),
            });
        }
        bars
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Case;

    #[test]
    fn the_stretches_of_the_ledger_fill_the_drawing() {
        let bars = Case::sample().ledger.bars();
        let last = bars.last().unwrap();
        assert_eq!(bars[0].x, 0);
        assert_eq!(last.x + last.width, 1000);
    }

    #[test]
    fn an_empty_ledger_has_no_division_by_zero() {
        let row = LedgerRow::default();
        let ledger = Ledger { rows: vec![row.clone()], total: String::new() };
        assert_eq!((ledger.share(&row), ledger.bars()[0].width), ("0%".to_owned(), 2));
    }
}
