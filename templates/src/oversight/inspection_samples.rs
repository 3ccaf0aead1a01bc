//! Sheets for the gallery and the tests.

use super::acts::{ActForm, Control, Kind};
use super::inspection::{InspectionList, InspectionSheet, Section};
use crate::components::{Cell, Choice, Column, Errors, Link, Moment, Notice, Paging, Row, SummaryRow, Table, Tag, TimelineItem, Tone};
use crate::desk::{AsOf, Form};
use crate::{NavItem, Shell};

const AT: &str = "/oversight/inspections/5f0e9c1a-7d34-4b7e-9a55-3c2f10d6a001";

fn sheet(path: &str, title: &str) -> InspectionSheet {
    InspectionSheet {
        shell: Shell::sample_desk(path),
        crumbs: vec![Link::new("/oversight/inspections", "明察暗访")],
        title: title.into(),
        number: "效查〔2026〕7号".into(),
        state: Some(Tag::new("检查中", Tone::Info)),
        notices: Vec::new(),
        facts: vec![SummaryRow::new("方式", "暗访"), SummaryRow::new("频次", "一次，2026年5月6日至2026年5月15日")],
        sections: Vec::new(),
        acts: Vec::new(),
        narrow: false,
    }
}

pub(super) fn list() -> InspectionList {
    let row = |number: &str, tag: &str, tone| {
        Row::new(vec![
            Cell::link(AT, number).note("窗口工作作风"),
            Cell::text("明察"),
            Cell::text("每月").note("2026年5月1日至2026年12月31日"),
            Cell::tag(tag, tone),
            Cell::text("4"),
            Cell::text("2"),
        ])
    };
    InspectionList {
        shell: Shell::sample_desk("/oversight/inspections"),
        title: "明察暗访".into(),
        lead: "按制定时间排列，最近的在前。".into(),
        links: vec![Link::new("/oversight/inspections/new", "制定检查计划")],
        tabs: vec![NavItem::new("/oversight/inspections", "全部", true)],
        groups: vec![(
            "2026年5月".into(),
            Table {
                caption: "2026年5月的检查计划".into(),
                caption_hidden: true,
                columns: vec![
                    Column::text("计划"),
                    Column::text("方式"),
                    Column::text("频次与期间"),
                    Column::text("状态"),
                    Column::figures("到访次数"),
                    Column::figures("问题条数"),
                ],
                rows: vec![row("效查〔2026〕7号", "检查中", Tone::Info), row("效查〔2026〕6号", "漏查 1 期", Tone::Bad)],
                empty: String::new(),
                stacked: true,
            },
        )],
        empty: "还没有检查计划。".into(),
        paging: Paging { summary: "本页 2 份".into(), ..Paging::default() },
        as_of: AsOf::sample(),
    }
}

pub(super) fn check() -> InspectionSheet {
    let drop = ActForm {
        form: Form::sample("drop-1", &format!("{AT}/drop")),
        title: "不予认定".into(),
        fields: vec![Control::new(Kind::Hidden, "number", "", "1"), Control::new(Kind::Lines, "reason", "理由", "").hint("最多 1000 字。")],
        button: "不予认定".into(),
        kind: "danger".into(),
        ..ActForm::default()
    };
    InspectionSheet {
        notices: vec![Notice::new(Tone::Warn, "这是暗访", &["检查结束前，除检查组和批准人外，任何人查不到这份计划。"])],
        sections: vec![
            Section {
                title: "第 1 条问题：脱岗".into(),
                tag: Some(Tag::new("待认定", Tone::Warn)),
                facts: vec![SummaryRow::new("单位", "市城市管理局"), SummaryRow::new("情况", "窗口无人值守")],
                photos: vec![Link::new(&format!("{AT}/photo/9b5c"), "第 1 张照片，178 KB")],
                acts: vec![drop],
                ..Section::default()
            },
            Section {
                title: "经过".into(),
                timeline: vec![TimelineItem {
                    at: Moment::new("2026-05-06T10:00:00+08:00", "2026年5月6日 10:00"),
                    title: "制定计划".into(),
                    by: "效能督查员甲".into(),
                    ..TimelineItem::default()
                }],
                ..Section::default()
            },
        ],
        acts: vec![ActForm {
            form: Form::sample("done", &format!("{AT}/done")),
            title: "结束检查".into(),
            hint: "结束后公开全部内容。".into(),
            button: "结束检查".into(),
            ..ActForm::default()
        }],
        ..sheet(AT, "窗口工作作风")
    }
}

