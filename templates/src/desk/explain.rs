//! A limit explained day by day.

use askama::Template;

use super::{Due, DueState};
use crate::components::{Link, SummaryRow, Tag, Tone};
use crate::shell::Shell;

/// `GET /desk/case/{number}/limit/{kind}/{round}`
#[derive(Debug, Clone, Template)]
#[template(path = "desk/explain.html")]
pub struct LimitExplained {
    /// Context.
    pub shell: Shell,
    /// Breadcrumbs: the case.
    pub crumbs: Vec<Link>,
    /// For example `办理时限（第 1 次办理）`.
    pub title: String,
    /// The promise in one sentence.
    pub sentence: String,
    /// The due date.
    pub due: Due,
    /// Start, limit, holder, rulebook, calendar.
    pub facts: Vec<SummaryRow>,
    /// Every day from the start to the due day.
    pub days: Vec<ExplainedDay>,
    /// Earlier due dates that were recomputed, in words, newest first.
    pub recomputed: Vec<String>,
}

/// A day on the way.
#[derive(Debug, Clone, Default)]
pub struct ExplainedDay {
    /// ISO date.
    pub iso: String,
    /// `10月19日`
    pub date: String,
    /// `周一`
    pub weekday: String,
    /// What it is: 工作日, 周末, 法定节假日, 调休上班, 本市放假.
    pub kind: Tag,
    /// The holiday's name or what is made up; empty for none.
    pub name: String,
    /// How it counts: `起算日，不计`, `第 1 天`, `不计`, `09:00–12:00 计 3 小时`.
    pub counting: String,
    /// Counts.
    pub counted: bool,
    /// The due day.
    pub due: bool,
    /// No notice covers the day yet.
    pub provisional: bool,
}

impl LimitExplained {
    /// Over the National Day of 2026.
    #[must_use]
    pub fn sample() -> Self {
        let day = |iso: &str, date: &str, weekday: &str, kind: (&str, Tone), name: &str, counting: &str, counted| ExplainedDay {
            iso: iso.into(),
            date: date.into(),
            weekday: weekday.into(),
            kind: Tag::new(kind.0, kind.1),
            name: name.into(),
            counting: counting.into(),
            counted,
            due: false,
            provisional: false,
        };
        const WORK: (&str, Tone) = ("工作日", Tone::Info);
        const HOLIDAY: (&str, Tone) = ("法定节假日", Tone::Neutral);
        let mut days = vec![
            day("2026-09-28", "9月28日", "周一", WORK, "", "起算日，不计", false),
            day("2026-09-29", "9月29日", "周二", WORK, "", "第 1 个工作日", true),
            day("2026-09-30", "9月30日", "周三", WORK, "", "第 2 个工作日", true),
            day("2026-10-01", "10月1日", "周四", HOLIDAY, "国庆节", "不计", false),
            day("2026-10-02", "10月2日", "周五", HOLIDAY, "国庆节", "不计", false),
            day("2026-10-03", "10月3日", "周六", HOLIDAY, "国庆节", "不计", false),
            day("2026-10-04", "10月4日", "周日", HOLIDAY, "国庆节", "不计", false),
            day("2026-10-05", "10月5日", "周一", HOLIDAY, "国庆节", "不计", false),
            day("2026-10-06", "10月6日", "周二", HOLIDAY, "国庆节", "不计", false),
            day("2026-10-07", "10月7日", "周三", HOLIDAY, "国庆节", "不计", false),
            day("2026-10-08", "10月8日", "周四", WORK, "", "第 3 个工作日", true),
            day("2026-10-09", "10月9日", "周五", WORK, "", "第 4 个工作日", true),
            day("2026-10-10", "10月10日", "周六", ("调休上班", Tone::Warn), "补国庆节假期", "第 5 个工作日，24:00 到期", true),
        ];
        if let Some(last) = days.last_mut() {
            last.due = true;
        }
        Self {
            shell: Shell::sample_desk("/desk/case/20260928-000031/limit/handle/1"),
            crumbs: vec![Link::new("/desk", "工作台"), Link::new("/desk/case/20260928-000031", "20260928-000031")],
            title: "办理时限（第 1 次办理）".into(),
            sentence: "9月28日（周一）派单，当日不计，从次日起算 5 个工作日，遇国庆节顺延，至 10月10日（周六，调休上班）24:00 到期。"
                .into(),
            due: Due::new("2026-10-11T00:00:00+08:00", "10月10日 24:00", "剩 1 天 3 小时", DueState::Running),
            facts: vec![
                SummaryRow::new("受约束单位", "市城市管理局"),
                SummaryRow::new("起算", "2026年9月28日 10:20（派单）"),
                SummaryRow::new("时限", "5 个工作日（投诉，市级）"),
                SummaryRow::new("规则版本", "generic@2026.1"),
                SummaryRow::new("日历版本", "2026 年节假日通知（国办发明电〔2025〕7号）"),
            ],
            days,
            recomputed: Vec::new(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let mut provisional = LimitExplained::sample();
    provisional.due.provisional = true;
    for day in &mut provisional.days {
        day.provisional = day.iso.as_str() >= "2026-10-01";
    }
    provisional.recomputed = vec!["10月9日 09:00 因导入 2026 年节假日通知重算：原到期 10月9日 24:00，现到期 10月10日 24:00。".into()];
    vec![("desk-explain", crate::html(&LimitExplained::sample())), ("desk-explain-provisional", crate::html(&provisional))]
}
