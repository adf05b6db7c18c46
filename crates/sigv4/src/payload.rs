//! What a request says of its payload: the `x-amz-content-sha256` header.
//!
//! AWS page: "Authenticating Requests: Using the Authorization Header" (Amazon S3 API Reference).

use sha2::{Digest, Sha256};

use crate::error::AuthError;
use crate::request::Headers;

/// The SHA-256 of nothing.
pub const EMPTY_SHA256: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

pub(crate) const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// How the payload enters the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadHash {
    /// The request does not say: the server hashes the body (the services that speak Query).
    Body,
    /// The client signed this SHA-256; the server compares it when the body is read.
    Signed([u8; 32]),
    /// `UNSIGNED-PAYLOAD`.
    Unsigned,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: chunks, each signed.
    StreamingSigned,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: chunks and trailers, each signed.
    StreamingSignedTrailer,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: chunks and trailers, none signed.
    StreamingUnsignedTrailer,
}

impl PayloadHash {
    /// What the `x-amz-content-sha256` header says, if it is there.
    ///
    /// # Errors
    /// [`AuthError::DuplicateHeader`], [`AuthError::InvalidContentSha256`].
    pub fn of(headers: &Headers<'_>) -> Result<Option<Self>, AuthError> {
        headers.one(CONTENT_SHA256)?.map(Self::parse).transpose()
    }

    pub(crate) fn parse(value: &[u8]) -> Result<Self, AuthError> {
        match value {
            b"UNSIGNED-PAYLOAD" => Ok(Self::Unsigned),
            b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Ok(Self::StreamingSigned),
            b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Ok(Self::StreamingSignedTrailer),
            b"STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Ok(Self::StreamingUnsignedTrailer),
            // Upper-case digits would be signed as such: the canonical request takes the text.
            hash if !hash.iter().any(u8::is_ascii_uppercase) => parse_hash(hash),
            other => Err(invalid(other)),
        }
    }

    /// Whether the body comes in aws-chunked form.
    pub fn is_streaming(self) -> bool {
        matches!(
            self,
            Self::StreamingSigned | Self::StreamingSignedTrailer | Self::StreamingUnsignedTrailer
        )
    }

    /// The header's text; for [`PayloadHash::Body`] the hash of the body given.
    pub(crate) fn write(self, out: &mut Vec<u8>, body_sha256: &[u8; 32]) {
        let text: &[u8] = match self {
            Self::Body => return write_hex(out, body_sha256),
            Self::Signed(hash) => return write_hex(out, &hash),
            Self::Unsigned => b"UNSIGNED-PAYLOAD",
            Self::StreamingSigned => b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Self::StreamingSignedTrailer => b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::StreamingUnsignedTrailer => b"STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        };
        out.extend_from_slice(text);
    }
}

fn parse_hash(text: &[u8]) -> Result<PayloadHash, AuthError> {
    let mut hash = [0; 32];
    match hex::decode_to_slice(text, &mut hash) {
        Ok(()) => Ok(PayloadHash::Signed(hash)),
        Err(_) => Err(invalid(text)),
    }
}

fn invalid(value: &[u8]) -> AuthError {
    AuthError::InvalidContentSha256 { value: String::from_utf8_lossy(value).into_owned() }
}

fn write_hex(out: &mut Vec<u8>, hash: &[u8; 32]) {
    out.extend_from_slice(&hex_of(hash));
}

/// Sixty-four lower-case digits, without an allocation.
pub(crate) fn hex_of(hash: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    let mut out = [b'0'; 64];
    for (pair, byte) in out.chunks_exact_mut(2).zip(hash) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    out
}

/// The SHA-256 of nothing: of the body of most requests.
const OF_NOTHING: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    if bytes.is_empty() { OF_NOTHING } else { Sha256::digest(bytes).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_nothing_is_what_hashing_gives() {
        assert_eq!(OF_NOTHING, <[u8; 32]>::from(Sha256::digest(b"")));
    }
}
