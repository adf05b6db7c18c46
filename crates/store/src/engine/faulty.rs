//! An engine that fails when told to, around one that does not: what tests of failures stand on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::{Engine, Order, Pair, Snapshot, Write};
use crate::{Error, KeyRange};

/// Wraps an engine and fails the call that its [`Faults`] name.
pub struct Faulty<E> {
    inner: E,
    faults: Arc<Faults>,
}

/// Which call fails, counted over reads, snapshots and commits together.
#[derive(Default)]
pub struct Faults {
    calls: AtomicU64,
    fail_at: AtomicU64,
}

impl Faults {
    /// Fails the `n`-th call from now, counted from 1; 0 fails none.
    pub fn fail(&self, n: u64) {
        let at = if n == 0 { 0 } else { self.calls.load(Ordering::SeqCst) + n };
        self.fail_at.store(at, Ordering::SeqCst);
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    fn call(&self) -> Result<(), Error> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        if call == self.fail_at.load(Ordering::SeqCst) {
            return Err(std::io::Error::other("a fault was asked for").into());
        }
        Ok(())
    }
}

impl<E: Engine> Faulty<E> {
    pub fn new(inner: E) -> (Self, Arc<Faults>) {
        let faults = Arc::new(Faults::default());
        (Self { inner, faults: Arc::clone(&faults) }, faults)
    }
}

impl<E: Engine> Engine for Faulty<E> {
    fn snapshot(&mut self) -> Result<Arc<dyn Snapshot>, Error> {
        self.faults.call()?;
        let inner = self.inner.snapshot()?;
        Ok(Arc::new(FaultySnapshot { inner, faults: Arc::clone(&self.faults) }))
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), Error> {
        self.faults.call()?;
        self.inner.commit(writes)
    }

    fn reopen(&mut self) -> Result<(), Error> {
        self.faults.call()?;
        self.inner.reopen()
    }

    fn waits(&self) -> bool {
        self.inner.waits()
    }

    fn check(&mut self) -> Result<bool, Error> {
        self.inner.check()
    }
}

struct FaultySnapshot {
    inner: Arc<dyn Snapshot>,
    faults: Arc<Faults>,
}

impl Snapshot for FaultySnapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.faults.call()?;
        self.inner.get(key)
    }

    fn scan(&self, range: &KeyRange, order: Order, limit: usize) -> Result<Vec<Pair>, Error> {
        self.faults.call()?;
        self.inner.scan(range, order, limit)
    }
}
