//! The same form twenty times at the same moment is one act.

use domain::account::Role;
use domain::case::Stage;

use super::{PLAIN, case_at, kinds, of, size, unnamed};
use crate::harness::{Browser, Form, Site};

/// Sends a form twenty times at once; all are answered as if they were the only one.
async fn at_once(browser: &Browser, form: &Form) {
    let sent: Vec<_> = (0..20)
        .map(|_| {
            let (mut browser, form) = (browser.clone(), form.clone());
            tokio::spawn(async move { browser.submit_once(form).await })
        })
        .collect();
    for one in sent {
        let answer = one.await.unwrap();
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_equal_forms_at_once_sign_approve_and_rate_once() {
    let site = Site::with(|settings| settings.workers = 4).await;
    for (stage, role, action) in [(Stage::Dispatched, Role::Liaison, "sign"), (Stage::UnitReview, Role::Head, "approve")] {
        let (number, twin) = (case_at(&site, stage, &PLAIN).await, case_at(&site, stage, &PLAIN).await);
        let mut browser = site.sign_in(role).await;
        let form = browser.get(&of(&number)).await.form(&format!("{}/{action}", of(&number)));
        at_once(&browser, &form).await;
        let once = browser.get(&of(&twin)).await.form(&format!("{}/{action}", of(&twin)));
        assert_eq!(browser.submit_once(once).await.status, 303);
        assert_eq!(kinds(&site, &number).await, kinds(&site, &twin).await, "{action}");
    }
    let numbers = [case_at(&site, Stage::CallBack, &PLAIN).await, case_at(&site, Stage::CallBack, &PLAIN).await];
    for (number, many) in numbers.iter().zip([true, false]) {
        let mut citizen = site.browser();
        let form = citizen.get("/track").await.form("/track").set("number", number).set("code", &site.app.query_code(site.case(number)));
        let page = citizen.submit(form).await;
        let form = page.form("/track/rate").set("grade", "5").set("comment", "很快就修好了");
        if many {
            at_once(&citizen, &form).await;
        } else {
            assert_eq!(citizen.submit_once(form).await.status, 303);
        }
    }
    assert_eq!(kinds(&site, &numbers[0]).await, kinds(&site, &numbers[1]).await, "rating");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_equal_filings_at_once_are_one_case() {
    let site = Site::with(|settings| settings.workers = 4).await;
    let mut grown = Vec::new();
    for many in [true, false] {
        let mut browser = site.browser();
        let page = unnamed(&mut browser).await;
        let form = page.form("/file/check");
        let before = size(&site).await;
        if many {
            at_once(&browser, &form).await;
        } else {
            assert_eq!(browser.submit_once(form).await.status, 303);
        }
        grown.push(size(&site).await - before);
    }
    assert_eq!(grown[0], grown[1], "events of twenty filings and of one");
}
