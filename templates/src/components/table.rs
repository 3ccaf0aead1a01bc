//! Tables that can be sorted by links, stack on narrow screens and say why they are empty.

use askama::Template;
use serde::{Deserialize, Serialize};

use super::{Moment, Tag, Tone};

/// A table; `{{ table|safe }}` draws it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Template)]
#[template(path = "components/table.html")]
pub struct Table {
    /// Caption.
    pub caption: String,
    /// Caption for screen readers only (a heading says the same).
    pub caption_hidden: bool,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows; each has one cell per column.
    pub rows: Vec<Row>,
    /// What to say when there is no row, and what to do then.
    pub empty: String,
    /// Rows become cards below 640 px.
    pub stacked: bool,
}

/// A column.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Column {
    /// Heading.
    pub label: String,
    /// Figures: right-aligned, tabular numerals.
    pub numeric: bool,
    /// Sort link of the heading.
    pub sort: Option<Sort>,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn text(label: &str) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// A column of figures.
    #[must_use]
    pub fn figures(label: &str) -> Self {
        Self { numeric: true, ..Self::text(label) }
    }

    /// The same column with a sort link.
    #[must_use]
    pub fn sorted(mut self, href: &str, direction: Option<Direction>) -> Self {
        self.sort = Some(Sort { href: href.into(), direction });
        self
    }
}

/// Sort link of a column.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sort {
    /// Address of the page sorted by this column (or the other way round).
    pub href: String,
    /// Direction now, when the table is sorted by this column.
    pub direction: Option<Direction>,
}

/// Direction of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Direction {
    /// Value of `aria-sort`.
    #[must_use]
    pub fn aria(&self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }

    /// Arrow for eyes.
    #[must_use]
    pub fn arrow(&self) -> &'static str {
        match self {
            Self::Ascending => "↑",
            Self::Descending => "↓",
        }
    }
}

/// A row.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Row {
    /// Cells, one per column; the first names the row.
    pub cells: Vec<Cell>,
    /// Mark of the whole row (overdue, close to its limit).
    pub tone: Tone,
}

impl Row {
    /// An unmarked row.
    #[must_use]
    pub fn new(cells: Vec<Cell>) -> Self {
        Self { cells, tone: Tone::Neutral }
    }

    /// The cells with their columns.
    pub fn with<'a>(&'a self, columns: &'a [Column]) -> impl Iterator<Item = (&'a Cell, &'a Column)> {
        self.cells.iter().zip(columns)
    }
}

/// A cell: words, a link, a time or a badge, with an optional small second line.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Cell {
    /// Words.
    pub text: String,
    /// Makes the words a link.
    pub href: Option<String>,
    /// Makes the words a time.
    pub iso: String,
    /// A badge instead of words.
    pub tag: Option<Tag>,
    /// Small second line.
    pub note: String,
}

impl Cell {
    /// Words or a figure.
    #[must_use]
    pub fn text(text: impl ToString) -> Self {
        Self { text: text.to_string(), ..Self::default() }
    }

    /// A link.
    #[must_use]
    pub fn link(href: &str, text: impl ToString) -> Self {
        Self { href: Some(href.into()), ..Self::text(text) }
    }

    /// A time.
    #[must_use]
    pub fn time(moment: Moment) -> Self {
        Self { iso: moment.iso, text: moment.text, ..Self::default() }
    }

    /// A badge.
    #[must_use]
    pub fn tag(text: &str, tone: Tone) -> Self {
        Self { tag: Some(Tag::new(text, tone)), ..Self::default() }
    }

    /// The same cell with a small second line.
    #[must_use]
    pub fn note(mut self, note: &str) -> Self {
        self.note = note.into();
        self
    }
}

/// Keyset paging: where the neighbours start, never a page number.
#[derive(Debug, Clone, Default)]
pub struct Paging {
    /// Previous page.
    pub prev: Option<String>,
    /// Next page.
    pub next: Option<String>,
    /// For example `本页 50 条，共 1,204 条`.
    pub summary: String,
}

impl Paging {
    /// Whether anything is to be shown.
    #[must_use]
    pub fn any(&self) -> bool {
        self.prev.is_some() || self.next.is_some() || !self.summary.is_empty()
    }
}
