//! A Lambda function: code, configuration, reserved concurrency and tags.

mod settings;

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, Environment, EphemeralStorage, FunctionCode, FunctionConfiguration, LastUpdateStatus, Runtime, State,
    TagsError, TracingConfig, TracingMode,
};
use deployer_engine::{
    Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner,
};
use deployer_resources::{LambdaFunctionOutputs, LambdaFunctionProperties, Variable};
use serde_json::{Map, Value};

use super::{built, outputs, required_field, text};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::integer::{signed, unsigned};
use crate::permissions::{Permission, Permissions, conditional_permission, named, operation_permissions};
use crate::provider::Provider;
use crate::secrets::Secrets;
use crate::tags::{self, Tags};
use crate::wait::{self, PollResult};

type FunctionLive = Live<LambdaFunctionProperties, LambdaFunctionOutputs>;

pub(super) const GET: Operation = Operation::read("lambda", "GetFunction");
const CREATE: Operation = Operation::create("lambda", "CreateFunction").uploading();
const CONFIGURE: Operation = Operation::idempotent("lambda", "UpdateFunctionConfiguration");
const UPDATE_CODE: Operation = Operation::idempotent("lambda", "UpdateFunctionCode").uploading();
const RESERVE: Operation = Operation::idempotent("lambda", "PutFunctionConcurrency");
const UNRESERVE: Operation = Operation::idempotent("lambda", "DeleteFunctionConcurrency");
const TAG: Operation = Operation::idempotent("lambda", "TagResource");
const UNTAG: Operation = Operation::idempotent("lambda", "UntagResource");
const DELETE: Operation = Operation::idempotent("lambda", "DeleteFunction");
/// Never called: GetFunction lists the tags with this permission.
const LIST_TAGS: Operation = Operation::read("lambda", "ListTags");

/// Usual duration of creating a function, of changing one, and of deleting one: 1 to 5 s outside a VPC (unverified; Lambda developer guide,
/// "Lambda function states", gives no time).
const CREATION: Duration = deployer_resources::LambdaFunction::CREATION_TIME;
const CHANGE: Duration = Duration::from_secs(2);
const DELETION: Duration = Duration::from_secs(1);
/// HTTP status of DeleteFunction for a deletion that has only started (service model of Lambda, DeleteFunctionResponse: StatusCode).
const UNDER_WAY: i32 = 202;
const USABLE_WITHIN: Duration = Duration::from_secs(10 * 60);

/// The resource type `lambda.function`.
pub struct LambdaFunction(pub(crate) Arc<Provider>);

/// Returns the environment to send. A map without entries must be sent as one: `Environment` without `Variables` leaves the variables
/// unchanged.
fn environment(wanted: &LambdaFunctionProperties, secrets: &Secrets) -> Result<Environment> {
    let value = |(name, variable): (&String, &Variable)| match variable {
        Variable::Text(text) => Ok((name.clone(), text.clone())),
        Variable::Secret { secret } => {
            let value = secrets.value(secret).ok_or_else(|| {
                Error::local(format!("the secret {name} of function {} is not set in the environment", wanted.name))
                    .with_help("set the variable that the spec names and rerun")
            })?;
            Ok((name.clone(), value.to_owned()))
        }
    };
    let variables = wanted.environment.iter().map(value).collect::<Result<_>>()?;
    Ok(Environment::builder().set_variables(Some(variables)).build())
}

fn tracing(wanted: &LambdaFunctionProperties) -> TracingConfig {
    let mode = if wanted.tracing { TracingMode::Active } else { TracingMode::PassThrough };
    TracingConfig::builder().mode(mode).build()
}

fn ephemeral_storage(wanted: &LambdaFunctionProperties) -> Result<EphemeralStorage> {
    built(EphemeralStorage::builder().size(signed(wanted.ephemeral_storage_mb)).build())
}

