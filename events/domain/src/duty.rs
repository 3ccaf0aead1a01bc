//! Duties (待办): who has to do what by when about a stream of supervision. They follow from its state.

use serde::{Deserialize, Serialize};

use crate::account::Role;
use crate::ids::{AccountId, UnitCode};
use crate::time::Instant;

/// Who has to act.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// The liaisons and the head of a unit.
    Unit(UnitCode),
    /// Everybody with a role.
    Office(Role),
    /// One account alone: a member of a covert team, an investigator.
    Account(AccountId),
}

impl Holder {
    /// The name in views.
    pub fn name(&self) -> String {
        match self {
            Self::Unit(code) => format!("unit:{code}"),
            Self::Office(role) => format!("role:{}", role.code()),
            Self::Account(id) => format!("account:{}", id.0),
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Who.
    pub holder: Holder,
    /// What: a stable code of [`TASKS`].
    pub task: String,
    /// Since when.
    pub since: Instant,
    /// By when, if there is a limit.
    pub due: Option<Instant>,
}

impl Duty {
    /// A duty.
    pub fn new(holder: Holder, task: &str, since: Instant, due: Option<Instant>) -> Self {
        Self { holder, task: task.to_owned(), since, due }
    }
}

/// Every task: its code and its words on pages and in notices.
pub const TASKS: &[(&str, &str)] = &[
    ("escalation_handle", "提级事项待处置"),
    ("escalation_convene", "待组织会商"),
    ("escalation_track", "会商决定待落实"),
    ("escalation_task", "会商任务待办理"),
    ("card_issue", "黄牌、红牌待签发"),
    ("card_object", "牌可提出异议"),
    ("card_decide", "牌的异议待裁定"),
    ("order_feedback", "督办单待反馈"),
    ("order_review", "督办反馈待审核"),
    ("task_feedback", "督查任务待反馈"),
    ("task_review", "任务反馈待审核"),
    ("inspection_approve", "检查计划待审批"),
    ("inspection_draw", "检查对象待抽取"),
    ("inspection_visit", "检查待实施"),
    ("finding_sign", "检查记录待签字"),
    ("finding_reply", "检查问题待回复"),
    ("finding_confirm", "检查问题待认定"),
    ("rectification_plan", "整改方案待提交"),
    ("rectification_report", "整改结果待报告"),
    ("rectification_accept", "整改待验收"),
    ("investigation_accept", "效能投诉待受理"),
    ("investigation_assign", "效能投诉待派调查人员"),
    ("investigation_investigate", "效能投诉待调查"),
    ("investigation_sign", "调查报告待签字"),
    ("investigation_conclude", "调查结论待认定"),
    ("investigation_answer", "效能投诉待答复"),
    ("investigation_adopt", "处理建议待采纳"),
    ("assessment_object", "考评结果可提出异议"),
    ("assessment_decide", "考评异议待裁定"),
];

/// Kinds of streams: what stands before the first hyphen of a name, and the words.
const KINDS: &[(&str, &str)] = &[
    ("escalation", "四级响应"),
    ("card", "预警与牌"),
    ("order", "督办单"),
    ("matter", "督查事项"),
    ("task", "督查任务"),
    ("inspection", "明察暗访"),
    ("draw", "随机抽取"),
    ("rectification", "整改"),
    ("investigation", "效能投诉件"),
    ("assessment", "年度考评"),
    ("assessed", "年度考评"),
    ("campaign", "公众评议"),
];

/// Kinds of streams of which only those who work on them may know before they are done: covert checks, complaints about
/// units.
const CLOSED: &[&str] = &["inspection", "investigation"];

/// Whether a stream is nobody's business but of those who work on it.
pub fn is_closed(stream: &str) -> bool {
    CLOSED.contains(&kind(stream))
}

fn kind(stream: &str) -> &str {
    stream.split_once('-').map_or(stream, |(kind, _)| kind)
}

/// The words of a task; one that this program does not know is a plain 待办.
pub fn words(task: &str) -> &'static str {
    TASKS.iter().find(|(known, _)| *known == task).map_or("待办", |(_, words)| words)
}

/// A stream by kind, year and number, for example `督办单 2026 年第 12 号`.
pub fn number(stream: &str, year: i32, ordinal: u32) -> String {
    let words = KINDS.iter().find(|(known, _)| *known == kind(stream)).map_or("事项", |(_, words)| words);
    format!("{words} {year} 年第 {ordinal} 号")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_stands_once_and_an_unknown_one_is_said_plainly() {
        for (index, (code, said)) in TASKS.iter().enumerate() {
            assert!(TASKS.iter().skip(index + 1).all(|(other, _)| other != code), "{code}");
            assert_eq!(words(code), *said);
        }
        assert_eq!(words("something_new"), "待办");
        assert_eq!(number("order-1", 2026, 12), "督办单 2026 年第 12 号");
        assert_eq!(number("strange-1", 2026, 1), "事项 2026 年第 1 号");
        assert!(CLOSED.iter().all(|closed| KINDS.iter().any(|(known, _)| known == closed)));
        assert!(is_closed("inspection-1") && is_closed("investigation-1") && !is_closed("order-1"));
    }

    /// The codes that duties are given, as the sources say them.
    fn codes_in_use() -> Vec<String> {
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        let mut codes = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "rs")
                    && path.file_name().is_some_and(|name| name != "tests.rs" && name != "duty.rs")
                {
                    let text = std::fs::read_to_string(&path).unwrap();
                    for found in text.split("Duty::new(").skip(1).chain(text.split("office(Role::").skip(1)) {
                        let code = found.split(';').next().unwrap_or_default().split('"').nth(1);
                        codes.extend(code.filter(|code| code.contains('_')).map(str::to_owned));
                    }
                }
            }
        }
        codes.sort();
        codes.dedup();
        codes
    }

    #[test]
    fn every_task_has_words_and_no_other_stands_here() {
        let mut known: Vec<String> = TASKS.iter().map(|(code, _)| (*code).to_owned()).collect();
        known.sort();
        assert_eq!(codes_in_use(), known);
    }
}
