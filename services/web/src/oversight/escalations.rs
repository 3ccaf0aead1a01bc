//! Escalated matters: the board, the lists, the chain with its acts, raising a case by hand. The unit's side of the same chain
//! stands under `/desk/escalations`; who may see and do what is `application::access::escalation`.

mod chain;
mod say;

use application::access::escalation::{Act, highest, may, may_begin};
use application::{Error, access};
use domain::account::{Role, StaffKind};
use domain::case::CaseState;
use domain::codes::parse_public_number;
use domain::escalation::{Entry, Escalation};
use domain::ids::{CaseId, UnitCode};
use domain::refusal::Refusal;
use domain::rulebook::ladders::{Ladder, LadderLevel};
use projections::{At, CaseRow, Page, PageKey, StreamRow};
use templates::NavItem;
use templates::components::{Choice, Link, Paging};
use templates::desk::Form as FormFrame;
use templates::oversight::{ActForm, BoardLevel, Control, Escalate, EscalationBoard, EscalationList, Kind, MatterRow};

use super::acts::{Typed, faults};
use super::parts::fields;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

pub(crate) use chain::{act, get};

/// Rows of a level on the board.
const FIRST: usize = 5;
/// Rows of a list.
const ROWS: usize = 50;

/// Outsourced staff never see reports of wrongdoing, not even that there are some.
fn hides_wrongdoing(ctx: &Ctx) -> bool {
    ctx.session().is_none_or(|session| session.staff.kind != StaffKind::CivilServant)
}

/// Where a reader finds a chain.
fn base(ctx: &Ctx) -> &'static str {
    let oversees = ctx.session().is_some_and(|session| session.staff.is_any(crate::door::ESCALATIONS));
    if oversees { "/oversight/escalations" } else { "/desk/escalations" }
}

fn href(base: &str, stream: &str) -> String {
    format!("{base}/{}", stream.strip_prefix("escalation-").unwrap_or(stream))
}

fn place(ctx: &Ctx) -> Result<At, Fault> {
    let key = |text: &str| text.parse::<PageKey>().map_err(|_| Fault::NotFound);
    match (ctx.query("after"), ctx.query("before")) {
        ("", "") => Ok(At::First),
        (after, "") => Ok(At::After(key(after)?)),
        ("", before) => Ok(At::Before(key(before)?)),
        _ => Err(Fault::NotFound),
    }
}

/// Rows that this reader may see; of each the number of its first case.
fn rows(ctx: &Ctx, found: &[StreamRow<Escalation>], base: &str) -> Result<Vec<MatterRow>, Fault> {
    let (reference, now, actor) = (ctx.app().reference(), ctx.app().now(), ctx.actor()?);
    let seen: Vec<&StreamRow<Escalation>> = found.iter().filter(|row| may(&actor, Act::View, &row.state, reference.as_ref())).collect();
    let firsts: Vec<CaseId> = seen.iter().filter_map(|row| row.state.cases.first().copied()).collect();
    let cases = ctx.app().projections.views().cases_by_ids(&firsts)?;
    let number = |matter: &Escalation| {
        let first = matter.cases.first().and_then(|id| cases.iter().find(|case| case.id == *id));
        let number = first.map(|case| words::number(&case.number)).unwrap_or_default();
        if matter.cases.len() > 1 { format!("{number} 等 {} 件", matter.cases.len()) } else { number }
    };
    let row = |row: &&StreamRow<Escalation>| {
        let matter = &row.state;
        let ladder = say::ladder_of(&reference, matter);
        MatterRow {
            number: say::ordinal(row.year, row.ordinal),
            href: href(base, &row.name),
            cases: number(matter),
            level: format!("{} {}", say::ladder(ladder.as_ref(), matter), say::level(ladder.as_ref(), matter.level)),
            unit: say::unit(&reference, matter.unit.as_ref()),
            owner: say::owner(&reference, &matter.owner),
            entry: matter.entry.label().to_owned(),
            since: words::moment(matter.entered),
            due: say::due(matter, now),
            marks: say::marks(matter, now),
        }
    };
    Ok(seen.iter().map(row).collect())
}

