//! What can go wrong with the table.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use engine::profile::CodecError;

/// Error codes that no retry changes (Amazon DynamoDB Developer Guide, "Error handling with DynamoDB").
const REFUSALS: [&str; 7] = [
    "AccessDeniedException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ValidationException",
];

/// Why the table did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table could not be reached, throttled, or answered with an error, after all retries.
    #[error("{operation}: {cause}")]
    Unavailable {
        /// The DynamoDB operation.
        operation: &'static str,
        /// The SDK's error with all its causes. For the log, not for callers.
        cause: String,
    },
    /// The request was understood and refused: there is no such table, or no permission.
    #[error("{operation}: {code}: {message}")]
    Refused {
        /// The DynamoDB operation.
        operation: &'static str,
        /// DynamoDB's code for the reason.
        code: String,
        /// DynamoDB's words for it. For the log, not for callers.
        message: String,
    },
    /// There is no table of this name.
    #[error("there is no table `{table}`")]
    NoTable {
        /// The name.
        table: String,
    },
    /// The table is not one that Guardian made.
    #[error("the table `{table}` has the keys {found}, expected {expected}")]
    OtherTable {
        /// The name.
        table: String,
        /// Its keys.
        found: String,
        /// The keys of Guardian's table.
        expected: String,
    },
    /// Others kept writing the same items.
    #[error("others were faster {attempts} times")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// An item was written by a newer version of Guardian.
    #[error("the item {sort_key} has format {found}; this version reads up to {known}")]
    Newer {
        /// The item's sort key.
        sort_key: String,
        /// The format found.
        found: u32,
        /// The newest format known.
        known: u32,
    },
    /// An item is not what this crate writes.
    #[error("the item {sort_key} is damaged: {what}")]
    Damaged {
        /// The item's sort key.
        sort_key: String,
        /// What is wrong with it.
        what: String,
    },
    /// A profile's bytes could not be read.
    #[error(transparent)]
    Profile(#[from] CodecError),
}

impl StoreError {
    pub(crate) fn unavailable<E>(operation: &'static str, error: &SdkError<E>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        if let Some(code) = error.code().filter(|code| REFUSALS.contains(code)) {
            let message = error.message().unwrap_or("no reason given").to_owned();
            return Self::Refused { operation, code: code.to_owned(), message };
        }
        let mut cause = with_causes(error);
        if let Some(id) = error.request_id() {
            cause = format!("{cause} (AWS request {id})");
        }
        Self::Unavailable { operation, cause }
    }

    /// For an answer that DynamoDB's documentation rules out.
    pub(crate) fn unexpected(operation: &'static str, cause: &dyn std::fmt::Display) -> Self {
        Self::Unavailable { operation, cause: cause.to_string() }
    }

    /// Whether trying again later, with the same code, may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Contended { .. })
    }
}

/// An error and its causes in one line; the message of a client's error alone ("dispatch failure", "client error") says nothing.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
