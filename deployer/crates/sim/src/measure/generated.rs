//! Generated stacks: tables, functions, routes and domains in numbers derived from a seed.

use serde_json::{Map, Value, json};

use super::MeasuredStack;

/// Returns the stack of a seed, without Connect: up to six tables, up to eight functions, each of which may use some of the tables, and in
/// half of all cases an API in front of them, with a domain or without.
///
/// # Errors
/// Returns a description of an invalid spec.
pub fn generated(seed: u64) -> Result<MeasuredStack, String> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut tables = Map::new();
    for number in 0..rng.usize(0..=6) {
        let mut table = json!({"key": {"partition": {"id": "S"}}, "point_in_time_recovery": rng.bool()});
        if rng.bool() {
            table["indexes"] = json!({"recent": {"partition": {"feed": "S"}, "sort": {"at": "N"}}});
        }
        tables.insert(format!("t{number}"), table);
    }
    let mut functions = Map::new();
    for number in 0..rng.usize(1..=8) {
        let used: Vec<&String> = tables.keys().filter(|_| rng.u8(0..3) == 0).collect();
        let grants: Map<String, Value> = used.iter().map(|table| ((*table).clone(), "read-write".into())).collect();
        let environment: Map<String, Value> =
            used.iter().map(|table| (table.to_uppercase(), format!("${{tables.{table}.name}}").into())).collect();
        let function = json!({"package": "one", "log_retention_days": 30, "environment": environment, "grants": grants});
        functions.insert(format!("f{number}"), function);
    }
    let mut document = json!({
        "project": "measured", "environment": "local", "provider": {"embedded": {}}, "state": {"directory": ".deployer/local"},
    });
    if rng.bool() {
        let routes: Map<String, Value> = functions.keys().map(|name| (format!("GET /{name}"), name.as_str().into())).collect();
        document["api"] = json!({"stage": "live", "routes": routes});
        if rng.bool() {
            document["api"]["domain"] = "measured.example".into();
            document["api"]["certificate"] = json!({"self_signed": {"validity_days": 365, "renew_before_days": 30}});
        }
    }
    document["tables"] = tables.into();
    document["functions"] = functions.into();
    MeasuredStack::of(&format!("seed {seed}"), document, "local")
}
