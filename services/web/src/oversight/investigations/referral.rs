//! 线索移送: the hotline refers a case to the efficiency office. Stands on the case page for those who may, and leaves no
//! trace in the case, which its unit reads.

use application::access::investigation::may_refer;
use application::{Error, Meta};
use domain::codes::parse_public_number;
use domain::investigation::System;
use domain::refusal::Refusal;
use projections::CaseRow;
use templates::components::{Choice, Errors};
use templates::desk::{self, ReferAct};
use uuid::Uuid;

use super::super::acts::faults;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, see_other};
use crate::form::Form;
use crate::words;
use crate::{csrf, desk as pages};

/// What stands on the case page; none for everybody else.
pub(crate) async fn panel(ctx: &Ctx, row: &CaseRow, typed: &Form, errors: Errors) -> Result<Option<ReferAct>, Fault> {
    let staff = &ctx.staff()?.staff;
    let reference = ctx.app().reference();
    let Some(unit) = row.unit.as_ref().filter(|unit| may_refer(staff, unit, reference.as_ref())) else { return Ok(None) };
    if let Some((state, answer)) = ctx.app().referral(staff, row.id, unit).await? {
        let status = format!("已于 {} 移送效能办，现在：{}。", words::moment(state.filed_at).text, state.stage.label());
        return Ok(Some(ReferAct {
            form: None,
            status,
            answer: answer.map(|text| words::lines(&text)).unwrap_or_default(),
            ..ReferAct::default()
        }));
    }
    let path = format!("/desk/case/{}/refer", row.number);
    let form = desk::Form::new("refer", &path, &csrf::token(ctx), &ctx.app().ids.uuid().to_string()).with(errors);
    let chosen = Some(typed.get("refer_system")).filter(|code| !code.is_empty()).unwrap_or(System::TimeLimit.code());
    Ok(Some(ReferAct {
        form: Some(form),
        systems: Choice::select(System::ALL.iter().map(|one| Choice::new(one.code(), one.label())).collect(), chosen),
        words: typed.get("refer_words").to_owned(),
        ..ReferAct::default()
    }))
}

/// `POST /desk/case/{number}/refer`
pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let number = parse_public_number(ctx.part("number")).map_err(|_| Fault::NotFound)?;
    let row = ctx.app().projections.views().case_by_number(&number)?.ok_or(Fault::NotFound)?;
    let Some(system) = System::of_code(form.get("refer_system")) else {
        let errors = Errors::one("refer_system", "请选择违反的制度");
        return invalid(&pages::case::with_referral(&ctx, &row, &form, errors).await?);
    };
    let meta = ctx.meta(&form)?;
    let meta = Meta { command: Uuid::new_v5(&meta.command, row.id.0.as_bytes()), based_on: None, ..meta };
    let public = ctx.app().complaint_number()?;
    match ctx.app().refer_case(&meta, row.id, &public, system, form.get("refer_words")).await {
        Ok(filed) => {
            ctx.seen(filed.seq).await;
            ctx.flash(true, "已移送效能办，承办单位看不到。");
            see_other(&format!("/desk/case/{}", row.number))
        }
        Err(Error::Refused(Refusal::Exists)) => {
            ctx.flash(false, "这件工单已经移送过效能办，不用重复移送。");
            see_other(&format!("/desk/case/{}", row.number))
        }
        Err(error) => {
            let errors = faults(&ctx, &format!("/desk/case/{}", row.number), &form, error)?;
            // The form has no field for the unit, which is that of the case.
            let errors = if errors.has("unit") { Errors::one("", errors.on("unit").unwrap_or_default()) } else { errors };
            invalid(&pages::case::with_referral(&ctx, &row, &form, errors).await?)
        }
    }
}
