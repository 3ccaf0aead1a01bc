//! Pages of the three administrators: units, rules and calendar (system), accounts (security), audit.
//!
//! Forms are [`crate::desk::Form`], with the same rules as on the desk.

mod accounts;
mod calendar;
mod home;
mod imports;
mod persons;
mod rulebooks;
mod system;
mod units;

pub use accounts::{AccountEdit, AccountRow, Accounts, PasswordShown};
pub use calendar::{CalendarPage, CalendarYear, Overlay};
pub use home::AdminHome;
pub use imports::{Batch, Import, Imports, Reconciled, RefusedRow, SourceUpload};
pub use persons::{PersonCase, Persons};
pub use rulebooks::{
    Catalogue, CatalogueEntry, CheckFault, CheckReport, ExampleResult, RulebookAdopt, RulebookRow, RulebookView, Rulebooks,
};
pub use system::{Audit, AuditRow, NoticeRow, Notices, System, SystemCheck};
pub use units::{ImportedUnits, UnitClose, UnitDetail, UnitEdit, UnitFault, UnitName, UnitRow, Units};

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(home::samples());
    all.extend(units::samples());
    all.extend(accounts::samples());
    all.extend(rulebooks::samples());
    all.extend(calendar::samples());
    all.extend(imports::samples());
    all.extend(system::samples());
    all.extend(persons::samples());
    all
}

/// The shell of an administrator.
pub(crate) fn shell(path: &str) -> crate::Shell {
    use crate::shell::{NavGroup, NavItem, UserBadge};
    let group = |title: &str, items: &[(&str, &str)]| NavGroup {
        title: title.into(),
        items: items.iter().map(|(href, text)| NavItem::new(href, text, path.starts_with(href))).collect(),
    };
    let mut shell = crate::Shell::sample_desk(path);
    shell.user = Some(UserBadge {
        name: "许国强".into(), unit: "市效能办".into(), role: "系统管理员".into(), csrf: "sample-csrf".into()
    });
    shell.nav = vec![
        group(
            "组织与规则",
            &[
                ("/admin/units", "单位"),
                ("/admin/rulebooks", "考核细则"),
                ("/admin/catalogue", "派单目录"),
                ("/admin/calendar", "工作日历"),
            ],
        ),
        group("数据与运行", &[("/admin/imports", "导入与对账"), ("/admin/notices", "通知"), ("/admin/system", "系统状态")]),
        group("安全与审计", &[("/admin/accounts", "账号"), ("/admin/audit", "审计")]),
    ];
    shell
}
