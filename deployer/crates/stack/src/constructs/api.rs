//! A REST API with one stage and optionally a custom domain.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use deployer_engine::{Address, Expr};
use deployer_resources::{
    ApiKeyProperties, Auth, BasePathMapping, BasePathMappingProperties, Deployment, DeploymentProperties, Handle, Quota, RestApi,
    RestApiProperties, Route, Stage, StageProperties, UsagePlan, UsagePlanProperties,
};
use serde_json::{Number, Value, json};
use sha2::{Digest, Sha256};

use crate::constructs::domain::Domain;
use crate::constructs::function_handle::Function;
use crate::stack::Stack;

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
    handle: Handle<RestApi>,
    props: Rc<ApiProps>,
    routes: Rc<RefCell<BTreeMap<String, (Function, Auth)>>>,
    /// Permissions to invoke the functions behind the routes.
    permissions: Rc<RefCell<BTreeSet<Address>>>,
}

impl Api {
    /// Adds the API, its deployment and stage, and the domain with certificate and mapping. It has no routes yet, and AWS rejects the
    /// deployment of an API without routes.
    pub fn new(stack: &Stack, name: &str, props: ApiProps) -> Self {
        let handle = Handle::at(Address::new("api", name));
        let (routes, permissions) = (Rc::default(), Rc::default());
        let api = Self { stack: stack.clone(), name: name.to_owned(), handle, props: Rc::new(props), routes, permissions };
        api.write();
        api
    }

    /// Returns the API's address.
    pub fn address(&self) -> &Address {
        self.handle.address()
    }

    /// Routes `method path` (`GET /numbers/{phone}`) to the function, and lets API Gateway invoke it for this API's stage.
    pub fn route(&self, method: &str, path: &str, function: &Function) {
        self.route_with_auth(method, path, function, Auth::None);
    }

    /// Adds a route as [`Self::route`] does, for requests with the authorization `auth`.
    pub fn route_with_auth(&self, method: &str, path: &str, function: &Function, auth: Auth) {
        self.routes.borrow_mut().insert(format!("{method} {path}"), (function.clone(), auth));
        let source = Expr::Text(vec![self.handle.execution_arn().into(), Expr::from(format!("/{}/*", self.props.stage))]);
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
        let address = Address::new("api_key", &self.name);
        let properties = ApiKeyProperties {
            name: settings.base_name(),
            description: self.props.description.clone(),
            enabled: props.enabled,
            tags: settings.tags_of(&address),
        };
        let key: Handle<deployer_resources::ApiKey> = self.stack.add(address, &properties, []);
        let address = self.usage_plan();
        let properties = UsagePlanProperties {
            name: settings.base_name(),
            description: self.props.description.clone(),
            rest_api_id: self.handle.id(),
            stage: self.stage().name(),
            api_key_id: key.id(),
            throttling: limits(props.throttling),
            quota: props.quota.as_ref().map(|(limit, period)| Quota { limit: *limit, period: period.clone() }),
            tags: settings.tags_of(&address),
        };
        self.stack.add::<UsagePlan>(address, &properties, []);
    }

    fn usage_plan(&self) -> Address {
        Address::new("usage_plan", &self.name)
    }

    fn stage(&self) -> Handle<Stage> {
        Handle::at(Address::new("stage", &self.name))
    }

    fn write_api(&self) {
        let route = |(function, auth): &(Function, Auth)| Route {
            function_arn: function.arn(),
            timeout_ms: self.props.timeout_ms,
            auth: *auth,
        };
        let properties = RestApiProperties {
            name: self.stack.settings().base_name(),
            description: self.props.description.clone(),
            routes: self.routes.borrow().iter().map(|(key, target)| (key.clone(), route(target))).collect(),
            tags: self.stack.settings().tags_of(self.address()),
        };
        self.stack.add::<RestApi>(self.address().clone(), &properties, []);
        // API Gateway does not validate the URI of an integration: it may contain stage variables, which are known only when a route is
        // called (API Gateway developer guide, "Use API Gateway stage variables").
        for (function, _) in self.routes.borrow().values() {
            if let Some(function) = function.address() {
                self.stack.mark_unchecked(self.address(), function.clone());
            }
        }
    }

    fn write_stage(&self) {
        let properties = DeploymentProperties { rest_api_id: self.handle.id(), digest: self.digest() };
        let deployment = self.stack.add::<Deployment>(Address::new("deployment", &self.name), &properties, []);
        let stage = self.stage().address().clone();
        let properties = StageProperties {
            rest_api_id: self.handle.id(),
            name: self.props.stage.clone(),
            deployment_id: deployment.id(),
            description: self.props.description.clone(),
            tracing: self.props.tracing,
            throttling: limits(self.props.throttling),
            tags: self.stack.settings().tags_of(&stage),
        };
        // A stage moves to a deployment once it may invoke the functions of that deployment. A new stage may have no callers yet.
        let permissions = self.permissions.borrow();
        self.stack.add::<Stage>(stage.clone(), &properties, permissions.iter().cloned());
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
            .map(|(key, (function, auth))| (key.as_str(), json!([function.full_name(), self.props.timeout_ms, auth])))
            .collect();
        let bound = json!({"account": settings.account, "region": settings.region, "routes": routes});
        hex::encode(Sha256::digest(bound.to_string()))
    }

    fn write_domain(&self, props: &Domain) {
        let domain = props.write(&self.stack, &self.name);
        let properties = BasePathMappingProperties {
            domain: domain.domain(),
            base_path: String::new(),
            rest_api_id: self.handle.id(),
            stage: self.stage().name(),
        };
        // A domain moves to a stage once the keys of its callers are valid for that stage. A new domain may have no callers yet.
        let plan = self.props.api_key.as_ref().map(|_| self.usage_plan());
        let mapping: Handle<BasePathMapping> = self.stack.add(Address::new("mapping", &self.name), &properties, plan.clone());
        if let Some(plan) = plan {
            self.stack.mark_unchecked(mapping.address(), plan);
        }
    }
}

fn limits(throttling: Option<Throttling>) -> Option<deployer_resources::Throttling> {
    let Throttling { rate_limit, burst_limit } = throttling?;
    Some(deployer_resources::Throttling { rate_limit: Number::from_f64(rate_limit)?, burst_limit })
}
