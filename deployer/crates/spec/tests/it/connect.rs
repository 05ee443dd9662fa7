//! Tests of `connect`: its meaning, and each kind of diagnostic with its position.

use std::path::Path;

use deployer_spec::{
    Channel, Code, Connect, Day, Diagnostic, Diagnostics, FlowState, FlowStatus, InstanceAttribute, Password, PromptSource, Spec,
    StorageKind, load,
};

use crate::support::validator;

const FULL: &str = include_str!("../connect.yaml");

fn spec(text: &str) -> Result<Spec, Diagnostics> {
    load(Path::new("dev.yaml"), text, "dev")
}

fn connect(text: &str) -> Connect {
    spec(text).unwrap_or_else(|faults| panic!("{faults}")).connect.expect("it has a connect")
}

/// Returns the example with one replacement.
fn with(from: &str, to: &str) -> String {
    assert!(FULL.contains(from), "{from:?} is not in the example");
    FULL.replacen(from, to, 1)
}

#[test]
fn names_resolve_by_key_or_built_in_name() {
    let connect = connect(FULL);
    let queue = &connect.queues["support"];
    assert_eq!((queue.name.as_str(), queue.description.as_str()), ("support", "support"));
    assert_eq!(connect.hours_name(&queue.hours), "Support hours");
    assert_eq!(connect.hours_name(&connect.queues["overflow"].hours), "Basic Hours");
    assert_eq!(connect.queue_name("BasicQueue"), "BasicQueue");
    assert_eq!(connect.routing_profile_name(&connect.users["admin"].routing_profile), "Basic Routing Profile");
}

#[test]
fn what_is_not_said_has_its_default() {
    let connect = connect(FULL);
    assert_eq!(connect.hours["support"].open[&Day::Monday], ["08:00-12:30", "13:00-18:00"]);
    let turn = connect.routing_profiles["agents"].queues["BasicQueue"][&Channel::Voice];
    assert_eq!((turn.priority, turn.delay_seconds), (1, 0));
    assert_eq!(connect.users["admin"].username, "admin");
    assert_eq!(connect.users["grace"].password, Password::Generate);
    let set: Vec<(&str, bool)> = connect.attributes.iter().map(|(kind, on)| (kind.as_str(), *on)).collect();
    let expected = [
        ("flow_logs", true),
        ("contact_lens", true),
        ("auto_resolve_best_voices", true),
        ("early_media", true),
        ("multi_party_conference", true),
        ("message_streaming", true),
    ];
    assert_eq!(set, expected);
    assert_eq!(InstanceAttribute::FlowLogs.api_name(), "CONTACTFLOW_LOGS");
    assert_eq!((connect.flows["main"].status, connect.flows["draft"].state), (FlowStatus::Published, FlowState::Archived));
    assert_eq!(connect.storage.len(), 2);
    assert!(connect.storage.contains_key(&StorageKind::CallRecordings));
}

#[test]
fn only_prompt_files_need_a_bucket() {
    let whole = spec(FULL).expect("it is good");
    assert_eq!(whole.prompts_bucket().as_deref(), Some("voice-dev-prompts-111122223333-us-east-1"));
    let prompts = &whole.connect.as_ref().expect("a connect").prompts;
    assert_eq!(prompts["greeting"].source, PromptSource::File("prompts/greeting.wav".to_owned()));
    let music = &prompts["music"];
    assert_eq!(music.source, PromptSource::S3("s3://voice-recordings/music/jazz.wav".to_owned()));
    assert_eq!((music.name.as_str(), music.description.as_str()), ("music", "music"));
    let named = spec(&with("  bots:\n", "  prompts_bucket: our-voices\n  bots:\n")).expect("it is good");
    assert_eq!(named.prompts_bucket().as_deref(), Some("our-voices"));
    let object = with("file: prompts/greeting.wav", "s3: \"s3://voice/greeting.wav\"");
    assert_eq!(spec(&object).expect("it is good").prompts_bucket(), None);
    // A long default name is harmless if the bucket is named explicitly.
    let long = with("project: voice", "project: a-name-of-a-project-that-is-rather-long");
    assert!(spec(&long.replacen("  bots:\n", "  prompts_bucket: our-voices\n  bots:\n", 1)).is_ok());
}

