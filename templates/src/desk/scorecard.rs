//! The month's scorecard of a unit, and the facts behind each of its figures.

use askama::Template;

use super::AsOf;
use crate::components::{Change, Choice, Link, Moment, Notice, Paging, Sparkline, Tag, Tone};
use crate::shell::{NavItem, Shell};

/// `GET /desk/scorecard/{unit}?period=2026-10`
#[derive(Debug, Clone, Template)]
#[template(path = "desk/scorecard.html")]
pub struct Scorecard {
    /// Context.
    pub shell: Shell,
    /// The units above, as far as the account may see them.
    pub crumbs: Vec<Link>,
    /// The unit.
    pub unit: String,
    /// For example `2026年10月`.
    pub period: String,
    /// Day range in words with the cut-off day, and whether the month still runs.
    pub period_note: String,
    /// Month before.
    pub prev: Option<Link>,
    /// Month after.
    pub next: Option<Link>,
    /// Months to choose from (`period`).
    pub periods: Vec<Choice>,
    /// Where the form of the months GETs.
    pub base_href: String,
    /// What the reader has to know: month not closed, views behind, rulebook changed within the month.
    pub notices: Vec<Notice>,
    /// Figures in the order of the rulebook.
    pub figures: Vec<Figure>,
    /// Months of the trends, oldest first, in short (`11月`).
    pub months: Vec<String>,
    /// Units below with the same figures; empty for none.
    pub children: Vec<ChildRow>,
    /// Rulebook version.
    pub rulebook: String,
    /// Freshness.
    pub as_of: AsOf,
}

/// An indicator of the month.
#[derive(Debug, Clone, Default)]
pub struct Figure {
    /// Code of the measure, unique on the page.
    pub code: String,
    /// Name.
    pub label: String,
    /// Figure as printed: `96.4`, `1,204`, or `—` when there is none.
    pub value: String,
    /// `%` or `件`.
    pub unit: String,
    /// Numerator as printed; empty for a bare count.
    pub numerator: String,
    /// Denominator as printed; empty for a bare count.
    pub denominator: String,
    /// Leads to the facts that count (`kind=yes`).
    pub yes_href: String,
    /// Leads to the facts that do not count (`kind=no`): the late, the dissatisfied; none for a bare count.
    pub no_href: Option<String>,
    /// How many those are, as printed.
    pub no_count: String,
    /// In words, for example `未按时`.
    pub no_label: String,
    /// Definition with the period convention (口径).
    pub definition: String,
    /// Too few samples, saturated measure; empty for none.
    pub hint: String,
    /// Target in words, for example `目标 95%`; empty for none.
    pub target: String,
    /// Good or bad against the target; neutral without one.
    pub tone: Tone,
    /// For example `其中 37 件为来源系统断言`; empty for none.
    pub asserted: String,
    /// Against the month before.
    pub last_month: Option<Change>,
    /// Against the same month of last year.
    pub last_year: Option<Change>,
    /// Line of twelve months; none with fewer than two.
    pub spark: Option<Sparkline>,
    /// The same as a table.
    pub trend: Vec<TrendPoint>,
}

/// A month of the trend.
#[derive(Debug, Clone, Default)]
pub struct TrendPoint {
    /// Month.
    pub month: String,
    /// Figure with its unit, or `—`.
    pub value: String,
    /// Numerator and denominator, or empty.
    pub detail: String,
}

/// A unit below.
#[derive(Debug, Clone, Default)]
pub struct ChildRow {
    /// Name.
    pub unit: String,
    /// Its scorecard.
    pub href: String,
    /// One per figure of the page.
    pub figures: Vec<ChildFigure>,
}

/// A figure of a unit below.
#[derive(Debug, Clone, Default)]
pub struct ChildFigure {
    /// As printed with its unit.
    pub value: String,
    /// Numerator and denominator; empty for none.
    pub detail: String,
    /// Its facts.
    pub href: String,
}

/// `GET /desk/scorecard/{unit}/{measure}?period=&kind=yes|no&after=`
#[derive(Debug, Clone, Template)]
#[template(path = "desk/facts.html")]
pub struct Facts {
    /// Context.
    pub shell: Shell,
    /// The scorecard.
    pub crumbs: Vec<Link>,
    /// For example `按时办结率：未按时的 41 件`.
    pub title: String,
    /// Unit and month.
    pub of: String,
    /// Definition of the indicator.
    pub definition: String,
    /// Counted and not counted, with counts.
    pub tabs: Vec<NavItem>,
    /// Rows.
    pub rows: Vec<FactRow>,
    /// What to say when there are none.
    pub empty: String,
    /// Paging.
    pub paging: Paging,
    /// Rulebook version.
    pub rulebook: String,
    /// Freshness.
    pub as_of: AsOf,
}

