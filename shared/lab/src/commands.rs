//! The commands, and what they have in common.

pub(crate) mod backtest;
pub(crate) mod calibrate;
pub(crate) mod evaluate;
pub(crate) mod evaluate_interventions;
pub(crate) mod features;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod policy;
pub(crate) mod report;
pub(crate) mod simulate;
mod target;
pub(crate) mod train;

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use engine::calibration::Calibration;
use engine::currency::Currency;
use engine::model::ModelError;
use engine::policy::{Policy, PolicyError};
use engine::score::Models;
use lab::history::{ColumnMap, History, HistoryError};
use lab::import::ImportError;
use lab::learning::LearningError;
use lab::learning::boosting::Recipe;
use lab::learning::period::Span;
use serde::Serialize;
use store::StoreError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The history cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// An option is missing that this protocol needs.
    #[error("a split needs {0} DAY: a date, or a number of days after the history's first day")]
    OptionNeeded(&'static str),
    /// A model cannot be read.
    #[error("cannot use {}: {source}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ModelError,
    },
    /// The models cannot be used.
    #[error("the models compiled in: {0}")]
    CompiledIn(#[source] ModelError),
    /// The templates compiled in do not load.
    #[error(transparent)]
    Templates(#[from] engine::message::TemplateError),
    /// A running Guardian gave no report.
    #[error("no report from {url}: {what}")]
    Report {
        /// What was asked for.
        url: String,
        /// What went wrong.
        what: String,
    },
    /// Policies cannot be used.
    #[error("{0}")]
    Policies(String),
    /// The history cannot be learned from as asked.
    #[error(transparent)]
    Learning(#[from] LearningError),
    /// The table cannot be used.
    #[error("{place}: {source}")]
    Table {
        /// Where the table was looked for: an endpoint or a region.
        place: String,
        /// The table's reason.
        source: StoreError,
    },
    /// Nothing says in which region the table is.
    #[error("no AWS region is set: give --region, AWS_REGION or a profile that has one")]
    NoRegion,
    /// The threads that write cannot be started.
    #[error("cannot start threads: {0}")]
    Threads(#[source] io::Error),
    /// The import did not reach the history's end.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The import reached the history's end, and left rows out.
    #[error("{0}")]
    Conflicts(String),
    /// What was found cannot be written as JSON.
    #[error("cannot write the figures as JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// Standard output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[source] io::Error),
    /// A file cannot be read a second time.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// Which history to read, and how. The same options for every command that reads one.
#[derive(Args)]
pub(crate) struct HistoryArguments {
    /// A CSV file with a header line, plain or compressed (.gz, .xz, .zst)
    #[arg(long, value_name = "FILE")]
    data: PathBuf,

    /// Which column is what, such as `occurred_at=TX_DATETIME,customer_id=CUSTOMER_ID,amount=TX_AMOUNT`; also
    /// `merchant_id`, `category`, `payment_method`, `currency`, `label`, `scenario` and `id`. Without it, columns are expected
    /// to have these names
    #[arg(long, value_name = "ROLE=COLUMN,…")]
    columns: Option<ColumnMap>,

    /// The currency of amounts for which no column says another
    #[arg(long, value_name = "CODE", default_value = "EUR", value_parser = Currency::parse)]
    currency: Currency,
}

impl HistoryArguments {
    pub(crate) fn path(&self) -> &Path {
        &self.data
    }

    pub(crate) fn open(&self) -> Result<History, HistoryError> {
        History::open(&self.data, &self.columns.clone().unwrap_or_default(), self.currency)
    }

    /// Reads the file's content from `source`, which may watch how far it is read.
    pub(crate) fn open_from(&self, source: impl Read + Send + 'static) -> Result<History, HistoryError> {
        let name = self.data.display().to_string();
        History::from_reader(&name, source, &self.columns.clone().unwrap_or_default(), self.currency)
    }

    /// How the file is read, in the words of the options.
    pub(crate) fn reading(&self) -> String {
        let columns = self.columns.as_ref().map(|columns| format!("--columns {columns} ")).unwrap_or_default();
        format!("{columns}--currency {}", self.currency)
    }
}

/// When labels arrive. The same option for every command that replays a history.
#[derive(Args)]
pub(crate) struct LabelArguments {
    /// How long after its purchase a label becomes known
    #[arg(long, value_name = "SPAN", default_value = "7d")]
    label_delay: Span,
}

/// How to learn from a history. The same options for every command that trains.
#[derive(Args)]
pub(crate) struct LearningArguments {
    #[command(flatten)]
    labels: LabelArguments,

    /// The share of genuine purchases that may be flagged
    #[arg(long, value_name = "SHARE", default_value_t = 0.001, value_parser = share)]
    alpha: f64,

    /// Another seed samples other rows, features and customers
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// The most trees to grow; a rehearsal ends earlier where more do not help
    #[arg(long, value_name = "N", default_value_t = Recipe::default().trees_max)]
    trees_max: usize,
}

impl LearningArguments {
    /// How trees are grown.
    pub(crate) fn recipe(&self) -> Recipe {
        Recipe { seed: self.seed, trees_max: self.trees_max, ..Recipe::default() }
    }
}

/// Where to write rows. The same option for every command that writes a table.
#[derive(Args)]
pub(crate) struct OutArguments {
    /// Where to write; standard output without it, or if it is `-`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl OutArguments {
    /// The file to write; `None` is standard output.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.out.as_deref().filter(|path| *path != Path::new("-"))
    }
}

/// A share as it is given, such as 0.001.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share: &f64| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "a share lies between 0 and 1, such as 0.001".to_owned())
}

/// Reads a file whole.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, CommandError> {
    fs::read(path).map_err(|source| CommandError::Read { path: path.to_owned(), source })
}

/// Reads a policy.
pub(crate) fn read_policy(path: &Path) -> Result<Policy, CommandError> {
    let wrong = |error: PolicyError| CommandError::Policies(format!("cannot use {}: {error}", path.display()));
    Policy::from_json(&read_file(path)?).map_err(wrong)
}

/// The models of the `model.json` at a path and the files beside it; without one, those compiled in.
pub(crate) fn read_models(model_json: Option<&Path>) -> Result<Models, CommandError> {
    let Some(path) = model_json else { return Models::compiled_in().map_err(CommandError::CompiledIn) };
    let beside = |name| read_file(&path.with_file_name(name));
    Models::from_files(&read_file(path)?, &beside("forest.bin")?, &beside("calibration.json")?)
        .map_err(|source| CommandError::Model { path: path.to_owned(), source })
}

/// Which models score. The same option for every command that decides.
#[derive(Args)]
pub(crate) struct ModelArguments {
    /// The model.json of the models that score, as `MODEL_PATH` names it, which holds without this option; without both, the models
    /// compiled in
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
}

impl ModelArguments {
    pub(crate) fn read(&self) -> Result<Models, CommandError> {
        #[expect(clippy::disallowed_methods, reason = "the lab scores with the models that the functions would")]
        let deployed = std::env::var_os("MODEL_PATH").filter(|path| !path.is_empty());
        read_models(self.model.as_deref().or(deployed.as_deref().map(Path::new)))
    }
}

/// Writes a file whole.
pub(crate) fn write_file(path: &Path, content: &[u8]) -> Result<(), CommandError> {
    fs::write(path, content).map_err(|source| CommandError::File { path: path.to_owned(), source })
}

/// Anything as indented JSON with a newline at its end.
pub(crate) fn to_json(value: &impl Serialize) -> Result<Vec<u8>, CommandError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(CommandError::Json)?;
    text.push(b'\n');
    Ok(text)
}

