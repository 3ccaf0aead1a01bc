//! `xiaoneng health`: asks the admin listener of a running server; for a container, which has no other program to ask with.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail};

use super::Failure;
use crate::{cli, output};

/// A server that has not answered by then is not well.
const PATIENCE: Duration = Duration::from_secs(5);
/// The answer is a few lines.
const LONGEST: u64 = 64 * 1024;

pub(super) fn run(words: &cli::Health) -> Result<(), Failure> {
    let path = if words.ready { "/readyz" } else { "/healthz" };
    let (status, body) = ask(words.admin, path).with_context(|| format!("{} 没有应答，服务可能没有启动", words.admin))?;
    let told: Vec<String> = body.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if status == 200 {
        output::line(&format!("正常：{path}"));
        return Ok(());
    }
    Err(Failure::Faults([vec![format!("{path} 应答 {status}")], told].concat()))
}

fn ask(address: std::net::SocketAddr, path: &str) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let Some(status) = answer.split_whitespace().nth(1).and_then(|status| status.parse().ok()) else { bail!("应答不是 HTTP") };
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    Ok((status, body))
}
