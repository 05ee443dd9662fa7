//! The contact center of an instance: hours, queues, routing profiles, users, phone numbers, flow modules and storage.

use std::collections::BTreeMap;

use deployer_engine::{Address, Expr};
use serde_json::{Value, json};

use crate::constructs::connect::{Instance, plain, state};

/// A resource of an instance that others refer to by its display name in Connect: one of the stack, or a built-in one.
#[derive(Debug, Clone)]
pub struct NamedResource {
    name: String,
    address: Option<Address>,
}

impl NamedResource {
    /// Returns a reference to a built-in resource, such as `Basic Hours`.
    pub fn built_in(name: &str) -> Self {
        Self { name: name.to_owned(), address: None }
    }

    /// Returns the name in Connect.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns an output, `id` or `arn`; `None` for a built-in resource.
    pub fn output(&self, output: &str) -> Option<Expr> {
        self.address.as_ref().map(|address| Expr::output(address, output))
    }
}

/// Properties of hours of operation.
#[derive(Debug, Clone)]
pub struct HoursProps {
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// The time zone.
    pub time_zone: String,
    /// Opening times such as `08:00-18:00`, in order, by day such as `MONDAY`.
    pub open: BTreeMap<String, Vec<String>>,
}

/// Properties of a queue.
#[derive(Debug, Clone)]
pub struct QueueProps {
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// The hours of operation.
    pub hours: NamedResource,
    /// Maximum number of contacts in it.
    pub max_contacts: Option<u32>,
    /// Whether it accepts contacts.
    pub enabled: bool,
    /// The caller ID name of outbound calls.
    pub caller_name: Option<String>,
    /// The ID of the caller ID number.
    pub caller_number: Option<Expr>,
    /// The ID of the whisper flow that called customers hear before the agent.
    pub caller_flow: Option<Expr>,
}

/// Properties of a routing profile.
#[derive(Debug, Clone)]
pub struct RoutingProfileProps {
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// The queue for outbound calls.
    pub default_outbound_queue: NamedResource,
    /// Maximum number of concurrent contacts by channel, such as `VOICE`.
    pub concurrency: BTreeMap<String, u32>,
    /// Queues that are served, each with channel, priority and delay in seconds.
    pub queues: Vec<(NamedResource, String, u32, u32)>,
}

/// Properties of a user.
#[derive(Debug, Clone)]
pub struct UserProps {
    /// The login name, unique in the instance.
    pub username: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The email address.
    pub email: Option<String>,
    /// The names of the security profiles.
    pub security_profiles: Vec<String>,
    /// The routing profile.
    pub routing_profile: NamedResource,
    /// The phone type, such as `SOFT_PHONE`.
    pub phone_type: String,
    /// Whether contacts are accepted automatically.
    pub auto_accept: bool,
    /// After-contact work time in seconds, during which no other contact is routed to the user.
    pub after_contact_work_seconds: u32,
    /// The number of the desk phone.
    pub desk_phone_number: Option<String>,
    /// The digest of the first password, whose value the AWS provider holds; if absent, a password is generated.
    pub password: Option<String>,
}

/// Properties of a phone number.
#[derive(Debug, Clone)]
pub struct PhoneNumberProps {
    /// The country, such as `US`.
    pub country: String,
    /// The type of number, such as `TOLL_FREE`.
    pub kind: String,
    /// Prefix that the number must have.
    pub prefix: Option<String>,
    /// Exactly this number.
    pub number: Option<String>,
    /// The description; may be empty.
    pub description: String,
    /// Whether it is released when it is no longer desired.
    pub release: bool,
}

/// Properties of a flow module.
#[derive(Debug, Clone)]
pub struct ModuleProps {
    /// The name, unique in the instance.
    pub name: String,
    /// The description; may be empty.
    pub description: String,
    /// The module in the Flow language, with references resolved to outputs.
    pub content: Expr,
    /// Whether it is active.
    pub active: bool,
}

impl QueueProps {
    /// Returns the properties of a queue with these hours and no limit on contacts.
    pub fn with_hours(name: &str, hours: NamedResource) -> Self {
        Self {
            name: name.to_owned(),
            description: name.to_owned(),
            hours,
            max_contacts: None,
            enabled: true,
            caller_name: None,
            caller_number: None,
            caller_flow: None,
        }
    }
}

impl UserProps {
    /// Returns the properties of a user with this name, one security profile, a softphone and a generated password.
    pub fn named(
        username: &str,
        first_name: &str,
        last_name: &str,
        security_profile: &str,
        routing_profile: NamedResource,
    ) -> Self {
        Self {
            username: username.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: None,
            security_profiles: vec![security_profile.to_owned()],
            routing_profile,
            phone_type: "SOFT_PHONE".to_owned(),
            auto_accept: false,
            after_contact_work_seconds: 0,
            desk_phone_number: None,
            password: None,
        }
    }
}

fn after<'n>(named: impl IntoIterator<Item = &'n NamedResource>) -> Vec<Address> {
    named.into_iter().filter_map(|named| named.address.clone()).collect()
}

impl Instance {
    /// Adds hours of operation.
    pub fn hours(&self, key: &str, props: HoursProps) -> NamedResource {
        let address = Address::new("hours", key);
        let properties = [
            ("name", Expr::from(props.name.as_str())),
            ("description", Expr::from(props.description)),
            ("time_zone", Expr::from(props.time_zone)),
            ("open", plain(json!(props.open))),
        ];
        self.part(&address, "connect.hours_of_operation", properties, []);
        NamedResource { name: props.name, address: Some(address) }
    }

