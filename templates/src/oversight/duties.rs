//! 待办: everything that an account has to do about supervision.

use askama::Template;

use crate::components::{Moment, Paging};
use crate::desk::{AsOf, Due, DueState};
use crate::shell::{NavItem, Shell};

/// `GET /desk/duties?task=`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/duties.html")]
pub struct Duties {
    /// Context.
    pub shell: Shell,
    /// For whom, for example `市城市管理局和本人的督办与整改事项`.
    pub whose: String,
    /// All tasks, then each task with its count.
    pub tabs: Vec<NavItem>,
    /// Late ones, for example `其中 2 件已过期限`; empty for none.
    pub late: String,
    /// Duties, due first.
    pub rows: Vec<DutyLine>,
    /// Pages.
    pub paging: Paging,
    /// Freshness.
    pub as_of: AsOf,
}

/// A duty.
#[derive(Debug, Clone, Default)]
pub struct DutyLine {
    /// What is to be done, for example `督办单待反馈`.
    pub words: String,
    /// What it is about, for example `督办单 2026 年第 12 号`.
    pub number: String,
    /// Where it is done; empty when there is no page for this account.
    pub href: String,
    /// By when; none = no limit.
    pub due: Option<Due>,
    /// Since when.
    pub since: Moment,
}

impl DutyLine {
    /// Some of a unit.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let since = || Moment::new("2026-10-20T09:30:00+08:00", "2026年10月20日 09:30");
        let line = |words: &str, number: &str, due| Self {
            words: words.into(),
            number: number.into(),
            href: "/desk/orders/1".into(),
            due,
            since: since(),
        };
        vec![
            line(
                "督办单待反馈",
                "督办单 2026 年第 12 号",
                Some(Due::new("2026-10-22T00:00:00+08:00", "2026年10月21日（周三）24:00", "超 1 天 10 小时", DueState::Over)),
            ),
            line(
                "整改方案待提交",
                "整改 2026 年第 3 号",
                Some(Due::new("2026-10-24T00:00:00+08:00", "2026年10月23日（周五）24:00", "剩 13 小时", DueState::Near)),
            ),
            line(
                "可提出异议",
                "预警与牌 2026 年第 41 号",
                Some(Due::new("2026-10-30T00:00:00+08:00", "2026年10月29日（周四）24:00", "剩 6 天", DueState::Running)),
            ),
            Self { href: String::new(), ..line("待办", "事项 2026 年第 2 号", None) },
        ]
    }
}

impl Duties {
    /// A liaison's list.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample_desk("/desk/duties"),
            whose: "市城市管理局和本人的督办、检查与整改事项，已过期限的在前。".into(),
            tabs: vec![
                NavItem::counted("/desk/duties", "全部", 4, true),
                NavItem::counted("/desk/duties?task=order_feedback", "督办单待反馈", 1, false),
                NavItem::counted("/desk/duties?task=rectification_plan", "整改方案待提交", 1, false),
            ],
            late: "其中 1 件已过期限。".into(),
            rows: DutyLine::samples(),
            paging: Paging { summary: "本页 4 件".into(), ..Paging::default() },
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let none = Duties { tabs: Vec::new(), late: String::new(), rows: Vec::new(), paging: Paging::default(), ..Duties::sample() };
    vec![("oversight-duties", crate::html(&Duties::sample())), ("oversight-duties-none", crate::html(&none))]
}
