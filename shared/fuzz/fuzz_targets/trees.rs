//! Any bytes in the place of XGBoost's `model.json` or of the table made of it: refused, or trees that answer every row and
//! are written as they were read.

#![no_main]

use engine::model::Trees;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 12] = [
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

fuzz_target!(|data: &[u8]| {
    for trees in [Trees::from_xgboost_json(data, &NAMES), Trees::from_table(data)] {
        match trees {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(trees) => exercise(&trees),
        }
    }
});

fn exercise(trees: &Trees) {
    let features = trees.feature_names().len();
    for value in [0.0, -1.5, 1e30, f32::NAN, f32::INFINITY] {
        let row = vec![value; features];
        let mut contributions = vec![0.0; features];
        let base = trees.contributions(&row, &mut contributions);
        assert!(!trees.margin(&row).is_nan() && !base.is_nan() && !contributions.iter().any(|it| it.is_nan()));
    }
    let table = trees.to_table();
    assert_eq!(Trees::from_table(&table).expect("what was written is read").to_table(), table);
}
