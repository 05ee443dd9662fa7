//! The contact center: hours, queues, routing profiles, users, phone numbers and quick connects.

use std::panic::Location as Caller;

use deployer_spec::{Channel, Day, PhoneNumberType};
use serde_json::json;

use crate::entry::{Construct, Entry, construct, keys};
use crate::flow::Flow;
use crate::instance::Instance;
use crate::text::Text;

construct!(User, PhoneNumber, QuickConnect);

/// Defines a resource that others refer to by name: one of the stack, or one that the instance has.
macro_rules! named {
    ($($(#[$doc:meta])* $name:ident in $section:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            entry: Entry,
            name: String,
        }

        construct!($name);

        impl $name {
            fn of(entry: Entry) -> Self {
                Self { name: entry.key().to_owned(), entry }
            }

            /// Returns one that the instance has, by its name in Connect: a built-in one, or one of an existing instance.
            pub fn existing(instance: &Instance, name: &str) -> Self {
                Self { name: name.to_owned(), entry: instance.entry().clone() }
            }

            /// Returns the ARN, as flows refer to it.
            pub fn arn(&self) -> Text {
                Text::reference(&format!(concat!("connect.", $section, ".{}.arn"), self.name))
            }
        }
    )+};
}

named! {
    /// Hours of operation.
    Hours in "hours";
    /// A queue.
    Queue in "queues";
    /// A routing profile: which queues users serve.
    RoutingProfile in "routing_profiles";
}

impl Instance {
    /// Adds hours of operation in this time zone, closed at all times until [`Hours::open`].
    #[track_caller]
    pub fn hours(&self, key: &str, time_zone: &str) -> Hours {
        Hours::of(self.part("Hours", "hours", key, json!({"time_zone": time_zone, "open": {}}), Caller::caller()))
    }

    /// Adds a queue.
    #[track_caller]
    pub fn queue(&self, key: &str, hours: &Hours) -> Queue {
        Queue::of(self.part("Queue", "queues", key, json!({"hours": hours.name}), Caller::caller()))
    }

    /// Adds a routing profile with the queue that outbound calls belong to.
    #[track_caller]
    pub fn routing_profile(&self, key: &str, outbound: &Queue) -> RoutingProfile {
        let value = json!({"default_outbound_queue": outbound.name});
        RoutingProfile::of(self.part("RoutingProfile", "routing_profiles", key, value, Caller::caller()))
    }

    /// Adds a user with a softphone, whose first password is generated and shown once.
    #[track_caller]
    pub fn user(&self, key: &str, first_name: &str, last_name: &str, profile: &RoutingProfile) -> User {
        let value = json!({
            "first_name": first_name,
            "last_name": last_name,
            "routing_profile": profile.name,
            "security_profiles": [],
            "password": {"generate": true},
        });
        User { entry: self.part("User", "users", key, value, Caller::caller()) }
    }

    /// Claims a phone number of this type in a country, such as `US`.
    #[track_caller]
    pub fn phone_number(&self, key: &str, of: PhoneNumberType, country: &str) -> PhoneNumber {
        let value = json!({"type": of.as_str(), "country": country});
        PhoneNumber { entry: self.part("PhoneNumber", "phone_numbers", key, value, Caller::caller()) }
    }

    /// Adds a destination to which agents transfer contacts.
    #[track_caller]
    pub fn quick_connect(&self, key: &str, to: &TransferTo<'_>) -> QuickConnect {
        let to = match to {
            TransferTo::PhoneNumber(number) => json!({"phone_number": number}),
            TransferTo::Queue(queue) => json!({"queue": queue.name}),
            TransferTo::User(user) => json!({"user": user.entry.key()}),
        };
        QuickConnect { entry: self.part("QuickConnect", "quick_connects", key, json!({"to": to}), Caller::caller()) }
    }
}

impl Hours {
    keys! {
        /// Sets the name that people see in Connect; the key by default.
        name(&str) => "name";
        /// Sets the description; the name by default.
        description(&str) => "description";
    }

    /// Opens on a day at these times, such as `08:00-18:00`.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn open<'t>(self, day: Day, times: impl IntoIterator<Item = &'t str>) -> Self {
        let times: Vec<&str> = times.into_iter().collect();
        self.entry.put(&["open", day.as_str()], times, Caller::caller());
        self
    }

    /// Opens from Monday to Friday at these times.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn open_on_weekdays<'t>(mut self, times: impl IntoIterator<Item = &'t str> + Clone) -> Self {
        for day in [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday] {
            self = self.open(day, times.clone());
        }
        self
    }

    /// Closes on a date such as `2026-12-25`.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn closed_on(self, key: &str, date: &str) -> Self {
        self.entry.put(&["overrides", key], json!({"from": date}), Caller::caller());
        self
    }
}

