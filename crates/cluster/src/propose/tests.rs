//! The dispatcher against a log and leaders that do what the test says.

use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use hotdesk_core::{Action, Actor, Done, RequestId, UserId};
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::propose_response::Result as Answered;
use hotdesk_proto::log::{decode_command, encode_outcome};
use hotdesk_store::types::{Decided, Proposed};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Status;

use super::*;
use crate::leadership::Known;

const ME: u64 = 1;
const SECOND: Duration = Duration::from_secs(1);

struct World {
    proposer: Proposer,
    leader: watch::Sender<Leader>,
    stop: watch::Sender<Stop>,
    /// Entries that this node's log was given.
    entries: UnboundedReceiver<(Proposed, oneshot::Sender<Written>)>,
    /// Streams that were opened.
    streams: UnboundedReceiver<LeaderSide>,
    dispatching: JoinHandle<()>,
}

/// A stream as the leader has it.
struct LeaderSide {
    to: Known,
    requests: mpsc::Receiver<wire::ProposeRequest>,
    answers: UnboundedSender<Result<wire::ProposeResponse, Status>>,
}

struct Log(UnboundedSender<(Proposed, oneshot::Sender<Written>)>);

impl Writer for Log {
    fn write(&self, entry: Proposed) -> BoxFuture<'static, Written> {
        let (written, receiver) = oneshot::channel();
        self.0.send((entry, written)).unwrap();
        Box::pin(async move { receiver.await.unwrap_or(Written::Unknown) })
    }
}

struct Streams(UnboundedSender<LeaderSide>);

impl Lines for Streams {
    fn open(&self, leader: &Known) -> BoxFuture<'static, Result<Opened, String>> {
        let (requests, incoming) = mpsc::channel(requests_room());
        let (answers, outgoing) = unbounded_channel();
        let side = LeaderSide {
            to: leader.clone(),
            requests: incoming,
            answers,
        };
        self.0.send(side).unwrap();
        let answers = UnboundedReceiverStream::new(outgoing).boxed();
        Box::pin(async move { Ok(Opened { requests, answers }) })
    }
}

fn world(first: Leader, queue_max: usize) -> World {
    let leader = watch::Sender::new(first);
    let stop = watch::Sender::new(Stop::No);
    let (proposer, queue) = Proposer::new(queue_max, leader.subscribe(), stop.subscribe());
    let (entry, entries) = unbounded_channel();
    let (stream, streams) = unbounded_channel();
    let writer: Arc<dyn Writer> = Arc::new(Log(entry));
    let lines = Arc::new(Streams(stream));
    let dispatcher = Dispatcher::new(
        ME,
        queue,
        Some(writer),
        lines,
        leader.subscribe(),
        stop.subscribe(),
    );
    World {
        proposer,
        leader,
        stop,
        entries,
        streams,
        dispatching: tokio::spawn(dispatcher.run()),
    }
}

impl World {
    /// Begins to propose; with an id, or without.
    fn propose(&self, id: Option<u128>, limit: Duration) -> JoinHandle<Result<Decision, ProposeError>> {
        let proposer = self.proposer.clone();
        let deadline = (tokio::time::Instant::now() + limit).into_std();
        tokio::spawn(async move { proposer.propose(command(id), deadline).await })
    }
}

impl LeaderSide {
    /// The next request: its number in the stream, and the request id of its command.
    async fn next(&mut self) -> (u64, Option<u128>) {
        let request = self.requests.recv().await.expect("a request");
        let command = decode_command(&request.command).unwrap();
        (request.seq, command.request_id.map(|id| id.0))
    }

    fn answer(&self, seq: u64, result: Answered) {
        let response = wire::ProposeResponse {
            seq,
            result: Some(result),
        };
        self.answers.send(Ok(response)).unwrap();
    }

    fn decide(&self, seq: u64, index: u64) {
        let outcome = encode_outcome(&Ok(Done::Unlocked));
        self.answer(seq, Answered::Decided(wire::Decided { outcome, index }));
    }
}

fn command(id: Option<u128>) -> Command {
    Command {
        request_id: id.map(RequestId),
        actor: Actor::system(),
        action: Action::Unlock(UserId::parse("ada").unwrap()),
    }
}

fn other(id: u64) -> Leader {
    Leader::Other(Known {
        id,
        address: format!("node-{id}:1"),
    })
}

