//! What must agree: routes in the API's template, the watch router, the contract and the golden events; permissions and ports; the stream's
//! filter and the store's keys; time limits; what a new version is made for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_yaml_ng::Value as Yaml;

use crate::contract::CONTRACT;

/// `POST /v1/attempts` → `score`.
type Routes = BTreeMap<String, String>;

/// A file of the project, as text.
pub(crate) fn root(file: &str) -> String {
    let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// One of the templates in `infra/`.
pub(crate) fn part(file: &str) -> Yaml {
    serde_yaml_ng::from_str(&root(&format!("infra/{file}"))).unwrap()
}

pub(crate) fn template() -> Yaml {
    part("template.yaml")
}

/// Every resource of one type: its name and properties.
pub(crate) fn resources(template: &Yaml, of_type: &str) -> Vec<(String, Yaml)> {
    let resources = template["Resources"].as_mapping().unwrap().iter();
    resources
        .filter(|(_, resource)| resource["Type"] == of_type)
        .map(|(name, resource)| (name.as_str().unwrap().to_owned(), resource["Properties"].clone()))
        .collect()
}

/// The folder of a function's code.
fn folder(function: &Yaml) -> String {
    function["CodeUri"].as_str().unwrap().strip_prefix("../functions/").unwrap().to_owned()
}

/// Every function of the template, by the name of its folder.
pub(crate) fn functions(template: &Yaml) -> BTreeMap<String, Yaml> {
    let functions = resources(template, "AWS::Serverless::Function");
    functions.into_iter().map(|(_, function)| (folder(&function), function)).collect()
}

/// Each route of the API, by way of its integration and the alias that the template gives it.
pub(crate) fn template_routes() -> Routes {
    let (template, api) = (template(), part("api.yaml"));
    let folders: BTreeMap<String, String> = resources(&template, "AWS::Serverless::Function")
        .into_iter()
        .map(|(name, function)| (format!("{name}.Alias"), folder(&function)))
        .collect();
    let given = &template["Resources"]["Api"]["Properties"]["Parameters"];
    let mut routes = Routes::new();
    for (_, route) in resources(&api, "AWS::ApiGatewayV2::Route") {
        let target = route["Target"].as_str().unwrap();
        let integration = target.strip_prefix("integrations/${").unwrap().strip_suffix('}').unwrap();
        let called = &api["Resources"][integration]["Properties"]["IntegrationUri"];
        let alias = given[called.as_str().unwrap()].as_str().unwrap();
        let key = route["RouteKey"].as_str().unwrap().to_owned();
        assert_eq!(routes.insert(key, folders[alias].clone()), None);
    }
    routes
}

fn router_routes() -> Routes {
    let manifest: toml::Table = root("Cargo.toml").parse().unwrap();
    let router = manifest["workspace"]["metadata"]["lambda"]["watch"]["router"].as_table().unwrap();
    let mut routes = Routes::new();
    for (path, methods) in router {
        for method in methods.as_array().unwrap() {
            let route = format!("{} {path}", method["method"].as_str().unwrap());
            routes.insert(route, method["function"].as_str().unwrap().to_owned());
        }
    }
    routes
}

/// The events that a schedule sends, with the function that gets them.
fn scheduled(template: &Yaml) -> Vec<(String, Value)> {
    let mut scheduled = Vec::new();
    for (name, function) in functions(template) {
        let events = function["Events"].as_mapping().into_iter().flat_map(|events| events.values());
        for event in events.filter(|event| event["Type"] == "Schedule") {
            scheduled
                .push((name.clone(), serde_json::from_str(event["Properties"]["Input"].as_str().unwrap()).unwrap()));
        }
    }
    scheduled
}

/// The routes of the golden events that callers of the API send.
fn event_routes() -> Routes {
    let scheduled = scheduled(&template());
    let mut routes = Routes::new();
    for file in std::fs::read_dir(format!("{}/../../events", env!("CARGO_MANIFEST_DIR"))).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let event: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let Some(route) = event["routeKey"].as_str() else { continue };
        if scheduled.iter().any(|(_, known)| *known == event) {
            continue;
        }
        let functions = ["score", "customers", "metrics-report"];
        let function = functions.iter().find(|function| name.starts_with(*function)).unwrap();
        assert_eq!(routes.insert(route.to_owned(), (*function).to_owned()), None);
    }
    routes
}

