//! The merchants a customer bought from most recently.

use crate::hash::Hasher;
use crate::id::MerchantId;
use crate::time::Day;

/// How many merchants a profile remembers.
pub const MERCHANTS_MAX: usize = 40;

/// How many bytes of a merchant's hash are kept: one merchant in 400,000 that a customer never went to is taken for one of the 40
/// that they know.
pub(super) const HASH_BYTES: usize = 3;

/// The most recently used merchants, each as 24 bits of a hash with the last day it was used.
///
/// Of two merchants the one used later stays (of two used on the same day the one with the larger hash), and for a merchant
/// the latest day counts: both are maxima, so the content does not depend on the order of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merchants(Vec<(u32, Day)>);

fn short_hash(merchant: &MerchantId) -> u32 {
    shortened(Hasher::new("merchant").text(merchant.as_str()).finish_u64() as u32)
}

/// The bits of a hash that are kept; formats before the third held 32.
pub(super) fn shortened(hash: u32) -> u32 {
    hash & 0x00FF_FFFF
}

impl Merchants {
    /// Remembers that the customer bought from this merchant on this day.
    pub fn remember(&mut self, merchant: &MerchantId, day: Day) {
        let hash = short_hash(merchant);
        match self.0.binary_search_by_key(&hash, |(hash, _)| *hash) {
            Ok(position) => {
                if let Some((_, last)) = self.0.get_mut(position) {
                    *last = day.max(*last);
                }
            }
            Err(position) => self.0.insert(position, (hash, day)),
        }
        if self.0.len() > MERCHANTS_MAX {
            let oldest = self.0.iter().map(|(hash, day)| (*day, *hash)).min();
            self.0.retain(|(hash, day)| Some((*day, *hash)) != oldest);
        }
    }

    /// The last day on which the customer bought from this merchant, if it is among those remembered.
    pub fn last_used(&self, merchant: &MerchantId) -> Option<Day> {
        let hash = short_hash(merchant);
        let position = self.0.binary_search_by_key(&hash, |(hash, _)| *hash).ok()?;
        self.0.get(position).map(|(_, day)| *day)
    }

    /// How many merchants are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many of the merchants remembered were used on or after `day`.
    pub fn used_since(&self, day: Day) -> usize {
        self.0.iter().filter(|(_, last)| *last >= day).count()
    }

    pub(super) fn as_slice(&self) -> &[(u32, Day)] {
        &self.0
    }

    /// Puts together what [`Merchants::as_slice`] gave; `None` if there are too many or they are not in order.
    pub(super) fn from_parts(parts: Vec<(u32, Day)>) -> Option<Self> {
        let valid = parts.len() <= MERCHANTS_MAX && parts.is_sorted_by(|left, right| left.0 < right.0);
        valid.then_some(Self(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;

    #[test]
    fn the_latest_merchants_stay_whatever_the_order() {
        let visits: Vec<(MerchantId, Day)> = (0..200)
            .map(|number| {
                let merchant = MerchantId::parse(&format!("m{}", number * 7 % 60)).unwrap();
                (merchant, Instant::EPOCH.day().plus_days(number * 13 % 90))
            })
            .collect();
        let mut forward = Merchants::default();
        visits.iter().for_each(|(merchant, day)| forward.remember(merchant, *day));
        let mut backward = Merchants::default();
        visits.iter().rev().for_each(|(merchant, day)| backward.remember(merchant, *day));
        assert_eq!(forward, backward);
        assert_eq!(forward.len(), MERCHANTS_MAX);
    }
}
