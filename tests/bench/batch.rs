//! The events of one filing, sealed and ready, under ids of their own each time.

use application::store::record;
use application::{Actor, Meta};
use domain::calendar::Calendar;
use domain::case::command::File;
use domain::case::event::{Demand, Petitioner};
use domain::case::{CaseState, Command, Context, decide};
use domain::event::Event;
use domain::rulebook::Rulebook;
use domain::rulebook::shipped::SHIPPED;
use domain::time::{Instant, from_micros};
use event_log::{Append, Envelope, EventLog, Expected, MemoryLog, NewEvent, WrappedKey};
use tests::Outcome;
use uuid::Uuid;
use vault::Vault;

/// 2026-11-21 10:00 in China; the calendar of the year is official.
const AT: i64 = 1_795_226_400_000_000;

/// Decides filings as the application does.
pub struct Filings {
    rules: Rulebook,
    calendar: Calendar,
}

impl Filings {
    /// Under the shipped rulebook.
    pub fn new() -> Outcome<Self> {
        let text = SHIPPED.iter().find(|(name, _)| *name == "generic").map(|(_, text)| *text).ok_or("no rulebook")?;
        let rules = Rulebook::parse(text).map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
        Ok(Self { rules, calendar: Calendar::official() })
    }

    /// The events of the n-th filing.
    pub fn events(&self, n: usize) -> Outcome<Vec<(Instant, Event)>> {
        let class = self.rules.classes.first().map(|class| class.code.clone()).ok_or("no class")?;
        let file = File {
            number: domain::codes::public_number(n as u64),
            class,
            channel: "web".to_owned(),
            urgency: String::new(),
            division: "339901".to_owned(),
            demand: Demand {
                title: String::new(),
                words: format!(
                    "文昌路{n}号附近路灯连续三晚不亮，行人和电动车通行有安全隐患，已经向物业反映过两次，至今没有人来处理，希望尽快安排。"
                ),
                wish: "请尽快修复，并告知处理结果。".to_owned(),
                place: format!("文昌路{n}号"),
            },
            petitioner: Some(Petitioner {
                name: "王女士".to_owned(), phone: format!("138{:08}", n % 100_000_000), email: String::new()
            }),
            agent: None,
            confidential: false,
            publish: true,
            notice: "1".to_owned(),
        };
        let context = Context { now: from_micros(AT), rules: &self.rules, calendar: &self.calendar };
        let happened = decide(&CaseState::default(), &Command::File(Box::new(file)), context).map_err(|rejection| rejection.to_string())?;
        Ok(happened.into_iter().map(|happened| (happened.at, happened.event.into())).collect())
    }

    /// Seals and appends the n-th filing.
    pub async fn record(&self, log: &dyn EventLog, vault: &Vault, n: usize) -> Outcome<()> {
        let form = id(n);
        let stream = format!("case-{form}");
        let meta = Meta::new(Actor::Citizen, form);
        record(log, vault, &stream, Expected::NoStream, &meta, Some(&self.rules.reference()), self.events(n)?)
            .await
            .map_err(|error| format!("{error:?}"))?;
        Ok(())
    }

    /// So many different filings, sealed.
    pub async fn sealed(&self, vault: &Vault, many: usize) -> Outcome<Vec<Sealed>> {
        let log = MemoryLog::new(std::sync::Arc::new(|| AT));
        let mut all = Vec::with_capacity(many);
        for n in 0..many {
            self.record(&log, vault, n).await?;
            all.push(Sealed::read(&log, &format!("case-{}", id(n))).await?);
        }
        Ok(all)
    }
}

fn id(n: usize) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &n.to_be_bytes())
}

/// A stream as it was appended at once, with its keys.
pub struct Sealed {
    events: Vec<Envelope>,
    keys: Vec<WrappedKey>,
}

impl Sealed {
    /// Reads a stream that one append made.
    pub async fn read(log: &dyn EventLog, stream: &str) -> Outcome<Self> {
        Ok(Self { events: log.read_stream(stream).await?, keys: log.keys_of(stream).await? })
    }

    /// Reads what the first append of a citizen's stream brought.
    pub async fn first(log: &dyn EventLog, stream: &str) -> Outcome<Self> {
        let mut all = Self::read(log, stream).await?;
        all.events.retain(|event| event.actor == "citizen");
        if all.events.is_empty() { Err(format!("{stream} is not in the log").into()) } else { Ok(all) }
    }

    /// Bytes of content.
    pub fn bytes(&self) -> usize {
        let events =
            self.events.iter().map(|event| event.data.len() + event.sealed.iter().map(|blob| blob.ciphertext.len()).sum::<usize>());
        events.sum::<usize>() + self.keys.iter().map(|key| key.wrapped.len()).sum::<usize>()
    }

    /// The same append for a stream of its own.
    pub fn append(&self, n: usize) -> Append {
        let fresh = Uuid::new_v5(&Uuid::NAMESPACE_URL, &n.to_be_bytes());
        let stream = format!("case-{fresh}");
        let events = self.events.iter().enumerate().map(|(index, event)| NewEvent {
            id: Uuid::new_v5(&fresh, &index.to_be_bytes()),
            kind: event.kind.clone(),
            version: event.version,
            occurred_at: event.occurred_at,
            actor: event.actor.clone(),
            on_behalf: event.on_behalf.clone(),
            cause: event.cause,
            rulebook: event.rulebook.clone(),
            data: event.data.clone(),
            sealed: event.sealed.clone(),
        });
        let keys = self.keys.iter().map(|key| WrappedKey { owner: stream.clone(), ..key.clone() });
        Append { events: events.collect(), keys: keys.collect(), expected: Expected::NoStream, stream }
    }
}
