//! The local page: who may read it, its bounds, and the calls made from it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, PutRequest, ScalarAttributeType, WriteRequest,
};
use deployer_emulator::AccessKey;
use deployer_emulator::server::listener::listen;
use deployer_emulator::server::page::{HEADER, PATH};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::phone::{Served, served, served_on};
use crate::support::fresh::fresh_with;

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{}: {error}", self.body))
    }
}

impl Served {
    /// Sends a request with these header lines, besides the host.
    async fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let host = if headers.contains("host:") { String::new() } else { format!("host: {}\r\n", self.listener.address) };
        let mut stream = tokio::net::TcpStream::connect(self.listener.address).await.expect("a connection");
        let length = body.len();
        let head =
            format!("{method} {PATH}{path} HTTP/1.1\r\n{host}{headers}connection: close\r\ncontent-length: {length}\r\n\r\n");
        // A server that refuses a body need not read it.
        let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        let answer = String::from_utf8(answer).expect("UTF-8");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// Sends a request as the page's script does.
    async fn script(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.request(method, path, &format!("{HEADER}: 1\r\n"), &body).await
    }

    async fn state(&self, query: &str) -> Value {
        self.script("GET", &format!("/state?{query}"), &Value::Null).await.json()
    }

    fn call(&self) -> Value {
        json!({"instance_id": self.instance_id, "contact_flow_id": self.contact_flow_id, "from": "+12065550100", "to": "+18005550100"})
    }

    async fn begin(&self) -> String {
        let begun = self.script("POST", "/calls", &self.call()).await;
        assert_eq!(begun.status, 201, "{}", begun.body);
        begun.json()["id"].as_str().expect("an id").to_owned()
    }

    /// Reads the events of a call until this one, and returns all before and with it.
    async fn until(&self, id: &str, after: &mut u64, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            let answer = self.script("GET", &format!("/calls/{id}?after={after}"), &Value::Null).await.json();
            for event in answer["events"].as_array().expect("events") {
                *after += 1;
                seen.push(event.clone());
                if is_it(event) {
                    return seen;
                }
            }
            assert_eq!(answer["over"], false, "{seen:?}");
        }
    }
}

fn has(member: &'static str) -> impl Fn(&Value) -> bool {
    move |event| event.get(member).is_some()
}

#[tokio::test]
async fn foreign_pages_and_requests_get_nothing() {
    let served = served().await;
    let page = served.request("GET", "", "", "").await;
    assert_eq!(page.status, 200);
    let policy = page.head.lines().find(|line| line.starts_with("content-security-policy: ")).expect("a policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(page.head.contains("x-frame-options: deny") && page.head.contains("cache-control: no-store"), "{}", page.head);
    for path in ["/page.js", "/page.css"] {
        assert_eq!(served.request("GET", path, "", "").await.status, 200, "{path}");
    }
    let own = format!("{HEADER}: 1\r\n");
    let port = served.listener.address.port();
    for path in ["", "/page.js", "/state", "/calls/none", "/flow"] {
        for headers in [
            format!("host: page.example:{port}\r\n"),
            format!("host: localhost:{port}\r\norigin: http://page.example\r\n"),
            format!("host: localhost:{port}\r\norigin: null\r\n"),
            format!("host: localhost:{port}\r\nsec-fetch-site: cross-site\r\n"),
        ] {
            assert_eq!(served.request("GET", path, &format!("{headers}{own}"), "").await.status, 403, "{path} {headers}");
        }
    }
    // Without the header that only the page's own script sends.
    for (method, path) in
        [("GET", "/state"), ("GET", "/flow"), ("POST", "/calls"), ("GET", "/calls/none"), ("POST", "/calls/none")]
    {
        assert_eq!(served.request(method, path, "", "{}").await.status, 403, "{method} {path}");
    }
    let state = served.state("").await;
    assert_eq!(state["calls"], json!([]), "no call has begun");
    for (method, path, status) in [
        ("GET", "/other", 404),
        ("PUT", "/state", 405),
        ("GET", "/calls", 405),
        ("POST", "", 405),
        ("GET", "/state?region=mars", 404),
    ] {
        assert_eq!(served.script(method, path, &Value::Null).await.status, status, "{method} {path}");
    }
    assert_eq!(served.script("POST", "/calls", &json!("x".repeat(20_000))).await.status, 413);
}

#[tokio::test]
async fn page_needs_its_key_if_credentials_are_required() {
    let key = AccessKey::generate();
    let fresh = fresh_with(|options| options.limits.access_key = Some(key.clone()));
    let listener = listen(std::sync::Arc::clone(&fresh.emulator), 0).await.expect("a port");
    let served = Served { fresh, listener, instance_id: String::new(), contact_flow_id: String::new() };
    let page_key = key.page_key();
    assert!(!page_key.contains(&key.secret));
    let wrong = AccessKey::generate().page_key();
    for path in ["", "/page.js", "/page.css", "/state", "/calls", "/flow", "/other"] {
        for (query, header) in [
            ("", String::new()),
            ("", format!("{HEADER}: 1\r\n")),
            (wrong.as_str(), String::new()),
            ("", format!("{HEADER}: {wrong}\r\n")),
        ] {
            let answer = served.request("GET", &format!("{path}?key={query}"), &header, "").await;
            assert_eq!(answer.status, 403, "{path} {query} {header}");
        }
    }
    let page = served.request("GET", &format!("?key={page_key}"), "", "").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&format!("/_deployer/page.js?key={page_key}")), "{}", page.body);
    assert_eq!(served.request("GET", &format!("/page.js?key={page_key}"), "", "").await.status, 200);
    assert_eq!(served.request("GET", "/state", &format!("{HEADER}: {page_key}\r\n"), "").await.status, 200);
    assert!(!page.head.contains("set-cookie"), "cookies are sent to every port");
}

