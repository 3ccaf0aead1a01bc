//! The unit's side of the assessment: its own sheets, its objections.

use application::Error;
use domain::assessment::BodyState;
use domain::ids::UnitCode;
use domain::refusal::Refusal;
use templates::components::{Cell, Column, Errors, Row, Table, Tag, Tone};
use templates::oversight::Assessments;

use super::assessment_sheet::{Typed, sheet_page};
use super::assessments::{badge, refused, year_of};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::shell;

fn own_unit(ctx: &Ctx) -> Result<UnitCode, Fault> {
    ctx.staff()?.staff.unit.clone().ok_or(Fault::NotFound)
}

pub(crate) async fn list(ctx: Ctx) -> Reply {
    let sheets = ctx.app().own_assessments(&ctx.actor()?, &own_unit(&ctx)?)?;
    let now = ctx.app().now();
    let row = |(year, body): &(i32, BodyState)| {
        let open = !body.closed && body.drafted.as_ref().is_some_and(|drafted| now < drafted.objections_until);
        let (stage, grade) = match (&body.finalised_at, &body.sheet) {
            (Some(_), Some(sheet)) => (Tag::new("已定稿", Tone::Good), sheet.grade.label()),
            _ if open => (Tag::new("可以提出异议", Tone::Warn), "—"),
            _ => (Tag::new("异议期已过", Tone::Info), "—"),
        };
        Row::new(vec![Cell::link(&format!("/desk/assessment/{year}"), format!("{year} 年度")), badge(stage), Cell::text(grade)])
    };
    page(&Assessments {
        shell: shell::of(&ctx),
        title: "本单位考评".to_owned(),
        lead: "初评生成以后可以看到本单位的得分明细，在期限内可以提出异议。列出最近 50 年。".to_owned(),
        table: Table {
            caption: "本单位考评".to_owned(),
            caption_hidden: true,
            columns: ["年度", "进展", "等次"].map(Column::text).to_vec(),
            rows: sheets.iter().map(row).collect(),
            empty: "还没有本单位的得分明细。初评生成以后会出现在这里。".to_owned(),
            stacked: true,
        },
        open_href: None,
    })
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let form = ctx.kept().map(|kept| Form::of(kept.fields)).unwrap_or_default();
    page(&sheet_page(&ctx, &own_unit(&ctx)?, true, &Typed { form: &form, action: "object", errors: Errors::none() }).await?)
}

pub(crate) async fn object(ctx: Ctx, form: Form) -> Reply {
    let (year, unit) = (year_of(&ctx)?, own_unit(&ctx)?);
    match ctx.app().object_to_assessment(&ctx.meta(&form)?, year, &unit, form.get("item"), form.get("words")).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, "异议已提交，请等候裁定");
            see_other(&format!("/desk/assessment/{year}"))
        }
        Err(error @ Error::Refused(Refusal::Fields(_))) => {
            let errors = refused(error)?;
            invalid(&sheet_page(&ctx, &unit, true, &Typed { form: &form, action: "object", errors }).await?)
        }
        Err(error) => Err(error.into()),
    }
}
