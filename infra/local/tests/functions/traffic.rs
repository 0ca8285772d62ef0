//! The traffic of `cargo local`: simulated customers, through the functions. What it sends and what it is told is as the contract
//! says, as is what can then be read of everybody.

use std::sync::Arc;
use std::time::Instant;

use engine::currency::Currency;
use local::client::Client;
use local::traffic::simulated::{Group, plan};
use local::traffic::{Api, Pace, Player, Tally};
use serde_json::Value;
use tokio::sync::RwLock;

use crate::http_server::{Answering, serve};
use crate::world::{World, call, golden, now, with_body, with_path};

/// How many customers: few, so that unoptimised functions are done in seconds; several, so that some are interrupted.
const CUSTOMERS: u32 = 4;

struct Functions(RwLock<World>);

impl Answering for Functions {
    async fn answer(&self, path: &str, body: Value) -> (String, String) {
        let world = self.0.read().await;
        let answer = if path == "/v1/attempts" {
            call(&world.score, &with_body(golden("score"), &body)).await
        } else {
            call(&world.customers, &with_path(with_body(golden("customers-purchases"), &body), path)).await
        };
        (format!("{} ", answer.status), answer.text)
    }
}

#[tokio::test]
async fn what_simulated_customers_do_is_as_the_contract_says() {
    let functions = Arc::new(Functions(RwLock::new(World::new().await)));
    let api = Api::new(Client::new(serve(Arc::clone(&functions)).await));
    let tally = Arc::new(Tally::new(Instant::now()));
    let group = Group { number: 0, seed: 7, customers: CUSTOMERS, currency: Currency::EUR };
    let mut plan = plan(group, now());
    let mut player = Player::new(&api, &tally, 2);
    player.import(&mut plan).await;
    functions.0.write().await.learn().await;
    player.live(&mut plan, Pace::AsAnswered).await;
    functions.0.write().await.learn().await;

    let counts = tally.counts();
    assert_eq!((counts.not_2xx, counts.first_not_2xx), (0, None));
    let interventions = counts.scored - counts.actions.get("allow").copied().unwrap_or_default();
    assert!(counts.imported > 0 && interventions > 0 && counts.feedback > 0, "{:?}", counts.actions);
    let world = functions.0.read().await;
    for customer in counts.customers {
        let path = |rest: &str| format!("/v1/customers/{}{rest}", customer.as_str());
        call(&world.customers, &with_path(golden("customers-profile"), &path("/profile"))).await.ok();
        call(&world.customers, &with_path(golden("customers-export"), &path("/export"))).await.ok();
        let page = with_path(golden("metrics-report-customer"), &format!("/dashboard/customers/{}", customer.as_str()));
        assert_eq!(call(&world.report, &page).await.status, 200);
    }
    call(&world.report, &golden("metrics-report")).await.ok();
    assert_eq!(call(&world.report, &golden("metrics-report-dashboard")).await.status, 200);
}
