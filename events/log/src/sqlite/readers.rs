//! A few threads that read, each with its own connection and short transactions.

use std::path::Path;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connect;
use crate::LogError;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Queued reads beyond which readers are told to come again.
const QUEUE: usize = 1024;

pub(crate) struct Readers {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(path: &Path, count: usize) -> Result<Self, LogError> {
        let (jobs, queue) = crossbeam_channel::bounded::<Job>(QUEUE);
        let mut readers = Self { jobs: Some(jobs), threads: Vec::new() };
        for number in 0..count.max(1) {
            let connection = connect::reader(path)?;
            let queue = queue.clone();
            let thread = thread::Builder::new()
                .name(format!("log-read-{number}"))
                .spawn(move || work(connection, &queue))
                .map_err(|error| LogError::Unavailable(error.to_string()))?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Runs `job` on a reader, in one read transaction.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let (answer, result) = oneshot::channel();
        let stopped = || LogError::Unavailable("日志读取已停止，请重启程序".to_owned());
        let work: Job = Box::new(move |connection| {
            let _ = answer.send(in_transaction(connection, job));
        });
        self.jobs.as_ref().ok_or_else(stopped)?.try_send(work).map_err(|error| match error {
            TrySendError::Full(_) => LogError::Overloaded,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        result.await.map_err(|_| stopped())?
    }
}

fn work(mut connection: Connection, queue: &Receiver<Job>) {
    while let Ok(job) = queue.recv() {
        job(&mut connection);
    }
}

/// Nothing is written, so that what failed is ended like what went well. Both statements are kept: compiling them
/// would cost as much as reading a short stream.
fn in_transaction<T>(connection: &mut Connection, job: impl FnOnce(&Connection) -> Result<T, LogError>) -> Result<T, LogError> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let result = job(connection);
    connection.prepare_cached("COMMIT")?.execute([])?;
    result
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
