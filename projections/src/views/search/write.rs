//! Keeping the index of words: a case's entry is made anew from its whole stream whenever its words or its holder change.

use std::collections::BTreeSet;
use std::path::Path;

use domain::case::{CaseEvent, CaseState, state};
use domain::event::{Event, Subject};
use domain::ids::{CaseId, UnitCode};
use domain::person::PersonEvent;
use domain::time::from_micros;
use domain::unit::UnitEvent;
use event_log::{Envelope, EventLog};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;
use vault::Vault;

use super::{is_searchable, terms};
use crate::decode::decode;
use crate::files::{self, Checkpoint, FileKind, Scrub};
use crate::opened::keyrings;
use crate::views::reference::Reference;
use crate::{ViewError, Views};

/// Writes `search.db`.
pub(crate) struct Indexer {
    connection: Connection,
    pub(crate) standing: Checkpoint,
    scrub: Scrub,
}

/// What a case's entry holds.
struct Document {
    key: i64,
    number: String,
    unit: Option<UnitCode>,
    text: String,
}

/// What a stretch of the log asks of the index.
#[derive(Default)]
struct Touched {
    cases: BTreeSet<CaseId>,
    units: BTreeSet<UnitCode>,
    erased: bool,
}

impl Touched {
    fn by(&mut self, subject: &Subject, event: &Event) {
        match (subject, event) {
            (Subject::Case(id), Event::Case(CaseEvent::Filed(_) | CaseEvent::Dispatched(_) | CaseEvent::HolderReported(_))) => {
                self.cases.insert(*id);
            }
            (Subject::Case(id), Event::Case(CaseEvent::SourceChanged(changed))) if changed.demand.is_some() => {
                self.cases.insert(*id);
            }
            (Subject::Unit(code), Event::Unit(UnitEvent::Registered(_) | UnitEvent::Moved(_))) => {
                self.units.insert(code.clone());
            }
            (_, Event::Person(PersonEvent::Erased(erased))) => {
                self.cases.extend(&erased.cases);
                self.erased = true;
            }
            (_, Event::Person(PersonEvent::Restricted(restricted))) => {
                self.cases.extend(&restricted.cases);
                self.erased = true;
            }
            _ => {}
        }
    }
}

impl Indexer {
    /// Opens the index; one of another schema is thrown away and made again.
    pub(crate) fn open(dir: &Path, log_size: u64) -> Result<Self, ViewError> {
        let usable = FileKind::Search.standing(dir)?.is_some_and(|at| at.seq <= log_size);
        if !usable {
            files::remove(&FileKind::Search.path(dir))?;
        }
        let connection = FileKind::Search.open(dir)?;
        Ok(Self { standing: files::checkpoint(&connection)?, scrub: Scrub::pending(&connection)?, connection })
    }

    /// Goes on by some events. False when there were none. `views` must stand at least as far as `upto`.
    pub(crate) async fn step(
        &mut self,
        log: &dyn EventLog,
        vault: &Vault,
        views: &Views,
        upto: u64,
        limit: usize,
    ) -> Result<bool, ViewError> {
        let left = usize::try_from(upto.saturating_sub(self.standing.seq)).unwrap_or(usize::MAX);
        if left == 0 {
            self.scrub.go_on(&self.connection)?;
            return Ok(false);
        }
        let batch = log.read_all(&self.standing.cursor, limit.min(left)).await?;
        let Some(last) = batch.events.last() else { return Ok(false) };
        let end = Checkpoint { cursor: batch.next.clone(), seq: last.seq, recorded_at: last.recorded_at };
        let mut touched = Touched::default();
        let mut skipped = Vec::new();
        for envelope in &batch.events {
            match decode(envelope) {
                Ok(Some(event)) => touched.by(&event.subject, &event.event),
                Ok(None) => {}
                Err(error) => skipped.push((envelope.seq, error.to_string())),
            }
        }
        for unit in &touched.units {
            let mut statement = self.connection.prepare_cached("SELECT case_id FROM doc WHERE instr(scope, ?1) > 0")?;
            let below = statement.query_map([format!(" {} ", terms::unit_term(unit))], |row| row.get::<_, Uuid>(0))?;
            for id in below {
                touched.cases.insert(CaseId(id?));
            }
        }
        let reference = views.reference();
        let mut entries = Vec::with_capacity(touched.cases.len());
        let streams: Vec<(CaseId, String)> = touched.cases.iter().map(|id| (*id, id.stream())).collect();
        let rings = keyrings(log, vault, streams.iter().map(|(_, stream)| stream.as_str())).await?;
        for (id, stream) in &streams {
            let events = log.read_stream(stream).await?;
            let hidden = views.restricted(*id)? || views.erased(*id)?;
            let document = if hidden {
                Ok(None)
            } else {
                rings.get(stream).map_or(Ok(None), |ring| document(&events, &|envelope| Ok(vault.open(ring, envelope)?)))
            };
            match document {
                Ok(document) => entries.push((*id, document)),
                Err(error) => {
                    // Search alone may leave something out; it says what.
                    skipped.push((events.first().map_or(end.seq, |first| first.seq), error.to_string()));
                    entries.push((*id, None));
                }
            }
        }
        self.write(&reference, entries, &skipped, touched.erased, &end)?;
        Ok(true)
    }

