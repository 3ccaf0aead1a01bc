//! Opinions of a closed public evaluation for those who run it, and the rectifications they call for.

use application::access::campaign::{CampaignAct, may};
use application::opinions::{DAYS, Opinion, readable, told};
use domain::campaign::{Campaign, CampaignId};
use domain::ids::UnitCode;
use domain::rectification::{RectificationState, Source};
use templates::components::{Cell, Column, Link, Notice, Paging, Row, Table, Tone};
use templates::oversight::{ActForm, Control, InspectionList, InspectionSheet, Kind, Section};

use super::acts::{Typed, faults};
use super::campaigns::{id, plan_words};
use super::parts::{as_of, bound, end_of_day, fields};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

fn base(id: CampaignId) -> String {
    format!("/oversight/campaigns/{}/opinions", id.0)
}

fn of_body(id: CampaignId, body: &UnitCode, batch: u32) -> String {
    format!("{}?body={body}&page={batch}", base(id))
}

/// The way from the campaign's page, for whoever may read the opinions.
pub(super) fn link(ctx: &Ctx, id: CampaignId, state: &Campaign) -> Result<Option<Link>, Fault> {
    let open = state.plan.opinions && may(&ctx.actor()?, CampaignAct::Opinions, Some(state));
    Ok(open.then(|| Link::new(&base(id), "文字意见与整改")))
}

/// `GET /oversight/campaigns/{id}/opinions?body=&page=`
pub(crate) async fn get(ctx: Ctx) -> Reply {
    let (id, reference) = (id(&ctx)?, ctx.app().reference());
    let state = ctx.app().campaign_of_opinions(&ctx.actor()?, id).await?.state;
    if !ctx.query("body").is_empty() {
        let body = state.plan.bodies.iter().position(|code| code.as_str() == ctx.query("body")).ok_or(Fault::NotFound)?;
        let batch = if ctx.query("page").is_empty() { 0 } else { ctx.query("page").parse().map_err(|_| Fault::NotFound)? };
        return page(&sheet(&ctx, id, &state, body, batch, &Typed::kept(&ctx)).await?);
    }
    let row = |(body, code): (usize, &UnitCode)| {
        let name = words::unit(&reference, code);
        match readable(&state, body) {
            Some((tally, _)) => Row::new(vec![Cell::link(&of_body(id, code, 0), name), Cell::text(words::count(tally.count))]),
            None => Row::new(vec![Cell::text(name), Cell::text("—")]),
        }
    };
    let table = Table {
        caption: "各单位的文字意见".to_owned(),
        caption_hidden: true,
        columns: vec![Column::text("单位"), Column::figures("文字意见（条）")],
        rows: state.plan.bodies.iter().enumerate().map(row).collect(),
        empty: String::new(),
        stacked: true,
    };
    page(&InspectionList {
        shell: shell::of(&ctx),
        title: "文字意见与整改".to_owned(),
        lead: format!("{}。没有意见的，或者评价过的不到 5 人、可能认出评议人的，不列条数。", plan_words(&state).title),
        links: vec![Link::new(&format!("/oversight/campaigns/{}", id.0), "返回评议"), Link::new("/oversight/rectifications", "整改清单")],
        tabs: Vec::new(),
        groups: vec![(String::new(), table)],
        empty: String::new(),
        paging: Paging::default(),
        as_of: as_of(&ctx)?,
    })
}

async fn sheet(ctx: &Ctx, id: CampaignId, state: &Campaign, body: usize, batch: u32, typed: &Typed) -> Result<InspectionSheet, Fault> {
    let opinions = ctx.app().opinions_on(&ctx.actor()?, id, body, batch).await?;
    let code = state.plan.bodies.get(body).ok_or(Fault::NotFound)?;
    let (tally, _) = readable(state, body).ok_or(Fault::NotFound)?;
    let mut sections = Vec::new();
    for opinion in &opinions {
        sections.push(section(ctx, id, opinion, typed)?);
    }
    let pages = [
        batch.checked_sub(1).map(|before| Link::new(&of_body(id, code, before), "上一页意见")),
        (batch + 1 < tally.batches).then(|| Link::new(&of_body(id, code, batch + 1), "下一页意见")),
    ];
    sections.push(Section {
        title: "其他".to_owned(),
        links: pages.into_iter().flatten().chain([Link::new(&base(id), "其他单位的意见")]).collect(),
        ..Section::default()
    });
    let said = ["意见是评议人的原话，只隐去人名、电话、证件号、车牌和邮箱。请勿打听、猜测是谁写的；整改要求不要照抄能认出评议人的情节。"];
    Ok(typed.on(InspectionSheet {
        shell: shell::of(ctx),
        crumbs: vec![
            Link::new("/oversight/campaigns", "公众评议"),
            Link::new(&format!("/oversight/campaigns/{}", id.0), &plan_words(state).title),
            Link::new(&base(id), "文字意见与整改"),
        ],
        title: format!("{}的文字意见", words::unit(&ctx.app().reference(), code)),
        number: format!("共 {} 条", words::count(tally.count)),
        state: None,
        notices: vec![Notice::new(Tone::Info, "保护评议人", &said)],
        facts: Vec::new(),
        sections,
        acts: Vec::new(),
        narrow: false,
    }))
}

