//! Boosted trees: an attempt's features become log-odds, and every feature its share of them.
//!
//! [`Trees::margin`] is XGBoost's `predict(output_margin=True)` bit for bit: thresholds and values are 32-bit floats, and the
//! leaves are added to the base one after the other in the order of the trees.
//!
//! There are two ways to say what each feature contributed, and both sum with their base to the margin:
//!
//! - **Path attribution** ([`Trees::contributions`], XGBoost's `approx_contribs`): every step of the way moves the expected
//!   value, and the feature that was asked there gets the difference. One walk gives the margin and all contributions.
//! - **Shapley values** ([`Trees::shapley_values`], XGBoost's `pred_contribs`): the fair share over all orders in which the
//!   features could become known. It visits every node of every tree instead of one way through each.
//!
//! Every decision has its reasons from the path. Measured with 300 trees of depth 6 (68 nodes a tree) that XGBoost trained on
//! 19 features of the Fraud Detection Handbook's data, on one core of an AMD EPYC server, median:
//!
//! | | time |
//! |---|---|
//! | margin alone | 2.4 µs |
//! | margin and path attribution | 3.3 µs |
//! | margin and Shapley values | 350 µs (XGBoost's own: 1,700 µs) |
//! | loading the table, 144 KB | 0.4 ms (the JSON, 1.3 MB: 5.6 ms) |
//!
//! What the difference buys was counted on the test part, ordered by score, 1,500 attempts drawn of each row. Single
//! features often change places, where several say nearly the same (a merchant's record over 7 and over 30 days); reasons
//! are told by dimension, so the features of a dimension were added up first (amount, time, velocity, merchant):
//!
//! | attempts with the highest scores, of 517,457 | same first feature | same first dimension | same sign of a dimension above 0.3 |
//! |---|---|---|---|
//! | 1 - 500 | 83 % | 99.8 % | 99.9 % |
//! | 501 - 2,000 | 60 % | 100 % | 99.3 % |
//! | 2,001 - 4,000 | 89 % | 99.9 % | 99.4 % |
//! | 4,001 - 8,000 | 85 % | 98.8 % | 99.8 % |
//! | 8,001 - 20,000 | 71 % | 93 % | 99.9 % |
//! | the others | 37 - 49 % | 80 - 81 % | 100 % |
//!
//! Where a person is told a reason (the first 4,000 here, 0.8 % of all), both name the same dimension; a hundredfold time
//! would change the first reason of one in a thousand of them. The Shapley values remain for audits and for explanations
//! asked for.
//!
//! Source: Chen and Guestrin, *XGBoost*, 2016; path attribution after Saabas, *Interpreting random forests*, 2014.

use super::grove::{FEATURE_SLOTS, Grove, Node, Row, Told, at_most};
use super::table::{FEATURE_NAME_BYTES_MAX, Kind, Reader, TREES_MAX, Writer};
use super::{FEATURES_MAX, ModelError};

/// What the trees were trained for. All of them give log-odds; XGBoost itself would print the first two as probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// `binary:logistic`
    BinaryLogistic,
    /// `reg:logistic`
    RegressionLogistic,
    /// `binary:logitraw`
    BinaryLogitRaw,
}

impl Objective {
    /// All of them, each at the place that stands for it in a table.
    const ALL: [Self; 3] = [Self::BinaryLogistic, Self::RegressionLogistic, Self::BinaryLogitRaw];

    /// XGBoost's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BinaryLogistic => "binary:logistic",
            Self::RegressionLogistic => "reg:logistic",
            Self::BinaryLogitRaw => "binary:logitraw",
        }
    }

    /// The objective that XGBoost calls so, if the trees of it can be evaluated.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|objective| objective.name() == name)
    }
}

/// What a split (tag and threshold) and a leaf (tag, value and cover) have of a table.
const SPLIT_AND_LEAF_BYTES: usize = 5 + 9;

