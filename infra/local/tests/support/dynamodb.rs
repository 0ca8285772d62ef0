//! The DynamoDB that a test runs on: an embedded emulator of its own, or a table of its own in the one that the environment
//! names, such as Amazon's DynamoDB Local (`cargo local dynamodb-local -- cargo test …`).

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

use local::dynamodb_local::ENDPOINT_VARIABLE;
use local::emulator::{self, Emulator};
use local::stack::{TABLE_NAME, table_client};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

/// A DynamoDB with the product's table, empty.
pub(crate) struct DynamoDb {
    server: Option<Server>,
    address: SocketAddr,
    pub(crate) client: aws_sdk_dynamodb::Client,
    pub(crate) table_name: String,
}

enum Server {
    Embedded(Emulator),
    /// One that others use, too, behind a relay that can be cut.
    Shared(JoinHandle<()>),
}

impl DynamoDb {
    /// The one that the environment names, or else the embedded one.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        match elsewhere() {
            Some(endpoint) => {
                let server = Server::Shared(relay(listener, endpoint));
                Self::with(server, address, name_of_its_own()).await
            }
            None => Self::embedded(listener).await,
        }
    }

    /// The embedded one, whatever the environment says.
    pub(crate) async fn embedded(listener: TcpListener) -> Self {
        let emulator = Emulator::start(listener, emulator::open(None).unwrap()).unwrap();
        let address = emulator.address();
        Self::with(Server::Embedded(emulator), address, TABLE_NAME.to_owned()).await
    }

    async fn with(server: Server, address: SocketAddr, table_name: String) -> Self {
        let client = table_client(address);
        store::schema::create_lasting_table(&client, &table_name).await.unwrap();
        Self { server: Some(server), address, client, table_name }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes it unreachable, as if it were gone.
    pub(crate) fn lose(&mut self) {
        match self.server.take() {
            Some(Server::Embedded(emulator)) => emulator.stop(),
            Some(Server::Shared(relay)) => relay.abort(),
            None => {}
        }
    }
}

/// The address that the environment names.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests chooses what they run on")]
pub(crate) fn elsewhere() -> Option<SocketAddr> {
    let url = std::env::var(ENDPOINT_VARIABLE).ok()?;
    let address = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/').parse());
    Some(
        address.and_then(Result::ok).unwrap_or_else(|| panic!("{ENDPOINT_VARIABLE} is {url}, not http://ADDRESS:PORT")),
    )
}

/// A table's name that no other test has, of this run or another.
pub(crate) fn name_of_its_own() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("{TABLE_NAME}-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Passes every connection on. When the task ends, so do all connections.
fn relay(listener: TcpListener, to: SocketAddr) -> JoinHandle<()> {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            connections.spawn(async move {
                // A connection that ends in an error is one that its client sees end.
                let mut far = TcpStream::connect(to).await?;
                copy_bidirectional(&mut near, &mut far).await
            });
        }
    })
}
