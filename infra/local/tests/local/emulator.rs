//! An emulator with the product's table, for tests; and what a kept table must do.

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use local::emulator::{Emulator, open};
use local::stack::{TABLE_NAME, table_client};

/// A running emulator with an empty table, or with what the folder holds.
pub(crate) struct Table {
    pub(crate) emulator: Emulator,
    pub(crate) client: Client,
}

impl Table {
    pub(crate) async fn start(folder: Option<&Path>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let emulator = Emulator::start(listener, open(folder).unwrap()).unwrap();
        let client = table_client(emulator.address());
        store::schema::create_table(&client, TABLE_NAME).await.unwrap();
        Self { emulator, client }
    }

    /// Writes an item of one customer under this sort key.
    pub(crate) async fn put(&self, sort_key: &str, value: &str) {
        let item = key(sort_key).into_iter().chain([("v".to_owned(), AttributeValue::S(value.to_owned()))]);
        self.client.put_item().table_name(TABLE_NAME).set_item(Some(item.collect())).send().await.unwrap();
    }

    pub(crate) async fn delete(&self, sort_key: &str) {
        self.client.delete_item().table_name(TABLE_NAME).set_key(Some(key(sort_key))).send().await.unwrap();
    }

    pub(crate) async fn value(&self, sort_key: &str) -> Option<String> {
        let got = self.client.get_item().table_name(TABLE_NAME).set_key(Some(key(sort_key))).send().await.unwrap();
        Some(got.item?.get("v")?.as_s().ok()?.clone())
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
    let table = Table::start(Some(folder.path())).await;
    table.put("e#1", "first").await;
    table.emulator.stop();

    let table = Table::start(Some(folder.path())).await;
    assert_eq!(table.value("e#1").await.as_deref(), Some("first"));
    table.emulator.stop();
}
