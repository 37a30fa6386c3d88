//! The transports, on loopback with free ports: the rules of `hotdesk_edge::transport`, one file per subject.

mod both_ways;
mod certificates;
mod http;
mod support;
mod tcp;
mod tls;
mod udp;
mod websocket;
