//! What is different from the period before, and whether it is more than chance.

use crate::report::Report;
use crate::statistics::share::Share;
use crate::words;

/// From this relative difference on, a count is called changed.
const COUNT_CHANGED_FROM: f64 = 0.1;

/// From this relative difference on, a count is said to be so many times as large.
const TIMES_FROM: f64 = 2.0;

/// A figure in two periods.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// Its name.
    pub(super) name: &'static str,
    /// That it rose or fell, as the beginning of a sentence.
    pub(super) headline: &'static str,
    /// By how much.
    pub(super) difference: String,
    /// From what to what.
    pub(super) in_words: String,
    /// Whether it is more than chance: the intervals do not overlap, or a count moved by a tenth.
    pub(super) is_clear: bool,
    /// Whether it went where nobody wants it.
    pub(super) is_worse: bool,
    /// By how much, for comparing: relative to what it was.
    size: f64,
}

/// In which direction a figure is wanted to move.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Up,
    Down,
    Either,
}

/// The figures that are in both periods: what changed clearly first, and of that the most changed first.
pub(super) fn changes(now: &Report, before: &Report) -> Vec<Change> {
    let shares = [
        (
            "Stepped in on",
            ["More alarms:", "Fewer alarms:"],
            Wanted::Either,
            now.intervention_rate,
            before.intervention_rate,
        ),
        (
            "Alarms that were right",
            ["Alarms are better:", "Alarms are worse:"],
            Wanted::Up,
            now.quality.precision,
            before.quality.precision,
        ),
        ("Cases caught", ["More is caught:", "Less is caught:"], Wanted::Up, now.quality.recall, before.quality.recall),
        (
            "Called annoying",
            ["More annoyed:", "Fewer annoyed:"],
            Wanted::Down,
            now.engagement.annoying,
            before.engagement.annoying,
        ),
        ("Heeded", ["Heeded more:", "Heeded less:"], Wanted::Up, now.heeded, before.heeded),
        ("Degraded", ["More degraded:", "Less degraded:"], Wanted::Down, now.system.degraded, before.system.degraded),
    ];
    let mut changes: Vec<Change> = count(now.attempts, before.attempts).into_iter().collect();
    changes.extend(
        shares
            .into_iter()
            .filter_map(|(name, headlines, wanted, now, before)| share(name, headlines, wanted, now, before)),
    );
    changes.sort_by(|one, other| {
        (other.is_clear, other.size).partial_cmp(&(one.is_clear, one.size)).unwrap_or(std::cmp::Ordering::Equal)
    });
    changes
}

fn count(now: i64, before: i64) -> Option<Change> {
    if before <= 0 {
        return None;
    }
    let relative = (now - before) as f64 / before as f64;
    Some(Change {
        name: "Attempts",
        headline: if relative > 0.0 { "More attempts:" } else { "Fewer attempts:" },
        // Beyond three times, how many times says more than per cents.
        difference: if relative > TIMES_FROM {
            format!("× {}", words::times(relative + 1.0))
        } else {
            words::signed_percent(relative)
        },
        in_words: format!("{}, before {}", words::count(now), words::count(before)),
        is_clear: relative.abs() >= COUNT_CHANGED_FROM,
        is_worse: false,
        size: relative.abs(),
    })
}

fn share(
    name: &'static str,
    [up, down]: [&'static str; 2],
    wanted: Wanted,
    now: Share,
    before: Share,
) -> Option<Change> {
    let (value, [low, high]) = now.value.zip(now.ci95)?;
    let (value_before, [low_before, high_before]) = before.value.zip(before.ci95)?;
    let rose = value > value_before;
    let is_clear = low > high_before || high < low_before;
    let difference = value - value_before;
    Some(Change {
        name,
        headline: if rose { up } else { down },
        difference: words::signed_points(difference),
        in_words: format!("{}, before {}", words::percent(value), words::percent(value_before)),
        is_clear,
        is_worse: is_clear && wanted == if rose { Wanted::Down } else { Wanted::Up },
        size: difference.abs() / value_before.max(value).max(f64::MIN_POSITIVE),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: Wanted, now: (i64, i64), before: (i64, i64), expect: (&str, &str, bool, bool)) {
        let (now, before) = (Share::new(now.0, now.1), Share::new(before.0, before.1));
        let change = share("x", ["up", "down"], wanted, now, before).unwrap();
        let difference = change.difference.replace('\u{a0}', " ");
        assert_eq!((change.headline, difference.as_str(), change.is_clear, change.is_worse), expect);
    }

    #[test]
    fn only_what_is_more_than_chance_is_clear() {
        check(Wanted::Up, (60, 100), (20, 100), ("up", "+40 points", true, false));
        check(Wanted::Up, (20, 100), (60, 100), ("down", "−40 points", true, true));
        check(Wanted::Down, (60, 100), (20, 100), ("up", "+40 points", true, true));
        check(Wanted::Either, (60, 100), (20, 100), ("up", "+40 points", true, false));
        check(Wanted::Up, (6, 10), (5, 10), ("up", "+10 points", false, false));
        assert_eq!(share("x", ["", ""], Wanted::Up, Share::new(0, 0), Share::new(1, 2)), None);
    }

    #[test]
    fn counts_change_from_a_tenth_on() {
        let change =
            |now, before| count(now, before).map(|change| (change.difference.replace('\u{a0}', " "), change.is_clear));
        assert_eq!(change(109, 100), Some(("+9 %".to_owned(), false)));
        assert_eq!(change(50, 100), Some(("−50 %".to_owned(), true)));
        assert_eq!(change(650, 26), Some(("× 25".to_owned(), true)));
        assert_eq!(change(5, 0), None);
    }
}
