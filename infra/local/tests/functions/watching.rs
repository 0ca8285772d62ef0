//! What is watched is what is written: alarms and dashboard name metrics, dimensions and a namespace that the code writes; every
//! alarm has its page in the runbook and its place on the dashboard, and every page has an alarm.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use edge::metrics::{BatchMetrics, DecisionMetrics, NAMESPACE, PolicyMetrics, RequestMetrics};
use engine::decision::Action;
use metrique::writer::format::Format;
use metrique::{CloseValue, InflectableEntry, RootEntry};
use serde_json::Value;
use serde_yaml_ng::Value as Yaml;

use crate::template::{functions, part, resources, template};

/// The folder of the runbook, from this crate.
const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbook");

/// How the templates name the namespace of Guardian's own metrics.
const OWN: &str = "MetricsNamespace";

/// What AWS writes of itself and is watched here, by the dimension that it is asked for
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html>).
const OF_AWS: [(&str, &str, &[&str]); 4] = [
    (
        "AWS/Lambda",
        "FunctionName",
        &["ConcurrentExecutions", "Duration", "Errors", "Invocations", "IteratorAge", "Throttles"],
    ),
    ("AWS/ApiGateway", "ApiId", &["4xx", "5xx", "Count", "IntegrationLatency", "Latency"]),
    (
        "AWS/DynamoDB",
        "TableName",
        &["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"],
    ),
    ("AWS/SQS", "QueueName", &["ApproximateNumberOfMessagesVisible"]),
];

/// A metric that somebody looks at.
#[derive(Debug)]
struct Watched {
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
}

/// The names of dimensions under which one function writes one metric.
type Written = BTreeSet<(String, String, BTreeSet<String>)>;

/// What CloudWatch would make of this line of the log.
fn written_by<M>(written: &mut Written, metrics: M)
where
    M: CloseValue,
    M::Closed: InflectableEntry,
{
    let mut line = Vec::new();
    edge::metrics::format("somewhere").format(&RootEntry::new(metrics.close()), &mut line).unwrap();
    let line: Value = serde_json::from_slice(&line).unwrap();
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
        assert_eq!(directive["Namespace"], "somewhere");
        for dimensions in directive["Dimensions"].as_array().unwrap() {
            let names: BTreeSet<String> =
                dimensions.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
            for metric in directive["Metrics"].as_array().unwrap() {
                let (function, name) = (line["Function"].as_str().unwrap(), metric["Name"].as_str().unwrap());
                written.insert((function.to_owned(), name.to_owned(), names.clone()));
            }
        }
    }
}

/// Everything that the functions write.
fn written() -> Written {
    let (timestamp, took) = (SystemTime::UNIX_EPOCH, Duration::from_millis(1));
    let mut written = Written::new();
    for function in ["score", "customers", "metrics-report"] {
        let (requests, client_errors, server_errors) = (1, 0, 0);
        let route = "GET /";
        written_by(
            &mut written,
            RequestMetrics { timestamp, function, route, requests, client_errors, server_errors, duration: took },
        );
    }
    written_by(
        &mut written,
        DecisionMetrics {
            timestamp,
            function: "score",
            action: "allow",
            decisions: 1,
            interventions: 0,
            degraded: 0,
            unrecorded: 0,
            repeated: 0,
            learning: 0,
            rule_errors: 0,
            read: took,
            engine: took,
            write: took,
            model: "trees".to_owned(),
            policy: "default".to_owned(),
            missing: String::new(),
        },
    );
    written_by(
        &mut written,
        PolicyMetrics {
            timestamp,
            function: "score",
            policy_looks: 1,
            policies_unread: 0,
            policies_rejected: 0,
            rejected: String::new(),
            policy: "default".to_owned(),
        },
    );
    written_by(
        &mut written,
        BatchMetrics {
            timestamp,
            function: "profile-updater",
            records: 1,
            learned: 1,
            repeated: 0,
            ignored: 0,
            poison: 0,
            failed: 0,
            conflicts: 0,
            age: took,
            duration: took,
        },
    );
    written
}

