//! Managed policies: those of the account with their versions, and the few AWS managed policies that Lambda functions use.
//!
//! Error texts are those that terraform-provider-aws and moto match on; others are unverified.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::document::{self, Kind};
use super::policy::size;
use super::{Input, State, element, encoded, role};
use crate::error::AwsError;
use crate::request::RequestContext;
use crate::response::Response;
use crate::stored::stored;

/// IAM and STS quotas page: maximum characters of a managed policy, versions of one, policies of an account.
const SIZE: usize = 6_144;
const VERSIONS: usize = 5;
const POLICIES: usize = 1_500;

/// Supported AWS managed policies: ARN and document (AWS managed policy reference guide).
const OF_AWS: &[(&str, &str)] = &[(
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#,
)];

/// A managed policy of the account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Policy {
    name: String,
    id: String,
    path: String,
    arn: String,
    description: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated: OffsetDateTime,
    /// Number of the default version.
    default: u32,
    /// Highest version number ever created; numbers are not reused.
    newest: u32,
    versions: BTreeMap<u32, Version>,
    pub(super) tags: BTreeMap<String, String>,
}

stored!(Policy);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version {
    document: String,
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
}

impl State {
    /// Returns the default version's document of a managed policy, of the account or of AWS.
    pub(super) fn managed(&self, arn: &str) -> Option<&str> {
        let own = || {
            let policy = self.policy(arn).ok()?;
            policy.versions.get(&policy.default).map(|version| version.document.as_str())
        };
        OF_AWS.iter().find(|(known, _)| *known == arn).map(|(_, text)| *text).or_else(own)
    }

    /// Returns the number of roles that have the policy attached, and of those that have it as their boundary.
    fn uses(&self, arn: &str) -> (usize, usize) {
        let attached = self.roles.values().filter(|role| role.attached.contains(arn)).count();
        let bounds = self.roles.values().filter(|role| role.boundary.as_deref() == Some(arn)).count();
        (attached, bounds)
    }

    pub(super) fn policy(&self, arn: &str) -> Result<&Policy, AwsError> {
        self.policies.values().find(|policy| policy.arn == arn).ok_or_else(|| no_policy(arn))
    }

    fn policy_mut(&mut self, arn: &str) -> Result<&mut Policy, AwsError> {
        let key = self.policy(arn)?.name.to_lowercase();
        self.policies.get_mut(&key).ok_or_else(|| no_policy(arn))
    }
}

fn no_policy(arn: &str) -> AwsError {
    AwsError::new(404, "NoSuchEntity", format!("Policy {arn} was not found."))
}

pub(super) fn create(iam: &mut State, account: &str, input: Input<'_>, context: &RequestContext) -> Result<Response, AwsError> {
    let name = input.given("PolicyName");
    let document = checked(input)?;
    let path = input.text("Path").unwrap_or("/").to_owned();
    let tags = role::tags(input)?;
    if iam.policies.contains_key(&name.to_lowercase()) {
        return Err(AwsError::new(
            409,
            "EntityAlreadyExists",
            format!("A policy called {name} already exists. Duplicate names are not allowed."),
        ));
    }
    if iam.policies.len() >= POLICIES {
        return Err(AwsError::new(409, "LimitExceeded", format!("Cannot exceed quota for PoliciesPerAccount: {POLICIES}")));
    }
    let now = context.now;
    let policy = Policy {
        name: name.to_owned(),
        id: format!("ANPA{}", context.id(17).to_uppercase()),
        arn: format!("arn:aws:iam::{account}:policy{path}{name}"),
        path,
        description: input.text("Description").map(str::to_owned).filter(|text| !text.is_empty()),
        created: now,
        updated: now,
        default: 1,
        newest: 1,
        versions: BTreeMap::from([(1, Version { document: document.to_owned(), created: now })]),
        tags,
    };
    // The description is part of GetPolicy only (BC iam.Policy).
    let reply = Response::query(format!("<Policy>{}{}</Policy>", described(&policy, (0, 0)), tags_xml(&policy.tags)));
    iam.policies.insert(name.to_lowercase(), policy);
    Ok(reply)
}

fn checked(input: Input<'_>) -> Result<&str, AwsError> {
    let text = input.given("PolicyDocument");
    document::check(text, Kind::Identity)?;
    match size(text) > SIZE {
        true => Err(AwsError::new(409, "LimitExceeded", format!("Cannot exceed quota for PolicySize: {SIZE}"))),
        false => Ok(text),
    }
}

pub(super) fn get(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let policy = iam.policy(input.given("PolicyArn"))?;
    let description = policy.description.as_ref().map(|text| element("Description", text)).unwrap_or_default();
    let inner = described(policy, iam.uses(&policy.arn)) + &description + &tags_xml(&policy.tags);
    Ok(Response::query(format!("<Policy>{inner}</Policy>")))
}

pub(super) fn delete(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let policy = iam.policy(input.given("PolicyArn"))?;
    let conflict = |message: &str| Err(AwsError::new(409, "DeleteConflict", message));
    if iam.uses(&policy.arn) != (0, 0) {
        return conflict("Cannot delete a policy attached to entities.");
    }
    if policy.versions.len() > 1 {
        return conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        );
    }
    let key = policy.name.to_lowercase();
    iam.policies.remove(&key);
    Ok(role::empty())
}

