//! The directory: whose it is, who may enter, on what kind of disk, with how much room.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use web::operate::{Level, Settings, checks};

use super::Findings;

/// File systems by their magic number (statfs(2)): locks and the shared memory of the write-ahead log do not hold on those
/// of a network.
const NETWORK: [(u32, &str); 8] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x5346_414f, "AFS"),
];
const FUSE: u32 = 0x6573_5546;
const TMPFS: u32 = 0x0102_1994;

/// Looks at the directory of the data and at that of the log. False when opening anything in it would do harm or is in
/// vain.
pub(super) fn check(found: &mut Findings, data: &Path, log: Option<&Path>, limits: &Settings) -> bool {
    let log = log.filter(|log| *log != data);
    let mut may_open = true;
    for dir in [Some(data), log].into_iter().flatten() {
        if owner(found, dir) {
            access(found, dir);
            disk(found, dir, limits);
        } else {
            may_open = false;
        }
    }
    may_open
}

/// Who opens a database of somebody else leaves files behind that the owner cannot write.
fn owner(found: &mut Findings, dir: &Path) -> bool {
    let about = match std::fs::metadata(dir) {
        Ok(about) => about,
        Err(error) => {
            found.fault(format!("目录 {} 无法查看：{error}", dir.display()));
            return false;
        }
    };
    let own = rustix::process::geteuid().as_raw();
    if about.uid() != own {
        found.fault(format!(
            "目录 {} 属于用户 {}，而本命令以用户 {own} 运行：请用该用户运行（安装脚本装有 xiaonengctl，或 runuser -u 用户 -- xiaoneng …）。没有打开数据",
            dir.display(),
            about.uid()
        ));
        return false;
    }
    let strangers: Vec<String> = files(dir).iter().filter(|(_, uid, _)| *uid != own).map(|(path, ..)| name(path)).collect();
    if strangers.is_empty() {
        found.good(format!("{} 里的文件都属于同一用户", dir.display()));
    } else {
        found.fault(format!("{} 里有别的用户的文件：{}。请执行 chown -R {own} {}", dir.display(), strangers.join("、"), dir.display()));
    }
    true
}

fn access(found: &mut Findings, dir: &Path) {
    let mode = std::fs::metadata(dir).map_or(0, |about| about.permissions().mode());
    match (mode & 0o007, mode & 0o070) {
        (0, 0) => found.good("数据目录只限本人"),
        (0, _) => found.note(format!("目录 {} 同组用户也能进入；不需要时请执行 chmod 700", dir.display())),
        _ => found.fault(format!("目录 {} 其他用户也能进入：请执行 chmod 700", dir.display())),
    }
    let open: Vec<String> =
        files(dir).iter().filter(|(path, _, mode)| mode & 0o002 != 0 && path.is_file()).map(|(path, ..)| name(path)).collect();
    if !open.is_empty() {
        found.fault(format!("任何用户都能改写 {}：请执行 chmod o-w", open.join("、")));
    }
    let probe = dir.join(format!("doctor.{}.tmp", std::process::id()));
    match std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => found.good(format!("{} 可以写入", dir.display())),
        Err(error) => found.fault(format!("{} 不能写入（{error}）：请检查磁盘空间、只读挂载和权限", dir.display())),
    }
}

fn disk(found: &mut Findings, dir: &Path, limits: &Settings) {
    if let Ok(system) = rustix::fs::statfs(dir) {
        let kind = u32::try_from(i128::from(system.f_type) & 0xffff_ffff).unwrap_or_default();
        if let Some((_, name)) = NETWORK.iter().find(|(magic, _)| *magic == kind) {
            found.fault(format!("{} 在网络文件系统（{name}）上，锁和预写日志在上面不可靠，会损坏日志：请移到本机磁盘", dir.display()));
        } else if kind == TMPFS {
            found.note(format!("{} 在内存文件系统（tmpfs）上，关机即丢失：只可用于试验", dir.display()));
        } else if kind == FUSE {
            found.note(format!("{} 在用户态文件系统（FUSE）上，请确认它支持文件锁、共享内存映射和 fsync", dir.display()));
        } else {
            found.good("数据目录在本机文件系统上");
        }
    }
    let Ok(space) = rustix::fs::statvfs(dir) else { return };
    let (free, total) = (space.f_bavail.saturating_mul(space.f_frsize), space.f_blocks.saturating_mul(space.f_frsize));
    let (level, left) = checks::room(free, total, limits);
    let advice = match level {
        Level::Good => "",
        Level::Warn => "，请安排扩容",
        Level::Bad => "：写满后不能再登记，请尽快清理或扩容",
    };
    found.at(level, format!("{} 所在磁盘剩余 {left}{advice}", dir.display()));
    if space.f_files > 0 && space.f_favail.saturating_mul(100) / space.f_files < 5 {
        found.fault(format!("{} 所在磁盘的索引节点（inode）快用完了：请清理小文件", dir.display()));
    }
}

/// What lies in a directory: path, owner, mode.
fn files(dir: &Path) -> Vec<(PathBuf, u32, u32)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let about = |entry: std::fs::DirEntry| entry.metadata().ok().map(|about| (entry.path(), about.uid(), about.permissions().mode()));
    entries.filter_map(about).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_others_may_enter_is_told_with_the_command_that_mends_it() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut found = Findings::default();
        assert!(check(&mut found, dir.path(), None, &Settings::default()));
        assert!(found.faults.iter().any(|fault| fault.contains("chmod 700")), "{found:?}");
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let mut found = Findings::default();
        assert!(check(&mut found, dir.path(), Some(dir.path()), &Settings::default()));
        assert!(!found.faults.iter().any(|fault| fault.contains("chmod")), "{found:?}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "the probe is gone");
    }

    #[test]
    fn what_is_not_there_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let mut found = Findings::default();
        assert!(!check(&mut found, &dir.path().join("none"), None, &Settings::default()));
        assert_eq!(found.good, Vec::<String>::new());
    }
}
