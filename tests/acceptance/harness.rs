//! The harness of the acceptance tests.
//!
//! ```ignore
//! #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
//! async fn a_liaison_signs() {
//!     let site = Site::open().await;                        // a city with units and the generic rulebook, at a fixed time
//!     let mut browser = site.browser();                     // nobody; cookies of its own
//!     let page = browser.get("/file/start").await;          // asserts nothing; `page.status`, `page.text()`, `page.has(..)`
//!     let page = browser.submit(page.form("/file/start")).await;   // fills nothing in, follows the 303
//!     let page = browser.submit(page.form("/file/what").label("投诉", "").set("words", "…")).await;
//!     let mut desk = site.sign_in(Role::Liaison).await;     // opens the role's account the first time, signs in by the page
//!     let number = site.file("路灯不亮，晚上看不清路，请尽快维修。").await;   // a case through the application alone
//!     site.clock.advance(TimeDelta::minutes(31));           // the time goes only when it is told to
//!     site.settle().await;                                  // waits until the views show everything in the log
//! }
//! ```
//!
//! - `Site::with(|settings| ..)` changes the web settings first. `site.app` is the application itself.
//! - A form is found by its `action`; `set` takes the name of a control, `label` its words (of a radio or checkbox the
//!   words of the choice, which chooses it; the value is then ignored). Both panic when there is no such control, or no
//!   such option, so that a test never sends what the page does not offer. `force` adds a field without asking.
//! - `button("act", "streets")` presses a named button; `attach` adds a file (the form is then sent as multipart).
//! - `page.errors()` are the messages of the error summary, `page.heading()` the `h1`, `page.link(words)` an address.
//! - Units are constants here and in `harness::site`: `CITY`, `HOTLINE`, `BUREAU` (city), `COUNTY`, `COUNTY_BUREAU`, `TOWN`; a role's
//!   account has the role's code as sign-in name, `PASSWORD`, works at the hotline or at `BUREAU`, and is a civil servant.
//! - [`logged`] is everything that was logged by any test so far, at the finest level.

#[path = "harness/browser.rs"]
mod browser;
#[path = "harness/html.rs"]
mod html;
#[path = "harness/site.rs"]
pub mod site;

pub use browser::{Browser, Page};
pub use html::{Form, percent};
pub use site::{BUREAU, CITY, HOTLINE, PASSWORD, Site, TOWN, logged, maintenance};
