//! Custom vocabularies, and which of them Contact Lens uses by default for each language.

use std::time::Duration;

use serde_json::{Value, json};

use super::State;
use super::arguments::{Paging, REQUEST, given_tags, not_found, refused, text};
use super::types::{Instance, Vocabulary};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// Maximum number of vocabularies in an instance (administrator guide, "Add custom vocabularies to Contact Lens").
const MAX_VOCABULARIES: usize = 20;
/// Durations of a creation and of a deletion (unverified: AWS's API reference names none; terraform-provider-aws waits for up to 5 and 100
/// minutes, connect/vocabulary.go).
const CREATION: Duration = Duration::from_secs(30);
const DELETION: Duration = Duration::from_secs(60);
/// Columns of a vocabulary's table (botocore model, CreateVocabularyRequest.Content).
const COLUMNS: [&str; 4] = ["Phrase", "IPA", "SoundsLike", "DisplayAs"];

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateVocabulary", create).at("POST /vocabulary/{InstanceId}"),
    read("DescribeVocabulary", describe).at("GET /vocabulary/{InstanceId}/{VocabularyId}"),
    write("DeleteVocabulary", delete).at("POST /vocabulary-remove/{InstanceId}/{VocabularyId}"),
    read("SearchVocabularies", search).at("POST /vocabulary-summary/{InstanceId}"),
    write("AssociateDefaultVocabulary", associate).at("PUT /default-vocabulary/{InstanceId}/{LanguageCode}"),
    read("ListDefaultVocabularies", list_defaults).at("POST /default-vocabulary-summary/{InstanceId}"),
];

impl State {
    /// Removes vocabularies whose deletion has ended.
    pub(super) fn advance_vocabularies(&mut self, now: time::OffsetDateTime) {
        let due: Vec<String> =
            self.instances.iter().filter(|(_, one)| one.has_gone_vocabulary(now)).map(|(id, _)| id.clone()).collect();
        for id in due {
            if let Some(instance) = self.instances.get_mut(&id) {
                instance.vocabularies.retain(|_, vocabulary| !vocabulary.is_gone(now));
            }
        }
    }
}

/// Returns the vocabulary of an id or ARN with its id.
fn find<'a>(instance: &'a Instance, given: &str) -> Result<(&'a str, &'a Vocabulary), AwsError> {
    let own = given.strip_prefix(instance.arn.as_str()).and_then(|rest| rest.strip_prefix("/vocabulary/")).unwrap_or(given);
    let found = instance.vocabularies.get_key_value(own);
    found.map(|(id, found)| (id.as_str(), found)).ok_or_else(|| not_found("Vocabulary", given))
}

/// Returns why a vocabulary's table is not usable: it has a header with the columns, lines that end with LF, and in each row as
/// many cells as columns (Transcribe developer guide, "Creating a custom vocabulary using a table"; administrator guide, "Add
/// custom vocabularies to Contact Lens"). The texts are unverified.
fn problem(content: &str) -> Option<String> {
    if content.contains('\r') {
        return Some("The file must be in LF format".to_owned());
    }
    let mut lines = content.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    if !COLUMNS.iter().all(|column| header.contains(column)) {
        return Some(format!("The header must have the columns {}, separated by tabs", COLUMNS.join(", ")));
    }
    let phrase = header.iter().position(|column| *column == "Phrase").unwrap_or_default();
    lines.enumerate().filter(|(_, line)| !line.is_empty()).find_map(|(at, line)| {
        let cells: Vec<&str> = line.split('\t').collect();
        let number = at + 2;
        match cells.get(phrase).copied().unwrap_or_default() {
            _ if cells.len() != header.len() => {
                Some(format!("Line {number} has {} columns instead of {}", cells.len(), header.len()))
            }
            "" => Some(format!("Line {number} has no phrase")),
            text if text.contains(' ') => Some(format!("The phrase in line {number} contains a space")),
            _ => None,
        }
    })
}

/// Begins the creation. A token that was used returns the earlier answer (botocore model, ClientToken); with another input it
/// is refused (unverified).
fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, now) = (&call.input, call.context.now);
    let instance = state.active(call.path("InstanceId"), now)?;
    let token = text(input, "ClientToken");
    let of_token = |one: &Vocabulary| token.is_some() && one.token.as_ref().map(|(token, _)| token.as_str()) == token;
    if let Some((id, earlier)) = instance.vocabularies.iter().find(|(_, one)| of_token(one)) {
        return match earlier.token.as_ref().is_some_and(|(_, given)| given == input) {
            true => Ok(begun(id, earlier, now)),
            false => Err(refused(REQUEST, "The client token was used for a request with other parameters")),
        };
    }
    let name = text(input, "VocabularyName").unwrap_or_default();
    if instance.vocabularies.values().any(|one| one.name == name) {
        // The message text is unverified.
        return Err(AwsError::new(409, "ResourceConflictException", format!("A vocabulary with the name {name} already exists")));
    }
    if instance.vocabularies.len() >= MAX_VOCABULARIES {
        let message = format!("The instance has reached its quota of {MAX_VOCABULARIES} vocabularies");
        return Err(AwsError::new(402, "ServiceQuotaExceededException", message));
    }
    let content = text(input, "Content").unwrap_or_default();
    let id = call.context.uuid();
    let vocabulary = Vocabulary {
        arn: format!("{}/vocabulary/{id}", instance.arn),
        name: name.to_owned(),
        language: text(input, "LanguageCode").unwrap_or_default().to_owned(),
        content: content.to_owned(),
        tags: given_tags(input)?,
        modified: now,
        created_at: call.context.after(CREATION),
        failure: call.fails_async().then(|| "The vocabulary could not be created".to_owned()).or_else(|| problem(content)),
        gone_at: None,
        token: token.map(|token| (token.to_owned(), input.clone())),
    };
    let answer = begun(&id, &vocabulary, now);
    instance.vocabularies.insert(id, vocabulary);
    Ok(answer)
}

