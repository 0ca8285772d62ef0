//! `cargo lab policy`: checks policies, and puts them into a table or takes them away.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use engine::policy::{Ladder, Policy, PriorsFrom, RuleState};
use store::Table;
use store::ports::{PolicyRole, PutPolicy};

use super::target::Target;
use super::{CommandError, percent_of, read_policy};

/// Check policies, publish one, or withdraw it
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say what policies hold, or what is wrong with them and where; the exit code is 1 if anything is
    Check {
        /// JSON documents
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Put a policy into a table; within a minute it is in force, or looks on
    ///
    /// Credentials and region come from where `cargo lab import` takes them; it needs the permission `dynamodb:PutItem`.
    Publish {
        #[command(flatten)]
        target: Target,

        /// What the policy is for
        #[arg(long, value_enum, default_value_t = Role::Live)]
        role: Role,

        /// A JSON document
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Take the policy of a role away; within a minute the deployed one is in force again, or none looks on
    ///
    /// It needs the permission `dynamodb:DeleteItem`.
    Withdraw {
        #[command(flatten)]
        target: Target,

        /// Which one
        #[arg(long, value_enum, default_value_t = Role::Live)]
        role: Role,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    /// In force
    Live,
    /// Only looks on; every decision records what it would have done
    Shadow,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Shadow => "shadow",
        }
    }
}

impl From<Role> for PolicyRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Live => Self::Live,
            Role::Shadow => Self::Shadow,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), CommandError> {
    let said = match &arguments.command {
        Command::Check { files } => return check(files),
        Command::Publish { target, role, file } => {
            let policy = read_policy(file)?;
            let document = String::from_utf8_lossy(&super::read_file(file)?).into_owned();
            let place = put(target, *role, Some(&document))?;
            format!("policy {} is now the {} one of {} ({place})", policy.version, role.name(), target.table())
        }
        Command::Withdraw { target, role } => {
            let place = put(target, *role, None)?;
            format!("{} ({place}) holds no {} policy now", target.table(), role.name())
        }
    };
    writeln!(io::stdout(), "{said}").map_err(CommandError::Output)
}

/// Goes through all files, whatever is wrong with one of them.
fn check(files: &[PathBuf]) -> Result<(), CommandError> {
    let mut wrong = Vec::new();
    for path in files {
        match read_policy(path) {
            Ok(policy) => writeln!(io::stdout(), "{}", summary(path, &policy)).map_err(CommandError::Output)?,
            Err(error) => wrong.push(error.to_string()),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(CommandError::Policies(wrong.join("\nerror: "))) }
}

/// What a policy holds, on one line.
fn summary(path: &Path, policy: &Policy) -> String {
    let Policy { version, alpha, ladder, rules, strategies, experiments, .. } = policy;
    let ladder = match ladder {
        Ladder::Risk(ladder) => format!(
            "by risk (warn from {}, cool off from {}, block from {})",
            ladder.warn_from, ladder.cool_off_from, ladder.block_from
        ),
        Ladder::Cost(_) => "by cost".to_owned(),
    };
    let in_state = |state| rules.iter().filter(|rule| rule.state == state).count();
    let (trial, off) = (in_state(RuleState::Trial), in_state(RuleState::Off));
    let ids: usize = rules.lists().values().map(Vec::len).sum();
    let running = experiments.iter().filter(|experiment| experiment.running).count();
    let mut text = format!("{}: policy {version}: alpha {}, ladder {ladder}", path.display(), percent_of(*alpha));
    // Writing to a string cannot fail.
    let _ = write!(text, "; {} rules ({trial} in trial, {off} off)", rules.iter().len());
    let _ = write!(text, ", {} lists of {ids} ids", rules.lists().len());
    let _ = write!(text, ", {} experiments ({running} running)", experiments.len());
    let _ = write!(text, ", {} held out", percent_of(strategies.hold_out_share));
    let priors = match strategies.priors_from {
        PriorsFrom::Reviews => "moved by reviews",
        PriorsFrom::Policy => "as they are",
    };
    let _ = write!(text, ", priors {priors}");
    text
}

/// Puts a document in a role, or takes it away; gives where the table is.
fn put(target: &Target, role: Role, document: Option<&str>) -> Result<String, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CommandError::Threads)?;
    runtime.block_on(async {
        let (client, place) = target.connect().await?;
        let put = Table::new(client, target.table()).put_policy(role.into(), document).await;
        put.map(|()| place.clone()).map_err(|source| CommandError::Table { place, source })
    })
}
