//! The year's assessment: years, one year with all bodies, a month, a body's score sheet, the circular.

use askama::Template;

use crate::admin::CheckReport;
use crate::components::{Cell, Choice, Column, Errors, Link, Moment, Notice, Row, SummaryRow, Table, Tag, Tone};
use crate::desk::{AsOf, Form};
use crate::shell::{NavItem, Shell};

/// `GET /oversight/assessments` and `GET /desk/assessment`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/assessments.html")]
pub struct Assessments {
    /// Context.
    pub shell: Shell,
    /// Heading.
    pub title: String,
    /// What the page is for.
    pub lead: String,
    /// The years.
    pub table: Table,
    /// Where a year is opened; none for whoever may not.
    pub open_href: Option<String>,
}

/// `GET /oversight/assessments/new`; posted there (multipart: `file`, or `text`, or `shipped`; `year`; the button `do` sends
/// `check` or `open`).
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/assessment_open.html")]
pub struct AssessmentOpen {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// The form.
    pub form: Form,
    /// Years.
    pub years: Vec<Choice>,
    /// Schemes that come with the program.
    pub shipped: Vec<Choice>,
    /// Text of the scheme.
    pub text: String,
    /// What the check found.
    pub report: Option<CheckReport>,
}

/// `GET /oversight/assessments/{year}`; forms are posted to `/oversight/assessments/{year}/{draft|mark|finalise|publish}`.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/assessment.html")]
pub struct AssessmentPage {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// Heading.
    pub title: String,
    /// Where it stands.
    pub stage: Tag,
    /// Scheme, cut-off, deadlines.
    pub facts: Vec<SummaryRow>,
    /// What has to be known first.
    pub notices: Vec<Notice>,
    /// Groups of bodies.
    pub groups: Vec<NavItem>,
    /// Name of the group shown.
    pub group: String,
    /// Exclusions and items without samples.
    pub exclusions: Table,
    /// Heading of the scores.
    pub scores: String,
    /// Bodies by grade.
    pub tiers: Vec<Tier>,
    /// The next page of bodies.
    pub next: Option<Link>,
    /// Objections of all groups.
    pub objections: Table,
    /// Makes the draft or goes on with it.
    pub draft: Option<(Form, String)>,
    /// Gives points.
    pub mark: Option<MarkForm>,
    /// Makes it final.
    pub finalise: Option<Form>,
    /// Issues the circular.
    pub publish: Option<PublishForm>,
    /// The circular and its annexes.
    pub annexes: Vec<Link>,
    /// Months.
    pub months: Vec<Link>,
    /// Freshness.
    pub as_of: AsOf,
}

/// Bodies of one grade.
#[derive(Debug, Clone)]
pub struct Tier {
    /// Grade.
    pub label: String,
    /// How many, and how equals stand.
    pub note: String,
    /// Bodies in the order of codes.
    pub table: Table,
}

/// Gives points of one item: fields `item`, `points`, `reason`.
#[derive(Debug, Clone)]
pub struct MarkForm {
    /// The form.
    pub form: Form,
    /// Items that this account may give points for.
    pub items: Vec<Choice>,
    /// One line for each body.
    pub points: String,
    /// Grounds.
    pub reason: String,
}

/// Issues the circular: field `number`.
#[derive(Debug, Clone)]
pub struct PublishForm {
    /// The form.
    pub form: Form,
    /// Number proposed.
    pub number: String,
}

/// `GET /oversight/assessments/{year}/{unit}` and `GET /desk/assessment/{year}`.
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/assessment_sheet.html")]
pub struct AssessmentSheet {
    /// Context.
    pub shell: Shell,
    /// Where it belongs.
    pub crumbs: Vec<Link>,
    /// The body.
    pub unit: String,
    /// The year.
    pub year: String,
    /// Where it stands.
    pub stage: Tag,
    /// What has to be known first.
    pub notices: Vec<Notice>,
    /// Scheme, cut-off, total, grade.
    pub facts: Vec<SummaryRow>,
    /// Lines by part.
    pub parts: Vec<SheetPart>,
    /// How the total comes about.
    pub total: String,
    /// Objections.
    pub objections: Vec<ObjectionCard>,
    /// Objects: fields `item`, `words`.
    pub object: Option<ObjectForm>,
    /// Honours of the body.
    pub honours: Vec<HonourRow>,
    /// Registers one: fields `code`, `reference`, `words`.
    pub honour: Option<HonourForm>,
    /// Freshness.
    pub as_of: AsOf,
}

/// A part of the sheet.
#[derive(Debug, Clone)]
pub struct SheetPart {
    /// Name.
    pub label: String,
    /// Lines.
    pub lines: Vec<SheetLine>,
}

