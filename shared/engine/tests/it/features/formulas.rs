//! What each feature is, said from the bare entries: sums over a customer's purchases and a merchant's labels,
//! integrals of densities and loops over days. Nothing here is fast, and nothing is taken from what a profile keeps; of
//! the engine's numbers only the population's are used, because they are assumptions and follow from nothing.
//!
//! Throughout, `x` is a purchase's log-size (in about-euros) and `w = exp(-age / 60 d)` its weight.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::PI;

use engine::Hasher;
use engine::entry::{Attempt, Entry, Feedback, Origin, Outcome};
use engine::population::{
    AMOUNTS, CATEGORIES, CATEGORY_AMOUNTS_WEIGHT, HOURS, PAYMENT_METHODS, POSITIVE_SHARE, PRIOR_PURCHASES,
    PURCHASES_A_DAY, RATE_WEIGHT,
};
use engine::time::{DAY_MS, HOUR_MS, Instant, MINUTE_MS};
use statrs::function::gamma::ln_gamma;

use super::Story;

/// A feature's value, from a story.
type Formula = fn(&Story) -> f64;

/// Every feature's formula, by its name.
pub(super) const FORMULAS: [(&str, Formula); 36] = [
    ("ln_amount", |story| ln_size(&story.attempt)),
    ("amount_nats", |story| nats(in_category(story).at_least(ln_size(&story.attempt)))),
    ("amount_customer_nats", |story| nats(of_customer(story).at_least(ln_size(&story.attempt)))),
    ("amount_z", |story| in_category(story).z_score(ln_size(&story.attempt))),
    ("ln_amount_ratio", |story| ln_size(&story.attempt) - ln_usual(story)),
    ("ln_amount_to_peak", |story| ln_size(&story.attempt) - ln_peak(story, 180.0, learned_ln_size)),
    ("ln_recent_peak", |story| ln_peak(story, 20.0, |entry| ln_size(&entry.attempt)) - ln_usual(story)),
    ("category_nats", |story| nats(choice_tail(story, category, CATEGORIES))),
    ("category_share", |story| choice_share(story, category)),
    ("payment_nats", |story| nats(choice_tail(story, payment_method, PAYMENT_METHODS))),
    ("payment_share", |story| choice_share(story, payment_method)),
    ("timing_nats", |story| nats(hour_tail(story))),
    ("hour", |story| local_hour(&story.attempt) as f64),
    ("velocity_nats", velocity_nats),
    ("gap_nats", |story| gap_ms(story).map_or(0.0, |gap| nats(rate(story).follows_within(in_days(gap))))),
    ("ln_gap_minutes", |story| gap_ms(story).map_or(f64::NAN, |gap| (1.0 + gap as f64 / MINUTE_MS as f64).ln())),
    ("attempts_10_minutes", |story| attempts_within(story, 10 * MINUTE_MS)),
    ("attempts_hour", |story| attempts_within(story, HOUR_MS)),
    ("attempts_day", |story| decayed_attempts(story, 1.0)),
    ("attempts_week", |story| decayed_attempts(story, 7.0)),
    ("day_spending_ratio", day_spending_ratio),
    ("merchant_novelty_nats", merchant_novelty_nats),
    ("merchant_days_since", merchant_days_since),
    ("merchant_risk_nats", merchant_risk_nats),
    ("merchant_labelled", |story| labels_by_age(story).len() as f64),
    ("merchant_positive", |story| labels_by_age(story).iter().filter(|label| label.positive).count() as f64),
    ("merchant_explained", |story| labels_by_age(story).iter().filter(|label| label.is_explained()).count() as f64),
    ("merchant_rate_7", |story| merchant_rate(story, 7.0)),
    ("merchant_rate_30", |story| merchant_rate(story, 30.0)),
    ("merchant_streak", |story| streak(story).positive),
    ("merchant_streak_days", |story| streak(story).days),
    ("merchant_unbroken_days", |story| streak(story).unbroken_days),
    ("ln_purchases", |story| (1.0 + purchases(story).count() as f64).ln()),
    ("days_known", days_known),
    ("not_me_count", |story| story.entries.iter().filter(|entry| is_disowned(entry)).count() as f64),
    ("not_me_recent", |story| {
        let disowned = story.entries.iter().filter(|entry| is_disowned(entry));
        disowned.map(|entry| weight(story, entry, 14.0)).sum()
    }),
];

// Which entries count, and how much.