/// One fact behind a figure.
#[derive(Debug, Clone, Default)]
pub struct FactRow {
    /// Number of the case.
    pub number: String,
    /// The case.
    pub href: String,
    /// Title; empty when it may not be seen.
    pub title: String,
    /// The unit that it counts for.
    pub unit: String,
    /// When it happened (which month it belongs to).
    pub at: Moment,
    /// What it says, for example `超 17 小时`.
    pub value: Tag,
    /// Position of the event that made it.
    pub seq: String,
    /// The event, `#e…` of the case page.
    pub event_href: String,
    /// Asserted by a source rather than computed.
    pub asserted: bool,
}

impl Scorecard {
    /// A city bureau in October.
    #[must_use]
    pub fn sample() -> Self {
        let months = ["11月", "12月", "1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月"];
        let figure =
            |code: &str, label: &str, value: &str, numbers: Option<(&str, &str, &str, &str)>, definition: &str, values: [f64; 12]| {
                let unit = if numbers.is_some() { "%" } else { "件" };
                let of = numbers.unwrap_or_default();
                Figure {
                    code: code.into(),
                    label: label.into(),
                    value: value.into(),
                    unit: unit.into(),
                    numerator: of.0.into(),
                    denominator: of.1.into(),
                    yes_href: format!("/desk/scorecard/331001/{code}?period=2026-10&kind=yes"),
                    no_href: numbers.map(|_| format!("/desk/scorecard/331001/{code}?period=2026-10&kind=no")),
                    no_count: of.2.into(),
                    no_label: of.3.into(),
                    definition: definition.into(),
                    hint: String::new(),
                    target: String::new(),
                    tone: Tone::Neutral,
                    asserted: String::new(),
                    last_month: Some(Change { text: "比上月高 1.2 个百分点".into(), tone: Tone::Good }),
                    last_year: Some(Change { text: "比去年 10 月低 0.4 个百分点".into(), tone: Tone::Warn }),
                    spark: Some(Sparkline::new(label, "近 12 个月的走势，数值见数据表", &values)),
                    trend: months
                        .iter()
                        .zip(values)
                        .map(|(month, value)| TrendPoint { month: (*month).into(), value: format!("{value}{unit}"), detail: String::new() })
                        .collect(),
                }
            };
        let rate = [91.2, 92.0, 90.1, 89.8, 92.4, 93.9, 94.6, 94.1, 95.2, 94.8, 95.2, 96.4];
        let count = [980.0, 1010.0, 940.0, 702.0, 1080.0, 1100.0, 1090.0, 1118.0, 1180.0, 1204.0, 1118.0, 1204.0];
        let mut received = figure("received", "收到", "1,204", None, "本月派给本单位的诉求件；按派单时间归月。", count);
        received.last_month = Some(Change { text: "比上月多 86 件".into(), tone: Tone::Info });
        received.last_year = Some(Change { text: "比去年 10 月多 133 件".into(), tone: Tone::Info });
        received.asserted = String::new();
        let mut answered = figure(
            "answered",
            "按时办结率",
            "96.4",
            Some(("1,071", "1,111", "40", "未按时")),
            "办理时限届满的诉求件中，在时限内由审核负责人签发答复的占比；按到期日归月；撤销的超期不计。",
            rate,
        );
        answered.target = "目标 95%".into();
        answered.tone = Tone::Good;
        answered.asserted = "其中 37 件为来源系统断言".into();
        let mut satisfied = figure(
            "satisfied",
            "满意率",
            "18 / 22",
            Some(("18", "22", "4", "不满意")),
            "回访接通的诉求件中，满意和基本满意的占比；按回访时间归月；未接通不计入。",
            [84.5, 83.0, 84.0, 83.1, 85.0, 86.2, 87.9, 86.8, 88.1, 88.0, 89.3, 81.8],
        );
        satisfied.unit = "件".into();
        satisfied.hint = "样本不足 30 件，只列件数，不算比率。".into();
        satisfied.tone = Tone::Neutral;
        satisfied.last_month = None;
        let mut signed = figure(
            "signed",
            "及时签收率",
            "99.9",
            Some(("1,203", "1,204", "1", "未按时")),
            "签收时限届满的诉求件中，在时限内签收的占比；视同接收的算未按时。",
            rate,
        );
        signed.hint = "连续 6 个月高于 99%，这一指标已难以区分工作好坏。".into();
        let mut overdue =
            figure("overdue", "超期", "7", None, "办理时限届满仍未签发答复的诉求件，按时间消耗最多的单位归责；撤销的不计。", count);
        overdue.tone = Tone::Bad;
        overdue.last_month = Some(Change { text: "比上月少 5 件".into(), tone: Tone::Good });
        overdue.last_year = None;
        let contacted = figure(
            "contacted",
            "按时联系率",
            "97.0",
            Some(("1,050", "1,083", "33", "未按时")),
            "联系时限届满的诉求件中，在时限内联系到诉求人的占比。",
            rate,
        );
        let solved = figure(
            "solved",
            "解决率",
            "88.1",
            Some(("512", "581", "69", "未解决")),
            "回访接通的诉求件中，诉求人表示已经解决的占比。",
            rate,
        );
        let child = |unit: &str, code: &str, values: [&str; 7]| ChildRow {
            unit: unit.into(),
            href: format!("/desk/scorecard/{code}?period=2026-10"),
            figures: values
                .iter()
                .map(|value| ChildFigure {
                    value: (*value).into(),
                    detail: String::new(),
                    href: format!("/desk/scorecard/{code}/x?period=2026-10&kind=yes"),
                })
                .collect(),
        };
        Self {
            shell: Shell::sample_desk("/desk/scorecard/331001"),
            crumbs: vec![Link::new("/desk", "工作台"), Link::new("/desk/scorecard/3310?period=2026-10", "清源市")],
            unit: "市城市管理局".into(),
            period: "2026年10月".into(),
            period_note: "9月26日至10月25日（每月 25 日截止），至今日未满一个月".into(),
            prev: Some(Link::new("/desk/scorecard/331001?period=2026-09", "9月")),
            next: None,
            periods: Choice::select(
                vec![Choice::new("2026-10", "2026年10月"), Choice::new("2026-09", "2026年9月"), Choice::new("2026-08", "2026年8月")],
                "2026-10",
            ),
            base_href: "/desk/scorecard/331001".into(),
            notices: vec![Notice::new(Tone::Info, "", &["本月尚未截止，数字每天都会变。"])],
            figures: vec![received, signed, contacted, answered, solved, satisfied, overdue],
            months: months.iter().map(|month| (*month).into()).collect(),
            children: vec![
                child("市容环卫中心", "331001-2", ["412", "100%", "98.1%", "97.6%", "90.2%", "8 / 9", "1"]),
                child("市政设施中心", "331001-3", ["380", "99.7%", "96.3%", "94.9%", "85.7%", "6 / 8", "4"]),
                child("园林绿化中心", "331001-4", ["112", "100%", "97.2%", "98.2%", "91.0%", "4 / 5", "0"]),
            ],
            rulebook: "generic@2026.1（通用考核细则）".into(),
            as_of: AsOf::sample(),
        }
    }
}

