//! The four machines against the timers of RFC 3261 table 4 and RFC 6026.

use std::time::{Duration, Instant};

use hotdesk_sip::transaction::{
    Client, ClientDoes, ClientState, Kind, Server, ServerDoes, ServerState, Timers,
};

/// What happens to a machine.
#[derive(Clone, Copy, Debug)]
enum In {
    /// A response comes, or is to be sent.
    Status(u16),
    /// The request again.
    Again,
    Ack,
    /// Nothing but time.
    Time,
}

/// What a server machine is expected to do.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Out {
    Sends(bool),
    Does(ServerDoes),
}

/// Lets a client machine live through `(at ms, input, what it does)`, checks that its timers ask for nothing in
/// between, and returns its last state.
fn client(kind: Kind, reliable: bool, script: &[(u64, In, ClientDoes)]) -> ClientState {
    let (start, timers) = (Instant::now(), Timers::default());
    let mut machine = Client::new(kind, reliable, start, &timers);
    for (at, input, expected) in script {
        let now = start + Duration::from_millis(*at);
        let does = match input {
            In::Status(status) => machine.response(now, *status, &timers),
            In::Time => {
                assert_eq!(machine.deadline(), Some(now), "due at {at} ms");
                machine.timeout(now, &timers)
            }
            input => unreachable!("{input:?} is for servers"),
        };
        assert_eq!(does, *expected, "{input:?} at {at} ms");
        let early = machine.clone().timeout(now, &timers);
        assert_eq!(early, ClientDoes::Nothing, "nothing is left to do at {at} ms");
    }
    machine.state()
}

/// As [`client`].
fn server(kind: Kind, reliable: bool, script: &[(u64, In, Out)]) -> ServerState {
    let (start, timers) = (Instant::now(), Timers::default());
    let mut machine = Server::new(kind, reliable);
    for (at, input, expected) in script {
        let now = start + Duration::from_millis(*at);
        let out = match input {
            In::Status(status) => Out::Sends(machine.answer(now, *status, &timers)),
            In::Again => Out::Does(machine.retransmitted()),
            In::Ack => Out::Does(machine.acknowledged(now, &timers)),
            In::Time => {
                assert_eq!(machine.deadline(), Some(now), "due at {at} ms");
                Out::Does(machine.timeout(now, &timers))
            }
        };
        assert_eq!(out, *expected, "{input:?} at {at} ms");
    }
    machine.state()
}

const SENT: Out = Out::Sends(true);
const KEPT: Out = Out::Sends(false);
const NOTHING: Out = Out::Does(ServerDoes::Nothing);
const RESENT: Out = Out::Does(ServerDoes::Resend);

#[test]
fn an_invite_over_datagrams_is_sent_again_by_timer_a_until_timer_b() {
    let script = [
        (500, In::Time, ClientDoes::Resend),
        (1_500, In::Time, ClientDoes::Resend),
        (3_500, In::Time, ClientDoes::Resend),
        (7_500, In::Time, ClientDoes::Resend),
        (15_500, In::Time, ClientDoes::Resend),
        (31_500, In::Time, ClientDoes::Resend),
        (32_000, In::Time, ClientDoes::TimedOut),
    ];
    assert_eq!(client(Kind::Invite, false, &script), ClientState::Over);
}

#[test]
fn on_a_stream_only_the_end_is_waited_for() {
    let script = [(32_000, In::Time, ClientDoes::TimedOut)];
    for kind in [Kind::Invite, Kind::Other] {
        assert_eq!(client(kind, true, &script), ClientState::Over);
    }
}

#[test]
fn a_provisional_response_stops_timers_a_and_b() {
    let (start, timers) = (Instant::now(), Timers::default());
    let mut machine = Client::new(Kind::Invite, false, start, &timers);
    assert_eq!(machine.response(start, 180, &timers), ClientDoes::Pass);
    assert_eq!(machine.deadline(), None);
    assert_eq!(machine.response(start, 183, &timers), ClientDoes::Pass);
    assert_eq!(machine.state(), ClientState::Proceeding);
}

#[test]
fn a_refused_invite_acknowledges_each_retransmission_until_timer_d() {
    let script = [
        (100, In::Status(100), ClientDoes::Pass),
        (200, In::Status(486), ClientDoes::PassAndAck),
        (700, In::Status(486), ClientDoes::Ack),
        (800, In::Status(200), ClientDoes::Nothing),
        (900, In::Status(180), ClientDoes::Nothing),
        (32_200, In::Time, ClientDoes::Nothing),
    ];
    assert_eq!(client(Kind::Invite, false, &script), ClientState::Over);
    let script = [(200, In::Status(486), ClientDoes::PassAndAck)];
    assert_eq!(client(Kind::Invite, true, &script), ClientState::Over);
}

