//! Session tokens: temporary credentials that nobody stores.
//!
//! A token is the caller, sealed under the server's key and compressed; the access key id and the
//! account's realm are authenticated with it, so a token under another key id, of another server,
//! or of before a reset opens to nothing. The secret is derived from the sealed bytes, so it too is
//! never stored. Nothing in a token can be forged or widened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use minicbor::{Decode, Encode};
use sha2::Sha256;
use store::{Keyring, Secret};

use crate::{Caller, id};

/// The most that a sealed token may measure, in bytes: PackedPolicySize is the share of it.
pub const SEALED_SIZE_MAX: usize = 4096;

/// The first bytes of AWS's tokens, so that they look familiar (`IQoJb3JpZ2luX2Vj…`).
const PREFIX: &[u8; 12] = b"\x21\x0a\x09origin_ec";

/// A token of fewer plain bytes is sealed as it is: packing costs more than it saves.
const PACKED_FROM: usize = 1024;
const PLAIN: u8 = 0;
const PACKED: u8 = 1;
/// Four bytes that say how much filling there is, the filling, and one of the two above.
const PADDED: u8 = 2;
const PAD_HEAD: usize = 5;

/// Never more than this once unpacked, whatever the token says of itself.
const UNPACKED_SIZE_MAX: usize = 256 * 1024;

/// Credentials that STS hands out.
#[derive(Debug)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: Secret,
    pub session_token: String,
    /// The sealed token's share of [`SEALED_SIZE_MAX`], in per cent.
    pub packed_size: usize,
}

#[derive(Encode, Decode)]
struct Sealed {
    #[n(0)]
    caller: Caller,
    /// Drawn for each token: what the secret is derived from.
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; 32],
}

/// Seals `caller` under its access key id, in a token of at least `minimum` characters.
///
/// # Errors
/// The keyring's, where it cannot seal.
pub fn seal(
    keyring: &Keyring,
    realm: &[u8; 16],
    access_key_id: String,
    mut caller: Caller,
    minimum: usize,
) -> Result<Credentials, store::Error> {
    let salt = id::entropy();
    caller.access_key_id = Some(access_key_id.clone());
    let sealed = Sealed { caller, salt };
    let mut plain = Vec::with_capacity(PACKED_FROM);
    // A vector takes all that is written.
    let _ = minicbor::encode(&sealed, &mut plain);
    let (binding, packed) = (binding(realm, &access_key_id), pack(&plain));
    let mut cipher = keyring.seal(&binding, &packed)?;
    let packed_size = cipher.len().saturating_mul(100).div_ceil(SEALED_SIZE_MAX);
    // Four characters hold three bytes. Filling is no share of what a session may carry.
    let wanted = minimum.div_ceil(4).saturating_mul(3);
    let filling = wanted.saturating_sub(PREFIX.len().saturating_add(cipher.len()));
    if filling > 0 {
        cipher = keyring.seal(&binding, &pad(filling.saturating_sub(PAD_HEAD), &packed))?;
    }
    let mut bytes = PREFIX.to_vec();
    bytes.extend_from_slice(&cipher);
    Ok(Credentials {
        secret_access_key: derive_secret(&salt, realm, &access_key_id),
        access_key_id,
        session_token: STANDARD.encode(bytes),
        packed_size,
    })
}

/// The caller and secret of a token; None where it is not this server's, not this key's, or was
/// altered.
#[must_use]
pub fn open(
    keyring: &Keyring,
    realm: &[u8; 16],
    access_key_id: &str,
    token: &str,
) -> Option<(Caller, Secret)> {
    let bytes = STANDARD.decode(token).ok()?;
    let cipher = bytes.strip_prefix(PREFIX.as_slice())?;
    let packed = keyring.open(&binding(realm, access_key_id), cipher).ok()?;
    let plain = unpack(packed.expose())?;
    let sealed: Sealed = minicbor::decode(&plain).ok()?;
    (sealed.caller.access_key_id.as_deref() == Some(access_key_id))
        .then(|| (sealed.caller, derive_secret(&sealed.salt, realm, access_key_id)))
}

fn pack(plain: &[u8]) -> Vec<u8> {
    if plain.len() < PACKED_FROM {
        return [&[PLAIN], plain].concat();
    }
    [&[PACKED], miniz_oxide::deflate::compress_to_vec(plain, 6).as_slice()].concat()
}

fn pad(filling: usize, packed: &[u8]) -> Vec<u8> {
    let length = u32::try_from(filling).unwrap_or_default();
    let filling = vec![0; usize::try_from(length).unwrap_or_default()];
    [&[PADDED], length.to_be_bytes().as_slice(), &filling, packed].concat()
}

fn unpack(packed: &[u8]) -> Option<std::borrow::Cow<'_, [u8]>> {
    let packed = match packed.split_first()? {
        (&PADDED, rest) => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            rest.get(usize::try_from(u32::from_be_bytes(*length)).ok()?..)?
        }
        _ => packed,
    };
    match packed.split_first()? {
        (&PLAIN, plain) => Some(plain.into()),
        (&PACKED, rest) => {
            let limit = UNPACKED_SIZE_MAX;
            let plain = miniz_oxide::inflate::decompress_to_vec_with_limit(rest, limit).ok()?;
            Some(plain.into())
        }
        _ => None,
    }
}

/// What a token is bound to, besides the server's key.
fn binding(realm: &[u8; 16], access_key_id: &str) -> Vec<u8> {
    [b"session", realm.as_slice(), access_key_id.as_bytes()].concat()
}

/// 40 characters: the salt is secret (it is sealed), so the key of the hash need not be another
/// secret.
fn derive_secret(salt: &[u8; 32], realm: &[u8; 16], access_key_id: &str) -> Secret {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(salt) else {
        return Secret::from(String::new());
    };
    mac.update(&binding(realm, access_key_id));
    let digest = mac.finalize().into_bytes();
    Secret::from(STANDARD.encode(digest.as_slice().get(..30).unwrap_or_default()))
}
