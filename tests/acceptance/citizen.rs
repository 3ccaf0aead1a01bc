//! A citizen files, keeps the receipt, follows the case, rates and objects; everybody looks at the public pages.

use application::{Actor, Meta, Staff};
use chrono::TimeDelta;
use domain::account::{Role, StaffKind};
use domain::case::Command;
use domain::ids::{AccountId, UnitCode};
use uuid::Uuid;

use crate::harness::site::HOTLINE;
use crate::harness::{Browser, Page, Site};

const WORDS: &str = "5月3日晚上起，小区东门外的三盏路灯不亮，附近有台阶，老人晚上出门看不清。";
const NAME: &str = "欧阳晓";
const PHONE: &str = "１３９ ０００１ ２３４５";

/// Goes through the steps up to the check page.
async fn up_to_check(browser: &mut Browser, class: &str, publish: &str) -> Page {
    let page = browser.get("/").await;
    let page = browser.get(page.links().into_iter().find(|(href, _)| href == "/file/start").unwrap().0.as_str()).await;
    let page = browser.submit(page.form("/file/start")).await;
    assert_eq!(page.path, "/file/what", "{}", page.text());
    let page = browser.submit(page.form("/file/what").label(class, "").label("请说明情况", WORDS)).await;
    assert_eq!(page.path, "/file/where", "{:?}", page.errors());
    let page = browser.submit_once(page.form("/file/where").label("区县", "西湾区").button("act", "streets")).await;
    assert_eq!(page.status, 200);
    let page = browser.submit(page.form("/file/where").label("街道（乡镇）", "幸福街道").label("具体位置", "幸福路 18 号小区东门外")).await;
    assert_eq!(page.path, "/file/wish", "{:?}", page.errors());
    let page = browser.submit(page.form("/file/wish").set("wish", "尽快修好路灯")).await;
    assert_eq!(page.path, "/file/privacy", "{:?}", page.errors());
    let page = browser.submit(page.form("/file/privacy").set("anonymous", "no").set("confidential", "no").set("publish", publish)).await;
    assert_eq!(page.path, "/file/contact", "{:?}", page.errors());
    assert_eq!(page.form("/file/contact").value("name"), "", "nothing is filled in for the citizen");
    let page = browser.submit(page.form("/file/contact").label("姓名", NAME).label("电话", PHONE)).await;
    assert_eq!((page.path.as_str(), page.status), ("/file/check", 200), "{:?}", page.errors());
    page
}

/// Files and comes to the receipt.
pub async fn filed(browser: &mut Browser) -> Page {
    let check = up_to_check(browser, "求助", "no").await;
    browser.submit(check.form("/file/check")).await
}

/// Number and query code of a receipt.
fn receipt(page: &Page) -> (String, String) {
    assert_eq!((page.path.as_str(), page.status), ("/file/receipt", 200), "{}", page.text());
    let text = page.text();
    let words: Vec<&str> = text.split(' ').collect();
    let at = |label: &str| words.iter().position(|word| *word == label).unwrap() + 1;
    let number = words[at("工单编号")].to_owned();
    let code = element_text(page, "groups");
    (number, code)
}

fn element_text(page: &Page, class: &str) -> String {
    let at = page.body.find(class).unwrap();
    let rest = &page.body[at..];
    let inner = &rest[rest.find('>').unwrap() + 1..rest.find("</dd>").unwrap()];
    inner.replace("<span>", "").replace("</span>", "")
}

