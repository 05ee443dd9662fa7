//! The contact center of an instance: hours, queues, routing profiles, users, phone numbers, flow modules and storage.

use std::collections::BTreeMap;

use deployer_engine::Address;
use deployer_resources::{
    ConnectContactFlow, ConnectHierarchyGroup, ConnectHours, ConnectHoursProperties, ConnectModule, ConnectModuleProperties,
    ConnectPhoneNumber, ConnectPhoneNumberFlow, ConnectPhoneNumberFlowProperties, ConnectPhoneNumberProperties, ConnectQueue,
    ConnectQueueProperties, ConnectRoutingProfile, ConnectRoutingProfileProperties, ConnectSecurityProfile, ConnectStorage,
    ConnectStorageProperties, ConnectUser, ConnectUserProperties, Declare, Handle, Id, OutboundCaller, Password, Phone, Prop,
    QueueAssignment, StorageTarget, Tags,
};
use serde_json::Value;

use crate::constructs::connect::{Instance, state};

/// A resource of an instance that others refer to by its display name in Connect: one of the stack, or a built-in one.
#[derive(Debug, Clone)]
pub struct NamedResource<R> {
    name: String,
    handle: Option<Handle<R>>,
}

impl<R> NamedResource<R> {
    /// Returns a reference to a built-in resource, such as `Basic Hours`.
    pub fn built_in(name: &str) -> Self {
        Self { name: name.to_owned(), handle: None }
    }

    /// Returns the name in Connect.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the resource of the stack; `None` for a built-in one.
    pub fn handle(&self) -> Option<&Handle<R>> {
        self.handle.as_ref()
    }

    pub(super) fn address(&self) -> Option<Address> {
        self.handle.as_ref().map(|handle| handle.address().clone())
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
    pub hours: NamedResource<ConnectHours>,
    /// Maximum number of contacts in it.
    pub max_contacts: Option<u32>,
    /// Whether it accepts contacts.
    pub enabled: bool,
    /// The caller ID name of outbound calls.
    pub caller_name: Option<String>,
    /// The ID of the caller ID number.
    pub caller_number: Option<Prop<Id<ConnectPhoneNumber>>>,
    /// The ID of the whisper flow that called customers hear before the agent.
    pub caller_flow: Option<Prop<Id<ConnectContactFlow>>>,
}

/// Properties of a routing profile.
#[derive(Debug, Clone)]
pub struct RoutingProfileProps {
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// The queue for outbound calls.
    pub default_outbound_queue: NamedResource<ConnectQueue>,
    /// Maximum number of concurrent contacts by channel, such as `VOICE`.
    pub concurrency: BTreeMap<String, u32>,
    /// Queues that are served, each with channel, priority and delay in seconds.
    pub queues: Vec<(NamedResource<ConnectQueue>, String, u32, u32)>,
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
    /// The security profiles.
    pub security_profiles: Vec<NamedResource<ConnectSecurityProfile>>,
    /// The group in the agent hierarchy.
    pub hierarchy_group: Option<Handle<ConnectHierarchyGroup>>,
    /// The routing profile.
    pub routing_profile: NamedResource<ConnectRoutingProfile>,
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
    pub content: Prop<Value>,
    /// What the module declares for its callers: inputs, results and branches.
    pub settings: Option<Value>,
    /// Whether it is active.
    pub active: bool,
}

impl QueueProps {
    /// Returns the properties of a queue with these hours and no limit on contacts.
    pub fn with_hours(name: &str, hours: NamedResource<ConnectHours>) -> Self {
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
        routing_profile: NamedResource<ConnectRoutingProfile>,
    ) -> Self {
        Self {
            username: username.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: None,
            security_profiles: vec![NamedResource::built_in(security_profile)],
            hierarchy_group: None,
            routing_profile,
            phone_type: "SOFT_PHONE".to_owned(),
            auto_accept: false,
            after_contact_work_seconds: 0,
            desk_phone_number: None,
            password: None,
        }
    }
}

impl Instance {
    /// Adds a resource of the instance that others refer to by `name`.
    pub(super) fn named<R: Declare>(
        &self,
        address: Address,
        name: String,
        properties: &R::Declared,
        after: impl IntoIterator<Item = Address>,
    ) -> NamedResource<R> {
        NamedResource { name, handle: Some(self.stack.add(address, properties, after)) }
    }

    pub(super) fn tags_of(&self, address: &Address) -> Tags {
        self.stack.settings().tags_of(address)
    }

    /// Adds hours of operation.
    pub fn hours(&self, key: &str, props: HoursProps) -> NamedResource<ConnectHours> {
        let address = Address::new("hours", key);
        let properties = ConnectHoursProperties {
            instance_id: self.id(),
            name: props.name.clone(),
            description: props.description,
            time_zone: props.time_zone,
            open: props.open,
            tags: self.tags_of(&address),
        };
        self.named(address, props.name, &properties, [])
    }

