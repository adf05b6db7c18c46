//! The store of `--memory` and of tests: a persistent map, so that a snapshot or a fork is O(1).

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use imbl::OrdMap;

use super::{Engine, Order, Pair, Snapshot, Write};
use crate::{Error, KeyRange};

/// Keeps everything in memory; what is dropped is gone.
#[derive(Clone, Default)]
pub struct Memory {
    map: OrdMap<Bytes, Bytes>,
}

impl Engine for Memory {
    fn snapshot(&mut self) -> Result<Arc<dyn Snapshot>, Error> {
        Ok(Arc::new(self.clone()))
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), Error> {
        for write in writes {
            match write {
                Write::Put(key, value) => {
                    self.map.insert(key.clone(), value.clone());
                }
                Write::Delete(key) => {
                    self.map.remove(key);
                }
                Write::DeleteRange(range) => self.delete_range(range),
            }
        }
        Ok(())
    }

    fn waits(&self) -> bool {
        false
    }
}

impl Memory {
    fn delete_range(&mut self, range: &KeyRange) {
        if range.is_empty() {
            return;
        }
        let doomed: Vec<Bytes> =
            self.map.range::<_, [u8]>(bounds(range)).map(|(key, _)| key.clone()).collect();
        for key in doomed {
            self.map.remove(&key);
        }
    }
}

impl Snapshot for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        Ok(self.map.get(key).cloned())
    }

    fn scan(&self, range: &KeyRange, order: Order, limit: usize) -> Result<Vec<Pair>, Error> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let pairs = self.map.range::<_, [u8]>(bounds(range));
        let owned = |(key, value): (&Bytes, &Bytes)| (key.clone(), value.clone());
        Ok(match order {
            Order::Forward => pairs.take(limit).map(owned).collect(),
            Order::Reverse => pairs.rev().take(limit).map(owned).collect(),
        })
    }
}

pub(super) fn bounds(range: &KeyRange) -> (Bound<&[u8]>, Bound<&[u8]>) {
    let end = range.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    (Bound::Included(range.start.as_slice()), end)
}