/// A boosted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Trees {
    features: Vec<Box<str>>,
    objective: Objective,
    /// The log-odds before any tree.
    base: f32,
    pub(super) grove: Grove,
    /// Of every node, how much of the training data came by, in the unit of XGBoost's sum of hessians.
    covers: Vec<f64>,
    /// Of every node, what those who come by can expect: the mean of the leaves below, weighted by cover.
    means: Vec<f32>,
}

impl Trees {
    /// A model without trees yet.
    pub(super) fn new(features: Vec<Box<str>>, objective: Objective, base: f32) -> Result<Self, ModelError> {
        let grove = Grove::new(features.len())?;
        let longest = features.iter().map(|name| name.len()).max().unwrap_or(0);
        at_most("bytes in a feature's name", longest, FEATURE_NAME_BYTES_MAX)?;
        Ok(Self { features, objective, base, grove, covers: Vec::new(), means: Vec::new() })
    }

    /// Makes room for so many nodes at once.
    fn reserve(&mut self, nodes: usize) {
        self.grove.reserve(nodes);
        self.covers.reserve_exact(nodes);
        self.means.reserve_exact(nodes);
    }

    /// Adds a tree, told level by level as for [`Grove::plant`], every leaf with its cover.
    pub(super) fn plant(
        &mut self,
        mut tell: impl FnMut() -> Result<(Told, f32), ModelError>,
    ) -> Result<(), ModelError> {
        let first = self.covers.len();
        let Self { grove, covers, means, .. } = self;
        grove.plant(|_| {
            let (told, cover) = tell()?;
            covers.push(f64::from(cover));
            means.push(if let Told::Leaf { value } = told { value } else { 0.0 });
            Ok(told)
        })?;
        // Children stand behind their parents: backwards, every split finds its children settled.
        for at in (first..self.grove.nodes().len()).rev() {
            let node = self.grove.node(at);
            if !node.is_leaf() {
                let (mean, cover) = self.expectation(node.left(at));
                if let (Some(means), Some(covers)) = (self.means.get_mut(at), self.covers.get_mut(at)) {
                    (*means, *covers) = (mean, cover);
                }
            }
        }
        Ok(())
    }

    /// Reads what [`Trees::to_table`] wrote, in this or an older format.
    ///
    /// # Errors
    /// [`ModelError`] if a newer version wrote it, if it is of another kind, or if it is not whole.
    pub fn from_table(table: &[u8]) -> Result<Self, ModelError> {
        let mut input = Reader::new(Kind::Trees, table)?;
        let objective = *Objective::ALL
            .get(usize::from(input.byte()?))
            .ok_or(ModelError::DamagedTable("an objective that does not exist"))?;
        let base = input.finite()?;
        let features = (0..input.count(FEATURES_MAX)?).map(|_| input.name()).collect::<Result<Vec<_>, _>>()?;
        let mut trees = Self::new(features, objective, base)?;
        let count = input.count(TREES_MAX)?;
        trees.reserve(input.nodes_max(count, SPLIT_AND_LEAF_BYTES));
        for _ in 0..count {
            trees.plant(|| {
                let told = Told::of_tag(input.byte()?, input.finite()?);
                let cover = if let Told::Leaf { .. } = told { input.finite()? } else { 0.0 };
                if cover >= 0.0 { Ok((told, cover)) } else { Err(ModelError::DamagedTable("a cover below zero")) }
            })?;
        }
        input.finish()?;
        Ok(trees)
    }

    /// The model as bytes: about 7 for each node.
    pub fn to_table(&self) -> Vec<u8> {
        let mut out =
            Writer::new(Kind::Trees, 9 * self.covers.len() + FEATURE_NAME_BYTES_MAX * self.features.len() + 16);
        out.byte(Objective::ALL.iter().position(|objective| *objective == self.objective).unwrap_or(0) as u8);
        out.float(self.base);
        out.count(self.features.len());
        self.features.iter().for_each(|name| out.name(name));
        out.count(self.tree_count());
        for (node, cover) in self.grove.nodes().iter().zip(&self.covers) {
            out.byte(node.tag());
            out.float(node.value);
            if node.is_leaf() {
                // Exact: a leaf's cover came as such a float, and only those above are sums.
                out.float(*cover as f32);
            }
        }
        out.finish()
    }

