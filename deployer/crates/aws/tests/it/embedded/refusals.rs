//! Changes that are known to be impossible: the plan rejects them before anything is changed.

use deployer_engine::{Action, Address, ChangeEffect, Graph, Options, Plan, RunStatus};
use serde_json::{Value, json};

use super::runs::{add, apply, destroy, plan};
use crate::support::world::TestCloud;

/// Returns a graph of two tables, of which `edit` may change the first.
fn tables(edit: impl FnOnce(&mut Value)) -> Graph {
    let table = |name: &str| {
        json!({"name": format!("shop-dev-{name}"), "attributes": {"id": "S", "day": "S"}, "key": {"partition": "id", "sort": null},
               "indexes": {"by-day": {"partition": "day", "sort": null, "projection": "ALL"}}, "encryption": "aws-owned",
               "point_in_time_recovery": false, "ttl_attribute": null, "deletion_protection": false})
    };
    let mut first = table("first");
    edit(&mut first);
    let mut graph = Graph::default();
    add(&mut graph, "table.first", "dynamodb.table", first, false, &[]);
    add(&mut graph, "table.second", "dynamodb.table", table("second"), false, &[]);
    graph
}

fn protected(table: &mut Value) {
    table["deletion_protection"] = true.into();
}

fn first(plan: &Plan) -> &deployer_engine::Change {
    plan.change(&Address::new("table", "first")).expect("it is planned")
}

/// Whether the plan is rejected because of the first table's protection.
fn is_refused(plan: &Plan) -> bool {
    plan.problems.iter().any(|problem| problem.address.as_str() == "table.first" && problem.error.message.contains("protected"))
}

#[tokio::test]
async fn protected_tables_refuse_a_destroy_as_whole() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    let (plain, kept) = (tables(|_| {}), tables(protected));
    assert_eq!(apply(&engine, &kept).await.status, RunStatus::Applied);
    // Even if the spec no longer says so, because AWS still protects it.
    for wanted in [&kept, &plain] {
        assert!(is_refused(&engine.plan_destroy(Some(wanted), &Options::default()).await.expect("a plan").plan));
        let outcome = destroy(&engine, wanted, &[]).await;
        assert_eq!((outcome.status, outcome.counts.changes()), (RunStatus::Failed, 0));
    }
    assert_eq!(apply(&engine, &plain).await.status, RunStatus::Applied);
    assert_eq!(destroy(&engine, &plain, &[]).await.status, RunStatus::Applied);
}

#[tokio::test]
async fn protected_table_rejects_replacement_without_a_record() {
    let world = TestCloud::empty();
    let (place, elsewhere) = (tempfile::tempdir().expect("a place"), tempfile::tempdir().expect("another"));
    let engine = world.engine(place.path());
    assert_eq!(apply(&engine, &tables(protected)).await.status, RunStatus::Applied);
    let number = |table: &mut Value| table["attributes"]["id"] = "N".into();
    let wanted = tables(number);
    for engine in [engine, world.engine(elsewhere.path())] {
        let plan = plan(&engine, &wanted).await;
        assert!(is_refused(&plan), "{:?}", plan.problems);
        assert_eq!(apply(&engine, &wanted).await.counts.changes(), 0);
    }
}

#[tokio::test]
async fn key_types_replace_tables_and_projections_rebuild_indexes() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    assert_eq!(apply(&engine, &tables(|_| {})).await.status, RunStatus::Applied);
    let projection = tables(|table| table["indexes"]["by-day"]["projection"] = "KEYS_ONLY".into());
    let index_type = tables(|table| table["attributes"]["day"] = "N".into());
    for wanted in [&projection, &index_type] {
        let plan = plan(&engine, wanted).await;
        let change = first(&plan);
        assert_eq!(change.action, Action::Update);
        assert!(matches!(change.properties[0].effect, ChangeEffect::Rebuild(_)), "{change:?}");
        assert_eq!(apply(&engine, wanted).await.status, RunStatus::Applied);
    }
    let key_type = tables(|table| table["attributes"]["id"] = "N".into());
    assert_eq!(first(&plan(&engine, &key_type).await).action, Action::Replace);
    assert_eq!(apply(&engine, &key_type).await.status, RunStatus::Applied);
    assert_eq!(apply(&engine, &key_type).await.status, RunStatus::NothingToDo);
}
