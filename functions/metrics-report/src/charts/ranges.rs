//! What is usual: for each row from where to where most lie and what is typical, on a logarithmic axis, for amounts of money
//! differ by factors.

use maud::{Markup, html};

use super::frame::percent_of_width;

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct RangeRow {
    /// What it is about.
    pub(crate) name: String,
    /// From where to where most lie.
    pub(crate) range: [f64; 2],
    /// What is typical.
    pub(crate) typical: f64,
    /// The same in words.
    pub(crate) words: String,
    /// Whether it is set apart from the others.
    pub(crate) strong: bool,
}

/// The drawing's rows and marks.
#[derive(Debug)]
pub(crate) struct Ranges {
    /// The rows.
    pub(crate) rows: Vec<RangeRow>,
    /// A number of the axis in words.
    pub(crate) in_words: fn(f64) -> String,
}

impl Ranges {
    /// The drawing.
    pub(crate) fn render(&self) -> Markup {
        let ends = || self.rows.iter().flat_map(|row| row.range).filter(|end| *end > 0.0);
        let low = ends().fold(f64::INFINITY, f64::min);
        let high = ends().fold(0.0, f64::max);
        if high <= 0.0 {
            return html! {};
        }
        // Whole decades and halves of them.
        let (low, high) = ((low.log10() * 2.0).floor() / 2.0, (high.log10() * 2.0).ceil() / 2.0);
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, high + 0.5) };
        let at = |number: f64| ((number.max(1e-9).log10() - low) / (high - low)).clamp(0.0, 1.0);
        let decades = (low.ceil() as i32..=high.floor() as i32).map(|decade| 10_f64.powi(decade));
        let decades: Vec<f64> = decades.collect();
        html! {
            div.forest aria-hidden="true" {
                @for row in &self.rows {
                    span.name.strong[row.strong] { (row.name) }
                    svg.range height="26" {
                        line.grid x1="0" x2="100%" y1="25.5" y2="25.5" {}
                        @for decade in &decades { line.grid x1=(percent_of_width(at(*decade))) x2=(percent_of_width(at(*decade))) y1="0" y2="26" {} }
                        @let [from, until] = row.range.map(at);
                        rect.usual x=(percent_of_width(from)) width=(percent_of_width(until - from)) y="9" height="8" rx="4" {}
                        circle.dot.accent cx=(percent_of_width(at(row.typical))) cy="13" r="4.5" {}
                    }
                    span.words.strong[row.strong] { (row.words) }
                }
                span {}
                svg.range.ticks height="20" {
                    @for decade in &decades {
                        @let place = at(*decade);
                        text x=(percent_of_width(place)) y="14" text-anchor=(if place < 0.04 { "start" } else if place > 0.96 { "end" } else { "middle" }) { ((self.in_words)(*decade)) }
                    }
                }
                span {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lies_between_one_and_a_hundred() {
        let words = String::new();
        let row = RangeRow { name: "all".to_owned(), range: [1.0, 100.0], typical: 10.0, words, strong: false };
        let drawing = Ranges { rows: vec![row], in_words: |number| number.to_string() }.render().into_string();
        assert!(drawing.contains(r#"<rect class="usual" x="0%" width="100%""#), "{drawing}");
        assert!(drawing.contains(r#"cx="50%""#), "{drawing}");
        assert_eq!(Ranges { rows: Vec::new(), in_words: |_| String::new() }.render().into_string(), "");
    }
}
