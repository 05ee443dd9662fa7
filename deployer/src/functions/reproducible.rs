//! Reproducible builds: the same source gives the same executable, in whatever directory it is compiled.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Separator of the flags in `CARGO_ENCODED_RUSTFLAGS` (Cargo book, "Environment variables").
const SEPARATOR: &str = "\u{1f}";

/// Removes this machine's directories from the executables that `command` compiles: those of the project at `root`, of cargo's registry,
/// and of the target directory. Panic messages contain them.
///
/// Flags from the environment are preserved, and so are those of cargo's configuration for a target; cargo ignores `build.rustflags` if a
/// target has flags (Cargo book, "build.rustflags").
pub(super) fn remap_local_paths(command: &mut Command, environment: &[(OsString, OsString)], root: &Path) {
    let set =
        |name: &str| environment.iter().find(|(set, _)| set == name).and_then(|(_, value)| value.to_str().map(str::to_owned));
    let cargo_home = set("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(PathBuf::from(set("HOME")?).join(".cargo")));
    let own = flags(root, cargo_home.as_deref(), set("CARGO_TARGET_DIR").map(PathBuf::from).as_deref());
    let given = set("CARGO_ENCODED_RUSTFLAGS")
        .or_else(|| set("RUSTFLAGS").map(|flags| flags.split_whitespace().collect::<Vec<_>>().join(SEPARATOR)));
    match given.filter(|given| !given.is_empty()) {
        Some(given) => {
            command.env("CARGO_ENCODED_RUSTFLAGS", [given, own.join(SEPARATOR)].join(SEPARATOR));
        }
        None => {
            // A list of TOML strings is one of JSON strings.
            let list = serde_json::Value::from(own);
            command.args(["--config", &format!("target.'cfg(all())'.rustflags = {list}")]);
        }
    }
}

/// If two prefixes match, the compiler uses the last one.
fn flags(root: &Path, cargo_home: Option<&Path>, target: Option<&Path>) -> Vec<String> {
    let named = [(Some(root), "/project"), (cargo_home, "/cargo"), (target, "/project/target")];
    let places = named.into_iter().filter_map(|(path, name)| Some((path?, name)));
    let absolute = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    let flag = |(path, name): (&Path, &str)| {
        let from: OsString = absolute(path)?.into();
        Some(format!("--remap-path-prefix={}={name}", from.into_string().ok()?))
    };
    places.filter_map(flag).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::functions::compile::Compilation;
    use crate::functions::{Target, environment, pack};

    /// Creates a package whose executable contains the path of a generated file.
    fn package(root: &Path) {
        let files = [
            (
                "Cargo.toml",
                "[package]\nname = \"probe\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
                 [profile.function]\ninherits = \"release\"\npanic = \"abort\"\nstrip = true\n",
            ),
            (
                "build.rs",
                "fn main() {\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n    \
                 std::fs::write(out + \"/made.rs\", \"pub fn fail(why: &str) -> ! { panic!(\\\"{why}\\\") }\").unwrap();\n}\n",
            ),
            (
                "src/main.rs",
                "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n\
                 fn main() {\n    fail(&std::env::args().next().unwrap_or_default())\n}\n",
            ),
        ];
        for (name, text) in files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        }
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn digests_are_alike_in_two_directories() {
        let directory = tempfile::tempdir().expect("a directory");
        let digest = |place: &str| {
            let root = directory.path().join(place);
            package(&root);
            let compilation = Compilation::new(&root, BTreeSet::from(["probe"]), Target::LambdaX86).expect("a compiler");
            let made = compilation.run(&environment::child_environment(&BTreeSet::new()), true).expect("it compiles");
            let binary = std::fs::read(&made["probe"]).expect("an executable");
            let text = String::from_utf8_lossy(&binary);
            assert!(text.contains("made.rs"), "the path of the generated file is in it");
            assert!(!text.contains(place), "{place} is in the executable");
            pack::digest(&pack::zip(&binary).expect("a zip"))
        };
        assert_eq!(digest("laptop"), digest("runner/somewhere/deeper"));
    }

    #[test]
    fn target_directory_is_replaced_before_its_parent() {
        let at = Path::new("/");
        let flags = flags(at, Some(at), Some(at));
        assert_eq!(flags, ["/project", "/cargo", "/project/target"].map(|name| format!("--remap-path-prefix=/={name}")));
    }
}
