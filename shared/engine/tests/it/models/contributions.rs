//! Contributions are XGBoost's, and sum to the margin.

use engine::model::{DEPTH_MAX, Trees};
use serde_json::json;

use super::{DEEP, FEATURES, MODEL, chain, changed, floats, read, rows, tree};

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
