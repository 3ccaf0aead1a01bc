//! Units (单位): the organisation tree with dated names. Stream `unit-<code>`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::events::events;
use crate::ids::UnitCode;

/// The level of government a unit stands on (四级网络, domain.md S0-24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 市级
    City,
    /// 县区级
    County,
    /// 乡镇街道级
    Township,
    /// 村社区级
    Village,
}

impl Level {
    /// All levels from the top.
    pub const ALL: [Self; 4] = [Self::City, Self::County, Self::Township, Self::Village];

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::City => "市级",
            Self::County => "县（市、区）",
            Self::Township => "乡镇（街道）",
            Self::Village => "村（社区）",
        }
    }
}

/// What kind of body a unit is: decides whether the city can assess or hold it to account (practice.md 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// Can be assessed and held to account.
    Accountable,
    /// Can be assessed, is held to account by another organ.
    Assessable,
    /// Vertically run bodies and firms: coordinate only.
    Coordinate,
}

/// A unit was entered in the register.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitRegistered {
    /// The code.
    pub code: UnitCode,
    /// The name from `since` on.
    pub name: String,
    /// The unit above, none for the city itself.
    pub parent: Option<UnitCode>,
    /// Level of government.
    pub level: Level,
    /// What kind of body.
    pub nature: Nature,
    /// Division code (GB/T 2260 and below) the unit answers for, if it is territorial.
    pub division: Option<String>,
    /// True for the hotline office (热线办) itself.
    pub hotline: bool,
    /// First day of the name.
    pub since: NaiveDate,
}

/// A unit got another name from a day on (机构改革).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitRenamed {
    /// The new name.
    pub name: String,
    /// First day of the new name.
    pub since: NaiveDate,
}

/// A unit moved under another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitMoved {
    /// The new unit above.
    pub parent: Option<UnitCode>,
    /// From which day.
    pub since: NaiveDate,
}

/// A unit was closed; another one takes over its duties (信访工作条例 §24).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitClosed {
    /// Who takes over.
    pub successor: Option<UnitCode>,
    /// First day on which it no longer exists.
    pub since: NaiveDate,
}

events! {
    /// What happened to a unit.
    UnitEvent {
        /// A unit was entered in the register.
        Registered(UnitRegistered) => "unit_registered" 1,
        /// A unit got another name from a day on.
        Renamed(UnitRenamed) => "unit_renamed" 1,
        /// A unit moved under another one.
        Moved(UnitMoved) => "unit_moved" 1,
        /// A unit was closed; another one takes over.
        Closed(UnitClosed) => "unit_closed" 1,
    }
}

/// What is known of a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitState {
    /// The code.
    pub code: UnitCode,
    /// Names with their first day, oldest first.
    pub names: Vec<(NaiveDate, String)>,
    /// The unit above.
    pub parent: Option<UnitCode>,
    /// Level of government.
    pub level: Level,
    /// What kind of body.
    pub nature: Nature,
    /// Division code.
    pub division: Option<String>,
    /// The hotline office itself.
    pub hotline: bool,
    /// First day on which it no longer exists, with the successor.
    pub closed: Option<(NaiveDate, Option<UnitCode>)>,
}

impl UnitState {
    /// The latest name.
    pub fn name(&self) -> &str {
        self.names.last().map_or(self.code.as_str(), |(_, name)| name)
    }

    /// The name on a day.
    pub fn name_on(&self, day: NaiveDate) -> &str {
        self.names.iter().rev().find(|(since, _)| *since <= day).map_or_else(|| self.name(), |(_, name)| name)
    }
}

/// A line of the register of units, as an administrator enters it.
pub type UnitEntry = UnitRegistered;

/// Why a change of the register is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitRejection {
    /// No name.
    #[error("请填写单位名称（1 到 60 个字）")]
    BadName,
    /// Its own parent.
    #[error("上级单位不能是本单位自己")]
    OwnParent,
    /// Closed units do not change.
    #[error("该单位已撤销，不能再修改")]
    Closed,
    /// A name cannot start before the one that it replaces.
    #[error("新名称的启用日期不能早于现用名称的启用日期")]
    EarlierThanName,
    /// What a unit is does not change: whatever was counted for it was counted for that.
    #[error("层级、性质、区划代码和是否热线办在登记后不能修改；确需修改的，请撤销该单位，用新的代码登记")]
    Fixed,
}

