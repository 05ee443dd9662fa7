//! Tests that calls take every documented branch of every action type, and that the documentation page states it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::OnceLock;

use deployer_flow::actions::{self, ActionType, Simulation, SimulationSupport};

use crate::support::drive::{by_failing, by_itself, by_results, subjects};

/// Observations of one action type.
struct Seen {
    known: Simulation,
    all: BTreeSet<String>,
    by_itself: BTreeSet<String>,
    by_results: BTreeSet<String>,
    by_failing: BTreeSet<String>,
    complaints: BTreeSet<String>,
}

fn see(rules: &ActionType) -> Seen {
    let kind = rules.name;
    let mut seen = Seen {
        known: rules.simulation,
        all: BTreeSet::new(),
        by_itself: BTreeSet::new(),
        by_results: BTreeSet::new(),
        by_failing: BTreeSet::new(),
        complaints: BTreeSet::new(),
    };
    for subject in subjects(rules) {
        assert_eq!(subject.errors_of_check(kind), [""; 0], "{kind}");
        let alone = by_itself(kind, &subject);
        seen.all.extend(alone.all);
        seen.by_itself.extend(alone.taken);
        let given = by_results(kind, &subject);
        seen.complaints.extend(given.unmet);
        if seen.known.accepts_stubbed_result {
            seen.by_results.extend(given.taken);
        }
        seen.by_failing.extend(by_failing(kind, &subject).taken);
    }
    seen
}

fn all() -> &'static BTreeMap<&'static str, Seen> {
    static ALL: OnceLock<BTreeMap<&'static str, Seen>> = OnceLock::new();
    ALL.get_or_init(|| actions::all().map(|rules| (rules.name, see(rules))).collect())
}

impl Seen {
    /// Returns the branches that no call can take.
    fn never(&self) -> Vec<&str> {
        let taken = |label: &&String| {
            !self.by_itself.contains(*label) && !self.by_results.contains(*label) && !self.by_failing.contains(*label)
        };
        self.all.iter().filter(taken).map(String::as_str).collect()
    }

    /// Returns the branches that a call takes only if the test makes the action fail.
    fn only_failing(&self) -> Vec<&str> {
        let alone = |label: &&String| !self.by_itself.contains(*label) && !self.by_results.contains(*label);
        self.all.iter().filter(alone).filter(|label| self.by_failing.contains(*label)).map(String::as_str).collect()
    }
}

/// Branches of performed actions that nothing in a simulated call leads to: no source states what does.
const ONLY_WHEN_GIVEN: [(&str, &str); 4] = [
    ("UntagContact", "error NoMatchingError"),
    ("UpdateContactEventHooks", "error NoMatchingError"),
    ("UpdateContactRecordingAndAnalyticsBehavior", "error InFlightRedactionConfigurationFailed"),
    ("UpdateContactRecordingAndAnalyticsBehavior", "error NoMatchingError"),
];

#[test]
fn calls_take_every_possible_branch() {
    let mut only_when_given = Vec::new();
    for (kind, seen) in all() {
        assert!(!seen.all.is_empty(), "{kind}");
        let never: BTreeSet<&str> = seen.never().into_iter().collect();
        let is_error = |label: &&str| label.starts_with("error ");
        match seen.known.support {
            SimulationSupport::NotInVoice => {
                let ways: BTreeSet<&str> = seen.all.iter().map(String::as_str).filter(|label| !is_error(label)).collect();
                assert_eq!(never, ways, "{kind}: what no voice call takes is success, and only that");
            }
            _ => assert!(never.is_empty(), "{kind}: {never:?}"),
        }
        if seen.known.support == SimulationSupport::Performed {
            only_when_given.extend(seen.only_failing().into_iter().map(|label| (*kind, label.to_owned())));
        }
    }
    let expected: Vec<(&str, String)> = ONLY_WHEN_GIVEN.iter().map(|(kind, label)| (*kind, (*label).to_owned())).collect();
    assert_eq!(only_when_given, expected);
}

