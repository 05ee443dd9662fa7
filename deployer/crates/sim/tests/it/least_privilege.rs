//! The policy that `deployer policy` prints is sufficient for the deployer, and minimal: no action and no resource can be removed. The
//! embedded AWS authorizes call by call.

use std::collections::BTreeSet;
use std::path::Path;

use deployer_aws::Purpose;
use deployer_engine::RunStatus;
use serde_json::Value;
use sim::machine::{Command, Report, RunResult, RunSettings, Testbed};
use sim::rights::deploy_policy;
use sim::scenario::account_of_others;
use sim::specs::{BaseSpec, DesiredSpec, Edit, SpecEdits};
use sim::store::{BUCKET, Store};
use sim::time::Time;

/// In-place edits and their reversal, then edits that replace resources: together they use every way in which a resource type changes.
const CHANGES: [&[&str]; 5] = [
    &[
        "more memory",
        "other retention",
        "another variable",
        "other code",
        "fewer grants",
        "items that expire",
        "one more index",
        "no backups",
        "other encryption",
        "another tag",
        "outbound calls",
        "another flow name",
        "other hours",
        "hours that come with the instance",
        "a limit of the queue",
        "a renamed queue that takes nobody",
        "a telephone of the user",
        "other rights of the user",
        "a mail address of the user",
        "another flow description",
        "a prompt",
        "other flow content",
        "another api description",
        "throttled",
        "reserved concurrency",
        "another stage",
    ],
    // Then the state is lost, and one of the prompts is removed: its recording is unknown when the bucket is deleted.
    &["another recording", "one more prompt"],
    &["another recording", "another type of the certificate's key"],
    &[
        "no retention",
        "another architecture",
        "another alias",
        "another stage",
        "another domain",
        "one more function",
        "longer validity",
    ],
    &["another flow", "one route less", "another domain", "another type of the certificate's key"],
];

/// The same for resources that only the spec with all resource types has.
const IN_CONNECT: [&[&str]; 5] = [
    &[
        "another tag",
        "another recording",
        "other words for the number",
        "other quick connects",
        "longer holidays",
        "another agent status",
        "predefined attributes",
        "another view",
        "a task template",
        "a rule",
        "another vocabulary",
        "more permissions of a security profile",
        "a group elsewhere in the hierarchy",
        "other turns",
        "another module",
        "other storage",
        "a queue that calls",
        "other name of the hours",
        "hours that come with the instance",
        "a limit of the queue",
        "a renamed queue that takes nobody",
        "another flow description",
        "other flow content",
        "another flow name",
        "other rights of the user",
        "a telephone of the user",
        "a mail address of the user",
        "one more routing profile",
        "another attribute",
        "fewer grants",
        "items that expire",
        "one more index",
        "no backups",
        "another api description",
        "throttled",
        "more memory",
        "other code",
        "other retention",
        "another variable",
        "another stage",
    ],
    &["another recording", "one more prompt"],
    &["another recording", "another type of the certificate's key"],
    &[
        "another alias",
        "another bot",
        "another bucket for prompts",
        "no storage but one",
        "another domain",
        "another stage",
        "no retention",
        "reserved concurrency",
        "longer validity",
    ],
    &["another alias", "one route less", "another domain", "another type of the certificate's key"],
];

/// The same for what is managed in an existing instance, which has no API beside it.
const IN_EXISTING: [&[&str]; 4] = [
    &[
        "another tag",
        "another recording",
        "other words for the number",
        "other turns",
        "another module",
        "a queue that calls",
        "other name of the hours",
        "hours that come with the instance",
        "a limit of the queue",
        "a renamed queue that takes nobody",
        "another flow description",
        "other flow content",
        "another flow name",
        "other rights of the user",
        "a telephone of the user",
        "a mail address of the user",
        "one more routing profile",
        "fewer grants",
        "items that expire",
        "one more index",
        "no backups",
        "more memory",
        "other code",
        "other retention",
        "another variable",
    ],
    &["another recording", "one more prompt"],
    &["another recording", "another bot", "no retention", "reserved concurrency", "holidays"],
    &["another recording", "another bot", "longer holidays"],
];

