//! The year's assessment as people do it: open → points and honours → draft → the unit sees its sheet and objects → decision
//! → final → circular; and everything that may not happen on the way.

use std::io::Write as _;
use std::process::Command;

use application::{Actor, Meta};
use chrono::TimeDelta;
use domain::account::{Role, StaffKind};
use domain::assessment::{BodyState, Stage, YearState, body_stream, year_stream};
use domain::case::Stage as CaseStage;
use domain::ids::UnitCode;
use domain::ratio::Ratio;

use crate::harness::site::{COUNTY, COUNTY_BUREAU};
use crate::harness::{BUREAU, Browser, Page, Site};
use crate::security::{PLAIN, case_at};

const YEAR: &str = "/oversight/assessments/2026";
const SHEET: &str = "/oversight/assessments/2026/0101";

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

async fn year(site: &Site) -> YearState {
    site.app.stream_state::<YearState>(&year_stream(2026)).await.unwrap().unwrap()
}

async fn body(site: &Site, code: &str) -> BodyState {
    site.app.stream_state::<BodyState>(&body_stream(2026, &unit(code))).await.unwrap().unwrap_or_default()
}

/// Opens the year with the shipped scheme.
async fn opened(director: &mut Browser) -> Page {
    let page = director.get("/oversight/assessments/new").await;
    let form = page.form("/oversight/assessments/new").set("year", "2026").set("shipped", "generic");
    let page = director.submit(form.button("do", "open")).await;
    assert_eq!((page.status, page.path.as_str()), (200, YEAR), "{}", page.text());
    page
}

/// A case of the bureau, answered in time and called back as satisfied or not, or not called back yet.
async fn handled(site: &Site, satisfied: Option<bool>) {
    let stage = match satisfied {
        Some(true) => CaseStage::Archived,
        Some(false) => CaseStage::Judging,
        None => CaseStage::CallBack,
    };
    case_at(site, stage, &PLAIN).await;
}

