//! Exact Shapley values of boosted trees, in the path-dependent form that XGBoost's `pred_contribs` gives.
//!
//! A feature's Shapley value is what its becoming known adds to the expected value, averaged over all orders in which the
//! features of an attempt could become known. At a split on a feature not yet known, the expectation goes both ways, weighted
//! by cover. So what a leaf of value `v` adds depends only on the features asked on the way to it: each one *admits* the leaf
//! if known (`o` is 1 or 0) and otherwise with the share `z` of the training data that goes that way.
//!
//! The average over all orders is an integral: let every feature be known with the same probability `t`, and let `t` run from
//! 0 to 1. Feature `i` then gets
//!
//! > φᵢ = v (oᵢ − zᵢ) ∫₀¹ ∏_{j≠i} (zⱼ (1−t) + oⱼ t) dt
//!
//! The integrand is a polynomial in `t` of a degree below the number of features, so Gauss-Legendre quadrature with half as
//! many points is *exact*. The products for all points are carried down the tree and the leaves' sums back up: each node is
//! visited once, where the classical algorithm needs depth squared for every leaf. A feature that is asked again on the same
//! way changes its factor: what the first answer credited to it is taken back for the subtree and credited anew.
//!
//! Source: Lundberg et al., *From local explanations to global understanding with explainable AI for trees*, 2020, for the
//! values; Yu et al., *Linear TreeSHAP*, 2022, for the passage down and up again.

use super::Trees;
use super::grove::{DEPTH_MAX, FEATURE_SLOTS, Node, Row};
use super::trees::base_of;

impl Trees {
    /// What each feature adds to the log-odds, as exact Shapley values, written to `out` in the model's order; places beyond
    /// the features become 0. Returns the base, as [`Trees::contributions`] does: it sums with them to the margin.
    ///
    /// The time grows with the nodes of the model, not with the way through it: for an audit or an explanation asked for, not
    /// for every attempt.
    pub fn shapley_values(&self, features: &[f32], out: &mut [f64]) -> f64 {
        let row = Row::new(features);
        let margin = self.margin(features);
        let added = if self.grove.depth() <= 2 * FOUR_POINTS.len() {
            Explanation::of(self, &row, &FOUR_POINTS)
        } else {
            Explanation::of(self, &row, &EIGHT_POINTS)
        };
        base_of(margin, &added, out)
    }
}

/// A point of quadrature and its weight.
#[derive(Debug, Clone, Copy)]
struct Point {
    t: f64,
    weight: f64,
}

impl Point {
    /// The point of the usual table for −1 to 1, moved to 0 to 1.
    const fn at(x: f64, weight: f64) -> Self {
        Self { t: 0.5 + 0.5 * x, weight: 0.5 * weight }
    }
}

/// Exact for ways that ask up to 8 features. Source: Abramowitz and Stegun, *Handbook of Mathematical Functions*, table 25.4.
const FOUR_POINTS: [Point; 4] = [
    Point::at(-0.861_136_311_594_052_6, 0.347_854_845_137_453_85),
    Point::at(-0.339_981_043_584_856_26, 0.652_145_154_862_546_1),
    Point::at(0.339_981_043_584_856_26, 0.652_145_154_862_546_1),
    Point::at(0.861_136_311_594_052_6, 0.347_854_845_137_453_85),
];

