//! Buffers that are used again: a body's bytes pass through memory that is already mapped and
//! already zeroed once, so that neither costs anything per byte, and what streams hold is bounded.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Buffers of one size, of which it keeps a few for the next who asks.
pub(super) struct Pool {
    size: usize,
    keep: usize,
    free: Mutex<Vec<Vec<u8>>>,
}

/// A buffer of a pool, which has it back when this is dropped.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    pool: Arc<Pool>,
}

impl Pool {
    /// A pool of buffers of `size` bytes, which keeps at most `keep` that nobody uses.
    pub fn new(size: usize, keep: usize) -> Arc<Self> {
        Arc::new(Self { size, keep, free: Mutex::default() })
    }

    /// A buffer, whatever stands in it.
    pub fn take(self: &Arc<Self>) -> Buffer {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = free.unwrap_or_else(|| vec![0; self.size]);
        Buffer { bytes, pool: Arc::clone(self) }
    }
}

impl Buffer {
    /// The buffer's bytes; all of them.
    pub fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// A part of the buffer as shared bytes; it goes back once the last of them is dropped.
    pub fn share(self, part: Range<usize>) -> Bytes {
        Bytes::from_owner(self).slice(part)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut free = self.pool.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < self.pool.keep {
            free.push(std::mem::take(&mut self.bytes));
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("size", &self.bytes.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_with_its_last_share_and_no_more_are_kept_than_asked_for() {
        let pool = Pool::new(8, 1);
        let free = || pool.free.lock().expect("sound").len();
        let shared = pool.take().share(2..6);
        let other = shared.slice(1..2);
        drop(shared);
        assert_eq!(free(), 0);
        drop(other);
        assert_eq!(free(), 1);
        drop((pool.take(), pool.take()));
        assert_eq!(free(), 1);
    }
}
