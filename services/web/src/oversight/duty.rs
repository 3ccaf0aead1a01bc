//! 待办: the words of duties, the pages they lead to, and the page of all duties of an account.

use application::access::investigation::hidden_units;
use application::session::Session;
use domain::account::Role;
use domain::duty::Holder;
use domain::time::Instant;
use projections::{At, NamedDuty, PageKey, Reference, Unseen};
use templates::NavItem;
use templates::components::Paging;
use templates::desk::{Due, DueState};
use templates::oversight::{Duties, DutyLine};

use super::today::address;
use crate::ctx::Ctx;
use crate::desk::say;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

/// Rows of a page.
const ROWS: usize = 50;

/// A task: its code, its words, and the noun of the page on which a unit does it.
const TASKS: &[(&str, &str, &str)] = &[
    ("escalation_handle", "提级事项待处置", "escalations"),
    ("escalation_convene", "待组织会商", "escalations"),
    ("escalation_track", "会商决定待落实", "escalations"),
    ("escalation_task", "会商任务待办理", "escalations"),
    ("card_issue", "黄牌、红牌待签发", "cards"),
    ("card_object", "牌可提出异议", "cards"),
    ("card_decide", "牌的异议待裁定", "cards"),
    ("order_feedback", "督办单待反馈", "orders"),
    ("order_review", "督办反馈待审核", "orders"),
    ("task_feedback", "督查任务待反馈", "tasks"),
    ("task_review", "任务反馈待审核", "tasks"),
    ("inspection_approve", "检查计划待审批", "inspections"),
    ("inspection_draw", "检查对象待抽取", "inspections"),
    ("inspection_visit", "检查待实施", "inspections"),
    ("finding_sign", "检查记录待签字", "findings"),
    ("finding_reply", "检查问题待回复", "findings"),
    ("finding_confirm", "检查问题待认定", "findings"),
    ("rectification_plan", "整改方案待提交", "rectifications"),
    ("rectification_report", "整改结果待报告", "rectifications"),
    ("rectification_accept", "整改待验收", "rectifications"),
    ("investigation_accept", "效能投诉待受理", "investigations"),
    ("investigation_assign", "效能投诉待派调查人员", "investigations"),
    ("investigation_investigate", "效能投诉待调查", "investigations"),
    ("investigation_sign", "调查报告待签字", "investigations"),
    ("investigation_conclude", "调查结论待认定", "investigations"),
    ("investigation_answer", "效能投诉待答复", "investigations"),
    ("investigation_adopt", "处理建议待采纳", "investigations"),
    ("assessment_object", "考评结果可提出异议", "assessment"),
    ("assessment_decide", "考评异议待裁定", "assessment"),
];

/// Kinds of streams: what stands before the first hyphen of a name, and the words.
const KINDS: &[(&str, &str)] = &[
    ("escalation", "四级响应"),
    ("card", "预警与牌"),
    ("order", "督办单"),
    ("matter", "督查事项"),
    ("task", "督查任务"),
    ("inspection", "明察暗访"),
    ("draw", "随机抽取"),
    ("rectification", "整改"),
    ("investigation", "效能投诉件"),
    ("assessment", "年度考评"),
    ("assessed", "年度考评"),
    ("campaign", "公众评议"),
];

/// The words of a task; one that this program does not know is a plain 待办.
pub(crate) fn task(code: &str) -> &'static str {
    TASKS.iter().find(|(known, ..)| *known == code).map_or("待办", |(_, words, _)| words)
}

/// A stream by kind, year and number, for example `督办单 2026 年第 12 号`.
pub(crate) fn number(stream: &str, year: i32, ordinal: u32) -> String {
    let kind = stream.split_once('-').map_or(stream, |(kind, _)| kind);
    let words = KINDS.iter().find(|(known, _)| *known == kind).map_or("事项", |(_, words)| words);
    format!("{words} {year} 年第 {ordinal} 号")
}

/// The page of a stream that this account may open: the office's, else the unit's; empty when there is none.
pub(crate) fn href(session: &Session, stream: &str, task: &str) -> String {
    pages(stream, task).into_iter().find(|path| shell::leads(session, path)).unwrap_or_default()
}

/// The page on which a unit finds a stream of its own.
pub(crate) fn unit_page(stream: &str) -> String {
    pages(stream, "").into_iter().nth(1).unwrap_or_default()
}

