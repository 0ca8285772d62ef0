//! The ladder: how hard to step in, once it is clear that one should.

use crate::decision::Action;

/// How an action is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ladder {
    /// By how likely the customer is to disown or regret the attempt.
    Risk(RiskLadder),
    /// By what each action saves and what it costs, for this amount and this likelihood.
    Cost(CostLadder),
}

/// Risk scores from which on an action is taken; they rise from one action to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiskLadder {
    /// From which on to warn and not only to nudge.
    pub warn_from: f64,
    /// From which on to ask for a cooling-off.
    pub cool_off_from: f64,
    /// From which on to block.
    pub block_from: f64,
}

impl Default for RiskLadder {
    fn default() -> Self {
        Self { warn_from: 0.25, cool_off_from: 0.50, block_from: 0.98 }
    }
}

/// What one action does and costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The share of harm that it prevents, 0 to 1.
    pub prevents: f64,
    /// What it costs to trouble a customer with it who meant what they did, in about-euros.
    pub friction: f64,
}

/// What each action does and costs; harder actions prevent more and cost more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostLadder {
    /// [`Action::Nudge`].
    pub nudge: Step,
    /// [`Action::Warn`].
    pub warn: Step,
    /// [`Action::CoolOff`].
    pub cool_off: Step,
    /// [`Action::Block`].
    pub block: Step,
}

impl CostLadder {
    /// Each action with its step, mildest first.
    pub fn steps(&self) -> [(Action, Step); 4] {
        [
            (Action::Nudge, self.nudge),
            (Action::Warn, self.warn),
            (Action::CoolOff, self.cool_off),
            (Action::Block, self.block),
        ]
    }
}

impl Ladder {
    /// The action for a risk score and an amount of so many about-euros, where to step in is decided already.
    ///
    /// By cost it is the action with the largest `risk × prevents × amount - (1 - risk) × friction`, or none if none is above 0
    /// (Bahnsen et al., "Example-Dependent Cost-Sensitive Decision Trees", 2015, weigh costs per example likewise).
    pub fn action(&self, risk: f64, size: f64) -> Action {
        match self {
            Self::Risk(ladder) if risk >= ladder.block_from => Action::Block,
            Self::Risk(ladder) if risk >= ladder.cool_off_from => Action::CoolOff,
            Self::Risk(ladder) if risk >= ladder.warn_from => Action::Warn,
            Self::Risk(_) => Action::Nudge,
            Self::Cost(ladder) => {
                let worth = |step: Step| risk * step.prevents * size - (1.0 - risk) * step.friction;
                let worths = ladder.steps().map(|(action, step)| (action, worth(step)));
                // Of two that are worth the same the milder.
                let best = worths
                    .into_iter()
                    .fold((Action::Allow, 0.0), |best, next| if next.1 > best.1 { next } else { best });
                best.0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ladder: Ladder, risk: f64, size: f64, expect: Action) {
        assert_eq!(ladder.action(risk, size), expect);
    }

    #[test]
    fn risk_climbs_the_ladder_whatever_the_amount() {
        let ladder = Ladder::Risk(RiskLadder { warn_from: 0.2, cool_off_from: 0.5, block_from: 0.9 });
        for (risk, expect) in [
            (0.0, Action::Nudge),
            (0.2, Action::Warn),
            (0.499, Action::Warn),
            (0.5, Action::CoolOff),
            (0.9, Action::Block),
            (1.0, Action::Block),
        ] {
            check(ladder, risk, 1.0, expect);
            check(ladder, risk, 1e9, expect);
        }
    }

    #[test]
    fn cost_weighs_harm_prevented_against_friction() {
        let step = |prevents, friction| Step { prevents, friction };
        let ladder = Ladder::Cost(CostLadder {
            nudge: step(0.1, 0.1),
            warn: step(0.3, 1.0),
            cool_off: step(0.6, 5.0),
            block: step(1.0, 100.0),
        });
        // 10 % of 5 euros saves 5 cents and costs 9.
        check(ladder, 0.1, 5.0, Action::Allow);
        check(ladder, 0.1, 20.0, Action::Nudge);
        check(ladder, 0.1, 100.0, Action::Warn);
        check(ladder, 0.1, 1000.0, Action::CoolOff);
        check(ladder, 0.9, 1000.0, Action::Block);
        check(ladder, 1.0, 0.01, Action::Block);
        check(ladder, 0.0, 1e9, Action::Allow);
    }
}
