//! A usage plan of API Gateway: the key that may use a stage, with rate limits and a quota.

use std::sync::Arc;

use aws_sdk_apigateway::types::{ApiStage, Op as Patch, PatchOperation, QuotaPeriodType, QuotaSettings, ThrottleSettings};
use deployer_engine::{Context, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{Quota, Throttling, UsagePlanOutputs, UsagePlanProperties};
use serde_json::Value;

use super::stage::number;
use super::{APIGATEWAY_TAGS, patch, required_field, retag_apigateway};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::integer::{signed, unsigned};
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};

type PlanLive = Live<UsagePlanProperties, UsagePlanOutputs>;

const GET: Operation = Operation::read("apigateway", "GetUsagePlan");
const LIST: Operation = Operation::read("apigateway", "GetUsagePlans");
/// Not idempotent: names are not unique and there is no client token, so a second call creates a second plan.
const CREATE: Operation = Operation::create("apigateway", "CreateUsagePlan");
const UPDATE: Operation = Operation::idempotent("apigateway", "UpdateUsagePlan");
const DELETE: Operation = Operation::idempotent("apigateway", "DeleteUsagePlan");
const KEYS: Operation = Operation::read("apigateway", "GetUsagePlanKeys");
/// A second call fails because the plan already has the key.
const ADD_KEY: Operation = Operation::idempotent("apigateway", "CreateUsagePlanKey");
const REMOVE_KEY: Operation = Operation::idempotent("apigateway", "DeleteUsagePlanKey");

const PAGE: i32 = 500;

/// The resource type `apigateway.usage_plan`.
pub struct UsagePlan(pub(crate) Arc<Provider>);

/// A plan as API Gateway returns it.
struct LivePlan {
    name: Option<String>,
    description: Option<String>,
    stages: Vec<ApiStage>,
    throttle: Option<ThrottleSettings>,
    quota: Option<QuotaSettings>,
    tags: Tags,
}

/// Returns the stages of a plan as pairs of API and stage.
fn pairs(stages: &[ApiStage]) -> Vec<(String, String)> {
    let one = |stage: &ApiStage| Some((stage.api_id.clone()?, stage.stage.clone()?));
    stages.iter().filter_map(one).collect()
}

/// Returns `wanted` if it is among these; otherwise the first.
fn among<T: PartialEq + Clone + Default>(all: &[T], wanted: &T) -> T {
    all.iter().find(|one| *one == wanted).or(all.first()).cloned().unwrap_or_default()
}

impl LivePlan {
    fn properties(self, keys: &[String], hint: Option<&UsagePlanProperties>) -> UsagePlanProperties {
        let wanted = hint.map(|hint| (hint.rest_api_id.clone(), hint.stage.clone())).unwrap_or_default();
        let (rest_api_id, stage) = among(&pairs(&self.stages), &wanted);
        let api_key_id = among(keys, &hint.map(|hint| hint.api_key_id.clone()).unwrap_or_default());
        let throttling = self.throttle.and_then(|limits| {
            let hint = hint.and_then(|hint| hint.throttling.as_ref());
            let same =
                hint.filter(|hint| hint.rate_limit.as_f64() == Some(limits.rate_limit)).map(|hint| hint.rate_limit.clone());
            Some(Throttling {
                rate_limit: same.or_else(|| number(limits.rate_limit))?,
                burst_limit: unsigned(limits.burst_limit),
            })
        });
        let quota = self.quota.map(|quota| Quota {
            limit: unsigned(quota.limit),
            period: quota.period.map(|period| period.to_string()).unwrap_or_default(),
        });
        UsagePlanProperties {
            name: self.name.unwrap_or_default(),
            description: self.description.unwrap_or_default(),
            rest_api_id,
            stage,
            api_key_id,
            throttling,
            quota,
            tags: self.tags,
        }
    }
}

/// Returns the patch steps from `was` to `wanted`; API Gateway applies all steps of one call or none.
fn steps(was: &UsagePlanProperties, wanted: &UsagePlanProperties) -> Vec<PatchOperation> {
    let mut steps = Vec::new();
    if was.name != wanted.name {
        steps.push(patch(Patch::Replace, "/name", &wanted.name));
    }
    if was.description != wanted.description {
        steps.push(patch(Patch::Replace, "/description", &wanted.description));
    }
    match (&was.throttling, &wanted.throttling) {
        (was, Some(wanted)) if was.as_ref() != Some(wanted) => {
            steps.push(patch(Patch::Replace, "/throttle/rateLimit", &wanted.rate_limit.to_string()));
            steps.push(patch(Patch::Replace, "/throttle/burstLimit", &wanted.burst_limit.to_string()));
        }
        (Some(_), None) => steps.push(PatchOperation::builder().op(Patch::Remove).path("/throttle").build()),
        _ => {}
    }
    match (&was.quota, &wanted.quota) {
        (was, Some(wanted)) if was.as_ref() != Some(wanted) => {
            steps.push(patch(Patch::Replace, "/quota/limit", &wanted.limit.to_string()));
            steps.push(patch(Patch::Replace, "/quota/period", &wanted.period));
        }
        (Some(_), None) => steps.push(PatchOperation::builder().op(Patch::Remove).path("/quota").build()),
        _ => {}
    }
    steps
}

