//! Accounts: list, open, change, reset, disable.

use askama::Template;

use super::shell;
use crate::components::{Choice, Errors, Link, Paging, SummaryRow, Tag, Tone};
use crate::desk::Form;
use crate::shell::Shell;

/// `GET /admin/accounts?q=&unit=&role=&after=`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/accounts.html")]
pub struct Accounts {
    /// Context.
    pub shell: Shell,
    /// Words to find by.
    pub q: String,
    /// Filter `unit`.
    pub units: Vec<Choice>,
    /// Filter `role`.
    pub roles: Vec<Choice>,
    /// Rows.
    pub rows: Vec<AccountRow>,
    /// What to say when there are none.
    pub empty: String,
    /// Paging.
    pub paging: Paging,
    /// May open accounts.
    pub may_edit: bool,
}

/// An account as a row.
#[derive(Debug, Clone, Default)]
pub struct AccountRow {
    /// Sign-in name.
    pub login: String,
    /// Its page.
    pub href: String,
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// 公务员及在编人员 / 外包人员.
    pub staff: String,
    /// Roles in words.
    pub roles: String,
    /// 启用, 停用, 待改密码.
    pub state: Tag,
    /// Last sign-in in words; empty for never.
    pub last: String,
}

/// `GET|POST /admin/accounts/new`: fields `login`, `name`, `unit`, `staff`, `roles` (several), `phone`, `email`; and
/// `/admin/accounts/{login}`: fields `unit`, `roles`.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/account.html")]
pub struct AccountEdit {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// A new account.
    pub new: bool,
    /// The form.
    pub form: Form,
    /// Sign-in name; cannot be changed later.
    pub login: String,
    /// Name.
    pub name: String,
    /// What stays as it was when the account was opened.
    pub facts: Vec<SummaryRow>,
    /// Units.
    pub units: Vec<Choice>,
    /// Kinds of staff.
    pub staff: Vec<Choice>,
    /// Roles.
    pub roles: Vec<Choice>,
    /// Phone.
    pub phone: String,
    /// Mail.
    pub email: String,
    /// State of an account that exists.
    pub state: Tag,
    /// Posted to `/admin/accounts/{login}/reset`; none when it may not be.
    pub reset: Option<Form>,
    /// Posted to `/admin/accounts/{login}/sessions`: ends all sessions.
    pub sessions: Option<Form>,
    /// Posted to `/admin/accounts/{id}/disable` (field `reason`) while it is enabled.
    pub disable: Option<Form>,
    /// Posted to `/admin/accounts/{id}/enable` while it is disabled.
    pub enable: Option<Form>,
}

/// The answer to opening or resetting: shown once, `Cache-Control: no-store`.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/password_shown.html")]
pub struct PasswordShown {
    /// Context.
    pub shell: Shell,
    /// Sign-in name.
    pub login: String,
    /// Name.
    pub name: String,
    /// The one-time password.
    pub password: String,
    /// The account.
    pub href: String,
}

fn roles(chosen: &[&str]) -> Vec<Choice> {
    [
        ("operator", "话务员", "接听来电，登记诉求"),
        ("dispatcher", "派单员", "受理、直接答复、派单"),
        ("liaison", "联络员", "签收并交办到科室"),
        ("handler", "经办人", "联系诉求人，起草答复"),
        ("head", "审核负责人", "签发答复，查看本单位记分卡"),
        ("reviewer", "审核回访员", "热线审核、回访、研判"),
        ("inspector", "效能督查员", "查看全市进度与记分卡"),
        ("system_admin", "系统管理员", "单位、规则、日历；不兼任其他角色"),
        ("security_admin", "安全管理员", "账号与角色；不兼任其他角色"),
        ("auditor", "审计管理员", "只读审计；不兼任其他角色"),
    ]
    .iter()
    .map(|(code, label, hint)| Choice { selected: chosen.contains(code), ..Choice::new(code, label).hint(hint) })
    .collect()
}

