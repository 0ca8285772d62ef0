//! The merchant book: every merchant's record, as it was known at any instant.
//!
//! What is known of a merchant depends on labels and time alone, not on what any customer did in between. So the records
//! need no pass through time: each merchant's labels lie here in the order in which they arrived, with running sums, and the
//! record at an instant is read off. That is what lets the replay go through the customers in parallel.

use engine::entry::Frozen;
use engine::merchant::{LabelCounts, MerchantRecord, RECORD_DAYS, label_change};
use engine::profile::Change;
use engine::time::{Day, Instant};

use super::ledger::{Ledger, Purchase};
use super::replay::{entry, labelled};

/// The labels of all merchants' purchases.
#[derive(Debug)]
pub struct MerchantBook {
    pages: Vec<Vec<Line>>,
    label_delay_ms: i64,
}

/// A label of one merchant, with the sum of it and all earlier ones.
#[derive(Debug, Clone, Copy)]
struct Line {
    occurred_at: Instant,
    until_here: LabelCounts,
}

impl MerchantBook {
    /// The book of a ledger whose labels become known `label_delay_ms` after their purchase. `frozen` is what was known before
    /// each purchase.
    pub fn of(ledger: &Ledger, frozen: &[Option<Frozen>], label_delay_ms: i64) -> Self {
        let mut pages = vec![Vec::new(); ledger.merchant_count()];
        for (purchase, frozen) in ledger.purchases().iter().zip(frozen) {
            let page = purchase.merchant.and_then(|merchant| pages.get_mut(merchant as usize));
            if let (Some(page), Some(counts)) = (page, counts(ledger, purchase, *frozen)) {
                page.push(Line { occurred_at: purchase.instant(), until_here: counts });
            }
        }
        for page in &mut pages {
            page.sort_by_key(|line| line.occurred_at);
            let mut sum = LabelCounts::default();
            for line in page {
                sum.add(line.until_here);
                line.until_here = sum;
            }
        }
        Self { pages, label_delay_ms }
    }

    /// The merchant's record as it was known at `now`: what had arrived by then of the days that a record speaks about.
    pub fn record_at(&self, merchant: u32, now: Instant) -> MerchantRecord {
        let page = self.pages.get(merchant as usize).map_or([].as_slice(), Vec::as_slice);
        let arrived = page.partition_point(|line| line.occurred_at.plus_ms(self.label_delay_ms) <= now);
        let first_day = now.day().plus_days(1 - RECORD_DAYS);
        let begin = page.partition_point(|line| line.occurred_at < first_day.start());
        let before = begin.checked_sub(1).and_then(|last| page.get(last)).map_or_else(LabelCounts::default, Line::sum);
        let lines = page.get(begin..arrived).unwrap_or_default();
        MerchantRecord::from_days(by_day(lines, before))
    }
}

impl Line {
    fn sum(&self) -> LabelCounts {
        self.until_here
    }
}

/// The counts of each day among lines in order of time; `before` is the sum up to them.
fn by_day(lines: &[Line], mut before: LabelCounts) -> impl Iterator<Item = (Day, LabelCounts)> {
    lines.chunk_by(|left, right| left.occurred_at.day() == right.occurred_at.day()).filter_map(move |lines| {
        let last = lines.last()?;
        let counts = last.until_here.without(before);
        before = last.until_here;
        Some((last.occurred_at.day(), counts))
    })
}

/// What the label of a purchase adds to its merchant's record, by the engine's own rule; `None` if it has no label.
fn counts(ledger: &Ledger, purchase: &Purchase, frozen: Option<Frozen>) -> Option<LabelCounts> {
    let before = entry(ledger.attempt(purchase)?, frozen);
    let after = labelled(&before, purchase.label?);
    label_change(Change { before: Some(&before), after: &after })
}