/// Checks whether the function is usable, not usable yet, or has failed (an error).
fn usable(configuration: &FunctionConfiguration) -> Result<PollResult<()>> {
    let failed = |what: &str, reason: Option<&str>| {
        let reason = reason.unwrap_or("Lambda gives no reason");
        Err(Error::new(ErrorClass::Invalid, format!("the function's {what} failed: {reason}")))
    };
    match (configuration.state(), configuration.last_update_status()) {
        (Some(State::Failed), _) => failed("creation", configuration.state_reason()),
        (_, Some(LastUpdateStatus::Failed)) => failed("update", configuration.last_update_status_reason()),
        (Some(State::Pending), _) => Ok(Continue("Pending".to_owned())),
        (_, Some(LastUpdateStatus::InProgress)) => Ok(Continue("update in progress".to_owned())),
        _ => Ok(Break(())),
    }
}

/// Whether no operation is in progress or has failed.
fn is_settled(state: Option<&State>, last_update: Option<&LastUpdateStatus>) -> bool {
    !matches!(state, Some(State::Pending | State::Failed))
        && !matches!(last_update, Some(LastUpdateStatus::InProgress | LastUpdateStatus::Failed))
}

fn tags_unread(name: &str, cause: &TagsError) -> Error {
    let message = format!("the tags of function {name}, which name its owner, could not be read: {}", cause.message());
    let error = match cause.error_code().contains("AccessDenied") {
        true => Error::new(ErrorClass::Denied, message).with_help("allow the IAM action lambda:ListTags on the function"),
        false => Error::new(ErrorClass::Transient, message),
    };
    Error { operation: Some(LIST_TAGS.to_string()), code: Some(cause.error_code().to_owned()), ..error }
}

fn deleting(configuration: &FunctionConfiguration) -> bool {
    configuration.state().is_some_and(|state| state.as_str() == "Deleting")
}

/// Returns the variable to show. A value that deployer did not set may be a secret: only that it differs is shown.
fn redact_unknown_value(cx: &Context, secrets: &Secrets, hint: &LambdaFunctionProperties, name: &str, value: String) -> Variable {
    let digest = secrets.digest(&cx.address, name, &value);
    match hint.environment.get(name) {
        // The record may be older than the secret; a value in the table is a secret now.
        _ if secrets.value(&digest).is_some() => Variable::Secret { secret: digest },
        Some(Variable::Secret { .. }) => Variable::Secret { secret: digest },
        Some(Variable::Text(text)) if *text == value => Variable::Text(value),
        _ => Variable::Text("(set by somebody else; not shown)".to_owned()),
    }
}

fn properties(
    cx: &Context,
    secrets: &Secrets,
    answer: GetFunctionOutput,
    hint: &LambdaFunctionProperties,
) -> Result<FunctionLive> {
    let configuration = required_field("the function's configuration", answer.configuration)?;
    // A failed function counts as different: sending its code again makes Lambda retry.
    let failed = usable(&configuration).is_err();
    let name = required_field("the function's name", configuration.function_name)?;
    // If the KMS key cannot be used, Lambda returns an error instead of the variables, which does not mean "no variables".
    let environment = match configuration.environment {
        Some(environment) if environment.error.is_some() => hint.environment.clone(),
        environment => {
            let live = environment.and_then(|environment| environment.variables).unwrap_or_default();
            let seen = |(name, value): (String, String)| (name.clone(), redact_unknown_value(cx, secrets, hint, &name, value));
            live.into_iter().map(seen).collect()
        }
    };
    let architecture = configuration.architectures.unwrap_or_default().into_iter().next().unwrap_or(Architecture::X8664);
    let tags = tags::readable(answer.tags);
    let code_s3 = settings::live_s3_code(&tags, hint);
    let properties = LambdaFunctionProperties {
        name: name.clone(),
        layers: settings::live_layers(configuration.layers),
        vpc: settings::live_vpc(configuration.vpc_config),
        dead_letter_arn: configuration.dead_letter_config.and_then(|config| config.target_arn).filter(|arn| !arn.is_empty()),
        logging: settings::live_logging(configuration.logging_config),
        description: configuration.description.unwrap_or_default(),
        role_arn: configuration.role.unwrap_or_default(),
        runtime: configuration.runtime.map(|runtime| runtime.as_str().to_owned()).unwrap_or_default(),
        handler: configuration.handler.unwrap_or_default(),
        architecture: architecture.as_str().to_owned(),
        memory_mb: configuration.memory_size.map_or(128, unsigned),
        ephemeral_storage_mb: configuration.ephemeral_storage.map_or(512, |storage| unsigned(storage.size)),
        timeout_seconds: configuration.timeout.map_or(3, unsigned),
        environment,
        code_sha256: configuration.code_sha256.filter(|_| !failed && code_s3.is_none()).unwrap_or_default(),
        code_s3: code_s3.filter(|_| !failed),
        reserved_concurrency: answer.concurrency.and_then(|concurrency| concurrency.reserved_concurrent_executions).map(unsigned),
        tracing: configuration.tracing_config.and_then(|config| config.mode) == Some(TracingMode::Active),
        tags: settings::without_code_tag(tags),
    };
    let outputs =
        LambdaFunctionOutputs { arn: required_field("the function's ARN", configuration.function_arn)?, name: name.clone() };
    Ok(Live { id: PhysicalId(name), properties, outputs })
}

