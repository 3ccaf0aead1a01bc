//! What surrounds every page: site, visitor, navigation. Never fails: a page about a fault needs it too.

use std::time::Duration;

use application::session::Session;
use domain::account::{Role, StaffKind};
use domain::case::Stage;
use projections::{Bucket, HolderKey};
use templates::{NavGroup, NavItem, Shell, UserBadge};

use crate::ctx::Ctx;
use crate::door::Answer;
use crate::routes::{ROUTES, Route};
use crate::{csrf, words};

/// The shell of a page for this request.
pub fn of(ctx: &Ctx) -> Shell {
    let settings = &ctx.state().settings;
    let session = ctx.session();
    let staff_side = ["/desk", "/oversight", "/admin"].iter().any(|side| ctx.path().starts_with(side));
    let mut shell = Shell {
        site_name: settings.site_name.clone(),
        path: ctx.path_and_query(),
        elder: ctx.elder(),
        flash: ctx.take_flash(),
        environment: (!settings.environment.is_empty()).then(|| settings.environment.clone()),
        stale: stale(ctx),
        outside: ctx.outside().is_some(),
        service_phone: settings.service_phone.clone(),
        organiser: settings.organiser.clone(),
        registrations: settings.registrations.clone(),
        user: None,
        nav: Vec::new(),
        home_href: "/desk".to_owned(),
    };
    // Citizens' pages look the same for everybody: no count is read for them.
    if let Some(session) = session.filter(|_| staff_side) {
        shell.user = Some(badge(ctx, session));
        shell.nav = navigation(ctx, session);
        shell.home_href = home(session).to_owned();
    }
    shell
}

/// Views older than this are said to be old.
pub const STALE: Duration = Duration::from_secs(5);

/// What a page of a node says whose views are old, or do not show yet what this browser did on another node.
fn stale(ctx: &Ctx) -> Option<String> {
    let behind = ctx.app().projections.behind();
    if behind >= STALE {
        let age = crate::error::wait(behind.as_secs());
        return Some(format!("查询数据更新有延迟，本页显示的是约 {age}前的情况。已经提交的内容都已保存，不用重复提交。"));
    }
    ctx.unseen().then(|| "刚才的操作已保存，本页还没有显示出来，请稍后刷新。".to_owned())
}

/// Where somebody's work begins.
pub fn home(session: &Session) -> &'static str {
    match session {
        session if open(session, "/admin") => "/admin",
        session if session.staff.is_any(&[Role::Inspector, Role::Director, Role::Leader, Role::Supervisor]) => "/oversight",
        session if session.staff.is(Role::Evaluator) && leads(session, "/oversight/campaigns") => "/oversight/campaigns",
        session if session.staff.is(Role::Evaluator) => "/desk/duties",
        _ => "/desk",
    }
}

fn badge(ctx: &Ctx, session: &Session) -> UserBadge {
    let reference = ctx.app().reference();
    let roles: Vec<&str> = session.staff.roles.iter().map(|role| role.label()).collect();
    UserBadge {
        name: words::account(&reference, session.staff.account),
        unit: session.staff.unit.as_ref().map(|code| words::unit(&reference, code)).unwrap_or_default(),
        role: roles.join("、"),
        csrf: csrf::token(ctx),
    }
}

/// The worklists of an account, with whose they are. The first of a role is what it works on.
pub fn buckets(session: &Session) -> Vec<(Bucket, HolderKey)> {
    let staff = &session.staff;
    let stage = Bucket::Stage;
    let unit = || staff.unit.clone().map(HolderKey::Unit);
    let hotline = || Some(HolderKey::Hotline);
    let own = || Some(HolderKey::Account(staff.account));
    let mut lists: Vec<(Bucket, HolderKey)> = Vec::new();
    let mut add = |bucket: Bucket, holder: Option<HolderKey>| {
        if let Some(holder) = holder
            && !lists.iter().any(|(other, _)| *other == bucket)
        {
            lists.push((bucket, holder));
        }
    };
    if staff.is(Role::Dispatcher) {
        add(stage(Stage::Filed), hotline());
        add(stage(Stage::Accepted), hotline());
    }
    if staff.is(Role::Reviewer) {
        add(stage(Stage::HotlineReview), hotline());
        add(stage(Stage::CallBack), hotline());
        add(stage(Stage::Judging), hotline());
    }
    if staff.is(Role::Liaison) {
        add(stage(Stage::Dispatched), unit());
        add(stage(Stage::Handling), unit());
    }
    if staff.is(Role::Head) {
        add(stage(Stage::UnitReview), unit());
    }
    if staff.is(Role::Handler) {
        add(stage(Stage::Handling), own());
    }
    // Overviews, as wide as the widest role.
    let all = if staff.is_hotline() || staff.is_any(&[Role::Inspector, Role::Director, Role::Leader]) {
        hotline()
    } else if staff.is_any(&[Role::Liaison, Role::Head]) {
        unit()
    } else {
        own()
    };
    if staff.is_any(crate::door::CASE_WORK) {
        for bucket in [Bucket::Breached, Bucket::Open, Bucket::Ended] {
            add(bucket, all.clone());
        }
    }
    lists
}

/// The name of a worklist.
pub fn bucket_name(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Stage(stage) => stage.label(),
        Bucket::Open => "全部在办",
        Bucket::Breached => "已超期",
        Bucket::Ended => "已办结",
    }
}