/// A line of the sheet.
#[derive(Debug, Clone, Default)]
pub struct SheetLine {
    /// Stable code, for anchors.
    pub id: String,
    /// Name.
    pub label: String,
    /// What is counted.
    pub definition: String,
    /// `97 / 108 件`.
    pub counts: String,
    /// `撤回 2 件`; empty for none.
    pub excluded: String,
    /// Rounded score.
    pub score: String,
    /// Exact score.
    pub exact: String,
    /// The formula with the numbers put in.
    pub words: String,
    /// Where its facts are listed.
    pub links: Vec<Link>,
}

/// An objection.
#[derive(Debug, Clone)]
pub struct ObjectionCard {
    /// Item.
    pub item: String,
    /// When.
    pub at: Moment,
    /// Why.
    pub words: String,
    /// Decided or not.
    pub state: Tag,
    /// The decision.
    pub decision: Vec<String>,
    /// Decides: fields `outcome` (`keep`, `change`), `numerator`, `denominator`, `points`, `reason`.
    pub decide: Option<DecideForm>,
}

/// Decides an objection.
#[derive(Debug, Clone)]
pub struct DecideForm {
    /// The form.
    pub form: Form,
    /// Item, sent back hidden.
    pub item: String,
    /// Outcomes.
    pub outcomes: Vec<Choice>,
    /// The item has points and no counts.
    pub manual: bool,
    /// The item has a denominator.
    pub rate: bool,
    /// What was counted.
    pub numerator: String,
    /// What was counted.
    pub denominator: String,
    /// Points given.
    pub points: String,
    /// Grounds.
    pub reason: String,
}

/// Objects to a line.
#[derive(Debug, Clone)]
pub struct ObjectForm {
    /// The form.
    pub form: Form,
    /// Lines.
    pub items: Vec<Choice>,
    /// Why.
    pub words: String,
}

/// A registered honour.
#[derive(Debug, Clone)]
pub struct HonourRow {
    /// What kind.
    pub label: String,
    /// Number of the document.
    pub reference: String,
    /// What for.
    pub words: String,
    /// When.
    pub at: Moment,
    /// Taken back.
    pub withdrawn: bool,
    /// Takes it back: fields `number`, `reason`.
    pub withdraw: Option<(Form, String)>,
}

/// Registers an honour.
#[derive(Debug, Clone)]
pub struct HonourForm {
    /// The form.
    pub form: Form,
    /// Kinds.
    pub codes: Vec<Choice>,
    /// Number of the document.
    pub reference: String,
    /// What for.
    pub words: String,
}

/// `GET /oversight/assessments/{year}/month/{month}`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/assessment_month.html")]
pub struct AssessmentMonth {
    /// Context.
    pub shell: Shell,
    /// The year.
    pub crumbs: Vec<Link>,
    /// Heading.
    pub title: String,
    /// Scheme, cut-off, how to read it.
    pub facts: Vec<SummaryRow>,
    /// Groups.
    pub groups: Vec<NavItem>,
    /// Bodies with rate, interval and tier of each item.
    pub table: Table,
    /// Month before.
    pub prev: Option<Link>,
    /// Month after.
    pub next: Option<Link>,
    /// The next page of bodies.
    pub more: Option<Link>,
    /// Freshness.
    pub as_of: AsOf,
}

/// `GET /oversight/assessments/{year}/circular`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/assessment_circular.html")]
pub struct AssessmentCircular {
    /// Context.
    pub shell: Shell,
    /// The year.
    pub crumbs: Vec<Link>,
    /// 发文机关标志.
    pub organ: String,
    /// 发文字号; says when there is none yet.
    pub number: String,
    /// Title.
    pub title: String,
    /// 主送机关.
    pub to: String,
    /// Headings (true) and paragraphs.
    pub blocks: Vec<(bool, String)>,
    /// 署名.
    pub signed: String,
    /// 成文日期.
    pub date: String,
    /// Annexes.
    pub annexes: Vec<Table>,
    /// Scheme, hash, place in the log, time.
    pub trace: String,
    /// The same as DOCX.
    pub docx_href: String,
}

fn shell(path: &str) -> Shell {
    Shell::sample_desk(path)
}

fn as_of() -> AsOf {
    AsOf { at: Moment::new("2027-01-08T10:00:00+08:00", "2027年1月8日 10:00"), position: "120345".into() }
}

fn sample_table(caption: &str) -> Table {
    Table {
        caption: caption.into(),
        caption_hidden: true,
        columns: vec![Column::text("单位"), Column::figures("总分"), Column::figures("指标考核")],
        rows: vec![Row::new(vec![
            Cell::link("/oversight/assessments/2026/0101", "市城市管理局"),
            Cell::text("92.35").note("18470/200"),
            Cell::text("61.20"),
        ])],
        empty: "没有单位".into(),
        stacked: true,
    }
}

