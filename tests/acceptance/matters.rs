//! Supervised matters: set with three units, fed back, sent back, put off, overdue once, closed; and whose eyes they are for.

use domain::account::{Role, StaffKind};
use domain::mark::MarkKind;

use crate::cards::{kinds, marks, tick, until};
use crate::harness::{BUREAU, Browser, Form, HOTLINE, Site};

const WORDING: &str = "请分管同志亲自抓，务必按期完成。";

async fn supervisor(site: &Site, login: &str) -> Browser {
    site.person(login, HOTLINE, Role::Supervisor, StaffKind::CivilServant).await
}

fn filled(form: Form) -> Form {
    form.set("source", "instruction")
        .set("title", "老旧小区改造")
        .set("requirement", "六月底前完成十二个小区的改造，每月反馈进展。")
        .set("wording", WORDING)
        .set("lead", "市城市管理局")
        .set("assisting", "西湾区人民政府\n330503")
        .set("milestones", "2026-05-15 完成改造方案")
        .set("due", "2026-05-29")
}

/// Sets the matter; its id.
async fn set(site: &Site, browser: &mut Browser) -> String {
    let form = filled(browser.get("/oversight/matters/new").await.form("/oversight/matters/new"));
    let once = browser.submit_once(form.clone()).await;
    assert_eq!(once.status, 303, "{}", once.text());
    let twice = browser.submit_once(form).await;
    assert_eq!(twice.header("location"), once.header("location"), "the same form is the same matter");
    site.settle().await;
    once.header("location").unwrap().rsplit('/').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_matter_of_three_units_goes_from_the_instruction_to_the_ledger_s_last_column() {
    let site = Site::open().await;
    let mut office = supervisor(&site, "supervisor-b").await;
    let page = office.get("/oversight/matters/new").await;
    let wrong = filled(page.form("/oversight/matters/new")).set("assisting", "不存在的单位").set("milestones", "五月 方案");
    let wrong = office.submit(wrong.set("title", "")).await;
    let errors = wrong.errors().join(" ");
    assert!(wrong.status == 422 && errors.contains("名册里没有") && errors.contains("每行写日期"), "{errors}");
    let id = set(&site, &mut office).await;
    let path = format!("/oversight/matters/{id}");
    assert_eq!(kinds(&site, &format!("matter-{id}")).await, ["matter_set", "matter_assigned"]);
    for unit in [BUREAU, "330502", "330503"] {
        assert_eq!(kinds(&site, &format!("task-{id}-{unit}")).await, ["task_assigned"], "{unit}");
    }
    assert_eq!(tick(&site).await, 0, "nothing is left for the clock");
    let page = office.get(&path).await;
    assert!(page.has("督〔2026〕1号") && page.has(WORDING) && page.has("西湾区人民政府") && page.has("完成改造方案"), "{}", page.text());
    let ledger = office.get("/oversight/matters").await;
    assert!(
        ledger.has("批示件") && ledger.has("老旧小区改造") && ledger.has("完成 0 / 3 项任务") && ledger.has("配合 2 个单位"),
        "{}",
        ledger.text()
    );

    // Words of an instruction: for the supervision office, the director and the leader alone.
    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get(&path).await;
    assert!(page.status == 200 && page.has("老旧小区改造") && !page.has("亲自抓"), "{}", page.text());
    assert!(!page.offers(&format!("{path}/close")));
    assert_eq!(inspector.forge(&format!("{path}/close"), &[("words", "越权销号")]).await.status, 403);
    assert!(site.sign_in(Role::Director).await.get(&path).await.has("亲自抓"));
    let csv = inspector.get("/oversight/matters/export?tab=all").await;
    assert!(csv.body.contains("督〔2026〕1号") && csv.body.contains("市城市管理局"), "{}", csv.body);
    assert!(!csv.body.contains("亲自抓") && !csv.body.contains("老旧小区"), "{}", csv.body);

    let (desk, task) = (format!("/desk/tasks/{id}"), format!("{path}/tasks/{BUREAU}"));
    let mut liaison = site.sign_in(Role::Liaison).await;
    let page = liaison.get(&desk).await;
    assert!(page.has("牵头") && page.has("每月反馈进展") && page.has("完成改造方案") && !page.has("亲自抓"), "{}", page.text());
    assert_eq!(liaison.get(&path).await.status, 403, "the matter as a whole is not the unit's");
    let mut other = site.person("head-b", "330502-01", Role::Head, StaffKind::CivilServant).await;
    assert_eq!(other.get(&desk).await.status, 404, "a unit without a task finds none");
    assert_eq!(other.forge(&format!("{desk}/feedback"), &[("percent", "50"), ("words", "别的单位")]).await.status, 404);
    let form = page.form(&format!("{desk}/feedback"));
    assert_eq!(liaison.submit_once(form.clone().set("percent", "一半").set("words", "进展")).await.status, 422);
    assert_eq!(liaison.submit_once(form.clone().set("percent", "130").set("words", "进展")).await.status, 422);
    let form = form.set("percent", "60").set("words", "已完成七个小区。");
    assert_eq!(liaison.submit_once(form.clone()).await.status, 303);
    assert_eq!(liaison.submit_once(form).await.status, 303, "sent twice is once");
    site.settle().await;
    assert!(office.get("/oversight/matters?tab=waiting").await.has("牵头 60%"));
    let page = office.get(&task).await;
    let page = office.submit(page.form(&format!("{task}/return")).set("reason", "没有附完工情况。")).await;
    assert!(page.has("已退回") && page.has("推进中"), "{}", page.text());

    // The due day: late once for each unit, whoever ticks; put off with a reason, and late once more.
    until(&site, "2026-05-30T09:00:00");
    tokio::join!(tick(&site), tick(&site));
    for unit in [BUREAU, "330502", "330503"] {
        let all = kinds(&site, &format!("task-{id}-{unit}")).await;
        assert_eq!(all.iter().filter(|kind| *kind == "task_overdue").count(), 1, "{unit}: {all:?}");
    }
    assert_eq!(marks(&site, MarkKind::TaskOverdue), (1, 0));
    let mut office = supervisor(&site, "supervisor-c").await;
    assert!(office.get("/oversight/matters?tab=overdue").await.has("3 个单位逾期"));
    let page = office.get(&task).await;
    let form = page.form(&format!("{task}/extend")).set("due", "2026-05-20").set("reason", "汛期停工两周。");
    let early = office.submit(form.clone()).await;
    assert!(early.status == 422 && early.errors().join("").contains("晚于"), "{}", early.text());
    let page = office.submit(form.set("due", "2026-06-30")).await;
    assert!(page.has("已延期") && page.has("2026年6月30日"), "{}", page.text());
    let mut liaison = site.sign_in(Role::Liaison).await;
    let form = liaison.get(&desk).await.form(&format!("{desk}/feedback"));
    assert_eq!(liaison.submit_once(form.set("percent", "100").set("words", "全部完工。")).await.status, 303);
    let page = office.get(&task).await;
    let page = office.submit(page.form(&format!("{task}/accept")).set("words", "属实。")).await;
    assert!(page.has("已完成"), "{}", page.text());
    assert!(office.get("/oversight/matters").await.has("完成 1 / 3 项任务"));

    let page = office.get(&path).await;
    assert!(page.has("还有 2 个单位的任务没有完成"), "{}", page.text());
    let form = page.form(&format!("{path}/close"));
    let blank = office.submit(form.clone()).await;
    assert!(blank.status == 422 && !kinds(&site, &format!("task-{id}-330502")).await.contains(&"task_closed".to_owned()));
    let page = office.submit(form.set("words", "十二个小区全部完工。")).await;
    assert!(page.has("已销号"), "{}", page.text());
    site.settle().await;
    assert_eq!(kinds(&site, &format!("task-{id}-330503")).await.last().unwrap(), "task_closed");
    assert!(!kinds(&site, &format!("task-{id}-{BUREAU}")).await.contains(&"task_closed".to_owned()), "what was done stays done");
    assert!(office.get("/oversight/matters?tab=closed").await.has("老旧小区改造"));
    let late = liaison.forge(&format!("{desk}/feedback"), &[("percent", "90"), ("words", "补报")]).await;
    assert_eq!(late.status, 409, "{}", late.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_matter_whose_tasks_a_crash_left_out_is_driven_on_by_the_clock() {
    let site = Site::open().await;
    let id = domain::ids::MatterId(site.app.ids.uuid());
    // The first event alone, as a crash right after it leaves it.
    let unit = |code: &str| domain::ids::UnitCode::parse(code).unwrap();
    let new = domain::matter::decide::NewMatter {
        source: domain::matter::Source::Meeting,
        title: "防汛准备".to_owned(),
        requirement: "汛前完成排查。".to_owned(),
        wording: String::new(),
        lead: unit(BUREAU),
        assisting: vec![unit("330502")],
        milestones: Vec::new(),
        due: site.app.now() + chrono::TimeDelta::days(30),
    };
    let account = domain::ids::AccountId(site.app.ids.uuid());
    let event = domain::matter::decide::set(None, &new, account, site.app.now()).unwrap();
    let meta = crate::cards::by(&site, Role::Supervisor);
    let events = vec![(site.app.now(), event.into())];
    let expected = event_log::Expected::NoStream;
    application::store::record(site.app.log.as_ref(), &site.app.vault, &id.stream(), expected, &meta, None, events).await.unwrap();
    let set_at = site.app.now();
    site.clock.advance(chrono::TimeDelta::minutes(5));
    tokio::join!(tick(&site), tick(&site));
    assert_eq!(kinds(&site, &id.stream()).await, ["matter_set", "matter_assigned"]);
    for code in [BUREAU, "330502"] {
        let task = site.app.log.read_stream(&id.task(&unit(code))).await.unwrap();
        assert_eq!((task.len(), domain::time::from_micros(task[0].occurred_at)), (1, set_at), "{code}");
    }
}
