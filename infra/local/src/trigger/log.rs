//! The trigger's log: one line of JSON for each invocation and each loss.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use engine::time::Instant;
use serde_json::{Value, json};

use crate::trigger::record::Record;

/// The file's name in the folder of the logs.
const FILE_NAME: &str = "stream-trigger.log";

/// Where the trigger writes down what it does; by default nowhere.
#[derive(Debug, Default)]
pub struct Log(Option<File>);

impl Log {
    /// A fresh log in this folder.
    ///
    /// # Errors
    /// What the system says.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        Ok(Self(Some(File::create(folder.join(FILE_NAME))?)))
    }

    /// Writes what became of some records.
    pub(crate) fn write(&mut self, now: Instant, records: &[Record], outcome: &str) {
        let (Some(file), Some(first), Some(last)) = (&mut self.0, records.first(), records.last()) else { return };
        let line: Value = json!({
            "at": now.to_string(),
            "records": records.len(),
            "first": first.sequence_number(),
            "last": last.sequence_number(),
            "iterator_age_ms": now.since_ms(last.created_at()).max(0),
            "outcome": outcome,
        });
        // A log that cannot be written is no reason to stop learning.
        let _ = writeln!(file, "{line}");
    }
}
