//! Notices, system state and audit.

use askama::Template;

use super::shell;
use crate::components::{Choice, Moment, Notice, Paging, SummaryRow, Tag, Tone};
use crate::desk::{AsOf, Form};
use crate::shell::{NavItem, Shell};

/// `GET /admin/notices?state=owed|sent|parked&after=`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/notices.html")]
pub struct Notices {
    /// Context.
    pub shell: Shell,
    /// Owed, sent, parked, with counts.
    pub tabs: Vec<NavItem>,
    /// Rows.
    pub rows: Vec<NoticeRow>,
    /// What to say when there are none.
    pub empty: String,
    /// Paging.
    pub paging: Paging,
}

/// A notice; no address and no words of people.
#[derive(Debug, Clone, Default)]
pub struct NoticeRow {
    /// What: 受理回执, 答复, 临期提醒, 超期.
    pub kind: String,
    /// Case number.
    pub number: String,
    /// To whom in role words: 诉求人, 联络员.
    pub to: String,
    /// When it became owed.
    pub owed: Moment,
    /// State.
    pub state: Tag,
    /// Attempts.
    pub attempts: u32,
    /// Why it is parked or waits (quiet hours); empty for none.
    pub reason: String,
    /// Posted to `/admin/notices/{id}/retry`.
    pub retry: Option<Form>,
}

/// `GET /admin/system`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/system.html")]
pub struct System {
    /// Context.
    pub shell: Shell,
    /// The whole in words.
    pub health: Notice,
    /// Each part with a judgement.
    pub checks: Vec<SystemCheck>,
    /// Version, start, data folder, rulebook, calendar.
    pub facts: Vec<SummaryRow>,
    /// Freshness.
    pub as_of: AsOf,
}

/// A part of the system.
#[derive(Debug, Clone, Default)]
pub struct SystemCheck {
    /// Name: 日志, 视图, 磁盘, 密钥文件, 校验, 高水位, 通知, 日历.
    pub name: String,
    /// 正常, 注意, 故障.
    pub state: Tag,
    /// Figures in words.
    pub detail: String,
    /// What to do; empty for nothing.
    pub advice: String,
}

/// `GET /admin/audit?kind=&account=&number=&from=&to=&before=`
#[derive(Debug, Clone, Template)]
#[template(path = "admin/audit.html")]
pub struct Audit {
    /// Context.
    pub shell: Shell,
    /// Filter `kind`: 登录, 拒绝的操作, 导出, 账号变更, 查看.
    pub kinds: Vec<Choice>,
    /// Filter `account`.
    pub account: String,
    /// Filter `number`: readings of one case.
    pub number: String,
    /// From this day.
    pub from: String,
    /// Until this day.
    pub to: String,
    /// Rows, newest first.
    pub rows: Vec<AuditRow>,
    /// What to say when there are none.
    pub empty: String,
    /// Paging.
    pub paging: Paging,
    /// Freshness.
    pub as_of: AsOf,
}

/// A line of the audit.
#[derive(Debug, Clone, Default)]
pub struct AuditRow {
    /// When.
    pub at: Moment,
    /// Who: name and sign-in name, or `未知登录名`.
    pub who: String,
    /// Unit and role.
    pub unit: String,
    /// What.
    pub what: String,
    /// On what: a case's number, or the page.
    pub object: String,
    /// 成功, 拒绝.
    pub result: Tag,
}

impl Notices {
    /// Parked ones.
    #[must_use]
    pub fn sample() -> Self {
        let row = |kind: &str, to: &str, state: (&str, Tone), attempts, reason: &str, retry| NoticeRow {
            kind: kind.into(),
            number: "20261021-000088".into(),
            to: to.into(),
            owed: Moment::new("2026-10-23T09:00:00+08:00", "10月23日 09:00"),
            state: Tag::new(state.0, state.1),
            attempts,
            reason: reason.into(),
            retry,
        };
        Self {
            shell: shell("/admin/notices"),
            tabs: vec![
                NavItem::counted("/admin/notices?state=owed", "待发送", 2, false),
                NavItem::counted("/admin/notices?state=sent", "已发送", 5_812, false),
                NavItem::counted("/admin/notices?state=parked", "已搁置", 2, true),
            ],
            rows: vec![
                row(
                    "临期提醒",
                    "联络员",
                    ("已搁置", Tone::Bad),
                    5,
                    "邮件服务器拒绝：收件地址不存在",
                    Some(Form::sample("retry-1", "/admin/notices/1/retry")),
                ),
                row(
                    "答复送达",
                    "诉求人",
                    ("已搁置", Tone::Bad),
                    5,
                    "短信接口连接超时",
                    Some(Form::sample("retry-2", "/admin/notices/2/retry")),
                ),
            ],
            empty: "没有搁置的通知。".into(),
            paging: Paging { summary: "共 2 条".into(), ..Paging::default() },
        }
    }
}

