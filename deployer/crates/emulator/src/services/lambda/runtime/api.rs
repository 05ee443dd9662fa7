//! The Runtime API of one process (Lambda guide, runtimes-api; version 2018-06-01).

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// Maximum size of a response (Lambda quotas page, and the message that Lambda gives).
const MAX_ANSWER: usize = 6_291_556;
const VERSION: &str = "/2018-06-01/runtime/";

/// An event to be delivered to the process.
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) payload: Bytes,
    pub(crate) arn: String,
    pub(crate) deadline_ms: u128,
    pub(crate) trace: String,
    pub(crate) context: Option<String>,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// Response of the process to an event.
#[derive(Debug)]
pub(crate) enum Answer {
    Response(Bytes),
    Error(Bytes),
    TooLarge,
}

/// Progress of a process.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Progress {
    /// Number of requests for an event.
    pub(crate) asked: u64,
    /// Error reported instead of the first request for an event.
    pub(crate) init_error: Option<Bytes>,
}

/// State of the API for one process.
pub(crate) struct Api {
    events: tokio::sync::Mutex<mpsc::Receiver<Event>>,
    current: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    progress: watch::Sender<Progress>,
}

impl Api {
    /// Returns the API, a sender of events, and the process's progress.
    pub(crate) fn new() -> (Arc<Self>, mpsc::Sender<Event>, watch::Receiver<Progress>) {
        let (sender, receiver) = mpsc::channel(1);
        let (progress, watched) = watch::channel(Progress::default());
        let api = Self { events: tokio::sync::Mutex::new(receiver), current: Mutex::default(), progress };
        (Arc::new(api), sender, watched)
    }

    /// Serves the process's connections until dropped.
    pub(crate) async fn serve(self: Arc<Self>, socket: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            let Ok((stream, _)) = socket.accept().await else { continue };
            while connections.try_join_next().is_some() {}
            let api = Arc::clone(&self);
            connections.spawn(async move {
                let service = hyper::service::service_fn(move |request| {
                    let api = Arc::clone(&api);
                    async move { Ok::<_, std::convert::Infallible>(api.answer(request).await.map(Full::new)) }
                });
                // The process is responsible for handling a broken connection.
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Bytes> {
        let path = request.uri().path().to_owned();
        let Some(rest) = path.strip_prefix(VERSION) else { return fault(StatusCode::NOT_FOUND, "InvalidPath", &path) };
        let parts: Vec<&str> = rest.split('/').collect();
        match (request.method(), parts.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => self.finish(id, request.into_body(), Answer::Response).await,
            (&Method::POST, ["invocation", id, "error"]) => self.finish(id, request.into_body(), Answer::Error).await,
            (&Method::POST, ["init", "error"]) => {
                let body = Limited::new(request.into_body(), MAX_ANSWER).collect().await.map(|body| body.to_bytes());
                self.progress.send_modify(|progress| progress.init_error = Some(body.unwrap_or_default()));
                accepted()
            }
            _ => fault(StatusCode::NOT_FOUND, "InvalidPath", &path),
        }
    }

    async fn next(&self) -> Response<Bytes> {
        self.progress.send_modify(|progress| progress.asked += 1);
        let event = self.events.lock().await.recv().await;
        let Some(event) = event else {
            return fault(StatusCode::FORBIDDEN, "InvalidState", "the environment is being shut down");
        };
        let mut response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &event.id)
            .header("lambda-runtime-deadline-ms", event.deadline_ms.to_string())
            .header("lambda-runtime-invoked-function-arn", &event.arn)
            .header("lambda-runtime-trace-id", &event.trace);
        if let Some(context) = &event.context {
            response = response.header("lambda-runtime-client-context", context);
        }
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some((event.id, event.answer));
        response.body(event.payload).unwrap_or_else(|_| fault(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "headers"))
    }

    async fn finish(&self, id: &str, body: Incoming, say: fn(Bytes) -> Answer) -> Response<Bytes> {
        let known =
            self.current.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|(current, _)| current == id);
        if !known {
            return fault(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
        }
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((_, answer)) = current else { return fault(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID") };
        match body {
            Ok(body) => {
                // The caller may have gone, which does not concern the process.
                let _ = answer.send(say(body.to_bytes()));
                accepted()
            }
            Err(_) => {
                let _ = answer.send(Answer::TooLarge);
                fault(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "RequestEntityTooLarge",
                    "Exceeded maximum allowed payload size (6291556 bytes).",
                )
            }
        }
    }
}

fn accepted() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(b"{\"status\":\"OK\"}"));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

fn fault(status: StatusCode, kind: &str, message: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json!({"errorType": kind, "errorMessage": message}).to_string()));
    *response.status_mut() = status;
    response
}
