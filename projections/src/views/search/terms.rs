//! Words split into terms: Chinese into pairs of characters, everything else into words.
//!
//! Terms of the text begin with `t`, terms of the scope with `s`, so that nobody can write himself into a scope.

use domain::ids::UnitCode;

/// The term that every case of the index has.
pub(crate) const ALL: &str = "sall";

/// The term of the cases of a unit or below it; hexadecimal, because a code's punctuation and case would be lost.
pub(crate) fn unit_term(unit: &UnitCode) -> String {
    let hex: String = unit.as_str().bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("su{hex}")
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Ideograph,
    Word,
    Break,
}

fn kind(c: char) -> Kind {
    match c {
        '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '\u{3040}'..='\u{30ff}' => Kind::Ideograph,
        c if c.is_alphanumeric() => Kind::Word,
        _ => Kind::Break,
    }
}

/// Full-width letters and digits as narrow ones, small letters.
fn normalise(text: &str) -> Vec<char> {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

fn runs(chars: &[char]) -> impl Iterator<Item = (Kind, &[char])> {
    chars.chunk_by(|a, b| kind(*a) == kind(*b)).filter_map(|run| {
        let kind = kind(*run.first()?);
        (kind != Kind::Break).then_some((kind, run))
    })
}

/// The terms of a text, in order.
pub(crate) fn of_text(text: &str) -> Vec<String> {
    let chars = normalise(text);
    let mut terms = Vec::new();
    for (kind, run) in runs(&chars) {
        match kind {
            Kind::Word => terms.push(format!("t{}", run.iter().take(40).collect::<String>())),
            _ => {
                terms.extend(run.windows(2).map(|pair| format!("t{}", pair.iter().collect::<String>())));
                // The last character alone, so that a single character is found wherever it stands.
                terms.extend(run.last().map(|last| format!("t{last}")));
            }
        }
    }
    terms
}

/// The MATCH for a text: all terms, words and single characters as beginnings. None when there is nothing to look for.
pub(crate) fn of_query(text: &str) -> Option<String> {
    let chars = normalise(text);
    let mut terms: Vec<String> = Vec::new();
    for (kind, run) in runs(&chars) {
        if kind == Kind::Word || run.len() == 1 {
            terms.push(format!("\"t{}\" *", run.iter().take(40).collect::<String>()));
        } else {
            terms.extend(run.windows(2).map(|pair| format!("\"t{}\"", pair.iter().collect::<String>())));
        }
    }
    terms.truncate(32);
    (!terms.is_empty()).then(|| terms.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_becomes_pairs_and_the_rest_words() {
        assert_eq!(of_text("夜间施工，ＡＢ12 Noise"), ["t夜间", "t间施", "t施工", "t工", "tab12", "tnoise"]);
    }

    #[test]
    fn a_query_cannot_reach_the_scope_or_the_syntax() {
        assert_eq!(of_query("sall OR \"x"), Some("\"tsall\" * AND \"tor\" * AND \"tx\" *".to_owned()));
        assert_eq!(of_query("，。 "), None);
    }
}
