//! `/track`: whose hands it is in, since when, until when; the answer; rating and objection.

use askama::Template;
use serde::{Deserialize, Serialize};

use super::file::FormFrame;
use super::receipt::{day_table, sample_days};
use crate::components::{
    Cell, Choice, Column, Countdown, Errors, Moment, RouteState, RouteStep, Row, SummaryRow, Table, Tag, TimelineItem, Tone,
};
use crate::shell::Shell;

/// `/track`: fields `number`, `code`.
#[derive(Debug, Template)]
#[template(path = "citizen/track.html")]
pub struct Track {
    /// Context.
    pub shell: Shell,
    /// Form (its steps are not shown).
    pub form: FormFrame,
    /// Number as typed; the code is never given back.
    pub number: String,
}

impl Track {
    /// An empty form.
    #[must_use]
    pub fn sample() -> Self {
        Self { shell: Shell::sample("/track"), form: FormFrame::sample("/track", "/", 1, ""), number: String::new() }
    }
}

/// The answer of a unit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Answer {
    /// Who answered.
    pub unit: String,
    /// When.
    pub at: Moment,
    /// Paragraphs.
    pub lines: Vec<String>,
}

/// How far the signed receipt is proved.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Proved or not yet.
    pub tag: Tag,
    /// The same in a sentence or two.
    pub words: String,
}

/// Time that one holder consumed.
#[derive(Debug, Clone, Default)]
pub struct Hand {
    /// Holder.
    pub holder: String,
    /// What it had to do, for example `派单` or `办理`.
    pub task: String,
    /// From.
    pub from: Moment,
    /// Until; `None` while it still holds the case.
    pub until: Option<Moment>,
    /// Time consumed in words.
    pub used: String,
    /// Limit in words.
    pub limit: String,
    /// Kept or exceeded.
    pub tag: Tag,
}

/// Time consumed per holder as a table (球在谁手里).
#[must_use]
pub fn hands_table(hands: Vec<Hand>) -> Table {
    let row = |hand: Hand| {
        let tone = if hand.tag.tone.is_bad() { Tone::Bad } else { Tone::Neutral };
        let cells = vec![
            Cell::text(hand.holder).note(&hand.task),
            Cell::time(hand.from),
            hand.until.map_or_else(|| Cell::text("现在"), Cell::time),
            Cell::text(hand.used),
            Cell::text(hand.limit),
            Cell { tag: Some(hand.tag), ..Cell::default() },
        ];
        Row { cells, tone }
    };
    Table {
        caption: "各单位用时".into(),
        caption_hidden: true,
        columns: ["在谁手里", "从", "到", "用时", "限时", "情况"].map(Column::text).to_vec(),
        rows: hands.into_iter().map(row).collect(),
        empty: "还没有派单。热线办正在核对。".into(),
        stacked: true,
    }
}

/// One reading of a case by staff.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// When.
    pub at: Moment,
    /// Unit.
    pub unit: String,
    /// Role; never a name.
    pub role: String,
    /// What was open, for example `工单和联系方式`.
    pub what: String,
}

/// Who looked at a case (谁看过我的件).
#[must_use]
pub fn readings_table(readings: Vec<Reading>) -> Table {
    let row = |one: Reading| Row::new(vec![Cell::time(one.at), Cell::text(one.unit), Cell::text(one.role), Cell::text(one.what)]);
    Table {
        caption: "谁看过我的件".into(),
        caption_hidden: true,
        columns: ["时间", "单位", "角色", "看了什么"].map(Column::text).to_vec(),
        rows: readings.into_iter().map(row).collect(),
        empty: "还没有工作人员打开过。".into(),
        stacked: true,
    }
}

/// Five grades of a rating, best first; values `5` to `1`.
#[must_use]
pub fn grade_choices(selected: &str) -> Vec<Choice> {
    let grades = [("5", "非常满意"), ("4", "满意"), ("3", "基本满意"), ("2", "不满意"), ("1", "非常不满意")];
    Choice::select(grades.iter().map(|(value, label)| Choice::new(value, label)).collect(), selected)
}

