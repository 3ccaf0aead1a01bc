//! `/oversight/campaigns`: public evaluation for those who run it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use application::access::campaign::{CampaignAct, may};
use application::campaigns::Progress;
use application::supervision::OpenedStream;
use domain::campaign::event::{CampaignPlanned, GroupPlan, PlanWords};
use domain::campaign::{Campaign, CampaignId, Group, Stage};
use domain::codes::format_ballot_code;
use domain::ids::UnitCode;
use domain::private::Private;
use domain::refusal::Refusal;
use exchange::export::Value;
use exchange::export::csv::{CsvOptions, CsvWriter};
use projections::{Reference, StreamRow};
use templates::components::{Cell, Choice, Column, Errors, Link, Paging, Row, SummaryRow, Table, Tag, Tone};
use templates::desk::Form as Fields;
use templates::oversight::{CampaignNew, CampaignPage, Campaigns, GroupFields, Invite, Step};
use uuid::Uuid;

use super::results;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, html, invalid, page, see_other};
use crate::form::Form;
use crate::{csrf, shell, words};

/// Campaigns on a page.
const ROWS: usize = 30;

/// The id in the address.
pub(super) fn id(ctx: &Ctx) -> Result<CampaignId, Fault> {
    Uuid::try_parse(ctx.part("id")).map(CampaignId).map_err(|_| Fault::NotFound)
}

/// The words of a plan that was opened.
pub(super) fn plan_words(state: &Campaign) -> PlanWords {
    state.plan.words.known().cloned().unwrap_or_default()
}

pub(super) fn stage_tag(stage: Stage) -> Tag {
    let tone = match stage {
        Stage::Planned => Tone::Neutral,
        Stage::Locked | Stage::Open => Tone::Info,
        Stage::Closed => Tone::Warn,
        Stage::Published => Tone::Good,
    };
    Tag::new(stage.label(), tone)
}

pub(super) fn period(plan: &CampaignPlanned) -> String {
    format!("{}至{}", words::date(plan.from), words::date(plan.until))
}

/// What everybody may know of a plan.
pub(super) fn facts(state: &Campaign) -> Vec<SummaryRow> {
    let said = plan_words(state);
    let mut rows = vec![
        SummaryRow::new("评议期", &period(&state.plan)),
        SummaryRow::new("抽样范围和方法", &said.frame),
        SummaryRow::new("有效样本下限", &format!("{} 票；某个主体对某个单位的有效票少于这个数，不计入该单位得分", state.plan.least)),
        SummaryRow::new("文字意见", if state.plan.opinions { "征求" } else { "不征求" }),
    ];
    if let Some(at) = state.locked_at {
        rows.push(SummaryRow::new("方案锁定", &words::moment(at).text));
    }
    rows.extend(header(&said));
    rows
}

/// The header of the form as far as it is filled in (H12).
pub(super) fn header(said: &PlanWords) -> Vec<SummaryRow> {
    [("表号", &said.number), ("制定机关", &said.maker), ("批准文号", &said.approval), ("有效期", &said.valid)]
        .into_iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(name, text)| SummaryRow::new(name, text))
        .collect()
}

pub(super) fn bodies(reference: &Reference, state: &Campaign) -> Vec<String> {
    state.plan.bodies.iter().map(|code| words::unit(reference, code)).collect()
}

/// Groups with weights and sizes; how many came back for those who may know.
pub(super) fn groups_table(state: &Campaign, progress: Option<&[Progress]>) -> Table {
    let mut columns = vec![Column::text("评议主体"), Column::figures("权重（%）"), Column::figures("计划人数")];
    if progress.is_some() {
        columns.extend(["已发评议码", "已回收", "回收率（%）"].map(Column::figures));
    }
    let row = |of: &GroupPlan| {
        let mut cells = vec![Cell::text(of.group.label()), Cell::text(of.weight), Cell::text(words::count(of.size))];
        if let Some(found) = progress.and_then(|all| all.iter().find(|one| one.group == of.group)) {
            cells.push(Cell::text(words::count(found.invited)));
            match found.used {
                Some(used) => {
                    cells.push(Cell::text(words::count(used)));
                    cells.push(Cell::text(words::percent(used, found.invited)));
                }
                None => cells.extend([Cell::text("在另一台服务器上"), Cell::text("—")]),
            }
        }
        Row::new(cells)
    };
    Table {
        caption: "评议主体".to_owned(),
        caption_hidden: true,
        columns,
        rows: state.plan.groups.iter().map(row).collect(),
        empty: "方案里没有评议主体。".to_owned(),
        stacked: true,
    }
}

