//! `/public`: the figures of a month with numerators, denominators, definitions and freshness.

use askama::Template;
use serde::{Deserialize, Serialize};

use crate::components::{BarChart, Cell, Change, Choice, Column, Errors, LineChart, Moment, Row, Table, Tile, Tone};
use crate::shell::{NavItem, Shell};

/// `/public`
#[derive(Debug, Template, Serialize, Deserialize)]
#[template(path = "public/figures.html")]
pub struct Figures {
    /// Context.
    #[serde(skip)]
    pub shell: Shell,
    /// Period in words.
    pub period: String,
    /// How fresh the figures are.
    pub fresh: Moment,
    /// How often they are renewed, in words.
    pub refreshed: String,
    /// Tabs, see [`super::tabs`].
    pub tabs: Vec<NavItem>,
    /// Months to choose from (GET field `month`).
    pub months: Vec<Choice>,
    /// Errors of the choice.
    #[serde(skip)]
    pub errors: Errors,
    /// Figures; empty when there is nothing in the period.
    pub tiles: Vec<Tile>,
    /// Trend of the rates.
    pub trend: LineChart,
    /// Received by class.
    pub by_class: BarChart,
    /// By place.
    pub places: Table,
    /// By unit.
    pub units: Table,
    /// How units may be compared.
    pub unit_note: String,
    /// Definitions: name and text.
    pub definitions: Vec<(String, String)>,
}

/// A row of the place table.
#[derive(Debug, Clone, Default)]
pub struct PlaceRow {
    /// Place.
    pub name: String,
    /// Cases of the place.
    pub href: String,
    /// Received.
    pub received: String,
    /// Answered.
    pub answered: String,
    /// Rate answered in time, with unit.
    pub in_time: String,
}

/// A row of the unit table.
#[derive(Debug, Clone, Default)]
pub struct UnitRow {
    /// Unit.
    pub name: String,
    /// Cases of the unit.
    pub href: String,
    /// Cases due in the period.
    pub due: String,
    /// Rate answered in time, or counts when there are too few.
    pub in_time: String,
    /// Interval or reason for counts only.
    pub in_time_note: String,
    /// Solved.
    pub solved: String,
    /// Satisfied.
    pub satisfied: String,
    /// Overdue.
    pub overdue: String,
}

/// Places as a table.
#[must_use]
pub fn place_table(rows: Vec<PlaceRow>) -> Table {
    let row = |place: PlaceRow| {
        Row::new(vec![
            Cell::link(&place.href, place.name),
            Cell::text(place.received),
            Cell::text(place.answered),
            Cell::text(place.in_time),
        ])
    };
    Table {
        caption: "按区县".into(),
        caption_hidden: true,
        columns: vec![Column::text("区县"), Column::figures("收到（件）"), Column::figures("已答复（件）"), Column::figures("按时答复率")],
        rows: rows.into_iter().map(row).collect(),
        empty: "这个月没有分区县的数据。".into(),
        stacked: true,
    }
}

/// Units as a table.
#[must_use]
pub fn unit_table(rows: Vec<UnitRow>) -> Table {
    let row = |unit: UnitRow| {
        Row::new(vec![
            Cell::link(&unit.href, unit.name),
            Cell::text(unit.due),
            Cell::text(unit.in_time).note(&unit.in_time_note),
            Cell::text(unit.solved),
            Cell::text(unit.satisfied),
            Cell::text(unit.overdue),
        ])
    };
    Table {
        caption: "按承办单位".into(),
        caption_hidden: true,
        columns: vec![
            Column::text("承办单位"),
            Column::figures("到期（件）"),
            Column::figures("按时答复率"),
            Column::figures("解决率"),
            Column::figures("满意率"),
            Column::figures("超期（件）"),
        ],
        rows: rows.into_iter().map(row).collect(),
        empty: "这个月没有分单位的数据。".into(),
        stacked: true,
    }
}

