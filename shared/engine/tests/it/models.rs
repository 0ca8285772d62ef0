//! Models: equal to the official packages on the golden set, refused by name, and never a panic.
//!
//! `golden/make.py` says what the files are and how they were made.

use std::process::Command;

use engine::model::{
    DEPTH_MAX, FEATURES_MAX, Forest, ForestSettings, ModelError, TABLE_VERSION, TREES_MAX, TreeParts, Trees,
};
use proptest::prelude::*;
use serde_json::{Value, json};

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../golden/", $name)).as_slice()
    };
}

const FEATURES: usize = 12;

const NAMES: [&str; FEATURES] = [
    "feature_0",
    "feature_1",
    "feature_2",
    "feature_3",
    "feature_4",
    "feature_5",
    "feature_6",
    "feature_7",
    "feature_8",
    "feature_9",
    "feature_10",
    "feature_11",
];

const MODEL: &[u8] = golden!("model.json");
const DEEP: &[u8] = golden!("deep.json");

fn read(text: &[u8]) -> Trees {
    Trees::from_xgboost_json(text, &NAMES).unwrap()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
}

/// The golden rows.
fn rows() -> Vec<[f32; FEATURES]> {
    floats(golden!("rows.bin")).as_chunks().0.to_vec()
}

/// The model with something changed.
fn changed(text: &[u8], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut model = serde_json::from_slice(text).unwrap();
    change(&mut model);
    serde_json::to_vec(&model).unwrap()
}

fn tree(model: &mut Value, number: usize) -> &mut Value {
    &mut model["learner"]["gradient_booster"]["model"]["trees"][number]
}

/// A tree that asks one feature after the other: whoever is at 1 or above goes on, which an eighth of the training data does,
/// and only the end of the whole way is worth 1. Node `2 n` splits into `2 n + 1`, a leaf, and `2 n + 2`.
fn chain(depth: usize, features: usize) -> Value {
    let list = |of: &dyn Fn(usize) -> f64| (0..=2 * depth).map(of).collect::<Vec<_>>();
    let is_split = |node: usize| node.is_multiple_of(2) && node < 2 * depth;
    let indexes = |of: &dyn Fn(usize) -> i64| (0..=2 * depth).map(of).collect::<Vec<_>>();
    let child = |number| move |node: usize| if is_split(node) { (node + number) as i64 } else { -1 };
    let cover = |node: usize| if node.is_multiple_of(2) { 1.0 } else { 7.0 / 8.0 } / 8_f64.powi(node as i32 / 2);
    json!({
        "id": 0,
        "left_children": indexes(&child(1)),
        "right_children": indexes(&child(2)),
        "split_indices": indexes(&|node| (node / 2 % features) as i64),
        "split_conditions": list(&|node| f64::from(u8::from(is_split(node) || node == 2 * depth))),
        "default_left": indexes(&|_| 0),
        "sum_hessian": list(&cover),
    })
}

mod agreement {
    use super::*;

    /// Equal margins, bit for bit, before and after a passage through a table.
    #[track_caller]
    fn check(text: &[u8], margins: &[u8]) {
        let trees = read(text);
        let table = trees.to_table();
        let loaded = Trees::from_table(&table).unwrap();
        assert_eq!(loaded, trees);
        let margins = floats(margins);
        assert_eq!(margins.len(), rows().len());
        for (number, (row, expected)) in rows().iter().zip(margins).enumerate() {
            let found = loaded.margin(row);
            assert_eq!(found.to_bits(), expected.to_bits(), "row {number}: {found}, XGBoost says {expected}");
        }
    }

    #[test]
    fn margins_are_xgboosts_bit_for_bit() {
        check(MODEL, golden!("model.margins.bin"));
        check(DEEP, golden!("deep.margins.bin"));
        check(golden!("reg-logistic.json"), golden!("reg-logistic.margins.bin"));
        check(golden!("logitraw.json"), golden!("logitraw.margins.bin"));
    }

    #[test]
    fn of_a_model_stopped_early_the_best_iteration_counts() {
        check(golden!("early.json"), golden!("early.margins.bin"));
        // Version 1 does not write where iterations begin.
        let without_starts = changed(golden!("early.json"), |model| {
            model["learner"]["gradient_booster"]["model"].as_object_mut().unwrap().remove("iteration_indptr").unwrap();
        });
        check(&without_starts, golden!("early.margins.bin"));
    }

