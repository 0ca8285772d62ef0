//! Gradient-boosted trees: trained here, written in XGBoost's own format.
//!
//! The trainer is `hessboost`, which grows trees as XGBoost's `hist` method does and whose models load into the official
//! package with the same margins.

use std::num::NonZeroUsize;
use std::sync::Arc;

use engine::features::{COUNT, Direction, FEATURES, NAMES};
use engine::model::Trees;
use hessboost::config::{Monotone, TrainingParams, TreeMethod};
use hessboost::data::DMatrix;
use hessboost::error::HessboostError;
use hessboost::metric::EvalMetric;
use hessboost::model::{BoostedModel, ImportanceType, ModelFormat};
use hessboost::objective::{Objective, RegLoss};
use hessboost::training::Trainer;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;

use super::error::LearningError;
use super::examples::Examples;
use super::ledger::Ledger;

/// How trees are grown.
///
/// The default was chosen on days 30-121 of the Fraud Detection Handbook's data alone (training until day 84, tested on days
/// 92-121), never on the days that the README's figures come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recipe {
    /// The most trees.
    pub trees_max: usize,
    /// A rehearsal ends when this many trees in a row did not make its test better.
    pub patience: usize,
    /// What each tree is shrunk by.
    pub learning_rate: f64,
    /// How many questions a tree asks at most.
    pub depth: usize,
    /// The least sum of hessians in a leaf.
    pub leaf_weight_min: f64,
    /// The share of rows that each tree sees.
    pub row_share: f64,
    /// The share of features that each tree sees.
    pub feature_share: f64,
    /// The ridge penalty of leaf values.
    pub ridge: f64,
    /// Into how many bins each feature is cut. Coarse bins blur the tails, where the positives are.
    pub bins: usize,
    /// Seeds the sampling of rows and features.
    pub seed: u64,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            trees_max: 400,
            patience: 30,
            learning_rate: 0.05,
            depth: 6,
            leaf_weight_min: 5.0,
            row_share: 1.0,
            feature_share: 0.5,
            ridge: 30.0,
            bins: 2048,
            seed: 1,
        }
    }
}

impl Recipe {
    fn parameters(&self) -> Result<TrainingParams, HessboostError> {
        TrainingParams::builder()
            .objective(Objective::BinaryLogistic(RegLoss::default()))
            .eval_metric(EvalMetric::LogLoss)
            .tree_method(TreeMethod::Hist)
            .eta(self.learning_rate)
            .max_depth(self.depth)
            .min_child_weight(self.leaf_weight_min)
            .subsample(self.row_share)
            .colsample_bytree(self.feature_share)
            .lambda(self.ridge)
            .max_bin(self.bins)
            .seed(self.seed)
            .monotone_constraints(directions())
            .build()
    }
}

/// Which way each feature may move the score: what the engine promises of every model.
fn directions() -> Vec<Monotone> {
    let direction = |direction| match direction {
        Direction::Rises => Monotone::Increasing,
        Direction::Falls => Monotone::Decreasing,
        Direction::Free => Monotone::None,
    };
    FEATURES.iter().map(|feature| direction(feature.direction)).collect()
}

/// Trained trees, as the engine evaluates them: what is tested here is what decides in live work.
#[derive(Debug)]
pub struct Trained {
    trees: Trees,
    model_json: Vec<u8>,
    gains: Vec<(&'static str, f64)>,
}

/// All examples with their labels, for training on some of them. An example without a label is never trained on.
#[derive(Debug)]
pub struct Trainable {
    matrix: DMatrix,
    labelled: Vec<bool>,
}

impl Trainable {
    /// Prepares examples with the labels that the ledger has.
    ///
    /// # Errors
    /// [`LearningError`] if there is no example, or a feature is infinite.
    pub fn new(examples: &Examples, ledger: &Ledger) -> Result<Self, LearningError> {
        if examples.is_empty() {
            return Err(LearningError::NoLabels);
        }
        let labels: Vec<f32> =
            examples.purchases(ledger).map(|purchase| if purchase.label == Some(true) { 1.0 } else { 0.0 }).collect();
        let values = Arc::new(Shared(Arc::clone(examples.values())));
        let matrix = DMatrix::from_dense_shared(values, examples.len(), COUNT, f32::NAN)?.with_labels(&labels)?;
        let labelled = examples.purchases(ledger).map(|purchase| purchase.label.is_some()).collect();
        Ok(Self { matrix, labelled })
    }

