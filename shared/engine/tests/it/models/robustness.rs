//! What no file and no bytes may do: a panic, or an answer that takes for ever.

use engine::calibration::Calibration;
use engine::model::{Forest, ForestSettings, ModelError, TABLE_VERSION, Trees};
use proptest::prelude::*;

use super::{FEATURES, NAMES, forest, read, rows};

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

/// Whatever calibration is read, p-values are probabilities and do not rise with the score.
fn exercise_calibration(calibration: Result<Calibration, ModelError>) {
    let Ok(calibration) = calibration.inspect_err(|error| assert!(!error.to_string().is_empty())) else { return };
    let scores = [f64::NEG_INFINITY, -1e9, -3.0, 0.0, 0.5, 3.0, 1e9, f64::INFINITY];
    let p_values = scores.map(|score| calibration.p_values(score, score, 0.1).both());
    assert!(p_values.iter().all(|p_value| (0.0..=1.0).contains(p_value)), "{p_values:?}");
    assert!(p_values.is_sorted_by(|rare, rarer| rare >= rarer), "{p_values:?}");
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
    fn mutated_calibrations(changes in changes(), digits in digits(), cut in any::<prop::sample::Index>()) {
        let text = include_bytes!("../../../models/default/calibration.json").trim_ascii_end();
        exercise_calibration(Calibration::from_json(&mutated(text, &changes)));
        exercise_calibration(Calibration::from_json(&mutated(text, &digits)));
        prop_assert!(Calibration::from_json(&text[..cut.index(text.len())]).is_err());
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
