//! What the tests share.

use deployer_app::{Address, App, Request};
use serde_json::{Value, json};

/// Returns an application without constructs on the embedded AWS.
pub(crate) fn app() -> App {
    App::new(Request::embedded("shop", "dev"))
}

/// Returns the properties of a resource; outputs of others are `<ADDRESS.OUTPUT>`.
pub(crate) fn properties(app: &App, kind: &str, name: &str) -> Value {
    let graph = app.graph().unwrap_or_else(|errors| panic!("{errors}"));
    let node = &graph.nodes[&Address::new(kind, name)];
    node.properties.resolve(&|reference| Some(json!(format!("<{}.{}>", reference.address, reference.output)))).value
}
