//! `/desk/investigations`: what a unit sees of a complaint about it, which is the recommendation alone.

use application::Meta;
use application::investigations::Command;
use domain::ids::InvestigationId;
use templates::components::{Cell, Choice, Column, Errors, Link, Paging, Row, SummaryRow, Table, Tag, Tone};
use templates::oversight::{ActForm, Control, Kind, Recommendation, Recommendations, Record};
use uuid::Uuid;

use super::super::acts::Typed;
use super::super::parts::fields;
use super::{act, id_of, say};
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, html, invalid, page, see_other};
use crate::form::Form;
use crate::{shell, words};

/// Rows of a page.
const ROWS: usize = 50;
const LIST: &str = "/desk/investigations";

/// `GET /desk/investigations`
pub(crate) async fn list(ctx: Ctx) -> Reply {
    let before: Option<i64> = ctx.query("before").parse().ok();
    let mut rows = match &ctx.staff()?.staff.unit {
        Some(unit) => ctx.app().projections.views().recommendations(unit, before, ROWS + 1)?,
        None => Vec::new(),
    };
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let row = |row: &projections::StreamRow<domain::investigation::Investigation>| {
        let one = row.state.recommendation.as_ref()?;
        let id = row.name.split_once('-').map_or("", |(_, id)| id);
        let answer = match one.adopted {
            None => Tag::new("待答复", Tone::Warn),
            Some(true) => Tag::new("已采纳", Tone::Good),
            Some(false) => Tag::new("不采纳", Tone::Neutral),
        };
        Some(Row::new(vec![
            Cell::link(&format!("{LIST}/{id}"), say::number(row)),
            Cell::text(one.finding.label()),
            Cell::text(one.advice.iter().map(|advice| advice.label()).collect::<Vec<_>>().join("、")),
            Cell::time(words::moment(one.since)),
            Cell { tag: Some(answer), ..Cell::default() },
        ]))
    };
    page(&Recommendations {
        shell: shell::of(&ctx),
        paging: Paging {
            prev: before.map(|_| LIST.to_owned()),
            next: rows.last().filter(|_| more).map(|row| format!("{LIST}?before={}", row.key)),
            summary: format!("本页 {} 件，新的在前", rows.len()),
        },
        table: Table {
            caption: "效能建议".to_owned(),
            caption_hidden: true,
            columns: ["编号", "调查结果", "建议", "发出", "答复"].map(Column::text).to_vec(),
            rows: rows.iter().filter_map(row).collect(),
            empty: "没有给本单位的效能建议。".to_owned(),
            stacked: true,
        },
    })
}

/// `GET /desk/investigations/{id}`
pub(crate) async fn get(ctx: Ctx) -> Reply {
    let id = id_of(&ctx)?;
    page(&build(&ctx, id, &Typed::kept(&ctx)).await?)
}

async fn build(ctx: &Ctx, id: InvestigationId, typed: &Typed) -> Result<Recommendation, Fault> {
    let opened = ctx.app().open_recommendation(&ctx.actor()?, id).await?;
    let row = ctx.app().projections.views().stream(&id.stream())?.ok_or(Fault::NotFound)?;
    let now = ctx.app().now();
    let path = format!("{LIST}/{}", id.0);
    let advice: Vec<&str> = opened.advice.iter().map(|one| one.label()).collect();
    let choices = vec![Choice::new("yes", "采纳"), Choice::new("no", "不采纳")];
    let form = ActForm {
        form: fields(ctx, "", &path, None),
        title: "答复是否采纳".to_owned(),
        button: "提交答复".to_owned(),
        fields: vec![
            Control::new(Kind::Radio, "adopted", "是否采纳", "").of(choices),
            Control::new(Kind::Lines, "words", "怎样落实，或者不采纳的理由", "").hint("最多 4000 字。"),
        ],
        ..ActForm::default()
    };
    let act = opened.answer.is_none().then(|| typed.fill(form));
    Ok(Recommendation {
        shell: shell::of(ctx),
        crumbs: vec![Link::new(LIST, "效能建议")],
        number: say::number(&row),
        notice: typed.notice(&act),
        facts: vec![
            SummaryRow::new("调查结果", opened.finding.label()),
            SummaryRow::new("建议", &advice.join("、")),
            SummaryRow::new("发出", &words::moment(opened.since).text),
        ],
        lines: words::lines(&opened.words),
        countdown: opened.due.map(|due| words::countdown(due, None, false, now)),
        answer: opened.answer.map(|(adopted, text, at)| Record {
            title: (if adopted { "采纳" } else { "不采纳" }).to_owned(),
            at: words::moment(at),
            by: String::new(),
            lines: words::lines(&text),
        }),
        act,
    })
}

/// `POST /desk/investigations/{id}`
pub(crate) async fn post(ctx: Ctx, form: Form) -> Reply {
    let id = id_of(&ctx)?;
    let adopted = match form.get("adopted") {
        "yes" => true,
        "no" => false,
        _ => {
            let errors = Errors::one("adopted", "请选择是否采纳");
            return invalid(&build(&ctx, id, &Typed::sent(&ctx, form, errors)).await?);
        }
    };
    let meta = ctx.meta(&form)?;
    let meta = Meta { command: Uuid::new_v5(&meta.command, id.0.as_bytes()), ..meta };
    match ctx.app().on_investigation(&meta, id, &Command::Adopt(adopted, form.get("words").to_owned())).await {
        Ok(done) => {
            ctx.seen(done.seq).await;
            ctx.flash(true, "已提交给效能办。");
            see_other(&format!("{LIST}/{}", id.0))
        }
        Err(error) => {
            let (answer, errors) = act::refused(&ctx, &format!("{LIST}/{}", id.0), &form, error)?;
            Ok(html(answer, &build(&ctx, id, &Typed::sent(&ctx, form, errors)).await?))
        }
    }
}
