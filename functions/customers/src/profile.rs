//! `GET …/profile`: what Guardian has learned of the customer, readable.

use edge::access::Scope;
use edge::wire::AmountBody;
use edge::{Answer, Problem, Route};
use engine::alarm_rate::AlarmRate;
use engine::currency::Currency;
use engine::habits::{Habits, UsualAmount};
use engine::id::CustomerId;
use engine::money::Amount;
use engine::profile::{Profile, StrategyCounts};
use engine::settings::Settings;
use engine::time::Instant;
use serde::Serialize;

use crate::settings::SettingsBody;
use crate::{Customers, Ports};

pub(crate) const ROUTE: Route = Route::oneself_or(Scope::Customers, "GET /v1/customers/{customer_id}/profile");

/// What Guardian has learned, in units that people use. Shares are of purchases, the recent ones weighing more.
#[derive(Serialize)]
pub(crate) struct ProfileBody {
    purchases: u32,
    learning: bool,
    first_purchase_at: Option<String>,
    last_activity_at: Option<String>,
    amount: Option<UsualAmountBody>,
    categories: Vec<CategoryBody>,
    payment_methods: Vec<ShareBody>,
    /// Shares by local hour, from 0:00 on.
    hours: Vec<f64>,
    merchants_remembered: usize,
    attempts_last_day: f64,
    attempts_last_week: f64,
    interruptions_last_week: usize,
    /// Spent in the latest month with a purchase, by currency and category.
    month: Vec<SpentBody>,
    feedback: FeedbackBody,
    alarm_rate: AlarmRateBody,
    strategies: Vec<StrategyBody>,
}

#[derive(Serialize)]
struct SpentBody {
    category: Option<String>,
    spent: AmountBody,
}

/// How many more or fewer alarms this customer gets than everybody, and why.
#[derive(Serialize)]
struct AlarmRateBody {
    multiple: f64,
    because: BecauseBody,
}

#[derive(Serialize)]
struct BecauseBody {
    alarms_right: u32,
    alarms_unneeded: u32,
    alarms_missed: u32,
    cooling_offs_overridden: u32,
    sensitivity: &'static str,
}

/// How often a strategy helped this customer.
#[derive(Serialize)]
struct StrategyBody {
    strategy: &'static str,
    helped: u32,
    not_helped: u32,
}

/// Amounts in about-euros: amounts of several currencies, made comparable by rough fixed rates.
#[derive(Serialize)]
struct UsualAmountBody {
    /// The geometric mean.
    typical: AmountBody,
    /// Four of five amounts lie between these.
    low: AmountBody,
    high: AmountBody,
    /// The largest, fading with time.
    largest: Option<AmountBody>,
}

#[derive(Serialize)]
struct CategoryBody {
    name: String,
    share: f64,
    typical: AmountBody,
}

#[derive(Serialize)]
struct ShareBody {
    name: String,
    share: f64,
}

#[derive(Serialize)]
struct FeedbackBody {
    regretted: u32,
    normal_for_me: u32,
    not_me: u32,
}

#[derive(Serialize)]
struct Body {
    customer_id: String,
    profile: ProfileBody,
    settings: SettingsBody,
}

impl<P: Ports> Customers<P> {
    /// What is known of a customer; for one who is not known, that nothing is.
    pub(crate) async fn profile(&self, customer: CustomerId) -> Result<Answer, Problem> {
        let now = (self.clock)();
        let known = self.ports.read_customer(&customer, now).await?;
        let profile = known.profile.map_err(store::StoreError::from)?;
        let body = Body {
            customer_id: customer.to_string(),
            profile: describe(&profile, &known.settings, now),
            settings: SettingsBody::of(&known.settings),
        };
        Answer::json(&body)
    }
}

/// Describes a profile as of `now`.
pub(crate) fn describe(profile: &Profile, settings: &Settings, now: Instant) -> ProfileBody {
    let Habits { amount, categories, payment_methods, hours } = Habits::of(profile, now);
    let categories = categories.into_iter().map(|habit| CategoryBody {
        name: habit.name,
        share: rounded(habit.share),
        typical: about_euros(habit.amount.typical),
    });
    let payment_methods = payment_methods.into_iter().map(|(name, share)| ShareBody { name, share: rounded(share) });
    let (attempts_last_day, attempts_last_week) = profile.recent_attempts(now);
    let feedback = profile.feedback();
    ProfileBody {
        purchases: profile.purchases(),
        learning: profile.is_learning(),
        first_purchase_at: profile.first_at().map(|at| at.to_string()),
        last_activity_at: profile.last_at().map(|at| at.to_string()),
        amount: amount.map(|amount| usual_amount(amount, profile.peak_size(now))),
        categories: categories.collect(),
        payment_methods: payment_methods.collect(),
        hours: hours.map(rounded).to_vec(),
        merchants_remembered: profile.merchants().len(),
        attempts_last_day: rounded(attempts_last_day),
        attempts_last_week: rounded(attempts_last_week),
        interruptions_last_week: profile.interruptions().with([].into_iter(), now).0,
        month: month(profile),
        alarm_rate: alarm_rate(profile, settings),
        strategies: profile
            .strategies()
            .filter(|(_, counts)| *counts != StrategyCounts::default())
            .map(|(strategy, StrategyCounts { helped, not_helped })| StrategyBody {
                strategy: strategy.name(),
                helped,
                not_helped,
            })
            .collect(),
        feedback: FeedbackBody {
            regretted: feedback.regretted,
            normal_for_me: feedback.normal_for_me,
            not_me: feedback.not_me,
        },
    }
}

/// What was spent in the latest month: in all, and by category.
fn month(profile: &Profile) -> Vec<SpentBody> {
    let spending = profile.month();
    let spent = spending.all().filter_map(|(currency, category, minor)| {
        let spent = Amount::from_minor(minor, currency).ok()?.into();
        Some(SpentBody { category: category.map(str::to_owned), spent })
    });
    spent.collect()
}

fn alarm_rate(profile: &Profile, settings: &Settings) -> AlarmRateBody {
    // The multiple does not depend on the policy's alpha.
    let rate = AlarmRate::of(0.0, profile.alarms(), settings.sensitivity);
    AlarmRateBody {
        multiple: rounded(rate.multiple),
        because: BecauseBody {
            alarms_right: rate.alarms.right,
            alarms_unneeded: rate.alarms.unneeded,
            alarms_missed: rate.alarms.missed,
            cooling_offs_overridden: rate.alarms.overridden,
            sensitivity: rate.sensitivity.name(),
        },
    }
}

fn usual_amount(amount: UsualAmount, peak_size: Option<f64>) -> UsualAmountBody {
    UsualAmountBody {
        typical: about_euros(amount.typical),
        low: about_euros(amount.low),
        high: about_euros(amount.high),
        largest: peak_size.map(about_euros),
    }
}

fn about_euros(size: f64) -> AmountBody {
    Amount::of_size(size, Currency::EUR).into()
}

fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}
