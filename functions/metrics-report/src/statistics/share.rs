//! Shares with their uncertainty.

use serde::Serialize;

use super::z95;

/// A share of a count with its 95 % Wilson interval; nothing but the count if the count is 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// The share, 0 to 1.
    pub value: Option<f64>,
    /// The 95 % Wilson interval.
    pub ci95: Option<[f64; 2]>,
    /// How many of them.
    pub count: i64,
    /// Of how many.
    pub of: i64,
}

impl Share {
    /// `count` of `of`.
    ///
    /// Source: Wilson, Probable inference, the law of succession, and statistical inference (1927).
    pub fn new(count: i64, of: i64) -> Self {
        if of <= 0 || count < 0 || count > of {
            return Self { value: None, ci95: None, count, of };
        }
        let z = z95();
        let (n, share) = (of as f64, count as f64 / of as f64);
        let centre = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let reach = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        // At the ends it is exactly the end, which rounding would miss.
        let low = if count == 0 { 0.0 } else { (centre - reach).max(0.0) };
        let high = if count == of { 1.0 } else { (centre + reach).min(1.0) };
        let ci95 = [low, high];
        Self { value: Some(share), ci95: Some(ci95), count, of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(count: i64, of: i64, expect: [f64; 2]) {
        let [low, high] = Share::new(count, of).ci95.unwrap();
        assert!((low - expect[0]).abs() < 5e-4 && (high - expect[1]).abs() < 5e-4, "{low} {high}");
    }

    #[test]
    fn intervals_are_wilsons() {
        // Newcombe, Two-sided confidence intervals for the single proportion (1998), table I, method 3.
        check(81, 263, [0.2553, 0.3662]);
        check(15, 148, [0.0624, 0.1605]);
        check(0, 20, [0.0, 0.1611]);
        check(1, 29, [0.0061, 0.1718]);
        check(20, 20, [0.8389, 1.0]);
        assert_eq!(Share::new(0, 140).ci95.map(|[low, _]| low.to_bits()), Some(0));
        assert_eq!(Share::new(0, 0), Share { value: None, ci95: None, count: 0, of: 0 });
    }
}
