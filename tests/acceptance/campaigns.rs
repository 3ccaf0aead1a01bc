//! A public evaluation from plan to report, as the people do it who run it, vote in it and read it.

use std::collections::HashMap;

use chrono::TimeDelta;
use domain::account::Role;
use domain::campaign::{Campaign, CampaignId};
use uuid::Uuid;

use crate::harness::{Browser, Page, Site, logged};

const LIST: &str = "/oversight/campaigns";
const TITLE: &str = "清源二〇二六年度机关效能公众评议";

/// Plans a campaign of three bodies for users and residents; its id.
async fn planned(site: &Site, staff: &mut Browser, sizes: [u64; 2]) -> String {
    let page = staff.get(&format!("{LIST}/new")).await;
    let form = page
        .form(&format!("{LIST}/new"))
        .set("title", TITLE)
        .set("bodies", "市城市管理局\n330502\n东城区人民政府")
        .set("frame", "服务对象从办件登记册随机抽取，居民从社区名册随机抽取。")
        .set("weight-users", "60")
        .set("size-users", &sizes[0].to_string())
        .set("weight-residents", "40")
        .set("size-residents", &sizes[1].to_string())
        .set("least", "5")
        .set("from", "2026-05-06")
        .set("until", "2026-05-20")
        .set("number", "清评 1 表")
        .set("maker", "清源市效能办");
    let page = staff.submit(form).await;
    assert_eq!((page.status, page.heading().as_str()), (200, TITLE), "{}", page.text());
    site.settle().await;
    page.path.rsplit('/').next().unwrap().to_owned()
}

pub(crate) fn at(id: &str) -> String {
    format!("{LIST}/{id}")
}

/// Presses the button of the next step.
pub(crate) async fn step(staff: &mut Browser, id: &str, action: &str) -> Page {
    let page = staff.get(&at(id)).await;
    staff.submit(page.form(&format!("{}/{action}", at(id)))).await
}

/// Makes codes; they stand in the file that is answered, and nowhere else.
async fn codes(staff: &mut Browser, id: &str, group: &str, count: usize) -> Vec<String> {
    let page = staff.get(&at(id)).await;
    let form = page.form(&format!("{}/invite", at(id))).set("group", group).set("count", &count.to_string());
    let file = staff.submit_once(form.clone()).await;
    assert_eq!(file.status, 200, "{}", file.text());
    assert!(file.header("content-disposition").unwrap().starts_with("attachment"));
    let codes: Vec<String> = file.body.lines().skip(1).filter_map(|line| Some(line.trim().split_once(',')?.1.to_owned())).collect();
    assert_eq!(codes.len(), count);
    // Sent again, the form makes nothing.
    assert_eq!(staff.submit_once(form).await.status, 409);
    codes
}

/// An open campaign with codes of both groups.
pub(crate) async fn opened(site: &Site, staff: &mut Browser, sizes: [usize; 2]) -> (String, Vec<String>, Vec<String>) {
    let id = planned(site, staff, sizes.map(|n| n as u64)).await;
    step(staff, &id, "lock").await;
    let users = codes(staff, &id, "users", sizes[0]).await;
    let residents = codes(staff, &id, "residents", sizes[1]).await;
    let page = step(staff, &id, "open").await;
    assert!(page.has("评议中"), "{}", page.text());
    site.settle().await;
    (id, users, residents)
}

/// Goes as far as the last page of a ballot: `grades` are the values by place of the body.
async fn filled(voter: &mut Browser, code: &str, grades: &[(usize, &str)], opinion: &str) -> Page {
    let page = voter.get("/vote").await;
    let page = voter.submit(page.form("/vote").set("code", code)).await;
    assert_eq!(page.path, "/vote/ballot", "{}", page.text());
    let mut form = page.form("/vote/ballot");
    for (body, _) in grades {
        form = form.set("known", &body.to_string());
    }
    let page = voter.submit(form).await;
    assert_eq!(page.path, "/vote/grades", "{}", page.text());
    let mut form = page.form("/vote/grades");
    for (body, grade) in grades {
        form = form.set(&format!("grade-{body}"), grade);
    }
    if !opinion.is_empty() {
        form = form.set(&format!("opinion-{}", grades[0].0), opinion);
    }
    let page = voter.submit(form).await;
    assert_eq!(page.path, "/vote/check", "{}", page.text());
    page
}

