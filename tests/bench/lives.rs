//! The life of a demand through the pages: filed by a citizen, dispatched, signed for, contacted, answered, approved, passed,
//! called back. Sessions are signed in beforehand; filings are walked to their last step beforehand.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use application::clock::{SystemClock, log_now};
use domain::account::Role;
use domain::rulebook::Rulebook;
use domain::rulebook::shipped::SHIPPED;
use event_log::{EventLog as _, Options, SqliteLog};
use projections::Views;
use tests::Outcome;
use tests::client::Client;
use tests::filing::{Ready, explore, sign_in, walk};
use tests::html::form_to;
use tokio::task::JoinSet;
use uuid::Uuid;

/// The steps, the filing first.
pub const STEPS: [&str; 8] = ["file", "dispatch", "sign", "contact", "answer", "approve", "pass", "call-back"];
/// Units that get demands.
const UNITS: usize = 8;
/// Nobody acts on a demand sooner after the last act.
const REST: Duration = Duration::from_millis(300);
const ANSWER: &str = "经现场检查，路灯线路受潮断路，已于当日更换线路并恢复照明，联系电话 0572-2345678。";

/// A member of staff who is signed in.
#[derive(Clone)]
pub struct Session {
    cookies: BTreeMap<String, String>,
    csrf: String,
}

/// Who acts in a unit.
struct Desk {
    unit: String,
    liaison: Session,
    handler: Session,
    head: Session,
}

/// Everybody who acts.
pub struct Staff {
    dispatcher: Session,
    reviewer: Session,
    desks: Vec<Desk>,
    grade: String,
}

/// A demand on its way.
#[derive(Debug, Clone)]
pub struct Life {
    number: String,
    desk: usize,
}

impl Life {
    /// The events of its stream, in a directory that a server has open.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn events(&self, dir: &Path) -> Outcome<usize> {
        let case = Views::open(dir)?.case_by_number(&self.number)?.ok_or("the views lack a demand")?;
        let log = SqliteLog::open(dir, Options::default(), log_now(Arc::new(SystemClock)))?;
        Ok(log.read_stream(&case.id.stream()).await?.len())
    }
}

/// Demands by the step that is next for them, and since when it is.
#[derive(Default)]
pub struct Lives(Mutex<[VecDeque<(Instant, Life)>; STEPS.len()]>);

impl Lives {
    /// A demand for which it is time for this step.
    pub fn next(&self, step: usize) -> Option<Life> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.get_mut(step)?;
        if waiting.front().is_none_or(|(since, _)| since.elapsed() < REST) {
            return None;
        }
        waiting.pop_front().map(|(_, life)| life)
    }

    /// This step is next for it; nothing is next after the last.
    pub fn wait(&self, step: usize, life: Life) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = all.get_mut(step) {
            waiting.push_back((Instant::now(), life));
        }
    }
}

/// What a step came to.
pub enum Answered {
    /// As expected, with where the demand goes on.
    Good(Life),
    /// Otherwise: the status, 0 when the connection failed.
    Odd(u16),
}

impl Staff {
    /// Signs everybody in.
    ///
    /// # Errors
    /// When an account of the city is not let in.
    pub async fn sign_in(address: SocketAddr, dir: &Path) -> Outcome<Self> {
        let reference = Views::open(dir)?.reference();
        let login = |unit: &domain::ids::UnitCode, role: Role| {
            let accounts = reference.accounts();
            let found = accounts.iter().find(|account| account.enabled && account.unit.as_ref() == Some(unit) && account.has(role));
            found.map(|account| account.login.clone())
        };
        let mut desks = Vec::new();
        for unit in reference.units().filter(|unit| unit.closed.is_none() && !unit.hotline) {
            let all = [Role::Liaison, Role::Handler, Role::Head].map(|role| login(&unit.code, role));
            if let [Some(liaison), Some(handler), Some(head)] = all {
                desks.push(Desk {
                    unit: unit.code.to_string(),
                    liaison: session(address, &liaison).await?,
                    handler: session(address, &handler).await?,
                    head: session(address, &head).await?,
                });
            }
            if desks.len() == UNITS {
                break;
            }
        }
        if desks.is_empty() {
            return Err("no unit of the city has people".into());
        }
        let text = SHIPPED.iter().find(|(name, _)| *name == "generic").map(|(_, text)| *text).ok_or("no rulebook")?;
        let rules = Rulebook::parse(text).map_err(|problems| format!("{} problems", problems.len()))?;
        let grade = rules.satisfaction.first().map(|grade| grade.code.clone()).ok_or("no grade")?;
        Ok(Self { dispatcher: session(address, "dispatcher").await?, reviewer: session(address, "reviewer").await?, desks, grade })
    }

