//! `cargo lab calibrate`: what a model that was trained elsewhere is worth, so that the engine can use it.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use engine::features::NAMES;
use engine::model::Trees;
use lab::learning::LearningError;
use lab::learning::ledger::Ledger;
use lab::learning::metrics::alerts::Alerts;
use lab::learning::metrics::ranking::{Quality, Ranking};
use lab::learning::novelty::Novelty;
use lab::learning::period::{DayChoice, Period};
use lab::learning::replay::Replay;
use lab::learning::trial;

use super::{CommandError, HistoryArguments, LearningArguments, read_file, thousands, to_json, write_file};

/// Write the calibration.json of a model.json that was trained elsewhere, such as with XGBoost in Python
///
/// Scores the labelled purchases of a period that the model was not trained on. The isolation forest is the forest.bin
/// beside the model; if there is none, one is grown on the same period and written there.
#[derive(Args)]
pub(crate) struct Arguments {
    /// XGBoost's model.json, trained on the engine's features in their order
    #[arg(long, value_name = "FILE")]
    model: PathBuf,

    #[command(flatten)]
    history: HistoryArguments,

    /// The first day to score: a date, or a number of days after the history's first day. What lies before teaches the
    /// profiles
    #[arg(long, value_name = "DAY")]
    from: DayChoice,

    /// The last day to score
    #[arg(long, value_name = "DAY")]
    until: DayChoice,

    #[command(flatten)]
    learning: LearningArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let path = &arguments.model;
    let model_json = read_file(path)?;
    let unusable = |path: &PathBuf| {
        let path = path.clone();
        move |source| CommandError::Model { path, source }
    };
    let trees = Trees::from_xgboost_json(&model_json, &NAMES).map_err(unusable(path))?;

    let ledger = Ledger::read(&mut arguments.history.open()?)?;
    let (first, _) = ledger.days().ok_or(LearningError::Empty)?;
    let period = Period::new(arguments.from.day(first), arguments.until.day(first))?;
    let examples = Replay::new(&ledger, arguments.learning.label_delay.ms()).examples(period.instants());
    let rows: Vec<usize> = (0..examples.len()).collect();

    let forest_path = path.with_file_name("forest.bin");
    let forest = if forest_path.exists() {
        Novelty::from_table(&read_file(&forest_path)?).map_err(unusable(&forest_path))?
    } else {
        let forest = Novelty::fit(&examples, &rows, arguments.learning.seed).map_err(LearningError::from)?;
        write_file(&forest_path, &forest.to_table())?;
        forest
    };
    let (calibration, tested) = trial::calibrate((&model_json, &trees), &forest, &ledger, &examples, &rows)
        .ok_or(LearningError::NothingToTest { period })?;
    let calibration_path = path.with_file_name("calibration.json");
    write_file(&calibration_path, &to_json(&calibration)?)?;

    let Quality { auc, average_precision } = Ranking::of(&tested).quality();
    let alpha = arguments.learning.alpha;
    let alerts = Alerts::at(alpha, &tested);
    writeln!(
        io::stdout(),
        "{}: by {} genuine purchases of {period}; base rate {:.4}, AUC {auc:.4}, average precision {average_precision:.4}, \
         at alpha {alpha} precision {:.4} and recall {:.4}",
        calibration_path.display(),
        thousands(alerts.genuine),
        alerts.positives as f64 / tested.len() as f64,
        alerts.precision(),
        alerts.recall(),
    )
    .map_err(CommandError::Output)
}
