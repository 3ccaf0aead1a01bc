//! Staff accounts: sign-in name, unit, roles, password hash. Stream `account-<uuid>`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::events::events;
use crate::ids::UnitCode;
use crate::private::{AccountValue, Private};
use crate::time::Instant;

/// What an account may do; one account can hold several (practice.md 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 话务员: takes calls and files.
    Operator,
    /// 派单员: accepts, answers directly, dispatches.
    Dispatcher,
    /// 联络员: signs for and assigns inside the unit.
    Liaison,
    /// 经办人: contacts and answers.
    Handler,
    /// 审核负责人: the head who signs the answer, and sees the unit's scorecard.
    Head,
    /// 审核回访员: the hotline's review and call-back.
    Reviewer,
    /// 效能督查员.
    Inspector,
    /// 效能办负责人: issues cards and orders, decides objections, approves plans and assessments.
    Director,
    /// 市领导: the owner of the highest response level.
    Leader,
    /// 督查室: supervised matters and instructions (practice.md 13).
    Supervisor,
    /// 评议工作人员: campaigns of public evaluation (practice.md 24).
    Evaluator,
    /// 系统管理员 (三员): units, rulebooks, calendar.
    SystemAdmin,
    /// 安全管理员 (三员): accounts and roles.
    SecurityAdmin,
    /// 审计管理员 (三员): reads the audit, changes nothing.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 14] = [
        Self::Operator,
        Self::Dispatcher,
        Self::Liaison,
        Self::Handler,
        Self::Head,
        Self::Reviewer,
        Self::Inspector,
        Self::Director,
        Self::Leader,
        Self::Supervisor,
        Self::Evaluator,
        Self::SystemAdmin,
        Self::SecurityAdmin,
        Self::Auditor,
    ];

    /// The name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Operator => "话务员",
            Self::Dispatcher => "派单员",
            Self::Liaison => "联络员",
            Self::Handler => "经办人",
            Self::Head => "审核负责人",
            Self::Reviewer => "审核回访员",
            Self::Inspector => "效能督查员",
            Self::Director => "效能办负责人",
            Self::Leader => "市领导",
            Self::Supervisor => "督查室人员",
            Self::Evaluator => "评议工作人员",
            Self::SystemAdmin => "系统管理员",
            Self::SecurityAdmin => "安全管理员",
            Self::Auditor => "审计管理员",
        }
    }

    /// The name in files, forms and events.
    pub fn code(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Dispatcher => "dispatcher",
            Self::Liaison => "liaison",
            Self::Handler => "handler",
            Self::Head => "head",
            Self::Reviewer => "reviewer",
            Self::Inspector => "inspector",
            Self::Director => "director",
            Self::Leader => "leader",
            Self::Supervisor => "supervisor",
            Self::Evaluator => "evaluator",
            Self::SystemAdmin => "system_admin",
            Self::SecurityAdmin => "security_admin",
            Self::Auditor => "auditor",
        }
    }

    /// The role of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// One of the three administrators that must be kept apart (三员分立, domain.md K15).
    pub fn is_administrator(self) -> bool {
        matches!(self, Self::SystemAdmin | Self::SecurityAdmin | Self::Auditor)
    }
}

/// How somebody is employed; outsourced accounts may register and dispatch, not decide (domain.md A6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffKind {
    /// 公务员及在编人员
    CivilServant,
    /// 外包人员
    Outsourced,
}

/// An account was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountOpened {
    /// Sign-in name, unique, lower case.
    pub login: String,
    /// The holder's name.
    pub name: AccountValue<String>,
    /// Mobile phone for urgent notices.
    pub phone: Option<AccountValue<String>>,
    /// Mail address for notices.
    pub email: Option<AccountValue<String>>,
    /// The unit; administrators of the platform may have none.
    pub unit: Option<UnitCode>,
    /// How employed.
    pub staff: StaffKind,
    /// Roles.
    pub roles: Vec<Role>,
}

/// A password was set; the hash is PHC text of Argon2id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PasswordSet {
    /// The hash.
    pub hash: AccountValue<String>,
    /// True when somebody else set it: the holder must choose another at the next sign-in.
    pub must_change: bool,
}

/// Roles or unit were changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RolesSet {
    /// The unit from now on.
    pub unit: Option<UnitCode>,
    /// The roles from now on.
    pub roles: Vec<Role>,
}

/// The account may no longer sign in; its sessions end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountDisabled {
    /// Why.
    pub reason: String,
}

/// The account may sign in again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountEnabled {}

/// One session was ended by its holder (sign out).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionEnded {
    /// The session.
    pub session: Uuid,
    /// After this instant the session's cookie is dead by age and the fact can be forgotten by views.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub dead_by: Instant,
}

/// All sessions were ended: the epoch goes up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionsReset {
    /// Why.
    pub reason: String,
}

