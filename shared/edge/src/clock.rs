//! The clock, handed to handlers so that tests can hold it.

use std::time::{SystemTime, UNIX_EPOCH};

use engine::time::Instant;

/// A source of the current time.
pub type Clock = fn() -> Instant;

/// The system's clock.
pub fn system() -> Instant {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::EPOCH.plus_ms(since_epoch.as_millis() as i64)
}
