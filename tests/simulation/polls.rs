//! Public evaluations in a history: codes, votes from all sides at once, deaths in the middle, and what must come out.

use std::collections::BTreeMap;

use application::{Error, Meta};
use chrono::TimeDelta;
use domain::account::Role;
use domain::campaign::ballot::{BallotEvent, BallotRow, count};
use domain::campaign::event::{CampaignPlanned, GroupPlan, PlanWords};
use domain::campaign::{Campaign, CampaignEvent, CampaignId, Group, Stage};
use domain::private::Private;
use domain::refusal::Refusal;
use domain::time::legal_day;

use crate::acts::{Act, nobody, officer, vote};
use crate::office::{BODIES, Came, Office, unit};

/// A campaign as its voters know it.
pub struct Poll {
    pub id: CampaignId,
    pub codes: Vec<(Group, String)>,
    /// Group and grades by code: what was acknowledged, or found to be in the box.
    pub cast: BTreeMap<String, (Group, String)>,
    pub votes: usize,
}

fn evaluator() -> application::Actor {
    officer("eff.e", Role::Evaluator)
}

impl Office {
    pub async fn campaign(&mut self) {
        let Some(last) = self.polls.last().map(|poll| poll.id) else { return self.plan_campaign().await };
        let state: Campaign = self.look(&last.stream()).await.unwrap();
        let late = legal_day(self.now()) > state.plan.until;
        let forbidden = self.chance.in_hundred(8);
        let number = self.chance.below(4);
        let by = if forbidden { nobody(number) } else { evaluator() };
        let act = match state.stage {
            Stage::Planned => Act::Lock(last),
            Stage::Locked if state.batches.len() < 2 && !late => return self.invite(last, &state).await,
            Stage::Locked if late => Act::Close(last),
            Stage::Locked => Act::Open(last),
            Stage::Open if late || self.chance.in_hundred(5) => Act::Close(last),
            Stage::Open if self.chance.in_hundred(8) => return self.invite(last, &state).await,
            Stage::Open => return self.votes(last).await,
            Stage::Closed if self.chance.in_hundred(40) => Act::Close(last),
            Stage::Closed => Act::PublishCampaign(last),
            Stage::Published => return self.plan_campaign().await,
        };
        self.say(by, act, forbidden).await;
    }

    async fn plan_campaign(&mut self) {
        let today = legal_day(self.now());
        let days = 6 + self.chance.below(20) as i64;
        let words = PlanWords { title: "公众评议".to_owned(), frame: "从名册中抽取".to_owned(), ..PlanWords::default() };
        let plan = CampaignPlanned {
            words: Private::new(words),
            bodies: BODIES.iter().map(|code| unit(code)).collect(),
            groups: vec![GroupPlan { group: Group::Users, weight: 60, size: 14 }, GroupPlan { group: Group::Firms, weight: 40, size: 9 }],
            least: 5,
            from: today,
            until: today + TimeDelta::days(days),
            opinions: true,
        };
        if self.say(evaluator(), Act::PlanCampaign(plan), false).await == Came::Done {
            let form = self.script.last().unwrap().command;
            self.polls.push(Poll { id: CampaignId::of_form(form), codes: Vec::new(), cast: BTreeMap::new(), votes: 0 });
        }
    }

    /// Codes are made; when the process dies while they are, nobody gets any.
    async fn invite(&mut self, id: CampaignId, state: &Campaign) {
        let group = if state.batches.len().is_multiple_of(2) { Group::Users } else { Group::Firms };
        let (count, command) = (2 + self.chance.below(5) as u64, self.chance.uuid());
        if self.chance.in_hundred(15) {
            let written = self.chance.in_hundred(50);
            self.node(0).veil.light(0, written);
        }
        let application = self.node(0).application.clone();
        let meta = Meta::new(evaluator(), command);
        let made = application.invite(&meta, id, group, count).await;
        if let Ok((codes, _)) = made {
            assert_eq!(codes.len() as u64, count);
            let again = application.invite(&meta, id, group, count).await;
            assert!(matches!(again, Err(Error::Refused(_))), "seed {}: the same codes twice: {again:?}", self.seed);
            self.polls.last_mut().unwrap().codes.extend(codes.into_iter().map(|code| (group, code)));
        }
        drop(application);
        self.sync().await;
        if self.node(0).veil.is_dead() {
            self.tally.cut += 1;
            self.restart(0, false).await;
        }
        self.node(0).veil.put_out();
    }

