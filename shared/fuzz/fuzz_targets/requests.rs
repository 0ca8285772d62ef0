//! Any request, after the golden story has been told: never a panic, never a 5xx, every problem with its code, and a good
//! answer again when the request is repeated.

#![no_main]

use std::sync::OnceLock;

use fuzz::block_on;
use fuzz::events::golden;
use fuzz::memory::Memory;
use fuzz::now;
use fuzz::requests::{Functions, event_of};
use libfuzzer_sys::fuzz_target;
use profile_updater::{Batch, ProfileUpdater};

struct Stage {
    functions: Functions,
    table: Memory,
    /// The table after the golden story.
    golden: Memory,
}

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let golden_table = Memory::default();
        let functions = Functions::new(&golden_table);
        for name in ["customers-purchases", "score", "customers-outcome", "customers-feedback", "customers-settings"] {
            functions.answer(&golden(name)).iter().for_each(|answer| assert_eq!(answer.status, 200, "{answer:?}"));
        }
        let batch: Batch = serde_json::from_value(golden("profile-updater")).expect("a golden batch");
        block_on(ProfileUpdater::new(golden_table.clone(), now).learn(batch)).expect("a lesson");
        let table = Memory::default();
        Stage { functions: Functions::new(&table), table, golden: golden_table }
    })
}

fuzz_target!(|data: &[u8]| {
    let Some(event) = event_of(data) else { return };
    let Stage { functions, table, golden } = stage();
    table.become_copy_of(golden);
    let first = functions.answer(&event);
    let again = functions.answer(&event);
    for (first, again) in first.iter().zip(&again) {
        first.check();
        assert_eq!(first.status, again.status, "{first:?} and then {again:?}");
        if first.status == 200 && event["rawPath"] == "/v1/attempts" {
            first.check_decision();
            assert_eq!(first.body, again.body, "a retry is answered with the first decision");
        }
    }
});
