//! `cargo local browser`: the dashboard in a real browser, against the whole stack with simulated customers in it.
//!
//! What is looked at stands in `tests/browser/dashboard.mjs`; here the stack is started, filled, and the script run.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

use edge::access::Scope;
use edge::clock;
use engine::currency::Currency;
use serde_json::json;
use store::ports::{PolicyRole, PutPolicy};
use tokio::process::Command;
use tokio::sync::watch;

use crate::client::Client;
use crate::console::Console;
use crate::gateway::issuer::{IssuerError, Token};
use crate::processes::{GroupChild, Interrupts, Watchdog};
use crate::setup::{self, Browser, SetupError, Workshop};
use crate::stack::{Stack, StackError, StackOptions, Surroundings, backend_token, tools};
use crate::traffic::simulated::{self, Group};
use crate::traffic::{Api, Pace, Player, Tally};
use crate::trigger::{PumpState, pump};

/// How many simulated customers live before the browser looks.
const CUSTOMERS: u32 = 24;

/// Whose random numbers decide what they do.
const SEED: u64 = 6;

/// Where operators sign in: a provider that the browser's script plays.
const PROVIDER: [(&str, &str); 2] =
    [("signInIssuer", "https://id.example.com"), ("signInClientId", "guardian-dashboard")];

/// How long the operator's token holds: longer than the script takes on any machine.
const TOKEN_LIFETIME: Duration = Duration::from_hours(6);

/// How many requests are under way at a time.
const CONCURRENCY: u16 = 4;

/// What ends the command early.
#[derive(Debug, thiserror::Error)]
enum BrowserError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Stack(#[from] StackError),
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error("the policy was not published: {0}")]
    Policy(#[from] store::StoreError),
    #[error("the stream trigger ended")]
    TriggerEnded,
    #[error("the simulated customers met {0} failures")]
    Failures(u64),
    #[error("{what}: {source}")]
    System { what: &'static str, source: io::Error },
}

/// Starts everything, has the browser look, and gives the script's exit code. Screenshots go into a folder if one is named.
pub async fn run(port: u16, screenshots: Option<&Path>, surroundings: &Surroundings) -> ExitCode {
    let console = Console::new();
    let ended = async {
        let mut interrupts = Interrupts::new().map_err(system("cannot listen for Ctrl-C"))?;
        let options = StackOptions { stage_variables: &PROVIDER, ..StackOptions::at(port) };
        let mut stack = tokio::select! {
            stack = Stack::start(options, surroundings, &console) => stack?,
            () = interrupts.next() => return Ok(ExitCode::from(130)),
        };
        let running = Running {
            api: stack.api,
            client: stack.client()?,
            operator: stack.issuer.issue(&Token::new("operator", &[Scope::Operator], TOKEN_LIFETIME))?,
            backend: backend_token(&stack.issuer)?,
            table: stack.table.clone(),
            trigger: stack.trigger_state(),
            console: &console,
        };
        let ended = tokio::select! {
            ended = running.look(screenshots, surroundings) => ended,
            broken = stack.until_broken(&console) => Err(broken.into()),
            () = interrupts.next() => Ok(ExitCode::from(130)),
        };
        stack.stop().await;
        ended
    };
    ended.await.unwrap_or_else(|error: BrowserError| {
        console.warn(&format!("error: {error}"));
        ExitCode::FAILURE
    })
}

/// What is used of a stack that runs.
struct Running<'a> {
    api: SocketAddr,
    client: Client,
    /// An operator's token.
    operator: String,
    /// A backend's.
    backend: String,
    table: store::Table,
    trigger: watch::Receiver<PumpState>,
    console: &'a Console,
}

impl Running<'_> {
    async fn look(&self, screenshots: Option<&Path>, surroundings: &Surroundings) -> Result<ExitCode, BrowserError> {
        let watchdog = Watchdog::start(&surroundings.program).map_err(system("cannot start the watchdog"))?;
        let tools = tools(surroundings);
        let workshop = Workshop { tools: &tools, watchdog: &watchdog, console: self.console };
        let browser = setup::browser(workshop).await?;
        self.fill().await?;
        let status = self.script(&browser, screenshots, surroundings, &watchdog).await;
        let status = status.map_err(system("cannot run the browser's script"))?;
        watchdog.finish();
        Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Lets simulated customers live for a month, under a policy that steps in often and tries something, so that there is
    /// something to be seen of everything.
    async fn fill(&self) -> Result<(), BrowserError> {
        let policy = json!({
            "version": "browser",
            "alpha": 0.04,
            "strategies": { "hold_out_share": 0.2 },
            "experiments": [{ "id": "longer-wait", "arms": [
                { "name": "control", "share": 0.6 },
                { "name": "two-days", "share": 0.4, "change": { "cool_off_wait_hours": 48 } },
            ] }],
        });
        self.table.put_policy(PolicyRole::Live, Some(&policy.to_string())).await?;
        let group = Group { number: 0, seed: SEED, customers: CUSTOMERS, currency: Currency::EUR };
        let mut plan = simulated::plan(group, clock::system());
        self.console.line(&plan.description);
        let (api, tally) = (Api::new(self.client.clone()), Arc::new(Tally::new(Instant::now())));
        let mut player = Player::new(&api, &tally, CONCURRENCY);
        player.import(&mut plan).await;
        self.learned().await?;
        player.live(&mut plan, Pace::AsAnswered).await;
        self.learned().await?;
        let counts = tally.counts();
        self.console.line(&format!("{} attempts scored", counts.scored));
        if counts.not_2xx == 0 { Ok(()) } else { Err(BrowserError::Failures(counts.not_2xx)) }
    }

    async fn learned(&self) -> Result<(), BrowserError> {
        if pump::drained(self.trigger.clone()).await { Ok(()) } else { Err(BrowserError::TriggerEnded) }
    }

    async fn script(
        &self,
        browser: &Browser,
        screenshots: Option<&Path>,
        surroundings: &Surroundings,
        watchdog: &Watchdog,
    ) -> io::Result<ExitStatus> {
        let folder = match screenshots {
            Some(folder) => {
                std::fs::create_dir_all(folder)?;
                std::path::absolute(folder)?
            }
            None => PathBuf::new(),
        };
        let mut command = Command::new(&browser.node);
        command
            .arg(surroundings.workspace.join("infra/local/tests/browser/dashboard.mjs"))
            .env("GUARDIAN_URL", format!("http://{}", self.api))
            .env("GUARDIAN_TOKEN", &self.operator)
            .env("GUARDIAN_BACKEND_TOKEN", &self.backend)
            .env("GUARDIAN_PACKAGES", &browser.packages)
            .env("GUARDIAN_CHROMIUM", browser.chromium.as_deref().unwrap_or(Path::new("")))
            .env("GUARDIAN_SCREENSHOTS", folder);
        GroupChild::spawn(command, watchdog)?.wait().await
    }
}

fn system(what: &'static str) -> impl FnOnce(io::Error) -> BrowserError {
    move |source| BrowserError::System { what, source }
}
