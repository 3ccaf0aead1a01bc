//! `xiaoneng zones key`: the key file of the node outside.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use application::clock::SystemClock;

use super::Failure;
use crate::settings::Settings;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Zones) -> Result<(), Failure> {
    let cli::Zones::Key { place, out, settings } = words;
    let generation = Settings::of(&settings)?.zones.generation()?;
    let (_, vault) = installation::log_and_vault(&place, Arc::new(SystemClock)).await?;
    let key = vault.outside_key(generation);
    let installation: String = key.installation().iter().map(|byte| format!("{byte:02x}")).collect();
    output::line(&format!("安装 {installation}，外网密钥第 {generation} 代"));
    if let Some(path) = out {
        write(&path, &key.to_string())?;
        output::line(&format!("已写入 {}。请用专用介质拷到外网服务器，不要经过网闸的摆渡目录；拷好后删除这一份", path.display()));
    }
    Ok(())
}

/// Only its owner may read it; a file that is there stays.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("无法新建 {}（已有同名文件时不会覆盖）", path.display()))?;
    writeln!(file, "{text}")?;
    Ok(file.sync_all()?)
}
