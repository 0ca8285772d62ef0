//! Imports into the embedded emulator: the program as people run it, and the library over a table that fails.

pub(crate) mod emulator;
mod faults;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use edge::json::Object;
use edge::wire::read_purchase;
use engine::entry::{Entry, Feedback};
use engine::id::{AttemptId, CustomerId, IdempotencyKey};
use engine::time::{Instant, LocalInstant};
use serde_json::Value;
use store::ports::{EntryChange, ReadEntry, UpdateEntry};
use store::schema::create_lasting_table;

use crate::cli::{check, temporary};
use emulator::{Emulator, REGION, TABLE};

const HEADER: &str = "id,occurred_at,customer_id,merchant_id,category,payment_method,amount,label\n";

/// A folder for one test, empty at its start.
fn folder(name: &str) -> PathBuf {
    let folder = temporary(&format!("import-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A history of so many rows of a few customers; some labelled.
fn history(rows: usize) -> String {
    let mut text = HEADER.to_owned();
    for row in 1..=rows {
        let (customer, label) = (row % 37, ["0", "", "1", ""][row % 4]);
        let (minute, second) = (row / 60 % 60, row % 60);
        text.push_str(&format!(
            "tx-{row},2026-01-02T03:{minute:02}:{second:02}+01:00,c{customer},m{},food,card,{row}.50,{label}\n",
            row % 11
        ));
    }
    text
}

fn write_history(folder: &Path, text: &str) {
    std::fs::write(folder.join("h.csv"), text).unwrap();
}

/// `cargo lab import` of `h.csv` in a folder.
fn command(folder: &Path, emulator: &Emulator, table: &str, more: &[&str]) -> Command {
    let mut command = command_at(folder, &emulator.url(), table, more);
    if let Some(access_key) = &emulator.access_key {
        command.env("AWS_ACCESS_KEY_ID", access_key).env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_REGION", REGION);
    }
    command
}

/// The same, wherever the table is, without credentials.
fn command_at(folder: &Path, endpoint: &str, table: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command
        .current_dir(folder)
        .args(["import", "--data", "h.csv", "--table", table, "--endpoint-url", endpoint])
        .args(more)
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_REGION");
    command
}

/// Runs an import and checks how it ended and what it said.
#[track_caller]
fn run(command: &mut Command, exit_code: i32, stdout: &[&str], stderr: &[&str]) {
    let Output { status, stdout: out, stderr: err } = command.output().unwrap();
    let (out, err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
    // A machine slow enough sees how far the import is now and then.
    let err: String = err.split_inclusive('\n').filter(|line| !line.ends_with(" % of the file read\n")).collect();
    assert_eq!(status.code(), Some(exit_code), "{out}{err}");
    for (parts, text) in [(stdout, &out), (stderr, &err)] {
        for part in parts {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
        assert!(!parts.is_empty() || text.is_empty(), "{text}");
    }
}

fn progress_path(folder: &Path) -> PathBuf {
    folder.join("h.csv.import-progress.json")
}

/// The rows that the progress file tells to be confirmed.
fn confirmed_rows(folder: &Path) -> u64 {
    let text = std::fs::read(progress_path(folder)).unwrap_or_else(|_| b"null".to_vec());
    serde_json::from_slice::<Value>(&text).unwrap()["confirmed"]["rows"].as_u64().unwrap_or_default()
}

/// Starts an import that takes a while, and returns when it is in the middle.
fn half_way(folder: &Path, emulator: &Emulator, table: &str) -> Child {
    let mut child = command(folder, emulator, table, &["--parallel", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while confirmed_rows(folder) == 0 {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it was half-way");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

/// A number below a million as the program writes it.
fn thousands(number: u64) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

fn customer(name: &str) -> CustomerId {
    CustomerId::parse(name).unwrap()
}

fn id_of(customer_id: &str, key: &str, occurred_at: &str) -> AttemptId {
    let at = LocalInstant::parse(occurred_at).unwrap().instant();
    AttemptId::derive(&customer(customer_id), &IdempotencyKey::parse(key).unwrap(), at)
}

async fn entry(emulator: &Emulator, customer_id: &str, id: AttemptId) -> Entry {
    emulator.table().read_entry(&customer(customer_id), id).await.unwrap().unwrap()
}

#[tokio::test]
async fn rows_become_entries_and_a_second_import_finds_only_duplicates() {
    let (emulator, folder) = (Emulator::start().await, folder("twice"));
    // A refund in the middle and one at the end are no purchases.
    let text = history(200) + "r-1,2026-01-05,c1,m1,food,card,-5,\n" + &history(300)[history(200).len()..];
    write_history(&folder, &(text + "r-2,2026-01-05,c1,m1,food,card,0,\n"));
    let first = ["302 rows: 300 imported, 0 duplicates, 0 conflicts, 2 skipped", "rows a second\n"];
    run(&mut command(&folder, &emulator, TABLE, &[]), 0, &first, &[]);
    let items = emulator.items(TABLE).await;
    assert_eq!(items.len(), 300);
    assert!(!progress_path(&folder).exists(), "nothing is left to resume");

    let second = ["302 rows: 0 imported, 300 duplicates, 0 conflicts, 2 skipped"];
    run(&mut command(&folder, &emulator, TABLE, &["--parallel", "3"]), 0, &second, &[]);
    assert_eq!(emulator.items(TABLE).await, items);
}

#[tokio::test]
async fn a_row_is_the_entry_that_the_api_would_make_of_it() {
    let (emulator, folder) = (Emulator::start().await, folder("api"));
    write_history(&folder, &format!("{HEADER}k-1,2026-03-14T09:26:53+01:00,ada,m1,groceries,debit_card,12.5,\n"));
    run(&mut command(&folder, &emulator, TABLE, &[]), 0, &["1 rows: 1 imported"], &[]);
    let body = br#"{"idempotency_key":"k-1","amount":{"value":"12.50","currency":"EUR"},"category":"groceries",
        "payment_method":"debit_card","merchant_id":"m1","occurred_at":"2026-03-14T09:26:53+01:00"}"#;
    let now = LocalInstant::parse("2026-03-15T00:00:00Z").unwrap().instant();
    let sent = read_purchase(Object::parse(body).unwrap(), customer("ada"), now).unwrap();
    let entry = entry(&emulator, "ada", sent.id).await;
    assert_eq!(entry, Entry::imported(sent.id, sent.attempt, entry.recorded_at));
}

#[tokio::test]
async fn an_import_that_was_killed_is_resumed_to_the_same_table() {
    let (emulator, folder) = (Emulator::start().await, folder("killed"));
    write_history(&folder, &history(3000));
    create_lasting_table(&emulator.client, "killed").await.unwrap();
    let mut child = half_way(&folder, &emulator, "killed");
    child.kill().unwrap();
    child.wait().unwrap();
    let before = confirmed_rows(&folder);
    assert!((1..3000).contains(&before), "{before}");

    let resumed = format!("3,000 rows (the first {} before): ", thousands(before));
    run(&mut command(&folder, &emulator, "killed", &[]), 0, &[&resumed, " 0 conflicts"], &[]);
    assert!(!progress_path(&folder).exists());
    run(&mut command(&folder, &emulator, TABLE, &[]), 0, &["3,000 rows: 3,000 imported"], &[]);
    assert_eq!(emulator.items("killed").await, emulator.items(TABLE).await);
}

#[tokio::test]
async fn an_interrupted_import_says_so_and_keeps_all_that_it_wrote() {
    let (emulator, folder) = (Emulator::start().await, folder("interrupted"));
    write_history(&folder, &history(3000));
    let child = half_way(&folder, &emulator, TABLE);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("the same command goes on after them") && said.ends_with("error: interrupted\n"), "{said}");
    let written = emulator.items(TABLE).await.len() as u64;
    assert_eq!(confirmed_rows(&folder), written, "what was under way was awaited");

    run(&mut command(&folder, &emulator, TABLE, &[]), 0, &["3,000 imported, 0 duplicates"], &[]);
    assert_eq!(emulator.items(TABLE).await.len(), 3000);
}

#[tokio::test]
async fn a_conflict_is_named_and_does_not_stop_the_import() {
    let (emulator, folder) = (Emulator::start().await, folder("conflict"));
    write_history(&folder, &history(20));
    run(&mut command(&folder, &emulator, TABLE, &[]), 0, &["20 imported"], &[]);
    let items = emulator.items(TABLE).await;

    // Row 3 costs something else now, and there is one more row.
    write_history(&folder, &history(21).replace(",3.50,", ",33.50,"));
    let id = id_of("c3", "tx-3", "2026-01-02T03:00:03+01:00").to_string();
    let named = ["error: 1 rows were not imported", "row 3 (", &id, ": another purchase)"];
    run(&mut command(&folder, &emulator, TABLE, &[]), 1, &["1 imported, 19 duplicates, 1 conflicts"], &named);
    assert!(!progress_path(&folder).exists(), "the history was imported to its end");
    let after = emulator.items(TABLE).await;
    assert_eq!(after.len(), 21);
    assert!(items.iter().all(|(key, item)| after.get(key) == Some(item)), "what the table holds stays");
}

#[tokio::test]
async fn labels_arrive_as_feedback() {
    let (emulator, folder) = (Emulator::start().await, folder("labels"));
    write_history(&folder, &history(4));
    run(&mut command(&folder, &emulator, TABLE, &[]), 0, &["4 imported"], &[]);
    let expected = [None, Some(Feedback::NotMe), None, Some(Feedback::NormalForMe)];
    let mut entries = Vec::new();
    for (row, feedback) in (1..).zip(expected) {
        let id = id_of(&format!("c{row}"), &format!("tx-{row}"), &format!("2026-01-02T03:00:0{row}+01:00"));
        let entry = entry(&emulator, &format!("c{row}"), id).await;
        assert_eq!((entry.feedback, entry.revision, entry.decision()), (feedback, 1, None), "row {row}");
        entries.push(entry);
    }

    // What the customer says later is newer than the label, and no conflict.
    let feedback = EntryChange::Feedback(Feedback::NormalForMe);
    assert!(emulator.table().update_entry(&entries[1], feedback).await.unwrap());
    run(&mut command(&folder, &emulator, TABLE, &[]), 0, &["0 imported, 4 duplicates"], &[]);
    // Without labels they do not matter, in either direction.
    run(&mut command(&folder, &emulator, TABLE, &["--without-labels"]), 0, &["4 duplicates, 0 conflicts"], &[]);
    create_lasting_table(&emulator.client, "unlabelled").await.unwrap();
    run(&mut command(&folder, &emulator, "unlabelled", &["--without-labels"]), 0, &["4 imported"], &[]);
    assert!(emulator.items("unlabelled").await.values().all(|item| !item.contains_key("feedback")));
    // A label that cannot arrive any more is not dropped silently.
    let held = ["error: 2 rows", "row 2 (", ": the purchase without a label), row 4 ("];
    run(&mut command(&folder, &emulator, "unlabelled", &[]), 1, &["2 duplicates, 2 conflicts"], &held);
}

#[tokio::test]
async fn a_bad_row_ends_the_import_and_loses_nothing_before_it() {
    let (emulator, folder) = (Emulator::start().await, folder("bad-row"));
    write_history(&folder, &history(50).replace(",40.50,", ",forty,"));
    let said = ["the first 39 rows are done", "error: h.csv, line 41, column amount: found `forty`, expected"];
    run(&mut command(&folder, &emulator, TABLE, &[]), 1, &["39 rows: 39 imported"], &said);
    assert_eq!((emulator.items(TABLE).await.len(), confirmed_rows(&folder)), (39, 39));

    // The corrected file is another file.
    write_history(&folder, &history(50));
    let refused =
        ["h.csv.import-progress.json is the progress of another import, of other data; --restart begins anew"];
    run(&mut command(&folder, &emulator, TABLE, &[]), 1, &[], &refused);
    let restarted = ["50 rows: 11 imported, 39 duplicates"];
    run(&mut command(&folder, &emulator, TABLE, &["--restart"]), 0, &restarted, &[]);

    write_history(&folder, &history(3).replace("2026-01-02T03:00:02", "2099-01-02T03:00:02"));
    let future = ["error: row 2 occurred at 2099-01-02T03:00:02+01:00, expected a time not later than now, 20"];
    run(&mut command(&folder, &emulator, TABLE, &[]), 1, &["1 rows: 0 imported, 1 duplicates"], &future);
}

#[tokio::test]
async fn progress_of_another_import_is_refused() {
    let (emulator, folder) = (Emulator::start().await, folder("refused"));
    write_history(&folder, &history(50).replace(",40.50,", ",forty,"));
    let said = ["line 41"];
    let mut stopped = command(&folder, &emulator, TABLE, &["--progress", "p.json"]);
    run(&mut stopped, 1, &["39 rows"], &said);
    create_lasting_table(&emulator.client, "another").await.unwrap();
    let with =
        |table: &str, more: &[&str]| command(&folder, &emulator, table, &[&["--progress", "p.json"], more].concat());
    let other_table = format!("into the table `guardian` at {url}, not `another` at {url}", url = emulator.url());
    run(&mut with("another", &[]), 1, &[], &["p.json is the progress of another import", &other_table, "--restart"]);
    let usd = ["which read the data as `--currency EUR`, not as `--currency USD`"];
    run(&mut with(TABLE, &["--currency", "USD"]), 1, &[], &usd);
    run(&mut with(TABLE, &["--without-labels"]), 1, &[], &["not as `--currency EUR --without-labels`"]);
    // The same one goes on, and comes to the same end.
    run(&mut with(TABLE, &[]), 1, &["39 rows (the first 39 before): 39 imported, 0 duplicates"], &said);

    emulator.client.delete_table().table_name(TABLE).send().await.unwrap();
    create_lasting_table(&emulator.client, TABLE).await.unwrap();
    run(&mut with(TABLE, &[]), 1, &[], &["that is there no more: this one was made later"]);

    std::fs::write(folder.join("p.json"), "{").unwrap();
    run(&mut with(TABLE, &[]), 1, &[], &["p.json is not the progress of an import: EOF"]);
    run(&mut with(TABLE, &["--progress", "no/such/p.json"]), 2, &[], &["cannot be used multiple times"]);
    let unwritable = ["error: cannot use the progress file no/such/p.json: "];
    run(&mut command(&folder, &emulator, TABLE, &["--progress", "no/such/p.json"]), 1, &[], &unwritable);
    assert_eq!(emulator.items(TABLE).await.len(), 0);
}

#[tokio::test]
async fn a_table_that_cannot_be_meant_is_one_clear_line() {
    let (emulator, folder) = (Emulator::start().await, folder("table"));
    write_history(&folder, &history(1));
    let url = emulator.url();
    let missing = format!("error: {url}: there is no table `guardien`\n");
    run(&mut command(&folder, &emulator, "guardien", &[]), 1, &[], &[&missing]);

    let key = KeySchemaElement::builder().attribute_name("user").key_type(KeyType::Hash).build().unwrap();
    let attribute = AttributeDefinition::builder().attribute_name("user").attribute_type(ScalarAttributeType::S);
    let request = emulator.client.create_table().table_name("users").billing_mode(BillingMode::PayPerRequest);
    request.key_schema(key).attribute_definitions(attribute.build().unwrap()).send().await.unwrap();
    let other = ["the table `users` has the keys user, expected pk, sk\n"];
    run(&mut command(&folder, &emulator, "users", &[]), 1, &[], &other);
    assert!(!progress_path(&folder).exists());

    let nobody = "http://127.0.0.1:9";
    let unreachable = format!(
        "error: {nobody}: DescribeTable: dispatch failure: io error: client error (Connect): tcp connect error: \
         Connection refused (os error 111)\n"
    );
    run(&mut command_at(&folder, nobody, TABLE, &[]), 1, &[], &[&unreachable]);
}

#[test]
fn wrong_usage_is_explained() {
    check(&["import", "--data", "x"], 2, &[], &["--table <NAME>"]);
    let with = |more: &[&'static str]| [&["import", "--data", "x", "--table", "t"], more].concat();
    check(&with(&["--parallel", "0"]), 2, &[], &["a number from 1 to 1024"]);
    check(&with(&["--endpoint-url", "localhost"]), 2, &[], &["an endpoint is a URL such as"]);
    check(&with(&[]), 1, &[], &["error: cannot read x: "]);
    check(&with(&["--data", "."]), 2, &[], &["cannot be used multiple times"]);
    check(&["import", "--help"], 0, &["--columns <ROLE=COLUMN,…>", "--restart", "dynamodb:PutItem"], &[]);
}

/// The time of imports through the library.
fn now() -> Instant {
    LocalInstant::parse("2026-03-14T10:00:00Z").unwrap().instant()
}
