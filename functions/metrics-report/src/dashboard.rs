//! `GET /dashboard`: the report for people, live; and a page for each customer.
//!
//! Pages are made here whole, with their charts; a small script keeps an open one up to date. What they cost does not grow with
//! traffic: the report's roll-ups, one Query and one `BatchGetItem` for the latest decisions, one Query for a customer.

mod changes;
pub(crate) mod customer;
mod feed;
mod page;
mod period;
mod sections;
pub(crate) mod sign_in;
mod verdicts;

use edge::{Answer, Call, Problem, Route, access};
use engine::entry::Entry;
use engine::rollup::Segment;
use engine::time::Instant;
use maud::html;

use crate::report::{Report, Scope};
use crate::{MetricsReport, Ports};
use page::Page;
use period::Period;

pub(crate) const ROUTE: Route = Route::only(access::Scope::Operator, "GET /dashboard");

/// Everything that the dashboard shows.
struct Look {
    now: Instant,
    period: Period,
    segment: Option<Segment>,
    report: Report,
    /// The report on as many days just before.
    before: Report,
    /// The latest decisions; `None` if they could not be read.
    feed: Option<Vec<Entry>>,
}

impl<P: Ports> MetricsReport<P> {
    /// The dashboard, or the page that says why there is none.
    pub(crate) async fn dashboard(&self, call: &Call<'_>) -> Answer {
        let now = (self.clock)();
        match self.look(call, now).await {
            Ok(look) => look.page().answer(),
            Err(problem) => page::failure(&problem, now),
        }
    }

    async fn look(&self, call: &Call<'_>, now: Instant) -> Result<Look, Problem> {
        let (period, segment) = (Period::of_call(call, now.day())?, crate::segment(call)?);
        let before = period.before();
        // Looking at both periods costs as many requests as looking at either.
        let (rollups, feed, in_force) =
            tokio::join!(self.ports.read_rollups(before.from, period.to), self.ports.read_feed(), self.in_force());
        let rollups = rollups?;
        let yardsticks = in_force.yardsticks(self.reference.as_ref());
        let report = |Period { from, to, .. }: Period| {
            Report::of(Scope { from, to, segment, today: now.day() }, &rollups, yardsticks)
        };
        let feed = feed.inspect_err(|error| tracing::warn!(cause = %error, "the feed was not read")).ok();
        Ok(Look { now, period, segment, report: report(period), before: report(before), feed })
    }
}

impl Look {
    fn page(&self) -> Page<'static> {
        let is_empty = self.report.attempts == 0 && self.report.imported == 0;
        let segment = self.segment.map_or_else(String::new, |segment| format!(", {}", period::of_segment(segment)));
        let main = html! {
            p.period data-part="period" { (self.period.in_words()) (segment) }
            (verdicts::verdicts(self))
            @if is_empty {
                div.panel.empty data-part="empty" {
                    h2 { "Nothing was scored in this period" }
                    p { "Send an attempt to " code { "POST /v1/attempts" } ", or choose another period." }
                }
            } @else {
                (sections::sections(self))
            }
            (feed::live_feed(self.feed.as_deref()))
        };
        Page {
            title: "Financial Guardian",
            heading: html! { h1 { "Financial Guardian" } },
            controls: self.period.controls(self.segment),
            main,
            now: self.now,
        }
    }
}
