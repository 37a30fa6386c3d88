//! Three real processes over loopback: nodes are killed, restarted, added, removed and cut off while people log
//! in. No acknowledged login is lost and none is applied twice.

mod directory;
mod kills;
mod majority;
mod membership;
mod messages;
mod rolling;
mod traffic;
