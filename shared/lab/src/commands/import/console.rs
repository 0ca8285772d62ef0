//! How far the import is: a bar where somebody watches, a line now and then where somebody reads it later.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant as Stopwatch};

use indicatif::{ProgressBar, ProgressStyle};
use lab::import::Confirmed;

use crate::commands::thousands;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The bar counts bytes of the file, because how many rows it has is only known at its end. It fits 80 columns.
const TEMPLATE: &str = "{bar:24} {percent:>3} %  {msg}  {eta} left";

pub(super) struct Console {
    /// `None` without a terminal.
    bar: Option<ProgressBar>,
    bytes: u64,
    rows_before: u64,
    started: Stopwatch,
    last_line: Stopwatch,
}

impl Console {
    /// For a file of so many bytes, whose first rows were imported before.
    pub(super) fn new(bytes: u64, rows_before: u64) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(bytes);
            // A template that does not parse leaves indicatif's own.
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style);
            }
            bar
        });
        let now = Stopwatch::now();
        Self { bar, bytes, rows_before, started: now, last_line: now }
    }

    /// Shows what is confirmed, and how many bytes of the file were read for it.
    pub(super) fn show(&mut self, confirmed: &Confirmed, bytes_read: u64) {
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = (confirmed.rows - self.rows_before) as f64 / seconds;
        let text = format!("{} rows, {} a second", thousands(confirmed.rows), thousands(rate as u64));
        if let Some(bar) = &self.bar {
            bar.set_position(bytes_read);
            bar.set_message(text);
        } else if self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Stopwatch::now();
            let percent = 100 * bytes_read / self.bytes.max(1);
            // Nobody has to listen.
            let _ = writeln!(io::stderr(), "{text}, {percent} % of the file read");
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