#[tokio::test]
async fn call_is_made_and_followed() {
    let served = served().await;
    let id = served.begin().await;
    let mut after = 0;
    let seen = served.until(&id, &mut after, has("key")).await;
    assert!(seen.contains(&json!({"heard": "Press 1."})), "{seen:?}");
    let at: Vec<&Value> = seen.iter().filter_map(|event| event.pointer("/at/action")).collect();
    assert_eq!(at, [&json!("log"), &json!("ask")]);
    let state = served.state("").await;
    assert_eq!(
        (&state["calls"][0]["id"], &state["calls"][0]["at"]["action"], &state["calls"][0]["over"]),
        (&json!(id), &json!("ask"), &json!(false))
    );
    let path = format!("/calls/{id}");
    for nothing in [json!({"press": "x"}), json!({"press": "12"}), json!("shout"), Value::Null] {
        assert_eq!(served.script("POST", &path, &nothing).await.status, 400, "{nothing}");
    }
    assert_eq!(served.script("POST", &path, &json!("silence")).await.status, 200);
    let seen = served.until(&id, &mut after, has("key")).await;
    assert_eq!(seen.first(), Some(&json!("silence")));
    assert_eq!(served.script("POST", &path, &json!({"press": "1"})).await.status, 200);
    let seen = served.until(&id, &mut after, has("done")).await;
    assert_eq!(seen.first(), Some(&json!({"pressed": "1"})));
    let done = &seen.last().expect("the end")["done"];
    assert_eq!(done["outcome"], "disconnected");
    assert!(done["log"]["entries"].as_array().is_some_and(|log| log.iter().any(|entry| entry["Identifier"] == "ask")), "{done}");
    assert_eq!(served.script("POST", &path, &json!({"press": "1"})).await.status, 409, "it is over");
    assert_eq!(served.script("POST", "/calls/none", &json!("silence")).await.status, 404);
}

#[tokio::test]
async fn impossible_calls_are_refused_and_calls_are_limited() {
    let served = served().await;
    for (change, status) in [
        (json!({"from": "Ada"}), 400),
        (json!({"to": ""}), 400),
        (json!({"instance_id": null}), 404),
        (json!({"instance_id": "00000000-0000-4000-8000-000000000000"}), 404),
        (json!({"speed": 5}), 400),
    ] {
        let mut call = served.call();
        call.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        assert_eq!(served.script("POST", "/calls", &call).await.status, status, "{change}");
    }
    let mut call = served.call();
    call["contact_flow_id"] = json!("00000000-0000-4000-8000-000000000000");
    let begun = served.script("POST", "/calls", &call).await.json();
    let refused = served.until(begun["id"].as_str().expect("an id"), &mut 0, has("refused")).await;
    assert!(refused[0]["refused"].as_str().is_some_and(|why| why.contains("no contact flow 00000000")), "{refused:?}");
    let mut ids = Vec::new();
    for _ in 0..8 {
        let id = served.begin().await;
        served.until(&id, &mut 0, has("key")).await;
        ids.push(id);
    }
    assert_eq!(served.script("POST", "/calls", &served.call()).await.status, 429);
    assert_eq!(served.script("POST", &format!("/calls/{}", ids[3]), &json!("hang_up")).await.status, 200);
    let seen = served.until(&ids[3], &mut 0, has("done")).await;
    assert_eq!(seen.last().expect("the end")["done"]["outcome"], "caller hung up");
    served.begin().await;
}