fn decided(entry: &Proposed, index: u64) -> Written {
    let outcomes = entry.batch.commands.iter().map(|_| Arc::new(Ok(Done::Unlocked)));
    Written::Decided(Decided {
        index,
        outcomes: outcomes.collect(),
    })
}

/// Lets everything run that can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lone_command_does_not_wait_and_many_share_an_entry() {
    let mut world = world(Leader::Me, 1000);
    let mut under_way = Vec::new();
    let mut proposed = Vec::new();
    for id in 0..4 {
        proposed.push(world.propose(Some(id), SECOND));
        let entry = world.entries.recv().await.unwrap();
        assert_eq!(entry.0.batch.commands.len(), 1);
        under_way.push(entry);
    }
    // Four entries are under way: now commands gather.
    proposed.extend((4..104).map(|id| world.propose(Some(id), SECOND)));
    settle().await;
    assert!(world.entries.try_recv().is_err());
    let (entry, written) = under_way.remove(0);
    written.send(decided(&entry, 7)).unwrap();
    let (entry, written) = world.entries.recv().await.unwrap();
    assert_eq!(entry.batch.commands.len(), 100);
    written.send(decided(&entry, 8)).unwrap();
    for (entry, written) in under_way {
        written.send(decided(&entry, 9)).unwrap();
    }
    for (id, proposed) in proposed.into_iter().enumerate() {
        let index = proposed.await.unwrap().unwrap().index;
        assert_eq!(
            index,
            if id == 0 {
                7
            } else if id < 4 {
                9
            } else {
                8
            }
        );
    }
}