/// Runs before which the state is lost: before all resources are found again, and before a prompt is removed.
const LOST: [usize; 2] = [1, 4];

/// Returns the desired specs in order, from the first apply to the destroy.
fn desired_specs(spec: BaseSpec) -> Vec<SpecEdits> {
    let changes: &[&[&str]] = match spec {
        BaseSpec::Center => &IN_CONNECT,
        BaseSpec::Existing => &IN_EXISTING,
        _ => &CHANGES,
    };
    let named = |names: &&[&str]| {
        names.iter().fold(SpecEdits::of(spec), |desired, name| desired.with(Edit::named(name).expect("an edit of this name")))
    };
    std::iter::once(SpecEdits::of(spec)).chain(changes.iter().map(named)).collect()
}

fn policy(spec: BaseSpec, purpose: Purpose) -> Value {
    deploy_policy(&desired_specs(spec), BUCKET, purpose).expect("the edits make sense together")
}

/// Returns what was denied in a run under a policy; `None` if it succeeded.
fn denied(report: &Report) -> Option<String> {
    match &report.result {
        RunResult::Ran(outcome) if matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo) => None,
        RunResult::Planned(_) => None,
        ended => Some(format!("{ended:?}")),
    }
}

/// Returns an account in which the deployer has the permissions of this policy: empty, or with the instance that the spec uses.
fn beginning(spec: BaseSpec, policy: &Value) -> (Time, Testbed) {
    if spec != BaseSpec::Existing {
        let time = Time::default();
        let testbed = Testbed::with_policy(&time, &policy.to_string());
        return (time, testbed);
    }
    let (world, now) = account_of_others();
    let time = Time::at(now);
    let testbed = Testbed::with_policy_from(&time, world, &policy.to_string());
    (time, testbed)
}

/// Returns the settings of a run. The association of a bot with an existing instance is found again only with `--adopt`.
fn settings(spec: BaseSpec, seed: u64) -> RunSettings {
    RunSettings { adopt: spec == BaseSpec::Existing, ..RunSettings::without_faults(seed) }
}

/// Creates an environment, loses its state and finds all resources again, changes them in every way, and destroys them. Returns the actions
/// and resources by which the calls were authorized.
///
/// # Errors
/// Returns the first denial.
fn life(spec: BaseSpec, policy: &Value) -> Result<BTreeSet<(String, String)>, String> {
    let (time, testbed) = beginning(spec, policy);
    let wanted = |desired: &SpecEdits| desired.resolve().expect("the edits make sense together");
    let desired_specs = desired_specs(spec);
    let mut commands: Vec<Command> = desired_specs.iter().map(|desired| Command::Apply(wanted(desired))).collect();
    commands.insert(1, commands[0].clone());
    commands.push(Command::Destroy(wanted(desired_specs.last().expect("there is one"))));
    let (mut testbed, mut needed) = (testbed, BTreeSet::new());
    for (number, command) in commands.into_iter().enumerate() {
        if LOST.contains(&number) {
            needed.extend(testbed.cloud.needed());
            testbed = without_state(&time, &testbed, &wanted(&desired_specs[0]), policy);
        }
        let seed = number as u64 + 1;
        let report = time.run(testbed.run(command, &settings(spec, seed))).map_err(|stuck| format!("{stuck:?}"))?;
        if let Some(denied) = denied(&report) {
            return Err(format!("run {seed}: {denied}"));
        }
    }
    needed.extend(testbed.cloud.needed());
    Ok(needed)
}

