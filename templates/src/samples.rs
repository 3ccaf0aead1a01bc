//! The registry of every page with every sample, for the gallery, the tests and the browser checks.

use askama::Template;

/// Renders a page. Writing into a string cannot fail, so the error arm is empty text, which the tests refuse.
#[must_use]
pub fn html(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}

/// Every page with every sample: a stable name such as `citizen-check-error`, and the HTML.
#[must_use]
pub fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(crate::citizen::samples());
    all.extend(crate::public::samples());
    all.extend(crate::desk::samples());
    all.extend(crate::admin::samples());
    all.extend(crate::oversight::samples());
    all.extend(crate::errors::samples());
    all.extend(crate::styleguide::samples());
    all
}
