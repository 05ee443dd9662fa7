//! A stage of a REST API: the deployment that it serves, and its throttling limits.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_apigateway::types::{MethodSetting, Op as Patch, PatchOperation, Stage as ApiStage};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{StageOutputs, StageProperties, Throttling};
use serde_json::{Map, Number, Value};

use super::rest_api;
use super::{APIGATEWAY_TAGS, join_id, outputs, patch, retag_apigateway, split_id, text};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::integer::unsigned;
use crate::permissions::{Permission, Permissions, apigateway_linked_role_permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags;

type StageLive = Live<StageProperties, StageOutputs>;

pub(super) const LIST: Operation = Operation::read("apigateway", "GetStages");
const CREATE: Operation = Operation::create("apigateway", "CreateStage");
const UPDATE: Operation = Operation::idempotent("apigateway", "UpdateStage");
const DELETE: Operation = Operation::idempotent("apigateway", "DeleteStage");

/// The key for the settings of all methods of all routes.
const ALL: &str = "*/*";

/// The resource type `apigateway.stage`.
pub struct Stage(pub(crate) Arc<Provider>);

/// Returns a JSON number: whole numbers without a fraction.
pub(super) fn number(value: f64) -> Option<Number> {
    if value.fract() == 0.0 && value.abs() < 1e15 { Some(Number::from(value as i64)) } else { Number::from_f64(value) }
}

/// Returns the live limits. API Gateway returns -1 for a limit that is not set. 10 and 10.0 are the same rate.
fn throttling(settings: Option<&HashMap<String, MethodSetting>>, hint: Option<&Throttling>) -> Option<Throttling> {
    let setting = settings?.get(ALL)?;
    let (rate, burst_limit) = (setting.throttling_rate_limit(), setting.throttling_burst_limit());
    if rate < 0.0 && burst_limit < 0 {
        return None;
    }
    let same = hint.filter(|hint| hint.rate_limit.as_f64() == Some(rate)).map(|hint| hint.rate_limit.clone());
    Some(Throttling { rate_limit: same.or_else(|| number(rate))?, burst_limit: unsigned(burst_limit) })
}

fn limits(throttling: &Throttling) -> [PatchOperation; 2] {
    let rate = patch(Patch::Replace, "/*/*/throttling/rateLimit", &throttling.rate_limit.to_string());
    [rate, patch(Patch::Replace, "/*/*/throttling/burstLimit", &throttling.burst_limit.to_string())]
}

/// Returns the patch steps from `was` to `wanted`; API Gateway applies all steps of one call or none.
fn steps(was: &StageProperties, wanted: &StageProperties) -> Vec<PatchOperation> {
    let mut steps = Vec::new();
    let mut replace = |differs: bool, path: &str, value: &str| {
        if differs {
            steps.push(patch(Patch::Replace, path, value));
        }
    };
    replace(was.deployment_id != wanted.deployment_id, "/deploymentId", &wanted.deployment_id);
    replace(was.description != wanted.description, "/description", &wanted.description);
    replace(was.tracing != wanted.tracing, "/tracingEnabled", &wanted.tracing.to_string());
    match (&was.throttling, &wanted.throttling) {
        (was, Some(wanted)) if was.as_ref() != Some(wanted) => steps.extend(limits(wanted)),
        // A single limit cannot be removed, only the whole entry.
        (Some(_), None) => steps.push(PatchOperation::builder().op(Patch::Remove).path("/*/*").build()),
        _ => {}
    }
    steps
}

impl Provider {
    /// Lists the stages of an API, or none if there is no such API; one call is shared by the resources that read a stage or the deployment
    /// it serves.
    pub(super) async fn cached_stages(&self, cx: &Context, api: &str) -> Result<Arc<Vec<ApiStage>>> {
        cx.cached(format!("apigateway:GetStages {api}"), || async {
            let list = || self.apigateway.get_stages().rest_api_id(api).send();
            Ok(self.call(cx, LIST, list).await.optional()?.and_then(|stages| stages.item).unwrap_or_default())
        })
        .await
    }
}

impl Stage {
    fn url(&self, api: &str, name: &str) -> String {
        format!("https://{api}.execute-api.{}.{}/{name}", self.0.region, self.0.dns_suffix())
    }

    fn live(&self, api: &str, name: &str, properties: StageProperties) -> StageLive {
        let outputs = StageOutputs { name: name.to_owned(), invoke_url: self.url(api, name) };
        Live { id: join_id(api, name), properties, outputs }
    }

    async fn look(&self, cx: &Context, api: &str, name: &str, hint: &StageProperties) -> Result<Option<StageLive>> {
        let stages = self.0.cached_stages(cx, api).await?;
        let stage = stages.iter().find(|stage| stage.stage_name.as_deref() == Some(name));
        let Some(stage) = stage.cloned() else { return Ok(None) };
        let properties = StageProperties {
            rest_api_id: api.to_owned(),
            name: name.to_owned(),
            deployment_id: stage.deployment_id.unwrap_or_default(),
            description: stage.description.unwrap_or_default(),
            tracing: stage.tracing_enabled,
            throttling: throttling(stage.method_settings.as_ref(), hint.throttling.as_ref()),
            tags: tags::readable(stage.tags),
        };
        Ok(Some(self.live(api, name, properties)))
    }

    async fn patch(&self, cx: &Context, api: &str, name: &str, steps: Vec<PatchOperation>) -> Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let update = || {
            let request = self.0.apigateway.update_stage().rest_api_id(api).stage_name(name);
            request.set_patch_operations(Some(steps.clone())).send()
        };
        self.0.call(cx, UPDATE, update).await.map(drop)
    }
}

