//! The call form: one screen, from the telephone number to registering, dispatching or answering at once.

use application::{Error, Meta};
use domain::account::Role;
use domain::case::command::{Field, FieldFault, File};
use domain::case::event::{Agent, Demand, Petitioner};
use domain::case::{Command, Rejection};
use domain::codes::normalise_phone;
use domain::ids::CaseId;
use projections::Reference;
use templates::components::{Choice, Errors, Notice, Tone};
use templates::desk::{CaseRow, FileCall, Form as Fields};
use uuid::Uuid;

use super::say;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{csrf, shell, words};

/// Earlier cases shown beside the form.
const HISTORY: usize = 12;
/// Fewest characters of an answer (`domain` checks it too, but only after the demand would be filed).
const LEAST_ANSWER: usize = 5;
/// Words after which a caller has to be put through at once.
const EMERGENCY: [&str; 9] = ["着火", "起火", "燃气泄漏", "煤气泄漏", "正在打人", "有人溺水", "轻生", "自杀", "昏迷"];
/// The privacy notice that is read to callers.
const NOTICE: &str = "phone";

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let form = ctx.kept().map(|kept| Form::of(kept.fields)).unwrap_or_default();
    page(&call(&ctx, &form, Errors::none(), None)?)
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    match form.get("do") {
        "history" => history(&ctx, &form),
        "answer" if form.get("answer").trim().chars().count() < LEAST_ANSWER => {
            invalid(&call(&ctx, &form, Errors::one("answer", "直接答复的，请写明答复内容，至少 5 个字"), None)?)
        }
        _ => register(&ctx, &form).await,
    }
}

/// Earlier cases of the number, as far as this account may see them; changes nothing.
fn history(ctx: &Ctx, form: &Form) -> Reply {
    let Some(phone) = normalise_phone(form.get("phone")) else {
        return invalid(&call(ctx, form, Errors::one("phone", "请先填完整的来电号码：11 位手机号，或带区号的固定电话"), None)?);
    };
    let (app, staff, now) = (ctx.app(), &ctx.staff()?.staff, ctx.app().now());
    let reference = app.reference();
    let mut rows = app.projections.views().cases_by_phone(app.vault.phone_lookup(&phone), HISTORY)?;
    rows.retain(|row| say::sees(staff, row, &reference) && say::sees_contact(staff, row, &reference));
    app.audit.act(now, staff, "", "search_phone");
    page(&call(ctx, form, Errors::none(), Some(rows.iter().map(|row| say::row(&reference, row, now)).collect()))?)
}

async fn register(ctx: &Ctx, form: &Form) -> Reply {
    let Some(id) = form.uuid("form_id") else {
        ctx.keep("/desk/file", form.fields());
        return Err(Fault::Expired);
    };
    let meta = ctx.meta(form)?;
    let file = filing(ctx, form);
    let filed = match ctx.app().file(&meta, id, file).await {
        Ok(filed) => filed,
        Err(Error::Case(Rejection::Fields(faults))) => return invalid(&call(ctx, form, at_fields(&faults), None)?),
        Err(error) => {
            if error.is_passing() {
                ctx.keep("/desk/file", form.fields());
            }
            return Err(error.into());
        }
    };
    let mut seq = filed.seq;
    if form.get("do") == "answer" {
        // An act of its own, with an id of its own that the second submit makes again.
        let answer = Meta::new(ctx.actor()?, Uuid::new_v5(&id, b"answer"));
        let command = Command::AnswerDirectly { answer: form.get("answer").to_owned() };
        seq = ctx.app().on_case(&answer, filed.case, &command).await?.seq;
    }
    after(ctx, filed.case, seq, form.get("do")).await
}

/// On to the case, or to the next call.
async fn after(ctx: &Ctx, case: CaseId, seq: u64, wanted: &str) -> Reply {
    ctx.seen(seq).await;
    let Some(row) = ctx.app().projections.views().case_by_id(case)? else {
        ctx.flash(true, "已登记，编号稍后可在“查找工单”中查到。");
        return see_other("/desk/file");
    };
    let number = words::number(&row.number);
    // Whoever registers a report of wrongdoing may not be one who may read it.
    if !say::sees(&ctx.staff()?.staff, &row, &ctx.app().reference()) {
        let code = words::code_groups(&ctx.app().query_code(case)).join("-");
        ctx.flash(true, &format!("已登记，编号 {number}，查询码 {code}，请告知来电人。按保密规定，内容只由指定人员查看。"));
        return see_other("/desk/file");
    }
    match wanted {
        "dispatch" => {
            ctx.flash(true, &format!("已登记，编号 {number}，请派单。"));
            see_other(&format!("/desk/case/{}?dispatch=1", row.number))
        }
        "answer" => {
            ctx.flash(true, &format!("已登记并直接答复，编号 {number}。"));
            see_other(&format!("/desk/case/{}", row.number))
        }
        _ => {
            ctx.flash(
                true,
                &format!("已登记，编号 {number}，查询码 {}，请告知来电人。", words::code_groups(&ctx.app().query_code(case)).join("-")),
            );
            see_other(&format!("/desk/case/{}", row.number))
        }
    }
}