/// The alarms: their names without the stack's, and what they are.
fn alarms() -> BTreeMap<String, Yaml> {
    let parts = ["alarms.yaml", "api.yaml"].map(part);
    let alarms = parts.iter().flat_map(|part| resources(part, "AWS::CloudWatch::Alarm"));
    alarms
        .map(|(_, alarm)| {
            let name = alarm["AlarmName"].as_str().unwrap().strip_prefix("${Name}-").unwrap();
            (name.to_owned(), alarm.clone())
        })
        .collect()
}

/// What an alarm watches: one metric of its own, or several of which it computes something.
fn watched_by(alarm: &Yaml) -> Vec<Watched> {
    let metric = |metric: &Yaml| {
        let text = |key: &str| metric[key].as_str().unwrap().to_owned();
        let dimensions = metric["Dimensions"].as_sequence().unwrap().iter();
        let text_of = |dimension: &Yaml, key: &str| dimension[key].as_str().unwrap().to_owned();
        let dimensions = dimensions.map(|it| (text_of(it, "Name"), text_of(it, "Value"))).collect();
        Watched { namespace: text("Namespace"), name: text("MetricName"), dimensions }
    };
    match alarm["Metrics"].as_sequence() {
        None => vec![metric(alarm)],
        Some(metrics) => {
            let measured = metrics.iter().filter(|it| it.get("MetricStat").is_some());
            measured.map(|it| metric(&it["MetricStat"]["Metric"])).collect()
        }
    }
}

/// The dashboard as CloudWatch reads it, with `${Name}` left as it stands.
fn dashboard() -> Value {
    let dashboards = resources(&part("dashboard.yaml"), "AWS::CloudWatch::Dashboard");
    let [(_, dashboard)] = dashboards.as_slice() else { panic!("one dashboard") };
    serde_json::from_str(dashboard["DashboardBody"].as_str().unwrap()).unwrap()
}

/// What a widget watches: `[namespace, name, dimension, value, …, {how it is shown}]`, or only how something is computed.
fn watched_on(widget: &Value) -> Vec<Watched> {
    let metrics = widget["properties"]["metrics"].as_array().into_iter().flatten();
    let parts = metrics.map(|metric| metric.as_array().unwrap().iter().filter_map(Value::as_str).collect::<Vec<_>>());
    parts
        .filter(|parts| !parts.is_empty())
        .map(|parts| Watched {
            namespace: parts[0].trim_matches(['$', '{', '}']).to_owned(),
            name: parts[1].to_owned(),
            dimensions: parts[2..].chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect(),
        })
        .collect()
}

#[track_caller]
fn check_is_written(watched: &Watched, written: &Written, place: &str) {
    if watched.namespace == OWN {
        let function = watched.dimensions["Function"].clone();
        let names = watched.dimensions.keys().cloned().collect();
        assert!(written.contains(&(function, watched.name.clone(), names)), "{place}: nobody writes {watched:?}");
        if let Some(action) = watched.dimensions.get("Action") {
            assert!(Action::ALL.iter().any(|it| it.name() == action), "{place}: {action} is no action");
        }
    } else {
        let of_aws = OF_AWS.iter().find(|(namespace, ..)| *namespace == watched.namespace);
        let Some((_, dimension, names)) = of_aws else { panic!("{place}: whose is {watched:?}?") };
        let is_known = names.contains(&watched.name.as_str()) && watched.dimensions.keys().eq([*dimension]);
        assert!(is_known, "{place}: AWS does not write {watched:?}");
    }
}

#[test]
fn alarms_watch_what_is_written() {
    let written = written();
    for (name, alarm) in alarms() {
        let watched = watched_by(&alarm);
        assert!(!watched.is_empty(), "{name}");
        watched.iter().for_each(|watched| check_is_written(watched, &written, &name));
    }
}

#[test]
fn the_dashboard_shows_what_is_written_and_every_alarm() {
    let (dashboard, written) = (dashboard(), written());
    let widgets = dashboard["widgets"].as_array().unwrap();
    let mut shown = BTreeSet::new();
    let mut metrics = 0;
    for widget in widgets {
        let title = widget["properties"]["title"].as_str().unwrap_or("the heading");
        for watched in watched_on(widget) {
            check_is_written(&watched, &written, title);
            metrics += 1;
        }
        for alarm in widget["properties"]["alarms"].as_array().into_iter().flatten() {
            let (_, name) = alarm.as_str().unwrap().split_once(":alarm:${Name}-").unwrap();
            assert!(shown.insert(name.to_owned()), "{name} is shown twice");
        }
    }
    assert!(metrics > 0, "the dashboard shows nothing");
    assert_eq!(shown, alarms().into_keys().collect());
}

