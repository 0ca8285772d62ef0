//! Any bytes in the place of a history: each row is a transaction or an error that names the file and the line.

#![no_main]

use std::io::Cursor;

use engine::currency::Currency;
use lab::history::{ColumnMap, History};
use libfuzzer_sys::fuzz_target;

/// How many rows are read of one input.
const ROWS_MAX: usize = 10_000;

fuzz_target!(|data: &[u8]| {
    let source = Cursor::new(data.to_vec());
    match History::from_reader("h.csv", source, &ColumnMap::default(), Currency::EUR) {
        Err(error) => assert!(error.to_string().contains("h.csv"), "{error}"),
        Ok(history) => {
            for row in history.take(ROWS_MAX) {
                if let Err(error) = row {
                    assert!(error.to_string().contains("h.csv"), "{error}");
                }
            }
        }
    }
});
