//! Every act on a case: one way from a form to a command, and one way back.

use actix_web::HttpResponse;
use application::access::Act;
use application::{Error, Meta};
use domain::account::Role;
use domain::case::command::{Field, FieldFault};
use domain::case::event::{Means, Outcome};
use domain::case::{Command, Rejection};
use domain::ids::{AccountId, UnitCode};
use projections::CaseRow;
use templates::components::Errors;
use templates::desk::KeptText;
use uuid::Uuid;

use super::case::{self, Typed};
use super::panel::suggestion_value;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, html, invalid, page, see_other};
use crate::form::Form;

/// The act of a form's name in the address.
pub(super) fn act_of(action: &str) -> Option<Act> {
    Some(match action {
        "accept" => Act::Accept,
        "refuse" => Act::Refuse,
        "answer-directly" => Act::AnswerDirectly,
        "dispatch" => Act::Dispatch,
        "sign" => Act::Sign,
        "assign" => Act::Assign,
        "contact" => Act::Contact,
        "answer" => Act::Answer,
        "approve" => Act::Approve,
        "send-back" => Act::SendBack,
        "pass" => Act::Pass,
        "call-back" => Act::CallBack,
        "judge" => Act::Judge,
        _ => return None,
    })
}

/// What is said when the act is done.
fn done(act: Act) -> &'static str {
    match act {
        Act::Accept => "已受理，请派单。",
        Act::Refuse => "已告知诉求人不予受理的原因和办理渠道。",
        Act::AnswerDirectly => "已直接答复并办结。",
        Act::Dispatch => "已派单，时限从现在起算。",
        Act::Sign => "已签收。",
        Act::Assign => "已交办。",
        Act::Contact => "已记录联系情况。",
        Act::Answer => "答复已提交，等待本单位审核负责人签发。",
        Act::Approve => "已签发，送热线审核。",
        Act::SendBack => "已退回重写。",
        Act::Pass => "审核通过，答复已送达诉求人。",
        Act::CallBack => "已记录回访。",
        Act::Judge => "已作出研判。",
        _ => "已完成。",
    }
}

/// Texts of the forms, for copying when the act is no longer possible.
pub(super) fn kept(form: &Form) -> Vec<KeptText> {
    let labels = [("answer", "答复内容"), ("words", "告知诉求人的话"), ("reason", "理由"), ("note", "记录"), ("section", "科室")];
    let text = |(name, label): (&str, &str)| {
        let text = form.get(name);
        (!text.trim().is_empty()).then(|| KeptText { label: label.to_owned(), text: text.to_owned() })
    };
    labels.into_iter().filter_map(text).collect()
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let action = ctx.part("action").to_owned();
    let act = act_of(&action).ok_or(Fault::NotFound)?;
    let row = case::find(&ctx)?;
    if act == Act::Dispatch && form.get("do") == "find" {
        // Finds units and shows their limits; changes nothing.
        return show(&ctx, &row, Typed { action, form, errors: Errors::none() }, true).await;
    }
    let command = match command(&ctx, act, &form) {
        Ok(command) => command,
        Err(errors) => return show(&ctx, &row, Typed { action, form, errors }, false).await,
    };
    let meta = ctx.meta(&form)?;
    // Bound to case, account and act: a form id of another form is never taken for this one done already.
    let bound = [row.id.0.as_bytes().as_slice(), ctx.staff()?.staff.account.0.as_bytes(), action.as_bytes()].concat();
    let meta = Meta { command: Uuid::new_v5(&meta.command, &bound), ..meta };
    match ctx.app().on_case(&meta, row.id, &command).await {
        Ok(outcome) => {
            ctx.seen(outcome.seq).await;
            ctx.flash(true, done(act));
            see_other(&format!("/desk/case/{}", row.number))
        }
        Err(error) => refused(&ctx, &row, Typed { action, form, errors: Errors::none() }, error).await,
    }
}

