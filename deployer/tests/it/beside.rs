//! Messages of commands that run while another run changes the environment: they name that run and its start time.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::support::program::{command, run, text, write};

/// Creating an instance takes AWS about a minute, and the embedded AWS half of that at this speed: long enough for the other commands.
const SPEC: &str = "\
project: shop
environment: dev
provider: { embedded: { speed: 2 } }
state: { directory: state }
connect:
  alias: shop-dev
";

/// A command that runs beside others, killed on drop, and the line it was awaited to print.
struct Beside(Child, String);

impl Beside {
    /// Starts the command and reads its output until it contains `said`.
    fn start(project: &Path, arguments: &[&str], said: &str) -> Self {
        let mut command = command(project, arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let found = match arguments[0] {
            "local" => BufReader::new(out).lines().map_while(Result::ok).find(|line| line.contains(said)),
            _ => BufReader::new(err).lines().map_while(Result::ok).find(|line| line.contains(said)),
        };
        Self(child, found.unwrap_or_else(|| panic!("{arguments:?} never said {said}")))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    write(directory.path(), "config/dev.yaml", SPEC);
    directory
}

const PLAN: [&str; 3] = ["plan", "--env", "dev"];
const APPLY: [&str; 4] = ["apply", "--env", "dev", "--yes"];

#[test]
fn plan_beside_an_apply_names_it() {
    let project = project();
    let root = project.path();
    let _served = Beside::start(root, &["local", "serve", "--env", "dev", "--aws-port", "0", "--api-port", "0"], "ready");
    let apply = Beside::start(root, &APPLY, "waiting for the instance");
    // A plan waits until an instance that is being created can be read.
    let said = Beside::start(root, &PLAN, "run").1.clone();
    let who = format!("apply --env dev --yes` (pid {} on ", apply.0.id());
    assert!(said.starts_with("Another run is changing this environment: ") && said.contains(&who), "{said}");
    drop(apply);
    let said = Beside::start(root, &PLAN, "run").1.clone();
    assert!(said.contains("did not complete 1 change;"), "{said}");
}

#[test]
fn embedded_aws_in_use_names_the_run() {
    let project = project();
    let root = project.path();
    let apply = Beside::start(root, &APPLY, "waiting for the instance");
    for arguments in [&PLAN[..], &APPLY, &["outputs", "--env", "dev"]] {
        let output = run(root, arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        let who = format!("in use by `{} apply --env dev --yes` (pid {} on ", env!("CARGO_BIN_EXE_deployer"), apply.0.id());
        assert!(said.contains(&who), "{arguments:?}: {said}");
    }
}
