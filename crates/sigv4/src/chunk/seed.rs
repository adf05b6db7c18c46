//! The chain of chunk signatures: each covers the one before it, the first the request's own.

use crate::chunk::{ChunkError, canonical_trailers, same};
use crate::credential::Credential;
use crate::error::SignatureMismatch;
use crate::key::SigningKey;
use crate::payload::{EMPTY_SHA256, hex_of, sha256};

/// The signing key of a request and the signature that the next one follows from.
#[derive(Clone)]
pub struct Seed {
    key: SigningKey,
    access_key_id: String,
    /// `YYYYMMDDTHHMMSSZ`, a line feed, the scope.
    time_and_scope: String,
    previous: String,
}

impl Seed {
    pub(crate) fn new(
        key: SigningKey,
        credential: &Credential<'_>,
        time: &str,
        signature: &str,
    ) -> Self {
        Self {
            key,
            access_key_id: credential.access_key_id().to_owned(),
            time_and_scope: format!("{time}\n{}", credential.scope()),
            previous: signature.to_owned(),
        }
    }

    /// The client's side: one chunk, framed and signed. An empty one is the last; without trailers
    /// an empty line has to follow it.
    pub fn encode_chunk(&mut self, data: &[u8]) -> Vec<u8> {
        let (_, signature) = self.next(&self.chunk_string_to_sign(&sha256(data)));
        let mut out = format!("{:x};chunk-signature={signature}\r\n", data.len()).into_bytes();
        out.extend_from_slice(data);
        if !data.is_empty() {
            out.extend_from_slice(b"\r\n");
        }
        out
    }

    /// The client's side: the trailers after the last chunk, framed and signed.
    pub fn encode_trailers(&mut self, trailers: &[(String, String)]) -> Vec<u8> {
        let hash = sha256(&canonical_trailers(trailers));
        let (_, signature) = self.next(&self.trailer_string_to_sign(&hash));
        let mut out = String::new();
        for (name, value) in trailers {
            out.push_str(&format!("{name}:{value}\r\n"));
        }
        out.push_str(&format!("x-amz-trailer-signature:{signature}\r\n\r\n"));
        out.into_bytes()
    }

    pub(super) fn check_chunk(&mut self, hash: &[u8; 32], given: &[u8]) -> Result<(), ChunkError> {
        self.check(self.chunk_string_to_sign(hash), given)
    }

    pub(super) fn check_trailers(
        &mut self,
        hash: &[u8; 32],
        given: &[u8],
    ) -> Result<(), ChunkError> {
        self.check(self.trailer_string_to_sign(hash), given)
    }

    fn check(&mut self, string_to_sign: String, given: &[u8]) -> Result<(), ChunkError> {
        let (computed, _) = self.next(&string_to_sign);
        if same(&computed, given) {
            return Ok(());
        }
        Err(ChunkError::SignatureDoesNotMatch(Box::new(SignatureMismatch {
            access_key_id: self.access_key_id.clone(),
            signature: String::from_utf8_lossy(given).into_owned(),
            string_to_sign,
            canonical_request: None,
        })))
    }

    fn next(&mut self, string_to_sign: &str) -> ([u8; 64], &str) {
        let computed = hex_of(&self.key.sign(string_to_sign.as_bytes()));
        self.previous.clear();
        self.previous.extend(computed.iter().map(|digit| char::from(*digit)));
        (computed, &self.previous)
    }

    fn chunk_string_to_sign(&self, hash: &[u8; 32]) -> String {
        let empty = hex::encode(EMPTY_SHA256);
        let (scope, previous) = (&self.time_and_scope, &self.previous);
        format!("AWS4-HMAC-SHA256-PAYLOAD\n{scope}\n{previous}\n{empty}\n{}", hex::encode(hash))
    }

    fn trailer_string_to_sign(&self, hash: &[u8; 32]) -> String {
        let (scope, previous) = (&self.time_and_scope, &self.previous);
        format!("AWS4-HMAC-SHA256-TRAILER\n{scope}\n{previous}\n{}", hex::encode(hash))
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seed").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}
