//! The state's file and the directory that holds it.

use std::fs;
use std::time::Duration;

use deployer_engine::state::FORMAT;
use deployer_engine::{Backend, Class, Directory, Holder, Site, State};
use time::OffsetDateTime;
use uuid::Uuid;

const LIFE: Duration = Duration::from_secs(60);

fn site() -> Site {
    let [project, environment, account, region] = ["voice", "dev", "111122223333", "us-east-1"].map(str::to_owned);
    Site { project, environment, account, region }
}

fn state() -> State {
    State::new(&site(), Uuid::from_u128(1))
}

fn holder(pid: u32) -> Holder {
    let since = OffsetDateTime::UNIX_EPOCH;
    Holder { id: Uuid::from_u128(u128::from(pid)), host: "laptop".to_owned(), pid, command: "deployer apply".to_owned(), since }
}

#[test]
fn a_state_comes_back_as_it_was_written() {
    let bytes = state().to_bytes().expect("it is JSON");
    assert_eq!(State::parse(&bytes, &site(), "state.json").expect("it is whole"), state());
}

#[test]
fn a_state_cut_off_anywhere_is_refused_with_its_place_and_advice() {
    let bytes = state().to_bytes().expect("it is JSON");
    // The last byte is the line's end, without which the state is whole.
    for length in 0..bytes.len() - 2 {
        let error = State::parse(&bytes[..length], &site(), "here/state.json").expect_err("it is cut off");
        assert!(error.message.contains("here/state.json is cut off"), "{length}: {error}");
        assert!(error.help.is_some_and(|help| help.contains("move the file away")));
    }
}

#[test]
fn a_state_of_another_place_is_refused_by_name() {
    let bytes = state().to_bytes().expect("it is JSON");
    let others = [
        Site { project: "other".to_owned(), ..site() },
        Site { environment: "prod".to_owned(), ..site() },
        Site { account: "444455556666".to_owned(), ..site() },
        Site { region: "eu-west-2".to_owned(), ..site() },
    ];
    for (other, what) in others.iter().zip(["project voice", "environment dev", "account 111122223333", "region us-east-1"]) {
        let error = State::parse(&bytes, other, "state.json").expect_err("it is not ours");
        assert!(error.message.contains(what), "{error}");
    }
}

#[test]
fn a_newer_format_an_unknown_key_and_a_bad_address_are_refused() {
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
fn tokens_differ_by_lineage_address_and_generation_and_stay_the_same_otherwise() {
    let address = |name| deployer_engine::Address::new("table", name);
    let (one, other) = (state(), State::new(&site(), Uuid::from_u128(2)));
    let tokens =
        [one.token(&address("a"), 1), one.token(&address("a"), 2), one.token(&address("b"), 1), other.token(&address("a"), 1)];
    assert_eq!(tokens.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    assert_eq!(one.token(&address("a"), 1), tokens[0]);
}

#[tokio::test]
async fn a_directory_keeps_what_was_saved_and_only_the_owner_may_read_it() {
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
async fn a_write_over_somebody_elses_is_refused_and_changes_nothing() {
    let home = tempfile::tempdir().expect("there is a place for temporary files");
    let directory = Directory::new(home.path());
    let lease = directory.acquire(&holder(1), OffsetDateTime::UNIX_EPOCH, LIFE).await.expect("it is free");
    let version = directory.save(b"one".to_vec(), None, &lease).await.expect("nothing is there");
    fs::write(directory.state_path(), b"theirs").expect("the test may write");
    for expected in [None, Some(&version)] {
        let error = directory.save(b"ours".to_vec(), expected, &lease).await.expect_err("somebody else wrote");
        assert_eq!(error.class, Class::Conflict);
    }
    assert_eq!(fs::read(directory.state_path()).expect("it is there"), b"theirs");
}

#[tokio::test]
async fn a_second_run_is_told_who_holds_the_lease_and_gets_it_when_the_holder_is_gone() {
    let home = tempfile::tempdir().expect("there is a place for temporary files");
    let directory = Directory::new(home.path());
    let later = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(42);
    let first = directory.acquire(&holder(11), OffsetDateTime::UNIX_EPOCH, LIFE).await.expect("it is free");
    let error = directory.acquire(&holder(12), later, LIFE).await.expect_err("it is taken");
    assert_eq!(error.class, Class::Conflict);
    for part in ["`deployer apply`", "pid 11", "laptop", "42 s"] {
        assert!(error.message.contains(part), "{part} is missing: {error}");
    }
    // A dead holder releases nothing; its file is closed.
    drop(first);
    let second = directory.acquire(&holder(12), later, LIFE).await.expect("the holder is gone");
    assert_eq!(second.fence, 2);
    directory.release(second).await.expect("it was held");
    let third = directory.acquire(&holder(13), later, LIFE).await.expect("it was released");
    assert_eq!(third.fence, 3);
}
