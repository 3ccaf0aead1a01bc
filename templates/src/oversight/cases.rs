//! The cases behind a figure of 今日.

use askama::Template;

use crate::components::{Link, Paging};
use crate::desk::{AsOf, CaseRow};
use crate::shell::{NavItem, Shell};

/// `GET /oversight/day/{kind}?day=` and `GET /oversight/urgent/{urgency}`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/cases.html")]
pub struct Cases {
    /// Context.
    pub shell: Shell,
    /// Way back.
    pub crumbs: Vec<Link>,
    /// Heading.
    pub title: String,
    /// Day or nothing.
    pub of: String,
    /// How many in all and what is counted.
    pub note: String,
    /// The other figures of the same day, or the other urgencies.
    pub tabs: Vec<NavItem>,
    /// Cases.
    pub rows: Vec<CaseRow>,
    /// Pages.
    pub paging: Paging,
    /// Freshness.
    pub as_of: AsOf,
}

impl Cases {
    /// Yesterday's dissatisfied.
    #[must_use]
    pub fn sample() -> Self {
        let tab =
            |code: &str, text: &str, n| NavItem::counted(&format!("/oversight/day/{code}?day=2026-10-22"), text, n, code == "dissatisfied");
        Self {
            shell: Shell::sample_desk("/oversight"),
            crumbs: vec![Link::new("/oversight", "今日")],
            title: "不满意".into(),
            of: "2026年10月22日（周四）".into(),
            note: "当天回访接通且不满意的诉求件，共 28 件。".into(),
            tabs: vec![
                tab("filed", "登记", 1_204),
                tab("dispatched", "派单", 1_090),
                tab("ended", "办结", 1_166),
                tab("dissatisfied", "不满意", 28),
            ],
            rows: CaseRow::samples(),
            paging: Paging { summary: "本页 3 件".into(), ..Paging::default() },
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    vec![("oversight-cases", crate::html(&Cases::sample()))]
}
