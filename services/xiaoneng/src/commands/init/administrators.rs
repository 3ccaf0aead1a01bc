//! The three administrators with whom an installation begins: apart from each other, and from all who handle cases.

use anyhow::bail;
use application::Application;
use application::accounts::NewAccount;
use domain::account::{Role, StaffKind};
use exchange::normalise;
use exchange::row::Refusal;
use exchange::table::{Limits, Table, TableError};

use crate::{installation, output};

/// Sign-in name, name and role of each.
const THREE: [(&str, &str, Role); 3] = [
    ("sysadmin", "系统管理员", Role::SystemAdmin),
    ("secadmin", "安全管理员", Role::SecurityAdmin),
    ("auditor", "审计管理员", Role::Auditor),
];

/// Rows of a table of accounts that take the sign-in name of one of the three: whoever had it first would have another role.
///
/// # Errors
/// [`TableError`] when it cannot be read as a table.
pub(super) fn named(bytes: &[u8]) -> Result<Vec<Refusal>, TableError> {
    let mut table = Table::open(bytes.to_vec(), &Limits::upload())?;
    let is_login = |name: &String| name.trim().eq_ignore_ascii_case("login") || name.trim() == "登录名";
    let Some(at) = table.header().names.iter().position(is_login) else { return Ok(Vec::new()) };
    let mut refused = Vec::new();
    for row in table.rows()? {
        let row = row?;
        let login = row.cells.get(at).map(|cell| normalise::line(cell).to_lowercase()).unwrap_or_default();
        let Some((login, name, _)) = THREE.iter().find(|(known, ..)| *known == login) else { continue };
        let reason = format!("{login} 由初始化自动开立，是{name}：请从表里删去这一行；要给别人用的账号请换一个登录名");
        refused.push(Refusal { line: row.line, column: "登录名".to_owned(), reason, value: String::new() });
    }
    Ok(refused)
}

/// Opens the three and prints their one-time passwords.
pub(super) async fn open(app: &Application, actor: &str) -> anyhow::Result<()> {
    output::line("三名管理员的一次性密码（首次登录必须修改，只显示这一次）：");
    for (login, name, role) in THREE {
        let password = open_one(app, actor, login, name, role).await?;
        output::line(&format!("  {login:<10} {password}"));
    }
    Ok(())
}

async fn open_one(app: &Application, actor: &str, login: &str, name: &str, role: Role) -> anyhow::Result<String> {
    let password = app.one_time_password();
    let new = NewAccount {
        login: login.to_owned(),
        name: name.to_owned(),
        phone: String::new(),
        email: String::new(),
        unit: None,
        staff: StaffKind::CivilServant,
        roles: vec![role],
    };
    let (_, done) = app.open_account(&installation::cli_meta(app, actor), new, &password, true).await?;
    if !app.seen(done.seq).await {
        bail!("视图没有跟上，请运行 xiaoneng doctor");
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_the_name_of_an_administrator_are_told_with_their_line() {
        let told = |text: &str| named(text.as_bytes()).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(told("login,name\nzhang,张三\n"), Vec::<String>::new());
        let faults = told("姓名,登录名\n张三,zhang\n李四, ＳｙｓＡｄｍｉｎ\n王五,auditor\n");
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("第 3 行“登录名”") && faults[0].contains("删去这一行"), "{faults:?}");
        assert!(faults[1].contains("第 4 行") && faults[1].contains("审计管理员"), "{faults:?}");
        // A table without the column is told by the check of the table itself.
        assert_eq!(told("name,unit\n张三,B\n"), Vec::<String>::new());
    }
}
