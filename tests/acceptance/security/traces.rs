//! What nobody else may know of, planted on all lines at once: a covert check, a complaint about a unit, a report of
//! wrongdoing with its card and its escalation. Every page of every role is opened and no trace of them is found.

use domain::account::{Role, StaffKind};
use domain::card::Rule;
use domain::case::command::File;
use domain::case::{ClockKind, Command};
use domain::ids::{CardId, CaseId, UnitCode};
use web::routes::ROUTES;

use crate::cards::{by, tick, until};
use crate::harness::{BUREAU, Browser, HOTLINE, Page, Site, TOWN};
use crate::{inspections, investigation};

/// Words of the report of wrongdoing.
const REPORT: &str = "后厨使用过期食材";

/// Somebody, and what he may know of: the report of wrongdoing, nothing else.
struct Viewer {
    who: String,
    browser: Browser,
    knows_report: bool,
}

/// A report of wrongdoing against which the bureau does nothing until its limit is broken; case and public number.
async fn report(site: &Site) -> (CaseId, String) {
    let file = File { class: "report".to_owned(), petitioner: None, ..site.complaint(&format!("举报某饭店{REPORT}，请查处。")) };
    let number = file.number.clone();
    let case = site.take(file).await;
    let unit = UnitCode::parse(BUREAU).unwrap();
    let level = site.app.reference().unit(&unit).unwrap().level;
    let dispatch = Command::Dispatch { unit, level, entry: String::new(), reason: "其职责".to_owned() };
    site.app.on_case(&by(site, Role::Dispatcher), case, &dispatch).await.unwrap();
    site.app.on_case(&by(site, Role::Liaison), case, &Command::Sign).await.unwrap();
    (case, number)
}

async fn viewers(site: &Site) -> Vec<Viewer> {
    let mut all = Vec::new();
    for role in Role::ALL.into_iter().filter(|role| !matches!(role, Role::Inspector | Role::Director)) {
        site.account(role).await;
        let mut browser = site.browser();
        let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
        let form = form.set("login", role.code()).set("password", crate::harness::PASSWORD);
        assert_eq!(browser.submit_once(form).await.status, 303, "{role:?}");
        // Of the rest those know of the report who work with its case.
        let knows_report = !matches!(role, Role::Supervisor | Role::Evaluator | Role::SystemAdmin | Role::SecurityAdmin);
        all.push(Viewer { who: format!("{role:?}"), browser, knows_report });
    }
    // Only these can be outsourced (domain.md A6).
    for role in [Role::Operator, Role::Dispatcher] {
        let login = format!("outsourced-{}", role.code());
        let browser = site.person(&login, HOTLINE, role, StaffKind::Outsourced).await;
        all.push(Viewer { who: login, browser, knows_report: false });
    }
    let others = [
        ("inspector-of-the-unit", BUREAU, Role::Inspector, true),
        ("head-of-the-town", TOWN, Role::Head, false),
        ("liaison-of-the-county", crate::harness::site::COUNTY, Role::Liaison, false),
    ];
    for (login, unit, role, knows_report) in others {
        let browser = site.person(login, unit, role, StaffKind::CivilServant).await;
        all.push(Viewer { who: login.to_owned(), browser, knows_report });
    }
    all
}

