//! What an account may do with a case now: each act is its own form, posted to `/desk/case/{number}/{action}`.

use super::Form;
use crate::components::{Choice, Errors};

/// The acts that are possible now; the page shows exactly those that are present, in this order.
#[derive(Debug, Clone, Default)]
pub struct Actions {
    /// `accept`
    pub accept: Option<AcceptAct>,
    /// `dispatch`
    pub dispatch: Option<DispatchAct>,
    /// `answer-directly`
    pub answer_directly: Option<AnswerDirectlyAct>,
    /// `refuse`
    pub refuse: Option<RefuseAct>,
    /// `sign`
    pub sign: Option<SignAct>,
    /// `contact`
    pub contact: Option<ContactAct>,
    /// `answer`
    pub answer: Option<AnswerAct>,
    /// `assign`
    pub assign: Option<AssignAct>,
    /// `approve`
    pub approve: Option<ApproveAct>,
    /// `pass`
    pub pass: Option<PassAct>,
    /// `send-back`
    pub send_back: Option<SendBackAct>,
    /// `call-back`
    pub call_back: Option<CallBackAct>,
    /// `judge`
    pub judge: Option<JudgeAct>,
}

impl Actions {
    /// Whether nothing can be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.forms().next().is_none()
    }

    /// The first form that has errors; its summary stands at the top of the page.
    #[must_use]
    pub fn faulty(&self) -> Option<&Form> {
        self.forms().find(|form| form.errors.any())
    }

    fn forms(&self) -> impl Iterator<Item = &Form> {
        [
            self.accept.as_ref().map(|act| &act.form),
            self.dispatch.as_ref().map(|act| &act.form),
            self.answer_directly.as_ref().map(|act| &act.form),
            self.refuse.as_ref().map(|act| &act.form),
            self.sign.as_ref().map(|act| &act.form),
            self.contact.as_ref().map(|act| &act.form),
            self.answer.as_ref().map(|act| &act.form),
            self.assign.as_ref().map(|act| &act.form),
            self.approve.as_ref().map(|act| &act.form),
            self.pass.as_ref().map(|act| &act.form),
            self.send_back.as_ref().map(|act| &act.form),
            self.call_back.as_ref().map(|act| &act.form),
            self.judge.as_ref().map(|act| &act.form),
        ]
        .into_iter()
        .flatten()
    }
}

/// 受理; no fields.
#[derive(Debug, Clone, Default)]
pub struct AcceptAct {
    /// The form.
    pub form: Form,
}

/// 不予受理; fields `ground`, `words`.
#[derive(Debug, Clone, Default)]
pub struct RefuseAct {
    /// The form.
    pub form: Form,
    /// Grounds of the rulebook.
    pub grounds: Vec<Choice>,
    /// Words to the petitioner.
    pub words: String,
}

/// 直接答复; field `answer`.
#[derive(Debug, Clone, Default)]
pub struct AnswerDirectlyAct {
    /// The form.
    pub form: Form,
    /// The answer.
    pub answer: String,
}

/// 派单; fields `suggestion` (a [`Suggestion::value`] or `other`), `unit_query`, `unit`, `reason`; the button `do` sends
/// `find` (finds units and shows their limits, changes nothing) or `dispatch`.
#[derive(Debug, Clone, Default)]
pub struct DispatchAct {
    /// The form.
    pub form: Form,
    /// What the catalogue suggests.
    pub suggestions: Vec<Suggestion>,
    /// Another unit is chosen.
    pub other: bool,
    /// Words to find a unit by.
    pub unit_query: String,
    /// Units found, or all when they are few.
    pub units: Vec<Choice>,
    /// Why.
    pub reason: String,
    /// The limits that would start, for the chosen unit.
    pub preview: Vec<LimitPreview>,
}

/// A suggestion of the catalogue, explained.
#[derive(Debug, Clone, Default)]
pub struct Suggestion {
    /// Unit code and entry, for example `331001:lamp`.
    pub value: String,
    /// The unit.
    pub unit: String,
    /// The entry, for example `路灯照明`.
    pub entry: String,
    /// Why, for example `命中“路灯”“不亮”；临江区由市局直管`.
    pub reason: String,
    /// Limits in short, for example `签收 4 个工作小时 · 办理 5 个工作日`.
    pub limits: String,
    /// Chosen.
    pub selected: bool,
}

/// A limit that would start.
#[derive(Debug, Clone, Default)]
pub struct LimitPreview {
    /// Which.
    pub label: String,
    /// As the rulebook says it.
    pub limit: String,
    /// Due.
    pub due: String,
    /// Touches a year without notice.
    pub provisional: bool,
}

/// 签收; no fields.
#[derive(Debug, Clone, Default)]
pub struct SignAct {
    /// The form.
    pub form: Form,
    /// What happens without: `10月23日 17:30 前不签收，视同接收`.
    pub hint: String,
}

