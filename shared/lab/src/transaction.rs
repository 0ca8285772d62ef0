//! One row of a history, in the domain's types: what the readers give and the simulator makes.

use engine::entry::Attempt;
use engine::id::{Category, CustomerId, IdempotencyKey, MerchantId, PaymentMethod};
use engine::money::Amount;
use engine::time::LocalInstant;

/// The category of a purchase whose history does not say one.
pub const UNKNOWN_CATEGORY: &str = "unknown";

/// The payment method of a purchase whose history does not say one.
pub const UNKNOWN_PAYMENT_METHOD: &str = "unknown";

/// A purchase of one customer, with what became known of it later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The history's own name for the row, or `row-N` counted from 1: the same row has the same id whenever it is read,
    /// so it serves as the idempotency key of an import.
    pub id: IdempotencyKey,
    /// Who paid.
    pub customer_id: CustomerId,
    /// Who was paid, if the history says so.
    pub merchant_id: Option<MerchantId>,
    /// What for; [`UNKNOWN_CATEGORY`] if the history does not say so.
    pub category: Category,
    /// How; [`UNKNOWN_PAYMENT_METHOD`] if the history does not say so.
    pub payment_method: PaymentMethod,
    /// How much.
    pub amount: Amount,
    /// When, by the clocks of the place. A history without offsets is read with offset 0, so that local hours are right.
    pub occurred_at: LocalInstant,
    /// Whether the customer disowned or regretted it; `None` where the history does not know.
    pub label: Option<bool>,
}

impl Transaction {
    /// The attempt that it was before it went through.
    pub fn attempt(&self) -> Attempt {
        Attempt {
            customer: self.customer_id.clone(),
            amount: self.amount,
            category: self.category.clone(),
            payment_method: self.payment_method.clone(),
            merchant: self.merchant_id.clone(),
            occurred_at: self.occurred_at,
        }
    }
}
