//! The Amazon Connect instance, and what flows in it use: functions, prompts, bots and storage.

use std::panic::Location as Caller;

use deployer_spec::{InstanceAttribute, StorageKind};
use serde_json::{Map, Value, json};

use crate::entry::{Entry, construct, keys};
use crate::function::Function;
use crate::stack::Stack;
use crate::text::Text;

/// The Amazon Connect instance of the stack: one that it creates, or one that exists.
///
/// ```
/// use deployer_app::{App, Day, Function, Instance, Request};
///
/// let app = App::new(Request::embedded("vanity", "dev"));
/// let convert = Function::cargo(app.stack(), "convert");
/// let instance = Instance::new(app.stack(), "vanity-dev").flow_logs(true);
/// instance.associate(&convert);
/// let hours = instance.hours("support", "America/New_York").open(Day::Monday, ["08:00-18:00"]);
/// let queue = instance.queue("support", &hours).description("Callers who want a person");
/// assert_eq!(queue.arn().to_string(), "${connect.queues.support.arn}");
/// # app.graph().unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Instance {
    entry: Entry,
}

construct!(Instance, Prompt, Bot, Document);

impl Instance {
    /// Adds an instance with this alias, which is globally unique.
    #[track_caller]
    pub fn new(stack: &Stack, alias: &str) -> Self {
        Self { entry: Entry::declare(stack, "Instance", &["connect"], json!({"alias": alias}), Caller::caller()) }
    }

    /// Returns an instance that exists, by its alias, ID or ARN. It is never changed itself; what is added to it is managed.
    #[track_caller]
    pub fn existing(stack: &Stack, name: &str) -> Self {
        Self { entry: Entry::declare(stack, "Instance", &["connect"], json!({"existing": name}), Caller::caller()) }
    }

    keys! {
        /// Sets whether calls come in; `true` by default.
        inbound_calls(bool) => "inbound_calls";
        /// Sets whether calls go out; `false` by default.
        outbound_calls(bool) => "outbound_calls";
        /// Sets whether a plan that deletes it is refused; by default `true` on AWS and `false` on the embedded AWS.
        deletion_protection(bool) => "deletion_protection";
        /// Sets whether flows write logs.
        flow_logs(bool) => "flow_logs";
        /// Sets after how many days log events of flows go, which hold callers' numbers; 90 by default.
        flow_log_retention_days(u32) => "flow_log_retention_days";
        /// Sets the bucket for the files of prompts; by default one that the deployer creates.
        prompts_bucket(&str) => "prompts_bucket";
    }

