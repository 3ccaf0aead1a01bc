//! Cards: the list of the efficiency office, and one card as the office and the unit see it.

use askama::Template;

use super::acts::{ActForm, Control, Kind, faulty};
use crate::components::{Cell, Choice, Column, Errors, Link, Moment, Notice, Paging, Row, SummaryRow, Table, Tag, TimelineItem, Tone};
use crate::desk::{AsOf, Form};
use crate::shell::{NavItem, Shell};

/// `GET /oversight/cards?tab=waiting|issued|objected|ended|all&unit=&colour=&before=`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/cards.html")]
pub struct Cards {
    /// Context.
    pub shell: Shell,
    /// Tabs.
    pub tabs: Vec<NavItem>,
    /// The tab that is open.
    pub tab: String,
    /// Filter `unit`.
    pub units: Vec<Choice>,
    /// Filter `colour`.
    pub colours: Vec<Choice>,
    /// A filter is set.
    pub filtered: bool,
    /// The cards.
    pub table: Table,
    /// Keyset paging.
    pub paging: Paging,
    /// Freshness.
    pub as_of: AsOf,
}

/// `GET /oversight/cards/{id}` and `GET /desk/cards/{id}`; acts are posted below that address.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/card.html")]
pub struct Card {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// Colour and number.
    pub title: String,
    /// Where it stands.
    pub stage: Tag,
    /// What to know first.
    pub notice: Option<Notice>,
    /// What called for it.
    pub facts: Vec<SummaryRow>,
    /// To the case and its limit.
    pub links: Vec<Link>,
    /// The events that show it.
    pub evidence: Table,
    /// Who held the case how long until the limit was broken.
    pub hands: Table,
    /// What happened to the card, newest first.
    pub timeline: Vec<TimelineItem>,
    /// What can be done.
    pub acts: Vec<ActForm>,
    /// What to say when nothing can be done.
    pub waiting: String,
}

impl Cards {
    /// A list.
    #[must_use]
    pub fn sample() -> Self {
        let tab = |code: &str, text: &str| NavItem::new(&format!("/oversight/cards?tab={code}"), text, code == "waiting");
        let row = |n: u8, colour: &str, tone: Tone| Row {
            cells: vec![
                Cell::link("/oversight/cards/5c0e8f0e-6f0d-5b7e-9a55-0d4f6c1b2a33", format!("效牌〔2026〕{n}号")),
                Cell::tag(colour, tone),
                Cell::text("市城市管理局"),
                Cell::text("3K7Q-29XD-MA6").note("办理超期"),
                Cell::time(Moment::new("2026-05-13T00:00:00+08:00", "2026年5月13日 00:00")),
                Cell::text("待签发"),
            ],
            tone: Tone::Neutral,
        };
        Self {
            shell: Shell::sample_desk("/oversight/cards"),
            tabs: vec![tab("waiting", "待签发"), tab("issued", "已签发"), tab("objected", "异议待裁"), tab("all", "全部")],
            tab: "waiting".into(),
            units: vec![Choice::new("339901", "市城市管理局")],
            colours: vec![Choice::new("yellow", "黄牌"), Choice::new("red", "红牌")],
            filtered: false,
            table: Table {
                caption: "黄牌和红牌".into(),
                caption_hidden: true,
                columns: ["编号", "颜色", "单位", "诉求件和依据", "触发时间", "状态"].map(Column::text).to_vec(),
                rows: vec![row(2, "黄牌", Tone::Warn), row(1, "红牌", Tone::Bad)],
                empty: "这里没有牌。".into(),
                stacked: true,
            },
            paging: Paging { summary: "本页 2 张".into(), ..Paging::default() },
            as_of: AsOf::sample(),
        }
    }
}

impl Card {
    /// The form with errors.
    #[must_use]
    pub fn faulty(&self) -> Option<&Form> {
        faulty(&self.acts)
    }

    /// A card that waits to be issued.
    #[must_use]
    pub fn sample() -> Self {
        let base = "/oversight/cards/5c0e8f0e-6f0d-5b7e-9a55-0d4f6c1b2a33";
        let act = |action: &str, title: &str, name: &str, label: &str, kind: &str| ActForm {
            form: Form::sample(action, &format!("{base}/{action}")),
            title: title.into(),
            hint: "签发后单位可以在 3 个工作日内提出异议。".into(),
            fields: vec![Control::new(Kind::Lines, name, label, "")],
            button: title.into(),
            kind: kind.into(),
            files: false,
        };
        Self {
            shell: Shell::sample_desk(base),
            crumbs: vec![Link::new("/oversight/cards", "预警与牌")],
            title: "黄牌 效牌〔2026〕2号".into(),
            stage: Tag::new("待签发", Tone::Warn),
            notice: None,
            facts: vec![
                SummaryRow::new("单位", "市城市管理局"),
                SummaryRow::new("依据", "办理超期"),
                SummaryRow::new("时限", "办理时限（第 1 次办理）"),
                SummaryRow::new("到期", "2026年5月12日（周二）24:00"),
            ],
            links: vec![
                Link::new("/desk/case/3K7Q29XDMA6", "诉求件 3K7Q-29XD-MA6"),
                Link::new("/desk/case/3K7Q29XDMA6/limit/handle/1", "时限逐日计算"),
            ],
            evidence: Table {
                caption: "证据".into(),
                caption_hidden: true,
                columns: ["事件", "发生", "日志位置"].map(Column::text).to_vec(),
                rows: vec![Row::new(vec![
                    Cell::text("超期"),
                    Cell::text("2026年5月13日 00:00"),
                    Cell::link("/desk/case/3K7Q29XDMA6#e41", "#41"),
                ])],
                ..Table::default()
            },
            hands: Table {
                caption: "时间在谁手里".into(),
                caption_hidden: true,
                columns: vec![Column::text("在谁手里"), Column::figures("用时")],
                rows: vec![Row::new(vec![Cell::text("市城市管理局"), Cell::text("6 天 13 小时")])],
                ..Table::default()
            },
            timeline: vec![TimelineItem {
                at: Moment::new("2026-05-13T00:00:00+08:00", "2026年5月13日 00:00"),
                title: "触发黄牌".into(),
                by: "系统自动".into(),
                lines: Vec::new(),
                tone: Tone::Warn,
            }],
            acts: vec![act("issue", "签发", "words", "签发意见", "warm"), act("dismiss", "不予签发", "reason", "理由", "secondary")],
            waiting: String::new(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let mut empty = Cards::sample();
    empty.table.rows.clear();
    empty.filtered = true;
    let mut wrong = Card::sample();
    if let Some(act) = wrong.acts.first_mut() {
        act.form.errors = Errors::one("words", "请填写签发意见");
    }
    let done = Card {
        acts: Vec::new(),
        waiting: "您现在不需要对这张牌做什么。".into(),
        stage: Tag::new("已撤销", Tone::Neutral),
        notice: Some(Notice::new(Tone::Warn, "刚才填写的内容没有提交", &["这一步现在不能再办。", "照明已恢复。"])),
        hands: Table::default(),
        ..Card::sample()
    };
    vec![
        ("oversight-cards", crate::html(&Cards::sample())),
        ("oversight-cards-empty", crate::html(&empty)),
        ("oversight-card", crate::html(&Card::sample())),
        ("oversight-card-error", crate::html(&wrong)),
        ("oversight-card-done", crate::html(&done)),
    ]
}
