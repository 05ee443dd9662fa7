//! IAM: roles, policies, identity providers, and the principals of requests.

mod authorize;
mod condition;
mod connect_actions;
mod context;
mod document;
mod managed;
mod pattern;
mod policy;
mod policy_evaluation;
mod provider;
mod required_actions;
mod role;
mod session;
mod web_identity;

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext};
use crate::response::{Response, xml_escape};
use crate::stored::stored;

pub(crate) use authorize::{authorize, is_allowed};
pub(crate) use context::{AuthorizationRequest, TEST_ROLE_SESSION};
pub(crate) use required_actions::required_actions;
pub(crate) use session::Assumable;
pub use session::Credentials;
pub(crate) use session::account_of;
pub(crate) use web_identity::Claims;

pub(crate) const OPERATIONS: &[&str] = &[
    "AddClientIDToOpenIDConnectProvider",
    "AttachRolePolicy",
    "CreateOpenIDConnectProvider",
    "CreatePolicy",
    "CreatePolicyVersion",
    "CreateRole",
    "DeleteOpenIDConnectProvider",
    "DeletePolicy",
    "DeletePolicyVersion",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "GetOpenIDConnectProvider",
    "GetPolicy",
    "GetPolicyVersion",
    "GetRole",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "ListEntitiesForPolicy",
    "ListInstanceProfilesForRole",
    "ListOpenIDConnectProviderTags",
    "ListOpenIDConnectProviders",
    "ListPolicies",
    "ListPolicyTags",
    "ListPolicyVersions",
    "ListRolePolicies",
    "ListRoleTags",
    "ListRoles",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "TagOpenIDConnectProvider",
    "TagPolicy",
    "TagRole",
    "UntagOpenIDConnectProvider",
    "UntagPolicy",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
];

/// State of the service. Roles are keyed by their names in lower case, because IAM's names are unique regardless of case (BC
/// iam.CreateRole). Sessions are not stored: their tokens contain all their data.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(default)]
    roles: PersistentMap<String, Role>,
    /// Managed policies of the account by their names in lower case.
    #[serde(default)]
    policies: PersistentMap<String, managed::Policy>,
    /// Identity providers by their URLs without the scheme.
    #[serde(default)]
    providers: PersistentMap<String, provider::Provider>,
}

stored!(State: roles, policies, providers);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Role {
    name: String,
    id: String,
    path: String,
    arn: String,
    trust: String,
    description: Option<String>,
    max_session: i64,
    tags: BTreeMap<String, String>,
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
    /// Time from which other services know the role (section 2.8: 5 to 15 seconds).
    #[serde(with = "time::serde::rfc3339")]
    known_from: OffsetDateTime,
    #[serde(default)]
    policies: BTreeMap<String, String>,
    attached: BTreeSet<String>,
    /// ARN of the managed policy that is the role's permissions boundary.
    #[serde(default)]
    boundary: Option<String>,
    /// Signing secret for the tokens of its sessions.
    secret: String,
}

stored!(Role);

pub(crate) fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let account = world.account.clone();
    let iam = &mut world.iam;
    let input = Input(&call.input);
    match call.operation {
        "CreateRole" => role::create(iam, &account, input, context),
        "GetRole" => role::get(iam, input),
        "ListRoles" => role::list(iam, input),
        "UpdateRole" => role::update(iam, input),
        "UpdateAssumeRolePolicy" => role::update_trust(iam, input),
        "DeleteRole" => role::delete(iam, input),
        "TagRole" => role::tag(iam, input),
        "UntagRole" => role::untag(iam, input),
        "ListRoleTags" => role::list_tags(iam, input),
        "ListInstanceProfilesForRole" => role::list_instance_profiles(iam, input),
        "PutRolePolicy" => policy::put(iam, input),
        "GetRolePolicy" => policy::get(iam, input),
        "ListRolePolicies" => policy::list(iam, input),
        "DeleteRolePolicy" => policy::delete(iam, input),
        "AttachRolePolicy" => policy::attach(iam, input),
        "DetachRolePolicy" => policy::detach(iam, input),
        "ListAttachedRolePolicies" => policy::list_attached(iam, input),
        "PutRolePermissionsBoundary" => role::put_boundary(iam, input),
        "DeleteRolePermissionsBoundary" => role::delete_boundary(iam, input),
        "CreatePolicy" => managed::create(iam, &account, input, context),
        "GetPolicy" => managed::get(iam, input),
        "ListPolicies" => managed::list(iam, input),
        "DeletePolicy" => managed::delete(iam, input),
        "CreatePolicyVersion" => managed::create_version(iam, input, context),
        "GetPolicyVersion" => managed::get_version(iam, input),
        "ListPolicyVersions" => managed::list_versions(iam, input),
        "DeletePolicyVersion" => managed::delete_version(iam, input),
        "TagPolicy" => managed::tag(iam, input),
        "UntagPolicy" => managed::untag(iam, input),
        "ListPolicyTags" => managed::list_tags(iam, input),
        "ListEntitiesForPolicy" => managed::list_entities(iam, input),
        "CreateOpenIDConnectProvider" => provider::create(iam, &account, input, context),
        "GetOpenIDConnectProvider" => provider::get(iam, input),
        "ListOpenIDConnectProviders" => Ok(provider::list(iam)),
        "AddClientIDToOpenIDConnectProvider" => provider::add_audience(iam, input),
        "DeleteOpenIDConnectProvider" => Ok(provider::delete(iam, input)),
        "TagOpenIDConnectProvider" => provider::tag(iam, input),
        "UntagOpenIDConnectProvider" => provider::untag(iam, input),
        "ListOpenIDConnectProviderTags" => provider::list_tags(iam, input),
        other => Err(AwsError::new(501, "NotImplemented", other)),
    }
}

