//! `/file/receipt`: number, query code, the promised date and how it was counted.

use askama::Template;
use serde::{Deserialize, Serialize};

use crate::components::{Cell, Column, Moment, Row, Table, Tag, Tone};
use crate::shell::Shell;

/// One day of the count.
#[derive(Debug, Clone, Default)]
pub struct DayCount {
    /// The day, with its weekday.
    pub day: Moment,
    /// What kind of day it is, for example `劳动节假期` or `补班`.
    pub kind: String,
    /// Its number in the count; `None` when it is not counted.
    pub counted: Option<u32>,
    /// The holiday notice of that year is not yet published.
    pub provisional: bool,
}

/// The day-by-day explanation as a table.
#[must_use]
pub fn day_table(days: Vec<DayCount>) -> Table {
    let row = |day: DayCount| {
        let kind = Cell::text(day.kind);
        Row::new(vec![
            Cell::time(day.day),
            if day.provisional { kind.note("暂定，待放假安排公布") } else { kind },
            Cell::text(day.counted.map_or("不计入".to_owned(), |number| format!("第 {number} 个工作日"))),
        ])
    };
    Table {
        caption: "期限逐日计算表".into(),
        caption_hidden: true,
        columns: vec![Column::text("日期"), Column::text("性质"), Column::text("计数")],
        rows: days.into_iter().map(row).collect(),
        empty: "这个期限按自然时间计算，没有逐日计数。".into(),
        stacked: false,
    }
}

/// `/file/receipt`
#[derive(Debug, Template, Serialize, Deserialize)]
#[template(path = "citizen/receipt.html")]
pub struct Receipt {
    /// Context.
    #[serde(skip)]
    pub shell: Shell,
    /// Public number, grouped.
    pub number: String,
    /// Query code in four groups.
    pub code: Vec<String>,
    /// Class in words.
    pub class: String,
    /// When it was received.
    pub received: Moment,
    /// Promised date.
    pub due: Moment,
    /// The date in words, for example `5 个工作日，已跳过劳动节，含 5月9日 补班`.
    pub due_explained: String,
    /// Day by day, see [`day_table`].
    pub days: Table,
    /// The date is provisional.
    pub provisional: bool,
    /// Badge beside a provisional date.
    pub provisional_tag: Tag,
    /// Why it is provisional and what happens then.
    pub provisional_note: String,
    /// What happens next, in order.
    pub next: Vec<String>,
    /// Signed text of the promise; empty when there is none.
    pub signed_promise: String,
    /// The day whose head must contain the filing, in words.
    pub head_day: String,
}

impl Receipt {
    /// Filed on 30 April 2026, five working days.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample("/file/receipt"),
            number: "3K7Q-29XD-MA6".into(),
            code: ["7H2M", "QX9K", "4ZTR", "C8VN"].map(Into::into).to_vec(),
            class: "求助".into(),
            received: Moment::new("2026-04-30T15:20:00+08:00", "2026年4月30日（周四）15:20"),
            due: Moment::new("2026-05-12T00:00:00+08:00", "2026年5月11日（周一）24:00"),
            due_explained: "5 个工作日，从收到的第二天起算，已跳过劳动节，含 5月9日 补班。".into(),
            days: day_table(sample_days(false)),
            provisional: false,
            provisional_tag: Tag::new("暂定", Tone::Warn),
            provisional_note: "国务院办公厅还没有公布该年的放假安排，这个日期按往年规律推算。公布后会重新计算，有变化时告诉您。".into(),
            next: vec![
                "热线办核对后派给承办单位，一般在 1 个工作日内。".into(),
                "承办单位签收，先打电话联系您核实情况。".into(),
                "承办单位在期限前答复，您可以在“查进度”里看到全文。".into(),
                "答复后我们回访；您可以评价，也可以说明“没有解决”。".into(),
            ],
            signed_promise: "xiaoneng-receipt/v1\n\
                origin xiaoneng/5d41402abc4b2a76\n\
                number 3K7Q-29XD-MA6\n\
                event 6f1c1f6e-0000-5000-8000-000000000001\n\
                position 18233\n\
                leaf CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
                recorded 2026-04-30T15:20:00.123456+08:00\n\
                due 2026-05-12T00:00:00.000000+08:00\n\
                head 2026-04-30\n\
                key xiaoneng/5d41402abc4b2a76+3f0566f2+AWE8BZY4NyqWEtCiP0EayHeanzH29mYxATZsFU5MmKPW\n\n\
                — xiaoneng/5d41402abc4b2a76 \
                PwVm8oSIhmHltzxmIgqaTlZGDaDcrOX11VyzT57HNzhsivW43RcUMordxC5C50wz9bW3P8x3UdFPJZgrafM9B0rITgk="
                .into(),
            head_day: "2026年4月30日".into(),
        }
    }
}

/// The count behind the sample; filed on 30 April.
pub(crate) fn sample_days(provisional: bool) -> Vec<DayCount> {
    let day =
        |date: &str, text: &str, kind: &str, counted| DayCount { day: Moment::new(date, text), kind: kind.into(), counted, provisional };
    vec![
        day("2026-04-30", "4月30日（周四）", "收到当天", None),
        day("2026-05-01", "5月1日（周五）", "劳动节假期", None),
        day("2026-05-02", "5月2日（周六）", "劳动节假期", None),
        day("2026-05-03", "5月3日（周日）", "劳动节假期", None),
        day("2026-05-04", "5月4日（周一）", "劳动节假期", None),
        day("2026-05-05", "5月5日（周二）", "劳动节假期", None),
        day("2026-05-06", "5月6日（周三）", "工作日", Some(1)),
        day("2026-05-07", "5月7日（周四）", "工作日", Some(2)),
        day("2026-05-08", "5月8日（周五）", "工作日", Some(3)),
        day("2026-05-09", "5月9日（周六）", "补班", Some(4)),
        day("2026-05-10", "5月10日（周日）", "周末", None),
        day("2026-05-11", "5月11日（周一）", "工作日，当天 24:00 到期", Some(5)),
    ]
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let provisional = Receipt { provisional: true, days: day_table(sample_days(true)), ..Receipt::sample() };
    let plain = Receipt {
        days: day_table(Vec::new()),
        signed_promise: String::new(),
        shell: Shell { elder: true, ..Shell::sample("/file/receipt") },
        ..Receipt::sample()
    };
    vec![
        ("citizen-receipt", crate::html(&Receipt::sample())),
        ("citizen-receipt-provisional", crate::html(&provisional)),
        ("citizen-receipt-elder", crate::html(&plain)),
    ]
}
