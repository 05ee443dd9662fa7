//! `deployer vanity` in pipes, with the real binary.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

fn vanity(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deployer"));
    command.arg("vanity").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the binary starts")
}

fn number(at: u64) -> String {
    format!("+1{:010}\n", 2_000_000_000 + at * 79_999_987 % 8_000_000_000)
}

#[test]
fn hundred_thousand_numbers_keep_their_order() {
    let mut child = vanity(&["--json"]);
    let mut input = child.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || (0..100_000).try_for_each(|at| input.write_all(number(at).as_bytes())));
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let mut count = 0;
    for line in output.lines() {
        let line: serde_json::Value = serde_json::from_str(&line.expect("text")).expect("one JSON object a line");
        assert_eq!(line["id"], number(count).trim());
        count += 1;
    }
    writer.join().expect("no panic").expect("all was read");
    assert_eq!((count, child.wait().expect("it ends").code()), (100_000, Some(0)));
}

#[test]
fn closed_pipe_ends_it_without_an_error() {
    let mut child = vanity(&["--json"]);
    let mut input = child.stdin.take().expect("piped");
    // Endless, as from `yes`: it ends when the other end closes.
    let writer = std::thread::spawn(move || while input.write_all(number(1).as_bytes()).is_ok() {});
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
    assert!(first.starts_with('{'), "{first}");
    let code = child.wait().expect("it ends").code();
    writer.join().expect("no panic");
    let mut complaint = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut complaint).expect("text");
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
}

#[test]
fn single_lines_are_answered_immediately() {
    let mut child = vanity(&["--json"]);
    let mut input = child.stdin.take().expect("piped");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    for at in 0..20 {
        input.write_all(number(at).as_bytes()).expect("it reads");
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        assert!(line.contains(number(at).trim()), "{line}");
    }
    drop(input);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn invalid_number_has_status_and_exit_code() {
    for (arguments, code, lines) in [
        (&["+18003569377", "+12010101010", "anonymous"][..], 0, 3),
        (&["--json", "+18003569377", "911"], 2, 2),
        (&["18003569377"], 2, 1),
    ] {
        let output = vanity(arguments).wait_with_output().expect("it ends");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!((output.status.code(), out.lines().count()), (Some(code), lines), "{out}{err}");
        assert_eq!(out.contains("INVALID_NUMBER"), code == 2, "{out}");
        assert_eq!(err.contains("+18005550100"), code == 2, "{err}");
    }
}
