//! When the customer was last interrupted: what a cap per week and a gap between messages are held against.

use crate::time::{DAY_MS, Instant};

/// Over which span interruptions are remembered.
pub(super) const REMEMBERED_MS: i64 = 7 * DAY_MS;

/// How many are remembered at most: the latest.
pub const INTERRUPTIONS_MAX: usize = 7;

/// The latest interruptions, to the second, latest first. The latest of a set are the same whatever the order of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interruptions(Vec<u64>);

fn second(at: Instant) -> u64 {
    at.epoch_ms() / 1000
}

impl Interruptions {
    /// Remembers one.
    pub(super) fn remember(&mut self, at: Instant) {
        let position = self.0.partition_point(|known| *known > second(at));
        if self.0.get(position) != Some(&second(at)) {
            self.0.insert(position, second(at));
        }
        self.0.truncate(INTERRUPTIONS_MAX);
    }

    /// Forgets what is older than [`REMEMBERED_MS`] at `now`.
    pub(super) fn forget_before(&mut self, now: Instant) {
        let oldest = second(now.plus_ms(-REMEMBERED_MS));
        self.0.retain(|known| *known > oldest);
    }

    /// How many of these and of `more` lie within the seven days before `now`, and when the latest was. The same second in both
    /// is one.
    pub fn with(&self, more: impl Iterator<Item = Instant>, now: Instant) -> (usize, Option<Instant>) {
        let mut all = self.clone();
        more.for_each(|at| all.remember(at));
        all.forget_before(now);
        all.0.retain(|known| *known <= second(now));
        let latest = all.0.first().and_then(|second| Instant::from_epoch_ms(*second as i64 * 1000).ok());
        (all.0.len(), latest)
    }

    /// Epoch seconds, latest first.
    pub(super) fn as_slice(&self) -> &[u64] {
        &self.0
    }

    /// Puts together what [`Interruptions::as_slice`] gave; `None` if it is not in order.
    pub(super) fn from_parts(seconds: Vec<u64>) -> Option<Self> {
        let is_ordered = seconds.is_sorted_by(|left, right| left > right);
        (is_ordered && seconds.len() <= INTERRUPTIONS_MAX).then_some(Self(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_whatever_the_order() {
        let at = |hours: i64| Instant::EPOCH.plus_ms(hours * DAY_MS / 24);
        let told = [400, 1, 300, 290, 301, 302, 300, 420, 419, 300, 399];
        let pass = |told: &mut dyn Iterator<Item = &i64>| {
            let mut interruptions = Interruptions::default();
            told.for_each(|hours| interruptions.remember(at(*hours)));
            interruptions.forget_before(at(420));
            interruptions
        };
        let forward = pass(&mut told.iter());
        assert_eq!(pass(&mut told.iter().rev()), forward);
        assert_eq!(forward.as_slice().len(), INTERRUPTIONS_MAX);
        // A week before hour 468 is hour 300; an entry of the last hour may be known to both.
        let (count, latest) = forward.with([at(468), at(420)].into_iter(), at(468));
        assert_eq!((count, latest), (7, Some(at(468))));
        assert_eq!(forward.with([].into_iter(), at(410)).1, Some(at(400)));
        assert_eq!(forward.with([].into_iter(), at(1000)), (0, None));
    }
}