impl AssessmentPage {
    /// A form of the page has errors.
    #[must_use]
    pub fn faulty(&self) -> bool {
        let forms = [self.mark.as_ref().map(|one| &one.form), self.finalise.as_ref(), self.publish.as_ref().map(|one| &one.form)];
        forms.into_iter().flatten().any(|form| form.errors.any())
    }

    /// A draft with an objection.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: shell("/oversight/assessments"),
            crumbs: vec![Link::new("/oversight/assessments", "年度考评")],
            title: "2026 年度绩效考评".into(),
            stage: Tag::new("征求意见", Tone::Warn),
            facts: vec![SummaryRow::new("考评方案", "generic@2026.1（机关绩效考评方案）"), SummaryRow::new("计分截止", "日志第 120345 条")],
            notices: vec![Notice::new(Tone::Info, "", &["提出异议的期限到 2027年1月13日 24:00。"])],
            groups: vec![
                NavItem::counted("/oversight/assessments/2026?group=counties", "县（市、区）", 6, false),
                NavItem::counted("/oversight/assessments/2026?group=departments", "市直部门", 32, true),
            ],
            group: "市直部门".into(),
            exclusions: sample_table("剔除和无样本"),
            scores: "初评得分".into(),
            tiers: vec![Tier {
                label: "优秀".into(),
                note: "9 个单位，组内按单位代码排列，不排名次。".into(),
                table: sample_table("优秀"),
            }],
            next: None,
            objections: sample_table("异议"),
            draft: Some((Form::sample("draft", "/oversight/assessments/2026/draft"), "生成初评".into())),
            mark: Some(MarkForm {
                form: Form::sample("mark", "/oversight/assessments/2026/mark"),
                items: vec![Choice::new("leaders", "领导评价（满分 10）")],
                points: "0101,9.5".into(),
                reason: String::new(),
            }),
            finalise: Some(Form::sample("finalise", "/oversight/assessments/2026/finalise")),
            publish: Some(PublishForm {
                form: Form::sample("publish", "/oversight/assessments/2026/publish"),
                number: "清效办〔2027〕3号".into(),
            }),
            annexes: vec![Link::new("/oversight/assessments/2026/circular", "通报")],
            months: vec![Link::new("/oversight/assessments/2026/month/11", "11月")],
            as_of: as_of(),
        }
    }
}

impl AssessmentSheet {
    /// A form of the page has errors.
    #[must_use]
    pub fn faulty(&self) -> bool {
        let own = [self.object.as_ref().map(|one| &one.form), self.honour.as_ref().map(|one| &one.form)];
        let decide = self.objections.iter().filter_map(|one| one.decide.as_ref()).map(|one| &one.form);
        let withdraw = self.honours.iter().filter_map(|one| one.withdraw.as_ref()).map(|(form, _)| form);
        own.into_iter().flatten().chain(decide).chain(withdraw).any(|form| form.errors.any())
    }

