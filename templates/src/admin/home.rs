//! The first page of an administrator: what is to be looked at, and the pages of the role.

use askama::Template;

use super::shell;
use crate::components::{Notice, Tag, Task, Tone};
use crate::shell::Shell;

/// `GET /admin`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/home.html")]
pub struct AdminHome {
    /// Context.
    pub shell: Shell,
    /// What needs somebody's attention; empty when all is well.
    pub notices: Vec<Notice>,
    /// The pages of the role with where they stand.
    pub tasks: Vec<Task>,
}

impl AdminHome {
    /// A system administrator's.
    #[must_use]
    pub fn sample() -> Self {
        let task = |title: &str, href: &str, hint: &str, tag: Tag| Task { title: title.into(), href: href.into(), hint: hint.into(), tag };
        Self {
            shell: shell("/admin"),
            notices: vec![Notice::new(Tone::Warn, "有 2 条通知发送失败", &["请到“通知”页查看原因，改正后点“重试”。"])],
            tasks: vec![
                task("单位", "/admin/units", "登记、更名、调整上级、撤销", Tag::new("62 个在用", Tone::Neutral)),
                task("考核细则", "/admin/rulebooks", "查看全文，采用新版本", Tag::new("generic@2026.1", Tone::Good)),
                task("工作日历", "/admin/calendar", "导入放假通知，设置本市安排", Tag::new("2027 年临时推算", Tone::Warn)),
            ],
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    vec![("admin-home", crate::html(&AdminHome::sample()))]
}