    /// Sets another attribute.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn attribute(self, attribute: InstanceAttribute, on: bool) -> Self {
        self.entry.put(&[attribute.as_str()], on, Caller::caller());
        self
    }

    /// Lets flows invoke the function.
    #[track_caller]
    pub fn associate(&self, function: &Function) {
        use crate::entry::Construct;
        self.entry.push(&["functions"], function.entry().key(), Caller::caller());
    }

    /// Adds a recording from a file of the project: WAV of 8 kHz, one channel, μ-law.
    #[track_caller]
    pub fn prompt(&self, key: &str, file: &str) -> Prompt {
        Prompt { entry: self.part("Prompt", "prompts", key, json!({"file": file}), Caller::caller()) }
    }

    /// Adds a recording from an object in a bucket, `s3://BUCKET/KEY`.
    #[track_caller]
    pub fn prompt_from_s3(&self, key: &str, object: &str) -> Prompt {
        Prompt { entry: self.part("Prompt", "prompts", key, json!({"s3": object}), Caller::caller()) }
    }

    /// Lets flows use a Lex V2 bot, by the ARN of its alias.
    #[track_caller]
    pub fn bot(&self, key: &str, alias_arn: &str) -> Bot {
        Bot { entry: self.part("Bot", "bots", key, json!({"alias_arn": alias_arn}), Caller::caller()) }
    }

    /// Sets the bucket and the prefix in which data of this kind is stored.
    #[track_caller]
    pub fn store_in_s3(&self, kind: StorageKind, bucket: &str, prefix: &str) -> &Self {
        let value = json!({"s3": {"bucket": bucket, "prefix": prefix}});
        self.entry.put(&["storage", kind.as_str()], value, Caller::caller());
        self
    }

    /// Adds a view, task template, evaluation form or rule: a document in the form of the API, beside the keys of its section.
    ///
    /// ```
    /// # use deployer_app::{App, Instance, Request};
    /// # use serde_json::json;
    /// # let app = App::new(Request::embedded("shop", "dev"));
    /// # let instance = Instance::new(app.stack(), "shop-dev");
    /// let content = json!({"Template": {"Head": {}, "Body": []}, "Actions": []});
    /// instance.document("views", "detail", content, json!({"description": "Who calls"}));
    /// ```
    #[track_caller]
    pub fn document(&self, section: &str, key: &str, content: Value, keys: Value) -> Document {
        let file = self.entry.stack().content(format!("{section}/{key}"), content);
        let mut value = if let Value::Object(members) = keys { members } else { Map::new() };
        value.insert("file".to_owned(), file.into());
        Document { section: section.to_owned(), entry: self.part("Document", section, key, value, Caller::caller()) }
    }

    /// Adds an entry of any section of `connect` for which there is no method, with its keys as they would be written in YAML.
    ///
    /// ```
    /// # use deployer_app::{App, Instance, Request};
    /// # use serde_json::json;
    /// # let app = App::new(Request::embedded("shop", "dev"));
    /// # let instance = Instance::new(app.stack(), "shop-dev");
    /// instance.declare("agent_statuses", "lunch", json!({"name": "Lunch"}));
    /// # app.graph().unwrap();
    /// ```
    #[track_caller]
    pub fn declare(&self, section: &str, key: &str, keys: Value) -> Document {
        Document { section: section.to_owned(), entry: self.part("Document", section, key, keys, Caller::caller()) }
    }

    /// Returns the instance's ARN.
    pub fn arn(&self) -> Text {
        Text::reference("connect.arn")
    }

    /// Returns the instance's ID.
    pub fn id(&self) -> Text {
        Text::reference("connect.id")
    }

    /// Declares an entry of a section of `connect`.
    pub(crate) fn part(&self, kind: &str, section: &str, key: &str, value: impl Into<Value>, caller: &Caller<'_>) -> Entry {
        Entry::declare(self.entry.stack(), kind, &["connect", section, key], value.into(), caller)
    }

    /// Adds constructs below `name` in the tree, with the position of the caller.
    pub(crate) fn within<T>(&self, name: &str, caller: &Caller<'_>, build: impl FnOnce(&Self) -> T) -> T {
        build(&Self { entry: self.entry.within(name, caller) })
    }

    pub(crate) fn stack(&self) -> &Stack {
        self.entry.stack()
    }
}

/// A recording that flows play.
#[derive(Debug, Clone)]
pub struct Prompt {
    entry: Entry,
}

impl Prompt {
    keys! {
        /// Sets the name that people see in Connect; the key by default.
        name(&str) => "name";
        /// Sets the description; the name by default.
        description(&str) => "description";
    }

    /// Returns the prompt's ARN.
    pub fn arn(&self) -> Text {
        Text::reference(&format!("connect.prompts.{}.arn", self.entry.key()))
    }
}

/// A Lex V2 bot that flows use.
#[derive(Debug, Clone)]
pub struct Bot {
    entry: Entry,
}

impl Bot {
    /// Returns the ARN of the bot's alias.
    pub fn arn(&self) -> Text {
        Text::reference(&format!("connect.bots.{}.arn", self.entry.key()))
    }
}

/// An entry of `connect` that has no construct of its own.
#[derive(Debug, Clone)]
pub struct Document {
    entry: Entry,
    section: String,
}

impl Document {
    /// Returns an output of it, such as `arn` or `id`.
    pub fn output(&self, name: &str) -> Text {
        Text::reference(&format!("connect.{}.{}.{name}", self.section, self.entry.key()))
    }
}