/// Lets the hotline answer at once.
async fn answer(site: &Site, number: &str, answer: &str) {
    let staff = Staff {
        account: AccountId(Uuid::from_u128(9)),
        unit: UnitCode::parse(HOTLINE).ok(),
        roles: vec![Role::Dispatcher],
        kind: StaffKind::CivilServant,
    };
    let meta = Meta::new(Actor::Staff(staff), site.app.ids.uuid());
    site.app.on_case(&meta, site.case(number), &Command::AnswerDirectly { answer: answer.to_owned() }).await.unwrap();
    site.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_citizen_files_step_by_step_and_follows_the_case_with_number_and_code() {
    // given a demand that is filled in up to the check
    let site = Site::open().await;
    let mut browser = site.browser();
    let check = up_to_check(&mut browser, "求助", "no").await;
    for words in [WORDS, "西湾区 幸福街道", "幸福路 18 号小区东门外", "尽快修好路灯", NAME, "求助"] {
        assert!(check.has(words), "the check page lacks {words}: {}", check.text());
    }
    // when it is sent
    let page = browser.submit(check.form("/file/check")).await;
    // then the receipt explains the date, a reload shows the same, and the draft is gone
    let (number, code) = receipt(&page);
    assert!(page.has("个工作日") && page.has("24:00"), "{}", page.text());
    assert_eq!(receipt(&browser.get("/file/receipt").await), (number.clone(), code.clone()));
    assert!(!browser.cookies.contains_key("d0"), "{:?}", browser.cookies.keys());
    site.settle().await;
    // and another browser finds the case as people type: lower case, without hyphens
    let mut other = site.browser();
    let page = other.get("/track").await;
    let typed = number.replace('-', "").to_lowercase();
    let page = other.submit(page.form("/track").label("工单编号", &typed).label("查询码", &code.to_lowercase())).await;
    assert_eq!((page.path.as_str(), page.status), ("/track/case", 200), "{}", page.text());
    assert!(page.has(&number) && page.has("等待受理") && page.has("市热线办") && page.has("收到诉求"), "{}", page.text());
    // and leaves it again
    let page = other.submit(page.form("/track/leave")).await;
    assert_eq!(page.path, "/track");
    assert_eq!(other.get("/track/case").await.path, "/track");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_somebody_left_on_a_shared_computer_is_told_of_and_can_be_cleared() {
    // given a draft that was not sent
    let site = Site::open().await;
    let mut browser = site.browser();
    up_to_check(&mut browser, "求助", "no").await;
    // when somebody begins, the page says so, and nothing is shown before they choose
    let page = browser.get("/file/start").await;
    assert!(page.has("没有提交的草稿") && !page.has(NAME), "{}", page.text());
    // then going on brings it back
    let kept = browser.submit(page.form("/file/start").button("do", "resume")).await;
    assert_eq!(kept.form("/file/what").value("words"), WORDS);
    assert_eq!(browser.get("/file/contact").await.form("/file/contact").value("name"), NAME);
    // and discarding leaves nothing
    let page = browser.submit(page.form("/file/start").button("do", "discard")).await;
    assert!(page.path == "/file/start" && page.has("草稿已清除") && !page.has("没有提交的草稿"), "{}", page.text());
    assert!(!browser.cookies.contains_key("d0"), "{:?}", browser.cookies.keys());
    let page = browser.submit(page.form("/file/start")).await;
    assert_eq!(page.form("/file/what").value("words"), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_form_sent_twice_is_one_case_and_one_receipt() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let check = up_to_check(&mut browser, "投诉", "no").await;
    let before = site.app.log.head().await.unwrap().size;
    // given two tabs with the same form
    let mut second = browser.clone();
    let first_page = browser.submit(check.form("/file/check")).await;
    let one_filing = site.app.log.head().await.unwrap().size - before;
    // when the other one sends it too, with the same draft, and the first once more without it
    let second_page = second.submit(check.form("/file/check")).await;
    let third_page = browser.submit(check.form("/file/check")).await;
    // then all show the same receipt, and only one case was filed
    assert_eq!(receipt(&second_page), receipt(&first_page));
    assert_eq!(receipt(&third_page), receipt(&first_page));
    assert_eq!(site.app.log.head().await.unwrap().size - before, one_filing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_is_filled_in_wrongly_says_what_to_do_and_keeps_what_was_typed() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let page = browser.get("/file/start").await;
    let page = browser.submit(page.form("/file/start")).await;
    let page = browser.submit(page.form("/file/what").set("words", "<b>路灯</b>")).await;
    assert_eq!(page.status, 422);
    assert!(page.title().starts_with("错误："), "{}", page.title());
    assert_eq!(page.errors().len(), 2, "{:?}", page.errors());
    assert_eq!(page.form("/file/what").value("words"), "<b>路灯</b>");
    assert!(!page.body.contains("<b>路灯"), "typed text is never markup");
    // and nobody skips ahead
    for path in ["/file/where", "/file/wish", "/file/privacy", "/file/contact", "/file/check"] {
        assert_eq!(browser.get(path).await.path, "/file/what", "{path}");
    }
    assert_eq!(site.browser().get("/file/where").await.path, "/file/start");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_checks_its_own_fields() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let page = browser.get("/file/start").await;
    let page = browser.submit(page.form("/file/start")).await;
    let page = browser.submit(page.form("/file/what").set("class", "help").set("words", WORDS)).await;
    let page = browser.submit(page.form("/file/where")).await;
    assert_eq!((page.status, page.errors().len()), (422, 2), "{:?}", page.errors());
    let page = browser.submit(page.form("/file/where").force("district", "440101").set("place", "路边")).await;
    assert_eq!((page.status, page.errors().len()), (422, 1), "{:?}", page.errors());
    let page = browser.submit(page.form("/file/where").set("district", "330503").set("place", "路边")).await;
    let page = browser.submit(page.form("/file/wish").set("on_behalf", "yes").set("agent_name", "李阿姨")).await;
    assert_eq!((page.status, page.errors().len()), (422, 1), "{:?}", page.errors());
    assert!(page.body.contains("agent_relation-error") && !page.body.contains("agent_name-error"));
    let page = browser.submit(page.form("/file/wish").set("agent_relation", "邻居")).await;
    let page = browser.submit(page.form("/file/privacy")).await;
    assert_eq!((page.status, page.errors().len()), (422, 3), "{:?}", page.errors());
    let page = browser.submit(page.form("/file/privacy").set("anonymous", "no").set("confidential", "yes").set("publish", "no")).await;
    let page = browser.submit(page.form("/file/contact").set("name", "").set("phone", "1380000").set("email", "没有")).await;
    assert_eq!((page.status, page.errors().len()), (422, 3), "{:?}", page.errors());
    assert_eq!(page.form("/file/contact").value("phone"), "1380000");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_changed_from_the_check_page_and_leads_straight_back() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let check = up_to_check(&mut browser, "求助", "no").await;
    let change = check.links().into_iter().find(|(href, _)| href == "/file/wish?back=check").unwrap().0;
    let page = browser.get(&change).await;
    let page = browser.submit(page.form("/file/wish").set("wish", "装声控灯")).await;
    assert_eq!(page.path, "/file/check");
    assert!(page.has("装声控灯") && !page.has("尽快修好路灯"));
    // To stay anonymous after all takes the contact away; to give that up asks for it anew.
    let page = browser.get("/file/privacy?back=check").await;
    let page = browser.submit(page.form("/file/privacy").set("anonymous", "yes")).await;
    assert!(page.path == "/file/check" && !page.has(NAME), "{}", page.text());
    let page = browser.submit(page.form("/file/check")).await;
    let (number, _) = receipt(&page);
    assert!(page.has("匿名"), "{}", page.text());
    site.settle().await;
    assert!(site.app.projections.views().case_by_id(site.case(&number)).unwrap().unwrap().anonymous);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_is_read_rated_once_and_objected_to() {
    // given a case that the hotline has answered
    let site = Site::open().await;
    let number = site.file("小区门口的路灯不亮，晚上看不清台阶，请派人维修。").await;
    site.clock.advance(TimeDelta::hours(3));
    answer(&site, &number, "已转告路灯维护单位，今晚恢复照明。\n如再次不亮请拨打 12345。").await;
    let (mut browser, page) = site.track(&number).await;
    assert!(page.has("今晚恢复照明") && page.has("3 小时"), "{}", page.text());
    // when it is rated without a grade, then with one, then again from an old page
    let wrong = browser.submit(page.form("/track/rate").set("comment", "谢谢")).await;
    assert_eq!((wrong.status, wrong.errors()), (422, vec!["请选择一个满意程度".to_owned()]));
    assert_eq!(wrong.form("/track/rate").value("comment"), "谢谢");
    let good = browser.submit(page.form("/track/rate").label("满意", "").set("comment", "谢谢")).await;
    assert!(good.status == 200 && good.has("谢谢您的评价") && !good.offers("/track/rate"), "{}", good.text());
    let again = browser.submit(wrong.form("/track/rate").set("grade", "1").set("comment", "改主意了，不满意")).await;
    // then the second rating is refused and what was typed is on the page
    assert_eq!(again.status, 409);
    assert!(again.errors().iter().any(|line| line.contains("改主意了")), "{:?}", again.errors());
    // and the objection goes to the hotline
    let short = browser.submit(good.form("/track/unsolved").set("reason", "没修")).await;
    assert_eq!(short.status, 422);
    let page = browser.submit(short.form("/track/unsolved").set("reason", "晚上路过，路灯还是不亮。")).await;
    assert!(page.has("热线办正在研判") && page.has("晚上路过") && !page.offers("/track/unsolved"), "{}", page.text());
    // and a stale form of the objection does not add another
    let stale = browser.submit(good.form("/track/unsolved").set("reason", "再说一次，没有修好。")).await;
    assert_eq!(stale.path, "/track/case");
    site.settle().await;
    let opened = site.app.open_case(&Actor::Petitioner(site.case(&number)), site.case(&number)).await.unwrap();
    let objections = opened.entries.iter().filter(|entry| matches!(entry.event, domain::case::CaseEvent::Disputed(_))).count();
    assert_eq!(objections, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looked_is_told_by_unit_and_role_and_never_by_name() {
    let site = Site::open().await;
    site.account(Role::Dispatcher).await;
    let number = site.file("楼道里堆了很多杂物，消防通道走不通，请清理。").await;
    let account = site.app.reference().account_by_login("dispatcher").unwrap().clone();
    let staff = Staff { account: account.id, unit: account.unit.clone(), roles: account.roles.clone(), kind: account.staff };
    site.app.open_case(&Actor::Staff(staff), site.case(&number)).await.unwrap();
    site.app.audit.flush().unwrap();
    let (_, page) = site.track(&number).await;
    assert!(page.has("市热线办 派单员 工单和联系方式"), "{}", page.text());
    assert!(!page.has(&account.name));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_half_hour_of_tracking_ends_and_what_was_typed_stays() {
    let site = Site::open().await;
    let number = site.file("公交站牌被撞歪了，看不清线路，请修复。").await;
    answer(&site, &number, "已安排公交公司修复站牌。").await;
    let (mut browser, page) = site.track(&number).await;
    site.clock.advance(TimeDelta::minutes(31));
    let lost = browser.submit(page.form("/track/rate").set("grade", "4").set("comment", "修得很快")).await;
    assert_eq!(lost.path, "/track");
    let code = site.app.query_code(site.case(&number));
    let page = browser.submit(lost.form("/track").set("number", &number).set("code", &code)).await;
    let form = page.form("/track/rate");
    assert_eq!((form.value("grade"), form.value("comment")), ("4".to_owned(), "修得很快".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_pages_show_figures_and_cases_without_words_and_persons() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let check = up_to_check(&mut browser, "求助", "yes").await;
    let (published, _) = receipt(&browser.submit(check.form("/file/check")).await);
    let check = up_to_check(&mut browser, "举报", "yes").await;
    let (report, _) = receipt(&browser.submit(check.form("/file/check")).await);
    let plain = site.file("垃圾桶三天没有清运，气味很大，请安排清运。").await;
    site.settle().await;
    let page = browser.get("/public").await;
    assert!(page.status == 200 && page.has("收到 3 件") && page.has("西湾区"), "{}", page.text());
    // the list has the two that are public, and leads to each
    let page = browser.get("/public/cases").await;
    let plain = domain::codes::format_public_number(&plain);
    assert!(page.has(&published) && page.has(&plain) && !page.has(&report), "{}", page.text());
    let case = browser.get(&page.link(&plain)).await;
    assert!(case.status == 200 && case.has("西湾区") && !case.has("垃圾桶") && !case.has("王小明"), "{}", case.text());
    let case = browser.get(&page.link(&published)).await;
    assert!(case.has("三盏路灯") && !case.has("老人晚上出门") && !case.has(NAME), "{}", case.text());
    assert_eq!(browser.get(&format!("/public/cases/{report}")).await.status, 404);
    // filters narrow it, and a wrong filter says so
    let page = browser.get("/public/cases?class=complaint&place=330502&month=2026-05").await;
    assert!(page.has(&plain) && !page.has(&published), "{}", page.text());
    assert!(browser.get("/public/cases?month=2026-04").await.has("没有找到符合条件的公开工单"));
    for bad in ["month=x", "place=x", "unit=a+b", "after=x", "after=tx~1", "before=n1"] {
        let page = browser.get(&format!("/public/cases?{bad}")).await;
        assert_eq!((page.status, page.errors().len()), (422, 1), "{bad}: {}", page.text());
    }
    assert_eq!(browser.get("/public?month=2031-01").await.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn larger_type_is_chosen_once_and_leads_back_to_the_page() {
    let site = Site::open().await;
    let mut browser = site.browser();
    let page = browser.get("/elder?on=1&back=/help").await;
    assert_eq!(page.path, "/help");
    assert!(page.body.contains("class=\"elder\"") && browser.get("/").await.body.contains("class=\"elder\""));
    assert_eq!(browser.get("/elder?on=0&back=//evil.example").await.path, "/");
    assert!(!browser.get("/").await.body.contains("class=\"elder\""));
}
