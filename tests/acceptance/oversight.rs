//! 今日, the duties, late cases by unit, and the picture of a unit: who sees what, and that the figures add up.

use chrono::TimeDelta;
use domain::account::Role;

use crate::harness::{BUREAU, Browser, Page, Site, TOWN, percent};

const WORDS: &str = "小区北门的路灯连续五天不亮，晚上看不清路，请尽快维修。";

/// The hotline gives a case to the bureau.
async fn dispatch(site: &Site, dispatcher: &mut Browser, number: &str) {
    let path = format!("/desk/case/{number}");
    for act in ["accept", "dispatch"] {
        let page = dispatcher.get(&path).await;
        let form = page.form(&format!("{path}/{act}"));
        let form = match act {
            "dispatch" => {
                form.set("suggestion", "other").set("unit", BUREAU).set("reason", "属于市容环境管理职责").button("do", "dispatch")
            }
            _ => form,
        };
        let answer = dispatcher.submit_once(form).await;
        assert_eq!(answer.status, 303, "{act}: {}", answer.text());
    }
    site.settle().await;
}

/// The figure of yesterday with this code, as it stands on the page.
fn figure(page: &Page, code: &str) -> String {
    let (_, rest) = page.body.split_once(&format!("id=\"day-{code}\"")).expect("the figure stands on the page");
    let (_, rest) = rest.split_once("class=\"figure-value\">").unwrap();
    let value = rest.split("<small>").next().unwrap();
    let words: Vec<&str> = value.split('<').map(|part| part.split_once('>').map_or(part, |(_, words)| words)).collect();
    words.concat().trim().to_owned()
}

