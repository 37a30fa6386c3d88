//! The story: a login in New York, one in Chicago, and what every office makes of them.

use std::time::{Duration, Instant};

use futures::future::join_all;
use hotdesk_client::v1::{Consistency, EndedSession, ListSessionsRequest, LoginResponse, Session};
use hotdesk_client::{Client, Error, Pin};

use super::narrate::Narrator;
use super::office::{OFFICES, Office, Place};
use super::offices::{ASK_EVERY, Offices};
use super::phones;
use super::proof::{neutral, rings_at, told_of_both};
use super::sample::Person;
use crate::exit::{Own, Problem};

/// How long an office may take to see what was acknowledged.
const SEEN_MAX: Duration = Duration::from_secs(10);

const CHICAGO: usize = 0;
const NEW_YORK: usize = 1;
const AUSTIN: usize = 2;
const NEW_YORK_PHONE: &str = "ny-07";
const CHICAGO_PHONE: &str = "chi-12";
const AUSTIN_PHONE: &str = "aus-05";
/// The phone at which somebody logs in while the leader is away: one at each office.
const SPARE_PHONES: [&str; 3] = ["chi-05", "ny-05", "aus-06"];

struct Story<'a> {
    offices: &'a mut Offices,
    say: Narrator,
    /// Claims that did not hold at every office.
    missed: usize,
}

/// Plays it.
///
/// # Errors
/// When a step was not seen at every office. What was expected and what was seen has been printed by then.
pub(crate) async fn play(offices: &mut Offices, people: &[Person], say: Narrator) -> Result<(), Problem> {
    let [traveller, colleague, ..] = people else {
        return Err(unplayable("the sample has too few people"));
    };
    let mut story = Story {
        offices,
        say,
        missed: 0,
    };
    story.login_in_new_york(traveller).await?;
    story.login_in_chicago(traveller).await?;
    story.wrong_pin(traveller).await?;
    let stopped = story.without_its_leader(traveller, colleague).await?;
    story.back_again(stopped, traveller, colleague).await?;
    story.phones_ring(stopped, traveller, colleague).await?;
    match story.missed {
        0 => Ok(()),
        missed => Err(Problem::own(
            Own::Demo,
            format!("{missed} of the claims above did not hold at every office"),
            "Run it again with --log info; a claim that fails twice is a mistake worth reporting.",
        )),
    }
}

