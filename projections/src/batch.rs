//! What a batch of events makes of the views: a working set in memory, written at its end.
//!
//! A case is folded by the domain's own `apply` and its rows are written once per batch, as a function of its state.
//! In a rebuild the working set grows over many batches, so that a case is written once in all.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use domain::case::facts::{Change, facts};
use domain::case::{CaseEvent, CaseState, state};
use domain::event::{Event, Subject};
use domain::founding::{HeadPublished, LogEvent};
use domain::ids::{CaseId, ImportId, NoticeId, UnitCode};
use domain::import::{ImportEvent, ImportFinished, ImportStarted};
use domain::notice::{self, NoticeEvent, NoticeState};
use domain::person::PersonEvent;
use domain::rulebook::{Rulebook, shipped};
use domain::time::Instant;
use rusqlite::Connection;
use uuid::Uuid;

use crate::ViewError;
use crate::decode::Decoded;
use crate::files::{self, Checkpoint, FileKind, Scrub};
use crate::supervision::Supervision;
use crate::views::cases::write::Stored;
use crate::views::daily::write::Days;
use crate::views::escalations::write::Groups;
use crate::views::notices::Missing;
use crate::views::public::write::Count;
use crate::views::reference::Reference;
use crate::views::reference::write::Changes as ReferenceChanges;
use crate::views::scores::write::{NewFact, TallyKey};
use crate::views::{cards, cases, due, escalations, heads, imports, notices, persons, public, reference, scores, worklist};

/// A case in the working set.
pub(crate) struct CaseEntry {
    pub(crate) key: i64,
    pub(crate) state: CaseState,
    pub(crate) title: String,
    pub(crate) phone: Option<[u8; 16]>,
    pub(crate) restricted: bool,
    pub(crate) erased: bool,
    pub(crate) revision: u64,
    /// Its rows as they stand in the file; none for a new case.
    pub(crate) stored: Option<Stored>,
    /// What it counts in the public figures as they stand in the file.
    pub(crate) counted: Vec<Count>,
    /// Its facts among the new ones.
    facts: Vec<usize>,
    /// It has facts in the file besides.
    older_facts: bool,
}

/// A notice in the working set.
pub(crate) struct NoticeEntry {
    pub(crate) key: i64,
    pub(crate) state: NoticeState,
    pub(crate) revision: u64,
}

/// An import batch in the working set.
pub(crate) enum ImportChange {
    Started(i64, ImportId, Instant, ImportStarted),
    Finished(ImportId, Instant, ImportFinished),
}

/// A change about a person, in the order of the log.
pub(crate) enum PersonChange {
    Restricted(CaseId),
    Erased(u64, Uuid, CaseId),
}

/// Writes `views.db` and `scores.db`.
pub(crate) struct Writer {
    views: Connection,
    scores: Connection,
    /// Where `scores.db` stands: it is committed first, so it may be a batch ahead.
    scored: u64,
    pub(crate) standing: Checkpoint,
    /// Nothing has been written yet: nothing needs to be looked up.
    empty: bool,
    pub(crate) reference: Reference,
    holders: HashMap<String, i64>,
    vault: Arc<vault::Vault>,
    work: Work,
    /// Groups of cases to be looked at; in a rebuild kept until [`Self::settle`].
    groups: Groups,
    /// Nobody reads the files before they are finished.
    unread: bool,
    /// Words were erased or withdrawn in this working set.
    withdrawn: bool,
    scrub: Scrub,
}

#[derive(Default)]
struct Work {
    /// Each in a place of its own: a map of large entries is moved as a whole whenever it grows.
    cases: HashMap<CaseId, Box<CaseEntry>>,
    notices: HashMap<NoticeId, NoticeEntry>,
    missing: HashMap<NoticeId, Option<Missing>>,
    facts: Vec<NewFact>,
    revoked: HashMap<(u64, u32), u64>,
    tally: HashMap<TallyKey, i64>,
    reference: ReferenceChanges,
    moved: BTreeSet<UnitCode>,
    /// What stands below these is no longer what it was.
    resum: BTreeSet<UnitCode>,
    imports: Vec<ImportChange>,
    persons: Vec<PersonChange>,
    supervision: Supervision,
    days: Days,
    heads: Vec<(Instant, HeadPublished)>,
}