impl Facts {
    /// The late ones.
    #[must_use]
    pub fn sample() -> Self {
        let row = |number: &str, title: &str, text: &str, value: &str, seq: u64, asserted| FactRow {
            number: number.into(),
            href: format!("/desk/case/{number}"),
            title: title.into(),
            unit: "市政设施中心".into(),
            at: Moment::new("2026-10-22T17:30:00+08:00", text),
            value: Tag::new(value, Tone::Bad),
            seq: seq.to_string(),
            event_href: format!("/desk/case/{number}#e{seq}"),
            asserted,
        };
        Self {
            shell: Shell::sample_desk("/desk/scorecard/331001/answered"),
            crumbs: vec![Link::new("/desk", "工作台"), Link::new("/desk/scorecard/331001?period=2026-10", "市城市管理局 2026年10月")],
            title: "按时办结率：未按时的 40 件".into(),
            of: "市城市管理局 · 2026年10月".into(),
            definition: "办理时限届满的诉求件中，在时限内由审核负责人签发答复的占比；按到期日归月；撤销的超期不计。".into(),
            tabs: vec![
                NavItem::counted("/desk/scorecard/331001/answered?period=2026-10&kind=yes", "按时", 1071, false),
                NavItem::counted("/desk/scorecard/331001/answered?period=2026-10&kind=no", "未按时", 40, true),
            ],
            rows: vec![
                row("20261019-000412", "夜间渣土车遗撒，路面湿滑", "10月22日 17:30", "超 17 小时", 184_007, false),
                row("20261012-000188", "人行道地砖破损", "10月20日 24:00", "超 2 天", 182_911, false),
                row("20261009-000020", "", "10月16日", "未按时（来源断言）", 180_004, true),
            ],
            empty: "这一类没有诉求件。".into(),
            paging: Paging {
                prev: None,
                next: Some("/desk/scorecard/331001/answered?period=2026-10&kind=no&after=180004".into()),
                summary: "本页 3 件，共 40 件".into(),
            },
            rulebook: "generic@2026.1（通用考核细则）".into(),
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let empty = Scorecard {
        figures: Vec::new(),
        children: Vec::new(),
        notices: vec![Notice::new(Tone::Info, "没有数据", &["本单位在 2026年10月 没有收到诉求件。"])],
        ..Scorecard::sample()
    };
    let none = Facts { rows: Vec::new(), paging: Paging::default(), ..Facts::sample() };
    vec![
        ("desk-scorecard", crate::html(&Scorecard::sample())),
        ("desk-scorecard-empty", crate::html(&empty)),
        ("desk-facts", crate::html(&Facts::sample())),
        ("desk-facts-empty", crate::html(&none)),
    ]
}
