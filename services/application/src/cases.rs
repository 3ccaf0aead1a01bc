//! Commands and readings of cases.

use domain::case::command::{File, TakeOver};
use domain::case::event::{Agent, Petitioner};
use domain::case::{CaseEvent, CaseState, Command, Context, Rejection, decide};
use domain::event::Event;
use domain::ids::CaseId;
use domain::person::PersonRejection;
use domain::private::{Personal, Private};
use domain::time::{Instant, from_micros};
use event_log::Expected;
use uuid::Uuid;

use crate::access::{Act, may};
use crate::actor::{Actor, Meta};
use crate::backoff::Key;
use crate::error::Error;
use crate::store::{AppendFailure, Application, Done, TRIES, expected, repeated};

/// A filed case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledCase {
    /// The case.
    pub case: CaseId,
    /// Place in the log.
    pub seq: u64,
}

/// One event of a case, opened as far as the reader may see.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Place in the log.
    pub seq: u64,
    /// Place in the stream.
    pub revision: u64,
    /// Id of the event.
    pub id: Uuid,
    /// When it happened.
    pub occurred_at: Instant,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Who did it, as in the log.
    pub actor: String,
    /// On whose behalf.
    pub on_behalf: Option<String>,
    /// Hash of its leaf in the log's tree, for comparing with a receipt.
    pub leaf: [u8; 32],
    /// What happened.
    pub event: CaseEvent,
}

/// A case opened for a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedCase {
    /// The case.
    pub case: CaseId,
    /// Its state.
    pub state: CaseState,
    /// Its revision, for forms.
    pub revision: u64,
    /// All events.
    pub entries: Vec<Entry>,
    /// The petitioner's data may be shown.
    pub contact: bool,
    /// The person's data are restricted to keeping.
    pub restricted: bool,
}

impl Application {
    /// Files a demand. The same form again is the same case: nothing is added and the first number stands.
    ///
    /// # Errors
    /// [`Error::Case`] with the fields to mend; [`Error::NoRulebook`]; log errors.
    pub async fn file(&self, meta: &Meta, form: Uuid, file: File) -> Result<FiledCase, Error> {
        self.file_at(meta, form, file, self.now()).await
    }

