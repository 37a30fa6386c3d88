//! Desk phones of each vendor at a company of real processes: simulated ones (`hotdesk-phonesim`), which know their
//! vendors' formats and habits by themselves, and one that is no simulation.

mod code;
mod common;
mod crashes;
mod day;
mod hostile;
mod passwords;
mod real;
mod reload;
mod storm;
mod unreachable;
