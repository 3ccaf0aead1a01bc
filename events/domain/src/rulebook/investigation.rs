//! The limits of 效能投诉件 (domain.md D3): an optional section, so that older rulebooks stay valid.

use serde::{Deserialize, Serialize};

use super::document::{Field, Shape, must};
use crate::limit::Limit;

/// `[investigation]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvestigationRules {
    /// From filing to the decision whether it is accepted.
    pub accept: Limit,
    /// From acceptance to the conclusion.
    pub close: Limit,
    /// One extension, from the due instant of the limit it extends.
    pub extension: Limit,
    /// From the answer to the complainant's request for a review.
    pub review_request: Limit,
    /// From that request to the conclusion of the review.
    pub review: Limit,
    /// From the conclusion to the unit's answer whether it adopts the recommendation (domain.md D14).
    pub adopt: Limit,
}

/// The known keys of the section.
pub(super) const FIELDS: &[Field] = &[
    must("accept", Shape::Limit),
    must("close", Shape::Limit),
    must("extension", Shape::Limit),
    must("review_request", Shape::Limit),
    must("review", Shape::Limit),
    must("adopt", Shape::Limit),
];

#[cfg(test)]
mod tests {
    use crate::rulebook::Rulebook;
    use crate::rulebook::shipped::SHIPPED;

    #[test]
    fn the_section_may_be_left_out_and_is_checked_when_it_is_there() {
        let text = SHIPPED[0].1;
        let (before, rest) = text.split_once("[investigation]\n").unwrap();
        let (section, after) = rest.split_once("\n\n").unwrap();
        let rules = Rulebook::parse(text).unwrap().investigation.unwrap();
        assert_eq!((rules.accept.to_string(), rules.close.to_string()), ("5wd".to_owned(), "30d".to_owned()));
        assert_eq!(Rulebook::parse(&format!("{before}{after}")).unwrap().investigation, None);
        let wrong = format!("{before}[investigation]\n{}\n\n{after}", section.replace("close = \"30d\"", "close = \"一个月\""));
        let problems = Rulebook::parse(&wrong).unwrap_err();
        let line = before.lines().count() + 3;
        assert!(problems.iter().any(|problem| problem.line == Some(line) && problem.path.contains("investigation.close")), "{problems:?}");
    }
}
