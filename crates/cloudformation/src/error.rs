//! The sentences of the service itself; those of templates stand in [`crate::template::Error`].
//!
//! Sentences marked (unverified) were not seen in an answer of AWS.

use api::cloudformation::error;
use gateway::Error;

use crate::template;

/// What the client is told of a template's fault.
pub fn template(fault: template::Error) -> Error {
    let shape = match fault.code() {
        "InsufficientCapabilitiesException" => error::INSUFFICIENT_CAPABILITIES_EXCEPTION,
        _ => error::VALIDATION_ERROR,
    };
    Error::new(shape, fault.to_string())
}

pub fn no_stack_with_id(name: &str) -> Error {
    Error::validation(format!("Stack with id {name} does not exist"))
}

pub fn no_stack(name: &str) -> Error {
    Error::validation(format!("Stack [{name}] does not exist"))
}

pub fn stack_exists(name: &str) -> Error {
    Error::new(error::ALREADY_EXISTS_EXCEPTION, format!("Stack [{name}] already exists"))
}

pub fn no_resource(logical_id: &str, stack: &str) -> Error {
    Error::validation(format!("Resource {logical_id} does not exist for stack {stack}"))
}

/// A stack that rests where an operation failed, as AWS tells it.
pub fn not_at_an_end(status: &str) -> Error {
    Error::validation(format!(
        "This stack is currently in a non-terminal [{status}] state. To update the stack from this \
         state, please use the disable-rollback parameter with update-stack API. To rollback to the \
         last known good state, use the rollback-stack API"
    ))
}

pub fn cannot_be_updated(stack_id: &str, status: &str) -> Error {
    Error::validation(format!("Stack:{stack_id} is in {status} state and can not be updated."))
}

pub fn role_cannot_be_assumed(role_arn: &str) -> Error {
    Error::validation(format!("Role {role_arn} is invalid or cannot be assumed"))
}

pub fn no_change_set(name: &str) -> Error {
    let message = format!("ChangeSet [{name}] does not exist");
    Error::new(error::CHANGE_SET_NOT_FOUND, message)
}

/// (unverified)
pub fn token_exists() -> Error {
    let message = "A client request token already exists.";
    Error::new(error::TOKEN_ALREADY_EXISTS_EXCEPTION, message)
}

/// A parameter, or a value of one, that this server does not honour yet: said, never ignored.
pub fn not_implemented(what: &str) -> Error {
    let message = format!("{what} is not implemented by this server.");
    Error::new(gateway::common::NOT_IMPLEMENTED, message)
}

/// Refuses each member that is set: what the operation would do with it is not built yet.
pub fn refuse(members: &[(&str, bool)]) -> Result<(), Error> {
    match members.iter().find(|(_, set)| *set) {
        Some((name, _)) => Err(not_implemented(&format!("The parameter {name}"))),
        None => Ok(()),
    }
}
