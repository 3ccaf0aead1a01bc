//! Escalated matters: raised by triggers, by the clock and by hand; given back, deliberated, resolved; and who sees nothing.

use application::accounts::account_of_login;
use application::{Actor, Meta, Staff};
use automation::{Automation, Settings};
use chrono::{DateTime, TimeDelta};
use domain::account::{Role, StaffKind};
use domain::case::command::File;
use domain::case::event::{Means, Outcome, Petitioner};
use domain::case::{Command, Stage};
use domain::escalation::{Escalation, Owner, Resolution};
use domain::ids::{CaseId, UnitCode};
use domain::mark::MarkKind;
use domain::time::Instant;

use crate::harness::site::COUNTY;
use crate::harness::{BUREAU, HOTLINE, Site, TOWN};

fn at(text: &str) -> Instant {
    DateTime::parse_from_rfc3339(&format!("{text}+08:00")).unwrap().to_utc()
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn by(site: &Site, role: Role, of: &str) -> Meta {
    let account = account_of_login(role.code());
    let staff = Staff { account, unit: Some(unit(of)), roles: vec![role], kind: StaffKind::CivilServant };
    Meta::new(Actor::Staff(staff), site.app.ids.uuid())
}

fn automation(site: &Site) -> Automation {
    let dir = std::env::temp_dir();
    Automation::new(site.app.clone(), Settings { patience_millis: 30_000, ..Settings::default() }, &dir).unwrap()
}

/// Lets two processes tick until neither finds anything to do.
async fn tick(site: &Site) {
    let (one, other) = (automation(site), automation(site));
    loop {
        site.settle().await;
        let (a, b) = tokio::join!(one.tick_clocks(), other.tick_clocks());
        if a.unwrap().acts + b.unwrap().acts == 0 {
            break;
        }
    }
    site.settle().await;
    assert_eq!(one.health().failing + other.health().failing, 0, "{:?}", one.health());
}

/// A complaint that was given to a unit.
async fn dispatched(site: &Site, to: &str, phone: &str) -> (String, CaseId) {
    let file = File {
        division: "330502001".to_owned(),
        petitioner: Some(Petitioner { name: "王小明".to_owned(), phone: phone.to_owned(), email: String::new() }),
        ..site.complaint("小区北门的路灯连续五天不亮，请尽快维修。")
    };
    let number = file.number.clone();
    let case = site.take(file).await;
    let level = site.app.reference().unit(&unit(to)).unwrap().level;
    let command = Command::Dispatch { unit: unit(to), level, entry: String::new(), reason: "属于其职责".to_owned() };
    site.app.on_case(&by(site, Role::Dispatcher, HOTLINE), case, &command).await.unwrap();
    site.settle().await;
    (number, case)
}

/// The only matter of a case, from the log.
async fn matter(site: &Site, case: CaseId) -> (String, Escalation, Vec<String>) {
    let found = site.app.projections.views().escalations_of_case(case).unwrap();
    assert_eq!(found.len(), 1);
    let name = found[0].name.clone();
    let state = site.app.stream_state::<Escalation>(&name).await.unwrap().unwrap();
    assert_eq!(state, found[0].state, "the view folds the same");
    let kinds = site.app.log.read_stream(&name).await.unwrap().into_iter().map(|event| event.kind).collect();
    (name, state, kinds)
}

fn path(name: &str, side: &str) -> String {
    format!("/{side}/escalations/{}", name.strip_prefix("escalation-").unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_three_days_over_its_limit_goes_to_the_unit_above_once_and_up_by_the_clock() {
    let site = Site::open().await;
    let (number, case) = dispatched(&site, TOWN, "13800001234").await;
    // 3 working days with the Saturday of 9 May: broken at the end of it; three more: the end of Wednesday 13.
    site.clock.set(at("2026-05-13T23:59:00"));
    tick(&site).await;
    assert!(site.app.projections.views().escalations_of_case(case).unwrap().is_empty(), "not before its instant");
    site.clock.set(at("2026-05-14T09:00:00"));
    tick(&site).await;
    let (name, state, kinds) = matter(&site, case).await;
    assert_eq!(kinds, ["escalation_raised"], "two processes raise once");
    assert_eq!((state.level, &state.owner, state.entered), (2, &Owner::Unit(unit(COUNTY)), at("2026-05-14T00:00:00")));
    let marks = site.app.projections.views().marks(&unit(TOWN), at("2026-01-01T00:00:00"), at("2027-01-01T00:00:00"), u64::MAX).unwrap();
    let escalated: Vec<&str> = marks.iter().filter(|mark| mark.kind == MarkKind::Escalated).map(|mark| mark.code.as_str()).collect();
    assert_eq!(escalated, ["2"]);

    let mut inspector = site.sign_in(Role::Inspector).await;
    let board = inspector.get("/oversight/escalations").await;
    assert!(board.status == 200 && board.has("Ⅱ级 1 件") && board.has("办理严重超期") && board.has("西湾区人民政府"), "{}", board.text());
    let level = inspector.get(&board.link("Ⅱ级全部清单")).await;
    let chain = path(&name, "oversight");
    assert!(level.links().iter().any(|(href, _)| *href == chain), "{}", level.text());
    let page = inspector.get(&chain).await;
    assert!(page.has("提到Ⅱ级") && page.has("系统自动") && page.has("幸福街道办事处") && page.has("逐级过程"), "{}", page.text());
    let on_case = inspector.get(&format!("/desk/case/{number}")).await;
    assert!(on_case.links().iter().any(|(href, _)| *href == chain), "{}", on_case.text());

    // Another unit finds no trace; the unit above has it among its own and reports.
    let mut other = site.sign_in(Role::Liaison).await;
    let own = path(&name, "desk");
    assert_eq!(other.get(&own).await.status, 404);
    assert!(other.get("/desk/escalations").await.has("现在没有涉及本单位的提级事项"));
    assert_eq!(other.forge(&format!("{own}/report"), &[("words", "不是我们的")]).await.status, 404);
    let mut county = site.person("county", COUNTY, Role::Head, StaffKind::CivilServant).await;
    let list = county.get("/desk/escalations").await;
    assert!(list.links().iter().any(|(href, _)| *href == own), "{}", list.text());
    let page = county.get(&own).await;
    assert!(!page.offers(&format!("{own}/lower")) && !page.offers(&format!("{own}/resolve")), "{}", page.text());
    let empty = county.submit(page.form(&format!("{own}/report"))).await;
    assert_eq!((empty.status, empty.errors()), (422, vec!["请填写办理情况".to_owned()]));
    let form = page.form(&format!("{own}/report")).set("words", "已督促街道当日抢修");
    assert_eq!(county.submit_once(form.clone()).await.status, 303);
    assert_eq!(county.submit_once(form).await.status, 303, "sent twice");
    site.settle().await;
    assert_eq!(matter(&site, case).await.2, ["escalation_raised", "escalation_reported"]);
    let mut town = site.person("town", TOWN, Role::Liaison, StaffKind::CivilServant).await;
    assert!(town.get("/desk/escalations").await.links().iter().any(|(href, _)| *href == own));
    assert_eq!(town.forge(&format!("{own}/raise"), &[("level", "3"), ("entry", "other"), ("reason", "提级")]).await.status, 403);

    // Given back with a reason; when its time runs out it comes up again at that instant.
    let page = inspector.get(&chain).await;
    let refused = inspector.submit(page.form(&format!("{chain}/lower")).set("level", "1")).await;
    assert_eq!((refused.status, refused.errors()), (422, vec!["请填写降级理由".to_owned()]));
    let page = inspector.submit(page.form(&format!("{chain}/lower")).set("level", "1").set("reason", "街道已开始抢修")).await;
    assert!(page.status == 200 && page.has("Ⅰ级：幸福街道办事处") && page.has("街道已开始抢修"), "{}", page.text());
    site.settle().await;
    let (_, state, _) = matter(&site, case).await;
    // 14 May, five working days: the end of Thursday 21.
    assert_eq!((state.level, state.due()), (1, Some(at("2026-05-22T00:00:00"))));
    site.clock.set(at("2026-05-22T10:00:00"));
    tick(&site).await;
    let (_, state, kinds) = matter(&site, case).await;
    assert_eq!((state.level, state.entered), (2, at("2026-05-22T00:00:00")));
    assert_eq!(kinds, ["escalation_raised", "escalation_reported", "escalation_lowered", "escalation_raised"]);
    assert_eq!(state.spans.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_raised_by_hand_is_deliberated_and_resolved_by_the_office_alone() {
    let site = Site::open().await;
    let (number, case) = dispatched(&site, BUREAU, "13800001234").await;
    let mut liaison = site.sign_in(Role::Liaison).await;
    let escalate = format!("/desk/case/{number}/escalate");
    assert_eq!(liaison.get(&escalate).await.status, 403);
    // The unit's head goes one step at a time.
    let mut head = site.sign_in(Role::Head).await;
    let page = head.get(&escalate).await;
    assert!(page.has("Ⅱ级（上级主管单位）") && !page.has("Ⅲ级"), "{}", page.text());
    let fields = [("level", "4"), ("entry", "other"), ("reason", "直接报市领导")];
    assert_eq!(head.forge(&escalate, &fields).await.status, 422);
    let mut inspector = site.sign_in(Role::Inspector).await;
    let page = inspector.get(&format!("/desk/case/{number}")).await;
    let page = inspector.get(&page.link("提级")).await;
    let wrong = inspector.submit(page.form(&escalate)).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let form = page.form(&escalate).set("level", "3").set("entry", "difficult").set("reason", "涉及两家单位，职责交叉");
    let page = inspector.submit(form.clone()).await;
    assert!(page.status == 200 && page.has("Ⅲ级：效能办") && page.has("待会商") && page.has("职责交叉"), "{}", page.text());
    assert_eq!(inspector.submit_once(form).await.status, 303, "sent twice");
    site.settle().await;
    let (name, _, kinds) = matter(&site, case).await;
    assert_eq!(kinds, ["escalation_raised"]);
    let chain = path(&name, "oversight");

    let early = inspector.submit(page.form(&format!("{chain}/resolve")).set("words", "已办成")).await;
    assert!(early.status == 422 && early.errors()[0].contains("会商"), "{}", early.text());
    let empty = inspector.submit(page.form(&format!("{chain}/convene"))).await;
    assert_eq!((empty.status, empty.errors().len()), (422, 3), "{:?}", empty.errors());
    let form = page.form(&format!("{chain}/convene")).set("held", "2026-05-06").set("units", BUREAU);
    let form =
        form.set("resolution", "由市城市管理局牵头").set("task_unit", BUREAU).set("task", "三日内更换线路").set("task_due", "2026-05-11");
    let page = inspector.submit(form).await;
    assert!(page.status == 200 && page.has("由市城市管理局牵头") && page.has("三日内更换线路") && !page.has("待会商"), "{}", page.text());
    let seen = liaison.get(&path(&name, "desk")).await;
    assert!(seen.has("三日内更换线路") && !seen.offers(&format!("{}/resolve", path(&name, "desk"))), "{}", seen.text());
    for act in ["resolve", "lower", "convene", "report"] {
        let fields =
            [("words", "办结"), ("level", "1"), ("reason", "办结"), ("held", "2026-05-06"), ("units", BUREAU), ("resolution", "办结")];
        let page = liaison.forge(&format!("{}/{act}", path(&name, "desk")), &fields).await;
        assert_eq!(page.status, 403, "{act}: {}", page.text());
    }
    let mut outsourced = site.person("outsourced", HOTLINE, Role::Dispatcher, StaffKind::Outsourced).await;
    let own = path(&name, "desk");
    assert_eq!((outsourced.get(&own).await.status, outsourced.get(&chain).await.status), (200, 403));
    assert_eq!(outsourced.forge(&format!("{own}/resolve"), &[("words", "办结")]).await.status, 403);
    let page = inspector.get(&chain).await;
    let form = page.form(&format!("{chain}/resolve")).set("words", "线路已更换，路灯恢复");
    let page = inspector.submit(form.clone()).await;
    assert!(page.status == 200 && page.has("已办结") && page.has("线路已更换，路灯恢复"), "{}", page.text());
    assert_eq!(inspector.submit_once(form).await.status, 303, "sent twice");
    assert_eq!(inspector.forge(&format!("{chain}/lower"), &[("level", "1"), ("reason", "晚了")]).await.status, 409);
    let page = inspector.get(&chain).await;
    assert!(page.has("刚才填写的内容没有提交") && page.has("晚了"), "{}", page.text());
    site.settle().await;
    assert!(site.app.projections.views().escalation_counts().unwrap().is_empty());
    // The words are sealed in the log.
    let raw = site.app.log.read_stream(&name).await.unwrap();
    assert!(raw.iter().all(|event| !String::from_utf8_lossy(&event.data).contains("线路")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_matter_follows_its_case_it_stands_while_answered_and_ends_with_it() {
    let site = Site::open().await;
    let (_, case) = dispatched(&site, BUREAU, "13800001234").await;
    let inspector = by(&site, Role::Inspector, HOTLINE);
    site.app.escalate_case(&inspector, case, 2, Some(domain::escalation::Entry::NoPower), "需要市里授权").await.unwrap();
    site.settle().await;
    let (_, state, _) = matter(&site, case).await;
    assert_eq!(state.owner, Owner::Office, "above a bureau of the city there is none");
    let way: [(Role, &str, Command); 5] = [
        (Role::Liaison, BUREAU, Command::Sign),
        (Role::Liaison, BUREAU, Command::Contact { means: Means::Phone, reached: true, note: "已告知".to_owned() }),
        (Role::Liaison, BUREAU, Command::Answer { answer: "经现场检查，已更换线路。".to_owned(), outcome: Outcome::Solved }),
        (Role::Head, BUREAU, Command::Approve),
        (Role::Reviewer, HOTLINE, Command::SendBack { reason: "没有写明时间".to_owned() }),
    ];
    for (role, of, command) in &way {
        site.clock.advance(TimeDelta::minutes(10));
        site.app.on_case(&by(&site, *role, of), case, command).await.unwrap();
        tick(&site).await;
    }
    let (_, state, kinds) = matter(&site, case).await;
    assert_eq!(kinds, ["escalation_raised", "escalation_answered", "escalation_resumed"]);
    assert!(state.runs());
    let way: [(Role, &str, Command); 4] = [
        (Role::Liaison, BUREAU, Command::Answer { answer: "五月六日已更换线路，恢复照明。".to_owned(), outcome: Outcome::Solved }),
        (Role::Head, BUREAU, Command::Approve),
        (Role::Reviewer, HOTLINE, Command::Pass),
        (Role::Reviewer, HOTLINE, Command::CallBack { reply: Some((true, true, "satisfied".to_owned())), note: "满意".to_owned() }),
    ];
    for (role, of, command) in &way {
        site.app.on_case(&by(&site, *role, of), case, command).await.unwrap();
    }
    tick(&site).await;
    assert_eq!(site.app.projections.views().case_state(case).unwrap().unwrap().state.stage, Stage::Archived);
    let (_, state, _) = matter(&site, case).await;
    assert_eq!(state.resolved.map(|(_, how)| how), Some(Resolution::CaseEnded));
    let marks = site.app.projections.views().marks(&unit(BUREAU), at("2026-01-01T00:00:00"), at("2027-01-01T00:00:00"), u64::MAX).unwrap();
    assert!(marks.is_empty(), "what the unit may not decide does not count against it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_petitioners_on_one_matter_are_one_chain_and_the_next_one_joins_it() {
    let site = Site::open().await;
    let mut cases = Vec::new();
    for n in 0..9 {
        cases.push(dispatched(&site, TOWN, &format!("1380000123{n}")).await.1);
        site.clock.advance(TimeDelta::minutes(5));
    }
    dispatched(&site, TOWN, "13800001230").await;
    dispatched(&site, BUREAU, "13800001299").await;
    tick(&site).await;
    assert!(site.app.projections.views().escalations_of_case(cases[0]).unwrap().is_empty(), "the same petitioner twice is one");
    cases.push(dispatched(&site, TOWN, "13800001240").await.1);
    tick(&site).await;
    let (name, state, kinds) = matter(&site, cases[0]).await;
    assert_eq!((kinds.len(), state.level, state.cases.len()), (1, 2, 11));
    cases.push(dispatched(&site, TOWN, "13800001241").await.1);
    tick(&site).await;
    let (again, state, kinds) = matter(&site, cases[10]).await;
    assert_eq!((again, kinds), (name.clone(), vec!["escalation_raised".to_owned(), "escalation_joined".to_owned()]));
    assert_eq!(state.cases.len(), 12);
    let mut director = site.sign_in(Role::Director).await;
    let page = director.get("/oversight/escalations").await;
    assert!(page.has("多人反映同一事项") && page.has("等 12 件"), "{}", page.text());

    // Views that begin from nothing say the same, and expect nothing that is on record.
    let dir = tempfile::tempdir().unwrap();
    projections::rebuild(dir.path(), site.app.log.clone(), site.app.vault.clone(), false, &|_, _| {}).await.unwrap();
    let (rebuilt, live) = (projections::Views::open(dir.path()).unwrap(), site.app.projections.views());
    assert_eq!(rebuilt.escalations_of_case(cases[10]).unwrap(), live.escalations_of_case(cases[10]).unwrap());
    assert_eq!(rebuilt.escalation_counts().unwrap(), live.escalation_counts().unwrap());
    let now = site.app.now();
    assert_eq!(rebuilt.expected_raises(now - TimeDelta::days(7), now, 100).unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_done_has_an_entry_of_its_own_and_begins_its_ladder_with_the_filing() {
    let site = Site::open().await;
    let mut citizen = site.browser();
    let home = citizen.get("/").await;
    let page = citizen.get(&home.link("办不成事反映窗口")).await;
    assert!(page.has("诉讼、仲裁、行政复议") && page.has("个人之间的纠纷"), "{}", page.text());
    let empty = citizen.submit(page.form("/stuck")).await;
    assert_eq!((empty.status, empty.errors().len()), (422, 3), "{:?}", empty.errors());
    let form = page.form("/stuck").set("wanted", "办理食品经营许可证").set("window", "市政务服务中心 12 号窗口");
    let form = form.set("happened", "材料齐全，跑了三次都说系统不能录入。");
    let nobody = citizen.submit(form.clone()).await;
    assert_eq!((nobody.status, nobody.errors().len()), (422, 2), "{:?}", nobody.errors());
    assert_eq!(nobody.form("/stuck").value("happened"), "材料齐全，跑了三次都说系统不能录入。");
    let form = form.set("name", "王小明").set("phone", "13800001234");
    let receipt = citizen.submit(form.clone()).await;
    assert!(receipt.path == "/file/receipt" && receipt.has("办不成事"), "{}", receipt.text());
    let before = site.app.log.head().await.unwrap().size;
    citizen.submit(form).await;
    assert_eq!(site.app.log.head().await.unwrap().size, before, "sent twice");
    tick(&site).await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    let list = dispatcher.get("/desk/escalations").await;
    assert!(list.has("反映“办不成事”") && list.has("Ⅰ级") && list.has("市热线办"), "{}", list.text());
    let mut inspector = site.sign_in(Role::Inspector).await;
    let board = inspector.get("/oversight/escalations?ladder=stuck").await;
    assert!(board.has("Ⅰ级 1 件"), "{}", board.text());
    // Given to a bureau on the same day: the bureau holds the level; out of time it goes to the second.
    let case = site.app.projections.views().escalations_on("stuck", 1, false, &projections::At::First, 5).unwrap().rows[0].state.cases[0];
    let level = site.app.reference().unit(&unit(BUREAU)).unwrap().level;
    let command = Command::Dispatch { unit: unit(BUREAU), level, entry: String::new(), reason: "其职责".to_owned() };
    site.app.on_case(&by(&site, Role::Dispatcher, HOTLINE), case, &command).await.unwrap();
    tick(&site).await;
    assert_eq!(matter(&site, case).await.1.owner, Owner::Unit(unit(BUREAU)));
    site.clock.set(at("2026-05-08T08:00:00"));
    tick(&site).await;
    let (_, state, kinds) = matter(&site, case).await;
    assert_eq!(kinds, ["escalation_raised", "escalation_handed", "escalation_raised"]);
    assert_eq!((state.level, state.entered), (2, at("2026-05-08T00:00:00")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_of_wrongdoing_leaves_no_trace_for_the_unit_above_and_for_outsourced_staff() {
    let site = Site::open().await;
    let file = File {
        class: "report".to_owned(),
        division: "330502001".to_owned(),
        petitioner: None,
        confidential: true,
        ..site.complaint("举报某饭店后厨使用过期食材，请查处。")
    };
    let case = site.take(file).await;
    let level = site.app.reference().unit(&unit(TOWN)).unwrap().level;
    let command = Command::Dispatch { unit: unit(TOWN), level, entry: String::new(), reason: "其职责".to_owned() };
    site.app.on_case(&by(&site, Role::Dispatcher, HOTLINE), case, &command).await.unwrap();
    site.settle().await;
    site.clock.set(at("2026-05-14T09:00:00"));
    tick(&site).await;
    let (name, state, _) = matter(&site, case).await;
    assert_eq!(state.owner, Owner::Office, "never up the tree of units");
    let mut county = site.person("county", COUNTY, Role::Head, StaffKind::CivilServant).await;
    assert_eq!(county.get(&path(&name, "desk")).await.status, 404);
    assert!(county.get("/desk/escalations").await.has("现在没有涉及本单位的提级事项"));
    let mut outsourced = site.person("outsourced", HOTLINE, Role::Dispatcher, StaffKind::Outsourced).await;
    assert_eq!(outsourced.get(&path(&name, "desk")).await.status, 404);
    assert_eq!(outsourced.forge(&format!("{}/report", path(&name, "desk")), &[("words", "办结")]).await.status, 404);
    let mut inspector = site.sign_in(Role::Inspector).await;
    assert!(inspector.get("/oversight/escalations").await.has("Ⅱ级 1 件"));
}
