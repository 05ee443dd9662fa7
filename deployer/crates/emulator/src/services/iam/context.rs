//! Condition keys of a request and their values (IAM reference, "AWS global condition context keys"; service authorization
//! reference for those of services).

use std::collections::BTreeMap;

use time::format_description::well_known::Rfc3339;

use super::State;
use super::key::Key;
use super::pattern::matches;
use crate::kernel::others::OtherServices;
use crate::kernel::permission::{RequiredAction, open};
use crate::request::{Principal, Request, RequestContext};
use crate::service_authorization as reference;

/// Role and session under which the account's own requests are authorized.
pub(crate) const TEST_ROLE_SESSION: (&str, &str) = ("deploy", "deployer");

/// A request to be authorized.
pub(crate) struct AuthorizationRequest<'a> {
    /// Roles and policies of the account.
    pub(crate) iam: &'a State,
    /// Account, Region and time of the request.
    pub(crate) context: &'a RequestContext,
    /// The caller.
    pub(crate) principal: &'a Principal,
    /// The request; `None` when a running function writes its log.
    pub(crate) call: Option<&'a Request>,
    /// Policy by which the account's own requests are authorized, if there is one.
    pub(crate) policy: Option<&'a str>,
    /// The services, for the tags of resources and requests.
    pub(crate) others: &'a dyn OtherServices,
}