    /// Checks that the model was trained on exactly these features in this order.
    ///
    /// # Errors
    /// [`ModelError::Feature`] with the first that differs.
    pub fn expect_features(&self, names: &[&str]) -> Result<(), ModelError> {
        let quoted = |name: Option<&str>| name.map_or_else(|| "missing".to_owned(), |name| format!("{name:?}"));
        for position in 0..self.features.len().max(names.len()) {
            let (found, expected) = (self.features.get(position).map(AsRef::as_ref), names.get(position).copied());
            if found != expected {
                let expected = expected.map_or_else(|| "none".to_owned(), |name| quoted(Some(name)));
                return Err(ModelError::Feature { position, found: quoted(found), expected });
            }
        }
        Ok(())
    }

    /// The features that the model was trained on, in its order.
    pub fn feature_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.features.iter().map(AsRef::as_ref)
    }

    /// What the model was trained for.
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// How many trees the model has.
    pub fn tree_count(&self) -> usize {
        self.grove.trees()
    }

    /// The log-odds of an attempt: XGBoost's `predict(output_margin=True)`, bit for bit. `features` are in the model's order;
    /// NaN is missing, and so is what is not given.
    pub fn margin(&self, features: &[f32]) -> f32 {
        let mut margin = self.base;
        self.grove.walk(&Row::new(features), |_, _, _| {}, |leaf| margin += leaf.value);
        margin
    }

    /// What each feature adds to the log-odds, by path attribution, written to `out` in the model's order; places beyond the
    /// features become 0. Returns the base: what the model expects before it knows any feature.
    ///
    /// The base takes up what rounding the margin to 32 bits left over (some 1e-6), so that the base and the contributions
    /// sum to the margin: added up in any order and rounded to `f32` they *are* [`Trees::margin`].
    pub fn contributions(&self, features: &[f32], out: &mut [f64]) -> f64 {
        let mut margin = self.base;
        let mut added = [0.0; FEATURE_SLOTS];
        let step = |split: Node, from, to| {
            if let Some(added) = added.get_mut(split.feature()) {
                *added += f64::from(self.mean(to)) - f64::from(self.mean(from));
            }
        };
        self.grove.walk(&Row::new(features), step, |leaf| margin += leaf.value);
        base_of(margin, &added, out)
    }

    #[inline]
    fn mean(&self, at: usize) -> f32 {
        self.means.get(at).copied().unwrap_or(0.0)
    }

    fn cover(&self, at: usize) -> f64 {
        self.covers.get(at).copied().unwrap_or(0.0)
    }

    /// Of those who come by the parent of two siblings, the share that goes on to the left one, between 0 and 1; a half if
    /// nobody came by.
    pub(super) fn share_of_left(&self, left: usize) -> f64 {
        let both = self.cover(left) + self.cover(left + 1);
        if both > 0.0 { self.cover(left) / both } else { 0.5 }
    }

    /// The mean and the cover of the parent of two siblings.
    fn expectation(&self, left: usize) -> (f32, f64) {
        let share = self.share_of_left(left);
        let mean = share * f64::from(self.mean(left)) + (1.0 - share) * f64::from(self.mean(left + 1));
        (mean as f32, self.cover(left) + self.cover(left + 1))
    }
}

/// Writes contributions out and gives the base that sums with them to the margin.
pub(super) fn base_of(margin: f32, added: &[f64; FEATURE_SLOTS], out: &mut [f64]) -> f64 {
    out.fill(0.0);
    out.iter_mut().zip(added).for_each(|(out, added)| *out = *added);
    f64::from(margin) - out.iter().sum::<f64>()
}
