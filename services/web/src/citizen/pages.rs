//! The short pages of the footer.

use chrono::NaiveDate;
use templates::public::{Accessibility, Help, Privacy};
use templates::styleguide::{DeskStyleguide, Styleguide};

use super::NOTICE;
use crate::ctx::Ctx;
use crate::error::{Reply, page};
use crate::{shell, words};

/// First day of the privacy notice in force.
const IN_FORCE: Option<NaiveDate> = NaiveDate::from_ymd_opt(2026, 1, 1);

/// `/help`
///
/// # Errors
/// Never.
pub async fn help(ctx: Ctx) -> Reply {
    page(&Help { shell: shell::of(&ctx) })
}

/// `/privacy`: the notice whose version filings name.
///
/// # Errors
/// Never.
pub async fn privacy(ctx: Ctx) -> Reply {
    page(&Privacy {
        shell: shell::of(&ctx),
        version: NOTICE.to_owned(),
        effective: IN_FORCE.map(words::day).unwrap_or_default(),
        retention: "办理期间和办结后按档案管理规定保存；期满或者您依法要求删除时，个人信息和文字会被销毁，不能恢复。".to_owned(),
    })
}

/// `/accessibility`
///
/// # Errors
/// Never.
pub async fn accessibility(ctx: Ctx) -> Reply {
    page(&Accessibility { shell: shell::of(&ctx) })
}

/// `/styleguide`: every component.
///
/// # Errors
/// Never.
pub async fn styleguide(ctx: Ctx) -> Reply {
    page(&Styleguide::new(shell::of(&ctx)))
}

/// `/styleguide/desk`: the same in the dense layout of the desk.
///
/// # Errors
/// Never.
pub async fn styleguide_desk(ctx: Ctx) -> Reply {
    page(&DeskStyleguide::new(shell::of(&ctx)))
}
