//! The real binary as a process: built, started on a free port, ended in order or by force.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Seek as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
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

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Environment: settings, and what is loaded before the program.
    pub environment: Vec<(String, String)>,
    /// Words of a shell that run before the program in the same process, such as `ulimit -n 64`.
    pub shell: String,
}

impl Start {
    /// With these settings.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let environment = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { environment, shell: String::new() }
    }

    /// Also with these.
    #[must_use]
    pub fn and(mut self, environment: Vec<(String, String)>) -> Self {
        self.environment.extend(environment);
        self
    }

    /// The program with these words, ready to be started.
    ///
    /// # Errors
    /// When the program cannot be built.
    pub fn command(&self, words: &[&str]) -> Outcome<Command> {
        let program = binary()?;
        let mut command = if self.shell.is_empty() {
            Command::new(program)
        } else {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("{}; exec \"$0\" \"$@\"", self.shell)]).arg(program);
            shell
        };
        command.args(words).envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

/// The binary beside the running test or bench. In a target folder it is built first, so that no old one is ever
/// tested; beside a bench that was copied elsewhere, and under `ops/test`, which has just built it (`XIAONENG_BUILT`), it is
/// taken as it is.
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
    if !profile.join(".fingerprint").exists() || std::env::var_os("XIAONENG_BUILT").is_some() {
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

/// Runs a command to its end, which must come within this time, and gives all that it printed.
///
/// # Errors
/// When it cannot be started, or does not end: it is killed then.
pub fn within(command: &mut Command, patience: Duration) -> Outcome<Output> {
    // Into files: a pipe that nobody reads would stop it, and one that somebody else holds open would never end.
    let (mut out, mut err) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(err.try_clone()?).spawn()?;
    let started = Instant::now();
    let ended = loop {
        match child.try_wait()? {
            None if started.elapsed() < patience => std::thread::sleep(Duration::from_millis(2)),
            ended => break ended,
        }
    };
    if ended.is_none() {
        child.kill()?;
        child.wait()?;
    }
    let (stdout, stderr) = (all_of(&mut out)?, all_of(&mut err)?);
    match ended {
        Some(status) => Ok(Output { status, stdout, stderr }),
        None => {
            let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
            Err(format!("{command:?} does not end within {} s: {said}", patience.as_secs()).into())
        }
    }
}

/// What stands in a file, from its beginning.
fn all_of(file: &mut File) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A text of a path.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

/// A running server. Dropping it kills it.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    said: Arc<Mutex<String>>,
    /// Reads what it says to the end.
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts `xiaoneng serve` on a free port and waits until it answers.
    ///
    /// # Errors
    /// When it ends before that, with what it said.
    pub async fn start(data: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        Self::start_as(data, &Start::with(settings)).await
    }

    /// Starts a node whose log lies in another directory.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_node(data: &Path, log: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        Self::start_with(&["serve", "--data", text(data), "--log", text(log)], &Start::with(settings)).await
    }

    /// Starts `xiaoneng outside` on a spool, with the key file that lies in it.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn outside(spool: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        Self::start_with(&["outside", "--spool", text(spool)], &Start::with(settings)).await
    }

    /// Starts it and does not wait: its address is not known.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn launch(data: &Path, start: &Start) -> Outcome<Self> {
        Ok(Self::spawn(Self::somewhere(&["serve", "--data", text(data)], start)?)?.0)
    }

    /// Whether it has said that it serves.
    pub fn serves(&self) -> bool {
        self.said().lines().any(|line| listening(line).is_some())
    }

    /// As [`Self::start`], in another way.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_as(data: &Path, start: &Start) -> Outcome<Self> {
        Self::start_with(&["serve", "--data", text(data)], start).await
    }

    async fn start_with(words: &[&str], start: &Start) -> Outcome<Self> {
        Self::of(Self::somewhere(words, start)?).await
    }

    /// The command with these words, on a free port.
    fn somewhere(words: &[&str], start: &Start) -> Outcome<Command> {
        let mut command = start.command(words)?;
        command.args(["--listen", "127.0.0.1:0"]);
        Ok(command)
    }

    /// Starts a server by this command and waits until it answers.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn of(command: Command) -> Outcome<Self> {
        let (mut server, address) = Self::spawn(command)?;
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
        let start = Start::with(settings);
        let (mut server, address) = Self::spawn(Self::somewhere(&["serve", "--data", text(data)], &start)?)?;
        // A server that is ready earlier is killed earlier: there is nothing to hit any more.
        let ready = address.recv_timeout(after).is_ok();
        if let (false, Some(status)) = (ready, server.has_ended()?) {
            return Err(format!("the server ended by itself: {status}\n{}", server.said()).into());
        }
        server.child.kill()?;
        server.child.wait()?;
        Ok(())
    }

    /// Starts it; where it listens is told as soon as it says so.
    fn spawn(mut command: Command) -> Outcome<(Self, Receiver<SocketAddr>)> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().ok_or("no standard error")?;
        let said = Arc::new(Mutex::new(String::new()));
        let (address, reader) = hear(stderr, said.clone(), listening);
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok((Self { child, address: unknown, said, reader: Some(reader) }, address))
    }

    /// What it wrote to standard error so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where its admin listener is.
    ///
    /// # Errors
    /// When it has none.
    pub fn admin(&self) -> Outcome<SocketAddr> {
        let said = self.said();
        let address = said.lines().find_map(|line| line.strip_prefix("运维监听 "));
        Ok(address.ok_or_else(|| format!("no admin listener\n{said}"))?.parse()?)
    }

    /// What it wrote to standard error, also what it writes until it has ended.
    pub fn listen(&self) -> impl Fn() -> String + use<> {
        let said = self.said.clone();
        move || said.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        if let Some(status) = self.has_ended()? {
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
        self.signal("TERM")?;
        self.ended(Duration::from_secs(60)).await
    }

    /// Sends a signal by its name.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn signal(&self, name: &str) -> Outcome<()> {
        let told = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status()?;
        if told.success() { Ok(()) } else { Err(format!("the server could not be sent {name}").into()) }
    }

    /// Waits until it has ended; all that it said is known then.
    ///
    /// # Errors
    /// When it has not within this time.
    pub async fn ended(&mut self, within: Duration) -> Outcome<ExitStatus> {
        let asked = Instant::now();
        loop {
            if let Some(status) = self.has_ended()? {
                return Ok(status);
            }
            if asked.elapsed() > within {
                return Err(format!("the server does not end\n{}", self.said()).into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How it ended, when it has; all that it said is known then.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn has_ended(&mut self) -> Outcome<Option<ExitStatus>> {
        let ended = self.child.try_wait()?;
        if let Some(reader) = self.reader.take_if(|_| ended.is_some()) {
            // It only reads and keeps: it ends with the pipe.
            let _ = reader.join();
        }
        Ok(ended)
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

/// Keeps what a process says, to its end, and tells what is wanted of it: a process whose words nobody reads would stand still.
pub fn hear<T: Send + 'static>(
    pipe: impl Read + Send + 'static,
    kept: Arc<Mutex<String>>,
    wanted: fn(&str) -> Option<T>,
) -> (Receiver<T>, JoinHandle<()>) {
    let (tell, told) = channel();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if let Some(found) = wanted(&line) {
                // Nobody waits any more when it is said twice.
                let _ = tell.send(found);
            }
            let mut said = kept.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            said.push('\n');
        }
    });
    (told, reader)
}

/// The address in a line of what a server says.
pub fn listening(line: &str) -> Option<SocketAddr> {
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
