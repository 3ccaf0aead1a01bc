//! Accounts: open, change, reset, disable. A one-time password is shown once, on the answer itself.

use application::Error;
use application::accounts::NewAccount;
use domain::account::{AccountRejection, Role, StaffKind};
use projections::{Account, Reference};
use templates::admin::{AccountEdit, AccountRow, Accounts, PasswordShown};
use templates::components::{Choice, Errors, Paging, SummaryRow, Tag, Tone};

use super::{crumbs, fields, kept, query, unit_choices, unit_code};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

/// Rows of a page.
const ROWS: usize = 50;
const LIST: &str = "/admin/accounts";

pub(crate) async fn list(ctx: Ctx) -> Reply {
    let reference = ctx.app().reference();
    let (q, unit, role, after) = (ctx.query("q").trim().to_lowercase(), ctx.query("unit"), ctx.query("role"), ctx.query("after"));
    let fits = |account: &&Account| {
        (q.is_empty() || account.login.contains(&q) || account.name.contains(&q))
            && (unit.is_empty() || account.unit.as_ref().is_some_and(|code| code.as_str() == unit))
            && Role::of_code(role).is_none_or(|role| account.has(role))
    };
    let mut found: Vec<&Account> = reference.accounts().into_iter().map(|account| &**account).filter(fits).collect();
    found.sort_by(|a, b| a.login.cmp(&b.login));
    let total = found.len();
    let mut shown: Vec<&Account> = found.into_iter().filter(|account| account.login.as_str() > after).take(ROWS + 1).collect();
    let more = shown.len() > ROWS;
    shown.truncate(ROWS);
    let logins: Vec<&str> = shown.iter().map(|account| account.login.as_str()).collect();
    let last = ctx.app().audit.last_sign_ins(&logins).map_err(|error| Fault::Internal(error.to_string()))?;
    let next = shown.last().filter(|_| more).map(|last| query(LIST, &[("q", &q), ("unit", unit), ("role", role), ("after", &last.login)]));
    let first = (!after.is_empty()).then(|| query(LIST, &[("q", &q), ("unit", unit), ("role", role)]));
    page(&Accounts {
        shell: shell::of(&ctx),
        units: unit_choices(&reference, unit, |_| true),
        roles: roles(&[role]),
        rows: shown.iter().zip(last).map(|(account, last)| row(&reference, account, last.map(|at| words::moment(at).text))).collect(),
        empty: "没有符合条件的账号。请换一个条件，或者开立账号。".to_owned(),
        paging: Paging { prev: first, next, summary: format!("共 {total} 个账号") },
        may_edit: true,
        q,
    })
}

fn row(reference: &Reference, account: &Account, last: Option<String>) -> AccountRow {
    AccountRow {
        login: account.login.clone(),
        href: format!("{LIST}/{}", account.login),
        name: account.name.clone(),
        unit: account.unit.as_ref().map(|code| words::unit(reference, code)).unwrap_or_default(),
        staff: staff_words(account.staff).to_owned(),
        roles: account.roles.iter().map(|role| role.label()).collect::<Vec<_>>().join("、"),
        state: state(account),
        last: last.unwrap_or_default(),
    }
}

fn state(account: &Account) -> Tag {
    match (account.enabled, account.must_change) {
        (false, _) => Tag::new("停用", Tone::Neutral),
        (true, true) => Tag::new("待改密码", Tone::Warn),
        (true, false) => Tag::new("启用", Tone::Good),
    }
}

fn staff_words(staff: StaffKind) -> &'static str {
    match staff {
        StaffKind::CivilServant => "公务员及在编人员",
        StaffKind::Outsourced => "外包人员",
    }
}

fn roles(chosen: &[&str]) -> Vec<Choice> {
    let hint = |role: Role| match role {
        Role::Operator => "接听来电，登记诉求",
        Role::Dispatcher => "受理、直接答复、派单",
        Role::Liaison => "签收并交办到科室",
        Role::Handler => "联系诉求人，起草答复",
        Role::Head => "签发答复，查看本单位记分卡",
        Role::Reviewer => "热线审核、回访、研判",
        Role::Inspector => "查看全市进度与记分卡",
        Role::Director => "签发牌和督办单，裁定异议，批准检查计划和考评结果",
        Role::Leader => "最高响应层级的批示与会商",
        Role::Supervisor => "督查事项、批示件的立项、分解与台账",
        Role::Evaluator => "公众评议的名册、发放、计票与报告",
        Role::SystemAdmin => "单位、规则、日历；不兼任其他角色",
        Role::SecurityAdmin => "账号与角色；不兼任其他角色",
        Role::Auditor => "只读审计；不兼任其他角色",
    };
    Role::ALL
        .iter()
        .map(|role| Choice { selected: chosen.contains(&role.code()), ..Choice::new(role.code(), role.label()).hint(hint(*role)) })
        .collect()
}

fn chosen(form: &Form) -> Vec<Role> {
    form.all("roles").filter_map(Role::of_code).collect()
}

