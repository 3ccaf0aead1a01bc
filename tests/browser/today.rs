//! 今日: each figure leads to its list; and the picture of a unit, for the office and for its head.

use crate::escalation::{UNIT, UNIT_CODE};
use crate::stage::{DESK, Stage};

/// The inspector's first screen and the head's.
pub async fn walk(stage: &Stage) {
    stage.size(DESK).await;
    stage.sign_in("inspector").await;
    assert_eq!(stage.path().await, "/oversight", "the day begins here");
    stage.look("today").await;
    for kind in ["filed", "dispatched", "ended", "dissatisfied"] {
        stage.open("/oversight").await;
        let figure = stage.text(&format!("section[aria-labelledby='day-{kind}'] .figure-value")).await;
        let count: String = figure.chars().filter(|c| c.is_ascii_digit() || *c == ',').collect();
        let list = stage.hrefs(&format!("/oversight/day/{kind}")).await.remove(0);
        stage.open(&list).await;
        stage.sees(&format!("共 {count} 件")).await;
        stage.look(&format!("today-{kind}")).await;
    }
    stage.open("/oversight").await;
    let tiles = stage.tiles().await;
    assert!(tiles.len() > 4, "the day has figures: {tiles:?}");
    for (at, tile) in tiles.iter().enumerate() {
        stage.open(tile).await;
        stage.look(&format!("today-tile-{at}")).await;
    }
    stage.open("/oversight/overdue").await;
    stage.look("overdue").await;
    stage.open("/oversight/units").await;
    stage.look("units").await;
    stage.open(&format!("/oversight/units/{UNIT_CODE}")).await;
    stage.sees(UNIT).await;
    stage.look("unit-picture").await;
    stage.sign_out().await;

    stage.sign_in("head").await;
    stage.open("/desk/unit").await;
    stage.sees(UNIT).await;
    stage.look("unit-picture-head").await;
    stage.open("/oversight/units").await;
    stage.sees("没有权限").await;
    stage.open("/desk").await;
    stage.sign_out().await;
}
