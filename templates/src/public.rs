//! Open to everybody: figures with definitions, cases without persons, and the short pages of the footer.

mod cases;
mod figures;
mod heads;
mod pages;

pub use cases::{PublicCase, PublicCases};
pub use figures::{Figures, PlaceRow, UnitRow, place_table, unit_table};
pub use heads::{HeadLine, Heads, head_table, key_table};
pub use pages::{Accessibility, Help, Privacy};

use crate::shell::NavItem;

/// Tabs of the public part.
#[must_use]
pub fn tabs(path: &str) -> Vec<NavItem> {
    let tab = |href: &str, text: &str| NavItem::new(href, text, path == href);
    vec![tab("/public", "受理和办理情况"), tab("/public/cases", "公开工单"), tab("/heads", "日志存证")]
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    [figures::samples(), cases::samples(), heads::samples(), pages::samples()].concat()
}