/// What went through: imported purchases, and attempts that the customer went ahead with.
fn purchases(story: &Story) -> impl Iterator<Item = &Entry> {
    let went_through =
        |entry: &&Entry| matches!(entry.origin, Origin::Imported { .. }) || entry.outcome == Some(Outcome::Proceeded);
    story.entries.iter().filter(went_through)
}

fn is_disowned(entry: &Entry) -> bool {
    entry.feedback == Some(Feedback::NotMe)
}

/// The purchases that tell of the customer's habits: those they did not disown.
fn habits(story: &Story) -> impl Iterator<Item = &Entry> {
    purchases(story).filter(|entry| !is_disowned(entry))
}

fn in_days(ms: i64) -> f64 {
    ms as f64 / DAY_MS as f64
}

/// The days from an instant to the attempt; negative if the attempt is told after what it came before.
fn days_since(story: &Story, at: Instant) -> f64 {
    in_days(now(story).since_ms(at))
}

fn now(story: &Story) -> Instant {
    story.attempt.occurred_at.instant()
}

/// `exp(-age / τ)`, where the age is as of the attempt, or as of the last entry learned if that is later.
fn weight(story: &Story, entry: &Entry, tau_days: f64) -> f64 {
    let entries = story.entries.iter().map(|entry| entry.attempt.occurred_at.instant());
    let as_of = entries.chain([now(story)]).max().unwrap();
    (-in_days(as_of.since_ms(entry.attempt.occurred_at.instant())) / tau_days).exp()
}

fn habit_weight(story: &Story, entry: &Entry) -> f64 {
    weight(story, entry, 60.0)
}

fn ln_size(attempt: &Attempt) -> f64 {
    attempt.amount.size().ln()
}

/// The log-size that habits are learned with: no more than the bound frozen in the entry.
fn learned_ln_size(entry: &Entry) -> f64 {
    let bound = match &entry.origin {
        Origin::Scored(decision) => Some(decision.learn_minor_max),
        Origin::Imported { frozen } => frozen.map(|frozen| frozen.learn_minor_max),
    };
    let minor = entry.attempt.amount.minor();
    ln_size(&entry.attempt) + (bound.unwrap_or(minor).min(minor) as f64 / minor as f64).ln()
}

/// `-ln p`, from 0 to 30.
fn nats(probability: f64) -> f64 {
    (-probability.ln()).clamp(0.0, 30.0)
}

// Amounts.

/// What the next log-size is believed to be: normal, its mean and variance Normal-Inverse-Gamma distributed.
struct NormalInverseGamma {
    mu: f64,
    kappa: f64,
    alpha: f64,
    beta: f64,
}

impl NormalInverseGamma {
    /// The posterior of weighted data. With `W = Σ w` and `x̄ = Σ w x / W`:
    /// `κ' = κ + W`, `μ' = (κ μ + W x̄) / κ'`, `α' = α + W / 2`, `β' = β + Σ w (x - x̄)² / 2 + κ W (x̄ - μ)² / (2 κ')`.
    fn after(&self, data: &[(f64, f64)]) -> Self {
        let total: f64 = data.iter().map(|(_, w)| w).sum();
        let mean = if data.is_empty() { 0.0 } else { data.iter().map(|(x, w)| w * x).sum::<f64>() / total };
        let spread: f64 = data.iter().map(|(x, w)| w * (x - mean).powi(2)).sum();
        let kappa = self.kappa + total;
        Self {
            mu: (self.kappa * self.mu + total * mean) / kappa,
            kappa,
            alpha: self.alpha + total / 2.0,
            beta: self.beta + spread / 2.0 + self.kappa * total * (mean - self.mu).powi(2) / (2.0 * kappa),
        }
    }

    /// `P(next ≥ x)`. The next log-size is Student-t distributed with `ν = 2 α` degrees of freedom around `μ`, with
    /// scale `√(β (κ + 1) / (α κ))`. With `t = √ν cot φ` its density is `sin^(ν-1) φ` up to a factor, so the tail is
    /// `∫₀^φ sin^(ν-1) / ∫₀^π sin^(ν-1)`.
    fn at_least(&self, x: f64) -> f64 {
        let freedom = 2.0 * self.alpha;
        let t = (x - self.mu) / (self.beta * (self.kappa + 1.0) / (self.alpha * self.kappa)).sqrt();
        let density = |angle: f64| angle.sin().max(0.0).powf(freedom - 1.0);
        integral(density, freedom.sqrt().atan2(t)) / integral(density, PI)
    }

