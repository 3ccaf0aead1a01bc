//! Reading a rulebook text: every fault with its line and what to do.
//!
//! [`Rulebook::parse`] is strict and for texts that people hand in. An adopted text in the log is read back by
//! [`Rulebook::of_adopted`], which knows only the shape: a rule of the house that becomes stricter in a later program
//! must never make an old log unreadable.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, Field, Shape, line_of, may, must};
use super::examples::{CLOCKS, parse_local};
use super::{Conditions, Convention, Example, Indicator, LimitRule, Measure, Rulebook};
use crate::limit::Limit;
use crate::unit::Level;

/// A fault of a text that an officer wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Line in the text, from 1; none when it concerns the whole.
    pub line: Option<usize>,
    /// The item, counted from 1: `limits[3].handle`; empty for the whole.
    pub path: String,
    /// What is wrong and what to do, in Chinese.
    pub reason: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.line {
            write!(f, "第 {line} 行：")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}：", self.path)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A problem with its parts.
    pub fn at(line: Option<usize>, path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { line, path: path.into(), reason: reason.into() }
    }
}

/// Most combinations of class, channel and urgency: each is tried against the limits.
const MOST_KINDS: usize = 20_000;

const LEVELS: &[&str] = &["city", "county", "township", "village"];
const MEASURES: &[&str] = &["received", "signed", "contacted", "answered", "solved", "satisfied", "overdue", "rehandled", "rated"];

/// The known keys; a test holds them against the structs.
pub(super) const FIELDS: &[Field] = &[
    must("id", Shape::Text),
    must("version", Shape::Text),
    must("title", Shape::Text),
    may("basis", Shape::Texts),
    must(
        "classes",
        Shape::Tables(&[
            must("code", Shape::Text),
            must("label", Shape::Text),
            must("definition", Shape::Text),
            may("wrongdoing", Shape::Flag),
            may("call_back", Shape::Flag),
        ]),
    ),
    must("channels", Shape::Tables(&[must("code", Shape::Text), must("label", Shape::Text), may("desk", Shape::Flag)])),
    must("urgencies", Shape::Tables(&[must("code", Shape::Text), must("label", Shape::Text)])),
    must(
        "limits",
        Shape::Tables(&[
            may("classes", Shape::Texts),
            may("channels", Shape::Texts),
            may("urgencies", Shape::Texts),
            may("levels", Shape::SomeOf(LEVELS)),
            must("accept", Shape::Limit),
            must("promise", Shape::Limit),
            must("total", Shape::Limit),
            must("handle", Shape::Limit),
            must("sign", Shape::Limit),
            may("contact", Shape::Limit),
        ]),
    ),
    must("review", Shape::Table(&[must("limit", Shape::Limit), must("sent_back", Shape::Limit)])),
    must(
        "call_back",
        Shape::Table(&[
            must("limit", Shape::Limit),
            must("attempts", Shape::Whole(1, 9)),
            must("counts", Shape::OneOf(&["first", "last"])),
        ]),
    ),
    must("rehandling", Shape::Table(&[must("limit", Shape::Limit), must("max", Shape::Whole(0, 9))])),
    must("warning", Shape::Table(&[must("percent", Shape::Whole(1, 99)), must("before_working_days", Shape::Whole(0, 30))])),
    must(
        "cards",
        Shape::Table(&[
            must("yellow_on_breach", Shape::Flag),
            must("red_after", Shape::Limit),
            must("red_on_rehandling", Shape::Whole(0, 9)),
            may("objection", Shape::Limit),
        ]),
    ),
    may("orders", Shape::Table(super::order::FIELDS)),
    must("satisfaction", Shape::Tables(&[must("code", Shape::Text), must("label", Shape::Text), must("satisfied", Shape::Flag)])),
    must("refusals", Shape::Tables(&[must("code", Shape::Text), must("label", Shape::Text), must("path", Shape::Text)])),
    must(
        "indicators",
        Shape::Tables(&[
            must("measure", Shape::OneOf(MEASURES)),
            must("label", Shape::Text),
            must("definition", Shape::Text),
            must("period", Shape::OneOf(&["dispatch", "due", "event"])),
            may("cut_off_day", Shape::Whole(0, 28)),
            may("min_samples", Shape::Whole(0, 100_000)),
            may("target_percent", Shape::Whole(1, 100)),
        ]),
    ),
    may("investigation", Shape::Table(super::investigation::FIELDS)),
    may("ladders", Shape::AnyTables(super::ladders::LADDER)),
    may(
        "examples",
        Shape::AnyTables(&[
            must("title", Shape::Text),
            must("class", Shape::Text),
            must("channel", Shape::Text),
            must("urgency", Shape::Text),
            must("level", Shape::OneOf(LEVELS)),
            must("from", Shape::Text),
            must("clock", Shape::OneOf(CLOCKS)),
            must("due", Shape::Text),
        ]),
    ),
    may("inspection", Shape::Table(super::inspection::FIELDS)),
    may("findings", Shape::Tables(super::inspection::FINDING)),
];

