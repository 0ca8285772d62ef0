//! Who may ask what: by every route, with every kind of caller; and through the gateway, with every kind of token.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use edge::access::{Admits, CUSTOMER_CLAIM, Caller, Scope};
use edge::http::{Handler, request, respond};
use engine::id::AttemptId;
use http::Method;
use lambda_http::Body;
use local::client::{Answer, Client};
use local::gateway::Gateway;
use local::gateway::exchanges::Exchanges;
use local::gateway::issuer::{Issuer, Token};
use local::gateway::routes::{Access, Routes};
use local::trigger::lambda::{Handler as Invoked, Reply, Undelivered};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::contract::exchanges;
use crate::template::template_routes;
use crate::world::{World, call, golden, with_path};

/// The functions behind the API.
const FUNCTIONS: [&str; 3] = ["score", "customers", "metrics-report"];

/// Every route of the code with its function.
fn code_routes() -> impl Iterator<Item = (&'static str, &'static edge::Route)> {
    fn of<H: Handler>() -> impl Iterator<Item = (&'static str, &'static edge::Route)> {
        H::ROUTES.iter().map(|(route, _)| (H::FUNCTION, route))
    }
    of::<score::Score<store::Table>>()
        .chain(of::<customers::Customers<store::Table>>())
        .chain(of::<metrics_report::MetricsReport<store::Table>>())
}

/// The golden event of a route.
fn golden_of(route: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let names = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut events = names.map(|path| golden(path.file_stem().unwrap().to_str().unwrap()));
    events.find(|event| event["routeKey"] == route).unwrap_or_else(|| panic!("{route} has no golden event"))
}

/// The scopes of which a route asks for one.
fn scopes(admits: Admits) -> Option<BTreeSet<&'static str>> {
    match admits {
        Admits::Anybody | Admits::Schedule => None,
        Admits::Only(scope) => Some([scope.name()].into()),
        Admits::OneselfOr(scope) => Some([scope.name(), Scope::Own.name()].into()),
    }
}

/// What a function answers to an event: status and the problem's code.
async fn answered(world: &World, function: &str, event: &Value) -> (u16, String) {
    let answer = match function {
        "score" => call(&world.score, event).await,
        "customers" => call(&world.customers, event).await,
        _ => call(&world.report, event).await,
    };
    let is_problem = answer.content_type == "application/problem+json";
    let code = if is_problem { answer.json()["code"].as_str().unwrap().to_owned() } else { String::new() };
    (answer.status, code)
}

fn with_authorizer(mut event: Value, authorizer: &Value) -> Value {
    event["requestContext"]["authorizer"] = authorizer.clone();
    event
}

fn bearer(subject: &str, scopes: &[Scope]) -> Value {
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
    json!({ "jwt": { "claims": { "sub": subject, "scope": scopes.join(" ") }, "scopes": scopes } })
}

#[test]
fn code_and_template_have_the_same_routes_and_ask_for_the_same_scopes() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let routes = Routes::of_workspace(&workspace).unwrap();
    let played: BTreeMap<String, (String, Option<BTreeSet<String>>)> = routes
        .iter()
        .map(|route| {
            let scopes = match &route.access {
                Access::Open => None,
                Access::Token { scopes } => Some(scopes.iter().cloned().collect()),
            };
            (format!("{} {}", route.method, route.path), (route.function.clone(), scopes))
        })
        .collect();
    let coded = code_routes().filter(|(_, route)| route.admits != Admits::Schedule).map(|(function, route)| {
        let scopes = scopes(route.admits).map(|scopes| scopes.into_iter().map(str::to_owned).collect());
        (route.name.to_owned(), (function.to_owned(), scopes))
    });
    assert_eq!(played, coded.collect());
    let functions: BTreeMap<_, _> = played.into_iter().map(|(route, (function, _))| (route, function)).collect();
    assert_eq!(functions, template_routes(), "the gateway plays all of them");
}

#[tokio::test]
async fn no_route_answers_a_caller_whom_nobody_knows() {
    let world = World::new().await;
    for (function, route) in code_routes() {
        let mut event = golden_of(route.name);
        event["requestContext"].as_object_mut().unwrap().remove("authorizer");
        event["requestContext"]["apiId"] = json!("a1b2c3d4e5");
        for authorizer in [json!(null), json!({}), json!({ "lambda": { "scope": "guardian/customers" } })] {
            let answer = answered(&world, function, &with_authorizer(event.clone(), &authorizer)).await;
            let expect = match route.admits {
                Admits::Anybody => (200, String::new()),
                _ => (401, "NOT_AUTHENTICATED".to_owned()),
            };
            assert_eq!(answer, expect, "{} {authorizer}", route.name);
        }
    }
}

