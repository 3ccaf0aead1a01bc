//! Cards: the list of the office, one card for office and unit, and the steps of a card.

use application::access::cards::{CardAct, lists, may};
use application::cards::{CardCommand, OpenedCard};
use application::supervision::StreamEntry;
use domain::account::Role;
use domain::card::{CardEvent, CardStage, CardState, Colour};
use domain::case::CaseEvent;
use domain::ids::{CardId, CaseId};
use projections::{CardFilter, CardRow, CardTab, Reference};
use templates::components::{Cell, Choice, Column, Link, Paging, Row, SummaryRow, Table, Tag, TimelineItem, Tone};
use templates::oversight::{ActForm, Card, Cards, Control, Kind};
use uuid::Uuid;

use super::acts::{self, ROWS, Typed, href, paper};
use super::parts::fields;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

const LIST: &str = "/oversight/cards";

/// How a card is numbered.
pub(crate) fn number(row: Option<&CardRow>) -> String {
    paper("效牌", row.map(|row| (row.year, row.ordinal)))
}

fn tone(colour: Colour) -> Tone {
    match colour {
        Colour::Yellow => Tone::Warn,
        Colour::Red => Tone::Bad,
    }
}

pub(super) fn stage(stage: CardStage) -> Tag {
    let tone = match stage {
        CardStage::Triggered | CardStage::Objected => Tone::Warn,
        CardStage::Issued | CardStage::Upheld => Tone::Bad,
        CardStage::Revoked | CardStage::Dismissed | CardStage::Withdrawn => Tone::Neutral,
    };
    Tag::new(stage.label(), tone)
}

pub(crate) async fn list(ctx: Ctx) -> Reply {
    if !lists(&ctx.staff()?.staff) {
        return Err(Fault::NotFound);
    }
    let (reference, views) = (ctx.app().reference(), ctx.app().projections.views());
    let tab = match ctx.query("tab") {
        "" => Some(CardTab::Waiting),
        "all" => None,
        code => Some(CardTab::of_code(code).ok_or(Fault::NotFound)?),
    };
    let colour = match ctx.query("colour") {
        "" => None,
        code => Some(Colour::of_code(code).ok_or(Fault::NotFound)?),
    };
    let filter = CardFilter { tab, unit: acts::unit_asked(&ctx, &reference)?, colour };
    let mut found = views.cards(&filter, acts::before(&ctx)?, ROWS + 1)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let code = tab.map_or("all", CardTab::code);
    let unit = filter.unit.as_ref().map(ToString::to_string).unwrap_or_default();
    let colour_code = colour.map_or("", Colour::code);
    let address = |code: &str, before: &str| href(LIST, &[("tab", code), ("unit", &unit), ("colour", colour_code), ("before", before)]);
    let next = found.last().filter(|_| more).map(|row| address(code, &row.key.to_string()));
    let tabs = [
        (CardTab::Waiting.code(), "待签发", Some(views.count_cards(CardTab::Waiting)?)),
        (CardTab::Issued.code(), "已签发", None),
        (CardTab::Objected.code(), "异议待裁", Some(views.count_cards(CardTab::Objected)?)),
        (CardTab::Ended.code(), "未签发和已撤销", None),
    ];
    let filtered = filter.unit.is_some() || colour.is_some();
    let summary = if found.is_empty() { String::new() } else { format!("本页 {} 张", found.len()) };
    page(&Cards {
        shell: shell::of(&ctx),
        tabs: acts::tabs(tabs, code, |code| address(code, "")),
        tab: code.to_owned(),
        units: Choice::select(acts::units(&reference), &unit),
        colours: Choice::select(Colour::ALL.map(|one| Choice::new(one.code(), one.label())).to_vec(), colour_code),
        filtered,
        table: table(&reference, &found, filtered),
        paging: Paging { prev: None, next, summary },
        as_of: acts::as_of(&ctx)?,
    })
}

