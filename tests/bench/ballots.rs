//! `ballots`: a public evaluation over HTTP. So many codes are given out, a share of them is used: every voter sends the code, the bodies, the
//! grades and the ballot. What is measured is the last step (durable when it is answered) and the whole way; then double votes,
//! closing over HTTP, and the rows of the export against the ballots.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use application::audit::Audit;
use application::backoff::Backoff;
use application::ballot_box::BallotBox;
use application::clock::{SystemClock, log_now};
use application::ids::RandomIds;
use application::password::Passwords;
use application::{Actor, Application, Meta, Staff};
use domain::account::{Role, StaffKind};
use domain::campaign::event::{CampaignPlanned, GroupPlan, PlanWords};
use domain::campaign::{CampaignId, Group};
use domain::private::Private;
use domain::time::legal_day;
use event_log::{EventLog, Options, SqliteLog};
use projections::Projections;
use serde_json::json;
use tests::Outcome;
use tests::client::{Client, encode};
use tests::html::form_to;
use tests::server::{Server, UNLIMITED};
use tokio::task::JoinSet;
use vault::{Entropy, MasterKey, OsEntropy, Vault};

use crate::load::{self, Load, Until, idle};
use crate::words::{Words, round, say};

const CLIENTS: usize = 16;
const BODIES: usize = 30;
/// Codes that are used twice at the same moment.
const DOUBLE: usize = 1_000;
/// Of every generated city.
const LOGIN: &str = "evaluator";

pub async fn run(words: &Words) -> Outcome<()> {
    let data = words.city("data", words.number("cases", 1_000)?)?;
    let invitations = words.number("invitations", 200_000)?;
    let voters = usize::try_from(invitations * words.number("share", 60)? / 100)?;
    let (campaign, codes) = prepare(&data, invitations).await?;
    let server = Server::start(&data, UNLIMITED).await?;
    let walking = Instant::now();
    let mut hands = fill(&server, &codes, voters).await?;
    let filling = walking.elapsed().as_secs_f64();
    // The last requests of some are kept for the double votes.
    let mut twice = Vec::new();
    while twice.len() < DOUBLE.min(voters / 2) {
        for hand in &mut hands {
            twice.extend(hand.pop());
        }
    }
    idle(server.id()).await?;
    let load = load::run(server.address, hands, Until::Done, |answer| answer.status == 303 && answer.location() == "/vote/done").await?;
    let doubles = double(&server, &twice).await?;
    let whole = voters as f64 / (filling + load.count as f64 / load.rate);
    let (closing, rows) = close(&server, campaign).await?;
    server.stop().await?;
    if rows != voters || doubles != twice.len() {
        return Err(format!("{voters} voted, {rows} rows were exported; {doubles} of {} double votes gave exactly one", twice.len()).into());
    }
    report(words, invitations, voters, &load, whole, doubles, closing);
    Ok(())
}

fn report(words: &Words, invitations: u64, voters: usize, load: &Load, whole: f64, doubles: usize, closing: f64) {
    words.report(
        "ballots",
        json!({
            "invitations": invitations, "ballots": voters, "bodies": BODIES, "clients": CLIENTS, "cast": load.facts(),
            "whole_way_per_second": whole.round(), "double_votes_exactly_one": doubles, "closing_seconds": round(closing), "rows_equal_ballots": true,
        }),
        &format!(
            "ballots {}; the whole way of four forms {whole:.0} voters/s; {doubles} double votes gave exactly one each; closing {closing:.1} s, {voters} rows exported",
            load.line()
        ),
    );
}

/// An open campaign with codes for all, made through the application as the pages do it.
async fn prepare(data: &Path, invitations: u64) -> Outcome<(CampaignId, Vec<String>)> {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let vault = Arc::new(Vault::new(MasterKey::load(&data.join("master.key"))?, entropy.clone()));
    let clock = Arc::new(SystemClock);
    let log: Arc<dyn EventLog> = Arc::new(SqliteLog::open(data, Options::default(), log_now(clock.clone()))?);
    let app = Application {
        projections: Projections::start(data, log.clone(), vault.clone()).await?,
        passwords: Passwords::new(entropy.as_ref())?,
        ids: Arc::new(RandomIds::new(entropy.clone())),
        ballots: BallotBox::open(data, entropy)?,
        audit: Audit::off(),
        attachments: data.join(application::attachments::FOLDER),
        sign_ins: Backoff::default(),
        query_codes: Backoff::default(),
        log,
        vault,
        clock,
    };
    app.projections.catch_up().await?;
    let account = app.reference().account_by_login(LOGIN).ok_or("the city has no evaluator")?.id;
    let staff = Staff { account, unit: None, roles: vec![Role::Evaluator], kind: StaffKind::CivilServant };
    let act = || Meta::new(Actor::Staff(staff.clone()), app.ids.uuid());
    let reference = app.reference();
    let today = legal_day(app.now());
    let group = |group, weight, size| GroupPlan { group, weight, size };
    let plan = CampaignPlanned {
        words: Private::new(PlanWords { title: "公众评议".to_owned(), frame: "随机抽取".to_owned(), ..PlanWords::default() }),
        bodies: reference.units().filter(|unit| unit.closed.is_none()).take(BODIES).map(|unit| unit.code.clone()).collect(),
        groups: vec![group(Group::Users, 60, invitations / 2), group(Group::Residents, 40, invitations - invitations / 2)],
        least: 30,
        from: today,
        until: today + chrono::Days::new(7),
        opinions: true,
    };
    let (id, _) = app.plan_campaign(&act(), plan.clone()).await?;
    app.lock_campaign(&act(), id).await?;
    let mut codes = Vec::new();
    for of in &plan.groups {
        let (made, _) = app.invite(&act(), id, of.group, of.size).await?;
        codes.push(made);
    }
    let done = app.open_campaign(&act(), id).await?;
    app.seen(done.seq).await;
    // The groups come mixed, as people do.
    let (first, second) = (codes.swap_remove(0), codes.swap_remove(0));
    Ok((id, first.into_iter().zip(second).flat_map(|(one, other)| [one, other]).collect()))
}

