//! Reading dispatch catalogues (派单目录, domain.md A4) and which version is in force.

use std::sync::Arc;

use chrono::NaiveDate;

use super::document::{Document, Field, Shape, may, must};
use super::parse::{Problem, check_name, shape_problem};
use super::{CatalogueAdopted, RuleEvent};
use crate::catalogue::Catalogue;
use crate::ids::UnitCode;
use crate::time::{Instant, legal_day};

/// The known keys; a test holds them against the structs.
pub(super) const FIELDS: &[Field] = &[
    must("id", Shape::Text),
    must("version", Shape::Text),
    may(
        "entries",
        Shape::AnyTables(&[
            must("code", Shape::Text),
            must("matter", Shape::Text),
            may("words", Shape::Texts),
            may("division", Shape::Blank),
            may("classes", Shape::Texts),
            must("unit", Shape::Text),
            must("basis", Shape::Text),
        ]),
    ),
];

impl Catalogue {
    /// Reads and checks a text that somebody hands in. `known_unit` says whether a unit stands in the register;
    /// `known_class` whether the rulebook has the class.
    ///
    /// # Errors
    /// All the [`Problem`]s, in the order of their lines.
    pub fn parse(text: &str, known_unit: impl Fn(&UnitCode) -> bool, known_class: impl Fn(&str) -> bool) -> Result<Self, Vec<Problem>> {
        let document = Document::read(text).map_err(|problem| vec![problem])?;
        let mut problems = document.check(FIELDS);
        problems.extend(bad_units(text, &document));
        if problems.is_empty() {
            let catalogue = Self::of_adopted(text).map_err(|problem| vec![problem])?;
            check(&catalogue, &document, known_unit, known_class, &mut problems);
            if problems.is_empty() {
                return Ok(catalogue);
            }
        }
        problems.sort();
        Err(problems)
    }

    /// Reads an adopted text back: only the shape is checked.
    ///
    /// # Errors
    /// The [`Problem`] of the first place that has another shape.
    pub fn of_adopted(text: &str) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|error| shape_problem(text, "派单目录", &error))
    }
}

/// Unit codes of another shape, which serde would refuse without a line.
fn bad_units(text: &str, document: &Document<'_>) -> Vec<Problem> {
    let Ok(table) = text.parse::<toml::Table>() else { return Vec::new() };
    let entries = table.get("entries").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let codes = entries.iter().enumerate().filter_map(|(index, entry)| Some((index, entry.get("unit")?.as_str()?)));
    codes
        .filter_map(|(index, code)| {
            UnitCode::parse(code).err().map(|error| document.problem(format!("entries[{}].unit", index + 1), error.to_string()))
        })
        .collect()
}

