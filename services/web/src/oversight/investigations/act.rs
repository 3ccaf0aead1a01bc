//! Every act on an investigation: one way from a form to a command, and one way back.

use actix_web::{HttpResponse, HttpResponseBuilder};
use application::{Error, Meta};
use domain::refusal::Refusal;
use templates::components::Errors;
use uuid::Uuid;

use super::super::acts::{Typed, faults};
use super::forms::command;
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

/// What is wrong with a form, and the answer that says so. That others acted first is said at the form, too: what was typed
/// may still serve.
pub(super) fn refused(ctx: &Ctx, path: &str, form: &Form, error: Error) -> Result<(HttpResponseBuilder, Errors), Fault> {
    match error {
        Error::Clash { .. } | Error::Refused(Refusal::Stage(_)) => {
            Ok((HttpResponse::Conflict(), Errors::one("", "本件已有新的进展，刚才的提交没有生效，请先看最新情况。")))
        }
        error => Ok((HttpResponse::UnprocessableEntity(), faults(ctx, path, form, error)?)),
    }
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let id = id_of(&ctx)?;
    let action = ctx.part("action").to_owned();
    let command = match command(&action, &form) {
        Ok(Some(command)) => command,
        Ok(None) => return Err(Fault::NotFound),
        Err(errors) => return invalid(&file::build(&ctx, id, &Typed::sent(&ctx, form, errors)).await?),
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
        Err(error) => {
            let (answer, errors) = refused(&ctx, &format!("/oversight/investigations/{}", id.0), &form, error)?;
            Ok(html(answer, &file::build(&ctx, id, &Typed::sent(&ctx, form, errors)).await?))
        }
    }
}
