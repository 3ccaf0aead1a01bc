//! A row of a table becomes an [`ImportRow`], or [`Refusal`]s that say what is wrong with it. Nothing is guessed: an
//! unknown word, a time that cannot be read, an answer before its question refuse the row.

use std::collections::HashMap;

use domain::codes::is_division;
use domain::ids::UnitCode;
use domain::rulebook::Measure;
use domain::unit::Level;
use sha2::{Digest, Sha256};

use crate::mapping::{Binding, Choice, FileKind, HeaderError, Mapping, UnitKey};
use crate::normalise::{self, Epoch, Moment};
use crate::table::{Format, Row, Rows, Table, TableError};

/// Longest id in characters.
const ID_CHARS: usize = 64;
/// Texts that a spreadsheet shows where a formula failed.
const FAILED: [&str; 9] = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#DATA!", "#GETTING_DATA"];

/// Where a demand is about, in the source's words; `None` where it tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// District or county (区县).
    pub district: Option<String>,
    /// Street or township (街道乡镇).
    pub street: Option<String>,
    /// Community or village (社区村).
    pub community: Option<String>,
    /// Division code, from its column or by the narrowest name that the mapping knows.
    pub code: Option<String>,
}

/// The unit of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unit {
    /// Code of the unit here: from the mapping's table, else made from the key.
    pub code: UnitCode,
    /// Name in the source.
    pub name: String,
    /// Level by the mapping.
    pub level: Level,
}

/// An outcome that the source asserts without times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertedOutcome {
    /// What is asserted.
    pub measure: Measure,
    /// What is asserted.
    pub value: bool,
    /// The column that asserts it (the first, when several do).
    pub column: String,
}

/// A demand as a source tells it, cleaned and checked by itself; the rules of a case have not been asked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Row in the file.
    pub line: u64,
    /// The source's number.
    pub external_id: String,
    /// When it was filed.
    pub filed_at: Moment,
    /// Class, in our words.
    pub class: Option<String>,
    /// Channel, in our words.
    pub channel: Option<String>,
    /// Matter from wide to narrow, in the source's words; ends where the source tells nothing more.
    pub category: Vec<String>,
    /// Place.
    pub place: Place,
    /// The unit, if the source tells one.
    pub unit: Option<Unit>,
    /// Title.
    pub title: Option<String>,
    /// The petitioner's words.
    pub words: Option<String>,
    /// The petitioner's pseudonym or name: personal, to be sealed.
    pub petitioner: Option<String>,
    /// The answer.
    pub answer: Option<String>,
    /// When it was answered; there if and only if the answer is.
    pub answered_at: Option<Moment>,
    /// Outcomes that are only asserted.
    pub asserted: Vec<AssertedOutcome>,
    /// SHA-256 of everything above but the line: the same state of a demand has the same one, whatever the file's
    /// encoding, kind or order of rows.
    pub fingerprint: [u8; 32],
}

/// Why a row was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Row in the file as a spreadsheet counts.
    pub line: u64,
    /// Name of the column in the mapping; empty when the row as a whole is at fault.
    pub column: String,
    /// What is wrong and how it should be; holds nothing of the cell.
    pub reason: String,
    /// The cell's shape: its first two characters, the rest masked.
    pub value: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.column.is_empty() {
            write!(f, "第 {} 行：{}", self.line, self.reason)
        } else {
            write!(f, "第 {} 行“{}”：{}", self.line, self.column, self.reason)
        }
    }
}

/// Why a table cannot be read with a mapping at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The file.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Its columns.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// CSV where the mapping wants XLSX, or the other way.
    #[error("映射要求{wanted}文件，而这是{found}文件。请换一个文件，或把映射中的kind改为any")]
    Kind {
        /// Kind wanted.
        wanted: &'static str,
        /// Kind found.
        found: &'static str,
    },
}

/// Reads the rows of a table. Ids are remembered over the whole file: a second row with the same one is refused.
///
/// # Errors
/// [`ReadError`] when columns are missing or the file is of the wrong kind.
pub fn read_rows<'a>(table: &'a mut Table, mapping: &'a Mapping) -> Result<RowReader<'a>, ReadError> {
    let found = match table.format() {
        Format::Csv { .. } => (FileKind::Csv, "CSV"),
        Format::Xlsx { .. } => (FileKind::Xlsx, "XLSX"),
    };
    if mapping.file.kind != FileKind::Any && mapping.file.kind != found.0 {
        let wanted = if found.0 == FileKind::Csv { "XLSX" } else { "CSV" };
        return Err(ReadError::Kind { wanted, found: found.1 });
    }
    let binding = mapping.check_header(table.header())?;
    let width = table.header().names.len();
    let epoch = table.epoch();
    Ok(RowReader { rows: table.rows()?, mapping, binding, width, epoch, ids: HashMap::new(), units: HashMap::new() })
}

