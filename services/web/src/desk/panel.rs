//! What can be done with a case now: exactly the acts that `application` permits, each as a form with what was typed.

use application::access::Act;
use domain::account::Role;
use domain::case::clock::freeze;
use domain::case::event::{Means, Outcome};
use domain::case::{ClockKind, Stage};
use domain::catalogue::{Catalogue, Suggestion};
use domain::rulebook::{Conditions, LimitRule};
use domain::unit::UnitState;
use templates::components::Choice;
use templates::desk::{self, Actions, Form, LimitPreview};

use super::case::View;
use crate::{csrf, words};

/// Units offered at once; more are found by their name.
const UNITS: usize = 120;
/// Suggestions shown.
const SUGGESTIONS: usize = 5;

/// The forms of the acts that are open to this account.
pub(super) fn actions(view: &View<'_>) -> Actions {
    let can = |act: Act| view.acts.contains(&act);
    Actions {
        accept: can(Act::Accept).then(|| desk::AcceptAct { form: view.form("accept") }),
        dispatch: can(Act::Dispatch).then(|| view.dispatch()),
        answer_directly: can(Act::AnswerDirectly)
            .then(|| desk::AnswerDirectlyAct { form: view.text_form("answer-directly", &["answer"]), answer: view.typed("answer") }),
        refuse: can(Act::Refuse).then(|| view.refuse()),
        sign: can(Act::Sign).then(|| view.sign()),
        contact: can(Act::Contact).then(|| view.contact_act()),
        answer: can(Act::Answer).then(|| view.answer()),
        assign: can(Act::Assign).then(|| view.assign()),
        approve: can(Act::Approve).then(|| desk::ApproveAct { form: view.form("approve") }),
        pass: can(Act::Pass).then(|| desk::PassAct { form: view.form("pass") }),
        send_back: can(Act::SendBack).then(|| view.send_back()),
        call_back: can(Act::CallBack).then(|| view.call_back()),
        judge: can(Act::Judge).then(|| view.judge()),
    }
}

/// How the form names a suggestion.
pub(super) fn suggestion_value(unit: &domain::ids::UnitCode, entry: &str) -> String {
    format!("{unit}:{entry}")
}

fn yes_no(yes: &str, no: &str) -> Vec<Choice> {
    vec![Choice::new("yes", yes), Choice::new("no", no)]
}

