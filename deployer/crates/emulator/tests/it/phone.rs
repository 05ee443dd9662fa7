//! The telephone line of a served embedded AWS, key by key over a real socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::types::{ContactFlowType, DirectoryType};
use deployer_emulator::server::listener::{Listener, listen};
use deployer_emulator::server::phone::{CallRequest, ClientMessage, PATH, PROTOCOL, ServerMessage};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::support::fresh::{TestEmulator, fresh};

/// Returns a flow that asks for a key until 1 is pressed, and then branches by a percentage of fifty.
fn flow() -> Value {
    let say = |id: &str, text: &str, next: &str| {
        json!({"Identifier": id, "Type": "MessageParticipant", "Parameters": {"Text": text},
               "Transitions": {"NextAction": next, "Errors": [{"NextAction": next, "ErrorType": "NoMatchingError"}]}})
    };
    let when = |operator: &str, operand: &str, next: &str| json!({"NextAction": next, "Condition": {"Operator": operator, "Operands": [operand]}});
    let again = |kind: &str| json!({"NextAction": "ask", "ErrorType": kind});
    json!({"Version": "2019-10-30", "StartAction": "log", "Actions": [
        {"Identifier": "log", "Type": "UpdateFlowLoggingBehavior", "Parameters": {"FlowLoggingBehavior": "Enabled"}, "Transitions": {"NextAction": "ask"}},
        {"Identifier": "ask", "Type": "GetParticipantInput",
         "Parameters": {"Text": "Press 1.", "StoreInput": "False", "InputTimeLimitSeconds": "5"},
         "Transitions": {"NextAction": "ask", "Conditions": [when("Equals", "1", "share")],
             "Errors": [again("InputTimeLimitExceeded"), again("NoMatchingCondition"), again("NoMatchingError")]}},
        {"Identifier": "share", "Type": "DistributeByPercentage", "Parameters": {},
         "Transitions": {"NextAction": "second", "Conditions": [when("NumberLessThan", "51", "first")],
             "Errors": [{"NextAction": "second", "ErrorType": "NoMatchingCondition"}]}},
        say("first", "The first half.", "end"),
        say("second", "The second half.", "end"),
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ]})
}

pub(crate) struct Served {
    pub(crate) fresh: TestEmulator,
    pub(crate) listener: Listener,
    pub(crate) instance_id: String,
    pub(crate) contact_flow_id: String,
}

pub(crate) async fn served() -> Served {
    served_on(fresh()).await
}

pub(crate) async fn served_on(fresh: TestEmulator) -> Served {
    let client = Client::new(&fresh.config);
    let create = client.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias("line");
    let made = create.inbound_calls_enabled(true).outbound_calls_enabled(false).send().await.expect("an instance");
    fresh.clock.advance(Duration::from_secs(90));
    let instance_id = made.id.expect("an id");
    let create = client.create_contact_flow().instance_id(&instance_id).name("line").r#type(ContactFlowType::ContactFlow);
    let made = create.content(flow().to_string()).send().await.expect("a flow");
    let listener = listen(Arc::clone(&fresh.emulator), 0).await.expect("a free port");
    Served { fresh, listener, instance_id, contact_flow_id: made.contact_flow_id.expect("an id") }
}

pub(crate) struct Line {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Line {
    async fn open(address: SocketAddr) -> Self {
        let (reader, mut writer) = TcpStream::connect(address).await.expect("a connection").into_split();
        let head = format!("GET {PATH} HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: {PROTOCOL}\r\n\r\n");
        writer.write_all(head.as_bytes()).await.expect("sent");
        let mut line = Self { reader: BufReader::new(reader), writer };
        assert!(line.text().await.starts_with("HTTP/1.1 101"));
        while !line.text().await.trim().is_empty() {}
        line
    }

    async fn text(&mut self) -> String {
        let mut text = String::new();
        self.reader.read_line(&mut text).await.expect("a line");
        text
    }

    async fn reported(&mut self) -> ServerMessage {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
    }

    /// Expects the sentence, and the request for a key.
    pub(crate) async fn asked(&mut self) {
        assert_eq!(self.reported().await, ServerMessage::Heard("Press 1.".to_owned()));
        assert_eq!(self.reported().await, ServerMessage::Key(5000));
    }

