//! The desk: pages for staff. Handlers parse, call the application or a query, and fill a template.

pub(crate) mod access;
pub(crate) mod actions;
pub(crate) mod case;
pub(crate) mod explain;
pub(crate) mod file;
pub(crate) mod home;
mod panel;
pub(crate) mod say;
pub(crate) mod scorecard;
pub(crate) mod search;
mod timeline;
pub(crate) mod worklist;
