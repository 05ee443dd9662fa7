//! A REST API with one stage and optionally a custom domain with a self-signed certificate.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use deployer_engine::{Address, Expr};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::constructs::function::Function;
use crate::stack::Stack;

/// Authorization that requests to a route need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Auth {
    /// No authorization.
    #[default]
    None,
    /// The API's key.
    ApiKey,
    /// A signature with AWS credentials.
    Iam,
}

impl Auth {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ApiKey => "api_key",
            Self::Iam => "iam",
        }
    }
}

/// An API key with its usage plan.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    /// Whether requests with the key are accepted.
    pub enabled: bool,
    /// Throttling limits of the key; `None` means only the stage's.
    pub throttling: Option<Throttling>,
    /// Maximum number of requests per period (`DAY`, `WEEK`, `MONTH`).
    pub quota: Option<(u32, String)>,
}

/// Throttling limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttling {
    /// Steady-state requests per second.
    pub rate_limit: f64,
    /// Burst limit in requests.
    pub burst_limit: u32,
}

/// A custom domain with a self-signed certificate.
#[derive(Debug, Clone)]
pub struct Domain {
    /// The domain name.
    pub domain: String,
    /// The type of the certificate's key, as in ACM's `KeyAlgorithm`: `RSA_2048` or `EC_prime256v1`.
    pub key_algorithm: String,
    /// Validity period of a certificate in days.
    pub validity_days: u32,
    /// Number of days before expiry at which it is renewed.
    pub renew_before_days: u32,
}

/// Properties of an API.
#[derive(Debug, Clone)]
pub struct ApiProps {
    /// The description.
    pub description: String,
    /// The stage's name.
    pub stage: String,
    /// Integration timeout in milliseconds.
    pub timeout_ms: u32,
    /// Whether X-Ray traces requests.
    pub tracing: bool,
    /// Throttling limits of the stage; `None` means the account's.
    pub throttling: Option<Throttling>,
    /// The key for routes that require one.
    pub api_key: Option<ApiKey>,
    /// The custom domain.
    pub domain: Option<Domain>,
}

/// An API in a stack.
#[derive(Debug, Clone)]
pub struct Api {
    stack: Stack,
    name: String,
    address: Address,
    props: Rc<ApiProps>,
    routes: Rc<RefCell<BTreeMap<String, (Function, Auth)>>>,
    /// Permissions to invoke the functions behind the routes.
    permissions: Rc<RefCell<BTreeSet<Address>>>,
}

impl Api {
    /// Adds the API, its deployment and stage, and the domain with certificate and mapping. It has no routes yet, and AWS rejects the
    /// deployment of an API without routes.
    pub fn new(stack: &Stack, name: &str, props: ApiProps) -> Self {
        let address = Address::new("api", name);
        let (routes, permissions) = (Rc::default(), Rc::default());
        let api = Self { stack: stack.clone(), name: name.to_owned(), address, props: Rc::new(props), routes, permissions };
        api.write();
        api
    }

    /// Returns the API's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Routes `method path` (`GET /numbers/{phone}`) to the function, and lets API Gateway invoke it for this API's stage.
    pub fn route(&self, method: &str, path: &str, function: &Function) {
        self.route_with_auth(method, path, function, Auth::None);
    }

    /// Adds a route as [`Self::route`] does, for requests with the authorization `auth`.
    pub fn route_with_auth(&self, method: &str, path: &str, function: &Function, auth: Auth) {
        self.routes.borrow_mut().insert(format!("{method} {path}"), (function.clone(), auth));
        let source =
            Expr::Text(vec![Expr::output(&self.address, "execution_arn"), Expr::from(format!("/{}/*", self.props.stage))]);
        let permission =
            function.add_permission("api", &format!("-{}", self.props.stage), "apigateway.amazonaws.com", source, None);
        self.permissions.borrow_mut().insert(permission);
        self.write();
    }

    fn write(&self) {
        self.write_api();
        self.write_stage();
        if let Some(key) = &self.props.api_key {
            self.write_key(key);
        }
        if let Some(domain) = &self.props.domain {
            self.write_domain(domain);
        }
    }

    fn write_key(&self, props: &ApiKey) {
        let settings = self.stack.settings();
        let (key, plan) = (Address::new("api_key", &self.name), Address::new("usage_plan", &self.name));
        let named = || [("name", Expr::from(settings.base_name())), ("description", Expr::from(self.props.description.as_str()))];
        let own = [("enabled", Expr::Value(json!(props.enabled))), ("tags", settings.tags_of(&key))];
        self.stack.add(&key, "apigateway.api_key", Expr::map(named().into_iter().chain(own)), []);
        let quota = props.quota.as_ref().map(|(limit, period)| json!({"limit": limit, "period": period}));
        let own = [
            ("rest_api_id", Expr::output(&self.address, "id")),
            ("stage", Expr::output(&Address::new("stage", &self.name), "name")),
            ("api_key_id", Expr::output(&key, "id")),
            ("throttling", Expr::Value(limits(props.throttling))),
            ("quota", Expr::Value(json!(quota))),
            ("tags", settings.tags_of(&plan)),
        ];
        self.stack.add(&plan, "apigateway.usage_plan", Expr::map(named().into_iter().chain(own)), []);
    }