/// An opinion with its rectification, or the form that begins one.
fn section(ctx: &Ctx, id: CampaignId, opinion: &Opinion, typed: &Typed) -> Result<Section, Fault> {
    let source = Source::Opinion { campaign: id.0.to_string(), number: opinion.number };
    let name = application::rectifications::rectification_stream(source.rectification());
    let mut section =
        Section { title: format!("第 {} 号意见", opinion.number), lines: words::lines(&opinion.words), ..Section::default() };
    if ctx.app().projections.views().stream::<RectificationState>(&name)?.is_some() {
        section.links.push(Link::new(&format!("/oversight/rectifications/{}", source.rectification()), "整改情况"));
        return Ok(section);
    }
    section.acts.push(typed.fill(ActForm {
        form: fields(ctx, &format!("opinion-{}", opinion.number), &base(id), None),
        title: "要求整改".to_owned(),
        hint: "单位在 10 个工作日内明确责任人和措施，到期前报告，由评议工作人员验收。".to_owned(),
        fields: vec![
            Control::new(Kind::Hidden, "number", "", &opinion.number.to_string()),
            Control::new(Kind::Lines, "what", "整改要求", "").hint("最多 1000 字。"),
            Control::new(Kind::Day, "due", "整改期限（选填）", "").hint(&format!("留空按 {DAYS} 天计。")),
        ],
        button: "要求整改".to_owned(),
        kind: String::new(),
        files: false,
    }));
    Ok(section)
}

/// `POST /oversight/campaigns/{id}/opinions`
pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let id = id(&ctx)?;
    let state = ctx.app().campaign_of_opinions(&ctx.actor()?, id).await?.state;
    let number = form.number("number").and_then(|number| u32::try_from(number).ok()).ok_or(Fault::NotFound)?;
    let meta = application::Meta { based_on: None, ..bound(&ctx, &form, &id.stream(), &format!("opinion/{number}"))? };
    let outcome = match end_of_day(form.get("due")) {
        Ok(until) => ctx.app().rectify_opinion(&meta, id, number, form.get("what"), until).await,
        Err(()) => Err(domain::refusal::Refusal::field("due", "请填写整改期限，例如 2026-07-31；留空按规则确定").into()),
    };
    match outcome {
        Ok((rectification, done)) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, "已要求整改，单位可以看到要求和期限。");
            see_other(&format!("/oversight/rectifications/{rectification}"))
        }
        Err(error) if told(&error) => {
            ctx.flash(true, "这条意见已经要求整改。");
            let source = Source::Opinion { campaign: id.0.to_string(), number };
            let there = format!("/oversight/rectifications/{}", source.rectification());
            ctx.keep(&there, form.fields());
            see_other(&there)
        }
        Err(error) => {
            let errors = faults(&ctx, &base(id), &form, error)?;
            let (body, batch) = place(&state, number).ok_or(Fault::NotFound)?;
            invalid(&sheet(&ctx, id, &state, body, batch, &Typed::sent(&ctx, form, errors)).await?)
        }
    }
}

/// Body and page of an opinion.
fn place(state: &Campaign, number: u32) -> Option<(usize, u32)> {
    (0..state.plan.bodies.len()).find_map(|body| {
        let (tally, first) = readable(state, body)?;
        let at = number.checked_sub(first).filter(|at| u64::from(*at) < tally.count)?;
        Some((body, at / domain::campaign::ballot::OPINIONS as u32))
    })
}
