//! A phone number claimed for an Amazon Connect instance. It is found again by its tags, which are set with the claim.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_connect::types::{
    ClaimedPhoneNumberSummary, ListPhoneNumbersSummary, PhoneNumberCountryCode, PhoneNumberStatus, PhoneNumberType,
    PhoneNumberWorkflowStatus,
};
use deployer_engine::{
    Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner,
};
use deployer_resources::{ConnectPhoneNumberOutputs, ConnectPhoneNumberProperties};
use serde_json::Value;
use uuid::Uuid;

use super::connect_instance::owner_permissions;
use super::{CONNECT_TAGS, required_field, retag_connect};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};
use crate::wait;

type NumberLive = Live<ConnectPhoneNumberProperties, ConnectPhoneNumberOutputs>;

const SEARCH: Operation = Operation::read("connect", "SearchAvailablePhoneNumbers");
const LIST: Operation = Operation::read("connect", "ListPhoneNumbersV2");
pub(super) const DESCRIBE: Operation = Operation::read("connect", "DescribePhoneNumber");
const LIST_TAGS: Operation = Operation::read("connect", "ListTagsForResource");
/// Idempotent by its client token.
const CLAIM: Operation = Operation::idempotent("connect", "ClaimPhoneNumber");
const DESCRIBE_AS: Operation = Operation::idempotent("connect", "UpdatePhoneNumberMetadata");
const RELEASE: Operation = Operation::idempotent("connect", "ReleasePhoneNumber");

/// Terraform's provider waits two minutes (connect/phone_number.go).
const CLAIMED_WITHIN: Duration = Duration::from_secs(10 * 60);
/// Maximum number of candidates that are tried when others claim them between search and claim.
const CANDIDATES: usize = 5;
/// Maximum number of failed claims.
const CLAIMS: u32 = 3;
/// Maximum number of tokens of earlier runs that are skipped.
const TOKENS: u32 = 10;

/// The resource type `connect.phone_number`.
pub struct ConnectPhoneNumber(pub(crate) Arc<Provider>);

fn status(status: Option<&PhoneNumberStatus>) -> Option<&PhoneNumberWorkflowStatus> {
    status.and_then(|status| status.status())
}

fn failed(number: &ClaimedPhoneNumberSummary) -> bool {
    status(number.phone_number_status()) == Some(&PhoneNumberWorkflowStatus::Failed)
}

/// Returns the reason of the failure in Connect's words.
fn failure_reason(number: &ClaimedPhoneNumberSummary) -> &str {
    number.phone_number_status().and_then(|status| status.message()).unwrap_or("Connect gives no reason")
}

/// Checks that a change of the description took effect. The status alone is not enough: it may be that of somebody's failed
/// UpdatePhoneNumber ("the previous ClaimPhoneNumber or UpdatePhoneNumber operation has failed", API reference, PhoneNumberStatus). That it
/// reports a failed UpdatePhoneNumberMetadata is unverified.
fn is_described(number: &ClaimedPhoneNumberSummary, wanted: &str) -> Result<()> {
    if !failed(number) || number.phone_number_description().unwrap_or_default() == wanted {
        return Ok(());
    }
    let digits = number.phone_number().unwrap_or_default();
    Err(Error::new(ErrorClass::Invalid, format!("the change of the description of {digits} failed: {}", failure_reason(number)))
        .with_help("the number is still yours: rerun apply, and contact AWS Support if it fails again"))
}

fn failure(number: &ClaimedPhoneNumberSummary) -> Error {
    let message = format!("the claim of {} failed: {}", number.phone_number().unwrap_or_default(), failure_reason(number));
    Error::new(ErrorClass::Invalid, message)
        .with_help("a number that failed goes back by itself after a day; check the quota of phone numbers")
}

fn live(number: ClaimedPhoneNumberSummary, hint: &ConnectPhoneNumberProperties) -> Result<NumberLive> {
    let id = required_field("the phone number's id", number.phone_number_id)?;
    let digits = required_field("the phone number", number.phone_number)?;
    let properties = ConnectPhoneNumberProperties {
        instance_id: number.instance_id.unwrap_or_default(),
        country: number.phone_number_country_code.map(|code| code.as_str().to_owned()).unwrap_or_default(),
        kind: number.phone_number_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        // No call returns the criteria of the search.
        prefix: hint.prefix.clone(),
        number: hint.number.is_some().then(|| digits.clone()),
        description: number.phone_number_description.unwrap_or_default(),
        release: hint.release,
        tags: tags::readable(number.tags),
    };
    let arn = required_field("the phone number's ARN", number.phone_number_arn)?;
    Ok(Live { id: PhysicalId(id.clone()), properties, outputs: ConnectPhoneNumberOutputs { id, arn, number: digits } })
}

