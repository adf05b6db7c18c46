//! AWS's sentences of refusal, each in one place.
//!
//! Recorded or quoted from AWS where known; `LimitExceeded` names the quota as AWS names it.
//! AWS: <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>

use api::iam::StatusType;
use api::iam::error as iam;
use gateway::Error;

pub fn no_such_entity(message: impl Into<String>) -> Error {
    Error::new(iam::NO_SUCH_ENTITY, message)
}

pub fn already_exists(message: impl Into<String>) -> Error {
    Error::new(iam::ENTITY_ALREADY_EXISTS, message)
}

/// `what` is what has to be done first: `must detach all policies first.`
pub fn delete_conflict(what: &str) -> Error {
    Error::new(iam::DELETE_CONFLICT, format!("Cannot delete entity, {what}"))
}

/// A quota by AWS's name for it.
pub fn limit(quota: &str, most: usize) -> Error {
    Error::new(iam::LIMIT_EXCEEDED, format!("Cannot exceed quota for {quota}: {most}"))
}

pub fn invalid_input(message: impl Into<String>) -> Error {
    Error::new(iam::INVALID_INPUT, message)
}

pub fn malformed_policy(message: impl Into<String>) -> Error {
    Error::new(iam::MALFORMED_POLICY_DOCUMENT, message)
}

pub fn duplicate_tag_keys() -> Error {
    invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
}

pub fn must_specify_user_name() -> Error {
    Error::validation("Must specify userName when calling with non-User credentials")
}

/// A policy ARN that is none, where a policy is to be attached.
pub fn unparsable_arn() -> Error {
    Error::validation("Invalid ARN:  Could not be parsed!")
}

/// AWS prints this of roles that only AWS may change.
pub fn protected_role(name: &str) -> Error {
    let message = format!(
        "Cannot perform the operation on the protected role '{name}' - this role is only \
         modifiable by AWS"
    );
    Error::new(iam::UNMODIFIABLE_ENTITY, message)
}

/// Whether a key or certificate is to be active. `Expired` is AWS's alone to set; its sentence is
/// not known.
///
/// # Errors
/// ValidationError.
pub fn settable(status: StatusType) -> Result<bool, Error> {
    match status {
        StatusType::Active => Ok(true),
        StatusType::Inactive => Ok(false),
        other => Err(Error::validation(format!("Invalid status {}.", other.as_str()))),
    }
}
