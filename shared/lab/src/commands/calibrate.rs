//! `cargo lab calibrate`: what a model that was trained elsewhere is worth, so that the engine can use it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use engine::features::NAMES;
use engine::model::{ModelError, Trees};
use lab::learning::LearningError;
use lab::learning::ledger::Ledger;
use lab::learning::metrics::Tested;
use lab::learning::metrics::alerts::Alerts;
use lab::learning::metrics::ranking::{Quality, Ranking};
use lab::learning::novelty::Novelty;
use lab::learning::period::{DayChoice, Period};
use lab::learning::reference::reference;
use lab::learning::replay::Replay;
use lab::learning::trial;

use super::{
    CommandError, HistoryArguments, LabelArguments, next_steps, percent, read_file, share, thousands, to_json,
    write_file,
};

/// Write the calibration.json of a model.json that was trained elsewhere, such as with XGBoost in Python
///
/// Scores the labelled purchases of a period that the model was not trained on: on purchases that it has seen, its scores look
/// better than they are, and too many genuine ones to come would be flagged. The isolation forest is the forest.bin beside the
/// model; if there is none, one is grown on the same period and written there.
#[derive(Args)]
pub(crate) struct Arguments {
    /// XGBoost's model.json, trained on the columns of `cargo lab features` in their order
    #[arg(long, value_name = "FILE")]
    model: PathBuf,

    #[command(flatten)]
    history: HistoryArguments,

    /// The first day to score, later than the last one trained on: a date, or a number of days after the history's first
    /// day. What lies before teaches the profiles
    #[arg(long, value_name = "DAY")]
    from: DayChoice,

    /// The last day to score
    #[arg(long, value_name = "DAY")]
    until: DayChoice,

    #[command(flatten)]
    labels: LabelArguments,

    /// The share of genuine purchases at which to print precision and recall; the file does not depend on it
    #[arg(long, value_name = "SHARE", default_value_t = 0.001, value_parser = share)]
    alpha: f64,

    /// Another seed grows another forest, where there is none yet
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let path = &arguments.model;
    let model_json = read_file(path)?;
    let trees = Trees::from_xgboost_json(&model_json, &NAMES).map_err(unusable(path))?;
    // What cannot be used should be known before a long history is read.
    let forest_path = path.with_file_name("forest.bin");
    let given = if forest_path.exists() {
        Some(Novelty::from_table(&read_file(&forest_path)?).map_err(unusable(&forest_path))?)
    } else {
        None
    };

    let ledger = Ledger::read(&mut arguments.history.open()?)?;
    let (first, last) = ledger.days().ok_or(LearningError::Empty)?;
    let period = Period::new(arguments.from.day(first), arguments.until.day(first))?;
    let examples = Replay::new(&ledger, arguments.labels.label_delay.ms()).examples(period.instants());
    if examples.is_empty() {
        return Err(LearningError::NoPurchases { period, history: Period::new(first, last)? }.into());
    }
    let rows: Vec<usize> = (0..examples.len()).collect();
    let is_new = given.is_none();
    let forest = match given {
        Some(forest) => forest,
        None => Novelty::fit(&examples, &rows, arguments.seed).map_err(LearningError::from)?,
    };
    let (calibration, tested) = trial::calibrate((&model_json, &trees), &forest, &ledger, &examples, &rows)
        .ok_or(LearningError::NothingGenuine { period })?;
    if is_new {
        write_file(&forest_path, &forest.to_table())?;
    }
    let reference = reference(&trees, &calibration.model_sha256, &examples);
    write_file(&path.with_file_name("reference.json"), &reference.to_json().map_err(CommandError::Json)?)?;
    let calibration_path = path.with_file_name("calibration.json");
    write_file(&calibration_path, &to_json(&calibration)?)?;
    print(arguments, period, &tested, (is_new, &calibration_path)).map_err(CommandError::Output)?;
    next_steps(path, &calibration).map_err(CommandError::Output)
}

fn unusable(path: &Path) -> impl FnOnce(ModelError) -> CommandError {
    let path = path.to_owned();
    move |source| CommandError::Model { path, source }
}

/// Says what was written, and how the model scored.
fn print(
    arguments: &Arguments,
    period: Period,
    tested: &[Tested],
    (forest_is_new, calibration): (bool, &Path),
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let forest = if forest_is_new { "a new forest.bin" } else { "the forest.bin beside it" };
    let alpha = arguments.alpha;
    let alerts = Alerts::at(alpha, tested);
    writeln!(
        out,
        "{}: for this model and {forest}, by {} genuine purchases of {period}",
        calibration.display(),
        thousands(alerts.genuine),
    )?;
    if alerts.positives == 0 {
        return writeln!(out, "no purchase of these days is labelled positive: how good the model is cannot be said");
    }
    let Quality { auc, average_precision } = Ranking::of(tested).quality();
    writeln!(
        out,
        "on these days: base rate {}, AUC {auc:.4}, average precision {average_precision:.4}; at alpha {alpha} precision \
         {:.4}, recall {:.4}",
        percent(alerts.positives, tested.len() as u64),
        alerts.precision(),
        alerts.recall(),
    )
}
