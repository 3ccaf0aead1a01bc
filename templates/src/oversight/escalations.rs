//! Escalated matters: the board by level, the list of a level or of a unit, the chain of one matter, raising a case by hand.

use askama::Template;

use super::acts::{ActForm, Control, Kind, faulty};
use crate::components::{Cell, Column, Row};
use crate::components::{Choice, Errors, Link, Moment, Notice, Paging, RouteState, RouteStep, Table, Tag, TimelineItem, Tone};
use crate::desk::{AsOf, Due, DueState, Form};
use crate::shell::{NavItem, Shell};

/// `GET /oversight/escalations?ladder=`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/escalations.html")]
pub struct EscalationBoard {
    /// Context.
    pub shell: Shell,
    /// The ladders with the number of open matters, this one current.
    pub ladders: Vec<NavItem>,
    /// Name of the ladder.
    pub title: String,
    /// The levels, the highest first.
    pub levels: Vec<BoardLevel>,
    /// What to say when there is no ladder at all.
    pub empty: String,
    /// Freshness.
    pub as_of: AsOf,
}

/// A level of the board.
#[derive(Debug, Clone, Default)]
pub struct BoardLevel {
    /// Id of its heading.
    pub id: String,
    /// Its name: Ⅲ级.
    pub label: String,
    /// Whose it is and what has to come of it.
    pub lead: String,
    /// Open matters.
    pub count: u64,
    /// All of them.
    pub href: String,
    /// The first ones, due first.
    pub rows: Vec<MatterRow>,
}

/// A matter as a row.
#[derive(Debug, Clone, Default)]
pub struct MatterRow {
    /// Its number: 〔2026〕12 号.
    pub number: String,
    /// The chain.
    pub href: String,
    /// Number of its first case, and how many more.
    pub cases: String,
    /// Ladder and level.
    pub level: String,
    /// The unit in charge of the case.
    pub unit: String,
    /// Who holds the level.
    pub owner: String,
    /// Why it came up.
    pub entry: String,
    /// Since when on this level.
    pub since: Moment,
    /// The level's clock; none = it stands, `state` says why.
    pub due: Option<Due>,
    /// Marks: 待会商, 已报告 …
    pub marks: Vec<Tag>,
}

/// `GET /oversight/escalations/level/{n}?ladder=&after=` and `GET /desk/escalations?after=`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/escalations_list.html")]
pub struct EscalationList {
    /// Context.
    pub shell: Shell,
    /// The board; empty for a unit's own list.
    pub crumbs: Vec<Link>,
    /// Heading.
    pub title: String,
    /// What is asked of whoever holds the level.
    pub lead: String,
    /// Rows.
    pub rows: Vec<MatterRow>,
    /// What to say when there are none.
    pub empty: String,
    /// Keyset paging.
    pub paging: Paging,
    /// Freshness.
    pub as_of: AsOf,
}

/// `GET /oversight/escalations/{id}` and `GET /desk/escalations/{id}`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/escalation.html")]
pub struct EscalationChain {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// Ladder and number.
    pub number: String,
    /// Heading: where it stands.
    pub title: String,
    /// Open, standing or resolved.
    pub state: Tag,
    /// Marks: 待会商, 待研判 …
    pub marks: Vec<Tag>,
    /// What to know first.
    pub notice: Option<Notice>,
    /// Who holds the level now; empty when resolved.
    pub owner: String,
    /// For how long.
    pub since: String,
    /// The level's clock, when it runs.
    pub due: Option<Due>,
    /// Route map of the levels.
    pub route: Vec<RouteStep>,
    /// What has to come of the level.
    pub outcome: String,
    /// Why it came up.
    pub entry: String,
    /// The unit in charge of the case.
    pub unit: String,
    /// Ladder's rulebook.
    pub rulebook: String,
    /// The cases of the matter that this reader may see.
    pub cases: Table,
    /// The way up and down.
    pub way: Table,
    /// Meetings, the latest first.
    pub meetings: Vec<MeetingBlock>,
    /// Everything that happened, newest first.
    pub timeline: Vec<TimelineItem>,
    /// What may be done.
    pub acts: Vec<ActForm>,
    /// What to say when nothing may be done.
    pub waiting: String,
    /// Freshness.
    pub as_of: AsOf,
}

/// A 会商.
#[derive(Debug, Clone, Default)]
pub struct MeetingBlock {
    /// The day.
    pub held: Moment,
    /// The level.
    pub level: String,
    /// Units present.
    pub units: String,
    /// The resolution.
    pub resolution: String,
    /// Tasks: unit, what, due.
    pub tasks: Vec<(String, String, Moment)>,
}

/// `GET /desk/case/{number}/escalate`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/escalate.html")]
pub struct Escalate {
    /// Context.
    pub shell: Shell,
    /// The case.
    pub crumbs: Vec<Link>,
    /// Its number.
    pub number: String,
    /// Name of the ladder.
    pub ladder: String,
    /// The form.
    pub act: ActForm,
}

