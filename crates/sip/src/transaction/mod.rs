//! Transactions (RFC 3261 §17, with the Accepted states of RFC 6026), without sockets or clocks.
