//! 办不成事 from a phone up the ladder to the leader and to its end, as those walk it who do it.

use crate::stage::{DESK, PHONE, Stage};

/// Whose desk the demo's liaison, handler and head sit at.
pub const UNIT: &str = "市城市管理局";
/// Its code.
pub const UNIT_CODE: &str = "QY-CG";

/// A citizen files what cannot be done, on a phone; the case's page at the desk.
pub async fn stuck(stage: &Stage, wanted: &str) -> String {
    stage.size(PHONE).await;
    stage.open("/stuck").await;
    stage.fill("wanted", wanted).await;
    stage.fill("window", "市政务服务中心 12 号窗口").await;
    stage.fill("happened", "材料已经备齐，两周内去了四次，每次都说系统不能受理，让回去等通知，一直没有人给出书面答复。").await;
    stage.fill("name", "周明").await;
    stage.fill("phone", "13800138000").await;
    stage.submit("/stuck").await;
    stage.sees("已收到您的诉求").await;
    format!("/desk/case/{}", stage.text(".receipt .big").await.replace(['-', ' '], ""))
}

/// The dispatcher gives the case to the unit of the demo's accounts.
pub async fn dispatch(stage: &Stage, case: &str) {
    stage.size(DESK).await;
    stage.sign_in("dispatcher").await;
    stage.open(case).await;
    stage.unfold().await;
    stage.fill_in("/dispatch", "unit_query", UNIT).await;
    stage.press("/dispatch", "find").await;
    stage.unfold().await;
    stage.choose("suggestion", "other").await;
    stage.pick("unit", UNIT_CODE).await;
    stage.fill_in("/dispatch", "reason", "属于城市管理部门审批事项").await;
    stage.press("/dispatch", "dispatch").await;
    stage.sees("待签收").await;
    stage.sign_out().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_climbs_the_ladder_and_is_done() {
    let stage = Stage::set().await;
    let (today, later) = stage.days(7);

    stage.open("/stuck").await;
    stage.look("stuck").await;
    stage.refused("/stuck", "请填写您想办什么事").await;
    stage.look("stuck-errors").await;
    let case = stuck(&stage, "办理户外招牌设置许可").await;
    stage.look("stuck-receipt").await;
    dispatch(&stage, &case).await;

    // The unit reports, and its head says that it cannot be done here.
    stage.sign_in("head").await;
    stage.open("/desk/escalations").await;
    stage.look("escalations-unit").await;
    stage.open(&case).await;
    let own = stage.hrefs("/desk/escalations/").await.remove(0);
    stage.open(&own).await;
    stage.look("escalation-unit").await;
    stage.unfold().await;
    stage.refused("/report", "请填写办理情况").await;
    stage.look("escalation-error").await;
    stage.fill_in("/report", "words", "系统权限在市数据局，本局窗口无法受理。").await;
    stage.submit("/report").await;
    stage.sees("已报告").await;
    stage.unfold().await;
    stage.pick_words("/raise", "level", "Ⅱ级").await;
    stage.pick_words("/raise", "entry", "承办单位无权限").await;
    stage.fill_in("/raise", "reason", "需要部门之间共享受理权限。").await;
    stage.submit("/raise").await;
    stage.sees("已提级").await;
    stage.sign_out().await;

    // The office takes it up, sits down with those concerned, and brings it before the leader.
    let chain = own.replace("/desk/", "/oversight/");
    stage.sign_in("inspector").await;
    stage.open("/oversight/escalations").await;
    stage.look("escalations-board").await;
    stage.open("/oversight/escalations?ladder=stuck").await;
    assert!(stage.hrefs(&chain).await.len() == 1, "the board leads to the matter");
    stage.look("escalations-stuck").await;
    stage.open("/oversight/escalations/level/2?ladder=stuck").await;
    assert!(stage.hrefs(&chain).await.len() == 1, "the list of the level leads to the matter");
    stage.look("escalations-level").await;
    stage.open(&chain).await;
    stage.unfold().await;
    stage.pick_words("/raise", "level", "Ⅲ级").await;
    stage.pick_words("/raise", "entry", "职责争议").await;
    stage.fill_in("/raise", "reason", "两家单位职责交叉，需要会商。").await;
    stage.submit("/raise").await;
    stage.sees("待会商").await;
    stage.unfold().await;
    stage.look("escalation-acts").await;
    stage.set_in("/convene", "held", &today).await;
    stage.choose_first_in("/convene", "units").await;
    stage.fill_in("/convene", "resolution", "由市城市管理局牵头，市数据局三日内开通受理权限。").await;
    stage.pick("task_unit", UNIT_CODE).await;
    stage.fill_in("/convene", "task", "受理申请并在五个工作日内发证").await;
    stage.set_in("/convene", "task_due", &later).await;
    stage.submit("/convene").await;
    stage.sees("已记录会商").await;
    stage.sees("三日内开通受理权限").await;
    stage.unfold().await;
    stage.pick_words("/raise", "level", "Ⅳ级").await;
    stage.pick_words("/raise", "entry", "需要政策支持").await;
    stage.fill_in("/raise", "reason", "请市领导明确并联受理办法。").await;
    stage.submit("/raise").await;
    stage.sees("Ⅳ级：市领导").await;
    stage.look("escalation-leader").await;
    stage.sign_out().await;

    // The leader decides; the page shows the whole way.
    stage.sign_in("leader").await;
    stage.open(&chain).await;
    stage.unfold().await;
    stage.fill_in("/resolve", "words", "同意并联受理，许可证今天发出。").await;
    stage.submit("/resolve").await;
    stage.sees("已办结").await;
    stage.sees("同意并联受理，许可证今天发出。").await;
    for words in
        ["Ⅰ级", "Ⅱ级", "Ⅲ级", "Ⅳ级", "反映“办不成事”", "承办单位无权限", "职责争议", "需要政策支持", "受理申请并在五个工作日内发证"]
    {
        stage.sees(words).await;
    }
    stage.look("escalation-resolved").await;
    stage.sign_out().await;
    stage.strike().await;
}