/// A row taken or refused.
pub type ReadRow = Result<ImportRow, Vec<Refusal>>;

/// Gives each row of a table, taken or refused; ends after a [`TableError`].
pub struct RowReader<'a> {
    rows: Rows<'a>,
    mapping: &'a Mapping,
    binding: Binding,
    width: usize,
    epoch: Epoch,
    /// Id → the row that had it first.
    ids: HashMap<String, u64>,
    /// Unit id → its name and the row that told it first.
    units: HashMap<String, (String, u64)>,
}

impl Iterator for RowReader<'_> {
    type Item = Result<ReadRow, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.rows.next()? {
            Ok(row) => Ok(self.read(&row)),
            Err(error) => Err(error),
        })
    }
}

impl RowReader<'_> {
    fn read(&mut self, row: &Row) -> ReadRow {
        let more = row.cells.iter().skip(self.width).any(|cell| !normalise::words(cell).is_empty());
        if more || row.cells.len() < self.width {
            return Err(vec![Refusal {
                line: row.line,
                column: String::new(),
                reason: format!("本行有{}列，表头有{}列。请检查本行及上一行的引号和分隔符", row.cells.len(), self.width),
                value: String::new(),
            }]);
        }
        let mapping = self.mapping;
        let mut cells = Cells { row, mapping, binding: &self.binding, refusals: Vec::new() };
        let columns = &mapping.columns;

        let external_id = cells.id(&columns.external_id);
        if let Some(id) = &external_id {
            match self.ids.get(id) {
                Some(first) => cells.refuse(&columns.external_id, format!("编号与第{first}行重复，每个编号只能有一行")),
                None => drop(self.ids.insert(id.clone(), row.line)),
            }
        }
        let filed_at = cells.moment(&columns.filed_at, self.epoch);
        if filed_at.is_none() && cells.text(&columns.filed_at).is_none() {
            cells.refuse(&columns.filed_at, "不能为空，请补填受理时间".to_owned());
        }
        let class = cells.choice(mapping.class.as_ref());
        let channel = cells.choice(mapping.channel.as_ref());
        let category = columns.category.iter().map_while(|column| cells.line(column)).collect();
        let place = cells.place();
        let unit = cells.unit(&mut self.units);
        let title = columns.title.as_ref().and_then(|column| cells.line(column));
        let words = columns.words.as_ref().and_then(|column| cells.words(column));
        let petitioner = columns.petitioner.as_ref().and_then(|column| cells.line(column));
        let answer = columns.answer.as_ref().and_then(|column| cells.words(column));
        let answered_at = columns.answered_at.as_ref().and_then(|column| cells.moment(column, self.epoch));
        if let (Some(answer_column), Some(time_column)) = (&columns.answer, &columns.answered_at) {
            if answer.is_some() && cells.text(time_column).is_none() {
                cells.refuse(time_column, "有答复内容，没有答复时间，请补填".to_owned());
            }
            if answer.is_none() && cells.text(time_column).is_some() {
                cells.refuse(answer_column, "有答复时间，没有答复内容，请补填".to_owned());
            }
            if let (Some(filed), Some(answered)) = (filed_at, answered_at)
                && answered.surely_before(&filed)
            {
                cells.refuse(time_column, "答复时间早于受理时间，请核对这两个时间".to_owned());
            }
        }
        let asserted = cells.asserted();

        let (Some(external_id), Some(filed_at), true) = (external_id, filed_at, cells.refusals.is_empty()) else {
            return Err(cells.refusals);
        };
        let mut made = ImportRow {
            line: row.line,
            external_id,
            filed_at,
            class,
            channel,
            category,
            place,
            unit,
            title,
            words,
            petitioner,
            answer,
            answered_at,
            asserted,
            fingerprint: [0; 32],
        };
        made.fingerprint = fingerprint(&made);
        Ok(made)
    }
}

/// The cells of a row and what is wrong with them.
struct Cells<'a> {
    row: &'a Row,
    mapping: &'a Mapping,
    binding: &'a Binding,
    refusals: Vec<Refusal>,
}

