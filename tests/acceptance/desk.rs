//! The desk: from the call to the scorecard, and everything that may not happen on the way.

use application::{Actor, Meta};
use chrono::TimeDelta;
use domain::account::{Role, StaffKind};

use crate::harness::site::COUNTY_BUREAU;
use crate::harness::{BUREAU, Browser, CITY, Form, HOTLINE, PASSWORD, Page, Site};

const WORDS: &str = "小区北门的路灯连续五天不亮，晚上看不清路，请尽快维修。";
const ANSWER: &str = "经现场检查，路灯线路受潮断路，已于当日更换线路并恢复照明，联系电话 0572-2345678。";

fn of(number: &str) -> String {
    format!("/desk/case/{number}")
}

async fn events(site: &Site, number: &str) -> usize {
    site.app.log.read_stream(&site.case(number).stream()).await.unwrap().len()
}

/// Opens the case, fills its form of this act and sends it twice: the second time changes nothing.
async fn act(site: &Site, browser: &mut Browser, number: &str, action: &str, fill: impl FnOnce(Form) -> Form) -> Page {
    let page = browser.get(&of(number)).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let form = fill(page.form(&format!("{}/{action}", of(number))));
    let before = events(site, number).await;
    let answer = browser.submit_once(form.clone()).await;
    assert_eq!(answer.status, 303, "{action}: {}", answer.text());
    let once = events(site, number).await;
    assert!(once > before, "{action} recorded nothing");
    let again = browser.submit_once(form).await;
    assert_eq!((again.status, events(site, number).await), (303, once), "{action} sent twice");
    site.clock.advance(TimeDelta::minutes(1));
    browser.follow(answer).await
}

fn to_bureau(form: Form) -> Form {
    form.set("suggestion", "other").set("unit", BUREAU).set("reason", "属于市容环境管理职责").button("do", "dispatch")
}

fn contacted(form: Form) -> Form {
    form.set("means", "phone").set("reached", "yes").set("note", "已电话告知处理安排，诉求人认可")
}

fn answered(form: Form) -> Form {
    form.set("answer", ANSWER).set("outcome", "solved")
}

/// Registers a report of wrongdoing; where that leads.
async fn report(browser: &mut Browser) -> Page {
    let page = browser.get("/desk/file").await;
    let form = page
        .form("/desk/file")
        .set("phone", "13900005678")
        .set("name", "知情人")
        .set("words", "举报某饭店后厨使用过期食材，请查处。")
        .set("division", "330502")
        .set("class", "report");
    browser.submit(form.button("do", "file")).await
}

/// A case that the bureau has signed for.
async fn handled(site: &Site) -> String {
    let number = site.file(WORDS).await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    act(site, &mut dispatcher, &number, "dispatch", to_bureau).await;
    let mut liaison = site.sign_in(Role::Liaison).await;
    act(site, &mut liaison, &number, "sign", |form| form).await;
    number
}