impl Story<'_> {
    async fn login_in_new_york(&mut self, who: &Person) -> Result<(), Problem> {
        let what = format!("{} logs in at {NEW_YORK_PHONE} in New York", who.name);
        self.say.step(1, &what)?;
        let login = self.login(NEW_YORK, who, NEW_YORK_PHONE).await?;
        let claim = format!("{} rings at {NEW_YORK_PHONE}", who.extension);
        self.everywhere(&claim, login.index, |office| {
            rings_at(office, &who.extension, NEW_YORK_PHONE)
        })
        .await
    }

    async fn login_in_chicago(&mut self, who: &Person) -> Result<(), Problem> {
        let what = format!("She flies to Chicago without logging out, and logs in at {CHICAGO_PHONE} there");
        self.say.step(2, &what)?;
        let login = self.login(CHICAGO, who, CHICAGO_PHONE).await?;
        let index = login.index;
        match login.ended.iter().find_map(ended_at(NEW_YORK_PHONE)) {
            Some(old) => self.say.seen(&format!(
                "entry {index}: {NEW_YORK_PHONE} evicted (epoch {}): the same entry",
                old.epoch
            ))?,
            None => self.miss(
                &format!("entry {index}: {NEW_YORK_PHONE} evicted"),
                &format!(
                    "the answer names {} ended sessions, and none there",
                    login.ended.len()
                ),
            )?,
        }
        self.everywhere(&format!("heard of both in entry {index}"), index, |office| {
            told_of_both(office, index, NEW_YORK_PHONE, CHICAGO_PHONE)
        })
        .await?;
        let claim = format!("a call to {} goes to {CHICAGO_PHONE}", who.extension);
        self.everywhere(&claim, index, |office| {
            rings_at(office, &who.extension, CHICAGO_PHONE)
        })
        .await?;
        self.everywhere(&format!("{NEW_YORK_PHONE} is neutral again"), index, |office| {
            neutral(office, NEW_YORK_PHONE)
        })
        .await
    }

    async fn wrong_pin(&mut self, who: &Person) -> Result<(), Problem> {
        let what = format!(
            "Somebody tries {} at {AUSTIN_PHONE} in Austin with a wrong PIN",
            who.extension
        );
        self.say.step(3, &what)?;
        // As many digits, none of them right.
        let wrong: String = who
            .pin
            .bytes()
            .map(|digit| if digit == b'0' { '1' } else { '0' })
            .collect();
        let office = &self.offices.all[AUSTIN];
        match office
            .client
            .login(&who.extension, AUSTIN_PHONE, &Pin::new(wrong))
            .await
        {
            Err(Error::Refused(error)) => self
                .say
                .seen(&format!("refused: {} ({})", error.message, error.code))?,
            Err(error) => self.miss("refused", &format!("it failed: {error}"))?,
            Ok(_) => self.miss("refused", "it was let in")?,
        }
        let index = self.offices.status().await?.applied_index;
        let claim = format!(
            "{} still rings at {CHICAGO_PHONE}, {AUSTIN_PHONE} is neutral",
            who.extension
        );
        self.everywhere(&claim, index, |office| {
            rings_at(office, &who.extension, CHICAGO_PHONE)?;
            neutral(office, AUSTIN_PHONE)
        })
        .await
    }

    /// Returns which office was stopped.
    async fn without_its_leader(&mut self, traveller: &Person, who: &Person) -> Result<usize, Problem> {
        let leader = self.offices.leader().await?;
        // The next one, round the table.
        let other = (leader + 1) % OFFICES.len();
        let place = OFFICES[leader];
        self.say.step(
            4,
            &format!(
                "The node in {}, which leads, is shut down; {} logs in in {}",
                place.city, who.name, OFFICES[other].city
            ),
        )?;
        self.offices.all[leader].stop_node().await;
        let phone = SPARE_PHONES[other];
        let login = self.login(other, who, phone).await?;
        let claim = format!("{} rings at {phone}", who.extension);
        self.everywhere(&claim, login.index, |office| {
            rings_at(office, &who.extension, phone)
        })
        .await?;
        self.everywhere(
            &format!("{} still rings at {CHICAGO_PHONE}", traveller.extension),
            login.index,
            |office| rings_at(office, &traveller.extension, CHICAGO_PHONE),
        )
        .await?;
        let now = OFFICES[self.offices.leader().await?];
        self.say.seen(&format!(
            "{} leads now; the edge in {} is fed by another office",
            now.city, place.city
        ))?;
        Ok(leader)
    }

    async fn back_again(&mut self, stopped: usize, first: &Person, second: &Person) -> Result<(), Problem> {
        let Place { city, .. } = OFFICES[stopped];
        self.say.step(5, &format!("The node in {city} comes back"))?;
        let began = Instant::now();
        self.offices.all[stopped].start_node().await?;
        let index = self.offices.all[(stopped + 1) % OFFICES.len()]
            .client
            .cluster_status()
            .await?
            .applied_index;
        let caught_up = caught_up(&self.offices.all[stopped].client, index).await;
        match caught_up {
            Ok(()) => self.say.seen(&format!(
                "it has read its directory and caught up to entry {index} in {} ms",
                began.elapsed().as_millis()
            ))?,
            Err(seen) => self.miss(&format!("it has caught up to entry {index}"), &seen)?,
        }
        let deadline = Instant::now() + SEEN_MAX;
        let verdicts = loop {
            let verdicts = same_copies(&self.offices.all).await;
            if verdicts.iter().all(Result::is_ok) || Instant::now() >= deadline {
                break verdicts;
            }
            tokio::time::sleep(ASK_EVERY).await;
        };
        self.verdicts("each node's own copy has the same sessions", &verdicts)?;
        let spare = SPARE_PHONES[(stopped + 1) % OFFICES.len()];
        let claim = format!(
            "{} rings at {CHICAGO_PHONE}, {} at {spare}",
            first.extension, second.extension
        );
        self.everywhere(&claim, index, |office| {
            rings_at(office, &first.extension, CHICAGO_PHONE)?;
            rings_at(office, &second.extension, spare)
        })
        .await
    }

    /// Real SIP: three phones register at the edges of their offices and call each other.
    async fn phones_ring(&mut self, stopped: usize, who: &Person, caller: &Person) -> Result<(), Problem> {
        let spare = (stopped + 1) % OFFICES.len();
        let what = format!(
            "Three phones register over SIP at the edges of their offices; {} calls {}",
            caller.name, who.name
        );
        self.say.step(6, &what)?;
        let switched_on = futures::future::try_join3(
            self.phone(CHICAGO, CHICAGO_PHONE),
            self.phone(NEW_YORK, NEW_YORK_PHONE),
            self.phone(spare, SPARE_PHONES[spare]),
        );
        let (chicago, new_york, from) = match switched_on.await {
            Ok(phones) => phones,
            Err(seen) => return self.miss("three phones are registered", &seen),
        };
        self.served(&[CHICAGO_PHONE, NEW_YORK_PHONE, SPARE_PHONES[spare]])
            .await?;
        let rang = phones::call(&from, &who.extension, &chicago, &new_york).await;
        self.rang(&who.extension, CHICAGO_PHONE, rang)?;
        self.login(NEW_YORK, who, NEW_YORK_PHONE).await?;
        let index = self.offices.status().await?.applied_index;
        let claim = format!("a call to {} goes to {NEW_YORK_PHONE}", who.extension);
        self.everywhere(&claim, index, |office| {
            rings_at(office, &who.extension, NEW_YORK_PHONE)
        })
        .await?;
        let rang = phones::call(&from, &who.extension, &new_york, &chicago).await;
        self.rang(&who.extension, NEW_YORK_PHONE, rang)?;
        match phones::refused(&chicago, &caller.extension).await {
            Ok(answer) => self.say.seen(&format!(
                "{CHICAGO_PHONE} can no longer call as {}: {answer}",
                who.name
            )),
            Err(seen) => self.miss(&format!("{CHICAGO_PHONE} can no longer call"), &seen),
        }
    }

    async fn phone(&self, office: usize, device: &str) -> Result<hotdesk_softphone::Softphone, String> {
        let edge = self.offices.all[office]
            .sip_address()
            .ok_or("the edge serves no phones")?;
        phones::phone(device, edge).await
    }

    /// Waits until every office knows which edge serves these phones.
    async fn served(&mut self, devices: &[&str]) -> Result<(), Problem> {
        let claim = format!("{} are registered, and known to be", devices.join(", "));
        self.everywhere(&claim, 0, |office| {
            let unserved = |device: &&&str| {
                let known = office.table().by_device(device);
                known.is_none_or(|known| known.serving().is_none())
            };
            match devices.iter().find(unserved) {
                None => Ok(()),
                Some(device) => Err(format!("expected an edge that serves {device}, saw none")),
            }
        })
        .await
    }

    fn rang(&mut self, number: &str, phone: &str, rang: Result<String, String>) -> Result<(), Problem> {
        let claim = format!("the call to {number} rings at {phone} only");
        match rang {
            Ok(shown) => self.say.seen(&format!("{claim}, and shows \"{shown}\"")),
            Err(seen) => self.miss(&claim, &seen),
        }
    }

    /// Logs somebody in through an office's node.
    async fn login(&self, office: usize, who: &Person, phone: &str) -> Result<LoginResponse, Problem> {
        let began = Instant::now();
        let client = &self.offices.all[office].client;
        let answer = client
            .login(&who.extension, phone, &Pin::new(who.pin.as_str()))
            .await;
        let took = began.elapsed().as_millis();
        let claim = format!("{} is logged in at {phone}", who.id);
        match answer {
            Ok(login) => {
                let epoch = login.session.as_ref().map_or(0, |session| session.epoch);
                self.say.seen(&format!(
                    "entry {}: {claim} (epoch {epoch}), acknowledged in {took} ms",
                    login.index
                ))?;
                Ok(login)
            }
            Err(error) => {
                self.say.missed(&claim, &format!("after {took} ms: {error}"))?;
                Err(unplayable(&format!("expected that {claim}; saw: {error}")))
            }
        }
    }

    /// Proves a claim at every office: waits until its edge has the entry and the claim holds.
    async fn everywhere(
        &mut self,
        claim: &str,
        index: u64,
        holds: impl Fn(&Office) -> Result<(), String>,
    ) -> Result<(), Problem> {
        let deadline = Instant::now() + SEEN_MAX;
        let each = self
            .offices
            .all
            .iter()
            .map(|office| prove(office, index, deadline, &holds));
        let verdicts = join_all(each).await;
        self.verdicts(claim, &verdicts)
    }

    fn verdicts(&mut self, claim: &str, verdicts: &[Result<(), String>]) -> Result<(), Problem> {
        self.missed += usize::from(verdicts.iter().any(Result::is_err));
        self.say.everywhere(claim, verdicts)
    }

    fn miss(&mut self, claim: &str, seen: &str) -> Result<(), Problem> {
        self.missed += 1;
        self.say.missed(claim, seen)
    }
}

