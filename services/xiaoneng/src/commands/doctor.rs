//! `xiaoneng doctor`: what is wrong with an installation, in words, and what to do.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use application::clock::SystemClock;
use chrono::Datelike;
use domain::time::Clock;

use super::Failure;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Doctor) -> Result<(), Failure> {
    let mut faults = Vec::new();
    let mut notes = Vec::new();
    let mut fine = Vec::new();
    let mut good = |what: &str| fine.push(what.to_owned());
    if let Some(dir) = installation::log_dir(&words.place)
        && !installation::has_log(dir)?
    {
        return Err(Failure::Faults(vec![format!("{} 里没有 log.db：请先运行 xiaoneng init，或核对 --data", words.place.data.display())]));
    }
    let app = installation::open(&words.place, false).await?;
    good("密钥文件可用，权限只限本人");
    let head = app.log.head().await?;
    good(&format!("事件日志可以打开，共 {} 个事件，与水位记录一致", head.size));
    let now = SystemClock.now();
    if head.recorded_at > domain::time::micros(now) {
        faults.push("系统时间早于最后一个事件的记录时间：请校准服务器时间（NTP）".to_owned());
    }
    match app.projections.catch_up().await {
        Ok(()) => good("视图与日志一致"),
        Err(error) => faults.push(format!("视图停在中途：{error}。请运行 xiaoneng rebuild --data {}", words.place.data.display())),
    }
    let reference = app.reference();
    match reference.rulebooks.resolve(now, now) {
        Some(rules) => good(&format!("现行规则 {}", rules.reference())),
        None => faults.push("没有启用的规则：请运行 xiaoneng rulebook adopt".to_owned()),
    }
    let calendar = reference.calendar();
    for year in [now.year(), now.year() + 1] {
        if let Some(day) = chrono::NaiveDate::from_ymd_opt(year, 5, 1)
            && calendar.day(day).provisional
        {
            let line = format!("{year} 年的放假通知尚未导入，涉及的期限按临时日历计算；通知公布后请在“日历”页导入");
            if year == now.year() { faults.push(line) } else { notes.push(line) }
        }
    }
    match open_to_others(&words.place.data) {
        true => faults.push(format!("目录 {} 其他用户也能进入：请执行 chmod 700", words.place.data.display())),
        false => good("数据目录只限本人"),
    }
    if words.json {
        output::line(&serde_json::json!({ "good": fine, "notes": notes, "faults": faults }).to_string());
    } else {
        fine.iter().for_each(|what| output::line(&format!("好  {what}")));
        notes.iter().for_each(|what| output::line(&format!("注意 {what}")));
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Faults(faults)) }
}

fn open_to_others(dir: &Path) -> bool {
    std::fs::metadata(dir).is_ok_and(|meta| meta.permissions().mode() & 0o007 != 0)
}
