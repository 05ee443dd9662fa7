//! An instance with one resource of every type, and a spare one of those that cannot be deleted while in use.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::types::CreateBucketConfiguration;
use serde_json::{Value, json};

use super::send;
use crate::support::fresh::{ACCOUNT, REGION, TestEmulator, fresh, silence};

pub(super) struct Fixture {
    pub(super) fresh: TestEmulator,
    names: BTreeMap<&'static str, String>,
}

/// Returns publishable content of a flow or a module.
pub(super) fn content(end: &str) -> String {
    json!({
        "Version": "2019-10-30",
        "StartAction": "end",
        "Actions": [{"Identifier": "end", "Type": end, "Parameters": {}, "Transitions": {}}],
    })
    .to_string()
}

impl Fixture {
    /// Fills in the placeholders in braces.
    pub(super) fn fill(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// Fills in the placeholders of a path, whose parts are encoded.
    pub(super) fn fill_path(&self, path: &str) -> String {
        let encoded = |value: &str| percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string();
        let known =
            self.names.iter().fold(path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), &encoded(value)));
        // An ARN that a case has already filled in itself.
        match known.split_once("/tags/arn:") {
            Some((before, rest)) => {
                let (arn, query) = rest.split_once('?').map_or((rest, String::new()), |(arn, query)| (arn, format!("?{query}")));
                format!("{before}/tags/{}{query}", encoded(&format!("arn:{arn}")))
            }
            None => known,
        }
    }

    async fn make(&mut self, name: &'static str, method: &str, path: &str, body: Value, member: &str) {
        let (path, body) = (self.fill_path(path), self.fill(&body.to_string()));
        let (status, code, answer) = send(&self.fresh.emulator, method, &path, &body).await;
        assert!(status < 300, "{name}: {code} {answer}");
        let made = answer.pointer(member).unwrap_or(&Value::Null);
        self.names.insert(name, made.as_str().map_or_else(|| made.to_string(), str::to_owned));
    }
}

