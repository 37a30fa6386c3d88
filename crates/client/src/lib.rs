//! Client that finds nodes, follows the leader and retries safely; watched binding table.
