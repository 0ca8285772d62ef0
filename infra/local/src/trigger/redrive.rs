//! Playing back what was given up: from the queue, through the stream, to the function.
//!
//! A message says only where its records are, so they are read again, as anybody must who takes such a message from SQS. A
//! message whose records were all taken leaves the queue; any other stays.

use std::collections::VecDeque;

use crate::trigger::lambda::{Handler, Undelivered};
use crate::trigger::mapping::Settings;
use crate::trigger::on_failure::{BatchInfo, Message, OnFailure, OnFailureError};
use crate::trigger::record::{self, Record};
use crate::trigger::rules::{Verdict, verdict};
use crate::trigger::source::{RecordSource, SourceError, StreamSource};

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redriven {
    /// The function took so many records; the message is gone.
    Taken(usize),
    /// It is still there, for this reason.
    Kept(String),
}

/// Why playing back ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// The queue could not be read or written.
    #[error(transparent)]
    Queue(#[from] OnFailureError),
    /// The stream could not be read.
    #[error(transparent)]
    Stream(#[from] SourceError),
    /// The function was not reached.
    #[error(transparent)]
    Undelivered(#[from] Undelivered),
}

/// Plays back every message of the queue, the oldest first, and tells of each what became of it.
///
/// # Errors
/// [`RedriveError`] if the queue, the stream or the function is not there; what was not played back yet stays.
pub async fn redrive(
    queue: &OnFailure,
    source: &mut StreamSource,
    handler: &impl Handler,
    settings: &Settings,
    mut tell: impl FnMut(&Message, &Redriven),
) -> Result<(), RedriveError> {
    for message in queue.messages()? {
        let redriven = play_back(&message.batch, source, handler, settings).await?;
        if let Redriven::Taken(_) = redriven {
            queue.remove(&message)?;
        }
        tell(&message, &redriven);
    }
    Ok(())
}

async fn play_back(
    batch: &BatchInfo,
    source: &mut StreamSource,
    handler: &impl Handler,
    settings: &Settings,
) -> Result<Redriven, RedriveError> {
    if batch.stream_arn != source.stream_arn() || batch.shard_id != source.shard_id() {
        return Ok(Redriven::Kept("its table is not the one that is running".to_owned()));
    }
    let records = match source.read_between(&batch.start_sequence_number, &batch.end_sequence_number).await {
        Ok(records) => records,
        // Such as the refusal to read what the stream no longer has. It must not stand before other messages.
        Err(error @ SourceError::Refused { .. }) => return Ok(Redriven::Kept(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    let mut records: VecDeque<Record> = records.into_iter().filter(|it| settings.filter.lets_through(it)).collect();
    let found = records.len();
    if found < batch.batch_size {
        return Ok(Redriven::Kept(format!("the stream has {found} of its {} records left", batch.batch_size)));
    }
    while !records.is_empty() {
        let some: Vec<Record> = records.drain(..settings.batch_size.min(records.len())).collect();
        let reply = handler.invoke(&record::event(&some)).await?;
        let numbers: Vec<&str> = some.iter().map(Record::sequence_number).collect();
        match verdict(&reply, &numbers, settings.rules.report_item_failures) {
            Verdict::Applied => (),
            Verdict::Failed | Verdict::FailedFrom(_) => return Ok(Redriven::Kept(format!("failed again: {reply}"))),
        }
    }
    Ok(Redriven::Taken(found))
}
