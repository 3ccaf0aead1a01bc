//! Samples of the pages of supervision orders.

use super::acts::{ActForm, Control, Kind};
use super::papers::{OrderPrint, Paper, PaperNew, Papers};
use crate::components::{Cell, Choice, Column, Errors, Link, Moment, Paging, Row, SummaryRow, Table, Tag, TimelineItem, Tone};
use crate::desk::{AsOf, Form};
use crate::shell::{NavItem, Shell};

const PAGE: &str = "/oversight/orders/5c0e8f0e-6f0d-5b7e-9a55-0d4f6c1b2a33";

fn list() -> Papers {
    let tab = |code: &str, text: &str| NavItem::new(&format!("/oversight/orders?tab={code}"), text, code == "open");
    Papers {
        shell: Shell::sample_desk("/oversight/orders"),
        title: "督办单".into(),
        lead: "效能办发给单位、限期反馈的督办单。".into(),
        new: Some(Link::new("/oversight/orders/new", "发督办单")),
        export: None,
        tabs: vec![tab("open", "待反馈"), tab("overdue", "已逾期"), tab("answered", "待审核"), tab("all", "全部")],
        tab: "open".into(),
        base: "/oversight/orders".into(),
        units: vec![Choice::new("339901", "市城市管理局")],
        filtered: false,
        table: Table {
            caption: "督办单".into(),
            caption_hidden: true,
            columns: ["编号", "单位", "依据", "状态", "反馈期限"].map(Column::text).to_vec(),
            rows: vec![Row {
                cells: vec![
                    Cell::link(PAGE, "效督〔2026〕3号").note("橙色（警示，责令限期办结）"),
                    Cell::text("市城市管理局"),
                    Cell::text("诉求件 3K7Q-29XD-MA6"),
                    Cell::tag("待反馈", Tone::Info),
                    Cell::time(Moment::new("2026-05-20T00:00:00+08:00", "2026年5月19日（周二）24:00")).note("剩 3 天"),
                ],
                tone: Tone::Neutral,
            }],
            empty: "这里没有督办单。".into(),
            stacked: true,
        },
        paging: Paging { summary: "本页 1 件".into(), ..Paging::default() },
        as_of: AsOf::sample(),
    }
}

fn order() -> Paper {
    let form = |action: &str, title: &str, fields: Vec<Control>| ActForm {
        form: Form::sample(action, &format!("{PAGE}/{action}")),
        title: title.into(),
        hint: String::new(),
        fields,
        button: title.into(),
        kind: String::new(),
        files: false,
    };
    Paper {
        shell: Shell::sample_desk(PAGE),
        crumbs: vec![Link::new("/oversight/orders", "督办单")],
        title: "督办单 效督〔2026〕3号".into(),
        tags: vec![Tag::new("待审核", Tone::Warn)],
        notice: None,
        texts: vec![("督办要求".into(), vec!["请于五个工作日内办结并报告超期原因。".into()])],
        facts: vec![SummaryRow::new("单位", "市城市管理局"), SummaryRow::new("反馈期限", "2026年5月19日（周二）24:00")],
        links: vec![Link::new("/desk/case/3K7Q29XDMA6", "诉求件 3K7Q-29XD-MA6"), Link::new(&format!("{PAGE}/print"), "打印")],
        tables: Vec::new(),
        timeline: vec![TimelineItem {
            at: Moment::new("2026-05-13T10:00:00+08:00", "2026年5月13日 10:00"),
            title: "签发督办单".into(),
            by: "市热线办 周敏".into(),
            lines: Vec::new(),
            tone: Tone::Info,
        }],
        acts: vec![
            form("accept", "同意，办结销号", vec![Control::new(Kind::Lines, "words", "审核意见", "")]),
            form(
                "return",
                "退回重新反馈",
                vec![Control::new(Kind::Lines, "reason", "退回理由", ""), Control::new(Kind::Text, "days", "几个工作日内再反馈", "2")],
            ),
        ],
        waiting: String::new(),
    }
}

fn new() -> PaperNew {
    let colours = ["blue", "orange", "red"].iter().zip(["蓝色（提醒）", "橙色（警示，责令限期办结）", "红色（严重警示）"]);
    PaperNew {
        shell: Shell::sample_desk("/oversight/orders/new"),
        crumbs: vec![Link::new("/oversight/orders", "督办单")],
        facts: vec![SummaryRow::new("依据", "诉求件 3K7Q-29XD-MA6")],
        hidden: vec![("case".into(), "3K7Q29XDMA6".into())],
        act: ActForm {
            form: Form::sample("", "/oversight/orders/new"),
            title: "发督办单".into(),
            hint: "签发后单位可以看到全文，并计入考核。".into(),
            fields: vec![
                Control::new(Kind::Text, "unit", "单位", "市城市管理局").hint("填写全称或单位编码"),
                Control::select("colour", "颜色", colours.map(|(code, label)| Choice::new(code, label)).collect(), "blue"),
                Control::new(Kind::Lines, "requirement", "督办要求", ""),
                Control::new(Kind::Text, "days", "几个工作日内反馈", "5"),
            ],
            button: "签发".into(),
            kind: "warm".into(),
            files: false,
        },
    }
}

fn print() -> OrderPrint {
    OrderPrint {
        shell: Shell::sample_desk(&format!("{PAGE}/print")),
        crumbs: vec![Link::new("/oversight/orders", "督办单"), Link::new(PAGE, "效督〔2026〕3号")],
        organiser: "清源市人民政府办公室".into(),
        number: "效督〔2026〕3号".into(),
        colour: "橙色（警示，责令限期办结）".into(),
        unit: "市城市管理局".into(),
        requirement: vec!["请于五个工作日内办结并报告超期原因。".into()],
        due: "2026年5月19日（周二）24:00".into(),
        facts: vec![SummaryRow::new("依据", "诉求件 3K7Q-29XD-MA6")],
        issuer: "市热线办 周敏".into(),
        date: "2026年5月13日".into(),
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let mut empty = list();
    empty.table.rows.clear();
    empty.new = None;
    empty.filtered = true;
    let mut wrong = order();
    if let Some(act) = wrong.acts.first_mut() {
        act.form.errors = Errors::one("words", "请填写审核意见");
    }
    let done = Paper { acts: Vec::new(), waiting: "这件督办单已经办结。".into(), ..order() };
    let mut faulty = new();
    faulty.act.form.errors = Errors::one("requirement", "请填写督办要求");
    vec![
        ("oversight-orders", crate::html(&list())),
        ("oversight-orders-empty", crate::html(&empty)),
        ("oversight-order", crate::html(&order())),
        ("oversight-order-error", crate::html(&wrong)),
        ("oversight-order-done", crate::html(&done)),
        ("oversight-order-new", crate::html(&new())),
        ("oversight-order-new-error", crate::html(&faulty)),
        ("oversight-order-print", crate::html(&print())),
    ]
}
