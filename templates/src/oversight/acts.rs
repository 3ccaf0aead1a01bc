//! What can be done on a page of oversight: forms of a few fields each, folded until they are needed.

use crate::components::Choice;
use crate::desk::Form;

/// How a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ActKind {
    /// Several lines.
    #[default]
    Area,
    /// One line.
    Line,
    /// A day.
    Date,
    /// One of a list.
    Select,
}

/// A field.
#[derive(Debug, Clone, Default)]
pub struct ActField {
    /// Name of the field.
    pub name: String,
    /// Label.
    pub label: String,
    /// Hint; empty for none.
    pub hint: String,
    /// What stands in it.
    pub value: String,
    /// How it is typed.
    pub kind: ActKind,
    /// What a select offers.
    pub choices: Vec<Choice>,
}

impl ActField {
    /// A field of this kind.
    #[must_use]
    pub fn new(kind: ActKind, name: &str, label: &str, value: &str) -> Self {
        Self { name: name.into(), label: label.into(), value: value.into(), kind, ..Self::default() }
    }

    /// The same field with a hint.
    #[must_use]
    pub fn hint(mut self, hint: &str) -> Self {
        self.hint = hint.into();
        self
    }

    /// A select, its value chosen.
    #[must_use]
    pub fn select(name: &str, label: &str, choices: Vec<Choice>, value: &str) -> Self {
        Self { choices: Choice::select(choices, value), ..Self::new(ActKind::Select, name, label, value) }
    }
}

/// A form.
#[derive(Debug, Clone, Default)]
pub struct ActForm {
    /// Token, ids, errors.
    pub form: Form,
    /// What it does.
    pub title: String,
    /// What to know before; empty for nothing.
    pub hint: String,
    /// Its fields.
    pub fields: Vec<ActField>,
    /// Words of the button.
    pub button: String,
    /// Kind of the button: empty, `warm`, `danger`, `secondary`.
    pub kind: String,
}

/// The form with errors, if there is one: its summary stands first on the page.
#[must_use]
pub fn faulty(acts: &[ActForm]) -> Option<&Form> {
    acts.iter().map(|act| &act.form).find(|form| form.errors.any())
}
