//! The program from outside: what it says when it cannot start.

use std::net::TcpListener;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_local")).args(arguments).output().unwrap()
}

#[track_caller]
fn check_refused(arguments: &[&str], code: i32, parts: &[&str]) {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is missing in: {said}");
    }
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    check_refused(&["--port", &port], 1, &[&format!("error: port {port} is in use"), "--port"]);
}

#[test]
fn a_history_that_is_not_there_is_known_at_once() {
    let columns = "occurred_at=T,customer_id=C,amount=A";
    check_refused(&["--data", "no-such.csv", "--columns", columns], 1, &["error: ", "no-such.csv"]);
}

#[test]
fn a_model_that_cannot_be_used_is_known_before_anything_is_built() {
    let output = Command::new(env!("CARGO_BIN_EXE_local"))
        .arg("--no-traffic")
        .env("MODEL_PATH", "no-such/model.json")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let path = std::env::current_dir().unwrap().join("no-such/model.json");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with(&format!("error: MODEL_PATH: {} cannot be read: ", path.display())), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn wrong_usage_is_told_from_failure() {
    check_refused(&["--prot", "1"], 2, &["--port"]);
    check_refused(&["--limit", "5"], 2, &["--data"]);
}

#[test]
fn help_names_every_option_and_no_inner_command() {
    let output = run(&["--help"]);
    let help = String::from_utf8_lossy(&output.stdout);
    for option in [
        "--port",
        "--keep",
        "--no-traffic",
        "--customers",
        "--seed",
        "--rate",
        "--concurrency",
        "--data",
        "--columns",
        "--currency",
        "--limit",
        "--import-share",
        "--exit",
        "--json",
        "--deliver-twice",
        "redrive",
        "browser",
        "kill ",
    ] {
        assert!(help.contains(option), "{option} is missing in: {help}");
    }
    for inner in ["watchdog", "emulator"] {
        assert!(!help.lines().any(|line| line.trim_start().starts_with(inner)), "{help}");
    }
}
