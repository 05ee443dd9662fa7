//! Lambda: functions, their code, settings and resource policies, and their execution.

mod check;
mod code;
mod dependencies;
mod function;
mod invoke;
mod manage;
mod policy;
mod read;
mod runtime;
mod version;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use self::function::{Configuration, Function, LATEST};
pub use self::invoke::{Outcome, invoke};
pub use self::policy::Caller;
pub use self::runtime::Runtime;
pub use self::runtime::confine::unenforced as unenforced_limits;
use crate::Emulator;
use crate::account_state::AccountState;
use crate::check::ValidationErrors;
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext};
use crate::response::Response;
use crate::services::tagging;
use crate::stored::stored;

pub(crate) use self::invoke::invoke_call;

/// Supported routes (botocore model, lambda 2015-03-31).
pub(crate) const ROUTES: &[crate::request::Route] = &[
    ("POST", "/2015-03-31/functions", "CreateFunction"),
    ("GET", "/2015-03-31/functions", "ListFunctions"),
    ("GET", "/2015-03-31/functions/{FunctionName}", "GetFunction"),
    ("DELETE", "/2015-03-31/functions/{FunctionName}", "DeleteFunction"),
    ("GET", "/2015-03-31/functions/{FunctionName}/configuration", "GetFunctionConfiguration"),
    ("PUT", "/2015-03-31/functions/{FunctionName}/configuration", "UpdateFunctionConfiguration"),
    ("PUT", "/2015-03-31/functions/{FunctionName}/code", "UpdateFunctionCode"),
    ("POST", "/2015-03-31/functions/{FunctionName}/policy", "AddPermission"),
    ("GET", "/2015-03-31/functions/{FunctionName}/policy", "GetPolicy"),
    ("DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}", "RemovePermission"),
    ("PUT", "/2017-10-31/functions/{FunctionName}/concurrency", "PutFunctionConcurrency"),
    ("GET", "/2019-09-30/functions/{FunctionName}/concurrency", "GetFunctionConcurrency"),
    ("DELETE", "/2017-10-31/functions/{FunctionName}/concurrency", "DeleteFunctionConcurrency"),
    ("GET", "/2017-03-31/tags/{Resource}", "ListTags"),
    ("POST", "/2017-03-31/tags/{Resource}", "TagResource"),
    ("DELETE", "/2017-03-31/tags/{Resource}", "UntagResource"),
    ("POST", "/2015-03-31/functions/{FunctionName}/versions", "PublishVersion"),
    ("GET", "/2015-03-31/functions/{FunctionName}/versions", "ListVersionsByFunction"),
    ("POST", "/2015-03-31/functions/{FunctionName}/aliases", "CreateAlias"),
    ("GET", "/2015-03-31/functions/{FunctionName}/aliases", "ListAliases"),
    ("GET", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "GetAlias"),
    ("PUT", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "UpdateAlias"),
    ("DELETE", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", "DeleteAlias"),
    ("GET", "/2016-08-19/account-settings", "GetAccountSettings"),
    ("POST", "/2015-03-31/functions/{FunctionName}/invocations", "Invoke"),
    ("GET", "/2020-06-30/functions/{FunctionName}/code-signing-config", "GetFunctionCodeSigningConfig"),
];

/// State of the service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(default)]
    functions: PersistentMap<String, Function>,
}

stored!(State: functions);

impl State {
    /// Returns the tags of every function, by ARN.
    pub(crate) fn tagged(&self) -> impl Iterator<Item = (String, BTreeMap<String, String>)> {
        self.functions.values().map(|function| (function.arn.clone(), function.tags.clone()))
    }

    /// Whether a function with this name or (qualified) ARN exists.
    pub fn exists(&self, name_or_arn: &str) -> bool {
        let name = Target::parse(name_or_arn, None).map(|target| target.name).unwrap_or_default();
        self.functions
            .get(&name)
            .is_some_and(|function| !name_or_arn.starts_with("arn:") || name_or_arn.starts_with(&function.arn))
    }

    /// Returns the hashes of all referenced code.
    fn code(&self) -> BTreeSet<String> {
        self.functions.values().flat_map(Function::all).map(|version| version.code.sha256.clone()).collect()
    }

    fn is_unsettled(&self, now: OffsetDateTime) -> bool {
        self.functions.values().any(|function| {
            function.deleted_at.is_some_and(|at| at <= now) || function.previous.is_some() && now >= function.latest.updated_at
        })
    }

