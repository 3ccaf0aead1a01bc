//! A TOML text with the lines of its items: the check against a table of known keys, before serde sees the text.
//!
//! serde stops at the first fault and speaks English; an officer who writes rules gets all the faults at once, each with
//! its line and what to do. A path names an item, counted from 1: `limits[3].handle`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::parse::Problem;
use crate::limit::{Limit, LimitError};

/// Longest text taken: the text is kept whole in an event.
const LONGEST: usize = 256 * 1024;

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Words, not blank.
    Text,
    /// Words, may be blank.
    Blank,
    /// A list of words.
    Texts,
    /// One of a fixed list.
    OneOf(&'static [&'static str]),
    /// A list of words of a fixed list.
    SomeOf(&'static [&'static str]),
    /// A whole number within bounds.
    Whole(i64, i64),
    /// True or false.
    Flag,
    /// A time limit.
    Limit,
    /// A table.
    Table(&'static [Field]),
    /// One or more tables.
    Tables(&'static [Field]),
    /// Any number of tables.
    AnyTables(&'static [Field]),
}

/// A known key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// The key.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) shape: Shape,
    /// Must be there.
    pub(super) required: bool,
}

/// A key that must be there.
pub(super) const fn must(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true }
}

/// A key that may be left out.
pub(super) const fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false }
}

/// A TOML text that could be read.
pub(super) struct Document<'t> {
    root: DeTable<'t>,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'t> Document<'t> {
    /// Reads the syntax.
    pub(super) fn read(text: &'t str) -> Result<Self, Problem> {
        if text.len() > LONGEST {
            return Err(Problem::at(None, "", format!("文件过大（{} 字节），上限为 {LONGEST} 字节，请拆分或删去无关内容", text.len())));
        }
        match DeTable::parse(text) {
            Ok(root) => {
                let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
                Ok(Self { root: root.into_inner(), lines })
            }
            Err(error) => {
                let line = error.span().map(|span| line_of(text, span.start));
                Err(Problem::at(line, "", syntax(error.message())))
            }
        }
    }

    /// All departures from the known keys.
    pub(super) fn check(&self, fields: &'static [Field]) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.check_table(&self.root, fields, "", 1, &mut problems);
        problems
    }

    /// The line of an item; of the nearest thing around it when it is left out.
    pub(super) fn line(&self, path: &str) -> Option<usize> {
        let mut line = None;
        let mut table = &self.root;
        for step in path.split('.') {
            let (name, index) = match step.split_once('[') {
                Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
                None => (step, None),
            };
            let Some((key, value)) = table.get_key_value(name) else { return line };
            line = Some(self.line_at(key));
            let mut value = value;
            if let Some(index) = index {
                let Some(item) = value.get_ref().as_array().and_then(|items| items.get(index.checked_sub(1)?)) else { return line };
                line = Some(self.line_at(item));
                value = item;
            }
            match value.get_ref().as_table() {
                Some(inner) => table = inner,
                None => return line,
            }
        }
        line
    }

    /// A problem at an item.
    pub(super) fn problem(&self, path: impl Into<String>, reason: impl Into<String>) -> Problem {
        let path = path.into();
        Problem { line: self.line(&path), path, reason: reason.into() }
    }

    fn line_at<T>(&self, spanned: &Spanned<T>) -> usize {
        self.lines.partition_point(|start| *start <= spanned.span().start)
    }

    fn check_table(&self, table: &DeTable<'_>, fields: &'static [Field], path: &str, line: usize, problems: &mut Vec<Problem>) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            let inner = join(path, name);
            let at = self.line_at(key);
            match fields.iter().find(|field| field.name == name) {
                None => problems.push(Problem::at(Some(at), inner, unknown(name, fields))),
                Some(field) => self.check_value(value, field.shape, &inner, at, problems),
            }
        }
        for field in fields.iter().filter(|field| field.required && !table.contains_key(field.name)) {
            let place = if path.is_empty() { "文件".to_owned() } else { format!("「{path}」") };
            problems.push(Problem::at(Some(line), join(path, field.name), format!("{place}缺少必填项「{}」，请补上", field.name)));
        }
    }

    fn check_value(&self, value: &Spanned<DeValue<'_>>, shape: Shape, path: &str, line: usize, problems: &mut Vec<Problem>) {
        let inner = value.get_ref();
        let reason = match shape {
            Shape::Text => match inner.as_str() {
                Some(text) if !text.trim().is_empty() => None,
                Some(_) => Some("不能为空，请填写内容".to_owned()),
                None => Some("应为带引号的文字".to_owned()),
            },
            Shape::Blank => inner.as_str().is_none().then(|| "应为带引号的文字".to_owned()),
            Shape::Texts => match inner.as_array() {
                Some(items) if items.iter().all(|item| item.get_ref().as_str().is_some_and(|text| !text.trim().is_empty())) => None,
                _ => Some("应为方括号中的一组带引号的文字，例如 [\"甲\", \"乙\"]，各项不能为空".to_owned()),
            },
            Shape::OneOf(words) => match inner.as_str() {
                Some(text) if words.contains(&text) => None,
                _ => Some(format!("只能是下列之一：{}", words.join("、"))),
            },
            Shape::SomeOf(words) => match inner.as_array() {
                Some(items) if items.iter().all(|item| item.get_ref().as_str().is_some_and(|text| words.contains(&text))) => None,
                _ => Some(format!("应为方括号中的一组，每一项只能是：{}", words.join("、"))),
            },
            Shape::Whole(least, most) => {
                let number = inner.as_integer().and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
                let fits = number.is_some_and(|number| (least..=most).contains(&number));
                (!fits).then(|| format!("应为 {least} 到 {most} 之间的整数"))
            }
            Shape::Flag => inner.as_bool().is_none().then(|| "只能是 true（是）或 false（否），不加引号".to_owned()),
            Shape::Limit => limit_fault(inner.as_str()),
            Shape::Table(fields) => match inner.as_table() {
                Some(table) => {
                    self.check_table(table, fields, path, line, problems);
                    None
                }
                None => Some(format!("应为一个表，请写成 [{path}] 并在其下逐行填写")),
            },
            Shape::Tables(fields) | Shape::AnyTables(fields) => match inner.as_array() {
                Some(items) if items.is_empty() && matches!(shape, Shape::Tables(_)) => Some("至少要有一项".to_owned()),
                Some(items) => {
                    for (index, item) in items.iter().enumerate() {
                        let path = format!("{path}[{}]", index + 1);
                        let line = self.line_at(item);
                        match item.get_ref().as_table() {
                            Some(table) => self.check_table(table, fields, &path, line, problems),
                            None => problems.push(Problem::at(Some(line), path, "应为一个表")),
                        }
                    }
                    None
                }
                None => Some(format!("应为一组表，每一项以 [[{path}]] 开头")),
            },
        };
        if let Some(reason) = reason {
            problems.push(Problem::at(Some(line), path, reason));
        }
    }
}

