//! The program as people run it: its files, its words, its exit codes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) fn lab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lab")).args(arguments).output().unwrap()
}

/// A path for one test's own file.
pub(crate) fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[track_caller]
pub(crate) fn check(arguments: &[&str], exit_code: i32, stdout: &[&str], stderr: &[&str]) {
    let output = lab(arguments);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(exit_code), "{out}{err}");
    for part in stdout {
        assert!(out.contains(part), "`{part}` is not in: {out}");
    }
    for part in stderr {
        assert!(err.contains(part), "`{part}` is not in: {err}");
    }
    if stderr.is_empty() {
        assert_eq!(err, "");
    }
}

#[test]
fn a_simulated_history_is_the_same_every_time_and_is_read_back() {
    let file = temporary("simulated.csv");
    let file = file.to_str().unwrap();
    let options = ["simulate", "--customers", "20", "--days", "40", "--seed", "9", "--start", "2026-02-01"];
    let written = [&options[..], &["--out", file]].concat();
    check(&written, 0, &["20 simulated customers in 40 days", " regretted"], &[]);
    let printed = lab(&options).stdout;
    assert_eq!(printed, std::fs::read(file).unwrap());
    assert_eq!(printed, lab(&options).stdout);
    let other_seed = lab(&["simulate", "--customers", "20", "--days", "40", "--seed", "8", "--start", "2026-02-01"]);
    assert_ne!(printed, other_seed.stdout);

    let rows = str::from_utf8(&printed).unwrap().lines().count() - 1;
    let rows = format!("rows             {},{:03} (plain)\n", rows / 1_000, rows % 1_000);
    check(&["inspect", "--data", file], 0, &[&rows, "customers        20\n", "order            by time\n"], &[]);
}

#[test]
fn inspecting_says_what_a_history_holds() {
    let file = temporary("inspected.csv");
    std::fs::write(&file, "T,C,A,L\n2,x,10.00,1\n1,y,20.00,0\n3,x,0,0\n4,x,30.00,\n").unwrap();
    check(
        &["inspect", "--data", file.to_str().unwrap(), "--columns", "occurred_at=T,customer_id=C,amount=A,label=L"],
        0,
        &[
            "rows             4 (plain), 1 skipped because their amount is not positive\n",
            "customers        2\n",
            "merchants        0\n",
            "categories       1: unknown (3)\n",
            "period           1970-01-01T00:00:01Z to 1970-01-01T00:00:04Z, 1 days\n",
            "order            1 rows lie before the row above them\n",
            "labels           2 known, 1 positive: base rate 50.000 %\n",
            "amounts EUR      least 10.00, 1 % 10.00, 25 % 20.00, median 20.00, 75 % 30.00, 99 % 30.00, most 30.00\n",
        ],
        &[],
    );
}

#[test]
fn failures_are_one_line_and_exit_code_1() {
    let (file, columns) = (temporary("failing.csv"), "occurred_at=T,customer_id=C,amount=A");
    std::fs::write(&file, "T,C,A\n2,x,ten\n").unwrap();
    let file = file.to_str().unwrap();
    check(&["inspect", "--data", file, "--columns", columns], 1, &[], &["error: ", "line 2, column A: found `ten`"]);
    check(&["inspect", "--data", file], 1, &[], &["no column `occurred_at`", "its columns are T, C, A"]);
    check(&["inspect", "--data", "/no/such.csv"], 1, &[], &["error: cannot open /no/such.csv"]);
    check(&["simulate", "--days", "1", "--out", "/no/such/dir.csv"], 1, &[], &["error: cannot write /no/such/dir.csv"]);
    let errors = lab(&["inspect", "--data", "/no/such.csv"]).stderr;
    assert_eq!(str::from_utf8(&errors).unwrap().lines().count(), 1);
}

#[test]
fn wrong_usage_is_explained_with_exit_code_2() {
    check(&[], 2, &[], &["Usage: cargo lab <COMMAND>"]);
    check(&["inspect"], 2, &[], &["--data <FILE>"]);
    check(&["inspect", "--data", "x", "--columns", "amount"], 2, &[], &["is not role=COLUMN"]);
    check(&["inspect", "--data", "x", "--currency", "euro"], 2, &[], &["ISO 4217"]);
    check(&["simulate", "--customers", "0"], 2, &[], &["1..=1000000"]);
    check(&["simulate", "--start", "tomorrow"], 2, &[], &["YYYY-MM-DD"]);
}

#[test]
fn help_names_the_commands_and_their_options() {
    check(
        &["--help"],
        0,
        &[
            "Usage: cargo lab <COMMAND>",
            "simulate ",
            "inspect ",
            "evaluate ",
            "train ",
            "features ",
            "calibrate ",
            "import ",
            "policy ",
            "backtest ",
            "evaluate-interventions ",
        ],
        &[],
    );
    check(
        &["simulate", "--help"],
        0,
        &["--customers <N>", "[default: 100]", "The same options give the same file"],
        &[],
    );
    check(&["inspect", "--help"], 0, &["--columns <ROLE=COLUMN,…>", "occurred_at=TX_DATETIME"], &[]);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["simulate", "--customers", "100", "--days", "365"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("id,occurred_at,"));
    drop(lines);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}
