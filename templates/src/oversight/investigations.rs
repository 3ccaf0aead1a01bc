//! `/oversight/investigations…` and `/desk/investigations…`: complaints about the efficiency of units (效能投诉件).

use askama::Template;

use super::acts::{ActForm, Control, Kind, faulty};
use crate::components::{
    Cell, Choice, Column, Countdown, Errors, Link, Moment, Notice, Paging, RouteState, RouteStep, Row, SummaryRow, Table, Tag, Tile,
    TimelineItem, Tone,
};
use crate::desk::Form;
use crate::shell::{NavItem, Shell};

/// A text of the file.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// What it is.
    pub title: String,
    /// When.
    pub at: Moment,
    /// By whom, with whom, where.
    pub by: String,
    /// Paragraphs.
    pub lines: Vec<String>,
}

/// `/oversight/investigations`
#[derive(Debug, Template)]
#[template(path = "oversight/investigations.html")]
pub struct Investigations {
    /// Context.
    pub shell: Shell,
    /// To accept, under investigation, to answer, ended, transferred.
    pub tabs: Vec<NavItem>,
    /// Rate found true.
    pub tiles: Vec<Tile>,
    /// Those of the tab.
    pub table: Table,
    /// Pages.
    pub paging: Paging,
    /// New ones can be entered.
    pub can_enter: bool,
}

/// `/oversight/investigations/new`: what came by telephone, on paper or in person.
#[derive(Debug, Template)]
#[template(path = "oversight/investigation_new.html")]
pub struct InvestigationNew {
    /// Context.
    pub shell: Shell,
    /// Where this page stands.
    pub crumbs: Vec<Link>,
    /// The act.
    pub act: ActForm,
    /// Units offered while typing.
    pub units: Vec<String>,
    /// Unit as typed.
    pub unit: String,
}

/// `/oversight/investigations/{id}`
#[derive(Debug, Template)]
#[template(path = "oversight/investigation.html")]
pub struct Investigation {
    /// Context.
    pub shell: Shell,
    /// Where this page stands.
    pub crumbs: Vec<Link>,
    /// `效投〔2026〕3号`
    pub number: String,
    /// The unit complained of.
    pub unit: String,
    /// The state as a badge.
    pub state: Tag,
    /// Name of the limit that counts.
    pub due_name: String,
    /// The limit that counts.
    pub countdown: Option<Countdown>,
    /// What to know first.
    pub notice: Option<Notice>,
    /// Route map.
    pub route: Vec<RouteStep>,
    /// Facts of the complaint.
    pub facts: Vec<SummaryRow>,
    /// The case that was referred.
    pub case: Option<Link>,
    /// Talks, reports, conclusions, answers; oldest first.
    pub records: Vec<Record>,
    /// What can be done now.
    pub acts: Vec<ActForm>,
    /// Whose turn it is otherwise.
    pub waiting: String,
    /// What happened, newest first.
    pub timeline: Vec<TimelineItem>,
    /// The answer as a letter.
    pub letter: Option<String>,
}

impl Investigation {
    /// The form that has errors.
    #[must_use]
    pub fn faulty(&self) -> Option<&Form> {
        faulty(&self.acts)
    }
}

/// `/oversight/investigations/{id}/letter`: the answer, for printing.
#[derive(Debug, Template)]
#[template(path = "oversight/investigation_letter.html")]
pub struct InvestigationLetter {
    /// Context.
    pub shell: Shell,
    /// Where this page stands.
    pub crumbs: Vec<Link>,
    /// `效投〔2026〕3号`
    pub number: String,
    /// To whom.
    pub to: String,
    /// Paragraphs.
    pub lines: Vec<String>,
    /// How a review can be asked for; empty for none.
    pub review: String,
    /// The office.
    pub office: String,
    /// The day.
    pub at: Moment,
}

/// `/desk/investigations`: recommendations to the unit.
#[derive(Debug, Template)]
#[template(path = "oversight/recommendations.html")]
pub struct Recommendations {
    /// Context.
    pub shell: Shell,
    /// Recommendations, newest first.
    pub table: Table,
    /// Pages.
    pub paging: Paging,
}

/// `/desk/investigations/{id}`: the recommendation alone.
#[derive(Debug, Template)]
#[template(path = "oversight/recommendation.html")]
pub struct Recommendation {
    /// Context.
    pub shell: Shell,
    /// Where this page stands.
    pub crumbs: Vec<Link>,
    /// `效投〔2026〕3号`
    pub number: String,
    /// What to know first.
    pub notice: Option<Notice>,
    /// Result, kinds of advice, date.
    pub facts: Vec<SummaryRow>,
    /// The recommendation's paragraphs.
    pub lines: Vec<String>,
    /// By when the unit answers.
    pub countdown: Option<Countdown>,
    /// The unit's answer.
    pub answer: Option<Record>,
    /// The form of the answer.
    pub act: Option<ActForm>,
}

fn moment() -> Moment {
    Moment::new("2026-05-06T10:00:00+08:00", "2026年5月6日 10:00")
}

fn desk(path: &str) -> Shell {
    Shell::sample_desk(path)
}

fn act() -> ActForm {
    ActForm {
        form: Form::sample("conclude", "/oversight/investigations/x/conclude"),
        title: "作出结论".into(),
        button: "作出结论".into(),
        kind: "warm".into(),
        fields: vec![
            Control::select("finding", "结论", vec![Choice::new("proved", "属实")], ""),
            Control::new(Kind::Boxes, "advice", "建议", "").of(vec![Choice::new("improve", "改进工作"), Choice::new("policy", "完善政策")]),
            Control::new(Kind::Radio, "mode", "方式", "").of(vec![Choice::new("direct", "直查")]).hint("选一种"),
            Control::new(Kind::Lines, "conclude_words", "依据和理由", "").hint("最多 4000 字"),
            Control::new(Kind::Text, "place", "地点", ""),
            Control::new(Kind::Moment, "held", "时间", ""),
        ],
        ..ActForm::default()
    }
}