/// Whether both are equal in everything that UpdateFunctionConfiguration sets: all that no other call sets.
fn configured_alike(a: &LambdaFunctionProperties, b: &LambdaFunctionProperties) -> bool {
    let otherwise_set = LambdaFunctionProperties {
        architecture: b.architecture.clone(),
        code_sha256: b.code_sha256.clone(),
        code_s3: b.code_s3.clone(),
        reserved_concurrency: b.reserved_concurrency,
        tags: b.tags.clone(),
        ..a.clone()
    };
    otherwise_set == *b
}

impl Provider {
    /// Reads the function with GetFunction.
    async fn function(&self, cx: &Context, name: &str) -> Result<Option<GetFunctionOutput>> {
        let answer = self.call(cx, GET, || self.lambda.get_function().function_name(name).send()).await.optional()?;
        match answer.as_ref().and_then(|answer| answer.tags_error()) {
            Some(error) => Err(tags_unread(name, error)),
            None => Ok(answer),
        }
    }

    /// Reads the function once per observation; the result is shared by all resources that need it.
    pub(super) async fn cached_function(&self, cx: &Context, name: &str) -> Result<Option<GetFunctionOutput>> {
        let seen = cx.cached(format!("lambda:GetFunction {name}"), || self.function(cx, name)).await?;
        Ok((*seen).clone())
    }
}

impl LambdaFunction {
    /// Reads the function with its tags. Without the permission to list tags, GetFunction succeeds with an error in their place (API
    /// reference, GetFunction, `TagsError`): a function without tags would be mistaken for somebody else's.
    async fn get(&self, cx: &Context, name: &str) -> Result<Option<GetFunctionOutput>> {
        self.0.function(cx, name).await
    }

    fn live(&self, cx: &Context, answer: GetFunctionOutput, hint: &LambdaFunctionProperties) -> Result<FunctionLive> {
        properties(cx, &self.0.secrets, answer, hint)
    }

    /// Returns the code to send: a zip, or the place of one.
    fn code(&self, wanted: &LambdaFunctionProperties) -> Result<FunctionCode> {
        let code = FunctionCode::builder();
        Ok(match &wanted.code_s3 {
            None => code.zip_file(self.zip(wanted)?).build(),
            Some(s3) => code.s3_bucket(&s3.bucket).s3_key(&s3.key).set_s3_object_version(s3.version.clone()).build(),
        })
    }

    fn zip(&self, wanted: &LambdaFunctionProperties) -> Result<Blob> {
        let bytes = self.0.artifacts.zip(&wanted.code_sha256).map_err(|error| {
            let message = format!("cannot read the built code {} of function {}: {error}", wanted.code_sha256, wanted.name);
            Error::local(message).with_help("build the functions again")
        })?;
        Ok(Blob::new(bytes))
    }

    /// Waits until a change that usually takes `usual` has taken effect.
    async fn until_usable(&self, cx: &Context, name: &str, usual: Duration) -> Result<()> {
        wait::poll_until_with_estimate(cx, "the function", self.0.scaled(usual), USABLE_WITHIN, || async {
            match self.get(cx, name).await?.and_then(|answer| answer.configuration) {
                Some(configuration) => usable(&configuration),
                None => Ok(Continue("not visible yet".to_owned())),
            }
        })
        .await
    }

    async fn until_gone(&self, cx: &Context, name: &str) -> Result<()> {
        wait::poll_until_with_estimate(cx, "the function's end", self.0.scaled(DELETION), USABLE_WITHIN, || async {
            Ok(self.get(cx, name).await?.map_or(Break(()), |_| Continue("Deleting".to_owned())))
        })
        .await
    }

