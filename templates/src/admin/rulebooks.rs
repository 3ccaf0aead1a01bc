//! Rulebooks and the dispatch catalogue: versions, text, adoption with its checks.

use askama::Template;

use super::shell;
use crate::components::{Errors, Link, SummaryRow, Tag, Tone};
use crate::desk::Form;
use crate::shell::Shell;

/// `GET /admin/rulebooks`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/rulebooks.html")]
pub struct Rulebooks {
    /// Context.
    pub shell: Shell,
    /// Versions, newest first.
    pub rows: Vec<RulebookRow>,
    /// May adopt.
    pub may_adopt: bool,
}

/// A version.
#[derive(Debug, Clone, Default)]
pub struct RulebookRow {
    /// `id@version`.
    pub reference: String,
    /// Its text.
    pub href: String,
    /// Title.
    pub title: String,
    /// In force from.
    pub from: String,
    /// Until; empty for open.
    pub until: String,
    /// Adopted when.
    pub adopted: String,
    /// 现行, 未生效, 已失效, 被替换.
    pub state: Tag,
}

/// `GET /admin/rulebooks/{reference}`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/rulebook.html")]
pub struct RulebookView {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// Row.
    pub row: RulebookRow,
    /// Basis, classes, limits, indicators in short.
    pub facts: Vec<SummaryRow>,
    /// The TOML text with line numbers added by the page.
    pub lines: Vec<String>,
}

/// `GET|POST /admin/rulebooks/adopt`: multipart `file` or field `text`, `from`, `until`; the button `do` sends `check` or `adopt`.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/rulebook_adopt.html")]
pub struct RulebookAdopt {
    /// Context.
    pub shell: Shell,
    /// The list.
    pub crumbs: Vec<Link>,
    /// The form.
    pub form: Form,
    /// The TOML text.
    pub text: String,
    /// First day in force, `2026-11-01`.
    pub from: String,
    /// Last day in force; empty for open.
    pub until: String,
    /// What the check gave.
    pub report: Option<CheckReport>,
}

/// What a check gave.
#[derive(Debug, Clone, Default)]
pub struct CheckReport {
    /// `id@version`, when it could be read.
    pub reference: String,
    /// Faults; none = may be adopted.
    pub faults: Vec<CheckFault>,
    /// Worked examples.
    pub examples: Vec<ExampleResult>,
    /// What changes against the version in force, in words.
    pub changes: Vec<String>,
}

/// A fault of a file.
#[derive(Debug, Clone, Default)]
pub struct CheckFault {
    /// Line, when it is known.
    pub line: Option<u64>,
    /// Where in words, for example `limits[2].handle`.
    pub place: String,
    /// Why, and what to do.
    pub reason: String,
}

/// A worked example.
#[derive(Debug, Clone, Default)]
pub struct ExampleResult {
    /// What it shows.
    pub title: String,
    /// Expected.
    pub expected: String,
    /// Computed.
    pub computed: String,
    /// The same.
    pub passed: bool,
}

/// `GET|POST /admin/catalogue`: multipart `file` or field `text`, `from`; the button `do` sends `check` or `adopt`.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/catalogue.html")]
pub struct Catalogue {
    /// Context.
    pub shell: Shell,
    /// Version in force.
    pub version: String,
    /// Entries.
    pub entries: Vec<CatalogueEntry>,
    /// What to say when there are none.
    pub empty: String,
    /// The form; none for accounts that only read.
    pub form: Option<Form>,
    /// What was pasted.
    pub text: String,
    /// First day in force, `2026-11-01`.
    pub from: String,
    /// What the check gave.
    pub report: Option<CheckReport>,
}

/// An entry of the catalogue.
#[derive(Debug, Clone, Default)]
pub struct CatalogueEntry {
    /// Code.
    pub code: String,
    /// Name.
    pub label: String,
    /// Key words.
    pub words: String,
    /// Unit it leads to.
    pub unit: String,
    /// Condition of place; empty for none.
    pub place: String,
    /// Basis (三定、权责清单).
    pub basis: String,
}

impl RulebookRow {
    fn samples() -> Vec<Self> {
        let row = |reference: &str, from: &str, until: &str, state: (&str, Tone)| Self {
            reference: reference.into(),
            href: format!("/admin/rulebooks/{reference}"),
            title: "通用考核细则与口径".into(),
            from: from.into(),
            until: until.into(),
            adopted: "2025年12月20日 10:02".into(),
            state: Tag::new(state.0, state.1),
        };
        vec![
            row("generic@2027.1", "2027-01-01", "", ("未生效", Tone::Info)),
            row("generic@2026.1", "2026-01-01", "2026-12-31", ("现行", Tone::Good)),
            row("generic@2025.2", "2025-07-01", "2025-12-31", ("已失效", Tone::Neutral)),
        ]
    }
}

impl Rulebooks {
    /// The list.
    #[must_use]
    pub fn sample() -> Self {
        Self { shell: shell("/admin/rulebooks"), rows: RulebookRow::samples(), may_adopt: true }
    }
}

