//! What surrounds every page: who it is served to, where it stands, what was just done.

use std::fmt::Display;

use askama::Template;
use serde::{Deserialize, Serialize};

use crate::components::Tone;

/// Common context of every page.
#[derive(Debug, Clone, Default)]
pub struct Shell {
    /// Name of the site, for example `某市效能与诉求服务平台`.
    pub site_name: String,
    /// Path of the current page, with query; the elder-mode link returns to it.
    pub path: String,
    /// Larger type, chosen by cookie.
    pub elder: bool,
    /// Result of the act that led here, shown once.
    pub flash: Option<Flash>,
    /// Banner of a deployment that is not the real one, for example `演示环境，数据均为虚构`.
    pub environment: Option<String>,
    /// Banner of a node whose data are old, for example `查询数据更新延迟约 12 秒`.
    pub stale: Option<String>,
    /// The citizens' node of two zones, where some services are not.
    pub outside: bool,
    /// Telephone of the service, for example `12345`.
    pub service_phone: String,
    /// Office that runs the site (footer).
    pub organiser: String,
    /// Registration numbers for the footer (网站标识码, ICP 备案, 公安备案).
    pub registrations: Vec<String>,
    /// Signed-in member of staff; `None` on the citizens' side.
    pub user: Option<UserBadge>,
    /// Side navigation of the desk, already limited to what the role may open.
    pub nav: Vec<NavGroup>,
    /// Where the brand of the desk header leads.
    pub home_href: String,
}

/// The signed-in account as the header shows it.
#[derive(Debug, Clone, Default)]
pub struct UserBadge {
    /// Name of the person.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Role in words.
    pub role: String,
    /// Token of the sign-out form.
    pub csrf: String,
}

/// A group of the side navigation.
#[derive(Debug, Clone, Default)]
pub struct NavGroup {
    /// Heading; empty for none.
    pub title: String,
    /// Links.
    pub items: Vec<NavItem>,
}

/// One link of a navigation or a row of tabs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NavItem {
    /// Target.
    pub href: String,
    /// Words.
    pub text: String,
    /// Number of things waiting there.
    pub count: Option<String>,
    /// The page that is open.
    pub current: bool,
}

impl NavItem {
    /// A link without a count.
    #[must_use]
    pub fn new(href: &str, text: &str, current: bool) -> Self {
        Self { href: href.into(), text: text.into(), count: None, current }
    }

    /// The same link with a count.
    #[must_use]
    pub fn counted(href: &str, text: &str, count: u64, current: bool) -> Self {
        Self { count: Some(count.to_string()), ..Self::new(href, text, current) }
    }
}

/// Message shown once at the top of the next page.
#[derive(Debug, Clone)]
pub struct Flash {
    /// Colour and icon.
    pub tone: Tone,
    /// The sentence.
    pub message: String,
}

// What only the shell fills. Templates of their own: what a base page or a macro draws is compiled anew for each page.

#[derive(Template)]
#[template(path = "shell/desk_top.html")]
struct DeskTop<'a> {
    shell: &'a Shell,
}

#[derive(Template)]
#[template(path = "shell/desk_side.html")]
struct DeskSide<'a> {
    shell: &'a Shell,
}

#[derive(Template)]
#[template(path = "shell/citizen_top.html")]
struct CitizenTop<'a> {
    shell: &'a Shell,
}

#[derive(Template)]
#[template(path = "shell/flash.html")]
struct FlashLine<'a> {
    shell: &'a Shell,
}

#[derive(Template)]
#[template(path = "shell/footer.html")]
struct Footer<'a> {
    shell: &'a Shell,
}

impl Shell {
    /// Head of a desk page, with the folded menu of telephones.
    #[must_use]
    pub fn desk_top(&self) -> impl Display + '_ {
        DeskTop { shell: self }
    }

    /// Side navigation of a desk page.
    #[must_use]
    pub fn desk_side(&self) -> impl Display + '_ {
        DeskSide { shell: self }
    }

    /// Head of a citizens' page.
    #[must_use]
    pub fn citizen_top(&self) -> impl Display + '_ {
        CitizenTop { shell: self }
    }

    /// What was just done, shown once.
    #[must_use]
    pub fn flash(&self) -> impl Display + '_ {
        FlashLine { shell: self }
    }

    /// Foot of every page.
    #[must_use]
    pub fn footer(&self) -> impl Display + '_ {
        Footer { shell: self }
    }

    /// The four doors of the citizens' side; the current one follows from `path`.
    #[must_use]
    pub fn citizen_nav(&self) -> Vec<NavItem> {
        let within = |prefix: &str| self.path.starts_with(prefix);
        vec![
            NavItem::new("/", "首页", self.path == "/"),
            NavItem::new("/file/start", "我要反映", within("/file")),
            NavItem::new("/track", "查进度", within("/track")),
            NavItem::new("/public", "看公开", within("/public") || within("/heads")),
        ]
    }

    /// A citizens' page at `path`.
    #[must_use]
    pub fn sample(path: &str) -> Self {
        Self {
            site_name: "清源市诉求与效能服务平台".into(),
            path: path.into(),
            environment: Some("演示环境：页面上的单位、人员和数据均为虚构。".into()),
            service_phone: "12345".into(),
            organiser: "清源市人民政府办公室".into(),
            registrations: vec!["网站标识码 0000000000".into(), "演示备案 00000000 号".into()],
            home_href: "/desk".into(),
            ..Self::default()
        }
    }

    /// A desk page at `path`, for a liaison of a unit.
    #[must_use]
    pub fn sample_desk(path: &str) -> Self {
        let item = |href: &str, text: &str, count| NavItem::counted(href, text, count, href == path);
        Self {
            user: Some(UserBadge {
                name: "林晓岚".into(), unit: "市城市管理局".into(), role: "联络员".into(), csrf: "sample-csrf".into()
            }),
            nav: vec![
                NavGroup {
                    title: "待办".into(),
                    items: vec![
                        item("/desk", "工作台", 17),
                        item("/desk/sign", "待签收", 4),
                        item("/desk/handle", "办理中", 9),
                        item("/desk/overdue", "已超期", 1),
                    ],
                },
                NavGroup {
                    title: "考核".into(), items: vec![NavItem::new("/desk/scorecard", "本单位记分卡", path == "/desk/scorecard")]
                },
            ],
            ..Self::sample(path)
        }
    }
}