#[test]
fn stated_support_matches_the_behaviour() {
    for (kind, seen) in all() {
        let ways: Vec<&String> = seen.by_itself.iter().filter(|label| !label.starts_with("error ")).collect();
        let errors: Vec<&String> = seen.by_itself.iter().filter(|label| label.starts_with("error ")).collect();
        match seen.known.support {
            SimulationSupport::Performed => assert!(!ways.is_empty() || *kind == "InvokeFlowModule", "{kind}"),
            SimulationSupport::NoEffect => assert!(errors.is_empty() && ways == ["next"], "{kind}: {:?}", seen.by_itself),
            SimulationSupport::External | SimulationSupport::NotInVoice => {
                assert_eq!(seen.by_itself.iter().collect::<Vec<_>>(), ["error NoMatchingError"], "{kind}");
            }
        }
        let refused = seen.complaints.iter().filter(|complaint| complaint.contains("cannot be given")).count();
        assert_eq!(seen.known.accepts_stubbed_result, refused == 0, "{kind}: {:?}", seen.complaints);
        if seen.known.support == SimulationSupport::External {
            assert!(seen.by_results.iter().any(|label| !label.starts_with("error ")), "{kind}: {:?}", seen.by_results);
        }
    }
}

fn in_a_voice_call(treatment: SimulationSupport) -> &'static str {
    match treatment {
        SimulationSupport::Performed => "simulated",
        SimulationSupport::NoEffect => "nothing to notice",
        SimulationSupport::External => "given by a test, else its error branch",
        SimulationSupport::NotInVoice => "its error branch",
    }
}

/// Returns the number of branches, and how many of them calls take in which way.
fn counts(seen: &Seen) -> [usize; 5] {
    let given = seen.by_results.difference(&seen.by_itself).count();
    [seen.all.len(), seen.by_itself.len(), given, seen.only_failing().len(), seen.never().len()]
}

