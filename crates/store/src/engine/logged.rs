//! The engine of a data directory: a log that makes commits durable, and redb's tables behind it.
//!
//! A commit is one record at the log's end and one sync. What it wrote stands in memory, over the
//! tables, until the log has grown to its limit; then a checkpoint writes all of it into the tables
//! at once, in the order of the keys, on a thread of its own, while commits go on in the log's other
//! file. So a page of the tables is written once for many commits, and never while anybody waits.
//!
//! INVARIANT: a file of the log is begun anew only when the tables durably hold all its records.

use std::sync::Arc;

use super::cached::Cached;
use super::checkpoint::{Answer, Ask, Checkpointer};
use super::layer::{Layer, Over};
use super::log::{Log, Records, Unwritten};
use super::{Embedded, Engine, Memory, Snapshot, Write};
use crate::Error;
use crate::disk::Disk;
use crate::store::Options;

/// The log's files, in turn.
const LOGS: [&str; 2] = ["keys.log.0", "keys.log.1"];
/// Keys that a layer holds before a checkpoint takes it: small values weigh more in memory, and take
/// longer to write into the tables, than their bytes in the log.
const KEYS: usize = 32 * 1024;
/// Cleared ranges that a layer holds at most: each read asks them all.
const CLEARED: usize = 32;

/// A log with tables behind it.
pub struct Logged {
    now: Log,
    next: Log,
    /// Written since `now` was begun.
    active: Layer,
    /// Written before that, on its way into the tables.
    frozen: Option<(Layer, u64)>,
    base: Arc<dyn Snapshot>,
    tables: Checkpointer,
    /// The last record's number.
    number: u64,
    /// Whether the log may be appended to only behind a checkpoint: that record may or may not be in
    /// it, or at the start there was no room to bring it into the tables.
    doubtful: bool,
    limit: u64,
}

impl Logged {
    /// Opens the log and the tables of a disk, or makes them, and brings the tables up to the log.
    pub fn open(disk: &Arc<dyn Disk>, file: &str, options: Options) -> Result<Self, Error> {
        let mut tables = Embedded::open(Arc::clone(disk), file, options.cache_bytes)?;
        let limit = options.log_bytes as u64;
        let [first, second] = LOGS;
        let mut now = Log::open(&**disk, first, limit)?;
        let next = Log::open(&**disk, second, limit)?;
        // What is found here may have been made a moment ago by a server that was killed.
        disk.sync_dir("")?;
        let applied = tables.applied()?;
        let (missing, number) = behind(applied, now.records()?, next.records()?)?;
        let left = match settled(&mut tables, &mut now, &missing, (applied, number), limit) {
            // Until there is room, what the tables lack is read from memory and stands in the log.
            Err(Error::Full) => Some(missing),
            settled => settled.map(|()| None)?,
        };
        if left.is_some() {
            tracing::warn!("the disk is full: nothing can be written until there is room again");
        }
        Ok(Self {
            now,
            next,
            doubtful: left.is_some(),
            active: left.unwrap_or_default(),
            frozen: None,
            base: Cached::over(tables.snapshot()?),
            tables: Checkpointer::start(tables)?,
            number,
            limit,
        })
    }

    /// Takes notice of a checkpoint that has ended.
    fn settle(&mut self, answer: Answer) -> Result<bool, Error> {
        if let Ok(base) = answer.base {
            self.base = base;
        }
        answer.result
    }

    /// Waits until the tables hold the frozen layer, if there is one.
    fn thaw(&mut self) -> Result<(), Error> {
        let Some((layer, through)) = &self.frozen else { return Ok(()) };
        if !self.tables.is_busy() {
            self.tables.ask(Ask::Write(layer.clone(), *through))?;
        }
        let answer = self.tables.wait()?;
        self.settle(answer)?;
        self.frozen = None;
        Ok(())
    }

    /// Takes notice of the checkpoint if it has ended, without waiting for it.
    fn glance(&mut self) {
        if let Some(answer) = self.tables.poll() {
            match self.settle(answer) {
                Ok(_) => self.frozen = None,
                Err(error) => tracing::warn!(%error, "a checkpoint failed and is tried again"),
            }
        }
    }

