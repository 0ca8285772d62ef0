//! Writing simulated attempts as CSV, with columns that [`crate::history`] reads without being told their names.

use std::io::{self, Write};

use engine::id::MerchantId;

use crate::csv_error::io_error;
use crate::simulate::SimulatedAttempt;

/// The columns, in their order. `truth` is what only the simulator knows; a history has no role for it.
const COLUMNS: [&str; 10] = [
    "id",
    "occurred_at",
    "customer_id",
    "merchant_id",
    "category",
    "payment_method",
    "amount",
    "currency",
    "label",
    "truth",
];

/// A CSV file of simulated attempts being written.
pub struct AttemptWriter<W: Write>(csv::Writer<W>);

impl<W: Write> AttemptWriter<W> {
    /// Begins a file with its header line.
    ///
    /// # Errors
    /// Whatever keeps `out` from being written.
    pub fn new(out: W) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        write_record(&mut writer, COLUMNS)?;
        Ok(Self(writer))
    }

    /// Adds a line.
    ///
    /// # Errors
    /// Whatever keeps the file from being written.
    pub fn write(&mut self, attempt: &SimulatedAttempt) -> io::Result<()> {
        let transaction = &attempt.transaction;
        let label = match transaction.label {
            Some(true) => "1",
            Some(false) => "0",
            None => "",
        };
        let record = [
            transaction.id.as_str(),
            &transaction.occurred_at.to_string(),
            transaction.customer_id.as_str(),
            transaction.merchant_id.as_ref().map_or("", MerchantId::as_str),
            transaction.category.as_str(),
            transaction.payment_method.as_str(),
            &transaction.amount.to_decimal(),
            transaction.amount.currency().code(),
            label,
            attempt.truth.name(),
        ];
        write_record(&mut self.0, record)
    }

    /// Ends the file. Without it the last lines may be lost.
    ///
    /// # Errors
    /// Whatever keeps the file from being written.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn write_record(writer: &mut csv::Writer<impl Write>, record: [&str; COLUMNS.len()]) -> io::Result<()> {
    writer.write_record(record).map_err(|error| io_error(error.into_kind()))
}
