//! An isolation forest: how few random questions set an attempt apart from the rest.
//!
//! Each tree splits a small sample at random thresholds of random features until everyone is alone. What is unlike the rest
//! is alone early, whether or not any label ever showed its kind. The score is scikit-learn's (`-score_samples`): between 0
//! and 1, about 0.5 for what is ordinary, towards 1 the stranger.
//!
//! Trees are either grown here, from a seed, or imported from scikit-learn's arrays; a score equals scikit-learn's to the last
//! digits. Its rows are 32-bit floats, its thresholds 64-bit and inclusive (`x <= threshold`). For a 32-bit `x` that is the
//! same as `x < below` with the first 32-bit float above the threshold, so both models share [`Grove`] and its 8-byte nodes.
//!
//! Source: Liu, Ting, Zhou, *Isolation Forest*, ICDM 2008; `sklearn.ensemble.IsolationForest` 1.9.

mod grow;

use std::collections::{BTreeMap, VecDeque};

use super::grove::{Grove, Row, Told, at_most};
use super::table::{Kind, Reader, TREES_MAX, Writer};
use super::{FEATURES_MAX, ModelError};

/// How a forest is grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForestSettings {
    /// How many trees.
    pub trees: usize,
    /// How many rows each tree sees, drawn without replacement; all, if there are no more.
    pub sample: usize,
    /// What all draws follow from: the same seed, rows and settings give the same forest, bit for bit.
    pub seed: u64,
}

impl Default for ForestSettings {
    /// The settings of the paper.
    fn default() -> Self {
        Self { trees: 100, sample: 256, seed: 0 }
    }
}

/// A tree of a fitted scikit-learn forest: the arrays of its `tree_`, one value a node, -1 for a leaf's children.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TreeParts {
    /// `children_left`
    pub left: Vec<i64>,
    /// `children_right`
    pub right: Vec<i64>,
    /// `feature`
    pub feature: Vec<i64>,
    /// `threshold`
    pub threshold: Vec<f64>,
    /// `missing_go_to_left`
    pub missing_left: Vec<bool>,
    /// `n_node_samples`
    pub samples: Vec<usize>,
}

/// An end of the way, as far as the score is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    /// The decisions on the way here.
    depth: usize,
    /// The rows of the sample that ended here.
    samples: usize,
}

/// An isolation forest.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    sample: usize,
    /// A leaf's value is the position of its end.
    grove: Grove,
    ends: Vec<End>,
    /// The length of the way to each end: the decisions made, and those that would follow if the rows there were split on.
    lengths: Vec<f64>,
}

impl Forest {
    /// The forest that scikit-learn fitted: its trees' arrays, and `sample` its `max_samples_`.
    ///
    /// # Errors
    /// [`ModelError`] if an array is too short, a child does not exist or has two parents, or a limit is exceeded.
    pub fn from_parts(features: usize, sample: usize, trees: &[TreeParts]) -> Result<Self, ModelError> {
        let mut planting = Planting::new(features, sample)?;
        for (tree, parts) in trees.iter().enumerate() {
            let mut queue = VecDeque::from([0]);
            let mut told = 0;
            planting.plant(|_| {
                let node = queue.pop_front().unwrap_or(0);
                let damaged = |what| ModelError::DamagedTree { tree, node, what };
                // A node is told once for each of its parents: more often than there are nodes is a circle.
                told += 1;
                if told > parts.left.len() {
                    return Err(damaged("a child that has another parent or is above it"));
                }
                let (told, children) = parts.node(node).map_err(damaged)?;
                queue.extend(children.into_iter().flatten());
                Ok(told)
            })?;
        }
        Ok(planting.forest)
    }

    /// Reads what [`Forest::to_table`] wrote, in this or an older format.
    ///
    /// # Errors
    /// [`ModelError`] if a newer version wrote it, if it is of another kind, or if it is not whole.
    pub fn from_table(table: &[u8]) -> Result<Self, ModelError> {
        let mut input = Reader::new(Kind::Forest, table)?;
        let features = input.count(FEATURES_MAX)?;
        let mut planting = Planting::new(features, input.count(SAMPLE_MAX)?)?;
        let count = input.count(TREES_MAX)?;
        planting.forest.grove.reserve(input.nodes_max(count, SPLIT_AND_LEAF_BYTES));
        for _ in 0..count {
            planting.plant(|_| {
                let tag = input.byte()?;
                match Told::of_tag(tag, 0.0) {
                    Told::Leaf { .. } => Ok(Told::of_tag(tag, input.count(SAMPLE_MAX)? as f32)),
                    Told::Split { .. } => Ok(Told::of_tag(tag, input.float()?)),
                }
            })?;
        }
        input.finish()?;
        Ok(planting.forest)
    }

    /// The forest as bytes: about 4 for each node.
    pub fn to_table(&self) -> Vec<u8> {
        let mut out = Writer::new(Kind::Forest, 5 * self.grove.nodes().len() + 16);
        out.count(self.feature_count());
        out.count(self.sample);
        out.count(self.tree_count());
        for node in self.grove.nodes() {
            out.byte(node.tag());
            if node.is_leaf() {
                out.count(self.ends.get(node.value as usize).map_or(0, |end| end.samples));
            } else {
                out.float(node.value);
            }
        }
        out.finish()
    }

    /// How many features a row has.
    pub fn feature_count(&self) -> usize {
        self.grove.features()
    }

    /// How many trees there are.
    pub fn tree_count(&self) -> usize {
        self.grove.trees()
    }

