//! Search over the cases that an account may see.

use askama::Template;

use super::{AsOf, CaseRow};
use crate::components::{Choice, Errors, Paging};
use crate::shell::Shell;

/// `GET /desk/search?q=&stage=&class=&unit=&from=&to=&after=`
#[derive(Debug, Clone, Template)]
#[template(path = "desk/search.html")]
pub struct Search {
    /// Context.
    pub shell: Shell,
    /// What was searched for: number, words, or a whole phone number (compared by its hash).
    pub q: String,
    /// Filter `stage`.
    pub stages: Vec<Choice>,
    /// Filter `class`.
    pub classes: Vec<Choice>,
    /// Filter `unit`.
    pub units: Vec<Choice>,
    /// Filed from this day (`2026-10-01`).
    pub from: String,
    /// Filed until this day.
    pub to: String,
    /// Errors keyed by field name.
    pub errors: Errors,
    /// Something was asked, so that rows or the empty text are shown.
    pub asked: bool,
    /// Rows, newest first.
    pub rows: Vec<CaseRow>,
    /// What to say when there are none.
    pub empty: String,
    /// Paging.
    pub paging: Paging,
    /// Freshness.
    pub as_of: AsOf,
}

impl Search {
    /// With results.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample_desk("/desk/search"),
            q: "路灯".into(),
            stages: vec![Choice::new("handling", "办理中"), Choice::new("archived", "已归档")],
            classes: vec![Choice::new("complaint", "投诉"), Choice::new("help", "求助")],
            units: vec![Choice::new("331001", "市城市管理局")],
            from: String::new(),
            to: String::new(),
            errors: Errors::none(),
            asked: true,
            rows: CaseRow::samples(),
            empty: "没有找到。请换一个词，或放宽时间和单位范围；电话号码须填完整。".into(),
            paging: Paging { summary: "共 6 件，新的在前".into(), ..Paging::default() },
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let first = Search { q: String::new(), asked: false, rows: Vec::new(), paging: Paging::default(), ..Search::sample() };
    let wrong = Search {
        rows: Vec::new(),
        from: "2026-13-01".into(),
        errors: Errors::one("from", "日期请写成 2026-10-01 的样子"),
        paging: Paging::default(),
        ..Search::sample()
    };
    vec![
        ("desk-search", crate::html(&Search::sample())),
        ("desk-search-first", crate::html(&first)),
        ("desk-search-empty", crate::html(&wrong)),
    ]
}
