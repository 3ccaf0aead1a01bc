//! The judgement: from what was observed to checks in words. Pure.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use domain::time::from_micros;
use serde::Serialize;

use super::Settings;
use super::observe::{Calendar, Disk, Observed, Spool, Views};
use crate::words;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The process is about to end.
    Stopping,
    /// The log can be written.
    Log,
    /// `views.db` and `scores.db` follow the log.
    Views,
    /// `search.db` follows the log.
    Search,
    /// The clocks of limits and notices run.
    Automation,
    /// Notices go out.
    Notices,
    /// There is space left.
    Disk,
    /// The clock goes forward, and not behind the last event.
    Clock,
    /// The record beside the log fits it.
    HighWater,
    /// There is a backup that is not old.
    Backup,
    /// A restore was rehearsed not long ago.
    Rehearsal,
    /// The calendar knows this year's holidays.
    Calendar,
    /// Outside: letters go in and the inner zone tells.
    Spool,
}

impl Kind {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 13] = [
        Self::Stopping,
        Self::Log,
        Self::Views,
        Self::Search,
        Self::Automation,
        Self::Notices,
        Self::Disk,
        Self::Clock,
        Self::HighWater,
        Self::Backup,
        Self::Rehearsal,
        Self::Calendar,
        Self::Spool,
    ];

    /// Name in `/readyz` and `/metrics`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::Log => "log",
            Self::Views => "views",
            Self::Search => "search",
            Self::Automation => "automation",
            Self::Notices => "notices",
            Self::Disk => "disk",
            Self::Clock => "clock",
            Self::HighWater => "high_water",
            Self::Backup => "backup",
            Self::Rehearsal => "rehearsal",
            Self::Calendar => "calendar",
            Self::Spool => "spool",
        }
    }

    /// Name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stopping => "停止",
            Self::Log => "日志",
            Self::Views => "查询数据",
            Self::Search => "全文查找",
            Self::Automation => "自动计时",
            Self::Notices => "通知",
            Self::Disk => "磁盘",
            Self::Clock => "时钟",
            Self::HighWater => "高水位记录",
            Self::Backup => "备份",
            Self::Rehearsal => "恢复演练",
            Self::Calendar => "工作日历",
            Self::Spool => "摆渡",
        }
    }

    /// Whether a fault of this kind makes the node not ready (503).
    ///
    /// Ready means: a request sent here now is taken, answered from what is so, and dated rightly. What makes that untrue
    /// blocks: a log that cannot be written (the citizen's filing would be refused), views that stopped or are far behind
    /// (pages would show what is no longer so), a spool that takes no letter, a disk about to be full, a clock behind the log (limits would be frozen
    /// wrongly), an end that has begun. Everything else is degraded, not unready: taking a node out of service mends no
    /// old backup, no parked notice and no search index, and with one node it would shut the whole site. Automation does
    /// not block either: its acts are dated at the due instant, whoever does them, however late.
    #[must_use]
    pub fn blocks(self) -> bool {
        matches!(self, Self::Stopping | Self::Log | Self::Views | Self::Disk | Self::Clock | Self::Spool)
    }
}

/// How good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 正常
    Good,
    /// 注意
    Warn,
    /// 故障
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    #[serde(rename = "check")]
    pub kind: Kind,
    /// How good.
    pub level: Level,
    /// Figures in words; nothing personal.
    pub detail: String,
    /// What to do; empty for nothing.
    pub advice: String,
}

/// All checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// In the order of [`Kind::ALL`].
    pub checks: Vec<Check>,
}

impl Report {
    /// Nothing that blocks is bad.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.checks.iter().all(|check| check.level < Level::Bad || !check.kind.blocks())
    }
}

/// Lag of the views in seconds that is told, long before it blocks.
const LAG_TOLD: Duration = Duration::from_secs(5);
/// The clocks of several nodes may differ by so much without a word, in seconds.
const SKEW: i64 = 2;
/// Free bytes below which a disk is as good as full, whatever its size.
const NOTHING: u64 = 16 << 20;
const GIB: u64 = 1 << 30;
/// What the inner zone told is told to be old after so long.
const SPOOL_AGE: TimeDelta = TimeDelta::minutes(30);

