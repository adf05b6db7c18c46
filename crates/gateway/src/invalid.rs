//! From the words of `wire` to AWS's answers for requests that do not parse: the one place where
//! they meet.

use api::{ErrorShape, OperationShape};
use wire::{Invalid, Style};

use crate::Error;
use crate::error::common;

/// The answer to an input that breaks the model.
pub fn error(shape: &'static OperationShape, invalid: &Invalid) -> Error {
    let message = invalid.message(Style::of(shape));
    match invalid {
        Invalid::Constraints(_) => Error::validation(message),
        Invalid::Malformed { .. } => coded("MalformedInput", message),
        Invalid::Serialization(_) => coded("SerializationException", message),
        // Access control lists have their own code for what is no document of them.
        Invalid::MalformedXml if matches!(shape.name, "PutBucketAcl" | "PutObjectAcl") => {
            coded("MalformedACLError", message)
        }
        Invalid::MalformedXml => coded("MalformedXML", message),
        Invalid::MissingBody if shape.name == "PutBucketPolicy" => {
            let message = "Policies must be valid JSON and the first byte must be '{'";
            coded("MalformedPolicy", message.to_owned())
        }
        Invalid::MissingBody => coded("MissingRequestBodyError", message),
        Invalid::Missing { name } => {
            coded("MissingSecurityHeader", message).with("MissingHeaderName", *name)
        }
        Invalid::Argument { name: name @ "x-amz-object-lock-retain-until-date", value, .. } => {
            let message = "The retain until date must be provided in ISO 8601 format";
            coded("InvalidArgument", message.to_owned())
                .with("ArgumentName", *name)
                .with("ArgumentValue", value.clone())
        }
        Invalid::Argument { name, value, .. } => coded("InvalidArgument", message)
            .with("ArgumentName", *name)
            .with("ArgumentValue", value.clone()),
    }
}

/// A form that is too large, too wide or not UTF-8.
pub fn form(error: &wire::FormError) -> Error {
    Error::new(common::VALIDATION_ERROR, error.to_string())
}

fn coded(code: &'static str, message: String) -> Error {
    Error::new(ErrorShape { code, status: 400 }, message)
}
