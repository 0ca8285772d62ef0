//! Why there are no figures.

use std::io;

use http::StatusCode;

use crate::client::ClientError;
use crate::gateway::issuer::IssuerError;
use crate::stack::StackError;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The stack did not start.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// There is no token.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// A request got no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A request got an answer that it should not.
    #[error("{path} answered {status}: {body}")]
    Answer {
        /// What was asked.
        path: String,
        /// The HTTP status.
        status: StatusCode,
        /// The beginning of the body.
        body: String,
    },
    /// The table could not be read.
    #[error(transparent)]
    Table(#[from] store::StoreError),
    /// The stream trigger ended before everything was learned.
    #[error("the stream trigger ended")]
    TriggerEnded,
    /// A fresh process did not do what a Lambda runtime does.
    #[error("{name}: {what}")]
    Fresh {
        /// The function.
        name: String,
        /// What it did instead.
        what: String,
    },
    /// A sample is none.
    #[error("the sample: {0}")]
    Sample(String),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A file or process was refused by the system.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

impl BenchError {
    /// Says of what the system refused what was tried.
    pub(super) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::System { what, source }
    }
}
