//! AWS's endpoint on a loopback socket.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::{Emulator, Failure};

/// The largest request body taken: a 50 MB zip in base64 and some room (Lambda quotas page).
const MAX_BODY: usize = 72 * 1024 * 1024;

/// A listener; it stops when dropped.
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    pub(crate) task: JoinHandle<()>,
    /// Keeps what is served alive; the listener that the embedded AWS itself holds must not.
    pub(crate) keeps: Option<Arc<Emulator>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves every service on `127.0.0.1:port` (0 takes a free port) until the listener is dropped.
pub async fn listen(emulator: Arc<Emulator>, port: u16) -> Result<Listener, Failure> {
    let mut listener = listen_weakly(Arc::downgrade(&emulator), port).await?;
    listener.keeps = Some(emulator);
    Ok(listener)
}

/// The same for an embedded AWS that may end before the listener; then every request is answered with 503.
pub(crate) async fn listen_weakly(emulator: Weak<Emulator>, port: u16) -> Result<Listener, Failure> {
    let wanted = format!("127.0.0.1:{port}");
    let failed = |source| Failure::Listen { address: wanted.clone(), source };
    let socket = TcpListener::bind(&wanted).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let task = tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = socket.accept().await else { continue };
            tokio::spawn(connection(Weak::clone(&emulator), TokioIo::new(stream)));
        }
    });
    Ok(Listener { address, task, keeps: None })
}

async fn connection(emulator: Weak<Emulator>, io: TokioIo<tokio::net::TcpStream>) {
    let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let emulator = Weak::clone(&emulator);
        async move {
            let (parts, body) = request.into_parts();
            let response = match (Limited::new(body, MAX_BODY).collect().await, emulator.upgrade()) {
                (Ok(body), Some(emulator)) => emulator.handle(http::Request::from_parts(parts, body.to_bytes())).await,
                (Ok(_), None) => bare(http::StatusCode::SERVICE_UNAVAILABLE),
                (Err(_), _) => bare(http::StatusCode::PAYLOAD_TOO_LARGE),
            };
            Ok::<_, std::convert::Infallible>(response.map(Full::new))
        }
    });
    // A broken connection is the client's affair.
    let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
}

fn bare(status: http::StatusCode) -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