/// 交办到科室、经办人; fields `section`, `handler`.
#[derive(Debug, Clone, Default)]
pub struct AssignAct {
    /// The form.
    pub form: Form,
    /// 科室.
    pub section: String,
    /// 科室 used before, offered while typing.
    pub sections: Vec<String>,
    /// 经办人 of the unit.
    pub handlers: Vec<Choice>,
}

/// 联系诉求人; fields `means`, `reached` (`yes`/`no`), `note`.
#[derive(Debug, Clone, Default)]
pub struct ContactAct {
    /// The form.
    pub form: Form,
    /// Means.
    pub means: Vec<Choice>,
    /// Reached or not.
    pub reached: Vec<Choice>,
    /// What was said.
    pub note: String,
    /// Attempts so far in words; empty for none.
    pub so_far: String,
}

/// 答复; fields `answer`, `outcome`.
#[derive(Debug, Clone, Default)]
pub struct AnswerAct {
    /// The form.
    pub form: Form,
    /// The answer.
    pub answer: String,
    /// Outcomes.
    pub outcomes: Vec<Choice>,
    /// What an answer has to hold, one line each.
    pub help: Vec<String>,
    /// Why the head or the hotline sent the last one back; empty for not.
    pub sent_back: String,
}

/// 审核签发; no fields.
#[derive(Debug, Clone, Default)]
pub struct ApproveAct {
    /// The form.
    pub form: Form,
}

/// 热线审核通过; no fields.
#[derive(Debug, Clone, Default)]
pub struct PassAct {
    /// The form.
    pub form: Form,
}

/// 退回; field `reason`.
#[derive(Debug, Clone, Default)]
pub struct SendBackAct {
    /// The form.
    pub form: Form,
    /// Why.
    pub reason: String,
    /// What follows: `退回后办理时限延至 10月26日 24:00`; empty for none.
    pub hint: String,
}

/// 回访; fields `reached`, `contacted`, `solved` (`yes`/`no`), `grade`, `note`.
#[derive(Debug, Clone, Default)]
pub struct CallBackAct {
    /// The form.
    pub form: Form,
    /// Which attempt of how many: `第 1 次，共 3 次`.
    pub attempt: String,
    /// Phone to call, as far as the account may see it.
    pub phone: String,
    /// Reached or not.
    pub reached: Vec<Choice>,
    /// Did the unit contact you?
    pub contacted: Vec<Choice>,
    /// Is it solved?
    pub solved: Vec<Choice>,
    /// Grades of the rulebook.
    pub grades: Vec<Choice>,
    /// Words and number of the recording.
    pub note: String,
}

/// 研判; fields `justified` (`yes`/`no`), `reason`.
#[derive(Debug, Clone, Default)]
pub struct JudgeAct {
    /// The form.
    pub form: Form,
    /// Justified or not, with what follows as hints.
    pub justified: Vec<Choice>,
    /// Why.
    pub reason: String,
}

/// Two answers.
pub(super) fn yes_no(yes: &str, no: &str) -> Vec<Choice> {
    vec![Choice::new("yes", yes), Choice::new("no", no)]
}

impl Actions {
    fn sample_form(action: &str) -> Form {
        Form::sample(action, &format!("/desk/case/20261021-000088/{action}"))
    }

    /// What a dispatcher may do with a new case.
    #[must_use]
    pub fn sample_dispatcher() -> Self {
        Self {
            accept: Some(AcceptAct { form: Self::sample_form("accept") }),
            dispatch: Some(DispatchAct {
                form: Self::sample_form("dispatch").opened(),
                suggestions: vec![
                    Suggestion {
                        value: "331001:lamp".into(),
                        unit: "市城市管理局".into(),
                        entry: "路灯照明".into(),
                        reason: "内容命中“路灯”“不亮”；派单目录：市政路灯由市城市管理局管养。".into(),
                        limits: "签收 4 个工作小时 · 联系 1 个工作日 · 办理 5 个工作日".into(),
                        selected: true,
                    },
                    Suggestion {
                        value: "331002002:property".into(),
                        unit: "临江区望山街道办事处".into(),
                        entry: "小区内公共照明".into(),
                        reason: "内容命中“小区”“路灯”；地点：望山街道。物业管养范围内的照明由街道协调。".into(),
                        limits: "签收 4 个工作小时 · 办理 3 个工作日".into(),
                        selected: false,
                    },
                ],
                other: false,
                unit_query: String::new(),
                units: vec![Choice::new("331001", "市城市管理局"), Choice::new("331003", "市公安局"), Choice::new("331002", "临江区政府")],
                reason: String::new(),
                preview: vec![
                    LimitPreview {
                        label: "总时限".into(), limit: "10 个工作日".into(), due: "11月4日 24:00".into(), provisional: false
                    },
                    LimitPreview {
                        label: "办理时限".into(), limit: "5 个工作日".into(), due: "10月28日 24:00".into(), provisional: false
                    },
                    LimitPreview {
                        label: "签收时限".into(),
                        limit: "4 个工作小时".into(),
                        due: "10月21日 15:10".into(),
                        provisional: false,
                    },
                ],
            }),
            answer_directly: Some(AnswerDirectlyAct { form: Self::sample_form("answer-directly"), answer: String::new() }),
            refuse: Some(RefuseAct {
                form: Self::sample_form("refuse"),
                grounds: vec![
                    Choice::new("court", "已进入诉讼、仲裁程序").hint("告知：请在原程序中主张权利。"),
                    Choice::new("petition", "应当通过信访渠道处理").hint("告知：市信访局，电话和地址见答复模板。"),
                    Choice::new("private", "民事纠纷").hint("告知：可申请人民调解或提起诉讼。"),
                ],
                words: String::new(),
            }),
            ..Self::default()
        }
    }