    fn advance(&mut self, now: OffsetDateTime) {
        self.functions.retain(|_, function| function.deleted_at.is_none_or(|at| now < at));
        let over = |function: &&Function| function.previous.is_some() && now >= function.latest.updated_at;
        let updated: Vec<String> = self.functions.values().filter(over).map(|function| function.name.clone()).collect();
        for name in &updated {
            if let Some(function) = self.functions.get_mut(name) {
                function.previous = None;
            }
        }
    }
}

/// Completes operations whose time has passed; without any, the state is not copied.
fn advance(world: &mut AccountState, now: OffsetDateTime) {
    if world.lambda.is_unsettled(now) {
        world.lambda.advance(now);
    }
}

/// Serves a read-only request.
pub(crate) fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let now = context.now;
    advance(world, now);
    match call.operation {
        "GetFunction" => read::function(world, call, context),
        "GetFunctionConfiguration" => read::configuration(world, call, now),
        "ListFunctions" => read::list(world, call),
        "ListTags" => read::tags(world, call),
        "GetFunctionConcurrency" => read::concurrency(world, call),
        "GetAccountSettings" => read::account(world),
        "GetFunctionCodeSigningConfig" => read::code_signing(world, call),
        "GetPolicy" => policy::get(world, call),
        "ListVersionsByFunction" => version::list(world, call),
        "GetAlias" => version::get_alias(world, call),
        "ListAliases" => version::list_aliases(world, call),
        other => Err(AwsError::new(501, "NotImplemented", format!("the embedded AWS does not implement {other}"))),
    }
}

/// Serves a changing request: stores its code first, and removes code that is no longer referenced.
pub(crate) async fn mutate(emulator: &Emulator, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let upload = code::receive(emulator, call);
    let decide = |world: &mut AccountState, upload: &Result<Option<code::Upload>, AwsError>| {
        advance(world, context.now);
        let code = upload.as_ref().map(|upload| upload.as_ref().map(|upload| &upload.code));
        change(world, call, context, code)
    };
    if emulator.is_unwritten() && matches!(upload, Ok(Some(_))) {
        // Code is stored before anything refers to it; the dry run avoids creating a state directory for a request that fails.
        emulator.dry_run(|world| decide(world, &upload))?;
    }
    let upload = upload.and_then(|upload| upload.map(|upload| upload.persist(emulator)).transpose());
    let changed = emulator.change(|world| {
        let before = world.clone();
        let reply = decide(world, &upload)?;
        tagging::update_index(&before, world, call, context);
        Ok(reply)
    });
    let reply = changed.await;
    drop(upload);
    emulator.runtime.retire(&emulator.account_state().lambda);
    // References of a change that is being written are not visible yet; then the next request sweeps.
    let used = || emulator.functions_are_settled().then(|| emulator.account_state().lambda.code());
    emulator.runtime.code_store.sweep(emulator.blobs().as_deref(), used);
    reply
}

/// The code of a request: none, valid, or an error. The error counts only after all other checks.
type Uploaded<'a> = Result<Option<&'a function::Code>, &'a AwsError>;

fn change(
    world: &mut AccountState,
    call: &Request,
    context: &RequestContext<'_>,
    uploaded: Uploaded<'_>,
) -> Result<Response, AwsError> {
    match call.operation {
        "CreateFunction" => manage::create(world, call, context, uploaded),
        "UpdateFunctionCode" => manage::update_code(world, call, context, uploaded),
        "UpdateFunctionConfiguration" => manage::update_configuration(world, call, context),
        "DeleteFunction" => manage::delete(world, call, context),
        "PutFunctionConcurrency" => manage::put_concurrency(world, call),
        "DeleteFunctionConcurrency" => manage::delete_concurrency(world, call),
        "TagResource" => manage::tag(world, call),
        "UntagResource" => manage::untag(world, call),
        "AddPermission" => policy::add(world, call, context),
        "RemovePermission" => policy::remove(world, call, context),
        "PublishVersion" => version::publish(world, call, context),
        "CreateAlias" => version::create_alias(world, call, context),
        "UpdateAlias" => version::update_alias(world, call, context),
        "DeleteAlias" => version::delete_alias(world, call),
        other => Err(AwsError::new(501, "NotImplemented", format!("the embedded AWS does not implement {other}"))),
    }
}

/// The function that a request refers to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    name: String,
    qualifier: Option<String>,
    /// ARN as the caller wrote it, for messages.
    arn: Option<String>,
}

