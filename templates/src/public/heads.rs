//! `/heads`: the published heads of the log, what they are for and how anybody checks them.

use askama::Template;

use crate::components::{Cell, Choice, Column, Errors, Moment, Row, Table};
use crate::shell::{NavItem, Shell};

/// `/heads`: GET filter `month`.
#[derive(Debug, Template)]
#[template(path = "public/heads.html")]
pub struct Heads {
    /// Context.
    pub shell: Shell,
    /// Tabs, see [`super::tabs`].
    pub tabs: Vec<NavItem>,
    /// Name of the log; empty while it is not founded.
    pub origin: String,
    /// The public key of now, as signed notes write it.
    pub key: String,
    /// The same key as 64 hexadecimal digits.
    pub key_hex: String,
    /// The keys with their days, see [`key_table`].
    pub keys: Table,
    /// Months to choose from.
    pub months: Vec<Choice>,
    /// Errors of the choice.
    pub errors: Errors,
    /// The heads of the month, see [`head_table`].
    pub heads: Table,
}

/// One head in the list.
#[derive(Debug, Clone, Default)]
pub struct HeadLine {
    /// Its day.
    pub day: Moment,
    /// Where its note is.
    pub href: String,
    /// Number of events.
    pub size: String,
    /// When it was published.
    pub published: Moment,
    /// Id of the key.
    pub key: String,
}

/// Heads as a table.
#[must_use]
pub fn head_table(heads: Vec<HeadLine>) -> Table {
    let row = |head: HeadLine| {
        Row::new(vec![Cell::link(&head.href, head.day.text), Cell::text(head.size), Cell::time(head.published), Cell::text(head.key)])
    };
    Table {
        caption: "各日的日志头".into(),
        caption_hidden: true,
        columns: vec![Column::text("日期（点开看原文）"), Column::figures("事件数"), Column::text("公布时间"), Column::text("公钥编号")],
        rows: heads.into_iter().map(row).collect(),
        empty: "这个月还没有公布日志头。每天凌晨公布前一天的。".into(),
        stacked: true,
    }
}

/// Keys with the days for which they signed, as a table.
#[must_use]
pub fn key_table(keys: Vec<(String, Moment, Moment)>) -> Table {
    let row = |(key, from, until)| Row::new(vec![Cell::text(key), Cell::time(from), Cell::time(until)]);
    Table {
        caption: "签过名的公钥".into(),
        caption_hidden: true,
        columns: ["公钥", "从", "到"].map(Column::text).to_vec(),
        rows: keys.into_iter().map(row).collect(),
        empty: "还没有签过名。".into(),
        stacked: true,
    }
}

impl Heads {
    /// Two heads of a month.
    #[must_use]
    pub fn sample() -> Self {
        let key = "xiaoneng/5d41402abc4b2a76+3f0566f2+AWE8BZY4NyqWEtCiP0EayHeanzH29mYxATZsFU5MmKPW";
        let line = |day: &str, text: &str, size: &str, published: &str| HeadLine {
            day: Moment::new(day, text),
            href: format!("/heads/{day}"),
            size: size.into(),
            published: Moment::new(day, published),
            key: "3f0566f2".into(),
        };
        Self {
            shell: Shell::sample("/heads"),
            tabs: super::tabs("/heads"),
            origin: "xiaoneng/5d41402abc4b2a76".into(),
            key: key.into(),
            key_hex: "613c059638372a9612d0a23f411ac8779a9f31f6f6663101366c154e4c98a3d6".into(),
            keys: key_table(vec![(key.into(), Moment::new("2026-03-01", "2026年3月1日"), Moment::new("2026-05-07", "2026年5月7日"))]),
            months: Choice::select(vec![Choice::new("2026-05", "2026年5月"), Choice::new("2026-04", "2026年4月")], "2026-05"),
            errors: Errors::none(),
            heads: head_table(vec![
                line("2026-05-07", "2026年5月7日（周四）", "118,204", "2026年5月8日 01:00"),
                line("2026-05-06", "2026年5月6日（周三）", "117,650", "2026年5月7日 01:00"),
            ]),
        }
    }
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let empty = Heads {
        origin: String::new(),
        key: String::new(),
        key_hex: String::new(),
        keys: key_table(Vec::new()),
        heads: head_table(Vec::new()),
        ..Heads::sample()
    };
    vec![("public-heads", crate::html(&Heads::sample())), ("public-heads-empty", crate::html(&empty))]
}