#[test]
fn costly_resources_are_protected_only_on_aws() {
    let aws = connect(FULL);
    assert!(aws.deletion_protection && !aws.phone_numbers["main"].release);
    let text = with("provider: { aws: { region: us-east-1, account: \"111122223333\" } }", "provider: { embedded: {} }");
    let embedded = connect(&text);
    assert!(!embedded.deletion_protection && embedded.phone_numbers["main"].release);
    let said = connect(&with("  alias: voice-dev\n", "  alias: voice-dev\n  deletion_protection: false\n"));
    assert!(!said.deletion_protection);
}

/// A test case: the replaced text of the example, its replacement, and the expected diagnostic with its code, underlined text and
/// suggestion.
type Case = (&'static str, &'static str, Code, &'static str, Option<&'static str>);

const CASES: &[Case] = &[
    ("hours: support", "hours: suport", Code::Dangling, "suport", Some("support")),
    ("hours: Basic Hours", "hours: Basic hours", Code::Dangling, "Basic hours", Some("Basic Hours")),
    ("name: Support hours", "name: Basic Hours", Code::Conflict, "Basic Hours", None),
    (
        "    orders:\n      alias_arn",
        "    other: { alias_arn: \"arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID\" }\n    orders:\n      alias_arn",
        Code::Conflict,
        "orders",
        None,
    ),
    (
        "  phone_numbers:\n",
        "  phone_numbers:\n    a: { country: US, type: TOLL_FREE, number: \"+18005550100\" }\n    b: { country: US, type: TOLL_FREE, number: \"+18005550100\" }\n",
        Code::Conflict,
        "b",
        None,
    ),
    ("    cities: { ", "    cities: { name: places, ", Code::Conflict, "places", None),
    ("security_profiles: [Admin, Agent]", "security_profiles: [desk, Desk people]", Code::Conflict, "Desk people", None),
    (
        "\nconnect:\n",
        "  a: { existing: lookup }\n  b: { existing: \"arn:aws:lambda:us-east-1:111122223333:function:lookup\" }\n\nconnect:\n",
        Code::Conflict,
        "b",
        None,
    ),
    ("    overflow:\n", "    overflow:\n      name: support\n", Code::Conflict, "support", None),
    ("13:00-18:00", "13:00-12:00", Code::Conflict, "13:00-12:00", None),
    ("13:00-18:00", "12:00-18:00", Code::Conflict, "12:00-18:00", None),
    ("00:00-24:00", "0:00-24:00", Code::BadValue, "0:00-24:00", None),
    ("00:00-24:00", "00:00-25:00", Code::BadValue, "00:00-25:00", None),
    ("SUNDAY:", "SONDAY:", Code::UnknownKey, "SONDAY", Some("SUNDAY")),
    ("time_zone: Europe/Berlin", "time_zone: Europe / Berlin", Code::BadValue, "Europe / Berlin", None),
    ("max_contacts: 20", "max_contacts: -1", Code::OutOfRange, "-1", None),
    ("phone_number: main", "phone_number: mine", Code::Dangling, "mine", Some("main")),
    ("flow: whisper", "flow: main", Code::Conflict, "main", None),
    ("default_outbound_queue: support", "default_outbound_queue: BasicQueu", Code::Dangling, "BasicQueu", Some("BasicQueue")),
    ("concurrency: { VOICE: 1, CHAT: 3 }", "concurrency: { VOICE: 2, CHAT: 3 }", Code::OutOfRange, "2", None),
    ("concurrency: { VOICE: 1, CHAT: 3 }", "concurrency: { VOICE: 1 }", Code::Conflict, "CHAT", None),
    ("BasicQueue: { VOICE: }", "BasicQueue:", Code::MissingKey, "BasicQueue", None),
    ("priority: 1 }", "priority: 100 }", Code::OutOfRange, "100", None),
    ("[Admin, Agent]", "[admin, Agent]", Code::Dangling, "admin", Some("Admin")),
    ("[Admin, Agent]", "[Quality Analyst]", Code::Dangling, "Quality Analyst", Some("QualityAnalyst")),
    ("[Admin, Agent]", "[]", Code::OutOfRange, "admin", None),
    ("routing_profile: agents", "routing_profile: agent", Code::Dangling, "agent", Some("agents")),
    ("{ env: ADMIN_PASSWORD }", "{ generate: false }", Code::NotAllowed, "false", None),
    ("{ env: ADMIN_PASSWORD }", "hunter2", Code::WrongType, "hunter2", None),
    ("username: grace.hopper", "username: admin", Code::Conflict, "admin", None),
    ("username: grace.hopper", "username: grace hopper", Code::BadValue, "grace hopper", None),
    ("desk_phone_number: \"+18005550100\", ", "", Code::MissingKey, "DESK_PHONE", None),
    ("email: ada@voice.example", "email: ada", Code::BadValue, "ada", None),
    ("time_zone: Europe/Berlin", "time_zone: Europe/Cologne", Code::NotAllowed, "Europe/Cologne", None),
    ("time_zone: Europe/Berlin", "time_zone: europe/berlin", Code::NotAllowed, "europe/berlin", Some("Europe/Berlin")),
    ("country: US", "country: UK", Code::NotAllowed, "UK", Some("GB")),
    ("country: US", "country: XX", Code::NotAllowed, "XX", None),
    ("country: US", "country: FR", Code::Conflict, "\"+1800\"", None),
    ("prefix: \"+1800\"", "number: \"+442079460100\"", Code::Conflict, "\"+442079460100\"", None),
    ("country: US", "country: USA", Code::BadValue, "USA", None),
    ("type: TOLL_FREE", "type: TOLLFREE", Code::NotAllowed, "TOLLFREE", Some("TOLL_FREE")),
    ("prefix: \"+1800\"", "prefix: \"800\"", Code::BadValue, "\"800\"", None),
    ("prefix: \"+1800\"", "prefix: \"+1800\"\n      number: \"+18775550100\"", Code::Conflict, "\"+1800\"", None),
    ("      flow: main", "      flow: whisper", Code::Conflict, "whisper", None),
    (
        "bot-alias/ABCDEFGHIJ/",
        "bot/ABCDEFGHIJ/",
        Code::BadValue,
        "arn:aws:lex:us-east-1:111122223333:bot/ABCDEFGHIJ/TSTALIASID",
        None,
    ),
    ("name: Greeting", "name: Beep.wav", Code::Conflict, "Beep.wav", None),
    ("name: Greeting", "name: music", Code::Conflict, "music", None),
    ("file: prompts/greeting.wav, ", "", Code::MissingKey, "greeting", None),
    ("name: Greeting", "s3: \"s3://voice/x.wav\"", Code::Conflict, "\"s3://voice/x.wav\"", None),
    ("s3://voice-recordings/music/jazz.wav", "s3://voice-recordings", Code::BadValue, "\"s3://voice-recordings\"", None),
    ("phone_numbers.main.number", "prompts.greting.arn", Code::Dangling, "${connect.prompts.greting.arn}", Some("greeting")),
    ("project: voice", "project: a-name-of-a-project-that-is-rather-long", Code::BadName, "prompts/greeting.wav", None),
    ("  bots:\n", "  prompts_bucket: Voice\n  bots:\n", Code::BadValue, "Voice", None),
    ("call_recordings: { s3:", "call_recording: { s3:", Code::UnknownKey, "call_recording", Some("call_recordings")),
    (", prefix: recordings", "", Code::MissingKey, "s3", None),
    ("status: SAVED", "status: DRAFT", Code::NotAllowed, "DRAFT", None),
    ("state: ARCHIVED", "state: archived", Code::NotAllowed, "archived", Some("ARCHIVED")),
    (
        "phone_numbers.main.number",
        "phone_numbers.mian.number",
        Code::Dangling,
        "${connect.phone_numbers.mian.number}",
        Some("main"),
    ),
    ("phone_numbers.main.number", "queues.support.number", Code::BadReference, "${connect.queues.support.number}", None),
    ("phone_numbers.main.number", "queue.support.arn", Code::BadReference, "${connect.queue.support.arn}", None),
    (
        "    greet: { file: flows/greet.json }",
        "    greet: { file: flows/greet.json, type: CONTACT_FLOW }",
        Code::UnknownKey,
        "type",
        None,
    ),
    ("[sales, colleague]", "[sale, colleague]", Code::Dangling, "sale", Some("sales")),
    ("{ user: grace }", "{ user: gracie }", Code::Dangling, "gracie", Some("grace")),
    ("{ queue: BasicQueue }", "{ queue: Basicqueue }", Code::Dangling, "Basicqueue", Some("BasicQueue")),
    ("flow: handover", "flow: whisper", Code::Conflict, "whisper", None),
    ("\"+18005550101\" }", "\"+18005550101\" }, flow: handover", Code::NotAllowed, "handover", None),
    ("\"+18005550101\"", "\"555\"", Code::BadValue, "\"555\"", None),
    ("sales: { to:", "sales: { name: colleague, to:", Code::Conflict, "colleague", None),
    ("name: Desk people", "name: Agent", Code::Conflict, "Agent", None),
    ("name: Desk people", "name: Desk/people", Code::BadValue, "Desk/people", None),
    (", tag_restricted: [Queue]", "", Code::MissingKey, "{", None),
    ("[Admin, Agent]", "[Desk, Agent]", Code::Dangling, "Desk", Some("desk")),
    ("hierarchy_group: team", "hierarchy_group: teem", Code::Dangling, "teem", Some("team")),
    ("levels: [Site, Team]", "levels: [Site]", Code::Conflict, "north", None),
    ("north: { name: North }", "north: { name: team }", Code::Conflict, "team", None),
    ("Amsterdam: \"\" }", "Amsterdam: \"\" }, default: true", Code::Conflict, "true", None),
    ("Los-Angeles:", "Los Angeles:", Code::BadName, "Los Angeles", None),
    ("language: en-US, phrases: { Am", "language: en-UK, phrases: { Am", Code::NotAllowed, "en-UK", Some("en-US")),
    ("{ parent: north }", "{ parent: nord }", Code::Dangling, "nord", Some("north")),
    ("{ parent: north }", "{ parent: team }", Code::Conflict, "team", None),
];

