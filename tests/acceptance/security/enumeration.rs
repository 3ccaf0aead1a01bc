//! Guessing: nothing tells a number or an account that exists from one that does not, and guessing wears out the
//! guesser, not the one who is guessed at.

use domain::account::Role;
use domain::case::Stage;

use super::{PLAIN, case_at};
use crate::harness::{Browser, PASSWORD, Page, Site, percent};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

async fn try_sign_in(browser: &mut Browser, csrf: &str, login: &str, password: &str, from: &str) -> Page {
    let body = format!("csrf={csrf}&login={}&password={}", percent(login), percent(password));
    browser.send("POST", "/desk/sign-in", &[FORM, ("X-Forwarded-For", from)], body.as_bytes()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_number_and_a_wrong_code_give_answers_of_the_same_length() {
    let site = Site::open().await;
    let known = case_at(&site, Stage::Filed, &PLAIN).await;
    let unknown = site.app.ids.number();
    let mut answers = Vec::new();
    for number in [&known, &unknown] {
        for code in ["AAAABBBBCCCCDDDD", "PP9D4QMPT14CKCR2"] {
            let mut browser = site.browser();
            let form = browser.get("/track").await.form("/track").set("number", number).set("code", code);
            let page = browser.submit_once(form).await;
            let cookies: Vec<usize> = page.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.len()).collect();
            answers.push((page.status, page.body.len(), cookies));
        }
    }
    assert!(answers.iter().all(|answer| answer.0 == 404 && *answer == answers[0]), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_account_and_a_wrong_password_give_answers_of_the_same_length() {
    let site = Site::open().await;
    site.account(Role::Liaison).await;
    let mut answers = Vec::new();
    for login in ["liaison", "nobodyx"] {
        let mut browser = site.browser();
        let csrf = browser.get("/desk/sign-in").await.form("/desk/sign-in").value("csrf");
        for _ in 0..6 {
            let page = try_sign_in(&mut browser, &csrf, login, "不是这个密码呀", "-").await;
            answers.push((login, page.status, page.body.len()));
        }
    }
    let (known, unknown) = answers.split_at(6);
    assert!(known.iter().zip(unknown).all(|(a, b)| (a.1, a.2) == (b.1, b.2)), "{answers:?}");
    assert_eq!((known[0].1, known[5].1), (422, 429));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_who_guesses_keeps_neither_the_holder_nor_the_petitioner_out() {
    // given the page behind a proxy on the same machine
    let site = Site::open().await;
    site.account(Role::Liaison).await;
    let number = case_at(&site, Stage::Filed, &PLAIN).await;
    let (mut stranger, mut holder) = (site.browser(), site.browser());
    let csrf = stranger.get("/desk/sign-in").await.form("/desk/sign-in").value("csrf");
    for n in 0..7 {
        let page = try_sign_in(&mut stranger, &csrf, "liaison", "不是这个密码呀", "6.6.6.6").await;
        assert_eq!(page.status, if n < 5 { 422 } else { 429 });
        let body = format!("csrf={csrf}&number={number}&code=AAAABBBBCCCCDDDD");
        let page = stranger.send("POST", "/track", &[FORM, ("X-Forwarded-For", "9.9.9.9, 6.6.6.6")], body.as_bytes()).await;
        assert_eq!(page.status, if n < 5 { 404 } else { 429 });
    }
    // A forged hop in front does not make another address of it.
    assert_eq!(try_sign_in(&mut stranger, &csrf, "liaison", PASSWORD, "1.2.3.4, 6.6.6.6").await.status, 429);
    let csrf = holder.get("/desk/sign-in").await.form("/desk/sign-in").value("csrf");
    let body = format!("csrf={csrf}&number={number}&code={}", site.app.query_code(site.case(&number)));
    assert_eq!(holder.send("POST", "/track", &[FORM, ("X-Forwarded-For", "1.2.3.4")], body.as_bytes()).await.status, 303);
    assert_eq!(try_sign_in(&mut holder, &csrf, "liaison", PASSWORD, "1.2.3.4").await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hop_is_not_believed_when_it_comes_from_no_proxy_of_ours() {
    let site = Site::with(|settings| settings.trusted_proxies = vec!["10.9.9.9".parse().unwrap()]).await;
    let mut stranger = site.browser();
    let csrf = stranger.get("/desk/sign-in").await.form("/desk/sign-in").value("csrf");
    for n in 0..7 {
        let page = try_sign_in(&mut stranger, &csrf, "liaison", "不是这个密码呀", &format!("6.6.6.{n}")).await;
        assert_eq!(page.status, if n < 5 { 422 } else { 429 });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_sent_at_the_same_moment_are_counted_all() {
    let site = Site::with(|settings| settings.workers = 2).await;
    site.account(Role::Liaison).await;
    let mut browser = site.browser();
    let csrf = browser.get("/desk/sign-in").await.form("/desk/sign-in").value("csrf");
    let tries: Vec<_> = (0..20)
        .map(|n| {
            let (mut browser, csrf) = (browser.clone(), csrf.clone());
            tokio::spawn(async move { try_sign_in(&mut browser, &csrf, "liaison", &format!("不是这个密码{n}"), "-").await.status })
        })
        .collect();
    let mut judged = 0;
    for one in tries {
        let status = one.await.unwrap();
        assert!(matches!(status, 422 | 429), "{status}");
        judged += usize::from(status == 422);
    }
    assert_eq!(judged, 5, "no more passwords are looked at than one after the other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_telephone_number_that_is_looked_for_stands_in_no_address() {
    let site = Site::open().await;
    let number = case_at(&site, Stage::Filed, &PLAIN).await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    let form = dispatcher.get("/desk/search").await.form("/desk/search");
    let page = dispatcher.submit(form.clone().set("q", PLAIN.phone)).await;
    assert_eq!((page.status, page.path.as_str()), (200, "/desk/search"));
    assert!(page.links().iter().any(|(href, _)| *href == format!("/desk/case/{number}")), "{}", page.text());
    assert!(page.links().iter().all(|(href, _)| !href.contains(PLAIN.phone)), "{:?}", page.links());
    // Words have an address that can be handed on.
    let page = dispatcher.submit(form.set("q", "路灯")).await;
    assert!(page.path.starts_with("/desk/search?q=%"), "{}", page.path);
    assert!(page.links().iter().any(|(href, _)| *href == format!("/desk/case/{number}")), "{}", page.text());
}