const TEXT: &str = "id = \"generic\"\nversion = \"2027.1\"\ntitle = \"通用考核细则与口径\"\nbasis = [\"国办函〔2025〕66号\"]\n\n[[classes]]\ncode = \"complaint\"\nlabel = \"投诉\"\ndefinition = \"对服务、管理或办事态度不满意。\"\n\n[[limits]]\nclasses = [\"complaint\"]\naccept = \"1 wd\"\nhandle = \"5 wd\"\n";

impl RulebookView {
    /// A version.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: shell("/admin/rulebooks/generic@2027.1"),
            crumbs: vec![Link::new("/admin/rulebooks", "考核细则")],
            row: RulebookRow::samples().remove(0),
            facts: vec![
                SummaryRow::new("依据", "国办函〔2025〕66号"),
                SummaryRow::new("诉求类型", "咨询、求助、建议、投诉、举报"),
                SummaryRow::new("指标", "收到、及时签收率、按时联系率、按时办结率、解决率、满意率、超期"),
            ],
            lines: TEXT.lines().map(Into::into).collect(),
        }
    }
}

impl RulebookAdopt {
    /// Checked and good.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: shell("/admin/rulebooks/adopt"),
            crumbs: vec![Link::new("/admin/rulebooks", "考核细则")],
            form: Form::sample("", "/admin/rulebooks/adopt"),
            text: TEXT.into(),
            from: "2027-01-01".into(),
            until: String::new(),
            report: Some(CheckReport {
                reference: "generic@2027.1".into(),
                faults: Vec::new(),
                examples: vec![
                    ExampleResult {
                        title: "国庆前派单的投诉".into(),
                        expected: "2026-10-11 00:00".into(),
                        computed: "2026-10-11 00:00".into(),
                        passed: true,
                    },
                    ExampleResult {
                        title: "周五下午派单的紧急求助".into(),
                        expected: "2026-10-26 17:30".into(),
                        computed: "2026-10-26 17:30".into(),
                        passed: true,
                    },
                ],
                changes: vec!["投诉（市级）办理时限：7 个工作日 → 5 个工作日".into(), "满意度等级：四级 → 三级".into()],
            }),
        }
    }
}

impl Catalogue {
    /// Two entries.
    #[must_use]
    pub fn sample() -> Self {
        let entry = |code: &str, label: &str, words: &str, unit: &str, place: &str| CatalogueEntry {
            code: code.into(),
            label: label.into(),
            words: words.into(),
            unit: unit.into(),
            place: place.into(),
            basis: "三定规定；派单目录 2026 年第 2 版".into(),
        };
        Self {
            shell: shell("/admin/catalogue"),
            version: "2026.2，9月1日起".into(),
            entries: vec![
                entry("lamp", "路灯照明", "路灯、不亮、照明", "市城市管理局", ""),
                entry("noise_build", "建筑施工噪声", "施工、夜间、噪声、打桩", "所在县（市、区）综合执法局", "按地点"),
            ],
            empty: "派单目录还是空的，派单时不会有建议。请导入目录文件。".into(),
            form: Some(Form::sample("", "/admin/catalogue")),
            text: String::new(),
            from: "2026-11-01".into(),
            report: None,
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let wrong = RulebookAdopt {
        from: String::new(),
        form: RulebookAdopt::sample().form.with(Errors::one("from", "请填写生效日期").and("text", "文件有 2 处错误，见检查结果")),
        report: Some(CheckReport {
            reference: "generic@2027.1".into(),
            faults: vec![
                CheckFault {
                    line: Some(13),
                    place: "limits[0].accept".into(),
                    reason: "“1 wdd”不是时限；请写成 1 wd、3 d、4 h 或 4 bh".into(),
                },
                CheckFault { line: None, place: "limits".into(), reason: "最后一条必须没有条件，作为兜底".into() },
            ],
            examples: vec![ExampleResult {
                title: "国庆前派单的投诉".into(),
                expected: "2026-10-11 00:00".into(),
                computed: "2026-10-10 00:00".into(),
                passed: false,
            }],
            changes: Vec::new(),
        }),
        ..RulebookAdopt::sample()
    };
    let first = RulebookAdopt { text: String::new(), from: String::new(), report: None, ..RulebookAdopt::sample() };
    let none = Rulebooks { rows: Vec::new(), ..Rulebooks::sample() };
    let bare = Catalogue { entries: Vec::new(), version: String::new(), ..Catalogue::sample() };
    vec![
        ("admin-rulebooks", crate::html(&Rulebooks::sample())),
        ("admin-rulebooks-empty", crate::html(&none)),
        ("admin-rulebook", crate::html(&RulebookView::sample())),
        ("admin-rulebook-adopt", crate::html(&RulebookAdopt::sample())),
        ("admin-rulebook-adopt-first", crate::html(&first)),
        ("admin-rulebook-adopt-error", crate::html(&wrong)),
        ("admin-catalogue", crate::html(&Catalogue::sample())),
        ("admin-catalogue-empty", crate::html(&bare)),
    ]
}
