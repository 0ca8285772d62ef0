//! How people who differ, and who remember, meet an intervention: what evaluations of policies are run on.
//!
//! Every number is **assumed**. Where studies point somewhere the direction follows them:
//! - mere information works least, structure of the choice more (Mertens et al., "The effectiveness of nudging", PNAS 2022); after
//!   correction for publication bias little may be left at all (Maier et al., PNAS 2022), hence [`World::NULL`];
//! - what is shown often is heeded less (Anderson et al., "How Polymorphic Warnings Reduce Habituation in the Brain", CHI 2015;
//!   Ancker et al., "Effects of workload, work complexity, and repeated alerts on alert fatigue", 2017);
//! - that some strategies work for some people, and that a part of cancelled purchases is made again later, is assumed outright.
//!
//! All chances of one attempt are drawn at once, from streams of their own: the same attempt under another answer meets the same
//! luck, so that runs of different policies can be compared person by person, and what would have happened without an intervention
//! is known.

use engine::cooling_off::Ending;
use engine::currency::Currency;
use engine::decision::{Action, Strategy};
use engine::entry::{Feedback, Opinion, Outcome};
use engine::money::Amount;
use engine::settings::{Goal, Settings};
use engine::text::Note;
use engine::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use rand::RngExt as _;

use super::attempt::SimulatedAttempt;
use super::draw;
use super::reaction::{AVERAGE_REGRET, LaterFeedback, effect};
use super::truth::Truth;

/// Characters draw from streams behind those of all customers.
const CHARACTER_STREAMS: u64 = 1 << 40;

/// The streams of an attempt's reaction besides the first, which is that of [`SimulatedAttempt::react`].
const CHANCE_STREAM: u64 = 1;
const FEEDBACK_STREAM: u64 = 2;

/// How people in general are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct World {
    /// Multiplies what interventions do to impulses, genuine purchases and thieves: 1 as assumed, 0 nothing at all.
    pub strength: f64,
    /// How much stronger than an average message each strategy works on an average person, in the order of [`Strategy::ALL`].
    pub persuasion: [f64; Strategy::ALL.len()],
    /// How much people differ in that: the standard deviation of its logarithm.
    pub personal_sigma: f64,
}

impl Default for World {
    fn default() -> Self {
        // Plain information, reflection, salient cost, goal reminder, delay, alternatives, protection.
        Self { strength: 1.0, persuasion: [0.5, 1.2, 1.1, 1.1, 1.3, 0.8, 1.0], personal_sigma: 0.6 }
    }
}

impl World {
    /// A world in which interventions short of a block do nothing.
    pub const NULL: Self = Self { strength: 0.0, persuasion: [1.0; Strategy::ALL.len()], personal_sigma: 0.0 };
}

/// What one person is like to be spoken to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Character {
    /// How strongly each strategy works on them.
    susceptibility: [f64; Strategy::ALL.len()],
    /// How much they put up with, around 1.
    patience: f64,
    /// About how many euros an hour of their work brings.
    hourly_income: f64,
}

/// How much people differ in patience and in income an hour: standard deviations of logarithms.
const PATIENCE_SIGMA: f64 = 0.5;
const INCOME_SIGMA: f64 = 0.35;
/// What an hour of work brings on average, and what people save for, in euros.
const HOURLY_INCOME: f64 = 20.0;
const GOAL: f64 = 2_000.0;

/// An intervention as a person meets it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// How hard it is.
    pub action: Action,
    /// How it speaks.
    pub strategy: Strategy,
    /// How many there were in the last [`REMEMBERED_DAYS`].
    pub lately: usize,
}

/// For how many days an intervention is remembered.
pub const REMEMBERED_DAYS: i64 = 14;

/// What comes of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Encounter {
    /// What the person does.
    pub outcome: Outcome,
    /// How their cooling-off ends, if there is one.
    pub ending: Option<Ending>,
    /// How long after the attempt that is; a cooling-off that is confirmed is so a while after its wait.
    pub after_ms: i64,
    /// What they say of the intervention.
    pub opinion: Option<Opinion>,
    /// Whether they opt out of all further ones.
    pub opts_out: bool,
    /// What they say of the purchase.
    pub feedback: Option<LaterFeedback>,
    /// The same purchase attempted once more: it was put off, not given up.
    pub again: Option<Box<SimulatedAttempt>>,
}

