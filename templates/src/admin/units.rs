//! Units: the tree, its import, one unit with its dated names.

use askama::Template;

use super::shell;
use crate::components::{Choice, Errors, Link, Tag, Tone};
use crate::desk::Form;
use crate::shell::Shell;

/// `GET /admin/units`; the import is posted to `/admin/units` (multipart: `file`, or the field `text`; the button `do`
/// sends `check` or `import`).
#[derive(Debug, Clone, Template)]
#[template(path = "admin/units.html")]
pub struct Units {
    /// Context.
    pub shell: Shell,
    /// Words to find a unit by (`q`, GET).
    pub q: String,
    /// Rows in the order of the tree.
    pub rows: Vec<UnitRow>,
    /// What to say when there are none.
    pub empty: String,
    /// What to say below the rows; empty for nothing.
    pub note: String,
    /// The import form.
    pub form: Form,
    /// What was pasted.
    pub text: String,
    /// What the last check or import gave.
    pub report: Option<ImportedUnits>,
}

/// A unit as a row.
#[derive(Debug, Clone, Default)]
pub struct UnitRow {
    /// Code.
    pub code: String,
    /// Its page.
    pub href: String,
    /// Name of today.
    pub name: String,
    /// Depth in the tree, 0–3.
    pub depth: u8,
    /// Level of government.
    pub level: String,
    /// Nature in words: 可考核可问责 …
    pub nature: String,
    /// First day of the name.
    pub since: String,
    /// Closed since; empty for open.
    pub closed: String,
    /// The hotline office itself.
    pub hotline: bool,
}

/// What an import gave: read = registered + changed + same + refused.
#[derive(Debug, Clone, Default)]
pub struct ImportedUnits {
    /// Only checked, nothing recorded yet.
    pub dry: bool,
    /// Rows read.
    pub read: u64,
    /// New.
    pub registered: u64,
    /// Renamed, moved or closed.
    pub changed: u64,
    /// The same already.
    pub same: u64,
    /// Refused.
    pub refused: Vec<UnitFault>,
}

/// A refused row.
#[derive(Debug, Clone, Default)]
pub struct UnitFault {
    /// Line of the file, the head is line 1.
    pub line: u64,
    /// Column.
    pub column: String,
    /// Why, and what to do.
    pub reason: String,
}

/// `GET /admin/units/{code}`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/unit.html")]
pub struct UnitDetail {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// Row of today.
    pub unit: UnitRow,
    /// The unit above.
    pub parent: Option<Link>,
    /// Division code; empty when not territorial.
    pub division: String,
    /// Names, newest first.
    pub names: Vec<UnitName>,
    /// Units below.
    pub children: Vec<UnitRow>,
    /// Number of accounts.
    pub accounts: u64,
    /// Change form; none for a closed unit.
    pub edit: Option<UnitEdit>,
    /// Closing; none for a closed unit.
    pub close: Option<UnitClose>,
    /// Who took over the duties of a closed unit.
    pub successor: Option<Link>,
}

/// A dated name.
#[derive(Debug, Clone, Default)]
pub struct UnitName {
    /// Name.
    pub name: String,
    /// First day.
    pub since: String,
    /// Last day; empty for still.
    pub until: String,
}

/// Renames or moves a unit: posted to `/admin/units/{code}`; fields `name`, `parent`, `since`.
#[derive(Debug, Clone, Default)]
pub struct UnitEdit {
    /// The form.
    pub form: Form,
    /// Name from `since` on.
    pub name: String,
    /// Units above.
    pub parents: Vec<Choice>,
    /// First day, `2026-11-01`.
    pub since: String,
}

/// Closes a unit: posted to `/admin/units/{code}/close`; fields `successor`, `since`.
#[derive(Debug, Clone, Default)]
pub struct UnitClose {
    /// The form.
    pub form: Form,
    /// Who can take over.
    pub successors: Vec<Choice>,
    /// First day on which it no longer exists, `2026-11-01`.
    pub since: String,
}

