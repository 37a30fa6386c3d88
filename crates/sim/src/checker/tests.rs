//! Hand-made histories, good and bad.

use super::*;

/// Builds a history line by line; instants are small whole numbers.
#[derive(Default)]
struct Given(History);

fn seat(user: &str, device: &str, epoch: u64) -> Seat {
    Seat {
        user: user.into(),
        device: device.into(),
        epoch,
    }
}

impl Given {
    fn call(mut self, invoked_ns: u64, returned_ns: u64, call: Call) -> Self {
        let client = format!("c{}", self.0.operations.len());
        self.0.operations.push(Operation {
            client,
            invoked_ns,
            returned_ns,
            call,
        });
        self
    }

    fn login(self, at: (u64, u64), user: &str, device: &str, outcome: Outcome<LoggedIn>) -> Self {
        let request_id = format!("r{}", self.0.operations.len());
        let (user, device) = (user.into(), device.into());
        self.call(
            at.0,
            at.1,
            Call::Login {
                request_id,
                user,
                device,
                outcome,
            },
        )
    }

    fn logged_in(self, at: (u64, u64), user: &str, device: &str, epoch: u64, ended: &[Seat]) -> Self {
        let answer = LoggedIn {
            epoch,
            already: false,
            ended: ended.to_vec(),
        };
        self.login(at, user, device, Outcome::Acknowledged(answer))
    }

    fn logout(self, at: (u64, u64), target: Target, outcome: Outcome<Vec<Seat>>) -> Self {
        let request_id = format!("r{}", self.0.operations.len());
        self.call(
            at.0,
            at.1,
            Call::Logout {
                request_id,
                target,
                epoch: None,
                outcome,
            },
        )
    }

    fn who(self, at: (u64, u64), user: &str, found: Option<Seat>) -> Self {
        self.call(
            at.0,
            at.1,
            Call::LookupUser {
                user: user.into(),
                found,
                age_ns: 0,
            },
        )
    }

    fn at_device(self, at: (u64, u64), device: &str, found: Option<Seat>) -> Self {
        self.call(
            at.0,
            at.1,
            Call::LookupDevice {
                device: device.into(),
                found,
                age_ns: 0,
            },
        )
    }

    fn local(self, at: (u64, u64), user: &str, found: Option<Seat>, age_ns: u64) -> Self {
        self.call(
            at.0,
            at.1,
            Call::LookupUser {
                user: user.into(),
                found,
                age_ns,
            },
        )
    }

    fn state(mut self, replica: &str, index: u64, digest: u64, sessions: &[Seat]) -> Self {
        self.0.states.push(ReplicaState {
            replica: replica.into(),
            index,
            scope: "sessions".into(),
            digest,
            sessions: sessions.to_vec(),
        });
        self
    }

    fn started(mut self, request_id: &str, seat: Seat) -> Self {
        let request_id = request_id.into();
        self.0
            .started
            .get_or_insert_default()
            .push(Started { seat, request_id });
        self
    }

    #[track_caller]
    fn passes(self) {
        let violations = check(&self.0);
        assert!(violations.is_empty(), "{violations:#?}");
    }

    #[track_caller]
    fn breaks(self, rule: Rule) {
        let violations = check(&self.0);
        assert!(
            violations.iter().any(|violation| violation.rule == rule),
            "{violations:#?}"
        );
    }
}

#[test]
fn one_after_the_other_is_good() {
    Given::default()
        .logged_in((1, 2), "ada", "p1", 10, &[])
        .who((3, 4), "ada", Some(seat("ada", "p1", 10)))
        .logged_in((5, 6), "ada", "p2", 11, &[seat("ada", "p1", 10)])
        .at_device((7, 8), "p1", None)
        .logged_in((9, 10), "bob", "p2", 12, &[seat("ada", "p2", 11)])
        .who((11, 12), "ada", None)
        .logout(
            (13, 14),
            Target::Device("p2".into()),
            Outcome::Acknowledged(vec![seat("bob", "p2", 12)]),
        )
        .logout(
            (15, 16),
            Target::User("bob".into()),
            Outcome::Acknowledged(vec![]),
        )
        .at_device((17, 18), "p2", None)
        .passes();
}

#[test]
fn a_stale_lookup_is_bad() {
    Given::default()
        .logged_in((1, 2), "ada", "p1", 10, &[])
        .logged_in((3, 4), "ada", "p2", 11, &[seat("ada", "p1", 10)])
        .who((5, 6), "ada", Some(seat("ada", "p1", 10)))
        .breaks(Rule::Linearizable);
}

