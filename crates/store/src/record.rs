//! Records: the values of tables, as a version byte and a CBOR array with numbered fields.
//!
//! A field may be added (an `Option`, under the next number) without a new version: older records
//! read it as absent. What cannot be said that way gets a new [`Record::VERSION`], and
//! [`Record::upgrade`] reads the older ones.

use crate::Error;

/// Bytes as one CBOR byte string. A plain `Vec<u8>` would be an array of numbers.
pub use minicbor::bytes::ByteVec;

/// A value of a table. Derive minicbor's `Encode` and `Decode` with `#[n(i)]` on each field, and
/// say which version this is:
///
/// ```
/// #[derive(minicbor::Encode, minicbor::Decode)]
/// struct Group {
///     #[n(0)]
///     path: String,
/// }
///
/// impl store::Record for Group {
///     const VERSION: u8 = 1;
/// }
/// ```
pub trait Record: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()> {
    /// Stands in front of each record.
    const VERSION: u8;

    /// Reads a record of another version; none when there is no way.
    fn upgrade(_version: u8, _body: &[u8]) -> Option<Self> {
        None
    }

    fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![Self::VERSION];
        minicbor::encode(self, &mut bytes).map_err(|error| Error::corrupt(error.to_string()))?;
        Ok(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let Some((version, body)) = bytes.split_first() else {
            return Err(Error::corrupt("an empty record"));
        };
        if *version == Self::VERSION {
            return minicbor::decode(body).map_err(|error| Error::corrupt(error.to_string()));
        }
        Self::upgrade(*version, body)
            .ok_or_else(|| Error::corrupt(format!("a record of the unknown version {version}")))
    }
}

/// Rows that say all by their key: index entries.
impl Record for () {
    const VERSION: u8 = 0;
}

impl Record for u64 {
    const VERSION: u8 = 0;
}

impl Record for String {
    const VERSION: u8 = 0;
}

impl Record for ByteVec {
    const VERSION: u8 = 0;
}
