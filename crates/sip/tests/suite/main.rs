//! What the message layer promises, checked from outside.

mod corpus;
mod edit;
mod properties;
mod refuse;
mod stream;
mod torture;
mod values;
