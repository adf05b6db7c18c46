//! The sentences of Parameter Store. Those marked (unverified) were not seen in an answer of AWS.

use api::ssm::error;
use gateway::Error;

/// AWS says no more than the code.
pub fn not_found() -> Error {
    Error::new(error::PARAMETER_NOT_FOUND, "")
}

pub fn invalid_name() -> Error {
    Error::validation(
        "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, \
         it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix \
         of letters, numbers and the following 3 symbols .-_",
    )
}

pub fn reserved_name(path: &str) -> Error {
    Error::access_denied(format!("No access to reserved parameter name: {path}."))
}

/// (unverified)
pub fn too_many_levels() -> Error {
    let message = "A hierarchy can have a maximum of 15 levels. For more information, see \
                   Requirements and constraints for parameter names in the AWS Systems Manager \
                   User Guide.";
    Error::new(error::HIERARCHY_LEVEL_LIMIT_EXCEEDED_EXCEPTION, message)
}

pub fn exists() -> Error {
    let message = "The parameter already exists. To overwrite this value, set the overwrite \
                   option in the request to true.";
    Error::new(error::PARAMETER_ALREADY_EXISTS, message)
}

pub fn no_version(version: u64, name: &str) -> Error {
    let message = format!(
        "Systems Manager could not find version {version} of {name}. Verify the version and try \
         again."
    );
    Error::new(error::PARAMETER_VERSION_NOT_FOUND, message)
}

pub fn no_label(label: &str, name: &str) -> Error {
    let message = format!(
        "Systems Manager could not find label {label} for parameter {name}. Verify the label and \
         try again."
    );
    Error::new(error::PARAMETER_VERSION_NOT_FOUND, message)
}

/// (unverified)
pub fn invalid_token() -> Error {
    Error::new(error::INVALID_NEXT_TOKEN, "The specified token isn't valid.")
}

pub fn invalid_resource_id() -> Error {
    let message = "The resource ID isn't valid. Verify that you entered the correct ID and try \
                   again.";
    Error::new(error::INVALID_RESOURCE_ID, message)
}

/// What this server does not honour: said, never passed over.
pub fn not_implemented(what: &str) -> Error {
    let message = format!("{what} is not implemented by this server.");
    Error::new(error::NOT_IMPLEMENTED, message)
}
