//! 待办: the words of duties, the pages they lead to, and the page of all duties of an account.

use application::access::investigation::hidden_units;
use application::session::Session;
use domain::account::Role;
use domain::duty::{self, Holder};
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
            // A task is called after what it is done to. A unit reads what was found at it, not the plan of the check.
            let noun = task.split_once('_').map_or(if kind == "inspection" { "finding" } else { kind }, |(noun, _)| noun);
            vec![format!("/oversight/{kind}s/{id}"), format!("/desk/{noun}s/{id}")]
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
    let one = &named.duty;
    DutyLine {
        words: duty::words(&one.task).to_owned(),
        number: duty::number(&one.stream, named.year, named.ordinal),
        href: href(session, &one.stream, &one.task),
        due: one.due.map(|at| due(at, now)),
        since: words::moment(one.since),
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
    tabs.extend(
        counts.iter().map(|(code, n, _)| NavItem::counted(&to(Some(code), None), duty::words(code), *n, asked == Some(code.as_str()))),
    );
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
    fn every_task_leads_to_pages_that_are_there() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let leads =
            |path: &String| crate::routes::ROUTES.iter().any(|route| route.method == "GET" && crate::routes::matches(route.path, path));
        for (task, _) in domain::duty::TASKS {
            let stream = match task.split_once('_').unwrap() {
                ("finding", _) => format!("inspection-{id}"),
                ("task", _) => format!("task-{id}-0101"),
                ("assessment", _) => "assessed-2026-0101".to_owned(),
                (kind, _) => format!("{kind}-{id}"),
            };
            let pages = pages(&stream, task);
            assert!(pages.first().is_some_and(leads), "{task}: {pages:?}");
            assert!(task.starts_with("inspection_") || pages.get(1).is_some_and(leads), "{task}: {pages:?}");
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
