//! Import: many records, all or none.
//!
//! Rows are checked and their PINs hashed as they come in, and kept aside in the cluster in parts; one commit
//! then puts them all. Bad rows do not end it: the caller gets all of them at once, those found here and those
//! that only the whole directory can tell, and nothing is put. When the caller goes away, what was kept aside is
//! forgotten.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use hotdesk_core::command::{IMPORT_ROWS_PER_STAGE, ImportRow};
use hotdesk_core::{Action, Actor, Done, Refusal, RequestId, State};
use hotdesk_proto::convert::{import_row, optional_request_id, required};
use hotdesk_proto::error::Failure;
use hotdesk_proto::v1;
use hotdesk_proto::v1::import_response::Item as Answer;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::call::Call;
use super::import_rows::BadRows;
use super::request::{actor, new_request_id};
use super::sessions::Answers;
use super::{Decided, Error, Shared, device_number, languages};
use crate::pins::{InvalidPin, Pin, Verdict};

/// How many answers wait for a caller who does not read them; then no more rows are taken.
const ANSWERS_AHEAD: usize = 16;
/// The most rows of one message.
const ROWS_PER_MESSAGE_MAX: usize = 1000;
/// How long a part is tried again and again while the cluster has no leader, say. A change of leader must not
/// cost the hashing of thousands of PINs.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one try takes at most.
const TRY: Duration = Duration::from_secs(5);

/// Begins an import.
pub(super) fn import(
    shared: &Arc<Shared>,
    call: Call,
    rows: Streaming<v1::ImportRequest>,
) -> Answers<v1::ImportResponse> {
    let (answers, receiver) = mpsc::channel(ANSWERS_AHEAD);
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let answer = Import::run(&shared, call, rows, &answers).await;
        if let Err(error) = answer {
            tracing::debug!(reason = error.name(), "import ended");
            // Nobody may be there to hear it.
            let _ = answers.send(Err(Status::from(error))).await;
        }
    });
    Box::pin(ReceiverStream::new(receiver))
}

struct Import<'a> {
    shared: &'a Shared,
    /// What the cluster knows it by. Chosen here, anew for each call: two calls of an impatient caller, at two
    /// nodes, must not mix their rows.
    id: RequestId,
    by: Actor,
    /// The directory as it was when the import began: PINs that are unchanged stay as they are.
    before: State,
    /// Rows received, good or bad.
    received: u64,
    /// Good rows that are not kept aside yet.
    pending: Vec<Checked>,
    /// Good rows that are, as the cluster counts them.
    staged: u64,
    bad: BadRows,
    closed: watch::Receiver<bool>,
    answers: &'a mpsc::Sender<Result<v1::ImportResponse, Status>>,
}

impl<'a> Import<'a> {
    async fn run(
        shared: &'a Shared,
        call: Call,
        mut requests: Streaming<v1::ImportRequest>,
        answers: &'a mpsc::Sender<Result<v1::ImportResponse, Status>>,
    ) -> Result<(), Error> {
        use v1::import_request::Item;
        let first = received(requests.message().await)?.and_then(|request| request.item);
        let Some(Item::Header(header)) = first else {
            return Err(Error::invalid(
                "header",
                "is missing: expected it in the first message",
            ));
        };
        optional_request_id("header.import_id", &header.import_id)?;
        let mut import = Self {
            shared,
            id: new_request_id(),
            by: actor(&header.by, shared.node_id),
            before: shared.catch_up(call.deadline).await?,
            received: 0,
            pending: Vec::new(),
            staged: 0,
            bad: BadRows::default(),
            closed: shared.gate.closed(),
            answers,
        };
        let result = import.rows_and_commit(&mut requests).await;
        if result.is_err() && import.staged > 0 {
            import.abort().await;
        }
        result
    }

