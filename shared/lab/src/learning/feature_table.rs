//! The feature table: examples as CSV, for training somewhere else, such as with XGBoost in Python.
//!
//! One line for each purchase: `occurred_at`, `customer_id` and `label`, then every feature under its name and in the engine's
//! order. What is not known is an empty field. A feature is written with as few digits as tell it from every other 32-bit
//! float, so that whoever reads the columns as such has it bit for bit.
//!
//! Lines are in order of time (at the same instant: by customer, in the order in which the history first names them), so that
//! the first part of a file is what was known before the rest.

use std::fmt::Write as _;
use std::io::{self, Write};

use engine::features::{COUNT, NAMES};
use engine::id::CustomerId;

use super::examples::Examples;
use super::ledger::Ledger;
use crate::csv_error::io_error;

/// The columns before the features: what purchase it is, and what became known of it.
pub const KEYS: [&str; 3] = ["occurred_at", "customer_id", "label"];

/// How many purchases were written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub rows: u64,
    /// Those that have a label.
    pub labelled: u64,
    /// Those whose label is positive.
    pub positive: u64,
}

/// Writes the header line and a line for each example.
///
/// # Errors
/// Whatever keeps `out` from being written.
pub fn write(ledger: &Ledger, examples: &Examples, out: impl Write) -> io::Result<Counts> {
    let mut writer = csv::Writer::from_writer(out);
    end_line(&mut writer, KEYS.iter().chain(&NAMES))?;
    let mut rows: Vec<_> = examples.purchases(ledger).enumerate().collect();
    rows.sort_by_key(|(_, purchase)| purchase.instant());
    let mut counts = Counts::default();
    // One line's fields, used again for every line.
    let mut fields = vec![String::new(); KEYS.len() + COUNT];
    for (row, purchase) in rows {
        fields.iter_mut().for_each(String::clear);
        let (keys, values) = fields.split_at_mut(KEYS.len());
        if let [at, customer, label] = keys {
            // Writing to a String does not fail.
            let _ = write!(at, "{}", purchase.at);
            customer.push_str(ledger.customer_id(purchase).map_or("", CustomerId::as_str));
            label.push_str(purchase.label.map_or("", |is_positive| if is_positive { "1" } else { "0" }));
        }
        for (field, value) in values.iter_mut().zip(examples.features(row)) {
            if !value.is_nan() {
                let _ = write!(field, "{value}");
            }
        }
        end_line(&mut writer, &fields)?;
        counts.rows += 1;
        counts.labelled += u64::from(purchase.label.is_some());
        counts.positive += u64::from(purchase.label == Some(true));
    }
    writer.flush()?;
    Ok(counts)
}

fn end_line<T: AsRef<[u8]>>(
    writer: &mut csv::Writer<impl Write>,
    fields: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    writer.write_record(fields).map_err(|error| io_error(error.into_kind()))
}

#[cfg(test)]
mod tests {
    use engine::time::Instant;

    use super::super::ledger::samples::purchase;
    use super::super::replay::Replay;
    use super::*;
    use crate::transaction::Transaction;

    /// Every line's fields, the header's first.
    fn written(history: impl IntoIterator<Item = Transaction>) -> (Counts, Vec<Vec<String>>) {
        let ledger = Ledger::of(history);
        let examples = Replay::new(&ledger, 0).examples(Instant::EPOCH..Instant::EPOCH.plus_ms(i64::MAX));
        let mut csv = Vec::new();
        let counts = write(&ledger, &examples, &mut csv).unwrap();
        let lines = str::from_utf8(&csv).unwrap().lines();
        (counts, lines.map(|line| line.split(',').map(str::to_owned).collect()).collect())
    }

    #[test]
    fn lines_are_in_order_of_time_with_labels_where_known() {
        let (counts, lines) = written([
            purchase("b", "2018-04-02", None),
            purchase("a", "2018-04-03", Some(false)),
            purchase("b", "2018-04-01", Some(true)),
            purchase("a", "2018-04-02", Some(true)),
        ]);
        assert_eq!(counts, Counts { rows: 4, labelled: 3, positive: 2 });
        let keys: Vec<String> = lines.iter().map(|line| line[..KEYS.len()].join(" ")).collect();
        assert_eq!(
            keys,
            [
                "occurred_at customer_id label",
                "2018-04-01T12:00:00Z b 1",
                "2018-04-02T12:00:00Z b ",
                "2018-04-02T12:00:00Z a 1",
                "2018-04-03T12:00:00Z a 0",
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_empty() {
        let (_, lines) = written([purchase("a", "2018-04-01", None)]);
        let of = |name: &str| &lines[1][lines[0].iter().position(|column| column == name).unwrap()];
        assert_eq!(of("ln_gap_minutes"), "");
        assert_eq!(of("hour"), "12");
        assert_eq!(lines[0][KEYS.len()..], NAMES);
    }

    #[test]
    fn an_empty_history_is_a_header() {
        let (counts, lines) = written([]);
        assert_eq!((counts, lines.len()), (Counts::default(), 1));
    }
}
