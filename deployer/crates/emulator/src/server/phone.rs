//! The telephone line of a served embedded AWS: another process on this machine calls a flow. AWS has no such interface; the path cannot be
//! one of AWS's, since no service here has a path that starts with an underscore.
//!
//! A request with `Upgrade: deployer-call` opens the line. From then on both sides send lines of JSON: the caller sends one
//! [`CallRequest`], then a [`ClientMessage`] for each [`ServerMessage::Key`]; the server sends [`ServerMessage`]s. A caller who disconnects
//! has hung up.

use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use deployer_flow::interpret::{BoxFuture, Caller, Key};
use deployer_flow::scenario::PercentSource;
use http::header::{CONNECTION, HeaderValue, UPGRADE};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, split};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};

use super::bare::bare;
use crate::phone::{Call, call, dialled};
use crate::{Emulator, Failure};

/// Path of the line.
pub const PATH: &str = "/_deployer/call";
/// Protocol that the connection is upgraded to.
pub const PROTOCOL: &str = "deployer-call";

/// Maximum size in bytes of what a caller sends, more than any caller needs.
const MAX_INPUT_BYTES: u64 = 1 << 20;
/// Time after the timeout of a key press at which a caller who has neither pressed a key nor reported silence counts as gone.
const GRACE: Duration = Duration::from_secs(30);

/// Parameters of a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CallRequest {
    /// Instance ID or ARN.
    pub instance_id: String,
    /// Flow ID or ARN.
    pub contact_flow_id: String,
    /// Whether the flow that the dialled number is associated with runs first, if there is one.
    pub by_number: bool,
    /// Caller's number; `None` if it is withheld.
    pub from: Option<String>,
    /// Dialled number.
    pub to: String,
    /// Start of the call as the flow sees it; `None` is now.
    pub at: Option<OffsetDateTime>,
    /// Number by which percentage branches are decided.
    pub percent: Option<u8>,
    /// Seed of a sequence of such numbers; without either they are random.
    pub seed: Option<u64>,
}

/// A message to the caller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerMessage {
    /// A sentence that the caller hears.
    Heard(String),
    /// A key press is expected within this many milliseconds.
    Key(u64),
    /// The call is over, with its transcript and flow-log entries.
    Done {
        /// Transcript as JSON.
        transcript: Value,
        /// Flow-log entries in Connect's format.
        log: Vec<Value>,
    },
    /// The call cannot be made, with the reason.
    Refused(String),
}

/// The caller's input when a key is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientMessage {
    /// Presses this key.
    Press(char),
    /// Presses no key until the timeout.
    Silence,
    /// Ends the call.
    HangUp,
}

/// Whether a request for the line has the secret, if one is required. The line is not part of AWS, so the request is not signed.
pub(crate) fn is_allowed(emulator: &Emulator, headers: &http::HeaderMap) -> bool {
    let Some(key) = emulator.access_key() else { return true };
    let given = headers.get(http::header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    // Compares digests, so that the timing reveals nothing of the secret.
    let digest = |bytes: &[u8]| ring::digest::digest(&ring::digest::SHA256, bytes);
    digest(given).as_ref() == digest(format!("Bearer {}", key.secret).as_bytes()).as_ref()
}

/// Opens the line, or returns 426 for a request without an upgrade.
pub(crate) fn answer(emulator: Weak<Emulator>, mut request: Request<Incoming>) -> Response<Bytes> {
    let asked = request.headers().get(UPGRADE).is_some_and(|protocol| protocol == PROTOCOL);
    let mut response = bare(if asked { StatusCode::SWITCHING_PROTOCOLS } else { StatusCode::UPGRADE_REQUIRED });
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static(PROTOCOL));
    if !asked {
        return response;
    }
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    let line = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let (Ok(line), Some(emulator)) = (line.await, emulator.upgrade()) {
            serve(&emulator, TokioIo::new(line)).await;
        }
    });
    response
}

/// Runs one call on an open line.
async fn serve(emulator: &Arc<Emulator>, line: impl AsyncRead + AsyncWrite + Send + 'static) {
    let (reader, writer) = split(line);
    let (reported, to_tell) = unbounded_channel();
    let writing = tokio::spawn(send_messages(writer, to_tell, GRACE));
    let (said, lines) = channel(1);
    let listening = tokio::spawn(listen(reader, said));
    let mut remote = RemoteCaller { lines, messages: reported.clone() };
    let end = match dial(emulator, &mut remote).await {
        Ok((transcript, log)) => ServerMessage::Done { transcript, log },
        Err(failure) => ServerMessage::Refused(failure.to_string()),
    };
    // A caller who has disconnected is ignored.
    let _ = reported.send(end);
    drop((reported, remote));
    let _ = writing.await;
    listening.abort();
}

