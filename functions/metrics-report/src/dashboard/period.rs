//! Which days a page is about: from the address, and the controls to choose others.

use edge::{Call, Problem};
use engine::rollup::Segment;
use engine::time::Day;
use maud::{Markup, html};

use crate::{DAYS_DEFAULT, DAYS_MAX, words};

/// Periods that are a click away, in days until today.
const PRESETS: [(i32, &str); 4] = [(1, "Today"), (7, "7 days"), (30, "30 days"), (90, "90 days")];

/// The segments whose attempts are scored.
const SEGMENTS: [Segment; 3] = [Segment::New, Segment::Known, Segment::Established];

/// A segment in words.
pub(super) fn of_segment(segment: Segment) -> &'static str {
    match segment {
        Segment::New => "new customers",
        Segment::Known => "known customers",
        Segment::Established => "established customers",
        Segment::Past => "imported purchases",
    }
}

/// The days of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    /// The first.
    pub(super) from: Day,
    /// The last, included.
    pub(super) to: Day,
    /// How many until today, where the address says it so: the page then moves on with the days.
    rolling: Option<i32>,
}

impl Period {
    /// `days=7`, or else `from=…&to=…`; the last thirty days if the address says nothing. What is wrong is refused even where `days`
    /// decides.
    pub(super) fn of_call(call: &Call<'_>, today: Day) -> Result<Self, Problem> {
        let (from, to) = crate::period(call, today)?;
        if let Some(days) = call.query("days") {
            return Self::until(today, &days);
        }
        let says_nothing = call.query("from").is_none() && call.query("to").is_none();
        Ok(Self { from, to, rolling: says_nothing.then_some(DAYS_DEFAULT) })
    }

    fn until(today: Day, days: &str) -> Result<Self, Problem> {
        let read = days.parse().ok().filter(|days| (1..=DAYS_MAX).contains(days));
        let days: i32 = read.ok_or_else(|| {
            let expected = format!("a number of days from 1 to {DAYS_MAX}");
            Problem::field("INVALID_VALUE", "days", "The parameter `days` is no such number.", expected)
        })?;
        Ok(Self { from: today.plus_days(1 - days), to: today, rolling: Some(days) })
    }

    /// How many days it has.
    pub(super) fn days(self) -> i32 {
        self.to.since_days(self.from) + 1
    }

    /// As many days just before it.
    pub(super) fn before(self) -> Self {
        Self { from: self.from.plus_days(-self.days()), to: self.from.plus_days(-1), rolling: None }
    }

    /// In words: `1 Mar 2026 to 31 Mar 2026, 31 days`.
    pub(super) fn in_words(self) -> String {
        if self.from == self.to {
            return words::day_and_year(self.to);
        }
        let days = words::counted(i64::from(self.days()), "day", "days");
        format!("{} to {}, {days}", words::day_and_year(self.from), words::day_and_year(self.to))
    }

    /// The controls; what else the address says stays in it.
    pub(super) fn controls(self, chosen: Option<Segment>) -> Markup {
        let segment = chosen.map_or_else(String::new, |segment| format!("&segment={}", segment.name()));
        html! {
            section.controls aria-label="What is shown" {
                nav.presets aria-label="Period" {
                    @for (days, name) in PRESETS {
                        a href={ "/dashboard?days=" (days) (segment) } aria-current=[(self.rolling == Some(days)).then_some("page")] { (name) }
                    }
                }
                form action="/dashboard" method="get" {
                    label { "From" input type="date" name="from" value=(self.from) required; }
                    label { "To" input type="date" name="to" value=(self.to) required; }
                    label { "Customers" select name="segment" {
                        option value="" { "All" }
                        @for segment in SEGMENTS {
                            option value=(segment.name()) selected[chosen == Some(segment)] { (of_segment(segment)) }
                        }
                    } }
                    button type="submit" { "Show" }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[track_caller]
    fn check(days: &str, expect: Option<&str>) {
        let period = Period::until(day("2026-03-14"), days).ok();
        assert_eq!(period.map(|period| period.from), expect.map(day), "{days}");
    }

    #[test]
    fn days_count_back_from_today_which_is_one_of_them() {
        check("1", Some("2026-03-14"));
        check("7", Some("2026-03-08"));
        check("400", Some("2025-02-08"));
        check("0", None);
        check("401", None);
        check("-1", None);
        check("week", None);
    }

    #[test]
    fn the_period_before_ends_the_day_before() {
        let period = Period { from: day("2026-03-01"), to: day("2026-03-31"), rolling: None };
        let before = period.before();
        assert_eq!((before.from, before.to, before.days()), (day("2026-01-29"), day("2026-02-28"), 31));
        assert_eq!(period.in_words(), "1 Mar 2026 to 31 Mar 2026, 31 days");
        let controls = period.controls(Some(Segment::New)).into_string();
        assert!(!controls.contains("aria-current"), "none of the presets");
        assert!(controls.contains(r#"href="/dashboard?days=7&amp;segment=new""#), "{controls}");
        assert!(controls.contains(r#"<option value="new" selected>"#), "{controls}");
    }
}