#[test]
fn template_router_contract_and_events_have_the_same_routes() {
    let routes = template_routes();
    assert_eq!(routes.len(), 14);
    assert_eq!(routes, router_routes());
    assert_eq!(routes, event_routes());
    assert!(routes.keys().eq(CONTRACT.operations().keys()), "{:?}", CONTRACT.operations().keys());
}

#[test]
fn the_schedule_sends_the_golden_event_of_a_route_that_is_in_no_api() {
    let scheduled = scheduled(&template());
    assert_eq!(scheduled, [("metrics-report".to_owned(), crate::world::golden("metrics-report-review"))]);
    let route = scheduled[0].1["routeKey"].as_str().unwrap();
    assert!(!template_routes().contains_key(route) && !router_routes().contains_key(route));
}

/// What a function may do to the table.
fn statements(template: &Yaml, function: &Yaml) -> Vec<Yaml> {
    let role = function["Role"].as_str().unwrap().strip_suffix(".Arn").unwrap();
    let policies = template["Resources"][role]["Properties"]["Policies"].as_sequence().unwrap();
    let ports_policy = policies.iter().find(|policy| policy["PolicyName"] == "ports").unwrap();
    ports_policy["PolicyDocument"]["Statement"].as_sequence().unwrap().clone()
}

#[test]
fn each_functions_permissions_are_those_of_its_ports() {
    let ports = BTreeMap::from([
        ("score", score::actions()),
        ("customers", customers::actions()),
        ("profile-updater", profile_updater::actions()),
        ("metrics-report", metrics_report::actions()),
    ]);
    let template = template();
    for (name, function) in functions(&template) {
        let statements = statements(&template, &function);
        assert!(statements.iter().all(|statement| statement["Resource"].as_str() == Some("Table.Arn")), "{name}");
        let actions: BTreeSet<String> = statements
            .iter()
            .flat_map(|statement| statement["Action"].as_sequence().unwrap().clone())
            .map(|action| action.as_str().unwrap().to_owned())
            .collect();
        let expected: BTreeSet<String> = ports[name.as_str()].iter().map(|action| (*action).to_owned()).collect();
        assert_eq!(actions, expected, "{name}");
    }
}

#[test]
fn what_is_put_beside_entries_is_put_in_its_own_partition_alone() {
    check_put_alone("metrics-report", store::keys::POLICIES);
    check_put_alone("profile-updater", store::keys::FEED);
}

#[track_caller]
fn check_put_alone(function: &str, partition: &str) {
    let template = template();
    let statements = statements(&template, &functions(&template)[function]);
    let is_writing = |statement: &&Yaml| {
        let actions = statement["Action"].as_sequence().unwrap();
        actions.iter().any(|action| action == "dynamodb:PutItem")
    };
    let writing: Vec<_> = statements.iter().filter(is_writing).collect();
    let keys = |statement: &Yaml| statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"].clone();
    assert_eq!(writing.len(), 1);
    assert_eq!(keys(writing[0]), Yaml::from(vec![partition]));
}

#[test]
fn the_streams_filter_is_the_stores() {
    let functions = functions(&template());
    let stream = &functions["profile-updater"]["Events"]["Stream"]["Properties"];
    let pattern = stream["FilterCriteria"]["Filters"][0]["Pattern"].as_str().unwrap();
    let pattern: Value = serde_json::from_str(pattern).unwrap();
    assert_eq!(pattern["dynamodb"]["Keys"]["sk"]["S"][0]["prefix"], store::keys::ENTRY_PREFIX);
}

#[test]
fn who_scores_and_who_reports_can_be_given_a_model_of_ones_own() {
    let template = template();
    assert_eq!(
        template["Parameters"]["ModelLayerArn"]["Default"], "",
        "without being asked, the model is the compiled one"
    );
    assert_eq!(template["Parameters"]["ModelPath"]["Default"], "/opt/model/model.json");
    for (name, function) in functions(&template) {
        let check = |given: &Yaml, expect: bool| {
            let text = serde_yaml_ng::to_string(given).unwrap();
            assert_eq!(text.contains("!If") && text.contains("HasModelLayer"), expect, "{name}: {text}");
        };
        // The report compares attempts with what lies beside the model, and reviews by the policy.
        let goes_by_them = ["score", "metrics-report"].contains(&name.as_str());
        check(&function["Environment"]["Variables"]["MODEL_PATH"], goes_by_them);
        check(&function["Layers"], goes_by_them);
        assert_eq!(function["Environment"]["Variables"].get("POLICY_PATH").is_some(), goes_by_them, "{name}");
    }
}

