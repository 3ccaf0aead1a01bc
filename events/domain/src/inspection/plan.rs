//! What is planned: how, when, what is looked at, and where.

use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, UnitCode};
use crate::veil::sha256_hex;

/// Announced or not (I16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 明察
    Open,
    /// 暗访 (四不两直): absent for everybody outside the team until it is done.
    Covert,
}

impl Mode {
    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "明察",
            Self::Covert => "暗访",
        }
    }

    /// The name in forms and in the text that is committed to.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Covert => "covert",
        }
    }
}

/// How often (I13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// 每日
    Day,
    /// 每周
    Week,
    /// 每两周
    Fortnight,
    /// 每月
    Month,
    /// 每季度
    Quarter,
    /// 每年
    Year,
    /// 一次
    Once,
}

impl Cadence {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Once, Self::Day, Self::Week, Self::Fortnight, Self::Month, Self::Quarter, Self::Year];

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Day => "每天",
            Self::Week => "每周",
            Self::Fortnight => "每两周",
            Self::Month => "每月",
            Self::Quarter => "每季度",
            Self::Year => "每年",
            Self::Once => "一次",
        }
    }

    /// The name in forms.
    pub fn code(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Fortnight => "fortnight",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Once => "once",
        }
    }

    /// The cadence of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cadence| cadence.code() == code)
    }

    /// The last day of the period that begins on `from`; weeks end on Sunday, months and longer with the calendar.
    fn last(self, from: NaiveDate) -> Option<NaiveDate> {
        let sunday = || from.checked_add_signed(TimeDelta::days(6 - i64::from(from.weekday().num_days_from_monday())));
        let end = |months: u32| {
            let first = NaiveDate::from_ymd_opt(from.year(), (from.month0() / months) * months + 1, 1)?;
            first.checked_add_months(Months::new(months))?.pred_opt()
        };
        match self {
            Self::Day => Some(from),
            Self::Week => sunday(),
            Self::Fortnight => sunday()?.checked_add_signed(TimeDelta::days(7)),
            Self::Month => end(1),
            Self::Quarter => end(3),
            Self::Year => end(12),
            Self::Once => None,
        }
    }
}

/// Which units are visited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// These, each by the whole team.
    Units(Vec<UnitCode>),
    /// By the draw (双随机): units and their inspectors.
    Draw(Lots),
}

/// What the draw is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lots {
    /// Units out of the whole register.
    pub general: u16,
    /// Units out of those with many marks against them, which are drawn by themselves (I14: a higher rate).
    pub focus: u16,
    /// From how many marks this year on a unit belongs to those.
    pub focus_marks: u16,
    /// Inspectors for each unit.
    pub per_unit: u8,
    /// Who must not inspect which unit.
    pub recusals: Vec<(AccountId, UnitCode)>,
}

/// The plan itself, all that a covert check keeps secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// How often.
    pub cadence: Cadence,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Codes of the findings that are looked for.
    pub items: Vec<String>,
    /// Where.
    pub target: Target,
    /// Random, so that nobody finds the plan from its commitment by trying.
    pub nonce: String,
}

/// Who visits a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The unit.
    pub unit: UnitCode,
    /// At least two.
    pub inspectors: Vec<AccountId>,
}

impl Plan {
    /// Its periods from the first to the last day, each with first and last day.
    pub fn periods(&self) -> Vec<(NaiveDate, NaiveDate)> {
        let mut all = Vec::new();
        let mut from = self.from;
        while from <= self.to && all.len() < 400 {
            let last = self.cadence.last(from).unwrap_or(self.to).min(self.to);
            all.push((from, last));
            let Some(next) = last.succ_opt() else { break };
            from = next;
        }
        all
    }

    /// The text whose SHA-256 is published when the plan is made (I15, I16): line by line, so that anybody can hash it.
    pub fn statement(&self, mode: Mode, team: &[AccountId], theme: &str) -> String {
        let mut lines = vec![
            "xiaoneng-inspection-1".to_owned(),
            self.nonce.clone(),
            mode.code().to_owned(),
            self.cadence.code().to_owned(),
            format!("{} {}", self.from, self.to),
            self.items.join(" "),
        ];
        lines.push(match &self.target {
            Target::Units(units) => units.iter().map(UnitCode::as_str).collect::<Vec<_>>().join(" "),
            Target::Draw(lots) => format!("draw {} {} {} {}", lots.general, lots.focus, lots.focus_marks, lots.per_unit),
        });
        lines.push(team.iter().map(|account| account.0.to_string()).collect::<Vec<_>>().join(" "));
        lines.push(theme.to_owned());
        lines.join("\n")
    }

    /// SHA-256 of [`Self::statement`].
    pub fn commitment(&self, mode: Mode, team: &[AccountId], theme: &str) -> String {
        sha256_hex(self.statement(mode, team, theme).as_bytes())
    }
}
