//! What can go wrong with a log, apart from appending.

use std::fmt;

use crate::tree::{Hash, hex};

/// A place in the history of the log: its size and the root at that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Number of events.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} 个事件，根 {}", self.size, hex(&self.root))
    }
}

/// Why a log could not be opened, read or examined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The log is shorter than, or differs from, what its high-water record says: the file was rolled back, cut, or
    /// its write-ahead log was damaged or removed.
    #[error(
        "事件日志与水位记录不符：日志为 {have}；记录为 {expected}。日志可能被换回旧文件、被截断、被改动，或 log.db-wal 已损坏或丢失。请停用并运行完整性校验，从备份恢复，或取回原来的 log.db 与 log.db-wal 后再启动；确认接受缺失后果的，才可按“恢复”方式打开"
    )]
    RolledBack {
        /// What the log holds.
        have: Mark,
        /// What the record says it held.
        expected: Mark,
    },
    /// The high-water record itself cannot be read.
    #[error("水位记录 log.head 无法读取（{0}）。请从备份取回该文件；确认日志完好的，可按“恢复”方式打开以重写该记录")]
    HighWater(String),
    /// The file is not a log of this program.
    #[error("文件 {0} 不是本系统的事件日志，未作任何改动。请检查数据目录的设置")]
    NotALog(String),
    /// The file is a log of another version of this program.
    #[error("事件日志的结构版本为 {found}，本程序只认识版本 {known}。请使用相应版本的程序，或检查文件是否被改动")]
    UnknownSchema {
        /// What the file says.
        found: String,
        /// What this program knows.
        known: i64,
    },
    /// The SQLite library is too old to be safe.
    #[error("SQLite 版本 {0} 过旧，需要 3.51.3 或更新版本")]
    OldSqlite(String),
    /// A stored event does not agree with its hash or cannot be decoded; it is not served.
    #[error("第 {seq} 个事件已损坏（{what}），不予使用。请运行完整性校验并从备份恢复")]
    Damaged {
        /// Its index in the log.
        seq: u64,
        /// What is wrong, without content.
        what: String,
    },
    /// The cursor was not given by this backend.
    #[error("读取位置不是由本日志给出的")]
    InvalidCursor,
    /// The log is shorter than the cursor.
    #[error("读取位置在第 {cursor} 个事件之后，而日志只有 {size} 个事件：日志可能被换回旧文件，请重建视图")]
    CursorAhead {
        /// Where the cursor stands.
        cursor: u64,
        /// Events in the log.
        size: u64,
    },
    /// A proof was asked for events that are not there.
    #[error("所求证明超出日志范围（共 {size} 个事件）")]
    OutOfRange {
        /// Events in the log.
        size: u64,
    },
    /// Too much is queued: try again in a moment.
    #[error("系统繁忙，请稍后再试")]
    Overloaded,
    /// The log cannot be reached or read now.
    #[error("事件日志暂不能读取：{0}")]
    Unavailable(String),
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let advice = match error.sqlite_error_code() {
            _ if is_full(&error) => "磁盘已满，请清理数据盘的空间",
            Some(Code::CannotOpen | Code::PermissionDenied | Code::ReadOnly) => {
                "请检查数据目录的属主和权限，文件系统是否只读，以及打开文件数的上限"
            }
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => {
                "文件已损坏，或 log.db-wal 不属于它。请停用，运行 xiaoneng verify 查明位置，再从备份恢复，或取回原来的 log.db 与 log.db-wal"
            }
            _ => return Self::Unavailable(error.to_string()),
        };
        Self::Unavailable(format!("{error}。{advice}"))
    }
}

/// The disk has no room: for the file, for its write-ahead log, or for the index of that, which is a file too.
pub(crate) fn is_full(error: &rusqlite::Error) -> bool {
    const SHARED_MEMORY: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
        || error.sqlite_error().is_some_and(|error| error.extended_code == SHARED_MEMORY)
}