fn list() -> Investigations {
    let row = Row::new(vec![
        Cell::link("/oversight/investigations/x", "效投〔2026〕3号"),
        Cell::text("西湾区城市管理局"),
        Cell::tag("调查中", Tone::Info),
        Cell::text("督查员甲、督查员乙"),
        Cell::time(moment()),
    ]);
    Investigations {
        shell: desk("/oversight/investigations"),
        tabs: vec![NavItem::counted("/oversight/investigations", "待受理", 2, true)],
        tiles: vec![Tile {
            name: "今年属实率".into(), value: "50".into(), unit: "%".into(), detail: "1 / 2 件".into(), ..Tile::default()
        }],
        table: Table {
            caption: "效能投诉件".into(),
            caption_hidden: true,
            columns: ["编号", "被投诉单位", "状态", "调查人员", "期限"].map(Column::text).to_vec(),
            rows: vec![row],
            empty: "没有。".into(),
            stacked: true,
        },
        paging: Paging::default(),
        can_enter: true,
    }
}

fn one() -> Investigation {
    Investigation {
        shell: desk("/oversight/investigations/x"),
        crumbs: vec![Link::new("/oversight/investigations", "效能投诉件")],
        number: "效投〔2026〕3号".into(),
        unit: "西湾区城市管理局".into(),
        state: Tag::new("待结论", Tone::Info),
        due_name: "办结期限".into(),
        countdown: Some(Countdown { due: moment(), text: "剩 3 天".into(), ..Countdown::default() }),
        notice: None,
        route: vec![RouteStep { title: "受理".into(), state: RouteState::Current, ..RouteStep::default() }],
        facts: vec![SummaryRow::new("发生了什么", "材料交齐四十天没有结果")],
        case: Some(Link::new("/desk/case/3K7Q29XDMA6", "工单 3K7Q-29XD-MA6")),
        records: vec![Record { title: "谈话记录".into(), at: moment(), by: "督查员甲".into(), lines: vec!["承认超期".into()] }],
        acts: vec![act()],
        waiting: String::new(),
        timeline: vec![TimelineItem { at: moment(), title: "受理".into(), ..TimelineItem::default() }],
        letter: Some("/oversight/investigations/x/letter".into()),
    }
}

fn recommendation() -> Recommendation {
    Recommendation {
        shell: desk("/desk/investigations/x"),
        crumbs: vec![Link::new("/desk/investigations", "效能建议")],
        number: "效投〔2026〕3号".into(),
        notice: None,
        facts: vec![SummaryRow::new("调查结果", "部分属实"), SummaryRow::new("建议", "改进工作")],
        lines: vec!["请完善超期预警。".into()],
        countdown: Some(Countdown { due: moment(), text: "剩 3 天".into(), ..Countdown::default() }),
        answer: None,
        act: Some(ActForm { form: Form { revision: None, ..act().form }, ..act() }),
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let wrong = {
        let mut page = one();
        page.acts[0].form = page.acts[0].form.clone().with(Errors::one("finding", "请选择结论").and("conclude_words", "请填写依据和理由"));
        page
    };
    let waiting = Investigation {
        acts: Vec::new(),
        waiting: "等待调查人员提交报告。".into(),
        letter: None,
        case: None,
        countdown: None,
        notice: Some(Notice::new(Tone::Warn, "您编辑期间，本件有变动", &["请核对后再提交。"])),
        ..one()
    };
    let new = InvestigationNew {
        shell: desk("/oversight/investigations/new"),
        crumbs: vec![Link::new("/oversight/investigations", "效能投诉件")],
        act: ActForm { form: Form { revision: None, ..Form::sample("", "/oversight/investigations/new") }, ..act() },
        units: vec!["西湾区城市管理局".into()],
        unit: String::new(),
    };
    let letter = InvestigationLetter {
        shell: desk("/oversight/investigations/x/letter"),
        crumbs: vec![Link::new("/oversight/investigations/x", "效投〔2026〕3号")],
        number: "效投〔2026〕3号".into(),
        to: "陈某".into(),
        lines: vec!["您反映的问题部分属实。".into()],
        review: "可以在 2026年6月5日 前申请复查。".into(),
        office: "效能办".into(),
        at: moment(),
    };
    let recommendations = Recommendations { shell: desk("/desk/investigations"), table: list().table, paging: Paging::default() };
    let answered = Recommendation {
        act: None,
        notice: Some(Notice::new(Tone::Warn, "刚才填写的内容没有提交", &["本件已有新的进展。", "已改。"])),
        countdown: None,
        answer: Some(Record { title: "已采纳".into(), at: moment(), by: String::new(), lines: vec!["已改".into()] }),
        ..recommendation()
    };
    let empty = Investigations { table: Table { rows: Vec::new(), ..list().table }, can_enter: false, ..list() };
    vec![
        ("oversight-investigations", crate::html(&list())),
        ("oversight-investigations-empty", crate::html(&empty)),
        ("oversight-investigation", crate::html(&one())),
        ("oversight-investigation-error", crate::html(&wrong)),
        ("oversight-investigation-waiting", crate::html(&waiting)),
        ("oversight-investigation-new", crate::html(&new)),
        ("oversight-investigation-letter", crate::html(&letter)),
        ("desk-recommendations", crate::html(&recommendations)),
        ("desk-recommendation", crate::html(&recommendation())),
        ("desk-recommendation-answered", crate::html(&answered)),
    ]
}
