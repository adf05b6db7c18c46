//! A key that somebody else keeps: a body under it opens only to whom brings it again.
//!
//! The key itself is never stored. What stays is a [`KeyCheck`], a random salt and a keyed hash of
//! it, which tells the right key from a wrong one and says nothing of either. What a body is
//! encrypted with is derived from key and salt, so that no two bodies share it. It comes on top of
//! the master key, never instead of it: who has one of the two alone reads nothing.

use std::fmt;
use std::sync::Arc;

use ring::hmac;
use zeroize::Zeroizing;

use crate::{Error, Keyring, Secret, random};

const SALT: usize = 16;
const HASH: usize = 32;

/// The key of one body, derived from the one that the customer brought. A clone shares it.
#[derive(Clone)]
pub struct CustomerKey(Arc<Zeroizing<[u8; HASH]>>);

/// What tells the key of a body from others: a salt and a keyed hash of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyCheck {
    salt: [u8; SALT],
    hash: [u8; HASH],
}

impl CustomerKey {
    /// The key of a new body, and what it will be known again by.
    ///
    /// # Errors
    /// Only where the system gives no randomness.
    pub fn new(brought: &Secret) -> Result<(Self, KeyCheck), Error> {
        let salt = random()?;
        let check = KeyCheck { salt, hash: *derived(brought, CHECK, &salt) };
        Ok((Self(Arc::new(derived(brought, BODY, &salt))), check))
    }

    /// Seals a small body for the purpose that `aad` says.
    ///
    /// # Errors
    /// Only where the system gives no randomness.
    pub fn seal(&self, aad: &[u8], body: &[u8]) -> Result<Vec<u8>, Error> {
        Keyring::from_bytes(**self.0).seal(aad, body)
    }

    /// Opens what [`CustomerKey::seal`] sealed for the same purpose.
    ///
    /// # Errors
    /// [`Error::Sealed`], [`Error::Key`]: it was sealed for another purpose or by another key.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Secret, Error> {
        Keyring::from_bytes(**self.0).open(aad, sealed)
    }

    /// The key of a blob's chunks, where `data_key` alone would be it without a customer's.
    pub(crate) fn over(&self, data_key: &[u8; HASH]) -> Zeroizing<[u8; HASH]> {
        hash(&**self.0, b"wardian chunks", data_key)
    }
}

const CHECK: &[u8] = b"wardian customer key check";
const BODY: &[u8] = b"wardian customer key body";

impl KeyCheck {
    /// The key of the body, where `brought` is the one that it was written under.
    #[must_use]
    pub fn open(&self, brought: &Secret) -> Option<CustomerKey> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, brought.expose());
        hmac::verify(&key, &[CHECK, &self.salt].concat(), &self.hash).ok()?;
        Some(CustomerKey(Arc::new(derived(brought, BODY, &self.salt))))
    }
}

fn derived(brought: &Secret, purpose: &[u8], salt: &[u8; SALT]) -> Zeroizing<[u8; HASH]> {
    hash(brought.expose(), purpose, salt)
}

fn hash(key: &[u8], purpose: &[u8], of: &[u8]) -> Zeroizing<[u8; HASH]> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut context = hmac::Context::with_key(&key);
    context.update(purpose);
    context.update(of);
    let mut bytes = Zeroizing::new([0; HASH]);
    bytes.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
    bytes
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(..)")
    }
}

impl fmt::Debug for KeyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyCheck(..)")
    }
}

/// In records, a byte string: the salt, then the hash.
impl<C> minicbor::Encode<C> for KeyCheck {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&[&self.salt[..], &self.hash[..]].concat())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for KeyCheck {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let split = d.bytes()?.split_first_chunk::<SALT>();
        let check = split.and_then(|(salt, hash)| {
            Some(Self { salt: *salt, hash: <[u8; HASH]>::try_from(hash).ok()? })
        });
        check.ok_or_else(|| minicbor::decode::Error::message("a key check has 48 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Blobs;

    #[test]
    fn only_the_key_that_was_brought_first_opens_what_was_sealed_under_it() {
        let (right, wrong) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let (key, check) = CustomerKey::new(&right).unwrap();
        let sealed = key.seal(b"k", b"body").unwrap();
        assert!(check.open(&wrong).is_none());
        let again = check.open(&right).unwrap();
        assert_eq!(again.open(b"k", &sealed).unwrap().expose(), b"body");
        assert!(again.open(b"l", &sealed).is_err());
        let (other, other_check) = CustomerKey::new(&right).unwrap();
        assert!(other.open(b"k", &sealed).is_err(), "each body has a key of its own");
        assert!(check != other_check);
    }

    #[test]
    fn a_check_is_read_as_it_was_written() {
        let (_, check) = CustomerKey::new(&Secret::new([1; 32])).unwrap();
        let bytes = minicbor::to_vec(check).unwrap();
        assert!(minicbor::decode::<KeyCheck>(&bytes).unwrap() == check);
        assert!(minicbor::decode::<KeyCheck>(&minicbor::to_vec("short").unwrap()).is_err());
    }

    #[tokio::test]
    async fn a_blob_under_a_customers_key_does_not_open_without_it() {
        let (key, check) = CustomerKey::new(&Secret::new([1; 32])).unwrap();
        let blobs = Blobs::memory(Arc::new(Keyring::ephemeral().unwrap())).unwrap();
        for len in [0, 5, 200_000] {
            let mut writer = blobs.writer_under(Some(&key)).unwrap();
            writer.write(vec![7; len]).await.unwrap();
            let blob = writer.finish().await.unwrap();
            let again = check.open(&Secret::new([1; 32]));
            let mut reader = blobs.read_under(&blob.id, 0..blob.len, again.as_ref()).await.unwrap();
            let mut body = Vec::new();
            while let Some(piece) = reader.next().await {
                body.extend_from_slice(&piece.unwrap());
            }
            assert_eq!(body, vec![7; len]);
            if len > 0 {
                assert!(blobs.read(&blob.id, 0..blob.len).await.is_err());
                let (other, _) = CustomerKey::new(&Secret::new([1; 32])).unwrap();
                assert!(blobs.read_under(&blob.id, 0..blob.len, Some(&other)).await.is_err());
            }
        }
    }
}