/// Roles are told without a code that does not exist; doubles count once.
fn unique(mut roles: Vec<Role>) -> Vec<Role> {
    roles.sort();
    roles.dedup();
    roles
}

pub(crate) async fn new(ctx: Ctx) -> Reply {
    page(&new_page(&ctx, &kept(&ctx), Errors::none()))
}

fn new_page(ctx: &Ctx, form: &Form, errors: Errors) -> AccountEdit {
    let staff = vec![
        Choice::new("civil_servant", staff_words(StaffKind::CivilServant)),
        Choice::new("outsourced", staff_words(StaffKind::Outsourced)).hint("只能担任话务员或派单员"),
    ];
    AccountEdit {
        shell: shell::of(ctx),
        crumbs: crumbs(LIST, "账号"),
        new: true,
        form: fields(ctx, "", "/admin/accounts/new").with(errors),
        login: form.get("login").to_owned(),
        name: form.get("name").to_owned(),
        facts: Vec::new(),
        units: unit_choices(&ctx.app().reference(), form.get("unit"), |_| true),
        staff: Choice::select(staff, form.get("staff")),
        roles: roles(&form.all("roles").collect::<Vec<_>>()),
        phone: form.get("phone").to_owned(),
        email: form.get("email").to_owned(),
        state: Tag::default(),
        reset: None,
        sessions: None,
        disable: None,
        enable: None,
    }
}

pub(crate) async fn create(ctx: Ctx, form: Form) -> Reply {
    let new = match read(&ctx, &form) {
        Ok(new) => new,
        Err(errors) => return invalid(&new_page(&ctx, &form, errors)),
    };
    let (login, name) = (new.login.trim().to_lowercase(), new.name.trim().to_owned());
    let password = ctx.app().one_time_password();
    match ctx.app().open_account(&ctx.meta(&form)?, new, &password, true).await {
        Ok((_, done)) => {
            ctx.seen(done.seq).await;
            shown(&ctx, &login, &name, password)
        }
        Err(Error::Account(reason)) => invalid(&new_page(&ctx, &form, Errors::one(field(&reason), &reason.to_string()))),
        Err(error) => Err(error.into()),
    }
}

fn read(ctx: &Ctx, form: &Form) -> Result<NewAccount, Errors> {
    let mut errors = Errors::none();
    let staff = match form.get("staff") {
        "civil_servant" => Some(StaffKind::CivilServant),
        "outsourced" => Some(StaffKind::Outsourced),
        _ => None,
    };
    if staff.is_none() {
        errors = errors.and("staff", "请选择人员身份");
    }
    for (field, message) in [("login", "请填写登录名"), ("name", "请填写姓名")] {
        if form.get(field).trim().is_empty() {
            errors = errors.and(field, message);
        }
    }
    let (phone, email) = (form.get("phone").trim(), form.get("email").trim());
    let mobile = |text: &str| text.len() == 11 && text.starts_with('1') && text.bytes().all(|byte| byte.is_ascii_digit());
    if !phone.is_empty() && !mobile(phone) {
        errors = errors.and("phone", "手机号码应为 11 位数字");
    }
    if !email.is_empty()
        && !email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && email.is_ascii() && !email.contains(' '))
    {
        errors = errors.and("email", "电子邮箱写法不对，例如 name@example.gov.cn");
    }
    let unit = unit_code(&ctx.app().reference(), form.get("unit"));
    if let Err(reason) = &unit {
        errors = errors.and("unit", reason);
    }
    match (staff, unit) {
        (Some(staff), Ok(unit)) if !errors.any() => Ok(NewAccount {
            login: form.get("login").to_owned(),
            name: form.get("name").to_owned(),
            phone: phone.to_owned(),
            email: email.to_owned(),
            unit,
            staff,
            roles: unique(chosen(form)),
        }),
        _ => Err(errors),
    }
}

fn field(reason: &AccountRejection) -> &'static str {
    match reason {
        AccountRejection::BadLogin | AccountRejection::LoginTaken => "login",
        AccountRejection::BadName => "name",
        AccountRejection::UnitMissing => "unit",
        AccountRejection::NoRole | AccountRejection::AdministratorsApart | AccountRejection::OutsourcedRole => "roles",
        AccountRejection::NoReason => "reason",
        AccountRejection::OwnAccount | AccountRejection::LastSecurityAdmin | AccountRejection::Unknown => "",
    }
}

/// The answer that shows a one-time password; every page of ours is `no-store`.
fn shown(ctx: &Ctx, login: &str, name: &str, password: String) -> Reply {
    page(&PasswordShown {
        shell: shell::of(ctx),
        login: login.to_owned(),
        name: name.to_owned(),
        password,
        href: format!("{LIST}/{login}"),
    })
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    page(&edit_page(&ctx, None, "", Errors::none())?)
}