    #[test]
    fn what_older_versions_wrote_is_read() {
        check(golden!("version-1.7.json"), golden!("version-1.7.margins.bin"));
        check(golden!("version-2.1.json"), golden!("version-2.1.margins.bin"));
    }

    #[test]
    fn all_spellings_of_a_base_score_and_of_a_direction_are_read() {
        let bracketed = |written: &str| {
            changed(golden!("version-2.1.json"), |model| {
                assert_eq!(model["learner"]["learner_model_param"]["base_score"], "8.8E-3");
                model["learner"]["learner_model_param"]["base_score"] = json!(written);
            })
        };
        for written in ["[8.8E-3]", "8.8E-3", "0.0088", "[ 0.0088 ]", "8.8e-03"] {
            check(&bracketed(written), golden!("version-2.1.margins.bin"));
        }
        let truth_values = changed(MODEL, |model| {
            for number in 0..19 {
                for flag in tree(model, number)["default_left"].as_array_mut().unwrap() {
                    *flag = json!(flag.as_u64() == Some(1));
                }
            }
        });
        check(&truth_values, golden!("model.margins.bin"));
    }

    #[test]
    fn features_not_given_are_missing_and_more_are_not_looked_at() {
        let trees = read(MODEL);
        for row in rows() {
            let mut missing = row;
            missing[7..].fill(f32::NAN);
            assert_eq!(trees.margin(&row[..7]).to_bits(), trees.margin(&missing).to_bits());
            let more: Vec<f32> = row.into_iter().chain([1.0; 300]).collect();
            assert_eq!(trees.margin(&more).to_bits(), trees.margin(&row).to_bits());
        }
    }
}

mod contributions {
    use super::*;

    type Contributions = fn(&Trees, &[f32], &mut [f64]) -> f64;

    /// Equal to XGBoost's, whose 32-bit sums cost it the sixth digit, and summing exactly.
    #[track_caller]
    fn check(of: Contributions, text: &[u8], expected: &[u8]) {
        let trees = read(text);
        let expected = floats(expected);
        let expected: &[[f32; FEATURES + 1]] = expected.as_chunks().0;
        assert_eq!(expected.len(), rows().len());
        for (row, expected) in rows().iter().zip(expected) {
            let mut found = [f64::NAN; FEATURES];
            let base = of(&trees, row, &mut found);
            for (found, expected) in found.iter().chain([&base]).zip(expected) {
                assert!((found - f64::from(*expected)).abs() < 2e-5, "{found}, XGBoost says {expected}");
            }
            check_sum(&trees, row, base, &found);
        }
    }

    #[track_caller]
    fn check_sum(trees: &Trees, row: &[f32], base: f64, contributions: &[f64]) {
        let sum = base + contributions.iter().sum::<f64>();
        assert!((sum - f64::from(trees.margin(row))).abs() < 1e-12);
        assert_eq!((sum as f32).to_bits(), trees.margin(row).to_bits());
    }

    #[test]
    fn path_attribution_is_xgboosts() {
        check(Trees::contributions, MODEL, golden!("model.paths.bin"));
    }

    #[test]
    fn shapley_values_are_xgboosts() {
        check(Trees::shapley_values, MODEL, golden!("model.contributions.bin"));
        check(Trees::shapley_values, DEEP, golden!("deep.contributions.bin"));
    }

    #[test]
    fn features_that_only_count_together_share_evenly() {
        for depth in 1..=DEPTH_MAX {
            let names: Vec<String> = (0..depth).map(|number| format!("feature_{number}")).collect();
            let text = changed(MODEL, |model| {
                model["learner"]["feature_names"] = json!(names);
                let model = &mut model["learner"]["gradient_booster"]["model"];
                model["trees"] = json!([chain(depth, depth)]);
                model["tree_info"] = json!([0]);
                model["gbtree_model_param"]["num_trees"] = json!("1");
            });
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let trees = Trees::from_xgboost_json(&text, &names).unwrap();
            let mut found = vec![f64::NAN; depth];
            trees.shapley_values(&vec![2.0; depth], &mut found);
            // Nobody is preferred, and together they add all that the training data did not expect.
            let expected = (1.0 - 8_f64.powi(-(depth as i32))) / depth as f64;
            for found in found {
                assert!((found - expected).abs() < 1e-12, "{found} of {depth} features, expected {expected}");
            }
        }
    }

