//! The draw: what was drawn from, what was committed to, what came out, and how anybody draws again.

use actix_web::HttpResponse;
use domain::draw::DrawState;
use domain::ids::AccountId;
use projections::Reference;
use templates::components::{Cell, Column, Link, Row, SummaryRow, Table, Tag, Tone};
use templates::oversight::{InspectionSheet, Section};

use super::super::parts::id;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, page};
use crate::{shell, words};

/// Units of a register on the page; the file holds all.
const UNITS: usize = 300;

fn names(reference: &Reference, accounts: &[AccountId]) -> String {
    accounts.iter().map(|one| words::account(reference, *one)).collect::<Vec<_>>().join("、")
}

pub(crate) async fn get(ctx: Ctx) -> Reply {
    let id = id(&ctx)?;
    let opened = ctx.app().open_draw(&ctx.actor()?, id).await?;
    let reference = ctx.app().reference();
    let draw = &opened.state;
    let check = format!("/oversight/inspections/{}", draw.committed.inspection);
    let mut facts = vec![
        SummaryRow::new("登记时间", &words::moment(draw.at).text),
        SummaryRow::new("种子的校验值（抽取前登记）", &draw.committed.commitment),
        SummaryRow::new("名册的校验值（抽取前登记）", &draw.committed.registers_hash),
        SummaryRow::new("算法", &draw.committed.algorithm),
    ];
    if let Some((at, revealed)) = &draw.revealed {
        facts.extend([
            SummaryRow::new("抽取时间", &words::moment(*at).text),
            SummaryRow::new("现场号码", &revealed.word),
            SummaryRow::new("种子", revealed.seed.known().map_or("（未授权查看）", String::as_str)),
        ]);
    }
    let mut sections = Vec::new();
    if let Some(result) = draw.revealed.as_ref().and_then(|(_, revealed)| revealed.result.known()) {
        let rows = result.iter().map(|one| {
            Row::new(vec![
                Cell::text(words::unit(&reference, &one.unit)).note(one.unit.as_str()),
                Cell::text(names(&reference, &one.inspectors)),
            ])
        });
        sections.push(part("抽取结果", vec![Column::text("单位"), Column::text("检查人员")], rows.collect()));
    }
    if let Some(registers) = draw.committed.registers.known() {
        for stratum in &registers.strata {
            let title = format!("{}名册：{} 个单位中抽 {} 个", stratum.label, stratum.units.len(), stratum.take);
            let rows = stratum.units.iter().take(UNITS);
            let rows = rows.map(|unit| Row::new(vec![Cell::text(words::unit(&reference, unit)), Cell::text(unit)]));
            sections.push(Section { folded: true, ..part(&title, vec![Column::text("单位"), Column::text("代码")], rows.collect()) });
        }
        let recused = |account: &AccountId| {
            let units = registers.recusals.iter().filter(|(one, _)| one == account);
            units.map(|(_, unit)| words::unit(&reference, unit)).collect::<Vec<_>>().join("、")
        };
        let rows = registers.inspectors.iter();
        let rows = rows.map(|account| Row::new(vec![Cell::text(words::account(&reference, *account)), Cell::text(recused(account))]));
        let title = format!("检查人员名册：每个单位抽 {} 人", registers.per_unit);
        sections
            .push(Section { folded: true, ..part(&title, vec![Column::text("姓名"), Column::text("回避的单位")], rows.collect()) });
    }
    sections.push(Section {
        title: "怎样核验".to_owned(),
        lines: vec![
            "名册和种子的校验值在抽取之前登记，种子和现场号码在抽取时公布。每个条目按“种子、现场号码、名册名、条目”的 SHA-256 从小到大排列，取前几个，谁来算都一样。".to_owned(),
            "下载数据文件，用安装包 ops/scripts 里的 replay_draw.py（30 行，只用 Python 标准库）重算；算法的完整说明在 ops/docs/draw.md。".to_owned(),
        ],
        exact: format!("python3 replay_draw.py {id}.json"),
        links: vec![Link::new(&format!("/oversight/draws/{id}.json"), "下载抽取数据（JSON）")],
        ..Section::default()
    });
    let state = if draw.revealed.is_some() { Tag::new("已抽取", Tone::Good) } else { Tag::new("已登记，待抽取", Tone::Warn) };
    page(&InspectionSheet {
        shell: shell::of(&ctx),
        crumbs: vec![Link::new("/oversight/inspections", "明察暗访"), Link::new(&check, "检查计划")],
        title: "双随机抽取".to_owned(),
        number: String::new(),
        state: Some(state),
        notices: Vec::new(),
        facts,
        sections,
        acts: Vec::new(),
        narrow: false,
    })
}

fn part(title: &str, columns: Vec<Column>, rows: Vec<Row>) -> Section {
    let table = Table { caption: title.to_owned(), caption_hidden: true, columns, rows, empty: "没有。".to_owned(), stacked: false };
    Section { title: title.to_owned(), table: Some(table), ..Section::default() }
}

/// What a replay needs and nothing else.
fn exported(draw: &DrawState) -> serde_json::Value {
    let revealed = draw.revealed.as_ref().map(|(_, revealed)| revealed);
    serde_json::json!({
        "algorithm": draw.committed.algorithm,
        "commitment": draw.committed.commitment,
        "registers_hash": draw.committed.registers_hash,
        "registers": draw.committed.registers.known(),
        "seed": revealed.and_then(|one| one.seed.known()),
        "word": revealed.map(|one| &one.word),
        "result": revealed.and_then(|one| one.result.known()),
    })
}

pub(crate) async fn json(ctx: Ctx) -> Reply {
    let id = id(&ctx)?;
    let opened = ctx.app().open_draw(&ctx.actor()?, id).await?;
    let text = serde_json::to_string_pretty(&exported(&opened.state)).map_err(|error| Fault::Internal(error.to_string()))?;
    let file = format!("attachment; filename=\"{id}.json\"");
    Ok(HttpResponse::Ok().content_type("application/json; charset=utf-8").insert_header(("Content-Disposition", file)).body(text))
}
