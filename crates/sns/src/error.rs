//! SNS's sentences.

use api::sns::error;
use gateway::Error;

/// `Invalid parameter: TopicArn`
pub fn invalid(what: &str) -> Error {
    Error::new(error::INVALID_PARAMETER, format!("Invalid parameter: {what}"))
}

pub fn no_topic() -> Error {
    Error::new(error::NOT_FOUND, "Topic does not exist")
}

/// TagResource and its like have a word of their own.
pub fn no_resource() -> Error {
    Error::new(error::RESOURCE_NOT_FOUND, "Resource does not exist")
}

pub fn not_implemented(what: &str) -> Error {
    let message = format!("{what} is not implemented by this server.");
    Error::new(error::NOT_IMPLEMENTED, message)
}
