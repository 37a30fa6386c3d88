//! Where a company of a test stands: offices with addresses of their own, on loopback or as network namespaces.
//!
//! On loopback an office is a range of 127.0.0.0/8: quick, nothing to clean up, links cannot be cut. As namespaces
//! (root is needed) the offices hang on one bridge, and a cut office is cut for whatever runs in it.
//!
//! ```text
//!            test process: 198.18.N.254
//!                     │
//!   ──────────── bridge hd-N ───────────────────
//!      │                  │                 │        cut: this end goes down
//!   198.18.N.1-19     198.18.N.21-39    198.18.N.41-59
//!   hd-N-0           hd-N-1            hd-N-2
//! ```

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::AsFd as _;
use std::process::Command;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::runtime::Handle;

use crate::tools::{run, tool};

/// Addresses of one office; host 1 is its edge by custom, 2 its node, the others are phones.
const HOSTS: u8 = 20;

/// The address of the test process on the bridge.
const OUTSIDE: u8 = 254;

/// Offices. What was made for them is removed when this is dropped.
pub struct Ground {
    /// In the order in which they were asked for.
    pub offices: Vec<Office>,
    // Dropped after the offices: their ends of the links go with their namespaces.
    _bridge: Option<Bridge>,
    // Held, so that no other test takes the same range.
    _range: Option<TcpListener>,
}

/// An office: a range of addresses, and where programs run that have them.
pub struct Office {
    /// Its name: the id of a site.
    pub name: String,
    prefix: [u8; 3],
    first: u8,
    namespace: Option<Namespace>,
}

struct Bridge {
    name: String,
}

struct Namespace {
    name: String,
    /// The outer end of its link, on the bridge.
    link: String,
}

impl Ground {
    /// Offices on loopback.
    ///
    /// # Panics
    /// When no range of addresses is free.
    #[must_use]
    pub fn loopback(names: &[&str]) -> Self {
        let start = u32::from(std::process::id().to_le_bytes()[0]);
        let (range, prefix) = (0..256)
            .find_map(|i| {
                let third = u8::try_from((start + i) % 256).expect("a byte");
                let prefix = [127, 100, third];
                let lock = SocketAddr::new(host(prefix, OUTSIDE), 9);
                TcpListener::bind(lock).ok().map(|held| (held, prefix))
            })
            .expect("a free range of 127.100.0.0/16");
        Self {
            offices: offices(names, prefix),
            _bridge: None,
            _range: Some(range),
        }
    }

    /// Offices as network namespaces, linked by a bridge.
    ///
    /// # Panics
    /// Without root, or iproute2.
    #[must_use]
    pub fn namespaces(names: &[&str]) -> Self {
        let (bridge, number) = Bridge::make();
        let mut offices = offices(names, [198, 18, number]);
        for (i, office) in offices.iter_mut().enumerate() {
            let namespace = Namespace::make(&format!("{}-{i}", bridge.name), &bridge.name);
            for host in 1..HOSTS {
                let address = format!("{}/24", office.ip(host));
                namespace.ip(&["addr", "add", &address, "dev", LINK]);
            }
            office.namespace = Some(namespace);
        }
        Self {
            offices,
            _bridge: Some(bridge),
            _range: None,
        }
    }
}

fn offices(names: &[&str], prefix: [u8; 3]) -> Vec<Office> {
    let office = |(i, name): (usize, &&str)| Office {
        name: (*name).to_owned(),
        prefix,
        first: u8::try_from(i).expect("few offices") * HOSTS,
        namespace: None,
    };
    names.iter().enumerate().map(office).collect()
}

fn host(prefix: [u8; 3], host: u8) -> IpAddr {
    let [a, b, c] = prefix;
    Ipv4Addr::new(a, b, c, host).into()
}

impl Office {
    /// The address of one of its machines: 1 to 19.
    #[must_use]
    pub fn ip(&self, number: u8) -> IpAddr {
        assert!(
            (1..HOSTS).contains(&number),
            "an office has hosts 1 to {}",
            HOSTS - 1
        );
        host(self.prefix, self.first + number)
    }

