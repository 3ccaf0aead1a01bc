//! `/oversight/campaigns`, `/desk/opinions`: public evaluation for those who run it and for the bodies it is about.

use askama::Template;

use crate::components::BarChart;
use crate::components::{Cell, Choice, Column, Errors, Link, Paging, Row, SummaryRow, Table, Tag, Tone};
use crate::desk::Form;
use crate::shell::Shell;

/// `GET /oversight/campaigns`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/campaigns.html")]
pub struct Campaigns {
    /// Context.
    pub shell: Shell,
    /// Campaigns, newest first.
    pub table: Table,
    /// Older ones.
    pub older: Paging,
    /// May draw up a plan.
    pub may_plan: bool,
}

/// A group in the form of a plan.
#[derive(Debug, Clone, Default)]
pub struct GroupFields {
    /// Code: fields `weight-<code>` and `size-<code>`.
    pub code: String,
    /// Name.
    pub label: String,
    /// Weight as typed.
    pub weight: String,
    /// Size as typed.
    pub size: String,
}

impl GroupFields {
    /// Name of the field of the weight.
    #[must_use]
    pub fn weight_field(&self) -> String {
        format!("weight-{}", self.code)
    }

    /// Label of the field of the weight.
    #[must_use]
    pub fn weight_label(&self) -> String {
        format!("{}权重（%）", self.label)
    }

    /// Name of the field of the size.
    #[must_use]
    pub fn size_field(&self) -> String {
        format!("size-{}", self.code)
    }

    /// Label of the field of the size.
    #[must_use]
    pub fn size_label(&self) -> String {
        format!("{}人数", self.label)
    }
}

/// `GET`/`POST /oversight/campaigns/new`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/campaign_new.html")]
pub struct CampaignNew {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// The form.
    pub form: Form,
    /// `title`.
    pub title: String,
    /// `frame`.
    pub frame: String,
    /// `bodies`: a unit on each line.
    pub bodies: String,
    /// The groups.
    pub groups: Vec<GroupFields>,
    /// `least`.
    pub least: String,
    /// `from`.
    pub from: String,
    /// `until`.
    pub until: String,
    /// `opinions`.
    pub opinions: bool,
    /// `number`.
    pub number: String,
    /// `maker`.
    pub maker: String,
    /// `approval`.
    pub approval: String,
    /// `valid`.
    pub valid: String,
}

/// A step that can be taken now: one button.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// The form.
    pub form: Form,
    /// Heading.
    pub title: String,
    /// What it does and that it cannot be undone.
    pub words: String,
    /// Words of the button.
    pub button: String,
    /// Its kind.
    pub kind: String,
}

/// Making codes: posted to `…/invite`, answered with a file.
#[derive(Debug, Clone, Default)]
pub struct Invite {
    /// The form.
    pub form: Form,
    /// Groups that lack codes.
    pub groups: Vec<Choice>,
    /// How many, as typed.
    pub count: String,
}

/// Results as staff and the public see them.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "oversight/results.html")]
pub struct Results {
    /// Scores as bars, with the table twin.
    pub scores: BarChart,
    /// Bodies with rank, score, interval, size, satisfaction, familiarity.
    pub table: Table,
    /// How it was computed, and what was dropped.
    pub notes: Vec<String>,
}

/// `GET /oversight/campaigns/{id}`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/campaign.html")]
pub struct CampaignPage {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// Title.
    pub title: String,
    /// Stage.
    pub state: Tag,
    /// Plan.
    pub facts: Vec<SummaryRow>,
    /// Groups with weights, and progress for those who may see it.
    pub groups: Table,
    /// The bodies.
    pub bodies: Vec<String>,
    /// The next step, for those who may take it.
    pub step: Option<Step>,
    /// Making codes.
    pub invite: Option<Invite>,
    /// Why there are no results yet; empty when there are.
    pub hidden: String,
    /// Results.
    pub results: Option<Results>,
    /// Exports and the public page.
    pub links: Vec<Link>,
}

impl CampaignPage {
    /// Whether a form on it has errors.
    #[must_use]
    pub fn wrong(&self) -> bool {
        self.step.as_ref().is_some_and(|step| step.form.errors.any()) || self.invite.as_ref().is_some_and(|invite| invite.form.errors.any())
    }
}

/// `GET /desk/opinions`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/booklets.html")]
pub struct Booklets {
    /// Context.
    pub shell: Shell,
    /// Campaigns about the own unit.
    pub table: Table,
}

/// `GET /desk/opinions/{id}`: the booklet of one body; also for print.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/booklet.html")]
pub struct Booklet {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// Title of the campaign.
    pub title: String,
    /// The unit.
    pub unit: String,
    /// Score and what belongs to it.
    pub facts: Vec<SummaryRow>,
    /// Grades by group, small groups suppressed.
    pub groups: Table,
    /// What is suppressed and masked, and why.
    pub notes: Vec<String>,
    /// Opinions, masked.
    pub opinions: Vec<String>,
    /// What to say when there are none.
    pub empty: String,
    /// Pages of opinions.
    pub pages: Paging,
}