/// How much of its effect an intervention loses with each one remembered.
const WEARINESS: f64 = 0.15;
/// The most that anything persuades.
const PERSUASION_MAX: f64 = 0.95;
/// How likely an intervention is called annoying by who meant the purchase, and by who gave in to the impulse; how much more with each
/// one remembered.
const ANNOYS_GENUINE: f64 = 0.15;
const ANNOYS_IMPULSE: f64 = 0.08;
const ANNOYS_MORE: f64 = 0.5;
/// How likely an annoyed person opts out, and how much more with each one remembered.
const OPTS_OUT: f64 = 0.01;
/// How likely it is called useful by who was kept from an impulse, from a thief, and by anybody else.
const USEFUL_IMPULSE: f64 = 0.35;
const USEFUL_THIEF: f64 = 0.5;
const USEFUL_OTHERWISE: f64 = 0.02;
/// How likely what was cancelled, postponed or abandoned is attempted once more, on an impulse and otherwise; and after how long.
const AGAIN_IMPULSE: [f64; 3] = [0.2, 0.6, 0.3];
const AGAIN_GENUINE: [f64; 3] = [0.5, 0.9, 0.6];
const AGAIN_MEDIAN_MS: i64 = 2 * DAY_MS;
const AGAIN_MS_MAX: i64 = 14 * DAY_MS;
const AGAIN_SIGMA: f64 = 0.7;
/// How a cooling-off ends that does not keep from the purchase: confirmed, overridden, bypassed; relative to each other.
const ENDS_IMPULSE: [f64; 3] = [0.45, 0.40, 0.15];
const ENDS_GENUINE: [f64; 3] = [0.30, 0.50, 0.20];

impl Character {
    /// The character of customer `number` of the simulation with this seed.
    pub fn new(seed: u64, number: u32, world: &World) -> Self {
        let mut rng = draw::stream(seed, CHARACTER_STREAMS + u64::from(number));
        Self {
            susceptibility: world.persuasion.map(|mean| draw::log_normal(&mut rng, mean, world.personal_sigma)),
            patience: draw::log_normal(&mut rng, 1.0, PATIENCE_SIGMA),
            hourly_income: draw::log_normal(&mut rng, HOURLY_INCOME, INCOME_SIGMA),
        }
    }

    /// What they told Guardian: what their work brings and what they save for.
    pub fn settings(&self, currency: Currency) -> Settings {
        let goal = Note::parse("a trip to the sea").ok();
        let goal = goal.map(|name| Goal { name, target: Amount::of_size(GOAL, currency), saved_minor: 0 });
        let hourly_income = Some(Amount::of_size(self.hourly_income, currency));
        Settings { hourly_income, goals: goal.into_iter().collect(), ..Settings::default() }
    }

    fn susceptibility(&self, strategy: Strategy) -> f64 {
        let mut all = Strategy::ALL.into_iter().zip(self.susceptibility);
        all.find(|(known, _)| *known == strategy).map_or(1.0, |(_, susceptibility)| susceptibility)
    }
}

