//! An API that answers keeps answering while it is changed.

use std::collections::BTreeSet;

use deployer_emulator::AccountState;
use deployer_engine::Graph;
use serde_json::{Map, Value};

use super::{Verdict, Violation};
use crate::specs::DesiredSpec;

/// Watched routes of a run: those that answered before it and are wanted after it.
#[derive(Debug)]
pub(crate) struct AvailabilityProbe {
    wanted: DesiredSpec,
    routes: BTreeSet<String>,
    /// The call after which routes did not answer, with these routes.
    silent: Option<String>,
}

impl AvailabilityProbe {
    /// Watches the routes that answer in `world` and that are still wanted: under the same domain, if there is one.
    pub(crate) fn of(world: &AccountState, wanted: &DesiredSpec) -> Self {
        let routes = wanted_routes(&wanted.graph);
        let answering = answering(world, wanted);
        Self { wanted: wanted.clone(), routes: answering.intersection(&routes).cloned().collect(), silent: None }
    }

    /// Whether there is a route to watch.
    pub(crate) fn is_needed(&self) -> bool {
        !self.routes.is_empty() && self.silent.is_none()
    }

    /// Checks the routes after a call.
    pub(crate) fn look(&mut self, world: &AccountState, call: &str) {
        let answering = answering(world, &self.wanted);
        let missing: Vec<&str> = self.routes.difference(&answering).map(String::as_str).collect();
        if !missing.is_empty() {
            self.silent = Some(format!("after {call}, {} got no answer", missing.join(", ")));
        }
    }
}

pub(crate) fn check(watch: &AvailabilityProbe) -> Verdict {
    match &watch.silent {
        Some(seen) => Err(Violation::new("serves", seen.as_str())),
        None => Ok(()),
    }
}

fn wanted_routes(graph: &Graph) -> BTreeSet<String> {
    let apis = graph.nodes.values().filter(|node| node.type_name == "apigateway.rest_api");
    let routes = apis.map(|node| node.properties.resolve(&|_| None).value["routes"].clone());
    routes.flat_map(|routes| members(&routes).map(|(route, _)| route.clone()).collect::<Vec<_>>()).collect()
}

/// Returns every route of this project with a function that it may invoke: from a domain, or from a stage without one.
fn answering(world: &AccountState, wanted: &DesiredSpec) -> BTreeSet<String> {
    let part = |part: serde_json::Result<Value>| part.unwrap_or_default();
    let (gateway, functions) = (part(serde_json::to_value(&world.apigateway)), part(serde_json::to_value(&world.lambda)));
    let iam = part(serde_json::to_value(&world.iam));
    let (apis, domains) = (&gateway["apis"], &gateway["domains"]);
    let ours = |thing: &Value| {
        thing["tags"]["deployer:project"] == wanted.project.as_str()
            && thing["tags"]["deployer:environment"] == wanted.environment.as_str()
    };
    let mut entries: Vec<(&str, &str)> = Vec::new();
    for (_, domain) in members(domains).filter(|(_, domain)| ours(domain)) {
        let mappings = members(&domain["mappings"]).map(|(_, mapping)| mapping);
        entries.extend(mappings.filter_map(|mapping| Some((mapping["api"].as_str()?, mapping["stage"].as_str()?))));
    }
    if entries.is_empty() {
        for (id, api) in members(apis).filter(|(_, api)| ours(api)) {
            entries.extend(members(&api["stages"]).map(|(stage, _)| (id.as_str(), stage.as_str())));
        }
    }
    let mut routes = BTreeSet::new();
    for (api, stage) in entries.into_iter().filter(|(api, _)| ours(&apis[*api])) {
        let deployment = apis[api]["stages"][stage]["deployment"].as_str().unwrap_or_default();
        for (_, resource) in members(&apis[api]["deployments"][deployment]["snapshot"]["tree"]["resources"]) {
            for (method, settings) in members(&resource["methods"]) {
                if may_be_called(
                    &functions["functions"],
                    &iam["roles"],
                    settings["integration"]["uri"].as_str().unwrap_or_default(),
                    api,
                    stage,
                ) {
                    routes.insert(format!("{method} {}", resource["path"].as_str().unwrap_or_default()));
                }
            }
        }
    }
    routes
}

/// Whether the function of an integration exists, has its role, and allows this stage to invoke it.
fn may_be_called(functions: &Value, roles: &Value, uri: &str, api: &str, stage: &str) -> bool {
    let name = uri.rsplit_once(":function:").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
    let function = &functions[name];
    let role = function["latest"]["role"].as_str().unwrap_or_default();
    let has_role = roles.get(role.rsplit('/').next().unwrap_or_default()).is_some();
    let (any, own) = (format!(":{api}/*"), format!(":{api}/{stage}/"));
    let policies = members(&function["policies"]).flat_map(|(_, policy)| policy["statements"].as_array().into_iter().flatten());
    let allows = |statement: &Value| {
        let text = statement.to_string();
        text.contains("apigateway.amazonaws.com") && (text.contains(&any) || text.contains(&own))
    };
    function.is_object() && function["deleted_at"].is_null() && has_role && policies.into_iter().any(allows)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
