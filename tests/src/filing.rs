//! The citizen's way: through the pages of the form to the last step, the receipt; and signing in for staff.

use std::net::SocketAddr;

use uuid::Uuid;

use crate::Outcome;
use crate::client::{Answer, Client, encode};
use crate::html::{self, between, form_to};
use crate::server::PASSWORD;

/// What is filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    /// Class.
    pub class: String,
    /// What happened.
    pub words: String,
    /// County, by its division code.
    pub district: String,
    /// Where exactly.
    pub place: String,
    /// What is wished.
    pub wish: String,
    /// Name.
    pub name: String,
    /// Mobile phone.
    pub phone: String,
    /// Mail address; may be empty.
    pub email: String,
}

/// A filing that needs only to be sent.
#[derive(Debug)]
pub struct Ready {
    /// The browser.
    pub client: Client,
    /// The id of the form; the id of the case follows from it.
    pub form: Uuid,
    /// What was typed.
    pub filing: Filing,
    csrf: String,
}

/// What the receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Public number, without dashes.
    pub number: String,
    /// Query code, without gaps.
    pub code: String,
}

impl Filing {
    /// The n-th of many that differ, with the choices that the pages offer.
    pub fn nth(&self, n: usize) -> Self {
        const ROADS: [&str; 8] = ["文昌路", "江滨东路", "解放街", "学府路", "望湖大道", "新桥巷", "龙泉路", "码头街"];
        const MATTERS: [&str; 8] = [
            "路灯连续三晚不亮",
            "下水道堵塞，污水漫到路面",
            "夜间施工，噪声很大",
            "垃圾两天没有清运",
            "井盖破损",
            "公交站牌倒伏",
            "消防通道停满车辆",
            "绿化树枝遮挡信号灯",
        ];
        let (road, matter) = (ROADS[n % 8], MATTERS[n / 8 % 8]);
        Self {
            words: format!(
                "{road}{}号附近{matter}，行人和电动车通行有安全隐患，已经向物业反映过两次，至今没有人来处理，希望尽快安排。",
                n % 997 + 1
            ),
            place: format!("{road}{}号", n % 997 + 1),
            phone: format!("138{:08}", n % 100_000_000),
            ..self.clone()
        }
    }
}

/// Walks through all pages as a browser does and learns what can be chosen. The filing is not sent.
///
/// # Errors
/// When a page is not as expected.
pub async fn explore(address: SocketAddr) -> Outcome<(Filing, Ready)> {
    let mut client = Client::new(address);
    let page = client.get("/file/start").await?.text();
    let form = form_to(&page, "/file/start").ok_or("no form on the first page")?;
    let mut next = follow(&mut client, "/file/start", &form.with(&[])).await?;
    let mut filing = Filing {
        class: String::new(),
        words: String::new(),
        district: String::new(),
        place: String::new(),
        wish: "请尽快修复，并告知处理结果。".to_owned(),
        name: "王女士".to_owned(),
        phone: String::new(),
        email: String::new(),
    }
    .nth(0);
    while next != "/file/check" {
        let page = client.get(&next).await?.text();
        let form = form_to(&page, &next).ok_or_else(|| format!("no form on {next}"))?;
        let choice = |name: &str| form.first_choice(name).unwrap_or_default().to_owned();
        match next.as_str() {
            "/file/what" => filing.class = choice("class"),
            "/file/where" => filing.district = choice("district"),
            _ => {}
        }
        let answers = answers(&filing, &next);
        next = follow(&mut client, &next, &form.with(&answers)).await?;
    }
    let ready = ready(client, filing.clone()).await?;
    Ok((filing, ready))
}

/// Goes to the last step without looking at the pages in between: for preparing many.
///
/// # Errors
/// When a step is not accepted.
pub async fn walk(address: SocketAddr, filing: Filing) -> Outcome<Ready> {
    let mut client = Client::new(address);
    let page = client.get("/file/start").await?.text();
    let form = form_to(&page, "/file/start").ok_or("no form on the first page")?;
    let csrf = form.get("csrf").to_owned();
    let mut next = follow(&mut client, "/file/start", &[("csrf", &csrf)]).await?;
    while next != "/file/check" {
        let mut fields = answers(&filing, &next);
        fields.push(("csrf", &csrf));
        next = follow(&mut client, &next, &fields).await?;
    }
    ready(client, filing).await
}