/// A case whose answer waits for the hotline's review.
async fn reviewed(site: &Site) -> String {
    let number = handled(site).await;
    let mut handler = site.sign_in(Role::Handler).await;
    act(site, &mut handler, &number, "contact", contacted).await;
    act(site, &mut handler, &number, "answer", answered).await;
    let mut head = site.sign_in(Role::Head).await;
    act(site, &mut head, &number, "approve", |form| form).await;
    number
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_goes_from_the_filing_to_the_scorecard_that_leads_back_to_it() {
    let site = Site::open().await;
    let number = site.file(WORDS).await;

    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    let list = dispatcher.get("/desk/worklist/filed").await;
    assert!(list.links().iter().any(|(href, _)| *href == of(&number)), "{}", list.text());
    let page = dispatcher.get(&of(&number)).await;
    assert!(page.has("王小明") && page.has("13800001234") && page.has("路灯连续五天不亮"), "{}", page.text());
    let before = events(&site, &number).await;
    let form = page
        .form(&format!("{}/dispatch", of(&number)))
        .set("unit_query", "城市管理")
        .set("unit", BUREAU)
        .set("reason", "市容")
        .button("do", "find");
    let found = dispatcher.submit(form).await;
    assert!(found.status == 200 && found.has("派单后的时限（预览）") && found.has("办理时限"), "{}", found.text());
    let found = found.form(&format!("{}/dispatch", of(&number)));
    assert_eq!((found.value("reason").as_str(), found.value("unit").as_str()), ("市容", BUREAU), "what was typed stays");
    assert_eq!(events(&site, &number).await, before, "looking for a unit records nothing");
    let page = act(&site, &mut dispatcher, &number, "dispatch", to_bureau).await;
    assert!(page.has("已派单") && page.has("待签收") && page.has("派单给市城市管理局"), "{}", page.text());
    assert!(!page.offers(&format!("{}/sign", of(&number))), "the hotline does not sign for a unit");

    site.account(Role::Handler).await;
    let mut liaison = site.sign_in(Role::Liaison).await;
    assert!(liaison.get("/desk").await.has("待签收"));
    act(&site, &mut liaison, &number, "sign", |form| form).await;
    let page = act(&site, &mut liaison, &number, "assign", |form| form.set("section", "市容科").label("经办人（选填）", "经办人甲")).await;
    assert!(page.has("市容科 · 经办人甲"), "{}", page.text());

    let mut handler = site.sign_in(Role::Handler).await;
    assert!(handler.get("/desk/worklist/handling").await.links().iter().any(|(href, _)| *href == of(&number)));
    act(&site, &mut handler, &number, "contact", contacted).await;
    let page = act(&site, &mut handler, &number, "answer", answered).await;
    assert!(page.has("待单位审核") && page.has("线路受潮断路"), "{}", page.text());

    let mut head = site.sign_in(Role::Head).await;
    act(&site, &mut head, &number, "approve", |form| form).await;
    let mut reviewer = site.sign_in(Role::Reviewer).await;
    act(&site, &mut reviewer, &number, "pass", |form| form).await;
    let satisfied = |form: Form| grade(form.set("reached", "yes").set("contacted", "yes").set("solved", "yes"));
    let page = act(&site, &mut reviewer, &number, "call-back", satisfied).await;
    assert!(page.has("满意办结") && page.has("已归档"), "{}", page.text());

    site.settle().await;
    let card = head.get("/desk/scorecard").await;
    assert!(card.has("市城市管理局") && card.has("2026年5月"), "{}", card.text());
    let facts = head.get(&format!("/desk/scorecard/{BUREAU}/answered?period=2026-05&kind=yes")).await;
    assert!(facts.has("按时的 1 件"), "{}", facts.text());
    assert!(
        card.links().iter().any(|(href, _)| href.starts_with(&format!("/desk/scorecard/{BUREAU}/answered?"))),
        "the figure leads to its facts"
    );
    let (case, _) = facts.links().into_iter().find(|(href, _)| *href == of(&number)).expect("the fact leads to the case");
    let page = head.get(&case).await;
    assert!(page.has("办理过程") && page.has("热线审核通过") && page.has("回访（第 1 次）"), "{}", page.text());
}

/// The address of a search for words.
fn search(words: &str) -> String {
    format!("/desk/search?q={}", words.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>())
}

/// The best grade of the generic rulebook.
fn grade(form: Form) -> Form {
    let best = domain::rulebook::Rulebook::parse(domain::rulebook::shipped::SHIPPED[0].1).unwrap().satisfaction[0].code.clone();
    form.set("grade", &best)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_does_what_another_role_does() {
    let site = Site::open().await;
    let number = site.file(WORDS).await;
    let before = events(&site, &number).await;
    let fields = [
        ("unit", BUREAU),
        ("suggestion", "other"),
        ("reason", "试一试"),
        ("answer", ANSWER),
        ("outcome", "solved"),
        ("means", "phone"),
        ("reached", "no"),
        ("note", "无人接听"),
        ("justified", "no"),
    ];
    let acts = [
        "accept",
        "refuse",
        "answer-directly",
        "dispatch",
        "sign",
        "assign",
        "contact",
        "answer",
        "approve",
        "send-back",
        "pass",
        "call-back",
        "judge",
    ];
    for role in [Role::Operator, Role::Inspector] {
        let mut browser = site.sign_in(role).await;
        for action in acts {
            let page = browser.forge(&format!("{}/{action}", of(&number)), &fields).await;
            assert!(page.status == 403, "{role:?} {action}: {} {}", page.status, page.text());
        }
    }
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    for action in ["sign", "assign", "contact", "answer", "approve", "pass", "judge"] {
        let page = dispatcher.forge(&format!("{}/{action}", of(&number)), &fields).await;
        assert_eq!(page.status, 403, "{action}: {}", page.text());
    }
    assert_eq!(dispatcher.forge(&format!("{}/delete", of(&number)), &[]).await.status, 404);
    // An account without cases is not even let in.
    let mut security = site.sign_in(Role::SecurityAdmin).await;
    assert_eq!(security.forge(&format!("{}/accept", of(&number)), &[]).await.status, 403);
    assert_eq!(events(&site, &number).await, before);
}

/// The words of a page without the name of the request, which no two have.
fn apart_from_name(page: &Page) -> String {
    page.text().replace(page.header("x-request-id").unwrap(), "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_of_another_unit_looks_like_one_that_does_not_exist() {
    let site = Site::open().await;
    let number = handled(&site).await;
    let unknown = site.app.ids.number();
    let mut other = site.person("other", COUNTY_BUREAU, Role::Liaison, StaffKind::CivilServant).await;
    let (theirs, nobodys) = (other.get(&of(&number)).await, other.get(&of(&unknown)).await);
    assert_eq!((theirs.status, apart_from_name(&theirs)), (404, apart_from_name(&nobodys)));
    let theirs = other.forge(&format!("{}/sign", of(&number)), &[]).await;
    let nobodys = other.forge(&format!("{}/sign", of(&unknown)), &[]).await;
    assert_eq!((theirs.status, apart_from_name(&theirs)), (404, apart_from_name(&nobodys)));
    assert_eq!(other.get(&format!("{}/limit/handle/1", of(&number))).await.status, 404);
    let mut liaison = site.sign_in(Role::Liaison).await;
    site.settle().await;
    for (browser, finds) in [(&mut liaison, true), (&mut other, false)] {
        let page = browser.get(&search("路灯")).await;
        assert_eq!((page.status, page.links().iter().any(|(href, _)| *href == of(&number))), (200, finds), "{}", page.text());
    }
    assert_eq!(other.get(&format!("/desk/scorecard/{BUREAU}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_second_is_told_what_happened_and_loses_no_word() {
    let site = Site::open().await;
    let number = site.file(WORDS).await;
    let mut first = site.sign_in(Role::Dispatcher).await;
    let mut second = site.person("second", HOTLINE, Role::Dispatcher, StaffKind::CivilServant).await;
    let page = second.get(&of(&number)).await;
    act(&site, &mut first, &number, "dispatch", to_bureau).await;
    let before = events(&site, &number).await;
    let page = second.submit_once(page.form(&format!("{}/answer-directly", of(&number))).set("answer", ANSWER)).await;
    assert_eq!(page.status, 409);
    assert!(page.has("派单给市城市管理局") && page.has("派单员甲") && page.has(ANSWER), "{}", page.text());
    assert_eq!(events(&site, &number).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_outlives_the_session() {
    let site = Site::open().await;
    let number = handled(&site).await;
    let mut handler = site.sign_in(Role::Handler).await;
    let page = handler.get(&of(&number)).await;
    let form = page.form(&format!("{}/contact", of(&number))).set("means", "visit").set("note", "上门两次，家里没有人");
    site.clock.advance(TimeDelta::minutes(31));
    let page = handler.submit_once(form).await;
    assert_eq!(page.status, 403, "{}", page.text());
    let page = handler.get(&of(&number)).await;
    assert!(page.path.starts_with("/desk/sign-in"), "{}", page.path);
    let page = handler.submit(page.form("/desk/sign-in").set("login", "handler").set("password", PASSWORD)).await;
    assert_eq!(page.path, of(&number));
    let form = page.form(&format!("{}/contact", of(&number)));
    assert_eq!((form.value("note").as_str(), form.value("means").as_str()), ("上门两次，家里没有人", "visit"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_not_right_comes_back_with_the_words_at_the_right_place() {
    let site = Site::open().await;
    let number = handled(&site).await;
    let mut handler = site.sign_in(Role::Handler).await;
    let answer = format!("{}/answer", of(&number));
    let page = handler.get(&of(&number)).await;

    let early = handler.submit(page.form(&answer).set("answer", ANSWER).set("outcome", "solved")).await;
    assert!(early.status == 422 && early.errors().iter().any(|words| words.contains("请先联系诉求人")), "{}", early.text());
    assert_eq!(early.form(&answer).value("answer"), ANSWER);

    let unsure = handler.submit(page.form(&answer).set("answer", ANSWER)).await;
    assert_eq!((unsure.status, unsure.errors()), (422, vec!["请选择办理结果".to_owned()]));
    assert!(unsure.body.contains("id=\"answer-outcome-error\""), "the message stands at the field");

    act(&site, &mut handler, &number, "contact", contacted).await;
    let page = handler.get(&of(&number)).await;
    let short = handler.submit(page.form(&answer).set("answer", "已修").set("outcome", "solved")).await;
    assert!(short.status == 422 && short.body.contains("id=\"answer-answer-error\""), "{}", short.text());
    assert_eq!(short.form(&answer).value("answer"), "已修");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_sent_back_returns_to_the_handler_with_the_reason() {
    let site = Site::open().await;
    let number = handled(&site).await;
    let mut handler = site.sign_in(Role::Handler).await;
    let mut head = site.sign_in(Role::Head).await;
    act(&site, &mut handler, &number, "contact", contacted).await;
    act(&site, &mut handler, &number, "answer", answered).await;
    act(&site, &mut head, &number, "send-back", |form| form.set("reason", "请写明完成时间")).await;
    let page = handler.get(&of(&number)).await;
    let form = page.form(&format!("{}/answer", of(&number)));
    assert!(page.has("上次被退回：请写明完成时间") && form.value("answer") == ANSWER, "{}", page.text());

    act(&site, &mut handler, &number, "answer", answered).await;
    act(&site, &mut head, &number, "approve", |form| form).await;
    let mut reviewer = site.sign_in(Role::Reviewer).await;
    let page = act(&site, &mut reviewer, &number, "send-back", |form| form.set("reason", "没有回应安全问题")).await;
    assert!(page.has("办理中") && page.has("热线审核退回"), "{}", page.text());
    let page = handler.get(&of(&number)).await;
    assert!(page.has("上次被退回：没有回应安全问题") && page.offers(&format!("{}/answer", of(&number))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn justified_dissatisfaction_is_handled_again() {
    let site = Site::open().await;
    let number = reviewed(&site).await;
    let mut reviewer = site.sign_in(Role::Reviewer).await;
    act(&site, &mut reviewer, &number, "pass", |form| form).await;
    let path = format!("{}/call-back", of(&number));
    let page = reviewer.get(&of(&number)).await;
    let missing = reviewer.submit(page.form(&path).set("reached", "yes").set("solved", "no")).await;
    assert_eq!((missing.status, missing.errors().len()), (422, 2), "{}", missing.text());
    act(&site, &mut reviewer, &number, "call-back", |form| form.set("reached", "no").set("note", "第一次无人接听")).await;
    let unsolved = |form: Form| grade(form.set("reached", "yes").set("contacted", "yes").set("solved", "no").set("note", "又不亮了"));
    let page = act(&site, &mut reviewer, &number, "call-back", unsolved).await;
    assert!(page.has("待研判"), "{}", page.text());
    let page =
        act(&site, &mut reviewer, &number, "judge", |form| form.set("justified", "yes").set("reason", "同一路灯再次熄灭，应重新办理"))
            .await;
    assert!(page.has("二次办理") && page.has("待签收") && page.has("第 2 次办理"), "{}", page.text());
    let mut liaison = site.sign_in(Role::Liaison).await;
    act(&site, &mut liaison, &number, "sign", |form| form).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_registered_once_and_its_history_is_shown() {
    let site = Site::open().await;
    let earlier = site.file(WORDS).await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    let page = dispatcher.get("/desk/file").await;
    let wrong = dispatcher.submit(page.form("/desk/file").set("phone", "12").set("words", "路灯又不亮").button("do", "history")).await;
    assert!(wrong.status == 422 && wrong.form("/desk/file").value("words") == "路灯又不亮", "{}", wrong.text());
    let page = dispatcher.submit(wrong.form("/desk/file").set("phone", "138 0000 1234").button("do", "history")).await;
    assert!(page.links().iter().any(|(href, _)| *href == of(&earlier)), "{}", page.text());

    let filled = |page: &Page| {
        page.form("/desk/file")
            .set("phone", "13900005678")
            .set("name", "李女士")
            .set("words", "菜市场门口的早市占道，学生上学过不去。")
            .set("division", "330502")
            .set("class", "complaint")
    };
    let incomplete = dispatcher.submit(filled(&page).set("name", "").button("do", "dispatch")).await;
    assert!(incomplete.status == 422 && incomplete.body.contains("id=\"name-error\""), "{}", incomplete.text());
    assert_eq!(incomplete.form("/desk/file").value("phone"), "13900005678");
    let form = filled(&incomplete).button("do", "dispatch");
    let size = site.app.log.head().await.unwrap().size;
    let first = dispatcher.submit_once(form.clone()).await;
    let once = site.app.log.head().await.unwrap().size;
    let second = dispatcher.submit_once(form).await;
    assert_eq!((first.status, first.header("location"), once), (303, second.header("location"), size + 1));
    assert_eq!(site.app.log.head().await.unwrap().size, once, "the second submit files nothing");
    let page = dispatcher.follow(first).await;
    assert!(page.has("请派单") && page.offers(&format!("{}/dispatch", page.path.split('?').next().unwrap())), "{}", page.text());

    let page = dispatcher.get("/desk/file").await;
    let none = dispatcher.submit(filled(&page).button("do", "answer")).await;
    assert!(none.status == 422 && none.body.contains("id=\"answer-error\""), "{}", none.text());
    let form = filled(&none).set("answer", "早市为临时便民点，六点半前撤场，已通知管理员加强秩序。").button("do", "answer");
    let first = dispatcher.submit_once(form.clone()).await;
    let once = site.app.log.head().await.unwrap().size;
    let second = dispatcher.submit_once(form).await;
    assert_eq!((second.status, site.app.log.head().await.unwrap().size), (303, once));
    assert!(dispatcher.follow(first).await.has("直接答复办结"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_waits_after_wrong_tries_and_leads_nowhere_else() {
    let site = Site::open().await;
    site.account(Role::Head).await;
    let mut browser = site.browser();
    let page = browser.get("/desk/sign-in?next=//evil.example/").await;
    assert_eq!(page.form("/desk/sign-in").value("next"), "/desk");
    let wrong = |page: &Page| page.form("/desk/sign-in").set("login", "head").set("password", "不是这个密码");
    for _ in 0..5 {
        let page = browser.get("/desk/sign-in").await;
        let page = browser.submit(wrong(&page)).await;
        assert!(page.status == 422 && page.form("/desk/sign-in").value("login") == "head", "{}", page.text());
    }
    let page = browser.get("/desk/sign-in").await;
    let page = browser.submit(wrong(&page)).await;
    assert_eq!((page.status, page.header("retry-after")), (429, Some("60")), "{}", page.text());
    assert!(page.has("60 秒"), "{}", page.text());
    site.clock.advance(TimeDelta::seconds(61));
    let page = browser.get("/desk/sign-in?next=/desk/password").await;
    let page = browser.submit(page.form("/desk/sign-in").set("login", "head").set("password", PASSWORD)).await;
    assert_eq!((page.status, page.path.as_str()), (200, "/desk/password"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_the_other_sessions_and_keeps_this_one() {
    let site = Site::open().await;
    let mut here = site.sign_in(Role::Liaison).await;
    let mut elsewhere = site.sign_in(Role::Liaison).await;
    let page = here.get("/desk/password").await;
    let form = |page: &Page, current: &str, password: &str, again: &str| {
        page.form("/desk/password").set("current", current).set("password", password).set("again", again)
    };
    let wrong = here.submit(form(&page, "不对的旧密码啊啊", "海阔凭鱼跃 天高任鸟飞", "海阔天空")).await;
    assert!(
        wrong.status == 422 && wrong.body.contains("id=\"current-error\"") && wrong.body.contains("id=\"again-error\""),
        "{}",
        wrong.text()
    );
    let weak = here.submit(form(&page, PASSWORD, "liaison-2026-abc", "liaison-2026-abc")).await;
    assert!(weak.status == 422 && weak.body.contains("id=\"password-error\""), "{}", weak.text());
    let done = here.submit(form(&page, PASSWORD, "海阔凭鱼跃 天高任鸟飞", "海阔凭鱼跃 天高任鸟飞")).await;
    assert_eq!((done.status, done.path.as_str()), (200, "/desk"), "{}", done.text());
    assert!(done.has("密码已修改"));
    assert!(elsewhere.get("/desk").await.path.starts_with("/desk/sign-in"));
    let page = here.get("/desk").await;
    let old = here.clone();
    here.submit(page.form("/desk/sign-out").force("form_id", "")).await;
    let mut stolen = old;
    assert!(stolen.get("/desk").await.path.starts_with("/desk/sign-in"), "a cookie kept from before does not work any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_is_explained_day_by_day_and_the_past_can_be_seen() {
    let site = Site::open().await;
    let number = handled(&site).await;
    let mut liaison = site.sign_in(Role::Liaison).await;
    let page = liaison.get(&format!("{}/limit/handle/1", of(&number))).await;
    assert!(page.has("起算日，不计") && page.has("第 1 天") && page.has("调休上班") && page.has("generic@2026.2"), "{}", page.text());
    for bad in ["limit/handle/9", "limit/nothing/1", "limit/handle/x"] {
        assert_eq!(liaison.get(&format!("{}/{bad}", of(&number))).await.status, 404, "{bad}");
    }
    let envelopes = site.app.log.read_stream(&site.case(&number).stream()).await.unwrap();
    let dispatched = envelopes.iter().find(|envelope| envelope.kind == "case_dispatched").unwrap().seq;
    let page = liaison.get(&format!("{}?as_of={dispatched}", of(&number))).await;
    assert!(page.status == 200 && page.has("待签收") && page.has("只供查看"), "{}", page.text());
    assert!(!page.offers(&format!("{}/sign", of(&number))), "the past is not acted upon");
    assert_eq!(liaison.get(&format!("{}?as_of=x", of(&number))).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_adds_up_and_hides_who_filed_from_those_who_need_not_know() {
    let site = Site::open().await;
    let number = handled(&site).await;
    site.clock.advance(TimeDelta::minutes(17));
    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get(&of(&number)).await;
    // Dispatched at once, a minute each for dispatch and signing, then seventeen.
    assert!(page.has("合计 19 分钟 100%") || page.has("合计 19 分钟"), "{}", page.text());
    assert!(!page.has("王小明") && !page.has("13800001234"), "an inspector does not see who filed");
    let mut handler = site.sign_in(Role::Handler).await;
    assert!(handler.get(&of(&number)).await.has("13800001234"), "the unit calls the petitioner itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worklists_take_known_words_only() {
    let site = Site::open().await;
    let number = site.file(WORDS).await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    for good in ["filed", "filed?sort=newest", "filed?sort=number&class=complaint", "open?class=complaint"] {
        let page = dispatcher.get(&format!("/desk/worklist/{good}")).await;
        assert!(page.status == 200 && page.links().iter().any(|(href, _)| *href == of(&number)), "{good}: {}", page.text());
    }
    for bad in ["nothing", "handling", "filed?sort=x", "filed?class=x", "filed?unit=x", "filed?after=x", "filed?after=n1~1&before=n1~1"] {
        assert_eq!(dispatcher.get(&format!("/desk/worklist/{bad}")).await.status, 404, "{bad}");
    }
    let page = dispatcher.get("/desk/worklist/filed?class=praise").await;
    assert!(page.status == 200 && page.has("没有符合筛选条件的诉求件"));
    site.settle().await;
    let page = dispatcher.get(&search("连续五天")).await;
    assert!(page.links().iter().any(|(href, _)| *href == of(&number)), "{}", page.text());
    let page = dispatcher.get("/desk/search?q=13800001234").await;
    assert!(page.links().iter().any(|(href, _)| *href == of(&number)), "{}", page.text());
    assert_eq!(dispatcher.get("/desk/search?q=x&from=2026-13-01").await.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outsourced_staff_never_see_a_report_of_wrongdoing() {
    let site = Site::open().await;
    let mut civil = site.sign_in(Role::Dispatcher).await;
    let mut outsourced = site.person("outsourced", HOTLINE, Role::Dispatcher, StaffKind::Outsourced).await;
    let page = report(&mut civil).await;
    let case = page.path.clone();
    assert!(page.status == 200 && page.has("举报") && page.has("保密"), "{}", page.text());
    assert_eq!(outsourced.get(&case).await.status, 404);
    for list in ["/desk", "/desk/worklist/filed", "/desk/worklist/open", "/desk/search?q=13900005678"] {
        assert!(!outsourced.get(list).await.links().iter().any(|(href, _)| *href == case), "{list}");
    }
    assert!(civil.get("/desk/worklist/filed").await.links().iter().any(|(href, _)| *href == case));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scorecard_takes_months_that_have_begun_and_measures_that_exist() {
    let site = Site::open().await;
    let mut head = site.sign_in(Role::Head).await;
    assert!(head.get(&format!("/desk/scorecard/{BUREAU}?period=2026-04")).await.has("2026年4月"));
    for bad in [
        "0101?period=2026-06",
        "0101?period=2026-13",
        "0101?period=x",
        "0101/nothing",
        "0101/received?kind=no",
        "0101/answered?kind=x",
        "0101/answered?after=x",
        CITY,
        "nowhere",
    ] {
        assert_eq!(head.get(&format!("/desk/scorecard/{bad}")).await.status, 404, "{bad}");
    }
    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get("/desk/scorecard").await;
    assert!(
        page.path.starts_with(&format!("/desk/scorecard/{CITY}")) && page.has("下级单位") && page.has("市城市管理局"),
        "{}",
        page.text()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_suggests_with_its_reasons_and_a_person_decides() {
    let site = Site::open().await;
    let meta = Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, site.app.ids.uuid());
    let text = format!(
        "id = \"duties\"\nversion = \"1\"\n[[entries]]\ncode = \"lamp\"\nmatter = \"路灯照明\"\nwords = [\"路灯\", \"不亮\"]\nunit = \"{BUREAU}\"\nbasis = \"市城市管理局三定规定\"\n"
    );
    let done = site.app.adopt_catalogue(&meta, &text, chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()).await.unwrap();
    assert!(site.app.settled(done.seq).await);
    let number = site.file(WORDS).await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    let page = dispatcher.get(&of(&number)).await;
    for words in ["路灯照明", "诉求中有“路灯”“不亮”", "市城市管理局三定规定", "派单后的时限（预览）"]
    {
        assert!(page.has(words), "{words}: {}", page.text());
    }
    let form = page.form(&format!("{}/dispatch", of(&number)));
    assert_eq!(form.value("suggestion"), format!("{BUREAU}:lamp"), "the best suggestion is chosen beforehand");
    let stale = dispatcher.submit(form.force("suggestion", "0101:gone").button("do", "dispatch")).await;
    assert!(stale.status == 422 && stale.errors().iter().any(|words| words.contains("派单目录已更新")), "{}", stale.text());
    let page = act(&site, &mut dispatcher, &number, "dispatch", |form| form.button("do", "dispatch")).await;
    assert!(page.has("依据派单目录条目 lamp") && page.has("派单给市城市管理局"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_work_is_late_on_the_page_and_on_the_scorecard() {
    let site = Site::open().await;
    let number = handled(&site).await;
    // Two weeks with nobody at work: every limit of the unit has run out, and no automation came round.
    site.clock.advance(TimeDelta::days(14));
    let mut handler = site.sign_in(Role::Handler).await;
    act(&site, &mut handler, &number, "contact", contacted).await;
    let page = act(&site, &mut handler, &number, "answer", answered).await;
    assert!(page.has("办理时限超期") && page.has("责任方 市城市管理局"), "{}", page.text());
    let mut head = site.sign_in(Role::Head).await;
    let page = act(&site, &mut head, &number, "approve", |form| form).await;
    assert!(page.has("超期完成"), "{}", page.text());
    site.settle().await;
    for (path, words) in [
        ("overdue?period=2026-05", "计入的 1 件"),
        ("answered?period=2026-05&kind=no", "未按时的 1 件"),
        ("answered?period=2026-05", "按时的 0 件"),
    ] {
        let facts = head.get(&format!("/desk/scorecard/{BUREAU}/{path}")).await;
        assert!(facts.has(words), "{path}: {}", facts.text());
        assert_eq!(facts.links().iter().any(|(href, _)| *href == of(&number)), !words.contains('0'), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_read_reports_of_wrongdoing_can_still_register_one() {
    let site = Site::open().await;
    let mut operator = site.person("outsourced", HOTLINE, Role::Operator, StaffKind::Outsourced).await;
    let page = report(&mut operator).await;
    assert_eq!((page.status, page.path.as_str()), (200, "/desk/file"), "{}", page.text());
    assert!(page.has("已登记，编号") && page.has("查询码") && !page.has("过期食材"), "{}", page.text());
}
