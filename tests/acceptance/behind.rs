//! A node whose views are behind: it waits a moment for what this browser did on another node, and says how old its pages are.

use std::time::Duration;

use domain::account::Role;
use event_log::{Append, Expected, NewEvent};
use uuid::Uuid;

use crate::harness::{Browser, Site};

const UNSEEN: &str = "刚才的操作已保存，本页还没有显示出来";
const STALE: &str = "查询数据更新有延迟";

/// What another node gives to a browser whose act is recorded at this place of the log.
async fn acted_elsewhere(site: &Site, browser: &mut Browser, ahead: u64) {
    let seq = site.app.log.head().await.unwrap().size + ahead;
    browser.cookies.insert("n".to_owned(), site.app.vault.seal_token("seen", &seq.to_be_bytes()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_waits_for_what_this_browser_did_on_another_node_and_says_when_it_cannot_show_it() {
    let site = Site::open().await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    // given an act whose event comes to this node only while the page is asked for
    acted_elsewhere(&site, &mut dispatcher, 1).await;
    let (page, number) = tokio::join!(dispatcher.get("/desk/worklist/filed"), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        site.file("小区北门的路灯连续五天不亮，请尽快维修。").await
    });
    // then the page shows it
    let shown = domain::codes::parse_public_number(&number).unwrap();
    assert!(page.links().iter().any(|(href, _)| href.ends_with(&shown)), "{}", page.text());
    assert!(!page.has(UNSEEN) && !page.has(STALE));
    // given one that does not come, then the page says so and nothing waits for ever
    acted_elsewhere(&site, &mut dispatcher, 1_000).await;
    let page = dispatcher.get("/desk/worklist/filed").await;
    assert!(page.status == 200 && page.has(UNSEEN), "{}", page.text());
    // given a cookie that this site never made, then nothing waits
    dispatcher.cookies.insert("n".to_owned(), "999999999".to_owned());
    assert!(!dispatcher.get("/desk/worklist/filed").await.has(UNSEEN));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_views_that_stopped_say_how_old_they_are_and_filing_goes_on() {
    let site = Site::open().await;
    assert_eq!(site.app.projections.health().behind, Duration::ZERO);
    // given an event that this program does not know
    let case = Uuid::from_u128(7);
    let event = NewEvent {
        id: Uuid::from_u128(8),
        kind: "case_of_the_future".to_owned(),
        version: 1,
        occurred_at: domain::time::micros(site.app.now()),
        actor: "cli:test@test".to_owned(),
        on_behalf: None,
        cause: None,
        rulebook: None,
        data: b"{}".to_vec(),
        sealed: Vec::new(),
    };
    let append = Append { stream: format!("case-{case}"), expected: Expected::NoStream, events: vec![event], keys: Vec::new() };
    site.app.log.append(append).await.unwrap();
    // when the views have stopped before it for some seconds
    let asked = std::time::Instant::now();
    while site.app.projections.behind() < Duration::from_secs(5) {
        assert!(asked.elapsed() < Duration::from_secs(60), "the views do not stop");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // then every page says so, and readiness can tell
    let page = site.browser().get("/public").await;
    assert!(page.status == 200 && page.has(STALE), "{}", page.text());
    assert!(!site.app.projections.health().is_good() && site.app.projections.health().behind >= Duration::from_secs(5));
}
