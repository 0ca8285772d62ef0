//! Calibration: how rare a score is among genuine purchases.
//!
//! A score means nothing by itself; "at most one in a thousand genuine purchases scores so high" does. A [`Tail`] is a sketch of
//! what genuine purchases scored lately, read as a conformal p-value: stepping in where it is at most alpha flags at most the
//! share alpha of the genuine purchases to come, as far as those are like the ones behind the sketch. The p-values in it are
//! upper bounds that hold with the confidence named in the file, so that alpha is kept and not only met on average.
//!
//! Source: Vovk, Conditional validity of inductive conformal predictors (2012).

use serde::{Deserialize, Serialize};

use crate::model::ModelError;

/// How many points a tail may have.
pub const POINTS_MAX: usize = 4_096;

/// The format this code reads and writes.
pub const FORMAT: u32 = 1;

/// What genuine purchases scored, for both channels of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The format, [`FORMAT`].
    pub format: u32,
    /// The SHA-256 of the `model.json` that gave the scores, in hexadecimal.
    pub model_sha256: String,
    /// The SHA-256 of the `forest.bin` that gave the scores, in hexadecimal.
    pub forest_sha256: String,
    /// Scores of the trees, in log-odds.
    pub trees: Tail,
    /// Scores of the isolation forest, 0 to 1.
    pub forest: Tail,
}

/// How rare scores are among genuine purchases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tail {
    /// Genuine purchases behind it.
    pub genuine: u64,
    /// How sure each p-value is not to be too small, 0 to 1.
    pub confidence: f64,
    /// The p-value of a score above all points.
    pub least: f64,
    /// Scores, rising, with their p-values, falling.
    pub points: Vec<TailPoint>,
}

/// A score with its p-value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TailPoint {
    /// The score.
    pub score: f64,
    /// An upper bound of the share of genuine purchases that score at least that.
    pub p_value: f64,
}

impl Calibration {
    /// Reads what `cargo lab train` or `cargo lab calibrate` wrote.
    ///
    /// # Errors
    /// [`ModelError::Calibration`] that says what is wrong where.
    pub fn from_json(json: &[u8]) -> Result<Self, ModelError> {
        let calibration: Self =
            serde_json::from_slice(json).map_err(|error| ModelError::Calibration(error.to_string()))?;
        if calibration.format != FORMAT {
            let found = calibration.format;
            return Err(ModelError::Calibration(format!("it has format {found}; this version reads {FORMAT}")));
        }
        calibration.trees.check("trees")?;
        calibration.forest.check("forest")?;
        Ok(calibration)
    }
}

/// How rare the scores of both channels are, each within its share of the alarms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PValues {
    /// Of the trees' score, divided by their share.
    pub trees: f64,
    /// Of the forest's score, divided by its share.
    pub novelty: f64,
}

impl PValues {
    /// Of both together: the smaller one. Stepping in at alpha and below troubles at most the share alpha of the genuine
    /// attempts, however the channels depend on each other (weighted Bonferroni).
    pub fn both(self) -> f64 {
        self.trees.min(self.novelty).min(1.0)
    }
}

impl Calibration {
    /// How rare both channels' scores are, where the forest has `novelty_share` of the alarms, 0 to 1.
    pub fn p_values(&self, log_odds: f64, forest_score: f64, novelty_share: f64) -> PValues {
        PValues {
            trees: self.trees.p_value(log_odds) / (1.0 - novelty_share),
            novelty: self.forest.p_value(forest_score) / novelty_share,
        }
    }
}

impl Tail {
    /// The lowest known score whose p-value is at most `p_value`; `None` if even the highest is not so rare.
    pub fn score_at(&self, p_value: f64) -> Option<f64> {
        let rare = self.points.partition_point(|point| point.p_value > p_value);
        let highest = self.points.last().filter(|_| self.least <= p_value);
        self.points.get(rare).or(highest).map(|point| point.score)
    }

    /// The share of genuine purchases that score at least `score`, between the points on a logarithmic scale.
    pub fn p_value(&self, score: f64) -> f64 {
        let above = self.points.partition_point(|point| point.score <= score);
        let Some(right) = self.points.get(above) else {
            return self.points.last().filter(|last| last.score >= score).map_or(self.least, |last| last.p_value);
        };
        let Some(left) = above.checked_sub(1).and_then(|left| self.points.get(left)) else { return 1.0 };
        let way = (score - left.score) / (right.score - left.score);
        (left.p_value.ln() + way * (right.p_value.ln() - left.p_value.ln())).exp()
    }

