//! The running stack: everything that stands between a request and what is learned from it, started and stopped in order.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use edge::access::Scope;
use edge::clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::build::{self, BuildError, FUNCTIONS};
use crate::client::Client;
use crate::console::Console;
use crate::emulator::{self, Emulator, EmulatorError};
use crate::gateway::Gateway;
use crate::gateway::exchanges::Exchanges;
use crate::gateway::issuer::{Issuer, IssuerError, Token};
use crate::gateway::routes::{Routes, RoutesError};
use crate::ports::{PortError, Ports};
use crate::processes::supervisor::Environment;
use crate::processes::{Incident, Service, Supervisor, Watchdog};
use crate::setup::{self, SetupError, Workshop};
use crate::trigger::checkpoint::CheckpointError;
use crate::trigger::mapping::MappingError;
use crate::trigger::on_failure::OnFailureError;
use crate::trigger::pump::PumpError;
use crate::trigger::{
    Checkpoint, LambdaFunction, Log, OnFailure, Pump, PumpState, RecordSource, Schedule, Settings, SourceError,
    StreamSource, schedule,
};

/// The name of the table.
pub const TABLE_NAME: &str = "guardian";

/// The region and the credentials of the emulator. They open nothing: it only wants to see some.
const REGION: &str = "local";
const CREDENTIAL: &str = "local";

/// The function that the stream triggers.
pub const UPDATER: &str = "profile-updater";

/// The function that the schedule triggers: what it is sent makes a review.
const REVIEWER: &str = "metrics-report";

/// How long between two reviews here: a person at a laptop should see what comes of it, and not wait an hour as in AWS.
const REVIEW_PAUSE: Duration = Duration::from_secs(30);

/// The function that scores, and that alone loads a model.
pub const SCORER: &str = "score";

/// The emulator's name among the services, and the subcommand under which this program is one.
pub const EMULATOR: &str = "emulator";

/// The watcher's name among the services.
const WATCHER: &str = "cargo-lambda-watch";

/// The memory that the functions believe to have, in MB; as in the template.
const MEMORY_SIZE_MB: &str = "512";

/// How long the token of the simulated backend holds: longer than anybody leaves a stack running.
const BACKEND_TOKEN_LIFETIME: Duration = Duration::from_hours(24 * 366);

/// How long a service may take to listen. The watcher asks cargo for the workspace first.
const SERVICE_START: Duration = Duration::from_mins(1);

/// What the stack needs to know about where it runs.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The root of the workspace.
    pub workspace: PathBuf,
    /// This program; the functions' binaries lie next to it.
    pub program: PathBuf,
    /// cargo.
    pub cargo: OsString,
    /// `RUST_LOG` of the functions.
    pub log_filter: String,
    /// `MODEL_PATH` of the function that scores: a model.json of one's own.
    pub model_path: Option<PathBuf>,
}

