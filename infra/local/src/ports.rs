//! The three ports of the stack, checked before anything is built or started.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};

/// The port of the HTTP API unless `--port` says otherwise.
pub const PORT_DEFAULT: u16 = 9000;

/// The largest port of the API: two more follow it.
pub const PORT_MAX: u16 = u16::MAX - 2;

/// The ports of the stack whose API is at this one: the API's, the emulator's, the functions'.
pub const fn ports_from(api: u16) -> [u16; 3] {
    [api, api.saturating_add(1), api.saturating_add(2)]
}

/// Why a port cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Something listens on the API's port.
    #[error("port {0} is in use: stop what listens there, or choose another with --port")]
    ApiInUse(u16),
    /// Something listens on one of the ports after it.
    #[error("port {port} {what}, {after} after --port {api}, is in use: choose another --port")]
    NextInUse {
        /// The API's port.
        api: u16,
        /// The port in use.
        port: u16,
        /// Whose it would be.
        what: &'static str,
        /// How far after the API's.
        after: &'static str,
    },
    /// Any other refusal by the system.
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Refused {
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
}

/// The listeners of the API and of the emulator, already bound, and where the functions are invoked.
#[derive(Debug)]
pub struct Ports {
    /// The API.
    pub api: TcpListener,
    /// The emulator, on the port after the API's.
    pub emulator: TcpListener,
    /// The watcher, on the port after that. Free when it was looked at; the watcher binds it itself.
    pub lambdas: SocketAddr,
}

impl Ports {
    /// Binds the API's port and the emulator's, and checks the watcher's.
    ///
    /// # Errors
    /// [`PortError`] naming the port at fault and the option that changes it.
    pub fn claim(api: u16) -> Result<Self, PortError> {
        let [_, emulator, lambdas] = ports_from(api);
        let next = |port, what, after| {
            listen(port).map_err(|error| match error.kind() {
                io::ErrorKind::AddrInUse => PortError::NextInUse { api, port, what, after },
                _ => PortError::Refused { port, source: error },
            })
        };
        let listener = listen(api).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => PortError::ApiInUse(api),
            _ => PortError::Refused { port: api, source: error },
        })?;
        let emulator = next(emulator, "of the table emulator", "the one")?;
        // Bound and dropped at once: this only asks. An error here costs nothing, after the build it would cost minutes.
        let _free = next(lambdas, "of cargo lambda watch", "the second")?;
        Ok(Self { api: listener, emulator, lambdas: loopback(lambdas) })
    }
}

/// Only this machine may talk to the stack: the table and the functions' own ports ask nobody who they are.
fn loopback(port: u16) -> SocketAddr {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into()
}

fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(loopback(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A port that is free with the two after it, as far as the next instant is concerned.
    fn free() -> u16 {
        (20_000..60_000).step_by(3).find(|port| Ports::claim(*port).is_ok()).unwrap()
    }

    #[test]
    fn a_port_in_use_is_named_with_the_option_that_changes_it() {
        let port = free();
        let taken = listen(port).unwrap();
        assert_eq!(
            Ports::claim(port).unwrap_err().to_string(),
            format!("port {port} is in use: stop what listens there, or choose another with --port")
        );
        drop(taken);
        for (next, after) in [(port + 1, "the one after"), (port + 2, "the second after")] {
            let _taken = listen(next).unwrap();
            let message = Ports::claim(port).unwrap_err().to_string();
            for part in [format!("port {next}"), format!("{after} --port {port}"), "another --port".to_owned()] {
                assert!(message.contains(&part), "{message}");
            }
        }
    }

    #[test]
    fn the_emulator_gets_the_port_after_the_api_and_the_functions_the_one_after_that() {
        let port = free();
        let ports = Ports::claim(port).unwrap();
        assert_eq!(ports.api.local_addr().unwrap(), loopback(port));
        assert_eq!(ports.emulator.local_addr().unwrap(), loopback(port + 1));
        assert_eq!(ports.lambdas, loopback(port + 2));
    }
}
