//! Blobs: immutable bodies, encrypted in chunks, each chunk checked before a byte of it is served.
//!
//! A body up to 64 KiB goes into a segment: an append-only file, whose one sync is shared by all
//! writers that wait for it. A longer one gets a file of its own. The id of a blob says where it
//! lies, so that there is no index to keep. Nothing here knows who refers to a blob: a transaction
//! that commits after [`BlobWriter::finish`] makes it reachable, and [`Blobs::sweep`] collects what
//! no transaction did.
//!
//! The bytes are laid out in `docs/decisions/0001-keys-transactions-blobs.md`.

mod format;
mod keeper;
mod pool;
mod reader;
mod sweep;
mod writer;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile, Local, MemoryDisk};
use crate::{Error, Keyring, random};

use format::{READ, SEALED_CHUNK};
use keeper::{Ends, Keeper};
use pool::Pool;
pub use reader::BlobReader;
pub use sweep::Swept;
pub use writer::{Batch, BlobWriter};

/// Names a blob, and says where it lies.
///
/// A first bit of 1 is a file of its own, named by these 16 bytes in hexadecimal. A first bit of 0
/// is a place in a segment: its number (8 bytes), the offset in it (4), and 4 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId([u8; 16]);

/// A finished, durable blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    pub id: BlobId,
    /// Bytes of the body.
    pub len: u64,
}

/// A handle on all blobs of a directory; a clone is another handle on the same.
#[derive(Clone)]
pub struct Blobs {
    inner: Arc<Inner>,
}

/// Keeps a blob readable: a deletion waits until the last pin is dropped.
pub struct Pin {
    inner: Arc<Inner>,
    id: BlobId,
}

const FILES: &str = "files";
const SEGMENTS: &str = "segments";
/// Buffers of each kind that are kept for the next who streams: some MiB.
const BUFFERS: usize = 16;
/// Of those that gather: a writer has one at hand, one being written and two on their way.
const GATHERS: usize = 4 * BUFFERS;
/// Segments that stay open for reading.
const OPEN_SEGMENTS: usize = 64;

struct Inner {
    disk: Arc<dyn Disk>,
    keyring: Arc<Keyring>,
    keeper: Keeper,
    /// What is read goes through these.
    reads: Arc<Pool>,
    /// What is encrypted goes through these.
    seals: Arc<Pool>,
    /// What is written gathers in these.
    gathers: Arc<Pool>,
    in_segments: bool,
    segments: Mutex<HashMap<u64, Arc<dyn DiskFile>>>,
    /// Directories of files whose own names are known to be durable.
    directories: Mutex<HashSet<String>>,
    life: Mutex<Life>,
}

/// Who must not be collected.
#[derive(Default)]
struct Life {
    pins: HashMap<BlobId, Pinned>,
    /// Files that are being written.
    drafts: HashSet<BlobId>,
    /// Files finished since the last sweep.
    young: HashSet<BlobId>,
    /// Where the segments ended at the last sweep: what lies behind is young.
    swept: Ends,
}

#[derive(Default)]
struct Pinned {
    count: usize,
    deleted: bool,
}

impl Blobs {
    /// The blobs of a directory, which is made when it is not there.
    pub fn open(dir: &Path, keyring: Arc<Keyring>) -> Result<Blobs, Error> {
        Self::open_on(Arc::new(Local::new(dir)?), keyring)
    }

    /// The blobs of any disk.
    pub fn open_on(disk: Arc<dyn Disk>, keyring: Arc<Keyring>) -> Result<Blobs, Error> {
        Self::new(disk, keyring, true)
    }

    /// Blobs in memory; what is dropped is gone. Each stands alone, so that a deletion gives its
    /// memory back.
    pub fn memory(keyring: Arc<Keyring>) -> Result<Blobs, Error> {
        Self::new(Arc::new(MemoryDisk::default()), keyring, false)
    }

    fn new(disk: Arc<dyn Disk>, keyring: Arc<Keyring>, in_segments: bool) -> Result<Blobs, Error> {
        disk.create_dir(FILES)?;
        disk.create_dir(SEGMENTS)?;
        let last = disk.list(SEGMENTS)?.iter().filter_map(|name| segment_number(name)).max();
        let first = last.map_or(0, |last| last + 1);
        let keeper = Keeper::start(Arc::clone(&disk), Arc::clone(&keyring), first)?;
        let life = Mutex::new(Life { swept: keeper.ends(), ..Life::default() });
        let inner = Inner {
            disk,
            keyring,
            keeper,
            reads: Pool::new(READ * SEALED_CHUNK, BUFFERS),
            seals: Pool::new(READ * SEALED_CHUNK, BUFFERS),
            gathers: Pool::new(writer::BATCH, GATHERS),
            in_segments,
            segments: Mutex::default(),
            directories: Mutex::default(),
            life,
        };
        Ok(Blobs { inner: Arc::new(inner) })
    }

