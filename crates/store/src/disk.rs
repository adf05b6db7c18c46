//! The few things that the store asks of a file system: the seam where crash tests get in.
//!
//! Paths are relative to the store's directory, with `/` between names. Nothing is durable before
//! [`DiskFile::sync`], no name before [`Disk::sync_dir`]: the simulated disk takes that literally.

mod local;
mod memory;
mod simulated;

use std::fmt;
use std::io;
use std::sync::Arc;

pub use local::Local;
pub use memory::MemoryDisk;
pub use simulated::Simulated;

/// A directory tree.
pub trait Disk: Send + Sync + fmt::Debug + 'static {
    /// Makes a file for reading and writing; fails with `AlreadyExists` when there is one.
    fn create(&self, path: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file that is there.
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>>;

    fn remove(&self, path: &str) -> io::Result<()>;

    /// Gives a file another name, over the one that has it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes a directory and those above it, durably; one that is there is left alone.
    fn create_dir(&self, path: &str) -> io::Result<()>;

    /// The names in a directory; none when it is not there.
    fn list(&self, path: &str) -> io::Result<Vec<String>>;

    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &str) -> io::Result<()>;
}

/// An open file, used from several threads at offsets of their own.
pub trait DiskFile: Send + Sync + fmt::Debug + 'static {
    fn len(&self) -> io::Result<u64>;

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `out` from `offset`; `UnexpectedEof` when the file ends before.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// [`DiskFile::read_at`] for what needs no waiting. False, with anything in `out`, when it is not
    /// in memory, when the file ends before, or when nobody can tell.
    fn read_at_once(&self, _offset: u64, _out: &mut [u8]) -> io::Result<bool> {
        Ok(false)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Cuts the file, or lengthens it with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes what was written durable, the file's length included.
    fn sync(&self) -> io::Result<()>;

    /// Takes room for a part of the file ahead of its writes, where the file system can, so that a
    /// full disk shows here and not in a write over it.
    fn reserve(&self, _offset: u64, _len: u64) -> io::Result<()> {
        Ok(())
    }

    /// Gives a part's room back, where the file system can. It reads as zeros then, or as it was.
    fn discard(&self, _offset: u64, _len: u64) -> io::Result<()> {
        Ok(())
    }
}
