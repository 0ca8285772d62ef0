//! What is assumed of a customer of whom nothing is known yet.
//!
//! These numbers are assumptions, chosen to be wide rather than right: a newcomer should be surprising only where nearly
//! everyone would be. A model trained on data brings its own.

use crate::profile::Belief;

/// Amounts: about 33 euros, most between 5 and 200, known as well as two purchases would tell.
pub const AMOUNTS: Belief = Belief { mean: 3.5, mean_weight: 2.0, shape: 2.0, scale: 2.5 };

/// How many purchases' worth the customer's own amounts weigh in a category in which nothing was bought yet.
pub const CATEGORY_AMOUNTS_WEIGHT: f64 = 3.0;

/// How many purchases' worth the population weighs in categories, payment methods and hours (Dirichlet prior).
pub const PRIOR_PURCHASES: f64 = 5.0;

/// Over how many kinds a newcomer's categories are spread evenly.
pub const CATEGORIES: f64 = 16.0;

/// Over how many kinds a newcomer's payment methods are spread evenly.
pub const PAYMENT_METHODS: f64 = 6.0;

/// How often people buy at each local hour, from 0:00 on; any unit.
pub const HOURS: [f64; 24] = [
    6.0, 3.0, 2.0, 1.0, 1.0, 3.0, 10.0, 24.0, 40.0, 50.0, 56.0, 62.0, 70.0, 64.0, 56.0, 56.0, 62.0, 72.0, 72.0, 60.0,
    46.0, 34.0, 22.0, 12.0,
];

/// Purchases a day, and how many purchases' worth that is known (Gamma prior of the rate).
pub const PURCHASES_A_DAY: f64 = 1.0;
/// See [`PURCHASES_A_DAY`].
pub const RATE_WEIGHT: f64 = 1.0;

/// The share of confirmed purchases that are disowned or regretted at an unremarkable merchant.
pub const POSITIVE_SHARE: f64 = 0.01;
