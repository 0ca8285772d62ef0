//! Any bytes in the place of `calibration.json`: refused, or a calibration whose p-values lie between 0 and 1 and fall with the
//! score.

#![no_main]

use engine::calibration::Calibration;
use libfuzzer_sys::fuzz_target;

const SCORES: [f64; 9] = [f64::NEG_INFINITY, -1e9, -3.0, 0.0, 0.4, 0.7, 3.0, 1e9, f64::INFINITY];

fuzz_target!(|data: &[u8]| {
    match Calibration::from_json(data) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(calibration) => {
            let p_values = SCORES.map(|score| calibration.p_values(score, score, 0.1).both());
            assert!(p_values.iter().all(|p_value| (0.0..=1.0).contains(p_value)), "{p_values:?}");
            assert!(p_values.is_sorted_by(|rare, rarer| rare >= rarer), "{p_values:?}");
        }
    }
});
