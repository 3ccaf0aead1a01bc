//! What can go wrong with views.

use domain::events::EventError;
use event_log::LogError;
use vault::VaultError;

/// Why a view could not be read or written. Holds nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// The view's file.
    #[error("视图文件暂不能使用：{0}")]
    Database(String),
    /// The view's file cannot be used now, and may be later: no room, no right, no free descriptor, held by others.
    #[error("视图文件现在不能读写（{0}）。请检查数据盘的空间、权限和打开文件数；恢复后会自动继续")]
    Passing(String),
    /// Another process writes the views of this directory.
    #[error("另一个程序正在更新这个目录的视图。请先停止它（例如 xiaoneng serve），再试一次")]
    Taken,
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An event that this program cannot read.
    #[error(transparent)]
    Event(#[from] EventError),
    /// An event's sealed part is damaged, or a key is.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// An event that stands in the way of a rebuild.
    #[error("第 {seq} 个事件（{kind}）无法处理：{error}")]
    At {
        /// Its index in the log.
        seq: u64,
        /// Its kind.
        kind: String,
        /// Why.
        error: Box<ViewError>,
    },
    /// An event of a stream whose name means nothing to this program.
    #[error("本程序不认识事件流 {0}：它由更新版本的程序写入，请换回新版本的程序")]
    UnknownStream(String),
    /// A rulebook, calendar or catalogue of the log cannot be read by this program.
    #[error("{kind} 第 {line} 行无法识别：{reason}。该规则由更新版本的程序写入，请升级程序")]
    Rules {
        /// Kind of the event.
        kind: String,
        /// Line in its text, 0 when it is about the whole.
        line: usize,
        /// What did not fit.
        reason: String,
    },
    /// A stored row does not have the shape that this program writes; a rebuild repairs it.
    #[error("视图 {0} 的内容无法识别，请重建视图（xiaoneng rebuild）")]
    Row(&'static str),
    /// An input or output error beside the database.
    #[error("视图目录无法读写：{0}")]
    Io(String),
}

impl ViewError {
    /// Waiting may help: the files stand, and are read again when they can be.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Passing(_) | Self::Log(LogError::Unavailable(_) | LogError::Overloaded))
    }
}

impl From<rusqlite::Error> for ViewError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly, SystemIoFailure};
        match error.sqlite_error_code() {
            Some(DiskFull | DatabaseBusy | DatabaseLocked | CannotOpen | ReadOnly | SystemIoFailure) => Self::Passing(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

/// What the system answers when all descriptors are taken, of this process or of the machine: `EMFILE`, `ENFILE`. The
/// standard library has no kind for them.
const NO_DESCRIPTOR: [i32; 2] = [24, 23];

impl From<std::io::Error> for ViewError {
    fn from(error: std::io::Error) -> Self {
        let text = error.kind().to_string();
        let passing =
            error.kind() == std::io::ErrorKind::StorageFull || error.raw_os_error().is_some_and(|code| NO_DESCRIPTOR.contains(&code));
        if passing { Self::Passing(text) } else { Self::Io(text) }
    }
}

impl From<postcard::Error> for ViewError {
    fn from(_: postcard::Error) -> Self {
        Self::Row("state")
    }
}
