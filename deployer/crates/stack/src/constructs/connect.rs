//! An Amazon Connect instance, the functions its flows may invoke, and the flows.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use deployer_engine::{Address, Expr};
use serde_json::{Value, json};

use crate::constructs::function::Function;
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
    pub content: Expr,
    /// Whether it is published, or only saved as a draft.
    pub published: bool,
    /// Whether it is active.
    pub active: bool,
}

impl FlowProps {
    /// Returns the properties of a published flow of the type `CONTACT_FLOW`.
    pub fn with_content(name: &str, content: Expr) -> Self {
        Self {
            name: name.to_owned(),
            flow_type: "CONTACT_FLOW".to_owned(),
            description: String::new(),
            content,
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
    address: Address,
    /// Associations of functions and bots, which flows may name only once they exist.
    associations: Rc<RefCell<BTreeSet<Address>>>,
}

pub(super) fn plain(value: impl Into<Value>) -> Expr {
    Expr::Value(value.into())
}

impl Instance {
    /// Adds the instance.
    pub fn new(stack: &Stack, name: &str, props: InstanceProps) -> Self {
        let address = Address::new("instance", name);
        let logs = Self::flow_logs(stack, name, &props);
        let properties = Expr::map([
            ("alias", Expr::from(props.alias)),
            ("deletion_protection", plain(props.deletion_protection)),
            ("inbound_calls", plain(props.inbound_calls)),
            ("outbound_calls", plain(props.outbound_calls)),
            ("attributes", plain(json!(props.attributes))),
            ("tags", stack.settings().tags_of(&address)),
        ]);
        stack.add(&address, "connect.instance", properties, logs);
        Self { stack: stack.clone(), address, associations: Rc::default() }
    }

    /// Adds the log group that Connect writes to. If it is missing, Connect creates it, without retention and tags, and does not delete it
    /// with the instance (administrator guide, "Flow logs stored in an Amazon CloudWatch log group"); so it is created before and removed
    /// after the instance.
    fn flow_logs(stack: &Stack, name: &str, props: &InstanceProps) -> Option<Address> {
        props.attributes.get("CONTACTFLOW_LOGS").filter(|on| **on)?;
        let address = Address::new("flow_logs", name);
        let properties = Expr::map([
            ("name", Expr::from(format!("/aws/connect/{}", props.alias))),
            ("retention_days", plain(props.flow_log_retention_days)),
            ("tags", stack.settings().tags_of(&address)),
        ]);
        stack.add(&address, "logs.group", properties, []);
        Some(address)
    }

    /// Returns the instance's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns an output of the instance: `id`, `arn` or `alias`.
    pub fn output(&self, output: &str) -> Expr {
        Expr::output(&self.address, output)
    }

    /// Lets the instance's flows invoke the function: adds a permission on the function, then the association.
    pub fn associate(&self, function: &Function) {
        let account = self.stack.settings().account.clone();
        let permission = function.add_permission("connect", "", "connect.amazonaws.com", self.output("arn"), Some(&account));
        let address = Address::new("association", function.key());
        let properties = Expr::map([("instance_id", self.output("id")), ("function_arn", function.arn())]);
        self.stack.add(&address, "connect.lambda_association", properties, [permission]);
        self.associations.borrow_mut().insert(address);
    }

    /// Lets the instance's flows use the Lex V2 bot with this alias.
    pub fn bot(&self, name: &str, alias_arn: &str) {
        let address = Address::new("bot", name);
        let properties = Expr::map([("instance_id", self.output("id")), ("alias_arn", Expr::from(alias_arn))]);
        self.stack.add(&address, "connect.bot", properties, []);
        self.associations.borrow_mut().insert(address);
    }

    /// Adds a prompt. A recording from a file is stored in `bucket`, which is created if the stack does not have it yet.
    pub fn prompt(&self, key: &str, bucket: &str, props: PromptProps) -> Address {
        let address = Address::new("prompt", key);
        let (uri, sha256) = match props.recording {
            Recording::Object(uri) => (Expr::from(uri), plain(Value::Null)),
            Recording::File(sha256) => {
                let object = self.recording(key, bucket, &sha256);
                (Expr::output(&object, "uri"), Expr::output(&object, "sha256"))
            }
        };
        let properties = [
            ("name", Expr::from(props.name)),
            ("description", Expr::from(props.description)),
            ("s3_uri", uri),
            ("sha256", sha256),
        ];
        self.part(&address, "connect.prompt", properties, []);
        address
    }

    /// Adds the object with the recording of the prompt `key`, always under the same object key, so that a new recording replaces the old
    /// one.
    fn recording(&self, key: &str, bucket: &str, sha256: &str) -> Address {
        let settings = self.stack.settings();
        let at = Address::new("bucket", "prompts");
        let properties = Expr::map([("name", Expr::from(bucket)), ("tags", settings.tags_of(&at))]);
        self.stack.add(&at, "s3.bucket", properties, []);
        let object = Address::new("recording", key);
        let properties = Expr::map([
            ("bucket", Expr::output(&at, "name")),
            ("key", Expr::from(format!("prompts/{key}.wav"))),
            ("sha256", Expr::from(sha256)),
            ("content_type", Expr::from("audio/wav")),
            ("tags", settings.ownership_tags(&object)),
        ]);
        self.stack.add(&object, "s3.object", properties, []);
        object
    }

    /// Adds a resource of the instance, with its tags and its dependencies besides the instance.
    pub(super) fn part(
        &self,
        address: &Address,
        type_name: &str,
        properties: impl IntoIterator<Item = (&'static str, Expr)>,
        after: impl IntoIterator<Item = Address>,
    ) {
        let own = [("instance_id", self.output("id")), ("tags", self.stack.settings().tags_of(address))];
        self.stack.add(address, type_name, Expr::map(own.into_iter().chain(properties)), after);
    }

    pub(super) fn associations(&self) -> BTreeSet<Address> {
        self.associations.borrow().clone()
    }
}

/// A contact flow in a stack.
#[derive(Debug, Clone)]
pub struct Flow {
    address: Address,
}

impl Flow {
    /// Adds the flow to the instance. Associate the functions that it invokes before adding flows.
    pub fn new(instance: &Instance, name: &str, props: FlowProps) -> Self {
        let address = Address::new("flow", name);
        let content = props.content.clone();
        Self::add(instance, &address, &props, content, instance.associations());
        Self { address }
    }

    /// Adds a flow whose content names resources that in turn name the flow: the flow first, and its content once all of them exist.
    pub fn new_cyclic(instance: &Instance, name: &str, props: FlowProps) -> Self {
        let address = Address::new("flow", name);
        Self::add(instance, &address, &props, plain(Value::Null), []);
        let content = Address::new("flow_content", name);
        let properties = Expr::map([
            ("instance_id", instance.output("id")),
            ("flow_id", Expr::output(&address, "id")),
            ("status", Expr::from(status(&props))),
            ("content", props.content),
        ]);
        instance.stack.add(&content, "connect.flow_content", properties, instance.associations());
        Self { address }
    }

    fn add(instance: &Instance, address: &Address, props: &FlowProps, content: Expr, after: impl IntoIterator<Item = Address>) {
        let properties = [
            ("name", Expr::from(props.name.as_str())),
            ("type", Expr::from(props.flow_type.as_str())),
            ("description", Expr::from(props.description.as_str())),
            ("content", content),
            ("status", Expr::from(status(props))),
            ("state", Expr::from(state(props.active))),
        ];
        instance.part(address, "connect.contact_flow", properties, after);
    }

    /// Returns the flow's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the flow's ARN.
    pub fn arn(&self) -> Expr {
        Expr::output(&self.address, "arn")
    }
}

fn status(props: &FlowProps) -> &'static str {
    if props.published { "PUBLISHED" } else { "SAVED" }
}

pub(super) fn state(active: bool) -> &'static str {
    if active { "ACTIVE" } else { "ARCHIVED" }
}