fn filing(ctx: &Ctx, form: &Form) -> File {
    let text = |name: &str| form.get(name).trim().to_owned();
    let agent = Agent { name: text("agent_name"), relation: text("agent_relation") };
    File {
        number: ctx.app().ids.number(),
        class: text("class"),
        channel: text("channel"),
        urgency: text("urgency"),
        division: text("division"),
        demand: Demand { title: text("title"), words: text("words"), wish: text("wish"), place: text("place") },
        petitioner: (!form.is("anonymous")).then(|| Petitioner { name: text("name"), phone: text("phone"), email: String::new() }),
        agent: (!agent.name.is_empty() || !agent.relation.is_empty()).then_some(agent),
        confidential: form.is("confidential"),
        publish: form.is("publish"),
        notice: NOTICE.to_owned(),
    }
}

fn at_fields(faults: &[FieldFault]) -> Errors {
    faults.iter().fold(Errors::none(), |errors, fault| {
        let name = if fault.field == Field::Agent { "agent_name" } else { fault.field.code() };
        errors.and(name, &fault.to_string())
    })
}

/// The form with what was typed.
fn call(ctx: &Ctx, form: &Form, errors: Errors, history: Option<Vec<CaseRow>>) -> Result<FileCall, Fault> {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let rules = words::rules(&reference, now).ok_or(Fault::App(Error::NoRulebook))?;
    let text = |name: &str| form.get(name).to_owned();
    // The same form keeps its id, so that sending it again after mending is still the one filing.
    let id = form.uuid("form_id").unwrap_or_else(|| ctx.app().ids.uuid()).to_string();
    let select = |name: &str, choices: Vec<Choice>| {
        let first = choices.first().map(|choice| choice.value.clone()).unwrap_or_default();
        let preset = matches!(name, "channel" | "urgency") && form.get(name).is_empty();
        Choice::select(choices, if preset { &first } else { form.get(name) })
    };
    let emergency = EMERGENCY.iter().any(|word| form.get("words").contains(word));
    let urgent = "内容像是正在发生的危险：请先转接 110、119 或 120，再登记。";
    Ok(FileCall {
        shell: shell::of(ctx),
        form: Fields::new("", "/desk/file", &csrf::token(ctx), &id).with(errors),
        channels: select("channel", rules.channels.iter().filter(|one| one.desk).map(|one| Choice::new(&one.code, &one.label)).collect()),
        phone: text("phone"),
        name: text("name"),
        anonymous: form.is("anonymous"),
        title: text("title"),
        words: text("words"),
        wish: text("wish"),
        divisions: select("division", divisions(&reference)),
        place: text("place"),
        classes: select("class", rules.classes.iter().map(|one| Choice::new(&one.code, &one.label).hint(&one.definition)).collect()),
        urgencies: select("urgency", rules.urgencies.iter().map(|one| Choice::new(&one.code, &one.label)).collect()),
        confidential: form.is("confidential"),
        publish: form.is("publish"),
        agent_name: text("agent_name"),
        agent_relation: text("agent_relation"),
        answer: text("answer"),
        may_dispatch: ctx.staff()?.staff.is(Role::Dispatcher),
        history,
        notices: if emergency { vec![Notice::new(Tone::Bad, "先转接", &[urgent])] } else { Vec::new() },
    })
}

/// Divisions that territorial units answer for, indented by level.
fn divisions(reference: &Reference) -> Vec<Choice> {
    let mut all: Vec<(&str, &str)> = reference
        .units()
        .filter(|unit| unit.closed.is_none())
        .filter_map(|unit| unit.division.as_deref().map(|division| (division, unit.name())))
        .collect();
    all.sort_unstable();
    all.dedup_by_key(|(division, _)| *division);
    let indent = |division: &str| "　".repeat((division.len().saturating_sub(6)).div_ceil(3));
    all.iter().map(|(division, name)| Choice::new(division, &format!("{}{}", indent(division), words::place_name(name)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_agent_stands_at_the_agents_name() {
        let fault = FieldFault { field: Field::Agent, fault: domain::case::command::Fault::Missing };
        assert!(at_fields(&[fault]).has("agent_name"));
    }
}