#[tokio::test(start_paused = true)]
async fn caller_whose_page_is_closed_hangs_up() {
    let served = served().await;
    let id = served.begin().await;
    served.until(&id, &mut 0, has("key")).await;
    tokio::time::sleep(std::time::Duration::from_secs(40)).await;
    let seen = served.until(&id, &mut 0, has("done")).await;
    assert_eq!(seen.last().expect("the end")["done"]["outcome"], "caller hung up");
}

#[tokio::test]
async fn calls_of_other_programs_are_seen() {
    let served = served().await;
    let mut line = served.dial(&served.dialled()).await;
    line.asked().await;
    let state = served.state("").await;
    let call = &state["calls"][0];
    assert_eq!((&call["at"]["action"], &call["keypad"], &call["over"]), (&json!("ask"), &json!(false), &json!(false)), "{state}");
    let id = call["id"].as_str().expect("an id");
    let press = served.script("POST", &format!("/calls/{id}"), &json!({"press": "1"})).await;
    assert_eq!(press.status, 409, "it has its own keys");
    drop(line);
    let seen = served.until(id, &mut 0, has("done")).await;
    assert!(seen.contains(&json!("hung_up")), "{seen:?}");
}

#[tokio::test]
async fn flows_are_drawn_within_the_width() {
    let served = served().await;
    let path = format!("/flow?instance={}&flow={}", served.instance_id, served.contact_flow_id);
    let drawing = served.script("GET", &format!("{path}&width=600"), &Value::Null).await;
    assert!(drawing.head.contains("content-type: image/svg+xml"), "{}", drawing.head);
    assert_eq!(drawing.body.matches("data-action=").count(), 6, "{}", drawing.body);
    assert!(!drawing.body.contains("<style"), "the page has its own");
    let width: f64 =
        drawing.body.split("width=\"").nth(1).and_then(|rest| rest.split('"').next()?.parse().ok()).expect("a width");
    assert!(width <= 600.0, "{width}");
    for wrong in ["/flow".to_owned(), format!("/flow?instance={}&flow=none", served.instance_id)] {
        assert!(served.script("GET", &wrong, &Value::Null).await.status >= 400, "{wrong}");
    }
}

#[tokio::test]
async fn items_and_events_are_bounded() {
    let served = served_on(fresh_with(|options| options.speed = 1e9)).await;
    let tables = aws_sdk_dynamodb::Client::new(&served.fresh.config);
    let id =
        AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S).build().expect("an attribute");
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().expect("a key");
    let create = tables.create_table().table_name("many").billing_mode(BillingMode::PayPerRequest);
    create.attribute_definitions(id).key_schema(key).send().await.expect("a table");
    served.fresh.clock.advance(std::time::Duration::from_secs(60));
    for part in 0..6 {
        let put = |n: usize| {
            let item = HashMap::from([("id".to_owned(), AttributeValue::S(format!("{part}-{n}")))]);
            WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().expect("an item")).build()
        };
        tables.batch_write_item().request_items("many", (0..25).map(put).collect()).send().await.expect("written");
    }
    let large = tables.put_item().table_name("many").item("id", AttributeValue::S("large".to_owned()));
    large.item("text", AttributeValue::S("x".repeat(300_000))).send().await.expect("written");
    let logs = aws_sdk_cloudwatchlogs::Client::new(&served.fresh.config);
    logs.create_log_group().log_group_name("many").send().await.expect("a group");
    logs.create_log_stream().log_group_name("many").log_stream_name("one").send().await.expect("a stream");
    let event = |n: i64| {
        let text = if n == 5 { "y".repeat(10_000) } else { format!("event {n}") };
        aws_sdk_cloudwatchlogs::types::InputLogEvent::builder()
            .timestamp(1_795_341_600_000 + n)
            .message(text)
            .build()
            .expect("an event")
    };
    let put = logs.put_log_events().log_group_name("many").log_stream_name("one");
    put.set_log_events(Some((0..300).map(event).collect())).send().await.expect("written");
    let state = served.state("table=many&group=many").await;
    let shown = |name: &str| state[name]["entries"].as_array().map(Vec::len).unwrap_or_default();
    assert!(shown("items") <= 100 && state["items"]["left_off"] == json!(151 - shown("items")), "{}", state["items"]["left_off"]);
    assert!(state["items"].to_string().len() < 300_000);
    assert_eq!((shown("events"), &state["events"]["left_off"]), (200, &json!(100)));
    assert_eq!(state["events"]["entries"][199]["message"], "event 299");
    assert_eq!(state["tables"]["entries"][0]["items"], 151);
    let none = served.state("table=none&group=none").await;
    assert!(none["items"].is_null() && none["events"].is_null());
}
