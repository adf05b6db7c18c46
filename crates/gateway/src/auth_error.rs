//! From the words of `sigv4` to AWS's answers: the one place where they meet.

use api::ErrorShape;
use sigv4::{AuthError, ChunkError, Style};

use crate::Error;
use crate::error::common;

/// A request that does not prove who sent it.
pub fn auth(error: &AuthError, style: Style) -> Error {
    let shape = ErrorShape { code: error.code(style), status: error.status(style) };
    let answer = Error::new(shape, error.message(style));
    error.fields(style).into_iter().fold(answer, |answer, (name, value)| answer.with(name, value))
}

/// A streamed body that is not what was signed.
pub fn chunk(error: &ChunkError) -> Error {
    let shape = ErrorShape { code: error.code(), status: error.status() };
    let answer = Error::new(shape, error.message());
    error.fields().into_iter().fold(answer, |answer, (name, value)| answer.with(name, value))
}

/// The service's "no signature at all".
pub fn missing_token() -> Error {
    Error::new(common::MISSING_AUTHENTICATION_TOKEN, "Request is missing Authentication Token")
}

/// Credentials of somebody who is gone.
pub fn invalid_client_token() -> Error {
    Error::new(
        common::INVALID_CLIENT_TOKEN_ID,
        "The security token included in the request is invalid.",
    )
}

/// The body has another hash than the signature covers.
pub fn content_sha256_mismatch(claimed: &str, computed: &str) -> Error {
    auth(
        &AuthError::ContentSha256Mismatch {
            claimed: claimed.to_owned(),
            computed: computed.to_owned(),
        },
        Style::S3,
    )
}

pub fn incomplete_body() -> Error {
    Error::new(
        ErrorShape { code: "IncompleteBody", status: 400 },
        "The request body terminated unexpectedly",
    )
}

pub fn request_timeout() -> Error {
    Error::new(
        ErrorShape { code: "RequestTimeout", status: 400 },
        "Your socket connection to the server was not read from or written to within the timeout \
         period. Idle connections will be closed.",
    )
}
