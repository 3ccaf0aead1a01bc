//! The three doors, and the switch to larger type.

use application::Application;
use domain::calendar::DayKind;
use domain::time::{legal_day, period_of};
use projections::{Bucket, Dimension, HolderKey};
use serde::{Deserialize, Serialize};
use templates::citizen::Home;
use templates::components::{Moment, Notice, Tile, Tone};

use crate::cookies::{self, names};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, local, page, see_other};
use crate::{shell, words};

/// A year.
const REMEMBERED: i64 = 31_536_000;

/// `/`
///
/// # Errors
/// When the views cannot be read.
pub async fn get(ctx: Ctx) -> Reply {
    let reference = ctx.app().reference();
    let figures = match ctx.outside() {
        Some(outside) => super::outside::home(outside)?,
        None => figures(ctx.app())?,
    };
    let notices = vec![today(&ctx, &reference, ctx.app().now())];
    page(&Home { shell: shell::of(&ctx), notices, tiles: figures.tiles, fresh: figures.fresh })
}

/// The figures of the first page.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct HomeFigures {
    tiles: Vec<Tile>,
    fresh: Moment,
}

pub(crate) fn figures(app: &Application) -> Result<HomeFigures, Fault> {
    let (now, views) = (app.now(), app.projections.views());
    let period = period_of(legal_day(now), 0);
    let month = views.public_figures(Dimension::All, period)?.into_iter().next().unwrap_or_default();
    let counts = views.counts(&HolderKey::Hotline)?;
    let count = |bucket: Bucket| counts.iter().find(|(one, _)| *one == bucket).map_or(0, |(_, n)| *n);
    let fresh = views.freshness()?.recorded_at.map_or_else(|| words::moment(now), words::moment);
    let tile = |name: &str, value: String, unit: &str, detail: String| Tile {
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
        detail,
        ..Tile::default()
    };
    let rate = if month.answered == 0 { ("—".to_owned(), "") } else { (words::percent(month.in_time, month.answered), "%") };
    let tiles = vec![
        tile("本月收到", words::count(month.filed), "件", format!("其中已办结 {} 件", words::count(month.ended))),
        tile("正在办理", words::count(count(Bucket::Open)), "件", format!("其中已超期 {} 件", words::count(count(Bucket::Breached)))),
        tile("本月收到并已答复", words::count(month.answered), "件", format!("其中按时 {} 件", words::count(month.in_time))),
        tile("按时答复率", rate.0, rate.1, format!("{} / {} 件已答复", words::count(month.in_time), words::count(month.answered))),
    ];
    Ok(HomeFigures { tiles, fresh })
}

fn today(ctx: &Ctx, reference: &projections::Reference, now: domain::time::Instant) -> Notice {
    if words::rules(reference, now).is_none() {
        let phone = format!("网上受理暂未开通，请拨打 {}。", ctx.state().settings.service_phone);
        return Notice::new(Tone::Warn, "暂时不能网上提交", &[&phone]);
    }
    let day = reference.calendar().day(legal_day(now));
    let name = match (day.kind, day.name.as_deref()) {
        (DayKind::Workday | DayKind::MakeUpWorkday, _) => {
            return Notice::new(Tone::Info, "今天正常受理", &["网上随时可以提交；周末和法定节假日不计入以工作日计算的期限。"]);
        }
        (DayKind::Weekend, _) => "周末".to_owned(),
        (_, Some(name)) => format!("{name}假期"),
        (_, None) => "假期".to_owned(),
    };
    let title = format!("今天是{name}，网上照常提交");
    Notice::new(Tone::Info, &title, &["以工作日计算的答复期限，从下一个工作日开始计算。紧急情况请直接打电话。"])
}

/// `/elder?on=1&back=/…`: remembers the choice in this browser and goes back.
///
/// # Errors
/// Never.
pub async fn elder(ctx: Ctx) -> Reply {
    if ctx.query("on") == "1" {
        ctx.set_cookie(cookies::make(names::ELDER, "1".to_owned(), Some(REMEMBERED), ctx.state().settings.tls));
    } else {
        ctx.remove_cookie(names::ELDER);
    }
    let back = Some(ctx.query("back")).filter(|back| local(back)).unwrap_or("/").to_owned();
    see_other(&back)
}