/// The conventions of months where no rulebook was adopted yet.
fn unadopted() -> Option<&'static Rulebook> {
    static FIRST: OnceLock<Option<Rulebook>> = OnceLock::new();
    FIRST.get_or_init(|| shipped::SHIPPED.first().and_then(|(_, text)| Rulebook::of_adopted(text).ok())).as_ref()
}

/// Whether an event can make or take back facts; the state before it is kept for these alone.
fn counts(event: &CaseEvent) -> bool {
    use CaseEvent as E;
    match event {
        E::Filed(filed) => filed.external.is_some(),
        E::Contacted(contacted) => contacted.reached,
        E::SentBack(sent) => sent.by_hotline,
        E::CalledBack(called) => called.reply.is_some(),
        E::Accepted(_)
        | E::Refused(_)
        | E::AnsweredDirectly(_)
        | E::Assigned(_)
        | E::Answered(_)
        | E::Passed(_)
        | E::Disputed(_)
        | E::Judged(_)
        | E::Archived(_)
        | E::LimitWarned(_)
        | E::DeadlineRecomputed(_)
        | E::Reclassified(_)
        | E::SourceChanged(_) => false,
        _ => true,
    }
}

impl Writer {
    /// Over two files that stand.
    pub(crate) fn open(dir: &std::path::Path, vault: Arc<vault::Vault>) -> Result<Self, ViewError> {
        let (views, scores) = (FileKind::Views.open(dir)?, FileKind::Scores.open(dir)?);
        Self::over(views, scores, vault, false)
    }

    /// Over two files that are being made, with so many KiB of page cache each: without indexes, without a journal on disk.
    pub(crate) fn create(dir: &std::path::Path, vault: Arc<vault::Vault>, cache: u32) -> Result<Self, ViewError> {
        let make = |kind: FileKind| {
            let connection = Connection::open(kind.path(dir))?;
            files::make_fast(&connection, cache)?;
            kind.create(&connection)?;
            Ok::<_, ViewError>(connection)
        };
        Self::over(make(FileKind::Views)?, make(FileKind::Scores)?, vault, true)
    }

    fn over(views: Connection, scores: Connection, vault: Arc<vault::Vault>, unread: bool) -> Result<Self, ViewError> {
        let standing = files::checkpoint(&views)?;
        let scrub = Scrub::pending(&views)?;
        Ok(Self {
            scored: files::checkpoint(&scores)?.seq,
            empty: standing.seq == 0,
            reference: reference::load(&views)?,
            holders: worklist::write::holders(&views)?,
            standing,
            views,
            scores,
            vault,
            work: Work::default(),
            groups: Groups::default(),
            unread,
            withdrawn: false,
            scrub,
        })
    }

    /// Cases held in memory.
    pub(crate) fn held(&self) -> usize {
        self.work.cases.len() + self.work.notices.len() / 4 + self.work.supervision.held()
    }

