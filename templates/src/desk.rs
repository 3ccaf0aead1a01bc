//! Pages of the desk: what operators, dispatchers, units, reviewers and heads work with every day.
//!
//! Every form of these pages is a [`Form`]: hidden token, form id and revision, its own id prefix (so that several
//! forms with a field `reason` can stand on one page) and its errors, keyed by the *name* of the field.

mod access;
mod actions;
mod case;
mod explain;
mod file;
mod home;
mod scorecard;
mod search;
mod worklist;

pub use access::{Password, SignIn};
pub use actions::{
    AcceptAct, Actions, AnswerAct, AnswerDirectlyAct, ApproveAct, AssignAct, CallBackAct, ContactAct, DispatchAct, JudgeAct, LimitPreview,
    PassAct, RefuseAct, SendBackAct, SignAct, Suggestion,
};
pub use case::{
    AnswerBlock, CallBackRow, Case, CaseHead, Conflict, ConflictChange, ContactBlock, Demand, EventRow, Fact, HeadLimit, KeptText, Ledger,
    LedgerBar, LedgerRow, LimitRow, Rating, ReferAct,
};
pub use explain::{ExplainedDay, LimitExplained};
pub use file::FileCall;
pub use home::{Home, HomeTile};
pub use scorecard::{ChildFigure, ChildRow, FactRow, Facts, Figure, Scorecard, TrendPoint};
pub use search::Search;
pub use worklist::{CaseRow, Worklist};

use crate::components::{Errors, Moment, Tag, Tone};

/// A form of the desk.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Prefix of the ids of its controls, unique on the page, for example `answer`; empty when it is the only form.
    pub id: String,
    /// Where it is posted to.
    pub action: String,
    /// Session token.
    pub csrf: String,
    /// Makes a second submit of the same form harmless (hidden `form_id`).
    pub form_id: String,
    /// Stream revision the form was made from (hidden `revision`); none when nothing is changed by it.
    pub revision: Option<String>,
    /// Opened on the page (the others are folded); a form with errors is always open.
    pub open: bool,
    /// Errors keyed by the name of the field; an empty name concerns the whole form.
    pub errors: Errors,
}

impl Form {
    /// A form without errors.
    #[must_use]
    pub fn new(id: &str, action: &str, csrf: &str, form_id: &str) -> Self {
        Self { id: id.into(), action: action.into(), csrf: csrf.into(), form_id: form_id.into(), ..Self::default() }
    }

    /// The same form, made from this revision of the stream.
    #[must_use]
    pub fn at(mut self, revision: u64) -> Self {
        self.revision = Some(revision.to_string());
        self
    }

    /// The same form with errors.
    #[must_use]
    pub fn with(mut self, errors: Errors) -> Self {
        self.errors = errors;
        self
    }

    /// The same form, unfolded.
    #[must_use]
    pub fn opened(mut self) -> Self {
        self.open = true;
        self
    }

    /// Id of the control `name`.
    #[must_use]
    pub fn field<S: AsRef<str> + ?Sized>(&self, name: &S) -> String {
        if self.id.is_empty() { name.as_ref().to_owned() } else { format!("{}-{}", self.id, name.as_ref()) }
    }

    /// Whether it is shown unfolded.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open || self.errors.any()
    }

    /// A sample.
    #[must_use]
    pub fn sample(id: &str, action: &str) -> Self {
        Self::new(id, action, "sample-csrf", "01J0SAMPLE").at(7)
    }
}

/// How a limit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DueState {
    /// 正常
    #[default]
    Running,
    /// 临期
    Near,
    /// 超期
    Over,
    /// 按时
    Kept,
    /// 超期完成
    KeptLate,
    /// 超期记录已撤销
    Withdrawn,
    /// Became void (退出计时).
    Void,
}

impl DueState {
    /// In one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Running => "正常",
            Self::Near => "临期",
            Self::Over => "超期",
            Self::Kept => "按时",
            Self::KeptLate => "超期完成",
            Self::Withdrawn => "超期已撤销",
            Self::Void => "不再计时",
        }
    }

    /// Colour and icon.
    #[must_use]
    pub fn tone(&self) -> Tone {
        match self {
            Self::Running => Tone::Info,
            Self::Near => Tone::Warn,
            Self::Over | Self::KeptLate => Tone::Bad,
            Self::Kept => Tone::Good,
            Self::Withdrawn | Self::Void => Tone::Neutral,
        }
    }

    /// As a badge.
    #[must_use]
    pub fn tag(&self) -> Tag {
        Tag::new(self.word(), self.tone())
    }

    /// Still runs, so that a countdown makes sense.
    #[must_use]
    pub fn runs(&self) -> bool {
        matches!(self, Self::Running | Self::Near | Self::Over)
    }
}

/// A due date with the time left.
#[derive(Debug, Clone, Default)]
pub struct Due {
    /// The due instant, for example `5月11日 17:30` (24:00 of a day is written as such).
    pub at: Moment,
    /// Time left in words, for example `剩 1 天 3 小时`, `超 2 天`.
    pub left: String,
    /// How it stands.
    pub state: DueState,
    /// A year without a published holiday notice was touched (临时).
    pub provisional: bool,
}

impl Due {
    /// From its parts, not provisional.
    #[must_use]
    pub fn new(iso: &str, at: &str, left: &str, state: DueState) -> Self {
        Self { at: Moment::new(iso, at), left: left.into(), state, provisional: false }
    }
}

/// A count with separators, for example `10,000`.
#[must_use]
pub fn figure<N: std::borrow::Borrow<u64>>(count: N) -> String {
    let digits = count.borrow().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How fresh a page is: views are read after the log.
#[derive(Debug, Clone, Default)]
pub struct AsOf {
    /// When the last event that the page knows was recorded.
    pub at: Moment,
    /// Its position in the log.
    pub position: String,
}

impl AsOf {
    /// From time and position.
    #[must_use]
    pub fn new(iso: &str, text: &str, position: u64) -> Self {
        Self { at: Moment::new(iso, text), position: position.to_string() }
    }

    /// A sample.
    #[must_use]
    pub fn sample() -> Self {
        Self::new("2026-10-23T10:42:08+08:00", "10月23日 10:42:08", 184_207)
    }
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(access::samples());
    all.extend(home::samples());
    all.extend(worklist::samples());
    all.extend(file::samples());
    all.extend(case::samples());
    all.extend(explain::samples());
    all.extend(scorecard::samples());
    all.extend(search::samples());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_controls_of_two_forms_on_one_page_have_different_ids() {
        assert_eq!(Form::sample("answer", "/a").field("reason"), "answer-reason");
        assert_eq!(Form::sample("", "/a").field("reason"), "reason");
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(figure), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_form_with_errors_is_never_folded() {
        assert!(!Form::sample("a", "/a").is_open());
        assert!(Form::sample("a", "/a").with(Errors::one("reason", "请填写理由")).is_open());
    }
}
