//! The journal that the clients keep: what was sent, what was acknowledged, and what is not known.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::Outcome;
use crate::client::Client;
use crate::filing::{Filing, Ready, Receipt, acknowledges};

/// Longest wait for the answer to one filing.
const ANSWER: Duration = Duration::from_secs(60);

/// A filing that the server acknowledged.
pub(crate) struct Stands {
    pub(crate) form: Uuid,
    pub(crate) filing: Filing,
    pub(crate) request: Vec<u8>,
    pub(crate) receipt: Option<Receipt>,
    pub(crate) client: Client,
}

/// A filing that was sent and not acknowledged.
pub(crate) struct Open {
    pub(crate) ready: Ready,
    /// The server said that it is not filed.
    pub(crate) refused: bool,
}

/// What came of a load.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) stands: Vec<Stands>,
    pub(crate) open: Vec<Open>,
    /// Answers by status; 0 = the connection broke.
    pub(crate) answered: BTreeMap<u16, usize>,
    /// What was typed, and the page that refused it: the last.
    pub(crate) refusal: Option<(String, String)>,
}

/// Citizens who are filing.
pub(crate) struct Load {
    tasks: JoinSet<Outcome<Sent>>,
    acknowledged: watch::Receiver<usize>,
}

impl Load {
    /// Each hand files one after the other, all hands at once.
    pub(crate) fn begin(hands: Vec<Vec<Ready>>) -> Self {
        let counter = watch::Sender::new(0_usize);
        let acknowledged = counter.subscribe();
        let mut tasks = JoinSet::new();
        for hand in hands {
            tasks.spawn(file(hand, counter.clone()));
        }
        Self { tasks, acknowledged }
    }

    /// Waits until so many are acknowledged; false when there are no more to come.
    pub(crate) async fn reaches(&mut self, n: usize, patience: Duration) -> Outcome<bool> {
        Ok(tokio::time::timeout(patience, self.acknowledged.wait_for(|now| *now >= n))
            .await
            .map_err(|_| "too few filings came through")?
            .is_ok())
    }

    /// How many are acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        *self.acknowledged.borrow()
    }

    /// Waits until every hand is done, or has lost its server.
    pub(crate) async fn end(mut self) -> Outcome<Sent> {
        let mut all = Sent::default();
        while let Some(ended) = self.tasks.join_next().await {
            let sent = ended??;
            all.stands.extend(sent.stands);
            all.open.extend(sent.open);
            for (status, n) in sent.answered {
                *all.answered.entry(status).or_default() += n;
            }
            all.refusal = sent.refusal.or(all.refusal);
        }
        Ok(all)
    }
}

async fn file(hand: Vec<Ready>, counter: watch::Sender<usize>) -> Outcome<Sent> {
    let mut sent = Sent::default();
    for mut ready in hand {
        let request = ready.request();
        let answer = tokio::time::timeout(ANSWER, ready.send()).await.map_err(|_| "a filing was not answered within a minute")?;
        *sent.answered.entry(answer.as_ref().map_or(0, |answer| answer.status)).or_default() += 1;
        match answer {
            Ok(answer) if acknowledges(&answer) => {
                counter.send_modify(|n| *n += 1);
                let receipt = ready.receipt().await.ok();
                let gone = receipt.is_none();
                sent.stands.push(Stands { form: ready.form, filing: ready.filing, request, receipt, client: ready.client });
                if gone {
                    break;
                }
            }
            // It says that nothing was filed, and the same form can be sent again.
            Ok(answer) if answer.status >= 500 => {
                sent.refusal = Some((ready.filing.words.clone(), answer.text()));
                sent.open.push(Open { ready, refused: true });
            }
            Ok(answer) => return Err(format!("a filing was answered {} {}", answer.status, answer.location()).into()),
            Err(_) => {
                sent.open.push(Open { ready, refused: false });
                break;
            }
        }
    }
    Ok(sent)
}
