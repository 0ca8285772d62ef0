//! The two plots, as SVG: small enough to be written by hand, so that no drawing library is needed.

use super::metrics::calibration::Bin;
use super::metrics::ranking::CurvePoint;

/// The side of the square in which a plot is drawn, and the margin around it, in pixels.
const SIDE: f64 = 400.0;
const MARGIN: f64 = 60.0;

/// How far the axis of log-odds goes to either side.
const LOG_ODDS_MAX: f64 = 8.0;

/// Precision over recall, with the base rate as the line that chance gives.
pub fn precision_recall(curve: &[CurvePoint], base_rate: f64, average_precision: f64) -> String {
    let points: Vec<(f64, f64)> = curve.iter().map(|point| (point.recall, point.precision)).collect();
    let ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0].map(|share| (share, format!("{share:.1}")));
    let title = format!("Precision and recall: average precision {average_precision:.4}, base rate {base_rate:.4}");
    let content = format!("{}{}", line(&[(0.0, base_rate), (1.0, base_rate)], "chance"), line(&points, "curve"));
    frame(&title, "recall", "precision", &ticks, &content)
}

/// Observed over predicted probability, both as log-odds; on the diagonal a prediction means what it says.
pub fn calibration(bins: &[Bin], expected_error: f64) -> String {
    let ticks = [0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999].map(|share| (axis(share), share.to_string()));
    let dots: Vec<(f64, f64)> = bins.iter().map(|bin| (axis(bin.predicted), axis(bin.observed))).collect();
    let content = format!("{}{}", line(&[(0.0, 0.0), (1.0, 1.0)], "chance"), circles(&dots));
    let title = format!("Calibration: expected error {expected_error:.5}");
    frame(&title, "predicted probability", "observed share", &ticks, &content)
}

/// Where on an axis of log-odds a probability lies, 0 to 1.
fn axis(probability: f64) -> f64 {
    let log_odds = (probability / (1.0 - probability)).ln();
    (0.5 + log_odds / (2.0 * LOG_ODDS_MAX)).clamp(0.0, 1.0)
}

fn x(share: f64) -> f64 {
    MARGIN + SIDE * share
}

fn y(share: f64) -> f64 {
    MARGIN + SIDE * (1.0 - share)
}

fn line(points: &[(f64, f64)], class: &str) -> String {
    let points: Vec<String> = points.iter().map(|(right, up)| format!("{:.1},{:.1}", x(*right), y(*up))).collect();
    format!("<polyline class=\"{class}\" points=\"{}\"/>\n", points.join(" "))
}

fn circles(points: &[(f64, f64)]) -> String {
    let circle = |(right, up): &(f64, f64)| {
        format!("<circle class=\"dot\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\"/>\n", x(*right), y(*up))
    };
    points.iter().map(circle).collect()
}

fn frame(title: &str, below: &str, left: &str, ticks: &[(f64, String)], content: &str) -> String {
    let (size, middle, end) = (SIDE + 2.0 * MARGIN, MARGIN + SIDE / 2.0, MARGIN + SIDE);
    let mut grid = String::new();
    for (share, label) in ticks {
        let (across, up) = (x(*share), y(*share));
        grid.push_str(&format!(
            "<path class=\"grid\" d=\"M{MARGIN} {up:.1}H{end}M{across:.1} {MARGIN}V{end}\"/>\n\
             <text x=\"{across:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>\n",
            end + 18.0,
            MARGIN - 8.0,
            up + 4.0,
        ));
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"{title}\">\n\
         <style>text{{font:12px sans-serif}}.grid{{stroke:#ddd;fill:none}}.curve{{stroke:#0b57a4;stroke-width:2;fill:none}}\
         .chance{{stroke:#777;stroke-dasharray:5 4;fill:none}}.dot{{fill:#0b57a4}}</style>\n\
         <rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"/>\n{grid}{content}\
         <text x=\"{middle}\" y=\"{:.1}\" text-anchor=\"middle\">{title}</text>\n\
         <text x=\"{middle}\" y=\"{:.1}\" text-anchor=\"middle\">{below}</text>\n\
         <text transform=\"translate(16 {middle}) rotate(-90)\" text-anchor=\"middle\">{left}</text>\n</svg>\n",
        MARGIN - 24.0,
        end + 42.0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_where_their_numbers_are() {
        let curve = [CurvePoint { recall: 0.0, precision: 1.0 }, CurvePoint { recall: 1.0, precision: 0.25 }];
        let svg = precision_recall(&curve, 0.25, 0.5);
        assert!(svg.contains("<polyline class=\"curve\" points=\"60.0,60.0 460.0,360.0\"/>"), "{svg}");
        assert!(svg.contains("<polyline class=\"chance\" points=\"60.0,360.0 460.0,360.0\"/>"), "{svg}");
        assert!(svg.ends_with("</svg>\n"));
    }

    #[test]
    fn a_bin_that_means_what_it_says_lies_on_the_diagonal() {
        let bin = |predicted, observed| Bin { from: 0.0, rows: 1, predicted, observed };
        let svg = calibration(&[bin(0.5, 0.5), bin(0.9, 0.0)], 0.1);
        assert!(svg.contains("cx=\"260.0\" cy=\"260.0\""), "{svg}");
        assert!(svg.contains("cy=\"460.0\""), "never observed lies on the edge: {svg}");
    }
}