impl Target {
    fn of(world: &AccountState, call: &Request) -> Result<Self, AwsError> {
        let mut target = Self::parse(call.path("FunctionName"), call.query("Qualifier"))?;
        let account = call.path("FunctionName").rsplit_once(":function:").map(|(before, _)| before);
        if account.is_some_and(|account| !account.starts_with("arn:") && account != world.account) {
            let given = call.path("FunctionName");
            return Err(AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {given}")));
        }
        let prefix = prefix(world);
        if target.arn.as_ref().is_some_and(|arn| !arn.starts_with(&prefix)) {
            let arn = target.arn.take().unwrap_or_default();
            return Err(AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {arn}")));
        }
        Ok(target)
    }

    /// Parses a name, a partial or a full ARN (API reference, FunctionName).
    fn parse(given: &str, qualifier: Option<&str>) -> Result<Self, AwsError> {
        let rest = match given.rsplit_once("function:") {
            Some((_, rest)) => rest,
            None => given,
        };
        let (name, own) = match rest.split_once(':') {
            Some((name, own)) => (name, Some(own)),
            None => (rest, None),
        };
        // The model allows 140 characters, for a full ARN; the name in it has at most 64 (API reference, FunctionName).
        let mut faults = ValidationErrors::default();
        faults.length("functionName", Some(name), 1..=64);
        faults.refuse("ValidationException")?;
        if let (Some(own), Some(qualifier)) = (own, qualifier)
            && own != qualifier
        {
            return Err(refused("The derived qualifier from the function name does not match the specified qualifier."));
        }
        let arn = given.starts_with("arn:").then(|| given.to_owned());
        Ok(Self { name: name.to_owned(), qualifier: qualifier.or(own).map(str::to_owned), arn })
    }

    /// Returns the configuration of the version referred to.
    fn configuration<'a>(&self, function: &'a Function) -> Result<&'a Configuration, AwsError> {
        let qualifier = self.qualifier.as_deref();
        function.version(qualifier).ok_or_else(|| {
            AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {}", function.qualified(qualifier)))
        })
    }
}

fn prefix(world: &AccountState) -> String {
    format!("arn:aws:lambda:{}:{}:function:", world.region, world.account)
}

fn not_found(world: &AccountState, target: &Target) -> AwsError {
    let qualifier = target.qualifier.as_ref().map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
    let arn = format!("{}{}{qualifier}", prefix(world), target.name);
    AwsError::new(404, "ResourceNotFoundException", format!("Function not found: {arn}"))
}

fn find<'a>(world: &'a AccountState, target: &Target) -> Result<&'a Function, AwsError> {
    world.lambda.functions.get(&target.name).ok_or_else(|| not_found(world, target))
}

/// Returns the function for changes, or an error while it is being deleted.
fn find_mut<'a>(world: &'a mut AccountState, target: &Target) -> Result<&'a mut Function, AwsError> {
    find(world, target)?;
    let refusal = not_found(world, target);
    let function = world.lambda.functions.get_mut(&target.name).ok_or(refusal)?;
    if function.deleted_at.is_some() {
        return Err(in_state("Deleting"));
    }
    Ok(function)
}

fn in_state(state: &str) -> AwsError {
    conflict(format!("The operation cannot be performed at this time. The function is currently in the following state: {state}"))
}

/// Returns an error while a creation or an update is in progress.
fn idle(function: &Function, now: OffsetDateTime) -> Result<(), AwsError> {
    if function.latest.state(now) == "Pending" {
        return Err(in_state("Pending"));
    }
    if function.latest.busy(now) {
        return Err(conflict(format!(
            "The operation cannot be performed at this time. An update is in progress for resource: {}",
            function.arn
        )));
    }
    Ok(())
}

fn precondition(function: &Function, target: &Target, revision: Option<&str>) -> Result<(), AwsError> {
    let current = &target.configuration(function)?.revision;
    match revision {
        Some(revision) if revision != current => Err(stale()),
        _ => Ok(()),
    }
}

fn stale() -> AwsError {
    AwsError::new(
        412,
        "PreconditionFailedException",
        "The RevisionId provided does not match the latest RevisionId. Call the GetFunction or the GetAlias API to retrieve the latest RevisionId",
    )
}

fn refused(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterValueException", message)
}

fn conflict(message: impl Into<String>) -> AwsError {
    AwsError::new(409, "ResourceConflictException", message)
}
