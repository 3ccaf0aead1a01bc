//! The register of units as oversight looks at it: by group, not by rank.

use askama::Template;

use crate::components::{Choice, Paging, Tag, Tone};
use crate::desk::AsOf;
use crate::shell::Shell;

/// `GET /oversight/units?q=&level=&after=`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/units.html")]
pub struct Units {
    /// Context.
    pub shell: Shell,
    /// Search words.
    pub q: String,
    /// Levels to choose from.
    pub levels: Vec<Choice>,
    /// A filter is set.
    pub filtered: bool,
    /// What the figures are of, with the definition of the tier.
    pub note: String,
    /// Units in groups of one level.
    pub groups: Vec<UnitGroup>,
    /// Pages.
    pub paging: Paging,
    /// Freshness.
    pub as_of: AsOf,
}

/// Units of one level.
#[derive(Debug, Clone, Default)]
pub struct UnitGroup {
    /// Level.
    pub name: String,
    /// Units in the order of their codes.
    pub rows: Vec<UnitLine>,
}

/// A unit.
#[derive(Debug, Clone, Default)]
pub struct UnitLine {
    /// Name.
    pub name: String,
    /// Code.
    pub code: String,
    /// Its picture.
    pub href: String,
    /// The unit above.
    pub above: String,
    /// Open cases, units below included.
    pub open: u64,
    /// Overdue cases, units below included.
    pub over: u64,
    /// The year's marks in words, for example `黄牌 1、督办单 3`; empty for none.
    pub marks: String,
    /// In time this month, as printed, for example `96.4%（1,080 / 1,120）`.
    pub rate: String,
    /// Where that stands against the target.
    pub tier: Tag,
}

impl Units {
    /// A page of the register.
    #[must_use]
    pub fn sample() -> Self {
        let line = |name: &str, code: &str, over, marks: &str, rate: &str, tier: &str, tone| UnitLine {
            name: name.into(),
            code: code.into(),
            href: format!("/oversight/units/{code}"),
            above: "清源市人民政府".into(),
            open: 120,
            over,
            marks: marks.into(),
            rate: rate.into(),
            tier: Tag::new(tier, tone),
        };
        Self {
            shell: Shell::sample_desk("/oversight/units"),
            q: String::new(),
            levels: vec![Choice::new("city", "市级"), Choice::new("county", "县（市、区）")],
            filtered: false,
            note: "按层级分组、按代码排列，不排名次。".into(),
            groups: vec![
                UnitGroup {
                    name: "市级".into(),
                    rows: vec![
                        line("市城市管理局", "0101", 12, "黄牌 1、督办单 3", "96.4%（1,080 / 1,120）", "达到目标", Tone::Good),
                        line("市交通运输局", "0102", 0, "", "88.0%（440 / 500）", "低于目标", Tone::Warn),
                    ],
                },
                UnitGroup {
                    name: "县（市、区）".into(),
                    rows: vec![
                        line("西湾区人民政府", "330502", 3, "督办单 1", "94.1%（48 / 51）", "暂难区分", Tone::Neutral),
                        line("东城区人民政府", "330503", 0, "", "9 / 12 件", "样本不足", Tone::Neutral),
                    ],
                },
            ],
            paging: Paging { summary: "本页 4 个单位".into(), ..Paging::default() },
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let none = Units { groups: Vec::new(), q: "没有".into(), filtered: true, paging: Paging::default(), ..Units::sample() };
    vec![("oversight-units", crate::html(&Units::sample())), ("oversight-units-none", crate::html(&none))]
}
