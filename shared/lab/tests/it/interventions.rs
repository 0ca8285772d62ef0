//! Simulated people under policies: what the loop of decision, reaction and learning must give, whatever is assumed of people.

use engine::decision::Strategy;
use engine::message::Templates;
use engine::policy::{Policy, Strategies};
use engine::score::Models;
use engine::time::Day;
use lab::interventions::{Choice, Evaluation, Figures, RunResult, Settings, Variant, report};
use lab::simulate::World;
use serde_json::Value;

use crate::cli::{check, temporary};

/// A policy under which many are nudged and warned, and there is much to choose from.
const CHOICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/choices.json");

fn settings(seed: u64, customers: u32, world: World) -> Settings {
    let policy = Policy::from_json(&std::fs::read(CHOICES).unwrap()).unwrap();
    // Half are held out, so that few people are enough.
    let strategies = Strategies { hold_out_share: 0.5, ..policy.strategies };
    let policy = Policy { alpha: 0.1, strategies, ..policy };
    Settings { seed, customers, start: Day::parse("2025-01-01").unwrap(), days: 150, world, policy }
}

fn variant(choice: Choice) -> Variant {
    Variant { name: "tested", choice, own_alpha: false, restraint: false }
}

fn run(settings: &Settings, variants: &[Variant]) -> Vec<RunResult> {
    let (models, templates) = (Models::compiled_in().unwrap(), Templates::compiled_in().unwrap());
    Evaluation::new(settings, &models, &templates).run_all(variants)
}

/// The figures of one variant beside no interventions at all.
fn figures(settings: &Settings, choice: Choice) -> Figures {
    report(settings, &run(settings, &[variant(Choice::Nothing), variant(choice)])).variants.pop().unwrap()
}

#[test]
fn the_seed_decides_everything() {
    let tallies = |seed| run(&settings(seed, 20, World::default()), &Variant::ALL);
    assert_eq!(tallies(1), tallies(1));
    assert_ne!(tallies(1), tallies(2));
}

#[test]
fn where_interventions_do_nothing_nothing_is_found() {
    let mut covered = 0;
    for seed in 1..=12 {
        let found = figures(&settings(seed, 60, World::NULL), Choice::Random);
        assert!(found.interventions.value > 1.0, "{found:?}");
        assert!(found.saved_truly.value.abs() < 1e-9, "{found:?}");
        let [low, high] = found.saved_estimated.ci95;
        covered += u32::from(low <= 0.0 && 0.0 <= high);
    }
    assert!(covered >= 10, "{covered} of 12 intervals hold 0");
}

#[test]
fn the_hold_out_finds_what_was_truly_saved() {
    let mut covered = 0;
    for seed in 1..=12 {
        // So strong that chance cannot hide it.
        let world = World { strength: 3.0, ..World::default() };
        let found = figures(&settings(seed, 60, world), Choice::Random);
        assert!(found.saved_truly.value > 0.0 && found.spared.ci95[0] > 0.0, "{found:?}");
        let [low, high] = found.saved_estimated.ci95;
        covered += u32::from(low <= found.saved_truly.value && found.saved_truly.value <= high);
    }
    assert!(covered >= 10, "{covered} of 12 intervals hold the truth");
}

#[test]
fn choosing_pays_where_strategies_differ() {
    // One that always has something to say, so that nothing else has to stand in for it.
    let persuasion = Strategy::ALL.map(|strategy| if strategy == Strategy::Reflection { 3.0 } else { 0.1 });
    let world = World { persuasion, personal_sigma: 0.2, ..World::default() };
    let settings = settings(4, 150, world);
    let variants = [Choice::Nothing, Choice::Random, Choice::Best, Choice::Thompson].map(variant);
    let report = report(&settings, &run(&settings, &variants));
    let [random, best, adaptive] = [1, 2, 3].map(|place| report.variants[place].bandit_regret.map(f64::round));
    let end = |regret: &[f64]| *regret.last().unwrap();
    // The best one is found at random, and nothing is lost by it.
    assert!(end(&best) < 1.0 && end(&random) > 50.0, "{best:?} {random:?}");
    assert!(end(&adaptive) < 0.5 * end(&random), "{adaptive:?} {random:?}");
}

#[test]
fn the_program_says_that_people_are_simulated() {
    let json = temporary("interventions.json");
    let words = [
        "simulated people, whose reactions are assumed",
        "regretted purchases",
        "estimated from the hold-out",
        "true, known to the simulation",
        "called annoying, %",
        "opted out",
        "cumulated by month",
        "without Thompson sampling",
        "without own alpha",
        "without restraint",
    ];
    let base = ["evaluate-interventions", "--customers", "10", "--days", "60", "--policy", CHOICES];
    check(&[&base[..], &["--json", json.to_str().unwrap()]].concat(), 0, &words, &[]);
    let written: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(written["variants"].as_array().unwrap().len(), Variant::ALL.len());
    assert_eq!((&written["policy"], &written["customers"]), (&Value::from("choices"), &Value::from(10)));
    check(&["evaluate-interventions", "--days", "366"], 2, &[], &["1..=365"]);
}
