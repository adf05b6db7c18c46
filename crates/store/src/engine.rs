//! What a store stands on: something that keeps ordered bytes and commits a batch at once.
//!
//! An engine knows no transactions: conflicts, overlays and re-runs are the committer's. So an
//! engine is small, and the conformance suite in `tests/` asks the same of each.

mod cached;
mod checkpoint;
mod embedded;
mod faulty;
mod layer;
mod log;
mod logged;
mod memory;

use std::sync::Arc;

use bytes::Bytes;

use crate::{Error, KeyRange};

pub use embedded::Embedded;
pub use faulty::{Faults, Faulty};
pub use logged::Logged;
pub use memory::Memory;

/// Keeps ordered keys. Owned by one committer, so nothing here is called twice at once.
pub trait Engine: Send + 'static {
    /// Everything committed until now; later commits do not show in it.
    fn snapshot(&mut self) -> Result<Arc<dyn Snapshot>, Error>;

    /// Applies the writes in their order, all or none, durable when it returns.
    ///
    /// After an error the writes may or may not be there: the committer calls [`Engine::reopen`]
    /// and reads what is.
    fn commit(&mut self, writes: &[Write]) -> Result<(), Error>;

    /// Makes the engine usable again after an error.
    fn reopen(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Whether a commit waits for a device. Then the committer has a thread of its own, and commits
    /// that wait together share one sync; else a commit runs where it is asked for.
    fn waits(&self) -> bool {
        true
    }

    /// Reads everything and says whether it is as it was written.
    fn check(&mut self) -> Result<bool, Error> {
        Ok(true)
    }
}

/// One state of the store, read by many at once.
pub trait Snapshot: Send + Sync {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error>;

    /// At most `limit` pairs of the range, from its first key on, or from its last back.
    fn scan(&self, range: &KeyRange, order: Order, limit: usize) -> Result<Vec<Pair>, Error>;
}

/// A key with its value.
pub type Pair = (Bytes, Bytes);

/// Which end of a range comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Forward,
    Reverse,
}

/// One change of a batch.
#[derive(Clone, Debug)]
pub enum Write {
    Put(Bytes, Bytes),
    Delete(Bytes),
    DeleteRange(KeyRange),
}
