//! A hosted zone that exists and only has records added: looked up by name or ID, never changed, tagged or deleted.

use std::sync::Arc;

use aws_sdk_route53::types::HostedZone as Zone;
use deployer_engine::{
    Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, RuleInput, TagOwner,
};
use deployer_resources::{HostedZoneOutputs, HostedZoneProperties};
use serde_json::Value;

use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;

type ZoneLive = Live<HostedZoneProperties, HostedZoneOutputs>;

const GET: Operation = Operation::read("route53", "GetHostedZone");
const LIST: Operation = Operation::read("route53", "ListHostedZonesByName");

/// The resource type `route53.existing_zone`.
pub struct HostedZone(pub(crate) Arc<Provider>);

fn invalid(message: String) -> Error {
    Error::new(ErrorClass::Invalid, message).with_help("name a public hosted zone of this account, by its name or its ID")
}

/// Whether a text is the ID of a zone: no domain is without a dot and in capitals.
fn is_id(zone: &str) -> bool {
    zone.starts_with('Z') && zone.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Returns a name without the dot at its end.
pub(super) fn without_dot(name: &str) -> &str {
    name.trim_end_matches('.')
}

fn is_within(domain: &str, zone: &str) -> bool {
    domain == zone || domain.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}

fn live(zone: &Zone, hint: &HostedZoneProperties) -> ZoneLive {
    let id = zone.id.trim_start_matches("/hostedzone/").to_owned();
    let name = without_dot(&zone.name).to_owned();
    let private = zone.config.as_ref().is_some_and(|config| config.private_zone);
    let properties = HostedZoneProperties {
        zone: hint.zone.clone(),
        domain: hint.domain.clone(),
        name: Some(name.clone()),
        problem: private.then(|| "it is private: only its VPCs see its records".to_owned()),
    };
    // The spec may name one zone in two ways, and one ID has one record.
    Live { id: PhysicalId(hint.zone.clone()), properties, outputs: HostedZoneOutputs { id, name } }
}

fn refusal(live: &HostedZoneProperties, domain: &str) -> Option<Error> {
    if let Some(problem) = &live.problem {
        return Some(invalid(format!("the hosted zone {} cannot be used: {problem}", live.zone)));
    }
    let name = live.name.as_deref().unwrap_or_default();
    (!is_within(domain, name)).then(|| invalid(format!("{domain} is not in the hosted zone {} ({name})", live.zone)))
}

impl HostedZone {
    async fn get(&self, cx: &Context, id: &str, hint: &HostedZoneProperties) -> Result<Option<ZoneLive>> {
        let found = cx.cached(format!("route53:GetHostedZone {id}"), || async {
            let answer = self.0.call(cx, GET, || self.0.route53.get_hosted_zone().id(id).send()).await.optional()?;
            Ok(answer.and_then(|answer| answer.hosted_zone))
        });
        Ok(found.await?.as_ref().as_ref().map(|zone| live(zone, hint)))
    }

    async fn look(&self, cx: &Context, hint: &HostedZoneProperties) -> Result<Option<ZoneLive>> {
        match is_id(&hint.zone) {
            true => self.get(cx, &hint.zone, hint).await,
            false => self.named(cx, hint).await,
        }
    }

    /// Returns the public zone of this name; two of them are refused, because only the registrar knows which one counts.
    async fn named(&self, cx: &Context, hint: &HostedZoneProperties) -> Result<Option<ZoneLive>> {
        let name = without_dot(&hint.zone);
        let list = || self.0.route53.list_hosted_zones_by_name().dns_name(name).max_items(20).send();
        let zones = self.0.call(cx, LIST, list).await?.hosted_zones;
        let public = |zone: &&Zone| !zone.config.as_ref().is_some_and(|config| config.private_zone);
        let same = |zone: &&Zone| without_dot(&zone.name) == name;
        let (all, found): (Vec<&Zone>, Vec<&Zone>) =
            (zones.iter().filter(same).collect(), zones.iter().filter(same).filter(public).collect());
        match found[..] {
            [zone] => Ok(Some(live(zone, hint))),
            [] => Ok(all.first().map(|zone| live(zone, hint))),
            _ => {
                let ids: Vec<&str> = found.iter().map(|zone| zone.id.trim_start_matches("/hostedzone/")).collect();
                Err(invalid(format!("{} hosted zones are named {name}: {}", ids.len(), ids.join(", ")))
                    .with_help("write the ID of the one whose name servers the domain is delegated to"))
            }
        }
    }
}

impl Permissions for HostedZone {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        match wanted["zone"].as_str().filter(|zone| is_id(zone)) {
            Some(id) => operation_permissions(&[GET], &provider.zone_arn(id)),
            None => operation_permissions(&[LIST], "*"),
        }
    }
}

impl Resource for HostedZone {
    type Definition = deployer_resources::HostedZone;

    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error> {
        let wanted: HostedZoneProperties = serde_json::from_value(proposal.desired.clone()).ok()?;
        match proposal.live {
            None => Some(invalid(format!("this account has no hosted zone {}", wanted.zone))),
            Some(live) => refusal(&serde_json::from_value(live.clone()).ok()?, &wanted.domain),
        }
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &HostedZoneProperties) -> Result<Option<ZoneLive>> {
        self.look(cx, &HostedZoneProperties { zone: id.to_string(), ..hint.clone() }).await
    }

    /// A zone that is only used is nobody's to take over.
    async fn owner(&self, _cx: &Context, _live: &ZoneLive) -> Result<TagOwner> {
        Ok(TagOwner::Us)
    }

    async fn find(&self, cx: &Context, wanted: &HostedZoneProperties) -> Result<Lookup<ZoneLive>> {
        let Some(live) = self.look(cx, wanted).await? else { return Ok(Lookup::NotFound) };
        match refusal(&live.properties, &wanted.domain).filter(|_| !cx.presence_only) {
            Some(error) => Err(error),
            None => Ok(Lookup::Owned(live)),
        }
    }

    async fn create(&self, cx: &Context, wanted: &HostedZoneProperties) -> Result<ZoneLive> {
        match self.find(cx, wanted).await? {
            Lookup::Owned(live) => Ok(live),
            _ => Err(invalid(format!("this account has no hosted zone {}", wanted.zone))),
        }
    }

    async fn update(
        &self,
        _cx: &Context,
        live: &ZoneLive,
        wanted: &HostedZoneProperties,
        _changed: &[PropertyPath],
    ) -> Result<ZoneLive> {
        match refusal(&live.properties, &wanted.domain) {
            Some(error) => Err(error),
            None => Ok(Live { properties: wanted.clone(), ..live.clone() }),
        }
    }

    async fn delete(&self, _cx: &Context, _id: &PhysicalId, _recorded: &HostedZoneProperties) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_are_told_apart() {
        assert!(is_id("Z0123456789ABCDEFGHIJ") && is_id("Z1"));
        assert!(!is_id("voice.example") && !is_id("Zone.example") && !is_id("zone"));
    }

    #[test]
    fn domain_is_within_its_own_zones_only() {
        assert!(is_within("api.voice.example", "voice.example") && is_within("voice.example", "voice.example"));
        assert!(!is_within("apivoice.example", "voice.example") && !is_within("example", "voice.example"));
    }
}
