//! The forms of the acts that are open to an account, and the command of a form.

use application::access::investigation::{Act, investigators};
use application::investigations::Command;
use chrono::NaiveDateTime;
use domain::ids::AccountId;
use domain::investigation::{Advice, Conclusion, Finding, Ground, Investigation, Mode, Talk};
use domain::time::CHINA;
use projections::Reference;
use templates::components::{Choice, Errors};
use templates::oversight::{ActForm, Control, Kind};

use super::super::acts::Typed;
use super::super::parts::fields;
use crate::ctx::Ctx;
use crate::form::Form;
use crate::words;

/// What a form needs.
pub(super) struct Forms<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) reference: &'a Reference,
    pub(super) state: &'a Investigation,
    pub(super) revision: u64,
    pub(super) path: String,
    pub(super) typed: &'a Typed,
}

impl Forms<'_> {
    /// The forms of these acts.
    pub(super) fn of(&self, acts: &[Act]) -> Vec<ActForm> {
        let mut all = Vec::new();
        for act in acts {
            match act {
                Act::Accept => all.extend([self.accept(), self.refuse()]),
                Act::Assign => all.push(self.assign()),
                Act::Investigate => {
                    if self.state.stage == domain::investigation::Stage::Investigating {
                        all.push(self.interview());
                    }
                    if self.state.interviews > 0 {
                        all.push(self.report());
                    }
                }
                Act::Sign => all.push(self.act("sign", "会签报告", "同意并签字", "warm", Vec::new())),
                Act::Extend if !self.state.extended => all.push(self.extend()),
                Act::Conclude => all.push(self.conclude()),
                Act::Answer => all.push(self.answer()),
                _ => {}
            }
        }
        all
    }

    fn act(&self, id: &str, title: &str, button: &str, kind: &str, controls: Vec<Control>) -> ActForm {
        self.typed.fill(ActForm {
            form: fields(self.ctx, id, &format!("{}/{id}", self.path), Some(self.revision)),
            title: title.to_owned(),
            button: button.to_owned(),
            kind: kind.to_owned(),
            fields: controls,
            ..ActForm::default()
        })
    }

    fn accept(&self) -> ActForm {
        let hint = |mode: Mode| match mode {
            Mode::Direct => "效能办自己调查",
            Mode::Transferred => "交给有管辖权的单位的效能人员调查",
            Mode::Supervised => "由主管单位的效能人员调查，效能办督办",
        };
        let modes = Mode::ALL.iter().map(|mode| Choice::new(mode.code(), mode.label()).hint(hint(*mode))).collect();
        self.act("accept", "受理", "受理", "warm", vec![choice(Kind::Radio, "mode", "办理方式", modes, "")])
    }

    fn refuse(&self) -> ActForm {
        let grounds = Ground::ALL.iter().map(|one| Choice::new(one.code(), one.label()).hint(one.path())).collect();
        let fields = vec![
            choice(Kind::Radio, "ground", "属于哪种情形", grounds, ""),
            text(Kind::Lines, "refuse_words", "告知投诉人的话", "写明原因，最多 4000 字。"),
        ];
        self.act("refuse", "不予受理", "不予受理", "danger", fields)
    }

    fn assign(&self) -> ActForm {
        let people = investigators(self.reference, &self.state.unit);
        let people: Vec<Choice> = people
            .iter()
            .filter(|account| !self.state.former.contains(&account.id))
            .map(|account| {
                let unit = account.unit.as_ref().map(|code| words::unit(self.reference, code)).unwrap_or_default();
                Choice::new(&account.id.0.to_string(), &format!("{} {}", unit, account.name))
            })
            .collect();
        let fields = vec![
            choice(Kind::Select, "first", "调查人员一", people.clone(), "名单里没有被投诉单位、它的下级和更低一级单位的人员。"),
            choice(Kind::Select, "second", "调查人员二", people, ""),
        ];
        let title = if self.state.investigators.is_empty() { "指派调查人员" } else { "更换调查人员" };
        self.act("assign", title, title, "", fields)
    }

    fn interview(&self) -> ActForm {
        let fields = vec![
            text(Kind::Moment, "held", "谈话时间", ""),
            text(Kind::Text, "place", "谈话地点", "最多 60 字。"),
            text(Kind::Text, "who", "谈话对象", "最多 60 字。"),
            text(Kind::Lines, "record", "谈话记录", "不要向谈话对象透露投诉人。最多 4000 字。"),
        ];
        self.act("interview", "记录谈话", "保存记录", "", fields)
    }

    fn findings(label: &str) -> Control {
        let all = Finding::ALL.iter().map(|one| Choice::new(one.code(), one.label())).collect();
        choice(Kind::Select, "finding", label, all, "")
    }

    fn report(&self) -> ActForm {
        let title = if self.state.reporter.is_some() { "重新提交报告" } else { "提交调查报告" };
        let fields = vec![Self::findings("调查结果"), text(Kind::Lines, "report_words", "调查报告", "最多 4000 字。")];
        self.act("report", title, "签字并提交，请另一人会签", "warm", fields)
    }

    fn extend(&self) -> ActForm {
        let fields = vec![text(Kind::Lines, "extend_reason", "延期的理由", "只能延长一次，会告知投诉人。最多 4000 字。")];
        self.act("extend", "延长期限", "延长期限", "secondary", fields)
    }

    fn conclude(&self) -> ActForm {
        let advice = Advice::ALL.iter().map(|one| Choice::new(one.code(), one.label())).collect();
        let fields = vec![
            Self::findings("结论"),
            text(Kind::Lines, "conclude_words", "结论的依据和理由", "存入案卷，被投诉单位看不到。最多 4000 字。"),
            choice(Kind::Boxes, "advice", "给单位的建议（选填）", advice, "不选的，被投诉单位不会收到任何内容。"),
            text(
                Kind::Lines,
                "recommendation",
                "发给单位的建议（有建议的填写）",
                "被投诉单位会看到这段话，不要写投诉人和投诉原话。最多 4000 字。",
            ),
        ];
        self.act("conclude", "作出结论", "作出结论", "warm", fields)
    }

    fn answer(&self) -> ActForm {
        let hint = if self.state.case.is_some() {
            "由热线办转告诉求人。最多 4000 字。"
        } else {
            "投诉人会看到全文。最多 4000 字。"
        };
        self.act("answer", "答复投诉人", "答复", "warm", vec![text(Kind::Lines, "answer_words", "答复内容", hint)])
    }
}

