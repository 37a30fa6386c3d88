//! Logins at desk phones: from the PIN's last key until calls arrive at the phone, and until it shows its new
//! user.
//!
//! Two offices and a third site, 40 ms of round trip between any two (`src/phones`, `src/wan.rs`). The third
//! site's node leads, so that no office is favoured: a login's floor is one round trip to the leader and one
//! from there to a majority. Everything is measured twice, with PINs that cost what production should pay and
//! with cheap ones.
//!
//! 1. **Callable**: somebody logged in at one office logs in at the other, by a scripted phone that sends the
//!    form. Every 5 ms the office that was left gets a call to that person's extension; the login is
//!    *callable* when one has arrived at the new phone's socket, on its own line. So 0 to 5 ms until the call
//!    is made count too, and the call's own way between the offices. The floor is half a round trip to the
//!    leader, one from there to a majority, half a one to the office that was left and half a one for the
//!    call: two and a half. To the answer's page it is two.
//! 2. **Screen**: the same moves by simulated phones' keys, without calls, for these would hold their loading
//!    up: until the document of the session is loaded, and until all lines are registered.
//! 3. **Storm**: many phones, half in each office, one login at each, evenly over a minute. No calls are
//!    made: *callable* is here when the table that the other office's node feeds has the session, from when
//!    on that edge would send them.
//!
//! `cargo bench -p hotdesk-benches --bench phone_login [-- --logins N] [--screens N] [--phones N] [--seconds S] [--quick]
//! [--keep FOLDER]`; N logins and screens per vendor.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use hotdesk_benches::hotdesk::login;
use hotdesk_benches::option;
use hotdesk_benches::phones::moves::{Moves, Times};
use hotdesk_benches::phones::offices::Offices;
use hotdesk_benches::phones::pins::PinCost;
use hotdesk_benches::phones::screen::Screen;
use hotdesk_benches::phones::seen::Seen;
use hotdesk_benches::phones::storm::{Storm, storm};
use hotdesk_benches::phones::{OFFICES, Person};
use hotdesk_benches::report::{Steal, histogram, short, target};
use hotdesk_benches::sip::{Folder, load_average};
use hotdesk_phone::Vendor;
use hotdesk_proto::v1::sessions_client::SessionsClient;

const VENDORS: [Vendor; 3] = [Vendor::Yealink, Vendor::Snom, Vendor::Cisco];
/// The people of one vendor who move in turn: so many that a phone is neutral again when its user comes back.
const MOVERS: u64 = 6;
const COSTS: [(&str, PinCost); 2] = [
    (
        "19 MiB, 2 passes",
        PinCost {
            memory_kib: 19_456,
            passes: 2,
        },
    ),
    (
        "64 KiB, 1 pass",
        PinCost {
            memory_kib: 64,
            passes: 1,
        },
    ),
];
/// Between two logins on screens: the same phone is then told to load at most every three seconds, and an
/// edge leaves two between one time and the next.
const REST: Duration = Duration::from_millis(500);
/// The moves of one vendor end after so long, however many there were.
const MOVES_TIME_MAX: Duration = Duration::from_secs(120);
const ROUND_TRIPS: u32 = 100;
/// Round trips that a login cannot do without, as above: to the answer, to a call at the new phone, and to
/// the table at the other office.
const FLOOR_ANSWER: f64 = 2.0;
const FLOOR_CALLABLE: f64 = 2.5;
const FLOOR_TABLE: f64 = 2.0;
/// A call and how soon it comes, at most, in units of that floor and the PIN's check: the median, and one in
/// a hundred.
const CALLABLE_P50: f64 = 1.25;
const CALLABLE_P99: f64 = 2.0;

struct Counts {
    logins: u64,
    screens: u64,
    phones: u64,
    time: Duration,
}

