//! A user of an Amazon Connect instance with Connect-managed users.
//!
//! A password is sent once, at creation: no operation changes or reads one (service model), so it is neither compared with the live user
//! nor stored anywhere.

use std::sync::Arc;

use aws_sdk_connect::types::{PhoneType, User, UserIdentityInfo, UserPhoneConfig};
use deployer_engine::{
    Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Random, Resource, Result, RuleInput, TagOwner,
};
use deployer_resources::{ConnectUserOutputs, ConnectUserProperties, Password, Phone};
use serde_json::Value;
use zeroize::Zeroizing;

use super::connect_instance::child_permissions;
use super::connect_names::{Kind, NameIndex, found_by_name};
use super::{join_id, required_field, retag_connect, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::integer::{signed, unsigned};
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;
use crate::tags;

/// The security profiles of a new instance (Amazon Connect administrator guide, "Default security profiles").
const BUILT_IN_SECURITY_PROFILES: [&str; 4] = ["Admin", "Agent", "CallCenterManager", "QualityAnalyst"];

type UserLive = Live<ConnectUserProperties, ConnectUserOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeUser");
const CREATE: Operation = Operation::create("connect", "CreateUser");
const IDENTITY: Operation = Operation::idempotent("connect", "UpdateUserIdentityInfo");
const PHONE: Operation = Operation::idempotent("connect", "UpdateUserPhoneConfig");
const ROUTE: Operation = Operation::idempotent("connect", "UpdateUserRoutingProfile");
const SECURE: Operation = Operation::idempotent("connect", "UpdateUserSecurityProfiles");
const GROUP: Operation = Operation::idempotent("connect", "UpdateUserHierarchy");
const DELETE: Operation = Operation::idempotent("connect", "DeleteUser");

/// The resource type `connect.user`.
pub struct ConnectUser(pub(crate) Arc<Provider>);

/// Generates a password of 24 characters with a lower-case letter, an upper-case letter and a digit, as CreateUser requires (API reference,
/// CreateUser, Password); without characters that look alike.
fn random_password(entropy: &dyn Random) -> Zeroizing<String> {
    const LOWER: &[u8] = b"abcdefghijkmnpqrstuvwxyz";
    const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    const DIGITS: &[u8] = b"23456789";
    let all = [LOWER, UPPER, DIGITS].concat();
    let bytes = Zeroizing::new([entropy.uuid().into_bytes(), entropy.uuid().into_bytes()].concat());
    // Bytes 6 and 8 of a UUID hold its version.
    let mut random = bytes.iter().enumerate().filter(|(at, _)| !matches!(at % 16, 6 | 8)).map(|(_, byte)| usize::from(*byte));
    let classes = [LOWER, UPPER, DIGITS].into_iter().chain(std::iter::repeat_n(all.as_slice(), 21));
    let letters = classes.filter_map(|class| Some(char::from(class[random.next()? % class.len()])));
    Zeroizing::new(letters.collect())
}

fn not_at_hand(class: ErrorClass, username: &str) -> Error {
    Error::new(class, format!("the password of user {username} is not set in the environment"))
        .with_help("set the variable that the spec names and rerun")
}

fn phone(wanted: &Phone) -> UserPhoneConfig {
    let builder = UserPhoneConfig::builder().phone_type(PhoneType::from(wanted.kind.as_str())).auto_accept(wanted.auto_accept);
    let builder = builder.after_contact_work_time_limit(signed(wanted.after_contact_work_seconds));
    builder.set_desk_phone_number(wanted.desk_phone_number.clone()).build()
}

fn identity(wanted: &ConnectUserProperties) -> UserIdentityInfo {
    let builder = UserIdentityInfo::builder().first_name(&wanted.first_name).last_name(&wanted.last_name);
    builder.set_email(wanted.email.clone()).build()
}

fn live_phone(phone: Option<UserPhoneConfig>) -> Phone {
    let Some(phone) = phone else {
        let kind = PhoneType::SoftPhone.as_str().to_owned();
        return Phone { kind, auto_accept: false, after_contact_work_seconds: 0, desk_phone_number: None };
    };
    Phone {
        kind: phone.phone_type.as_str().to_owned(),
        auto_accept: phone.auto_accept,
        after_contact_work_seconds: unsigned(phone.after_contact_work_time_limit),
        desk_phone_number: phone.desk_phone_number.filter(|number| !number.is_empty()),
    }
}

fn live(instance: &str, user: User, security: &NameIndex, routing: &NameIndex, hint: &ConnectUserProperties) -> Result<UserLive> {
    let id = required_field("the user's id", user.id)?;
    let username = user.username.unwrap_or_default();
    let identity = user.identity_info.unwrap_or_else(|| UserIdentityInfo::builder().build());
    let profiles = user.security_profile_ids.unwrap_or_default();
    let mut security_profiles: Vec<String> = profiles.iter().map(|id| security.name(id).to_owned()).collect();
    security_profiles.sort();
    let properties = ConnectUserProperties {
        instance_id: instance.to_owned(),
        username: username.clone(),
        first_name: identity.first_name.unwrap_or_default(),
        last_name: identity.last_name.unwrap_or_default(),
        email: identity.email.filter(|email| !email.is_empty()),
        security_profiles,
        declared_profiles: hint.declared_profiles.clone(),
        routing_profile: routing.name(&user.routing_profile_id.unwrap_or_default()).to_owned(),
        hierarchy_group_id: user.hierarchy_group_id.filter(|id| !id.is_empty()),
        phone: live_phone(user.phone_config),
        // No call returns the password.
        password: hint.password.clone(),
        tags: tags::readable(user.tags),
    };
    let outputs = ConnectUserOutputs { id: id.clone(), arn: required_field("the user's ARN", user.arn)?, username };
    Ok(Live { id: join_id(instance, &id), properties, outputs })
}

impl ConnectUser {
    async fn look(&self, cx: &Context, instance: &str, id: &str, hint: &ConnectUserProperties) -> Result<Option<UserLive>> {
        let describe = || self.0.connect.describe_user().instance_id(instance).user_id(id).send();
        let described = self.0.call(cx, DESCRIBE, describe).await.optional()?;
        let Some(user) = described.and_then(|answer| answer.user) else { return Ok(None) };
        let security = self.0.connect_names(cx, instance, Kind::SecurityProfile).await?;
        let routing = self.0.connect_names(cx, instance, Kind::RoutingProfile).await?;
        live(instance, user, &security, &routing, hint).map(Some)
    }

    async fn security_profiles(&self, cx: &Context, wanted: &ConnectUserProperties) -> Result<Vec<String>> {
        let named: Vec<&str> = wanted.security_profiles.iter().map(String::as_str).collect();
        let names = self.0.wait_for_connect_names(cx, &wanted.instance_id, Kind::SecurityProfile, &named).await?;
        Ok(named.into_iter().filter_map(|name| names.id(name).map(str::to_owned)).collect())
    }

    /// Returns the password to send. A generated one is stored, so that it can be shown and is the same when the call is retried.
    fn password(&self, cx: &Context, wanted: &ConnectUserProperties) -> Result<Zeroizing<String>> {
        match &wanted.password {
            Password::Env(digest) => {
                let value = self.0.secrets.value(digest).map(|value| Zeroizing::new(value.to_owned()));
                value.ok_or_else(|| not_at_hand(ErrorClass::Local, &wanted.username))
            }
            Password::Generate(_) => Ok(self.0.secrets.generated(&cx.address, || random_password(&*cx.random))),
        }
    }

    async fn change(&self, cx: &Context, id: &str, was: &ConnectUserProperties, wanted: &ConnectUserProperties) -> Result<()> {
        let (client, instance) = (&self.0.connect, &wanted.instance_id);
        if (&was.first_name, &was.last_name, &was.email) != (&wanted.first_name, &wanted.last_name, &wanted.email) {
            let update =
                || client.update_user_identity_info().instance_id(instance).user_id(id).identity_info(identity(wanted)).send();
            self.0.call(cx, IDENTITY, update).await?;
        }
        if was.phone != wanted.phone {
            let phone = phone(&wanted.phone);
            let update =
                || client.update_user_phone_config().instance_id(instance).user_id(id).phone_config(phone.clone()).send();
            self.0.call(cx, PHONE, update).await?;
        }
        if was.routing_profile != wanted.routing_profile {
            let profile = self.0.connect_id(cx, instance, Kind::RoutingProfile, &wanted.routing_profile).await?;
            let update =
                || client.update_user_routing_profile().instance_id(instance).user_id(id).routing_profile_id(&profile).send();
            self.0.call(cx, ROUTE, update).await?;
        }
        if was.security_profiles != wanted.security_profiles {
            let profiles = self.security_profiles(cx, wanted).await?;
            let update = || {
                let request = client.update_user_security_profiles().instance_id(instance).user_id(id);
                request.set_security_profile_ids(Some(profiles.clone())).send()
            };
            self.0.call(cx, SECURE, update).await?;
        }
        if was.hierarchy_group_id != wanted.hierarchy_group_id {
            // Without an ID the user leaves the hierarchy: the member is optional (SDK model); that absence means this is unverified.
            let update = || {
                let request = client.update_user_hierarchy().instance_id(instance).user_id(id);
                request.set_hierarchy_group_id(wanted.hierarchy_group_id.clone()).send()
            };
            self.0.call(cx, GROUP, update).await?;
        }
        Ok(())
    }
}

impl Permissions for ConnectUser {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let lists = [Kind::User.list(), Kind::SecurityProfile.list(), Kind::RoutingProfile.list()];
        let own = [DESCRIBE, CREATE, IDENTITY, PHONE, ROUTE, SECURE, DELETE];
        // Only a user in the agent hierarchy needs the permission to be moved in it.
        let moved = wanted.get("hierarchy_group_id").is_some_and(|id| !id.is_null()).then_some(GROUP);
        child_permissions(provider, &[&lists[..], &own, moved.as_slice()].concat())
    }
}

