//! Deployed functions of an environment, for flow tests that invoke them.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::primitives::Blob;
use deployer_engine::{Address, EventSink};
use deployer_flow::interpret::{BoxFuture, LambdaFailure};
use deployer_flow::scenario::Functions;
use serde_json::Value;

use crate::failure::Failure;
use crate::project::Project;
use crate::runtime::Cloud;

/// Deployed functions by their keys in the spec.
pub(crate) struct Deployed {
    client: aws_sdk_lambda::Client,
    arns: BTreeMap<String, String>,
}

impl Deployed {
    /// Finds the functions in the environment's state.
    pub(crate) async fn open(environment: &str) -> Result<Self, Failure> {
        let project = Project::load(environment)?;
        let cloud = Cloud::open(&project).await?;
        let state = cloud.engine(&project, Default::default(), EventSink::ignore())?.state().await?;
        let outputs = state.map(|state| state.outputs()).unwrap_or_default();
        let arn = |name: &str| outputs.get(&Address::new("function", name)).and_then(|found| found["arn"].as_str());
        let functions = project.spec.functions.keys();
        let arns: BTreeMap<String, String> =
            functions.filter_map(|name| Some((name.to_string(), arn(name.as_str())?.to_owned()))).collect();
        if arns.is_empty() {
            return Err(Failure::input(format!("the environment {environment} has no deployed functions"))
                .help(format!("deployer apply --env {environment}")));
        }
        Ok(Self { client: cloud.lambda(), arns })
    }

    async fn answer(&self, key: &str, event: &Value) -> Result<Value, LambdaFailure> {
        let arn = self.arns.get(key);
        let arn = arn.ok_or_else(|| LambdaFailure::Refused(format!("the function {key} is not deployed")))?;
        let payload = Blob::new(event.to_string());
        let sent = self.client.invoke().function_name(arn).payload(payload).send().await;
        let output = sent.map_err(|error| match error.code() {
            Some("TooManyRequestsException") => LambdaFailure::Throttled,
            code => LambdaFailure::Service(format!("{}: {}", code.unwrap_or("no answer"), error.message().unwrap_or_default())),
        })?;
        let answer: Result<Value, _> = serde_json::from_slice(output.payload().map_or(&[][..], |blob| blob.as_ref()));
        if let Some(kind) = output.function_error() {
            let error = answer.unwrap_or_default();
            let member = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
            let kind = member("errorType").unwrap_or_else(|| kind.to_owned());
            return Err(LambdaFailure::Function { kind, message: member("errorMessage").unwrap_or_default() });
        }
        answer.map_err(|error| LambdaFailure::Unparsable(error.to_string()))
    }
}

impl Functions for Deployed {
    fn invoke<'a>(&'a self, key: &'a str, event: &'a Value, limit: Duration) -> BoxFuture<'a, Result<Value, LambdaFailure>> {
        Box::pin(async move {
            match tokio::time::timeout(limit, self.answer(key, event)).await {
                Ok(answer) => answer,
                Err(_) => Err(LambdaFailure::TimedOut(limit)),
            }
        })
    }
}