impl Permissions for Stage {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let own = operation_permissions(&[LIST, rest_api::GET, CREATE, UPDATE, DELETE], &provider.apigateway_arn("/restapis/*"));
        // API Gateway sends traces under its own role (the policy of AWSServiceRoleForAPIGateway allows X-Ray).
        let traces = if wanted["tracing"] == true { apigateway_linked_role_permissions(provider) } else { Vec::new() };
        [own, operation_permissions(&APIGATEWAY_TAGS, &provider.apigateway_arn("/tags/*")), traces].concat()
    }
}

impl Resource for Stage {
    type Definition = deployer_resources::Stage;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        match (text(wanted, "rest_api_id"), text(wanted, "name")) {
            (Some(api), Some(name)) => outputs([("name", name.to_owned()), ("invoke_url", self.url(api, name))]),
            (None, Some(name)) => outputs([("name", name.to_owned())]),
            _ => Map::new(),
        }
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &StageProperties) -> Result<Option<StageLive>> {
        let (api, name) = split_id(id)?;
        self.look(cx, api, name, hint).await
    }

    async fn owner(&self, cx: &Context, live: &StageLive) -> Result<TagOwner> {
        self.0.owner_in_api(cx, Some(&live.properties.tags), split_id(&live.id)?.0).await
    }

    async fn find(&self, cx: &Context, wanted: &StageProperties) -> Result<Lookup<StageLive>> {
        let live = self.look(cx, &wanted.rest_api_id, &wanted.name, wanted).await?;
        Ok(live.map_or(Lookup::NotFound, |live| tags::found(cx, &live.properties.tags.clone(), live)))
    }

    async fn create(&self, cx: &Context, wanted: &StageProperties) -> Result<StageLive> {
        let tags = tags::to_sdk(&wanted.tags);
        let description = Some(wanted.description.clone()).filter(|text| !text.is_empty());
        let create = || {
            let request = self.0.apigateway.create_stage().rest_api_id(&wanted.rest_api_id).stage_name(&wanted.name);
            request
                .deployment_id(&wanted.deployment_id)
                .set_description(description.clone())
                .tracing_enabled(wanted.tracing)
                .set_tags(Some(tags.clone()))
                .send()
        };
        self.0.call(cx, CREATE, create).await?;
        // CreateStage accepts no limits.
        let limits = wanted.throttling.as_ref().map(|throttling| limits(throttling).to_vec()).unwrap_or_default();
        self.patch(cx, &wanted.rest_api_id, &wanted.name, limits).await?;
        Ok(self.live(&wanted.rest_api_id, &wanted.name, wanted.clone()))
    }

    async fn update(
        &self,
        cx: &Context,
        live: &StageLive,
        wanted: &StageProperties,
        _changed: &[PropertyPath],
    ) -> Result<StageLive> {
        let (api, name) = (&wanted.rest_api_id, &wanted.name);
        self.patch(cx, api, name, steps(&live.properties, wanted)).await?;
        let arn = self.0.apigateway_arn(&format!("/restapis/{api}/stages/{name}"));
        retag_apigateway(&self.0, cx, &arn, &live.properties.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &StageProperties) -> Result<()> {
        let (api, name) = split_id(id)?;
        let delete = || self.0.apigateway.delete_stage().rest_api_id(api).stage_name(name).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stage(throttling: Value) -> StageProperties {
        let stage = json!({"rest_api_id": "a", "name": "live", "deployment_id": "d1", "description": "", "tracing": false,
                           "throttling": throttling, "tags": {}});
        serde_json::from_value(stage).expect("a stage")
    }

    fn reported(steps: Vec<PatchOperation>) -> Vec<(String, String, Option<String>)> {
        let one = |step: PatchOperation| {
            (step.op.map(|op| op.to_string()).unwrap_or_default(), step.path.unwrap_or_default(), step.value)
        };
        steps.into_iter().map(one).collect()
    }

    #[test]
    fn only_differences_are_patched_as_text() {
        let was = stage(Value::Null);
        let wanted = StageProperties { deployment_id: "d2".to_owned(), tracing: true, ..was.clone() };
        let step = |path: &str, value: &str| ("replace".to_owned(), path.to_owned(), Some(value.to_owned()));
        assert_eq!(reported(steps(&was, &wanted)), [step("/deploymentId", "d2"), step("/tracingEnabled", "true")]);
        assert!(steps(&was, &was).is_empty());
    }

    #[test]
    fn limits_are_set_separately_and_removed_together() {
        let limited = stage(json!({"rate_limit": 10, "burst_limit": 20}));
        let step = |path: &str, value: &str| ("replace".to_owned(), path.to_owned(), Some(value.to_owned()));
        let expected = [step("/*/*/throttling/rateLimit", "10"), step("/*/*/throttling/burstLimit", "20")];
        assert_eq!(reported(steps(&stage(Value::Null), &limited)), expected);
        assert_eq!(reported(steps(&limited, &stage(Value::Null))), [("remove".to_owned(), "/*/*".to_owned(), None)]);
    }

    #[test]
    fn rate_reads_back_as_written() {
        let setting = |rate, burst| {
            let setting = MethodSetting::builder().throttling_rate_limit(rate).throttling_burst_limit(burst).build();
            HashMap::from([(ALL.to_owned(), setting)])
        };
        for rate in [json!(10), json!(10.0)] {
            let hint = stage(json!({"rate_limit": rate, "burst_limit": 20})).throttling;
            assert_eq!(throttling(Some(&setting(10.0, 20)), hint.as_ref()), hint);
        }
        assert_eq!(throttling(Some(&setting(-1.0, -1)), None), None);
        assert_eq!(throttling(None, None), None);
        let half = throttling(Some(&setting(0.5, 1)), None).map(|live| live.rate_limit.to_string());
        assert_eq!(half.as_deref(), Some("0.5"));
    }
}
