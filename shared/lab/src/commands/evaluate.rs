//! `cargo lab evaluate`: how good a model trained on one period of a history is on a later one.

use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant as Stopwatch;

use clap::{Args, ValueEnum};
use engine::features::NAMES;
use engine::policy::Policy;
use engine::time::{Day, Instant};
use lab::learning::boosting::Recipe;
use lab::learning::handbook::{self, HANDBOOK_START};
use lab::learning::hidden;
use lab::learning::ledger::Ledger;
use lab::learning::metrics::strata::{Stratum, strata};
use lab::learning::period::{DayChoice, Period};
use lab::learning::replay::Replay;
use lab::learning::report::Report;
use lab::learning::trial::{self, Plan, Training, Trial};
use lab::learning::{LearningError, plot};
use serde::Serialize;

use super::{CommandError, HistoryArguments, LearningArguments, share, thousands, to_json, write_file};

/// Train on one period of a labelled history, fix a threshold, and test once on a later period
///
/// Every purchase is scored from what was known when it was an attempt; a label is used from the label delay after its
/// purchase on, and not before.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    history: HistoryArguments,

    /// The first day to train on: a date, or a number of days after the history's first day. What lies before teaches the
    /// profiles
    #[arg(long, value_name = "DAY")]
    train_from: Option<DayChoice>,

    /// The last day to train on
    #[arg(long, value_name = "DAY")]
    train_until: Option<DayChoice>,

    /// The first day to test
    #[arg(long, value_name = "DAY")]
    test_from: Option<DayChoice>,

    /// The last day to test
    #[arg(long, value_name = "DAY")]
    test_until: Option<DayChoice>,

    #[command(flatten)]
    learning: LearningArguments,

    /// The part of the flagged share that the isolation forest may flag; the policy's by default
    #[arg(long, value_name = "SHARE", default_value_t = Policy::default().novelty_share, value_parser = share)]
    novelty_share: f64,

    /// One split, or the Fraud Detection Handbook's four weeks from 2018-07-25 (or from --train-from) with seven days to
    /// train, the delay, and seven days to test
    #[arg(long, value_enum, default_value_t = Protocol::Split)]
    protocol: Protocol,

    /// Also hide this scenario's labels from training and look for it; may be repeated. Needs a column mapped as `scenario`
    #[arg(long, value_name = "SCENARIO")]
    hide_scenario: Vec<String>,

    /// Write every figure to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write the precision-recall and the calibration plot to this folder as SVG
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Protocol {
    Split,
    Fdh,
}

/// The report with what it took.
#[derive(Serialize)]
struct Evaluation<'a> {
    protocol: &'static str,
    rows_read: u64,
    label_delay_days: f64,
    seed: u64,
    features: &'static [&'static str],
    #[serde(flatten)]
    report: &'a Report,
    stages: Vec<(&'static str, f64)>,
    seconds: f64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let mut stages = Stages::begin();
    let mut history = arguments.history.open()?;
    let ledger = Ledger::read(&mut history)?;
    stages.end("read");
    let (first_day, _) = ledger.days().ok_or(LearningError::Empty)?;
    let replay = Replay::new(&ledger, arguments.learning.labels.label_delay.ms());
    let recipe = arguments.learning.recipe();

    let report = match arguments.protocol {
        Protocol::Split => split(arguments, first_day, &ledger, &replay, &recipe, &mut stages)?,
        Protocol::Fdh => fdh(arguments, first_day, &ledger, &replay, &recipe, &mut stages)?,
    };
    if let Some(folder) = &arguments.plots {
        write_plots(folder, &report)?;
    }
    stages.end("report");

    let seconds = stages.seconds();
    let protocol = if arguments.protocol == Protocol::Split { "split" } else { "fdh" };
    print(&report, history.rows(), &stages).map_err(CommandError::Output)?;
    if let Some(path) = &arguments.json {
        let evaluation = Evaluation {
            protocol,
            rows_read: history.rows(),
            label_delay_days: arguments.learning.labels.label_delay.days(),
            seed: arguments.learning.seed,
            features: &NAMES,
            report: &report,
            stages: stages.ended,
            seconds,
        };
        write_file(path, &to_json(&evaluation)?)?;
    }
    Ok(())
}