    /// Some people vote: alone, three at once with one code, or while the process dies before it can answer.
    async fn votes(&mut self, id: CampaignId) {
        for _ in 0..1 + self.chance.below(4) {
            let poll = self.polls.last().unwrap();
            if poll.codes.is_empty() {
                return;
            }
            let number = self.world.chance.below(self.polls.last().unwrap().codes.len());
            let (group, code) = self.polls.last().unwrap().codes[number].clone();
            let ways: Vec<String> = (0..3).map(|_| self.grades()).collect();
            let how = self.chance.below(10);
            let (seed, application) = (self.seed, self.node(0).application.clone());
            let used = self.polls.last().unwrap().cast.contains_key(&code);
            let ticket = match application.admit(&code, "198.51.100.7") {
                Ok(ticket) => ticket,
                Err(Error::Refused(Refusal::Exists)) => {
                    assert!(used, "seed {seed}: a code is used, and nobody voted with it");
                    continue;
                }
                // Views that lag, or the last day is over.
                Err(Error::Refused(_) | Error::NotFound) => continue,
                Err(other) => panic!("seed {seed}: {other:?}"),
            };
            assert!(!used, "seed {seed}: a used code is taken again");
            assert_eq!(ticket.campaign, id);
            let mut put: Option<String> = None;
            if how < 5 {
                vote(&application, &ticket, &ways[0]).await.unwrap();
                put = Some(ways[0].clone());
                let again = vote(&application, &ticket, &ways[1]).await;
                assert_eq!(again, Err(Refusal::Exists.into()), "seed {seed}: a second ballot with one code");
            } else if how < 8 {
                let (a, b, c) = tokio::join!(
                    vote(&application, &ticket, &ways[0]),
                    vote(&application, &ticket, &ways[1]),
                    vote(&application, &ticket, &ways[2])
                );
                for (outcome, grades) in [a, b, c].into_iter().zip(&ways) {
                    match outcome {
                        Ok(()) => assert!(put.replace(grades.clone()).is_none(), "seed {seed}: two ballots with one code"),
                        other => assert_eq!(other, Err(Refusal::Exists.into()), "seed {seed}"),
                    }
                }
                assert!(put.is_some(), "seed {seed}: nobody came in");
            } else {
                // Handed to the box, and never answered.
                tokio::select! { biased; _ = vote(&application, &ticket, &ways[0]) => {}, () = std::future::ready(()) => {} }
            }
            drop(application);
            if put.is_none() {
                self.restart(0, false).await;
                let application = self.node(0).application.clone();
                put = match vote(&application, &ticket, &ways[1]).await {
                    Ok(()) => Some(ways[1].clone()),
                    Err(Error::Refused(Refusal::Exists)) => Some(ways[0].clone()),
                    other => panic!("seed {seed}: {other:?}"),
                };
            }
            let poll = self.polls.last_mut().unwrap();
            poll.votes += 1;
            poll.cast.insert(code, (group, put.unwrap()));
        }
    }

    fn grades(&mut self) -> String {
        let mut grades: String = (1..BODIES.len()).map(|_| self.chance.pick(&['1', '2', '3', '4', '5', '0', '-'])).collect();
        grades.push(self.chance.pick(&['1', '2', '3', '4', '5', '0']));
        grades
    }

    /// All campaigns end; then the log holds each ballot once, and the boxes nothing.
    pub async fn close_polls(&mut self) {
        let Some(last) = self.polls.last().map(|poll| poll.id) else { return };
        let state: Campaign = self.look(&last.stream()).await.unwrap();
        if state.stage < Stage::Locked {
            return;
        }
        if state.stage == Stage::Locked {
            self.world.advance(TimeDelta::days(60));
        }
        // The last command may have died after the log and before the box.
        self.say(evaluator(), Act::Close(last), false).await;
        self.say(evaluator(), Act::Close(last), false).await;
    }

    /// What the voters know stands in the log; answers how many ballots there are.
    pub async fn examine_polls(&self) -> usize {
        let (seed, mut ballots) = (self.seed, 0);
        for poll in &self.polls {
            let state: Campaign = self.look(&poll.id.stream()).await.unwrap();
            let events: Vec<CampaignEvent> = self.read(&poll.id.stream()).await.into_iter().map(|(_, event)| event).collect();
            let closings = events.iter().filter(|event| matches!(event, CampaignEvent::Closed(_))).count();
            let Some(closed) = &state.closed else {
                assert!(state.stage < Stage::Open && poll.cast.is_empty(), "seed {seed}: a campaign is left open");
                continue;
            };
            assert_eq!(closings, 1, "seed {seed}");
            let mut rows: Vec<BallotRow> = Vec::new();
            for batch in 0..closed.batches {
                let of_batch: Vec<BallotEvent> = self.read(&poll.id.ballots(batch)).await.into_iter().map(|(_, event)| event).collect();
                let [BallotEvent::Recorded(recorded)] = of_batch.as_slice() else { panic!("seed {seed}: a batch is there twice") };
                rows.extend(recorded.rows.clone());
            }
            let sorted = |rows: Vec<(Group, String)>| {
                let mut rows = rows;
                rows.sort();
                rows
            };
            let there = sorted(rows.iter().map(|row| (row.group, row.grades.clone())).collect());
            assert_eq!(there, sorted(poll.cast.values().cloned().collect()), "seed {seed}: not the ballots that were cast");
            for tally in &closed.tally {
                let cast = poll.cast.values().filter(|(group, _)| *group == tally.group).count() as u64;
                assert_eq!((tally.used, tally.ballots), (cast, cast), "seed {seed}: {tally:?}");
                assert!(tally.invited >= poll.codes.iter().filter(|(group, _)| *group == tally.group).count() as u64, "seed {seed}");
            }
            assert_eq!(state.counted.as_ref().unwrap().cells, count(&state.plan, &rows), "seed {seed}");
            let opinions: u64 = closed.opinions.iter().map(|of| of.count).sum();
            assert_eq!(opinions, rows.len() as u64, "seed {seed}: everybody wrote one opinion");
            assert!(self.node(0).application.ballots.counts(poll.id.0).unwrap().is_empty(), "seed {seed}: the box is not empty");
            ballots += rows.len();
        }
        ballots
    }
}
