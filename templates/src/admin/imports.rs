//! Imports and reconciliation (对账).

use askama::Template;

use super::shell;
use crate::components::{Choice, Errors, Link, Moment, Paging, SummaryRow, Tag, Tone};
use crate::desk::Form;
use crate::shell::Shell;

/// `GET /admin/imports`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/imports.html")]
pub struct Imports {
    /// Context.
    pub shell: Shell,
    /// Batches, newest first.
    pub rows: Vec<Batch>,
    /// What to say when there are none.
    pub empty: String,
    /// Paging.
    pub paging: Paging,
    /// Upload; none for accounts that only read.
    pub upload: Option<SourceUpload>,
}

/// Posted to `/admin/imports` (multipart: `source`, `file`).
#[derive(Debug, Clone, Default)]
pub struct SourceUpload {
    /// The form.
    pub form: Form,
    /// Mappings.
    pub sources: Vec<Choice>,
}

/// A batch: read = imported + updated + already there + refused.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Its report.
    pub href: String,
    /// Source.
    pub source: String,
    /// Name of the file.
    pub file: String,
    /// Hash of the file, shortened.
    pub hash: String,
    /// When.
    pub at: Moment,
    /// Rows read.
    pub read: u64,
    /// New cases.
    pub imported: u64,
    /// Cases in a later state.
    pub updated: u64,
    /// The same already.
    pub already_there: u64,
    /// Refused.
    pub refused: u64,
    /// 完成, 进行中, 有差异.
    pub state: Tag,
}

/// `GET /admin/imports/{id}`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/import.html")]
pub struct Import {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// The batch.
    pub batch: Batch,
    /// Whole hash, mapping, encoding.
    pub facts: Vec<SummaryRow>,
    /// Source totals against ours, in groups: by unit, class, flag.
    pub groups: Vec<(String, Vec<Reconciled>)>,
    /// Lines that differ.
    pub differences: u64,
    /// Refused rows, some hundred at most; only right after the import, they are not kept.
    pub refused: Vec<RefusedRow>,
    /// What is said of the refused rows.
    pub refused_note: String,
}

/// A line of the reconciliation.
#[derive(Debug, Clone, Default)]
pub struct Reconciled {
    /// What is counted.
    pub label: String,
    /// The source's own total.
    pub source: String,
    /// Ours.
    pub ours: String,
    /// Difference as printed, `0`, `+3`, `-2`.
    pub difference: String,
    /// They agree.
    pub equal: bool,
    /// The cases behind ours; none when there are none.
    pub href: Option<String>,
}

/// A refused row.
#[derive(Debug, Clone, Default)]
pub struct RefusedRow {
    /// Row of the file.
    pub row: u64,
    /// Column.
    pub column: String,
    /// Why.
    pub reason: String,
}

impl Batch {
    fn sample() -> Self {
        Self {
            href: "/admin/imports/7".into(),
            source: "市 12345 日报".into(),
            file: "12345-20261022.csv".into(),
            hash: "b51c…9e07".into(),
            at: Moment::new("2026-10-23T06:00:12+08:00", "10月23日 06:00"),
            read: 10_000,
            imported: 812,
            updated: 100,
            already_there: 9_081,
            refused: 7,
            state: Tag::new("有差异", Tone::Warn),
        }
    }
}

impl Imports {
    /// The list.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: shell("/admin/imports"),
            rows: vec![
                Batch::sample(),
                Batch {
                    href: "/admin/imports/6".into(),
                    file: "12345-20261021.csv".into(),
                    imported: 0,
                    updated: 0,
                    already_there: 10_000,
                    refused: 0,
                    state: Tag::new("账目一致", Tone::Good),
                    ..Batch::sample()
                },
            ],
            empty: "还没有导入过。".into(),
            paging: Paging::default(),
            upload: Some(SourceUpload {
                form: Form::new("", "/admin/imports", "sample-csrf", "01J0SAMPLE"),
                sources: vec![Choice::new("pingshan", "坪山 民生诉求"), Choice::new("tipdm", "留言答复（附件4）")],
            }),
        }
    }
}

impl Import {
    /// With two differences.
    #[must_use]
    pub fn sample() -> Self {
        let line = |label: &str, source: &str, ours: &str, difference: &str| Reconciled {
            label: label.into(),
            source: source.into(),
            ours: ours.into(),
            difference: difference.into(),
            equal: difference == "0",
            href: Some("/desk/search?q=".into()),
        };
        Self {
            shell: shell("/admin/imports/7"),
            crumbs: vec![Link::new("/admin/imports", "导入与对账")],
            batch: Batch::sample(),
            facts: vec![
                SummaryRow::new("文件 SHA-256", "b51c3f0e6a7d42c1908e5f7b2d6a11c09f3e84d7715a2b60c4e8d91f0a3c9e07"),
                SummaryRow::new("映射", "pingshan@3（GB18030，逗号分隔）"),
            ],
            groups: vec![
                ("按单位".into(), vec![line("市城市管理局", "2,104", "2,104", "0"), line("市公安局", "1,310", "1,307", "-3")]),
                ("按类型".into(), vec![line("投诉", "5,201", "5,198", "-3"), line("咨询", "2,870", "2,870", "0")]),
                ("按办结标记".into(), vec![line("按时", "9,214", "9,214", "0"), line("超时", "786", "786", "0")]),
            ],
            differences: 2,
            refused: vec![
                RefusedRow { row: 118, column: "受理时间".into(), reason: "“2026/13/1”不是日期".into() },
                RefusedRow { row: 4_402, column: "工单号".into(), reason: "没有工单号，无法与下一次的数据对应".into() },
            ],
            refused_note: "共 7 行，改正后把整个文件再导入一次，已导入的行不会重复。".into(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let wrong = Imports {
        rows: Vec::new(),
        upload: Imports::sample().upload.map(|mut upload| {
            upload.form.errors = Errors::one("source", "请选择数据来源").and("file", "请选择要导入的文件，CSV 或 XLSX，不超过 50 MB");
            upload
        }),
        ..Imports::sample()
    };
    let equal = Import {
        batch: Batch { refused: 0, already_there: 9_088, state: Tag::new("账目一致", Tone::Good), ..Batch::sample() },
        groups: vec![(
            "按类型".into(),
            vec![Reconciled {
                label: "投诉".into(),
                source: "5,201".into(),
                ours: "5,201".into(),
                difference: "0".into(),
                equal: true,
                href: None,
            }],
        )],
        differences: 0,
        refused: Vec::new(),
        refused_note: "没有。".into(),
        ..Import::sample()
    };
    vec![
        ("admin-imports", crate::html(&Imports::sample())),
        ("admin-imports-error", crate::html(&wrong)),
        ("admin-import", crate::html(&Import::sample())),
        ("admin-import-equal", crate::html(&equal)),
    ]
}
