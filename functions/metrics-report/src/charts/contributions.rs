//! The reasons of one decision: how far each moved the score up or down, in log-odds.

use maud::{Markup, html};

use super::frame::percent_of_width;

/// One reason.
#[derive(Debug, Clone)]
pub(crate) struct Contribution<'a> {
    /// What is the case, in one sentence.
    pub(crate) text: &'a str,
    /// The stable code.
    pub(crate) code: &'a str,
    /// What it adds to the score, in log-odds.
    pub(crate) log_odds: f64,
}

/// The bars, all of them on one scale: `most` is the longest there is.
pub(crate) fn contribution_bars(contributions: &[Contribution<'_>], most: f64) -> Markup {
    let most = most.max(0.1);
    html! {
        ul.reasons {
            @for Contribution { text, code, log_odds } in contributions {
                @let length = (log_odds.abs() / most).clamp(0.0, 1.0) / 2.0;
                li {
                    svg.reason height="14" aria-hidden="true" {
                        line.zero x1="50%" x2="50%" y1="0" y2="14" {}
                        @if *log_odds >= 0.0 {
                            rect.up x="50%" width=(percent_of_width(length)) y="2" height="10" rx="2" {}
                        } @else {
                            rect.down x=(percent_of_width(0.5 - length)) width=(percent_of_width(length)) y="2" height="10" rx="2" {}
                        }
                    }
                    span.number { (format!("{log_odds:+.2}").replace('-', "−")) }
                    span.text { (text) " " small.code { (code) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(log_odds: f64, most: f64, expect: &str) {
        let one = Contribution { text: "New.", code: "MERCHANT_NEW", log_odds };
        let drawing = contribution_bars(&[one], most).into_string();
        assert!(drawing.contains(expect), "{drawing}");
    }

    #[test]
    fn what_raises_the_score_goes_right_and_what_lowers_it_left() {
        check(2.0, 2.0, r#"<rect class="up" x="50%" width="50%""#);
        check(-1.0, 2.0, r#"<rect class="down" x="25%" width="25%""#);
        check(-1.0, 2.0, "−1.00");
        check(0.0, 0.0, r#"width="0%""#);
    }
}
