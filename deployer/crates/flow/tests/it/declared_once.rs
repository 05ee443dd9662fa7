//! Tests that an action type is known to its own file and to nobody else, so that adding or removing one changes one file and the
//! list.

use std::path::{Path, PathBuf};

use deployer_flow::actions;

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// Returns the code of a file: without comments and unit tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Names of action types that mean something else too, and where: `$.Loop` is a root of references, `ResumeContact` an event.
const OTHER_MEANINGS: [(&str, &str); 3] =
    [("Loop", "jsonpath.rs"), ("ResumeContact", "options.rs"), ("ResumeContact", "update_contact_event_hooks.rs")];

#[test]
fn only_its_own_file_names_an_action_type() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let files: Vec<(String, String)> =
        files.iter().map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), code(path))).collect();
    let mut elsewhere = Vec::new();
    for rules in actions::all() {
        let declares = |text: &str| text.contains(&format!("name: \"{}\",", rules.name));
        assert_eq!(files.iter().filter(|(_, text)| declares(text)).count(), 1, "{}", rules.name);
        let names = |text: &str| text.contains(&format!("\"{}\"", rules.name));
        let others = files.iter().filter(|(_, text)| names(text) && !declares(text));
        elsewhere.extend(others.map(|(file, _)| (rules.name, file.as_str())));
    }
    elsewhere.sort_unstable();
    assert_eq!(elsewhere, OTHER_MEANINGS);
}