    fn write_api(&self) {
        let route = |(function, auth): &(Function, Auth)| {
            let timeout = Expr::Value(json!(self.props.timeout_ms));
            Expr::map([("function_arn", function.arn()), ("timeout_ms", timeout), ("auth", Expr::from(auth.as_str()))])
        };
        let routes = self.routes.borrow().iter().map(|(key, target)| (key.clone(), route(target))).collect();
        let properties = Expr::map([
            ("name", Expr::from(self.stack.settings().base_name())),
            ("description", Expr::from(self.props.description.as_str())),
            ("routes", Expr::Map(routes)),
            ("tags", self.stack.settings().tags_of(&self.address)),
        ]);
        self.stack.add(&self.address, "apigateway.rest_api", properties, []);
        // API Gateway does not validate the URI of an integration: it may contain stage variables, which are known only when a route is
        // called (API Gateway developer guide, "Use API Gateway stage variables").
        for (function, _) in self.routes.borrow().values() {
            self.stack.mark_unchecked(&self.address, function.address().clone());
        }
    }

    fn write_stage(&self) {
        let (deployment, stage) = (Address::new("deployment", &self.name), Address::new("stage", &self.name));
        let api_id = Expr::output(&self.address, "id");
        let properties = Expr::map([("rest_api_id", api_id.clone()), ("digest", Expr::from(self.digest()))]);
        self.stack.add(&deployment, "apigateway.deployment", properties, []);
        let throttling = limits(self.props.throttling);
        let properties = Expr::map([
            ("rest_api_id", api_id),
            ("name", Expr::from(self.props.stage.as_str())),
            ("deployment_id", Expr::output(&deployment, "id")),
            ("description", Expr::from(self.props.description.as_str())),
            ("tracing", Expr::Value(json!(self.props.tracing))),
            ("throttling", Expr::Value(json!(throttling))),
            ("tags", self.stack.settings().tags_of(&stage)),
        ]);
        // A stage moves to a deployment once it may invoke the functions of that deployment. A new stage may have no callers yet.
        let permissions = self.permissions.borrow();
        self.stack.add(&stage, "apigateway.stage", properties, permissions.iter().cloned());
        for permission in permissions.iter() {
            self.stack.mark_unchecked(&stage, permission.clone());
        }
    }

    /// Returns the digest of a deployment's content: every route with its function. Function names are fixed by the stack, so the digest is
    /// known before anything exists.
    fn digest(&self) -> String {
        let settings = self.stack.settings();
        let routes = self.routes.borrow();
        let routes: BTreeMap<&str, Value> = routes
            .iter()
            .map(|(key, (function, auth))| {
                (key.as_str(), json!([settings.name(function.key()), self.props.timeout_ms, auth.as_str()]))
            })
            .collect();
        let bound = json!({"account": settings.account, "region": settings.region, "routes": routes});
        hex::encode(Sha256::digest(bound.to_string()))
    }

    fn write_domain(&self, props: &Domain) {
        let settings = self.stack.settings();
        let certificate = Address::new("certificate", &self.name);
        let domain = Address::new("domain", &self.name);
        let mapping = Address::new("mapping", &self.name);
        let properties = Expr::map([
            ("domain", Expr::from(props.domain.as_str())),
            ("alternative_names", Expr::Value(json!([]))),
            ("key_algorithm", Expr::from(props.key_algorithm.as_str())),
            ("validity_days", Expr::Value(json!(props.validity_days))),
            ("renew_before_days", Expr::Value(json!(props.renew_before_days))),
            ("tags", settings.tags_of(&certificate)),
        ]);
        self.stack.add(&certificate, "acm.certificate", properties, []);
        let properties = Expr::map([
            ("domain", Expr::from(props.domain.as_str())),
            ("certificate_arn", Expr::output(&certificate, "arn")),
            ("security_policy", Expr::from("TLS_1_2")),
            ("tags", settings.tags_of(&domain)),
        ]);
        self.stack.add(&domain, "apigateway.domain_name", properties, []);
        let properties = Expr::map([
            ("domain", Expr::output(&domain, "domain")),
            ("base_path", Expr::from("")),
            ("rest_api_id", Expr::output(&self.address, "id")),
            ("stage", Expr::output(&Address::new("stage", &self.name), "name")),
        ]);
        // A domain moves to a stage once the keys of its callers are valid for that stage. A new domain may have no callers yet.
        let plan = self.props.api_key.as_ref().map(|_| Address::new("usage_plan", &self.name));
        self.stack.add(&mapping, "apigateway.base_path_mapping", properties, plan.clone());
        if let Some(plan) = plan {
            self.stack.mark_unchecked(&mapping, plan);
        }
    }
}

fn limits(throttling: Option<Throttling>) -> Value {
    json!(throttling.map(|limits| json!({"rate_limit": limits.rate_limit, "burst_limit": limits.burst_limit})))
}
