//! Tables: typed keys and records under a tag of two bytes.

use std::marker::PhantomData;

use bytes::Bytes;

use crate::{AsKey, Error, Key, KeyRange, PrefixOf, Record, Tx};

/// Room that a key is given at first: most fit in, and need not move while they are written.
const KEY_ROOM: usize = 96;

/// A table: every key begins with its tag, so that tables lie behind one another.
///
/// A tag is given once and never again; `docs/decisions/0001-keys-transactions-blobs.md` says how
/// they are shared out. Indexes are tables of their own, written in the same transaction.
///
/// ```
/// use store::{Store, Table};
///
/// const NAMES: Table<(String, String), String> = Table::new(0x0101);
///
/// let store = Store::memory();
/// store.transact_blocking(|tx| NAMES.put(tx, ("123456789012", "alice"), &"AIDA".to_string()))?;
/// let page = store.read(|tx| NAMES.scan(tx, NAMES.prefix(("123456789012",)), 100))??;
/// assert_eq!(page[0].0.1, "alice");
/// # Ok::<(), store::Error>(())
/// ```
pub struct Table<K, V> {
    tag: u16,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Record> Table<K, V> {
    pub const fn new(tag: u16) -> Self {
        Self { tag, types: PhantomData }
    }

    pub fn get(&self, tx: &Tx, key: impl AsKey<K>) -> Result<Option<V>, Error> {
        let value = tx.get_own(self.key(key))?;
        value.map(|value| self.record(&value)).transpose()
    }

    pub fn contains(&self, tx: &Tx, key: impl AsKey<K>) -> Result<bool, Error> {
        Ok(tx.get_own(self.key(key))?.is_some())
    }

    pub fn put(&self, tx: &mut Tx, key: impl AsKey<K>, record: &V) -> Result<(), Error> {
        // Copied to their very length: they stand in memory until the engine's tables have them.
        let (key, record) = (self.key(key), record.to_bytes()?);
        tx.put(Bytes::copy_from_slice(&key), Bytes::copy_from_slice(&record));
        Ok(())
    }

    pub fn delete(&self, tx: &mut Tx, key: impl AsKey<K>) {
        tx.delete(self.key(key));
    }

    /// Deletes each row whose key begins so; `()` empties the table.
    pub fn delete_prefix(&self, tx: &mut Tx, prefix: impl PrefixOf<K>) {
        tx.delete_range(self.prefix(prefix));
    }

    /// At most `limit` rows of a range that [`Table::prefix`] or [`Table::all`] gave, in order.
    pub fn scan(
        &self,
        tx: &Tx,
        range: impl Into<KeyRange>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, Error> {
        self.rows(tx.scan(range, limit)?)
    }

    /// The same from the range's end back.
    pub fn scan_reverse(
        &self,
        tx: &Tx,
        range: impl Into<KeyRange>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, Error> {
        self.rows(tx.scan_reverse(range, limit)?)
    }

    /// The bytes of a key, as in `range.after(&table.key(last))` for the next page.
    pub fn key(&self, key: impl AsKey<K>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(KEY_ROOM);
        bytes.extend_from_slice(&self.tag.to_be_bytes());
        key.encode(&mut bytes);
        bytes
    }

    /// The range of the keys that begin so.
    pub fn prefix(&self, prefix: impl PrefixOf<K>) -> KeyRange {
        KeyRange::prefix(self.prefix_bytes(prefix))
    }

    /// The bytes of a key's beginning, as in `range.past(&..)` to leap over a common prefix.
    pub fn prefix_bytes(&self, prefix: impl PrefixOf<K>) -> Vec<u8> {
        let mut bytes = self.tag.to_be_bytes().to_vec();
        prefix.encode(&mut bytes);
        bytes
    }

    /// The range of the whole table.
    pub fn all(&self) -> KeyRange {
        self.prefix(())
    }

    fn rows(&self, pairs: Vec<crate::engine::Pair>) -> Result<Vec<(K, V)>, Error> {
        pairs
            .into_iter()
            .map(|(key, value)| Ok((self.read_key(&key)?, self.record(&value)?)))
            .collect()
    }

    fn read_key(&self, bytes: &[u8]) -> Result<K, Error> {
        let mut rest = bytes.strip_prefix(&self.tag.to_be_bytes()).unwrap_or_default();
        match K::decode(&mut rest) {
            Some(key) if rest.is_empty() => Ok(key),
            _ => Err(Error::corrupt(format!("a key of table {:#06x}", self.tag))),
        }
    }

    fn record(&self, bytes: &[u8]) -> Result<V, Error> {
        V::from_bytes(bytes).map_err(|error| match error {
            Error::Corrupt(what) => Error::corrupt(format!("table {:#06x}: {what}", self.tag)),
            other => other,
        })
    }
}
