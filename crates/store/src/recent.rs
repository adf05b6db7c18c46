//! What recent commits wrote, so that a transaction's reads can be checked against it.
//!
//! It is bounded: what falls out raises the floor, and a snapshot from before the floor counts as
//! a conflict, since nobody can tell any more.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use bytes::Bytes;

use crate::KeyRange;
use crate::engine::Write;
use crate::tx::Reads;

/// The keys and ranges of the last commits, each with the version that wrote it last.
pub(crate) struct Recent {
    keys: BTreeMap<Bytes, u64>,
    ranges: VecDeque<(u64, KeyRange)>,
    commits: VecDeque<(u64, Bytes)>,
    floor: u64,
    capacity: usize,
}

impl Recent {
    pub fn new(version: u64, capacity: usize) -> Self {
        Self {
            keys: BTreeMap::new(),
            ranges: VecDeque::new(),
            commits: VecDeque::new(),
            floor: version,
            capacity,
        }
    }

    /// Whether anything of `reads` was written by a commit after `version`.
    pub fn conflicts(&self, reads: &Reads, version: u64) -> bool {
        if reads.keys.is_empty() && reads.ranges.is_empty() {
            return false;
        }
        if version < self.floor {
            return true;
        }
        let newer = |written: &u64| *written > version;
        let ranges = || self.ranges.iter().rev().take_while(|(written, _)| newer(written));
        reads.keys.iter().any(|key| {
            self.keys.get(key).is_some_and(newer) || ranges().any(|(_, range)| range.contains(key))
        }) || reads.ranges.iter().any(|read| {
            self.written_in(read).any(newer) || ranges().any(|(_, range)| range.overlaps(read))
        })
    }

    /// Notes what the commit `version` writes.
    pub fn note(&mut self, version: u64, writes: &[Write]) {
        for write in writes {
            match write {
                Write::Put(key, _) | Write::Delete(key) => {
                    self.keys.insert(key.clone(), version);
                    self.commits.push_back((version, key.clone()));
                }
                Write::DeleteRange(range) => self.ranges.push_back((version, range.clone())),
            }
        }
        self.forget();
    }

    fn forget(&mut self) {
        while self.commits.len() > self.capacity {
            let Some((version, key)) = self.commits.pop_front() else { break };
            if self.keys.get(&key) == Some(&version) {
                self.keys.remove(&key);
            }
            self.floor = self.floor.max(version);
        }
        while self.ranges.len() > self.capacity {
            let Some((version, _)) = self.ranges.pop_front() else { break };
            self.floor = self.floor.max(version);
        }
    }

    fn written_in(&self, range: &KeyRange) -> impl Iterator<Item = &u64> {
        let start = Bound::Included(range.start.as_slice());
        let end = match (&range.end, range.is_empty()) {
            (_, true) => Bound::Included(range.start.as_slice()),
            (Some(end), false) => Bound::Excluded(end.as_slice()),
            (None, false) => Bound::Unbounded,
        };
        self.keys.range::<[u8], _>((start, end)).map(|(_, version)| version)
    }
}