#[test]
fn an_accepted_invite_passes_every_2xx_until_timer_m() {
    for reliable in [false, true] {
        let script = [
            (200, In::Status(200), ClientDoes::Pass),
            (700, In::Status(200), ClientDoes::Pass),
            (800, In::Status(180), ClientDoes::Nothing),
            (900, In::Status(486), ClientDoes::Nothing),
            (32_200, In::Time, ClientDoes::Nothing),
        ];
        assert_eq!(client(Kind::Invite, reliable, &script), ClientState::Over);
        assert_eq!(
            client(Kind::Invite, reliable, &script[..4]),
            ClientState::Accepted
        );
    }
}

#[test]
fn other_requests_are_sent_again_by_timer_e_up_to_t2_until_timer_f() {
    let mut script = vec![
        (500, In::Time, ClientDoes::Resend),
        (1_500, In::Time, ClientDoes::Resend),
        (3_500, In::Time, ClientDoes::Resend),
    ];
    script.extend((0..7).map(|n| (7_500 + n * 4_000, In::Time, ClientDoes::Resend)));
    script.push((32_000, In::Time, ClientDoes::TimedOut));
    assert_eq!(client(Kind::Other, false, &script), ClientState::Over);
}

#[test]
fn after_a_provisional_response_timer_e_is_t2() {
    let script = [
        (100, In::Status(100), ClientDoes::Pass),
        (500, In::Time, ClientDoes::Resend),
        (4_500, In::Time, ClientDoes::Resend),
        (8_500, In::Time, ClientDoes::Resend),
    ];
    assert_eq!(client(Kind::Other, false, &script), ClientState::Proceeding);
}

#[test]
fn a_final_response_is_passed_once_and_absorbed_until_timer_k() {
    let script = [
        (100, In::Status(200), ClientDoes::Pass),
        (600, In::Status(200), ClientDoes::Nothing),
        (5_100, In::Time, ClientDoes::Nothing),
    ];
    assert_eq!(client(Kind::Other, false, &script), ClientState::Over);
    assert_eq!(client(Kind::Other, false, &script[..2]), ClientState::Completed);
    assert_eq!(client(Kind::Other, true, &script[..1]), ClientState::Over);
}

#[test]
fn a_refusal_is_sent_again_by_timer_g_until_its_ack_and_forgotten_after_timer_i() {
    let script = [
        (0, In::Status(100), SENT),
        (10, In::Again, RESENT),
        (100, In::Status(486), SENT),
        (600, In::Time, RESENT),
        (700, In::Again, RESENT),
        (1_600, In::Time, RESENT),
        (3_600, In::Time, RESENT),
        (7_600, In::Time, RESENT),
        (11_600, In::Time, RESENT),
        (11_700, In::Ack, NOTHING),
        (11_800, In::Ack, NOTHING),
        (11_900, In::Again, NOTHING),
        (16_700, In::Time, NOTHING),
    ];
    assert_eq!(server(Kind::Invite, false, &script), ServerState::Over);
    assert_eq!(server(Kind::Invite, false, &script[..12]), ServerState::Confirmed);
}

#[test]
fn a_refusal_that_nobody_acknowledges_is_given_up_at_timer_h() {
    let script = [
        (0, In::Status(486), SENT),
        (32_000, In::Time, Out::Does(ServerDoes::TimedOut)),
    ];
    assert_eq!(server(Kind::Invite, true, &script), ServerState::Over);
    let script = [(0, In::Status(486), SENT), (10, In::Ack, NOTHING)];
    assert_eq!(server(Kind::Invite, true, &script), ServerState::Over);
}

#[test]
fn an_accepted_invite_absorbs_its_retransmissions_until_timer_l() {
    for reliable in [false, true] {
        let script = [
            (0, In::Status(200), SENT),
            (500, In::Again, NOTHING),
            (600, In::Status(200), SENT),
            (700, In::Status(486), KEPT),
            (700, In::Status(180), KEPT),
            (800, In::Ack, Out::Does(ServerDoes::PassAck)),
            (32_000, In::Time, NOTHING),
        ];
        assert_eq!(server(Kind::Invite, reliable, &script), ServerState::Over);
        assert_eq!(
            server(Kind::Invite, reliable, &script[..6]),
            ServerState::Accepted
        );
    }
}

#[test]
fn other_requests_are_answered_again_until_timer_j() {
    let script = [
        (0, In::Again, NOTHING),
        (100, In::Status(100), SENT),
        (200, In::Again, RESENT),
        (300, In::Status(404), SENT),
        (400, In::Again, RESENT),
        (500, In::Status(200), KEPT),
        (500, In::Ack, NOTHING),
        (32_300, In::Time, NOTHING),
    ];
    assert_eq!(server(Kind::Other, false, &script), ServerState::Over);
    assert_eq!(server(Kind::Other, true, &script[..4]), ServerState::Over);
}

#[test]
fn a_machine_that_was_ended_does_nothing_more() {
    let (now, timers) = (Instant::now(), Timers::default());
    let mut machine = Client::new(Kind::Invite, false, now, &timers);
    machine.over();
    assert_eq!(machine.deadline(), None);
    assert_eq!(machine.response(now, 200, &timers), ClientDoes::Nothing);
    let mut machine = Server::new(Kind::Invite, false);
    machine.over();
    assert!(!machine.answer(now, 200, &timers));
    assert_eq!(machine.deadline(), None);
}