    /// Grows trees on the labelled ones of `rows`, as many as the recipe says at most.
    ///
    /// # Errors
    /// [`LearningError`] if the rows do not hold both kinds of label.
    pub fn train(&self, rows: &[usize], recipe: &Recipe) -> Result<Trained, LearningError> {
        let matrix = self.labelled_rows(rows)?;
        Trained::of(&Trainer::new(&recipe.parameters()?, &matrix, recipe.trees_max).train()?.model)
    }

    /// Grows trees on `rows` until the log-loss on `test_rows` gets no better, and keeps the best number of them.
    ///
    /// # Errors
    /// [`LearningError`] if either rows do not hold both kinds of label.
    pub fn train_watched(
        &self,
        rows: &[usize],
        test_rows: &[usize],
        recipe: &Recipe,
    ) -> Result<Trained, LearningError> {
        let (matrix, test) = (self.labelled_rows(rows)?, self.labelled_rows(test_rows)?);
        let parameters = recipe.parameters()?;
        let mut trainer = Trainer::new(&parameters, &matrix, recipe.trees_max).eval(&test, "test");
        if let Some(patience) = NonZeroUsize::new(recipe.patience) {
            trainer = trainer.early_stopping_rounds(patience);
        }
        Trained::of(&trainer.train()?.model)
    }

    fn labelled_rows(&self, rows: &[usize]) -> Result<DMatrix, LearningError> {
        let is_labelled = |row: &&usize| self.labelled.get(**row).copied().unwrap_or(false);
        let rows: Vec<usize> = rows.iter().filter(is_labelled).copied().collect();
        if rows.is_empty() {
            return Err(LearningError::NoLabels);
        }
        let matrix = self.matrix.select_rows(&rows)?;
        let labels = matrix.labels().unwrap_or_default();
        let positive = labels.iter().filter(|label| **label > 0.5).count();
        if positive == 0 || positive == labels.len() {
            return Err(LearningError::OneKindOfLabel { positive, labelled: labels.len() });
        }
        Ok(matrix)
    }
}

struct Shared(Arc<Vec<f32>>);

impl AsRef<[f32]> for Shared {
    fn as_ref(&self) -> &[f32] {
        &self.0
    }
}

impl Trained {
    fn of(model: &BoostedModel) -> Result<Self, LearningError> {
        let model_json = xgboost_json(model)?;
        Ok(Self { trees: Trees::from_xgboost_json(&model_json, &NAMES)?, model_json, gains: gains(model) })
    }

    /// How many trees score.
    pub fn count(&self) -> usize {
        self.trees.tree_count()
    }

    /// The log-odds of each of some rows of examples.
    pub fn scores(&self, examples: &Examples, rows: &[usize]) -> Vec<f32> {
        rows.par_iter().map(|row| self.trees.margin(examples.features(*row))).collect()
    }

    /// The trees, as the engine evaluates them.
    pub fn trees(&self) -> &Trees {
        &self.trees
    }

    /// The model as XGBoost's `model.json`, with the names of the features.
    pub fn model_json(&self) -> &[u8] {
        &self.model_json
    }

