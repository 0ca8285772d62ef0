//! The story of one `cargo local`: start, play, sum up, stop.

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::currency::Currency;
use engine::id::{Category, CustomerId, IdempotencyKey, MerchantId, PaymentMethod};
use engine::money::Amount;
use engine::time::LocalInstant;
use lab::history::HistoryError;
use lab::transaction::Transaction;
use tokio::sync::watch;

use crate::build::FUNCTIONS;
use crate::client::Client;
use crate::console::Console;
use crate::gateway::issuer::{Issuer, IssuerError, Token};
use crate::options::Options;
use crate::processes::Interrupts;
use crate::stack::{Stack, StackError, StackOptions, Surroundings};
use crate::summary::{Durations, Summary, write_json};
use crate::traffic::history::HistorySettings;
use crate::traffic::simulated::Group;
use crate::traffic::{Api, Pace, Plan, Player, Tally, api, history, simulated};
use crate::trigger::{PumpState, Settings, pump};
use crate::verify::logs::check_logs;
use crate::verify::{Verification, verify};
use edge::access::Scope;
use edge::clock;

/// Live attempts a second while somebody watches, unless `--rate` says otherwise: slow enough to follow.
const RATE_WATCHED: f64 = 5.0;

/// The customer of the request to paste when nobody was simulated.
const EXAMPLE_CUSTOMER: &str = "customer-1";

/// How long a token that is printed holds.
const PASTED_TOKEN_LIFETIME: Duration = Duration::from_hours(12);

/// How many of the customers are read back at the end.
const READ_BACK_MAX: usize = 20;

