//! Rights of persons: restricting and erasing what a person told us, always in two steps.

use application::{Error, Meta};
use domain::codes;
use domain::ids::CaseId;
use domain::person::person_of_case;
use projections::CaseRow;
use templates::admin::{PersonCase, Persons};
use templates::components::{Choice, Errors, Tag, Tone};
use uuid::Uuid;

use super::{fields, kept, settle};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

const HERE: &str = "/admin/persons";
/// Cases in one request.
const MOST: usize = 50;

pub(crate) async fn get(ctx: Ctx) -> Reply {
    page(&persons_page(&ctx, &kept(&ctx), Errors::none(), &[]))
}

fn act_words(act: &str) -> &'static str {
    match act {
        "restrict" => "限制处理",
        "erase" => "删除",
        _ => "",
    }
}

/// The form; with rows the second step.
fn persons_page(ctx: &Ctx, form: &Form, errors: Errors, rows: &[CaseRow]) -> Persons {
    let acts = vec![
        Choice::new("restrict", "限制处理").hint("除保存外不再查看和使用，可用于争议期间和保存期未满"),
        Choice::new("erase", "删除").hint("销毁个人信息和原文，不能恢复；全部诉求办结后才能删除"),
    ];
    let row = |row: &CaseRow| PersonCase {
        number: words::number(&row.number),
        filed: words::day_of(row.filed_at).text,
        stage: match (row.erased, row.restricted) {
            (true, _) => Tag::new("已删除", Tone::Neutral),
            (_, true) => Tag::new("已限制处理", Tone::Neutral),
            _ => words::stage(row.stage, false),
        },
    };
    Persons {
        shell: shell::of(ctx),
        form: fields(ctx, "", HERE).with(errors),
        numbers: form.get("numbers").to_owned(),
        act: form.get("act").to_owned(),
        act_words: act_words(form.get("act")).to_owned(),
        acts: Choice::select(acts, form.get("act")),
        reason: form.get("reason").to_owned(),
        confirm: !rows.is_empty(),
        rows: rows.iter().map(row).collect(),
    }
}

/// The cases of the numbers, one a line.
fn cases(ctx: &Ctx, numbers: &str) -> Result<Vec<CaseRow>, Errors> {
    let mut errors = Errors::none();
    let mut rows: Vec<CaseRow> = Vec::new();
    for (at, line) in numbers.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let found = codes::parse_public_number(line.trim())
            .ok()
            .and_then(|number| ctx.app().projections.views().case_by_number(&number).ok().flatten());
        match found {
            Some(row) if !rows.iter().any(|other| other.id == row.id) => rows.push(row),
            Some(_) => {}
            None => errors = errors.and("numbers", &format!("第 {} 行不是本平台的工单编号，请核对", at + 1)),
        }
    }
    if rows.is_empty() && !errors.any() {
        errors = Errors::one("numbers", "请填写至少一个工单编号，每行一个");
    }
    if rows.len() > MOST {
        errors = errors.and("numbers", &format!("一次最多 {MOST} 件，请分几次办理"));
    }
    if errors.any() { Err(errors) } else { Ok(rows) }
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    if form.get("do") == "back" {
        return page(&persons_page(&ctx, &form, Errors::none(), &[]));
    }
    let (rows, mut errors) = match cases(&ctx, form.get("numbers")) {
        Ok(rows) => (rows, Errors::none()),
        Err(errors) => (Vec::new(), errors),
    };
    if act_words(form.get("act")).is_empty() {
        errors = errors.and("act", "请选择办理什么");
    }
    if !(5..=200).contains(&form.get("reason").trim().chars().count()) {
        errors = errors.and("reason", "请写明理由（5 到 200 个字）");
    }
    if errors.any() {
        return invalid(&persons_page(&ctx, &form, errors, &[]));
    }
    if form.get("do") != "confirm" {
        return page(&persons_page(&ctx, &form, Errors::none(), &rows));
    }
    match carry_out(&ctx, &form, &rows).await {
        Ok(()) => {
            ctx.flash(true, &format!("已办理：{}，共 {} 件诉求", act_words(form.get("act")), rows.len()));
            see_other(HERE)
        }
        Err(Fault::App(Error::Person(reason))) => invalid(&persons_page(&ctx, &form, Errors::one("act", &reason.to_string()), &[])),
        Err(fault) => Err(fault),
    }
}

/// The group of the cases is named after the first of them in the order of their ids, so that the same cases are the same person.
async fn carry_out(ctx: &Ctx, form: &Form, rows: &[CaseRow]) -> Result<(), Fault> {
    let app = ctx.app();
    let mut ids: Vec<CaseId> = rows.iter().map(|row| row.id).collect();
    ids.sort_by_key(|id| id.0);
    let Some(first) = ids.first() else { return Err(Fault::NotFound) };
    let person = person_of_case(*first);
    let meta = ctx.meta(form)?;
    // The two commands of one form have ids of their own.
    let act = Meta { command: Uuid::new_v5(&meta.command, form.get("act").as_bytes()), ..meta.clone() };
    app.confirm_person(&meta, person, ids).await?;
    match form.get("act") {
        "erase" => app.erase_person(&act, person, form.get("reason")).await?,
        _ => app.restrict_person(&act, person, form.get("reason")).await?,
    };
    settle(ctx).await
}
