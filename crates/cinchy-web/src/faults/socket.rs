//! The socket of a connection, kept from its start so that a fault can close it under a request.

use std::any::Any;
use std::net::Shutdown;
use std::sync::Arc;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;

/// A second handle to a connection's socket.
#[derive(Debug, Clone)]
pub struct Socket(Arc<socket2::Socket>);

impl Socket {
    /// For `HttpServer::on_connect`: keeps the handle with the connection. A connection of another kind has none; there a
    /// fault ends the answer in the middle, and the server closes.
    pub fn keep(connection: &dyn Any, extensions: &mut Extensions) {
        if let Some(stream) = connection.downcast_ref::<TcpStream>() {
            Self::keep_stream(stream, extensions);
        }
    }

    /// The same, of the TCP stream below whatever the connection speaks.
    pub fn keep_stream(stream: &TcpStream, extensions: &mut Extensions) {
        match SockRef::from(stream).try_clone() {
            Ok(socket) => {
                extensions.insert(Self(Arc::new(socket)));
            }
            Err(error) => tracing::debug!(%error, "no second handle for a socket"),
        }
    }

    /// Closes both directions. What was sent before still arrives.
    pub(crate) fn close(&self) {
        // Fails when the client was faster.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}
