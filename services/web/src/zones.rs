//! What the inner zone tells a node outside: the citizens' pages as data. Only what a page shows goes out, and what one
//! petitioner may see is sealed under number and query code.

use application::cases::OpenedCase;
use application::zones::Spool;
use application::zones::inside::Carrier;
use application::zones::parcel::CaseRecord;
use application::{Actor, Application, Error};
use domain::ids::CaseId;
use domain::time::{Instant, Period, previous_period};
use serde::{Deserialize, Serialize};
use templates::citizen::{Receipt, TrackCase};
use templates::public::Figures;

use crate::citizen::{home, public, receipt, track};
use crate::error::Fault;
use crate::words;

/// Largest view of one case, opened.
const MOST_VIEW: usize = 4 * 1024 * 1024;
/// Name of the first page's figures.
pub(crate) const HOME: &str = "home";
/// Months of figures that are told.
const MONTHS: usize = 2;

/// The name of a month's figures.
pub(crate) fn page_of(month: Period) -> String {
    format!("public/{month}")
}

/// What a petitioner may see of a case.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CaseView {
    /// When it was made.
    pub(crate) as_of: Instant,
    /// Made by the inner zone.
    pub(crate) known: bool,
    /// Revision of the case.
    pub(crate) revision: u64,
    /// The date that counts: due, warning, provisional. Time left is counted when the page is shown.
    pub(crate) clock: Option<(Instant, Option<Instant>, bool)>,
    /// The page.
    pub(crate) track: TrackCase,
    /// The receipt of a case filed outside, for the browser that filed it.
    pub(crate) receipt: Option<Receipt>,
}

impl CaseView {
    /// From an opened case, with its query code.
    pub(crate) fn of(app: &Application, opened: &OpenedCase, code: &str) -> Result<Self, Fault> {
        Ok(Self {
            as_of: app.now(),
            known: opened.entries.iter().any(|entry| entry.seq > 0),
            revision: opened.revision,
            clock: track::next_date(&opened.state).map(|clock| (clock.due, clock.warn_at, clock.provisional)),
            track: TrackCase { countdown: None, ..track::view(app, opened)? },
            receipt: opened.state.external.is_none().then(|| receipt::view(&app.reference(), &opened.state, code)),
        })
    }

    pub(crate) fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        zstd::bulk::compress(&serde_json::to_vec(self)?, 3)
    }

    pub(crate) fn read(bytes: &[u8]) -> std::io::Result<Self> {
        Ok(serde_json::from_slice(&zstd::bulk::decompress(bytes, MOST_VIEW)?)?)
    }
}

/// What was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Parcels written.
    pub parcels: u64,
    /// Cases in them.
    pub cases: u64,
    /// Everything up to now is told; false when the gate takes no parcels.
    pub whole: bool,
}

/// Tells everything that changed since the last time.
///
/// # Errors
/// When the log, the views or the spool cannot be used; what was told stays told.
pub async fn carry_out(app: &Application, spool: &Spool, carrier: &mut Carrier, generation: u32) -> Result<Told, Error> {
    let mut told = Told::default();
    while let Some(mut changes) = carrier.changes(app, spool).await? {
        // Restrictions and erasures are known to the views.
        if !app.seen(changes.seq).await {
            tracing::warn!("the views are behind: the outside is told with the next turn");
            return Ok(told);
        }
        for case in &changes.cases {
            if let Some(record) = record(app, *case).await? {
                changes.parcel.cases.push(record);
            }
        }
        told.cases += changes.parcel.cases.len() as u64;
        told.whole = changes.parcel.as_of.is_some();
        if told.whole {
            changes.parcel.figures = figures(app).map_err(internal)?;
        }
        carrier.put(app, spool, changes, generation)?;
        told.parcels += 1;
        if told.whole {
            return Ok(told);
        }
    }
    told.whole = told.parcels == 0 && !Carrier::is_jammed(spool)?;
    Ok(told)
}

fn internal(fault: Fault) -> Error {
    match fault {
        Fault::App(error) => error,
        Fault::Internal(words) => Error::Internal(words),
        other => Error::Internal(format!("{other:?}")),
    }
}

async fn record(app: &Application, case: CaseId) -> Result<Option<CaseRecord>, Error> {
    // Read before the case: what is told is at least as new.
    let seq = app.projections.position();
    let opened = match app.open_case(&Actor::Petitioner(case), case).await {
        Ok(opened) => opened,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let code = app.code_of(case, &opened.state.number);
    let view = CaseView::of(app, &opened, &code).map_err(internal)?;
    let bytes = view.to_bytes().map_err(|error| Error::Internal(error.to_string()))?;
    let key = app.case_key(case, &opened.state.number);
    Ok(Some(CaseRecord { tag: key.tag(), seq, sealed: key.seal(&bytes, app.vault.entropy()) }))
}

fn figures(app: &Application) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let bytes = |page: Result<Vec<u8>, serde_json::Error>| page.map_err(|error| Fault::Internal(error.to_string()));
    let mut all = vec![(HOME.to_owned(), bytes(serde_json::to_vec(&home::figures(app)?))?)];
    let latest = public::this_month(app);
    let months: Vec<Period> = std::iter::successors(Some(latest), |month| Some(previous_period(*month))).take(MONTHS).collect();
    for month in &months {
        let mut page = unlinked(public::view(app, *month, latest)?);
        page.months.retain(|choice| months.iter().any(|told| words::month_code(*told) == choice.value));
        all.push((page_of(*month), bytes(serde_json::to_vec(&page))?));
    }
    Ok(all)
}

/// Figures without links to pages that the outside does not have.
pub(crate) fn unlinked(mut page: Figures) -> Figures {
    page.tabs.truncate(1);
    page.refreshed = "随内外网同步更新".to_owned();
    page.tiles.iter_mut().for_each(|tile| tile.href = None);
    page.by_class.bars.iter_mut().for_each(|bar| bar.href = None);
    let cells = page.places.rows.iter_mut().chain(&mut page.units.rows).flat_map(|row| &mut row.cells);
    cells.for_each(|cell| cell.href = None);
    page
}
