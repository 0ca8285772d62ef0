//! The library over tables that throttle, lose answers, refuse, or are away.

use std::collections::BTreeMap;
use std::future::pending;
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use engine::currency::Currency;
use engine::entry::Entry;
use engine::id::AttemptId;
use lab::history::{ColumnMap, History};
use lab::import::{Confirmed, ImportError, Job, ProgressFile, Settings, import};
use store::ports::{Put, PutEntry};
use store::{StoreError, Table};

use super::emulator::{Emulator, TABLE};
use super::{folder, history, now};

fn throttled() -> StoreError {
    StoreError::Unavailable { operation: "PutItem", cause: "ThrottlingException".to_owned() }
}

/// Imports a text as the program does, without the program.
async fn run<P>(folder: &Path, ports: P, text: String) -> (Confirmed, Result<(), ImportError>)
where
    P: PutEntry + Clone + Send + Sync + 'static,
{
    let euro = Currency::parse("EUR").unwrap();
    let history = History::from_reader("h.csv", Cursor::new(text), &ColumnMap::default(), euro).unwrap();
    let [data_sha256, reading, table, place, table_id] = ["1", "2", "3", "4", "5"].map(str::to_owned);
    let job = Job { data_sha256, reading, table, place, table_id };
    let mut progress = ProgressFile::open(folder.join("progress.json"), job, false).unwrap();
    let settings = Settings { parallel: 8, labels: true, clock: now };
    let (confirmed, ended) = import(ports, history, &settings, &mut progress, pending(), |_| ()).await;
    let saved = if ended.is_ok() { &confirmed } else { progress.confirmed() };
    assert_eq!(saved, &confirmed);
    (confirmed, ended)
}

/// The emulator's table behind a network that throttles one write in ten, and loses the answer to another.
#[derive(Clone)]
struct Flaky {
    table: Table,
    calls: Arc<AtomicU64>,
}

impl PutEntry for Flaky {
    async fn put_entry(&self, entry: &Entry) -> Result<Put, StoreError> {
        match self.calls.fetch_add(1, Ordering::Relaxed) % 10 {
            3 => Err(throttled()),
            7 => {
                self.table.put_entry(entry).await?;
                Err(StoreError::Unavailable { operation: "PutItem", cause: "timeout".to_owned() })
            }
            _ => self.table.put_entry(entry).await,
        }
    }
}

#[tokio::test]
async fn a_table_that_throttles_and_loses_answers_loses_no_row() {
    let (emulator, folder) = (Emulator::start().await, folder("flaky"));
    let flaky = Flaky { table: emulator.table(), calls: Arc::default() };
    let (confirmed, ended) = run(&folder, flaky.clone(), history(300)).await;
    ended.unwrap();
    assert_eq!((confirmed.rows, confirmed.imported + confirmed.duplicates, confirmed.conflicts.count), (300, 300, 0));
    assert!(flaky.calls.load(Ordering::Relaxed) > 350, "some were tried again");

    store::schema::create_lasting_table(&emulator.client, "clean").await.unwrap();
    let clean = Table::new(emulator.client.clone(), "clean");
    run(&folder, clean, history(300)).await.1.unwrap();
    assert_eq!(emulator.items(TABLE).await, emulator.items("clean").await);
}

/// A table in memory in which one row has a fate of its own. Only here, where minutes of waiting must pass at once.
#[derive(Clone)]
struct Memory {
    entries: Arc<Mutex<BTreeMap<AttemptId, Entry>>>,
    /// The amount of the row that fails, in minor units, and how it does.
    failing: (i64, fn() -> StoreError),
    tries: Arc<AtomicU64>,
}

impl Memory {
    fn failing(minor: i64, how: fn() -> StoreError) -> Self {
        Self { entries: Arc::default(), failing: (minor, how), tries: Arc::default() }
    }
}

impl PutEntry for Memory {
    async fn put_entry(&self, entry: &Entry) -> Result<Put, StoreError> {
        if entry.attempt.amount.minor() == self.failing.0 {
            self.tries.fetch_add(1, Ordering::Relaxed);
            return Err((self.failing.1)());
        }
        match self.entries.lock().unwrap().insert(entry.id, entry.clone()) {
            None => Ok(Put::Created),
            Some(existing) => Ok(Put::Existing(Box::new(existing))),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_is_throttled_for_ever_ends_the_import_and_is_named() {
    let folder = folder("throttled");
    let (memory, started) = (Memory::failing(5050, throttled), tokio::time::Instant::now());
    let (confirmed, ended) = run(&folder, memory.clone(), history(200)).await;
    let error = ended.unwrap_err().to_string();
    assert!(
        error.starts_with("row 50 (") && error.ends_with("was not written: PutItem: ThrottlingException"),
        "{error}"
    );
    assert_eq!((confirmed.rows, confirmed.imported), (49, 49), "what comes after it is not claimed");
    assert!(started.elapsed().as_secs() > 60, "{:?}", started.elapsed());
    assert_eq!(memory.entries.lock().unwrap().len(), 199, "the others went on meanwhile");

    // The table is well again.
    let memory = Memory { failing: (0, throttled), ..memory };
    let (confirmed, ended) = run(&folder, memory.clone(), history(200)).await;
    ended.unwrap();
    assert_eq!((confirmed.rows, confirmed.imported, confirmed.duplicates), (200, 50, 150));
    assert_eq!(memory.entries.lock().unwrap().len(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_tried_again() {
    fn refused() -> StoreError {
        let [code, message] = ["AccessDeniedException", "no dynamodb:PutItem for you"].map(str::to_owned);
        StoreError::Refused { operation: "PutItem", code, message }
    }
    let (memory, started) = (Memory::failing(5050, refused), tokio::time::Instant::now());
    let (confirmed, ended) = run(&folder("denied"), memory.clone(), history(200)).await;
    let error = ended.unwrap_err().to_string();
    assert!(error.ends_with("PutItem: AccessDeniedException: no dynamodb:PutItem for you"), "{error}");
    assert_eq!((confirmed.rows, memory.tries.load(Ordering::Relaxed)), (49, 1));
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