async fn ready(mut client: Client, filing: Filing) -> Outcome<Ready> {
    let page = client.get("/file/check").await?.text();
    let form = form_to(&page, "/file/check").ok_or("no form on the last page")?;
    Ok(Ready { csrf: form.get("csrf").to_owned(), form: form.get("form_id").parse()?, client, filing })
}

async fn follow(client: &mut Client, path: &str, fields: &[(&str, &str)]) -> Outcome<String> {
    let answer = client.post(path, fields).await?;
    match (answer.status, answer.location()) {
        (303, to) if to != path && to.starts_with("/file/") => Ok(to.to_owned()),
        (status, to) => {
            Err(format!("{path} answers {status} {to}\n{}", between(&answer.text(), "<main", "</main>").unwrap_or_default()).into())
        }
    }
}

fn answers<'a>(filing: &'a Filing, path: &str) -> Vec<(&'a str, &'a str)> {
    match path {
        "/file/what" => vec![("class", &filing.class), ("words", &filing.words)],
        "/file/where" => vec![("district", &filing.district), ("place", &filing.place)],
        "/file/wish" => vec![("wish", &filing.wish), ("on_behalf", "no")],
        "/file/privacy" => vec![("anonymous", "no"), ("confidential", "no"), ("publish", "yes")],
        "/file/contact" => vec![("name", &filing.name), ("phone", &filing.phone), ("email", &filing.email)],
        _ => Vec::new(),
    }
}

/// Whether an answer to a filing says that it is filed.
pub fn acknowledges(answer: &Answer) -> bool {
    answer.status == 303 && answer.location() == "/file/receipt"
}

impl Ready {
    /// The bytes of the request that files it.
    pub fn request(&self) -> Vec<u8> {
        let form = self.form.to_string();
        self.client.request("POST", "/file/check", Some(&encode(&[("csrf", &self.csrf), ("form_id", &form)])))
    }

    /// Files it. True: the server has acknowledged.
    ///
    /// # Errors
    /// When the connection fails: whether it was filed is not known then.
    pub async fn submit(&mut self) -> Outcome<bool> {
        Ok(acknowledges(&self.send().await?))
    }

    /// Files it; the answer as it is.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn send(&mut self) -> Outcome<Answer> {
        let request = self.request();
        self.client.send(&request).await
    }

    /// Reads the receipt.
    ///
    /// # Errors
    /// When there is none.
    pub async fn receipt(&mut self) -> Outcome<Receipt> {
        Self::receipt_of(&mut self.client).await
    }

    /// Reads the receipt that a browser holds.
    ///
    /// # Errors
    /// When there is none.
    pub async fn receipt_of(client: &mut Client) -> Outcome<Receipt> {
        let answer = client.get("/file/receipt").await?;
        let page = answer.text();
        let read = |name: &str| between(&page, &format!("<dt>{name}</dt>"), "</dd>");
        match (read("工单编号"), read("查询码")) {
            (Some(number), Some(code)) => Ok(Receipt { number: number.replace('-', ""), code: code.replace(['-', ' '], "") }),
            _ => Err(format!("the receipt answers {} {}", answer.status, answer.location()).into()),
        }
    }
}

/// A browser that follows a case by its number and query code.
///
/// # Errors
/// When they do not fit.
pub async fn track(address: SocketAddr, receipt: &Receipt) -> Outcome<Client> {
    let mut client = Client::new(address);
    let page = client.get("/track").await?.text();
    let form = form_to(&page, "/track").ok_or("no form to track with")?;
    let answer = client.post("/track", &form.with(&[("number", &receipt.number), ("code", &receipt.code)])).await?;
    if answer.location() == "/track/case" { Ok(client) } else { Err(format!("/track answers {}", answer.status).into()) }
}

/// A signed-in member of staff of a generated city.
///
/// # Errors
/// When the account is not let in.
pub async fn sign_in(address: SocketAddr, login: &str) -> Outcome<Client> {
    let mut client = Client::new(address);
    let page = client.get("/desk/sign-in").await?.text();
    let form = html::form_to(&page, "/desk/sign-in").ok_or("no form to sign in with")?;
    let answer = client.post("/desk/sign-in", &form.with(&[("login", login), ("password", PASSWORD)])).await?;
    if answer.status == 303 && answer.location().starts_with("/desk") && answer.location() != "/desk/password" {
        Ok(client)
    } else {
        Err(format!("signing in as {login} answers {} {}", answer.status, answer.location()).into())
    }
}
