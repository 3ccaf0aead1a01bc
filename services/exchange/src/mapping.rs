//! Which column means what, in TOML: another city's export needs a file like `ops/mappings/generic.toml`, no code.

use std::collections::BTreeMap;

use domain::codes::is_division;
use domain::ids::UnitCode;
use domain::rulebook::{Measure, Rulebook};
use domain::unit::Level;
use serde::Deserialize;

use crate::normalise;
use crate::table::{Header, Layout};

/// The text of a mapping that comes with the program.
const BUILT_IN: [(&str, &str); 2] =
    [("pingshan", include_str!("../../../ops/mappings/pingshan.toml")), ("tipdm", include_str!("../../../ops/mappings/tipdm.toml"))];

/// A mapping as written. Made by [`Mapping::parse`] only, which checks what the shape does not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Name of the source: part of the ids of its cases, so it must never change. 1–12 of `a-z0-9-`.
    pub source: String,
    /// What people call the source.
    pub title: String,
    /// Rulebook under which the cases stand.
    pub rulebook: String,
    /// The file.
    #[serde(default)]
    pub file: FileRules,
    /// Plain columns.
    pub columns: Columns,
    /// Class of the demand (诉求类型).
    pub class: Option<Choice>,
    /// Channel.
    pub channel: Option<Choice>,
    /// Place.
    #[serde(default)]
    pub place: PlaceColumns,
    /// The unit that handles.
    pub unit: Option<UnitRule>,
    /// Outcomes that the source only asserts, without times.
    #[serde(default)]
    pub asserted: Vec<Asserted>,
}

/// The file's own habits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRules {
    /// Kind of file that is taken.
    #[serde(default)]
    pub kind: FileKind,
    /// Name of the sheet.
    pub sheet: Option<String>,
    /// Row of the header, from 1.
    pub header_row: Option<u64>,
    /// Texts that stand for an empty cell, in every column.
    #[serde(default)]
    pub empty: Vec<String>,
}

/// Kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// Either; the content tells.
    #[default]
    Any,
    /// CSV only.
    Csv,
    /// XLSX only.
    Xlsx,
}

/// Columns whose texts are taken as they are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The source's number of the demand, unique and lasting.
    pub external_id: String,
    /// When it was filed.
    pub filed_at: String,
    /// Matter, from the widest level to the narrowest.
    #[serde(default)]
    pub category: Vec<String>,
    /// Title.
    pub title: Option<String>,
    /// The words of the petitioner.
    pub words: Option<String>,
    /// The petitioner's pseudonym or name; sealed on import.
    pub petitioner: Option<String>,
    /// The answer.
    pub answer: Option<String>,
    /// When it was answered.
    pub answered_at: Option<String>,
}

/// A value out of a closed list: from a column through a table, or the same for all rows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The column.
    pub column: Option<String>,
    /// The source's word → ours.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// The value of every row, when the file has no such column.
    pub constant: Option<String>,
    /// For an empty cell; none without it.
    pub when_empty: Option<String>,
    /// For a word that the table does not have; the row is refused without it.
    pub when_unknown: Option<String>,
}

/// Columns of the place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceColumns {
    /// District or county (区县).
    pub district: Option<String>,
    /// Street or township (街道乡镇).
    pub street: Option<String>,
    /// Community or village (社区村).
    pub community: Option<String>,
    /// Division code (GB/T 2260 and below).
    pub code: Option<String>,
    /// Name → division code, for rows without one: the narrowest name that stands here gives it.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
}

/// How a row names its unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitRule {
    /// Column of the name.
    pub name: String,
    /// Column of the source's id.
    pub id: Option<String>,
    /// What makes two rows the same unit.
    pub key: UnitKey,
    /// Level of a unit of which `levels` says nothing.
    pub level: Level,
    /// Level by a part of the name; the first rule that fits counts.
    #[serde(default)]
    pub levels: Vec<LevelRule>,
    /// The source's name or id (whichever is the key) → the code of a unit registered here.
    #[serde(default)]
    pub codes: BTreeMap<String, UnitCode>,
}

/// A level told by the name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelRule {
    /// Part of the name.
    pub contains: String,
    /// The level.
    pub level: Level,
}

/// What makes two rows the same unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitKey {
    /// The name: for sources whose ids are not one to one with names.
    Name,
    /// The id: a row whose id stood with another name before is refused.
    Id,
}

/// An outcome that a column asserts. Several columns may assert the same outcome; they must agree.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asserted {
    /// What is asserted, as the scorecard names it.
    pub measure: Measure,
    /// The column.
    pub column: String,
    /// Texts that assert yes.
    pub yes: Vec<String>,
    /// Texts that assert no.
    pub no: Vec<String>,
}

/// Why a mapping cannot be used; `line` is that of the mapping file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("映射文件第{line}行：{reason}")]
pub struct MappingError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and how it should be.
    pub reason: String,
}

