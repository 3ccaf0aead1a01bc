//! `xiaoneng log copy`: a log and its keys from one place to another.

use std::path::Path;
use std::sync::Arc;

use application::clock::SystemClock;
use event_log::Copied;

use super::Failure;
use crate::cli::{self, LogAddress};
use crate::{installation, output};

pub(super) async fn copy(words: cli::Copy) -> Result<(), Failure> {
    if words.from == words.to {
        return Err(Failure::Usage("--from 与 --to 是同一处".to_owned()));
    }
    let from = open(&words.from, words.data.as_deref(), false).await?;
    let to = open(&words.to, words.data.as_deref(), true).await?;
    let progress = output::Progress::new("已复制");
    let done = event_log::copy(from.as_ref(), to.as_ref(), &|done, of| progress.tell(done, of)).await?;
    let (events, root) = (done.head.size, event_log::tree::hex(&done.head.root));
    let (put, destroyed) = (done.keys_put, done.keys_destroyed);
    if words.json {
        output::line(&serde_json::json!({ "events": events, "root": root, "keys_put": put, "keys_destroyed": destroyed }).to_string());
    } else {
        output::line(&format!("{events} 个事件，两端的根相同：{root}"));
        output::line(&format!("两端的密钥相同：本次写入 {put} 个，销毁 {destroyed} 个"));
    }
    Ok(())
}

async fn open(address: &LogAddress, data: Option<&Path>, make: bool) -> Result<Arc<dyn Copied>, Failure> {
    match address {
        LogAddress::Directory(dir) => {
            if make {
                installation::make_dir(dir)?;
            } else if !installation::has_log(dir)? {
                return Err(Failure::Faults(vec![format!("{} 里没有 log.db，请核对 --from", dir.display())]));
            }
            Ok(Arc::new(installation::embedded(dir, Arc::new(SystemClock))?))
        }
        LogAddress::Cluster(address) => {
            let Some(data) = data else {
                return Err(Failure::Usage("复制到集群或从集群复制时，请用 --data 指明本节点副本所在的目录".to_owned()));
            };
            installation::make_dir(data)?;
            Ok(installation::cluster(address, data, Arc::new(SystemClock)).await?)
        }
    }
}
