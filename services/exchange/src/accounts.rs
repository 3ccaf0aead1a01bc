//! Accounts from a table: `login,name,unit,roles,staff,phone,email`. A table with a fault opens none of them.

use std::collections::HashSet;

use application::accounts::{NewAccount, account_of_login};
use application::{Application, Meta};
use domain::account::{AccountRejection, Role, StaffKind};
use domain::codes::{is_email, normalise_phone};
use domain::ids::UnitCode;

use crate::normalise;
use crate::row::Refusal;
use crate::table::{Limits, Table, TableError};

/// The columns, and the Chinese names that are also understood.
const COLUMNS: [(&str, &str); 7] = [
    ("login", "登录名"),
    ("name", "姓名"),
    ("unit", "单位代码"),
    ("roles", "角色"),
    ("staff", "人员身份"),
    ("phone", "手机"),
    ("email", "邮箱"),
];
/// The columns that must be there.
const NEEDED: usize = 4;

/// How the lines went.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountReport {
    /// New accounts.
    pub opened: Vec<Opened>,
    /// Sign-in names that have an account already; it stays as it is.
    pub already_there: u64,
    /// Lines that need correction; nothing was opened when there is one.
    pub refused: Vec<Refusal>,
    /// Where opening broke off; none when the table was gone through. What was opened before stays, and nobody can ask for
    /// its passwords again: show both.
    pub stopped: Option<Stopped>,
}

/// Where opening broke off, and why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("开立账号“{login}”时中断（{why}）。在它之前的账号已经开立；请排除原因后用同一张表再运行一次，会接着开立其余的，已有的不变")]
pub struct Stopped {
    /// Sign-in name of the first account that was not opened.
    pub login: String,
    /// What the application said.
    pub why: application::Error,
}

/// A new account.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// Sign-in name.
    pub login: String,
    /// Password for the first sign-in, at which it must be changed.
    pub password: String,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("login", &self.login).finish_non_exhaustive()
    }
}

/// Why a table of accounts was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The file is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A column is missing.
    #[error(
        "缺少“{0}”列。表头应为：login,name,unit,roles,staff,phone,email（也可用中文：登录名、姓名、单位代码、角色、人员身份、手机、邮箱）"
    )]
    Column(&'static str),
}

/// Opens the accounts of a table, each with a one-time password. The same table a second time opens nothing.
///
/// # Errors
/// [`AccountsError`]: nothing was opened. What goes wrong later is [`AccountReport::stopped`].
pub async fn open(app: &Application, meta: &Meta, bytes: &[u8]) -> Result<AccountReport, AccountsError> {
    let (accounts, refused) = read(|unit| app.reference().unit(unit).is_some(), |_| None, bytes)?;
    if !refused.is_empty() {
        return Ok(AccountReport { refused, ..AccountReport::default() });
    }
    Ok(one_by_one(accounts, async |account| open_one(app, meta, account).await).await)
}

/// Opens accounts until one fails. `open` gives the password, or none for a sign-in name that has an account.
async fn one_by_one(
    accounts: Vec<NewAccount>,
    open: impl AsyncFn(NewAccount) -> Result<Option<String>, application::Error>,
) -> AccountReport {
    let mut report = AccountReport::default();
    for account in accounts {
        let login = account.login.clone();
        match open(account).await {
            Ok(Some(password)) => report.opened.push(Opened { login, password }),
            Ok(None) => report.already_there += 1,
            Err(why) => {
                report.stopped = Some(Stopped { login, why });
                break;
            }
        }
    }
    report
}

