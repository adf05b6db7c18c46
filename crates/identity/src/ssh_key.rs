//! RSA public keys as `ssh-rsa` lines and in PEM, and the one as the other.
//!
//! Pure. Deliberately absent: other kinds of keys, which IAM does not take.
//! RFC 4253 6.6: <https://www.rfc-editor.org/rfc/rfc4253#section-6.6>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use crate::public_key::{self, PublicKey};

const KIND: &str = "ssh-rsa";
/// AWS takes no shorter ones.
const BITS_MIN: usize = 2048;
const BITS_MAX: usize = 16_384;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshKey {
    /// Big-endian, without leading zeros.
    pub modulus: Vec<u8>,
    pub exponent: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Neither a line of SSH nor PEM.
    Encoding,
    /// One of them, but no RSA key of a length that is taken.
    Key,
}

/// Whether a text that was read is PEM.
#[must_use]
pub fn is_pem(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN ")
}

/// Reads a key.
///
/// # Errors
/// [`Unreadable`].
pub fn read(text: &str) -> Result<SshKey, Unreadable> {
    let key = if is_pem(text) { of_pem(text) } else { of_line(text) }?;
    let PublicKey::Rsa { modulus, exponent } = &key else { return Err(Unreadable::Key) };
    let is_taken = key.rsa_bits().is_some_and(|bits| (BITS_MIN..=BITS_MAX).contains(&bits));
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    if !is_taken || !is_odd(modulus) || !is_odd(exponent) {
        return Err(Unreadable::Key);
    }
    Ok(SshKey { modulus: modulus.clone(), exponent: exponent.clone() })
}

impl SshKey {
    /// As a line of SSH, without a comment.
    #[must_use]
    pub fn ssh(&self) -> String {
        format!("{KIND} {}", STANDARD.encode(self.blob()))
    }

    /// As a `SubjectPublicKeyInfo` in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        let info = public_key::rsa_info(&self.modulus, &self.exponent);
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("PUBLIC KEY", info), config)
    }

    /// The MD5 digest of the key in SSH's form: `12:34:…`
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Md5::digest(self.blob());
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
    }

    fn blob(&self) -> Vec<u8> {
        let parts = [KIND.as_bytes().to_vec(), signed(&self.exponent), signed(&self.modulus)];
        let size = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes();
        parts.iter().flat_map(|part| [size(part).as_slice(), part].concat()).collect()
    }
}

fn of_pem(text: &str) -> Result<PublicKey, Unreadable> {
    let file = pem::parse(text).map_err(|_| Unreadable::Encoding)?;
    let key = match file.tag() {
        "PUBLIC KEY" => PublicKey::of_info(file.contents()),
        "RSA PUBLIC KEY" => PublicKey::of_rsa(file.contents()),
        _ => return Err(Unreadable::Encoding),
    };
    key.ok_or(Unreadable::Key)
}

fn of_line(text: &str) -> Result<PublicKey, Unreadable> {
    let mut words = text.split_ascii_whitespace();
    if words.next() != Some(KIND) || text.trim().contains(['\r', '\n']) {
        return Err(Unreadable::Encoding);
    }
    let blob = words.next().and_then(|word| STANDARD.decode(word).ok()).ok_or(Unreadable::Key)?;
    of_blob(&blob).ok_or(Unreadable::Key)
}

fn of_blob(blob: &[u8]) -> Option<PublicKey> {
    let (kind, rest) = part(blob)?;
    let (exponent, rest) = part(rest)?;
    let (modulus, rest) = part(rest)?;
    if kind != KIND.as_bytes() || !rest.is_empty() {
        return None;
    }
    Some(PublicKey::Rsa { modulus: unsigned(modulus)?, exponent: unsigned(exponent)? })
}

/// A length of four bytes, and as many bytes.
fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*size)).ok()?)
}

fn unsigned(bytes: &[u8]) -> Option<Vec<u8>> {
    match bytes {
        [0, rest @ ..] => Some(rest.to_vec()),
        [first, ..] => (*first < 0x80).then(|| bytes.to_vec()),
        [] => None,
    }
}

/// With a zero in front where the first bit is set.
fn signed(bytes: &[u8]) -> Vec<u8> {
    let zero: &[u8] = if bytes.first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
    [zero, bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = include_str!("../tests/certificates/leaf.ssh");
    const PEM: &str = include_str!("../tests/certificates/leaf.public.pem");

    /// As `ssh-keygen -l -E md5` prints it.
    const FINGERPRINT: &str = "76:31:14:08:b7:ff:ee:5a:2c:69:4e:11:e3:b5:4f:a0";

    #[test]
    fn a_key_is_the_same_in_both_encodings() {
        let key = read(LINE).expect("a key");
        assert_eq!(read(PEM), Ok(key.clone()));
        assert_eq!(key.fingerprint(), FINGERPRINT);
        assert_eq!(key.ssh(), LINE.trim());
        assert_eq!(key.pem(), PEM);
    }

    #[test]
    fn what_is_no_rsa_key_of_2048_bits_is_refused() {
        let short = SshKey { modulus: vec![0xc1; 128], exponent: vec![1, 0, 1] };
        let even = SshKey { modulus: vec![0xc2; 256], exponent: vec![1, 0, 1] };
        let edwards = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKzvfE+qS09w+okgrO0gY7jryF0lSCxdEO";
        for (text, why) in [
            (short.ssh(), Unreadable::Key),
            (even.ssh(), Unreadable::Key),
            (short.pem(), Unreadable::Key),
            ("ssh-rsa AAAA".to_owned(), Unreadable::Key),
            (LINE.replace("AAAAB3", "AAAAC3"), Unreadable::Key),
            (edwards.to_owned(), Unreadable::Encoding),
            ("key".to_owned(), Unreadable::Encoding),
            (PEM.replace("PUBLIC", "PRIVATE"), Unreadable::Encoding),
        ] {
            assert_eq!(read(&text), Err(why), "{text}");
        }
    }
}