    /// A sheet with an objection to decide.
    #[must_use]
    pub fn sample() -> Self {
        let line = SheetLine {
            id: "answered".into(),
            label: "按时办结率".into(),
            definition: "在办理时限内答复的件数 ÷ 办理时限已到的件数".into(),
            counts: "97 / 108 件".into(),
            excluded: "撤回 2 件".into(),
            score: "14.81".into(),
            exact: "400/27".into(),
            words: "比率 97 ÷ 108 ＝ 89.81%；25 − 1 ×（100 − 89.81），差额不足 0 按 0，得 14.81".into(),
            links: vec![Link::new("/desk/scorecard/0101/answered?period=2026-01&kind=no", "1月 8/9")],
        };
        Self {
            shell: shell("/oversight/assessments"),
            crumbs: vec![Link::new("/oversight/assessments/2026", "2026 年度绩效考评")],
            unit: "市城市管理局".into(),
            year: "2026 年度".into(),
            stage: Tag::new("征求意见", Tone::Warn),
            notices: Vec::new(),
            facts: vec![SummaryRow::new("总分", "92.35"), SummaryRow::new("等次", "优秀")],
            parts: vec![SheetPart { label: "指标考核".into(), lines: vec![line] }],
            total: "指标考核和工作评议 88.35 ＋ 正向激励 5.00 − 察访核验 1.00 ＝ 92.35".into(),
            objections: vec![ObjectionCard {
                item: "按时办结率".into(),
                at: Moment::new("2027-01-09T09:00:00+08:00", "2027年1月9日 09:00"),
                words: "其中一件已经批准延期。".into(),
                state: Tag::new("待裁定", Tone::Warn),
                decision: Vec::new(),
                decide: Some(DecideForm {
                    form: Form::sample("decide1", "/oversight/assessments/2026/0101/decide"),
                    item: "answered".into(),
                    outcomes: vec![Choice::new("keep", "维持初评"), Choice::new("change", "更正")],
                    manual: false,
                    rate: true,
                    numerator: "97".into(),
                    denominator: "108".into(),
                    points: String::new(),
                    reason: String::new(),
                }),
            }],
            object: Some(ObjectForm {
                form: Form::sample("object", "/desk/assessment/2026/object"),
                items: vec![Choice::new("answered", "按时办结率")],
                words: String::new(),
            }),
            honours: vec![HonourRow {
                label: "国家级表彰".into(),
                reference: "国发〔2026〕1号".into(),
                words: "某项工作受到表彰".into(),
                at: Moment::new("2026-11-02T09:00:00+08:00", "2026年11月2日 09:00"),
                withdrawn: false,
                withdraw: Some((Form::sample("withdraw1", "/oversight/assessments/2026/0101/withdraw"), "1".into())),
            }],
            honour: Some(HonourForm {
                form: Form::sample("honour", "/oversight/assessments/2026/0101/honour"),
                codes: vec![Choice::new("national", "国家级表彰")],
                reference: String::new(),
                words: String::new(),
            }),
            as_of: as_of(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let list = Assessments {
        shell: shell("/oversight/assessments"),
        title: "年度考评".into(),
        lead: "每年一次：采集评定 → 初评 → 异议 → 定稿 → 通报。".into(),
        table: sample_table("年度"),
        open_href: Some("/oversight/assessments/new".into()),
    };
    let open = AssessmentOpen {
        shell: shell("/oversight/assessments/new"),
        crumbs: vec![Link::new("/oversight/assessments", "年度考评")],
        form: Form::sample("", "/oversight/assessments/new"),
        years: vec![Choice::new("2026", "2026 年")],
        shipped: vec![Choice::new("generic", "机关绩效考评方案")],
        text: String::new(),
        report: None,
    };
    let wrong = AssessmentOpen {
        form: open.form.clone().with(Errors::one("text", "文件有 2 处需要修改，见检查结果")), ..open.clone()
    };
    let month = AssessmentMonth {
        shell: shell("/oversight/assessments"),
        crumbs: vec![Link::new("/oversight/assessments/2026", "2026 年度绩效考评")],
        title: "2026年11月".into(),
        facts: vec![SummaryRow::new("怎样读", "区间整个落在一档内才定档，否则写“无法区分”。")],
        groups: AssessmentPage::sample().groups,
        table: sample_table("各单位"),
        prev: Some(Link::new("/oversight/assessments/2026/month/10", "10月")),
        next: None,
        more: None,
        as_of: as_of(),
    };
    let circular = AssessmentCircular {
        shell: shell("/oversight/assessments"),
        crumbs: vec![Link::new("/oversight/assessments/2026", "2026 年度绩效考评")],
        organ: "清源市效能建设领导小组办公室".into(),
        number: "清效办〔2027〕3号".into(),
        title: "关于 2026 年度绩效考评结果的通报".into(),
        to: "各县（市、区）人民政府，市直各部门、各单位：".into(),
        blocks: vec![(true, "一、考评情况".into()), (false, "按照考评方案，对 38 个单位进行了考评。".into())],
        signed: "清源市效能建设领导小组办公室".into(),
        date: "2027年1月20日".into(),
        annexes: vec![Table { caption: "附件：市直部门".into(), caption_hidden: false, ..sample_table("") }],
        trace: "考评方案 generic@2026.1，日志第 120345 条".into(),
        docx_href: "/oversight/assessments/2026/circular/docx".into(),
    };
    let mut objecting = AssessmentSheet::sample();
    if let Some(object) = &mut objecting.object {
        object.form = object.form.clone().with(Errors::one("words", "请填写理由"));
    }
    vec![
        ("oversight-assessments", crate::html(&list)),
        ("oversight-assessment-open", crate::html(&open)),
        ("oversight-assessment-open-error", crate::html(&wrong)),
        ("oversight-assessment", crate::html(&AssessmentPage::sample())),
        ("oversight-assessment-sheet", crate::html(&AssessmentSheet::sample())),
        ("oversight-assessment-sheet-error", crate::html(&objecting)),
        ("oversight-assessment-month", crate::html(&month)),
        ("oversight-assessment-circular", crate::html(&circular)),
    ]
}
