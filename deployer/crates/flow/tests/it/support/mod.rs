//! Helpers shared by several tests.

mod clean;
pub(crate) mod drive;
pub(crate) mod instance;
pub(crate) mod legacy_blocks;
pub(crate) mod mutations;
pub(crate) mod systematic;

use std::path::Path;

pub(crate) use clean::clean;

/// Checks that the directory has these files with these contents; writes them if `UPDATE_DOCS` is set. `test` is the module that calls.
pub(crate) fn assert_current(directory: &Path, files: impl IntoIterator<Item = (String, String)>, test: &str) {
    let mut old = Vec::new();
    for (name, wanted) in files {
        let path = directory.join(&name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &wanted).expect("it can be written");
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != wanted {
            old.push(name);
        }
    }
    assert!(old.is_empty(), "{old:?} are old: run UPDATE_DOCS=1 cargo test -p deployer-flow --test it {test}");
}
