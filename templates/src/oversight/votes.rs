//! `/vote`: the ballot, one question on a page, for telephones and without script.

use askama::Template;

use crate::citizen::FormFrame;
use crate::components::{Choice, Errors, SummaryRow};
use crate::shell::Shell;

/// `GET`/`POST /vote`: the field `code`.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/vote.html")]
pub struct Vote {
    /// Context.
    pub shell: Shell,
    /// The form.
    pub form: FormFrame,
}

/// `GET`/`POST /vote/ballot`: the fields `known`.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/vote_known.html")]
pub struct VoteKnown {
    /// Context.
    pub shell: Shell,
    /// The form.
    pub form: FormFrame,
    /// Title of the campaign.
    pub title: String,
    /// Header of the form (H12): number, maker, approval, validity; empty lines left out.
    pub header: Vec<SummaryRow>,
    /// The bodies.
    pub bodies: Vec<Choice>,
}

/// One body on the page of grades.
#[derive(Debug, Clone, Default)]
pub struct Graded {
    /// Name of its radios.
    pub field: String,
    /// Name of its text.
    pub opinion_field: String,
    /// The body.
    pub name: String,
    /// Grades.
    pub choices: Vec<Choice>,
    /// Opinion as typed.
    pub opinion: String,
}

impl Graded {
    /// The question.
    #[must_use]
    pub fn legend(&self) -> String {
        format!("您对{}的工作满意吗", self.name)
    }

    /// Label of the text.
    #[must_use]
    pub fn opinion_label(&self) -> String {
        format!("对{}的意见（选填）", self.name)
    }
}

/// `GET`/`POST /vote/grades`: `grade-<n>` and `opinion-<n>` for each body chosen.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/vote_grades.html")]
pub struct VoteGrades {
    /// Context.
    pub shell: Shell,
    /// The form.
    pub form: FormFrame,
    /// The bodies chosen.
    pub bodies: Vec<Graded>,
    /// Opinions are asked for.
    pub opinions: bool,
    /// Characters of an opinion.
    pub most: usize,
}

/// `GET`/`POST /vote/check`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/vote_check.html")]
pub struct VoteCheck {
    /// Context.
    pub shell: Shell,
    /// The form.
    pub form: FormFrame,
    /// What was chosen.
    pub rows: Vec<SummaryRow>,
}

/// `GET /vote/done`, and what is said to a code that was used.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/vote_done.html")]
pub struct VoteDone {
    /// Context.
    pub shell: Shell,
    /// The code was used before.
    pub before: bool,
}

fn frame(action: &str, back: &str, step: u32, name: &str) -> FormFrame {
    FormFrame { total: 4, hidden: Vec::new(), ..FormFrame::sample(action, back, step, name) }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let vote = Vote { shell: Shell::sample("/vote"), form: frame("/vote", "/", 1, "输入评议码") };
    let wrong = Vote {
        form: FormFrame { errors: Errors::one("code", "评议码不对，请对照短信或邀请函重新输入"), ..vote.form.clone() },
        ..vote.clone()
    };
    let known = VoteKnown {
        shell: Shell::sample("/vote/ballot"),
        form: frame("/vote/ballot", "/vote", 2, "您了解哪些单位"),
        title: "2026 年度机关效能公众评议".into(),
        header: vec![SummaryRow::new("表号", "清评 1 表"), SummaryRow::new("制定机关", "清源市效能办")],
        bodies: vec![Choice::new("0", "市城市管理局"), Choice::new("1", "市数据资源管理局")],
    };
    let unknown = VoteKnown {
        form: FormFrame { errors: Errors::one("known", "请至少选择一个单位"), ..known.form.clone() },
        ..known.clone()
    };
    let graded = |n: usize, name: &str| Graded {
        field: format!("grade-{n}"),
        opinion_field: format!("opinion-{n}"),
        name: name.into(),
        choices: ["很满意", "满意", "基本满意", "不满意", "很不满意", "不了解"]
            .iter()
            .zip(1..)
            .map(|(label, n)| Choice::new(&n.to_string(), label))
            .collect(),
        opinion: String::new(),
    };
    let grades = VoteGrades {
        shell: Shell::sample("/vote/grades"),
        form: frame("/vote/grades", "/vote/ballot", 3, "逐个评价"),
        bodies: vec![graded(0, "市城市管理局"), graded(1, "市数据资源管理局")],
        opinions: true,
        most: 300,
    };
    let incomplete = VoteGrades {
        form: FormFrame { errors: Errors::one("grade-1", "请评价市数据资源管理局"), ..grades.form.clone() },
        ..grades.clone()
    };
    let check = VoteCheck {
        shell: Shell::sample("/vote/check"),
        form: frame("/vote/check", "/vote/grades", 4, "核对并提交"),
        rows: vec![SummaryRow::new("市城市管理局", "满意")],
    };
    vec![
        ("vote", crate::html(&vote)),
        ("vote-error", crate::html(&wrong)),
        ("vote-known", crate::html(&known)),
        ("vote-known-error", crate::html(&unknown)),
        ("vote-grades", crate::html(&grades)),
        ("vote-grades-error", crate::html(&incomplete)),
        ("vote-check", crate::html(&check)),
        ("vote-done", crate::html(&VoteDone { shell: Shell::sample("/vote/done"), before: false })),
        ("vote-used", crate::html(&VoteDone { shell: Shell::sample("/vote"), before: true })),
    ]
}
