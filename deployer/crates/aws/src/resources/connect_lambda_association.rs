//! The association of a Lambda function with a Connect instance, which lets its flows invoke the function.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner};
use deployer_resources::{ConnectLambdaAssociationOutputs, ConnectLambdaAssociationProperties};
use serde_json::Value;

use super::{join_id, lambda_permission, split_id};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, action_permissions, directory_permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags;
use crate::wait;

type AssociationLive = Live<ConnectLambdaAssociationProperties, ConnectLambdaAssociationOutputs>;

const LIST: Operation = Operation::read("connect", "ListLambdaFunctions");
const DESCRIBE_INSTANCE: Operation = Operation::read("connect", "DescribeInstance");
/// Idempotent by its client token.
const ASSOCIATE: Operation = Operation::idempotent("connect", "AssociateLambdaFunction");
const DISASSOCIATE: Operation = Operation::idempotent("connect", "DisassociateLambdaFunction");

const LISTED_WITHIN: Duration = Duration::from_secs(120);

/// Evidence that this environment does not own an association in an instance that it does not manage.
const ASSOCIATED_BY_OTHERS: &str =
    "the instance had this association already, and associations have no tags that name their owner";

/// The resource type `connect.lambda_association`.
pub struct ConnectLambdaAssociation(pub(crate) Arc<Provider>);

/// Returns the live form; what identifies the permission of the association is that of `hint`.
fn live(instance: &str, function: &str, hint: &ConnectLambdaAssociationProperties) -> AssociationLive {
    let (instance_id, function_arn) = (instance.to_owned(), function.to_owned());
    let outputs = ConnectLambdaAssociationOutputs { function_arn: function_arn.clone() };
    let properties = ConnectLambdaAssociationProperties { instance_id, function_arn, ..hint.clone() };
    Live { id: join_id(instance, function), properties, outputs }
}

impl ConnectLambdaAssociation {
    async fn listed(&self, cx: &Context, instance: &str, function: &str) -> Result<bool> {
        let functions = collect_pages(|token| async move {
            let list = || {
                self.0.connect.list_lambda_functions().instance_id(instance).max_results(25).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.lambda_functions.unwrap_or_default(), page.next_token))
        });
        let functions = functions.await.optional()?.unwrap_or_default();
        Ok(functions.iter().any(|listed| listed == function))
    }

    /// Whether the function's policy has the statement by which this environment lets this instance invoke it. The statement of a function
    /// with an owner is that owner's; that of an existing function is known by its ID, which names the environment.
    async fn has_permission(&self, cx: &Context, wanted: &ConnectLambdaAssociationProperties) -> Result<bool> {
        let function = &wanted.function_arn;
        if !wanted.of_existing_function {
            let name = function.rsplit(':').next().unwrap_or(function);
            let tags = self.0.cached_function(cx, name).await?.and_then(|function| function.tags);
            if tags::check_environment(&tags::readable(tags), cx).is_err() {
                return Ok(false);
            }
        }
        let get = || self.0.lambda.get_policy().function_name(function).send();
        let policy = self.0.call(cx, lambda_permission::GET, get).await.optional()?.and_then(|answer| answer.policy);
        let source = self.0.arn("connect", &format!("instance/{}", wanted.instance_id));
        let lets = |policy: String| lambda_permission::lets_connect_invoke(&policy, &wanted.statement_id, &source);
        Ok(policy.is_some_and(lets))
    }

    async fn until(&self, cx: &Context, instance: &str, function: &str, listed: bool) -> Result<()> {
        let waits = if listed { "not listed yet" } else { "still listed" };
        wait::poll_until(cx, "the association", LISTED_WITHIN, || async {
            let is = self.listed(cx, instance, function).await?;
            Ok(if is == listed { Break(()) } else { Continue(waits.to_owned()) })
        })
        .await
    }
}

impl Permissions for ConnectLambdaAssociation {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let instance = provider.arn("connect", "instance/*");
        // Connect changes the function's policy with the caller's permissions (administrator guide, "security-iam", example 2).
        let function = action_permissions(&["lambda:AddPermission", "lambda:RemovePermission"], named(wanted, "function_arn"));
        [operation_permissions(&[LIST, DESCRIBE_INSTANCE, ASSOCIATE, DISASSOCIATE], &instance), directory_permissions(), function]
            .concat()
    }
}

impl Resource for ConnectLambdaAssociation {
    type Definition = deployer_resources::ConnectLambdaAssociation;

    async fn read(
        &self,
        cx: &Context,
        id: &PhysicalId,
        hint: &ConnectLambdaAssociationProperties,
    ) -> Result<Option<AssociationLive>> {
        let (instance, function) = split_id(id)?;
        Ok(self.listed(cx, instance, function).await?.then(|| live(instance, function, hint)))
    }

    async fn owner(&self, cx: &Context, live: &AssociationLive) -> Result<TagOwner> {
        self.0.owner_in_instance(cx, None, (Self::Definition::TYPE, &live.id), split_id(&live.id)?.0).await
    }

    /// Finds the association. It has no tags: it is owned if its instance is. In an instance that is not managed it is owned if the function
    /// has the permission that this environment adds before it associates; a plan that finds an association of somebody else adds none.
    async fn find(&self, cx: &Context, wanted: &ConnectLambdaAssociationProperties) -> Result<Lookup<AssociationLive>> {
        let instance = wanted.instance_id.as_str();
        if !self.listed(cx, instance, &wanted.function_arn).await? {
            return Ok(Lookup::NotFound);
        }
        let live = live(instance, &wanted.function_arn, wanted);
        if self.0.is_existing_instance(instance) {
            return Ok(match self.has_permission(cx, wanted).await? {
                true => Lookup::Owned(live),
                false => Lookup::Unowned { live, why: ASSOCIATED_BY_OTHERS.to_owned() },
            });
        }
        self.0.found_in_instance(cx, instance, live).await
    }

    async fn create(&self, cx: &Context, wanted: &ConnectLambdaAssociationProperties) -> Result<AssociationLive> {
        let (instance, function, token) = (&wanted.instance_id, &wanted.function_arn, cx.token.to_string());
        let associate = || {
            let request = self.0.connect.associate_lambda_function().instance_id(instance).function_arn(function);
            request.client_token(&token).send()
        };
        self.0.call(cx, ASSOCIATE, associate).await?;
        self.until(cx, instance, function, true).await?;
        Ok(live(instance, function, wanted))
    }

    async fn update(
        &self,
        _cx: &Context,
        live: &AssociationLive,
        _wanted: &ConnectLambdaAssociationProperties,
        _changed: &[PropertyPath],
    ) -> Result<AssociationLive> {
        // Every change is a replacement, so there is nothing to update.
        Ok(live.clone())
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectLambdaAssociationProperties) -> Result<()> {
        let (instance, function) = split_id(id)?;
        let token = cx.token.to_string();
        let disassociate = || {
            let request = self.0.connect.disassociate_lambda_function().instance_id(instance).function_arn(function);
            request.client_token(&token).send()
        };
        self.0.call(cx, DISASSOCIATE, disassociate).await.optional()?;
        self.until(cx, instance, function, false).await
    }
}