    /// `(x - μ) / √(β / α)`.
    fn z_score(&self, x: f64) -> f64 {
        (x - self.mu) / (self.beta / self.alpha).sqrt()
    }
}

/// `∫₀^to f`, by Simpson's rule.
fn integral(f: impl Fn(f64) -> f64, to: f64) -> f64 {
    const STEPS: usize = 2000;
    let step = to / STEPS as f64;
    let factor = |position: usize| match position {
        0 | STEPS => 1.0,
        odd if odd % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=STEPS).map(|position| factor(position) * f(position as f64 * step)).sum::<f64>() * step / 3.0
}

/// The population's amounts after all of the customer's.
fn of_customer(story: &Story) -> NormalInverseGamma {
    let population =
        NormalInverseGamma { mu: AMOUNTS.mean, kappa: AMOUNTS.mean_weight, alpha: AMOUNTS.shape, beta: AMOUNTS.scale };
    let data: Vec<_> = habits(story).map(|entry| (learned_ln_size(entry), habit_weight(story, entry))).collect();
    population.after(&data)
}

/// The customer's amounts, worth three purchases, after those of the category: `κ = 3`, `α = 1 + 3/2`, and `β / α` as
/// it was.
fn in_category(story: &Story) -> NormalInverseGamma {
    let NormalInverseGamma { mu, alpha, beta, .. } = of_customer(story);
    let prior_alpha = 1.0 + CATEGORY_AMOUNTS_WEIGHT / 2.0;
    let customer =
        NormalInverseGamma { mu, kappa: CATEGORY_AMOUNTS_WEIGHT, alpha: prior_alpha, beta: beta / alpha * prior_alpha };
    let kept = kept_names(story, category);
    let name = kept.get(category(&story.attempt));
    let same = habits(story).filter(|entry| kept.get(category(&entry.attempt)) == name);
    let data: Vec<_> = same.map(|entry| (learned_ln_size(entry), habit_weight(story, entry))).collect();
    customer.after(&data)
}

/// The log-size of the usual amount in the category, `exp μ` to the minor unit of the attempt's currency.
fn ln_usual(story: &Story) -> f64 {
    let amount = story.attempt.amount;
    let minor_per_size = amount.minor() as f64 / amount.size();
    ((in_category(story).mu.exp() * minor_per_size).round().max(1.0) / minor_per_size).ln()
}

/// `max (x - age / τ)` over all purchases, disowned ones too: what was seen once was seen.
fn ln_peak(story: &Story, tau_days: f64, ln_size_of: fn(&Entry) -> f64) -> f64 {
    let faded = |entry: &Entry| ln_size_of(entry) - days_since(story, entry.attempt.occurred_at.instant()) / tau_days;
    purchases(story).map(faded).fold(f64::NAN, f64::max)
}

// Choices among names.

/// The name that a purchase is counted under.
type Name = fn(&Attempt) -> &str;

fn category(attempt: &Attempt) -> &str {
    attempt.category.as_str()
}

fn payment_method(attempt: &Attempt) -> &str {
    attempt.payment_method.as_str()
}

/// The names of purchases that are told apart: the 32 with the smallest hashes. All others are counted as one.
fn kept_names(story: &Story, name: Name) -> BTreeSet<&str> {
    let names: BTreeSet<&str> = purchases(story).map(|entry| name(&entry.attempt)).collect();
    let mut by_hash: Vec<&str> = names.into_iter().collect();
    by_hash.sort_by_key(|name| Hasher::new("tally").text(name).finish_u64());
    by_hash.into_iter().take(32).collect()
}

/// `Σ w` by name; `None` is all names that are not told apart.
fn weights_by_name(story: &Story, name: Name) -> BTreeMap<Option<&str>, f64> {
    let kept = kept_names(story, name);
    let mut weights = BTreeMap::new();
    for entry in habits(story) {
        *weights.entry(kept.get(name(&entry.attempt)).copied()).or_default() += habit_weight(story, entry);
    }
    weights
}

/// What the attempt's name weighs, beside what each name weighs.
fn chosen_weight(story: &Story, name: Name) -> (f64, BTreeMap<Option<&str>, f64>) {
    let weights = weights_by_name(story, name);
    let kept = kept_names(story, name);
    (weights.get(&kept.get(name(&story.attempt)).copied()).copied().unwrap_or_default(), weights)
}

