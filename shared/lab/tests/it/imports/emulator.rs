//! The embedded DynamoDB for one test, and what its tables hold.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
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

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(3),
    attempt: Duration::from_secs(10),
    operation: Duration::from_secs(20),
    attempts_max: 3,
    backoff: Duration::from_millis(50),
    backoff_max: Duration::from_secs(1),
};

/// A running emulator, on a thread of its own until the test's process ends.
pub(crate) struct Emulator {
    address: SocketAddr,
    pub(crate) client: Client,
}

/// The items of a table by their keys, without what depends on when they were written.
pub(crate) type Items = BTreeMap<(String, String), BTreeMap<String, String>>;

impl Emulator {
    pub(crate) async fn start() -> Self {
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
        let settings = patient(aws_config::defaults(BehaviorVersion::latest()), &PATIENCE)
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(format!("http://{address}"));
        let client = Client::new(&settings.load().await);
        schema::create_table(&client, TABLE).await.unwrap();
        Self { address, client }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
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
