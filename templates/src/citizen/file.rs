//! `/file/…`: one question per page, then check-your-answers. Each page posts to its own path.

use askama::Template;

use crate::components::{Choice, Errors, Link, SummaryRow};
use crate::shell::Shell;

/// What all form pages share.
#[derive(Debug, Clone, Default)]
pub struct FormFrame {
    /// Where the form is sent.
    pub action: String,
    /// Token against forged requests.
    pub csrf: String,
    /// Opaque hidden values (form id, draft, where to return).
    pub hidden: Vec<(String, String)>,
    /// Where the back link leads.
    pub back: String,
    /// Errors; their fields are the names of the controls.
    pub errors: Errors,
    /// Number of this step, from 1.
    pub step: u32,
    /// Number of steps.
    pub total: u32,
    /// Name of this step.
    pub step_name: String,
}

impl FormFrame {
    /// A frame without errors.
    #[must_use]
    pub fn sample(action: &str, back: &str, step: u32, step_name: &str) -> Self {
        Self {
            action: action.into(),
            csrf: "sample-csrf".into(),
            hidden: vec![("draft".into(), "c2FtcGxl".into())],
            back: back.into(),
            step,
            total: 6,
            step_name: step_name.into(),
            ..Self::default()
        }
    }

    fn wrong(self, errors: Errors) -> Self {
        Self { errors, ..self }
    }
}

/// A matter that belongs elsewhere, and where.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// The matter.
    pub matter: String,
    /// The right door, in words.
    pub door: String,
    /// Link or telephone.
    pub link: Option<Link>,
}

/// `/file/start`: what cannot be taken here.
#[derive(Debug, Template)]
#[template(path = "citizen/start.html")]
pub struct Start {
    /// Context.
    pub shell: Shell,
    /// Token against forged requests.
    pub csrf: String,
    /// Opaque hidden values.
    pub hidden: Vec<(String, String)>,
    /// What belongs elsewhere.
    pub doors: Vec<Door>,
    /// A demand that was begun in this browser and not sent: it may be another person's on a shared computer.
    pub draft: bool,
}

impl Start {
    /// The doors that are the same in the whole country.
    #[must_use]
    pub fn national_doors() -> Vec<Door> {
        let door = |matter: &str, door: &str, link: Option<(&str, &str)>| Door {
            matter: matter.into(),
            door: door.into(),
            link: link.map(|(href, text)| Link::new(href, text)),
        };
        vec![
            door("正在发生的危险：报警、火灾、急救、交通事故", "立即拨打", Some(("tel:110", "110 / 119 / 120 / 122"))),
            door("已经或应当通过诉讼、仲裁、行政复议解决的", "向人民法院、仲裁机构或行政复议机关提出", None),
            door("检举控告党员、公职人员违纪违法", "向纪检监察机关反映", Some(("tel:12388", "12388"))),
            door("已在信访程序中、或不服信访处理意见的", "向信访部门查询或申请复查、复核", None),
            door("申请公开政府信息", "向该信息的制作或保存机关提出政府信息公开申请", None),
            door("涉及国家秘密、商业秘密或他人隐私的材料", "不要在网上提交，直接联系主管机关", None),
        ]
    }

    /// With the national doors.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/file/start"),
            csrf: "sample-csrf".into(),
            hidden: Vec::new(),
            doors: Self::national_doors(),
            draft: false,
        }
    }
}

/// `/file/what`: fields `class`, `words`.
#[derive(Debug, Template)]
#[template(path = "citizen/what.html")]
pub struct What {
    /// Context.
    pub shell: Shell,
    /// Form.
    pub form: FormFrame,
    /// Classes with their explanations.
    pub classes: Vec<Choice>,
    /// What was typed.
    pub words: String,
}

impl What {
    /// An empty form.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/file/what"),
            form: FormFrame::sample("/file/what", "/file/start", 1, "发生了什么"),
            classes: vec![
                Choice::new("complaint", "投诉").hint("对公共服务、管理或办事态度不满意，要求处理。"),
                Choice::new("help", "求助").hint("生活、生产中遇到困难，需要有关单位帮助。"),
                Choice::new("question", "咨询").hint("想了解政策、办事流程、办理进度。"),
                Choice::new("advice", "建议").hint("对城市管理和服务有改进的想法。"),
                Choice::new("report", "举报").hint("发现违法违规的行为；被举报的一方看不到您的身份和内容。"),
            ],
            words: String::new(),
        }
    }
}

/// `/file/where`: fields `district`, `street`, `place`; the button `act=streets` reloads with the streets.
#[derive(Debug, Template)]
#[template(path = "citizen/where.html")]
pub struct Where {
    /// Context.
    pub shell: Shell,
    /// Form.
    pub form: FormFrame,
    /// Districts.
    pub districts: Vec<Choice>,
    /// Streets of the chosen district; empty before one is chosen.
    pub streets: Vec<Choice>,
    /// Detail.
    pub place: String,
}