/// Signed in, wherever that leads.
async fn signed_in(site: &Site, role: Role) -> Browser {
    site.account(role).await;
    let mut browser = site.browser();
    browser.sign_in(role.code(), crate::harness::PASSWORD).await;
    browser
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_goes_from_its_scheme_to_the_circular() {
    let site = Site::open().await;
    let mut director = site.sign_in(Role::Director).await;
    let mut leader = site.sign_in(Role::Leader).await;
    let mut liaison = site.sign_in(Role::Liaison).await;
    assert!(director.get("/oversight/assessments").await.has("还没有年度考评"));

    // A scheme with faults is told with its lines; what may not earn points is one of them.
    let bad = domain::rulebook::scheme::SHIPPED[0].1.replace("label = \"省级表彰\"", "label = \"领导批示\"");
    let page = director.get("/oversight/assessments/new").await;
    let page = director.submit_once(page.form("/oversight/assessments/new").set("text", &bad).button("do", "open")).await;
    assert!(page.status == 422 && page.has("减负") && page.title().starts_with("错误："), "{}", page.text());

    let page = opened(&mut director).await;
    assert!(page.has("采集评定") && page.has("试算得分") && page.has("西湾区人民政府") && page.has("generic@2026.1"), "{}", page.text());
    assert_eq!(year(&site).await.bodies.len(), 3, "two counties and one bureau");
    for satisfied in [Some(true), Some(true), Some(false), None] {
        handled(&site, satisfied).await;
    }
    site.settle().await;

    // The leader gives his marks, the director those that the scheme leaves to him.
    let page = leader.get(YEAR).await;
    assert!(page.offers(&format!("{YEAR}/mark")) && !page.offers(&format!("{YEAR}/draft")), "{}", page.text());
    let form = page.form(&format!("{YEAR}/mark")).set("item", "leaders").set("points", "0101,11\n").set("reason", "评分汇总表");
    let wrong = leader.submit_once(form).await;
    assert!(wrong.status == 422 && wrong.errors().iter().any(|error| error.contains("0 到 10")), "{}", wrong.text());
    let form = wrong.form(&format!("{YEAR}/mark")).set("points", "0101,9.5\n330502，8");
    let page = leader.submit(form).await;
    assert!(page.status == 200 && page.has("评定分已登记"), "{}", page.text());
    let page = director.get(YEAR).await;
    let form = page.form(&format!("{YEAR}/mark")).set("item", "public").set("points", "0101,13.25").set("reason", "评议报告");
    assert_eq!(director.submit(form).await.status, 200);

    // An honour, registered once; a mistake is taken back.
    let page = director.get(SHEET).await;
    let form = page.form(&format!("{SHEET}/honour")).set("code", "provincial").set("reference", "省发〔2026〕1号").set("words", "先进集体");
    let page = director.submit(form.clone()).await;
    assert!(page.has("先进集体") && page.has("试算，没有定"), "{}", page.text());
    director.submit(form).await;
    assert_eq!(body(&site, BUREAU).await.honours("provincial"), 1, "the same form sent twice");
    let form = page.form(&format!("{SHEET}/honour")).set("code", "national").set("reference", "登错了").set("words", "登错了");
    let page = director.submit(form).await;
    let at = page.body.find("id=\"withdraw2-reason\"").expect("the second can be taken back");
    assert!(at > 0);
    let form = page.form(&format!("{SHEET}/withdraw"));
    let page = director.submit(form.force("number", "2").force("reason", "登到了别的单位")).await;
    assert!(page.has("已撤销"), "{}", page.text());

    // Nobody outside the office sees anything before the draft.
    assert!(liaison.get("/desk/assessment").await.has("还没有本单位的得分明细"));
    assert_eq!(liaison.get("/desk/assessment/2026").await.status, 404);
    assert_eq!(liaison.get(YEAR).await.status, 403);

    let page = director.get(YEAR).await;
    let form = page.form(&format!("{YEAR}/draft"));
    let page = director.submit(form.clone()).await;
    assert!(page.has("征求意见") && page.has("初评得分") && !page.offers(&format!("{YEAR}/mark")), "{}", page.text());
    let before = site.app.log.head().await.unwrap().size;
    assert_eq!(director.submit_once(form).await.status, 303);
    assert_eq!(site.app.log.head().await.unwrap().size, before, "the same form sent twice");
    let state = year(&site).await;
    assert_eq!(state.stage, Stage::Drafted);

    // The unit sees its own sheet, each line with its formula, and objects.
    let list = liaison.get("/desk/assessment").await;
    assert!(list.has("可以提出异议"), "{}", list.text());
    let sheet = liaison.get("/desk/assessment/2026").await;
    assert!(
        sheet.status == 200 && sheet.has("按时办结率") && sheet.has("满分 10，评定得 9.50") && sheet.has("1 项，每项加 1 分"),
        "{}",
        sheet.text()
    );
    assert!(sheet.has("比率 2 ÷ 3 ＝ 66.67%"), "{}", sheet.text());
    let fact = sheet.links().into_iter().find(|(href, _)| href.contains("/desk/scorecard/0101/satisfied")).expect("leads to its facts");
    assert_eq!(fact.1, "5月 2/3");
    assert_eq!(liaison.get(&fact.0).await.status, 200);
    let form = sheet.form("/desk/assessment/2026/object").set("item", "satisfied");
    let wrong = liaison.submit_once(form).await;
    assert!(wrong.status == 422 && wrong.errors() == ["请填写理由"], "{}", wrong.text());
    let form = wrong.form("/desk/assessment/2026/object").set("words", "有一件是重复回访。");
    let page = liaison.submit(form.clone()).await;
    assert!(page.has("待裁定") && page.has("有一件是重复回访。"), "{}", page.text());
    liaison.submit(form).await;
    assert_eq!(body(&site, BUREAU).await.objections.len(), 1);

    // Not final while an objection waits, nor before the time is over.
    let refused = director.forge(&format!("{YEAR}/finalise"), &[]).await;
    assert!(refused.status == 422 && refused.has("没有裁定"), "{}", refused.text());
    let page = director.get(SHEET).await;
    let decide = format!("{SHEET}/decide");
    let form = page.form(&decide).set("outcome", "change").set("numerator", "4").set("denominator", "3").set("reason", "核实无误");
    let wrong = director.submit_once(form).await;
    assert!(wrong.status == 422 && wrong.has("不能多于"), "{}", wrong.text());
    let form = wrong.form(&decide).set("numerator", "2").set("denominator", "2");
    let page = director.submit(form).await;
    assert!(page.has("已更正") && page.has("比率 2 ÷ 2 ＝ 100.00%"), "{}", page.text());
    let refused = director.forge(&format!("{YEAR}/finalise"), &[]).await;
    assert!(refused.status == 422 && refused.has("期限还没有到"), "{}", refused.text());
    site.clock.advance(TimeDelta::days(10));
    let mut liaison = site.sign_in(Role::Liaison).await;
    let late = liaison.forge("/desk/assessment/2026/object", &[("item", "answered"), ("words", "迟到的异议")]).await;
    assert!(late.status >= 400 && late.has("期限已过"), "{} {}", late.status, late.text());
    let mut director = site.sign_in(Role::Director).await;
    let page = director.get(YEAR).await;
    let page = director.submit(page.form(&format!("{YEAR}/finalise"))).await;
    assert!(page.has("已定稿") && page.has("最后得分"), "{}", page.text());
    let last = body(&site, BUREAU).await;
    let lines = last.sheet.clone().unwrap().lines;
    assert_eq!(lines.iter().find(|line| line.item == "satisfied").unwrap().score, Ratio::decimal("15"));

    // Not before it is published does a unit see the others.
    assert_eq!(liaison.get("/desk/assessment/2026/circular").await.status, 404);
    let page = director.submit(page.form(&format!("{YEAR}/publish")).set("number", "清效办〔2026〕3号")).await;
    assert!(page.has("已通报"), "{}", page.text());
    let circular = liaison.get("/desk/assessment/2026/circular").await;
    assert!(
        circular.has("清效办〔2026〕3号") && circular.has("西湾区人民政府") && circular.has("更正 1 项、维持 0 项"),
        "{}",
        circular.text()
    );

    let docx = director.send("GET", &format!("{YEAR}/circular/docx"), &[], b"").await;
    assert!(docx.status == 200 && docx.header("content-type").unwrap().contains("wordprocessingml"));
    let csv = director.get(&format!("{YEAR}/lines/csv")).await;
    assert!(csv.status == 200 && csv.body.contains("市城市管理局,0101,indicators") && csv.body.lines().count() > 40, "{}", csv.body);
    assert_eq!(director.get(&format!("{YEAR}/lines/xlsx")).await.status, 200);
    assert_eq!(director.get(&format!("{YEAR}/lines/exe")).await.status, 404);
    let month = director.get(&format!("{YEAR}/month/5?group=departments")).await;
    assert!(month.has("2026年5月") && month.has("样本少，不算比率"), "{}", month.text());
    assert_eq!(director.get(&format!("{YEAR}/month/13")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_the_director_directs_and_no_unit_sees_another() {
    let site = Site::open().await;
    let mut director = site.sign_in(Role::Director).await;
    opened(&mut director).await;
    for role in [Role::Inspector, Role::Leader, Role::Supervisor] {
        let mut browser = signed_in(&site, role).await;
        let page = browser.get(YEAR).await;
        assert!(page.status == 200 && !page.offers(&format!("{YEAR}/draft")), "{role:?}");
        assert_eq!(browser.forge(&format!("{YEAR}/draft"), &[]).await.status, 403, "{role:?}");
        assert_eq!(browser.get("/oversight/assessments/new").await.status, 403, "{role:?}");
        let form = [("item", "public"), ("points", "0101,15"), ("reason", "x")];
        assert_eq!(browser.forge(&format!("{YEAR}/mark"), &form).await.status, 403, "{role:?} gives the director's points");
        assert_eq!(browser.forge(&format!("{SHEET}/honour"), &[("code", "national")]).await.status, 403, "{role:?}");
    }
    for role in [Role::Handler, Role::Reviewer, Role::SystemAdmin, Role::Auditor, Role::Evaluator] {
        let mut browser = signed_in(&site, role).await;
        for path in [YEAR, SHEET, "/desk/assessment", "/oversight/assessments/2026/circular/docx"] {
            assert_eq!(browser.get(path).await.status, 403, "{role:?} {path}");
        }
    }
    director.submit(director.clone().get(YEAR).await.form(&format!("{YEAR}/draft"))).await;
    let mut liaison = site.sign_in(Role::Liaison).await;
    for path in [YEAR, SHEET, "/oversight/assessments/2026/330502"] {
        assert_eq!(liaison.get(path).await.status, 403, "{path}");
    }
    assert!(!liaison.get("/desk/assessment/2026").await.has("西湾区"));
    // The county's own bureau takes no part: it has no sheet.
    let meta = Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, site.app.ids.uuid());
    let new = application::accounts::NewAccount {
        login: "county.bureau".to_owned(),
        name: "联络员乙".to_owned(),
        phone: String::new(),
        email: String::new(),
        unit: Some(unit(COUNTY_BUREAU)),
        staff: StaffKind::CivilServant,
        roles: vec![Role::Liaison],
    };
    let (_, done) = site.app.open_account(&meta, new, crate::harness::PASSWORD, false).await.unwrap();
    assert!(site.app.settled(done.seq).await);
    let mut other = site.browser();
    let page = other.get("/desk/sign-in").await;
    other.submit(page.form("/desk/sign-in").set("login", "county.bureau").set("password", crate::harness::PASSWORD)).await;
    assert_eq!(other.get("/desk/assessment/2026").await.status, 404);
    assert_eq!(other.forge("/desk/assessment/2026/object", &[("item", "answered"), ("words", "x")]).await.status, 404);
    assert_eq!(body(&site, COUNTY).await.objections.len(), 0);
    // A year opens once; another scheme for it is refused.
    let page = director.get("/oversight/assessments/new").await;
    let form = page.form("/oversight/assessments/new").set("year", "2026").set("shipped", "lianyungang-example");
    let again = director.submit_once(form.button("do", "open")).await;
    assert!(again.status >= 400 && year(&site).await.scheme().unwrap().id == "generic", "{}", again.status);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_was_cut_short_goes_on_with_the_same_result_and_the_clock_closes_it_once() {
    let site = Site::open().await;
    let mut director = site.sign_in(Role::Director).await;
    opened(&mut director).await;
    handled(&site, Some(true)).await;
    site.settle().await;
    director.submit(director.clone().get(YEAR).await.form(&format!("{YEAR}/draft"))).await;
    let (first, place) = (body(&site, BUREAU).await, year(&site).await.drafted.unwrap().1.cut_off);
    // What comes after the cut-off changes nothing, whoever asks again.
    handled(&site, Some(false)).await;
    site.settle().await;
    let reference = site.app.reference();
    let account = reference.account_by_login("director").unwrap();
    let staff = application::Staff { account: account.id, unit: account.unit.clone(), roles: account.roles.clone(), kind: account.staff };
    let meta = Meta::new(Actor::Staff(staff), site.app.ids.uuid());
    site.app.draft_assessment(&meta, 2026).await.unwrap();
    assert_eq!((body(&site, BUREAU).await.sheet, year(&site).await.drafted.unwrap().1.cut_off), (first.sheet, place));
    let stream = body_stream(2026, &unit(BUREAU));
    let due = first.drafted.unwrap().objections_until;
    site.clock.advance(TimeDelta::days(20));
    site.settle().await;
    let agenda = site.app.projections.views().agenda_until(site.app.now(), 10).unwrap();
    assert_eq!(agenda.iter().filter(|(_, name)| *name == stream).count(), 1);
    for _ in 0..2 {
        site.app.tick_stream(&site.app.job("supervision", site.app.ids.uuid()), &stream).await.unwrap();
    }
    let closed = site.app.log.read_stream(&stream).await.unwrap();
    let closed: Vec<_> = closed.iter().filter(|envelope| envelope.kind == "assessed_objections_closed").collect();
    assert_eq!((closed.len(), closed[0].occurred_at), (1, domain::time::micros(due)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_program_calculates_the_same_scores_to_the_last_digit() {
    let site = Site::open().await;
    let mut director = site.sign_in(Role::Director).await;
    opened(&mut director).await;
    for satisfied in [Some(true), Some(false), Some(true), None, None] {
        handled(&site, satisfied).await;
    }
    site.settle().await;
    let page = director.get(YEAR).await;
    let form = page.form(&format!("{YEAR}/mark")).set("item", "mutual").set("points", "0101,4.33").set("reason", "互评表");
    director.submit(form).await;
    director.submit(director.clone().get(YEAR).await.form(&format!("{YEAR}/draft"))).await;
    let lines = director.get(&format!("{YEAR}/lines/json")).await;
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    };
    use exchange::export::tables::Kind;
    let [facts, marks] = [("facts.json", Kind::Facts), ("marks.json", Kind::Marks)].map(|(name, kind)| {
        let path = dir.path().join(name);
        let file = std::fs::File::create(&path).unwrap();
        exchange::export::tables::export(&site.app, kind, None, exchange::export::sheet::Format::Json, file).unwrap();
        path
    });
    let scheme = write("scheme.toml", &year(&site).await.scheme);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../ops/scripts/recompute_assessment.py");
    let run = |lines: &std::path::Path| {
        Command::new("python3").arg(script).args([&scheme, &lines.to_path_buf(), &facts, &marks]).output().unwrap()
    };
    let good = run(&write("lines.json", &lines.body));
    let said = String::from_utf8_lossy(&good.stdout).into_owned() + &String::from_utf8_lossy(&good.stderr);
    assert!(good.status.success() && said.contains("3 bodies"), "{said}");
    // It finds a single wrong digit.
    let mut wrong: Vec<serde_json::Value> = serde_json::from_str(&lines.body).unwrap();
    let line = wrong.iter_mut().find(|line| line["numerator"] == 2 && line["denominator"] == 3).unwrap();
    line["numerator"] = 1.into();
    assert!(!run(&write("wrong.json", &serde_json::to_string(&wrong).unwrap())).status.success());
}
