//! Tests of `connect.existing`: what may be declared beside it, and names that the instance has.

use std::collections::BTreeMap;
use std::path::Path;

use deployer_spec::{Code, Diagnostics, Loader, Spec, check_known_names, load};

const BEGINNING: &str = "project: voice
environment: dev
provider: { aws: { region: us-east-1, account: \"111122223333\" } }
state: { directory: .deployer/dev }
connect:
";

/// Everything that refers to the instance's own resources by name.
const NAMING: &str = "  existing: support-line
  queues:
    orders: { hours: Sales hours }
  routing_profiles:
    agents: { default_outbound_queue: Billing, queues: { Billing: { VOICE: { priority: 1 } } } }
  users:
    ada:
      first_name: Ada
      last_name: Example
      security_profiles: [Supervisors]
      routing_profile: Night shift
      password: { generate: true }
  phone_numbers:
    main: { country: US, type: TOLL_FREE, flow: main-menu }
";

fn spec(connect: &str) -> Result<Spec, Diagnostics> {
    load(Path::new("dev.yaml"), &format!("{BEGINNING}{connect}"), "dev")
}

/// Returns path and message of each diagnostic.
fn faults(connect: &str) -> Vec<(String, Code, String)> {
    let Err(faults) = spec(connect) else { return Vec::new() };
    faults.iter().map(|fault| (fault.path.clone(), fault.code, fault.message.clone())).collect()
}

#[test]
fn instance_is_created_or_existing() {
    let connect = |text: &str| spec(text).unwrap_or_else(|faults| panic!("{faults}")).connect.expect("it has a connect");
    assert_eq!(connect("  alias: line\n").existing, None);
    let id = "12345678-1234-1234-1234-123456789012";
    for existing in ["support-line", id, &format!("arn:aws:connect:us-east-1:111122223333:instance/{id}")] {
        let connect = connect(&format!("  existing: {existing}\n"));
        assert_eq!((connect.alias.as_str(), connect.existing.as_deref()), ("", Some(existing)));
    }
    let neither = faults("  flows: {}\n");
    assert_eq!(neither.iter().map(|(path, code, _)| (path.as_str(), *code)).collect::<Vec<_>>(), [("connect", Code::MissingKey)]);
    let both = faults("  existing: a\n  alias: b\n");
    assert_eq!(
        both.iter().map(|(path, code, _)| (path.as_str(), *code)).collect::<Vec<_>>(),
        [("connect.alias", Code::Conflict)]
    );
}

#[test]
fn arn_of_another_account_or_region_is_refused() {
    for (account, region) in [("111122223333", "eu-west-1"), ("444455556666", "us-east-1")] {
        let arn = format!("arn:aws:connect:{region}:{account}:instance/12345678-1234-1234-1234-123456789012");
        let found = faults(&format!("  existing: {arn}\n"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0 == "connect.existing" && found[0].2.contains(account) && found[0].2.contains(region), "{found:?}");
    }
}

#[test]
fn keys_of_the_instance_itself_are_refused() {
    for key in [
        "deletion_protection: true",
        "inbound_calls: true",
        "outbound_calls: false",
        "flow_logs: true",
        "contact_lens: false",
        "use_custom_tts_voices: true",
        "flow_log_retention_days: 30",
        "storage: { call_recordings: { s3: { bucket: recordings, prefix: calls } } }",
    ] {
        let found = faults(&format!("  existing: support-line\n  {key}\n"));
        let name = key.split(':').next().unwrap_or_default();
        let says = |(path, code, message): &(String, Code, String)| {
            *path == format!("connect.{name}") && *code == Code::Conflict && message.contains("which is never changed")
        };
        assert!(found.len() == 1 && found.iter().all(says), "{key}: {found:?}");
    }
}

#[test]
fn only_an_existing_instance_has_associated_bots() {
    let bots =
        "  bots: { orders: { alias_arn: arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID, existing: true } }\n";
    assert_eq!(faults(&format!("  existing: support-line\n{bots}")), []);
    let found = faults(&format!("  alias: support-line\n{bots}"));
    assert!(found.len() == 1 && found[0].0 == "connect.bots.orders.existing", "{found:?}");
}

#[test]
fn names_of_the_instance_are_checked_once_they_are_known() {
    assert_eq!(faults(NAMING), [], "they may all exist");
    let text = format!("{BEGINNING}{NAMING}");
    let known = |hours: &str| {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        BTreeMap::from([
            ("hours", list(&["Basic Hours", hours])),
            ("queues", list(&["Billing"])),
            ("routing_profiles", list(&["Night shift"])),
            ("security_profiles", list(&["Admin", "Supervisors"])),
            ("flows", list(&["Main menu"])),
        ])
    };
    let path = Path::new("dev.yaml");
    let loaded = Loader::default().load(path, text.as_bytes(), "dev").unwrap_or_else(|faults| panic!("{faults}"));
    check_known_names(&loaded.resolved, &loaded.sources, &known("Sales hours")).unwrap_or_else(|faults| panic!("{faults}"));
    let missing = check_known_names(&loaded.resolved, &loaded.sources, &known("Sale hours")).expect_err("one name is another");
    let shown = missing.to_string();
    assert!(shown.contains("the existing instance has no hours of operation `Sales hours`"), "{shown}");
    assert!(shown.contains("did you mean `Sale hours`?") && shown.contains("--> dev.yaml:8:22"), "{shown}");
    let nothing =
        BTreeMap::from(["hours", "queues", "routing_profiles", "security_profiles", "flows"].map(|word| (word, Vec::new())));
    let all: Vec<String> = match check_known_names(&loaded.resolved, &loaded.sources, &nothing) {
        Ok(()) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| fault.path.clone()).collect(),
    };
    let expected = [
        "connect.queues.orders.hours",
        "connect.routing_profiles.agents.default_outbound_queue",
        "connect.routing_profiles.agents.queues.Billing",
        "connect.users.ada.security_profiles[0]",
        "connect.users.ada.routing_profile",
        "connect.phone_numbers.main.flow",
    ];
    assert_eq!(all, expected);
}

#[test]
fn no_spec_can_forge_the_known_names() {
    let forged = format!("{BEGINNING}{NAMING}\"\\0known names\": {{ hours: [Sales hours] }}\n");
    let found = load(Path::new("dev.yaml"), &forged, "dev").expect_err("there is no such key");
    assert!(found.iter().any(|fault| fault.code == Code::UnknownKey), "{found}");
}
