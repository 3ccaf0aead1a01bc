//! A supervised matter with three units from the instruction to the ledger.

use crate::escalation::{UNIT, UNIT_CODE};
use crate::stage::{DESK, PHONE, Stage};
use crate::{assessment, today};

const NEW: &str = "/oversight/matters/new";

#[tokio::test(flavor = "multi_thread")]
async fn a_matter_goes_to_three_units_a_year_is_assessed_and_the_day_leads_to_its_lists() {
    let stage = Stage::set().await;
    walk(&stage).await;
    assessment::walk(&stage).await;
    today::walk(&stage).await;
    stage.strike().await;
}

async fn walk(stage: &Stage) {
    stage.size(DESK).await;
    let (half, due) = (stage.days(10).1, stage.days(20).1);
    stage.sign_in("supervisor").await;
    stage.open(NEW).await;
    stage.look("matter-new").await;
    stage.refused(NEW, "请选择来源").await;
    stage.look("matter-new-errors").await;
    stage.pick("source", "instruction").await;
    stage.fill("title", "老旧小区照明改造").await;
    stage.fill("requirement", "年底前完成十二个小区的照明改造，每月反馈进展。").await;
    stage.fill("wording", "请分管同志亲自抓，务必按期完成。").await;
    stage.fill("lead", UNIT).await;
    stage.fill("assisting", "市人力资源和社会保障局\n市政务服务和数据管理局").await;
    stage.fill("milestones", &format!("{half} 完成改造方案")).await;
    stage.set_in(NEW, "due", &due).await;
    stage.submit(NEW).await;
    stage.sees("已立项").await;
    let matter = stage.path().await;
    assert_eq!(stage.hrefs(&format!("{matter}/tasks/")).await.len(), 3, "three units have a task each");
    stage.look("matter").await;
    stage.sign_out().await;

    // The unit in the lead answers on a phone; what the instruction says is not for it.
    let own = matter.replace("/oversight/matters/", "/desk/tasks/");
    stage.size(PHONE).await;
    stage.sign_in("liaison").await;
    stage.open(&own).await;
    stage.look("task-unit").await;
    stage.size(PHONE).await;
    stage.unfold().await;
    stage.fill_in("/feedback", "percent", "一半").await;
    stage.fill_in("/feedback", "words", "十二个小区全部完工。").await;
    stage.refused("/feedback", "0 到 100").await;
    stage.look("task-unit-error").await;
    stage.fill_in("/feedback", "percent", "100").await;
    stage.submit("/feedback").await;
    stage.sees("进展已提交").await;
    stage.sign_out().await;

    stage.size(DESK).await;
    stage.sign_in("supervisor").await;
    stage.open("/oversight/matters?tab=waiting").await;
    assert!(!stage.hrefs(&matter).await.is_empty(), "what was fed back waits in the ledger");
    stage.open(&format!("{matter}/tasks/{UNIT_CODE}")).await;
    stage.unfold().await;
    stage.look("task-review").await;
    stage.fill_in("/accept", "words", "现场核实，属实。").await;
    stage.submit("/accept").await;
    stage.sees("已审核同意").await;
    stage.look("task-accepted").await;
    stage.open("/oversight/matters").await;
    stage.sees("完成 1 / 3 项任务").await;
    stage.look("matters-ledger").await;
    stage.sign_out().await;
}
