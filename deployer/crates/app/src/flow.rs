//! Contact flows and modules.

use std::panic::Location as Caller;

use deployer_spec::FlowType;
use serde_json::{Value, json};

use crate::entry::{Entry, construct, keys};
use crate::instance::Instance;
use crate::text::Text;

construct!(Flow, Module);

impl Instance {
    /// Adds a contact flow, published and active.
    ///
    /// Its content is built with [`flow!`](crate::flow!), where constructs are references, or is the JSON of the Flow language, in whose
    /// texts references stand for resources: `json!({"QueueId": queue.arn()})`. The deployer checks it as it checks files, and writes it to
    /// `.deployer/app/ENV/flows/KEY.json`, where messages point to.
    ///
    /// ```
    /// use deployer_app::build::{disconnect, invoke, say, set_queue, transfer_to_queue};
    /// use deployer_app::{App, Function, Instance, Queue, Request, flow};
    /// # let app = App::new(Request::embedded("shop", "dev"));
    ///
    /// let instance = Instance::new(app.stack(), "shop-dev");
    /// let lookup = Function::cargo(app.stack(), "lookup");
    /// instance.associate(&lookup);
    /// let hours = instance.hours("office", "Europe/Berlin").open_on_weekdays(["09:00-17:00"]);
    /// let support = instance.queue("support", &hours);
    /// instance.flow("main", flow! {
    ///     greet: say("Welcome.").then(find),
    ///     find: invoke(&lookup).seconds(5).then(route).on_error(route),
    ///     route: set_queue(&support).then(wait).on_error(bye),
    ///     wait: transfer_to_queue().at_capacity(bye).on_error(bye),
    ///     bye: disconnect(),
    /// });
    /// # app.graph().unwrap();
    /// ```
    ///
    /// ```
    /// # use deployer_app::{App, Instance, Request};
    /// # use serde_json::json;
    /// # let app = App::new(Request::embedded("shop", "dev"));
    /// # let instance = Instance::new(app.stack(), "shop-dev");
    /// let main = instance.flow("main", json!({
    ///     "Version": "2019-10-30",
    ///     "StartAction": "bye",
    ///     "Actions": [{"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}],
    /// }));
    /// assert_eq!(main.arn().to_string(), "${connect.flows.main.arn}");
    /// # app.graph().unwrap();
    /// ```
    #[track_caller]
    pub fn flow(&self, key: &str, content: impl Into<Value>) -> Flow {
        let file = self.stack().content(format!("flows/{key}"), content.into());
        Flow { entry: self.part("Flow", "flows", key, json!({"file": file}), Caller::caller()) }
    }

    /// Adds a contact flow from a file of the project.
    #[track_caller]
    pub fn flow_from_file(&self, key: &str, file: &str) -> Flow {
        Flow { entry: self.part("Flow", "flows", key, json!({"file": file}), Caller::caller()) }
    }

    /// Adds a flow module, as [`Self::flow`] does.
    #[track_caller]
    pub fn module(&self, key: &str, content: impl Into<Value>) -> Module {
        let file = self.stack().content(format!("modules/{key}"), content.into());
        Module { entry: self.part("Module", "modules", key, json!({"file": file}), Caller::caller()) }
    }

    /// Adds a flow module from a file of the project.
    #[track_caller]
    pub fn module_from_file(&self, key: &str, file: &str) -> Module {
        Module { entry: self.part("Module", "modules", key, json!({"file": file}), Caller::caller()) }
    }
}

/// A contact flow.
#[derive(Debug, Clone)]
pub struct Flow {
    entry: Entry,
}

impl Flow {
    keys! {
        /// Sets the name that people see in Connect; the key by default.
        name(&str) => "name";
        /// Sets the description.
        description(&str) => "description";
    }

    /// Sets the type; a flow that answers calls by default.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn flow_type(self, of: FlowType) -> Self {
        self.entry.put(&["type"], of.as_str(), Caller::caller());
        self
    }

    /// Keeps the flow as a draft: callers do not reach it, and Connect does not check it.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn only_saved(self) -> Self {
        self.entry.put(&["status"], "SAVED", Caller::caller());
        self
    }

    /// Returns the flow's ARN, as other flows refer to it.
    pub fn arn(&self) -> Text {
        Self::arn_of(self.entry.key())
    }

    /// Returns the ARN of the flow with this key, for flows that refer to each other before both have been added.
    pub fn arn_of(key: &str) -> Text {
        Text::reference(&format!("connect.flows.{key}.arn"))
    }
}

/// A flow module.
#[derive(Debug, Clone)]
pub struct Module {
    entry: Entry,
}

impl Module {
    keys! {
        /// Sets the name that people see in Connect; the key by default.
        name(&str) => "name";
        /// Sets the description; the name by default.
        description(&str) => "description";
    }

    /// Returns the module's ARN, as flows refer to it.
    pub fn arn(&self) -> Text {
        Text::reference(&format!("connect.modules.{}.arn", self.entry.key()))
    }
}