fn table(reference: &Reference, rows: &[CardRow], filtered: bool) -> Table {
    let row = |row: &CardRow| {
        let card = &row.state;
        let tag = stage(card.stage);
        Row::new(vec![
            Cell::link(&format!("{LIST}/{}", card.id().0), number(Some(row))),
            Cell::tag(card.colour.label(), tone(card.colour)),
            Cell::text(words::unit(reference, &card.unit)),
            Cell::link(&format!("/desk/case/{}", card.number), words::number(&card.number)).note(card.rule.label()),
            Cell::time(words::moment(card.triggered_at)),
            Cell::tag(&tag.text, tag.tone),
        ])
    };
    Table {
        caption: "黄牌和红牌".to_owned(),
        caption_hidden: true,
        columns: ["编号", "颜色", "单位", "诉求件和依据", "触发时间", "状态"].map(Column::text).to_vec(),
        rows: rows.iter().map(row).collect(),
        empty: if filtered { "没有符合筛选条件的牌。可以清除筛选。" } else { "这个清单里现在没有牌。" }.to_owned(),
        stacked: true,
    }
}

fn id(ctx: &Ctx) -> Result<CardId, Fault> {
    Uuid::try_parse(ctx.part("id")).map(CardId).map_err(|_| Fault::NotFound)
}

/// The office's page.
pub(crate) async fn get(ctx: Ctx) -> Reply {
    show(&ctx, LIST, &Typed::kept(&ctx)).await
}

/// The unit's page.
pub(crate) async fn unit_get(ctx: Ctx) -> Reply {
    show(&ctx, "/desk/cards", &Typed::kept(&ctx)).await
}

async fn show(ctx: &Ctx, base: &str, typed: &Typed) -> Reply {
    let opened = ctx.app().open_card(&ctx.actor()?, id(ctx)?).await?;
    let shown = build(ctx, &opened, base, typed)?;
    if typed.is_wrong() { invalid(&shown) } else { page(&shown) }
}

fn build(ctx: &Ctx, opened: &OpenedCard, base: &str, typed: &Typed) -> Result<Card, Fault> {
    let (reference, card) = (ctx.app().reference(), &opened.card.state);
    let row = ctx.app().projections.views().stream::<CardState>(&opened.card.name)?;
    let office = base == LIST;
    let case = acts::visible_case(ctx, card.case)?;
    let mut links = Vec::new();
    if case.is_some() {
        let page = format!("/desk/case/{}", card.number);
        links.push(Link::new(&page, &format!("诉求件 {}", words::number(&card.number))));
        links.push(Link::new(&format!("{page}/limit/{}/{}", card.clock.code(), card.round), "时限逐日计算"));
        if office && ctx.staff()?.staff.is(Role::Director) && card.stage.counts() {
            links.push(Link::new(&href("/oversight/orders/new", &[("card", &card.id().0.to_string())]), "据此发督办单"));
        }
    }
    let acts = forms(ctx, opened, &format!("{base}/{}", card.id().0), typed)?;
    Ok(Card {
        shell: shell::of(ctx),
        crumbs: vec![if office { Link::new(LIST, "预警与牌") } else { Link::new("/desk", "工作台") }],
        title: format!("{} {}", card.colour.label(), number(row.as_ref())),
        stage: stage(card.stage),
        notice: typed.notice(&acts),
        facts: facts(&reference, card),
        links,
        evidence: evidence(opened, case.is_some()),
        hands: hands(&reference, opened),
        timeline: opened.card.entries.iter().rev().map(|entry| fact(&reference, card, entry)).collect(),
        waiting: waiting(ctx, card)?,
        acts,
    })
}

fn facts(reference: &Reference, card: &CardState) -> Vec<SummaryRow> {
    let due = words::due(card.due).text;
    let mut rows = vec![
        SummaryRow::new("单位", &words::unit(reference, &card.unit)),
        SummaryRow::new("依据", card.rule.label()),
        SummaryRow::new("时限", &format!("{}（第 {} 次办理）", card.clock.label(), card.round)),
        SummaryRow::new("到期", &due),
        SummaryRow::new("触发", &words::due(card.triggered_at).text),
    ];
    if let Some(until) = card.object_until {
        rows.push(SummaryRow::new("异议期限", &format!("{} 前", words::due(until).text)));
    }
    rows
}