impl Cells<'_> {
    fn refuse(&mut self, column: &str, reason: String) {
        let value = mask(self.raw(column).1);
        self.refusals.push(Refusal { line: self.row.line, column: column.to_owned(), reason, value });
    }

    fn raw(&self, column: &str) -> (usize, &str) {
        // A bound column always has an index; without one the cell reads as empty and a required one is refused.
        let index = self.binding.index(column).unwrap_or(usize::MAX);
        (index, self.row.cells.get(index).map_or("", String::as_str))
    }

    /// The cell with its ends trimmed, `None` when it is empty or a mark for it.
    fn text(&self, column: &str) -> Option<String> {
        let text = normalise::words(self.raw(column).1);
        (!text.is_empty() && !self.mapping.file.empty.contains(&text)).then_some(text)
    }

    /// As [`Self::text`]; a failed formula refuses the row.
    fn words(&mut self, column: &str) -> Option<String> {
        let text = self.text(column)?;
        if FAILED.contains(&text.as_str()) {
            self.refuse(column, "单元格中的公式出错，请在表格中改正后再导入".to_owned());
            return None;
        }
        Some(text)
    }

    fn line(&mut self, column: &str) -> Option<String> {
        self.words(column).map(|text| normalise::line(&text))
    }

    fn id(&mut self, column: &str) -> Option<String> {
        let Some(text) = self.words(column) else {
            if self.refusals.is_empty() {
                self.refuse(column, "不能为空，请补填编号".to_owned());
            }
            return None;
        };
        let id = normalise::code(&text);
        let (index, _) = self.raw(column);
        if self.row.inexact.contains(&index) || is_scientific(&id) {
            self.refuse(column, "编号在表格中按数字保存，末几位已丢失。请把该列设为文本格式，从来源系统重新导出".to_owned());
            return None;
        }
        if id.chars().count() > ID_CHARS {
            self.refuse(column, format!("编号超过{ID_CHARS}个字符，请核对是否选错了列"));
            return None;
        }
        Some(id)
    }

    fn moment(&mut self, column: &str, epoch: Epoch) -> Option<Moment> {
        let text = self.words(column)?;
        match normalise::moment(&text, epoch) {
            Ok(moment) => Some(moment),
            Err(error) => {
                self.refuse(column, error.to_string());
                None
            }
        }
    }

    fn choice(&mut self, choice: Option<&Choice>) -> Option<String> {
        let choice = choice?;
        let Some(column) = &choice.column else { return choice.constant.clone() };
        let Some(text) = self.line(column) else { return choice.when_empty.clone() };
        let key = normalise::code(&text);
        let known = choice.values.iter().find(|(word, _)| normalise::code(word) == key).map(|(_, ours)| ours);
        if let Some(ours) = known.or(choice.when_unknown.as_ref()) {
            return Some(ours.clone());
        }
        let words: Vec<&str> = choice.values.keys().map(String::as_str).collect();
        self.refuse(column, format!("不认识这个值。可用的有：{}；如是新的写法，请补入映射文件", words.join("、")));
        None
    }

    fn place(&mut self) -> Place {
        let columns = &self.mapping.place;
        let district = columns.district.as_ref().and_then(|column| self.line(column));
        let street = columns.street.as_ref().and_then(|column| self.line(column));
        let community = columns.community.as_ref().and_then(|column| self.line(column));
        let told = columns.code.as_ref().and_then(|column| self.division(column));
        let known = || [&community, &street, &district].into_iter().flatten().find_map(|name| columns.codes.get(name)).cloned();
        Place { code: told.or_else(known), district, street, community }
    }

    fn division(&mut self, column: &str) -> Option<String> {
        let code = normalise::code(&self.words(column)?);
        if is_division(&code) {
            return Some(code);
        }
        self.refuse(column, "行政区划代码应为2、4、6、9或12位数字，请核对".to_owned());
        None
    }

    fn unit(&mut self, units: &mut HashMap<String, (String, u64)>) -> Option<Unit> {
        let rule = self.mapping.unit.as_ref()?;
        let name = self.line(&rule.name)?;
        let key = match (rule.key, &rule.id) {
            (UnitKey::Id, Some(column)) => {
                let Some(id) = self.line(column) else {
                    self.refuse(column, "有单位名称，没有单位编码，请补填".to_owned());
                    return None;
                };
                let id = normalise::code(&id);
                let (known, first) = units.entry(id.clone()).or_insert_with(|| (name.clone(), self.row.line));
                if normalise::code(known) != normalise::code(&name) {
                    let reason = format!("这个单位编码在第{first}行对应另一个名称。请核对；如来源如此，请在映射中改用key = \"name\"");
                    self.refuse(column, reason);
                    return None;
                }
                id
            }
            _ => normalise::code(&name),
        };
        let given = rule.codes.iter().find(|(known, _)| normalise::code(known) == key).map(|(_, code)| code.clone());
        let made = || UnitCode::parse(&unit_code(&self.mapping.source, &key)).ok();
        let level = rule.levels.iter().find(|known| name.contains(&known.contains)).map_or(rule.level, |known| known.level);
        // A made code always has the shape: the mapping's source is short and of the same characters.
        given.or_else(made).map(|code| Unit { code, name, level })
    }

    fn asserted(&mut self) -> Vec<AssertedOutcome> {
        let mut outcomes: Vec<AssertedOutcome> = Vec::new();
        for rule in &self.mapping.asserted {
            let Some(text) = self.line(&rule.column) else { continue };
            let value = match (rule.yes.contains(&text), rule.no.contains(&text)) {
                (true, _) => true,
                (_, true) => false,
                _ => {
                    let known: Vec<&str> = rule.yes.iter().chain(&rule.no).map(String::as_str).collect();
                    self.refuse(&rule.column, format!("不认识这个值。可用的有：{}", known.join("、")));
                    continue;
                }
            };
            match outcomes.iter().find(|outcome| outcome.measure == rule.measure) {
                Some(other) if other.value != value => {
                    let reason = format!("与“{}”列互相矛盾，请核对这两列", other.column);
                    self.refuse(&rule.column, reason);
                }
                Some(_) => {}
                None => outcomes.push(AssertedOutcome { measure: rule.measure, value, column: rule.column.clone() }),
            }
        }
        outcomes
    }
}

