//! The product's table, for tests; and what a kept table must do.

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use local::emulator::{Emulator, open};
use local::stack::{TABLE_NAME, table_client};
use local::trigger::StreamSource;

use crate::dynamodb::DynamoDb;

/// A table of the product, empty, with what tests do to it.
pub(crate) struct Table {
    pub(crate) dynamodb: DynamoDb,
}

impl Table {
    pub(crate) async fn start() -> Self {
        Self { dynamodb: DynamoDb::start().await }
    }

    /// A table of the embedded emulator, whatever the tests run on.
    pub(crate) async fn embedded() -> Self {
        Self { dynamodb: DynamoDb::embedded(TcpListener::bind("127.0.0.1:0").unwrap()).await }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.dynamodb.table_name
    }

    /// Its stream.
    pub(crate) async fn stream(&self) -> StreamSource {
        StreamSource::open(local::client::Client::new(self.dynamodb.address()), self.name()).await.unwrap()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.dynamodb.client
    }

    /// Writes an item of one customer under this sort key.
    pub(crate) async fn put(&self, sort_key: &str, value: &str) {
        let item = key(sort_key).into_iter().chain([("v".to_owned(), AttributeValue::S(value.to_owned()))]);
        self.client().put_item().table_name(self.name()).set_item(Some(item.collect())).send().await.unwrap();
    }

    pub(crate) async fn delete(&self, sort_key: &str) {
        self.client().delete_item().table_name(self.name()).set_key(Some(key(sort_key))).send().await.unwrap();
    }
}

fn key(sort_key: &str) -> HashMap<String, AttributeValue> {
    [("pk", "c#1"), ("sk", sort_key)]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())))
        .into_iter()
        .collect()
}

/// A folder of its own for one test, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_kept_table_is_there_again() {
    let folder = Folder::new("kept");
    let start = async || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let emulator = Emulator::start(listener, open(Some(folder.path())).unwrap()).unwrap();
        let client = table_client(emulator.address());
        store::schema::create_table(&client, TABLE_NAME).await.unwrap();
        (emulator, client)
    };
    let (emulator, client) = start().await;
    client.put_item().table_name(TABLE_NAME).set_item(Some(key("e#1"))).send().await.unwrap();
    emulator.stop();

    let (emulator, client) = start().await;
    let got = client.get_item().table_name(TABLE_NAME).set_key(Some(key("e#1"))).send().await.unwrap();
    assert_eq!(got.item, Some(key("e#1")));
    emulator.stop();
}
