//! The REST API.

use std::panic::Location as Caller;

use deployer_spec::{Auth, Period};
use serde_json::{Value, json};

use crate::entry::{Construct, Entry, construct, keys};
use crate::function::Function;
use crate::stack::Stack;
use crate::text::Text;

/// The REST API of the stack, with one stage.
///
/// ```
/// use deployer_app::{Api, App, Auth, Certificate, Function, Request};
///
/// let app = App::new(Request::embedded("vanity", "dev"));
/// let get = Function::cargo(app.stack(), "get");
/// let api = Api::new(app.stack()).domain("vanity-dev.example", Certificate::self_signed());
/// api.route("GET", "/", &get);
/// api.route_with_auth("GET", "/numbers/{phone}", &get, Auth::ApiKey);
/// # app.graph().unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Api {
    entry: Entry,
}

construct!(Api);

impl Api {
    /// Adds the API with the stage `live`. It needs a route.
    #[track_caller]
    pub fn new(stack: &Stack) -> Self {
        Self { entry: Entry::declare(stack, "Api", &["api"], json!({}), Caller::caller()) }
    }

    keys! {
        /// Sets the description.
        description(&str) => "description";
        /// Sets the name of the stage; `live` by default.
        stage_name(&str) => "stage";
        /// Sets how many milliseconds it waits for a function; 29,000 by default.
        timeout_ms(u32) => "timeout_ms";
        /// Sets whether X-Ray traces calls; `false` by default.
        tracing(bool) => "tracing";
    }

    /// Limits all routes together: calls a second, and calls at once.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn throttling(self, rate: f64, burst: u32) -> Self {
        self.entry.put(&["throttling"], json!({"rate_limit": rate, "burst_limit": burst}), Caller::caller());
        self
    }

    /// Limits the API key to so many calls in each period.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn quota(self, limit: u32, period: Period) -> Self {
        self.entry.put(&["api_key", "quota"], json!({"limit": limit, "period": period.as_str()}), Caller::caller());
        self
    }

    /// Adds a custom domain with its certificate.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn domain(self, name: &str, certificate: Certificate) -> Self {
        self.entry.put(&["domain"], name, Caller::caller());
        self.entry.put(&["certificate"], certificate.0, Caller::caller());
        self
    }

    /// Adds a custom domain, with an alias record for it in a public hosted zone of Route 53.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn domain_in_zone(self, name: &str, zone: &str, certificate: Certificate) -> Self {
        self.entry.put(&["domain"], json!({"name": name, "zone": zone}), Caller::caller());
        self.entry.put(&["certificate"], certificate.0, Caller::caller());
        self
    }

    /// Lets the function answer `method path`, such as `GET` and `/numbers/{phone}`.
    #[track_caller]
    pub fn route(&self, method: &str, path: &str, function: &Function) -> &Self {
        self.target(method, path, json!(function.entry().key()), Caller::caller())
    }

    /// Adds a route as [`Self::route`] does, for requests with this authorization. The API gets a key if the route asks for one.
    #[track_caller]
    pub fn route_with_auth(&self, method: &str, path: &str, function: &Function, auth: Auth) -> &Self {
        if auth == Auth::ApiKey {
            let location = self.entry.stack().location(Caller::caller());
            self.entry.change(&["api_key"], &location, |slot| {
                if slot.is_null() {
                    *slot = json!({});
                }
            });
        }
        self.target(method, path, json!({"function": function.entry().key(), "auth": auth.as_str()}), Caller::caller())
    }

    fn target(&self, method: &str, path: &str, target: Value, caller: &Caller<'_>) -> &Self {
        let route = format!("{method} {path}");
        let (location, full) = (self.entry.stack().location(caller), format!("api.routes.{route}"));
        match self.entry.stack().position(&full) {
            Some(earlier) => self.entry.stack().twice(&full, &earlier, location),
            None => self.entry.put(&["routes", &route], target, caller),
        }
        self
    }

    /// Returns the URL of the stage.
    pub fn url(&self) -> Text {
        Text::reference("api.url")
    }
}

/// The certificate of a custom domain.
#[derive(Debug, Clone)]
pub struct Certificate(Value);

impl Certificate {
    /// Returns one that the deployer makes and renews, valid for a year: for the embedded AWS and for tests.
    pub fn self_signed() -> Self {
        Self(json!({"self_signed": {}}))
    }

    /// Returns one that exists in ACM, by its ARN.
    pub fn acm(arn: &str) -> Self {
        Self(json!({"acm": arn}))
    }

    /// Returns a public one, requested from ACM, with its validation record in a hosted zone.
    pub fn dns(zone: &str) -> Self {
        Self(json!({"dns": {"zone": zone}}))
    }

    /// Returns one from PEM files of the project.
    pub fn files(certificate: &str, key: &str) -> Self {
        Self(json!({"files": {"certificate": certificate, "key": key}}))
    }

    /// Sets another key of the certificate, such as `validity_days`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Value::Object(kinds) = &mut self.0 {
            let value = value.into();
            kinds.values_mut().filter_map(Value::as_object_mut).for_each(|keys| drop(keys.insert(key.to_owned(), value.clone())));
        }
        self
    }
}
