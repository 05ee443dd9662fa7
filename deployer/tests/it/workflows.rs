//! The GitHub workflows: code that runs with permissions and secrets, and pinned versions.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}

fn workflows() -> Vec<(String, String)> {
    let files = std::fs::read_dir(root().join(".github/workflows")).expect("there are workflows").flatten();
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("text"))
    };
    files.map(|file| read(file.path())).collect()
}

/// Returns the workflows and the composite actions.
fn workflows_and_actions() -> Vec<(String, String)> {
    let actions = std::fs::read_dir(root().join(".github/actions")).expect("there are actions").flatten();
    let read = |directory: PathBuf| {
        let path = directory.join("action.yml");
        (path.display().to_string(), std::fs::read_to_string(path).expect("text"))
    };
    workflows().into_iter().chain(actions.map(|action| read(action.path()))).collect()
}

/// Returns the blocks below a key at this indentation depth, each with its first line.
fn blocks(text: &str, indent: usize, begins: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty()) {
        let depth = line.len() - line.trim_start().len();
        if depth == indent && begins(line.trim()) {
            found.push(String::new());
            open = true;
        } else if depth <= indent {
            open = false;
        }
        if let Some(block) = found.last_mut().filter(|_| open) {
            block.push_str(line);
            block.push('\n');
        }
    }
    found
}

fn jobs(text: &str) -> Vec<String> {
    let jobs = text.split_once("\njobs:\n").expect("a workflow has jobs").1;
    blocks(jobs, 2, |line| line.ends_with(':'))
}

fn steps(job: &str) -> Vec<String> {
    blocks(job, 6, |line| line.starts_with("- "))
}

#[test]
fn actions_are_pinned_by_commit() {
    for (name, text) in workflows_and_actions() {
        for line in text.lines().filter(|line| line.contains("uses: ") && !line.starts_with('#')) {
            let pin = line.split_once('@').map_or("", |(_, pin)| pin);
            let (commit, release) = pin.split_once(" # ").unwrap_or((pin, ""));
            let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_commit && release.starts_with('v'), "{name}: {line}");
        }
    }
}

#[test]
fn cargo_takes_the_lock_file() {
    for (name, text) in workflows() {
        let unlocked: Vec<&str> = text.lines().filter(|line| line.contains("cargo ") && !line.contains("--locked")).collect();
        assert!(unlocked.is_empty(), "{name}: {unlocked:#?}");
    }
}

#[test]
fn python_packages_are_pinned_by_hash() {
    for (name, text) in workflows() {
        let loose: Vec<&str> =
            text.lines().filter(|line| line.contains("pip\" install") && !line.contains("--require-hashes")).collect();
        assert!(loose.is_empty(), "{name}: {loose:#?}");
    }
    let pins = std::fs::read_to_string(root().join(".github/cross.txt")).expect("the cross-compiler is pinned");
    for line in pins.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.contains("==") && line.contains(" --hash=sha256:"), "{line}");
    }
}

#[test]
fn jobs_with_rights_compile_and_install_nothing() {
    let mut seen = 0;
    for (name, text) in workflows() {
        for job in jobs(&text).iter().filter(|job| job.contains("id-token: write")) {
            seen += 1;
            for word in ["cargo ", "rustup ", "pip ", "pip\" ", "npm ", "curl "] {
                assert!(!job.contains(word), "{name}: a job with an identity runs {word}:\n{job}");
            }
            assert!(job.contains("sha256sum --check"), "{name}: what was built elsewhere is not verified:\n{job}");
        }
    }
    assert_eq!(seen, 3, "one job plans, one applies, one publishes a release");
}

/// An expression that a script contains is replaced before the shell reads it: a branch's name or a comment would be a command.
#[test]
fn scripts_contain_no_expression() {
    for (name, text) in workflows_and_actions() {
        let mut depth = None;
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            if depth.is_some_and(|depth| indent <= depth && !line.trim().is_empty()) {
                depth = None;
            }
            if line.trim_start().trim_start_matches("- ").starts_with("run:") {
                depth = Some(indent);
            }
            assert!(depth.is_none() || !line.contains("${{"), "{name}: {line}");
        }
    }
}

