//! The permissions of resource types: each declares, beside its code, the calls it makes and their resources.

use serde_json::Value;

use crate::operation::Operation;
use crate::provider::Provider;

/// One action on one resource, optionally under a condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Permission {
    pub(crate) action: String,
    pub(crate) resource: String,
    /// A condition key of the request and its required value.
    pub(crate) condition: Option<(&'static str, &'static str)>,
}

/// The permissions that a resource type needs.
///
/// They cover creating, reading, finding, changing and deleting its own resources. Calls that are needed only after somebody else changed
/// those resources in ways that a spec cannot (policies attached to our roles) are left out: such a run fails with an access-denied error
/// that names the action.
pub(crate) trait Permissions {
    /// Read-only actions that no plan needs: they are called only while a resource is changed.
    const READ_WHILE_CHANGING: &'static [&'static str] = &[];

    /// Returns the permissions for a resource with these desired properties. Values that are unknown before the resource exists are `*`.
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission>;

    /// Returns the subset of the permissions that a plan needs.
    fn plan_permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let rights = Self::permissions(provider, wanted).into_iter();
        rights.filter(|right| reads(&right.action) && !Self::READ_WHILE_CHANGING.contains(&right.action.as_str())).collect()
    }
}

/// Whether an action only reads, judged by AWS's naming of actions; those of API Gateway are HTTP methods.
fn reads(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    ["Describe", "GET", "Get", "List", "Search"].iter().any(|verb| name.starts_with(verb))
}

/// Returns the permissions for these operations on `resource`.
pub(crate) fn operation_permissions(ops: &[Operation], resource: &str) -> Vec<Permission> {
    ops.iter().map(|op| Permission { action: op.action(), resource: resource.to_owned(), condition: None }).collect()
}

/// Returns permissions for actions on `resource` that deployer does not call itself: AWS performs them with the caller's permissions.
pub(crate) fn action_permissions(names: &[&str], resource: &str) -> Vec<Permission> {
    names.iter().map(|name| Permission { action: (*name).to_owned(), resource: resource.to_owned(), condition: None }).collect()
}

/// Returns the permission for an action on `resource` under the condition that the request's `key` equals `value`.
pub(crate) fn conditional_permission(name: &str, resource: &str, key: &'static str, value: &'static str) -> Permission {
    Permission { action: name.to_owned(), resource: resource.to_owned(), condition: Some((key, value)) }
}

/// Returns the permissions that Connect uses, with the caller's credentials, to give its service-linked role access to a resource (service
/// authorization reference, dependent actions). The ARN names the service, so a condition on it would add nothing.
pub(crate) fn connect_linked_role_permissions(provider: &Provider) -> Vec<Permission> {
    let role = linked_role(provider, "connect.amazonaws.com/AWSServiceRoleForAmazonConnect*");
    action_permissions(&["iam:AttachRolePolicy", "iam:CreateServiceLinkedRole", "iam:PutRolePolicy"], &role)
}

/// Returns the directory permissions that describing and listing instances needs (service authorization reference, dependent actions).
pub(crate) fn directory_permissions() -> Vec<Permission> {
    action_permissions(&["ds:DescribeDirectories"], "*")
}

/// Returns the permission to create API Gateway's service-linked role in an account that does not have it yet.
pub(crate) fn apigateway_linked_role_permissions(provider: &Provider) -> Vec<Permission> {
    let role = linked_role(provider, "ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway");
    action_permissions(&["iam:CreateServiceLinkedRole"], &role)
}

fn linked_role(provider: &Provider, path: &str) -> String {
    format!("arn:{}:iam::{}:role/aws-service-role/{path}", provider.partition(), provider.account)
}

/// Returns a property that is a name; `*` if it is unknown.
pub(crate) fn named<'w>(wanted: &'w Value, property: &str) -> &'w str {
    wanted.get(property).and_then(Value::as_str).unwrap_or("*")
}

/// The purpose of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Applying, changing and destroying.
    Everything,
    /// Planning, which changes nothing.
    Planning,
}

/// Maximum size of a managed policy in characters (IAM and STS quotas page: white space is not counted).
pub const MAX_MANAGED_POLICY_CHARS: usize = 6_144;
/// Maximum size of all inline policies of a role together, in characters.
pub const MAX_INLINE_POLICY_CHARS: usize = deployer_resources::MAX_INLINE_POLICY_CHARS;
/// Maximum number of managed policies attached to a role, unless its account has requested more.
pub const MAX_ATTACHED_POLICIES: usize = 10;
