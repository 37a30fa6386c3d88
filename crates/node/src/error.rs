//! Why a node does not start, so that a person can act on it.

use std::io;

use crate::config::ConfigError;

/// A node that did not start. Nothing is left running.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The listener's address cannot be had.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// As configured.
        listen: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A certificate or key cannot be used.
    #[error("{key}: {problem}")]
    Tls {
        /// The key of the configuration that names the file.
        key: &'static str,
        /// What is wrong with the file.
        problem: String,
    },
    /// The data directory cannot be used, or consensus does not start on it.
    #[error(transparent)]
    Cluster(#[from] hotdesk_cluster::StartError),
}

/// What a node that does not start is missing; decides the program's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartClass {
    /// The configuration has to be corrected; starting again changes nothing.
    Configuration,
    /// The environment has to be put right: an address, a disk, a data directory.
    Environment,
}

impl StartError {
    /// What has to be put right.
    #[must_use]
    pub const fn class(&self) -> StartClass {
        match self {
            Self::Config(_)
            | Self::Tls { .. }
            | Self::Cluster(hotdesk_cluster::StartError::Config { .. }) => StartClass::Configuration,
            Self::Listen { .. } | Self::Cluster(_) => StartClass::Environment,
        }
    }

    /// The stable code of what concerns the data directory (`HD3xxx`); the rest has none of its own.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Cluster(hotdesk_cluster::StartError::Open(error)) => Some(error.code()),
            _ => None,
        }
    }

    /// What a person can do about it: a sentence.
    #[must_use]
    pub fn what_to_do(&self) -> &'static str {
        match self {
            Self::Config(_) | Self::Cluster(hotdesk_cluster::StartError::Config { .. }) => {
                "Correct the configuration; the annotated sample explains every key."
            }
            Self::Listen { source, .. } => match source.kind() {
                io::ErrorKind::AddrInUse => {
                    "Another program has this port: stop it, or choose another port (listen)."
                }
                io::ErrorKind::AddrNotAvailable => {
                    "This machine does not have that address: choose one that it has (listen)."
                }
                io::ErrorKind::PermissionDenied => {
                    "Ports below 1024 need a privilege: choose a higher one (listen)."
                }
                _ => "Check the address (listen).",
            },
            Self::Tls { .. } => "Check that the file is readable and in PEM form.",
            Self::Cluster(hotdesk_cluster::StartError::Open(error)) => error.what_to_do(),
            Self::Cluster(_) => "Look into the node's log; what the directory holds does not fit together.",
        }
    }
}
