//! Cards: from a broken limit to a revoked card, with the people who do it, and everything that may not happen on the way.

use application::accounts::account_of_login;
use application::{Actor, Meta, Staff};
use automation::{Automation, Settings};
use chrono::{DateTime, TimeDelta};
use domain::account::{Role, StaffKind};
use domain::card::{CardState, Rule};
use domain::case::{ClockKind, Command};
use domain::ids::{CardId, UnitCode};
use domain::mark::MarkKind;
use domain::time::Instant;

use crate::harness::{BUREAU, HOTLINE, Site};

/// The clock's work until nothing is left to do; how many acts.
pub(crate) async fn tick(site: &Site) -> usize {
    site.settle().await;
    let dir = tempfile::tempdir().unwrap();
    let automation = Automation::new(site.app.clone(), Settings { patience_millis: 30_000, ..Settings::default() }, dir.path()).unwrap();
    let mut acts = 0;
    loop {
        let worked = automation.tick_clocks().await.unwrap();
        assert_eq!(worked.lag, 0);
        assert_eq!(automation.health().failing, 0, "{:?}", automation.health());
        acts += worked.acts;
        if !worked.any() {
            site.settle().await;
            return acts;
        }
    }
}

/// Sets the clock ahead to a local time.
pub(crate) fn until(site: &Site, local: &str) {
    let to = DateTime::parse_from_rfc3339(&format!("{local}+08:00")).unwrap().to_utc();
    site.clock.advance(to - site.app.now());
}

pub(crate) fn by(site: &Site, role: Role) -> Meta {
    let unit = if matches!(role, Role::Liaison | Role::Handler | Role::Head) { BUREAU } else { HOTLINE };
    let staff = Staff {
        account: account_of_login(role.code()),
        unit: UnitCode::parse(unit).ok(),
        roles: vec![role],
        kind: StaffKind::CivilServant,
    };
    Meta::new(Actor::Staff(staff), site.app.ids.uuid())
}

/// A complaint that the bureau has had since Wednesday 6 May 2026, 10:00; its handling limit ends on 12 May, 24:00.
pub(crate) async fn handled(site: &Site) -> String {
    let number = site.file("小区北门的路灯连续五天不亮，请尽快维修。").await;
    let unit = UnitCode::parse(BUREAU).unwrap();
    let level = site.app.reference().unit(&unit).unwrap().level;
    let dispatch = Command::Dispatch { unit, level, entry: String::new(), reason: "属于市容环境管理职责".to_owned() };
    site.app.on_case(&by(site, Role::Dispatcher), site.case(&number), &dispatch).await.unwrap();
    site.app.on_case(&by(site, Role::Liaison), site.case(&number), &Command::Sign).await.unwrap();
    site.settle().await;
    number
}

/// Kinds of the events of a stream.
pub(crate) async fn kinds(site: &Site, stream: &str) -> Vec<String> {
    site.app.log.read_stream(stream).await.unwrap().into_iter().map(|event| event.kind).collect()
}

/// How many marks of a kind the bureau has, and how many of them were taken back.
pub(crate) fn marks(site: &Site, kind: MarkKind) -> (usize, usize) {
    let unit = UnitCode::parse(BUREAU).unwrap();
    let all = site.app.projections.views().marks(&unit, Instant::default(), site.app.now() + TimeDelta::seconds(1), u64::MAX).unwrap();
    let of_kind: Vec<_> = all.into_iter().filter(|mark| mark.kind == kind).collect();
    (of_kind.len(), of_kind.iter().filter(|mark| mark.revoked.is_some()).count())
}

