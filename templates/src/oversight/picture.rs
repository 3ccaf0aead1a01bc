//! 单位画像: all that counts for and against a unit on one page.

use askama::Template;

use super::DutyLine;
use crate::components::{Change, Link, Moment, Sparkline, Tag, Tone};
use crate::desk::{AsOf, HomeTile};
use crate::shell::{NavItem, Shell};

/// `GET /oversight/units/{code}?year=` and `GET /desk/unit?year=`
#[derive(Debug, Clone, Template)]
#[template(path = "oversight/picture.html")]
pub struct Picture {
    /// Context.
    pub shell: Shell,
    /// The way here.
    pub crumbs: Vec<Link>,
    /// The unit's name.
    pub unit: String,
    /// Code, level, what kind of body, the unit above, since when closed.
    pub facts: String,
    /// Cases open, overdue, near.
    pub cases: Vec<HomeTile>,
    /// Month of the scorecard.
    pub period: String,
    /// The scorecard; none when the account may not open it.
    pub scorecard: Option<String>,
    /// Its figures.
    pub figures: Vec<PictureFigure>,
    /// What the unit has to do, due first, 50 at most.
    pub duties: Vec<DutyLine>,
    /// How many in all.
    pub duty_count: u64,
    /// Years to choose from.
    pub years: Vec<NavItem>,
    /// The chosen year, for example `2026年`.
    pub year: String,
    /// Headings of the columns of `history`: the chosen year and the two before.
    pub history_years: Vec<String>,
    /// Kinds of marks with their figures in those years.
    pub history: Vec<HistoryLine>,
    /// The marks of the chosen year, latest first.
    pub marks: Vec<MarkLine>,
    /// Said when not all are listed.
    pub marks_note: String,
    /// Pages of the year's assessment and the like.
    pub more: Vec<Link>,
    /// Freshness.
    pub as_of: AsOf,
}

/// A figure of the month.
#[derive(Debug, Clone, Default)]
pub struct PictureFigure {
    /// Code, unique on the page.
    pub code: String,
    /// Name.
    pub label: String,
    /// As printed.
    pub value: String,
    /// `%` or `件`.
    pub unit: String,
    /// Numerator and denominator, or that there are too few samples; empty for a bare count.
    pub detail: String,
    /// Its facts; empty when the account may not open them.
    pub href: String,
    /// Facts that do not count: the late, the dissatisfied; none for a bare count.
    pub against: Option<Link>,
    /// Against the month before.
    pub change: Option<Change>,
    /// Good or bad against the target.
    pub tone: Tone,
    /// Line of twelve months.
    pub spark: Option<Sparkline>,
}

/// A kind of mark over three years.
#[derive(Debug, Clone, Default)]
pub struct HistoryLine {
    /// Kind.
    pub kind: String,
    /// For each year what stands, and what was revoked besides, for example `2（另撤销 1）`.
    pub cells: Vec<String>,
}

impl HistoryLine {
    /// Each year with its figure.
    pub fn of<'a>(&'a self, years: &'a [String]) -> impl Iterator<Item = (&'a String, &'a String)> {
        years.iter().zip(&self.cells)
    }
}

/// A mark.
#[derive(Debug, Clone, Default)]
pub struct MarkLine {
    /// When.
    pub day: Moment,
    /// Kind.
    pub kind: Tag,
    /// The stream, for example `督办单 2026 年第 12 号`.
    pub number: String,
    /// Its page; empty when there is none for this account.
    pub href: String,
    /// The case it is about.
    pub case: Option<Link>,
    /// Taken back: where that stands; empty while it counts.
    pub revoked: String,
}

