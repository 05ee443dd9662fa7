//! Compares the program with the application's specs in YAML: both declare the same resources.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use deployer_app::{App, Graph, Request};
use deployer_spec::{Loader, Provider};
use deployer_stack::{BuildInputs, from_spec};
use serde_json::Value;

/// Returns the graph of the application's own spec in YAML.
fn from_yaml(environment: &str) -> Graph {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join(format!("config/{environment}.yaml"));
    let bytes = std::fs::read(&path).expect("the shipped spec exists");
    let loader = Loader { read: &|path| std::fs::read(path), ..Loader::default() };
    let loaded = loader.load(&path, &bytes, environment).unwrap_or_else(|faults| panic!("{faults}"));
    let flow = std::fs::read_to_string(root.join("flows/vanity.json")).expect("the shipped flow exists");
    let flow: Value = serde_json::from_str(&flow).expect("it is JSON");
    let inputs = BuildInputs {
        account: "111122223333".into(),
        region: "us-east-1".into(),
        flows: BTreeMap::from([("vanity".into(), flow)]),
        assembly: None::<Arc<_>>,
        ..BuildInputs::default()
    };
    from_spec(&loaded.spec, &inputs).expect("every reference names something")
}

/// Returns the graph that the program declares for the environment in the example's own configuration.
fn from_rust(environment: &str) -> Graph {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("config/{environment}.yaml"));
    let bytes = std::fs::read(&path).expect("the example's spec exists");
    let base = Loader::default().load_app(&path, &bytes, environment).unwrap_or_else(|faults| panic!("{faults}"));
    let base = base.expect("it names the program").spec;
    let mut request = Request::embedded(base.project.as_str(), base.environment.as_str());
    request.embedded = matches!(base.provider, Provider::Embedded(_));
    request.tags = base.tags;
    request.context = base.app.expect("it names the program").context;
    let app = App::new(request);
    vanity_app::declare(&app).expect("the context is complete");
    app.graph().unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn program_and_yaml_give_same_graph() {
    for environment in ["local", "dev"] {
        let (rust, yaml) = (from_rust(environment), from_yaml(environment));
        assert_eq!(format!("{:#?}", rust.nodes), format!("{:#?}", yaml.nodes), "{environment}");
        assert_eq!(rust.external, yaml.external, "{environment}");
    }
}