/// Every voter goes to the last step; the requests that cast, by client.
async fn fill(server: &Server, codes: &[String], voters: usize) -> Outcome<Vec<Vec<Vec<u8>>>> {
    let address = server.address;
    let mut tasks: JoinSet<Outcome<Vec<Vec<u8>>>> = JoinSet::new();
    for first in 0..CLIENTS {
        let own: Vec<(usize, String)> = codes.iter().take(voters).cloned().enumerate().skip(first).step_by(CLIENTS).collect();
        tasks.spawn(async move {
            let mut client = Client::new(address);
            let page = client.get("/vote").await?.text();
            let csrf = form_to(&page, "/vote").ok_or("no form for the code")?.get("csrf").to_owned();
            let mut ready = Vec::with_capacity(own.len());
            for (n, code) in own {
                step(&mut client, "/vote", &[("csrf", &csrf), ("code", &code)], "/vote/ballot").await?;
                let bodies = [n % BODIES, (n / 7 + 1) % BODIES, (n / 3 + 2) % BODIES].map(|place| place.to_string());
                let mut fields = vec![("csrf", csrf.as_str())];
                fields.extend(bodies.iter().map(|place| ("known", place.as_str())));
                step(&mut client, "/vote/ballot", &fields, "/vote/grades").await?;
                let grade = (n % 5 + 1).to_string();
                let names = bodies.map(|place| format!("grade-{place}"));
                let mut fields = vec![("csrf", csrf.as_str())];
                fields.extend(names.iter().map(|name| (name.as_str(), grade.as_str())));
                step(&mut client, "/vote/grades", &fields, "/vote/check").await?;
                ready.push(client.request("POST", "/vote/check", Some(&encode(&[("csrf", &csrf)]))));
                client.cookies.retain(|name, _| !name.starts_with('w'));
            }
            Ok(ready)
        });
    }
    let mut hands = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        hands.push(ended??);
    }
    Ok(hands)
}

async fn step(client: &mut Client, path: &str, fields: &[(&str, &str)], next: &str) -> Outcome<()> {
    let answer = client.post(path, fields).await?;
    if answer.location() == next { Ok(()) } else { Err(format!("{path} answers {} {}", answer.status, answer.location()).into()) }
}

/// Sends each request twice, all at the same moment; how many pairs gave one ballot and one refusal.
async fn double(server: &Server, requests: &[Vec<u8>]) -> Outcome<usize> {
    let address = server.address;
    let start = Arc::new(tokio::sync::Barrier::new(requests.len()));
    let mut tasks: JoinSet<Outcome<bool>> = JoinSet::new();
    for request in requests {
        let (request, start) = (request.clone(), start.clone());
        tasks.spawn(async move {
            let (mut one, mut other) = (Client::new(address), Client::new(address));
            start.wait().await;
            let (first, second) = tokio::join!(one.send(&request), other.send(&request));
            let mut answers = [first?.status, second?.status];
            answers.sort_unstable();
            Ok(answers == [303, 409])
        });
    }
    let mut good = 0;
    while let Some(ended) = tasks.join_next().await {
        good += usize::from(ended??);
    }
    Ok(good)
}

/// Closes over HTTP; seconds, and rows of the export.
async fn close(server: &Server, campaign: CampaignId) -> Outcome<(f64, usize)> {
    let mut client = tests::filing::sign_in(server.address, LOGIN).await?;
    let path = format!("/oversight/campaigns/{}", campaign.0);
    let page = client.get(&path).await?.text();
    let form = form_to(&page, &format!("{path}/close")).ok_or("no form for closing")?;
    let started = Instant::now();
    let answer = client.post(&format!("{path}/close"), &form.with(&[])).await?;
    if answer.status != 303 {
        return Err(format!("closing answers {}", answer.status).into());
    }
    let seconds = started.elapsed().as_secs_f64();
    let export = client.get(&format!("{path}/ballots/csv")).await?;
    say(&format!("closed in {seconds:.1} s; export of {} bytes", export.body.len()));
    Ok((seconds, export.text().lines().count().saturating_sub(1)))
}
