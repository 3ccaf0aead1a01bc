//! Signing in and changing one's own password.

use askama::Template;

use super::Form;
use crate::components::{Errors, Notice, Tone};
use crate::shell::Shell;

/// `GET|POST /desk/sign-in`: fields `login`, `password`, hidden `next`.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/sign_in.html")]
pub struct SignIn {
    /// Context; no user, no navigation.
    pub shell: Shell,
    /// The form; the wrong pair of name and password is an error without field.
    pub form: Form,
    /// What was typed as sign-in name.
    pub login: String,
    /// Where to go afterwards (a path of this site).
    pub next: String,
    /// Seconds to wait after wrong tries; the button stays, the server refuses.
    pub wait_seconds: Option<u32>,
    /// Session ended, signed out, password changed: why the person stands here.
    pub notice: Option<Notice>,
    /// Demo only: sign-in name, what it is, password.
    pub demo: Vec<(String, String, String)>,
}

impl SignIn {
    /// The password of the demo accounts when it is the same for all.
    #[must_use]
    pub fn one_password(&self) -> Option<&str> {
        let (_, _, first) = self.demo.first()?;
        self.demo.iter().all(|(_, _, other)| other == first).then_some(first.as_str())
    }

    /// As in the demo.
    #[must_use]
    pub fn sample() -> Self {
        let mut shell = Shell::sample("/desk/sign-in");
        shell.user = None;
        let demo = |login: &str, what: &str| (login.into(), what.into(), "demo-2026".into());
        Self {
            shell,
            form: Form::new("", "/desk/sign-in", "sample-csrf", "01J0SAMPLE"),
            login: String::new(),
            next: "/desk".into(),
            wait_seconds: None,
            notice: None,
            demo: vec![
                demo("operator", "话务员 · 市热线办"),
                demo("dispatcher", "派单员 · 市热线办"),
                demo("liaison", "联络员 · 市城市管理局"),
                demo("handler", "经办人 · 市城市管理局"),
                demo("head", "审核负责人 · 市城市管理局"),
                demo("reviewer", "审核回访员 · 市热线办"),
                demo("inspector", "效能督查员 · 市效能办"),
                demo("sysadmin", "系统管理员"),
            ],
        }
    }
}

/// `GET|POST /desk/password`: fields `current`, `password`, `again`.
#[derive(Debug, Clone, Template)]
#[template(path = "desk/password.html")]
pub struct Password {
    /// Context.
    pub shell: Shell,
    /// The form.
    pub form: Form,
    /// The password was set by an administrator and must be changed before anything else.
    pub must_change: bool,
    /// Fewest characters.
    pub least: u32,
}

impl Password {
    /// Changing by one's own wish.
    #[must_use]
    pub fn sample() -> Self {
        Self { shell: Shell::sample_desk("/desk/password"), form: Form::sample("", "/desk/password"), must_change: false, least: 12 }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let wrong = SignIn {
        login: "liaison".into(),
        form: SignIn::sample().form.with(Errors::one("", "登录名或密码不对。请检查大小写后再试；忘记密码请联系本单位的安全管理员重置。")),
        wait_seconds: Some(8),
        ..SignIn::sample()
    };
    let ended = SignIn {
        notice: Some(Notice::new(
            Tone::Info,
            "登录已失效",
            &["超过 30 分钟没有操作，已自动退出。登录后回到刚才的页面，已填写的内容仍在。"],
        )),
        demo: Vec::new(),
        ..SignIn::sample()
    };
    let must = Password {
        must_change: true,
        form: Password::sample().form.with(Errors::one("password", "密码至少 12 个字符").and("again", "两次输入的新密码不一样")),
        ..Password::sample()
    };
    vec![
        ("desk-sign-in", crate::html(&SignIn::sample())),
        ("desk-sign-in-error", crate::html(&wrong)),
        ("desk-sign-in-ended", crate::html(&ended)),
        ("desk-password", crate::html(&Password::sample())),
        ("desk-password-error", crate::html(&must)),
    ]
}
