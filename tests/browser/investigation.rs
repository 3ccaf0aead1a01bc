//! A complaint about the efficiency of a unit: filed on a telephone, looked into by two people, answered and read.

use crate::stage::{DESK, PHONE, Stage};

const WORDS: &str = "三月二日交齐户外招牌设置许可的材料，窗口说十个工作日办结，至今四十天没有结果，打了六次电话都说“在走流程”。";
const ANSWER: &str = "您好，您反映的户外招牌许可超期办理问题，经调查基本属实：受理后第二十六个工作日才进入审查，超过承诺时限。我们已要求该单位立即办结并书面说明原因。";

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_goes_from_a_telephone_to_the_answer() {
    let stage = Stage::set().await;

    stage.size(PHONE).await;
    stage.open("/complaint").await;
    stage.look("complaint").await;
    stage.size(PHONE).await;
    stage.open("/complaint/new").await;
    stage.look("complaint-new").await;
    stage.size(PHONE).await;
    stage.refused("/complaint/new", "需要改正").await;
    stage.look("complaint-errors").await;
    stage.size(PHONE).await;
    stage.fill("unit", crate::UNIT).await;
    stage.choose("system", "time_limit").await;
    stage.fill("words", WORDS).await;
    stage.fill("when", "三月二日至今").await;
    stage.fill("evidence", "受理回执照片，通话记录。").await;
    stage.choose("who", "named").await;
    stage.fill("name", "周明").await;
    stage.fill("phone", "139 0000 1111").await;
    stage.submit("/complaint/new").await;
    stage.sees("已收到您的投诉").await;
    stage.look("complaint-receipt").await;
    let number = stage.text(".receipt .big").await;
    let code = stage.text(".receipt .groups").await.split_whitespace().collect::<String>();

    // The office goes round the unit complained of.
    stage.size(DESK).await;
    stage.sign_in("inspector").await;
    let first = stage.own_name().await;
    stage.open("/oversight/investigations").await;
    stage.look("investigations").await;
    let at = stage.hrefs("/oversight/investigations/").await.into_iter().find(|href| !href.contains("/new")).unwrap();
    stage.open(&at).await;
    stage.sees("户外招牌").await;
    stage.unfold().await;
    stage.look("investigation-filed").await;
    stage.choose_in("/accept", "mode", "direct").await;
    stage.submit("/accept").await;
    stage.sees("待派调查人员").await;
    stage.sign_out().await;

    stage.sign_in("inspector2").await;
    let second = stage.own_name().await;
    stage.sign_out().await;
    stage.sign_in("director").await;
    stage.open(&at).await;
    stage.unfold().await;
    stage.look("investigation-assign").await;
    stage.unfold().await;
    stage.pick_words("/assign", "first", &first).await;
    stage.pick_words("/assign", "second", &second).await;
    stage.submit("/assign").await;
    stage.sees("调查中").await;
    stage.sign_out().await;

    stage.sign_in("inspector").await;
    stage.open(&at).await;
    stage.unfold().await;
    stage.set_in("/interview", "held", &stage.minute()).await;
    stage.fill_in("/interview", "place", "效能办 302 谈话室").await;
    stage.fill_in("/interview", "who", "许可科负责人").await;
    stage.fill_in("/interview", "record", "承认受理后材料没有及时转审查，原因是经办人借调，没有安排接手。").await;
    stage.submit("/interview").await;
    stage.sees("经办人借调").await;
    stage.unfold().await;
    stage.look("investigation-interviewed").await;
    stage.unfold().await;
    stage.pick_words("/report", "finding", "基本属实").await;
    stage.fill_in("/report", "report_words", "经调取审批系统记录和谈话，超期十六个工作日属实。").await;
    stage.submit("/report").await;
    stage.sees("待会签").await;
    stage.sign_out().await;

    stage.sign_in("inspector2").await;
    stage.open(&at).await;
    stage.unfold().await;
    stage.look("investigation-sign").await;
    stage.submit("/sign").await;
    stage.sees("待结论").await;
    stage.sign_out().await;

    stage.sign_in("director").await;
    stage.open(&at).await;
    stage.unfold().await;
    stage.look("investigation-conclude").await;
    stage.unfold().await;
    stage.pick_words("/conclude", "finding", "基本属实").await;
    stage.fill_in("/conclude", "conclude_words", "系统记录与谈话一致。").await;
    stage.choose_in("/conclude", "advice", "improve").await;
    stage.fill_in("/conclude", "recommendation", "请完善超期提醒和借调人员工作交接，书面答复是否采纳。").await;
    stage.submit("/conclude").await;
    stage.sees("待答复").await;
    stage.sign_out().await;

    stage.sign_in("inspector2").await;
    stage.open(&at).await;
    stage.unfold().await;
    stage.fill_in("/answer", "answer_words", ANSWER).await;
    stage.submit("/answer").await;
    stage.sees("已办结").await;
    stage.look("investigation-closed").await;
    stage.open(&format!("{at}/letter")).await;
    stage.look("investigation-letter").await;
    stage.sign_out().await;

    // The unit reads the recommendation, and nothing of who complained.
    stage.sign_in("head").await;
    stage.open("/desk/investigations").await;
    stage.look("recommendations").await;
    let own = stage.hrefs("/desk/investigations/").await.remove(0);
    stage.open(&own).await;
    stage.sees("借调人员工作交接").await;
    stage.look("recommendation").await;
    for hidden in ["周明", "户外招牌", "四十天"] {
        assert!(!stage.text("body").await.contains(hidden), "{hidden} stands on the unit's page");
    }
    stage.sign_out().await;

    // The citizen reads the answer.
    stage.size(PHONE).await;
    stage.open("/complaint/track").await;
    stage.look("complaint-track").await;
    stage.size(PHONE).await;
    stage.fill("number", &number.to_lowercase()).await;
    stage.fill("code", &code).await;
    stage.submit("/complaint/track").await;
    stage.sees("超过承诺时限").await;
    stage.look("complaint-case").await;
    stage.strike().await;
}