impl UsagePlan {
    async fn keys(&self, cx: &Context, id: &str) -> Result<Vec<String>> {
        let keys = collect_pages(|position| async move {
            let list = || {
                let request = self.0.apigateway.get_usage_plan_keys().usage_plan_id(id).limit(PAGE);
                request.set_position(position.clone()).send()
            };
            let page = self.0.call(cx, KEYS, list).await?;
            Ok((page.items.unwrap_or_default(), page.position))
        });
        Ok(keys.await?.into_iter().filter_map(|key| key.id).collect())
    }

    async fn live(&self, cx: &Context, id: &str, plan: LivePlan, hint: &UsagePlanProperties) -> Result<Option<PlanLive>> {
        // The plan may be deleted between the two calls.
        let Some(keys) = self.keys(cx, id).await.optional()? else { return Ok(None) };
        let outputs = UsagePlanOutputs { id: id.to_owned() };
        Ok(Some(Live { id: PhysicalId(id.to_owned()), properties: plan.properties(&keys, Some(hint)), outputs }))
    }

    async fn patch(&self, cx: &Context, id: &str, steps: Vec<PatchOperation>) -> Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let update = || self.0.apigateway.update_usage_plan().usage_plan_id(id).set_patch_operations(Some(steps.clone())).send();
        self.0.call(cx, UPDATE, update).await.map(drop)
    }

    async fn add_key(&self, cx: &Context, id: &str, key: &str) -> Result<()> {
        let add = || self.0.apigateway.create_usage_plan_key().usage_plan_id(id).key_id(key).key_type("API_KEY").send();
        match self.0.call(cx, ADD_KEY, add).await {
            // An earlier call, whose response was lost, has added it.
            Err(error) if error.class == ErrorClass::AlreadyExists => Ok(()),
            other => other.map(drop),
        }
    }

    async fn remove_key(&self, cx: &Context, id: &str, key: &str) -> Result<()> {
        let remove = || self.0.apigateway.delete_usage_plan_key().usage_plan_id(id).key_id(key).send();
        self.0.call(cx, REMOVE_KEY, remove).await.optional().map(drop)
    }
}

impl Permissions for UsagePlan {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let all = provider.apigateway_arn("/usageplans");
        // A plan's keys are below it, and `*` also matches slashes.
        let own = operation_permissions(&[GET, UPDATE, DELETE, KEYS, REMOVE_KEY], &format!("{all}/*"));
        let keys = operation_permissions(&[ADD_KEY], &format!("{all}/*/keys"));
        let tags = operation_permissions(&APIGATEWAY_TAGS, &provider.apigateway_arn("/tags/*"));
        [operation_permissions(&[LIST, CREATE], &all), own, keys, tags].concat()
    }
}

