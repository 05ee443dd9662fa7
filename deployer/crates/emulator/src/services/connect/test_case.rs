//! Test cases of Connect's own simulator: storage and validation; `testing` executes them.

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, REQUEST, duplicate, epoch, given_tags, not_found, parsed, refused, text};
use super::flow_reference;
use super::testing::read::read as read_test;
use super::types::{Content, Entry, Instance, TestCase};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

impl TestCase {
    /// Returns the content to execute. The codes and message texts are unverified.
    pub(super) fn executable(&self) -> Result<String, AwsError> {
        let published = self.published.as_ref().ok_or_else(|| refused(REQUEST, "The test case is not published"))?;
        // The content was published under the rules of an earlier version.
        let content = content(published.text(), true)?;
        match self.entry.as_ref() {
            Some(Entry { voice: Some(voice), .. }) if voice.flow.is_some() || voice.to.is_some() => Ok(content.text().to_owned()),
            Some(Entry { chat: Some(_), .. }) => {
                Err(AwsError::new(501, "NotImplemented", "the embedded AWS executes test cases of voice calls, not of chats"))
            }
            _ => Err(refused(REQUEST, "The test case has no entry point to call")),
        }
    }
}

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateTestCase", create).at("PUT /test-cases/{InstanceId}"),
    read("DescribeTestCase", describe).at("GET /test-cases/{InstanceId}/{TestCaseId}"),
    write("UpdateTestCase", update).at("POST /test-cases/{InstanceId}/{TestCaseId}"),
    write("DeleteTestCase", delete).at("DELETE /test-cases/{InstanceId}/{TestCaseId}"),
    read("ListTestCases", list).at("GET /test-cases-summary/{InstanceId}"),
];

/// Converts content into its storage format: published content is validated, saved content must be JSON (botocore model,
/// Status).
fn content(text: &str, publish: bool) -> Result<Content, AwsError> {
    let invalid = |problems: Vec<String>| {
        let problems: Vec<Value> = problems.into_iter().take(50).map(|message| json!({"message": message})).collect();
        AwsError::new(400, "InvalidTestCaseException", "").with("Problems", problems)
    };
    let problems = if publish { read_test(text).err().unwrap_or_default() } else { Vec::new() };
    match problems.is_empty() {
        true => Content::new(text).map_err(|_| invalid(vec!["Invalid test case content: not a JSON object".to_owned()])),
        false => Err(invalid(problems)),
    }
}

/// Reads the entry point; its flow must exist, and its type must match its parameters. The codes and message texts are
/// unverified.
fn entry(instance: &Instance, input: &Value) -> Result<Option<Entry>, AwsError> {
    let Some(entry) = parsed::<Entry>(input, "EntryPoint")? else { return Ok(None) };
    let (voice, chat) = (entry.voice.is_some(), entry.chat.is_some());
    let fits = match entry.kind.as_deref() {
        Some("VOICE_CALL") => voice && !chat,
        Some("CHAT") => chat && !voice,
        _ => false,
    };
    if !fits {
        return Err(refused(PARAMETER, "An entry point has a type and the parameters of that type"));
    }
    let flow =
        entry.voice.as_ref().and_then(|voice| voice.flow.as_ref()).or(entry.chat.as_ref().and_then(|chat| chat.flow.as_ref()));
    match flow.filter(|flow| flow_reference::find(instance, flow).is_none()) {
        Some(flow) => Err(not_found("Contact flow", flow)),
        None => Ok(Some(entry)),
    }
}

/// Reads the initialization data: "The value must be a valid JSON string" (botocore model, TestCase). The message text is
/// unverified.
fn data(input: &Value) -> Result<Option<String>, AwsError> {
    match text(input, "InitializationData") {
        Some(data) if serde_json::from_str::<Value>(data).is_err() => Err(refused(PARAMETER, "InitializationData must be JSON")),
        data => Ok(data.map(str::to_owned)),
    }
}

fn check_name(instance: &Instance, name: &str, own: Option<&str>) -> Result<(), AwsError> {
    match instance.test_cases.iter().any(|(id, one)| one.name == name && own != Some(id.as_str())) {
        true => Err(duplicate("A test case", name)),
        false => Ok(()),
    }
}

/// Returns the test case of an id or ARN.
pub(super) fn find<'a>(instance: &'a Instance, given: &str) -> Result<&'a TestCase, AwsError> {
    let id = id_of(instance, given)?;
    instance.test_cases.get(&id).ok_or_else(|| not_found("Test case", given))
}

