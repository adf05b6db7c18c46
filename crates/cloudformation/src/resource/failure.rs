//! Why a handler did not do it, in the words of its service's SDK and of CloudFormation.
//!
//! AWS: CloudFormation CLI User Guide, "Handler error codes".

use gateway::{Cx, Error};

/// Why a handler did not do it.
pub enum Failure {
    /// The resource's failure.
    Handler { message: String, code: &'static str },
    /// The same in a sentence of the engine's own, which is the whole reason.
    Plain(String),
    /// The store's or another of our own: the step is taken again.
    House(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::House(error)
    }
}

/// The failure of a property whose operation does not exist here.
pub fn unsupported(property: &str) -> Failure {
    Failure::Handler {
        message: format!("The property {property} is not implemented by this server."),
        code: "InvalidRequest",
    }
}

pub fn handler_error_code(error: &Error) -> &'static str {
    match error.code() {
        "AccessDenied" => "AccessDenied",
        "EntityAlreadyExists"
        | "BucketAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "ParameterAlreadyExists" => "AlreadyExists",
        "ExpiredToken" | "InvalidClientTokenId" => "InvalidCredentials",
        "LimitExceeded" | "TooManyBuckets" => "ServiceLimitExceeded",
        "NoSuchBucket" | "NoSuchBucketPolicy" | "NoSuchEntity" | "NotFound"
        | "ParameterNotFound" => "NotFound",
        "DeleteConflict"
        | "InvalidBucketName"
        | "InvalidInput"
        | "MalformedPolicy"
        | "MalformedPolicyDocument"
        | "NotImplemented"
        | "PolicyNotAttachable"
        | "ValidationError" => "InvalidRequest",
        _ => "GeneralServiceException",
    }
}

/// The reason of a resource's failure.
pub fn reason(cx: &Cx<'_>, message: &str, code: &str) -> String {
    let token = cx.uuid();
    format!(
        "Resource handler returned message: \"{message}\" (RequestToken: {token}, HandlerErrorCode: {code})"
    )
}
