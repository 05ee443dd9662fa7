//! Listeners on loopback sockets.

use std::any::Any;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Failure;

/// Maximum time that a stopping listener waits for requests in flight.
pub const GRACE: Duration = Duration::from_secs(5);

/// A listener; it stops accepting connections when dropped.
pub struct Listener {
    /// Address that it listens on.
    pub address: SocketAddr,
    task: JoinHandle<()>,
    stopping: watch::Sender<bool>,
    /// Keeps the emulator alive; the listener that the embedded AWS itself holds must not.
    owner: Option<Arc<dyn Any + Send + Sync>>,
}

impl Listener {
    /// Opens `127.0.0.1:port` and passes every connection to `connection`, with a signal that it should stop.
    pub(crate) async fn open<F>(
        port: u16,
        connection: impl Fn(TcpStream, SocketAddr, ShutdownSignal) -> F + Send + 'static,
    ) -> Result<Self, Failure>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let wanted = format!("127.0.0.1:{port}");
        let failed = |source| Failure::Listen { address: wanted.clone(), source };
        let socket = TcpListener::bind(&wanted).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let (stopping, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            loop {
                match socket.accept().await {
                    Ok((stream, peer)) => {
                        // Responses are written in one piece, so Nagle's algorithm would only delay them.
                        let _ = stream.set_nodelay(true);
                        drop(tokio::spawn(connection(stream, peer, ShutdownSignal(stopped.clone()))));
                    }
                    // Most likely out of file descriptors: other connections must end first.
                    Err(error) => {
                        tracing::warn!(%error, "cannot take a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                }
            }
        });
        Ok(Self { address, task, stopping, owner: None })
    }

    /// Returns the listener, which now keeps `emulator` alive.
    pub(crate) fn keeping_alive(mut self, emulator: Arc<dyn Any + Send + Sync>) -> Self {
        self.owner = Some(emulator);
        self
    }

    /// Stops accepting connections, and waits for requests in flight for at most [`GRACE`].
    pub async fn stop(self) {
        self.task.abort();
        self.stopping.send_replace(true);
        // Every connection holds a receiver while it is open.
        let _ = tokio::time::timeout(GRACE, self.stopping.closed()).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
        self.stopping.send_replace(true);
    }
}

/// A signal to a connection that its listener stops.
pub(crate) struct ShutdownSignal(watch::Receiver<bool>);

impl ShutdownSignal {
    /// Serves HTTP on a connection until it ends; when the listener stops, requests in flight are still answered.
    pub(crate) async fn serve<F>(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        answer: impl Fn(Request<Incoming>) -> F + Send + 'static,
    ) where
        F: Future<Output = Response<Bytes>> + Send + 'static,
    {
        let service = hyper::service::service_fn(move |request| {
            let answer = answer(request);
            async move { Ok::<_, Infallible>(answer.await.map(Full::new)) }
        });
        let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
        let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let stopped = async { self.0.wait_for(|stopped| *stopped).await.map(drop) };
        // A broken connection is handled by the client.
        tokio::select! {
            _ = connection.as_mut() => {}
            _ = stopped => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }
}