/// `GET /oversight/campaigns`
pub(crate) async fn list(ctx: Ctx) -> Reply {
    let actor = ctx.actor()?;
    let before = ctx.query("before").parse().ok();
    let rows: Vec<StreamRow<Campaign>> = ctx.app().projections.views().streams(before, ROWS)?;
    let older = if rows.len() == ROWS { rows.last().map(|row| format!("/oversight/campaigns?before={}", row.key)) } else { None };
    let mut table = Table {
        caption: "公众评议".to_owned(),
        caption_hidden: true,
        columns: vec![
            Column::text("评议"),
            Column::text("阶段"),
            Column::text("评议期"),
            Column::figures("评议对象（个）"),
            Column::figures("计划人数（人）"),
        ],
        rows: Vec::new(),
        empty: "还没有公众评议。方案由评议工作人员拟订，锁定以后在这里列出。".to_owned(),
        stacked: true,
    };
    for row in rows.iter().filter(|row| may(&actor, CampaignAct::View, Some(&row.state))) {
        let Some(id) = CampaignId::from_stream(&row.name) else { continue };
        let title = plan_words(&ctx.app().read_campaign(&actor, id).await?.state).title;
        let size = row.state.plan.groups.iter().map(|of| of.size).sum();
        table.rows.push(Row::new(vec![
            Cell::link(&format!("/oversight/campaigns/{}", id.0), title).note(&format!("{} 年第 {} 号", row.year, row.ordinal)),
            Cell { tag: Some(stage_tag(row.state.stage)), ..Cell::default() },
            Cell::text(period(&row.state.plan)),
            Cell::text(row.state.plan.bodies.len()),
            Cell::text(words::count(size)),
        ]));
    }
    page(&Campaigns {
        shell: shell::of(&ctx),
        table,
        older: Paging { prev: None, next: older, summary: String::new() },
        may_plan: may(&actor, CampaignAct::Lead, None),
    })
}

fn new_page(ctx: &Ctx, form: &Form, errors: Errors) -> CampaignNew {
    let text = |name: &str| form.get(name).to_owned();
    let fresh = form.fields().is_empty();
    let group = |group: Group| GroupFields {
        code: group.code().to_owned(),
        label: group.label().to_owned(),
        weight: text(&format!("weight-{}", group.code())),
        size: text(&format!("size-{}", group.code())),
    };
    let action = "/oversight/campaigns/new";
    CampaignNew {
        shell: shell::of(ctx),
        crumbs: vec![Link::new("/oversight/campaigns", "公众评议")],
        form: Fields::new("", action, &csrf::token(ctx), &form_id(ctx, form)).with(errors),
        title: text("title"),
        frame: text("frame"),
        bodies: text("bodies"),
        groups: Group::ALL.into_iter().map(group).collect(),
        least: if fresh { "30".to_owned() } else { text("least") },
        from: text("from"),
        until: text("until"),
        opinions: fresh || form.is("opinions"),
        number: text("number"),
        maker: text("maker"),
        approval: text("approval"),
        valid: text("valid"),
    }
}

/// The id of the form that was sent, so that mending it is no second campaign.
fn form_id(ctx: &Ctx, form: &Form) -> String {
    form.uuid("form_id").unwrap_or_else(|| ctx.app().ids.uuid()).to_string()
}

/// `GET /oversight/campaigns/new`
pub(crate) async fn new(ctx: Ctx) -> Reply {
    let form = ctx.kept().map(|kept| Form::of(kept.fields)).unwrap_or_default();
    page(&new_page(&ctx, &form, Errors::none()))
}

