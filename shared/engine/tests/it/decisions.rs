//! Decisions: what is unusual raises the score and is named, and what the customer chose is respected.

use engine::alarm_rate::AlarmRate;
use engine::decision::{Action, Decision, Missing, ReasonCode};
use engine::entry::{Attempt, Entry, Feedback};
use engine::merchant::{LabelCounts, MerchantRecord};
use engine::policy::{Ladder, Policy, RiskLadder, WhenBlind};
use engine::profile::{Change, Profile};
use engine::settings::{QuietHours, Sensitivity};
use engine::signal::Dimension;
use engine::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use proptest::prelude::*;

use crate::fixture::{Case, attempt, grocery_history, next_noon, purchase, without_hold_out};

fn usual() -> Attempt {
    attempt(3900, "groceries", "debit_card", "shop1", next_noon())
}

#[track_caller]
fn check(attempt: &Attempt, dimension: Dimension, at_least_nats: f64, code: ReasonCode) {
    let decision = Case::default().decide(attempt);
    let nats = decision.deviation(dimension);
    assert!(nats >= at_least_nats, "{dimension:?} {nats}");
    assert!(decision.reasons.iter().any(|reason| reason.code == code), "{:?}", decision.reasons);
    assert!(decision.risk_score > Case::default().decide(&usual()).risk_score);
}

#[test]
fn a_usual_purchase_is_let_through() {
    let decision = Case::default().decide(&usual());
    assert_eq!((decision.action, decision.learning, decision.purchases), (Action::Allow, false, 100));
    assert!(decision.p_value > 0.1, "{}", decision.p_value);
    assert_eq!(decision.intervention, None);
}

#[test]
fn each_dimension_notices_what_is_unusual_in_it() {
    let noon = next_noon();
    check(
        &attempt(90_000, "groceries", "debit_card", "shop1", noon),
        Dimension::Amount,
        6.0,
        ReasonCode::AmountUnusual,
    );
    check(
        &attempt(3900, "jewellery", "debit_card", "shop1", noon),
        Dimension::Category,
        2.0,
        ReasonCode::CategoryUnusual,
    );
    check(&attempt(3900, "groceries", "bnpl", "shop1", noon), Dimension::Payment, 2.0, ReasonCode::PaymentUnusual);
    check(&attempt(3900, "groceries", "debit_card", "casino", noon), Dimension::Merchant, 1.0, ReasonCode::MerchantNew);
    let night = noon.plus_ms(15 * HOUR_MS);
    check(&attempt(3900, "groceries", "debit_card", "shop1", night), Dimension::Timing, 4.0, ReasonCode::TimingUnusual);
}

#[test]
fn a_burst_is_seen_before_the_profile_has_learned_it() {
    let burst = (1..6).map(|number| {
        purchase(attempt(3900, "groceries", "debit_card", "shop1", next_noon().plus_ms(-number * MINUTE_MS)))
    });
    let case = Case { recent: burst.collect(), ..Case::default() };
    let decision = case.decide(&usual());
    assert!(decision.deviation(Dimension::Velocity) > 8.0, "{decision:?}");
    let reason = decision.reasons.iter().find(|reason| reason.code == ReasonCode::VelocityHigh).unwrap();
    assert_eq!(reason.text, "6 purchase attempts within ten minutes, more than you usually make.");
    assert!(decision.risk_score > Case::default().decide(&usual()).risk_score);
}

#[test]
fn what_others_disowned_makes_a_known_merchant_risky() {
    let record = MerchantRecord::from_days([(
        next_noon().day().plus_days(-3),
        LabelCounts { labelled: 40, positive: 6, explained: 0 },
    )]);
    let case = Case { merchant: Some(record), ..Case::default() };
    let decision = case.decide(&usual());
    let reason = decision.reasons.first().unwrap();
    assert_eq!(reason.code, ReasonCode::MerchantRisky);
    assert_eq!(
        reason.text,
        "Of 40 purchases at this merchant in the last 30 days that we were told about, 6 were disowned or regretted."
    );
}

/// What a thief might buy with somebody's card.
fn odd() -> Attempt {
    attempt(90_000, "electronics", "credit_card", "casino", next_noon().plus_ms(15 * HOUR_MS))
}

#[test]
fn an_unusual_purchase_meets_the_customer_with_their_own_numbers() {
    let decision = Case::default().decide(&odd());
    assert!(decision.action >= Action::Warn && decision.p_value <= decision.alarm_rate.alpha, "{decision:?}");
    let AlarmRate { alpha, multiple, .. } = decision.alarm_rate;
    assert!((alpha - Policy::default().alpha).abs() < 1e-15 && (multiple - 1.0).abs() < 1e-15);
    let texts: Vec<&str> = decision.reasons.iter().map(|reason| reason.text.as_str()).collect();
    for expect in [
        "24 times your usual purchase (€38.00), about 1 in 1,400.",
        "None of your purchases we know are in electronics.",
        "You rarely buy between 3:00 and 3:59.",
    ] {
        assert!(texts.contains(&expect), "{texts:?}");
    }
    let intervention = decision.intervention.unwrap();
    let headline =
        decision.reasons.iter().map(|reason| &reason.text).find(|text| intervention.message.body.starts_with(*text));
    assert!(headline.is_some(), "{}", intervention.message.body);
    assert!(decision.learn_minor_max < 18_000 && decision.learn_minor_max > 6000, "{}", decision.learn_minor_max);
}

