//! Supervision orders: the list, a new one, one order for office and unit, its steps, and the order on paper.

use application::access::orders::{OrderAct, issues, lists, may};
use application::orders::{GroundGiven, OrderCommand, OrderGiven};
use application::supervision::{OpenedStream, StreamEntry};
use domain::codes::parse_public_number;
use domain::ids::{CardId, CaseId, OrderId, UnitCode};
use domain::inspection::InspectionState;
use domain::order::{Ground, OrderColour, OrderEvent, OrderStage, OrderState};
use domain::time::Instant;
use projections::{OrderFilter, OrderRow, OrderTab, Reference};
use templates::components::{Cell, Choice, Column, Errors, Link, Paging, Row, SummaryRow, Table, Tag, TimelineItem, Tone};
use templates::oversight::{ActForm, Control, Kind, OrderPrint, Paper, PaperNew, Papers};
use uuid::Uuid;

use super::acts::{self, ROWS, Typed, href, paper};
use super::parts::fields;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

const LIST: &str = "/oversight/orders";
const DESK: &str = "/desk/orders";
const NEW: &str = "/oversight/orders/new";

/// How an order is numbered.
pub(crate) fn number(row: Option<&OrderRow>) -> String {
    paper("效督", row.map(|row| (row.year, row.ordinal)))
}

fn id_of(row: &OrderRow) -> String {
    OrderId::from_stream(&row.name).map(|id| id.0.to_string()).unwrap_or_default()
}

pub(super) fn stage(order: &OrderState) -> Tag {
    match order.stage {
        OrderStage::Open if order.overdue => Tag::new("已逾期", Tone::Bad),
        OrderStage::Open => Tag::new(order.stage.label(), Tone::Info),
        OrderStage::Answered => Tag::new(order.stage.label(), Tone::Warn),
        OrderStage::Accepted => Tag::new(order.stage.label(), Tone::Good),
        OrderStage::Withdrawn => Tag::new(order.stage.label(), Tone::Neutral),
    }
}

/// Time left or over, as long as it runs.
fn left(order: &OrderState, now: Instant) -> String {
    match order.stage {
        OrderStage::Open if now >= order.due => format!("已逾期 {}", words::duration(now - order.due)),
        OrderStage::Open => format!("剩 {}", words::duration(order.due - now)),
        _ => String::new(),
    }
}

pub(crate) async fn list(ctx: Ctx) -> Reply {
    let session = ctx.staff()?;
    if !lists(&session.staff) {
        return Err(Fault::NotFound);
    }
    let (reference, views, now) = (ctx.app().reference(), ctx.app().projections.views(), ctx.app().now());
    let tab = match ctx.query("tab") {
        "" => Some(OrderTab::Open),
        "all" => None,
        code => Some(OrderTab::of_code(code).ok_or(Fault::NotFound)?),
    };
    let filter = OrderFilter { tab, unit: acts::unit_asked(&ctx, &reference)? };
    let mut found = views.orders(&filter, acts::before(&ctx)?, ROWS + 1)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let code = tab.map_or("all", OrderTab::code);
    let unit = filter.unit.as_ref().map(ToString::to_string).unwrap_or_default();
    let address = |code: &str, before: &str| href(LIST, &[("tab", code), ("unit", &unit), ("before", before)]);
    let mut tabs = Vec::new();
    for one in OrderTab::ALL {
        let count = if one == OrderTab::Ended { None } else { Some(views.count_orders(one)?) };
        tabs.push((one.code(), one.label(), count));
    }
    let tabs = acts::tabs(tabs, code, |code| address(code, ""));
    let row = |row: &OrderRow| {
        let order = &row.state;
        let tag = stage(order);
        let ground = match order.ground.case() {
            Some((_, number)) => Cell::link(&format!("/desk/case/{number}"), words::number(number)).note(order.ground.label()),
            None => Cell::text(order.ground.label()),
        };
        Row {
            cells: vec![
                Cell::link(&format!("{LIST}/{}", id_of(row)), number(Some(row))).note(order.colour.label()),
                Cell::text(words::unit(&reference, &order.unit)),
                ground,
                Cell::tag(&tag.text, tag.tone),
                Cell::time(words::due(order.due)).note(&left(order, now)),
            ],
            tone: if order.overdue && order.stage == OrderStage::Open { Tone::Bad } else { Tone::Neutral },
        }
    };
    let filtered = filter.unit.is_some();
    page(&Papers {
        shell: shell::of(&ctx),
        title: "督办单".to_owned(),
        lead: "效能办发给单位、限期反馈的督办单；逾期由系统按期限自动记录。".to_owned(),
        new: issues(&session.staff).then(|| Link::new(NEW, "发督办单")),
        export: None,
        tabs,
        tab: code.to_owned(),
        base: LIST.to_owned(),
        units: Choice::select(acts::units(&reference), &unit),
        filtered,
        table: Table {
            caption: "督办单".to_owned(),
            caption_hidden: true,
            columns: ["编号", "单位", "依据", "状态", "反馈期限"].map(Column::text).to_vec(),
            rows: found.iter().map(row).collect(),
            empty: if filtered {
                "没有符合筛选条件的督办单。可以清除筛选。"
            } else {
                "这个清单里现在没有督办单。"
            }
            .to_owned(),
            stacked: true,
        },
        paging: Paging {
            prev: None,
            next: found.last().filter(|_| more).map(|row| address(code, &row.key.to_string())),
            summary: if found.is_empty() { String::new() } else { format!("本页 {} 件", found.len()) },
        },
        as_of: acts::as_of(&ctx)?,
    })
}