impl View<'_> {
    fn typed(&self, name: &str) -> String {
        self.typed.form.get(name).to_owned()
    }

    fn form(&self, action: &str) -> Form {
        let id = self.ctx.app().ids.uuid().to_string();
        let path = format!("/desk/case/{}/{action}", self.opened.state.number);
        let form = Form::new(action, &path, &csrf::token(self.ctx), &id).at(self.opened.revision);
        if self.typed.action == action { form.with(self.typed.errors.clone()).opened() } else { form }
    }

    /// A form that opens when something was typed into one of these fields. At one stage no two forms of an account
    /// share the name of a field, so that what was kept finds its form.
    fn text_form(&self, action: &str, fields: &[&str]) -> Form {
        let form = self.form(action);
        if fields.iter().any(|name| !self.typed.form.get(name).is_empty()) { form.opened() } else { form }
    }

    fn select(&self, name: &str, choices: Vec<Choice>) -> Vec<Choice> {
        Choice::select(choices, self.typed.form.get(name))
    }

    fn dispatch(&self) -> desk::DispatchAct {
        let catalogue = self.reference.catalogue(self.now);
        let suggested = catalogue.as_deref().map(|catalogue| self.suggest(catalogue)).unwrap_or_default();
        let chosen = self.typed.form.get("suggestion");
        let first = suggested.first().map(|one| suggestion_value(&one.entry.unit, &one.entry.code)).unwrap_or_default();
        let selected = if chosen.is_empty() { first.as_str() } else { chosen };
        let suggestions = suggested.iter().map(|one| self.suggestion(one, selected)).collect();
        let unit = match selected {
            "other" => self.reference.units().find(|unit| unit.code.as_str() == self.typed.form.get("unit")),
            value => suggested
                .iter()
                .find(|one| suggestion_value(&one.entry.unit, &one.entry.code) == value)
                .and_then(|one| self.reference.unit(&one.entry.unit)),
        };
        let mut form = self.text_form("dispatch", &["reason", "unit", "unit_query", "suggestion"]);
        form.open |= self.opened.state.stage == Stage::Accepted || !self.ctx.query("dispatch").is_empty();
        desk::DispatchAct {
            form,
            suggestions,
            other: chosen == "other",
            unit_query: self.typed("unit_query"),
            units: self.select("unit", self.units(self.typed.form.get("unit_query"))),
            reason: self.typed("reason"),
            preview: unit.map(|unit| self.preview(unit)).unwrap_or_default(),
        }
    }

    /// The catalogue's suggestions whose unit is open, best first.
    fn suggest<'c>(&self, catalogue: &'c Catalogue) -> Vec<Suggestion<'c>> {
        let state = &self.opened.state;
        let text = self
            .words()
            .map(|demand| [demand.title.as_str(), demand.words.as_str(), demand.wish.as_str(), demand.place.as_str()].join("\n"))
            .unwrap_or_default();
        let mut all = catalogue.suggest(&state.class, &text, &state.division);
        all.retain(|one| self.reference.unit(&one.entry.unit).is_some_and(|unit| unit.closed.is_none()));
        all.truncate(SUGGESTIONS);
        all
    }

    fn suggestion(&self, one: &Suggestion<'_>, selected: &str) -> desk::Suggestion {
        let entry = one.entry;
        let found: String = one.found.iter().map(|word| format!("“{word}”")).collect();
        let place =
            if one.in_place { format!("；{}由该单位负责", words::place(&self.reference, &entry.division)) } else { String::new() };
        let value = suggestion_value(&entry.unit, &entry.code);
        let limits = self.reference.unit(&entry.unit).and_then(|unit| self.limits_for(unit));
        let limits = limits.map(|rule| format!("签收 {} · 办理 {}", rule.sign.words(), rule.handle.words()));
        desk::Suggestion {
            selected: value == selected,
            value,
            unit: words::unit(&self.reference, &entry.unit),
            entry: entry.matter.clone(),
            reason: format!("诉求中有{found}{place}。依据：{}", entry.basis),
            limits: limits.unwrap_or_default(),
        }
    }

    fn limits_for(&self, unit: &UnitState) -> Option<&LimitRule> {
        let state = &self.opened.state;
        let conditions = Conditions { class: &state.class, channel: &state.channel, urgency: &state.urgency, level: Some(unit.level) };
        self.rules.as_ref()?.limits(conditions)
    }

    /// The limits that would start now.
    fn preview(&self, unit: &UnitState) -> Vec<LimitPreview> {
        let (Some(rule), Some(rules)) = (self.limits_for(unit), self.rules.as_deref()) else { return Vec::new() };
        let reachable = !self.opened.state.anonymous && !self.opened.state.confidential;
        let mut limits = vec![(ClockKind::Sign, rule.sign), (ClockKind::Handle, rule.handle), (ClockKind::Total, rule.total)];
        limits.extend(rule.contact.filter(|_| reachable).map(|limit| (ClockKind::Contact, limit)));
        let preview = |(kind, limit): (ClockKind, domain::limit::Limit)| {
            let set = freeze(self.reference.calendar(), rules, kind, self.now, &limit);
            LimitPreview {
                label: kind.label().to_owned(),
                limit: limit.words(),
                due: words::due(set.due).text,
                provisional: set.provisional,
            }
        };
        limits.into_iter().map(preview).collect()
    }

    fn units(&self, query: &str) -> Vec<Choice> {
        let query = query.trim().to_lowercase();
        let fits = |unit: &UnitState| {
            query.is_empty() || unit.name().to_lowercase().contains(&query) || unit.code.as_str().to_lowercase().starts_with(&query)
        };
        let open = self.reference.units().filter(|unit| unit.closed.is_none() && !unit.hotline && fits(unit));
        open.take(UNITS).map(|unit| Choice::new(unit.code.as_str(), &format!("{}（{}）", unit.name(), unit.level.label()))).collect()
    }

    fn refuse(&self) -> desk::RefuseAct {
        let grounds =
            self.rules.as_ref().map(|rules| rules.refusals.iter().map(|one| Choice::new(&one.code, &one.label).hint(&one.path)).collect());
        desk::RefuseAct {
            form: self.text_form("refuse", &["ground", "words"]),
            grounds: self.select("ground", grounds.unwrap_or_default()),
            words: self.typed("words"),
        }
    }

    fn sign(&self) -> desk::SignAct {
        let due = self.opened.state.running(ClockKind::Sign).map(|clock| format!("{} 前不签收，视同接收。", words::due(clock.due).text));
        desk::SignAct { form: self.form("sign"), hint: due.unwrap_or_default() }
    }

    fn assign(&self) -> desk::AssignAct {
        let state = &self.opened.state;
        let people = self
            .reference
            .accounts()
            .into_iter()
            .filter(|account| account.enabled && account.unit == state.unit && account.has(Role::Handler));
        let handlers = people.map(|account| Choice::new(&account.id.0.to_string(), &account.name)).collect();
        let now = state.handler.map(|id| id.0.to_string()).unwrap_or_default();
        let typed = self.typed.action == "assign" || !self.typed.form.get("section").is_empty();
        let (section, handler) = if typed { (self.typed("section"), self.typed("handler")) } else { (state.section.clone(), now) };
        desk::AssignAct {
            form: self.text_form("assign", &["section", "handler"]),
            section,
            sections: Vec::new(),
            handlers: Choice::select(handlers, &handler),
        }
    }

    fn contact_act(&self) -> desk::ContactAct {
        let state = &self.opened.state;
        let so_far = match (state.contacted, state.contact_attempts) {
            (_, 0) => String::new(),
            (true, _) => "本次办理中已联系上诉求人。".to_owned(),
            (false, n) => format!("已联系 {n} 次，都未接通；记录三次未接通后可以直接提交答复。"),
        };
        let means = Means::ALL.map(|means| Choice::new(means.code(), means.label())).to_vec();
        desk::ContactAct {
            form: self.text_form("contact", &["note", "means"]),
            means: self.select("means", means),
            reached: self.select("reached", yes_no("已联系上", "未接通")),
            note: self.typed("note"),
            so_far,
        }
    }

    fn answer(&self) -> desk::AnswerAct {
        let (before, sent_back) = self.sent_back().unwrap_or_default();
        let typed = self.typed("answer");
        let outcomes = Outcome::ALL.map(|outcome| Choice::new(outcome.code(), outcome.label())).to_vec();
        let help = [
            "查清了什么：时间、地点、事实。",
            "做了什么，什么时候做完；还没做完的，写明完成日期。",
            "依据哪条规定；不能解决的，说明原因和其他途径。",
            "联系人和电话，方便诉求人再问。",
        ];
        let mut form = self.text_form("answer", &["answer", "outcome"]);
        form.open |= !sent_back.is_empty();
        desk::AnswerAct {
            form,
            answer: if typed.is_empty() { before } else { typed },
            outcomes: self.select("outcome", outcomes),
            help: help.map(str::to_owned).to_vec(),
            sent_back,
        }
    }

    fn send_back(&self) -> desk::SendBackAct {
        let hotline = self.opened.state.stage == Stage::HotlineReview;
        let hint = match (&self.rules, hotline) {
            (Some(rules), true) => format!("退回后办理时限至少再给 {}；原时限更晚的，按原时限。", rules.review.sent_back.words()),
            _ => "退回后办理时限照常计算。".to_owned(),
        };
        desk::SendBackAct { form: self.text_form("send-back", &["reason"]), reason: self.typed("reason"), hint }
    }

    fn call_back(&self) -> desk::CallBackAct {
        let (attempts, grades) =
            self.rules.as_ref().map(|rules| (rules.call_back.attempts, rules.satisfaction.as_slice())).unwrap_or_default();
        desk::CallBackAct {
            form: self.text_form("call-back", &["reached", "note", "grade"]),
            attempt: format!("第 {} 次，共 {attempts} 次", self.opened.state.attempts.saturating_add(1)),
            phone: self.petitioner().map(|person| person.phone.clone()).unwrap_or_default(),
            reached: self.select("reached", yes_no("已接通", "未接通")),
            contacted: self.select("contacted", yes_no("联系过", "没有联系")),
            solved: self.select("solved", yes_no("已解决", "没有解决")),
            grades: self.select("grade", grades.iter().map(|grade| Choice::new(&grade.code, &grade.label)).collect()),
            note: self.typed("note"),
        }
    }

    fn judge(&self) -> desk::JudgeAct {
        let choices = vec![
            Choice::new("yes", "合理").hint("退回原单位重新办理；次数用尽的，办结并标注。"),
            Choice::new("no", "不合理").hint("说明理由后办结归档。"),
        ];
        desk::JudgeAct {
            form: self.text_form("judge", &["justified", "reason"]),
            justified: self.select("justified", choices),
            reason: self.typed("reason"),
        }
    }
}