    /// What a liaison may do with a case to be signed for.
    #[must_use]
    pub fn sample_liaison() -> Self {
        Self {
            sign: Some(SignAct {
                form: Self::sample_form("sign").opened(),
                hint: "10月21日 15:10 前不签收，视同接收；办理时限从派单时起算，不因签收早晚改变。".into(),
            }),
            assign: Some(AssignAct {
                form: Self::sample_form("assign"),
                section: String::new(),
                sections: vec!["市容科".into(), "照明科".into()],
                handlers: vec![Choice::new("a1", "周航（市容科）"), Choice::new("a2", "欧阳明远（照明科）")],
            }),
            ..Self::default()
        }
    }

    /// What a handler may do.
    #[must_use]
    pub fn sample_handler() -> Self {
        Self {
            contact: Some(ContactAct {
                form: Self::sample_form("contact"),
                means: vec![
                    Choice::new("phone", "电话"),
                    Choice::new("visit", "上门"),
                    Choice::new("sms", "短信"),
                    Choice::new("online", "其他线上方式"),
                ],
                reached: yes_no("已联系上", "未联系上"),
                note: String::new(),
                so_far: "已联系 1 次：10月21日 16:20 电话，未接通。".into(),
            }),
            answer: Some(AnswerAct {
                form: Self::sample_form("answer").opened(),
                answer: String::new(),
                outcomes: vec![
                    Choice::new("solved", "已解决"),
                    Choice::new("partly", "部分解决"),
                    Choice::new("explained", "已解释说明"),
                    Choice::new("not_yet", "暂不能解决"),
                    Choice::new("unfounded", "诉求不属实"),
                ],
                help: vec![
                    "逐项回应诉求提出的问题，写清查明的事实和依据。".into(),
                    "写清已经做了什么；没做完的，写明下一步和完成日期。".into(),
                    "写清联系情况（时间、方式、结果）和后续咨询电话。".into(),
                ],
                sent_back: String::new(),
            }),
            assign: Self::sample_liaison().assign,
            ..Self::default()
        }
    }

    /// What a head may do.
    #[must_use]
    pub fn sample_head() -> Self {
        Self {
            approve: Some(ApproveAct { form: Self::sample_form("approve").opened() }),
            send_back: Some(SendBackAct {
                form: Self::sample_form("send-back"),
                reason: String::new(),
                hint: "退回经办人重写，办理时限照常计算。".into(),
            }),
            ..Self::default()
        }
    }

    /// What a reviewer may do with a case to be called back.
    #[must_use]
    pub fn sample_reviewer() -> Self {
        Self {
            call_back: Some(CallBackAct {
                form: Self::sample_form("call-back").opened(),
                attempt: "第 2 次，共 3 次".into(),
                phone: "138 0000 0000".into(),
                reached: yes_no("已接通", "未接通"),
                contacted: yes_no("联系过", "没有联系"),
                solved: yes_no("解决了", "没有解决"),
                grades: vec![Choice::new("satisfied", "满意"), Choice::new("basic", "基本满意"), Choice::new("dissatisfied", "不满意")],
                note: String::new(),
            }),
            judge: None,
            ..Self::default()
        }
    }

    /// What a reviewer may do after dissatisfaction.
    #[must_use]
    pub fn sample_judge() -> Self {
        Self {
            judge: Some(JudgeAct {
                form: Self::sample_form("judge").opened(),
                justified: vec![
                    Choice::new("yes", "诉求合理").hint("转原承办单位二次办理，另起办理时限。"),
                    Choice::new("no", "诉求不合理").hint("办结，理由告知诉求人并留痕。"),
                ],
                reason: String::new(),
            }),
            ..Self::default()
        }
    }

    /// A handler's answer with errors, the words kept.
    #[must_use]
    pub fn sample_errors() -> Self {
        let mut acts = Self::sample_handler();
        if let Some(act) = &mut acts.answer {
            act.answer = "已修。".into();
            act.form.errors =
                Errors::one("answer", "答复内容至少写 10 个字，请再写清楚一些").and("outcome", "请从列出的选项中选择办理结果");
            act.sent_back = "没有说明修复范围，也没有写后续咨询电话。（市热线办审核退回，10月22日 09:40）".into();
        }
        acts
    }
}
