//! Test cases on an instance: ownership, creation and deletion.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_connect::operation::create_test_case::CreateTestCaseError;
use aws_sdk_connect::operation::update_test_case::UpdateTestCaseError;
use aws_sdk_connect::types::{
    ExecutionRecord, TestCaseEntryPoint, TestCaseEntryPointType, TestCaseExecutionStatus, TestCaseStatus,
    VoiceCallEntryPointParameters,
};
use ring::digest::{SHA256, digest};

use super::TestCaseSpec;
use crate::failure::Failure;
use crate::project::Project;

/// Maximum length of a name, longer ones are truncated; the actual limit is not published, and a flow's name has 127 characters.
const LONGEST_NAME: usize = 127;
/// Maximum number of retries of a throttled call; the delays double from half a second.
const MAX_RETRIES: u32 = 7;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

pub(super) struct TestCases {
    client: Client,
    instance: String,
    /// Ownership tags of test cases.
    tags: HashMap<String, String>,
    /// Prefix of the names of owned test cases.
    prefix: String,
    /// IDs of the owned test cases that this run has found or created.
    own: Mutex<BTreeSet<String>>,
}

/// Returns the same name for the same test in every run, so that the next run finds the test cases of this one.
pub(super) fn name(prefix: &str, file: &str, test: &str) -> String {
    let whole = format!("{prefix}{file}: {test}");
    if whole.chars().count() <= LONGEST_NAME {
        return whole;
    }
    let digest = hex::encode(digest(&SHA256, whole.as_bytes()));
    let mark = digest.get(..12).unwrap_or_default();
    format!("{} #{mark}", whole.chars().take(LONGEST_NAME - mark.len() - 2).collect::<String>())
}

/// Describes the failure of a call in one line.
fn failed<E>(what: &str, error: &SdkError<E>) -> Failure
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let failure = Failure::new(match (error.code(), error.message()) {
        (Some(code), message) => format!("{what}: {code}: {}", message.unwrap_or("no message")),
        (None, _) => format!("{what}: {}", DisplayErrorContext(error)),
    });
    match error.code() {
        Some("AccessDeniedException") => failure.help("`deployer flow test --help` lists the actions that --on-instance needs"),
        _ => failure,
    }
}

/// Makes a call, and retries it while it is throttled.
async fn with_retry<T, E, F>(what: &str, call: impl Fn() -> F) -> Result<T, SdkError<E>>
where
    E: ProvideErrorMetadata,
    F: Future<Output = Result<T, SdkError<E>>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 0..MAX_RETRIES {
        match call().await {
            Err(error) if matches!(error.code(), Some("ThrottlingException" | "TooManyRequestsException")) => {
                tracing::debug!(what, ?pause, "throttled");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            answer => return answer,
        }
    }
    call().await
}

impl TestCases {
    pub(super) fn new(client: Client, instance: String, project: &Project, prefix: String) -> Self {
        let tag = |key: &str, value: String| (format!("deployer:{key}"), value);
        let tags = [
            tag("project", project.spec.project.to_string()),
            tag("environment", project.spec.environment.to_string()),
            tag("test-case", "flow-test".to_owned()),
        ];
        Self { client, instance, tags: tags.into_iter().collect(), prefix, own: Mutex::default() }
    }

    /// Lists the ID and name of every test case of the instance.
    async fn listed(&self) -> Result<Vec<(String, String)>, Failure> {
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let call = || self.client.list_test_cases().instance_id(&self.instance).set_next_token(token.clone()).send();
            let page = with_retry("ListTestCases", call).await.map_err(|error| failed("ListTestCases", &error))?;
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            found.extend(page.test_case_summary_list().iter().map(|one| (text(one.id()), text(one.name()))));
            token = page.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn is_ours(&self, id: &str) -> Result<bool, Failure> {
        let call = || self.client.describe_test_case().instance_id(&self.instance).test_case_id(id).send();
        let answer = with_retry("DescribeTestCase", call).await.map_err(|error| failed("DescribeTestCase", &error))?;
        let tags = answer.test_case.and_then(|case| case.tags).unwrap_or_default();
        Ok(self.tags.iter().all(|(key, value)| tags.get(key) == Some(value)))
    }

    /// Returns the IDs of the existing owned test cases with these names, and deletes other owned ones, which a killed run has left behind.
    ///
    /// # Errors
    /// Fails if a test case with such a name is not owned; nothing has been changed then.
    pub(super) async fn take_over(&self, names: &[&str]) -> Result<BTreeMap<String, String>, Failure> {
        let (mut own, mut left, mut foreign) = (BTreeMap::new(), Vec::new(), Vec::new());
        for (id, name) in self.listed().await?.into_iter().filter(|(_, name)| name.starts_with(&self.prefix)) {
            match (self.is_ours(&id).await?, names.contains(&name.as_str())) {
                (true, true) => drop(own.insert(name, id)),
                (true, false) => left.push(id),
                (false, true) => foreign.push(name),
                (false, false) => {}
            }
        }
        if !foreign.is_empty() {
            let names = foreign.join("\n  ");
            return Err(Failure::refused(format!("the instance has test cases of these names that are not ours:\n  {names}"))
                .help(
                    "rename or delete them; ours have the tags deployer:project, deployer:environment and deployer:test-case",
                ));
        }
        for id in left {
            self.delete(&id).await?;
        }
        own.values().for_each(|id| self.is_own(id));
        Ok(own)
    }

    /// Deletes the owned test cases with these IDs, as far as possible.
    pub(super) async fn remove(&self, ids: impl IntoIterator<Item = String>) -> Result<(), Failure> {
        let mut result = Ok(());
        for id in ids {
            result = result.and(self.delete(&id).await);
        }
        result
    }

    /// Returns the IDs of the owned test cases that have been found or created.
    pub(super) fn own(&self) -> BTreeSet<String> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_own(&self, id: &str) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
    }

