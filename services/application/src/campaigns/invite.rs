//! Making codes, when an answer of the log may be lost.
//!
//! A batch is in the box before the log names it, and stays there until it is known whether the log does: a log that names a batch
//! that the box lacks could never be closed. It is taken back when the log has refused it, or has gone on without it.

use domain::campaign::event::CampaignInvited;
use domain::campaign::{Campaign, CampaignId, Group};
use domain::codes;
use domain::refusal::Refusal;
use sha2::{Digest, Sha256};

use super::{hex, permit};
use crate::access::campaign::CampaignAct;
use crate::actor::Meta;
use crate::ballot_box::Unsettled;
use crate::error::Error;
use crate::store::{Application, Done};
use crate::supervision::Decision;

/// Codes of one batch at most: they are shown once, in one file.
pub const MOST_CODES: u64 = 200_000;
const SEED: &str = "ballot code of a batch";
/// How often the log is asked before the batch is left unsettled.
const ASKED: usize = 3;

impl Application {
    /// Makes a batch of codes. They are given back here and nowhere again; the same form a second time is refused. When it
    /// could not be told whether the log took the batch, the same form again goes on with it; so does another form for the
    /// group, once the log is seen to name the batch.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Refusal`]; the box's or the log's errors.
    pub async fn invite(&self, meta: &Meta, id: CampaignId, group: Group, count: u64) -> Result<(Vec<String>, Done), Error> {
        let _alone = self.ballots.inviting().await;
        let state = self.stream_state::<Campaign>(&id.stream()).await?.ok_or(Error::NotFound)?;
        permit(meta, CampaignAct::Invite, Some(&state))?;
        let batch = meta.command;
        let unsettled = self.ballots.unsettled(id.0).await?;
        let kept = unsettled.iter().filter(|kept| kept.group == group && names(&state, kept));
        if let Some(kept) = kept.max_by_key(|kept| kept.batch == batch) {
            return self.give_kept(kept, batch, count).await;
        }
        if state.batches.iter().any(|known| known.batch == batch) {
            return Err(Refusal::Exists.into());
        }
        if count > MOST_CODES {
            return Err(Refusal::field("count", format!("一次最多生成 {MOST_CODES} 个评议码，请分批生成")).into());
        }
        state.may_invite(group, count)?;
        self.box_is_here(&state)?;
        let again = unsettled.iter().find(|kept| kept.batch == batch);
        let seed = match again {
            Some(kept) if (kept.group, kept.count) == (group, count) => kept.seed,
            Some(_) => return Err(Refusal::Exists.into()),
            None => {
                let mut seed = [0; 32];
                self.vault.entropy().fill(&mut seed);
                seed
            }
        };
        let codes = self.codes_of(&seed, count);
        let mut hashes: Vec<[u8; 32]> = codes.iter().map(|code| self.hash(code)).collect();
        hashes.sort_unstable();
        let root = hashes.iter().fold(Sha256::new(), Sha256::chain_update).finalize();
        if again.is_none() && !self.ballots.add_codes(id.0, Unsettled { batch, group, count, seed }, hashes).await? {
            return Err(Refusal::Exists.into());
        }
        let invited = CampaignInvited { batch, group, count, root: hex(&root) };
        let done = self.put_on_record(meta, id, &invited, again.is_some()).await?;
        self.ballots.settled(batch).await?;
        if done.events > 0 && unsettled.iter().any(|kept| kept.batch != batch) {
            self.take_back(id, &unsettled).await;
        }
        Ok((codes, done))
    }

    /// Appends; asked again while the answer is lost. `doubtful` when an earlier call may have appended it.
    async fn put_on_record(&self, meta: &Meta, id: CampaignId, invited: &CampaignInvited, mut doubtful: bool) -> Result<Done, Error> {
        let mut asked = 1;
        loop {
            let done = self
                .on_campaign(meta, id, |state, situation| {
                    state.may_invite(invited.group, invited.count)?;
                    // Of two nodes that make the first codes at once, one has the box; the other takes its codes back.
                    self.box_is_here(state)?;
                    Ok(Decision::now(situation.now, vec![invited.clone().into()]))
                })
                .await;
            match done {
                Err(error) if error.is_passing() => {
                    doubtful = true;
                    if asked == ASKED {
                        return Err(error);
                    }
                    asked += 1;
                }
                Err(error) => {
                    if !doubtful {
                        // Codes that nobody gets are no codes.
                        self.ballots.drop_codes(invited.batch).await?;
                    }
                    return Err(error);
                }
                Ok(done) => return Ok(done),
            }
        }
    }

    /// Codes that the log names and that nobody got come before new ones.
    async fn give_kept(&self, kept: &Unsettled, batch: uuid::Uuid, count: u64) -> Result<(Vec<String>, Done), Error> {
        if kept.batch != batch && kept.count != count {
            let (n, group) = (kept.count, kept.group.label());
            let words = format!("上次为“{group}”生成的 {n} 个评议码已经登记，但没有发到您手里。请填 {n} 再提交一次，先领取这一批");
            return Err(Refusal::field("count", words).into());
        }
        self.ballots.settled(kept.batch).await?;
        Ok((self.codes_of(&kept.seed, kept.count), Done { events: 0, seq: 0, revision: 0 }))
    }

    /// Takes back what the log does not name although it has gone on: an append that was under way when its answer was lost
    /// expects the stream to end earlier, and comes no more. What cannot be taken back now is at the next invitation.
    async fn take_back(&self, id: CampaignId, unsettled: &[Unsettled]) {
        let work = async {
            let state = self.stream_state::<Campaign>(&id.stream()).await?.ok_or(Error::NotFound)?;
            for kept in unsettled.iter().filter(|kept| !names(&state, kept)) {
                self.ballots.drop_codes(kept.batch).await?;
            }
            Ok::<(), Error>(())
        };
        if let Err(error) = work.await {
            tracing::warn!(%error, "codes that nobody got are still in the ballot box");
        }
    }

    fn codes_of(&self, seed: &[u8; 32], count: u64) -> Vec<String> {
        let code = |at: u64| {
            let mac = self.vault.mac(SEED, &[seed.as_slice(), &at.to_be_bytes()].concat());
            codes::ballot_code(mac.iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte)))
        };
        (0..count).map(code).collect()
    }
}

fn names(state: &Campaign, kept: &Unsettled) -> bool {
    state.batches.iter().any(|batch| batch.batch == kept.batch)
}
