//! Raw requests to a socket or to an emulator in this process, without a client that retries.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use deployer_emulator::{Emulator, Failure, Options, SystemClock};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "us-east-1";

/// Opens the state in a directory with delays reduced to nothing.
pub(crate) fn open(directory: &Path) -> Result<Arc<Emulator>, Failure> {
    Emulator::open(Options { directory: Some(directory.to_owned()), ..options() })
}

fn options() -> Options {
    Options {
        directory: None,
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        clock: Arc::new(SystemClock),
        speed: 1e9,
        seed: None,
        limits: Default::default(),
    }
}

/// Stores a state, given in its serialized form, in a new directory.
pub(crate) async fn stored_state(state: &Value) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let options = Options { directory: Some(directory.path().to_owned()), ..options() };
    let emulator = Emulator::from_account_state(options, serde_json::from_value(state.clone()).expect("a state"));
    // The first write stores everything. Roles belong to the state of the account, whatever its Region.
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    for action in [&format!("CreateRole&AssumeRolePolicyDocument={trust}"), "DeleteRole"] {
        send(&emulator, ("iam", "POST", "/", "", format!("Action={action}&Version=2010-05-08&RoleName=first-write"))).await;
    }
    directory
}

/// A request to any service: service, method, path, `x-amz-target`, body.
pub(crate) type Request<'a> = (&'a str, &'a str, &'a str, &'a str, String);

fn signed((service, method, path, target, body): Request<'_>) -> http::Request<Bytes> {
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20261123/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=x"
    );
    let request = http::Request::builder().method(method).uri(path).header("host", "localhost").header("authorization", scope);
    let request = match service {
        "s3" => request.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        _ => request.header("x-amz-target", target),
    };
    request.body(Bytes::from(body)).expect("a request")
}

/// Returns the body of the response, which must be a success.
pub(crate) async fn send(emulator: &Arc<Emulator>, request: Request<'_>) -> String {
    let (service, method, path, target, _) = request;
    let response = emulator.handle(signed(request)).await;
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert!(response.status().is_success(), "{service} {method} {path} {target}: {} {text}", response.status());
    text
}

/// The connection to a server or an emulator in this process.
pub(crate) enum Wire {
    Socket(SendRequest<Full<Bytes>>),
    World(Arc<Emulator>),
}

/// The connection ended before the response: whether the request was executed is unknown.
#[derive(Debug)]
pub(crate) struct Broken;

impl Wire {
    /// Opens a connection that is kept for all requests.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, Broken> {
        let stream = tokio::net::TcpStream::connect(address).await.map_err(|_| Broken)?;
        stream.set_nodelay(true).map_err(|_| Broken)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|_| Broken)?;
        tokio::spawn(connection);
        Ok(Self::Socket(sender))
    }

    /// Sends a DynamoDB request, and returns the status and the body of the response.
    pub(crate) async fn call(&mut self, operation: &str, input: Value) -> Result<(u16, Value), Broken> {
        let scope = format!("AWS4-HMAC-SHA256 Credential={ACCOUNT}/20261123/{REGION}/dynamodb/aws4_request, Signature=x");
        let request = http::Request::post("/").header("host", "localhost").header("authorization", scope);
        let request = request.header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let (status, body) = self.answer(request.body(Bytes::from(input.to_string())).map_err(|_| Broken)?).await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    /// Sends a request to any service, and returns the status and the body of the response.
    pub(crate) async fn ask(&mut self, request: Request<'_>) -> Result<(u16, String), Broken> {
        let (status, body) = self.answer(signed(request)).await?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// Sends a request unchanged, and returns the status and the body of the response.
    pub(crate) async fn answer(&mut self, request: http::Request<Bytes>) -> Result<(u16, Bytes), Broken> {
        match self {
            Self::World(emulator) => {
                let response = emulator.handle(request).await;
                Ok((response.status().as_u16(), response.into_body()))
            }
            Self::Socket(sender) => {
                sender.ready().await.map_err(|_| Broken)?;
                let response = sender.send_request(request.map(Full::new)).await.map_err(|_| Broken)?;
                let status = response.status().as_u16();
                Ok((status, response.into_body().collect().await.map_err(|_| Broken)?.to_bytes()))
            }
        }
    }

    /// Returns the body of a response that must be a success.
    pub(crate) async fn done(&mut self, operation: &str, input: Value) -> Value {
        let (status, answer) = self.call(operation, input).await.expect("an answer");
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Creates the table `calls`: items by `pk` and the number `sk`, and an index by `kind`.
    pub(crate) async fn make_table(&mut self) {
        let key = |hash: &str| json!({"AttributeName": hash, "KeyType": "HASH"});
        let range = json!({"AttributeName": "sk", "KeyType": "RANGE"});
        let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
        let attributes = [attribute("pk", "S"), attribute("sk", "N"), attribute("kind", "S")];
        let index = json!({"IndexName": "by-kind", "KeySchema": [key("kind"), range], "Projection": {"ProjectionType": "ALL"}});
        let table = json!({
            "TableName": "calls", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes,
            "KeySchema": [key("pk"), range], "GlobalSecondaryIndexes": [index],
        });
        self.done("CreateTable", table).await;
    }

    /// Returns the number in the attribute `n` of an item; 0 if there is none.
    pub(crate) async fn counter(&mut self, pk: &str) -> u64 {
        let key = json!({"pk": {"S": pk}, "sk": {"N": "0"}});
        let item = self.done("GetItem", json!({"TableName": "calls", "Key": key, "ConsistentRead": true})).await;
        number(&item["Item"]["n"])
    }

    /// Returns the range keys of a whole partition, page by page.
    pub(crate) async fn partition(&mut self, pk: &str) -> Vec<u64> {
        let mut found = Vec::new();
        let mut input = json!({
            "TableName": "calls", "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}},
        });
        loop {
            let page = self.done("Query", input.clone()).await;
            found.extend(page["Items"].as_array().into_iter().flatten().map(|item| number(&item["sk"])));
            match page.get("LastEvaluatedKey") {
                Some(key) => input["ExclusiveStartKey"] = key.clone(),
                None => return found,
            }
        }
    }
}

/// Returns the number in `{"N": "7"}`; 0 if there is none.
pub(crate) fn number(value: &Value) -> u64 {
    value["N"].as_str().map_or(0, |text| text.parse().expect("a number"))
}

/// Returns the item `pk`/`sk` as a put sends it.
pub(crate) fn item(pk: &str, sk: u64) -> Value {
    json!({"pk": {"S": pk}, "sk": {"N": sk.to_string()}, "kind": {"S": format!("kind-{}", sk % 8)}, "text": {"S": "five letters"}})
}

/// Returns an update that adds one to the counter `pk` and returns its new value.
pub(crate) fn increment(pk: &str) -> Value {
    json!({
        "TableName": "calls", "Key": {"pk": {"S": pk}, "sk": {"N": "0"}}, "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": "UPDATED_NEW",
    })
}

/// Returns a put that succeeds only if there is no such item.
pub(crate) fn claim(pk: &str, sk: u64, winner: &str) -> Value {
    let mut item = item(pk, sk);
    item["winner"] = json!({ "S": winner });
    json!({"TableName": "calls", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"})
}
