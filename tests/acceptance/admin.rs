//! The administrators: units, accounts, rules, calendar, imports, notices, rights of persons, audit.

use application::accounts::account_of_login;
use chrono::{NaiveDate, TimeDelta};
use domain::account::Role;
use domain::ids::{NoticeId, UnitCode};
use domain::notice::{Failed, NoticeKind, NoticeStage, Owed, Recipient};
use domain::rulebook::shipped::SHIPPED;
use domain::time::Clock;
use uuid::Uuid;

use crate::harness::{BUREAU, Browser, CITY, HOTLINE, PASSWORD, Page, Site, TOWN};

const PAGES: &[(&str, &[Role])] = &[
    ("/admin", &[Role::SystemAdmin, Role::SecurityAdmin, Role::Auditor]),
    ("/admin/units", &[Role::SystemAdmin]),
    ("/admin/units/0101", &[Role::SystemAdmin]),
    ("/admin/accounts", &[Role::SecurityAdmin]),
    ("/admin/accounts/new", &[Role::SecurityAdmin]),
    ("/admin/accounts/auditor", &[Role::SecurityAdmin]),
    ("/admin/persons", &[Role::SecurityAdmin]),
    ("/admin/rulebooks", &[Role::SystemAdmin]),
    ("/admin/rulebooks/adopt", &[Role::SystemAdmin]),
    ("/admin/rulebooks/generic@2026.2", &[Role::SystemAdmin]),
    ("/admin/calendar", &[Role::SystemAdmin]),
    ("/admin/catalogue", &[Role::SystemAdmin]),
    ("/admin/imports", &[Role::SystemAdmin]),
    ("/admin/notices", &[Role::SystemAdmin]),
    ("/admin/system", &[Role::SystemAdmin, Role::Auditor]),
    ("/admin/audit", &[Role::Auditor]),
];

/// A good answer after a form: shown, with the flash of the act.
fn done(page: &Page, words: &str) {
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.has(words), "{}", page.text());
}

/// A form that came back with this among its errors.
fn refused(page: &Page, words: &str) {
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(page.errors().iter().any(|error| error.contains(words)), "{words}: {:?}", page.errors());
}

fn one_time(page: &Page) -> String {
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")), "{}", page.text());
    let rest = page.body.split("<p class=\"big\">").nth(1).expect("a password is shown");
    rest.split('<').next().unwrap().to_owned()
}

