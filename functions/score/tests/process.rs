//! The process as Lambda starts it: an environment, and a runtime API that hands out one event.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use engine::score::{Models, sha256};
use serde_json::Value;

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A folder with models that are not those compiled in: their trees are the same, the file that says so is another.
fn other_models() -> PathBuf {
    let default = Path::new(WORKSPACE).join("shared/engine/models/default");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("other-models");
    fs::create_dir_all(&folder).unwrap();
    let text = |file: &str| fs::read_to_string(default.join(file)).unwrap();
    let (before, after) = (text("model.json"), text("model.json") + "\n");
    let calibration = text("calibration.json").replace(&sha256(before.as_bytes()), &sha256(after.as_bytes()));
    fs::write(folder.join("model.json"), after).unwrap();
    fs::write(folder.join("calibration.json"), calibration).unwrap();
    fs::copy(default.join("forest.bin"), folder.join("forest.bin")).unwrap();
    folder
}

/// Starts the function. The table cannot be reached: nothing listens on port 1.
fn start(runtime_api: &str, model_path: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_score"))
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime_api),
            ("AWS_LAMBDA_FUNCTION_NAME", "score"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_REGION", "local"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"),
            ("TABLE_NAME", "guardian"),
            ("MODEL_PATH", model_path),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The next request's first line and body, and the connection to answer on.
fn accept(listener: &TcpListener) -> (String, Vec<u8>, TcpStream) {
    let mut connection = BufReader::new(listener.accept().unwrap().0);
    let mut line = || {
        let mut line = String::new();
        connection.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let first = line();
    let headers: Vec<String> = std::iter::from_fn(|| Some(line()).filter(|line| !line.is_empty())).collect();
    let length = headers.iter().find_map(|header| header.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    connection.read_exact(&mut body).unwrap();
    (first, body, connection.into_inner())
}

/// What the function answers to an event.
fn answer(model_path: &str, event: &[u8]) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut function = start(&listener.local_addr().unwrap().to_string(), model_path);

    let (first, _, mut connection) = accept(&listener);
    assert!(first.starts_with("GET /2018-06-01/runtime/invocation/next "), "{first}");
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n\
        lambda-runtime-aws-request-id: request-1\r\nlambda-runtime-deadline-ms: 4102444800000\r\n\
        lambda-runtime-invoked-function-arn: arn:aws:lambda:local:123456789012:function:score\r\n";
    write!(connection, "{head}content-length: {}\r\n\r\n", event.len()).unwrap();
    connection.write_all(event).unwrap();
    drop(connection);

    let (first, body, _connection) = accept(&listener);
    assert!(first.starts_with("POST /2018-06-01/runtime/invocation/request-1/response "), "{first}");
    function.kill().unwrap();
    function.wait().unwrap();
    let response: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(response["statusCode"], 200, "{response}");
    serde_json::from_str(response["body"].as_str().unwrap()).unwrap()
}

#[test]
fn decisions_are_those_of_the_model_that_model_path_names() {
    let event = fs::read(Path::new(WORKSPACE).join("events/score.json")).unwrap();
    let folder = other_models();
    let own = answer(folder.join("model.json").to_str().unwrap(), &event);
    let compiled_in = answer("", &event);

    let digits = &sha256(&fs::read(folder.join("model.json")).unwrap())[..12];
    assert_eq!(own["versions"]["model"], format!("trees-{digits}"));
    assert_eq!(compiled_in["versions"]["model"], Models::compiled_in().unwrap().version());
    assert_ne!(own["versions"], compiled_in["versions"]);
    assert_eq!(own["risk_score"], compiled_in["risk_score"], "the trees are the same");
}

#[test]
fn a_model_path_without_a_model_ends_the_process_with_one_line_that_says_so() {
    let ended = start("127.0.0.1:1", "/no/such/model.json").wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("MODEL_PATH: /no/such/model.json cannot be read"), "{said}");
}