pub(super) fn plan() -> InspectionSheet {
    let choices = vec![Choice::new("open", "明察").hint("提前通知"), Choice::new("covert", "暗访").hint("不打招呼")];
    InspectionSheet {
        number: String::new(),
        state: None,
        facts: Vec::new(),
        acts: vec![ActForm {
            form: Form::sample("", "/oversight/inspections/new")
                .with(Errors::one("team", "检查组至少要有 2 人，请再选").and("to", "日期不对")),
            fields: vec![
                Control::new(Kind::Text, "theme", "检查主题", "窗口<作风>"),
                Control::new(Kind::Radio, "mode", "方式", "").of(Choice::select(choices, "open")),
                Control::new(Kind::Select, "cadence", "频次", "").of(vec![Choice::new("once", "一次")]),
                Control::new(Kind::Day, "to", "结束日期", "2026-05-15"),
                Control::new(Kind::Boxes, "team", "检查组", "").of(vec![Choice::new("a", "甲"), Choice::new("b", "乙")]),
                Control::new(Kind::Number, "general", "抽取几个单位", "3"),
                Control::new(Kind::Lines, "units", "检查单位", ""),
            ],
            button: "提交批准".into(),
            ..ActForm::default()
        }],
        ..sheet("/oversight/inspections/new", "制定检查计划")
    }
}

pub(super) fn visit() -> InspectionSheet {
    InspectionSheet {
        narrow: true,
        notices: vec![Notice::new(Tone::Warn, "", &["今年已到访这个单位 4 次。"])],
        acts: vec![ActForm {
            form: Form::sample("finding", &format!("{AT}/visit/0101")),
            title: "记录问题".into(),
            fields: vec![
                Control::new(Kind::Radio, "code", "哪一类问题", "")
                    .of(vec![Choice::new("absent", "脱岗"), Choice::new("rude", "态度生硬")]),
                Control::new(Kind::Moment, "at", "时间", "2026-05-06T10:05"),
                Control::new(Kind::Photo, "photo", "照片（选填）", "").hint("JPG 或 PNG，不超过 5 MB。"),
            ],
            button: "签名并提交".into(),
            files: true,
            ..ActForm::default()
        }],
        ..sheet(&format!("{AT}/visit/0101"), "市城市管理局")
    }
}

pub(super) fn draw() -> InspectionSheet {
    InspectionSheet {
        sections: vec![Section {
            title: "怎样核验".into(),
            lines: vec!["下载数据，用任何一台装有 Python 的电脑重算。".into()],
            exact: "python3 replay_draw.py draw.json".into(),
            links: vec![Link::new("/oversight/draws/5f0e.json", "下载抽取数据（JSON）")],
            table: Some(Table {
                caption: "抽取结果".into(),
                columns: vec![Column::text("单位"), Column::text("检查人员")],
                rows: vec![Row::new(vec![Cell::text("市城市管理局"), Cell::text("甲、乙")])],
                stacked: true,
                ..Table::default()
            }),
            ..Section::default()
        }],
        ..sheet("/oversight/draws/5f0e", "双随机抽取")
    }
}

pub(super) fn rectification() -> InspectionSheet {
    InspectionSheet {
        number: "效整〔2026〕2号".into(),
        facts: vec![
            SummaryRow::new("整改项目", "建立窗口 AB 岗"),
            SummaryRow::new("责任人", "陈建国"),
            SummaryRow::new("期限", "2026年7月5日（周日）24:00"),
        ],
        acts: vec![ActForm {
            form: Form::sample("accept", "/oversight/rectifications/5f0e/accept"),
            title: "验收".into(),
            fields: vec![Control::new(Kind::Lines, "words", "验收情况", "")],
            button: "验收销号".into(),
            ..ActForm::default()
        }],
        ..sheet("/oversight/rectifications/5f0e", "整改")
    }
}
