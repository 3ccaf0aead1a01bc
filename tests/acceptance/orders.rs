//! Supervision orders: issued from a case, fed back late, sent back, accepted; and what is refused on the way.

use std::sync::{Arc, Mutex};

use application::accounts::NewAccount;
use automation::delivery::{Carrier, DeliveryError, Message, Receipt};
use automation::{Automation, Settings};
use chrono::{DateTime, Utc};
use domain::account::{Role, StaffKind};
use domain::ids::UnitCode;
use domain::mark::MarkKind;

use crate::cards::{handled, kinds, marks, tick, until};
use crate::harness::{BUREAU, Browser, PASSWORD, Page, Site, maintenance};

/// Issues an order from the page of a case; its id.
async fn issue(site: &Site, director: &mut Browser, number: &str) -> (Page, String) {
    let case = director.get(&format!("/desk/case/{number}")).await;
    let page = director.get(&case.link("发督办单")).await;
    let form = page.form("/oversight/orders/new");
    assert_eq!((form.value("unit").as_str(), form.value("case").as_str()), ("市城市管理局", number));
    let wrong = director.submit(form.clone().set("unit", "城市管理局")).await;
    let errors = wrong.errors().join(" ");
    assert!(wrong.status == 422 && errors.contains("不止一个单位") && errors.contains("请选择颜色"), "{errors}");
    let form = form.set("colour", "orange").set("requirement", "请三个工作日内办结，并报告超期原因。").set("days", "3");
    let once = director.submit_once(form.clone()).await;
    assert_eq!(once.status, 303, "{}", once.text());
    let twice = director.submit_once(form).await;
    assert_eq!((twice.status, twice.header("location")), (303, once.header("location")), "the same form is the same order");
    site.settle().await;
    let path = once.header("location").unwrap().to_owned();
    let page = director.get(&path).await;
    (page, path.rsplit('/').next().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_issued_fed_back_late_sent_back_and_accepted() {
    let site = Site::open().await;
    let number = handled(&site).await;
    let mut director = site.sign_in(Role::Director).await;
    let (page, id) = issue(&site, &mut director, &number).await;
    assert!(page.has("效督〔2026〕1号") && page.has("请三个工作日内办结") && page.has("2026年5月9日（周六）24:00"), "{}", page.text());
    let (office, desk, stream) = (format!("/oversight/orders/{id}"), format!("/desk/orders/{id}"), format!("order-{id}"));
    assert_eq!(marks(&site, MarkKind::Order), (1, 0));
    let print = director.get(&format!("{office}/print")).await;
    assert!(print.has("效能督办单") && print.has("市城市管理局：") && !print.has("王小明"), "{}", print.text());

    // Who has nothing to do with it finds no trace of it.
    let mut other = site.person("head-b", "330502", Role::Head, StaffKind::CivilServant).await;
    assert_eq!(other.get(&desk).await.status, 404);
    assert_eq!(other.forge(&format!("{desk}/feedback"), &[("words", "别的单位")]).await.status, 404);
    let mut inspector = site.sign_in(Role::Inspector).await;
    assert_eq!(inspector.forge("/oversight/orders/new", &[("unit", "0101"), ("colour", "red")]).await.status, 403);
    assert_eq!(inspector.forge(&format!("{office}/withdraw"), &[("reason", "越权撤回")]).await.status, 403);
    let early = inspector.forge(&format!("{office}/accept"), &[("words", "还没有反馈")]).await;
    assert_eq!(early.status, 409, "{}", early.text());
    let page = inspector.get(&office).await;
    assert_eq!(inspector.submit_once(page.form(&format!("{office}/urge")).set("words", "请抓紧办理。")).await.status, 303);

    until(&site, "2026-05-11T09:00:00");
    tokio::join!(tick(&site), tick(&site));
    assert_eq!(kinds(&site, &stream).await, ["order_issued", "order_urged", "order_overdue"], "once, by two processes");
    let overdue = site.app.log.read_stream(&stream).await.unwrap().pop().unwrap();
    assert_eq!(domain::time::from_micros(overdue.occurred_at).to_rfc3339(), "2026-05-09T16:00:00+00:00", "at the due instant");
    assert_eq!(marks(&site, MarkKind::OrderOverdue), (1, 0));
    let mut inspector = site.sign_in(Role::Inspector).await;
    assert!(inspector.get("/oversight/orders?tab=overdue").await.links().iter().any(|(href, _)| *href == office));

    let mut liaison = site.sign_in(Role::Liaison).await;
    assert!(liaison.get(&format!("/desk/case/{number}")).await.links().iter().any(|(href, _)| *href == desk));
    let page = liaison.get(&desk).await;
    assert!(page.has("请三个工作日内办结") && page.has("已逾期") && page.has("请抓紧办理"), "{}", page.text());
    let form = page.form(&format!("{desk}/feedback"));
    let blank = liaison.submit(form.clone()).await;
    assert!(blank.status == 422 && blank.errors().iter().any(|words| words.contains("请填写办理情况")), "{}", blank.text());
    let form = form.set("words", "线路已更换，照明已恢复。");
    assert_eq!(liaison.submit_once(form.clone()).await.status, 303);
    assert_eq!(liaison.submit_once(form).await.status, 303);
    let page = inspector.get(&office).await;
    let form = page.form(&format!("{office}/return")).set("reason", "没有说明超期原因。").set("days", "2");
    assert_eq!(inspector.submit_once(form.clone().set("days", "几天")).await.status, 422);
    assert_eq!(inspector.submit_once(form).await.status, 303);
    // Fed back after the new limit, before the clock came round: late all the same.
    until(&site, "2026-05-14T09:00:00");
    let mut liaison = site.sign_in(Role::Liaison).await;
    let page = liaison.get(&desk).await;
    assert!(page.has("没有说明超期原因"), "{}", page.text());
    let page = liaison.submit(page.form(&format!("{desk}/feedback")).set("words", "补充：因备件缺货超期。")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    tick(&site).await;
    assert_eq!(
        kinds(&site, &stream).await[3..],
        ["order_feedback", "order_returned", "order_overdue", "order_feedback"],
        "each limit is broken once"
    );
    let actors: Vec<String> = site.app.log.read_stream(&stream).await.unwrap().into_iter().map(|event| event.actor).collect();
    assert!(actors[5].starts_with("automation:") && actors[6].starts_with("account:"), "{actors:?}");
    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get(&office).await;
    let page = inspector.submit(page.form(&format!("{office}/accept")).set("words", "情况属实，销号。")).await;
    assert!(page.status == 200 && page.has("已办结"), "{}", page.text());
    site.settle().await;
    assert_eq!((marks(&site, MarkKind::Order), marks(&site, MarkKind::OrderOverdue)), ((1, 0), (2, 0)));
    assert!(inspector.get("/oversight/orders").await.has("这个清单里现在没有督办单"));
    // What comes too late is not lost: the page shows the words once, though no form takes them any more.
    let late = liaison.forge(&format!("{desk}/feedback"), &[("words", "验收照片另行报送。")]).await;
    assert!(late.status == 409 && late.has("您填写的内容已保留"), "{} {}", late.status, late.text());
    let page = liaison.get(&desk).await;
    assert!(page.has("刚才填写的内容没有提交") && page.has("验收照片另行报送。"), "{}", page.text());
    assert!(!liaison.get(&desk).await.has("验收照片另行报送。"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_order_no_longer_counts_and_an_order_about_a_report_of_wrongdoing_goes_to_its_unit_alone() {
    let site = Site::open().await;
    let number = handled(&site).await;
    let mut director = site.sign_in(Role::Director).await;
    let (page, id) = issue(&site, &mut director, &number).await;
    let office = format!("/oversight/orders/{id}");
    let page = director.submit(page.form(&format!("{office}/withdraw")).set("reason", "对象有误。")).await;
    assert!(page.has("已撤回"), "{}", page.text());
    site.settle().await;
    assert_eq!(marks(&site, MarkKind::Order), (1, 1));

    let page = director.get("/oversight/orders/new").await;
    let form = page.form("/oversight/orders/new").set("unit", "330502").set("colour", "blue").set("requirement", "请自查窗口纪律。");
    let strange = form.clone().force("card", "5c0e8f0e-6f0d-5b7e-9a55-0d4f6c1b2a33");
    assert_eq!(director.submit_once(strange).await.status, 404, "a card that does not exist");
    assert_eq!(director.submit_once(form).await.status, 303);

    // A report of wrongdoing, given to the bureau.
    let complaint = site.complaint("举报某饭店后厨使用过期食材，请查处。");
    let file = domain::case::command::File { class: "report".to_owned(), petitioner: None, ..complaint };
    let secret = file.number.clone();
    site.take(file).await;
    site.settle().await;
    let page = director.get(&format!("/oversight/orders/new?case={secret}")).await;
    let form = page.form("/oversight/orders/new").set("unit", "330502").set("colour", "blue").set("requirement", "请核查。");
    let page = director.submit(form).await;
    assert!(page.status == 422 && page.errors().join(" ").contains("只能向它的承办单位"), "{}", page.text());
}

/// A carrier that keeps what it is given.
#[derive(Default)]
struct Post(Mutex<Vec<Message>>);

#[async_trait::async_trait]
impl Carrier for Post {
    async fn send(&self, message: &Message, _: DateTime<Utc>) -> Result<Receipt, DeliveryError> {
        self.0.lock().unwrap().push(message.clone());
        Ok(Receipt { reference: String::new() })
    }
}

/// Owes and sends what is due; what readers were told about duties.
async fn told(site: &Site) -> Vec<(String, Message)> {
    site.settle().await;
    let post = Arc::new(Post::default());
    let automation =
        Automation::with_carrier(site.app.clone(), Settings { patience_millis: 30_000, ..Settings::default() }, post.clone()).unwrap();
    while automation.tick_notices().await.unwrap().any() {}
    site.settle().await;
    let mut all = std::mem::take(&mut *post.0.lock().unwrap());
    all.retain(|message| message.subject.starts_with("有督办事项待办理"));
    let mut told: Vec<(String, Message)> = all.into_iter().map(|message| (message.to.value().to_owned(), message)).collect();
    told.sort_by(|(a, _), (b, _)| a.cmp(b));
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_is_told_of_what_supervision_asks_of_it_once_and_not_of_what_is_done() {
    let site = Site::open().await;
    for (role, email) in [(Role::Liaison, "liaison@example.com"), (Role::Head, "head@example.com"), (Role::Handler, "handler@example.com")]
    {
        let new = NewAccount {
            login: role.code().to_owned(),
            name: format!("{}甲", role.label()),
            phone: String::new(),
            email: email.to_owned(),
            unit: UnitCode::parse(BUREAU).ok(),
            staff: StaffKind::CivilServant,
            roles: vec![role],
        };
        let (_, done) = site.app.open_account(&maintenance(), new, PASSWORD, false).await.unwrap();
        assert!(site.app.settled(done.seq).await);
    }
    let number = handled(&site).await;
    told(&site).await;
    let mut director = site.sign_in(Role::Director).await;
    let (_, id) = issue(&site, &mut director, &number).await;
    let (office, desk) = (format!("/oversight/orders/{id}"), format!("/desk/orders/{id}"));
    let first = told(&site).await;
    let readers: Vec<&str> = first.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(readers, ["head@example.com", "liaison@example.com"], "its liaisons and its heads");
    let message = &first[0].1;
    assert_eq!(message.subject, "有督办事项待办理（督办单 2026 年第 1 号）");
    for words in ["市城市管理局", "督办单待反馈", "2026年5月9日（周六）24:00", "/desk/duties"] {
        assert!(message.text.contains(words) && message.html.contains(words), "{words}: {}", message.text);
    }
    assert!(!message.text.contains("请三个工作日内办结"), "nothing of what was written");
    // Urging and being late give no new duty.
    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get(&office).await;
    assert_eq!(inspector.submit_once(page.form(&format!("{office}/urge")).set("words", "请抓紧办理。")).await.status, 303);
    until(&site, "2026-05-11T09:00:00");
    tick(&site).await;
    assert_eq!(told(&site).await, vec![]);
    // What was fed back and comes again is told again.
    let feed_back = async |words: &str| {
        let mut liaison = site.sign_in(Role::Liaison).await;
        let page = liaison.get(&desk).await;
        assert_eq!(liaison.submit_once(page.form(&format!("{desk}/feedback")).set("words", words)).await.status, 303);
    };
    let send_back = async || {
        let mut inspector = site.sign_in(Role::Inspector).await;
        let page = inspector.get(&office).await;
        let form = page.form(&format!("{office}/return")).set("reason", "没有说明超期原因。").set("days", "2");
        assert_eq!(inspector.submit_once(form).await.status, 303);
    };
    feed_back("线路已更换。").await;
    assert_eq!(told(&site).await, vec![]);
    send_back().await;
    let second = told(&site).await;
    assert_eq!(second.len(), 2);
    assert!(second.iter().all(|(_, message)| first.iter().all(|(_, before)| before.id != message.id)));
    // What is owed at night and done before the morning is not sent.
    feed_back("补充说明。").await;
    until(&site, "2026-05-11T22:00:00");
    send_back().await;
    assert_eq!(told(&site).await, vec![]);
    feed_back("再补充说明。").await;
    until(&site, "2026-05-12T08:30:00");
    assert_eq!(told(&site).await, vec![]);
    // Sent back twice in a night: the unit is told of the limit that stands, and not twice.
    until(&site, "2026-05-12T22:00:00");
    send_back().await;
    feed_back("又补充。").await;
    site.clock.advance(chrono::TimeDelta::minutes(1));
    send_back().await;
    assert_eq!(told(&site).await, vec![]);
    until(&site, "2026-05-13T08:30:00");
    assert_eq!(told(&site).await.len(), 2);
    let mut admin = site.sign_in(Role::SystemAdmin).await;
    let page = admin.get("/admin/notices?state=sent").await;
    assert!(page.has("督办待办通知") && page.has("督办单 2026 年第 1 号") && page.has("市城市管理局"), "{}", page.text());
    assert!(admin.get("/admin/notices?state=dropped").await.has("事项已经办理，不再通知"));
}
