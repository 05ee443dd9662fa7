//! Tests that the files of the crate import each other in no circle, apart from a module and its own child.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Adds the code of each module, without comments and unit tests, by its path such as `crate::check::values`.
fn modules(directory: &Path, name: &str, found: &mut BTreeMap<String, String>) {
    for path in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            modules(&path, &format!("{name}::{stem}"), found);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
            let own = if matches!(stem.as_str(), "lib" | "mod") { name.to_owned() } else { format!("{name}::{stem}") };
            found.insert(own, code);
        }
    }
}

/// Returns the paths that a tree of imports stands for: `a::{b, c::d}` for `a::b` and `a::c::d`.
fn expanded(tree: &str, before: &str) -> Vec<String> {
    let Some((path, inner)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![format!("{before}{}", path.trim())];
    };
    let before = format!("{before}{}", path.trim());
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.extend(expanded(&inner[start..at], &before));
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// Returns the modules that a module names.
fn imports(of: &str, modules: &BTreeMap<String, String>) -> BTreeSet<String> {
    let code = &modules[of];
    let mut paths: Vec<String> =
        code.split("use ").skip(1).filter_map(|rest| rest.split_once(';')).flat_map(|(tree, _)| expanded(tree, "")).collect();
    for root in ["crate::", "super::"] {
        let inline = |(at, _): (usize, &str)| code[at..].split(|c: char| !c.is_alphanumeric() && !"_:#".contains(c)).next();
        paths.extend(code.match_indices(root).filter_map(inline).map(str::to_owned));
    }
    let parent = of.rsplit_once("::").map_or("crate", |(parent, _)| parent);
    let absolute = paths.iter().map(|path| match path.replace("r#", "") {
        path if path.starts_with("crate::") => path,
        path if path.starts_with("super::") => path.replacen("super", parent, 1),
        path => format!("{of}::{path}"),
    });
    let module = |path: String| {
        let prefixes = std::iter::successors(Some(path.as_str()), |path| Some(path.rsplit_once("::")?.0));
        prefixes.into_iter().find(|path| modules.contains_key(*path)).map(str::to_owned)
    };
    absolute.filter_map(module).filter(|name| name != of && name != "crate").collect()
}

#[test]
fn files_import_each_other_in_no_circle() {
    let mut all = BTreeMap::new();
    modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "crate", &mut all);
    assert!(all.len() > 100, "{}", all.len());
    let is_child = |parent: &str, child: &str| child.rsplit_once("::").is_some_and(|(above, _)| above == parent);
    let mut left: BTreeMap<String, BTreeSet<String>> = all.keys().map(|name| (name.clone(), imports(name, &all))).collect();
    assert!(left["crate::check::values"].contains("crate::findings::report"), "imports are not recognised");
    // A child that its parent imports may import the parent.
    let both: Vec<(String, String)> = left
        .iter()
        .flat_map(|(of, others)| others.iter().map(move |other| (of.clone(), other.clone())))
        .filter(|(child, parent)| is_child(parent, child) && left[parent].contains(child))
        .collect();
    for (child, parent) in both {
        left.get_mut(&child).unwrap().remove(&parent);
    }
    // Removes what imports nothing that is left, or is imported by nothing that is left, until only circles are.
    loop {
        let names: BTreeSet<String> = left.keys().cloned().collect();
        let imported: BTreeSet<String> = left.values().flatten().cloned().collect();
        let before = left.len();
        left.retain(|name, others| imported.contains(name) && others.iter().any(|other| names.contains(other)));
        if left.len() == before {
            break;
        }
    }
    assert!(left.is_empty(), "in circles, or between two: {:#?}", left.keys());
}