    /// Takes in one event.
    pub(crate) fn apply(&mut self, event: &Decoded) -> Result<(), ViewError> {
        match (&event.subject, &event.event) {
            (Subject::Case(id), Event::Case(of_case)) => self.apply_case(*id, event, of_case),
            (Subject::Unit(code), Event::Unit(of_unit)) => {
                let before = self.reference.ancestors(code);
                if reference::write::apply_unit(&mut self.reference, &mut self.work.reference, code, of_unit) {
                    self.work.moved.insert(code.clone());
                    self.work.resum.extend(before);
                    self.work.resum.extend(self.reference.ancestors(code));
                }
                Ok(())
            }
            (Subject::Account(id), Event::Account(of_account)) => {
                reference::write::apply_account(&mut self.reference, &mut self.work.reference, *id, event, of_account);
                Ok(())
            }
            (Subject::Rules, Event::Rule(rule)) => {
                reference::write::adopt(&mut self.reference, event.recorded_at, rule)?;
                reference::write::keep_rule(&mut self.work.reference, event, rule)
            }
            (Subject::Notice(id), Event::Notice(of_notice)) => self.apply_notice(*id, event, of_notice),
            (Subject::Import(id), Event::Import(of_import)) => {
                self.work.imports.push(match of_import {
                    ImportEvent::Started(started) => ImportChange::Started(event.seq as i64, *id, event.at, started.clone()),
                    ImportEvent::Finished(finished) => ImportChange::Finished(*id, event.at, finished.clone()),
                });
                Ok(())
            }
            (Subject::Person(id), Event::Person(of_person)) => self.apply_person(*id, event, of_person),
            (Subject::Log, Event::Log(LogEvent::HeadPublished(head))) => {
                self.work.heads.push((event.at, head.clone()));
                Ok(())
            }
            _ => match self.work.supervision.apply(&self.views, event)? {
                Some(owed) => {
                    self.work.missing.extend(owed.into_iter().map(|missing| (missing.id, Some(missing))));
                    Ok(())
                }
                // A kind of one group in a stream of another: written by no program of ours.
                None => Err(domain::events::EventError::unknown(event.event.kind(), event.event.version()).into()),
            },
        }
    }

    /// The case in the working set, taken from the file when it stands there.
    fn case(&mut self, id: CaseId) -> Result<Option<&mut CaseEntry>, ViewError> {
        if !self.empty
            && !self.work.cases.contains_key(&id)
            && let Some(loaded) = cases::write::load(&self.views, id)?
        {
            let entry = CaseEntry {
                key: loaded.key,
                title: loaded.title,
                phone: loaded.phone,
                restricted: loaded.restricted,
                erased: loaded.erased,
                revision: loaded.revision,
                stored: Some(loaded.stored),
                counted: public::write::counts(&loaded.state),
                state: loaded.state,
                facts: Vec::new(),
                older_facts: true,
            };
            self.work.cases.insert(id, Box::new(entry));
        }
        Ok(self.work.cases.get_mut(&id).map(Box::as_mut))
    }

