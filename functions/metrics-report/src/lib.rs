//! `GET /v1/report` and `GET /dashboard`: what Guardian did in a period and whether it helped, honestly. `POST /v1/review`: what
//! follows from it for the decisions to come.
//!
//! Architecture Invariant: the report's cost does not grow with traffic. It reads daily roll-ups, one Query for each of
//! their shards, and never an entry.

mod dashboard;
mod interval;
mod report;
mod review;

use edge::clock::Clock;
use edge::{Answer, Call, Handler, Problem, http};
use engine::policy::Policy;
use engine::time::Day;
use lambda_http::http::Method;

pub use report::Report;

/// How many days a report may span.
pub const DAYS_MAX: i32 = 400;

/// How many days a report spans if nobody says.
const DAYS_DEFAULT: i32 = 30;

store::ports! {
    /// What reporting and reviewing may do to the table.
    pub trait Ports: ReadPolicies + ReadRollups + PutReview
}

/// The function.
#[derive(Debug)]
pub struct MetricsReport<P> {
    ports: P,
    policy: Policy,
    clock: Clock,
}

impl<P: Ports> Handler for MetricsReport<P> {
    const FUNCTION: &'static str = "metrics-report";

    async fn handle(&self, call: Call<'_>) -> Result<Answer, Problem> {
        match (call.method, call.path.as_slice()) {
            (&Method::GET, ["v1", "report"]) => Answer::json("GET /v1/report", &self.report(&call).await?),
            (&Method::GET, ["dashboard"]) => {
                let page = dashboard::page(&self.report(&call).await?, (self.clock)());
                Ok(Answer::html("GET /dashboard", page))
            }
            // In no API: only the schedule calls it.
            (&Method::POST, ["v1", "review"]) => self.review().await,
            _ => Err(http::no_route(&call)),
        }
    }
}

impl<P: Ports> MetricsReport<P> {
    /// A function that uses these ports and this clock, and reviews under this policy unless the table holds another.
    pub fn new(ports: P, policy: Policy, clock: Clock) -> Self {
        Self { ports, policy, clock }
    }

    async fn report(&self, call: &Call<'_>) -> Result<Report, Problem> {
        let (from, to) = period(call, (self.clock)().day())?;
        let days = self.ports.read_rollups(from, to).await?;
        Ok(Report::of_days(from, to, &days))
    }
}

/// The period that the call asks for: both days included, the last thirty if it does not say.
fn period(call: &Call<'_>, today: Day) -> Result<(Day, Day), Problem> {
    let day = |name: &str| {
        let read = |text: String| {
            Day::parse(&text).map_err(|error| {
                Problem::field("INVALID_VALUE", name, format!("The parameter `{name}` is no day."), error.to_string())
            })
        };
        call.query(name).map(read).transpose()
    };
    let to = day("to")?.unwrap_or(today);
    let from = day("from")?.unwrap_or(to.plus_days(1 - DAYS_DEFAULT));
    let days = to.since_days(from) + 1;
    if !(1..=DAYS_MAX).contains(&days) {
        let detail = format!("From {from} to {to} are {days} days.");
        return Err(Problem::field("INVALID_VALUE", "from", detail, format!("a period of 1 to {DAYS_MAX} days")));
    }
    Ok((from, to))
}
