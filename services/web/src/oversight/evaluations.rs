//! What the public and the bodies read of a public evaluation: `/evaluation`, `/desk/opinions`.

use application::access::campaign::booklet;
use domain::campaign::results::{BodyResult, results, suppressed};
use domain::campaign::{Campaign, CampaignId, GRADES, Stage};
use projections::StreamRow;
use templates::components::{Cell, Column, Link, Paging, Row, SummaryRow, Table};
use templates::oversight::{Booklet, Booklets, Evaluation, Evaluations};

use super::campaigns::{bodies, facts, groups_table, id, period, plan_words, stage_tag};
use super::results;
use crate::ctx::Ctx;
use crate::error::{Reply, page};
use crate::{shell, words};

/// Campaigns looked through; there is about one in a year.
const ROWS: usize = 50;
const FEW: &str = "少于 5";

fn table(empty: &str) -> Table {
    Table {
        caption: "公众评议".to_owned(),
        caption_hidden: true,
        columns: vec![Column::text("评议"), Column::text("阶段"), Column::text("评议期"), Column::figures("评议对象（个）")],
        rows: Vec::new(),
        empty: empty.to_owned(),
        stacked: true,
    }
}

fn row(href: &str, title: &str, state: &Campaign) -> Row {
    Row::new(vec![
        Cell::link(href, title),
        Cell { tag: Some(stage_tag(state.stage)), ..Cell::default() },
        Cell::text(period(&state.plan)),
        Cell::text(state.plan.bodies.len()),
    ])
}

/// `GET /evaluation`
pub(crate) async fn list(ctx: Ctx) -> Reply {
    let rows: Vec<StreamRow<Campaign>> = ctx.app().projections.views().streams(None, ROWS)?;
    let mut table = table("还没有公示的公众评议。");
    for found in rows.iter().filter(|row| row.state.stage >= Stage::Locked) {
        let Some(id) = CampaignId::from_stream(&found.name) else { continue };
        let opened = ctx.app().public_campaign(id).await?;
        table.rows.push(row(&format!("/evaluation/{}", id.0), &plan_words(&opened.state).title, &opened.state));
    }
    page(&Evaluations { shell: shell::of(&ctx), table })
}

/// `GET /evaluation/{id}`
pub(crate) async fn get(ctx: Ctx) -> Reply {
    let (id, reference) = (id(&ctx)?, ctx.app().reference());
    let state = ctx.app().public_campaign(id).await?.state;
    let published = state.stage == Stage::Published;
    let mut groups = groups_table(&state, None);
    if published {
        groups.columns.extend(["已发评议码", "已回收", "回收率（%）"].map(Column::figures));
        for (row, of) in groups.rows.iter_mut().zip(&state.plan.groups) {
            let tally = state.tally(of.group);
            let (invited, used) = tally.map_or((0, 0), |tally| (tally.invited, tally.used));
            row.cells.extend([words::count(invited), words::count(used), words::percent(used, invited)].map(Cell::text));
        }
    }
    page(&Evaluation {
        shell: shell::of(&ctx),
        title: plan_words(&state).title,
        state: stage_tag(state.stage),
        facts: facts(&state),
        groups,
        bodies: bodies(&reference, &state),
        open: state.takes_ballots(ctx.app().now()).is_ok(),
        results: published.then(|| results::of(&reference, &state)),
    })
}

/// `GET /desk/opinions`
pub(crate) async fn booklets(ctx: Ctx) -> Reply {
    let actor = ctx.actor()?;
    let rows: Vec<StreamRow<Campaign>> = ctx.app().projections.views().streams(None, ROWS)?;
    let mut table = table("还没有计票的公众评议涉及本单位。");
    for found in rows.iter().filter(|row| booklet(&actor, &row.state).is_some()) {
        let Some(id) = CampaignId::from_stream(&found.name) else { continue };
        let (opened, _) = ctx.app().booklet(&actor, id).await?;
        table.rows.push(row(&format!("/desk/opinions/{}", id.0), &plan_words(&opened.state).title, &opened.state));
    }
    page(&Booklets { shell: shell::of(&ctx), table })
}

