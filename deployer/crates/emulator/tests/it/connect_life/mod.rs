//! Lifecycles of the resources of a Connect instance, through the real SDK.

mod calls;
mod content;
mod durable;
mod failures;
mod flow_logs;
mod numbers;
mod prompts;
mod routing;
mod users;

use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::error::ProvideErrorMetadata;
use aws_sdk_connect::types::{
    DirectoryType, HoursOfOperationConfig, HoursOfOperationDays, HoursOfOperationTimeSlice, SecurityProfileSummary,
};

use crate::support::fresh::{TestEmulator, fresh};

/// Creates an active instance.
async fn ready() -> (TestEmulator, Client, String) {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let id = another(&fresh, &client, "vanity").await;
    (fresh, client, id)
}

async fn another(fresh: &TestEmulator, client: &Client, alias: &str) -> String {
    let request = client.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias(alias);
    let made = request.inbound_calls_enabled(true).outbound_calls_enabled(false).send().await.expect("an instance");
    fresh.clock.advance(Duration::from_secs(90));
    made.id.expect("an id")
}

/// Returns the code of an error.
fn code<T: std::fmt::Debug, E: ProvideErrorMetadata>(answer: Result<T, E>) -> String {
    answer.expect_err("a refusal").code().unwrap_or_default().to_owned()
}

fn slice(hours: i32, minutes: i32) -> HoursOfOperationTimeSlice {
    HoursOfOperationTimeSlice::builder().hours(hours).minutes(minutes).build().expect("a slice")
}

fn slot(day: HoursOfOperationDays, from: i32, to: i32) -> HoursOfOperationConfig {
    HoursOfOperationConfig::builder().day(day).start_time(slice(from, 0)).end_time(slice(to, 0)).build().expect("a slot")
}

async fn hours(client: &Client, instance: &str, name: &str, zone: &str) -> String {
    let create = client.create_hours_of_operation().instance_id(instance).name(name).time_zone(zone);
    let made = create.config(slot(HoursOfOperationDays::Monday, 9, 17)).send().await.expect("hours");
    made.hours_of_operation_id.expect("an id")
}

async fn queue(client: &Client, instance: &str, name: &str, hours: &str) -> String {
    let made = client.create_queue().instance_id(instance).name(name).hours_of_operation_id(hours).send().await;
    made.expect("a queue").queue_id.expect("an id")
}

async fn security_profile(client: &Client, instance: &str, name: &str) -> String {
    let listed = client.list_security_profiles().instance_id(instance).send().await.expect("listed");
    let named = |one: &&SecurityProfileSummary| one.name() == Some(name);
    let found = listed.security_profile_summary_list().iter().find(named).expect("it comes with the instance");
    found.id().expect("an id").to_owned()
}

async fn basic_routing_profile(client: &Client, instance: &str) -> String {
    let listed = client.list_routing_profiles().instance_id(instance).send().await.expect("listed");
    listed.routing_profile_summary_list()[0].id().expect("an id").to_owned()
}
