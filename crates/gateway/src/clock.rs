//! The two clocks: *wall* time for what meets the outside (signature skew, TLS), *AWS time* for all
//! that AWS would date or expire (sessions, ages, presigned URLs, lifecycle).
//!
//! AWS time is wall time and an offset, or frozen. Its changes are kept, so that a wall date inside
//! a presigned URL maps to the AWS time at which it was signed. Nothing here reads a clock of the
//! machine: the binary gives one.

use std::sync::RwLock;

use api::Timestamp;
use minicbor::{Decode, Encode};

/// How long a change of AWS time is remembered: longer than any presigned URL lives (7 days).
const REMEMBERED_MILLIS: i64 = 8 * 24 * 3600 * 1000;

/// The machine's clock.
pub trait Clock: Send + Sync {
    fn wall(&self) -> Timestamp;
}

/// A clock that stands where it was put: for tests.
#[derive(Debug)]
pub struct FixedClock(RwLock<Timestamp>);

impl FixedClock {
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self(RwLock::new(at))
    }

    pub fn set(&self, at: Timestamp) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = at;
    }
}

impl Clock for FixedClock {
    fn wall(&self) -> Timestamp {
        *self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// How AWS time ran from a wall moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Running {
    /// Wall time and this many milliseconds.
    #[n(0)]
    Offset(#[n(0)] i64),
    /// Standing at these milliseconds since the epoch.
    #[n(1)]
    Frozen(#[n(0)] i64),
}

/// The changes of AWS time: the wall milliseconds each was made at and what held from then on.
/// Those that no living presigned URL can have seen are forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct AwsTime {
    #[n(0)]
    changes: Vec<(i64, Running)>,
}

impl AwsTime {
    /// The AWS time at the wall moment `wall`, which may be long past.
    #[must_use]
    pub fn at(&self, wall: Timestamp) -> Timestamp {
        self.running_at(wall).at(wall)
    }

    /// The AWS time now. What was changed last holds, even where the machine's clock was set back
    /// since.
    #[must_use]
    pub fn now(&self, wall: Timestamp) -> Timestamp {
        self.running().at(wall)
    }

    #[must_use]
    pub fn is_frozen(&self) -> bool {
        matches!(self.changes.last(), Some((_, Running::Frozen(_))))
    }

    /// Moves AWS time by `seconds`; a frozen clock stays frozen, later.
    pub fn advance(&mut self, wall: Timestamp, seconds: i64) {
        let moved = seconds.saturating_mul(1000);
        let running = match self.running() {
            Running::Offset(offset) => Running::Offset(offset.saturating_add(moved)),
            Running::Frozen(at) => Running::Frozen(at.saturating_add(moved)),
        };
        self.change(wall, running);
    }

    /// Stops AWS time at `at`.
    pub fn freeze(&mut self, wall: Timestamp, at: Timestamp) {
        self.change(wall, Running::Frozen(at.as_millis()));
    }

    /// Lets AWS time run on from where it stands.
    pub fn resume(&mut self, wall: Timestamp) {
        let offset = self.now(wall).as_millis().saturating_sub(wall.as_millis());
        self.change(wall, Running::Offset(offset));
    }

    /// Of the changes that are too old to matter the last one stays: it held when the others began.
    fn change(&mut self, wall: Timestamp, running: Running) {
        let horizon = wall.as_millis().saturating_sub(REMEMBERED_MILLIS);
        let last_old = self.changes.iter().rposition(|change| change.0 <= horizon);
        self.changes.drain(..last_old.unwrap_or(0));
        self.changes.push((wall.as_millis(), running));
    }

    fn running(&self) -> Running {
        self.changes.last().map_or(Running::Offset(0), |change| change.1)
    }

    fn running_at(&self, wall: Timestamp) -> Running {
        let made_before = |change: &&(i64, Running)| change.0 <= wall.as_millis();
        self.changes.iter().rev().find(made_before).map_or(Running::Offset(0), |change| change.1)
    }
}

impl Running {
    fn at(self, wall: Timestamp) -> Timestamp {
        match self {
            Self::Offset(offset) => Timestamp::from_millis(wall.as_millis().saturating_add(offset)),
            Self::Frozen(at) => Timestamp::from_millis(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn advancing_moves_aws_time_and_keeps_what_was_before() {
        let mut time = AwsTime::default();
        time.advance(at(100), 3600);
        assert_eq!(time.at(at(99)), at(99));
        assert_eq!(time.at(at(101)), at(3701));
    }

    #[test]
    fn a_machine_clock_that_is_set_back_undoes_no_change() {
        let mut time = AwsTime::default();
        time.advance(at(100), 3600);
        assert_eq!(time.now(at(99)), at(3699));
        time.advance(at(99), 3600);
        assert_eq!(time.now(at(98)), at(7298));
        time.freeze(at(97), at(50));
        time.resume(at(96));
        assert_eq!(time.now(at(95)), at(49));
    }

    #[test]
    fn changes_are_forgotten_once_no_presigned_url_can_have_seen_them() {
        const DAY: i64 = 24 * 3600;
        let mut time = AwsTime::default();
        for day in 0..100 {
            time.advance(at(day * DAY), 10);
        }
        assert_eq!(time.changes.len(), 9);
        assert_eq!(time.now(at(99 * DAY)), at(99 * DAY + 1000));
        // A URL that is seven days old was signed when that day's change held.
        assert_eq!(time.at(at(92 * DAY)), at(92 * DAY + 930));
    }

    #[test]
    fn a_frozen_clock_stands_until_it_is_resumed() {
        let mut time = AwsTime::default();
        time.freeze(at(100), at(50));
        assert_eq!(time.at(at(150)), at(50));
        time.advance(at(160), 5);
        assert_eq!(time.at(at(170)), at(55));
        assert!(time.is_frozen());
        time.resume(at(200));
        assert_eq!(time.at(at(210)), at(65));
        assert!(!time.is_frozen());
    }
}