    /// Files a demand and reads its receipt, as a browser does.
    pub async fn file(&self, client: &mut Client, request: &[u8], nth: usize) -> Answered {
        client.cookies.clear();
        match client.send(request).await {
            Ok(answer) if answer.status == 303 && answer.location() == "/file/receipt" => {}
            Ok(answer) => return Answered::Odd(answer.status),
            Err(_) => return Answered::Odd(0),
        }
        match Ready::receipt_of(client).await {
            Ok(receipt) => Answered::Good(Life { number: receipt.number, desk: nth % self.desks.len() }),
            Err(_) => Answered::Odd(404),
        }
    }

    /// Takes the step with a demand; the page that it leads to is not asked for.
    pub async fn act(&self, client: &mut Client, step: usize, life: Life) -> Answered {
        let Some(desk) = self.desks.get(life.desk) else { return Answered::Odd(0) };
        let name = STEPS[step];
        let (session, fields): (&Session, Vec<(&str, &str)>) = match name {
            "dispatch" => {
                let fields = [("suggestion", "other"), ("unit", desk.unit.as_str()), ("reason", "属于职责范围"), ("do", "dispatch")];
                (&self.dispatcher, fields.to_vec())
            }
            "sign" => (&desk.liaison, Vec::new()),
            "contact" => (&desk.handler, vec![("means", "phone"), ("reached", "yes"), ("note", "已电话告知处理安排，诉求人认可")]),
            "answer" => (&desk.handler, vec![("answer", ANSWER), ("outcome", "solved")]),
            "approve" => (&desk.head, Vec::new()),
            "pass" => (&self.reviewer, Vec::new()),
            _ => (&self.reviewer, vec![("reached", "yes"), ("contacted", "yes"), ("solved", "yes"), ("grade", self.grade.as_str())]),
        };
        client.cookies.clone_from(&session.cookies);
        let form = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{name}", life.number).as_bytes()).to_string();
        let fields = [&[("csrf", session.csrf.as_str()), ("form_id", form.as_str())][..], &fields].concat();
        match client.post(&format!("/desk/case/{}/{name}", life.number), &fields).await {
            Ok(answer) if answer.status == 303 => Answered::Good(life),
            Ok(answer) => Answered::Odd(answer.status),
            Err(_) => Answered::Odd(0),
        }
    }

    /// Opens the page of a demand, as whoever acted last on it does.
    pub async fn look(&self, client: &mut Client, life: Life) -> Answered {
        client.cookies.clone_from(&self.dispatcher.cookies);
        match client.get(&format!("/desk/case/{}", life.number)).await {
            Ok(answer) if answer.status == 200 => Answered::Good(life),
            Ok(answer) => Answered::Odd(answer.status),
            Err(_) => Answered::Odd(0),
        }
    }
}

async fn session(address: SocketAddr, login: &str) -> Outcome<Session> {
    let mut client = sign_in(address, login).await?;
    let page = client.get("/desk").await?.text();
    let form = form_to(&page, "/desk/sign-out").ok_or("no form on /desk")?;
    Ok(Session { csrf: form.get("csrf").to_owned(), cookies: client.cookies })
}

/// Walks so many citizens to the last step; their requests.
///
/// # Errors
/// When a page is not as expected.
pub async fn filings(address: SocketAddr, count: usize, walkers: usize) -> Outcome<Vec<Vec<u8>>> {
    let (sample, _) = explore(address).await?;
    let (sample, mut tasks) = (Arc::new(sample), JoinSet::<Outcome<Vec<Vec<u8>>>>::new());
    for first in 0..walkers {
        let sample = sample.clone();
        tasks.spawn(async move {
            let mut ready = Vec::new();
            for n in (first..count).step_by(walkers) {
                ready.push(walk(address, sample.nth(n)).await?.request());
            }
            Ok(ready)
        });
    }
    let mut all = Vec::with_capacity(count);
    while let Some(ended) = tasks.join_next().await {
        all.extend(ended??);
    }
    Ok(all)
}
