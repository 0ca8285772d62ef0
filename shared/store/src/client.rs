//! What every client of DynamoDB in this product has in common: TLS by ring, and limits on every wait.

use std::time::Duration;

use aws_config::ConfigLoader;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};

/// How long a caller waits for the table, and how often it asks. DynamoDB answers in single milliseconds; what differs is
/// who is kept waiting when it does not.
#[derive(Debug, Clone)]
pub struct Patience {
    /// For connecting.
    pub connect: Duration,
    /// For one try of one request.
    pub attempt: Duration,
    /// For a request with all its retries.
    pub operation: Duration,
    /// How often a request is tried.
    pub attempts_max: u32,
    /// Before the first retry; grows with each further one, with jitter.
    pub backoff: Duration,
    /// Before any retry.
    pub backoff_max: Duration,
}

/// Settings of this patience, to be loaded by whoever may read the environment.
pub fn patient(settings: ConfigLoader, patience: &Patience) -> ConfigLoader {
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .operation_attempt_timeout(patience.attempt)
        .operation_timeout(patience.operation)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(patience.attempts_max)
        .with_initial_backoff(patience.backoff)
        .with_max_backoff(patience.backoff_max);
    settings.http_client(http).timeout_config(timeouts).retry_config(retries)
}
