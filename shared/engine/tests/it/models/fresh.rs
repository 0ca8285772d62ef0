//! Models of random shape, made on the spot by the installed package.

use std::process::Command;

use serde_json::Value;

use super::{FEATURES, read};

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
