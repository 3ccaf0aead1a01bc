//! The page that shows every component, for designers, testers and auditors.

use askama::Template;

use crate::components::{
    BarChart, Bullet, Cell, Change, Choice, Column, Countdown, Direction, Errors, LineChart, Link, Moment, Notice, Paging, RouteState,
    RouteStep, Row, Sparkline, SummaryRow, Table, Tag, Task, Tile, TimelineItem, Tone,
};
use crate::shell::{NavItem, Shell};

/// `/styleguide`
#[derive(Debug, Template)]
#[template(path = "public/styleguide.html")]
pub struct Styleguide {
    /// Context.
    pub shell: Shell,
    /// Colours with their names and use.
    pub colours: Vec<(&'static str, &'static str)>,
    /// One notice per tone.
    pub notices: Vec<Notice>,
    /// One badge per tone.
    pub tags: Vec<Tag>,
    /// Countdowns near and far.
    pub countdowns: Vec<Countdown>,
    /// Errors of the form on show.
    pub errors: Errors,
    /// Radios, checkboxes, select.
    pub choices: Vec<Choice>,
    /// A full table.
    pub table: Table,
    /// A table without rows.
    pub empty: Table,
    /// Paging.
    pub paging: Paging,
    /// Tabs.
    pub tabs: Vec<NavItem>,
    /// Breadcrumbs.
    pub crumbs: Vec<Link>,
    /// Summary list.
    pub summary: Vec<SummaryRow>,
    /// Timeline.
    pub timeline: Vec<TimelineItem>,
    /// Route map.
    pub route: Vec<RouteStep>,
    /// Task list.
    pub tasks: Vec<Task>,
    /// Score tiles.
    pub tiles: Vec<Tile>,
    /// Bars.
    pub bars: BarChart,
    /// Lines.
    pub line: LineChart,
    /// Bullet.
    pub bullet: Bullet,
}

/// The months that the sample charts share.
const MONTHS: [&str; 8] = ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月"];

impl Styleguide {
    /// The page as it is served.
    #[must_use]
    pub fn new(shell: Shell) -> Self {
        Self {
            shell,
            colours: vec![
                ("brand", "主色 深蓝"),
                ("teal", "辅色 青"),
                ("warm", "强调 暖橙"),
                ("good", "完成"),
                ("warn", "临期"),
                ("bad", "超期"),
            ],
            notices: vec![
                Notice::new(Tone::Info, "提示", &["周末和法定节假日照常受理，答复期限按工作日计算。"]),
                Notice::new(Tone::Good, "已完成", &["承办单位已经答复。"]),
                Notice::new(Tone::Warn, "请注意", &["不得填报国家秘密、工作秘密。"]),
                Notice::new(Tone::Bad, "无法继续", &["表单已经过期，填写的内容已保存为草稿。"]),
            ],
            tags: vec![
                Tag::new("未开始", Tone::Neutral),
                Tag::new("办理中", Tone::Info),
                Tag::new("按时办结", Tone::Good),
                Tag::new("即将到期", Tone::Warn),
                Tag::new("已超期", Tone::Bad),
            ],
            countdowns: vec![
                countdown("还剩 3 个工作日", Tone::Info, false),
                countdown("还剩 5 小时 20 分钟", Tone::Warn, false),
                countdown("已超过 1 天", Tone::Bad, false),
                countdown("还剩 62 个工作日", Tone::Neutral, true),
            ],
            errors: Errors::one("sg-name", "请填写姓名").and("sg-class", "请选择一个类别"),
            choices: vec![
                Choice::new("complaint", "投诉").hint("对服务、管理或办事态度不满意。"),
                Choice::new("help", "求助").hint("需要有关单位帮助解决困难。"),
                Choice::new("advice", "建议"),
            ],
            table: table(),
            empty: Table {
                caption: "没有内容的表格".into(),
                empty: "没有符合条件的工单。可以放宽时间范围，或清除筛选条件。".into(),
                ..Table::default()
            },
            paging: Paging { prev: Some("#table".into()), next: Some("#table".into()), summary: "本页 3 条，共 1,204 条".into() },
            tabs: vec![
                NavItem::counted("#tabs", "待签收", 4, true),
                NavItem::counted("#tabs", "办理中", 12, false),
                NavItem::new("#tabs", "全部", false),
            ],
            crumbs: vec![Link::new("/", "首页"), Link::new("/public", "看公开")],
            summary: vec![
                SummaryRow::new("姓名", "王小明").change("#summary"),
                SummaryRow::new("发生了什么", "小区门口的路灯坏了三天，\n晚上看不清台阶。").change("#summary"),
                SummaryRow::new("邮箱", "").change("#summary"),
            ],
            timeline: timeline(),
            route: route(),
            tasks: vec![
                Task {
                    title: "填写诉求".into(), href: "#tasks".into(), hint: "大约 3 分钟".into(), tag: Tag::new("已完成", Tone::Good)
                },
                Task {
                    title: "核对并提交".into(), href: "#tasks".into(), hint: String::new(), tag: Tag::new("未开始", Tone::Neutral)
                },
            ],
            tiles: tiles(),
            bars: BarChart::new(
                "sg-bars",
                "各类别收到的诉求",
                "城市管理最多，412 件；环境保护最少，73 件。",
                ["类别", "件数"],
                &[
                    ("城市管理", 412.0, "412", Some("#charts")),
                    ("住房物业", 287.0, "287", Some("#charts")),
                    ("交通出行", 164.0, "164", None),
                    ("环境保护", 73.0, "73", None),
                ],
            ),
            line: trend("sg-line"),
            bullet: Bullet::new("按时答复率", "96.4%，目标 95%，同类单位 88% 到 97%。", 0.964, Some(0.95), Some((0.88, 0.97))),
        }
    }

