//! One decision: its stages, and the whole from the stored profile to the message.

use divan::{Bencher, black_box};
use engine::calibration::Calibration;
use engine::decide::{Circumstances, decide};
use engine::entry::Attempt;
use engine::features::{NAMES, features};
use engine::message::{Templates, Voice};
use engine::model::{Forest, ForestSettings};
use engine::novelty::{SEEN_COUNT, seen};
use engine::policy::{Breaker, Ladder, Policy, RiskLadder};
use engine::population::{CATEGORIES, PAYMENT_METHODS};
use engine::profile::Profile;
use engine::reason::Subject;
use engine::score::{Models, sha256};
use engine::settings::Settings;
use engine::signal::{AmountSignal, ChoiceSignal, Known, MerchantSignal, Signals, TimingSignal, VelocitySignal};

use crate::customers::Kind::{self, Unusual, Usual};
use crate::customers::Turns;
use crate::models::made_up_json;
use crate::random::Random;

/// How many attempts of the last hour are known: none, a few, as many as are ever read.
const RECENT: [usize; 3] = [0, 5, 100];

/// The budget: 300 full trees of depth 6, 100 isolation trees.
#[divan::bench(args = RECENT)]
fn whole_usual(bencher: Bencher, recent: usize) {
    whole(bencher, &full_size(), &Policy::default(), Turns::new(Usual, recent));
}

/// The same, and every attempt gets all that can be said: both channels' reasons and a message. What made-up models find
/// unusual is made up too, so it takes a policy that steps in on everybody.
#[divan::bench(args = RECENT)]
fn whole_unusual(bencher: Bencher, recent: usize) {
    let ladder = Ladder::Risk(RiskLadder { warn_from: 0.0, cool_off_from: 0.0, block_from: 2.0 });
    let policy = Policy { alpha: 1.0, ladder, ..Policy::default() };
    whole(bencher, &full_size(), &policy, Turns::new(Unusual, recent));
}

/// With the models that come with the engine, which ask for a cooling-off in the unusual attempts.
#[divan::bench(args = [Usual, Unusual])]
fn whole_compiled_in(bencher: Bencher, kind: Kind) {
    whole(bencher, &Models::compiled_in().unwrap(), &Policy::default(), Turns::new(kind, 5));
}

fn whole(bencher: Bencher, models: &Models, policy: &Policy, mut turns: Turns) {
    let (settings, templates) = (&Settings::default(), &Templates::compiled_in().unwrap());
    bencher.bench_local(|| {
        let (attempt, customer, known) = turns.next();
        let profile = Profile::decode(black_box(&customer.blob)).unwrap();
        let (known, now) = (Known { profile: &profile, ..known }, attempt.occurred_at.instant());
        let (shadow, breaker, missing, seed) = (None, &Breaker::default(), &[], 1);
        let circumstances =
            Circumstances { known, settings, models, policy, shadow, breaker, templates, missing, seed, now };
        decide(attempt, circumstances)
    });
}

#[divan::bench(args = RECENT)]
fn signals(bencher: Bencher, recent: usize) {
    each(bencher, Turns::new(Usual, recent), Signals::of);
}

#[divan::bench(args = [Usual, Unusual])]
fn signal_amount(bencher: Bencher, kind: Kind) {
    each(bencher, Turns::new(kind, 5), |attempt, known| AmountSignal::of(attempt, known.profile, left(attempt, known)));
}

#[divan::bench(args = [Usual, Unusual])]
fn signal_category(bencher: Bencher, kind: Kind) {
    each(bencher, Turns::new(kind, 5), |attempt, known| {
        let category = attempt.category.as_str();
        ChoiceSignal::of(known.profile.categories(), category, left(attempt, known), CATEGORIES)
    });
}

#[divan::bench(args = [Usual, Unusual])]
fn signal_timing(bencher: Bencher, kind: Kind) {
    each(bencher, Turns::new(kind, 5), |attempt, known| TimingSignal::of(attempt, known.profile, left(attempt, known)));
}

#[divan::bench(args = [Usual, Unusual])]
fn signal_payment(bencher: Bencher, kind: Kind) {
    each(bencher, Turns::new(kind, 5), |attempt, known| {
        let method = attempt.payment_method.as_str();
        ChoiceSignal::of(known.profile.payment_methods(), method, left(attempt, known), PAYMENT_METHODS)
    });
}

