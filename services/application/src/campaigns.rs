//! Public evaluations: plan, codes, ballots, closing, and what may be read of them.

mod invite;

use domain::campaign::ballot::{Answers, BATCH, BallotEvent, BallotRow, BallotsRecorded, Batch, OPINIONS, OpinionsRecorded, count};
use domain::campaign::event::{
    CampaignClosed, CampaignCounted, CampaignLocked, CampaignOpened, CampaignPlanned, CampaignPublished, GroupTally, OpinionTally,
};
use domain::campaign::mask::mask;
use domain::campaign::state::check_tally;
use domain::campaign::{Campaign, CampaignId, Group, Stage};
use domain::codes;
use domain::private::Private;
use domain::refusal::Refusal;
use domain::time::{Instant, legal_day};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::access::campaign::{CampaignAct, booklet, may};
use crate::actor::{Actor, Meta};
use crate::backoff::Key;
use crate::ballot_box::{BoxError, Put, Sealed};
use crate::error::Error;
use crate::store::{Application, Done};
use crate::supervision::{Decision, OpenedStream, Situation};

pub use self::invite::MOST_CODES;

/// Campaigns that may take ballots at once, at most.
const NEWEST: usize = 20;
const CODE: &str = "ballot code";
const GRADES: &str = "ballot";
const OPINION: &str = "opinion";

/// What a browser holds that gave a good code: the keyed hash of the code, never the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Keyed hash of the code.
    pub hash: [u8; 32],
    /// The campaign.
    pub campaign: CampaignId,
}

/// How a group takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub group: Group,
    /// People of the plan.
    pub planned: u64,
    /// Codes given out.
    pub invited: u64,
    /// Codes used; none where the box lies on another node.
    pub used: Option<u64>,
}

impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        match error {
            BoxError::Other => Self::Refused(Refusal::field("", "票箱里还有另一次评议的评议码或选票。请先截止那一次评议，再做这一步")),
            BoxError::Off | BoxError::File(_) => {
                tracing::error!(%error, "ballot box");
                Self::Unavailable
            }
        }
    }
}

impl Application {
    /// Draws up a plan. The same form again is the same campaign.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Refusal::Fields`]; log errors.
    pub async fn plan_campaign(&self, meta: &Meta, plan: CampaignPlanned) -> Result<(CampaignId, Done), Error> {
        let id = CampaignId::of_form(meta.command);
        let reference = self.reference();
        if let Some(code) = plan.bodies.iter().find(|code| reference.unit(code).is_none_or(|unit| unit.closed.is_some())) {
            return Err(Refusal::field("bodies", format!("单位 {code} 不存在或已撤销，请重新选择")).into());
        }
        let done = self
            .on_supervision::<Campaign, _>(meta, &id.stream(), |situation| {
                permit(meta, CampaignAct::Lead, None)?;
                if situation.state.is_some() {
                    return Err(Refusal::Exists.into());
                }
                plan.check(legal_day(situation.now))?;
                Ok(Decision::now(situation.now, vec![plan.clone().into()]))
            })
            .await?;
        Ok((id, done))
    }