impl Where {
    /// Before a district is chosen.
    #[must_use]
    pub fn sample() -> Self {
        let districts = [("990101", "东城区"), ("990102", "西湾区"), ("990103", "北山县")];
        Self {
            shell: Shell::sample("/file/where"),
            form: FormFrame::sample("/file/where", "/file/what", 2, "在哪里"),
            districts: districts.iter().map(|(code, name)| Choice::new(code, name)).collect(),
            streets: Vec::new(),
            place: String::new(),
        }
    }
}

/// `/file/wish`: fields `wish`, `on_behalf`, `agent_name`, `agent_relation`.
#[derive(Debug, Template)]
#[template(path = "citizen/wish.html")]
pub struct Wish {
    /// Context.
    pub shell: Shell,
    /// Form.
    pub form: FormFrame,
    /// Wished result.
    pub wish: String,
    /// Yes or no, see [`on_behalf_choices`].
    pub on_behalf: Vec<Choice>,
    /// Name of the agent.
    pub agent_name: String,
    /// Relation of the agent to the petitioner.
    pub agent_relation: String,
}

impl Wish {
    /// An empty form.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/file/wish"),
            form: FormFrame::sample("/file/wish", "/file/where", 3, "希望怎么解决"),
            wish: String::new(),
            on_behalf: on_behalf_choices("no"),
            agent_name: String::new(),
            agent_relation: String::new(),
        }
    }
}

/// `/file/privacy`: fields `anonymous`, `confidential`, `publish`, each `yes` or `no`.
#[derive(Debug, Template)]
#[template(path = "citizen/privacy_choices.html")]
pub struct PrivacyChoices {
    /// Context.
    pub shell: Shell,
    /// Form.
    pub form: FormFrame,
    /// See [`anonymous_choices`].
    pub anonymous: Vec<Choice>,
    /// See [`confidential_choices`].
    pub confidential: Vec<Choice>,
    /// See [`publish_choices`].
    pub publish: Vec<Choice>,
}

impl PrivacyChoices {
    /// Nothing chosen.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/file/privacy"),
            form: FormFrame::sample("/file/privacy", "/file/wish", 4, "匿名、保密与公开"),
            anonymous: anonymous_choices(""),
            confidential: confidential_choices(""),
            publish: publish_choices(""),
        }
    }
}

/// Answers to `on_behalf`.
#[must_use]
pub fn on_behalf_choices(selected: &str) -> Vec<Choice> {
    Choice::select(vec![Choice::new("no", "不是，为自己反映"), Choice::new("yes", "是，替别人反映")], selected)
}

/// Answers to `anonymous`, with consequences.
#[must_use]
pub fn anonymous_choices(selected: &str) -> Vec<Choice> {
    let choices = vec![
        Choice::new("no", "不匿名").hint("留下联系方式，承办单位可以核实情况，我们会回访。"),
        Choice::new("yes", "匿名").hint("不填姓名和电话；无法联系您核实和回访，只能凭查询码查看答复。"),
    ];
    Choice::select(choices, selected)
}

/// Answers to `confidential`, with consequences.
#[must_use]
pub fn confidential_choices(selected: &str) -> Vec<Choice> {
    let choices = vec![
        Choice::new("no", "不需要保密").hint("承办单位能看到您的姓名和电话，便于直接联系您。"),
        Choice::new("yes", "需要保密").hint("承办单位看不到您的身份，由热线工作人员转达；办理可能慢一些，这件工单也不会公开。"),
    ];
    Choice::select(choices, selected)
}

/// Answers to `publish`, with consequences.
#[must_use]
pub fn publish_choices(selected: &str) -> Vec<Choice> {
    let choices = vec![
        Choice::new("no", "不同意").hint("只公布类别、区县、承办单位和用时，不公布文字。"),
        Choice::new("yes", "同意").hint("去除个人信息后公布诉求和答复，供遇到同样问题的人参考。"),
    ];
    Choice::select(choices, selected)
}

/// `/file/contact`: fields `name`, `phone`, `email`, `notice`. Skipped when anonymous.
#[derive(Debug, Template)]
#[template(path = "citizen/contact.html")]
pub struct Contact {
    /// Context.
    pub shell: Shell,
    /// Form.
    pub form: FormFrame,
    /// Name.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// E-mail.
    pub email: String,
    /// Preferred way of notice, see [`notice_choices`].
    pub notice: Vec<Choice>,
    /// Version of the privacy notice in force.
    pub privacy_version: String,
}

/// Ways of notice.
#[must_use]
pub fn notice_choices(selected: &str) -> Vec<Choice> {
    let choices = vec![
        Choice::new("sms", "短信"),
        Choice::new("email", "电子邮件"),
        Choice::new("phone", "电话"),
        Choice::new("none", "不用通知，我自己查"),
    ];
    Choice::select(choices, selected)
}

impl Contact {
    /// An empty form.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/file/contact"),
            form: FormFrame::sample("/file/contact", "/file/privacy", 5, "怎么联系您"),
            name: String::new(),
            phone: String::new(),
            email: String::new(),
            notice: notice_choices("sms"),
            privacy_version: "2026-01".into(),
        }
    }
}