/// Judges what was observed.
#[must_use]
pub fn judge(seen: &Observed, settings: &Settings) -> Report {
    let checks = [
        seen.stopping.then(|| check(Kind::Stopping, Level::Bad, "程序正在停止，不再接受新的请求".to_owned(), "")),
        Some(log(seen)),
        Some(views(&seen.views, settings)),
        Some(search(seen)),
        automation(seen, settings),
        notices(seen),
        Some(disk(seen, settings)),
        Some(clock(seen, settings)),
        high_water(seen),
        kept(seen).then(|| backup(seen, settings)),
        kept(seen).then(|| rehearsal(seen, settings)),
        kept(seen).then(|| calendar(seen)),
        seen.spool.as_ref().map(|spool| self::spool(seen, spool)),
    ];
    Report { checks: checks.into_iter().flatten().collect() }
}

/// Whether the node keeps anything: one outside is told its calendar, and its letters come again.
fn kept(seen: &Observed) -> bool {
    seen.spool.is_none()
}

fn spool(seen: &Observed, spool: &Spool) -> Check {
    let Spool { held, most, as_of } = *spool;
    let Some(as_of) = as_of else {
        let advice = "请在内网运行 xiaoneng ferry out（或设置 [zones] spool），并检查网闸；收到规则后自动开放提交。";
        return check(Kind::Spool, Level::Bad, "还没有收到内网的规则，不能提交".to_owned(), advice);
    };
    let age = seen.now - as_of;
    let detail = format!("{held} 封等待内网确认，内网数据截至 {}", words::moment(as_of).text);
    if held >= most {
        return check(
            Kind::Spool,
            Level::Bad,
            format!("{detail}；已到上限，暂停提交"),
            "网闸或内网长时间没有取件，请检查；恢复后自动继续。",
        );
    }
    let late = age > SPOOL_AGE || held.saturating_mul(5) >= most.saturating_mul(4);
    let advice = "请检查网闸是否在搬运文件、内网 serve 或定时任务是否在运行。";
    check(Kind::Spool, if late { Level::Warn } else { Level::Good }, detail, advice)
}

fn check(kind: Kind, level: Level, detail: String, advice: &str) -> Check {
    let advice = if level == Level::Good { "" } else { advice };
    Check { kind, level, detail, advice: advice.to_owned() }
}

fn log(seen: &Observed) -> Check {
    let log = &seen.log;
    if let Some(fault) = &log.fault {
        let advice = "查询仍可使用，新的登记会被拒绝。请按运维手册“日志不能写入”一节检查磁盘空间和权限；排除后自行恢复。";
        return check(Kind::Log, Level::Bad, format!("{fault}；{} 个写入在排队", log.queue), advice);
    }
    let size = log.bytes.map(|n| format!("，{}", bytes(n))).unwrap_or_default();
    let last = match log.last_event {
        Some(at) => format!("最近一次写入 {}", words::moment(at).text),
        None => "还没有事件".to_owned(),
    };
    let root: String = log.root.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    check(Kind::Log, Level::Good, format!("{} 个事件{size}；{last}；树根 {root}", words::count(log.events)), "")
}

fn views(seen: &Views, settings: &Settings) -> Check {
    let seconds = seen.behind_for.as_secs();
    let behind = format!("落后 {} 个{}", seen.behind, if seconds > 0 { format!("（{seconds} 秒）") } else { String::new() });
    if let Some(fault) = &seen.fault {
        return check(
            Kind::Views,
            Level::Bad,
            format!("停在第 {} 个事件，{behind}。{fault}", seen.position),
            "登记不受影响。请升级程序或联系开发方；修复后运行 xiaoneng rebuild 重建查询数据。",
        );
    }
    let level = if seen.behind > settings.behind_events || seconds > settings.behind_seconds {
        Level::Bad
    } else if seen.behind_for > LAG_TOLD {
        Level::Warn
    } else {
        Level::Good
    };
    let advice = "正在追赶，请稍后再看；长时间不减少时请检查磁盘。";
    check(Kind::Views, level, format!("已处理到第 {} 个事件，{behind}", words::count(seen.position)), advice)
}

fn search(seen: &Observed) -> Check {
    let Observed { search, search_skipped, .. } = seen;
    if let Some(fault) = &search.fault {
        let advice = "登记和办理不受影响。请运行 xiaoneng rebuild 重建查找索引。";
        return check(Kind::Search, Level::Bad, format!("停在第 {} 个事件。{fault}", search.position), advice);
    }
    let skipped = if *search_skipped > 0 { format!("，跳过 {search_skipped} 个无法读取的事件") } else { String::new() };
    let level = if *search_skipped > 0 { Level::Warn } else { Level::Good };
    let detail = format!("已处理到第 {} 个事件，落后 {} 个{skipped}", words::count(search.position), search.behind);
    check(Kind::Search, level, detail, "被跳过的事件查找不到，其余不受影响。请升级程序后运行 xiaoneng rebuild。")
}

