//! `plan --out FILE`, `apply FILE`, `show FILE` and `drift`: a saved plan is carried out once, and only where nothing has moved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_lambda::Client;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use deployer_emulator::server::sdk::http_client;
use deployer_emulator::{Emulator, Limits, Options, SystemClock};
use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::support::program::{command, text, write};

const SPEC: &str = "\
project: shop
environment: dev
provider: { embedded: { speed: 1000000 } }
state: { directory: state }
functions:
  greet:
    code: { directory: functions/greet }
    runtime: python3.13
    handler: app.handler
    memory_mb: 128
    environment: { API_KEY: { secret: SHOP_API_KEY } }
connect:
  alias: shop-dev
  deletion_protection: false
  functions: [greet]
  flows:
    main: { file: flows/main.json }
";

const FLOW: &str = r#"{"Version": "2019-10-30", "StartAction": "hello", "Metadata": {}, "Actions": [
  {"Identifier": "hello", "Type": "MessageParticipant", "Parameters": {"Text": "Welcome to the shop."},
   "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
  {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}"#;

const CODE: &str = "def handler(event, context):\n    return {}\n";
const SECRET: &str = "correct-horse-battery";
const APPLY: [&str; 4] = ["apply", "--env", "dev", "--yes"];

/// Returns the exit code of a command, and all that it prints.
fn run(root: &Path, arguments: &[&str]) -> (i32, String) {
    let output = command(root, arguments).env("SHOP_API_KEY", SECRET).output().expect("the program runs");
    (output.status.code().expect("it exits"), text(&output.stdout) + &text(&output.stderr))
}

fn succeeds(root: &Path, arguments: &[&str]) -> String {
    let (code, said) = run(root, arguments);
    assert_eq!(code, 0, "{arguments:?}: {said}");
    said
}

fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let root = directory.path();
    write(root, "config/dev.yaml", SPEC);
    write(root, "flows/main.json", FLOW);
    write(root, "functions/greet/app.py", CODE);
    directory
}

/// Replaces a text in a file.
fn edit(root: &Path, name: &str, old: &str, new: &str) {
    let before = std::fs::read_to_string(root.join(name)).expect("text");
    assert!(before.contains(old), "{name} has no {old}");
    write(root, name, before.replace(old, new));
}

/// All files of a project: its spec, its state, and the embedded AWS.
#[derive(PartialEq)]
struct Snapshot(BTreeMap<PathBuf, Vec<u8>>);

impl Snapshot {
    fn of(root: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut open = vec![root.to_owned()];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
                match entry.path() {
                    path if path.is_dir() => open.push(path),
                    path => drop(files.insert(path.clone(), std::fs::read(path).expect("a file"))),
                }
            }
        }
        Self(files)
    }

    fn restore(&self, root: &Path) {
        let now = Self::of(root);
        now.0.keys().filter(|path| !self.0.contains_key(*path)).for_each(|path| std::fs::remove_file(path).expect("gone"));
        for (path, bytes) in self.0.iter().filter(|(path, bytes)| now.0.get(*path) != Some(bytes)) {
            std::fs::create_dir_all(path.parent().expect("below the project")).expect("made");
            std::fs::write(path, bytes).expect("written");
        }
    }

    /// Returns the files of the state and of the embedded AWS.
    fn world(&self, root: &Path) -> BTreeMap<&Path, &[u8]> {
        let part = |path: &Path| {
            let path = path.strip_prefix(root).expect("below");
            // The lease, which is beside the state, is taken and released by every run.
            path == Path::new("state/state.json") || path.starts_with(".deployer/dev/aws")
        };
        self.0.iter().filter(|(path, _)| part(path)).map(|(path, bytes)| (path.as_path(), bytes.as_slice())).collect()
    }

    /// Returns the files of the state and of the embedded AWS that differ from those of `earlier`.
    fn changed_since<'s>(&'s self, earlier: &'s Self, root: &Path) -> Vec<&'s Path> {
        let (before, now) = (earlier.world(root), self.world(root));
        let differ = before.keys().chain(now.keys()).filter(|path| before.get(**path) != now.get(**path));
        differ.copied().collect()
    }
}