#[tokio::test]
async fn every_route_asks_for_its_scope() {
    let world = World::new().await;
    for (function, route) in code_routes().filter(|(_, route)| route.admits != Admits::Anybody) {
        let mut event = golden_of(route.name);
        event["requestContext"]["apiId"] = json!("a1b2c3d4e5");
        for scope in [None].into_iter().chain(Scope::ALL.map(Some)) {
            let held: Vec<Scope> = scope.into_iter().collect();
            // Of somebody else, so that the scope for oneself opens nothing.
            let event = with_authorizer(event.clone(), &bearer("somebody-else", &held));
            let (status, code) = answered(&world, function, &event).await;
            let opens = scope.is_some_and(|scope| {
                scope != Scope::Own && scopes(route.admits).is_some_and(|scopes| scopes.contains(scope.name()))
            });
            assert_eq!(!matches!(status, 401 | 403), opens, "{} {scope:?}: {status} {code}", route.name);
            if !opens {
                assert_eq!((status, code.as_str()), (403, "FORBIDDEN"), "{} {scope:?}", route.name);
            }
        }
        let iam = json!({ "iam": { "userArn": "arn:aws:sts::123456789012:assumed-role/backend/b", "accountId": "1" } });
        let (status, _) = answered(&world, function, &with_authorizer(event, &iam)).await;
        assert_eq!(status == 403, route.admits == Admits::Schedule, "{}: {status}", route.name);
    }
}

#[tokio::test]
async fn a_customers_token_reaches_that_customer_alone() {
    let world = World::new().await;
    let mut reached = BTreeSet::new();
    for (function, route) in code_routes().filter(|(_, route)| matches!(route.admits, Admits::OneselfOr(_))) {
        let event = golden_of(route.name);
        for (subject, is_oneself) in [("ada", true), ("eve", false), ("ADA", false), ("ada ", false), ("", false)] {
            let event = with_authorizer(event.clone(), &bearer(subject, &[Scope::Own]));
            let (status, code) = answered(&world, function, &event).await;
            assert_eq!((status, code.as_str()) != (403, "FORBIDDEN"), is_oneself, "{} {subject:?}", route.name);
        }
        reached.insert(route.name);
    }
    assert_eq!(reached.len(), 8, "{reached:?}");
    // A path that only looks like one's own is another's.
    for path in ["/v1/customers/eve/profile", "/v1/customers/%61da/profile", "/v1/customers/ada%2f/profile"] {
        let event = with_authorizer(with_path(golden("customers-profile"), path), &bearer("ada", &[Scope::Own]));
        assert_eq!(answered(&world, "customers", &event).await, (403, "FORBIDDEN".to_owned()), "{path}");
    }
}

/// A function of the world, behind the gateway.
struct InProcess {
    function: &'static str,
    world: Arc<World>,
}

impl Invoked for InProcess {
    fn name(&self) -> &str {
        self.function
    }

    async fn invoke(&self, event: &Value) -> Result<Reply, Undelivered> {
        let request = request(serde_json::from_str(&event.to_string()).unwrap());
        let caller = Caller::of(&request, CUSTOMER_CLAIM);
        let response = match self.function {
            "score" => Box::pin(respond(&self.world.score, &caller, request)).await,
            "customers" => Box::pin(respond(&self.world.customers, &caller, request)).await,
            _ => Box::pin(respond(&self.world.report, &caller, request)).await,
        };
        let Body::Text(body) = response.body() else { panic!("an answer is a text") };
        let headers: BTreeMap<&str, &str> =
            response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let status = response.status().as_u16();
        Ok(Reply::Response(json!({ "statusCode": status, "headers": headers, "body": body, "isBase64Encoded": false })))
    }
}

/// The key of the gateway's issuer.
const KEY: [u8; 32] = [7; 32];

/// Sends the golden event of a route as an HTTP request to a gateway.
async fn sent(client: &Client, event: &Value) -> Answer {
    let method: Method = event["requestContext"]["http"]["method"].as_str().unwrap().parse().unwrap();
    let (path, query) = (event["rawPath"].as_str().unwrap(), event["rawQueryString"].as_str().unwrap());
    let address = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let body = event["body"].as_str().unwrap_or_default().to_owned();
    let headers = [(http::header::CONTENT_TYPE, "application/json")];
    client.send(method, &address, &headers, body.into()).await.unwrap()
}