fn figure_link(page: &Page, code: &str) -> String {
    let (_, rest) = page.body.split_once(&format!("id=\"day-{code}\"")).unwrap();
    let (_, rest) = rest.split_once("href=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_figures_of_yesterday_add_up_and_lead_to_their_cases() {
    let site = Site::open().await;
    let (first, second, third) = (site.file(WORDS).await, site.file(WORDS).await, site.file(WORDS).await);
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    dispatch(&site, &mut dispatcher, &first).await;
    dispatch(&site, &mut dispatcher, &second).await;
    let page = dispatcher.get(&format!("/desk/case/{third}")).await;
    let form =
        page.form(&format!("/desk/case/{third}/refuse")).set("ground", "legal_path").set("words", "不属于受理范围，请向有关部门反映。");
    assert_eq!(dispatcher.submit_once(form).await.status, 303);
    site.settle().await;
    // The same day is not yet yesterday.
    let mut inspector = site.sign_in(Role::Inspector).await;
    assert_eq!(figure(&inspector.get("/oversight").await, "filed"), "0");
    site.clock.advance(TimeDelta::days(1));
    let mut inspector_tomorrow = site.sign_in(Role::Inspector).await;
    let page = inspector_tomorrow.get("/oversight").await;
    assert_eq!((page.status, page.heading().contains("今日")), (200, true), "{}", page.text());
    let found: Vec<String> = ["filed", "dispatched", "ended", "dissatisfied"].iter().map(|code| figure(&page, code)).collect();
    assert_eq!(found, ["3", "2", "1", "0"]);
    assert!(page.has("上周同日没有数据") && page.has("去年同日没有数据"), "{}", page.text());
    for (code, n) in [("filed", 3), ("dispatched", 2), ("ended", 1), ("dissatisfied", 0)] {
        let list = inspector_tomorrow.get(&figure_link(&page, code)).await;
        assert_eq!(list.status, 200);
        assert_eq!(list.body.matches("href=\"/desk/case/").count(), n, "{code}: {}", list.text());
        assert!(list.has(&format!("共 {n} 件")), "{}", list.text());
    }
    // A week later they are what the day is measured by.
    site.clock.advance(TimeDelta::days(7));
    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get("/oversight").await;
    assert!(page.has("↓ 比上周同日少 3 件") && page.has("＝ 与上周同日持平"), "{}", page.text());
    for path in ["/oversight/day/filed?day=tomorrow", "/oversight/day/unknown", "/oversight/day/filed?day=2126-01-01"] {
        assert_eq!(inspector.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_of_the_office_has_its_day_and_no_link_that_is_shut() {
    let site = Site::open().await;
    let number = site.file(WORDS).await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    dispatch(&site, &mut dispatcher, &number).await;
    site.clock.advance(TimeDelta::days(1));
    for role in [Role::Inspector, Role::Director, Role::Leader, Role::Supervisor] {
        let mut browser = site.sign_in(role).await;
        assert_eq!(browser.get("/desk").await.path, "/oversight", "{role:?}");
        for path in ["/oversight", "/oversight/units", "/oversight/units/0101", "/desk/duties"] {
            let page = browser.get(path).await;
            assert_eq!(page.status, 200, "{role:?} {path}: {}", page.text());
            assert!(page.has("数据截至"), "{role:?} {path}");
            let links: Vec<String> =
                page.body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&")).collect();
            let ours = |href: &&String| href.starts_with("/desk") || href.starts_with("/oversight");
            for href in links.iter().filter(ours) {
                let status = browser.get(href).await.status;
                assert!(status < 400, "{role:?} on {path}: {href} is {status}");
            }
        }
    }
    for role in [Role::Operator, Role::Dispatcher, Role::Reviewer, Role::Handler, Role::Evaluator, Role::SystemAdmin, Role::Auditor] {
        let mut browser = site.sign_in(role).await;
        for path in ["/oversight", "/oversight/overdue", "/oversight/units", "/oversight/units/0101", "/oversight/day/filed", "/desk/unit"]
        {
            assert_eq!(browser.get(path).await.status, 403, "{role:?} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_cases_stand_by_unit_with_whose_hands_and_for_how_long() {
    let site = Site::open().await;
    let number = site.file(WORDS).await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    dispatch(&site, &mut dispatcher, &number).await;
    site.account(Role::Liaison).await;
    let mut director = site.sign_in(Role::Director).await;
    let page = director.get("/oversight/overdue?list=near").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let state = site.app.projections.views().case_state(site.case(&number)).unwrap().unwrap().state;
    let due = state.next_due().unwrap().due;
    site.clock.advance(due - site.app.now() - TimeDelta::minutes(30));
    let mut director = site.sign_in(Role::Director).await;
    let page = director.get("/oversight/overdue?list=near").await;
    assert!(page.has("市城市管理局") && page.has("联络员甲") && page.has("在手") && page.has("登记以来"), "{}", page.text());
    assert_eq!(page.body.matches("href=\"/desk/case/").count(), 1);
    let page = director.get("/oversight/overdue?unit=0101&list=near").await;
    assert_eq!(page.body.matches("href=\"/desk/case/").count(), 1, "{}", page.text());
    let page = director.get(&format!("/oversight/overdue?unit={TOWN}&list=near")).await;
    assert_eq!(page.body.matches("href=\"/desk/case/").count(), 0, "{}", page.text());
    for path in ["/oversight/overdue?unit=9999", "/oversight/overdue?list=all", "/oversight/overdue?after=x"] {
        assert_eq!(director.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_sees_its_own_picture_and_no_other() {
    let site = Site::open().await;
    for role in [Role::Head, Role::Liaison] {
        let mut browser = site.sign_in(role).await;
        let page = browser.get("/desk/unit").await;
        assert_eq!((page.status, page.heading().contains("市城市管理局")), (200, true), "{}", page.text());
        assert_eq!(browser.get(&format!("/oversight/units/{BUREAU}")).await.path, "/desk/unit");
        for code in [TOWN, "330502", "330500", "nowhere"] {
            let page = browser.get(&format!("/oversight/units/{code}")).await;
            assert_eq!(page.status, 404, "{role:?} {code}");
            assert!(!page.has("幸福街道") && !page.has("西湾区"), "{}", page.text());
        }
        assert_eq!(browser.get("/desk/unit?year=1999").await.status, 404);
        assert_eq!(browser.get("/oversight/units").await.status, 403);
    }
    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get(&format!("/oversight/units?q={}", percent("街道"))).await;
    assert!(page.has("幸福街道办事处") && !page.has("市城市管理局") && page.has("乡镇（街道）"), "{}", page.text());
    assert!(inspector.get("/oversight/units?level=county").await.has("西湾区人民政府"));
    assert!(inspector.get(&format!("/oversight/units?q={}", percent("没有这个单位"))).await.has("没有找到这样的单位"));
    assert_eq!(inspector.get("/oversight/units?level=moon").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_nothing_to_do_is_told_so_and_the_desk_counts_it() {
    let site = Site::open().await;
    let mut liaison = site.sign_in(Role::Liaison).await;
    let page = liaison.get("/desk").await;
    assert!(page.has("督办与整改"), "{}", page.text());
    let page = liaison.get("/desk/duties").await;
    assert!(page.status == 200 && page.has("现在没有要办的"), "{}", page.text());
    assert_eq!(liaison.get("/desk/duties?task=nothing_known").await.status, 200);
    assert_eq!(liaison.get("/desk/duties?after=nonsense").await.status, 404);
    let mut operator = site.sign_in(Role::Operator).await;
    assert!(!operator.get("/desk").await.has("督办与整改"));
    assert_eq!(operator.get("/desk/duties").await.status, 403);
}

/// Streams, duties and marks as any kind of supervision would leave them, at 2026-05-06 10:00.
fn supervise(site: &Site, case: &str) {
    let at = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
    let (spring, late, soon) = (at("2026-03-10T09:00:00+08:00"), at("2026-05-05T00:00:00+08:00"), at("2026-05-09T00:00:00+08:00"));
    let case = site.case(case).0;
    let rows = format!(
        "INSERT INTO stream (key, name, kind, year, ordinal, revision, seq, state) VALUES
            (900001, 'card-a', 'card', 2026, 41, 1, 900001, '{{\"case\":\"{case}\"}}'), (900002, 'card-b', 'card', 2026, 42, 1, 900002, '{{}}'),
            (900003, 'order-c', 'order', 2026, 7, 1, 900003, '{{}}'), (900004, 'investigation-d', 'investigation', 2026, 3, 1, 900004, '{{}}'),
            (900005, 'order-e', 'order', 2026, 8, 1, 900005, '{{}}'), (900006, 'escalation-f', 'escalation', 2026, 5, 1, 900006, '{{}}');
         INSERT INTO mark (seq, ord, key, unit, kind, code, at, revoked_seq) VALUES
            (900001, 0, 900001, '{BUREAU}', 'yellow_card', '', {spring}, NULL), (900002, 0, 900002, '{BUREAU}', 'yellow_card', '', {spring}, 900009),
            (900003, 0, 900003, '{BUREAU}', 'order', '', {late}, NULL), (900005, 0, 900005, '{TOWN}', 'red_card', '', {late}, NULL);
         INSERT INTO duty (holder, due_at, key, task, since) VALUES
            ('unit:{BUREAU}', {late}, 900003, 'order_feedback', {spring}), ('unit:{BUREAU}', {soon}, 900001, 'card_object', {spring}),
            ('unit:{TOWN}', {soon}, 900005, 'order_feedback', {spring}), ('role:director', {soon}, 900002, 'card_decide', {spring}),
            ('role:inspector', {soon}, 900004, 'investigation_accept', {spring}), ('role:inspector', {late}, 900006, 'escalation_handle', {spring}),
            ('role:inspector', {soon}, 900005, 'of_a_newer_program', {spring});"
    );
    let connection = rusqlite::Connection::open(site.views_file()).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection.execute_batch(&rows).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duties_and_marks_stand_where_they_belong_and_nowhere_else() {
    let site = Site::open().await;
    let number = site.file(WORDS).await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    dispatch(&site, &mut dispatcher, &number).await;
    supervise(&site, &number);

    let mut liaison = site.sign_in(Role::Liaison).await;
    let page = liaison.get("/desk").await;
    assert!(page.has("督办与整改") && page.has("其中 1 件已过期限"), "{}", page.text());
    let page = liaison.get("/desk/duties").await;
    let text = page.text();
    assert!(text.find("督办单 2026 年第 7 号").unwrap() < text.find("预警与牌 2026 年第 41 号").unwrap(), "late first: {text}");
    assert!(page.has("超 1 天 10 小时") && page.has("2026年5月4日（周一）24:00") && page.has("剩 2 天 14 小时"), "{text}");
    assert!(!page.has("2026 年第 8 号") && !page.has("效能投诉") && !page.has("裁定"), "{text}");
    let page = liaison.get("/desk/duties?task=card_object").await;
    assert!(page.has("第 41 号") && !page.has("第 7 号"), "{}", page.text());

    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get("/desk/duties").await;
    assert!(page.has("效能投诉待受理") && page.has("提级事项待处置") && page.has("待办"), "{}", page.text());
    let page = inspector.get("/oversight").await;
    let text = page.text();
    assert!(page.has("督办单待反馈2 件 其中 1 件已过期限") && page.has("本月红牌1 件") && page.has("本月黄牌0 件"), "{text}");
    assert!(page.has("牌的异议待裁定1 件") && page.has("提级事项待处置1 件 其中 1 件已过期限"), "{text}");
    // Others of the office learn nothing of an investigation that is not theirs, not even a number.
    for role in [Role::Director, Role::Leader, Role::Supervisor] {
        let mut browser = site.sign_in(role).await;
        for path in ["/oversight", "/desk/duties", "/oversight/units", "/oversight/units/0101"] {
            let page = browser.get(path).await;
            let main = page.body.split_once("<main").unwrap().1;
            assert!(!main.contains("效能投诉") && !main.contains("investigation"), "{role:?} {path}");
        }
    }

    for (role, path) in [(Role::Inspector, "/oversight/units/0101"), (Role::Head, "/desk/unit")] {
        let mut browser = site.sign_in(role).await;
        let page = browser.get(path).await;
        let text = page.text();
        assert!(page.has("1（另撤销 1）") && page.has("督办单 1 0 0"), "{role:?}: {text}");
        assert!(page.body.contains("<del>黄牌</del>") && page.has("已撤销，理由见该件（日志位置 900009）"), "{role:?}: {text}");
        assert!(page.body.contains(&format!("href=\"/desk/case/{number}\"")), "{role:?}: {text}");
        assert!(page.has("督办单待反馈") && page.has("待办 2 件"), "{role:?}: {text}");
        // The menu of the office names the lists of all kinds.
        let main = page.body.split_once("<main").unwrap().1;
        assert!(["红牌", "效能投诉", "第 8 号"].iter().all(|word| !main.contains(word)), "{role:?}: {text}");
        let page = browser.get(&format!("{path}?year=2025")).await;
        assert!(page.has("2025年记录") && !page.has("2025年逐条"), "{role:?}: {}", page.text());
    }
    let page = inspector.get("/oversight/units").await;
    assert!(page.has("督办单 1、黄牌 1") && page.has("红牌 1"), "{}", page.text());
    let page = inspector.get(&format!("/oversight/units/{TOWN}")).await;
    assert!(page.has("红牌") && !page.has("黄牌"), "{}", page.text());
}
