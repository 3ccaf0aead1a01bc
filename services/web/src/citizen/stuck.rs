//! `/stuck` (办不成事): a short form of its own that files an ordinary case of the class `stuck`, whose ladder begins with the
//! filing; the receipt is the ordinary one.

use application::Error;
use domain::case::Rejection;
use domain::case::command::{Field, File};
use domain::case::event::{Demand, Petitioner};
use domain::refusal::{Field as Wrong, check_text};
use templates::citizen::Stuck;
use templates::components::Errors;

use super::{NOTICE, intake, receipt};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{csrf, shell, words};

/// The class of the rulebook.
const CLASS: &str = "stuck";

/// `GET /stuck`
///
/// # Errors
/// [`Fault::NotFound`] when the rulebook in force has no such class.
pub async fn get(ctx: Ctx) -> Reply {
    let typed = ctx.kept().map(|kept| Form::of(kept.fields)).unwrap_or_default();
    page(&shown(&ctx, &typed, Errors::none())?)
}

fn shown(ctx: &Ctx, typed: &Form, errors: Errors) -> Result<Stuck, Fault> {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let rules = words::rules(&reference, now).ok_or(Error::NoRulebook)?;
    if rules.class(CLASS).is_none() {
        return Err(Fault::NotFound);
    }
    let step = |level: &domain::rulebook::ladders::LadderLevel| format!("{} {}：{}", level.label, level.limit.words(), level.outcome);
    let ladder = rules.ladder_of(CLASS).map(|ladder| ladder.levels.iter().map(step).collect()).unwrap_or_default();
    let form = typed.uuid("form_id").unwrap_or_else(|| ctx.app().ids.uuid());
    let text = |name: &str| typed.get(name).to_owned();
    Ok(Stuck {
        shell: shell::of(ctx),
        csrf: csrf::token(ctx),
        hidden: vec![("form_id".to_owned(), form.to_string())],
        errors,
        ladder,
        wanted: text("wanted"),
        window: text("window"),
        happened: text("happened"),
        name: text("name"),
        phone: text("phone"),
        privacy_version: NOTICE.to_owned(),
    })
}

/// `POST /stuck`. The same form again leads to the same receipt.
///
/// # Errors
/// [`Fault::TooMany`]; application errors that are no matter of the form.
pub async fn post(ctx: Ctx, form: Form) -> Reply {
    let mut wrong: Vec<Wrong> = Vec::new();
    check_text(&mut wrong, "wanted", "您想办什么事", form.get("wanted"), 100);
    check_text(&mut wrong, "window", "在哪个单位、哪个窗口办", form.get("window"), 200);
    check_text(&mut wrong, "happened", "怎么办不成", form.get("happened"), 1500);
    if !wrong.is_empty() {
        let errors = wrong.iter().fold(Errors::none(), |errors, field| errors.and(field.name, &field.words));
        return invalid(&shown(&ctx, &form, errors)?);
    }
    let Some(id) = form.uuid("form_id") else {
        return invalid(&shown(&ctx, &form, Errors::one("", "表单已过期，请核对后重新提交"))?);
    };
    let state = ctx.state();
    if let Some(seconds) = state.filings.knock(&ctx.client(), state.settings.filings_per_minute, ctx.app().now()) {
        return Err(Fault::TooMany(seconds));
    }
    let text = |name: &str| form.get(name).trim().to_owned();
    let file = File {
        number: intake::number(&ctx, id),
        class: CLASS.to_owned(),
        channel: "web".to_owned(),
        urgency: String::new(),
        division: String::new(),
        demand: Demand {
            title: text("wanted"),
            words: format!("想办的事：{}\n{}", text("wanted"), text("happened")),
            wish: String::new(),
            place: text("window"),
        },
        petitioner: Some(Petitioner { name: text("name"), phone: text("phone"), email: String::new() }),
        agent: None,
        confidential: false,
        publish: false,
        notice: NOTICE.to_owned(),
    };
    match intake::file(&ctx, id, file).await {
        Ok(case) => {
            receipt::give(&ctx, case);
            see_other("/file/receipt")
        }
        Err(Error::Case(Rejection::Fields(faults))) => {
            let control = |field: Field| match field {
                Field::Words => "happened",
                Field::Place => "window",
                Field::Name => "name",
                Field::Phone => "phone",
                _ => "",
            };
            let errors = faults.iter().fold(Errors::none(), |errors, fault| errors.and(control(fault.field), &fault.to_string()));
            invalid(&shown(&ctx, &form, errors)?)
        }
        Err(error) => {
            if error.is_passing() {
                ctx.keep("/stuck", form.fields());
            }
            Err(error.into())
        }
    }
}