/// `GET /desk/opinions/{id}`: the own unit's results and opinions; also for print.
pub(crate) async fn booklet_page(ctx: Ctx) -> Reply {
    let (id, actor, reference) = (id(&ctx)?, ctx.actor()?, ctx.app().reference());
    let (opened, place) = ctx.app().booklet(&actor, id).await?;
    let state = &opened.state;
    let all = results(state);
    let Some(body) = all.iter().find(|body| state.plan.bodies.get(place) == Some(&body.body)) else {
        return Err(crate::error::Fault::NotFound);
    };
    let tally = state.closed.as_ref().and_then(|closed| closed.opinions.iter().find(|tally| tally.body == place));
    // Words of a handful of raters would tell who they are.
    let enough = body.known.0 >= domain::campaign::SUPPRESS_BELOW;
    let batches = if enough { tally.map_or(0, |tally| tally.batches) } else { 0 };
    let batch = ctx.query("page").parse::<u32>().unwrap_or(0).min(batches.saturating_sub(1));
    let opinions = if batches > 0 { ctx.app().opinions(&actor, id, batch).await? } else { Vec::new() };
    let link = |batch: u32| format!("/desk/opinions/{}?page={batch}", id.0);
    let pages = Paging {
        prev: batch.checked_sub(1).map(link),
        next: (batch + 1 < batches).then(|| link(batch + 1)),
        summary: if batches > 1 { format!("第 {} 页，共 {batches} 页", batch + 1) } else { String::new() },
    };
    page(&Booklet {
        shell: shell::of(&ctx),
        crumbs: vec![Link::new("/desk/opinions", "评议意见")],
        title: plan_words(state).title,
        unit: words::unit(&reference, &body.body),
        facts: own(&all, body),
        groups: grades(body),
        notes: vec![
            "意见是评议人的原话，只隐去人名、电话、证件号、车牌和邮箱。请勿打听、猜测是谁写的。".to_owned(),
            "少于 5 张票的格子不显示；只有一个格子不到 5 张的，另隐去一格，防止倒推。".to_owned(),
        ],
        opinions,
        empty: if enough {
            "没有收到文字意见。"
        } else {
            "评价过本单位的不到 5 人，文字意见不反馈，以免认出评议人。"
        }
        .to_owned(),
        pages,
    })
}

fn own(all: &[BodyResult], body: &BodyResult) -> Vec<SummaryRow> {
    let Some(score) = body.score else {
        return vec![SummaryRow::new("得分", "有效票不足，没有得分")];
    };
    vec![
        SummaryRow::new("得分", &format!("{}（95% 区间 {}）", score.printed(), results::interval(body))),
        SummaryRow::new("名次", &format!("{}，共 {} 个单位", results::rank(all, body), all.len())),
        SummaryRow::new("计入的有效票", &format!("{} 张", words::count(body.n))),
        SummaryRow::new("满意率", &format!("{}%", words::percent(body.satisfied, body.n))),
    ]
}

fn grades(body: &BodyResult) -> Table {
    let mut columns = vec![Column::text("评议主体"), Column::figures("有效票（张）")];
    columns.extend(GRADES.map(Column::figures));
    let row = |group: &domain::campaign::results::GroupResult| {
        let few = group.n < domain::campaign::SUPPRESS_BELOW;
        let mut cells = vec![Cell::text(group.group.label())];
        cells.push(Cell::text(if few { FEW.to_owned() } else { words::count(group.n) }));
        if few {
            cells.extend(GRADES.map(|_| Cell::text(FEW)));
        } else {
            cells.extend(suppressed(&group.grades).into_iter().map(|n| Cell::text(n.map_or_else(|| "不显示".to_owned(), words::count))));
        }
        Row::new(cells)
    };
    Table {
        caption: "各评议主体的评价".to_owned(),
        caption_hidden: true,
        columns,
        rows: body.groups.iter().map(row).collect(),
        empty: "没有评议主体。".to_owned(),
        stacked: true,
    }
}
