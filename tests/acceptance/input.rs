//! Bad input, and what every page owes: a clear message that says what to do, the right status, nothing typed lost.

use std::time::Duration;

use chrono::TimeDelta;
use domain::account::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use web::door::Door;
use web::routes::ROUTES;

use crate::harness::{Browser, PASSWORD, Page, Site, logged};

const FORM: &str = "application/x-www-form-urlencoded";

/// A browser at the first question, and that page.
async fn at_first_question(site: &Site) -> (Browser, Page) {
    let mut browser = site.browser();
    let page = browser.get("/file/start").await;
    let page = browser.submit(page.form("/file/start")).await;
    (browser, page)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_of_twenty_megabytes_is_refused_with_413_before_it_is_read() {
    let site = Site::open().await;
    let (mut browser, page) = at_first_question(&site).await;
    let words = "很长".repeat(3_500_000);
    let page = browser.submit_once(page.form("/file/what").set("class", "help").set("words", &words)).await;
    assert_eq!(page.status, 413);
    assert!(page.has("一次最多提交 256 KB") && page.has("草稿"), "{}", page.text());
    // Without a length the body is counted while it comes.
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let head = format!("POST /file/what HTTP/1.1\r\nHost: {}\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n", site.address);
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000));
    for _ in 0..6 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    assert!(status(&mut stream).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_sent_a_byte_at_a_time_ends_with_408() {
    let site = Site::with(|settings| settings.slow_seconds = 1).await;
    let stream = TcpStream::connect(site.address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let head = format!("POST /file/what HTTP/1.1\r\nHost: {}\r\nContent-Type: {FORM}\r\nContent-Length: 100000\r\n\r\n", site.address);
    writer.write_all(head.as_bytes()).await.unwrap();
    let dripping = tokio::spawn(async move {
        while writer.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut answer = [0; 12];
    reader.read_exact(&mut answer).await.unwrap();
    dripping.abort();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_in_gb18030_is_refused_with_400_and_nothing_is_stored_broken() {
    let site = Site::open().await;
    let (mut browser, page) = at_first_question(&site).await;
    let csrf = page.form("/file/what").value("csrf");
    // 路灯 in GB18030, as a page of another encoding would send it, and as raw bytes.
    for body in [format!("csrf={csrf}&class=help&words=%C2%B7%B5%C6").into_bytes(), b"words=\xc2\xb7\xb5\xc6".to_vec()] {
        let answer = browser.send("POST", "/file/what", &[("Content-Type", FORM)], &body).await;
        assert_eq!(answer.status, 400);
        assert!(answer.has("编码") && answer.has("没有保存"), "{}", answer.text());
    }
    let answer = browser.send("POST", "/file/what", &[("Content-Type", "application/json")], b"{}").await;
    assert_eq!(answer.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_numbers_and_wrong_codes_give_the_same_404_and_then_429() {
    let site = Site::open().await;
    let number = site.file("下水道堵塞，污水流到路面上，请疏通。").await;
    let unknown = site.app.ids.number();
    let mut browser = site.browser();
    let form = browser.get("/track").await.form("/track");
    let empty = browser.submit(&form).await;
    assert_eq!((empty.status, empty.errors().len()), (422, 2));
    let wrong_code = browser.submit(form.clone().set("number", &number).set("code", "AAAA BBBB CCCC DDDD")).await;
    let wrong_number = browser.submit(form.clone().set("number", &unknown).set("code", "AAAA BBBB CCCC DDDD")).await;
    let no_number = browser.submit(form.clone().set("number", "没有").set("code", "AAAA BBBB CCCC DDDD")).await;
    assert_eq!((wrong_code.status, wrong_number.status, no_number.status), (404, 404, 404));
    assert_eq!(wrong_code.errors(), wrong_number.errors());
    assert!(wrong_code.form("/track").value("number") == number && wrong_code.form("/track").value("code").is_empty());
    // After some guesses one waits, even with the right code.
    let code = site.app.query_code(site.case(&number));
    for _ in 0..4 {
        browser.submit(form.clone().set("number", &number).set("code", "AAAA BBBB CCCC DDDD")).await;
    }
    let page = browser.submit(form.clone().set("number", &number).set("code", &code)).await;
    assert_eq!(page.status, 429);
    let wait: i64 = page.header("retry-after").unwrap().parse().unwrap();
    assert!(wait > 0 && page.has("再试"), "{}", page.text());
    site.clock.advance(TimeDelta::seconds(wait + 1));
    assert_eq!(browser.submit(form.set("number", &number).set("code", &code)).await.path, "/track/case");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_filings_and_look_ups_from_one_address_wait_with_429() {
    let site = Site::with(|settings| (settings.filings_per_minute, settings.lookups_per_minute) = (1, 1)).await;
    let mut browser = site.browser();
    let form = browser.get("/track").await.form("/track").set("number", "3K7Q-29XD-MA6").set("code", "x");
    assert_eq!(browser.submit(&form).await.status, 404);
    let page = browser.submit(&form).await;
    assert!(page.status == 429 && page.header("retry-after").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_without_its_token_or_from_another_site_is_refused_and_kept() {
    let site = Site::open().await;
    let (mut browser, page) = at_first_question(&site).await;
    let form = page.form("/file/what").set("class", "help").set("words", "这段文字不能丢，路灯坏了三天。");
    // another site
    let (kind, body) = form.encoded();
    for (name, value) in [("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")] {
        let answer = browser.send("POST", "/file/what", &[("Content-Type", &kind), (name, value)], &body).await;
        assert_eq!(answer.status, 403, "{name}: {value}");
        assert!(answer.header("set-cookie").is_none(), "nothing of another site's form is kept");
    }
    // no token, a wrong one, and the token of another browser
    let other = at_first_question(&site).await.1.form("/file/what").value("csrf");
    for forged in [form.clone().without("csrf"), form.clone().force("csrf", "00"), form.clone().force("csrf", &other)] {
        let answer = browser.submit_once(forged).await;
        assert_eq!(answer.status, 403);
        assert!(answer.has("页面已过期") && answer.links().iter().any(|(_, text)| text == "继续填写"), "{}", answer.text());
        // what was typed is there when the page is opened again, once
        let page = browser.get("/file/what").await;
        assert_eq!(page.form("/file/what").value("words"), "这段文字不能丢，路灯坏了三天。");
        assert_eq!(browser.get("/file/what").await.form("/file/what").value("words"), "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_long_to_be_kept_is_shown_to_be_copied() {
    let site = Site::open().await;
    let (mut browser, page) = at_first_question(&site).await;
    // Text that no compression shortens much, with what would end the box that shows it.
    let mut seed = 7_u32;
    let words: String = (0..6_000)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x4e00 + (seed >> 12) % 20_000).unwrap()
        })
        .collect();
    let form = page.form("/file/what").without("csrf").set("class", "help").set("words", &format!("{words}</textarea>"));
    let answer = browser.submit_once(form).await;
    assert!(answer.status == 403 && answer.has("页面已过期") && answer.has("没能保存"), "{}", answer.text());
    assert!(answer.body.contains(&words) && !answer.body.contains(&format!("{words}</textarea>")) && !answer.has("已保存为草稿"));
    assert_eq!(browser.get("/file/what").await.form("/file/what").value("words"), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_an_earlier_sign_in_says_so_and_is_kept() {
    let site = Site::open().await;
    let mut operator = site.sign_in(Role::Operator).await;
    let form = operator.get("/desk/file").await.form("/desk/file").set("words", "桥上的护栏断了一截。");
    // The same browser's other page signed out and in again.
    operator.cookies.remove("s");
    operator.sign_in("operator", PASSWORD).await;
    let answer = operator.submit_once(form).await;
    assert!(answer.status == 403 && answer.has("上一次登录时打开") && answer.has("已保存为草稿"), "{}", answer.text());
    assert!(!answer.has("您的角色没有"), "{}", answer.text());
    assert_eq!(operator.get("/desk/file").await.form("/desk/file").value("words"), "桥上的护栏断了一截。");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_lost_its_cookies_is_told_so_and_starts_anew() {
    let site = Site::open().await;
    let (browser, page) = at_first_question(&site).await;
    let mut fresh = site.browser();
    fresh.cookies.extend(browser.cookies.get("v").map(|value| ("v".to_owned(), value.clone())));
    let page = fresh.submit(page.form("/file/what").set("class", "help").set("words", "桥上的护栏断了一截，很危险。")).await;
    assert_eq!(page.path, "/file/start");
    assert!(page.has("没有找到填写中的草稿"), "{}", page.text());
    let page = fresh.submit(page.form("/file/start")).await;
    assert_eq!(page.form("/file/what").value("words"), "桥上的护栏断了一截，很危险。");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_pages_and_methods_have_pages_of_their_own() {
    let site = Site::open().await;
    let mut browser = site.browser();
    for path in ["/nowhere", "/public/cases/xyz", "/assets/none.css", "/public/cases/3K7Q-29XD-MA6"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.has("找不到"), "{path}: {}", page.text());
    }
    assert_eq!(browser.get("/track/rate").await.status, 405);
    assert_eq!(browser.send("DELETE", "/", &[], b"").await.status, 405);
    assert_eq!(browser.send("HEAD", "/", &[], b"").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_carries_the_security_headers_and_no_script_or_style_of_its_own() {
    let site = Site::open().await;
    let mut browser = site.browser();
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        let path: Vec<&str> = route.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        let page = browser.send("GET", &path.join("/"), &[], b"").await;
        assert!(page.status < 500, "{}: {}", route.path, page.status);
        assert_eq!(route.door == Door::Public, page.header("location").is_none_or(|to| !to.starts_with("/desk/sign-in")), "{}", route.path);
        for (name, part) in [
            ("content-security-policy", "default-src 'self'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert!(page.header(name).is_some_and(|value| value.contains(part)), "{} lacks {name}", route.path);
        }
        assert_eq!(page.header("cache-control"), Some("no-store"), "{}", route.path);
        assert!(!page.body.contains(" style=") && !page.body.contains(" onclick="), "{}", route.path);
        for (_, cookie) in page.headers.iter().filter(|(name, _)| name == "set-cookie") {
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_tls_cookies_belong_to_this_host_alone() {
    let site = Site::with(|settings| settings.tls = true).await;
    let page = site.browser().get("/file/start").await;
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-") && cookie.contains("Secure"), "{cookie}");
    assert!(page.header("strict-transport-security").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_reaches_the_operating_log() {
    // given a filing with marks that stand nowhere else, looked up wrongly and rightly
    let site = Site::open().await;
    let (mut browser, page) = at_first_question(&site).await;
    let words = "马甲巷口的窨井盖破损三天了，晚上很危险。";
    let page = browser.submit(page.form("/file/what").set("class", "help").set("words", words)).await;
    let page = browser.submit(page.form("/file/where").set("district", "330502").set("place", "马甲巷口独一处")).await;
    let page = browser.submit(page.form("/file/wish").set("wish", "换窨井盖独一份")).await;
    let page = browser.submit(page.form("/file/privacy").set("anonymous", "no").set("confidential", "no").set("publish", "no")).await;
    let page = browser
        .submit(page.form("/file/contact").set("name", "独孤独一").set("phone", "13711112222").set("email", "duyi@example.cn"))
        .await;
    let page = browser.submit(page.form("/file/check")).await;
    assert_eq!(page.path, "/file/receipt");
    browser.get("/nowhere?q=独孤独一13711112222").await;
    let form = browser.get("/track").await.form("/track");
    browser.submit(form.set("number", "3K7Q-29XD-MA6").set("code", "独孤独一")).await;
    site.settle().await;
    // then no line of the program holds any of them
    let lines = logged();
    assert!(!lines.is_empty(), "the log was captured");
    for mark in ["马甲巷", "独一", "13711112222", "duyi@"] {
        let line = lines.lines().find(|line| line.contains(mark));
        assert!(line.is_none(), "{mark} stands in the log: {line:?}");
    }
}

async fn status(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(count) = stream.read(&mut buffer).await {
        if count == 0 || answer.len() > 64 {
            break;
        }
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}
