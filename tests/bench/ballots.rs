//! `ballots`: a public evaluation over HTTP. So many codes are given out, a share of them is used: every voter sends the code, the bodies, the
//! grades and the ballot. What is measured is the last step (durable when it is answered) and the whole way; then double votes,
//! closing over HTTP, and the rows of the export against the ballots.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tests::Outcome;
use tests::client::Client;
use tests::server::{Server, UNLIMITED};
use tests::voting::{BODIES, CLIENTS, close, fill, prepare, rows};
use tokio::task::JoinSet;

use crate::load::{self, Load, Until, idle};
use crate::words::{Words, round};

/// Codes that are used twice at the same moment.
const DOUBLE: usize = 1_000;

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
    let started = Instant::now();
    let status = close(&server, campaign).await?;
    let closing = started.elapsed().as_secs_f64();
    if status != 303 {
        return Err(format!("closing answers {status}").into());
    }
    let rows = rows(&server, campaign).await?;
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
