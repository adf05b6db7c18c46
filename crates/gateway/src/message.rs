//! Authorization messages: why a request was refused, sealed for those who may know.
//!
//! AWS's are opaque, of URL-safe Base64; so are these. Account and realm are authenticated with the
//! text, so that a message of another account, another server or of before a reset opens to
//! nothing. AWS:
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use store::Keyring;

use crate::{Account, Error};

/// Never more than this once unpacked, whatever the message says of itself.
const UNPACKED_SIZE_MAX: usize = 1024 * 1024;

/// # Errors
/// Where the caller has no account, or the key cannot seal.
pub fn seal(
    keyring: &Keyring,
    account: Option<&Arc<Account>>,
    text: &str,
) -> Result<String, Error> {
    let account = account.ok_or_else(|| Error::internal("a message for a caller of no account"))?;
    let packed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 9);
    Ok(URL_SAFE_NO_PAD.encode(keyring.seal(&binding(account), &packed)?))
}

/// The text of a message; None where it is none of this account.
pub fn open(keyring: &Keyring, account: Option<&Arc<Account>>, message: &str) -> Option<String> {
    let sealed = URL_SAFE_NO_PAD.decode(message).ok()?;
    let packed = keyring.open(&binding(account?), &sealed).ok()?;
    let limit = UNPACKED_SIZE_MAX;
    let text = miniz_oxide::inflate::decompress_to_vec_with_limit(packed.expose(), limit).ok()?;
    String::from_utf8(text).ok()
}

/// What a message is bound to, besides the server's key.
fn binding(account: &Account) -> Vec<u8> {
    let mut bytes = b"authorization-message".to_vec();
    bytes.extend_from_slice(&account.realm);
    bytes.extend_from_slice(account.id.as_str().as_bytes());
    bytes
}
