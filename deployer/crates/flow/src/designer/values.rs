//! Conversion of values of the old designer: constants, references by namespace, resources.

use super::block::Parameter;
use super::builder::ActionBuilder;
use crate::jsonpath::JsonPath;
use crate::named::{SymbolicName, key_of};
use crate::resource_kind::ResourceKind;

/// The designer's names of system attributes (AWS administrator guide, list of contact attributes).
const SYSTEM: [(&str, &str); 26] = [
    ("AWS Region", "$.AwsRegion"),
    ("Agent ARN", "$.Agent.ARN"),
    ("Agent first name", "$.Agent.FirstName"),
    ("Agent last name", "$.Agent.LastName"),
    ("Agent user name", "$.Agent.UserName"),
    ("Channel", "$.Channel"),
    ("Contact id", "$.ContactId"),
    ("Customer ID", "$.CustomerId"),
    ("Customer Number", "$.CustomerEndpoint.Address"),
    ("Customer callback number", "$.CustomerCallbackNumber"),
    ("Customer endpoint type", "$.CustomerEndpoint.Type"),
    ("Description", "$.Description"),
    ("Dialed Number", "$.SystemEndpoint.Address"),
    ("Initial contact id", "$.InitialContactId"),
    ("Initiation method", "$.InitiationMethod"),
    ("Instance ARN", "$.InstanceARN"),
    ("Language", "$.LanguageCode"),
    ("Name", "$.Name"),
    ("Previous contact id", "$.PreviousContactId"),
    ("Queue ARN", "$.Queue.ARN"),
    ("Queue name", "$.Queue.Name"),
    ("Queue outbound number", "$.Queue.OutboundCallerId.Address"),
    ("Stored customer input", "$.StoredCustomerInput"),
    ("System endpoint type", "$.SystemEndpoint.Type"),
    ("Task contact id", "$.Task.ContactId"),
    ("Text to speech voice", "$.TextToSpeechVoiceId"),
];

/// Returns the Flow language's reference for a value in a namespace.
pub(crate) fn reference(namespace: &str, value: &str) -> Result<String, String> {
    if JsonPath::parse(value).is_some_and(|path| path.has_known_root()) {
        return Ok(value.to_owned());
    }
    match namespace {
        "External" => Ok(below("External", value)),
        "User Defined" => Ok(below("Attributes", value)),
        "Flow" => Ok(below("FlowAttributes", value)),
        "Lex" => lex(value),
        "Lex Slots" => Ok(below("Lex.Slots", value)),
        "Lex Attributes" => Ok(below("Lex.SessionAttributes", value)),
        "Agent" => Ok(below("Agent", value)),
        "System" => system(value).ok_or_else(|| format!("the system attribute \"{value}\" is not known")),
        other => Err(format!("the namespace \"{other}\" is not known")),
    }
}

fn lex(value: &str) -> Result<String, String> {
    match value.to_lowercase().replace(' ', "").as_str() {
        "intentname" => Ok("$.Lex.IntentName".to_owned()),
        "dialogstate" => Ok("$.Lex.DialogState".to_owned()),
        _ => Ok(below("Lex", value)),
    }
}

fn system(value: &str) -> Option<String> {
    let plain = |text: &str| text.to_lowercase().replace([' ', '_'], "");
    if let Some((_, path)) = SYSTEM.iter().find(|(name, _)| plain(name) == plain(value)) {
        return Some((*path).to_owned());
    }
    // Newer exports contain the path without its `$.`, such as `Agent.UserName`.
    let path = format!("$.{value}");
    JsonPath::parse(&path).filter(JsonPath::has_known_root).map(|_| path)
}

/// Returns `$.External.name`, with brackets if the key is not a plain name.
fn below(root: &str, key: &str) -> String {
    let plain = format!("$.{root}.{key}");
    if JsonPath::parse(&plain).is_some() {
        return plain;
    }
    let quote = if key.contains('\'') { '"' } else { '\'' };
    format!("$.{root}.[{quote}{key}{quote}]")
}

/// Returns a parameter's value as the Flow language writes it.
pub(crate) fn value(parameter: &Parameter<'_>) -> Result<String, String> {
    let text = parameter.text().ok_or("a value is missing")?;
    match parameter.namespace {
        Some(namespace) => reference(namespace, &text),
        None => Ok(text),
    }
}

/// Sets a resource: by reference, by ARN, or by name if the export has only that.
pub(crate) fn resource(
    draft: &mut ActionBuilder,
    member: &str,
    kind: ResourceKind,
    parameter: &Parameter<'_>,
) -> Result<String, String> {
    let written = parameter.text().unwrap_or_default();
    if let Some(namespace) = parameter.namespace {
        return reference(namespace, &written);
    }
    if JsonPath::parse(&written).is_some_and(|path| path.has_known_root()) || crate::references::is_symbolic(&written) {
        return Ok(written);
    }
    if written.starts_with("arn:") {
        let filled_in = !written.contains(['<', '>', '{', '}', ' ']);
        if !filled_in || ResourceKind::of_arn(&written) != Some(kind) {
            return Err(format!("\"{written}\" is not the ARN of a {}", kind.as_str()));
        }
        if let Some(name) = parameter.resource_name {
            draft.display(member, name);
        }
        return Ok(written);
    }
    let name = parameter.resource_name.or(Some(written.as_str()).filter(|name| !name.trim().is_empty()));
    let name = name.ok_or_else(|| format!("no {} is chosen", kind.as_str()))?;
    let named = SymbolicName::arn(kind, key_of(kind, name));
    draft.display(member, name);
    draft.assume(format!("the export has only the name \"{name}\" of the {}; it is written {named}", kind.as_str()));
    Ok(named.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_attributes_have_known_roots() {
        for (name, path) in SYSTEM {
            assert_eq!(reference("System", name).as_deref(), Ok(path));
            assert!(JsonPath::parse(path).unwrap().has_known_root(), "{path}");
        }
        assert_eq!(reference("System", "Agent.UserName").as_deref(), Ok("$.Agent.UserName"));
        assert!(reference("System", "sunspots").is_err());
        assert!(reference("Weather", "x").is_err());
    }

    #[test]
    fn special_keys_are_in_brackets() {
        assert_eq!(reference("External", "a.b").as_deref(), Ok("$.External.a.b"));
        assert_eq!(reference("User Defined", "first name").as_deref(), Ok("$.Attributes.['first name']"));
        assert_eq!(reference("User Defined", "it's").as_deref(), Ok("$.Attributes.[\"it's\"]"));
    }
}