/// P(a name at most as likely). Under a Dirichlet prior of 5 purchases spread over `K` names, a name that weighs `w`
/// has the probability `(w + 5 / K) / (W + 5)`: names sorted by weight, those above the attempt's are taken off the
/// whole. `K` is `kinds`, or as many as it takes to hold those names and this one.
fn choice_tail(story: &Story, name: Name, kinds: f64) -> f64 {
    let (chosen, weights) = chosen_weight(story, name);
    let total: f64 = weights.values().sum();
    let mut sorted: Vec<f64> = weights.iter().filter(|(name, _)| name.is_some()).map(|(_, weight)| *weight).collect();
    sorted.sort_by(|left, right| right.total_cmp(left));
    // Equally likely names must compare as such, whatever the rounding.
    let likelier: Vec<f64> = sorted.into_iter().take_while(|weight| *weight > chosen * (1.0 + 1e-9)).collect();
    let each = PRIOR_PURCHASES / kinds.max(likelier.len() as f64 + 1.0);
    likelier.iter().fold(1.0, |tail, weight| tail - (weight + each) / (total + PRIOR_PURCHASES))
}

/// `Σ w` of the attempt's name to `Σ w` of all; 0 if nothing is known.
fn choice_share(story: &Story, name: Name) -> f64 {
    let (chosen, weights) = chosen_weight(story, name);
    if weights.is_empty() { 0.0 } else { chosen / weights.values().sum::<f64>() }
}

// Timing.

/// The hour that clocks show where the purchase is made.
fn local_hour(attempt: &Attempt) -> usize {
    let utc_minutes = attempt.occurred_at.instant().epoch_ms() as i64 / MINUTE_MS;
    ((utc_minutes + i64::from(attempt.occurred_at.offset_minutes())).rem_euclid(24 * 60) / 60) as usize
}

/// P(an hour at most as likely). A purchase counts a half for its own hour and a quarter for each of the hours next to
/// it on the clock; the population's hours count as 5 purchases. Hours that differ by less than 1e-5 purchases are as
/// likely.
fn hour_tail(story: &Story) -> f64 {
    let population: f64 = HOURS.iter().sum();
    let predicted: Vec<f64> = (0..24)
        .map(|hour: usize| {
            let share_in = |entry: &Entry| match (hour + 24 - local_hour(&entry.attempt)) % 24 {
                0 => 0.5,
                1 | 23 => 0.25,
                _ => 0.0,
            };
            let own: f64 = habits(story).map(|entry| share_in(entry) * habit_weight(story, entry)).sum();
            own + PRIOR_PURCHASES * HOURS[hour] / population
        })
        .collect();
    let this = predicted[local_hour(&story.attempt)];
    predicted.iter().filter(|worth| **worth <= this + 1e-5).sum::<f64>() / predicted.iter().sum::<f64>()
}

// Velocity.

/// The customer's purchases a day, Gamma distributed: shape `α`, and `β` days.
struct Rate {
    alpha: f64,
    beta_days: f64,
}

/// One purchase in one day, and `Σ w` purchases in the `60 (1 - exp(-age / 60))` days' worth since the first purchase;
/// not known better than 20 purchases would tell.
fn rate(story: &Story) -> Rate {
    let seen: f64 = habits(story).map(|entry| habit_weight(story, entry)).sum();
    let alpha = RATE_WEIGHT + seen;
    let beta_days = RATE_WEIGHT / PURCHASES_A_DAY + 60.0 * (1.0 - (-days_known(story) / 60.0).exp());
    let known_at_most = (20.0 / alpha).min(1.0);
    Rate { alpha: alpha * known_at_most, beta_days: beta_days * known_at_most }
}

impl Rate {
    /// P(gap ≤ g): the gap's distribution is Lomax, with `1 - (1 + g / β)^-α`.
    fn follows_within(&self, gap_days: f64) -> f64 {
        1.0 - (1.0 + gap_days / self.beta_days).powf(-self.alpha)
    }

    /// P(at least k in w days): k is negative binomial distributed. With `q = w / (w + β)` this is
    /// `Σ_{n = k, k + 1, …} Γ(n + α) / (Γ(α) Γ(n + 1)) q^n (1 - q)^α`, also for a k that is not whole.
    fn at_least(&self, count: f64, window_days: f64) -> f64 {
        if count == 0.0 {
            return 1.0;
        }
        let q = window_days / (window_days + self.beta_days);
        let ln_first = ln_gamma(count + self.alpha) - ln_gamma(self.alpha) - ln_gamma(count + 1.0)
            + count * q.ln()
            + self.alpha * (1.0 - q).ln();
        let (mut term, mut n, mut sum) = (ln_first.exp(), count, 0.0);
        // From the largest term on they shrink by nearly q each time.
        while sum == 0.0 || term > sum * 1e-12 || n < count + self.alpha * q / (1.0 - q) {
            sum += term;
            term *= (n + self.alpha) / (n + 1.0) * q;
            n += 1.0;
        }
        sum
    }
}

