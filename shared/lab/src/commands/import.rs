//! `cargo lab import`: a history into a table.

mod console;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant as Stopwatch, SystemTime, UNIX_EPOCH};

use clap::Args;
use engine::time::Instant;
use lab::import::{Confirmed, Conflicts, ImportError, Job, PARALLEL_MAX, ProgressFile, Settings, import, sha256_of};
use store::Table;

use super::target::Target;
use super::{CommandError, HistoryArguments, thousands};
use console::Console;

/// Import a history into a table
///
/// Every row becomes the entry that `POST …/purchases` would make of it, with the row's label as the customer's feedback.
/// Entries are written once: rows that the table has are counted as duplicates, rows whose ids it holds with other content
/// as conflicts, and what it holds stays.
///
/// An import that was stopped, by Ctrl-C, an error or a crash, goes on where it was when it is started again with the same
/// options; its progress file is there until it is finished.
///
/// Credentials and region come from where the AWS command line takes them: variables, profiles, roles (not from `aws sso`;
/// `aws configure export-credentials --format env` makes variables of those). They need the permissions
/// `dynamodb:DescribeTable` and `dynamodb:PutItem`.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    history: HistoryArguments,

    #[command(flatten)]
    target: Target,

    /// How many rows are written at the same time
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = parallel)]
    parallel: usize,

    /// Leave labels out; with them, 1 is imported as "this was not me", 0 as "this is normal for me"
    #[arg(long)]
    without_labels: bool,

    /// Where the progress is kept; `<name of the data>.import-progress.json` in the current folder without it
    #[arg(long, value_name = "FILE")]
    progress: Option<PathBuf>,

    /// Begin at the first row, whatever the progress file says
    #[arg(long)]
    restart: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CommandError::Threads)?;
    runtime.block_on(run_async(arguments))
}

async fn run_async(arguments: &Arguments) -> Result<(), CommandError> {
    let data = arguments.history.path();
    // What is wrong with the file's header is known before anything is asked of the table.
    let source = Source::open(data)?;
    let (read, bytes) = (source.read.clone(), source.bytes);
    let history = arguments.history.open_from(source)?;
    let (client, place) = arguments.target.connect().await?;
    let table = arguments.target.table();
    let identified = store::schema::identify(&client, table).await;
    let table_id = identified.map_err(|source| CommandError::Table { place: place.clone(), source })?;
    let labels = if arguments.without_labels { " --without-labels" } else { "" };
    let job = Job {
        data_sha256: sha256_of(data)?,
        reading: format!("{}{labels}", arguments.history.reading()),
        table: table.to_owned(),
        place,
        table_id,
    };
    let path = arguments.progress.clone().unwrap_or_else(|| progress_beside(data));
    let mut progress = ProgressFile::open(path, job, arguments.restart)?;

    let before = progress.confirmed().clone();
    let settings = Settings { parallel: arguments.parallel, labels: !arguments.without_labels, clock: now };
    let mut console = Console::new(bytes, before.rows);
    let stopwatch = Stopwatch::now();
    let observe = |confirmed: &Confirmed| console.show(confirmed, read.load(Ordering::Relaxed));
    let (confirmed, ended) =
        import(Table::new(client, table), history, &settings, &mut progress, interrupted(), observe).await;
    console.finish();
    let summary = summary(&before, &confirmed, stopwatch.elapsed().as_secs_f64());
    let printed = writeln!(io::stdout(), "{summary}");
    if ended.is_err() {
        let (path, rows) = (progress.path().display(), thousands(confirmed.rows));
        // Where stderr is gone, the exit code still tells.
        let _ = writeln!(io::stderr(), "the first {rows} rows are done ({path}); the same command goes on after them");
    }
    ended?;
    match confirmed.conflicts.count {
        // Last, because a reader that has seen enough of the output must not hide how the import ended.
        0 => printed.map_err(CommandError::Output),
        _ => Err(CommandError::Conflicts(conflicts(&confirmed.conflicts))),
    }
}

/// Resolves at the first Ctrl-C. A second one does not wait for the requests under way: that costs only the last moment's
/// progress.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the handler Ctrl-C ends the process by itself.
        return std::future::pending().await;
    }
    tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(crate::INTERRUPTED.into());
        }
    });
}

/// A file that counts how far it was read.
struct Source {
    file: File,
    read: Arc<AtomicU64>,
    bytes: u64,
}

impl Source {
    fn open(path: &Path) -> Result<Self, ImportError> {
        let refused = |source| ImportError::Data { path: path.to_owned(), source };
        let file = File::open(path).map_err(refused)?;
        let bytes = file.metadata().map_err(refused)?.len();
        Ok(Self { file, read: Arc::default(), bytes })
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

fn parallel(text: &str) -> Result<usize, String> {
    let parallel = text.parse().ok().filter(|parallel| (1..=PARALLEL_MAX).contains(parallel));
    parallel.ok_or_else(|| format!("a number from 1 to {PARALLEL_MAX}"))
}

fn progress_beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".import-progress.json");
    PathBuf::from(name)
}

fn now() -> Instant {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::EPOCH.plus_ms(since_epoch.as_millis() as i64)
}

/// What came of the import, over all its runs; seconds and rate are this run's.
fn summary(before: &Confirmed, after: &Confirmed, seconds: f64) -> String {
    let Confirmed { rows, imported, duplicates, skipped, conflicts } = after;
    let [rows, imported, duplicates, skipped] = [*rows, *imported, *duplicates, *skipped].map(thousands);
    let resumed = match before.rows {
        0 => String::new(),
        before => format!(" (the first {} before)", thousands(before)),
    };
    let rate = thousands(((after.rows - before.rows) as f64 / seconds) as u64);
    format!(
        "{rows} rows{resumed}: {imported} imported, {duplicates} duplicates, {conflicts} conflicts, {skipped} skipped \
         because their amount is not positive; {seconds:.1} s, {rate} rows a second",
        conflicts = thousands(conflicts.count),
    )
}

fn conflicts(conflicts: &Conflicts) -> String {
    let listed =
        conflicts.first.iter().map(|conflict| format!("row {} ({}: {})", conflict.row, conflict.id, conflict.held));
    let more = if conflicts.count > conflicts.first.len() as u64 { ", …" } else { "" };
    format!(
        "{} rows were not imported, because the table holds something else under their ids: {}{more}",
        thousands(conflicts.count),
        listed.collect::<Vec<_>>().join(", "),
    )
}
