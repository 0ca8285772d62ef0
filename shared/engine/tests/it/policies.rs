//! Policies: what is wrong with a document is named, rules overrule the score in a fixed order, what the customer set themselves
//! holds, and restraint restrains.

use engine::currency::Currency;
use engine::decide::count_stop;
use engine::decision::{Action, Decision, ReasonCode, Strategy, WithheldFor};
use engine::entry::{Attempt, Entry, Feedback, Opinion, Outcome};
use engine::id::Category;
use engine::money::Amount;
use engine::policy::{Policy, RuleResult};
use engine::profile::{Change, Profile};
use engine::settings::{CategoryBlock, Limit, Settings};
use engine::text::Note;
use engine::time::{DAY_MS, HOUR_MS, MINUTE_MS};

use crate::fixture::{Case, attempt, grocery_history, next_noon, purchase};

fn usual() -> Attempt {
    attempt(3900, "groceries", "debit_card", "shop1", next_noon())
}

fn odd() -> Attempt {
    attempt(90_000, "electronics", "credit_card", "casino", next_noon().plus_ms(15 * HOUR_MS))
}

/// A policy that differs from the default by these fields, written with single quotes; backquotes are quotes within a text.
#[track_caller]
fn policy(fields: &str) -> Policy {
    let fields = fields.replace('\'', "\"").replace('`', "'");
    Policy::from_json(format!(r#"{{"version": "test", {fields}}}"#).as_bytes()).unwrap()
}

/// Nobody is held out, and everybody is stepped in on.
const EVERYBODY: &str = "'alpha': 1, 'strategies': {'hold_out_share': 0}";

fn case(fields: &str) -> Case {
    Case { policy: policy(fields), ..Case::default() }
}

fn codes(decision: &Decision) -> Vec<ReasonCode> {
    decision.reasons.iter().map(|reason| reason.code).collect()
}

#[track_caller]
fn wrong(fields: &str, expect: &str) {
    let json = format!(r#"{{"version": "test", {}}}"#, fields.replace('\'', "\""));
    let error = Policy::from_json(json.as_bytes()).unwrap_err().to_string();
    assert!(error.contains(expect), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn a_document_that_is_silent_is_the_default() {
    let silent = Policy::from_json(br#"{"version": "default-3"}"#).unwrap();
    assert_eq!(silent, Policy::default());
    assert_eq!(
        Policy::from_json(b"{}").unwrap_err().to_string(),
        "policy, document: missing field `version` at line 1 column 2"
    );
}

#[test]
fn what_is_wrong_is_named_by_its_path() {
    wrong("'alpha': 2", "policy, alpha: found 2, expected 0 to 1");
    wrong("'alpha': '0.1'", "policy, alpha: invalid type: string \"0.1\", expected f64");
    wrong("'alfa': 0.1", "alfa: unknown field `alfa`, expected one of `version`, `alpha`");
    wrong(
        "'ladder': {'warn_from': 0.9}",
        "ladder: found 0.9, 0.5, 0.98, expected warn_from, cool_off_from, block_from to rise",
    );
    wrong(
        "'learning_at_most': 'stop'",
        "learning_at_most: found `stop`, expected one of allow, nudge, warn, cool_off, block",
    );
    wrong("'when_blind': 'maybe'", "when_blind: found `maybe`, expected one of fail_open, fail_closed");
    wrong("'cool_off': {'wait_hours': -1}", "cool_off.wait_hours: found -1");
    wrong("'restraint': {'per_week_max': 9}", "restraint.per_week_max: found 9, expected 0 to 7");
    wrong("'restraint': {'quiet_hours': {'from': '22', 'until': '07:00'}}", "restraint.quiet_hours.from: found `22`");
    wrong("'restraint': {'stops': {'share_max': 2}}", "restraint.stops.share_max: found 2, expected 0 to 1");
    wrong("'lists': {'trusted': ['a b']}", "lists.trusted[0]: found `a b`, expected 1 to 64 of the characters");
    wrong("'strategies': {'warn': ['shame']}", "strategies.warn[0]: found `shame`, expected one of plain_information");
    wrong("'strategies': {'warn': ['protection']}", "strategies.warn[0]: found `protection`");
    wrong("'strategies': {'warn': []}", "strategies.warn: found none, expected at least one");
    wrong(
        "'strategies': {'priors': {'delay': {'helped': 0, 'not_helped': 1}}}",
        "strategies.priors.delay.helped: found 0",
    );
    let rule = |rule: &str, expect: &str| wrong(&format!("'rules': [{rule}]"), expect);
    rule("{'id': 'r', 'when': 'true', 'then': 'stop'}", "rules[0].then: found `stop`");
    rule("{'id': 'r', 'when': 'true', 'then': {'at_least': 'x'}}", "rules[0].then.at_least: found `x`");
    rule("{'id': 'r', 'when': 'amount >', 'then': 'allow'}", "rules[0].when: `amount >`: 1:9: Syntax error");
    rule(
        "{'id': 'r', 'when': 'amont > 1.0', 'then': 'allow'}",
        "rules[0].when: `amont > 1.0`: `amont` is not known; known are amount,",
    );
    rule(
        "{'id': 'r', 'when': 'amount', 'then': 'allow'}",
        "rules[0].when: `amount`: gives float, expected true or false",
    );
    rule("{'id': 'r', 'when': 'amount * 2 > 3.0', 'then': 'allow'}", "write 2.0 rather than 2");
    rule("{'id': 'r', 'when': 'merchant in lists.nobody', 'then': 'allow'}", "No such key: nobody");
    rule(
        "{'id': 'r', 'when': 'true', 'then': 'allow'}, {'id': 'r', 'when': 'true', 'then': 'allow'}",
        "rules[1].id: found `r` again",
    );
    let arms = |arms: &str, expect: &str| wrong(&format!("'experiments': [{{'id': 'x', 'arms': [{arms}]}}]"), expect);
    arms("{'name': 'a', 'share': 1}", "experiments[0].arms: found 1, expected a control and at least one variant");
    arms("{'name': 'a', 'share': 0.4}, {'name': 'b', 'share': 0.6}", "what is not proven stays a minority");
    arms("{'name': 'a', 'share': 0.8}, {'name': 'b', 'share': 0.3}", "found shares that sum to 1.1");
    arms(
        "{'name': 'a', 'share': 0.8, 'change': {'alpha_multiple': 2}}, {'name': 'b', 'share': 0.2}",
        "the first arm is the control",
    );
    let too_long = format!("{{\"version\": \"{}\"}}", "x".repeat(400_000));
    assert!(Policy::from_json(too_long.as_bytes()).unwrap_err().to_string().contains("at most 300000"));
    assert!(Policy::from_json(br#"{"version": "a"} {}"#).unwrap_err().to_string().contains("trailing characters"));
}

#[track_caller]
fn decided(rules: &str, attempt: &Attempt, action: Action) -> Decision {
    let decision = case(&format!(
        "{EVERYBODY}, 'ladder': {{'warn_from': 0, 'cool_off_from': 2, 'block_from': 2}},
        'lists': {{'trusted': ['shop1'], 'banned': ['casino', 'shop9']}}, 'rules': [{rules}]"
    ))
    .decide(attempt);
    assert_eq!(decision.action, action, "{rules}");
    decision
}

#[test]
fn rules_overrule_the_score_in_a_fixed_order() {
    let rule = |id: &str, when: &str, then: &str| {
        format!("{{'id': '{id}', 'when': '{when}', 'then': {then}, 'text': 'We know {id}.'}}")
    };
    let (always, never) = ("true", "amount > 1e9");
    let allow = rule("friends", "merchant in lists.trusted", "'allow'");
    let block = rule("foes", "merchant in lists.banned || hour == 4", "'block'");
    let cool = rule("big", always, "{'at_least': 'cool_off'}");
    let nudge = rule("small", always, "{'at_least': 'nudge'}");
    decided("", &usual(), Action::Warn);
    decided(&rule("r", never, "'block'"), &usual(), Action::Warn);
    let allowed = decided(&format!("{cool}, {nudge}, {allow}"), &usual(), Action::Allow);
    assert!(codes(&allowed).contains(&ReasonCode::RuleApplied));
    let hits: Vec<_> = allowed.rules.iter().map(|hit| (hit.id.as_str(), hit.result)).collect();
    assert_eq!(hits, ["big", "small", "friends"].map(|id| (id, RuleResult::Acted)));
    decided(&format!("{nudge}, {cool}"), &usual(), Action::CoolOff);
    // An action that the score asks for already is not the rule's.
    let nudged = decided(&nudge, &usual(), Action::Warn);
    assert!(!codes(&nudged).contains(&ReasonCode::RuleApplied));
    let blocked = decided(&format!("{allow}, {block}"), &odd(), Action::Block);
    let intervention = blocked.intervention.unwrap();
    assert_eq!(intervention.strategy, Strategy::Protection);
    assert!(intervention.message.body.starts_with("We know foes."), "{}", intervention.message.body);
    let both = attempt(100, "groceries", "debit_card", "shop1", next_noon().plus_ms(16 * HOUR_MS));
    decided(&format!("{allow}, {block}"), &both, Action::Block);
}

#[test]
fn conditions_see_what_is_known() {
    let holds = |when: &str| {
        let rules = format!("'rules': [{{'id': 'r', 'when': '{}', 'then': 'block'}}]", when.replace('\'', "`"));
        case(&format!("{EVERYBODY}, {rules}")).decide(&odd()).action == Action::Block
    };
    for when in [
        "amount == 900.0 && currency == 'EUR' && size > 800",
        "category == 'electronics' && payment_method == 'credit_card' && merchant == 'casino'",
        "hour == 3 && weekday == 6",
        "risk > 0.05 && p_value < 0.01 && novelty_p_value < 0.9",
        "nats.amount > 5 && nats.merchant >= 0.0",
        "velocity.attempts_hour == 0 && velocity.day_spending_ratio > 5",
        "profile.purchases == 100 && !profile.learning && profile.usual_size * 10.0 < size && profile.regretted == 0",
        "month.spent > 300 && month.spent_in_category == 0",
        "merchant_days == null && merchant_labels.labelled == 0",
        "settings.sensitivity == 'normal' && !settings.opted_out",
        "[1, 2].exists(x, x == 2)",
    ] {
        assert!(holds(when), "{when}");
    }
    assert!(!holds("amount < 900 || merchant_days != null"));
}

#[test]
fn a_rule_in_trial_only_counts_and_one_that_errs_fails_nothing() {
    let trial = "{'id': 'trial', 'when': 'true', 'then': 'block', 'state': 'trial'}";
    let off = "{'id': 'off', 'when': 'true', 'then': 'block', 'state': 'off'}";
    let errs = "{'id': 'errs', 'when': 'merchant.startsWith(category)', 'then': 'block'}";
    let without_merchant = attempt(3900, "groceries", "debit_card", "", next_noon());
    let decision = decided(&format!("{trial}, {off}, {errs}"), &without_merchant, Action::Warn);
    let hits: Vec<_> = decision.rules.iter().map(|hit| (hit.id.as_str(), hit.result)).collect();
    assert_eq!(hits, [("trial", RuleResult::Tried), ("errs", RuleResult::Erred)]);
}

fn with_settings(settings: Settings) -> Case {
    Case { settings, ..Case::default() }
}

#[test]
fn a_limit_of_ones_own_is_held_up() {
    let groceries = || Category::parse("groceries").ok();
    let spent = Case::default().profile.month().spent(usual().occurred_at.month(), None, Currency::EUR).unwrap();
    let limit = |category, minor| {
        let monthly = Amount::from_minor(minor, Currency::EUR).unwrap();
        with_settings(Settings { limits: vec![Limit { category, monthly }], ..Settings::default() }).decide(&usual())
    };
    let within = limit(None, spent + 3900);
    assert_eq!((within.action, codes(&within).contains(&ReasonCode::LimitExceeded)), (Action::Allow, false));
    for category in [None, groceries()] {
        let over = limit(category, spent + 3899);
        assert_eq!(over.action, Action::Nudge);
        let reason = over.reasons.iter().find(|reason| reason.code == ReasonCode::LimitExceeded).unwrap();
        assert!(reason.text.contains("this month"), "{}", reason.text);
        assert!(over.intervention.unwrap().message.body.starts_with(&reason.text));
    }
    assert_eq!(limit(Category::parse("books").ok(), 1).action, Action::Allow);
}

#[test]
fn what_the_customer_wants_to_be_kept_from_cools_off() {
    let block = CategoryBlock {
        category: Category::parse("electronics").unwrap(),
        note: Note::parse("You have three of these.").ok(),
        released_at: Some(odd().occurred_at.instant().plus_ms(1)),
    };
    let blocked =
        |block| with_settings(Settings { blocked_categories: vec![block], ..Settings::default() }).decide(&odd());
    let decision = blocked(block.clone());
    assert!(decision.action >= Action::CoolOff);
    let intervention = decision.intervention.unwrap();
    let waits = intervention.cooling_off.unwrap();
    assert_eq!(waits.wait_until, odd().occurred_at.instant().plus_ms(DAY_MS));
    assert_eq!(waits.expires_at, odd().occurred_at.instant().plus_ms(3 * DAY_MS));
    assert!(intervention.message.body.contains("You have three of these."), "{}", intervention.message.body);
    let released = blocked(CategoryBlock { released_at: Some(odd().occurred_at.instant()), ..block });
    assert!(!codes(&released).contains(&ReasonCode::CategoryBlockedByCustomer));
}

/// An entry of a decision, as the updater would learn it.
fn entry(attempt: &Attempt, decision: &Decision) -> Entry {
    let imported = purchase(attempt.clone());
    Entry::scored(imported.id, attempt.clone(), decision.clone(), imported.recorded_at)
}

#[test]
fn who_was_interrupted_is_left_alone_for_a_while() {
    let everybody = || case(EVERYBODY);
    let at = |ms| attempt(3900, "groceries", "debit_card", "shop1", next_noon().plus_ms(ms));
    let first = everybody().decide(&at(0));
    assert_eq!(first.action, Action::Nudge);
    let again = |ms| {
        let mut case = everybody();
        case.recent.push(entry(&at(0), &first));
        case.decide(&at(ms))
    };
    let soon = again(10 * MINUTE_MS - 1);
    assert_eq!((soon.action, soon.withheld.unwrap().action), (Action::Allow, Action::Nudge));
    assert_eq!(soon.withheld.unwrap().why, WithheldFor::Restraint);
    assert!(codes(&soon).contains(&ReasonCode::QuietForNow));
    assert_eq!(again(10 * MINUTE_MS).action, Action::Nudge);

    // Five in a week are enough; the profile knows of those that are long gone from the last hour.
    let mut case = everybody();
    for number in 0..5 {
        let at = at(number * HOUR_MS);
        let decision = case.decide(&at);
        assert_eq!(decision.action, Action::Nudge, "{number}");
        case.profile.learn(Change { before: None, after: &entry(&at, &decision) });
    }
    assert_eq!(case.decide(&at(6 * HOUR_MS)).withheld.unwrap().why, WithheldFor::Restraint);
    assert_eq!(case.decide(&at(7 * DAY_MS + MINUTE_MS)).action, Action::Nudge);
    // When it is about safety it does not matter.
    case.policy.restraint.protect_from = 0.0;
    assert_eq!(case.decide(&at(6 * HOUR_MS)).action, Action::Nudge);
}

#[test]
fn nobody_is_interrupted_for_little() {
    let little = attempt(499, "groceries", "debit_card", "shop1", next_noon());
    assert_eq!(case(EVERYBODY).decide(&little).withheld.unwrap().why, WithheldFor::Restraint);
    let night = format!("{EVERYBODY}, 'restraint': {{'quiet_hours': {{'from': '11:00', 'until': '13:00'}}}}");
    assert_eq!(case(&night).decide(&usual()).action, Action::Allow);
    assert_ne!(case(&night).decide(&odd()).action, Action::Allow);
}

#[test]
fn a_policy_that_stops_everyone_is_stopped() {
    let mut case = case(&format!(
        "{EVERYBODY}, 'rules': [{{'id': 'all', 'when': 'true', 'then': 'block'}}],
        'restraint': {{'stops': {{'share_max': 0.1, 'burst': 3}}, 'rule_stops': {{'share_max': 0.05, 'burst': 2}}}}"
    ));
    let mut decisions = Vec::new();
    for _ in 0..40 {
        let decision = case.decide(&usual());
        count_stop(&mut case.breaker, &case.policy, &decision);
        decisions.push(decision);
    }
    let blocked = decisions.iter().filter(|decision| decision.action == Action::Block).count();
    assert!((3..=4).contains(&blocked), "{blocked}");
    let capped = decisions.iter().filter(|decision| decision.rules[0].result == RuleResult::Capped).count();
    assert_eq!(capped + blocked, 40);
    // What the customer asked for themselves is no stop of the policy's.
    let block = CategoryBlock { category: usual().category, note: None, released_at: None };
    case.settings.blocked_categories.push(block);
    assert_eq!(case.decide(&usual()).action, Action::CoolOff);
}

#[test]
fn some_are_held_out_and_it_is_recorded() {
    let mut case = case("'alpha': 1, 'strategies': {'hold_out_share': 0.25}");
    let mut held_out = 0.0;
    for seed in 0..1000 {
        case.seed = seed;
        let decision = case.decide(&usual());
        match (decision.withheld, &decision.intervention) {
            (Some(withheld), None) => {
                assert_eq!((withheld.action, withheld.why), (Action::Nudge, WithheldFor::HoldOut));
                assert!((withheld.propensity - 0.25).abs() < 1e-12 && codes(&decision).contains(&ReasonCode::HeldOut));
                held_out += 1.0;
            }
            (None, Some(intervention)) => assert!((0.03..=0.75).contains(&intervention.propensity)),
            other => panic!("{other:?}"),
        }
    }
    assert!((held_out / 1000.0_f64 - 0.25).abs() < 0.05, "{held_out}");
    // Where it is about safety nobody is.
    case.policy.restraint.protect_from = 0.0;
    let all = (0..200).all(|seed| {
        case.seed = seed;
        case.decide(&usual()).withheld.is_none()
    });
    assert!(all);
}

#[test]
fn a_shadow_only_looks_on() {
    let alone = Case::default().decide(&usual());
    let shadow = policy("'rules': [{'id': 'all', 'when': 'true', 'then': 'block'}]");
    let watched = Case { shadow: Some(shadow), ..Case::default() }.decide(&usual());
    let seen = watched.shadow.clone().unwrap();
    assert_eq!((seen.policy.as_str(), seen.action, seen.rules.len()), ("test", Action::Block, 1));
    assert_eq!(Decision { shadow: None, ..watched }, alone);
}

#[test]
fn an_arm_changes_what_it_says_and_is_recorded() {
    let experiment = |change: &str| {
        case(&format!(
            "{EVERYBODY}, 'experiments': [{{'id': 'x', 'arms': [{{'name': 'control', 'share': 0}},
            {{'name': 'variant', 'share': 0.5, 'change': {change}}}]}}]"
        ))
    };
    // Of some customers half are in it.
    let named = |number: u32| {
        let mut attempt = usual();
        attempt.customer = engine::id::CustomerId::parse(&format!("c{number}")).unwrap();
        attempt
    };
    let case = experiment("{'alpha_multiple': 0.1, 'strategies': ['alternatives']}");
    let (inside, outside): (Vec<_>, Vec<_>) =
        (0..100).map(|number| case.decide(&named(number))).partition(|decision| !decision.exposures.is_empty());
    assert!((30..70).contains(&inside.len()), "{}", inside.len());
    for decision in &inside {
        assert_eq!((decision.exposures[0].experiment.as_str(), decision.exposures[0].arm.as_str()), ("x", "variant"));
        assert!((decision.alarm_rate.alpha - 0.1).abs() < 1e-12);
        if let Some(intervention) = &decision.intervention {
            assert_eq!((intervention.strategy, intervention.arm.as_str()), (Strategy::Alternatives, "x:variant"));
        }
    }
    assert!(outside.iter().all(|decision| (decision.alarm_rate.alpha - 1.0).abs() < 1e-12));
    let waits = experiment("{'cool_off_wait_hours': 48}");
    let mut waits = Case { settings: Settings::default(), ..waits };
    waits.settings.blocked_categories =
        vec![CategoryBlock { category: usual().category, note: None, released_at: None }];
    let hours: Vec<i64> = (0..20)
        .map(|number| waits.decide(&named(number)).intervention.unwrap().cooling_off.unwrap())
        .map(|cooling_off| cooling_off.wait_until.since_ms(next_noon()) / HOUR_MS)
        .collect();
    assert!(hours.contains(&24) && hours.contains(&48), "{hours:?}");
}

#[test]
fn a_purchase_that_is_called_normal_is_normal_the_next_time() {
    // Larger than usual, and stepped in on.
    let case = case(EVERYBODY);
    let splurge = |days: i64| attempt(40_000, "groceries", "debit_card", "shop1", next_noon().plus_ms(days * DAY_MS));
    let decision = case.decide(&splurge(0));
    assert!(decision.should_intervene());
    let scored = entry(&splurge(0), &decision);
    let bought = Entry { outcome: Some(Outcome::Proceeded), revision: 2, ..scored.clone() };
    let normal = Entry { feedback: Some(Feedback::NormalForMe), revision: 3, ..bought.clone() };
    let mut silent = case.profile.clone();
    silent.learn(Change { before: None, after: &scored });
    silent.learn(Change { before: Some(&scored), after: &bought });
    let mut told = silent.clone();
    told.learn(Change { before: Some(&bought), after: &normal });
    let next = |profile: &Profile| Case { profile: profile.clone(), ..Case::default() }.decide(&splurge(1));
    let (after_silence, after_word) = (next(&silent), next(&told));
    assert!(
        after_word.deviation(engine::signal::Dimension::Amount)
            < after_silence.deviation(engine::signal::Dimension::Amount) - 0.3
    );
    assert!(after_word.alarm_rate.multiple < after_silence.alarm_rate.multiple);
    // In whatever steps it was told, the profile is that of one clean pass.
    let clean = Profile::of_entries(grocery_history().iter().chain([&normal]));
    assert_eq!(told.difference(&clean), None);
}

#[test]
fn what_helped_whom_is_learned_and_taken_back() {
    let case = case("'alpha': 1, 'strategies': {'hold_out_share': 0, 'nudge': ['reflection']}");
    let decision = case.decide(&usual());
    let scored = entry(&usual(), &decision);
    let mut profile = Profile::default();
    profile.learn(Change { before: None, after: &scored });
    let counts = |profile: &Profile| {
        let counts = profile.strategy(Strategy::Reflection);
        (counts.helped, counts.not_helped)
    };
    assert_eq!(counts(&profile), (0, 0));
    let cancelled = Entry { outcome: Some(Outcome::Cancelled), revision: 2, ..scored.clone() };
    profile.learn(Change { before: Some(&scored), after: &cancelled });
    assert_eq!(counts(&profile), (1, 0));
    let annoyed = Entry { opinion: Some(Opinion::Annoying), revision: 3, ..cancelled.clone() };
    profile.learn(Change { before: Some(&cancelled), after: &annoyed });
    assert_eq!((counts(&profile), profile.alarms().unneeded), ((0, 1), 1));
    let useful = Entry { opinion: Some(Opinion::Useful), revision: 4, ..annoyed.clone() };
    profile.learn(Change { before: Some(&annoyed), after: &useful });
    assert_eq!((counts(&profile), profile.alarms().unneeded, profile.alarms().right), ((1, 0), 0, 1));
    assert_eq!(Profile::decode(&profile.encode()).unwrap().difference(&profile), None);
}