    /// Adds a queue.
    pub fn queue(&self, key: &str, props: QueueProps) -> NamedResource<ConnectQueue> {
        let address = Address::new("queue", key);
        let properties = ConnectQueueProperties {
            instance_id: self.id(),
            name: props.name.clone(),
            description: props.description,
            hours_of_operation: props.hours.name().to_owned(),
            max_contacts: props.max_contacts,
            enabled: props.enabled,
            outbound_caller: OutboundCaller {
                name: props.caller_name,
                phone_number_id: props.caller_number,
                flow_id: props.caller_flow,
            },
            tags: self.tags_of(&address),
        };
        self.named(address, props.name, &properties, props.hours.address())
    }

    /// Adds a routing profile.
    pub fn routing_profile(&self, key: &str, props: RoutingProfileProps) -> NamedResource<ConnectRoutingProfile> {
        let address = Address::new("routing_profile", key);
        let named = props.queues.iter().map(|(queue, ..)| queue).chain([&props.default_outbound_queue]);
        let after: Vec<Address> = named.filter_map(NamedResource::address).collect();
        let mut queues: BTreeMap<String, BTreeMap<String, QueueAssignment>> = BTreeMap::new();
        for (queue, channel, priority, delay_seconds) in props.queues {
            queues.entry(queue.name).or_default().insert(channel, QueueAssignment { priority, delay_seconds });
        }
        let properties = ConnectRoutingProfileProperties {
            instance_id: self.id(),
            name: props.name.clone(),
            description: props.description,
            default_outbound_queue: props.default_outbound_queue.name,
            concurrency: props.concurrency,
            queues,
            tags: self.tags_of(&address),
        };
        self.named(address, props.name, &properties, after)
    }

    /// Adds a user.
    pub fn user(&self, key: &str, props: UserProps) -> Handle<ConnectUser> {
        let address = Address::new("user", key);
        let declared = props.security_profiles.iter().filter(|profile| profile.handle.is_some());
        let declared_profiles = declared.map(|profile| profile.name.clone()).collect();
        let after: Vec<Address> = props.security_profiles.iter().filter_map(NamedResource::address).collect();
        let mut security_profiles: Vec<String> = props.security_profiles.into_iter().map(|profile| profile.name).collect();
        security_profiles.sort();
        let properties = ConnectUserProperties {
            instance_id: self.id(),
            username: props.username,
            first_name: props.first_name,
            last_name: props.last_name,
            email: props.email,
            security_profiles,
            declared_profiles,
            routing_profile: props.routing_profile.name().to_owned(),
            hierarchy_group_id: props.hierarchy_group.as_ref().map(|group| group.id()),
            phone: Phone {
                kind: props.phone_type,
                auto_accept: props.auto_accept,
                after_contact_work_seconds: props.after_contact_work_seconds,
                desk_phone_number: props.desk_phone_number,
            },
            password: props.password.map_or(Password::Generate(true), Password::Env),
            tags: self.tags_of(&address),
        };
        self.stack.add(address, &properties, props.routing_profile.address().into_iter().chain(after))
    }

    /// Adds a phone number: a claim for one that fits.
    pub fn phone_number(&self, key: &str, props: PhoneNumberProps) -> Handle<ConnectPhoneNumber> {
        let address = Address::new("phone_number", key);
        let properties = ConnectPhoneNumberProperties {
            instance_id: self.id(),
            country: props.country,
            kind: props.kind,
            prefix: props.prefix,
            number: props.number,
            description: props.description,
            release: props.release,
            tags: self.tags_of(&address),
        };
        self.stack.add(address, &properties, [])
    }

    /// Routes calls of the phone number to the flow. The association also waits for `after`, the resources that the flow's content waits
    /// for.
    pub fn route_to_flow(
        &self,
        key: &str,
        number: &Handle<ConnectPhoneNumber>,
        flow: Prop<Id<ConnectContactFlow>>,
        after: impl IntoIterator<Item = Address>,
    ) {
        let properties = ConnectPhoneNumberFlowProperties {
            instance_id: self.id(),
            phone_number_id: number.id(),
            phone_number_arn: number.arn(),
            flow_id: flow,
        };
        self.stack.add::<ConnectPhoneNumberFlow>(Address::new("phone_number_flow", key), &properties, after);
    }

    /// Adds a flow module. Associate the functions that it invokes before.
    pub fn module(&self, key: &str, props: ModuleProps) -> Handle<ConnectModule> {
        let address = Address::new("module", key);
        let properties = ConnectModuleProperties {
            instance_id: self.id(),
            name: props.name,
            description: props.description,
            content: props.content,
            settings: props.settings,
            state: state(props.active).to_owned(),
            tags: self.tags_of(&address),
        };
        self.stack.add(address, &properties, self.associations())
    }

    /// Sets the storage of the instance for this kind of data, such as `CALL_RECORDINGS`.
    pub fn storage(&self, kind: &str, place: StorageTarget) {
        let properties = ConnectStorageProperties { instance_id: self.id(), kind: kind.to_owned(), place };
        self.stack.add::<ConnectStorage>(Address::new("storage", &kind.to_lowercase()), &properties, []);
    }
}