    async fn rows_and_commit(&mut self, requests: &mut Streaming<v1::ImportRequest>) -> Result<(), Error> {
        use v1::import_request::Item;
        loop {
            let request = tokio::select! {
                biased;
                _ = self.closed.wait_for(|closed| *closed) => return Err(Failure::ShuttingDown.into()),
                request = requests.message() => received(request)?,
            };
            let Some(request) = request else {
                return Err(Error::invalid(
                    "commit",
                    "is missing: the rows ended without it, nothing was put",
                ));
            };
            match required("item", request.item, "rows or the commit")? {
                Item::Header(_) => return Err(Error::invalid("header", "came twice")),
                Item::Rows(rows) => self.take(rows.rows).await?,
                Item::Commit(commit) => return self.commit(&commit).await,
            }
        }
    }

    async fn take(&mut self, rows: Vec<v1::ImportRow>) -> Result<(), Error> {
        if rows.len() > ROWS_PER_MESSAGE_MAX {
            let problem = format!(
                "must be at most {ROWS_PER_MESSAGE_MAX} per message, got {}",
                rows.len()
            );
            return Err(Error::invalid("rows", problem));
        }
        for row in rows {
            match check(row) {
                Ok(row) => self.pending.push(row),
                Err(invalid) => self.bad.found(self.received, invalid),
            }
            self.received += 1;
        }
        while self.pending.len() >= IMPORT_ROWS_PER_STAGE {
            self.stage_some().await?;
        }
        Ok(())
    }

    /// Hashes and keeps aside the next rows.
    async fn stage_some(&mut self) -> Result<(), Error> {
        let next: Vec<Checked> = self
            .pending
            .drain(..self.pending.len().min(IMPORT_ROWS_PER_STAGE))
            .collect();
        // Where a row is bad nothing will be put: the PINs need not be hashed.
        let hash_pins = self.bad.is_empty();
        let hashing = next.into_iter().map(|row| self.hashed(row, hash_pins));
        let rows: Vec<ImportRow> = stream::iter(hashing)
            .buffered(self.shared.pins.bulk_parallel() * 2)
            .collect()
            .await;
        let first_row = self.staged;
        // Counted before the answer: a part that may have been kept aside has to be forgotten as well.
        self.staged += rows.len() as u64;
        let decided = self
            .propose(
                None,
                Action::ImportStage {
                    import: self.id,
                    first_row,
                    rows,
                },
            )
            .await?;
        match decided.done {
            Done::Staged { rows } if rows == self.staged => {}
            _ => return Err(decided.unexpected()),
        }
        self.answer(Answer::RowsStaged(self.received - self.pending.len() as u64))
            .await
    }

    async fn hashed(&self, row: Checked, hash_pins: bool) -> ImportRow {
        match row {
            Checked {
                row: ImportRow::User { user, .. },
                pin: Some(pin),
            } if hash_pins => {
                let before = self
                    .before
                    .user(&user.id)
                    .and_then(|user| user.credential.as_ref());
                let pins = &self.shared.pins;
                let verdict = match before {
                    Some(credential) => pins.check_in_bulk(&pin, Arc::clone(&credential.verifier)).await,
                    None => Verdict::Wrong,
                };
                // An unchanged PIN keeps its version: importing the same file again changes nothing.
                let verifier = match verdict {
                    Verdict::Matches => None,
                    Verdict::Wrong | Verdict::OtherPepper => Some(pins.hash_in_bulk(&pin).await),
                };
                ImportRow::User { user, verifier }
            }
            Checked { row, .. } => row,
        }
    }

    async fn commit(&mut self, commit: &v1::ImportCommit) -> Result<(), Error> {
        while !self.pending.is_empty() {
            self.stage_some().await?;
        }
        if commit.rows != self.received {
            let problem = format!("says {}, but {} came", commit.rows, self.received);
            return Err(Error::invalid("commit.rows", problem));
        }
        // With bad rows, the rest is only checked, for what else is wrong.
        let dry_run = commit.dry_run || !self.bad.is_empty();
        let action = Action::ImportCommit {
            import: self.id,
            rows: self.staged,
            dry_run,
        };
        let decided = match self.propose(Some(new_request_id()), action).await {
            Ok(decided) if self.bad.is_empty() => decided,
            Ok(_) => return self.reject(Vec::new()).await,
            Err(Error::Refusal(Refusal::ImportRejected { rows })) => return self.reject(rows).await,
            Err(error) => return Err(error),
        };
        let Done::Imported {
            created,
            changed,
            unchanged,
        } = decided.done
        else {
            return Err(decided.unexpected());
        };
        let index = decided.index;
        tracing::info!(by = %self.by.0, dry_run, created, changed, unchanged, log_index = index, "imported");
        self.answer(Answer::Done(v1::ImportDone {
            created,
            changed,
            unchanged,
            index,
        }))
        .await
    }

