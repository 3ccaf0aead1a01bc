//! The role's home.

use askama::Template;

use super::{AsOf, CaseRow};
use crate::components::{Notice, Tone};
use crate::shell::Shell;

/// `GET /desk`
#[derive(Debug, Clone, Template)]
#[template(path = "desk/home.html")]
pub struct Home {
    /// Context.
    pub shell: Shell,
    /// Greeting with the date, for example `10月23日 星期五（工作日）`.
    pub today: String,
    /// What concerns everybody: a holiday notice missing, mail parked.
    pub notices: Vec<Notice>,
    /// Worklists of the account's roles, the urgent ones first; the count is the number of rows behind the link.
    pub tiles: Vec<HomeTile>,
    /// What to do first: overdue, then near due, a dozen at most.
    pub first: Vec<CaseRow>,
    /// Where the whole list is.
    pub first_href: String,
    /// The person may take calls: shows 新来电.
    pub may_file: bool,
    /// Freshness.
    pub as_of: AsOf,
}

/// A worklist as a tile.
#[derive(Debug, Clone, Default)]
pub struct HomeTile {
    /// Name, for example `已超期`.
    pub name: String,
    /// Rows behind it.
    pub count: u64,
    /// The worklist.
    pub href: String,
    /// For example `较昨日新增 3 件`; empty for none.
    pub new: String,
    /// Of these, for example `其中 2 件今天到期`; empty for none.
    pub detail: String,
    /// Bad for overdue, warn for near due, when the count is not nought.
    pub tone: Tone,
}

impl HomeTile {
    /// A tile.
    #[must_use]
    pub fn new(name: &str, count: u64, href: &str, new: &str, tone: Tone) -> Self {
        Self { name: name.into(), count, href: href.into(), new: new.into(), detail: String::new(), tone }
    }
}

impl Home {
    /// A liaison's morning.
    #[must_use]
    pub fn sample() -> Self {
        let mut near = HomeTile::new("临期", 3, "/desk/worklist/near", "", Tone::Warn);
        near.detail = "其中 1 件今天到期".into();
        Self {
            shell: Shell::sample_desk("/desk"),
            today: "10月23日 星期五（工作日）".into(),
            notices: Vec::new(),
            tiles: vec![
                HomeTile::new("已超期", 1, "/desk/worklist/overdue", "较昨日新增 1 件", Tone::Bad),
                near,
                HomeTile::new("待签收", 4, "/desk/worklist/sign", "较昨日新增 4 件", Tone::Info),
                HomeTile::new("办理中", 9, "/desk/worklist/handling", "较昨日新增 2 件", Tone::Neutral),
                HomeTile::new("待本单位审核", 2, "/desk/worklist/unit_review", "", Tone::Neutral),
                HomeTile::new("被退回重办", 0, "/desk/worklist/sent_back", "", Tone::Neutral),
            ],
            first: CaseRow::samples(),
            first_href: "/desk/worklist/due".into(),
            may_file: false,
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let empty = Home {
        tiles: vec![
            HomeTile::new("待派单", 0, "/desk/worklist/accepted", "", Tone::Neutral),
            HomeTile::new("待回访", 0, "/desk/worklist/call_back", "", Tone::Neutral),
        ],
        first: Vec::new(),
        may_file: true,
        notices: vec![Notice::new(
            Tone::Warn,
            "2027 年节假日安排尚未公布",
            &["跨入 2027 年的期限暂按推算日历计算，标注“临时”。国务院办公厅通知发布并导入后自动重算。"],
        )],
        ..Home::sample()
    };
    vec![("desk-home", crate::html(&Home::sample())), ("desk-home-empty", crate::html(&empty))]
}