#[divan::bench(args = RECENT)]
fn signal_velocity(bencher: Bencher, recent: usize) {
    each(bencher, Turns::new(Usual, recent), VelocitySignal::of);
}

#[divan::bench(args = [Usual, Unusual])]
fn signal_merchant(bencher: Bencher, kind: Kind) {
    each(bencher, Turns::new(kind, 5), MerchantSignal::of);
}

/// How much of the profile's sums is left.
fn left(attempt: &Attempt, known: Known<'_>) -> f64 {
    known.profile.habit_factor(attempt.occurred_at.instant())
}

/// The signals and the features made of them.
#[divan::bench(args = RECENT)]
fn signals_and_features(bencher: Bencher, recent: usize) {
    each(bencher, Turns::new(Usual, recent), features);
}

#[divan::bench(args = [Usual, Unusual])]
fn score_compiled_in(bencher: Bencher, kind: Kind) {
    score(bencher, &Models::compiled_in().unwrap(), kind);
}

#[divan::bench(args = [Usual, Unusual])]
fn score_full_size(bencher: Bencher, kind: Kind) {
    score(bencher, &full_size(), kind);
}

fn score(bencher: Bencher, models: &Models, kind: Kind) {
    let rows = Turns::new(kind, 5).each(features);
    let novelty_share = Policy::default().novelty_share;
    let mut rows = rows.iter().cycle();
    bencher.bench_local(|| models.score(black_box(rows.next().unwrap()), novelty_share));
}

#[divan::bench]
fn p_values(bencher: Bencher) {
    let models = Models::compiled_in().unwrap();
    let mut random = Random(13);
    bencher.bench_local(|| {
        let (log_odds, forest_score) = (random.unit() * 16.0 - 12.0, 0.35 + random.unit() * 0.4);
        models.calibration().p_values(f64::from(log_odds), f64::from(forest_score), 0.25)
    });
}

/// What a function that starts waits for before it can speak.
#[divan::bench]
fn templates_compiled_in(bencher: Bencher) {
    bencher.bench(|| Templates::compiled_in().unwrap());
}

/// All reasons' sentences of a score, and their order.
#[divan::bench(args = [Usual, Unusual])]
fn reasons(bencher: Bencher, kind: Kind) {
    let (models, templates) = (Models::compiled_in().unwrap(), Templates::compiled_in().unwrap());
    let mut turns = Turns::new(kind, 5);
    let told = turns.each(|attempt, known| {
        let score = models.score(&features(attempt, known), Policy::default().novelty_share);
        (Signals::of(attempt, known), score)
    });
    let mut told = told.iter().cycle();
    bencher.bench_local(|| {
        let (attempt, _, known) = turns.next();
        let (signals, score) = told.next().unwrap();
        Subject::new(attempt, signals, known.profile, &templates, Voice::default()).reasons(&score.contributions)
    });
}

fn each<T>(bencher: Bencher, mut turns: Turns, of: impl Fn(&Attempt, Known<'_>) -> T) {
    bencher.bench_local(|| {
        let (attempt, _, known) = turns.next();
        of(black_box(attempt), known)
    });
}

/// Made-up models of the largest size in the budget, over the engine's own features. A threshold is what some attempt has:
/// the ways through the trees are then as different as attempts are.
fn full_size() -> Models {
    let rows = [Usual, Unusual].map(|kind| Turns::new(kind, 5).each(features)).concat();
    let threshold = |feature: usize, random: &mut Random| {
        let value = rows[random.below(rows.len())][feature];
        if value.is_nan() { 0.0 } else { value }
    };
    let model_json = made_up_json(&NAMES, threshold);
    let seen: Vec<f32> = rows.iter().flat_map(|row| seen(row)).collect();
    let forest = Forest::fit(&seen, SEEN_COUNT, ForestSettings::default()).unwrap().to_table();
    let calibration = Calibration {
        model_sha256: sha256(model_json.as_bytes()),
        forest_sha256: sha256(&forest),
        ..Models::compiled_in().unwrap().calibration().clone()
    };
    Models::from_files(model_json.as_bytes(), &forest, &serde_json::to_vec(&calibration).unwrap()).unwrap()
}
