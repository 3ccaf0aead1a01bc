//! The working calendar: years, notices, the city's overlay.

use askama::Template;

use super::shell;
use crate::components::{Errors, Tag, Tone};
use crate::desk::Form;
use crate::shell::Shell;

/// `GET /admin/calendar`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/calendar.html")]
pub struct CalendarPage {
    /// Context.
    pub shell: Shell,
    /// Years, newest first.
    pub years: Vec<CalendarYear>,
    /// Posted to `/admin/calendar/notice`: multipart `file` or field `text`; the button `do` sends `check` or `import`.
    pub notice_form: Option<Form>,
    /// The notice as typed.
    pub notice_text: String,
    /// Posted to `/admin/calendar/overlay`: field `text`.
    pub overlay_form: Option<Form>,
    /// The overlay as typed or in force, TOML.
    pub overlay_text: String,
    /// The city's own closures and sessions in force.
    pub overlays: Vec<Overlay>,
    /// Whether all open cases are reckoned with this calendar, in words.
    pub recomputed_note: String,
}

/// A year.
#[derive(Debug, Clone, Default)]
pub struct CalendarYear {
    /// For example `2026`.
    pub year: String,
    /// 正式 / 临时推算.
    pub state: Tag,
    /// The notice.
    pub basis: String,
    /// Working days in the year, with make-up workdays in words.
    pub days: String,
}

/// A closure or session of the city.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// From–to.
    pub days: String,
    /// 本市放假, 作息时间.
    pub kind: String,
    /// Name.
    pub name: String,
}

impl CalendarPage {
    /// Two official years and a provisional one.
    #[must_use]
    pub fn sample() -> Self {
        let year = |year: &str, state: (&str, Tone), basis: &str, days: &str| CalendarYear {
            year: year.into(),
            state: Tag::new(state.0, state.1),
            basis: basis.into(),
            days: days.into(),
        };
        Self {
            shell: shell("/admin/calendar"),
            years: vec![
                year("2027", ("临时推算", Tone::Warn), "通知未公布，按《全国年节及纪念日放假办法》推算，不含调休", "推算"),
                year("2026", ("正式", Tone::Good), "国务院办公厅 2026 年节假日安排通知", "含调休上班日"),
                year("2025", ("正式", Tone::Good), "国务院办公厅 2025 年节假日安排通知", "含调休上班日"),
            ],
            notice_form: Some(Form::sample("notice", "/admin/calendar/notice")),
            notice_text: String::new(),
            overlay_form: Some(Form::sample("overlay", "/admin/calendar/overlay")),
            overlay_text: "[[closure]]\nfrom = \"2026-11-20\"\nto = \"2026-11-20\"\nname = \"台风停工\"\n".into(),
            overlays: vec![
                Overlay {
                    days: "6月1日至9月30日".into(), kind: "作息时间".into(), name: "夏季 08:30–12:00，14:30–17:30".into()
                },
                Overlay { days: "其余".into(), kind: "作息时间".into(), name: "08:30–12:00，14:00–17:30".into() },
            ],
            recomputed_note: "在走的时限都已按现行日历计算。".into(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let mut wrong = CalendarPage::sample();
    wrong.notice_text = "year = 2027\n".into();
    wrong.notice_form = wrong
        .notice_form
        .map(|form| form.with(Errors::one("text", "第 1 行之后缺少放假安排；请把通知正文整段粘贴，或上传整理好的 TOML 文件")));
    let reader = CalendarPage {
        notice_form: None,
        overlay_form: None,
        overlays: Vec::new(),
        recomputed_note: String::new(),
        ..CalendarPage::sample()
    };
    vec![
        ("admin-calendar", crate::html(&CalendarPage::sample())),
        ("admin-calendar-error", crate::html(&wrong)),
        ("admin-calendar-reader", crate::html(&reader)),
    ]
}
