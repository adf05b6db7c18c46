//! A blob's bytes: a header with the sealed data key and the length, then the encrypted chunks.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};
use zeroize::Zeroizing;

use super::BlobId;
use crate::keyring::OVERHEAD;
use crate::{CustomerKey, Error, Keyring, random};

/// Plain bytes of each chunk but the last.
pub(super) const CHUNK: usize = 1 << CHUNK_LOG2;
/// A chunk as it is stored.
pub(super) const SEALED_CHUNK: usize = CHUNK + TAG;
/// Chunks that are read, or encrypted and written, at once: they fit in a core's own cache.
pub(super) const READ: usize = 4;
/// Bytes before the first chunk.
pub(super) const HEADER: usize = PREFIX + OVERHEAD + DATA_KEY;

const MAGIC: &[u8; 8] = b"WRDNBLOB";
const VERSION: u16 = 1;
const CHUNK_LOG2: u8 = 16;
const PREFIX: usize = 40;
const DATA_KEY: usize = 32;
/// Bytes of a chunk behind its plain ones.
pub(super) const TAG: usize = 16;

/// The key of one blob, used for its chunks alone.
pub(super) struct DataKey {
    bytes: Zeroizing<[u8; DATA_KEY]>,
    key: LessSafeKey,
}

/// What a header says.
pub(super) struct Header {
    pub id: BlobId,
    pub len: u64,
    pub key: DataKey,
}

impl Header {
    /// Reads a header and authenticates it; none when there is no header here, or another's.
    pub fn read(keyring: &Keyring, bytes: &[u8; HEADER]) -> Option<Result<Self, Error>> {
        let (prefix, sealed) = bytes.split_first_chunk::<PREFIX>()?;
        let (magic, rest) = prefix.split_first_chunk::<8>()?;
        let (form, rest) = rest.split_first_chunk::<8>()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (len, _) = rest.split_first_chunk::<8>()?;
        if magic != MAGIC {
            return None;
        }
        if *form != form_bytes() {
            return Some(Err(Error::corrupt("a blob of an unknown version")));
        }
        let open = || {
            let key = keyring.open(prefix, sealed)?;
            let key = <[u8; DATA_KEY]>::try_from(key.expose()).map_err(|_| Error::Sealed)?;
            let key = DataKey::of(Zeroizing::new(key))?;
            Ok(Self { id: BlobId(*id), len: u64::from_be_bytes(*len), key })
        };
        Some(open())
    }

    /// Writes a header into the room in front of a blob's chunks.
    pub fn put(
        keyring: &Keyring,
        id: BlobId,
        len: u64,
        key: &DataKey,
        blob: &mut [u8],
    ) -> Result<(), Error> {
        let header = Self::write(keyring, id, len, key)?;
        blob.iter_mut().zip(header).for_each(|(to, from)| *to = from);
        Ok(())
    }

    pub fn write(keyring: &Keyring, id: BlobId, len: u64, key: &DataKey) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&form_bytes());
        bytes.extend_from_slice(&id.0);
        bytes.extend_from_slice(&len.to_be_bytes());
        let sealed = keyring.seal(&bytes, &*key.bytes)?;
        bytes.extend_from_slice(&sealed);
        Ok(bytes)
    }
}

impl DataKey {
    pub fn new() -> Result<Self, Error> {
        Self::of(Zeroizing::new(random()?))
    }

    fn of(bytes: Zeroizing<[u8; DATA_KEY]>) -> Result<Self, Error> {
        let key = UnboundKey::new(&AES_256_GCM, &*bytes).map_err(|_| Error::Sealed)?;
        Ok(Self { bytes, key: LessSafeKey::new(key) })
    }

    /// The key of a blob whose chunks are under a customer's key too: its header stays the same.
    pub fn under(self, customer: Option<&CustomerKey>) -> Result<Self, Error> {
        let Some(customer) = customer else { return Ok(self) };
        let key = UnboundKey::new(&AES_256_GCM, &*customer.over(&self.bytes));
        Ok(Self { bytes: self.bytes, key: LessSafeKey::new(key.map_err(|_| Error::Sealed)?) })
    }

    /// Encrypts one chunk in place; its plain bytes are all but the last 16, which take the tag.
    pub fn seal(&self, number: u64, ends: bool, chunk: &mut [u8]) -> Result<(), Error> {
        let (body, room) = chunk.split_last_chunk_mut::<TAG>().ok_or(Error::Sealed)?;
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(number), aad(ends), body)
            .map_err(|_| Error::Sealed)?;
        room.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        Ok(())
    }

    /// Authenticates and decrypts one chunk in place; its plain bytes are all but the last 16.
    pub fn open(&self, number: u64, ends: bool, sealed: &mut [u8]) -> Result<(), Error> {
        let damaged = || Error::corrupt("a chunk of a blob does not authenticate");
        let (body, tag) = sealed.split_last_chunk_mut::<TAG>().ok_or_else(damaged)?;
        let tag = Tag::from(*tag);
        self.key
            .open_in_place_separate_tag(nonce(number), aad(ends), tag, body, 0..)
            .map_err(|_| damaged())?;
        Ok(())
    }
}

/// Chunks of a body; an empty one has one, empty.
pub(super) fn chunks(len: u64) -> usize {
    usize::try_from(len.div_ceil(CHUNK as u64)).unwrap_or(usize::MAX).max(1)
}

/// Bytes of a whole blob as it is stored.
pub(super) fn stored_len(len: u64) -> u64 {
    HEADER as u64 + len.saturating_add(chunks(len) as u64 * TAG as u64)
}

fn form_bytes() -> [u8; 8] {
    let [high, low] = VERSION.to_be_bytes();
    [high, low, CHUNK_LOG2, 0, 0, 0, 0, 0]
}

/// A chunk's number is its nonce: the key is the blob's own.
fn nonce(number: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce.iter_mut().skip(4).zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
    Nonce::assume_unique_for_key(nonce)
}

/// The last chunk says so, so that a blob cut at a chunk's end shows.
fn aad(ends: bool) -> Aad<[u8; 1]> {
    Aad::from([u8::from(ends)])
}
