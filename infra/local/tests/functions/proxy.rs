//! A wire on which things go wrong: a proxy of sockets between the SDK and the emulator.
//!
//! It speaks as much HTTP/1.1 as the SDK and the emulator do, and by hand: what goes wrong on a wire (half an answer, a reset)
//! is what a library for HTTP takes care not to do.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use store::client::{Patience, patient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One way for a request to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Refused: the table has been asked too often.
    Throughput,
    /// Refused: the account has asked too often.
    Throttling,
    /// An internal error, nothing done.
    ServerError,
    /// An internal error, although it was done.
    ServerErrorAfter,
    /// Not available just now, as a load balancer says it.
    Unavailable,
    /// The connection is reset before the request reaches the table.
    ResetBefore,
    /// The connection is reset although it was done.
    ResetAfter,
    /// Never answered, nothing done.
    HangBefore,
    /// Never answered, although it was done.
    HangAfter,
    /// Done, and the connection ends in the middle of the answer.
    HalfAnAnswer,
    /// Done, and answered late, but not too late.
    Slow,
}

impl Fault {
    /// All after which there is no answer, or none that helps.
    pub(crate) const ALL: [Self; 10] = [
        Self::Throughput,
        Self::Throttling,
        Self::ServerError,
        Self::ServerErrorAfter,
        Self::Unavailable,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::HangBefore,
        Self::HangAfter,
        Self::HalfAnAnswer,
    ];

    /// Whether the request has its effect all the same.
    pub(crate) fn is_after_the_effect(self) -> bool {
        use Fault::{HalfAnAnswer, HangAfter, ResetAfter, ServerErrorAfter, Slow};
        matches!(self, ServerErrorAfter | ResetAfter | HangAfter | HalfAnAnswer | Slow)
    }
}

/// How late a slow answer comes: within every patience of one try.
const SLOW: Duration = Duration::from_millis(50);

