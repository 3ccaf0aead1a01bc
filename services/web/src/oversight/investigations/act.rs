//! Every act on an investigation: one way from a form to a command, and one way back.

use actix_web::HttpResponse;
use application::{Error, Meta};
use domain::refusal::Refusal;
use templates::components::{Errors, Notice, Tone};
use uuid::Uuid;

use super::forms::{Typed, command};
use super::{file, id_of};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, html, invalid, see_other};
use crate::form::Form;

/// What is said when the act is done.
fn done(action: &str) -> &'static str {
    match action {
        "accept" => "已受理，请效能办负责人指派两名调查人员。",
        "refuse" => "已决定不予受理，投诉人能看到理由和该找谁。",
        "assign" => "已指派调查人员。",
        "interview" => "已保存谈话记录。",
        "report" => "报告已提交，等待另一名调查人员会签。",
        "sign" => "已会签，等待效能办负责人作出结论。",
        "extend" => "已延长期限，投诉人能看到。",
        "conclude" => "已作出结论。",
        _ => "已答复。",
    }
}

/// The refusal of a command at the fields of its form.
pub(super) fn errors(refusal: &Refusal) -> Errors {
    match refusal {
        Refusal::Fields(fields) => fields.iter().fold(Errors::none(), |errors, field| errors.and(field.name, &field.words)),
        other => Errors::one("", &other.to_string()),
    }
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let id = id_of(&ctx)?;
    let action = ctx.part("action").to_owned();
    let typed = |form: Form, errors: Errors| Typed { action: action.clone(), form, errors };
    let command = match command(&action, &form) {
        Ok(Some(command)) => command,
        Ok(None) => return Err(Fault::NotFound),
        Err(errors) => return invalid(&file::build(&ctx, id, &typed(form, errors), None).await?),
    };
    let meta = ctx.meta(&form)?;
    // Bound to file, account and act: a form id of another form is never taken for this one done already.
    let bound = [id.0.as_bytes().as_slice(), ctx.staff()?.staff.account.0.as_bytes(), action.as_bytes()].concat();
    let meta = Meta { command: Uuid::new_v5(&meta.command, &bound), ..meta };
    match ctx.app().on_investigation(&meta, id, &command).await {
        Ok(outcome) => {
            ctx.seen(outcome.seq).await;
            ctx.flash(true, done(&action));
            see_other(&format!("/oversight/investigations/{}", id.0))
        }
        Err(error @ (Error::Clash { .. } | Error::Refused(Refusal::Stage(_)))) => {
            let notice = Notice::new(Tone::Warn, "本件有新的进展，刚才的提交没有生效", &["您填写的内容都保留着，请核对最新情况后再提交。"]);
            tracing::debug!(%error, "an act on an investigation came too late");
            let shown = file::build(&ctx, id, &typed(form, Errors::none()), Some(notice)).await?;
            Ok(html(HttpResponse::Conflict(), &shown))
        }
        Err(Error::Refused(refusal)) if !matches!(refusal, Refusal::Missing) => {
            invalid(&file::build(&ctx, id, &typed(form, errors(&refusal)), None).await?)
        }
        Err(error) => {
            if error.is_passing() {
                ctx.keep(&format!("/oversight/investigations/{}", id.0), form.fields());
            }
            Err(error.into())
        }
    }
}
