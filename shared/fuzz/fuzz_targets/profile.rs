//! Any bytes in the place of a profile: refused, or read to a profile that is written as it was read, decides and learns.

#![no_main]

use std::sync::OnceLock;

use engine::id::CustomerId;
use engine::profile::Profile;
use fuzz::block_on;
use fuzz::events::golden;
use fuzz::memory::Memory;
use fuzz::now;
use fuzz::requests::Functions;
use libfuzzer_sys::fuzz_target;
use profile_updater::{Batch, ProfileUpdater};

struct Stage {
    functions: Functions,
    table: Memory,
    ada: CustomerId,
}

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let table = Memory::default();
        Stage { functions: Functions::new(&table), table, ada: CustomerId::parse("ada").expect("an id") }
    })
}

fuzz_target!(|data: &[u8]| {
    let Ok(profile) = Profile::decode(data) else { return };
    let written = profile.encode();
    let reread = Profile::decode(&written).expect("what was written is read");
    assert_eq!(reread.encode(), written);
    let Stage { functions, table, ada } = stage();
    table.become_copy_of(&Memory::default());
    table.put_profile(ada, data.to_vec());
    functions.answer(&golden("score")).iter().for_each(fuzz::requests::Answer::check_decision);
    let batch: Batch = serde_json::from_value(golden("profile-updater")).expect("a golden batch");
    block_on(ProfileUpdater::new(table.clone(), now).learn(batch)).expect("a lesson");
    assert!(table.profile(ada).is_ok(), "a profile that was learned cannot be read");
    for name in ["customers-profile", "customers-export"] {
        functions.answer(&golden(name)).iter().for_each(|answer| assert_eq!(answer.status, 200, "{answer:?}"));
    }
});