/// The pages of a stream, the office's first.
fn pages(stream: &str, task: &str) -> Vec<String> {
    let Some((kind, id)) = stream.split_once('-') else { return Vec::new() };
    match kind {
        // A task is named by its matter and its unit, a sheet of the year by year and unit.
        "task" => match id.split_at_checked(UUID) {
            Some((matter, unit)) => {
                vec![format!("/oversight/matters/{matter}/tasks/{}", unit.trim_start_matches('-')), format!("/desk/tasks/{matter}")]
            }
            None => Vec::new(),
        },
        "assessed" => match id.split_once('-') {
            Some((year, unit)) => vec![format!("/oversight/assessments/{year}/{unit}"), format!("/desk/assessment/{year}")],
            None => Vec::new(),
        },
        "assessment" => vec![format!("/oversight/assessments/{id}"), format!("/desk/assessment/{id}")],
        _ => {
            let known = TASKS.iter().find(|(known, ..)| *known == task).map(|(.., noun)| *noun);
            // A unit reads what was found at it, not the plan of the check.
            let noun = known.map_or_else(|| if kind == "inspection" { "findings".to_owned() } else { format!("{kind}s") }, str::to_owned);
            vec![format!("/oversight/{kind}s/{id}"), format!("/desk/{noun}/{id}")]
        }
    }
}

/// Characters of a UUID.
const UUID: usize = 36;

/// What this account may find nothing of: complaints about units of which it does not stand clear, except what its own
/// unit has to do about them; reports of wrongdoing, when it is outsourced.
pub(crate) fn unseen(session: &Session, reference: &Reference) -> Unseen {
    let staff = &session.staff;
    Unseen {
        investigations_of: hidden_units(staff, reference),
        own: staff.unit.clone().filter(|_| staff.is_any(&[Role::Liaison, Role::Head])),
        wrongdoing: say::hides_wrongdoing(session),
    }
}

/// In whose name this account acts.
pub(crate) fn holders(session: &Session) -> Vec<Holder> {
    let staff = &session.staff;
    let mut all = vec![Holder::Account(staff.account)];
    if staff.is_any(&[Role::Liaison, Role::Head]) {
        all.extend(staff.unit.clone().map(Holder::Unit));
    }
    // Outsourced staff decide nothing, and what the office holds may be about a report of wrongdoing.
    if !say::hides_wrongdoing(session) {
        all.extend(staff.roles.iter().map(|role| Holder::Office(*role)));
    }
    all
}

/// A due date with colour, word and time left; it is near when less than a day is left.
pub(crate) fn due(at: Instant, now: Instant) -> Due {
    let (state, left) = if now >= at {
        (DueState::Over, format!("超 {}", words::duration(now - at)))
    } else if now >= at - say::NEAR {
        (DueState::Near, format!("剩 {}", words::duration(at - now)))
    } else {
        (DueState::Running, format!("剩 {}", words::duration(at - now)))
    };
    Due { at: words::due(at), left, state, provisional: false }
}

/// A duty as a line.
pub(crate) fn line(session: &Session, named: &NamedDuty, now: Instant) -> DutyLine {
    let duty = &named.duty;
    DutyLine {
        words: task(&duty.task).to_owned(),
        number: number(&duty.stream, named.year, named.ordinal),
        href: href(session, &duty.stream, &duty.task),
        due: duty.due.map(|at| due(at, now)),
        since: words::moment(duty.since),
    }
}

/// How many duties this account has, and how many of them are late. One query.
pub(crate) fn sum(ctx: &Ctx, session: &Session) -> Result<(u64, u64), Fault> {
    let unseen = unseen(session, &ctx.app().reference());
    let counts = ctx.app().projections.views().duty_counts_of(&holders(session), &unseen, ctx.app().now())?;
    Ok(counts.iter().fold((0, 0), |(all, late), (_, n, over)| (all + n, late + over)))
}

/// `GET /desk/duties`. Queries: counts, one page for each holder (roles, unit, account), freshness.
pub(crate) async fn get(ctx: Ctx) -> Reply {
    let (session, now, views) = (ctx.staff()?, ctx.app().now(), ctx.app().projections.views());
    let reference = ctx.app().reference();
    let holders = holders(session);
    let unseen = unseen(session, &reference);
    let counts = views.duty_counts_of(&holders, &unseen, now)?;
    let asked = Some(ctx.query("task")).filter(|code| !code.is_empty());
    if asked.is_some_and(|code| code.len() > 64) {
        return Err(Fault::NotFound);
    }
    let found = views.duties_of(&holders, &unseen, asked, &place(&ctx)?, ROWS)?;
    let sum = counts.iter().map(|(_, n, _)| n).sum();
    let mut tabs = vec![NavItem::counted("/desk/duties", "全部", sum, asked.is_none())];
    tabs.extend(counts.iter().map(|(code, n, _)| NavItem::counted(&to(Some(code), None), task(code), *n, asked == Some(code.as_str()))));
    let late: u64 = counts.iter().filter(|(code, ..)| asked.is_none_or(|asked| asked == code)).map(|(.., late)| late).sum();
    let own = session.staff.unit.as_ref().filter(|_| session.staff.is_any(&[Role::Liaison, Role::Head]));
    let whose = match own {
        Some(unit) => format!("{}和本人要办的督办、检查与整改事项，先到期的在前。", words::unit(&reference, unit)),
        None => "本岗位和本人要办的督办、检查与整改事项，先到期的在前。".to_owned(),
    };
    let rows: Vec<DutyLine> = found.rows.iter().map(|duty| line(session, duty, now)).collect();
    page(&Duties {
        shell: shell::of(&ctx),
        whose,
        tabs: if sum == 0 { Vec::new() } else { tabs },
        late: if late > 0 { format!("其中 {} 件已过期限。", words::count(late)) } else { String::new() },
        paging: Paging {
            prev: found.previous.as_ref().map(|key| to(asked, Some(("before", key)))),
            next: found.next.as_ref().map(|key| to(asked, Some(("after", key)))),
            summary: if rows.is_empty() { String::new() } else { format!("本页 {} 件", rows.len()) },
        },
        rows,
        as_of: say::as_of(&ctx)?,
    })
}

