//! Spot checks from the plan to the rectification, as those walk them who do it; and what others do not find.

use application::{Actor, Meta};
use chrono::TimeDelta;
use domain::account::{Role, StaffKind};
use domain::ids::UnitCode;
use domain::mark::MarkKind;
use uuid::Uuid;
use web::door::Door;
use web::routes::ROUTES;

use crate::harness::{BUREAU, Browser, HOTLINE, PASSWORD, Page, Site, logged};

const NEW: &str = "/oversight/inspections/new";
const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 2, 3];

/// Two inspectors and the director.
pub(crate) struct People {
    pub(crate) first: Browser,
    pub(crate) second: Browser,
    pub(crate) director: Browser,
}

pub(crate) async fn people(site: &Site) -> People {
    let first = site.sign_in(Role::Inspector).await;
    let second = site.person("second", HOTLINE, Role::Inspector, StaffKind::CivilServant).await;
    People { first, second, director: site.sign_in(Role::Director).await }
}

/// Signed in, wherever the work of the role begins.
async fn enter(site: &Site, role: Role) -> Browser {
    site.account(role).await;
    let mut browser = site.browser();
    let form = browser.get("/desk/sign-in").await.form("/desk/sign-in").set("login", role.code()).set("password", PASSWORD);
    assert_eq!(browser.submit_once(form).await.status, 303, "{role:?}");
    browser
}

/// Hands in a plan of both inspectors; the address of its sheet.
async fn plan(people: &mut People, theme: &str, mode: &str, units: &str) -> String {
    let form = people.first.get(NEW).await.form(NEW);
    let form = form.set("theme", theme).set("mode", mode).set("to", "2026-05-20").label("效能督查员second", "").set("units", units);
    let page = people.first.submit(form).await;
    assert!(page.status == 200 && page.has("等待效能办负责人批准"), "{} {:?} {}", page.status, page.errors(), page.text());
    page.path
}

async fn press(browser: &mut Browser, at: &str, act: &str) -> Page {
    let action = format!("{at}/{act}");
    let page = browser.get(at).await;
    browser.submit(page.form(&action)).await
}

/// Plans, approves, finds something at the bureau with a photo and signs it twice; the address of the sheet.
pub(crate) async fn found(site: &Site, people: &mut People, mode: &str, theme: &str) -> String {
    let at = plan(people, theme, mode, "市城市管理局").await;
    assert!(press(&mut people.director, &at, "approve").await.has("已批准"));
    let visit = format!("{at}/visit/{BUREAU}");
    let form = people.first.get(&visit).await.form(&visit);
    let form =
        form.set("code", "absent").set("place", "暗藏地点三号窗").set("words", "窗口无人值守二十分钟").attach("photo", "x.jpg", JPEG);
    let page = people.first.submit(form).await;
    assert!(page.status == 200 && page.has("待第二人签名"), "{} {:?} {}", page.status, page.errors(), page.text());
    let page = people.second.get(&visit).await;
    let page = people.second.submit(page.form(&format!("{at}/sign"))).await;
    assert!(page.path == visit && !page.has("待第二人签名"), "{}", page.text());
    site.settle().await;
    at
}

fn id_of(at: &str) -> Uuid {
    at.rsplit('/').next().unwrap().parse().unwrap()
}

fn marks(site: &Site, kind: MarkKind) -> usize {
    let (from, to) = (site.app.now() - TimeDelta::days(200), site.app.now() + TimeDelta::days(200));
    let unit = UnitCode::parse(BUREAU).unwrap();
    let marks = site.app.projections.views().marks(&unit, from, to, u64::MAX).unwrap();
    marks.iter().filter(|mark| mark.kind == kind && mark.revoked.is_none()).count()
}

