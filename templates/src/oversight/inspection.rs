//! Spot checks, draws and rectifications: lists, and sheets of facts with the acts that are possible now.

use askama::Template;

use super::inspection_samples;
use crate::Shell;
use crate::components::{Choice, Link, Notice, Paging, SummaryRow, Table, Tag, TimelineItem};
use crate::desk::{AsOf, Form};

/// A list: `/oversight/inspections`, `/oversight/rectifications`.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/inspection_list.html")]
pub struct InspectionList {
    /// Context.
    pub shell: Shell,
    /// Heading.
    pub title: String,
    /// One sentence under it.
    pub lead: String,
    /// What can be begun here.
    pub links: Vec<Link>,
    /// Open and done, for example.
    pub tabs: Vec<crate::NavItem>,
    /// Tables with their headings.
    pub groups: Vec<(String, Table)>,
    /// What to say when there is nothing.
    pub empty: String,
    /// Paging.
    pub paging: Paging,
    /// How fresh.
    pub as_of: AsOf,
}

/// One check, draw, visit, finding or rectification.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/inspection_sheet.html")]
pub struct InspectionSheet {
    /// Context.
    pub shell: Shell,
    /// Way back.
    pub crumbs: Vec<Link>,
    /// Heading.
    pub title: String,
    /// Beside it, small.
    pub number: String,
    /// Where it stands.
    pub state: Option<Tag>,
    /// What to know first.
    pub notices: Vec<Notice>,
    /// Facts.
    pub facts: Vec<SummaryRow>,
    /// Parts below.
    pub sections: Vec<Section>,
    /// What can be done now.
    pub acts: Vec<Act>,
    /// For phones: one column, large targets.
    pub narrow: bool,
}

/// A part of a sheet.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Heading.
    pub title: String,
    /// Beside it.
    pub tag: Option<Tag>,
    /// Facts.
    pub facts: Vec<SummaryRow>,
    /// Paragraphs.
    pub lines: Vec<String>,
    /// Text to be taken as it is.
    pub exact: String,
    /// A table.
    pub table: Option<Table>,
    /// What happened.
    pub timeline: Vec<TimelineItem>,
    /// Photos: address and words.
    pub photos: Vec<Link>,
    /// Ways on.
    pub links: Vec<Link>,
    /// What can be done here now.
    pub acts: Vec<Act>,
    /// Folded away, for whoever wants to check.
    pub folded: bool,
}

/// A form of a sheet.
#[derive(Debug, Clone, Default)]
pub struct Act {
    /// The form.
    pub form: Form,
    /// Heading.
    pub title: String,
    /// What it means.
    pub hint: String,
    /// Controls.
    pub fields: Vec<Control>,
    /// Words of the button.
    pub button: String,
    /// Takes something away.
    pub danger: bool,
    /// Sends files.
    pub files: bool,
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

impl InspectionSheet {
    /// What can be done stands beside what there is to read.
    #[must_use]
    pub fn beside(&self) -> bool {
        !self.narrow && !self.acts.is_empty() && !self.sections.is_empty()
    }

    /// The form with errors, if there is one.
    #[must_use]
    pub fn faulty(&self) -> Option<&Form> {
        let inner = self.sections.iter().flat_map(|section| &section.acts);
        self.acts.iter().chain(inner).map(|act| &act.form).find(|form| form.errors.any())
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let list = inspection_samples::list();
    let empty = InspectionList { groups: Vec::new(), ..list.clone() };
    vec![
        ("oversight-inspections", crate::html(&list)),
        ("oversight-inspections-empty", crate::html(&empty)),
        ("oversight-inspection", crate::html(&inspection_samples::check())),
        ("oversight-inspection-new-error", crate::html(&inspection_samples::plan())),
        ("oversight-visit", crate::html(&inspection_samples::visit())),
        ("oversight-draw", crate::html(&inspection_samples::draw())),
        ("oversight-rectification", crate::html(&inspection_samples::rectification())),
    ]
}
