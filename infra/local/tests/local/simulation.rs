//! The simulation: nothing differs whatever goes wrong, a seed does the same again, and what is broken is found.

use engine::entry::Entry;
use engine::id::{AttemptId, CustomerId};
use engine::score::Models;
use local::simulation::{Played, STORIES_DEFAULT, Scenario, Weather, play, run};
use profile_updater::Ports;
use store::ports::{CommitLesson, Lesson, ReadEntry, ReadProfile, VersionedProfile};
use store::{StoreError, Table};

/// How many seeds are played here, fewer where nothing is optimised; `cargo local simulate` plays as many as one likes.
const SEEDS: u64 = if cfg!(debug_assertions) { 50 } else { 150 };

/// Within how many seeds what is broken must be found.
const SEEDS_TO_FIND: u64 = 20;

fn scenario(seed: u64, weather: Weather) -> Scenario {
    Scenario { seed, stories: STORIES_DEFAULT, weather }
}

#[test]
fn whatever_goes_wrong_what_was_learned_is_the_fold_over_the_entries() {
    let report = run(0..SEEDS, STORIES_DEFAULT, |_| ()).unwrap();
    let found: Vec<_> = report.failed.iter().map(|played| (played.seed, &played.differences)).collect();
    assert!(found.is_empty(), "again: cargo local simulate --seeds 1 --seed {}: {found:#?}", found[0].0);
    assert_eq!(report.seeds, SEEDS);
    let ends = ["confirmed", "cancelled", "overridden", "bypassed"].map(|end| format!("cooling_off.{end}"));
    let opinions = ["useful", "annoying"].map(|opinion| format!("opinion.{opinion}"));
    for what in ends.into_iter().chain(opinions).chain(["stopped".to_owned()]) {
        assert!(report.happened.get(&what).is_some_and(|count| *count > 0), "no {what}: {:?}", report.happened);
    }
    assert!(report.faults.len() >= 16, "nearly every kind of fault was there: {:?}", report.faults);
}

#[test]
fn a_seed_does_the_same_again() {
    let models = Models::compiled_in().unwrap();
    for seed in 0..6 {
        let once = play(scenario(seed, Weather::OfSeed), &models, |table| table).unwrap();
        let again = play(scenario(seed, Weather::OfSeed), &models, |table| table).unwrap();
        assert_eq!(once, again, "down to the last request");
    }
}

#[test]
fn a_batch_is_one_read_and_one_write_for_each_customer_in_it() {
    let models = Models::compiled_in().unwrap();
    for seed in 0..6 {
        let Played { requests, customers_in_batches, changes, delivered, differences, .. } =
            play(scenario(seed, Weather::Calm), &models, |table| table).unwrap();
        assert_eq!(differences, Vec::<String>::new());
        assert_eq!(changes, delivered, "nothing is told twice");
        assert_eq!(requests["GetItem (profile)"], customers_in_batches);
        assert_eq!(requests["TransactWriteItems"], customers_in_batches);
    }
}

/// What the oracle says to a profile updater on these ports, of the seeds until it finds something.
#[track_caller]
fn check_found<P: Ports>(ports: impl Fn(Table) -> P, part: &str) {
    let models = Models::compiled_in().unwrap();
    for seed in 0..SEEDS_TO_FIND {
        let played = play(scenario(seed, Weather::OfSeed), &models, &ports).unwrap();
        if played.differences.iter().any(|difference| difference.contains(part)) {
            return;
        }
    }
    panic!("{SEEDS_TO_FIND} seeds did not find what is broken");
}

/// Ports that are broken in one way.
struct Broken {
    table: Table,
    how: How,
}

enum How {
    /// The roll-ups are written in a second transaction.
    RollupsApart,
    /// Whoever was slower writes all the same.
    NoVersion,
}

impl ReadProfile for Broken {
    async fn read_profile(&self, customer: &CustomerId) -> Result<VersionedProfile, StoreError> {
        self.table.read_profile(customer).await
    }
}

impl ReadEntry for Broken {
    async fn read_entry(&self, customer: &CustomerId, id: AttemptId) -> Result<Option<Entry>, StoreError> {
        self.table.read_entry(customer, id).await
    }
}

impl CommitLesson for Broken {
    async fn commit_lesson(&self, customer: &CustomerId, lesson: &Lesson) -> Result<bool, StoreError> {
        let profile = lesson.profile.clone();
        let (merchants, rollups, told_at) = (lesson.merchants.clone(), lesson.rollups.clone(), lesson.told_at);
        match self.how {
            How::RollupsApart => {
                let first = Lesson { profile, merchants, told_at, rollups: Vec::new() };
                if !self.table.commit_lesson(customer, &first).await? {
                    return Ok(false);
                }
                let profile = self.table.read_profile(customer).await?;
                self.table.commit_lesson(customer, &Lesson { profile, merchants: Vec::new(), rollups, told_at }).await
            }
            How::NoVersion => {
                let version = self.table.read_profile(customer).await?.version;
                let profile = VersionedProfile { version, ..profile };
                self.table.commit_lesson(customer, &Lesson { profile, merchants, rollups, told_at }).await
            }
        }
    }
}

#[test]
fn rollups_outside_the_transaction_are_found() {
    check_found(|table| Broken { table, how: How::RollupsApart }, "roll-up");
}

#[test]
fn a_write_that_ignores_the_version_is_found() {
    check_found(|table| Broken { table, how: How::NoVersion }, "profile");
}
