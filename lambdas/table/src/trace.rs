//! X-Ray traces of calls to the table.
//!
//! Lambda creates the function's own segment. This module adds one subsegment per call and sends it to Lambda's daemon in one
//! UDP datagram, which is not awaited. Sources: AWS X-Ray developer guide, "Segment documents" and "Sending trace data"; the
//! daemon's README for the line before the document; Lambda developer guide, "Using environment variables".

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use serde_json::json;

use crate::client::variable;

/// The connection to the daemon, if there is one.
#[derive(Debug)]
pub struct Tracer {
    daemon: Option<UdpSocket>,
    table: String,
}

/// A call to the table.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// DynamoDB operation.
    pub operation: &'static str,
    /// Start in milliseconds since 1970.
    pub started: u64,
    /// End in milliseconds since 1970.
    pub ended: u64,
    /// Whether the call failed.
    pub failed: bool,
}

impl Tracer {
    /// Returns the tracer for calls to a table; it does nothing if Lambda's environment contains no daemon address.
    pub fn from_environment(table: &str) -> Self {
        Self::to(variable("AWS_XRAY_DAEMON_ADDRESS").as_deref(), table)
    }

    /// Returns a tracer that sends to this address.
    pub fn to(daemon: Option<&str>, table: &str) -> Self {
        let address = daemon.and_then(|address| address.parse::<SocketAddr>().ok());
        Self { daemon: address.and_then(connect), table: table.to_owned() }
    }

    /// Reports a call that was made while handling the event with this trace header, if that event is sampled.
    pub fn emit(&self, header: Option<&str>, span: &Span) {
        let Some((daemon, header)) = self.daemon.as_ref().zip(header) else { return };
        let field = |name: &str| header.split(';').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
        let (Some(root), Some(parent), Some("1")) = (field("Root"), field("Parent"), field("Sampled")) else { return };
        let seconds = |milliseconds: u64| milliseconds as f64 / 1_000.0;
        let document = json!({
            "type": "subsegment",
            "name": "DynamoDB",
            "namespace": "aws",
            "id": format!("{:016x}", fastrand::u64(..)),
            "trace_id": root,
            "parent_id": parent,
            "start_time": seconds(span.started),
            "end_time": seconds(span.ended),
            "fault": span.failed,
            "aws": {"operation": span.operation, "table_name": self.table},
        });
        // A lost trace does not justify making a caller wait.
        let _ = daemon.send(format!("{{\"format\": \"json\", \"version\": 1}}\n{document}").as_bytes());
    }
}

fn connect(daemon: SocketAddr) -> Option<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.connect(daemon).ok()?;
    Some(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const SPAN: Span = Span { operation: "UpdateItem", started: 1_700_000_000_123, ended: 1_700_000_000_173, failed: false };
    const SAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a:0";

    fn daemon() -> (UdpSocket, Tracer) {
        let daemon = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        let address = daemon.local_addr().expect("bound").to_string();
        (daemon, Tracer::to(Some(&address), "numbers"))
    }

    #[test]
    fn call_is_one_subsegment_of_its_event() {
        let (daemon, tracer) = daemon();
        tracer.emit(Some(SAMPLED), &SPAN);
        let mut datagram = [0; 2_000];
        let len = daemon.recv(&mut datagram).expect("a datagram");
        let text = std::str::from_utf8(&datagram[..len]).expect("text");
        let document = text.strip_prefix("{\"format\": \"json\", \"version\": 1}\n").expect("the daemon's line");
        let document: Value = serde_json::from_str(document).expect("JSON");
        assert_eq!(document["trace_id"], "1-5759e988-bd862e3fe1be46a994272793");
        assert_eq!((&document["parent_id"], &document["type"]), (&json!("53995c3f42cd8ad8"), &json!("subsegment")));
        assert_eq!((&document["start_time"], &document["end_time"]), (&json!(1_700_000_000.123), &json!(1_700_000_000.173)));
        assert_eq!((&document["namespace"], &document["fault"]), (&json!("aws"), &json!(false)));
        assert_eq!(document["aws"], json!({"operation": "UpdateItem", "table_name": "numbers"}));
        let id = document["id"].as_str().expect("a text");
        assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }

    #[test]
    fn unsampled_and_untraced_events_are_not_reported() {
        let (daemon, tracer) = daemon();
        for header in
            [None, Some(""), Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"), Some("x")]
        {
            tracer.emit(header, &SPAN);
        }
        tracer.emit(Some(SAMPLED), &Span { operation: "Query", ..SPAN });
        let mut datagram = [0; 2_000];
        let len = daemon.recv(&mut datagram).expect("a datagram");
        assert!(String::from_utf8_lossy(&datagram[..len]).contains("Query"), "only the sampled one was sent");
    }

    #[test]
    fn without_a_daemon_nothing_happens() {
        for address in [None, Some(""), Some("nonsense"), Some("127.0.0.1:1")] {
            Tracer::to(address, "numbers").emit(Some(SAMPLED), &SPAN);
        }
    }
}