/// What a table lacks to be read with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}。请核对是否选错了文件或映射；如列名已变，请修改映射文件", .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("；"))]
pub struct HeaderError {
    /// One per column, in the order of the mapping.
    pub faults: Vec<HeaderFault>,
}

/// One column that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// Not there.
    #[error("缺少“{wanted}”列{}", .nearest.as_ref().map(|name| format!("（最接近的是“{name}”）")).unwrap_or_default())]
    Missing {
        /// The name in the mapping.
        wanted: String,
        /// The name in the table that is most like it, when one is.
        nearest: Option<String>,
    },
    /// There more than once: which one is meant is not told.
    #[error("“{wanted}”列出现了{times}次")]
    Repeated {
        /// The name.
        wanted: String,
        /// How often.
        times: usize,
    },
}

/// A code of the mapping that the rulebook does not have: every row with it would be refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("映射[{key}]中的“{code}”不在考核细则中，可用的有：{}。请修改映射文件", .known.join("、"))]
pub struct UnknownCode {
    /// Part of the mapping.
    pub key: &'static str,
    /// The code.
    pub code: String,
    /// The codes that the rulebook has.
    pub known: Vec<String>,
}

/// A mapping bound to the columns of a table: every place is an index of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    columns: BTreeMap<String, usize>,
}

impl Binding {
    /// The index of a column that the mapping names.
    #[must_use]
    pub fn index(&self, column: &str) -> Option<usize> {
        self.columns.get(column).copied()
    }
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// [`MappingError`] with the line: no TOML, an unknown or missing key, a value that cannot be meant.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |span| line_at(text, span.start));
            MappingError { line, reason: in_chinese(e.message()) }
        })?;
        match mapping.fault() {
            None => Ok(mapping),
            Some((key, reason)) => Err(MappingError { line: line_of(text, &key), reason }),
        }
    }

    /// A mapping that comes with the program, by the name of `--as`.
    ///
    /// # Errors
    /// None for the names of [`Mapping::names`]: a test parses them all.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Result<Self, MappingError>> {
        BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| Self::parse(text))
    }

    /// The names that `--as` takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Where the table lies in the file.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout { sheet: self.file.sheet.clone(), header_row: self.file.header_row }
    }

    /// The key that is wrong and why.
    fn fault(&self) -> Option<(String, String)> {
        let name_ok = |text: &str, most: usize| {
            !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !name_ok(&self.source, 12) {
            return Some(("source".into(), "source只能用1到12个小写字母、数字或连字符，启用后不可更改".into()));
        }
        if self.title.trim().is_empty() {
            return Some(("title".into(), "title不能为空，请写明数据来源的名称".into()));
        }
        if self.file.header_row == Some(0) {
            return Some(("header_row".into(), "header_row从1开始计数".into()));
        }
        if self.columns.answer.is_some() != self.columns.answered_at.is_some() {
            return Some(("answer".into(), "answer与answered_at须同时写明：没有时间的答复无法计算时限，没有内容的时间无从核对".into()));
        }
        for (key, choice) in [("class", &self.class), ("channel", &self.channel)] {
            let Some(choice) = choice else { continue };
            match (&choice.column, &choice.constant) {
                (Some(_), None) if choice.values.is_empty() => {
                    return Some((format!("[{key}"), format!("[{key}]写了column，还须在values中写明每个值对应的代码")));
                }
                (Some(_), None) => {}
                (None, Some(_)) if choice.values.is_empty() && choice.when_empty.is_none() && choice.when_unknown.is_none() => {}
                _ => return Some((format!("[{key}"), format!("[{key}]须在column（配values）与constant中选一种"))),
            }
        }
        if self.unit.as_ref().is_some_and(|unit| unit.key == UnitKey::Id && unit.id.is_none()) {
            return Some(("[unit".into(), "key = \"id\"时须写明id列".into()));
        }
        if let Some((name, _)) = self.place.codes.iter().find(|(_, code)| !is_division(code)) {
            return Some((name.clone(), "行政区划代码应为2、4、6、9或12位数字".into()));
        }
        for asserted in &self.asserted {
            if asserted.yes.is_empty() && asserted.no.is_empty() {
                return Some((asserted.column.clone(), "[[asserted]]的yes与no不能都为空".into()));
            }
            if asserted.yes.iter().any(|value| asserted.no.contains(value)) {
                return Some((asserted.column.clone(), "[[asserted]]的同一个值不能既在yes中又在no中".into()));
            }
        }
        None
    }

    /// Holds the mapping's codes of classes and channels against the rulebook under which the cases will stand.
    ///
    /// # Errors
    /// The first [`UnknownCode`].
    pub fn check_codes(&self, rules: &Rulebook) -> Result<(), UnknownCode> {
        let classes = rules.classes.iter().map(|class| class.code.clone()).collect::<Vec<_>>();
        let channels = rules.channels.iter().map(|channel| channel.code.clone()).collect::<Vec<_>>();
        for (key, choice, known) in [("class", &self.class, classes), ("channel", &self.channel, channels)] {
            let Some(choice) = choice else { continue };
            let mut codes =
                choice.values.values().chain([&choice.constant, &choice.when_empty, &choice.when_unknown].into_iter().flatten());
            if let Some(code) = codes.find(|code| !known.contains(code)) {
                return Err(UnknownCode { key, code: code.clone(), known });
            }
        }
        Ok(())
    }

    /// The columns of the table that the mapping reads, each once, in the order of the mapping.
    fn wanted(&self) -> Vec<&str> {
        let columns = &self.columns;
        let mut wanted = vec![columns.external_id.as_str(), &columns.filed_at];
        wanted.extend(columns.category.iter().map(String::as_str));
        let optional = [&columns.title, &columns.words, &columns.petitioner, &columns.answer, &columns.answered_at];
        wanted.extend(optional.into_iter().flatten().map(String::as_str));
        wanted.extend([&self.class, &self.channel].into_iter().flatten().filter_map(|choice| choice.column.as_deref()));
        let place = [&self.place.district, &self.place.street, &self.place.community, &self.place.code];
        wanted.extend(place.into_iter().flatten().map(String::as_str));
        if let Some(unit) = &self.unit {
            wanted.push(&unit.name);
            wanted.extend(unit.id.as_deref());
        }
        wanted.extend(self.asserted.iter().map(|asserted| asserted.column.as_str()));
        let mut seen = std::collections::BTreeSet::new();
        wanted.retain(|name| seen.insert(*name));
        wanted
    }

    /// Finds every column of the mapping in the header; names are compared without blanks, case and full-width forms.
    ///
    /// # Errors
    /// [`HeaderError`] with every column that is missing or stands there twice.
    pub fn check_header(&self, header: &Header) -> Result<Binding, HeaderError> {
        let key = |name: &str| normalise::code(name).to_lowercase();
        let there: Vec<String> = header.names.iter().map(|name| key(name)).collect();
        let mut columns = BTreeMap::new();
        let mut faults = Vec::new();
        for wanted in self.wanted() {
            let sought = key(wanted);
            let found: Vec<usize> = there.iter().enumerate().filter(|(_, name)| **name == sought).map(|(index, _)| index).collect();
            match found.as_slice() {
                [] => faults.push(HeaderFault::Missing { wanted: wanted.to_owned(), nearest: nearest(&sought, &there, header) }),
                [index] => {
                    columns.insert(wanted.to_owned(), *index);
                }
                many => faults.push(HeaderFault::Repeated { wanted: wanted.to_owned(), times: many.len() }),
            }
        }
        if faults.is_empty() { Ok(Binding { columns }) } else { Err(HeaderError { faults }) }
    }
}

