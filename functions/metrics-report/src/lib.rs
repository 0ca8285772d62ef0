//! `GET /v1/report` and `GET /dashboard`: what Guardian did in a period and whether it helped, honestly. `POST /v1/review`: what
//! follows from it for the decisions to come.
//!
//! Architecture Invariant: the report's cost does not grow with traffic. It reads daily roll-ups, one Query for each of
//! their shards, and never an entry. The dashboard looks at a fixed number of the latest entries as well.

mod charts;
mod dashboard;
pub mod report;
mod review;
pub mod statistics;
mod words;

use std::borrow::Cow;

use edge::clock::Clock;

use edge::{Answer, Call, Handler, Problem, Route, access};
use engine::policy::Policy;
use engine::reference::Reference;
use engine::review::Review;
use engine::rollup::Segment;
use engine::time::Day;
use store::ports::PolicyDocuments;

use crate::report::{Report, Scope, Yardsticks, csv::csv};

const ROUTE: Route = Route::only(access::Scope::Operator, "GET /v1/report");

/// How many days a report may span.
pub const DAYS_MAX: i32 = 400;

/// How many days a report spans if nobody says.
const DAYS_DEFAULT: i32 = 30;

store::ports! {
    /// What reporting and reviewing may do to the table.
    pub trait Ports: ReadPolicies + ReadRollups + PutReview + ReadFeed + ReadCustomer
}

/// The function.
#[derive(Debug)]
pub struct MetricsReport<P> {
    ports: P,
    reference: Option<Reference>,
    policy: Policy,
    clock: Clock,
}

/// What is asked of it: one for each of its routes.
#[derive(Debug, Clone, Copy)]
pub enum Endpoint {
    /// The report.
    Report,
    /// The report as a page.
    Dashboard,
    /// The page that signs in.
    SignIn,
    /// The page of one customer.
    Customer,
    /// A review. In no API: only the schedule asks for it.
    Review,
}

impl<P: Ports> Handler for MetricsReport<P> {
    const FUNCTION: &'static str = "metrics-report";

    type Endpoint = Endpoint;

    const ROUTES: &'static [(Route, Endpoint)] = &[
        (ROUTE, Endpoint::Report),
        (dashboard::ROUTE, Endpoint::Dashboard),
        (dashboard::sign_in::ROUTE, Endpoint::SignIn),
        (dashboard::customer::ROUTE, Endpoint::Customer),
        (review::ROUTE, Endpoint::Review),
    ];

    async fn handle(&self, endpoint: Endpoint, call: Call<'_>) -> Result<Answer, Problem> {
        match endpoint {
            Endpoint::Report => {
                let format = format(&call)?;
                let report = self.report(&call).await?;
                match format {
                    Format::Json => Answer::json(&report),
                    Format::Csv => Ok(Answer::csv(csv(&report).map_err(|error| Problem::internal(&error))?)),
                }
            }
            Endpoint::Dashboard => Ok(self.dashboard(&call).await),
            Endpoint::SignIn => Ok(dashboard::sign_in::page(&call, (self.clock)())),
            Endpoint::Customer => Ok(self.customer_page(&call).await),
            Endpoint::Review => self.review().await,
        }
    }
}

impl<P: Ports> MetricsReport<P> {
    /// A function that uses these ports and this clock, tells drift from this reference, and reviews under this policy unless the
    /// table holds another.
    pub fn new(ports: P, reference: Option<Reference>, policy: Policy, clock: Clock) -> Self {
        Self { ports, reference, policy, clock }
    }

    async fn report(&self, call: &Call<'_>) -> Result<Report, Problem> {
        let today = (self.clock)().day();
        let (from, to) = period(call, today)?;
        let scope = Scope { from, to, segment: segment(call)?, today };
        let (rollups, in_force) = tokio::join!(self.ports.read_rollups(from, to), self.in_force());
        Ok(Report::of(scope, &rollups?, in_force.yardsticks(self.reference.as_ref())))
    }

    /// The policy in force and the latest review. Without them the figures are the same, but experiments are judged by the policy
    /// that was deployed: not worth a report that is not there.
    async fn in_force(&self) -> InForce<'_> {
        let documents = self.ports.read_policies().await.unwrap_or_else(|error| {
            tracing::warn!(cause = %error, "the policies were not read");
            PolicyDocuments::default()
        });
        let policy = documents.live.as_deref().and_then(|document| Policy::from_json(document.as_bytes()).ok());
        let review = documents.review.as_deref().and_then(|document| Review::from_json(document.as_bytes()).ok());
        InForce { policy: policy.map_or(Cow::Borrowed(&self.policy), Cow::Owned), review }
    }
}

/// What decisions are made by now.
struct InForce<'a> {
    policy: Cow<'a, Policy>,
    review: Option<Review>,
}

impl InForce<'_> {
    fn yardsticks<'a>(&'a self, reference: Option<&'a Reference>) -> Yardsticks<'a> {
        Yardsticks { reference, policy: &self.policy, review: self.review.as_ref() }
    }
}

/// How the report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

/// The format that the call asks for; JSON if it does not say.
fn format(call: &Call<'_>) -> Result<Format, Problem> {
    match call.query("format").as_deref() {
        None | Some("json") => Ok(Format::Json),
        Some("csv") => Ok(Format::Csv),
        Some(_) => Err(Problem::field(
            "INVALID_VALUE",
            "format",
            "The parameter `format` is unknown.".to_owned(),
            "`json` or `csv`".to_owned(),
        )),
    }
}

/// The segment that the call asks for; everybody if it does not say.
fn segment(call: &Call<'_>) -> Result<Option<Segment>, Problem> {
    let Some(name) = call.query("segment").filter(|name| !name.is_empty()) else { return Ok(None) };
    Segment::from_name(&name).map(Some).ok_or_else(|| {
        let names = Segment::ALL.map(|segment| format!("`{}`", segment.name())).join(", ");
        let detail = "The parameter `segment` is unknown.".to_owned();
        Problem::field("INVALID_VALUE", "segment", detail, format!("one of {names}"))
    })
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
