//! A client of the table, and the responses that clients received.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::{Value, json};

use crate::wire::{Broken, Wire, claim, increment, item, number};

/// Number of counters, which all clients increment.
pub(crate) const COUNTERS: u64 = 8;

/// Requests and acknowledged responses of a client.
#[derive(Default)]
pub(crate) struct Reported {
    pub(crate) took: BTreeMap<&'static str, Vec<u64>>,
    pub(crate) items: u64,
    pub(crate) increments: [u64; COUNTERS as usize],
    pub(crate) values: BTreeSet<(u64, u64)>,
    pub(crate) won: BTreeSet<u64>,
    /// Number of function invocations.
    pub(crate) invocations: u64,
    pub(crate) errors: Vec<String>,
}

impl Reported {
    /// Records the duration of a request that has just been answered.
    pub(crate) fn note(&mut self, what: &'static str, started: Instant) {
        let took = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.took.entry(what).or_default().push(took);
    }
}

/// A client of the table.
pub(crate) struct Client {
    pub(crate) wire: Wire,
    pub(crate) name: String,
    pub(crate) random: u64,
    pub(crate) reported: Reported,
}

impl Client {
    fn draw(&mut self, below: u64) -> u64 {
        // Any sequence is suitable that differs between clients (Knuth's MMIX generator).
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % below
    }

    /// Sends one request; returns `None` if its condition failed. Any other failure is an error.
    async fn call(&mut self, what: &'static str, operation: &str, input: Value) -> Result<Option<Value>, Broken> {
        let started = Instant::now();
        let (status, answer) = self.wire.call(operation, input).await?;
        self.reported.note(what, started);
        match status {
            200 => Ok(Some(answer)),
            400 if answer["__type"].as_str().is_some_and(|kind| kind.ends_with("ConditionalCheckFailedException")) => Ok(None),
            _ => {
                self.reported.errors.push(format!("{what}: {status} {answer}"));
                Ok(None)
            }
        }
    }

    pub(crate) async fn step(&mut self) -> Result<(), Broken> {
        let (name, items) = (self.name.clone(), self.reported.items);
        match self.draw(10) {
            0..3 => {
                let put = json!({"TableName": "calls", "Item": item(&name, items)});
                if self.call("PutItem", "PutItem", put).await?.is_some() {
                    self.reported.items += 1;
                }
            }
            3..5 => {
                let counter = self.draw(COUNTERS);
                if let Some(answer) = self.call("UpdateItem ADD", "UpdateItem", increment(&format!("counter-{counter}"))).await? {
                    self.reported.increments[counter as usize] += 1;
                    self.reported.values.insert((counter, number(&answer["Attributes"]["n"])));
                }
            }
            5..7 if items > 0 => {
                let sk = self.draw(items);
                let key = json!({"pk": {"S": name}, "sk": {"N": sk.to_string()}});
                let read = self.call("GetItem", "GetItem", json!({"TableName": "calls", "Key": key})).await?;
                if read.is_some_and(|read| read["Item"] != item(&name, sk)) {
                    self.reported.errors.push(format!("{name}/{sk} is not what was put"));
                }
            }
            7 => self.newest(items).await?,
            8 => {
                let kind = format!("kind-{}", self.draw(8));
                let query = json!({
                    "TableName": "calls", "IndexName": "by-kind", "KeyConditionExpression": "kind = :kind", "Limit": 10,
                    "ExpressionAttributeValues": {":kind": {"S": kind}}, "ScanIndexForward": false,
                });
                self.call("Query, index", "Query", query).await?;
            }
            _ => {
                let place = self.draw(100_000);
                if self.call("PutItem, conditional", "PutItem", claim("race", place, &name)).await?.is_some() {
                    self.reported.won.insert(place);
                }
            }
        }
        Ok(())
    }

    /// Checks that its newest items come first and are complete.
    async fn newest(&mut self, items: u64) -> Result<(), Broken> {
        let query = json!({
            "TableName": "calls", "KeyConditionExpression": "pk = :pk AND sk >= :from", "ScanIndexForward": false, "Limit": 10,
            "ExpressionAttributeValues": {":pk": {"S": self.name}, ":from": {"N": "0"}},
        });
        let Some(answer) = self.call("Query, table", "Query", query).await? else { return Ok(()) };
        let found = answer["Items"].as_array().into_iter().flatten().map(|item| number(&item["sk"]));
        if !found.eq((0..items).rev().take(10)) {
            self.reported.errors.push(format!("{}'s newest are not the last of {items}", self.name));
        }
        Ok(())
    }
}