/// `POST /oversight/campaigns/new`
pub(crate) async fn create(ctx: Ctx, form: Form) -> Reply {
    let reference = ctx.app().reference();
    let mut errors = Errors::none();
    let units = unit_lines(&reference, form.get("bodies")).unwrap_or_else(|reason| {
        errors = std::mem::take(&mut errors).and("bodies", &reason);
        Vec::new()
    });
    let groups = group_fields(&form).unwrap_or_else(|reason| {
        errors = std::mem::take(&mut errors).and("groups", &reason);
        Vec::new()
    });
    let (from, until) = (form.get("from").parse(), form.get("until").parse());
    if from.is_err() {
        errors = errors.and("from", "请填写开始日期");
    }
    if until.is_err() {
        errors = errors.and("until", "请填写截止日期");
    }
    let (Ok(from), Ok(until), false) = (from, until, errors.any()) else {
        return invalid(&new_page(&ctx, &form, errors));
    };
    let text = |name: &str| form.get(name).trim().to_owned();
    let said = PlanWords {
        title: text("title"),
        frame: text("frame"),
        number: text("number"),
        maker: text("maker"),
        approval: text("approval"),
        valid: text("valid"),
    };
    let plan = CampaignPlanned {
        words: Private::new(said),
        bodies: units,
        groups,
        least: form.number("least").unwrap_or(0),
        from,
        until,
        opinions: form.is("opinions"),
    };
    match ctx.app().plan_campaign(&ctx.meta(&form)?, plan).await {
        Ok((id, done)) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, "方案已保存，请核对后锁定。锁定以前社会看不到。");
            see_other(&format!("/oversight/campaigns/{}", id.0))
        }
        Err(error) => match fields_of(&error) {
            Some(errors) => invalid(&new_page(&ctx, &form, errors)),
            None => Err(error.into()),
        },
    }
}

fn unit_lines(reference: &Reference, text: &str) -> Result<Vec<UnitCode>, String> {
    let find = |line: &str| {
        let by_code = UnitCode::parse(line).ok().filter(|code| reference.unit(code).is_some());
        let by_name = || reference.units().find(|unit| unit.name() == line).map(|unit| unit.code.clone());
        by_code.or_else(by_name).ok_or_else(|| format!("没有找到单位“{line}”，请核对名称或代码"))
    };
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(find).collect()
}

fn group_fields(form: &Form) -> Result<Vec<GroupPlan>, String> {
    let mut groups = Vec::new();
    for group in Group::ALL {
        let (weight, size) = (format!("weight-{}", group.code()), format!("size-{}", group.code()));
        let (weight, size) = (form.get(&weight).trim(), form.get(&size).trim());
        if weight.is_empty() && size.is_empty() {
            continue;
        }
        let (Ok(weight), Ok(size)) = (weight.parse::<u8>(), size.parse()) else {
            return Err(format!("“{}”的权重和人数都要填写，用阿拉伯数字", group.label()));
        };
        groups.push(GroupPlan { group, weight: u32::from(weight), size });
    }
    Ok(groups)
}

/// What can be mended on the page.
fn fields_of(error: &application::Error) -> Option<Errors> {
    match error {
        application::Error::Refused(Refusal::Fields(fields)) => {
            Some(fields.iter().fold(Errors::none(), |errors, field| errors.and(field.name, &field.words)))
        }
        _ => None,
    }
}

/// `GET /oversight/campaigns/{id}`
pub(crate) async fn get(ctx: Ctx) -> Reply {
    page(&campaign_page(&ctx, id(&ctx)?, "", &Form::default(), Errors::none()).await?)
}

