//! Circles of files that import each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::modules::{Crate, Imports};

/// Describes the circles of files that import each other: the files, what each imports from the next, and the names.
///
/// A child may import what its parent defines, so that import alone closes no circle. It does if the parent needs the child by way of a
/// file outside the family.
pub(crate) fn circles(read: &Crate) -> Vec<String> {
    let all = read.imports();
    let (upwards, imports): (Imports, Imports) = all.clone().into_iter().partition(|((from, to), _)| read.is_child(*from, *to));
    let reached: BTreeMap<usize, BTreeSet<usize>> =
        (0..read.files()).map(|file| (file, below(&imports, file, |_| true))).collect();
    let mut done = BTreeSet::new();
    let mut found = Vec::new();
    for (file, imported) in &reached {
        let circle: BTreeSet<usize> = imported.iter().copied().filter(|other| reached[other].contains(file)).collect();
        if !circle.is_empty() && done.insert(circle.clone()) {
            found.push(describe(read, &imports, &circle));
        }
    }
    for (child, parent) in upwards.keys() {
        let outside = |file: usize| !read.is_within(*parent, file);
        let needed = below(&all, *parent, outside);
        let between = needed.iter().filter(|file| !read.is_within(**file, *parent));
        if let Some(between) = between.copied().find(|file| below(&all, *file, outside).contains(child)) {
            found.push(describe(read, &all, &BTreeSet::from([*child, *parent, between])));
        }
    }
    found
}

/// Returns all files that a file imports, directly or through others, by way of files that `may_pass`.
fn below(imports: &Imports, start: usize, may_pass: impl Fn(usize) -> bool) -> BTreeSet<usize> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(file) = open.pop() {
        let next = imports.range((file, 0)..=(file, usize::MAX)).map(|((_, to), _)| *to);
        open.extend(next.filter(|to| may_pass(*to) && seen.insert(*to)));
    }
    seen
}

fn describe(read: &Crate, imports: &Imports, circle: &BTreeSet<usize>) -> String {
    let mut text = format!("{} files import each other in a circle:", circle.len());
    for ((from, to), names) in imports.iter().filter(|((from, to), _)| circle.contains(from) && circle.contains(to)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let _ = write!(text, "\n  {} -> {}: {}", read.file(*from).display(), read.file(*to).display(), names.join(", "));
    }
    text
}
