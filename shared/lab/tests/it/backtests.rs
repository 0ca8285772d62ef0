//! `cargo lab backtest` on a simulated history, as people run it, and its parts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use engine::currency::Currency;
use engine::decision::Action;
use engine::policy::Policy;
use engine::score::Models;
use engine::time::{DAY_MS, Instant};
use lab::backtest::{Life, compare, live};
use lab::history::{ColumnMap, History};
use lab::learning::ledger::{Ledger, Purchase};
use lab::learning::replay::Replay;
use serde_json::Value;

use crate::cli::{check, temporary};

/// A history that all tests of this file read.
fn history() -> &'static str {
    static HISTORY: OnceLock<PathBuf> = OnceLock::new();
    let path = HISTORY.get_or_init(|| {
        let path = temporary("backtested.csv");
        let out = path.to_str().unwrap();
        check(&["simulate", "--customers", "40", "--days", "120", "--seed", "5", "--out", out], 0, &[], &[]);
        path
    });
    path.to_str().unwrap()
}

const LABEL_DELAY_MS: i64 = 7 * DAY_MS;

fn policy(document: &str) -> Policy {
    Policy::from_json(document.as_bytes()).unwrap()
}

fn ledger() -> Ledger {
    let mut history =
        History::open(history().as_ref(), &ColumnMap::default(), Currency::parse("EUR").unwrap()).unwrap();
    Ledger::read(&mut history).unwrap()
}

fn lived(ledger: &Ledger, policy: &Policy) -> Life {
    let (replay, models) = (Replay::new(ledger, LABEL_DELAY_MS), Models::compiled_in().unwrap());
    live(ledger, &replay, (LABEL_DELAY_MS, Instant::EPOCH), &models, policy)
}

const LIVE: &str = r#"{"version": "live", "strategies": {"hold_out_share": 0.0}}"#;

/// What changes in the table when the live policy is changed like this.
#[track_caller]
fn compare_with(candidate: &str, expect: impl Fn(&lab::backtest::Comparison) -> bool) {
    let (ledger, live_policy, candidate) = (ledger(), policy(LIVE), policy(candidate));
    let lives = [&live_policy, &candidate].map(|policy| lived(&ledger, policy));
    let comparison = compare(&ledger, (&live_policy, &lives[0]), (&candidate, &lives[1]), 3);
    let cells: u64 = comparison.table.iter().flatten().sum();
    assert_eq!(cells, comparison.purchases);
    for of in ["category", "amount", "customer", "payment_method"] {
        let segments = comparison.segments.iter().filter(|segment| segment.of == of);
        let (purchases, changed) = segments.fold((0, 0), |(purchases, changed), segment| {
            (purchases + segment.purchases, changed + segment.changed.all())
        });
        assert_eq!((purchases, changed), (comparison.purchases, comparison.changed.all()), "{of}");
    }
    assert!(expect(&comparison), "{comparison:#?}");
}

