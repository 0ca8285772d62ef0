//! Velocity: are there more attempts, or is there more money, in a short time than this customer is used to?

use statrs::function::beta::beta_reg;

use super::{Known, nats, strongest};
use crate::entry::Attempt;
use crate::population::{PURCHASES_A_DAY, RATE_WEIGHT};
use crate::profile::LogAmounts;
use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// More purchases than this say nothing more about the rate: people's days differ more than a Poisson process would.
const RATE_PURCHASES_MAX: f64 = 20.0;

/// A span of time over which attempts or money are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Attempts of the last ten minutes.
    TenMinutes,
    /// Attempts of the last hour.
    Hour,
    /// Attempts of about the last day.
    Day,
    /// Attempts of about the last week.
    Week,
    /// Money of about the last day.
    DaySpending,
}

/// How unusual the pace is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VelocitySignal {
    /// `-ln` of the smallest tail among the windows, corrected for there being five.
    pub nats: f64,
    /// The window with that tail.
    pub window: Window,
    /// What was counted there, this attempt included: attempts, or for [`Window::DaySpending`] the multiple of a usual day.
    pub count: f64,
    /// Attempts of the ten minutes before.
    pub attempts_10_minutes: f64,
    /// Attempts of the hour before.
    pub attempts_hour: f64,
    /// Attempts of about the last day, as learned.
    pub attempts_day: f64,
    /// Attempts of about the last week, as learned.
    pub attempts_week: f64,
    /// The money of about the last day, this attempt included, as a multiple of what is usual on a day with a purchase.
    pub day_spending_ratio: f64,
    /// How many purchases a day are usual for the customer, shrunk to the population's.
    pub a_day: f64,
    /// The time since the last attempt, in minutes; `None` if there was none.
    pub gap_minutes: Option<f64>,
    /// `-ln P(the next attempt follows at least as soon)`: what is left of a Lomax distribution.
    pub gap_nats: f64,
}

impl VelocitySignal {
    /// Compares the attempts before this one with a Poisson process whose rate is known as a Gamma distribution: the number
    /// of attempts in a window is negative binomial. Spending is compared with its mean by Markov's inequality.
    pub fn of(attempt: &Attempt, known: Known<'_>) -> Self {
        let now = attempt.occurred_at.instant();
        let (ten_minutes, hour) = (known.attempts_within(10 * MINUTE_MS, now), known.attempts_within(HOUR_MS, now));
        // What the stream has not brought to the profile yet is missing in these two; as many within the last hour,
        // which is complete, are more of a surprise.
        let (day, week) = known.profile.recent_attempts(now);

        let rate = Rate::of(known, now);
        let spending = spending_ratio(attempt, known, &rate);
        let windows = [
            (Window::TenMinutes, ten_minutes + 1.0, rate.at_least_nats(ten_minutes, 10.0 / 1440.0)),
            (Window::Hour, hour + 1.0, rate.at_least_nats(hour, 1.0 / 24.0)),
            (Window::Day, day + 1.0, rate.at_least_nats(day, 1.0)),
            (Window::Week, week + 1.0, rate.at_least_nats(week, 7.0)),
            (Window::DaySpending, spending, nats(1.0 / spending)),
        ];
        let (window, count, _) = windows
            .into_iter()
            .fold((Window::Hour, hour + 1.0, 0.0), |best, next| if next.2 > best.2 { next } else { best });
        let gap_ms = known.last_attempt(now).map(|last| now.since_ms(last).max(0) as f64);
        Self {
            nats: strongest(windows.map(|(_, _, nats)| nats)),
            window,
            count,
            attempts_10_minutes: ten_minutes,
            attempts_hour: hour,
            attempts_day: day,
            attempts_week: week,
            day_spending_ratio: spending,
            a_day: rate.a_day(),
            gap_minutes: gap_ms.map(|gap_ms| gap_ms / MINUTE_MS as f64),
            gap_nats: gap_ms.map_or(0.0, |gap_ms| rate.gap_nats(gap_ms / DAY_MS as f64)),
        }
    }
}

/// The customer's rate of purchases: Gamma distributed with this shape, and this many days as its rate parameter.
struct Rate {
    shape: f64,
    days: f64,
}

impl Rate {
    fn of(known: Known<'_>, now: crate::time::Instant) -> Self {
        let seen = (known.profile.amounts().weight * known.profile.habit_factor(now)).max(0.0);
        let (shape, days) = (RATE_WEIGHT + seen, RATE_WEIGHT / PURCHASES_A_DAY + known.profile.days_seen(now));
        let known_at_most = (RATE_PURCHASES_MAX / shape).min(1.0);
        Self { shape: shape * known_at_most, days: days * known_at_most }
    }

    fn a_day(&self) -> f64 {
        self.shape / self.days
    }

    /// `-ln P(the next attempt follows within so many days)`. With a Gamma distributed rate, gaps are Lomax distributed.
    /// Source: Lomax, Business failures (1954).
    fn gap_nats(&self, gap_days: f64) -> f64 {
        nats(-(-self.shape * (gap_days / self.days).ln_1p()).exp_m1())
    }

    /// `-ln P(at least this many in a window of so many days)`: the negative binomial's upper tail, as a regularised
    /// incomplete beta function so that decayed counts need not be whole.
    fn at_least_nats(&self, count: f64, window_days: f64) -> f64 {
        if count <= 0.0 { 0.0 } else { nats(beta_reg(count, self.shape, window_days / (window_days + self.days))) }
    }
}

/// The money of about the last day, this attempt included, as a multiple of what is usual on a day with a purchase.
fn spending_ratio(attempt: &Attempt, known: Known<'_>, rate: &Rate) -> f64 {
    let now = attempt.occurred_at.instant();
    let (spent_today, spent_a_day) = known.profile.recent_spending(now);
    let seen: LogAmounts = known.profile.amounts().scaled(known.profile.habit_factor(now));
    let belief = crate::population::AMOUNTS.after(seen);
    // The mean of a log-normal amount; its variance is held below two, because the mean grows with the variance's exponent.
    let usual_amount = (belief.mean + (belief.scale / belief.shape).min(2.0) / 2.0).exp();
    let usual_day = spent_a_day.max(usual_amount * rate.a_day().min(1.0)) + usual_amount;
    ((spent_today.max(0.0) + attempt.amount.size()) / usual_day).max(f64::MIN_POSITIVE)
}
