//! The tables of a data directory: redb, one table of keys, quick repair.
//!
//! Quick repair brings two-phase commit: the pages are durable before the header names them. So
//! after a sync that failed, an engine opened anew stands on the last durable header, whatever the
//! kernel's page cache makes of the failed pages.
//!
//! redb latches: after one failed call each later one fails, reads included. Therefore the
//! committer opens the engine again after each failure, and this opens it from the same file.

use std::fmt;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use redb::{
    CommitError, Database, DatabaseError, Durability, ReadOnlyTable, ReadableDatabase,
    SetDurabilityError, StorageBackend, StorageError, TableDefinition, TableError,
    TransactionError, WriteTransaction,
};

use super::memory::bounds;
use super::{Engine, Order, Pair, Snapshot, Write};
use crate::disk::{Disk, DiskFile};
use crate::{Error, KeyRange};

const TABLE: TableDefinition<&[u8], &[u8]> = TableDefinition::new("keys");
/// Which record of the log the keys hold last.
const APPLIED: TableDefinition<(), u64> = TableDefinition::new("applied");
/// Room taken at once ahead of the engine's writes.
const AHEAD: u64 = 16 << 20;

/// Keeps keys in one file of a disk.
pub struct Embedded {
    disk: Arc<dyn Disk>,
    file: String,
    cache_bytes: usize,
    database: Option<Database>,
}

impl Embedded {
    /// Opens the file, or makes it.
    pub fn open(disk: Arc<dyn Disk>, file: &str, cache_bytes: usize) -> Result<Self, Error> {
        let mut engine = Self { disk, file: file.into(), cache_bytes, database: None };
        engine.database()?;
        Ok(engine)
    }

    /// Commits writes that are those of the log up to the record `through`.
    pub(super) fn commit_through(&mut self, writes: &[Write], through: u64) -> Result<(), Error> {
        let database = self.database()?;
        let result = guarded(|| write(database, writes, through));
        if result.is_err() {
            self.database = None;
        }
        result
    }

    /// The last record of the log that was committed; 0 before there was a log.
    pub(super) fn applied(&mut self) -> Result<u64, Error> {
        let database = self.database()?;
        guarded(|| {
            let read = database.begin_read().map_err(transaction_error)?;
            let table = match read.open_table(APPLIED) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(0),
                table => table.map_err(table_error)?,
            };
            let applied = table.get(()).map_err(storage_error)?;
            Ok(applied.map_or(0, |applied| applied.value()))
        })
    }

    fn database(&mut self) -> Result<&mut Database, Error> {
        let opened = match self.database.take() {
            Some(database) => database,
            None => guarded(|| self.open_database())?,
        };
        Ok(self.database.insert(opened))
    }

    fn open_database(&self) -> Result<Database, Error> {
        match self.disk.open(&self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.create_database()?;
                self.database_in(self.disk.open(&self.file)?)
            }
            file => self.database_in(file?),
        }
    }

    /// Makes the file complete under another name: a crash within redb's first writes leaves what
    /// redb does not open.
    fn create_database(&self) -> Result<(), Error> {
        let fresh = format!("{}.new", self.file);
        match self.disk.remove(&fresh) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let database = self.database_in(self.disk.create(&fresh)?)?;
        write(&database, &[], 0)?;
        database.close().map_err(database_error)?;
        self.disk.open(&fresh)?.sync()?;
        self.disk.rename(&fresh, &self.file)?;
        Ok(self.disk.sync_dir("")?)
    }

    fn database_in(&self, file: Arc<dyn DiskFile>) -> Result<Database, Error> {
        redb::Builder::new()
            .set_cache_size(self.cache_bytes)
            .create_with_backend(Backend { file, reserved: AtomicU64::new(0) })
            .map_err(database_error)
    }
}

impl Engine for Embedded {
    fn snapshot(&mut self) -> Result<Arc<dyn Snapshot>, Error> {
        let database = self.database()?;
        let read = guarded(|| database.begin_read().map_err(transaction_error))?;
        let table = guarded(|| read.open_table(TABLE).map_err(table_error))?;
        Ok(Arc::new(EmbeddedSnapshot { table }))
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), Error> {
        self.commit_through(writes, 0)
    }

    fn reopen(&mut self) -> Result<(), Error> {
        self.database = None;
        self.database().map(drop)
    }

    fn check(&mut self) -> Result<bool, Error> {
        let database = self.database()?;
        guarded(|| database.check_integrity().map_err(database_error))
    }
}

fn write(database: &Database, writes: &[Write], through: u64) -> Result<(), Error> {
    let mut transaction = database.begin_write().map_err(transaction_error)?;
    transaction.set_durability(Durability::Immediate).map_err(durability_error)?;
    transaction.set_quick_repair(true);
    apply(&transaction, writes)?;
    note(&transaction, through)?;
    transaction.commit().map_err(commit_error)
}

