//! What the message layer promises, checked from outside.

mod stream;
