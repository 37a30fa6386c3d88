//! The transports, on loopback with free ports: the rules of `hotdesk_edge::transport`, one file per transport.

mod support;
mod udp;
