//! The five pages of questions. Each checks its own fields by the rules that the last step will apply.

use application::Error;
use domain::case::command::{Fault as Wrong, Field, FieldFault};
use domain::case::{CaseState, Command, Context, Rejection, decide};
use templates::citizen::{
    Contact, FormFrame, PrivacyChoices, What, Where, Wish, anonymous_choices, confidential_choices, on_behalf_choices, publish_choices,
};
use templates::components::{Choice, Errors};

use super::draft::{Draft, Step};
use super::no_draft;
use crate::citizen::NOTICE;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{csrf, shell, words};

/// The draft as a page shows it: with what was kept when a session had ended.
fn shown(ctx: &Ctx, step: Step, fill: fn(&mut Draft, &Form)) -> Result<Draft, Fault> {
    let mut draft = Draft::read(ctx).ok_or_else(|| no_draft(ctx))?;
    if let Some(missing) = draft.missing_before(step) {
        return Err(Fault::Elsewhere(missing.path()));
    }
    if let Some(kept) = ctx.kept() {
        fill(&mut draft, &Form::of(kept.fields));
    }
    Ok(draft)
}

/// The draft with the fields of a form that was sent.
fn filled(ctx: &Ctx, form: &Form, step: Step, fill: fn(&mut Draft, &Form)) -> Result<Draft, Fault> {
    let draft = Draft::read(ctx);
    let missing = draft.as_ref().and_then(|draft| draft.missing_before(step));
    match (draft, missing) {
        (Some(mut draft), None) => {
            fill(&mut draft, form);
            Ok(draft)
        }
        // The draft is gone after a day, or was begun anew in another tab; what was just typed is not.
        (draft, missing) => {
            ctx.keep(step.path(), form.fields());
            Err(if draft.is_none() { no_draft(ctx) } else { Fault::Elsewhere(missing.unwrap_or(step).path()) })
        }
    }
}

/// Keeps the step and says where to go on when nothing is wrong.
fn go_on(ctx: &Ctx, form: &Form, draft: &mut Draft, step: Step, wrong: &mut Errors) -> Option<&'static str> {
    if wrong.any() {
        return None;
    }
    draft.done(step);
    if !draft.write(ctx) {
        *wrong = Errors::one("", "内容太长，浏览器保存不下。请把文字缩短一些，次要的情况可以在联系时补充。");
        return None;
    }
    Some(if form.get("back") == "check" { draft.missing().unwrap_or(Step::Check).path() } else { draft.after(step) })
}

fn frame(ctx: &Ctx, draft: &Draft, step: Step, back: &str, errors: Errors) -> FormFrame {
    let to_check = back == "check";
    FormFrame {
        action: step.path().to_owned(),
        csrf: csrf::token(ctx),
        hidden: if to_check { vec![("back".to_owned(), "check".to_owned())] } else { Vec::new() },
        back: if to_check { Step::Check.path() } else { draft.before(step) }.to_owned(),
        errors,
        step: step.number(),
        total: Step::TOTAL,
        step_name: step.name().to_owned(),
    }
}

/// What the rules of filing say of these fields of the draft.
fn faults(ctx: &Ctx, draft: &Draft, fields: &[Field]) -> Result<Vec<FieldFault>, Fault> {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let rules = words::rules(&reference, now).ok_or(Error::NoRulebook)?;
    let calendar = reference.calendar();
    let command = Command::File(Box::new(draft.file(String::new())));
    match decide(&CaseState::default(), &command, Context { now, rules: &rules, calendar }) {
        Err(Rejection::Fields(faults)) => Ok(faults.into_iter().filter(|fault| fields.contains(&fault.field)).collect()),
        // Whether there are limits for the class is known only when all is filled in; the last step says so.
        _ => Ok(Vec::new()),
    }
}

fn errors(faults: &[FieldFault]) -> Errors {
    faults.iter().fold(Errors::none(), |errors, fault| errors.and(control(fault.field), &said(fault)))
}

/// The rules name their fields for all channels; here the words are those of the page.
fn said(fault: &FieldFault) -> String {
    match (fault.field, fault.fault) {
        (Field::Class, Wrong::Missing) => "请选择属于哪一类".to_owned(),
        (Field::Words, Wrong::Missing) => "请说明发生了什么".to_owned(),
        (Field::Division, Wrong::Missing) => "请选择区县".to_owned(),
        (Field::Place, Wrong::Missing) => "请填写具体位置".to_owned(),
        _ => fault.to_string(),
    }
}

fn control(field: Field) -> &'static str {
    match field {
        Field::Division => "district",
        other => other.code(),
    }
}

/// `GET /file/what`
///
/// # Errors
/// When no rulebook is in force.
pub async fn what(ctx: Ctx) -> Reply {
    let draft = shown(&ctx, Step::What, fill_what)?;
    page(&what_page(&ctx, draft, ctx.query("back"), Errors::none())?)
}