async fn campaign_page(ctx: &Ctx, id: CampaignId, action: &str, form: &Form, errors: Errors) -> Result<CampaignPage, Fault> {
    let (actor, reference) = (ctx.actor()?, ctx.app().reference());
    let opened = ctx.app().read_campaign(&actor, id).await?;
    let state = &opened.state;
    let progress = match may(&actor, CampaignAct::Progress, Some(state)) {
        true => Some(ctx.app().campaign_progress(&actor, id, state).await?),
        false => None,
    };
    let results = (state.has_results() && may(&actor, CampaignAct::Results, Some(state))).then(|| results::of(&reference, state));
    let leads = may(&actor, CampaignAct::Lead, Some(state));
    let errors_of = |name: &str| if action == name { errors.clone() } else { Errors::none() };
    let mut links = Vec::new();
    if state.stage >= Stage::Locked {
        links.push(Link::new(&format!("/evaluation/{}", id.0), "公示页面"));
    }
    links.extend(super::opinions::link(ctx, id, state)?);
    if may(&actor, CampaignAct::Export, Some(state)) {
        for (format, text) in [
            ("csv", "全部选票（CSV）"),
            ("xlsx", "全部选票（XLSX）"),
            ("json", "全部选票（JSON）"),
            ("codebook", "代码本（CSV）"),
            ("results", "计分结果（CSV）"),
        ] {
            links.push(Link::new(&format!("/oversight/campaigns/{}/ballots/{format}", id.0), text));
        }
    }
    let hidden = if results.is_some() { "" } else { "截止以前，任何人都看不到结果。" };
    Ok(CampaignPage {
        shell: shell::of(ctx),
        crumbs: vec![Link::new("/oversight/campaigns", "公众评议")],
        title: plan_words(state).title,
        state: stage_tag(state.stage),
        facts: facts(state),
        groups: groups_table(state, progress.as_deref()),
        bodies: bodies(&reference, state),
        step: if leads { step(ctx, id, &opened, errors_of) } else { None },
        invite: if leads { invite_form(ctx, id, &opened, form, errors_of("invite")) } else { None },
        hidden: hidden.to_owned(),
        results,
        links,
    })
}

fn step(ctx: &Ctx, id: CampaignId, opened: &OpenedStream<Campaign>, errors: impl Fn(&str) -> Errors) -> Option<Step> {
    let over = domain::time::legal_day(ctx.app().now()) > opened.state.plan.until;
    let (action, title, said, button, kind) = match opened.state.stage {
        Stage::Planned => ("lock", "锁定方案", "锁定后方案向社会公示，评议对象、评议主体、权重和人数不能再改。", "锁定并公示", ""),
        Stage::Locked if over => {
            ("close", "结束评议", "评议期已过，没有开始评议。结束后已发的评议码作废，可以另行组织评议。不能撤回。", "结束评议", "danger")
        }
        Stage::Locked => ("open", "开始评议", "开始后在评议期内接受投票。开始前至少要生成一批评议码。", "开始评议", ""),
        Stage::Open => {
            ("close", "截止评议", "截止后不再收票。系统核对评议码和选票数目，打乱顺序写入日志并计票。不能撤回。", "截止并计票", "danger")
        }
        Stage::Closed => ("publish", "公布结果", "公布后任何人都能看到各单位得分和区间。文字意见只反馈给被评议单位。", "公布结果", ""),
        Stage::Published => return None,
    };
    let path = format!("/oversight/campaigns/{}/{action}", id.0);
    let form = Fields::new(action, &path, &csrf::token(ctx), &ctx.app().ids.uuid().to_string()).at(opened.revision).with(errors(action));
    Some(Step { form, title: title.to_owned(), words: said.to_owned(), button: button.to_owned(), kind: kind.to_owned() })
}

fn invite_form(ctx: &Ctx, id: CampaignId, opened: &OpenedStream<Campaign>, form: &Form, errors: Errors) -> Option<Invite> {
    let state = &opened.state;
    let lacking = |of: &&GroupPlan| state.invited(of.group) < of.size;
    let choice = |of: &GroupPlan| {
        let left = of.size - state.invited(of.group);
        Choice::new(of.group.code(), &format!("{}（还可生成 {} 个）", of.group.label(), words::count(left)))
    };
    let groups: Vec<Choice> = state.plan.groups.iter().filter(lacking).map(choice).collect();
    if !matches!(state.stage, Stage::Locked | Stage::Open) || groups.is_empty() {
        return None;
    }
    let path = format!("/oversight/campaigns/{}/invite", id.0);
    let fields = Fields::new("invite", &path, &csrf::token(ctx), &ctx.app().ids.uuid().to_string()).at(opened.revision).with(errors);
    Some(Invite { form: fields, groups: Choice::select(groups, form.get("group")), count: form.get("count").to_owned() })
}