impl UnitRow {
    pub(super) fn samples() -> Vec<Self> {
        let row = |code: &str, name: &str, depth, level: &str, nature: &str| Self {
            code: code.into(),
            href: format!("/admin/units/{code}"),
            name: name.into(),
            depth,
            level: level.into(),
            nature: nature.into(),
            since: "2024-01-01".into(),
            closed: String::new(),
            hotline: false,
        };
        let mut rows = vec![
            row("3399", "清源市人民政府", 0, "市级", "可考核、可问责"),
            row("339900", "市热线办", 1, "市级", "可考核、可问责"),
            row("339901", "市城市管理局", 1, "市级", "可考核、可问责"),
            row("339901-2", "市容环卫中心", 2, "市级", "可考核、可问责"),
            row("339909", "国网清源供电公司", 1, "市级", "只协调"),
            row("339902", "临江区人民政府", 1, "县（市、区）", "可考核、可问责"),
            row("339902001", "西湾街道办事处", 2, "乡镇（街道）", "可考核、可问责"),
            row("339902001003", "青年路社区居民委员会", 3, "村（社区）", "只协调"),
            row("339907", "市容环境卫生管理局", 1, "市级", "可考核、可问责"),
        ];
        rows[1].hotline = true;
        rows[8].closed = "2025-03-01".into();
        rows
    }
}

impl Units {
    /// The list.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: shell("/admin/units"),
            q: String::new(),
            rows: UnitRow::samples(),
            empty: "还没有单位。请在下面导入单位表。".into(),
            note: "共 9 个单位，其中 1 个已撤销。".into(),
            form: Form::new("", "/admin/units", "sample-csrf", "01J0SAMPLE"),
            text: String::new(),
            report: None,
        }
    }
}

impl UnitDetail {
    /// A bureau with two names.
    #[must_use]
    pub fn sample() -> Self {
        let rows = UnitRow::samples();
        Self {
            shell: shell("/admin/units/339901"),
            crumbs: vec![Link::new("/admin/units", "单位")],
            parent: Some(Link::new("/admin/units/3399", "清源市人民政府")),
            division: String::new(),
            names: vec![
                UnitName { name: "市城市管理局".into(), since: "2025-03-01".into(), until: String::new() },
                UnitName { name: "市城市管理行政执法局".into(), since: "2019-01-10".into(), until: "2025-02-28".into() },
            ],
            children: vec![rows[3].clone()],
            accounts: 14,
            edit: Some(UnitEdit {
                form: Form::sample("edit", "/admin/units/339901"),
                name: "市城市管理局".into(),
                parents: Choice::select(vec![Choice::new("3399", "清源市人民政府"), Choice::new("339902", "临江区人民政府")], "3399"),
                since: String::new(),
            }),
            close: Some(UnitClose {
                form: Form::sample("close", "/admin/units/339901/close"),
                successors: vec![Choice::new("339907", "市容环境卫生管理局")],
                since: String::new(),
            }),
            successor: None,
            unit: rows[2].clone(),
        }
    }

    /// Tag of the state.
    #[must_use]
    pub fn state(&self) -> Tag {
        if self.unit.closed.is_empty() { Tag::new("在用", Tone::Good) } else { Tag::new("已撤销", Tone::Neutral) }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let imported = Units {
        report: Some(ImportedUnits {
            dry: false,
            read: 214,
            registered: 12,
            changed: 3,
            same: 197,
            refused: vec![
                UnitFault {
                    line: 18, column: "parent".into(), reason: "上级单位 339999 不存在；请先登记上级，或改正编码".into()
                },
                UnitFault {
                    line: 40, column: "level".into(), reason: "层级“处级”不认识；请填 市、县、乡、村 之一".into()
                },
            ],
        }),
        ..Units::sample()
    };
    let mut closed = UnitDetail {
        edit: None,
        close: None,
        successor: Some(Link::new("/admin/units/339907", "市容环境卫生管理局")),
        ..UnitDetail::sample()
    };
    closed.unit.closed = "2026-03-01".into();
    let wrong = Units {
        rows: Vec::new(),
        form: Units::sample()
            .form
            .with(Errors::one("file", "文件不是 CSV，或编码不是 UTF-8、GB18030。请在表格软件里“另存为 CSV”后再上传。")),
        ..Units::sample()
    };
    vec![
        ("admin-units", crate::html(&Units::sample())),
        ("admin-units-imported", crate::html(&imported)),
        ("admin-units-empty-error", crate::html(&wrong)),
        ("admin-unit", crate::html(&UnitDetail::sample())),
        ("admin-unit-closed", crate::html(&closed)),
    ]
}
