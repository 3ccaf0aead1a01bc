//! The web: every page is a handler that parses, calls `application` or a query, and fills a template.
//!
//! `routes` is the whole table on one screen; nothing is served that does not stand there. A POST is read, bound to its
//! form (CSRF) and let through its door in one place ([`routes`]), so that no handler can forget it.

pub mod cookies;
pub mod csrf;
pub mod ctx;
pub mod door;
pub mod error;
pub mod form;
pub mod headers;
pub mod limit;
pub mod operate;
mod oversight;
pub mod routes;
pub mod serve;
pub mod settings;
pub mod shell;
pub mod words;
pub mod zones;

mod admin;
mod assets;
mod citizen;
mod desk;

pub use ctx::Ctx;
pub use error::{Fault, Reply};
pub use form::Form;
pub use operate::Operate;
pub use serve::{State, run};
pub use settings::Settings;
