//! One codec per protocol: AWS Query, AWS JSON and S3's REST-XML, both directions, written once
//! over `api`'s shapes.
//!
//! Reading binds text to the members of an input and checks the model's constraints; writing walks
//! an output. The crate knows no service by heart, opens no socket and decides nothing: what is
//! wrong with a request is an [`Invalid`]. AWS: "Making Query requests" (IAM), "REST API" and "REST
//! error responses" (S3).

mod bind;
mod constraint;
mod form;
mod invalid;
pub mod json;
mod path;
mod pattern;
pub mod query;
pub mod rest;
mod scalar;
mod text;
mod xml;

#[cfg(test)]
mod round_trip;

pub use constraint::validate;
pub use form::{Form, FormError};
pub use invalid::{Constraint, Expected, Invalid, Style, Violation};