    /// The interface that has its addresses.
    #[must_use]
    pub const fn interface(&self) -> &'static str {
        if self.namespace.is_some() { LINK } else { "lo" }
    }

    /// A command that runs in the office.
    #[must_use]
    pub fn command(&self, program: &std::path::Path) -> Command {
        let Some(namespace) = &self.namespace else {
            return Command::new(program);
        };
        tool(
            "ip",
            "iproute2",
            &[&"netns", &"exec", &namespace.name.as_str(), &program],
        )
    }

    /// Does something on a thread that is in the office: sockets that it opens are there, and stay there.
    ///
    /// # Panics
    /// When `f` does.
    pub fn within<T: Send>(&self, f: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                if let Some(namespace) = &self.namespace {
                    namespace.enter();
                }
                f()
            });
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// As [`within`](Self::within), for a future. It must not hand the opening of sockets to other tasks.
    pub fn within_async<T: Send, F: Future<Output = T>>(&self, f: impl FnOnce() -> F + Send) -> T {
        let runtime = Handle::current();
        self.within(|| runtime.block_on(f()))
    }

    /// Cuts the office off from the others and from the test process.
    pub fn cut(&self) {
        self.link("down");
    }

    /// Mends its link.
    pub fn heal(&self) {
        self.link("up");
    }

    fn link(&self, state: &str) {
        let namespace = self
            .namespace
            .as_ref()
            .expect("only links of namespaces can be cut");
        ip(&["link", "set", &namespace.link, state]);
    }
}

impl Bridge {
    /// The kernel refuses a name that is taken: the number is ours alone.
    fn make() -> (Self, u8) {
        let start = std::process::id();
        for i in 0..=u32::from(u8::MAX) {
            let number = u8::try_from((start + i) % 256).expect("a byte");
            let name = format!("hd-{number}");
            let mut add = tool(
                "ip",
                "iproute2",
                &[&"link", &"add", &name.as_str(), &"type", &"bridge"],
            );
            let output = add.output().expect("run ip");
            if output.status.success() {
                let bridge = Self { name };
                let address = format!("{}/24", host([198, 18, number], OUTSIDE));
                ip(&["addr", "add", &address, "dev", &bridge.name]);
                ip(&["link", "set", &bridge.name, "up"]);
                return (bridge, number);
            }
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(
                error.contains("File exists"),
                "make a bridge (this test needs root): {error}"
            );
        }
        panic!("all bridges hd-0 to hd-255 exist: remove what killed tests left (ip link del, ip netns del)");
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // What was not made need not be removed.
        let _ = tool("ip", "iproute2", &[&"link", &"del", &self.name.as_str()]).output();
    }
}

impl Namespace {
    fn make(name: &str, bridge: &str) -> Self {
        let namespace = Self {
            name: name.to_owned(),
            link: format!("{name}o"),
        };
        // A killed test may have left one of the same name; its bridge is gone.
        namespace.remove();
        ip(&["netns", "add", name]);
        ip(&[
            "link",
            "add",
            &namespace.link,
            "type",
            "veth",
            "peer",
            "name",
            LINK,
            "netns",
            name,
        ]);
        ip(&["link", "set", &namespace.link, "master", bridge, "up"]);
        namespace.ip(&["link", "set", "lo", "up"]);
        namespace.ip(&["link", "set", LINK, "up"]);
        namespace
    }

    fn ip(&self, arguments: &[&str]) {
        let inside = [&["-n", self.name.as_str()], arguments].concat();
        ip(&inside);
    }

    fn enter(&self) {
        let path = format!("/run/netns/{}", self.name);
        let file = File::open(&path).unwrap_or_else(|error| panic!("open {path}: {error}"));
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
            .expect("enter the namespace");
    }

    fn remove(&self) {
        // What was not made need not be removed. The link goes with the namespace, but only when its last socket
        // is closed: it is removed by name, so that nothing is left on the bridge.
        let _ = tool("ip", "iproute2", &[&"link", &"del", &self.link.as_str()]).output();
        let _ = tool("ip", "iproute2", &[&"netns", &"del", &self.name.as_str()]).output();
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.remove();
    }
}

fn ip(arguments: &[&str]) {
    let mut command = tool("ip", "iproute2", &[]);
    run(command.args(arguments));
}

/// The inner end of an office's link.
const LINK: &str = "eth0";
