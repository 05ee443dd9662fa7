//! AWS's endpoint on a loopback socket.

use std::net::SocketAddr;
use std::sync::Arc;

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
    task: JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves every service on `127.0.0.1:port` (0 takes a free port) until the listener is dropped.
pub async fn listen(emulator: Arc<Emulator>, port: u16) -> Result<Listener, Failure> {
    let wanted = format!("127.0.0.1:{port}");
    let failed = |source| Failure::Listen { address: wanted.clone(), source };
    let socket = TcpListener::bind(&wanted).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let task = tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = socket.accept().await else { continue };
            tokio::spawn(connection(Arc::clone(&emulator), TokioIo::new(stream)));
        }
    });
    Ok(Listener { address, task })
}

async fn connection(emulator: Arc<Emulator>, io: TokioIo<tokio::net::TcpStream>) {
    let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let emulator = Arc::clone(&emulator);
        async move {
            let (parts, body) = request.into_parts();
            let response = match Limited::new(body, MAX_BODY).collect().await {
                Ok(body) => emulator.handle(http::Request::from_parts(parts, body.to_bytes())).await,
                Err(_) => {
                    let mut refused = http::Response::new(Bytes::new());
                    *refused.status_mut() = http::StatusCode::PAYLOAD_TOO_LARGE;
                    refused
                }
            };
            Ok::<_, std::convert::Infallible>(response.map(Full::new))
        }
    });
    // A broken connection is the client's affair.
    let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
}
