//! The adopted versions of rulebooks and which one is in force, by two times: when it holds and when it was recorded.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::parse::Problem;
use super::{RuleEvent, Rulebook, RulebookAdopted};
use crate::time::{Instant, legal_day};

/// One adoption of a version: the same version may be adopted again for another range.
#[derive(Debug, Clone, PartialEq)]
pub struct Adoption {
    /// The version.
    pub rulebook: Arc<Rulebook>,
    /// First day in force.
    pub from: NaiveDate,
    /// Last day in force, if it ends.
    pub until: Option<NaiveDate>,
    /// When it was recorded.
    pub recorded_at: Instant,
}

impl Adoption {
    fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// All adoptions, in the order of the log; any number of rulebook ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rulebooks {
    adoptions: Vec<Adoption>,
    by_reference: HashMap<String, (Arc<Rulebook>, String)>,
}

impl Rulebooks {
    /// Folds an adoption. Nothing changes when it fails.
    ///
    /// # Errors
    /// The text has another shape than this program knows.
    pub fn adopt(&mut self, recorded_at: Instant, event: &RulebookAdopted) -> Result<(), Vec<Problem>> {
        let reference = format!("{}@{}", event.id, event.version);
        let rulebook = match self.by_reference.get(&reference) {
            Some((rulebook, text)) if *text == event.text => rulebook.clone(),
            _ => Arc::new(Rulebook::of_adopted(&event.text).map_err(|problem| vec![problem])?),
        };
        self.by_reference.insert(reference, (rulebook.clone(), event.text.clone()));
        self.adoptions.push(Adoption { rulebook, from: event.from, until: event.until, recorded_at });
        Ok(())
    }

    /// The version for a clock that starts at `moment`, as known at `recorded_by`: the latest recorded whose range holds the legal day.
    pub fn resolve(&self, moment: Instant, recorded_by: Instant) -> Option<Arc<Rulebook>> {
        let day = legal_day(moment);
        // `max_by_key` gives the last of equals: of two adoptions of the same instant, the later one in the log.
        let adoption =
            self.adoptions.iter().filter(|one| one.recorded_at <= recorded_by && one.holds(day)).max_by_key(|one| one.recorded_at);
        adoption.map(|one| one.rulebook.clone())
    }

    /// The version that an event names, `id@version`.
    pub fn by_reference(&self, reference: &str) -> Option<Arc<Rulebook>> {
        self.by_reference.get(reference).map(|(rulebook, _)| rulebook.clone())
    }

    /// The text of a version, as it was adopted.
    pub fn text(&self, reference: &str) -> Option<&str> {
        self.by_reference.get(reference).map(|(_, text)| text.as_str())
    }

    /// All adoptions in the order of the log.
    pub fn adoptions(&self) -> &[Adoption] {
        &self.adoptions
    }
}

/// Adopts a text for a range of days. The same version with the same text and range again gives nothing.
///
/// The examples are not run here: they need the calendar ([`Rulebook::run_examples`]).
///
/// # Errors
/// The [`Problem`]s of the text; another text under an adopted version; a range that ends before it begins.
pub fn adopt(state: &Rulebooks, text: &str, from: NaiveDate, until: Option<NaiveDate>) -> Result<Vec<RuleEvent>, Vec<Problem>> {
    let rulebook = Rulebook::parse(text)?;
    if until.is_some_and(|until| until < from) {
        return Err(vec![Problem::at(None, "", "截止日期早于启用日期，请核对起止日期")]);
    }
    let reference = rulebook.reference();
    if state.text(&reference).is_some_and(|adopted| adopted != text) {
        let reason = format!("版本 {reference} 已经启用且内容不同，启用过的版本不能改动；请换一个版本号再启用");
        return Err(vec![Problem::at(None, "version", reason)]);
    }
    // Only the latest adoption can be repeated: to go back to an earlier version is a new adoption.
    let repeated =
        state.adoptions.last().is_some_and(|one| one.rulebook.reference() == reference && one.from == from && one.until == until);
    if repeated {
        return Ok(Vec::new());
    }
    Ok(vec![RulebookAdopted { id: rulebook.id, version: rulebook.version, text: text.to_owned(), from, until }.into()])
}

#[cfg(test)]
mod tests {
    use super::super::shipped::SHIPPED;
    use super::*;

