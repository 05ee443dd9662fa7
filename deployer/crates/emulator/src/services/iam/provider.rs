//! OpenID Connect identity providers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Input, State, element, role};
use crate::error::AwsError;
use crate::request::RequestContext;
use crate::response::Response;
use crate::stored::stored;

/// IAM and STS quotas page: maximum providers of an account; audiences of one (BC iam.CreateOpenIDConnectProvider).
const PROVIDERS: usize = 100;
const AUDIENCES: usize = 100;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Provider {
    arn: String,
    /// The URL without its scheme, as IAM returns it.
    pub(super) url: String,
    pub(super) audiences: BTreeSet<String>,
    /// Thumbprints as given: the emulator has no network access to determine the one that AWS would add.
    thumbprints: Vec<String>,
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
    pub(super) tags: BTreeMap<String, String>,
}

stored!(Provider);

impl State {
    pub(super) fn provider(&self, arn: &str) -> Result<&Provider, AwsError> {
        key(arn).and_then(|key| self.providers.get(key)).ok_or_else(|| no_provider(arn))
    }

    fn provider_mut(&mut self, arn: &str) -> Result<&mut Provider, AwsError> {
        key(arn).and_then(|key| self.providers.get_mut(key)).ok_or_else(|| no_provider(arn))
    }
}

/// Returns the key of a provider in the state: its URL without the scheme, with which its ARN ends.
fn key(arn: &str) -> Option<&str> {
    arn.split_once(":oidc-provider/").map(|(_, url)| url)
}

fn no_provider(arn: &str) -> AwsError {
    AwsError::new(404, "NoSuchEntity", format!("OpenIDConnect Provider not found for arn {arn}"))
}

pub(super) fn create(iam: &mut State, account: &str, input: Input<'_>, context: &RequestContext) -> Result<Response, AwsError> {
    let given = input.given("Url");
    // BC iam.CreateOpenIDConnectProvider: the URL begins with https:// and has no query.
    let url = given.strip_prefix("https://").filter(|url| !url.is_empty() && !url.contains(['?', '#', ' ']));
    let url = url.ok_or_else(|| AwsError::new(400, "ValidationError", "Invalid Open ID Connect Provider URL"))?;
    let url = url.trim_end_matches('/');
    let audiences: BTreeSet<String> = input.list("ClientIDList", "").into_iter().flatten().map(str::to_owned).collect();
    let thumbprints = thumbprints(input);
    let tags = role::tags(input)?;
    check_thumbprints(&thumbprints)?;
    check_audiences(audiences.len())?;
    if iam.providers.contains_key(url) {
        return Err(AwsError::new(409, "EntityAlreadyExists", format!("Provider with url {given} already exists.")));
    }
    if iam.providers.len() >= PROVIDERS {
        let message = format!("Cannot exceed quota for OpenIdConnectProvidersPerAccount: {PROVIDERS}");
        return Err(AwsError::new(409, "LimitExceeded", message));
    }
    let arn = format!("arn:aws:iam::{account}:oidc-provider/{url}");
    let provider = Provider { arn: arn.clone(), url: url.to_owned(), audiences, thumbprints, created: context.now, tags };
    let reply = element("OpenIDConnectProviderArn", &arn) + &tags_xml(&provider.tags);
    iam.providers.insert(url.to_owned(), provider);
    Ok(Response::query(reply))
}

fn thumbprints(input: Input<'_>) -> Vec<String> {
    input.list("ThumbprintList", "").into_iter().flatten().map(str::to_owned).collect()
}

fn check_thumbprints(thumbprints: &[String]) -> Result<(), AwsError> {
    match thumbprints.len() > 5 {
        true => Err(AwsError::new(400, "InvalidInput", "Thumbprint list must contain fewer than 5 entries.")),
        false => Ok(()),
    }
}

/// Replaces all thumbprints (BC iam.UpdateOpenIDConnectProviderThumbprint).
pub(super) fn update_thumbprints(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let provider = iam.provider_mut(input.given("OpenIDConnectProviderArn"))?;
    let thumbprints = thumbprints(input);
    check_thumbprints(&thumbprints)?;
    provider.thumbprints = thumbprints;
    Ok(role::empty())
}

/// Removes an audience; succeeds if it does not exist (BC iam.RemoveClientIDFromOpenIDConnectProvider).
pub(super) fn remove_audience(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let provider = iam.provider_mut(input.given("OpenIDConnectProviderArn"))?;
    provider.audiences.remove(input.given("ClientID"));
    Ok(role::empty())
}

fn check_audiences(count: usize) -> Result<(), AwsError> {
    match count > AUDIENCES {
        true => Err(AwsError::new(
            409,
            "LimitExceeded",
            format!("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {AUDIENCES}"),
        )),
        false => Ok(()),
    }
}

pub(super) fn get(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let provider = iam.provider(input.given("OpenIDConnectProviderArn"))?;
    let list = |name: &str, values: &mut dyn Iterator<Item = &String>| {
        let members: String = values.map(|value| element("member", value)).collect();
        format!("<{name}>{members}</{name}>")
    };
    let created = provider.created.replace_nanosecond(0).unwrap_or(provider.created).format(&Rfc3339).unwrap_or_default();
    Ok(Response::query(
        element("Url", &provider.url)
            + &list("ClientIDList", &mut provider.audiences.iter())
            + &list("ThumbprintList", &mut provider.thumbprints.iter())
            + &element("CreateDate", &created)
            + &tags_xml(&provider.tags),
    ))
}

/// Lists all providers: this list has no pages (BC iam.ListOpenIDConnectProviders).
pub(super) fn list(iam: &State) -> Response {
    let all: String = iam.providers.values().map(|one| format!("<member>{}</member>", element("Arn", &one.arn))).collect();
    Response::query(format!("<OpenIDConnectProviderList>{all}</OpenIDConnectProviderList>"))
}

/// Adds an audience; succeeds if it already exists (BC iam.AddClientIDToOpenIDConnectProvider).
pub(super) fn add_audience(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let provider = iam.provider_mut(input.given("OpenIDConnectProviderArn"))?;
    let audience = input.given("ClientID").to_owned();
    check_audiences(provider.audiences.len() + usize::from(!provider.audiences.contains(&audience)))?;
    provider.audiences.insert(audience);
    Ok(role::empty())
}

/// Deletes a provider; succeeds if it does not exist (BC iam.DeleteOpenIDConnectProvider).
pub(super) fn delete(iam: &mut State, input: Input<'_>) -> Response {
    if let Some(key) = key(input.given("OpenIDConnectProviderArn")) {
        iam.providers.remove(key);
    }
    role::empty()
}

pub(super) fn tag(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    let added = role::tags(input)?;
    role::add_tags(&mut iam.provider_mut(input.given("OpenIDConnectProviderArn"))?.tags, added)
}

pub(super) fn untag(iam: &mut State, input: Input<'_>) -> Result<Response, AwsError> {
    role::remove_tags(&mut iam.provider_mut(input.given("OpenIDConnectProviderArn"))?.tags, input)
}

pub(super) fn list_tags(iam: &State, input: Input<'_>) -> Result<Response, AwsError> {
    let provider = iam.provider(input.given("OpenIDConnectProviderArn"))?;
    input.page(role::tag_entries(&provider.tags), "Tags")
}

fn tags_xml(tags: &BTreeMap<String, String>) -> String {
    let tags: String = role::tag_entries(tags).map(|(_, tag)| format!("<member>{tag}</member>")).collect();
    if tags.is_empty() { tags } else { format!("<Tags>{tags}</Tags>") }
}
