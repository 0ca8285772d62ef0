//! The engine from outside: whole decisions, whole profiles and whole models.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic: that is how it fails")]

mod decisions;
mod features;
mod fixture;
mod models;
mod policies;
mod profiles;
mod redaction;
mod reviews;
mod rollups;
mod texts;