#[tokio::test(start_paused = true)]
async fn commands_go_to_the_leader_in_one_stream_and_answers_come_in_any_order() {
    let mut world = world(other(2), 1000);
    let first = world.propose(Some(1), SECOND);
    let mut stream = world.streams.recv().await.unwrap();
    let (first_seq, _) = stream.next().await;
    let second = world.propose(Some(2), SECOND);
    let (second_seq, id) = stream.next().await;
    assert_eq!(id, Some(2));
    stream.decide(second_seq, 20);
    assert_eq!(second.await.unwrap().unwrap().index, 20);
    stream.decide(first_seq, 10);
    assert_eq!(first.await.unwrap().unwrap().index, 10);
    assert!(world.streams.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn what_was_under_way_when_the_stream_broke_is_proposed_again_under_its_id() {
    let mut world = world(other(2), 1000);
    let with_id = world.propose(Some(1), SECOND);
    let without_id = world.propose(None, SECOND);
    let mut stream = world.streams.recv().await.unwrap();
    stream.next().await;
    stream.next().await;
    drop(stream);
    assert_eq!(without_id.await.unwrap(), Err(ProposeError::Unknown));
    world.leader.send_replace(other(3));
    let mut stream = loop {
        let stream = world.streams.recv().await.unwrap();
        if stream.to.id == 3 {
            break stream;
        }
    };
    let (seq, id) = stream.next().await;
    assert_eq!(id, Some(1));
    stream.decide(seq, 30);
    assert_eq!(with_id.await.unwrap().unwrap().index, 30);
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_proposed_is_unknown_at_the_deadline() {
    let mut world = world(other(2), 1000);
    let waiting = world.propose(Some(1), SECOND);
    let mut stream = world.streams.recv().await.unwrap();
    stream.next().await;
    drop(stream);
    world.leader.send_replace(Leader::Nobody);
    assert_eq!(waiting.await.unwrap(), Err(ProposeError::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_lead_says_who_does_and_is_believed() {
    let mut world = world(other(2), 1000);
    let waiting = world.propose(None, SECOND);
    let mut stream = world.streams.recv().await.unwrap();
    let (seq, _) = stream.next().await;
    let leader = wire::NotLeader {
        leader_id: 3,
        leader_address: "node-3:1".into(),
    };
    stream.answer(seq, Answered::NotLeader(leader));
    let mut stream = world.streams.recv().await.unwrap();
    assert_eq!(stream.to.address, "node-3:1");
    let (seq, _) = stream.next().await;
    stream.decide(seq, 5);
    // It was surely not proposed before, so it needs no id.
    assert_eq!(waiting.await.unwrap().unwrap().index, 5);
}

#[tokio::test(start_paused = true)]
async fn without_a_leader_nothing_is_proposed_and_the_deadline_is_kept() {
    let mut world = world(Leader::Nobody, 1000);
    let begin = tokio::time::Instant::now();
    let waiting = world.propose(Some(1), SECOND);
    assert_eq!(waiting.await.unwrap(), Err(ProposeError::NoLeader));
    assert_eq!(begin.elapsed(), SECOND);
    world.leader.send_replace(Leader::Me);
    settle().await;
    assert!(world.entries.try_recv().is_err(), "nobody waits for it any more");
}

#[tokio::test(start_paused = true)]
async fn a_command_waits_for_the_next_leader() {
    let mut world = world(Leader::Nobody, 1000);
    let waiting = world.propose(None, SECOND);
    tokio::time::sleep(SECOND / 2).await;
    world.leader.send_replace(Leader::Me);
    let (entry, written) = world.entries.recv().await.unwrap();
    // No majority follows it yet.
    written.send(Written::NotLeader { leader: None }).unwrap();
    let (again, written) = world.entries.recv().await.unwrap();
    assert_eq!(entry.batch.commands, again.batch.commands);
    written.send(decided(&again, 3)).unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().index, 3);
}

#[tokio::test(start_paused = true)]
async fn an_entry_whose_leader_fell_is_proposed_again_elsewhere() {
    let mut world = world(Leader::Me, 1000);
    let with_id = world.propose(Some(1), SECOND);
    let without_id = world.propose(None, SECOND);
    let mut entries = Vec::new();
    let mut commands = 0;
    while commands < 2 {
        let entry = world.entries.recv().await.unwrap();
        commands += entry.0.batch.commands.len();
        entries.push(entry);
    }
    world.leader.send_replace(other(2));
    for (_, written) in entries {
        written.send(Written::Unknown).unwrap();
    }
    assert_eq!(without_id.await.unwrap(), Err(ProposeError::Unknown));
    let mut stream = world.streams.recv().await.unwrap();
    let (seq, id) = stream.next().await;
    assert_eq!(id, Some(1));
    stream.decide(seq, 4);
    assert_eq!(with_id.await.unwrap().unwrap().index, 4);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_at_once() {
    let world = world(Leader::Nobody, 2);
    let waiting: Vec<_> = (0..10).map(|id| world.propose(Some(id), SECOND)).collect();
    let mut overloaded = 0;
    for waiting in waiting {
        match waiting.await.unwrap() {
            Err(ProposeError::Overloaded) => overloaded += 1,
            Err(ProposeError::NoLeader) => {}
            other => panic!("{other:?}"),
        }
    }
    // Two in the queue, two taken out of it.
    assert!((6..=8).contains(&overloaded), "{overloaded}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_shuts_down_finishes_what_is_under_way() {
    let mut world = world(Leader::Me, 1000);
    let waiting = world.propose(Some(1), SECOND);
    let (entry, written) = world.entries.recv().await.unwrap();
    world.stop.send_replace(Stop::ShuttingDown);
    let late = world.propose(Some(2), SECOND);
    assert_eq!(late.await.unwrap(), Err(ProposeError::ShuttingDown));
    written.send(decided(&entry, 6)).unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().index, 6);
    world.dispatching.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_node_that_has_stopped_says_so_and_what_was_under_way_is_unknown() {
    let mut world = world(Leader::Me, 1000);
    let under_way = world.propose(Some(1), SECOND);
    let _entry = world.entries.recv().await.unwrap();
    world.leader.send_replace(Leader::Nobody);
    let waiting = world.propose(Some(2), SECOND);
    settle().await;
    world.stop.send_replace(Stop::Stopped("the disk is gone".into()));
    assert_eq!(
        waiting.await.unwrap(),
        Err(ProposeError::Stopped("the disk is gone".into()))
    );
    assert_eq!(under_way.await.unwrap(), Err(ProposeError::Unknown));
    let late = world.propose(Some(3), SECOND);
    assert_eq!(
        late.await.unwrap(),
        Err(ProposeError::Stopped("the disk is gone".into()))
    );
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_too_large_is_refused() {
    let world = world(Leader::Me, 1000);
    let mut command = command(None);
    command.action = Action::SetCredential {
        user: UserId::parse("ada").unwrap(),
        verifier: Some("x".repeat(COMMAND_BYTES_MAX).into()),
    };
    let deadline = (tokio::time::Instant::now() + SECOND).into_std();
    let refused = world.proposer.propose(command, deadline).await;
    assert!(
        matches!(refused, Err(ProposeError::TooLarge { .. })),
        "{refused:?}"
    );
}
