//! Ladders of response (四级响应, 办不成事; domain.md G1–G7): levels with owner, clock and required outcome, and what raises a
//! matter to them. Two ladders of one shape; a city may have others.

use serde::{Deserialize, Serialize};

use super::Rulebook;
use super::document::{Document, Field, Shape, may, must};
use super::parse::Problem;
use crate::limit::Limit;

/// Whose a level is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelOwner {
    /// 承办单位; before dispatch the hotline.
    Unit,
    /// The unit above it; where there is none below the city's government: the office.
    Above,
    /// 效能办.
    Office,
    /// 市领导.
    Leader,
}

/// A ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// `a-z0-9_`; part of the names of its streams.
    pub id: String,
    /// Name on pages.
    pub label: String,
    /// Classes of demand that climb it; empty = all that no other ladder names.
    #[serde(default)]
    pub classes: Vec<String>,
    /// How often a matter on the highest level is tracked.
    pub track: Limit,
    /// From the lowest, numbered 1, 2, …
    pub levels: Vec<LadderLevel>,
    /// What raises by itself.
    #[serde(default)]
    pub triggers: Vec<LadderTrigger>,
}

/// A level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderLevel {
    /// 1–4.
    pub level: u8,
    /// Name on pages: Ⅰ级 …
    pub label: String,
    /// Whose it is.
    pub owner: LevelOwner,
    /// Out of time: the next level, or tracked on the highest.
    pub limit: Limit,
    /// What has to come of it, in words.
    pub outcome: String,
    /// A 会商 is required within this time.
    #[serde(default)]
    pub convene: Option<Limit>,
}

/// What kind of trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// The case was filed.
    Filed,
    /// The handling limit is broken for `after`.
    Red,
    /// Handled again for the `times`-th time.
    Rehandled,
    /// `times` distinct petitioners within `days`, same class, division and unit.
    Petitioners,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderTrigger {
    /// Which.
    pub kind: TriggerKind,
    /// The level it raises to.
    pub level: u8,
    /// For `red`.
    #[serde(default)]
    pub after: Option<Limit>,
    /// For `rehandled` and `petitioners`.
    #[serde(default)]
    pub times: Option<u8>,
    /// For `petitioners`.
    #[serde(default)]
    pub days: Option<u8>,
}

impl Ladder {
    /// A level by its number.
    pub fn level(&self, level: u8) -> Option<&LadderLevel> {
        self.levels.iter().find(|one| one.level == level)
    }

    /// The number of the highest level.
    pub fn top(&self) -> u8 {
        self.levels.iter().map(|one| one.level).max().unwrap_or(1)
    }

    /// The trigger of a kind.
    pub fn trigger(&self, kind: TriggerKind) -> Option<&LadderTrigger> {
        self.triggers.iter().find(|trigger| trigger.kind == kind)
    }
}

impl Rulebook {
    /// A ladder by its id.
    pub fn ladder(&self, id: &str) -> Option<&Ladder> {
        self.ladders.iter().find(|ladder| ladder.id == id)
    }

    /// The ladder that cases of a class climb.
    pub fn ladder_of(&self, class: &str) -> Option<&Ladder> {
        let named = self.ladders.iter().find(|ladder| ladder.classes.iter().any(|one| one == class));
        named.or_else(|| self.ladders.iter().find(|ladder| ladder.classes.is_empty()))
    }
}

/// The known keys of a ladder.
pub(super) const LADDER: &[Field] = &[
    must("id", Shape::Text),
    must("label", Shape::Text),
    may("classes", Shape::Texts),
    must("track", Shape::Limit),
    must(
        "levels",
        Shape::Tables(&[
            must("level", Shape::Whole(1, 4)),
            must("label", Shape::Text),
            must("owner", Shape::OneOf(&["unit", "above", "office", "leader"])),
            must("limit", Shape::Limit),
            must("outcome", Shape::Text),
            may("convene", Shape::Limit),
        ]),
    ),
    may(
        "triggers",
        Shape::AnyTables(&[
            must("kind", Shape::OneOf(&["filed", "red", "rehandled", "petitioners"])),
            must("level", Shape::Whole(1, 4)),
            may("after", Shape::Limit),
            may("times", Shape::Whole(1, 100)),
            may("days", Shape::Whole(1, 200)),
        ]),
    ),
];

