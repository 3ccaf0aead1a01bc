use sha2::{Digest, Sha256};
use vault::OsEntropy;

use super::mixing::checkpoint;
use super::*;

const CAMPAIGN: Uuid = Uuid::from_u128(7);

fn hash(n: u32) -> [u8; 32] {
    Sha256::digest(n.to_be_bytes()).into()
}

fn ballot(grades: &str) -> Sealed {
    Sealed { grades: grades.to_owned(), opinions: vec![(0, format!("opinion of {grades}"))] }
}

fn batch(n: u128) -> Unsettled {
    Unsettled { batch: Uuid::from_u128(n), group: Group::Users, count: 1, seed: [9; 32] }
}

async fn with_codes(dir: &Path, n: u32) -> BallotBox {
    let open = BallotBox::open(dir, Arc::new(OsEntropy)).unwrap();
    assert!(open.add_codes(CAMPAIGN, batch(1), (0..n).map(hash).collect()).await.unwrap());
    open
}

#[tokio::test]
async fn a_thousand_votes_with_one_code_at_once_are_one_ballot() {
    let dir = tempfile::tempdir().unwrap();
    let open = Arc::new(with_codes(dir.path(), 2).await);
    let votes: Vec<_> = (0..1_000)
        .map(|n| {
            let open = open.clone();
            tokio::spawn(async move { open.put(CAMPAIGN, hash(0), ballot(&format!("vote {n}"))).await.unwrap() })
        })
        .collect();
    let mut came_in = 0;
    for vote in votes {
        match vote.await.unwrap() {
            Put::In => came_in += 1,
            other => assert_eq!(other, Put::Used),
        }
    }
    assert_eq!(came_in, 1);
    assert_eq!(open.counts(CAMPAIGN).unwrap()[&Group::Users], InBox { used: 1, ballots: 1 });
    assert_eq!(open.put(CAMPAIGN, hash(9), ballot("x")).await.unwrap(), Put::Unknown);
}

#[tokio::test]
async fn a_shut_box_takes_nothing_keeps_its_order_and_is_emptied_once() {
    let dir = tempfile::tempdir().unwrap();
    let open = with_codes(dir.path(), 40).await;
    for n in 0..30 {
        assert_eq!(open.put(CAMPAIGN, hash(n), ballot(&format!("{n}"))).await.unwrap(), Put::In);
    }
    open.shut(CAMPAIGN).await.unwrap();
    assert_eq!(open.put(CAMPAIGN, hash(35), ballot("late")).await.unwrap(), Put::Shut);
    let first = open.content(CAMPAIGN).await.unwrap();
    assert_eq!((first.ballots.len(), first.opinions.len()), (30, 30));
    // A crash in between: opened anew, shut again, the same order.
    drop(open);
    let open = BallotBox::open(dir.path(), Arc::new(OsEntropy)).unwrap();
    open.shut(CAMPAIGN).await.unwrap();
    assert_eq!(open.content(CAMPAIGN).await.unwrap(), first);
    let came: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    assert_ne!(first.ballots.iter().map(|(_, sealed)| sealed.clone()).collect::<Vec<_>>(), came, "shuffled");
    assert!(matches!(open.shut(Uuid::from_u128(8)).await, Err(BoxError::Other)));
    open.empty(CAMPAIGN).await.unwrap();
    open.empty(CAMPAIGN).await.unwrap();
    assert!(matches!(open.content(CAMPAIGN).await, Err(BoxError::Other)));
    drop(open);
    let bytes = std::fs::read(dir.path().join("ballots.db")).unwrap();
    assert!(!bytes.windows(32).any(|window| window == hash(3)), "a hash is left in the emptied file");
    assert!(!bytes.windows(10).any(|window| window == b"opinion of"), "an opinion is left in the emptied file");
}

#[tokio::test]
async fn a_batch_goes_in_once_and_one_campaign_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let open = with_codes(dir.path(), 3).await;
    assert!(!open.add_codes(CAMPAIGN, batch(1), vec![hash(8)]).await.unwrap());
    assert!(matches!(open.add_codes(Uuid::from_u128(8), batch(2), vec![hash(8)]).await, Err(BoxError::Other)));
    assert_eq!(open.look(&hash(1)).unwrap(), Some(Code { campaign: CAMPAIGN, used: false }));
    assert_eq!(open.look(&hash(8)).unwrap(), None);
    open.drop_codes(Uuid::from_u128(1)).await.unwrap();
    assert_eq!(open.look(&hash(1)).unwrap(), None);
}

