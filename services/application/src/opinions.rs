//! Opinions of a public evaluation for those who run it: each with its number and with persons masked, and the
//! rectification that one calls for (domain.md §5.3).

use chrono::Days;
use domain::campaign::ballot::{BallotEvent, Batch, OPINIONS};
use domain::campaign::event::OpinionTally;
use domain::campaign::mask::mask;
use domain::campaign::results::results;
use domain::campaign::{Campaign, CampaignId, SUPPRESS_BELOW};
use domain::rectification::Source;
use domain::refusal::Refusal;
use domain::time::{Instant, legal_day};
use uuid::Uuid;

use crate::access::campaign::{CampaignAct, may};
use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};
use crate::supervision::OpenedStream;

/// Calendar days until an opinion is to be put right, when nobody says otherwise.
pub const DAYS: u64 = 60;

/// An opinion as those read it who run the evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Its number in the campaign, from 1.
    pub number: u32,
    /// What was written, persons masked.
    pub words: String,
}

/// The opinions on a body that may be read, and the number of the first: none when so few people know the body that
/// their words would tell who they are.
pub fn readable(state: &Campaign, body: usize) -> Option<(&OpinionTally, u32)> {
    let code = state.plan.bodies.get(body)?;
    let known = results(state).iter().any(|one| one.body == *code && one.known.0 >= SUPPRESS_BELOW);
    let tallies = &state.closed.as_ref()?.opinions;
    let before: u64 = tallies.iter().filter(|tally| tally.body < body).map(|tally| tally.count).sum();
    let tally = tallies.iter().find(|tally| tally.body == body).filter(|_| known)?;
    Some((tally, u32::try_from(before).ok()?.checked_add(1)?))
}

impl Application {
    /// A closed campaign for whoever may read its opinions.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn campaign_of_opinions(&self, actor: &Actor, id: CampaignId) -> Result<OpenedStream<Campaign>, Error> {
        self.open_supervision(&id.stream(), |state| may(actor, CampaignAct::Opinions, Some(state))).await
    }

    /// A batch (from 0) of the opinions on a body.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn opinions_on(&self, actor: &Actor, id: CampaignId, body: usize, batch: u32) -> Result<Vec<Opinion>, Error> {
        let state = self.campaign_of_opinions(actor, id).await?.state;
        let (tally, first) = readable(&state, body).ok_or(Error::NotFound)?;
        if batch >= tally.batches {
            return Err(Error::NotFound);
        }
        let opened = self.open_supervision::<Batch>(&id.opinions(body, batch), |_| true).await?;
        let texts = opened.entries.iter().filter_map(|entry| match &entry.event {
            BallotEvent::Opinions(recorded) => Some(&recorded.texts),
            BallotEvent::Recorded(_) => None,
        });
        let first = first.saturating_add(batch.saturating_mul(OPINIONS as u32));
        Ok((first..).zip(texts.flatten()).map(|(number, text)| Opinion { number, words: mask(text.text()) }).collect())
    }

    /// Tells a body to put right what an opinion says, once for each opinion; the id of the rectification.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Refused`], with [`Refusal::Exists`] when it was told already.
    pub async fn rectify_opinion(
        &self,
        meta: &Meta,
        id: CampaignId,
        number: u32,
        what: &str,
        until: Option<Instant>,
    ) -> Result<(Uuid, Done), Error> {
        let state = self.campaign_of_opinions(&meta.actor, id).await?.state;
        let holds = |body: &usize| {
            readable(&state, *body)
                .is_some_and(|(tally, first)| (u64::from(first)..u64::from(first) + tally.count).contains(&u64::from(number)))
        };
        let body = (0..state.plan.bodies.len()).find(holds).ok_or(Error::NotFound)?;
        let unit = state.plan.bodies.get(body).ok_or(Error::NotFound)?;
        let last = legal_day(self.now()).checked_add_days(Days::new(DAYS)).and_then(domain::inspection::state::end_of);
        let source = Source::Opinion { campaign: id.0.to_string(), number };
        let done = self.begin_rectification(meta, unit, &source, what, until.or(last)).await?;
        Ok((source.rectification(), done))
    }
}

/// What was told already.
pub fn told(error: &Error) -> bool {
    matches!(error, Error::Refused(Refusal::Exists))
}
