//! Public keys as certificates and key files carry them, and those of private keys.
//!
//! Pure. Deliberately absent: making and using private keys.
//! RFC 5280 4.1.2.7, RFC 8017 (PKCS #1), RFC 5958 (PKCS #8), RFC 5915 (SEC 1).

use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

use crate::der::{CONTEXT_0, CONTEXT_1, OBJECT_IDENTIFIER, OCTET_STRING, Reader};

/// 1.2.840.113549.1.1.1
const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.10045.2.1
const ELLIPTIC: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.2.840.10045.3.1.7
const P256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// 1.3.132.0.34
const P384: [u8; 5] = [0x2b, 0x81, 0x04, 0x00, 0x22];
/// 1.2.840.113549.1.1 and 1.2.840.10045.4.3: what signature algorithms begin with.
const RSA_SIGNATURES: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
const ELLIPTIC_SIGNATURES: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    Rsa {
        /// Big-endian, without leading zeros.
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    Elliptic {
        /// The curve's object identifier.
        curve: Vec<u8>,
        point: Vec<u8>,
    },
}

impl PublicKey {
    /// Of a `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn of_info(der: &[u8]) -> Option<Self> {
        let mut info = Reader::new(der).sequence()?;
        let mut algorithm = info.sequence()?;
        let kind = algorithm.of(OBJECT_IDENTIFIER)?;
        let bits = info.bits()?;
        if kind == RSA {
            return Self::of_rsa(bits);
        }
        let curve = algorithm.of(OBJECT_IDENTIFIER).filter(|_| kind == ELLIPTIC)?.to_vec();
        Some(Self::Elliptic { curve, point: bits.to_vec() })
    }

    /// Of an `RSAPublicKey`.
    #[must_use]
    pub fn of_rsa(der: &[u8]) -> Option<Self> {
        let mut key = Reader::new(der).sequence()?;
        Self::rsa(&mut key)
    }

    /// Of a private key in PEM: PKCS #1, PKCS #8 or SEC 1, not encrypted.
    #[must_use]
    pub fn of_private_key(text: &str) -> Option<Self> {
        let file = pem::parse(text).ok()?;
        if file.headers().iter().next().is_some() {
            return None;
        }
        match file.tag() {
            "RSA PRIVATE KEY" => Self::of_private_rsa(file.contents()),
            "EC PRIVATE KEY" => Self::of_private_elliptic(file.contents(), None),
            "PRIVATE KEY" => Self::of_private_info(file.contents()),
            _ => None,
        }
    }

    /// How many bits the modulus of an RSA key has.
    #[must_use]
    pub fn rsa_bits(&self) -> Option<usize> {
        let Self::Rsa { modulus, .. } = self else { return None };
        let first = modulus.first()?;
        let unused = usize::try_from(first.leading_zeros()).ok()?;
        modulus.len().checked_mul(8)?.checked_sub(unused)
    }

    /// Whether the key made the signature. False where the algorithm is not known here.
    #[must_use]
    pub fn verifies(&self, algorithm: &[u8], message: &[u8], made: &[u8]) -> bool {
        let known: Option<(&'static dyn VerificationAlgorithm, Vec<u8>)> = match self {
            Self::Rsa { modulus, exponent } => {
                rsa_algorithm(algorithm).map(|known| (known, rsa_public_key(modulus, exponent)))
            }
            Self::Elliptic { curve, point } => {
                elliptic_algorithm(curve, algorithm).map(|known| (known, point.clone()))
            }
        };
        known.is_some_and(|(known, key)| {
            UnparsedPublicKey::new(known, key).verify(message, made).is_ok()
        })
    }

    fn rsa(key: &mut Reader<'_>) -> Option<Self> {
        let (modulus, exponent) = (key.unsigned()?.to_vec(), key.unsigned()?.to_vec());
        Some(Self::Rsa { modulus, exponent })
    }

    fn of_private_rsa(der: &[u8]) -> Option<Self> {
        let mut key = Reader::new(der).sequence()?;
        key.unsigned().filter(|version| version.is_empty())?;
        Self::rsa(&mut key)
    }

    /// The curve stands in the key, or about it; the public key is optional there and needed here.
    fn of_private_elliptic(der: &[u8], curve: Option<&[u8]>) -> Option<Self> {
        let mut key = Reader::new(der).sequence()?;
        key.unsigned()?;
        key.of(OCTET_STRING)?;
        let inner = key.optional(CONTEXT_0).and_then(|of| Reader::new(of).of(OBJECT_IDENTIFIER));
        let point = Reader::new(key.of(CONTEXT_1)?).bits()?;
        Some(Self::Elliptic { curve: curve.or(inner)?.to_vec(), point: point.to_vec() })
    }

    fn of_private_info(der: &[u8]) -> Option<Self> {
        let mut info = Reader::new(der).sequence()?;
        info.unsigned()?;
        let mut algorithm = info.sequence()?;
        let kind = algorithm.of(OBJECT_IDENTIFIER)?;
        let key = info.of(OCTET_STRING)?;
        match kind {
            kind if kind == RSA => Self::of_private_rsa(key),
            kind if kind == ELLIPTIC => {
                Self::of_private_elliptic(key, Some(algorithm.of(OBJECT_IDENTIFIER)?))
            }
            _ => None,
        }
    }
}

/// Certificate authorities still sign with keys and digests that are no longer made.
fn rsa_algorithm(algorithm: &[u8]) -> Option<&'static dyn VerificationAlgorithm> {
    let last = algorithm.strip_prefix(RSA_SIGNATURES.as_slice())?;
    match last {
        [5] => Some(&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
        [11] => Some(&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        [12] => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        [13] => Some(&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
        _ => None,
    }
}

fn elliptic_algorithm(
    curve: &[u8],
    algorithm: &[u8],
) -> Option<&'static dyn VerificationAlgorithm> {
    let last = algorithm.strip_prefix(ELLIPTIC_SIGNATURES.as_slice())?;
    match (curve, last) {
        (curve, [2]) if curve == P256 => Some(&signature::ECDSA_P256_SHA256_ASN1),
        (curve, [3]) if curve == P256 => Some(&signature::ECDSA_P256_SHA384_ASN1),
        (curve, [2]) if curve == P384 => Some(&signature::ECDSA_P384_SHA256_ASN1),
        (curve, [3]) if curve == P384 => Some(&signature::ECDSA_P384_SHA384_ASN1),
        _ => None,
    }
}

/// An `RSAPublicKey`.
#[must_use]
pub fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    wrapped(0x30, &[unsigned(modulus), unsigned(exponent)].concat())
}

/// A `SubjectPublicKeyInfo` of an RSA key.
#[must_use]
pub fn rsa_info(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let algorithm = wrapped(0x30, &[wrapped(0x06, &RSA), vec![0x05, 0x00]].concat());
    let bits = [[0].as_slice(), &rsa_public_key(modulus, exponent)].concat();
    wrapped(0x30, &[algorithm, wrapped(0x03, &bits)].concat())
}

fn unsigned(bytes: &[u8]) -> Vec<u8> {
    match bytes.first() {
        Some(first) if *first < 0x80 => wrapped(0x02, bytes),
        _ => wrapped(0x02, &[[0].as_slice(), bytes].concat()),
    }
}

/// An element of DER.
fn wrapped(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let head = match length.as_slice() {
        [] => vec![tag, 0],
        [short] if *short < 0x80 => vec![tag, *short],
        long => {
            let count = u8::try_from(long.len()).unwrap_or_default();
            [[tag, 0x80 | count].as_slice(), long].concat()
        }
    };
    [head.as_slice(), value].concat()
}