    async fn configure(&self, cx: &Context, was: &LambdaFunctionProperties, wanted: &LambdaFunctionProperties) -> Result<()> {
        let (environment, storage) = (environment(wanted, &self.0.secrets)?, ephemeral_storage(wanted)?);
        let update = || {
            let request = self.0.lambda.update_function_configuration().function_name(&wanted.name);
            request
                .description(&wanted.description)
                .role(&wanted.role_arn)
                .runtime(Runtime::from(wanted.runtime.as_str()))
                .handler(&wanted.handler)
                .memory_size(signed(wanted.memory_mb))
                .ephemeral_storage(storage.clone())
                .timeout(signed(wanted.timeout_seconds))
                .environment(environment.clone())
                .tracing_config(tracing(wanted))
                .set_layers(settings::layers(Some(was), wanted))
                .set_vpc_config(settings::vpc(Some(was), wanted))
                .set_dead_letter_config(settings::dead_letter(Some(was), wanted))
                .logging_config(settings::logging(wanted))
                .send()
        };
        let changed = self.0.call(cx, CONFIGURE, update).await?;
        if is_settled(changed.state(), changed.last_update_status()) {
            return Ok(());
        }
        self.until_usable(cx, &wanted.name, CHANGE).await
    }

    async fn update_code(&self, cx: &Context, wanted: &LambdaFunctionProperties) -> Result<()> {
        let code = self.code(wanted)?;
        let update = || {
            let request = self.0.lambda.update_function_code().function_name(&wanted.name);
            request
                .set_zip_file(code.zip_file.clone())
                .set_s3_bucket(code.s3_bucket.clone())
                .set_s3_key(code.s3_key.clone())
                .set_s3_object_version(code.s3_object_version.clone())
                .architectures(Architecture::from(wanted.architecture.as_str()))
                .send()
        };
        let changed = self.0.call(cx, UPDATE_CODE, update).await?;
        if is_settled(changed.state(), changed.last_update_status()) {
            return Ok(());
        }
        self.until_usable(cx, &wanted.name, CHANGE).await
    }

    async fn reserve(&self, cx: &Context, name: &str, executions: Option<u32>) -> Result<()> {
        let client = &self.0.lambda;
        match executions {
            Some(n) => {
                let put =
                    || client.put_function_concurrency().function_name(name).reserved_concurrent_executions(signed(n)).send();
                self.0.call(cx, RESERVE, put).await.map(drop)
            }
            None => {
                let delete = || client.delete_function_concurrency().function_name(name).send();
                self.0.call(cx, UNRESERVE, delete).await.map(drop)
            }
        }
    }

    async fn retag(&self, cx: &Context, arn: &str, live: &Tags, wanted: &Tags) -> Result<()> {
        let change = tags::change(live, wanted);
        let client = &self.0.lambda;
        if !change.set.is_empty() {
            let set = tags::to_sdk(&change.set);
            self.0.call(cx, TAG, || client.tag_resource().resource(arn).set_tags(Some(set.clone())).send()).await?;
        }
        if !change.remove.is_empty() {
            let keys = change.remove;
            self.0.call(cx, UNTAG, || client.untag_resource().resource(arn).set_tag_keys(Some(keys.clone())).send()).await?;
        }
        Ok(())
    }
}

impl Permissions for LambdaFunction {
    const READ_WHILE_CHANGING: &'static [&'static str] = &settings::READ_AS_CALLER;

    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let function = provider.arn("lambda", &format!("function:{}", named(wanted, "name")));
        let own = [GET, LIST_TAGS, CREATE, CONFIGURE, UPDATE_CODE, RESERVE, UNRESERVE, TAG, UNTAG, DELETE];
        let pass =
            conditional_permission("iam:PassRole", named(wanted, "role_arn"), "iam:PassedToService", "lambda.amazonaws.com");
        [operation_permissions(&own, &function), vec![pass], settings::permissions(wanted)].concat()
    }
}

impl Resource for LambdaFunction {
    type Definition = deployer_resources::LambdaFunction;

