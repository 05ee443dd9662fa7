//! The history: one entry for each run, whatever it is killed at, and contents that restore exactly what was applied.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use deployer_engine::history::{MAX_CONTENTS, MAX_ENTRIES};
use deployer_engine::{
    Address, CancellationToken, Graph, History, Lifecycle, Options, Outcome, Result, RunArtifacts, RunRecord, RunResult,
    RunStatus,
};
use sha2::{Digest, Sha256};

use crate::support::cloud::sample::{FIRST, GraphSpec, approve, at, graph};
use crate::support::cloud::{Cloud, Fault, Memory, engine};

/// The code of a run, which is an artifact.
#[derive(Debug)]
struct Code(BTreeMap<String, Vec<u8>>);

impl Code {
    fn of(texts: &[String]) -> Arc<dyn RunArtifacts> {
        let sha256 = |text: &String| hex::encode(Sha256::digest(text));
        Arc::new(Self(texts.iter().map(|text| (sha256(text), text.clone().into_bytes())).collect()))
    }
}

impl RunArtifacts for Code {
    fn digests(&self) -> BTreeSet<String> {
        self.0.keys().cloned().collect()
    }

    fn read(&self, sha256: &str) -> io::Result<Vec<u8>> {
        Ok(self.0[sha256].clone())
    }
}

fn options(code: &str) -> Options {
    let artifacts = Code::of(&[code.to_owned(), "the same for all".to_owned()]);
    Options { record: RunRecord { artifacts: Some(artifacts), ..RunRecord::default() }, ..Options::default() }
}

async fn apply(cloud: &Cloud, memory: &Memory, desired: GraphSpec, code: &str) -> Option<Result<Outcome>> {
    let (options, interrupt) = (options(code), CancellationToken::new());
    cloud.live(engine(cloud, memory).apply(&graph(desired), &options, approve, &interrupt)).await
}

async fn history(cloud: &Cloud, memory: &Memory) -> History {
    let state = engine(cloud, memory).state().await.expect("the state is whole");
    state.map(|state| state.history).unwrap_or_default()
}

/// Checks that numbers follow each other, that no two contents share a slot, and that everything said to be kept is restored.
async fn is_sound(cloud: &Cloud, memory: &Memory, story: &str) -> History {
    let history = history(cloud, memory).await;
    for pair in history.entries.windows(2) {
        assert_eq!(pair[0].number + 1, pair[1].number, "{story}");
    }
    assert!(history.entries.len() <= MAX_ENTRIES, "{story}");
    let slots: BTreeSet<u32> = history.slots.values().copied().collect();
    assert_eq!(slots.len(), history.slots.len(), "{story}: two contents in one slot");
    for entry in history.entries.iter().filter(|entry| entry.contents.is_some()) {
        let restored = engine(cloud, memory).restore(&history, entry).await.unwrap_or_else(|error| panic!("{story}: {error}"));
        assert_eq!(restored.artifacts.len(), 2, "{story}");
        assert!(matches!(entry.result, RunResult::Applied | RunResult::Running), "{story}: {entry:?}");
    }
    history
}

/// Kills and disturbs a run at every call: the history stays sound, and so does what earlier runs have left in it.
#[tokio::test(start_paused = true)]
async fn history_survives_every_fault() {
    let faults = [Fault::CrashBefore, Fault::CrashAfter, Fault::LostAnswer, Fault::LostRequest, Fault::Refuse];
    let second = GraphSpec { size: 2, digest: "b", ..FIRST };
    for fault in faults {
        for call in 0.. {
            let (cloud, story) = (Cloud::default(), format!("{fault:?} at call {call}"));
            let memory = Memory::new(&cloud);
            apply(&cloud, &memory, FIRST, "one").await.expect("no fault is armed").expect("no fault is armed");
            let begun = cloud.world().calls.len();
            cloud.arm(call, fault);
            let ended = apply(&cloud, &memory, second, "two").await;
            let reached = cloud.world().calls.len() > begun + call;
            cloud.disarm();
            is_sound(&cloud, &memory, &story).await;
            // The slots of a killed run are used by another one.
            let outcome = apply(&cloud, &memory, second, "three").await.expect("no fault is armed").expect("no fault is armed");
            assert!(matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo), "{story}: {outcome:?}");
            let history = is_sound(&cloud, &memory, &story).await;
            assert!(history.entries.iter().all(|entry| entry.result != RunResult::Running), "{story}: {history:?}");
            assert!((2..=3).contains(&history.entries.len()), "{story}: {history:?}");
            let first = &history.entries[0];
            assert!(first.result == RunResult::Applied && first.contents.is_some(), "{story}: {first:?}");
            let restored = engine(&cloud, &memory).restore(&history, first).await.expect("it is kept").graph;
            apply_graph(&cloud, &memory, &restored).await;
            let plan = engine(&cloud, &memory).plan(&graph(FIRST), &Options::default()).await.expect("no fault is armed").plan;
            assert!(plan.is_empty(), "{story}: the restored graph is another one: {plan:?}");
            if !reached {
                assert!(matches!(ended, Some(Ok(Outcome { status: RunStatus::Applied, .. }))), "{story}: {ended:?}");
                break;
            }
        }
    }
}

