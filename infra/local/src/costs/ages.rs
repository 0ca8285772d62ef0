//! How large the profile of a customer gets over the years.

use std::fmt;

use engine::message::Templates;
use engine::profile::Change;
use engine::score::Models;
use engine::time::DAY_MS;
use serde::Serialize;
use store::ports::{CommitLesson, Lesson, ReadProfile, VersionedProfile};

use crate::costs::CostsError;
use crate::costs::meter::{Meter, Place};
use crate::costs::sample::{Sampler, Which, customer_id};
use crate::costs::table::{Filled, now};
use crate::emulator;
use crate::stack::TABLE_NAME;

/// Ages in days: a month, half a year, a year, two, five.
const AGES_DAYS: [u64; 5] = [30, 182, 365, 730, 1_825];

/// A customer of some age, who buys something every day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ProfileAge {
    /// For how many days.
    pub days: u64,
    /// The item of the profile.
    pub profile_bytes: usize,
}

impl fmt::Display for ProfileAge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the profile after {} days of daily purchases: {} bytes", self.days, self.profile_bytes)
    }
}

/// The profile of each age, of a customer with 40 merchants, 16 categories and 6 ways of paying, as it lies in the table.
///
/// # Errors
/// [`CostsError`] if the table cannot be made.
pub async fn profile_ages() -> Result<Vec<ProfileAge>, CostsError> {
    let sampler = Sampler::new(Models::compiled_in()?, Templates::compiled_in()?)?;
    let meter = Meter::new(Place::Here(emulator::open(None)?));
    let filled = Filled::new(meter, TABLE_NAME, None).await?;
    let mut ages = Vec::new();
    for days in AGES_DAYS {
        let customer = customer_id(days)?;
        let mut profile = VersionedProfile::default();
        for entry in 0..days {
            let at = now().plus_ms(-((days - entry) as i64) * DAY_MS);
            let after = sampler.imported(Which { customer: days, entry, at })?;
            profile.profile.learn_once(Change { before: None, after: &after }, at);
        }
        let lesson = Lesson { profile, told_at: Some(now()), ..Lesson::default() };
        filled.table.commit_lesson(&customer, &lesson).await?;
        filled.table.read_profile(&customer).await?;
        ages.push(ProfileAge { days, profile_bytes: filled.meter.item_bytes() });
    }
    Ok(ages)
}
