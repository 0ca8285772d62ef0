//! What must agree: routes in the template, the watch router and the golden events; permissions and ports; the stream's
//! filter and the store's keys.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_yaml_ng::Value as Yaml;

/// `POST /v1/attempts` → `score`.
type Routes = BTreeMap<String, String>;

fn root(file: &str) -> String {
    let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn template() -> Yaml {
    serde_yaml_ng::from_str(&root("infra/template.yaml")).unwrap()
}

/// Every function of the template, by the name of its folder.
pub(crate) fn functions(template: &Yaml) -> BTreeMap<String, Yaml> {
    let resources = template["Resources"].as_mapping().unwrap();
    let functions = resources.values().filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    functions
        .map(|function| {
            let properties = &function["Properties"];
            let folder = properties["CodeUri"].as_str().unwrap().strip_prefix("../functions/").unwrap();
            (folder.to_owned(), properties.clone())
        })
        .collect()
}

fn template_routes() -> Routes {
    let mut routes = Routes::new();
    for (name, function) in functions(&template()) {
        for event in function["Events"].as_mapping().unwrap().values().filter(|event| event["Type"] == "HttpApi") {
            let properties = &event["Properties"];
            let route = format!("{} {}", properties["Method"].as_str().unwrap(), properties["Path"].as_str().unwrap());
            assert_eq!(routes.insert(route, name.clone()), None);
        }
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
        let events = function["Events"].as_mapping().unwrap().values();
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
fn template_router_and_events_have_the_same_routes() {
    let routes = template_routes();
    assert_eq!(routes.len(), 13);
    assert_eq!(routes, router_routes());
    assert_eq!(routes, event_routes());
}

#[test]
fn the_schedule_sends_the_golden_event_of_a_route_that_is_in_no_api() {
    let scheduled = scheduled(&template());
    assert_eq!(scheduled, [("metrics-report".to_owned(), crate::world::golden("metrics-report-review"))]);
    let route = scheduled[0].1["routeKey"].as_str().unwrap();
    assert!(!template_routes().contains_key(route) && !router_routes().contains_key(route));
}

#[test]
fn each_functions_permissions_are_those_of_its_ports() {
    let ports = BTreeMap::from([
        ("score", score::actions()),
        ("customers", customers::actions()),
        ("profile-updater", profile_updater::actions()),
        ("metrics-report", metrics_report::actions()),
    ]);
    for (name, function) in functions(&template()) {
        let statements = function["Policies"][0]["Statement"].as_sequence().unwrap().clone();
        let actions: BTreeSet<String> = statements
            .iter()
            .flat_map(|statement| statement["Action"].as_sequence().unwrap().clone())
            .map(|action| action.as_str().unwrap().to_owned())
            .filter(|action| action.starts_with("dynamodb:"))
            .collect();
        let expected: BTreeSet<String> = ports[name.as_str()].iter().map(|action| (*action).to_owned()).collect();
        assert_eq!(actions, expected, "{name}");
    }
}

#[test]
fn whoever_reviews_writes_beside_the_policies_alone() {
    let functions = functions(&template());
    let statements = functions["metrics-report"]["Policies"][0]["Statement"].as_sequence().unwrap().clone();
    let is_writing = |statement: &&Yaml| {
        let actions = statement["Action"].as_sequence().unwrap();
        actions.iter().any(|action| action == "dynamodb:PutItem")
    };
    let writing: Vec<_> = statements.iter().filter(is_writing).collect();
    let keys = |statement: &Yaml| statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"].clone();
    assert_eq!(writing.len(), 1);
    assert_eq!(keys(writing[0]), Yaml::from(vec![store::keys::POLICIES]));
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
fn scoring_alone_can_be_given_a_model_of_ones_own() {
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
        check(&function["Environment"]["Variables"]["MODEL_PATH"], name == "score");
        // Whoever goes by the policy may find it in the layer as well.
        let goes_by_the_policy = ["score", "metrics-report"].contains(&name.as_str());
        check(&function["Layers"], goes_by_the_policy);
        assert_eq!(function["Environment"]["Variables"].get("POLICY_PATH").is_some(), goes_by_the_policy, "{name}");
    }
}
