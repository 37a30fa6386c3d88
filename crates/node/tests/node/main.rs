//! A node of a cluster of one, in this process, asked through gRPC as anybody would.

mod admin;
mod bad_requests;
mod directory;
mod guessing;
mod http;
mod import;
mod login;
mod login_stream;
mod phone_list;
mod phones;
mod pin_change;
mod profile;
mod serving;
mod tls;
mod watch;
mod world;