impl Rulebook {
    /// Reads and checks a text that somebody hands in.
    ///
    /// # Errors
    /// All the [`Problem`]s, in the order of their lines: first those of the syntax, else those of the shape, else those of the meaning.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let document = Document::read(text).map_err(|problem| vec![problem])?;
        let mut problems = document.check(FIELDS);
        if problems.is_empty() {
            let rulebook = Self::of_adopted(text).map_err(|problem| vec![problem])?;
            problems = check(&rulebook, &document);
            if problems.is_empty() {
                return Ok(rulebook);
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
        toml::from_str(text).map_err(|error| shape_problem(text, "考核细则", &error))
    }
}

/// What serde says of a text of another shape, with its line.
pub(super) fn shape_problem(text: &str, what: &str, error: &toml::de::Error) -> Problem {
    let line = error.span().map(|span| line_of(text, span.start));
    let said = error.message().lines().next().unwrap_or_default();
    Problem::at(line, "", format!("内容与{what}的格式不符（{said}），请对照样例改正"))
}

impl Measure {
    /// The period conventions that make sense: a limit has a due date, a call-back or a rating has none.
    pub fn allows(self, convention: Convention) -> bool {
        match self {
            Self::Received | Self::Signed | Self::Contacted | Self::Answered | Self::Overdue => true,
            Self::Solved | Self::Satisfied | Self::Rehandled | Self::Rated => convention != Convention::Due,
        }
    }
}

/// A code: `a-z0-9_`, 1–32.
pub(super) fn is_code(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// An id of a rulebook or catalogue: `a-z0-9-`, 1–32; it names a stream.
pub(super) fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A version: letters, digits, `.` and `-`, 1–32.
pub(super) fn is_version(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// Checks id and version, which an event joins to `id@version`.
pub(super) fn check_name(id: &str, version: &str, document: &Document<'_>, problems: &mut Vec<Problem>) {
    if !is_id(id) {
        problems.push(document.problem("id", "编号只能用 1 到 32 个小写字母、数字或连字符，例如 \"huzhou\""));
    }
    if !is_version(version) {
        problems.push(document.problem("version", "版本号只能用 1 到 32 个字母、数字、点或连字符，例如 \"2026.1\""));
    }
}

fn check(rulebook: &Rulebook, document: &Document<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_name(&rulebook.id, &rulebook.version, document, &mut problems);
    let codes: [(&str, Vec<&str>); 5] = [
        ("classes", rulebook.classes.iter().map(|one| one.code.as_str()).collect()),
        ("channels", rulebook.channels.iter().map(|one| one.code.as_str()).collect()),
        ("urgencies", rulebook.urgencies.iter().map(|one| one.code.as_str()).collect()),
        ("satisfaction", rulebook.satisfaction.iter().map(|one| one.code.as_str()).collect()),
        ("refusals", rulebook.refusals.iter().map(|one| one.code.as_str()).collect()),
    ];
    for (list, codes) in &codes {
        check_codes(list, codes, document, &mut problems);
    }
    let [(_, classes), (_, channels), (_, urgencies), ..] = &codes;
    let known = Known { classes, channels, urgencies };
    for (index, rule) in rulebook.limits.iter().enumerate() {
        check_rule(rule, &format!("limits[{}]", index + 1), &known, document, &mut problems);
    }
    if classes.len() * channels.len() * urgencies.len() > MOST_KINDS {
        problems.push(
            document.problem(
                "channels",
                format!("诉求类型、渠道、紧急程度的组合超过 {MOST_KINDS} 种，无法逐一核对时限；请合并过细的类型或渠道"),
            ),
        );
    }
    if problems.is_empty() {
        check_coverage(rulebook, document, &mut problems);
    }
    check_satisfaction(rulebook, document, &mut problems);
    if rulebook.cards.red_on_rehandling > rulebook.rehandling.max {
        problems.push(document.problem(
            "cards.red_on_rehandling",
            format!(
                "红牌设在第 {} 次重办，但最多只重办 {} 次，永远触发不了；请改小，或改为 0（不设）",
                rulebook.cards.red_on_rehandling, rulebook.rehandling.max
            ),
        ));
    }
    let mut measures = BTreeSet::new();
    for (index, indicator) in rulebook.indicators.iter().enumerate() {
        let path = format!("indicators[{}]", index + 1);
        if !measures.insert(indicator.measure) {
            problems.push(
                document.problem(format!("{path}.measure"), format!("指标「{}」重复，每个指标只能定义一次", indicator.measure.code())),
            );
        }
        check_indicator(indicator, &path, document, &mut problems);
    }
    super::ladders::check(rulebook, document, &mut problems);
    super::inspection::check(rulebook, document, &mut problems);
    for (index, example) in rulebook.examples.iter().enumerate() {
        check_example(example, rulebook, &format!("examples[{}]", index + 1), &known, document, &mut problems);
    }
    problems
}

struct Known<'a> {
    classes: &'a [&'a str],
    channels: &'a [&'a str],
    urgencies: &'a [&'a str],
}

