//! The three administrators with whom an installation begins: apart from each other, and from all who handle cases.

use anyhow::bail;
use application::Application;
use application::accounts::NewAccount;
use domain::account::{Role, StaffKind};

use crate::{installation, output};

/// Sign-in name, name and role of each.
const THREE: [(&str, &str, Role); 3] = [
    ("sysadmin", "系统管理员", Role::SystemAdmin),
    ("secadmin", "安全管理员", Role::SecurityAdmin),
    ("auditor", "审计管理员", Role::Auditor),
];

/// Why a sign-in name is not to be had: it is that of one of the three, and whoever had it first would have another role.
pub(super) fn taken(login: &str) -> Option<String> {
    let (login, name, _) = THREE.iter().find(|(known, ..)| *known == login)?;
    Some(format!("{login} 由初始化自动开立，是{name}：请从表里删去这一行；要给别人用的账号请换一个登录名"))
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
    if !app.settled(done.seq).await {
        bail!("视图没有跟上，请运行 xiaoneng doctor");
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_the_name_of_an_administrator_are_told_with_their_line() {
        let told = |rows: &str| {
            let table = format!("姓名,登录名,单位代码,角色\n{rows}");
            let faults = exchange::accounts::check(|_| true, taken, table.as_bytes()).unwrap();
            faults.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(told("张三,zhang,A,经办人\n"), Vec::<String>::new());
        let faults = told("张三,zhang,A,经办人\n李四, ＳｙｓＡｄｍｉｎ,A,经办人\n王五,auditor,A,经办人\n");
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("第 3 行“登录名”") && faults[0].contains("删去这一行"), "{faults:?}");
        assert!(faults[1].contains("第 4 行") && faults[1].contains("审计管理员"), "{faults:?}");
    }
}
