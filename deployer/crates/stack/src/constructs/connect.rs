//! An Amazon Connect instance, the functions its flows may invoke, and the flows.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use deployer_engine::{Address, ExternalResource, ResourceDefinition};
use deployer_resources::{
    Arn, ConnectBot, ConnectBotProperties, ConnectContactFlow, ConnectContactFlowProperties, ConnectFlowContent,
    ConnectFlowContentProperties, ConnectInstance, ConnectInstanceProperties, ConnectLambdaAssociation,
    ConnectLambdaAssociationProperties, ConnectPrompt, ConnectPromptProperties, ExistingInstance, Handle, Id, LogGroup,
    LogGroupProperties, Prop, S3Bucket, S3BucketProperties, S3Object, S3ObjectProperties,
};
use serde_json::Value;

use crate::constructs::function_handle::Function;
use crate::stack::Stack;

/// Properties of an instance with Connect-managed users.
#[derive(Debug, Clone)]
pub struct InstanceProps {
    /// The alias, part of the instance's URL and globally unique.
    pub alias: String,
    /// Whether a plan that deletes it is rejected.
    pub deletion_protection: bool,
    /// Whether inbound calls are enabled.
    pub inbound_calls: bool,
    /// Whether outbound calls are enabled.
    pub outbound_calls: bool,
    /// Other managed attributes, by their names in the API.
    pub attributes: BTreeMap<String, bool>,
    /// Retention period of flow log events in days; no effect without the attribute `CONTACTFLOW_LOGS`.
    pub flow_log_retention_days: u32,
}

impl InstanceProps {
    /// Returns the properties of an instance with this alias and Connect's defaults: inbound calls only, without deletion protection.
    pub fn with_alias(alias: &str) -> Self {
        let on = ["AUTO_RESOLVE_BEST_VOICES", "CONTACT_LENS", "EARLY_MEDIA"].map(|name| (name.to_owned(), true));
        let off = ["CONTACTFLOW_LOGS", "MULTI_PARTY_CONFERENCE"].map(|name| (name.to_owned(), false));
        Self {
            alias: alias.to_owned(),
            deletion_protection: false,
            inbound_calls: true,
            outbound_calls: false,
            attributes: on.into_iter().chain(off).collect(),
            flow_log_retention_days: 90,
        }
    }

    /// Sets an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, on: bool) -> Self {
        self.attributes.insert(name.to_owned(), on);
        self
    }
}

/// Properties of a contact flow.
#[derive(Debug, Clone)]
pub struct FlowProps {
    /// The display name; unique in the instance.
    pub name: String,
    /// The flow's type, such as `CONTACT_FLOW`. It cannot change.
    pub flow_type: String,
    /// The description.
    pub description: String,
    /// The flow in the Flow language, with references resolved to outputs (see [`with_references`](crate::with_references)).
    pub content: Prop<Value>,
    /// Whether it is published, or only saved as a draft.
    pub published: bool,
    /// Whether it is active.
    pub active: bool,
}

impl FlowProps {
    /// Returns the properties of a published flow of the type `CONTACT_FLOW`.
    pub fn with_content(name: &str, content: impl Into<Prop<Value>>) -> Self {
        Self {
            name: name.to_owned(),
            flow_type: "CONTACT_FLOW".to_owned(),
            description: String::new(),
            content: content.into(),
            published: true,
            active: true,
        }
    }
}

/// The source of a prompt's recording.
#[derive(Debug, Clone)]
pub enum Recording {
    /// An existing object, `s3://bucket/key`.
    Object(String),
    /// A file by its SHA-256, in hexadecimal; the AWS provider holds its bytes.
    File(String),
}

/// Properties of a prompt.
#[derive(Debug, Clone)]
pub struct PromptProps {
    /// The name, unique in the instance.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// The recording.
    pub recording: Recording,
}

