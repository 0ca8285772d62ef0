//! An axis of probabilities on which small ones have as much room as large ones: log-odds.

use super::frame::XLabel;

/// The ends of the axis, in log-odds: 0.0075 % and 99.6 %, where the report's bins of scores begin and end.
const ENDS: [f64; 2] = [-9.5, 5.5];

/// The probabilities that stand at the axis, and whether they stay away on a narrow page.
const LABELS: [(f64, &str, bool); 8] = [
    (0.0001, "0.01 %", false),
    (0.001, "0.1 %", true),
    (0.01, "1 %", false),
    (0.05, "5 %", true),
    (0.2, "20 %", false),
    (0.5, "50 %", true),
    (0.9, "90 %", false),
    (0.99, "99 %", true),
];

/// Where a probability lies, 0 at the left end and 1 at the right one.
pub(crate) fn place(probability: f64) -> f64 {
    let [low, high] = ENDS;
    let log_odds = (probability / (1.0 - probability)).ln();
    if log_odds.is_nan() { 0.0 } else { ((log_odds - low) / (high - low)).clamp(0.0, 1.0) }
}

/// The labels of the axis with their places.
pub(super) fn labels() -> Vec<XLabel> {
    let label =
        |(probability, text, minor): (f64, &str, bool)| XLabel { at: place(probability), text: text.to_owned(), minor };
    LABELS.map(label).into()
}

/// The same as they stand at the y axis, from the lowest up.
pub(super) fn levels() -> impl Iterator<Item = (f64, String)> {
    LABELS
        .into_iter()
        .filter(|(_, _, minor)| !minor)
        .map(|(probability, text, _)| (place(probability), text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenth_of_what_is_rare_is_as_far() {
        let step = place(0.001) - place(0.0001);
        assert!((place(0.01) - place(0.001) - step).abs() < 0.002);
        for (probability, expect) in [(0.0, 0.0), (1.0, 1.0), (f64::NAN, 0.0), (2.0, 0.0)] {
            assert!((place(probability) - expect).abs() < f64::EPSILON, "{probability}");
        }
        assert!((place(0.5) - 9.5 / 15.0).abs() < 1e-12);
    }
}
