//! `cargo local redrive`: what the stream trigger gave up is shown, or played back to the updater of the stack that runs.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;

use crate::client::Client;
use crate::console::Console;
use crate::ports::ports_from;
use crate::stack::{self, Surroundings, TABLE_NAME, UPDATER};
use crate::trigger::mapping::MappingError;
use crate::trigger::on_failure::{Message, OnFailureError};
use crate::trigger::redrive::{RedriveError, Redriven, redrive};
use crate::trigger::{LambdaFunction, OnFailure, Settings, SourceError, StreamSource};

/// What ends the command early.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Queue(#[from] OnFailureError),
    #[error(transparent)]
    Mapping(#[from] MappingError),
    #[error("{0} (is `cargo local` running, with this --port?)")]
    Stream(#[from] SourceError),
    #[error(transparent)]
    Redrive(#[from] RedriveError),
}

/// Shows the queue of the stack on this port, or plays it back. The exit code is 0 when the queue was shown or is empty now.
pub async fn run(port: u16, keep: Option<&Path>, list: bool, surroundings: &Surroundings) -> ExitCode {
    let console = Console::new();
    let queue = OnFailure::new(&stack::on_failure_folder(keep, &stack::logs(surroundings, port)));
    let done = if list { show(&queue, &console) } else { play_back(&queue, port, surroundings, &console).await };
    match done {
        Ok(code) => code,
        Err(error) => {
            console.warn(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn show(queue: &OnFailure, console: &Console) -> Result<ExitCode, CommandError> {
    let messages = queue.messages()?;
    messages.iter().for_each(|message| console.line(&in_words(message)));
    console.line(&format!("{} messages in {}", messages.len(), queue.path().display()));
    Ok(ExitCode::SUCCESS)
}

async fn play_back(
    queue: &OnFailure,
    port: u16,
    surroundings: &Surroundings,
    console: &Console,
) -> Result<ExitCode, CommandError> {
    if queue.messages()?.is_empty() {
        console.line(&format!("nothing to play back: no message in {}", queue.path().display()));
        return Ok(ExitCode::SUCCESS);
    }
    let settings = Settings::of_workspace(&surroundings.workspace, UPDATER)?;
    let [_, table, lambdas] = ports_from(port);
    let client = |port| Client::new(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let mut source = StreamSource::open(client(table), TABLE_NAME).await?;
    let updater = LambdaFunction::new(client(lambdas), UPDATER, settings.function_timeout);
    let (mut taken, mut kept) = (0, 0);
    let tell = |message: &Message, redriven: &Redriven| match redriven {
        Redriven::Taken(records) => {
            taken += 1;
            console.line(&format!("{}: {records} records learned", in_words(message)));
        }
        Redriven::Kept(reason) => {
            kept += 1;
            console.line(&format!("{}: kept, {reason}", in_words(message)));
        }
    };
    redrive(queue, &mut source, &updater, &settings, tell).await?;
    console.line(&format!("{taken} messages played back, {kept} kept in {}", queue.path().display()));
    Ok(if kept == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn in_words(message: &Message) -> String {
    let (request, batch) = (&message.request_context, &message.batch);
    format!(
        "{} {} after {} deliveries: {} records, {} to {}",
        message.timestamp,
        request.condition,
        request.approximate_invoke_count,
        batch.batch_size,
        batch.start_sequence_number,
        batch.end_sequence_number,
    )
}