/// `/track/case`
#[derive(Debug, Template, Serialize, Deserialize)]
#[template(path = "citizen/case.html")]
pub struct TrackCase {
    /// Context.
    #[serde(skip)]
    pub shell: Shell,
    /// Token against forged requests.
    #[serde(skip)]
    pub csrf: String,
    /// Opaque hidden values of all forms (revision and the like).
    #[serde(skip)]
    pub hidden: Vec<(String, String)>,
    /// Errors of the rating or the objection.
    #[serde(skip)]
    pub errors: Errors,
    /// Public number.
    pub number: String,
    /// Class in words.
    pub class: String,
    /// The state as a sentence: the heading.
    pub headline: String,
    /// The state as a badge.
    pub state: Tag,
    /// How old this is, at a node that is told from time to time; `None` where it is always new.
    pub fresh: Option<Moment>,
    /// In whose hands.
    pub holder: String,
    /// Since when.
    pub since: Moment,
    /// Name of the next legal date, for example `答复期限`.
    pub next_date_name: String,
    /// The next legal date; `None` when nothing is owed any more.
    pub countdown: Option<Countdown>,
    /// The date explained in words; empty for none.
    pub due_explained: String,
    /// Day by day, see [`day_table`]; no rows for none.
    pub days: Table,
    /// Route map.
    pub route: Vec<RouteStep>,
    /// What happened, newest first, as the citizen may see it.
    pub timeline: Vec<TimelineItem>,
    /// Who looked at it, see [`readings_table`]; `None` where it is not told (reports of wrongdoing).
    pub readings: Option<Table>,
    /// Answer.
    pub answer: Option<Answer>,
    /// Time per holder, see [`hands_table`].
    pub hands: Table,
    /// Promised and total time in one sentence.
    pub total: String,
    /// The signed receipt; `None` where there is none. Outside there is none.
    #[serde(skip)]
    pub evidence: Option<Evidence>,
    /// Whether the rating form is shown (fields `grade`, `comment`).
    pub can_rate: bool,
    /// Grades, see [`grade_choices`].
    pub grades: Vec<Choice>,
    /// Comment as typed.
    pub comment: String,
    /// The rating given.
    pub rated: Option<Vec<SummaryRow>>,
    /// Whether the objection form is shown (field `reason`).
    pub can_object: bool,
    /// Who reads the objection.
    pub objection_to: String,
    /// Reason as typed.
    pub reason: String,
}

impl TrackCase {
    /// Answered, waiting for a rating.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            headline: "承办单位已经答复，请您评价".into(),
            state: Tag::new("已答复", Tone::Good),
            holder: "您（评价）".into(),
            since: Moment::new("2026-05-08T16:05:00+08:00", "5月8日 16:05"),
            next_date_name: "评价截止".into(),
            countdown: Some(Countdown {
                due: Moment::new("2026-05-16T00:00:00+08:00", "5月15日（周五）24:00"),
                text: "还剩 5 个工作日".into(),
                tone: Tone::Info,
                provisional: false,
            }),
            route: route(4),
            timeline: [vec![item("5月8日 16:05", "承办单位已答复", "西湾区城市管理局", Tone::Good)], early()].concat(),
            answer: Some(Answer {
                unit: "西湾区城市管理局".into(),
                at: Moment::new("2026-05-08T16:05:00+08:00", "2026年5月8日 16:05"),
                lines: vec![
                    "您反映的三盏路灯是电缆接头进水引起的，5 月 8 日上午已经更换接头并恢复照明。".into(),
                    "同一条路上的其余 14 盏路灯也检查过，没有同类问题。如再次不亮，请直接拨打我局值班电话。".into(),
                ],
            }),
            evidence: Some(Evidence {
                tag: Tag::new("已存证", Tone::Good),
                words: "这件诉求的登记已包含在 2026年4月30日公布的日志头里。下载的回执带有证明，不依靠本平台也能核对。".into(),
            }),
            due_explained: String::new(),
            days: Table::default(),
            can_rate: true,
            can_object: true,
            ..Self::in_work()
        }
    }

    /// Still in work.
    #[must_use]
    pub fn in_work() -> Self {
        Self {
            shell: Shell::sample("/track/case"),
            csrf: "sample-csrf".into(),
            hidden: vec![("revision".into(), "7".into())],
            errors: Errors::none(),
            number: "3K7Q-29XD-MA6".into(),
            class: "求助".into(),
            headline: "正在办理".into(),
            state: Tag::new("办理中", Tone::Info),
            fresh: None,
            holder: "西湾区城市管理局".into(),
            since: Moment::new("2026-05-06T10:12:00+08:00", "5月6日 10:12"),
            next_date_name: "答复期限".into(),
            countdown: Some(Countdown {
                due: Moment::new("2026-05-12T00:00:00+08:00", "5月11日（周一）24:00"),
                text: "还剩 3 个工作日".into(),
                tone: Tone::Info,
                provisional: false,
            }),
            due_explained: "5 个工作日，已跳过劳动节，含 5月9日 补班。".into(),
            days: day_table(sample_days(false)),
            route: route(3),
            timeline: early(),
            readings: Some(readings_table(vec![Reading {
                at: Moment::new("2026-05-06T10:12:00+08:00", "2026年5月6日 10:12"),
                unit: "西湾区城市管理局".into(),
                role: "联络员".into(),
                what: "工单和联系方式".into(),
            }])),
            answer: None,
            hands: hands_table(sample_hands()),
            evidence: Some(Evidence {
                tag: Tag::new("待存证", Tone::Neutral),
                words: "2026年4月30日的日志头公布之后，可以在这里下载带证明的回执。现在下载的只有平台签名的承诺。".into(),
            }),
            total: "承诺 5 个工作日内答复；从派单到现在用了 2 个工作日 5 小时，下面是每一段时间在谁手里。".into(),
            can_rate: false,
            grades: grade_choices(""),
            comment: String::new(),
            rated: None,
            can_object: false,
            objection_to: "市热线办".into(),
            reason: String::new(),
        }
    }
}