/// Why the stack could not be started, or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A port is taken.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The model of one's own cannot be used.
    #[error(transparent)]
    Model(#[from] edge::start::StartError),
    /// cargo-lambda is not there and could not be installed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The functions do not build.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The emulator did not start.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// The table could not be made.
    #[error("cannot make the table: {0}")]
    Table(#[from] store::StoreError),
    /// The stream could not be opened.
    #[error(transparent)]
    Stream(#[from] SourceError),
    /// The checkpoint of a kept table could not be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The template does not say how the stream triggers the updater.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The queue of what is given up could not be emptied.
    #[error(transparent)]
    OnFailure(#[from] OnFailureError),
    /// The trigger could not go on without losing records.
    #[error(transparent)]
    Pump(#[from] PumpError),
    /// The trigger's task is gone.
    #[error("the stream trigger ended: {0}")]
    Trigger(#[from] tokio::task::JoinError),
    /// The API's template says something that the gateway does not play.
    #[error(transparent)]
    Routes(#[from] RoutesError),
    /// There is nobody to issue tokens.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// A file, folder or process was refused by the system.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// A service ended too often.
    #[error("{0}")]
    GivenUp(Incident),
    /// A service does not listen.
    #[error("{service} does not listen on {address} after {} s; its log: {log}", SERVICE_START.as_secs())]
    Silent {
        /// Which.
        service: &'static str,
        /// Where it should.
        address: SocketAddr,
        /// Its log.
        log: PathBuf,
    },
}

/// Everything that runs.
pub struct Stack {
    /// Where the API is.
    pub api: SocketAddr,
    /// Where the functions are invoked, as Lambda does it.
    pub lambdas: SocketAddr,
    /// Who issues tokens for the API.
    pub issuer: Issuer,
    /// Where the emulator is.
    pub table_endpoint: SocketAddr,
    /// The folder of the services' logs.
    pub logs: PathBuf,
    /// The table.
    pub table: store::Table,
    watchdog: Watchdog,
    supervisor: Supervisor,
    /// The emulator in this process, if the table is in memory.
    emulator: Option<Emulator>,
    trigger: Trigger,
    reviews: JoinHandle<()>,
    gateway: JoinHandle<()>,
    incidents: mpsc::UnboundedReceiver<Incident>,
}

struct Trigger {
    task: JoinHandle<Result<Infallible, PumpError>>,
    state: watch::Receiver<PumpState>,
}

/// What is up to the person who starts the stack.
#[derive(Debug, Clone, Copy)]
pub struct StackOptions<'a> {
    /// The port of the API; the emulator gets the one after it, the functions the one after that.
    pub port: u16,
    /// The folder that the table is kept in; `None`: in memory.
    pub keep: Option<&'a Path>,
    /// The variables of the API's stage.
    pub stage_variables: &'a [(&'a str, &'a str)],
    /// Where the gateway writes every exchange down, if anywhere.
    pub exchanges: Option<&'a Path>,
    /// How the settings of the trigger differ from those of the template.
    pub trigger: fn(Settings) -> Settings,
}

impl StackOptions<'_> {
    /// A stack at this port with nothing special about it: its table in memory, everything else as in the templates.
    pub fn at(port: u16) -> Self {
        Self { port, keep: None, stage_variables: &[], exchanges: None, trigger: std::convert::identity }
    }
}

impl Stack {
    /// Sets up, builds and starts. The template is read and the ports are looked at first, because that costs nothing.
    ///
    /// # Errors
    /// [`StackError`]; nothing is left running then.
    pub async fn start(
        options: StackOptions<'_>,
        surroundings: &Surroundings,
        console: &Console,
    ) -> Result<Self, StackError> {
        let StackOptions { port, keep, stage_variables, exchanges, trigger } = options;
        if let Some(model) = &surroundings.model_path {
            // What the function would end with, again and again, should be known before anything is built.
            edge::start::models_at(Some(model))?;
        }
        let ports = Ports::claim(port)?;
        let settings = trigger(Settings::of_workspace(&surroundings.workspace, UPDATER)?);
        let routes = Routes::of_workspace(&surroundings.workspace)?;
        let issuer = issuer(surroundings)?;
        let reviews = Schedule::of_workspace(&surroundings.workspace, REVIEWER, REVIEW_PAUSE)?;
        let refused = |what: &str| {
            let what = what.to_owned();
            move |source| StackError::System { what, source }
        };
        let exchanges = exchanges.map(Exchanges::in_file).transpose();
        let exchanges = exchanges.map_err(refused("cannot make the file of the exchanges"))?;
        let watchdog = Watchdog::start(&surroundings.program).map_err(refused("cannot start the watchdog"))?;
        let tools = tools(surroundings);
        // Whichever fails first ends the other: nobody should wait for a build to learn that a download failed.
        let workshop = Workshop { tools: &tools, watchdog: &watchdog, console };
        let setup = async { setup::cargo_lambda(workshop).await.map_err(StackError::from) };
        let build = async {
            let built = build::functions(&surroundings.cargo, &surroundings.workspace, &watchdog).await;
            built.map_err(StackError::from)
        };
        let (cargo_lambda, ()) = tokio::try_join!(setup, build)?;

        let logs = logs(surroundings, port);
        let (mut supervisor, mut incidents) =
            Supervisor::new(logs.clone(), watchdog.clone()).map_err(refused("cannot make the folder of the logs"))?;
        let mut start = |service| supervisor.start(service).map_err(refused("cannot make a log"));
        let Ports { api: listener, lambdas, .. } = ports;
        let api = listener.local_addr().map_err(refused("cannot tell the API's port"))?;
        let table_endpoint = ports.emulator.local_addr().map_err(refused("cannot tell the emulator's port"))?;
        let database = emulator::open(keep)?;
        let emulator = if let Some(folder) = keep {
            // In a process of its own, which is started again when it ends: what it holds outlives it. That it can be opened
            // is known by now.
            drop((database, ports.emulator));
            let folder = std::path::absolute(folder).map_err(refused("cannot find the folder of the table"))?;
            start(emulator(table_endpoint, &folder, surroundings))?;
            listening(EMULATOR, table_endpoint, &logs, &mut incidents, console).await?;
            None
        } else {
            Some(Emulator::start(ports.emulator, database)?)
        };
        let client = table_client(table_endpoint);
        store::schema::create_table(&client, TABLE_NAME).await?;
        let table = store::Table::new(client, TABLE_NAME);

        start(watcher(&cargo_lambda, lambdas, surroundings))?;
        listening(WATCHER, lambdas, &logs, &mut incidents, console).await?;
        let mut behind_api = Vec::new();
        let mut updater = LambdaFunction::new(Client::new(lambdas), UPDATER, settings.function_timeout);
        for function in FUNCTIONS {
            let endings = start(lambda(function, lambdas, table_endpoint, surroundings))?;
            if function == UPDATER {
                updater = updater.with_endings(endings);
            } else if let Some(timeout) = routes.timeout_of(function) {
                behind_api.push(LambdaFunction::new(Client::new(lambdas), function, timeout).with_endings(endings));
            }
        }
        let log = Log::in_folder(&logs).map_err(refused("cannot make the trigger's log"))?;
        let on_failure = OnFailure::new(&on_failure_folder(keep, &logs));
        if keep.is_none() {
            // It is about a table that was in the memory of another process.
            on_failure.clear()?;
        }
        let trigger = Trigger::start(updater, table_endpoint, settings, keep, on_failure, log).await?;
        let schedule_log = schedule::log_in(&logs).map_err(refused("cannot make the schedule's log"))?;
        let reviewer = LambdaFunction::new(Client::new(lambdas), REVIEWER, REVIEW_PAUSE);
        let reviews = tokio::spawn(reviews.run(reviewer, schedule_log));
        let gateway = Gateway::new(routes, issuer.clone(), behind_api);
        let gateway = gateway.with_stage_variables(stage_variables).with_exchanges(exchanges);
        let non_blocking = listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener));
        let listener = non_blocking.map_err(refused("cannot listen on the API's port"))?;
        let gateway = tokio::spawn(gateway.serve(listener));
        Ok(Self {
            api,
            lambdas,
            issuer,
            table_endpoint,
            logs,
            table,
            watchdog,
            supervisor,
            emulator,
            trigger,
            reviews,
            gateway,
            incidents,
        })
    }

    /// Builds the bare function and starts it as one more.
    ///
    /// # Errors
    /// [`StackError`] if it does not build or its log cannot be made.
    pub async fn start_floor(&mut self, surroundings: &Surroundings) -> Result<(), StackError> {
        build::floor(&surroundings.cargo, &surroundings.workspace, &self.watchdog).await?;
        let service = lambda(build::FLOOR, self.lambdas, self.table_endpoint, surroundings);
        let started = self.supervisor.start(service);
        started.map(drop).map_err(|source| StackError::System { what: "cannot make a log".to_owned(), source })
    }

    /// A client of the API with a backend's token.
    ///
    /// # Errors
    /// [`IssuerError`] if no token can be written.
    pub fn client(&self) -> Result<Client, IssuerError> {
        Ok(Client::new(self.api).with_token(&backend_token(&self.issuer)?))
    }

    /// How the stream trigger stands.
    pub fn trigger_state(&self) -> watch::Receiver<PumpState> {
        self.trigger.state.clone()
    }

    /// Reports what ends by itself and is started again; returns when the stack cannot go on.
    pub async fn until_broken(&mut self, console: &Console) -> StackError {
        tokio::select! {
            incident = given_up(&mut self.incidents, console) => StackError::GivenUp(incident),
            ended = &mut self.trigger.task => match ended {
                Ok(Ok(never)) => match never {},
                Ok(Err(error)) => error.into(),
                Err(error) => error.into(),
            },
        }
    }

    /// Stops everything, in the reverse order of its start, and returns when no process is left.
    pub async fn stop(self) {
        self.gateway.abort();
        self.reviews.abort();
        // At any moment: what was not checkpointed is delivered again next time.
        self.trigger.task.abort();
        self.supervisor.stop().await;
        if let Some(emulator) = self.emulator {
            emulator.stop();
        }
        self.watchdog.finish();
    }
}

impl Trigger {
    async fn start(
        updater: LambdaFunction,
        table_endpoint: SocketAddr,
        settings: Settings,
        keep: Option<&Path>,
        on_failure: OnFailure,
        log: Log,
    ) -> Result<Self, StackError> {
        let source = StreamSource::open(Client::new(table_endpoint), TABLE_NAME).await?;
        let checkpoint = Checkpoint::open(keep, source.stream_arn())?;
        let on_failure = settings.keeps_discarded.then_some(on_failure);
        let pump = Pump::new(source, updater, settings, checkpoint, Box::new(clock::system)).with_log(log);
        let pump = match on_failure {
            Some(queue) => pump.with_on_failure(queue),
            None => pump,
        };
        let state = pump.state();
        Ok(Self { task: tokio::spawn(pump.run()), state })
    }
}

/// Who issues tokens for the stacks of this workspace.
///
/// # Errors
/// [`IssuerError`] if its key can be neither read nor made.
pub fn issuer(surroundings: &Surroundings) -> Result<Issuer, IssuerError> {
    Issuer::of_folder(&hidden(surroundings))
}

/// The token of a backend that runs as long as anybody lets it: it scores, and tells and asks everything about customers.
pub(crate) fn backend_token(issuer: &Issuer) -> Result<String, IssuerError> {
    issuer.issue(&Token::new("backend", &[Scope::Score, Scope::Customers], BACKEND_TOKEN_LIFETIME))
}

/// The folder of the logs of the stack on this port.
pub fn logs(surroundings: &Surroundings, port: u16) -> PathBuf {
    logs_folder(surroundings).join(port.to_string())
}

/// The folder of all logs.
pub(crate) fn logs_folder(surroundings: &Surroundings) -> PathBuf {
    hidden(surroundings).join("logs")
}

/// The folder of what the trigger gave up: with the table if that is kept, otherwise with the logs.
pub fn on_failure_folder(keep: Option<&Path>, logs: &Path) -> PathBuf {
    keep.unwrap_or(logs).to_owned()
}

/// Where what the stack runs on is installed.
pub(crate) fn tools(surroundings: &Surroundings) -> PathBuf {
    hidden(surroundings).join("tools")
}

/// What this program keeps in the workspace, out of git's sight.
fn hidden(surroundings: &Surroundings) -> PathBuf {
    surroundings.workspace.join(".local")
}

/// A client of the emulator.
pub fn table_client(endpoint: SocketAddr) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(CREDENTIAL, CREDENTIAL, None, None, "local"))
        .endpoint_url(format!("http://{endpoint}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// The watcher, serving the Lambda APIs. The functions are started here, not by it:
/// it would take cargo's lock, compile again, and leave a function that ended unstarted. No `--timeout`: that ends waiting
/// for work as well, with a 408 that the Rust runtime does not survive. Those who send requests bring their own.
fn watcher(cargo_lambda: &Path, lambdas: SocketAddr, surroundings: &Surroundings) -> Service {
    let (host, port) = (lambdas.ip().to_string(), lambdas.port().to_string());
    let arguments = ["lambda", "watch", "--only-lambda-apis", "--invoke-address", &host, "--invoke-port", &port];
    Service {
        name: WATCHER.to_owned(),
        program: cargo_lambda.to_owned(),
        arguments: arguments.map(OsString::from).to_vec(),
        environment: Environment::Inherited,
        folder: surroundings.workspace.clone(),
    }
}

/// The emulator of a table that is kept, as a process of its own: see [`emulator::serve`].
fn emulator(address: SocketAddr, folder: &Path, surroundings: &Surroundings) -> Service {
    let port = address.port().to_string();
    let arguments = [EMULATOR.as_ref(), "--port".as_ref(), port.as_ref(), "--keep".as_ref(), folder.as_os_str()];
    Service {
        name: EMULATOR.to_owned(),
        program: surroundings.program.clone(),
        arguments: arguments.map(OsString::from).to_vec(),
        environment: Environment::Only(Vec::new()),
        folder: surroundings.workspace.clone(),
    }
}

/// A function behind the watcher.
fn lambda(name: &str, lambdas: SocketAddr, table_endpoint: SocketAddr, surroundings: &Surroundings) -> Service {
    let runtime_api = format!("http://{lambdas}/.rt/{name}");
    Service {
        name: name.to_owned(),
        program: surroundings.program.with_file_name(name),
        arguments: Vec::new(),
        environment: Environment::Only(function_environment(name, &runtime_api, table_endpoint, surroundings)),
        folder: surroundings.workspace.clone(),
    }
}

/// The environment that Lambda and the template would give a function.
pub fn function_environment(
    name: &str,
    runtime_api: &str,
    table_endpoint: SocketAddr,
    surroundings: &Surroundings,
) -> Vec<(String, String)> {
    let endpoint = format!("http://{table_endpoint}");
    let environment = [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_SIZE_MB),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", CREDENTIAL),
        ("AWS_SECRET_ACCESS_KEY", CREDENTIAL),
        ("AWS_ENDPOINT_URL_DYNAMODB", &endpoint),
        ("TABLE_NAME", TABLE_NAME),
        ("RUST_LOG", &surroundings.log_filter),
    ];
    let model_path = surroundings.model_path.as_ref().filter(|_| name == SCORER);
    let model_path = model_path.map(|path| ("MODEL_PATH".to_owned(), path.display().to_string()));
    environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().chain(model_path).collect()
}

/// Waits until a service listens, unless it is given up.
async fn listening(
    service: &'static str,
    address: SocketAddr,
    logs: &Path,
    incidents: &mut mpsc::UnboundedReceiver<Incident>,
    console: &Console,
) -> Result<(), StackError> {
    let connected = async {
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        connected = tokio::time::timeout(SERVICE_START, connected) => connected
            .map_err(|_| StackError::Silent { service, address, log: logs.join(format!("{service}.log")) }),
        incident = given_up(incidents, console) => Err(StackError::GivenUp(incident)),
    }
}

/// Reports incidents until one is final.
async fn given_up(incidents: &mut mpsc::UnboundedReceiver<Incident>, console: &Console) -> Incident {
    loop {
        match incidents.recv().await {
            Some(incident) if incident.restart_in.is_some() => console.warn(&incident.to_string()),
            Some(incident) => return incident,
            // The supervisor is gone, and with it everything that could end.
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_of_ones_own_reaches_the_function_that_scores_alone() {
        let with = |model_path: Option<&str>, name| {
            let surroundings = Surroundings {
                workspace: PathBuf::new(),
                program: PathBuf::new(),
                cargo: OsString::new(),
                log_filter: String::new(),
                model_path: model_path.map(PathBuf::from),
            };
            let endpoint = SocketAddr::from(([127, 0, 0, 1], 1));
            let environment = function_environment(name, "", endpoint, &surroundings);
            environment.into_iter().find(|(name, _)| name == "MODEL_PATH").map(|(_, path)| path)
        };
        assert_eq!(with(Some("/m/model.json"), "score").as_deref(), Some("/m/model.json"));
        assert_eq!(with(Some("/m/model.json"), "customers"), None);
        assert_eq!(with(None, "score"), None);
    }
}
