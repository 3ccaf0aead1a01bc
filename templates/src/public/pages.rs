//! The short pages of the footer.

use askama::Template;

use crate::components::Moment;
use crate::shell::Shell;

/// `/accessibility`
#[derive(Debug, Template)]
#[template(path = "public/accessibility.html")]
pub struct Accessibility {
    /// Context.
    pub shell: Shell,
}

/// `/help`
#[derive(Debug, Template)]
#[template(path = "public/help.html")]
pub struct Help {
    /// Context.
    pub shell: Shell,
}

/// `/privacy`: the notice whose version the contact form names.
#[derive(Debug, Template)]
#[template(path = "public/privacy.html")]
pub struct Privacy {
    /// Context.
    pub shell: Shell,
    /// Version.
    pub version: String,
    /// In force since.
    pub effective: Moment,
    /// How long data are kept, one sentence with its full stop.
    pub retention: String,
}

impl Privacy {
    /// The first version.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/privacy"),
            version: "2026-01".into(),
            effective: Moment::new("2026-01-01", "2026年1月1日"),
            retention: "办结后保存 3 年。".into(),
        }
    }
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    vec![
        ("public-accessibility", crate::html(&Accessibility { shell: Shell::sample("/accessibility") })),
        ("public-help", crate::html(&Help { shell: Shell::sample("/help") })),
        ("public-privacy", crate::html(&Privacy::sample())),
    ]
}
