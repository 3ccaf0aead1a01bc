//! Why a backup was not made, restored or rehearsed. Holds nothing personal.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use event_log::LogError;
use projections::ViewError;

use super::archive::Kind;
use crate::error::Error;

/// What went wrong, in words that tell what to do next. A file that is refused has changed nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The file system refuses.
    #[error("{} 无法读写（{kind}），请检查路径、权限和磁盘空间", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        kind: ErrorKind,
    },
    /// A file stands where one is to be written.
    #[error("{} 已存在，没有覆盖。请换一个文件名，或加 --force", .0.display())]
    Exists(PathBuf),
    /// Both parts were to go into one file.
    #[error("日志备份和密钥备份不能是同一个文件，请分别用 --out 和 --keys-out 指定")]
    OneFile,
    /// Somebody else backs up or rehearses here now.
    #[error("{} 正由另一个备份或演练使用，请等它结束", .0.display())]
    Busy(PathBuf),
    /// No backup of this program.
    #[error("{} 不是本系统的备份文件", .0.display())]
    NotABackup(PathBuf),
    /// The other of the two files.
    #[error("{} 是{found}，这里需要{wanted}。请核对两个文件是否写反", path.display())]
    WrongKind {
        /// Which file.
        path: PathBuf,
        /// What it is.
        found: Kind,
        /// What it should be.
        wanted: Kind,
    },
    /// Made by a newer program.
    #[error("{} 的格式版本为 {found}，由更新版本的程序写成，请用新版程序恢复", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// Cut, or changed.
    #[error("{} 已损坏或不完整（{what}），不能用来恢复。请改用另一份备份", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A database beside the log.
    #[error("{} 无法使用（{what}），请运行 xiaoneng doctor 查明原因", path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// What SQLite says.
        what: String,
    },
    /// The two files are of two installations.
    #[error("密钥备份不属于这份日志：日志来自安装 {log}，密钥来自安装 {keys}。请取同一城市的密钥备份")]
    Foreign {
        /// Installation of the log.
        log: String,
        /// Installation of the keys.
        keys: String,
    },
    /// The keys are older than the log.
    #[error(
        "密钥备份（截至第 {keys} 个事件）早于日志备份（截至第 {log} 个事件）：其后的内容没有密钥，打不开。请用最新的密钥备份；确实只有这一份的，加 --accept-older-keys，已删除的个人信息仍不会恢复"
    )]
    OlderKeys {
        /// The log's events.
        log: u64,
        /// The events that the keys know of.
        keys: u64,
    },
    /// The master key is another one.
    #[error("主密钥不是这套密钥备份所用的那一把（{owner} 的密钥解不开），没有做任何改动。请取回托管的主密钥")]
    WrongMaster {
        /// The stream whose key did not open.
        owner: String,
    },
    /// There is nothing to back up.
    #[error("日志里还没有事件，没有可备份的内容")]
    Empty,
    /// Files of the backup do not make up the log that its list names.
    #[error("恢复出的日志与备份清单不符：{0}。请改用另一份备份")]
    Different(String),
    /// The views of the restored log are not those that stood when the backup was made.
    #[error("由备份重放出的视图与备份时的视图不一致：请运行 xiaoneng rebuild 重建现用视图，并保留这份备份备查")]
    ViewsDiffer,
    /// Not enough room.
    #[error("{} 的可用空间不足：需要约 {needed} MB，现有 {free} MB", path.display())]
    Room {
        /// Where.
        path: PathBuf,
        /// Megabytes needed.
        needed: u64,
        /// Megabytes free.
        free: u64,
    },
    /// The directory that is to be restored into holds something.
    #[error("{} 不是空目录，没有做任何改动。请换一个目录；确要在此恢复的，加 --force，原有内容会移到其下的 before-… 目录，不会删除", .0.display())]
    Taken(PathBuf),
    /// A program runs on the directory, or has its log open from elsewhere.
    #[error("{} 正由运行中的程序使用，没有做任何改动。请先停止服务（systemctl stop xiaoneng）和使用这份日志的其他节点，再试一次", .0.display())]
    Served(PathBuf),
    /// The process is ending.
    #[error("服务正在停止，备份没有做完，下次启动后会重做")]
    Stopped,
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The views.
    #[error(transparent)]
    Views(#[from] ViewError),
    /// The application.
    #[error(transparent)]
    Application(#[from] Error),
}

impl Fault {
    /// The refusal of the file system at a path.
    pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |error| Self::Io { path: path.clone(), kind: error.kind() }
    }

    /// What a database beside the log says.
    pub(crate) fn database(path: &Path) -> impl Fn(rusqlite::Error) -> Self + use<> {
        let path = path.to_owned();
        move |error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Io { path: path.clone(), kind: ErrorKind::StorageFull },
            _ => Self::Database { path: path.clone(), what: error.to_string() },
        }
    }
}
