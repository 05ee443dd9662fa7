//! Query and Scan page by page, against a filtered and sorted list.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::wire::{Wire, number, open};

/// A row: `pk`, `sk`, and the index's `kind`, which not every item has.
type Row = (String, u64, Option<String>);

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for n in 0..120_u64 {
        let kind = (n % 5 > 0).then(|| format!("kind-{}", n % 3));
        rows.push((format!("pk-{}", n % 4), n * 37 % 251, kind));
    }
    rows
}

fn stored((pk, sk, kind): &Row) -> Value {
    let mut item = json!({"pk": {"S": pk}, "sk": {"N": sk.to_string()}});
    if let Some(kind) = kind {
        item["kind"] = json!({ "S": kind });
    }
    item
}

async fn table() -> (tempfile::TempDir, Wire) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut wire = Wire::World(open(directory.path()).expect("opens"));
    wire.make_table().await;
    for row in rows() {
        // Each item exists before with another `kind`, so that the index has to remove its old position.
        let before = (row.0.clone(), row.1, Some("kind-1".to_owned()));
        wire.done("PutItem", json!({"TableName": "calls", "Item": stored(&before)})).await;
        wire.done("PutItem", json!({"TableName": "calls", "Item": stored(&row)})).await;
    }
    (directory, wire)
}

/// Returns the items of all pages in order; no page but the last is shorter than the limit, and none is longer.
async fn pages(wire: &mut Wire, operation: &str, mut input: Value, limit: usize) -> Vec<(String, u64)> {
    input["Limit"] = limit.into();
    let mut found = Vec::new();
    loop {
        let page = wire.done(operation, input.clone()).await;
        let items = page["Items"].as_array().expect("items");
        found.extend(items.iter().map(|item| (item["pk"]["S"].as_str().expect("a key").to_owned(), number(&item["sk"]))));
        match page.get("LastEvaluatedKey") {
            Some(key) => {
                assert_eq!(items.len(), limit);
                input["ExclusiveStartKey"] = key.clone();
            }
            None => {
                assert!(items.len() < limit);
                return found;
            }
        }
    }
}

#[tokio::test]
async fn query_matches_its_condition_in_any_paging() {
    let (_directory, mut wire) = table().await;
    type Fits = fn(u64) -> bool;
    let conditions: [(&str, Fits); 7] = [
        ("", |_| true),
        (" AND sk = :a", |sk| sk == 100),
        (" AND sk < :a", |sk| sk < 100),
        (" AND sk <= :a", |sk| sk <= 100),
        (" AND sk > :a", |sk| sk > 100),
        (" AND sk >= :a", |sk| sk >= 100),
        (" AND sk BETWEEN :a AND :b", |sk| (100..=200).contains(&sk)),
    ];
    for (index, hash, value) in [(None, "pk", "pk-0"), (Some("by-kind"), "kind", "kind-1"), (None, "pk", "pk-none")] {
        for (text, fits) in conditions {
            for forward in [true, false] {
                let mut values = json!({":h": {"S": value}});
                for (name, number) in [(":a", "100"), (":b", "200")] {
                    if text.contains(name) {
                        values[name] = json!({ "N": number });
                    }
                }
                let mut input = json!({
                    "TableName": "calls", "KeyConditionExpression": format!("{hash} = :h{text}"), "ScanIndexForward": forward,
                    "ExpressionAttributeValues": values,
                });
                if let Some(index) = index {
                    input["IndexName"] = index.into();
                }
                let inside = |row: &&Row| if index.is_some() { row.2.as_deref() == Some(value) } else { row.0 == value };
                let all = rows();
                let mut wanted: Vec<u64> = all.iter().filter(inside).map(|row| row.1).filter(|sk| fits(*sk)).collect();
                wanted.sort_by(|a, b| if forward { a.cmp(b) } else { b.cmp(a) });
                let whole = pages(&mut wire, "Query", input.clone(), 1000).await;
                let keys: Vec<u64> = whole.iter().map(|(_, sk)| *sk).collect();
                assert_eq!(keys, wanted, "{input}");
                for limit in [1, 2, 7] {
                    assert_eq!(pages(&mut wire, "Query", input.clone(), limit).await, whole, "{limit} a page: {input}");
                }
            }
        }
    }
}

#[tokio::test]
async fn scan_returns_everything_once_in_segments() {
    let (_directory, mut wire) = table().await;
    for index in [None, Some("by-kind")] {
        let mut input = json!({"TableName": "calls"});
        if let Some(index) = index {
            input["IndexName"] = index.into();
        }
        let mut wanted: Vec<(String, u64)> =
            rows().into_iter().filter(|row| index.is_none() || row.2.is_some()).map(|(pk, sk, _)| (pk, sk)).collect();
        let whole = pages(&mut wire, "Scan", input.clone(), 1000).await;
        let mut sorted = whole.clone();
        sorted.sort();
        wanted.sort();
        assert_eq!(sorted, wanted);
        if index.is_none() {
            let in_order = |pair: &[(String, u64)]| pair[0].0 != pair[1].0 || pair[0].1.cmp(&pair[1].1) == Ordering::Less;
            assert!(whole.windows(2).all(in_order));
            let changes = whole.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
            assert_eq!(changes, 3, "each partition is in one piece");
        }
        for limit in [1, 3, 50] {
            assert_eq!(pages(&mut wire, "Scan", input.clone(), limit).await, whole, "{limit} a page");
        }
        let mut shared = BTreeSet::new();
        for segment in 0..3 {
            let mut input = input.clone();
            (input["Segment"], input["TotalSegments"]) = (segment.into(), 3.into());
            for one in pages(&mut wire, "Scan", input, 4).await {
                assert!(shared.insert(one), "no item is in two segments");
            }
        }
        assert!(shared.into_iter().eq(wanted));
    }
}

#[tokio::test]
async fn start_outside_the_query_is_rejected() {
    let (_directory, mut wire) = table().await;
    let query = json!({
        "TableName": "calls", "KeyConditionExpression": "pk = :h", "ExpressionAttributeValues": {":h": {"S": "pk-0"}},
        "ExclusiveStartKey": {"pk": {"S": "pk-1"}, "sk": {"N": "1"}},
    });
    let (status, answer) = wire.call("Query", query).await.expect("an answer");
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().is_some_and(|message| message.contains("outside query boundaries")), "{answer}");
}
