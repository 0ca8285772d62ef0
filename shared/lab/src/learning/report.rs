//! The report of an evaluation: every figure that is printed, as it is written to JSON.

use serde::Serialize;

use super::hidden::HiddenRecall;
use super::ledger::Ledger;
use super::metrics::alerts::{Alerts, WeekRate, per_customer_month, weekly};
use super::metrics::bootstrap::average_precision_interval;
use super::metrics::calibration::{self, Bin};
use super::metrics::cards::{CARDS_A_DAY, card_precision};
use super::metrics::ranking::{CurvePoint, Quality, Ranking};
use super::metrics::strata::{STRATUM_FPR, Stratum, strata};
use super::metrics::{Tested, share};
use super::trial::Trial;

/// How far apart, in recall, the points of the precision-recall curve are.
const CURVE_STEP: f64 = 0.002;

/// What an evaluation found. Where a protocol has several tests, `auc`, `average_precision` and the card precisions are
/// means over them, and everything else counts them together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Labelled purchases that were tested.
    pub rows: u64,
    /// The share of them that is positive: the precision of alerting on everything.
    pub base_rate: f64,
    /// The area under the ROC curve.
    pub auc: f64,
    /// The average precision.
    pub average_precision: f64,
    /// Its 95 % interval, by a bootstrap over customers.
    pub average_precision_ci95: [f64; 2],
    /// What happens where p-values that were calibrated beforehand are at most alpha, both channels together as they run.
    pub at_alpha: AtAlpha,
    /// The same if the trees had all of alpha to themselves.
    pub at_alpha_trees_alone: AtAlpha,
    /// The share of alpha that the novelty channel has.
    pub novelty_share: f64,
    /// The share of runs of positives whose first purchase was flagged.
    pub first_of_burst_recall: f64,
    /// Of a hundred customers a day with the highest scores, the share that is compromised.
    pub card_precision_at_100: f64,
    /// The same for a perfect ranking.
    pub card_precision_at_100_ceiling: f64,
    /// Alerts, true or false, that a customer who buys at all gets in a month.
    pub alerts_per_customer_month: f64,
    /// The realised false positive rate of each week.
    pub weekly_fpr: Vec<WeekRate>,
    /// By how much was known of the customer.
    pub cold_start: Vec<Stratum>,
    /// The same, scored as if no customer had been seen before the test; empty where that was not done.
    pub newcomers: Vec<Stratum>,
    /// By scenario, if the history says it.
    pub scenarios: Vec<ScenarioRecall>,
    /// How well a scenario is found that no label had shown; empty where that was not asked.
    pub hidden_scenarios: Vec<HiddenRecall>,
    /// Whether predicted probabilities mean what they say.
    pub calibration: Vec<Bin>,
    /// By how much prediction and observation differ in a mean purchase's bin.
    pub calibration_error: f64,
    /// Each test by itself.
    pub tests: Vec<TestReport>,
    /// What each feature brought, as shares of one, the largest first; means over the tests.
    pub gains: Vec<(String, f64)>,
    /// The precision-recall curve of all tests together, for the plot alone.
    #[serde(skip)]
    pub curve: Vec<CurvePoint>,
}

/// What flagging at `alpha` gave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtAlpha {
    /// The share of genuine purchases that may be flagged.
    pub alpha: f64,
    /// Positives among alerts.
    pub precision: f64,
    /// Positives that were flagged.
    pub recall: f64,
    /// The false positive rate: genuine purchases that were flagged.
    pub fpr: f64,
    /// The false discovery rate: genuine purchases among alerts.
    pub fdr: f64,
    /// How many alerts there were.
    pub alerts: u64,
}

impl AtAlpha {
    fn of(alpha: f64, alerts: &Alerts) -> Self {
        Self {
            alpha,
            precision: alerts.precision(),
            recall: alerts.recall(),
            fpr: alerts.fpr(),
            fdr: alerts.fdr(),
            alerts: alerts.hits + alerts.false_alarms,
        }
    }
}

/// One test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestReport {
    /// The days trained on.
    pub trained_on: String,
    /// The days tested on.
    pub tested_on: String,
    /// Purchases trained on.
    pub train_rows: u64,
    /// Purchases tested.
    pub rows: u64,
    /// The share of them that is positive.
    pub base_rate: f64,
    /// See [`Report::auc`].
    pub auc: f64,
    /// See [`Report::average_precision`].
    pub average_precision: f64,
    /// See [`Report::card_precision_at_100`].
    pub card_precision_at_100: f64,
    /// See [`Report::card_precision_at_100_ceiling`].
    pub card_precision_at_100_ceiling: f64,
    /// How many trees were grown, as the rehearsal chose.
    pub trees: u64,
    /// The trees' score from which on they alone flag, in log-odds; none if there was too little to promise alpha by.
    pub threshold: Option<f64>,
    /// Genuine purchases of the rehearsal by which p-values were calibrated.
    pub calibrated_on: u64,
    /// Purchases between training and test by which they were, without their labels.
    pub previewed: u64,
    /// The average precision in the rehearsal.
    pub rehearsal_average_precision: f64,
}

/// The recall of one scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScenarioRecall {
    /// The scenario, in the history's own words.
    pub scenario: String,
    /// Positives of the scenario.
    pub positives: u64,
    /// The share of them above the threshold.
    pub recall: f64,
    /// The share of them above the threshold that flags 1 % of all genuine purchases.
    pub recall_at_1_percent_fpr: f64,
}

