//! A walk through the real binary in Chromium: a citizen files on a phone, the offices work on it, the head sees it scored.
//! Screenshots of every page go to `target/screenshots`. `ops/test` installs Chromium and its driver.
#![cfg(test)]

#[path = "browser/assessment.rs"]
mod assessment;
#[path = "browser/cards.rs"]
mod cards;
#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/escalation.rs"]
mod escalation;
#[path = "browser/evaluation.rs"]
mod evaluation;
#[path = "browser/inspection.rs"]
mod inspection;
#[path = "browser/investigation.rs"]
mod investigation;
#[path = "browser/matters.rs"]
mod matters;
#[path = "browser/orders.rs"]
mod orders;
#[path = "browser/stage.rs"]
mod stage;
#[path = "browser/today.rs"]
mod today;

use std::collections::{BTreeSet, VecDeque};

use stage::{DESK, PHONE, Stage};
use web::routes::ROUTES;

const UNIT: &str = "市城市管理局";
/// Its code in the demo's register.
const UNIT_CODE: &str = "QY-CG";
const WORDS: &str = "幸福路18号小区东门外的三盏路灯从上周五晚上起一直不亮，附近有台阶，老人晚上出门看不清，昨天已经有人在那里摔倒。";

#[tokio::test(flavor = "multi_thread")]
async fn a_demand_goes_from_a_phone_to_the_scorecard() {
    let stage = Stage::set().await;

    // The citizen, at 320 px.
    stage.size(PHONE).await;
    stage.open("/").await;
    stage.shot("citizen-home").await;
    stage.open("/file/start").await;
    stage.shot("citizen-start").await;
    stage.submit("/file/start").await;
    stage.choose("class", "help").await;
    stage.refused("/file/what", "需要改正").await; // Without words: the page comes back and keeps the choice.
    stage.shot("citizen-what-error").await;
    stage.fill("words", WORDS).await;
    stage.submit("/file/what").await;
    stage.pick_first("district").await;
    stage.fill("place", "幸福路18号小区东门外").await;
    stage.submit("/file/where").await;
    stage.shot("citizen-wish").await;
    stage.fill("wish", "尽快修好路灯").await;
    stage.choose("on_behalf", "no").await;
    stage.submit("/file/wish").await;
    stage.choose("anonymous", "no").await;
    stage.choose("confidential", "no").await;
    stage.choose("publish", "yes").await;
    stage.shot("citizen-privacy").await;
    stage.submit("/file/privacy").await;
    stage.fill("name", "周明").await;
    stage.fill("phone", "１３８ ００１３ ８０００").await; // Full-width digits and blanks are what keyboards do.
    stage.choose_if_there("notice", "none").await;
    stage.submit("/file/contact").await;
    stage.shot("citizen-check").await;
    stage.submit("/file/check").await;
    stage.sees("已收到您的诉求").await;
    stage.shot("citizen-receipt").await;
    let number = stage.text(".receipt .big").await;
    let code = stage.text(".receipt .groups").await.split_whitespace().collect::<String>();
    stage.reload().await;
    assert_eq!(stage.text(".receipt .big").await, number, "a reload must not file again");

    // The offices, at 1366 px.
    let case = format!("/desk/case/{}", number.replace(['-', ' '], ""));
    stage.size(DESK).await;
    stage.sign_in("dispatcher").await;
    stage.shot("desk-home-dispatcher").await;
    stage.open("/desk/worklist/filed").await;
    stage.shot("desk-worklist").await;
    stage.open(&case).await;
    stage.sees("路灯").await;
    stage.unfold().await;
    stage.fill_in("/dispatch", "unit_query", UNIT).await;
    stage.press("/dispatch", "find").await;
    stage.unfold().await;
    stage.choose("suggestion", "other").await;
    stage.pick("unit", UNIT_CODE).await;
    stage.fill_in("/dispatch", "reason", "路灯由城市管理部门管养").await;
    stage.shot("desk-dispatch").await;
    stage.press("/dispatch", "dispatch").await;
    stage.sees("待签收").await;
    stage.sign_out().await;

    stage.sign_in("liaison").await;
    stage.open(&case).await;
    stage.shot("desk-sign").await;
    stage.submit("/sign").await;
    stage.sees("办理中").await;
    stage.sign_out().await;

    stage.sign_in("handler").await;
    stage.size(PHONE).await;
    stage.open(&case).await;
    stage.shot("desk-handler-phone").await;
    stage.size(DESK).await;
    stage.unfold().await;
    stage.pick("means", "phone").await;
    stage.choose_in("/contact", "reached", "yes").await;
    stage.fill_in("/contact", "note", "已电话联系，诉求人说明了三盏灯的位置。").await;
    stage.submit("/contact").await;
    stage.sees("已电话联系").await;
    stage.unfold().await;
    stage.fill_in("/answer", "answer", "您好，您反映的三盏路灯已于今天修复，经测试全部正常。感谢您的提醒。").await;
    stage.choose_in("/answer", "outcome", "solved").await;
    stage.submit("/answer").await;
    stage.sees("待单位审核").await;
    stage.shot("desk-answered").await;
    stage.sign_out().await;

    stage.sign_in("head").await;
    stage.open(&case).await;
    stage.submit("/approve").await;
    stage.sees("待热线审核").await;
    stage.sign_out().await;

    stage.sign_in("reviewer").await;
    stage.open(&case).await;
    stage.submit("/pass").await;
    stage.sees("待回访").await;
    stage.unfold().await;
    stage.choose_in("/call-back", "reached", "yes").await;
    stage.choose_in("/call-back", "contacted", "yes").await;
    stage.choose_in("/call-back", "solved", "yes").await;
    stage.choose_first_in("/call-back", "grade").await;
    stage.shot("desk-call-back").await;
    stage.submit("/call-back").await;
    stage.sees("已归档").await;
    stage.shot("desk-archived").await;
    stage.sign_out().await;

    // The head's scorecard, down to the case.
    stage.sign_in("head").await;
    stage.open("/desk/scorecard").await;
    stage.shot("desk-scorecard").await;
    // Counted in the month of the call; whether it was in time counts in the month in which it was due, which may be the next.
    stage.open(&format!("{}/solved", stage.path().await)).await;
    stage.shot("desk-facts").await;
    stage.sees(&number).await;
    stage.sign_out().await;

    // The citizen again: tracks and rates.
    stage.size(PHONE).await;
    stage.open("/track").await;
    stage.fill("number", &number.to_lowercase()).await;
    stage.fill("code", &code).await;
    stage.submit("/track").await;
    stage.sees("您反映的三盏路灯已于今天修复").await;
    stage.shot("citizen-track").await;
    stage.choose("grade", "5").await;
    stage.submit("/track/rate").await;
    stage.shot("citizen-rated").await;
    stage.open("/public").await;
    stage.shot("public-figures").await;
    stage.open("/public/cases").await;
    stage.shot("public-cases").await;

    // No page is wider than the phone it is shown on.
    for path in
        ["/", "/file/start", "/track", "/public", "/public/cases", "/help", "/privacy", "/accessibility", "/styleguide", "/desk/sign-in"]
    {
        stage.open(path).await;
        assert!(stage.overflow().await <= 0, "{path} is wider than 320 px");
    }
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_find_their_pages() {
    let stage = Stage::set().await;
    stage.size(DESK).await;
    for (login, paths) in [
        (
            "sysadmin",
            vec![
                "/admin",
                "/admin/units",
                "/admin/rulebooks",
                "/admin/calendar",
                "/admin/catalogue",
                "/admin/imports",
                "/admin/notices",
                "/admin/system",
            ],
        ),
        ("secadmin", vec!["/admin/accounts", "/admin/accounts/new"]),
        ("auditor", vec!["/admin/audit"]),
        ("inspector", vec!["/desk", "/desk/worklist/breached", "/desk/search?q=%E8%B7%AF%E7%81%AF"]),
        ("operator", vec!["/desk/file"]),
    ] {
        stage.sign_in(login).await;
        for path in paths {
            stage.open(path).await;
            stage.shot(&format!("{login}{}", path.split('?').next().unwrap_or(path).replace('/', "-"))).await;
            assert_eq!(stage.headings().await, 1, "{path} has one heading for {login}");
            stage.size(PHONE).await;
            assert!(stage.overflow().await <= 0, "{path} is wider than 320 px");
            stage.size(DESK).await;
        }
        stage.sign_out().await;
    }
    stage.strike().await;
}

/// The shape of a path: its route, in which only those parts are filled that lead to another kind of page. None for what
/// is no page but a file, and for the switch of the elder mode.
fn shape(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let takes = |pattern: &&str| {
        let mut wanted = pattern.split('/').skip(1);
        parts.iter().all(|part| wanted.next().is_some_and(|want| want == *part || want.starts_with('{') && want.ends_with('}')))
            && wanted.next().is_none()
    };
    let Some(route) = ROUTES.iter().filter(|route| route.method == "GET").map(|route| route.path).find(takes) else {
        return (!path.ends_with(".json")).then(|| path.to_owned());
    };
    let file = ["/docx", "/export", "/photo/{hash}", "/{format}", "/heads/latest", "/heads/verify_receipt.py", "/heads/{day}"]
        .iter()
        .any(|end| route.ends_with(end))
        || route.starts_with("/assets");
    let kinds = ["{bucket}", "{kind}", "{level}", "{measure}", "{round}", "{urgency}"];
    let wild =
        |(want, part): (&str, &&str)| if want.starts_with('{') && !kinds.contains(&want) { "/*".to_owned() } else { format!("/{part}") };
    (!file && route != "/elder").then(|| route.split('/').skip(1).zip(&parts).map(wild).collect())
}

/// What was looked at.
#[derive(Default)]
struct Seen {
    shapes: BTreeSet<String>,
    /// Kinds of elements.
    parts: BTreeSet<String>,
}

/// Opens one page of each shape that can be reached, and looks at it as a phone and as a desk show it.
async fn look_at_all(stage: &Stage, who: &str, first: &[&str], seen: &mut Seen, wrong: &mut Vec<String>) {
    let mut waiting: VecDeque<String> = first.iter().map(|path| (*path).to_owned()).collect();
    let mut here = BTreeSet::new();
    while let Some(path) = waiting.pop_front() {
        let Some(shape) = shape(&path) else { continue };
        // Pages of supervision, a case and a home page look different to each role; the others are looked at once.
        let own = matches!(shape.as_str(), "/desk" | "/desk/case/*") || shape.starts_with("/oversight");
        if !here.insert(shape.clone()) {
            continue;
        }
        let new = seen.shapes.insert(shape);
        if !new && !own {
            continue;
        }
        stage.open(&path).await;
        let parts = stage.parts().await;
        let more = parts.into_iter().filter(|part| seen.parts.insert(part.clone())).count() > 0;
        for (size, width) in [(PHONE, "320"), (DESK, "1366")] {
            stage.size(size).await;
            // Another role sees the same page: the rules look at it when it has a part that none had, and in one width.
            if new || (more && size == DESK) {
                wrong.extend(stage.axe().await.into_iter().map(|fault| format!("{who} {path} at {width} px: {fault}")));
            }
            let overflow = stage.overflow().await;
            if overflow > 0 {
                wrong.push(format!("{who} {path} is {overflow} px wider than {width} px"));
            }
        }
        let headings = stage.headings().await;
        if headings != 1 {
            wrong.push(format!("{who} {path} has {headings} first-level headings"));
        }
        if stage.body().await.contains("没有权限打开这个页面") {
            wrong.push(format!("{who} is led to {path}, which is shut to this role"));
        }
        waiting.extend(stage.links().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_that_links_lead_to_is_fit_for_everybody_at_both_widths() {
    let stage = Stage::set().await;
    let (mut seen, mut wrong) = (Seen::default(), Vec::new());
    look_at_all(&stage, "everybody", &["/", "/styleguide", "/styleguide/desk", "/nowhere", "/desk/sign-in"], &mut seen, &mut wrong).await;
    for role in [
        "operator",
        "dispatcher",
        "reviewer",
        "inspector",
        "director",
        "leader",
        "supervisor",
        "evaluator",
        "liaison",
        "handler",
        "head",
        "sysadmin",
        "secadmin",
        "auditor",
    ] {
        stage.sign_in(role).await;
        look_at_all(&stage, role, &["/desk"], &mut seen, &mut wrong).await;
        stage.open("/desk").await;
        stage.sign_out().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut missing = Vec::new();
    for shape in [
        "/public/cases/*",
        "/desk/worklist/breached",
        "/desk/case/*",
        "/desk/case/*/limit/handle/1",
        "/desk/scorecard/*",
        "/desk/scorecard/*/answered",
        "/admin/units/*",
        "/admin/audit",
        "/complaint/new",
        "/complaint/track",
        "/evaluation",
        "/evaluation/*",
        "/vote",
        "/stuck",
        "/oversight",
        "/oversight/units/*",
        "/oversight/overdue",
        "/oversight/escalations",
        "/oversight/escalations/*",
        "/oversight/cards",
        "/oversight/cards/*",
        "/oversight/orders",
        "/oversight/orders/*",
        "/oversight/orders/*/print",
        "/oversight/matters",
        "/oversight/matters/*",
        "/oversight/matters/*/tasks/*",
        "/oversight/inspections",
        "/oversight/inspections/new",
        "/oversight/inspections/*",
        "/oversight/inspections/*/visit/*",
        "/oversight/rectifications",
        "/oversight/rectifications/*",
        "/oversight/investigations",
        "/oversight/investigations/new",
        "/oversight/investigations/*",
        "/oversight/assessments",
        "/oversight/assessments/*",
        "/oversight/assessments/*/*",
        "/oversight/campaigns",
        "/oversight/campaigns/new",
        "/oversight/campaigns/*",
        "/desk/duties",
        "/desk/unit",
        "/desk/assessment",
        "/desk/opinions",
        "/desk/investigations",
    ] {
        if !seen.shapes.contains(shape) {
            missing.push(shape);
        }
    }
    assert!(missing.is_empty(), "no link leads to {missing:?}: {:?}", seen.shapes);
    stage.strike().await;
}
