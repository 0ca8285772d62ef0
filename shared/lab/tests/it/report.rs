//! `cargo lab report` against something that answers as the API does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread;

use serde_json::json;

/// Runs the command against a server that gives one answer, and tells what was asked.
fn report(arguments: &[&str], status: &'static str, body: String) -> (String, Output) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = String::new();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        while lines.read_line(&mut asked).unwrap() > 2 {}
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        // Until the other side has read it all.
        let _ = stream.read(&mut [0]);
        asked
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    let output = command.args(["report", "--url", &url]).args(arguments).env("GUARDIAN_TOKEN", "abc").output().unwrap();
    (server.join().unwrap(), output)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_report_is_printed_as_tables() {
    let share = json!({ "value": 0.8, "ci95": [0.49, 0.943], "count": 8, "of": 10 });
    let body = json!({
        "from": "2026-03-01", "to": "2026-03-31", "segment": "known", "attempts": 1_234_567, "imported": 0,
        "quality": { "precision": share, "labelled": 10, "unlabelled": 5, "expected_late": 2 },
        "impact": { "EUR": { "hold_out": { "spending_avoided": { "value": 800.4, "ci95": [-12.0, 1600.0] }, "held_out": 4 } } },
        "drift": { "signals": [{ "signal": "amount", "psi": 0.31, "shift": "changed" }], "suggestion": "look" },
    });
    let (asked, output) = report(&["--from", "2026-03-01", "--segment", "known"], "200 OK", body.to_string());
    assert!(asked.starts_with("GET /v1/report?from=2026-03-01&segment=known HTTP/1.1"), "{asked}");
    assert!(asked.to_lowercase().contains("authorization: bearer abc"), "{asked}");
    let said = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "2026-03-01 to 2026-03-31 (UTC), known customers",
        "1,234,567 attempts scored",
        "80.00 % (49.00 % to 94.30 %; 8 of 10)",
        "800 (-12 to 1600)",
        "amount 0.310 changed",
        "to do: look",
    ] {
        assert!(said.contains(part), "{part:?} is missing in:\n{said}");
    }
    assert!(output.status.success());
}

#[test]
fn what_is_refused_says_what_was_expected() {
    let problem = json!({ "detail": "The parameter `segment` is unknown.", "expected": "one of `new`" });
    let (_, output) = report(&["--segment", "rich"], "400 Bad Request", problem.to_string());
    let said = text(&output.stderr);
    assert!(said.contains("400: The parameter `segment` is unknown. Expected one of `new`."), "{said}");
    assert!(!output.status.success());
    let (_, output) = report(&[], "200 OK", "<html>".to_owned());
    assert!(text(&output.stderr).contains("this is no report"), "{}", text(&output.stderr));
}

#[test]
fn another_format_is_printed_as_it_came() {
    let (asked, output) = report(&["--format", "csv"], "200 OK", "figure,value\r\nattempts,1\r\n".to_owned());
    assert!(asked.contains("format=csv"), "{asked}");
    assert_eq!(text(&output.stdout), "figure,value\r\nattempts,1\n");
}
