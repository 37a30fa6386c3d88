//! Where a call goes and who may make it. Pure.