    fn predict(&self, wanted: &Value) -> Map<String, Value> {
        let Some(name) = text(wanted, "name") else { return Map::new() };
        outputs([("arn", self.0.arn("lambda", &format!("function:{name}"))), ("name", name.to_owned())])
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &LambdaFunctionProperties) -> Result<Option<FunctionLive>> {
        let Some(answer) = self.0.cached_function(cx, id.as_str()).await? else { return Ok(None) };
        if answer.configuration.as_ref().is_some_and(deleting) {
            return Ok(None);
        }
        // Another function may have taken the name by now; it is not the recorded one.
        Ok(Some(self.live(cx, answer, hint)?))
    }

    async fn owner(&self, cx: &Context, live: &FunctionLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &LambdaFunctionProperties) -> Result<Lookup<FunctionLive>> {
        let Some(answer) = self.0.cached_function(cx, &wanted.name).await? else { return Ok(Lookup::NotFound) };
        if answer.configuration.as_ref().is_some_and(deleting) {
            self.until_gone(cx, &wanted.name).await?;
            return Ok(Lookup::NotFound);
        }
        let settled = answer.configuration.as_ref().is_none_or(|seen| is_settled(seen.state(), seen.last_update_status()));
        let live = self.live(cx, answer, wanted)?;
        let found = tags::found(cx, &live.properties.tags.clone(), live);
        if matches!(found, Lookup::Owned(_)) && !settled {
            match self.until_usable(cx, &wanted.name, CHANGE).await {
                // A failed function is still owned, to be repaired or removed.
                Err(error) if error.class != ErrorClass::Invalid => return Err(error),
                _ => {}
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context, wanted: &LambdaFunctionProperties) -> Result<FunctionLive> {
        let code = self.code(wanted)?;
        let (tags, environment) = (tags::to_sdk(&settings::all_tags(wanted)), environment(wanted, &self.0.secrets)?);
        let storage = ephemeral_storage(wanted)?;
        let create = || {
            let request = self.0.lambda.create_function().function_name(&wanted.name).code(code.clone());
            request
                .description(&wanted.description)
                .role(&wanted.role_arn)
                .runtime(Runtime::from(wanted.runtime.as_str()))
                .handler(&wanted.handler)
                .architectures(Architecture::from(wanted.architecture.as_str()))
                .memory_size(signed(wanted.memory_mb))
                .ephemeral_storage(storage.clone())
                .timeout(signed(wanted.timeout_seconds))
                .environment(environment.clone())
                .tracing_config(tracing(wanted))
                .set_layers(settings::layers(None, wanted))
                .set_vpc_config(settings::vpc(None, wanted))
                .set_dead_letter_config(settings::dead_letter(None, wanted))
                .logging_config(settings::logging(wanted))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        if !is_settled(made.state(), made.last_update_status()) {
            self.until_usable(cx, &wanted.name, CREATION).await?;
        }
        if wanted.reserved_concurrency.is_some() {
            self.reserve(cx, &wanted.name, wanted.reserved_concurrency).await?;
        }
        let outputs =
            LambdaFunctionOutputs { arn: required_field("the function's ARN", made.function_arn)?, name: wanted.name.clone() };
        Ok(Live { id: PhysicalId(wanted.name.clone()), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &FunctionLive,
        wanted: &LambdaFunctionProperties,
        _changed: &[PropertyPath],
    ) -> Result<FunctionLive> {
        let was = &live.properties;
        if !configured_alike(was, wanted) {
            self.configure(cx, was, wanted).await?;
        }
        let code = |of: &LambdaFunctionProperties| (of.code_sha256.clone(), of.code_s3.clone(), of.architecture.clone());
        if code(was) != code(wanted) {
            self.update_code(cx, wanted).await?;
        }
        if was.reserved_concurrency != wanted.reserved_concurrency {
            self.reserve(cx, &wanted.name, wanted.reserved_concurrency).await?;
        }
        self.retag(cx, &live.outputs.arn, &settings::all_tags(was), &settings::all_tags(wanted)).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &LambdaFunctionProperties) -> Result<()> {
        let delete = || self.0.lambda.delete_function().function_name(id.as_str()).send();
        match self.0.call(cx, DELETE, delete).await.optional()? {
            Some(deleted) if deleted.status_code == UNDER_WAY => self.until_gone(cx, id.as_str()).await,
            // 204: it no longer exists.
            _ => Ok(()),
        }
    }
}