fn automation(seen: &Observed, settings: &Settings) -> Option<Check> {
    let health = seen.automation.as_ref()?;
    let last = health.last_tick.unwrap_or(seen.started);
    let quiet = seen.now - last;
    let told = match health.last_tick {
        Some(at) => format!("最近一次 {}", words::moment(at).text),
        None => "启动后还没有完成过一次".to_owned(),
    };
    let late = quiet > TimeDelta::seconds(i64::try_from(settings.tick_seconds).unwrap_or(i64::MAX));
    Some(if let Some(error) = health.error.as_ref().filter(|_| late) {
        check(Kind::Automation, Level::Bad, format!("{told}；{error}"), "到期、预警和通知暂停，恢复后按应到时间补记。请查看运行日志。")
    } else if late {
        let advice = "到期、预警和通知暂停，恢复后按应到时间补记。查询数据落后时它会等待；否则请查看运行日志并重启程序。";
        check(Kind::Automation, Level::Bad, format!("{told}，已停 {}", words::duration(quiet)), advice)
    } else if health.failing > 0 {
        let advice = "失败的会自动重试；长时间不减少时请查看运行日志。";
        check(Kind::Automation, Level::Warn, format!("{told}；{} 件处理失败，等待重试", health.failing), advice)
    } else {
        check(Kind::Automation, Level::Good, told, "")
    })
}

fn notices(seen: &Observed) -> Option<Check> {
    let (waiting, parked) = seen.notices?;
    let level = if parked > 0 { Level::Warn } else { Level::Good };
    let advice = "到“通知”页查看搁置原因，改正后点“重试”。";
    Some(check(Kind::Notices, level, format!("待发送 {waiting} 条，已搁置 {parked} 条"), advice))
}

fn disk(seen: &Observed, settings: &Settings) -> Check {
    let mut worst = Level::Good;
    let mut lines = Vec::new();
    for disk in &seen.disks {
        let Disk { name, space } = disk;
        let Some(space) = space else {
            worst = worst.max(Level::Warn);
            lines.push(format!("{name}盘的剩余空间无法读取"));
            continue;
        };
        let (level, left) = room(space.free, space.total, settings);
        worst = worst.max(if space.read_only { Level::Bad } else { level });
        let read_only = if space.read_only { "，只读" } else { "" };
        lines.push(format!("{name}盘剩余 {left}{read_only}"));
    }
    check(Kind::Disk, worst, lines.join("；"), "请扩容或清理磁盘，只读的请检查磁盘故障后重新挂载；写满后不能登记。")
}

/// How good it is that so many bytes of a disk are free, and how many that are in words; `doctor` judges a disk so too.
#[must_use]
pub fn room(free: u64, total: u64, settings: &Settings) -> (Level, String) {
    let share = free.saturating_mul(100).checked_div(total).unwrap_or_default();
    let level = if share < settings.disk_stop_percent || free < NOTHING {
        Level::Bad
    } else if share < settings.disk_warn_percent {
        Level::Warn
    } else {
        Level::Good
    };
    (level, format!("{}（{share}%）", bytes(free)))
}

fn clock(seen: &Observed, settings: &Settings) -> Check {
    let behind = seen.log.last_event.map_or(0, |last| (last - seen.now).num_seconds());
    if behind > SKEW {
        let level = if behind > settings.clock_seconds { Level::Bad } else { Level::Warn };
        let advice = "请校准服务器时间（NTP）。时间不对时期限会算错，所以暂停接受新的请求。";
        return check(Kind::Clock, level, format!("比最后一个事件的记录时间慢 {behind} 秒"), advice);
    }
    match seen.stepped {
        Some((at, seconds)) => {
            let way = if seconds < 0 { "后退" } else { "前跳" };
            let detail = format!("{} 时钟{way}了 {} 秒", words::moment(at).text, seconds.abs());
            check(Kind::Clock, Level::Warn, detail, "请检查时间同步（NTP）的设置；虚拟机挂起后恢复也会这样。")
        }
        None => check(Kind::Clock, Level::Good, words::moment(seen.now).text, ""),
    }
}