/// Where the page begins, from `after` or `before`.
pub(crate) fn place(ctx: &Ctx) -> Result<At, Fault> {
    let key = |text: &str| text.parse::<PageKey>().map_err(|_| Fault::NotFound);
    match (ctx.query("after"), ctx.query("before")) {
        ("", "") => Ok(At::First),
        (after, "") => Ok(At::After(key(after)?)),
        ("", before) => Ok(At::Before(key(before)?)),
        _ => Err(Fault::NotFound),
    }
}

fn to(task: Option<&str>, place: Option<(&'static str, &PageKey)>) -> String {
    let mut pairs: Vec<(&str, String)> = task.map(|code| ("task", code.to_owned())).into_iter().collect();
    pairs.extend(place.map(|(name, key)| (name, key.to_string())));
    address("/desk/duties", &pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_stands_once_and_an_unknown_one_is_said_plainly() {
        for (index, (code, words, noun)) in TASKS.iter().enumerate() {
            assert!(TASKS.iter().skip(index + 1).all(|(other, ..)| other != code), "{code}");
            assert!(!words.is_empty() && !noun.is_empty());
            assert_eq!(task(code), *words);
        }
        assert_eq!(task("something_new"), "待办");
        assert_eq!(number("order-1", 2026, 12), "督办单 2026 年第 12 号");
        assert_eq!(number("strange-1", 2026, 1), "事项 2026 年第 1 号");
    }

    /// The codes that the domain gives to duties, as its sources say them.
    fn codes_of_the_domain() -> Vec<String> {
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/domain/src"))];
        let mut codes = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") && path.file_name().is_some_and(|name| name != "tests.rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    for found in text.split("Duty::new(").skip(1).chain(text.split("office(Role::").skip(1)) {
                        let code = found.split(';').next().unwrap_or_default().split('"').nth(1);
                        codes.extend(code.filter(|code| code.contains('_')).map(str::to_owned));
                    }
                }
            }
        }
        codes.sort();
        codes.dedup();
        codes
    }

    #[test]
    fn every_task_of_the_domain_has_words_and_no_other_stands_here() {
        let mut known: Vec<String> = TASKS.iter().map(|(code, ..)| (*code).to_owned()).collect();
        known.sort();
        assert_eq!(codes_of_the_domain(), known);
    }

    #[test]
    fn every_task_leads_to_pages_that_are_there() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let leads =
            |path: &String| crate::routes::ROUTES.iter().any(|route| route.method == "GET" && crate::routes::matches(route.path, path));
        for (task, _, noun) in TASKS {
            let stream = match task.split_once('_').unwrap() {
                ("finding", _) => format!("inspection-{id}"),
                ("task", _) => format!("task-{id}-0101"),
                ("assessment", _) => "assessed-2026-0101".to_owned(),
                (kind, _) => format!("{kind}-{id}"),
            };
            let pages = pages(&stream, task);
            assert!(pages.first().is_some_and(leads), "{task}: {pages:?}");
            assert!(*noun == "inspections" || pages.get(1).is_some_and(leads), "{task}: {pages:?}");
        }
        assert_eq!(pages(&format!("task-{id}-0101"), ""), [format!("/oversight/matters/{id}/tasks/0101"), format!("/desk/tasks/{id}")]);
        assert_eq!(pages("assessed-2026-0101", ""), ["/oversight/assessments/2026/0101", "/desk/assessment/2026"]);
        assert_eq!(pages(&format!("inspection-{id}"), "")[1], format!("/desk/findings/{id}"));
        assert_eq!(pages("task-short", "task_feedback"), [""; 0]);
    }

    #[test]
    fn a_duty_is_late_from_the_very_instant_it_was_due() {
        let at = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let limit = at("2026-05-12T00:00:00+08:00");
        let state = |now: &str| due(limit, at(now)).state;
        assert_eq!(state("2026-05-12T00:00:00+08:00"), DueState::Over);
        assert_eq!(state("2026-05-11T23:59:59+08:00"), DueState::Near);
        assert_eq!(state("2026-05-10T23:59:59+08:00"), DueState::Running);
    }
}
