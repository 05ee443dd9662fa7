//! An environment in a Connect instance of somebody else, through the command line: names, plan, apply, call, pull, import, destroy.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_connect::Client;
use aws_sdk_connect::types::DirectoryType;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use deployer_emulator::server::sdk::http_client;
use deployer_emulator::{Emulator, Limits, Options, SystemClock};
use serde_json::Value;

use crate::support::program::{run, text, write};

const SPEC: &str = "project: helpdesk
environment: local
provider: { embedded: { speed: 1000000 } }
state: { directory: .deployer/local }
connect:
  existing: support-line
  queues:
    orders: { name: Order desk, hours: Basic Hours }
  routing_profiles:
    agents: { default_outbound_queue: Billing, queues: { orders: { VOICE: { priority: 1 } } } }
  flows:
    menu: { file: flows/menu.json, name: Order menu }
";

const MENU: &str = r#"{"Version":"2019-10-30","StartAction":"say","Actions":[
{"Identifier":"say","Type":"MessageParticipant","Parameters":{"PromptId":"${connect.prompts.beep-wav.arn}"},
 "Transitions":{"NextAction":"own","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
{"Identifier":"own","Type":"UpdateContactTargetQueue","Parameters":{"QueueId":"${connect.queues.orders.arn}"},
 "Transitions":{"NextAction":"queue","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
{"Identifier":"queue","Type":"UpdateContactTargetQueue","Parameters":{"QueueId":"${connect.queues.billing.arn}"},
 "Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}"#;

/// Runs work on the embedded AWS of the project, as another client of the account does.
fn by_hand<T>(root: &Path, work: impl AsyncFnOnce(&Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let emulator = Emulator::open(Options {
            directory: Some(root.join(".deployer/local/aws")),
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            clock: Arc::new(SystemClock),
            speed: 1e6,
            seed: None,
            limits: Limits::default(),
        })
        .expect("nobody else uses it");
        let credentials = Credentials::new("test", "test", None, None, "test");
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(http_client(Arc::clone(&emulator)));
        work(&Client::new(&sdk.build())).await
    })
}

/// Creates an instance with a queue, and returns their IDs.
async fn made(connect: &Client) -> (String, String) {
    let create = connect.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias("support-line");
    let created = create.inbound_calls_enabled(true).outbound_calls_enabled(true).send().await.expect("an instance");
    let id = created.id.expect("an ID");
    // It is active at once: a creation takes 90 s divided by the speed.
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    let hours = connect.list_hours_of_operations().instance_id(&id).send().await.expect("hours");
    let hours = hours.hours_of_operation_summary_list.unwrap_or_default().remove(0).id.expect("an ID");
    let queue = connect.create_queue().instance_id(&id).name("Billing").hours_of_operation_id(hours).send().await;
    (id, queue.expect("a queue").queue_id.expect("an ID"))
}

/// Returns the tags of every queue by its name.
async fn queues(connect: &Client, id: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let listed = connect.list_queues().instance_id(id).queue_types("STANDARD".into()).send().await.expect("queues");
    let mut found = BTreeMap::new();
    for one in listed.queue_summary_list.unwrap_or_default() {
        let described =
            connect.describe_queue().instance_id(id).queue_id(one.id.unwrap_or_default()).send().await.expect("a queue");
        let tags = described.queue.and_then(|queue| queue.tags).unwrap_or_default();
        found.insert(one.name.unwrap_or_default(), tags.into_iter().collect());
    }
    found
}

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().expect("a directory can be made"));
        write(project.0.path(), "config/local.yaml", SPEC);
        write(project.0.path(), "flows/menu.json", MENU);
        project
    }

    fn edit(&self, from: &str, to: &str) {
        let path = self.0.path().join("config/local.yaml");
        let spec = std::fs::read_to_string(&path).expect("a spec");
        assert!(spec.contains(from), "{from}");
        std::fs::write(&path, spec.replacen(from, to, 1)).expect("written");
    }

    /// Runs a command, and returns its exit code and everything that it printed.
    fn says(&self, arguments: &[&str]) -> (i32, String) {
        let output = run(self.0.path(), &[arguments, &["--env", "local"]].concat());
        (output.status.code().expect("it exits"), text(&output.stdout) + &text(&output.stderr))
    }

    fn expect(&self, exit: i32, arguments: &[&str], parts: &[&str]) -> String {
        let (code, said) = self.says(arguments);
        assert_eq!(code, exit, "{arguments:?}: {said}");
        parts.iter().for_each(|part| assert!(said.contains(part), "{arguments:?} does not say {part:?}: {said}"));
        said
    }
}

#[test]
fn environment_lives_in_an_instance_of_somebody_else() {
    let project = Project::new();
    project.expect(0, &["check"], &["note: connect.existing: `plan` checks that the instance has"]);
    project.expect(2, &["plan"], &["has no Connect instance support-line in us-east-1"]);
    // Nothing of it can exist, so there is nothing to destroy.
    project.expect(0, &["destroy", "--yes"], &["Nothing to destroy"]);
    let (id, queue) = by_hand(project.0.path(), made);
    let before = by_hand(project.0.path(), async |connect| queues(connect, &id).await);

    project.edit("Billing", "Biling");
    project.expect(2, &["apply", "--yes"], &["has no queue `Biling`", "did you mean `Billing`?", "--> config/local.yaml:10:"]);
    project.edit("Biling", "Billing");
    write(project.0.path(), "flows/menu.json", MENU.replace("billing", "accounts"));
    let flow = ["${connect.queues.accounts.arn} names nothing", "connect.queues.billing.arn"];
    project.expect(2, &["plan"], &flow);
    write(project.0.path(), "flows/menu.json", MENU);

    let uses = format!("Uses the existing instance support-line ({id}), which is never changed.");
    project.expect(0, &["plan"], &[&uses, "queue Billing", "prompt Beep.wav", "Plan: 3 to create."]);
    project.expect(0, &["apply", "--yes"], &["Done: 3 created.", "support-line"]);
    project.expect(0, &["apply", "--yes"], &["No changes"]);
    project.expect(0, &["call", "--from", "+18005550100"], &["[prompt Beep.wav]"]);
    let outputs: Value = serde_json::from_str(&project.expect(0, &["outputs", "--json"], &[])).expect("JSON");
    assert_eq!(outputs["connect"]["instance_id"], id.as_str());
    let pulled = project.expect(
        0,
        &["flow", "pull", "Order menu", "--out", "pulled.json"],
        &["3 resources referred to by name; none is left"],
    );
    let file = std::fs::read_to_string(project.0.path().join("pulled.json")).expect(&pulled);
    assert!(file.contains("${connect.queues.billing.arn}") && file.contains("${connect.prompts.beep-wav.arn}"), "{file}");

    // The same content is written again, another one only if that is asked for.
    let again = ["flow", "pull", "Order menu", "--out", "pulled.json"];
    project.expect(0, &again, &[]);
    write(project.0.path(), "pulled.json", "{}");
    project.expect(3, &again, &["pulled.json exists and has another content; nothing was written", "--force"]);
    project.expect(0, &[&again[..], &["--force"]].concat(), &[]);

    // It refers to what the spec declares by its key there, so it is the same flow in the same spec.
    write(project.0.path(), "flows/menu.json", &file);
    project.expect(0, &["plan"], &["No changes"]);

    let taken = imports(&project, &queue);
    by_hand(project.0.path(), async |connect| {
        let now = queues(connect, &id).await;
        assert_eq!(now["Billing"].get("deployer:address").map(String::as_str), Some("queue.billing"), "{now:?}");
        assert_eq!((now.len(), &now["BasicQueue"]), (before.len() + 1, &before["BasicQueue"]));
    });
    assert!(taken.contains("Imported: queue.billing"), "{taken}");
    project.expect(0, &["state", "rm", "queue.billing"], &[]);
    project.edit("    billing: { name: Billing, hours: Basic Hours, description: Bills }\n", "");
    project.expect(0, &["destroy", "--yes"], &["Done: 3 deleted."]);
    let after = by_hand(project.0.path(), async |connect| queues(connect, &id).await);
    assert!(after.keys().eq(before.keys()), "{after:?}");
}

/// Takes over the queue, after everything that is refused.
fn imports(project: &Project, queue: &str) -> String {
    project.expect(2, &["import", "queue.billing", queue, "--yes"], &["the spec has no resource with the address queue.billing"]);
    project.edit("  queues:\n", "  queues:\n    billing: { name: Billing, hours: Basic Hours, description: Bills }\n");
    project.expect(3, &["plan"], &["exists but is not managed by this environment"]);
    project.expect(3, &["import", "queue.orders", queue, "--yes"], &["queue.orders is recorded already"]);
    let nothing = "12345678-1234-1234-1234-123456789012";
    project.expect(2, &["import", "queue.billing", nothing, "--yes"], &["there is no connect.queue with the id"]);
    project.expect(3, &["import", "queue.billing", queue], &["adopt", "deployer:address", "no terminal to confirm on"]);
    let said = project.expect(0, &["import", "queue.billing", queue, "--yes"], &["the next apply changes description"]);
    project.expect(0, &["plan"], &["~ queue.billing", "description", "Plan: 1 to update, 3 unchanged."]);
    said
}

#[test]
fn resource_of_another_project_is_not_imported() {
    let project = Project::new();
    let (id, queue) = by_hand(project.0.path(), made);
    by_hand(project.0.path(), async |connect| {
        let arn = format!("arn:aws:connect:us-east-1:111122223333:instance/{id}/queue/{queue}");
        let tags = [("deployer:project", "bakery"), ("deployer:environment", "prod")];
        let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        connect.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await.expect("tagged");
    });
    project.edit("  queues:\n", "  queues:\n    billing: { name: Billing, hours: Basic Hours }\n");
    let says = ["now belongs to project \"bakery\", environment \"prod\""];
    let (code, said) = project.says(&["import", "queue.billing", &queue, "--yes"]);
    assert!(code != 0 && said.contains(says[0]), "{code}: {said}");
    by_hand(project.0.path(), async |connect| {
        assert_eq!(queues(connect, &id).await["Billing"].get("deployer:project").map(String::as_str), Some("bakery"));
    });
}