impl Resource for UsagePlan {
    type Definition = deployer_resources::UsagePlan;

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &UsagePlanProperties) -> Result<Option<PlanLive>> {
        let get = || self.0.apigateway.get_usage_plan().usage_plan_id(id.as_str()).send();
        let Some(plan) = self.0.call(cx, GET, get).await.optional()? else { return Ok(None) };
        let given = LivePlan {
            name: plan.name,
            description: plan.description,
            stages: plan.api_stages.unwrap_or_default(),
            throttle: plan.throttle,
            quota: plan.quota,
            tags: tags::readable(plan.tags),
        };
        self.live(cx, id.as_str(), given, hint).await
    }

    async fn owner(&self, cx: &Context, live: &PlanLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    /// Finds the plan by the tags set at its creation, the only thing that distinguishes it from others.
    async fn find(&self, cx: &Context, wanted: &UsagePlanProperties) -> Result<Lookup<PlanLive>> {
        let plans = collect_pages(|position| async move {
            let list = || self.0.apigateway.get_usage_plans().limit(PAGE).set_position(position.clone()).send();
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.items.unwrap_or_default(), page.position))
        });
        let mut ours = Vec::new();
        for plan in plans.await? {
            let tags = tags::readable(plan.tags);
            if let (Some(id), Ok(())) = (plan.id, tags::check_owner(&tags, cx)) {
                let given = LivePlan {
                    name: plan.name,
                    description: plan.description,
                    stages: plan.api_stages.unwrap_or_default(),
                    throttle: plan.throttle,
                    quota: plan.quota,
                    tags,
                };
                ours.push((id, given));
            }
        }
        // During a replacement there are two; the new one is of the desired stage.
        let stage = (wanted.rest_api_id.clone(), wanted.stage.clone());
        ours.sort_by_key(|(_, plan)| !pairs(&plan.stages).contains(&stage));
        match ours.into_iter().next() {
            Some((id, plan)) => Ok(self.live(cx, &id, plan, wanted).await?.map_or(Lookup::NotFound, Lookup::Owned)),
            None => Ok(Lookup::NotFound),
        }
    }

    async fn create(&self, cx: &Context, wanted: &UsagePlanProperties) -> Result<PlanLive> {
        let tags = tags::to_sdk(&wanted.tags);
        let description = Some(wanted.description.clone()).filter(|text| !text.is_empty());
        let stage = ApiStage::builder().api_id(&wanted.rest_api_id).stage(&wanted.stage).build();
        let throttle = wanted.throttling.as_ref().map(|limits| {
            let rate = limits.rate_limit.as_f64().unwrap_or_default();
            ThrottleSettings::builder().rate_limit(rate).burst_limit(signed(limits.burst_limit)).build()
        });
        let quota = wanted.quota.as_ref().map(|quota| {
            QuotaSettings::builder().limit(signed(quota.limit)).period(QuotaPeriodType::from(quota.period.as_str())).build()
        });
        let create = || {
            let request = self.0.apigateway.create_usage_plan().name(&wanted.name).set_description(description.clone());
            let request = request.api_stages(stage.clone()).set_throttle(throttle.clone()).set_quota(quota.clone());
            request.set_tags(Some(tags.clone())).send()
        };
        let id = required_field("the plan's id", self.0.call(cx, CREATE, create).await?.id)?;
        self.add_key(cx, &id, &wanted.api_key_id).await?;
        Ok(Live { id: PhysicalId(id.clone()), properties: wanted.clone(), outputs: UsagePlanOutputs { id } })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &PlanLive,
        wanted: &UsagePlanProperties,
        _changed: &[PropertyPath],
    ) -> Result<PlanLive> {
        let (id, was) = (live.id.as_str(), &live.properties);
        self.patch(cx, id, steps(was, wanted)).await?;
        if was.api_key_id != wanted.api_key_id {
            self.add_key(cx, id, &wanted.api_key_id).await?;
            if !was.api_key_id.is_empty() {
                self.remove_key(cx, id, &was.api_key_id).await?;
            }
        }
        let arn = self.0.apigateway_arn(&format!("/usageplans/{id}"));
        retag_apigateway(&self.0, cx, &arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    /// Deletes the plan. A plan with stages cannot be deleted, so they are removed first.
    async fn delete(&self, cx: &Context, id: &PhysicalId, recorded: &UsagePlanProperties) -> Result<()> {
        let get = || self.0.apigateway.get_usage_plan().usage_plan_id(id.as_str()).send();
        let Some(plan) = self.0.call(cx, GET, get).await.optional()? else { return Ok(()) };
        // An interrupted deletion may have removed it already.
        if self.keys(cx, id.as_str()).await.optional()?.is_some_and(|keys| keys.contains(&recorded.api_key_id)) {
            self.remove_key(cx, id.as_str(), &recorded.api_key_id).await?;
        }
        let stages = pairs(&plan.api_stages.unwrap_or_default());
        let steps = stages.iter().map(|(api, stage)| patch(Patch::Remove, "/apiStages", &format!("{api}:{stage}")));
        self.patch(cx, id.as_str(), steps.collect()).await.optional()?;
        let delete = || self.0.apigateway.delete_usage_plan().usage_plan_id(id.as_str()).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plan(change: Value) -> UsagePlanProperties {
        let mut plan = json!({"name": "n", "description": "", "rest_api_id": "a", "stage": "live", "api_key_id": "k",
                              "throttling": {"rate_limit": 5, "burst_limit": 10}, "quota": null, "tags": {}});
        for (name, value) in change.as_object().expect("members") {
            plan[name] = value.clone();
        }
        serde_json::from_value(plan).expect("a plan")
    }

    #[test]
    fn only_what_differs_is_patched() {
        let steps = |was: &UsagePlanProperties, wanted: &UsagePlanProperties| {
            let one = |step: PatchOperation| {
                format!("{:?} {} {}", step.op, step.path.unwrap_or_default(), step.value.unwrap_or_default())
            };
            steps(was, wanted).into_iter().map(one).collect::<Vec<_>>()
        };
        assert!(steps(&plan(json!({})), &plan(json!({}))).is_empty());
        let moved = steps(&plan(json!({})), &plan(json!({"name": "m", "quota": {"limit": 7, "period": "DAY"}})));
        assert_eq!(moved, ["Some(Replace) /name m", "Some(Replace) /quota/limit 7", "Some(Replace) /quota/period DAY",]);
        let free = steps(&plan(json!({})), &plan(json!({"throttling": null})));
        assert_eq!(free, ["Some(Remove) /throttle "]);
    }
}