pub(super) fn create_version(iam: &mut State, input: Input<'_>, context: &RequestContext) -> Result<Response, AwsError> {
    let policy = iam.policy_mut(input.given("PolicyArn"))?;
    let document = checked(input)?;
    if policy.versions.len() >= VERSIONS {
        return Err(AwsError::new(
            409,
            "LimitExceeded",
            format!(
                "A managed policy can have up to {VERSIONS} versions. Before you create a new version, you must delete an existing version."
            ),
        ));
    }
    policy.newest += 1;
    let version = Version { document: document.to_owned(), created: context.now };
    policy.versions.insert(policy.newest, version);
    policy.updated = context.now;
    if input.text("SetAsDefault").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        policy.default = policy.newest;
    }
    Ok(Response::query(format!("<PolicyVersion>{}</PolicyVersion>", version_xml(policy, policy.newest, false))))
}

pub(super) fn get_version(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let policy = iam.policy(input.given("PolicyArn"))?;
    let number = version_number(policy, input)?;
    Ok(Response::query(format!("<PolicyVersion>{}</PolicyVersion>", version_xml(policy, number, true))))
}

pub(super) fn list_versions(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let policy = iam.policy(input.given("PolicyArn"))?;
    let newest_first = policy.versions.keys().rev();
    // Page keys ascend while version numbers descend.
    let entries = newest_first.map(|number| (format!("{:010}", u32::MAX - number), version_xml(policy, *number, false)));
    input.page(entries, "Versions")
}

pub(super) fn delete_version(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let policy = iam.policy_mut(input.given("PolicyArn"))?;
    let number = version_number(policy, input)?;
    if number == policy.default {
        return Err(AwsError::new(409, "DeleteConflict", "Cannot delete the default version of a policy."));
    }
    policy.versions.remove(&number);
    Ok(role::empty())
}

fn version_number(policy: &Policy, input: Input<'_>) -> Result<u32, AwsError> {
    let name = input.given("VersionId");
    let number = name.strip_prefix('v').and_then(|number| number.parse().ok());
    number.filter(|number| policy.versions.contains_key(number)).ok_or_else(|| {
        AwsError::new(404, "NoSuchEntity", format!("Policy {} version {name} does not exist or is not attachable.", policy.arn))
    })
}

pub(super) fn tag(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let added = role::tags(input)?;
    let policy = iam.policy_mut(input.given("PolicyArn"))?;
    role::add_tags(&mut policy.tags, added)
}

pub(super) fn untag(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let policy = iam.policy_mut(input.given("PolicyArn"))?;
    role::remove_tags(&mut policy.tags, input)
}

pub(super) fn list_tags(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let policy = iam.policy(input.given("PolicyArn"))?;
    input.page(role::tag_entries(&policy.tags), "Tags")
}

/// Lists the roles that have the policy attached or as their boundary; users and groups are not emulated.
pub(super) fn list_entities(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let arn = input.given("PolicyArn");
    if iam.managed(arn).is_none() {
        return Err(no_policy(arn));
    }
    let (filter, usage) = (input.text("EntityFilter"), input.text("PolicyUsageFilter"));
    let prefix = input.text("PathPrefix").unwrap_or("/");
    let roles = iam.roles.iter().filter(|(_, role)| {
        let attached = role.attached.contains(arn) && usage != Some("PermissionsBoundary");
        let bounds = role.boundary.as_deref() == Some(arn) && usage != Some("PermissionsPolicy");
        (attached || bounds) && role.path.starts_with(prefix) && filter.is_none_or(|filter| filter == "Role")
    });
    let entries = roles.map(|(key, role)| (key.clone(), element("RoleName", &role.name) + &element("RoleId", &role.id)));
    let page = input.page_xml(entries, "PolicyRoles")?;
    Ok(Response::query(page + "<PolicyGroups></PolicyGroups><PolicyUsers></PolicyUsers>"))
}

/// Lists the policies of the account, without AWS managed policies.
pub(super) fn list(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let prefix = input.text("PathPrefix").unwrap_or("/");
    let attached_only = input.text("OnlyAttached").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let usage = input.text("PolicyUsageFilter");
    let of_account = input.text("Scope") != Some("AWS");
    let policies = iam.policies.iter().filter(|(_, policy)| {
        let (attached, bounds) = iam.uses(&policy.arn);
        let used = match usage {
            Some("PermissionsBoundary") => bounds > 0,
            Some(_) => attached > 0 || !attached_only,
            None => attached + bounds > 0 || !attached_only,
        };
        of_account && used && policy.path.starts_with(prefix)
    });
    // The list has neither descriptions nor tags (BC iam.ListPolicies).
    input.page(policies.map(|(key, policy)| (key.clone(), described(policy, iam.uses(&policy.arn)))), "Policies")
}

fn moment(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default()
}

fn described(policy: &Policy, (attached, bounds): (usize, usize)) -> String {
    element("PolicyName", &policy.name)
        + &element("PolicyId", &policy.id)
        + &element("Arn", &policy.arn)
        + &element("Path", &policy.path)
        + &element("DefaultVersionId", &format!("v{}", policy.default))
        + &element("AttachmentCount", &attached.to_string())
        + &element("PermissionsBoundaryUsageCount", &bounds.to_string())
        + &element("IsAttachable", "true")
        + &element("CreateDate", &moment(policy.created))
        + &element("UpdateDate", &moment(policy.updated))
}

fn tags_xml(tags: &BTreeMap<String, String>) -> String {
    let tags: String = role::tag_entries(tags).map(|(_, tag)| format!("<member>{tag}</member>")).collect();
    if tags.is_empty() { tags } else { format!("<Tags>{tags}</Tags>") }
}

/// Returns a version as XML; lists have no documents (BC iam.ListPolicyVersions).
fn version_xml(policy: &Policy, number: u32, whole: bool) -> String {
    let version = &policy.versions[&number];
    let document = if whole { element("Document", &encoded(&version.document)) } else { String::new() };
    document
        + &element("VersionId", &format!("v{number}"))
        + &element("IsDefaultVersion", &(number == policy.default).to_string())
        + &element("CreateDate", &moment(version.created))
}