impl Queue {
    keys! {
        /// Sets the name that people see in Connect; the key by default.
        name(&str) => "name";
        /// Sets the description; the name by default.
        description(&str) => "description";
        /// Sets how many contacts may wait in it; any number by default.
        max_contacts(u32) => "max_contacts";
    }

    /// Sets the number that people see who are called from it.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn caller_number(self, number: &PhoneNumber) -> Self {
        self.entry.put(&["outbound_caller", "phone_number"], number.entry.key(), Caller::caller());
        self
    }

    /// Sets the flow that people hear who are called from it, before the agent.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn whisper(self, flow: &Flow) -> Self {
        self.entry.put(&["outbound_caller", "flow"], flow.entry().key(), Caller::caller());
        self
    }

    /// Offers a quick connect to agents with a contact of the queue.
    #[track_caller]
    pub fn offer(&self, quick_connect: &QuickConnect) -> &Self {
        self.entry.push(&["quick_connects"], quick_connect.entry.key(), Caller::caller());
        self
    }
}

impl RoutingProfile {
    keys! {
        /// Sets the name that people see in Connect; the key by default.
        name(&str) => "name";
        /// Sets the description; the name by default.
        description(&str) => "description";
    }

    /// Serves a queue for contacts of this channel, of which a user has one at a time unless [`Self::concurrency`] says otherwise; priority 1
    /// comes first.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn serves(self, queue: &Queue, channel: Channel, priority: u32) -> Self {
        self.entry.put(&["queues", &queue.name, channel.as_str()], json!({"priority": priority}), Caller::caller());
        let location = self.entry.stack().location(Caller::caller());
        self.entry.change(&["concurrency", channel.as_str()], &location, |slot| {
            if slot.is_null() {
                *slot = 1.into();
            }
        });
        self
    }

    /// Sets how many contacts of this channel a user has at a time; one call by default.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn concurrency(self, channel: Channel, most: u32) -> Self {
        self.entry.put(&["concurrency", channel.as_str()], most, Caller::caller());
        self
    }
}

/// A user of the instance.
#[derive(Debug, Clone)]
pub struct User {
    entry: Entry,
}

impl User {
    keys! {
        /// Sets the name to log in with; the key by default.
        username(&str) => "username";
        /// Sets the email address.
        email(&str) => "email";
    }

    /// Gives the user a security profile, by its name: `Admin`, `Agent`, `CallCenterManager`, `QualityAnalyst`, or one of your own.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn security_profile(self, name: &str) -> Self {
        self.entry.push(&["security_profiles"], name, Caller::caller());
        self
    }

    /// Takes the first password from this variable of the deployer's own environment.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn password_from(self, variable: &str) -> Self {
        self.entry.put(&["password"], json!({"env": variable}), Caller::caller());
        self
    }

    /// Sets the number of a desk phone in the place of the softphone.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn desk_phone(self, number: &str) -> Self {
        let value = json!({"type": "DESK_PHONE", "desk_phone_number": number});
        self.entry.put(&["phone"], value, Caller::caller());
        self
    }

    /// Returns the user's ARN, as flows refer to it.
    pub fn arn(&self) -> Text {
        Text::reference(&format!("connect.users.{}.arn", self.entry.key()))
    }
}

/// A claimed phone number.
#[derive(Debug, Clone)]
pub struct PhoneNumber {
    entry: Entry,
}

impl PhoneNumber {
    keys! {
        /// Sets what it must begin with, such as `+1800`.
        prefix(&str) => "prefix";
        /// Sets exactly which number it is to be.
        number(&str) => "number";
        /// Sets the description.
        description(&str) => "description";
        /// Sets whether it is given back when it is not wanted any more; by default `false` on AWS and `true` on the embedded AWS.
        release(bool) => "release";
    }

    /// Lets a flow answer its calls.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn answered_by(self, flow: &Flow) -> Self {
        self.entry.put(&["flow"], flow.entry().key(), Caller::caller());
        self
    }

    /// Returns the number.
    pub fn e164(&self) -> Text {
        Text::reference(&format!("connect.phone_numbers.{}.number", self.entry.key()))
    }
}

/// Where a contact is transferred to.
#[derive(Debug, Clone, Copy)]
pub enum TransferTo<'t> {
    /// A phone number, such as `+18005550100`.
    PhoneNumber(&'t str),
    /// A queue.
    Queue(&'t Queue),
    /// A user.
    User(&'t User),
}

/// A destination to which agents transfer contacts.
#[derive(Debug, Clone)]
pub struct QuickConnect {
    entry: Entry,
}

impl QuickConnect {
    keys! {
        /// Sets the name that agents see; the key by default.
        name(&str) => "name";
        /// Sets the description; the name by default.
        description(&str) => "description";
    }

    /// Sets the flow that a transfer to a queue or a user runs.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn flow(self, flow: &Flow) -> Self {
        self.entry.put(&["flow"], flow.entry().key(), Caller::caller());
        self
    }
}