impl AuthorizationRequest<'_> {
    /// Returns role and session of the caller.
    pub(super) fn session(&self) -> (&str, &str) {
        match self.principal {
            Principal::Role { role, session } => (role, session),
            Principal::Account | Principal::TestRole => TEST_ROLE_SESSION,
        }
    }

    /// Returns the known value of a condition key for `need`. Names of keys are case-insensitive.
    pub(super) fn key(&self, need: &RequiredAction, name: &str) -> Key {
        let name = name.to_ascii_lowercase();
        if let Some(tag) = name.strip_prefix("aws:principaltag/") {
            return match self.principal {
                // The tags of a role apply to its sessions, which have no tags of their own here.
                Principal::Role { role, .. } => tag_of(self.iam.tags_of(role), tag),
                Principal::Account | Principal::TestRole => Key::Unknown,
            };
        }
        self.of_caller(&name).or_else(|| self.of_moment(&name)).unwrap_or_else(|| match name.split_once('/') {
            Some(("aws:resourcetag" | "iam:resourcetag", tag)) => self.resource_tag(need, &name, tag),
            Some(("aws:requesttag", tag)) => self.request_tag(need, &name, |tags| tag_of(Some(tags), tag)),
            _ if name == "aws:tagkeys" => self.request_tag(need, &name, |tags| match tags.is_empty() {
                true => Key::Absent,
                false => Key::Values(tags.keys().cloned().collect()),
            }),
            _ => self.of_action(need, &name),
        })
    }

    /// Returns the keys that describe the caller.
    fn of_caller(&self, name: &str) -> Option<Key> {
        let (role, session) = self.session();
        let account = &self.context.account;
        let known = self.iam.role(role).ok().filter(|_| matches!(self.principal, Principal::Role { .. }));
        Some(match name {
            "aws:principalaccount" | "aws:resourceaccount" | "s3:resourceaccount" => Key::one(account),
            // For a session, the ARN of its role.
            "aws:principalarn" => {
                Key::one(known.map_or_else(|| format!("arn:aws:iam::{account}:role/{role}"), |role| role.arn.clone()))
            }
            "aws:principaltype" => Key::one("AssumedRole"),
            "aws:userid" => Key::one(format!("{}:{session}", known.map_or("AROAJUDGED", |role| role.id.as_str()))),
            "aws:principalisawsservice" => Key::one("false"),
            // Sessions come from roles assumed without MFA.
            "aws:multifactorauthpresent" => Key::one("false"),
            "aws:username"
            | "aws:multifactorauthage"
            | "aws:federatedprovider"
            | "aws:sourceidentity"
            | "aws:assumedroot"
            | "aws:principalservicename"
            | "aws:principalservicenameslist" => Key::Absent,
            _ => return None,
        })
    }

    /// Returns the keys that describe the time and transport of the request.
    fn of_moment(&self, name: &str) -> Option<Key> {
        let header = |name: &str| self.call.and_then(|call| call.headers.get(name)?.to_str().ok()).map(str::to_owned);
        Some(match name {
            "aws:currenttime" => self.context.now.format(&Rfc3339).map_or(Key::Unknown, Key::one),
            "aws:epochtime" => Key::one(self.context.now.unix_timestamp().to_string()),
            // The loopback listener represents AWS's endpoints, which use TLS.
            "aws:securetransport" => Key::one("true"),
            "aws:sourceip" => match self.call.and_then(|call| call.source) {
                Some(address) => Key::one(address.to_string()),
                None => Key::Unknown,
            },
            "aws:useragent" => Key::optional(header("user-agent")),
            "aws:referer" => Key::optional(header("referer")),
            // No request comes through a VPC endpoint.
            "aws:sourcevpc"
            | "aws:sourcevpcarn"
            | "aws:sourcevpce"
            | "aws:vpcsourceip"
            | "aws:vpceaccount"
            | "aws:vpceorgid"
            | "aws:vpceorgpaths"
            | "aws:ec2instancesourcevpc"
            | "aws:ec2instancesourceprivateipv4" => Key::Absent,
            _ => return None,
        })
    }

    /// Returns a tag of the target resource, if its type supports tags.
    fn resource_tag(&self, need: &RequiredAction, name: &str, tag: &str) -> Key {
        if !lists(need, name) || need.resource.contains('*') {
            return Key::Absent;
        }
        if let Some(role) = need.resource.split_once(":role/").map(|(_, path)| path.rsplit('/').next().unwrap_or(path)) {
            return tag_of(self.iam.tags_of(role), tag);
        }
        if need.action.starts_with("iam:") {
            return tag_of(self.iam.tags_at(&need.resource), tag);
        }
        match self.others.tags_of(&need.resource) {
            Some(tags) => tag_of(Some(&tags), tag),
            None => Key::Unknown,
        }
    }

    /// Returns a request tag key, if the action accepts tags.
    fn request_tag(&self, need: &RequiredAction, name: &str, of: impl Fn(&BTreeMap<String, String>) -> Key) -> Key {
        match self.call.filter(|_| lists(need, name)) {
            None => Key::Absent,
            Some(_) if need.dependent => Key::Unknown,
            Some(call) => self.others.request_tags(call).as_ref().map_or(Key::Unknown, of),
        }
    }

    /// Returns service-specific keys, and the global keys that depend on the action.
    fn of_action(&self, need: &RequiredAction, name: &str) -> Key {
        let input = |member: &str| self.call.and_then(|call| call.input.get(member)?.as_str()).map(str::to_owned);
        let known = match (need.action.as_str(), name) {
            // For global services, the Region they are in (IAM reference, "aws:RequestedRegion").
            (action, "aws:requestedregion") if action.starts_with("iam:") => Key::one("us-east-1"),
            (_, "aws:requestedregion") => Key::one(&self.context.region),
            (_, "aws:viaawsservice") => Key::one(need.dependent.to_string()),
            // Of the supported services, roles are passed to Lambda only.
            ("iam:PassRole", "iam:passedtoservice") => Key::one("lambda.amazonaws.com"),
            ("iam:CreateServiceLinkedRole", "iam:awsservicename") => {
                let service = need.resource.split("/aws-service-role/").nth(1).and_then(|rest| rest.split('/').next());
                Key::optional(service)
            }
            _ if need.dependent => Key::Unknown,
            ("iam:CreateRole" | "iam:PutRolePermissionsBoundary", "iam:permissionsboundary") => {
                Key::optional(input("PermissionsBoundary"))
            }
            // For other changes of a role, its current boundary.
            (_, "iam:permissionsboundary") => {
                let name = need.resource.rsplit('/').next().unwrap_or_default();
                Key::optional(self.iam.role(name).ok().and_then(|role| role.boundary.as_deref()))
            }
            (_, "iam:policyarn") => Key::optional(input("PolicyArn")),
            ("lambda:AddPermission", "lambda:principal") => Key::optional(input("Principal")),
            ("lambda:AddPermission", "lambda:functionurlauthtype") => Key::optional(input("FunctionUrlAuthType")),
            ("sts:AssumeRole", "sts:externalid") => Key::optional(input("ExternalId")),
            ("sts:AssumeRole", "sts:rolesessionname") => Key::optional(input("RoleSessionName")),
            // The bare id (administrator guide, "Resource-level policy examples").
            (action, "connect:instanceid") if action.starts_with("connect:") => {
                let id = need.resource.split_once(":instance/").and_then(|(_, rest)| rest.split('/').next());
                id.filter(|id| *id != "*").map_or(Key::Unknown, Key::one)
            }
            (_, "connect:attributetype") => self.call.map_or(Key::Unknown, |call| Key::one(call.path("AttributeType"))),
            (_, "connect:storageresourcetype") => Key::optional(input("ResourceType").or_else(|| self.query("resourceType"))),
            (_, "s3:prefix" | "s3:delimiter" | "s3:max-keys" | "s3:versionid") => Key::optional(self.query(match name {
                "s3:versionid" => "versionId",
                name => &name[3..],
            })),
            (action, name) if action.starts_with("s3:") && name.starts_with("s3:x-amz-") => {
                let value = self.call.and_then(|call| call.headers.get(&name[3..])?.to_str().ok());
                Key::optional(value)
            }
            _ => Key::Unknown,
        };
        // A service key that the reference does not list for the action is never in its requests.
        if !name.starts_with("aws:") && reference::action(&need.action).is_some() && !lists(need, name) {
            Key::Absent
        } else {
            known
        }
    }

    fn query(&self, name: &str) -> Option<String> {
        self.call.and_then(|call| call.query(name)).map(str::to_owned)
    }
}

/// Returns a tag with case-insensitive key, as condition keys are case-insensitive.
fn tag_of(tags: Option<&BTreeMap<String, String>>, key: &str) -> Key {
    Key::optional(tags.and_then(|tags| tags.iter().find(|(name, _)| name.to_lowercase() == key)).map(|(_, value)| value.clone()))
}

/// Whether the reference lists a key for an action, or for the type of resource that it is authorized on. `name` is in lower
/// case.
fn lists(need: &RequiredAction, name: &str) -> bool {
    let Some(row) = reference::action(&need.action) else { return true };
    let service = need.action.split(':').next().unwrap_or_default();
    let kinds = row.resource_types().filter_map(|kind| reference::resource_type(service, kind));
    let kinds = kinds.filter(|kind| kind.arns.iter().any(|arn| matches(&open(arn), &need.resource)));
    let keys = row.keys.iter().chain(kinds.flat_map(|kind| &kind.keys));
    keys.map(|key| open(&key.to_ascii_lowercase())).any(|key| matches(&key, name))
}
