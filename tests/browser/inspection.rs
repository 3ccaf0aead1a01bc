//! A spot check from the plan by lot to the accepted rectification, as those walk it who do it.

use crate::stage::{DESK, PHONE, Stage};

const NEW: &str = "/oversight/inspections/new";

/// A small grey picture as a camera might take it: PNG of 480 × 360.
fn photo() -> Vec<u8> {
    let (width, height) = (480_u32, 360_u32);
    let mut rows = Vec::new();
    for y in 0..height {
        rows.push(0);
        rows.extend((0..width).map(|x| if (x / 60 + y / 60) % 2 == 0 { 0xb8 } else { 0x8c }));
    }
    // Stored blocks of deflate inside zlib.
    let mut zlib = vec![0x78, 0x01];
    let blocks = rows.chunks(65_535);
    let last = blocks.len() - 1;
    for (index, block) in blocks.enumerate() {
        let size = block.len() as u16;
        zlib.push(u8::from(index == last));
        zlib.extend(size.to_le_bytes());
        zlib.extend((!size).to_le_bytes());
        zlib.extend(block);
    }
    let (a, b) = rows.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    zlib.extend((b << 16 | a).to_be_bytes());
    let crc = |bytes: &[u8]| {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
        })
    };
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let body = [kind.as_slice(), data].concat();
        [(data.len() as u32).to_be_bytes().as_slice(), &body, &crc(&body).to_be_bytes()].concat()
    };
    let head = [width.to_be_bytes().as_slice(), &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &head), &chunk(b"IDAT", &zlib), &chunk(b"IEND", &[])].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spot_check_goes_from_the_lot_to_the_accepted_rectification() {
    let stage = Stage::set().await;
    let (today, later) = stage.days(14);

    // The inspector plans a check by lot.
    stage.size(DESK).await;
    stage.sign_in("inspector2").await;
    let second = stage.own_name().await;
    stage.sign_out().await;
    stage.sign_in("inspector").await;
    let first = stage.own_name().await;
    stage.open(NEW).await;
    stage.look("inspection-new").await;
    stage.refused(NEW, "请填写结束日期").await;
    stage.look("inspection-new-errors").await;
    stage.open(NEW).await;
    stage.fill("theme", "窗口服务和值守情况检查").await;
    stage.set_in(NEW, "from", &today).await;
    stage.set_in(NEW, "to", &later).await;
    stage.choose("target", "draw").await;
    stage.fill("general", "1").await;
    stage.tick_only(NEW, "team", &[&first, &second]).await;
    stage.submit(NEW).await;
    stage.sees("等待效能办负责人批准").await;
    let at = stage.path().await;
    stage.look("inspection-planned").await;
    stage.sign_out().await;

    stage.sign_in("director").await;
    stage.open(&at).await;
    stage.look("inspection-approve").await;
    stage.submit("/approve").await;
    stage.sees("已批准").await;
    stage.sign_out().await;

    // Committed to first, drawn then.
    stage.sign_in("inspector").await;
    stage.open(&at).await;
    stage.submit("/commit").await;
    stage.look("inspection-committed").await;
    stage.fill_in("/draw", "word", "881624").await;
    stage.submit("/draw").await;
    stage.look("inspection-drawn").await;
    let visits = stage.hrefs("/visit/").await;
    assert_eq!(visits.len(), 1, "{visits:?}");
    let visit = visits[0].clone();
    let draw = stage.hrefs("/oversight/draws/").await.remove(0);
    stage.open(&draw).await;
    stage.look("inspection-draw").await;
    let drawn: serde_json::Value = serde_json::from_str(&stage.fetch(&format!("{draw}.json"), "").await).unwrap();
    assert_eq!(drawn["word"], "881624");
    assert!(visit.ends_with(drawn["result"][0]["unit"].as_str().unwrap()));

    // On the spot, with a telephone: a visit, and a finding with a photo.
    stage.size(PHONE).await;
    stage.open(&visit).await;
    stage.look("inspection-visit").await;
    stage.size(PHONE).await;
    stage.choose_first_in("/fine", "fine").await;
    stage.submit("/fine").await;
    stage.sees("已记录到访").await;
    stage.refused(&visit, "需要改正").await;
    stage.choose("code", "absent").await;
    stage.fill("place", "一楼大厅 3 号窗口").await;
    stage.fill("words", "十点零五分，3 号窗口无人值守，二十分钟内没有人来，五名群众在等候。").await;
    stage.attach(&visit, "photo", "window.png", &photo()).await;
    stage.submit(&visit).await;
    stage.sees("待第二人签名").await;
    stage.look("inspection-found").await;
    stage.sign_out().await;

    stage.sign_in("inspector2").await;
    stage.size(PHONE).await;
    stage.open(&visit).await;
    stage.look("inspection-sign").await;
    stage.submit("/sign").await;
    stage.sees("已签名").await;
    stage.sign_out().await;

    // The lot decides which unit it is: the liaison of the demo is given to it.
    stage.size(DESK).await;
    stage.sign_in("secadmin").await;
    stage.open("/admin/accounts/liaison").await;
    stage.pick("unit", visit.rsplit('/').next().unwrap()).await;
    stage.submit("/admin/accounts/liaison").await;
    stage.sign_out().await;
    let findings = format!("/desk/findings/{}", at.rsplit('/').next().unwrap());
    stage.sign_in("liaison").await;
    stage.open("/desk/duties").await;
    stage.look("inspection-unit-duties").await;
    assert!(stage.hrefs("/desk/findings/").await.contains(&findings), "the unit finds what it has to reply to");
    stage.open(&findings).await;
    stage.look("inspection-unit").await;
    stage.choose("agrees", "no").await;
    stage.fill("words", "当时窗口人员在后台取件，离开约八分钟，已安排顶岗。").await;
    stage.submit(&findings).await;
    stage.sees("待认定").await;
    stage.look("inspection-unit-replied").await;
    stage.sign_out().await;

    stage.sign_in("director").await;
    stage.open(&at).await;
    stage.look("inspection-decide").await;
    stage.fill_in("/confirm", "reason", "监控显示离岗二十分钟，没有安排顶岗。").await;
    stage.submit("/confirm").await;
    stage.sees("已认定").await;
    stage.sign_out().await;

    // Rectification: ordered, planned and reported by the unit, accepted.
    stage.sign_in("inspector").await;
    stage.open(&at).await;
    stage.fill_in("/rectify", "what", "实行窗口 AB 岗，值守情况每日登记。").await;
    stage.submit("/rectify").await;
    let sheet = stage.hrefs("/oversight/rectifications/").await.remove(0);
    stage.look("inspection-confirmed").await;
    stage.sign_out().await;
    let own = sheet.replace("/oversight/", "/desk/");
    stage.sign_in("liaison").await;
    stage.open(&own).await;
    stage.look("rectification-unit").await;
    stage.fill("responsible", "陈建国（办公室主任）").await;
    stage.fill("measure", "自下周起实行 AB 岗，离岗登记上墙公示，由值班长每天核对。").await;
    stage.submit("/plan").await;
    stage.sees("整改中").await;
    stage.fill("words", "AB 岗名单已上墙，值守登记执行两周，没有再出现空岗。").await;
    stage.attach("/report", "photo", "wall.png", &photo()).await;
    stage.submit("/report").await;
    stage.sees("待验收").await;
    stage.look("rectification-unit-reported").await;
    stage.sign_out().await;

    stage.sign_in("inspector").await;
    stage.open("/oversight/rectifications").await;
    stage.look("rectifications").await;
    stage.open(&sheet).await;
    stage.look("rectification").await;
    stage.fill_in("/accept", "words", "现场查看三次，值守正常，登记完整。").await;
    stage.submit("/accept").await;
    stage.sees("已销号").await;
    stage.look("rectification-accepted").await;
    stage.open(&at).await;
    stage.submit("/done").await;
    stage.sees("检查已结束").await;
    stage.look("inspection-done").await;
    stage.open("/oversight/inspections").await;
    stage.look("inspections").await;
    stage.strike().await;
}