    /// With the sample shell.
    #[must_use]
    pub fn sample() -> Self {
        Self::new(Shell::sample("/styleguide"))
    }
}

/// `/styleguide/desk`: the same components in the dense layout of the desk.
#[derive(Debug, Template)]
#[template(path = "public/styleguide_desk.html")]
pub struct DeskStyleguide {
    /// Context.
    pub shell: Shell,
    /// Breadcrumbs.
    pub crumbs: Vec<Link>,
    /// Score tiles.
    pub tiles: Vec<Tile>,
    /// Tabs.
    pub tabs: Vec<NavItem>,
    /// No errors.
    pub errors: Errors,
    /// A select.
    pub choices: Vec<Choice>,
    /// A worklist.
    pub table: Table,
    /// Paging.
    pub paging: Paging,
    /// Route map.
    pub route: Vec<RouteStep>,
    /// Timeline.
    pub timeline: Vec<TimelineItem>,
    /// A limit.
    pub countdown: Countdown,
}

impl DeskStyleguide {
    /// The page as it is served.
    #[must_use]
    pub fn new(shell: Shell) -> Self {
        let all = Styleguide::new(shell);
        Self {
            shell: all.shell,
            crumbs: vec![Link::new("/styleguide", "设计规范"), Link::new("/styleguide/desk", "工作台")],
            tiles: all.tiles.into_iter().map(|tile| Tile { href: Some("#main".into()), ..tile }).collect(),
            tabs: all.tabs.into_iter().map(|tab| NavItem { href: "#main".into(), ..tab }).collect(),
            errors: Errors::none(),
            choices: all.choices,
            table: desk_links(all.table),
            paging: Paging { prev: None, next: Some("#main".into()), summary: all.paging.summary },
            route: all.route,
            timeline: all.timeline,
            countdown: countdown("还剩 2 小时 10 分钟", Tone::Warn, false),
        }
    }

    /// With the sample shell of a liaison.
    #[must_use]
    pub fn sample() -> Self {
        Self::new(Shell::sample_desk("/styleguide/desk"))
    }
}

/// The sample table with links that exist on the page.
fn desk_links(mut table: Table) -> Table {
    for cell in table.rows.iter_mut().flat_map(|row| &mut row.cells) {
        cell.href = cell.href.as_ref().map(|_| "#main".into());
    }
    for sort in table.columns.iter_mut().filter_map(|column| column.sort.as_mut()) {
        sort.href = "#main".into();
    }
    table
}

fn countdown(text: &str, tone: Tone, provisional: bool) -> Countdown {
    let due = Moment::new("2026-05-12T00:00:00+08:00", "2026年5月11日（周一）24:00");
    Countdown { due, text: text.into(), tone, provisional }
}

fn table() -> Table {
    let row = |number: &str, title: &str, unit: &str, tag: (&str, Tone), days: &str| {
        Row::new(vec![
            Cell::link("#table", number).note(title),
            Cell::text(unit),
            Cell::tag(tag.0, tag.1),
            Cell::time(Moment::new("2026-05-11", "5月11日")),
            Cell::text(days),
        ])
    };
    let mut late = row("3K7Q-29XD-MA6", "占道经营影响通行", "西湾街道", ("已超期", Tone::Bad), "6.5");
    late.tone = Tone::Bad;
    Table {
        caption: "工单（可排序，窄屏变为卡片）".into(),
        columns: vec![
            Column::text("工单").sorted("#table", None),
            Column::text("承办单位"),
            Column::text("状态"),
            Column::text("期限").sorted("#table", Some(Direction::Ascending)),
            Column::figures("已用工作日"),
        ],
        rows: vec![
            late,
            row("8MW2-RT40-PC1", "路灯不亮", "市城市管理局", ("办理中", Tone::Info), "2.0"),
            row("5ZJ9-0HBN-KE7", "咨询居住证办理", "市公安局", ("按时答复", Tone::Good), "0.5"),
        ],
        stacked: true,
        ..Table::default()
    }
}

