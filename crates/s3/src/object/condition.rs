//! Conditions: If-Match and its kin, on reads and on writes.
//!
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>

use api::Timestamp;
use api::s3::error as code;
use gateway::Error;

use crate::error;
use crate::etag::ETag;
use crate::record::Object;

/// What a GET or HEAD demands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Read<'a> {
    pub if_match: Option<&'a str>,
    pub if_none_match: Option<&'a str>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

impl Read<'_> {
    /// If-Match wins over If-Unmodified-Since, If-None-Match over If-Modified-Since; a date to come
    /// says nothing.
    ///
    /// # Errors
    /// PreconditionFailed, or NotModified with the tag and date that belong to it.
    pub fn check(&self, object: &Object, now: Timestamp) -> Result<(), Error> {
        let modified = Timestamp::from_millis(object.modified).whole_seconds();
        match (self.if_match, self.if_unmodified_since) {
            (Some(tags), _) if !object.etag.is_among(tags) => {
                return Err(error::precondition_failed("If-Match"));
            }
            (None, Some(since)) if modified > since => {
                return Err(error::precondition_failed("If-Unmodified-Since"));
            }
            _ => {}
        }
        let unmodified = match (self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => object.etag.is_among(tags),
            (None, Some(since)) => modified <= since && since <= now,
            (None, None) => false,
        };
        if !unmodified {
            return Ok(());
        }
        Err(Error::new(code::NOT_MODIFIED, "Not Modified")
            .with_header("etag", object.etag.quoted())
            .with_header("last-modified", modified.http_date()))
    }
}

/// What a write demands of the object that it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    None,
    /// If-Match: it has this tag.
    Match(String),
    /// If-None-Match: there is none.
    Absent,
}

/// Why a write may not be.
#[derive(Debug, PartialEq, Eq)]
pub enum Unfit {
    Missing,
    Failed(&'static str),
}

impl Write {
    /// # Errors
    /// NotImplemented, for the forms that S3 does not take.
    pub fn read(if_match: Option<&str>, if_none_match: Option<&str>) -> Result<Self, Error> {
        let value = |header: &str| {
            let why = format!("We don't accept the provided value of {header} header for this API");
            error::unsupported_because(header, &why)
        };
        match (if_match, if_none_match) {
            (None, None) => Ok(Self::None),
            (Some(_), Some(_)) => Err(error::unsupported_because(
                "If-Match,If-None-Match",
                "Multiple conditional request headers present in the request",
            )),
            (Some("*"), None) => Err(value("If-Match")),
            (Some(tag), None) => Ok(Self::Match(tag.to_owned())),
            (None, Some("*")) => Ok(Self::Absent),
            (None, Some(_)) => Err(value("If-None-Match")),
        }
    }

    /// # Errors
    /// What is unfit about the object that stands there.
    pub fn check(&self, existing: Option<&ETag>) -> Result<(), Unfit> {
        match (self, existing) {
            (Self::None, _) | (Self::Absent, None) => Ok(()),
            (Self::Absent, Some(_)) => Err(Unfit::Failed("If-None-Match")),
            (Self::Match(_), None) => Err(Unfit::Missing),
            (Self::Match(tag), Some(existing)) if existing.is(tag) => Ok(()),
            (Self::Match(_), Some(_)) => Err(Unfit::Failed("If-Match")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_takes_only_the_forms_that_s3_takes() {
        let code = |a, b| Write::read(a, b).map_err(|error| error.code());
        assert_eq!(code(None, None), Ok(Write::None));
        assert_eq!(code(None, Some("*")), Ok(Write::Absent));
        assert_eq!(code(Some("x"), None), Ok(Write::Match("x".to_owned())));
        for (a, b) in [(Some("*"), None), (None, Some("x")), (Some("x"), Some("*"))] {
            assert_eq!(code(a, b), Err("NotImplemented"));
        }
    }
}
