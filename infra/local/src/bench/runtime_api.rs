//! Lambda's runtime API for one process, and nothing between the two: it hears the first poll, hands out events, and takes the time
//! until each is answered (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use crate::server;

/// What every event may take, as its process is told.
const DEADLINE_MS: &str = "253402300799000";

/// What a process said.
enum Heard {
    /// It asks for an event.
    Poll,
    /// It answered.
    Response(Bytes),
    /// It failed.
    Error(Bytes),
}

impl Heard {
    fn in_words(&self) -> String {
        match self {
            Self::Poll => "asked for the next event".to_owned(),
            Self::Response(body) => format!("answered {}", String::from_utf8_lossy(body)),
            Self::Error(body) => format!("failed with {}", String::from_utf8_lossy(body)),
        }
    }
}

/// The runtime API of one process.
pub(super) struct RuntimeApi {
    address: SocketAddr,
    heard: mpsc::UnboundedReceiver<(Instant, Heard)>,
    events: mpsc::UnboundedSender<Bytes>,
    server: JoinHandle<()>,
}

/// The side of the connections.
struct Desk {
    heard: mpsc::UnboundedSender<(Instant, Heard)>,
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
}

impl RuntimeApi {
    /// Listens on a free port.
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (heard_sender, heard) = mpsc::unbounded_channel();
        let (events, waiting) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk { heard: heard_sender, events: Mutex::new(waiting) });
        let answer = move |request| {
            let desk = Arc::clone(&desk);
            async move { desk.answer(request).await }
        };
        let server = tokio::spawn(server::serve(listener, answer));
        Ok(Self { address, heard, events, server })
    }

    /// Where it is.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the process asks for an event.
    pub(super) async fn polled(&mut self) -> Result<Instant, String> {
        match self.next().await? {
            (at, Heard::Poll) => Ok(at),
            (_, other) => Err(format!("it did not ask for an event, but {}", other.in_words())),
        }
    }

    /// Hands out an event to the process that asked for one. Gives its answer and how long it took.
    pub(super) async fn invoke(&mut self, event: Bytes) -> Result<(Bytes, Duration), String> {
        let handed_out = Instant::now();
        self.events.send(event).map_err(|error| error.to_string())?;
        match self.next().await? {
            (at, Heard::Response(body)) => Ok((body, at.duration_since(handed_out))),
            (_, other) => Err(format!("it did not answer, but {}", other.in_words())),
        }
    }

    async fn next(&mut self) -> Result<(Instant, Heard), String> {
        self.heard.recv().await.ok_or_else(|| "the runtime API ended".to_owned())
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (is_poll, path) = (request.method() == Method::GET, request.uri().path().to_owned());
        if is_poll {
            self.tell(Heard::Poll);
            return match self.events.lock().await.recv().await {
                Some(event) => handed_out(event),
                None => empty(StatusCode::GONE),
            };
        }
        let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        self.tell(if path.ends_with("/response") { Heard::Response(body) } else { Heard::Error(body) });
        empty(StatusCode::ACCEPTED)
    }

    fn tell(&self, heard: Heard) {
        // Nobody listens any more when the process is about to be ended.
        let _ = self.heard.send((Instant::now(), heard));
    }
}

fn handed_out(event: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(event));
    let headers = response.headers_mut();
    for (name, value) in [
        ("lambda-runtime-aws-request-id", "bench"),
        ("lambda-runtime-deadline-ms", DEADLINE_MS),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:local:0:function:bench"),
    ] {
        headers.insert(name, http::HeaderValue::from_static(value));
    }
    response
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use crate::client::Client;

    use super::*;

    /// What a process does that is started, asks, answers and asks again.
    async fn process(address: SocketAddr, fails: bool) {
        let client = Client::new(address);
        let next = "/2018-06-01/runtime/invocation/next";
        let event = client.get(next).await.unwrap();
        assert_eq!(event.headers["lambda-runtime-aws-request-id"], "bench");
        let path = format!("/2018-06-01/runtime/invocation/bench/{}", if fails { "error" } else { "response" });
        let answer = client.post(&path, &event.json::<serde_json::Value>().unwrap()).await.unwrap();
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        let _ = client.get(next).await;
    }

    #[tokio::test]
    async fn a_process_is_heard_and_its_answer_is_taken() {
        let mut api = RuntimeApi::start().await.unwrap();
        let process = tokio::spawn(process(api.address(), false));
        api.polled().await.unwrap();
        let (answer, _) = api.invoke(Bytes::from_static(b"{\"a\":1}")).await.unwrap();
        assert_eq!(answer, "{\"a\":1}");
        api.polled().await.unwrap();
        process.abort();
    }

    #[tokio::test]
    async fn a_process_that_fails_is_heard_too() {
        let mut api = RuntimeApi::start().await.unwrap();
        let process = tokio::spawn(process(api.address(), true));
        api.polled().await.unwrap();
        let error = api.invoke(Bytes::from_static(b"{\"a\":1}")).await.unwrap_err();
        assert!(error.contains("it did not answer, but failed with"), "{error}");
        process.abort();
    }
}
