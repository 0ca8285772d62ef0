//! The time of day, which only the shell may ask for.

use std::time::SystemTime;

use engine::time::Instant;

/// Now; 1970 on a machine whose clock is set before it.
pub fn now() -> Instant {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant::from_epoch_ms(since_1970.as_millis() as i64).unwrap_or(Instant::EPOCH)
}