fn begun(id: &str, vocabulary: &Vocabulary, now: time::OffsetDateTime) -> Response {
    Response::json(json!({"VocabularyArn": vocabulary.arn, "VocabularyId": id, "State": vocabulary.state(now)}))
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let (id, found) = find(instance, call.path("VocabularyId"))?;
    let mut described = found.summary(id, call.context.now);
    described["Content"] = found.content.as_str().into();
    described["Tags"] = json!(found.tags);
    Ok(Response::json(json!({"Vocabulary": described})))
}

/// Begins the deletion; a vocabulary that is a default is in use (botocore model declares ResourceInUseException; that this is
/// its cause, and that a vocabulary in creation is refused, are unverified).
fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let now = call.context.now;
    let instance = state.active(call.path("InstanceId"), now)?;
    let (id, found) = find(instance, call.path("VocabularyId"))?;
    let in_use = |message: String| AwsError::new(409, "ResourceInUseException", message);
    if instance.default_vocabularies.values().any(|default| default == id) {
        return Err(in_use(format!("The vocabulary {} is the default of {}", found.name, found.language)));
    }
    if found.state(now) == "CREATION_IN_PROGRESS" {
        return Err(in_use(format!("The vocabulary {} is being created", found.name)));
    }
    let id = id.to_owned();
    let until = call.context.after(DELETION);
    let found = instance.vocabularies.get_mut(&id).ok_or_else(|| not_found("Vocabulary", &id))?;
    found.gone_at.get_or_insert(until);
    found.modified = now;
    Ok(begun(&id, found, now))
}

fn search(state: &State, call: &Request) -> Result<Response, AwsError> {
    let (input, now) = (&call.input, call.context.now);
    let paging = Paging::of_body(call, 100, REQUEST)?;
    let instance = state.ready(call.path("InstanceId"), now)?;
    let is = |member: &str, value: &str| text(input, member).is_none_or(|wanted| wanted == value);
    let fits = |one: &Vocabulary| {
        let begins = text(input, "NameStartsWith").is_none_or(|start| one.name.starts_with(start));
        begins && is("LanguageCode", &one.language) && is("State", one.state(now))
    };
    let found = instance.vocabularies.iter().filter(|(_, one)| fits(one));
    paging.response("VocabularySummaryList", found.map(|(id, one)| (id, one.summary(id, now))))
}

/// Sets or removes the default vocabulary of a language. That it must be active and of that language, and the message texts,
/// are unverified.
fn associate(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let now = call.context.now;
    let language = call.path("LanguageCode").to_owned();
    let instance = state.active(call.path("InstanceId"), now)?;
    let Some(given) = text(&call.input, "VocabularyId").filter(|id| !id.is_empty()) else {
        instance.default_vocabularies.remove(&language);
        return Ok(Response::json(json!({})));
    };
    let (id, found) = find(instance, given)?;
    if found.language != language || found.state(now) != "ACTIVE" {
        return Err(refused(REQUEST, format!("The vocabulary {} is not an active one of {language}", found.name)));
    }
    let id = id.to_owned();
    instance.default_vocabularies.insert(language, id);
    Ok(Response::json(json!({})))
}

fn list_defaults(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_body(call, 100, REQUEST)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let wanted = text(&call.input, "LanguageCode");
    let listed = instance.default_vocabularies.iter().filter(|(language, _)| wanted.is_none_or(|wanted| wanted == *language));
    let described = listed.map(|(language, id)| {
        let name = instance.vocabularies.get(id).map(|one| one.name.clone()).unwrap_or_default();
        let default: Value =
            json!({"InstanceId": instance.id, "LanguageCode": language, "VocabularyId": id, "VocabularyName": name});
        (language, default)
    });
    paging.response("DefaultVocabularyList", described)
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn vocabularies_are_tables() {
        let header = "Phrase\tIPA\tSoundsLike\tDisplayAs";
        for (content, good) in [
            (format!("{header}\nLos-Angeles\t\t\tLos Angeles\n"), true),
            (header.to_owned(), true),
            (format!("{header}\nLos Angeles\t\t\tLos Angeles"), false),
            (format!("{header}\nLos-Angeles\t\tLos Angeles"), false),
            (format!("{header}\n\t\t\tLos Angeles"), false),
            (format!("{header}\r\nLos-Angeles\t\t\tLos Angeles"), false),
            ("Phrase,IPA,SoundsLike,DisplayAs".to_owned(), false),
        ] {
            assert_eq!(problem(&content).is_none(), good, "{content:?}");
        }
    }
}