const BEFORE: &str = "# Action types in a simulated voice call

Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it every_branch`, from the declarations in
`deployer/crates/flow/src/actions/` and from what calls were seen to do.

For every action type a test makes flows around one such action, with each way to choose among its parameters, and calls them
with all kinds of callers, times and contact centres. The branches are its documented conditions and errors, and the way on.

- **by itself**: some call takes the branch because of what the caller, the queue, the clock, a function or a bot does.
- **result**: the test gives the action's result, under `results`.
- **fails**: the test lets the action fail with that error, under `fails`.
- **never**: no voice call takes the branch.

";

const AFTER: &str = "
## What a test gives

```yaml
given:
  bots:                     # by the reference, the bot's or the alias's id; one answer or a list, the last is repeated
    booking:
      - { intent: BookHotel, slots: { City: Paris }, attributes: { vip: \"yes\" }, says: Which city?, after_seconds: 20 }
      - no match            # the intent FallbackIntent; also: silence, fails, hang up
    menu:                   # a bot that goes by keys; other keys are no match, no key is silence
      - { keys: \"1\", intent: Sales }
  results:                  # by the action's identifier; one result or a list
    Check the voice: Enrolled                               # what its conditions compare
    Find the profile: { sets: { Customer: { FirstName: Ann } } }  # success, and what can be read afterwards
    Open a case: done                                       # success of an action without conditions
  fails: { Open a case: ContactNotLinked }
  queues:
    sales: { answered_after_seconds: 20, agent: ann, holds_seconds: [30, 60] }
```

`state`, `confidence` and `sentiment` of a bot's answer become `$.Lex.DialogState`, `$.Lex.IntentConfidence.Score` and
`$.Lex.SentimentResponse.Label`. What the caller says in a talk with a bot is part of the bot's answer. What is pressed stands under
`when`, as for menus: a bot whose answers have `keys` gets the keys up to `#` or a pause. On the embedded AWS no bot runs: the prompt
is heard, then the error branch is taken.

A caller in a queue hears the flow that is set for `CustomerQueue`. An agent who answers hears the agent whisper, the caller hears
the customer whisper. In each hold the caller hears the flow that is set for `CustomerHold` and the agent that for `AgentHold`. Where
none is set the instance's default flow runs; a test has none, and what is heard is `[queue music]`, the queue's name, `[beep]`,
`[hold music]` and `You are on hold`. At last the flow for `CustomerRemaining` runs.

A caller whom the queue flow asks from time to time, and who presses nothing more, stays in the queue: after three equal rounds the
call is over with the outcome `queued: NAME` (after ten where a function, hours or metrics are asked in each round).

A function that is throttled or fails is tried again, up to three times within the action's time limit, as Connect does: in a list of
answers each try takes one, and counts as an invocation. A timeout and an answer that is no JSON are not tried again.

What a flow names at run time must be an ARN or an id: `arn:aws:connect:…/contact-flow/next`, `${connect.flows.next.arn}`, or the key of
a flow in `flows` that is a UUID. A bare name takes the error branch, as in Connect. Agents go by their user names too.

While touchtone buffering is on (`EnableDTMFBuffer`), the next keys of the script are pressed ahead, up to 30: prompts of menus
are then not heard, and those of *Play prompt* only if they are not to be skipped. A comma or `silence` waits for the prompt.

A module that returns a `Result` takes the branch of its name in the flow that calls it, else `NoMatchingCondition`; its `ResultData`
can be read as `$.Modules.ResultData`.

Outbound whispers are heard when a call goes out, and flows of agents' transfers run when an agent transfers a call; neither happens
to somebody who calls in, so no such flow runs here. What a callback or a task leads to is a contact of its own.

What must come of it can be said for bots as for functions: `then: { bots: { booking: { times: 2, attributes: { tier: gold } } } }`,
where the attributes are the session attributes that were sent the last time.

A test with bots, results, failing actions, answering agents, numbers, hours of a queue, metrics, full queues or a drawn percentage
is not exported: the Testing language, as far as it is described, cannot bring an instance to them.
";

fn page(all: &BTreeMap<&'static str, Seen>) -> String {
    let mut page = BEFORE.to_owned();
    page.push_str("| action type | in a voice call | branches | by itself | result | fails | never | what it does | source |\n");
    page.push_str("|---|---|--:|--:|--:|--:|--:|---|---|\n");
    let mut sums = [0; 5];
    for (kind, seen) in all {
        let counted = counts(seen);
        sums.iter_mut().zip(counted).for_each(|(sum, count)| *sum += count);
        let cells = counted.map(|count| count.to_string()).join(" | ");
        let (says, source) = (seen.known.description, seen.known.source);
        let guide = actions::get(kind).and_then(|rules| rules.source.guide());
        let kind = guide.map_or_else(|| format!("`{kind}`"), |guide| format!("[`{kind}`]({guide})"));
        let _ = writeln!(page, "| {kind} | {} | {cells} | {says} | {source} |", in_a_voice_call(seen.known.support));
    }
    let sums = sums.map(|sum| format!("**{sum}**")).join(" | ");
    let _ = writeln!(page, "| **all {}** | | {sums} | | |", all.len());
    page.push_str(AFTER);
    page
}

#[test]
fn documentation_page_matches_the_observations() {
    let wanted = page(all());
    println!("{wanted}");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/flow-actions.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == wanted,
        "docs/flow-actions.md is old: run UPDATE_DOCS=1 cargo test -p deployer-flow --test it every_branch"
    );
}

#[test]
fn example_on_the_page_can_be_parsed() {
    let example = AFTER.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let text = format!("flow: f\n{example}tests: [{{ name: a, then: {{ outcome: disconnected }} }}]\n");
    let suite = deployer_flow::scenario::suite(&text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let given = &suite.cases[0].given;
    assert_eq!((given.bots["booking"].len(), given.results.len(), given.queues["sales"].holds.len()), (2, 3, 2));
}
