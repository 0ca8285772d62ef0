//! Which table, where, and how patiently. The environment is read here, in the program, by the SDK (`load`); the library and
//! `store` are handed a client.

use std::net::IpAddr;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::environment::credentials::EnvironmentVariableCredentialsProvider;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use clap::Args;
use store::client::{Patience, patient};

use super::CommandError;

/// Nobody waits at a checkout: the lab would rather wait than fail.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(3),
    attempt: Duration::from_secs(5),
    operation: Duration::from_secs(20),
    attempts_max: 4,
    backoff: Duration::from_millis(50),
    backoff_max: Duration::from_secs(2),
};

/// The region and the credentials for an emulator, where the environment has none. They open nothing.
const EMULATOR: &str = "local";

/// The table to write to.
#[derive(Args)]
pub(crate) struct Target {
    /// The table; `cargo local` calls its own `guardian`
    #[arg(long, value_name = "NAME")]
    table: String,

    /// Where DynamoDB is, if not at AWS: `http://127.0.0.1:9001` while `cargo local` runs. On this machine it needs no
    /// credentials
    #[arg(long, value_name = "URL", value_parser = url)]
    endpoint_url: Option<String>,

    /// The AWS region, if not the one of the environment or the profile
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

impl Target {
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// A client, and where its table is: the endpoint or the region.
    pub(crate) async fn connect(&self) -> Result<(Client, String), CommandError> {
        let mut settings = patient(aws_config::defaults(BehaviorVersion::latest()), &PATIENCE);
        let region = RegionProviderChain::first_try(self.region.clone().map(Region::new));
        if self.endpoint_url.as_deref().is_some_and(is_on_this_machine) {
            // The usual chain would end with asking the network for the role of the machine.
            let region = region.or_else(EnvironmentVariableRegionProvider::new()).or_else(Region::new(EMULATOR));
            let known =
                CredentialsProviderChain::first_try("environment", EnvironmentVariableCredentialsProvider::new());
            let credentials = known.or_else(EMULATOR, Credentials::new(EMULATOR, EMULATOR, None, None, EMULATOR));
            settings = settings.region(region).credentials_provider(credentials);
        } else if self.region.is_some() {
            settings = settings.region(region);
        }
        if let Some(endpoint_url) = &self.endpoint_url {
            settings = settings.endpoint_url(endpoint_url);
        }
        let config = settings.load().await;
        let region = config.region().map(ToString::to_string).ok_or(CommandError::NoRegion)?;
        let place = config.endpoint_url().map_or(region, str::to_owned);
        Ok((Client::new(&config), place))
    }
}

fn url(text: &str) -> Result<String, String> {
    let has_host = ["http://", "https://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    if has_host { Ok(text.to_owned()) } else { Err("an endpoint is a URL such as http://127.0.0.1:9001".to_owned()) }
}

/// Whether a URL names this machine, where only an emulator can be.
fn is_on_this_machine(url: &str) -> bool {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_on_this_machine() {
        for url in ["http://127.0.0.1:9001", "http://localhost:8000/", "https://127.9.9.9", "http://[::1]:8000"] {
            assert!(is_on_this_machine(url), "{url}");
        }
        for url in ["https://dynamodb.eu-west-1.amazonaws.com", "http://127.0.0.1.example.org", "http://10.0.0.1:8000"]
        {
            assert!(!is_on_this_machine(url), "{url}");
        }
    }
}
