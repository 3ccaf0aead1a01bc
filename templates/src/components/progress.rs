//! How far something has come.

use serde::{Deserialize, Serialize};

use super::{Moment, Tag, Tone};

/// Time left until a limit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Countdown {
    /// The limit.
    pub due: Moment,
    /// Time left in words when the page was made, for example `还剩 2 个工作日`.
    pub text: String,
    /// Colour.
    pub tone: Tone,
    /// The holiday notice of that year is not yet published.
    pub provisional: bool,
}

/// State of a step on the route map (路线图).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RouteState {
    /// Behind us.
    Done,
    /// Here.
    Current,
    /// Ahead.
    #[default]
    Next,
    /// Not needed in this case.
    Skipped,
}

impl RouteState {
    /// Class of the style sheet.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Current => "current",
            Self::Next => "next",
            Self::Skipped => "skipped",
        }
    }

    /// In words.
    #[must_use]
    pub fn text(&self) -> &'static str {
        match self {
            Self::Done => "已完成",
            Self::Current => "进行中",
            Self::Next => "未开始",
            Self::Skipped => "不需要",
        }
    }

    /// Whether the case stands here.
    #[must_use]
    pub fn is_current(&self) -> bool {
        *self == Self::Current
    }

    /// Whether it is behind us.
    #[must_use]
    pub fn is_done(&self) -> bool {
        *self == Self::Done
    }
}

/// One step of the route map.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RouteStep {
    /// Name of the step, for example `签收`.
    pub title: String,
    /// In whose hands.
    pub holder: String,
    /// State.
    pub state: RouteState,
    /// When it was done, or is due.
    pub at: Option<Moment>,
    /// Small print, for example `用时 3 小时 / 限 4 小时`.
    pub note: String,
}

/// One entry of a timeline.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TimelineItem {
    /// When.
    pub at: Moment,
    /// What happened.
    pub title: String,
    /// Who did it.
    pub by: String,
    /// Details, one paragraph each.
    pub lines: Vec<String>,
    /// Colour of the mark.
    pub tone: Tone,
}

/// A row of check-your-answers, or of any list of facts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SummaryRow {
    /// Name of the fact.
    pub key: String,
    /// The fact, one paragraph each; empty shows `未填写`.
    pub lines: Vec<String>,
    /// Where to change it.
    pub change: Option<String>,
}

impl SummaryRow {
    /// A fact that cannot be changed here; an empty value shows `未填写`.
    #[must_use]
    pub fn new(key: &str, value: &str) -> Self {
        let lines = if value.is_empty() { Vec::new() } else { value.lines().map(Into::into).collect() };
        Self { key: key.into(), lines, change: None }
    }

    /// The same with a change link.
    #[must_use]
    pub fn change(mut self, href: &str) -> Self {
        self.change = Some(href.into());
        self
    }
}

/// One row of a task list.
#[derive(Debug, Clone, Default)]
pub struct Task {
    /// What is to be done.
    pub title: String,
    /// Where.
    pub href: String,
    /// Explanation; empty for none.
    pub hint: String,
    /// State.
    pub tag: Tag,
}