/// An instance in a stack.
#[derive(Debug, Clone)]
pub struct Instance {
    pub(super) stack: Stack,
    id: Prop<Id<ConnectInstance>>,
    arn: Prop<Arn<ConnectInstance>>,
    /// Associations of functions and bots, which flows may name only once they exist.
    associations: Rc<RefCell<BTreeSet<Address>>>,
}

impl Instance {
    /// Adds the instance.
    pub fn new(stack: &Stack, name: &str, props: InstanceProps) -> Self {
        let address = Address::new("instance", name);
        let logs = Self::flow_logs(stack, name, &props);
        let properties = ConnectInstanceProperties {
            alias: props.alias,
            deletion_protection: props.deletion_protection,
            inbound_calls: props.inbound_calls,
            outbound_calls: props.outbound_calls,
            attributes: props.attributes,
            creation_failed: false,
            tags: stack.settings().tags_of(&address),
        };
        let handle: Handle<ConnectInstance> = stack.add(address, &properties, logs);
        Self { stack: stack.clone(), id: handle.id(), arn: handle.arn(), associations: Rc::default() }
    }

    /// Returns an existing instance that the stack uses and does not manage; `reference` is its alias, ID or ARN as the user wrote it.
    pub fn existing(stack: &Stack, reference: &str, existing: &ExistingInstance) -> Self {
        let id = Some(existing.id.clone());
        stack.use_external(ExternalResource { type_name: ConnectInstance::TYPE.to_owned(), name: reference.to_owned(), id });
        let (id, arn) = (existing.id.as_str().into(), existing.arn.as_str().into());
        Self { stack: stack.clone(), id, arn, associations: Rc::default() }
    }

    /// Adds the log group that Connect writes to. If it is missing, Connect creates it, without retention and tags, and does not delete it
    /// with the instance (administrator guide, "Flow logs stored in an Amazon CloudWatch log group"); so it is created before and removed
    /// after the instance.
    fn flow_logs(stack: &Stack, name: &str, props: &InstanceProps) -> Option<Address> {
        props.attributes.get("CONTACTFLOW_LOGS").filter(|on| **on)?;
        let address = Address::new("flow_logs", name);
        let properties = LogGroupProperties {
            name: format!("/aws/connect/{}", props.alias),
            retention_days: Some(props.flow_log_retention_days),
            deletion_protection: false,
            tags: stack.settings().tags_of(&address),
        };
        stack.add::<LogGroup>(address.clone(), &properties, []);
        Some(address)
    }

    /// Returns the instance's ID; resources that use it wait for the instance.
    pub fn id(&self) -> Prop<Id<ConnectInstance>> {
        self.id.clone()
    }

    /// Returns the instance's ARN; resources that use it wait for the instance.
    pub fn arn(&self) -> Prop<Arn<ConnectInstance>> {
        self.arn.clone()
    }

    /// Lets the instance's flows invoke the function: adds a permission on the function, then the association.
    pub fn associate(&self, function: &Function) {
        let account = self.stack.settings().account.clone();
        let permission = function.add_permission("connect", "", "connect.amazonaws.com", self.arn(), Some(&account));
        let address = Address::new("association", function.key());
        let properties = ConnectLambdaAssociationProperties {
            instance_id: self.id(),
            function_arn: function.arn(),
            statement_id: function.statement_id("connect", ""),
            of_existing_function: function.is_existing(),
        };
        self.stack.add::<ConnectLambdaAssociation>(address.clone(), &properties, [permission]);
        self.associations.borrow_mut().insert(address);
    }

    /// Lets the instance's flows use the Lex V2 bot with this alias.
    pub fn bot(&self, name: &str, alias_arn: &str) {
        let address = Address::new("bot", name);
        let properties = ConnectBotProperties { instance_id: self.id(), alias_arn: alias_arn.to_owned() };
        self.stack.add::<ConnectBot>(address.clone(), &properties, []);
        self.associations.borrow_mut().insert(address);
    }

