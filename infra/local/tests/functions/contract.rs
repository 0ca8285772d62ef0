//! The contract, `infra/openapi.yaml`: [`crate::world::call`] holds every call of every test against it. Here: that its limits,
//! words and codes are the code's own, that its examples are as it says, and that it lets nothing through.

mod codes;
mod document;
pub(crate) mod exchanges;

use std::path::Path;

use engine::alarm_rate::MULTIPLE_RANGE;
use engine::cooling_off::Ending;
use engine::currency::Currency;
use engine::decision::{Action, Missing, ReasonCode, Strategy, WithheldFor};
use engine::entry::Outcome;
use engine::id::ID_LENGTH_MAX;
use engine::message::{Language, Tone};
use engine::money::AMOUNT_MINOR_MAX;
use engine::policy::{RULES_MAX, RuleResult};
use engine::profile::{LogAmounts, MERCHANTS_MAX, Tally};
use engine::rollup::Segment;
use engine::rollup::bins::SCORE_BINS;
use engine::settings::{BLOCKED_CATEGORIES_MAX, GOALS_MAX, LIMITS_MAX, Sensitivity};
use engine::signal::{Dimension, NATS_MAX};
use engine::text::NOTE_LENGTH_MAX;
use engine::time::{CLOCK_SKEW_MS_MAX, MINUTE_MS};
use lambda_http::Request;
use lambda_http::http::HeaderMap;
use local::gateway::routes::{Access, Routes};
use serde_json::{Value, json};
use store::ports::EXPORT_PAGE_ENTRIES;

pub(crate) use self::document::CONTRACT;
use self::document::{Contract, escaped};
use crate::world::{Answer, World, call, golden, with_path};

/// The document as it is written.
fn document() -> Value {
    serde_yaml_ng::from_str(&crate::template::root("infra/openapi.yaml")).unwrap()
}

#[track_caller]
fn check(pointer: &str, expect: impl Into<Value>) {
    assert_eq!(CONTRACT.document().pointer(pointer), Some(&expect.into()), "{pointer}");
}

#[test]
fn every_limit_is_the_codes() {
    let schema = |name: &str| format!("/components/schemas/{name}");
    for id in ["CustomerId", "IdempotencyKey", "MerchantId", "Category", "PaymentMethod"] {
        check(&(schema(id) + "/pattern"), format!("^[A-Za-z0-9_-]{{1,{ID_LENGTH_MAX}}}$"));
    }
    check(&schema("Note/maxLength"), NOTE_LENGTH_MAX);
    check(&schema("NewDecimal/anyOf/1/maximum"), AMOUNT_MINOR_MAX);
    check(&schema("NewSettings/properties/limits/maxItems"), LIMITS_MAX);
    check(&schema("Settings/properties/limits/maxItems"), LIMITS_MAX);
    check(&schema("NewSettings/properties/goals/maxItems"), GOALS_MAX);
    check(&schema("Settings/properties/goals/maxItems"), GOALS_MAX);
    check(&schema("NewSettings/properties/blocked_categories/maxItems"), BLOCKED_CATEGORIES_MAX);
    check(&schema("Nats/maximum"), NATS_MAX as i64);
    check(&schema("AlarmMultiple/minimum"), *MULTIPLE_RANGE.start());
    check(&schema("AlarmMultiple/maximum"), *MULTIPLE_RANGE.end() as i64);
    check(&schema("Decision/properties/rules/maxItems"), RULES_MAX);
    check(&schema("Profile/properties/categories/maxItems"), Tally::<LogAmounts>::NAMES_MAX);
    check(&schema("Profile/properties/payment_methods/maxItems"), Tally::<f64>::NAMES_MAX);
    check(&schema("Profile/properties/merchants_remembered/maximum"), MERCHANTS_MAX);
    check(&schema("Report/properties/scores/maxItems"), SCORE_BINS);
    check(&schema("Report/properties/days/maxItems"), metrics_report::DAYS_MAX);
    let of = |path: &str, rest: &str| format!("/paths/{}/{rest}", escaped(path));
    let purchases = "post/requestBody/content/application~1json/schema/properties/purchases/maxItems";
    check(&of("/v1/customers/{customer_id}/purchases", purchases), customers::PURCHASES_MAX);
    let page = "get/responses/200/content/application~1json/schema/properties/entries/maxItems";
    check(&of("/v1/customers/{customer_id}/export", page), EXPORT_PAGE_ENTRIES);
    check(&of("/dashboard", "get/parameters/0/schema/maximum"), metrics_report::DAYS_MAX);
}