/// `POST /file/what`
///
/// # Errors
/// When no rulebook is in force.
pub async fn what_post(ctx: Ctx, form: Form) -> Reply {
    let mut draft = filled(&ctx, &form, Step::What, fill_what)?;
    let mut wrong = errors(&faults(&ctx, &draft, &[Field::Class, Field::Words])?);
    if let Some(next) = go_on(&ctx, &form, &mut draft, Step::What, &mut wrong) {
        return see_other(next);
    }
    invalid(&what_page(&ctx, draft, form.get("back"), wrong)?)
}

fn fill_what(draft: &mut Draft, form: &Form) {
    draft.class = form.get("class").to_owned();
    draft.words = form.get("words").to_owned();
}

fn what_page(ctx: &Ctx, draft: Draft, back: &str, errors: Errors) -> Result<What, Fault> {
    let reference = ctx.app().reference();
    let rules = words::rules(&reference, ctx.app().now()).ok_or(Error::NoRulebook)?;
    let classes = rules.classes.iter().map(|class| Choice::new(&class.code, &class.label).hint(&class.definition)).collect();
    Ok(What {
        form: frame(ctx, &draft, Step::What, back, errors),
        classes: Choice::select(classes, &draft.class),
        words: draft.words,
        shell: shell::of(ctx),
    })
}

/// `GET /file/where`
///
/// # Errors
/// Never.
pub async fn place(ctx: Ctx) -> Reply {
    let draft = shown(&ctx, Step::Where, fill_place)?;
    page(&place_page(&ctx, draft, ctx.query("back"), Errors::none()))
}

/// `POST /file/where`; `act=streets` shows the streets of the district and checks nothing.
///
/// # Errors
/// When no rulebook is in force.
pub async fn place_post(ctx: Ctx, form: Form) -> Reply {
    let mut draft = filled(&ctx, &form, Step::Where, fill_place)?;
    let reference = ctx.app().reference();
    let districts = words::counties(&reference);
    let streets = words::streets(&reference, &draft.district);
    // A street of another district: the district was changed after it was chosen.
    if !streets.iter().any(|choice| choice.value == draft.street) {
        draft.street.clear();
    }
    if form.get("act") == "streets" {
        return page(&place_page(&ctx, draft, form.get("back"), Errors::none()));
    }
    let mut found = faults(&ctx, &draft, &[Field::Division, Field::Place])?;
    let mut fault = |field, fault| found.push(FieldFault { field, fault });
    if !districts.is_empty() && !districts.iter().any(|choice| choice.value == draft.district) {
        fault(Field::Division, if draft.district.is_empty() { Wrong::Missing } else { Wrong::Unknown });
    }
    if draft.place.trim().is_empty() {
        fault(Field::Place, Wrong::Missing);
    }
    let mut wrong = errors(&found);
    if let Some(next) = go_on(&ctx, &form, &mut draft, Step::Where, &mut wrong) {
        return see_other(next);
    }
    invalid(&place_page(&ctx, draft, form.get("back"), wrong))
}

fn fill_place(draft: &mut Draft, form: &Form) {
    draft.district = form.get("district").to_owned();
    draft.street = form.get("street").to_owned();
    draft.place = form.get("place").to_owned();
}

fn place_page(ctx: &Ctx, draft: Draft, back: &str, errors: Errors) -> Where {
    let reference = ctx.app().reference();
    Where {
        form: frame(ctx, &draft, Step::Where, back, errors),
        districts: Choice::select(words::counties(&reference), &draft.district),
        streets: Choice::select(words::streets(&reference, &draft.district), &draft.street),
        place: draft.place,
        shell: shell::of(ctx),
    }
}

/// `GET /file/wish`
///
/// # Errors
/// Never.
pub async fn wish(ctx: Ctx) -> Reply {
    let draft = shown(&ctx, Step::Wish, fill_wish)?;
    page(&wish_page(&ctx, draft, ctx.query("back"), Errors::none()))
}

/// `POST /file/wish`
///
/// # Errors
/// When no rulebook is in force.
pub async fn wish_post(ctx: Ctx, form: Form) -> Reply {
    let mut draft = filled(&ctx, &form, Step::Wish, fill_wish)?;
    let mut wrong = Errors::none();
    for fault in faults(&ctx, &draft, &[Field::Wish, Field::Agent])? {
        if fault.field != Field::Agent {
            wrong = wrong.and(control(fault.field), &fault.to_string());
            continue;
        }
        // One field of the rules, two controls: the fault tells which of them it means.
        let concerns = |text: &str| match fault.fault {
            Wrong::TooLong(most) => text.trim().chars().count() > most,
            _ => text.trim().is_empty(),
        };
        let control = if concerns(&draft.agent_name) && !wrong.has("agent_name") { "agent_name" } else { "agent_relation" };
        let message = match (control, fault.fault) {
            ("agent_name", Wrong::Missing) => "请填写您（代办人）的姓名".to_owned(),
            (_, Wrong::Missing) => "请填写您与当事人的关系".to_owned(),
            _ => fault.to_string(),
        };
        wrong = wrong.and(control, &message);
    }
    if let Some(next) = go_on(&ctx, &form, &mut draft, Step::Wish, &mut wrong) {
        return see_other(next);
    }
    invalid(&wish_page(&ctx, draft, form.get("back"), wrong))
}

