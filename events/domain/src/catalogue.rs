//! The dispatch catalogue (派单目录, domain.md A4): which unit answers for which matter in which place.

use serde::{Deserialize, Serialize};

use crate::ids::UnitCode;

/// One version of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Short id.
    pub id: String,
    /// Version.
    pub version: String,
    /// Entries; order does not matter, the most specific wins.
    #[serde(default)]
    pub entries: Vec<Entry>,
}

/// One duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Stable code, cited by the dispatch.
    pub code: String,
    /// The matter in words.
    pub matter: String,
    /// Words whose presence in the demand speaks for this entry.
    #[serde(default)]
    pub words: Vec<String>,
    /// Division code prefix that the place must have; empty = the whole city.
    #[serde(default)]
    pub division: String,
    /// Classes; empty = all.
    #[serde(default)]
    pub classes: Vec<String>,
    /// The unit in charge.
    pub unit: UnitCode,
    /// The text that gives the duty (三定、权责清单).
    pub basis: String,
}

/// A suggestion with its reasons; a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Words of the entry found in the demand.
    pub found: Vec<&'a str>,
    /// The entry's division holds the place.
    pub in_place: bool,
}

impl Catalogue {
    /// The entries that fit, best first: more words found, then the narrower division, then the code.
    /// An entry fits if at least one of its words is found; the same input gives the same order.
    pub fn suggest(&self, class: &str, words: &str, division: &str) -> Vec<Suggestion<'_>> {
        let mut all: Vec<Suggestion<'_>> = self
            .entries
            .iter()
            .filter(|entry| entry.classes.is_empty() || entry.classes.iter().any(|c| c == class))
            .filter(|entry| division.starts_with(entry.division.as_str()))
            .filter_map(|entry| {
                let found: Vec<&str> =
                    entry.words.iter().map(String::as_str).filter(|word| !word.is_empty() && words.contains(word)).collect();
                if found.is_empty() { None } else { Some(Suggestion { entry, found, in_place: !entry.division.is_empty() }) }
            })
            .collect();
        all.sort_by(|a, b| {
            let rank =
                |s: &Suggestion<'_>| (s.found.len(), s.found.iter().map(|w| w.chars().count()).sum::<usize>(), s.entry.division.len());
            rank(b).cmp(&rank(a)).then_with(|| a.entry.code.cmp(&b.entry.code))
        });
        all
    }

    /// The entry of a code.
    pub fn entry(&self, code: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(code: &str, words: &[&str], division: &str) -> Entry {
        Entry {
            code: code.to_owned(),
            matter: code.to_owned(),
            words: words.iter().map(|w| (*w).to_owned()).collect(),
            division: division.to_owned(),
            classes: vec![],
            unit: UnitCode::parse(code).unwrap(),
            basis: String::new(),
        }
    }

    #[test]
    fn more_words_found_comes_first_and_the_reason_is_given() {
        let catalogue =
            Catalogue { entries: vec![entry("A", &["噪声"], ""), entry("B", &["施工", "噪声"], "")], ..Default::default() };
        let suggested = catalogue.suggest("complaint", "夜间施工噪声扰民", "3305");
        assert_eq!(suggested.iter().map(|s| s.entry.code.as_str()).collect::<Vec<_>>(), ["B", "A"]);
        assert_eq!(suggested[0].found, ["施工", "噪声"]);
    }

    #[test]
    fn the_narrower_place_wins_and_another_place_is_left_out() {
        let catalogue = Catalogue {
            entries: vec![entry("A", &["垃圾"], ""), entry("B", &["垃圾"], "330502"), entry("C", &["垃圾"], "330503")],
            ..Default::default()
        };
        let suggested = catalogue.suggest("complaint", "垃圾无人清运", "330502001");
        assert_eq!(suggested.iter().map(|s| s.entry.code.as_str()).collect::<Vec<_>>(), ["B", "A"]);
    }

    #[test]
    fn without_a_word_nothing_is_suggested() {
        let catalogue = Catalogue { entries: vec![entry("A", &["垃圾"], "")], ..Default::default() };
        assert_eq!(catalogue.suggest("complaint", "路灯不亮", "3305"), vec![]);
    }
}
