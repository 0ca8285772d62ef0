//! The embedded DynamoDB for one test, and what its tables hold.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::Database;
use store::client::{Patience, patient};
use store::{Table, schema};

/// The table that every test begins with, empty.
pub(crate) const TABLE: &str = "guardian";

/// The region of every test.
pub(crate) const REGION: &str = "local";

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(3),
    attempt: Duration::from_secs(10),
    operation: Duration::from_secs(20),
    attempts_max: 3,
    backoff: Duration::from_millis(50),
    backoff_max: Duration::from_secs(1),
};

/// The variable that names another DynamoDB than the embedded one: that of `cargo local dynamodb-local`.
const ENDPOINT_VARIABLE: &str = "GUARDIAN_TEST_DYNAMODB";

/// A running emulator, on a thread of its own until the test's process ends; or one elsewhere, that has other tables for
/// each access key.
pub(crate) struct Emulator {
    url: String,
    /// What whoever wants to see this test's tables says that it is, if they are not alone there.
    pub(crate) access_key: Option<String>,
    pub(crate) client: Client,
}

/// The items of a table by their keys, without what depends on when they were written.
pub(crate) type Items = BTreeMap<(String, String), BTreeMap<String, String>>;

impl Emulator {
    pub(crate) async fn start() -> Self {
        let (url, access_key) = match elsewhere() {
            Some(url) => (url, Some(access_key_of_its_own())),
            None => (format!("http://{}", embedded()), None),
        };
        let settings = patient(aws_config::defaults(BehaviorVersion::latest()), &PATIENCE)
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new(access_key.as_deref().unwrap_or("test"), "test", None, None, "test"))
            .endpoint_url(&url);
        let client = Client::new(&settings.load().await);
        schema::create_lasting_table(&client, TABLE).await.unwrap();
        Self { url, access_key, client }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn table(&self) -> Table {
        Table::new(self.client.clone(), TABLE)
    }

    /// What a table holds.
    pub(crate) async fn items(&self, table: &str) -> Items {
        let (mut items, mut after) = (Items::new(), None);
        loop {
            let request = self.client.scan().table_name(table).set_exclusive_start_key(after);
            let page = request.send().await.unwrap();
            items.extend(page.items().iter().map(readable));
            after = page.last_evaluated_key;
            if after.is_none() {
                return items;
            }
        }
    }
}

/// The DynamoDB that the environment names.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests chooses what they run on")]
fn elsewhere() -> Option<String> {
    std::env::var(ENDPOINT_VARIABLE).ok()
}

/// Starts the embedded emulator.
fn embedded() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            dynoxide::server::serve_on(listener, Database::memory().unwrap()).await;
        });
    });
    address
}

/// An access key that no other test has, of this run or another.
fn access_key_of_its_own() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("test{}x{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

fn readable(item: &HashMap<String, AttributeValue>) -> ((String, String), BTreeMap<String, String>) {
    let mut item: BTreeMap<String, String> = item.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    item.remove("recorded_at_ms");
    item.remove("expires_at");
    ((item.remove("pk").unwrap(), item.remove("sk").unwrap()), item)
}

fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
        other => panic!("an entry has no {other:?}"),
    }
}
