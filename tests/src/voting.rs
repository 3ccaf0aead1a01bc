//! A public evaluation: an open campaign with codes for all, voters up to the last step, and the closing over HTTP.

use std::path::Path;
use std::sync::Arc;

use application::clock::SystemClock;
use application::{Actor, Application, Meta, Staff};
use domain::account::{Role, StaffKind};
use domain::campaign::event::{CampaignPlanned, GroupPlan, PlanWords};
use domain::campaign::{CampaignId, Group};
use domain::private::Private;
use domain::time::legal_day;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::client::{Client, encode};
use crate::filing::sign_in;
use crate::html::form_to;
use crate::inside;
use crate::server::Server;

/// Voters at once.
pub const CLIENTS: usize = 16;
/// Bodies that are voted on.
pub const BODIES: usize = 30;
/// Of every generated city.
const LOGIN: &str = "evaluator";

/// An open campaign with codes for all, made through the application as the pages do it.
///
/// # Errors
/// When the city has no evaluator, or an act is refused.
pub async fn prepare(data: &Path, invitations: u64) -> Outcome<(CampaignId, Vec<String>)> {
    let app = Application { ballots: inside::ballot_box(data)?, ..inside::open(data, Arc::new(SystemClock)).await? };
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
    app.settled(done.seq).await;
    // The groups come mixed, as people do.
    let (first, second) = (codes.swap_remove(0), codes.swap_remove(0));
    Ok((id, first.into_iter().zip(second).flat_map(|(one, other)| [one, other]).collect()))
}

/// Every voter goes to the last step; the requests that cast, by client.
///
/// # Errors
/// When a step is not accepted.
pub async fn fill(server: &Server, codes: &[String], voters: usize) -> Outcome<Vec<Vec<Vec<u8>>>> {
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

/// Closes over HTTP: the status.
///
/// # Errors
/// When the connection fails, or there is nothing to close.
pub async fn close(server: &Server, campaign: CampaignId) -> Outcome<u16> {
    let (mut client, request) = closing(server, campaign).await?;
    Ok(client.send(&request).await?.status)
}

/// A browser and the request that closes: it needs only to be sent.
///
/// # Errors
/// As [`close`].
pub async fn closing(server: &Server, campaign: CampaignId) -> Outcome<(Client, Vec<u8>)> {
    let mut client = sign_in(server.address, LOGIN).await?;
    let path = format!("/oversight/campaigns/{}", campaign.0);
    let page = client.get(&path).await?.text();
    let form = form_to(&page, &format!("{path}/close")).ok_or("no form for closing")?;
    let request = client.request("POST", &form.action, Some(&encode(&form.with(&[]))));
    Ok((client, request))
}

/// Ballots in the export of a campaign that is closed.
///
/// # Errors
/// When there is no export.
pub async fn rows(server: &Server, campaign: CampaignId) -> Outcome<usize> {
    let mut client = sign_in(server.address, LOGIN).await?;
    let export = client.get(&format!("/oversight/campaigns/{}/ballots/csv", campaign.0)).await?;
    if export.status != 200 {
        return Err(format!("the export answers {}", export.status).into());
    }
    Ok(export.text().lines().count().saturating_sub(1))
}