    /// Fixes the plan and makes it public (H5).
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Refusal::Stage`]; log errors.
    pub async fn lock_campaign(&self, meta: &Meta, id: CampaignId) -> Result<Done, Error> {
        self.on_campaign(meta, id, |state, situation| {
            state.must_be(Stage::Planned)?;
            let size = state.plan.groups.iter().map(|of| of.size).sum();
            Ok(Decision::now(situation.now, vec![CampaignLocked { bodies: state.plan.bodies.len() as u64, size }.into()]))
        })
        .await
    }

    /// Begins voting.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Refusal`]; log errors.
    pub async fn open_campaign(&self, meta: &Meta, id: CampaignId) -> Result<Done, Error> {
        self.on_campaign(meta, id, |state, situation| {
            state.must_be(Stage::Locked)?;
            if state.batches.is_empty() {
                return Err(Refusal::field("", "还没有生成评议码，请先生成并发出评议码，再开始评议").into());
            }
            if legal_day(situation.now) > state.plan.until {
                return Err(Refusal::Late("评议").into());
            }
            Ok(Decision::now(situation.now, vec![CampaignOpened {}.into()]))
        })
        .await
    }

    /// Opens the report to everybody.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Refusal::Stage`]; log errors.
    pub async fn publish_campaign(&self, meta: &Meta, id: CampaignId) -> Result<Done, Error> {
        self.on_campaign(meta, id, |state, situation| {
            state.must_be(Stage::Closed)?;
            Ok(Decision::now(situation.now, vec![CampaignPublished {}.into()]))
        })
        .await
    }

    /// Looks at a code that somebody typed. Guesses are slowed down by the address they come from, which is kept nowhere else.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown code, [`Refusal::Exists`] for a used one, [`Refusal::Stage`] or [`Refusal::Late`] when
    /// ballots are not taken, [`Error::TooManyTries`].
    pub fn admit(&self, code: &str, from: &str) -> Result<Ticket, Error> {
        let keys = [Key::Wide(format!("ballot/{from}"))];
        self.query_codes.begin(&keys, self.now()).map_err(|seconds| Error::TooManyTries { seconds })?;
        let hash = self.hash(&codes::parse_ballot_code(code).map_err(|_| Error::NotFound)?);
        let Some(known) = self.ballots.look(&hash)? else {
            return Err(if self.some_box_is_elsewhere()? { Error::BoxElsewhere } else { Error::NotFound });
        };
        // The code was right, whatever comes now.
        self.query_codes.succeeded(&keys);
        if known.used {
            return Err(Refusal::Exists.into());
        }
        let campaign = CampaignId(known.campaign);
        self.campaign_of_ballot(campaign)?;
        Ok(Ticket { hash, campaign })
    }

    /// The campaign of a ballot, while ballots are taken. Its words are closed.
    ///
    /// # Errors
    /// [`Refusal::Stage`], [`Refusal::Late`]; [`Error::NotFound`].
    pub fn campaign_of_ballot(&self, id: CampaignId) -> Result<Campaign, Error> {
        let row = self.projections.views().stream::<Campaign>(&id.stream()).map_err(|e| Error::Internal(e.to_string()))?;
        let state = row.ok_or(Error::NotFound)?.state;
        state.takes_ballots(self.now())?;
        self.box_is_here(&state)?;
        Ok(state)
    }

    /// The box of a campaign lies on the node that made its first codes: the log says which batches there are, the box
    /// whether it holds them. Two nodes never hold a part of the codes each.
    fn box_is_here(&self, state: &Campaign) -> Result<(), Error> {
        match state.batches.first() {
            Some(first) if !self.ballots.holds(first.batch)? => Err(Error::BoxElsewhere),
            _ => Ok(()),
        }
    }

    /// Ballots are taken now, for a campaign whose box is not here.
    fn some_box_is_elsewhere(&self) -> Result<bool, Error> {
        let newest = self.projections.views().streams::<Campaign>(None, NEWEST).map_err(|e| Error::Internal(e.to_string()))?;
        for row in newest.iter().filter(|row| row.state.takes_ballots(self.now()).is_ok()) {
            match self.box_is_here(&row.state) {
                Err(Error::BoxElsewhere) => return Ok(true),
                other => other?,
            }
        }
        Ok(false)
    }

    /// Puts a ballot into the box: exactly one for a code, durable when this returns. Nothing is written anywhere else.
    ///
    /// # Errors
    /// [`Refusal::Fields`], [`Refusal::Exists`] when the code was used, [`Refusal::Stage`], [`Refusal::Late`].
    pub async fn cast(&self, ticket: &Ticket, answers: &Answers) -> Result<(), Error> {
        let state = self.campaign_of_ballot(ticket.campaign)?;
        answers.check(&state.plan)?;
        let seal = |purpose: &str, text: &str| self.vault.seal_token(purpose, text.as_bytes());
        let ballot = Sealed {
            grades: seal(GRADES, &answers.grades),
            opinions: answers.opinions.iter().map(|(body, text)| (*body, seal(OPINION, text.trim()))).collect(),
        };
        match self.ballots.put(ticket.campaign.0, ticket.hash, ballot).await? {
            Put::In => Ok(()),
            Put::Used => Err(Refusal::Exists.into()),
            Put::Unknown => Err(Error::NotFound),
            Put::Shut => Err(Refusal::Stage(Stage::Closed.label()).into()),
        }
    }

    /// Ends voting: shuts the box, checks the tally, writes the ballots into the log in an order drawn at random, counts, and
    /// empties the box. Called again after a crash it goes on where it was.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Refusal`]: among them a tally that does not agree; log errors.
    pub async fn close_campaign(&self, meta: &Meta, id: CampaignId) -> Result<Done, Error> {
        let state = self.stream_state::<Campaign>(&id.stream()).await?.ok_or(Error::NotFound)?;
        permit(meta, CampaignAct::Lead, Some(&state))?;
        if state.stage >= Stage::Closed {
            self.ballots.empty(id.0).await?;
            return Ok(Done { events: 0, seq: 0, revision: 0 });
        }
        may_close(&state, self.now())?;
        // A box without the codes of the log is another one: of another machine, or restored without its file. It would be
        // counted as if nobody had voted.
        let mut here = true;
        for batch in &state.batches {
            here &= self.ballots.holds(batch.batch)?;
        }
        if !here {
            let words = "票箱里没有这次评议的评议码和选票，不能截止计票。有多台服务器的，请在生成评议码的那一台上截止；否则请保留现场，联系系统管理员核对票箱文件：刚从备份恢复的，票箱文件也要一起恢复";
            return Err(Refusal::field("", words).into());
        }
        self.ballots.shut(id.0).await?;
        let counts = self.ballots.counts(id.0)?;
        let tally: Vec<GroupTally> = state
            .plan
            .groups
            .iter()
            .map(|of| {
                let found = counts.get(&of.group).copied().unwrap_or_default();
                GroupTally { group: of.group, invited: state.invited(of.group), used: found.used, ballots: found.ballots }
            })
            .collect();
        check_tally(&tally)?;
        let content = self.ballots.content(id.0).await?;
        let rows: Vec<BallotRow> = content
            .ballots
            .iter()
            .map(|(group, sealed)| Ok(BallotRow { group: *group, grades: self.unseal(GRADES, sealed)? }))
            .collect::<Result<_, Error>>()?;
        for (batch, part) in (0..).zip(rows.chunks(BATCH)) {
            self.write_batch(meta, id, &id.ballots(batch), BallotsRecorded { batch, rows: part.to_vec() }.into()).await?;
        }
        let opinions = self.write_opinions(meta, id, &state, &content.opinions).await?;
        let closed =
            CampaignClosed { tally, batches: u32::try_from(rows.chunks(BATCH).len()).unwrap_or(u32::MAX), root: root(&rows), opinions };
        let counted = CampaignCounted { cells: count(&state.plan, &rows) };
        let done = self
            .on_campaign(meta, id, |state, situation| {
                may_close(state, situation.now)?;
                Ok(Decision::now(situation.now, vec![closed.clone().into(), counted.clone().into()]))
            })
            .await?;
        self.ballots.empty(id.0).await?;
        Ok(done)
    }

    /// Empties the box of a campaign that was closed before a crash; called at every start. True when there was one.
    ///
    /// # Errors
    /// The box's or the log's errors.
    pub async fn finish_closing(&self) -> Result<bool, Error> {
        let Some(id) = self.ballots.campaign().await? else { return Ok(false) };
        let state = self.stream_state::<Campaign>(&CampaignId(id).stream()).await?;
        let closed = state.is_some_and(|state| state.stage >= Stage::Closed);
        if closed {
            self.ballots.empty(id).await?;
            tracing::warn!("the box of a closed campaign, which a crash had left full, has been emptied");
        }
        Ok(closed)
    }

    async fn write_opinions(
        &self,
        meta: &Meta,
        id: CampaignId,
        state: &Campaign,
        sealed: &[(usize, String)],
    ) -> Result<Vec<OpinionTally>, Error> {
        let mut tallies = Vec::new();
        for body in 0..state.plan.bodies.len() {
            let of_body: Vec<&String> = sealed.iter().filter(|(of, _)| *of == body).map(|(_, text)| text).collect();
            for (batch, part) in (0..).zip(of_body.chunks(OPINIONS)) {
                let texts = part.iter().map(|text| self.unseal(OPINION, text).map(Private::new)).collect::<Result<Vec<_>, Error>>()?;
                self.write_batch(meta, id, &id.opinions(body, batch), OpinionsRecorded { body, batch, texts }.into()).await?;
            }
            if !of_body.is_empty() {
                let batches = u32::try_from(of_body.chunks(OPINIONS).len()).unwrap_or(u32::MAX);
                tallies.push(OpinionTally { body, batches, count: of_body.len() as u64 });
            }
        }
        Ok(tallies)
    }

    /// A batch is written once: its stream is named after its place, and its content is the same at every try.
    async fn write_batch(&self, meta: &Meta, id: CampaignId, stream: &str, event: BallotEvent) -> Result<(), Error> {
        let own = Meta::new(meta.actor.clone(), Uuid::new_v5(&id.0, stream.as_bytes()));
        self.on_supervision::<Batch, _>(&own, stream, |situation| {
            Ok(if situation.state.is_some() { Decision::nothing() } else { Decision::now(situation.now, vec![event.clone()]) })
        })
        .await?;
        Ok(())
    }

    /// How many have voted, by group. No result is in it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for who may not see it.
    pub async fn campaign_progress(&self, actor: &Actor, id: CampaignId, state: &Campaign) -> Result<Vec<Progress>, Error> {
        if !may(actor, CampaignAct::Progress, Some(state)) {
            return Err(Error::NotFound);
        }
        // How many have voted is known where the box lies, and nowhere else: no nought is shown for what is not known.
        let here = self.box_is_here(state).is_ok();
        let live = if state.closed.is_none() && here { self.ballots.counts(id.0)? } else { std::collections::HashMap::new() };
        Ok(state
            .plan
            .groups
            .iter()
            .map(|of| Progress {
                group: of.group,
                planned: of.size,
                invited: state.invited(of.group),
                used: match state.tally(of.group) {
                    Some(tally) => Some(tally.used),
                    None => here.then(|| live.get(&of.group).map_or(0, |found| found.used)),
                },
            })
            .collect())
    }

    /// A campaign with its words, for staff.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn read_campaign(&self, actor: &Actor, id: CampaignId) -> Result<OpenedStream<Campaign>, Error> {
        self.open_supervision(&id.stream(), |state| may(actor, CampaignAct::View, Some(state))).await
    }

    /// A campaign with its words, for everybody, from the day on which its plan is fixed.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn public_campaign(&self, id: CampaignId) -> Result<OpenedStream<Campaign>, Error> {
        self.open_supervision(&id.stream(), |state: &Campaign| state.stage >= Stage::Locked).await
    }

    /// A campaign as one of its bodies may read it, and its place among the bodies.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn booklet(&self, actor: &Actor, id: CampaignId) -> Result<(OpenedStream<Campaign>, usize), Error> {
        let opened = self.open_supervision::<Campaign>(&id.stream(), |state| booklet(actor, state).is_some()).await?;
        let unit = booklet(actor, &opened.state).ok_or(Error::NotFound)?;
        let place = opened.state.plan.bodies.iter().position(|code| *code == unit).ok_or(Error::NotFound)?;
        Ok((opened, place))
    }

    /// A batch of opinions on the actor's own unit, persons masked.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn opinions(&self, actor: &Actor, id: CampaignId, batch: u32) -> Result<Vec<String>, Error> {
        let (_, body) = self.booklet(actor, id).await?;
        let opened = self.open_supervision::<Batch>(&id.opinions(body, batch), |_| true).await?;
        Ok(opened
            .entries
            .iter()
            .filter_map(|entry| match &entry.event {
                BallotEvent::Opinions(recorded) => Some(recorded),
                BallotEvent::Recorded(_) => None,
            })
            .flat_map(|recorded| &recorded.texts)
            .map(|text| mask(text.text()))
            .collect())
    }

    /// All ballots as they stand in the log, for an export.
    ///
    /// # Errors
    /// [`Error::NotFound`]; log errors.
    pub async fn ballot_rows(&self, actor: &Actor, id: CampaignId) -> Result<Vec<BallotRow>, Error> {
        let state = self.stream_state::<Campaign>(&id.stream()).await?.ok_or(Error::NotFound)?;
        if !may(actor, CampaignAct::Export, Some(&state)) {
            return Err(Error::NotFound);
        }
        let mut rows = Vec::new();
        for batch in 0..state.closed.map_or(0, |closed| closed.batches) {
            for envelope in self.log.read_stream(&id.ballots(batch)).await? {
                if let BallotEvent::Recorded(recorded) = BallotEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)? {
                    rows.extend(recorded.rows);
                }
            }
        }
        Ok(rows)
    }

    async fn on_campaign<F>(&self, meta: &Meta, id: CampaignId, decide: F) -> Result<Done, Error>
    where
        F: Fn(&Campaign, &Situation<'_, Campaign>) -> Result<Decision<domain::campaign::CampaignEvent>, Error>,
    {
        self.on_supervision::<Campaign, _>(meta, &id.stream(), |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            permit(meta, CampaignAct::Lead, Some(state))?;
            decide(state, &situation)
        })
        .await
    }

    fn hash(&self, code: &str) -> [u8; 32] {
        self.vault.mac(CODE, code.as_bytes())
    }

    fn unseal(&self, purpose: &str, sealed: &str) -> Result<String, Error> {
        let bytes = self.vault.open_token(purpose, sealed);
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| Error::Internal("a ballot cannot be opened".to_owned()))
    }
}

/// An open campaign, or one that never was opened and whose days are over: its codes would keep the box from the next one.
fn may_close(state: &Campaign, now: Instant) -> Result<(), Refusal> {
    let over = state.stage == Stage::Locked && legal_day(now) > state.plan.until;
    if over { Ok(()) } else { state.must_be(Stage::Open) }
}

fn permit(meta: &Meta, act: CampaignAct, state: Option<&Campaign>) -> Result<(), Error> {
    if may(&meta.actor, act, state) { Ok(()) } else { Err(Error::Forbidden) }
}

/// SHA-256 over all ballots, see [`CampaignClosed::root`].
fn root(rows: &[BallotRow]) -> String {
    let line = |hash: Sha256, row: &BallotRow| hash.chain_update(format!("{}\t{}\n", row.group.code(), row.grades));
    hex(&rows.iter().fold(Sha256::new(), line).finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
