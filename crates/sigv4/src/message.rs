//! AWS's code, status, sentence and fields for each [`AuthError`].
//!
//! Sentences are AWS's own as recorded, seen in its clients' issue trackers, or documented. Those
//! of doubled headers, parameters and components are not recorded anywhere we know: they follow
//! the form of their neighbours.

mod query;
mod s3;

use crate::error::AuthError;
use crate::request::Style;
pub(crate) use s3::S3_MISMATCH;

impl AuthError {
    /// AWS's error code.
    pub fn code(&self, style: Style) -> &'static str {
        match style {
            Style::Query => self.query_code(),
            Style::S3 => self.s3_code(),
        }
    }

    /// The HTTP status.
    pub fn status(&self, style: Style) -> u16 {
        match self.code(style) {
            "AccessDenied"
            | "ExpiredToken"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "MissingAuthenticationToken"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch"
                if !(style == Style::S3 && matches!(self, Self::ExpiredToken { .. })) =>
            {
                403
            }
            _ => 400,
        }
    }

    /// AWS's sentence.
    pub fn message(&self, style: Style) -> String {
        match style {
            Style::Query => self.query_message(),
            Style::S3 => self.s3_message(),
        }
    }

    /// The further elements of the error body, in order. The services that speak Query have none.
    pub fn fields(&self, style: Style) -> Vec<(&'static str, String)> {
        match style {
            Style::Query => Vec::new(),
            Style::S3 => self.s3_fields(),
        }
    }
}