impl Figures {
    /// A month with figures.
    #[must_use]
    pub fn sample() -> Self {
        let tile = |name: &str, value: &str, unit: &str, detail: &str, change: &str, tone: Tone| Tile {
            name: name.into(),
            value: value.into(),
            unit: unit.into(),
            detail: detail.into(),
            change: (!change.is_empty()).then(|| Change { text: change.into(), tone }),
            ..Tile::default()
        };
        let place = |name: &str, received: &str, answered: &str, in_time: &str| PlaceRow {
            name: name.into(),
            href: "/public/cases?place=990101".into(),
            received: received.into(),
            answered: answered.into(),
            in_time: in_time.into(),
        };
        let unit = |name: &str, due: &str, in_time: &str, note: &str, solved: &str, satisfied: &str, overdue: &str| UnitRow {
            name: name.into(),
            href: "/public/cases?unit=0101".into(),
            due: due.into(),
            in_time: in_time.into(),
            in_time_note: note.into(),
            solved: solved.into(),
            satisfied: satisfied.into(),
            overdue: overdue.into(),
        };
        Self {
            shell: Shell::sample("/public"),
            period: "2026年8月".into(),
            fresh: Moment::new("2026-09-01T08:00:00+08:00", "2026年9月1日 08:00"),
            refreshed: "每小时更新一次".into(),
            tabs: super::tabs("/public"),
            months: vec![Choice { selected: true, ..Choice::new("2026-08", "2026年8月") }, Choice::new("2026-07", "2026年7月")],
            errors: Errors::none(),
            tiles: vec![
                tile("收到", "1,204", "件", "直接答复 312 件，派单 892 件", "比上月多 86 件", Tone::Info),
                tile("按时答复率", "96.4", "%", "1,071 / 1,111 件到期", "比上月高 1.2 个百分点", Tone::Good),
                tile("解决率", "82.7", "%", "回访到 654 件，541 件已解决", "比上月低 0.6 个百分点", Tone::Warn),
                tile("满意率", "89.3", "%", "回访到 654 件，584 件满意", "比上月高 1.2 个百分点", Tone::Good),
                tile("超期", "40", "件", "其中 2 件仍未答复", "", Tone::Bad),
                tile("答复用时中位数", "2.6", "个工作日", "九成在 4.8 个工作日内", "", Tone::Info),
            ],
            trend: crate::styleguide::trend("trend"),
            by_class: BarChart::new(
                "by-class",
                "各类别收到的诉求",
                "求助最多，512 件；举报最少，47 件。",
                ["类别", "件数"],
                &[
                    ("求助", 512.0, "512", Some("/public/cases?class=help")),
                    ("投诉", 338.0, "338", Some("/public/cases?class=complaint")),
                    ("咨询", 226.0, "226", Some("/public/cases?class=question")),
                    ("建议", 81.0, "81", Some("/public/cases?class=advice")),
                    ("举报", 47.0, "47", None),
                ],
            ),
            places: place_table(vec![
                place("东城区", "486", "470", "97.1%"),
                place("西湾区", "402", "381", "95.8%"),
                place("北山县", "316", "300", "96.0%"),
            ]),
            units: unit_table(vec![
                unit("市城市管理局", "184", "97.8%", "95% 区间 94.5% 到 99.2%", "84.1%", "90.2%", "4"),
                unit("市住房和城乡建设局", "143", "93.7%", "95% 区间 88.5% 到 96.6%", "76.9%", "83.3%", "9"),
                unit("市档案馆", "6", "6 / 6 件", "不足 30 件，不算比率", "4 / 5 件", "5 / 5 件", "0"),
            ]),
            unit_note: "单位职责不同，件数和难度差别很大，这里按名称排列，不作排名。到期不足 30 件的只列件数。".into(),
            definitions: definitions(),
        }
    }
}

fn definitions() -> Vec<(String, String)> {
    [
        ("收到", "当月收到的全部诉求，含电话、网上和转来的，按收到时间计。"),
        ("按时答复率", "当月到期的工单中，在期限前答复诉求人的比例。期限按派单时的规则确定，不因改派而重新起算。"),
        ("解决率", "当月回访到的工单中，诉求人表示已经解决的比例。没有回访到的不计入。"),
        ("满意率", "当月回访到的工单中，诉求人表示满意的比例。没有回访到、没有评价的不计入，也不默认为满意。"),
        ("超期", "当月到期、到期时没有答复的工单。之后答复的仍计入超期。"),
    ]
    .map(|(name, text)| (name.into(), text.into()))
    .to_vec()
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let empty = Figures { tiles: Vec::new(), ..Figures::sample() };
    vec![("public-figures", crate::html(&Figures::sample())), ("public-figures-empty", crate::html(&empty))]
}
