//! Spot checks, draws and rectifications: lists, and sheets of facts with the acts that are possible now.

use askama::Template;

use super::acts::{ActForm, faulty};
use super::inspection_samples;
use crate::Shell;
use crate::components::{Link, Notice, Paging, SummaryRow, Table, Tag, TimelineItem};
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
    pub acts: Vec<ActForm>,
    /// For phones: one column, large targets.
    pub narrow: bool,
}

/// A part of a sheet.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "oversight/sheet_section.html")]
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
    pub acts: Vec<ActForm>,
    /// Folded away, for whoever wants to check.
    pub folded: bool,
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
        faulty(self.forms())
    }

    /// All that can be done here now.
    pub fn forms(&self) -> impl Iterator<Item = &ActForm> {
        self.acts.iter().chain(self.sections.iter().flat_map(|section| &section.acts))
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
