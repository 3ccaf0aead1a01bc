//! The working calendar: years, notices, the city's overlay, what was recomputed.

use askama::Template;

use super::shell;
use crate::components::{Errors, Moment, Tag, Tone};
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
    /// Deadlines recomputed by the last import.
    pub recomputed: Vec<Recomputed>,
    /// What was recomputed and when, in words; empty for never.
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
    /// Running clocks that touch the year.
    pub clocks: u64,
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

/// A deadline computed anew.
#[derive(Debug, Clone, Default)]
pub struct Recomputed {
    /// Number of the case.
    pub number: String,
    /// The explanation of the limit.
    pub href: String,
    /// Which limit.
    pub label: String,
    /// Before.
    pub old: Moment,
    /// Now.
    pub due: Moment,
}

impl CalendarPage {
    /// Two official years and a provisional one.
    #[must_use]
    pub fn sample() -> Self {
        let year = |year: &str, state: (&str, Tone), basis: &str, days: &str, clocks| CalendarYear {
            year: year.into(),
            state: Tag::new(state.0, state.1),
            basis: basis.into(),
            days: days.into(),
            clocks,
        };
        Self {
            shell: shell("/admin/calendar"),
            years: vec![
                year("2027", ("临时推算", Tone::Warn), "通知未公布，按《全国年节及纪念日放假办法》推算，不含调休", "推算", 86),
                year("2026", ("正式", Tone::Good), "国务院办公厅 2026 年节假日安排通知", "含调休上班日", 1_396),
                year("2025", ("正式", Tone::Good), "国务院办公厅 2025 年节假日安排通知", "含调休上班日", 0),
            ],
            notice_form: Some(Form::sample("notice", "/admin/calendar/notice")),
            notice_text: String::new(),
            overlay_form: Some(Form::sample("overlay", "/admin/calendar/overlay")),
            overlay_text: "[[closure]]\nfrom = \"2026-11-20\"\nto = \"2026-11-20\"\nname = \"台风停工\"\n".into(),
            overlays: vec![
                Overlay { days: "6月1日至9月30日".into(), kind: "作息时间".into(), name: "夏季 08:30–12:00，14:30–17:30".into() },
                Overlay { days: "其余".into(), kind: "作息时间".into(), name: "08:30–12:00，14:00–17:30".into() },
            ],
            recomputed: vec![Recomputed {
                number: "20260928-000031".into(),
                href: "/desk/case/20260928-000031/limit/handle/1".into(),
                label: "办理时限".into(),
                old: Moment::new("2026-10-10T00:00:00+08:00", "10月9日 24:00"),
                due: Moment::new("2026-10-11T00:00:00+08:00", "10月10日 24:00"),
            }],
            recomputed_note: "2025年11月5日 09:00 导入 2026 年通知，重算进行中的时限 1 项；已结束的时限不变。".into(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let mut wrong = CalendarPage::sample();
    wrong.notice_text = "year = 2027\n".into();
    wrong.notice_form = wrong.notice_form.map(|form| form.with(Errors::one("text", "第 1 行之后缺少放假安排；请把通知正文整段粘贴，或上传整理好的 TOML 文件")));
    let reader = CalendarPage { notice_form: None, overlay_form: None, overlays: Vec::new(), recomputed: Vec::new(), recomputed_note: String::new(), ..CalendarPage::sample() };
    vec![
        ("admin-calendar", crate::html(&CalendarPage::sample())),
        ("admin-calendar-error", crate::html(&wrong)),
        ("admin-calendar-reader", crate::html(&reader)),
    ]
}