#[test]
fn only_named_jobs_may_write() {
    let mut may_write = Vec::new();
    for (name, text) in workflows() {
        let (head, _) = text.split_once("\njobs:\n").expect("a workflow has jobs");
        assert!(head.contains("\npermissions:\n  contents: read\n"), "{name}");
        for job in jobs(&text) {
            let writes = job.lines().filter(|line| line.contains(": write") && !line.contains("id-token")).map(str::trim);
            let writes: Vec<&str> = writes.filter_map(|line| line.split(':').next()).collect();
            if !writes.is_empty() {
                let of = job.lines().next().unwrap_or_default().trim().trim_end_matches(':');
                assert!(!job.contains("actions/checkout@"), "{name}: {of} can write, and runs what is checked out");
                may_write.push(format!("{name} {of}: {}", writes.join(", ")));
            }
        }
    }
    may_write.sort();
    assert_eq!(may_write, ["pipeline.yml comment: pull-requests", "release.yml publish: contents, attestations"]);
}

/// What `cargo binstall`, the action and the workflow call an archive is the same.
#[test]
fn release_archives_have_one_name() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("text");
    let (workflow, action) = (read(".github/workflows/release.yml"), read(".github/actions/deployer/action.yml"));
    assert!(workflow.contains("name=\"deployer-$TAG-$TARGET\"") && workflow.contains("tar -czf \"$name.tar.gz\" \"$name\""));
    let manifest = read("deployer/Cargo.toml");
    assert!(manifest.contains("{ repo }/releases/download/v{ version }/deployer-v{ version }-{ target }.tar.gz"));
    assert!(manifest.contains("bin-dir = \"deployer-v{ version }-{ target }/{ bin }{ binary-ext }\""));
    for target in ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "x86_64-apple-darwin", "aarch64-apple-darwin"] {
        assert!(workflow.contains(&format!("target: {target},")), "{target}");
        assert!(workflow.contains(&format!("{target}: ${{{{ steps.package.outputs.{target} }}}}")), "{target}");
        assert!(workflow.contains(&format!("needs.build.outputs.{target} }}}}")), "{target} is not verified");
        assert!(action.contains(&format!("target={target} ;;")), "{target}");
    }
    assert!(action.contains("name=deployer-v$VERSION-$target"));
}

#[test]
fn secrets_are_in_single_steps() {
    let mut seen = 0;
    for (name, text) in workflows() {
        let all = text.matches("secrets.").count();
        let in_steps: Vec<String> =
            jobs(&text).iter().flat_map(|job| steps(job)).filter(|step| step.contains("secrets.")).collect();
        assert_eq!(in_steps.iter().map(|step| step.matches("secrets.").count()).sum::<usize>(), all, "{name}");
        assert!(
            in_steps.iter().all(|step| step.contains("package/deployer apply") && !step.contains("uses:")),
            "{name}: {in_steps:?}"
        );
        seen += all;
    }
    assert_eq!(seen, 1);
}

#[test]
fn pull_requests_get_the_role_that_reads() {
    let (_, text) = workflows().into_iter().find(|(name, _)| name == "pipeline.yml").expect("the pipeline");
    for job in jobs(&text).iter().filter(|job| job.contains("role-to-assume")) {
        let applies = job.contains("\n    environment: ");
        let never_pulls = job.contains("if: github.event_name != 'pull_request' && github.ref == 'refs/heads/main'");
        assert_eq!(applies, never_pulls, "{job}");
        assert_eq!(applies, job.contains("apply_role"), "{job}");
        assert_eq!(!applies, job.contains("plan_role"), "{job}");
        // A fork cannot plan, a branch other than main neither.
        let from_here =
            "(github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository)";
        let from_main = "|| (github.event_name != 'pull_request' && github.ref == 'refs/heads/main')";
        assert!(applies || (job.contains(from_here) && job.contains(from_main)), "{job}");
    }
    let trigger = text.split_once("\non:").and_then(|(_, rest)| rest.split_once("\npermissions:")).expect("triggers").0;
    assert!(!trigger.contains("pull_request_target"));
}
