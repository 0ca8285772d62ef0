//! The policies that the same people live under.

use engine::decision::Strategy;
use engine::policy::{Policy, Restraint, StopCap};

/// How strategies are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Nobody is stepped in on.
    Nothing,
    /// Always this one, whatever the action; [`Strategy::Delay`] for a cooling-off.
    Plain,
    /// Always the one that turned out best for the action among those chosen at random.
    Best,
    /// At random.
    Random,
    /// By Thompson sampling, with beliefs that a review moves every week.
    Thompson,
}

/// One policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Its name in reports.
    pub name: &'static str,
    /// How strategies are chosen.
    pub choice: Choice,
    /// Whether each customer's alpha follows what they said.
    pub own_alpha: bool,
    /// Whether restraint holds.
    pub restraint: bool,
}

impl Variant {
    /// Every variant: those to compare, then the full one without each of its adaptive parts. What is chosen at random comes before
    /// what is best, which is known from it.
    pub const ALL: [Self; 8] = [
        Self { name: "no interventions", choice: Choice::Nothing, own_alpha: false, restraint: false },
        Self { name: "fixed, plain information", choice: Choice::Plain, own_alpha: false, restraint: false },
        Self { name: "random strategy", choice: Choice::Random, own_alpha: false, restraint: false },
        Self { name: "fixed, best strategy", choice: Choice::Best, own_alpha: false, restraint: false },
        Self { name: "adaptive", choice: Choice::Thompson, own_alpha: true, restraint: true },
        Self { name: "without Thompson sampling", choice: Choice::Random, own_alpha: true, restraint: true },
        Self { name: "without own alpha", choice: Choice::Thompson, own_alpha: false, restraint: true },
        Self { name: "without restraint", choice: Choice::Thompson, own_alpha: true, restraint: false },
    ];

    /// The policy to begin with. `best` are the strategies that turned out best for a nudge and for a warning.
    pub(super) fn policy(&self, base: &Policy, best: [Strategy; 2]) -> Policy {
        let mut policy = base.clone();
        match self.choice {
            Choice::Nothing => {
                policy.alpha = 0.0;
                policy.rules = engine::policy::Rules::default();
            }
            Choice::Plain => {
                policy.strategies.nudge = vec![Strategy::PlainInformation];
                policy.strategies.warn = vec![Strategy::PlainInformation];
            }
            Choice::Best => {
                let [nudge, warn] = best;
                policy.strategies.nudge = vec![nudge];
                policy.strategies.warn = vec![warn];
            }
            // The floor of each is then its equal share.
            Choice::Random => policy.strategies.floor = 1.0,
            Choice::Thompson => {}
        }
        if !self.restraint {
            let never = StopCap { share_max: 1.0, burst: u32::MAX };
            policy.restraint = Restraint {
                per_week_max: u8::MAX,
                gap_ms: 0,
                trivial_below: 0.0,
                quiet_hours: None,
                stops: never,
                rule_stops: never,
                ..policy.restraint
            };
        }
        policy
    }
}
