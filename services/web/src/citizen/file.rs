//! Filing step by step. What is typed lives in sealed cookies of the browser until it is sent; the server keeps nothing
//! before. The last step is the hottest path of the whole: it reads cookies, decides, appends and redirects.

mod draft;
mod steps;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::Error;
use domain::case::Rejection;
use domain::codes::normalise_phone;
use domain::deadline::{DeadlineInput, promise};
use domain::ids::CaseId;
use domain::rulebook::Conditions;
use templates::citizen::{Check, FormFrame, Start};
use templates::components::{Errors, SummaryRow};

pub use steps::{contact, contact_post, place, place_post, privacy, privacy_post, what, what_post, wish, wish_post};

use super::{intake, receipt};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, html, page, see_other};
use crate::form::Form;
use crate::{csrf, shell, words};
use draft::{CHANNEL, Draft, Step};

/// `GET /file/start`: what does not belong here, and where it does.
///
/// # Errors
/// Never.
pub async fn start(ctx: Ctx) -> Reply {
    page(&Start {
        csrf: csrf::token(&ctx),
        hidden: Vec::new(),
        doors: Start::national_doors(),
        draft: Draft::read(&ctx).is_some_and(|draft| draft.has_content()),
        shell: shell::of(&ctx),
    })
}

/// `POST /file/start`: begins a draft, or goes on with the one that lies in this browser; `do=discard` clears it.
///
/// # Errors
/// Never.
pub async fn begin(ctx: Ctx, form: Form) -> Reply {
    if form.get("do") == "discard" {
        Draft::clear(&ctx);
        ctx.flash(true, "草稿已清除。");
        return see_other("/file/start");
    }
    let draft = match Draft::read(&ctx) {
        Some(draft) => {
            if draft.has_content() {
                ctx.flash(true, "已找到上次没有提交的草稿，可以接着填写或修改。");
            }
            draft
        }
        None => Draft::new(ctx.app().ids.uuid()),
    };
    draft.write(&ctx);
    see_other(Step::What.path())
}

/// `GET /file/check`: all answers before they are sent.
///
/// # Errors
/// [`Error::NoRulebook`].
pub async fn check(ctx: Ctx) -> Reply {
    let draft = Draft::read(&ctx).ok_or_else(|| no_draft(&ctx))?;
    match draft.missing() {
        Some(step) => see_other(step.path()),
        None => page(&check_page(&ctx, &draft, Errors::none())?),
    }
}

/// `POST /file/check`: files the demand. The same form again leads to the same receipt.
///
/// # Errors
/// [`Fault::TooMany`]; application errors that are no matter of the form.
pub async fn submit(ctx: Ctx, form: Form) -> Reply {
    let shown = form.uuid("form_id");
    if let (Some(shown), Some(held)) = (shown, receipt::held(&ctx))
        && CaseId::of_form(shown) == held
    {
        return see_other("/file/receipt");
    }
    let Some(draft) = Draft::read(&ctx) else {
        return if receipt::held(&ctx).is_some() { see_other("/file/receipt") } else { Err(no_draft(&ctx)) };
    };
    if shown.is_some_and(|shown| shown != draft.form) {
        ctx.flash(false, "草稿在另一个页面里换成了新的内容，还没有提交。请核对下面的内容，再点“确认提交”。");
        return see_other(Step::Check.path());
    }
    if let Some(step) = draft.missing() {
        return see_other(step.path());
    }
    let state = ctx.state();
    if let Some(seconds) = state.filings.knock(&ctx.client(), state.settings.filings_per_minute, ctx.app().now()) {
        return Err(Fault::TooMany(seconds));
    }
    let file = draft.file(intake::number(&ctx, draft.form));
    match intake::file(&ctx, draft.form, file).await {
        Ok(case) => {
            Draft::clear(&ctx);
            receipt::give(&ctx, case);
            see_other("/file/receipt")
        }
        Err(Error::Case(Rejection::Fields(faults))) => {
            // The rules changed since the step was filled in. The controls stand on other pages: no links to them.
            let errors = faults.iter().fold(Errors::none(), |errors, fault| errors.and("", &fault.to_string()));
            again(&ctx, &draft, StatusCode::UNPROCESSABLE_ENTITY, errors)
        }
        Err(error) if error.is_passing() => {
            let errors = Errors::one(
                "",
                &format!(
                    "{error}。您填写的内容都在，请再点一次“确认提交”，不会重复登记。着急的可拨打 {}。",
                    ctx.state().settings.service_phone
                ),
            );
            again(&ctx, &draft, StatusCode::SERVICE_UNAVAILABLE, errors)
        }
        Err(error) => Err(error.into()),
    }
}