    #[test]
    fn a_list_too_short_or_too_long_still_sums() {
        let trees = read(MODEL);
        for of in [Trees::contributions as Contributions, Trees::shapley_values] {
            for row in rows() {
                for length in [0, 1, FEATURES - 1, FEATURES + 1, 300] {
                    let mut found = vec![f64::NAN; length];
                    let base = of(&trees, &row, &mut found);
                    check_sum(&trees, &row, base, &found);
                    assert!(found.iter().skip(FEATURES).all(|more| *more == 0.0));
                }
            }
        }
    }

    #[test]
    fn nodes_without_cover_share_evenly_and_still_sum() {
        let uncovered = changed(MODEL, |model| {
            for number in 0..19 {
                let covers = tree(model, number)["sum_hessian"].as_array_mut().unwrap();
                // Everywhere in the first trees, here and there in the others.
                covers
                    .iter_mut()
                    .enumerate()
                    .filter(|(node, _)| number < 3 || node % 3 == 0)
                    .for_each(|(_, cover)| *cover = json!(0));
            }
        });
        let trees = read(&uncovered);
        for of in [Trees::contributions as Contributions, Trees::shapley_values] {
            for row in rows() {
                let mut found = [f64::NAN; FEATURES];
                let base = of(&trees, &row, &mut found);
                assert!(base.is_finite() && found.iter().all(|found| found.is_finite()));
                check_sum(&trees, &row, base, &found);
            }
        }
    }
}

mod refusals {
    use super::*;

