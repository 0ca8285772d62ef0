//! Margins are those of the official package, bit for bit.

use engine::model::Trees;
use serde_json::json;

use super::{DEEP, MODEL, changed, floats, read, rows, tree};

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
