//! Tags of APIs, stages, domains, API keys and usage plans.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::State;
use super::{bad, missing, strings};
use crate::error::AwsError;
use crate::request::Request;
use crate::response::Response;

/// Reads the tags of a creation request (API Gateway guide, how-to-tags).
pub(crate) fn read(input: &Value) -> Result<BTreeMap<String, String>, AwsError> {
    let tags = strings(input, "tags")?;
    check(&tags)?;
    Ok(tags)
}

fn check(tags: &BTreeMap<String, String>) -> Result<(), AwsError> {
    let fits = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "+-=._:/@ ".contains(c));
    for (key, value) in tags {
        // The message texts are unverified.
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(bad(format!("Invalid tag {key}: a key has 1 to 128 characters, a value at most 256")));
        }
        if !fits(key) || !fits(value) {
            return Err(bad(format!("Invalid tag {key}: keys and values may contain letters, digits, spaces and +-=._:/@")));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(bad(format!("Invalid tag {key}: keys that begin with aws: are reserved")));
        }
    }
    if tags.len() > 50 {
        return Err(bad("A resource can have at most 50 tags"));
    }
    Ok(())
}

/// Returns the tags of the resource with this ARN.
fn of<'a>(state: &'a mut State, call: &Request) -> Result<&'a mut BTreeMap<String, String>, AwsError> {
    let arn = call.path("resource_arn");
    let prefix = format!("arn:aws:apigateway:{}::/", call.context.region);
    let rest = arn.strip_prefix(&prefix).ok_or_else(|| bad("Invalid ARN specified"))?;
    let found = match rest.split('/').collect::<Vec<_>>().as_slice() {
        ["restapis", id] => state.apis.get_mut(*id).map(|api| &mut api.tags),
        ["restapis", id, "stages", stage] => {
            state.apis.get_mut(*id).and_then(|api| api.stages.get_mut(*stage)).map(|stage| &mut stage.tags)
        }
        ["apikeys", id] => state.keys.get_mut(*id).map(|key| &mut key.tags),
        ["usageplans", id] => state.plans.get_mut(*id).map(|plan| &mut plan.tags),
        ["domainnames", name] => state.domains.get_mut(*name).map(|domain| &mut domain.tags),
        _ => return Err(bad("Invalid ARN specified")),
    };
    found.ok_or_else(|| missing(format!("Invalid resource identifier specified: {arn}")))
}

pub(crate) fn add(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let given = read(&call.input)?;
    let tags = of(state, call)?;
    let mut all = tags.clone();
    all.extend(given);
    check(&all)?;
    *tags = all;
    Ok(Response::empty(204))
}

pub(crate) fn remove(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let tags = of(state, call)?;
    for (_, key) in call.query.iter().filter(|(name, _)| name == "tagKeys") {
        tags.remove(key);
    }
    Ok(Response::empty(204))
}

pub(crate) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    if call.query("position").is_some() || call.query("limit").is_some() {
        return Err(bad("Pagination is not supported for this operation"));
    }
    Ok(Response::json(json!({"tags": of(&mut state.clone(), call)?})))
}

impl State {
    /// Returns the tags of all tagged resources, by ARN.
    pub(crate) fn tagged(&self, region: &str) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        let arn = move |path: String| format!("arn:aws:apigateway:{region}::/{path}");
        let stages = self.apis.values().flat_map(move |api| {
            api.stages.iter().map(move |(name, stage)| (arn(format!("restapis/{}/stages/{name}", api.id)), stage.tags.clone()))
        });
        let apis = self.apis.values().map(move |api| (arn(format!("restapis/{}", api.id)), api.tags.clone()));
        let domains = self.domains.iter().map(move |(name, domain)| (arn(format!("domainnames/{name}")), domain.tags.clone()));
        let keys = self.keys.iter().map(move |(id, key)| (arn(format!("apikeys/{id}")), key.tags.clone()));
        let plans = self.plans.iter().map(move |(id, plan)| (arn(format!("usageplans/{id}")), plan.tags.clone()));
        apis.chain(stages).chain(domains).chain(keys).chain(plans)
    }
}
