//! What people see: page structs, the design system and the static assets.
//!
//! A page is a plain struct with an askama template; it holds text that is ready to be shown and knows no rule, no
//! clock and no permission. Handlers in `web` fill it from queries, tests and the gallery fill it with `sample()`.
//! Everything works without script and without inline styles, because the content security policy forbids both.

pub mod admin;
pub mod assets;
pub mod citizen;
pub mod components;
pub mod desk;
pub mod errors;
pub mod mail;
pub mod oversight;
pub mod public;
pub mod shell;
pub mod styleguide;

mod icons;
mod samples;

pub use assets::{Asset, asset_url, assets};
pub use icons::icon;
pub use samples::{html, samples};
pub use shell::{Flash, NavGroup, NavItem, Shell, UserBadge};
