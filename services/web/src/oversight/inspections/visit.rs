//! The page for the telephone: what is looked at in a unit, what was found, photos, the second signature.

use application::access::inspection::{Act, may};
use application::draws::year_start;
use application::inspections::{NewFinding, stream};
use application::supervision::OpenedStream;
use domain::ids::UnitCode;
use domain::inspection::{InspectionState, Mode};
use domain::mark::MarkKind;
use templates::components::{Choice, Errors, Link, Notice, SummaryRow, Tone};
use templates::oversight::{ActForm, Control, InspectionSheet, Kind, Section};
use uuid::Uuid;

use super::super::acts::{Typed, faults};
use super::super::parts::{PHOTOS, bound, fields, for_form, id, links, local, photos};
use super::sheet::{finding_facts, standing};
use super::tag;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

/// The unit in the address, when this account inspects it in a check that goes on.
async fn here(ctx: &Ctx) -> Result<(Uuid, UnitCode, OpenedStream<InspectionState>), Fault> {
    let id = id(ctx)?;
    let opened = ctx.app().open_inspection(&ctx.actor()?, id).await?;
    let unit = UnitCode::parse(ctx.part("unit")).map_err(|_| Fault::NotFound)?;
    let own = ctx.staff()?.staff.account;
    let inspects = opened.state.assignments().iter().any(|one| one.unit == unit && one.inspectors.contains(&own));
    if !inspects || !may(&ctx.actor()?, Act::Work, Some(&opened.state)) {
        return Err(Fault::NotFound);
    }
    Ok((id, unit, opened))
}

fn path(id: Uuid, unit: &UnitCode) -> String {
    format!("/oversight/inspections/{id}/visit/{unit}")
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    page(&sheet(&ctx, &Typed::kept(&ctx)).await?)
}

async fn sheet(ctx: &Ctx, typed: &Typed) -> Result<InspectionSheet, Fault> {
    let (id, unit, opened) = here(ctx).await?;
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let state = &opened.state;
    let base = format!("/oversight/inspections/{id}");
    let path = path(id, &unit);
    let rules = words::rules(&reference, now).ok_or(Fault::App(application::Error::NoRulebook))?;
    let items: Vec<Choice> = state
        .plan
        .known()
        .map(|plan| plan.items.clone())
        .unwrap_or_default()
        .iter()
        .map(|code| Choice::new(code, rules.finding(code).map_or(code.as_str(), |rule| rule.label.as_str())))
        .collect();
    let mut notices = Vec::new();
    if state.is_secret() {
        notices.push(Notice::new(Tone::Warn, "", &["这是暗访：不发通知、不打招呼、不听汇报、不用陪同接待。"]));
    }
    let soon = now + chrono::TimeDelta::seconds(1);
    let marks = ctx.app().projections.views().marks(&unit, year_start(now), soon, u64::MAX)?;
    let visits = marks.iter().filter(|mark| mark.kind == MarkKind::Visit && mark.revoked.is_none()).count();
    if visits >= usize::from(rules.inspection.visits_per_year) {
        let words = format!(
            "今年已到访这个单位 {visits} 次，达到每年 {} 次的上限。没有必要的，请不要再去，减轻基层负担。",
            rules.inspection.visits_per_year
        );
        notices.push(Notice::new(Tone::Warn, "到访次数偏多", &[&words]));
    }
    let mut controls = vec![
        Control::new(Kind::Radio, "code", "哪一类问题", "").of(items.clone()),
        Control::new(Kind::Moment, "at", "时间", &for_form(now)),
        Control::new(Kind::Text, "place", "地点", "").hint("例如：一楼大厅 3 号窗口。"),
        Control::new(Kind::Lines, "words", "发现的情况", "").hint("只写看到的事实，最多 1000 字。"),
    ];
    for (index, name) in PHOTOS.iter().enumerate() {
        let hint = if index == 0 { "JPG 或 PNG，每张不超过 5 MB。" } else { "" };
        controls.push(Control::new(Kind::Photo, name, &format!("照片 {}（选填）", index + 1), "").hint(hint));
    }
    let finding = typed.fill(ActForm {
        form: fields(ctx, "finding", &path, Some(opened.revision)),
        title: "记录问题".to_owned(),
        hint: "提交就是您的签名；另一名检查人员签名后才算数。".to_owned(),
        fields: controls,
        button: "签名并提交".to_owned(),
        files: true,
        ..ActForm::default()
    });
    let fine = typed.fill(ActForm {
        form: fields(ctx, "fine", &format!("{path}/fine"), Some(opened.revision)),
        title: "没有发现问题".to_owned(),
        hint: "勾选看过并且没有发现的情形，记一次到访。".to_owned(),
        fields: vec![Control::new(Kind::Boxes, "fine", "看过，没有发现", "").of(items)],
        button: "记录到访".to_owned(),
        ..ActForm::default()
    });
    let going = state.stage == domain::inspection::Stage::Approved;
    let own = ctx.staff()?.staff.account;
    let mut sections = Vec::new();
    for one in state.findings.iter().filter(|one| one.unit() == Some(&unit)) {
        let mut acts = Vec::new();
        if one.outcome.is_none() && one.second.is_none() && one.by != own {
            acts.push(ActForm {
                form: fields(ctx, &format!("sign-{}", one.number), &format!("{base}/sign"), Some(opened.revision)),
                title: "第二人签名".to_owned(),
                hint: "签名即表示当时在场、情况属实。".to_owned(),
                fields: vec![
                    Control::new(Kind::Hidden, "number", "", &one.number.to_string()),
                    Control::new(Kind::Hidden, "unit", "", unit.as_str()),
                ],
                button: "签名".to_owned(),
                ..ActForm::default()
            });
        }
        sections.push(Section {
            title: format!("第 {} 条：{}", one.number, one.head.known().map(|head| head.label.clone()).unwrap_or_default()),
            tag: Some(standing(one)),
            facts: finding_facts(&reference, one, true),
            photos: one.head.known().map(|head| links(&base, &head.photos)).unwrap_or_default(),
            acts,
            ..Section::default()
        });
    }
    let mode = match state.mode {
        Mode::Open => "明察",
        Mode::Covert => "暗访",
    };
    Ok(typed.on(InspectionSheet {
        shell: shell::of(ctx),
        crumbs: vec![Link::new("/oversight/inspections", "明察暗访"), Link::new(&base, state.theme.text())],
        title: words::unit(&reference, &unit),
        number: String::new(),
        state: Some(tag(state)),
        notices,
        facts: vec![
            SummaryRow::new("方式", mode),
            SummaryRow::new("今年到访", &format!("{visits} 次")),
            SummaryRow::new("本次检查到访", &format!("{} 次", state.visits_of(&unit))),
        ],
        sections,
        acts: if going { vec![finding, fine] } else { Vec::new() },
        narrow: true,
    }))
}

pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let (id, unit, _) = here(&ctx).await?;
    let Some(at) = local(form.get("at")) else {
        let errors = Errors::one("at", "请填写时间，例如 2026-05-06T10:05");
        return invalid(&sheet(&ctx, &Typed::sent(&ctx, form, errors)).await?);
    };
    let kept = match photos(&ctx, &form, &stream(id))? {
        Ok(kept) => kept,
        Err(errors) => return invalid(&sheet(&ctx, &Typed::sent(&ctx, form, errors)).await?),
    };
    let text = |name: &str| form.get(name).to_owned();
    let new = NewFinding { unit: unit.clone(), code: text("code"), at, place: text("place"), words: text("words"), photos: kept };
    let meta = bound(&ctx, &form, &stream(id), &format!("finding/{unit}"))?;
    match ctx.app().record_finding(&meta, id, &new).await {
        Ok(outcome) => {
            ctx.seen(outcome.seq).await;
            ctx.flash(true, "已记录并签名，请另一名检查人员签名。");
            see_other(&path(id, &unit))
        }
        Err(error) => {
            let errors = faults(&ctx, &path(id, &unit), &form, error)?;
            invalid(&sheet(&ctx, &Typed::sent(&ctx, form, errors)).await?)
        }
    }
}

pub(crate) async fn fine(ctx: Ctx, form: Form) -> Reply {
    let (id, unit, _) = here(&ctx).await?;
    let fine: Vec<String> = form.all("fine").map(str::to_owned).collect();
    if fine.is_empty() {
        let errors = Errors::one("fine", "请勾选至少一项看过的内容");
        return invalid(&sheet(&ctx, &Typed::sent(&ctx, form, errors)).await?);
    }
    let meta = bound(&ctx, &form, &stream(id), &format!("fine/{unit}"))?;
    match ctx.app().visit_unit(&meta, id, &unit, &fine).await {
        Ok(outcome) => {
            ctx.seen(outcome.seq).await;
            ctx.flash(true, "已记录到访。");
            see_other(&path(id, &unit))
        }
        Err(error) => {
            let errors = faults(&ctx, &path(id, &unit), &form, error)?;
            invalid(&sheet(&ctx, &Typed::sent(&ctx, form, errors)).await?)
        }
    }
}
