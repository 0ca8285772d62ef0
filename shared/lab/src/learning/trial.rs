//! A trial: train on one period, fix everything, test once on a later one.
//!
//! ```text
//!        ├─────────────── train ───────────────┤ delay ├──── test ────┤
//!        ├─ rehearsal: train ─┤ delay ├─ test ─┤
//! ```
//! What has to be chosen beforehand is chosen in a rehearsal: the same thing one step earlier, within what is known when the
//! test begins. The number of trees comes from it, and one of the two sources of the [`super::tail`]; the other is the
//! scores of the days of the delay, whose labels have not arrived and are not looked at.
//!
//! Architecture Invariant: nothing here looks at a label before it arrives. [`Plan`] can only be made of periods that keep
//! the delay.

use std::ops::Range;

use engine::calibration::{Calibration, FORMAT, Tail};
use engine::model::Trees;
use engine::score::{probability, sha256};
use engine::time::Instant;
use rayon::prelude::*;

use super::boosting::{Recipe, Trainable, Trained};
use super::error::LearningError;
use super::examples::Examples;
use super::ledger::Ledger;
use super::metrics::Tested;
use super::novelty::Novelty;
use super::period::{Period, Span};
use super::tail::{Weighted, tail};

/// The share of the training period that its rehearsal tests on.
const REHEARSAL_SHARE: f64 = 0.25;

/// What to train on and what to test on, with a delay between the two that labels keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    train: Period,
    test: Period,
}

impl Stretch {
    /// Two periods, the second later than the first by at least the delay.
    ///
    /// # Errors
    /// [`LearningError::LabelsTooLate`] otherwise.
    pub fn new(train: Period, test: Period, label_delay: Span) -> Result<Self, LearningError> {
        if train.instants().end.plus_ms(label_delay.ms()) > test.instants().start {
            return Err(LearningError::LabelsTooLate { train_until: train.until, test_from: test.from });
        }
        Ok(Self { train, test })
    }

    /// The days to train on.
    pub fn train(&self) -> Period {
        self.train
    }

    /// The days to test on.
    pub fn test(&self) -> Period {
        self.test
    }
}

/// The days to train on, and the rehearsal in which things are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Training {
    period: Period,
    rehearsal: Stretch,
}

/// A training, and the later days on which it is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    training: Training,
    test: Period,
}

impl Training {
    /// A training on the days on which `rehearsal` tests.
    pub fn rehearsed_by(rehearsal: Stretch) -> Self {
        Self { period: rehearsal.test, rehearsal }
    }

    /// A training whose rehearsal takes place within its period.
    ///
    /// # Errors
    /// [`LearningError`] if the period is too short for a rehearsal.
    pub fn rehearsed_within(period: Period, label_delay: Span) -> Result<Self, LearningError> {
        let gap_days = label_delay.whole_days();
        let test_days = ((f64::from(period.days()) * REHEARSAL_SHARE) as i32).max(1);
        let train_days = period.days() - test_days - gap_days;
        if train_days < 1 {
            return Err(LearningError::TooShortToRehearse { train: period, days_needed: gap_days + test_days + 1 });
        }
        let test = Period::of_days(period.until.plus_days(1 - test_days), test_days);
        let rehearsal = Stretch::new(Period::of_days(period.from, train_days), test, label_delay)?;
        Ok(Self { period, rehearsal })
    }

    /// The days to train on.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The same one step earlier.
    pub fn rehearsal(&self) -> Stretch {
        self.rehearsal
    }
}

impl Plan {
    /// A training and a test that is later by at least the label delay.
    ///
    /// # Errors
    /// [`LearningError::LabelsTooLate`] otherwise.
    pub fn new(training: Training, test: Period, label_delay: Span) -> Result<Self, LearningError> {
        Stretch::new(training.period, test, label_delay).map(|_| Self { training, test })
    }

    /// The training.
    pub fn training(&self) -> Training {
        self.training
    }

    /// The days to test on.
    pub fn test(&self) -> Period {
        self.test
    }

    /// The shortest period that holds all of the plan's.
    pub fn hull(&self) -> Period {
        let Training { period, rehearsal } = self.training;
        self.test.hull(period).hull(rehearsal.train).hull(rehearsal.test)
    }
}

/// What a training gives: both channels, and what their scores are worth.
#[derive(Debug)]
pub struct TrainedModel {
    /// The trees.
    pub trees: Trained,
    /// The isolation forest.
    pub forest: Novelty,
    /// How rare their scores are among genuine purchases.
    pub calibration: Calibration,
    /// How many purchases the trees were trained on.
    pub trained_on: usize,
    /// How many purchases, not labelled yet, helped to calibrate.
    pub previewed: usize,
    /// The rehearsal's test.
    pub rehearsed: Vec<Tested>,
}

/// What both channels say of a purchase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The trees' score, in log-odds.
    pub trees: f32,
    /// The forest's score, 0 to 1.
    pub forest: f64,
}

