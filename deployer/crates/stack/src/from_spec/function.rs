//! The functions of a spec.

use std::borrow::Cow;

use deployer_resources::{FunctionLogging, FunctionVpc, S3CodeSource};
use deployer_spec::{CodeSource, LogFormat, LogLevel, SystemLogLevel};

use super::{References, text};
use crate::constructs::function::{Architecture, FunctionProps};
use crate::constructs::function_handle::Function;
use crate::policy::Statement;

/// Adds the function `name`, or returns the existing one that the name stands for.
pub(super) fn function(within: &References<'_>, name: &str) -> Function {
    let References { stack, spec, inputs } = *within;
    let declared = &spec.functions[name];
    if let Some(existing) = declared.existing_name() {
        return Function::existing(stack, name, existing);
    }
    let code_sha256 = inputs.code_sha256.get(name).map(String::as_str).unwrap_or_default();
    let function = Function::new(stack, name, props(declared, code_sha256));
    for (variable, value) in &declared.environment {
        match value {
            deployer_spec::Variable::Text(template) => function.environment(variable, text(within, template)),
            deployer_spec::Variable::Secret(_) => {
                let digest = inputs.secrets.get(&(name.to_owned(), variable.clone()));
                function.secret(variable, digest.map(String::as_str).unwrap_or_default());
            }
        }
    }
    for allowance in &declared.allow {
        let actions = allowance.actions.iter().map(|action| Cow::Owned(action.clone())).collect();
        let resources = allowance.resources.iter().map(|resource| text(within, resource)).collect();
        function.add_statement("allow", Statement { actions, resources });
    }
    function
}

fn props(declared: &deployer_spec::Function, code_sha256: &str) -> FunctionProps {
    FunctionProps {
        code_sha256: code_sha256.to_owned(),
        code_s3: declared.code().and_then(|code| s3_source(&code.source)),
        runtime: declared.runtime().to_owned(),
        handler: declared.handler().to_owned(),
        description: declared.description.clone(),
        architecture: match declared.architecture {
            deployer_spec::Architecture::X86_64 => Architecture::X86_64,
            deployer_spec::Architecture::Arm64 => Architecture::Arm64,
        },
        memory_mb: declared.memory_mb,
        ephemeral_storage_mb: declared.ephemeral_storage_mb,
        timeout_seconds: declared.timeout_seconds,
        log_retention_days: declared.log_retention_days,
        reserved_concurrency: declared.reserved_concurrency,
        tracing: declared.tracing,
        layers: declared.layers.clone(),
        vpc: declared.vpc.as_ref().map(|vpc| FunctionVpc {
            subnet_ids: vpc.subnets.iter().cloned().collect(),
            security_group_ids: vpc.security_groups.iter().cloned().collect(),
        }),
        dead_letter_arn: declared.dead_letter.clone(),
        logging: logging(declared),
    }
}

fn s3_source(source: &CodeSource) -> Option<S3CodeSource> {
    match source {
        CodeSource::S3(s3) => Some(S3CodeSource { bucket: s3.bucket.clone(), key: s3.key.clone(), version: s3.version.clone() }),
        _ => None,
    }
}

/// Returns the logging configuration. With JSON, Lambda's own levels are INFO (Lambda developer guide, "Log-level filtering").
fn logging(declared: &deployer_spec::Function) -> FunctionLogging {
    match declared.log_format {
        LogFormat::Text => FunctionLogging::default(),
        LogFormat::Json => FunctionLogging {
            format: LogFormat::Json.as_str().to_owned(),
            application_level: Some(declared.log_level.unwrap_or(LogLevel::Info).as_str().to_owned()),
            system_level: Some(declared.system_log_level.unwrap_or(SystemLogLevel::Info).as_str().to_owned()),
        },
    }
}
