//! Intervals one below the other ("forest plot"): an effect of each row with its interval, beside the line of no effect.

use maud::{Markup, html};

use super::frame::percent_of_width;
use super::scale::Scale;

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct ForestRow {
    /// What it is the effect of.
    pub(crate) name: String,
    /// The effect, if it is known.
    pub(crate) value: Option<f64>,
    /// Its interval.
    pub(crate) interval: Option<[f64; 2]>,
    /// Value and interval in words.
    pub(crate) words: String,
}

/// The plot.
#[derive(Debug)]
pub(crate) struct ForestPlot {
    /// The rows.
    pub(crate) rows: Vec<ForestRow>,
    /// A number of the axis in words.
    pub(crate) in_words: fn(f64) -> String,
    /// The lowest number that can be, if it is not minus the highest: 0 for shares.
    pub(crate) lowest: Option<f64>,
    /// The highest number that can be.
    pub(crate) highest: Option<f64>,
    /// Numbers at which something begins.
    pub(crate) marks: &'static [f64],
}

impl ForestPlot {
    /// The drawing: for each row its name, its interval and its words; then the axis.
    pub(crate) fn render(&self) -> Markup {
        let ends = self.rows.iter().flat_map(|row| row.interval.into_iter().flatten().chain(row.value));
        let most = ends.chain(self.marks.iter().copied()).map(f64::abs).fold(0.0, f64::max);
        let mut scale = Scale::holding(most, false);
        if let Some(highest) = self.highest.filter(|highest| scale.end > *highest) {
            scale.end = highest;
        }
        let (low, high) = (self.lowest.unwrap_or(-scale.end), scale.end);
        let at = |number: f64| percent_of_width(((number - low) / (high - low)).clamp(0.0, 1.0));
        let ends = [(low, "start"), (f64::midpoint(low, high), "middle"), (high, "end")];
        html! {
            div.forest aria-hidden="true" {
                @for row in &self.rows {
                    span.name { (row.name) }
                    svg.range height="26" {
                        line.grid x1="0" x2="100%" y1="25.5" y2="25.5" {}
                        line.zero x1=(at(0.0)) x2=(at(0.0)) y1="0" y2="26" {}
                        @for mark in self.marks { line.mark x1=(at(*mark)) x2=(at(*mark)) y1="0" y2="26" {} }
                        @if let Some([from, until]) = row.interval {
                            line.whisker x1=(at(from)) x2=(at(until)) y1="13" y2="13" {}
                        }
                        @if let Some(value) = row.value { circle.dot.accent cx=(at(value)) cy="13" r="4.5" {} }
                    }
                    span.words { (row.words) }
                }
                span {}
                svg.range.ticks height="20" {
                    @for (number, anchor) in ends { text x=(at(number)) y="14" text-anchor=(anchor) { ((self.in_words)(number)) } }
                }
                span {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64, interval: [f64; 2]) -> ForestRow {
        ForestRow { name: "reflection".to_owned(), value: Some(value), interval: Some(interval), words: String::new() }
    }

    #[test]
    fn no_effect_is_in_the_middle_and_shares_begin_at_zero() {
        let both = ForestPlot {
            rows: vec![row(0.2, [-0.1, 0.4])],
            in_words: |n| n.to_string(),
            lowest: None,
            highest: None,
            marks: &[],
        };
        let drawing = both.render().into_string();
        assert!(drawing.contains(r#"<line class="zero" x1="50%""#), "{drawing}");
        assert!(drawing.contains(r#"x1="37.5%" x2="100%""#), "{drawing}");
        let (lowest, highest) = (Some(0.0), Some(1.0));
        let shares = ForestPlot {
            rows: vec![row(0.5, [0.25, 1.0])],
            in_words: |n| n.to_string(),
            lowest,
            highest,
            marks: &[0.25],
        };
        let drawing = shares.render().into_string();
        assert!(drawing.contains(r#"<line class="mark" x1="25%""#), "{drawing}");
        assert!(drawing.contains(r#"x1="25%" x2="100%""#) && drawing.contains(r#"cx="50%""#), "{drawing}");
    }
}
