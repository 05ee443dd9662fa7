//! The world on disk: one JSON file, replaced atomically, readable by its owner only.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use fs4::FileExt;

use crate::{Failure, World};

/// How the files start that are to replace the world.
const UNFINISHED: &str = "world.json.new-";

/// The directory that holds a world. The lock lives as long as this value.
pub(crate) struct Store {
    directory: PathBuf,
    _lock: File,
}

impl Store {
    /// Takes the directory's lock and reads the world in it, if there is one.
    pub(crate) fn open(directory: &Path) -> Result<(Self, Option<World>), Failure> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| Failure::Io { path, source }
        };
        fs::create_dir_all(directory.join("blobs")).map_err(io(directory))?;
        restrict(directory, 0o700).map_err(io(directory))?;
        let lock_path = directory.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path).map_err(io(&lock_path))?;
        restrict(&lock_path, 0o600).map_err(io(&lock_path))?;
        if FileExt::try_lock(&lock).is_err() {
            return Err(Failure::InUse { path: lock_path });
        }
        remove_unfinished(directory).map_err(io(directory))?;
        let path = directory.join("world.json");
        let world = match fs::read(&path) {
            Ok(bytes) => Some(World::from_json(&bytes).map_err(|reason| Failure::Unreadable { path, reason })?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(Failure::Io { path, source }),
        };
        Ok((Self { directory: directory.to_owned(), _lock: lock }, world))
    }

    /// Replaces the stored world.
    pub(crate) fn save(&self, world: &World) -> Result<(), Failure> {
        let path = self.directory.join("world.json");
        let write = || -> std::io::Result<()> {
            // Made with mode 0600. Renaming makes the change whole for whoever looks after a kill at any moment; it is
            // not synchronised to the disk, so a power failure may lose the last changes of this stand-in.
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.directory)?;
            file.write_all(&serde_json::to_vec(world)?)?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(|source| Failure::Io { path: path.clone(), source })
    }

    /// Where function code is kept.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.directory.join("blobs")
    }
}

/// Removes what a killed process left behind. The lock is held, so nobody else is writing.
fn remove_unfinished(directory: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}