/// What a new order is begun from: the hidden fields, the ground, its words and the unit it is about.
struct Begun {
    hidden: Vec<(String, String)>,
    ground: GroundGiven,
    facts: Vec<SummaryRow>,
    unit: Option<UnitCode>,
}

/// Reads `case`, `card`, `finding` with its `number`, or `of`; what this account may not see is not there.
async fn begun(ctx: &Ctx, get: impl Fn(&str) -> String) -> Result<Begun, Fault> {
    let hidden = |name: &str| vec![(name.to_owned(), get(name))];
    let fact = |number: &str| vec![SummaryRow::new("依据", &format!("诉求件 {}", words::number(number)))];
    if !get("card").is_empty() {
        let card = CardId(Uuid::try_parse(&get("card")).map_err(|_| Fault::NotFound)?);
        let opened = ctx.app().open_card(&ctx.actor()?, card).await?.card.state;
        let mut facts = fact(&opened.number);
        facts.push(SummaryRow::new("牌", opened.colour.label()));
        return Ok(Begun { hidden: hidden("card"), ground: GroundGiven::Card(card), facts, unit: Some(opened.unit) });
    }
    if !get("case").is_empty() {
        let number = parse_public_number(&get("case")).map_err(|_| Fault::NotFound)?;
        let row = ctx.app().projections.views().case_by_number(&number)?.ok_or(Fault::NotFound)?;
        let row = acts::visible_case(ctx, row.id)?.ok_or(Fault::NotFound)?;
        return Ok(Begun { hidden: hidden("case"), ground: GroundGiven::Case(row.id), facts: fact(&number), unit: row.unit });
    }
    if !get("finding").is_empty() {
        let id = Uuid::try_parse(&get("finding")).map_err(|_| Fault::NotFound)?;
        let opened = ctx.app().open_inspection(&ctx.actor()?, id).await?;
        let number = get("number").parse().map_err(|_| Fault::NotFound)?;
        let finding = opened.state.finding(number).filter(|one| one.is_confirmed()).ok_or(Fault::NotFound)?;
        let row = ctx.app().projections.views().stream::<InspectionState>(&opened.name)?;
        let check = row.map(|row| super::inspections::number(row.year, row.ordinal)).unwrap_or_default();
        return Ok(Begun {
            hidden: [hidden("finding"), hidden("number")].concat(),
            ground: GroundGiven::Finding(opened.name.clone()),
            facts: vec![SummaryRow::new("依据", &format!("明察暗访发现的问题：{check} 第 {number} 条"))],
            unit: finding.unit().cloned(),
        });
    }
    let unit = UnitCode::parse(&get("of")).ok();
    Ok(Begun { hidden: Vec::new(), ground: GroundGiven::Other, facts: Vec::new(), unit })
}

pub(crate) async fn new(ctx: Ctx) -> Reply {
    if !issues(&ctx.staff()?.staff) {
        return Err(Fault::Forbidden);
    }
    let begun = begun(&ctx, |name| ctx.query(name).to_owned()).await?;
    page(&new_page(&ctx, begun, &Typed::kept(&ctx)))
}