    #[track_caller]
    fn check(text: &[u8], expected: &str) {
        let message = Trees::from_xgboost_json(text, &NAMES).unwrap_err().to_string();
        assert!(message.contains(expected), "{message:?} does not say {expected:?}");
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused_by_name() {
        check(golden!("dart.json"), r#"the model's booster is "dart", expected "gbtree""#);
        check(golden!("gblinear.json"), r#"the model's booster is "gblinear", expected "gbtree""#);
        check(golden!("categorical.json"), "the model's split is categorical in tree 0, expected a threshold");
        check(golden!("multiclass.json"), "the model's number of classes is 3, expected 0 or 1");
        check(golden!("targets.json"), "the model's number of targets is 2, expected 0 or 1");
        check(golden!("regression.json"), r#"the model's objective is "reg:squarederror", expected "binary:logistic""#);
        let dart_since_3_4 = changed(MODEL, |model| {
            model["learner"]["gradient_booster"]["model"]["weight_drop"] = json!([0.5]);
        });
        check(&dart_since_3_4, r#"the model's booster is "dart" (it has a weight_drop)"#);
        let class_of_a_tree = changed(MODEL, |model| {
            model["learner"]["gradient_booster"]["model"]["tree_info"][4] = json!(1);
        });
        check(&class_of_a_tree, "the model's tree_info is 1, expected 0 throughout");
    }

    #[test]
    fn what_is_no_model_is_refused() {
        check(b"", "not XGBoost's model.json: EOF while parsing a value at line 1 column 0");
        check(b"{L\x00\x00", "not XGBoost's model.json: key must be a string at line 1 column 2");
        check(b"[]", "expected the file that Booster.save_model(\"model.json\") writes");
        check(b"{}", "missing field `learner`");
        check(golden!("forest.json"), "missing field `learner`");
        check(&MODEL[..MODEL.len() / 2], "EOF while parsing");
    }

    fn with_names(names: &Value) -> Vec<u8> {
        changed(MODEL, |model| model["learner"]["feature_names"] = names.clone())
    }

    #[test]
    fn other_features_are_refused_and_the_first_that_differs_is_named() {
        let mut names = NAMES;
        names.swap(3, 5);
        check(&with_names(&json!(names)), r#"feature 3 of the model is "feature_5", expected "feature_3""#);
        check(&with_names(&json!(NAMES[..11])), r#"feature 11 of the model is missing, expected "feature_11""#);
        let more: Vec<&str> = NAMES.into_iter().chain(["day_of_birth"]).collect();
        check(&with_names(&json!(more)), r#"feature 12 of the model is "day_of_birth", expected none"#);
        let unnamed = "the model names no features, expected 12 names: train on DMatrix(..., feature_names=[...])";
        check(&with_names(&json!([])), unnamed);
        check(&with_names(&Value::Null), unnamed);
    }

    #[track_caller]
    fn check_changed(change: impl FnOnce(&mut Value), expected: &str) {
        check(&changed(MODEL, change), expected);
    }

    #[test]
    fn a_damaged_tree_is_refused_with_its_place() {
        check_changed(
            |model| tree(model, 3)["left_children"][2] = json!(900),
            "tree 3, node 2: a child that does not exist",
        );
        check_changed(
            |model| tree(model, 3)["right_children"][2] = json!(-7),
            "tree 3, node 2: a child that does not exist",
        );
        check_changed(
            |model| tree(model, 0)["right_children"][2] = json!(0),
            "tree 0, node 2: a child that has another parent or is above it",
        );
        check_changed(
            |model| tree(model, 1)["right_children"][0] = tree(model, 1)["left_children"][0].clone(),
            "tree 1, node 0: a child that has another parent or is above it",
        );
        check_changed(
            |model| tree(model, 2)["split_indices"][0] = json!(12),
            "the model has 13 features in its splits, at most 12 are allowed",
        );
        check_changed(|model| tree(model, 2)["split_conditions"][0] = json!(1e300), "number out of range at line 1");
        check_changed(
            |model| tree(model, 2)["sum_hessian"][0] = json!(-1),
            "tree 2, node 0: a sum of hessians below zero",
        );
        check_changed(
            |model| tree(model, 2)["sum_hessian"] = json!([1]),
            "tree 2, node 0: the tree's lists differ in length",
        );
        check_changed(|model| tree(model, 2)["id"] = json!(3), "tree 2, node 0: its id is not its position");
        let empty = json!({"id": 5, "left_children": [], "right_children": [], "split_indices": [],
            "split_conditions": [], "default_left": [], "sum_hessian": []});
        check_changed(|model| *tree(model, 5) = empty, "tree 5, node 0: a child that does not exist");
        check_changed(
            |model| tree(model, 2)["default_left"][0] = json!(2),
            "invalid value: integer `2`, expected true, false, 1 or 0",
        );
    }

    #[test]
    fn parts_that_contradict_each_other_are_refused() {
        let parameter = |name: &'static str, value: &'static str| {
            move |model: &mut Value| model["learner"]["learner_model_param"][name] = json!(value)
        };
        check_changed(
            parameter("base_score", "1E0"),
            r#"base_score is "1E0", expected a probability above 0 and below 1"#,
        );
        check_changed(parameter("base_score", "[0E0]"), "expected a probability above 0 and below 1");
        check_changed(parameter("base_score", "-1"), "expected a probability above 0 and below 1");
        check_changed(parameter("base_score", "NaN"), "expected a probability above 0 and below 1");
        check_changed(parameter("base_score", "[1E-1,2E-1]"), "expected one number");
        check_changed(
            |model| model["learner"]["gradient_booster"]["model"]["gbtree_model_param"]["num_trees"] = json!("20"),
            r#"num_trees is "20", expected "19""#,
        );
        check_changed(
            |model| model["learner"]["gradient_booster"]["model"]["tree_info"] = json!([0]),
            "tree_info is of length 1, expected one number for each of 19 trees",
        );
        for best in ["19", "18446744073709551615", "-1", "best"] {
            check_changed(
                |model| model["learner"]["attributes"]["best_iteration"] = json!(best),
                &format!("best_iteration is {best:?}, expected an iteration within the 19 trees"),
            );
        }
    }

    #[test]
    fn what_exceeds_a_limit_is_refused_with_the_limit() {
        check_changed(
            |model| {
                let model = &mut model["learner"]["gradient_booster"]["model"];
                let leaf = json!({"id": 0, "left_children": [-1], "right_children": [-1], "split_indices": [0],
                    "split_conditions": [0.5], "default_left": [0], "sum_hessian": [1]});
                model["trees"] = json!(vec![leaf; TREES_MAX + 1]);
            },
            "the model has 5001 trees, at most 5000 are allowed",
        );
        let deep = |depth| changed(MODEL, |model| *tree(model, 0) = chain(depth, FEATURES));
        assert!(Trees::from_xgboost_json(&deep(DEPTH_MAX), &NAMES).is_ok());
        check(&deep(DEPTH_MAX + 1), "the model has 17 decisions on one way, at most 16 are allowed");
        let many: Vec<String> = (0..=FEATURES_MAX).map(|number| format!("feature_{number}")).collect();
        check(&with_names(&json!(many)), "the model has 128 features, at most 127 are allowed");
        check(
            &with_names(&json!(["x".repeat(65)])),
            "the model has 65 bytes in a feature's name, at most 64 are allowed",
        );
    }
}

mod tables {
    use super::*;

    #[track_caller]
    fn check(table: &[u8], expected: &ModelError) {
        assert_eq!(&Trees::from_table(table).unwrap_err(), expected);
    }

    #[test]
    fn a_table_that_is_not_whole_of_this_kind_and_format_is_refused() {
        let table = read(MODEL).to_table();
        for length in 2..table.len() {
            check(&table[..length], &ModelError::DamagedTable("it ends early"));
        }
        check(&[&table, &[0][..]].concat(), &ModelError::DamagedTable("bytes after the end"));
        check(
            &[b"T", &[TABLE_VERSION + 1][..], &table[2..]].concat(),
            &ModelError::NewerTable { found: TABLE_VERSION + 1 },
        );
        check(&[b"T", &[0][..], &table[2..]].concat(), &ModelError::DamagedTable("format 0"));
        let forest = forest::golden().to_table();
        check(&forest, &ModelError::OtherTable { found: b'F', expected: b'T', kind: "boosted trees" });
        let forest_of_trees = Forest::from_table(&table).unwrap_err().to_string();
        assert_eq!(forest_of_trees, "the model table begins with 0x54, expected 0x46, a table of an isolation forest");
    }

    #[test]
    fn a_table_holds_what_the_model_says_of_itself() {
        let trees = Trees::from_table(&read(golden!("logitraw.json")).to_table()).unwrap();
        assert!(trees.features().eq(NAMES));
        assert_eq!(trees.objective().name(), "binary:logitraw");
        assert_eq!(trees.count(), 2);
        assert!(trees.expect_features(&NAMES).is_ok());
        assert!(trees.expect_features(&NAMES[1..]).is_err());
    }
}

mod forest {
    use super::*;

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
        assert_eq!((grown.count(), grown.features()), (20, FEATURES));
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
        check_unfit(
            &[1.0],
            1,
            sample(65_537),
            &format!("a forest cannot be fitted to samples of 65537 rows, {expected}"),
        );
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
        check_damaged(
            |tree| tree.samples.fill(65_537),
            "tree 1, node 18: a leaf with more rows than a sample may have",
        );
        check_damaged(|tree| tree.threshold[0] = f64::NAN, "tree 1, node 0: a threshold that is NaN");
        check_damaged(|tree| tree.right[0] = 0, "tree 1, node 6: a child that has another parent or is above it");
        check_damaged(|tree| tree.feature[0] = 12, "the model has 13 features in its splits, at most 12 are allowed");
    }
}

/// What no file and no bytes may do: a panic, or an answer that takes for ever.
mod robustness {
    use super::*;

    /// Uses a model in every way, if it is one at all.
    fn exercise(trees: Result<Trees, ModelError>) {
        let Ok(trees) = trees.inspect_err(|error| assert!(!error.to_string().is_empty())) else { return };
        for row in rows().iter().take(5) {
            let mut out = [0.0; FEATURES];
            let _ = (trees.margin(row), trees.contributions(row, &mut out), trees.shapley_values(row, &mut out));
        }
        let table = trees.to_table();
        assert_eq!(Trees::from_table(&table).unwrap().to_table(), table);
    }

    fn exercise_forest(forest: Result<Forest, ModelError>) {
        let Ok(forest) = forest.inspect_err(|error| assert!(!error.to_string().is_empty())) else { return };
        for row in rows().iter().take(5) {
            assert!((0.0..=1.0).contains(&forest.score(row)));
        }
        assert_eq!(Forest::from_table(&forest.to_table()).unwrap(), forest);
    }

    fn mutated(text: &[u8], changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
        let mut text = text.to_vec();
        changes.iter().for_each(|(index, byte)| *index.get_mut(&mut text) = *byte);
        text
    }

    fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
        prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4)
    }

    /// A digit for a character keeps most of a JSON document whole, and so reaches what follows the parser.
    fn digits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
        prop::collection::vec((any::<prop::sample::Index>(), b'0'..=b'9'), 1..4)
    }

    proptest! {
        #[test]
        fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            exercise(Trees::from_xgboost_json(&bytes, &NAMES));
            exercise(Trees::from_table(&bytes));
            exercise(Trees::from_table(&[b"T", &[TABLE_VERSION], bytes.as_slice()].concat()));
            exercise_forest(Forest::from_table(&[b"F", &[TABLE_VERSION], bytes.as_slice()].concat()));
        }

        #[test]
        fn truncated_json(length in any::<prop::sample::Index>()) {
            let text = golden!("version-2.1.json").trim_ascii_end();
            prop_assert!(Trees::from_xgboost_json(&text[..length.index(text.len())], &NAMES).is_err());
        }

        #[test]
        fn mutated_json(changes in changes(), digits in digits()) {
            exercise(Trees::from_xgboost_json(&mutated(golden!("version-2.1.json"), &changes), &NAMES));
            exercise(Trees::from_xgboost_json(&mutated(golden!("version-2.1.json"), &digits), &NAMES));
        }

        #[test]
        fn mutated_tables(changes in changes()) {
            exercise(Trees::from_table(&mutated(&read(golden!("version-2.1.json")).to_table(), &changes)));
            exercise_forest(Forest::from_table(&mutated(&forest::golden().to_table(), &changes)));
        }

        #[test]
        fn any_rows_fit(
            rows in prop::collection::vec(prop_oneof![4 => -3.0..3.0_f32, 1 => any::<f32>(), 1 => Just(1.0)], 1..40),
            features in 1..4_usize,
            sample in 1..50_usize,
        ) {
            let whole = rows.len() / features * features;
            exercise_forest(Forest::fit(&rows[..whole], features, ForestSettings { trees: 3, sample, seed: 0 }));
        }
    }
}

#[test]
#[ignore = "needs Python with xgboost and numpy; run with their venv first in PATH: cargo test -p engine -- --ignored"]
fn fresh_models_agree_with_the_installed_xgboost() {
    let bits = |values: &Value| -> Vec<f32> {
        let bits: Vec<u32> = serde_json::from_value(values.clone()).unwrap();
        bits.into_iter().map(f32::from_bits).collect()
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/make.py");
    for seed in 0..5 {
        let made = Command::new("python3").args([script, "fresh", &seed.to_string()]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for line in made.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let fresh: Value = serde_json::from_slice(line).unwrap();
            let trees = read(&serde_json::to_vec(&fresh["model"]).unwrap());
            let (rows, margins) = (bits(&fresh["rows"]), bits(&fresh["margins"]));
            let (exact, paths) = (bits(&fresh["contributions"]), bits(&fresh["paths"]));
            let columns = exact.as_chunks::<{ FEATURES + 1 }>().0.iter().zip(paths.as_chunks::<{ FEATURES + 1 }>().0);
            for ((row, margin), (exact, paths)) in rows.as_chunks::<FEATURES>().0.iter().zip(margins).zip(columns) {
                assert_eq!(trees.margin(row).to_bits(), margin.to_bits(), "seed {seed}");
                let mut found = [0.0; FEATURES];
                trees.shapley_values(row, &mut found);
                check_near(&found, exact);
                trees.contributions(row, &mut found);
                check_near(&found, paths);
            }
        }
    }
}

/// Equal within what XGBoost's 32-bit sums lose, which grows with the largest contribution.
#[track_caller]
fn check_near(found: &[f64], expected: &[f32]) {
    let largest = expected.iter().fold(1.0, |largest: f64, expected| largest.max(f64::from(expected.abs())));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - f64::from(*expected)).abs() < 2e-5 * largest, "{found}, XGBoost says {expected}");
    }
}
