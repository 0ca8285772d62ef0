//! Reading XGBoost's `model.json`.
//!
//! What is read is what decides a prediction; the rest of the file (gains, parents, training parameters) is skipped. What
//! cannot be evaluated exactly is refused by name rather than evaluated nearly. Where XGBoost's versions differ, all are read:
//!
//! - `base_score` is a text: `"5E-1"` up to 2.x, `"[8.8E-3]"` in 3.x. For the logistic objectives it is a probability and
//!   becomes log-odds as XGBoost makes them, in 32-bit floats; for `binary:logitraw` it is taken as it is.
//! - A leaf's value stands in `split_conditions`.
//! - `default_left` is a number or a truth value.
//! - Early stopping leaves the worse trees in the file and names the best iteration in `attributes`. Only the trees up to it
//!   are read, as `XGBClassifier.predict` does: they are the model whose quality was measured. (`Booster.predict` uses all,
//!   unless it is told `iteration_range`.)
//! - DART is booster `dart`, and from 3.4 on booster `gbtree` with a `weight_drop`.
//!
//! Source: XGBoost's documentation, *Introduction to Model IO*, and the reader in its `gbtree_model.cc` and `tree_model.cc`.

use std::collections::VecDeque;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Unexpected};

use super::grove::{NODES_PER_TREE_MAX, Told, at_most};
use super::table::TREES_MAX;
use super::trees::Objective;
use super::{ModelError, Trees};

/// How large a model file may be, in bytes.
pub const MODEL_JSON_BYTES_MAX: usize = 64 << 20;

impl Trees {
    /// Reads XGBoost's `model.json`. `feature_names` are the features that the engine will give, in its order; the model must
    /// name the same.
    ///
    /// # Errors
    /// [`ModelError`] with what is wrong, where, and what was expected, for a file that is no model, that is damaged, that
    /// exceeds a limit, or that cannot be evaluated exactly: DART, linear boosters, categorical splits, several classes or
    /// targets, other objectives, other or reordered features.
    pub fn from_xgboost_json(text: &[u8], feature_names: &[&str]) -> Result<Self, ModelError> {
        at_most("bytes of JSON", text.len(), MODEL_JSON_BYTES_MAX)?;
        let Document { learner } =
            serde_json::from_slice(text).map_err(|error| ModelError::NotModelJson(error.to_string()))?;
        let objective = learner.supported_objective()?;
        let model = learner.gradient_booster.supported_model()?;
        let base = learner.base_margin(objective)?;
        let names = learner.feature_names.unwrap_or_default();
        if names.is_empty() {
            return Err(ModelError::NoFeatureNames { expected: feature_names.len() });
        }
        let mut trees = Self::new(names, objective, base)?;
        trees.expect_features(feature_names)?;
        for (number, tree) in model.best_trees(learner.attributes.best_iteration.as_deref())?.iter().enumerate() {
            let mut tree = LevelOrder::of(tree, number)?;
            trees.plant(|| tree.tell())?;
        }
        Ok(trees)
    }
}

#[derive(Deserialize)]
struct Document {
    learner: Learner,
}

#[derive(Deserialize)]
struct Learner {
    #[serde(default)]
    attributes: Attributes,
    feature_names: Option<Vec<Box<str>>>,
    gradient_booster: Booster,
    #[serde(rename = "learner_model_param")]
    parameters: LearnerParameters,
    objective: Named,
}

#[derive(Deserialize, Default)]
struct Attributes {
    best_iteration: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct LearnerParameters {
    base_score: String,
    #[serde(default = "none")]
    num_class: String,
    #[serde(default = "none")]
    num_target: String,
}

/// XGBoost writes a parameter that does not apply as a text of zero.
fn none() -> String {
    "0".to_owned()
}

impl Learner {
    fn supported_objective(&self) -> Result<Objective, ModelError> {
        let LearnerParameters { num_class, num_target, .. } = &self.parameters;
        let one = "0 or 1: a model with one output";
        for (what, found) in [("number of classes", num_class), ("number of targets", num_target)] {
            if !matches!(found.as_str(), "0" | "1") {
                return Err(ModelError::Unsupported { what, found: found.clone(), expected: one });
            }
        }
        Objective::named(&self.objective.name).ok_or_else(|| ModelError::Unsupported {
            what: "objective",
            found: format!("{:?}", self.objective.name),
            expected: "\"binary:logistic\", \"reg:logistic\" or \"binary:logitraw\", whose margins are log-odds",
        })
    }

