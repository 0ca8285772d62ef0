//! A trial: train on one period, fix everything, test once on a later one.
//!
//! ```text
//!        ├─────────────── train ───────────────┤ delay ├──── test ────┤
//!        ├─ rehearsal: train ─┤ delay ├─ test ─┤
//! ```
//! What has to be chosen beforehand is chosen in a rehearsal: the same thing one step earlier, within what is known when the
//! test begins. The number of trees comes from it, and one of the two sources of the [`super::threshold`]; the other is the
//! scores of the days of the delay, whose labels have not arrived and are not looked at.
//!
//! Architecture Invariant: nothing here looks at a label before it arrives. [`Plan`] can only be made of periods that keep
//! the delay.

use engine::time::Instant;

use super::boosting::{Recipe, Trainable, Trained};
use super::error::LearningError;
use super::examples::Examples;
use super::ledger::Ledger;
use super::metrics::Tested;
use super::period::{Period, Span};
use super::threshold;

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

/// What a training gives.
#[derive(Debug)]
pub struct TrainedModel {
    /// The trees.
    pub trees: Trained,
    /// How many purchases they were trained on.
    pub trained_on: usize,
    /// The rehearsal's test.
    pub rehearsed: Vec<Tested>,
    /// The threshold in log-odds, as the rehearsal has it; infinite if it had too few genuine purchases.
    pub rehearsed_threshold: f64,
}

/// What a trial gives.
#[derive(Debug)]
pub struct Trial {
    /// What was carried out.
    pub plan: Plan,
    /// What the training gave.
    pub model: TrainedModel,
    /// How many purchases lie between training and test.
    pub previewed: usize,
    /// The threshold in log-odds; infinite if there was too little to fix it by.
    pub threshold: f64,
    /// The labelled purchases of the test, scored.
    pub tested: Vec<Tested>,
}

/// Rehearses and trains. `examples` must hold all of the training's periods.
///
/// # Errors
/// [`LearningError`] if a period lacks labels of both kinds.
pub fn train(
    training: &Training,
    ledger: &Ledger,
    examples: &Examples,
    recipe: &Recipe,
    alpha: f64,
) -> Result<TrainedModel, LearningError> {
    let trainable = Trainable::new(examples, ledger)?;
    let rows_in = |period: Period| examples.rows_in(ledger, &period.instants());

    let rehearsal_test = rows_in(training.rehearsal.test);
    let rehearsal = trainable.train_watched(&rows_in(training.rehearsal.train), &rehearsal_test, recipe)?;
    let rehearsed = tested(ledger, examples, &rehearsal_test, &rehearsal.scores(examples, &rehearsal_test));
    let genuine: Vec<f32> = rehearsed.iter().filter(|tested| !tested.is_positive).map(|tested| tested.score).collect();
    let rehearsed_threshold = threshold::from_genuine(&genuine, alpha);

    let rows = rows_in(training.period);
    let trees = trainable.train(&rows, &Recipe { trees_max: rehearsal.count(), ..recipe.clone() })?;
    Ok(TrainedModel { trees, trained_on: rows.len(), rehearsed, rehearsed_threshold })
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
    alpha: f64,
) -> Result<Trial, LearningError> {
    let model = train(&plan.training, ledger, examples, recipe, alpha)?;
    let between = plan.training.period.instants().end..plan.test.instants().start;
    let preview = model.trees.scores(examples, &examples.rows_in(ledger, &between));
    let threshold = match preview.as_slice() {
        [] => model.rehearsed_threshold,
        scores => model.rehearsed_threshold.max(threshold::from_unlabelled(scores, alpha)),
    };
    let rows = examples.rows_in(ledger, &plan.test.instants());
    let tested = tested(ledger, examples, &rows, &model.trees.scores(examples, &rows));
    if !tested.iter().any(|tested| tested.is_positive) || tested.iter().all(|tested| tested.is_positive) {
        return Err(LearningError::NothingToTest { period: plan.test });
    }
    Ok(Trial { plan: *plan, model, previewed: preview.len(), threshold, tested })
}

/// The labelled ones of `rows` with their scores.
pub fn tested(ledger: &Ledger, examples: &Examples, rows: &[usize], scores: &[f32]) -> Vec<Tested> {
    tested_newcomers(ledger, examples, rows, scores, Instant::EPOCH)
}

/// The labelled ones of `rows` with their scores, which knew of purchases from `known_from` on only.
pub fn tested_newcomers(
    ledger: &Ledger,
    examples: &Examples,
    rows: &[usize],
    scores: &[f32],
    known_from: Instant,
) -> Vec<Tested> {
    let scored = rows.iter().zip(scores);
    scored
        .filter_map(|(row, score)| {
            let position = examples.position(*row)?;
            let purchase = ledger.purchases().get(position)?;
            Some(Tested {
                score: *score,
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
