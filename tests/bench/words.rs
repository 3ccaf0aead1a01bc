//! The words of a call, and what is printed.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use tests::Outcome;
use tests::server::{run as command, text};

/// The words of a call.
pub struct Words {
    /// Which bench.
    pub command: String,
    /// What stands behind it without a name.
    pub plain: Vec<String>,
    named: BTreeMap<String, String>,
    // Removed with everything in it at the end.
    temporary: tempfile::TempDir,
}

impl Words {
    /// Reads `COMMAND [WORD]… [--name value]…`.
    pub fn read(mut given: impl Iterator<Item = String>) -> Outcome<Self> {
        let command = given.next().ok_or("which bench?")?;
        let (mut plain, mut named) = (Vec::new(), BTreeMap::new());
        while let Some(word) = given.next() {
            match word.strip_prefix("--") {
                Some(name) => {
                    let value = given.next().ok_or_else(|| format!("--{name} needs a value"))?;
                    named.insert(name.to_owned(), value);
                }
                None => plain.push(word),
            }
        }
        Ok(Self { command, plain, named, temporary: tempfile::tempdir()? })
    }

    /// A word by its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.named.get(name).map(String::as_str)
    }

    /// A number by its name.
    pub fn number(&self, name: &str, otherwise: u64) -> Outcome<u64> {
        Ok(self.get(name).map_or(Ok(otherwise), str::parse)?)
    }

    /// The folder for everything.
    pub fn scratch(&self) -> PathBuf {
        self.get("scratch").map_or_else(|| self.temporary.path().to_owned(), PathBuf::from)
    }

    /// A city of so many cases with fresh views: as named, or in the scratch folder; generated when it is not there.
    pub fn city(&self, name: &str, cases: u64) -> Outcome<PathBuf> {
        let dir = self.get(name).map_or_else(|| self.scratch().join(format!("city-{cases}")), PathBuf::from);
        if !dir.join("log.db").exists() {
            say(&format!("generating {cases} cases in {}", dir.display()));
            let told = command(&["generate", "--data", text(&dir), "--cases", &cases.to_string(), "--json"])?;
            say(told.trim());
        }
        if !dir.join("search.db").exists() {
            command(&["rebuild", "--data", text(&dir)])?;
        }
        Ok(dir)
    }

    /// One line of JSON and one for people.
    pub fn report(&self, what: &str, facts: Value, human: &str) {
        let mut all = json!({ "what": what, "date": self.get("date").unwrap_or_default() });
        if let (Some(all), Value::Object(facts)) = (all.as_object_mut(), facts) {
            all.extend(facts);
        }
        say(&all.to_string());
        say(human);
    }
}

/// A line on standard output; whoever reads it may have gone.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// The machine in one line: processor, cores, memory, kernel.
pub fn machine() -> Outcome<String> {
    let (cpu, memory) = (std::fs::read_to_string("/proc/cpuinfo")?, std::fs::read_to_string("/proc/meminfo")?);
    let value = |text: &str, name: &str| {
        text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    };
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let kib: u64 = value(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse().ok()).unwrap_or_default();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let model = value(&cpu, "model name").unwrap_or_else(|| "unknown processor".to_owned());
    Ok(format!("{cores} cores ({model}), {} GiB, Linux {}", kib >> 20, kernel.trim()))
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// With two digits behind the point.
pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