    /// The log-odds before any tree.
    fn base_margin(&self, objective: Objective) -> Result<f32, ModelError> {
        let text = self.parameters.base_score.trim();
        let number = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let damaged = |expected: &str| ModelError::Damaged {
            what: "base_score",
            found: format!("{text:?}"),
            expected: expected.to_owned(),
        };
        let base: f32 = number.trim().parse().map_err(|_| damaged("one number, such as \"5E-1\" or \"[5E-1]\""))?;
        let margin = match objective {
            Objective::BinaryLogitRaw => base,
            Objective::BinaryLogistic | Objective::RegressionLogistic => -(1.0 / base - 1.0).ln(),
        };
        if margin.is_finite() { Ok(margin) } else { Err(damaged("a probability above 0 and below 1")) }
    }
}

/// What may stand in a file for every booster; which parts do depends on its name.
#[derive(Deserialize)]
struct Booster {
    name: String,
    model: Option<Model>,
}

impl Booster {
    fn supported_model(&self) -> Result<&Model, ModelError> {
        let unsupported = |found: String| ModelError::Unsupported {
            what: "booster",
            found,
            expected: "\"gbtree\": train with booster=\"gbtree\"",
        };
        match (self.name.as_str(), &self.model) {
            ("gbtree", Some(Model { weight_drop: Some(_), .. })) => {
                Err(unsupported("\"dart\" (it has a weight_drop)".to_owned()))
            }
            ("gbtree", Some(model)) => Ok(model),
            (name, _) => Err(unsupported(format!("{name:?}"))),
        }
    }
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    trees: Vec<Tree>,
    #[serde(default)]
    tree_info: Vec<i64>,
    #[serde(default)]
    iteration_indptr: Vec<usize>,
    gbtree_model_param: Option<TreeParameters>,
    weight_drop: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct TreeParameters {
    num_trees: String,
    #[serde(default = "none")]
    num_parallel_tree: String,
}

impl Model {
    /// The trees up to the best iteration, or all.
    fn best_trees(&self, best_iteration: Option<&str>) -> Result<&[Tree], ModelError> {
        let count = self.trees.len();
        at_most("trees", count, TREES_MAX)?;
        let damaged = |what, found: String, expected: String| ModelError::Damaged { what, found, expected };
        let Some(parameters) = &self.gbtree_model_param else {
            return Err(damaged("gbtree_model_param", "missing".to_owned(), "the number of trees in it".to_owned()));
        };
        if parameters.num_trees != count.to_string() {
            let found = format!("{:?}", parameters.num_trees);
            return Err(damaged("num_trees", found, format!("\"{count}\", as there are so many trees")));
        }
        if self.tree_info.len() != count {
            let found = format!("of length {}", self.tree_info.len());
            return Err(damaged("tree_info", found, format!("one number for each of {count} trees")));
        }
        if let Some(class) = self.tree_info.iter().find(|class| **class != 0) {
            return Err(ModelError::Unsupported {
                what: "tree_info",
                found: class.to_string(),
                expected: "0 throughout: a model with one output",
            });
        }
        let Some(best) = best_iteration else { return Ok(&self.trees) };
        let end = best.parse().ok().and_then(|best: usize| {
            let per_iteration = parameters.num_parallel_tree.parse().unwrap_or(0_usize).max(1);
            let after = best.checked_add(1)?;
            self.iteration_indptr.get(after).copied().or(after.checked_mul(per_iteration))
        });
        end.and_then(|end| self.trees.get(..end)).ok_or_else(|| {
            damaged("best_iteration", format!("{best:?}"), format!("an iteration within the {count} trees"))
        })
    }
}

/// One tree, each list holding one value a node. JSON has no infinity, and the parser refuses what exceeds 32-bit floats.
#[derive(Deserialize)]
struct Tree {
    id: usize,
    left_children: Vec<i64>,
    right_children: Vec<i64>,
    split_indices: Vec<usize>,
    split_conditions: Vec<f32>,
    default_left: Vec<Flag>,
    sum_hessian: Vec<f32>,
    #[serde(default)]
    split_type: Vec<i64>,
    #[serde(default)]
    categories_nodes: Vec<i64>,
}

/// A truth value, written as such or as a number.
#[derive(Clone, Copy)]
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Flag;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("true, false, 1 or 0")
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Flag, E> {
                match number {
                    0 => Ok(Flag(false)),
                    1 => Ok(Flag(true)),
                    _ => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor).map_err(D::Error::custom)
    }
}

/// A tree's nodes in the order in which [`Trees::plant`] asks for them.
struct LevelOrder<'a> {
    tree: &'a Tree,
    number: usize,
    /// The nodes to tell next.
    queue: VecDeque<usize>,
    /// Whether a node has been in the queue.
    reached: Vec<bool>,
}

