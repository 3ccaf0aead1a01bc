//! `/complaint…`: complaints about the conduct and diligence of units and officials (效能投诉), not about services.

use askama::Template;

use crate::components::{Choice, Countdown, Errors, Moment, RouteState, RouteStep, Tag, TimelineItem, Tone};
use crate::desk::Form;
use crate::shell::Shell;

/// `/complaint`
#[derive(Debug, Template)]
#[template(path = "citizen/complaint.html")]
pub struct ComplaintAbout {
    /// Context.
    pub shell: Shell,
    /// Limits in words: acceptance, conclusion; none when the city takes none yet.
    pub limits: Option<(String, String)>,
}

impl ComplaintAbout {
    /// A sample.
    #[must_use]
    pub fn sample() -> Self {
        Self { shell: Shell::sample("/complaint"), limits: Some(("5 个工作日".into(), "30 日（自然日）".into())) }
    }
}

/// `/complaint/new`: fields `unit`, `system`, `words`, `when`, `evidence`, `official`, `who`, `name`, `phone`.
#[derive(Debug, Template)]
#[template(path = "citizen/complaint_new.html")]
pub struct ComplaintNew {
    /// Context.
    pub shell: Shell,
    /// The form.
    pub form: Form,
    /// Units offered while typing.
    pub units: Vec<String>,
    /// Unit as typed.
    pub unit: String,
    /// The ten systems in plain words.
    pub systems: Vec<Choice>,
    /// What happened, as typed.
    pub words: String,
    /// When.
    pub when: String,
    /// Evidence.
    pub evidence: String,
    /// The official named.
    pub official: String,
    /// Named or anonymous.
    pub who: Vec<Choice>,
    /// Name.
    pub name: String,
    /// Telephone.
    pub phone: String,
}

impl ComplaintNew {
    /// An empty form.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/complaint/new"),
            form: Form { revision: None, ..Form::sample("", "/complaint/new") },
            units: vec!["西湾区城市管理局".into(), "幸福街道办事处".into()],
            unit: String::new(),
            systems: vec![
                Choice::new("time_limit", "拖着不办：超过法定或承诺的时间"),
                Choice::new("first_asked", "推来推去：第一个接待的人不登记、不指引、不负责"),
            ],
            words: String::new(),
            when: String::new(),
            evidence: String::new(),
            official: String::new(),
            who: who_choices(""),
            name: String::new(),
            phone: String::new(),
        }
    }
}

/// Named or anonymous, with what follows from it.
#[must_use]
pub fn who_choices(selected: &str) -> Vec<Choice> {
    let choices = vec![
        Choice::new("named", "实名").hint("只有效能办的办案人员能看到您的姓名和电话，被投诉单位看不到。办完会书面答复您，您可以申请复查。"),
        Choice::new("anonymous", "匿名").hint("我们会核查，但不能联系您，也不答复结果，不能申请复查。"),
    ];
    Choice::select(choices, selected)
}

/// `/complaint/receipt`
#[derive(Debug, Template)]
#[template(path = "citizen/complaint_receipt.html")]
pub struct ComplaintReceipt {
    /// Context.
    pub shell: Shell,
    /// Public number.
    pub number: String,
    /// Query code in groups.
    pub code: Vec<String>,
    /// When it came in.
    pub received: Moment,
    /// By when it is accepted or refused.
    pub due: Moment,
    /// Nobody will be answered.
    pub anonymous: bool,
}

impl ComplaintReceipt {
    /// A sample.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/complaint/receipt"),
            number: "3K7Q-29XD-MA6".into(),
            code: ["8F2K", "7Q1M", "4ZXA", "11ZB"].map(String::from).to_vec(),
            received: Moment::new("2026-05-06T10:00:00+08:00", "2026年5月6日 10:00"),
            due: Moment::new("2026-05-13T00:00:00+08:00", "2026年5月12日（周二）24:00"),
            anonymous: false,
        }
    }
}

/// `/complaint/track`: fields `number`, `code`.
#[derive(Debug, Template)]
#[template(path = "citizen/complaint_track.html")]
pub struct ComplaintTrack {
    /// Context.
    pub shell: Shell,
    /// The form.
    pub form: Form,
    /// Number as typed; the code is never given back.
    pub number: String,
}

impl ComplaintTrack {
    /// A sample.
    #[must_use]
    pub fn sample() -> Self {
        let form = Form { revision: None, ..Form::sample("", "/complaint/track") };
        Self { shell: Shell::sample("/complaint/track"), form, number: String::new() }
    }
}