fn apply(transaction: &WriteTransaction, writes: &[Write]) -> Result<(), Error> {
    let mut table = transaction.open_table(TABLE).map_err(table_error)?;
    for write in writes {
        match write {
            Write::Put(key, value) => {
                table.insert(key.as_ref(), value.as_ref()).map_err(storage_error)?;
            }
            Write::Delete(key) => {
                table.remove(key.as_ref()).map_err(storage_error)?;
            }
            Write::DeleteRange(range) if range.is_empty() => {}
            Write::DeleteRange(range) => {
                table.retain_in::<&[u8], _>(bounds(range), |_, _| false).map_err(storage_error)?;
            }
        }
    }
    Ok(())
}

fn note(transaction: &WriteTransaction, through: u64) -> Result<(), Error> {
    let mut table = transaction.open_table(APPLIED).map_err(table_error)?;
    table.insert((), through).map_err(storage_error)?;
    Ok(())
}

struct EmbeddedSnapshot {
    table: ReadOnlyTable<&'static [u8], &'static [u8]>,
}

impl Snapshot for EmbeddedSnapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        guarded(|| {
            let value = self.table.get(key).map_err(storage_error)?;
            Ok(value.map(|value| Bytes::copy_from_slice(value.value())))
        })
    }

    fn scan(&self, range: &KeyRange, order: Order, limit: usize) -> Result<Vec<Pair>, Error> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        guarded(|| self.page(range, order, limit))
    }
}

impl EmbeddedSnapshot {
    fn page(&self, range: &KeyRange, order: Order, limit: usize) -> Result<Vec<Pair>, Error> {
        let mut pairs = self.table.range::<&[u8]>(bounds(range)).map_err(storage_error)?;
        let mut page = Vec::with_capacity(limit.min(1024));
        while page.len() < limit {
            let next = match order {
                Order::Forward => pairs.next(),
                Order::Reverse => pairs.next_back(),
            };
            let Some(pair) = next else { break };
            let (key, value) = pair.map_err(storage_error)?;
            page.push((Bytes::copy_from_slice(key.value()), Bytes::copy_from_slice(value.value())));
        }
        Ok(page)
    }
}

/// A file as redb wants it. The lock of the directory is held elsewhere, so this locks nothing.
struct Backend {
    file: Arc<dyn DiskFile>,
    reserved: AtomicU64,
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backend")
    }
}

impl Backend {
    /// Room is taken before it is written, in long pieces: a full disk then shows before the file
    /// has lost anything, and what stands in the file can be written over on a full disk.
    fn reserve(&self, offset: u64, end: u64) -> io::Result<()> {
        let reserved = self.reserved.load(Ordering::Relaxed);
        if end <= reserved {
            return Ok(());
        }
        let len = self.file.len()?;
        let target = end.next_multiple_of(AHEAD).min(len.max(end));
        match self.file.reserve(reserved, target - reserved) {
            Ok(()) => _ = self.reserved.fetch_max(target, Ordering::Relaxed),
            // A commit that found no room may have left a file with holes, of which some are in the
            // way of the long piece and not in the way of this write.
            Err(error) if error.kind() == ErrorKind::StorageFull => {
                self.file.reserve(offset, end - offset)?;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_at(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.reserved.fetch_min(len, Ordering::Relaxed);
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.reserve(offset, offset + data.len() as u64)?;
        self.file.write_at(offset, data)
    }
}

/// redb panics on some damage that it meets; for us that is one more way of being corrupt.
fn guarded<T>(f: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| Err(Error::corrupt("the engine panicked")))
}

fn storage_error(error: StorageError) -> Error {
    match error {
        StorageError::Io(error) if error.kind() == ErrorKind::InvalidData => {
            Error::corrupt(error.to_string())
        }
        StorageError::Io(error) => error.into(),
        StorageError::Corrupted(what) => Error::corrupt(what),
        other => Error::Unavailable(other.to_string()),
    }
}

fn database_error(error: DatabaseError) -> Error {
    match error {
        DatabaseError::Storage(error) => storage_error(error),
        other => Error::Unavailable(other.to_string()),
    }
}

fn transaction_error(error: TransactionError) -> Error {
    match error {
        TransactionError::Storage(error) => storage_error(error),
        other => Error::Unavailable(other.to_string()),
    }
}

fn table_error(error: TableError) -> Error {
    match error {
        TableError::Storage(error) => storage_error(error),
        other => Error::corrupt(other.to_string()),
    }
}

fn commit_error(error: CommitError) -> Error {
    match error {
        CommitError::Storage(error) => storage_error(error),
        other => Error::Unavailable(other.to_string()),
    }
}

fn durability_error(error: SetDurabilityError) -> Error {
    Error::Unavailable(error.to_string())
}