events! {
    /// What happened to an account.
    AccountEvent {
        /// A staff account was opened.
        Opened(AccountOpened) => "account_opened" 1,
        /// A password was set; earlier sessions end.
        PasswordSet(PasswordSet) => "account_password_set" 1,
        /// Unit or roles were changed.
        RolesSet(RolesSet) => "account_roles_set" 1,
        /// The account may no longer sign in.
        Disabled(AccountDisabled) => "account_disabled" 1,
        /// The account may sign in again.
        Enabled(AccountEnabled) => "account_enabled" 1,
        /// One session was ended by its holder.
        SessionEnded(SessionEnded) => "account_session_ended" 1,
        /// All sessions were ended.
        SessionsReset(SessionsReset) => "account_sessions_reset" 1,
    }
}

/// What is known of an account. Private values only when the reader opened them.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountState {
    /// Sign-in name.
    pub login: String,
    /// The holder's name.
    pub name: AccountValue<String>,
    /// Mobile phone.
    pub phone: Option<AccountValue<String>>,
    /// Mail address.
    pub email: Option<AccountValue<String>>,
    /// The unit.
    pub unit: Option<UnitCode>,
    /// How employed.
    pub staff: StaffKind,
    /// Roles.
    pub roles: Vec<Role>,
    /// May sign in.
    pub enabled: bool,
    /// The password's hash.
    pub hash: Option<AccountValue<String>>,
    /// Must choose another password.
    pub must_change: bool,
    /// Sessions of an older epoch are dead.
    pub epoch: u32,
}

/// Why a change of an account is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountRejection {
    /// Sign-in names are 3–32 of `a-z0-9._-`.
    #[error("登录名用 3 到 32 个小写字母、数字、点、下划线或连字符")]
    BadLogin,
    /// Somebody has that name.
    #[error("登录名已被使用，请换一个")]
    LoginTaken,
    /// No name.
    #[error("请填写姓名（1 到 30 个字）")]
    BadName,
    /// No role.
    #[error("请至少选择一个角色")]
    NoRole,
    /// 三员分立: an administrator holds exactly one role.
    #[error("系统管理员、安全管理员、审计管理员必须由不同的人担任，也不能兼任其他角色")]
    AdministratorsApart,
    /// The role needs a unit.
    #[error("该角色必须属于一个单位，请选择单位")]
    UnitMissing,
    /// Outsourced staff may only register and dispatch (domain.md A6).
    #[error("外包人员只能担任话务员或派单员")]
    OutsourcedRole,
    /// Nobody disables the own account or changes its roles.
    #[error("不能停用自己的账号或更改自己的角色，请由另一位安全管理员办理")]
    OwnAccount,
    /// Somebody must be left who can manage accounts.
    #[error("这是唯一在用的安全管理员账号，停用或改任后将无人能管理账号；请先开立另一个安全管理员账号")]
    LastSecurityAdmin,
    /// No reason.
    #[error("请写明原因（2 到 100 个字）")]
    NoReason,
    /// Already opened or not there.
    #[error("账号不存在")]
    Unknown,
}

/// Checks a set of roles for one account.
///
/// # Errors
/// [`AccountRejection`].
pub fn check_roles(roles: &[Role], unit: Option<&UnitCode>, staff: StaffKind) -> Result<(), AccountRejection> {
    if roles.is_empty() {
        return Err(AccountRejection::NoRole);
    }
    if roles.iter().any(|role| role.is_administrator()) && roles.len() > 1 {
        return Err(AccountRejection::AdministratorsApart);
    }
    if unit.is_none() && !roles.iter().all(|role| role.is_administrator()) {
        return Err(AccountRejection::UnitMissing);
    }
    if staff == StaffKind::Outsourced && !roles.iter().all(|role| matches!(role, Role::Operator | Role::Dispatcher)) {
        return Err(AccountRejection::OutsourcedRole);
    }
    Ok(())
}

/// Folds one event.
pub fn evolve(state: Option<AccountState>, event: &AccountEvent) -> Option<AccountState> {
    if let AccountEvent::Opened(e) = event {
        return Some(AccountState {
            login: e.login.clone(),
            name: e.name.clone(),
            phone: e.phone.clone(),
            email: e.email.clone(),
            unit: e.unit.clone(),
            staff: e.staff,
            roles: e.roles.clone(),
            enabled: true,
            hash: None,
            must_change: false,
            epoch: 0,
        });
    }
    let mut account = state?;
    match event {
        AccountEvent::Opened(_) | AccountEvent::SessionEnded(_) => {}
        AccountEvent::PasswordSet(e) => {
            account.hash = Some(e.hash.clone());
            account.must_change = e.must_change;
            account.epoch += 1;
        }
        AccountEvent::RolesSet(e) => {
            account.unit = e.unit.clone();
            account.roles = e.roles.clone();
        }
        AccountEvent::Disabled(_) => {
            account.enabled = false;
            account.epoch += 1;
        }
        AccountEvent::Enabled(_) => account.enabled = true,
        AccountEvent::SessionsReset(_) => account.epoch += 1,
    }
    Some(account)
}

