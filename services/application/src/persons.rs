//! Rights of persons: confirm cases, restrict, erase. Erasing = event, then keys, then views; every start drives on what
//! was not finished.
//!
//! An erasure destroys the keys of before it. A case that goes on after it (its log was restored from before it ended) takes no
//! words of its petitioner any more; what its office writes then gets a key of its own and stays, so that the case can be ended
//! with an answer, until somebody asks for the erasure again.

use std::collections::{BTreeMap, HashSet};

use domain::account::Role;
use domain::event::Event;
use domain::ids::CaseId;
use domain::person::{self, PersonErased, PersonEvent, PersonState};
use domain::private::{OfficeRole, PetitionerRole, Role as _};
use domain::time::{Instant, from_micros};
use event_log::{Envelope, EventLog, Expected, LogError, WrappedKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vault::Vault;

use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{AppendFailure, Application, Done, TRIES, record, repeated};

impl Application {
    /// Confirms that cases are of one person.
    ///
    /// # Errors
    /// [`Error::Forbidden`], log errors.
    pub async fn confirm_person(&self, meta: &Meta, person: Uuid, cases: Vec<CaseId>) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        self.on_stream(&stream(person), meta, |envelopes| Ok(into(person::confirm(&fold(envelopes)?, cases.clone())))).await
    }

    /// Restricts processing to keeping.
    ///
    /// # Errors
    /// [`Error::Person`], [`Error::Forbidden`].
    pub async fn restrict_person(&self, meta: &Meta, person: Uuid, reason: &str) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        self.on_stream(&stream(person), meta, |envelopes| Ok(into(person::restrict(&fold(envelopes)?, reason)?))).await
    }

    /// Erases a person: the event, then the keys. Views follow from the event.
    ///
    /// Which cases there are and whether they have ended is found out anew for every try, so that the event is appended to
    /// what was decided on, and the keys that go are those of the cases that it names. A log binds an append to one stream: a
    /// petitioner who says "not solved" between the look at the case and the event reopens a case that is erased. The erasure
    /// stands then, the words of the petitioner are gone, and the case goes on without them until it ends again.
    ///
    /// # Errors
    /// [`Error::Person`], also while a case runs; [`Error::Forbidden`].
    pub async fn erase_person(&self, meta: &Meta, person: Uuid, reason: &str) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        let name = stream(person);
        for _ in 0..TRIES {
            let envelopes = self.log.read_stream(&name).await?;
            let done = match repeated(&envelopes, meta) {
                Some(done) => Some(done),
                None => {
                    let mut state = fold(&envelopes)?;
                    let running = self.running(&state.cases).await?;
                    // What an office wrote since goes when it is asked for again, and not of itself.
                    state.erased &= !self.written_since(&erasures(&envelopes)?).await?;
                    self.append_next(&name, envelopes.last(), meta, into(person::erase(&state, reason, running)?)).await?
                }
            };
            let Some(done) = done else { continue };
            let erased = erasures(&self.log.read_stream(&name).await?)?;
            let cases: Vec<CaseId> = erased.keys().copied().collect();
            if done.events > 0 && self.running(&cases).await? > 0 {
                tracing::warn!("a case was reopened while its person was erased; it goes on without the words of before");
            }
            self.destroy_keys(&erased).await?;
            return Ok(done);
        }
        Err(Error::Busy)
    }

    /// How many of the cases have not ended.
    async fn running(&self, cases: &[CaseId]) -> Result<usize, Error> {
        let mut running = 0;
        for case in cases {
            running += usize::from(!self.load_case(*case).await?.state.stage.is_ended());
        }
        Ok(running)
    }

    /// Drives on erasures whose keys are still there; called at every start. Answers how many keys were destroyed. A case may
    /// go on after its erasure, in a log that was restored from before it ended: what its office wrote since stays.
    ///
    /// # Errors
    /// Log errors.
    pub async fn finish_erasures(&self) -> Result<u64, Error> {
        let erasures = self.projections.views().erasures(0).map_err(|e| Error::Internal(e.to_string()))?;
        let mut latest = Erasures::new();
        for erasure in erasures {
            latest.extend(erasure.cases.into_iter().map(|case| (case, erasure.seq)));
        }
        self.destroy_keys(&latest).await
    }

    async fn destroy_keys(&self, erased: &Erasures) -> Result<u64, Error> {
        let mut destroyed = 0;
        for (case, seq) in erased {
            let mut subjects = vec![PetitionerRole::SUBJECT.to_owned()];
            if !self.office_wrote_since(*case, *seq).await? {
                subjects.push(OfficeRole::SUBJECT.to_owned());
            }
            destroyed += self.log.delete_keys(&case.stream(), &subjects).await.map_err(unsaved)?;
        }
        Ok(destroyed)
    }

    async fn written_since(&self, erased: &Erasures) -> Result<bool, Error> {
        for (case, seq) in erased {
            if self.office_wrote_since(*case, *seq).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The office has a key in this case, and no word of before the erasure is under it. A subject never gets a second key
    /// beside one that it has; were there one of each time, what was promised to the person would count more.
    async fn office_wrote_since(&self, case: CaseId, erasure: u64) -> Result<bool, Error> {
        let stream = case.stream();
        let mut keys = self.log.keys_of(&stream).await?;
        keys.retain(|key| key.subject == OfficeRole::SUBJECT);
        if keys.is_empty() {
            return Ok(false);
        }
        let used = used_before(&self.log.read_stream(&stream).await?, erasure);
        Ok(keys.iter().all(|key| outlives(key, &used)))
    }
}

/// Erased cases, each with the place of its last erasure in the log.
pub(crate) type Erasures = BTreeMap<CaseId, u64>;

/// What the erasures among these events erased.
fn erasures(envelopes: &[Envelope]) -> Result<Erasures, Error> {
    let mut all = Erasures::new();
    for envelope in envelopes {
        all.extend(Erased::of(envelope)?.into_iter().flat_map(|one| one.cases.into_iter().map(move |case| (case, one.seq))));
    }
    Ok(all)
}

/// The keys under which words of before a place in the log are sealed.
pub(crate) fn used_before(envelopes: &[Envelope], seq: u64) -> HashSet<[u8; 16]> {
    envelopes.iter().filter(|envelope| envelope.seq < seq).flat_map(|envelope| &envelope.sealed).map(|blob| blob.key).collect()
}

/// Whether a key of an erased case stays, when `used` are those of before the erasure: that of what its office wrote since. Of
/// the petitioner none stays, whenever it was made.
pub(crate) fn outlives(key: &WrappedKey, used: &HashSet<[u8; 16]>) -> bool {
    key.subject == OfficeRole::SUBJECT && !used.contains(&key.id)
}

/// Keys that cannot be destroyed now: something that cannot be written, not something that cannot be read.
fn unsaved(error: LogError) -> Error {
    match error {
        LogError::Overloaded => Error::Busy,
        LogError::Unavailable(why) => {
            tracing::error!(why, "keys cannot be destroyed now");
            Error::Unavailable
        }
        other => other.into(),
    }
}

/// An erasure as a keys file remembers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Erased {
    /// Its place in the log that it was recorded in.
    pub seq: u64,
    /// The person.
    pub person: Uuid,
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: String,
    /// The cases.
    pub cases: Vec<CaseId>,
}