fn limit_fault(text: Option<&str>) -> Option<String> {
    match text {
        None => Some(LimitError::Shape.to_string()),
        Some(text) => text.parse::<Limit>().err().map(|error| format!("「{text}」不能用：{error}")),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The line of a byte, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

fn syntax(message: &str) -> String {
    if message.contains("duplicate key") {
        "同一项写了两次，请删去其中一处".to_owned()
    } else {
        format!("不符合 TOML 语法（{}），请检查这一行的引号、括号和等号（都要用英文半角符号）", message.lines().next().unwrap_or_default())
    }
}

fn unknown(name: &str, fields: &[Field]) -> String {
    let nearest = fields.iter().map(|field| (distance(name, field.name), field.name)).min();
    match nearest {
        Some((far, known)) if far <= 2.max(name.chars().count() / 2) => format!("没有「{name}」这一项，是否应为「{known}」？请改正或删去"),
        _ => {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            format!("没有「{name}」这一项，此处可用：{}；请改正或删去", known.join("、"))
        }
    }
}

/// Edits that turn one word into the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (above, y) in row.iter().skip(1).zip(&b) {
            left = (corner + usize::from(x != *y)).min(above + 1).min(left + 1);
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_words_counts_edits() {
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("lable", "label"), distance("x", "x")), (3, 3, 2, 0));
    }

    #[test]
    fn items_are_found_on_their_lines_whatever_way_they_are_written() {
        let document = Document::read("a = [{ b = 1 },\n  { b = 2 }]\n[[c]]\nd = 1\n[[c]]\nd = 2\n[e]\nf = 1\n").unwrap();
        let lines = ["a[2].b", "c[1]", "c[2].d", "c[2].missing", "e.f", "nothing"].map(|path| document.line(path));
        assert_eq!(lines, [Some(2), Some(3), Some(6), Some(5), Some(8), None]);
    }
}