/// One split, and newcomers on the same test.
fn split(
    arguments: &Arguments,
    first_day: Day,
    ledger: &Ledger,
    replay: &Replay<'_>,
    recipe: &Recipe,
    stages: &mut Stages,
) -> Result<Report, CommandError> {
    let day = |choice: Option<DayChoice>, option| {
        choice.map(|choice| choice.day(first_day)).ok_or(CommandError::OptionNeeded(option))
    };
    let Arguments { train_from, train_until, test_from, test_until, .. } = *arguments;
    let train = Period::new(day(train_from, "--train-from")?, day(train_until, "--train-until")?)?;
    let test = Period::new(day(test_from, "--test-from")?, day(test_until, "--test-until")?)?;
    let training = Training::rehearsed_within(train, arguments.learning.labels.label_delay)?;
    let plan = Plan::new(training, test, arguments.learning.labels.label_delay)?;
    let examples = replay.examples(hull(&[plan]));
    stages.end("replay");
    let trial = trial::carry_out(&plan, ledger, &examples, recipe, arguments.novelty_share)?;
    stages.end("train and test");
    let newcomers = newcomers(ledger, replay, &trial, test);
    stages.end("newcomers");
    let hidden = |name: &String| {
        hidden::look_for(name, &plan, ledger, arguments.learning.labels.label_delay, recipe, arguments.novelty_share)
    };
    let hidden_scenarios = arguments.hide_scenario.iter().map(hidden).collect::<Result<_, _>>()?;
    stages.end("hidden scenarios");
    let report = Report::of(ledger, &[trial], arguments.learning.alpha, arguments.learning.seed);
    Ok(Report { newcomers, hidden_scenarios, ..report })
}

/// How a test goes if nobody had been known before it.
fn newcomers(ledger: &Ledger, replay: &Replay<'_>, trial: &Trial, test: Period) -> Vec<Stratum> {
    let known_from = test.instants().start;
    let examples = replay.examples_of_newcomers(test.instants(), known_from);
    let rows: Vec<usize> = (0..examples.len()).collect();
    strata(&trial.model.test(ledger, &examples, &rows, known_from, trial.novelty_share), ledger.scenarios())
}

/// The handbook's four weeks.
fn fdh(
    arguments: &Arguments,
    first_day: Day,
    ledger: &Ledger,
    replay: &Replay<'_>,
    recipe: &Recipe,
    stages: &mut Stages,
) -> Result<Report, CommandError> {
    let start = match arguments.train_from {
        Some(choice) => choice.day(first_day),
        None => Day::parse(HANDBOOK_START).unwrap_or(first_day),
    };
    let plans = handbook::plans(start, arguments.learning.labels.label_delay)?;
    let examples = replay.examples(hull(&plans));
    stages.end("replay");
    let trial = |plan: &Plan| -> Result<Trial, LearningError> {
        let mut trial = trial::carry_out(plan, ledger, &examples, recipe, arguments.novelty_share)?;
        handbook::without_known_compromised(ledger, plan, arguments.learning.labels.label_delay, &mut trial.tested);
        Ok(trial)
    };
    let trials = plans.iter().map(trial).collect::<Result<Vec<_>, _>>()?;
    stages.end("train and test");
    Ok(Report::of(ledger, &trials, arguments.learning.alpha, arguments.learning.seed))
}

/// The shortest stretch of time that holds all periods of the plans.
fn hull(plans: &[Plan]) -> Range<Instant> {
    let hull = plans.iter().map(Plan::hull).reduce(Period::hull);
    hull.map_or(Instant::EPOCH..Instant::EPOCH, |hull| hull.instants())
}

fn write_plots(folder: &Path, report: &Report) -> Result<(), CommandError> {
    let io_error = |source| CommandError::File { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(io_error)?;
    let curve = plot::precision_recall(&report.curve, report.base_rate, report.average_precision);
    write_file(&folder.join("precision-recall.svg"), curve.as_bytes())?;
    let calibration = plot::calibration(&report.calibration, report.calibration_error);
    write_file(&folder.join("calibration.svg"), calibration.as_bytes())
}

fn print(report: &Report, rows_read: u64, stages: &Stages) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{} rows read", thousands(rows_read))?;
    write!(out, "{report}")?;
    let shown: Vec<String> = stages.ended.iter().map(|(name, seconds)| format!("{name} {seconds:.1}")).collect();
    writeln!(out, "\nseconds                    {:.1} ({})", stages.seconds(), shown.join(", "))
}

/// How long each stage took.
struct Stages {
    begun: Stopwatch,
    last: Stopwatch,
    ended: Vec<(&'static str, f64)>,
}

impl Stages {
    fn begin() -> Self {
        let now = Stopwatch::now();
        Self { begun: now, last: now, ended: Vec::new() }
    }

    fn end(&mut self, name: &'static str) {
        self.ended.push((name, self.last.elapsed().as_secs_f64()));
        self.last = Stopwatch::now();
    }

    fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }
}
