//! Rights of persons: restricting and erasing, in two steps.

use askama::Template;

use super::shell;
use crate::components::{Choice, Errors, Tag, Tone};
use crate::desk::Form;
use crate::shell::Shell;

/// `GET|POST /admin/persons`: fields `numbers` (one a line), `act` (`restrict`, `erase`), `reason`; the button `do` sends
/// `check`, then `confirm` or `back`.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/persons.html")]
pub struct Persons {
    /// Context.
    pub shell: Shell,
    /// The form.
    pub form: Form,
    /// Numbers as typed.
    pub numbers: String,
    /// The act as chosen.
    pub act: String,
    /// The act in words.
    pub act_words: String,
    /// Acts to choose from.
    pub acts: Vec<Choice>,
    /// The reason as typed.
    pub reason: String,
    /// The second step: show what is concerned and ask again.
    pub confirm: bool,
    /// The cases concerned.
    pub rows: Vec<PersonCase>,
}

/// A case of the person; nothing of its content.
#[derive(Debug, Clone, Default)]
pub struct PersonCase {
    /// Public number.
    pub number: String,
    /// Day of filing.
    pub filed: String,
    /// Where it stands.
    pub stage: Tag,
}

impl Persons {
    /// The first step.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: shell("/admin/persons"),
            form: Form::sample("", "/admin/persons"),
            numbers: String::new(),
            act: String::new(),
            act_words: String::new(),
            acts: vec![Choice::new("restrict", "限制处理"), Choice::new("erase", "删除").hint("全部诉求办结后才能删除，不能恢复")],
            reason: String::new(),
            confirm: false,
            rows: Vec::new(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let confirm = Persons {
        numbers: "3K7Q-29XD-MA6".into(),
        act: "erase".into(),
        act_words: "删除".into(),
        reason: "本人书面申请，已核验身份".into(),
        confirm: true,
        rows: vec![PersonCase {
            number: "3K7Q-29XD-MA6".into(), filed: "2026年3月2日".into(), stage: Tag::new("已归档", Tone::Good)
        }],
        ..Persons::sample()
    };
    let wrong = Persons {
        form: Persons::sample().form.with(Errors::one("numbers", "第 1 行“ABC”不是工单编号，请核对")),
        numbers: "ABC".into(),
        ..Persons::sample()
    };
    vec![
        ("admin-persons", crate::html(&Persons::sample())),
        ("admin-persons-confirm", crate::html(&confirm)),
        ("admin-persons-error", crate::html(&wrong)),
    ]
}
