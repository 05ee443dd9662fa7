//! One statement of a Lambda function's resource policy, which lets a principal invoke it.

use std::sync::Arc;

use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{LambdaPermissionOutputs, LambdaPermissionProperties};
use serde_json::Value;

use super::{join_id, lambda_function, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags;

type PermissionLive = Live<LambdaPermissionProperties, LambdaPermissionOutputs>;

pub(super) const GET: Operation = Operation::read("lambda", "GetPolicy");
const CONFIGURATION: Operation = Operation::read("lambda", "GetFunctionConfiguration");
const ADD: Operation = Operation::create("lambda", "AddPermission");
const REMOVE: Operation = Operation::idempotent("lambda", "RemovePermission");

const INVOKE: &str = "lambda:InvokeFunction";

/// The resource type `lambda.permission`.
pub struct LambdaPermission(pub(crate) Arc<Provider>);

/// Returns a principal as it was passed to AddPermission: the policy holds `*`, a service or an account's root.
fn principal(statement: &Value) -> String {
    let principal = &statement["Principal"];
    let member = principal.get("Service").or_else(|| principal.get("AWS")).unwrap_or(principal);
    member.as_str().map_or_else(|| member.to_string(), str::to_owned)
}

fn condition(statement: &Value, operator: &str, key: &str) -> Option<String> {
    statement["Condition"][operator][key].as_str().map(str::to_owned)
}

/// Returns the statement `id` of a function's policy as properties.
fn statement(policy: &str, function: &str, id: &str) -> Option<LambdaPermissionProperties> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let statements = policy["Statement"].as_array()?;
    let statement = statements.iter().find(|statement| statement["Sid"] == id)?;
    let mut principal = principal(statement);
    if statement["Action"] != INVOKE || statement["Effect"] != "Allow" {
        principal = format!("{principal} ({} {})", statement["Effect"], statement["Action"]);
    }
    Some(LambdaPermissionProperties {
        function_name: function.to_owned(),
        statement_id: id.to_owned(),
        principal,
        source_arn: condition(statement, "ArnLike", "AWS:SourceArn"),
        source_account: condition(statement, "StringEquals", "AWS:SourceAccount"),
        of_existing_function: false,
    })
}

/// Whether a function's policy has the statement `id`, and it lets Connect invoke the function for this instance.
pub(super) fn lets_connect_invoke(policy: &str, id: &str, instance_arn: &str) -> bool {
    let lets = |one: LambdaPermissionProperties| {
        one.principal == "connect.amazonaws.com" && one.source_arn.as_deref() == Some(instance_arn)
    };
    !id.is_empty() && statement(policy, "", id).is_some_and(lets)
}

fn live(properties: LambdaPermissionProperties) -> PermissionLive {
    let id = join_id(&properties.function_name, &properties.statement_id);
    let outputs = LambdaPermissionOutputs { statement_id: properties.statement_id.clone() };
    Live { id, properties, outputs }
}

impl LambdaPermission {
    async fn look(&self, cx: &Context, function: &str, id: &str) -> Result<Option<LambdaPermissionProperties>> {
        let policy = cx.cached(format!("lambda:GetPolicy {function}"), || async {
            let get = || self.0.lambda.get_policy().function_name(function).send();
            Ok(self.0.call(cx, GET, get).await.optional()?.and_then(|answer| answer.policy))
        });
        let policy: Arc<Option<String>> = policy.await?;
        Ok(policy.as_ref().as_ref().and_then(|policy| statement(policy, function, id)))
    }

    /// Returns an error unless the function exists, which the spec says it does.
    async fn require_function(&self, cx: &Context, function: &str) -> Result<()> {
        let exists = cx.cached(format!("lambda:GetFunctionConfiguration {function}"), || async {
            let get = || self.0.lambda.get_function_configuration().function_name(function).send();
            Ok(self.0.call(cx, CONFIGURATION, get).await.optional()?.is_some())
        });
        match *exists.await? {
            true => Ok(()),
            false => {
                let message = format!("there is no function {function}, which the spec names as existing");
                Err(Error::new(ErrorClass::Invalid, message)
                    .with_help("correct `existing`, or create the function first: it is called and not managed here"))
            }
        }
    }

    /// Adds the statement. The caller holds the function's writer lock.
    async fn add(&self, cx: &Context, wanted: &LambdaPermissionProperties) -> Result<PermissionLive> {
        let add = || {
            let request = self.0.lambda.add_permission().function_name(&wanted.function_name).action(INVOKE);
            request
                .statement_id(&wanted.statement_id)
                .principal(&wanted.principal)
                .set_source_arn(wanted.source_arn.clone())
                .set_source_account(wanted.source_account.clone())
                .send()
        };
        self.0.call(cx, ADD, add).await?;
        Ok(live(wanted.clone()))
    }