    fn apply_case(&mut self, id: CaseId, event: &Decoded, of_case: &CaseEvent) -> Result<(), ViewError> {
        // The first event of a stream has no rows before it: nothing needs to be looked up.
        if event.revision == 0 || self.case(id)?.is_none() {
            let entry = CaseEntry {
                key: event.seq as i64,
                state: CaseState::default(),
                title: String::new(),
                phone: None,
                restricted: false,
                erased: false,
                revision: 0,
                stored: None,
                counted: Vec::new(),
                facts: Vec::new(),
                // A batch that `scores.db` had taken in before a crash left its facts there.
                older_facts: event.seq <= self.scored,
            };
            self.work.cases.insert(id, Box::new(entry));
        }
        let Some(entry) = self.work.cases.get_mut(&id) else { return Ok(()) };
        let before = (counts(of_case) && event.seq > self.scored).then(|| entry.state.clone());
        let was_ended = entry.state.stage.is_ended();
        state::apply(&mut entry.state, event.at, of_case);
        self.work.days.take(entry.key, event.at, of_case, was_ended, &entry.state);
        entry.revision = event.revision;
        match of_case {
            CaseEvent::Filed(filed) => {
                let hidden = filed.wrongdoing || filed.confidential;
                entry.title = filed.demand.known().filter(|_| !hidden).map(|demand| demand.title.clone()).unwrap_or_default();
                let phone = filed.petitioner.as_ref().and_then(|petitioner| petitioner.known()).map(|petitioner| petitioner.phone.as_str());
                entry.phone = phone.filter(|phone| !phone.is_empty()).map(|phone| self.vault.phone_lookup(phone));
            }
            CaseEvent::SourceChanged(changed) => {
                let hidden = entry.state.wrongdoing || entry.state.confidential || entry.restricted;
                if let Some(demand) = changed.demand.as_ref().filter(|_| !hidden) {
                    entry.title = demand.known().map(|demand| demand.title.clone()).unwrap_or_default();
                }
            }
            _ => {}
        }
        let books = &self.reference.rulebooks;
        let pinned = books
            .by_reference(&entry.state.rulebook)
            .or_else(|| books.resolve(entry.state.filed_at.unwrap_or(event.at), event.recorded_at));
        let rules: Option<&Rulebook> = match &pinned {
            Some(pinned) => Some(pinned),
            None => unadopted(),
        };
        if let Some(missing) = notices::write::owed(id, event, of_case, &entry.state, rules) {
            self.work.missing.insert(missing.id, Some(missing));
        }
        let (Some(before), Some(rules)) = (before, rules) else { return Ok(()) };
        let changes = facts(&before, event.at, of_case, &entry.state, rules);
        let mut ord = 0;
        for change in changes {
            match change {
                Change::Add(fact) => {
                    let new = NewFact::of(event, ord, id, &entry.state.class, fact);
                    new.tally(&mut self.work.tally, 1);
                    entry.facts.push(self.work.facts.len());
                    self.work.facts.push(new);
                    ord += 1;
                }
                Change::Revoke(measure) => {
                    for at in &entry.facts {
                        if let Some(fact) = self.work.facts.get_mut(*at).filter(|fact| fact.measure == measure && fact.revoked.is_none()) {
                            fact.revoked = Some(event.seq);
                            fact.tally(&mut self.work.tally, -1);
                        }
                    }
                    if entry.older_facts {
                        for fact in scores::write::standing(&self.scores, id, measure)? {
                            if let Entry::Vacant(place) = self.work.revoked.entry((fact.seq, fact.ord)) {
                                place.insert(event.seq);
                                fact.tally(&mut self.work.tally, -1);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn apply_notice(&mut self, id: NoticeId, event: &Decoded, of_notice: &NoticeEvent) -> Result<(), ViewError> {
        if !self.empty
            && event.revision > 0
            && !self.work.notices.contains_key(&id)
            && let Some(entry) = notices::write::load(&self.views, id)?
        {
            self.work.notices.insert(id, entry);
        }
        if let Some(owed) = of_notice.owed() {
            self.work.missing.insert(owed.id(), None);
        }
        let (key, before) = match self.work.notices.remove(&id) {
            Some(entry) => (entry.key, Some(entry.state)),
            None => (event.seq as i64, None),
        };
        if let Some(state) = notice::evolve(before, event.at, of_notice) {
            self.work.notices.insert(id, NoticeEntry { key, state, revision: event.revision });
        }
        Ok(())
    }

    fn apply_person(&mut self, person: Uuid, event: &Decoded, of_person: &PersonEvent) -> Result<(), ViewError> {
        match of_person {
            PersonEvent::Confirmed(_) => {}
            PersonEvent::Restricted(restricted) => {
                for id in &restricted.cases {
                    self.work.persons.push(PersonChange::Restricted(*id));
                    if let Some(entry) = self.case(*id)? {
                        entry.restricted = true;
                        entry.title.clear();
                        self.withdrawn = true;
                    }
                }
            }
            PersonEvent::Erased(erased) => {
                for id in &erased.cases {
                    self.work.persons.push(PersonChange::Erased(event.seq, person, *id));
                    if let Some(entry) = self.case(*id)? {
                        entry.erased = true;
                        entry.title.clear();
                        entry.phone = None;
                        self.withdrawn = true;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes the working set and the checkpoint. True when the reference data changed.
    pub(crate) fn flush(&mut self, end: &Checkpoint) -> Result<bool, ViewError> {
        let below = self.below_moved();
        self.gather_moved(&below)?;
        let mut work = std::mem::take(&mut self.work);
        if end.seq > self.scored {
            let transaction = self.scores.unchecked_transaction()?;
            let resum = self.scored > 0 && scores::write::counts_any(&transaction, &below)?;
            scores::write::write(&transaction, &self.reference, &work.facts, &work.revoked, &work.tally)?;
            if resum {
                scores::write::sum_anew(&transaction, &self.reference, &work.resum)?;
            }
            files::set_checkpoint(&transaction, end)?;
            transaction.commit()?;
            self.scored = end.seq;
        }
        let transaction = self.views.unchecked_transaction()?;
        let changed = reference::write::write(&transaction, &self.reference, &work.reference)?;
        let mut cases: Vec<(CaseId, Box<CaseEntry>)> = work.cases.into_iter().collect();
        cases.sort_unstable_by_key(|(_, entry)| entry.key);
        let mut lists = worklist::write::Lists::new(&mut self.holders);
        let mut acts = due::write::Acts::default();
        let mut figures = public::write::Figures::default();
        let mut groups = std::mem::take(&mut self.groups);
        for (id, entry) in &cases {
            let old = entry.stored.as_ref();
            let stored = Stored {
                lists: lists.update(&transaction, &self.reference, entry, old.map(|old| &old.lists))?,
                acts: acts.update(entry, old.map(|old| &old.acts)),
            };
            figures.update(entry);
            public::write::write_case(&transaction, entry)?;
            cases::write::write(&transaction, *id, entry, &stored)?;
            escalations::write::case(&transaction, &self.reference, *id, entry, &mut groups)?;
            cards::write::case(&transaction, *id, &entry.state, entry.stored.is_some(), &self.reference)?;
        }
        lists.write(&transaction)?;
        acts.write(&transaction)?;
        figures.write(&transaction)?;
        if !self.unread {
            groups.write(&transaction, &self.reference)?;
        }
        notices::write::write(&transaction, work.notices, work.missing, self.empty)?;
        imports::write::write(&transaction, work.imports)?;
        persons::write::write(&transaction, work.persons)?;
        if self.empty {
            // Matters look up their cases, which were just written.
            FileKind::Views.lookups(&transaction)?;
        }
        work.supervision.write(&transaction, &self.reference)?;
        if self.unread {
            // What a group expects follows from where its cases stand, so that once is enough.
            self.groups = groups;
        } else {
            groups.follow(&transaction)?;
        }
        work.days.write(&transaction)?;
        heads::write::write(&transaction, work.heads)?;
        files::set_checkpoint(&transaction, end)?;
        if self.withdrawn {
            self.scrub = Scrub::mark(&transaction)?;
            self.withdrawn = false;
        }
        transaction.commit()?;
        self.standing = end.clone();
        self.empty = false;
        self.scrub.go_on(&self.views)?;
        Ok(changed)
    }

    /// Looks once at the groups of all cases that were written.
    pub(crate) fn settle(&mut self) -> Result<(), ViewError> {
        let groups = std::mem::take(&mut self.groups);
        let transaction = self.views.unchecked_transaction()?;
        groups.write(&transaction, &self.reference)?;
        groups.follow(&transaction)?;
        Ok(transaction.commit()?)
    }

    /// Tries again what a reader prevented. True when nothing is left to do.
    pub(crate) fn tidy(&mut self) -> Result<bool, ViewError> {
        self.scrub.go_on(&self.views)
    }

    /// The units that have moved, and all below them.
    fn below_moved(&self) -> BTreeSet<UnitCode> {
        self.work.moved.iter().flat_map(|unit| self.reference.below(unit)).collect()
    }

    /// Cases stand in the lists of all units above theirs: when a unit has moved, the cases below it are written again.
    fn gather_moved(&mut self, below: &BTreeSet<UnitCode>) -> Result<(), ViewError> {
        if self.empty {
            return Ok(());
        }
        for unit in below {
            for id in cases::write::of_unit(&self.views, unit)? {
                self.case(id)?;
            }
        }
        Ok(())
    }

    /// Makes the indexes by which the next flush finds the facts that this one wrote; those of the views are there.
    pub(crate) fn lookups(&self) -> Result<(), ViewError> {
        FileKind::Scores.lookups(&self.scores)
    }

    /// Makes the indexes that a rebuild leaves to the end.
    pub(crate) fn index(&self) -> Result<(), ViewError> {
        FileKind::Views.index(&self.views)?;
        FileKind::Scores.index(&self.scores)
    }

    /// Makes the files durable and closes them.
    pub(crate) fn finish(self) -> Result<(), ViewError> {
        files::make_durable(&self.views)?;
        files::make_durable(&self.scores)
    }
}
