//! What opinions of a public evaluation lead to, and orders on what a check found.

use domain::account::Role;

use crate::campaigns::{at, opened, step, vote};
use crate::cards::until;
use crate::harness::{BUREAU, Site};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opinion_is_put_right_once_and_accepted_by_those_who_run_the_evaluation() {
    let site = Site::open().await;
    let mut evaluator = site.sign_in(Role::Evaluator).await;
    let mut director = site.sign_in(Role::Director).await;
    let (id, users, _) = opened(&site, &mut evaluator, [8, 2]).await;
    for (n, code) in users.iter().take(6).enumerate() {
        let opinion = if n < 2 { "窗口的王建国科长让我跑了三趟，电话13800001234。" } else { "" };
        vote(&site, code, &[(0, "4")], opinion).await;
    }
    // Two people know the second body: their words would tell who they are.
    vote(&site, &users[6], &[(1, "5")], "西湾区窗口中午没有人。").await;
    let opinions = format!("{}/opinions", at(&id));
    assert_eq!(evaluator.get(&opinions).await.status, 404, "not before it is closed");
    step(&mut evaluator, &id, "close").await;
    site.settle().await;

    let page = evaluator.get(&at(&id)).await;
    assert_eq!(page.link("文字意见与整改"), opinions);
    let page = evaluator.get(&opinions).await;
    let body = page.link("市城市管理局");
    assert!(!page.links().iter().any(|(_, words)| words.contains("西湾区")), "{}", page.text());
    assert_eq!(evaluator.get(&format!("{opinions}?body=330502")).await.status, 404);
    let page = evaluator.get(&body).await;
    assert!(page.has("第 1 号意见") && page.has("第 2 号意见") && page.has("跑了三趟"), "{}", page.text());
    assert!(!page.has("王建国") && !page.has("13800001234"), "{}", page.text());
    // Nobody else reads them.
    assert_eq!(director.get(&opinions).await.status, 403);
    assert_eq!(director.forge(&opinions, &[("number", "1"), ("what", "x")]).await.status, 403);
    assert_eq!(evaluator.forge(&opinions, &[("number", "3"), ("what", "不给看的意见")]).await.status, 404);

    let form = page.form(&opinions);
    let wrong = evaluator.submit(form.clone()).await;
    assert_eq!((wrong.status, wrong.errors()), (422, vec!["请填写整改要求".to_owned()]));
    let wrong = evaluator.submit(form.clone().set("what", "压减跑动次数").set("due", "某天")).await;
    assert!(wrong.status == 422 && wrong.body.contains("压减跑动次数"), "{}", wrong.text());
    let form = form.set("what", "实行一次告知，压减跑动次数。");
    let sheet = evaluator.submit(form.clone()).await;
    assert!(sheet.path.starts_with("/oversight/rectifications/") && sheet.has("第 1 号"), "{} {}", sheet.path, sheet.text());
    // 60 days from 6 May, to the end of the day.
    assert!(sheet.has("2026年7月5日"), "{}", sheet.text());
    let before = site.app.log.head().await.unwrap().size;
    let again = evaluator.submit(form).await;
    assert!(again.path == sheet.path && !again.has("没有提交"), "sent twice: {}", again.text());
    assert_eq!(evaluator.forge(&opinions, &[("number", "1"), ("what", "再要求一次")]).await.status, 303);
    let page = evaluator.get(&sheet.path).await;
    assert!(page.has("刚才填写的内容没有提交") && page.has("再要求一次"), "{}", page.text());
    assert_eq!(site.app.log.head().await.unwrap().size, before, "one opinion, one rectification");
    site.settle().await;
    assert_eq!(evaluator.get(&body).await.link("整改情况"), sheet.path);

    let mut head = site.sign_in(Role::Head).await;
    let duties = head.get("/desk/duties").await;
    let desk = sheet.path.replace("/oversight", "/desk");
    assert!(duties.links().iter().any(|(href, _)| *href == desk), "{}", duties.text());
    let page = head.get(&desk).await;
    assert!(page.has("公众评议意见：第 1 号") && page.has("一次告知") && !page.has("跑了三趟"), "{}", page.text());
    let form = page.form(&format!("{desk}/plan")).set("responsible", "陈建国").set("measure", "公布一次告知单。");
    let page = head.submit(form).await;
    let page = head.submit(page.form(&format!("{desk}/report")).set("words", "告知单已上墙。")).await;
    assert!(page.has("待验收"), "{}", page.text());
    site.settle().await;
    // It is the evaluator who looks whether it was done, not the inspector.
    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get(&sheet.path).await;
    assert!(page.status == 200 && !page.offers(&format!("{}/accept", sheet.path)), "{}", page.text());
    assert_eq!(inspector.forge(&format!("{}/accept", sheet.path), &[("words", "x")]).await.status, 403);
    assert!(!inspector.get("/desk/duties").await.has("整改待验收"));
    assert!(evaluator.get("/desk/duties").await.has("整改待验收"));
    assert!(evaluator.get("/oversight/rectifications").await.links().iter().any(|(href, _)| *href == sheet.path));
    let page = evaluator.get(&sheet.path).await;
    let page = evaluator.submit(page.form(&format!("{}/accept", sheet.path)).set("words", "现场查看属实。")).await;
    assert!(page.has("已销号"), "{}", page.text());
    site.settle().await;
    // The unit finds it among its papers.
    let page = head.get("/desk/unit").await;
    let papers = page.link("本单位的文书（办结的也在内）");
    let page = head.get(&format!("{papers}?kind=rectifications")).await;
    assert!(page.links().iter().any(|(href, _)| *href == desk) && page.has("已销号"), "{}", page.text());
    for kind in ["cards", "orders", "tasks", "findings"] {
        let page = head.get(&format!("{papers}?kind={kind}")).await;
        assert!(page.status == 200 && page.has("没有"), "{kind}: {}", page.text());
    }
    assert_eq!(head.get(&format!("{papers}?kind=secrets")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_check_found_is_the_ground_of_an_order_to_that_unit() {
    let site = Site::open().await;
    let mut people = crate::inspections::people(&site).await;
    let at = crate::inspections::found(&site, &mut people, "open", "窗口作风检查").await;
    let id = at.rsplit('/').next().unwrap().to_owned();
    let ask = format!("/oversight/orders/new?finding={id}&number=1");
    assert_eq!(people.director.get(&ask).await.status, 404, "not before it is confirmed");
    until(&site, "2026-05-20T09:00:00");
    crate::cards::tick(&site).await;
    let mut director = site.sign_in(Role::Director).await;
    let form = director.get(&at).await.form(&format!("{at}/confirm")).set("reason", "逾期未回复，按记录认定。");
    let page = director.submit(form).await;
    assert_eq!(page.link("据此发督办单"), ask);
    let page = director.get(&ask).await;
    assert!(page.has("明察暗访发现的问题：效查〔2026〕1号 第 1 条") && page.has("督办要求"), "{}", page.text());
    let form = page.form("/oversight/orders/new").set("colour", "orange").set("requirement", "请整顿窗口纪律。");
    let wrong = director.submit(form.clone().set("unit", "330502")).await;
    assert!(wrong.status == 422 && wrong.errors().join("").contains("没有认定这个单位的问题"), "{}", wrong.text());
    let order = director.submit(form).await;
    assert!(order.path.starts_with("/oversight/orders/") && order.link("明察暗访发现的问题") == at, "{} {}", order.path, order.text());
    site.settle().await;
    let mut head = site.sign_in(Role::Head).await;
    let page = head.get(&order.path.replace("/oversight", "/desk")).await;
    assert_eq!(page.link("明察暗访发现的问题"), format!("/desk/findings/{id}"));
    // Both stand among the unit's papers.
    let papers = head.get("/desk/papers?kind=orders").await;
    assert!(papers.links().iter().any(|(href, _)| *href == page.path), "{}", papers.text());
    let papers = head.get("/desk/papers?kind=findings").await;
    assert!(papers.links().iter().any(|(href, _)| *href == format!("/desk/findings/{id}")) && papers.has("已认定"), "{}", papers.text());
    // The picture leads to the unit's side of both.
    let picture = head.get("/desk/unit").await;
    assert!(picture.links().iter().any(|(href, _)| *href == page.path), "{}", picture.text());
    let mut inspector = site.sign_in(Role::Inspector).await;
    let picture = inspector.get(&format!("/oversight/units/{BUREAU}")).await;
    let open = format!("/oversight/overdue?unit={BUREAU}&list=open");
    assert!(picture.links().iter().any(|(href, _)| *href == open), "the open cases have a list: {:?}", picture.links());
    assert_eq!(inspector.get(&open).await.status, 200);
}