    /// Refuses what is no tail.
    fn check(&self, channel: &str) -> Result<(), ModelError> {
        let wrong = |what: &str| Err(ModelError::Calibration(format!("`{channel}`: {what}")));
        let is_share = |share: f64| share > 0.0 && share <= 1.0;
        if self.points.is_empty() || self.points.len() > POINTS_MAX {
            return wrong(&format!("{} points; expected 1 to {POINTS_MAX}", self.points.len()));
        }
        if !self.points.iter().all(|point| point.score.is_finite() && is_share(point.p_value)) || !is_share(self.least)
        {
            return wrong("a score that is no number, or a p-value that is not above 0 and at most 1");
        }
        if !self.points.is_sorted_by(|left, right| left.score < right.score && left.p_value >= right.p_value)
            || self.points.last().is_some_and(|last| last.p_value < self.least)
        {
            return wrong("scores must rise and p-values fall from point to point");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(points: &[(f64, f64)]) -> Tail {
        let points = points.iter().map(|(score, p_value)| TailPoint { score: *score, p_value: *p_value }).collect();
        Tail { genuine: 100, confidence: 0.9, least: 0.001, points }
    }

    #[test]
    fn a_p_value_is_read_between_the_points() {
        let tail = tail(&[(-2.0, 1.0), (0.0, 0.1), (1.0, 0.01)]);
        for (score, expect) in [
            (f64::NEG_INFINITY, 1.0),
            (-3.0, 1.0),
            (-2.0, 1.0),
            (-1.0, 0.1_f64.sqrt()),
            (0.0, 0.1),
            (1.0, 0.01),
            (1.1, 0.001),
            (f64::INFINITY, 0.001),
        ] {
            let found = tail.p_value(score);
            assert!((found - expect).abs() < 1e-12, "{score}: {found}, expected {expect}");
        }
    }

    #[test]
    fn a_score_is_found_by_its_p_value() {
        let tail = tail(&[(-2.0, 1.0), (0.0, 0.1), (1.0, 0.01)]);
        for (p_value, expect) in
            [(1.0, Some(-2.0)), (0.5, Some(0.0)), (0.01, Some(1.0)), (0.005, Some(1.0)), (0.0001, None)]
        {
            assert_eq!(tail.score_at(p_value), expect, "{p_value}");
        }
    }

    #[test]
    fn each_channel_has_its_share_of_the_alarms() {
        let tail = tail(&[(0.0, 0.1), (1.0, 0.01)]);
        let calibration = Calibration {
            format: FORMAT,
            model_sha256: String::new(),
            forest_sha256: String::new(),
            trees: tail.clone(),
            forest: tail,
        };
        let PValues { trees, novelty } = calibration.p_values(1.0, 0.0, 0.2);
        assert!((trees - 0.0125).abs() < 1e-12 && (novelty - 0.5).abs() < 1e-12, "{trees} {novelty}");
        assert!((calibration.p_values(0.0, 1.0, 0.2).both() - 0.05).abs() < 1e-12);
        assert!((calibration.p_values(0.0, 1.0, 0.0).both() - 0.1).abs() < 1e-12, "no share, no alarms");
        assert!((calibration.p_values(-9.0, -9.0, 0.2).both() - 1.0).abs() < 1e-12);
    }

    #[track_caller]
    fn check(json: &str, expect: &str) {
        let error = Calibration::from_json(json.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_calibration_is_named() {
        let good = Calibration {
            format: FORMAT,
            model_sha256: String::new(),
            forest_sha256: String::new(),
            trees: tail(&[(0.0, 0.5)]),
            forest: tail(&[(0.0, 0.5), (0.5, 0.01)]),
        };
        let json = |calibration: &Calibration| serde_json::to_string(calibration).unwrap();
        assert_eq!(Calibration::from_json(json(&good).as_bytes()).as_ref(), Ok(&good));
        check("{}", "missing field `format`");
        check(&json(&Calibration { format: 2, ..good.clone() }), "it has format 2; this version reads 1");
        check(&json(&Calibration { trees: tail(&[]), ..good.clone() }), "`trees`: 0 points; expected 1 to 4096");
        let falling = tail(&[(1.0, 0.5), (0.0, 0.1)]);
        check(&json(&Calibration { forest: falling, ..good.clone() }), "`forest`: scores must rise");
        check(&json(&Calibration { forest: tail(&[(0.0, 1.5)]), ..good }), "not above 0 and at most 1");
    }
}
