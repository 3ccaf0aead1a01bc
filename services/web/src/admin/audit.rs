//! Who read what: for the auditor, who changes nothing.

use application::audit::{Find, Reading};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use domain::codes;
use domain::ids::{AccountId, CaseId, UnitCode};
use domain::time::{CHINA, Instant};
use projections::{Account, Reference};
use templates::admin::{Audit, AuditRow};
use templates::components::{Choice, Paging, Tag, Tone};
use uuid::Uuid;

use super::{as_of, day, query};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

const ROWS: usize = 50;
const LIST: &str = "/admin/audit";

/// Kinds to choose from, with what they are in the file.
const KINDS: [(&str, &str, &[&str]); 5] = [
    ("read", "查看诉求件", &["case", "case+contact"]),
    ("search", "按电话查找", &["search_phone"]),
    ("sign_in", "登录", &["sign_in", "sign_in_failed"]),
    ("export", "导出", &["export"]),
    ("refused", "拒绝的操作", &["refused"]),
];

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let reference = ctx.app().reference();
    let (kind, login, number, from, to) =
        (ctx.query("kind"), ctx.query("account").trim(), ctx.query("number").trim(), ctx.query("from"), ctx.query("to"));
    let mut found = match find(&ctx, &reference)? {
        Some(find) => ctx.app().audit.find(&find, ROWS + 1).map_err(|error| Fault::Internal(error.to_string()))?,
        None => Vec::new(),
    };
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let filter = [("kind", kind), ("account", login), ("number", number), ("from", from), ("to", to)];
    let next = found.last().filter(|_| more).map(|(id, _)| {
        let id = id.to_string();
        query(LIST, &[filter.as_slice(), &[("before", &id)]].concat())
    });
    let rows = found.iter().map(|(_, reading)| row(&ctx, &reference, reading)).collect::<Result<Vec<_>, _>>()?;
    page(&Audit {
        shell: shell::of(&ctx),
        kinds: KINDS.iter().map(|(code, name, _)| Choice { selected: *code == kind, ..Choice::new(code, name) }).collect(),
        account: login.to_owned(),
        number: number.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        empty: "没有符合条件的记录。".to_owned(),
        paging: Paging {
            prev: (!ctx.query("before").is_empty()).then(|| query(LIST, &filter)),
            next,
            summary: format!("本页 {} 条，新的在前", rows.len()),
        },
        rows,
        as_of: as_of(&ctx)?,
    })
}

/// What to look for; none when the number is of no case.
fn find(ctx: &Ctx, reference: &Reference) -> Result<Option<Find>, Fault> {
    let login = ctx.query("account").trim().to_lowercase();
    let mut accounts = Vec::new();
    if !login.is_empty() {
        // Readings stand under the account, sign-ins under the name.
        accounts.extend(reference.account_by_login(&login).map(|account| account.id.0.to_string()));
        accounts.push(login);
    }
    let number = ctx.query("number").trim();
    let mut subject = None;
    if !number.is_empty() {
        let Ok(number) = codes::parse_public_number(number) else { return Ok(None) };
        let Some(case) = ctx.app().projections.views().case_by_number(&number)? else { return Ok(None) };
        subject = Some(case.id.stream());
    }
    let kinds = KINDS.iter().find(|(code, _, _)| *code == ctx.query("kind")).map(|(_, _, whats)| *whats).unwrap_or_default();
    Ok(Some(Find {
        accounts,
        subject,
        whats: kinds.iter().map(|what| (*what).to_owned()).collect(),
        from: day(ctx.query("from")).and_then(begins),
        to: day(ctx.query("to")).and_then(|day| begins(day + TimeDelta::days(1))),
        before: ctx.query("before").parse().ok(),
    }))
}

/// The first instant of a legal day.
fn begins(day: NaiveDate) -> Option<Instant> {
    day.and_time(NaiveTime::MIN).and_local_timezone(CHINA).single().map(|at| at.to_utc())
}

fn row(ctx: &Ctx, reference: &Reference, reading: &Reading) -> Result<AuditRow, Fault> {
    let account = Uuid::try_parse(&reading.account)
        .ok()
        .and_then(|id| reference.account(AccountId(id)))
        .or_else(|| reference.account_by_login(&reading.account));
    let who = match account {
        Some(account) => format!("{} {}", account.name, account.login),
        None if reading.account == "?" => "未知登录名".to_owned(),
        None => match reading.account.strip_prefix("cli:") {
            Some(user) => format!("命令行 {user}"),
            None => format!("未知登录名 {}", reading.account),
        },
    };
    let (what, result) = match reading.what.as_str() {
        "case" => ("查看诉求件", Tag::new("成功", Tone::Good)),
        "case+contact" => ("查看诉求件及联系方式", Tag::new("成功", Tone::Good)),
        "sign_in" => ("登录", Tag::new("成功", Tone::Good)),
        "sign_in_failed" => ("登录", Tag::new("失败", Tone::Bad)),
        "export" => ("导出", Tag::new("成功", Tone::Good)),
        "search_phone" => ("按电话查找诉求件", Tag::new("成功", Tone::Good)),
        "investigation" => ("查看效能投诉件", Tag::new("成功", Tone::Good)),
        "recommendation" => ("查看效能建议书", Tag::new("成功", Tone::Good)),
        "refused" if CaseId::from_stream(&reading.subject).is_some() => ("打开或办理无权办理的诉求件", Tag::new("拒绝", Tone::Bad)),
        "refused" => ("打开无权使用的页面", Tag::new("拒绝", Tone::Bad)),
        other => (other, Tag::new("已记录", Tone::Neutral)),
    };
    let object = match CaseId::from_stream(&reading.subject) {
        Some(case) => ctx.app().projections.views().case_by_id(case)?.map(|case| words::number(&case.number)).unwrap_or_default(),
        None => reading.subject.clone(),
    };
    Ok(AuditRow {
        at: words::moment(reading.at),
        who,
        unit: unit(reference, reading, account.map(|account| &**account)),
        what: what.to_owned(),
        object,
        result,
    })
}

/// The unit at the time, with the roles of today.
fn unit(reference: &Reference, reading: &Reading, account: Option<&Account>) -> String {
    let unit = match UnitCode::parse(&reading.unit) {
        Ok(code) => words::unit(reference, &code),
        Err(_) => account.and_then(|account| account.unit.as_ref()).map(|code| words::unit(reference, code)).unwrap_or_default(),
    };
    let roles = account.map(|account| account.roles.iter().map(|role| role.label()).collect::<Vec<_>>().join("、")).unwrap_or_default();
    [unit, roles].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
