//! `xiaoneng deadline`: the due instant of a limit and its explanation; `--batch` for many.

use std::io::{BufWriter, Write};

use anyhow::Context;
use domain::calendar::{Calendar, CalendarFile};
use domain::deadline::{DeadlineInput, batch_row, deadline, explain, parse_from, rfc3339};
use domain::limit::Limit;

use super::Failure;
use crate::cli;
use crate::output;

pub(super) fn run(words: &cli::Deadline) -> Result<(), Failure> {
    let mut calendar = Calendar::official();
    if let Some(path) = &words.calendar {
        let text = std::fs::read_to_string(path).with_context(|| format!("无法读取 {}", path.display()))?;
        let file = CalendarFile::parse(&text).with_context(|| format!("日历文件 {} 有误", path.display()))?;
        calendar = calendar.with_file(&file);
    }
    if let Some(path) = &words.batch {
        return batch(&calendar, path);
    }
    let from = parse_from(words.from.as_deref().unwrap_or_default()).map_err(|error| Failure::Usage(error.to_string()))?;
    let limit: Limit =
        words.limit.as_deref().unwrap_or_default().parse().map_err(|error: domain::limit::LimitError| Failure::Usage(error.to_string()))?;
    let input = DeadlineInput::new(from, limit);
    let set = deadline(&calendar, &input);
    let days = explain(&calendar, &input);
    if words.json {
        let days: Vec<String> = days.iter().map(ToString::to_string).collect();
        let facts = serde_json::json!({
            "from": rfc3339(from), "limit": limit, "due": rfc3339(set.due), "provisional": set.provisional, "calendar": set.calendar, "days": days,
        });
        output::line(&facts.to_string());
        return Ok(());
    }
    output::line(&rfc3339(set.due));
    output::line(&domain::deadline::promise(&calendar, &input));
    if set.provisional {
        output::line("临时：涉及国务院尚未公布放假安排的年份，公布后将重新计算");
    }
    output::line(&format!("日历版本 {}", set.calendar));
    for day in days {
        output::line(&day.to_string());
    }
    Ok(())
}

fn batch(calendar: &Calendar, path: &std::path::Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).with_context(|| format!("无法读取 {}", path.display()))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut faults = Vec::new();
    writeln!(out, "from,limit,due,provisional")?;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || (index == 0 && line.starts_with("from")) {
            continue;
        }
        let row = line.split_once(',').map(|(from, limit)| (from.trim(), limit.trim()));
        match row.map(|(from, limit)| (from, limit, batch_row(calendar, from, limit))) {
            Some((from, limit, Ok((due, provisional)))) => writeln!(out, "{from},{limit},{due},{provisional}")?,
            Some((_, _, Err(error))) => faults.push(format!("第 {} 行：{error}", index + 1)),
            None => faults.push(format!("第 {} 行：需要两列 from,limit", index + 1)),
        }
    }
    out.flush()?;
    if faults.is_empty() { Ok(()) } else { Err(Failure::Faults(faults)) }
}