fn again(ctx: &Ctx, draft: &Draft, status: StatusCode, errors: Errors) -> Reply {
    Ok(html(HttpResponse::build(status), &check_page(ctx, draft, errors)?))
}

fn no_draft(ctx: &Ctx) -> Fault {
    ctx.flash(false, "没有找到填写中的草稿：可能已经提交，或者超过 24 小时已清除。请从这里重新开始。");
    Fault::Elsewhere("/file/start")
}

fn check_page(ctx: &Ctx, draft: &Draft, errors: Errors) -> Result<Check, Fault> {
    let app = ctx.app();
    let (reference, now) = (app.reference(), app.now());
    let rules = words::rules(&reference, now).ok_or(Error::NoRulebook)?;
    let urgency = rules.urgencies.first().map_or("", |urgency| urgency.code.as_str());
    let conditions = Conditions { class: &draft.class, channel: CHANNEL, urgency, level: None };
    let promised = rules.limits(conditions).map(|rule| promise(reference.calendar(), &DeadlineInput::new(now, rule.promise)));
    let row = |key: &str, value: &str, step: Step| SummaryRow::new(key, value).change(&format!("{}?back=check", step.path()));
    let yes = |value: &str, yes: &str, no: &str| if value == "yes" { yes.to_owned() } else { no.to_owned() };
    let place = [words::place(&reference, draft.division()), draft.place.clone()].join("\n");
    let behalf = match draft.on_behalf.as_str() {
        "yes" => format!("是，代办人 {}（{}）", draft.agent_name, draft.agent_relation),
        _ => "不是".to_owned(),
    };
    let mut groups = vec![
        (
            "诉求".to_owned(),
            vec![
                row("类别", &words::class(&reference, &draft.class), Step::What),
                row("发生了什么", &draft.words, Step::What),
                row("在哪里", place.trim(), Step::Where),
                row("希望怎么解决", &draft.wish, Step::Wish),
                row("替别人反映", &behalf, Step::Wish),
            ],
        ),
        (
            "匿名、保密与公开".to_owned(),
            vec![
                row("匿名", &yes(&draft.anonymous, "匿名", "不匿名"), Step::Privacy),
                row("对承办单位保密", &yes(&draft.confidential, "需要保密", "不需要"), Step::Privacy),
                row("公开内容", &yes(&draft.publish, "同意，去除个人信息后公开", "不同意"), Step::Privacy),
            ],
        ),
    ];
    if !draft.is_anonymous() {
        groups.push((
            "联系方式".to_owned(),
            vec![
                row("姓名", &draft.name, Step::Contact),
                row("电话", &normalise_phone(&draft.phone).unwrap_or_else(|| draft.phone.clone()), Step::Contact),
                row("电子邮箱", &draft.email, Step::Contact),
            ],
        ));
    }
    let form = FormFrame {
        action: Step::Check.path().to_owned(),
        csrf: csrf::token(ctx),
        hidden: vec![("form_id".to_owned(), draft.form.to_string())],
        back: draft.before(Step::Check).to_owned(),
        errors,
        step: Step::Check.number(),
        total: Step::TOTAL,
        step_name: Step::Check.name().to_owned(),
    };
    let promise = promised.map_or_else(
        || "提交后会给您工单编号和查询码。".to_owned(),
        |promised| format!("现在提交，答复期限是 {promised}。回执会写明具体日期和逐日计算方法。"),
    );
    Ok(Check { shell: shell::of(ctx), form, groups, promise })
}
