//! What the most unusual thing about an attempt is, as far as it matters for what to say.

use crate::decision::ReasonCode;

/// What is unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Theme {
    /// Much money.
    Amount,
    /// Another kind of purchase.
    Category,
    /// Another hour.
    Timing,
    /// Another way of paying.
    Payment,
    /// A lot in a short time.
    Velocity,
    /// A merchant the customer has not been to.
    Merchant,
    /// It may be fraud: nothing is said about spending, only about safety.
    Safety,
    /// Nothing in particular.
    Other,
}

impl From<Option<ReasonCode>> for Theme {
    fn from(top_reason: Option<ReasonCode>) -> Self {
        match top_reason {
            Some(ReasonCode::AmountUnusual | ReasonCode::LimitExceeded) => Self::Amount,
            Some(ReasonCode::CategoryUnusual | ReasonCode::CategoryBlockedByCustomer) => Self::Category,
            Some(ReasonCode::TimingUnusual) => Self::Timing,
            Some(ReasonCode::PaymentUnusual) => Self::Payment,
            Some(ReasonCode::VelocityHigh) => Self::Velocity,
            Some(ReasonCode::MerchantNew) => Self::Merchant,
            Some(ReasonCode::MerchantRisky | ReasonCode::Novel) => Self::Safety,
            Some(
                ReasonCode::AmountUsual
                | ReasonCode::CategoryUsual
                | ReasonCode::TimingUsual
                | ReasonCode::PaymentUsual
                | ReasonCode::VelocityUsual
                | ReasonCode::MerchantUsual
                | ReasonCode::CustomerHistory
                | ReasonCode::InsufficientHistory
                | ReasonCode::CustomerChoseQuiet
                | ReasonCode::RuleApplied
                | ReasonCode::QuietForNow
                | ReasonCode::StopsCapped
                | ReasonCode::HeldOut,
            )
            | None => Self::Other,
        }
    }
}
