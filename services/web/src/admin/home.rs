//! The first page of an administrator.

use chrono::Datelike;
use domain::account::Role;
use domain::notice::NoticeStage;
use domain::time::legal_day;
use templates::admin::AdminHome;
use templates::components::{Notice, Tag, Task, Tone};

use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let staff = &ctx.staff()?.staff;
    let tasks = if staff.is(Role::SystemAdmin) {
        system_tasks(&ctx)?
    } else if staff.is(Role::SecurityAdmin) {
        security_tasks(&ctx)
    } else {
        vec![task("审计", "/admin/audit", "谁在什么时候查看了什么、登录、被拒绝的操作", Tag::new("只读", Tone::Neutral)), state_task(&ctx)]
    };
    page(&AdminHome { shell: shell::of(&ctx), notices: notices(&ctx)?, tasks })
}

fn task(title: &str, href: &str, hint: &str, tag: Tag) -> Task {
    Task { title: title.to_owned(), href: href.to_owned(), hint: hint.to_owned(), tag }
}

fn system_tasks(ctx: &Ctx) -> Result<Vec<Task>, Fault> {
    let (reference, now) = (ctx.app().reference(), ctx.app().now());
    let views = ctx.app().projections.views();
    let units = reference.units().filter(|unit| unit.closed.is_none()).count();
    let rules =
        words::rules(&reference, now).map_or_else(|| Tag::new("没有启用", Tone::Bad), |rules| Tag::new(&rules.reference(), Tone::Good));
    let next = legal_day(now).year() + 1;
    let calendar = if super::calendar::official(reference.calendar(), next) {
        Tag::new(&format!("{next} 年已公布"), Tone::Good)
    } else {
        Tag::new(&format!("{next} 年临时推算"), Tone::Warn)
    };
    let catalogue = reference
        .catalogue(now)
        .map_or_else(|| Tag::new("没有启用", Tone::Warn), |one| Tag::new(&format!("{}@{}", one.id, one.version), Tone::Good));
    let imports = views.imports(1)?.first().map_or_else(
        || Tag::new("还没有导入过", Tone::Neutral),
        |row| Tag::new(&format!("最近 {}", words::day_of(row.started_at).text), Tone::Neutral),
    );
    let parked = views.count_notices(NoticeStage::Parked)?;
    let notices = if parked == 0 { Tag::new("没有搁置", Tone::Good) } else { Tag::new(&format!("搁置 {parked} 条"), Tone::Warn) };
    Ok(vec![
        task(
            "单位",
            "/admin/units",
            "登记、更名、调整上级、撤销",
            Tag::new(&format!("{units} 个在用"), if units == 0 { Tone::Bad } else { Tone::Neutral }),
        ),
        task("规则文件", "/admin/rulebooks", "查看全文，采用新版本", rules),
        task("工作日历", "/admin/calendar", "导入放假通知，设置本市的安排", calendar),
        task("派单目录", "/admin/catalogue", "哪类事项归哪个单位", catalogue),
        task("数据导入与对账", "/admin/imports", "导入其他系统的数据，核对合计", imports),
        task("通知", "/admin/notices", "发送情况，重试失败的通知", notices),
        state_task(ctx),
    ])
}

fn security_tasks(ctx: &Ctx) -> Vec<Task> {
    let reference = ctx.app().reference();
    let enabled = reference.accounts().into_iter().filter(|account| account.enabled).count();
    vec![
        task("账号与角色", "/admin/accounts", "开立、改任、停用、重置密码", Tag::new(&format!("{enabled} 个启用"), Tone::Neutral)),
        task("个人信息权利", "/admin/persons", "依本人申请限制处理或删除", Tag::new("两步确认", Tone::Neutral)),
    ]
}

fn state_task(ctx: &Ctx) -> Task {
    let good = ctx.app().projections.health().is_good();
    task(
        "运行状态",
        "/admin/system",
        "日志、查询、磁盘、密钥",
        if good { Tag::new("正常", Tone::Good) } else { Tag::new("故障", Tone::Bad) },
    )
}

/// What needs somebody's attention whatever the role.
fn notices(ctx: &Ctx) -> Result<Vec<Notice>, Fault> {
    let staff = &ctx.staff()?.staff;
    let mut notices = Vec::new();
    if staff.is_any(&[Role::SystemAdmin, Role::Auditor]) && !ctx.app().projections.health().is_good() {
        notices.push(Notice::new(Tone::Bad, "查询数据停止更新", &["登记不受影响，页面内容可能已过时。请到“运行状态”查看原因。"]));
    }
    if staff.is(Role::SystemAdmin) && words::rules(&ctx.app().reference(), ctx.app().now()).is_none() {
        notices.push(Notice::new(Tone::Bad, "还没有启用规则文件", &["没有规则时诉求无法登记和计时，请到“规则文件”采用一个版本。"]));
    }
    Ok(notices)
}
