//! Decisions: what is unusual raises the score and is named, and what the customer chose is respected.

use engine::decision::{Action, Missing, ReasonCode};
use engine::entry::Attempt;
use engine::merchant::{LabelCounts, MerchantRecord};
use engine::policy::WhenBlind;
use engine::profile::Profile;
use engine::settings::{QuietHours, Sensitivity};
use engine::signal::Dimension;
use engine::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use proptest::prelude::*;

use crate::fixture::{Case, attempt, grocery_history, next_noon, purchase};

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
    assert!(decision.p_value > 0.5, "{}", decision.p_value);
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
    let reason = decision.reasons.first().unwrap();
    assert_eq!(reason.code, ReasonCode::VelocityHigh);
    assert!(reason.text.starts_with("About 6 purchase attempts within ten minutes"), "{}", reason.text);
}

#[test]
fn what_others_disowned_makes_a_known_merchant_risky() {
    let record =
        MerchantRecord::from_days([(next_noon().day().plus_days(-3), LabelCounts { labelled: 40, positive: 6 })]);
    let case = Case { merchant: Some(record), ..Case::default() };
    let decision = case.decide(&usual());
    let reason = decision.reasons.first().unwrap();
    assert_eq!(reason.code, ReasonCode::MerchantRisky);
    assert_eq!(
        reason.text,
        "Of the last 40 purchases at this merchant that customers confirmed, 6 were disowned or regretted."
    );
}

#[test]
fn an_unusual_purchase_meets_the_customer_with_their_own_numbers() {
    let decision = Case::default().decide(&attempt(18_000, "groceries", "bnpl", "casino", next_noon()));
    assert_eq!(decision.action, Action::CoolOff, "{decision:?}");
    let intervention = decision.intervention.unwrap();
    assert_eq!(intervention.expires_at, next_noon().plus_ms(DAY_MS));
    let body = intervention.message.body;
    assert!(body.starts_with("4.7 times your usual groceries purchase (38.21 EUR), about 1 in "), "{body}");
    assert!(decision.learn_minor_max < 18_000 && decision.learn_minor_max > 6000, "{}", decision.learn_minor_max);
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

#[test]
fn the_customers_own_settings_hold() {
    let odd = attempt(90_000, "jewellery", "bnpl", "casino", next_noon());
    let mut case = Case::default();
    case.settings.opted_out = true;
    let quiet = case.decide(&odd);
    assert_eq!((quiet.action, quiet.intervention), (Action::Allow, None));
    assert!(quiet.reasons.iter().any(|reason| reason.code == ReasonCode::CustomerChoseQuiet));

    let mut case = Case::default();
    case.settings.snooze_until = Some(odd.occurred_at.instant().plus_ms(1));
    assert_eq!(case.decide(&odd).action, Action::Allow);
    case.settings.snooze_until = Some(odd.occurred_at.instant());
    assert_eq!(case.decide(&odd).action, Action::CoolOff);

    let nudge = attempt(9_500, "groceries", "debit_card", "casino", next_noon());
    let mut case = Case::default();
    case.settings.sensitivity = Sensitivity::High;
    let more = case.decide(&nudge).action;
    case.settings.sensitivity = Sensitivity::Low;
    assert!(more > case.decide(&nudge).action, "{more:?}");
    case.settings.sensitivity = Sensitivity::High;
    case.settings.quiet_hours = QuietHours::new(11 * 60, 13 * 60);
    assert_eq!((more, case.decide(&nudge).action), (Action::Nudge, Action::Allow));
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
        let base: f64 = -6.0;
        let sum = base + decision.reasons.iter().map(|reason| reason.contribution).sum::<f64>();
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
