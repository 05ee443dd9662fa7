//! Lambda functions.

use std::panic::Location as Caller;

use deployer_spec::Architecture;
use serde_json::{Value, json};

use crate::entry::{Entry, construct, keys};
use crate::stack::Stack;
use crate::text::Text;

/// A Lambda function with its role and its log group, or one that exists without the stack.
///
/// ```
/// use deployer_app::{App, Function, Request};
///
/// let app = App::new(Request::embedded("vanity", "dev"));
/// // The binary of the Cargo package `convert` in the workspace of the project.
/// Function::cargo(app.stack(), "convert")
///     .memory_mb(256)
///     .timeout_seconds(8)
///     .log_retention_days(30)
///     .environment("KEEP_DAYS", "30")
///     // The deployer's own variable ORDERS_TOKEN holds the value; it is never written down.
///     .secret("TOKEN", "ORDERS_TOKEN")
///     .allow(["sns:Publish"], ["arn:aws:sns:us-east-1:111122223333:calls"]);
/// // A directory of the project, which pip completes.
/// Function::directory(app.stack(), "report", "functions/report", "python3.13", "app.handler")
///     .build("pip install -r requirements.txt -t .");
/// assert_eq!(app.graph().unwrap().nodes.len(), 6);
/// ```
#[derive(Debug, Clone)]
pub struct Function {
    entry: Entry,
}

construct!(Function);

impl Function {
    /// Adds the function `project-environment-key` from the Cargo package of the same name.
    #[track_caller]
    pub fn cargo(stack: &Stack, key: &str) -> Self {
        Self::cargo_package(stack, key, key)
    }

    /// Adds a function from a Cargo package of the project's workspace, which has an executable of its own name.
    #[track_caller]
    pub fn cargo_package(stack: &Stack, key: &str, package: &str) -> Self {
        Self::declare(stack, key, json!({"package": package}), Caller::caller())
    }

    /// Adds a function from a directory of the project, which is packed as it is or as [`Self::build`] leaves it.
    #[track_caller]
    pub fn directory(stack: &Stack, key: &str, path: &str, runtime: &str, handler: &str) -> Self {
        let value = json!({"code": {"directory": path}, "runtime": runtime, "handler": handler});
        Self::declare(stack, key, value, Caller::caller())
    }

    /// Adds a function from a zip file of the project.
    #[track_caller]
    pub fn zip(stack: &Stack, key: &str, path: &str, runtime: &str, handler: &str) -> Self {
        let value = json!({"code": {"zip": path}, "runtime": runtime, "handler": handler});
        Self::declare(stack, key, value, Caller::caller())
    }

    /// Adds a function from a zip in a bucket, in the Region of the stack.
    #[track_caller]
    pub fn s3(stack: &Stack, key: &str, bucket: &str, object: &str, runtime: &str, handler: &str) -> Self {
        let value = json!({"code": {"s3": {"bucket": bucket, "key": object}}, "runtime": runtime, "handler": handler});
        Self::declare(stack, key, value, Caller::caller())
    }

    /// Returns a function that exists without the stack, by its name or ARN. It is called, and never changed.
    #[track_caller]
    pub fn existing(stack: &Stack, key: &str, name: &str) -> Self {
        Self::declare(stack, key, json!({"existing": name}), Caller::caller())
    }

    fn declare(stack: &Stack, key: &str, value: Value, caller: &Caller<'_>) -> Self {
        Self { entry: Entry::declare(stack, "Function", &["functions", key], value, caller) }
    }

    keys! {
        /// Sets the description.
        description(&str) => "description";
        /// Sets the memory in MiB; 128 by default.
        memory_mb(u32) => "memory_mb";
        /// Sets the size of `/tmp` in MiB; 512 by default.
        ephemeral_storage_mb(u32) => "ephemeral_storage_mb";
        /// Sets the timeout of a call in seconds; 3 by default.
        timeout_seconds(u32) => "timeout_seconds";
        /// Sets after how many days log events go; never by default.
        log_retention_days(u32) => "log_retention_days";
        /// Sets how many calls at a time are set aside for it.
        reserved_concurrency(u32) => "reserved_concurrency";
        /// Sets whether X-Ray traces it; `false` by default.
        tracing(bool) => "tracing";
        /// Sets the ARN of the queue or topic for events of asynchronous calls that failed.
        dead_letter(&str) => "dead_letter";
    }

    /// Sets the processor architecture; x86_64 by default.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn architecture(self, architecture: Architecture) -> Self {
        self.entry.put(&["architecture"], architecture.as_str(), Caller::caller());
        self
    }

    /// Sets the shell command that prepares a copy of the directory.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn build(self, command: &str) -> Self {
        self.entry.put(&["code", "build"], command, Caller::caller());
        self
    }

    /// Adds a layer, by the ARN of its version.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn layer(self, arn: &str) -> Self {
        self.entry.push(&["layers"], arn, Caller::caller());
        self
    }

    /// Sets an environment variable.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn environment(self, name: &str, value: impl Into<Text>) -> Self {
        self.entry.put(&["environment", name], value.into(), Caller::caller());
        self
    }

    /// Sets an environment variable to the value of `variable` in the deployer's own environment, which only the function sees.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn secret(self, name: &str, variable: &str) -> Self {
        self.entry.put(&["environment", name], json!({"secret": variable}), Caller::caller());
        self
    }

    /// Lets the function do these actions of IAM with these resources.
    #[track_caller]
    pub fn allow<A: AsRef<str>, R: Into<Text>>(
        &self,
        actions: impl IntoIterator<Item = A>,
        resources: impl IntoIterator<Item = R>,
    ) -> &Self {
        let actions: Vec<String> = actions.into_iter().map(|action| action.as_ref().to_owned()).collect();
        let resources: Vec<Text> = resources.into_iter().map(Into::into).collect();
        self.entry.push(&["allow"], json!({"actions": actions, "resources": resources}), Caller::caller());
        self
    }

    /// Sets an environment variable to an output of a resource that [`Stack::add`] added.
    #[track_caller]
    pub fn environment_output(&self, name: &str, output: impl Into<deployer_engine::Expr>) -> &Self {
        self.entry.stack().override_with_output(self.entry.address(), &format!("environment.{name}"), output);
        self
    }

    /// Returns the function's ARN.
    pub fn arn(&self) -> Text {
        Text::reference(&format!("functions.{}.arn", self.entry.key()))
    }

    /// Returns the function's name in AWS.
    pub fn name(&self) -> Text {
        Text::reference(&format!("functions.{}.name", self.entry.key()))
    }

    /// Adds access to a table to what the function may do.
    pub(crate) fn grant(&self, table: &str, access: &str, caller: &Caller<'_>) {
        let location = self.entry.stack().location(caller);
        self.entry.change(&["grants", table], &location, |slot| {
            let both = slot.as_str().is_some_and(|earlier| earlier != access);
            *slot = if both { "read-write" } else { access }.into();
        });
    }
}