/// `/file/check`: all answers with change links (`?back=check`); sends the demand.
#[derive(Debug, Template)]
#[template(path = "citizen/check.html")]
pub struct Check {
    /// Context.
    pub shell: Shell,
    /// Form.
    pub form: FormFrame,
    /// Groups of answers: heading and rows.
    pub groups: Vec<(String, Vec<SummaryRow>)>,
    /// What is promised once it is sent.
    pub promise: String,
}

impl Check {
    /// With the words of `demand`.
    fn with(demand: &str) -> Self {
        let row = |key: &str, value: &str, step: &str| SummaryRow::new(key, value).change(&format!("/file/{step}?back=check"));
        Self {
            shell: Shell::sample("/file/check"),
            form: FormFrame::sample("/file/check", "/file/contact", 6, "核对并提交"),
            groups: vec![
                (
                    "诉求".into(),
                    vec![
                        row("类别", "求助", "what"),
                        row("发生了什么", demand, "what"),
                        row("在哪里", "西湾区 幸福街道\n幸福路 18 号小区东门外", "where"),
                        row("希望怎么解决", "尽快修好路灯", "wish"),
                        row("替别人反映", "不是", "wish"),
                    ],
                ),
                (
                    "匿名、保密与公开".into(),
                    vec![
                        row("匿名", "不匿名", "privacy"),
                        row("对承办单位保密", "不需要", "privacy"),
                        row("公开内容", "同意，去除个人信息后公开", "privacy"),
                    ],
                ),
                (
                    "联系方式".into(),
                    vec![
                        row("姓名", "王小明", "contact"),
                        row("电话", "138 0000 0000", "contact"),
                        row("电子邮箱", "", "contact"),
                        row("通知方式", "短信", "contact"),
                    ],
                ),
            ],
            promise: "提交后，我们最迟在 5 个工作日内答复。回执会写明具体日期和计算方法。".into(),
        }
    }

    /// A short demand.
    #[must_use]
    pub fn sample() -> Self {
        Self::with("5 月 3 日晚上起，小区东门外的三盏路灯不亮，附近有台阶，老人晚上出门看不清。")
    }
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let what = What::sample();
    let what_wrong = What {
        form: what.form.clone().wrong(Errors::one("class", "请选择一个类别").and("words", "请至少写 10 个字，现在是 4 个字")),
        words: "路灯坏了".into(),
        ..What::sample()
    };
    let what_long = What {
        classes: Choice::select(What::sample().classes, "help"),
        words: "<b>路灯</b>不亮 & 台阶看不清。".repeat(90),
        ..What::sample()
    };
    let place = Where::sample();
    let streets = Where {
        districts: Choice::select(Where::sample().districts, "990102"),
        streets: vec![Choice::new("990102001", "幸福街道"), Choice::new("990102002", "西湾街道")],
        ..Where::sample()
    };
    let place_wrong = Where {
        form: place.form.clone().wrong(Errors::one("district", "请选择区县").and("place", "请填写具体位置，让承办单位找得到")),
        ..Where::sample()
    };
    let wish_wrong = Wish {
        form: Wish::sample()
            .form
            .wrong(Errors::one("agent_name", "替别人反映时，请填写您的姓名").and("agent_relation", "请填写您与当事人的关系")),
        on_behalf: on_behalf_choices("yes"),
        ..Wish::sample()
    };
    let privacy_wrong = PrivacyChoices {
        form: PrivacyChoices::sample()
            .form
            .wrong(Errors::one("anonymous", "请选择是否匿名").and("confidential", "请选择是否保密").and("publish", "请选择是否同意公开")),
        ..PrivacyChoices::sample()
    };
    let contact_wrong = Contact {
        form: Contact::sample().form.wrong(Errors::one("phone", "请填写 11 位手机号码，或带区号的固定电话")),
        name: "王小明".into(),
        phone: "1380000".into(),
        ..Contact::sample()
    };
    let check_again = Check {
        form: Check::sample().form.wrong(Errors::one("", "系统正忙。您填写的内容都在，请再点一次“确认提交”，不会重复登记。")),
        ..Check::sample()
    };
    vec![
        ("citizen-start", crate::html(&Start::sample())),
        ("citizen-what", crate::html(&what)),
        ("citizen-what-error", crate::html(&what_wrong)),
        ("citizen-what-long", crate::html(&what_long)),
        ("citizen-where", crate::html(&place)),
        ("citizen-where-streets", crate::html(&streets)),
        ("citizen-where-error", crate::html(&place_wrong)),
        ("citizen-wish", crate::html(&Wish::sample())),
        ("citizen-wish-error", crate::html(&wish_wrong)),
        ("citizen-privacy-choices", crate::html(&PrivacyChoices::sample())),
        ("citizen-privacy-choices-error", crate::html(&privacy_wrong)),
        ("citizen-contact", crate::html(&Contact::sample())),
        ("citizen-contact-error", crate::html(&contact_wrong)),
        ("citizen-check", crate::html(&Check::sample())),
        ("citizen-check-long", crate::html(&Check::with(&"没有标点的超长内容abcdefghijklmnopqrstuvwxyz0123456789".repeat(40)))),
        ("citizen-check-error", crate::html(&check_again)),
    ]
}