/// `GET /oversight/escalations`
pub(crate) async fn board(ctx: Ctx) -> Reply {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let views = ctx.app().projections.views();
    let hide = hides_wrongdoing(&ctx);
    let counts = views.escalation_counts()?;
    let count = |ladder: &str, level: Option<u8>| -> u64 {
        let of =
            counts.iter().filter(|one| one.ladder == ladder && level.is_none_or(|level| one.level == level) && !(hide && one.wrongdoing));
        of.map(|one| one.n).sum()
    };
    let rules = words::rules(&reference, now);
    let ladders: &[Ladder] = rules.as_deref().map(|rules| rules.ladders.as_slice()).unwrap_or_default();
    let chosen = match ctx.query("ladder") {
        "" => ladders.first(),
        id => Some(ladders.iter().find(|ladder| ladder.id == id).ok_or(Fault::NotFound)?),
    };
    let mut levels = Vec::new();
    if let Some(ladder) = chosen {
        for level in ladder.levels.iter().rev() {
            let first = views.escalations_on(&ladder.id, level.level, hide, &At::First, FIRST)?;
            levels.push(BoardLevel {
                id: format!("level-{}", level.level),
                label: level.label.clone(),
                lead: say::lead(level),
                count: count(&ladder.id, Some(level.level)),
                href: format!("/oversight/escalations/level/{}?ladder={}", level.level, ladder.id),
                rows: rows(&ctx, &first.rows, "/oversight/escalations")?,
            });
        }
    }
    let tab = |ladder: &Ladder| {
        let current = chosen.is_some_and(|chosen| chosen.id == ladder.id);
        NavItem::counted(&format!("/oversight/escalations?ladder={}", ladder.id), &ladder.label, count(&ladder.id, None), current)
    };
    page(&EscalationBoard {
        shell: shell::of(&ctx),
        ladders: ladders.iter().map(tab).collect(),
        title: chosen.map(|ladder| ladder.label.clone()).unwrap_or_default(),
        levels,
        empty: "现行规则文件没有规定响应阶梯。请系统管理员在规则文件中写明后采用。".to_owned(),
        as_of: say::as_of(&ctx)?,
    })
}

fn list(ctx: &Ctx, found: &Page<StreamRow<Escalation>>, frame: EscalationList, address: impl Fn(&str, &PageKey) -> String) -> Reply {
    let shown = rows(ctx, &found.rows, base(ctx))?;
    let paging = Paging {
        prev: found.previous.as_ref().map(|key| address("before", key)),
        next: found.next.as_ref().map(|key| address("after", key)),
        summary: if shown.is_empty() { String::new() } else { format!("本页 {} 件", shown.len()) },
    };
    page(&EscalationList { rows: shown, paging, ..frame })
}

fn frame(ctx: &Ctx, title: String, lead: String, empty: &str) -> Result<EscalationList, Fault> {
    Ok(EscalationList {
        shell: shell::of(ctx),
        crumbs: Vec::new(),
        title,
        lead,
        rows: Vec::new(),
        empty: empty.to_owned(),
        paging: Paging::default(),
        as_of: say::as_of(ctx)?,
    })
}

fn query(pairs: &[(&str, String)]) -> String {
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}

/// `GET /oversight/escalations/level/{level}`
pub(crate) async fn level(ctx: Ctx) -> Reply {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let rules = words::rules(&reference, now).ok_or(Error::NoRulebook)?;
    let ladder = match ctx.query("ladder") {
        "" => rules.ladders.first(),
        id => rules.ladder(id),
    };
    let ladder = ladder.ok_or(Fault::NotFound)?;
    let level = ctx.part("level").parse().ok().and_then(|level| ladder.level(level)).ok_or(Fault::NotFound)?;
    let found = ctx.app().projections.views().escalations_on(&ladder.id, level.level, hides_wrongdoing(&ctx), &place(&ctx)?, ROWS)?;
    let mut shown = frame(&ctx, format!("{} {}", ladder.label, level.label), say::lead(level), "这一级现在没有事项。")?;
    shown.crumbs = vec![Link::new(&format!("/oversight/escalations?ladder={}", ladder.id), &ladder.label)];
    let address = |name: &str, key: &PageKey| {
        format!("/oversight/escalations/level/{}?{}", level.level, query(&[("ladder", ladder.id.clone()), (name, key.to_string())]))
    };
    list(&ctx, &found, shown, address)
}

/// `GET /desk/escalations`
pub(crate) async fn own(ctx: Ctx) -> Reply {
    let views = ctx.app().projections.views();
    let staff = &ctx.staff()?.staff;
    let at = place(&ctx)?;
    let found = match &staff.unit {
        _ if staff.is(Role::Dispatcher) => views.escalations_of_hotline(&at, ROWS)?,
        Some(unit) => views.escalations_of_unit(unit, &at, ROWS)?,
        None => Page { rows: Vec::new(), next: None, previous: None },
    };
    let lead = "本单位承办、负责或者有会商任务的提级事项，按期限排列。".to_owned();
    let shown = frame(&ctx, "提级事项".to_owned(), lead, "现在没有涉及本单位的提级事项。")?;
    list(&ctx, &found, shown, |name, key| format!("/desk/escalations?{}", query(&[(name, key.to_string())])))
}

/// The levels above one to which this reader may raise.
fn above(ctx: &Ctx, ladder: &Ladder, level: u8) -> Result<Vec<Choice>, Fault> {
    let highest = highest(&ctx.actor()?, level);
    let choice = |one: &LadderLevel| Choice::new(&one.level.to_string(), &format!("{}（{}）", one.label, say::owner_kind(one.owner)));
    let levels = ladder.levels.iter().filter(|one| one.level > level && one.level <= highest);
    Ok(levels.map(choice).collect())
}

