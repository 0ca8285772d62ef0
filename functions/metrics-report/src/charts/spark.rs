//! A line without axes, for beside a number: how it came to be what it is.

use maud::{Markup, html};

use super::frame::px;

/// The height in pixels.
const HEIGHT_PX: f64 = 32.0;

/// The width of the coordinates that it is drawn in.
const WIDTH: f64 = 100.0;

/// The line through these numbers; nothing if there are fewer than two. It is decoration: the number beside it says the same.
pub(crate) fn sparkline(numbers: &[f64]) -> Markup {
    let most = numbers.iter().copied().fold(0.0, f64::max);
    if numbers.len() < 2 || most <= 0.0 {
        return html! {};
    }
    let last = (numbers.len() - 1) as f64;
    let point = |(place, number): (usize, &f64)| {
        format!("{},{}", px(place as f64 / last * WIDTH), px(2.0 + (HEIGHT_PX - 4.0) * (1.0 - number / most)))
    };
    let points: Vec<String> = numbers.iter().enumerate().map(point).collect();
    let points = points.join(" ");
    html! {
        svg.spark height=(HEIGHT_PX) viewBox={ "0 0 " (WIDTH) " " (HEIGHT_PX) } preserveAspectRatio="none" aria-hidden="true" {
            polygon.band.accent points={ "0," (HEIGHT_PX) " " (points) " " (WIDTH) "," (HEIGHT_PX) } {}
            polyline.line.accent vector-effect="non-scaling-stroke" points=(points) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_from_edge_to_edge_and_needs_two_numbers() {
        assert!(sparkline(&[0.0, 1.0, 0.5]).into_string().contains(r#"points="0,30 50,2 100,16""#));
        assert_eq!(sparkline(&[1.0]).into_string(), "");
        assert_eq!(sparkline(&[0.0, 0.0]).into_string(), "");
    }
}