impl Resource for ConnectUser {
    type Definition = deployer_resources::ConnectUser;

    fn missing_input(&self, wanted: &Value) -> Option<Error> {
        let digest = wanted["password"]["env"].as_str()?;
        let missing = self.0.secrets.value(digest).is_none();
        missing.then(|| not_at_hand(ErrorClass::Refused, wanted["username"].as_str().unwrap_or_default()))
    }

    /// Rejects unknown security profiles of an instance that does not exist yet: it will have only the built-in ones and those of the stack.
    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error> {
        let wanted = proposal.desired;
        if !wanted["instance_id"].is_null() {
            return None;
        }
        let declared = wanted["declared_profiles"].as_array().map(Vec::as_slice).unwrap_or_default();
        let known = |name: &str| BUILT_IN_SECURITY_PROFILES.contains(&name) || declared.iter().any(|known| known == name);
        let mut profiles = wanted["security_profiles"].as_array()?.iter().filter_map(Value::as_str);
        let unknown = profiles.find(|name| !known(name))?;
        let message =
            format!("a new instance has no security profile `{unknown}`; it has {}", BUILT_IN_SECURITY_PROFILES.join(", "));
        let help = "name one of these, or declare the profile in `connect.security_profiles`";
        Some(Error::new(ErrorClass::Refused, message).with_help(help))
    }

