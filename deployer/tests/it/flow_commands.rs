//! The flow commands on the command line: valid input, and common mistakes.

use std::path::{Path, PathBuf};

use crate::support::program::{run, text};

const BAD: i32 = 2;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}

fn vanity() -> String {
    root().join("flows/vanity.json").display().to_string()
}

/// Creates a directory with files that are not flows.
fn bench() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let write = |name: &str, content: &[u8]| std::fs::write(directory.path().join(name), content).expect("a file can be written");
    write("empty.json", b"");
    write("binary.json", &[0, 159, 146, 150]);
    write("huge.json", &vec![b' '; 3_000_000]);
    write("deep.json", "[".repeat(100_000).as_bytes());
    write("wide.json", format!("{{\"Actions\":[{}]}}", vec!["0"; 100_000].join(",")).as_bytes());
    write("legacy.json", br#"{"modules":[{"id":"a","type":"Disconnect"}],"start":"a"}"#);
    write(
        "invented.json",
        br#"{"Version":"2019-10-30","StartAction":"a","Actions":[
  {"Identifier":"a","Type":"PlayPrompt","Parameters":{},"Transitions":{"NextAction":"b"}}]}"#,
    );
    write("call.yaml", b"given: { functions: { convert: { answer: { status: NO_LETTERS } } } }\nwhen: silence\n");
    directory
}

#[test]
fn non_flows_are_rejected_by_every_command() {
    let bench = bench();
    let good = vanity();
    let files = [
        ("empty.json", "empty.json: the file is empty"),
        ("binary.json", "binary.json: invalid UTF-8; the first bad byte is number 2"),
        ("huge.json", "huge.json: the file has more than 1 MB"),
        (
            "deep.json",
            "the document has up to 100001 values; a flow has at most 50000, and 250 actions need far fewer\n--> deep.json:1:1",
        ),
        ("wide.json", "a flow has at most 50000, and 250 actions need far fewer\n--> wide.json:1:1"),
        (".", ".: this is a directory"),
        ("none.json", "none.json: No such file"),
    ];
    for (file, reason) in files {
        let commands: [&[&str]; 9] = [
            &["flow", "check", file],
            &["flow", "to-rust", file],
            &["flow", "convert", file],
            &["flow", "import", file],
            &["flow", "graph", file],
            &["flow", "diff", file, &good],
            &["flow", "diff", &good, file],
            &["call", "--withheld", "--file", file],
            &["flow", "check", &good, file],
        ];
        for command in commands {
            let output = run(bench.path(), command);
            assert_eq!(output.status.code(), Some(BAD), "{command:?}: {}", text(&output.stderr));
            assert!(text(&output.stderr).contains(reason), "{command:?}: {}", text(&output.stderr));
            assert_eq!(text(&output.stdout), "", "{command:?}");
        }
    }
}

#[test]
fn all_files_are_checked_with_positions() {
    let bench = bench();
    let output = run(bench.path(), &["flow", "check", "none.json", "invented.json", &vanity()]);
    assert_eq!(output.status.code(), Some(BAD));
    let lines: Vec<String> = text(&output.stdout).lines().map(str::to_owned).collect();
    assert!(lines[0].starts_with("error[unknown-type]: Invalid Action type. Type: PlayPrompt, "), "{lines:#?}");
    assert_eq!(lines[1], " --> invented.json:2:28");
    assert_eq!(lines.iter().filter(|line| line.contains("--> invented.json:")).count(), 2, "{lines:#?}");
    assert!(lines.contains(&"  = help: did you mean MessageParticipant?".to_owned()), "{lines:#?}");
    let json = run(bench.path(), &["flow", "check", "--json", "invented.json", "legacy.json"]);
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON is printed");
    assert_eq!(report["errors"], 3, "{report:#}");
    assert_eq!(report["files"][0]["findings"][0]["path"], "Actions[0].Type");
    assert!(report["files"][1]["error"].as_str().is_some_and(|error| error.contains("deployer flow convert")), "{report:#}");
    assert_eq!(run(bench.path(), &["flow", "check", &vanity()]).status.code(), Some(0));
}

