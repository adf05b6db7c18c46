//! The sentences of Organizations. Those marked (unverified) were not seen in an answer of AWS, here
//! and in the files beside this one: they are from memory, or what other emulators say.
//!
//! AWS: <https://docs.aws.amazon.com/organizations/latest/APIReference/CommonErrors.html>

use api::organizations::error;
use gateway::Error;

pub fn not_in_use() -> Error {
    let message = "Your account is not a member of an organization.";
    Error::new(error::AWS_ORGANIZATIONS_NOT_IN_USE_EXCEPTION, message)
}

/// What only the management account may do.
pub fn not_yours() -> Error {
    let message = "You don't have permissions to access this resource.";
    Error::new(error::ACCESS_DENIED_EXCEPTION, message)
}

pub fn constraint(reason: &'static str, message: &str) -> Error {
    Error::new(error::CONSTRAINT_VIOLATION_EXCEPTION, message).with("Reason", reason)
}

pub fn invalid(reason: &'static str, message: &str) -> Error {
    Error::new(error::INVALID_INPUT_EXCEPTION, message).with("Reason", reason)
}

pub fn handshake_constraint(reason: &'static str, message: &str) -> Error {
    Error::new(error::HANDSHAKE_CONSTRAINT_VIOLATION_EXCEPTION, message).with("Reason", reason)
}

pub fn no_account() -> Error {
    let message = "You specified an account that doesn't exist.";
    Error::new(error::ACCOUNT_NOT_FOUND_EXCEPTION, message)
}

// (unverified)
pub fn no_root() -> Error {
    Error::new(error::ROOT_NOT_FOUND_EXCEPTION, "You specified a root that doesn't exist.")
}

// (unverified)
pub fn no_unit() -> Error {
    let message = "You specified an organizational unit that doesn't exist.";
    Error::new(error::ORGANIZATIONAL_UNIT_NOT_FOUND_EXCEPTION, message)
}

// (unverified)
pub fn no_parent() -> Error {
    Error::new(error::PARENT_NOT_FOUND_EXCEPTION, "You specified parent that doesn't exist.")
}

// (unverified)
pub fn no_child() -> Error {
    Error::new(error::CHILD_NOT_FOUND_EXCEPTION, "You specified a child that doesn't exist.")
}

// (unverified)
pub fn no_target() -> Error {
    Error::new(error::TARGET_NOT_FOUND_EXCEPTION, "You specified a target that doesn't exist.")
}

// (unverified)
pub fn no_policy() -> Error {
    Error::new(error::POLICY_NOT_FOUND_EXCEPTION, "You specified a policy that doesn't exist.")
}

// (unverified)
pub fn no_handshake() -> Error {
    let message = "You specified a handshake that doesn't exist.";
    Error::new(error::HANDSHAKE_NOT_FOUND_EXCEPTION, message)
}

pub fn malformed(message: impl Into<String>) -> Error {
    Error::new(error::MALFORMED_POLICY_DOCUMENT_EXCEPTION, message)
}

/// What this server does not honour: said, never passed over.
pub fn not_implemented(what: &str) -> Error {
    let message = format!("{what} is not implemented by this server.");
    Error::new(error::NOT_IMPLEMENTED, message)
}
