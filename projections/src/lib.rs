//! What we know: views of the log that answer every question of a page within a millisecond or so.
//!
//! Everything here is a function of the log and can be thrown away and made again. Three files stand in the data
//! directory, each with its checkpoint in the same transaction as its rows: `views.db` (cases, worklists, limits,
//! notices, units, accounts), `scores.db` (facts and their sums) and `search.db` (words).
//!
//! [`Projections`] writes them, [`Views`] reads them, [`rebuild`] makes them anew.

mod batch;
mod decode;
mod digest;
mod engine;
mod error;
mod files;
mod follow;
mod lag;
mod opened;
mod page;
mod pool;
mod rebuild;
mod supervision;
mod turn;
pub mod views;

#[cfg(test)]
extern crate self as projections;
#[cfg(test)]
#[path = "../tests/views/world.rs"]
#[expect(dead_code, reason = "shared with the tests of the whole crate")]
mod test_world;

pub use digest::{Still, digest, schema};
pub use engine::{Failure, Health, Projections};
pub use error::ViewError;
pub use page::{At, Page, PageKey};
pub use rebuild::{Pace, Rebuilt, rebuild, replay};
pub use turn::Turn;
pub use views::Views;
pub use views::cards::{CardDue, CardFilter, CardRow, CardTab};
pub use views::cases::{CaseRow, CaseSnapshot};
pub use views::daily::DayKind;
pub use views::due::DueRow;
pub use views::escalations::{ExpectedRaise, LevelCount};
pub use views::heads::{HeadKey, HeadRow};
pub use views::imports::ImportRow;
pub use views::investigations::{InvestigationCounts, InvestigationFilter};
pub use views::matters::{MatterFilter, MatterRow, MatterTab, TaskRow};
pub use views::notices::{Missing, NoticeRow};
pub use views::orders::{OrderFilter, OrderRow, OrderTab};
pub use views::persons::Erasure;
pub use views::public::{Dimension, Freshness, PublicCase, PublicFigure, PublicFilter};
pub use views::reference::{Account, Reference};
pub use views::scores::counts::LoggedFact;
pub use views::scores::{FactQuery, FactRow, MeasureCount, MeasureFigure, Scope, UnitFigures};
pub use views::search::{SearchHit, SearchQuery, SearchScope};
pub use views::streams::{DutyRow, MarkRow, NamedDuty, NamedMark, StreamRow, Unseen};
pub use views::worklist::{Bucket, HolderKey, Sort, WorklistFilter, WorklistQuery};
