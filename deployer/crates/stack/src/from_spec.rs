//! The stack of an environment's spec.

mod connect;
mod existing;
mod function;
mod transfer;
mod workspace;

pub use existing::meant;

use std::collections::BTreeMap;
use std::sync::Arc;

use deployer_engine::{Address, Expr, Graph};
use deployer_resources::{
    Auth, ConnectAgentStatus, ConnectContactFlow, ConnectEvaluationForm, ConnectHours, ConnectInstance, ConnectModule,
    ConnectPhoneNumber, ConnectPrompt, ConnectQueue, ConnectRoutingProfile, ConnectRule, ConnectTaskTemplate, ConnectUser,
    ConnectView, DynamodbTable, ExistingInstance, Handle, LambdaFunction, RestApi, Stage,
};
use deployer_spec::{Access, Diagnostic, Spec};
use serde_json::Value;

use crate::assembly::{Assembly, AssemblyProblem};
use crate::constructs::api::{Api, ApiKey, ApiProps, Throttling};
use crate::constructs::domain::{Certificate, CertificateFromFiles, Domain};
use crate::constructs::function_handle::Function;
use crate::constructs::table::{Encryption, Index, KeyType, Projection, Table, TableProps};
use crate::content::UndefinedReference;
use crate::lifecycle;
use crate::settings::Settings;
use crate::stack::Stack;

/// Inputs of a stack besides the spec: facts about AWS, and files read or built on this machine.
#[derive(Debug, Clone, Default)]
pub struct BuildInputs {
    /// The account ID.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Digests of the functions' zips by function name; a missing one is empty (enough for a removal).
    pub code_sha256: BTreeMap<String, String>,
    /// Digests of secret environment values, by function and variable; a missing one is empty (enough for a removal).
    pub secrets: BTreeMap<(String, String), String>,
    /// Digests of passwords by user; a missing one is empty (enough for a removal).
    pub passwords: BTreeMap<String, String>,
    /// Digests of recordings from files by prompt name; a missing one is empty (enough for a removal).
    pub recordings: BTreeMap<String, String>,
    /// Outputs of other environments, by reference as [`deployer_spec::Reference`] is written; a missing one is empty (enough for a removal).
    pub outputs: BTreeMap<String, String>,
    /// Contents of the certificate from files; the default if there is none (enough for a removal).
    pub certificate: CertificateFromFiles,
    /// Contents of the flows by flow name.
    pub flows: BTreeMap<String, Value>,
    /// Contents of the flow modules by module name.
    pub modules: BTreeMap<String, Value>,
    /// The existing instance that the spec names, as it was looked up. Without it every name in the instance is taken to exist, which is
    /// enough to check the rest.
    pub existing: Option<ExistingInstance>,
    /// What a program declares besides the spec's sections: resources and overrides.
    pub assembly: Option<Arc<Assembly>>,
    /// Contents of the files of views, task templates, evaluation forms and rules, by section and name, such as `views.detail`.
    pub documents: BTreeMap<String, Value>,
}

/// An error of a spec that only the resources show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A reference in the content of a flow or module to something that the spec does not have.
    Undefined {
        /// The name of the flow or module.
        flow: String,
        /// Whether it is a module.
        in_module: bool,
        /// The reference and its position.
        undefined: UndefinedReference,
    },
    /// A resource or an override of a program that does not fit the rest of the stack.
    Assembly(AssemblyProblem),
    /// A lifecycle of something that the stack does not have; the diagnostic has no file yet.
    Lifecycle(Box<Diagnostic>),
}

/// Returns the graph of all resources of the spec.
///
/// # Errors
/// Returns all problems at once: unknown references of flows, overrides and lifecycles that do not fit.
pub fn from_spec(spec: &Spec, inputs: &BuildInputs) -> Result<Graph, Vec<Problem>> {
    let mut settings = Settings::new(spec.project.as_str(), spec.environment.as_str(), &inputs.account, &inputs.region);
    settings.tags = spec.tags.clone();
    settings.first_keys = lifecycle::first_keys(spec);
    let stack = Stack::new(settings);
    let tables: BTreeMap<&str, Table> =
        spec.tables.iter().map(|(name, table)| (name.as_str(), Table::new(&stack, name.as_str(), table_props(table)))).collect();
    let within = References { stack: &stack, spec, inputs };
    let functions: BTreeMap<&str, Function> =
        spec.functions.keys().map(|name| (name.as_str(), function::function(&within, name.as_str()))).collect();
    grant(spec, &tables, &functions);
    let problems = connect::connect(&stack, spec, inputs, &functions);
    api(&stack, spec, inputs, &functions);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut graph = stack.synthesize();
    if let Some(assembly) = &inputs.assembly {
        let problems = assembly.apply(&mut graph);
        if !problems.is_empty() {
            return Err(problems.into_iter().map(Problem::Assembly).collect());
        }
    }
    let faults = lifecycle::declare(spec, &mut graph);
    if faults.is_empty() { Ok(graph) } else { Err(faults.into_iter().map(|fault| Problem::Lifecycle(Box::new(fault))).collect()) }
}

