//! S3's REST-XML: values in path, query, headers and a document.
//!
//! Object bytes are not values: they stream past this crate. AWS: "Amazon S3 REST API
//! introduction".

mod client;
mod read;
mod route;
mod write;

pub use client::{RestInput, read_error, read_output, write_input};
pub use read::{RestRequest, read};
pub use route::{Router, router};
pub use write::{Headers, RestResponse, error, wrapped_error, write};

#[cfg(test)]
pub(crate) use read::parse;
