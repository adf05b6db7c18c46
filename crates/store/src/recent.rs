//! What recent commits wrote, so that a transaction's reads can be checked against it.
//!
//! It is bounded: what falls out raises the floor, and a snapshot from before the floor counts as
//! a conflict, since nobody can tell any more.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use crate::KeyRange;
use crate::engine::Write;
use crate::tx::Reads;

/// The keys and ranges of the last commits, each with the version that wrote it last.
pub(crate) struct Recent {
    keys: HashMap<Bytes, u64>,
    ranges: VecDeque<(u64, KeyRange)>,
    commits: VecDeque<(u64, Bytes)>,
    floor: u64,
    capacity: usize,
}

impl Recent {
    pub fn new(version: u64, capacity: usize) -> Self {
        Self {
            keys: HashMap::new(),
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
            self.keys.get(key.as_slice()).is_some_and(newer)
                || ranges().any(|(_, range)| range.contains(key))
        }) || reads.ranges.iter().any(|read| {
            // Few keys were written since a snapshot: looking at each is less than keeping an order.
            let mut keys = self.commits.iter().rev().take_while(|(written, _)| newer(written));
            keys.any(|(_, key)| read.contains(key))
                || ranges().any(|(_, range)| range.overlaps(read))
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: u64) -> Write {
        Write::Put(Bytes::copy_from_slice(&key.to_be_bytes()), Bytes::new())
    }

    fn read(key: u64) -> Reads {
        Reads { keys: vec![key.to_be_bytes().to_vec()], ranges: Vec::new() }
    }

    #[test]
    fn a_snapshot_older_than_what_is_remembered_conflicts_and_a_newer_one_does_not() {
        let mut recent = Recent::new(0, 10);
        (1..=100).for_each(|version| recent.note(version, &[put(version)]));
        assert!(recent.keys.len() <= 10 && recent.commits.len() <= 10);
        assert!(recent.conflicts(&read(7000), 89), "nobody can tell any more");
        assert!(!recent.conflicts(&read(7000), 90));
        assert!(recent.conflicts(&read(95), 94));
        assert!(!recent.conflicts(&read(95), 95));
    }

    #[test]
    fn a_key_written_time_and_again_is_forgotten_with_its_last_write_only() {
        let mut recent = Recent::new(0, 3);
        (1..=5).for_each(|version| recent.note(version, &[put(1)]));
        assert!(recent.conflicts(&read(1), 4));
        assert!(!recent.conflicts(&read(1), 5));
    }

    #[test]
    fn blind_writes_never_conflict_however_old_they_are() {
        let mut recent = Recent::new(0, 1);
        (1..=5).for_each(|version| recent.note(version, &[put(1)]));
        assert!(!recent.conflicts(&Reads::default(), 0));
    }
}