impl Erased {
    /// The erasure that an event is; none for other events.
    ///
    /// # Errors
    /// When the event cannot be read by this program.
    pub fn of(envelope: &Envelope) -> Result<Option<Self>, Error> {
        let Some(person) = envelope.stream.strip_prefix(STREAM).and_then(|id| Uuid::try_parse(id).ok()) else { return Ok(None) };
        Ok(match PersonEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)? {
            PersonEvent::Erased(PersonErased { reason, cases }) => {
                Some(Self { seq: envelope.seq, person, at: from_micros(envelope.occurred_at), reason, cases })
            }
            PersonEvent::Confirmed(_) | PersonEvent::Restricted(_) => None,
        })
    }
}

/// Records erasures again in a log that was restored from before them; the keys are not there. A case may be running again:
/// what was promised to the person stands, and what its office writes from now on is its own. Answers how many were missing.
///
/// # Errors
/// Log errors.
pub async fn erase_again(log: &dyn EventLog, vault: &Vault, erasures: &[Erased]) -> Result<u64, Error> {
    let mut again = 0;
    for erased in erasures {
        let stream = stream(erased.person);
        let envelopes = log.read_stream(&stream).await?;
        let state = fold(&envelopes)?;
        if state.erased && erased.cases.iter().all(|case| state.cases.contains(case)) {
            continue;
        }
        let mut events = into(person::confirm(&state, erased.cases.clone()));
        events.push(PersonEvent::from(PersonErased { reason: erased.reason.clone(), cases: erased.cases.clone() }).into());
        let command = Uuid::new_v5(&erased.person, format!("restore/{}", erased.seq).as_bytes());
        let meta = Meta::new(Actor::Automation("restore"), command);
        let dated = events.into_iter().map(|event| (erased.at, event)).collect();
        let expected = envelopes.last().map_or(Expected::NoStream, |last| Expected::Exact(last.revision));
        record(log, vault, &stream, expected, &meta, None, dated).await.map_err(|failure| match failure {
            AppendFailure::Conflict => Error::Busy,
            AppendFailure::Other(error) => error,
        })?;
        again += 1;
    }
    Ok(again)
}

const STREAM: &str = "person-";

fn stream(person: Uuid) -> String {
    format!("{STREAM}{person}")
}

fn may_manage(actor: &Actor) -> Result<(), Error> {
    match actor {
        Actor::Staff(staff) if staff.is(Role::SecurityAdmin) => Ok(()),
        Actor::CommandLine { .. } => Ok(()),
        _ => Err(Error::Forbidden),
    }
}

fn fold(envelopes: &[Envelope]) -> Result<PersonState, Error> {
    let mut state = PersonState::default();
    for envelope in envelopes {
        state = person::evolve(state, &PersonEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)?);
    }
    Ok(state)
}

fn into(events: Vec<PersonEvent>) -> Vec<Event> {
    events.into_iter().map(Event::from).collect()
}

#[cfg(test)]
mod tests;