/// All figures of a page: counts of links and tiles.
fn figures(page: &Page) -> Vec<String> {
    let of = |begin: &str| {
        page.body.split(begin).skip(1).map(|rest| rest.split(['<', '（']).next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    [of("class=\"count\">"), of("<strong>")].concat()
}

const OVERVIEWS: [&str; 8] = [
    "/desk",
    "/desk/duties",
    "/desk/unit",
    "/oversight",
    "/oversight/units",
    "/oversight/units/0101",
    "/oversight/cards",
    "/oversight/inspections",
];

async fn overview(browser: &mut Browser) -> Vec<(&'static str, Vec<String>)> {
    let mut all = Vec::new();
    for path in OVERVIEWS {
        all.push((path, figures(&browser.send("GET", path, &[], b"").await)));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_finds_a_trace_of_what_is_secret_on_any_page() {
    let site = Site::open().await;
    let (case, number) = report(&site).await;
    until(&site, "2026-05-19T09:00:00");
    tick(&site).await;
    let card = CardId::of_ground(case, ClockKind::Handle, 1, Rule::YellowOnBreach);
    let mut director = site.sign_in(Role::Director).await;
    let at = format!("/oversight/cards/{}", card.0);
    let form = director.get(&at).await.form(&format!("{at}/issue")).set("words", "依规签发");
    assert_eq!(director.submit_once(form).await.status, 303);
    site.settle().await;
    let raised = site.app.projections.views().escalations_of_case(case).unwrap();
    let escalation = raised.first().expect("a broken limit is escalated").name.strip_prefix("escalation-").unwrap().to_owned();
    let mut viewers = viewers(&site).await;
    let mut before = Vec::new();
    for viewer in &mut viewers {
        before.push(overview(&mut viewer.browser).await);
    }

    // A covert check of the unit, and a complaint about it.
    let mut people = inspections::people(&site).await;
    let check = inspections::found(&site, &mut people, "covert", "夜间值守暗访").await;
    let check = check.rsplit('/').next().unwrap().to_owned();
    investigation::complain(&site, true).await;
    site.settle().await;
    let complaint = investigation::newest(&site);
    let id = complaint.name.strip_prefix("investigation-").unwrap().to_owned();
    let mut secret = vec!["夜间值守暗访", "效查〔2026〕1号", "暗藏地点三号窗", "窗口无人值守二十分钟", "明察暗访 2026 年第 1 号"];
    secret.extend(investigation::PLANTED);
    secret.extend(["效投〔2026〕1号", "效能投诉件 2026 年第 1 号", "效能投诉待受理", complaint.state.number.as_str()]);
    let shown = web::words::number(&complaint.state.number);
    let pages = [format!("/inspections/{check}"), format!("/investigations/{id}")];
    secret.push(&shown);
    secret.extend(pages.iter().map(String::as_str));
    let spoken = web::words::number(&number);
    let (card_page, escalation_page) = (format!("/cards/{}", card.0), format!("/escalations/{escalation}"));
    // On the picture of the unit a card has its number, which tells nothing of the report that it is about.
    let wrong: [&str; 8] =
        [REPORT, &number, &spoken, "依规签发", "预警与牌 2026 年第 1 号", "四级响应 2026 年第 1 号", &card_page, &escalation_page];

    // Those who may know find them: the words are the right ones.
    assert!(people.first.get("/oversight/inspections").await.has("效查〔2026〕1号"));
    assert!(people.first.get("/oversight/investigations").await.has("效投〔2026〕1号"));
    assert!(people.first.get("/desk/duties").await.has("效能投诉待受理"));
    let mut head = site.sign_in(Role::Head).await;
    assert!(head.get("/desk/duties").await.has("预警与牌 2026 年第 1 号"));

    let card_id = card.0.to_string();
    let ids = [check.as_str(), id.as_str(), card_id.as_str(), escalation.as_str()];
    let mut looked = 0;
    for viewer in &mut viewers {
        for route in ROUTES.iter().filter(|route| route.method == "GET" && !route.path.starts_with("/complaint")) {
            let fills: &[&str] = if route.path.contains("{id}") { &ids } else { &[""] };
            for fill in fills {
                let fill = |part: &str| match part {
                    "{id}" => (*fill).to_owned(),
                    "{number}" => number.clone(),
                    "{unit}" | "{code}" => BUREAU.to_owned(),
                    "{year}" => "2026".to_owned(),
                    "{level}" => "2".to_owned(),
                    "{bucket}" => "open".to_owned(),
                    part if part.starts_with('{') => "1".to_owned(),
                    part => part.to_owned(),
                };
                let path = route.path.split('/').map(fill).collect::<Vec<_>>().join("/");
                let page = viewer.browser.send("GET", &path, &[], b"").await;
                looked += 1;
                let known = if viewer.knows_report { wrong.len() } else { 0 };
                let of_report = if viewer.who == "Supervisor" { &wrong[..4] } else { &wrong[known..] };
                let hidden = secret.iter().chain(of_report);
                for word in hidden.filter(|word| !path.contains(**word)) {
                    assert!(!page.body.contains(word), "{} finds {word} at {path} ({})", viewer.who, page.status);
                }
                assert!(page.status < 500, "{} {path}", viewer.who);
            }
        }
    }
    assert!(looked > 2_500, "{looked}");
    // No figure anywhere has moved since before the check and the complaint were there.
    for (viewer, before) in viewers.iter_mut().zip(before) {
        assert_eq!(overview(&mut viewer.browser).await, before, "{}", viewer.who);
    }
}