    /// As [`Self::file`], for a demand that reached a node outside at `at`: its limits run from then, by the rules that
    /// were known then.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub async fn file_at(&self, meta: &Meta, form: Uuid, file: File, at: Instant) -> Result<FiledCase, Error> {
        let case = CaseId::of_form(form);
        let reference = self.reference();
        if !may(&meta.actor, Act::File, &CaseState::default(), reference.as_ref()) {
            return Err(Error::Forbidden);
        }
        let rulebooks = &reference.rulebooks;
        let rules = rulebooks.resolve(at, at).or_else(|| rulebooks.resolve(at, self.now())).ok_or(Error::NoRulebook)?;
        let calendar = reference.calendar();
        let context = Context { now: at, rules: &rules, calendar };
        let happened = decide(&CaseState::default(), &Command::File(Box::new(file)), context)?;
        let events = happened.into_iter().map(|happened| (happened.at, happened.event.into())).collect();
        // The command's id is the form's, so that the second submit makes the very same event ids.
        let meta = Meta { command: form, ..meta.clone() };
        let stream = case.stream();
        match self.append(&stream, Expected::NoStream, &meta, Some(&rules.reference()), events).await {
            Ok(appended) => Ok(FiledCase { case, seq: appended.last_seq }),
            // The form was sent before and its case has gone on since: it is filed all the same.
            Err(AppendFailure::Conflict) => {
                let seq = self.log.read_stream(&stream).await?.last().map_or(0, |envelope| envelope.seq);
                Ok(FiledCase { case, seq })
            }
            Err(AppendFailure::Other(error)) => Err(error),
        }
    }

    /// Carries out a command on a case.
    ///
    /// # Errors
    /// [`Error::Case`] when the rules say no, [`Error::Clash`] when they say no because of an act since the page was
    /// shown, [`Error::Forbidden`], [`Error::NotFound`], log errors.
    pub async fn on_case(&self, meta: &Meta, case: CaseId, command: &Command) -> Result<Done, Error> {
        let stream = case.stream();
        for _ in 0..TRIES {
            let loaded = self.load_case(case).await?;
            if let Some(done) = repeated(&loaded.envelopes, meta) {
                return Ok(done);
            }
            let reference = self.reference();
            let act = Act::of(command);
            if act != Act::TakeOver {
                if !loaded.state.exists() {
                    return Err(Error::NotFound);
                }
                if !may_see(&meta.actor, case, &loaded.state, reference.as_ref()) {
                    self.refused(&meta.actor, case);
                    return Err(Error::NotFound);
                }
                if !may(&meta.actor, act, &loaded.state, reference.as_ref()) {
                    self.refused(&meta.actor, case);
                    return Err(clash_or(Error::Forbidden, meta, loaded.revision));
                }
            } else if !may(&meta.actor, act, &loaded.state, reference.as_ref()) {
                return Err(Error::Forbidden);
            }
            // Nothing of its petitioner is to be left. An office may write on: a case that runs again has to be ended.
            if matches!(command, Command::Rate { .. } | Command::Dispute { .. })
                && self.projections.views().erased(case).map_err(|error| Error::Internal(error.to_string()))?
            {
                return Err(PersonRejection::Erased.into());
            }
            let now = self.now();
            let moment = match command {
                // A ticket of another system is judged by the rules of its own day.
                Command::TakeOver(row) => row.filed_at,
                _ => now,
            };
            let rules = reference.rulebooks.resolve(moment, now).ok_or(Error::NoRulebook)?;
            let calendar = reference.calendar();
            let happened = match decide(&loaded.state, command, Context { now, rules: &rules, calendar }) {
                Ok(happened) => happened,
                Err(rejection @ (Rejection::Stage(_) | Rejection::OtherUnit | Rejection::AlreadyRated)) => {
                    return Err(clash_or(rejection.into(), meta, loaded.revision));
                }
                Err(rejection) => return Err(rejection.into()),
            };
            let last = loaded.envelopes.last();
            if happened.is_empty() {
                return Ok(Done { events: 0, seq: last.map_or(0, |e| e.seq), revision: last.map_or(0, |e| e.revision) });
            }
            let count = happened.len();
            let events: Vec<(Instant, Event)> = happened.into_iter().map(|happened| (happened.at, happened.event.into())).collect();
            match self.append(&stream, expected(loaded.revision), meta, Some(&rules.reference()), events).await {
                Ok(appended) => return Ok(Done { events: count, seq: appended.last_seq, revision: appended.last_revision }),
                Err(AppendFailure::Conflict) => {}
                Err(AppendFailure::Other(error)) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    /// Takes over a row of another system. New, updated or the same follows from the number of events.
    ///
    /// # Errors
    /// As [`Self::on_case`]; [`Error::Person`] for another state of a case whose words are erased or only kept.
    pub async fn take_over(&self, meta: &Meta, row: TakeOver) -> Result<Done, Error> {
        let case = CaseId::of_external(&row.source, &row.external_id);
        let views = self.projections.views();
        let fault = |error: projections::ViewError| Error::Internal(error.to_string());
        if views.erased(case).map_err(fault)? || views.restricted(case).map_err(fault)? {
            let loaded = self.load_case(case).await?;
            if loaded.state.external.is_some_and(|external| external.fingerprint == row.fingerprint) {
                let last = loaded.envelopes.last();
                return Ok(Done { events: 0, seq: last.map_or(0, |e| e.seq), revision: last.map_or(0, |e| e.revision) });
            }
            // A new key would bring back what was destroyed.
            return Err(PersonRejection::Withdrawn.into());
        }
        // A row is one command of its batch: a state that comes back in a later batch is another act.
        let command = Uuid::new_v5(&case.0, format!("{}/{}", meta.command, row.fingerprint).as_bytes());
        self.on_case(&Meta { command, ..meta.clone() }, case, &Command::TakeOver(Box::new(row))).await
    }

    /// Opens a case for a reader: the state, and its events with what this reader may see. The reading is recorded for
    /// staff.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the reader may not see it.
    pub async fn open_case(&self, actor: &Actor, case: CaseId) -> Result<OpenedCase, Error> {
        self.open_case_as_of(actor, case, u64::MAX).await
    }

    /// As [`Self::open_case`], as it stood at a place in the log.
    ///
    /// # Errors
    /// As [`Self::open_case`].
    pub async fn open_case_as_of(&self, actor: &Actor, case: CaseId, as_of: u64) -> Result<OpenedCase, Error> {
        let mut loaded = self.load_case(case).await?;
        let reference = self.reference();
        if !loaded.state.exists() {
            return Err(Error::NotFound);
        }
        if !may_see(actor, case, &loaded.state, reference.as_ref()) {
            self.refused(actor, case);
            return Err(Error::NotFound);
        }
        // Who asked for secrecy since is not shown by looking at the time before.
        let contact_now = may(actor, Act::ViewContact, &loaded.state, reference.as_ref());
        if as_of != u64::MAX {
            loaded.envelopes.retain(|envelope| envelope.seq <= as_of);
            loaded.state = CaseState::default();
            for envelope in &loaded.envelopes {
                let event = CaseEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)?;
                domain::case::state::apply(&mut loaded.state, from_micros(envelope.occurred_at), &event);
            }
            if !loaded.state.exists() {
                return Err(Error::NotFound);
            }
        }
        let contact = contact_now && may(actor, Act::ViewContact, &loaded.state, reference.as_ref());
        let restricted = self.projections.views().restricted(case).map_err(|e| Error::Internal(e.to_string()))?;
        let keys = if restricted { None } else { Some(self.log.keys_of(&case.stream()).await?) };
        let keyring = keys.map(|keys| self.vault.keyring(&case.stream(), keys)).transpose()?;
        let mut entries = Vec::with_capacity(loaded.envelopes.len());
        for envelope in &loaded.envelopes {
            let mut event = match &keyring {
                Some(keyring) if !envelope.sealed.is_empty() => {
                    CaseEvent::from_json(&envelope.kind, envelope.version, self.vault.open(keyring, envelope)?)?
                }
                _ => CaseEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)?,
            };
            if !contact {
                hide_contact(&mut event);
            }
            entries.push(Entry {
                seq: envelope.seq,
                revision: envelope.revision,
                id: envelope.id,
                occurred_at: from_micros(envelope.occurred_at),
                recorded_at: from_micros(envelope.recorded_at),
                actor: envelope.actor.clone(),
                on_behalf: envelope.on_behalf.clone(),
                leaf: envelope.leaf(),
                event,
            });
        }
        if let Actor::Staff(staff) = actor {
            self.audit.read(self.now(), staff, case, contact);
        }
        Ok(OpenedCase { case, state: loaded.state, revision: loaded.revision.unwrap_or(0), entries, contact, restricted })
    }

    /// Keeps on record that a member of staff tried what may not be done with this case.
    fn refused(&self, actor: &Actor, case: CaseId) {
        if let Actor::Staff(staff) = actor {
            self.audit.act(self.now(), staff, &case.stream(), "refused");
        }
    }

    /// The query code of a case, as the receipt shows it.
    pub fn query_code(&self, case: CaseId) -> String {
        self.vault.query_code(case.0, 0)
    }

    /// The case of a public number and query code. Takes the same way for unknown numbers; wrong guesses wait.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::TooManyTries`].
    pub fn track(&self, number: &str, code: &str, from: &str) -> Result<CaseId, Error> {
        self.guess(number, from, |number| self.case_of_code(number, code))
    }

    /// What a public number and a query code lead to, wherever `look` finds it; wrong guesses wait. `look` is given the number
    /// as it is stored, and an empty one for what is no number.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::TooManyTries`], what `look` says.
    pub fn guess<T>(&self, number: &str, from: &str, look: impl FnOnce(&str) -> Result<Option<T>, Error>) -> Result<T, Error> {
        let number = domain::codes::parse_public_number(number).unwrap_or_default();
        // Numbers are public: a case is counted by the address too, or anybody could keep its petitioner out.
        let keys = [Key::Narrow(format!("number/{number}/{from}")), Key::Wide(format!("from/{from}"))];
        self.query_codes.begin(&keys, self.now()).map_err(|seconds| Error::TooManyTries { seconds })?;
        let found = look(&number).inspect_err(|_| self.query_codes.forgiven(&keys))?;
        if found.is_some() {
            self.query_codes.succeeded(&keys);
        }
        found.ok_or(Error::NotFound)
    }

    /// The case of a public number and its query code; takes the same way for unknown numbers. Counts no tries.
    ///
    /// # Errors
    /// When the views cannot be read.
    pub(crate) fn case_of_code(&self, number: &str, code: &str) -> Result<Option<CaseId>, Error> {
        let found = self.projections.views().case_by_number(number).map_err(|e| Error::Internal(e.to_string()))?.map(|row| row.id);
        let right = self.code_of(found.unwrap_or(CaseId(Uuid::nil())), number);
        Ok(found.filter(|_| vault::zones::same_query_code(&right, code)))
    }

    /// The query code of a case with its number: one that was filed at a node outside got its code there.
    #[must_use]
    pub fn code_of(&self, case: CaseId, number: &str) -> String {
        let outside = self.vault.outside_query_code(case.0, |bits| domain::codes::public_number(bits) == number);
        outside.unwrap_or_else(|| self.vault.query_code(case.0, 0))
    }
}

fn may_see(actor: &Actor, case: CaseId, state: &CaseState, tree: &dyn crate::access::Tree) -> bool {
    match actor {
        Actor::Petitioner(own) => *own == case,
        Actor::Automation(_) | Actor::Import(_) => true,
        _ => may(actor, Act::View, state, tree),
    }
}

fn clash_or(error: Error, meta: &Meta, revision: Option<u64>) -> Error {
    match (meta.based_on, revision) {
        (Some(seen), Some(now)) if seen < now => Error::Clash { seen, now },
        _ => error,
    }
}

fn hide_contact(event: &mut CaseEvent) {
    if let CaseEvent::Filed(filed) = event {
        let close = |person: &mut Option<Personal<Petitioner>>| {
            if let Some(value @ Private::Known(..)) = person {
                *value = Private::Closed;
            }
        };
        close(&mut filed.petitioner);
        let close_agent = |agent: &mut Option<Personal<Agent>>| {
            if let Some(value @ Private::Known(..)) = agent {
                *value = Private::Closed;
            }
        };
        close_agent(&mut filed.agent);
    }
}