    /// Adds a prompt. A recording from a file is stored in `bucket`, which is created if the stack does not have it yet.
    pub fn prompt(&self, key: &str, bucket: &str, props: PromptProps) -> Handle<ConnectPrompt> {
        let address = Address::new("prompt", key);
        let (s3_uri, sha256) = match props.recording {
            Recording::Object(uri) => (uri.into(), None),
            Recording::File(sha256) => {
                let object = self.recording(key, bucket, sha256);
                (object.uri(), Some(object.sha256()))
            }
        };
        let properties = ConnectPromptProperties {
            instance_id: self.id(),
            name: props.name,
            description: props.description,
            s3_uri,
            sha256,
            tags: self.stack.settings().tags_of(&address),
        };
        self.stack.add(address, &properties, [])
    }

    /// Adds the object with the recording of the prompt `key`, always under the same object key, so that a new recording replaces the old
    /// one.
    fn recording(&self, key: &str, bucket: &str, sha256: String) -> Handle<S3Object> {
        let settings = self.stack.settings();
        let address = Address::new("bucket", "prompts");
        let properties = S3BucketProperties { name: bucket.to_owned(), tags: settings.tags_of(&address) };
        let bucket = self.stack.add::<S3Bucket>(address, &properties, []);
        let address = Address::new("recording", key);
        let properties = S3ObjectProperties {
            bucket: bucket.name(),
            key: format!("prompts/{}.wav", settings.first_key("connect.prompts", key)),
            sha256,
            content_type: "audio/wav".to_owned(),
            tags: settings.ownership_tags(&address),
        };
        self.stack.add(address, &properties, [])
    }

    pub(super) fn associations(&self) -> BTreeSet<Address> {
        self.associations.borrow().clone()
    }
}

/// A contact flow in a stack.
#[derive(Debug, Clone)]
pub struct Flow {
    handle: Handle<ConnectContactFlow>,
}

impl Flow {
    /// Adds the flow to the instance. Associate the functions that it invokes before adding flows.
    pub fn new(instance: &Instance, name: &str, props: FlowProps) -> Self {
        Self::add(instance, name, props, instance.associations())
    }

    /// Adds a flow whose content names resources that in turn name the flow: the flow first, and its content once all of them exist.
    pub fn new_with_deferred_content(instance: &Instance, name: &str, props: FlowProps) -> Self {
        let (content, status) = (props.content.clone(), status(&props).to_owned());
        let flow = Self::add(instance, name, FlowProps { content: Value::Null.into(), ..props }, []);
        let properties = ConnectFlowContentProperties { instance_id: instance.id(), flow_id: flow.handle.id(), status, content };
        let address = Address::new("flow_content", name);
        instance.stack.add::<ConnectFlowContent>(address, &properties, instance.associations());
        flow
    }

    fn add(instance: &Instance, name: &str, props: FlowProps, after: impl IntoIterator<Item = Address>) -> Self {
        let address = Address::new("flow", name);
        let properties = ConnectContactFlowProperties {
            instance_id: instance.id(),
            status: status(&props).to_owned(),
            state: state(props.active).to_owned(),
            name: props.name,
            kind: props.flow_type,
            description: props.description,
            content: props.content,
            tags: instance.stack.settings().tags_of(&address),
        };
        Self { handle: instance.stack.add(address, &properties, after) }
    }

    /// Returns the flow's address.
    pub fn address(&self) -> &Address {
        self.handle.address()
    }

    /// Returns the flow's ARN.
    pub fn arn(&self) -> Prop<Arn<ConnectContactFlow>> {
        self.handle.arn()
    }
}

fn status(props: &FlowProps) -> &'static str {
    if props.published { "PUBLISHED" } else { "SAVED" }
}

pub(super) fn state(active: bool) -> &'static str {
    if active { "ACTIVE" } else { "ARCHIVED" }
}