#[test]
fn what_an_alarm_computes_is_of_metrics_that_it_has() {
    for (name, alarm) in alarms() {
        let Some(metrics) = alarm["Metrics"].as_sequence() else { continue };
        let text = |metric: &Yaml, key: &str| metric[key].as_str().map(str::to_owned);
        let measured = metrics.iter().filter(|metric| metric.get("MetricStat").is_some());
        let measured: BTreeSet<String> = measured.map(|metric| text(metric, "Id").unwrap()).collect();
        let computed: Vec<String> = metrics.iter().filter_map(|metric| text(metric, "Expression")).collect();
        let [expression] = computed.as_slice() else { panic!("{name} computes {computed:?}") };
        // Functions are written in capitals, and metrics in small letters.
        let words = expression.split(|letter: char| !letter.is_ascii_alphabetic());
        let used: BTreeSet<String> =
            words.filter(|word| word.starts_with(|it: char| it.is_ascii_lowercase())).map(str::to_owned).collect();
        assert_eq!(used, measured, "{name}: {expression}");
        let periods: BTreeSet<u64> =
            metrics.iter().filter_map(|metric| metric.get("MetricStat")?.get("Period")?.as_u64()).collect();
        assert_eq!(periods.len(), 1, "{name}: sums over different times");
    }
}

#[test]
fn every_alarm_has_its_page_and_every_page_its_alarm() {
    let mut named = BTreeSet::new();
    for (name, alarm) in alarms() {
        let (_, rest) = alarm["AlarmDescription"].as_str().unwrap().split_once("See infra/runbook/").unwrap();
        let page = rest.strip_suffix('.').unwrap();
        let text =
            std::fs::read_to_string(format!("{RUNBOOK}/{page}")).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(text.contains(&format!("`{name}`")), "{page} does not name {name}");
        for heading in ["\n## What it means\n", "\n## What to look at\n", "\n## What to do\n"] {
            assert!(text.contains(heading), "{page} has no{heading}");
        }
        named.insert(page.to_owned());
    }
    let pages = std::fs::read_dir(RUNBOOK).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(pages.collect::<BTreeSet<_>>(), named);
}

#[test]
fn every_function_has_alarms_that_undo_its_deployment() {
    let template = template();
    let outputs = part("alarms.yaml")["Outputs"].as_mapping().unwrap().clone();
    let offered: BTreeSet<String> =
        outputs.keys().map(|name| format!("Alarms.Outputs.{}", name.as_str().unwrap())).collect();
    let mut used = BTreeSet::new();
    for (name, function) in functions(&template) {
        let alarms = function["DeploymentPreference"]["Alarms"].as_sequence().unwrap();
        assert!(!alarms.is_empty(), "{name}");
        used.extend(alarms.iter().map(|alarm| alarm.as_str().unwrap().to_owned()));
    }
    assert_eq!(used, offered);
    for (name, output) in outputs {
        assert_eq!(output["Value"].as_str(), name.as_str(), "an output is the alarm of its name");
    }
}

#[test]
fn functions_alarms_and_dashboard_mean_the_same_namespace() {
    let template = template();
    let namespace = &template["Globals"]["Function"]["Environment"]["Variables"]["METRICS_NAMESPACE"];
    assert_eq!(namespace.as_str(), Some(format!("{NAMESPACE}/${{AWS::StackName}}").as_str()));
    for part in ["Alarms", "Dashboard"] {
        assert_eq!(&template["Resources"][part]["Properties"]["Parameters"][OWN], namespace, "{part}");
    }
}

/// A template that is a part is given every parameter that it has, and none that it has not.
#[test]
fn every_part_is_given_its_parameters() {
    let template = template();
    for (name, stack) in resources(&template, "AWS::CloudFormation::Stack") {
        let names = |value: &Yaml| -> BTreeSet<String> {
            value.as_mapping().unwrap().keys().map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        let wanted = part(stack["TemplateURL"].as_str().unwrap());
        assert_eq!(names(&stack["Parameters"]), names(&wanted["Parameters"]), "{name}");
    }
}