    /// Adds a queue.
    pub fn queue(&self, key: &str, props: QueueProps) -> NamedResource {
        let address = Address::new("queue", key);
        let or_none = |expr: Option<Expr>| expr.unwrap_or_else(|| plain(Value::Null));
        let caller = Expr::map([
            ("name", plain(json!(props.caller_name))),
            ("phone_number_id", or_none(props.caller_number)),
            ("flow_id", or_none(props.caller_flow)),
        ]);
        let properties = [
            ("name", Expr::from(props.name.as_str())),
            ("description", Expr::from(props.description)),
            ("hours_of_operation", Expr::from(props.hours.name())),
            ("max_contacts", plain(json!(props.max_contacts))),
            ("enabled", plain(props.enabled)),
            ("outbound_caller", caller),
        ];
        self.part(&address, "connect.queue", properties, after([&props.hours]));
        NamedResource { name: props.name, address: Some(address) }
    }

    /// Adds a routing profile.
    pub fn routing_profile(&self, key: &str, props: RoutingProfileProps) -> NamedResource {
        let address = Address::new("routing_profile", key);
        let mut queues: BTreeMap<&str, BTreeMap<&str, Value>> = BTreeMap::new();
        for (queue, channel, priority, delay) in &props.queues {
            let turn = json!({"priority": priority, "delay_seconds": delay});
            queues.entry(queue.name()).or_default().insert(channel, turn);
        }
        let properties = [
            ("name", Expr::from(props.name.as_str())),
            ("description", Expr::from(props.description)),
            ("default_outbound_queue", Expr::from(props.default_outbound_queue.name())),
            ("concurrency", plain(json!(props.concurrency))),
            ("queues", plain(json!(queues))),
        ];
        let named = props.queues.iter().map(|(queue, ..)| queue).chain([&props.default_outbound_queue]);
        self.part(&address, "connect.routing_profile", properties, after(named));
        NamedResource { name: props.name, address: Some(address) }
    }

    /// Adds a user.
    pub fn user(&self, key: &str, props: UserProps) -> Address {
        let address = Address::new("user", key);
        let phone = json!({
            "type": props.phone_type,
            "auto_accept": props.auto_accept,
            "after_contact_work_seconds": props.after_contact_work_seconds,
            "desk_phone_number": props.desk_phone_number,
        });
        let password = props.password.map_or_else(|| json!({"generate": true}), |digest| json!({"env": digest}));
        let mut security_profiles = props.security_profiles;
        security_profiles.sort();
        let properties = [
            ("username", Expr::from(props.username)),
            ("first_name", Expr::from(props.first_name)),
            ("last_name", Expr::from(props.last_name)),
            ("email", plain(json!(props.email))),
            ("security_profiles", plain(json!(security_profiles))),
            ("routing_profile", Expr::from(props.routing_profile.name())),
            ("phone", plain(phone)),
            ("password", plain(password)),
        ];
        self.part(&address, "connect.user", properties, after([&props.routing_profile]));
        address
    }

    /// Adds a phone number: a claim for one that fits.
    pub fn phone_number(&self, key: &str, props: PhoneNumberProps) -> Address {
        let address = Address::new("phone_number", key);
        let properties = [
            ("country", Expr::from(props.country)),
            ("type", Expr::from(props.kind)),
            ("prefix", plain(json!(props.prefix))),
            ("number", plain(json!(props.number))),
            ("description", Expr::from(props.description)),
            ("release", plain(props.release)),
        ];
        self.part(&address, "connect.phone_number", properties, []);
        address
    }

    /// Routes calls of the phone number to the flow with this ARN or ID. The association also waits for `after`, the resources that the
    /// flow's content waits for.
    pub fn route_to_flow(&self, key: &str, number: &Address, flow: Expr, after: impl IntoIterator<Item = Address>) {
        let address = Address::new("phone_number_flow", key);
        let properties = Expr::map([
            ("instance_id", self.output("id")),
            ("phone_number_id", Expr::output(number, "id")),
            ("phone_number_arn", Expr::output(number, "arn")),
            ("flow_id", flow),
        ]);
        self.stack.add(&address, "connect.phone_number_flow", properties, after);
    }

    /// Adds a flow module. Associate the functions that it invokes before.
    pub fn module(&self, key: &str, props: ModuleProps) -> Address {
        let address = Address::new("module", key);
        let properties = [
            ("name", Expr::from(props.name)),
            ("description", Expr::from(props.description)),
            ("content", props.content),
            ("state", Expr::from(state(props.active))),
        ];
        self.part(&address, "connect.module", properties, self.associations());
        address
    }

    /// Sets the storage of the instance for this kind of data, such as `CALL_RECORDINGS`; `place` has the form of the resource type's
    /// property `place`.
    pub fn storage(&self, kind: &str, place: Value) {
        let address = Address::new("storage", &kind.to_lowercase());
        let properties = Expr::map([("instance_id", self.output("id")), ("kind", Expr::from(kind)), ("place", plain(place))]);
        self.stack.add(&address, "connect.storage", properties, []);
    }
}