#[test]
fn every_limit_in_words_is_the_codes() {
    let says = |pointer: &str, what: String| {
        let text = CONTRACT.document().pointer(pointer).and_then(Value::as_str).unwrap();
        assert!(text.contains(&what), "{pointer} does not say `{what}`: {text}");
    };
    let body = edge::http::BODY_BYTES_MAX;
    says("/info/description", format!("at most {body} bytes"));
    says("/components/responses/TooLarge/description", format!("more than {body} bytes"));
    says("/components/schemas/NewAmount/description", format!("at most {AMOUNT_MINOR_MAX} minor units"));
    says("/components/schemas/PastTime/description", format!("by more than {} minutes", CLOCK_SKEW_MS_MAX / MINUTE_MS));
    let days = format!("at most {} days", metrics_report::DAYS_MAX);
    says("/paths/~1v1~1report/get/description", days.clone());
    says("/components/parameters/From/description", days);
}

#[test]
fn every_word_is_the_codes() {
    let schema = |name: &str| format!("/components/schemas/{name}/enum");
    let property = |of: &str, rest: &str| format!("/components/schemas/{of}/properties/{rest}");
    check(&schema("Action"), Action::ALL.map(Action::name).to_vec());
    check(&schema("Outcome"), Outcome::ALL.map(Outcome::name).to_vec());
    check(&schema("Strategy"), Strategy::ALL.map(Strategy::name).to_vec());
    check(&schema("Sensitivity"), Sensitivity::ALL.map(Sensitivity::name).to_vec());
    check(&schema("ReasonCode"), ReasonCode::ALL.map(ReasonCode::name).to_vec());
    check(&property("Decision", "missing/items/enum"), Missing::ALL.map(Missing::name).to_vec());
    check(&property("Decision", "withheld/properties/why/enum"), WithheldFor::ALL.map(WithheldFor::name).to_vec());
    check(&property("Decision", "rules/items/properties/result/enum"), RuleResult::ALL.map(RuleResult::name).to_vec());
    check(&property("Decision", "deviations/required"), Dimension::ALL.map(Dimension::name).to_vec());
    check(&property("Settings", "language/enum"), Language::ALL.map(Language::tag).to_vec());
    check(&property("Settings", "tone/enum"), Tone::ALL.map(Tone::name).to_vec());
    let states = [&["waiting", "ready", "expired"][..], &Ending::ALL.map(Ending::name)].concat();
    check(&property("CoolingOff", "state/enum"), states);
    let segments = [&Segment::ALL.map(Segment::name)[..], &[""]].concat();
    check("/components/parameters/Segment/schema/enum", segments);
    let letters = 'A'..='Z';
    let all = letters.clone().flat_map(|one| letters.clone().map(move |two| [one, two]));
    let all = all.flat_map(|[one, two]| letters.clone().map(move |three| String::from_iter([one, two, three])));
    let currencies: Vec<String> = all.filter(|code| Currency::parse(code).is_ok()).collect();
    check(&schema("Currency"), currencies);
}

#[test]
fn every_code_is_one_that_is_emitted_and_every_emitted_one_is_listed() {
    assert_eq!(codes::listed(&CONTRACT), codes::emitted());
}