/// The page again with what was typed, with the words at the right place and the right status.
async fn refused(ctx: &Ctx, row: &CaseRow, mut typed: Typed, error: Error) -> Reply {
    let seen = typed.form.number("revision");
    match error {
        Error::Clash { .. } | Error::Case(Rejection::Stage(_) | Rejection::OtherUnit | Rejection::AlreadyRated) => {
            let shown = case::conflict(ctx, &ctx.actor()?, row, &typed, seen).await?;
            Ok(html(HttpResponse::Conflict(), &shown))
        }
        Error::Case(Rejection::Fields(faults)) => {
            typed.errors = at_fields(&typed.action, &faults);
            show(ctx, row, typed, false).await
        }
        Error::Case(rejection @ Rejection::ContactFirst) => {
            typed.errors = Errors::one("answer", &rejection.to_string());
            show(ctx, row, typed, false).await
        }
        Error::Case(rejection @ Rejection::NoLimits) => {
            typed.errors = Errors::one("", &rejection.to_string());
            show(ctx, row, typed, false).await
        }
        other => {
            if other.is_passing() {
                ctx.keep(&format!("/desk/case/{}", row.number), typed.form.fields());
            }
            Err(other.into())
        }
    }
}

async fn show(ctx: &Ctx, row: &CaseRow, typed: Typed, good: bool) -> Reply {
    let opened = ctx.app().open_case(&ctx.actor()?, row.id).await?;
    // Not permitted, or no longer possible: said before what is wrong with the form.
    let shown = case::build(ctx, &opened, &typed, None)?;
    if !good && shown.actions.faulty().is_none() {
        let reference = ctx.app().reference();
        let act = act_of(&typed.action).ok_or(Fault::NotFound)?;
        if !application::access::may(&ctx.actor()?, act, &opened.state, reference.as_ref()) {
            return Err(Fault::Forbidden);
        }
        let shown = case::conflict(ctx, &ctx.actor()?, row, &typed, typed.form.number("revision")).await?;
        return Ok(html(HttpResponse::Conflict(), &shown));
    }
    if good { page(&shown) } else { invalid(&shown) }
}

/// The names of the fields are those of the rules, except where a form has its own word for it.
fn at_fields(action: &str, faults: &[FieldFault]) -> Errors {
    faults.iter().fold(Errors::none(), |errors, fault| {
        let name = if action == "refuse" && fault.field == Field::Reason { "words" } else { fault.field.code() };
        errors.and(name, &fault.to_string())
    })
}

/// The command of a form; what can only be chosen is checked here, texts are checked by the rules.
fn command(ctx: &Ctx, act: Act, form: &Form) -> Result<Command, Errors> {
    let text = |name: &str| form.get(name).to_owned();
    Ok(match act {
        Act::Accept => Command::Accept,
        Act::Sign => Command::Sign,
        Act::Approve => Command::Approve,
        Act::Pass => Command::Pass,
        Act::Refuse => Command::Refuse { ground: text("ground"), words: text("words") },
        Act::AnswerDirectly => Command::AnswerDirectly { answer: text("answer") },
        Act::SendBack => Command::SendBack { reason: text("reason") },
        Act::Dispatch => dispatch(ctx, form)?,
        Act::Assign => Command::Assign { section: text("section"), handler: handler(ctx, form)? },
        Act::Contact => {
            let means = Means::of_code(form.get("means")).ok_or_else(|| Errors::one("means", "请选择联系方式"));
            let reached = yes_no(form, "reached").ok_or_else(|| Errors::one("reached", "请选择是否联系上"));
            let (means, reached) = both(means, reached)?;
            Command::Contact { means, reached, note: text("note") }
        }
        Act::Answer => {
            let outcome = Outcome::of_code(form.get("outcome")).ok_or_else(|| Errors::one("outcome", "请选择办理结果"))?;
            Command::Answer { answer: text("answer"), outcome }
        }
        Act::CallBack => call_back(form)?,
        Act::Judge => {
            let justified = yes_no(form, "justified").ok_or_else(|| Errors::one("justified", "请选择诉求是否合理"))?;
            Command::Judge { justified, reason: text("reason") }
        }
        _ => return Err(Errors::one("", "没有这一步操作")),
    })
}