fn new_page(ctx: &Ctx, begun: Begun, typed: &Typed) -> PaperNew {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let unit = begun.unit.as_ref().map(|code| words::unit(&reference, code)).unwrap_or_default();
    let limit = words::rules(&reference, now).map(|rules| rules.order_limit().words()).unwrap_or_default();
    let colours = OrderColour::ALL.map(|one| Choice::new(one.code(), one.label())).to_vec();
    PaperNew {
        shell: shell::of(ctx),
        crumbs: vec![Link::new(LIST, "督办单")],
        facts: begun.facts,
        hidden: begun.hidden,
        act: typed.fill(ActForm {
            form: fields(ctx, "", NEW, None),
            title: "发督办单".to_owned(),
            hint: "签发后单位可以看到全文，并计入考核。不要写诉求人的姓名和联系方式。".to_owned(),
            fields: vec![
                Control::new(Kind::Text, "unit", "单位", &unit).hint("填写全称或单位编码"),
                Control::select("colour", "颜色", colours, ""),
                Control::new(Kind::Lines, "requirement", "督办要求", "").hint("要办什么、报告什么，最多 2000 字"),
                Control::new(Kind::Text, "days", "几个工作日内反馈（选填）", "").hint(&format!("不填按 {limit}计")),
            ],
            button: "签发".to_owned(),
            kind: "warm".to_owned(),
            files: false,
        }),
    }
}

pub(crate) async fn create(ctx: Ctx, form: Form) -> Reply {
    if !issues(&ctx.staff()?.staff) {
        return Err(Fault::Forbidden);
    }
    let begun = begun(&ctx, |name| form.get(name).to_owned()).await?;
    let reference = ctx.app().reference();
    let mut errors = Errors::none();
    let unit = acts::find_unit(&reference, form.get("unit")).map_err(|words| errors = errors.clone().and("unit", &words)).ok();
    let colour = OrderColour::of_code(form.get("colour"));
    if colour.is_none() {
        errors = errors.and("colour", "请选择颜色");
    }
    let days = acts::days(&form).unwrap_or_else(|fault| {
        errors = fault.iter().fold(errors.clone(), |all, one| all.and(&one.field, &one.message));
        None
    });
    let (Some(unit), Some(colour), false) = (unit, colour, errors.any()) else {
        return invalid(&new_page(&ctx, begun, &Typed::sent(&ctx, form, errors)));
    };
    let given = OrderGiven { unit, ground: begun.ground.clone(), colour, requirement: form.get("requirement").to_owned(), days };
    let meta = acts::meta(&ctx, &form, "order", "new")?;
    match ctx.app().issue_order(&meta, &given).await {
        Ok((order, done)) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, "督办单已签发，单位可以查看。");
            see_other(&format!("{LIST}/{}", order.0))
        }
        Err(error) => {
            let errors = acts::faults(&ctx, NEW, &form, error)?;
            invalid(&new_page(&ctx, begun, &Typed::sent(&ctx, form, errors)))
        }
    }
}

fn id(ctx: &Ctx) -> Result<OrderId, Fault> {
    Uuid::try_parse(ctx.part("id")).map(OrderId).map_err(|_| Fault::NotFound)
}

/// The office's page.
pub(crate) async fn get(ctx: Ctx) -> Reply {
    show(&ctx, LIST, &Typed::kept(&ctx)).await
}

/// The unit's page.
pub(crate) async fn unit_get(ctx: Ctx) -> Reply {
    show(&ctx, DESK, &Typed::kept(&ctx)).await
}

async fn show(ctx: &Ctx, base: &str, typed: &Typed) -> Reply {
    let order = id(ctx)?;
    let opened = ctx.app().open_order(&ctx.actor()?, order).await?;
    let shown = build(ctx, &opened, base, &format!("{base}/{}", order.0), typed)?;
    if typed.is_wrong() { invalid(&shown) } else { page(&shown) }
}

fn issued(opened: &OpenedStream<OrderState>) -> Option<&domain::order::OrderIssued> {
    opened.entries.iter().find_map(|entry| match &entry.event {
        OrderEvent::Issued(issued) => Some(issued),
        _ => None,
    })
}

