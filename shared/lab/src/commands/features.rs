//! `cargo lab features`: what a model sees of each purchase, as CSV, to train one elsewhere.

use std::fs::File;
use std::io::{self, Write};

use clap::Args;
use engine::features::COUNT;
use lab::learning::LearningError;
use lab::learning::feature_table::{self, Counts};
use lab::learning::ledger::Ledger;
use lab::learning::period::{DayChoice, Period};
use lab::learning::replay::Replay;

use super::{CommandError, HistoryArguments, LabelArguments, OutArguments, percent, thousands};

/// Write the features of every purchase as CSV, to train a model elsewhere, such as with XGBoost in Python
///
/// A line for each purchase in order of time: `occurred_at`, `customer_id`, `label` (1, 0 or empty), then the features by name
/// in the order that a model must have. A feature that cannot be known is empty. Each is computed from what was known when the
/// purchase was an attempt; a label counts for later purchases from the label delay after its own on. The column `label` has
/// every label, whenever it became known: leave a gap of the delay between the days to train on and the days to test on.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    history: HistoryArguments,

    /// The first day to write: a date, or a number of days after the history's first day, which it is by default. What lies
    /// before teaches the profiles
    #[arg(long, value_name = "DAY")]
    from: Option<DayChoice>,

    /// The last day to write; the history's last day by default
    #[arg(long, value_name = "DAY")]
    until: Option<DayChoice>,

    #[command(flatten)]
    labels: LabelArguments,

    #[command(flatten)]
    out: OutArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let ledger = Ledger::read(&mut arguments.history.open()?)?;
    let (first, last) = ledger.days().ok_or(LearningError::Empty)?;
    let day = |choice: Option<DayChoice>, otherwise| choice.map_or(otherwise, |choice: DayChoice| choice.day(first));
    let period = Period::new(day(arguments.from, first), day(arguments.until, last))?;
    let examples = Replay::new(&ledger, arguments.labels.label_delay.ms()).examples(period.instants());
    if examples.is_empty() {
        return Err(LearningError::NoPurchases { period, history: Period::new(first, last)? }.into());
    }
    let Some(path) = arguments.out.file() else {
        let written = feature_table::write(&ledger, &examples, io::stdout().lock());
        return written.map(|_| ()).map_err(CommandError::Output);
    };
    let written = File::create(path).and_then(|file| feature_table::write(&ledger, &examples, file));
    let Counts { rows, labelled, positive } =
        written.map_err(|source| CommandError::File { path: path.to_owned(), source })?;
    writeln!(
        io::stdout(),
        "{}: {COUNT} features of {} purchases of {period}; {} have a label, {} of them positive: base rate {}",
        path.display(),
        thousands(rows),
        thousands(labelled),
        thousands(positive),
        percent(positive, labelled),
    )
    .map_err(CommandError::Output)
}
