//! The state file and the directory backend.

use std::fs;
use std::time::Duration;

use deployer_engine::state::FORMAT;
use deployer_engine::{Backend, Directory, EnvironmentId, ErrorClass, LeaseOwner, State};
use time::OffsetDateTime;
use uuid::Uuid;

const LIFE: Duration = Duration::from_secs(60);

fn site() -> EnvironmentId {
    let [project, environment, account, region] = ["voice", "dev", "111122223333", "us-east-1"].map(str::to_owned);
    EnvironmentId { project, environment, account, region }
}

fn state() -> State {
    State::new(&site(), Uuid::from_u128(1))
}

fn holder(pid: u32) -> LeaseOwner {
    let since = OffsetDateTime::UNIX_EPOCH;
    LeaseOwner {
        id: Uuid::from_u128(u128::from(pid)),
        host: "laptop".to_owned(),
        pid,
        command: "deployer apply".to_owned(),
        since,
    }
}

#[test]
fn state_round_trips() {
    let bytes = state().to_bytes().expect("it is JSON");
    assert_eq!(State::parse(&bytes, &site(), "state.json").expect("it is whole"), state());
}

#[test]
fn truncated_state_is_refused_with_location_and_advice() {
    let bytes = state().to_bytes().expect("it is JSON");
    // The last byte is the line feed, without which the state is still complete.
    for length in 0..bytes.len() - 2 {
        let error = State::parse(&bytes[..length], &site(), "here/state.json").expect_err("it is cut off");
        assert!(error.message.contains("here/state.json is cut off"), "{length}: {error}");
        assert!(error.help.is_some_and(|help| help.contains("move the file away")));
    }
}

#[test]
fn state_of_another_environment_is_refused_by_name() {
    let bytes = state().to_bytes().expect("it is JSON");
    let others = [
        EnvironmentId { project: "other".to_owned(), ..site() },
        EnvironmentId { environment: "prod".to_owned(), ..site() },
        EnvironmentId { account: "444455556666".to_owned(), ..site() },
        EnvironmentId { region: "eu-west-2".to_owned(), ..site() },
    ];
    for (other, what) in others.iter().zip(["project voice", "environment dev", "account 111122223333", "region us-east-1"]) {
        let error = State::parse(&bytes, other, "state.json").expect_err("it is not ours");
        assert!(error.message.contains(what), "{error}");
    }
}

#[test]
fn newer_format_and_unknown_content_are_refused() {
    let text = String::from_utf8(state().to_bytes().expect("it is JSON")).expect("JSON is text");
    let newer = text.replace(&format!("\"format\": {FORMAT}"), "\"format\": 99");
    let error = State::parse(newer.as_bytes(), &site(), "state.json").expect_err("it is newer");
    assert!(error.message.contains("format 99"), "{error}");
    let extra = text.replacen('{', "{ \"surprise\": 1,", 1);
    let error = State::parse(extra.as_bytes(), &site(), "state.json").expect_err("nobody wrote that");
    assert!(error.message.contains("surprise"), "{error}");
    let record = r#""resources": { "nodot": { "type": "t", "id": "i", "properties": {}, "outputs": {}, "dependencies": [], "generation": 1 } }"#;
    let bad = text.replace("\"resources\": {}", record);
    let error = State::parse(bad.as_bytes(), &site(), "state.json").expect_err("no address has no dot");
    assert!(error.message.contains("nodot"), "{error}");
}

