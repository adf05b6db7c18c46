//! A transaction: one snapshot, a private overlay of writes, and the keys and ranges it has read.
//!
//! Nothing here reaches the engine: the committer takes what a transaction read and wrote, checks
//! the one against the commits since its snapshot and applies the other. Reads take `&self`, so
//! that a handler may pass its transaction around while it still holds what it read.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use crate::engine::{Order, Pair, Snapshot, Write};
use crate::range::split;
use crate::{Error, KeyRange};

/// A transaction's view of the store.
///
/// What it has written, it sees; what others commit meanwhile, it does not.
pub struct Tx {
    view: Arc<View>,
    reads: RefCell<Reads>,
    tracked: bool,
    failed: Cell<bool>,
    overlay: BTreeMap<Bytes, Option<Bytes>>,
    cleared: Vec<KeyRange>,
    undo: Vec<Undo>,
    undoable: Cell<bool>,
    hooks: Vec<Hook>,
}

/// A point in a transaction to which [`Tx::rollback`] returns.
#[derive(Clone, Copy, Debug)]
pub struct Savepoint {
    undo: usize,
    hooks: usize,
}

/// Runs once, after the commit, before anybody is told of it.
pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// A committed state with its number.
pub(crate) struct View {
    pub version: u64,
    pub snapshot: Arc<dyn Snapshot>,
}

/// What a transaction has seen, and so what must not have changed when it commits.
#[derive(Default)]
pub(crate) struct Reads {
    pub keys: Vec<Vec<u8>>,
    pub ranges: Vec<KeyRange>,
}

/// A finished transaction on its way to the committer.
pub(crate) struct Changes {
    pub version: u64,
    pub reads: Reads,
    pub writes: Vec<Write>,
    pub hooks: Vec<Hook>,
}

enum Undo {
    Entry(Bytes, Option<Option<Bytes>>),
    Range(Vec<(Bytes, Option<Bytes>)>),
}

