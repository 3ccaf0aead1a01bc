//! A 督办单 from the page of the case to its acceptance.

use crate::stage::{DESK, PHONE, Stage};

const NEW: &str = "/oversight/orders/new";

/// The order on a case that is with the unit of the demo's accounts.
pub async fn walk(stage: &Stage, case: &str) {
    stage.size(DESK).await;
    stage.sign_in("director").await;
    stage.open(case).await;
    let begun = stage.hrefs(NEW).await.remove(0);
    stage.open(&begun).await;
    stage.look("order-new").await;
    stage.refused(NEW, "请选择颜色").await;
    stage.look("order-new-errors").await;
    stage.pick_words(NEW, "colour", "橙色").await;
    stage.fill_in(NEW, "requirement", "请三个工作日内办结，并书面说明四次不予受理的原因。").await;
    stage.fill_in(NEW, "days", "3").await;
    stage.submit(NEW).await;
    stage.sees("督办单已签发").await;
    let order = stage.path().await;
    stage.look("order-issued").await;
    stage.open(&format!("{order}/print")).await;
    stage.sees("书面说明四次不予受理的原因").await;
    stage.look("order-print").await;
    stage.open("/oversight/orders").await;
    assert!(!stage.hrefs(&order).await.is_empty(), "the list leads to the order");
    stage.look("orders").await;
    stage.sign_out().await;

    // The unit's liaison answers on a phone.
    let own = order.replace("/oversight/", "/desk/");
    stage.sign_in("liaison").await;
    stage.open("/desk/duties").await;
    assert!(!stage.hrefs(&own).await.is_empty(), "the unit's duties lead to the order");
    stage.look("duties-liaison").await;
    stage.size(PHONE).await;
    stage.open(&own).await;
    stage.unfold().await;
    stage.fill_in("/feedback", "words", "已受理并发证，窗口人员已作检查。").await;
    stage.shot("order-feedback-320").await;
    stage.submit("/feedback").await;
    stage.sees("反馈已提交").await;
    stage.look("order-unit").await;
    stage.sign_out().await;

    stage.size(DESK).await;
    stage.sign_in("inspector").await;
    stage.open(&order).await;
    stage.unfold().await;
    stage.look("order-review").await;
    stage.fill_in("/accept", "words", "情况属实，同意销号。").await;
    stage.submit("/accept").await;
    stage.sees("已办结销号").await;
    stage.look("order-accepted").await;
    stage.sign_out().await;
}