impl Accounts {
    /// The list.
    #[must_use]
    pub fn sample() -> Self {
        let row = |login: &str, name: &str, unit: &str, roles: &str, state: (&str, Tone), last: &str| AccountRow {
            login: login.into(),
            href: format!("/admin/accounts/{login}"),
            name: name.into(),
            unit: unit.into(),
            staff: "公务员及在编人员".into(),
            roles: roles.into(),
            state: Tag::new(state.0, state.1),
            last: last.into(),
        };
        Self {
            shell: shell("/admin/accounts"),
            q: String::new(),
            units: vec![Choice::new("339900", "市热线办"), Choice::new("339901", "市城市管理局")],
            roles: roles(&[]),
            rows: vec![
                row("lin.xiaolan", "林晓岚", "市城市管理局", "联络员、经办人", ("启用", Tone::Good), "10月23日 08:51"),
                row("ouyang.mingyuan", "欧阳明远", "市城市管理局", "经办人", ("启用", Tone::Good), "10月23日 09:02"),
                row("liu.yue", "刘悦", "市热线办", "话务员", ("待改密码", Tone::Warn), ""),
                row("zhao.gang", "赵刚", "临江区人民政府", "联络员", ("停用", Tone::Neutral), "8月2日 17:40"),
            ],
            empty: "没有符合条件的账号。".into(),
            paging: Paging { summary: "共 4 个账号".into(), ..Paging::default() },
            may_edit: true,
        }
    }
}

impl AccountEdit {
    /// An account that exists.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: shell("/admin/accounts/lin.xiaolan"),
            crumbs: vec![Link::new("/admin/accounts", "账号")],
            new: false,
            form: Form::sample("", "/admin/accounts/lin.xiaolan"),
            login: "lin.xiaolan".into(),
            name: "林晓岚".into(),
            facts: vec![
                SummaryRow::new("姓名", "林晓岚"),
                SummaryRow::new("人员身份", "公务员及在编人员"),
                SummaryRow::new("手机", "138****0000"),
                SummaryRow::new("电子邮箱", ""),
            ],
            units: Choice::select(vec![Choice::new("339900", "市热线办"), Choice::new("339901", "市城市管理局")], "339901"),
            staff: Choice::select(
                vec![
                    Choice::new("civil_servant", "公务员及在编人员"),
                    Choice::new("outsourced", "外包人员").hint("只能担任话务员或派单员"),
                ],
                "civil_servant",
            ),
            roles: roles(&["liaison", "handler"]),
            phone: "138****0000".into(),
            email: String::new(),
            state: Tag::new("启用", Tone::Good),
            reset: Some(Form::sample("reset", "/admin/accounts/lin.xiaolan/reset")),
            sessions: Some(Form::sample("sessions", "/admin/accounts/lin.xiaolan/sessions")),
            disable: Some(Form::sample("disable", "/admin/accounts/lin.xiaolan/disable")),
            enable: None,
        }
    }
}

impl PasswordShown {
    /// After opening.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: shell("/admin/accounts/liu.yue"),
            login: "liu.yue".into(),
            name: "刘悦".into(),
            password: "kE7m-Q2vx-9TdR-hw4P".into(),
            href: "/admin/accounts/liu.yue".into(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let wrong = AccountEdit {
        new: true,
        login: "Liu Yue".into(),
        roles: roles(&["system_admin", "auditor"]),
        facts: Vec::new(),
        reset: None,
        sessions: None,
        disable: None,
        form: Form::new("", "/admin/accounts/new", "sample-csrf", "01J0SAMPLE").with(
            Errors::one("login", "登录名用 3 到 32 个小写字母、数字、点、下划线或连字符")
                .and("roles", "系统管理员、安全管理员、审计管理员必须由不同的人担任，也不能兼任其他角色"),
        ),
        ..AccountEdit::sample()
    };
    let disabled = AccountEdit {
        state: Tag::new("停用", Tone::Neutral),
        disable: None,
        enable: Some(Form::sample("enable", "/admin/accounts/lin.xiaolan/enable")),
        ..AccountEdit::sample()
    };
    let empty = Accounts { rows: Vec::new(), paging: Paging::default(), may_edit: false, ..Accounts::sample() };
    vec![
        ("admin-accounts", crate::html(&Accounts::sample())),
        ("admin-accounts-empty", crate::html(&empty)),
        ("admin-account", crate::html(&AccountEdit::sample())),
        ("admin-account-new-error", crate::html(&wrong)),
        ("admin-account-disabled", crate::html(&disabled)),
        ("admin-password-shown", crate::html(&PasswordShown::sample())),
    ]
}