impl Tx {
    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.get_own(key.to_vec())
    }

    /// [`Tx::get`] of a key that was made to be read, and is kept to be checked.
    pub(crate) fn get_own(&self, key: Vec<u8>) -> Result<Option<Bytes>, Error> {
        if let Some(value) = self.overlay.get(key.as_slice()) {
            return Ok(value.clone());
        }
        if self.cleared.iter().any(|range| range.contains(&key)) {
            return Ok(None);
        }
        let value = self.checked(self.view.snapshot.get(&key));
        if self.tracked {
            self.reads.borrow_mut().keys.push(key);
        }
        value
    }

    /// The values of many keys, in the keys' order.
    pub fn get_many<K: AsRef<[u8]>>(&self, keys: &[K]) -> Result<Vec<Option<Bytes>>, Error> {
        keys.iter().map(|key| self.get(key.as_ref())).collect()
    }

    /// At most `limit` pairs of the range, in the order of the keys.
    pub fn scan(&self, range: impl Into<KeyRange>, limit: usize) -> Result<Vec<Pair>, Error> {
        self.page(range.into(), Order::Forward, limit)
    }

    /// At most `limit` pairs of the range, from its last key back.
    pub fn scan_reverse(
        &self,
        range: impl Into<KeyRange>,
        limit: usize,
    ) -> Result<Vec<Pair>, Error> {
        self.page(range.into(), Order::Reverse, limit)
    }

    pub fn put(&mut self, key: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.set(key.into(), Some(value.into()));
    }

    pub fn delete(&mut self, key: impl Into<Bytes>) {
        self.set(key.into(), None);
    }

    /// Deletes each key of the range, those that others commit before this transaction included.
    pub fn delete_range(&mut self, range: impl Into<KeyRange>) {
        let range = range.into();
        if range.is_empty() {
            return;
        }
        let within = (Bound::Included(range.start.as_slice()), upper(&range));
        let hidden: Vec<Bytes> =
            self.overlay.range::<[u8], _>(within).map(|(key, _)| key.clone()).collect();
        let hidden: Vec<_> =
            hidden.into_iter().filter_map(|key| self.overlay.remove_entry(&key)).collect();
        self.cleared.push(range);
        if self.undoable.get() {
            self.undo.push(Undo::Range(hidden));
        }
    }

    /// Marks this point, so that a part that fails can be taken back alone.
    pub fn savepoint(&self) -> Savepoint {
        self.undoable.set(true);
        Savepoint { undo: self.undo.len(), hooks: self.hooks.len() }
    }

    /// Takes back all that was written, and each [`Tx::on_commit`], since the savepoint.
    ///
    /// What was read stays read: the outcome may hang on it.
    pub fn rollback(&mut self, to: Savepoint) {
        while self.undo.len() > to.undo {
            match self.undo.pop() {
                Some(Undo::Entry(key, Some(value))) => {
                    self.overlay.insert(key, value);
                }
                Some(Undo::Entry(key, None)) => {
                    self.overlay.remove(&key);
                }
                Some(Undo::Range(hidden)) => {
                    self.cleared.pop();
                    self.overlay.extend(hidden);
                }
                None => break,
            }
        }
        self.hooks.truncate(to.hooks);
    }

    /// Runs `hook` once the transaction is durable, in the order of commits, also when the caller
    /// has stopped waiting.
    ///
    /// It runs on the committer: it must be short, and must neither block nor call the store.
    pub fn on_commit(&mut self, hook: Box<dyn FnOnce() + Send>) {
        self.hooks.push(hook);
    }

    pub(crate) fn new(view: Arc<View>, tracked: bool) -> Self {
        Self {
            view,
            reads: RefCell::default(),
            tracked,
            failed: Cell::new(false),
            overlay: BTreeMap::new(),
            cleared: Vec::new(),
            undo: Vec::new(),
            undoable: Cell::new(false),
            hooks: Vec::new(),
        }
    }

    pub(crate) fn version(&self) -> u64 {
        self.view.version
    }

    /// Whether the engine failed under a read.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.get()
    }

    pub(crate) fn into_changes(self) -> Changes {
        let cleared = self.cleared.into_iter().map(Write::DeleteRange);
        // What the overlay holds was written after the ranges over it were cleared.
        let single = self.overlay.into_iter().map(|(key, value)| match value {
            Some(value) => Write::Put(key, value),
            None => Write::Delete(key),
        });
        Changes {
            version: self.view.version,
            reads: self.reads.into_inner(),
            writes: cleared.chain(single).collect(),
            hooks: self.hooks,
        }
    }

    fn set(&mut self, key: Bytes, value: Option<Bytes>) {
        if self.undoable.get() {
            let before = self.overlay.insert(key.clone(), value);
            self.undo.push(Undo::Entry(key, before));
        } else {
            self.overlay.insert(key, value);
        }
    }

    fn page(&self, range: KeyRange, order: Order, limit: usize) -> Result<Vec<Pair>, Error> {
        if limit == 0 || range.is_empty() {
            return Ok(Vec::new());
        }
        let page = if self.overlay.is_empty() && self.cleared.is_empty() {
            self.checked(self.view.snapshot.scan(&range, order, limit))?
        } else {
            self.merged(&range, order, limit)?
        };
        if self.tracked {
            let seen = observed(range, order, &page, limit);
            self.reads.borrow_mut().ranges.push(seen);
        }
        Ok(page)
    }

    /// The snapshot with the overlay over it, page by page of the snapshot.
    fn merged(&self, range: &KeyRange, order: Order, limit: usize) -> Result<Vec<Pair>, Error> {
        let mut page = Vec::new();
        let mut rest = range.clone();
        while page.len() < limit {
            rest = self.skip_cleared(rest, order);
            if rest.is_empty() {
                break;
            }
            let want = limit - page.len();
            let base = self.checked(self.view.snapshot.scan(&rest, order, want))?;
            let (done, left) = match base.last() {
                Some((last, _)) if base.len() == want => split(rest, order, last),
                _ => (rest, None),
            };
            self.merge(base, &done, order, limit, &mut page);
            match left {
                Some(left) => rest = left,
                None => break,
            }
        }
        Ok(page)
    }

    fn merge(
        &self,
        base: Vec<Pair>,
        part: &KeyRange,
        order: Order,
        limit: usize,
        page: &mut Vec<Pair>,
    ) {
        let within = (Bound::Included(part.start.as_slice()), upper(part));
        let mut rows: BTreeMap<Bytes, Option<Bytes>> = base
            .into_iter()
            .filter(|(key, _)| !self.cleared.iter().any(|range| range.contains(key)))
            .map(|(key, value)| (key, Some(value)))
            .collect();
        let own = self.overlay.range::<[u8], _>(within);
        rows.extend(own.map(|(key, value)| (key.clone(), value.clone())));
        let visible = |(key, value): (Bytes, Option<Bytes>)| value.map(|value| (key, value));
        let room = limit - page.len();
        match order {
            Order::Forward => page.extend(rows.into_iter().filter_map(visible).take(room)),
            Order::Reverse => page.extend(rows.into_iter().rev().filter_map(visible).take(room)),
        }
    }

    /// Leaps over a cleared range at the near end, where the overlay has nothing in it, so that a
    /// scan of what was just deleted does not walk through it.
    fn skip_cleared(&self, mut rest: KeyRange, order: Order) -> KeyRange {
        for cleared in &self.cleared {
            let within = (Bound::Included(cleared.start.as_slice()), upper(cleared));
            let is_bare = self.overlay.range::<[u8], _>(within).next().is_none();
            if is_bare && cleared.covers_end_of(&rest, order) {
                rest = rest.leap(cleared, order);
            }
        }
        rest
    }

    fn checked<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if result.as_ref().is_err_and(Error::is_of_the_engine) {
            self.failed.set(true);
        }
        result
    }
}

fn upper(range: &KeyRange) -> Bound<&[u8]> {
    range.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded)
}

/// What a page tells about: the whole range, or, when the limit cut it short, its part so far.
fn observed(range: KeyRange, order: Order, page: &[Pair], limit: usize) -> KeyRange {
    match page.last() {
        Some((last, _)) if page.len() == limit => split(range, order, last).0,
        _ => range,
    }
}