impl SimulatedAttempt {
    /// What a person of this character does when they are shown this, or nothing. The same answer always gets the same reaction.
    pub fn meet(&self, character: &Character, world: &World, shown: Option<Shown>) -> Encounter {
        let mut rng = draw::stream(self.reaction_seed, CHANCE_STREAM);
        let [stop, way, end, said, opt_out, again]: [f64; 6] = std::array::from_fn(|_| rng.random());
        let again_after_ms = draw::log_normal(&mut rng, AGAIN_MEDIAN_MS as f64, AGAIN_SIGMA) as i64;
        let confirmed_after_ms = draw::log_normal(&mut rng, (3 * HOUR_MS) as f64, 0.5) as i64;

        let action = shown.map_or(Action::Allow, |shown| shown.action);
        let is_impulse = matches!(self.truth, Truth::Impulsive { .. });
        let stops = stop < self.stop_chance(character, world, shown);
        // Whoever would have stopped anyway does so in their own way.
        let by_themselves = stop < self.stop_chance(character, world, None);
        let way = place_of(way, effect(if by_themselves { Action::Allow } else { action }).ways_to_stop);
        let cools_off = action == Action::CoolOff;
        // A cooling-off has no third way: whoever does not wait, override or bypass it cancels.
        let way = if cools_off && !by_themselves { 0 } else { way };
        let outcome = match (stops, way) {
            (false, _) => Outcome::Proceeded,
            (true, 0) => Outcome::Cancelled,
            (true, 1) => Outcome::Postponed,
            (true, _) => Outcome::Abandoned,
        };
        let ending =
            cools_off.then(|| match (stops, place_of(end, if is_impulse { ENDS_IMPULSE } else { ENDS_GENUINE })) {
                (true, _) => Ending::Cancelled,
                (false, 0) => Ending::Confirmed,
                (false, 1) => Ending::Overridden,
                (false, _) => Ending::Bypassed,
            });
        let after_ms = if ending == Some(Ending::Confirmed) { confirmed_after_ms } else { MINUTE_MS };
        let opinion = shown.and_then(|shown| self.opinion(character, shown, stops, said));
        let opts_out = opinion == Some(Opinion::Annoying)
            && shown.is_some_and(|shown| opt_out < OPTS_OUT * (1.0 + ANNOYS_MORE * shown.lately as f64));
        let wish = if is_impulse { AGAIN_IMPULSE } else { AGAIN_GENUINE };
        let wish = wish.get(way).copied().unwrap_or_default();
        let is_put_off = stops && self.truth != Truth::Compromised && again < wish;
        let again = is_put_off.then(|| self.once_more(again_after_ms.clamp(HOUR_MS, AGAIN_MS_MAX)).map(Box::new));
        let mut rng = draw::stream(self.reaction_seed, FEEDBACK_STREAM);
        let feedback = self.feedback(&mut rng, &effect(action), outcome);
        Encounter { outcome, ending, after_ms, opinion, opts_out, feedback, again: again.flatten() }
    }

    /// How likely the purchase does not go through: never less likely than if nothing were shown.
    fn stop_chance(&self, character: &Character, world: &World, shown: Option<Shown>) -> f64 {
        let alone = effect(Action::Allow);
        let alone = match self.truth {
            Truth::Compromised => alone.thief,
            Truth::Impulsive { .. } => alone.impulse,
            _ => alone.genuine,
        };
        let Some(shown) = shown else { return alone };
        if shown.action == Action::Block {
            // A block holds whatever one thinks of it.
            return 1.0;
        }
        let effect = effect(shown.action);
        let persuaded = match self.truth {
            Truth::Compromised => effect.thief,
            Truth::Impulsive { regret } => {
                let heeds = self.temper.heeds * character.susceptibility(shown.strategy);
                let fresh = (-WEARINESS * shown.lately as f64).exp();
                effect.impulse * heeds * fresh * f64::from(regret) / AVERAGE_REGRET
            }
            _ => effect.genuine,
        };
        alone + (1.0 - alone) * (world.strength * persuaded).min(PERSUASION_MAX)
    }

    fn opinion(&self, character: &Character, shown: Shown, stopped: bool, said: f64) -> Option<Opinion> {
        let more = (1.0 + ANNOYS_MORE * shown.lately as f64) / character.patience;
        let (annoying, useful) = match (self.truth, stopped) {
            (Truth::Compromised, true) => (0.0, USEFUL_THIEF),
            (Truth::Compromised, false) => (0.0, USEFUL_OTHERWISE),
            (Truth::Impulsive { .. }, true) => (ANNOYS_IMPULSE * more / 2.0, USEFUL_IMPULSE),
            (Truth::Impulsive { .. }, false) => (ANNOYS_IMPULSE * more, USEFUL_OTHERWISE),
            _ => (ANNOYS_GENUINE * more, USEFUL_OTHERWISE),
        };
        if said < annoying.min(1.0 - useful) {
            Some(Opinion::Annoying)
        } else {
            (said >= 1.0 - useful).then_some(Opinion::Useful)
        }
    }
}

