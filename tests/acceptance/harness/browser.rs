//! A browser without script: keeps cookies, follows redirects, sends forms.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::html::{self, Form};

/// An answer, after redirects.
#[derive(Debug, Clone)]
pub struct Page {
    /// Path and query of the page that was shown.
    pub path: String,
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl Page {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The words of the page, without tags.
    pub fn text(&self) -> String {
        html::text(&self.body)
    }

    /// These words stand on the page.
    pub fn has(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// The `h1`.
    pub fn heading(&self) -> String {
        html::element(&self.body, "h1").map(|inner| html::text(&inner)).unwrap_or_default()
    }

    /// The title of the window.
    pub fn title(&self) -> String {
        html::element(&self.body, "title").map(|inner| html::text(&inner)).unwrap_or_default()
    }

    /// The messages of the error summary.
    pub fn errors(&self) -> Vec<String> {
        html::errors(&self.body)
    }

    /// The form that is sent to this action.
    pub fn form(&self, action: &str) -> Form {
        html::form(&self.body, action).unwrap_or_else(|| panic!("no form for {action} on {} ({}): {}", self.path, self.status, self.text()))
    }

    /// Whether there is a form for this action.
    pub fn offers(&self, action: &str) -> bool {
        html::form(&self.body, action).is_some()
    }

    /// The address of a link with exactly these words.
    pub fn link(&self, words: &str) -> String {
        let links = html::links(&self.body);
        links
            .iter()
            .find(|(_, text)| text == words)
            .map(|(href, _)| href.clone())
            .unwrap_or_else(|| panic!("no link {words} on {}: {links:?}", self.path))
    }

    /// All links: address and words.
    pub fn links(&self) -> Vec<(String, String)> {
        html::links(&self.body)
    }
}

/// A browser.
#[derive(Debug, Clone)]
pub struct Browser {
    address: SocketAddr,
    /// Its cookies.
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A browser without cookies.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookies: BTreeMap::new() }
    }

    /// Opens a page and follows redirects.
    pub async fn get(&mut self, path: &str) -> Page {
        let page = self.send("GET", path, &[], b"").await;
        self.follow(page).await
    }

    /// Sends a form and follows the redirect.
    pub async fn submit(&mut self, form: impl Into<Form>) -> Page {
        let page = self.submit_once(form).await;
        self.follow(page).await
    }

    /// Sends a form; the answer itself.
    pub async fn submit_once(&mut self, form: impl Into<Form>) -> Page {
        let form = form.into();
        let (kind, body) = form.encoded();
        let origin = format!("http://{}", self.address);
        self.send("POST", &form.action, &[("Content-Type", &kind), ("Origin", &origin)], &body).await
    }

    /// Signs in by the page; where that leads.
    pub async fn sign_in(&mut self, login: &str, password: &str) -> Page {
        let page = self.get("/desk/sign-in").await;
        self.submit(page.form("/desk/sign-in").set("login", login).set("password", password)).await
    }

    /// Sends a form of our own, bound to this browser's session, for what a page does not offer.
    pub async fn forge(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get("/desk/password").await;
        let mut form = page.form("/desk/password").without("current").without("password").without("again");
        form.action = path.to_owned();
        for (name, value) in fields {
            form = form.force(name, value);
        }
        self.submit_once(form).await
    }

    /// Follows redirects of an answer.
    pub async fn follow(&mut self, page: Page) -> Page {
        let mut page = page;
        for _ in 0..10 {
            let Some(target) = page.header("location").filter(|_| (300..400).contains(&page.status)).map(str::to_owned) else {
                return page;
            };
            page = self.send("GET", &target, &[], b"").await;
        }
        panic!("redirected in a circle: {}", page.path);
    }

    /// One request with these headers and this body; cookies are kept, nothing is followed.
    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Page {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if method != "GET" && method != "HEAD" {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str(&self.cookie_header());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server may answer and close before it has read a body that is too large.
        let _ = stream.write_all(body).await;
        let page = read(&mut stream, path).await;
        self.keep(&page);
        page
    }

    /// The `Cookie` header of the next request, with its line end; empty when there are none.
    pub fn cookie_header(&self) -> String {
        if self.cookies.is_empty() {
            return String::new();
        }
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("Cookie: {}\r\n", pairs.join("; "))
    }

    fn keep(&mut self, page: &Page) {
        for (_, cookie) in page.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let mut parts = cookie.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            if parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// Reads an answer to its end.
pub(super) async fn read(stream: &mut TcpStream, path: &str) -> Page {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    // A connection that is reset after the answer still gave the answer.
    while let Ok(count) = stream.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
    let at = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer for {path}: {:?}", String::from_utf8_lossy(&bytes)));
    let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value.contains("chunked"));
    let body = if chunked { dechunk(&bytes[at + 4..]) } else { bytes[at + 4..].to_vec() };
    Page { path: path.to_owned(), status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

fn dechunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap().trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 4 + size..];
    }
    body
}
