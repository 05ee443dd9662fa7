//! Every command as a user runs it without a terminal: a success and the usual mistakes, with all that it prints.
//!
//! `INSTA_UPDATE=always cargo test -p deployer --test it commands` records the snapshots again. The help texts are in `docs/cli.md`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::program::{command, run, text, wav, write};

const SPEC: &str = "\
project: desk
environment: dev
provider: { embedded: { speed: 1000000 } }
state: { directory: state/dev }
tables:
  callers:
    key: { partition: { number: S } }
connect:
  alias: desk-dev
  deletion_protection: false
  prompts:
    welcome: { file: welcome.wav }
  flows:
    main: { file: flows/main.json }
";

const FLOW: &str = r#"{"Version": "2019-10-30", "StartAction": "hello", "Metadata": {}, "Actions": [
  {"Identifier": "hello", "Type": "MessageParticipant", "Parameters": {"Text": "Welcome to the desk."},
   "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
  {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}
"#;

const LEGACY: &str = r#"{"modules": [{"id": "a", "type": "Disconnect", "branches": [], "parameters": [], "metadata": {}}], "start": "a",
  "version": "1", "type": "contactFlow", "metadata": {"name": "old"}}
"#;

/// A command with its invocations in order: the successes change the project for those that follow.
struct Session {
    name: &'static str,
    invocations: &'static [&'static [&'static str]],
}

const fn session(name: &'static str, invocations: &'static [&'static [&'static str]]) -> Session {
    Session { name, invocations }
}

