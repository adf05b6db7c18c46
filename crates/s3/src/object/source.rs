//! What is copied: `x-amz-copy-source`, its permissions and its conditions.
//!
//! AWS: CopyObject and UploadPartCopy,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>

use api::s3::error as code;
use api::{Structure, Timestamp, View};
use gateway::{AccountId, Cx, Error};

use crate::bucket::{self, Found};
use crate::object::encryption::Encryption;
use crate::object::{self, version};
use crate::record::Object;
use crate::{error, resource, text};

/// The most bytes that one copy may take.
pub const COPY_MAX: u64 = 5 * 1024 * 1024 * 1024;

/// An object to be copied, which the caller may read.
pub struct Source {
    pub found: Found,
    pub key: String,
    pub object: Object,
    pub encryption: Encryption,
    /// The version that the request names.
    pub named: Option<String>,
}

/// The source that a request names.
///
/// # Errors
/// InvalidArgument for what names none; what reading it answers; PreconditionFailed.
pub fn find(cx: &mut Cx<'_>, input: &dyn Structure) -> Result<Source, Error> {
    let (name, key, named) = parse(input.text("CopySource").unwrap_or_default())?;
    let found = bucket::find(cx.tx, &name)?;
    check_owner(&found, input)?;
    bucket::request_payment::check(cx, input, &found)?;
    resource::check_key(&key)?;
    let object = match &named {
        Some(id) => version::find(cx.tx, &found.id, &key, id)?,
        None => version::newest(cx.tx, &found.id, &key)?,
    };
    let row = if named.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
    let stored = match &object {
        Some(object) => resource::of_stored(cx, &found, &key, object)?,
        None => resource::of_object(cx, &found, &key)?,
    };
    let stored = match &named {
        Some(id) => stored.with_key("s3:versionid", vec![id.clone()]),
        None => stored,
    };
    cx.allow(row, input, &stored)?;
    if named.is_some() && object.as_ref().is_some_and(Object::is_marker) {
        return Err(error::invalid_request(
            "The source of a copy request may not specifically refer to a delete marker by \
             version id.",
        ));
    }
    let object = object::read(cx, input, &found, &key, named.as_deref())?;
    let encryption = Encryption::of_source(cx, input, object.customer_key.as_ref())?;
    check_conditions(cx, input, &object)?;
    if let Some(class @ ("GLACIER" | "DEEP_ARCHIVE")) = object.storage_class.as_deref() {
        let message = "Operation is not valid for the source object's storage class";
        return Err(Error::new(code::INVALID_OBJECT_STATE, message).with("StorageClass", class));
    }
    Ok(Source { found, key, object, encryption, named })
}

impl Source {
    /// The source as it was when the copy began, in the transaction that ends it.
    ///
    /// # Errors
    /// [`Error::superseded`] where it was replaced or deleted meanwhile.
    pub fn still(&self, cx: &Cx<'_>) -> Result<(), Error> {
        let id = self.object.version_id();
        let now = version::find(cx.tx, &self.found.id, &self.key, id)?;
        if now.is_some_and(|now| now.sequence == self.object.sequence) {
            return Ok(());
        }
        Err(Error::superseded())
    }

    /// As answers tell it: a null version goes unsaid.
    pub fn shown_version(&self) -> Option<String> {
        self.object.version.clone()
    }
}

/// `bucket/key?versionId=id`, with or without a slash or the URL of a host before it, URL-encoded
/// as paths or as forms are.
///
/// # Errors
/// InvalidArgument for what names no object.
pub fn parse(source: &str) -> Result<(String, String, Option<String>), Error> {
    let wrong = || {
        let message = "Invalid copy source object key";
        error::invalid_argument(message, "x-amz-copy-source", "x-amz-copy-source")
    };
    let url = source.strip_prefix("https://").or_else(|| source.strip_prefix("http://"));
    let source = match url {
        Some(url) => url.split_once('/').ok_or_else(wrong)?.1,
        None => source,
    };
    let (path, version) = match source.split_once("?versionId=") {
        Some((path, version)) => (path, Some(text::decode(version, false).ok_or_else(wrong)?)),
        None => (source, None),
    };
    let path = text::decode(path, true).ok_or_else(wrong)?;
    let path = path.strip_prefix('/').unwrap_or(&path);
    match path.split_once('/') {
        Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
            Ok((bucket.to_owned(), key.to_owned(), version))
        }
        _ => Err(wrong()),
    }
}

fn check_owner(found: &Found, input: &dyn Structure) -> Result<(), Error> {
    let Some(expected) = input.text("ExpectedSourceBucketOwner") else { return Ok(()) };
    match AccountId::parse(expected) {
        Some(account) if account == found.bucket.account => Ok(()),
        Some(_) => Err(error::access_denied()),
        None => Err(resource::not_an_account(expected)),
    }
}

/// If-Match wins over If-Unmodified-Since, If-None-Match over If-Modified-Since.
fn check_conditions(cx: &Cx<'_>, input: &dyn Structure, object: &Object) -> Result<(), Error> {
    let moment = |name| match input.named(name) {
        Some(View::Timestamp(moment)) => Some(moment),
        _ => None,
    };
    let modified = Timestamp::from_millis(object.modified).whole_seconds();
    let tags = |name| input.text(name).map(|tags| object.etag.is_among(tags));
    let unmodified = moment("CopySourceIfUnmodifiedSince").map(|since| modified <= since);
    let is_modified =
        moment("CopySourceIfModifiedSince").map(|since| modified > since || since > cx.now());
    let failed = match (tags("CopySourceIfMatch"), unmodified) {
        (Some(false), _) => Some("x-amz-copy-source-If-Match"),
        (None, Some(false)) => Some("x-amz-copy-source-If-Unmodified-Since"),
        _ => match (tags("CopySourceIfNoneMatch"), is_modified) {
            (Some(true), _) => Some("x-amz-copy-source-If-None-Match"),
            (None, Some(false)) => Some("x-amz-copy-source-If-Modified-Since"),
            _ => None,
        },
    };
    failed.map_or(Ok(()), |condition| Err(error::precondition_failed(condition)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_in_each_of_its_forms() {
        let cases = [
            ("b/k", Some(("b", "k", None))),
            ("/b/k/l", Some(("b", "k/l", None))),
            ("b%2Fk%20l%2B", Some(("b", "k l+", None))),
            ("b/k%2Bl?versionId=x", Some(("b", "k+l", Some("x")))),
            ("b%2Fk+l", Some(("b", "k l", None))),
            ("https://s3.amazonaws.com/b/k", Some(("b", "k", None))),
            ("http://127.0.0.1:4566/b/k?versionId=x", Some(("b", "k", Some("x")))),
            ("https://s3.amazonaws.com", None),
            ("b/k%3FversionId=x", Some(("b", "k?versionId=x", None))),
            ("b", None),
            ("b/", None),
            ("/", None),
            ("b/%FF", None),
        ];
        for (text, expected) in cases {
            let found = parse(text).ok();
            let found = found.as_ref().map(|(b, k, v)| (b.as_str(), k.as_str(), v.as_deref()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
