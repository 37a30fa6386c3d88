//! What the message layer promises, checked from outside.

mod build;
mod corpus;
mod edit;
mod properties;
mod refuse;
mod stream;
mod torture;
mod uris;
mod values;