/// How often the progress line is brought up to date.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What ends a run early.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Stack(#[from] StackError),
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("reading the history: {0}")]
    Reading(#[from] tokio::task::JoinError),
    #[error("checking the profiles: {0}")]
    Verification(#[from] store::StoreError),
    #[error("reading the logs: {0}")]
    Logs(std::io::Error),
    #[error("cannot write the summary to {path}: {source}")]
    Json { path: String, source: std::io::Error },
    #[error("cannot listen for Ctrl-C: {0}")]
    Signals(std::io::Error),
    #[error("the stream trigger ended")]
    TriggerEnded,
}

/// Runs the stack as the options say, from start to stop.
///
/// `started` is when the program was: the time to the first decision counts from there. The exit code is 0 when all went
/// well, 1 when something failed, and 130 when a run that should have ended by itself was interrupted.
pub async fn run(options: Options, surroundings: Surroundings, started: Instant) -> ExitCode {
    let console = Console::new();
    match play_and_stop(&options, &surroundings, started, &console).await {
        Ok(code) => code,
        Err(error) => {
            console.warn(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn play_and_stop(
    options: &Options,
    surroundings: &Surroundings,
    started: Instant,
    console: &Console,
) -> Result<ExitCode, RunError> {
    let mut interrupts = Interrupts::new().map_err(RunError::Signals)?;
    let interrupted = if options.exit { ExitCode::from(130) } else { ExitCode::SUCCESS };

    // A history that cannot be read should be known before anything is built.
    let plan = read_history(options).await?;
    let trigger = if options.deliver_twice { Settings::delivering_twice } else { std::convert::identity };
    let (keep, exchanges) = (options.keep.as_deref(), options.exchanges.as_deref());
    let stack_options = StackOptions { keep, exchanges, trigger, ..StackOptions::at(options.port) };
    let mut stack = tokio::select! {
        stack = Stack::start(stack_options, surroundings, console) => stack?,
        () = interrupts.next() => return Ok(interrupted),
    };
    let backend = stack.client()?;
    let operators = pasted(&stack.issuer, Scope::Operator)?;
    let session = Session {
        options,
        console,
        api: Api::new(backend.clone()),
        operator: Client::new(stack.api).with_token(&operators),
        backend,
        token: pasted(&stack.issuer, Scope::Score)?,
        table: stack.table.clone(),
        logs: stack.logs.clone(),
        tally: Arc::new(Tally::new(started)),
        trigger: stack.trigger_state(),
        importing: Cell::default(),
        living: Cell::default(),
        announced: Cell::new(false),
    };
    print_addresses(&stack, options, &operators, &session.token, console);
    let ended = tokio::select! {
        code = session.play(plan) => code,
        broken = stack.until_broken(console) => Err(broken.into()),
        () = interrupts.next() => session.sum_up_interrupted().map(|()| interrupted),
    };
    console.clear();
    tokio::select! {
        () = stack.stop() => ended,
        // Whoever asks twice does not want to wait. The watchdog kills what is left as soon as this process is gone.
        () = interrupts.next() => Ok(ExitCode::from(130)),
    }
}

/// Reads the history of `--data`, away from the thread that listens for Ctrl-C.
async fn read_history(options: &Options) -> Result<Option<Plan>, RunError> {
    let (Some(file), Some(columns)) = (options.data.clone(), options.columns.clone()) else { return Ok(None) };
    let (currency, limit, import_share) = (options.currency, options.limit, options.import_share);
    let read =
        move || history::plan(&HistorySettings { file: &file, columns: &columns, currency, limit, import_share });
    Ok(Some(tokio::task::spawn_blocking(read).await??))
}

fn print_addresses(stack: &Stack, options: &Options, operators: &str, token: &str, console: &Console) {
    let kept = match &options.keep {
        Some(folder) => format!("kept in {}", folder.display()),
        None => "in memory, gone with this process".to_owned(),
    };
    console.line("Financial Guardian runs, on this machine only; Ctrl-C stops it.");
    console.line(&format!("  dashboard  http://{}/dashboard/sign-in#token={operators}", stack.api));
    console.line(&format!("  api        http://{} (a token: cargo -q local token)", stack.api));
    console.line(&format!("  functions  http://{} (cargo lambda invoke)", stack.lambdas));
    console.line(&format!("  table      http://{} ({kept})", stack.table_endpoint));
    console.line(&format!("  logs       {}", stack.logs.display()));
    if options.no_traffic {
        print_request(stack.api, token, EXAMPLE_CUSTOMER, options.currency, console);
    }
}

/// A token for a person to paste, that holds for a working day.
fn pasted(issuer: &Issuer, scope: Scope) -> Result<String, IssuerError> {
    issuer.issue(&Token::new("pasted", &[scope], PASTED_TOKEN_LIFETIME))
}

/// Prints a request to paste: an expensive evening, so that there is something to say about it.
fn print_request(address: SocketAddr, token: &str, customer: &str, currency: Currency, console: &Console) {
    let now = clock::system();
    let attempt = || {
        Some(Transaction {
            id: IdempotencyKey::parse(&format!("pasted-{}", now.epoch_ms())).ok()?,
            customer_id: CustomerId::parse(customer).ok()?,
            merchant_id: Some(MerchantId::parse("never-seen-before").ok()?),
            category: Category::parse("electronics").ok()?,
            payment_method: PaymentMethod::parse("bnpl").ok()?,
            amount: Amount::from_minor(1299 * currency.minor_per_major(), currency).ok()?,
            occurred_at: LocalInstant::new(now, 0).ok()?,
            label: None,
        })
    };
    if let Some(attempt) = attempt() {
        let body = api::attempt_body(&attempt);
        let headers = format!("-H 'authorization: Bearer {token}' -H 'content-type: application/json'");
        console.line(&format!("try it: curl -sS http://{address}/v1/attempts {headers} -d '{body}'"));
    }
}

/// One run on a running stack.
struct Session<'a> {
    options: &'a Options,
    console: &'a Console,
    api: Api,
    /// Who reads in the end what was learned of customers, and what came of it.
    backend: Client,
    operator: Client,
    /// For the request to paste.
    token: String,
    table: store::Table,
    /// The folder of the functions' logs.
    logs: PathBuf,
    tally: Arc<Tally>,
    trigger: watch::Receiver<PumpState>,
    /// How long the imports have taken until now.
    importing: Cell<Duration>,
    /// How long the live parts have taken until now.
    living: Cell<Duration>,
    /// Whether the first decision has been told.
    announced: Cell<bool>,
}

impl Session<'_> {
    /// Plays what the options ask for. Without `--exit` this does not end by itself.
    async fn play(&self, history: Option<Plan>) -> Result<ExitCode, RunError> {
        if self.options.no_traffic {
            return std::future::pending().await;
        }
        let from_history = history.is_some();
        self.play_plan(history.unwrap_or_else(|| self.simulated(0))).await?;
        if self.options.exit {
            self.read_back().await;
            let verification = self.verify().await?;
            return self.sum_up(Some(verification));
        }
        if from_history {
            self.sum_up(None)?;
            return std::future::pending().await;
        }
        let mut group = 0;
        loop {
            group += 1;
            self.play_plan(self.simulated(group)).await?;
        }
    }

    fn simulated(&self, number: u64) -> Plan {
        let Options { seed, customers, currency, .. } = *self.options;
        simulated::plan(Group { number, seed, customers, currency }, clock::system())
    }

    /// Plays one plan: imports its past, waits until that is learned, then lives.
    async fn play_plan(&self, mut plan: Plan) -> Result<(), RunError> {
        self.console.line(&plan.description);
        let mut player = Player::new(&self.api, &self.tally, self.options.concurrency);
        self.import(&mut player, &mut plan).await?;
        self.live(&mut player, &mut plan).await
    }

    async fn import(&self, player: &mut Player, plan: &mut Plan) -> Result<(), RunError> {
        let _timing = Stopwatch::start(&self.importing);
        let wanted = self.tally.read(|counts| counts.imported) + plan.past.len() as u64;
        let importing = || format!("imported {} of {wanted}", self.tally.read(|counts| counts.imported));
        self.showing(importing, player.import(plan)).await;
        self.learned().await
    }

    async fn live(&self, player: &mut Player, plan: &mut Plan) -> Result<(), RunError> {
        let began = Instant::now();
        let _timing = Stopwatch::start(&self.living);
        let before = self.tally.read(|counts| counts.scored);
        let of = plan.live_count.map_or_else(String::new, |count| format!(" of {}", before + count));
        let scoring = || {
            let scored = self.tally.read(|counts| counts.scored);
            let rate = (scored - before) as f64 / began.elapsed().as_secs_f64();
            format!("scored {scored}{of}, {rate:.0} a second; {}", self.trigger_in_words())
        };
        self.showing(scoring, player.live(plan, self.pace())).await;
        self.learned().await
    }

    fn pace(&self) -> Pace {
        let watched = !self.options.exit && self.options.data.is_none();
        match self.options.rate {
            Some(rate) => Pace::PerSecond(rate),
            None if watched => Pace::PerSecond(RATE_WATCHED),
            None => Pace::AsAnswered,
        }
    }

    /// Waits until the stream is drained: until everything that was sent has reached the profiles.
    async fn learned(&self) -> Result<(), RunError> {
        let learning = || format!("learning: {}", self.trigger_in_words());
        let drained = self.showing(learning, pump::drained(self.trigger.clone())).await;
        if drained { Ok(()) } else { Err(RunError::TriggerEnded) }
    }

    fn trigger_in_words(&self) -> String {
        let state = self.trigger.borrow();
        match &state.trouble {
            Some(trouble) => format!("the trigger waits: {trouble}"),
            None => format!("{} learned, {} s behind", state.applied, state.iterator_age_ms / 1000),
        }
    }

    /// Does something while showing how far it is.
    async fn showing<T>(&self, progress: impl Fn() -> String, work: impl Future<Output = T>) -> T {
        let show = async {
            loop {
                tokio::time::sleep(PROGRESS_EVERY).await;
                self.announce_first_decision();
                self.console.progress(&progress);
            }
        };
        let done = tokio::select! {
            done = work => done,
            never = show => never,
        };
        self.console.clear();
        self.announce_first_decision();
        done
    }

    /// Tells, once, when the first attempt has been scored, and how to send the next.
    fn announce_first_decision(&self) {
        let first = self.tally.read(|counts| Some((counts.first_attempt?, counts.customers.first()?.clone())));
        if let (Some((after, customer)), false) = (first, self.announced.get()) {
            self.announced.set(true);
            self.console.line(&format!("first attempt scored {:.1} s after the start", after.as_secs_f64()));
            print_request(self.api.address(), &self.token, customer.as_str(), self.options.currency, self.console);
        }
    }

    /// Reads what backends and operators can: all that is held of some customers, report and dashboard.
    async fn read_back(&self) {
        let customers = self.tally.read(|counts| counts.customers.clone());
        let read = async |client: &Client, path: &str| {
            let answer = client.get(path).await;
            self.tally.succeeded(&format!("GET {path}"), answer);
        };
        for customer in customers.iter().take(READ_BACK_MAX).map(CustomerId::as_str) {
            read(&self.backend, &format!("/v1/customers/{customer}/profile")).await;
            read(&self.backend, &format!("/v1/customers/{customer}/export")).await;
            read(&self.operator, &format!("/dashboard/customers/{customer}")).await;
        }
        for path in ["/v1/report", "/v1/report?format=csv", "/dashboard"] {
            read(&self.operator, path).await;
        }
    }

    /// Compares every profile of this run with its customer's entries, and looks for these in the logs.
    async fn verify(&self) -> Result<Verification, RunError> {
        let customers = self.tally.read(|counts| counts.customers.clone());
        let checked = Cell::new(0);
        let checking = || format!("checking the profiles: {} of {}", checked.get(), customers.len());
        let verified = verify(&self.table, &customers, |done| checked.set(done));
        let mut verification = self.showing(checking, verified).await?;
        verification.logs = check_logs(&self.logs, &FUNCTIONS, &verification.secrets).map_err(RunError::Logs)?;
        Ok(verification)
    }

    /// Sums up as far as it went.
    fn sum_up_interrupted(&self) -> Result<(), RunError> {
        if self.options.no_traffic { Ok(()) } else { self.sum_up(None).map(|_| ()) }
    }

    fn sum_up(&self, verification: Option<Verification>) -> Result<ExitCode, RunError> {
        let durations = Durations { import: self.importing.get(), live: self.living.get() };
        let summary = Summary::new(self.tally.counts(), &self.trigger.borrow(), durations, verification);
        self.console.line(&summary.in_words());
        if let Some(path) = &self.options.json {
            write_json(path, &summary).map_err(|source| RunError::Json { path: path.display().to_string(), source })?;
        }
        Ok(if summary.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Adds the time until it is dropped, be it that the work is done or was interrupted.
struct Stopwatch<'a> {
    total: &'a Cell<Duration>,
    began: Instant,
}

impl<'a> Stopwatch<'a> {
    fn start(total: &'a Cell<Duration>) -> Self {
        Self { total, began: Instant::now() }
    }
}

impl Drop for Stopwatch<'_> {
    fn drop(&mut self) {
        self.total.set(self.total.get() + self.began.elapsed());
    }
}