/// Both, or the errors of both.
fn both<A, B>(a: Result<A, Errors>, b: Result<B, Errors>) -> Result<(A, B), Errors> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(b.iter().fold(a, |errors, one| errors.and(&one.field, &one.message))),
        (Err(errors), _) | (_, Err(errors)) => Err(errors),
    }
}

fn yes_no(form: &Form, name: &str) -> Option<bool> {
    match form.get(name) {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// By the catalogue, or to a unit of one's own choice with a reason.
fn dispatch(ctx: &Ctx, form: &Form) -> Result<Command, Errors> {
    let reference = ctx.app().reference();
    let chosen = form.get("suggestion");
    let (code, entry) = match chosen {
        "" | "other" => {
            let missing = || Errors::one("unit", "请选择承办单位；单位多的，先按名称查找");
            (UnitCode::parse(form.get("unit")).map_err(|_| missing())?, String::new())
        }
        value => {
            let catalogue = reference.catalogue(ctx.app().now());
            let entry =
                catalogue.as_deref().and_then(|all| all.entries.iter().find(|entry| suggestion_value(&entry.unit, &entry.code) == value));
            let entry = entry.ok_or_else(|| Errors::one("suggestion", "派单目录已更新，请重新选择"))?;
            (entry.unit.clone(), entry.code.clone())
        }
    };
    let unit = reference.unit(&code).filter(|unit| unit.closed.is_none() && !unit.hotline);
    let unit = unit.ok_or_else(|| Errors::one("unit", "这个单位不在名册里或已撤销，请重新选择"))?;
    Ok(Command::Dispatch { unit: code, level: unit.level, entry, reason: form.get("reason").to_owned() })
}

/// A handler of the liaison's own unit, or nobody.
fn handler(ctx: &Ctx, form: &Form) -> Result<Option<AccountId>, Errors> {
    if form.get("handler").is_empty() {
        return Ok(None);
    }
    let reference = ctx.app().reference();
    let own = ctx.session().and_then(|session| session.staff.unit.clone());
    let account = form.uuid("handler").and_then(|id| reference.account(AccountId(id)));
    let fits = account.filter(|account| account.enabled && account.unit == own && account.has(Role::Handler));
    fits.map(|account| Some(account.id)).ok_or_else(|| Errors::one("handler", "请从本单位的经办人中选择"))
}

fn call_back(form: &Form) -> Result<Command, Errors> {
    let note = form.get("note").to_owned();
    match yes_no(form, "reached") {
        None => Err(Errors::one("reached", "请选择是否接通")),
        Some(false) => Ok(Command::CallBack { reply: None, note }),
        Some(true) => {
            let contacted = yes_no(form, "contacted").ok_or_else(|| Errors::one("contacted", "请选择承办单位是否联系过诉求人"));
            let solved = yes_no(form, "solved").ok_or_else(|| Errors::one("solved", "请选择问题是否解决"));
            let grade = Some(form.get("grade")).filter(|grade| !grade.is_empty()).ok_or_else(|| Errors::one("grade", "请选择满意程度"));
            let ((contacted, solved), grade) = both(both(contacted, solved), grade)?;
            Ok(Command::CallBack { reply: Some((contacted, solved, grade.to_owned())), note })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        Form::of(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_reached_call_back_needs_all_three_answers_and_says_which_are_missing() {
        let errors = call_back(&form(&[("reached", "yes"), ("solved", "no")])).unwrap_err();
        assert_eq!(errors.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["contacted", "grade"]);
        assert_eq!(
            call_back(&form(&[("reached", "no"), ("note", "无人接")])),
            Ok(Command::CallBack { reply: None, note: "无人接".to_owned() })
        );
    }

    #[test]
    fn the_reason_of_a_refusal_is_the_text_to_the_petitioner() {
        let fault = FieldFault { field: Field::Reason, fault: domain::case::command::Fault::Missing };
        assert!(at_fields("refuse", &[fault]).has("words"));
        assert!(at_fields("judge", &[fault]).has("reason"));
    }

    #[test]
    fn texts_that_were_typed_are_given_back_and_blank_ones_are_not() {
        let kept = kept(&form(&[("answer", "已修好"), ("reason", "  "), ("outcome", "solved")]));
        assert_eq!(kept.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["已修好"]);
    }
}