/// `POST /oversight/campaigns/{id}/{action}`
pub(crate) async fn act(ctx: Ctx, form: Form) -> Reply {
    let (id, meta) = (id(&ctx)?, ctx.meta(&form)?);
    // Who may not see it learns no more than that there is nothing.
    ctx.app().read_campaign(&meta.actor, id).await?;
    let action = ctx.part("action").to_owned();
    let (outcome, said) = match action.as_str() {
        "lock" => (ctx.app().lock_campaign(&meta, id).await, "方案已锁定并公示，请生成评议码。"),
        "open" => (ctx.app().open_campaign(&meta, id).await, "评议已开始。"),
        "close" => (ctx.app().close_campaign(&meta, id).await, "评议已截止，选票已打乱写入日志并计票。"),
        "publish" => (ctx.app().publish_campaign(&meta, id).await, "结果已公布。"),
        "invite" => return invite(&ctx, id, &meta, &form).await,
        _ => return Err(Fault::NotFound),
    };
    match outcome {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, said);
            see_other(&format!("/oversight/campaigns/{}", id.0))
        }
        Err(error) => refused(&ctx, id, &action, &form, error).await,
    }
}

async fn refused(ctx: &Ctx, id: CampaignId, action: &str, form: &Form, error: application::Error) -> Reply {
    match fields_of(&error) {
        Some(errors) => invalid(&campaign_page(ctx, id, action, form, errors).await?),
        None => Err(error.into()),
    }
}

/// Makes codes and gives them out in this answer alone.
async fn invite(ctx: &Ctx, id: CampaignId, meta: &application::Meta, form: &Form) -> Reply {
    let Some(group) = Group::of_code(form.get("group")) else {
        return invalid(&campaign_page(ctx, id, "invite", form, Errors::one("group", "请选择评议主体")).await?);
    };
    let Some(count) = form.number("count") else {
        return invalid(&campaign_page(ctx, id, "invite", form, Errors::one("count", "请填写个数，用阿拉伯数字")).await?);
    };
    match ctx.app().invite(meta, id, group, count).await {
        Ok((codes, done)) => {
            ctx.seen(done.seq).await;
            ctx.app().audit.act(ctx.app().now(), &ctx.staff()?.staff, &id.stream(), "ballot_codes");
            let mut writer = CsvWriter::new(Vec::new(), CsvOptions::default(), &["评议主体", "评议码"]).map_err(broken)?;
            for code in codes {
                writer.row(&[Value::from(group.label()), Value::from(format_ballot_code(&code))]).map_err(broken)?;
            }
            Ok(attachment("text/csv; charset=utf-8", &format!("codes-{}-{count}.csv", group.code()), writer.into_inner().map_err(broken)?))
        }
        Err(error) => refused(ctx, id, "invite", form, error).await,
    }
}

pub(super) fn broken(error: impl std::fmt::Display) -> Fault {
    Fault::Internal(error.to_string())
}

/// A file to keep. `name` is plain ASCII.
pub(super) fn attachment(kind: &str, name: &str, bytes: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::OK).content_type(kind).body(bytes);
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// `GET /oversight/campaigns/{id}/ballots/{format}`: the rows are the ballots, one each.
pub(crate) async fn export(ctx: Ctx) -> Reply {
    let (id, actor) = (id(&ctx)?, ctx.actor()?);
    let rows = ctx.app().ballot_rows(&actor, id).await?;
    let state = ctx.app().read_campaign(&actor, id).await?.state;
    ctx.app().audit.act(ctx.app().now(), &ctx.staff()?.staff, &id.stream(), "export");
    results::export(&ctx, &state, &rows, ctx.part("format"))
}

/// The answer to a form that came too late, for pages of this module.
pub(super) fn conflict(page: &impl askama::Template) -> Reply {
    Ok(html(HttpResponse::build(StatusCode::CONFLICT), page))
}
