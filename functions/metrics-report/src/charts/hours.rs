//! The hours of a day: how much falls into each.

use maud::{Markup, html};

use super::frame::{Frame, XLabel, rectangles};
use super::scale::Scale;
use crate::words;

/// The height of the plot in pixels.
const HEIGHT_PX: f64 = 120.0;

/// The share of a bar's place that it fills.
const BAR_SHARE: f64 = 0.8;

/// Shares of the 24 hours.
#[derive(Debug)]
pub(crate) struct HoursChart {
    /// The shares, from 0:00 on.
    pub(crate) shares: [f64; 24],
}

impl HoursChart {
    /// The drawing.
    pub(crate) fn render(&self) -> Markup {
        let scale = Scale::holding(self.shares.iter().copied().fold(0.0, f64::max), false);
        let y_labels = scale.ticks.iter().map(|tick| words::percent(*tick)).collect();
        let frame = Frame { height: HEIGHT_PX, scale, y_labels };
        let bars = self.shares.iter().enumerate().filter(|(_, share)| **share > 0.0).map(|(hour, share)| {
            let left = hour as f64 + (1.0 - BAR_SHARE) / 2.0;
            [left, left + BAR_SHARE, HEIGHT_PX * (1.0 - frame.scale.at(*share)), HEIGHT_PX]
        });
        let drawing = html! {
            path.fill.accent d=(rectangles(bars)) {}
            @for (hour, share) in self.shares.iter().enumerate() {
                rect.hint x=(hour) y="0" width="1" height=(HEIGHT_PX) { title { (hour) ":00: " (words::percent(*share)) } }
            }
        };
        let labels = (0..8).map(|part| XLabel {
            at: (f64::from(part) * 3.0 + 0.5) / 24.0,
            text: format!("{}:00", part * 3),
            minor: part % 2 == 1,
        });
        frame.around(&labels.collect::<Vec<_>>(), &frame.stretched(24.0, &drawing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hour_has_its_place() {
        let mut shares = [0.0; 24];
        shares[18] = 1.0;
        let drawing = HoursChart { shares }.render().into_string();
        assert!(drawing.contains(r#"d="M18.10 0.0H18.90V120.0H18.10z""#), "{drawing}");
        assert!(drawing.contains("<title>18:00: 100\u{a0}%</title>"), "{drawing}");
    }
}