/// A number with its thousands set apart: `1,754,155`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share of a whole: `0.837 %`; `0 %` of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if part == 0 { "0 %".to_owned() } else { percent_of(part as f64 / whole as f64) }
}

/// A share: `0.837 %`.
pub(crate) fn percent_of(share: f64) -> String {
    format!("{:.3} %", 100.0 * share)
}

/// Says how models that were just written are put to use, and which channel has seen too few genuine purchases to step in on
/// anything: no p-value is smaller than what so many purchases can vouch for.
pub(crate) fn next_steps(model: &Path, calibration: &Calibration) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Policy { alpha, novelty_share, .. } = Policy::default();
    for (channel, tail, share) in
        [("trees", &calibration.trees, 1.0 - novelty_share), ("isolation forest", &calibration.forest, novelty_share)]
    {
        if tail.least / share > alpha {
            writeln!(
                out,
                "note: there were too few genuine purchases for the {channel} to step in: their smallest p-value is {}, the \
                 default policy asks for {}; more days or customers are needed",
                percent_of(tail.least),
                percent_of(alpha * share),
            )?;
        }
    }
    writeln!(out, "to use them: MODEL_PATH={} cargo local", model.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_754_155, "1,754,155")] {
            assert_eq!(thousands(number), text);
        }
        assert_eq!(percent(14_681, 1_754_155), "0.837 %");
        assert_eq!(percent(0, 0), "0 %");
    }
}