fn check(
    catalogue: &Catalogue,
    document: &Document<'_>,
    known_unit: impl Fn(&UnitCode) -> bool,
    known_class: impl Fn(&str) -> bool,
    problems: &mut Vec<Problem>,
) {
    check_name(&catalogue.id, &catalogue.version, document, problems);
    let mut first = std::collections::BTreeMap::new();
    for (index, entry) in catalogue.entries.iter().enumerate() {
        let path = format!("entries[{}]", index + 1);
        if let Some(earlier) = first.insert(entry.code.as_str(), index) {
            let line = document.line(&format!("entries[{}].code", earlier + 1)).unwrap_or_default();
            problems.push(document.problem(format!("{path}.code"), format!("目录编号「{}」与第 {line} 行重复，请换一个", entry.code)));
        }
        if entry.words.is_empty() {
            problems.push(document.problem(format!("{path}.words"), "至少写一个关键词（words），否则这一条永远不会被推荐"));
        }
        if !entry.division.bytes().all(|byte| byte.is_ascii_digit()) || entry.division.len() > 12 {
            problems.push(document.problem(format!("{path}.division"), "行政区划代码只能是不超过 12 位的数字，全市适用的留空"));
        }
        for (at, class) in entry.classes.iter().enumerate().filter(|(_, class)| !known_class(class)) {
            problems
                .push(document.problem(format!("{path}.classes[{}]", at + 1), format!("诉求类型「{class}」不在现行考核细则中，请核对")));
        }
        if !known_unit(&entry.unit) {
            problems
                .push(document.problem(format!("{path}.unit"), format!("单位「{}」不在单位名册中，请先登记该单位或核对代码", entry.unit)));
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Adoption {
    catalogue: Arc<Catalogue>,
    text: String,
    from: NaiveDate,
    recorded_at: Instant,
}

/// All adopted catalogues, in the order of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogues(Vec<Adoption>);

impl Catalogues {
    /// Folds an adoption. Nothing changes when it fails.
    ///
    /// # Errors
    /// The text has another shape than this program knows.
    pub fn adopt(&mut self, recorded_at: Instant, event: &CatalogueAdopted) -> Result<(), Vec<Problem>> {
        let catalogue = Arc::new(Catalogue::of_adopted(&event.text).map_err(|problem| vec![problem])?);
        self.0.push(Adoption { catalogue, text: event.text.clone(), from: event.from, recorded_at });
        Ok(())
    }

    /// The catalogue in force at a moment, as known at `recorded_by`: of those begun, the latest recorded.
    pub fn resolve(&self, moment: Instant, recorded_by: Instant) -> Option<Arc<Catalogue>> {
        let day = legal_day(moment);
        let begun = self.0.iter().filter(|one| one.recorded_at <= recorded_by && one.from <= day);
        begun.max_by_key(|one| one.recorded_at).map(|one| one.catalogue.clone())
    }

    /// The version that an event names, `id@version`.
    pub fn by_reference(&self, reference: &str) -> Option<Arc<Catalogue>> {
        self.adoption(reference).map(|one| one.catalogue.clone())
    }

    fn adoption(&self, reference: &str) -> Option<&Adoption> {
        let (id, version) = reference.split_once('@')?;
        self.0.iter().rev().find(|one| one.catalogue.id == id && one.catalogue.version == version)
    }
}

/// Adopts a catalogue from a day on. The same version with the same text and day again gives nothing.
///
/// # Errors
/// The [`Problem`]s of the text; another text under an adopted version.
pub fn adopt(
    state: &Catalogues,
    text: &str,
    from: NaiveDate,
    known_unit: impl Fn(&UnitCode) -> bool,
    known_class: impl Fn(&str) -> bool,
) -> Result<Vec<RuleEvent>, Vec<Problem>> {
    let catalogue = Catalogue::parse(text, known_unit, known_class)?;
    let reference = format!("{}@{}", catalogue.id, catalogue.version);
    if state.adoption(&reference).is_some_and(|one| one.text != text) {
        let reason = format!("版本 {reference} 已经启用且内容不同，启用过的版本不能改动；请换一个版本号再启用");
        return Err(vec![Problem::at(None, "version", reason)]);
    }
    let repeated = state.0.last().is_some_and(|one| one.text == text && one.from == from);
    if repeated {
        return Ok(Vec::new());
    }
    Ok(vec![CatalogueAdopted { id: catalogue.id, version: catalogue.version, text: text.to_owned(), from }.into()])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"id = "duties"
version = "1"
[[entries]]
code = "A-1"
matter = "夜间施工噪声"
words = ["施工", "噪声"]
classes = ["complaint"]
unit = "330500.07"
basis = "市生态环境局三定规定"
[[entries]]
code = "A-2"
matter = "生活垃圾清运"
words = ["垃圾"]
division = "330502"
unit = "330502.03"
basis = "区综合执法局权责清单"
"#;

    fn known_unit(unit: &UnitCode) -> bool {
        unit.as_str().starts_with("3305")
    }

    fn parse(text: &str) -> Result<Catalogue, Vec<Problem>> {
        Catalogue::parse(text, known_unit, |class| class == "complaint")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Instant {
        crate::rulebook::examples::parse_local(text).unwrap()
    }

    #[test]
    fn a_sound_catalogue_is_read() {
        assert_eq!(parse(SOUND).unwrap().entries.len(), 2);
    }

    #[test]
    fn every_broken_place_is_named_with_its_line_and_what_to_do() {
        let table = [
            ("code = \"A-2\"", "code = \"A-1\"", 11, "entries[2].code", "与第 4 行重复"),
            ("unit = \"330502.03\"", "unit = \"999\"", 15, "entries[2].unit", "不在单位名册中"),
            ("unit = \"330502.03\"", "unit = \"a b\"", 15, "entries[2].unit", "单位代码只能用"),
            ("words = [\"垃圾\"]", "words = []", 13, "entries[2].words", "至少写一个关键词"),
            ("words = [\"垃圾\"]", "word = [\"垃圾\"]", 13, "entries[2].word", "是否应为「words」"),
            ("division = \"330502\"", "division = \"吴兴区\"", 14, "entries[2].division", "行政区划代码"),
            ("classes = [\"complaint\"]", "classes = [\"other\"]", 7, "entries[1].classes[1]", "不在现行考核细则中"),
            ("basis = \"市生态环境局三定规定\"\n", "", 3, "entries[1].basis", "缺少必填项"),
            ("matter = \"夜间", "matter = 夜间", 5, "", "TOML 语法"),
        ];
        for (from, to, line, path, reason) in table {
            assert!(SOUND.contains(from));
            let got = parse(&SOUND.replace(from, to)).unwrap_err();
            let found = got.iter().any(|one| one.line == Some(line) && one.path == path && one.reason.contains(reason));
            assert!(found, "{from} → {to}: {got:#?}");
        }
    }

    #[test]
    fn the_catalogue_of_a_moment_is_the_latest_recorded_that_had_begun() {
        let mut state = Catalogues::default();
        let second = SOUND.replace("version = \"1\"", "version = \"2\"");
        for (text, from, recorded) in [(SOUND, "2026-01-01", "2026-01-01 09:00"), (&second, "2026-03-01", "2026-02-01 09:00")] {
            let events = adopt(&state, text, day(from), known_unit, |_| true).unwrap();
            let [RuleEvent::CatalogueAdopted(event)] = events.as_slice() else { panic!("one adoption") };
            state.adopt(at(recorded), event).unwrap();
        }
        let version = |moment, by| state.resolve(at(moment), at(by)).map(|one| one.version.clone());
        assert_eq!(version("2025-12-31 23:59", "2026-05-01 00:00"), None);
        assert_eq!(version("2026-02-28 23:59", "2026-05-01 00:00").as_deref(), Some("1"));
        assert_eq!(version("2026-03-01 00:00", "2026-05-01 00:00").as_deref(), Some("2"));
        assert_eq!(version("2026-03-01 00:00", "2026-01-31 00:00").as_deref(), Some("1"));
        assert_eq!(adopt(&state, &second, day("2026-03-01"), known_unit, |_| true), Ok(vec![]));
        let other = second.replace("生活垃圾", "厨余垃圾");
        assert!(adopt(&state, &other, day("2026-03-01"), known_unit, |_| true).unwrap_err()[0].reason.contains("已经启用"));
        assert_eq!(state.by_reference("duties@1").unwrap().version, "1");
    }
}
