//! Any bytes in the place of `forest.bin`: refused, or a forest that scores every row from 0 to 1 and is written as it was
//! read.

#![no_main]

use engine::model::Forest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match Forest::from_table(data) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(forest) => {
            for value in [0.0, -1.5, 1e30, f32::NAN, f32::INFINITY] {
                let score = forest.score(&vec![value; forest.feature_count()]);
                assert!((0.0..=1.0).contains(&score), "{score}");
            }
            assert_eq!(Forest::from_table(&forest.to_table()).expect("what was written is read"), forest);
        }
    }
});