impl Counts {
    fn read() -> Self {
        let quick = std::env::args().any(|arg| arg == "--quick");
        let or = |name, full, small| option(name).unwrap_or(if quick { small } else { full });
        Self {
            logins: or("--logins", 100, 6),
            screens: or("--screens", 40, 3),
            phones: or("--phones", 2_000, 60),
            time: Duration::from_secs(or("--seconds", 60, 6)),
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let counts = Counts::read();
    let folder = Folder::new()?;
    for (name, cost) in COSTS {
        let own = folder.path().join(format!("{}-kib", cost.memory_kib));
        std::fs::create_dir_all(&own)?;
        println!(
            "\nphone_login, PINs as argon2id of {name}; load average {:.1}",
            load_average()
        );
        let bench = Bench::start(&own, cost, &counts).await?;
        let checks = bench.callable(&counts).await?;
        bench.screens(&counts).await?;
        bench.storm(&counts, &checks).await?;
    }
    Ok(())
}

struct Bench {
    offices: Offices,
    cost: PinCost,
    /// Somebody in each office, from whose phone calls are made.
    colleagues: Vec<Person>,
    callers: Vec<Person>,
    watchers: Vec<Person>,
    crowd: Vec<Person>,
    seen: [Arc<Seen>; OFFICES],
    /// A round trip between two offices, median.
    round_trip: Duration,
}

impl Bench {
    async fn start(folder: &std::path::Path, cost: PinCost, counts: &Counts) -> Result<Self> {
        let mut numbers = 0..;
        let mut next = |vendor, office| Person {
            number: numbers.next().unwrap_or_default(),
            vendor,
            office,
        };
        let mut movers = || -> Vec<Person> {
            let of = VENDORS.iter().flat_map(|vendor| (0..MOVERS).map(|_| *vendor));
            of.map(|vendor| next(vendor, None)).collect()
        };
        let (callers, watchers) = (movers(), movers());
        let colleagues: Vec<Person> = (0..OFFICES)
            .map(|office| next(VENDORS[0], Some(office)))
            .collect();
        let crowd: Vec<Person> = (0..counts.phones)
            .map(|i| {
                let at = usize::try_from(i).unwrap_or_default();
                next(VENDORS[at / OFFICES % VENDORS.len()], Some(at % OFFICES))
            })
            .collect();
        let people = [&callers[..], &watchers, &colleagues, &crowd].concat();
        let offices = Offices::start(folder, cost, &people).await?;
        let mut sessions = SessionsClient::new(offices.nodes.channel(offices.nodes.leader()).await?);
        for (office, colleague) in colleagues.iter().enumerate() {
            sessions.login(login(colleague.number, office as u64, "")).await?;
        }
        let seen = [
            Arc::new(Seen::start(offices.nodes.address(0)).await?),
            Arc::new(Seen::start(offices.nodes.address(1)).await?),
        ];
        let took = offices.wan.round_trips(ROUND_TRIPS).await?;
        println!(
            "  a round trip between two offices, through the relays: p50 {}, p99 {}; {} people and phones",
            at(&took, 0.5),
            at(&took, 0.99),
            people.len()
        );
        Ok(Self {
            offices,
            cost,
            colleagues,
            callers,
            watchers,
            crowd,
            seen,
            round_trip: Duration::from_nanos(took.value_at_quantile(0.5)),
        })
    }

    /// What cannot be less, with the check of a PIN in it.
    fn floor(&self, round_trips: f64, check: &Histogram<u64>) -> Duration {
        self.round_trip.mul_f64(round_trips) + Duration::from_nanos(check.value_at_quantile(0.5))
    }

    /// Returns how long the checks of PINs took that were made in between.
    async fn callable(&self, counts: &Counts) -> Result<Histogram<u64>> {
        println!(
            "  {:>8} {:>7} {:>24} {:>24} {:>9} {:>7} {:>7}",
            "vendor", "logins", "PIN to page, p50 / p99", "PIN to callable", "PIN check", "floors", "steal"
        );
        let (mut all, mut checks) = (histogram(), histogram());
        for vendor in VENDORS {
            let steal = Steal::start();
            let of_vendor = self.callers.iter().copied();
            let people = of_vendor.filter(|person| person.vendor == vendor).collect();
            let mut moves = Moves::start(&self.offices, people, &self.colleagues).await?;
            let mut row = Times::default();
            let begin = Instant::now();
            for i in 0..counts.logins {
                if begin.elapsed() > MOVES_TIME_MAX {
                    break;
                }
                row.check
                    .saturating_record(self.cost.check().await?.as_nanos() as u64);
                moves
                    .one(&mut row)
                    .await
                    .with_context(|| format!("login {i} at a {vendor}"))?;
            }
            let floor = self.floor(FLOOR_CALLABLE, &row.check).as_nanos() as f64;
            println!(
                "  {:>8} {:>7} {:>24} {:>24} {:>9} {:>6.2}x {:>6.1}%",
                vendor.name(),
                row.callable.len(),
                both(&row.answered),
                both(&row.callable),
                at(&row.check, 0.5),
                row.callable.value_at_quantile(0.5) as f64 / floor,
                steal.share() * 100.0
            );
            all.add(&row.callable)?;
            checks.add(&row.check)?;
        }
        let floor = self.floor(FLOOR_CALLABLE, &checks);
        println!(
            "          floor: {FLOOR_ANSWER} round trips to the page ({}), {FLOOR_CALLABLE} to a call ({}), with the check",
            short(self.floor(FLOOR_ANSWER, &checks)),
            short(floor)
        );
        for (quantile, wanted) in [(0.5, CALLABLE_P50), (0.99, CALLABLE_P99)] {
            let ratio = all.value_at_quantile(quantile) as f64 / floor.as_nanos() as f64;
            let what = format!(
                "PIN to callable at the other office, p{:.0}, in floors",
                quantile * 100.0
            );
            target(&what, ratio, wanted, "x", false);
        }
        Ok(checks)
    }

    async fn screens(&self, counts: &Counts) -> Result<()> {
        println!(
            "  {:>8} {:>7} {:>24} {:>24} {:>24} {:>24}",
            "vendor",
            "logins",
            "PIN to page, p50 / p99",
            "PIN to document",
            "PIN to line registered",
            "old phone neutral"
        );
        for vendor in VENDORS {
            let people: Vec<_> = self
                .watchers
                .iter()
                .filter(|person| person.vendor == vendor)
                .collect();
            let mut phones = Vec::new();
            for person in &people {
                let one = Screen::start(&self.offices, **person, 0).await?;
                phones.push([one, Screen::start(&self.offices, **person, 1).await?]);
            }
            let mut took: [Histogram<u64>; 4] = std::array::from_fn(|_| histogram());
            let mut is_somewhere = HashSet::new();
            let begin = Instant::now();
            let mut i = 0;
            while i < counts.screens + people.len() as u64 && begin.elapsed() < MOVES_TIME_MAX {
                let who = usize::try_from(i)? % people.len();
                let office = usize::try_from(i)? / people.len() % OFFICES;
                i += 1;
                let evicts = !is_somewhere.insert(who);
                tokio::time::sleep(REST).await;
                let times = self.screen(&phones[who], office, evicts).await?;
                for (histogram, took) in took.iter_mut().zip(times).filter(|_| evicts) {
                    histogram.saturating_record(took.as_nanos() as u64);
                }
            }
            println!(
                "  {:>8} {:>7} {:>24} {:>24} {:>24} {:>24}",
                vendor.name(),
                took[0].len(),
                both(&took[0]),
                both(&took[1]),
                both(&took[2]),
                both(&took[3])
            );
        }
        println!(
            "          the edges have told phones {} times, and given up {}",
            self.offices.counted("phone_triggers")?,
            self.offices.counted("phones_given_up")?
        );
        Ok(())
    }

    /// One login on a simulated phone: the page, the document, the lines, and the phone that was left.
    async fn screen(&self, phones: &[Screen; OFFICES], office: usize, evicts: bool) -> Result<[Duration; 4]> {
        let (new, old) = (&phones[office], &phones[1 - office]);
        let old_stamp = old.stamp();
        let sent = new.log_in().await?;
        let left = async {
            if evicts {
                old.updated(old_stamp).await.map(|(loaded, _)| loaded)
            } else {
                Ok(sent.at)
            }
        };
        let (updated, left) = tokio::join!(new.updated(sent.stamp), left);
        let ((loaded, registered), left) = (updated?, left?);
        Ok([sent.answered, loaded, registered, left].map(|moment| moment - sent.at))
    }

    async fn storm(&self, counts: &Counts, checks: &Histogram<u64>) -> Result<()> {
        let seen = self.seen.each_ref().map(Arc::clone);
        let load = load_average();
        let it = storm(&self.offices, &self.crowd, counts.time, seen).await?;
        println!(
            "  storm: {} logins in {}, load average {load:.1} before and {:.1} after, steal {:.1} %",
            it.tried,
            short(counts.time),
            load_average(),
            it.steal * 100.0
        );
        print_storm(&it);
        let floor = self.floor(FLOOR_TABLE, checks);
        println!(
            "    floor: {FLOOR_TABLE} round trips to the page and to the table, {} with the check; the table's median is {:.2} of it",
            short(floor),
            it.callable.value_at_quantile(0.5) as f64 / floor.as_nanos() as f64
        );
        target(
            "logins of the storm that succeeded",
            (it.tried - it.failed) as f64 / it.tried as f64 * 100.0,
            100.0,
            " %",
            true,
        );
        target("phones given up by the edges", it.given_up as f64, 0.0, "", false);
        Ok(())
    }
}

fn print_storm(it: &Storm) {
    println!("    the edges told phones {} times", it.told);
    for failure in &it.failures {
        println!("          failed: {failure}");
    }
    println!("    PIN to page, p50 / p99               {}", both(&it.answered));
    println!("    PIN to the other office's table      {}", both(&it.callable));
    println!("    PIN to document                      {}", both(&it.document));
    println!("    PIN to all lines registered          {}", both(&it.line));
    for used in &it.used {
        println!(
            "    {:<20} {:>4.0} % of a core, {:>4} MiB",
            used.name,
            used.processor.as_secs_f64() / it.took.as_secs_f64() * 100.0,
            used.memory >> 20
        );
    }
}

fn at(histogram: &Histogram<u64>, quantile: f64) -> String {
    short(Duration::from_nanos(histogram.value_at_quantile(quantile)))
}

fn both(histogram: &Histogram<u64>) -> String {
    format!("{} / {}", at(histogram, 0.5), at(histogram, 0.99))
}
