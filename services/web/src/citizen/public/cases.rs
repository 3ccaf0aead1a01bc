//! The list of cases and one of them, redacted: reports of wrongdoing and confidential cases are not there at all.

use actix_web::HttpResponse;
use domain::case::{CaseState, ClockKind, Stage};
use domain::codes;
use domain::deadline::working_days_between;
use domain::ids::UnitCode;
use domain::unit::Level;
use projections::{At, Page, PageKey, PublicCase as Found, PublicFilter, Reference};
use templates::components::{Cell, Choice, Errors, Link, Paging, Row, SummaryRow, Tag, Tone};
use templates::public::{PublicCase, PublicCases, tabs};

use super::{address, months, this_month};
use crate::citizen::progress;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, html, invalid, page};
use crate::{shell, words};

const ROWS: usize = 50;
const PATH: &str = "/public/cases";

/// `GET /public/cases?class=&place=&unit=&month=&after=|before=`
///
/// # Errors
/// When the views cannot be read.
pub async fn cases(ctx: Ctx) -> Reply {
    let reference = ctx.app().reference();
    let views = ctx.app().projections.views();
    let mut errors = Errors::none();
    let chosen = |name: &str| Some(ctx.query(name).to_owned()).filter(|value| !value.is_empty());
    let month = chosen("month").and_then(|code| words::parse_month(&code));
    if chosen("month").is_some() && month.is_none() {
        errors = errors.and("month", "请从列出的月份中选择");
    }
    let unit = chosen("unit").and_then(|code| UnitCode::parse(&code).ok());
    if chosen("unit").is_some() && unit.is_none() {
        errors = errors.and("unit", "请从列出的单位中选择");
    }
    let place = chosen("place").filter(|code| codes::is_division(code));
    if chosen("place").is_some() && place.is_none() {
        errors = errors.and("place", "请从列出的区县中选择");
    }
    let class = chosen("class");
    let key = |name: &str| match ctx.query(name) {
        "" => Ok(None),
        text => text.parse::<PageKey>().map(Some),
    };
    let at = match (key("after"), key("before")) {
        (Ok(Some(key)), _) => At::After(key),
        (_, Ok(Some(key))) => At::Before(key),
        (Ok(None), Ok(None)) => At::First,
        (Err(bad), _) | (_, Err(bad)) => {
            errors = errors.and("", &bad.to_string());
            At::First
        }
    };
    let filter = PublicFilter { class: class.clone(), place: place.clone(), unit: unit.clone(), month };
    let found = match views.public_cases(&filter, &at, ROWS) {
        // A key of another order: somebody changed the address.
        Err(_) if at != At::First => {
            errors = errors.and("", "翻页位置无效，请从第一页开始");
            views.public_cases(&filter, &At::First, ROWS)?
        }
        other => other?,
    };
    let month_code = month.map(words::month_code).unwrap_or_default();
    let unit_code = unit.as_ref().map_or("", UnitCode::as_str);
    let link = |name: &str, key: &PageKey| {
        let key = key.to_string();
        let filters = [
            ("class", class.as_deref().unwrap_or_default()),
            ("place", place.as_deref().unwrap_or_default()),
            ("unit", unit_code),
            ("month", month_code.as_str()),
        ];
        address(PATH, &[filters.as_slice(), &[(name, key.as_str())]].concat())
    };
    let paging = Paging {
        prev: found.previous.as_ref().map(|key| link("before", key)),
        next: found.next.as_ref().map(|key| link("after", key)),
        summary: format!("本页 {} 件", found.rows.len()),
    };
    let now = ctx.app().now();
    let below = if unit.is_some() { "只列这个单位自己承办的工单，不含下级单位。" } else { "" };
    let list = PublicCases {
        shell: shell::of(&ctx),
        tabs: tabs(PATH),
        classes: Choice::select(classes(&reference, now), class.as_deref().unwrap_or_default()),
        places: Choice::select(words::counties(&reference), place.as_deref().unwrap_or_default()),
        units: Choice::select(units(&reference), unit_code),
        months: months(this_month(ctx.app()), month),
        result: format!("{}{below}", result(&found)),
        fresh: views.freshness()?.recorded_at.map_or_else(|| words::moment(now), words::moment),
        table: PublicCases::table(found.rows.iter().map(|one| row(&reference, one)).collect()),
        paging,
        errors,
    };
    if list.errors.any() { invalid(&list) } else { page(&list) }
}

fn result(found: &Page<Found>) -> String {
    match (found.rows.len(), found.next.is_some() || found.previous.is_some()) {
        (0, _) => "没有找到符合条件的公开工单。".to_owned(),
        (n, false) => format!("找到 {n} 件。"),
        (n, true) => format!("按收到时间从新到旧，本页 {n} 件。"),
    }
}

fn classes(reference: &Reference, now: domain::time::Instant) -> Vec<Choice> {
    let rules = words::rules(reference, now);
    rules
        .iter()
        .flat_map(|rules| rules.classes.iter())
        .filter(|class| !class.wrongdoing)
        .map(|class| Choice::new(&class.code, &class.label))
        .collect()
}

/// Units that answer to the public: the city's and the counties'; villages are too many for a list.
fn units(reference: &Reference) -> Vec<Choice> {
    let listed =
        reference.units().filter(|unit| unit.closed.is_none() && !unit.hotline && matches!(unit.level, Level::City | Level::County));
    listed.map(|unit| Choice::new(unit.code.as_str(), unit.name())).collect()
}