/// How many cases lie in each of the worklists, in their order; zero when the views cannot be read.
pub fn bucket_counts(ctx: &Ctx, lists: &[(Bucket, HolderKey)]) -> Vec<u64> {
    let views = ctx.app().projections.views();
    // Outsourced staff do not learn that there are reports of wrongdoing, not even from a number.
    let hides = ctx.session().is_none_or(|session| session.staff.kind != StaffKind::CivilServant);
    let mut read: Vec<(&HolderKey, Vec<(Bucket, u64)>)> = Vec::new();
    for (_, holder) in lists {
        if !read.iter().any(|(other, _)| *other == holder) {
            let mut counts = views.counts(holder).unwrap_or_default();
            if hides {
                // A count that cannot be cleaned is not shown.
                counts
                    .iter_mut()
                    .for_each(|(bucket, n)| *n = n.saturating_sub(views.wrongdoing_among(holder, *bucket, None).unwrap_or(*n)));
            }
            read.push((holder, counts));
        }
    }
    let find = |bucket: Bucket, holder: &HolderKey| {
        let counts = read.iter().find(|(other, _)| *other == holder).map(|(_, counts)| counts);
        counts.and_then(|counts| counts.iter().find(|(other, _)| *other == bucket)).map_or(0, |(_, n)| *n)
    };
    lists.iter().map(|(bucket, holder)| find(*bucket, holder)).collect()
}

/// The door of a page lets this session in.
fn open(session: &Session, path: &str) -> bool {
    let route = |route: &&Route| {
        route.method == "GET" && (route.path == path || path.starts_with("/desk/worklist/") && route.path == "/desk/worklist/{bucket}")
    };
    ROUTES.iter().find(route).is_some_and(|route| route.door.ask(Some(session)) == Answer::Open)
}

/// A route answers at this path, and its door lets this session in: pages link to nothing that is shut or not there.
pub fn leads(session: &Session, path: &str) -> bool {
    let route = |route: &&Route| route.method == "GET" && crate::routes::matches(route.path, path);
    ROUTES.iter().find(route).is_some_and(|route| route.door.ask(Some(session)) == Answer::Open)
}

fn navigation(ctx: &Ctx, session: &Session) -> Vec<NavGroup> {
    if session.must_change {
        return Vec::new();
    }
    let here = ctx.path();
    let within = |href: &str| here == href || (!matches!(href, "/desk" | "/admin" | "/oversight") && here.starts_with(&format!("{href}/")));
    let group = |title: &str, links: &[(&str, &str)]| NavGroup {
        title: title.to_owned(),
        items: links.iter().filter(|(href, _)| open(session, href)).map(|(href, text)| NavItem::new(href, text, within(href))).collect(),
    };
    let lists = buckets(session);
    let counts = if lists.is_empty() { Vec::new() } else { bucket_counts(ctx, &lists) };
    let work = NavGroup {
        title: "工单".to_owned(),
        items: lists
            .iter()
            .zip(counts)
            .filter_map(|((bucket, _), count)| {
                let href = format!("/desk/worklist/{}", bucket.code());
                let item = if *bucket == Bucket::Ended {
                    NavItem::new(&href, bucket_name(*bucket), here == href)
                } else {
                    NavItem::counted(&href, bucket_name(*bucket), count, here == href)
                };
                open(session, &href).then_some(item)
            })
            .collect(),
    };
    // Where the day begins stands first: the office's 今日; the desk for whoever works on cases; administrators begin with
    // their own group.
    let mut first = group("", &[("/oversight", "今日")]);
    if home(session) == "/desk" || lists.iter().any(|(bucket, _)| matches!(bucket, Bucket::Stage(_))) {
        first.items.extend(group("", &[("/desk", "工作台")]).items);
    }
    if open(session, "/desk/duties") {
        let (waiting, _) = crate::oversight::duty::sum(ctx, session).unwrap_or_default();
        first.items.push(NavItem::counted("/desk/duties", "督办与整改", waiting, within("/desk/duties")));
    }
    first.items.extend(group("", &[("/desk/escalations", "提级事项"), ("/desk/investigations", "效能建议")]).items);
    first.items.extend(group("", &[("/desk/file", "电话登记"), ("/desk/search", "查找工单")]).items);
    let groups = [
        first,
        work,
        group(
            "督查",
            &[
                ("/oversight/overdue", "临期超期"),
                ("/oversight/escalations", "四级响应"),
                ("/oversight/cards", "预警与牌"),
                ("/oversight/orders", "督办单"),
                ("/oversight/matters", "督查事项"),
                ("/oversight/inspections", "明察暗访"),
                ("/oversight/rectifications", "整改"),
                ("/oversight/investigations", "效能投诉件"),
                ("/oversight/units", "单位画像"),
            ],
        ),
        group(
            "考核",
            &[
                ("/desk/scorecard", "效能记分卡"),
                ("/desk/unit", "本单位画像"),
                ("/oversight/assessments", "年度考评"),
                ("/desk/assessment", "本单位考评"),
            ],
        ),
        group("评议", &[("/oversight/campaigns", "公众评议"), ("/desk/opinions", "评议意见")]),
        group(
            "管理",
            &[
                ("/admin", "管理首页"),
                ("/admin/units", "单位"),
                ("/admin/accounts", "账号与角色"),
                ("/admin/persons", "个人信息权利"),
                ("/admin/rulebooks", "规则文件"),
                ("/admin/calendar", "工作日历"),
                ("/admin/catalogue", "派单目录"),
                ("/admin/imports", "数据导入"),
                ("/admin/notices", "通知"),
                ("/admin/system", "运行状态"),
                ("/admin/audit", "审计"),
            ],
        ),
        group("我的", &[("/desk/password", "修改密码")]),
    ];
    groups.into_iter().filter(|group| !group.items.is_empty()).collect()
}