/// The sessions, in the order of a project's life.
const SESSIONS: &[Session] = &[
    session("schema", &[&["schema"], &["schema", "more"], &["shema"], &["schema", "--env", "dev"]]),
    session("completions", &[&["completions"], &["completions", "csh"]]),
    session("man", &[&["man", "--out", "man"], &["man", "--out", "config/dev.yaml"], &["man", "more"]]),
    session(
        "fmt",
        &[
            &["fmt", "--check"],
            &["fmt", "flows/changed.json"],
            &["fmt", "flows/changed.json"],
            &["fmt", "none.json"],
            &["fmt", "config/dev.yaml"],
        ],
    ),
    session(
        "graph",
        &[
            &["graph", "--env", "dev"],
            &["graph", "--env", "dev", "--format", "dot", "--of", "prompt.welcome"],
            &["graph", "--env", "dev", "--of", "table.caller"],
            &["graph", "--env", "bad"],
            &["graph", "--env", "dev", "--format", "png"],
        ],
    ),
    session("open", &[&["open", "--env", "dev"], &["open", "--env", "none"], &["open", "log", "--env", "dev"]]),
    session("doctor", &[&["doctor", "--env", "bad", "--jsno"], &["doctor", "more"]]),
    session("vanity", &[&["vanity", "+18003569377"], &["vanity"], &["vanity", "12"], &["vanity", "nobody"]]),
    session("check", &[&["check", "--env", "dev"], &["check", "--env", "bad"], &["check", "--env", "none"], &["check"]]),
    session("synth", &[&["synth", "--env", "dev"], &["synth", "--env", "bad"], &["synth", "--env", "none"], &["synth"]]),
    session("build", &[&["build", "--env", "dev"], &["build", "--env", "bad"], &["build", "--env", "none"], &["build", "--env"]]),
    session(
        "policy",
        &[&["policy", "--env", "dev"], &["policy", "--env", "bad"], &["policy", "--env", "none"], &["policy", "--plan"]],
    ),
    session(
        "bootstrap",
        &[
            &["bootstrap", "--env", "dev"],
            &["bootstrap", "--env", "none"],
            &["bootstrap", "--env", "dev", "--github", "octo-org/*"],
            &["bootstrap", "--env", "dev", "--github", "octo-org/voice", "--remove"],
        ],
    ),
    session(
        "init",
        &[
            &["init", "new", "--template", "vanity", "--project", "shop"],
            &["init", "new", "--template", "vanity", "--project", "shop"],
            &["init", "other", "--template", "vanity", "--project", "My Shop"],
            &["init"],
        ],
    ),
    session(
        "flow check",
        &[
            &["flow", "check", "flows/main.json"],
            &["flow", "check", "flows/bad.json"],
            &["flow", "check", "none.json"],
            &["flow", "check"],
        ],
    ),
    session(
        "flow convert",
        &[
            &["flow", "convert", "flows/legacy.json"],
            &["flow", "convert", "flows/main.json"],
            &["flow", "convert", "none.json"],
            &["flow", "convert"],
        ],
    ),
    session(
        "flow to-rust",
        &[
            &["flow", "to-rust", "flows/main.json"],
            &["flow", "to-rust", "flows/legacy.json", "--name", "old"],
            &["flow", "to-rust", "flows/bad.json"],
            &["flow", "to-rust", "none.json"],
            &["flow", "to-rust"],
        ],
    ),
    session(
        "flow import",
        &[
            &["flow", "import", "flows/main.json"],
            &["flow", "import", "flows/bad.json"],
            &["flow", "import", "none.json"],
            &["flow", "import"],
        ],
    ),
    session(
        "flow diff",
        &[
            &["flow", "diff", "flows/main.json", "flows/main.json"],
            &["flow", "diff", "flows/main.json", "flows/changed.json"],
            &["flow", "diff", "flows/main.json", "none.json"],
            &["flow", "diff", "flows/main.json"],
        ],
    ),
    session(
        "flow graph",
        &[
            &["flow", "graph", "flows/main.json"],
            &["flow", "graph", "none.json"],
            &["flow", "graph", "config/dev.yaml"],
            &["flow", "graph"],
        ],
    ),
    session(
        "flow test",
        &[
            &["flow", "test", "flows/tests/greeting.yaml"],
            &["flow", "test", "flows/tests/wrong.yaml"],
            &["flow", "test", "none.yaml"],
            &["flow", "test", "flows/main.json"],
        ],
    ),
    session(
        "plan",
        &[
            &["plan", "--env", "dev"],
            &["plan", "--env", "bad"],
            &["plan", "--env", "damaged"],
            &["plan", "--env", "dev", "--replace", "table.nowhere"],
            &["plan", "--env", "dev", "--target", "flow.main"],
            &["plan", "--env", "dev", "--exclude", "instance.main"],
            &["plan", "--env", "dev", "--target", "table.nowhere"],
        ],
    ),
    session(
        "show",
        &[
            &["plan", "--env", "dev", "--out", "plan.json"],
            &["show", "plan.json"],
            &["show", "none.json"],
            &["show", "flows/main.json"],
            &["show"],
        ],
    ),
    session(
        "apply",
        &[
            &["apply", "--env", "dev"],
            &["apply", "--env", "damaged", "--yes"],
            &["apply", "--env", "dev", "--yes", "--lock-timeout", "soon"],
            &["apply", "--env", "dev", "--yes"],
            &["apply", "--env", "dev", "--yes"],
        ],
    ),
    session(
        "history",
        &[
            &["history", "--env", "dev"],
            &["history", "1", "--env", "dev"],
            &["history", "7", "--env", "dev"],
            &["history", "--env", "damaged"],
            &["history", "first", "--env", "dev"],
            &["history"],
        ],
    ),
    session(
        "rollback",
        &[
            &["rollback", "--env", "dev"],
            &["rollback", "--env", "dev", "--to", "1", "--plan"],
            &["rollback", "--env", "dev", "--to", "1", "--yes"],
            &["rollback", "--env", "dev", "--to", "7"],
            &["rollback", "--env", "none"],
            &["rollback", "--env", "dev", "--too", "1"],
        ],
    ),
    session("drift", &[&["drift", "--env", "dev"], &["drift", "--env", "damaged"], &["drift", "--env", "none"], &["drift"]]),
    session(
        "outputs",
        &[
            &["outputs", "--env", "dev"],
            &["outputs", "--env", "damaged"],
            &["outputs", "--env", "none"],
            &["outputs", "--env", "dev", "tables.callers.name"],
            &["outputs", "--env", "dev", "tables.callers.arn", "--raw"],
            &["outputs", "--env", "dev", "tables.callers", "--raw"],
            &["outputs", "--env", "dev", "table.callers.arn"],
            &["outputs", "--env", "dev", "api_url"],
        ],
    ),
    session(
        "status",
        &[
            &["status", "--env", "dev"],
            &["status", "--env", "damaged"],
            &["status", "--env", "none"],
            &["status", "--env", "dev", "more"],
        ],
    ),
    session(
        "invoke",
        &[
            &["invoke", "greet", "--env", "dev"],
            &["invoke", "greet", "--env", "none"],
            &["invoke", "greet", "--env", "dev", "--payload", "{bad"],
            &["invoke", "greet", "--env", "dev", "--payload", "none.json"],
            &["invoke", "--env", "dev"],
        ],
    ),
    session(
        "logs",
        &[
            &["logs", "--env", "dev", "--filter", "no such text"],
            &["logs", "--env", "dev", "--function", "greet"],
            &["logs", "--env", "dev", "--follow"],
            &["logs", "--env", "dev", "--since", "yesterday"],
            &["logs", "--env", "damaged"],
        ],
    ),
    session(
        "watch",
        &[
            &["watch", "--help"],
            &["watch", "--env", "bad"],
            &["watch", "--env", "none"],
            &["watch", "--env", "dev", "--lock-timeout", "soon"],
        ],
    ),
    session(
        "call",
        &[
            &["call", "--env", "dev", "--withheld"],
            &["call", "--env", "dev", "--flow", "none", "--withheld"],
            &["call", "--env", "dev"],
            &["call", "--withheld", "--file", "none.json"],
        ],
    ),
    session(
        "flow pull",
        &[
            &["flow", "pull", "main", "--env", "dev"],
            &["flow", "pull", "nothing", "--env", "dev"],
            &["flow", "pull", "main", "--env", "none"],
            &["flow", "pull", "--env", "dev"],
        ],
    ),
    session(
        "forget-caller",
        &[
            &["forget-caller", "+12065550100", "--env", "dev"],
            &["forget-caller", "--env", "dev"],
            &["forget-caller", "nobody", "--env", "dev"],
            &["forget-caller", "+12065550100", "--env", "none"],
        ],
    ),
    session(
        "local serve",
        &[
            &["local", "serve", "--env", "none"],
            &["local", "serve", "--env", "bad"],
            &["local", "serve", "--env", "dev", "--port", "70000"],
        ],
    ),
    session(
        "state list",
        &[
            &["state", "list", "--env", "dev"],
            &["state", "list", "--env", "damaged"],
            &["state", "list", "--env", "none"],
            &["state", "list"],
        ],
    ),
    session(
        "state show",
        &[
            &["state", "show", "table.callers", "--env", "dev"],
            &["state", "show", "table.nowhere", "--env", "dev"],
            &["state", "show", "nonsense", "--env", "dev"],
            &["state", "show", "--env", "dev"],
        ],
    ),
    session(
        "state mv",
        &[
            &["state", "mv", "table.callers", "table.people", "--env", "dev"],
            &["state", "mv", "table.people", "table.callers", "--env", "dev"],
            &["state", "mv", "table.nowhere", "table.callers", "--env", "dev"],
            &["state", "mv", "table.callers", "flow.callers", "--env", "dev"],
            &["state", "mv", "table.callers", "--env", "dev"],
        ],
    ),
    session(
        "state rm",
        &[
            &["state", "rm", "table.callers", "--env", "dev"],
            &["state", "rm", "table.callers", "--env", "dev"],
            &["state", "rm", "nonsense", "--env", "dev"],
            &["state", "rm", "--env", "dev"],
        ],
    ),
    session(
        "import",
        &[
            &["import", "table.callers", "desk-dev-callers", "--env", "dev"],
            &["import", "table.callers", "desk-dev-nothing", "--env", "dev", "--yes"],
            &["import", "table.nowhere", "desk-dev-callers", "--env", "dev"],
            &["import", "table.callers", "--env", "dev"],
        ],
    ),
    session(
        "state rebuild",
        &[
            &["state", "rebuild", "--env", "dev"],
            &["state", "rebuild", "--env", "damaged", "--yes"],
            &["state", "rebuild", "--env", "none", "--yes"],
            &["state", "rebuild", "--env", "dev", "--yes"],
        ],
    ),
    session(
        "state pull and push",
        &[
            &["state", "pull", "--env", "none"],
            &["state", "pull", "--env", "damaged"],
            &["state", "push", "none.json", "--env", "dev", "--yes"],
            &["state", "push", "flows/main.json", "--env", "dev", "--yes"],
            &["state", "push", "state/dev/state.json", "--env", "dev", "--yes"],
        ],
    ),
    session(
        "unlock",
        &[&["unlock", "--env", "dev"], &["unlock", "--env", "none"], &["unlock"], &["unlock", "--env", "dev", "--force"]],
    ),
    session(
        "destroy",
        &[
            &["destroy", "--env", "dev"],
            &["destroy", "--env", "damaged", "--yes"],
            &["destroy", "--env", "none", "--yes"],
            &["destroy", "--env", "dev", "--yes"],
            &["destroy", "--env", "dev", "--yes"],
        ],
    ),
];

fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let root = directory.path();
    write(root, "config/dev.yaml", SPEC);
    let bad = SPEC.replace("environment: dev", "environment: bad").replace("number: S", "number: X").replace("speed", "sped");
    write(root, "config/bad.yaml", bad);
    let damaged = SPEC.replace("environment: dev", "environment: damaged").replace("state/dev", "state/damaged");
    write(root, "config/damaged.yaml", damaged);
    write(root, "state/damaged/state.json", "{\"format\": 5,");
    write(root, "welcome.wav", wav(&[0; 800]));
    write(root, "flows/main.json", FLOW);
    write(
        root,
        "flows/bad.json",
        FLOW.replace("\"NextAction\": \"end\", \"ErrorType\"", "\"NextAction\": \"ende\", \"ErrorType\""),
    );
    write(root, "flows/changed.json", FLOW.replace("Welcome to the desk", "Good day"));
    write(root, "flows/legacy.json", LEGACY);
    let test = |text: &str| {
        format!(
            "flow: ../main.json\ntests:\n  - name: a caller is greeted\n    then:\n      heard: [\"{text}\"]\n      outcome: disconnected\n"
        )
    };
    write(root, "flows/tests/greeting.yaml", test("Welcome to the desk."));
    write(root, "flows/tests/wrong.yaml", test("Good day."));
    directory
}

