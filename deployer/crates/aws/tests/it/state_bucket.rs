//! State and lease in a bucket, through the real SDK: one writer, whatever the network does.

use std::time::Duration;

use deployer_engine::state::FORMAT;
use deployer_engine::{
    Address, Backend, CancellationToken, ErrorClass, Event, Expr, Graph, Lease, Options, Plan, Result, RunStatus, Version,
};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use serde_json::json;

use crate::support::bucket::{BUCKET, Cloud, Fault, LIFE, Machine, REGION};

async fn take(machine: &Machine) -> Result<Lease> {
    machine.backend.acquire(&machine.holder, machine.now(), LIFE).await
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn yes(_: &Plan) -> BoxFuture<'_, bool> {
    async { true }.boxed()
}

/// Returns a graph with one log group, the smallest resource that can be applied.
fn graph(days: u64) -> Graph {
    let tags = json!({"deployer:project": "voice", "deployer:environment": "dev", "deployer:address": "log-group.calls"});
    let wanted = json!({"name": "/calls", "retention_days": days, "tags": tags});
    let mut graph = Graph::default();
    graph.insert(Address::new("log-group", "calls"), "logs.group", Expr::from(wanted), []);
    graph
}

async fn apply(machine: &Machine, days: u64) -> Result<RunStatus> {
    machine.engine.apply(&graph(days), &Options::default(), yes, &CancellationToken::new()).await.map(|outcome| outcome.status)
}

#[tokio::test(start_paused = true)]
async fn state_reads_back_and_overwrites_only_known_version() {
    let cloud = Cloud::with_bucket().await;
    let machine = cloud.machine(1);
    assert!(machine.backend.load().await.expect("an empty bucket has no state").is_none());
    let lease = take(&machine).await.expect("it is free");
    let one = machine.backend.save(b"one".to_vec(), None, &lease).await.expect("nothing is there");
    let two = machine.backend.save(b"two".to_vec(), Some(&one), &lease).await.expect("nobody else wrote");
    for expected in [None, Some(&one), Some(&Version("\"0123\"".to_owned()))] {
        let error = machine.backend.save(b"three".to_vec(), expected, &lease).await.expect_err("somebody else wrote");
        assert_eq!((error.class, error.operation), (ErrorClass::Conflict, None));
        assert!(error.message.contains("s3://example-states/states/voice/dev/state.json was changed"), "{}", error.message);
    }
    let stored = machine.backend.load().await.expect("it is readable").expect("it was saved");
    assert_eq!((stored.bytes.as_slice(), stored.version), (b"two".as_slice(), two.clone()));
    cloud.s3().delete_object().bucket(BUCKET).key("states/voice/dev/state.json").send().await.expect("deleted");
    let error = machine.backend.save(b"three".to_vec(), Some(&two), &lease).await.expect_err("it is gone");
    assert!(error.class == ErrorClass::Conflict && error.message.contains("was removed"), "{error}");
    machine.backend.save(b"three".to_vec(), None, &lease).await.expect("a delete marker is nothing");
}

/// Objects beside the state are written whatever one request meets, in the place of the one before.
#[tokio::test(start_paused = true)]
async fn objects_are_stored_despite_faults() {
    let cloud = Cloud::with_bucket().await;
    let machine = cloud.machine(1);
    let lease = take(&machine).await.expect("it is free");
    assert!(machine.backend.get_object("000").await.expect("it can be asked for").is_none());
    for (number, fault) in FAULTS.into_iter().enumerate() {
        let bytes = vec![u8::try_from(number).expect("few faults"); 3 << 20];
        cloud.meet([fault]);
        let stored = machine.backend.put_object("000", bytes.clone(), &lease).await;
        stored.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        // A late request of the same bytes arrives.
        pass(5).await;
        assert_eq!(machine.backend.get_object("000").await.expect("it can be read"), Some(bytes), "{fault:?}");
    }
    let listed = cloud.s3().list_objects_v2().bucket(BUCKET).prefix("states/voice/dev/history/").send().await.expect("listed");
    assert_eq!(listed.key_count(), Some(1));
    cloud.meet([Fault::Refused(403, "AccessDenied")]);
    let error = machine.backend.put_object("000", Vec::new(), &lease).await.expect_err("it is refused");
    assert_eq!(error.class, ErrorClass::Denied);
}

