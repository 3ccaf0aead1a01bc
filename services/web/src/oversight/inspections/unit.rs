//! The unit's side: the findings against it and its reply.

use application::inspections::stream;
use domain::inspection::{Finding, InspectionState};
use templates::components::{Choice, Link};
use templates::oversight::{ActForm, Control, InspectionSheet, Kind, Section};

use super::super::acts::{Typed, faults};
use super::super::parts::{bound, fields, id, links, send_photo};
use super::sheet::{finding_facts, standing};
use super::{number, photos};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

pub(crate) async fn get(ctx: Ctx) -> Reply {
    page(&sheet(&ctx, &Typed::kept(&ctx)).await?)
}

async fn sheet(ctx: &Ctx, typed: &Typed) -> Result<InspectionSheet, Fault> {
    let id = id(ctx)?;
    let opened = ctx.app().open_findings(&ctx.actor()?, id).await?;
    let row = ctx.app().projections.views().stream::<InspectionState>(&opened.name)?;
    let reference = ctx.app().reference();
    let path = format!("/desk/findings/{id}");
    let now = ctx.app().now();
    let waits = |one: &Finding| {
        one.outcome.is_none() && one.reply.is_none() && !one.unanswered && one.reply_by.as_ref().is_some_and(|by| now < by.due)
    };
    let act = |one: &Finding| {
        let choices =
            vec![Choice::new("yes", "认可").hint("情况属实，按要求整改"), Choice::new("no", "有异议").hint("请在下面写明事实和依据")];
        typed.fill(ActForm {
            form: fields(ctx, &format!("reply-{}", one.number), &path, Some(opened.revision)),
            title: "回复".to_owned(),
            hint: "只能回复一次，请由负责人核对后提交。".to_owned(),
            fields: vec![
                Control::new(Kind::Radio, "agrees", "对这条问题", "").of(choices),
                Control::new(Kind::Lines, "words", "回复内容", "").hint("最多 1000 字。"),
                Control::new(Kind::Hidden, "number", "", &one.number.to_string()),
            ],
            button: "提交回复".to_owned(),
            ..ActForm::default()
        })
    };
    let section = |one: &Finding| Section {
        title: format!("第 {} 条：{}", one.number, one.head.known().map(|head| head.label.clone()).unwrap_or_default()),
        tag: Some(standing(one)),
        facts: finding_facts(&reference, one, false),
        photos: one.head.known().map(|head| links(&path, &head.photos)).unwrap_or_default(),
        acts: if waits(one) { vec![act(one)] } else { Vec::new() },
        ..Section::default()
    };
    Ok(typed.on(InspectionSheet {
        shell: shell::of(ctx),
        crumbs: vec![Link::new("/desk", "工作台")],
        title: "明察暗访发现的问题".to_owned(),
        number: row.map(|row| number(row.year, row.ordinal)).unwrap_or_default(),
        state: None,
        notices: Vec::new(),
        facts: Vec::new(),
        sections: opened.state.findings.iter().map(section).collect(),
        acts: Vec::new(),
        narrow: false,
    }))
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let id = id(&ctx)?;
    let number = form.number("number").and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let agrees = match form.get("agrees") {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let outcome = match agrees {
        None => Err(domain::refusal::Refusal::field("agrees", "请选择认可还是有异议").into()),
        Some(agrees) => {
            let meta = bound(&ctx, &form, &stream(id), &format!("reply/{number}"))?;
            ctx.app().reply_to_finding(&meta, id, number, agrees, form.get("words")).await
        }
    };
    match outcome {
        Ok(outcome) => {
            ctx.seen(outcome.seq).await;
            ctx.flash(true, &format!("已于{}回复，等待认定。", words::moment(ctx.app().now()).text));
            see_other(&format!("/desk/findings/{id}"))
        }
        Err(error) => {
            let errors = faults(&ctx, &format!("/desk/findings/{id}"), &form, error)?;
            invalid(&sheet(&ctx, &Typed::sent(&ctx, form, errors)).await?)
        }
    }
}

pub(crate) async fn photo(ctx: Ctx) -> Reply {
    let id = id(&ctx)?;
    let state = ctx.app().open_findings(&ctx.actor()?, id).await?.state;
    send_photo(&ctx, &stream(id), photos(&state).into_iter())
}
