//! Wire and disk formats: generated types and conversions to and from the core.