/// Returns the output called `$what`, if it is one of these outputs of the resource.
macro_rules! output {
    ($resource:expr, $what:ident: $($output:ident),+) => {{
        let resource = $resource;
        match $what {
            $(stringify!($output) => Some(Expr::from(resource.$output())),)+
            _ => None,
        }
    }};
}

/// Returns the expression for `${name}` in a stack of this spec; `None` if the spec has nothing of this name.
pub fn reference_in(spec: &Spec, inputs: &BuildInputs, name: &str) -> Option<Expr> {
    let settings = Settings::new(spec.project.as_str(), spec.environment.as_str(), &inputs.account, &inputs.region);
    reference(&References { stack: &Stack::new(settings), spec, inputs }, name)
}

/// What references are resolved with.
#[derive(Clone, Copy)]
struct References<'r> {
    /// Records the existing resources that are referred to.
    stack: &'r Stack,
    spec: &'r Spec,
    inputs: &'r BuildInputs,
}

/// Returns the expression for `${name}`; `None` if neither the spec nor its existing instance has anything of this name.
fn reference(within: &References<'_>, name: &str) -> Option<Expr> {
    let References { spec, inputs, .. } = within;
    let parts: Vec<&str> = name.split('.').collect();
    match *parts {
        ["project"] => Some(Expr::from(spec.project.as_str())),
        ["environment"] => Some(Expr::from(spec.environment.as_str())),
        ["region"] => Some(Expr::from(inputs.region.as_str())),
        ["account"] => Some(Expr::from(inputs.account.as_str())),
        ["tables", key, what] if spec.tables.contains_key(key) => {
            output!(Handle::<DynamodbTable>::at(Address::new("table", key)), what: name, arn)
        }
        ["functions", key, what] => function_reference(spec, inputs, key, what),
        ["connect", what] if within.existing().is_some() => within.existing_output(what),
        ["connect", what] if spec.connect.is_some() => {
            output!(Handle::<ConnectInstance>::at(Address::new("instance", "main")), what: id, arn, alias)
        }
        ["connect", section, key, what] => {
            let declared = connect_reference(spec.connect.as_ref()?, section, key, what);
            declared.or_else(|| within.in_instance(section, key, what).map(Expr::from))
        }
        ["api", what] => api_reference(spec.api.as_ref()?, what),
        _ => None,
    }
}

fn function_reference(spec: &Spec, inputs: &BuildInputs, key: &str, what: &str) -> Option<Expr> {
    match (spec.functions.get(key)?.existing_name(), what) {
        (Some(name), "name") => Some(Expr::from(name)),
        (Some(name), "arn") => Some(Expr::from(format!("arn:aws:lambda:{}:{}:function:{name}", inputs.region, inputs.account))),
        (Some(_), _) => None,
        (None, what) => output!(Handle::<LambdaFunction>::at(Address::new("function", key)), what: name, arn),
    }
}

fn connect_reference(connect: &deployer_spec::Connect, section: &str, key: &str, what: &str) -> Option<Expr> {
    macro_rules! resource {
        ($declared:expr, $type:ty, $kind:literal: $($output:ident),+) => {
            $declared.contains_key(key).then(|| Handle::<$type>::at(Address::new($kind, key)))
                .and_then(|resource| output!(resource, what: $($output),+))
        };
    }
    match section {
        "flows" => resource!(connect.flows, ConnectContactFlow, "flow": id, arn),
        "modules" => resource!(connect.modules, ConnectModule, "module": id, arn),
        "queues" => resource!(connect.queues, ConnectQueue, "queue": id, arn),
        "hours" => resource!(connect.hours, ConnectHours, "hours": id, arn),
        "routing_profiles" => resource!(connect.routing_profiles, ConnectRoutingProfile, "routing_profile": id, arn),
        "users" => resource!(connect.users, ConnectUser, "user": id, arn),
        "phone_numbers" => resource!(connect.phone_numbers, ConnectPhoneNumber, "phone_number": id, arn, number),
        "prompts" => resource!(connect.prompts, ConnectPrompt, "prompt": id, arn),
        "agent_statuses" => resource!(connect.agent_statuses, ConnectAgentStatus, "agent_status": id, arn),
        "views" => resource!(connect.views, ConnectView, "view": id, arn),
        "task_templates" => resource!(connect.task_templates, ConnectTaskTemplate, "task_template": id, arn),
        "evaluation_forms" => resource!(connect.evaluation_forms, ConnectEvaluationForm, "evaluation_form": id, arn),
        "rules" => resource!(connect.rules, ConnectRule, "rule": id, arn),
        "bots" => connect.bots.get(key).filter(|_| what == "arn").map(|bot| Expr::from(bot.alias_arn.as_str())),
        _ => None,
    }
}

fn api_reference(api: &deployer_spec::Api, what: &str) -> Option<Expr> {
    match what {
        "url" => Some(Handle::<Stage>::at(Address::new("stage", "main")).invoke_url().into()),
        "stage" => Some(Expr::from(api.stage.as_str())),
        "domain" => api.domain.as_ref().map(|domain| Expr::from(domain.host.name.as_str())),
        _ => output!(Handle::<RestApi>::at(Address::new("api", "main")), what: id, execution_arn),
    }
}

