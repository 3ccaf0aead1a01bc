//! Who may do what, written down; compared with the rules, and tried out with forged forms.

use application::access::{Act, Tree, open_acts};
use application::{Actor, Staff};
use domain::account::{Role, StaffKind};
use domain::case::{CaseState, Stage};
use domain::ids::{AccountId, UnitCode};
use uuid::Uuid;
use web::door::Door;
use web::routes::ROUTES;

use super::{PLAIN, case_at, kinds, of};
use crate::harness::{BUREAU, Browser, HOTLINE, Page, Site};

/// Act, its name in addresses, the stages in which it is possible, and whose it is there.
const TABLE: &[(Act, &str, &[Stage], Role)] = &[
    (Act::Accept, "accept", &[Stage::Filed], Role::Dispatcher),
    (Act::Refuse, "refuse", &[Stage::Filed, Stage::Accepted], Role::Dispatcher),
    (Act::AnswerDirectly, "answer-directly", &[Stage::Filed, Stage::Accepted], Role::Dispatcher),
    (Act::Dispatch, "dispatch", &[Stage::Filed, Stage::Accepted], Role::Dispatcher),
    (Act::Sign, "sign", &[Stage::Dispatched], Role::Liaison),
    (Act::Assign, "assign", &[Stage::Dispatched, Stage::Handling], Role::Liaison),
    (Act::Contact, "contact", &[Stage::Handling], Role::Liaison),
    (Act::Contact, "contact", &[Stage::Handling], Role::Handler),
    (Act::Answer, "answer", &[Stage::Handling], Role::Liaison),
    (Act::Answer, "answer", &[Stage::Handling], Role::Handler),
    (Act::Approve, "approve", &[Stage::UnitReview], Role::Head),
    (Act::SendBack, "send-back", &[Stage::UnitReview], Role::Head),
    (Act::SendBack, "send-back", &[Stage::HotlineReview], Role::Reviewer),
    (Act::Pass, "pass", &[Stage::HotlineReview], Role::Reviewer),
    (Act::CallBack, "call-back", &[Stage::CallBack], Role::Reviewer),
    (Act::Judge, "judge", &[Stage::Judging], Role::Reviewer),
];
/// What outsourced staff never do, whatever their role.
const NOT_OUTSOURCED: [Act; 3] = [Act::Refuse, Act::SendBack, Act::Judge];
const OF_A_UNIT: [Role; 3] = [Role::Liaison, Role::Handler, Role::Head];

struct Flat;
impl Tree for Flat {
    fn within(&self, unit: &UnitCode, top: &UnitCode) -> bool {
        unit == top || top.as_str() == "city"
    }
}

/// Another act in each action of the address; the form that sends it names enough for each of them.
fn actions() -> Vec<&'static str> {
    let mut all: Vec<&str> = TABLE.iter().map(|(_, action, ..)| *action).collect();
    all.dedup();
    all
}

#[test]
fn the_rules_are_the_table_for_every_role_stage_unit_and_kind_of_staff() {
    for stage in Stage::ALL {
        for (role, unit, kind, wrongdoing) in Role::ALL.into_iter().flat_map(|role| {
            let units = ["0101", "0102", "city"].into_iter();
            units.flat_map(move |unit| {
                [
                    (StaffKind::CivilServant, false),
                    (StaffKind::CivilServant, true),
                    (StaffKind::Outsourced, false),
                    (StaffKind::Outsourced, true),
                ]
                .map(|(kind, wrongdoing)| (role, unit, kind, wrongdoing))
            })
        }) {
            let case = CaseState { stage, unit: UnitCode::parse("0101").ok(), wrongdoing, ..CaseState::default() };
            let staff = Staff { account: AccountId(Uuid::from_u128(7)), unit: UnitCode::parse(unit).ok(), roles: vec![role], kind };
            let outsourced = kind == StaffKind::Outsourced;
            let mut expected: Vec<Act> = TABLE
                .iter()
                .filter(|(_, _, stages, whose)| stages.contains(&stage) && *whose == role)
                .filter(|_| unit == "0101" || !OF_A_UNIT.contains(&role))
                .map(|(act, ..)| *act)
                .filter(|act| !(outsourced && (wrongdoing || (NOT_OUTSOURCED.contains(act) && !OF_A_UNIT.contains(&role)))))
                .collect();
            let mut found = open_acts(&Actor::Staff(staff), &case, &Flat);
            let order = |act: &Act| Act::ALL.iter().position(|one| one == act);
            expected.sort_by_key(order);
            found.sort_by_key(order);
            assert_eq!(found, expected, "{role:?} of {unit}, {kind:?}, {stage:?}, wrongdoing {wrongdoing}");
        }
    }
}