pub(super) async fn fixture() -> Fixture {
    let mut it = Fixture { fresh: fresh(), names: BTreeMap::new() };
    let wanted = json!({"IdentityManagementType": "CONNECT_MANAGED", "InstanceAlias": "vanity",
                        "InboundCallsEnabled": true, "OutboundCallsEnabled": true});
    it.make("instance", "PUT", "/instance", wanted, "/Id").await;
    it.fresh.clock.advance(Duration::from_secs(90));
    let arn = format!("arn:aws:connect:{REGION}:{ACCOUNT}:instance/{}", it.names["instance"]);
    it.names.insert("instance_arn", arn);
    it.names.insert("numbers_arn", format!("arn:aws:connect:{REGION}:{ACCOUNT}:phone-number"));
    it.names.insert("function_arn", format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:convert"));
    routing(&mut it).await;
    contents(&mut it).await;
    transfer(&mut it).await;
    numbers(&mut it).await;
    workspace(&mut it).await;
    it
}

async fn routing(it: &mut Fixture) {
    for (name, text) in [("hours", "Office"), ("spare_hours", "Spare")] {
        let wanted = json!({"Name": text, "TimeZone": "UTC", "Config": []});
        it.make(name, "PUT", "/hours-of-operations/{instance}", wanted, "/HoursOfOperationId").await;
    }
    for (name, text) in [("queue", "Sales"), ("spare_queue", "Spare")] {
        it.make(name, "PUT", "/queues/{instance}", json!({"Name": text, "HoursOfOperationId": "{hours}"}), "/QueueId").await;
    }
    for (name, text) in [("profile", "Agents"), ("spare_profile", "Spare")] {
        let wanted = json!({"Name": text, "Description": text, "DefaultOutboundQueueId": "{queue}",
            "MediaConcurrencies": [{"Channel": "VOICE", "Concurrency": 1}],
            "QueueConfigs": [{"QueueReference": {"QueueId": "{queue}", "Channel": "VOICE"}, "Priority": 1, "Delay": 0}]});
        it.make(name, "PUT", "/routing-profiles/{instance}", wanted, "/RoutingProfileId").await;
    }
    for (name, text) in [("security", "Night"), ("spare_security", "Spare")] {
        let wanted = json!({"SecurityProfileName": text, "Permissions": ["Users.View"]});
        it.make(name, "PUT", "/security-profiles/{instance}", wanted, "/SecurityProfileId").await;
    }
    let user = json!({"Username": "mary", "Password": "Correct1Horse", "IdentityInfo": {"FirstName": "Mary", "LastName": "Major"},
        "SecurityProfileIds": ["{security}"], "RoutingProfileId": "{profile}"});
    it.make("user", "PUT", "/users/{instance}", user, "/UserId").await;
}

async fn contents(it: &mut Fixture) {
    for (name, text) in [("flow", "main"), ("spare_flow", "spare")] {
        let wanted = json!({"Name": text, "Type": "CONTACT_FLOW", "Content": content("DisconnectParticipant")});
        it.make(name, "PUT", "/contact-flows/{instance}", wanted, "/ContactFlowId").await;
    }
    it.make("flow_version", "PUT", "/contact-flows/{instance}/{flow}/version", json!({}), "/Version").await;
    let wanted = json!({"Name": "module", "Content": content("EndFlowModuleExecution")});
    it.make("module", "PUT", "/contact-flow-modules/{instance}", wanted, "/Id").await;
    for name in ["used_version", "version"] {
        it.make(name, "PUT", "/contact-flow-modules/{instance}/{module}/version", json!({}), "/Version").await;
    }
    let wanted = json!({"AliasName": "live", "ContactFlowModuleVersion": 1});
    it.make("alias", "PUT", "/contact-flow-modules/{instance}/{module}/alias", wanted, "/Id").await;
    let wanted = json!({"ResourceType": "CALL_RECORDINGS",
        "StorageConfig": {"StorageType": "S3", "S3Config": {"BucketName": "calls", "BucketPrefix": "here"}}});
    it.make("storage", "PUT", "/instance/{instance}/storage-config", wanted, "/AssociationId").await;
    let wanted = json!({"LexBot": {"Name": "Greeter", "LexRegion": "eu-central-1"}});
    it.make("bot", "PUT", "/instance/{instance}/bot", wanted, "").await;
    it.make("function", "PUT", "/instance/{instance}/lambda-function", json!({"FunctionArn": "{function_arn}"}), "").await;
    let wanted = json!({"Name": "test", "Content": "{}", "Status": "SAVED"});
    it.make("test", "PUT", "/test-cases/{instance}", wanted, "/TestCaseId").await;
    executions(it).await;
    recordings(&it.fresh).await;
    it.make("prompt", "GET", "/prompts-summary/{instance}", json!({}), "/PromptSummaryList/0/Id").await;
}

/// Creates quick connects, a hierarchy of two levels, and vocabularies, which are active after 30 s.
async fn transfer(it: &mut Fixture) {
    for (name, kind) in [("to_queue", "QUEUE_TRANSFER"), ("to_agent", "AGENT_TRANSFER")] {
        let path = format!("/contact-flows-summary/{{instance}}?contactFlowTypes={kind}");
        it.make(name, "GET", &path, json!({}), "/ContactFlowSummaryList/0/Id").await;
    }
    for (name, text) in [("quick", "Sales desk"), ("spare_quick", "Spare")] {
        let config = json!({"QuickConnectType": "PHONE_NUMBER", "PhoneConfig": {"PhoneNumber": "+12065550100"}});
        let wanted = json!({"Name": text, "QuickConnectConfig": config});
        it.make(name, "PUT", "/quick-connects/{instance}", wanted, "/QuickConnectId").await;
    }
    let levels = json!({"HierarchyStructure": {"LevelOne": {"Name": "Site"}, "LevelTwo": {"Name": "Team"}}});
    it.make("levels", "POST", "/user-hierarchy-structure/{instance}", levels, "").await;
    for (name, wanted) in [
        ("group", json!({"Name": "North"})),
        ("lower_group", json!({"Name": "East", "ParentGroupId": "{group}"})),
        ("spare_group", json!({"Name": "Spare"})),
    ] {
        it.make(name, "PUT", "/user-hierarchy-groups/{instance}", wanted, "/HierarchyGroupId").await;
    }
    for (name, text, language) in [("vocabulary", "words", "en-US"), ("german", "Begriffe", "de-DE")] {
        let wanted = json!({"VocabularyName": text, "LanguageCode": language, "Content": "Phrase\tIPA\tSoundsLike\tDisplayAs\n"});
        it.make(name, "POST", "/vocabulary/{instance}", wanted, "/VocabularyId").await;
    }
}

/// Creates a bucket with a playable object and another one.
async fn recordings(fresh: &TestEmulator) {
    let client = aws_sdk_s3::Client::new(&fresh.config);
    let here = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    client.create_bucket().bucket("recordings").create_bucket_configuration(here).send().await.expect("a bucket");
    for (key, bytes) in [("silence.wav", silence(100)), ("words.wav", b"no recording at all".to_vec())] {
        client.put_object().bucket("recordings").key(key).body(bytes.into()).send().await.expect("stored");
    }
}

/// Starts one that runs until its timeout: it expects speech that never occurs.
async fn executions(it: &mut Fixture) {
    let event = json!({"Identifier": "e", "Type": "MessageReceived", "Actor": "System", "Properties": {"Text": "never"}});
    let waiting = json!({"Identifier": "wait", "Event": event, "Actions": []});
    let text = json!({"Version": "2019-10-30", "Observations": [waiting]}).to_string();
    let entry = json!({"Type": "VOICE_CALL", "VoiceCallEntryPointParameters": {"FlowId": "{flow}"}});
    let wanted = json!({"Name": "waiting", "Content": text, "EntryPoint": entry});
    it.make("executable", "PUT", "/test-cases/{instance}", wanted, "/TestCaseId").await;
    let path = "/test-cases/{instance}/{executable}/start-execution";
    it.make("execution", "PUT", path, json!({}), "/TestCaseExecutionId").await;
}

async fn numbers(it: &mut Fixture) {
    let wanted = json!({"InstanceId": "{instance}", "PhoneNumber": "+12065550100"});
    it.make("number", "POST", "/phone-number/claim", wanted, "/PhoneNumberId").await;
    it.fresh.clock.advance(Duration::from_secs(30));
    let wanted = json!({"InstanceId": "{instance}", "ContactFlowId": "{flow}"});
    it.make("lead", "PUT", "/phone-number/{number}/contact-flow", wanted, "").await;
}

/// Returns the request that creates a view.
pub(super) fn view(name: &str) -> Value {
    json!({"Name": name, "Status": "PUBLISHED", "Content": {"Template": "{}", "Actions": ["Next"]}})
}

/// Returns the request that creates a task template.
pub(super) fn task_template(name: &str) -> Value {
    let field = json!({"Id": {"Name": "Name"}, "Type": "NAME"});
    json!({"Name": name, "Fields": [field], "Constraints": {"RequiredFields": [{"Id": {"Name": "Name"}}]}, "ContactFlowId": "{flow}"})
}

/// Returns the request that creates an evaluation form.
pub(super) fn evaluation_form(title: &str) -> Value {
    let question = json!({"Question": {"Title": "q", "RefId": "q1", "QuestionType": "TEXT"}});
    json!({"Title": title, "Items": [{"Section": {"Title": "s", "RefId": "s1", "Items": [question]}}]})
}

/// Returns the request that creates a rule.
pub(super) fn rule(name: &str) -> Value {
    let task = json!({"Name": "look", "ContactFlowId": "{flow}"});
    json!({"Name": name, "TriggerEventSource": {"EventSourceName": "OnPostCallAnalysisAvailable"}, "Function": "{}",
           "Actions": [{"ActionType": "CREATE_TASK", "TaskAction": task}], "PublishStatus": "DRAFT"})
}

async fn workspace(it: &mut Fixture) {
    let wanted = json!({"Name": "holidays", "Config": [], "EffectiveFrom": "2026-12-24", "EffectiveTill": "2026-12-26"});
    let path = "/hours-of-operations/{instance}/{hours}/overrides";
    it.make("override", "PUT", path, wanted, "/HoursOfOperationOverrideId").await;
    let wanted = json!({"Name": "Lunch", "State": "ENABLED"});
    it.make("status", "PUT", "/agent-status/{instance}", wanted, "/AgentStatusId").await;
    it.make("attribute", "PUT", "/predefined-attributes/{instance}", json!({"Name": "language"}), "").await;
    it.names.insert("attribute", "language".to_owned());
    it.make("view", "PUT", "/views/{instance}", view("view"), "/View/Id").await;
    it.make("template", "PUT", "/instance/{instance}/task/template", task_template("template"), "/Id").await;
    it.make("form", "PUT", "/evaluation-forms/{instance}", evaluation_form("form"), "/EvaluationFormId").await;
    it.make("rule", "POST", "/rules/{instance}", rule("rule"), "/RuleId").await;
}
