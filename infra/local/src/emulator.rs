//! The embedded DynamoDB: dynoxide on `SQLite`, in memory or in a file, served over HTTP on threads of its own.
//!
//! Its calls into `SQLite` block. On the runtime that plays the traffic they would delay the very clocks that measure the
//! requests; on their own runtime they cost only what they cost.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use dynoxide::Database;
use tokio::sync::oneshot;

use crate::processes::Interrupts;

/// Threads that serve the emulator. `SQLite` answers one call at a time; the second thread reads and writes HTTP meanwhile.
const THREADS: usize = 2;

/// How long requests that are still running may take to finish when the emulator stops.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// The name of the table's file in the folder of `--keep`.
const FILE_NAME: &str = "table.sqlite";

/// The index that dynoxide 3.2.0 lacks. With every write it looks up the highest sequence number of the stream, and with
/// every read where to continue, by going through all records: with 50,000 of them a write takes 30 ms. The expression
/// must be the one in its queries, letter by letter, for `SQLite` to see that the index serves them.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS stream_records_by_sequence_number \
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// Why the emulator could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// The database could not be opened.
    #[error("cannot open the table: {0}")]
    Open(#[from] dynoxide::DynoxideError),
    /// The index could not be made.
    #[error("cannot open the table: {0}")]
    Index(#[from] rusqlite::Error),
    /// A thread or a socket was refused.
    #[error("cannot start the table emulator: {0}")]
    Start(#[from] io::Error),
}

/// A running emulator. Dropping it stops it without waiting; [`Emulator::stop`] waits.
pub struct Emulator {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<()>,
}

/// Opens the database of the stack: in the folder given, or in memory and gone with the process.
///
/// # Errors
/// [`EmulatorError`] if the file cannot be made or is not a database.
pub fn open(folder: Option<&Path>) -> Result<Database, EmulatorError> {
    /// Tells the databases in the memory of one process apart.
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = match folder {
        // A name for it, so that the index can be made over a second connection.
        None => format!("file:guardian-{}?mode=memory&cache=shared", NUMBER.fetch_add(1, Ordering::Relaxed)),
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            folder.join(FILE_NAME).to_string_lossy().into_owned()
        }
    };
    let database = Database::new(&name)?;
    // In a file, do not wait for the disk with every write: a crash of the machine may cost the last moments of a table
    // that somebody plays with, but not its integrity. This setting has no name of its own in dynoxide.
    database.disable_bulk_loading()?;
    rusqlite::Connection::open(&name)?.execute_batch(STREAM_INDEX)?;
    Ok(database)
}

/// Serves the database of this folder on this port of this machine, until the process is told to end.
///
/// # Errors
/// [`EmulatorError`] if the database cannot be opened or the port cannot be had.
pub fn serve(port: u16, folder: &Path) -> Result<(), EmulatorError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let emulator = Emulator::start(listener, open(Some(folder))?)?;
    runtime.block_on(async {
        let mut told_to_end = Interrupts::new()?;
        told_to_end.next().await;
        io::Result::Ok(())
    })?;
    emulator.stop();
    Ok(())
}

impl Emulator {
    /// Serves a database on a listener.
    ///
    /// # Errors
    /// [`EmulatorError::Start`] if the system refuses a thread or the listener.
    pub fn start(listener: TcpListener, database: Database) -> Result<Self, EmulatorError> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("emulator")
            .enable_all()
            .build()?;
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name("emulator".to_owned()).spawn(move || {
            let shutdown = async {
                // An error means that the `Emulator` was dropped, which stops it as well.
                let _ = stopped.await;
            };
            runtime.block_on(async {
                let serving = dynoxide::server::serve_with_shutdown(listener, database, shutdown);
                // Its only error is that of `accept` at the very end; there is nobody left to tell.
                let _ = serving.await;
            });
            runtime.shutdown_timeout(STOP_GRACE);
        })?;
        Ok(Self { address, stop, thread })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops serving, lets running requests finish, and closes the database.
    pub fn stop(self) {
        let _ = self.stop.send(());
        let deadline = std::time::Instant::now() + STOP_GRACE;
        // A client that keeps a connection busy must not keep the process alive.
        while !self.thread.is_finished() && std::time::Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
    }
}
