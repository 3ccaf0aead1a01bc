//! A small HTTP/1.1 client: one connection that is kept alive, a cookie jar, forms. No TLS, no redirects followed unasked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// A connection that was not used for so long is made anew: a server may be closing it, after 5 s at the earliest.
const IDLE: Duration = Duration::from_secs(4);
/// Longest head of an answer.
const HEAD: usize = 64 * 1024;

/// An answer, its body read whole.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body, without transfer coding.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Where a redirect leads; empty when it is none.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A browser's connection and cookies.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    /// The connection, and when it was last used.
    stream: Option<(TcpStream, Instant)>,
    buffer: Vec<u8>,
    /// Cookies by name.
    pub cookies: BTreeMap<String, String>,
}

impl Client {
    /// A client without cookies; connects when it is needed.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::with_capacity(16 * 1024), cookies: BTreeMap::new() }
    }

    /// The same cookies, at another address: the server was started again.
    pub fn move_to(&mut self, address: SocketAddr) {
        self.address = address;
        self.stream = None;
    }

    /// GET.
    ///
    /// # Errors
    /// When the connection fails or the answer is no HTTP.
    pub async fn get(&mut self, path: &str) -> Outcome<Answer> {
        let request = self.request("GET", path, None);
        self.send(&request).await
    }

    /// POST of a form.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Outcome<Answer> {
        let request = self.request("POST", path, Some(&encode(fields)));
        self.send(&request).await
    }

    /// The bytes of a request with this client's cookies, so that a load is prepared before it is measured.
    pub fn request(&self, method: &str, path: &str, form: Option<&str>) -> Vec<u8> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            text.push_str(&format!("cookie: {}\r\n", pairs.join("; ")));
        }
        if let Some(form) = form {
            text.push_str(&format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", form.len()));
        }
        text.push_str("\r\n");
        text.push_str(form.unwrap_or_default());
        text.into_bytes()
    }

    /// Sends a request as it is and reads its answer; cookies that it sets are kept.
    ///
    /// # Errors
    /// As [`Self::get`]. The connection is made anew for the next request then.
    pub async fn send(&mut self, request: &[u8]) -> Outcome<Answer> {
        let mut stream = match self.stream.take() {
            Some((stream, used)) if used.elapsed() < IDLE => stream,
            _ => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                self.buffer.clear();
                stream
            }
        };
        stream.write_all(request).await?;
        let head_only = request.starts_with(b"HEAD ");
        let answer = read(&mut stream, &mut self.buffer, head_only).await?;
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            self.keep(value);
        }
        if !answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            self.stream = Some((stream, Instant::now()));
        }
        Ok(answer)
    }

    fn keep(&mut self, header: &str) {
        let mut parts = header.split(';');
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let gone = parts.any(|part| part.trim().eq_ignore_ascii_case("max-age=0"));
        if gone {
            self.cookies.remove(name.trim());
        } else {
            self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
}

/// Fields as a browser sends them.
pub fn encode(fields: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        if !out.is_empty() {
            out.push('&');
        }
        percent(name, &mut out);
        out.push('=');
        percent(value, &mut out);
    }
    out
}

fn percent(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>, head_only: bool) -> Outcome<Answer> {
    let (end, mut answer) = loop {
        match buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            Some(end) => {
                let head = std::str::from_utf8(&buffer[..end])?;
                let answer = parse(head)?;
                // 100 Continue and its like are followed by the answer itself.
                if (100..200).contains(&answer.status) {
                    buffer.drain(..end + 4);
                    continue;
                }
                break (end + 4, answer);
            }
            None if buffer.len() > HEAD => return Err("the head of the answer does not end".into()),
            None => more(stream, buffer).await?,
        }
    };
    buffer.drain(..end);
    if head_only || matches!(answer.status, 204 | 304) {
        return Ok(answer);
    }
    if answer.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        answer.body = chunked(stream, buffer).await?;
        return Ok(answer);
    }
    let length: usize = answer.header("content-length").map_or(Ok(0), str::parse)?;
    while buffer.len() < length {
        more(stream, buffer).await?;
    }
    answer.body = buffer.drain(..length).collect();
    Ok(answer)
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Outcome<()> {
    if stream.read_buf(buffer).await? == 0 { Err("the server closed the connection".into()) } else { Ok(()) }
}

fn parse(head: &str) -> Outcome<Answer> {
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")).and_then(|rest| rest.get(..3)).ok_or("no HTTP/1.1 answer")?;
    let headers = lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Ok(Answer { status: status.parse()?, headers: headers.collect(), body: Vec::new() })
}

async fn chunked(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Outcome<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = loop {
            match buffer.windows(2).position(|two| two == b"\r\n") {
                Some(end) => break end,
                None => more(stream, buffer).await?,
            }
        };
        let size = std::str::from_utf8(&buffer[..end])?.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16)?;
        // The size, the chunk and the line end behind each.
        let whole = end + 2 + size + 2;
        while buffer.len() < whole {
            more(stream, buffer).await?;
        }
        body.extend_from_slice(&buffer[end + 2..end + 2 + size]);
        buffer.drain(..whole);
        if size == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one connection with these bytes, one piece after each request.
    async fn server(pieces: Vec<&'static str>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for piece in pieces {
                let mut seen = vec![0; 4096];
                assert!(stream.read(&mut seen).await.unwrap() > 0);
                stream.write_all(piece.as_bytes()).await.unwrap();
            }
        });
        address
    }

    #[tokio::test]
    async fn answers_of_both_lengths_are_read_on_one_connection_and_cookies_are_kept_and_removed() {
        let address = server(vec![
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 303 See Other\r\nlocation: /x\r\nset-cookie: b=; Max-Age=0\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        ])
        .await;
        let mut client = Client::new(address);
        let first = client.get("/").await.unwrap();
        assert_eq!((first.status, first.text().as_str(), client.cookies.len()), (200, "abc", 2));
        let second = client.post("/", &[("一", "a b&c")]).await.unwrap();
        assert_eq!((second.status, second.location(), second.text().as_str()), (303, "/x", "hello"));
        assert_eq!(client.cookies.keys().collect::<Vec<_>>(), ["a"]);
        assert!(client.get("/").await.is_err());
    }

    #[test]
    fn fields_are_sent_as_browsers_send_them() {
        assert_eq!(encode(&[("词", "a b&c"), ("x", "")]), "%E8%AF%8D=a+b%26c&x=");
    }
}
