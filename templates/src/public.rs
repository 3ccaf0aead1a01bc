//! Open to everybody: figures with definitions, cases without persons, and the short pages of the footer.

mod cases;
mod figures;
mod pages;

pub use cases::{PublicCase, PublicCases};
pub use figures::{Figures, PlaceRow, UnitRow, place_table, unit_table};
pub use pages::{Accessibility, Help, Privacy};

use crate::shell::NavItem;

/// Tabs of the public part.
#[must_use]
pub fn tabs(path: &str) -> Vec<NavItem> {
    vec![NavItem::new("/public", "受理和办理情况", path == "/public"), NavItem::new("/public/cases", "公开工单", path == "/public/cases")]
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    [figures::samples(), cases::samples(), pages::samples()].concat()
}
