//! `/stuck`: the entry of what meets the conditions and yet cannot be done (办不成事).

use askama::Template;

use crate::components::Errors;
use crate::shell::Shell;

/// `/stuck`; posted to itself: `form_id`, `wanted`, `window`, `happened`, `name`, `phone`.
#[derive(Debug, Clone, Template)]
#[template(path = "citizen/stuck.html")]
pub struct Stuck {
    /// Context.
    pub shell: Shell,
    /// Token.
    pub csrf: String,
    /// The form's id among the hidden fields.
    pub hidden: Vec<(String, String)>,
    /// Errors.
    pub errors: Errors,
    /// How long each step may take, in words.
    pub ladder: Vec<String>,
    /// What was to be done.
    pub wanted: String,
    /// At which unit or window.
    pub window: String,
    /// What happened.
    pub happened: String,
    /// Name.
    pub name: String,
    /// Phone.
    pub phone: String,
    /// Version of the privacy notice.
    pub privacy_version: String,
}

impl Stuck {
    /// Empty.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/stuck"),
            csrf: "sample-csrf".into(),
            hidden: vec![("form_id".into(), "01J0SAMPLE".into())],
            errors: Errors::none(),
            ladder: vec![
                "Ⅰ级 1 个工作日：窗口当场或当日办成，或者交有关部门".into(),
                "Ⅱ级 5 个工作日：部门办成，或者说明依据和替代办法".into(),
            ],
            wanted: String::new(),
            window: String::new(),
            happened: String::new(),
            name: String::new(),
            phone: String::new(),
            privacy_version: "2026-01".into(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let faulty = Stuck { errors: Errors::one("wanted", "请填写您想办什么事"), ..Stuck::sample() };
    vec![("citizen-stuck", crate::html(&Stuck::sample())), ("citizen-stuck-error", crate::html(&faulty))]
}