/// The events of the case that show the ground, with their place in the log.
fn evidence(opened: &OpenedCard, linked: bool) -> Table {
    let number = &opened.card.state.number;
    let row = |entry: &StreamEntry<CaseEvent>| {
        let what = match &entry.event {
            CaseEvent::LimitBreached(e) => format!("{}超期（第 {} 次办理）", e.clock.label(), e.round),
            CaseEvent::Rehandled(e) => format!("退回重办，第 {} 次办理开始", e.round),
            _ => "办理记录".to_owned(),
        };
        let (seq, place) = (entry.seq, format!("#{}", entry.seq));
        let place = if linked { Cell::link(&format!("/desk/case/{number}#e{seq}"), place) } else { Cell::text(place) };
        Row::new(vec![Cell::text(what), Cell::time(words::moment(entry.occurred_at)), place])
    };
    Table {
        caption: "证据".to_owned(),
        caption_hidden: true,
        columns: ["事件", "发生", "日志位置"].map(Column::text).to_vec(),
        rows: opened.evidence.iter().map(row).collect(),
        empty: "没有可以列出的事件。".to_owned(),
        stacked: true,
    }
}

/// Who held the case how long, as the breach says.
fn hands(reference: &Reference, opened: &OpenedCard) -> Table {
    let consumed = opened.evidence.iter().find_map(|entry| match &entry.event {
        CaseEvent::LimitBreached(e) => Some(e.consumed.as_slice()),
        _ => None,
    });
    let row = |(holder, minutes): &(domain::case::Holder, i64)| {
        Row::new(vec![Cell::text(words::holder(reference, holder)), Cell::text(words::minutes(*minutes))])
    };
    Table {
        caption: "到期前时间在谁手里".to_owned(),
        caption_hidden: true,
        columns: vec![Column::text("在谁手里"), Column::figures("用时")],
        rows: consumed.unwrap_or_default().iter().map(row).collect(),
        ..Table::default()
    }
}

fn fact(reference: &Reference, card: &CardState, entry: &StreamEntry<CardEvent>) -> TimelineItem {
    let colour = card.colour.label();
    let (title, lines, tone) = match &entry.event {
        CardEvent::Triggered(_) => (format!("触发{colour}"), Vec::new(), Tone::Warn),
        CardEvent::Issued(e) => (format!("签发{colour}"), words::lines(e.words.text()), Tone::Bad),
        CardEvent::Dismissed(e) => ("不予签发".to_owned(), words::lines(e.reason.text()), Tone::Neutral),
        CardEvent::Objected(e) => ("单位提出异议".to_owned(), words::lines(e.words.text()), Tone::Warn),
        CardEvent::Upheld(e) => ("异议不成立，维持".to_owned(), words::lines(e.reason.text()), Tone::Bad),
        CardEvent::Revoked(e) => (format!("撤销{colour}"), words::lines(e.reason.text()), Tone::Good),
        CardEvent::Lapsed(_) => ("异议期满，未提出异议".to_owned(), Vec::new(), Tone::Neutral),
        CardEvent::Withdrawn(_) => {
            let why = vec!["诉求件的超期记录已撤销，牌的依据不再成立。".to_owned()];
            ("依据消失，自动撤回".to_owned(), why, Tone::Good)
        }
    };
    TimelineItem { at: words::moment(entry.occurred_at), title, by: words::actor(reference, &entry.actor), lines, tone }
}