fn table_props(table: &deployer_spec::Table) -> TableProps {
    let key = |attribute: &deployer_spec::Attribute| (attribute.name.clone(), key_type(attribute.kind));
    let index = |index: &deployer_spec::Index| Index {
        partition: key(&index.key.partition),
        sort: index.key.sort.as_ref().map(key),
        projection: match index.projection {
            deployer_spec::Projection::All => Projection::All,
            deployer_spec::Projection::KeysOnly => Projection::KeysOnly,
        },
    };
    TableProps {
        partition: key(&table.key.partition),
        sort: table.key.sort.as_ref().map(key),
        indexes: table.indexes.iter().map(|(name, given)| (name.clone(), index(given))).collect(),
        encryption: match table.encryption {
            deployer_spec::Encryption::AwsOwned => Encryption::AwsOwned,
            deployer_spec::Encryption::AwsManaged => Encryption::AwsManaged,
        },
        point_in_time_recovery: table.point_in_time_recovery,
        ttl_attribute: table.ttl.clone(),
        deletion_protection: table.deletion_protection,
    }
}

fn key_type(kind: deployer_spec::AttributeType) -> KeyType {
    match kind {
        deployer_spec::AttributeType::String => KeyType::S,
        deployer_spec::AttributeType::Number => KeyType::N,
        deployer_spec::AttributeType::Binary => KeyType::B,
    }
}

fn text(within: &References<'_>, template: &deployer_spec::Template) -> Expr {
    let mut parts: Vec<Expr> = template
        .parts
        .iter()
        .map(|part| match part {
            deployer_spec::Part::Text(text) => Expr::from(text.as_str()),
            deployer_spec::Part::Reference(named) if named.environment.is_some() => {
                Expr::from(within.inputs.outputs.get(&named.to_string()).map(String::as_str).unwrap_or_default())
            }
            // The spec's validation ensures that it is defined.
            deployer_spec::Part::Reference(named) => reference(within, &named.to_string()).unwrap_or_else(|| Expr::from("")),
        })
        .collect();
    match parts.len() {
        0 => Expr::from(""),
        1 => parts.remove(0),
        _ => Expr::Text(parts),
    }
}

fn grant(spec: &Spec, tables: &BTreeMap<&str, Table>, functions: &BTreeMap<&str, Function>) {
    for (name, declared) in &spec.functions {
        for (table, access) in &declared.grants {
            let (Some(table), Some(function)) = (tables.get(table.as_str()), functions.get(name.as_str())) else { continue };
            match access {
                Access::Read => table.grant_read(function),
                Access::Write => table.grant_write(function),
                Access::ReadWrite => table.grant_read_write(function),
            }
        }
    }
}

/// Returns the certificate of a domain; the contents of files are among the inputs.
fn certificate(declared: &deployer_spec::Certificate, inputs: &BuildInputs) -> Certificate {
    match declared {
        deployer_spec::Certificate::SelfSigned(certificate) => Certificate::SelfSigned {
            key_algorithm: certificate.key_algorithm.as_str().to_owned(),
            validity_days: certificate.validity_days,
            renew_before_days: certificate.renew_before_days,
        },
        deployer_spec::Certificate::Acm(arn) => Certificate::Existing(arn.clone()),
        deployer_spec::Certificate::Files(_) => Certificate::Files(inputs.certificate.clone()),
        deployer_spec::Certificate::Dns(dns) => Certificate::Dns {
            key_algorithm: dns.key_algorithm.as_str().to_owned(),
            zone: dns.zone.clone(),
            wait_minutes: dns.wait_minutes,
        },
    }
}

fn api(stack: &Stack, spec: &Spec, inputs: &BuildInputs, functions: &BTreeMap<&str, Function>) {
    let Some(declared) = &spec.api else { return };
    let domain = declared.domain.as_ref().map(|domain| Domain {
        domain: domain.host.name.clone(),
        zone: domain.host.zone.clone(),
        certificate: certificate(&domain.certificate, inputs),
    });
    let limits =
        |limits: deployer_spec::Throttling| Throttling { rate_limit: limits.rate_limit, burst_limit: limits.burst_limit };
    let props = ApiProps {
        description: declared.description.clone(),
        stage: declared.stage.clone(),
        timeout_ms: declared.timeout_ms,
        tracing: declared.tracing,
        throttling: declared.throttling.map(limits),
        api_key: declared.api_key.as_ref().map(|key| ApiKey {
            enabled: key.enabled,
            throttling: key.throttling.map(limits),
            quota: key.quota.map(|quota| (quota.limit, quota.period.as_str().to_owned())),
        }),
        domain,
    };
    let api = Api::new(stack, "main", props);
    for (route, target) in &declared.routes {
        let auth = match target.auth {
            deployer_spec::Auth::None => Auth::None,
            deployer_spec::Auth::ApiKey => Auth::ApiKey,
            deployer_spec::Auth::Iam => Auth::Iam,
        };
        if let Some(function) = functions.get(target.function.as_str()) {
            api.route_with_auth(route.method.as_str(), &route.path, function, auth);
        }
    }
}