/// Folds one event.
pub fn evolve(state: Option<UnitState>, event: &UnitEvent) -> Option<UnitState> {
    match event {
        UnitEvent::Registered(e) => Some(UnitState {
            code: e.code.clone(),
            names: vec![(e.since, e.name.clone())],
            parent: e.parent.clone(),
            level: e.level,
            nature: e.nature,
            division: e.division.clone(),
            hotline: e.hotline,
            closed: None,
        }),
        UnitEvent::Renamed(e) => state.map(|mut unit| {
            unit.names.push((e.since, e.name.clone()));
            unit
        }),
        UnitEvent::Moved(e) => state.map(|unit| UnitState { parent: e.parent.clone(), ..unit }),
        UnitEvent::Closed(e) => state.map(|unit| UnitState { closed: Some((e.since, e.successor.clone())), ..unit }),
    }
}

/// Enters a unit or takes over what changed: the same line again gives nothing.
///
/// # Errors
/// [`UnitRejection`].
pub fn register(state: Option<&UnitState>, entry: &UnitEntry) -> Result<Vec<UnitEvent>, UnitRejection> {
    let name = entry.name.trim();
    if !(1..=60).contains(&name.chars().count()) {
        return Err(UnitRejection::BadName);
    }
    if entry.parent.as_ref() == Some(&entry.code) {
        return Err(UnitRejection::OwnParent);
    }
    let Some(unit) = state else { return Ok(vec![UnitRegistered { name: name.to_owned(), ..entry.clone() }.into()]) };
    if unit.closed.is_some() {
        return Err(UnitRejection::Closed);
    }
    if unit.name() != name && unit.names.iter().any(|(since, known)| *since == entry.since && known == name) {
        // Tables may keep the names of the past: this one is on record.
        return Ok(Vec::new());
    }
    if (unit.level, unit.nature, &unit.division, unit.hotline) != (entry.level, entry.nature, &entry.division, entry.hotline) {
        return Err(UnitRejection::Fixed);
    }
    let mut events: Vec<UnitEvent> = Vec::new();
    if unit.name() != name {
        if unit.names.last().is_some_and(|(since, _)| *since > entry.since) {
            return Err(UnitRejection::EarlierThanName);
        }
        events.push(UnitRenamed { name: name.to_owned(), since: entry.since }.into());
    }
    if unit.parent != entry.parent {
        events.push(UnitMoved { parent: entry.parent.clone(), since: entry.since }.into());
    }
    Ok(events)
}

/// Closes a unit; closing it again gives nothing.
pub fn close(state: &UnitState, successor: Option<UnitCode>, since: NaiveDate) -> Vec<UnitEvent> {
    if state.closed.is_some() { Vec::new() } else { vec![UnitClosed { successor, since }.into()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, d).unwrap()
    }

    fn entry(name: &str, since: u32) -> UnitEntry {
        UnitRegistered {
            code: UnitCode::parse("A1").unwrap(),
            name: name.to_owned(),
            parent: None,
            level: Level::City,
            nature: Nature::Accountable,
            division: None,
            hotline: false,
            since: day(since),
        }
    }

    fn given(events: &[UnitEvent]) -> Option<UnitState> {
        events.iter().fold(None, evolve)
    }

    #[test]
    fn a_new_line_registers_and_the_same_line_again_is_quiet() {
        let events = register(None, &entry("市住建局", 1)).unwrap();
        assert_eq!(events, vec![UnitEvent::Registered(entry("市住建局", 1))]);
        assert_eq!(register(given(&events).as_ref(), &entry("市住建局", 1)).unwrap(), vec![]);
    }

    #[test]
    fn a_new_name_is_dated_and_the_old_one_kept() {
        let mut events = register(None, &entry("市建设局", 1)).unwrap();
        events.extend(register(given(&events).as_ref(), &entry("市住建局", 9)).unwrap());
        let unit = given(&events).unwrap();
        assert_eq!((unit.name_on(day(8)), unit.name_on(day(9))), ("市建设局", "市住建局"));
    }

    #[test]
    fn a_name_of_the_past_is_quiet_and_another_level_is_refused() {
        let mut events = register(None, &entry("市建设局", 1)).unwrap();
        events.extend(register(given(&events).as_ref(), &entry("市住建局", 9)).unwrap());
        assert_eq!(register(given(&events).as_ref(), &entry("市建设局", 1)), Ok(vec![]));
        assert_eq!(register(given(&events).as_ref(), &entry("市规划局", 1)), Err(UnitRejection::EarlierThanName));
        let county = UnitEntry { level: Level::County, ..entry("市住建局", 9) };
        assert_eq!(register(given(&events).as_ref(), &county), Err(UnitRejection::Fixed));
    }

    #[test]
    fn a_closed_unit_refuses_changes() {
        let mut events = register(None, &entry("市建设局", 1)).unwrap();
        events.extend(close(&given(&events).unwrap(), None, day(5)));
        assert_eq!(register(given(&events).as_ref(), &entry("新名", 9)), Err(UnitRejection::Closed));
    }
}
