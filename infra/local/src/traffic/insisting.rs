//! A caller that asks the same again until it is answered, as whoever integrates Guardian should; and what it was told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::client::{Answer, Client, ClientError};

/// How long one try waits for its answer. The watcher lets the requests of a function that was killed wait for long.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pause before the same is asked again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// How long the same is asked before it counts as never answered: much longer than anything takes to be started again.
const GIVEN_UP_AFTER: Duration = Duration::from_mins(3);

/// Every so many answers one is taken for lost, and asked for once more.
const LOST_EVERY: usize = 8;

/// The caller. Clones share what they were told.
#[derive(Clone)]
pub struct Insisting {
    client: Client,
    witness: Arc<Witness>,
}

/// What callers were told, in its order, and what kept them from it.
#[derive(Debug, Default)]
pub struct Witness(Mutex<Testimony>);

/// See [`Witness`].
#[derive(Debug, Clone, Default)]
pub struct Testimony {
    /// Every answer that promises something.
    pub told: Vec<Told>,
    /// Tries that got no answer.
    pub unanswered: u64,
    /// Tries that were answered that it did not work.
    pub failed: u64,
    /// Tries that were answered a decision that could not be recorded.
    pub unrecorded: u64,
    /// Requests that were never answered as they should be.
    pub given_up: u64,
}

/// One answer that promises something: what was asked is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The path.
    pub path: String,
    /// The body.
    pub asked: Value,
    /// The answer.
    pub answered: Value,
}

/// What a try came to.
enum Try {
    Promised(Value),
    Refused,
    Unanswered,
    Failed,
    Unrecorded,
}

impl Insisting {
    /// A caller with this client that tells the witness.
    pub fn new(client: Client, witness: &Arc<Witness>) -> Self {
        Self { client: client.with_timeout(PATIENCE), witness: Arc::clone(witness) }
    }

    /// Where the server is.
    pub fn address(&self) -> SocketAddr {
        self.client.address()
    }

    /// Posts the same until the answer keeps a promise or refuses for good, and then at times once more.
    ///
    /// # Errors
    /// [`ClientError`] if no try was answered for minutes.
    pub async fn post(&self, path: &str, body: Value) -> Result<Answer, ClientError> {
        let first = self.ask(path, &body).await?;
        if first.status.is_success() && self.witness.is_answer_lost() { self.ask(path, &body).await } else { Ok(first) }
    }

    async fn ask(&self, path: &str, body: &Value) -> Result<Answer, ClientError> {
        let until = Instant::now() + GIVEN_UP_AFTER;
        loop {
            let answer = self.client.post(path, body).await;
            match Try::of(&answer) {
                Try::Promised(answered) => {
                    self.witness.hears(Told { path: path.to_owned(), asked: body.clone(), answered });
                    return answer;
                }
                Try::Refused => return answer,
                failed => self.witness.counts(&failed),
            }
            if Instant::now() >= until {
                self.witness.lock().given_up += 1;
                return answer;
            }
            sleep(AGAIN_AFTER).await;
        }
    }
}

impl Try {
    fn of(answer: &Result<Answer, ClientError>) -> Self {
        let Ok(answer) = answer else { return Self::Unanswered };
        let content_type = answer.headers.get(header::CONTENT_TYPE);
        // Other refusals are the gateway's, of a function that is not there yet.
        let is_problem = content_type.is_some_and(|it| it == "application/problem+json");
        match answer.status.as_u16() {
            200..300 => match answer.json::<Value>() {
                Ok(body) if body.get("recorded") == Some(&Value::Bool(false)) => Self::Unrecorded,
                Ok(body) => Self::Promised(body),
                Err(_) => Self::Failed,
            },
            // Guardian never answers 500 because of what can be gone a moment later.
            400..=500 if is_problem => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl Witness {
    /// Everything so far.
    pub fn testimony(&self) -> Testimony {
        self.lock().clone()
    }

    fn hears(&self, told: Told) {
        self.lock().told.push(told);
    }

    fn is_answer_lost(&self) -> bool {
        self.lock().told.len().is_multiple_of(LOST_EVERY)
    }

    fn counts(&self, what: &Try) {
        let mut testimony = self.lock();
        match what {
            Try::Unanswered => testimony.unanswered += 1,
            Try::Unrecorded => testimony.unrecorded += 1,
            Try::Failed | Try::Promised(_) | Try::Refused => testimony.failed += 1,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Testimony> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
