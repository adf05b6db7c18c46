//! S3's sentences, each with the elements that AWS puts beside it.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>, and recorded answers
//! where they differ.

use api::s3::error as code;
use gateway::Error;

pub fn no_such_bucket(name: &str) -> Error {
    Error::new(code::NO_SUCH_BUCKET, "The specified bucket does not exist").with("BucketName", name)
}

pub fn no_such_key(key: &str) -> Error {
    Error::new(code::NO_SUCH_KEY, "The specified key does not exist.").with("Key", key)
}

pub fn no_such_upload(id: &str) -> Error {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the \
                   upload may have been \
                   aborted or completed.";
    Error::new(code::NO_SUCH_UPLOAD, message).with("UploadId", id)
}

pub fn access_denied() -> Error {
    Error::access_denied("Access Denied")
}

pub fn invalid_request(message: impl Into<String>) -> Error {
    Error::new(code::INVALID_REQUEST, message)
}

pub fn invalid_argument(message: impl Into<String>, name: &str, value: &str) -> Error {
    Error::new(code::INVALID_ARGUMENT, message)
        .with("ArgumentName", name)
        .with("ArgumentValue", value)
}

/// A condition of the request does not hold.
pub fn precondition_failed(condition: &str) -> Error {
    let message = "At least one of the pre-conditions you specified did not hold";
    Error::new(code::PRECONDITION_FAILED, message).with("Condition", condition)
}

/// A header asks for what this server does not do: never silently ignored.
pub fn unsupported(header: &str) -> Error {
    let message = "A header you provided implies functionality that is not implemented";
    Error::new(code::NOT_IMPLEMENTED, message).with("Header", header)
}

/// The same, where S3 says why.
pub fn unsupported_because(header: &str, why: &str) -> Error {
    unsupported(header).with("additionalMessage", why)
}

pub fn entity_too_large(size: u64, max: u64) -> Error {
    let message = "Your proposed upload exceeds the maximum allowed size";
    Error::new(code::ENTITY_TOO_LARGE, message)
        .with("ProposedSize", size.to_string())
        .with("MaxSizeAllowed", max.to_string())
}

pub fn malformed_xml() -> Error {
    let message =
        "The XML you provided was not well-formed or did not validate against our published schema";
    Error::new(code::MALFORMED_XML, message)
}