impl Encounter {
    /// Whether the intervention helped, in the sense of [`engine::entry::Entry::helped`], where nothing known is "no".
    pub fn helped(&self) -> bool {
        let is_normal = self.feedback.is_some_and(|later| later.feedback == Feedback::NormalForMe);
        match self.opinion {
            _ if is_normal => false,
            Some(opinion) => opinion == Opinion::Useful,
            None => matches!(self.outcome, Outcome::Cancelled | Outcome::Abandoned),
        }
    }
}

/// The position of the weight in which a chance of 0 to 1 falls.
fn place_of(chance: f64, weights: [f64; 3]) -> usize {
    let mut left = chance * weights.iter().sum::<f64>();
    let place = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    place.unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use engine::time::Day;

    use super::super::{Simulation, SimulationSettings};
    use super::*;

    fn attempts() -> Vec<SimulatedAttempt> {
        let (start, currency) = (Day::parse("2025-01-01").unwrap(), Currency::parse("EUR").unwrap());
        Simulation::new(SimulationSettings { seed: 3, customers: 60, start, days: 365, currency }).collect()
    }

    fn shown(action: Action, strategy: Strategy, lately: usize) -> Shown {
        Shown { action, strategy, lately }
    }

    /// The share of impulses for which something holds.
    fn share(world: &World, shown: Option<Shown>, holds: impl Fn(&Encounter) -> bool) -> f64 {
        let attempts = attempts();
        let impulses = attempts.iter().filter(|attempt| matches!(attempt.truth, Truth::Impulsive { .. }));
        let met: Vec<_> = impulses
            .map(|attempt| attempt.meet(&Character::new(3, attempt.customer, world), world, shown))
            .map(|encounter| f64::from(u8::from(holds(&encounter))))
            .collect();
        met.iter().sum::<f64>() / met.len() as f64
    }

    #[test]
    fn what_is_assumed_shows() {
        let world = World::default();
        let stopped = |met: &Encounter| met.outcome != Outcome::Proceeded;
        let stops = |shown| share(&world, Some(shown), stopped);
        let warned = |strategy, lately| stops(shown(Action::Warn, strategy, lately));
        // Strategies differ, habit wears off, harder actions stop more.
        assert!(warned(Strategy::Reflection, 0) > warned(Strategy::PlainInformation, 0) + 0.1);
        assert!(warned(Strategy::Reflection, 5) < warned(Strategy::Reflection, 0) - 0.05);
        assert!(stops(shown(Action::CoolOff, Strategy::Delay, 0)) > warned(Strategy::Reflection, 0));
        assert!(stops(shown(Action::Block, Strategy::Protection, 0)) > 1.0 - 1e-9);
        let reflection = |lately| shown(Action::Warn, Strategy::Reflection, lately);
        let annoyed = |lately| share(&world, Some(reflection(lately)), |met| met.opinion == Some(Opinion::Annoying));
        assert!(annoyed(5) > 2.0 * annoyed(0) && annoyed(0) > 0.02);
        assert!(share(&world, Some(reflection(0)), |met| met.again.is_some()) > 0.05);
        // Where interventions do nothing it is as if there were none.
        let nothing = share(&world, None, stopped);
        assert!((share(&World::NULL, Some(reflection(0)), stopped) - nothing).abs() < 1e-12);
    }

    #[test]
    fn the_same_luck_meets_every_answer() {
        let world = World::default();
        for attempt in attempts().iter().take(3_000) {
            let character = Character::new(3, attempt.customer, &world);
            let nothing = attempt.meet(&character, &world, None);
            for action in [Action::Nudge, Action::Warn, Action::CoolOff, Action::Block] {
                let answer = Some(shown(action, Strategy::Reflection, 1));
                let met = attempt.meet(&character, &world, answer);
                assert_eq!(met, attempt.meet(&character, &world, answer));
                // Who stops by themselves stops whatever is shown.
                assert!(nothing.outcome == Outcome::Proceeded || met.outcome == nothing.outcome, "{attempt:?}");
                assert_eq!(met.ending.is_some(), action == Action::CoolOff);
                if let Some(again) = met.again {
                    assert_eq!((again.truth, again.transaction.amount), (attempt.truth, attempt.transaction.amount));
                    assert_ne!(again.transaction.id, attempt.transaction.id);
                }
            }
        }
    }
}
