//! Reading histories: any CSV with a header line, plain or compressed, as a stream of [`Transaction`]s.
//!
//! ```text
//! file → magic bytes → decoder → CSV records → columns by name → domain types
//! ```
//! A reader holds one record at a time, whatever the size of the file.

mod columns;
mod compression;
mod error;
mod fields;
mod safe_id;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use engine::currency::Currency;
use engine::id::{Category, CustomerId, IdempotencyKey, MerchantId, PaymentMethod};

pub use columns::{ColumnMap, Role};
pub use compression::Compression;
pub use error::HistoryError;
pub use safe_id::safe_id;

use columns::Columns;
use fields::Expected;

use crate::csv_error::io_error;
use crate::transaction::{Transaction, UNKNOWN_CATEGORY, UNKNOWN_PAYMENT_METHOD};

/// Bytes of decoded text that the CSV reader asks for at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// The most characters of a wrong field that an error repeats.
const FOUND_CHARS_MAX: usize = 60;

/// The rows of one file, in the file's order, which need not be the order of time.
///
/// A row whose amount is not positive (a refund, a card check) is no purchase: it is skipped and counted. A row that
/// cannot be understood is an error, after which the next row can be read; after an error of the file itself the rows end.
pub struct History {
    file: String,
    compression: Compression,
    reader: Reader<Box<dyn Read + Send>>,
    columns: Columns,
    currency: Currency,
    record: ByteRecord,
    rows: u64,
    skipped: u64,
    ended: bool,
}

impl History {
    /// Opens a file and finds its columns. Amounts are in `currency` where no column says otherwise.
    ///
    /// # Errors
    /// [`HistoryError`] if the file cannot be read, is not CSV text, or lacks a column that `columns` asks for.
    pub fn open(path: &Path, columns: &ColumnMap, currency: Currency) -> Result<Self, HistoryError> {
        let name = path.display().to_string();
        match File::open(path) {
            Ok(source) => Self::from_reader(&name, source, columns, currency),
            Err(source) => Err(HistoryError::Open { file: name, source }),
        }
    }

    /// Reads a history from anywhere; `name` is what errors call it.
    ///
    /// # Errors
    /// [`HistoryError`] as [`Self::open`].
    pub fn from_reader(
        name: &str,
        source: impl Read + Send + 'static,
        columns: &ColumnMap,
        currency: Currency,
    ) -> Result<Self, HistoryError> {
        let file = name.to_owned();
        let (compression, source) = match compression::decode(source) {
            Ok(decoded) => decoded,
            Err(source) => return Err(HistoryError::Open { file, source }),
        };
        let mut reader = ReaderBuilder::new().buffer_capacity(BUFFER_BYTES).from_reader(source);
        let header = reader.byte_headers().map_err(|error| record_error(name, 1, error))?;
        if header.is_empty() || header.as_slice().contains(&0) {
            return Err(HistoryError::NotCsv { file });
        }
        let columns = columns.find_in(header, name)?;
        let record = ByteRecord::new();
        Ok(Self { file, compression, reader, columns, currency, record, rows: 0, skipped: 0, ended: false })
    }

    /// How the file is compressed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Rows read until now, with those that were skipped.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows skipped until now, because their amount is not positive.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// What kind of case the row last read is, in the history's own words; empty where it does not say. It is no part of
    /// the transaction: only an evaluation may look at it.
    pub fn scenario(&self) -> &[u8] {
        let column = self.columns.position(Role::Scenario);
        column.and_then(|column| self.record.get(column)).unwrap_or_default().trim_ascii()
    }

    /// Reads all that is left and sorts it by time; what happened at the same instant stays in the file's order.
    ///
    /// # Errors
    /// The first [`HistoryError`] met.
    pub fn read_all(&mut self) -> Result<Vec<Transaction>, HistoryError> {
        let mut transactions = self.collect::<Result<Vec<_>, _>>()?;
        transactions.sort_by_key(|transaction| transaction.occurred_at.instant());
        Ok(transactions)
    }

    /// The current record as a transaction; `None` if its amount is not positive.
    fn transaction(&self) -> Result<Option<Transaction>, HistoryError> {
        let currency = self.read(Role::Currency, |text| fields::read_currency(text, self.currency))?;
        let Some(amount) = self.read(Role::Amount, |text| fields::read_amount(text, currency))? else {
            return Ok(None);
        };
        Ok(Some(Transaction {
            id: self.read(Role::Id, |text| match text {
                b"" => fields::read_id(format!("row-{}", self.rows).as_bytes(), IdempotencyKey::parse),
                _ => fields::read_id(text, IdempotencyKey::parse),
            })?,
            customer_id: self.read(Role::CustomerId, |text| fields::read_id(text, CustomerId::parse))?,
            merchant_id: self.read(Role::MerchantId, |text| match text {
                b"" => Ok(None),
                _ => fields::read_id(text, MerchantId::parse).map(Some),
            })?,
            category: self.read(Role::Category, |text| fields::read_id(or(text, UNKNOWN_CATEGORY), Category::parse))?,
            payment_method: self.read(Role::PaymentMethod, |text| {
                fields::read_id(or(text, UNKNOWN_PAYMENT_METHOD), PaymentMethod::parse)
            })?,
            amount,
            occurred_at: self.read(Role::OccurredAt, fields::read_time)?,
            label: self.read(Role::Label, fields::read_label)?,
        }))
    }

    /// Reads the field of one role; a role without a column reads as an empty field.
    fn read<'a, T>(
        &'a self,
        role: Role,
        read: impl FnOnce(&'a [u8]) -> Result<T, Expected>,
    ) -> Result<T, HistoryError> {
        let column = self.columns.position(role);
        let text = column.and_then(|column| self.record.get(column)).unwrap_or_default().trim_ascii();
        read(text).map_err(|expected| HistoryError::Field {
            file: self.file.clone(),
            line: self.record.position().map_or(0, csv::Position::line),
            column: self.columns.name(role).to_owned(),
            found: String::from_utf8_lossy(text).chars().take(FOUND_CHARS_MAX).collect(),
            expected,
        })
    }
}

impl Iterator for History {
    type Item = Result<Transaction, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => self.ended = true,
                Err(error) => {
                    // A row of another length spoils only itself; a file that cannot be decoded stays that way.
                    self.ended = !matches!(error.kind(), ErrorKind::UnequalLengths { .. });
                    self.rows += u64::from(!self.ended);
                    return Some(Err(record_error(&self.file, self.reader.position().line(), error)));
                }
            }
            if self.ended {
                break;
            }
            self.rows += 1;
            match self.transaction().transpose() {
                Some(transaction) => return Some(transaction),
                None => self.skipped += 1,
            }
        }
        None
    }
}

fn or<'a>(text: &'a [u8], otherwise: &'static str) -> &'a [u8] {
    if text.is_empty() { otherwise.as_bytes() } else { text }
}

/// The CSV reader's error in the words of a history.
fn record_error(file: &str, line: u64, error: csv::Error) -> HistoryError {
    let file = file.to_owned();
    match error.into_kind() {
        ErrorKind::UnequalLengths { pos, expected_len: expected, len: found } => {
            HistoryError::FieldCount { file, line: pos.as_ref().map_or(line, csv::Position::line), found, expected }
        }
        kind => HistoryError::Read { file, line, source: io_error(kind) },
    }
}
