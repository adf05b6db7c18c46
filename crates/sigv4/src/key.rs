//! Secret access keys, the signing keys derived from them, and a bounded memory of the latter.
//!
//! AWS page: "Create a signed AWS API request", step "Calculate the signature" (IAM User Guide).

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::payload::sha256;

/// A secret access key. Wiped when dropped, hidden in Debug, compared in constant time.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<Vec<u8>>);

impl SecretKey {
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key that signs for one day, region and service.
    pub fn signing_key(&self, date: &str, region: &str, service: &str) -> SigningKey {
        let mut first = Zeroizing::new(Vec::with_capacity(self.0.len() + 4));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(&self.0);
        let date_key = Zeroizing::new(SigningKey::new(&first).sign(date.as_bytes()));
        let region_key = Zeroizing::new(SigningKey::new(&*date_key).sign(region.as_bytes()));
        let service_key = Zeroizing::new(SigningKey::new(&*region_key).sign(service.as_bytes()));
        let key = SigningKey::new(&*service_key).sign(TERMINATOR.as_bytes());
        SigningKey::new(&*Zeroizing::new(key))
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretKey {}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// The last part of every scope.
pub(crate) const TERMINATOR: &str = "aws4_request";

/// A keyed hash, ready to sign.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    fn new(key: &[u8]) -> Self {
        // HMAC's own rule for keys longer than a block, applied here so that nothing can fail.
        let hashed = Zeroizing::new(if key.len() > BLOCK { sha256(key) } else { [0; 32] });
        let key = if key.len() > BLOCK { hashed.as_slice() } else { key };
        let mut block = Zeroizing::new([0; BLOCK]);
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self(Hmac::new((&*block).into()))
    }

    /// HMAC-SHA256 of some bytes.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(bytes).finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

const BLOCK: usize = 64;

/// A bounded memory of derived keys: a fixed number of places, one key a place, newest wins.
///
/// Deriving costs four keyed hashes, so a lost place is cheap and needs no policy of eviction.
pub struct SigningKeys {
    places: Vec<Mutex<Option<Place>>>,
    hasher: RandomState,
}

struct Place {
    secret: SecretKey,
    scope: String,
    key: SigningKey,
}

impl SigningKeys {
    /// `places` is the most keys ever held; zero remembers nothing.
    pub fn new(places: usize) -> Self {
        let places = (0..places).map(|_| Mutex::new(None)).collect();
        Self { places, hasher: RandomState::new() }
    }

    /// The key of a secret for one `date/region/service/...` scope.
    pub(crate) fn key(&self, secret: &SecretKey, of: &crate::Credential<'_>) -> SigningKey {
        let derive = || secret.signing_key(of.date(), of.region(), of.service());
        let Some(place) = self.place(of) else { return derive() };
        let mut held = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.as_ref()
            && held.scope == of.scope()
            && held.secret == *secret
        {
            return held.key.clone();
        }
        let key = derive();
        let scope = of.scope().to_owned();
        *held = Some(Place { secret: secret.clone(), scope, key: key.clone() });
        key
    }

    /// By access key id and scope: the secret itself never meets a hash that is not made for it.
    fn place(&self, of: &crate::Credential<'_>) -> Option<&Mutex<Option<Place>>> {
        let places = u64::try_from(self.places.len()).ok()?;
        let index = self.hasher.hash_one(of.as_str()).checked_rem(places)?;
        self.places.get(usize::try_from(index).ok()?)
    }
}

impl Default for SigningKeys {
    fn default() -> Self {
        Self::new(1024)
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeys").field("places", &self.places.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::Credential;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn credential(text: &str) -> Credential<'_> {
        Credential::parse(Cow::Borrowed(text)).unwrap()
    }

    #[test]
    fn a_key_is_derived_as_aws_documents() {
        let documented = "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d";
        let documented = SigningKey::new(&hex::decode(documented).unwrap());
        let derived = SecretKey::new(SECRET).signing_key("20120215", "us-east-1", "iam");
        assert_eq!(derived.sign(b"text"), documented.sign(b"text"));
    }

    #[test]
    fn a_secret_longer_than_a_block_is_hashed_first() {
        // RFC 4231, test case 6.
        let key = SigningKey::new(&[0xaa; 131]);
        let mac = key.sign(b"Test Using Larger Than Block-Size Key - Hash Key First");
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        assert_eq!(hex::encode(mac), expected);
    }

    #[test]
    fn a_remembered_key_is_never_that_of_another_secret_or_scope() {
        for places in [0, 1, 8] {
            let keys = SigningKeys::new(places);
            for scope in ["20130524/a/iam", "20130524/b/iam", "20130524/a/sts", "20130524/a/iam"] {
                let text = format!("AKID/{scope}/aws4_request");
                let of = credential(&text);
                for secret in ["one", "two", "one", "one"].map(SecretKey::new) {
                    let derived = secret.signing_key(of.date(), of.region(), of.service());
                    assert_eq!(keys.key(&secret, &of).sign(b"x"), derived.sign(b"x"), "{scope}");
                }
            }
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let secret = SecretKey::new(SECRET);
        let keys = SigningKeys::new(1);
        let key = keys.key(&secret, &credential("AKID/20130524/a/iam/aws4_request"));
        assert_eq!(format!("{secret:?} {key:?}"), "SecretKey(..) SigningKey(..)");
        assert_eq!(format!("{keys:?}"), "SigningKeys { places: 1, .. }");
    }
}
