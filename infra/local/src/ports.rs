//! The two ports of the stack, checked before anything is built or started.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};

/// The port of the HTTP API unless `--port` says otherwise: the watcher's own default.
pub const PORT_DEFAULT: u16 = 9000;

/// Why a port cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Something listens on the API's port.
    #[error("port {0} is in use: stop what listens there, or choose another with --port")]
    ApiInUse(u16),
    /// Something listens on the emulator's port.
    #[error("port {emulator} of the table emulator, the one after --port {api}, is in use: choose another --port")]
    EmulatorInUse {
        /// The API's port.
        api: u16,
        /// The port after it.
        emulator: u16,
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

/// Where the API will listen, and the emulator's listener, already bound.
#[derive(Debug)]
pub struct Ports {
    /// The API. Free when it was looked at; the watcher binds it itself.
    pub api: SocketAddr,
    /// The emulator, on the port after the API's.
    pub emulator: TcpListener,
}

impl Ports {
    /// Checks the API's port and binds the emulator's.
    ///
    /// # Errors
    /// [`PortError`] naming the port at fault and the option that changes it.
    pub fn claim(api: u16) -> Result<Self, PortError> {
        // Bound and dropped at once: this only asks. An error here costs nothing, after the build it would cost minutes.
        match listen(api) {
            Ok(_free) => (),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(PortError::ApiInUse(api)),
            Err(source) => return Err(PortError::Refused { port: api, source }),
        }
        let emulator_port = api.saturating_add(1);
        match listen(emulator_port) {
            Ok(emulator) => Ok(Self { api: loopback(api), emulator }),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                Err(PortError::EmulatorInUse { api, emulator: emulator_port })
            }
            Err(source) => Err(PortError::Refused { port: emulator_port, source }),
        }
    }
}

/// Only this machine may talk to the stack: it has no authentication.
fn loopback(port: u16) -> SocketAddr {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into()
}

fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(loopback(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A port that is free and whose successor is free, as far as the next instant is concerned.
    fn free_pair() -> u16 {
        (20_000..60_000).step_by(2).find(|port| Ports::claim(*port).is_ok()).unwrap()
    }

    #[test]
    fn a_port_in_use_is_named_with_the_option_that_changes_it() {
        let port = free_pair();
        let taken = listen(port).unwrap();
        assert_eq!(
            Ports::claim(port).unwrap_err().to_string(),
            format!("port {port} is in use: stop what listens there, or choose another with --port")
        );
        drop(taken);

        let _taken = listen(port + 1).unwrap();
        let message = Ports::claim(port).unwrap_err().to_string();
        assert!(message.contains(&format!("port {}", port + 1)), "{message}");
        assert!(message.contains("--port"), "{message}");
    }

    #[test]
    fn the_emulator_gets_the_port_after_the_api() {
        let port = free_pair();
        let ports = Ports::claim(port).unwrap();
        assert_eq!(ports.api, loopback(port));
        assert_eq!(ports.emulator.local_addr().unwrap(), loopback(port + 1));
    }
}
