//! The year's assessment from its scheme over draft, objection and decision to the circular. That it becomes final when the time
//! for objections is over is shown where time can pass.

use crate::escalation::UNIT_CODE;
use crate::stage::{DESK, Stage};

const LIST: &str = "/oversight/assessments";
const NEW: &str = "/oversight/assessments/new";

/// What the people of the year do, one after the other.
pub async fn walk(stage: &Stage) {
    stage.size(DESK).await;
    let year = stage.days(0).0[..4].to_owned();
    let at = format!("{LIST}/{year}");
    stage.sign_in("director").await;
    stage.open(LIST).await;
    stage.look("assessments").await;
    stage.open(NEW).await;
    stage.look("assessment-new").await;
    stage.press(NEW, "check").await;
    stage.sees("请选择方案文件").await;
    stage.look("assessment-new-errors").await;
    // A demo may have begun the year already; the shipped scheme is read all the same.
    stage.pick("shipped", "generic").await;
    stage.press(NEW, "check").await;
    stage.sees("generic@2026.1").await;
    stage.open(LIST).await;
    if stage.hrefs(&at).await.is_empty() {
        stage.open(NEW).await;
        stage.pick("year", &year).await;
        stage.pick("shipped", "generic").await;
        stage.press(NEW, "open").await;
        stage.sees("年度考评已建立").await;
    }
    stage.open(&at).await;
    stage.look("assessment-opened").await;
    let group = stage.hrefs(&format!("{at}?group=")).await.remove(1);
    stage.open(&group).await;
    stage.unfold().await;
    stage.look("assessment-group").await;
    stage.submit("/draft").await;
    stage.sees("征求意见").await;
    stage.look("assessment-drafted").await;
    stage.sign_out().await;

    // The unit reads its lines and objects to one.
    stage.sign_in("head").await;
    stage.open("/desk/assessment").await;
    stage.look("assessments-unit").await;
    stage.open(&format!("/desk/assessment/{year}")).await;
    stage.look("assessment-unit").await;
    stage.unfold().await;
    stage.pick_first("item").await;
    stage.refused("/object", "请填写理由").await;
    stage.look("assessment-unit-error").await;
    stage.fill_in("/object", "words", "有一件是重复登记，不应计入。").await;
    stage.submit("/object").await;
    stage.sees("待裁定").await;
    stage.look("assessment-objected").await;
    stage.sign_out().await;

    stage.sign_in("director").await;
    stage.open(&format!("{at}/{UNIT_CODE}")).await;
    stage.unfold().await;
    stage.look("assessment-sheet").await;
    stage.choose_in("/decide", "outcome", "keep").await;
    stage.fill_in("/decide", "reason", "经核对，两件内容不同。").await;
    stage.submit("/decide").await;
    stage.sees("异议已裁定").await;
    stage.look("assessment-decided").await;

    stage.open(&at).await;
    let docx = stage.hrefs("/circular/docx").await.remove(0);
    stage.open(&format!("{at}/circular")).await;
    stage.sees("关于").await;
    stage.look("assessment-circular").await;
    assert!(stage.fetch(&docx, "").await.starts_with("PK"), "the circular is a DOCX");
    stage.open(&format!("{at}/month/{}", stage.days(0).0[5..7].trim_start_matches('0'))).await;
    stage.look("assessment-month").await;
    stage.sign_out().await;
}