/// `GET /evaluation`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/evaluations.html")]
pub struct Evaluations {
    /// Context.
    pub shell: Shell,
    /// Campaigns whose plan is fixed.
    pub table: Table,
}

/// `GET /evaluation/{id}`: the fixed plan, and the report once it is published.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/evaluation.html")]
pub struct Evaluation {
    /// Context.
    pub shell: Shell,
    /// Title.
    pub title: String,
    /// Stage.
    pub state: Tag,
    /// Header of the form, frame, period.
    pub facts: Vec<SummaryRow>,
    /// Groups, weights, sizes; rates after closing.
    pub groups: Table,
    /// The bodies.
    pub bodies: Vec<String>,
    /// Ballots are taken now.
    pub open: bool,
    /// The report.
    pub results: Option<Results>,
}

fn groups_table() -> Table {
    let row = |name: &str, weight: &str, planned: &str, invited: &str, used: &str, rate: &str| {
        Row::new([name, weight, planned, invited, used, rate].map(Cell::text).to_vec())
    };
    Table {
        caption: "评议主体".into(),
        caption_hidden: true,
        columns: vec![
            Column::text("评议主体"),
            Column::figures("权重（%）"),
            Column::figures("计划人数"),
            Column::figures("已发评议码"),
            Column::figures("已回收"),
            Column::figures("回收率"),
        ],
        rows: vec![row("服务对象", "60", "600", "600", "361", "60.2%"), row("城乡居民", "40", "400", "400", "240", "60.0%")],
        empty: "方案里没有评议主体。".into(),
        stacked: true,
    }
}

impl Results {
    /// Two bodies and one that is not known well enough.
    #[must_use]
    pub fn sample() -> Self {
        let row = |cells: [&str; 7]| Row::new(cells.map(Cell::text).to_vec());
        Self {
            scores: BarChart::new(
                "scores",
                "得分",
                "市数据资源管理局得分最高，为 88.20 分。",
                ["单位", "得分"],
                &[("市数据资源管理局", 88.2, "88.20", None), ("市城市管理局", 86.75, "86.75", None)],
            ),
            table: Table {
                caption: "评议结果".into(),
                caption_hidden: true,
                columns: vec![
                    Column::text("单位"),
                    Column::figures("名次"),
                    Column::figures("得分"),
                    Column::figures("95% 区间"),
                    Column::figures("有效票"),
                    Column::figures("满意率"),
                    Column::figures("知晓率"),
                ],
                rows: vec![
                    row(["市数据资源管理局", "并列 1", "88.20", "86.10–90.30", "412", "93.2%", "68.6%"]),
                    row(["市城市管理局", "并列 1", "86.75", "84.20–89.30", "388", "91.5%", "64.6%"]),
                    row(["市地震监测中心", "样本不足", "—", "—", "—", "—", "1.2%"]),
                ],
                empty: "没有评议对象。".into(),
                stacked: true,
            },
            notes: vec!["区间有重叠的单位名次并列。".into()],
        }
    }
}

impl Campaigns {
    /// One open campaign.
    #[must_use]
    pub fn sample() -> Self {
        let row = vec![
            Cell::link("/oversight/campaigns/1", "2026 年度机关效能公众评议").note("第 1 号"),
            Cell::tag("评议中", Tone::Info),
            Cell::text("2026年6月1日至6月20日"),
            Cell::text("32"),
            Cell::text("200,000"),
        ];
        Self {
            shell: super::shell("/oversight/campaigns"),
            table: Table {
                caption: "公众评议".into(),
                caption_hidden: true,
                columns: vec![
                    Column::text("评议"),
                    Column::text("阶段"),
                    Column::text("评议期"),
                    Column::figures("评议对象（个）"),
                    Column::figures("计划人数（人）"),
                ],
                rows: vec![Row::new(row)],
                empty: "还没有公众评议。".into(),
                stacked: true,
            },
            older: Paging::default(),
            may_plan: true,
        }
    }
}

impl CampaignNew {
    /// An empty plan.
    #[must_use]
    pub fn sample() -> Self {
        let group = |code: &str, label: &str| GroupFields { code: code.into(), label: label.into(), ..GroupFields::default() };
        Self {
            shell: super::shell("/oversight/campaigns/new"),
            crumbs: vec![Link::new("/oversight/campaigns", "公众评议")],
            form: Form::sample("", "/oversight/campaigns/new"),
            title: String::new(),
            frame: String::new(),
            bodies: String::new(),
            groups: vec![group("users", "服务对象"), group("firms", "企业"), group("residents", "城乡居民")],
            least: "30".into(),
            from: String::new(),
            until: String::new(),
            opinions: true,
            number: String::new(),
            maker: String::new(),
            approval: String::new(),
            valid: String::new(),
        }
    }
}