    /// Goes on in the other file, and has what was written until now taken into the tables.
    fn rotate(&mut self) -> Result<(), Error> {
        self.thaw()?;
        self.next.begin(self.number + 1, self.limit)?;
        std::mem::swap(&mut self.now, &mut self.next);
        let layer = std::mem::take(&mut self.active);
        let ask = Ask::Write(layer.clone(), self.number);
        self.frozen = Some((layer, self.number));
        self.tables.ask(ask)
    }

    /// Brings the tables up to all that was acknowledged, and begins a log behind it: what a failed
    /// commit may have left in the old one counts no more.
    fn checkpoint(&mut self) -> Result<(), Error> {
        self.thaw()?;
        self.frozen = Some((std::mem::take(&mut self.active), self.number));
        self.thaw()?;
        self.now.begin(self.number + 1, self.limit)?;
        self.doubtful = false;
        Ok(())
    }

    fn ask(&mut self, ask: Ask) -> Result<bool, Error> {
        if self.tables.is_busy() {
            let answer = self.tables.wait()?;
            if self.settle(answer).is_ok() {
                self.frozen = None;
            }
        }
        self.tables.ask(ask)?;
        let answer = self.tables.wait()?;
        let base = answer.base.as_ref().map(drop).map_err(Error::clone);
        let result = self.settle(answer);
        base.and(result)
    }
}

impl Engine for Logged {
    fn snapshot(&mut self) -> Result<Arc<dyn Snapshot>, Error> {
        self.glance();
        let below = match &self.frozen {
            Some((layer, _)) => Over::put(layer, Arc::clone(&self.base)),
            None => Arc::clone(&self.base),
        };
        Ok(Over::put(&self.active, below))
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), Error> {
        self.glance();
        if self.doubtful {
            self.checkpoint()?;
        }
        let is_full = self.active.len() >= KEYS || self.active.cleared() >= CLEARED;
        if is_full || self.now.len() >= self.limit {
            self.rotate()?;
        }
        match self.now.append(self.number + 1, writes) {
            Ok(()) => {
                self.number += 1;
                self.active.apply(writes);
                Ok(())
            }
            Err(Unwritten::Refused(error)) => Err(error),
            Err(Unwritten::Doubtful(error)) => {
                self.number += 1;
                self.doubtful = true;
                Err(error)
            }
        }
    }

    fn reopen(&mut self) -> Result<(), Error> {
        self.ask(Ask::Reopen).map(drop)
    }

    fn check(&mut self) -> Result<bool, Error> {
        self.checkpoint()?;
        // The check wants the tables to itself.
        self.base = Memory::default().snapshot()?;
        self.ask(Ask::Check)
    }
}

/// A store that is closed leaves nothing to be done at the next start.
impl Drop for Logged {
    fn drop(&mut self) {
        let is_behind = self.frozen.is_some() || !self.active.is_empty() || self.doubtful;
        if is_behind && let Err(error) = self.checkpoint() {
            tracing::warn!(%error, "the next start brings the log into the tables");
        }
    }
}

/// Brings the tables up to the log, and begins it anew behind them.
fn settled(
    tables: &mut Embedded,
    log: &mut Log,
    missing: &Layer,
    (applied, number): (u64, u64),
    limit: u64,
) -> Result<(), Error> {
    if number > applied {
        tracing::info!(records = number - applied, "the log is brought into the tables");
        tables.commit_through(&missing.writes(), number)?;
    }
    log.begin(number + 1, limit)
}

/// What the log holds behind the record `applied`, and the last record's number.
fn behind(applied: u64, one: Records, other: Records) -> Result<(Layer, u64), Error> {
    let mut records: Records = one.into_iter().chain(other).collect();
    records.retain(|(number, _)| *number > applied);
    records.sort_by_key(|(number, _)| *number);
    let (mut layer, mut last) = (Layer::default(), applied);
    for (number, writes) in records {
        // A file is left for the other only when all its records are durable.
        if number != last + 1 {
            return Err(Error::corrupt(format!("the log lacks the records {last} to {number}")));
        }
        layer.apply(&writes);
        last = number;
    }
    Ok((layer, last))
}
