//! Patterns: several constructs that belong together.

use std::panic::Location as Caller;

use deployer_flow::build::{
    NewFlow, ask, check_hours, create_callback, disconnect, jsonpath, say, set_callback_number, set_queue, transfer_to_queue,
};
use deployer_spec::{Auth, Period};
use serde_json::Value;

use crate::api::Api;
use crate::center::{Hours, Queue};
use crate::flow::Flow;
use crate::function::Function;
use crate::instance::Instance;
use crate::stack::Stack;
use crate::table::{Index, KeyType, Table};

/// What callers of an [`IvrWithCallback`] hear, and how often they are called back.
#[derive(Debug, Clone)]
pub struct IvrWithCallbackProps {
    /// The greeting.
    pub greeting: String,
    /// What is said outside of the hours.
    pub closed: String,
    /// The question whether to be called back (1) or to wait (2).
    pub question: String,
    /// What is said when the call back is arranged.
    pub arranged: String,
    /// Seconds before the first call back.
    pub delay_seconds: u32,
    /// How often it is tried.
    pub attempts: u32,
    /// Seconds between two attempts.
    pub retry_seconds: u32,
}

impl Default for IvrWithCallbackProps {
    fn default() -> Self {
        Self {
            greeting: "Welcome.".to_owned(),
            closed: "We are closed. Please call again during our opening hours.".to_owned(),
            question: "To be called back when it is your turn, press 1. To wait, press 2.".to_owned(),
            arranged: "We will call you back.".to_owned(),
            delay_seconds: 5,
            attempts: 2,
            retry_seconds: 600,
        }
    }
}

/// A line that is answered during its hours: callers wait in a queue, or are called back when it is their turn.
///
/// ```
/// use deployer_app::{App, Instance, IvrWithCallback, IvrWithCallbackProps, PhoneNumberType, Request};
///
/// let app = App::new(Request::embedded("hotline", "dev"));
/// let instance = Instance::new(app.stack(), "hotline-dev");
/// let hours = instance.hours("office", "Europe/Berlin").open_on_weekdays(["09:00-17:00"]);
/// let line = IvrWithCallback::new(&instance, "support", &hours, IvrWithCallbackProps::default());
/// let _number = instance.phone_number("support", PhoneNumberType::TollFree, "US").answered_by(&line.flow);
/// let graph = app.graph().unwrap();
/// assert!(graph.nodes.keys().any(|address| address.as_str() == "queue.support"));
/// ```
#[derive(Debug, Clone)]
pub struct IvrWithCallback {
    /// The queue that callers wait in.
    pub queue: Queue,
    /// The flow that answers them.
    pub flow: Flow,
}

impl IvrWithCallback {
    /// Adds the queue and the flow, both with this key.
    #[track_caller]
    pub fn new(instance: &Instance, key: &str, hours: &Hours, props: IvrWithCallbackProps) -> Self {
        instance.within(key, Caller::caller(), |instance| {
            let queue = instance.queue(key, hours);
            let flow = instance.flow(key, callback_flow(hours, &queue, props));
            Self { queue, flow }
        })
    }
}

fn callback_flow(hours: &Hours, queue: &Queue, props: IvrWithCallbackProps) -> NewFlow {
    deployer_flow::flow! {
        greet: say(props.greeting).then(open).on_error(open),
        open: check_hours().hours(hours).open(route).closed(closed).on_error(closed),
        route: set_queue(queue).then(choose).on_error(bye),
        choose: ask(props.question)
            .seconds(5)
            .on("1", number)
            .on("2", wait)
            .timeout(wait)
            .no_match(wait)
            .on_error(wait),
        number: set_callback_number(jsonpath("$.CustomerEndpoint.Address"))
            .then(callback)
            .on_callback_number_not_dialable(wait)
            .on_invalid_callback_number(wait),
        callback: create_callback()
            .initial_call_delay_seconds(props.delay_seconds)
            .maximum_connection_attempts(props.attempts)
            .retry_delay_seconds(props.retry_seconds)
            .then(arranged)
            .on_error(wait),
        arranged: say(props.arranged).then(bye).on_error(bye),
        wait: transfer_to_queue().at_capacity(bye).on_error(bye),
        closed: say(props.closed).then(bye).on_error(bye),
        bye: disconnect(),
    }
}

/// What a [`VanityApplication`] needs.
#[derive(Debug, Clone)]
pub struct VanityApplicationProps {
    /// The alias of the instance, which is globally unique.
    pub alias: String,
    /// Days from the last call until a caller's item expires; 0: never.
    pub keep_days: u32,
    /// The flow that callers hear, which refers to `${functions.convert.arn}`.
    pub flow: Value,
}

/// The vanity-number application: callers hear words for the digits of their number, and an API shows the latest callers. Its functions are
/// the packages `convert` and `get`.
///
/// ```
/// use deployer_app::{App, Construct, Request, VanityApplication, VanityApplicationProps};
/// use serde_json::json;
///
/// let app = App::new(Request::embedded("vanity", "dev"));
/// let flow = json!({"Version": "2019-10-30", "StartAction": "bye", "Actions": [
///     {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]});
/// let props = VanityApplicationProps { alias: "vanity-dev".into(), keep_days: 30, flow };
/// let vanity = VanityApplication::new(app.stack(), props);
/// vanity.table.retain();
/// # app.graph().unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct VanityApplication {
    /// The table of callers.
    pub table: Table,
    /// The function that the flow invokes.
    pub convert: Function,
    /// The function behind the API.
    pub get: Function,
    /// The instance.
    pub instance: Instance,
    /// The flow.
    pub flow: Flow,
    /// The API.
    pub api: Api,
}

impl VanityApplication {
    /// Adds the application.
    #[track_caller]
    pub fn new(stack: &Stack, props: VanityApplicationProps) -> Self {
        stack.scope("vanity", |stack| {
            let table = Table::keyed_by(stack, "numbers", "id")
                .index("recent", Index::keyed_by("feed").sort_key("updated_at", KeyType::Number))
                .ttl("expires_at")
                .point_in_time_recovery(true);
            let function = |key: &str, timeout: u32| {
                let function = Function::cargo(stack, key).memory_mb(256).timeout_seconds(timeout).log_retention_days(30);
                function.environment("TABLE_NAME", table.name())
            };
            let convert = function("convert", 8).environment("KEEP_DAYS", props.keep_days.to_string());
            let get = function("get", 10);
            table.grant_read_write(&convert);
            table.grant_read(&get);
            let instance = Instance::new(stack, &props.alias).flow_logs(true);
            instance.associate(&convert);
            let flow = instance.flow("vanity", props.flow);
            let api = Api::new(stack);
            // On this machine it is open to everybody; elsewhere listing callers takes a key, for which the page asks.
            let auth = if stack.is_embedded() { Auth::None } else { Auth::ApiKey };
            api.route_with_auth("GET", "/vanity-numbers/{phone}", &get, auth);
            api.route_with_auth("GET", "/vanity-numbers", &get, auth).route("GET", "/", &get);
            let api = if stack.is_embedded() { api } else { api.throttling(10.0, 20).quota(10_000, Period::Day) };
            Self { table, convert, get, instance, flow, api }
        })
    }
}