impl CampaignPage {
    /// An open campaign.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: super::shell("/oversight/campaigns/1"),
            crumbs: vec![Link::new("/oversight/campaigns", "公众评议")],
            title: "2026 年度机关效能公众评议".into(),
            state: Tag::new("评议中", Tone::Info),
            facts: vec![
                SummaryRow::new("评议期", "2026年6月1日至6月20日"),
                SummaryRow::new("抽样范围和方法", "服务对象从办件登记册随机抽取。"),
                SummaryRow::new("有效样本下限", "30 票"),
            ],
            groups: groups_table(),
            bodies: vec!["市城市管理局".into(), "市数据资源管理局".into()],
            step: Some(Step {
                form: Form::sample("close", "/oversight/campaigns/1/close"),
                title: "截止评议".into(),
                words: "截止后不再收票，系统核对评议码和选票数目，打乱顺序写入日志并计票。不能撤回。".into(),
                button: "截止并计票".into(),
                kind: "danger".into(),
            }),
            invite: Some(Invite {
                form: Form::sample("invite", "/oversight/campaigns/1/invite"),
                groups: vec![Choice::new("users", "服务对象（还可生成 600 个）")],
                count: String::new(),
            }),
            hidden: "截止以前不显示任何结果。".into(),
            results: None,
            links: vec![Link::new("/evaluation/1", "公示页面")],
        }
    }
}

impl Booklet {
    /// Two opinions.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample_desk("/desk/opinions/1"),
            crumbs: vec![Link::new("/desk/opinions", "评议意见")],
            title: "2026 年度机关效能公众评议".into(),
            unit: "市城市管理局".into(),
            facts: vec![SummaryRow::new("得分", "86.75"), SummaryRow::new("名次", "并列 1")],
            groups: Table {
                caption: "各评议主体的评价".into(),
                caption_hidden: true,
                columns: vec![Column::text("评议主体"), Column::figures("有效票"), Column::figures("很满意")],
                rows: vec![
                    Row::new(["服务对象", "361", "200"].map(Cell::text).to_vec()),
                    Row::new(["企业", "少于 5", "少于 5"].map(Cell::text).to_vec()),
                ],
                empty: "没有评议主体。".into(),
                stacked: true,
            },
            notes: vec!["意见为原文，其中的人名、电话、证件号和车牌已隐去。".into()],
            opinions: vec!["窗口周末也能办，很方便。".into(), "材料清单应当一次说清，某某科长让我跑了三趟。".into()],
            empty: String::new(),
            pages: Paging::default(),
        }
    }
}

impl Evaluation {
    /// A published report.
    #[must_use]
    pub fn sample() -> Self {
        let page = CampaignPage::sample();
        Self {
            shell: Shell::sample("/evaluation/1"),
            title: page.title,
            state: Tag::new("已公布", Tone::Good),
            facts: page.facts,
            groups: groups_table(),
            bodies: page.bodies,
            open: false,
            results: Some(Results::sample()),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let list = Campaigns::sample();
    let booklets = Booklets { shell: Shell::sample_desk("/desk/opinions"), table: Table { rows: Vec::new(), ..list.table.clone() } };
    let evaluations = Evaluations { shell: Shell::sample("/evaluation"), table: list.table.clone() };
    let wrong = CampaignNew {
        form: CampaignNew::sample().form.with(Errors::one("title", "请填写评议名称").and("groups", "各评议主体的权重合计应当是 100")),
        ..CampaignNew::sample()
    };
    let counted = CampaignPage {
        state: Tag::new("已截止", Tone::Warn),
        step: None,
        invite: None,
        hidden: String::new(),
        results: Some(Results::sample()),
        links: vec![Link::new("/oversight/campaigns/1/ballots/csv", "下载全部选票（CSV）")],
        ..CampaignPage::sample()
    };
    let notice = Evaluation { results: None, open: true, state: Tag::new("评议中", Tone::Info), ..Evaluation::sample() };
    let no_words = Booklet { opinions: Vec::new(), empty: "没有收到文字意见。".into(), ..Booklet::sample() };
    vec![
        ("campaigns", crate::html(&list)),
        ("campaign-new", crate::html(&CampaignNew::sample())),
        ("campaign-new-error", crate::html(&wrong)),
        ("campaign-open", crate::html(&CampaignPage::sample())),
        ("campaign-counted", crate::html(&counted)),
        ("booklets-empty", crate::html(&booklets)),
        ("booklet", crate::html(&Booklet::sample())),
        ("booklet-no-words", crate::html(&no_words)),
        ("evaluations", crate::html(&evaluations)),
        ("evaluation-report", crate::html(&Evaluation::sample())),
        ("evaluation-notice", crate::html(&notice)),
    ]
}
