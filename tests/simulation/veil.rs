//! The log as one node sees it. A veil hides its latest part from the views of that node, as a slow disk or a busy
//! machine does; commands read and write the true log.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use event_log::{
    Append, AppendError, Appended, Batch, Cursor, Envelope, EventLog, LogError, MemoryLog, TreeHead, VerifyReport, WrappedKey,
};
use tokio::sync::watch;

/// The one log behind all veils, and the bell that rings at every append and lifting.
pub struct Wire {
    pub log: MemoryLog,
    bell: watch::Sender<u64>,
}

impl Wire {
    pub fn new(log: MemoryLog) -> Arc<Self> {
        Arc::new(Self { log, bell: watch::Sender::new(0) })
    }

    async fn ring(&self) {
        let size = self.log.head().await.unwrap().size;
        self.bell.send_replace(size);
    }
}

pub struct Veil {
    wire: Arc<Wire>,
    /// Views see the log up to here.
    upto: AtomicU64,
    /// The head is hidden too: the node believes that it is up to date.
    unknowing: AtomicBool,
    /// Appends that still reach the log before the process dies, and whether the last one is written and its answer lost.
    fuse: Mutex<Option<(usize, bool)>>,
    dead: AtomicBool,
    /// The next destruction of keys fails, as when the process dies between an erasure and its keys.
    pub keeps_keys_once: AtomicBool,
}

impl Veil {
    pub fn new(wire: &Arc<Wire>) -> Arc<Self> {
        Arc::new(Self {
            wire: wire.clone(),
            upto: AtomicU64::new(u64::MAX),
            unknowing: AtomicBool::new(false),
            fuse: Mutex::new(None),
            dead: AtomicBool::new(false),
            keeps_keys_once: AtomicBool::new(false),
        })
    }

    /// Hides what comes after the present head.
    pub async fn draw(&self, unknowing: bool) {
        let size = self.wire.log.head().await.unwrap().size;
        self.upto.store(size, Ordering::SeqCst);
        self.unknowing.store(unknowing, Ordering::SeqCst);
    }

    pub async fn lift(&self) {
        self.upto.store(u64::MAX, Ordering::SeqCst);
        self.unknowing.store(false, Ordering::SeqCst);
        self.wire.ring().await;
    }

    pub fn is_drawn(&self) -> bool {
        self.upto.load(Ordering::SeqCst) != u64::MAX
    }

    pub fn is_unknowing(&self) -> bool {
        self.unknowing.load(Ordering::SeqCst)
    }

    /// The process will die at the append after so many: before it is written, or written and never answered.
    pub fn light(&self, appends: usize, written: bool) {
        *self.fuse.lock().unwrap() = Some((appends, written));
    }

    /// It does not die after all, if it has not yet.
    pub fn put_out(&self) {
        *self.fuse.lock().unwrap() = None;
    }

    /// The process writes nothing any more: it is to be started anew.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// What becomes of an append: it goes well, or is not written, or is written without an answer.
    fn fate(&self) -> (bool, bool) {
        if self.is_dead() {
            return (false, false);
        }
        let mut fuse = self.fuse.lock().unwrap();
        match fuse.as_mut() {
            None => (true, true),
            Some((0, written)) => {
                self.dead.store(true, Ordering::SeqCst);
                (*written, false)
            }
            Some((left, _)) => {
                *left -= 1;
                (true, true)
            }
        }
    }

    /// How far the views of this node can come.
    pub async fn reachable(&self) -> u64 {
        self.wire.log.head().await.unwrap().size.min(self.upto.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl EventLog for Veil {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let (written, answered) = self.fate();
        if !written {
            return Err(AppendError::Unavailable("the process died".to_owned()));
        }
        let appended = self.wire.log.append(append).await?;
        self.wire.ring().await;
        if answered { Ok(appended) } else { Err(AppendError::Unavailable("the process died".to_owned())) }
    }

    async fn read_stream(&self, stream: &str) -> Result<Vec<Envelope>, LogError> {
        self.wire.log.read_stream(stream).await
    }

    async fn read_all(&self, after: &Cursor, limit: usize) -> Result<Batch, LogError> {
        let upto = self.upto.load(Ordering::SeqCst);
        let batch = self.wire.log.read_all(after, limit).await?;
        let seen = batch.events.iter().filter(|event| event.seq <= upto).count();
        match seen {
            _ if seen == batch.events.len() => Ok(batch),
            0 => Ok(Batch { events: Vec::new(), next: after.clone(), at_head: true }),
            _ => Ok(Batch { at_head: true, ..self.wire.log.read_all(after, seen).await? }),
        }
    }

    async fn head(&self) -> Result<TreeHead, LogError> {
        let mut head = self.wire.log.head().await?;
        if self.is_unknowing() {
            head.size = head.size.min(self.upto.load(Ordering::SeqCst));
        }
        Ok(head)
    }

    async fn inclusion(&self, seq: u64, size: u64) -> Result<Vec<[u8; 32]>, LogError> {
        self.wire.log.inclusion(seq, size).await
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.wire.bell.subscribe()
    }

    async fn keys_of(&self, owner: &str) -> Result<Vec<WrappedKey>, LogError> {
        self.wire.log.keys_of(owner).await
    }

    async fn delete_keys(&self, owner: &str, subjects: &[String]) -> Result<u64, LogError> {
        if self.keeps_keys_once.swap(false, Ordering::SeqCst) {
            return Err(LogError::Unavailable("simulated".to_owned()));
        }
        self.wire.log.delete_keys(owner, subjects).await
    }

    async fn verify(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<VerifyReport, LogError> {
        self.wire.log.verify(progress).await
    }
}
