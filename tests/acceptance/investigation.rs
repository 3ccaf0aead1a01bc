//! A complaint about the efficiency of a unit (效能投诉件): from the citizen to the answer and the unit's adoption, round
//! the unit complained of.

use application::{Actor, Meta};
use chrono::TimeDelta;
use domain::account::{Role, StaffKind};
use domain::ids::UnitCode;
use domain::investigation::Investigation;
use domain::mark::MarkKind;
use domain::time::from_micros;
use projections::StreamRow;
use web::routes::ROUTES;

use crate::harness::{BUREAU, Browser, CITY, HOTLINE, Page, Site};

/// Words that nobody of the unit ever finds.
pub(crate) const PLANTED: [&str; 5] = ["材料交齐四十天", "钱投诉", "13900001111", "周窗口", "回执编号七七"];
/// The name of the second inspector.
const SECOND: &str = "效能督查员inspector2";
const TALK: &str = "承认压了卷宗";
const REPORT: &str = "超期十二天属实";
const REASONS: &str = "系统记录一致";
const ADVICE: &str = "请完善超期提醒并批评教育";
const ANSWER: &str = "您反映的超期办理部分属实";

/// The people of one city.
struct Office {
    first: Browser,
    second: Browser,
    director: Browser,
}

async fn office(site: &Site) -> Office {
    Office {
        first: site.sign_in(Role::Inspector).await,
        second: site.person("inspector2", HOTLINE, Role::Inspector, StaffKind::CivilServant).await,
        director: site.sign_in(Role::Director).await,
    }
}

/// A citizen's complaint about the bureau; the browser, the receipt.
pub(crate) async fn complain(site: &Site, named: bool) -> (Browser, Page) {
    let mut citizen = site.browser();
    let page = citizen.get("/complaint").await;
    assert!(page.has("12388") && page.has("5 个工作日"), "{}", page.text());
    let page = citizen.get("/complaint/new").await;
    assert!(page.has("不答复结果"), "said before anything is filed");
    let form = page
        .form("/complaint/new")
        .set("unit", "市城市管理局")
        .set("system", "time_limit")
        .set("words", "材料交齐四十天没有结果")
        .set("when", "2026年3月")
        .set("evidence", "回执编号七七")
        .set("official", "周窗口")
        .set("who", if named { "named" } else { "anonymous" });
    let form = if named { form.set("name", "钱投诉").set("phone", "139 0000 1111") } else { form };
    let receipt = citizen.submit(form).await;
    assert_eq!((receipt.status, receipt.path.as_str()), (200, "/complaint/receipt"), "{}", receipt.text());
    (citizen, receipt)
}

/// The newest investigation.
pub(crate) fn newest(site: &Site) -> StreamRow<Investigation> {
    site.app.projections.views().streams::<Investigation>(None, 1).unwrap().remove(0)
}

fn path(row: &StreamRow<Investigation>) -> String {
    format!("/oversight/investigations/{}", row.name.strip_prefix("investigation-").unwrap())
}

async fn account(site: &Site, login: &str) -> String {
    site.app.reference().account_by_login(login).unwrap().id.0.to_string()
}

async fn act(browser: &mut Browser, at: &str, action: &str, fill: impl FnOnce(crate::harness::Form) -> crate::harness::Form) -> Page {
    let page = browser.get(at).await;
    browser.submit(fill(page.form(&format!("{at}/{action}")))).await
}

async fn assign(site: &Site, director: &mut Browser, at: &str, first: &str, second: &str) -> Page {
    let (first, second) = (account(site, first).await, account(site, second).await);
    act(director, at, "assign", |form| form.set("first", &first).set("second", &second)).await
}

/// Interview, report, signature.
async fn look_into(first: &mut Browser, second: &mut Browser, at: &str) {
    let page = act(first, at, "interview", |form| {
        form.set("held", "2026-05-06T09:30").set("place", "三楼会议室").set("who", "周窗口").set("record", TALK)
    })
    .await;
    assert!(page.status == 200 && page.has(TALK), "{}", page.text());
    let page = act(first, at, "report", |form| form.set("finding", "partly").set("report_words", REPORT)).await;
    assert!(page.status == 200 && page.has("待会签") && !page.offers(&format!("{at}/sign")), "{}", page.text());
    let page = act(second, at, "sign", |form| form).await;
    assert!(page.status == 200 && page.has("待结论"), "{}", page.text());
}