fn item(at: &str, title: &str, by: &str, tone: Tone) -> TimelineItem {
    TimelineItem { at: Moment::new("2026-05-06", at), title: title.into(), by: by.into(), lines: Vec::new(), tone }
}

fn early() -> Vec<TimelineItem> {
    vec![
        item("5月6日 14:30", "承办单位已电话联系您", "西湾区城市管理局", Tone::Info),
        item("5月6日 10:12", "承办单位已签收", "西湾区城市管理局", Tone::Info),
        item("5月6日 09:04", "已派给西湾区城市管理局", "市热线办", Tone::Info),
        item("4月30日 15:20", "收到您的诉求", "网上提交", Tone::Neutral),
    ]
}

pub(crate) fn route(current: usize) -> Vec<RouteStep> {
    let names =
        [("提交", "您"), ("派单", "市热线办"), ("签收", "区城管局"), ("办理答复", "区城管局"), ("评价", "您"), ("归档", "市热线办")];
    let step = |(index, (title, holder)): (usize, &(&str, &str))| RouteStep {
        title: (*title).into(),
        holder: (*holder).into(),
        state: match index.cmp(&current) {
            std::cmp::Ordering::Less => RouteState::Done,
            std::cmp::Ordering::Equal => RouteState::Current,
            std::cmp::Ordering::Greater => RouteState::Next,
        },
        at: (index < current).then(|| Moment::new("2026-05-06", "5月6日")),
        note: String::new(),
    };
    names.iter().enumerate().map(step).collect()
}

pub(crate) fn sample_hands() -> Vec<Hand> {
    let at = |text: &str| Moment::new("2026-05-06", text);
    vec![
        Hand {
            holder: "市热线办".into(),
            task: "派单".into(),
            from: at("4月30日 15:20"),
            until: Some(at("5月6日 09:04")),
            used: "2 小时 14 分（工作时间）".into(),
            limit: "1 个工作日".into(),
            tag: Tag::new("按时", Tone::Good),
        },
        Hand {
            holder: "西湾区城市管理局".into(),
            task: "签收".into(),
            from: at("5月6日 09:04"),
            until: Some(at("5月6日 14:12")),
            used: "4 小时 8 分".into(),
            limit: "4 个工作小时".into(),
            tag: Tag::new("超时", Tone::Bad),
        },
        Hand {
            holder: "西湾区城市管理局".into(),
            task: "办理".into(),
            from: at("5月6日 14:12"),
            until: None,
            used: "2 个工作日".into(),
            limit: "5 个工作日".into(),
            tag: Tag::new("在限内", Tone::Info),
        },
    ]
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let wrong = Track {
        form: FormFrame {
            errors: Errors::one("number", "编号和查询码对不上，请对照回执检查后重新输入。还可以再试 3 次。"),
            ..FormFrame::sample("/track", "/", 1, "")
        },
        number: "3K7Q29XDMA6".into(),
        ..Track::sample()
    };
    let rate_wrong = TrackCase {
        errors: Errors::one("grade", "请选择一个满意程度").and("reason", "请写明哪里没有解决，至少 10 个字"),
        reason: "没修".into(),
        comment: "谢谢".into(),
        ..TrackCase::sample()
    };
    let rated = TrackCase {
        can_rate: false,
        can_object: false,
        rated: Some(vec![SummaryRow::new("评价", "满意"), SummaryRow::new("想说的话", "")]),
        countdown: None,
        headline: "已办结".into(),
        days: Table::default(),
        route: route(6),
        ..TrackCase::sample()
    };
    let overdue = TrackCase {
        headline: "已超过答复期限，仍在办理".into(),
        state: Tag::new("已超期", Tone::Bad),
        countdown: Some(Countdown {
            due: Moment::new("2026-05-12T00:00:00+08:00", "5月11日（周一）24:00"),
            text: "已超过 1 天".into(),
            tone: Tone::Bad,
            provisional: true,
        }),
        shell: Shell { elder: true, ..Shell::sample("/track/case") },
        hands: hands_table(Vec::new()),
        ..TrackCase::in_work()
    };
    let outside = TrackCase { fresh: Some(Moment::new("2026-05-07T09:30:00+08:00", "2026年5月7日 09:30")), ..TrackCase::in_work() };
    vec![
        ("citizen-case-outside", crate::html(&outside)),
        ("citizen-track", crate::html(&Track::sample())),
        ("citizen-track-error", crate::html(&wrong)),
        ("citizen-case", crate::html(&TrackCase::sample())),
        ("citizen-case-in-work", crate::html(&TrackCase::in_work())),
        ("citizen-case-error", crate::html(&rate_wrong)),
        ("citizen-case-rated", crate::html(&rated)),
        ("citizen-case-overdue-elder", crate::html(&overdue)),
    ]
}
