//! The register of units from a table: `code,name,parent,level,nature,division,hotline,since`.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use application::{Application, Meta};
use chrono::NaiveDate;
use domain::ids::UnitCode;
use domain::unit::{Level, Nature, UnitEntry, UnitState};
use projections::Reference;

use crate::normalise;
use crate::row::Refusal;
use crate::table::{Limits, Table, TableError};

/// The columns, and the Chinese names that are also understood.
const COLUMNS: [(&str, &str); 8] = [
    ("code", "代码"),
    ("name", "名称"),
    ("parent", "上级代码"),
    ("level", "层级"),
    ("nature", "性质"),
    ("division", "区划代码"),
    ("hotline", "热线办"),
    ("since", "启用日期"),
];

/// How the lines went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitReport {
    /// New units.
    pub registered: u64,
    /// Units of which something changed.
    pub changed: u64,
    /// Units as they were.
    pub same: u64,
    /// Lines that need correction.
    pub refused: Vec<Refusal>,
}

/// Why a table of units was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UnitsError {
    /// The file is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A column is missing.
    #[error(
        "缺少“{0}”列。表头应为：code,name,parent,level,nature,division,hotline,since（也可用中文：代码、名称、上级代码、层级、性质、区划代码、热线办、启用日期）"
    )]
    Column(&'static str),
    /// The application.
    #[error(transparent)]
    Application(#[from] application::Error),
}

/// Enters the units of a table; lines with faults are reported and the others taken.
///
/// # Errors
/// [`UnitsError`].
pub async fn register(app: &Application, meta: &Meta, bytes: &[u8]) -> Result<UnitReport, UnitsError> {
    let (entries, mut report) = read(&app.reference(), bytes)?;
    for (line, entry) in entries {
        match app.register_unit(meta, &entry).await {
            Ok(done) => {
                let events = u64::try_from(done.events).unwrap_or_default();
                // All events of the stream are of this line: the unit is new.
                report.count(events, events != done.revision + 1);
            }
            Err(application::Error::Unit(rejection)) => report.refuse(line, 8, &rejection.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(report.sorted())
}

/// What [`register`] would do to a register; nothing is recorded.
///
/// # Errors
/// [`UnitsError::Table`], [`UnitsError::Column`].
pub fn check(reference: &Reference, bytes: &[u8]) -> Result<UnitReport, UnitsError> {
    let (entries, mut report) = read(reference, bytes)?;
    let mut seen: HashMap<UnitCode, UnitState> = HashMap::new();
    for (line, entry) in entries {
        let known = seen.get(&entry.code).cloned().or_else(|| reference.unit(&entry.code).map(|unit| (**unit).clone()));
        match domain::unit::register(known.as_ref(), &entry) {
            Ok(events) => {
                report.count(u64::try_from(events.len()).unwrap_or_default(), known.is_some());
                if let Some(unit) = events.iter().fold(known, domain::unit::evolve) {
                    seen.insert(entry.code, unit);
                }
            }
            Err(rejection) => report.refuse(line, 8, &rejection.to_string()),
        }
    }
    Ok(report.sorted())
}

/// The units that [`register`] would leave in an empty register.
///
/// # Errors
/// As [`check`].
pub fn codes(bytes: &[u8]) -> Result<HashSet<UnitCode>, UnitsError> {
    Ok(read(&Reference::default(), bytes)?.0.into_iter().map(|(_, entry)| entry.code).collect())
}

/// The lines that can be entered, and a report that holds the others.
fn read(reference: &Reference, bytes: &[u8]) -> Result<(Vec<(u64, UnitEntry)>, UnitReport), UnitsError> {
    let mut table = Table::open(bytes.to_vec(), &Limits::upload())?;
    let names = table.header().names.clone();
    let index = |(english, chinese): (&str, &str)| {
        names.iter().position(|name| name.trim().eq_ignore_ascii_case(english) || name.trim() == chinese)
    };
    let at = COLUMNS.map(index);
    for (position, column) in at.iter().zip(COLUMNS).take(4) {
        if position.is_none() && column.0 != "parent" {
            return Err(UnitsError::Column(column.1));
        }
    }
    let mut report = UnitReport::default();
    let mut entries: Vec<(u64, UnitEntry)> = Vec::new();
    for row in table.rows()? {
        let row = row?;
        let cell =
            |column: usize| at[column].and_then(|position| row.cells.get(position)).map(|cell| normalise::line(cell)).unwrap_or_default();
        match entry(cell) {
            Ok(entry) => entries.push((row.line, entry)),
            Err((column, reason)) => report.refuse(row.line, column, reason),
        }
    }
    refuse_repeated(&mut entries, &mut report);
    refuse_without_ground(&mut entries, reference, &mut report);
    Ok((entries, report))
}

/// A unit may have several lines, one for each of its names.
fn refuse_repeated(entries: &mut Vec<(u64, UnitEntry)>, report: &mut UnitReport) {
    let mut first: HashMap<(UnitCode, NaiveDate), u64> = HashMap::new();
    entries.retain(|(line, entry)| match first.entry((entry.code.clone(), entry.since)) {
        Entry::Vacant(place) => {
            place.insert(*line);
            true
        }
        Entry::Occupied(place) => {
            let reason = format!("代码与第 {} 行重复。同一单位改过名称的，每个名称一行，启用日期各不相同", place.get());
            report.refuse(*line, 0, &reason);
            false
        }
    });
}

/// Above every unit there must be known ones, up to one that has none above.
fn refuse_without_ground(entries: &mut Vec<(u64, UnitEntry)>, reference: &Reference, report: &mut UnitReport) {
    loop {
        let told: HashMap<UnitCode, Option<UnitCode>> =
            entries.iter().map(|(_, entry)| (entry.code.clone(), entry.parent.clone())).collect();
        let before = entries.len();
        entries.retain(|(line, entry)| match ground(entry, &told, reference) {
            Ok(()) => true,
            Err(reason) => {
                report.refuse(*line, 2, reason);
                false
            }
        });
        // What stood below a refused line stands below nothing now.
        if entries.len() == before {
            return;
        }
    }
}

fn ground(entry: &UnitEntry, told: &HashMap<UnitCode, Option<UnitCode>>, reference: &Reference) -> Result<(), &'static str> {
    let mut passed = HashSet::from([&entry.code]);
    let mut above = entry.parent.as_ref();
    while let Some(code) = above {
        if !passed.insert(code) {
            return Err("上级单位成了自己的下级，请核对上级代码");
        }
        above = match (told.get(code), reference.unit(code)) {
            (Some(parent), _) => parent.as_ref(),
            (None, Some(unit)) => unit.parent.as_ref(),
            (None, None) => return Err("上级单位没有登记，请先登记上级，或把两行放在同一个文件里"),
        };
    }
    Ok(())
}

impl UnitReport {
    fn count(&mut self, events: u64, known: bool) {
        match events {
            0 => self.same += 1,
            _ if known => self.changed += 1,
            _ => self.registered += 1,
        }
    }

    /// `column` beyond the last: the whole line.
    fn refuse(&mut self, line: u64, column: usize, reason: &str) {
        let column = COLUMNS.get(column).map(|column| column.1.to_owned()).unwrap_or_default();
        self.refused.push(Refusal { line, column, reason: reason.to_owned(), value: String::new() });
    }

    fn sorted(mut self) -> Self {
        self.refused.sort_by_key(|refusal| refusal.line);
        self
    }
}

type Fault = (usize, &'static str);

fn entry(cell: impl Fn(usize) -> String) -> Result<UnitEntry, Fault> {
    let code = UnitCode::parse(&cell(0)).map_err(|_| (0, "代码只能用 1 到 24 个字母、数字、下划线、点或连字符"))?;
    let name = cell(1);
    if !(1..=60).contains(&name.chars().count()) {
        return Err((1, "请填写单位名称（1 到 60 个字）"));
    }
    let parent = match cell(2) {
        text if text.is_empty() => None,
        text => Some(UnitCode::parse(&text).map_err(|_| (2, "上级代码格式不对"))?),
    };
    let level = level(&cell(3)).ok_or((3, "层级应为：市级、县区级、乡镇街道级、村社区级"))?;
    let nature = nature(&cell(4)).ok_or((4, "性质应为：可考核可问责、可考核、仅协调"))?;
    let division = match cell(5) {
        text if text.is_empty() => None,
        text if domain::codes::is_division(&text) => Some(text),
        _ => return Err((5, "区划代码应为 2、4、6、9 或 12 位数字")),
    };
    let hotline = match cell(6).to_ascii_lowercase().as_str() {
        "" | "0" | "false" | "no" | "否" => false,
        "1" | "true" | "yes" | "是" => true,
        _ => return Err((6, "热线办应填“是”或“否”")),
    };
    let since = match cell(7) {
        text if text.is_empty() => NaiveDate::from_ymd_opt(2004, 1, 1),
        text => NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok(),
    };
    let since = since.ok_or((7, "启用日期应写成 2026-01-31"))?;
    Ok(UnitEntry { code, name, parent, level, nature, division, hotline, since })
}

fn level(text: &str) -> Option<Level> {
    Some(match text {
        "city" | "市级" | "市" => Level::City,
        "county" | "县区级" | "县级" | "区县" | "县（市、区）" => Level::County,
        "township" | "乡镇街道级" | "乡镇" | "街道" | "乡镇（街道）" => Level::Township,
        "village" | "村社区级" | "村" | "社区" | "村（社区）" => Level::Village,
        _ => return None,
    })
}

fn nature(text: &str) -> Option<Nature> {
    Some(match text {
        "" | "accountable" | "可考核可问责" => Nature::Accountable,
        "assessable" | "可考核" => Nature::Assessable,
        "coordinate" | "仅协调" => Nature::Coordinate,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: [&str; 8]) -> Result<UnitEntry, Fault> {
        entry(|column| cells[column].to_owned())
    }

    #[test]
    fn a_line_with_chinese_words_is_understood() {
        let entry = line(["A1", "市城管局", "A0", "市级", "", "110101", "否", "2019-03-01"]).unwrap();
        assert_eq!((entry.level, entry.nature, entry.hotline), (Level::City, Nature::Accountable, false));
        assert_eq!(entry.division.as_deref(), Some("110101"));
    }

    #[test]
    fn each_fault_names_its_column() {
        assert_eq!(line(["A1", "", "", "市级", "", "", "", ""]).unwrap_err().0, 1);
        assert_eq!(line(["A1", "x", "", "市级", "", "", "对", ""]).unwrap_err().0, 6);
        assert_eq!(line(["A 1", "x", "", "市级", "", "", "", ""]).unwrap_err().0, 0);
        assert_eq!(line(["A1", "x", "", "省级", "", "", "", ""]).unwrap_err().0, 3);
        assert_eq!(line(["A1", "x", "", "市级", "", "11a", "", ""]).unwrap_err().0, 5);
        assert_eq!(line(["A1", "x", "", "市级", "", "", "", "2019/3/1"]).unwrap_err().0, 7);
    }
}
