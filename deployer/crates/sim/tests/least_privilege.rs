//! The policy that `deployer/docs/deploy-policy.json` offers is enough for the deployer, and no action in it is too much: under
//! the embedded AWS's own judgement, call by call.

use std::collections::BTreeSet;
use std::path::Path;

use deployer_engine::End;
use serde_json::Value;
use sim::machine::{Command, Ended, Land, Report, Setting};
use sim::specs::{Edit, Shipped, Wish};
use sim::store::BUCKET;
use sim::time::Time;

/// Changes in place, then changes that make things anew: together they use every way in which a resource type changes.
const CHANGES: [&[&str]; 3] = [
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
    ],
    &[
        "no retention",
        "another architecture",
        "another alias",
        "another stage",
        "another domain",
        "one more function",
        "longer validity",
    ],
    &["another flow", "one route less"],
];

fn policy() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy-policy.json");
    let text = std::fs::read_to_string(path).expect("the policy is there");
    serde_json::from_str(&text.replace("vanity-states", BUCKET)).expect("it is JSON")
}

/// What a run under a policy ended with: nothing if it went through, else what was denied.
fn denied(report: &Report) -> Option<String> {
    match &report.ended {
        Ended::Ran(outcome) if outcome.end == End::Applied => None,
        ended => Some(format!("{ended:?}")),
    }
}

/// Makes a shipped environment, changes it in every way, takes it away. The error is the first refusal.
fn life(spec: Shipped, policy: &Value) -> Result<(), String> {
    let time = Time::default();
    let land = Land::judged(&time, &policy.to_string());
    let edit = |name: &str| Edit::named(name).expect("an edit of this name");
    // With a prompt from the beginning, so that its bucket gets another tag, too.
    let mut wishes = vec![Wish::of(spec).with(edit("a prompt"))];
    for names in CHANGES {
        let wish = names.iter().fold(Wish::of(spec), |wish, name| wish.with(edit(name)));
        wishes.push(wish);
    }
    // The recording of a prompt that is there already.
    wishes.insert(2, wishes[1].clone().with(edit("another recording")));
    let wanted = |wish: &Wish| wish.wanted().expect("the edits make sense together");
    let mut commands: Vec<Command> = wishes.iter().map(|wish| Command::Apply(wanted(wish))).collect();
    commands.extend(wishes.last().map(|wish| Command::Destroy(wanted(wish))));
    let mut seed = 0;
    for command in commands {
        seed += 1;
        let report = time.run(land.run(command, &Setting::calm(seed))).map_err(|stuck| format!("{stuck:?}"))?;
        if let Some(denied) = denied(&report) {
            return Err(denied);
        }
    }
    Ok(())
}

fn actions(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let actions = statements.flat_map(|statement| statement["Action"].as_array().into_iter().flatten());
    actions.filter_map(Value::as_str).map(str::to_owned).collect()
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

#[test]
fn the_policy_is_enough_for_every_shipped_environment() {
    for spec in Shipped::ALL {
        life(spec, &policy()).unwrap_or_else(|denied| panic!("{}: {denied}", spec.name()));
    }
}

#[test]
fn no_action_of_the_policy_can_be_spared() {
    let policy = policy();
    let spare: Vec<String> =
        actions(&policy).into_iter().filter(|action| life(Shipped::Dev, &without(&policy, action)).is_ok()).collect();
    assert!(spare.is_empty(), "nothing needs {spare:#?}");
}