fn timeline() -> Vec<TimelineItem> {
    vec![
        TimelineItem {
            at: Moment::new("2026-05-06T10:12:00+08:00", "5月6日 10:12"),
            title: "承办单位已签收".into(),
            by: "市城市管理局".into(),
            lines: vec!["派单后 1 小时 8 分钟签收，限 4 个工作小时。".into()],
            tone: Tone::Good,
        },
        TimelineItem {
            at: Moment::new("2026-05-06T09:04:00+08:00", "5月6日 09:04"),
            title: "热线办已派单".into(),
            by: "市热线办".into(),
            lines: Vec::new(),
            tone: Tone::Info,
        },
    ]
}

fn route() -> Vec<RouteStep> {
    let step = |title: &str, holder: &str, state, note: &str| RouteStep {
        title: title.into(),
        holder: holder.into(),
        state,
        at: (state != RouteState::Next).then(|| Moment::new("2026-05-06", "5月6日")),
        note: note.into(),
    };
    vec![
        step("提交", "", RouteState::Done, ""),
        step("派单", "市热线办", RouteState::Done, "用时 40 分钟"),
        step("签收", "市城市管理局", RouteState::Done, "用时 1 小时"),
        step("办理", "市城市管理局", RouteState::Current, "已用 2 / 5 个工作日"),
        step("答复", "", RouteState::Next, ""),
        step("回访", "", RouteState::Next, ""),
    ]
}

fn tiles() -> Vec<Tile> {
    vec![
        Tile {
            name: "收到".into(),
            value: "1,204".into(),
            unit: "件".into(),
            detail: "按派单时间计".into(),
            href: Some("#tiles".into()),
            change: Some(Change { text: "比上月多 86 件".into(), tone: Tone::Info }),
            spark: Some(Sparkline::new(
                "收到件数",
                "近 8 个月从 980 升到 1204",
                &[980.0, 1010.0, 940.0, 1080.0, 1100.0, 1090.0, 1118.0, 1204.0],
            )),
            ..Tile::default()
        },
        Tile {
            name: "按时答复率".into(),
            value: "96.4".into(),
            unit: "%".into(),
            detail: "1,071 / 1,111 件到期".into(),
            href: Some("#tiles".into()),
            change: Some(Change { text: "比上月高 1.2 个百分点".into(), tone: Tone::Good }),
            tone: Tone::Good,
            ..Tile::default()
        },
        Tile {
            name: "满意率".into(),
            value: "18 / 22".into(),
            unit: "件".into(),
            detail: "回访到 22 件".into(),
            note: "样本不足 30 件，只列件数，不算比率。".into(),
            tone: Tone::Warn,
            ..Tile::default()
        },
        Tile {
            name: "超期".into(),
            value: "7".into(),
            unit: "件".into(),
            detail: "其中 2 件仍未答复".into(),
            href: Some("#tiles".into()),
            tone: Tone::Bad,
            ..Tile::default()
        },
    ]
}

/// Two rates over eight months.
pub(crate) fn trend(id: &str) -> LineChart {
    let share = |values: [f64; 8]| values.iter().map(|value| Some(*value)).collect::<Vec<_>>();
    LineChart::new(
        id,
        "按时答复率与满意率（近 8 个月）",
        "按时答复率由 91.2% 升到 96.4%，满意率由 84.5% 升到 89.3%，2 月和 6 月有下降。",
        &MONTHS,
        &[
            ("按时答复率", share([91.2, 89.8, 92.4, 93.9, 94.6, 94.1, 95.2, 96.4])),
            ("满意率", share([84.5, 83.1, 85.0, 86.2, 87.9, 86.8, 88.1, 89.3])),
        ],
        80.0,
        100.0,
        "%",
    )
}

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    let elder = Styleguide { shell: Shell { elder: true, ..Shell::sample("/styleguide") }, ..Styleguide::sample() };
    vec![
        ("styleguide", crate::html(&Styleguide::sample())),
        ("styleguide-elder", crate::html(&elder)),
        ("styleguide-desk", crate::html(&DeskStyleguide::sample())),
    ]
}