async fn open_one(app: &Application, meta: &Meta, account: NewAccount) -> Result<Option<String>, application::Error> {
    if app.reference().account(account_of_login(&account.login)).is_some() {
        return Ok(None);
    }
    let password = app.one_time_password();
    match app.open_account(meta, account, &password, true).await {
        Ok((_, done)) => {
            app.seen(done.seq).await;
            Ok(Some(password))
        }
        Err(application::Error::Account(AccountRejection::LoginTaken)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is wrong with a table, before there is anything to open accounts in. `known` says which units there will be, `taken`
/// why a sign-in name (lower case) is not to be had.
///
/// # Errors
/// [`AccountsError::Table`], [`AccountsError::Column`].
pub fn check(
    known: impl Fn(&UnitCode) -> bool,
    taken: impl Fn(&str) -> Option<String>,
    bytes: &[u8],
) -> Result<Vec<Refusal>, AccountsError> {
    Ok(read(known, taken, bytes)?.1)
}

/// The accounts that can be opened, and the lines that cannot.
fn read(
    known: impl Fn(&UnitCode) -> bool,
    taken: impl Fn(&str) -> Option<String>,
    bytes: &[u8],
) -> Result<(Vec<NewAccount>, Vec<Refusal>), AccountsError> {
    let mut table = Table::open(bytes.to_vec(), &Limits::upload())?;
    let names = table.header().names.clone();
    let index = |(english, chinese): (&str, &str)| {
        names.iter().position(|name| name.trim().eq_ignore_ascii_case(english) || name.trim() == chinese)
    };
    let at = COLUMNS.map(index);
    if let Some((_, column)) = at.iter().zip(COLUMNS).take(NEEDED).find(|(position, _)| position.is_none()) {
        return Err(AccountsError::Column(column.1));
    }
    let (mut accounts, mut refused, mut logins) = (Vec::new(), Vec::new(), HashSet::new());
    for row in table.rows()? {
        let row = row?;
        let cell =
            |column: usize| at[column].and_then(|position| row.cells.get(position)).map(|cell| normalise::line(cell)).unwrap_or_default();
        // A name that is not to be had does not hide what else is wrong with its line.
        let mut faults: Vec<Fault> = taken(&cell(0).to_lowercase()).map(|reason| (0, reason)).into_iter().collect();
        match account(cell, &known) {
            Ok(account) if !logins.insert(account.login.clone()) => faults.push((0, "登录名在表里出现了两次".to_owned())),
            Ok(account) if faults.is_empty() => accounts.push(account),
            Ok(_) => {}
            Err(fault) => faults.push(fault),
        }
        refused.extend(faults.into_iter().map(|(column, reason)| {
            let column = COLUMNS.get(column).map(|names| names.1.to_owned()).unwrap_or_default();
            Refusal { line: row.line, column, reason, value: String::new() }
        }));
    }
    Ok((accounts, refused))
}

/// The column (beyond the last: the whole line) and what is wrong.
type Fault = (usize, String);

fn account(cell: impl Fn(usize) -> String, known: impl Fn(&UnitCode) -> bool) -> Result<NewAccount, Fault> {
    let unit = match cell(2) {
        text if text.is_empty() => None,
        text => match UnitCode::parse(&text) {
            Ok(code) if known(&code) => Some(code),
            _ => return Err((2, "没有这个单位，请先在单位表里登记".to_owned())),
        },
    };
    let mut roles = Vec::new();
    for word in cell(3).split(['、', ';', '；', '+', ' ']).filter(|word| !word.is_empty()) {
        let role = Role::of_code(word).or_else(|| Role::ALL.into_iter().find(|role| role.label() == word));
        let labels = || Role::ALL.map(Role::label).join("、");
        roles.push(role.ok_or_else(|| (3, format!("没有这个角色，应为：{}；几个角色用“、”隔开", labels())))?);
    }
    roles.sort();
    roles.dedup();
    let staff = match cell(4).as_str() {
        "" | "civil_servant" | "在编" | "公务员" => StaffKind::CivilServant,
        "outsourced" | "外包" => StaffKind::Outsourced,
        _ => return Err((4, "人员身份应为“在编”或“外包”".to_owned())),
    };
    let phone = match cell(5) {
        text if text.is_empty() => text,
        text => normalise_phone(&text).ok_or_else(|| (5, "手机号码应为 11 位数字".to_owned()))?,
    };
    let email = cell(6);
    if !email.is_empty() && !is_email(&email) {
        return Err((6, "邮箱写法不对，例如 name@example.gov.cn".to_owned()));
    }
    let new = NewAccount { login: cell(0).to_lowercase(), name: cell(1), phone, email, unit, staff, roles };
    new.check().map_err(|rejection| (column_of(&rejection), rejection.to_string()))?;
    Ok(new)
}

fn column_of(rejection: &AccountRejection) -> usize {
    match rejection {
        AccountRejection::BadLogin | AccountRejection::LoginTaken => 0,
        AccountRejection::BadName => 1,
        AccountRejection::UnitMissing => 2,
        AccountRejection::NoRole | AccountRejection::AdministratorsApart | AccountRejection::OutsourcedRole => 3,
        _ => COLUMNS.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        check(|unit| unit.as_str() == "B", |_| None, text.as_bytes()).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn roles_are_told_in_chinese_or_as_codes() {
        let text = "登录名,姓名,单位代码,角色,人员身份\nzhang,张三,B,话务员、派单员,外包\nlisi,李四,B,liaison;handler,\n";
        let (accounts, refused) = read(|_| true, |_| None, text.as_bytes()).unwrap();
        assert_eq!(refused, Vec::new());
        let roles: Vec<_> = accounts.iter().map(|account| (account.roles.clone(), account.staff)).collect();
        assert_eq!(
            roles,
            [
                (vec![Role::Operator, Role::Dispatcher], StaffKind::Outsourced),
                (vec![Role::Liaison, Role::Handler], StaffKind::CivilServant)
            ]
        );
    }

    #[test]
    fn each_fault_names_its_line_and_column() {
        let head = "login,name,unit,roles,staff,phone,email\n";
        let fault = |line: &str| faults(&format!("{head}{line}\n")).join("；");
        assert!(fault("张,张三,B,话务员,,,").contains("第 2 行“登录名”"));
        assert!(fault("zhang,,B,话务员,,,").contains("第 2 行“姓名”"));
        assert!(fault("zhang,张三,X,话务员,,,").contains("第 2 行“单位代码”"));
        assert!(fault("zhang,张三,,联络员,,,").contains("第 2 行“单位代码”"));
        assert!(fault("zhang,张三,B,局长,,,").contains("第 2 行“角色”：没有这个角色，应为：话务员"));
        assert!(fault("zhang,张三,B,审核负责人,外包,,").contains("第 2 行“角色”"));
        assert!(fault("zhang,张三,B,话务员,临时,,").contains("第 2 行“人员身份”"));
        assert!(fault("zhang,张三,B,话务员,,123,").contains("第 2 行“手机”"));
        assert!(fault("zhang,张三,B,话务员,,,x").contains("第 2 行“邮箱”"));
        assert!(fault("zhang,张三,B,话务员,,,\nZHANG,李四,B,话务员,,,").contains("第 3 行“登录名”：登录名在表里出现了两次"));
        assert_eq!(fault("zhang,张三,B,话务员,,13800000000,a@b.gov.cn"), "");
    }

    #[tokio::test]
    async fn given_a_log_that_fails_midway_when_accounts_are_opened_then_the_passwords_made_so_far_are_reported() {
        let head = "login,name,unit,roles,staff,phone,email\n";
        let lines = ["there", "zhang", "lisi", "wang"].map(|login| format!("{login},张三,B,话务员,,,\n")).concat();
        let (accounts, refused) = read(|_| true, |_| None, format!("{head}{lines}").as_bytes()).unwrap();
        assert_eq!(refused, []);
        let report = one_by_one(accounts, async |account| match account.login.as_str() {
            "there" => Ok(None),
            "lisi" => Err(application::Error::Unavailable),
            login => Ok(Some(format!("password of {login}"))),
        })
        .await;
        let opened = vec![Opened { login: "zhang".to_owned(), password: "password of zhang".to_owned() }];
        let stopped = Stopped { login: "lisi".to_owned(), why: application::Error::Unavailable };
        let words = stopped.to_string();
        assert_eq!(report, AccountReport { opened, already_there: 1, refused: Vec::new(), stopped: Some(stopped) });
        assert!(words.contains("“lisi”") && words.contains("再运行一次"), "{words}");
    }

    #[test]
    fn a_table_without_roles_is_not_taken() {
        assert!(matches!(check(|_| true, |_| None, b"login,name,unit\n"), Err(AccountsError::Column("角色"))));
    }
}