/// A form of our own with the browser's token, which names enough for every act.
async fn forged(browser: &mut Browser, token: &str, path: &str) -> Page {
    let fields = [
        ("csrf", token),
        ("ground", "other"),
        ("words", "不属于受理范围，请向有关部门反映。"),
        ("answer", "已经处理完毕，请查看现场情况。"),
        ("outcome", "solved"),
        ("suggestion", "other"),
        ("unit", BUREAU),
        ("reason", "试一试有没有权限"),
        ("section", "市容科"),
        ("means", "phone"),
        ("reached", "no"),
        ("note", "无人接听"),
        ("justified", "no"),
    ];
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", crate::harness::percent(value))).collect();
    browser.send("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], body.join("&").as_bytes()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_forged_form_of_any_role_does_at_any_stage_what_the_table_does_not_give_it() {
    let site = Site::open().await;
    let mut browsers = Vec::new();
    for role in Role::ALL {
        let mut browser = site.sign_in(role).await;
        let token = browser.get("/desk/password").await.form("/desk/password").value("csrf");
        browsers.push((role, browser, token));
    }
    let stages = [
        Stage::Filed,
        Stage::Accepted,
        Stage::Dispatched,
        Stage::Handling,
        Stage::UnitReview,
        Stage::HotlineReview,
        Stage::CallBack,
        Stage::Judging,
        Stage::Archived,
    ];
    for stage in stages {
        let number = case_at(&site, stage, &PLAIN).await;
        let before = kinds(&site, &number).await;
        for (role, browser, token) in &mut browsers {
            for action in actions() {
                if TABLE.iter().any(|(_, name, stages, whose)| *name == action && whose == role && stages.contains(&stage)) {
                    continue;
                }
                let page = forged(browser, token, &format!("{}/{action}", of(&number))).await;
                let own = TABLE.iter().any(|(_, name, _, whose)| *name == action && whose == role);
                // Who may at another stage is told why not now; what is done already is done.
                let refused: &[u16] = if own { &[303, 403, 404, 409, 422] } else { &[403, 404] };
                assert!(refused.contains(&page.status), "{role:?} {action} at {stage:?}: {} {}", page.status, page.text());
            }
        }
        assert_eq!(kinds(&site, &number).await, before, "something was done at {stage:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doors_of_the_route_table_are_those_written_down_here() {
    let work = "operator dispatcher liaison handler head reviewer inspector director leader";
    let expected = |path: &str| match path {
        "/desk/sign-in" => "everybody",
        "/desk/sign-out" | "/desk/password" | "/desk" => "staff",
        "/desk/file" => "operator dispatcher",
        "/admin" => "system_admin security_admin auditor",
        "/admin/audit" => "auditor",
        "/admin/system" => "system_admin auditor",
        "/desk/case/{number}/refer" => "dispatcher reviewer",
        path if path.starts_with("/oversight/investigations") => "inspector director",
        path if path.starts_with("/desk/investigations") => "liaison head",
        "/desk/duties" => "liaison handler head inspector director leader supervisor evaluator",
        "/desk/unit" | "/desk/papers" => "liaison head",
        "/oversight" | "/oversight/units" => "inspector director leader supervisor",
        "/oversight/units/{code}" => "inspector director leader supervisor liaison head",
        "/oversight/overdue" | "/oversight/day/{kind}" | "/oversight/urgent/{urgency}" => "inspector director leader",
        path if path.starts_with("/desk/findings") || path.starts_with("/desk/rectifications") => "liaison head",
        "/oversight/inspections/new" | "/oversight/inspections/{id}/{action}" => "inspector director",
        "/oversight/rectifications/{id}/{action}" => "inspector director evaluator",
        path if path.starts_with("/oversight/rectifications") => "inspector director leader supervisor evaluator",
        path if path.starts_with("/oversight/inspections/{id}/visit") => "inspector director",
        path if ["inspections", "draws"].iter().any(|one| path.starts_with(&format!("/oversight/{one}"))) => {
            "inspector director leader supervisor"
        }
        path if path == "/oversight/assessments/new" || path.starts_with("/oversight/assessments/{year}/{unit}/") => "director",
        path if path.starts_with("/oversight/assessments") => "inspector director leader supervisor",
        path if path.starts_with("/desk/assessment") => "liaison head",
        "/oversight/campaigns" | "/oversight/campaigns/{id}" => "evaluator director leader",
        path if path.starts_with("/oversight/campaigns/") => "evaluator",
        path if path.starts_with("/desk/opinions") => "liaison head",
        path if path.starts_with("/desk/scorecard") => "dispatcher liaison head reviewer inspector director leader",
        "/desk/escalations" => "dispatcher liaison handler head",
        path if path.starts_with("/oversight/escalations") => "inspector director leader",
        path if ["/desk/cards", "/desk/orders", "/desk/tasks"].iter().any(|page| path.starts_with(page)) => "liaison head",
        "/oversight/orders/new" => "director",
        "/oversight/matters" | "/oversight/matters/{id}" | "/oversight/matters/export" | "/oversight/matters/{id}/tasks/{unit}" => {
            "inspector director leader supervisor"
        }
        path if path.starts_with("/oversight/matters") => "supervisor",
        path if path.starts_with("/oversight/cards") || path.starts_with("/oversight/orders") => "inspector director leader",
        path if path.starts_with("/desk/") => work,
        path if path.starts_with("/admin/accounts") || path == "/admin/persons" => "security_admin",
        path if path.starts_with("/admin/") => "system_admin",
        _ => "everybody",
    };
    for route in ROUTES {
        let found = match route.door {
            Door::Public => "everybody".to_owned(),
            Door::Staff => "staff".to_owned(),
            Door::Roles(roles) => {
                Role::ALL.iter().filter(|role| roles.contains(role)).map(|role| role.code()).collect::<Vec<_>>().join(" ")
            }
        };
        let sorted = |text: &str| {
            let mut words: Vec<&str> = text.split(' ').collect();
            words.sort_unstable();
            words.join(" ")
        };
        assert_eq!(sorted(&found), sorted(expected(route.path)), "{} {}", route.method, route.path);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outsourced_staff_do_not_even_see_that_there_are_reports_of_wrongdoing() {
    let site = Site::open().await;
    let mut civil = site.sign_in(Role::Dispatcher).await;
    let mut outsourced = site.person("outsourced", HOTLINE, Role::Dispatcher, StaffKind::Outsourced).await;
    let form = civil.get("/desk/file").await.form("/desk/file").set("phone", "13900005678").set("name", "知情人");
    let form = form.set("words", "举报某饭店后厨使用过期食材，请查处。").set("division", "330502").set("class", "report");
    assert_eq!(civil.submit(form.button("do", "file")).await.status, 200);
    site.settle().await;
    let counts = |page: &Page| {
        page.body.split("class=\"count\">").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for path in ["/desk", "/desk/worklist/open"] {
        let (seen, hidden) = (civil.get(path).await, outsourced.get(path).await);
        assert!(counts(&seen).iter().any(|n| n == "1"), "{:?}", counts(&seen));
        assert!(!counts(&hidden).iter().any(|n| n == "1"), "{path}: {:?}", counts(&hidden));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_tries_what_he_may_not_is_on_record_and_the_petitioner_is_not_told() {
    let site = Site::open().await;
    let number = case_at(&site, Stage::Filed, &PLAIN).await;
    let mut liaison = site.sign_in(Role::Liaison).await;
    let token = liaison.get("/desk/password").await.form("/desk/password").value("csrf");
    assert_eq!(liaison.get(&of(&number)).await.status, 404);
    assert_eq!(forged(&mut liaison, &token, &format!("{}/sign", of(&number))).await.status, 404);
    site.app.audit.flush().unwrap();
    let find = application::audit::Find { subject: Some(site.case(&number).stream()), ..application::audit::Find::default() };
    let lines = site.app.audit.find(&find, 10).unwrap();
    assert_eq!(lines.iter().map(|(_, line)| line.what.as_str()).collect::<Vec<_>>(), ["refused", "refused"]);
    let mut citizen = site.browser();
    let form = citizen.get("/track").await.form("/track").set("number", &number).set("code", &site.app.query_code(site.case(&number)));
    let page = citizen.submit(form).await;
    assert!(page.path == "/track/case" && !page.has("联络员"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_auditor_reads_who_looked_for_a_telephone_number_and_who_took_a_table_out() {
    let site = Site::open().await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    let form = dispatcher.get("/desk/search").await.form("/desk/search");
    dispatcher.submit(form.set("q", PLAIN.phone)).await;
    site.app.audit.tool(site.app.now(), "cli:export@root", "cases", "export");
    site.app.audit.flush().unwrap();
    let mut auditor = site.sign_in(Role::Auditor).await;
    let page = auditor.get("/admin/audit?kind=search").await;
    assert!(page.has("按电话查找诉求件") && page.has("派单员甲 dispatcher") && !page.has(PLAIN.phone), "{}", page.text());
    let page = auditor.get("/admin/audit?kind=export").await;
    assert!(page.has("导出") && page.has("命令行 export@root") && page.has("cases"), "{}", page.text());
}
