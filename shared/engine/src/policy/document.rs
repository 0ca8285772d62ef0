//! A policy as a JSON document: everything but the version may be left out and is then as in the default. What is wrong is named
//! by its path, with what was found and what was expected; nothing that is not known is silently ignored.
//!
//! ```json
//! {
//!   "version": "2026-11-a",
//!   "alpha": 0.005,
//!   "ladder": { "warn_from": 0.25, "cool_off_from": 0.5, "block_from": 0.98 },
//!   "lists": { "trusted_merchants": ["city-power"] },
//!   "rules": [
//!     { "id": "trusted", "when": "merchant in lists.trusted_merchants", "then": "allow" },
//!     { "id": "gift-cards", "when": "category == 'gift_cards' && amount > 200", "then": { "at_least": "warn" }, "state": "trial" }
//!   ]
//! }
//! ```

use std::fmt;

use serde::Deserialize;

use super::rules::Lists;
use super::{
    ARMS_MAX, Arm, Change, CostLadder, EXPERIMENTS_MAX, Effect, Experiment, Ladder, Policy, Prior, PriorsFrom,
    RULES_MAX, Restraint, RiskLadder, Rule, RuleState, Rules, Step, StopCap, Strategies, WhenBlind,
};
use crate::decision::{Action, Strategy};
use crate::id::{ID_LENGTH_MAX, IdempotencyKey};
use crate::profile::INTERRUPTIONS_MAX;
use crate::settings::QuietHours;
use crate::text::Note;
use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// The largest document, in bytes: what fits an item of the table with room to spare.
pub const DOCUMENT_BYTES_MAX: usize = 300_000;

/// How many ids all lists may hold together.
const LIST_IDS_MAX: usize = 10_000;

