//! APIs and domains, for a page.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use super::api::Api;
use crate::overview::list;

impl State {
    /// Returns the APIs with their stages and routes, and the custom domains.
    pub(crate) fn overview(&self, now: OffsetDateTime) -> Value {
        let domains = self.domains.values().map(|domain| json!({"name": domain.name, "status": domain.status(now)}));
        json!({"apis": list(self.apis.values().map(api)), "domains": list(domains)})
    }
}

fn api(api: &Api) -> Value {
    let routes = api.tree.resources.values().flat_map(|resource| {
        resource.methods.iter().map(|(verb, method)| {
            let target = method.integration.as_ref().and_then(|integration| integration.uri.as_deref()).unwrap_or_default();
            // The URI of a function: `arn:aws:apigateway:REGION:lambda:path/…/functions/ARN/invocations`.
            let function = target.rsplit_once(":function:").map(|(_, rest)| rest.trim_end_matches("/invocations"));
            json!({
                "method": verb, "path": resource.path, "function": function, "authorization": method.authorization,
                "api_key": method.api_key_required,
            })
        })
    });
    let stages: Vec<&String> = api.stages.keys().collect();
    json!({"id": api.id, "name": api.name, "stages": stages, "routes": list(routes)})
}