async fn apply_graph(cloud: &Cloud, memory: &Memory, graph: &Graph) {
    let (options, interrupt) = (options("restored"), CancellationToken::new());
    let outcome = engine(cloud, memory).apply(graph, &options, approve, &interrupt).await.expect("no fault is armed");
    assert_eq!(outcome.status, RunStatus::Applied, "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn history_and_its_objects_are_bounded() {
    let cloud = Cloud::default();
    let memory = Memory::new(&cloud);
    for size in 1..=60 {
        let outcome = apply(&cloud, &memory, GraphSpec { size, ..FIRST }, &format!("code {size}")).await;
        assert_eq!(outcome.expect("no crash").expect("no error").status, RunStatus::Applied);
    }
    let history = is_sound(&cloud, &memory, "60 runs").await;
    assert_eq!((history.entries.len(), history.entries[0].number), (MAX_ENTRIES, 11));
    let kept = history.entries.iter().filter(|entry| entry.contents.is_some()).count();
    assert_eq!(kept, MAX_CONTENTS);
    // A graph and a code for each, those of the run that was added last, and the code of all.
    assert!(memory.objects.lock().expect("unlocked").len() <= 2 * (MAX_CONTENTS + 1) + 1);
    assert_eq!(history.previous().map(|entry| entry.number), Some(59));
}

#[tokio::test(start_paused = true)]
async fn default_target_is_the_last_good_run() {
    let cloud = Cloud::default();
    let memory = Memory::new(&cloud);
    assert!(history(&cloud, &memory).await.previous().is_none());
    apply(&cloud, &memory, FIRST, "one").await.expect("no crash").expect("no error");
    assert!(history(&cloud, &memory).await.previous().is_none(), "nothing is before the first run");
    cloud.refuse("test.table:Update");
    let failed = apply(&cloud, &memory, GraphSpec { size: 2, digest: "b", ..FIRST }, "two").await.expect("no crash");
    cloud.disarm();
    let failed = failed.expect("it has begun");
    let after = history(&cloud, &memory).await;
    let last = after.entries.last().expect("two runs");
    match failed.status {
        RunStatus::Failed => {
            assert_eq!((last.result, last.contents.is_some()), (RunResult::Failed, false));
            assert_eq!(last.failed, BTreeSet::from([at("table", "numbers")]));
            assert_eq!(after.previous().map(|entry| entry.number), Some(1));
        }
        other => panic!("{other:?}"),
    }
    apply(&cloud, &memory, GraphSpec { size: 3, ..FIRST }, "three").await.expect("no crash").expect("no error");
    assert_eq!(history(&cloud, &memory).await.previous().map(|entry| entry.number), Some(1));
}

#[tokio::test(start_paused = true)]
async fn rollback_undoes_renames() {
    let cloud = Cloud::default();
    let memory = Memory::new(&cloud);
    apply(&cloud, &memory, FIRST, "one").await.expect("no crash").expect("no error");
    let (extra, spare): (Address, Address) = (at("table", "extra"), at("table", "spare"));
    let mut renamed = graph(GraphSpec { size: 2, ..FIRST });
    let node = renamed.nodes.remove(&extra).expect("it is declared");
    renamed.nodes.insert(spare.clone(), node);
    renamed.lifecycles.insert(spare.clone(), Lifecycle { renamed_from: vec![extra.clone()], ..Lifecycle::default() });
    apply_graph(&cloud, &memory, &renamed).await;
    let history = history(&cloud, &memory).await;
    assert_eq!(history.renamed_since(1), BTreeMap::from([(extra.clone(), spare)]));
    let restored = engine(&cloud, &memory).restore(&history, &history.entries[0]).await.expect("it is kept").graph;
    let plan = engine(&cloud, &memory).plan(&restored, &Options::default()).await.expect("no fault").plan;
    assert_eq!((plan.summary.create, plan.summary.delete), (0, 0), "{plan:?}");
}