    fn generic(version: &str) -> String {
        SHIPPED[0].1.replace("version = \"2026.2\"", &format!("version = \"{version}\""))
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Instant {
        crate::rulebook::examples::parse_local(text).unwrap()
    }

    fn decided(state: &mut Rulebooks, recorded_at: &str, text: &str, from: &str, until: Option<&str>) -> usize {
        let events = adopt(state, text, day(from), until.map(day)).unwrap();
        for event in &events {
            let RuleEvent::RulebookAdopted(adopted) = event else { panic!("another event") };
            state.adopt(at(recorded_at), adopted).unwrap();
        }
        events.len()
    }

    fn resolved(state: &Rulebooks, moment: &str, recorded_by: &str) -> Option<String> {
        state.resolve(at(moment), at(recorded_by)).map(|rulebook| rulebook.version.clone())
    }

    #[test]
    fn a_version_is_resolved_by_the_legal_day_and_by_what_was_recorded() {
        let mut state = Rulebooks::default();
        decided(&mut state, "2026-01-01 09:00", &generic("1"), "2026-01-01", None);
        decided(&mut state, "2026-06-01 09:00", &generic("2"), "2026-03-01", Some("2026-09-30"));
        let table = [
            // Nothing before the first range and nothing before the first record.
            ("2025-12-31 23:59", "2026-12-31 00:00", None),
            ("2026-01-01 00:00", "2026-01-01 08:59", None),
            ("2026-01-01 00:00", "2026-01-01 09:00", Some("1")),
            // What was known on 31 May about 1 April is version 1; what is known in June is version 2.
            ("2026-04-01 10:00", "2026-05-31 10:00", Some("1")),
            ("2026-04-01 10:00", "2026-06-01 09:00", Some("2")),
            ("2026-02-28 23:59", "2026-07-01 00:00", Some("1")),
            // The edges are legal days at +08:00: the last day counts whole.
            ("2026-03-01 00:00", "2026-07-01 00:00", Some("2")),
            ("2026-09-30 23:59", "2026-10-01 00:00", Some("2")),
            ("2026-10-01 00:00", "2026-10-01 00:00", Some("1")),
        ];
        for (moment, recorded_by, version) in table {
            assert_eq!(resolved(&state, moment, recorded_by).as_deref(), version, "{moment} by {recorded_by}");
        }
    }

    #[test]
    fn adopting_the_same_again_is_quiet_and_another_text_under_the_version_is_refused() {
        let mut state = Rulebooks::default();
        assert_eq!(decided(&mut state, "2026-01-01 09:00", &generic("1"), "2026-01-01", None), 1);
        assert_eq!(decided(&mut state, "2026-01-02 09:00", &generic("1"), "2026-01-01", None), 0);
        let other = generic("1").replace("percent = 80", "percent = 70");
        let refused = adopt(&state, &other, day("2026-01-01"), None).unwrap_err();
        assert!(refused[0].reason.contains("generic@1 已经启用"), "{refused:?}");
        assert_eq!(decided(&mut state, "2026-01-03 09:00", &other.replace("version = \"1\"", "version = \"2\""), "2026-02-01", None), 1);
    }

    #[test]
    fn going_back_to_an_earlier_version_is_a_new_adoption() {
        let mut state = Rulebooks::default();
        decided(&mut state, "2026-01-01 09:00", &generic("1"), "2026-01-01", None);
        decided(&mut state, "2026-02-01 09:00", &generic("2"), "2026-02-01", None);
        assert_eq!(decided(&mut state, "2026-03-01 09:00", &generic("1"), "2026-03-01", None), 1);
        assert_eq!(resolved(&state, "2026-02-15 00:00", "2026-04-01 00:00").as_deref(), Some("2"));
        assert_eq!(resolved(&state, "2026-03-15 00:00", "2026-04-01 00:00").as_deref(), Some("1"));
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_refused() {
        let refused = adopt(&Rulebooks::default(), &generic("1"), day("2026-02-01"), Some(day("2026-01-31"))).unwrap_err();
        assert!(refused[0].reason.contains("截止日期早于启用日期"));
    }

    #[test]
    fn an_event_s_reference_leads_to_its_version_for_ever() {
        let mut state = Rulebooks::default();
        decided(&mut state, "2026-01-01 09:00", &generic("1"), "2026-01-01", Some("2026-01-31"));
        decided(&mut state, "2026-01-02 09:00", SHIPPED[3].1, "2004-01-01", Some("2025-12-31"));
        assert_eq!(state.by_reference("generic@1").unwrap().title, "通用考核细则（默认值，请按本市规定修改）");
        assert_eq!(state.by_reference("historic@2").unwrap().id, "historic");
        assert_eq!(state.by_reference("generic@9"), None);
        assert_eq!(resolved(&state, "2018-10-01 10:00", "2026-01-03 00:00").as_deref(), Some("2"));
    }

    #[test]
    fn an_old_text_that_today_s_checks_would_refuse_still_folds() {
        let text = generic("1").replace("percent = 80", "percent = 100");
        assert!(Rulebook::parse(&text).is_err());
        let event = RulebookAdopted { id: "generic".to_owned(), version: "1".to_owned(), text, from: day("2026-01-01"), until: None };
        let mut state = Rulebooks::default();
        assert_eq!(state.adopt(at("2026-01-01 00:00"), &event), Ok(()));
        let bad = RulebookAdopted { text: "id = 1".to_owned(), ..event };
        assert_eq!(state.adopt(at("2026-01-01 00:00"), &bad).unwrap_err()[0].line, Some(1));
        assert_eq!(state.adoptions().len(), 1);
    }
}
