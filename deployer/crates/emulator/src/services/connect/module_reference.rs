//! References to flow modules, as requests and flows name them.

use super::arguments::not_found;
use super::types::{Content, Instance, Module, Version};
use crate::error::AwsError;

/// A module reference in a path or flow: an id or ARN, optionally followed by `:$SAVED`, a version number or an alias id.
struct Named<'a> {
    id: &'a str,
    qualifier: Option<&'a str>,
}

fn parse<'a>(instance: &Instance, given: &'a str) -> Named<'a> {
    let own = given.strip_prefix(instance.arn.as_str()).and_then(|rest| rest.strip_prefix("/flow-module/")).unwrap_or(given);
    match own.split_once(':') {
        Some((id, qualifier)) => Named { id, qualifier: Some(qualifier) },
        None => Named { id: own, qualifier: None },
    }
}

/// A resolved reference: the module with its published, versioned or saved content.
pub(super) struct Found<'a> {
    pub(super) module: &'a Module,
    pub(super) content: &'a Content,
    pub(super) version: Option<(u64, &'a Version)>,
    pub(super) saved: bool,
}

/// Returns the module of an id or ARN, with the content that the reference selects.
pub(super) fn find<'a>(instance: &'a Instance, given: &str) -> Result<Found<'a>, AwsError> {
    let missing = || not_found("Flow module", given);
    let named = parse(instance, given);
    let module = instance.modules.get(named.id).ok_or_else(missing)?;
    let number = match named.qualifier {
        None => return Ok(Found { module, content: &module.published, version: None, saved: false }),
        Some("$SAVED") => {
            let content = module.draft.as_ref().unwrap_or(&module.published);
            return Ok(Found { module, content, version: None, saved: true });
        }
        Some(number) if number.bytes().all(|digit| digit.is_ascii_digit()) => number.parse().map_err(|_| missing())?,
        Some(alias) => module.aliases.get(alias).ok_or_else(missing)?.version,
    };
    let version = module.versions.get(&number).ok_or_else(missing)?;
    Ok(Found { module, content: &version.content, version: Some((number, version)), saved: false })
}

/// Returns the module of an id or ARN, whatever version that names.
pub(super) fn whole<'a>(instance: &'a Instance, given: &str) -> Result<&'a Module, AwsError> {
    instance.modules.get(parse(instance, given).id).ok_or_else(|| not_found("Flow module", given))
}

pub(super) fn find_mut<'a>(instance: &'a mut Instance, given: &str) -> Result<&'a mut Module, AwsError> {
    let id = whole(instance, given)?.id.clone();
    instance.modules.get_mut(&id).ok_or_else(|| not_found("Flow module", given))
}