fn row(reference: &Reference, case: &Found) -> Row {
    let number = words::number(&case.number);
    let used = case.answered_at.or(case.ended_at).map(|end| working_days_between(reference.calendar(), case.filed_at, end));
    let unit = case.unit.as_ref().map_or_else(|| "—".to_owned(), |code| words::unit(reference, code));
    Row::new(vec![
        Cell::link(&format!("{PATH}/{number}"), &number).note(&masked(&case.title)),
        Cell::text(words::class(reference, &case.class)),
        Cell::text(words::place(reference, case.division.get(..6).unwrap_or(&case.division))),
        Cell::text(unit),
        Cell::time(words::day_of(case.filed_at)),
        Cell { tag: Some(outcome(case.stage, case.answered_at.is_some())), ..Cell::default() },
        Cell::text(used.map_or_else(|| "—".to_owned(), taken)),
    ])
}

/// Working days taken.
fn taken(days: u32) -> String {
    if days < 1 { "不到 1 个工作日".to_owned() } else { format!("{days} 个工作日") }
}

fn outcome(stage: Stage, answered: bool) -> Tag {
    match stage {
        Stage::Archived if !answered => Tag::new("已办结", Tone::Good),
        Stage::Archived => Tag::new("已答复并办结", Tone::Good),
        Stage::CallBack | Stage::Judging => Tag::new("已答复", Tone::Good),
        other => words::stage(other, false),
    }
}

/// A title with everything that looks like a number of a person or a telephone hidden.
fn masked(title: &str) -> String {
    let chars: Vec<char> = title.chars().collect();
    let mut text = String::with_capacity(title.len());
    let mut index = 0;
    while let Some(&c) = chars.get(index) {
        let digits = chars.iter().skip(index).take_while(|c| c.is_numeric() || matches!(c, '-' | ' ' | 'X' | 'x')).count();
        if c.is_numeric() && chars.iter().skip(index).take(digits).filter(|c| c.is_numeric()).count() >= 5 {
            text.push_str("＊＊＊");
            index += digits;
        } else {
            text.push(c);
            index += 1;
        }
    }
    text
}

/// `GET /public/cases/{number}`
///
/// # Errors
/// [`Fault::NotFound`] for cases that are not public, and for those that are not there.
pub async fn case(ctx: Ctx) -> Reply {
    let number = codes::parse_public_number(ctx.part("number")).map_err(|_| Fault::NotFound)?;
    let views = ctx.app().projections.views();
    let row =
        views.case_by_number(&number)?.filter(|row| !row.wrongdoing && !row.confidential && !row.restricted).ok_or(Fault::NotFound)?;
    let state = views.case_state(row.id)?.ok_or(Fault::NotFound)?.state;
    let reference = ctx.app().reference();
    let now = ctx.app().now();
    let formatted = words::number(&row.number);
    let mut facts = Vec::new();
    if row.publish && !row.title.is_empty() {
        facts.push(SummaryRow::new("标题（诉求人同意公开）", &masked(&row.title)));
    }
    facts.extend(self::facts(&reference, &state));
    let answered = state.answered_at.is_some();
    let late = state
        .clocks
        .iter()
        .any(|clock| matches!(clock.kind, ClockKind::Promise | ClockKind::Total) && words::kept(clock, now).tone == Tone::Bad);
    let tag = match (answered, late) {
        (true, false) => Tag::new("按时答复", Tone::Good),
        (true, true) => Tag::new("超期答复", Tone::Bad),
        (false, true) if !state.stage.is_ended() => Tag::new("已超期", Tone::Bad),
        _ => outcome(state.stage, answered),
    };
    let shown = PublicCase {
        shell: shell::of(&ctx),
        crumbs: vec![Link::new("/public", "看公开"), Link::new(PATH, "公开工单")],
        number: formatted,
        state: tag,
        facts,
        words: None,
        answer: None,
        route: progress::route(&reference, &state, "诉求人", now),
        hands: progress::hands(&reference, &state, now),
    };
    Ok(html(HttpResponse::Ok(), &shown))
}

fn facts(reference: &Reference, state: &CaseState) -> Vec<SummaryRow> {
    let mut rows = vec![
        SummaryRow::new("类别", &words::class(reference, &state.class)),
        SummaryRow::new("区县", &words::place(reference, state.division.get(..6).unwrap_or(&state.division))),
        SummaryRow::new("承办单位", &state.unit.as_ref().map_or_else(|| "尚未派单".to_owned(), |code| words::unit(reference, code))),
        SummaryRow::new("收到", &state.filed_at.map(|at| words::day_of(at).text).unwrap_or_default()),
    ];
    if let Some(clock) = state.latest(ClockKind::Promise) {
        rows.push(SummaryRow::new("答复期限", &format!("{}（{}）", words::due(clock.due).text, clock.limit.words())));
    }
    if let (Some(filed), Some(answered)) = (state.filed_at, state.answered_at) {
        let days = working_days_between(reference.calendar(), filed, answered);
        rows.push(SummaryRow::new("答复", &format!("{}，用时 {}", words::day_of(answered).text, taken(days))));
    }
    if let Some(reply) = &state.reply {
        rows.push(SummaryRow::new("是否解决", if reply.solved { "诉求人表示已解决" } else { "诉求人表示没有解决" }));
        rows.push(SummaryRow::new("满意程度", &words::grade(reference, &reply.grade)));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_persons_are_hidden_in_a_title_and_house_numbers_stay() {
        assert_eq!(masked("18号楼停水，请联系13800001234王"), "18号楼停水，请联系＊＊＊王");
        assert_eq!(masked("电话 0572-1234567"), "电话 ＊＊＊");
        assert_eq!(masked("２０２６年３号楼"), "２０２６年３号楼");
    }
}
