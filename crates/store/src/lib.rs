//! Ordered transactional keys and immutable blobs: where everything Wardian knows is kept.
//!
//! - [`Store`]: [`Store::read`] and [`Store::transact`] over ordered byte keys, serialisable, with
//!   group commit; [`Table`] puts types on top.
//! - [`Blobs`]: object bodies, in chunks that are encrypted and authenticated one by one.
//! - [`Keyring`], [`Secret`]: the master keys, and what is sealed under them.
//!
//! It knows nothing of AWS, HTTP or any service. No engine shows through: `redb` is an inner matter
//! of [`engine`], and an [`export`](Store::export) needs no engine to be read. The forms on disk
//! are written down in `docs/decisions/0001-keys-transactions-blobs.md`.

mod blob;
mod committer;
mod customer_key;
pub mod disk;
pub mod engine;
mod error;
mod export;
mod key;
mod keyring;
mod random;
mod range;
mod recent;
mod record;
mod secret;
mod store;
mod table;
mod tx;

pub use blob::{Batch, Blob, BlobId, BlobReader, BlobWriter, Blobs, Pin, Swept};
pub use customer_key::{CustomerKey, KeyCheck};
pub use error::Error;
pub use key::{AsKey, Key, Partial, PrefixOf};
pub use keyring::{KeyId, Keyring};
pub use random::random;
pub use range::KeyRange;
pub use record::{ByteVec, Record};
pub use secret::Secret;
pub use store::{Options, Store};
pub use table::Table;
pub use tx::{Savepoint, Tx};
