//! The route table and its doors: who is let in where, for every route that there is.

use chrono::TimeDelta;
use domain::account::Role;
use web::door::Door;
use web::routes::ROUTES;

use crate::harness::Site;

/// A path of a route with something in the place of its parts.
fn filled(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reaches_a_page_of_staff_without_signing_in() {
    let site = Site::open().await;
    for route in ROUTES.iter().filter(|route| route.door != Door::Public) {
        let mut browser = site.browser();
        let path = filled(route.path);
        if route.method == "GET" {
            let page = browser.get(&path).await;
            assert!(page.path.starts_with("/desk/sign-in?next="), "{path}: {}", page.path);
        } else {
            let page = browser.send("POST", &path, &[("Content-Type", "application/x-www-form-urlencoded")], b"reason=x").await;
            assert_eq!(page.status, 403, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_finds_its_own_doors_open_and_all_others_shut() {
    let site = Site::open().await;
    for role in Role::ALL {
        let mut browser = site.sign_in(role).await;
        for route in ROUTES.iter().filter(|route| route.method == "GET") {
            let Door::Roles(roles) = route.door else { continue };
            let page = browser.send("GET", &filled(route.path), &[], b"").await;
            assert_eq!(page.status == 403, !roles.contains(&role), "{role:?} at {}: {} {}", route.path, page.status, page.heading());
            assert!(page.status < 500, "{role:?} at {}: {}", route.path, page.status);
        }
        // What the navigation offers can be opened.
        let home = browser.get("/desk").await;
        for (href, words) in home.links().into_iter().filter(|(href, _)| href.starts_with("/desk") || href.starts_with("/admin")) {
            let page = browser.get(&href).await;
            assert_eq!(page.status, 200, "{role:?}: {words} leads to {href}: {}", page.text());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_another_role_is_refused_even_with_a_token() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::Operator).await;
    let sign_out = browser.get("/desk").await.form("/desk/sign-out");
    for route in ROUTES.iter().filter(|route| route.method != "GET") {
        let Door::Roles(roles) = route.door else { continue };
        if roles.contains(&Role::Operator) {
            continue;
        }
        let mut form = sign_out.clone().force("reason", "x");
        form.action = filled(route.path);
        assert_eq!(browser.submit_once(&form).await.status, 403, "{}", route.path);
        let upload = form.attach("file", "units.csv", "代码,名称\n".as_bytes());
        assert_eq!(browser.submit_once(&upload).await.status, 403, "{}", route.path);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_after_half_an_hour_and_by_signing_out() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::Dispatcher).await;
    let home = browser.get("/desk").await;
    let mut thief = browser.clone();
    let page = browser.submit(home.form("/desk/sign-out")).await;
    assert!(page.status == 200 && page.path.starts_with("/desk/sign-in"), "{} {}", page.status, page.path);
    site.settle().await;
    assert!(thief.get("/desk").await.path.starts_with("/desk/sign-in"), "the cookie of an ended session is dead");
    let mut idle = site.sign_in(Role::Dispatcher).await;
    site.clock.advance(TimeDelta::minutes(29));
    assert_eq!(idle.get("/desk").await.path, "/desk");
    site.clock.advance(TimeDelta::minutes(29));
    assert_eq!(idle.get("/desk").await.path, "/desk", "using it keeps it alive");
    site.clock.advance(TimeDelta::minutes(31));
    assert!(idle.get("/desk").await.path.starts_with("/desk/sign-in"));
}
