//! The calendar as the log has it: the embedded notices, the imported ones and the city's overlay.
//!
//! Every version that was ever current is kept by its name, so that a deadline can be explained with the one it pinned.

use std::collections::HashMap;

use super::document::Document;
use super::parse::Problem;
use super::{CalendarNoticed, OverlaySet, RuleEvent};
use crate::calendar::{Calendar, Overlay, YearNotice};

/// The current calendar and all earlier ones.
#[derive(Debug, Clone)]
pub struct Calendars {
    notices: Vec<YearNotice>,
    overlay: Option<Overlay>,
    current: Calendar,
    versions: HashMap<String, Calendar>,
}

impl Default for Calendars {
    fn default() -> Self {
        let current = Calendar::official();
        let versions = HashMap::from([(current.version().to_owned(), current.clone())]);
        Self { notices: Vec::new(), overlay: None, current, versions }
    }
}

impl Calendars {
    /// The calendar for clocks that start now.
    pub fn current(&self) -> &Calendar {
        &self.current
    }

    /// The city's overlay in force.
    pub fn city(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }

    /// The city's overlay in force as TOML, to be changed; empty when there is none.
    pub fn city_text(&self) -> String {
        self.overlay.as_ref().and_then(|overlay| toml::to_string(overlay).ok()).unwrap_or_default()
    }

    /// The calendar that a deadline pinned.
    pub fn by_version(&self, version: &str) -> Option<&Calendar> {
        self.versions.get(version)
    }

    /// Folds an event; those of rulebooks and catalogues change nothing. True when the current calendar is another one
    /// now, so that open clocks are to be looked at (domain.md T10). Nothing changes when it fails.
    ///
    /// # Errors
    /// The text has another shape than this program knows.
    pub fn apply(&mut self, event: &RuleEvent) -> Result<bool, Vec<Problem>> {
        match event {
            RuleEvent::CalendarNoticed(noticed) => {
                let notice: YearNotice = shaped(&noticed.text)?;
                // A notice that is imported again after another one counts again, as the last.
                self.notices.retain(|one| *one != notice);
                self.notices.push(notice);
            }
            RuleEvent::OverlaySet(set) => self.overlay = Some(shaped(&set.text)?),
            RuleEvent::RulebookAdopted(_) | RuleEvent::CatalogueAdopted(_) => return Ok(false),
        }
        let noticed = self.notices.iter().fold(Calendar::official(), |calendar, notice| calendar.with_notice(notice));
        let next = self.overlay.as_ref().map_or_else(|| noticed.clone(), |overlay| noticed.with_overlay(overlay));
        let changed = next != self.current;
        self.versions.insert(next.version().to_owned(), next.clone());
        self.current = next;
        Ok(changed)
    }

    /// Imports a year's notice, as TOML or in the JSON layout of holiday-cn (domain.md J6). The notice that counts for its
    /// year already gives nothing.
    ///
    /// # Errors
    /// The [`Problem`]s of the text.
    pub fn notice(&self, text: &str) -> Result<Vec<RuleEvent>, Vec<Problem>> {
        let (notice, text) = if text.trim_start().starts_with('{') {
            let notice = YearNotice::from_holiday_cn(text).map_err(whole)?;
            let text = toml::to_string(&notice).map_err(whole)?;
            (notice, text)
        } else {
            (shaped::<YearNotice>(text)?, text.to_owned())
        };
        notice.check().map_err(whole)?;
        if self.notices.iter().rev().find(|one| one.year == notice.year) == Some(&notice) {
            return Ok(Vec::new());
        }
        Ok(vec![CalendarNoticed { year: notice.year, text }.into()])
    }

    /// Sets the city's overlay in the place of the one before. The same overlay again gives nothing.
    ///
    /// # Errors
    /// The [`Problem`]s of the text.
    pub fn overlay(&self, text: &str) -> Result<Vec<RuleEvent>, Vec<Problem>> {
        let overlay: Overlay = shaped(text)?;
        overlay.check().map_err(whole)?;
        if self.overlay.as_ref() == Some(&overlay) {
            return Ok(Vec::new());
        }
        Ok(vec![OverlaySet { text: text.to_owned() }.into()])
    }
}

/// Reads the shape only: a check that becomes stricter later must not make an old log unreadable.
fn shaped<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Vec<Problem>> {
    Document::read(text).map_err(|problem| vec![problem])?;
    toml::from_str(text).map_err(|error| vec![super::parse::shape_problem(text, "日历文件", &error)])
}

