//! Data of form controls.

use serde::{Deserialize, Serialize};

/// One error of a form. `field` is the id of the control, or empty when the whole form is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Id of the control.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// The errors of one form, in the order of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(Vec<FieldError>);

impl Errors {
    /// No errors.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One error.
    #[must_use]
    pub fn one(field: &str, message: &str) -> Self {
        Self::default().and(field, message)
    }

    /// These errors and one more.
    #[must_use]
    pub fn and(mut self, field: &str, message: &str) -> Self {
        self.0.push(FieldError { field: field.into(), message: message.into() });
        self
    }

    /// Whether there is any.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }

    /// Message for the control `field`.
    #[must_use]
    pub fn on<S: AsRef<str> + ?Sized>(&self, field: &S) -> Option<&str> {
        self.0.iter().find(|error| error.field == field.as_ref()).map(|error| error.message.as_str())
    }

    /// Whether the control `field` has one.
    #[must_use]
    pub fn has<S: AsRef<str> + ?Sized>(&self, field: &S) -> bool {
        self.on(field).is_some()
    }
}

impl From<Vec<FieldError>> for Errors {
    fn from(errors: Vec<FieldError>) -> Self {
        Self(errors)
    }
}

/// One option of radios, checkboxes or a select.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Value that is sent.
    pub value: String,
    /// Words.
    pub label: String,
    /// Explanation under the words; empty for none.
    pub hint: String,
    /// Chosen now.
    pub selected: bool,
}

impl Choice {
    /// An unchosen option.
    #[must_use]
    pub fn new(value: &str, label: &str) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }

    /// The same with an explanation.
    #[must_use]
    pub fn hint(mut self, hint: &str) -> Self {
        self.hint = hint.into();
        self
    }

    /// Chooses the option with this value, and no other.
    #[must_use]
    pub fn select(mut choices: Vec<Self>, value: &str) -> Vec<Self> {
        for choice in &mut choices {
            choice.selected = choice.value == value;
        }
        choices
    }
}
