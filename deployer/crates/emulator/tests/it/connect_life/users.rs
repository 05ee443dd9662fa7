//! Users.

use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::operation::create_user::builders::CreateUserFluentBuilder;
use aws_sdk_connect::types::{
    DirectoryType, PhoneType, QueueType, StringComparisonType, StringCondition, UserIdentityInfo, UserPhoneConfig,
    UserSearchCriteria,
};

use super::{basic_routing_profile, code, ready, security_profile};
use crate::support::fresh::fresh;

const PASSWORD: &str = "Correct1Horse";

fn mary() -> UserIdentityInfo {
    UserIdentityInfo::builder().first_name("Mary").last_name("Major").build()
}

async fn wanted(client: &Client, id: &str, name: &str) -> CreateUserFluentBuilder {
    let create = client.create_user().instance_id(id).username(name).identity_info(mary());
    let create = create.routing_profile_id(basic_routing_profile(client, id).await);
    create.security_profile_ids(security_profile(client, id, "Agent").await)
}

#[tokio::test]
async fn password_must_be_valid_and_is_never_returned() {
    let (fresh, client, id) = ready().await;
    let create = wanted(&client, &id, "mary").await;
    assert_eq!(code(create.clone().send().await), "InvalidParameterException", "none");
    for bad in ["Short1a", "nocapital1", "NOSMALL1", "NoDigits", "Has blank1"] {
        let error = create.clone().password(bad).send().await.expect_err(bad);
        assert!(!format!("{error:?}").contains(bad), "{error:?}");
    }
    let made = create.password(PASSWORD).send().await.expect("a user").user_id.expect("an id");
    let found = client.describe_user().instance_id(&id).user_id(&made).send().await.expect("described");
    assert!(!format!("{found:?}").contains(PASSWORD));
    let kept = serde_json::to_string(&fresh.emulator.account_state()).expect("JSON");
    assert!(kept.contains("mary") && !kept.contains(PASSWORD));
}

#[tokio::test]
async fn user_is_updated_in_parts() {
    let (_fresh, client, id) = ready().await;
    let phone = UserPhoneConfig::builder().phone_type(PhoneType::SoftPhone).after_contact_work_time_limit(30).build();
    let create = wanted(&client, &id, "mary").await.password(PASSWORD).phone_config(phone);
    let user = create.clone().send().await.expect("a user").user_id.expect("an id");
    assert_eq!(code(create.send().await), "DuplicateResourceException");
    let own = client.create_security_profile().instance_id(&id).security_profile_name("Night").send().await.expect("made");
    let own = own.security_profile_id.expect("an id");
    let give = client.update_user_security_profiles().instance_id(&id).user_id(&user);
    assert_eq!(code(give.clone().security_profile_ids("nobody").send().await), "ResourceNotFoundException");
    give.security_profile_ids(&own).send().await.expect("given");
    let delete_profile = client.delete_security_profile().instance_id(&id).security_profile_id(&own);
    assert_eq!(code(delete_profile.clone().send().await), "ResourceInUseException");
    let desk = UserPhoneConfig::builder().phone_type(PhoneType::DeskPhone);
    let phone = client.update_user_phone_config().instance_id(&id).user_id(&user);
    assert_eq!(code(phone.clone().phone_config(desk.clone().build()).send().await), "InvalidParameterException");
    let desk = desk.desk_phone_number("+12065550123").after_contact_work_time_limit(60);
    phone.phone_config(desk.build()).send().await.expect("changed");
    let identity = UserIdentityInfo::builder().first_name("Marie").last_name("Major").email("m@example.com").build();
    client.update_user_identity_info().instance_id(&id).user_id(&user).identity_info(identity).send().await.expect("changed");
    let found = client.describe_user().instance_id(&id).user_id(&user).send().await.expect("described").user.expect("it");
    assert_eq!(found.security_profile_ids(), std::slice::from_ref(&own));
    assert_eq!(found.phone_config().map(UserPhoneConfig::after_contact_work_time_limit), Some(60));
    let listed = client.list_queues().instance_id(&id).queue_types(QueueType::Agent).send().await.expect("listed");
    let queues: Vec<_> = listed.queue_summary_list().iter().map(|queue| (queue.id(), queue.name())).collect();
    assert_eq!(queues, [(Some(user.as_str()), None)], "an agent's queue has no name");
    client.delete_user().instance_id(&id).user_id(&user).send().await.expect("deleted");
    assert_eq!(code(client.delete_user().instance_id(&id).user_id(&user).send().await), "ResourceNotFoundException");
    delete_profile.send().await.expect("free");
}

#[tokio::test]
async fn search_finds_users_by_name() {
    let (_fresh, client, id) = ready().await;
    let phone = UserPhoneConfig::builder().phone_type(PhoneType::SoftPhone).after_contact_work_time_limit(30).build();
    for name in ["mary", "martha", "john"] {
        let create = wanted(&client, &id, name).await.password(PASSWORD).phone_config(phone.clone());
        create.send().await.expect("a user");
    }
    let condition =
        StringCondition::builder().field_name("Username").value("MAR").comparison_type(StringComparisonType::StartsWith);
    let criteria = UserSearchCriteria::builder().string_condition(condition.build()).build();
    let found = client.search_users().instance_id(&id).search_criteria(criteria).send().await.expect("found");
    assert_eq!((found.users().len(), found.approximate_total_count()), (2, Some(2)));
    let limits: Vec<_> =
        found.users().iter().filter_map(|user| Some(user.phone_config()?.after_contact_work_time_limit())).collect();
    assert_eq!(limits, [30_000, 30_000]);
}

#[tokio::test]
async fn saml_instance_accepts_no_password_and_no_address() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let create = client.create_instance().identity_management_type(DirectoryType::Saml).instance_alias("saml");
    let id = create.inbound_calls_enabled(true).outbound_calls_enabled(false).send().await.expect("made").id.expect("an id");
    fresh.clock.advance(Duration::from_secs(90));
    let create = wanted(&client, &id, "somebody.with.a.long.name").await;
    assert_eq!(code(create.clone().password(PASSWORD).send().await), "InvalidParameterException");
    let address = UserIdentityInfo::builder().first_name("Mary").last_name("Major").email("m@example.com").build();
    assert_eq!(code(create.clone().identity_info(address).send().await), "InvalidParameterException");
    create.send().await.expect("a user");
}