/// Replaces what differs between two runs.
fn stable(text: &str, project: &Path) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let text = text.replace(&project.display().to_string(), "[project]").replace(env!("CARGO_BIN_EXE_deployer"), "deployer");
    let text = text.replace(&format!("octocat on {}", host.trim()), "octocat on [host]");
    let patterns = [
        (r"in \d+\.\d s", "in [time] s"),
        (r"took +\d+ s", "took [time] s"),
        (r"\nhost +.*", "\nhost [host]"),
        (r" by +revision", " by  revision"),
        (r"on \[host\] +", "on [host]  "),
        (r"serial \d+", "serial [number]"),
        (r"\d+ s ago", "[age] ago"),
        (r"Wrote \d+ pages", "Wrote [number] pages"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[id]"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[date]"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d", "[date]"),
    ];
    patterns.iter().fold(text, |text, (pattern, name)| {
        regex_lite::Regex::new(pattern).expect("the pattern is valid").replace_all(&text, *name).into_owned()
    })
}

/// Returns the changes of a run in the order of their names, since they end in any order.
fn sorted(output: &str) -> String {
    let is_change = |line: &&str| line.starts_with("  [");
    let mut changes: Vec<&str> =
        output.lines().filter(is_change).map(|line| line.split_once("] ").map_or(line, |(_, rest)| rest)).collect();
    changes.sort_unstable();
    let mut changes = changes.into_iter();
    let lines = output.lines().map(|line| match is_change(&line) {
        true => format!("  [ ] {}\n", changes.next().unwrap_or_default()),
        false => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn every_command_prints_what_is_recorded() {
    let directory = project();
    let project = &directory.path().canonicalize().expect("it exists");
    for session in SESSIONS {
        let mut shown = String::new();
        for invocation in session.invocations {
            let output =
                command(project, invocation).env("COLUMNS", "100").env("USER", "octocat").output().expect("the program runs");
            let code = output.status.code().expect("it exits");
            shown += &format!("$ deployer {}\n", invocation.join(" "));
            for part in [output.stdout, output.stderr] {
                let part = sorted(&stable(&text(&part), project));
                let lines: Vec<&str> = part.lines().collect();
                lines.iter().take(60).for_each(|line| shown += &format!("{}\n", line.trim_end()));
                if lines.len() > 60 {
                    shown += "[more lines]\n";
                }
            }
            shown += &format!("[exit code {code}]\n\n");
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots/commands");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(session.name.replace(' ', "_"), shown));
    }
}

/// Returns the names below `Commands:` of a help text.
fn listed(project: &Path, of: &[&str]) -> BTreeSet<String> {
    let help = text(&run(project, &[of, &["--help"]].concat()).stdout);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = commands.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.map(|name| [of, &[name]].concat().join(" ")).collect()
}

#[test]
fn every_command_has_a_session() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let top = listed(directory.path(), &[]);
    let mut all = BTreeSet::new();
    for name in top {
        let inner = listed(directory.path(), &[&name]);
        if inner.is_empty() {
            all.insert(name);
        } else {
            all.extend(inner);
        }
    }
    let invocations = SESSIONS.iter().flat_map(|session| session.invocations).map(|invocation| invocation.join(" "));
    let covered: BTreeSet<String> =
        invocations.flat_map(|line| all.iter().filter(|name| line.starts_with(*name)).cloned().collect::<Vec<_>>()).collect();
    assert_eq!(covered, all);
}