async fn tick(site: &Site, stream: &str) -> usize {
    let meta = Meta::new(Actor::Automation("supervision"), site.app.ids.uuid());
    let done = site.app.tick_stream(&meta, stream).await.unwrap();
    site.settle().await;
    done.events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_is_walked_from_the_plan_to_the_accepted_rectification() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let at = found(&site, &mut people, "open", "窗口作风检查").await;
    let id = id_of(&at);
    assert_eq!(marks(&site, MarkKind::Visit), 1);
    // The unit reads it, with the photo and without the inspectors' names, and answers once.
    let mut head = site.sign_in(Role::Head).await;
    let desk = format!("/desk/findings/{id}");
    let page = head.get(&desk).await;
    assert!(
        page.has("窗口无人值守二十分钟") && page.has("脱岗") && !page.has("效能督查员甲") && !page.has("效能督查员second"),
        "{}",
        page.text()
    );
    let photo = page.links().into_iter().find(|(href, _)| href.contains("/photo/")).unwrap().0;
    let sent = head.get(&photo).await;
    // On the disk it is sealed, and no file stands in for another.
    let folder = site.app.attachments.join(format!("inspection-{id}"));
    let file = folder.join(photo.rsplit('/').next().unwrap());
    let sealed = std::fs::read(&file).unwrap();
    assert!(!sealed.windows(4).any(|window| window == &JPEG[6..10]));
    std::fs::write(&file, site.app.vault.seal_token("attachment/inspection-x/y", JPEG)).unwrap();
    assert_eq!(head.get(&photo).await.status, 500);
    std::fs::write(&file, sealed).unwrap();
    assert_eq!((sent.status, sent.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(head.submit(page.form(&desk)).await.errors(), ["请选择认可还是有异议"]);
    let reply = head.get(&desk).await.form(&desk).set("agrees", "no").set("words", "当时在后台取件。");
    assert!(head.submit(reply.clone()).await.has("待认定"));
    let before = site.app.log.head().await.unwrap().size;
    assert_eq!(head.submit(reply).await.status, 200, "the same form again is the same reply");
    assert_eq!(site.app.log.head().await.unwrap().size, before);
    // The director decides; only then does it count.
    assert_eq!(marks(&site, MarkKind::Finding), 0);
    let confirm = format!("{at}/confirm");
    let page = people.director.get(&at).await;
    assert_eq!(people.director.submit(page.form(&confirm)).await.errors(), ["请填写理由"]);
    let form = page.form(&confirm).set("reason", "监控显示离岗二十分钟。");
    assert!(people.director.submit(form).await.has("已认定"));
    assert_eq!(marks(&site, MarkKind::Finding), 1);
    // Rectification: ordered, planned, reported with evidence, given back, reported again, accepted.
    let form = people.first.get(&at).await.form(&format!("{at}/rectify")).set("what", "实行窗口 AB 岗。");
    let page = people.first.submit(form).await;
    let sheet = page.link("整改情况");
    let rectification = id_of(&sheet);
    let own = format!("/desk/rectifications/{rectification}");
    let page = head.get(&own).await;
    assert_eq!(head.submit(page.form(&format!("{own}/plan"))).await.errors(), ["请填写责任人", "请填写整改措施"]);
    let form = page.form(&format!("{own}/plan")).set("responsible", "陈建国").set("measure", "自五月起实行 AB 岗。");
    assert!(head.submit(form).await.has("整改中"));
    let report =
        |page: &Page| page.form(&format!("{own}/report")).set("words", "AB 岗已上墙。").attach("photo", "y.png", b"\x89PNG\r\n\x1a\n123");
    let page = head.get(&own).await;
    assert!(head.submit(report(&page)).await.has("待验收"));
    let form = people.first.get(&sheet).await.form(&format!("{sheet}/return"));
    assert_eq!(people.first.submit(form.clone().set("reason", "没有巡查记录。")).await.errors(), ["请填写新的整改期限，例如 2026-07-31"]);
    assert!(people.first.submit(form.set("reason", "没有巡查记录。").set("due", "2026-08-31")).await.has("整改中"));
    let page = head.get(&own).await;
    assert!(page.has("没有巡查记录") && !page.has("效能督查员甲"), "{}", page.text());
    assert!(head.submit(report(&page)).await.has("待验收"));
    assert!(people.first.get("/oversight/rectifications").await.has("陈建国"));
    let form = people.first.get(&sheet).await.form(&format!("{sheet}/accept")).set("words", "现场查看，值守正常。");
    assert!(people.first.submit(form).await.has("已销号"));
    assert!(!people.first.get("/oversight/rectifications").await.has("市城市管理局"));
    assert!(people.first.get("/oversight/rectifications?done=1").await.has("市城市管理局"));
    assert!(press(&mut people.second, &at, "done").await.has("检查已结束"));
    // What was confirmed can still be dropped, and then no longer counts.
    let form = people.director.get(&at).await.form(&format!("{at}/drop")).set("reason", "复核后不成立。");
    people.director.submit(form).await;
    assert_eq!(marks(&site, MarkKind::Finding), 0);
    let page = people.director.get(&at).await;
    assert_eq!(page.link("整改情况"), sheet);
    assert!(people.director.get(&sheet).await.has("已撤销"), "what was asked for has no ground any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rectification_ends_with_its_finding_or_when_it_is_withdrawn() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let mut head = site.sign_in(Role::Head).await;
    for by_hand in [false, true] {
        let at = found(&site, &mut people, "open", "窗口作风检查").await;
        let desk = format!("/desk/findings/{}", id_of(&at));
        let reply = head.get(&desk).await.form(&desk).set("agrees", "yes").set("words", "情况属实。");
        assert!(head.submit(reply).await.has("待认定"));
        let form = people.director.get(&at).await.form(&format!("{at}/confirm")).set("reason", "属实。");
        assert!(people.director.submit(form).await.has("已认定"));
        let form = people.first.get(&at).await.form(&format!("{at}/rectify")).set("what", "实行窗口 AB 岗。");
        let sheet = people.first.submit(form).await.link("整改情况");
        site.settle().await;
        assert!(head.get("/desk/duties").await.has("整改方案待提交"));
        let page = people.first.get(&sheet).await;
        assert!(!page.offers(&format!("{sheet}/withdraw")));
        assert_eq!(people.first.forge(&format!("{sheet}/withdraw"), &[("reason", "x")]).await.status, 403);
        if by_hand {
            let page = people.director.get(&sheet).await;
            assert_eq!(people.director.submit(page.form(&format!("{sheet}/withdraw"))).await.errors(), ["请填写撤销理由"]);
            let form = page.form(&format!("{sheet}/withdraw")).set("reason", "下达有误。");
            assert!(people.director.submit(form).await.has("已撤销"));
        } else {
            let form = people.director.get(&at).await.form(&format!("{at}/drop")).set("reason", "复核后不成立。");
            people.director.submit(form).await;
        }
        site.settle().await;
        assert!(!head.get("/desk/duties").await.has("整改方案待提交"));
        let own = format!("/desk/rectifications/{}", id_of(&sheet));
        let page = head.get(&own).await;
        assert!(page.has("已撤销") && page.has(if by_hand { "下达有误。" } else { "复核后不成立。" }), "{}", page.text());
        assert!(!page.offers(&format!("{own}/plan")));
        assert!(people.first.get("/oversight/rectifications?done=1").await.links().iter().any(|(href, _)| *href == sheet));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_runs_the_machines_does_not_learn_from_notices_who_is_checked_by_whom() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let at = plan(&mut people, "窗口暗访", "covert", "市城市管理局").await;
    assert!(press(&mut people.director, &at, "approve").await.has("已批准"));
    site.settle().await;
    let data = tempfile::tempdir().unwrap();
    let settings = automation::Settings { patience_millis: 30_000, ..automation::Settings::default() };
    let automation = automation::Automation::new(site.app.clone(), settings, data.path()).unwrap();
    while automation.tick_notices().await.unwrap().any() {}
    site.settle().await;
    let mut admin = site.sign_in(Role::SystemAdmin).await;
    let mut seen = 0;
    for state in ["parked", "owed", "claimed", "sent", "dropped"] {
        let page = admin.get(&format!("/admin/notices?state={state}")).await;
        assert!(!page.has("效能督查员") && !page.has("明察暗访"), "{}", page.text());
        seen += usize::from(page.has("督办待办通知") && page.has("内容不公开") && page.has("承办人（不公开）"));
    }
    assert_eq!(seen, 1, "that there are such notices is no secret");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_has_to_be_mended_and_is_not_approved_by_who_made_it() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let form = people.first.get(NEW).await.form(NEW);
    let page = people.first.submit(form.clone().set("theme", "作风检查").set("units", "没有这个局").set("to", "2026-05-20")).await;
    assert_eq!((page.status, page.errors()), (422, vec!["没有找到单位“没有这个局”，请核对名称或代码".to_owned()]));
    assert!(page.form(NEW).value("theme") == "作风检查" && page.title().starts_with("错误："));
    let page = people.first.submit(form.set("to", "2026-05-20")).await;
    assert_eq!(page.errors(), ["检查组至少要有 2 人，请再选", "请填写要检查的单位，每行一个；或者选择随机抽取", "请填写检查主题"]);
    // A director plans: another one has to approve.
    let form = people.director.get(NEW).await.form(NEW).label("效能督查员甲", "");
    let form = form.set("theme", "作风检查").set("units", BUREAU).set("to", "2026-05-20");
    let own = people.director.submit(form.clone()).await;
    let again = people.director.submit(form).await;
    assert_eq!(own.path, again.path, "the same form is the same plan");
    assert!(!own.offers(&format!("{}/approve", own.path)));
    let forged = own.form("/desk/sign-out").value("csrf");
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let page = people.director.send("POST", &format!("{}/approve", own.path), &[kind], format!("csrf={forged}").as_bytes()).await;
    assert!(page.status == 422 && page.has("另一位人员"), "{}", page.text());
    let mut other = site.person("director2", HOTLINE, Role::Director, StaffKind::CivilServant).await;
    let form = other.get(&own.path).await.form(&format!("{}/refuse", own.path)).set("reason", "与省里检查同期。");
    let page = other.submit(form).await;
    assert!(page.has("未批准") && page.has("与省里检查同期"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_photos_signers_and_roles_are_turned_away() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let at = plan(&mut people, "作风检查", "open", BUREAU).await;
    let visit = format!("{at}/visit/{BUREAU}");
    assert!(!people.first.get(&visit).await.offers(&visit), "not before it is approved");
    press(&mut people.director, &at, "approve").await;
    let filled = |page: &Page| page.form(&visit).set("code", "rude").set("place", "大厅").set("words", "态度生硬");
    let page = people.first.get(&visit).await;
    let wrong = people.first.submit(filled(&page).attach("photo", "evil.jpg", b"<svg onload=alert(1)>")).await;
    assert_eq!((wrong.status, wrong.errors()), (422, vec!["照片只能是 JPG 或 PNG 格式，请重新选择".to_owned()]));
    assert_eq!(wrong.form(&visit).value("words"), "态度生硬");
    let mut large = vec![0; 5 * 1024 * 1024 + 1];
    large[..4].copy_from_slice(&JPEG[..4]);
    let wrong = people.first.submit(filled(&page).attach("photo_2", "big.jpg", &large)).await;
    assert_eq!(wrong.errors(), ["照片超过 5 MB，请压缩后再上传"]);
    // Twice the same form is one finding; its writer is not its second signer.
    let form = filled(&page).attach("photo", "x.jpg", JPEG);
    people.first.submit(form.clone()).await;
    let page = people.first.submit(form).await;
    assert!(page.has("第 1 条") && !page.has("第 2 条") && !page.offers(&format!("{at}/sign")), "{}", page.text());
    let token = page.form("/desk/sign-out").value("csrf");
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let body = format!("csrf={token}&number=1");
    let page = people.first.send("POST", &format!("{at}/sign"), &[kind], body.as_bytes()).await;
    assert!(page.status == 422 && page.has("另一位人员"), "{}", page.text());
    // Not before the second signature does the check end or the unit learn of it.
    assert_eq!(press(&mut people.first, &at, "done").await.errors(), ["还有问题记录没有第二人签名，请先签名再结束检查"]);
    let mut liaison = site.sign_in(Role::Liaison).await;
    assert_eq!(liaison.get(&format!("/desk/findings/{}", id_of(&at))).await.status, 404);
    // An inspector who is not of the team looks but does nothing; a leader neither.
    let mut stranger = site.person("stranger", HOTLINE, Role::Inspector, StaffKind::CivilServant).await;
    let page = stranger.get(&at).await;
    assert!(page.status == 200 && !page.offers(&format!("{at}/done")) && !page.offers(&format!("{at}/sign")));
    assert_eq!(stranger.get(&visit).await.status, 404);
    let token = page.form("/desk/sign-out").value("csrf");
    for act in ["done", "sign", "confirm", "drop", "approve", "draw", "commit"] {
        let body = format!("csrf={token}&number=1&reason=x&word=12345");
        let page = stranger.send("POST", &format!("{at}/{act}"), &[kind], body.as_bytes()).await;
        assert_eq!(page.status, 403, "{act}: {}", page.text());
    }
    // Another unit than the one concerned finds nothing, also when it is signed.
    let page = people.second.get(&visit).await;
    people.second.submit(page.form(&format!("{at}/sign"))).await;
    let mut other = site.person("other", "330502-01", Role::Head, StaffKind::CivilServant).await;
    let findings = format!("/desk/findings/{}", id_of(&at));
    assert_eq!((liaison.get(&findings).await.status, other.get(&findings).await.status), (200, 404));
    let photo = liaison.get(&findings).await.links().into_iter().find(|(href, _)| href.contains("/photo/")).unwrap().0;
    assert_eq!((liaison.get(&photo).await.status, other.get(&photo).await.status), (200, 404));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_notes_a_missed_period_and_a_reply_that_did_not_come_once_each() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let at = found(&site, &mut people, "open", "作风检查").await;
    let stream = format!("inspection-{}", id_of(&at));
    assert_eq!(tick(&site, &stream).await, 0);
    let form = people.first.get(NEW).await.form(NEW).label("效能督查员second", "").set("theme", "每周巡查").set("cadence", "week");
    let weekly = people.first.submit(form.set("to", "2026-05-17").set("units", BUREAU)).await.path;
    site.clock.advance(TimeDelta::days(8));
    let due = site.app.projections.views().agenda_until(site.app.now(), 10).unwrap();
    assert_eq!(due.len(), 2, "{due:?}");
    assert_eq!((tick(&site, &stream).await, tick(&site, &stream).await), (1, 0));
    let missed = format!("inspection-{}", id_of(&weekly));
    assert_eq!((tick(&site, &missed).await, tick(&site, &missed).await), (1, 0));
    let mut director = site.sign_in(Role::Director).await;
    assert!(director.get("/oversight/inspections").await.has("到访次数") && director.get(&weekly).await.has("漏查"));
    let mut head = site.sign_in(Role::Head).await;
    let page = head.get(&format!("/desk/findings/{}", id_of(&at))).await;
    assert!(page.has("逾期未回复") && !page.offers(&page.path), "{}", page.text());
    let form = director.get(&at).await.form(&format!("{at}/confirm")).set("reason", "逾期未回复，按记录认定。");
    assert!(director.submit(form).await.has("已认定"));
    // An order that nobody reports on is overdue once.
    let mut first = site.sign_in(Role::Inspector).await;
    let form = first.get(&at).await.form(&format!("{at}/rectify")).set("what", "改正").set("due", "2026-05-20");
    let sheet = first.submit(form).await.link("整改情况");
    let stream = format!("rectification-{}", id_of(&sheet));
    assert_eq!(tick(&site, &stream).await, 0);
    site.clock.advance(TimeDelta::days(9));
    assert_eq!((tick(&site, &stream).await, tick(&site, &stream).await), (1, 0));
    assert_eq!(marks(&site, MarkKind::RectificationOverdue), 1);
    let mut first = site.sign_in(Role::Inspector).await;
    assert!(first.get("/oversight/rectifications").await.has("逾期"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_unit_typed_is_there_again_when_its_session_had_ended_or_the_step_was_over() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let at = found(&site, &mut people, "open", "作风检查").await;
    let desk = format!("/desk/findings/{}", id_of(&at));
    let mut liaison = site.sign_in(Role::Liaison).await;
    let reply = liaison.get(&desk).await.form(&desk).set("agrees", "no").set("words", "当时在后台取件。");
    site.clock.advance(TimeDelta::minutes(31));
    let expired = liaison.submit_once(reply).await;
    assert!(expired.status == 403 && expired.has("已保存为草稿"), "{}", expired.text());
    liaison.sign_in("liaison", PASSWORD).await;
    let form = liaison.get(&desk).await.form(&desk);
    assert_eq!((form.value("agrees").as_str(), form.value("words").as_str()), ("no", "当时在后台取件。"));
    // The clock notes that no reply came: then the words come too late, and are there to be read.
    site.clock.advance(TimeDelta::days(8));
    assert_eq!(tick(&site, &format!("inspection-{}", id_of(&at))).await, 1);
    liaison.sign_in("liaison", PASSWORD).await;
    let late = [("number", "1"), ("agrees", "no"), ("words", "当时在后台取件。\n监控可查 <三号窗>。")];
    let page = liaison.forge(&desk, &late).await;
    assert!(page.status == 409 && page.has("您填写的内容已保留"), "{} {}", page.status, page.text());
    let page = liaison.get(&desk).await;
    assert!(page.has("刚才填写的内容没有提交") && page.has("当时在后台取件。") && page.has("监控可查"), "{}", page.text());
    assert!(!page.body.contains("<三号窗>") && !page.offers(&desk));
    assert!(!liaison.get(&desk).await.has("当时在后台取件。"), "once");
    // The report of a rectification, in the form of it that goes with photos.
    let mut director = site.sign_in(Role::Director).await;
    let form = director.get(&at).await.form(&format!("{at}/confirm")).set("reason", "逾期未回复，按记录认定。");
    director.submit(form).await;
    let form = director.get(&at).await.form(&format!("{at}/rectify")).set("what", "实行窗口 AB 岗。");
    let sheet = director.submit(form).await.link("整改情况");
    let own = sheet.replace("/oversight", "/desk");
    let form = liaison.get(&own).await.form(&format!("{own}/plan")).set("responsible", "陈建国").set("measure", "实行 AB 岗。");
    let page = liaison.submit(form).await;
    let report = format!("{own}/report");
    let form = page.form(&report).set("words", "AB 岗已上墙。").attach("photo", "x.jpg", JPEG);
    site.clock.advance(TimeDelta::minutes(31));
    let expired = liaison.submit_once(form).await;
    assert!(expired.status == 403 && expired.has("已保存为草稿"), "{}", expired.text());
    liaison.sign_in("liaison", PASSWORD).await;
    let page = liaison.get(&own).await;
    assert!(page.form(&report).value("words") == "AB 岗已上墙。" && !page.has("没有提交"), "{}", page.text());
    assert!(liaison.submit(page.form(&report)).await.has("待验收"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_that_was_visited_often_is_pointed_out() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let at = plan(&mut people, "作风检查", "open", BUREAU).await;
    press(&mut people.director, &at, "approve").await;
    let visit = format!("{at}/visit/{BUREAU}");
    let mut page = people.first.get(&visit).await;
    for n in 0..4 {
        assert!(!page.has("到访次数偏多"), "after {n}");
        page = people.first.submit(page.form(&format!("{visit}/fine")).set("fine", "rude")).await;
    }
    assert!(page.has("到访次数偏多") && page.has("4 次"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draw_is_committed_to_first_and_an_independent_script_draws_the_same() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let form = people.first.get(NEW).await.form(NEW).label("效能督查员second", "").set("theme", "双随机检查").set("to", "2026-05-20");
    let form = form.set("target", "draw").set("general", "2").set("recusals", "");
    let at = people.first.submit(form).await.path;
    press(&mut people.director, &at, "approve").await;
    let page = press(&mut people.first, &at, "commit").await;
    let draw = format!("/oversight/draws/{}", domain::draw::id_of(id_of(&at)));
    let shown = people.first.get(&draw).await;
    assert!(shown.has("待抽取") && shown.has("种子的校验值"), "{}", shown.text());
    let committed: serde_json::Value = serde_json::from_str(&people.first.get(&format!("{draw}.json")).await.body).unwrap();
    assert!(committed["seed"].is_null() && committed["result"].is_null() && committed["commitment"].is_string());
    let form = page.form(&format!("{at}/draw"));
    assert_eq!(people.first.submit(form.clone().set("word", "1 2")).await.errors().len(), 1);
    let page = people.first.submit(form.set("word", "881624")).await;
    assert!(page.has("已抽取") && page.links().iter().filter(|(href, _)| href.contains("/visit/")).count() == 2, "{}", page.text());
    let page = people.first.get(&format!("{draw}.json")).await;
    assert_eq!(page.header("content-type"), Some("application/json; charset=utf-8"));
    let drawn: serde_json::Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(drawn["commitment"], committed["commitment"]);
    let folder = tempfile::tempdir().unwrap();
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ops/scripts/replay_draw.py");
    assert!(std::fs::read_to_string(&script).unwrap().lines().count() <= 30);
    let replay = |draw: &serde_json::Value| {
        let file = folder.path().join("draw.json");
        std::fs::write(&file, draw.to_string()).unwrap();
        std::process::Command::new("python3").arg(&script).arg(&file).output()
    };
    let Ok(output) = replay(&drawn) else {
        eprintln!("python3 is not installed: the replay of the draw was not tried");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.matches("一致").count() == 3 && !said.contains("不一致"), "{said}");
    // Whatever is changed is noticed. Another word may draw the same by chance, eight others do not.
    let noticed = |key: &str, value: &str| {
        let mut forged = drawn.clone();
        forged[key] = value.into();
        !replay(&forged).unwrap().status.success()
    };
    assert!(noticed("seed", "00"));
    assert!((881_625..881_633).any(|word| noticed("word", &word.to_string())));
    let mut forged = drawn.clone();
    forged["registers"]["strata"][0]["units"].as_array_mut().unwrap().pop();
    assert!(!replay(&forged).unwrap().status.success());
    // Nobody draws twice.
    assert!(!people.first.get(&at).await.offers(&format!("{at}/draw")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_with_marks_against_it_is_drawn_by_itself_and_a_covert_draw_stays_with_the_team() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let at = found(&site, &mut people, "open", "作风检查").await;
    site.clock.advance(TimeDelta::days(8));
    tick(&site, &format!("inspection-{}", id_of(&at))).await;
    let mut director = site.sign_in(Role::Director).await;
    let form = director.get(&at).await.form(&format!("{at}/confirm")).set("reason", "属实。");
    director.submit(form).await;
    assert_eq!(marks(&site, MarkKind::Finding), 1);
    let mut first = site.sign_in(Role::Inspector).await;
    let form =
        first.get(NEW).await.form(NEW).label("效能督查员second", "").set("theme", "随机暗访").set("mode", "covert").set("to", "2026-05-20");
    let form = form.set("target", "draw").set("general", "0").set("focus", "1").set("focus_marks", "1");
    let covert = first.submit(form).await.path;
    press(&mut director, &covert, "approve").await;
    let page = press(&mut first, &covert, "commit").await;
    let page = first.submit(page.form(&format!("{covert}/draw")).set("word", "九号红球")).await;
    let visit = format!("{covert}/visit/{BUREAU}");
    assert!(page.links().iter().any(|(href, _)| *href == visit), "{}", page.text());
    let draw = format!("/oversight/draws/{}", domain::draw::id_of(id_of(&covert)));
    let shown = first.get(&draw).await;
    assert!(shown.has("重点名册：1 个单位中抽 1 个") && shown.has("九号红球"), "{}", shown.text());
    let mut leader = enter(&site, Role::Leader).await;
    assert_eq!((leader.get(&draw).await.status, leader.get(&format!("{draw}.json")).await.status), (404, 404));
    let page = first.get(&visit).await;
    first.submit(page.form(&format!("{visit}/fine")).set("fine", "rude")).await;
    assert!(press(&mut first, &covert, "done").await.has("内容已公开"));
    assert!(leader.get(&draw).await.has("市城市管理局"));
    let drawn: serde_json::Value = serde_json::from_str(&leader.get(&format!("{draw}.json")).await.body).unwrap();
    assert_eq!(drawn["result"][0]["unit"], BUREAU);
}

/// Everything that could be asked for about a check, in the place of the parts of a route.
fn paths(id: Uuid, photo: &str) -> Vec<String> {
    let fill = |path: &str, id: Uuid| {
        path.replace("{id}", &id.to_string())
            .replace("{unit}", BUREAU)
            .replace("{hash}", photo)
            .replace("{code}", BUREAU)
            .replace("{bucket}", "open")
            .replace("{login}", "inspector")
            .replace("{measure}", "received")
    };
    let routes = ROUTES.iter().filter(|route| route.method == "GET" && route.door != Door::Public);
    routes.flat_map(|route| [id, domain::draw::id_of(id)].map(|id| fill(route.path, id))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_covert_check_is_absent_for_everybody_outside_its_team_until_it_is_done() {
    let site = Site::open().await;
    let mut people = people(&site).await;
    let at = found(&site, &mut people, "covert", "夜间值守暗访").await;
    let id = id_of(&at);
    let number = "效查〔2026〕1号";
    let photo = people.first.get(&at).await.links().into_iter().find(|(href, _)| href.contains("/photo/")).unwrap().0;
    let hash = photo.rsplit('/').next().unwrap().to_owned();
    assert!(people.first.get("/oversight/inspections").await.has(number), "the team finds it");
    let page = people.director.get(&at).await;
    assert!(page.has("夜间值守暗访") && page.has("这是暗访"), "and so does who approved it");
    let secrets = ["夜间值守暗访", number, "暗藏地点三号窗", "窗口无人值守二十分钟", hash.as_str()];
    let link = format!("/oversight/inspections/{id}");
    let mut others = vec![("stranger".to_owned(), site.person("stranger", HOTLINE, Role::Inspector, StaffKind::CivilServant).await)];
    for role in Role::ALL.into_iter().filter(|role| !matches!(role, Role::Inspector | Role::Director)) {
        others.push((format!("{role:?}"), enter(&site, role).await));
    }
    let mut looked = 0;
    for (who, browser) in &mut others {
        for path in paths(id, &hash) {
            let page = browser.get(&path).await;
            let asked = path.contains(&id.to_string()) || path.contains(&domain::draw::id_of(id).to_string());
            assert!(!asked || [403, 404].contains(&page.status), "{who} {path}: {}", page.status);
            for secret in secrets {
                // Whoever asks for a photo by its hash is shown the address that he asked for.
                assert!(!page.has(secret) && (path.contains(secret) || !page.body.contains(secret)), "{who} finds {secret} on {path}");
            }
            assert!(asked || !page.body.contains(&link), "{who} finds the check on {path}");
            looked += 1;
        }
    }
    assert!(looked > 300, "{looked}");
    // Nothing is counted and nobody else has a duty.
    let views = site.app.projections.views();
    assert_eq!((marks(&site, MarkKind::Visit), marks(&site, MarkKind::Finding)), (0, 0));
    let unit = domain::duty::Holder::Unit(UnitCode::parse(BUREAU).unwrap());
    assert!(views.duties(&unit, None, 10).unwrap().is_empty());
    let raw = views.stream::<domain::inspection::InspectionState>(&format!("inspection-{id}")).unwrap().unwrap();
    let json = serde_json::to_string(&raw.state).unwrap();
    assert!(!json.contains(BUREAU) && !json.contains(&hash) && !json.contains("absent"), "{json}");
    let log = logged();
    assert!(!log.contains("夜间值守暗访") && !log.contains("暗藏地点三号窗"));
    // Forged acts of others meet nothing.
    let (_, stranger) = &mut others[0];
    let token = stranger.get("/desk/password").await.form("/desk/password").value("csrf");
    for act in ["done", "sign", "confirm", "rectify", "draw", "commit"] {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let body = format!("csrf={token}&number=1&reason=x&what=x&word=12345");
        assert_eq!(stranger.send("POST", &format!("{at}/{act}"), &[kind], body.as_bytes()).await.status, 404, "{act}");
    }
    // Done: it is there for all who oversee, its hash fits what was recorded at first, and the unit answers.
    let page = press(&mut people.first, &at, "done").await;
    assert!(page.has("内容已公开"), "{}", page.text());
    site.settle().await;
    assert_eq!(marks(&site, MarkKind::Visit), 1);
    let mut leader = enter(&site, Role::Leader).await;
    assert!(leader.get("/oversight/inspections").await.has(number));
    let page = leader.get(&at).await;
    let opened = site.app.open_supervision::<domain::inspection::InspectionState>(&format!("inspection-{id}"), |_| true).await.unwrap();
    let state = &opened.state;
    let statement = state.plan.known().unwrap().statement(state.mode, &state.team, "夜间值守暗访");
    assert!(page.has(&state.commitment) && page.body.contains(state.plan.known().unwrap().nonce.as_str()), "{}", page.text());
    assert_eq!(domain::veil::sha256_hex(statement.as_bytes()), state.commitment);
    let mut head = site.sign_in(Role::Head).await;
    assert!(head.get(&format!("/desk/findings/{id}")).await.offers(&format!("/desk/findings/{id}")));
}