    /// Deletes a test case; a missing one is no error.
    async fn delete(&self, id: &str) -> Result<(), Failure> {
        let call = || self.client.delete_test_case().instance_id(&self.instance).test_case_id(id).send();
        match with_retry("DeleteTestCase", call).await {
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(()),
            answer => answer.map(drop).map_err(|error| failed("DeleteTestCase", &error)),
        }
    }

    /// Publishes a test case, a new one or an existing one, and returns its ID.
    pub(super) async fn put(&self, wanted: &TestCaseSpec, known: Option<&str>) -> Result<String, Failure> {
        let parameters = VoiceCallEntryPointParameters::builder().flow_id(&wanted.flow_id);
        let parameters = parameters.set_source_phone_number(wanted.caller.clone()).build();
        let entry = TestCaseEntryPoint::builder().r#type(TestCaseEntryPointType::VoiceCall);
        let entry = entry.voice_call_entry_point_parameters(parameters).build();
        let content = wanted.content.to_string();
        if let Some(id) = known {
            let update = self.client.update_test_case().instance_id(&self.instance).test_case_id(id).content(content);
            let update = update.entry_point(entry).status(TestCaseStatus::Published);
            // An omitted member is left unchanged, so absent attributes are sent explicitly.
            let data = wanted.data.clone().unwrap_or_else(|| serde_json::json!({"Attributes": {}}).to_string());
            let update = update.initialization_data(data);
            let sent = with_retry("UpdateTestCase", || update.clone().send()).await;
            return sent.map(|_| id.to_owned()).map_err(|error| match error.as_service_error() {
                Some(UpdateTestCaseError::InvalidTestCaseException(invalid)) => refused(invalid.problems()),
                _ => failed("UpdateTestCase", &error),
            });
        }
        let create = self.client.create_test_case().instance_id(&self.instance).name(&wanted.name).content(content);
        let create = create.entry_point(entry).status(TestCaseStatus::Published).set_initialization_data(wanted.data.clone());
        let create = create.set_tags(Some(self.tags.clone()));
        let sent = with_retry("CreateTestCase", || create.clone().send()).await;
        let made = sent.map_err(|error| match error.as_service_error() {
            Some(CreateTestCaseError::InvalidTestCaseException(invalid)) => refused(invalid.problems()),
            _ => failed("CreateTestCase", &error),
        })?;
        let id = made.test_case_id.ok_or_else(|| Failure::new("CreateTestCase gave no id"))?;
        self.is_own(&id);
        Ok(id)
    }

    /// Starts an execution and returns its ID. A repeated request starts only one.
    pub(super) async fn start(&self, id: &str) -> Result<String, Failure> {
        let token = uuid::Uuid::new_v4().to_string();
        let start = self.client.start_test_case_execution().instance_id(&self.instance).test_case_id(id).client_token(token);
        let sent = with_retry("StartTestCaseExecution", || start.clone().send()).await;
        let started = sent.map_err(|error| failed("StartTestCaseExecution", &error))?;
        started.test_case_execution_id.ok_or_else(|| Failure::new("StartTestCaseExecution gave no id"))
    }

    pub(super) async fn status(&self, id: &str, execution: &str) -> Result<Option<TestCaseExecutionStatus>, Failure> {
        let get = self.client.get_test_case_execution_summary().instance_id(&self.instance).test_case_id(id);
        let get = get.test_case_execution_id(execution);
        let sent = with_retry("GetTestCaseExecutionSummary", || get.clone().send()).await;
        Ok(sent.map_err(|error| failed("GetTestCaseExecutionSummary", &error))?.status)
    }

    pub(super) async fn records(&self, id: &str, execution: &str) -> Result<Vec<ExecutionRecord>, Failure> {
        let list = self.client.list_test_case_execution_records().instance_id(&self.instance).test_case_id(id);
        let list = list.test_case_execution_id(execution);
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let sent = with_retry("ListTestCaseExecutionRecords", || list.clone().set_next_token(token.clone()).send()).await;
            let page = sent.map_err(|error| failed("ListTestCaseExecutionRecords", &error))?;
            found.extend(page.execution_records.unwrap_or_default());
            token = page.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Stops an execution; one that has already ended is no error.
    pub(super) async fn stop(&self, id: &str, execution: &str) {
        let stop = self.client.stop_test_case_execution().instance_id(&self.instance).test_case_id(id);
        let stop = stop.test_case_execution_id(execution);
        if let Err(error) = with_retry("StopTestCaseExecution", || stop.clone().send()).await {
            tracing::debug!(id, execution, %error, "not stopped");
        }
    }
}

/// Describes why Connect does not publish a content.
fn refused(problems: &[aws_sdk_connect::types::ProblemDetail]) -> Failure {
    let problems: Vec<&str> = problems.iter().filter_map(|problem| problem.message()).collect();
    let why = if problems.is_empty() { "it does not say why".to_owned() } else { problems.join("; ") };
    Failure::new(format!("Connect does not publish the test case: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = "x".repeat(200);
        let (one, two) = (name("p e: ", "a.yaml", &format!("{long}1")), name("p e: ", "a.yaml", &format!("{long}2")));
        assert_eq!((one.chars().count(), two.chars().count()), (LONGEST_NAME, LONGEST_NAME));
        assert_ne!(one, two);
        assert!(one.starts_with("p e: a.yaml: xxx"));
        assert_eq!(name("p e: ", "a.yaml", "short"), "p e: a.yaml: short");
    }
}