#[test]
fn every_limit_of_a_route_is_for_a_route_and_every_route_wants_to_know_who_calls() {
    let api = part("api.yaml");
    let limits = api["Resources"]["Stage"]["Properties"]["RouteSettings"].as_mapping().unwrap();
    let routes = template_routes();
    for route in limits.keys() {
        assert!(routes.contains_key(route.as_str().unwrap()), "{route:?} is limited and is no route");
    }
    let waited_for: Vec<&str> =
        api["Resources"]["Stage"]["DependsOn"].as_sequence().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    for (name, route) in resources(&api, "AWS::ApiGatewayV2::Route") {
        let (is_limited, is_there) = (limits.contains_key(&route["RouteKey"]), waited_for.contains(&name.as_str()));
        assert_eq!(is_limited, is_there, "{name}: a route is there before it is limited");
        let type_and_id = serde_yaml_ng::to_string(&[&route["AuthorizationType"], &route["AuthorizerId"]]).unwrap();
        if route["RouteKey"] == "GET /dashboard/sign-in" {
            assert_eq!(route["AuthorizationType"], "NONE", "the page that holds nothing, and no other");
            continue;
        }
        for part in ["AccessIsJwt", "JWT", "AWS_IAM", "Tokens"] {
            assert!(type_and_id.contains(part), "{name}: {type_and_id}");
        }
    }
}

#[test]
fn whoever_waits_for_an_answer_gets_one_before_lambda_or_the_gateway_give_up() {
    let own = edge::http::ANSWER_BUDGET.as_secs();
    let called: BTreeSet<String> = template_routes().into_values().collect();
    let functions = functions(&template());
    let longest = called.iter().map(|name| functions[name]["Timeout"].as_u64().unwrap()).inspect(|timeout| {
        assert!(own < *timeout, "a function must end by itself");
    });
    let longest = longest.max().unwrap();
    for (name, integration) in resources(&part("api.yaml"), "AWS::ApiGatewayV2::Integration") {
        let gateway_ms = integration["TimeoutInMillis"].as_u64().unwrap();
        assert!((longest * 1000..=30_000).contains(&gateway_ms), "{name}: the gateway gives up after {gateway_ms} ms");
    }
}

/// SAM makes a new version for new code and new properties, but not for a new value of a parameter; `CloudFormation` does, if the
/// value stands in the version's description.
#[test]
fn whatever_parameter_a_function_sees_makes_a_new_version() {
    let template = template();
    let parameters: Vec<&str> =
        template["Parameters"].as_mapping().unwrap().keys().map(|name| name.as_str().unwrap()).collect();
    let text = |value: &Yaml| serde_yaml_ng::to_string(value).unwrap();
    let for_all = text(&template["Globals"]["Function"]["Environment"]);
    let mut seen_by_any = BTreeSet::new();
    for (name, function) in functions(&template) {
        let sees = text(&function["Environment"]) + &text(&function["Layers"]) + &for_all;
        let description = text(&function["VersionDescription"]);
        for parameter in parameters.iter().filter(|parameter| sees.contains(&format!("!Ref {parameter}"))) {
            assert!(description.contains(parameter), "{name}: {parameter} is not in {description}");
            seen_by_any.insert((*parameter).to_owned());
        }
    }
    assert_eq!(
        seen_by_any,
        ["CustomerClaim", "LogLevel", "ModelLayerArn", "ModelPath", "PolicyPath"].map(str::to_owned).into()
    );
}

/// SAM's cache knows a function's own folder only: with it, a change of the engine would not be deployed.
#[test]
fn whatever_is_built_is_built_anew() {
    let settings: toml::Table = root("infra/samconfig.toml").parse().unwrap();
    for (name, environment) in settings.iter().filter(|(_, value)| value.is_table()) {
        assert_eq!(environment["build"]["parameters"]["cached"], toml::Value::Boolean(false), "{name}");
    }
}

#[test]
fn the_access_log_is_json_and_knows_no_customer() {
    let api = part("api.yaml");
    let format = api["Resources"]["Stage"]["Properties"]["AccessLogSettings"]["Format"].as_str().unwrap();
    let fields: BTreeMap<String, String> = serde_json::from_str(format).unwrap();
    // A path holds a customer's id, an address and claims may be a customer's own.
    for telling in
        ["$context.path", "$context.identity", "$context.authorizer.claims", "$context.authorizer.principalId"]
    {
        assert!(!fields.values().any(|field| field.starts_with(telling)), "{telling}");
    }
    assert!(fields.values().any(|field| field == "$context.routeKey"));
}
