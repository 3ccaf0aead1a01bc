//! Forms of other sites, of other sessions and without a token, on every route that takes forms.

use std::collections::BTreeMap;

use domain::account::Role;
use domain::case::Stage;
use web::door::Door;
use web::routes::ROUTES;

use super::{PLAIN, case_at, size};
use crate::harness::{BUREAU, Browser, Site};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

async fn token(browser: &mut Browser) -> String {
    if browser.cookies.contains_key("s") {
        return browser.get("/desk/password").await.form("/desk/password").value("csrf");
    }
    browser.get("/track").await.form("/track").value("csrf")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_form_of_another_site_or_session_does_anything_on_any_route() {
    let site = Site::open().await;
    let number = case_at(&site, Stage::Filed, &PLAIN).await;
    let origin = format!("http://{}", site.address);
    let mut people: BTreeMap<Option<Role>, (Browser, String)> = BTreeMap::new();
    let mut stranger = site.browser();
    let strange = token(&mut stranger).await;
    for route in ROUTES.iter().filter(|route| route.method != "GET") {
        let role = match route.door {
            Door::Public => None,
            Door::Staff => Some(Role::Dispatcher),
            Door::Roles(roles) if roles.contains(&Role::Dispatcher) => Some(Role::Dispatcher),
            Door::Roles(roles) => Some(roles[0]),
        };
        let known = people.get(&role).cloned();
        let (browser, right) = match known {
            Some(known) => known,
            None => {
                let mut browser = match role {
                    Some(role) => site.sign_in(role).await,
                    None => site.browser(),
                };
                let token = token(&mut browser).await;
                people.insert(role, (browser.clone(), token.clone()));
                (browser, token)
            }
        };
        let path = route.path.replace("{number}", &number).replace("{action}", "accept").replace("{login}", "dispatcher");
        let path = path.replace("{code}", BUREAU).replace("{id}", "00000000-0000-0000-0000-000000000000");
        let before = size(&site).await;
        let cut = &right[..right.len() - 2];
        let changed = format!("{}{}", cut, if right.ends_with("00") { "01" } else { "00" });
        let zeros = "0".repeat(right.len());
        for (what, csrf, name, value) in [
            ("no token", "", "Origin", origin.as_str()),
            ("half a token", cut, "Origin", &origin),
            ("a changed token", &changed, "Origin", &origin),
            ("zeros", &zeros, "Origin", &origin),
            ("the token of a stranger", &strange, "Origin", &origin),
            ("another site", &right, "Origin", "https://evil.example"),
            ("a site with our name in front", &right, "Origin", &format!("{origin}.evil.example")),
            ("a sandboxed frame", &right, "Origin", "null"),
            ("no origin at all", &right, "Sec-Fetch-Site", "cross-site"),
            ("a neighbour", &right, "Sec-Fetch-Site", "same-site"),
        ] {
            let body = format!("csrf={csrf}&reason=x&do=confirm&login=dispatcher&password=x&number={number}&code=x");
            let answer = browser.clone().send("POST", &path, &[FORM, (name, value)], body.as_bytes()).await;
            assert_eq!(answer.status, 403, "{path}: {what}: {}", answer.text());
        }
        // The right token in a browser that has no cookies.
        let body = format!("csrf={right}&reason=x");
        assert_eq!(site.browser().send("POST", &path, &[FORM, ("Origin", &origin)], body.as_bytes()).await.status, 403, "{path}");
        // And what is asked for as a page does nothing.
        let answer = browser.clone().send("GET", &format!("{path}?{body}"), &[], b"").await;
        assert!(answer.status < 500, "{path}: {}", answer.status);
        assert_eq!(size(&site).await, before, "{path} did something");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_looks_different_in_every_answer_and_each_of_them_is_good() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let first = browser.get("/track").await.form("/track");
    let second = browser.get("/track").await.form("/track");
    assert!(first.value("csrf") != second.value("csrf") && first.value("csrf").len() == second.value("csrf").len());
    for form in [first, second] {
        assert_eq!(browser.submit(form).await.status, 422, "it is read and found incomplete");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_tls_a_form_from_the_plain_site_is_a_form_of_another_site() {
    let site = Site::with(|settings| settings.tls = true).await;
    let mut browser = site.browser();
    let csrf = browser.get("/track").await.form("/track").value("csrf");
    let body = format!("csrf={csrf}");
    for (scheme, status) in [("http", 403), ("https", 422)] {
        let origin = format!("{scheme}://{}", site.address);
        assert_eq!(browser.send("POST", "/track", &[FORM, ("Origin", &origin)], body.as_bytes()).await.status, status, "{scheme}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sends_large_files_through_a_door_that_is_shut_for_him() {
    let site = Site::open().await;
    let body = vec![b'a'; 300 * 1024];
    let mut operator = site.sign_in(Role::Operator).await;
    let mut nobody = site.browser();
    for route in ROUTES.iter().filter(|route| route.method == "UPLOAD") {
        for browser in [&mut nobody, &mut operator] {
            assert_eq!(browser.send("POST", route.path, &[FORM], &body).await.status, 413, "{}", route.path);
        }
    }
}
