//! People whose requests land now on one node, now on the other.

use std::time::{Duration, Instant};

use projections::{At, Bucket, CaseRow, HolderKey, Sort, Views, WorklistFilter, WorklistQuery};
use tests::client::Client;
use tests::filing::{Ready, explore, sign_in, track};
use tests::html::form_to;
use tests::nodes::City;
use tests::server::{Server, UNLIMITED, run as command, text};

/// How long something may take to reach the other node before it counts as not arriving.
const PATIENCE: Duration = Duration::from_secs(120);
/// A unit of every generated city that has a liaison.
const UNIT: &str = "QY-CG";

/// Asks again and again until the answer is as expected.
async fn until(client: &mut Client, path: &str, good: impl Fn(u16, &str) -> bool) {
    let started = Instant::now();
    loop {
        let answer = client.get(path).await.unwrap();
        if good(answer.status, &answer.text()) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{path} still answers {} {}\n{}", answer.status, answer.location(), answer.text());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A browser with the same cookies at another node.
fn at(client: &Client, server: &Server) -> Client {
    let mut other = Client::new(server.address);
    other.cookies.clone_from(&client.cookies);
    other
}

/// A case that has ended, with a title.
fn ended(city: &City) -> CaseRow {
    let query = WorklistQuery {
        holder: HolderKey::Hotline,
        bucket: Bucket::Ended,
        sort: Sort::FiledNewest,
        filter: WorklistFilter { hide_wrongdoing: true, ..WorklistFilter::default() },
        at: At::First,
        limit: 50,
    };
    let rows = Views::open(&city.node(1)).unwrap().worklist(&query).unwrap().rows;
    rows.into_iter().find(|row| row.title.chars().count() >= 6 && !row.confidential && !row.wrongdoing).expect("an ended case")
}

/// The search for these words.
fn search(words: &str) -> String {
    format!("/desk/search?q={}", words.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>())
}

async fn two_nodes(dir: &std::path::Path) -> (City, Server, Server) {
    let city = City::make(dir, 60, 3, 60, 20).unwrap();
    city.add(2).unwrap();
    let first = city.start(1, UNLIMITED).await.unwrap();
    let second = city.start(2, UNLIMITED).await.unwrap();
    (city, first, second)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_begun_on_one_node_goes_on_on_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let (_city, first, second) = two_nodes(dir.path()).await;
    // A citizen files on the first node and reads the receipt on the second.
    let (_, mut ready) = explore(first.address).await.unwrap();
    assert!(ready.submit().await.unwrap());
    ready.client.move_to(second.address);
    let receipt = Ready::receipt_of(&mut ready.client).await.unwrap();
    // A dispatcher signs in on the first node, works on the second, and sees it on the first at once.
    let mut one = sign_in(first.address, "dispatcher").await.unwrap();
    let path = format!("/desk/case/{}", receipt.number);
    let mut other = at(&one, &second);
    until(&mut other, &path, |status, _| status == 200).await;
    let page = other.get(&path).await.unwrap().text();
    let form = form_to(&page, &format!("{path}/dispatch")).expect("the form to dispatch with");
    let fields = form.with(&[("suggestion", "other"), ("unit", UNIT), ("reason", "属于市容环境管理职责"), ("do", "dispatch")]);
    let answer = other.post(&format!("{path}/dispatch"), &fields).await.unwrap();
    assert_eq!((answer.status, answer.location()), (303, path.as_str()), "{}", answer.text());
    one.cookies.clone_from(&other.cookies);
    let page = one.get(&path).await.unwrap();
    assert!(page.status == 200 && page.text().contains("待签收"), "the redirect may land on the other node: {}", page.text());
    // The citizen follows it on the second node.
    let mut citizen = track(second.address, &receipt).await.unwrap();
    until(&mut citizen, "/track/case", |status, _| status == 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ended_on_one_node_is_gone_on_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let (city, first, second) = two_nodes(dir.path()).await;
    let turned_away = |status: u16, _: &str| status == 303;
    // Signing out on the first node ends the session on the second.
    let mut one = sign_in(first.address, "operator").await.unwrap();
    let mut other = at(&one, &second);
    until(&mut other, "/desk", |status, _| status == 200).await;
    let page = one.get("/desk").await.unwrap().text();
    let form = form_to(&page, "/desk/sign-out").unwrap();
    assert_eq!(one.post("/desk/sign-out", &form.with(&[])).await.unwrap().status, 303);
    until(&mut other, "/desk", turned_away).await;
    // Disabling an account on the first node shuts it out of the second.
    let mut staff = sign_in(second.address, "reviewer").await.unwrap();
    until(&mut staff, "/desk", |status, _| status == 200).await;
    let mut admin = sign_in(first.address, "secadmin").await.unwrap();
    let page = admin.get("/admin/accounts/reviewer").await.unwrap().text();
    let form = form_to(&page, "/admin/accounts/reviewer/disable").expect("the form to disable with");
    let answer = admin.post("/admin/accounts/reviewer/disable", &form.with(&[("reason", "离岗")])).await.unwrap();
    assert_eq!(answer.status, 303, "{}", answer.text());
    until(&mut staff, "/desk", turned_away).await;
    // Erasing a person beside the first node takes the words from pages and search of both.
    let case = ended(&city);
    let path = format!("/desk/case/{}", case.number);
    let mut readers = Vec::new();
    for server in [&first, &second] {
        let mut reader = sign_in(server.address, "dispatcher").await.unwrap();
        until(&mut reader, &search(&case.title), |status, text| status == 200 && text.contains(&path)).await;
        assert!(reader.get(&path).await.unwrap().text().contains(&case.title));
        readers.push(reader);
    }
    let (data, log) = (city.node(1), city.log.clone());
    let place = ["--data", text(&data), "--log", text(&log), "--actor", "test", "--reason", "本人申请删除"];
    command(&[&["erase", case.number.as_str()][..], &place].concat()).unwrap();
    for reader in &mut readers {
        until(reader, &path, |status, text| status == 200 && !text.contains(&case.title)).await;
        until(reader, &search(&case.title), |status, text| status == 200 && !text.contains(&path)).await;
    }
    // A node that is added afterwards never learns them.
    city.add(3).unwrap();
    let third = city.start(3, UNLIMITED).await.unwrap();
    let mut reader = sign_in(third.address, "dispatcher").await.unwrap();
    let page = reader.get(&path).await.unwrap();
    assert!(page.status == 200 && !page.text().contains(&case.title), "{}", page.text());
}
