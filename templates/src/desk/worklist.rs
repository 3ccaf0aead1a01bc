//! A worklist: the cases of one bucket that an account may see, nearest due first.

use askama::Template;

use super::{AsOf, Due, DueState};
use crate::components::{Choice, Direction, Moment, Paging, Tag, Tone};
use crate::shell::{NavItem, Shell};

/// `GET /desk/worklist/{bucket}?sort=due|filed|number&class=&unit=&after=`
#[derive(Debug, Clone, Template)]
#[template(path = "desk/worklist.html")]
pub struct Worklist {
    /// Context.
    pub shell: Shell,
    /// Name of the bucket.
    pub title: String,
    /// The role's buckets with counts, this one current.
    pub tabs: Vec<NavItem>,
    /// Sorts: a closed set, each a link; the current one has a direction.
    pub sorts: Vec<(NavItem, Option<Direction>)>,
    /// Address of the list without filters; the filter form GETs it.
    pub base_href: String,
    /// Current sort, kept by the filter form.
    pub sort: String,
    /// Filter `class`.
    pub classes: Vec<Choice>,
    /// Filter `unit`; empty for accounts that see one unit only.
    pub units: Vec<Choice>,
    /// A filter is set.
    pub filtered: bool,
    /// Rows.
    pub rows: Vec<CaseRow>,
    /// What to say when there are none.
    pub empty: String,
    /// Keyset paging.
    pub paging: Paging,
    /// Freshness.
    pub as_of: AsOf,
}

/// A case as a row.
#[derive(Debug, Clone, Default)]
pub struct CaseRow {
    /// Public number.
    pub number: String,
    /// The case page.
    pub href: String,
    /// Title; empty when it was erased or may not be seen, then the page says so.
    pub title: String,
    /// Class.
    pub class: String,
    /// Place, coarse.
    pub place: String,
    /// In whose hands: the unit or 热线办.
    pub holder: String,
    /// 科室 · 经办人; empty when not assigned.
    pub assignee: String,
    /// Where it stands.
    pub stage: Tag,
    /// Urgency mark, when it is not the ordinary one.
    pub urgency: Option<Tag>,
    /// Other marks: 保密, 匿名, 举报, 二次办理.
    pub marks: Vec<Tag>,
    /// The limit the holder looks at.
    pub due: Option<Due>,
    /// When filed.
    pub filed: Moment,
}

impl CaseRow {
    /// Mark of the whole row.
    #[must_use]
    pub fn tone(&self) -> Tone {
        match self.due.as_ref().map(|due| due.state) {
            Some(DueState::Over) => Tone::Bad,
            Some(DueState::Near) => Tone::Warn,
            _ => Tone::Neutral,
        }
    }

    /// Some rows: overdue, near, ordinary, long, provisional, erased.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let row = |number: &str, title: &str, class: &str, place: &str, assignee: &str, stage: (&str, Tone), due| Self {
            number: number.into(),
            href: format!("/desk/case/{number}"),
            title: title.into(),
            class: class.into(),
            place: place.into(),
            holder: "市城市管理局".into(),
            assignee: assignee.into(),
            stage: Tag::new(stage.0, stage.1),
            urgency: None,
            marks: Vec::new(),
            due: Some(due),
            filed: Moment::new("2026-10-19T15:20:00+08:00", "10月19日 15:20"),
        };
        let over = Due::new("2026-10-22T17:30:00+08:00", "10月22日 17:30", "超 17 小时", DueState::Over);
        let near = Due::new("2026-10-23T17:30:00+08:00", "10月23日 17:30", "剩 6 小时 48 分", DueState::Near);
        let fine = Due::new("2026-10-27T17:30:00+08:00", "10月27日 17:30", "剩 4 天 6 小时", DueState::Running);
        let mut far = Due::new("2027-01-05T17:30:00+08:00", "2027年1月5日 17:30", "剩 74 天", DueState::Running);
        far.provisional = true;
        let mut rows = vec![
            row("20261019-000412", "夜间渣土车遗撒，路面湿滑", "投诉", "临江区 西湾街道", "市容科 · 周航", ("办理中", Tone::Info), over),
            row("20261021-000088", "小区北门路灯连续五天不亮", "求助", "临江区 望山街道", "", ("待签收", Tone::Info), near.clone()),
            row(
                "20261021-000131",
                "反映菜市场周边早市占道经营、垃圾堆放、噪声扰民，多次拨打热线后商贩换个路口继续摆摊，影响学生上学通行",
                "投诉",
                "高新区 南桥街道 青年路社区",
                "市容科 · 欧阳明远",
                ("待单位审核", Tone::Info),
                near,
            ),
            row("20261022-000009", "建议在滨河步道增设座椅", "建议", "临江区", "园林科 · 李蕾", ("办理中", Tone::Info), fine.clone()),
            row("20261022-000057", "", "举报", "清源县", "", ("待签收", Tone::Info), fine),
            row(
                "20261012-000203",
                "旧楼外墙瓷砖脱落，需鉴定后维修",
                "求助",
                "临江区 望山街道",
                "房屋科 · 王磊",
                ("办理中", Tone::Info),
                far,
            ),
        ];
        rows[1].urgency = Some(Tag::new("紧急", Tone::Bad));
        rows[2].marks.push(Tag::new("二次办理", Tone::Warn));
        rows[4].marks = vec![Tag::new("保密", Tone::Neutral), Tag::new("举报", Tone::Warn)];
        rows
    }
}

impl Worklist {
    /// A liaison's list.
    #[must_use]
    pub fn sample() -> Self {
        let tab = |code: &str, text: &str, count| NavItem::counted(&format!("/desk/worklist/{code}"), text, count, code == "handling");
        let sort = |code: &str, text: &str, direction: Option<Direction>| {
            (NavItem::new(&format!("/desk/worklist/handling?sort={code}"), text, direction.is_some()), direction)
        };
        Self {
            shell: Shell::sample_desk("/desk/worklist/handling"),
            title: "办理中".into(),
            tabs: vec![
                tab("overdue", "已超期", 1),
                tab("near", "临期", 3),
                tab("sign", "待签收", 4),
                tab("handling", "办理中", 9),
                tab("unit_review", "待本单位审核", 2),
                tab("done", "近 30 天办结", 41),
            ],
            sorts: vec![sort("due", "期限", Some(Direction::Ascending)), sort("filed", "登记时间", None), sort("number", "编号", None)],
            base_href: "/desk/worklist/handling".into(),
            sort: "due".into(),
            classes: vec![Choice::new("complaint", "投诉"), Choice::new("help", "求助"), Choice::new("advice", "建议")],
            units: vec![Choice::new("331001", "市城市管理局"), Choice::new("331001-2", "　市容环卫中心")],
            filtered: false,
            rows: CaseRow::samples(),
            empty: "这个清单里现在没有诉求件。".into(),
            paging: Paging {
                prev: None,
                next: Some("/desk/worklist/handling?after=20261012-000203".into()),
                summary: "本页 6 件，共 9 件".into(),
            },
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let empty = Worklist {
        rows: Vec::new(),
        filtered: true,
        classes: Choice::select(Worklist::sample().classes, "advice"),
        empty: "没有符合筛选条件的诉求件。可以清除筛选，或看看别的清单。".into(),
        paging: Paging::default(),
        ..Worklist::sample()
    };
    vec![("desk-worklist", crate::html(&Worklist::sample())), ("desk-worklist-empty", crate::html(&empty))]
}