fn rows() -> Vec<MatterRow> {
    let row = |number: &str, unit: &str, owner: &str, entry: &str, due| MatterRow {
        number: number.into(),
        href: "/oversight/escalations/6f1d2a52".into(),
        cases: "3K7Q-29XD-MA6".into(),
        level: "四级响应 Ⅲ级".into(),
        unit: unit.into(),
        owner: owner.into(),
        entry: entry.into(),
        since: Moment::new("2026-10-19T15:20:00+08:00", "2026年10月19日 15:20"),
        due,
        marks: Vec::new(),
    };
    let over = Due::new("2026-10-22T17:30:00+08:00", "10月22日 17:30", "超 17 小时", DueState::Over);
    let near = Due::new("2026-10-23T17:30:00+08:00", "10月23日 17:30", "剩 6 小时", DueState::Near);
    let mut all = vec![
        row("〔2026〕12 号", "西湾街道办事处", "效能办", "办理严重超期", Some(over)),
        row("〔2026〕15 号", "市城市管理局", "效能办", "疑难复杂", Some(near)),
        row("〔2026〕16 号", "东城区住房和城乡建设与交通运输综合行政执法局", "东城区人民政府", "多人反映同一事项", None),
    ];
    all[0].marks.push(Tag::new("待会商", Tone::Warn));
    all[2].cases = "3K7Q-29XD-MA6 等 5 件".into();
    all[2].marks.push(Tag::new("已答复，待审核回访", Tone::Info));
    all
}

impl EscalationBoard {
    /// Two levels with matters.
    #[must_use]
    pub fn sample() -> Self {
        let level = |n: u8, label: &str, lead: &str, rows: Vec<MatterRow>| BoardLevel {
            id: format!("level-{n}"),
            label: label.into(),
            lead: lead.into(),
            count: rows.len() as u64,
            href: format!("/oversight/escalations/level/{n}?ladder=response"),
            rows,
        };
        Self {
            shell: Shell::sample_desk("/oversight/escalations"),
            ladders: vec![
                NavItem::counted("/oversight/escalations?ladder=response", "四级响应", 3, true),
                NavItem::counted("/oversight/escalations?ladder=stuck", "办不成事", 0, false),
            ],
            title: "四级响应".into(),
            levels: vec![
                level(4, "Ⅳ级", "责任：市领导　期限：10 个工作日　要求：市领导决定，限期落实", Vec::new()),
                level(3, "Ⅲ级", "责任：效能办　期限：10 个工作日　会商：3 个工作日内　要求：会商明确牵头单位、措施和时限", rows()),
            ],
            empty: String::new(),
            as_of: AsOf::sample(),
        }
    }
}

impl EscalationList {
    /// The third level.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample_desk("/oversight/escalations/level/3"),
            crumbs: vec![Link::new("/oversight/escalations", "四级响应")],
            title: "四级响应 Ⅲ级".into(),
            lead: "责任：效能办　期限：10 个工作日　会商：3 个工作日内　要求：会商明确牵头单位、措施和时限".into(),
            rows: rows(),
            empty: "这一级现在没有事项。".into(),
            paging: Paging { prev: None, next: Some("/oversight/escalations/level/3?after=n1~2".into()), summary: "本页 3 件".into() },
            as_of: AsOf::sample(),
        }
    }
}

fn raise(id: &str, action: &str) -> ActForm {
    ActForm {
        form: Form::sample(id, action),
        title: "提级".into(),
        fields: vec![
            Control::new(Kind::Select, "level", "提到哪一级", "").of(vec![Choice::new("4", "Ⅳ级（市领导）")]),
            Control::new(Kind::Select, "entry", "提级原因", "")
                .of(vec![Choice::new("difficult", "疑难复杂"), Choice::new("no_power", "承办单位无权限")]),
            Control::new(Kind::Lines, "reason", "提级理由", ""),
        ],
        button: "提级".into(),
        ..ActForm::default()
    }
}

impl EscalationChain {
    /// The form with errors.
    #[must_use]
    pub fn faulty(&self) -> Option<&Form> {
        faulty(&self.acts)
    }