#[tokio::test]
async fn the_gateway_lets_in_whoever_has_a_token_that_holds() {
    let world = Arc::new(World::new().await);
    let routes = Routes::of_workspace(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let functions = FUNCTIONS.map(|function| InProcess { function, world: Arc::clone(&world) });
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("access.jsonl");
    let gateway = Gateway::new(routes.clone(), Issuer::with_key(KEY.to_vec()), functions)
        .with_exchanges(Some(Exchanges::in_file(&file).unwrap()));
    let serving = tokio::spawn(gateway.serve(listener));
    let hour = Duration::from_hours(1);
    let issue = |key: [u8; 32], token: &Token<'_>| Issuer::with_key(key.to_vec()).issue(token).unwrap();

    let mut refused = 0;
    for route in routes.iter() {
        let key = format!("{} {}", route.method, route.path);
        let event = golden_of(&key);
        let Access::Token { scopes } = &route.access else {
            assert_eq!(sent(&Client::new(address), &event).await.status, 200, "{key} is for anybody");
            continue;
        };
        let needed = Scope::ALL.into_iter().find(|scope| scopes.contains(&scope.name().to_owned())).unwrap();
        let held = [needed];
        let good = Token::new("backend", &held, hour);
        let expired = Token { expires_at: SystemTime::now() - hour, ..good.clone() };
        let genuine = issue(KEY, &good);
        let [header, claims, signature] = genuine.split('.').collect::<Vec<_>>()[..] else { panic!("{genuine}") };
        // {"alg":"none","typ":"JWT"}
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
        let other_claims = issue(KEY, &Token::new("eve", &Scope::ALL, hour)).split('.').nth(1).unwrap().to_owned();
        let unauthorized = [
            ("no token", None),
            ("no word", Some(String::new())),
            ("nonsense", Some("nonsense".to_owned())),
            ("expired", Some(issue(KEY, &expired))),
            ("another audience", Some(issue(KEY, &Token { audience: "shop", ..good.clone() }))),
            ("another issuer", Some(issue(KEY, &Token { issuer: "https://id.example.com", ..good.clone() }))),
            ("signed by somebody else", Some(issue([8; 32], &good))),
            ("unsigned", Some(unsigned)),
            ("claims put in its place", Some(format!("{header}.{other_claims}.{signature}"))),
            ("half a signature", Some(format!("{header}.{claims}.{}", &signature[..signature.len() / 2]))),
        ];
        for (what, token) in unauthorized {
            let client = Client::new(address);
            let client = token.as_ref().map_or(client.clone(), |token| client.with_token(token));
            let answer = sent(&client, &event).await;
            assert_eq!(answer.status, 401, "{key}: {what}");
            assert_eq!(answer.json::<Value>().unwrap(), json!({ "message": "Unauthorized" }), "{key}: {what}");
            assert!(answer.headers.contains_key("www-authenticate"), "{key}: {what}");
            refused += 1;
        }
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|it| !scopes.contains(&it.name().to_owned())).collect();
        for held in [&[][..], &others] {
            let client = Client::new(address).with_token(&issue(KEY, &Token::new("ada", held, hour)));
            let answer = sent(&client, &event).await;
            assert_eq!(
                (answer.status.as_u16(), answer.excerpt().as_str()),
                (403, r#"{"message":"Forbidden"}"#),
                "{key}"
            );
        }
        if scopes.contains(&Scope::Own.name().to_owned()) {
            let client = Client::new(address).with_token(&issue(KEY, &Token::new("eve", &[Scope::Own], hour)));
            let answer = sent(&client, &event).await;
            assert_eq!(answer.status, 403, "{key}: another customer's");
            assert_eq!(
                answer.json::<Value>().unwrap()["code"],
                "FORBIDDEN",
                "it is the function that looks who is meant"
            );
        }
        let answer = sent(&Client::new(address).with_token(&genuine), &event).await;
        assert!(!matches!(answer.status.as_u16(), 401 | 403), "{key}: {} {}", answer.status, answer.excerpt());
    }

    let client = Client::new(address).with_token(&issue(KEY, &Token::new("backend", &Scope::ALL, hour)));
    for (method, path) in [("GET", "/"), ("GET", "/v1/attempts"), ("POST", "/v1/review"), ("PATCH", "/v1/report")] {
        let answer = client.send(method.parse().unwrap(), path, &[], "".into()).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.excerpt().as_str()), (404, r#"{"message":"Not Found"}"#), "{path}");
    }
    serving.abort();

    let found = exchanges::checked(&file);
    let of_status =
        |status: u16| found.iter().filter(|((_, it), _)| *it == status).map(|(_, count)| count).sum::<u64>();
    assert_eq!((of_status(401), of_status(404)), (refused, 4), "{found:?}");
    // As every token begins: `{"` in base64.
    assert!(!std::fs::read_to_string(&file).unwrap().contains("eyJ"), "a token was written down");
}

#[tokio::test]
async fn a_customer_scores_and_looks_back_with_a_token_of_their_own() {
    let world = World::new().await;
    let own = bearer("ada", &[Scope::Own]);
    let decision = call(&world.score, &with_authorizer(golden("score"), &own)).await.ok();
    let id = AttemptId::parse(decision["attempt_id"].as_str().unwrap()).unwrap();
    let path = format!("/v1/customers/ada/attempts/{id}");
    let event = with_authorizer(with_path(golden("customers-attempt"), &path), &own);
    assert_eq!(call(&world.customers, &event).await.ok()["attempt_id"], id.to_string());
}
