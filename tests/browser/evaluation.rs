//! A public evaluation: planned, locked, opened, voted in on telephones, counted, read by a body and by everybody.

use crate::stage::{DESK, PHONE, Stage};

const LIST: &str = "/oversight/campaigns";
const TITLE: &str = "清源市机关作风公众评议（服务窗口）";

/// Makes codes; they stand in the file alone.
async fn codes(stage: &Stage, group: &str, count: &str) -> Vec<String> {
    stage.pick("group", group).await;
    stage.fill("count", count).await;
    let action = stage.action("/invite").await;
    let file = stage.fetch(&action, "/invite").await;
    stage.reload().await;
    file.lines().skip(1).filter_map(|line| Some(line.trim().split_once(',')?.1.to_owned())).collect()
}

/// Votes as a citizen does; the first body known gets an opinion.
async fn vote(stage: &Stage, code: &str, grades: &[(&str, &str)], opinion: &str, shots: bool) {
    stage.open("/vote").await;
    stage.fill("code", &code.to_lowercase()).await;
    stage.submit("/vote").await;
    if shots {
        stage.look("vote-known").await;
        stage.size(PHONE).await;
    }
    for (body, _) in grades {
        stage.choose("known", body).await;
    }
    stage.submit("/vote/ballot").await;
    if shots {
        stage.refused("/vote/grades", "需要改正").await;
        stage.look("vote-grades").await;
        stage.size(PHONE).await;
    }
    for (body, grade) in grades {
        stage.choose(&format!("grade-{body}"), grade).await;
    }
    if !opinion.is_empty() {
        stage.fill(&format!("opinion-{}", grades[0].0), opinion).await;
    }
    stage.submit("/vote/grades").await;
    if shots {
        stage.look("vote-check").await;
        stage.size(PHONE).await;
    }
    stage.submit("/vote/check").await;
    stage.sees("已经收下").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_evaluation_goes_from_the_plan_to_the_report() {
    let stage = Stage::set().await;
    let (today, later) = stage.days(14);

    stage.size(DESK).await;
    stage.sign_in("evaluator").await;
    // There is one ballot box: what the demo left open is closed first.
    stage.open(LIST).await;
    for open in stage.hrefs(&format!("{LIST}/")).await.iter().filter(|href| !href.ends_with("/new")) {
        stage.open(open).await;
        if stage.has("form[action$='/close']").await {
            stage.submit("/close").await;
            stage.sees("已截止").await;
        }
    }
    stage.open(&format!("{LIST}/new")).await;
    stage.look("campaign-new").await;
    stage.fill("title", TITLE).await;
    stage.fill("bodies", "市城市管理局\n市住房和城乡建设局\n市交通运输局").await;
    stage.fill("frame", "服务对象从近半年办件登记册随机抽取，居民从社区名册随机抽取。").await;
    stage.fill("weight-users", "60").await;
    stage.fill("size-users", "8").await;
    stage.fill("weight-residents", "40").await;
    stage.fill("size-residents", "6").await;
    stage.fill("least", "5").await;
    stage.set_in("/new", "from", &today).await;
    stage.set_in("/new", "until", &later).await;
    stage.submit("/new").await;
    stage.look("campaign-planned").await;
    let at = stage.path().await;
    let id = at.rsplit('/').next().unwrap().to_owned();
    stage.submit("/lock").await;
    stage.sees("请生成评议码").await;
    stage.look("campaign-locked").await;
    let users = codes(&stage, "users", "8").await;
    let residents = codes(&stage, "residents", "6").await;
    assert_eq!((users.len(), residents.len()), (8, 6), "{users:?} {residents:?}");
    stage.submit("/open").await;
    stage.sees("评议中").await;
    stage.sign_out().await;

    // Citizens, at 320 px; the second vote with one code is turned away.
    stage.size(PHONE).await;
    stage.open("/evaluation").await;
    stage.look("evaluations").await;
    stage.open(&format!("/evaluation/{id}")).await;
    stage.look("evaluation-open").await;
    stage.open("/vote").await;
    stage.look("vote").await;
    stage.size(PHONE).await;
    vote(&stage, &users[0], &[("0", "2"), ("1", "3")], "窗口的同志很耐心，就是排队时间长，希望多开一个窗口。", true).await;
    stage.look("vote-done").await;
    stage.size(PHONE).await;
    stage.open("/vote").await;
    stage.fill("code", &users[0]).await;
    stage.submit("/vote").await;
    stage.sees("已经投过票").await;
    stage.look("vote-again").await;
    stage.size(PHONE).await;
    for (index, code) in users.iter().enumerate().skip(1) {
        let opinion = if index == 3 { "电话经常没有人接，打到 13800001234 也不回。" } else { "" };
        vote(&stage, code, &[("0", ["1", "2", "3"][index % 3]), ("1", ["2", "4"][index % 2])], opinion, false).await;
    }
    for code in residents.iter().take(5) {
        vote(&stage, code, &[("0", "3"), ("2", "2")], "", false).await;
    }

    // Closed and counted; nobody saw results before.
    stage.size(DESK).await;
    stage.sign_in("evaluator").await;
    stage.open(&at).await;
    stage.sees("截止以前，任何人都看不到结果").await;
    stage.look("campaign-open").await;
    stage.submit("/close").await;
    stage.sees("得分最高").await;
    stage.look("campaign-closed").await;
    let rows = stage.fetch(&format!("{at}/ballots/csv"), "").await;
    assert_eq!(rows.lines().count(), 1 + 13, "every ballot is a row: {rows}");
    stage.sign_out().await;

    // The booklet of a body, masked.
    stage.sign_in("head").await;
    stage.open("/desk/opinions").await;
    stage.look("booklets").await;
    stage.open(&format!("/desk/opinions/{id}")).await;
    stage.sees("很耐心").await;
    assert!(!stage.text("body").await.contains("13800001234"), "numbers are hidden");
    stage.look("booklet").await;
    stage.sign_out().await;

    stage.sign_in("evaluator").await;
    stage.open(&at).await;
    stage.submit("/publish").await;
    stage.sees("已公布").await;
    stage.open(LIST).await;
    stage.look("campaigns").await;
    stage.sign_out().await;

    // The report for everybody: drawings with their table.
    stage.open(&format!("/evaluation/{id}")).await;
    stage.sees("得分最高").await;
    stage.unfold().await;
    stage.look("evaluation-report").await;
    assert!(stage.has(".chart svg").await || stage.has("svg.chart").await, "a drawing");
    assert!(stage.text("main").await.contains("72.00"), "with its table");
    stage.strike().await;
}