/// What is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy, {path}: {problem}")]
pub struct PolicyError {
    /// Where, such as `rules[2].when`.
    pub path: String,
    /// What was found and what was expected.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: String,
    alpha: Option<f64>,
    novelty_share: Option<f64>,
    ladder: Option<LadderDocument>,
    learning_at_most: Option<String>,
    when_blind: Option<String>,
    #[serde(default)]
    cool_off: CoolOffDocument,
    expires_after_minutes: Option<f64>,
    #[serde(default)]
    lists: Lists,
    #[serde(default)]
    rules: Vec<RuleDocument>,
    #[serde(default)]
    restraint: RestraintDocument,
    #[serde(default)]
    strategies: StrategiesDocument,
    #[serde(default)]
    experiments: Vec<ExperimentDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderDocument {
    warn_from: Option<f64>,
    cool_off_from: Option<f64>,
    block_from: Option<f64>,
    costs: Option<CostsDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CostsDocument {
    nudge: StepDocument,
    warn: StepDocument,
    cool_off: StepDocument,
    block: StepDocument,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
struct StepDocument {
    prevents: f64,
    friction: f64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CoolOffDocument {
    wait_hours: Option<f64>,
    confirm_within_hours: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleDocument {
    id: String,
    when: String,
    then: EffectDocument,
    state: Option<String>,
    text: Option<String>,
    stops: Option<StopsDocument>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum EffectDocument {
    Word(String),
    AtLeast { at_least: String },
}

#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
struct StopsDocument {
    share_max: f64,
    burst: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RestraintDocument {
    per_week_max: Option<u8>,
    gap_minutes: Option<f64>,
    trivial_below: Option<f64>,
    quiet_hours: Option<HoursDocument>,
    protect_from: Option<f64>,
    stops: Option<StopsDocument>,
    rule_stops: Option<StopsDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursDocument {
    from: String,
    until: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct StrategiesDocument {
    nudge: Option<Vec<String>>,
    warn: Option<Vec<String>>,
    cool_off: Option<Vec<String>>,
    #[serde(default)]
    priors: std::collections::BTreeMap<String, PriorDocument>,
    priors_from: Option<String>,
    floor: Option<f64>,
    hold_out_share: Option<f64>,
    hold_out_at_most: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriorDocument {
    helped: f64,
    not_helped: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExperimentDocument {
    id: String,
    state: Option<String>,
    arms: Vec<ArmDocument>,
    minimum_sample: Option<u32>,
    annoyed_max: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArmDocument {
    name: String,
    share: f64,
    #[serde(default)]
    change: ChangeDocument,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ChangeDocument {
    alpha_multiple: Option<f64>,
    cool_off_wait_hours: Option<f64>,
    strategies: Option<Vec<String>>,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`] with the path of the first thing that is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, PolicyError> {
        if json.len() > DOCUMENT_BYTES_MAX {
            let problem = format!("{} bytes, expected at most {DOCUMENT_BYTES_MAX}", json.len());
            return Err(PolicyError { path: "document".to_owned(), problem });
        }
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let document: Document = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." { "document".to_owned() } else { path };
            PolicyError { path, problem: error.into_inner().to_string() }
        })?;
        let rest = deserializer.end();
        rest.map_err(|error| PolicyError { path: "document".to_owned(), problem: error.to_string() })?;
        document.read()
    }
}

/// An error at a path.
fn wrong(path: impl fmt::Display, found: impl fmt::Display, expected: impl fmt::Display) -> PolicyError {
    PolicyError { path: path.to_string(), problem: format!("found {found}, expected {expected}") }
}

/// A number within bounds, or the default.
fn within(path: &str, number: Option<f64>, (least, most): (f64, f64), default: f64) -> Result<f64, PolicyError> {
    let number = number.unwrap_or(default);
    if (least..=most).contains(&number) { Ok(number) } else { Err(wrong(path, number, format!("{least} to {most}"))) }
}

const SHARE: (f64, f64) = (0.0, 1.0);

/// The thing of a name.
fn named<T>(path: &str, name: &str, from_name: impl Fn(&str) -> Option<T>, expected: &str) -> Result<T, PolicyError> {
    from_name(name).ok_or_else(|| wrong(path, format!("`{name}`"), expected))
}

const ACTIONS: &str = "one of allow, nudge, warn, cool_off, block";

fn action(path: &str, name: Option<&str>, default: Action) -> Result<Action, PolicyError> {
    name.map_or(Ok(default), |name| named(path, name, Action::from_name, ACTIONS))
}

/// An id of the operator's choosing: `[A-Za-z0-9_-]{1,64}`.
fn id(path: &str, text: String) -> Result<String, PolicyError> {
    let expected = format!("1 to {ID_LENGTH_MAX} of the characters A-Z a-z 0-9 _ -");
    IdempotencyKey::parse(&text).map_err(|_| wrong(path, format!("`{text}`"), expected))?;
    Ok(text)
}

fn hours(path: &str, hours: Option<f64>, most: f64, default_ms: i64) -> Result<i64, PolicyError> {
    let hours = within(path, hours, (0.0, most), default_ms as f64 / HOUR_MS as f64)?;
    Ok((hours * HOUR_MS as f64) as i64)
}

fn minutes(path: &str, minutes: Option<f64>, most: f64, default_ms: i64) -> Result<i64, PolicyError> {
    let minutes = within(path, minutes, (0.0, most), default_ms as f64 / MINUTE_MS as f64)?;
    Ok((minutes * MINUTE_MS as f64) as i64)
}

const DAY_HOURS: f64 = (DAY_MS / HOUR_MS) as f64;

impl Document {
    fn read(self) -> Result<Policy, PolicyError> {
        let default = Policy::default();
        let version = id("version", self.version)?;
        let lists = read_lists(self.lists)?;
        if self.rules.len() > RULES_MAX {
            return Err(wrong("rules", format!("{} rules", self.rules.len()), format!("at most {RULES_MAX}")));
        }
        let restraint = self.restraint.read()?;
        let mut rules: Vec<Rule> = Vec::with_capacity(self.rules.len());
        for (place, rule) in self.rules.into_iter().enumerate() {
            let path = format!("rules[{place}]");
            let rule = rule.read(&path, &lists, restraint.rule_stops)?;
            if rules.iter().any(|known| known.id == rule.id) {
                return Err(wrong(format!("{path}.id"), format!("`{}` again", rule.id), "an id of its own"));
            }
            rules.push(rule);
        }
        let when_blind = match self.when_blind.as_deref() {
            None => default.when_blind,
            Some("fail_open") => WhenBlind::FailOpen,
            Some("fail_closed") => WhenBlind::FailClosed,
            Some(other) => return Err(wrong("when_blind", format!("`{other}`"), "one of fail_open, fail_closed")),
        };
        Ok(Policy {
            version,
            alpha: within("alpha", self.alpha, SHARE, default.alpha)?,
            novelty_share: within("novelty_share", self.novelty_share, SHARE, default.novelty_share)?,
            ladder: self.ladder.map_or(Ok(default.ladder), LadderDocument::read)?,
            learning_at_most: action("learning_at_most", self.learning_at_most.as_deref(), default.learning_at_most)?,
            when_blind,
            cool_off_wait_ms: hours(
                "cool_off.wait_hours",
                self.cool_off.wait_hours,
                30.0 * DAY_HOURS,
                default.cool_off_wait_ms,
            )?,
            cool_off_confirm_ms: hours(
                "cool_off.confirm_within_hours",
                self.cool_off.confirm_within_hours,
                30.0 * DAY_HOURS,
                default.cool_off_confirm_ms,
            )?,
            expires_after_ms: minutes(
                "expires_after_minutes",
                self.expires_after_minutes,
                7.0 * 24.0 * 60.0,
                default.expires_after_ms,
            )?,
            rules: Rules::new(rules, lists),
            restraint,
            strategies: self.strategies.read()?,
            experiments: read_experiments(self.experiments)?,
            reviewed_at: None,
        })
    }
}

fn read_lists(lists: Lists) -> Result<Lists, PolicyError> {
    let count: usize = lists.values().map(Vec::len).sum();
    if count > LIST_IDS_MAX {
        return Err(wrong("lists", format!("{count} ids"), format!("at most {LIST_IDS_MAX} in all lists together")));
    }
    for (name, ids) in &lists {
        for (place, text) in ids.iter().enumerate() {
            id(&format!("lists.{name}[{place}]"), text.clone())?;
        }
    }
    Ok(lists)
}

impl LadderDocument {
    fn read(self) -> Result<Ladder, PolicyError> {
        let default = RiskLadder::default();
        let Some(costs) = self.costs else {
            // Above 1 an action is never taken.
            let bound = |name, from, default| within(&format!("ladder.{name}"), from, (0.0, 2.0), default);
            let ladder = RiskLadder {
                warn_from: bound("warn_from", self.warn_from, default.warn_from)?,
                cool_off_from: bound("cool_off_from", self.cool_off_from, default.cool_off_from)?,
                block_from: bound("block_from", self.block_from, default.block_from)?,
            };
            let RiskLadder { warn_from, cool_off_from, block_from } = ladder;
            if warn_from > cool_off_from || cool_off_from > block_from {
                let found = format!("{warn_from}, {cool_off_from}, {block_from}");
                return Err(wrong("ladder", found, "warn_from, cool_off_from, block_from to rise"));
            }
            return Ok(Ladder::Risk(ladder));
        };
        if self.warn_from.or(self.cool_off_from).or(self.block_from).is_some() {
            return Err(wrong("ladder", "both thresholds and costs", "one of the two"));
        }
        let step = |name: &str, step: StepDocument| {
            Ok(Step {
                prevents: within(&format!("ladder.costs.{name}.prevents"), Some(step.prevents), SHARE, 0.0)?,
                friction: within(&format!("ladder.costs.{name}.friction"), Some(step.friction), (0.0, 1e9), 0.0)?,
            })
        };
        let ladder = CostLadder {
            nudge: step("nudge", costs.nudge)?,
            warn: step("warn", costs.warn)?,
            cool_off: step("cool_off", costs.cool_off)?,
            block: step("block", costs.block)?,
        };
        let rises = |of: fn(Step) -> f64| ladder.steps().is_sorted_by(|(_, left), (_, right)| of(*left) <= of(*right));
        if !rises(|step| step.prevents) || !rises(|step| step.friction) {
            return Err(wrong(
                "ladder.costs",
                "a harder action that prevents or costs less",
                "both to rise with the action",
            ));
        }
        Ok(Ladder::Cost(ladder))
    }
}

impl RuleDocument {
    fn read(self, path: &str, lists: &Lists, default_stops: StopCap) -> Result<Rule, PolicyError> {
        let id = id(&format!("{path}.id"), self.id)?;
        let at = |field: &str| format!("{path}.{field}");
        let then = match self.then {
            EffectDocument::Word(word) if word == "allow" => Effect::Allow,
            EffectDocument::Word(word) if word == "block" => Effect::Block,
            EffectDocument::Word(word) => {
                let expected = r#""allow", "block" or {"at_least": action}"#;
                return Err(wrong(at("then"), format!("`{word}`"), expected));
            }
            EffectDocument::AtLeast { at_least } => {
                Effect::AtLeast(named(&at("then.at_least"), &at_least, Action::from_name, ACTIONS)?)
            }
        };
        let mut rule = Rule::new(&id, &self.when, then, lists)
            .map_err(|problem| PolicyError { path: at("when"), problem: format!("`{}`: {problem}", self.when) })?;
        rule.state = match self.state.as_deref() {
            None | Some("live") => RuleState::Live,
            Some("trial") => RuleState::Trial,
            Some("off") => RuleState::Off,
            Some(other) => return Err(wrong(at("state"), format!("`{other}`"), "one of live, trial, off")),
        };
        if let Some(text) = self.text {
            let note = Note::parse(&text).map_err(|error| wrong(at("text"), format!("`{text}`"), error))?;
            rule.text = Some(note.as_str().to_owned());
        }
        rule.stop_cap = self.stops.map(|stops| stops.read(&at("stops"), default_stops)).transpose()?;
        Ok(rule)
    }
}

impl StopsDocument {
    fn read(self, path: &str, default: StopCap) -> Result<StopCap, PolicyError> {
        let share_max = within(&format!("{path}.share_max"), Some(self.share_max), SHARE, 0.0)?;
        Ok(StopCap { share_max, burst: self.burst.unwrap_or(default.burst) })
    }
}

impl RestraintDocument {
    fn read(self) -> Result<Restraint, PolicyError> {
        let default = Restraint::default();
        let per_week_max = self.per_week_max.unwrap_or(default.per_week_max);
        if usize::from(per_week_max) > INTERRUPTIONS_MAX {
            return Err(wrong("restraint.per_week_max", per_week_max, format!("0 to {INTERRUPTIONS_MAX}")));
        }
        let quiet_hours = self.quiet_hours.map(|hours| {
            let minute = |field, text: &str| {
                named(
                    &format!("restraint.quiet_hours.{field}"),
                    text,
                    QuietHours::minute_of_day,
                    "a time such as 22:00",
                )
            };
            let (from, until) = (minute("from", &hours.from)?, minute("until", &hours.until)?);
            QuietHours::new(from, until).ok_or_else(|| {
                wrong("restraint.quiet_hours", "no span of time", "an end at another time than the beginning")
            })
        });
        let stops = |name: &str, stops: Option<StopsDocument>, default| {
            stops.map_or(Ok(default), |stops| stops.read(&format!("restraint.{name}"), default))
        };
        Ok(Restraint {
            per_week_max,
            gap_ms: minutes("restraint.gap_minutes", self.gap_minutes, 7.0 * 24.0 * 60.0, default.gap_ms)?,
            trivial_below: within("restraint.trivial_below", self.trivial_below, (0.0, 1e9), default.trivial_below)?,
            quiet_hours: quiet_hours.transpose()?.or(default.quiet_hours),
            protect_from: within("restraint.protect_from", self.protect_from, (0.0, 2.0), default.protect_from)?,
            stops: stops("stops", self.stops, default.stops)?,
            rule_stops: stops("rule_stops", self.rule_stops, default.rule_stops)?,
        })
    }
}

const STRATEGIES: &str = "one of plain_information, reflection, salient_cost, goal_reminder, delay, alternatives (protection is kept for blocks)";

fn strategies(path: &str, names: Option<Vec<String>>, default: Vec<Strategy>) -> Result<Vec<Strategy>, PolicyError> {
    let Some(names) = names else { return Ok(default) };
    let mut strategies = Vec::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        let persuading = |name: &str| Strategy::from_name(name).filter(|strategy| *strategy != Strategy::Protection);
        let strategy = named(&format!("{path}[{place}]"), name, persuading, STRATEGIES)?;
        if !strategies.contains(&strategy) {
            strategies.push(strategy);
        }
    }
    if strategies.is_empty() { Err(wrong(path, "none", "at least one strategy")) } else { Ok(strategies) }
}

impl StrategiesDocument {
    fn read(self) -> Result<Strategies, PolicyError> {
        let default = Strategies::default();
        let mut priors = default.priors;
        for (name, prior) in self.priors {
            let path = format!("strategies.priors.{name}");
            let strategy = named(&path, &name, Strategy::from_name, STRATEGIES)?;
            let bound = |field: &str, number| within(&format!("{path}.{field}"), Some(number), (0.01, 1e6), 0.0);
            let read =
                Prior { helped: bound("helped", prior.helped)?, not_helped: bound("not_helped", prior.not_helped)? };
            Strategy::ALL
                .into_iter()
                .zip(&mut priors)
                .filter(|(known, _)| *known == strategy)
                .for_each(|(_, prior)| *prior = read);
        }
        let priors_from = self
            .priors_from
            .map(|name| named("strategies.priors_from", &name, PriorsFrom::from_name, "one of reviews, policy"));
        let priors_from = priors_from.transpose()?.unwrap_or(default.priors_from);
        Ok(Strategies {
            nudge: strategies("strategies.nudge", self.nudge, default.nudge)?,
            warn: strategies("strategies.warn", self.warn, default.warn)?,
            cool_off: strategies("strategies.cool_off", self.cool_off, default.cool_off)?,
            priors,
            priors_from,
            floor: within("strategies.floor", self.floor, (0.0, 0.5), default.floor)?,
            hold_out_share: within(
                "strategies.hold_out_share",
                self.hold_out_share,
                (0.0, 0.5),
                default.hold_out_share,
            )?,
            hold_out_at_most: action(
                "strategies.hold_out_at_most",
                self.hold_out_at_most.as_deref(),
                default.hold_out_at_most,
            )?,
        })
    }
}

fn read_experiments(documents: Vec<ExperimentDocument>) -> Result<Vec<Experiment>, PolicyError> {
    if documents.len() > EXPERIMENTS_MAX {
        let found = format!("{} experiments", documents.len());
        return Err(wrong("experiments", found, format!("at most {EXPERIMENTS_MAX}")));
    }
    let mut experiments: Vec<Experiment> = Vec::with_capacity(documents.len());
    for (place, document) in documents.into_iter().enumerate() {
        let path = format!("experiments[{place}]");
        let experiment = document.read(&path)?;
        if experiments.iter().any(|known| known.id == experiment.id) {
            return Err(wrong(format!("{path}.id"), format!("`{}` again", experiment.id), "an id of its own"));
        }
        experiments.push(experiment);
    }
    Ok(experiments)
}

impl ExperimentDocument {
    fn read(self, path: &str) -> Result<Experiment, PolicyError> {
        let running = match self.state.as_deref() {
            None | Some("running") => true,
            Some("stopped") => false,
            Some(other) => return Err(wrong(format!("{path}.state"), format!("`{other}`"), "one of running, stopped")),
        };
        if !(2..=ARMS_MAX).contains(&self.arms.len()) {
            let expected = format!("a control and at least one variant, at most {ARMS_MAX} arms");
            return Err(wrong(format!("{path}.arms"), self.arms.len(), expected));
        }
        let mut arms: Vec<Arm> = Vec::with_capacity(self.arms.len());
        for (place, arm) in self.arms.into_iter().enumerate() {
            let path = format!("{path}.arms[{place}]");
            let arm = arm.read(&path)?;
            if place == 0 && arm.change != Change::default() {
                return Err(wrong(format!("{path}.change"), "a change", "none: the first arm is the control"));
            }
            if arms.iter().any(|known| known.name == arm.name) {
                return Err(wrong(format!("{path}.name"), format!("`{}` again", arm.name), "a name of its own"));
            }
            arms.push(arm);
        }
        let all: f64 = arms.iter().map(|arm| arm.share).sum();
        let variants = all - arms.first().map_or(0.0, |control| control.share);
        if all > 1.0 + 1e-9 {
            return Err(wrong(format!("{path}.arms"), format!("shares that sum to {all}"), "at most 1"));
        }
        if variants > 0.5 + 1e-9 {
            let found = format!("variants that get {variants} of all customers");
            return Err(wrong(format!("{path}.arms"), found, "at most 0.5: what is not proven stays a minority"));
        }
        Ok(Experiment {
            id: id(&format!("{path}.id"), self.id)?,
            running,
            arms,
            minimum_sample: self.minimum_sample.unwrap_or(200),
            annoyed_max: within(&format!("{path}.annoyed_max"), self.annoyed_max, SHARE, 0.2)?,
        })
    }
}

impl ArmDocument {
    fn read(self, path: &str) -> Result<Arm, PolicyError> {
        let change = self.change;
        let alpha_multiple = change
            .alpha_multiple
            .map(|multiple| within(&format!("{path}.change.alpha_multiple"), Some(multiple), (0.1, 10.0), 1.0))
            .transpose()?;
        let cool_off_wait_ms = change
            .cool_off_wait_hours
            .map(|wait| hours(&format!("{path}.change.cool_off_wait_hours"), Some(wait), 30.0 * DAY_HOURS, 0))
            .transpose()?;
        let only = change
            .strategies
            .map(|names| strategies(&format!("{path}.change.strategies"), Some(names), Vec::new()))
            .transpose()?;
        Ok(Arm {
            name: id(&format!("{path}.name"), self.name)?,
            share: within(&format!("{path}.share"), Some(self.share), SHARE, 0.0)?,
            change: Change { alpha_multiple, cool_off_wait_ms, strategies: only },
            stopped: false,
        })
    }
}