/// The steps that this account can take now.
fn forms(ctx: &Ctx, opened: &OpenedCard, base: &str, typed: &Typed) -> Result<Vec<ActForm>, Fault> {
    let (reference, card, now) = (ctx.app().reference(), &opened.card.state, ctx.app().now());
    let staff = &ctx.staff()?.staff;
    let can = |act: CardAct| may(&ctx.actor().unwrap_or(application::Actor::Citizen), act, card, &opened.case, reference.as_ref());
    let another = card.issuer != Some(staff.account);
    let form = |action: &str, title: &str, hint: &str, name: &str, label: &str, kind: &str| {
        typed.fill(ActForm {
            form: fields(ctx, action, &format!("{base}/{action}"), Some(opened.card.revision)),
            title: title.to_owned(),
            hint: hint.to_owned(),
            fields: vec![Control::new(Kind::Lines, name, label, "").hint("最多 2000 字")],
            button: title.to_owned(),
            kind: kind.to_owned(),
            files: false,
        })
    };
    let mut all = Vec::new();
    match card.stage {
        CardStage::Triggered => {
            let limit = words::rules(&reference, now).map(|rules| rules.cards.objection_limit().words()).unwrap_or_default();
            if can(CardAct::Issue) {
                all.push(form("issue", "签发", &format!("签发后计入考核，单位可以在 {limit}内提出异议。"), "words", "签发意见", "warm"));
            }
            if can(CardAct::Dismiss) {
                all.push(form("dismiss", "不予签发", "不计入考核，记录保留。", "reason", "不予签发的理由", "secondary"));
            }
        }
        CardStage::Issued if can(CardAct::Object) && card.object_until.is_some_and(|until| now < until) => {
            let until = card.object_until.map(|until| words::due(until).text).unwrap_or_default();
            all.push(form("object", "提出异议", &format!("{until} 前可以提出一次异议。"), "words", "异议理由", "warm"));
        }
        CardStage::Objected if another && can(CardAct::Uphold) => {
            all.push(form("uphold", "异议不成立，维持", "牌继续计入考核。", "reason", "裁定理由", "secondary"));
        }
        _ => {}
    }
    if card.stage.counts() && another && can(CardAct::Revoke) {
        all.push(form("revoke", "撤销", "牌不再计入考核，记录保留。", "reason", "撤销理由", "danger"));
    }
    Ok(all)
}

fn waiting(ctx: &Ctx, card: &CardState) -> Result<String, Fault> {
    let staff = &ctx.staff()?.staff;
    let own = card.issuer == Some(staff.account);
    Ok(match card.stage {
        CardStage::Triggered => "等待效能办负责人决定是否签发。",
        CardStage::Objected if own => "这张牌由您签发，异议应当由另一位负责人裁定。",
        CardStage::Objected => "等待效能办裁定异议。",
        CardStage::Issued if own => "已签发。撤销应当由另一位负责人办理。",
        CardStage::Issued if staff.is(Role::Liaison) => "已签发。异议由本单位审核负责人提出。",
        _ => "您现在不需要对这张牌做什么。",
    }
    .to_owned())
}

/// A step of the office.
pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    act(ctx, form, LIST).await
}

/// A step of the unit.
pub(crate) async fn unit_post(ctx: Ctx, form: Form) -> Reply {
    act(ctx, form, "/desk/cards").await
}

async fn act(ctx: Ctx, form: Form, base: &str) -> Reply {
    let (card, action) = (id(&ctx)?, ctx.part("action").to_owned());
    let (text, office) = (|name: &str| form.get(name).to_owned(), base == LIST);
    let (command, done) = match action.as_str() {
        "issue" if office => (CardCommand::Issue { words: text("words") }, "已签发，单位可以查看并提出异议。"),
        "dismiss" if office => (CardCommand::Dismiss { reason: text("reason") }, "已决定不予签发。"),
        "uphold" if office => (CardCommand::Uphold { reason: text("reason") }, "已裁定异议不成立。"),
        "revoke" if office => (CardCommand::Revoke { reason: text("reason") }, "已撤销，不再计入考核。"),
        "object" if !office => (CardCommand::Object { words: text("words") }, "异议已提交，等待效能办裁定。"),
        _ => return Err(Fault::NotFound),
    };
    let meta = acts::meta(&ctx, &form, &card.stream(), &action)?;
    let path = format!("{base}/{}", card.0);
    match ctx.app().on_card(&meta, card, &command).await {
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

/// The cards of a case that this account may see, as links of the case page.
pub(crate) fn of_case(ctx: &Ctx, case: CaseId, state: &domain::case::CaseState) -> Result<Vec<Link>, Fault> {
    let (reference, actor) = (ctx.app().reference(), ctx.actor()?);
    let base = if lists(&ctx.staff()?.staff) { LIST } else { "/desk/cards" };
    let rows = ctx.app().projections.views().cards_of(case)?;
    let seen = rows.iter().filter(|row| may(&actor, CardAct::View, &row.state, state, reference.as_ref()));
    let link = |row: &CardRow| {
        let text = format!("{} {}（{}）", row.state.colour.label(), number(Some(row)), row.state.stage.label());
        Link::new(&format!("{base}/{}", row.state.id().0), &text)
    };
    Ok(seen.map(link).collect())
}