/// Opens an account; the application has made sure that the sign-in name is free.
///
/// # Errors
/// [`AccountRejection`].
pub fn open(
    state: Option<&AccountState>,
    opened: AccountOpened,
    hash: String,
    must_change: bool,
) -> Result<Vec<AccountEvent>, AccountRejection> {
    if state.is_some() {
        return Ok(Vec::new());
    }
    let login_ok = (3..=32).contains(&opened.login.len())
        && opened.login.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'));
    if !login_ok {
        return Err(AccountRejection::BadLogin);
    }
    if !opened.name.known().is_some_and(|name| (1..=30).contains(&name.trim().chars().count())) {
        return Err(AccountRejection::BadName);
    }
    check_roles(&opened.roles, opened.unit.as_ref(), opened.staff)?;
    Ok(vec![opened.into(), PasswordSet { hash: Private::new(hash), must_change }.into()])
}

/// Changes unit and roles; the same again gives nothing.
///
/// # Errors
/// [`AccountRejection`].
pub fn set_roles(state: Option<&AccountState>, unit: Option<UnitCode>, roles: Vec<Role>) -> Result<Vec<AccountEvent>, AccountRejection> {
    let account = state.ok_or(AccountRejection::Unknown)?;
    check_roles(&roles, unit.as_ref(), account.staff)?;
    Ok(if account.unit == unit && account.roles == roles { Vec::new() } else { vec![RolesSet { unit, roles }.into()] })
}

/// Sets a password's hash.
///
/// # Errors
/// [`AccountRejection::Unknown`].
pub fn set_password(state: Option<&AccountState>, hash: String, must_change: bool) -> Result<Vec<AccountEvent>, AccountRejection> {
    state.ok_or(AccountRejection::Unknown)?;
    Ok(vec![PasswordSet { hash: Private::new(hash), must_change }.into()])
}

/// Disables or enables; the same again gives nothing.
///
/// # Errors
/// [`AccountRejection::Unknown`].
pub fn set_enabled(state: Option<&AccountState>, enabled: bool, reason: String) -> Result<Vec<AccountEvent>, AccountRejection> {
    let account = state.ok_or(AccountRejection::Unknown)?;
    Ok(match (account.enabled, enabled) {
        (true, false) => vec![AccountDisabled { reason }.into()],
        (false, true) => vec![AccountEnabled {}.into()],
        _ => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(roles: &[Role], unit: Option<&str>) -> AccountOpened {
        AccountOpened {
            login: "wang.li".to_owned(),
            name: Private::new("王丽".to_owned()),
            phone: None,
            email: None,
            unit: unit.map(|code| UnitCode::parse(code).unwrap()),
            staff: StaffKind::CivilServant,
            roles: roles.to_vec(),
        }
    }

    fn given(events: &[AccountEvent]) -> Option<AccountState> {
        events.iter().fold(None, evolve)
    }

    #[test]
    fn an_account_opens_with_a_password() {
        let events = open(None, opened(&[Role::Handler], Some("A1")), "hash".to_owned(), true).unwrap();
        let account = given(&events).unwrap();
        assert!(account.enabled && account.must_change);
        assert_eq!(open(Some(&account), opened(&[Role::Handler], Some("A1")), "x".to_owned(), true), Ok(vec![]));
    }

    #[test]
    fn the_three_administrators_are_kept_apart() {
        let refused = open(None, opened(&[Role::SystemAdmin, Role::Auditor], None), "hash".to_owned(), true);
        assert_eq!(refused, Err(AccountRejection::AdministratorsApart));
    }

    #[test]
    fn a_handler_without_a_unit_is_refused() {
        assert_eq!(check_roles(&[Role::Handler], None, StaffKind::CivilServant), Err(AccountRejection::UnitMissing));
    }

    #[test]
    fn outsourced_staff_cannot_review() {
        let unit = UnitCode::parse("A1").unwrap();
        assert_eq!(check_roles(&[Role::Reviewer], Some(&unit), StaffKind::Outsourced), Err(AccountRejection::OutsourcedRole));
    }

    #[test]
    fn disabling_ends_the_sessions_and_is_quiet_the_second_time() {
        let mut events = open(None, opened(&[Role::Handler], Some("A1")), "hash".to_owned(), false).unwrap();
        let before = given(&events).unwrap().epoch;
        events.extend(set_enabled(given(&events).as_ref(), false, "离职".to_owned()).unwrap());
        let account = given(&events).unwrap();
        assert!(!account.enabled && account.epoch > before);
        assert_eq!(set_enabled(Some(&account), false, String::new()), Ok(vec![]));
    }
}
