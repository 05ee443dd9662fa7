//! IAM: roles, policies, identity providers, and the principals of requests.

mod authorize;
mod condition;
mod context;
mod document;
mod key;
mod managed;
mod pattern;
mod policy;
mod policy_evaluation;
mod provider;
mod required_actions;
mod role;
mod session;
pub(crate) mod sts;
mod web_identity;

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read, write};
use crate::kernel::others::{OtherServices, Tags};
use crate::kernel::permission::RequiredAction;
use crate::kernel::service::{AwsService, Protocol, ServiceInfo};
use crate::model::Model;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, Service};
use crate::response::{Response, xml_escape};
use crate::stored::stored;

pub(crate) use authorize::{authorize, is_allowed};
pub(crate) use context::{AuthorizationRequest, TEST_ROLE_SESSION};
#[cfg(test)]
pub(crate) use pattern::matches;
pub(crate) use session::Assumable;
pub use session::Credentials;
pub(crate) use session::account_of;
pub(crate) use web_identity::Claims;

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

impl State {
    /// Returns the names of all roles.
    pub(crate) fn role_names(&self) -> impl Iterator<Item = &str> {
        self.roles.values().map(|role| role.name.as_str())
    }
}

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

/// Operations of this service.
#[rustfmt::skip]
const OPERATIONS: &[Operation<State>] = &[
    write("CreateRole", |iam, call| role::create(iam, &call.context.account, Input(&call.input), &call.context)),
    read("GetRole", |iam, call| role::get(iam, Input(&call.input))),
    read("ListRoles", |iam, call| role::list(iam, Input(&call.input))),
    write("UpdateRole", |iam, call| role::update(iam, Input(&call.input))),
    write("UpdateRoleDescription", |iam, call| role::update_description(iam, Input(&call.input))),
    write("UpdateAssumeRolePolicy", |iam, call| role::update_trust(iam, Input(&call.input))),
    write("DeleteRole", |iam, call| role::delete(iam, Input(&call.input))),
    write("TagRole", |iam, call| role::tag(iam, Input(&call.input))),
    write("UntagRole", |iam, call| role::untag(iam, Input(&call.input))),
    read("ListRoleTags", |iam, call| role::list_tags(iam, Input(&call.input))),
    read("ListInstanceProfilesForRole", |iam, call| role::list_instance_profiles(iam, Input(&call.input))),
    write("PutRolePolicy", |iam, call| policy::put(iam, Input(&call.input))),
    read("GetRolePolicy", |iam, call| policy::get(iam, Input(&call.input))),
    read("ListRolePolicies", |iam, call| policy::list(iam, Input(&call.input))),
    write("DeleteRolePolicy", |iam, call| policy::delete(iam, Input(&call.input))),
    write("AttachRolePolicy", |iam, call| policy::attach(iam, Input(&call.input))),
    write("DetachRolePolicy", |iam, call| policy::detach(iam, Input(&call.input))),
    read("ListAttachedRolePolicies", |iam, call| policy::list_attached(iam, Input(&call.input))),
    write("PutRolePermissionsBoundary", |iam, call| role::put_boundary(iam, Input(&call.input))),
    write("DeleteRolePermissionsBoundary", |iam, call| role::delete_boundary(iam, Input(&call.input))),
    write("CreatePolicy", |iam, call| managed::create(iam, &call.context.account, Input(&call.input), &call.context)),
    read("GetPolicy", |iam, call| managed::get(iam, Input(&call.input))),
    read("ListPolicies", |iam, call| managed::list(iam, Input(&call.input))),
    write("DeletePolicy", |iam, call| managed::delete(iam, Input(&call.input))),
    write("CreatePolicyVersion", |iam, call| managed::create_version(iam, Input(&call.input), &call.context)),
    read("GetPolicyVersion", |iam, call| managed::get_version(iam, Input(&call.input))),
    read("ListPolicyVersions", |iam, call| managed::list_versions(iam, Input(&call.input))),
    write("DeletePolicyVersion", |iam, call| managed::delete_version(iam, Input(&call.input))),
    write("TagPolicy", |iam, call| managed::tag(iam, Input(&call.input))),
    write("UntagPolicy", |iam, call| managed::untag(iam, Input(&call.input))),
    read("ListPolicyTags", |iam, call| managed::list_tags(iam, Input(&call.input))),
    read("ListEntitiesForPolicy", |iam, call| managed::list_entities(iam, Input(&call.input))),
    write("CreateOpenIDConnectProvider", |iam, call| {
        provider::create(iam, &call.context.account, Input(&call.input), &call.context)
    }),
    read("GetOpenIDConnectProvider", |iam, call| provider::get(iam, Input(&call.input))),
    read("ListOpenIDConnectProviders", |iam, _| Ok(provider::list(iam))),
    write("AddClientIDToOpenIDConnectProvider", |iam, call| provider::add_audience(iam, Input(&call.input))),
    write("UpdateOpenIDConnectProviderThumbprint", |iam, call| provider::update_thumbprints(iam, Input(&call.input))),
    write("RemoveClientIDFromOpenIDConnectProvider", |iam, call| provider::remove_audience(iam, Input(&call.input))),
    write("DeleteOpenIDConnectProvider", |iam, call| Ok(provider::delete(iam, Input(&call.input)))),
    write("TagOpenIDConnectProvider", |iam, call| provider::tag(iam, Input(&call.input))),
    write("UntagOpenIDConnectProvider", |iam, call| provider::untag(iam, Input(&call.input))),
    read("ListOpenIDConnectProviderTags", |iam, call| provider::list_tags(iam, Input(&call.input))),
];

/// IAM.
pub(crate) struct Iam;

impl AwsService for Iam {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static MODEL: Model = Model::new("iam", include_str!("../../../model/iam.json"));
        static INFO: ServiceInfo = ServiceInfo {
            id: Service::Iam,
            protocol: Protocol::Query("https://iam.amazonaws.com/doc/2010-05-08/"),
            model: Some(&MODEL),
            validation_code: |_| "ValidationError",
            denied: (403, "AccessDenied"),
            throttled: || AwsError::new(400, "Throttling", "Rate exceeded"),
            // Unpublished; a rate at which others have been throttled (unverified).
            shared_rate: Some(per_second(10, 20)),
            default_rate: None,
            is_global: true,
        };
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[OPERATIONS]
    }

    fn request_tags(request: &Request) -> Option<Tags> {
        Some(numbered_tags(&request.input))
    }

    fn required_actions(state: &State, request: &Request, _: &dyn OtherServices) -> Vec<RequiredAction> {
        required_actions::required_actions(state, request)
    }
}

/// Returns tags from the numbered parameters of the query protocol.
fn numbered_tags(input: &Value) -> Tags {
    let text = |name: String| input.get(name).and_then(Value::as_str).map(str::to_owned);
    let tags = (1..).map_while(|n| {
        let key = text(format!("Tags.member.{n}.Key"))?;
        Some((key, text(format!("Tags.member.{n}.Value")).unwrap_or_default()))
    });
    let keys = (1..).map_while(|n| Some((text(format!("TagKeys.member.{n}"))?, String::new())));
    tags.chain(keys).collect()
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