impl Provider {
    /// A number, described once for all who look at it or at its flow during one observation.
    pub(super) async fn cached_phone_number(&self, cx: &Context, id: &str) -> Result<Option<ClaimedPhoneNumberSummary>> {
        let seen = cx.cached(format!("connect:DescribePhoneNumber {id}"), || async {
            let describe = || self.connect.describe_phone_number().phone_number_id(id).send();
            let described = self.call(cx, DESCRIBE, describe).await.optional()?;
            Ok(described.and_then(|answer| answer.claimed_phone_number_summary))
        });
        Ok((*seen.await?).clone())
    }
}

impl ConnectPhoneNumber {
    async fn describe(&self, cx: &Context, id: &str) -> Result<Option<ClaimedPhoneNumberSummary>> {
        let describe = || self.0.connect.describe_phone_number().phone_number_id(id).send();
        let described = self.0.call(cx, DESCRIBE, describe).await.optional()?;
        Ok(described.and_then(|answer| answer.claimed_phone_number_summary))
    }

    async fn listed(&self, cx: &Context, instance: &str) -> Result<Vec<ListPhoneNumbersSummary>> {
        let numbers = collect_pages(|token| async move {
            let list = || {
                let request = self.0.connect.list_phone_numbers_v2().instance_id(instance);
                request.max_results(1_000).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.list_phone_numbers_summary_list.unwrap_or_default(), page.next_token))
        });
        Ok(numbers.await.optional()?.unwrap_or_default())
    }

    async fn tags(&self, cx: &Context, arn: &str) -> Result<Tags> {
        let list = || self.0.connect.list_tags_for_resource().resource_arn(arn).send();
        Ok(tags::readable(self.0.call(cx, LIST_TAGS, list).await.optional()?.and_then(|answer| answer.tags)))
    }

    /// Waits until no operation is in progress: a claim that was accepted may still fail (boto3#4622).
    async fn until_settled(&self, cx: &Context, id: &str) -> Result<ClaimedPhoneNumberSummary> {
        wait::poll_until(cx, "the phone number", CLAIMED_WITHIN, || async {
            let Some(number) = self.describe(cx, id).await? else { return Ok(Continue("not visible yet".to_owned())) };
            Ok(match status(number.phone_number_status()) {
                Some(PhoneNumberWorkflowStatus::Claimed | PhoneNumberWorkflowStatus::Failed) | None => Break(number),
                Some(status) => Continue(status.as_str().to_owned()),
            })
        })
        .await
    }

    async fn until_gone(&self, cx: &Context, id: &str) -> Result<()> {
        wait::poll_until(cx, "the phone number's release", CLAIMED_WITHIN, || async {
            let number = self.describe(cx, id).await?;
            Ok(number.map_or(Break(()), |_| Continue("still there".to_owned())))
        })
        .await
    }

    /// Returns matching numbers that are free at this moment; nothing is reserved.
    async fn available(&self, cx: &Context, wanted: &ConnectPhoneNumberProperties) -> Result<Vec<String>> {
        if let Some(number) = &wanted.number {
            return Ok(vec![number.clone()]);
        }
        let search = || {
            let request = self.0.connect.search_available_phone_numbers().instance_id(&wanted.instance_id);
            request
                .phone_number_country_code(PhoneNumberCountryCode::from(wanted.country.as_str()))
                .phone_number_type(PhoneNumberType::from(wanted.kind.as_str()))
                .set_phone_number_prefix(wanted.prefix.clone())
                .max_results(10)
                .send()
        };
        let found = self.0.call(cx, SEARCH, search).await?.available_numbers_list.unwrap_or_default();
        Ok(found.into_iter().filter_map(|number| number.phone_number).collect())
    }

    async fn claim(&self, cx: &Context, wanted: &ConnectPhoneNumberProperties, number: &str, token: Uuid) -> Result<String> {
        let (tags, token) = (tags::to_sdk(&wanted.tags), token.to_string());
        let claim = || {
            let request = self.0.connect.claim_phone_number().instance_id(&wanted.instance_id).phone_number(number);
            request
                .set_phone_number_description(Some(wanted.description.clone()).filter(|text| !text.is_empty()))
                .set_tags(Some(tags.clone()))
                .client_token(&token)
                .send()
        };
        required_field("the phone number's id", self.0.call(cx, CLAIM, claim).await?.phone_number_id)
    }

    /// Searches for a number and claims it. Two concurrent searches would claim the same number (terraform-provider-aws#45572), so a lock
    /// serializes them.
    async fn send(
        &self,
        cx: &Context,
        wanted: &ConnectPhoneNumberProperties,
        claims: &Claims,
    ) -> Result<(String, Result<String>)> {
        let turn = self.0.write_lock("phone numbers");
        let _turn = turn.lock().await;
        let number = match &claims.retry_number {
            Some(number) => number.clone(),
            None => {
                let candidates = self.available(cx, wanted).await?;
                let fresh = candidates.into_iter().find(|number| !claims.tried.contains(number));
                fresh.ok_or_else(|| none_fits(wanted))?
            }
        };
        let claimed = self.claim(cx, wanted, &number, claims.token(cx)).await;
        Ok((number, claimed))
    }

    /// Claims a matching number and waits until it is usable. A failed claim is repeated, as AWS advises, with another token: first of the
    /// same number, so that there are never two; then of another one.
    async fn claim_one(&self, cx: &Context, wanted: &ConnectPhoneNumberProperties) -> Result<NumberLive> {
        let mut claims = Claims::default();
        loop {
            let (number, sent) = self.send(cx, wanted, &claims).await?;
            let token = claims.token(cx).to_string();
            match sent {
                Ok(id) => {
                    cx.record_attempt(&token, Some(&id));
                    let seen = self.until_settled(cx, &id).await?;
                    if !failed(&seen) {
                        return live(seen, wanted);
                    }
                    if !claims.may_retry_claim(number, wanted) {
                        return Err(failure(&seen));
                    }
                    cx.progress(format!("{}; claiming again", failure(&seen).message));
                }
                Err(error) if error.class == ErrorClass::Conflict && wanted.number.is_none() && claims.refused(&number) => {
                    cx.progress(format!("{number} was taken by somebody else; searching again"));
                }
                // The token belongs to another number: one that AWS refused to this run, or an earlier run's.
                Err(error) if error.class == ErrorClass::AlreadyExists && claims.tokens_used < TOKENS => {
                    let earlier = if claims.is_refused { None } else { self.claimed_before(cx, wanted).await? };
                    if !claims.is_refused {
                        cx.record_attempt(&token, earlier.as_ref().map(|live| live.id.as_str()));
                    }
                    if let Some(live) = earlier {
                        return Ok(live);
                    }
                    claims.next_token();
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for a number that an earlier run has claimed: it is listed only when the claim is complete. A number that is not listed within
    /// the maximum wait for a claim has failed.
    async fn claimed_before(&self, cx: &Context, wanted: &ConnectPhoneNumberProperties) -> Result<Option<NumberLive>> {
        let looked = wait::poll_until(cx, "the number that an earlier run has claimed", CLAIMED_WITHIN, || async {
            Ok(match self.find(cx, wanted).await? {
                Lookup::Owned(live) => Break(live),
                Lookup::NotFound | Lookup::Unowned { .. } => Continue("not listed yet".to_owned()),
            })
        });
        match looked.await {
            Ok(live) => Ok(Some(live)),
            Err(error) if error.class == ErrorClass::NotVisibleYet => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The claims of one creation so far.
#[derive(Debug, Default)]
struct Claims {
    /// Number of tokens whose claims have ended.
    tokens_used: u32,
    /// Number of failed claims.
    failed: u32,
    /// Whether AWS rejected a claim with the current token without creating anything.
    is_refused: bool,
    /// The number to claim again.
    retry_number: Option<String>,
    /// Numbers that are unavailable.
    tried: BTreeSet<String>,
}

impl Claims {
    /// Returns the token of the next claim. The first claim uses the change's own token, which is the same after a crash; the token of a
    /// failed claim is spent.
    fn token(&self, cx: &Context) -> Uuid {
        if self.tokens_used == 0 { cx.token } else { Uuid::new_v5(&cx.token, self.tokens_used.to_string().as_bytes()) }
    }

    fn next_token(&mut self) {
        self.tokens_used += 1;
        self.is_refused = false;
    }

    /// Records that this number was refused; returns whether another number may be tried.
    fn refused(&mut self, number: &str) -> bool {
        self.is_refused = true;
        self.retry_number = None;
        self.tried.insert(number.to_owned());
        self.tried.len() < CANDIDATES
    }

    /// Records that the claim of `number` failed; returns whether another claim is made: "you have one day to retry claiming the phone
    /// number" (API reference, PhoneNumberStatus). Each claim counts against the quota, so there are few.
    fn may_retry_claim(&mut self, number: String, wanted: &ConnectPhoneNumberProperties) -> bool {
        self.failed += 1;
        self.next_token();
        let same = self.failed == 1;
        self.retry_number = Some(number.clone()).filter(|_| same);
        if !same {
            self.tried.insert(number);
        }
        same || (self.failed < CLAIMS && wanted.number.is_none())
    }
}

fn none_fits(wanted: &ConnectPhoneNumberProperties) -> Error {
    let begins = wanted.prefix.as_ref().map(|prefix| format!(" that begins with {prefix}")).unwrap_or_default();
    let message = format!("there is no free {} number of {}{begins}", wanted.kind, wanted.country);
    Error::new(ErrorClass::Invalid, message).with_help("try another `prefix` or `type`")
}

impl Permissions for ConnectPhoneNumber {
    const READ_WHILE_CHANGING: &'static [&'static str] = &["connect:SearchAvailablePhoneNumbers"];

    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        // A number belongs to the account (service authorization reference, "phone-number" and "wildcard-phone-number"). In the reference,
        // search and list apply to numbers only; both name an instance too, as a claim does, so both resources are allowed.
        let (instance, number) = (provider.arn("connect", "instance/*"), provider.arn("connect", "phone-number/*"));
        let own = [SEARCH, LIST, CLAIM, DESCRIBE, LIST_TAGS, DESCRIBE_AS, RELEASE];
        [
            operation_permissions(&[SEARCH, LIST, CLAIM], &instance),
            operation_permissions(&own, &number),
            operation_permissions(&CONNECT_TAGS, &number),
            owner_permissions(provider),
        ]
        .concat()
    }
}

impl Resource for ConnectPhoneNumber {
    type Definition = deployer_resources::ConnectPhoneNumber;

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &ConnectPhoneNumberProperties) -> Result<Option<NumberLive>> {
        // A recorded number was claimed; a later failure is that of somebody's UpdatePhoneNumber, which leaves it claimed.
        let number = self.0.cached_phone_number(cx, id.as_str()).await?;
        number.map(|number| live(number, hint)).transpose()
    }

    async fn owner(&self, cx: &Context, live: &NumberLive) -> Result<TagOwner> {
        let this = (Self::Definition::TYPE, &live.id);
        self.0.owner_in_instance(cx, Some(&live.properties.tags), this, &live.properties.instance_id).await
    }

    async fn find(&self, cx: &Context, wanted: &ConnectPhoneNumberProperties) -> Result<Lookup<NumberLive>> {
        for number in self.listed(cx, &wanted.instance_id).await? {
            let (Some(id), Some(arn)) = (number.phone_number_id, number.phone_number_arn) else { continue };
            let exactly = wanted.number.is_some() && number.phone_number == wanted.number;
            let tags = self.tags(cx, &arn).await?;
            let ours = tags::check_owner(&tags, cx).is_ok();
            if !ours && !exactly {
                continue;
            }
            let Some(seen) = self.describe(cx, &id).await?.filter(|number| !failed(number)) else { continue };
            let seen = if ours { self.until_settled(cx, &id).await? } else { seen };
            if failed(&seen) {
                continue;
            }
            return Ok(tags::found(cx, &tags, live(seen, wanted)?));
        }
        Ok(Lookup::NotFound)
    }

    async fn create(&self, cx: &Context, wanted: &ConnectPhoneNumberProperties) -> Result<NumberLive> {
        self.claim_one(cx, wanted).await
    }

    async fn update(
        &self,
        cx: &Context,
        live: &NumberLive,
        wanted: &ConnectPhoneNumberProperties,
        _changed: &[PropertyPath],
    ) -> Result<NumberLive> {
        let was = &live.properties;
        if was.description != wanted.description {
            let token = Uuid::new_v5(&cx.token, wanted.description.as_bytes()).to_string();
            let describe = || {
                let request = self.0.connect.update_phone_number_metadata().phone_number_id(&live.outputs.id);
                request.phone_number_description(&wanted.description).client_token(&token).send()
            };
            self.0.call(cx, DESCRIBE_AS, describe).await?;
            // While the change is in progress, the number is not listed and accepts no other change.
            is_described(&self.until_settled(cx, &live.outputs.id).await?, &wanted.description)?;
        }
        retag_connect(&self.0, cx, &live.outputs.arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectPhoneNumberProperties) -> Result<()> {
        let token = cx.token.to_string();
        let release = || self.0.connect.release_phone_number().phone_number_id(id.as_str()).client_token(&token).send();
        self.0.call(cx, RELEASE, release).await.optional()?;
        self.until_gone(cx, id.as_str()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_description_change_is_an_error() {
        let number = |status: PhoneNumberWorkflowStatus, description: &str| {
            let status = PhoneNumberStatus::builder().status(status).message("No reason").build();
            let number = ClaimedPhoneNumberSummary::builder().phone_number("+18005550100").phone_number_status(status);
            number.phone_number_description(description).build()
        };
        use PhoneNumberWorkflowStatus::{Claimed, Failed};
        let error = is_described(&number(Failed, "Support"), "Sales").expect_err("it failed");
        assert_eq!(error.class, ErrorClass::Invalid);
        assert!(error.message.contains("the description of +18005550100 failed: No reason"), "{error}");
        assert!(is_described(&number(Failed, "Sales"), "Sales").is_ok(), "something else has failed, and earlier");
        assert!(is_described(&number(Claimed, "Support"), "Sales").is_ok(), "what is read may be late");
    }
}