fn build(ctx: &Ctx, opened: &OpenedStream<OrderState>, base: &str, here: &str, typed: &Typed) -> Result<Paper, Fault> {
    let (reference, now, order) = (ctx.app().reference(), ctx.app().now(), &opened.state);
    let row = ctx.app().projections.views().stream::<OrderState>(&opened.name)?;
    let mut links = ground_links(ctx, &order.ground, base == LIST)?;
    if base == LIST {
        links.push(Link::new(&format!("{here}/print"), "打印"));
    }
    let acts = forms(ctx, opened, base, here, typed)?;
    let mut facts = vec![
        SummaryRow::new("单位", &words::unit(&reference, &order.unit)),
        SummaryRow::new("颜色", order.colour.label()),
        SummaryRow::new("依据", &ground_words(&order.ground)),
        SummaryRow::new("签发", &words::moment(order.issued_at).text),
        SummaryRow::new("反馈期限", &format!("{}\n{}", words::due(order.due).text, left(order, now))),
    ];
    if order.urged > 0 {
        facts.push(SummaryRow::new("催办", &format!("{} 次", order.urged)));
    }
    Ok(Paper {
        shell: shell::of(ctx),
        crumbs: vec![if base == LIST { Link::new(LIST, "督办单") } else { Link::new("/desk", "工作台") }],
        title: format!("督办单 {}", number(row.as_ref())),
        tags: vec![stage(order)],
        notice: typed.notice(&acts),
        texts: issued(opened).map(|e| ("督办要求".to_owned(), words::lines(e.requirement.text()))).into_iter().collect(),
        facts,
        links,
        tables: Vec::new(),
        timeline: opened.entries.iter().rev().map(|entry| fact(&reference, entry)).collect(),
        acts,
        waiting: match order.stage {
            OrderStage::Open => "等待单位反馈。",
            OrderStage::Answered => "等待效能办审核。",
            OrderStage::Accepted => "这件督办单已经办结。",
            OrderStage::Withdrawn => "这件督办单已经撤回，不再计入考核。",
        }
        .to_owned(),
    })
}

fn ground_words(ground: &Ground) -> String {
    match ground.case() {
        Some((_, number)) => format!("{} {}", ground.label(), words::number(number)),
        None => ground.label().to_owned(),
    }
}

fn ground_links(ctx: &Ctx, ground: &Ground, office: bool) -> Result<Vec<Link>, Fault> {
    let mut links = Vec::new();
    if let Some((case, number)) = ground.case()
        && acts::visible_case(ctx, case)?.is_some()
    {
        links.push(Link::new(&format!("/desk/case/{number}"), &format!("诉求件 {}", words::number(number))));
    }
    if let Ground::Card { card, .. } = ground {
        let base = if office { "/oversight/cards" } else { "/desk/cards" };
        links.push(Link::new(&format!("{base}/{}", card.0), "牌"));
    }
    if let Ground::Finding { stream } = ground
        && let Some(id) = stream.strip_prefix("inspection-")
    {
        let base = if office { "/oversight/inspections" } else { "/desk/findings" };
        links.push(Link::new(&format!("{base}/{id}"), "明察暗访发现的问题"));
    }
    Ok(links)
}

fn fact(reference: &Reference, entry: &StreamEntry<OrderEvent>) -> TimelineItem {
    let (title, mut lines, tone) = match &entry.event {
        OrderEvent::Issued(_) => ("签发督办单", Vec::new(), Tone::Info),
        OrderEvent::Feedback(e) => ("单位反馈", words::lines(e.words.text()), Tone::Info),
        OrderEvent::Accepted(e) => ("审核同意，办结销号", words::lines(e.words.text()), Tone::Good),
        OrderEvent::Returned(e) => ("退回重新反馈", words::lines(e.reason.text()), Tone::Warn),
        OrderEvent::Overdue(_) => ("到期没有反馈，记为逾期", Vec::new(), Tone::Bad),
        OrderEvent::Urged(e) => ("催办", words::lines(e.words.text()), Tone::Warn),
        OrderEvent::Withdrawn(e) => ("撤回", words::lines(e.reason.text()), Tone::Neutral),
    };
    if let OrderEvent::Returned(e) = &entry.event {
        lines.push(format!("请在 {} 前重新反馈。", words::due(e.due).text));
    }
    let by = words::actor(reference, &entry.actor);
    TimelineItem { at: words::moment(entry.occurred_at), title: title.to_owned(), by, lines, tone }
}

/// The steps that this account can take now.
fn forms(ctx: &Ctx, opened: &OpenedStream<OrderState>, base: &str, here: &str, typed: &Typed) -> Result<Vec<ActForm>, Fault> {
    let (order, actor) = (&opened.state, ctx.actor()?);
    let can = |act: OrderAct| may(&actor, act, order);
    let area = |name: &str, label: &str| Control::new(Kind::Lines, name, label, "").hint("最多 2000 字");
    let form = |action: &str, title: &str, controls: Vec<Control>, kind: &str| {
        typed.fill(ActForm {
            form: fields(ctx, action, &format!("{here}/{action}"), Some(opened.revision)),
            title: title.to_owned(),
            fields: controls,
            button: title.to_owned(),
            kind: kind.to_owned(),
            ..ActForm::default()
        })
    };
    let mut all = Vec::new();
    if base == DESK {
        if order.stage == OrderStage::Open && can(OrderAct::Feedback) {
            all.push(form("feedback", "反馈办理情况", vec![area("words", "办理情况")], "warm"));
        }
        return Ok(all);
    }
    if can(OrderAct::Review) && order.stage == OrderStage::Answered {
        all.push(form("accept", "同意，办结销号", vec![area("words", "审核意见")], "warm"));
        let days = Control::new(Kind::Text, "days", "几个工作日内再反馈（选填）", "");
        all.push(form("return", "退回重新反馈", vec![area("reason", "退回理由"), days], "secondary"));
    }
    if can(OrderAct::Review) && order.stage == OrderStage::Open {
        all.push(form("urge", "催办", vec![area("words", "催办内容")], ""));
    }
    if can(OrderAct::Withdraw) && !order.stage.is_ended() {
        all.push(form("withdraw", "撤回督办单", vec![area("reason", "撤回理由")], "danger"));
    }
    Ok(all)
}