    /// On the third level, after a meeting.
    #[must_use]
    pub fn sample() -> Self {
        let step = |title: &str, holder: &str, state| RouteStep {
            title: title.into(),
            holder: holder.into(),
            state,
            at: None,
            note: String::new(),
        };
        let cells = |texts: &[&str]| Row::new(texts.iter().copied().map(Cell::text).collect());
        let table = |caption: &str, heads: &[&str], rows| Table {
            caption: caption.into(),
            caption_hidden: true,
            columns: heads.iter().copied().map(Column::text).collect(),
            rows,
            empty: "没有记录。".into(),
            stacked: true,
        };
        Self {
            shell: Shell::sample_desk("/oversight/escalations/6f1d2a52"),
            crumbs: vec![Link::new("/oversight/escalations", "四级响应")],
            number: "四级响应〔2026〕12 号".into(),
            title: "Ⅲ级：效能办".into(),
            state: Tag::new("处置中", Tone::Info),
            marks: vec![Tag::new("待会商", Tone::Warn)],
            notice: None,
            owner: "效能办".into(),
            since: "已 3 天 2 小时（2026年10月19日 15:20 起）".into(),
            due: Some(Due::new("2026-10-27T00:00:00+08:00", "10月26日 24:00", "剩 3 天", DueState::Running)),
            route: vec![
                step("Ⅰ级", "承办单位", RouteState::Done),
                step("Ⅱ级", "西湾区人民政府", RouteState::Done),
                step("Ⅲ级", "效能办", RouteState::Current),
                step("Ⅳ级", "市领导", RouteState::Next),
            ],
            outcome: "会商明确牵头单位、措施和时限".into(),
            entry: "上一级到期未办成".into(),
            unit: "西湾街道办事处".into(),
            rulebook: "generic@2026.1".into(),
            cases: table("工单", &["工单", "状态", "承办单位"], vec![cells(&["3K7Q-29XD-MA6", "办理中", "西湾街道办事处"])]),
            way: table(
                "逐级过程",
                &["级别", "谁负责", "原因", "起止", "用时"],
                vec![cells(&["Ⅱ级", "西湾区人民政府", "办理严重超期", "10月12日 00:00 至 10月19日 15:20", "7 天 15 小时"])],
            ),
            meetings: vec![MeetingBlock {
                held: Moment::new("2026-10-20", "2026年10月20日"),
                level: "Ⅲ级".into(),
                units: "西湾街道办事处、市城市管理局".into(),
                resolution: "由市城市管理局牵头，三日内完成抢修。".into(),
                tasks: vec![("市城市管理局".into(), "完成抢修".into(), Moment::new("2026-10-23", "2026年10月23日"))],
            }],
            timeline: vec![TimelineItem {
                at: Moment::new("2026-10-19T15:20:00+08:00", "2026年10月19日 15:20"),
                title: "提到Ⅲ级".into(),
                by: "系统自动".into(),
                lines: vec!["原因：上一级到期未办成".into()],
                tone: Tone::Warn,
            }],
            acts: vec![
                ActForm {
                    form: Form::sample("convene", "/oversight/escalations/6f1d2a52/convene"),
                    title: "记录会商".into(),
                    fields: vec![
                        Control::new(Kind::Day, "held", "会商日期", "2026-10-20"),
                        Control::new(Kind::Boxes, "units", "参加单位", "")
                            .of(vec![Choice::new("0101", "市城市管理局"), Choice::new("330502001", "西湾街道办事处")]),
                        Control::new(Kind::Lines, "resolution", "会商意见", ""),
                    ],
                    button: "记录会商".into(),
                    ..ActForm::default()
                },
                raise("raise", "/oversight/escalations/6f1d2a52/raise"),
            ],
            waiting: String::new(),
            as_of: AsOf::sample(),
        }
    }
}

impl Escalate {
    /// The form.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample_desk("/desk/case/3K7Q29XDMA6/escalate"),
            crumbs: vec![Link::new("/desk/case/3K7Q29XDMA6", "工单 3K7Q-29XD-MA6")],
            number: "3K7Q-29XD-MA6".into(),
            ladder: "四级响应".into(),
            act: raise("", "/desk/case/3K7Q29XDMA6/escalate"),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let empty = EscalationBoard {
        ladders: Vec::new(),
        levels: Vec::new(),
        empty: "现行规则没有规定响应阶梯。".into(),
        ..EscalationBoard::sample()
    };
    let none = EscalationList { rows: Vec::new(), crumbs: Vec::new(), paging: Paging::default(), ..EscalationList::sample() };
    let mut faulty = EscalationChain::sample();
    if let Some(act) = faulty.acts.last_mut() {
        act.form.errors = Errors::one("reason", "请填写提级理由");
    }
    let resolved = EscalationChain {
        state: Tag::new("已办结", Tone::Good),
        owner: String::new(),
        due: None,
        notice: Some(Notice::new(Tone::Warn, "刚才填写的内容没有提交", &["线路已更换。"])),
        acts: Vec::new(),
        waiting: "您现在不需要对本事项做什么。".into(),
        meetings: Vec::new(),
        marks: Vec::new(),
        ..EscalationChain::sample()
    };
    vec![
        ("oversight-escalations", crate::html(&EscalationBoard::sample())),
        ("oversight-escalations-empty", crate::html(&empty)),
        ("oversight-escalations-level", crate::html(&EscalationList::sample())),
        ("oversight-escalations-none", crate::html(&none)),
        ("oversight-escalation", crate::html(&EscalationChain::sample())),
        ("oversight-escalation-error", crate::html(&faulty)),
        ("oversight-escalation-resolved", crate::html(&resolved)),
        ("oversight-escalate", crate::html(&Escalate::sample())),
    ]
}
