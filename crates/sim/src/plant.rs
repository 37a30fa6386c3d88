//! Bugs planted on purpose, to show that the simulation would find them.

/// A planted bug.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plant {
    /// As in the product.
    #[default]
    Nothing,
    /// A restarted leader takes up leading again without an election (openraft's default).
    RestoreLeader,
    /// An append is acknowledged when the kernel has it, as sled's `flush()` does.
    AcknowledgeBeforeSync,
    /// A login leaves the old session alone; a second entry ends it.
    EvictInSecondEntry,
    /// The vote is kept in memory only.
    ForgetVote,
    /// The leader trusts its lease for as long as openraft does, which leaves nothing for restarts and clocks.
    LeaseWithoutMargin,
    /// Whoever believes to lead answers look-ups without asking anybody.
    LookupWithoutLease,
}