/// A step of the office.
pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    act(ctx, form, LIST).await
}

/// A step of the unit.
pub(crate) async fn unit_post(ctx: Ctx, form: Form) -> Reply {
    act(ctx, form, DESK).await
}

async fn act(ctx: Ctx, form: Form, base: &str) -> Reply {
    let (order, action) = (id(&ctx)?, ctx.part("action").to_owned());
    let (text, office) = (|name: &str| form.get(name).to_owned(), base == LIST);
    let (command, done) = match action.as_str() {
        "feedback" if !office => (OrderCommand::Feedback { words: text("words") }, "反馈已提交，等待审核。"),
        "accept" if office => (OrderCommand::Accept { words: text("words") }, "已办结销号。"),
        "urge" if office => (OrderCommand::Urge { words: text("words") }, "已催办。"),
        "withdraw" if office => (OrderCommand::Withdraw { reason: text("reason") }, "已撤回，不再计入考核。"),
        "return" if office => match acts::days(&form) {
            Ok(days) => (OrderCommand::SendBack { reason: text("reason"), days }, "已退回，单位在新的期限内再反馈。"),
            Err(errors) => return show(&ctx, base, &Typed::sent(&ctx, form, errors)).await,
        },
        _ => return Err(Fault::NotFound),
    };
    let meta = acts::meta(&ctx, &form, &order.stream(), &action)?;
    let path = format!("{base}/{}", order.0);
    match ctx.app().on_order(&meta, order, &command).await {
        Ok(outcome) => {
            ctx.seen(outcome.seq).await;
            ctx.flash(true, done);
            see_other(&path)
        }
        Err(error) => {
            let errors = acts::faults(&ctx, &path, &form, error)?;
            show(&ctx, base, &Typed::sent(&ctx, form, errors)).await
        }
    }
}

/// The order on paper.
pub(crate) async fn print(ctx: Ctx) -> Reply {
    let order = id(&ctx)?;
    let opened = ctx.app().open_order(&ctx.actor()?, order).await?;
    let (reference, state) = (ctx.app().reference(), &opened.state);
    let row = ctx.app().projections.views().stream::<OrderState>(&opened.name)?;
    let first = opened.entries.first();
    let limit = issued(&opened).map(|e| e.limit.words()).unwrap_or_default();
    let due = issued(&opened).map_or(state.due, |e| e.due);
    page(&OrderPrint {
        shell: shell::of(&ctx),
        crumbs: vec![Link::new(LIST, "督办单"), Link::new(&format!("{LIST}/{}", order.0), &number(row.as_ref()))],
        organiser: ctx.state().settings.organiser.clone(),
        number: number(row.as_ref()),
        colour: state.colour.label().to_owned(),
        unit: words::unit(&reference, &state.unit),
        requirement: issued(&opened).map(|e| words::lines(e.requirement.text())).unwrap_or_default(),
        due: words::due(due).text,
        facts: vec![
            SummaryRow::new("依据", &ground_words(&state.ground)),
            SummaryRow::new("反馈时限", &limit),
            SummaryRow::new("状态", &stage(state).text),
        ],
        issuer: first.map(|entry| words::actor(&reference, &entry.actor)).unwrap_or_default(),
        date: words::day_of(state.issued_at).text,
    })
}

/// The orders that rest on a case and that this account may see, as links of the case page.
pub(crate) fn of_case(ctx: &Ctx, case: CaseId) -> Result<Vec<Link>, Fault> {
    let actor = ctx.actor()?;
    let base = if lists(&ctx.staff()?.staff) { LIST } else { DESK };
    let rows = ctx.app().projections.views().orders_of(case)?;
    let seen = rows.iter().filter(|row| may(&actor, OrderAct::View, &row.state));
    let link = |row: &OrderRow| {
        let text = format!("督办单 {}（{}）", number(Some(row)), stage(&row.state).text);
        Link::new(&format!("{base}/{}", id_of(row)), &text)
    };
    Ok(seen.map(link).collect())
}