    async fn say(&mut self, what: &impl serde::Serialize) {
        let text = serde_json::to_string(what).expect("JSON");
        self.writer.write_all(format!("{text}\n").as_bytes()).await.expect("sent");
    }
}

impl Served {
    pub(crate) fn dialled(&self) -> CallRequest {
        CallRequest {
            instance_id: self.instance_id.clone(),
            contact_flow_id: self.contact_flow_id.clone(),
            by_number: false,
            from: Some("+12065550100".to_owned()),
            to: "+18005550100".to_owned(),
            at: None,
            percent: Some(50),
            seed: None,
        }
    }

    pub(crate) async fn dial(&self, dialled: &CallRequest) -> Line {
        let mut line = Line::open(self.listener.address).await;
        line.say(dialled).await;
        line
    }
}

#[tokio::test]
async fn keys_are_pressed_when_they_are_expected() {
    let served = served().await;
    let mut line = served.dial(&served.dialled()).await;
    for pressed in [ClientMessage::Silence, ClientMessage::Press('7'), ClientMessage::Press('1')] {
        line.asked().await;
        line.say(&pressed).await;
    }
    assert_eq!(line.reported().await, ServerMessage::Heard("The first half.".to_owned()));
    let ServerMessage::Done { transcript, log } = line.reported().await else { panic!("the call is over") };
    assert_eq!(transcript["outcome"], "disconnected");
    assert!(log.iter().any(|entry| entry["ContactFlowModuleType"] == "GetUserInput"), "{log:?}");
    assert_eq!(line.text().await, "", "the line is closed");
}

#[tokio::test]
async fn percentage_is_decided_by_number_or_seed() {
    let served = served().await;
    let heard = async |change: &dyn Fn(&mut CallRequest)| {
        let mut dialled = CallRequest { percent: None, ..served.dialled() };
        change(&mut dialled);
        let mut line = served.dial(&dialled).await;
        line.asked().await;
        line.say(&ClientMessage::Press('1')).await;
        line.reported().await
    };
    assert_eq!(heard(&|dialled| dialled.percent = Some(50)).await, ServerMessage::Heard("The first half.".to_owned()));
    assert_eq!(heard(&|dialled| dialled.percent = Some(51)).await, ServerMessage::Heard("The second half.".to_owned()));
    let (mut halves, mut again) = (Vec::new(), Vec::new());
    for seed in 0..16 {
        halves.push(heard(&|dialled| dialled.seed = Some(seed)).await);
        again.push(heard(&|dialled| dialled.seed = Some(seed)).await);
    }
    assert_eq!(halves, again);
    assert!(halves.iter().any(|half| *half != halves[0]), "one seed is not like the other");
}

#[tokio::test]
async fn disconnect_or_invalid_input_hangs_up() {
    let served = served().await;
    let own = Arc::strong_count(&served.fresh.emulator);
    let mut line = served.dial(&served.dialled()).await;
    line.asked().await;
    line.say(&json!({"press": "x"})).await;
    let ServerMessage::Done { transcript, .. } = line.reported().await else { panic!("the call is over") };
    assert_eq!(transcript["outcome"], "caller hung up");
    let mut line = served.dial(&served.dialled()).await;
    line.asked().await;
    drop(line);
    // The call holds the embedded AWS until it ends.
    while Arc::strong_count(&served.fresh.emulator) > own {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn invalid_calls_and_requests_are_refused() {
    let served = served().await;
    let nobody = CallRequest { contact_flow_id: "00000000-0000-4000-8000-000000000000".to_owned(), ..served.dialled() };
    let ServerMessage::Refused(why) = served.dial(&nobody).await.reported().await else { panic!("refused") };
    assert!(why.contains("no contact flow 00000000"), "{why}");
    let mut line = Line::open(served.listener.address).await;
    line.say(&json!({"instance_id": 5})).await;
    assert_eq!(line.reported().await, ServerMessage::Refused("not a call".to_owned()));
    let mut stream = TcpStream::connect(served.listener.address).await.expect("a connection");
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 426"), "{answer}");
}