    /// What each feature brought in all splits together (the loss it removed), as shares of one, the largest first.
    pub fn gains(&self) -> &[(&'static str, f64)] {
        &self.gains
    }
}

/// The trainer's XGBoost document, which knows features by number, with their names put in.
fn xgboost_json(model: &BoostedModel) -> Result<Vec<u8>, LearningError> {
    let mut document: Value =
        serde_json::from_slice(&model.encode(ModelFormat::XgboostJson)?).map_err(LearningError::ModelJson)?;
    if let Some(learner) = document.get_mut("learner").and_then(Value::as_object_mut) {
        learner.insert("feature_names".to_owned(), Value::from(NAMES.to_vec()));
        learner.insert("feature_types".to_owned(), Value::from(vec!["float"; COUNT]));
    }
    serde_json::to_vec(&document).map_err(LearningError::ModelJson)
}

fn gains(model: &BoostedModel) -> Vec<(&'static str, f64)> {
    let gains = model.feature_importance(ImportanceType::TotalGain);
    let total: f64 = gains.values().sum::<f64>().max(f64::MIN_POSITIVE);
    let share = |feature: usize| gains.get(&feature).copied().unwrap_or_default() / total;
    let mut shares: Vec<(&'static str, f64)> =
        NAMES.iter().enumerate().map(|(feature, name)| (*name, share(feature))).collect();
    shares.sort_by(|left, right| right.1.total_cmp(&left.1));
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::ledger::samples::purchase;

    /// Sixty purchases with made-up features, of which the first tells the label.
    fn examples() -> (Ledger, Examples) {
        let day = |row: usize| format!("2018-04-{:02}", 1 + row % 30);
        let ledger = Ledger::of((0..60).map(|row| purchase("c", &day(row), Some(row % 30 % 3 == 0))));
        let feature = |row: usize, column: usize| match column {
            0 if ledger.purchases().get(row).and_then(|purchase| purchase.label) == Some(true) => 5.0,
            _ if (row + column).is_multiple_of(7) => f32::NAN,
            _ => (row * 31 % 17 + column) as f32 / 3.0,
        };
        let values = (0..60).flat_map(|row| (0..COUNT).map(move |column| (row, column)));
        let values = values.map(|(row, column)| feature(row, column)).collect();
        let examples = Examples::new((0..60).collect(), values);
        (ledger, examples)
    }

    #[test]
    fn the_engine_scores_as_the_trainer_does() {
        let (ledger, examples) = examples();
        let trainable = Trainable::new(&examples, &ledger).unwrap();
        let recipe = Recipe { leaf_weight_min: 0.1, ridge: 1.0, trees_max: 30, ..Recipe::default() };
        let rows: Vec<usize> = (0..60).collect();
        let matrix = trainable.labelled_rows(&rows).unwrap();
        let model = Trainer::new(&recipe.parameters().unwrap(), &matrix, recipe.trees_max).train().unwrap().model;
        let expected = model.predict_margin(&matrix, ..).unwrap();

        let trained = trainable.train(&rows, &recipe).unwrap();
        let scores = trained.scores(&examples, &rows);
        let bits = |scores: &[f32]| scores.iter().map(|score| score.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&scores), bits(expected.as_slice()));
        assert!(scores.iter().any(|score| *score > 0.0) && scores.iter().any(|score| *score < 0.0));
        assert_eq!(trained.count(), 30);
        assert!((trained.gains().iter().map(|(_, gain)| gain).sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn watched_training_keeps_the_trees_that_helped() {
        let (ledger, examples) = examples();
        let trainable = Trainable::new(&examples, &ledger).unwrap();
        let recipe = Recipe { leaf_weight_min: 0.1, learning_rate: 0.9, ridge: 0.0, patience: 3, ..Recipe::default() };
        let (first, second): (Vec<usize>, Vec<usize>) = (0..60).partition(|row| row % 2 == 0);
        let trained = trainable.train_watched(&first, &second, &recipe).unwrap();
        assert!(trained.count() < recipe.trees_max, "{} trees", trained.count());
        let again = Recipe { trees_max: trained.count(), ..recipe };
        let plain = trainable.train(&first, &again).unwrap();
        assert_eq!(trained.scores(&examples, &second), plain.scores(&examples, &second));
    }

    #[test]
    fn what_cannot_be_trained_on_is_refused() {
        let (ledger, examples) = examples();
        let trainable = Trainable::new(&examples, &ledger).unwrap();
        let refused = |rows: &[usize]| trainable.train(rows, &Recipe::default()).unwrap_err().to_string();
        assert!(refused(&[]).starts_with("no purchase to train on has a label"));
        let genuine: Vec<usize> = (0..60).filter(|row| ledger.purchases()[*row].label == Some(false)).take(5).collect();
        assert_eq!(refused(&genuine), "0 of 5 labels to train on are positive; both kinds are needed");
        assert!(Trainable::new(&Examples::new(Vec::new(), Vec::new()), &ledger).is_err());
    }
}