impl System {
    /// Well but for one remark.
    #[must_use]
    pub fn sample() -> Self {
        let check = |name: &str, state: (&str, Tone), detail: &str, advice: &str| SystemCheck {
            name: name.into(),
            state: Tag::new(state.0, state.1),
            detail: detail.into(),
            advice: advice.into(),
        };
        const FINE: (&str, Tone) = ("正常", Tone::Good);
        Self {
            shell: shell("/admin/system"),
            health: Notice::new(Tone::Warn, "运行正常，有 1 项需要注意", &["写入、查询、自动计时都在工作。"]),
            checks: vec![
                check("日志写入", FINE, "184,207 个事件，312 MB；最近一次写入 10月23日 10:42:08", ""),
                check("视图", FINE, "已处理到 184,207，滞后 0 个事件、0 毫秒", ""),
                check("自动计时", FINE, "最近一次 10:42:00，没有过时未处理的时限", ""),
                check("通知", ("注意", Tone::Warn), "待发送 2 条，已搁置 2 条", "到“通知”页查看搁置原因，改正后点“重试”。"),
                check("磁盘", FINE, "数据盘剩余 61.2 GB（76%）", ""),
                check("密钥文件", FINE, "可读，权限 0600，属主正确", ""),
                check("校验", FINE, "10月23日 03:00 全量校验通过，用时 42 秒", ""),
                check("高水位记录", FINE, "记录 184,207，与日志一致", ""),
                check("工作日历", FINE, "2026 年正式；2027 年临时推算", ""),
            ],
            facts: vec![
                SummaryRow::new("版本", "xiaoneng 0.1.0（2f4c5c2）"),
                SummaryRow::new("启动", "10月20日 02:14，已运行 3 天 8 小时"),
                SummaryRow::new("现行考核细则", "generic@2026.1"),
            ],
            as_of: AsOf::sample(),
        }
    }
}

impl Audit {
    /// Some lines.
    #[must_use]
    pub fn sample() -> Self {
        let row = |at: &str, who: &str, unit: &str, what: &str, object: &str, result: (&str, Tone)| AuditRow {
            at: Moment::new("2026-10-23T10:20:00+08:00", at),
            who: who.into(),
            unit: unit.into(),
            what: what.into(),
            object: object.into(),
            result: Tag::new(result.0, result.1),
        };
        Self {
            shell: shell("/admin/audit"),
            kinds: vec![
                Choice::new("sign_in", "登录"),
                Choice::new("refused", "拒绝的操作"),
                Choice::new("export", "导出"),
                Choice::new("account", "账号变更"),
            ],
            account: String::new(),
            number: String::new(),
            from: String::new(),
            to: String::new(),
            rows: vec![
                row(
                    "10月23日 10:20:31",
                    "林晓岚 lin.xiaolan",
                    "市城市管理局 · 联络员",
                    "查看诉求件",
                    "20261022-000057",
                    ("拒绝", Tone::Bad),
                ),
                row("10月23日 09:58:02", "陈敏 chen.min", "市热线办 · 派单员", "导出清单", "工单清单 214 行", ("成功", Tone::Good)),
                row("10月23日 08:51:40", "林晓岚 lin.xiaolan", "市城市管理局 · 联络员", "登录", "", ("成功", Tone::Good)),
                row("10月23日 08:51:12", "未知登录名", "", "登录", "", ("拒绝", Tone::Bad)),
            ],
            empty: "这段时间没有符合条件的记录。".into(),
            paging: Paging {
                next: Some("/admin/audit?after=184000".into()), summary: "本页 4 条，新的在前".into(), ..Paging::default()
            },
            as_of: AsOf::sample(),
        }
    }
}

pub(super) fn samples() -> Vec<(&'static str, String)> {
    let none = Notices { rows: Vec::new(), paging: Paging::default(), ..Notices::sample() };
    let mut broken = System::sample();
    broken.health = Notice::new(Tone::Bad, "日志停止写入", &["校验在第 120,044 个事件处发现改动。平台只读，新的登记会被拒绝。"]);
    if let Some(check) = broken.checks.get_mut(6) {
        check.state = Tag::new("故障", Tone::Bad);
        check.detail = "第 120,044 个事件的散列值不符".into();
        check.advice = "不要重启。先备份数据目录，再按运维手册“校验不通过”一节从最近的备份恢复。".into();
    }
    let empty = Audit { rows: Vec::new(), paging: Paging::default(), ..Audit::sample() };
    vec![
        ("admin-notices", crate::html(&Notices::sample())),
        ("admin-notices-empty", crate::html(&none)),
        ("admin-system", crate::html(&System::sample())),
        ("admin-system-broken", crate::html(&broken)),
        ("admin-audit", crate::html(&Audit::sample())),
        ("admin-audit-empty", crate::html(&empty)),
    ]
}