/// The name with the fewest changes to the one sought, when at most half of it has to change.
fn nearest(sought: &str, there: &[String], header: &Header) -> Option<String> {
    let length = sought.chars().count();
    there
        .iter()
        .zip(&header.names)
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, shown)| (changes(sought, name), name.chars().count().max(length), shown))
        .filter(|(changes, longer, _)| changes * 2 <= *longer)
        .min_by_key(|(changes, _, _)| *changes)
        .map(|(_, _, shown)| shown.clone())
}

/// Levenshtein distance; long names are compared by their first 64 characters.
fn changes(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut next = vec![i + 1];
        for ((j, y), window) in b.iter().enumerate().zip(row.windows(2)) {
            let (diagonal, above) = (window[0], window[1]);
            let left = next.get(j).copied().unwrap_or(usize::MAX - 1);
            next.push((diagonal + usize::from(x != *y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

/// The first line that names the key; 1 when none does.
fn line_of(text: &str, key: &str) -> usize {
    text.lines().position(|line| !line.trim_start().starts_with('#') && line.contains(key)).map_or(1, |index| index + 1)
}

/// The parser's words for what people get wrong, in Chinese; others stay as they are.
fn in_chinese(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [key, known @ ..] if message.starts_with("unknown field") => format!("没有“{key}”这一项，可用的有：{}", known.join("、")),
        [value, known @ ..] if message.starts_with("unknown variant") => format!("不能写“{value}”，可用的有：{}", known.join("、")),
        [key, ..] if message.starts_with("missing field") => format!("缺少“{key}”这一项"),
        [key, ..] if message.starts_with("duplicate") => format!("“{key}”写了两次"),
        _ if message.starts_with("invalid type") => format!("值的类型不对（{message}）"),
        _ => format!("不符合TOML写法（{}）", message.lines().next().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
