//! The isolation forest: scikit-learn's scores, and a forest of its own that is as good.

use engine::model::{Forest, ForestSettings, TreeParts};
use serde_json::Value;

use super::{FEATURES, doubles, rows};

fn list<T: serde::de::DeserializeOwned>(tree: &Value, name: &str) -> Vec<T> {
    serde_json::from_value(tree[name].clone()).unwrap()
}

pub(super) fn parts() -> (usize, Vec<TreeParts>) {
    let golden: Value = serde_json::from_slice(golden!("forest.json")).unwrap();
    let part = |tree: &Value| TreeParts {
        left: list(tree, "children_left"),
        right: list(tree, "children_right"),
        feature: list(tree, "feature"),
        threshold: list(tree, "threshold"),
        missing_left: list(tree, "missing_go_to_left"),
        samples: list(tree, "n_node_samples"),
    };
    let trees = golden["trees"].as_array().unwrap().iter().map(part).collect();
    (golden["max_samples"].as_u64().unwrap() as usize, trees)
}

pub(super) fn golden() -> Forest {
    let (sample, trees) = parts();
    Forest::from_parts(FEATURES, sample, &trees).unwrap()
}

fn fit(settings: ForestSettings) -> Forest {
    Forest::fit(rows().as_flattened(), FEATURES, settings).unwrap()
}

#[test]
fn scores_are_scikit_learns() {
    let forest = golden();
    assert_eq!(Forest::from_table(&forest.to_table()).unwrap(), forest);
    for (row, expected) in rows().iter().zip(doubles(golden!("forest.scores.bin"))) {
        let found = forest.score(row);
        assert!((found - expected).abs() <= 1e-15, "{found}, scikit-learn says {expected}");
    }
}

#[test]
fn a_forest_grown_here_scores_as_one_grown_there() {
    let forest = fit(ForestSettings { trees: 3000, sample: 64, seed: 5 });
    let (mut worst, mut sum) = (0.0_f64, 0.0);
    for (row, expected) in rows().iter().zip(doubles(golden!("rows.scores.bin"))) {
        let difference = forest.score(row) - expected;
        (worst, sum) = (worst.max(difference.abs()), sum + difference);
    }
    // Two of scikit-learn's own forests of this size differ by as much.
    assert!(worst < 0.012, "a row's scores differ by {worst}");
    assert!((sum / 200.0).abs() < 0.001, "the scores differ by {} on average", sum / 200.0);
}

#[test]
fn the_seed_decides_the_forest() {
    let settings = ForestSettings { trees: 20, ..ForestSettings::default() };
    assert_eq!(fit(settings), fit(settings));
    assert_ne!(fit(settings), fit(ForestSettings { seed: 1, ..settings }));
    let grown = fit(settings);
    assert_eq!((grown.tree_count(), grown.feature_count()), (20, FEATURES));
    assert_eq!(Forest::from_table(&grown.to_table()).unwrap(), grown);
    // What one version grew, the next must grow: a stored calibration belongs to it.
    let score = grown.score(&rows()[1]);
    assert!((score - 0.407_495_578_941_412_25).abs() <= 1e-12, "{score}");
}

#[test]
fn the_stranger_stands_out() {
    let forest = fit(ForestSettings::default());
    let ordinary = [0.0; FEATURES];
    assert!(forest.score(&[9.0; FEATURES]) > forest.score(&ordinary) + 0.1);
}

#[test]
fn rows_that_cannot_be_told_apart_score_a_half() {
    let alike = Forest::fit(&[1.0; 40], 2, ForestSettings::default()).unwrap();
    assert!((alike.score(&[1.0, 1.0]) - 0.5).abs() < 1e-12);
    let alone = Forest::fit(&[1.0, 2.0], 2, ForestSettings::default()).unwrap();
    assert!((alone.score(&[7.0, 7.0]) - 0.5).abs() < 1e-12);
    let unknown = Forest::fit(&[f32::NAN; 40], 2, ForestSettings::default()).unwrap();
    assert!((unknown.score(&[7.0, f32::NAN]) - 0.5).abs() < 1e-12);
}

#[track_caller]
fn check_unfit(rows: &[f32], features: usize, settings: ForestSettings, expected: &str) {
    assert_eq!(Forest::fit(rows, features, settings).unwrap_err().to_string(), expected);
}

#[test]
fn rows_and_settings_that_make_no_forest_are_refused() {
    let usual = ForestSettings::default();
    let values = "expected one whole row at least, and only such";
    check_unfit(&[], 3, usual, &format!("a forest cannot be fitted to 0 values in rows of 3, {values}"));
    check_unfit(&[1.0; 4], 3, usual, &format!("a forest cannot be fitted to 4 values in rows of 3, {values}"));
    check_unfit(&[1.0], 0, usual, "a forest cannot be fitted to rows of 0 features, expected 1 to 127 features");
    check_unfit(
        &[1.0; 128],
        128,
        usual,
        "a forest cannot be fitted to rows of 128 features, expected 1 to 127 features",
    );
    let trees = |trees| ForestSettings { trees, ..usual };
    check_unfit(&[1.0], 1, trees(0), "a forest cannot be fitted to 0 trees, expected 1 to 5,000 trees");
    check_unfit(&[1.0], 1, trees(5001), "a forest cannot be fitted to 5001 trees, expected 1 to 5,000 trees");
    let sample = |sample| ForestSettings { sample, ..usual };
    let expected = "expected 1 to 65,536 rows";
    check_unfit(&[1.0], 1, sample(0), &format!("a forest cannot be fitted to samples of 0 rows, {expected}"));
    check_unfit(&[1.0], 1, sample(65_537), &format!("a forest cannot be fitted to samples of 65537 rows, {expected}"));
}

#[track_caller]
fn check_damaged(change: impl FnOnce(&mut TreeParts), expected: &str) {
    let (sample, mut trees) = parts();
    change(&mut trees[1]);
    let message = Forest::from_parts(FEATURES, sample, &trees).unwrap_err().to_string();
    assert_eq!(message, expected);
}

#[test]
fn a_damaged_tree_is_refused_with_its_place() {
    check_damaged(|tree| tree.left[0] = 999, "tree 1, node 999: a node that is not in every array");
    check_damaged(|tree| tree.left[0] = -2, "tree 1, node 0: a child or a feature below zero");
    check_damaged(|tree| tree.feature[0] = -2, "tree 1, node 0: a child or a feature below zero");
    check_damaged(|tree| tree.samples.clear(), "tree 1, node 18: a node that is not in every array");
    check_damaged(|tree| tree.samples.fill(65_537), "tree 1, node 18: a leaf with more rows than a sample may have");
    check_damaged(|tree| tree.threshold[0] = f64::NAN, "tree 1, node 0: a threshold that is NaN");
    check_damaged(|tree| tree.right[0] = 0, "tree 1, node 6: a child that has another parent or is above it");
    check_damaged(|tree| tree.feature[0] = 12, "the model has 13 features in its splits, at most 12 are allowed");
}