/// Entries in the span that ends with the attempt, whether learned yet or not.
fn attempts_within(story: &Story, span_ms: i64) -> f64 {
    let ago_ms = |entry: &Entry| now(story).since_ms(entry.attempt.occurred_at.instant());
    let all = story.entries.iter().chain(&story.not_learned);
    all.filter(|entry| ago_ms(entry) >= 0 && ago_ms(entry) < span_ms).count() as f64
}

/// `Σ exp(-age / τ)` over all entries learned, purchases or not.
fn decayed_attempts(story: &Story, tau_days: f64) -> f64 {
    story.entries.iter().map(|entry| weight(story, entry, tau_days)).sum()
}

/// How long ago the last attempt before this one was: any in the last hour, and the last one learned unless that is
/// later.
fn gap_ms(story: &Story) -> Option<i64> {
    let ago_ms = |entry: &Entry| now(story).since_ms(entry.attempt.occurred_at.instant());
    let last_learned = story.entries.iter().map(ago_ms).min();
    let recent = story.entries.iter().chain(&story.not_learned).map(ago_ms).filter(|ago| *ago < HOUR_MS);
    recent.chain(last_learned).filter(|ago| *ago >= 0).min()
}

/// What was spent in about a day, with this amount, to what is usual on a day with a purchase:
/// `(Σ size exp(-age / 1 d) + size) / (max(Σ size exp(-age / 30 d) / 30, min(λ, 1) u) + u)`, where λ is the mean number
/// of purchases a day and `u = exp(μ + min(β / α, 2) / 2)` the mean amount.
fn day_spending_ratio(story: &Story) -> f64 {
    let spent = |tau_days| {
        habits(story).map(|entry| learned_ln_size(entry).exp() * weight(story, entry, tau_days)).sum::<f64>()
    };
    let NormalInverseGamma { mu, alpha, beta, .. } = of_customer(story);
    let usual = (mu + (beta / alpha).min(2.0) / 2.0).exp();
    let Rate { alpha, beta_days } = rate(story);
    let usual_day = (spent(30.0) / 30.0).max((alpha / beta_days).min(1.0) * usual) + usual;
    (spent(1.0) + story.attempt.amount.size()) / usual_day
}

/// The strongest of the tails of attempts in 10 minutes, an hour, a day and a week, and of the day's spending by
/// Markov's inequality; less `ln 5` for looking at five.
fn velocity_nats(story: &Story) -> f64 {
    let rate = rate(story);
    let tails = [
        rate.at_least(attempts_within(story, 10 * MINUTE_MS), 10.0 / (24.0 * 60.0)),
        rate.at_least(attempts_within(story, HOUR_MS), 1.0 / 24.0),
        rate.at_least(decayed_attempts(story, 1.0), 1.0),
        rate.at_least(decayed_attempts(story, 7.0), 7.0),
        1.0 / day_spending_ratio(story),
    ];
    (tails.into_iter().map(nats).fold(0.0, f64::max) - 5_f64.ln()).max(0.0)
}

// Merchants.

fn day_number(at: Instant) -> i64 {
    at.epoch_ms() as i64 / DAY_MS
}

/// The last day of a purchase at each merchant, of the 40 merchants with the latest.
fn last_days(story: &Story) -> BTreeMap<&str, i64> {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for Attempt { merchant, occurred_at, .. } in purchases(story).map(|entry| &entry.attempt) {
        if let Some(merchant) = merchant {
            let day = last.entry(merchant.as_str()).or_default();
            *day = day_number(occurred_at.instant()).max(*day);
        }
    }
    let mut latest_first: Vec<_> = last.into_iter().collect();
    latest_first.sort_by_key(|(_, day)| -day);
    latest_first.into_iter().take(40).collect()
}

/// `-ln ((m + 1) / (max(Σ w, m) + 2))` at a merchant that is not known, where m is the number of merchants of the last
/// 60 days.
fn merchant_novelty_nats(story: &Story) -> f64 {
    let known = last_days(story);
    if story.attempt.merchant.as_ref().is_none_or(|merchant| known.contains_key(merchant.as_str())) {
        return 0.0;
    }
    let merchants = known.values().filter(|day| **day >= day_number(now(story)) - 60).count() as f64;
    let seen: f64 = habits(story).map(|entry| habit_weight(story, entry)).sum();
    nats((merchants + 1.0) / (seen.max(merchants) + 2.0))
}