/// Runs work on the embedded AWS of the project, as another client of the account does.
fn by_hand(root: &Path, work: impl AsyncFnOnce(&Client)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let options = Options {
            directory: Some(root.join(".deployer/dev/aws")),
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
            clock: Arc::new(SystemClock),
            speed: 1e6,
            seed: None,
            limits: Limits::default(),
        };
        let emulator = Emulator::open(options).expect("nobody else uses it");
        let credentials = Credentials::new("test", "test", None, None, "test");
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(http_client(emulator))
            .build();
        work(&Client::new(&sdk)).await;
    });
}

fn other_timeout(root: &Path) {
    by_hand(root, async |lambda| {
        let changed = lambda.update_function_configuration().function_name("shop-dev-greet").timeout(77).send().await;
        changed.expect("it is changed");
    });
}

/// Changes a saved plan as somebody does who knows its form, and makes its digest right again.
fn forge(root: &Path, change: impl FnOnce(&mut Value)) {
    let path = root.join("plan.json");
    let mut plan: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
    change(&mut plan);
    plan["digest"] = "0".repeat(64).into();
    let blank = format!("{plan:#}\n");
    let sum = hex::encode(digest(&SHA256, blank.as_bytes()));
    std::fs::write(path, blank.replacen(&"0".repeat(64), &sum, 1)).expect("written");
}

/// Returns the first saved property change with this path.
fn property<'p>(plan: &'p mut Value, path: &str) -> &'p mut Value {
    let changes = plan["plan"]["changes"].as_array_mut().expect("changes").iter_mut();
    let mut properties = changes.flat_map(|change| change["properties"].as_array_mut().expect("properties"));
    properties.find(|property| property["path"][0] == path).expect("it is in the plan")
}

