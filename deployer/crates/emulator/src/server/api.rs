//! Deployed APIs on a loopback socket: HTTPS with the custom domains' own certificates.

use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::bare::bare;
use super::header_case::{RawHead, RecordingStream};
use super::socket::{Listener, ShutdownSignal};
use crate::services::apigateway;
use crate::{Emulator, Failure};

/// Timeout of a client's TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Maximum size of a request body, slightly more than API Gateway's, so that API Gateway's own error is returned.
const MAX_BODY: usize = 11 * 1024 * 1024;

/// Serves the custom domains of `emulator` over HTTPS on `127.0.0.1:port` (0 selects a free port) until the listener is stopped or dropped.
///
/// The certificate is that of the domain in the client's SNI at the time of the handshake; the handshake fails for a client that names no
/// AVAILABLE domain. HTTP/2 and HTTP/1.1 are negotiated by ALPN.
///
/// # Errors
/// Fails if the port cannot be bound.
pub async fn serve_apis(emulator: Arc<Emulator>, port: u16) -> Result<Listener, Failure> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::State(format!("cannot set up TLS: {error}")))?
        .with_no_client_auth();
    let mut config = config.with_cert_resolver(Arc::new(Certificates(Arc::downgrade(&emulator))));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let weak = Arc::downgrade(&emulator);
    let open = Listener::open(port, move |stream, peer, stopped| {
        connection(Weak::clone(&weak), acceptor.clone(), stream, peer.ip(), stopped)
    });
    Ok(open.await?.keeping_alive(emulator))
}

/// A resolver that selects the certificate by the client's SNI.
#[derive(Clone)]
struct Certificates(Weak<Emulator>);

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("certificates of custom domains")
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?;
        let (chain, key) = self.0.upgrade()?.all_emulators().iter().find_map(|one| apigateway::certificate(&**one, name))?;
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().ok()?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).ok()?;
        let key = ring::sign::any_supported_type(&key).ok()?;
        Some(Arc::new(CertifiedKey::new(chain, key)))
    }
}

async fn connection(emulator: Weak<Emulator>, acceptor: TlsAcceptor, stream: TcpStream, peer: IpAddr, stopped: ShutdownSignal) {
    // A client that rejects the certificate, or sends nothing, is dropped.
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let (stream, heard) = RecordingStream::new(stream);
    stopped.serve(stream, move |request| answer(Weak::clone(&emulator), peer, heard.clone(), request)).await;
}

async fn answer(emulator: Weak<Emulator>, peer: IpAddr, heard: RawHead, request: Request<Incoming>) -> Response<Bytes> {
    let (mut parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await;
    // HTTP/2 sends names in lower case.
    if parts.version != Version::HTTP_2 {
        parts.extensions.insert(heard.take());
    }
    match (body, emulator.upgrade()) {
        (Ok(body), Some(emulator)) => {
            let request = Request::from_parts(parts, body.to_bytes());
            let serving = emulator.all_emulators().into_iter().find(|one| apigateway::serves(&**one, &request));
            apigateway::respond(&*serving.unwrap_or(emulator), peer, request).await
        }
        (Ok(_), None) => bare(StatusCode::SERVICE_UNAVAILABLE),
        (Err(_), _) => bare(StatusCode::PAYLOAD_TOO_LARGE),
    }
}
