//! Who says what: the file, the environment and the command line, each key with its place. What nobody knows is a fault
//! with the key that was probably meant.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::keys::{Keys, environment};

const PREFIX: &str = "XIAONENG__";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nobody said anything.
    Default,
    /// A line of the file.
    File {
        /// As it was named.
        name: String,
        /// From 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// `--set`, or an option of its own.
    CommandLine,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("默认"),
            Self::File { name, line } => write!(f, "{name} 第 {line} 行"),
            Self::Environment(name) => write!(f, "环境变量 {name}"),
            Self::CommandLine => f.write_str("命令行"),
        }
    }
}

/// One value that somebody set.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assigned {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) source: Source,
}

/// The layers put on one another; a later one wins.
pub(super) struct Layers<'a> {
    keys: &'a Keys,
    assigned: BTreeMap<String, Assigned>,
    faults: Vec<String>,
}

impl<'a> Layers<'a> {
    pub(super) fn new(keys: &'a Keys) -> Self {
        Self { keys, assigned: BTreeMap::new(), faults: Vec::new() }
    }

    /// What was set, and the faults.
    pub(super) fn end(self) -> (BTreeMap<String, Assigned>, Vec<String>) {
        (self.assigned, self.faults)
    }

    /// A TOML file.
    pub(super) fn file(&mut self, name: &str, text: &str) {
        let line = |at: usize| text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        match DeTable::parse(text) {
            Ok(table) => self.table("", table.get_ref(), &|at| Source::File { name: name.to_owned(), line: line(at) }),
            Err(error) => {
                let at = error.span().map(|span| format!(" 第 {} 行", line(span.start))).unwrap_or_default();
                self.faults.push(format!("{name}{at}：不是合法的 TOML（{}）。文字要加引号，每行一项", error.message().replace('\n', " ")));
            }
        }
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>, source: &dyn Fn(usize) -> Source) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            let source_of_key = source(name.span().start);
            match value.get_ref() {
                DeValue::Table(inner) if self.keys.is_table(&key) => self.table(&key, inner, source),
                _ if self.keys.is_table(&key) => self.faults.push(format!("{source_of_key}：{key} 应为一张表，写作 [{key}]")),
                value => self.assign(key, source_of_key, |_, _| json(value)),
            }
        }
    }

    /// Variables of the environment; all that begin as ours must be ours.
    pub(super) fn environment(&mut self, variables: impl IntoIterator<Item = (OsString, OsString)>) {
        for (name, value) in variables {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            let key = name.trim_start_matches(PREFIX).to_lowercase().replace("__", ".");
            let source = Source::Environment(name.to_owned());
            match value.into_string() {
                Ok(text) => self.assign(key, source, |keys, key| keys.value_of(key, &text)),
                Err(_) => self.faults.push(format!("{source}：不是 UTF-8 文字")),
            }
        }
    }

    /// `section.key=value`.
    pub(super) fn words(&mut self, set: &[String]) {
        for one in set {
            match one.split_once('=') {
                Some((key, text)) => self.assign(key.trim().to_owned(), Source::CommandLine, |keys, key| keys.value_of(key, text)),
                None => self.faults.push(format!("{}：--set {one} 应写成 --set 节.项=值", Source::CommandLine)),
            }
        }
    }

    fn assign(&mut self, key: String, source: Source, value: impl FnOnce(&Keys, &str) -> Value) {
        if self.keys.get(&key).is_some() {
            let value = value(self.keys, &key);
            self.assigned.insert(key.clone(), Assigned { key, value, source });
            return;
        }
        let meant = match (self.keys.nearest(&key), &source) {
            (Some(meant), Source::Environment(_)) => format!("是不是 {}？", environment(&meant)),
            (Some(meant), _) => format!("是不是 {meant}？"),
            (None, _) => "全部设置项可用 xiaoneng print-config 列出".to_owned(),
        };
        self.faults.push(format!("{source}：没有 {key} 这一项，{meant}"));
    }
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or_else(|_| Value::String(number.to_string()), Value::from)
        }
        DeValue::Float(number) => serde_json::from_str(number.as_str()).unwrap_or_else(|_| Value::String(number.to_string())),
        DeValue::Boolean(yes) => Value::Bool(*yes),
        // Times of day are written with quotes or without.
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => table.iter().map(|(name, value)| (name.get_ref().to_string(), json(value.get_ref()))).collect(),
    }
}