/// Something that happens between `plan --out` and `apply FILE`: what it does, the exit code, and what is named.
struct Movement(&'static str, fn(&Path), i32, &'static [&'static str]);

const MOVEMENTS: [Movement; 16] = [
    Movement("spec", |root| edit(root, "config/dev.yaml", "memory_mb: 256", "memory_mb: 512"), 5, &["spec config/dev.yaml"]),
    Movement("code", |root| edit(root, "functions/greet/app.py", "{}", "{'a': 1}"), 5, &["code of function greet"]),
    Movement("flow", |root| edit(root, "flows/main.json", "Welcome", "Hello"), 5, &["flow main (flows/main.json)"]),
    Movement(
        "another apply",
        |root| {
            edit(root, "config/dev.yaml", "memory_mb: 256", "memory_mb: 512");
            succeeds(root, &APPLY);
            edit(root, "config/dev.yaml", "memory_mb: 512", "memory_mb: 256");
        },
        5,
        &["state: another run has written it since"],
    ),
    Movement("lost state", |root| std::fs::remove_dir_all(root.join("state")).expect("gone"), 5, &["state: it does not exist"]),
    Movement("another property of the live resource", other_timeout, 5, &["function.greet timeout_seconds: it is 77 now"]),
    Movement(
        "the planned property of the live resource",
        |root| {
            by_hand(root, async |lambda| {
                let changed = lambda.update_function_configuration().function_name("shop-dev-greet").memory_size(256);
                changed.send().await.expect("it is changed");
            });
        },
        5,
        &["function.greet", "planned: update in place", "memory_mb: it is 256 already"],
    ),
    Movement(
        "deleted resource",
        |root| {
            by_hand(root, async |lambda| {
                lambda.delete_function().function_name("shop-dev-greet").send().await.expect("it is deleted");
            });
        },
        5,
        &["function.greet: now: create (it is gone"],
    ),
    Movement(
        "cut off",
        |root| {
            let whole = std::fs::read(root.join("plan.json")).expect("a file");
            write(root, "plan.json", &whole[..whole.len() / 2]);
        },
        2,
        &["it is cut off"],
    ),
    Movement("edited", |root| edit(root, "plan.json", "\"superseded\": false", "\"superseded\": true"), 2, &["its digest"]),
    Movement("other format", |root| forge(root, |plan| plan["format"] = 2.into()), 2, &["it has format 2"]),
    Movement("no plan", |root| write(root, "plan.json", "{\"format\": 1}"), 2, &["it is no saved plan"]),
    Movement(
        "forged value",
        |root| forge(root, |plan| property(plan, "memory_mb")["after"]["known"] = 1024.into()),
        5,
        &["function.greet memory_mb: it becomes another value than planned"],
    ),
    Movement(
        "forged action",
        |root| {
            forge(root, |plan| {
                let changes = plan["plan"]["changes"].as_array_mut().expect("changes");
                let table = changes.iter_mut().find(|change| change["address"] == "flow.main").expect("it is there");
                table["action"] = "delete".into();
            });
        },
        5,
        &["flow.main: now: no change; planned: delete"],
    ),
    Movement(
        "forged flags",
        |root| {
            forge(root, |plan| plan["request"]["flags"] = serde_json::json!(["--replace function.greet"]));
        },
        3,
        &["--replace function.greet, which a file alone does not allow"],
    ),
    Movement(
        "another program",
        |root| forge(root, |plan| plan["deployer"]["version"] = "9.9.9".into()),
        5,
        &["deployer: the plan was made with 9.9.9"],
    ),
];

#[test]
fn moved_plans_are_refused_and_change_nothing() {
    let project = project();
    let root = project.path();
    succeeds(root, &APPLY);
    edit(root, "config/dev.yaml", "memory_mb: 128", "memory_mb: 256");
    let said = succeeds(root, &["plan", "--env", "dev", "--out", "plan.json"]);
    assert!(said.contains("Saved to plan.json. To carry out exactly this: deployer apply plan.json\n"), "{said}");
    let saved = Snapshot::of(root);
    for Movement(name, movement, code, named) in &MOVEMENTS {
        movement(root);
        let before = Snapshot::of(root);
        let (exit, said) = run(root, &["apply", "plan.json"]);
        assert_eq!(exit, *code, "{name}: {said}");
        assert!(named.iter().all(|named| said.contains(named)) && said.contains("nothing was changed"), "{name}: {said}");
        assert_eq!(Snapshot::of(root).changed_since(&before, root), Vec::<&Path>::new(), "{name}");
        saved.restore(root);
    }
    let (exit, said) = run(root, &["apply", "plan.json", "--env", "prod"]);
    assert!(exit == 5 && said.contains("the plan is of the environment dev"), "{said}");
    let (exit, said) = run(root, &["destroy", "plan.json"]);
    assert!(exit == 2 && said.contains("deployer apply plan.json"), "{said}");
    let (exit, said) = run(root, &["apply", "plan.json", "--adopt"]);
    assert!(exit == 2 && said.contains("was made without --adopt"), "{said}");
    let (exit, said) = run(root, &["apply", "dev"]);
    assert!(exit == 2 && said.contains("dev: there is no such file"), "{said}");

    let said = succeeds(root, &["apply", "plan.json"]);
    assert!(said.contains("memory_mb: 128 → 256") && said.contains("Done: 1 updated."), "{said}");
    succeeds(root, &["plan", "--env", "dev", "--exit-code"]);
    let before = Snapshot::of(root);
    let (exit, said) = run(root, &["apply", "plan.json", "--json"]);
    assert!(exit == 5 && said.contains("\"event\":\"stale\"") && said.contains("\"what\":\"state\""), "{said}");
    assert_eq!(Snapshot::of(root).changed_since(&before, root), Vec::<&Path>::new());
}

#[test]
fn saved_plan_shows_the_same_and_no_secret() {
    let project = project();
    let root = project.path();
    // The first plan has no state, so the digests of secrets have no key yet.
    for step in ["first", "second"] {
        succeeds(root, &["plan", "--env", "dev", "--out", "plan.json"]);
        let report =
            |arguments: &[&str]| text(&command(root, arguments).env("SHOP_API_KEY", SECRET).output().expect("it runs").stderr);
        assert_eq!(report(&["plan", "--env", "dev"]), report(&["show", "plan.json"]));
        let json = |arguments: &[&str]| {
            let said = succeeds(root, arguments);
            let mut lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.find(|line| line["event"] == "planned").expect("a plan")
        };
        let (fresh, saved) = (json(&["plan", "--env", "dev", "--json"]), json(&["show", "plan.json", "--json"]));
        assert_eq!(fresh["review"], saved["review"]);
        if step == "second" {
            assert_eq!(fresh, saved);
        }
        let bytes = std::fs::read_to_string(root.join("plan.json")).expect("a file");
        assert!(!bytes.contains(SECRET), "the secret is in the file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(root.join("plan.json")).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        succeeds(root, &["apply", "plan.json"]);
        let state = std::fs::read_to_string(root.join("state/state.json")).expect("a state");
        let state: Value = serde_json::from_str(&state).expect("JSON");
        assert!(!bytes.contains(state["lineage"].as_str().expect("a lineage")), "the key of the digests is in the file");
        if step == "first" {
            edit(root, "config/dev.yaml", "SHOP_API_KEY } }", "SHOP_API_KEY }, GREETING: Hello }");
        }
    }
}

#[test]
fn destroy_is_saved_and_carried_out() {
    let project = project();
    let root = project.path();
    succeeds(root, &APPLY);
    let said = succeeds(root, &["plan", "--env", "dev", "--destroy", "--out", "gone.json"]);
    assert!(said.contains("deployer destroy gone.json\n"), "{said}");
    let (exit, said) = run(root, &["apply", "gone.json"]);
    assert!(exit == 2 && said.contains("deployer destroy gone.json"), "{said}");
    let before = Snapshot::of(root);
    other_timeout(root);
    succeeds(root, &APPLY);
    let (exit, said) = run(root, &["destroy", "gone.json"]);
    assert!(exit == 5 && said.contains("state: another run"), "{said}");
    before.restore(root);
    succeeds(root, &["destroy", "gone.json"]);
    let (exit, said) = run(root, &["drift", "--env", "dev"]);
    assert!(exit == 0 && said.contains("No drift: no resources."), "{said}");
}

#[test]
fn drift_is_what_others_have_changed() {
    let project = project();
    let root = project.path();
    let (exit, said) = run(root, &["drift", "--env", "dev"]);
    assert!(exit == 2 && said.contains("nothing of the environment dev is recorded"), "{said}");
    succeeds(root, &APPLY);
    // A changed spec and changed files are no drift; a broken one does not matter.
    edit(root, "config/dev.yaml", "memory_mb: 128", "memory_mb: 256");
    write(root, "flows/main.json", "no flow");
    std::fs::remove_dir_all(root.join("functions")).expect("gone");
    let before = Snapshot::of(root);
    let output = command(root, &["drift", "--env", "dev"]).output().expect("it runs");
    assert!(output.status.success() && text(&output.stdout).contains("No drift: "), "{}", text(&output.stderr));
    other_timeout(root);
    let (exit, said) = run(root, &["drift", "--env", "dev"]);
    assert!(exit == 4 && said.contains("~ function.greet  changed") && said.contains(" → 77"), "{said}");
    assert!(said.contains("Drift: 1 changed, "), "{said}");
    let (exit, said) = run(root, &["drift", "--env", "dev", "--json"]);
    let json: Value = serde_json::from_str(said.lines().last().expect("a line")).expect("JSON");
    let [one] = json["resources"].as_array().expect("a list").as_slice() else { panic!("{json:#}") };
    assert_eq!((exit, &one["address"], &one["drift"]), (4, &"function.greet".into(), &"changed".into()));
    assert_eq!(
        (&one["properties"][0]["path"], &one["properties"][0]["live"]),
        (&serde_json::json!(["timeout_seconds"]), &77.into())
    );
    by_hand(root, async |lambda| {
        lambda.delete_function().function_name("shop-dev-greet").send().await.expect("it is deleted");
    });
    let (exit, said) = run(root, &["drift", "--env", "dev"]);
    assert!(exit == 4 && said.contains("- function.greet  deleted"), "{said}");
    before.restore(root);
}