#[test]
fn a_change_of_policy_changes_what_it_is_about() {
    compare_with(LIVE, |same| same.changed.all() == 0 && same.examples.is_empty() && same.live == same.candidate);
    compare_with(r#"{"version": "never", "alpha": 0.0, "strategies": {"hold_out_share": 0.0}}"#, |never| {
        let alarms: u64 = never.live.actions[1..].iter().sum();
        alarms > 0 && never.changed.harder == 0 && never.changed.milder == alarms && never.candidate.recall == 0.0
    });
    compare_with(r#"{"version": "eager", "alpha": 0.05, "strategies": {"hold_out_share": 0.0}}"#, |eager| {
        eager.changed.harder > eager.changed.milder
            && eager.candidate.recall > eager.live.recall
            && eager.candidate.fpr > eager.live.fpr
            && eager.candidate.alerts_per_customer_month > eager.live.alerts_per_customer_month
            && (eager.live.precision + eager.live.fdr - 1.0).abs() < 1e-9
            && eager.examples.len() == 3
            && eager.examples.iter().all(|example| example.live.action != example.candidate.action)
    });
    // Rules are counted by what became of them, and one that stops everybody is capped.
    let rules = r#"{"version": "rules", "alpha": 0.0, "restraint": {"rule_stops": {"share_max": 0.0, "burst": 7}}, "rules": [
        {"id": "coffee", "when": "category == 'coffee'", "then": {"at_least": "cool_off"}},
        {"id": "never", "when": "amount < 0.0", "then": "block"},
        {"id": "errs", "when": "category != 'groceries' && merchant_days < 0", "then": "block"},
        {"id": "maybe", "when": "category == 'fuel'", "then": {"at_least": "warn"}, "state": "trial"}]}"#;
    compare_with(rules, |ruled| {
        let rule = |id: &str| ruled.candidate.rules[id];
        (rule("coffee").acted, rule("coffee").capped > 100) == (7, true)
            && ruled.candidate.actions[Action::CoolOff as usize] == 7
            && rule("never") == lab::backtest::RuleCounts::default()
            && rule("maybe").tried > 0
            && rule("maybe").acted == 0
            && rule("errs").erred > 0
    });
}

#[test]
fn labels_count_only_after_they_arrive_and_interventions_only_where_they_were() {
    let ledger = ledger();
    let policy = policy(r#"{"version": "eager", "alpha": 0.1, "strategies": {"hold_out_share": 0.0}}"#);
    let whole = lived(&ledger, &policy);
    // Alphas move with labels: over time they come to differ, but none does before the first label can have arrived.
    let first_at = ledger.purchases().iter().map(Purchase::instant).min().unwrap();
    let mut moved = BTreeMap::from([(false, 0), (true, 0)]);
    for (purchase, ruling) in ledger.purchases().iter().zip(&whole.rulings) {
        let may_know = purchase.instant().since_ms(first_at) >= LABEL_DELAY_MS;
        *moved.get_mut(&may_know).unwrap() += u32::from((ruling.as_ref().unwrap().alpha - 0.1).abs() > 1e-12);
    }
    assert!(moved[&false] == 0 && moved[&true] > 100, "{moved:?}");
    // Days before those to judge teach, and are not shown.
    let (replay, models) = (Replay::new(&ledger, LABEL_DELAY_MS), Models::compiled_in().unwrap());
    let from = first_at.plus_ms(60 * DAY_MS);
    let later = live(&ledger, &replay, (LABEL_DELAY_MS, from), &models, &policy);
    for ((purchase, whole), later) in ledger.purchases().iter().zip(&whole.rulings).zip(&later.rulings) {
        assert_eq!(later.as_ref(), whole.as_ref().filter(|_| purchase.instant() >= from));
    }
}

#[test]
fn the_program_prints_and_writes_what_would_have_changed() {
    let (candidate, json) = (temporary("candidate.json"), temporary("backtest.json"));
    std::fs::write(&candidate, r#"{"version": "eager", "alpha": 0.05}"#).unwrap();
    let candidate = candidate.to_str().unwrap();
    let base = ["backtest", "--policy", candidate, "--data", history(), "--examples", "2"];
    let more = ["--json", json.to_str().unwrap(), "--from", "30"];
    let words = [
        "base rate ",
        "would have been answered otherwise",
        "live ↓ candidate →",
        "alerts per customer and month",
        "FPR (false alarms / genuine)",
        "where most changed",
        "\n  candidate: ",
    ];
    check(&[&base[..], &more].concat(), 0, &words, &[]);
    let written: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(written["examples"].as_array().unwrap().len(), 2);
    assert_eq!(written["candidate"]["version"], "eager");
    assert!(written["candidate"]["recall"].as_f64() > written["live"]["recall"].as_f64(), "{written}");
    let bad = ["backtest", "--policy", "/no/such.json", "--data", history()];
    check(&bad, 1, &[], &["error: cannot read /no/such.json"]);
    check(&[&base[..], &["--model", "/no/model.json"]].concat(), 1, &[], &["error: cannot read /no/model.json"]);
}
