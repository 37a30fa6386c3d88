//! Other people's programs against ours. Each test says what it needs; where that is not installed it fails and says
//! so, because a test that is skipped proves nothing.

mod kamailio;
mod office;