/// `/complaint/case`: where it stands, the answer, the request for a review. Names nobody.
#[derive(Debug, Template)]
#[template(path = "citizen/complaint_case.html")]
pub struct ComplaintCase {
    /// Context.
    pub shell: Shell,
    /// Token of the form that ends the following.
    pub csrf: String,
    /// Public number.
    pub number: String,
    /// The unit complained of.
    pub unit: String,
    /// The state as a sentence.
    pub headline: String,
    /// The state as a badge.
    pub state: Tag,
    /// What the date is of, for example `办结期限`.
    pub due_name: String,
    /// The date that was promised.
    pub countdown: Option<Countdown>,
    /// Route map.
    pub route: Vec<RouteStep>,
    /// What happened, newest first.
    pub timeline: Vec<TimelineItem>,
    /// Title and words of the answer, or of the refusal.
    pub answer: Option<(String, Vec<String>)>,
    /// Said to who stays unnamed, or about the review.
    pub note: String,
    /// The form that asks for a review: field `reason`.
    pub review: Option<Form>,
    /// Until when it can be asked for.
    pub review_until: Moment,
    /// Reason as typed.
    pub reason: String,
}

impl ComplaintCase {
    /// Answered.
    #[must_use]
    pub fn sample() -> Self {
        let step = |title: &str, holder: &str, state: RouteState| RouteStep {
            title: title.into(),
            holder: holder.into(),
            state,
            ..RouteStep::default()
        };
        Self {
            shell: Shell::sample("/complaint/case"),
            csrf: "sample-csrf".into(),
            number: "3K7Q-29XD-MA6".into(),
            unit: "西湾区城市管理局".into(),
            headline: "已经答复".into(),
            state: Tag::new("已办结", Tone::Good),
            due_name: String::new(),
            countdown: None,
            route: vec![
                step("提交", "您", RouteState::Done),
                step("受理", "效能办", RouteState::Done),
                step("调查核实", "两名调查人员", RouteState::Done),
                step("作出结论", "效能办负责人", RouteState::Done),
                step("答复", "效能办", RouteState::Done),
            ],
            timeline: vec![TimelineItem {
                at: Moment::new("2026-05-06T10:00:00+08:00", "2026年5月6日 10:00"),
                title: "收到您的投诉".into(),
                by: "网上投诉".into(),
                ..TimelineItem::default()
            }],
            answer: Some(("答复意见".into(), vec!["您反映的超期办理部分属实，已建议该单位改进。".into()])),
            note: String::new(),
            review: Some(Form::sample("review", "/complaint/review")),
            review_until: Moment::new("2026-07-07T00:00:00+08:00", "2026年7月6日（周一）24:00"),
            reason: String::new(),
        }
    }
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let closed = ComplaintAbout { limits: None, ..ComplaintAbout::sample() };
    let new = ComplaintNew::sample();
    let errors = Errors::one("unit", "请填写被投诉单位").and("words", "请填写发生了什么").and("phone", "请填写能联系到您的手机号");
    let wrong = ComplaintNew { form: new.form.clone().with(errors), who: who_choices("named"), ..new };
    let anonymous = ComplaintReceipt { anonymous: true, ..ComplaintReceipt::sample() };
    let track = ComplaintTrack::sample();
    let unknown = ComplaintTrack { form: track.form.clone().with(Errors::one("number", "编号和查询码对不上")), ..track };
    let case = ComplaintCase::sample();
    let review = case.review.clone().map(|form| form.with(Errors::one("reason", "请填写申请复查的理由")));
    let case_wrong = ComplaintCase { review, ..case };
    let running = ComplaintCase {
        answer: None,
        review: None,
        due_name: "办结期限".into(),
        countdown: Some(Countdown { due: Moment::new("2026-06-06T00:00:00+08:00", "6月5日（周五）24:00"), ..Countdown::default() }),
        note: "您选择了匿名，办完以后不答复结果。".into(),
        ..ComplaintCase::sample()
    };
    vec![
        ("complaint", crate::html(&ComplaintAbout::sample())),
        ("complaint-closed", crate::html(&closed)),
        ("complaint-new", crate::html(&ComplaintNew::sample())),
        ("complaint-new-error", crate::html(&wrong)),
        ("complaint-receipt", crate::html(&ComplaintReceipt::sample())),
        ("complaint-receipt-anonymous", crate::html(&anonymous)),
        ("complaint-track", crate::html(&ComplaintTrack::sample())),
        ("complaint-track-error", crate::html(&unknown)),
        ("complaint-case", crate::html(&ComplaintCase::sample())),
        ("complaint-case-running", crate::html(&running)),
        ("complaint-case-error", crate::html(&case_wrong)),
    ]
}
