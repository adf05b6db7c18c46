//! Writes that lie over a state below them, and the two read as one.

use std::cmp::Ordering;
use std::sync::Arc;

use bytes::Bytes;
use imbl::OrdMap;

use super::memory::bounds;
use super::{Order, Pair, Snapshot, Write};
use crate::range::{skip, split};
use crate::{Error, KeyRange};

/// Writes by key. A clone is O(1), and stays as it is.
#[derive(Clone, Default)]
pub(super) struct Layer {
    /// None is a deleted key.
    entries: OrdMap<Bytes, Option<Bytes>>,
    /// Ranges of which nothing shows but what `entries` holds.
    cleared: Arc<Vec<KeyRange>>,
}

impl Layer {
    pub fn apply(&mut self, writes: &[Write]) {
        for write in writes {
            match write {
                Write::Put(key, value) => {
                    self.entries.insert(key.clone(), Some(value.clone()));
                }
                Write::Delete(key) => {
                    self.entries.insert(key.clone(), None);
                }
                Write::DeleteRange(range) if range.is_empty() => {}
                Write::DeleteRange(range) => self.clear(range),
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.cleared.is_empty()
    }

    /// How many keys were written or deleted.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many ranges were cleared: each read asks them all.
    pub fn cleared(&self) -> usize {
        self.cleared.len()
    }

    /// The same writes, in the order of their keys.
    pub fn writes(&self) -> Vec<Write> {
        let cleared = self.cleared.iter().cloned().map(Write::DeleteRange);
        let single = self.entries.iter().map(|(key, value)| match value {
            Some(value) => Write::Put(key.clone(), value.clone()),
            None => Write::Delete(key.clone()),
        });
        cleared.chain(single).collect()
    }

    fn clear(&mut self, range: &KeyRange) {
        let within = self.entries.range::<_, [u8]>(bounds(range));
        let hidden: Vec<Bytes> = within.map(|(key, _)| key.clone()).collect();
        for key in hidden {
            self.entries.remove(&key);
        }
        Arc::make_mut(&mut self.cleared).push(range.clone());
    }

    fn hides(&self, key: &[u8]) -> bool {
        self.cleared.iter().any(|range| range.contains(key))
    }
}

/// A layer over what lies below.
pub(super) struct Over {
    pub layer: Layer,
    pub below: Arc<dyn Snapshot>,
}

impl Over {
    /// What lies below, with the layer over it where that holds anything.
    pub fn put(layer: &Layer, below: Arc<dyn Snapshot>) -> Arc<dyn Snapshot> {
        if layer.is_empty() { below } else { Arc::new(Self { layer: layer.clone(), below }) }
    }
}

impl Snapshot for Over {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        match self.layer.entries.get(key) {
            Some(value) => Ok(value.clone()),
            None if self.layer.hides(key) => Ok(None),
            None => self.below.get(key),
        }
    }

    fn scan(&self, range: &KeyRange, order: Order, limit: usize) -> Result<Vec<Pair>, Error> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let own = self.layer.entries.range::<_, [u8]>(bounds(range));
        match order {
            Order::Forward => self.merge(own, range, order, limit),
            Order::Reverse => self.merge(own.rev(), range, order, limit),
        }
    }
}

impl Over {
    fn merge<'a>(
        &self,
        own: impl Iterator<Item = (&'a Bytes, &'a Option<Bytes>)>,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Pair>, Error> {
        let mut own = own.peekable();
        if own.peek().is_none() && self.layer.cleared.is_empty() {
            return self.below.scan(range, order, limit);
        }
        let mut page = Vec::new();
        let mut rest = Some(range.clone());
        let mut below = Vec::new().into_iter().peekable();
        while page.len() < limit {
            // What is left is taken only once what was fetched is used up.
            if below.peek().is_none()
                && let Some(part) = rest.take()
            {
                let (pairs, left) = self.fetch(part, order, limit - page.len())?;
                (below, rest) = (pairs.into_iter().peekable(), left);
            }
            let first = match (own.peek(), below.peek()) {
                (None, None) if rest.is_none() => break,
                (None, None) => continue,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((mine, _)), Some((other, _))) => match order {
                    Order::Forward => mine.as_ref().cmp(other.as_ref()),
                    Order::Reverse => other.as_ref().cmp(mine.as_ref()),
                },
            };
            if first != Ordering::Less {
                let pair = below.next().filter(|(key, _)| !self.layer.hides(key));
                page.extend(pair.filter(|_| first == Ordering::Greater));
            }
            if first != Ordering::Greater
                && let Some((key, Some(value))) = own.next()
            {
                page.push((key.clone(), value.clone()));
            }
        }
        Ok(page)
    }

    /// Pairs from below, and the part of the range that they leave.
    fn fetch(
        &self,
        part: KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<(Vec<Pair>, Option<KeyRange>), Error> {
        let part = skip(part, &self.layer.cleared, order);
        if part.is_empty() {
            return Ok((Vec::new(), None));
        }
        let pairs = self.below.scan(&part, order, limit)?;
        let left = match pairs.last() {
            Some((last, _)) if pairs.len() == limit => split(part, order, last).1,
            _ => None,
        };
        Ok((pairs, left))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Engine as _, Memory};
    use super::*;

    fn key(number: u8) -> Bytes {
        Bytes::copy_from_slice(&[number])
    }

    #[test]
    fn a_page_goes_on_behind_keys_that_the_layer_deletes() {
        let mut below = Memory::default();
        let puts: Vec<Write> = (0..9).map(|number| Write::Put(key(number), key(number))).collect();
        below.commit(&puts).expect("committed");
        for order in [Order::Forward, Order::Reverse] {
            let mut layer = Layer::default();
            layer.apply(&[1, 2, 6, 7].map(|number| Write::Delete(key(number))));
            let over = Over::put(&layer, below.snapshot().expect("a snapshot"));
            for limit in 1..9 {
                let page = over.scan(&KeyRange::all(), order, limit).expect("read");
                assert_eq!(page.len(), limit.min(5), "{limit} keys");
            }
        }
    }
}