pub(crate) async fn vote(site: &Site, code: &str, grades: &[(usize, &str)], opinion: &str) {
    let mut voter = site.browser();
    let page = filled(&mut voter, code, grades, opinion).await;
    let done = voter.submit(page.form("/vote/check")).await;
    assert!(done.path == "/vote/done" && done.has("已经收下"), "{} {}", done.path, done.text());
    // Only the browser's own id is left.
    assert!(voter.cookies.keys().all(|name| name == "v"), "{:?}", voter.cookies.keys());
}

async fn state(site: &Site, id: &str) -> Campaign {
    site.app.stream_state::<Campaign>(&format!("campaign-{id}")).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_goes_from_plan_to_report() {
    let site = Site::open().await;
    let mut staff = site.sign_in(Role::Evaluator).await;
    let mut director = site.sign_in(Role::Director).await;
    let mut head = site.sign_in(Role::Head).await;
    let mut citizen = site.browser();
    let id = planned(&site, &mut staff, [20, 10]).await;
    // Before the lock nobody else sees it, and nothing but the lock can be done.
    assert_eq!(director.get(&at(&id)).await.status, 404);
    assert_eq!(citizen.get(&format!("/evaluation/{id}")).await.status, 404);
    assert!(!citizen.get("/evaluation").await.has(TITLE) && !director.get(LIST).await.has(TITLE));
    let lock = staff.get(&at(&id)).await.form(&format!("{}/lock", at(&id)));
    assert_eq!(staff.submit_once(lock.clone()).await.status, 303);
    assert_eq!(staff.submit_once(lock).await.status, 303, "the same form again is the same act");
    site.settle().await;
    // Frame, sizes and weights are public before anybody votes (H5), with the header of the form (H12).
    let notice = citizen.get(&format!("/evaluation/{id}")).await;
    for words in [TITLE, "服务对象从办件登记册随机抽取", "清评 1 表", "60", "西湾区人民政府", "方案已锁定"] {
        assert!(notice.has(words), "{words}: {}", notice.text());
    }
    // Without codes it does not open.
    let refused = step(&mut staff, &id, "open").await;
    assert_eq!(refused.status, 422);
    assert!(refused.errors()[0].contains("还没有生成评议码"), "{:?}", refused.errors());
    let users = codes(&mut staff, &id, "users", 20).await;
    let residents = codes(&mut staff, &id, "residents", 10).await;
    let page = staff.get(&at(&id)).await;
    assert!(!page.offers(&format!("{}/invite", at(&id))), "all codes of the plan are made");
    // A code works only after the opening.
    let form = citizen.get("/vote").await.form("/vote").set("code", &users[0]);
    assert!(citizen.submit(form).await.errors()[0].contains("现在不在评议期内"));
    step(&mut staff, &id, "open").await;
    site.settle().await;

    for (n, code) in users.iter().take(10).enumerate() {
        let opinion = if n < 2 { "窗口的王建国科长很耐心，电话13800001234也打得通。" } else { "" };
        vote(&site, &code.to_lowercase(), &[(0, "1"), (1, if n % 2 == 0 { "2" } else { "4" })], opinion).await;
    }
    for code in residents.iter().take(5) {
        vote(&site, code, &[(0, "3")], "").await;
    }
    // A used code, a wrong one, an empty one.
    let form = citizen.get("/vote").await.form("/vote");
    let used = citizen.submit(form.clone().set("code", &users[0])).await;
    assert_eq!((used.status, used.heading().as_str()), (409, "这个评议码已经投过票"));
    let wrong = citizen.submit(form.clone().set("code", "7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZ")).await;
    assert!(wrong.status == 422 && wrong.errors()[0].contains("没有这个评议码"), "{}", wrong.text());
    assert_eq!(citizen.submit(form.set("code", "")).await.status, 422);

    // Those who run it see how many came back, nobody sees results; the director sees not even that.
    let page = staff.get(&at(&id)).await;
    assert!(page.has("50.0") && page.has("截止以前，任何人都看不到结果"), "{}", page.text());
    assert!(!page.has("得分最高"));
    let page = director.get(&at(&id)).await;
    assert!(page.status == 200 && !page.has("回收率") && !page.has("得分最高"), "{}", page.text());
    assert_eq!(head.get(&format!("/desk/opinions/{id}")).await.status, 404);
    assert_eq!(staff.get(&format!("{}/ballots/csv", at(&id))).await.status, 404);
    assert_eq!(staff.get(&format!("{}/ballots/results", at(&id))).await.status, 404);

    let closing = staff.get(&at(&id)).await.form(&format!("{}/close", at(&id)));
    assert_eq!(staff.submit_once(closing.clone()).await.status, 303);
    assert_eq!(staff.submit_once(closing).await.status, 303);
    site.settle().await;
    // Users 10 x 100, residents 5 x 60: 0.6 x 100 + 0.4 x 60 = 84. West district: users only, 5 x 80 and 5 x 30 = 55.
    for browser in [&mut staff, &mut director] {
        let page = browser.get(&at(&id)).await;
        assert!(page.has("84.00") && page.has("55.00") && page.has("样本不足"), "{}", page.text());
        assert!(page.has("城乡居民的有效票不足 5 张，未计入"), "{}", page.text());
    }
    assert_eq!(director.get(&format!("{}/ballots/csv", at(&id))).await.status, 403);
    let closed = state(&site, &id).await;
    assert_eq!(closed.ballots(), 15);

    // The booklet: own unit alone, masked, small cells hidden.
    let page = head.get("/desk/opinions").await;
    let booklet = head.get(&page.link(TITLE)).await;
    assert!(booklet.has("84.00") && booklet.has("很耐心") && booklet.has("某某科长") && booklet.has("号码已隐去"), "{}", booklet.text());
    assert!(!booklet.has("王建国") && !booklet.has("13800001234") && !booklet.has("西湾区"), "{}", booklet.text());

    // Not public before it is published.
    assert!(!citizen.get(&format!("/evaluation/{id}")).await.has("84.00"));
    step(&mut staff, &id, "publish").await;
    site.settle().await;
    let report = citizen.get(&format!("/evaluation/{id}")).await;
    assert!(report.has("84.00") && report.has("55.00"), "{}", report.text());
    assert!(report.body.contains("<svg") && report.has("查看数据表") && !report.has("很耐心"), "a drawing with its table, no opinions");

    exports(&mut staff, &id, 15).await;
}

/// The rows of the export are the ballots, and a program of its own computes the published scores from them.
async fn exports(staff: &mut Browser, id: &str, ballots: usize) {
    let dir = tempfile::tempdir().unwrap();
    for (format, rows) in [("csv", ballots), ("results", 3), ("codebook", 2 + 3 + 7 + 1)] {
        let file = staff.get(&format!("{}/ballots/{format}", at(id))).await;
        assert_eq!(file.body.lines().count() - 1, rows, "{format}: {}", file.body);
        std::fs::write(dir.path().join(format!("{format}.csv")), &file.body).unwrap();
    }
    assert!(staff.get(&format!("{}/ballots/xlsx", at(id))).await.body.starts_with("PK"));
    let json: serde_json::Value = serde_json::from_str(&staff.get(&format!("{}/ballots/json", at(id))).await.body).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(ballots));
    assert_eq!(staff.get(&format!("{}/ballots/pdf", at(id))).await.status, 404);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../ops/scripts/recompute_campaign.py");
    let files = ["csv", "codebook", "results"].map(|name| dir.path().join(format!("{name}.csv")));
    match std::process::Command::new("python3").arg(script).args(files).output() {
        Ok(output) => {
            let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success() && said.contains("3 bodies agree"), "{said}");
        }
        Err(error) => eprintln!("python3 is not here ({error}): the scores were not computed a second time"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_parallel_ballots_with_one_code_are_one_and_going_back_works() {
    let site = Site::with(|settings| settings.workers = 4).await;
    let mut staff = site.sign_in(Role::Evaluator).await;
    let (id, users, _) = opened(&site, &mut staff, [3, 3]).await;
    let mut voter = site.browser();
    let page = filled(&mut voter, &users[0], &[(0, "2")], "").await;
    assert!(page.has("市城市管理局") && page.has("满意"));
    // Back, another choice, forward again.
    let back = voter.get("/vote/ballot").await;
    assert_eq!(back.form("/vote/ballot").value("known"), "0", "what was chosen is kept");
    let page = voter.submit(back.form("/vote/ballot").set("known", "2")).await;
    let incomplete = voter.submit(page.form("/vote/grades")).await;
    assert_eq!(incomplete.status, 422, "the second body has no grade yet");
    assert!(incomplete.errors()[0].contains("东城区人民政府"));
    let page = voter.submit(incomplete.form("/vote/grades").set("grade-0", "2").set("grade-2", "0")).await;
    let form = page.form("/vote/check");
    let sent: Vec<_> = (0..50)
        .map(|_| {
            let (mut voter, form) = (voter.clone(), form.clone());
            tokio::spawn(async move { voter.submit_once(form).await })
        })
        .collect();
    let mut answers: HashMap<u16, usize> = HashMap::new();
    for one in sent {
        *answers.entry(one.await.unwrap().status).or_default() += 1;
    }
    assert_eq!(answers, HashMap::from([(303, 1), (409, 49)]));
    // Two browsers that both began with one code.
    let (mut first, mut second) = (site.browser(), site.browser());
    let (one, two) = (filled(&mut first, &users[1], &[(0, "1")], "").await, filled(&mut second, &users[1], &[(0, "5")], "").await);
    assert_eq!(first.submit(one.form("/vote/check")).await.path, "/vote/done");
    assert_eq!(second.submit(two.form("/vote/check")).await.heading(), "这个评议码已经投过票");
    // Without a code there is no ballot; after the last day there is none either.
    assert_eq!(site.browser().get("/vote/check").await.path, "/vote");
    let mut late = site.browser();
    let page = filled(&mut late, &users[2], &[(0, "1")], "").await;
    site.clock.advance(TimeDelta::days(14));
    assert_eq!(late.submit(page.form("/vote/check")).await.path, "/vote", "two hours are over");
    site.clock.advance(TimeDelta::days(1));
    let page = late.get("/vote").await;
    assert!(late.submit(page.form("/vote").set("code", &users[2])).await.errors()[0].contains("现在不在评议期内"));
    let mut staff = site.sign_in(Role::Evaluator).await;
    step(&mut staff, &id, "close").await;
    assert_eq!(state(&site, &id).await.ballots(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_codes_is_slowed_down() {
    let site = Site::open().await;
    let mut staff = site.sign_in(Role::Evaluator).await;
    let (_, users, _) = opened(&site, &mut staff, [2, 2]).await;
    let mut guesser = site.browser();
    let form = guesser.get("/vote").await.form("/vote").set("code", "7ZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZ");
    for _ in 0..50 {
        assert_eq!(guesser.submit_once(form.clone()).await.status, 422);
    }
    assert_eq!(guesser.submit_once(form.clone()).await.status, 429);
    site.clock.advance(TimeDelta::minutes(2));
    assert_eq!(guesser.submit_once(form.set("code", &users[0])).await.status, 303);
}

/// Closing stops, starts again and stops again at every step: the ballots are in the log once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closing_that_broke_off_goes_on_and_ends_once() {
    let site = Site::open().await;
    let mut staff = site.sign_in(Role::Evaluator).await;
    let (id, users, _) = opened(&site, &mut staff, [4, 2]).await;
    for code in users.iter().take(3) {
        vote(&site, code, &[(0, "1"), (1, "2")], "周末也能办。").await;
    }
    let campaign = CampaignId(Uuid::try_parse(&id).unwrap());
    // Broken off after the box was shut.
    site.app.ballots.shut(campaign.0).await.unwrap();
    let mut voter = site.browser();
    let page = filled(&mut voter, &users[3], &[(0, "5")], "").await;
    assert_eq!(voter.submit_once(page.form("/vote/check")).await.status, 409);
    // Broken off when the first batch was written but the campaign was not closed: written as the next try will write it.
    let before = site.app.ballots.content(campaign.0).await.unwrap();
    step(&mut staff, &id, "close").await;
    let closed = state(&site, &id).await;
    assert_eq!((closed.ballots(), closed.closed.as_ref().unwrap().batches), (3, 1));
    assert_eq!(before.ballots.len(), 3);
    assert!(site.app.ballots.content(campaign.0).await.is_err(), "the box is empty");
    // Again, by another form: nothing more happens.
    let size = site.app.log.head().await.unwrap().size;
    let account = site.app.reference().account_by_login(Role::Evaluator.code()).unwrap().id;
    let again = application::Meta::new(
        application::Actor::Staff(application::Staff {
            account,
            unit: None,
            roles: vec![Role::Evaluator],
            kind: domain::account::StaffKind::CivilServant,
        }),
        Uuid::from_u128(9),
    );
    assert_eq!(site.app.close_campaign(&again, campaign).await.unwrap().events, 0);
    assert_eq!(site.app.log.head().await.unwrap().size, size);
    // A second campaign finds the box empty.
    let (second, _, _) = opened(&site, &mut staff, [2, 2]).await;
    assert_ne!(second, id);
}

/// Somebody who knows in which order people voted, with which code, and has the master key, the log, the views, a copy of the
/// box, its file and everything that was ever logged, tries to tell who voted what.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_can_tell_from_what_is_kept_who_voted_what() {
    const VOTES: usize = 150;
    let site = Site::open().await;
    let mut staff = site.sign_in(Role::Evaluator).await;
    let (id, users, _) = opened(&site, &mut staff, [VOTES + 5, 2]).await;
    // Every ballot has a mark of its own: three bodies with an opinion that tells the number of the vote.
    for (n, code) in users.iter().take(VOTES).enumerate() {
        vote(&site, code, &[(0, "1"), (1, "2"), (2, "3")], &format!("意见之 {n:04} 号")).await;
    }
    let campaign = CampaignId(Uuid::try_parse(&id).unwrap());
    let dir = site.app.ballots.path().parent().unwrap().to_owned();
    // The box at rest, and a backup of it: ballots in the order of the file, opened with the key.
    site.app.ballots.mix().await.unwrap();
    let copy = dir.join("backup.db");
    site.app.ballots.copy_to(&copy).await.unwrap();
    for file in [site.app.ballots.path().to_owned(), copy] {
        let bytes = std::fs::read(&file).unwrap();
        let connection = rusqlite::Connection::open(&file).unwrap();
        let mut statement = connection.prepare("SELECT sealed FROM opinion").unwrap();
        let sealed: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut places: Vec<(usize, f64)> =
            sealed.iter().map(|sealed| (find(&bytes, sealed.as_bytes()).unwrap(), number(&open(&site, sealed)))).collect();
        places.sort_by_key(|(place, _)| *place);
        let order: Vec<f64> = places.into_iter().map(|(_, number)| number).collect();
        assert_eq!(order.len(), VOTES);
        assert!(by_chance(&order), "{file:?} keeps the order of voting");
        assert!(connection.prepare("SELECT rowid FROM ballot").is_err(), "there is no row number");
    }
    step(&mut staff, &id, "close").await;
    site.settle().await;
    // The log: the opinions in their order.
    let mut order = Vec::new();
    let batches = state(&site, &id).await.closed.unwrap().opinions[0].batches;
    for batch in 0..batches {
        let opened = site.app.open_supervision::<domain::campaign::ballot::Batch>(&campaign.opinions(0, batch), |_| true).await.unwrap();
        for entry in &opened.entries {
            if let domain::campaign::ballot::BallotEvent::Opinions(recorded) = &entry.event {
                order.extend(recorded.texts.iter().map(|text| number(text.text())));
            }
        }
    }
    assert_eq!(order.len(), VOTES);
    assert!(by_chance(&order), "the log keeps the order of voting");
    // Neither codes nor their hashes are left anywhere, nor a word of an opinion in the clear.
    let log = logged();
    for name in [
        "ballots.db",
        "ballots.db-wal",
        "log.db",
        "log.db-wal",
        "views.db",
        "views.db-wal",
        "search.db",
        "search.db-wal",
        "audit.db",
        "audit.db-wal",
    ] {
        let bytes = std::fs::read(dir.join(name)).unwrap_or_default();
        for (n, code) in users.iter().take(VOTES).enumerate().step_by(40) {
            let plain = domain::codes::parse_ballot_code(code).unwrap();
            let hash = site.app.vault.mac("ballot code", plain.as_bytes());
            for trace in [code.as_bytes(), plain.as_bytes(), &hash, format!("意见之 {n:04} 号").as_bytes()] {
                assert_eq!(find(&bytes, trace), None, "{name}");
            }
        }
    }
    for code in &users {
        assert!(!log.contains(code.as_str()) && !log.contains(&domain::codes::parse_ballot_code(code).unwrap()));
    }
    assert!(!log.contains("意见之 0"));
}

fn open(site: &Site, sealed: &str) -> String {
    String::from_utf8(site.app.vault.open_token("opinion", sealed).unwrap()).unwrap()
}

fn number(opinion: &str) -> f64 {
    opinion.trim_start_matches("意见之 ").trim_end_matches(" 号").parse().unwrap()
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    let first = *part.first()?;
    let mut at = 0;
    while let Some(next) = bytes.get(at..)?.iter().position(|byte| *byte == first) {
        if bytes[at + next..].starts_with(part) {
            return Some(at + next);
        }
        at += next + 1;
    }
    None
}

/// Rank correlation, ascents and the number of ballots at their own place are those of a random order (five sigma).
fn by_chance(order: &[f64]) -> bool {
    let n = order.len() as f64;
    let mean = (n - 1.0) / 2.0;
    let covariance: f64 = order.iter().enumerate().map(|(place, vote)| (place as f64 - mean) * (vote - mean)).sum();
    let correlation = covariance / ((n * n - 1.0) * n / 12.0);
    let ascents = order.windows(2).filter(|pair| pair[1] > pair[0]).count() as f64;
    let at_home = order.iter().enumerate().filter(|(place, vote)| (*place as f64 - **vote).abs() < 0.5).count();
    correlation.abs() < 5.0 / n.sqrt() && (ascents - mean).abs() < 5.0 * ((n + 1.0) / 12.0).sqrt() && at_home <= 8
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_that_never_was_opened_can_be_ended_when_its_days_are_over() {
    let site = Site::open().await;
    let mut staff = site.sign_in(Role::Evaluator).await;
    let id = planned(&site, &mut staff, [2, 2]).await;
    step(&mut staff, &id, "lock").await;
    let codes = codes(&mut staff, &id, "users", 2).await;
    assert!(!staff.get(&at(&id)).await.offers(&format!("{}/close", at(&id))));
    site.clock.advance(TimeDelta::days(15));
    let mut staff = site.sign_in(Role::Evaluator).await;
    let page = step(&mut staff, &id, "close").await;
    assert!(page.has("已截止") && page.has("样本不足"), "{}", page.text());
    assert!(site.app.ballots.content(CampaignId(Uuid::try_parse(&id).unwrap()).0).await.is_err(), "the box is free");
    let mut voter = site.browser();
    let form = voter.get("/vote").await.form("/vote").set("code", &codes[0]);
    assert!(voter.submit(form).await.errors()[0].contains("没有这个评议码"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_must_be_refused_is_refused() {
    let site = Site::open().await;
    let mut staff = site.sign_in(Role::Evaluator).await;
    // A plan with faults comes back with what was typed.
    let page = staff.get(&format!("{LIST}/new")).await;
    let form =
        page.form(&format!("{LIST}/new")).set("title", "试").set("bodies", "没有这个局").set("weight-users", "90").set("size-users", "10");
    let page = staff.submit(form).await;
    assert_eq!(page.status, 422);
    assert!(page.errors().iter().any(|error| error.contains("没有这个局")), "{:?}", page.errors());
    let again = page.form(&format!("{LIST}/new"));
    assert_eq!(again.value("title"), "试");
    let page = staff
        .submit(again.set("bodies", "0101").set("frame", "抽样").set("from", "2026-05-06").set("until", "2026-05-05").set("least", "3"))
        .await;
    let errors = page.errors().join("；");
    assert!(errors.contains("合计应当是 100") && errors.contains("截止日期不能早于") && errors.contains("5 到 10000"), "{errors}");

    let (id, ..) = opened(&site, &mut staff, [4, 2]).await;
    let open_again = staff.get(&at(&id)).await.form(&format!("{}/close", at(&id)));
    for (action, status) in [("open", 409), ("lock", 409), ("publish", 409), ("nothing", 404)] {
        let mut form = open_again.clone().without("form_id");
        form.action = format!("{}/{action}", at(&id));
        let page = staff.submit_once(form).await;
        assert_eq!(page.status, status, "{action}");
        assert!(!page.has("您填写的内容已保留"), "nothing was typed: {}", page.text());
    }
    // Other roles find no door; a leader sees the plan and has no button.
    for role in [Role::Head, Role::Inspector, Role::SystemAdmin] {
        let mut other = site.sign_in(role).await;
        assert_eq!(other.send("GET", &at(&id), &[], b"").await.status, 403, "{role:?}");
    }
    let mut leader = site.sign_in(Role::Leader).await;
    let page = leader.get(&at(&id)).await;
    assert!(page.status == 200 && !page.offers(&format!("{}/close", at(&id))) && !page.offers(&format!("{}/invite", at(&id))));
    // Nobody comes to the grades without a code.
    let mut voter = site.browser();
    assert_eq!(voter.get("/vote/grades").await.path, "/vote");
}
