//! AWS JSON: a document in, a document out, the operation in the header `X-Amz-Target`. The
//! protocol of Organizations and Systems Manager. Beside it, structures as events show them.
//!
//! Not here: the header itself, which the gateway reads, and DynamoDB's own forms of numbers.
//! AWS: <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>

mod event;
mod read;
mod write;

pub use event::redacted;
#[cfg(test)]
pub(crate) use read::parse;
pub use read::{read, read_error, read_output};
pub use write::{error, write, write_input};