/// Exact for ways that ask up to 16 features: all there can be.
const EIGHT_POINTS: [Point; DEPTH_MAX / 2] = [
    Point::at(-0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
    Point::at(-0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    Point::at(-0.525_532_409_916_329, 0.313_706_645_877_887_3),
    Point::at(-0.183_434_642_495_649_8, 0.362_683_783_378_362),
    Point::at(0.183_434_642_495_649_8, 0.362_683_783_378_362),
    Point::at(0.525_532_409_916_329, 0.313_706_645_877_887_3),
    Point::at(0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    Point::at(0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// What the way so far says about one feature: how it weighs a leaf if the feature is unknown, and if it is known.
#[derive(Debug, Clone, Copy)]
struct Answers<const N: usize> {
    /// The share of the training data that gives the answers given so far: `z`.
    share: f64,
    /// Whether this attempt gives them too: `o`.
    admits: bool,
    /// One by the feature's factor `z (1−t) + o t`, at each point.
    inverse: [f64; N],
    /// What the feature gets of a leaf whose product of all factors is 1, times the point's weight, at each point.
    credit: [f64; N],
}

impl<const N: usize> Answers<N> {
    /// A feature that was not asked: known or unknown, it weighs nothing.
    const NOT_ASKED: Self = Self { share: 1.0, admits: true, inverse: [1.0; N], credit: [0.0; N] };

    /// Adds an answer, and multiplies the products of a way by what that does to the feature's factor.
    fn and(self, share: f64, admits: bool, points: &[Point; N], products: &mut [f64; N]) -> Self {
        let mut after = Self { share: self.share * share, admits: self.admits && admits, ..self };
        let known = f64::from(u8::from(after.admits));
        let places = after.inverse.iter_mut().zip(&mut after.credit).zip(products);
        for (((inverse, credit), product), point) in places.zip(points) {
            let factor = after.share * (1.0 - point.t) + known * point.t;
            // The inverse is still that of the factor before.
            *product *= factor * *inverse;
            *inverse = 1.0 / factor;
            *credit = point.weight * (known - after.share) * *inverse;
        }
        after
    }

    /// Whether neither this attempt nor any of the training data gives these answers.
    fn excludes_all(&self) -> bool {
        self.share <= 0.0 && !self.admits
    }
}

/// One attempt's passage through all trees, with `N` points of quadrature.
struct Explanation<'a, const N: usize> {
    trees: &'a Trees,
    row: &'a Row,
    points: &'a [Point; N],
    answers: [Answers<N>; FEATURE_SLOTS],
    added: [f64; FEATURE_SLOTS],
}

impl<'a, const N: usize> Explanation<'a, N> {
    fn of(trees: &'a Trees, row: &'a Row, points: &'a [Point; N]) -> [f64; FEATURE_SLOTS] {
        let answers = [Answers::NOT_ASKED; FEATURE_SLOTS];
        let mut explanation = Self { trees, row, points, answers, added: [0.0; FEATURE_SLOTS] };
        for root in trees.grove.roots() {
            explanation.below(root, [1.0; N]);
        }
        explanation.added
    }

    /// Passes through the tree below a node that is reached with these products of factors, one for each point. Gives the sum
    /// of the leaves below, each times its own products.
    fn below(&mut self, at: usize, products: [f64; N]) -> [f64; N] {
        let node = self.trees.grove.node(at);
        if node.is_leaf() {
            return products.map(|product| product * f64::from(node.value));
        }
        let left = node.left(at);
        let next = node.next(at, self.row);
        let share = self.trees.share_of_left(left);
        let mut sums = self.past(node, left, next == left, share, products);
        let right_sums = self.past(node, left + 1, next != left, 1.0 - share, products);
        sums.iter_mut().zip(right_sums).for_each(|(sum, right)| *sum += right);
        sums
    }

    /// Passes from a split to one of its children, which `share` of the training data does, and credits the split's feature.
    fn past(&mut self, split: Node, child: usize, admits: bool, share: f64, mut products: [f64; N]) -> [f64; N] {
        let feature = split.feature();
        let before = self.answers.get(feature).copied().unwrap_or(Answers::NOT_ASKED);
        let after = before.and(share, admits, self.points, &mut products);
        if after.excludes_all() {
            // Nothing below counts, whatever is known.
            return [0.0; N];
        }
        self.answer(feature, after);
        let sums = self.below(child, products);
        self.answer(feature, before);
        if let Some(added) = self.added.get_mut(feature) {
            let credits = after.credit.iter().zip(before.credit);
            *added += sums.iter().zip(credits).map(|(sum, (after, before))| sum * (after - before)).sum::<f64>();
        }
        sums
    }

    fn answer(&mut self, feature: usize, answers: Answers<N>) {
        if let Some(place) = self.answers.get_mut(feature) {
            *place = answers;
        }
    }
}
