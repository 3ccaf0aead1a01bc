//! `/public/cases` and `/public/cases/{number}`: what was asked of whom, how long it took, how it ended.

use askama::Template;

use crate::citizen::{Answer, hands_table};
use crate::components::{Cell, Choice, Column, Errors, Link, Moment, Paging, RouteStep, Row, SummaryRow, Table, Tag, Tone};
use crate::shell::{NavItem, Shell};

/// `/public/cases`: GET filters `class`, `place`, `unit`, `month`.
#[derive(Debug, Template)]
#[template(path = "public/cases.html")]
pub struct PublicCases {
    /// Context.
    pub shell: Shell,
    /// Tabs, see [`super::tabs`].
    pub tabs: Vec<NavItem>,
    /// Classes.
    pub classes: Vec<Choice>,
    /// Places.
    pub places: Vec<Choice>,
    /// Units.
    pub units: Vec<Choice>,
    /// Months.
    pub months: Vec<Choice>,
    /// Errors of the filters.
    pub errors: Errors,
    /// What was found, in one sentence.
    pub result: String,
    /// How fresh the list is.
    pub fresh: Moment,
    /// Cases.
    pub table: Table,
    /// Keyset paging.
    pub paging: Paging,
}

impl PublicCases {
    /// The table without rows, with its columns and its empty text.
    #[must_use]
    pub fn table(rows: Vec<Row>) -> Table {
        Table {
            caption: "公开工单".into(),
            caption_hidden: true,
            columns: vec![
                Column::text("工单编号"),
                Column::text("类别"),
                Column::text("区县"),
                Column::text("承办单位"),
                Column::text("收到"),
                Column::text("结果"),
                Column::figures("用时"),
            ],
            rows,
            empty: "没有符合条件的公开工单。可以换一个月份，或把筛选条件改为“全部”。".into(),
            stacked: true,
        }
    }

    /// A page in the middle of the list.
    #[must_use]
    pub fn sample() -> Self {
        let row = |number: &str, class: &str, unit: &str, tag: (&str, Tone), used: &str| {
            Row::new(vec![
                Cell::link(&format!("/public/cases/{number}"), number),
                Cell::text(class),
                Cell::text("西湾区"),
                Cell::text(unit),
                Cell::time(Moment::new("2026-08-12", "8月12日")),
                Cell::tag(tag.0, tag.1),
                Cell::text(used),
            ])
        };
        Self {
            shell: Shell::sample("/public/cases"),
            tabs: super::tabs("/public/cases"),
            classes: Choice::select(vec![Choice::new("help", "求助"), Choice::new("complaint", "投诉")], "help"),
            places: vec![Choice::new("990101", "东城区"), Choice::new("990102", "西湾区")],
            units: vec![Choice::new("0101", "市城市管理局")],
            months: Choice::select(vec![Choice::new("2026-08", "2026年8月")], "2026-08"),
            errors: Errors::none(),
            result: "找到 512 件。".into(),
            fresh: Moment::new("2026-09-01T08:00:00+08:00", "2026年9月1日 08:00"),
            table: Self::table(vec![
                row("3K7Q-29XD-MA6", "求助", "西湾区城市管理局", ("按时答复", Tone::Good), "2 个工作日"),
                row("8MW2-RT40-PC1", "求助", "市住房和城乡建设局房屋安全和物业管理监督处（代管）", ("超期答复", Tone::Bad), "7 个工作日"),
                row("5ZJ9-0HBN-KE7", "求助", "市城市管理局", ("办理中", Tone::Info), "1 个工作日"),
            ]),
            paging: Paging {
                prev: Some("/public/cases?before=8MW2".into()),
                next: Some("/public/cases?after=5ZJ9".into()),
                summary: "本页 3 件，共 512 件".into(),
            },
        }
    }
}

/// `/public/cases/{number}`
#[derive(Debug, Template)]
#[template(path = "public/case.html")]
pub struct PublicCase {
    /// Context.
    pub shell: Shell,
    /// Way back.
    pub crumbs: Vec<Link>,
    /// Public number.
    pub number: String,
    /// State.
    pub state: Tag,
    /// Class, place, unit, times, outcome.
    pub facts: Vec<SummaryRow>,
    /// Words of the demand, only with consent and after redaction.
    pub words: Option<Vec<String>>,
    /// Answer, only with consent and after redaction.
    pub answer: Option<Answer>,
    /// Route map without persons.
    pub route: Vec<RouteStep>,
    /// Time per holder, see [`hands_table`].
    pub hands: Table,
}

impl PublicCase {
    /// Without consent: facts only.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/public/cases/3K7Q-29XD-MA6"),
            crumbs: vec![Link::new("/public", "看公开"), Link::new("/public/cases", "公开工单")],
            number: "3K7Q-29XD-MA6".into(),
            state: Tag::new("按时答复", Tone::Good),
            facts: vec![
                SummaryRow::new("类别", "求助"),
                SummaryRow::new("区县", "西湾区"),
                SummaryRow::new("承办单位", "西湾区城市管理局"),
                SummaryRow::new("收到", "2026年4月30日"),
                SummaryRow::new("答复期限", "2026年5月11日（5 个工作日）"),
                SummaryRow::new("答复", "2026年5月8日，用时 3 个工作日"),
                SummaryRow::new("是否解决", "诉求人表示已解决"),
                SummaryRow::new("满意程度", "满意"),
            ],
            words: None,
            answer: None,
            route: crate::citizen::TrackCase::sample()
                .route
                .into_iter()
                .map(|step| RouteStep { holder: step.holder.replace('您', "诉求人"), ..step })
                .collect(),
            hands: hands_table(Vec::new()),
        }
    }

    /// With consent.
    #[must_use]
    pub fn sample_with_words() -> Self {
        Self {
            words: Some(vec!["小区东门外的三盏路灯不亮，附近有台阶，老人晚上出门看不清。".into()]),
            answer: crate::citizen::TrackCase::sample().answer,
            hands: crate::citizen::TrackCase::sample().hands,
            ..Self::sample()
        }
    }
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let empty = PublicCases {
        table: PublicCases::table(Vec::new()),
        paging: Paging::default(),
        result: "没有找到。".into(),
        ..PublicCases::sample()
    };
    vec![
        ("public-cases", crate::html(&PublicCases::sample())),
        ("public-cases-empty", crate::html(&empty)),
        ("public-case", crate::html(&PublicCase::sample())),
        ("public-case-with-words", crate::html(&PublicCase::sample_with_words())),
    ]
}
