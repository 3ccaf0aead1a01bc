//! `/complaint…`: complaints about the conduct and diligence of units and officials (效能投诉), with what follows from
//! staying unnamed said before anything is typed.

pub(crate) mod track;

use application::{Actor, Error, Meta};
use domain::ids::InvestigationId;
use domain::investigation::{LimitKind, Source, System};
use domain::refusal::Refusal;
use templates::citizen::{ComplaintAbout, ComplaintNew, ComplaintReceipt, who_choices};
use templates::components::{Choice, Errors};
use templates::desk;
use uuid::Uuid;

use crate::cookies::names;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::oversight::investigations::{enter, unit_names};
use crate::{csrf, shell, words};

const PATH: &str = "/complaint/new";
const PURPOSE: &str = "complaint-receipt";

/// `GET /complaint`
///
/// # Errors
/// Never.
pub async fn about(ctx: Ctx) -> Reply {
    let rules = words::rules(&ctx.app().reference(), ctx.app().now());
    let limits = rules.and_then(|rules| rules.investigation.as_ref().map(|one| (one.accept.words(), one.close.words())));
    page(&ComplaintAbout { shell: shell::of(&ctx), limits })
}

/// `GET /complaint/new`
///
/// # Errors
/// Never.
pub async fn new(ctx: Ctx) -> Reply {
    let typed = ctx.kept().map(|kept| Form::of(kept.fields)).unwrap_or_default();
    page(&form_page(&ctx, &typed, Errors::none()))
}

fn form_page(ctx: &Ctx, typed: &Form, errors: Errors) -> ComplaintNew {
    let text = |name: &str| typed.get(name).to_owned();
    let id = typed.uuid("form_id").unwrap_or_else(|| ctx.app().ids.uuid()).to_string();
    let systems = System::ALL.iter().map(|one| Choice::new(one.code(), one.plainly())).collect();
    ComplaintNew {
        shell: shell::of(ctx),
        form: desk::Form::new("", PATH, &csrf::token(ctx), &id).with(errors),
        units: unit_names(&ctx.app().reference()),
        unit: text("unit"),
        systems: Choice::select(systems, typed.get("system")),
        words: text("words"),
        when: text("when"),
        evidence: text("evidence"),
        official: text("official"),
        who: who_choices(typed.get("who")),
        name: text("name"),
        phone: text("phone"),
    }
}

/// `POST /complaint/new`: the same form again is the same complaint.
///
/// # Errors
/// [`Fault::TooMany`]; log errors.
pub async fn submit(ctx: Ctx, form: Form) -> Reply {
    let mut errors = Errors::none();
    let named = form.get("who") == "named";
    if !named && form.get("who") != "anonymous" {
        errors = errors.and("who", "请选择实名还是匿名");
    }
    let Some(new) = enter::complaint(&ctx, &form, Some(Source::Web), named, &mut errors)? else {
        return invalid(&form_page(&ctx, &form, errors));
    };
    let state = ctx.state();
    if let Some(seconds) = state.filings.knock(&ctx.client(), state.settings.filings_per_minute, ctx.app().now()) {
        return Err(Fault::TooMany(seconds));
    }
    // Bound to the browser: nobody opens another one's receipt by the id of its form.
    let id = form.uuid("form_id").unwrap_or_else(|| ctx.app().ids.uuid());
    let id = Uuid::new_v5(&ctx.visitor(), id.as_bytes());
    match ctx.app().file_complaint(&Meta::new(Actor::Citizen, id), id, new).await {
        Ok(filed) => {
            ctx.seen(filed.seq).await;
            ctx.set_sealed(names::COMPLAINT_RECEIPT, PURPOSE, filed.id.0.as_bytes(), None);
            see_other("/complaint/receipt")
        }
        Err(Error::Refused(Refusal::Fields(fields))) => {
            let errors = fields.iter().fold(Errors::none(), |errors, field| errors.and(field.name, &field.words));
            invalid(&form_page(&ctx, &form, errors))
        }
        Err(Error::Refused(refusal @ Refusal::NoRule(_))) => invalid(&form_page(&ctx, &form, Errors::one("", &refusal.to_string()))),
        Err(error) => {
            if error.is_passing() {
                ctx.keep(PATH, form.fields());
            }
            Err(error.into())
        }
    }
}

/// `GET /complaint/receipt`: read from the log itself.
///
/// # Errors
/// Log errors.
pub async fn receipt(ctx: Ctx) -> Reply {
    let held = ctx.sealed(names::COMPLAINT_RECEIPT, PURPOSE).and_then(|bytes| Uuid::from_slice(&bytes).ok()).map(InvestigationId);
    let Some(id) = held else {
        ctx.flash(false, "这个浏览器里没有投诉回执。请用投诉编号和查询码查进度；如果还没有提交，请从“我要投诉”开始。");
        return see_other("/complaint/track");
    };
    let opened = ctx.app().open_complaint(id).await?;
    let state = &opened.state;
    let accept = state.clocks.iter().find(|clock| clock.kind == LimitKind::Accept);
    page(&ComplaintReceipt {
        shell: shell::of(&ctx),
        number: words::number(&state.number),
        code: words::code_groups(&ctx.app().complaint_code(id)),
        received: words::moment_with_weekday(state.filed_at),
        due: accept.map(|clock| words::due(clock.frozen.due)).unwrap_or_default(),
        anonymous: state.anonymous,
    })
}
