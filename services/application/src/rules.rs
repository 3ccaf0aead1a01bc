//! Commands on rulebooks, calendars and the dispatch catalogue.

use chrono::NaiveDate;
use domain::account::Role;
use domain::event::Event;
use domain::ids::CaseId;
use domain::rulebook::parse::Problem;
use domain::rulebook::{RuleEvent, Rulebook, catalogues, versions};
use uuid::Uuid;

use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};

impl Application {
    /// Adopts a version of a rulebook; its worked examples must hold under the current calendar.
    ///
    /// # Errors
    /// [`Error::Rules`] with lines and reasons, [`Error::Forbidden`].
    pub async fn adopt_rulebook(&self, meta: &Meta, text: &str, from: NaiveDate, until: Option<NaiveDate>) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        let reference = self.reference();
        let rulebook = Rulebook::parse(text).map_err(Error::Rules)?;
        let failed: Vec<Problem> = rulebook
            .run_examples(reference.calendar())
            .into_iter()
            .filter(|example| !example.ok)
            .map(|example| Problem::at(None, example.title, format!("示例不成立：应为 {}，实际 {}", example.expected, example.got)))
            .collect();
        if !failed.is_empty() {
            return Err(Error::Rules(failed));
        }
        let events = versions::adopt(&reference.rulebooks, text, from, until).map_err(Error::Rules)?;
        self.adopt(&format!("rulebook-{}", rulebook.id), meta, events).await
    }

    /// Imports a year's notice of the State Council.
    ///
    /// # Errors
    /// [`Error::Rules`], [`Error::Forbidden`].
    pub async fn import_notice(&self, meta: &Meta, text: &str) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        let events = self.reference().calendars.notice(text).map_err(Error::Rules)?;
        let year = events.iter().find_map(|event| match event {
            RuleEvent::CalendarNoticed(noticed) => Some(noticed.year),
            _ => None,
        });
        self.adopt(&format!("calendar-{}", year.unwrap_or_default()), meta, events).await
    }

    /// Sets the city's own closures and sessions.
    ///
    /// # Errors
    /// [`Error::Rules`], [`Error::Forbidden`].
    pub async fn set_overlay(&self, meta: &Meta, text: &str) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        let events = self.reference().calendars.overlay(text).map_err(Error::Rules)?;
        self.adopt("calendar-city", meta, events).await
    }

    /// Adopts a version of the dispatch catalogue.
    ///
    /// # Errors
    /// [`Error::Rules`], [`Error::Forbidden`].
    pub async fn adopt_catalogue(&self, meta: &Meta, text: &str, from: NaiveDate) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        let reference = self.reference();
        let now = self.now();
        let rules = reference.rulebooks.resolve(now, now).ok_or(Error::NoRulebook)?;
        let known_class = |class: &str| rules.class(class).is_some();
        let known_unit = |unit: &domain::ids::UnitCode| reference.unit(unit).is_some();
        let events = catalogues::adopt(&reference.catalogues, text, from, known_unit, known_class).map_err(Error::Rules)?;
        let id = events.iter().find_map(|event| match event {
            RuleEvent::CatalogueAdopted(adopted) => Some(adopted.id.clone()),
            _ => None,
        });
        self.adopt(&format!("catalogue-{}", id.unwrap_or_default()), meta, events).await
    }

    /// Computes the open limits of a case anew under the current calendar; nothing when none is affected.
    ///
    /// # Errors
    /// As [`Self::on_case`].
    pub async fn recompute(&self, case: CaseId) -> Result<Done, Error> {
        let version = self.reference().calendar().version().to_owned();
        // The revision belongs to the id: a limit that another node set by the old calendar later is another act.
        let revision = self.log.read_stream(&case.stream()).await?.last().map_or(0, |envelope| envelope.revision);
        let meta = Meta::new(Actor::Automation("calendar"), Uuid::new_v5(&case.0, format!("recompute/{version}/{revision}").as_bytes()));
        self.on_case(&meta, case, &domain::case::Command::Recompute).await
    }

    async fn adopt(&self, stream: &str, meta: &Meta, events: Vec<RuleEvent>) -> Result<Done, Error> {
        if events.is_empty() {
            return Ok(Done { events: 0, seq: 0, revision: 0 });
        }
        self.on_stream(stream, meta, |_| Ok(events.iter().cloned().map(Event::from).collect())).await
    }
}

fn may_manage(actor: &Actor) -> Result<(), Error> {
    match actor {
        Actor::Staff(staff) if staff.is(Role::SystemAdmin) => Ok(()),
        Actor::CommandLine { .. } => Ok(()),
        _ => Err(Error::Forbidden),
    }
}