fn merchant_days_since(story: &Story) -> f64 {
    let last = story.attempt.merchant.as_ref().and_then(|merchant| last_days(story).get(merchant.as_str()).copied());
    last.map_or(f64::NAN, |day| (day_number(now(story)) - day) as f64)
}

/// A label as the merchant's record has it.
struct Aged {
    days_ago: i64,
    positive: bool,
    amount_nats: f64,
}

impl Aged {
    /// The amount was one in ten or rarer for the customer: that explains a positive without the merchant.
    fn is_explained(&self) -> bool {
        self.positive && self.amount_nats >= 2.3
    }
}

/// The labels of the merchant that arrived before the attempt, of purchases of the 30 days up to its own: how many days
/// ago each purchase was, and whether the label is positive. Disowned is positive, and so is regret from 7 on; normal
/// is not, nor regret up to 3; between them is no label.
fn labels_by_age(story: &Story) -> Vec<Aged> {
    let labels = story.labels.iter().flatten().filter(|_| story.attempt.merchant.is_some());
    labels
        .filter(|label| label.arrived_at <= now(story))
        .filter_map(|label| {
            let positive = match label.said {
                Feedback::NotMe => true,
                Feedback::NormalForMe => false,
                Feedback::Regret(regret) if regret.score() >= 7 => true,
                Feedback::Regret(regret) if regret.score() <= 3 => false,
                Feedback::Regret(_) => return None,
            };
            let days_ago = day_number(now(story)) - day_number(label.bought_at);
            Some(Aged { days_ago, positive, amount_nats: label.amount_nats })
        })
        .filter(|label| (0..30).contains(&label.days_ago))
        .collect()
}

/// P(at least k of n labels positive), each with a hundredth: `Σ_{i = k..n} C(n, i) p^i (1 - p)^(n - i)`.
fn merchant_risk_nats(story: &Story) -> f64 {
    let labels = labels_by_age(story);
    let (labelled, positive) = (labels.len(), labels.iter().filter(|label| label.positive).count());
    let ways = |chosen: usize| (0..chosen).map(|i| (labelled - i) as f64 / (chosen - i) as f64).product::<f64>();
    let exactly = |count: usize| {
        ways(count) * POSITIVE_SHARE.powi(count as i32) * (1.0 - POSITIVE_SHARE).powi((labelled - count) as i32)
    };
    nats((positive..=labelled).map(exactly).sum())
}

/// `(0.01 · 2 + Σ_positive exp(-age / τ)) / (2 + Σ exp(-age / τ))` over the labels that are not explained.
fn merchant_rate(story: &Story, tau_days: f64) -> f64 {
    if story.attempt.merchant.is_none() || story.labels.is_none() {
        return f64::NAN;
    }
    let (mut positives, mut all) = (POSITIVE_SHARE * 2.0, 2.0);
    for label in labels_by_age(story).iter().filter(|label| !label.is_explained()) {
        let weight = (-label.days_ago as f64 / tau_days).exp();
        all += weight;
        positives += if label.positive { weight } else { 0.0 };
    }
    positives / all
}

struct Streak {
    positive: f64,
    days: f64,
    unbroken_days: f64,
}

/// Day by day into the past, up to the first day with a label that is not positive; explained ones are as if they were not.
fn streak(story: &Story) -> Streak {
    let labels = labels_by_age(story);
    let mut streak = Streak { positive: 0.0, days: f64::NAN, unbroken_days: f64::NAN };
    for days_ago in 0..30 {
        let of_day = labels.iter().filter(|label| label.days_ago == days_ago && !label.is_explained());
        let of_day: Vec<bool> = of_day.map(|label| label.positive).collect();
        if of_day.contains(&false) {
            streak.unbroken_days = days_ago as f64;
            break;
        }
        if !of_day.is_empty() {
            streak.positive += of_day.len() as f64;
            streak.days = days_ago as f64;
        }
    }
    streak
}

// How well the customer is known.

/// Days since the first purchase; 0 without one.
fn days_known(story: &Story) -> f64 {
    purchases(story).map(|entry| days_since(story, entry.attempt.occurred_at.instant())).fold(0.0, f64::max)
}
