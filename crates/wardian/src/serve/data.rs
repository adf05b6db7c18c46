//! The data of a server: a directory that is its own, or memory.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use store::{Blobs, Keyring, Options, Store};

use crate::cli::{DataFlags, ServeFlags};
use crate::failure::{Failure, Outcome, While as _};
use crate::{file, places};

/// Under the data directory: the authority of `--tls self-signed`.
pub const TLS_DIR: &str = "tls";
const BLOBS_DIR: &str = "blobs";
/// What stands in every data directory.
const LOCK: &str = "server.lock";

pub struct Data {
    pub store: Store,
    pub blobs: Blobs,
    pub keyring: Arc<Keyring>,
    /// None with `--memory`.
    pub dir: Option<PathBuf>,
    /// Held as long as the server runs.
    _claimed: Option<File>,
}

impl Data {
    /// Where the authority of `--tls self-signed` is kept.
    pub fn tls_dir(&self) -> Outcome<PathBuf> {
        let base = match &self.dir {
            Some(dir) => dir.clone(),
            None => places::make_runtime_dir()?,
        };
        Ok(base.join(TLS_DIR))
    }
}

/// Opens the data that the flags name; a directory is made when it is not there.
pub fn open(flags: &ServeFlags) -> Outcome<Data> {
    if flags.memory {
        return in_memory(flags);
    }
    let dir = default_dir(&flags.data)?;
    claim(&dir)?;
    let claimed = lock(&dir)?;
    let keyring = match &flags.master_key_file {
        Some(path) => Keyring::open_file(path),
        None => Keyring::open_dir(&dir),
    };
    let keyring = Arc::new(keyring.map_err(|error| unopened(&dir, &error))?);
    let store = Store::open(&dir, Options::default()).map_err(|e| unopened(&dir, &e))?;
    let blobs = Blobs::open(&dir.join(BLOBS_DIR), Arc::clone(&keyring))
        .map_err(|error| unopened(&dir, &error))?;
    Ok(Data { store, blobs, keyring, dir: Some(dir), _claimed: Some(claimed) })
}

/// The directory that the flags name, else the platform's.
pub fn default_dir(flags: &DataFlags) -> Outcome<PathBuf> {
    match &flags.data_dir {
        Some(dir) => std::path::absolute(dir).cannot(format!("find {}", dir.display())),
        None => places::default_data_dir(),
    }
}

/// The store of a directory that holds one; no server may run on it.
pub fn open_for_reading(dir: &Path) -> Outcome<Store> {
    if !dir.join(LOCK).exists() {
        return Err(Failure::new(format!("{} holds no data of Wardian", dir.display()))
            .hint("Say where it is: --data-dir DIR."));
    }
    Store::open(dir, Options::default()).map_err(|error| unopened(dir, &error))
}

fn in_memory(flags: &ServeFlags) -> Outcome<Data> {
    let keyring = match &flags.master_key_file {
        Some(path) => Keyring::open_file(path),
        None => Keyring::ephemeral(),
    };
    let keyring = Arc::new(keyring.cannot("make a master key")?);
    let blobs = Blobs::memory(Arc::clone(&keyring)).cannot("keep objects in memory")?;
    Ok(Data { store: Store::memory(), blobs, keyring, dir: None, _claimed: None })
}

/// Makes the directory, or makes sure that it is one of ours, and its owner's alone.
fn claim(dir: &Path) -> Outcome {
    let shown = dir.display();
    match fs::read_dir(dir) {
        Ok(mut entries) => {
            let ours = dir.join(LOCK).exists();
            if !ours && entries.any(|entry| entry.is_ok_and(|entry| !is_furniture(&entry))) {
                return Err(Failure::new(format!("{shown} holds something else")).hint(
                    "Give an empty directory, or one that is not there yet: --data-dir DIR.",
                ));
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            file::make_private_dir(dir).cannot(format!("make the data directory {shown}"))?;
        }
        Err(error) => {
            return Err(Failure::new(format!("cannot use the data directory {shown}: {error}")));
        }
    }
    file::make_private(dir).cannot(format!("keep others out of the data directory {shown}"))
}

/// Keeps a second server off before it could make a master key beside the first one's.
fn lock(dir: &Path) -> Outcome<File> {
    let file = file::append(&dir.join(LOCK)).cannot(format!("write to {}", dir.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(in_use(dir)),
        Err(TryLockError::Error(error)) => {
            Err(Failure::new(format!("cannot lock {}: {error}", dir.display())))
        }
    }
}

/// What a new file system puts into its root.
fn is_furniture(entry: &fs::DirEntry) -> bool {
    entry.file_name() == "lost+found"
}

fn unopened(dir: &Path, error: &store::Error) -> Failure {
    match error {
        store::Error::InUse(_) => in_use(dir),
        error => Failure::new(format!("cannot open the data in {}: {error}", dir.display())),
    }
}

fn in_use(dir: &Path) -> Failure {
    Failure::new(format!("another server is using the data in {}", dir.display()))
        .hint("Stop it first, or give this one data of its own: --data-dir DIR, or --memory.")
}
