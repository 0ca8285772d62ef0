//! The profile: reading it, learning one purchase, writing it.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use engine::entry::Entry;
use engine::profile::{Change, Profile};

use crate::customers::{HISTORY_DAYS, Kind, Turns, daily_purchase};
use crate::random::Random;

#[divan::bench]
fn decode(bencher: Bencher) {
    let mut turns = Turns::new(Kind::Usual, 0);
    let bytes = turns.next().1.blob.len();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| Profile::decode(black_box(&turns.next().1.blob)).unwrap());
}

#[divan::bench]
fn encode(bencher: Bencher) {
    let mut turns = Turns::new(Kind::Usual, 0);
    bencher.bench_local(|| black_box(&turns.next().1.profile).encode());
}

/// What a replay does for each purchase.
#[divan::bench]
fn learn(bencher: Bencher) {
    let mut buyer = Buyer::new();
    bencher.bench_local(|| {
        let (profile, purchase) = buyer.next();
        profile.learn(Change { before: None, after: black_box(purchase) });
    });
}

/// What the stream's updater does for each purchase: the budget.
#[divan::bench]
fn learn_once(bencher: Bencher) {
    let mut buyer = Buyer::new();
    bencher.bench_local(|| {
        let (profile, purchase) = buyer.next();
        let told_at = purchase.attempt.occurred_at.instant();
        profile.learn_once(Change { before: None, after: black_box(purchase) }, told_at)
    });
}

/// The same for a stored profile.
#[divan::bench]
fn decode_learn_once_encode(bencher: Bencher) {
    let mut turns = Turns::new(Kind::Usual, 0);
    let mut buyer = Buyer::new();
    bencher.bench_local(|| {
        let mut profile = Profile::decode(&turns.next().1.blob).unwrap();
        let (_, purchase) = buyer.next();
        let told_at = purchase.attempt.occurred_at.instant();
        profile.learn_once(Change { before: None, after: black_box(purchase) }, told_at);
        profile.encode()
    });
}

/// A customer who goes on buying, day by day, for some years, and then again from the beginning.
struct Buyer {
    at_first: Profile,
    profile: Profile,
    purchases: Vec<Entry>,
    turn: usize,
}

impl Buyer {
    const COUNT: usize = 1021;

    fn new() -> Self {
        let mut random = Random(11);
        let at_first = Turns::new(Kind::Usual, 0).next().1.profile.clone();
        let days = (1..).take(Self::COUNT);
        let purchases = days.map(|day| daily_purchase(HISTORY_DAYS + day, &mut random)).collect();
        Self { profile: at_first.clone(), at_first, purchases, turn: 0 }
    }

    fn next(&mut self) -> (&mut Profile, &Entry) {
        if self.turn == Self::COUNT {
            self.profile.clone_from(&self.at_first);
            self.turn = 0;
        }
        self.turn += 1;
        (&mut self.profile, &self.purchases[self.turn - 1])
    }
}
