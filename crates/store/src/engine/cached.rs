//! What is read time and again of one state: keys of callers, accounts, buckets.
//!
//! A state never changes, so what was read of it once holds for as long as it is asked; the next
//! state begins with nothing. Each key has one place, which it shares with others: whoever was read
//! last has it.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::{Order, Pair, Snapshot};
use crate::{Error, KeyRange};

const PLACES: usize = 2048;
/// Longer values are not kept, so that all places together hold 2 MiB at most.
const VALUE_MAX: usize = 1024;

/// A state with places for what is read of it.
pub(super) struct Cached {
    below: Arc<dyn Snapshot>,
    hasher: RandomState,
    places: Vec<Mutex<Option<Place>>>,
}

struct Place {
    key: Bytes,
    value: Option<Bytes>,
}

impl Cached {
    pub fn over(below: Arc<dyn Snapshot>) -> Arc<dyn Snapshot> {
        let places = std::iter::repeat_with(Mutex::default).take(PLACES).collect();
        Arc::new(Self { below, hasher: RandomState::new(), places })
    }

    fn place(&self, key: &[u8]) -> Option<&Mutex<Option<Place>>> {
        let at = usize::try_from(self.hasher.hash_one(key) % PLACES as u64);
        self.places.get(at.unwrap_or(0))
    }
}

impl Snapshot for Cached {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        let Some(place) = self.place(key) else { return self.below.get(key) };
        let place = || place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = place().as_ref().filter(|known| known.key == key) {
            return Ok(known.value.clone());
        }
        let value = self.below.get(key)?;
        if value.as_ref().is_none_or(|value| value.len() <= VALUE_MAX) {
            *place() = Some(Place { key: Bytes::copy_from_slice(key), value: value.clone() });
        }
        Ok(value)
    }

    fn scan(&self, range: &KeyRange, order: Order, limit: usize) -> Result<Vec<Pair>, Error> {
        self.below.scan(range, order, limit)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Holds each key that has at least three bytes, as itself.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Snapshot for Counting {
        fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok((key.len() >= 3).then(|| Bytes::copy_from_slice(key)))
        }

        fn scan(&self, _: &KeyRange, _: Order, _: usize) -> Result<Vec<Pair>, Error> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn each_key_keeps_its_own_value_and_is_read_once_while_it_has_its_place() {
        let below = Arc::new(Counting::default());
        let cached = Cached::over(Arc::clone(&below) as Arc<dyn Snapshot>);
        for round in 0..2 {
            for n in 0..3 * PLACES {
                let key = format!("{n}");
                let expected = (key.len() >= 3).then(|| Bytes::from(key.clone()));
                assert_eq!(cached.get(key.as_bytes()).expect("read"), expected, "round {round}");
            }
        }
        let before = below.0.load(Ordering::SeqCst);
        (0..9).for_each(|_| assert!(cached.get(b"4711").is_ok_and(|value| value.is_some())));
        assert!(below.0.load(Ordering::SeqCst) <= before + 1);
    }
}