impl<'a> LevelOrder<'a> {
    fn of(tree: &'a Tree, number: usize) -> Result<Self, ModelError> {
        let nodes = tree.left_children.len();
        at_most("nodes in one tree", nodes, NODES_PER_TREE_MAX)?;
        let mut order = Self { tree, number, queue: VecDeque::with_capacity(nodes), reached: vec![false; nodes] };
        if tree.id != number {
            return Err(order.damaged(0, "its id is not its position among the trees"));
        }
        let lengths = [
            tree.right_children.len(),
            tree.split_indices.len(),
            tree.split_conditions.len(),
            tree.default_left.len(),
            tree.sum_hessian.len(),
        ];
        if lengths.iter().any(|length| *length != nodes) {
            return Err(order.damaged(0, "the tree's lists differ in length"));
        }
        if !tree.categories_nodes.is_empty() || tree.split_type.iter().any(|kind| *kind != 0) {
            return Err(ModelError::Unsupported {
                what: "split",
                found: format!("categorical in tree {number}"),
                expected: "a threshold: train with enable_categorical=False",
            });
        }
        order.reach(0, 0)?;
        Ok(order)
    }

    fn damaged(&self, node: usize, what: &'static str) -> ModelError {
        ModelError::DamagedTree { tree: self.number, node, what }
    }

    /// Puts a node into the queue, as a child of `parent`.
    fn reach(&mut self, parent: usize, node: i64) -> Result<(), ModelError> {
        let node = usize::try_from(node).unwrap_or(usize::MAX);
        match self.reached.get_mut(node) {
            None => Err(self.damaged(parent, "a child that does not exist")),
            Some(true) => Err(self.damaged(parent, "a child that has another parent or is above it")),
            Some(reached) => {
                *reached = true;
                self.queue.push_back(node);
                Ok(())
            }
        }
    }

    /// The next node, and its cover.
    fn tell(&mut self) -> Result<(Told, f32), ModelError> {
        let node = self.queue.pop_front().unwrap_or(0);
        let missing = || self.damaged(node, "a node that does not exist");
        let tree = self.tree;
        let value = *tree.split_conditions.get(node).ok_or_else(missing)?;
        let cover = *tree.sum_hessian.get(node).ok_or_else(missing)?;
        let left = *tree.left_children.get(node).ok_or_else(missing)?;
        let right = *tree.right_children.get(node).ok_or_else(missing)?;
        let feature = *tree.split_indices.get(node).ok_or_else(missing)?;
        let Flag(missing_left) = *tree.default_left.get(node).ok_or_else(missing)?;
        if cover < 0.0 {
            return Err(self.damaged(node, "a sum of hessians below zero"));
        }
        if left == -1 {
            return Ok((Told::Leaf { value }, cover));
        }
        self.reach(node, left)?;
        self.reach(node, right)?;
        Ok((Told::Split { feature, missing_left, below: value }, cover))
    }
}
