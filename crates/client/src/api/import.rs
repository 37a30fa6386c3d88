//! Import: many records, all or none, as a stream both ways.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::stream;
use tokio::time::timeout;
use tonic::Streaming;

use hotdesk_core::RequestId;
use hotdesk_proto::v1;
use hotdesk_proto::v1::import_request::Item as Sent;
use hotdesk_proto::v1::import_response::Item as Received;

use super::directory::directory;
use crate::call::judge::{Attempts, Kind, Verdict};
use crate::call::observe::{Problem, observe};
use crate::client::{Client, bytes};
use crate::endpoints::Node;
use crate::error::Error;

/// How many rows one message carries. Small enough for progress to be seen: each row may bring a PIN, and
/// hashing one takes tens of milliseconds.
pub const ROWS_PER_MESSAGE: usize = 200;

/// How long the node may say nothing before the import is given up there.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How many nodes or times an import is tried.
const TRIES_MAX: usize = 3;

/// What became of an import that was carried through.
#[derive(Clone, Debug, PartialEq)]
pub enum Imported {
    /// Everything was put; or, in a dry run, could have been.
    Done(v1::ImportDone),
    /// Nothing was put, because of these rows (the first 1000).
    Rejected(Vec<v1::RowProblem>),
}

/// Import.
impl Client {
    /// Puts all rows in one log entry, or none. `progress` is told how many rows the node has checked and
    /// kept aside so far; it starts again from 0 when another node must be asked. With `dry_run` rows are
    /// only checked.
    ///
    /// The client's deadline does not apply, since hashing thousands of PINs takes minutes; a node that says
    /// nothing for 60 s is given up.
    ///
    /// # Errors
    /// [`Error::Unknown`] when the answer to the commit was lost: importing the same rows again is harmless.
    /// Otherwise nothing was put.
    pub async fn import(
        &self,
        rows: &[v1::ImportRow],
        dry_run: bool,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<Imported, Error> {
        let id = self.next_request_id();
        let kind = if dry_run {
            Kind::Repeatable
        } else {
            Kind::Write(id)
        };
        let mut attempts = Attempts::new(kind, "import");
        for tries_left in (0..TRIES_MAX).rev() {
            let node = self.endpoints().current();
            let committed = Arc::new(AtomicBool::new(false));
            let messages = messages(&self.by(), id, rows, dry_run, Arc::clone(&committed));
            let problem = match self.import_once(&node, messages, &mut progress).await {
                Ok(imported) => return Ok(imported),
                Err(Problem::NoAnswer { why, .. }) => Problem::NoAnswer {
                    why,
                    sent: committed.load(Ordering::Relaxed),
                },
                Err(problem) => problem,
            };
            let left = SILENCE_MAX * u32::from(tries_left > 0);
            let nodes = self.endpoints().len();
            match attempts.judge(&node.address, problem, nodes, left, fastrand::f64()) {
                Verdict::GiveUp(error) => return Err(error),
                Verdict::Again(wait) => {
                    self.left(&node);
                    tokio::time::sleep(wait).await;
                }
            }
        }
        Err(attempts.give_up())
    }

    async fn import_once(
        &self,
        node: &Node,
        messages: impl Iterator<Item = v1::ImportRequest> + Send + 'static,
        progress: &mut (impl FnMut(u64) + Send),
    ) -> Result<Imported, Problem> {
        let request = self.request(stream::iter(messages));
        let mut client = directory(node.channel());
        let mut answers = soon(client.import(request)).await??.into_inner();
        follow(&mut answers, progress).await
    }
}

/// Header, rows, commit. `committed` becomes true when the commit is taken: before that, nothing can have been
/// put. The messages own their rows; a copy is what a retry costs.
fn messages(
    by: &str,
    id: RequestId,
    rows: &[v1::ImportRow],
    dry_run: bool,
    committed: Arc<AtomicBool>,
) -> impl Iterator<Item = v1::ImportRequest> + Send + 'static {
    let header = Sent::Header(v1::ImportHeader {
        import_id: bytes(id),
        by: by.into(),
    });
    let commit = Sent::Commit(v1::ImportCommit {
        rows: rows.len() as u64,
        dry_run,
    });
    let parts: Vec<Sent> = rows
        .chunks(ROWS_PER_MESSAGE)
        .map(|rows| Sent::Rows(v1::ImportRows { rows: rows.to_vec() }))
        .collect();
    let commit = std::iter::once_with(move || {
        committed.store(true, Ordering::Relaxed);
        commit
    });
    std::iter::once(header)
        .chain(parts)
        .chain(commit)
        .map(|item| v1::ImportRequest { item: Some(item) })
}

async fn follow(
    answers: &mut Streaming<v1::ImportResponse>,
    progress: &mut (impl FnMut(u64) + Send),
) -> Result<Imported, Problem> {
    loop {
        match soon(answers.message()).await?? {
            Some(v1::ImportResponse { item: Some(item) }) => match item {
                Received::RowsStaged(rows) => progress(rows),
                Received::Done(done) => return Ok(Imported::Done(done)),
                Received::Rejected(rejected) => return Ok(Imported::Rejected(rejected.rows)),
            },
            // A kind of message that this version does not know.
            Some(v1::ImportResponse { item: None }) => {}
            None => return Err(no_answer("the node ended the stream without a result".into())),
        }
    }
}

/// The answer, or that none came in time; the inner result has been read already.
async fn soon<A>(
    answer: impl Future<Output = Result<A, tonic::Status>>,
) -> Result<Result<A, Problem>, Problem> {
    match timeout(SILENCE_MAX, answer).await {
        Ok(answer) => Ok(answer.map_err(|status| observe(&status))),
        Err(_elapsed) => Err(no_answer(format!("no answer within {} s", SILENCE_MAX.as_secs()))),
    }
}

fn no_answer(why: String) -> Problem {
    Problem::NoAnswer { why, sent: true }
}
