//! A card from its trigger over issue and objection to the decision of somebody else, and the order that a unit answers on a phone.

use crate::stage::{DESK, Stage};
use crate::{escalation, orders};

const ACCOUNTS: &str = "/admin/accounts/new";
const HEAD: &str = "walk-head";
const PASSWORD: &str = "heads-own-words-2026";

/// The security administrator opens an account for the head of a unit, who gives it a password of its own.
async fn head_of(stage: &Stage, unit: &str) {
    stage.sign_in("secadmin").await;
    stage.open(ACCOUNTS).await;
    stage.fill("login", HEAD).await;
    stage.fill("name", "陈立").await;
    stage.pick_words(ACCOUNTS, "unit", &format!("{unit}（")).await;
    stage.choose("staff", "civil_servant").await;
    stage.choose("roles", "head").await;
    stage.submit(ACCOUNTS).await;
    stage.sees("一次性密码").await;
    let first = stage.text(".big").await;
    stage.sign_out().await;
    stage.fill_sign_in(HEAD, &first).await;
    stage.fill("current", &first).await;
    stage.fill("password", PASSWORD).await;
    stage.fill("again", PASSWORD).await;
    stage.submit("/desk/password").await;
    assert_ne!(stage.path().await, "/desk/password", "the head's password was taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_issued_objected_to_and_decided_and_an_order_is_answered_from_a_phone() {
    let stage = Stage::set().await;
    stage.size(DESK).await;

    // What the rules have triggered waits for the director.
    stage.sign_in("director").await;
    stage.open("/oversight/cards").await;
    stage.look("cards").await;
    let card = stage.hrefs("/oversight/cards/").await.remove(0);
    stage.open(&card).await;
    stage.look("card-triggered").await;
    let unit = stage.text(".summary dd").await;
    stage.refused("/issue", "请填写签发意见").await;
    stage.look("card-error").await;
    stage.fill_in("/issue", "words", "超过期限没有答复，情况属实。").await;
    stage.submit("/issue").await;
    stage.sees("已签发").await;
    stage.look("card-issued").await;
    stage.sign_out().await;

    // The head of the unit objects.
    head_of(&stage, &unit).await;
    stage.open("/desk/duties").await;
    let own = card.replace("/oversight/", "/desk/");
    assert!(!stage.hrefs(&own).await.is_empty(), "the unit's duties lead to the card");
    stage.look("duties-head").await;
    stage.open(&own).await;
    stage.unfold().await;
    stage.look("card-unit").await;
    stage.fill_in("/object", "words", "诉求人要求延后联系，有通话记录。").await;
    stage.submit("/object").await;
    stage.sees("异议已提交").await;
    stage.sign_out().await;

    // Whoever issued it does not decide; the leader does.
    stage.sign_in("director").await;
    stage.open(&card).await;
    stage.sees("应当由另一位负责人裁定").await;
    stage.look("card-objected").await;
    stage.sign_out().await;
    stage.sign_in("leader").await;
    stage.open(&card).await;
    stage.unfold().await;
    stage.fill_in("/revoke", "reason", "通话记录属实，不应计入。").await;
    stage.submit("/revoke").await;
    stage.sees("不再计入考核").await;
    stage.look("card-revoked").await;
    stage.sign_out().await;

    let case = escalation::stuck(&stage, "办理占道施工许可").await;
    escalation::dispatch(&stage, &case).await;
    orders::walk(&stage, &case).await;
    stage.strike().await;
}
