//! The product's table, for tests; and what a kept table must do.

use std::collections::{BTreeSet, HashMap};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use local::emulator::{Emulator, open};
use local::stack::{TABLE_NAME, table_client};
use local::trigger::{Record, RecordSource, StreamSource};

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

/// The emulator in a process of its own.
struct Process(Child);

impl Process {
    async fn start(port: u16, folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
        let child = command.args(["emulator", "--port", &port.to_string(), "--keep"]).arg(folder).spawn().unwrap();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self(child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // On unix this is kill -9.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test]
async fn a_kept_table_that_is_killed_while_it_is_written_to_has_all_that_it_confirmed_and_its_stream_tells_of_it() {
    let folder = Folder::new("killed-emulator");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = table_client(([127, 0, 0, 1], port).into());
    let process = Process::start(port, folder.path()).await;
    store::schema::create_table(&client, TABLE_NAME).await.unwrap();

    let confirmed = AtomicU32::new(0);
    let writer = |writer: u32| {
        let (client, confirmed) = (&client, &confirmed);
        async move {
            let mut keys = Vec::new();
            for number in 0.. {
                let sort_key = format!("e#{writer}-{number}");
                let put = client.put_item().table_name(TABLE_NAME).set_item(Some(key(&sort_key))).send().await;
                if put.is_err() {
                    break;
                }
                keys.push(sort_key);
                confirmed.fetch_add(1, Ordering::Relaxed);
            }
            keys
        }
    };
    let killer = async {
        while confirmed.load(Ordering::Relaxed) < 100 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(process);
    };
    let (keys, ()) = tokio::join!(futures_util::future::join_all((0..4).map(writer)), killer);

    let _process = Process::start(port, folder.path()).await;
    let mut source =
        StreamSource::open(local::client::Client::new(([127, 0, 0, 1], port).into()), TABLE_NAME).await.unwrap();
    let mut told = BTreeSet::new();
    let mut after: Option<String> = None;
    loop {
        let records = source.read(after.as_deref(), 1_000).await.unwrap();
        let Some(last) = records.last() else { break };
        after = Some(last.sequence_number().to_owned());
        let sort_key = |record: &Record| record.json()["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap().to_owned();
        told.extend(records.iter().map(sort_key));
    }
    for sort_key in keys.iter().flatten() {
        let item = client.get_item().table_name(TABLE_NAME).set_key(Some(key(sort_key))).send().await.unwrap().item;
        assert!(item.is_some() && told.contains(sort_key), "{sort_key}");
    }
    assert!(keys.iter().flatten().count() >= 100);
}