/// `1.23457E+17`, the shape in which a spreadsheet saves a long number as CSV.
fn is_scientific(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.split_once(['E', 'e']) else { return false };
    let exponent_ok = exponent.strip_prefix('+').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    exponent_ok && !mantissa.is_empty() && mantissa.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// A code for a unit that is not registered: the same key of the same source always gives the same one.
fn unit_code(source: &str, key: &str) -> String {
    let mut hash = Sha256::new();
    field(&mut hash, source);
    field(&mut hash, key);
    let hex: String = hash.finalize().iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    format!("{source}-{hex}")
}

fn field(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text.as_bytes());
}

/// Every field behind its length, an absent one told from an empty one: no two states share the bytes.
fn fingerprint(row: &ImportRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    let optional = |hash: &mut Sha256, text: Option<&str>| match text {
        Some(text) => {
            hash.update([1]);
            field(hash, text);
        }
        None => hash.update([0]),
    };
    let moment = |hash: &mut Sha256, moment: &Moment| {
        hash.update(moment.at.timestamp_micros().to_be_bytes());
        hash.update([u8::from(moment.date_only)]);
    };
    field(&mut hash, &row.external_id);
    moment(&mut hash, &row.filed_at);
    let place = &row.place;
    let unit = row.unit.as_ref();
    let texts = [
        &row.class,
        &row.channel,
        &place.district,
        &place.street,
        &place.community,
        &place.code,
        &row.title,
        &row.words,
        &row.petitioner,
        &row.answer,
    ];
    for text in texts {
        optional(&mut hash, text.as_deref());
    }
    optional(&mut hash, unit.map(|unit| unit.code.as_str()));
    optional(&mut hash, unit.map(|unit| unit.name.as_str()));
    hash.update([u8::from(row.answered_at.is_some())]);
    if let Some(answered) = &row.answered_at {
        moment(&mut hash, answered);
    }
    hash.update((row.category.len() as u64).to_be_bytes());
    for level in &row.category {
        field(&mut hash, level);
    }
    hash.update((row.asserted.len() as u64).to_be_bytes());
    for outcome in &row.asserted {
        field(&mut hash, outcome.measure.code());
        hash.update([u8::from(outcome.value)]);
    }
    hash.finalize().into()
}

/// The first two characters and the shape of the rest, at most 20: enough to find the cell, too little to tell a
/// person's number.
fn mask(text: &str) -> String {
    let mut shown: String = text
        .trim()
        .chars()
        .take(20)
        .enumerate()
        .map(|(index, c)| match c {
            _ if index < 2 && !c.is_control() => c,
            _ if c.is_alphanumeric() => '*',
            _ if c.is_control() => ' ',
            other => other,
        })
        .collect();
    if text.trim().chars().nth(20).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