/// Somebody who knows in which order people voted looks for that order in the file and in a copy of it. Pages keep the order of
/// insertion, so without mixing it is found.
#[tokio::test]
async fn the_order_of_voting_is_not_the_order_in_the_file() {
    const VOTES: u32 = 4_800;
    let dir = tempfile::tempdir().unwrap();
    let open = with_codes(dir.path(), VOTES).await;
    for n in 0..VOTES {
        assert_eq!(open.put(CAMPAIGN, hash(n), ballot(&format!("<ballot {n:06}>"))).await.unwrap(), Put::In);
    }
    // Only written through, not mixed: the adversary does find the order of voting, so the test can fail.
    open.work(|connection| Ok(checkpoint(connection)?)).await.unwrap();
    let unmixed = order_in(&std::fs::read(dir.path().join("ballots.db")).unwrap(), b"<ballot ");
    assert!(!unrelated(&unmixed), "a page keeps the order of insertion");
    // A copy that another process makes for a backup is in no order, mixed or not, and takes part in nothing.
    let beside = dir.path().join("beside.db");
    assert!(copy(dir.path(), &beside).unwrap());
    open.mix().await.unwrap();
    assert_eq!(std::fs::metadata(dir.path().join("ballots.db-wal")).unwrap().len(), 0, "the write-ahead log is empty");
    let copied = dir.path().join("copy.db");
    open.copy_to(&copied).await.unwrap();
    for file in [dir.path().join("ballots.db"), copied, beside] {
        let bytes = std::fs::read(&file).unwrap();
        let order = order_in(&bytes, b"<ballot ");
        assert_eq!(order.len(), VOTES as usize, "{file:?}");
        assert!(unrelated(&order), "{file:?}");
    }
}

/// The numbers behind a mark in the order in which they lie in the file, grades alone.
fn order_in(bytes: &[u8], mark: &[u8]) -> Vec<u32> {
    let at = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(mark) && !bytes[..*at].ends_with(b"opinion of "));
    at.filter_map(|at| std::str::from_utf8(bytes.get(at + mark.len()..at + mark.len() + 6)?).ok()?.parse().ok()).collect()
}

/// Neither the rank correlation nor the number of neighbours that follow each other is beyond chance (five sigma).
fn unrelated(order: &[u32]) -> bool {
    let n = order.len() as f64;
    let mean = (n - 1.0) / 2.0;
    let covariance: f64 = order.iter().enumerate().map(|(place, vote)| (place as f64 - mean) * (f64::from(*vote) - mean)).sum();
    let correlation = covariance / ((n * n - 1.0) * n / 12.0);
    let ascending = order.windows(2).filter(|pair| pair[1] > pair[0]).count() as f64;
    // The number of ascents of a random permutation has mean (n-1)/2 and variance (n+1)/12.
    correlation.abs() < 5.0 / n.sqrt() && (ascending - (n - 1.0) / 2.0).abs() < 5.0 * ((n + 1.0) / 12.0).sqrt()
}

#[tokio::test]
async fn a_seed_goes_when_its_batch_is_given_out_taken_back_or_emptied() {
    let dir = tempfile::tempdir().unwrap();
    let open = with_codes(dir.path(), 3).await;
    assert!(open.add_codes(CAMPAIGN, batch(2), vec![hash(8)]).await.unwrap());
    assert!(open.add_codes(CAMPAIGN, batch(3), vec![hash(9)]).await.unwrap());
    assert_eq!(open.unsettled(Uuid::from_u128(8)).await.unwrap(), []);
    assert_eq!(open.unsettled(CAMPAIGN).await.unwrap(), [batch(1), batch(2), batch(3)]);
    open.settled(Uuid::from_u128(1)).await.unwrap();
    open.drop_codes(Uuid::from_u128(2)).await.unwrap();
    assert_eq!(open.unsettled(CAMPAIGN).await.unwrap(), [batch(3)]);
    assert!(open.holds(Uuid::from_u128(1)).unwrap() && !open.holds(Uuid::from_u128(2)).unwrap());
    open.empty(CAMPAIGN).await.unwrap();
    assert!(open.add_codes(CAMPAIGN, batch(4), vec![hash(8)]).await.unwrap());
    open.settled(Uuid::from_u128(4)).await.unwrap();
    open.mix().await.unwrap();
    drop(open);
    let bytes = std::fs::read(dir.path().join("ballots.db")).unwrap();
    assert!(!bytes.windows(32).any(|window| window == [9; 32]), "a seed is left in the file");
}
