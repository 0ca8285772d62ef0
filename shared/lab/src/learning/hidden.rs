//! Hidden scenarios: what would have been found of a kind of case that no label had shown?
//!
//! One scenario's positives lose their labels before anything is learned: they teach neither trees nor merchants' records nor
//! profiles. Then the test asks how many of them each channel finds within the same budget of false alarms, alone and
//! sharing it.

use engine::time::Instant;
use serde::Serialize;

use super::LearningError;
use super::boosting::Recipe;
use super::ledger::Ledger;
use super::metrics::Tested;
use super::metrics::ranking::Ranking;
use super::period::Span;
use super::replay::Replay;
use super::trial::{self, Plan, Scored};

/// The share of genuine purchases that may be flagged, by both channels together.
const BUDGET: f64 = 0.01;

/// How many positives of a hidden scenario are found at 1 % of the genuine purchases flagged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HiddenRecall {
    /// The scenario, in the history's own words.
    pub scenario: String,
    /// Its positives in the test.
    pub positives: u64,
    /// By the trees alone.
    pub trees: f64,
    /// By the isolation forest alone.
    pub forest: f64,
    /// By both, each within its share of the budget.
    pub both: f64,
}

/// Hides a scenario (the forest has `novelty_share` of the budget), carries out a plan, and looks for the scenario in the test.
///
/// # Errors
/// [`LearningError`] if there is no such scenario, or what is left cannot be learned from.
pub fn look_for(
    scenario: &str,
    plan: &Plan,
    ledger: &Ledger,
    label_delay: Span,
    recipe: &Recipe,
    novelty_share: f64,
) -> Result<HiddenRecall, LearningError> {
    let position = ledger.scenarios().iter().position(|name| name == scenario);
    let position = position.ok_or_else(|| LearningError::NoSuchScenario {
        scenario: scenario.to_owned(),
        known: ledger.scenarios().join(", "),
    })? as u32;
    let without = ledger.without_labels_of(position);
    let examples = Replay::new(&without, label_delay.ms()).examples(plan.hull().instants());
    let model = trial::carry_out(plan, &without, &examples, recipe, novelty_share)?.model;

    let rows = examples.rows_in(ledger, &plan.test().instants());
    let of_interest = |tested: &Tested| !tested.is_positive || tested.scenario == position;
    let scores = model.scores(&examples, &rows);
    let by = |score: fn(&Scored) -> f32| {
        let scored = scores.iter().map(|scored| (score(scored), 1.0));
        let mut tested = trial::tested(ledger, &examples, &rows, scored, Instant::EPOCH);
        tested.retain(of_interest);
        tested
    };
    let (by_trees, by_forest) = (by(|scored| scored.trees), by(|scored| scored.forest as f32));
    let recall = |tested: &[Tested]| Ranking::of(tested).recall_at_fpr(BUDGET);
    Ok(HiddenRecall {
        scenario: scenario.to_owned(),
        positives: by_trees.iter().filter(|tested| tested.is_positive).count() as u64,
        trees: recall(&by_trees),
        forest: recall(&by_forest),
        both: recall_of_either(&by_trees, &by_forest, novelty_share),
    })
}

/// The recall where either channel may flag, each within its share of the budget.
fn recall_of_either(by_trees: &[Tested], by_forest: &[Tested], novelty_share: f64) -> f64 {
    let trees_above = Ranking::of(by_trees).threshold_at_fpr(BUDGET * (1.0 - novelty_share));
    let forest_above = Ranking::of(by_forest).threshold_at_fpr(BUDGET * novelty_share);
    let (mut found, mut positives) = (0.0, 0.0);
    for (tree, forest) in by_trees.iter().zip(by_forest).filter(|(tested, _)| tested.is_positive) {
        positives += 1.0;
        found += f64::from(tree.score >= trees_above || forest.score >= forest_above);
    }
    super::metrics::share(found, positives)
}
