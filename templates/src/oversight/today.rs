//! 今日: what an inspector reads in ten seconds.

use askama::Template;

use crate::components::{Change, Tone};
use crate::desk::{AsOf, HomeTile};
use crate::shell::Shell;

/// `GET /oversight`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/today.html")]
pub struct Today {
    /// Context.
    pub shell: Shell,
    /// The date, for example `2026年5月11日（周一） 工作日`.
    pub today: String,
    /// What to look at, most pressing first. A tile without `href` leads nowhere for this account.
    pub rows: Vec<TodayRow>,
    /// Yesterday, for example `5月10日（周日）`.
    pub yesterday: String,
    /// Yesterday's figures.
    pub figures: Vec<DayFigure>,
    /// Freshness.
    pub as_of: AsOf,
}

/// A line of the screen.
#[derive(Debug, Clone, Default)]
pub struct TodayRow {
    /// Name, for example `红牌与超期`.
    pub title: String,
    /// Its figures; `count` and `detail` are read.
    pub tiles: Vec<HomeTile>,
    /// Said when there is no figure.
    pub empty: String,
}

/// A figure of yesterday.
#[derive(Debug, Clone, Default)]
pub struct DayFigure {
    /// Code, unique on the page.
    pub code: String,
    /// Name.
    pub name: String,
    /// How many.
    pub count: u64,
    /// The cases behind it; empty when the account may not open them.
    pub href: String,
    /// What is counted, in one line.
    pub definition: String,
    /// Against the same weekday of last week and of last year: an arrow and words.
    pub changes: Vec<Change>,
}

impl Today {
    /// An inspector's morning.
    #[must_use]
    pub fn sample() -> Self {
        let tile = |name: &str, count, href: &str, detail: &str, tone| HomeTile {
            detail: detail.into(),
            ..HomeTile::new(name, count, href, "", tone)
        };
        let figure = |code: &str, name: &str, count, week: (&str, Tone), year: (&str, Tone)| DayFigure {
            code: code.into(),
            name: name.into(),
            count,
            href: format!("/oversight/day/{code}"),
            definition: "当天登记的诉求件".into(),
            changes: [week, year].map(|(text, tone)| Change { text: text.into(), tone }).to_vec(),
        };
        let row =
            |title: &str, tiles: Vec<HomeTile>| TodayRow { title: title.into(), tiles, empty: "没有需要处理的事项。".into() };
        Self {
            shell: Shell::sample_desk("/oversight"),
            today: "2026年10月23日（周五） 工作日".into(),
            rows: vec![
                row(
                    "批示督查待反馈",
                    vec![
                        tile("督查任务待反馈", 7, "/oversight/matters", "其中 2 件已过期限", Tone::Bad),
                        tile("督办单待反馈", 4, "/oversight/orders", "", Tone::Neutral),
                    ],
                ),
                row(
                    "红牌与超期",
                    vec![
                        tile("超期工单", 37, "/oversight/overdue", "", Tone::Bad),
                        tile("本年红牌", 3, "/oversight/cards", "", Tone::Neutral),
                        tile("督查事项逾期", 2, "", "各单位应办未办", Tone::Bad),
                    ],
                ),
                row("紧急在办", vec![tile("特急", 5, "/oversight/urgent/critical", "", Tone::Warn)]),
                row("待我处理", vec![tile("黄牌、红牌待签发", 2, "/desk/duties?task=card_issue", "其中 1 件今天到期", Tone::Warn)]),
                row("异议到期", Vec::new()),
                row(
                    "四级响应",
                    vec![
                        tile("待处置", 11, "/oversight/escalations", "", Tone::Neutral),
                        tile("待组织会商", 2, "/oversight/escalations", "", Tone::Neutral),
                    ],
                ),
            ],
            yesterday: "10月22日（周四）".into(),
            figures: vec![
                figure("filed", "登记", 1_204, ("↑ 比上周同日多 86 件", Tone::Info), ("↓ 比去年同日少 31 件", Tone::Info)),
                figure("dispatched", "派单", 1_090, ("↑ 比上周同日多 40 件", Tone::Info), ("＝ 与去年同日持平", Tone::Info)),
                figure("ended", "办结", 1_166, ("↓ 比上周同日少 12 件", Tone::Warn), ("↑ 比去年同日多 70 件", Tone::Good)),
                figure("dissatisfied", "不满意", 28, ("↑ 比上周同日多 9 件", Tone::Warn), ("去年同日没有数据", Tone::Neutral)),
            ],
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    vec![("oversight-today", crate::html(&Today::sample()))]
}