impl Picture {
    /// A bureau.
    #[must_use]
    pub fn sample() -> Self {
        let figure = |code: &str, label: &str, value: &str, unit: &str, detail: &str, tone, change: Option<(&str, Tone)>| PictureFigure {
            code: code.into(),
            label: label.into(),
            value: value.into(),
            unit: unit.into(),
            detail: detail.into(),
            href: format!("/desk/scorecard/0101/{code}"),
            against: (!detail.is_empty()).then(|| Link::new(&format!("/desk/scorecard/0101/{code}?kind=no"), "未按时 40 件")),
            change: change.map(|(text, tone)| Change { text: text.into(), tone }),
            tone,
            spark: Some(Sparkline::new(label, "近 12 个月的走势", &[90.0, 91.5, 93.0, 92.0, 96.4])),
        };
        let mark = |day: &str, kind: &str, tone, number: &str, revoked: &str| MarkLine {
            day: Moment::new("2026-10-12", day),
            kind: Tag::new(kind, tone),
            number: number.into(),
            href: "/oversight/cards/1".into(),
            case: Some(Link::new("/desk/case/3K7Q29XDMA6", "3K7Q-29XD-MA6")),
            revoked: revoked.into(),
        };
        let history = |kind: &str, cells: [&str; 3]| HistoryLine { kind: kind.into(), cells: cells.map(Into::into).to_vec() };
        Self {
            shell: Shell::sample_desk("/oversight/units"),
            crumbs: vec![Link::new("/oversight", "今日"), Link::new("/oversight/units", "单位画像")],
            unit: "市城市管理局".into(),
            facts: "代码 0101，市级，上级单位清源市人民政府".into(),
            cases: vec![
                HomeTile::new("在办", 210, "/desk/worklist/open?unit=0101", "", Tone::Neutral),
                HomeTile::new("已超期", 12, "/oversight/overdue?unit=0101", "", Tone::Bad),
                HomeTile::new("24 小时内到期", 7, "/oversight/overdue?unit=0101&list=near", "", Tone::Warn),
            ],
            period: "2026年10月".into(),
            scorecard: Some("/desk/scorecard/0101".into()),
            figures: vec![
                figure("answered", "按时答复率", "96.4", "%", "1,080 / 1,120 件", Tone::Good, Some(("比上月高 1.2 个百分点", Tone::Good))),
                figure("satisfied", "满意率", "88.1", "%", "310 / 352 件", Tone::Bad, Some(("比上月低 2.0 个百分点", Tone::Warn))),
                figure("overdue", "超期", "12", "件", "", Tone::Bad, None),
            ],
            duties: DutyLine::samples(),
            duty_count: 4,
            years: vec![
                NavItem::new("/oversight/units/0101?year=2026", "2026年", true),
                NavItem::new("/oversight/units/0101?year=2025", "2025年", false),
                NavItem::new("/oversight/units/0101?year=2024", "2024年", false),
            ],
            year: "2026年".into(),
            history_years: vec!["2026年".into(), "2025年".into(), "2024年".into()],
            history: vec![
                history("预警", ["6", "9", "4"]),
                history("黄牌", ["1（另撤销 1）", "2", "0"]),
                history("督办单", ["3", "1", "0"]),
            ],
            marks: vec![
                mark("2026年10月12日", "黄牌", Tone::Warn, "预警与牌 2026 年第 41 号", ""),
                mark("2026年9月3日", "黄牌", Tone::Warn, "预警与牌 2026 年第 30 号", "已撤销，理由见该件"),
                MarkLine { case: None, ..mark("2026年8月14日", "接受检查", Tone::Info, "明察暗访 2026 年第 5 号", "") },
            ],
            marks_note: String::new(),
            more: vec![Link::new("/oversight/assessments", "年度考评")],
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let quiet = Picture {
        figures: Vec::new(),
        duties: Vec::new(),
        duty_count: 0,
        history: Vec::new(),
        marks: Vec::new(),
        scorecard: None,
        more: Vec::new(),
        ..Picture::sample()
    };
    vec![("oversight-unit", crate::html(&Picture::sample())), ("oversight-unit-quiet", crate::html(&quiet))]
}
