//! Any records of the stream among good ones: no good one is lost, what failed is named in the order of the batch, every
//! profile that was learned can be read and answered from, and a repetition changes nothing.

#![no_main]

use std::sync::OnceLock;

use engine::id::CustomerId;
use engine::profile::Profile;
use fuzz::block_on;
use fuzz::events::golden;
use fuzz::memory::Memory;
use fuzz::now;
use fuzz::requests::{Functions, event_of};
use libfuzzer_sys::fuzz_target;
use profile_updater::{Batch, ProfileUpdater, Response};
use serde_json::Value;
use store::stream::{read, sequence_number};

/// The customer of the good records. The name is too long to be found by chance.
const GOOD: &str = "somebody-whom-no-mutation-names";

/// How many records a batch may have: as the template says, less the good ones.
const RECORDS_MAX: usize = 90;

struct Stage {
    good: Vec<Value>,
    learned: Profile,
    functions: Functions,
    table: Memory,
}

fn good_customer() -> CustomerId {
    CustomerId::parse(GOOD).expect("an id")
}

fn learn(table: &Memory, records: Vec<Value>) -> Result<Response, String> {
    block_on(ProfileUpdater::new(table.clone(), now).learn(Batch { records })).map_err(|error| error.to_string())
}

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let text = golden("profile-updater").to_string().replace("c#ada", &format!("c#{GOOD}"));
        let batch: Batch = serde_json::from_str(&text).expect("a golden batch");
        let good: Vec<Value> = batch.records.into_iter().filter(|record| matches!(read(record), Ok(Some(_)))).collect();
        let table = Memory::default();
        assert_eq!(learn(&table, good.clone()), Ok(Response::default()));
        let learned = table.profile(&good_customer()).expect("a profile").profile;
        let table = Memory::default();
        Stage { good, learned, functions: Functions::new(&table), table }
    })
}

fuzz_target!(|data: &[u8]| {
    let Ok(records) = serde_json::from_slice::<Vec<Value>>(data) else { return };
    if records.len() > RECORDS_MAX || String::from_utf8_lossy(data).contains(GOOD) {
        return;
    }
    let Stage { good, learned, functions, table } = stage();
    let mut batch = records.clone();
    for (number, record) in good.iter().enumerate() {
        batch.insert((number * 2).min(batch.len()), record.clone());
    }
    let bad: Vec<Option<String>> = batch
        .iter()
        .filter(|record| read(record).is_err())
        .map(|bad| sequence_number(bad).map(str::to_owned))
        .collect();

    table.become_copy_of(&Memory::default());
    let response = learn(table, batch.clone());
    let again = learn(table, batch);
    assert_eq!(response, again);
    match response {
        Ok(response) => {
            let failed: Vec<_> = response.batch_item_failures.into_iter().map(|it| Some(it.item_identifier)).collect();
            assert_eq!(failed, bad, "what cannot be read, in the order of the batch, and nothing else");
        }
        Err(error) => assert!(bad.contains(&None), "{error}"),
    }
    let profile = table.profile(&good_customer()).expect("a profile").profile;
    assert_eq!(profile.difference(learned), None);
    for customer in table.customers() {
        assert!(table.profile(&customer).is_ok(), "a profile that was learned cannot be read");
        let request = format!("GET /v1/customers/{}/profile\n", customer.as_str());
        let event = event_of(request.as_bytes()).expect("an event");
        functions.answer(&event).iter().for_each(|answer| assert_eq!(answer.status, 200, "{answer:?}"));
    }
});