#[test]
fn flow_file_is_called_with_a_script() {
    let bench = bench();
    let flow = vanity();
    let output = run(bench.path(), &["call", "--file", &flow, "--script", "call.yaml", "--log", "--seed", "7"]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(printed.contains("no keys with letters") && printed.contains("disconnected\n"), "{printed}");
    let last = printed.lines().last().unwrap_or_default();
    let entry: serde_json::Value = serde_json::from_str(last).expect("a log entry is JSON");
    assert_eq!(entry["ContactFlowModuleType"], "Disconnect", "{entry:#}");
    let missing = run(bench.path(), &["call", "--file", &flow, "--withheld", "--at", "2026-01-05T10:00:00Z"]);
    assert!(text(&missing.stdout).contains("the flow needs input that the test does not give"), "{}", text(&missing.stdout));
}

#[test]
fn interactive_keys_require_a_terminal() {
    let bench = bench();
    let output = run(bench.path(), &["call", "--file", &vanity(), "--withheld", "--interactive"]);
    assert_eq!(output.status.code(), Some(BAD));
    assert!(text(&output.stderr).contains("needs a terminal"), "{}", text(&output.stderr));
}

#[test]
fn bots_are_stubbed_and_misspellings_get_suggestions() {
    let bench = bench();
    let write = |name: &str, content: &str| std::fs::write(bench.path().join(name), content).expect("a file can be written");
    write(
        "bot.json",
        r#"{"Version":"2019-10-30","StartAction":"Ask","Actions":[
  {"Identifier":"Ask","Type":"ConnectParticipantWithLexBot",
   "Parameters":{"Text":"How can I help?","LexV2Bot":{"AliasArn":"${connect.bots.shop.arn}"}},
   "Transitions":{"NextAction":"Sorry",
     "Conditions":[{"NextAction":"Buy","Condition":{"Operator":"Equals","Operands":["Buy"]}}],
     "Errors":[{"NextAction":"Sorry","ErrorType":"NoMatchingError"},{"NextAction":"Sorry","ErrorType":"NoMatchingCondition"}]}},
  {"Identifier":"Buy","Type":"MessageParticipant","Parameters":{"Text":"You buy $.Lex.Slots.Thing."},"Transitions":{"NextAction":"Bye"}},
  {"Identifier":"Sorry","Type":"MessageParticipant","Parameters":{"Text":"Sorry."},"Transitions":{"NextAction":"Bye"}},
  {"Identifier":"Bye","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}"#,
    );
    write(
        "good.yaml",
        "flow: bot.json\ntests:\n  - name: buys\n    given: { bots: { shop: { intent: Buy, slots: { Thing: a hat } } } }\n    \
         then: { heard: You buy a hat, bots: { shop: 1 } }\n",
    );
    let good = run(bench.path(), &["flow", "test", "good.yaml"]);
    assert_eq!(good.status.code(), Some(0), "{}{}", text(&good.stdout), text(&good.stderr));
    write(
        "bad.yaml",
        "flow: bot.json\ngiven: { bots: { shop: { intend: Buy } } }\ntests: [{ name: a, then: { outcome: ended } }]\n",
    );
    let bad = run(bench.path(), &["flow", "test", "bad.yaml"]);
    assert_eq!(bad.status.code(), Some(BAD));
    let said = text(&bad.stderr);
    for part in ["error[test-file]: an answer of a bot has no `intend`\n --> bad.yaml:2:26\n", "= help: did you mean intent?"] {
        assert!(said.contains(part), "{said}");
    }
    write("script.yaml", "given: { bots: { shop: no match }, results: { Bye: done } }\n");
    let called = run(bench.path(), &["call", "--file", "bot.json", "--script", "script.yaml"]);
    let printed = text(&called.stdout);
    assert!(printed.contains("Sorry.") && printed.contains("the result of \"Bye\" cannot be given"), "{printed}");
}

#[test]
fn flow_is_written_in_rust() {
    let bench = bench();
    let output = run(bench.path(), &["flow", "to-rust", &vanity()]);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), "17 actions written\n"));
    let source = text(&output.stdout);
    let head = "use deployer_flow::build::*;\nuse deployer_flow::flow;\n\n/// Returns the flow.\npub fn vanity() -> NewFlow {\n    flow! {\n";
    assert!(source.starts_with(head), "{source}");
    let refused = run(bench.path(), &["flow", "to-rust", "invented.json"]);
    assert_eq!(refused.status.code(), Some(BAD));
    let reason = "invented.json: the flow cannot be written in Rust: line 2, column 85: Actions[0].Transitions.NextAction: no action has this";
    assert!(text(&refused.stderr).contains(reason), "{}", text(&refused.stderr));
    let old = run(bench.path(), &["flow", "to-rust", "legacy.json", "--name", "old flow", "--out", "old.rs"]);
    assert_eq!((old.status.code(), text(&old.stdout).as_str()), (Some(0), ""), "{}", text(&old.stderr));
    let written = std::fs::read_to_string(bench.path().join("old.rs")).expect("the file is there");
    assert!(written.contains("pub fn old_flow() -> NewFlow {"), "{written}");
    let again = run(bench.path(), &["flow", "to-rust", &vanity(), "--out", "old.rs"]);
    assert!(text(&again.stderr).contains("old.rs exists and has another content"), "{}", text(&again.stderr));
}
