//! The WebDriver protocol (W3C), as much of it as the walks need, over the tests' own HTTP client.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};
use tests::Outcome;
use tests::client::Client;
use tokio::sync::Mutex;

/// The name under which an element's id stands in an answer.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser that is driven.
pub struct Driver {
    client: Mutex<Client>,
    address: SocketAddr,
    session: String,
}

/// Something on the page that is open.
pub struct Element(String);

impl Element {
    /// As an argument of a script.
    pub fn argument(&self) -> Value {
        json!({ ELEMENT: self.0 })
    }
}

/// How to look for something.
#[derive(Clone, Copy)]
pub enum By<'a> {
    Css(&'a str),
    XPath(&'a str),
}

impl By<'_> {
    fn wanted(self) -> Value {
        match self {
            Self::Css(value) => json!({ "using": "css selector", "value": value }),
            Self::XPath(value) => json!({ "using": "xpath", "value": value }),
        }
    }
}

impl Driver {
    /// Starts a browser with these arguments at the driver that listens on this port.
    pub async fn start(port: u16, arguments: &[String], script: Duration) -> Outcome<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "timeouts": { "script": script.as_millis() as u64 },
        } } });
        let mut driver = Self { client: Mutex::new(Client::new(address)), address, session: String::new() };
        let begun = driver.send("POST", "/session", &wanted).await?;
        driver.session = begun["sessionId"].as_str().ok_or("no session")?.to_owned();
        Ok(driver)
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Outcome<Value> {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let kind = "application/json; charset=utf-8";
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", self.address, body.len());
        let answer = self.client.lock().await.send(format!("{head}{body}").as_bytes()).await?;
        let mut told: Value = serde_json::from_slice(&answer.body)?;
        let value = told["value"].take();
        if answer.status == 200 { Ok(value) } else { Err(format!("{}: {}", value["error"], value["message"]).into()) }
    }

    async fn get(&self, path: &str) -> Outcome<Value> {
        self.send("GET", &format!("/session/{}{path}", self.session), &Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Outcome<Value> {
        self.send("POST", &format!("/session/{}{path}", self.session), &body).await
    }

    /// Ends the browser.
    pub async fn quit(&self) -> Outcome<()> {
        self.send("DELETE", &format!("/session/{}", self.session), &Value::Null).await.map(drop)
    }

    /// Opens an address; the page has loaded when this returns.
    pub async fn open(&self, address: &str) -> Outcome<()> {
        self.post("/url", json!({ "url": address })).await.map(drop)
    }

    /// Loads the page again.
    pub async fn reload(&self) -> Outcome<()> {
        self.post("/refresh", json!({})).await.map(drop)
    }

    /// Runs a script in the page and gives what it returns.
    pub async fn execute(&self, script: &str, arguments: Vec<Value>) -> Outcome<Value> {
        self.post("/execute/sync", json!({ "script": script, "args": arguments })).await
    }

    /// Runs a script in the page and gives what it hands to its last argument.
    pub async fn execute_async(&self, script: &str, arguments: Vec<Value>) -> Outcome<Value> {
        self.post("/execute/async", json!({ "script": script, "args": arguments })).await
    }

    /// A command of Chromium's own protocol.
    pub async fn chromium(&self, command: &str, parameters: Value) -> Outcome<Value> {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    /// The first element.
    pub async fn find(&self, by: By<'_>) -> Outcome<Element> {
        element(&self.post("/element", by.wanted()).await?)
    }

    /// All elements.
    pub async fn find_all(&self, by: By<'_>) -> Outcome<Vec<Element>> {
        self.post("/elements", by.wanted()).await?.as_array().into_iter().flatten().map(element).collect()
    }

    /// Its text, as it is seen.
    pub async fn text(&self, of: &Element) -> Outcome<String> {
        Ok(self.get(&format!("/element/{}/text", of.0)).await?.as_str().unwrap_or_default().to_owned())
    }

    /// Clicks on it, as a hand does.
    pub async fn click(&self, on: &Element) -> Outcome<()> {
        self.post(&format!("/element/{}/click", on.0), json!({})).await.map(drop)
    }

    /// Empties a field.
    pub async fn clear(&self, field: &Element) -> Outcome<()> {
        self.post(&format!("/element/{}/clear", field.0), json!({})).await.map(drop)
    }

    /// Types into a field.
    pub async fn send_keys(&self, field: &Element, text: &str) -> Outcome<()> {
        self.post(&format!("/element/{}/value", field.0), json!({ "text": text })).await.map(drop)
    }
}

fn element(answer: &Value) -> Outcome<Element> {
    Ok(Element(answer[ELEMENT].as_str().ok_or("no element")?.to_owned()))
}