#[test]
fn a_lookup_at_the_same_time_may_see_either() {
    for found in [None, Some(seat("ada", "p1", 10))] {
        Given::default()
            .logged_in((1, 5), "ada", "p1", 10, &[])
            .who((2, 3), "ada", found)
            .passes();
    }
}

#[test]
fn what_one_lookup_saw_the_next_one_sees() {
    Given::default()
        .logged_in((1, 9), "ada", "p1", 10, &[])
        .who((2, 3), "ada", Some(seat("ada", "p1", 10)))
        .who((4, 5), "ada", None)
        .breaks(Rule::Linearizable);
}

#[test]
fn an_unknown_login_may_happen_late_or_never() {
    let base = || Given::default().login((1, 2), "ada", "p1", Outcome::Unknown);
    base().who((3, 4), "ada", None).passes();
    base()
        .who((3, 4), "ada", None)
        .who((50, 60), "ada", Some(seat("ada", "p1", 7)))
        .passes();
    // It throws out who sits there, whenever it happens.
    Given::default()
        .login((1, 2), "ada", "p1", Outcome::Unknown)
        .logged_in((3, 4), "bob", "p1", 5, &[])
        .who((5, 6), "bob", Some(seat("bob", "p1", 5)))
        .who((7, 8), "bob", None)
        .who((9, 9), "ada", Some(seat("ada", "p1", 6)))
        .passes();
}

#[test]
fn an_unknown_login_happens_once_and_not_before_it_was_asked_for() {
    Given::default()
        .login((1, 2), "ada", "p1", Outcome::Unknown)
        .who((3, 4), "ada", Some(seat("ada", "p1", 7)))
        .logout(
            (5, 6),
            Target::User("ada".into()),
            Outcome::Acknowledged(vec![seat("ada", "p1", 7)]),
        )
        .who((7, 8), "ada", Some(seat("ada", "p1", 9)))
        .breaks(Rule::Linearizable);
    Given::default()
        .who((1, 2), "ada", Some(seat("ada", "p1", 7)))
        .login((3, 4), "ada", "p1", Outcome::Unknown)
        .breaks(Rule::Linearizable);
}

#[test]
fn an_unknown_login_has_one_epoch() {
    Given::default()
        .login((1, 2), "ada", "p1", Outcome::Unknown)
        .who((3, 4), "ada", Some(seat("ada", "p1", 7)))
        .who((5, 6), "ada", Some(seat("ada", "p1", 8)))
        .breaks(Rule::Linearizable);
}

/// What a look-up saw need not be the session of the login without an answer, though it is the first to fit.
#[test]
fn a_look_up_is_not_taken_for_the_wrong_session() {
    Given::default()
        .login((1, 2), "ada", "p1", Outcome::Unknown)
        .who((10, 40), "ada", Some(seat("ada", "p1", 9)))
        .logged_in((20, 30), "ada", "p1", 9, &[seat("ada", "p1", 7)])
        .passes();
}

#[test]
fn an_unknown_logout_explains_an_empty_phone() {
    let base = || Given::default().logged_in((1, 2), "ada", "p1", 10, &[]);
    base().who((5, 6), "ada", None).breaks(Rule::Linearizable);
    for target in [
        Target::User("ada".into()),
        Target::Device("p1".into()),
        Target::Overdue,
    ] {
        base()
            .logout((3, 4), target, Outcome::Unknown)
            .who((5, 6), "ada", Some(seat("ada", "p1", 10)))
            .who((7, 8), "ada", None)
            .at_device((9, 10), "p1", None)
            .passes();
    }
    base()
        .logout((3, 4), Target::Device("p2".into()), Outcome::Unknown)
        .who((7, 8), "ada", None)
        .breaks(Rule::Linearizable);
}

#[test]
fn a_lost_login_is_bad() {
    Given::default()
        .logged_in((1, 2), "ada", "p1", 10, &[])
        .at_device((3, 4), "p1", None)
        .breaks(Rule::Linearizable);
}

#[test]
fn an_eviction_must_name_what_it_ended() {
    Given::default()
        .logged_in((1, 2), "ada", "p1", 10, &[])
        .logged_in((3, 4), "ada", "p2", 11, &[])
        .breaks(Rule::Linearizable);
    Given::default()
        .logged_in((1, 2), "ada", "p1", 10, &[])
        .logged_in((3, 4), "bob", "p1", 11, &[])
        .breaks(Rule::Linearizable);
}

#[test]
fn sitting_there_already_begins_nothing() {
    let again = |epoch| {
        Outcome::Acknowledged(LoggedIn {
            epoch,
            already: true,
            ended: vec![],
        })
    };
    let base = || Given::default().logged_in((1, 2), "ada", "p1", 10, &[]);
    base().login((3, 4), "ada", "p1", again(10)).passes();
    base()
        .login((3, 4), "ada", "p1", again(11))
        .breaks(Rule::Linearizable);
    base()
        .login((3, 4), "ada", "p2", again(10))
        .breaks(Rule::Linearizable);
}