/// Waits for the claim; the last thing seen when it does not come true.
async fn prove(
    office: &Office,
    index: u64,
    deadline: Instant,
    holds: &impl Fn(&Office) -> Result<(), String>,
) -> Result<(), String> {
    loop {
        let reached = office.table().index();
        let verdict = if reached < index {
            Err(format!(
                "expected entry {index}, saw the table at entry {reached}"
            ))
        } else {
            holds(office)
        };
        if verdict.is_ok() || Instant::now() >= deadline {
            return verdict;
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Waits until a node has applied an entry.
async fn caught_up(client: &Client, index: u64) -> Result<(), String> {
    let deadline = Instant::now() + SEEN_MAX;
    loop {
        let seen = match client.cluster_status().await {
            Ok(status) if status.applied_index >= index => return Ok(()),
            Ok(status) => format!(
                "after {} s it is at entry {}",
                SEEN_MAX.as_secs(),
                status.applied_index
            ),
            Err(error) => format!("it does not answer: {error}"),
        };
        if Instant::now() >= deadline {
            return Err(seen);
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Whether each office's node has the same sessions in its own copy as the first.
async fn same_copies(offices: &[Office]) -> Vec<Result<(), String>> {
    let copies = join_all(offices.iter().map(|office| own_copy(&office.client))).await;
    let expected = copies.iter().flatten().next().cloned().unwrap_or_default();
    copies
        .into_iter()
        .map(|copy| match copy {
            Err(error) => Err(format!("its node does not answer: {error}")),
            Ok(copy) if copy == expected && !copy.is_empty() => Ok(()),
            Ok(copy) => Err(format!("expected the sessions {expected:?}, saw {copy:?}")),
        })
        .collect()
}

/// The sessions in a node's own copy: user, phone and epoch of each.
async fn own_copy(client: &Client) -> Result<Vec<(String, String, u64)>, Error> {
    let request = ListSessionsRequest {
        consistency: Consistency::Local.into(),
        ..ListSessionsRequest::default()
    };
    let sessions = client.list_sessions(request).await?.sessions;
    Ok(sessions
        .into_iter()
        .map(|session| (session.user, session.device, session.epoch))
        .collect())
}

/// Finds the session that ended at a phone.
fn ended_at(device: &'static str) -> impl Fn(&EndedSession) -> Option<&Session> {
    move |ended| ended.session.as_ref().filter(|session| session.device == device)
}

fn unplayable(why: &str) -> Problem {
    Problem::own(Own::Demo, why, "Run it again with --log info to see more.")
}