    async fn reject(&mut self, by_cluster: Vec<hotdesk_core::RowProblem>) -> Result<(), Error> {
        let rows = std::mem::take(&mut self.bad).together_with(by_cluster);
        tracing::info!(by = %self.by.0, rows = rows.len(), "import rejected");
        self.answer(Answer::Rejected(v1::ImportRejected { rows })).await
    }

    /// Forgets what was kept aside. When that fails too, the cluster forgets it by itself after half an hour.
    async fn abort(&self) {
        let deadline = Instant::now() + TRY;
        let action = Action::ImportAbort { import: self.id };
        if let Err(error) = self.shared.propose(deadline, self.by.clone(), None, action).await {
            tracing::debug!(reason = error.name(), "import not forgotten at once");
        }
    }

    /// Proposes until the cluster has decided or patience ends. All that is proposed here may be repeated.
    async fn propose(&self, request_id: Option<RequestId>, action: Action) -> Result<Decided, Error> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let deadline = give_up.min(Instant::now() + TRY);
            let error = match self
                .shared
                .propose(deadline, self.by.clone(), request_id, action.clone())
                .await
            {
                Ok(decided) => return Ok(decided),
                Err(error) => error,
            };
            let pause = match &error {
                Error::Failure(Failure::Stopped { .. } | Failure::ShuttingDown) | Error::Refusal(_) => None,
                Error::Failure(failure) => failure.retry_after(),
            };
            match pause {
                Some(pause) if Instant::now() + pause < give_up => sleep(pause).await,
                _ => return Err(error),
            }
        }
    }

    async fn answer(&self, item: Answer) -> Result<(), Error> {
        let answer = Ok(v1::ImportResponse { item: Some(item) });
        // Whoever does not want to hear the answer has gone away.
        self.answers
            .send(answer)
            .await
            .map_err(|_| Failure::Timeout.into())
    }
}

/// A row without its PIN, and the PIN.
struct Checked {
    row: ImportRow,
    pin: Option<Arc<Pin>>,
}

fn check(mut row: v1::ImportRow) -> Result<Checked, hotdesk_proto::convert::Invalid> {
    use hotdesk_proto::convert::Invalid;
    // Taken out first of all, so that it is wiped whatever happens next.
    let typed = std::mem::take(&mut row.pin);
    let pin = if typed.is_empty() {
        None
    } else {
        Some(Pin::parse(typed))
    };
    let record = required("", row.record, "a site, a group, a user or a phone")?;
    let row = import_row(record, None)?;
    match &row {
        ImportRow::Site(site) => languages::check("language", &site.language)?,
        ImportRow::User { user, .. } => {
            let profile = user.profile.as_ref();
            languages::check(
                "profile.language",
                profile.map_or("", |profile| &profile.language),
            )?;
        }
        ImportRow::Group(_) | ImportRow::Device(_) => {}
    }
    let row = match row {
        ImportRow::Device(device) => ImportRow::Device(device_number::checked("number", device)?),
        row => row,
    };
    match (row, pin) {
        (row @ ImportRow::User { .. }, Some(Ok(pin))) => Ok(Checked {
            row,
            pin: Some(Arc::new(pin)),
        }),
        (ImportRow::User { .. }, Some(Err(InvalidPin))) => Err(Invalid::new("pin", InvalidPin.to_string())),
        (row, None) => Ok(Checked { row, pin: None }),
        (_, Some(_)) => Err(Invalid::new("pin", "belongs to users only")),
    }
}

/// What came of the caller's stream; when it breaks, nobody hears the answer.
fn received<T>(message: Result<T, Status>) -> Result<T, Error> {
    message.map_err(|status| Error::invalid("rows", format!("broke off: {}", status.message())))
}
