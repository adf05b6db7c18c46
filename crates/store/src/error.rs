//! What can go wrong below a handler, told apart by what the caller can do about it.
//!
//! These are the store's own words. They are logged, never shown to a client: the gateway answers
//! AWS's 503 for [`Error::Full`] and [`Error::Unavailable`], and AWS's 500 for the rest.

use std::io;

/// An error of the store. Cheap to clone, since one failed sync answers everyone who waited for it.
///
/// A conflict between transactions is not among them: the store re-runs the transaction.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Another process holds this data directory.
    #[error("the data directory {0} is in use by another server")]
    InUse(String),
    /// The disk is full. Nothing was written; reads go on.
    #[error("the disk is full")]
    Full,
    /// The disk failed. A write that met this error may or may not be there after a restart.
    #[error("the disk failed: {message}")]
    Io { kind: io::ErrorKind, message: String },
    /// The engine could not be opened again after a failure; the next transaction tries anew.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// Bytes on disk are not what was written.
    #[error("stored data is corrupt: {0}")]
    Corrupt(String),
    /// No blob has this id.
    #[error("there is no such blob")]
    NoSuchBlob,
    /// The range asked for lies outside the blob.
    #[error("the range is outside the blob of {len} bytes")]
    Range { len: u64 },
    /// A master key is missing or not known, or its file cannot be understood.
    #[error("master key: {0}")]
    Key(String),
    /// What was sealed was changed, or was sealed for another purpose.
    #[error("the sealed value does not open")]
    Sealed,
    /// An export that cannot be read, or a store that is not empty.
    #[error("import: {0}")]
    Import(String),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full,
            kind => Error::Io { kind, message: error.to_string() },
        }
    }
}

impl Error {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Error::Corrupt(what.into())
    }

    /// Whether the engine should be opened again before anybody relies on it.
    pub(crate) fn is_of_the_engine(&self) -> bool {
        matches!(self, Error::Full | Error::Io { .. } | Error::Unavailable(_))
    }
}