    /// How strange a row is, between 0 and 1: scikit-learn's `-score_samples`. NaN is missing, and so is what is not given.
    pub fn score(&self, row: &[f32]) -> f64 {
        let mut length = 0.0;
        let arrive = |length_to: f32| self.lengths.get(length_to as usize).copied().unwrap_or(0.0);
        self.grove.walk(&Row::new(row), |_, _, _| {}, |leaf| length += arrive(leaf.value));
        let usual = self.tree_count() as f64 * length_unsplit(self.sample);
        // A sample of one row has no usual length; scikit-learn then takes the way for a usual one.
        if usual > 0.0 { (-length / usual).exp2() } else { 0.5 }
    }
}

/// How many rows a tree may see: as many as trees of [`super::DEPTH_MAX`] can tell apart.
const SAMPLE_MAX: usize = 1 << super::DEPTH_MAX;

/// What a split (tag and threshold) and a leaf (tag and count) have of a table, at least.
const SPLIT_AND_LEAF_BYTES: usize = 5 + 2;

/// A forest to which trees are being added.
struct Planting {
    forest: Forest,
    /// The position of each end so far.
    positions: BTreeMap<End, usize>,
}

impl Planting {
    fn new(features: usize, sample: usize) -> Result<Self, ModelError> {
        at_most("rows in a tree's sample", sample, SAMPLE_MAX)?;
        let forest = Forest { sample, grove: Grove::new(features)?, ends: Vec::new(), lengths: Vec::new() };
        Ok(Self { forest, positions: BTreeMap::new() })
    }

    /// Adds a tree, told level by level as for [`Grove::plant`]; a leaf's value is the number of rows that ended there.
    fn plant(&mut self, mut tell: impl FnMut(usize) -> Result<Told, ModelError>) -> Result<(), ModelError> {
        let Forest { grove, ends, lengths, .. } = &mut self.forest;
        grove.plant(|depth| match tell(depth)? {
            split @ Told::Split { .. } => Ok(split),
            Told::Leaf { value } => {
                let end = End { depth, samples: value as usize };
                let position = *self.positions.entry(end).or_insert_with(|| {
                    ends.push(end);
                    lengths.push((depth + 1) as f64 + length_unsplit(end.samples) - 1.0);
                    ends.len() - 1
                });
                Ok(Told::Leaf { value: position as f32 })
            }
        })?;
        at_most("trees", grove.trees(), TREES_MAX)
    }
}

impl TreeParts {
    /// A node and, of a split, its children; or why it is none.
    fn node(&self, node: usize) -> Result<(Told, Option<[usize; 2]>), &'static str> {
        let there = "a node that is not in every array";
        let (left, right) = (*self.left.get(node).ok_or(there)?, *self.right.get(node).ok_or(there)?);
        if left == -1 {
            let samples = *self.samples.get(node).ok_or(there)?;
            if samples > SAMPLE_MAX {
                return Err("a leaf with more rows than a sample may have");
            }
            return Ok((Told::Leaf { value: samples as f32 }, None));
        }
        let threshold = *self.threshold.get(node).ok_or(there)?;
        if threshold.is_nan() {
            return Err("a threshold that is NaN");
        }
        let index = |number: i64| usize::try_from(number).map_err(|_| "a child or a feature below zero");
        let told = Told::Split {
            feature: index(*self.feature.get(node).ok_or(there)?)?,
            missing_left: *self.missing_left.get(node).ok_or(there)?,
            below: first_above(threshold),
        };
        Ok((told, Some([index(left)?, index(right)?])))
    }
}

/// The first 32-bit number above a threshold: for every 32-bit `x`, `x <= threshold` if and only if `x < first_above(threshold)`.
fn first_above(threshold: f64) -> f32 {
    let nearest = threshold as f32;
    if f64::from(nearest) > threshold { nearest } else { nearest.next_up() }
}

/// How long the way through a search tree of so many rows is on average: what a leaf that was not split further would still
/// need. Source: equation 1 of the paper; scikit-learn's `_average_path_length`.
fn length_unsplit(rows: usize) -> f64 {
    match rows {
        0 | 1 => 0.0,
        2 => 1.0,
        rows => {
            let others = rows as f64 - 1.0;
            2.0 * (others.ln() + EULER_GAMMA) - 2.0 * others / rows as f64
        }
    }
}

/// Euler's constant, which the standard library does not have in a stable place.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

#[cfg(test)]
mod tests {
    use super::first_above;

    #[track_caller]
    fn check(threshold: f64, at_or_below: f32, above: f32) {
        let below = first_above(threshold);
        assert!(at_or_below < below && f64::from(at_or_below) <= threshold, "{at_or_below} against {threshold}");
        assert!(above >= below && f64::from(above) > threshold, "{above} against {threshold}");
    }

    #[test]
    fn below_the_first_number_above_is_at_or_below() {
        check(1.0, 1.0, 1.0_f32.next_up());
        check(0.1, 0.1_f32.next_down(), 0.1);
        check(-0.1, -0.1, (-0.1_f32).next_up());
        check(0.0, 0.0, f32::from_bits(1));
        check(-0.0, -0.0, f32::from_bits(1));
        check(1e-60, 0.0, f32::from_bits(1));
        check(-1e-60, -f32::from_bits(1), -0.0);
        check(1e300, f32::MAX, f32::INFINITY);
        check(-1e300, f32::NEG_INFINITY, f32::MIN);
    }
}
