//! `cargo lab train`: a folder with the models that the engine loads, and a card that says what they are.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use engine::features::NAMES;
use engine::novelty::seen_names;
use engine::score::sha256;
use lab::learning::LearningError;
use lab::learning::artefacts::{ModelCard, RehearsalCard};
use lab::learning::ledger::Ledger;
use lab::learning::period::{DayChoice, Period};
use lab::learning::reference::reference;
use lab::learning::replay::Replay;
use lab::learning::trial::{self, Training};

use super::{
    CommandError, HistoryArguments, LabelArguments, LearningArguments, next_steps, percent_of, read_file, thousands,
    to_json, write_file,
};

/// Train models on a labelled history and write them to a folder
///
/// The folder holds model.json (XGBoost's format), forest.bin, calibration.json, and a model card as JSON and Markdown.
/// How good such a model is on days that it has not seen is what `cargo lab evaluate` tells.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    history: HistoryArguments,

    /// The first day to train on: a date, or a number of days after the history's first day, which it is by default
    #[arg(long, value_name = "DAY")]
    train_from: Option<DayChoice>,

    /// The last day to train on; the history's last day by default
    #[arg(long, value_name = "DAY")]
    train_until: Option<DayChoice>,

    #[command(flatten)]
    learning: LearningArguments,

    /// Where to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let mut history = arguments.history.open()?;
    let ledger = Ledger::read(&mut history)?;
    let (first, last) = ledger.days().ok_or(LearningError::Empty)?;
    let day = |choice: Option<DayChoice>, otherwise| choice.map_or(otherwise, |choice: DayChoice| choice.day(first));
    let period = Period::new(day(arguments.train_from, first), day(arguments.train_until, last))?;
    let LearningArguments { labels: LabelArguments { label_delay }, alpha, .. } = arguments.learning;
    let training = Training::rehearsed_within(period, label_delay)?;
    let recipe = arguments.learning.recipe();

    // What comes after the period has no labels yet, as in live work; its scores help to calibrate.
    let preview = period.instants().end..period.instants().end.plus_ms(label_delay.ms());
    let examples = Replay::new(&ledger, label_delay.ms()).examples(period.instants().start..preview.end);
    let trained = trial::train(&training, &preview, &ledger, &examples, &recipe)?;
    let forest = trained.forest.to_table();

    let data = arguments.history.path();
    let card = ModelCard {
        data: data.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        data_sha256: sha256(&read_file(data)?),
        rows_read: history.rows(),
        trained_on: period.to_string(),
        train_rows: trained.trained_on as u64,
        label_delay_days: label_delay.days(),
        trees: trained.trees.count() as u64,
        features: &NAMES,
        gains: trained.trees.gains().to_vec(),
        forest_features: seen_names(),
        recipe,
        rehearsal: RehearsalCard::of(&training, &trained, alpha),
        model_sha256: trained.calibration.model_sha256.clone(),
        forest_sha256: trained.calibration.forest_sha256.clone(),
    };
    let folder = &arguments.out;
    fs::create_dir_all(folder).map_err(|source| CommandError::File { path: folder.clone(), source })?;
    write_file(&folder.join("model.json"), trained.trees.model_json())?;
    write_file(&folder.join("forest.bin"), &forest)?;
    write_file(&folder.join("calibration.json"), &to_json(&trained.calibration)?)?;
    let reference = reference(trained.trees.trees(), &trained.calibration.model_sha256, &examples);
    write_file(&folder.join("reference.json"), &reference.to_json().map_err(CommandError::Json)?)?;
    write_file(&folder.join("card.json"), &to_json(&card)?)?;
    write_file(&folder.join("card.md"), card.to_markdown().as_bytes())?;
    writeln!(
        io::stdout(),
        "{}: {} trees, trained on {} purchases of {period}; average precision in the rehearsal {:.4}, at a base rate of {}; \
         card.md says more",
        folder.display(),
        card.trees,
        thousands(card.train_rows),
        card.rehearsal.average_precision,
        percent_of(card.rehearsal.base_rate),
    )
    .map_err(CommandError::Output)?;
    next_steps(&folder.join("model.json"), &trained.calibration).map_err(CommandError::Output)
}
