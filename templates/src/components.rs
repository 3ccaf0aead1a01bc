//! Plain data of the components; the macros of `html/components/` draw them.

mod charts;
mod form;
mod progress;
mod table;

use serde::{Deserialize, Serialize};

pub use charts::{BarChart, Bullet, Change, LineChart, Sparkline, Tile};
pub use form::{Choice, Errors, FieldError};
pub use progress::{Countdown, RouteState, RouteStep, SummaryRow, Task, TimelineItem};
pub use table::{Cell, Column, Direction, Paging, Row, Sort, Table};

/// Meaning of a colour. Every tone has its own icon and stands beside words: colour is never alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Tone {
    /// Nothing to do.
    #[default]
    Neutral,
    /// Worth knowing; the work goes on.
    Info,
    /// Done, in time, satisfied.
    Good,
    /// Close to its limit, provisional.
    Warn,
    /// Overdue, refused, wrong.
    Bad,
}

impl Tone {
    /// Class of the style sheet.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Neutral => "t-neutral",
            Self::Info => "t-info",
            Self::Good => "t-good",
            Self::Warn => "t-warn",
            Self::Bad => "t-bad",
        }
    }

    /// Icon that says the same without colour.
    #[must_use]
    pub fn icon(&self) -> &'static str {
        match self {
            Self::Neutral => "dot",
            Self::Info => "info",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    /// Whether screen readers should be interrupted.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        *self == Self::Bad
    }

    /// Whether a table row carries it as a mark.
    #[must_use]
    pub fn is_marked(&self) -> bool {
        *self != Self::Neutral
    }
}

/// A point in time: machine form for `<time datetime>` and words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// ISO 8601 with offset, or a date.
    pub iso: String,
    /// As people read it, for example `2026年5月11日（周一）24:00`.
    pub text: String,
}

impl Moment {
    /// From both forms.
    #[must_use]
    pub fn new(iso: &str, text: &str) -> Self {
        Self { iso: iso.into(), text: text.into() }
    }
}

/// A link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Target.
    pub href: String,
    /// Words.
    pub text: String,
}

impl Link {
    /// From target and words.
    #[must_use]
    pub fn new(href: &str, text: &str) -> Self {
        Self { href: href.into(), text: text.into() }
    }
}

/// A state as a badge: icon, colour, words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Words.
    pub text: String,
    /// Colour and icon.
    pub tone: Tone,
}

impl Tag {
    /// From words and tone.
    #[must_use]
    pub fn new(text: &str, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

/// A box that says something important.
#[derive(Debug, Clone, Default)]
pub struct Notice {
    /// Colour and icon.
    pub tone: Tone,
    /// Heading (h2); empty for none.
    pub title: String,
    /// Paragraphs.
    pub lines: Vec<String>,
    /// What to do next.
    pub link: Option<Link>,
}

impl Notice {
    /// A notice without a link.
    #[must_use]
    pub fn new(tone: Tone, title: &str, lines: &[&str]) -> Self {
        Self { tone, title: title.into(), lines: lines.iter().map(|line| (*line).into()).collect(), link: None }
    }
}