    found_by_name!(ConnectUserProperties, UserLive, Kind::User, username, delete_user(user_id));

    async fn create(&self, cx: &Context, wanted: &ConnectUserProperties) -> Result<UserLive> {
        let instance = &wanted.instance_id;
        let password = self.password(cx, wanted)?;
        let security_profiles = self.security_profiles(cx, wanted).await?;
        let routing_profile = self.0.connect_id(cx, instance, Kind::RoutingProfile, &wanted.routing_profile).await?;
        let (phone, tags) = (phone(&wanted.phone), tags::to_sdk(&wanted.tags));
        let create = || {
            let request = self.0.connect.create_user().instance_id(instance).username(&wanted.username);
            request
                .password(password.as_str())
                .identity_info(identity(wanted))
                .phone_config(phone.clone())
                .set_security_profile_ids(Some(security_profiles.clone()))
                .routing_profile_id(&routing_profile)
                .set_hierarchy_group_id(wanted.hierarchy_group_id.clone())
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        let id = required_field("the user's id", made.user_id)?;
        let arn = required_field("the user's ARN", made.user_arn)?;
        let outputs = ConnectUserOutputs { id: id.clone(), arn, username: wanted.username.clone() };
        Ok(Live { id: join_id(instance, &id), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &UserLive,
        wanted: &ConnectUserProperties,
        _changed: &[PropertyPath],
    ) -> Result<UserLive> {
        self.change(cx, &live.outputs.id, &live.properties, wanted).await?;
        retag_connect(&self.0, cx, &live.outputs.arn, &live.properties.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::testing;

    #[test]
    fn generated_password_satisfies_connect() {
        let cx = testing::context("user.admin");
        let password = random_password(&*cx.random);
        assert_eq!(password.len(), 24);
        for class in [|c: char| c.is_ascii_lowercase(), |c: char| c.is_ascii_uppercase(), |c: char| c.is_ascii_digit()] {
            assert!(password.contains(class));
        }
        assert!(password.chars().all(|c| c.is_ascii_alphanumeric()));
    }
}