/// Reads the caller's lines until the caller disconnects.
async fn listen(reader: impl AsyncRead + Unpin, said: Sender<String>) {
    let mut lines = BufReader::new(reader.take(MAX_INPUT_BYTES)).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if said.send(line).await.is_err() {
            break;
        }
    }
}

/// Writes messages until all are sent, or the caller reads nothing for `timeout`.
async fn send_messages(mut writer: impl AsyncWrite + Unpin, mut reported: UnboundedReceiver<ServerMessage>, timeout: Duration) {
    while let Some(one) = reported.recv().await {
        let Ok(mut line) = serde_json::to_vec(&one) else { break };
        line.push(b'\n');
        let written = async {
            writer.write_all(&line).await?;
            writer.flush().await
        };
        // A caller who does not read is gone too.
        if !matches!(tokio::time::timeout(timeout, written).await, Ok(Ok(()))) {
            return;
        }
    }
    let _ = tokio::time::timeout(timeout, writer.shutdown()).await;
}

/// The caller at the other end of the line.
struct RemoteCaller {
    lines: Receiver<String>,
    messages: UnboundedSender<ServerMessage>,
}

impl RemoteCaller {
    /// Returns the caller's next message, or `None` if there is none in time or it cannot be parsed.
    async fn line<T: for<'de> Deserialize<'de>>(&mut self, within: Duration) -> Option<T> {
        let line = tokio::time::timeout(within, self.lines.recv()).await.ok()??;
        serde_json::from_str(&line).ok()
    }
}

impl Caller for RemoteCaller {
    fn hear(&mut self, sentence: &str) {
        // A disconnect is detected when a key is expected.
        let _ = self.messages.send(ServerMessage::Heard(sentence.to_owned()));
    }

    fn key(&mut self, limit: Duration) -> BoxFuture<'_, Key> {
        Box::pin(async move {
            let milliseconds = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            if self.messages.send(ServerMessage::Key(milliseconds)).is_err() {
                return Key::HangUp;
            }
            match self.line::<ClientMessage>(limit.saturating_add(GRACE)).await {
                Some(ClientMessage::Press(key)) if key.is_ascii_digit() || key == '*' || key == '#' => Key::Press(key),
                Some(ClientMessage::Silence) => Key::Silence,
                _ => Key::HangUp,
            }
        })
    }
}

async fn dial(emulator: &Arc<Emulator>, remote: &mut RemoteCaller) -> Result<(Value, Vec<Value>), Failure> {
    let asked: CallRequest = remote.line(GRACE).await.ok_or_else(|| Failure::State("not a call".to_owned()))?;
    let everywhere = emulator.all_emulators();
    let there = everywhere.iter().find(|one| one.account_state().connect.has(&asked.instance_id)).unwrap_or(emulator);
    let led = if asked.by_number { dialled(there, &asked.to) } else { None };
    let (instance_id, contact_flow_id) = led.unwrap_or((asked.instance_id, asked.contact_flow_id));
    let chance = asked.percent.map(PercentSource::Percent).or(asked.seed.map(PercentSource::Seed));
    let what = Call { instance_id, contact_flow_id, from: asked.from, to: asked.to, at: asked.at, chance };
    let mut transcript = call(there, what, remote).await?;
    let log = std::mem::take(&mut transcript.log);
    let transcript = serde_json::to_value(transcript).map_err(|error| Failure::State(error.to_string()))?;
    Ok((transcript, log))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn caller_who_does_not_read_times_out() {
        let (here, _there) = tokio::io::duplex(16);
        let (reported, to_tell) = unbounded_channel();
        let sentence = || ServerMessage::Heard("A sentence that is longer than what is on its way.".to_owned());
        reported.send(sentence()).expect("it is listened to");
        let writing = tokio::spawn(send_messages(here, to_tell, Duration::from_millis(20)));
        // The sender stays alive: only the reader who does not read ends this.
        writing.await.expect("it ends");
        reported.send(sentence()).expect_err("nobody is there any more");
    }
}