/// The form that raises to one of these levels.
fn raise(form: FormFrame, levels: Vec<Choice>) -> ActForm {
    let entries = Entry::BY_HAND.into_iter().map(|entry| Choice::new(entry.code(), entry.label())).collect();
    ActForm {
        form,
        title: "提级".to_owned(),
        fields: vec![
            Control::new(Kind::Select, "level", "提到哪一级", "").of(levels),
            Control::new(Kind::Select, "entry", "提级原因", "").of(entries),
            Control::new(Kind::Lines, "reason", "提级理由", "").hint("最多 500 字。"),
        ],
        button: "提级".to_owned(),
        ..ActForm::default()
    }
}

/// The case of the address, when this account may see it; unknown and invisible numbers are not told apart.
fn case(ctx: &Ctx) -> Result<(CaseRow, CaseState), Fault> {
    let number = parse_public_number(ctx.part("number")).map_err(|_| Fault::NotFound)?;
    let views = ctx.app().projections.views();
    let row = views.case_by_number(&number)?.ok_or(Fault::NotFound)?;
    let state = views.case_state(row.id)?.ok_or(Fault::NotFound)?.state;
    if !access::may(&ctx.actor()?, access::Act::View, &state, ctx.app().reference().as_ref()) {
        return Err(Fault::NotFound);
    }
    Ok((row, state))
}

fn escalate_page(ctx: &Ctx, row: &CaseRow, typed: &Typed) -> Result<Escalate, Fault> {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let rules = words::rules(&reference, now).ok_or(Error::NoRulebook)?;
    let ladder = rules.ladder_of(&row.class).ok_or_else(|| Error::Refused(Refusal::NoRule("提级".to_owned())))?;
    let number = words::number(&row.number);
    Ok(Escalate {
        shell: shell::of(ctx),
        crumbs: vec![Link::new(&format!("/desk/case/{}", row.number), &format!("工单 {number}"))],
        number,
        ladder: ladder.label.clone(),
        act: typed.fill(raise(fields(ctx, "", &format!("/desk/case/{}/escalate", row.number), None), above(ctx, ladder, 1)?)),
    })
}

fn open_one(ctx: &Ctx, case: CaseId) -> Result<Option<String>, Fault> {
    let found = ctx.app().projections.views().escalations_of_case(case)?;
    Ok(found.into_iter().find(|row| row.state.is_open()).map(|row| href(base(ctx), &row.name)))
}

/// `GET /desk/case/{number}/escalate`; a case that is on its way already leads to its chain.
pub(crate) async fn escalate(ctx: Ctx) -> Reply {
    let (row, state) = case(&ctx)?;
    if !may_begin(&ctx.actor()?, state.unit.as_ref()) {
        return Err(Fault::Forbidden);
    }
    if let Some(open) = open_one(&ctx, row.id)? {
        // What was typed here is shown there.
        if let Some(kept) = ctx.kept() {
            ctx.keep(&open, &kept.fields);
        }
        return see_other(&open);
    }
    page(&escalate_page(&ctx, &row, &Typed::kept(&ctx))?)
}

/// `POST /desk/case/{number}/escalate`
pub(crate) async fn escalate_post(ctx: Ctx, form: Form) -> Reply {
    let (row, _) = case(&ctx)?;
    let to = form.number("level").and_then(|level| u8::try_from(level).ok()).unwrap_or_default();
    let meta = ctx.meta(&form)?;
    match ctx.app().escalate_case(&meta, row.id, to, Entry::of_form(form.get("entry")), form.get("reason")).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, "已提级，新的期限从现在起算。");
            see_other(&open_one(&ctx, row.id)?.unwrap_or_else(|| format!("/desk/case/{}", row.number)))
        }
        Err(error) => {
            let errors = faults(&ctx, &format!("/desk/case/{}/escalate", row.number), &form, error)?;
            invalid(&escalate_page(&ctx, &row, &Typed::sent(&ctx, form, errors))?)
        }
    }
}

/// For the case page: the chains of a case that this reader may see, and where it is raised by hand (empty = not by him).
pub(crate) fn of_case(ctx: &Ctx, case: CaseId, unit: Option<&UnitCode>, number: &str, ended: bool) -> Result<(Vec<Link>, String), Fault> {
    let (reference, actor) = (ctx.app().reference(), ctx.actor()?);
    let found = ctx.app().projections.views().escalations_of_case(case)?;
    let link = |row: &StreamRow<Escalation>| {
        let ladder = say::ladder_of(&reference, &row.state);
        let (name, level) = (say::ladder(ladder.as_ref(), &row.state), say::level(ladder.as_ref(), row.state.level));
        let state = if row.state.is_open() { "处置中" } else { "已办结" };
        Link::new(&href(base(ctx), &row.name), &format!("{name}{} {level}，{state}", say::ordinal(row.year, row.ordinal)))
    };
    let links = found.iter().filter(|row| may(&actor, Act::View, &row.state, reference.as_ref())).map(link).collect();
    let ladders = words::rules(&reference, ctx.app().now()).is_some_and(|rules| !rules.ladders.is_empty());
    let raises = !ended && ladders && may_begin(&actor, unit) && !found.iter().any(|row| row.state.is_open());
    Ok((links, if raises { format!("/desk/case/{number}/escalate") } else { String::new() }))
}
