//! A half-open range of keys.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo};

use crate::engine::Order;

/// The keys from `start` (inclusive) to `end` (exclusive); no `end` means to the last key.
///
/// The key that follows `k` at once is `k` with a zero byte behind it, so each kind of bound has a
/// half-open form, and one form is all the engines need to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    pub start: Vec<u8>,
    pub end: Option<Vec<u8>>,
}

impl KeyRange {
    /// Every key.
    pub fn all() -> Self {
        Self { start: Vec::new(), end: None }
    }

    /// The keys that begin with these bytes.
    pub fn prefix(prefix: impl Into<Vec<u8>>) -> Self {
        let start = prefix.into();
        let end = past(&start);
        Self { start, end }
    }

    /// The part of this range behind `key`: how a page continues where the last one ended.
    #[must_use]
    pub fn after(self, key: &[u8]) -> Self {
        self.starting_at(successor(key))
    }

    /// The part of this range from `key` on.
    #[must_use]
    pub fn from(self, key: &[u8]) -> Self {
        self.starting_at(key.to_vec())
    }

    /// The part of this range behind every key that begins with `prefix`: how a listing with a
    /// delimiter leaps over a common prefix.
    #[must_use]
    pub fn past(self, prefix: &[u8]) -> Self {
        match past(prefix) {
            Some(start) => self.starting_at(start),
            None => Self { end: Some(self.start.clone()), start: self.start },
        }
    }

    /// The part of this range before `key`.
    #[must_use]
    pub fn before(self, key: &[u8]) -> Self {
        let end = match self.end {
            Some(end) if end.as_slice() <= key => end,
            _ => key.to_vec(),
        };
        Self { start: self.start, end: Some(end) }
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        self.start.as_slice() <= key && self.end.as_deref().is_none_or(|end| key < end)
    }

    pub fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let before = |a: &Self, b: &Self| a.end.as_ref().is_some_and(|end| *end <= b.start);
        !(self.is_empty() || other.is_empty() || before(self, other) || before(other, self))
    }

    /// Whether the near end of `rest` lies within this range.
    pub(crate) fn covers_end_of(&self, rest: &Self, order: Order) -> bool {
        if rest.is_empty() {
            return false;
        }
        match (order, &rest.end, &self.end) {
            (Order::Forward, ..) => self.contains(&rest.start),
            (Order::Reverse, end, None) => end.as_ref().is_none_or(|end| *end > self.start),
            (Order::Reverse, None, Some(_)) => false,
            (Order::Reverse, Some(end), Some(own)) => *end > self.start && end <= own,
        }
    }

    /// The part of this range behind `over`, which covers its near end.
    pub(crate) fn leap(self, over: &Self, order: Order) -> Self {
        match (order, &over.end) {
            (Order::Forward, Some(end)) => self.from(end),
            (Order::Forward, None) => Self { end: Some(self.start.clone()), ..self },
            (Order::Reverse, _) => self.before(&over.start),
        }
    }

    fn starting_at(self, start: Vec<u8>) -> Self {
        Self { start: start.max(self.start), end: self.end }
    }
}

/// The least key greater than `key`.
pub(crate) fn successor(key: &[u8]) -> Vec<u8> {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next
}

/// The least key greater than every key that begins with `prefix`; none when that is no key.
fn past(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// The part of a range that a page covers, and what is left; `last` is the page's last key.
pub(crate) fn split(range: KeyRange, order: Order, last: &[u8]) -> (KeyRange, Option<KeyRange>) {
    match order {
        Order::Forward => {
            let middle = successor(last);
            let left = KeyRange { start: middle.clone(), end: range.end };
            (KeyRange { start: range.start, end: Some(middle) }, Some(left))
        }
        Order::Reverse => {
            let left = KeyRange { start: range.start, end: Some(last.to_vec()) };
            (KeyRange { start: last.to_vec(), end: range.end }, Some(left))
        }
    }
}

/// What is left of a range when cleared ones at its near end are leapt over.
pub(crate) fn skip(mut rest: KeyRange, cleared: &[KeyRange], order: Order) -> KeyRange {
    while let Some(over) = cleared.iter().find(|over| over.covers_end_of(&rest, order)) {
        rest = rest.leap(over, order);
    }
    rest
}

impl From<RangeFull> for KeyRange {
    fn from(_: RangeFull) -> Self {
        Self::all()
    }
}

impl From<Range<Vec<u8>>> for KeyRange {
    fn from(range: Range<Vec<u8>>) -> Self {
        Self { start: range.start, end: Some(range.end) }
    }
}

impl From<RangeFrom<Vec<u8>>> for KeyRange {
    fn from(range: RangeFrom<Vec<u8>>) -> Self {
        Self { start: range.start, end: None }
    }
}

impl From<RangeTo<Vec<u8>>> for KeyRange {
    fn from(range: RangeTo<Vec<u8>>) -> Self {
        Self { start: Vec::new(), end: Some(range.end) }
    }
}

impl From<RangeInclusive<Vec<u8>>> for KeyRange {
    fn from(range: RangeInclusive<Vec<u8>>) -> Self {
        let end = Some(successor(range.end()));
        Self { start: range.into_inner().0, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_of_high_bytes_ends_at_the_next_shorter_key() {
        assert_eq!(KeyRange::prefix([1, 0xFF, 0xFF]).end, Some(vec![2]));
        assert_eq!(KeyRange::prefix([0xFF, 0xFF]).end, None);
    }

    #[test]
    fn leaping_over_the_last_prefix_leaves_nothing() {
        assert!(KeyRange::all().past(&[0xFF]).is_empty());
        assert_eq!(KeyRange::prefix(*b"a").past(b"ab"), (b"ac".to_vec()..b"b".to_vec()).into());
    }

    #[test]
    fn ranges_that_only_touch_do_not_overlap() {
        let range = |a: &[u8], b: &[u8]| KeyRange { start: a.to_vec(), end: Some(b.to_vec()) };
        assert!(!range(b"a", b"b").overlaps(&range(b"b", b"c")));
        assert!(range(b"a", b"c").overlaps(&range(b"b", b"d")));
        assert!(!range(b"b", b"a").overlaps(&KeyRange::all()));
    }
}