fn fill_wish(draft: &mut Draft, form: &Form) {
    draft.wish = form.get("wish").to_owned();
    draft.on_behalf = if form.get("on_behalf") == "yes" { "yes" } else { "no" }.to_owned();
    draft.agent_name = form.get("agent_name").to_owned();
    draft.agent_relation = form.get("agent_relation").to_owned();
}

fn wish_page(ctx: &Ctx, draft: Draft, back: &str, errors: Errors) -> Wish {
    Wish {
        form: frame(ctx, &draft, Step::Wish, back, errors),
        on_behalf: on_behalf_choices(if draft.on_behalf == "yes" { "yes" } else { "no" }),
        wish: draft.wish,
        agent_name: draft.agent_name,
        agent_relation: draft.agent_relation,
        shell: shell::of(ctx),
    }
}

/// `GET /file/privacy`
///
/// # Errors
/// Never.
pub async fn privacy(ctx: Ctx) -> Reply {
    let draft = shown(&ctx, Step::Privacy, fill_privacy)?;
    page(&privacy_page(&ctx, &draft, ctx.query("back"), Errors::none()))
}

/// `POST /file/privacy`: three separate questions, none is answered for the citizen.
///
/// # Errors
/// Never.
pub async fn privacy_post(ctx: Ctx, form: Form) -> Reply {
    let mut draft = filled(&ctx, &form, Step::Privacy, fill_privacy)?;
    let answered = |value: &str| matches!(value, "yes" | "no");
    let mut wrong = Errors::none();
    for (control, value, message) in [
        ("anonymous", &draft.anonymous, "请选择是否匿名"),
        ("confidential", &draft.confidential, "请选择是否保密"),
        ("publish", &draft.publish, "请选择是否同意公开"),
    ] {
        if !answered(value) {
            wrong = wrong.and(control, message);
        }
    }
    if let Some(next) = go_on(&ctx, &form, &mut draft, Step::Privacy, &mut wrong) {
        return see_other(next);
    }
    invalid(&privacy_page(&ctx, &draft, form.get("back"), wrong))
}

fn fill_privacy(draft: &mut Draft, form: &Form) {
    draft.anonymous = form.get("anonymous").to_owned();
    draft.confidential = form.get("confidential").to_owned();
    draft.publish = form.get("publish").to_owned();
    if draft.is_anonymous() {
        // What is not needed is not kept, not even in a draft.
        draft.name.clear();
        draft.phone.clear();
        draft.email.clear();
    }
}

fn privacy_page(ctx: &Ctx, draft: &Draft, back: &str, errors: Errors) -> PrivacyChoices {
    PrivacyChoices {
        form: frame(ctx, draft, Step::Privacy, back, errors),
        anonymous: anonymous_choices(&draft.anonymous),
        confidential: confidential_choices(&draft.confidential),
        publish: publish_choices(&draft.publish),
        shell: shell::of(ctx),
    }
}

/// `GET /file/contact`; an anonymous filing has no such step.
///
/// # Errors
/// Never.
pub async fn contact(ctx: Ctx) -> Reply {
    let draft = shown(&ctx, Step::Contact, fill_contact)?;
    if draft.is_anonymous() {
        return see_other(Step::Check.path());
    }
    page(&contact_page(&ctx, draft, ctx.query("back"), Errors::none()))
}

/// `POST /file/contact`
///
/// # Errors
/// When no rulebook is in force.
pub async fn contact_post(ctx: Ctx, form: Form) -> Reply {
    let mut draft = filled(&ctx, &form, Step::Contact, fill_contact)?;
    if draft.is_anonymous() {
        return see_other(Step::Check.path());
    }
    let mut wrong = errors(&faults(&ctx, &draft, &[Field::Name, Field::Phone, Field::Email])?);
    if let Some(next) = go_on(&ctx, &form, &mut draft, Step::Contact, &mut wrong) {
        return see_other(next);
    }
    invalid(&contact_page(&ctx, draft, form.get("back"), wrong))
}

fn fill_contact(draft: &mut Draft, form: &Form) {
    draft.name = form.get("name").to_owned();
    draft.phone = form.get("phone").to_owned();
    draft.email = form.get("email").to_owned();
}

fn contact_page(ctx: &Ctx, draft: Draft, back: &str, errors: Errors) -> Contact {
    Contact {
        form: frame(ctx, &draft, Step::Contact, back, errors),
        name: draft.name,
        phone: draft.phone,
        email: draft.email,
        // Notices go to what was left; a preference is not on record yet, so none is asked for.
        notice: Vec::new(),
        privacy_version: NOTICE.to_owned(),
        shell: shell::of(ctx),
    }
}
