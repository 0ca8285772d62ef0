//! Whether there are other ways to get what a purchase is for.

use crate::id::Category;

/// Categories of purchases that one does not get used, borrowed or elsewhere: to speak of other ways would be useless or worse.
/// Names that are not here are taken for things that can be bought elsewhere.
const WITHOUT_ALTERNATIVES: [&str; 21] = [
    "atm",
    "bills",
    "cash",
    "charity",
    "coffee",
    "donations",
    "education",
    "fees",
    "fines",
    "fuel",
    "gambling",
    "groceries",
    "health",
    "insurance",
    "medical",
    "pharmacy",
    "rent",
    "taxes",
    "transfer",
    "transport",
    "utilities",
];

/// Whether something true and useful can be said of other ways.
pub(super) fn has_alternatives(category: &Category) -> bool {
    !WITHOUT_ALTERNATIVES.contains(&category.as_str())
}
