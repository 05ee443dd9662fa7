//! Cost of requests by the amount of other data in the same state.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use crate::Failure;
use crate::wire::{Wire, item, open, send};

/// Measures requests to tables of different sizes, in one process and without a socket.
pub(crate) async fn tables() -> Result<(), Failure> {
    println!("\nin a table of          one put     one get    a page of 10: scan    query    query, index   (µs)");
    for size in [100, 1_000, 10_000] {
        let directory = tempfile::tempdir()?;
        let emulator = open(&directory.path().join("world"))?;
        let mut wire = Wire::World(Arc::clone(&emulator));
        wire.make_table().await;
        for chunk in (0..size).collect::<Vec<u64>>().chunks(25) {
            let puts: Vec<Value> = chunk.iter().map(|n| json!({"PutRequest": {"Item": item("all", *n)}})).collect();
            wire.done("BatchWriteItem", json!({"RequestItems": {"calls": puts}})).await;
        }
        let puts =
            timed(200, async |n| drop(wire.done("PutItem", json!({"TableName": "calls", "Item": item("new", n)})).await)).await;
        let gets = timed(200, async |n| {
            let key = json!({"pk": {"S": "all"}, "sk": {"N": (n % size).to_string()}});
            drop(wire.done("GetItem", json!({"TableName": "calls", "Key": key})).await);
        })
        .await;
        let scan = pages(&mut wire, "Scan", json!({"TableName": "calls", "Limit": 10})).await;
        let query = |index: Option<&str>, name: &str, value: &str| {
            let mut query = json!({
                "TableName": "calls", "Limit": 10, "KeyConditionExpression": format!("{name} = :value"),
                "ExpressionAttributeValues": {":value": {"S": value}},
            });
            if let Some(index) = index {
                query["IndexName"] = index.into();
            }
            query
        };
        let table = pages(&mut wire, "Query", query(None, "pk", "all")).await;
        let index = pages(&mut wire, "Query", query(Some("by-kind"), "kind", "kind-3")).await;
        println!("{size:>12}{puts:>17.0}{gets:>12.0}{scan:>23.0}{table:>9.0}{index:>16.0}");
    }
    Ok(())
}

/// Measures how many bytes are written by a change of one role, and by a session of one.
pub(crate) async fn roles() -> Result<(), Failure> {
    println!("\nbeside this many roles:  a new one writes   a policy writes   a session writes   (bytes)");
    for size in [10, 100, 900] {
        let directory = tempfile::tempdir()?;
        let emulator = open(directory.path())?;
        let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A111122223333%3Aroot%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
        let policy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22logs%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
        let create = |n: u64| format!("Action=CreateRole&Version=2010-05-08&RoleName=role-{n}&AssumeRolePolicyDocument={trust}");
        for n in 0..size {
            send(&emulator, ("iam", "POST", "/", "", create(n))).await;
        }
        let put = format!("Action=PutRolePolicy&Version=2010-05-08&RoleName=role-1&PolicyName=own&PolicyDocument={policy}");
        let assume = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::111122223333:role/role-1&RoleSessionName=one";
        let mut costs = Vec::new();
        for (service, body) in [("iam", create(size)), ("iam", put), ("sts", assume.to_owned())] {
            let before = written(directory.path())?;
            send(&emulator, (service, "POST", "/", "", body)).await;
            costs.push(written(directory.path())? - before);
        }
        println!("{size:>12}{:>30}{:>18}{:>19}", costs[0], costs[1], costs[2]);
    }
    Ok(())
}

fn written(directory: &Path) -> Result<u64, Failure> {
    Ok(std::fs::metadata(directory.join("state.log"))?.len())
}

async fn timed(times: u64, mut call: impl AsyncFnMut(u64)) -> f64 {
    let started = Instant::now();
    for n in 0..times {
        call(n).await;
    }
    started.elapsed().as_secs_f64() * 1e6 / times as f64
}

/// Returns the mean time of a page, over all pages.
async fn pages(wire: &mut Wire, operation: &str, mut input: Value) -> f64 {
    let (started, mut count) = (Instant::now(), 0);
    loop {
        let page = wire.done(operation, input.clone()).await;
        count += 1;
        match page.get("LastEvaluatedKey") {
            Some(key) => input["ExclusiveStartKey"] = key.clone(),
            None => return started.elapsed().as_secs_f64() * 1e6 / f64::from(count),
        }
    }
}