    async fn remove(&self, cx: &Context, function: &str, id: &str) -> Result<()> {
        let remove = || self.0.lambda.remove_permission().function_name(function).statement_id(id).send();
        self.0.call(cx, REMOVE, remove).await.optional().map(drop)
    }
}

impl Permissions for LambdaPermission {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let function = provider.arn("lambda", &format!("function:{}", named(wanted, "function_name")));
        let existing = wanted["of_existing_function"] == true;
        let look = if existing { CONFIGURATION } else { lambda_function::GET };
        operation_permissions(&[GET, look, ADD, REMOVE], &function)
    }
}

impl Resource for LambdaPermission {
    type Definition = deployer_resources::LambdaPermission;

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &LambdaPermissionProperties) -> Result<Option<PermissionLive>> {
        let (function, statement) = split_id(id)?;
        let seen = self.look(cx, function, statement).await?;
        Ok(seen.map(|seen| live(LambdaPermissionProperties { of_existing_function: hint.of_existing_function, ..seen })))
    }

    async fn owner(&self, cx: &Context, live: &PermissionLive) -> Result<TagOwner> {
        if live.properties.of_existing_function {
            return Ok(TagOwner::Us);
        }
        let (function, _) = split_id(&live.id)?;
        let seen = self.0.cached_function(cx, function).await?;
        Ok(tags::parent_owner(seen.map(|seen| tags::readable(seen.tags)), &format!("the function {function}"), cx))
    }

    /// Finds the statement. It has no tags: it is owned if its function is, or if its ID is ours and the function exists without us.
    async fn find(&self, cx: &Context, wanted: &LambdaPermissionProperties) -> Result<Lookup<PermissionLive>> {
        let Some(properties) = self.look(cx, &wanted.function_name, &wanted.statement_id).await? else {
            return Ok(Lookup::NotFound);
        };
        if wanted.of_existing_function {
            return Ok(Lookup::Owned(live(LambdaPermissionProperties { of_existing_function: true, ..properties })));
        }
        let function = self.0.cached_function(cx, &wanted.function_name).await?;
        let live = live(properties);
        Ok(match tags::check_environment(&tags::readable(function.and_then(|function| function.tags)), cx) {
            Ok(()) => Lookup::Owned(live),
            Err(why) => Lookup::Unowned { live, why: format!("the function {}: {why}", wanted.function_name) },
        })
    }

    async fn create(&self, cx: &Context, wanted: &LambdaPermissionProperties) -> Result<PermissionLive> {
        // Of two concurrent changes of one function's policy, one can be lost without an error.
        let writer = self.0.write_lock(&wanted.function_name);
        let _alone = writer.lock().await;
        if wanted.of_existing_function {
            self.require_function(cx, &wanted.function_name).await?;
        }
        self.add(cx, wanted).await
    }

    async fn update(
        &self,
        cx: &Context,
        live: &PermissionLive,
        wanted: &LambdaPermissionProperties,
        changed: &[PropertyPath],
    ) -> Result<PermissionLive> {
        if changed.is_empty() || live.properties == *wanted {
            return Ok(live.clone());
        }
        let writer = self.0.write_lock(&wanted.function_name);
        let _alone = writer.lock().await;
        self.remove(cx, &wanted.function_name, &wanted.statement_id).await?;
        self.add(cx, wanted).await
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &LambdaPermissionProperties) -> Result<()> {
        let (function, statement) = split_id(id)?;
        let writer = self.0.write_lock(function);
        let _alone = writer.lock().await;
        self.remove(cx, function, statement).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn statement_reads_back_as_written() {
        let policy = json!({"Version": "2012-10-17", "Id": "default", "Statement": [
            {"Sid": "other", "Effect": "Allow", "Principal": "*", "Action": INVOKE, "Resource": "arn:f"},
            {"Sid": "api", "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": INVOKE,
             "Resource": "arn:f", "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:111122223333:a/*"},
                                                "StringEquals": {"AWS:SourceAccount": "111122223333"}}},
        ]});
        let seen = statement(&policy.to_string(), "get", "api");
        let wanted = LambdaPermissionProperties {
            function_name: "get".to_owned(),
            statement_id: "api".to_owned(),
            principal: "apigateway.amazonaws.com".to_owned(),
            source_arn: Some("arn:aws:execute-api:us-east-1:111122223333:a/*".to_owned()),
            source_account: Some("111122223333".to_owned()),
            of_existing_function: false,
        };
        assert_eq!(seen, Some(wanted));
        assert_eq!(statement(&policy.to_string(), "get", "none"), None);
        assert_eq!(statement("not JSON", "get", "api"), None);
    }
}