fn ladder(warn_from: f64, cool_off_from: f64, block_from: f64) -> Ladder {
    Ladder::Risk(RiskLadder { warn_from, cool_off_from, block_from })
}

#[test]
fn the_policys_alpha_says_whether_and_the_risk_says_how() {
    let decision = Case::default().decide(&odd());
    let case = |policy| Case { policy, ..Case::default() };
    let just_too_rare = Policy { alpha: decision.p_value * 0.99, ..without_hold_out() };
    assert_eq!(case(just_too_rare).decide(&odd()).action, Action::Allow);
    let everything = || Policy { alpha: 1.0, ..without_hold_out() };
    assert_eq!(case(everything()).decide(&usual()).action, Action::Nudge);
    for (action, policy) in [
        (Action::Warn, Policy { ladder: ladder(0.0, 1.0, 1.0), ..everything() }),
        (Action::CoolOff, Policy { ladder: ladder(0.0, 0.0, 1.0), ..everything() }),
        (Action::Block, Policy { ladder: ladder(0.0, 0.0, 0.0), ..everything() }),
    ] {
        assert_eq!(case(policy).decide(&usual()).action, action);
    }
}

#[test]
fn what_no_label_explains_is_found_by_the_novelty_channel() {
    let policy = Policy { novelty_share: 1.0, ..without_hold_out() };
    let decision = Case { policy, ..Case::default() }.decide(&odd());
    assert!(decision.should_intervene(), "{decision:?}");
    let reason = decision.reasons.iter().find(|reason| reason.code == ReasonCode::Novel).unwrap();
    assert!(
        reason.text.starts_with("Taken together, hardly any purchase is like this one: about 1 in "),
        "{}",
        reason.text
    );
    let silent = Policy { novelty_share: 0.0, ..without_hold_out() };
    let decision = Case { policy: silent, ..Case::default() }.decide(&odd());
    assert!(decision.reasons.iter().all(|reason| reason.code != ReasonCode::Novel));
}

#[test]
fn alarms_that_were_not_needed_make_fewer_alarms() {
    let odd = odd();
    let case = Case::default();
    let alarm = purchase(odd.clone());
    let decision = case.decide(&odd);
    assert!(decision.should_intervene());
    let told = |feedback| {
        let before = Entry::scored(alarm.id, odd.clone(), decision.clone(), alarm.recorded_at);
        let after = Entry { feedback: Some(feedback), revision: 2, ..before.clone() };
        let mut profile = case.profile.clone();
        profile.learn(Change { before: None, after: &before });
        profile.learn(Change { before: Some(&before), after: &after });
        Case { profile, ..Case::default() }.decide(&usual()).alarm_rate.multiple
    };
    assert!((told(Feedback::NormalForMe) - 0.75).abs() < 1e-12);
    assert!((told(Feedback::NotMe) - 4.0 / 3.0).abs() < 1e-12);
}

#[test]
fn a_newcomer_is_never_stopped_hard_and_is_told_why() {
    let case = Case { profile: Profile::default(), ..Case::default() };
    let night = next_noon().plus_ms(15 * HOUR_MS);
    let decision = case.decide(&attempt(500_000_000, "jewellery", "bnpl", "casino", night));
    assert_eq!((decision.action, decision.learning), (Action::Warn, true));
    assert!(decision.reasons.iter().any(|reason| reason.code == ReasonCode::InsufficientHistory));
    let texts = decision.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join(" ");
    assert!(!texts.contains("your usual") && !texts.contains("You rarely"), "{texts}");
    let modest = case.decide(&attempt(4000, "groceries", "debit_card", "shop1", next_noon()));
    assert_eq!(modest.action, Action::Allow);
}

/// The sentence of one of the decision's reasons.
#[track_caller]
fn text(decision: &Decision, code: ReasonCode) -> &str {
    let reason = decision.reasons.iter().find(|reason| reason.code == code);
    &reason.unwrap_or(&decision.reasons[0]).text
}

