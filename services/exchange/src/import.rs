//! An import or a daily feed: every row becomes a new case, the difference of a known one, nothing, or a refusal.

use std::collections::{BTreeMap, HashSet};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use application::{Actor, Application, Meta};
use chrono::{Datelike, NaiveDate};
use domain::case::CaseState;
use domain::ids::{CaseId, UnitCode};
use domain::import::{Counts, ImportFinished, ImportStarted, Total};
use domain::rulebook::Rulebook;
use domain::rulebook::shipped::SHIPPED;
use domain::time::{Instant, legal_day};
use domain::unit::{Nature, UnitEntry};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use projections::ViewError;
use sha2::{Digest, Sha256};

use crate::mapping::{Mapping, UnknownCode};
use crate::report::RefusalReport;
use crate::row::{ImportRow, ReadError, Refusal, Unit, read_rows};
use crate::table::{Limits, Table, TableError};
use crate::takeover::take_over;

/// Rows in flight: enough for the log to group their commits.
const IN_FLIGHT: usize = 64;
/// Rows between two words about the progress.
const STEP: u64 = 1_000;

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How the rows went.
    pub counts: Counts,
    /// Refused rows, by line.
    pub refusals: Vec<Refusal>,
}

impl Outcome {
    /// The refusals as CSV.
    ///
    /// # Errors
    /// Never for memory; the type is the writer's.
    pub fn report(&self) -> std::io::Result<Vec<u8>> {
        let mut target = Vec::new();
        let mut report = RefusalReport::new(&mut target)?;
        for refusal in &self.refusals {
            report.add(refusal)?;
        }
        report.finish()?;
        Ok(target)
    }
}