fn whole(error: impl std::fmt::Display) -> Vec<Problem> {
    vec![Problem::at(None, "", error.to_string())]
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::calendar::DayKind;

    const NEXT: &str = r#"year = 2027
source = "测试用的放假安排"
off = [
  { name = "元旦", from = "2027-01-01", to = "2027-01-03" },
  { name = "春节", from = "2027-02-05", to = "2027-02-11" },
  { name = "清明节", from = "2027-04-03", to = "2027-04-05" },
  { name = "劳动节", from = "2027-05-01", to = "2027-05-05" },
  { name = "端午节", from = "2027-06-09" },
  { name = "中秋节", from = "2027-09-15" },
  { name = "国庆节", from = "2027-10-01", to = "2027-10-07" },
]
work = [{ name = "春节", date = "2027-02-14" }]
"#;

    const CITY: &str = r#"name = "某市"
[[closures]]
name = "台风停工"
basis = "市防指通告"
from = "2026-07-22"
"#;

    fn kind(calendar: &Calendar, day: &str) -> DayKind {
        calendar.day(day.parse::<NaiveDate>().unwrap()).kind
    }

    fn folded(state: &mut Calendars, events: &[RuleEvent]) -> Vec<bool> {
        events.iter().map(|event| state.apply(event).unwrap()).collect()
    }

    #[test]
    fn an_imported_notice_becomes_the_calendar_and_the_pinned_one_stays_readable() {
        let mut state = Calendars::default();
        let pinned = state.current().version().to_owned();
        let events = state.notice(NEXT).unwrap();
        assert_eq!(folded(&mut state, &events), [true]);
        assert_eq!(kind(state.current(), "2027-02-14"), DayKind::MakeUpWorkday);
        assert_eq!(kind(state.by_version(&pinned).unwrap(), "2027-02-14"), DayKind::Weekend);
        assert_eq!(state.by_version(state.current().version()), Some(state.current()));
        assert_eq!(state.notice(NEXT), Ok(vec![]));
    }

    #[test]
    fn a_later_overlay_takes_the_place_of_the_one_before_and_keeps_the_notices() {
        let mut state = Calendars::default();
        for events in [state.notice(NEXT).unwrap(), state.overlay(CITY).unwrap()] {
            folded(&mut state, &events);
        }
        assert_eq!(kind(state.current(), "2026-07-22"), DayKind::LocalClosure);
        assert_eq!(state.overlay(CITY), Ok(vec![]));
        assert_eq!(state.overlay(&state.city_text()), Ok(vec![]));
        let events = state.overlay(&CITY.replace("07-22", "07-23")).unwrap();
        assert_eq!(folded(&mut state, &events), [true]);
        let kinds = ["2026-07-22", "2026-07-23", "2027-02-14"].map(|day| kind(state.current(), day));
        assert_eq!(kinds, [DayKind::Workday, DayKind::LocalClosure, DayKind::MakeUpWorkday]);
    }

    #[test]
    fn a_notice_that_is_imported_again_after_another_counts_again() {
        let mut state = Calendars::default();
        let other =
            NEXT.replace("work = [{ name = \"春节\", date = \"2027-02-14\" }]", "work = [{ name = \"春节\", date = \"2027-02-13\" }]");
        for text in [NEXT, other.as_str(), NEXT] {
            let events = state.notice(text).unwrap();
            assert_eq!(folded(&mut state, &events), [true]);
        }
        assert_eq!(kind(state.current(), "2027-02-14"), DayKind::MakeUpWorkday);
        assert_eq!(kind(state.current(), "2027-02-13"), DayKind::Weekend);
    }

    #[test]
    fn a_notice_in_json_is_kept_as_toml() {
        let days = [
            ("元旦", "01-01"),
            ("春节", "02-05"),
            ("春节", "02-06"),
            ("春节", "02-07"),
            ("春节", "02-08"),
            ("清明节", "04-05"),
            ("劳动节", "05-01"),
        ];
        let more =
            [("劳动节", "05-02"), ("端午节", "06-09"), ("中秋节", "09-15"), ("国庆节", "10-01"), ("国庆节", "10-02"), ("国庆节", "10-03")];
        let days: Vec<String> =
            days.iter().chain(&more).map(|(name, day)| format!(r#"{{"name":"{name}","date":"2027-{day}","isOffDay":true}}"#)).collect();
        let json = format!(r#"{{"year":2027,"papers":["www.gov.cn/test"],"days":[{}]}}"#, days.join(","));
        let mut state = Calendars::default();
        let events = state.notice(&json).unwrap();
        let [RuleEvent::CalendarNoticed(event)] = events.as_slice() else { panic!("one notice") };
        assert_eq!((event.year, YearNotice::from_toml(&event.text).map(|notice| notice.year)), (2027, Ok(2027)));
        folded(&mut state, &events);
        assert_eq!(kind(state.current(), "2027-02-08"), DayKind::Holiday);
    }

    #[test]
    fn bad_texts_are_refused_with_what_to_do() {
        let state = Calendars::default();
        let syntax = state.notice("year = 2027\nsource = \"").unwrap_err();
        assert_eq!(syntax[0].line, Some(2));
        let shape = state.notice("year = 2027\nsource = 5\n").unwrap_err();
        assert_eq!(shape[0].line, Some(2));
        let missing = state.notice(&NEXT.replace("{ name = \"中秋节\", from = \"2027-09-15\" },", "")).unwrap_err();
        assert!(missing[0].reason.contains("缺少法定节假日 2027-09-15"), "{missing:?}");
        assert!(state.overlay(&CITY.replace("市防指通告", "")).unwrap_err()[0].reason.contains("依据"));
    }
}
