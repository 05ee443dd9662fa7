//! The watched files: a directory is read again and again, which works in containers, over networks and with every editor.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Time between two readings; longer for directories that take long to read.
const INTERVAL: Duration = Duration::from_millis(300);
/// The readings take at most one part in so many of the time.
const SHARE: u32 = 10;
/// Depth of directories at which reading ends.
const MAX_DEPTH: usize = 32;

/// The modification times and sizes of files.
type Snapshot = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Files whose directories are not watched: caches, as Cargo's `target`, and states, which every run writes.
const UNWATCHED: [&str; 2] = ["CACHEDIR.TAG", "lease.json"];

/// The files of a project, without hidden ones, `node_modules`, caches and states.
pub(super) struct WatchedFiles {
    root: PathBuf,
    last: Snapshot,
}

impl WatchedFiles {
    /// Begins with the files as they are now.
    pub(super) fn new(root: PathBuf) -> Self {
        let last = snapshot(&root);
        Self { root, last }
    }

    /// Returns the directory.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Waits until a file has changed since the last call, or since the beginning, and nothing changes any more.
    pub(super) async fn changed(&mut self) {
        let mut pending = false;
        loop {
            let begun = Instant::now();
            let root = self.root.clone();
            let now = tokio::task::spawn_blocking(move || snapshot(&root)).await.unwrap_or_default();
            let is_different = now != self.last;
            self.last = now;
            if pending && !is_different {
                return;
            }
            pending |= is_different;
            tokio::time::sleep(INTERVAL.max(begun.elapsed() * SHARE)).await;
        }
    }
}

/// Reads the modification times and sizes of all watched files. What cannot be read is left out.
fn snapshot(root: &Path) -> Snapshot {
    let mut files = Snapshot::new();
    let mut open = vec![(root.to_owned(), 0)];
    while let Some((directory, depth)) = open.pop() {
        let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten();
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let is_left_out = name.as_encoded_bytes().starts_with(b".") || name == "node_modules";
            let Ok(kind) = entry.file_type() else { continue };
            if is_left_out {
                continue;
            }
            if kind.is_dir() {
                if depth < MAX_DEPTH && !UNWATCHED.iter().any(|name| path.join(name).exists()) {
                    open.push((path, depth + 1));
                }
            } else if let Ok(metadata) = std::fs::metadata(&path) {
                files.insert(path, (metadata.modified().ok(), metadata.len()));
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_watched_and_caches_are_not() {
        let root = tempfile::tempdir().expect("a directory");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            std::fs::write(path, text).expect("written");
        };
        write("config/dev.yaml", "a");
        write("lambdas/get/src/main.rs", "b");
        let first = snapshot(root.path());
        assert_eq!(first.len(), 2);
        let unwatched = [
            ".git/index",
            ".deployer/x",
            "target/CACHEDIR.TAG",
            "target/debug/y",
            "web/node_modules/z.js",
            "state/dev/lease.json",
        ];
        for unwatched in unwatched {
            write(unwatched, "c");
            assert_eq!(snapshot(root.path()), first, "{unwatched}");
        }
        write("lambdas/get/src/main.rs", "longer");
        let second = snapshot(root.path());
        assert_ne!(second, first);
        write("flows/main.json", "{}");
        assert_ne!(snapshot(root.path()), second);
        std::fs::remove_file(root.path().join("flows/main.json")).expect("removed");
        assert_eq!(snapshot(root.path()), second);
    }

    #[tokio::test(start_paused = true)]
    async fn change_is_reported_once_it_has_settled() {
        let root = tempfile::tempdir().expect("a directory");
        let file = root.path().join("flow.json");
        std::fs::write(&file, "1").expect("written");
        let mut files = WatchedFiles::new(root.path().to_owned());
        // A save before the wait, as during a run, counts.
        std::fs::write(&file, "22").expect("written");
        files.changed().await;
        assert_eq!(files.last, snapshot(root.path()));
        std::fs::remove_file(&file).expect("removed");
        files.changed().await;
        assert!(files.last.is_empty());
    }
}