/// What goes wrong from now on.
#[derive(Debug, Clone, Default)]
enum Plan {
    #[default]
    Nothing,
    /// This, with the next request of each of these operations.
    Once(Fault, Vec<&'static str>),
    /// This, with every request of these operations; with every request if there are none.
    Always(Fault, Vec<&'static str>),
    /// Each of these in turn, with the first try of every request.
    FirstTries(Vec<Fault>),
}

#[derive(Debug, Default)]
struct State {
    plan: Plan,
    /// How much has gone wrong.
    faults: usize,
    /// How many clients there are.
    clients: usize,
}

/// The proxy.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// A proxy in front of this server, on which nothing goes wrong yet.
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // An error ends the connection, which is what a broken wire does.
                tokio::spawn(serve(client, server, Arc::clone(&shared)));
            }
        });
        Self { address, state }
    }

    /// A client as functions build theirs, but for where the table is.
    pub(crate) async fn client(&self, patience: &Patience) -> aws_sdk_dynamodb::Client {
        let settings = patient(aws_config::defaults(BehaviorVersion::latest()), patience)
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(format!("http://{}", self.address));
        // All clients of a process share what they may spend on retries, which is meant for the one client that a function has.
        let number = self.state.lock().unwrap().next_client();
        let of_its_own = RetryPartition::new(format!("{}-{number}", self.address));
        let settings = aws_sdk_dynamodb::config::Builder::from(&settings.load().await).retry_partition(of_its_own);
        aws_sdk_dynamodb::Client::from_conf(settings.build())
    }

    /// The next request of each of these operations goes wrong.
    pub(crate) fn once(&self, fault: Fault, operations: &[&'static str]) {
        self.plan(Plan::Once(fault, operations.to_vec()));
    }

    /// Every request of these operations goes wrong from now on, or every request.
    pub(crate) fn always(&self, fault: Fault, operations: &[&'static str]) {
        self.plan(Plan::Always(fault, operations.to_vec()));
    }

    /// The first try of every request goes wrong from now on, in one of these ways after the other.
    pub(crate) fn first_tries(&self, faults: &[Fault]) {
        self.plan(Plan::FirstTries(faults.to_vec()));
    }

    /// Nothing goes wrong any more. Says how much has.
    pub(crate) fn heal(&self) -> usize {
        self.plan(Plan::Nothing);
        std::mem::take(&mut self.state.lock().unwrap().faults)
    }

    fn plan(&self, plan: Plan) {
        self.state.lock().unwrap().plan = plan;
    }
}

impl State {
    fn next_client(&mut self) -> usize {
        self.clients += 1;
        self.clients
    }

    fn fate(&mut self, request: &Message) -> Option<Fault> {
        let target = request.header("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let fault = match &mut self.plan {
            Plan::Nothing => None,
            Plan::Once(fault, operations) => {
                let position = operations.iter().position(|it| *it == operation);
                position.map(|position| operations.swap_remove(position)).map(|_| *fault)
            }
            Plan::Always(fault, operations) => {
                (operations.is_empty() || operations.contains(&operation)).then_some(*fault)
            }
            Plan::FirstTries(faults) => {
                let is_first = request.header("amz-sdk-request").is_some_and(|it| it.starts_with("attempt=1"));
                is_first.then(|| faults[self.faults % faults.len()])
            }
        };
        self.faults += usize::from(fault.is_some());
        fault
    }
}

async fn serve(mut client: TcpStream, server: SocketAddr, state: Arc<Mutex<State>>) -> io::Result<()> {
    loop {
        let request = Message::read(&mut client).await?;
        let fault = state.lock().unwrap().fate(&request);
        let answer = match fault {
            Some(fault) if !fault.is_after_the_effect() => None,
            _ => {
                let mut server = TcpStream::connect(server).await?;
                server.write_all(&request.bytes).await?;
                Some(Message::read(&mut server).await?)
            }
        };
        match (fault, answer) {
            (Some(Fault::ResetBefore | Fault::ResetAfter), _) => return client.set_zero_linger(),
            (Some(Fault::HangBefore | Fault::HangAfter), _) => {
                // Until the client has lost its patience.
                while client.read(&mut [0; 1024]).await? > 0 {}
                return Ok(());
            }
            (Some(Fault::HalfAnAnswer), Some(answer)) => {
                let half = answer.bytes.len() - answer.body_length.div_ceil(2);
                return client.write_all(&answer.bytes[..half]).await;
            }
            (Some(Fault::Slow), Some(answer)) => {
                tokio::time::sleep(SLOW).await;
                client.write_all(&answer.bytes).await?;
            }
            (None, Some(answer)) => client.write_all(&answer.bytes).await?,
            (fault, _) => client.write_all(refusal(fault).as_bytes()).await?,
        }
    }
}

/// What DynamoDB says, or what stands before it.
fn refusal(fault: Option<Fault>) -> String {
    let (status, code) = match fault {
        Some(Fault::Throughput) => {
            ("400 Bad Request", Some("com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"))
        }
        Some(Fault::Throttling) => ("400 Bad Request", Some("com.amazon.coral.availability#ThrottlingException")),
        Some(Fault::Unavailable) => ("503 Service Unavailable", None),
        _ => ("500 Internal Server Error", Some("com.amazonaws.dynamodb.v20120810#InternalServerError")),
    };
    let (content_type, body) = match code {
        Some(code) => ("application/x-amz-json-1.0", format!(r#"{{"__type":"{code}","message":"not now"}}"#)),
        None => ("text/html", "<html>Service Unavailable</html>".to_owned()),
    };
    format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A request or an answer.
struct Message {
    bytes: Vec<u8>,
    head_length: usize,
    body_length: usize,
}

impl Message {
    async fn read(connection: &mut TcpStream) -> io::Result<Self> {
        let mut message = Self { bytes: Vec::new(), head_length: 0, body_length: 0 };
        while message.head_length == 0 || message.bytes.len() < message.head_length + message.body_length {
            if connection.read_buf(&mut message.bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if message.head_length == 0
                && let Some(end) = message.bytes.windows(4).position(|four| four == b"\r\n\r\n")
            {
                message.head_length = end + 4;
                message.body_length = message.header("content-length").map_or(0, |it| it.parse().unwrap());
            }
        }
        Ok(message)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let head = std::str::from_utf8(&self.bytes[..self.head_length]).ok()?;
        let mut headers = head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}