/// The page of an account; `errors` belong to the form `at`.
fn edit_page(ctx: &Ctx, form: Option<&Form>, at: &str, errors: Errors) -> Result<AccountEdit, Fault> {
    let reference = ctx.app().reference();
    let account = reference.account_by_login(ctx.part("login")).ok_or(Fault::NotFound)?;
    let own = ctx.staff()?.staff.account == account.id;
    let here = format!("{LIST}/{}", account.login);
    let offered = |id: &str| match id {
        "enable" => !account.enabled,
        "" => true,
        _ => !own && account.enabled,
    };
    // What was sent by a form that is not offered is answered at the head of the page.
    let shown_at = if offered(at) { at } else { "" };
    let errors_of = |id: &str| if id == shown_at { errors.clone() } else { Errors::none() };
    let act = |id: &str| fields(ctx, id, &format!("{here}/{id}")).with(errors_of(id));
    let unit = form.map_or_else(|| account.unit.as_ref().map(ToString::to_string).unwrap_or_default(), |form| form.get("unit").to_owned());
    let chosen: Vec<&str> = form.map_or_else(|| account.roles.iter().map(|role| role.code()).collect(), |form| form.all("roles").collect());
    Ok(AccountEdit {
        shell: shell::of(ctx),
        crumbs: crumbs(LIST, "账号"),
        new: false,
        form: fields(ctx, "", &here).with(errors_of("")),
        login: account.login.clone(),
        name: account.name.clone(),
        facts: vec![
            SummaryRow::new("姓名", &account.name),
            SummaryRow::new("人员身份", staff_words(account.staff)),
            SummaryRow::new("手机", account.phone.as_deref().unwrap_or_default()),
            SummaryRow::new("电子邮箱", account.email.as_deref().unwrap_or_default()),
        ],
        units: unit_choices(&reference, &unit, |_| true),
        staff: Vec::new(),
        roles: roles(&chosen),
        phone: String::new(),
        email: String::new(),
        state: state(account),
        reset: offered("reset").then(|| act("reset")),
        sessions: offered("sessions").then(|| act("sessions")),
        disable: offered("disable").then(|| act("disable")),
        enable: offered("enable").then(|| act("enable")),
    })
}

pub(crate) async fn update(ctx: Ctx, form: Form) -> Reply {
    let reference = ctx.app().reference();
    let account = reference.account_by_login(ctx.part("login")).ok_or(Fault::NotFound)?;
    let unit = match unit_code(&reference, form.get("unit")) {
        Ok(unit) => unit,
        // A unit that was closed since stays until another one is chosen.
        Err(_) if account.unit.as_ref().is_some_and(|code| code.as_str() == form.get("unit")) => account.unit.clone(),
        Err(reason) => return invalid(&edit_page(&ctx, Some(&form), "", Errors::one("unit", reason))?),
    };
    match ctx.app().set_roles(&ctx.meta(&form)?, account.id, unit, unique(chosen(&form))).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, if done.events == 0 { "没有变化，不用保存" } else { "单位和角色已保存，立即生效" });
            see_other(&format!("{LIST}/{}", account.login))
        }
        Err(Error::Account(reason)) => invalid(&edit_page(&ctx, Some(&form), "", Errors::one(field(&reason), &reason.to_string()))?),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn act(ctx: Ctx, form: Form) -> Reply {
    let reference = ctx.app().reference();
    let account = reference.account_by_login(ctx.part("login")).ok_or(Fault::NotFound)?;
    let (app, meta) = (ctx.app(), ctx.meta(&form)?);
    let action = ctx.part("action");
    let (result, words) = match action {
        "reset" => return reset(&ctx, &form, account).await,
        "sessions" => (app.end_sessions(&meta, account.id, "安全管理员结束全部登录").await, "已在全部设备上退出"),
        "disable" => (app.set_enabled(&meta, account.id, false, form.get("reason")).await, "账号已停用，登录立即失效"),
        "enable" => (app.set_enabled(&meta, account.id, true, "").await, "账号已启用"),
        _ => return Err(Fault::NotFound),
    };
    match result {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, words);
            see_other(&format!("{LIST}/{}", account.login))
        }
        Err(Error::Account(reason)) => invalid(&edit_page(&ctx, None, action, Errors::one(field(&reason), &reason.to_string()))?),
        Err(error) => Err(error.into()),
    }
}

async fn reset(ctx: &Ctx, form: &Form, account: &Account) -> Reply {
    // The own password is changed by its holder, who knows the old one.
    if ctx.staff()?.staff.account == account.id {
        return see_other("/desk/password");
    }
    let password = ctx.app().one_time_password();
    let done = ctx.app().set_password(&ctx.meta(form)?, account.id, &password).await?;
    ctx.seen(done.seq).await;
    if done.events == 0 {
        // The same form again: its password was shown the first time and stands; this one was never set.
        ctx.flash(false, "这次重置已经办理过，一次性密码只显示一次。如果没有记下，请再重置一次");
        return see_other(&format!("{LIST}/{}", account.login));
    }
    shown(ctx, &account.login, &account.name, password)
}
