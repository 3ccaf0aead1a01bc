//! Papers of oversight that are listed, opened and issued in the same way: supervision orders, supervised matters and
//! their tasks.

use askama::Template;

use super::acts::{ActForm, faulty};
use crate::components::{Link, Notice, Paging, SummaryRow, Table, Tag, TimelineItem};
use crate::desk::{AsOf, Form};
use crate::shell::{NavItem, Shell};

/// A list: `GET <base>?tab=&unit=&before=`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/papers.html")]
pub struct Papers {
    /// Context.
    pub shell: Shell,
    /// Heading.
    pub title: String,
    /// What the list is; empty for nothing.
    pub lead: String,
    /// Where a new one is made; none for who may not.
    pub new: Option<Link>,
    /// The same rows as a file; none for who may not.
    pub export: Option<Link>,
    /// Tabs.
    pub tabs: Vec<NavItem>,
    /// The tab that is open.
    pub tab: String,
    /// Address of the list.
    pub base: String,
    /// Filter `unit`.
    pub units: Vec<crate::components::Choice>,
    /// A filter is set.
    pub filtered: bool,
    /// Rows.
    pub table: Table,
    /// Keyset paging.
    pub paging: Paging,
    /// Freshness.
    pub as_of: AsOf,
}

/// One paper.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/paper.html")]
pub struct Paper {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// Kind and number.
    pub title: String,
    /// Where it stands.
    pub tags: Vec<Tag>,
    /// What to know first.
    pub notice: Option<Notice>,
    /// Words of people: heading, paragraphs.
    pub texts: Vec<(String, Vec<String>)>,
    /// Facts.
    pub facts: Vec<SummaryRow>,
    /// To what it is about.
    pub links: Vec<Link>,
    /// Tables, each with its caption as heading.
    pub tables: Vec<Table>,
    /// What happened, newest first.
    pub timeline: Vec<TimelineItem>,
    /// What can be done.
    pub acts: Vec<ActForm>,
    /// What to say when nothing can be done.
    pub waiting: String,
}

impl Paper {
    /// The form with errors.
    #[must_use]
    pub fn faulty(&self) -> Option<&Form> {
        faulty(&self.acts)
    }
}

/// The form of a new paper.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/paper_new.html")]
pub struct PaperNew {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// What it is about, when it was begun from somewhere.
    pub facts: Vec<SummaryRow>,
    /// Hidden fields.
    pub hidden: Vec<(String, String)>,
    /// The form.
    pub act: ActForm,
}

/// `GET /oversight/orders/{id}/print`: an order on paper.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/order_print.html")]
pub struct OrderPrint {
    /// Context.
    pub shell: Shell,
    /// The order.
    pub crumbs: Vec<Link>,
    /// Who runs the platform.
    pub organiser: String,
    /// Number.
    pub number: String,
    /// Colour in words.
    pub colour: String,
    /// To whom.
    pub unit: String,
    /// What is to be done, in paragraphs.
    pub requirement: Vec<String>,
    /// By when.
    pub due: String,
    /// Facts.
    pub facts: Vec<SummaryRow>,
    /// The office and the officer.
    pub issuer: String,
    /// When issued.
    pub date: String,
}
