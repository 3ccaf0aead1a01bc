//! The real binary as a process: built, started on a free port, ended in order or by force.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::client::Client;

/// The password of every account of a generated city.
pub const PASSWORD: &str = "qingyuan-demo-2026";
/// How long a start may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// Settings under which a load is not slowed down on purpose: no limits per address, notices at any hour.
pub const UNLIMITED: &[(&str, &str)] = &[
    ("XIAONENG__WEB__FILINGS_PER_MINUTE", "0"),
    ("XIAONENG__WEB__LOOKUPS_PER_MINUTE", "0"),
    ("XIAONENG__AUTOMATION__QUIET_FROM", "00:00:00"),
    ("XIAONENG__AUTOMATION__QUIET_TO", "00:00:00"),
];

/// The binary beside the running test or bench. In a target folder it is built first, so that no old one is ever
/// tested; beside a bench that was copied elsewhere it is taken as it is.
///
/// # Errors
/// When it cannot be built.
pub fn binary() -> Outcome<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT.get_or_init(|| build().map_err(|error| error.to_string())).clone().map_err(Into::into)
}

fn build() -> Outcome<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().ok_or("no folder")?;
    let profile = if folder.ends_with("deps") { folder.parent().ok_or("no folder")? } else { folder };
    if !profile.join(".fingerprint").exists() {
        return Ok(profile.join("xiaoneng"));
    }
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["build", "--quiet", "-p", "xiaoneng", "--bin", "xiaoneng", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"));
    if profile.file_name() == Some(OsStr::new("release")) {
        command.arg("--release");
    }
    if !command.status()?.success() {
        return Err("the binary xiaoneng could not be built".into());
    }
    Ok(profile.join("xiaoneng"))
}

/// Runs a command of the binary to its end and gives what it printed.
///
/// # Errors
/// With what it said on standard error, when it fails.
pub fn run(arguments: &[&str]) -> Outcome<String> {
    let done = Command::new(binary()?).args(arguments).output()?;
    if !done.status.success() {
        return Err(format!("xiaoneng {}: {}\n{}", arguments.join(" "), done.status, String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(String::from_utf8(done.stdout)?)
}

/// A text of a path.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

/// A process, what it says, and where it listens as soon as it says so.
type Started = (Child, Arc<Mutex<String>>, Receiver<SocketAddr>);

/// A running server. Dropping it kills it.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    said: Arc<Mutex<String>>,
}

impl Server {
    /// Starts `xiaoneng serve` on a free port and waits until it answers.
    ///
    /// # Errors
    /// When it ends before that, with what it said.
    pub async fn start(data: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        Self::ready(Self::spawn(&["serve", "--data", text(data)], settings)?).await
    }

    /// Starts `xiaoneng outside` on a spool, with the key file that lies in it.
    ///
    /// # Errors
    /// When it ends before it answers, with what it said.
    pub async fn outside(spool: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        Self::ready(Self::spawn(&["outside", "--spool", text(spool)], settings)?).await
    }

    async fn ready((child, said, address): Started) -> Outcome<Self> {
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), said };
        let address = tokio::task::spawn_blocking(move || address.recv_timeout(PATIENCE)).await?;
        let Ok(address) = address else {
            return Err(format!("the server did not start: {:?}\n{}", server.child.try_wait()?, server.said()).into());
        };
        server.address = address;
        let answer = Client::new(address).get("/help").await?;
        if answer.status != 200 { Err(format!("the first page answers {}", answer.status).into()) } else { Ok(server) }
    }

    /// Starts it and kills it after a moment, whatever it is doing then.
    ///
    /// # Errors
    /// When it cannot be started or ended by itself with a failure.
    pub fn start_and_kill(data: &Path, settings: &[(&str, &str)], after: Duration) -> Outcome<()> {
        let (mut child, said, address) = Self::spawn(&["serve", "--data", text(data)], settings)?;
        // A server that is ready earlier is killed earlier: there is nothing to hit any more.
        let ready = address.recv_timeout(after).is_ok();
        if let (false, Some(status)) = (ready, child.try_wait()?) {
            return Err(format!("the server ended by itself: {status}\n{}", said.lock().unwrap_or_else(PoisonError::into_inner)).into());
        }
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    fn spawn(words: &[&str], settings: &[(&str, &str)]) -> Outcome<Started> {
        let mut command = Command::new(binary()?);
        command.args(words).args(["--listen", "127.0.0.1:0"]).envs(settings.iter().copied());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().ok_or("no standard error")?;
        let said = Arc::new(Mutex::new(String::new()));
        let (tell, address) = channel();
        let kept = said.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some(address) = listening(&line) {
                    // Nobody waits any more when it is said twice.
                    let _ = tell.send(address);
                }
                let mut said = kept.lock().unwrap_or_else(PoisonError::into_inner);
                said.push_str(&line);
                said.push('\n');
            }
        });
        Ok((child, said, address))
    }

    /// What it wrote to standard error so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    ///
    /// # Errors
    /// When it had ended by itself before.
    pub fn kill(mut self) -> Outcome<()> {
        if let Some(status) = self.child.try_wait()? {
            return Err(format!("the server had ended by itself: {status}\n{}", self.said()).into());
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and waits for its end.
    ///
    /// # Errors
    /// When it does not end within a minute.
    pub async fn stop(mut self) -> Outcome<ExitStatus> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if !told.success() {
            return Err("the server could not be told to stop".into());
        }
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if asked.elapsed() > Duration::from_secs(60) {
                return Err(format!("the server does not stop\n{}", self.said()).into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Memory in KiB: resident (RSS), proportional (PSS) and highest resident.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn memory(&self) -> Outcome<Memory> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        Ok(Memory { rss: line(&rollup, "Rss:")?, pss: line(&rollup, "Pss:")?, highest: line(&status, "VmHWM:")? })
    }
}

/// Memory of a process in KiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Resident.
    pub rss: u64,
    /// Resident, shared pages by their share.
    pub pss: u64,
    /// Highest resident.
    pub highest: u64,
}

fn line(text: &str, name: &str) -> Outcome<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.split_ascii_whitespace().next().ok_or("no number")?.parse()?)
}

fn listening(line: &str) -> Option<SocketAddr> {
    let rest = line.split_once("http://")?.1;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ':'))).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_what_the_server_says() {
        assert_eq!(listening("正在服务 http://127.0.0.1:8080"), "127.0.0.1:8080".parse().ok());
        assert_eq!(listening("市民页面  http://127.0.0.1:80/"), "127.0.0.1:80".parse().ok());
        assert_eq!(listening("nothing"), None);
    }
}