/// Codes have the allowed shape and stand once in their list.
pub(super) fn check_codes(list: &str, codes: &[&str], document: &Document<'_>, problems: &mut Vec<Problem>) {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, code) in codes.iter().enumerate() {
        let path = format!("{list}[{}].code", index + 1);
        if !is_code(code) {
            problems.push(document.problem(path.as_str(), format!("代码「{code}」只能用 1 到 32 个小写字母、数字或下划线")));
        }
        if let Some(earlier) = first.insert(code, index) {
            let line = document.line(&format!("{list}[{}].code", earlier + 1)).unwrap_or_default();
            problems.push(document.problem(path, format!("代码「{code}」与第 {line} 行重复，请换一个")));
        }
    }
}

fn check_rule(rule: &LimitRule, path: &str, known: &Known<'_>, document: &Document<'_>, problems: &mut Vec<Problem>) {
    for (list, used, all) in [
        ("classes", &rule.classes, known.classes),
        ("channels", &rule.channels, known.channels),
        ("urgencies", &rule.urgencies, known.urgencies),
    ] {
        for (index, code) in used.iter().enumerate() {
            if !all.contains(&code.as_str()) {
                let path = format!("{path}.{list}[{}]", index + 1);
                problems.push(document.problem(path, format!("「{code}」不在 {list} 中，可用：{}", all.join("、"))));
            }
        }
    }
    let mut not_longer = |short: (&str, Limit), long: (&str, Limit), strictly: bool| {
        let same_unit = std::mem::discriminant(&short.1) == std::mem::discriminant(&long.1);
        let wrong = same_unit && (short.1.count() > long.1.count() || strictly && short.1.count() == long.1.count());
        if wrong {
            let than = if strictly { "必须短于" } else { "不能长于" };
            problems.push(document.problem(
                format!("{path}.{}", short.0),
                format!("{}（{}）{than}{}（{}），请改正其中一个", name_of(short.0), short.1, name_of(long.0), long.1),
            ));
        }
    };
    not_longer(("sign", rule.sign), ("handle", rule.handle), true);
    not_longer(("handle", rule.handle), ("total", rule.total), false);
    not_longer(("total", rule.total), ("promise", rule.promise), false);
    not_longer(("accept", rule.accept), ("promise", rule.promise), false);
    if let Some(contact) = rule.contact {
        not_longer(("contact", contact), ("handle", rule.handle), false);
    }
}

fn name_of(limit: &str) -> &'static str {
    match limit {
        "sign" => "签收时限 sign",
        "handle" => "办理时限 handle",
        "total" => "总时限 total",
        "accept" => "受理时限 accept",
        "contact" => "首次联系时限 contact",
        _ => "承诺时限 promise",
    }
}

/// Every case finds a rule, every rule finds a case, and what the receipt promised does not depend on who handles.
fn check_coverage(rulebook: &Rulebook, document: &Document<'_>, problems: &mut Vec<Problem>) {
    let count = rulebook.limits.len();
    let open =
        |rule: &LimitRule| rule.classes.is_empty() && rule.channels.is_empty() && rule.urgencies.is_empty() && rule.levels.is_empty();
    if !rulebook.limits.last().is_some_and(open) {
        problems.push(document.problem(
            format!("limits[{count}]"),
            "最后一条时限不能带条件（classes、channels、urgencies、levels），否则有的诉求没有时限；请在末尾补一条不带条件的",
        ));
    }
    let mut used = BTreeSet::new();
    let mut told = BTreeSet::new();
    let index_of = |rule: &LimitRule| rulebook.limits.iter().position(|one| std::ptr::eq(one, rule)).unwrap_or_default();
    for class in &rulebook.classes {
        for channel in &rulebook.channels {
            for urgency in &rulebook.urgencies {
                let case = Conditions { class: &class.code, channel: &channel.code, urgency: &urgency.code, level: None };
                // Without a rule before dispatch there is no open last rule, which has been said above.
                let Some(filed) = rulebook.limits(case) else { continue };
                used.insert(index_of(filed));
                for level in Level::ALL {
                    let Some(rule) = rulebook.limits(Conditions { level: Some(level), ..case }) else { continue };
                    used.insert(index_of(rule));
                    for (name, differs) in [("accept", rule.accept != filed.accept), ("promise", rule.promise != filed.promise)] {
                        let index = index_of(rule) + 1;
                        if differs && told.insert((index, name)) {
                            problems.push(document.problem(
                                format!("limits[{index}].{name}"),
                                format!(
                                    "{}在派单前就已告知群众，不能随承办单位层级变化；请与第 {} 条（不分层级时适用）保持一致",
                                    name_of(name),
                                    index_of(filed) + 1
                                ),
                            ));
                        }
                    }
                }
            }
        }
    }
    for index in (0..count).filter(|index| !used.contains(index)) {
        problems.push(
            document.problem(format!("limits[{}]", index + 1), "这一条永远轮不到，前面的条目已经覆盖了它的全部情形；请调整顺序或删去"),
        );
    }
}