impl Report {
    /// The report of trials that were carried out on periods of one ledger.
    pub fn of(ledger: &Ledger, trials: &[Trial], alpha: f64, seed: u64) -> Self {
        let rankings: Vec<Ranking> = trials.iter().map(|trial| Ranking::of(&trial.tested)).collect();
        let tests: Vec<TestReport> =
            trials.iter().zip(&rankings).map(|(trial, ranking)| test_report(trial, ranking, alpha)).collect();
        let mean = |of: fn(&TestReport) -> f64| share(tests.iter().map(of).sum(), tests.len() as f64);

        let all: Vec<Tested> = trials.iter().flat_map(|trial| trial.tested.iter().copied()).collect();
        let alerts = Alerts::at(alpha, &all);
        let trees_alone: Vec<Tested> = trials.iter().flat_map(Trial::tested_by_trees_alone).collect();
        let days = trials.iter().map(|trial| trial.plan.test().days()).sum();
        let calibration = calibration::bins(&all);
        Self {
            rows: all.len() as u64,
            base_rate: share(alerts.positives as f64, all.len() as f64),
            auc: mean(|test| test.auc),
            average_precision: mean(|test| test.average_precision),
            average_precision_ci95: average_precision_interval(&rankings, ledger.customers().len() as u32, seed),
            at_alpha: AtAlpha::of(alpha, &alerts),
            at_alpha_trees_alone: AtAlpha::of(alpha, &Alerts::at(alpha, &trees_alone)),
            novelty_share: trials.first().map_or(0.0, |trial| trial.novelty_share),
            first_of_burst_recall: super::metrics::alerts::first_of_burst_recall(alpha, &all),
            card_precision_at_100: mean(|test| test.card_precision_at_100),
            card_precision_at_100_ceiling: mean(|test| test.card_precision_at_100_ceiling),
            alerts_per_customer_month: per_customer_month(&alerts, &all, days),
            weekly_fpr: weeks(trials, alpha),
            cold_start: strata(&all, ledger.scenarios()),
            newcomers: Vec::new(),
            scenarios: scenarios(ledger, &all, alpha),
            hidden_scenarios: Vec::new(),
            calibration_error: calibration::expected_error(&calibration),
            calibration,
            gains: mean_gains(trials),
            curve: Ranking::of(&all).curve(CURVE_STEP),
            tests,
        }
    }
}

fn test_report(trial: &Trial, ranking: &Ranking, alpha: f64) -> TestReport {
    let Quality { auc, average_precision } = ranking.quality();
    let cards = card_precision(&trial.tested, CARDS_A_DAY);
    let positives = trial.tested.iter().filter(|tested| tested.is_positive).count();
    TestReport {
        trained_on: trial.plan.training().period().to_string(),
        tested_on: trial.plan.test().to_string(),
        train_rows: trial.model.trained_on as u64,
        rows: trial.tested.len() as u64,
        base_rate: share(positives as f64, trial.tested.len() as f64),
        auc,
        average_precision,
        card_precision_at_100: cards.precision,
        card_precision_at_100_ceiling: cards.ceiling,
        trees: trial.model.trees.count() as u64,
        threshold: trial.model.calibration.trees.score_at(alpha * (1.0 - trial.novelty_share)),
        calibrated_on: trial.model.rehearsed.iter().filter(|tested| !tested.is_positive).count() as u64,
        previewed: trial.model.previewed as u64,
        rehearsal_average_precision: Ranking::of(&trial.model.rehearsed).quality().average_precision,
    }
}

/// The weeks of all tests, counted from the first day of the first.
fn weeks(trials: &[Trial], alpha: f64) -> Vec<WeekRate> {
    let Some(first_day) = trials.first().map(|trial| trial.plan.test().from) else { return Vec::new() };
    trials
        .iter()
        .flat_map(|trial| {
            let test = trial.plan.test();
            let days_before = i64::from(test.from.since_days(first_day));
            let weeks = weekly(alpha, &trial.tested, test);
            weeks.into_iter().map(move |week| WeekRate { from_day: week.from_day + days_before, ..week })
        })
        .collect()
}

fn scenarios(ledger: &Ledger, all: &[Tested], alpha: f64) -> Vec<ScenarioRecall> {
    let named = ledger.scenarios().iter().enumerate().filter(|(_, name)| !name.is_empty());
    let recalls = named.filter_map(|(position, name)| {
        let is_of_it = |tested: &&Tested| !tested.is_positive || tested.scenario as usize == position;
        let theirs: Vec<Tested> = all.iter().filter(is_of_it).copied().collect();
        let alerts = Alerts::at(alpha, &theirs);
        (alerts.positives > 0).then(|| ScenarioRecall {
            scenario: name.clone(),
            positives: alerts.positives,
            recall: alerts.recall(),
            recall_at_1_percent_fpr: Ranking::of(&theirs).recall_at_fpr(STRATUM_FPR),
        })
    });
    let mut recalls: Vec<ScenarioRecall> = recalls.collect();
    recalls.sort_by(|left, right| left.scenario.cmp(&right.scenario));
    recalls
}

fn mean_gains(trials: &[Trial]) -> Vec<(String, f64)> {
    let mut sums = std::collections::BTreeMap::<&str, f64>::new();
    for trial in trials {
        trial.model.trees.gains().iter().for_each(|(name, gain)| *sums.entry(name).or_default() += gain);
    }
    let mut gains: Vec<(String, f64)> =
        sums.into_iter().map(|(name, sum)| (name.to_owned(), sum / trials.len() as f64)).collect();
    gains.sort_by(|left, right| right.1.total_cmp(&left.1));
    gains
}
