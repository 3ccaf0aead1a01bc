//! The working calendar: which years are published, the import of a notice, the city's own days and hours.

use application::Error;
use chrono::{Datelike, NaiveDate};
use domain::calendar::{Calendar, DayKind, Overlay};
use domain::rulebook::RuleEvent;
use domain::rulebook::parse::Problem;
use domain::time::legal_day;
use templates::Flash;
use templates::admin::{CalendarPage, CalendarYear, Overlay as OverlayRow};
use templates::components::{Errors, Tag, Tone};

use super::{fields, kept, text};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

/// Cases that are counted as still to be reckoned anew; beyond it the page says "more than".
const COUNTED: usize = 1_000;

/// A notice covers the year.
pub(crate) fn official(calendar: &Calendar, year: i32) -> bool {
    NaiveDate::from_ymd_opt(year, 7, 1).is_some_and(|day| !calendar.day(day).provisional)
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let form = kept(&ctx);
    page(&calendar_page(&ctx, Some(form.get("text")).filter(|text| !text.is_empty()), None, Errors::none(), Errors::none())?)
}

fn calendar_page(
    ctx: &Ctx,
    notice: Option<&str>,
    overlay: Option<&str>,
    notice_errors: Errors,
    overlay_errors: Errors,
) -> Result<CalendarPage, Fault> {
    let reference = ctx.app().reference();
    let calendar = reference.calendar();
    let this = legal_day(ctx.app().now()).year();
    let waiting = ctx.app().projections.views().open_with_other_calendar(calendar.version(), 0, COUNTED)?.len();
    Ok(CalendarPage {
        shell: shell::of(ctx),
        years: (this - 1..=this + 2).rev().map(|year| year_row(calendar, year)).collect(),
        notice_form: Some(fields(ctx, "notice", "/admin/calendar/notice").with(notice_errors)),
        notice_text: notice.unwrap_or_default().to_owned(),
        overlay_form: Some(fields(ctx, "overlay", "/admin/calendar/overlay").with(overlay_errors)),
        overlay_text: overlay.map_or_else(|| reference.calendars.city_text(), str::to_owned),
        overlays: reference.calendars.city().map(overlays).unwrap_or_default(),
        recomputed_note: match waiting {
            0 => format!("在走的时限都已按现行日历（{}）计算。", calendar.version()),
            COUNTED => format!("还有 {COUNTED} 件以上在办诉求正在按现行日历重算，几分钟内完成。"),
            n => format!("还有 {n} 件在办诉求正在按现行日历重算，几分钟内完成。"),
        },
    })
}

fn year_row(calendar: &Calendar, year: i32) -> CalendarYear {
    let days: Vec<_> = NaiveDate::from_ymd_opt(year, 1, 1)
        .into_iter()
        .flat_map(|first| first.iter_days().take_while(move |day| day.year() == year))
        .map(|day| calendar.day(day))
        .collect();
    let worked = days.iter().filter(|day| day.kind.is_workday()).count();
    let made_up: Vec<String> = days
        .iter()
        .filter(|day| day.kind == DayKind::MakeUpWorkday)
        .map(|day| format!("{}月{}日", day.date.month(), day.date.day()))
        .collect();
    let published = official(calendar, year);
    let (state, basis) = if published {
        (Tag::new("正式", Tone::Good), "放假安排通知")
    } else {
        (Tag::new("临时推算", Tone::Warn), "通知未导入，按《全国年节及纪念日放假办法》推算，不含调休")
    };
    let made_up = if made_up.is_empty() {
        "没有调休上班日".to_owned()
    } else {
        format!("含调休上班 {} 天：{}", made_up.len(), made_up.join("、"))
    };
    CalendarYear { year: year.to_string(), state, basis: basis.to_owned(), days: format!("{worked} 个工作日；{made_up}") }
}

fn overlays(city: &Overlay) -> Vec<OverlayRow> {
    let row = |days: String, kind: &str, name: String| OverlayRow { days, kind: kind.to_owned(), name };
    let closures = city.closures.iter().map(|one| {
        let days = one.to.filter(|to| *to != one.from).map_or_else(|| one.from.to_string(), |to| format!("{} 至 {to}", one.from));
        row(days, "本市放假", format!("{}（{}）", one.name, one.basis))
    });
    let workdays = city.workdays.iter().map(|one| row(one.date.to_string(), "本市上班", format!("{}（{}）", one.name, one.basis)));
    let seasons = city.seasons.iter().map(|one| {
        let sessions: Vec<String> = one.sessions.iter().map(ToString::to_string).collect();
        row(format!("每年 {} 至 {}", one.from, one.to), "办公时间", sessions.join("，"))
    });
    closures.chain(workdays).chain(seasons).collect()
}

/// All faults on the field that holds the text.
fn told(problems: &[Problem]) -> Errors {
    problems.iter().fold(Errors::none(), |errors, problem| errors.and("text", &problem.to_string()))
}

pub(crate) async fn import(ctx: Ctx, form: Form) -> Reply {
    let text = match text(&form) {
        Ok(text) => text,
        Err(errors) => return invalid(&calendar_page(&ctx, Some(form.get("text")), None, errors, Errors::none())?),
    };
    let refused = |problems: &[Problem]| invalid(&calendar_page(&ctx, Some(&text), None, told(problems), Errors::none())?);
    let events = match ctx.app().reference().calendars.notice(&text) {
        Ok(events) => events,
        Err(problems) => return refused(&problems),
    };
    let Some(year) = events.iter().find_map(year_of) else {
        ctx.flash(true, "这份通知已经导入过，日历没有变化");
        return see_other("/admin/calendar");
    };
    if form.get("do") == "check" {
        let mut shown = calendar_page(&ctx, Some(&text), None, Errors::none(), Errors::none())?;
        shown.shell.flash = Some(Flash {
            tone: Tone::Good,
            message: format!("检查通过：{year} 年的放假安排没有错误，还没有导入。请点“导入”"),
        });
        return page(&shown);
    }
    match ctx.app().import_notice(&ctx.meta(&form)?, &text).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, &format!("{year} 年放假安排已导入，在走的时限会自动重算并留下记录"));
            see_other("/admin/calendar")
        }
        Err(Error::Rules(problems)) => refused(&problems),
        Err(error) => Err(error.into()),
    }
}

fn year_of(event: &RuleEvent) -> Option<i32> {
    match event {
        RuleEvent::CalendarNoticed(noticed) => Some(noticed.year),
        _ => None,
    }
}

pub(crate) async fn overlay(ctx: Ctx, form: Form) -> Reply {
    let text = form.get("text");
    if text.trim().is_empty() {
        let errors = Errors::one("text", "请填写本市的安排；没有放假和作息安排时只写 name = \"市名\"");
        return invalid(&calendar_page(&ctx, None, Some(text), Errors::none(), errors)?);
    }
    match ctx.app().set_overlay(&ctx.meta(&form)?, text).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            let today = words::date(legal_day(ctx.app().now()));
            ctx.flash(
                true,
                &if done.events == 0 {
                    "没有变化，不用保存".to_owned()
                } else {
                    format!("本市的安排已于 {today} 保存，在走的时限会自动重算")
                },
            );
            see_other("/admin/calendar")
        }
        Err(Error::Rules(problems)) => invalid(&calendar_page(&ctx, None, Some(text), Errors::none(), told(&problems))?),
        Err(error) => Err(error.into()),
    }
}