fn check_satisfaction(rulebook: &Rulebook, document: &Document<'_>, problems: &mut Vec<Problem>) {
    let satisfied = rulebook.satisfaction.iter().filter(|grade| grade.satisfied).count();
    if satisfied == 0 || satisfied == rulebook.satisfaction.len() {
        problems.push(
            document.problem("satisfaction", "满意度等次中至少要有一个算满意（satisfied = true）和一个不算满意（satisfied = false）"),
        );
    }
    let first_not = rulebook.satisfaction.iter().position(|grade| !grade.satisfied).unwrap_or_default();
    if let Some(index) =
        (first_not..rulebook.satisfaction.len()).find(|index| rulebook.satisfaction.get(*index).is_some_and(|grade| grade.satisfied))
    {
        problems.push(document.problem(format!("satisfaction[{}]", index + 1), "满意度等次应从最满意到最不满意排列，请调整顺序"));
    }
}

fn check_indicator(indicator: &Indicator, path: &str, document: &Document<'_>, problems: &mut Vec<Problem>) {
    if !indicator.measure.allows(indicator.period) {
        problems.push(document.problem(
            format!("{path}.period"),
            format!("「{}」没有到期日，归属月份只能按 dispatch（派单）或 event（发生）确定", indicator.label),
        ));
    }
    if indicator.measure.is_count() && indicator.target_percent.is_some() {
        problems.push(
            document
                .problem(format!("{path}.target_percent"), format!("「{}」是件数，不是比率，不能设百分比目标；请删去", indicator.label)),
        );
    }
    for (key, text) in [("label", &indicator.label), ("definition", &indicator.definition)] {
        if let Some(word) = scores_formalism(text) {
            problems.push(document.problem(
                format!("{path}.{key}"),
                format!(
                    "不得把「{word}」作为考核加减分或评价依据：《整治形式主义为基层减负若干规定》要求不以领导批示、信息刊发、经验推广等评价工作，不以留痕代替实绩；请改为以办理结果计算"
                ),
            ));
        }
    }
}

/// Words by which points were earned without work for citizens (practice.md 17).
const FORMALISM: &[&str] =
    &["批示", "信息刊发", "刊发", "信息采用", "信息报送", "简报", "经验材料", "经验推广", "经验交流", "痕迹", "留痕", "照片", "截图"];
/// A clause that says the opposite.
const DENIAL: &[&str] = &["不计", "不含", "不包括", "不以", "不得", "不作", "不看", "剔除", "除外"];

/// The word by which a text scores appearances rather than results, if it does.
fn scores_formalism(text: &str) -> Option<&'static str> {
    text.split(['，', '。', '；', ',', ';', '\n'])
        .filter(|clause| !DENIAL.iter().any(|denial| clause.contains(denial)))
        .find_map(|clause| FORMALISM.iter().copied().find(|word| clause.contains(word)))
}

fn check_example(
    example: &Example,
    rulebook: &Rulebook,
    path: &str,
    known: &Known<'_>,
    document: &Document<'_>,
    problems: &mut Vec<Problem>,
) {
    let before = problems.len();
    for (key, code, list, all) in [
        ("class", &example.class, "classes", known.classes),
        ("channel", &example.channel, "channels", known.channels),
        ("urgency", &example.urgency, "urgencies", known.urgencies),
    ] {
        if !all.contains(&code.as_str()) {
            problems.push(document.problem(format!("{path}.{key}"), format!("「{code}」不在 {list} 中，可用：{}", all.join("、"))));
        }
    }
    for (key, text) in [("from", &example.from), ("due", &example.due)] {
        if parse_local(text).is_none() {
            problems.push(
                document.problem(format!("{path}.{key}"), format!("「{text}」不是日期时间，请写成 \"2026-04-30 10:00\"（北京时间）")),
            );
        }
    }
    if problems.len() == before
        && example.clock == "contact"
        && rulebook.limits(example.conditions()).is_some_and(|rule| rule.contact.is_none())
    {
        problems.push(document.problem(format!("{path}.clock"), "适用的时限没有规定首次联系（contact），请换一个时限或补上规定"));
    }
}

#[cfg(test)]
mod tests;