    /// Keeps a blob from being deleted while the pin lives.
    pub fn pin(&self, id: &BlobId) -> Pin {
        self.inner.life().pins.entry(*id).or_default().count += 1;
        Pin { inner: Arc::clone(&self.inner), id: *id }
    }

    /// Deletes a blob soon, on a thread of its own, once nobody reads it. After a crash it may be
    /// back: unreferenced, so that the next sweep takes it.
    pub fn delete(&self, id: &BlobId) {
        self.inner.delete(id);
    }

    /// Waits until the deletions asked for so far are done. It blocks.
    pub fn settle(&self) {
        self.inner.keeper.settle();
    }
}

impl Inner {
    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn delete(&self, id: &BlobId) {
        if let Some(pinned) = self.life().pins.get_mut(id) {
            pinned.deleted = true;
            return;
        }
        self.keeper.delete(*id);
    }

    /// Makes the name of a file in this directory durable, and that of the directory, which another
    /// writer may have made a moment ago.
    fn sync_directory(&self, directory: String) -> Result<(), Error> {
        self.disk.sync_dir(&directory)?;
        let known = || self.directories.lock().unwrap_or_else(PoisonError::into_inner);
        if !known().contains(&directory) {
            self.disk.sync_dir(FILES)?;
            known().insert(directory);
        }
        Ok(())
    }

    /// [`Inner::locate`] for a file that is open already.
    fn located(&self, id: &BlobId) -> Option<(Arc<dyn DiskFile>, u64)> {
        let (number, offset) = id.place()?;
        let segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        Some((Arc::clone(segments.get(&number)?), offset))
    }

    /// The file that a blob lies in, and where.
    fn locate(&self, id: &BlobId) -> Result<(Arc<dyn DiskFile>, u64), Error> {
        let Some((number, offset)) = id.place() else {
            return Ok((self.disk.open(&id.file()).map_err(absent)?, 0));
        };
        let mut segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = segments.get(&number) {
            return Ok((Arc::clone(file), offset));
        }
        let file = self.disk.open(&segment_path(number)).map_err(absent)?;
        if segments.len() >= OPEN_SEGMENTS {
            segments.clear();
        }
        segments.insert(number, Arc::clone(&file));
        Ok((file, offset))
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut life = self.inner.life();
        let Some(pinned) = life.pins.get_mut(&self.id) else { return };
        pinned.count -= 1;
        if pinned.count > 0 {
            return;
        }
        let deleted = pinned.deleted;
        life.pins.remove(&self.id);
        drop(life);
        if deleted {
            self.inner.keeper.delete(self.id);
        }
    }
}

impl BlobId {
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    fn of_file() -> Result<Self, Error> {
        let number = u128::from_be_bytes(random()?) | 1 << 127;
        Ok(Self(number.to_be_bytes()))
    }

    fn of_place(segment: u64, offset: u64) -> Result<Self, Error> {
        let random = u32::from_be_bytes(random()?);
        let number = u128::from(segment) << 64 | u128::from(offset) << 32 | u128::from(random);
        Ok(Self(number.to_be_bytes()))
    }

    /// The segment and the offset in it; none for a file of its own.
    fn place(&self) -> Option<(u64, u64)> {
        let number = u128::from_be_bytes(self.0);
        let part = |shift: u32, mask: u64| u64::try_from(number >> shift & u128::from(mask)).ok();
        (number >> 127 == 0).then_some((part(64, u64::MAX)?, part(32, u64::from(u32::MAX))?))
    }

    fn directory(&self) -> String {
        let [first, ..] = self.0;
        format!("{FILES}/{first:02x}")
    }

    fn file(&self) -> String {
        format!("{}/{}", self.directory(), hex::encode(self.0))
    }

    fn of_file_name(name: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(name, &mut bytes).ok().map(|()| Self(bytes))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// In records, an id is a byte string.
impl<C> minicbor::Encode<C> for BlobId {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for BlobId {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes = d.bytes()?.try_into();
        bytes.map(Self).map_err(|_| minicbor::decode::Error::message("a blob id has 16 bytes"))
    }
}

fn segment_path(number: u64) -> String {
    format!("{SEGMENTS}/{number:016x}")
}

fn segment_number(name: &str) -> Option<u64> {
    u64::from_str_radix(name, 16).ok()
}

fn absent(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::NotFound => Error::NoSuchBlob,
        _ => error.into(),
    }
}