#[test]
fn tokens_depend_on_lineage_address_and_generation() {
    let address = |name| deployer_engine::Address::new("table", name);
    let (one, other) = (state(), State::new(&site(), Uuid::from_u128(2)));
    let tokens =
        [one.token(&address("a"), 1), one.token(&address("a"), 2), one.token(&address("b"), 1), other.token(&address("a"), 1)];
    assert_eq!(tokens.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    assert_eq!(one.token(&address("a"), 1), tokens[0]);
}

#[tokio::test]
async fn saved_state_is_readable_only_by_owner() {
    let home = tempfile::tempdir().expect("there is a place for temporary files");
    let directory = Directory::new(home.path().join("dev"));
    assert!(directory.load().await.expect("nothing is there").is_none());
    assert!(!home.path().join("dev").exists(), "loading made the directory");
    let lease = directory.acquire(&holder(1), OffsetDateTime::UNIX_EPOCH, LIFE).await.expect("it is free");
    let version = directory.save(b"one".to_vec(), None, &lease).await.expect("nothing is there");
    directory.save(b"two".to_vec(), Some(&version), &lease).await.expect("nobody else wrote");
    let stored = directory.load().await.expect("it is readable").expect("it was saved");
    assert_eq!(stored.bytes, b"two");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(directory.state_path()).expect("it was saved").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let left: Vec<_> =
        fs::read_dir(home.path().join("dev")).expect("it was made").filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    assert_eq!(left.len(), 3, "only state, lease and lock are left: {left:?}");
}

#[tokio::test]
async fn write_over_concurrent_write_changes_nothing() {
    let home = tempfile::tempdir().expect("there is a place for temporary files");
    let directory = Directory::new(home.path());
    let lease = directory.acquire(&holder(1), OffsetDateTime::UNIX_EPOCH, LIFE).await.expect("it is free");
    let version = directory.save(b"one".to_vec(), None, &lease).await.expect("nothing is there");
    fs::write(directory.state_path(), b"theirs").expect("the test may write");
    for expected in [None, Some(&version)] {
        let error = directory.save(b"ours".to_vec(), expected, &lease).await.expect_err("somebody else wrote");
        assert_eq!(error.class, ErrorClass::Conflict);
    }
    assert_eq!(fs::read(directory.state_path()).expect("it is there"), b"theirs");
}

#[tokio::test]
async fn lease_conflict_names_owner_until_it_dies() {
    let home = tempfile::tempdir().expect("there is a place for temporary files");
    let directory = Directory::new(home.path());
    let later = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(42);
    let first = directory.acquire(&holder(11), OffsetDateTime::UNIX_EPOCH, LIFE).await.expect("it is free");
    let error = directory.acquire(&holder(12), later, LIFE).await.expect_err("it is taken");
    assert_eq!(error.class, ErrorClass::Conflict);
    for part in ["`deployer apply`", "pid 11", "laptop", "42 s"] {
        assert!(error.message.contains(part), "{part} is missing: {error}");
    }
    // A dead owner releases nothing; its file is closed.
    drop(first);
    let second = directory.acquire(&holder(12), later, LIFE).await.expect("the holder is gone");
    assert_eq!(second.fence, 2);
    directory.release(second).await.expect("it was held");
    let third = directory.acquire(&holder(13), later, LIFE).await.expect("it was released");
    assert_eq!(third.fence, 3);
}

/// Returns a state with one of everything that a state can contain.
fn full() -> State {
    let address = |name| deployer_engine::Address::new("table", name);
    let record = |id: &str, generation| deployer_engine::Record {
        type_name: "test.table".to_owned(),
        id: deployer_engine::PhysicalId(id.to_owned()),
        properties: serde_json::json!({ "name": id, "rate": 0.1, "text": "ä \"x\"", "list": [1, null, true] }),
        outputs: serde_json::json!({ "arn": id }),
        dependencies: [address("other")].into(),
        generation,
        retention: deployer_engine::Retention { retain: true, protect: true, declared_at: "lifecycle.a".to_owned() },
    };
    let open = deployer_engine::state::PendingChange {
        action: deployer_engine::Action::Create,
        type_name: "test.table".to_owned(),
        desired: Some(deployer_engine::Expr::output(&address("a"), "arn")),
        dependencies: [address("a")].into(),
        replacement: None,
        generation: 9,
        sent_at: Some(OffsetDateTime::UNIX_EPOCH),
        completes_creation: true,
        token_address: Some(address("d")),
        retention: deployer_engine::Retention::default(),
    };
    let mut state = state();
    (state.serial, state.generation) = (12, 9);
    state.resources = [(address("a"), record("a", 3)), (address("b"), record("b", 4))].into();
    state.superseded = vec![deployer_engine::state::Superseded { address: address("a"), record: record("old", 1) }];
    state.intent = Some(deployer_engine::state::Intent {
        run: Uuid::from_u128(5),
        command: "deployer apply".to_owned(),
        since: OffsetDateTime::UNIX_EPOCH,
        pending: [(address("c"), open)].into(),
    });
    state
}

#[test]
fn every_single_byte_counts() {
    let good = full();
    let bytes = good.to_bytes().expect("it is JSON");
    assert_eq!(State::parse(&bytes, &site(), "state.json").expect("it is whole"), good);
    for at in 0..bytes.len() {
        for replacement in [b'0', b'9', b'a', b' ', b'"', b'}', b'\n', 0xff, bytes[at] ^ 1, bytes[at] ^ 0x20] {
            let mut bad = bytes.clone();
            bad[at] = replacement;
            judge(&good, &bytes, &bad, at);
        }
        judge(&good, &bytes, &[&bytes[..at], &bytes[at + 1..]].concat(), at);
        judge(&good, &bytes, &bytes[..at], at);
    }
}

/// Checks that bytes which differ from the written ones are refused or have the same meaning.
fn judge(good: &State, written: &[u8], bad: &[u8], at: usize) {
    match State::parse(bad, &site(), "state.json") {
        Ok(state) => assert!(bad == written || &state == good, "byte {at} made another state"),
        Err(error) => assert!(error.class == ErrorClass::State && error.help.is_some(), "{error:?}"),
    }
    // An edited state needs no valid digest, but must not cause a panic either.
    let _ = State::parse_unverified(bad, &site(), "state.json");
}

proptest::proptest! {
    #[test]
    fn no_damage_makes_another_state(cuts in proptest::collection::vec((0_usize..4000, 0_usize..40, proptest::collection::vec(0_u8.., 0..8)), 1..5)) {
        let good = full();
        let written = good.to_bytes().expect("it is JSON");
        let mut bad = written.clone();
        for (at, length, insert) in cuts {
            let start = at.min(bad.len());
            let end = (start + length).min(bad.len());
            bad.splice(start..end, insert);
        }
        judge(&good, &written, &bad, 0);
    }

    #[test]
    fn parsing_arbitrary_bytes_never_panics(bytes in proptest::collection::vec(0_u8.., 0..400)) {
        proptest::prop_assert!(State::parse(&bytes, &site(), "state.json").is_err());
    }
}

#[test]
fn contradictory_state_with_valid_digest_is_refused() {
    let address = |name| deployer_engine::Address::new("table", name);
    type Spoil = Box<dyn Fn(&mut State)>;
    let spoils: Vec<(&str, Spoil)> = vec![
        ("lineage", Box::new(|state| state.lineage = Uuid::nil())),
        (
            "are both",
            Box::new(move |state| {
                let same = state.resources[&address("a")].clone();
                state.resources.insert(address("twin"), same);
            }),
        ),
        ("are both", Box::new(move |state| state.superseded[0].record = state.resources[&address("b")].clone())),
        ("no id", Box::new(move |state| state.resources.get_mut(&address("a")).expect("there").id.0.clear())),
        ("no type", Box::new(move |state| state.resources.get_mut(&address("a")).expect("there").type_name.clear())),
        ("above the last", Box::new(|state| state.generation = 2)),
        (
            "contradict",
            Box::new(|state| {
                state.intent.iter_mut().flat_map(|intent| intent.pending.values_mut()).for_each(|open| open.desired = None);
            }),
        ),
        (
            "leaves open",
            Box::new(|state| {
                let open = state.intent.iter_mut().flat_map(|intent| intent.pending.values_mut());
                open.for_each(|open| open.action = deployer_engine::Action::NoOp);
            }),
        ),
        ("has no id", Box::new(|state| state.intent.iter_mut().for_each(|intent| intent.run = Uuid::nil()))),
    ];
    for (word, spoil) in spoils {
        let mut state = full();
        spoil(&mut state);
        let bytes = state.to_bytes().expect("it is JSON");
        let error = State::parse(&bytes, &site(), "state.json").expect_err("it contradicts itself");
        assert!(error.class == ErrorClass::State && error.message.contains(word), "{word}: {error}");
    }
}

#[test]
fn duplicate_address_and_unknown_action_are_refused() {
    let text = String::from_utf8(full().to_bytes().expect("it is JSON")).expect("JSON is text");
    let twice = text.replace("\"table.b\": {", "\"table.a\": {");
    let error = State::parse_unverified(twice.as_bytes(), &site(), "state.json").expect_err("one address, two records");
    assert!(error.message.contains("table.a comes twice"), "{error}");
    let unknown = text.replace("\"action\": \"create\"", "\"action\": \"polish\"");
    let error = State::parse_unverified(unknown.as_bytes(), &site(), "state.json").expect_err("no such action");
    assert!(error.message.contains("polish"), "{error}");
}

#[test]
fn other_formats_are_refused() {
    let text = String::from_utf8(state().to_bytes().expect("it is JSON")).expect("JSON is text");
    for format in (1..FORMAT).chain([FORMAT + 1]) {
        let other = text.replace(&format!("\"format\": {FORMAT}"), &format!("\"format\": {format}"));
        let error = State::parse_unverified(other.as_bytes(), &site(), "state.json").expect_err("it is of another version");
        assert!(error.class == ErrorClass::State && error.message.contains(&format!("format {format}")), "{error}");
    }
}
