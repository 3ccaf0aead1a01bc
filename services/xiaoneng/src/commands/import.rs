//! `xiaoneng import`: cases from a table of another system.

use std::path::Path;

use anyhow::Context;
use exchange::import::import;
use exchange::mapping::Mapping;

use super::Failure;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Import) -> Result<(), Failure> {
    let mapping = mapping(&words)?;
    let app = installation::open(&words.act.place, false).await?;
    let progress = output::Progress::new("已读取");
    let outcome =
        import(&app, &installation::cli_meta(&app, &words.act.actor), &words.file, &mapping, &|done, of| progress.tell(done, of)).await?;
    if let Some(path) = &words.report {
        std::fs::write(path, outcome.report()?).with_context(|| format!("无法写入 {}", path.display()))?;
    }
    let counts = outcome.counts;
    if words.json {
        output::line(&serde_json::to_string(&counts)?);
    } else {
        output::line(&format!(
            "读取 {} = 新增 {} + 更新 {} + 已有 {} + 退回 {}",
            counts.read, counts.imported, counts.updated, counts.already_there, counts.refused
        ));
    }
    if counts.refused > 0 && words.report.is_none() {
        output::error("有退回的行；用 --report 文件.csv 可以列出每行的原因");
    }
    Ok(())
}

fn mapping(words: &cli::Import) -> Result<Mapping, Failure> {
    if let Some(name) = &words.shipped {
        let Some(mapping) = Mapping::built_in(name) else {
            let names: Vec<&str> = Mapping::names().collect();
            return Err(Failure::Usage(format!("没有名为 {name} 的映射；随附的有：{}", names.join("、"))));
        };
        return Ok(mapping?);
    }
    let path = words.mapping.as_deref().unwrap_or(Path::new(""));
    let text = std::fs::read_to_string(path).with_context(|| format!("无法读取 {}", path.display()))?;
    Ok(Mapping::parse(&text).with_context(|| format!("映射文件 {} 有误", path.display()))?)
}