    fn write(
        &mut self,
        reference: &Reference,
        entries: Vec<(CaseId, Option<Document>)>,
        skipped: &[(u64, String)],
        erased: bool,
        end: &Checkpoint,
    ) -> Result<(), ViewError> {
        let transaction = self.connection.unchecked_transaction()?;
        for (id, document) in entries {
            let old: Option<i64> =
                transaction.prepare_cached("SELECT key FROM doc WHERE case_id = ?1")?.query_row([id.0], |row| row.get(0)).optional()?;
            if let Some(key) = old {
                transaction.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([key])?;
                transaction.prepare_cached("DELETE FROM doc WHERE key = ?1")?.execute([key])?;
            }
            let Some(document) = document else { continue };
            let above = document.unit.map(|unit| reference.ancestors(&unit)).unwrap_or_default();
            let scope: Vec<String> = std::iter::once(terms::ALL.to_owned()).chain(above.iter().map(terms::unit_term)).collect();
            let scope = scope.join(" ");
            let text = format!("{scope} {}", terms::of_text(&document.text).join(" "));
            transaction.prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?.execute(params![document.key, text])?;
            transaction.prepare_cached("INSERT INTO doc (key, case_id, number, scope) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
                document.key,
                id.0,
                document.number,
                format!(" {scope} ")
            ])?;
        }
        for (seq, why) in skipped {
            transaction.prepare_cached("INSERT OR REPLACE INTO skipped (seq, why) VALUES (?1, ?2)")?.execute(params![*seq as i64, why])?;
        }
        if erased {
            // A deleted entry's words stay in their segment until it is merged: merge all of them now.
            transaction.execute("INSERT INTO words (words) VALUES ('optimize')", [])?;
            self.scrub = Scrub::mark(&transaction)?;
        }
        files::set_checkpoint(&transaction, end)?;
        transaction.commit()?;
        self.standing = end.clone();
        self.scrub.go_on(&self.connection)?;
        Ok(())
    }

    /// Erased words may still lie in the file: go on soon.
    pub(crate) fn is_scrubbing(&self) -> bool {
        !self.scrub.is_done()
    }

    /// How many events were left out.
    pub(crate) fn skipped(&self) -> Result<u64, ViewError> {
        let n: i64 = self.connection.query_row("SELECT count(*) FROM skipped", [], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    /// Makes the file durable and closes it.
    pub(crate) fn finish(self) -> Result<(), ViewError> {
        files::make_durable(&self.connection)
    }
}

/// The entry of a case; none when it must not be found or its words are gone.
fn document(events: &[Envelope], open: &dyn Fn(&Envelope) -> Result<serde_json::Value, ViewError>) -> Result<Option<Document>, ViewError> {
    let mut case = CaseState::default();
    let mut words = None;
    for envelope in events {
        let opened = |kind: &Event| match kind {
            Event::Case(CaseEvent::Filed(_)) => true,
            Event::Case(CaseEvent::SourceChanged(changed)) => changed.demand.is_some(),
            _ => false,
        };
        let closed = Event::from_slice(&envelope.kind, envelope.version, &envelope.data)?;
        let event = if opened(&closed) { Event::from_json(&envelope.kind, envelope.version, open(envelope)?)? } else { closed };
        let Event::Case(event) = event else { continue };
        state::apply(&mut case, from_micros(envelope.occurred_at), &event);
        match event {
            CaseEvent::Filed(filed) => words = filed.demand.known().cloned(),
            CaseEvent::SourceChanged(changed) => {
                if let Some(demand) = changed.demand {
                    words = demand.known().cloned();
                }
            }
            _ => {}
        }
    }
    let (Some(words), Some(first)) = (words, events.first()) else { return Ok(None) };
    if !is_searchable(case.wrongdoing, case.confidential, case.stage) {
        return Ok(None);
    }
    let text = [words.title, words.words, words.wish, words.place].join("\n");
    Ok(Some(Document { key: first.seq as i64, number: case.number, unit: case.unit, text }))
}
