//! Sessions, cookies and what is left in a browser for the next person at the same desk.

use application::{Actor, Meta};
use chrono::TimeDelta;
use domain::account::{Role, StaffKind};
use domain::case::Stage;
use web::routes::ROUTES;

use super::{PLAIN, case_at, of, unnamed};
use crate::harness::{BUREAU, PASSWORD, Page, Site, percent};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_new_at_every_sign_in_whatever_the_browser_brought() {
    let site = Site::open().await;
    // given a browser with a session that was ended, and one with a session of an attacker's making
    let mut ended = site.sign_in(Role::Operator).await;
    let other = ended.cookies["s"].clone();
    let form = ended.get("/desk").await.form("/desk/sign-out");
    ended.submit(form).await;
    site.settle().await;
    site.account(Role::Head).await;
    for planted in [other.as_str(), "chosen-by-somebody"] {
        let mut browser = site.browser();
        let before = browser.get("/track").await.form("/track").value("csrf");
        let page = browser.get("/desk/sign-in").await;
        browser.cookies.insert("s".to_owned(), planted.to_owned());
        let page = browser.submit_once(page.form("/desk/sign-in").set("login", "head").set("password", PASSWORD)).await;
        assert_eq!(page.status, 303, "{}", page.text());
        assert_ne!(browser.cookies["s"], planted);
        // the token from before signing in is worth nothing afterwards
        let body = format!("csrf={before}");
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        assert_eq!(browser.clone().send("POST", "/desk/sign-out", &[kind], body.as_bytes()).await.status, 403);
        assert_eq!(browser.get("/desk").await.path, "/desk");
    }
    // cookies of other purposes are no session
    let mut browser = site.browser();
    browser.get("/track").await;
    let visitor = browser.cookies["v"].clone();
    browser.cookies.insert("s".to_owned(), visitor);
    assert!(browser.get("/desk").await.path.starts_with("/desk/sign-in"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cookie_on_every_page_of_every_role_is_sealed_off_and_every_answer_has_its_headers() {
    let site = Site::with(|settings| settings.tls = true).await;
    let origin = format!("https://{}", site.address);
    let number = case_at(&site, Stage::Handling, &PLAIN).await;
    let mut seen = 0;
    let mut check = |page: &Page, what: &str| {
        for (_, cookie) in page.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let has = |part: &str| cookie.split("; ").any(|one| one == part);
            assert!(cookie.starts_with("__Host-") && has("HttpOnly") && has("Secure") && has("Path=/"), "{what}: {cookie}");
            assert!((has("SameSite=Lax") || has("SameSite=Strict")) && !cookie.contains("Domain"), "{what}: {cookie}");
            seen += 1;
        }
        let csp = page.header("content-security-policy").unwrap_or_default();
        assert!(csp.contains("frame-ancestors 'none'") && csp.contains("object-src 'none'") && !csp.contains("unsafe"), "{what}: {csp}");
        assert!(page.header("strict-transport-security").is_some() && page.header("x-content-type-options") == Some("nosniff"), "{what}");
        if page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            assert_eq!(page.header("cache-control"), Some("no-store"), "{what}");
            assert!(page.header("content-type").unwrap().ends_with("charset=utf-8"), "{what}");
        }
    };
    for role in Role::ALL {
        site.account(role).await;
        let mut browser = site.browser();
        let csrf = browser.get("/desk/sign-in").await.form("/desk/sign-in").value("csrf");
        let body = format!("csrf={csrf}&login={}&password={}", role.code(), percent(PASSWORD));
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let page = browser.send("POST", "/desk/sign-in", &[kind, ("Origin", &origin)], body.as_bytes()).await;
        assert_eq!(page.status, 303, "{role:?}: {}", page.text());
        check(&page, "signing in");
        for route in ROUTES.iter().filter(|route| route.method == "GET") {
            let path = route.path.replace("{number}", &number).replace("{bucket}", "open").replace("{code}", BUREAU);
            let page = browser.send("GET", &path, &[], b"").await;
            check(&page, &format!("{role:?} {path}"));
        }
        check(&browser.send("POST", "/desk/password", &[kind], b"csrf=x").await, "a refused form");
    }
    assert!(seen > 10, "cookies were looked at");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_person_typed_is_not_shown_to_the_next_at_the_same_desk() {
    let site = Site::open().await;
    let number = case_at(&site, Stage::Handling, &PLAIN).await;
    site.account(Role::Liaison).await;
    let mut browser = site.sign_in(Role::Handler).await;
    let page = browser.get(&of(&number)).await;
    let form = page.form(&format!("{}/contact", of(&number))).set("means", "visit").set("note", "只有我知道的情况");
    site.clock.advance(TimeDelta::minutes(31));
    assert_eq!(browser.submit_once(form).await.status, 403);
    let mut same = browser.clone();
    // when somebody else signs in at this browser
    browser.sign_in("liaison", PASSWORD).await;
    assert!(!browser.get(&of(&number)).await.body.contains("只有我知道的情况"));
    // then it is gone, but the same person finds it
    same.sign_in("handler", PASSWORD).await;
    assert!(same.get(&of(&number)).await.body.contains("只有我知道的情况"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_a_shared_computer_leaves_nothing_of_the_case_there() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let page = unnamed(&mut browser).await;
    let receipt = browser.submit(page.form("/file/check")).await;
    assert_eq!(receipt.path, "/file/receipt", "{}", receipt.text());
    site.settle().await;
    let row =
        site.app.projections.views().case_by_id(domain::ids::CaseId::of_form(page.form("/file/check").value("form_id").parse().unwrap()));
    let row = row.unwrap().expect("it was filed");
    let form = browser.get("/track").await.form("/track").set("number", &row.number).set("code", &site.app.query_code(row.id));
    let page = browser.submit(form).await;
    assert_eq!(page.path, "/track/case");
    browser.submit(page.form("/track/leave")).await;
    for path in ["/track/case", "/file/receipt"] {
        assert_eq!(browser.get(path).await.path, "/track", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_security_administrator_gives_himself_no_other_role() {
    let site = Site::open().await;
    let mut security = site.sign_in(Role::SecurityAdmin).await;
    site.person("second", "", Role::SecurityAdmin, StaffKind::CivilServant).await;
    let own = "/admin/accounts/security_admin";
    let form = security.get(own).await.form(own).set("unit", crate::harness::HOTLINE).without("roles").force("roles", "reviewer");
    let page = security.submit(form).await;
    assert!(page.status == 422 && page.errors().iter().any(|words| words.contains("自己")), "{} {:?}", page.status, page.errors());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_into_a_case_that_was_erased() {
    let site = Site::open().await;
    let number = case_at(&site, Stage::Archived, &PLAIN).await;
    let case = site.case(&number);
    let mut citizen = site.browser();
    let form = citizen.get("/track").await.form("/track").set("number", &number).set("code", &site.app.query_code(case));
    let page = citizen.submit(form).await;
    let form = page.form("/track/unsolved").set("reason", "路灯又不亮了，请再来看看");
    let meta = || Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, site.app.ids.uuid());
    let person = domain::person::person_of_case(case);
    site.app.confirm_person(&meta(), person, vec![case]).await.unwrap();
    site.app.erase_person(&meta(), person, "本人书面申请").await.unwrap();
    site.settle().await;
    let page = citizen.submit_once(form).await;
    assert!(page.status == 422 && page.has("已依法删除"), "{} {}", page.status, page.text());
    assert!(site.app.log.keys_of(&case.stream()).await.unwrap().is_empty(), "no new key");
    let mut reviewer = site.sign_in(Role::Reviewer).await;
    for path in [of(&number), "/desk/worklist/ended".to_owned()] {
        let body = reviewer.get(&path).await.body;
        assert!(["王小明", "13800001234", "路灯", "幸福路 18 号", "线路"].iter().all(|words| !body.contains(words)), "{path}");
    }
}
