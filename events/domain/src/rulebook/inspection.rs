//! The rules of spot checks: limits, the counter of visits, and the table of findings with their points.

use serde::{Deserialize, Serialize};

use super::Rulebook;
use super::document::{Document, Field, Shape, may, must};
use super::parse::{Problem, check_codes};
use crate::limit::Limit;

/// The known keys of `[inspection]`.
pub(super) const FIELDS: &[Field] =
    &[may("reply", Shape::Limit), may("rectification", Shape::Limit), may("visits_per_year", Shape::Whole(1, 366))];

/// The known keys of `[[findings]]`.
pub(super) const FINDING: &[Field] = &[must("code", Shape::Text), must("label", Shape::Text), must("points", Shape::Text)];

/// `[inspection]`; all of it may be left out (domain.md §5.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InspectionRules {
    /// For the unit's reply to a finding.
    pub reply: Limit,
    /// For a rectification, unless another date is given.
    pub rectification: Limit,
    /// From how many visits in a year on the page warns before the next one (practice.md 17).
    pub visits_per_year: u16,
}

impl Default for InspectionRules {
    fn default() -> Self {
        Self { reply: Limit::WorkingDays(3), rectification: Limit::CalendarDays(60), visits_per_year: 4 }
    }
}

/// What may be found, with the points that it costs (I12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingRule {
    /// `a-z0-9_`.
    pub code: String,
    /// Name on pages.
    pub label: String,
    /// Points taken off, a decimal with at most two places: `0.2`.
    pub points: String,
}

/// The table of rulebooks that have none (domain.md D11, I12).
pub(super) fn findings() -> Vec<FindingRule> {
    let one =
        |code: &str, label: &str, points: &str| FindingRule { code: code.to_owned(), label: label.to_owned(), points: points.to_owned() };
    vec![
        one("absent", "脱岗", "0.2"),
        one("late_early", "迟到早退", "0.2"),
        one("idle", "上班时间做与工作无关的事", "0.5"),
        one("rude", "态度生硬", "0.5"),
        one("not_told_at_once", "未一次性告知", "0.3"),
        one("window_closed", "窗口无人值守或提前停止受理", "0.5"),
        one("not_published", "办事指南不公开或与实际不符", "0.2"),
        one("other", "其他违反效能制度的情形", "0.1"),
    ]
}

impl Rulebook {
    /// The finding of a code.
    pub fn finding(&self, code: &str) -> Option<&FindingRule> {
        self.findings.iter().find(|finding| finding.code == code)
    }
}

/// A decimal from 0 to 999.99.
fn is_points(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole, 3) && digits(part, 2)
}

/// Codes stand once, points are decimals.
pub(super) fn check(rulebook: &Rulebook, document: &Document<'_>, problems: &mut Vec<Problem>) {
    let codes: Vec<&str> = rulebook.findings.iter().map(|one| one.code.as_str()).collect();
    check_codes("findings", &codes, document, problems);
    for (index, finding) in rulebook.findings.iter().enumerate() {
        if !is_points(&finding.points) {
            let reason = format!("「{}」不是分值，请写成带引号的小数，最多两位，例如 \"0.2\"", finding.points);
            problems.push(document.problem(format!("findings[{}].points", index + 1), reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::shipped::SHIPPED;

    #[test]
    fn a_rulebook_without_these_sections_has_the_usual_limits_and_table() {
        let text = SHIPPED.iter().find(|(name, _)| *name == "historic").unwrap().1;
        let rules = Rulebook::parse(text).unwrap();
        assert_eq!(rules.inspection, InspectionRules::default());
        assert_eq!(rules.finding("absent").map(|one| one.label.as_str()), Some("脱岗"));
    }

    #[test]
    fn a_table_of_its_own_replaces_the_usual_one_and_its_faults_have_lines() {
        let text = SHIPPED.iter().find(|(name, _)| *name == "historic").unwrap().1;
        let section = "\n[inspection]\nreply = \"5wd\"\n[[findings]]\ncode = \"smoke\"\nlabel = \"办公区吸烟\"\npoints = \"0.25\"\n";
        let rules = Rulebook::parse(&format!("{text}{section}")).unwrap();
        assert_eq!((rules.findings.len(), rules.inspection.reply), (1, Limit::WorkingDays(5)));
        for (bad, path) in
            [("0,2", "findings[1].points"), ("0.125", "findings[1].points"), ("-1", "findings[1].points"), ("", "findings[1].points")]
        {
            let problems = Rulebook::parse(&format!("{text}{}", section.replace("0.25", bad))).unwrap_err();
            assert!(problems[0].path == path && problems[0].line.is_some(), "{bad}: {problems:?}");
        }
        let twice = format!("{text}{section}{}", section.replace("\n[inspection]\nreply = \"5wd\"\n", ""));
        assert!(Rulebook::parse(&twice).unwrap_err()[0].reason.contains("重复"));
    }
}
