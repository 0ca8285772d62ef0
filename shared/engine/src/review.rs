//! The review: what was counted of all customers, turned into what every decision goes by.
//!
//! Once an hour somebody looks at the daily roll-ups and writes down two things: which variants of experiments annoy more than
//! they may, and how often each strategy helped. Decisions read that beside the policy, so that neither costs them anything.
//!
//! - A variant is **stopped** when its guardrail says so: [`ln_evidence`] from the experiment's `minimum_sample` on. It stays
//!   stopped as long as the policy has the experiment, whatever is counted later; under another id it starts anew. The control
//!   is never stopped. Its customers are decided on as without the experiment and are in no arm from then on: their exposures end
//!   there, so that what is compared is what the variant did while it ran, and the control, whom chance chose, stays as it was.
//!   Whoever compares the two leaves out the days after [`Stopped::at`].
//! - What **helped** moves the strategies' priors ([`Strategies::after`](crate::policy::Strategies::after)), from the last
//!   [`BELIEF_DAYS`]. The sums are kept, not the beliefs: a policy that is published after the review starts from priors of its own.
//!   A strategy is chosen most for whom it helps, so the sums flatter it a little to everybody else; the floor corrects that slowly.

mod document;
mod guardrail;

pub use document::{REVIEW_BYTES_MAX, ReviewError};
pub use guardrail::{FALSE_STOPS_MAX, is_shown, ln_evidence};

use crate::decision::Strategy;
use crate::policy::{Arm, Experiment, Policy, StrategySums};
use crate::profile::StrategyCounts;
use crate::rollup::{Counters, Rollup};
use crate::time::{Day, Instant};

/// From how many days it is counted what helps: a quarter of a year, so that what is chosen at the floor alone is counted some
/// hundred times where a few thousand interventions are, and a message that was rewritten is judged anew within a season.
pub const BELIEF_DAYS: i32 = 91;

/// From how many days experiments are judged: those that entries are kept. The guardrail holds for an experiment from its beginning
/// on, so that no longer one can be judged.
pub const EXPERIMENT_DAYS: i32 = 400;

/// What a review found.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// When it was made; decisions name it by that.
    pub made_at: Instant,
    /// The version of the policy that it was made under.
    pub policy: String,
    /// The first day that was looked at for what helps.
    pub from: Day,
    /// The last day that was looked at.
    pub to: Day,
    /// The variants that are stopped.
    pub stopped: Vec<Stopped>,
    /// How often each strategy helped.
    pub strategies: StrategySums,
}

/// A variant that is stopped, with the counts that stopped it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stopped {
    /// The experiment.
    pub experiment: String,
    /// The variant.
    pub arm: String,
    /// By the review of which time.
    pub at: Instant,
    /// How many interventions it had by then.
    pub interventions: u32,
    /// How many of them were called annoying.
    pub annoying: u32,
    /// The share of them that was allowed.
    pub annoyed_max: f64,
}

/// What a review looks at, added up roll-up by roll-up: of hundreds of days only these sums need to be held.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// The counters `arm.*` of all days.
    arms: Counters,
    /// The counters `strategy.*` of the last [`BELIEF_DAYS`].
    strategies: Counters,
}

impl Counted {
    /// Adds a roll-up of one of the days from [`Review::first_day`] on.
    pub fn add(&mut self, rollup: &Rollup, today: Day) {
        let is_late = rollup.day >= first_day_of_beliefs(today);
        for (name, count) in rollup.counters.iter() {
            if name.starts_with("arm.") {
                self.arms.add(name, count);
            } else if is_late && name.starts_with("strategy.") {
                self.strategies.add(name, count);
            }
        }
    }
}

fn first_day_of_beliefs(today: Day) -> Day {
    today.plus_days(1 - BELIEF_DAYS)
}

impl Review {
    /// The first day that a review of this policy needs to look at.
    pub fn first_day(policy: &Policy, today: Day) -> Day {
        let has_running = policy.experiments.iter().any(|experiment| experiment.running);
        today.plus_days(1 - if has_running { EXPERIMENT_DAYS } else { BELIEF_DAYS })
    }

    /// Reviews what was counted, under the policy in force. `earlier` is the review before.
    pub fn of(policy: &Policy, earlier: Option<&Self>, counted: &Counted, now: Instant) -> Self {
        let variants = policy.experiments.iter().flat_map(|experiment| {
            let variants = experiment.arms.iter().skip(1);
            variants.map(move |arm| (experiment, arm))
        });
        let stopped = variants.filter_map(|(experiment, arm)| {
            let before = earlier.and_then(|earlier| earlier.stop_of(&experiment.id, &arm.name));
            before.cloned().or_else(|| judge(experiment, arm, &counted.arms, now))
        });
        Self {
            made_at: now,
            policy: policy.version.clone(),
            from: first_day_of_beliefs(now.day()),
            to: now.day(),
            stopped: stopped.collect(),
            strategies: Strategy::ALL.map(|strategy| {
                let sum = |what| count(&counted.strategies, &format!("strategy.{}.{what}", strategy.name()));
                StrategyCounts { helped: sum("helped"), not_helped: sum("not_helped") }
            }),
        }
    }

    /// What this review stopped and none before it.
    pub fn stopped_now(&self) -> impl Iterator<Item = &Stopped> {
        self.stopped.iter().filter(|stopped| stopped.at == self.made_at)
    }

    /// Why a variant is stopped; `None` if it is not.
    pub fn stop_of(&self, experiment: &str, arm: &str) -> Option<&Stopped> {
        self.stopped.iter().find(|stopped| stopped.experiment == experiment && stopped.arm == arm)
    }
}

/// Stops a variant that is shown to annoy more than it may.
fn judge(experiment: &Experiment, arm: &Arm, counters: &Counters, now: Instant) -> Option<Stopped> {
    let counted = |what| count(counters, &format!("arm.{}.{}.{what}", experiment.id, arm.name));
    let (interventions, annoying) = (counted("interventions"), counted("annoying"));
    let is_enough = interventions >= experiment.minimum_sample && experiment.running;
    let annoyed_max = experiment.annoyed_max;
    (is_enough && is_shown(ln_evidence(annoying, interventions, annoyed_max))).then(|| Stopped {
        experiment: experiment.id.clone(),
        arm: arm.name.clone(),
        at: now,
        interventions,
        annoying,
        annoyed_max,
    })
}

/// A counter; one that was damaged counts for nothing, or for as much as fits.
fn count(counters: &Counters, name: &str) -> u32 {
    counters.get(name).clamp(0, u32::MAX.into()) as u32
}

impl Policy {
    /// The policy as a review leaves it: with variants stopped and priors moved. A review that was made under another policy says as
    /// much about the experiments and strategies that both have.
    #[must_use]
    pub fn reviewed(&self, review: &Review) -> Self {
        let mut reviewed = self.clone();
        reviewed.reviewed_at = Some(review.made_at);
        reviewed.strategies = self.strategies.after(&review.strategies);
        for experiment in &mut reviewed.experiments {
            let Experiment { id, arms, .. } = experiment;
            arms.iter_mut().skip(1).for_each(|arm| arm.stopped = review.stop_of(id, &arm.name).is_some());
        }
        reviewed
    }
}