async fn sign_in(site: &Site, login: &str, password: &str) -> (Browser, Page) {
    let mut browser = site.browser();
    let page = browser.sign_in(login, password).await;
    (browser, page)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_page_opens_for_its_role_and_for_no_other() {
    let site = Site::open().await;
    let mut browsers = Vec::new();
    for role in [Role::SystemAdmin, Role::SecurityAdmin, Role::Auditor, Role::Dispatcher, Role::Head] {
        browsers.push((role, site.sign_in(role).await));
    }
    for (path, roles) in PAGES {
        for (role, browser) in &mut browsers {
            let page = browser.get(path).await;
            assert_eq!(page.status, if roles.contains(role) { 200 } else { 403 }, "{path} for {role:?}: {}", page.text());
        }
        let stranger = site.browser().get(path).await;
        assert!(stranger.path.starts_with("/desk/sign-in"), "{path} for nobody: {}", stranger.path);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_a_table_of_units_are_told_by_line_and_the_good_lines_are_taken() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let table = format!(
        "code,name,parent,level,nature,division,hotline,since\n0102,市水务局,{CITY},市级,,,否,2026-01-01\n0103,市交通局,{CITY},省级,,,否,2026-01-01\n0104,市园林局,9999,市级,,,否,2026-01-01\n{BUREAU},市城市管理局,{CITY},市级,,,否,2020-01-01\n"
    );
    let known = |code: &str| site.app.reference().unit(&UnitCode::parse(code).unwrap()).is_some();

    // When it is only checked, nothing is recorded.
    let form = browser.get("/admin/units").await.form("/admin/units");
    let page = browser.submit(form.clone().set("text", &table).button("do", "check")).await;
    refused(&page, "有 2 行需要改正");
    assert!(page.has("还没有导入") && !known("0102"), "{}", page.text());
    assert_eq!(page.form("/admin/units").value("text"), table.trim_start(), "what was typed stays");

    // When it is imported, the good line counts and the others are named with line, column and reason.
    let page = browser.submit(form.attach("file", "单位.csv", table.as_bytes()).button("do", "import")).await;
    refused(&page, "有 2 行需要改正");
    assert!(known("0102") && !known("0103") && !known("0104"));
    for words in ["新登记 1", "无变化 1", "层级应为", "上级单位没有登记"] {
        assert!(page.has(words), "{words}: {}", page.text());
    }
    for line in [3, 4] {
        assert!(page.body.contains(&format!("data-label=\"行\">{line}</th>")), "line {line}");
    }

    // When the lines are corrected, the whole file goes in.
    let table = table.replace("省级", "市级").replace("9999", CITY);
    let form = browser.get("/admin/units").await.form("/admin/units");
    let page = browser.submit(form.attach("file", "单位.csv", table.as_bytes()).button("do", "import")).await;
    done(&page, "新登记 2 个");
    assert!(known("0103") && known("0104"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_workbook_is_refused_in_words() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let form = browser.get("/admin/units").await.form("/admin/units");
    let page = browser.submit(form.clone().attach("file", "单位.xlsx", b"PK\x03\x04 this is no workbook").button("do", "import")).await;
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(page.errors().iter().any(|error| error.contains("请")), "says what to do: {:?}", page.errors());
    let page = browser.submit(form.button("do", "import")).await;
    refused(&page, "请选择");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_is_renamed_from_a_day_on_and_closed_with_a_successor() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let here = format!("/admin/units/{TOWN}");
    let page = browser.get(&here).await;
    refused(&browser.submit(page.form(&here).set("name", "幸福新区街道办事处")).await, "请填写从哪天起");
    let page = browser.submit(page.form(&here).set("name", "幸福新区街道办事处").set("since", "2026-05-01")).await;
    done(&page, "已保存");
    assert!(page.has("幸福街道办事处") && page.has("2026-04-30"), "the old name stays with its last day: {}", page.text());

    let close = format!("{here}/close");
    let page = browser.submit(page.form(&close).set("successor", "330502").set("since", "2026-05-06")).await;
    done(&page, "已撤销");
    assert!(page.has("西湾区人民政府") && !page.offers(&close) && !page.offers(&here), "{}", page.text());
    // A unit with others below it is not closed.
    let city = format!("/admin/units/{CITY}");
    let page = browser.get(&city).await;
    refused(&browser.submit(page.form(&format!("{city}/close")).set("since", "2026-05-06")).await, "下级单位在用");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_lives_from_its_first_password_to_its_end() {
    let site = Site::open().await;
    let mut security = site.sign_in(Role::SecurityAdmin).await;

    // Given an account opened by the security administrator, its password shown once.
    let page = security.get("/admin/accounts/new").await;
    let form = page
        .form("/admin/accounts/new")
        .set("login", "liu.yue")
        .set("name", "刘悦")
        .set("unit", HOTLINE)
        .set("staff", "civil_servant")
        .set("roles", "operator");
    let first = one_time(&security.submit(form.clone()).await);
    let again = security.submit(form).await;
    refused(&again, "登录名已被使用");
    assert_eq!(again.form("/admin/accounts/new").value("name"), "刘悦");
    assert!(!crate::harness::logged().contains(&first), "the password is not logged");

    // When the holder signs in, another password must be chosen before anything else.
    let (mut holder, page) = sign_in(&site, "liu.yue", &first).await;
    assert_eq!(page.path, "/desk/password");
    assert_eq!(holder.get("/desk/file").await.path, "/desk/password");
    let own = "湖边的树 很高 很绿 很安静";
    let form = holder.get("/desk/password").await.form("/desk/password").set("current", &first).set("password", own).set("again", own);
    holder.submit(form).await;
    let (mut holder, page) = sign_in(&site, "liu.yue", own).await;
    assert_eq!(page.status, 200);
    assert_eq!(holder.get("/desk/file").await.path, "/desk/file");

    // When it is disabled with a reason, the session is dead at once.
    let here = "/admin/accounts/liu.yue";
    let page = security.get(here).await;
    let disable = format!("{here}/disable");
    refused(&security.submit(page.form(&disable)).await, "请写明原因");
    done(&security.submit(page.form(&disable).set("reason", "调离本单位")).await, "账号已停用");
    assert!(holder.get("/desk/file").await.path.starts_with("/desk/sign-in"));
    assert!(sign_in(&site, "liu.yue", own).await.1.path.starts_with("/desk/sign-in"));

    // When it is enabled and its password reset, the old one no longer fits and the form counts once.
    let page = security.get(here).await;
    let page = security.submit(page.form(&format!("{here}/enable"))).await;
    let form = page.form(&format!("{here}/reset"));
    let second = one_time(&security.submit(form.clone()).await);
    done(&security.submit(form).await, "已经办理过");
    assert_eq!(sign_in(&site, "liu.yue", &second).await.1.path, "/desk/password");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ending_the_sessions_of_an_account_signs_it_out_everywhere() {
    let site = Site::open().await;
    let mut security = site.sign_in(Role::SecurityAdmin).await;
    let mut devices = [site.sign_in(Role::Handler).await, site.sign_in(Role::Handler).await];
    let page = security.get("/admin/accounts/handler").await;
    done(&security.submit(page.form("/admin/accounts/handler/sessions")).await, "全部设备上退出");
    for device in &mut devices {
        assert!(device.get("/desk").await.path.starts_with("/desk/sign-in"));
    }
    assert_eq!(sign_in(&site, "handler", PASSWORD).await.1.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_three_administrators_are_kept_apart_and_one_is_always_left() {
    let site = Site::open().await;
    let mut security = site.sign_in(Role::SecurityAdmin).await;
    site.account(Role::Auditor).await;
    let form = security.get("/admin/accounts/auditor").await.form("/admin/accounts/auditor");
    let page = security.submit(form.set("roles", "security_admin")).await;
    refused(&page, "必须由不同的人担任");

    // The own account has no such form; one made by hand is refused.
    let own = "/admin/accounts/security_admin";
    let page = security.get(own).await;
    assert!(!page.offers(&format!("{own}/disable")) && !page.offers(&format!("{own}/reset")));
    let mut forged = security.get("/admin/accounts/auditor").await.form("/admin/accounts/auditor/disable").set("reason", "换一个人");
    forged.action = format!("{own}/disable");
    let page = security.submit(forged).await;
    refused(&page, "不能停用自己的账号");
    assert!(site.app.reference().account(account_of_login("security_admin")).unwrap().enabled);

    // The last one does not get another role.
    let mut form = security.get(own).await.form(own).set("unit", HOTLINE).without("roles");
    form = form.force("roles", "operator");
    refused(&security.submit(form).await, "唯一在用的安全管理员");
    assert!(site.app.reference().account(account_of_login("security_admin")).unwrap().has(Role::SecurityAdmin));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rulebook_with_faults_shows_their_lines_and_is_adopted_after_correction() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let good = SHIPPED[0].1.replace("version = \"2026.2\"", "version = \"2026.3\"");
    let bad = good.replace("percent = 80", "percent = 800").replace("before_working_days = 1", "before_working_days = 99");
    let line = |words: &str| bad.lines().position(|line| line.contains(words)).unwrap() + 1;
    let versions = || site.app.reference().rulebooks.adoptions().len();
    let here = "/admin/rulebooks/adopt";

    let form = browser.get(here).await.form(here).set("from", "2026-06-01");
    let page = browser.submit(form.clone().set("text", &bad).button("do", "adopt")).await;
    refused(&page, "处需要修改");
    for words in ["percent = 800", "before_working_days = 99"] {
        assert!(page.body.contains(&format!("data-label=\"行\">{}</th>", line(words))), "{words}: {}", page.text());
    }
    assert_eq!((page.form(here).value("text"), page.form(here).value("from")), (bad.clone(), "2026-06-01".to_owned()));
    assert_eq!(versions(), 1);

    // A check records nothing and shows the worked examples.
    let page = browser.submit(form.clone().attach("file", "细则.toml", good.as_bytes()).button("do", "check")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.has("文件没有错误") && page.has("generic@2026.3") && page.has("新增：version = \"2026.3\""), "{}", page.text());
    assert_eq!(versions(), 1);

    let page = browser.submit(form.clone().attach("file", "细则.toml", good.as_bytes()).button("do", "adopt")).await;
    done(&page, "generic@2026.3 已采用");
    assert!(page.has("未生效") && versions() == 2);
    let text = browser.get("/admin/rulebooks/generic@2026.3").await;
    assert!(text.has("version = \"2026.3\""));

    let page = browser.submit(form.attach("file", "细则.toml", b"title = \"\xcd\xa8\xd3\xc3\"").button("do", "check")).await;
    refused(&page, "不是 UTF-8");
}

const NOTICE: &str = r#"year = 2027
source = "测试用的放假安排"
off = [
  { name = "元旦", from = "2027-01-01", to = "2027-01-03" },
  { name = "春节", from = "2027-02-05", to = "2027-02-11" },
  { name = "清明节", from = "2027-04-03", to = "2027-04-05" },
  { name = "劳动节", from = "2027-05-01", to = "2027-05-05" },
  { name = "端午节", from = "2027-06-09" },
  { name = "中秋节", from = "2027-09-15" },
  { name = "国庆节", from = "2027-10-01", to = "2027-10-07" },
]
work = [{ name = "春节", date = "2027-02-14" }]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_notice_makes_its_year_official() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let here = "/admin/calendar/notice";
    let page = browser.get("/admin/calendar").await;
    assert_eq!(page.text().matches("临时推算").count(), 2, "2027 and 2028: {}", page.text());
    let form = page.form(here);
    let events = || async { site.app.log.read_stream("calendar-2027").await.unwrap().len() };

    let missing = NOTICE.replace("{ name = \"中秋节\", from = \"2027-09-15\" },", "");
    let page = browser.submit(form.clone().set("text", &missing).button("do", "import")).await;
    refused(&page, "缺少法定节假日 2027-09-15");
    assert_eq!(page.form(here).value("text"), missing);

    done(&browser.submit(form.clone().set("text", NOTICE).button("do", "check")).await, "检查通过");
    assert_eq!(events().await, 0);
    let page = browser.submit(form.clone().attach("file", "2027.toml", NOTICE.as_bytes()).button("do", "import")).await;
    done(&page, "2027 年放假安排已导入");
    assert_eq!((page.text().matches("临时推算").count(), events().await), (1, 1));
    let day = NaiveDate::from_ymd_opt(2027, 2, 14).unwrap();
    assert!(site.app.reference().calendar().day(day).kind.is_workday());
    let form = browser.get("/admin/calendar").await.form(here);
    done(&browser.submit(form.set("text", NOTICE).button("do", "import")).await, "已经导入过");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_city_s_own_days_are_set_and_shown_for_change() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let here = "/admin/calendar/overlay";
    let city = "name = \"清源市\"\n\n[[closures]]\nname = \"台风停工\"\nbasis = \"市防指通告\"\nfrom = \"2026-07-22\"\n";
    let form = browser.get("/admin/calendar").await.form(here);
    refused(&browser.submit(form.clone().set("text", "name = \"清源市\"\n[[closures]]\nname = 5\n")).await, "第 3 行");
    let page = browser.submit(form.set("text", city)).await;
    done(&page, "本市的安排已于 2026年5月6日 保存");
    assert!(page.has("2026-07-22") && page.form(here).value("text").contains("台风停工"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalogue_names_unknown_units_by_line_and_is_adopted_after_correction() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let bad = "id = \"city\"\nversion = \"1\"\n\n[[entries]]\ncode = \"lamp\"\nmatter = \"路灯照明\"\nwords = [\"路灯\"]\nunit = \"0999\"\nbasis = \"三定规定\"\n";
    let form = browser.get("/admin/catalogue").await.form("/admin/catalogue");
    let page = browser.submit(form.clone().set("text", bad).button("do", "adopt")).await;
    refused(&page, "1 处需要修改");
    assert!(page.body.contains("data-label=\"行\">8</th>") && page.has("单位名册"), "{}", page.text());
    let page = browser.submit(form.set("text", &bad.replace("0999", BUREAU)).button("do", "adopt")).await;
    done(&page, "city@1 已采用");
    assert!(page.has("路灯照明") && page.has("市城市管理局"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_is_reconciled_and_the_same_file_again_adds_nothing() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let file = "留言编号,留言用户,留言主题,留言时间,留言详情,答复意见,答复时间\nT1,网友甲,路灯不亮,2019-04-25 09:32:09,幸福路路灯不亮已经一周,已更换线路恢复照明,2019-05-10 14:56:53\nT2,网友乙,井盖破损,2019-04-26 10:00:00,井盖破损请尽快更换,已更换井盖,2019-05-11 09:00:00\nT3,网友丙,时间不对,不是时间,内容,答复,2019-05-11 09:00:00\n";
    let form =
        browser.get("/admin/imports").await.form("/admin/imports").set("source", "tipdm").attach("file", "附件.csv", file.as_bytes());
    let page = browser.submit(form.clone()).await;
    assert_eq!(page.status, 200, "{}", page.text());
    for words in ["读取 3", "新增 2", "未导入 1", "留言时间", "按类型"] {
        assert!(page.has(words), "{words}: {}", page.text());
    }
    let good = file.lines().take(3).collect::<Vec<_>>().join("\n");
    let form =
        browser.get("/admin/imports").await.form("/admin/imports").set("source", "tipdm").attach("file", "附件.csv", good.as_bytes());
    let page = browser.submit(form).await;
    done(&page, "新增 0，更新 0，已有 2");
    assert!(page.path.starts_with("/admin/imports/") && page.has("逐项一致"), "{}", page.text());
    let list = browser.get("/admin/imports").await;
    assert_eq!(list.text().matches("账目一致").count(), 2, "{}", list.text());

    let form = browser.get("/admin/imports").await.form("/admin/imports");
    let page = browser.submit(form.clone().set("source", "tipdm").attach("file", "x.csv", "甲,乙\n1,2\n".as_bytes())).await;
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(page.errors().iter().any(|error| error.contains("留言编号")), "{:?}", page.errors());
    refused(&browser.submit(form).await, "请选择数据来源");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_notice_is_shown_with_its_reason_and_tried_again() {
    let site = Site::open().await;
    let number = site.file("路灯不亮，晚上看不清路，请尽快维修。").await;
    let (event, meta) = (Uuid::from_u128(9), site.app.job("notices", Uuid::from_u128(10)));
    let owed = Owed {
        kind: NoticeKind::Receipt,
        case: site.case(&number),
        event,
        to: Recipient::Petitioner,
        urgent: false,
        not_before: site.clock.now(),
    };
    site.app.owe_notice(&meta, owed.into()).await.unwrap();
    let id = NoticeId::of_event(event, NoticeKind::Receipt.code());
    site.app.claim_notice(&meta, id).await.unwrap();
    site.app.record_notice(&meta, id, Failed { reason: "邮件服务器拒绝连接".to_owned(), retry_at: None }.into()).await.unwrap();
    site.settle().await;

    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let page = browser.get("/admin/notices").await;
    assert!(page.has("邮件服务器拒绝连接") && page.has("受理回执") && !page.has("13800001234"), "{}", page.text());
    done(&browser.submit(page.form(&format!("/admin/notices/{}/retry", id.0))).await, "放回待发送");
    let stage = site.app.projections.views().notice(id).unwrap().unwrap().state.stage;
    assert_eq!(stage, NoticeStage::Waiting);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_restricted_in_two_steps_and_not_erased_while_a_case_runs() {
    let site = Site::open().await;
    let number = site.file("路灯不亮，晚上看不清路，请尽快维修。").await;
    let case = site.case(&number);
    let mut browser = site.sign_in(Role::SecurityAdmin).await;
    let here = "/admin/persons";
    let form = browser.get(here).await.form(here);
    refused(
        &browser
            .submit(form.clone().set("numbers", "ABC").set("act", "erase").set("reason", "本人书面申请，已核验").button("do", "check"))
            .await,
        "第 1 行",
    );

    let form = form.set("numbers", &number).set("reason", "本人书面申请，已核验");
    let page = browser.submit(form.clone().set("act", "erase").button("do", "check")).await;
    assert!(page.status == 200 && page.has("请核对：删除") && !page.has("路灯"), "nothing of the content: {}", page.text());
    let page = browser.submit(page.form(here).button("do", "confirm")).await;
    refused(&page, "还有 1 件诉求尚未办结");
    assert_eq!(page.form(here).value("reason"), "本人书面申请，已核验");

    let page = browser.submit(form.set("act", "restrict").button("do", "check")).await;
    assert!(!site.app.projections.views().restricted(case).unwrap(), "the first step does nothing");
    done(&browser.submit(page.form(here).button("do", "confirm")).await, "已办理：限制处理");
    assert!(site.app.projections.views().restricted(case).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_auditor_sees_who_looked_at_a_case_and_who_was_refused() {
    let site = Site::open().await;
    let number = site.file("路灯不亮，晚上看不清路，请尽快维修。").await;
    let mut dispatcher = site.sign_in(Role::Dispatcher).await;
    assert_eq!(dispatcher.get(&format!("/desk/case/{number}")).await.status, 200);
    let page = dispatcher.get("/admin/units").await;
    assert_eq!((page.status, page.link("回工作台").as_str()), (403, "/desk"), "{}", page.text());
    sign_in(&site, "nobody.here", "whatever it is").await;
    site.clock.advance(TimeDelta::seconds(1));
    site.app.audit.flush().unwrap();

    let mut auditor = site.sign_in(Role::Auditor).await;
    let page = auditor.get(&format!("/admin/audit?number={number}")).await;
    assert!(page.has("派单员甲 dispatcher") && page.has("查看诉求件") && page.text().contains(&number[..4]), "{}", page.text());
    assert!(!page.has("打开无权使用的页面"), "{}", page.text());
    let page = auditor.get("/admin/audit?kind=refused&account=dispatcher").await;
    assert!(page.has("打开无权使用的页面") && page.has("/admin/units"), "{}", page.text());
    let page = auditor.get("/admin/audit?kind=sign_in&account=nobody.here").await;
    assert!(page.has("未知登录名 nobody.here") && page.has("失败"), "{}", page.text());
    let page = auditor.get("/admin/audit?from=2026-05-07").await;
    assert!(page.has("没有符合条件的记录"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_system_page_says_how_the_installation_does() {
    let site = Site::open().await;
    let mut browser = site.sign_in(Role::SystemAdmin).await;
    let page = browser.get("/admin/system").await;
    let size = site.app.log.head().await.unwrap().size;
    for words in [
        format!("{size} 个事件"),
        "落后 0 个".to_owned(),
        "数据盘剩余".to_owned(),
        "2026 年正式；2027 年临时推算".to_owned(),
        "generic@2026.2".to_owned(),
        "第 1 代".to_owned(),
    ] {
        assert!(page.has(&words), "{words}: {}", page.text());
    }
}