async fn conclude(director: &mut Browser, at: &str, finding: &str) -> Page {
    act(director, at, "conclude", |form| {
        form.set("finding", finding).set("conclude_words", REASONS).set("advice", "improve").set("recommendation", ADVICE)
    })
    .await
}

async fn follow(site: &Site, receipt: &Page) -> (Browser, Page) {
    let row = newest(site);
    let id = domain::ids::InvestigationId::from_stream(&row.name).unwrap();
    let code = site.app.complaint_code(id);
    assert!(receipt.text().replace([' ', '\n'], "").contains(&code) || receipt.has(&code[..4]), "{}", receipt.text());
    let mut citizen = site.browser();
    let form = citizen.get("/complaint/track").await.form("/complaint/track").set("number", &row.state.number).set("code", &code);
    let page = citizen.submit(form).await;
    assert_eq!(page.path, "/complaint/case", "{}", page.text());
    (citizen, page)
}

/// Everything that these browsers can open, and what a search for the words gives, is free of these words.
async fn nothing(site: &Site, browsers: &mut [(&str, Browser)], words: &[&str]) {
    let row = newest(site);
    let id = row.name.strip_prefix("investigation-").unwrap().to_owned();
    let fills = [id.as_str(), BUREAU, CITY, row.state.number.as_str()];
    for (who, browser) in browsers {
        for route in ROUTES.iter().filter(|route| route.method == "GET" && !route.path.starts_with("/complaint")) {
            let times = if route.path.contains('{') { fills.len() } else { 1 };
            for fill in &fills[..times] {
                let path = route.path.split('/').map(|part| if part.starts_with('{') { *fill } else { part }).collect::<Vec<_>>().join("/");
                let page = browser.send("GET", &path, &[], b"").await;
                for word in words.iter().filter(|word| !path.contains(**word)) {
                    assert!(!page.body.contains(word), "{who} finds {word} at {path} ({})", page.status);
                }
                assert!(times > 1 || !page.body.contains(&id), "{who} finds the investigation at {path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_is_accepted_looked_into_by_two_concluded_answered_and_adopted() {
    let site = Site::open().await;
    let mut office = office(&site).await;
    let (_, receipt) = complain(&site, true).await;
    assert!(receipt.has("2026年5月12日"), "five working days, with the Saturday that is worked: {}", receipt.text());
    let row = newest(&site);
    let at = path(&row);
    assert!(receipt.body.contains(&web::words::number(&row.state.number)));
    let list = office.first.get("/oversight/investigations").await;
    assert!(list.has("效投〔2026〕1号") && list.has("市城市管理局") && !PLANTED.iter().any(|word| list.has(word)), "{}", list.text());
    let file = office.first.get(&at).await;
    assert!(PLANTED.iter().all(|word| file.has(word)), "{}", file.text());
    assert!(!office.director.get(&at).await.offers(&format!("{at}/accept")), "an inspector accepts");

    let page = act(&mut office.first, &at, "accept", |form| form.set("mode", "direct")).await;
    assert!(page.has("待派调查人员"), "{}", page.text());
    assert!(!page.offers(&format!("{at}/assign")), "the head of the office names the investigators");
    let page = assign(&site, &mut office.director, &at, "inspector", "inspector").await;
    assert!(page.status == 422 && page.has("两个人"), "{}", page.text());
    let page = assign(&site, &mut office.director, &at, "inspector", "inspector2").await;
    assert!(page.status == 200 && page.has("调查中"), "{}", page.text());
    look_into(&mut office.first, &mut office.second, &at).await;
    let (_, page) = follow(&site, &receipt).await;
    assert!(page.has("正在调查") && !page.has(REPORT) && !page.has(SECOND) && !page.has("部分属实"), "{}", page.text());
    let page = conclude(&mut office.director, &at, "partly").await;
    assert!(page.status == 200 && page.has("待答复"), "{}", page.text());
    let marks = site.app.projections.views().mark_counts(from_micros(0), site.app.now() + TimeDelta::days(1), u64::MAX).unwrap();
    assert_eq!(marks, [(UnitCode::parse(BUREAU).unwrap(), MarkKind::ComplaintTrue, "partly".to_owned(), 1)]);
    let page = act(&mut office.second, &at, "answer", |form| form.set("answer_words", ANSWER)).await;
    assert!(page.status == 200 && page.has("已办结"), "{}", page.text());
    let letter = office.second.get(&format!("{at}/letter")).await;
    assert!(letter.has("答复意见书") && letter.has("钱投诉") && letter.has(ANSWER), "{}", letter.text());

    let (_, page) = follow(&site, &receipt).await;
    assert!(page.has("已经答复") && page.has(ANSWER) && page.offers("/complaint/review"), "{}", page.text());
    for hidden in [TALK, REPORT, REASONS, ADVICE, SECOND, "谁看过"] {
        assert!(!page.has(hidden), "the complainant reads {hidden}");
    }

    let mut liaison = site.sign_in(Role::Liaison).await;
    let desk = at.replace("/oversight", "/desk");
    assert!(liaison.get("/desk/investigations").await.links().iter().any(|(href, _)| *href == desk));
    let page = liaison.get(&desk).await;
    assert!(page.has(ADVICE) && page.has("部分属实") && page.has("改进工作"), "{}", page.text());
    let form = page.form(&desk).set("adopted", "yes").set("words", "已建立每日提醒");
    let page = liaison.submit(form).await;
    assert!(page.status == 200 && page.has("采纳") && !page.offers(&desk), "{}", page.text());
    assert!(office.director.get(&at).await.has("已建立每日提醒"));
    let page = liaison.forge(&desk, &[("adopted", "no"), ("words", "同事已先答复")]).await;
    assert!(page.status == 409 && page.has("本件已有新的进展") && page.has("同事已先答复"), "{}", page.text());
    let rate = office.director.get("/oversight/investigations?tab=ended").await;
    assert!(rate.has("今年属实率") && rate.has("100") && rate.has("效投〔2026〕1号"), "{}", rate.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_unit_complained_of_and_those_above_it_find_nothing_before_and_no_words_ever() {
    let site = Site::open().await;
    let mut office = office(&site).await;
    complain(&site, true).await;
    let at = path(&newest(&site));
    let number = newest(&site).state.number;
    let mut around = vec![
        ("liaison", site.sign_in(Role::Liaison).await),
        ("handler", site.sign_in(Role::Handler).await),
        ("head", site.sign_in(Role::Head).await),
        ("an inspector of the unit", site.person("own-inspector", BUREAU, Role::Inspector, StaffKind::CivilServant).await),
        ("head of the city", site.person("city-head", CITY, Role::Head, StaffKind::CivilServant).await),
        ("leader", site.person("city-leader", CITY, Role::Leader, StaffKind::CivilServant).await),
        ("supervisor", site.person("city-supervisor", CITY, Role::Supervisor, StaffKind::CivilServant).await),
        ("dispatcher", site.sign_in(Role::Dispatcher).await),
    ];
    let before: Vec<&str> = [PLANTED.as_slice(), &[number.as_str(), "效投〔2026〕"]].concat();
    nothing(&site, &mut around, &before).await;
    act(&mut office.first, &at, "accept", |form| form.set("mode", "direct")).await;
    // Who is of the unit is not among those who can be chosen.
    let own = account(&site, "own-inspector").await;
    let second = account(&site, "inspector2").await;
    let page = office.director.get(&at).await;
    let form = page.form(&format!("{at}/assign")).force("first", &own).force("second", &second);
    assert_eq!(office.director.submit(form).await.status, 422);
    assign(&site, &mut office.director, &at, "inspector", "inspector2").await;
    look_into(&mut office.first, &mut office.second, &at).await;
    let more = [before.as_slice(), &[TALK, REPORT]].concat();
    nothing(&site, &mut around, &more).await;
    let own_inspector = &mut around[3].1;
    assert_eq!(own_inspector.send("GET", &at, &[], b"").await.status, 404);
    conclude(&mut office.director, &at, "partly").await;
    let after = [PLANTED.as_slice(), &[number.as_str(), TALK, REPORT, REASONS]].concat();
    let mut unit: Vec<(&str, Browser)> = around.drain(..3).collect();
    for (who, browser) in &mut unit {
        for desk in ["/desk", "/desk/investigations", &at.replace("/oversight", "/desk")] {
            let page = browser.send("GET", desk, &[], b"").await;
            assert!(after.iter().all(|word| !page.body.contains(word)), "{who} at {desk}");
        }
    }
    nothing(&site, &mut around, &[after.as_slice(), &[ADVICE]].concat()).await;
    // Forged acts of the unit on the file do nothing.
    let liaison = &mut unit[0].1;
    let token = liaison.get("/desk/password").await.form("/desk/password").value("csrf");
    let body = format!("csrf={token}&adopted=yes&words=x");
    let other =
        liaison.send("POST", &format!("{at}/answer"), &[("Content-Type", "application/x-www-form-urlencoded")], body.as_bytes()).await;
    assert_eq!(other.status, 403);
    let head = &mut around[1].1;
    let page = head.send("GET", &at.replace("/oversight", "/desk"), &[], b"").await;
    assert_eq!(page.status, 404, "the unit above has no recommendation to answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_anonymous_complaint_shows_where_it_stands_and_no_result() {
    let site = Site::open().await;
    let mut office = office(&site).await;
    let (_, receipt) = complain(&site, false).await;
    assert!(receipt.has("不答复结果"));
    let at = path(&newest(&site));
    act(&mut office.first, &at, "accept", |form| form.set("mode", "transferred")).await;
    assert!(office.first.get("/oversight/investigations?tab=transferred").await.has("效投〔2026〕1号"));
    assign(&site, &mut office.director, &at, "inspector", "inspector2").await;
    look_into(&mut office.first, &mut office.second, &at).await;
    let page = conclude(&mut office.director, &at, "untrue").await;
    assert!(page.has("已办结") && !page.offers(&format!("{at}/answer")), "{}", page.text());
    assert_eq!(office.first.get(&format!("{at}/letter")).await.status, 404);
    let (_, page) = follow(&site, &receipt).await;
    assert!(page.has("已经办结") && page.has("不答复结果") && !page.has("不属实") && !page.offers("/complaint/review"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_complaint_tells_why_and_where_to_go() {
    let site = Site::open().await;
    let mut office = office(&site).await;
    let (_, receipt) = complain(&site, true).await;
    let at = path(&newest(&site));
    let page = act(&mut office.first, &at, "refuse", |form| form.set("refuse_words", "正在法院审理")).await;
    assert!(page.status == 422 && page.has("请选择属于哪种情形") && page.body.contains("正在法院审理"), "{}", page.text());
    let stale = page.form(&format!("{at}/accept")).set("mode", "direct");
    let page = office.first.submit(page.form(&format!("{at}/refuse")).set("ground", "discipline")).await;
    assert!(page.status == 200 && page.has("不予受理"), "{}", page.text());
    let page = office.first.submit(stale).await;
    assert_eq!(page.status, 409, "the stage has gone on");
    assert!(page.has("本件已有新的进展"), "{}", page.text());
    let late = [("ground", "court"), ("refuse_words", "应当向法院起诉。")];
    let page = office.second.forge(&format!("{at}/refuse"), &late).await;
    assert!(page.status == 409 && page.has("本件已有新的进展") && page.has("应当向法院起诉。"), "{}", page.text());
    let (_, page) = follow(&site, &receipt).await;
    assert!(page.has("正在法院审理") && page.has("12388"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_is_done_by_others_and_takes_the_mark_back() {
    let site = Site::open().await;
    let mut office = office(&site).await;
    let mut third = site.person("inspector3", HOTLINE, Role::Inspector, StaffKind::CivilServant).await;
    let mut fourth = site.person("inspector4", HOTLINE, Role::Inspector, StaffKind::CivilServant).await;
    let (_, receipt) = complain(&site, true).await;
    let at = path(&newest(&site));
    act(&mut office.first, &at, "accept", |form| form.set("mode", "direct")).await;
    assign(&site, &mut office.director, &at, "inspector", "inspector2").await;
    look_into(&mut office.first, &mut office.second, &at).await;
    conclude(&mut office.director, &at, "partly").await;
    act(&mut office.first, &at, "answer", |form| form.set("answer_words", ANSWER)).await;
    let (mut citizen, page) = follow(&site, &receipt).await;
    let wrong = citizen.submit(page.form("/complaint/review").set("reason", " ")).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let form = page.form("/complaint/review").set("reason", "没有说明材料丢失");
    let page = citizen.submit(&form).await;
    assert!(page.status == 200 && page.has("正在复查"), "{}", page.text());
    assert!(citizen.submit(&form).await.has("正在复查"), "sent twice, asked once");
    let page = office.director.get(&at).await;
    assert!(page.has("没有说明材料丢失") && page.has("待派调查人员"), "{}", page.text());
    let (first, other) = (account(&site, "inspector").await, account(&site, "inspector3").await);
    let form = page.form(&format!("{at}/assign")).force("first", &first).force("second", &other);
    assert_eq!(office.director.submit(form).await.status, 422, "another handler");
    assign(&site, &mut office.director, &at, "inspector3", "inspector4").await;
    look_into(&mut third, &mut fourth, &at).await;
    conclude(&mut office.director, &at, "untrue").await;
    let counts = site.app.projections.views().mark_counts(from_micros(0), site.app.now() + TimeDelta::days(1), u64::MAX).unwrap();
    assert_eq!(counts, [], "the mark no longer counts");
    act(&mut third, &at, "answer", |form| form.set("answer_words", "复查后不属实")).await;
    let page = citizen.get("/complaint/case").await;
    assert!(page.has("复查后不属实") && !page.offers("/complaint/review"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_sent_twice_is_one_complaint_and_a_bad_one_is_given_back() {
    let site = Site::open().await;
    office(&site).await;
    let mut citizen = site.browser();
    let form = citizen.get("/complaint/new").await.form("/complaint/new");
    let page =
        citizen.submit(form.clone().set("unit", "管理局").set("words", "材料交齐四十天").set("who", "named").set("phone", "12")).await;
    assert!(page.status == 422 && page.title().starts_with("错误") && page.body.contains("材料交齐四十天"), "{}", page.text());
    assert!(page.has("请填写全称") || page.has("名称相近"), "{}", page.text());
    let about_hotline =
        page.form("/complaint/new").set("unit", "市热线办").set("system", "promise").set("when", "三月").set("who", "anonymous");
    let page = citizen.submit(about_hotline).await;
    assert!(page.status == 422 && page.has("上一级效能办"), "nobody stands clear of the office itself: {}", page.text());
    let good = page.form("/complaint/new").set("unit", BUREAU);
    for _ in 0..2 {
        assert_eq!(citizen.submit(&good).await.path, "/complaint/receipt");
    }
    assert_eq!(site.app.projections.views().streams::<Investigation>(None, 10).unwrap().len(), 1);
    // Another browser with the same form id files its own and sees no receipt of another.
    let mut thief = site.browser();
    let stolen = thief.get("/complaint/new").await.form("/complaint/new").force("form_id", &good.value("form_id"));
    let stolen = stolen.set("unit", BUREAU).set("system", "promise").set("words", "另一件").set("when", "四月").set("who", "anonymous");
    assert_eq!(thief.submit(stolen).await.path, "/complaint/receipt");
    assert_eq!(site.app.projections.views().streams::<Investigation>(None, 10).unwrap().len(), 2);
    let wrong = thief.get("/complaint/track").await.form("/complaint/track").set("number", &newest(&site).state.number);
    assert_eq!(thief.submit(wrong.set("code", "0000-0000-0000-0000")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_runs_out_is_recorded_once_at_its_due_instant() {
    let site = Site::open().await;
    office(&site).await;
    complain(&site, true).await;
    let row = newest(&site);
    site.clock.advance(TimeDelta::days(9));
    let agenda = site.app.projections.views().agenda_until(site.app.now(), 10).unwrap();
    assert_eq!(agenda.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), [row.name.as_str()]);
    let mut done = Vec::new();
    for _ in 0..3 {
        let meta = Meta::new(Actor::Automation("supervision"), site.app.ids.uuid());
        done.push(site.app.tick_stream(&meta, &row.name).await.unwrap().events);
    }
    assert_eq!(done, [1, 0, 0]);
    site.settle().await;
    assert!(site.app.projections.views().agenda_until(site.app.now(), 10).unwrap().is_empty());
    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get(&path(&row)).await;
    assert!(page.has("受理期限已过") && page.has("2026年5月13日"), "dated at the due instant: {}", page.text());
    // An act that comes late before the clock does records the breach itself, once.
    let page = act(&mut inspector, &path(&row), "accept", |form| form.set("mode", "direct")).await;
    assert_eq!(page.text().matches("受理期限已过").count(), 1, "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hotline_refers_a_case_and_its_unit_sees_no_trace_of_it() {
    let site = Site::open().await;
    let mut office = office(&site).await;
    let number = site.file("路灯连续五天不亮，报修三次没有人来。").await;
    let case = format!("/desk/case/{number}");
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    assert!(!dispatcher.get(&case).await.offers(&format!("{case}/refer")), "no unit holds it yet");
    let form = dispatcher.get(&case).await.form(&format!("{case}/dispatch")).set("suggestion", "other");
    let form = form.set("unit_query", "城市管理").button("do", "find");
    let form = dispatcher.submit(form).await.form(&format!("{case}/dispatch"));
    let page = dispatcher.submit(form.set("suggestion", "other").set("unit", BUREAU).set("reason", "市容").button("do", "dispatch")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let mut reviewer = site.sign_in(Role::Reviewer).await;
    let page = reviewer.get(&case).await;
    let refer = format!("{case}/refer");
    let wrong = reviewer.submit(page.form(&refer).set("refer_words", " ")).await;
    assert!(wrong.status == 422 && wrong.has("请填写移送的理由"), "{}", wrong.text());
    let form = page.form(&refer).set("refer_words", "三次催办没有进展，涉嫌不作为");
    let page = reviewer.submit(&form).await;
    assert!(page.status == 200 && page.has("已于") && page.has("待受理"), "{}", page.text());
    assert_eq!(reviewer.submit(&form).await.status, 200, "sent twice");
    assert_eq!(site.app.projections.views().streams::<Investigation>(None, 10).unwrap().len(), 1);
    let mut liaison = site.sign_in(Role::Liaison).await;
    let page = liaison.get(&case).await;
    assert!(page.status == 200 && !page.has("移送") && !page.has("效能办"), "{}", page.text());
    let token = page.form("/desk/sign-out").value("csrf");
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let forged = liaison.send("POST", &refer, &kind, format!("csrf={token}&refer_system=promise&refer_words=x").as_bytes()).await;
    assert_eq!(forged.status, 403);
    let at = path(&newest(&site));
    let page = office.first.get(&at).await;
    assert!(page.has("三次催办没有进展") && page.has("热线线索移送"), "{}", page.text());
    let form = office.first.get("/oversight/investigations/new").await.form("/oversight/investigations/new");
    let form =
        form.set("unit", "市城市管理局").set("source", "phone").set("system", "first_asked").set("words", "推来推去").set("when", "四月");
    let page = office.first.submit(form.set("name", "吴来电").set("phone", "13700002222")).await;
    assert!(page.status == 200 && page.has("吴来电") && page.has("电话投诉") && page.has("查询码"), "{}", page.text());
}