#[test]
fn every_scope_is_the_one_that_the_gateway_asks_for() {
    let routes = Routes::of_workspace(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let operations = CONTRACT.operations();
    for route in routes.iter() {
        let key = format!("{} {}", route.method, route.path);
        let (_, operation) = CONTRACT.at(&operations[&key]).unwrap();
        let mut listed = operation["security"].as_array().unwrap().clone();
        let expect: Vec<Value> = match &route.access {
            Access::Open => Vec::new(),
            Access::Token { scopes } => {
                assert_eq!(listed.pop(), Some(json!({ "signature": [] })), "{key}: or else a signature");
                scopes.iter().map(|scope| json!({ "token": [scope] })).collect()
            }
        };
        assert_eq!(listed, expect, "{key}");
    }
}

/// Every example, and the schema that it is of: of media types, parameters and headers, wherever they stand.
fn examples(contract: &Contract) -> Vec<(String, Value)> {
    fn look(value: &Value, pointer: &str, found: &mut Vec<(String, Value)>) {
        match value {
            Value::Object(fields) => {
                if fields.contains_key("schema") {
                    let schema = format!("{pointer}/schema");
                    found.extend(fields.get("example").map(|example| (schema.clone(), example.clone())));
                    let named = fields.get("examples").and_then(Value::as_object).into_iter().flatten();
                    found.extend(named.map(|(_, example)| (schema.clone(), example["value"].clone())));
                }
                fields.iter().for_each(|(name, value)| {
                    if name != "example" && name != "examples" {
                        look(value, &format!("{pointer}/{}", escaped(name)), found);
                    }
                });
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(place, item)| look(item, &format!("{pointer}/{place}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    look(contract.document(), "", &mut found);
    found
}

#[test]
fn every_example_is_as_its_schema_says() {
    let examples = examples(&CONTRACT);
    assert!(examples.len() > 40, "{}", examples.len());
    for (schema, example) in examples {
        CONTRACT.validate(&schema, &example).unwrap();
    }
}

#[test]
fn every_body_and_every_good_answer_has_an_example_and_golden_bodies_are_among_them() {
    for (route, pointer) in CONTRACT.operations() {
        let example_of = |media: &str| {
            let media = CONTRACT.document().pointer(media).unwrap();
            media.get("example").or(media.get("examples")).unwrap_or_else(|| panic!("{route}: no example"))
        };
        let document = CONTRACT.document();
        let (_, good) = CONTRACT.at(&format!("{pointer}/responses/200")).unwrap();
        if good["content"].get("application/json").is_some() {
            example_of(&format!("{pointer}/responses/200/content/application~1json"));
        }
        if document.pointer(&format!("{pointer}/requestBody")).is_some() {
            let file = example_of(&format!("{pointer}/requestBody/content/application~1json"))["golden"].clone();
            let name = file["summary"].as_str().unwrap().split(' ').nth(3).unwrap();
            let event = golden(name.strip_suffix(".json.").unwrap());
            assert_eq!(event["routeKey"], route);
            let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
            assert_eq!(body, file["value"], "{route}");
        }
    }
}

/// What is counted under names that nobody knows beforehand.
const BY_NAME: [&str; 6] = ["/reasons", "/impact", "/rules", "/shadows", "/policies", "/models"];

/// The value with something wrong in it: a field missing, one too many, or a value of another type; each with what was done.
fn spoilt(value: &Value) -> Vec<(String, Value)> {
    fn look(whole: &Value, at: &str, wrong: &mut Vec<(String, Value)>) {
        let spoil = |what: &str, spoil: &dyn Fn(&mut Value)| {
            let mut spoilt = whole.clone();
            spoil(spoilt.pointer_mut(at).unwrap());
            (format!("{what} at `{at}`"), spoilt)
        };
        match whole.pointer(at).unwrap() {
            Value::Object(fields) => {
                wrong.push(spoil("one too many", &|value| value["unheard_of"] = json!({ "of": true })));
                wrong.push(spoil("a list", &|value| *value = json!([0])));
                for name in fields.keys() {
                    if !BY_NAME.contains(&at) {
                        wrong.push(spoil(&format!("without `{name}`"), &|value| {
                            drop(value.as_object_mut().unwrap().remove(name));
                        }));
                    }
                    look(whole, &format!("{at}/{}", escaped(name)), wrong);
                }
            }
            Value::Array(items) => {
                wrong.push(spoil("true", &|value| *value = json!(true)));
                (0..items.len()).for_each(|place| look(whole, &format!("{at}/{place}"), wrong));
            }
            _ => wrong.push(spoil("a list of lists", &|value| *value = json!([[]]))),
        }
    }
    let mut wrong = Vec::new();
    look(value, "", &mut wrong);
    wrong
}

#[test]
fn an_answer_in_which_anything_is_wrong_is_refused() {
    let mut tried = 0;
    for (schema, example) in examples(&CONTRACT) {
        let is_good_answer = schema.contains("/responses/200/") && example.is_object();
        for (what, spoilt) in spoilt(&example).into_iter().filter(|_| is_good_answer) {
            assert!(CONTRACT.validate(&schema, &spoilt).is_err(), "{schema}: {what}");
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried}");
}

#[tokio::test]
async fn an_answer_that_nobody_promised_is_refused() {
    let event = golden("customers-erase");
    let answer = call(&World::new().await.customers, &event).await;
    let request = |event: &Value| edge::http::request(serde_json::from_str(&event.to_string()).unwrap());
    let asked = request(&event);
    let headers = HeaderMap::from_iter([("x-request-id".parse().unwrap(), "golden-request-8".parse().unwrap())]);
    let check = |request: &Request, answer: Answer, headers: &HeaderMap, expect: &str| {
        let violation = CONTRACT.check(request, &answer, headers).unwrap_err();
        assert!(violation.contains(expect), "{violation}");
    };
    assert_eq!(CONTRACT.check(&asked, &answer, &headers), Ok(()));
    check(&asked, answer.clone(), &HeaderMap::new(), "the header x-request-id is missing");
    check(&asked, Answer { status: 418, ..answer.clone() }, &headers, "responses/418 is not in the contract");
    let html = Answer { content_type: "text/html".to_owned(), ..answer.clone() };
    check(&asked, html, &headers, "content/text~1html is not in the contract");
    let other = Answer { text: r#"{"customer_id": "ada"}"#.to_owned(), ..answer.clone() };
    check(&asked, other, &headers, "entries_erased");
    let nowhere = request(&with_path(event.clone(), "/v1/nothing"));
    check(&nowhere, answer.clone(), &headers, "there is no such operation, but the answer 200");
    // An answer is as good as it can be, but the call should have been refused.
    let bad_id = request(&with_path(event, "/v1/customers/a.b"));
    check(&bad_id, answer, &headers, "a.b");
}