impl TrainedModel {
    /// What both channels say of some rows of examples.
    pub fn scores(&self, examples: &Examples, rows: &[usize]) -> Vec<Scored> {
        scores(self.trees.trees(), &self.forest, examples, rows)
    }

    /// The labelled ones of some rows of examples, scored by what was known of customers from `known_from` on. The forest has
    /// `novelty_share` of the alarms.
    pub fn test(
        &self,
        ledger: &Ledger,
        examples: &Examples,
        rows: &[usize],
        known_from: Instant,
        novelty_share: f64,
    ) -> Vec<Tested> {
        let calibration = &self.calibration;
        let p_value = |Scored { trees, forest }| calibration.p_values(f64::from(trees), forest, novelty_share).both();
        let scored = self.scores(examples, rows).into_iter().map(|scored| (scored.trees, p_value(scored)));
        tested(ledger, examples, rows, scored, known_from)
    }
}

/// What a trial gives.
#[derive(Debug)]
pub struct Trial {
    /// What was carried out.
    pub plan: Plan,
    /// What the training gave.
    pub model: TrainedModel,
    /// The share of the alarms that the forest has.
    pub novelty_share: f64,
    /// The labelled purchases of the test, scored.
    pub tested: Vec<Tested>,
}

impl Trial {
    /// The tested purchases with the p-values of the trees alone.
    pub fn tested_by_trees_alone(&self) -> impl Iterator<Item = Tested> + '_ {
        let tail = &self.model.calibration.trees;
        self.tested.iter().map(|tested| Tested { p_value: tail.p_value(f64::from(tested.score)), ..*tested })
    }
}

/// Rehearses, trains and calibrates. `examples` must hold all of the training's periods; what they hold of `preview`, the days
/// after the training whose labels have not arrived, helps to calibrate.
///
/// # Errors
/// [`LearningError`] if a period lacks labels of both kinds.
pub fn train(
    training: &Training,
    preview: &Range<Instant>,
    ledger: &Ledger,
    examples: &Examples,
    recipe: &Recipe,
) -> Result<TrainedModel, LearningError> {
    let trainable = Trainable::new(examples, ledger)?;
    let rows_in = |period: Period| examples.rows_in(ledger, &period.instants());

    let rehearsal_test = rows_in(training.rehearsal.test);
    let rehearsal = trainable.train_watched(&rows_in(training.rehearsal.train), &rehearsal_test, recipe)?;
    let rows = rows_in(training.period);
    let trees = trainable.train(&rows, &Recipe { trees_max: rehearsal.count(), ..recipe.clone() })?;
    let forest = Novelty::fit(examples, &rows, recipe.seed)?;

    let preview = examples.rows_in(ledger, preview);
    let rehearsed = scores(rehearsal.trees(), &forest, examples, &rehearsal_test);
    let calibrating = Calibrating {
        rehearsed: labels(ledger, examples, &rehearsal_test).zip(rehearsed.iter().copied()).collect(),
        previewed: scores(trees.trees(), &forest, examples, &preview),
    };
    let calibration = calibrating.calibration(trees.model_json(), &forest.to_table()).ok_or(LearningError::NoLabels)?;
    let rehearsed = tested_by_trees(ledger, examples, &rehearsal_test, &rehearsed, &calibration);
    Ok(TrainedModel { trees, forest, calibration, trained_on: rows.len(), previewed: preview.len(), rehearsed })
}

/// Scores by which p-values are calibrated.
struct Calibrating {
    /// Scores of the rehearsal with their labels, where there are any.
    rehearsed: Vec<(Option<bool>, Scored)>,
    /// Scores whose labels have not arrived.
    previewed: Vec<Scored>,
}

impl Calibrating {
    fn calibration(&self, model_json: &[u8], forest: &[u8]) -> Option<Calibration> {
        Some(Calibration {
            format: FORMAT,
            model_sha256: sha256(model_json),
            forest_sha256: sha256(forest),
            trees: self.tail(|scored| f64::from(scored.trees))?,
            forest: self.tail(|scored| scored.forest)?,
        })
    }

    fn tail(&self, score: impl Fn(&Scored) -> f64) -> Option<Tail> {
        let genuine = self.rehearsed.iter().filter(|(label, _)| *label == Some(false));
        let rehearsed = genuine.map(|(_, scored)| Weighted { score: score(scored), genuine: 1.0 });
        let previewed = self
            .previewed
            .iter()
            .map(|scored| Weighted { score: score(scored), genuine: 1.0 - probability(f64::from(scored.trees)) });
        tail(&[rehearsed.collect(), previewed.collect()])
    }
}

