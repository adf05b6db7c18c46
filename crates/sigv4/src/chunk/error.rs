//! Why an aws-chunked body is refused, and AWS's words for it.
//!
//! Recorded on AWS: any fault of the framing answers `IncompleteBody`, any fault of the trailers
//! `MalformedTrailerError`.

use crate::error::SignatureMismatch;
use crate::message::S3_MISMATCH;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    #[error("an anonymous request has no signed chunks")]
    Unsigned,
    #[error("the framing of the chunks is malformed")]
    Malformed,
    #[error("the body ended before its last chunk and trailers")]
    Incomplete,
    #[error("the chunks hold more or fewer bytes than x-amz-decoded-content-length says")]
    WrongLength,
    #[error("a chunk before the last is too small")]
    ChunkTooSmall,
    #[error("the trailers are malformed, undeclared or missing")]
    MalformedTrailer,
    #[error("the signature of a chunk or of the trailers does not match")]
    SignatureDoesNotMatch(Box<SignatureMismatch>),
}

impl ChunkError {
    /// S3's error code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsigned => "AccessDenied",
            Self::Malformed | Self::Incomplete | Self::WrongLength => "IncompleteBody",
            Self::ChunkTooSmall => "InvalidChunkSizeError",
            Self::MalformedTrailer => "MalformedTrailerError",
            Self::SignatureDoesNotMatch(_) => "SignatureDoesNotMatch",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unsigned | Self::ChunkTooSmall | Self::SignatureDoesNotMatch(_) => 403,
            _ => 400,
        }
    }

    /// S3's sentence.
    pub fn message(&self) -> &'static str {
        match self {
            Self::Unsigned => "Access Denied",
            Self::Malformed | Self::Incomplete => "The request body terminated unexpectedly",
            Self::WrongLength => {
                "You did not provide the number of bytes specified by the Content-Length HTTP \
                 header."
            }
            Self::ChunkTooSmall => {
                "Only the last chunk is allowed to have a size less than 8192 bytes"
            }
            Self::MalformedTrailer => {
                "The request contained trailing data that was not well-formed or did not conform \
                 to our published schema."
            }
            Self::SignatureDoesNotMatch(_) => S3_MISMATCH,
        }
    }

    /// The further elements of the error body, in order.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::SignatureDoesNotMatch(mismatch) => mismatch.s3_fields(),
            _ => Vec::new(),
        }
    }
}
