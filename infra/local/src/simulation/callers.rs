//! Those who call the API: processes that answer and die, callers that ask again until they are answered, and what both
//! remember of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use customers::Customers;
use edge::clock::Clock;
use edge::http::Handler;
use engine::decision::Action;
use engine::message::Templates;
use engine::policy::{Arm, Change, Experiment, Ladder, Policy, RiskLadder};
use engine::score::Models;
use lambda_http::Body;
use lambda_http::http::Method;
use metrics_report::MetricsReport;
use score::Score;
use serde_json::Value;
use store::Table;
use tokio::time::timeout;

use crate::direct::{ask, request};
use crate::simulation::dice::Dice;
use crate::simulation::faults::Faults;
use crate::simulation::time::{PROCESSES, clock_of, now, wait_ms};

/// How often a caller asks again before it gives up, unless it must not.
const TRIES_MAX: u32 = 12;

/// How often a caller that must not give up asks: more often than any fault lasts.
const TRIES_WITHOUT_END: u32 = 10_000;

/// How long a caller waits before it asks again, in milliseconds.
const AGAIN_AFTER_MS_MAX: u64 = 10_000;

/// The policy of the simulation: it steps in often, so that every action occurs, and half of all customers try something out.
fn policy() -> Policy {
    let arm = |name: &str, change| Arm { name: name.to_owned(), share: 0.5, change, stopped: false };
    let experiment = Experiment {
        id: "tried".to_owned(),
        running: true,
        arms: vec![
            arm("control", Change::default()),
            arm("variant", Change { alpha_multiple: Some(2.0), ..Change::default() }),
        ],
        minimum_sample: 1,
        annoyed_max: 0.01,
    };
    Policy {
        alpha: 0.3,
        ladder: Ladder::Risk(RiskLadder { warn_from: 0.04, cool_off_from: 0.08, block_from: 0.5 }),
        learning_at_most: Action::Block,
        experiments: vec![experiment],
        ..Policy::default()
    }
}

/// The HTTP functions of one simulation.
pub(crate) struct Processes {
    scores: Vec<Mutex<Arc<Score<Table>>>>,
    customers: Vec<Arc<Customers<Table>>>,
    reports: Vec<MetricsReport<Table>>,
    table: Table,
    models: Models,
    templates: Templates,
    faults: Arc<Faults>,
    /// Answers that no fault explains.
    wrong: Mutex<Vec<String>>,
}

/// The clock of each process.
const CLOCKS: [Clock; PROCESSES] = [clock_of::<0>, clock_of::<1>];

/// From when until when something was under way, in epoch milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from_ms: u64,
    pub(crate) until_ms: u64,
}

/// One request to the API.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Value,
}

/// How patient a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Gives up after some tries.
    Some,
    /// Asks until it is answered.
    Endless,
}

impl Processes {
    pub(crate) fn new(table: &Table, models: &Models, templates: &Templates, faults: &Arc<Faults>) -> Self {
        let score = |clock: &Clock| Score::new(table.clone(), policy(), models.clone(), templates.clone(), *clock);
        Self {
            scores: CLOCKS.iter().map(|clock| Mutex::new(Arc::new(score(clock)))).collect(),
            customers: CLOCKS.iter().map(|clock| Arc::new(Customers::new(table.clone(), *clock))).collect(),
            reports: CLOCKS.iter().map(|clock| MetricsReport::new(table.clone(), None, policy(), *clock)).collect(),
            table: table.clone(),
            models: models.clone(),
            templates: templates.clone(),
            faults: Arc::clone(faults),
            wrong: Mutex::new(Vec::new()),
        }
    }

    /// Answers that no fault explains.
    pub(crate) fn wrong(&self) -> Vec<String> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes something that must not be.
    pub(crate) fn report(&self, what: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// Sends one request to some process. `None` if no answer comes back.
    pub(crate) async fn send(&self, ask: &Ask) -> Option<(u16, Value)> {
        let process = self.faults.number(0..PROCESSES as u64) as usize;
        let death_ms = self.faults.death_ms();
        let answering = async {
            match ask.path.as_str() {
                "/v1/attempts" => answer(&*self.score(process)?, ask).await,
                "/v1/review" => answer(self.reports.get(process)?, ask).await,
                _ => answer(&**self.customers.get(process)?, ask).await,
            }
        };
        let answer = match death_ms {
            None => answering.await,
            Some(death_ms) => {
                let answer = timeout(Duration::from_millis(death_ms), answering).await;
                self.restart(process);
                answer.ok().flatten()
            }
        };
        if let Some((status, body)) = &answer
            && *status >= 500
            && *status != 503
        {
            self.report(format!("{} {}: {status} {body}", ask.method, ask.path));
        }
        answer.filter(|_| !self.faults.loses_answer())
    }

    /// Asks until an answer is taken as one, and tells every try. `None` if the caller gave up.
    pub(crate) async fn insist<T>(
        &self,
        ask: &Ask,
        patience: Patience,
        dice: &mut Dice,
        mut tried: impl FnMut(Span),
        take: impl Fn(u16, Value) -> Option<T>,
    ) -> Option<(Span, T)> {
        let tries = if patience == Patience::Endless { TRIES_WITHOUT_END } else { TRIES_MAX };
        for _ in 0..tries {
            let from_ms = now().epoch_ms();
            // Boxed, because handler, store and SDK in one future are more than the compiler wants to lay out.
            let answer = Box::pin(self.send(ask)).await;
            let span = Span { from_ms, until_ms: now().epoch_ms() };
            tried(span);
            if let Some(taken) = answer.and_then(|(status, body)| take(status, body)) {
                return Some((span, taken));
            }
            wait_ms(dice.log_number(10, AGAIN_AFTER_MS_MAX)).await;
        }
        None
    }

    fn score(&self, process: usize) -> Option<Arc<Score<Table>>> {
        self.scores.get(process).map(|score| Arc::clone(&score.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Starts a new process in the place of one that died: it knows nothing of what the other had cached.
    fn restart(&self, process: usize) {
        if let (Some(score), Some(clock)) = (self.scores.get(process), CLOCKS.get(process)) {
            let (models, templates) = (self.models.clone(), self.templates.clone());
            let new = Score::new(self.table.clone(), policy(), models, templates, *clock);
            *score.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        }
    }
}

async fn answer<H: Handler>(handler: &H, asked: &Ask) -> Option<(u16, Value)> {
    let response = ask(handler, request(asked.method.clone(), &asked.path, &asked.body)).await;
    let body = match response.body() {
        Body::Text(text) => serde_json::from_str(text).ok(),
        Body::Binary(bytes) => serde_json::from_slice(bytes).ok(),
        _ => None,
    };
    Some((response.status().as_u16(), body.unwrap_or_default()))
}