/// Returns the test case id of an id or ARN.
pub(super) fn id_of(instance: &Instance, given: &str) -> Result<String, AwsError> {
    let own = given.strip_prefix(instance.arn.as_str()).and_then(|rest| rest.strip_prefix("/test-case/")).unwrap_or(given);
    instance.test_cases.get_key_value(own).map(|(id, _)| id.clone()).ok_or_else(|| not_found("Test case", given))
}

/// Creates a test case, which is published unless a status is given (unverified; flows are published). AWS documents no maximum
/// per instance, so that there is no limit here.
fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (input, id) = (&call.input, call.context.uuid());
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let name = text(input, "Name").unwrap_or_default();
    check_name(instance, name, None)?;
    let publish = text(input, "Status") != Some("SAVED");
    let content = content(text(input, "Content").unwrap_or_default(), publish)?;
    let (published, draft) = if publish { (Some(content), None) } else { (None, Some(content)) };
    let arn = format!("{}/test-case/{id}", instance.arn);
    let case = TestCase {
        arn: arn.clone(),
        name: name.to_owned(),
        description: text(input, "Description").map(str::to_owned),
        published,
        draft,
        entry: entry(instance, input)?,
        data: data(input)?,
        tags: given_tags(input)?,
        modified: call.context.now,
    };
    instance.test_cases.insert(id.clone(), case);
    Ok(Response::json(json!({"TestCaseId": id, "TestCaseArn": arn})))
}

/// Describes a test case: "If not specified, returns the published version if available, otherwise returns the saved version"
/// (botocore model).
fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let id = id_of(instance, call.path("TestCaseId"))?;
    let case = find(instance, call.path("TestCaseId"))?;
    let (published, draft) =
        (case.published.as_ref().map(|one| (one, "PUBLISHED")), case.draft.as_ref().map(|one| (one, "SAVED")));
    let wanted = match call.query("status") {
        Some("PUBLISHED") => published,
        Some("SAVED") => draft.or(published),
        _ => published.or(draft),
    };
    let (content, status) = wanted.ok_or_else(|| not_found("Published test case", &id))?;
    let mut described = json!({
        "Arn": case.arn,
        "Id": id,
        "Name": case.name,
        "Content": content.text(),
        "TestCaseSha256": content.sha256,
        "Status": status,
        "Tags": case.tags,
        "LastModifiedTime": epoch(case.modified),
        "LastModifiedRegion": &call.context.region,
    });
    for (member, value) in [("Description", &case.description), ("InitializationData", &case.data)] {
        if let Some(value) = value {
            described[member] = value.as_str().into();
        }
    }
    if let Some(entry) = &case.entry {
        described["EntryPoint"] = json!(entry);
    }
    Ok(Response::json(json!({"TestCase": described})))
}

fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = id_of(instance, call.path("TestCaseId"))?;
    let mut case = find(instance, &id)?.clone();
    if let Some(name) = text(input, "Name") {
        check_name(instance, name, Some(&id))?;
        name.clone_into(&mut case.name);
    }
    // A status alone publishes the saved content.
    let saved = case.draft.as_ref().or(case.published.as_ref()).map(|content| content.text().to_owned());
    match (text(input, "Content").map(str::to_owned), text(input, "Status")) {
        (Some(text), Some("SAVED")) => case.draft = Some(content(&text, false)?),
        (Some(text), _) => (case.published, case.draft) = (Some(content(&text, true)?), None),
        (None, Some("PUBLISHED")) => {
            (case.published, case.draft) = (Some(content(&saved.unwrap_or_default(), true)?), None);
        }
        (None, _) => {}
    }
    if let Some(description) = text(input, "Description") {
        case.description = Some(description.to_owned());
    }
    case.entry = entry(instance, input)?.or(case.entry);
    case.data = data(input)?.or(case.data);
    case.modified = call.context.now;
    instance.test_cases.insert(id, case);
    Ok(Response::json(json!({})))
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let id = id_of(instance, call.path("TestCaseId"))?;
    instance.test_cases.remove(&id);
    // That its executions are deleted too is unverified.
    instance.executions.retain(|_, one| one.case != id);
    Ok(Response::json(json!({})))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 1000, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let shown = |id: &str, case: &TestCase| {
        json!({
            "Id": id,
            "Arn": case.arn,
            "Name": case.name,
            "Status": case.status(),
            "LastModifiedTime": epoch(case.modified),
            "LastModifiedRegion": &call.context.region,
        })
    };
    paging.response("TestCaseSummaryList", instance.test_cases.iter().map(|(id, case)| (id, shown(id, case))))
}