#[test]
fn a_local_read_may_be_as_old_as_it_says() {
    let base = || {
        Given::default()
            .logged_in((10, 20), "ada", "p1", 10, &[])
            .logged_in((30, 40), "ada", "p2", 11, &[seat("ada", "p1", 10)])
    };
    let old = Some(seat("ada", "p1", 10));
    base().local((100, 101), "ada", old.clone(), 60).passes();
    base()
        .local((100, 101), "ada", old, 59)
        .breaks(Rule::Linearizable);
    base()
        .local((100, 101), "ada", None, 79)
        .breaks(Rule::Linearizable);
    base().local((100, 101), "ada", None, 80).passes();
}

#[test]
fn epochs_must_rise_across_users() {
    Given::default()
        .logged_in((1, 2), "ada", "p1", 10, &[])
        .logged_in((3, 4), "bob", "p2", 9, &[])
        .breaks(Rule::EpochsRise);
    Given::default()
        .logged_in((1, 4), "ada", "p1", 10, &[])
        .logged_in((3, 5), "bob", "p2", 9, &[])
        .passes();
}

#[test]
fn what_was_acknowledged_is_in_the_log() {
    let base = || Given::default().logged_in((1, 2), "ada", "p1", 10, &[]);
    base().started("r0", seat("ada", "p1", 10)).passes();
    base()
        .started("r0", seat("ada", "p1", 12))
        .breaks(Rule::AcknowledgedIsKept);
    Given::default()
        .login((1, 2), "ada", "p1", Outcome::Refused)
        .started("r0", seat("ada", "p1", 12))
        .breaks(Rule::RefusedNeverHappens);
}

#[test]
fn a_request_is_applied_once() {
    Given::default()
        .started("r0", seat("ada", "p1", 10))
        .started("r0", seat("ada", "p1", 12))
        .breaks(Rule::AppliedOnce);
    Given::default()
        .started("r0", seat("ada", "p1", 10))
        .started("r1", seat("bob", "p2", 10))
        .breaks(Rule::EpochsRise);
}

#[test]
fn nobody_sits_twice_in_any_state() {
    let twice = [seat("ada", "p1", 10), seat("ada", "p2", 11)];
    Given::default().state("n1", 5, 1, &twice).breaks(Rule::OneSeat);
    let two_at_one = [seat("ada", "p1", 10), seat("bob", "p1", 11)];
    Given::default()
        .state("n1", 5, 1, &two_at_one)
        .breaks(Rule::OneSeat);
    Given::default()
        .state("n1", 5, 1, &[seat("ada", "p1", 10), seat("bob", "p2", 11)])
        .passes();
}

#[test]
fn replicas_have_the_same_bytes_at_the_same_index() {
    Given::default()
        .state("n1", 5, 1, &[])
        .state("n2", 5, 2, &[])
        .breaks(Rule::ReplicasAgree);
    Given::default()
        .state("n1", 5, 1, &[])
        .state("n2", 6, 2, &[])
        .state("n3", 5, 1, &[])
        .passes();
}

#[test]
fn a_leadership_is_won_once() {
    let won = |node: &str, life| Leadership {
        term: 3,
        node: node.into(),
        life,
    };
    let mut given = Given::default();
    given.0.leaderships = vec![won("n1", 1), won("n2", 4)];
    given.passes();
    let mut given = Given::default();
    given.0.leaderships = vec![won("n1", 1), won("n1", 2)];
    given.breaks(Rule::LeadershipWonOnce);
}

/// Many clients at once, with unanswered logins in between: the search must stay small.
#[test]
fn a_long_crowded_history_is_decided() {
    let mut given = Given::default();
    let mut last: Option<Seat> = None;
    for i in 0..2000_u64 {
        let device = format!("p{}", i % 7);
        let at = (i * 10, i * 10 + 35);
        if i % 13 == 0 {
            given = given.login(at, "ada", &format!("p{}", i % 5), Outcome::Unknown);
        }
        let seen = last.clone();
        let now = seat("ada", &device, i + 1);
        given = given.logged_in(
            at,
            "ada",
            &device,
            i + 1,
            &last.take().into_iter().collect::<Vec<_>>(),
        );
        given = given.who(
            (i * 10, i * 10 + 1),
            "ada",
            if i % 2 == 0 { seen } else { Some(now.clone()) },
        );
        last = Some(now);
    }
    let started = std::time::Instant::now();
    given.passes();
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