/// Repeats these steps with a plan before every change, made under a policy for planning only. Returns the actions and resources by which
/// the calls of the plans were authorized.
fn planned_life(spec: BaseSpec, reading: &Value) -> Result<BTreeSet<(String, String)>, String> {
    let everything = policy(spec, Purpose::Everything);
    let (time, mut testbed) = beginning(spec, &everything);
    let wanted = |desired: &SpecEdits| desired.resolve().expect("the edits make sense together");
    let mut desired_specs = desired_specs(spec);
    // As in the other test, the first spec is applied twice.
    desired_specs.insert(1, desired_specs[0].clone());
    let mut needed = BTreeSet::new();
    for (number, desired) in desired_specs.iter().enumerate() {
        if LOST.contains(&number) {
            testbed = without_state(&time, &testbed, &wanted(&desired_specs[0]), &everything);
        }
        let seed = number as u64 + 1;
        let reader = Testbed::with_policy_from(&time, testbed.cloud.account_state(), &reading.to_string());
        for command in [Command::Plan(wanted(desired)), Command::Apply(wanted(desired))] {
            let plans = matches!(command, Command::Plan(_));
            let on = if plans { &reader } else { &testbed };
            let report = time.run(on.run(command, &settings(spec, seed))).map_err(|stuck| format!("{stuck:?}"))?;
            if let Some(denied) = denied(&report) {
                return Err(format!("{} {seed}: {denied}", if plans { "plan" } else { "run" }));
            }
            assert!(!plans || report.mutations() == 0, "a plan changes nothing");
        }
        needed.extend(reader.cloud.needed());
    }
    Ok(needed)
}

/// Returns the same account without the state of the environment. The deployer under the policy may not delete it, so it is deleted without
/// one.
fn without_state(time: &Time, testbed: &Testbed, wanted: &DesiredSpec, policy: &Value) -> Testbed {
    let free = Testbed::from_world(time, testbed.cloud.account_state(), 0);
    let store = Store::new(&free.cloud, &wanted.project, &wanted.environment);
    store.replace(None);
    assert_eq!(store.bytes(), None);
    store.forget_lease();
    Testbed::with_policy_from(time, free.cloud.account_state(), &policy.to_string())
}

/// Returns the texts of one member of a statement.
fn texts<'p>(statement: &'p Value, member: &str) -> Vec<&'p str> {
    statement[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether a permission on `pattern` was used for an action on `resource`. A log group is named both with and without `:*`, because AWS
/// requires one form for tags and the other for the rest (service model of CloudWatch Logs, `LogGroup.arn`).
fn is_on(pattern: &str, resource: &str) -> bool {
    fits(pattern, resource) || (pattern.contains(":log-group:") && fits(&format!("{pattern}:*"), resource))
}

/// Whether `text` matches `pattern`, in which `*` is any text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((front, rest)) => text.strip_prefix(front).is_some_and(|behind| {
            (0..=behind.len()).filter(|at| behind.is_char_boundary(*at)).any(|at| fits(rest, &behind[at..]))
        }),
    }
}

fn without(policy: &Value, action: &str) -> Value {
    let mut less = policy.clone();
    for statement in less["Statement"].as_array_mut().into_iter().flatten() {
        if let Some(actions) = statement["Action"].as_array_mut() {
            actions.retain(|one| one.as_str() != Some(action));
        }
    }
    less["Statement"].as_array_mut().expect("a list").retain(|statement| statement["Action"] != Value::Array(Vec::new()));
    less
}

/// A permission that no call requires: without it a missing object is reported as forbidden. It is tested below.
const OF_NO_CALL: &str = "s3:ListBucket";
/// GetFunction returns the tags only to callers that may list them (API reference, GetFunction, TagsError); it is authorized by no call of
/// its own.
const WITH_ANOTHER: &str = "lambda:ListTags";
/// A permission that no edit of the shipped specs needs, because they have one routing profile. The spec with all resource types has two.
const ELSEWHERE: &str = "connect:UpdateUserRoutingProfile";

/// An action that the reference authorizes on numbers and names for instances too, so that either is allowed. A policy for all resource
/// types has other actions on instances beside it.
const ON_EITHER: &str = "connect:ListPhoneNumbersV2";

