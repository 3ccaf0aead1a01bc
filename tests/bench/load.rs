//! Clients that ask as fast as they are answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tests::Outcome;
use tests::client::{Answer, Client};
use tokio::task::JoinSet;

use crate::words::round;

/// What a load gave.
#[derive(Debug, Clone)]
pub struct Load {
    /// Answers per second.
    pub rate: f64,
    /// Half of the answers came within, milliseconds.
    pub p50: f64,
    /// 99 of 100 came within, milliseconds.
    pub p99: f64,
    /// The slowest, milliseconds.
    pub slowest: f64,
    /// Answers.
    pub count: usize,
    /// Bytes of a body in the middle.
    pub bytes: usize,
}

impl Load {
    /// For the line of JSON.
    pub fn facts(&self) -> serde_json::Value {
        serde_json::json!({
            "per_second": self.rate.round(), "p50_ms": round(self.p50), "p99_ms": round(self.p99), "slowest_ms": round(self.slowest),
            "count": self.count, "bytes": self.bytes,
        })
    }

    /// For people.
    pub fn line(&self) -> String {
        format!("{:.0}/s, p50 {:.2} ms, p99 {:.2} ms, slowest {:.1} ms", self.rate, self.p50, self.p99, self.slowest)
    }
}

/// How long it goes on.
#[derive(Clone, Copy)]
pub enum Until {
    /// Every request once.
    Done,
    /// Round and round for so long.
    Over(Duration),
}

/// Lets each hand of requests be sent by a client of its own on one connection.
///
/// # Errors
/// At the first answer that is not as expected.
pub async fn run(address: SocketAddr, hands: Vec<Vec<Vec<u8>>>, until: Until, good: fn(&Answer) -> bool) -> Outcome<Load> {
    let mut tasks: JoinSet<Outcome<(Vec<f64>, usize)>> = JoinSet::new();
    let started = Instant::now();
    for hand in hands {
        tasks.spawn(async move {
            let mut client = Client::new(address);
            let mut times = Vec::with_capacity(hand.len());
            let mut bytes = 0;
            let one = async |client: &mut Client, request: &[u8], times: &mut Vec<f64>| -> Outcome<usize> {
                let asked = Instant::now();
                let answer = client.send(request).await?;
                times.push(asked.elapsed().as_secs_f64() * 1_000.0);
                if good(&answer) {
                    Ok(answer.body.len())
                } else {
                    let asked = String::from_utf8_lossy(request.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
                    Err(format!("{asked} answers {} {}", answer.status, answer.location()).into())
                }
            };
            match until {
                Until::Done => {
                    for request in &hand {
                        bytes = one(&mut client, request, &mut times).await?;
                    }
                }
                Until::Over(time) => {
                    for request in hand.iter().cycle() {
                        if started.elapsed() >= time {
                            break;
                        }
                        bytes = one(&mut client, request, &mut times).await?;
                    }
                }
            }
            Ok((times, bytes))
        });
    }
    let (mut times, mut bytes) = (Vec::new(), Vec::new());
    while let Some(ended) = tasks.join_next().await {
        let (some, size) = ended??;
        times.extend(some);
        bytes.push(size);
    }
    let seconds = started.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    bytes.sort_unstable();
    let at = |part: f64| times.get(((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1))).copied().unwrap_or_default();
    Ok(Load {
        rate: times.len() as f64 / seconds,
        p50: at(0.5),
        p99: at(0.99),
        slowest: at(1.0),
        count: times.len(),
        bytes: bytes.get(bytes.len() / 2).copied().unwrap_or_default(),
    })
}

/// Processor time of a process so far, user and system.
pub fn processor(id: u32) -> Outcome<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let after = stat.rsplit_once(')').ok_or("no process")?.1;
    let ticks: Vec<u64> = after.split_ascii_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    // The kernel tells hundredths of a second to every program.
    Ok(Duration::from_millis(ticks.iter().sum::<u64>() * 10))
}

/// How long a process does nothing before [`idle`] believes it.
pub const QUIET: Duration = Duration::from_secs(2);

/// Waits until a process has nothing to do: less than three hundredths of a second in each second of [`QUIET`].
pub async fn idle(id: u32) -> Outcome<()> {
    let mut quiet = 0;
    let mut before = processor(id)?;
    while quiet < QUIET.as_secs() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = processor(id)?;
        quiet = if now - before <= Duration::from_millis(30) { quiet + 1 } else { 0 };
        before = now;
    }
    Ok(())
}