#[tokio::test(start_paused = true)]
async fn missing_buckets_are_left_to_bootstrap() {
    let cloud = Cloud::empty();
    let machine = cloud.machine(1);
    let errors = [take(&machine).await.map(drop), machine.backend.load().await.map(drop), apply(&machine, 7).await.map(drop)];
    for error in errors {
        let error = error.expect_err("there is no bucket");
        assert_eq!((error.class, error.help.as_deref()), (ErrorClass::NotFound, Some("run `deployer bootstrap --env dev`")));
        assert_eq!(error.message, format!("there is no bucket {BUCKET} for the state in account 111122223333"));
    }
    assert!(machine.backend.current_lease().await.expect("nobody has it").is_none());
    assert!(cloud.s3().list_buckets().send().await.expect("they can be listed").buckets().is_empty());
}

#[tokio::test(start_paused = true)]
async fn missing_versioning_of_foreign_bucket_is_reported() {
    let cloud = Cloud::empty();
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    cloud.s3().create_bucket().bucket(BUCKET).create_bucket_configuration(place).send().await.expect("a bucket");
    take(&cloud.machine(1)).await.expect("it is free");
    let versioning = cloud.s3().get_bucket_versioning().bucket(BUCKET).send().await.expect("it is there");
    assert_eq!(versioning.status, None);
    let reported = cloud.reported.lock().expect("nobody panics holding it");
    assert!(
        reported.iter().any(|event| matches!(event, Event::Progress { message, .. } if message.contains("versioning"))),
        "{reported:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn buckets_of_unexpected_accounts_are_not_used() {
    let cloud = Cloud::with_bucket().await;
    let other = cloud.machine_with(2, time::Duration::ZERO, |place| {
        place.account = "444455556666".to_owned();
        place.in_own_account = false;
    });
    let error = take(&other).await.expect_err("the bucket is another account's");
    assert_eq!(error.class, ErrorClass::Denied, "{error}");
    assert!(error.help.is_some_and(|help| help.contains("state.s3.account")));
}

#[tokio::test(start_paused = true)]
async fn one_of_concurrent_runs_acquires_the_lease() {
    let cloud = Cloud::with_bucket().await;
    cloud.slow(Duration::from_millis(20));
    for round in 0..5 {
        let machines: Vec<_> = (1..=8).map(|n| cloud.machine(n)).collect();
        let taken = join_all(machines.iter().map(take)).await;
        let winners = taken.iter().filter(|taken| taken.is_ok()).count();
        assert_eq!(winners, 1, "round {round}: {taken:?}");
        for error in taken.iter().filter_map(|taken| taken.as_ref().err()) {
            assert!(error.class == ErrorClass::Conflict && error.operation.is_none(), "{error}");
        }
        // In every other round the winner dies.
        for (machine, lease) in machines.iter().zip(taken) {
            match lease {
                Ok(lease) if round % 2 == 0 => machine.backend.release(lease).await.expect("it is held"),
                _ => {}
            }
        }
        pass(61).await;
    }
}

#[tokio::test(start_paused = true)]
async fn second_run_learns_lease_owner_and_expiry() {
    let cloud = Cloud::with_bucket().await;
    let (first, second) = (cloud.machine(1), cloud.machine(2));
    let lease = take(&first).await.expect("it is free");
    pass(23).await;
    let error = take(&second).await.expect_err("it is held");
    for part in ["state.json is in use by `deployer apply`", "pid 42 on machine-1", "for 23 s", "expires in 37 s"] {
        assert!(error.message.contains(part), "{part} is missing: {}", error.message);
    }
    let lease = first.backend.renew(&lease, first.now(), LIFE).await.expect("it is ours");
    pass(59).await;
    take(&second).await.expect_err("it was renewed");
    pass(1).await;
    let seized = take(&second).await.expect("60 s are over");
    assert!(seized.taken_over && seized.fence == 2);
    let error = first.backend.renew(&lease, first.now(), LIFE).await.expect_err("it is another's");
    assert!(error.class == ErrorClass::Conflict && error.message.contains("machine-2"), "{error}");
    first.backend.release(lease).await.expect("a lost lease is no error");
    second.backend.renew(&seized, second.now(), LIFE).await.expect("nobody took it");
}

#[tokio::test(start_paused = true)]
async fn wrong_machine_clocks_do_not_affect_lease_duration() {
    for skew in [time::Duration::hours(-5), time::Duration::hours(5)] {
        let cloud = Cloud::with_bucket().await;
        take(&cloud.machine(1)).await.expect("it is free");
        let other = cloud.machine_with(2, skew, |_| {});
        pass(59).await;
        take(&other).await.expect_err("it lives for 60 s");
        let held = other.backend.current_lease().await.expect("it is readable").expect("it is held");
        let left = held.expires.expect("it lapses") - other.now();
        assert!((0..=1).contains(&left.whole_seconds()), "{left}");
        pass(1).await;
        assert!(take(&other).await.expect("it has lapsed").taken_over);
    }
}

#[tokio::test(start_paused = true)]
async fn fence_rises_released_lease_is_not_taken_over() {
    let cloud = Cloud::with_bucket().await;
    for n in 1..=5 {
        let machine = cloud.machine(n);
        let lease = take(&machine).await.expect("it was given back");
        assert_eq!((lease.fence, lease.taken_over), (n, false));
        assert_eq!(machine.backend.current_lease().await.expect("it is readable").expect("it is held").holder, machine.holder);
        machine.backend.release(lease).await.expect("it is held");
        assert_eq!(machine.backend.current_lease().await.expect("it is readable"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn lease_is_unlocked_only_if_unchanged() {
    let cloud = Cloud::with_bucket().await;
    let (first, second) = (cloud.machine(1), cloud.machine(2));
    let lease = take(&first).await.expect("it is free");
    let seen = second.backend.current_lease().await.expect("it is readable").expect("it is held");
    pass(10).await;
    let lease = first.backend.renew(&lease, first.now(), LIFE).await.expect("it is ours");
    let error = second.backend.unlock(&seen).await.expect_err("it was renewed meanwhile");
    assert_eq!(error.class, ErrorClass::Conflict);
    first.backend.renew(&lease, first.now(), LIFE).await.expect("nothing was changed");
    let seen = second.backend.current_lease().await.expect("it is readable").expect("it is held");
    second.backend.unlock(&seen).await.expect("it is as seen");
    let taken = take(&second).await.expect("it was freed at once");
    assert!(taken.taken_over && taken.fence == 2, "who was only thought dead must be shut out");
    first.backend.renew(&lease, first.now(), LIFE).await.expect_err("it was freed");
}

const FAULTS: [Fault; 7] = [
    Fault::LostAnswer,
    Fault::LostRequest,
    Fault::DoneButFailed,
    Fault::Refused(409, "ConditionalRequestConflict"),
    Fault::Refused(503, "SlowDown"),
    Fault::Refused(500, "InternalError"),
    Fault::Late(Duration::from_millis(700)),
];

#[tokio::test(start_paused = true)]
async fn every_step_survives_any_two_faults() {
    for first in FAULTS {
        for second in FAULTS {
            let cloud = Cloud::with_bucket().await;
            let machine = cloud.machine(1);
            let what = format!("{first:?}, then {second:?}");
            let faults = || cloud.meet([first, second]);
            take(&cloud.machine_with(9, time::Duration::ZERO, |place| place.environment = "other".to_owned()))
                .await
                .expect("the bucket");
            faults();
            let lease = take(&machine).await.unwrap_or_else(|error| panic!("{what}, taking: {error}"));
            assert_eq!(lease.fence, 1, "{what}");
            faults();
            let one = machine
                .backend
                .save(b"one".to_vec(), None, &lease)
                .await
                .unwrap_or_else(|error| panic!("{what}, first: {error}"));
            faults();
            let two = machine.backend.save(b"two".to_vec(), Some(&one), &lease).await;
            let two = two.unwrap_or_else(|error| panic!("{what}, second: {error}"));
            pass(10).await;
            faults();
            let lease = machine
                .backend
                .renew(&lease, machine.now(), LIFE)
                .await
                .unwrap_or_else(|error| panic!("{what}, renewing: {error}"));
            faults();
            machine.backend.release(lease).await.unwrap_or_else(|error| panic!("{what}, giving back: {error}"));
            cloud.meet([]);
            // Pending requests have arrived by now.
            pass(5).await;
            let stored = machine.backend.load().await.expect("it is readable").expect("it was saved");
            assert_eq!((stored.bytes.as_slice(), stored.version), (b"two".as_slice(), two), "{what}");
            let again = take(&cloud.machine(2)).await.unwrap_or_else(|error| panic!("{what}, again: {error}"));
            assert_eq!((again.fence, again.taken_over), (2, false), "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn outage_error_says_whether_outcome_is_known() {
    let cloud = Cloud::with_bucket().await;
    let machine = cloud.machine(1);
    let lease = take(&machine).await.expect("it is free");
    let began = machine.now();
    cloud.meet([Fault::LostRequest; 200]);
    let error = machine.backend.save(b"one".to_vec(), None, &lease).await.expect_err("nothing arrives");
    assert!(error.class == ErrorClass::UnknownOutcome && error.retries_exhausted, "{error}");
    let error = machine.backend.renew(&lease, machine.now(), LIFE).await.expect_err("nothing arrives");
    assert_eq!(error.class, ErrorClass::Transient, "{error}");
    assert!(machine.now() - began < time::Duration::seconds(70), "a lease lives no longer");
    cloud.meet([Fault::Refused(403, "AccessDenied"); 2]);
    let error = machine.backend.save(b"one".to_vec(), None, &lease).await.expect_err("forbidden");
    assert!(error.class == ErrorClass::Denied && error.help.is_some_and(|help| help.contains("s3:PutObject")));
}

#[tokio::test(start_paused = true)]
async fn environment_lifecycle_works_with_bucket_state() {
    let cloud = Cloud::with_bucket().await;
    assert_eq!(apply(&cloud.machine(1), 14).await.expect("applied"), RunStatus::Applied);
    let written = cloud.bytes("state.json").await.expect("it was saved");
    assert_eq!(apply(&cloud.machine(2), 14).await.expect("applied"), RunStatus::NothingToDo);
    assert_eq!(cloud.bytes("state.json").await.expect("it is there"), written, "an empty plan writes nothing");
    let planned = cloud.machine(3).engine.plan(&graph(30), &Options::default()).await.expect("planned").plan;
    assert_eq!((planned.summary.update, planned.summary.changes()), (1, 1));
    let destroyed =
        cloud.machine(4).engine.destroy(None, &Options::default(), yes, &CancellationToken::new()).await.expect("destroyed");
    assert_eq!(destroyed.status, RunStatus::Applied);
    let state = cloud.machine(5).engine.state().await.expect("it is readable").expect("it is kept");
    assert!(state.is_empty() && state.fence == 3, "{state:?}");
}

#[tokio::test(start_paused = true)]
async fn two_runs_at_once_never_both_change_anything() {
    let cloud = Cloud::with_bucket().await;
    cloud.slow(Duration::from_millis(20));
    let machines: Vec<_> = (1..=4).map(|n| cloud.machine(n)).collect();
    let ends = join_all(machines.iter().map(|machine| apply(machine, 14))).await;
    assert_eq!(ends.iter().filter(|end| matches!(end, Ok(RunStatus::Applied))).count(), 1, "{ends:?}");
    for error in ends.iter().filter_map(|end| end.as_ref().err()) {
        assert!(error.class == ErrorClass::Conflict && error.message.contains("is in use by"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn run_presumed_dead_cannot_write_its_state() {
    for had_state in [false, true] {
        for unlocked in [false, true] {
            let cloud = Cloud::with_bucket().await;
            if had_state {
                apply(&cloud.machine(9), 14).await.expect("applied");
            }
            let sleeper = cloud.machine(1);
            let lease = take(&sleeper).await.expect("it is free");
            let loaded = sleeper.backend.load().await.expect("it is readable").map(|stored| stored.version);
            assert_eq!(loaded.is_some(), had_state);
            if unlocked {
                let held = sleeper.backend.current_lease().await.expect("it is readable").expect("it is held");
                cloud.machine(2).backend.unlock(&held).await.expect("it is as seen");
            } else {
                pass(61).await;
            }
            // The new owner changes nothing and has no state of its own to write.
            let end = match had_state {
                true => apply(&cloud.machine(3), 14).await,
                false => {
                    let nothing = Graph::default();
                    let run = cloud.machine(3).engine;
                    run.apply(&nothing, &Options::default(), yes, &CancellationToken::new()).await.map(|outcome| outcome.status)
                }
            };
            assert_eq!(end.expect("it took over"), RunStatus::NothingToDo);
            let theirs = cloud.bytes("state.json").await.expect("it was written on taking over");
            let error = sleeper.backend.save(b"{}".to_vec(), loaded.as_ref(), &lease).await.expect_err("the lease is lost");
            assert_eq!(error.class, ErrorClass::Conflict);
            assert_eq!(cloud.bytes("state.json").await.expect("it is there"), theirs);
            // Once released, it is an ordinary lease again.
            assert!(!take(&cloud.machine(4)).await.expect("it was given back").taken_over);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn damaged_state_is_reported_and_never_overwritten() {
    for seized in [false, true] {
        let cloud = Cloud::with_bucket().await;
        apply(&cloud.machine(1), 14).await.expect("applied");
        let whole = cloud.bytes("state.json").await.expect("it was saved");
        let with = |old: &str, new: &str| {
            let text = String::from_utf8(whole.clone()).expect("JSON is text");
            assert!(text.contains(old), "{old} does not stand in the state");
            text.replace(old, new).into_bytes()
        };
        let newer = with(&format!("\"format\": {FORMAT}"), "\"format\": 99");
        let foreign = with("\"voice\"", "\"other\"");
        let cases = [
            (whole[..whole.len() / 2].to_vec(), "is cut off"),
            (b"".to_vec(), "is cut off"),
            (b"not JSON".to_vec(), "is damaged"),
            (newer, "format 99"),
            (foreign, "belongs to project other"),
        ];
        for (damaged, says) in cases {
            cloud.overwrite("state.json", &damaged).await;
            if seized {
                take(&cloud.machine(2)).await.expect("it is free");
                pass(61).await;
            }
            for error in [
                apply(&cloud.machine(3), 30).await.expect_err("it is damaged"),
                cloud.machine(4).engine.state().await.expect_err("it is damaged"),
                cloud
                    .machine(5)
                    .engine
                    .destroy(None, &Options::default(), yes, &CancellationToken::new())
                    .await
                    .expect_err("it is damaged"),
            ] {
                assert!(error.message.contains(says) && error.message.contains("s3://example-states/"), "{error}");
            }
            assert_eq!(cloud.bytes("state.json").await.expect("it is there"), damaged);
            // Nobody could write, so the previous owner of the lease is not fenced off yet.
            let lease = take(&cloud.machine(6)).await.expect("it was given back");
            assert_eq!(lease.taken_over, seized);
            cloud.machine(6).backend.release(lease).await.expect("it is held");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn damaged_lease_is_reported_and_left_unchanged() {
    let cloud = Cloud::with_bucket().await;
    take(&cloud.machine(1)).await.expect("it is free");
    cloud.overwrite("lease.json", b"{").await;
    let error = take(&cloud.machine(2)).await.expect_err("it is damaged");
    assert!(error.message.contains("lease.json is damaged") && error.help.is_some_and(|help| help.contains("delete")));
    assert_eq!(cloud.bytes("lease.json").await.expect("it is there"), b"{");
}