/// Why an import did not run to its end. What was taken over before stays: the same file again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("文件无法读取：{0}")]
    File(#[from] std::io::Error),
    /// The file is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Its columns do not fit the mapping.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The mapping names codes that the rulebook does not know.
    #[error(transparent)]
    Codes(#[from] UnknownCode),
    /// The mapping's rulebook is neither adopted nor shipped.
    #[error("映射要用的规则“{0}”没有启用，也不是随附的规则。请先用 xiaoneng rulebook adopt 启用它")]
    NoRulebook(String),
    /// The application.
    #[error(transparent)]
    Application(#[from] application::Error),
}

/// Imports a file. `progress` hears how many rows are read, of how many (0 while that is not known).
///
/// # Errors
/// [`ImportError`].
pub async fn import(
    app: &Application,
    meta: &Meta,
    path: &Path,
    mapping: &Mapping,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Outcome, ImportError> {
    let mut table = Table::open_as(path.to_path_buf(), &mapping.layout(), &Limits::default())?;
    // The columns are looked at before anything is recorded.
    drop(read_rows(&mut table, mapping)?);
    let hash = hash(path)?;
    mapping.check_codes(&*rulebook(app, meta, mapping).await?)?;
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let started = ImportStarted { source: mapping.source.clone(), file, hash, mapping: mapping.title.clone() };
    let id = app.begin_import(meta, started).await?;
    let batch = Meta::new(Actor::Import(id), id.0);
    let batch = &batch;
    let mut run = Run {
        app,
        batch,
        units: HashSet::new(),
        mapping,
        totals: BTreeMap::new(),
        taken: Vec::new(),
        counts: Counts::default(),
        refusals: Vec::new(),
    };
    let now = app.now();
    let mut flying = FuturesUnordered::new();
    for read in read_rows(&mut table, mapping)? {
        run.counts.read += 1;
        if run.counts.read.is_multiple_of(STEP) {
            progress(run.counts.read, 0);
        }
        let row = match read? {
            Ok(row) => match in_the_future(&row, mapping, now) {
                Some(refusal) => {
                    run.refuse(vec![refusal]);
                    continue;
                }
                None => row,
            },
            Err(refusals) => {
                run.refuse(refusals);
                continue;
            }
        };
        run.register(&row).await?;
        run.count_source(&row);
        match take_over(&row, &mapping.source, app.ids.number()) {
            Ok(command) => flying.push(async move { (row, app.take_over(batch, command).await) }),
            Err(refusal) => run.refuse(vec![refusal]),
        }
        while flying.len() >= IN_FLIGHT {
            if let Some((row, done)) = flying.next().await {
                run.taken(&row, done)?;
            }
        }
    }
    while let Some((row, done)) = flying.next().await {
        run.taken(&row, done)?;
    }
    run.reconcile().await?;
    run.refusals.sort_by_key(|refusal| refusal.line);
    let totals = run
        .totals
        .into_iter()
        .map(|((dimension, value), (source, ours))| Total { dimension: dimension.to_owned(), value, source, ours })
        .collect();
    app.finish_import(id, ImportFinished { counts: run.counts, totals }).await?;
    progress(run.counts.read, run.counts.read);
    Ok(Outcome { counts: run.counts, refusals: run.refusals })
}

/// SHA-256 of the file as it lies there, hexadecimal.
fn hash(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            read => hash.update(&buffer[..read]),
        }
    }
}

fn in_the_future(row: &ImportRow, mapping: &Mapping, now: Instant) -> Option<Refusal> {
    let refusal = |column: &str, what: &str| Refusal {
        line: row.line,
        column: column.to_owned(),
        reason: format!("{what}在将来，请核对"),
        value: String::new(),
    };
    if row.filed_at.at > now {
        return Some(refusal(&mapping.columns.filed_at, "受理时间"));
    }
    let column = mapping.columns.answered_at.as_deref().unwrap_or_default();
    row.answered_at.is_some_and(|answered| answered.at > now).then(|| refusal(column, "答复时间"))
}

/// The mapping's rulebook; a shipped one is adopted for the years before this one when the city has not adopted it.
async fn rulebook(app: &Application, meta: &Meta, mapping: &Mapping) -> Result<Arc<Rulebook>, ImportError> {
    let id = &mapping.rulebook;
    let adopted = |app: &Application| {
        app.reference().rulebooks.adoptions().iter().rev().find(|one| one.rulebook.id == *id).map(|one| one.rulebook.clone())
    };
    if let Some(rules) = adopted(app) {
        return Ok(rules);
    }
    let missing = || ImportError::NoRulebook(id.clone());
    let text = SHIPPED.iter().find(|(name, _)| name == id).map(|(_, text)| *text).ok_or_else(missing)?;
    let from = NaiveDate::from_ymd_opt(2004, 1, 1).ok_or_else(missing)?;
    let until = NaiveDate::from_ymd_opt(legal_day(app.now()).year() - 1, 12, 31);
    let adopt = Meta { command: app.ids.uuid(), ..meta.clone() };
    let done = app.adopt_rulebook(&adopt, text, from, until).await?;
    app.settled(done.seq).await;
    adopted(app).ok_or_else(missing)
}

struct Run<'a> {
    app: &'a Application,
    batch: &'a Meta,
    /// Units that are in the register for sure.
    units: HashSet<UnitCode>,
    mapping: &'a Mapping,
    /// Rows of the file and cases here, by what both tell.
    totals: BTreeMap<(&'static str, String), (u64, u64)>,
    taken: Vec<CaseId>,
    counts: Counts,
    refusals: Vec<Refusal>,
}

impl Run<'_> {
    /// Enters the row's unit in the register when nobody knows it.
    async fn register(&mut self, row: &ImportRow) -> Result<(), application::Error> {
        let Some(Unit { code, name, level }) = row.unit.as_ref().filter(|unit| !self.units.contains(&unit.code)) else { return Ok(()) };
        if self.app.reference().unit(code).is_none() {
            let entry = UnitEntry {
                code: code.clone(),
                name: name.chars().take(60).collect(),
                parent: None,
                level: *level,
                nature: Nature::Accountable,
                division: None,
                hotline: false,
                since: row.filed_at.day(),
            };
            self.app.register_unit(self.batch, &entry).await?;
        }
        self.units.insert(code.clone());
        Ok(())
    }

    fn refuse(&mut self, refusals: Vec<Refusal>) {
        self.counts.refused += 1;
        self.refusals.extend(refusals);
    }

    fn count_source(&mut self, row: &ImportRow) {
        for key in told(row) {
            self.totals.entry(key).or_default().0 += 1;
        }
    }

    fn taken(&mut self, row: &ImportRow, done: Result<application::Done, application::Error>) -> Result<(), application::Error> {
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                // What the rules say of this row alone does not end the batch.
                let reason = match error {
                    application::Error::Case(rejection) => rejection.to_string(),
                    application::Error::Person(rejection) => rejection.to_string(),
                    application::Error::NoRulebook => "受理时间早于所有已启用规则的生效日，请先启用适用当时的规则".to_owned(),
                    error => return Err(error),
                };
                self.refuse(vec![Refusal { line: row.line, column: String::new(), reason, value: String::new() }]);
                return Ok(());
            }
        };
        self.taken.push(CaseId::of_external(&self.mapping.source, &row.external_id));
        match u64::try_from(done.events).unwrap_or(u64::MAX) {
            0 => self.counts.already_there += 1,
            // All events of the stream are of this command: the case is new.
            events if events == done.revision + 1 => self.counts.imported += 1,
            _ => self.counts.updated += 1,
        }
        Ok(())
    }

    /// Counts the cases of the file as they stand here now, whatever became of them since they were taken over.
    async fn reconcile(&mut self) -> Result<(), application::Error> {
        let fault = |error: ViewError| application::Error::Internal(error.to_string());
        self.app.projections.catch_up().await.map_err(fault)?;
        let views = self.app.projections.views();
        for case in &self.taken {
            let Some(found) = views.case_state(*case).map_err(fault)? else { continue };
            for key in standing(&found.state) {
                self.totals.entry(key).or_default().1 += 1;
            }
        }
        Ok(())
    }
}

type Keys = Vec<(&'static str, String)>;

/// What the source tells of a row.
fn told(row: &ImportRow) -> Keys {
    let asserted = row.asserted.iter().map(|one| (one.measure.code(), one.value));
    keys(row.class.as_deref(), row.channel.as_deref(), row.unit.as_ref().map(|unit| &unit.code), asserted)
}

/// The same of the case that was made of it.
fn standing(case: &CaseState) -> Keys {
    keys(Some(&case.class), Some(&case.channel), case.unit.as_ref(), case.asserted.iter().map(|(code, value)| (code.as_str(), *value)))
}

fn keys<'a>(class: Option<&str>, channel: Option<&str>, unit: Option<&UnitCode>, asserted: impl Iterator<Item = (&'a str, bool)>) -> Keys {
    let mut keys = vec![
        ("class", class.unwrap_or_default().to_owned()),
        ("channel", channel.unwrap_or_default().to_owned()),
        ("unit", unit.map(ToString::to_string).unwrap_or_default()),
    ];
    keys.extend(asserted.map(|(code, value)| ("asserted", format!("{code}={value}"))));
    keys
}
