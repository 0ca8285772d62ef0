//! One request at a time, each kind in turn: what a decision takes when nobody else asks.

use serde_json::json;

use crate::bench::caller::Way;
use crate::bench::{Bench, BenchError, Latency, Work, samples};
use crate::build::FLOOR;
use crate::stack::{SCORER, UPDATER};

/// How many turns are made before the clock counts.
const WARM_UP: u32 = 50;

/// How many turns are made before the updater may catch up. It is held meanwhile, and Lambda would not wait for ever either.
const TURNS_HELD: u32 = 500;

/// The function of the customers.
const CUSTOMERS: &str = "customers";

/// What turns took.
#[derive(Debug)]
pub(super) struct Turns {
    pub(super) requests: u32,
    pub(super) score: Latency,
    pub(super) floor: Latency,
    pub(super) score_by_route: Latency,
    pub(super) outcome_by_route: Latency,
    pub(super) work: Vec<Work>,
}

impl Bench<'_> {
    /// Scores, does the same two calls bare, scores by the route, and tells the outcome of that, so often.
    pub(super) async fn in_turn(&self, requests: u32) -> Result<Turns, BenchError> {
        self.turns(WARM_UP).await?;
        self.console.line(&format!("{requests} requests of each kind, in turn"));
        let functions = [SCORER, FLOOR, CUSTOMERS];
        let before = functions.map(|function| self.processes.usage(function));
        let [mut score, mut floor, mut route, mut outcome] = [const { Vec::new() }; 4];
        let mut left = requests;
        while left > 0 {
            let some = left.min(TURNS_HELD);
            for turn in self.turns(some).await? {
                let [of_score, of_floor, of_route, of_outcome] = turn;
                score.push(of_score);
                floor.push(of_floor);
                route.push(of_route);
                outcome.push(of_outcome);
            }
            left -= some;
        }
        let turns = u64::from(requests);
        let counts = [(2 * turns, "decision"), (turns, "request"), (turns, "outcome")];
        let used = functions.into_iter().zip(before).zip(counts);
        let work = used
            .map(|((function, before), (count, of))| self.processes.usage(function).work(before, function, of, count));
        Ok(Turns {
            requests,
            score: Latency::of(score),
            floor: Latency::of(floor),
            score_by_route: Latency::of(route),
            outcome_by_route: Latency::of(outcome),
            work: work.collect(),
        })
    }

    async fn turns(&self, turns: u32) -> Result<Vec<[std::time::Duration; 4]>, BenchError> {
        let held = self.processes.hold(UPDATER);
        let mut all = Vec::new();
        for first in self.samples.take(3 * turns).step_by(3) {
            let [one, two, three] = [first, first + 1, first + 2].map(|number| self.samples.attempt(number));
            let score = self.caller.ask(Way::Score, &one).await?.elapsed;
            let floor = self.caller.ask(Way::Floor, &two).await?.elapsed;
            let by_route = self.caller.ask(Way::Route, &three).await?;
            let (customer, id) = (samples::customer((first + 2) % samples::CUSTOMERS), &by_route.attempt_id);
            let path = format!("/v1/customers/{customer}/attempts/{id}/outcome");
            let outcome = self.caller.post(&path, &json!({ "outcome": "proceeded" })).await?.elapsed;
            all.push([score, floor, by_route.elapsed, outcome]);
        }
        drop(held);
        self.learned().await?;
        Ok(all)
    }
}