/// Checks what the shape does not say.
pub(super) fn check(rulebook: &Rulebook, document: &Document<'_>, problems: &mut Vec<Problem>) {
    let mut fault = |path: String, reason: String| problems.push(document.problem(path, reason));
    for (index, ladder) in rulebook.ladders.iter().enumerate() {
        let path = format!("ladders[{}]", index + 1);
        if !super::parse::is_code(&ladder.id) {
            fault(format!("{path}.id"), format!("编号「{}」只能用 1 到 32 个小写字母、数字或下划线", ladder.id));
        }
        if rulebook.ladders.iter().take(index).any(|earlier| earlier.id == ladder.id) {
            fault(format!("{path}.id"), format!("编号「{}」重复，请换一个", ladder.id));
        }
        if ladder.classes.is_empty() && rulebook.ladders.iter().take(index).any(|earlier| earlier.classes.is_empty()) {
            fault(format!("{path}.id"), "只能有一个阶梯不写 classes，请写明这个阶梯适用的诉求类型".to_owned());
        }
        for (at, class) in ladder.classes.iter().enumerate() {
            if rulebook.class(class).is_none() {
                fault(format!("{path}.classes[{}]", at + 1), format!("「{class}」不在 classes 中，请核对诉求类型"));
            } else if rulebook.ladders.iter().take(index).any(|earlier| earlier.classes.contains(class)) {
                fault(format!("{path}.classes[{}]", at + 1), format!("「{class}」已属于另一个阶梯，请只写在一处"));
            }
        }
        for (at, level) in ladder.levels.iter().enumerate() {
            if usize::from(level.level) != at + 1 {
                fault(format!("{path}.levels[{}].level", at + 1), format!("级别要从 1 起依次编号，这里应为 {}", at + 1));
            }
        }
        if ladder.levels.len() < 2 {
            fault(format!("{path}.levels"), "至少要有两级，否则无级可提".to_owned());
        }
        for (at, trigger) in ladder.triggers.iter().enumerate() {
            let path = format!("{path}.triggers[{}]", at + 1);
            if ladder.level(trigger.level).is_none() {
                fault(format!("{path}.level"), format!("没有第 {} 级，请改为已写明的级别", trigger.level));
            }
            if ladder.triggers.iter().take(at).any(|earlier| earlier.kind == trigger.kind && earlier.times == trigger.times) {
                fault(format!("{path}.kind"), "同一种触发条件写了两次，请合并".to_owned());
            }
            let (needs_after, needs_times, needs_days) = match trigger.kind {
                TriggerKind::Filed => (false, false, false),
                TriggerKind::Red => (true, false, false),
                TriggerKind::Rehandled => (false, true, false),
                TriggerKind::Petitioners => (false, true, true),
            };
            for (name, needed, given) in [
                ("after", needs_after, trigger.after.is_some()),
                ("times", needs_times, trigger.times.is_some()),
                ("days", needs_days, trigger.days.is_some()),
            ] {
                if needed && !given {
                    fault(format!("{path}.kind"), format!("这种触发条件要写明 {name}"));
                } else if given && !needed {
                    fault(format!("{path}.{name}"), format!("这种触发条件不用 {name}，请删去"));
                }
            }
            if trigger.kind == TriggerKind::Petitioners && trigger.times.is_some_and(|times| times < 2) {
                fault(format!("{path}.times"), "同一事项的诉求人数至少为 2".to_owned());
            }
        }
    }
}
