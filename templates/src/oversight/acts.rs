//! What can be done on a page of oversight: forms of a few controls each.

use std::fmt::Display;

use askama::Template;

use crate::components::Choice;
use crate::desk::Form;

/// A form.
#[derive(Debug, Clone, Default)]
pub struct ActForm {
    /// Token, ids, errors.
    pub form: Form,
    /// What it does.
    pub title: String,
    /// What to know before; empty for nothing.
    pub hint: String,
    /// Its controls.
    pub fields: Vec<Control>,
    /// Words of the button.
    pub button: String,
    /// Kind of the button: empty, `warm`, `danger`, `secondary`.
    pub kind: String,
    /// Sends files.
    pub files: bool,
}

impl ActForm {
    /// The same form, unfolded, with what was typed into it.
    #[must_use]
    pub fn typed(mut self, values: &[(String, String)]) -> Self {
        for control in &mut self.fields {
            let mut typed = values.iter().filter(|(name, _)| *name == control.name).map(|(_, value)| value);
            match control.kind {
                Kind::Hidden | Kind::Photo => {}
                Kind::Select | Kind::Radio | Kind::Boxes => {
                    let typed: Vec<&String> = typed.collect();
                    control.choices.iter_mut().for_each(|choice| choice.selected = typed.contains(&&choice.value));
                }
                _ => control.value = typed.next().cloned().unwrap_or_default(),
            }
        }
        Self { form: self.form.opened(), ..self }
    }

    /// As a part of a sheet, its heading of this level. A template of its own: what a macro draws is compiled anew wherever it
    /// is called.
    #[must_use]
    pub fn part(&self, level: u8) -> impl Display + '_ {
        ActPart { act: self, level }
    }

    /// Its controls, to be drawn within a form.
    #[must_use]
    pub fn controls(&self) -> impl Display + '_ {
        Controls { act: self }
    }

    /// Whether it takes something away: seldom done, and folded.
    #[must_use]
    pub fn is_danger(&self) -> bool {
        self.kind == "danger"
    }
}

#[derive(Template)]
#[template(path = "oversight/sheet_act.html")]
struct ActPart<'a> {
    act: &'a ActForm,
    level: u8,
}

#[derive(Template)]
#[template(path = "oversight/controls.html")]
struct Controls<'a> {
    act: &'a ActForm,
}

/// The form with errors, if there is one: its summary stands first on the page.
#[must_use]
pub fn faulty<'a>(acts: impl IntoIterator<Item = &'a ActForm>) -> Option<&'a Form> {
    acts.into_iter().map(|act| &act.form).find(|form| form.errors.any())
}

/// A control.
#[derive(Debug, Clone, Default)]
pub struct Control {
    /// How it is drawn.
    pub kind: Kind,
    /// Name.
    pub name: String,
    /// Words.
    pub label: String,
    /// What stands in it.
    pub value: String,
    /// Explanation.
    pub hint: String,
    /// Options.
    pub choices: Vec<Choice>,
}

/// How a control is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// One line.
    #[default]
    Text,
    /// A number.
    Number,
    /// A day.
    Day,
    /// A day with its time.
    Moment,
    /// Several lines.
    Lines,
    /// One of a list.
    Select,
    /// One of a few.
    Radio,
    /// Several.
    Boxes,
    /// A photo.
    Photo,
    /// Not shown.
    Hidden,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Day => "date",
            Self::Moment => "datetime-local",
            Self::Lines => "lines",
            Self::Select => "select",
            Self::Radio => "radio",
            Self::Boxes => "checkbox",
            Self::Photo => "photo",
            Self::Hidden => "hidden",
        }
    }
}

impl Control {
    /// A control.
    #[must_use]
    pub fn new(kind: Kind, name: &str, label: &str, value: &str) -> Self {
        Self { kind, name: name.into(), label: label.into(), value: value.into(), ..Self::default() }
    }

    /// The same with an explanation.
    #[must_use]
    pub fn hint(mut self, hint: &str) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same with options.
    #[must_use]
    pub fn of(mut self, choices: Vec<Choice>) -> Self {
        self.choices = choices;
        self
    }

    /// One of a list, the present one chosen.
    #[must_use]
    pub fn select(name: &str, label: &str, choices: Vec<Choice>, value: &str) -> Self {
        Self::new(Kind::Select, name, label, value).of(Choice::select(choices, value))
    }

    /// For the template: what stands before the options of a list of which none is chosen yet.
    #[must_use]
    pub fn prompt(&self) -> &'static str {
        if self.choices.iter().any(|choice| choice.selected || choice.value.is_empty()) { "" } else { "请选择" }
    }

    /// For the template.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// For the template.
    #[must_use]
    pub fn inputmode(&self) -> &'static str {
        if self.kind == Kind::Number { "numeric" } else { "" }
    }

    /// For the template: the type of a one-line control.
    #[must_use]
    pub fn line(&self) -> &'static str {
        if self.kind == Kind::Number { "text" } else { self.code() }
    }
}