#[test]
fn shares_read_as_sentences() {
    let mut history = grocery_history();
    let shares = [(0, "None of your purchases we know are in books."), (1, "About 2% of your purchases are in books.")];
    for (bought, expect) in shares {
        let books = attempt(3900, "books", "debit_card", "shop1", next_noon());
        history.extend((0..bought).map(|number| {
            purchase(attempt(3900, "books", "debit_card", "shop1", next_noon().plus_ms(-HOUR_MS * (number + 2))))
        }));
        let case = Case { profile: Profile::of_entries(&history), ..Case::default() };
        assert_eq!(text(&case.decide(&books), ReasonCode::CategoryUnusual), expect);
    }
    assert_eq!(
        text(&Case::default().decide(&usual()), ReasonCode::CategoryUsual),
        "About 100% of your purchases are in groceries."
    );
    let newcomer = Case { profile: Profile::default(), ..Case::default() };
    assert_eq!(
        text(&newcomer.decide(&usual()), ReasonCode::CategoryUsual),
        "Not known yet: how many of your purchases are in groceries."
    );
}

#[test]
fn the_customers_own_settings_hold() {
    let odd = odd();
    let but_a_block =
        || Case { policy: Policy { ladder: ladder(0.25, 0.5, 2.0), ..without_hold_out() }, ..Case::default() };
    let without = but_a_block().decide(&odd).action;
    let mut case = but_a_block();
    case.settings.opted_out = true;
    let quiet = case.decide(&odd);
    assert_eq!((quiet.action, quiet.intervention), (Action::Allow, None));
    assert!(quiet.reasons.iter().any(|reason| reason.code == ReasonCode::CustomerChoseQuiet));

    let mut case = but_a_block();
    case.settings.snooze_until = Some(odd.occurred_at.instant().plus_ms(1));
    assert_eq!(case.decide(&odd).action, Action::Allow);
    case.settings.snooze_until = Some(odd.occurred_at.instant());
    assert_eq!(case.decide(&odd).action, without);

    let usual = usual();
    let p_value = Case::default().decide(&usual).p_value;
    let with = |sensitivity, quiet_hours| {
        // Twice as many alarms are just enough.
        let mut case = Case { policy: Policy { alpha: p_value * 0.6, ..without_hold_out() }, ..Case::default() };
        case.settings.sensitivity = sensitivity;
        case.settings.quiet_hours = quiet_hours;
        case.decide(&usual).action
    };
    assert_eq!(with(Sensitivity::Normal, None), Action::Allow);
    assert_eq!(with(Sensitivity::High, None), Action::Nudge);
    assert_eq!(with(Sensitivity::Low, None), Action::Allow);
    assert_eq!(with(Sensitivity::High, QuietHours::new(11 * 60, 13 * 60)), Action::Allow);
}

#[test]
fn the_policy_says_what_a_blind_decision_is() {
    let mut case = Case { profile: Profile::default(), missing: vec![Missing::Customer], ..Case::default() };
    assert_eq!(case.decide(&usual()).action, Action::Allow);
    case.policy.when_blind = WhenBlind::FailClosed;
    let closed = case.decide(&usual());
    assert_eq!((closed.action, closed.degraded()), (Action::Warn, true));
}

/// Any attempt a caller could make of these parts.
fn any_attempt() -> impl Strategy<Value = Attempt> {
    (1..100_000_000_i64, 0..8_u8, 0..4_u8, 0..6_u8, 0..(30 * DAY_MS)).prop_map(
        |(minor, category, method, merchant, later)| {
            let merchant = if merchant == 0 { String::new() } else { format!("shop{merchant}") };
            attempt(
                minor,
                &format!("kind{category}"),
                &format!("method{method}"),
                &merchant,
                next_noon().plus_ms(later),
            )
        },
    )
}

proptest! {
    #[test]
    fn a_decision_is_whole_and_repeatable(attempt in any_attempt(), history in 0..100_usize) {
        let profile = Profile::of_entries(grocery_history().iter().take(history));
        let case = Case { profile, ..Case::default() };
        let decision = case.decide(&attempt);
        prop_assert_eq!(&decision, &case.decide(&attempt));
        prop_assert!((0.0..=1.0).contains(&decision.risk_score) && (0.0..=1.0).contains(&decision.p_value));
        for (dimension, nats) in decision.deviations.iter() {
            prop_assert!((0.0..=30.0).contains(nats), "{dimension:?} {nats}");
        }
        let sum = decision.base + decision.reasons.iter().map(|reason| reason.contribution).sum::<f64>();
        let log_odds = (decision.risk_score / (1.0 - decision.risk_score)).ln();
        prop_assert!((sum - log_odds).abs() < 1e-6, "{sum} {log_odds}");
        prop_assert_eq!(decision.intervention.is_some(), decision.should_intervene());
        for reason in &decision.reasons {
            prop_assert!(!reason.text.contains("NaN") && !reason.text.contains("inf"), "{}", reason.text);
        }
    }

    #[test]
    fn more_money_is_never_less_suspicious(attempt in any_attempt(), factor in 1..50_i64) {
        let case = Case::default();
        let mut larger = attempt.clone();
        larger.amount = engine::money::Amount::from_minor(attempt.amount.minor() * factor, attempt.amount.currency()).unwrap();
        prop_assert!(case.decide(&larger).risk_score >= case.decide(&attempt).risk_score - 1e-12);
    }
}
