//! `cargo lab policy`, as people run it.

use std::path::PathBuf;

use store::ports::{PolicyDocuments, ReadPolicies};

use crate::cli::{check, temporary};
use crate::imports::emulator::{Emulator, TABLE};

fn policy(name: &str, document: &str) -> PathBuf {
    let path = temporary(name);
    std::fs::write(&path, document).unwrap();
    path
}

const GOOD: &str = r#"{"version": "2026-11-a", "alpha": 0.01, "lists": {"trusted": ["a", "b"]}, "rules": [
    {"id": "trusted", "when": "merchant in lists.trusted", "then": "allow"},
    {"id": "late", "when": "hour < 5", "then": {"at_least": "warn"}, "state": "trial"}]}"#;

#[test]
fn checking_says_what_a_policy_holds_or_where_it_is_wrong() {
    let good = policy("good.json", GOOD);
    let good = good.to_str().unwrap();
    let fixed = policy("fixed.json", r#"{"version": "fixed", "strategies": {"priors_from": "policy"}}"#);
    check(&["policy", "check", fixed.to_str().unwrap()], 0, &[", priors as they are\n"], &[]);
    let summary = "policy 2026-11-a: alpha 1.000 %, ladder by risk (warn from 0.25, cool off from 0.5, block from 0.98); 2 rules \
                   (1 in trial, 0 off), 1 lists of 2 ids, 0 experiments (0 running), 10.000 % held out, priors moved by reviews\n";
    check(&["policy", "check", good], 0, &[summary], &[]);
    for (number, (document, error)) in [
        (r#"{"alpha": 1}"#, "policy, document: missing field `version`"),
        (r#"{"version": "v", "alpha": 2}"#, "policy, alpha: found 2, expected 0 to 1"),
        (r#"{"version": "v", "alhpa": 1}"#, "unknown field `alhpa`"),
        (
            r#"{"version": "v", "strategies": {"priors_from": "elsewhere"}}"#,
            "policy, strategies.priors_from: found `elsewhere`, expected one of reviews, policy",
        ),
        (
            r#"{"version": "v", "rules": [{"id": "r", "when": "price > 2.0", "then": "block"}]}"#,
            "policy, rules[0].when: `price > 2.0`: `price` is not known",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let bad = policy(&format!("bad-{number}.json"), document);
        let named = format!("error: cannot use {}: ", bad.display());
        // The good one is told of all the same, and the bad one twice as often as it is named.
        let files = ["policy", "check", bad.to_str().unwrap(), good, bad.to_str().unwrap()];
        check(&files, 1, &[summary], &[&format!("{named}policy"), error, &format!("\n{named}")]);
    }
    check(&["policy", "check", "/no/such.json"], 1, &[], &["error: cannot read /no/such.json"]);
    check(&["policy", "check"], 2, &[], &["<FILE>..."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_in_the_table_until_it_is_withdrawn() {
    let emulator = Emulator::start().await;
    let (path, url) = (policy("published.json", GOOD), emulator.url());
    let run = |command: &str, more: &[&str], exit_code, out: &[&str], err: &[&str]| {
        let base = ["policy", command, "--table", TABLE, "--endpoint-url", &url];
        check(&[&base[..], more].concat(), exit_code, out, err);
    };
    let held = async || emulator.table().read_policies().await.unwrap();
    let (live, shadow) = (Some(GOOD.to_owned()), Some(GOOD.to_owned()));

    let file = path.to_str().unwrap();
    run("publish", &[file], 0, &["policy 2026-11-a is now the live one of guardian (http://127.0.0.1"], &[]);
    assert_eq!(held().await, PolicyDocuments { live: live.clone(), ..PolicyDocuments::default() });
    run("publish", &["--role", "shadow", file], 0, &["is now the shadow one"], &[]);
    assert_eq!(held().await, PolicyDocuments { live: live.clone(), shadow, review: None });
    let bad = policy("unpublished.json", "{}");
    run("publish", &[bad.to_str().unwrap()], 1, &[], &["missing field `version`"]);
    run("withdraw", &["--role", "shadow"], 0, &["holds no shadow policy now"], &[]);
    assert_eq!(held().await, PolicyDocuments { live, ..PolicyDocuments::default() });
    run("withdraw", &[], 0, &["holds no live policy now"], &[]);
    assert_eq!(held().await, PolicyDocuments::default());
    check(
        &["policy", "publish", "--table", "no-such", "--endpoint-url", &url, file],
        1,
        &[],
        &["error: http://127.0.0.1"],
    );
}
