//! The listening sockets. A loopback listener takes 127.0.0.1 and `[::1]` on one port: to a browser `localhost` may be either.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::error::StartError;

/// Tries at finding a port that is free on both addresses.
const TRIES: u32 = 20;

/// Opens the sockets; the first is the one that was asked for.
pub(crate) fn listen(address: SocketAddr) -> Result<Vec<TcpListener>, StartError> {
    let Some(other) = sibling(address.ip()) else {
        return Ok(vec![bind(address)?]);
    };
    for attempt in 1.. {
        let first = bind(address)?;
        let port = first.local_addr().map_err(StartError::Server)?.port();
        match bind(SocketAddr::new(other, port)) {
            Ok(second) => return Ok(vec![first, second]),
            // The free port that was picked is taken on the other address: pick another.
            Err(StartError::PortTaken(_)) if address.port() == 0 && attempt < TRIES => {}
            Err(taken @ StartError::PortTaken(_)) => return Err(taken),
            // A machine without IPv6 has only the one.
            Err(_) => return Ok(vec![first]),
        }
    }
    Err(StartError::PortTaken(address))
}

fn sibling(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        _ => None,
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => StartError::PortTaken(address),
        _ => StartError::Listen { address, source },
    })
}