fn card(site: &Site, number: &str, rule: Rule) -> CardId {
    CardId::of_ground(site.case(number), ClockKind::Handle, 1, rule)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_limit_is_a_trigger_that_an_officer_issues_the_unit_objects_to_and_another_officer_revokes() {
    let site = Site::open().await;
    let number = handled(&site).await;
    until(&site, "2026-05-12T23:59:00");
    tick(&site).await;
    let yellow = card(&site, &number, Rule::YellowOnBreach);
    assert_eq!(kinds(&site, &yellow.stream()).await, [""; 0], "nothing before its time");
    until(&site, "2026-05-13T08:00:00");
    tick(&site).await;
    assert_eq!(kinds(&site, &yellow.stream()).await, ["card_triggered"]);
    assert_eq!(tick(&site).await, 0, "once");
    let envelope = site.app.log.read_stream(&yellow.stream()).await.unwrap().remove(0);
    assert_eq!(domain::time::from_micros(envelope.occurred_at).to_rfc3339(), "2026-05-12T16:00:00+00:00", "at the due instant");
    assert_eq!(envelope.actor, "automation:cards");
    assert_eq!(marks(&site, MarkKind::YellowCard), (0, 0), "a trigger is no card");

    let (office, desk) = (format!("/oversight/cards/{}", yellow.0), format!("/desk/cards/{}", yellow.0));
    let mut inspector = site.sign_in(Role::Inspector).await;
    let list = inspector.get("/oversight/cards").await;
    assert!(list.has("待签发") && list.links().iter().any(|(href, _)| *href == office), "{}", list.text());
    let page = inspector.get(&office).await;
    assert!(page.has("办理超期") && page.has("办理时限超期（第 1 次办理）") && page.has("市城市管理局"), "{}", page.text());
    assert!(!page.offers(&format!("{office}/issue")), "an inspector issues nothing");
    assert_eq!(inspector.forge(&format!("{office}/issue"), &[("words", "越权签发")]).await.status, 403);
    let mut head = site.sign_in(Role::Head).await;
    assert_eq!(head.get(&desk).await.status, 404, "a unit hears of it when it is issued");
    assert!(!head.get(&format!("/desk/case/{number}")).await.has("效牌"));

    let mut director = site.sign_in(Role::Director).await;
    let form = director.get(&office).await.form(&format!("{office}/issue"));
    let page = director.submit(form.clone()).await;
    assert!(page.status == 422 && page.errors().iter().any(|words| words.contains("请填写签发意见")), "{}", page.text());
    let form = form.set("words", "办理超期，请说明原因并尽快答复。");
    assert_eq!(director.submit_once(form.clone()).await.status, 303);
    assert_eq!(director.submit_once(form).await.status, 303, "the same form again is the same act");
    assert_eq!(kinds(&site, &yellow.stream()).await, ["card_triggered", "card_issued"]);
    site.settle().await;
    assert_eq!(marks(&site, MarkKind::YellowCard), (1, 0));

    let page = head.get(&desk).await;
    assert!(page.has("办理超期，请说明原因并尽快答复。") && page.has("异议期限"), "{}", page.text());
    assert!(head.get(&format!("/desk/case/{number}")).await.links().iter().any(|(href, _)| *href == desk), "the case leads to its card");
    let mut liaison = site.sign_in(Role::Liaison).await;
    assert!(liaison.get(&desk).await.status == 200 && !liaison.get(&desk).await.offers(&format!("{desk}/object")));
    assert_eq!(liaison.forge(&format!("{desk}/object"), &[("words", "联络员提出")]).await.status, 403);
    let mut other = site.person("head-b", "330502", Role::Head, StaffKind::CivilServant).await;
    assert_eq!(other.get(&desk).await.status, 404, "another unit finds no trace");
    assert_eq!(other.forge(&format!("{desk}/object"), &[("words", "别的单位")]).await.status, 404);
    let page = head.submit(page.form(&format!("{desk}/object")).set("words", "到期当日系统停机，答复未能提交。")).await;
    assert!(page.status == 200 && page.has("异议已提交"), "{}", page.text());

    let page = director.get(&office).await;
    assert!(page.has("系统停机") && page.has("另一位负责人") && !page.offers(&format!("{office}/revoke")), "{}", page.text());
    let refused = director.forge(&format!("{office}/revoke"), &[("reason", "自己撤销自己的")]).await;
    assert!(refused.status == 422 && refused.has("另一位人员"), "{} {}", refused.status, refused.text());
    let mut second = site.person("director-b", HOTLINE, Role::Director, StaffKind::CivilServant).await;
    assert!(second.get("/oversight/cards?tab=objected").await.links().iter().any(|(href, _)| *href == office));
    let page = second.get(&office).await;
    let page = second.submit(page.form(&format!("{office}/revoke")).set("reason", "停机属实，异议成立。")).await;
    assert!(page.status == 200 && page.has("已撤销"), "{}", page.text());
    site.settle().await;
    assert_eq!(marks(&site, MarkKind::YellowCard), (1, 1), "it stays on record and no longer counts");
    assert!(head.get(&desk).await.has("异议成立"));
    let refused = head.forge(&format!("{desk}/object"), &[("words", "再提一次")]).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unanswered_three_working_days_later_is_a_red_trigger_and_an_answer_before_is_none() {
    let site = Site::open().await;
    let (late, answered) = (handled(&site).await, handled(&site).await);
    until(&site, "2026-05-13T08:00:00");
    tick(&site).await;
    let contact =
        Command::Contact { means: domain::case::event::Means::Phone, reached: true, note: "已电话告知处理安排".to_owned() };
    let answer =
        Command::Answer { answer: "已于当日更换线路并恢复照明。".to_owned(), outcome: domain::case::event::Outcome::Solved };
    for (role, command) in [(Role::Handler, contact), (Role::Handler, answer), (Role::Head, Command::Approve)] {
        site.app.on_case(&by(&site, role), site.case(&answered), &command).await.unwrap();
    }
    until(&site, "2026-05-16T09:00:00");
    tick(&site).await;
    assert_eq!(kinds(&site, &card(&site, &late, Rule::RedAfter).stream()).await, ["card_triggered"]);
    assert_eq!(kinds(&site, &card(&site, &answered, Rule::RedAfter).stream()).await, [""; 0]);
    assert_eq!(kinds(&site, &card(&site, &answered, Rule::YellowOnBreach).stream()).await, ["card_triggered"]);
    let red = site.app.stream_state::<CardState>(&card(&site, &late, Rule::RedAfter).stream()).await.unwrap().unwrap();
    assert_eq!(red.triggered_at.to_rfc3339(), "2026-05-15T16:00:00+00:00");
    let mut inspector = site.sign_in(Role::Inspector).await;
    assert!(inspector.get("/oversight/cards?colour=red").await.has("本页 1 张"));
    assert!(inspector.get(&format!("/oversight/cards?unit={BUREAU}")).await.has("本页 3 张"));
    assert!(inspector.get("/oversight/cards?unit=330502").await.has("没有符合筛选条件的牌"));
    assert_eq!(inspector.get("/oversight/cards?tab=x").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_tick_at_once_record_one_trigger_and_one_end_of_the_time_to_object() {
    let site = Site::open().await;
    let number = handled(&site).await;
    until(&site, "2026-05-13T08:00:00");
    let yellow = card(&site, &number, Rule::YellowOnBreach);
    tokio::join!(tick(&site), tick(&site));
    assert_eq!(kinds(&site, &yellow.stream()).await, ["card_triggered"]);
    // Two officers at once: one card.
    site.account(Role::Director).await;
    let mut one = site.sign_in(Role::Director).await;
    let mut two = site.person("director-b", HOTLINE, Role::Director, StaffKind::CivilServant).await;
    let path = format!("/oversight/cards/{}", yellow.0);
    let first = one.get(&path).await.form(&format!("{path}/issue")).set("words", "请说明原因。");
    let second = two.get(&path).await.form(&format!("{path}/dismiss")).set("reason", "不必签发。");
    let (a, b) = tokio::join!(one.submit_once(first), two.submit_once(second));
    let mut answers = [a.status, b.status];
    answers.sort_unstable();
    assert_eq!(answers, [303, 409], "{} / {}", a.text(), b.text());
    assert_eq!(kinds(&site, &yellow.stream()).await.len(), 2);

    let other = handled(&site).await;
    site.clock.advance(TimeDelta::days(8));
    tick(&site).await;
    let due = card(&site, &other, Rule::YellowOnBreach);
    let path = format!("/oversight/cards/{}", due.0);
    let mut one = site.sign_in(Role::Director).await;
    let form = one.get(&path).await.form(&format!("{path}/issue")).set("words", "请说明原因。");
    assert_eq!(one.submit_once(form).await.status, 303);
    site.settle().await;
    site.clock.advance(TimeDelta::days(10));
    let mut head = site.sign_in(Role::Head).await;
    let late = head.forge(&format!("/desk/cards/{}/object", due.0), &[("words", "迟到的异议")]).await;
    assert!(late.status == 409 && late.has("期限已过"), "{} {}", late.status, late.text());
    tokio::join!(tick(&site), tick(&site));
    assert_eq!(kinds(&site, &due.stream()).await, ["card_triggered", "card_issued", "card_lapsed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_whose_breach_is_withdrawn_is_taken_back_by_the_clock_and_may_come_again() {
    let site = Site::open().await;
    let number = handled(&site).await;
    until(&site, "2026-05-13T08:00:00");
    tick(&site).await;
    let yellow = card(&site, &number, Rule::YellowOnBreach);
    let mut director = site.sign_in(Role::Director).await;
    let path = format!("/oversight/cards/{}", yellow.0);
    let form = director.get(&path).await.form(&format!("{path}/issue")).set("words", "请说明原因。");
    assert_eq!(director.submit_once(form).await.status, 303);
    site.settle().await;
    assert_eq!(marks(&site, MarkKind::YellowCard), (1, 0));
    // The city was closed for a typhoon on the last day of the limit: the limit ends later, and nothing was late.
    let closed = "name = \"清源市\"\n[[closures]]\nname = \"台风停工\"\nbasis = \"防汛指令\"\nfrom = \"2026-05-12\"\nto = \"2026-05-13\"\n";
    let meta = Meta::new(Actor::CommandLine { name: "test".to_owned(), user: "test".to_owned() }, site.app.ids.uuid());
    site.app.set_overlay(&meta, closed).await.unwrap();
    tokio::join!(tick(&site), tick(&site));
    assert_eq!(kinds(&site, &yellow.stream()).await, ["card_triggered", "card_issued", "card_withdrawn"]);
    assert_eq!(marks(&site, MarkKind::YellowCard), (1, 1));
    assert!(director.get(&path).await.has("牌的依据不再成立"));
    // The later limit is broken too: the ground has come again.
    until(&site, "2026-05-15T08:00:00");
    tick(&site).await;
    assert_eq!(kinds(&site, &yellow.stream()).await.last().unwrap(), "card_triggered");
    let mut director = site.sign_in(Role::Director).await;
    assert!(director.get(&path).await.offers(&format!("{path}/issue")));
    assert_eq!(tick(&site).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_recorded_a_week_late_calls_for_no_card_and_outsourced_staff_see_none() {
    let site = Site::open().await;
    let number = handled(&site).await;
    until(&site, "2026-05-21T08:00:00");
    tick(&site).await;
    assert_eq!(kinds(&site, &card(&site, &number, Rule::YellowOnBreach).stream()).await, [""; 0], "eight days late");
    assert_eq!(kinds(&site, &card(&site, &number, Rule::RedAfter).stream()).await, ["card_triggered"], "five days late");
    let path = format!("/oversight/cards/{}", card(&site, &number, Rule::RedAfter).0);
    let mut outsourced = site.person("operator-c", HOTLINE, Role::Operator, StaffKind::Outsourced).await;
    assert_eq!(outsourced.get(&path).await.status, 403);
    assert!(!outsourced.get(&format!("/desk/case/{number}")).await.has("效牌"));
    let mut supervisor = site.person("supervisor-b", HOTLINE, Role::Supervisor, StaffKind::CivilServant).await;
    assert_eq!(supervisor.get(&path).await.status, 403, "the supervision office has its own papers");
}