/// Carries out a plan. `examples` must hold all its periods.
///
/// # Errors
/// [`LearningError`] if a period lacks labels of both kinds.
pub fn carry_out(
    plan: &Plan,
    ledger: &Ledger,
    examples: &Examples,
    recipe: &Recipe,
    novelty_share: f64,
) -> Result<Trial, LearningError> {
    let between = plan.training.period.instants().end..plan.test.instants().start;
    let model = train(&plan.training, &between, ledger, examples, recipe)?;
    let rows = examples.rows_in(ledger, &plan.test.instants());
    let tested = model.test(ledger, examples, &rows, Instant::EPOCH, novelty_share);
    if !tested.iter().any(|tested| tested.is_positive) || tested.iter().all(|tested| tested.is_positive) {
        return Err(LearningError::NothingToTest { period: plan.test });
    }
    Ok(Trial { plan: *plan, model, novelty_share, tested })
}

/// What both channels say of some rows of examples.
fn scores(trees: &Trees, forest: &Novelty, examples: &Examples, rows: &[usize]) -> Vec<Scored> {
    let margins: Vec<f32> = rows.par_iter().map(|row| trees.margin(examples.features(*row))).collect();
    margins.into_iter().zip(forest.scores(examples, rows)).map(|(trees, forest)| Scored { trees, forest }).collect()
}

/// Calibrates models that were not trained on `rows`, and tells how they score the labelled ones; `None` if no label says
/// genuine.
pub fn calibrate(
    (model_json, trees): (&[u8], &Trees),
    forest: &Novelty,
    ledger: &Ledger,
    examples: &Examples,
    rows: &[usize],
) -> Option<(Calibration, Vec<Tested>)> {
    let scored = scores(trees, forest, examples, rows);
    let rehearsed = labels(ledger, examples, rows).zip(scored.iter().copied()).collect();
    let calibration = Calibrating { rehearsed, previewed: Vec::new() }.calibration(model_json, &forest.to_table())?;
    let tested = tested_by_trees(ledger, examples, rows, &scored, &calibration);
    Some((calibration, tested))
}

/// The labelled ones of `rows` with the scores and p-values of the trees alone.
fn tested_by_trees(
    ledger: &Ledger,
    examples: &Examples,
    rows: &[usize],
    scored: &[Scored],
    calibration: &Calibration,
) -> Vec<Tested> {
    let scored = scored.iter().map(|scored| (scored.trees, calibration.trees.p_value(f64::from(scored.trees))));
    tested(ledger, examples, rows, scored, Instant::EPOCH)
}

fn labels<'a>(
    ledger: &'a Ledger,
    examples: &'a Examples,
    rows: &'a [usize],
) -> impl Iterator<Item = Option<bool>> + 'a {
    rows.iter().map(|row| ledger.purchases().get(examples.position(*row)?)?.label)
}

/// The labelled ones of `rows` with their scores and p-values, which knew of purchases from `known_from` on only.
pub fn tested(
    ledger: &Ledger,
    examples: &Examples,
    rows: &[usize],
    scored: impl IntoIterator<Item = (f32, f64)>,
    known_from: Instant,
) -> Vec<Tested> {
    let scored = rows.iter().zip(scored);
    scored
        .filter_map(|(row, (score, p_value))| {
            let position = examples.position(*row)?;
            let purchase = ledger.purchases().get(position)?;
            Some(Tested {
                score,
                p_value,
                is_positive: purchase.label?,
                customer: purchase.customer,
                at: purchase.instant(),
                earlier: ledger.earlier(position, known_from),
                begins_burst: ledger.begins_burst(position),
                scenario: purchase.scenario,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use engine::time::Day;

    use super::*;

    fn days(from: i32, until: i32) -> Period {
        let first = Day::parse("2018-04-01").unwrap();
        Period::new(first.plus_days(from), first.plus_days(until)).unwrap()
    }

    #[track_caller]
    fn check(train: Period, test: Period, delay: &str, expect: Result<(Period, Period), &str>) {
        let delay = delay.parse().unwrap();
        let plan = Training::rehearsed_within(train, delay).and_then(|training| Plan::new(training, test, delay));
        match (plan, expect) {
            (Ok(plan), Ok((train, test))) => assert_eq!(plan.training.rehearsal, Stretch { train, test }),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (plan, expect) => panic!("{plan:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn a_rehearsal_keeps_the_delay_within_the_training_period() {
        check(days(30, 121), days(129, 182), "7d", Ok((days(30, 91), days(99, 121))));
        check(days(0, 9), days(10, 12), "0d", Ok((days(0, 7), days(8, 9))));
        check(days(0, 9), days(11, 12), "12h", Ok((days(0, 6), days(8, 9))));
    }

    #[test]
    fn a_label_cannot_be_used_before_it_arrives() {
        check(days(30, 121), days(128, 182), "7d", Err("the labels of 2018-07-31"));
        check(days(30, 121), days(128, 182), "145h", Err("arrive after 2018-08-07"));
        check(days(30, 121), days(100, 182), "0d", Err("the labels of 2018-07-31"));
        check(days(30, 37), days(129, 182), "7d", Err("at least 10 days"));
    }
}