fn high_water(seen: &Observed) -> Option<Check> {
    let events = seen.log.events;
    Some(match seen.high_water.as_ref()? {
        &Ok(Some(size)) if size <= events => {
            check(Kind::HighWater, Level::Good, format!("记录到第 {} 个事件，日志有 {} 个", words::count(size), words::count(events)), "")
        }
        // A log that cannot be read has no size to compare.
        &Ok(Some(size)) if seen.log.fault.is_some() => {
            check(Kind::HighWater, Level::Good, format!("记录到第 {} 个事件", words::count(size)), "")
        }
        &Ok(Some(size)) => check(
            Kind::HighWater,
            Level::Bad,
            format!("记录到第 {} 个事件，日志只有 {} 个", words::count(size), words::count(events)),
            "日志可能被换成旧的。请立即停用，保留现场，并从最近的备份核对。",
        ),
        Ok(None) => {
            let advice = "下次写入时会新建；如反复出现，请检查数据目录的权限。";
            check(Kind::HighWater, Level::Warn, "没有找到记录".to_owned(), advice)
        }
        Err(error) => check(Kind::HighWater, Level::Bad, error.to_string(), "现在还能写入，但下次启动会被拒绝，请在此之前处理。"),
    })
}

fn backup(seen: &Observed, settings: &Settings) -> Check {
    let backups = &seen.backups;
    let advice = "请运行 xiaoneng backup，并检查每晚的定时任务。";
    if let Some(failed) = &backups.failed {
        let why = failed.fault.as_deref().unwrap_or("原因不明");
        return check(Kind::Backup, Level::Bad, format!("{} 的备份或演练没有成功：{why}", words::moment(failed.at).text), advice);
    }
    match &backups.backup {
        Some(run) if run.missing > 0 => check(
            Kind::Backup,
            Level::Bad,
            format!("最近一次 {}，附件比以前的备份少 {} 个", ago(seen, run), run.missing),
            "附件目录可能没有挂载或被清空：请核对 [storage] attachments，找回附件后运行 xiaoneng backup。",
        ),
        Some(run) => {
            let level = aged(seen, run, settings.backup_hours);
            check(
                Kind::Backup,
                level,
                format!("最近一次 {}，{} 个事件，{}", ago(seen, run), words::count(run.events), bytes(run.bytes)),
                advice,
            )
        }
        None => check(Kind::Backup, Level::Warn, "还没有做过备份".to_owned(), advice),
    }
}

fn rehearsal(seen: &Observed, settings: &Settings) -> Check {
    let advice = "没有演练过的备份不能算备份。请检查每晚的恢复演练任务。";
    match &seen.backups.rehearsal {
        Some(run) => {
            let level = aged(seen, run, settings.rehearsal_hours);
            let took = words::duration(TimeDelta::milliseconds(i64::try_from(run.millis).unwrap_or_default()));
            check(Kind::Rehearsal, level, format!("最近一次 {}，用时 {took}", ago(seen, run)), advice)
        }
        None => check(Kind::Rehearsal, Level::Warn, "还没有做过恢复演练".to_owned(), advice),
    }
}

fn aged(seen: &Observed, run: &application::backups::Run, hours: i64) -> Level {
    if seen.now - run.at > TimeDelta::hours(hours) { Level::Bad } else { Level::Good }
}

fn ago(seen: &Observed, run: &application::backups::Run) -> String {
    format!("{}（{}前）", words::moment(run.at).text, words::duration((seen.now - run.at).max(TimeDelta::zero())))
}

fn calendar(seen: &Observed) -> Check {
    let (level, detail) = known(&seen.calendar);
    check(Kind::Calendar, level, detail, "到“工作日历”页导入放假通知。")
}

/// How good it is what a calendar knows of the holidays on a day, and that in words; `doctor` judges a calendar so too.
#[must_use]
pub fn holidays(calendar: &domain::calendar::Calendar, today: NaiveDate) -> (Level, String) {
    known(&Calendar::of(calendar, today))
}

fn known(calendar: &Calendar) -> (Level, String) {
    let words = |official: bool| if official { "正式" } else { "临时推算" };
    // The notice of a year comes in the November before it.
    let late = !calendar.this || (calendar.december && !calendar.next);
    let detail = format!("{} 年{}；{} 年{}", calendar.year, words(calendar.this), calendar.year + 1, words(calendar.next));
    (if late { Level::Warn } else { Level::Good }, detail)
}

/// Bytes in words.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        n if n >= GIB => format!("{}.{} GB", n / GIB, n % GIB * 10 / GIB),
        n if n >= GIB / 1024 => format!("{} MB", n / (GIB / 1024)),
        n => format!("{} KB", n / 1024),
    }
}

/// The moment of a log's µs; `None` for an empty log.
pub(crate) fn recorded(size: u64, micros: i64) -> Option<domain::time::Instant> {
    (size > 0).then(|| from_micros(micros))
}

#[cfg(test)]
mod tests;