/// Checks that a policy for `spec` is sufficient and minimal: each action is needed, and each resource.
fn is_least(spec: BaseSpec, purpose: Purpose, except: &[&str]) {
    let policy = policy(spec, purpose);
    let life = match purpose {
        Purpose::Everything => life,
        Purpose::Planning => planned_life,
    };
    let needed = life(spec, &policy).unwrap_or_else(|denied| panic!("{}: {denied:.2000}", spec.name()));
    let mut spare = Vec::new();
    for statement in policy["Statement"].as_array().expect("a list") {
        let (actions, resources) = (texts(statement, "Action"), texts(statement, "Resource"));
        let used = |action: &str, pattern: &str| needed.iter().any(|(done, on)| done == action && is_on(pattern, on));
        let actions: Vec<_> = actions.into_iter().filter(|action| !except.contains(action)).collect();
        let unused = |action: &&&str| !resources.iter().any(|pattern| used(action, pattern));
        spare.extend(actions.iter().filter(unused).map(|action| format!("nothing needs {action} on any of {resources:?}")));
        let unused = |pattern: &&&str| !actions.is_empty() && !actions.iter().any(|action| used(action, pattern));
        spare.extend(resources.iter().filter(unused).map(|pattern| format!("none of {actions:?} is done on {pattern}")));
    }
    assert!(spare.is_empty(), "{}: {spare:#?}", spec.name());
}

#[test]
fn shipped_policies_are_enough_and_minimal() {
    std::thread::scope(|scope| {
        for spec in BaseSpec::SHIPPED {
            scope.spawn(move || is_least(spec, Purpose::Everything, &[OF_NO_CALL, WITH_ANOTHER, ELSEWHERE]));
        }
    });
}

#[test]
fn policy_of_everything_is_enough_and_minimal() {
    is_least(BaseSpec::Center, Purpose::Everything, &[OF_NO_CALL, WITH_ANOTHER]);
}

#[test]
fn policy_of_an_existing_instance_is_enough_and_minimal() {
    is_least(BaseSpec::Existing, Purpose::Everything, &[OF_NO_CALL, WITH_ANOTHER]);
}

#[test]
fn policy_of_an_existing_instance_cannot_change_it() {
    let policy = policy(BaseSpec::Existing, Purpose::Everything).to_string();
    for action in ["CreateInstance", "DeleteInstance", "UpdateInstance", "InstanceStorageConfig", "ds:CreateDirectory"] {
        assert!(!policy.contains(action), "{action}");
    }
}

#[test]
fn planning_policies_are_enough_and_minimal() {
    std::thread::scope(|scope| {
        for spec in BaseSpec::SHIPPED.into_iter().chain([BaseSpec::Center]) {
            scope.spawn(move || is_least(spec, Purpose::Planning, &[OF_NO_CALL, WITH_ANOTHER, ON_EITHER]));
        }
    });
}

#[test]
fn planning_policies_only_read() {
    let reads = |action: &&str| {
        let name = action.split_once(':').map_or("", |(_, name)| name);
        ["Describe", "GET", "Get", "List", "Search"].iter().any(|verb| name.starts_with(verb))
    };
    for spec in BaseSpec::EVERY {
        let policy = policy(spec, Purpose::Planning);
        let writes: Vec<_> = policy["Statement"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|one| texts(one, "Action"))
            .filter(|one| !reads(one))
            .collect();
        assert!(writes.is_empty(), "{}: {writes:?}", spec.name());
    }
}

#[test]
fn runs_without_a_needed_action_are_denied() {
    let policy = policy(BaseSpec::Dev, Purpose::Everything);
    for action in [
        OF_NO_CALL,
        "iam:PassRole",
        "iam:AttachRolePolicy",
        "lambda:ListTags",
        "connect:CreateQueue",
        "connect:UntagResource",
        "s3:GetObjectVersion",
    ] {
        let denied = life(BaseSpec::Dev, &without(&policy, action)).map(drop).expect_err(action);
        assert!(denied.contains("Denied"), "{action}: {denied:.2000}");
    }
}

#[test]
fn documented_policy_is_that_of_development() {
    let policy = deploy_policy(&[SpecEdits::of(BaseSpec::Dev)], "vanity-states", Purpose::Everything).expect("a shipped spec");
    let text = serde_json::to_string_pretty(&policy).expect("JSON") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy-policy.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).expect("it can be written");
    }
    assert_eq!(std::fs::read_to_string(path).expect("it is there"), text, "UPDATE_DOCS=1 regenerates it");
}