fn marked(text: &str, fault: &Diagnostic) -> String {
    let line = text.split('\n').nth(fault.span.line as usize - 1).expect("the line is in the text");
    line.chars().skip(fault.span.column as usize - 1).take(fault.span.length as usize).collect()
}

#[test]
fn each_diagnostic_is_reported_alone_at_its_position() {
    for (from, to, code, at, meant) in CASES {
        let text = with(from, to);
        let faults = spec(&text).err().unwrap_or_else(|| panic!("no fault with {to}"));
        let found: Vec<_> = faults.iter().map(|fault| (fault.code, marked(&text, fault), fault.did_you_mean.clone())).collect();
        assert_eq!(found, [(*code, (*at).to_owned(), meant.map(str::to_owned))], "{to}\n{faults}");
    }
}

#[test]
fn hours_without_opening_times_are_refused_with_advice() {
    let text = with("        MONDAY: [13:00-18:00, 08:00-12:30]\n        SUNDAY: [00:00-24:00]\n", "        MONDAY: []\n");
    let faults = spec(&text).expect_err("it is never open").to_string();
    assert!(faults.contains("never open") && faults.contains("[00:00-24:00]"), "{faults}");
}

#[test]
fn schema_accepts_the_example() {
    let json: serde_json::Value =
        serde_yaml::from_str_with_options(FULL, serde_yaml::options! { strict_booleans: true }).expect("YAML");
    assert_eq!(validator::errors(&deployer_spec::schema(), &json), Vec::<String>::new());
}