/// Returns an error for an invalid identity policy.
pub(crate) fn check_policy(text: &str) -> Result<(), AwsError> {
    document::check(text, document::Kind::Identity)
}

impl State {
    fn role(&self, name: &str) -> Result<&Role, AwsError> {
        self.roles.get(&name.to_lowercase()).ok_or_else(|| no_role(name))
    }

    /// Returns the tags of the role with this name, if it exists.
    fn tags_of(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.role(name).ok().map(|role| &role.tags)
    }

    /// Returns the tags of the policy or the identity provider with this ARN, if it exists.
    fn tags_at(&self, arn: &str) -> Option<&BTreeMap<String, String>> {
        let policy = self.policy(arn).ok().map(|policy| &policy.tags);
        policy.or_else(|| self.provider(arn).ok().map(|provider| &provider.tags))
    }

    fn role_mut(&mut self, name: &str) -> Result<&mut Role, AwsError> {
        self.roles.get_mut(&name.to_lowercase()).ok_or_else(|| no_role(name))
    }
}

fn no_role(name: &str) -> AwsError {
    AwsError::new(404, "NoSuchEntity", format!("The role with name {name} cannot be found."))
}

/// Parameters of a query protocol request.
#[derive(Clone, Copy)]
struct Input<'a>(&'a Value);

impl<'a> Input<'a> {
    fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Returns a required string that the model has already validated.
    fn given(self, name: &str) -> &'a str {
        self.text(name).unwrap_or_default()
    }

    /// Returns an optional integer that the model has already validated.
    fn number(self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// Returns one field of the entries of `Name.member.1.Field`, in order.
    fn list(self, name: &str, field: &str) -> Vec<Option<&'a str>> {
        let suffix = if field.is_empty() { String::new() } else { format!(".{field}") };
        let holds = |n: usize| {
            let prefix = format!("{name}.member.{n}");
            self.0.as_object().is_some_and(|all| {
                all.keys().any(|key| key.strip_prefix(&prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
            })
        };
        (1..).take_while(|n| holds(*n)).map(|n| self.text(&format!("{name}.member.{n}{suffix}"))).collect()
    }

    /// Returns one page of `all` in IAM's format: `Marker`, `MaxItems` and `IsTruncated`. Pages have at most 50 entries, which
    /// IAM reserves for itself too ("might return fewer than the MaxItems", BC iam.ListRoles).
    fn page(self, all: impl Iterator<Item = (String, String)>, list: &str) -> Result<Response, AwsError> {
        self.page_xml(all, list).map(Response::query)
    }

    /// Returns one page as the content of a response.
    fn page_xml(self, all: impl Iterator<Item = (String, String)>, list: &str) -> Result<String, AwsError> {
        let size = self.number("MaxItems").unwrap_or(50).min(50);
        let invalid = || AwsError::new(400, "ValidationError", "Invalid Marker.");
        let size = usize::try_from(size).map_err(|_| invalid())?;
        let (taken, next) = crate::page::page(all, self.text("Marker"), size).ok_or_else(invalid)?;
        let mut inner = format!("<{list}>");
        for entry in &taken {
            inner.push_str(&format!("<member>{entry}</member>"));
        }
        inner.push_str(&format!("</{list}><IsTruncated>{}</IsTruncated>", next.is_some()));
        if let Some(next) = next {
            inner.push_str(&element("Marker", &next));
        }
        Ok(inner)
    }
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", xml_escape(text))
}

/// Returns a document as IAM's responses encode it: percent-encoded according to RFC 3986 (BC iam.Role).
fn encoded(document: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(document, KEPT).to_string()
}