fn text(kind: Kind, name: &str, label: &str, hint: &str) -> Control {
    Control::new(kind, name, label, "").hint(hint)
}

fn choice(kind: Kind, name: &str, label: &str, choices: Vec<Choice>, hint: &str) -> Control {
    text(kind, name, label, hint).of(choices)
}

/// The command of a form; what can only be chosen is checked here, texts are checked by the rules.
pub(super) fn command(action: &str, form: &Form) -> Result<Option<Command>, Errors> {
    let text = |name: &str| form.get(name).to_owned();
    let missing = |name: &str, words: &str| Errors::one(name, words);
    let finding = || Finding::of_code(form.get("finding")).ok_or_else(|| missing("finding", "请选择结果"));
    let account = |name: &str| form.uuid(name).map(AccountId).ok_or_else(|| missing(name, "请从名单中选择调查人员"));
    Ok(Some(match action {
        "accept" => Command::Accept(Mode::of_code(form.get("mode")).ok_or_else(|| missing("mode", "请选择办理方式"))?),
        "refuse" => {
            let ground = Ground::of_code(form.get("ground")).ok_or_else(|| missing("ground", "请选择属于哪种情形"))?;
            Command::Refuse(ground, text("refuse_words"))
        }
        "assign" => Command::Assign(account("first")?, account("second")?),
        "interview" => {
            let held = NaiveDateTime::parse_from_str(form.get("held"), "%Y-%m-%dT%H:%M")
                .ok()
                .and_then(|held| held.and_local_timezone(CHINA).single())
                .ok_or_else(|| missing("held", "请填写谈话时间，例如 2026-05-06 10:00"))?;
            Command::Interview(Talk { held: held.to_utc(), place: text("place"), who: text("who"), words: text("record") })
        }
        "report" => Command::Report(finding()?, text("report_words")),
        "sign" => Command::Sign,
        "extend" => Command::Extend(text("extend_reason")),
        "conclude" => Command::Conclude(Conclusion {
            finding: finding()?,
            advice: Advice::ALL.iter().copied().filter(|one| form.all("advice").any(|code| code == one.code())).collect(),
            recommendation: text("recommendation"),
            words: text("conclude_words"),
        }),
        "answer" => Command::Answer(text("answer_words")),
        _ => return Ok(None),
    }))
}
