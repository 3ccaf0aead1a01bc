//! The one thread that writes the box: ballots that come together share a commit.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::oneshot;
use uuid::Uuid;
use vault::Entropy;

use super::mixing::{checkpoint, mix};
use super::{BoxError, Put, Sealed};

/// Ballots in one commit at most.
const GROUP: usize = 256;
/// Nobody voted for so long: time to mix.
const REST: Duration = Duration::from_secs(60);
/// Bytes of write-ahead log after which it is emptied although people vote.
const WAL_BYTES: u64 = 16 << 20;

/// A ballot, its code and whom to answer.
pub(super) struct Cast {
    pub(super) campaign: Uuid,
    pub(super) hash: [u8; 32],
    pub(super) ballot: Sealed,
    pub(super) answer: oneshot::Sender<Result<Put, BoxError>>,
}

/// Something else to do with the file, in turn.
pub(super) type Work = Box<dyn FnOnce(&mut Connection) + Send>;

pub(super) enum Message {
    Cast(Cast),
    Work(Work),
}

/// Works until every sender is gone, and mixes before it ends.
pub(super) fn serve(mut connection: Connection, receiver: &Receiver<Message>, names: &dyn Entropy, path: &Path) {
    let wal = path.with_extension("db-wal");
    let mut unmixed = false;
    let mut next: Option<Message> = None;
    loop {
        let message = match next.take().map_or_else(|| receiver.recv_timeout(REST), Ok) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => {
                if std::mem::take(&mut unmixed) {
                    report(mix(&connection, true));
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        match message {
            Message::Work(work) => work(&mut connection),
            Message::Cast(first) => {
                let mut group = vec![first];
                while group.len() < GROUP {
                    match receiver.try_recv() {
                        Ok(Message::Cast(cast)) => group.push(cast),
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                unmixed = true;
                commit(&mut connection, group, names);
                if std::fs::metadata(&wal).is_ok_and(|meta| meta.len() > WAL_BYTES) {
                    report(checkpoint(&connection));
                }
            }
        }
    }
    report(mix(&connection, unmixed));
}

fn report(outcome: Result<(), rusqlite::Error>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "the ballot box could not be mixed");
    }
}

fn commit(connection: &mut Connection, group: Vec<Cast>, names: &dyn Entropy) {
    let outcome = write(connection, &group, names);
    if let Err(error) = &outcome {
        tracing::error!(%error, "ballots could not be written");
    }
    let mut results = outcome.unwrap_or_default().into_iter();
    for cast in group {
        // Without a result nothing was written: the voter is told so and tries again.
        let result = results.next().ok_or(BoxError::File(rusqlite::Error::InvalidQuery));
        let _ = cast.answer.send(result);
    }
}

fn write(connection: &mut Connection, group: &[Cast], names: &dyn Entropy) -> Result<Vec<Put>, BoxError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut results = Vec::with_capacity(group.len());
    {
        let open: Option<Vec<u8>> =
            transaction.prepare_cached("SELECT campaign FROM box WHERE salt IS NULL")?.query_row([], |row| row.get(0)).optional()?;
        transaction.prepare_cached("UPDATE box SET unmixed = 1 WHERE unmixed = 0")?.execute([])?;
        let mut mark = transaction.prepare_cached("UPDATE token SET used = 1 WHERE hash = ?1 AND used = 0 RETURNING grp")?;
        let mut known = transaction.prepare_cached("SELECT 1 FROM token WHERE hash = ?1")?;
        let mut rows: Vec<([u8; 16], i64, &str)> = Vec::with_capacity(group.len());
        let mut opinions: Vec<([u8; 16], usize, &str)> = Vec::new();
        for cast in group {
            if open.as_deref() != Some(cast.campaign.as_bytes().as_slice()) {
                results.push(Put::Shut);
                continue;
            }
            let of: Option<i64> = mark.query_row([cast.hash.as_slice()], |row| row.get(0)).optional()?;
            let Some(of) = of else {
                results.push(if known.exists([cast.hash.as_slice()])? { Put::Used } else { Put::Unknown });
                continue;
            };
            rows.push((name(names), of, &cast.ballot.grades));
            opinions.extend(cast.ballot.opinions.iter().map(|(body, sealed)| (name(names), *body, sealed.as_str())));
            results.push(Put::In);
        }
        // In the order of their names, not of their coming.
        rows.sort_unstable();
        opinions.sort_unstable();
        let mut insert = transaction.prepare_cached("INSERT INTO ballot (name, grp, sealed) VALUES (?1, ?2, ?3)")?;
        for (name, of, sealed) in rows {
            insert.execute(params![name.as_slice(), of, sealed])?;
        }
        let mut insert = transaction.prepare_cached("INSERT INTO opinion (name, body, sealed) VALUES (?1, ?2, ?3)")?;
        for (name, body, sealed) in opinions {
            insert.execute(params![name.as_slice(), i64::try_from(body).unwrap_or(i64::MAX), sealed])?;
        }
    }
    transaction.commit()?;
    Ok(results)
}

fn name(entropy: &dyn Entropy) -> [u8; 16] {
    let mut name = [0; 16];
    entropy.fill(&mut name);
    name
}
